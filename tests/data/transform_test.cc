// The oracle is two passes in long double.
#include "data/transform.h"

#include <cmath>
#include <limits>
#include <random>

#include "core/base/memory.h"
#include "tests/data/data_testing.h"

namespace {

using data_testing::Tensor;
using data_testing::values_of;

struct DestroyTransform {
    void operator()(neural_transform *transform) const { neural_transform_destroy(transform); }
};
using Transform = std::unique_ptr<neural_transform, DestroyTransform>;

Tensor matrix(const std::vector<double> &values, int64_t features, neural_dtype dtype) {
    const int64_t dims[2] = {static_cast<int64_t>(values.size()) / features, features};
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_tensor_create(2, dims, dtype, &out), NEURAL_OK);
    for (size_t i = 0; i < values.size(); i++) {
        if (dtype == NEURAL_DTYPE_F64) {
            static_cast<double *>(neural_tensor_data(out))[i] = values[i];
        } else {
            static_cast<float *>(neural_tensor_data(out))[i] = static_cast<float>(values[i]);
        }
    }
    return Tensor(out);
}

struct Stats {
    std::vector<double> mean, std, min, max;
};

Stats two_passes(const Tensor &x, const std::vector<int64_t> &rows) {
    const std::vector<double> v = values_of(x.get());
    const size_t features = static_cast<size_t>(neural_tensor_dims(x.get())[1]);
    Stats out;
    for (size_t j = 0; j < features; j++) {
        long double sum = 0, squares = 0;
        double low = INFINITY, high = -INFINITY;
        for (int64_t r : rows) {
            const double value = v[static_cast<size_t>(r) * features + j];
            sum += value;
            low = std::fmin(low, value);
            high = std::fmax(high, value);
        }
        const long double mean = sum / rows.size();
        for (int64_t r : rows) {
            const long double d = v[static_cast<size_t>(r) * features + j] - mean;
            squares += d * d;
        }
        out.mean.push_back(static_cast<double>(mean));
        out.std.push_back(static_cast<double>(std::sqrt(squares / rows.size())));
        out.min.push_back(low);
        out.max.push_back(high);
    }
    return out;
}

TEST(ColumnStats, AgreesWithTwoPasses) {
    std::mt19937 random(11);
    std::normal_distribution<double> normal;
    for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        for (int64_t features : {1, 3, 17}) {
            for (int64_t count : {1, 2, 5, 1001}) {
                std::vector<double> values(static_cast<size_t>(features * count));
                for (size_t i = 0; i < values.size(); i++) {
                    // columns far from 0: a naive sum of squares loses all digits
                    values[i] = normal(random) + 1e6 * static_cast<double>(i % 3);
                }
                const Tensor x = matrix(values, features, dtype);
                std::vector<int64_t> all, some;
                for (int64_t r = 0; r < count; r++) {
                    all.push_back(r);
                    if (r % 3 != 1) {
                        some.push_back(count - 1 - r);
                    }
                }
                for (const auto &rows : {all, some}) {
                    const Stats want = two_passes(x, rows);
                    std::vector<double> mean(static_cast<size_t>(features)), std = mean, min = mean,
                                                                             max = mean;
                    ASSERT_EQ(neural_column_stats(x.get(), &rows == &all ? nullptr : rows.data(),
                                                  static_cast<int64_t>(rows.size()), mean.data(),
                                                  std.data(), min.data(), max.data()),
                              NEURAL_OK);
                    EXPECT_EQ(min, want.min);
                    EXPECT_EQ(max, want.max);
                    for (size_t j = 0; j < mean.size(); j++) {
                        EXPECT_NEAR(mean[j], want.mean[j], 1e-8);
                        EXPECT_NEAR(std[j], want.std[j], 1e-8);
                    }
                }
            }
        }
    }
}

TEST(ColumnStats, ConstantColumnsAreExact) {
    const Tensor x = matrix(std::vector<double>(999, 0.1), 1, NEURAL_DTYPE_F64);
    double mean, std, min, max;
    ASSERT_EQ(neural_column_stats(x.get(), nullptr, 0, &mean, &std, &min, &max), NEURAL_OK);
    EXPECT_EQ(mean, 0.1);
    EXPECT_EQ(std, 0.0);
    EXPECT_EQ(min, 0.1);
    EXPECT_EQ(max, 0.1);
    EXPECT_EQ(neural_column_stats(x.get(), nullptr, 0, nullptr, nullptr, nullptr, nullptr),
              NEURAL_OK);
}

TEST(ColumnStats, NonfiniteIsNamed) {
    const Tensor nan = matrix({1, 2, 3, 4, 5, NAN}, 2, NEURAL_DTYPE_F32);
    EXPECT_EQ(neural_column_stats(nan.get(), nullptr, 0, nullptr, nullptr, nullptr, nullptr),
              NEURAL_ERR_NAN_DETECTED);
    EXPECT_STREQ(neural_last_error(), "column_stats: row 2, column 1 is nan");
    const Tensor inf = matrix({1, 2, -INFINITY, 4}, 2, NEURAL_DTYPE_F64);
    EXPECT_EQ(neural_column_stats(inf.get(), nullptr, 0, nullptr, nullptr, nullptr, nullptr),
              NEURAL_ERR_INF_DETECTED);
    EXPECT_STREQ(neural_last_error(), "column_stats: row 1, column 0 is -inf");
    const int64_t rows[] = {0, 3};
    EXPECT_EQ(neural_column_stats(nan.get(), rows, 2, nullptr, nullptr, nullptr, nullptr),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_column_stats(nan.get(), rows, 0, nullptr, nullptr, nullptr, nullptr),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_column_stats(nan.get(), rows, 1, nullptr, nullptr, nullptr, nullptr),
              NEURAL_OK);
}

Transform fit(neural_normalize kind, const Tensor &x, const std::vector<int64_t> &rows) {
    neural_transform *out = nullptr;
    EXPECT_EQ(neural_transform_fit(kind, x.get(), rows.empty() ? nullptr : rows.data(),
                                   static_cast<int64_t>(rows.size()), &out),
              NEURAL_OK)
        << neural_last_error();
    return Transform(out);
}

TEST(Transform, ApplyAndInvert) {
    const std::vector<double> values = {1, 10, 5, 2, 30, 5, 6, 20, 5};
    for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        for (neural_normalize kind : {NEURAL_NORMALIZE_ZSCORE, NEURAL_NORMALIZE_MINMAX}) {
            const Tensor x = matrix(values, 3, dtype);
            const Stats s = two_passes(x, {0, 1, 2});
            const Transform t = fit(kind, x, {});
            const bool is_f32 = dtype == NEURAL_DTYPE_F32;
            ASSERT_EQ(neural_transform_apply(t.get(), x.get()), NEURAL_OK);
            const std::vector<double> scaled = values_of(x.get());
            for (size_t i = 0; i < values.size(); i++) {
                const size_t j = i % 3;
                const double offset = kind == NEURAL_NORMALIZE_ZSCORE ? s.mean[j] : s.min[j];
                const double range =
                    kind == NEURAL_NORMALIZE_ZSCORE ? s.std[j] : s.max[j] - s.min[j];
                const double want = (values[i] - offset) / (range == 0.0 ? 1.0 : range);
                EXPECT_NEAR(scaled[i], want, is_f32 ? 1e-7 : 1e-15);
            }
            ASSERT_EQ(neural_transform_invert(t.get(), x.get()), NEURAL_OK);
            const std::vector<double> back = values_of(x.get());
            for (size_t i = 0; i < values.size(); i++) {
                EXPECT_NEAR(back[i], values[i], is_f32 ? 1e-5 : 1e-13);
            }
            EXPECT_EQ(neural_transform_scale(t.get())[2], 1.0); // the constant column
            EXPECT_EQ(neural_transform_offset(t.get())[2], 5.0);
        }
    }
}

TEST(Transform, FitsOnTheGivenRowsOnly) {
    const Tensor x = matrix({1, 2, 3, 1e6}, 1, NEURAL_DTYPE_F64);
    const Transform t = fit(NEURAL_NORMALIZE_MINMAX, x, {0, 2});
    EXPECT_EQ(neural_transform_offset(t.get())[0], 1.0);
    EXPECT_EQ(neural_transform_scale(t.get())[0], 2.0);
    EXPECT_EQ(neural_transform_features(t.get()), 1);
    EXPECT_EQ(neural_transform_kind(t.get()), NEURAL_NORMALIZE_MINMAX);
}

TEST(Transform, StoredNumbersGiveTheSameBits) {
    const Tensor x = matrix({1.25, 2, 3, 7.5, 0.1, 9}, 2, NEURAL_DTYPE_F32);
    const Tensor again = matrix(values_of(x.get()), 2, NEURAL_DTYPE_F32);
    const Transform t = fit(NEURAL_NORMALIZE_ZSCORE, x, {});
    neural_transform *stored = nullptr;
    ASSERT_EQ(neural_transform_create(NEURAL_NORMALIZE_ZSCORE, neural_transform_offset(t.get()),
                                      neural_transform_scale(t.get()), 2, &stored),
              NEURAL_OK);
    ASSERT_EQ(neural_transform_apply(t.get(), x.get()), NEURAL_OK);
    ASSERT_EQ(neural_transform_apply(stored, again.get()), NEURAL_OK);
    EXPECT_EQ(values_of(x.get()), values_of(again.get()));
    neural_transform_destroy(stored);
}

TEST(Transform, NoneChangesNothing) {
    const Tensor x = matrix({1, 2, 3, 4}, 2, NEURAL_DTYPE_F32);
    const Transform t = fit(NEURAL_NORMALIZE_NONE, x, {});
    ASSERT_EQ(neural_transform_apply(t.get(), x.get()), NEURAL_OK);
    EXPECT_EQ(values_of(x.get()), (std::vector<double>{1, 2, 3, 4}));
    EXPECT_EQ(neural_transform_scale(t.get())[1], 1.0);
}

TEST(Transform, Refusals) {
    const Tensor x = matrix({1, 2, 3, 4}, 2, NEURAL_DTYPE_F32),
                 one = matrix({1}, 1, NEURAL_DTYPE_F32);
    neural_transform *out = nullptr;
    const double zero = 0.0, good = 1.0, nan = NAN, inf = INFINITY;
    EXPECT_EQ(neural_transform_create(NEURAL_NORMALIZE_ZSCORE, &good, &zero, 1, &out),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_transform_create(NEURAL_NORMALIZE_ZSCORE, &nan, &good, 1, &out),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_transform_create(NEURAL_NORMALIZE_ZSCORE, &good, &inf, 1, &out),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_transform_create(static_cast<neural_normalize>(9), &good, &good, 1, &out),
              NEURAL_ERR_INVALID_ARGUMENT);
    const Transform t = fit(NEURAL_NORMALIZE_ZSCORE, x, {});
    EXPECT_EQ(neural_transform_apply(t.get(), one.get()), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "transform: expected 2 features, found 1");
    const double big = std::numeric_limits<double>::max();
    const Tensor wide = matrix({-big, big}, 1, NEURAL_DTYPE_F64);
    EXPECT_EQ(neural_transform_fit(NEURAL_NORMALIZE_MINMAX, wide.get(), nullptr, 0, &out),
              NEURAL_ERR_INF_DETECTED);
    const Tensor bad = matrix({1, NAN}, 1, NEURAL_DTYPE_F32);
    EXPECT_EQ(neural_transform_fit(NEURAL_NORMALIZE_ZSCORE, bad.get(), nullptr, 0, &out),
              NEURAL_ERR_NAN_DETECTED);
    EXPECT_EQ(out, nullptr);
}

TEST(Transform, FailedAllocation) {
    const Tensor x = matrix({1, 2, 3, 4}, 2, NEURAL_DTYPE_F32);
    const int64_t before = neural_alloc_bytes();
    for (int n = 1; n <= 5; n++) {
        neural_transform *out = nullptr;
        neural_alloc_fail_at(n);
        const neural_status status =
            neural_transform_fit(NEURAL_NORMALIZE_ZSCORE, x.get(), nullptr, 0, &out);
        neural_alloc_fail_at(0);
        EXPECT_EQ(status, n <= 4 ? NEURAL_ERR_OUT_OF_MEMORY : NEURAL_OK) << n;
        neural_transform_destroy(out);
    }
    EXPECT_EQ(neural_alloc_bytes(), before);
}

} // namespace

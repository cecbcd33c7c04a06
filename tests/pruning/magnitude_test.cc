#include "pruning/magnitude.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/base/memory.h"

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// Numbers as an array of the dtype, and back.
struct Array {
    Array(const std::vector<double> &values, neural_dtype type) : dtype(type), wide(values) {
        narrow.assign(values.begin(), values.end());
    }
    void *data() { return dtype == NEURAL_DTYPE_F32 ? (void *)narrow.data() : wide.data(); }
    int64_t len() const { return (int64_t)wide.size(); }
    double operator[](size_t i) const {
        return dtype == NEURAL_DTYPE_F32 ? (double)narrow[i] : wide[i];
    }
    std::vector<double> all() const {
        std::vector<double> out;
        for (size_t i = 0; i < wide.size(); i++) {
            out.push_back((*this)[i]);
        }
        return out;
    }
    neural_dtype dtype;
    std::vector<float> narrow;
    std::vector<double> wide;
};

class MagnitudeOf : public testing::TestWithParam<neural_dtype> {
  protected:
    Array make(const std::vector<double> &values) { return Array(values, GetParam()); }
    // Small whole numbers: many ties, exact in both dtypes.
    Array grid(size_t len, uint64_t seed) {
        std::mt19937_64 random(seed);
        std::vector<double> values(len);
        for (double &x : values) {
            x = (double)((int64_t)(random() % 41) - 20) / 4;
        }
        return make(values);
    }
};
INSTANTIATE_TEST_SUITE_P(Dtypes, MagnitudeOf, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST_P(MagnitudeOf, ThresholdPrunesWhatIsBelowAndTiesSurvive) {
    Array a = make({-1, 0.5, -0.5, 2, 0.25, -0.0, NAN, kInf});
    std::vector<uint8_t> mask(8, 9);
    int64_t pruned = -1;
    ASSERT_EQ(neural_prune_magnitude(a.data(), a.dtype, 8, 0.5, mask.data(), &pruned), NEURAL_OK);
    EXPECT_EQ(pruned, 2);
    EXPECT_EQ(mask, (std::vector<uint8_t>{1, 1, 1, 1, 0, 0, 1, 1}));
    EXPECT_EQ(a[0], -1);
    EXPECT_EQ(a[2], -0.5);
    EXPECT_TRUE(a[4] == 0 && a[5] == 0 && !std::signbit(a[5]));
    EXPECT_TRUE(std::isnan(a[6]) && std::isinf(a[7]));
    ASSERT_EQ(neural_prune_magnitude(a.data(), a.dtype, 8, NAN, nullptr, nullptr), NEURAL_OK);
    EXPECT_EQ(a[0], -1);
}

TEST_P(MagnitudeOf, TopKeepsAnExactNumberOfEqualWeights) {
    Array a = make(std::vector<double>(10, -3));
    std::vector<uint8_t> mask(10);
    int64_t pruned = 0;
    ASSERT_EQ(neural_prune_top(a.data(), a.dtype, 10, 0.35, mask.data(), &pruned), NEURAL_OK);
    EXPECT_EQ(pruned, 6); // round(3.5) = 4 stay
    EXPECT_EQ(a.all(), (std::vector<double>{-3, -3, -3, -3, 0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(mask, (std::vector<uint8_t>{1, 1, 1, 1, 0, 0, 0, 0, 0, 0}));
}

TEST_P(MagnitudeOf, TopKeepsTheLargestAndTwiceIsAsOnce) {
    for (const double ratio : {0.0, 0.1, 0.5, 0.77, 1.0}) {
        Array a = grid(501, 3);
        const std::vector<double> before = a.all();
        ASSERT_EQ(neural_prune_top(a.data(), a.dtype, 501, ratio, nullptr, nullptr), NEURAL_OK);
        const std::vector<double> once = a.all();
        double least_kept = kInf, most_pruned = 0;
        int64_t zeros = 0;
        for (size_t i = 0; i < 501; i++) {
            ASSERT_TRUE(once[i] == before[i] || once[i] == 0);
            if (once[i] != before[i]) {
                most_pruned = std::max(most_pruned, std::fabs(before[i]));
            } else if (once[i] != 0) {
                least_kept = std::min(least_kept, std::fabs(before[i]));
            }
            zeros += once[i] == 0;
        }
        EXPECT_LE(most_pruned, least_kept);
        EXPECT_GE(zeros, 501 - std::llround(501 * ratio));
        ASSERT_EQ(neural_prune_top(a.data(), a.dtype, 501, ratio, nullptr, nullptr), NEURAL_OK);
        EXPECT_EQ(a.all(), once);
    }
}

TEST_P(MagnitudeOf, TheThresholdIsTheSortedWeightAndGrowsWithTheSparsity) {
    const Array a = grid(97, 5);
    std::vector<double> sorted = a.all();
    for (double &x : sorted) {
        x = std::fabs(x);
    }
    std::sort(sorted.begin(), sorted.end());
    double before = -1;
    for (int percent = 0; percent < 100; percent++) {
        const double s = percent / 100.0;
        Array copy = a;
        double threshold = NAN;
        ASSERT_EQ(neural_prune_threshold(copy.data(), a.dtype, 97, s, &threshold), NEURAL_OK);
        EXPECT_EQ(threshold, sorted[(size_t)(97 * s)]) << s;
        EXPECT_GE(threshold, before);
        before = threshold;
        int64_t pruned = 0;
        ASSERT_EQ(neural_prune_magnitude(copy.data(), a.dtype, 97, threshold, nullptr, &pruned),
                  NEURAL_OK);
        EXPECT_LE(pruned, (int64_t)(97 * s)); // exact but for ties
    }
    Array copy = a;
    double threshold = 0;
    ASSERT_EQ(neural_prune_threshold(copy.data(), a.dtype, 97, 1, &threshold), NEURAL_OK);
    EXPECT_EQ(threshold, kInf);
    ASSERT_EQ(neural_prune_threshold(nullptr, a.dtype, 0, 0.5, &threshold), NEURAL_OK);
    EXPECT_EQ(threshold, 0);
}

TEST_P(MagnitudeOf, RowsAndColumnsGoByTheirNorm) {
    const std::vector<double> matrix = {3, 4, 0, //
                                        1, 2, 2, //
                                        0, 0, 0};
    Array rows = make(matrix), cols = make(matrix);
    std::vector<uint8_t> mask(3);
    int64_t pruned = 0;
    ASSERT_EQ(neural_prune_rows(rows.data(), rows.dtype, 3, 3, 5, mask.data(), &pruned), NEURAL_OK);
    EXPECT_EQ(pruned, 2);
    EXPECT_EQ(mask, (std::vector<uint8_t>{1, 0, 0}));
    EXPECT_EQ(rows.all(), (std::vector<double>{3, 4, 0, 0, 0, 0, 0, 0, 0}));
    ASSERT_EQ(neural_prune_cols(cols.data(), cols.dtype, 3, 3, 4, mask.data(), &pruned), NEURAL_OK);
    EXPECT_EQ(pruned, 2);
    EXPECT_EQ(mask, (std::vector<uint8_t>{0, 1, 0}));
    EXPECT_EQ(cols.all(), (std::vector<double>{0, 4, 0, 0, 2, 0, 0, 0, 0}));
}

TEST_P(MagnitudeOf, NormsKeepTheEndsOfTheRange) {
    const bool is_f32 = GetParam() == NEURAL_DTYPE_F32;
    const double huge = is_f32 ? 1e38 : 1e308, tiny = is_f32 ? 1e-40 : 1e-300;
    Array a = make({huge, 0, tiny, tiny, NAN, 0, kInf, 1});
    std::vector<uint8_t> mask(4);
    ASSERT_EQ(neural_prune_rows(a.data(), a.dtype, 4, 2, huge / 2, mask.data(), nullptr),
              NEURAL_OK);
    EXPECT_EQ(mask, (std::vector<uint8_t>{1, 0, 1, 1}));
    a = make({tiny, tiny, 0, 0});
    ASSERT_EQ(neural_prune_rows(a.data(), a.dtype, 2, 2, 1.4 * tiny, mask.data(), nullptr),
              NEURAL_OK);
    EXPECT_EQ(mask[0], 1);
    EXPECT_EQ(mask[1], 0);
}

TEST_P(MagnitudeOf, CountsAndMasks) {
    Array a = make({0, -0.0, 1, NAN, -2});
    int64_t nonzero = 0;
    double sparsity = NAN;
    ASSERT_EQ(neural_prune_count_nonzero(a.data(), a.dtype, 5, &nonzero), NEURAL_OK);
    EXPECT_EQ(nonzero, 3);
    ASSERT_EQ(neural_prune_sparsity(a.data(), a.dtype, 5, &sparsity), NEURAL_OK);
    EXPECT_DOUBLE_EQ(sparsity, 0.4);
    ASSERT_EQ(neural_prune_sparsity(nullptr, a.dtype, 0, &sparsity), NEURAL_OK);
    EXPECT_EQ(sparsity, 0);
    const std::vector<uint8_t> mask = {1, 1, 0, 0, 1};
    for (int times = 0; times < 2; times++) {
        ASSERT_EQ(neural_prune_apply_mask(a.data(), a.dtype, 5, mask.data()), NEURAL_OK);
        EXPECT_EQ(a.all(), (std::vector<double>{0, 0, 0, 0, -2}));
    }
}

TEST(Magnitude, RefusesAndLeavesAlone) {
    std::vector<double> a = {1, 2, 3};
    double out = 7;
    int64_t count = 7;
    const neural_dtype f64 = NEURAL_DTYPE_F64;
    EXPECT_EQ(neural_prune_magnitude(nullptr, f64, 3, 1, nullptr, &count), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_prune_magnitude(a.data(), NEURAL_DTYPE_I32, 3, 1, nullptr, &count),
              NEURAL_ERR_INVALID_DTYPE);
    EXPECT_EQ(neural_prune_magnitude(a.data(), f64, -3, 1, nullptr, &count),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_prune_top(a.data(), f64, 3, 1.5, nullptr, &count),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_prune_top(a.data(), f64, 3, NAN, nullptr, &count),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_prune_threshold(a.data(), f64, 3, -0.1, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_prune_rows(a.data(), f64, INT64_MAX, 3, 1, nullptr, &count),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_NE(std::string(neural_last_error()).find("prune_rows: [9223372036854775807, 3]"),
              std::string::npos);
    EXPECT_EQ(neural_prune_apply_mask(a.data(), f64, 3, nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(out, 7);
    EXPECT_EQ(count, 7);
    EXPECT_EQ(a, (std::vector<double>{1, 2, 3}));
    for (int64_t failing = 1; failing <= 2; failing++) {
        neural_alloc_fail_at(failing);
        EXPECT_EQ(neural_prune_top(a.data(), f64, 3, 0.1, nullptr, &count),
                  NEURAL_ERR_OUT_OF_MEMORY);
        neural_alloc_fail_at(0);
        EXPECT_EQ(a, (std::vector<double>{1, 2, 3}));
    }
}

} // namespace

#include "tests/core/autograd/autograd_testing.h"

#include <cmath>

#include "core/autograd/norm_ops.h"
#include "core/base/threads.h"
#include "tests/core/tensor/norm_oracle.h"

namespace {

using namespace autograd_testing;

constexpr double kEpsilon = 1e-5;

struct Case {
    Dims dims;
    int last; // dimensions that are normalized
};

const Case kCases[] = {{{7}, 1},        {{3, 5}, 1},     {{4, 1}, 1},
                       {{2, 3, 17}, 1}, {{2, 3, 17}, 2}, {{2, 3, 4}, 3},
                       {{5, 1031}, 1},  {{700, 9}, 1},   {{0, 4}, 1}};

class LayerNormTest : public testing::TestWithParam<neural_dtype> {
  protected:
    double eps() const { return GetParam() == NEURAL_DTYPE_F32 ? 0x1p-23 : 0x1p-52; }

    static Dims parameter_dims(const Case &test) {
        return Dims(test.dims.end() - test.last, test.dims.end());
    }

    void check(const Case &test, bool centred, bool affine, Layout layout) {
        std::mt19937_64 random(51);
        const Dims of = parameter_dims(test);
        const int64_t cols = len_of(of), rows = len_of(test.dims) / cols;
        const Array x = random_uniform(test.dims, -2, 3, random);
        const Array dy = random_uniform(test.dims, -1, 1, random);
        const Array gamma = random_uniform(of, -2, 2, random),
                    beta = random_uniform(of, -1, 1, random);
        const NormWant want =
            norm_oracle({&x, &dy, affine ? &gamma : nullptr, affine && centred ? &beta : nullptr,
                         [=](int64_t i) { return i / cols; }, [=](int64_t i) { return i % cols; },
                         rows, cols, kEpsilon, centred});
        const Tensor tx = leaf(x, GetParam(), layout), grad = make(dy, GetParam());
        const Tensor tg = leaf(gamma, GetParam(), layout), tb = leaf(beta, GetParam());
        neural_tensor *g = affine ? tg.get() : nullptr, *b = affine ? tb.get() : nullptr;
        const Tensor y = centred ? result(neural_layer_norm, tx.get(), g, b, test.last, kEpsilon)
                                 : result(neural_rms_norm, tx.get(), g, test.last, kEpsilon);
        // A row of one element is its own mean: x - mean is a rounding error, rstd 1/sqrt(epsilon).
        const double scale = eps() * (cols == 1 ? 4000 : 32);
        expect_values(y.get(), want.y, GetParam(), 8, scale);
        ASSERT_EQ(neural_backward(y.get(), grad.get(), 0), NEURAL_OK) << neural_last_error();
        expect_values(neural_tensor_grad(tx.get()), want.dx, GetParam(), 16, 100 * scale);
        if (affine) {
            const double total = 4 * scale * (1 + static_cast<double>(rows));
            expect_values(neural_tensor_grad(tg.get()), Array{of, want.dgamma}, GetParam(), 8,
                          total);
        }
        if (affine && centred) {
            expect_values(neural_tensor_grad(tb.get()), Array{of, want.dbeta}, GetParam(), 8,
                          4 * scale * (1 + static_cast<double>(rows)));
        }
    }
};

TEST_P(LayerNormTest, MatchesTheOracle) {
    for (const Case &test : kCases) {
        for (int layout = 0; layout < kLayouts; layout++) {
            for (int kind = 0; kind < 4; kind++) {
                SCOPED_TRACE(text_of(test.dims) + " last " + std::to_string(test.last) +
                             " layout " + std::to_string(layout) + " kind " + std::to_string(kind));
                check(test, kind & 1, kind & 2, static_cast<Layout>(layout));
            }
        }
    }
}

TEST_P(LayerNormTest, ALargeMeanDoesNotCancelAndNanStaysInItsRow) {
    Array x{{3, 40}, std::vector<double>(120)};
    for (size_t i = 0; i < 120; i++) {
        x.v[i] = 1e6 + static_cast<double>(i * 7 % 5);
    }
    x.v[50] = NAN;
    const Tensor tx = make(x, GetParam());
    neural_tensor *none = nullptr;
    const Tensor y = result(neural_layer_norm, tx.get(), none, none, 1, kEpsilon);
    const std::vector<double> got = values(y.get());
    for (size_t i = 0; i < 120; i++) {
        EXPECT_EQ(std::isnan(got[i]), i / 40 == 1) << i;
        const double want = (static_cast<double>(i * 7 % 5) - 2) / std::sqrt(2 + kEpsilon);
        if (i / 40 != 1) {
            EXPECT_NEAR(got[i], want, GetParam() == NEURAL_DTYPE_F32 ? 0.07 : 1e-9);
        }
    }
}

TEST_P(LayerNormTest, ThreadsDoNotChangeABit) {
    std::mt19937_64 random(52);
    const Array array = random_uniform({3001, 61}, -8, 8, random);
    const Array ones = random_uniform({61}, 0.5, 2, random);
    expect_threads_keep_bits([&] {
        const Tensor x = leaf(array, GetParam()), gamma = leaf(ones, GetParam());
        const Tensor beta = leaf(ones, GetParam());
        std::vector<Tensor> all;
        all.push_back(result(neural_layer_norm, x.get(), gamma.get(), beta.get(), 1, kEpsilon));
        all.push_back(result(neural_rms_norm, all[0].get(), gamma.get(), 1, kEpsilon));
        const Tensor square = result(neural_square, all[1].get());
        const Tensor sum = result(neural_mean, square.get(), NEURAL_ALL_AXES, 0);
        EXPECT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK) << neural_last_error();
        for (const Tensor *of : {&x, &gamma, &beta}) {
            all.push_back(shared_grad(*of));
        }
        return all;
    });
}

INSTANTIATE_TEST_SUITE_P(Dtypes, LayerNormTest,
                         testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST(LayerNorm, RefusesShapesAndNamesThem) {
    const Tensor x = make(Array{{2, 3}, {1, 2, 3, 4, 5, 6}}, NEURAL_DTYPE_F32);
    const Tensor two = make(Array{{2}, {1, 2}}, NEURAL_DTYPE_F32);
    neural_tensor *none = nullptr;
    EXPECT_EQ(fails(neural_layer_norm, x.get(), two.get(), none, 1, kEpsilon),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(),
                 "layer_norm: x is [2, 3], which wants gamma of [3], but it is [2]");
    EXPECT_EQ(fails(neural_layer_norm, x.get(), none, two.get(), 1, kEpsilon),
              NEURAL_ERR_SHAPE_MISMATCH);
    for (int dims : {0, 3, -1}) {
        EXPECT_EQ(fails(neural_rms_norm, x.get(), none, dims, kEpsilon), NEURAL_ERR_SHAPE_MISMATCH);
        EXPECT_TRUE(error_has("rms_norm: x is [2, 3], cannot normalize its last"));
    }
    EXPECT_EQ(fails(neural_layer_norm, none, none, none, 1, kEpsilon), NEURAL_ERR_NULL_POINTER);
}

} // namespace

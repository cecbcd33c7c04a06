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
    int64_t groups;
};

const Case kCases[] = {{{2, 4, 3}, 2},      {{2, 4, 3}, 1}, {{3, 4, 5, 7}, 4},
                       {{5, 6}, 2},         {{1, 1, 9}, 1}, {{3, 10, 1, 1}, 5},
                       {{2, 6, 33, 31}, 3}, {{0, 4, 3}, 2}, {{3, 4, 0}, 2}};

class GroupNormTest : public testing::TestWithParam<neural_dtype> {};

TEST_P(GroupNormTest, MatchesTheOracle) {
    const double eps = GetParam() == NEURAL_DTYPE_F32 ? 0x1p-23 : 0x1p-52;
    std::mt19937_64 random(61);
    for (const Case &test : kCases) {
        const int64_t channels = test.dims[1], members = channels / test.groups;
        const int64_t samples = test.dims[0];
        const int64_t plane = samples ? len_of(test.dims) / (samples * channels) : 1;
        const Array x = random_uniform(test.dims, -2, 3, random);
        const Array dy = random_uniform(test.dims, -1, 1, random);
        Array gamma = random_uniform({channels}, -2, 2, random);
        gamma.v[0] = 0; // its gradient does not vanish
        const Array beta = random_uniform({channels}, -1, 1, random);
        for (int layout = 0; layout < kLayouts; layout++) {
            const bool affine = layout != kSliced;
            SCOPED_TRACE(text_of(test.dims) + " groups " + std::to_string(test.groups) +
                         " layout " + std::to_string(layout));
            const NormWant want =
                norm_oracle({&x, &dy, affine ? &gamma : nullptr, affine ? &beta : nullptr,
                             [=](int64_t i) { return i / (plane * members); },
                             [=](int64_t i) { return i / plane % channels; }, samples * test.groups,
                             channels, kEpsilon, true});
            const Tensor tx = leaf(x, GetParam(), static_cast<Layout>(layout));
            const Tensor tg = leaf(gamma, GetParam()), tb = leaf(beta, GetParam());
            const Tensor grad = make(dy, GetParam());
            const Tensor y = result(neural_group_norm, tx.get(), affine ? tg.get() : nullptr,
                                    affine ? tb.get() : nullptr, test.groups, kEpsilon);
            const double near = members * plane < 4 ? 4000 : 64;
            expect_values(y.get(), want.y, GetParam(), 8, near * eps);
            ASSERT_EQ(neural_backward(y.get(), grad.get(), 0), NEURAL_OK) << neural_last_error();
            expect_values(neural_tensor_grad(tx.get()), want.dx, GetParam(), 16, near * near * eps);
            if (affine) {
                expect_values(neural_tensor_grad(tg.get()), Array{{channels}, want.dgamma},
                              GetParam(), 8, 16 * near * eps);
                expect_values(neural_tensor_grad(tb.get()), Array{{channels}, want.dbeta},
                              GetParam(), 8, 16 * near * eps);
            }
        }
    }
}

TEST_P(GroupNormTest, ThreadsDoNotChangeABit) {
    std::mt19937_64 random(62);
    const Array array = random_uniform({9, 12, 23, 17}, -8, 8, random);
    const Array ones = random_uniform({12}, 0.5, 2, random);
    expect_threads_keep_bits([&] {
        const Tensor x = leaf(array, GetParam()), gamma = leaf(ones, GetParam());
        std::vector<Tensor> all;
        all.push_back(result(neural_group_norm, x.get(), gamma.get(), gamma.get(), 3, kEpsilon));
        const Tensor square = result(neural_square, all[0].get());
        const Tensor sum = result(neural_mean, square.get(), NEURAL_ALL_AXES, 0);
        EXPECT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK) << neural_last_error();
        all.push_back(shared_grad(x));
        all.push_back(shared_grad(gamma));
        return all;
    });
}

INSTANTIATE_TEST_SUITE_P(Dtypes, GroupNormTest,
                         testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST(GroupNorm, RefusesWhatDoesNotDivide) {
    const Tensor x = create({2, 6, 3}, NEURAL_DTYPE_F32);
    neural_tensor *none = nullptr;
    for (int64_t groups : {0, 4, -1}) {
        EXPECT_EQ(fails(neural_group_norm, x.get(), none, none, groups, kEpsilon),
                  NEURAL_ERR_SHAPE_MISMATCH);
        EXPECT_TRUE(error_has("group_norm: x is [2, 6, 3], want [N, C, ...] with C a multiple of " +
                              std::to_string(groups)))
            << neural_last_error();
    }
}

} // namespace

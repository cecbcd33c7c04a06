#include "tests/core/autograd/autograd_testing.h"

#include <cmath>

#include "core/base/random.h"
#include "core/base/threads.h"

namespace {

using namespace autograd_testing;
using Values = std::vector<double>;

class DropoutTest : public testing::TestWithParam<neural_dtype> {};

TEST_P(DropoutTest, FollowsTheDocumentedMask) {
    std::mt19937_64 random(41);
    for (const Dims &dims : {Dims{}, Dims{1}, Dims{7}, Dims{5, 13}, Dims{0, 3}, Dims{3, 1009}}) {
        const Array array = random_grid(dims, random), dy = random_grid(dims, random);
        for (double p : {0.0, 0.1, 0.5, 0.9, 1.0}) {
            Array want = array, dx = dy;
            for (int64_t i = 0; i < array.len(); i++) {
                const neural_random stream = {77, NEURAL_RANDOM_DROPOUT, 5};
                uint32_t word[4];
                neural_random_block(&stream, static_cast<uint64_t>(i / 4), word);
                const bool keep = word[i % 4] >= p * 0x1p32;
                want.v[static_cast<size_t>(i)] *= keep ? 1 / (1 - p) : 0;
                dx.v[static_cast<size_t>(i)] *= keep ? 1 / (1 - p) : 0;
            }
            for (int layout = 0; layout < kLayouts; layout++) {
                SCOPED_TRACE(text_of(dims) + " p " + std::to_string(p));
                const Tensor x = leaf(array, GetParam(), static_cast<Layout>(layout));
                const Tensor y = result(neural_dropout, x.get(), p, UINT64_C(77), UINT64_C(5));
                const Tensor grad = make(dy, GetParam());
                expect_values(y.get(), want, GetParam(), 2);
                ASSERT_EQ(neural_backward(y.get(), grad.get(), 0), NEURAL_OK);
                expect_values(neural_tensor_grad(x.get()), dx, GetParam(), 2);
            }
        }
    }
}

TEST_P(DropoutTest, KeepsTheShareAndTheMean) {
    const int64_t dims[] = {100000};
    neural_tensor *raw = nullptr;
    ASSERT_EQ(neural_tensor_ones(1, dims, GetParam(), &raw), NEURAL_OK);
    const Tensor x(raw);
    Values previous;
    for (uint64_t step : {0, 1}) {
        const Tensor y = result(neural_dropout, x.get(), 0.3, UINT64_C(1), step);
        const Values v = values(y.get());
        double sum = 0, dropped = 0;
        for (double value : v) {
            sum += value;
            dropped += value == 0;
        }
        EXPECT_NEAR(dropped / 1e5, 0.3, 0.01); // 7 standard deviations
        EXPECT_NEAR(sum / 1e5, 1, 0.015);
        EXPECT_NE(v, previous) << "the mask must change with the step";
        previous = v;
    }
}

TEST_P(DropoutTest, ZeroIsTheIdentityAndOneGivesZeros) {
    const Tensor x = make(Array{{3}, {1, -INFINITY, 1e30}}, GetParam());
    const Tensor same = result(neural_dropout, x.get(), 0.0, UINT64_C(1), UINT64_C(0));
    expect_same_bits(same.get(), x.get());
    const Tensor none = result(neural_dropout, x.get(), 1.0, UINT64_C(1), UINT64_C(0));
    EXPECT_EQ(values(none.get()), (Values{0, 0, 0}));
}

TEST_P(DropoutTest, ThreadsDoNotChangeABit) {
    std::mt19937_64 random(42);
    const Array array = random_uniform({100003}, -1, 1, random);
    expect_threads_keep_bits([&] {
        const Tensor x = leaf(array, GetParam());
        std::vector<Tensor> all;
        all.push_back(result(neural_dropout, x.get(), 0.4, UINT64_C(9), UINT64_C(2)));
        const Tensor sum = result(neural_sum, all[0].get(), NEURAL_ALL_AXES, 0);
        EXPECT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
        all.push_back(shared_grad(x));
        return all;
    });
}

TEST_P(DropoutTest, WholeChannelsHaveOneDrawEach) {
    std::mt19937_64 random(43);
    for (const Dims &dims : {Dims{3, 5, 4, 4}, Dims{2, 7}, Dims{40, 30, 13}, Dims{2, 0, 3}}) {
        for (double p : {0.0, 0.4, 1.0}) {
            const Array array = random_grid(dims, random), dy = random_grid(dims, random);
            Array want = array, dx = dy;
            const int64_t planes = dims[0] * dims[1], len = planes ? array.len() / planes : 0;
            for (int64_t i = 0; i < array.len(); i++) {
                const neural_random stream = {77, NEURAL_RANDOM_DROPOUT, 5};
                uint32_t word[4];
                neural_random_block(&stream, static_cast<uint64_t>(i / len / 4), word);
                const double scale = word[i / len % 4] >= p * 0x1p32 ? 1 / (1 - p) : 0;
                want.v[static_cast<size_t>(i)] *= scale;
                dx.v[static_cast<size_t>(i)] *= scale;
            }
            const Tensor x = leaf(array, GetParam()), grad = make(dy, GetParam());
            const Tensor y = result(neural_dropout2d, x.get(), p, UINT64_C(77), UINT64_C(5));
            expect_values(y.get(), want, GetParam(), 2);
            ASSERT_EQ(neural_backward(y.get(), grad.get(), 0), NEURAL_OK);
            expect_values(neural_tensor_grad(x.get()), dx, GetParam(), 2);
        }
    }
    const Tensor line = make(Array{{3}, {1, 2, 3}}, GetParam());
    EXPECT_EQ(fails(neural_dropout2d, line.get(), 0.5, UINT64_C(1), UINT64_C(0)),
              NEURAL_ERR_SHAPE_MISMATCH);
}

INSTANTIATE_TEST_SUITE_P(Dtypes, DropoutTest, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST(Dropout, RefusesWhatIsNoProbability) {
    const Tensor x = make(Array{{1}, {1}}, NEURAL_DTYPE_F32);
    for (double p : {-0.1, 1.5, static_cast<double>(NAN)}) {
        EXPECT_EQ(fails(neural_dropout, x.get(), p, UINT64_C(1), UINT64_C(0)),
                  NEURAL_ERR_INVALID_ARGUMENT);
        EXPECT_TRUE(error_has("dropout: p is ")) << neural_last_error();
    }
}

TEST(Dropout, FailedAllocationsAreClean) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    sweep_failed_allocations([] {
        const int64_t dims[] = {2000};
        neural_tensor *x = nullptr, *y = nullptr, *sum = nullptr;
        neural_status status = neural_tensor_ones(1, dims, NEURAL_DTYPE_F32, &x);
        status = status ? status : neural_tensor_set_requires_grad(x, 1);
        status = status ? status : neural_dropout(x, 0.5, 1, 0, &y);
        status = status ? status : neural_sum(y, NEURAL_ALL_AXES, 0, &sum);
        status = status ? status : neural_backward(sum, nullptr, 0);
        for (neural_tensor *tensor : {sum, y, x}) {
            neural_tensor_release(tensor);
        }
        return status;
    });
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

} // namespace

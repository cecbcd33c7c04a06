#include "tests/core/autograd/autograd_testing.h"

#include <cmath>

#include "core/base/threads.h"

namespace {

using namespace autograd_testing;
using Values = std::vector<double>;

struct Case {
    Dims dims;
    int axis;
};

const Case kCases[] = {
    {{1}, 0},        {{}, 0},         {{}, -1},          {{7}, -1},
    {{3, 10}, 1},    {{3, 10}, 0},    {{5, 1}, 1},       {{2, 3, 17}, -1},
    {{2, 3, 17}, 0}, {{2, 3, 17}, 1}, {{2, 2, 2, 5}, 2}, {{0, 4}, 1},
    {{0, 4}, 0},     {{4, 0}, 0},     {{4, 0}, 1},       {{3, 1031}, -1},
};

struct Oracle {
    Array y, log_y, dx, log_dx;
};

// Row by row in long double, from the definition.
Oracle oracle(const Case &test, const Array &x, const Array &dy) {
    const int axis =
        test.axis < 0 ? test.axis + std::max<int>(1, static_cast<int>(x.dims.size())) : test.axis;
    const int64_t cols = x.dims.empty() ? 1 : x.dims[static_cast<size_t>(axis)];
    int64_t inner = 1;
    for (size_t d = static_cast<size_t>(axis) + 1; d < x.dims.size(); d++) {
        inner *= x.dims[d];
    }
    Oracle want{x, x, x, x};
    const int64_t rows = cols ? x.len() / cols : 0;
    for (int64_t row = 0; row < rows; row++) {
        const int64_t start = row / inner * inner * cols + row % inner;
        const auto at = [&](int64_t i) { return static_cast<size_t>(start + i * inner); };
        long double max = -INFINITY, sum = 0, dot = 0, total = 0;
        for (int64_t i = 0; i < cols; i++) {
            max = std::fmax(max, static_cast<long double>(x.v[at(i)]));
        }
        for (int64_t i = 0; i < cols; i++) {
            sum += std::exp(static_cast<long double>(x.v[at(i)]) - max);
        }
        for (int64_t i = 0; i < cols; i++) {
            const long double log_y = x.v[at(i)] - max - std::log(sum);
            want.log_y.v[at(i)] = static_cast<double>(log_y);
            want.y.v[at(i)] = static_cast<double>(std::exp(log_y));
            dot += std::exp(log_y) * dy.v[at(i)];
            total += dy.v[at(i)];
        }
        for (int64_t i = 0; i < cols; i++) {
            const long double y = std::exp(static_cast<long double>(want.log_y.v[at(i)]));
            want.dx.v[at(i)] = static_cast<double>(y * (dy.v[at(i)] - dot));
            want.log_dx.v[at(i)] = static_cast<double>(dy.v[at(i)] - y * total);
        }
    }
    return want;
}

class SoftmaxTest : public testing::TestWithParam<neural_dtype> {};

TEST_P(SoftmaxTest, ValuesAndGradientsOnEveryAxis) {
    std::mt19937_64 random(31);
    for (const Case &test : kCases) {
        const Array x = random_uniform(test.dims, -8, 8, random);
        const Array dy = random_uniform(test.dims, -1, 1, random);
        const Oracle want = oracle(test, x, dy);
        const double eps = GetParam() == NEURAL_DTYPE_F32 ? 0x1p-23 : 0x1p-52;
        for (int layout = 0; layout < kLayouts; layout++) {
            SCOPED_TRACE(text_of(test.dims) + " axis " + std::to_string(test.axis) + " layout " +
                         std::to_string(layout));
            const Tensor grad = make(dy, GetParam(), static_cast<Layout>(layout));
            for (bool logarithm : {false, true}) {
                const Tensor tx = leaf(x, GetParam(), static_cast<Layout>(layout));
                const Tensor y =
                    result(logarithm ? neural_log_softmax : neural_softmax, tx.get(), test.axis);
                ASSERT_TRUE(y);
                expect_values(y.get(), logarithm ? want.log_y : want.y, GetParam(), 16, 32 * eps);
                ASSERT_EQ(neural_backward(y.get(), grad.get(), 0), NEURAL_OK)
                    << neural_last_error();
                expect_values(neural_tensor_grad(tx.get()), logarithm ? want.log_dx : want.dx,
                              GetParam(), 64, 128 * eps);
            }
        }
    }
}

TEST_P(SoftmaxTest, LargeAndInfiniteLogits) {
    const Tensor x = make(Array{{2, 3}, {1e30, -1e30, 1e30, 0, -INFINITY, 0}}, GetParam());
    const Tensor y = result(neural_softmax, x.get(), 1);
    EXPECT_EQ(values(y.get()), (Values{0.5, 0, 0.5, 0.5, 0, 0.5}));
    const Tensor log_y = result(neural_log_softmax, x.get(), 1);
    EXPECT_EQ(values(log_y.get())[4], -INFINITY);
    const Tensor nan = make(Array{{2, 2}, {NAN, 1, 1, 1}}, GetParam());
    const Tensor z = result(neural_softmax, nan.get(), 1);
    EXPECT_TRUE(std::isnan(values(z.get())[0]) && std::isnan(values(z.get())[1]));
    EXPECT_EQ(values(z.get())[2], 0.5);
}

TEST_P(SoftmaxTest, ThreadsDoNotChangeABit) {
    std::mt19937_64 random(32);
    const Array array = random_uniform({1501, 61}, -8, 8, random);
    expect_threads_keep_bits([&] {
        const Tensor x = leaf(array, GetParam());
        std::vector<Tensor> all;
        all.push_back(result(neural_softmax, x.get(), 1));
        all.push_back(result(neural_log_softmax, all[0].get(), 0));
        const Tensor sum = result(neural_mean, all[1].get(), NEURAL_ALL_AXES, 0);
        EXPECT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
        all.push_back(shared_grad(x));
        return all;
    });
}

INSTANTIATE_TEST_SUITE_P(Dtypes, SoftmaxTest, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST(Softmax, RefusesAnAxisOutOfRange) {
    const Tensor x = make(Array{{2, 2}, {1, 2, 3, 4}}, NEURAL_DTYPE_F32);
    for (int axis : {2, -3, 127}) {
        EXPECT_EQ(fails(neural_softmax, x.get(), axis), NEURAL_ERR_INVALID_ARGUMENT);
        EXPECT_TRUE(error_has("softmax: axis " + std::to_string(axis) + " is outside [-2, 2)"))
            << neural_last_error();
    }
    const Tensor scalar = make(Array{{}, {1}}, NEURAL_DTYPE_F32);
    EXPECT_EQ(fails(neural_log_softmax, scalar.get(), 1), NEURAL_ERR_INVALID_ARGUMENT);
}

TEST(Softmax, FailedAllocationsAreClean) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    sweep_failed_allocations([] {
        const int64_t dims[] = {3, 4, 5};
        neural_tensor *x = nullptr, *y = nullptr, *sum = nullptr;
        neural_status status = neural_tensor_ones(3, dims, NEURAL_DTYPE_F32, &x);
        status = status ? status : neural_tensor_set_requires_grad(x, 1);
        status = status ? status : neural_softmax(x, 0, &y);
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

#include "core/tensor/unary.h"

#include <cmath>

#include "core/tensor/elementwise.h"
#include "tests/core/tensor/tensor_testing.h"

namespace {

using namespace tensor_testing;

struct Unary {
    Op op;
    double low, high;
    std::function<double(double)> value, slope;
    double ulps, slope_ulps;
};

const Unary kUnary[] = {
    {{"neg", neural_same_infer, neural_neg_forward, neural_neg_backward, false},
     -5,
     5,
     [](double x) { return -x; },
     [](double) { return -1.0; },
     0,
     0},
    {{"abs", neural_same_infer, neural_abs_forward, neural_abs_backward, false},
     -5,
     5,
     [](double x) { return std::abs(x); },
     [](double x) { return x > 0   ? 1.0
                           : x < 0 ? -1.0
                                   : 0.0; },
     0,
     0},
    {{"square", neural_same_infer, neural_square_forward, neural_square_backward, false},
     -5,
     5,
     [](double x) { return x * x; },
     [](double x) { return 2 * x; },
     0,
     1},
    {{"sqrt", neural_same_infer, neural_sqrt_forward, neural_sqrt_backward, false},
     0.01,
     50,
     [](double x) { return std::sqrt(x); },
     [](double x) { return 0.5 / std::sqrt(x); },
     0,
     2},
    {{"exp", neural_same_infer, neural_exp_forward, neural_exp_backward, false},
     -20,
     20,
     [](double x) { return std::exp(x); },
     [](double x) { return std::exp(x); },
     2,
     4},
    {{"log", neural_same_infer, neural_log_forward, neural_log_backward, false},
     0.01,
     50,
     [](double x) { return std::log(x); },
     [](double x) { return 1 / x; },
     2,
     1},
};

TEST(Unary, ValuesAndGradients) {
    const uint64_t seed = 77;
    std::mt19937_64 random(seed);
    for (const Unary &op : kUnary) {
        for (const Dims &dims : {Dims{}, Dims{0}, Dims{1}, Dims{17}, Dims{3, 5, 7}, Dims{40, 70}}) {
            const Array x = random_uniform(dims, op.low, op.high, random);
            const Array dy = random_uniform(dims, -2, 2, random);
            Array want = x, want_grad = x;
            for (size_t i = 0; i < x.v.size(); i++) {
                want.v[i] = op.value(x.v[i]);
                want_grad.v[i] = dy.v[i] * op.slope(x.v[i]);
            }
            for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
                for (int layout = 0; layout < kLayouts; layout++) {
                    SCOPED_TRACE(std::string(op.op.name) + " seed " + std::to_string(seed));
                    const Tensor a = make(x, dtype, static_cast<Layout>(layout));
                    const Tensor d = make(dy, dtype);
                    const Outcome have = run(op.op, {a.get()}, {}, d.get());
                    ASSERT_EQ(have.status, NEURAL_OK);
                    expect_values(have.out.get(), want, dtype, op.ulps);
                    expect_values(have.grad[0].get(), want_grad, dtype, op.slope_ulps);
                }
            }
        }
    }
}

TEST(Unary, Specials) {
    const double nan = std::nan("");
    const Array x = {{4}, {0, -0.0, nan, INFINITY}};
    const Tensor a = make(x, NEURAL_DTYPE_F32), dy = make({{4}, {3, 3, 3, 3}}, NEURAL_DTYPE_F32);
    const Outcome abs = run(kUnary[1].op, {a.get()}, {}, dy.get());
    expect_values(abs.out.get(), {{4}, {0, 0, nan, INFINITY}}, NEURAL_DTYPE_F32);
    expect_values(abs.grad[0].get(), {{4}, {0, 0, nan, 3}}, NEURAL_DTYPE_F32);
    const Outcome log = run(kUnary[5].op, {a.get()}, {});
    expect_values(log.out.get(), {{4}, {-INFINITY, -INFINITY, nan, INFINITY}}, NEURAL_DTYPE_F32);
}

TEST(Unary, ThreadsDoNotChangeABit) {
    std::mt19937_64 random(3);
    const Array x = random_uniform({70001}, 0.1, 9, random),
                dy = random_uniform({70001}, -1, 1, random);
    for (const Unary &op : kUnary) {
        const Tensor a = make(x, NEURAL_DTYPE_F32, kSliced), d = make(dy, NEURAL_DTYPE_F32);
        ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
        const Outcome one = run(op.op, {a.get()}, {}, d.get());
        ASSERT_EQ(neural_set_num_threads(3), NEURAL_OK);
        const Outcome three = run(op.op, {a.get()}, {}, d.get());
        expect_same_bits(one.out.get(), three.out.get());
        expect_same_bits(one.grad[0].get(), three.grad[0].get());
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

} // namespace

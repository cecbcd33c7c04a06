#include "core/tensor/activation.h"

#include <cmath>
#include <stdexcept>
#include <string>

#include "core/tensor/elementwise.h"
#include "tests/core/tensor/tensor_testing.h"

namespace {

using namespace tensor_testing;

using Real = long double;

Real sigmoid(Real x) {
    return 1 / (1 + std::exp(-x));
}
Real softplus(Real x) {
    return x > 40 ? x : std::log1p(std::exp(x));
}
Real elu(Real x, Real alpha) {
    return x > 0 ? x : alpha * std::expm1(x);
}

struct Activation {
    Op op;
    double alpha, beta;
    std::function<Real(Real)> value;
};

#define OP(name)                                                                                   \
    { #name, neural_same_infer, neural_##name##_forward, neural_##name##_backward, false }
const Activation kActivations[] = {
    {OP(relu), 0, 0, [](Real x) { return x > 0 ? x : 0; }},
    {OP(leaky_relu), 0.125, 0, [](Real x) { return x > 0 ? x : x / 8; }},
    {OP(sigmoid), 0, 0, sigmoid},
    {OP(tanh), 0, 0, [](Real x) { return std::tanh(x); }},
    {OP(gelu), 0, 0, [](Real x) { return x / 2 * (1 + std::erf(x / std::sqrt(Real(2)))); }},
    {OP(gelu_tanh), 0, 0,
     [](Real x) {
         const Real c = std::sqrt(2 / std::acos(Real(-1)));
         return x / 2 * (1 + std::tanh(c * (x + Real(0.044715) * x * x * x)));
     }},
    {OP(silu), 0, 0, [](Real x) { return x * sigmoid(x); }},
    {OP(elu), 0.75, 0, [](Real x) { return elu(x, 0.75L); }},
    {OP(selu), 0, 0,
     [](Real x) {
         return 1.0507009873554804934193349852946L * elu(x, 1.6732632423543772848170429916717L);
     }},
    {OP(mish), 0, 0, [](Real x) { return x * std::tanh(softplus(x)); }},
    {OP(hardswish), 0, 0,
     [](Real x) { return x * std::min(std::max(x + 3, Real(0)), Real(6)) / 6; }},
    {OP(hardsigmoid), 0, 0, [](Real x) { return std::min(std::max(x + 3, Real(0)), Real(6)) / 6; }},
    {OP(softplus), 0, 0, softplus},
    {OP(hardtanh), -0.75, 1.5,
     [](Real x) { return std::min(std::max(x, Real(-0.75)), Real(1.5)); }},
};
#undef OP

// Central difference in long double; away from the kinks, which lie on multiples of 1/4.
Real slope(const Activation &op, Real x) {
    const Real h = 1e-5L;
    return (op.value(x + h) - op.value(x - h)) / (2 * h);
}

neural_op_attrs attrs_of(const Activation &op) {
    neural_op_attrs attrs = {};
    attrs.scalar[0] = op.alpha;
    attrs.scalar[1] = op.beta;
    return attrs;
}

TEST(Activation, ValuesAndGradients) {
    const uint64_t seed = 99;
    std::mt19937_64 random(seed);
    for (const Activation &op : kActivations) {
        for (const Dims &dims : {Dims{}, Dims{0}, Dims{1}, Dims{31}, Dims{3, 5, 7}, Dims{30, 70}}) {
            Array x = random_uniform(dims, -6, 6, random);
            const Array dy = random_uniform(dims, -2, 2, random);
            Array want = x, want_grad = x;
            for (size_t i = 0; i < x.v.size(); i++) {
                const double quarters = x.v[i] * 4;
                if (std::abs(quarters - std::round(quarters)) < 0.01) {
                    x.v[i] = (std::round(quarters) + 0.375) / 4;
                }
                want.v[i] = static_cast<double>(op.value(x.v[i]));
                want_grad.v[i] = static_cast<double>(dy.v[i] * slope(op, x.v[i]));
            }
            for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
                for (int layout = 0; layout < kLayouts; layout++) {
                    SCOPED_TRACE(std::string(op.op.name) + " seed " + std::to_string(seed));
                    const Tensor a = make(x, dtype, static_cast<Layout>(layout));
                    const Tensor d = make(dy, dtype);
                    const Outcome have = run(op.op, {a.get()}, attrs_of(op), d.get());
                    ASSERT_EQ(have.status, NEURAL_OK);
                    const double tiny = dtype == NEURAL_DTYPE_F32 ? 1e-6 : 1e-9;
                    expect_values(have.out.get(), want, dtype, 8, tiny / 2);
                    expect_values(have.grad[0].get(), want_grad, dtype, 16, tiny);
                }
            }
        }
    }
}

TEST(Activation, ReluAtZeroHasNoGradient) {
    const Tensor a = make({{3}, {0, -0.0, 1}}, NEURAL_DTYPE_F64);
    const Tensor dy = make({{3}, {5, 5, 5}}, NEURAL_DTYPE_F64);
    const Outcome have = run(kActivations[0].op, {a.get()}, {}, dy.get());
    expect_values(have.grad[0].get(), {{3}, {0, 0, 5}}, NEURAL_DTYPE_F64);
}

const Op &op_of(const std::string &name) {
    for (const Activation &activation : kActivations) {
        if (activation.op.name == name) return activation.op;
    }
    throw std::out_of_range(name);
}

TEST(Activation, RefusesBadNumbers) {
    const Tensor a = make({{1}, {1}}, NEURAL_DTYPE_F32), whole = create({1}, NEURAL_DTYPE_I8);
    neural_op_attrs attrs = {};
    attrs.scalar[0] = -1;
    EXPECT_EQ(run(op_of("elu"), {a.get()}, attrs).status, NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "elu: alpha is -1, expected at least 0");
    attrs.scalar[0] = std::nan("");
    EXPECT_EQ(run(op_of("elu"), {a.get()}, attrs).status, NEURAL_ERR_INVALID_ARGUMENT);
    attrs.scalar[0] = 2;
    attrs.scalar[1] = 1;
    EXPECT_EQ(run(op_of("hardtanh"), {a.get()}, attrs).status, NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "hardtanh: low is 2, high is 1, expected low <= high");
    EXPECT_EQ(run(kActivations[0].op, {whole.get()}, {}).status, NEURAL_ERR_INVALID_DTYPE);
}

TEST(Activation, ThreadsDoNotChangeABit) {
    std::mt19937_64 random(3);
    const Array x = random_uniform({70001}, -3, 3, random),
                dy = random_uniform({70001}, -1, 1, random);
    for (const Activation &op : kActivations) {
        const Tensor a = make(x, NEURAL_DTYPE_F32), d = make(dy, NEURAL_DTYPE_F32);
        ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
        const Outcome one = run(op.op, {a.get()}, attrs_of(op), d.get());
        ASSERT_EQ(neural_set_num_threads(3), NEURAL_OK);
        const Outcome three = run(op.op, {a.get()}, attrs_of(op), d.get());
        expect_same_bits(one.out.get(), three.out.get());
        expect_same_bits(one.grad[0].get(), three.grad[0].get());
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

} // namespace

// Each public op is bound to the right row of the list, with its arguments in the right place.
#include "tests/core/autograd/autograd_testing.h"

#include <cmath>
#include <functional>

namespace {

using namespace autograd_testing;
using Values = std::vector<double>;

const double kX = 0.7, kY = -1.3;

struct UnaryCase {
    const char *name;
    std::function<neural_status(neural_tensor *, neural_tensor **)> op;
    std::function<double(double)> want;
};

double sigmoid(double x) {
    return 1 / (1 + std::exp(-x));
}
double softplus(double x) {
    return std::log1p(std::exp(x));
}

const UnaryCase kUnary[] = {
    {"affine", [](auto *x, auto **y) { return neural_affine(x, 3, 5, y); },
     [](double x) { return 3 * x + 5; }},
    {"neg", neural_neg, [](double x) { return -x; }},
    {"abs", neural_abs, [](double x) { return std::fabs(x); }},
    {"square", neural_square, [](double x) { return x * x; }},
    {"sqrt", neural_sqrt, [](double x) { return std::sqrt(x); }},
    {"exp", neural_exp, [](double x) { return std::exp(x); }},
    {"log", neural_log, [](double x) { return std::log(x); }},
    {"relu", neural_relu, [](double x) { return x > 0 ? x : 0; }},
    {"leaky_relu", [](auto *x, auto **y) { return neural_leaky_relu(x, 0.2, y); },
     [](double x) { return x > 0 ? x : 0.2 * x; }},
    {"sigmoid", neural_sigmoid, sigmoid},
    {"tanh", neural_tanh, [](double x) { return std::tanh(x); }},
    {"gelu", neural_gelu, [](double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); }},
    {"gelu_tanh", neural_gelu_tanh,
     [](double x) {
         return x / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
     }},
    {"silu", neural_silu, [](double x) { return x * sigmoid(x); }},
    {"elu", [](auto *x, auto **y) { return neural_elu(x, 0.4, y); },
     [](double x) { return x > 0 ? x : 0.4 * std::expm1(x); }},
    {"selu", neural_selu,
     [](double x) {
         return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x));
     }},
    {"mish", neural_mish, [](double x) { return x * std::tanh(softplus(x)); }},
    {"hardswish", neural_hardswish,
     [](double x) { return x * std::fmin(std::fmax(x + 3, 0), 6) / 6; }},
    {"hardsigmoid", neural_hardsigmoid,
     [](double x) { return std::fmin(std::fmax(x + 3, 0), 6) / 6; }},
    {"softplus", neural_softplus, softplus},
    {"hardtanh", [](auto *x, auto **y) { return neural_hardtanh(x, -1, 0.5, y); },
     [](double x) { return x < -1    ? -1
                           : x > 0.5 ? 0.5
                                     : x; }},
};

TEST(Ops, Unary) {
    const Tensor x = make(Array{{2}, {kX, kY}}, NEURAL_DTYPE_F64);
    for (const UnaryCase &test : kUnary) {
        const Tensor y = result(test.op, x.get());
        for (int i = 0; i < 2; i++) {
            const double want = test.want(i ? kY : kX), have = values(y.get())[i];
            EXPECT_TRUE((std::isnan(want) && std::isnan(have)) ||
                        std::fabs(have - want) <= 1e-14 * std::fabs(want))
                << test.name << ": " << have << ", expected " << want;
        }
    }
}

TEST(Ops, Binary) {
    const Tensor x = make(Array{{1}, {kX}}, NEURAL_DTYPE_F64);
    const Tensor y = make(Array{{1}, {kY}}, NEURAL_DTYPE_F64);
    const auto value =
        [&](neural_status (*op)(neural_tensor *, neural_tensor *, neural_tensor **)) {
            const Tensor out = result(op, x.get(), y.get());
            return item(out.get());
        };
    EXPECT_EQ(value(neural_add), kX + kY);
    EXPECT_EQ(value(neural_sub), kX - kY);
    EXPECT_EQ(value(neural_mul), kX * kY);
    EXPECT_EQ(value(neural_div), kX / kY);
    EXPECT_EQ(value(neural_maximum), kX);
    EXPECT_EQ(value(neural_minimum), kY);
}

TEST(Ops, Reductions) {
    const Tensor x = make(Array{{2, 3}, {1, 2, 3, 4, 5, 9}}, NEURAL_DTYPE_F64);
    const auto reduced = [&](auto op, int axis, int keepdim) {
        return to_array(result(op, x.get(), axis, keepdim).get());
    };
    EXPECT_EQ(reduced(neural_sum, NEURAL_ALL_AXES, 0).v, Values{24});
    EXPECT_EQ(reduced(neural_sum, NEURAL_ALL_AXES, 0).dims, Dims{});
    EXPECT_EQ(reduced(neural_mean, 1, 0).v, (Values{2, 6}));
    EXPECT_EQ(reduced(neural_mean, 1, 1).dims, (Dims{2, 1}));
    EXPECT_EQ(reduced(neural_max, -2, 0).v, (Values{4, 5, 9}));
    EXPECT_EQ(reduced(neural_min, 1, 0).v, (Values{1, 4}));
}

TEST(Ops, Views) {
    const Tensor x = make(Array{{2, 3}, {1, 2, 3, 4, 5, 6}}, NEURAL_DTYPE_F32);
    const int64_t flat[] = {-1}, wide[] = {2, 2, 3};
    const int order[] = {1, 0}, bad[] = {0, 0};
    EXPECT_EQ(to_array(result(neural_reshape, x.get(), 1, flat).get()).dims, Dims{6});
    EXPECT_EQ(values(result(neural_permute, x.get(), order).get()), (Values{1, 4, 2, 5, 3, 6}));
    EXPECT_EQ(values(result(neural_transpose, x.get(), -1, 0).get()), (Values{1, 4, 2, 5, 3, 6}));
    EXPECT_EQ(values(result(neural_transpose, x.get(), 1, 1).get()), (Values{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(values(result(neural_slice, x.get(), 1, 0, 2, 2).get()), (Values{1, 3, 4, 6}));
    EXPECT_EQ(values(result(neural_expand, x.get(), 3, wide).get()),
              (Values{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6}));
    // A reshape that cannot be a view copies.
    const Tensor turned = result(neural_transpose, x.get(), 0, 1);
    EXPECT_EQ(values(result(neural_reshape, turned.get(), 1, flat).get()),
              (Values{1, 4, 2, 5, 3, 6}));

    EXPECT_EQ(fails(neural_reshape, x.get(), 9, wide), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(fails(neural_reshape, x.get(), -1, wide), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(fails(neural_reshape, x.get(), 2, static_cast<const int64_t *>(nullptr)),
              NEURAL_ERR_NULL_POINTER);
    EXPECT_NE(fails(neural_permute, x.get(), bad), NEURAL_OK);
    EXPECT_EQ(fails(neural_permute, static_cast<neural_tensor *>(nullptr), order),
              NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(fails(neural_transpose, x.get(), 0, 2), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_NE(fails(neural_slice, x.get(), 1, 2, 2, 1), NEURAL_OK);
}

TEST(Ops, RefuseMixedAndIntegerDtypes) {
    const Tensor f32 = make(Array{{2}, {1, 2}}, NEURAL_DTYPE_F32);
    const Tensor f64 = make(Array{{2}, {1, 2}}, NEURAL_DTYPE_F64);
    EXPECT_EQ(fails(neural_add, f32.get(), f64.get()), NEURAL_ERR_DTYPE_MISMATCH);
    const Tensor i64 = result(neural_tensor_cast, f32.get(), NEURAL_DTYPE_I64);
    EXPECT_EQ(fails(neural_exp, i64.get()), NEURAL_ERR_INVALID_DTYPE);
    EXPECT_EQ(fails(neural_softmax, i64.get(), 0), NEURAL_ERR_INVALID_DTYPE);
    EXPECT_EQ(fails(neural_dropout, i64.get(), 0.5, UINT64_C(1), UINT64_C(0)),
              NEURAL_ERR_INVALID_DTYPE);
}

} // namespace

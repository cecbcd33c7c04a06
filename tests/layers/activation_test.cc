#include "layers/activation.h"

#include <cmath>
#include <functional>
#include <string>

#include "tests/layers/tensors.h"

namespace {

double Sigmoid(double x) {
    return 1 / (1 + std::exp(-x));
}

struct Case {
    neural_activation activation;
    const char *word, *text;
    std::function<double(double)> f;
};

const Case kCases[] = {
    {NEURAL_ACTIVATION_NONE, "linear", "Identity()", [](double x) { return x; }},
    {NEURAL_ACTIVATION_RELU, "ReLU", "ReLU()", [](double x) { return x > 0 ? x : 0; }},
    {NEURAL_ACTIVATION_LEAKY_RELU, "LeakyReLU", "LeakyReLU(negative_slope=0.01)",
     [](double x) { return x > 0 ? x : 0.01 * x; }},
    {NEURAL_ACTIVATION_SIGMOID, "sigmoid", "Sigmoid()", Sigmoid},
    {NEURAL_ACTIVATION_TANH, "tanh", "Tanh()", [](double x) { return std::tanh(x); }},
    {NEURAL_ACTIVATION_GELU, "gelu", "GELU()",
     [](double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); }},
    {NEURAL_ACTIVATION_GELU_TANH, "gelu_tanh", "GELUTanh()",
     [](double x) {
         return x / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
     }},
    {NEURAL_ACTIVATION_SILU, "swish", "SiLU()", [](double x) { return x * Sigmoid(x); }},
    {NEURAL_ACTIVATION_ELU, "ELU", "ELU(alpha=1)",
     [](double x) { return x > 0 ? x : std::expm1(x); }},
    {NEURAL_ACTIVATION_SELU, "selu", "SELU()",
     [](double x) {
         return 1.0507009873554804934 * (x > 0 ? x : 1.6732632423543772848 * std::expm1(x));
     }},
    {NEURAL_ACTIVATION_MISH, "mish", "Mish()",
     [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }},
    {NEURAL_ACTIVATION_HARDSWISH, "HardSwish", "HardSwish()",
     [](double x) { return x * std::fmin(std::fmax(x + 3, 0), 6) / 6; }},
    {NEURAL_ACTIVATION_HARDSIGMOID, "HardSigmoid", "HardSigmoid()",
     [](double x) { return std::fmin(std::fmax(x + 3, 0), 6) / 6; }},
    {NEURAL_ACTIVATION_SOFTPLUS, "softplus", "Softplus()",
     [](double x) { return std::log1p(std::exp(x)); }},
    {NEURAL_ACTIVATION_HARDTANH, "HardTanh", "HardTanh(min_val=-1, max_val=1)",
     [](double x) { return std::fmin(std::fmax(x, -1), 1); }},
};

TEST(Activation, EveryWordComputesItsFormula) {
    for (const Case &c : kCases) {
        neural_activation parsed;
        ASSERT_EQ(neural_activation_parse(c.word, &parsed), NEURAL_OK) << c.word;
        EXPECT_EQ(parsed, c.activation) << c.word;
        for (const neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
            neural_layer *made = nullptr;
            ASSERT_EQ(neural_activation_create(parsed, &made), NEURAL_OK);
            const Layer layer = Own(made);
            const Tensor x = Normal({9, 11}, dtype, 2);
            const std::vector<double> in = Values(x.get()),
                                      y = Values(Forward(made, x.get()).get());
            for (size_t i = 0; i < in.size(); i++) {
                EXPECT_NEAR(y[i], c.f(in[i]), dtype == NEURAL_DTYPE_F32 ? 1e-6 : 1e-14)
                    << c.word << " at " << in[i];
            }
            char text[64];
            EXPECT_STREQ(neural_layer_describe(made, text, sizeof text), c.text);
            EXPECT_EQ(neural_activation_of(made), c.activation);
        }
    }
}

TEST(Activation, SoftmaxRowsAddUpToOne) {
    neural_layer *made = nullptr;
    ASSERT_EQ(neural_activation_create(NEURAL_ACTIVATION_SOFTMAX, &made), NEURAL_OK);
    const Layer layer = Own(made);
    const Tensor x = Normal({4, 3}, NEURAL_DTYPE_F64, 2);
    const std::vector<double> in = Values(x.get()), y = Values(Forward(made, x.get()).get());
    for (size_t i = 0; i < 4; i++) {
        double sum = 0;
        for (size_t j = 0; j < 3; j++) {
            sum += std::exp(in[i * 3 + j]);
        }
        for (size_t j = 0; j < 3; j++) {
            EXPECT_NEAR(y[i * 3 + j], std::exp(in[i * 3 + j]) / sum, 1e-14);
        }
    }
}

TEST(Activation, LogSoftmaxIsTheLogarithmOfSoftmax) {
    neural_layer *soft = nullptr, *logs = nullptr;
    ASSERT_EQ(neural_activation_create(NEURAL_ACTIVATION_SOFTMAX, &soft), NEURAL_OK);
    ASSERT_EQ(neural_activation_create(NEURAL_ACTIVATION_LOG_SOFTMAX, &logs), NEURAL_OK);
    const Layer own = Own(soft), own_too = Own(logs);
    const Tensor x = Normal({4, 3}, NEURAL_DTYPE_F64, 2);
    const std::vector<double> y = Values(Forward(soft, x.get()).get());
    const std::vector<double> log_y = Values(Forward(logs, x.get()).get());
    for (size_t i = 0; i < y.size(); i++) {
        EXPECT_NEAR(log_y[i], std::log(y[i]), 1e-14);
    }
    char text[64];
    EXPECT_STREQ(neural_layer_describe(logs, text, sizeof text), "LogSoftmax(dim=-1)");
}

TEST(Activation, OwnScalarsAreUsed) {
    neural_layer *made = nullptr;
    ASSERT_EQ(neural_activation_create_with(NEURAL_ACTIVATION_HARDTANH, -0.25, 0.5, &made),
              NEURAL_OK);
    const Layer layer = Own(made);
    const Tensor x = Normal({100}, NEURAL_DTYPE_F64, 2);
    const std::vector<double> in = Values(x.get()), y = Values(Forward(made, x.get()).get());
    for (size_t i = 0; i < in.size(); i++) {
        EXPECT_EQ(y[i], std::fmin(std::fmax(in[i], -0.25), 0.5));
    }
}

TEST(Activation, EveryNameIsItsOwnWord) {
    for (int i = 0; i < NEURAL_ACTIVATION_COUNT; i++) {
        neural_activation parsed;
        ASSERT_EQ(neural_activation_parse(neural_activation_name((neural_activation)i), &parsed),
                  NEURAL_OK);
        EXPECT_EQ((int)parsed, i);
    }
}

TEST(Activation, SuggestsTheNearestWord) {
    neural_activation parsed = NEURAL_ACTIVATION_TANH;
    EXPECT_EQ(neural_activation_parse("sigmiod", &parsed), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "unknown activation sigmiod; did you mean sigmoid?");
    EXPECT_EQ(parsed, NEURAL_ACTIVATION_TANH);
    neural_layer *made = nullptr;
    EXPECT_EQ(neural_activation_create((neural_activation)99, &made), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(made, nullptr);
}

} // namespace

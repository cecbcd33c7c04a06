// Activation and residual on the way out of a product: bit for bit what the kernel of that name
// makes of the chain, and close to the formula in long double.
#include "core/base/threads.h"
#include "tests/core/tensor/gemm_testing.h"

namespace {

using namespace neural_test;

constexpr double kSlope = 0.125;

template <typename T> T ByKernel(const neural_kernel_table *k, neural_gemm_activation a, T x) {
    constexpr bool f32 = std::is_same_v<T, float>;
    switch (a) {
    case NEURAL_GEMM_ACTIVATION_SIGMOID:
        if constexpr (f32)
            k->sigmoid_f32(&x, &x, 1);
        else
            k->sigmoid_f64(&x, &x, 1);
        return x;
    case NEURAL_GEMM_ACTIVATION_TANH:
        if constexpr (f32)
            k->tanh_f32(&x, &x, 1);
        else
            k->tanh_f64(&x, &x, 1);
        return x;
    case NEURAL_GEMM_ACTIVATION_GELU:
        if constexpr (f32)
            k->gelu_f32(&x, &x, 1);
        else
            k->gelu_f64(&x, &x, 1);
        return x;
    case NEURAL_GEMM_ACTIVATION_SILU:
        if constexpr (f32)
            k->silu_f32(&x, &x, 1);
        else
            k->silu_f64(&x, &x, 1);
        return x;
    case NEURAL_GEMM_ACTIVATION_LEAKY_RELU:
        return x > 0 ? x : static_cast<T>(kSlope) * x;
    case NEURAL_GEMM_ACTIVATION_RELU:
        return x < 0 ? 0 : x;
    default:
        return x;
    }
}

long double ByFormula(neural_gemm_activation a, long double x) {
    switch (a) {
    case NEURAL_GEMM_ACTIVATION_SIGMOID:
        return 1 / (1 + std::exp(-x));
    case NEURAL_GEMM_ACTIVATION_TANH:
        return std::tanh(x);
    case NEURAL_GEMM_ACTIVATION_GELU:
        return x * std::erfc(-x / std::sqrt(2.0L)) / 2;
    case NEURAL_GEMM_ACTIVATION_SILU:
        return x / (1 + std::exp(-x));
    case NEURAL_GEMM_ACTIVATION_LEAKY_RELU:
        return x > 0 ? x : static_cast<long double>(kSlope) * x;
    case NEURAL_GEMM_ACTIVATION_RELU:
        return x < 0 ? 0 : x;
    default:
        return x;
    }
}

struct Epilogue {
    neural_gemm_activation activation;
    bool has_residual;
};

template <typename T> neural_status Multiply(neural_isa isa, const neural_gemm_args &args) {
    const neural_kernel_table *kernels = neural_kernels_at(isa);
    if constexpr (std::is_same_v<T, float>)
        return neural_gemm_f32_at(kernels, &args);
    else
        return neural_gemm_f64_at(kernels, &args);
}

// What the epilogue makes of `plain`, the same product without activation and residual.
template <typename T> void CheckEpilogue(const Case &c, const Epilogue &end, neural_isa isa) {
    const Product<T> product(c, 5);
    const std::vector<T> plain = product.Run(isa);
    const int64_t ldc = c.shape.n + c.pad, ldr = c.shape.n + 2 * c.pad;
    std::mt19937 random(6);
    std::uniform_real_distribution<T> value(-1, 1);
    std::vector<T> residual(static_cast<size_t>(c.shape.m * ldr));
    for (T &r : residual)
        r = value(random);
    std::vector<T> result = product.Start();
    neural_gemm_args args = product.Args(&result);
    args.activation = end.activation;
    args.slope = kSlope;
    args.residual = end.has_residual ? residual.data() : nullptr;
    args.ldr = ldr;
    ASSERT_EQ(Multiply<T>(isa, args), NEURAL_OK) << neural_last_error();
    ASSERT_TRUE(product.PaddingIsIntact(result)) << c;
    const T bound = 8 * std::numeric_limits<T>::epsilon();
    for (int64_t i = 0; i < c.shape.m; i++) {
        for (int64_t j = 0; j < c.shape.n; j++) {
            const T x = plain[i * ldc + j], got = result[i * ldc + j];
            const T r = end.has_residual ? residual[i * ldr + j] : 0;
            T want = ByKernel(neural_kernels_at(isa), end.activation, x);
            if (end.has_residual) want += r;
            ASSERT_EQ(std::memcmp(&want, &got, sizeof(T)), 0)
                << c << " activation " << end.activation << " level " << isa << " at " << i << ", "
                << j << ": " << got << ", want " << want;
            const long double exact = ByFormula(end.activation, x) + r;
            ASSERT_NEAR(got, exact, bound * (std::abs(exact) + std::abs(r) + std::abs(x)));
        }
    }
}

// One tile, narrow, gemv, swapped, packed in both operands, several blocks in each direction.
const Shape kShapes[] = {{3, 5, 4},      {40, 7, 30},     {1, 200, 77}, {200, 1, 40}, {33, 190, 70},
                         {101, 65, 300}, {110, 210, 530}, {5, 9, 0},    {70, 9, 250}, {9, 70, 250}};

TEST(GemmEpilogue, IsTheKernelOfItsName) {
    int turn = 0;
    for (const Shape &shape : kShapes) {
        for (int activation = 0; activation <= NEURAL_GEMM_ACTIVATION_LEAKY_RELU; activation++) {
            for (int level = 0; level <= neural_isa_detected(); level++, turn++) {
                Case c;
                c.shape = shape;
                c.trans_a = turn % 2;
                c.trans_b = turn / 2 % 2;
                c.alpha = turn % 5 == 0 ? 0.5 : 1;
                c.beta = turn % 3 == 0 ? 0 : turn % 3 == 1 ? 1 : -0.5;
                c.bias = static_cast<neural_gemm_bias>(turn / 4 % 3);
                c.pad = turn / 3 % 2 * 3;
                const Epilogue end = {static_cast<neural_gemm_activation>(activation),
                                      turn / 2 % 3 != 0};
                CheckEpilogue<float>(c, end, static_cast<neural_isa>(level));
                CheckEpilogue<double>(c, end, static_cast<neural_isa>(level));
                if (HasFatalFailure()) return;
            }
        }
    }
}

TEST(GemmEpilogue, AnyThreadCountGivesTheSameBits) {
    for (const int threads : {1, 2, 3}) {
        ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
        for (const Shape &shape : {Shape{220, 150, 70}, Shape{30, 900, 60}, Shape{900, 20, 60},
                                   Shape{333, 10, 300}, Shape{10, 333, 300}}) {
            for (int form = 0; form < 4; form++) {
                Case c;
                c.shape = shape;
                c.trans_a = form & 1;
                c.trans_b = form & 2;
                c.bias = static_cast<neural_gemm_bias>(form % 3);
                CheckEpilogue<float>(c, {NEURAL_GEMM_ACTIVATION_TANH, true}, neural_isa_detected());
                if (HasFatalFailure()) return;
            }
        }
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

TEST(GemmEpilogue, RefusesBadArguments) {
    Case c;
    c.shape = {4, 5, 6};
    const Product<float> product(c, 1);
    std::vector<float> result(20), residual(20);
    neural_gemm_args args = product.Args(&result);
    args.residual = residual.data();
    args.ldr = 4;
    EXPECT_EQ(neural_gemm_f32(&args), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_NE(std::string(neural_last_error()).find("want at least 5"), std::string::npos);
    args = product.Args(&result);
    args.activation = static_cast<neural_gemm_activation>(7);
    EXPECT_EQ(neural_gemm_f32(&args), NEURAL_ERR_INVALID_ARGUMENT);
}

} // namespace

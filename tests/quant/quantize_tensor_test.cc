// Tensors quantized per channel, and products of quantized matrices.
#include "core/base/threads.h"
#include "tests/core/tensor/tensor_testing.h"
#include "tests/quant/quant_testing.h"

namespace {

using namespace quant_testing;
using tensor_testing::Tensor;

// The channel of element i of a tensor of these dims.
int64_t channel_of(const std::vector<int64_t> &dims, int axis, int64_t i) {
    for (size_t d = dims.size() - 1; d > static_cast<size_t>(axis); d--) {
        i /= dims[d];
    }
    return i % dims[static_cast<size_t>(axis)];
}

TEST(QuantizeTensor, EveryAxisDtypeAndLayout) {
    const std::vector<int64_t> dims = {3, 4, 5};
    std::mt19937_64 random(21);
    for (const neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        for (int layout = 0; layout < tensor_testing::kLayouts; layout++) {
            for (int axis = 0; axis < 3; axis++) {
                const Tensor x = tensor_testing::create_laid_out(
                    dims, dtype, static_cast<tensor_testing::Layout>(layout));
                tensor_testing::Array values{dims, uniform(random, {-2, 1}, 60)};
                for (int64_t i = 0; i < 60; i++) { // channels of very different ranges
                    values.v[static_cast<size_t>(i)] *=
                        std::pow(10.0, static_cast<double>(channel_of(dims, axis, i)));
                }
                tensor_testing::write(x.get(), values);
                const int64_t channels = dims[static_cast<size_t>(axis)];
                std::vector<neural_quant_params> grids(static_cast<size_t>(channels));
                ASSERT_EQ(neural_quant_calibrate_channels(x.get(), axis, NEURAL_QUANT_S8_SYMMETRIC,
                                                          grids.data()),
                          NEURAL_OK);
                neural_tensor *q = nullptr, *again = nullptr;
                ASSERT_EQ(neural_quantize_tensor(x.get(), grids.data(), channels, axis, &q),
                          NEURAL_OK);
                ASSERT_EQ(neural_dequantize_tensor(q, grids.data(), channels, axis, dtype, &again),
                          NEURAL_OK);
                EXPECT_EQ(neural_tensor_dtype(q), NEURAL_DTYPE_I8);
                for (int64_t i = 0; i < 60; i++) {
                    const auto &grid = grids[static_cast<size_t>(channel_of(dims, axis, i))];
                    const double before = tensor_testing::read(x.get(), i);
                    EXPECT_LE(std::fabs(before), std::max(-grid.min, grid.max));
                    EXPECT_NEAR(tensor_testing::read(again, i), before, grid.scale * 0.50001);
                }
                neural_tensor_release(q);
                neural_tensor_release(again);
            }
        }
    }
}

TEST(QuantizeTensor, OneGridServesAll) {
    const Tensor x = tensor_testing::create({7, 3}, NEURAL_DTYPE_F32);
    ASSERT_EQ(neural_tensor_fill_uniform(x.get(), 1, -1, 1), NEURAL_OK);
    const neural_quant_params grid = choose(-1, 1, NEURAL_QUANT_U8_AFFINE);
    neural_tensor *q = nullptr;
    ASSERT_EQ(neural_quantize_tensor(x.get(), &grid, 1, -5, &q), NEURAL_OK);
    const auto *bytes = static_cast<const uint8_t *>(neural_tensor_data(q));
    std::vector<uint8_t> want(21);
    neural_quantize(neural_tensor_data(x.get()), NEURAL_DTYPE_F32, 21, &grid, want.data());
    EXPECT_EQ(std::vector<uint8_t>(bytes, bytes + 21), want);
    neural_tensor_release(q);
}

TEST(QuantizeTensor, RefusesWrongGrids) {
    const Tensor x = tensor_testing::create({2, 3}, NEURAL_DTYPE_F32);
    std::vector<neural_quant_params> grids(3, choose(-1, 1, NEURAL_QUANT_S8_AFFINE));
    neural_tensor *q = nullptr;
    EXPECT_EQ(neural_quantize_tensor(x.get(), grids.data(), 3, 0, &q), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(neural_quantize_tensor(x.get(), grids.data(), 3, 2, &q), NEURAL_ERR_DIM_MISMATCH);
    EXPECT_EQ(neural_quantize_tensor(x.get(), grids.data(), 0, 0, &q), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_quantize_tensor(nullptr, grids.data(), 3, 1, &q), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_dequantize_tensor(x.get(), grids.data(), 3, 1, NEURAL_DTYPE_F32, &q),
              NEURAL_ERR_DTYPE_MISMATCH);
    grids[2].scheme = NEURAL_QUANT_U8_AFFINE;
    EXPECT_EQ(neural_quantize_tensor(x.get(), grids.data(), 3, 1, &q), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(q, nullptr);
    EXPECT_EQ(neural_quant_calibrate_channels(x.get(), 2, NEURAL_QUANT_S8_AFFINE, grids.data()),
              NEURAL_ERR_DIM_MISMATCH);
    neural_tensor_f32(x.get())[4] = INFINITY;
    EXPECT_EQ(neural_quant_calibrate_channels(x.get(), 0, NEURAL_QUANT_S8_AFFINE, grids.data()),
              NEURAL_ERR_INF_DETECTED);
}

TEST(QuantizeTensor, FailedAllocationsLeaveNothing) {
    const std::vector<neural_quant_params> grids(64, choose(-1, 1, NEURAL_QUANT_S8_SYMMETRIC));
    const Tensor x = tensor_testing::create({64, 1000}, NEURAL_DTYPE_F32);
    ASSERT_EQ(neural_tensor_fill(x.get(), 1), NEURAL_OK);
    neural_pool_trim();
    neural_tensor *q = nullptr;
    neural_alloc_fail_at(1);
    EXPECT_EQ(neural_quantize_tensor(x.get(), grids.data(), 64, 0, &q), NEURAL_ERR_OUT_OF_MEMORY);
    neural_alloc_fail_at(0);
    EXPECT_EQ(q, nullptr);
}

struct Product {
    std::vector<uint8_t> a, b;
    int64_t m, k, n;
    neural_quant_params grid_a, grid_b;
};

void expect_product(const Product &p) {
    std::vector<double> c(static_cast<size_t>(p.m * p.n));
    std::vector<float> narrow(c.size());
    ASSERT_EQ(neural_quantized_matmul(p.a.data(), p.b.data(), p.m, p.k, p.n, &p.grid_a, &p.grid_b,
                                      c.data(), NEURAL_DTYPE_F64),
              NEURAL_OK)
        << neural_last_error();
    ASSERT_EQ(neural_quantized_matmul(p.a.data(), p.b.data(), p.m, p.k, p.n, &p.grid_a, &p.grid_b,
                                      narrow.data(), NEURAL_DTYPE_F32),
              NEURAL_OK);
    for (int64_t i = 0; i < p.m; i++) {
        for (int64_t j = 0; j < p.n; j++) {
            int64_t sum = 0;
            for (int64_t k = 0; k < p.k; k++) {
                const auto at_a = static_cast<size_t>(i * p.k + k);
                const auto at_b = static_cast<size_t>(k * p.n + j);
                sum +=
                    static_cast<int64_t>(stored(p.grid_a.scheme, p.a[at_a]) - p.grid_a.zero_point) *
                    (stored(p.grid_b.scheme, p.b[at_b]) - p.grid_b.zero_point);
            }
            const double want = static_cast<double>(sum) * (p.grid_a.scale * p.grid_b.scale);
            EXPECT_EQ(c[static_cast<size_t>(i * p.n + j)], want);
            EXPECT_EQ(narrow[static_cast<size_t>(i * p.n + j)], static_cast<float>(want));
        }
    }
}

std::vector<uint8_t> random_bytes(std::mt19937_64 &random, neural_quant_scheme scheme,
                                  int64_t len) {
    std::uniform_int_distribution<int> any(low_of(scheme), high_of(scheme));
    std::vector<uint8_t> bytes(static_cast<size_t>(len));
    for (uint8_t &byte : bytes) {
        byte = static_cast<uint8_t>(any(random));
    }
    return bytes;
}

TEST(QuantizedMatmul, EveryPairOfSchemes) {
    std::mt19937_64 random(31);
    for (const neural_quant_scheme scheme_a : kSchemes) {
        for (const neural_quant_scheme scheme_b : kSchemes) {
            for (const int64_t k : {0, 1, 5, 64, 131}) {
                expect_product({random_bytes(random, scheme_a, 3 * k),
                                random_bytes(random, scheme_b, 7 * k), 3, k, 7,
                                choose(-3, 1, scheme_a), choose(-0.5, 2, scheme_b)});
            }
        }
    }
    expect_product({{},
                    {},
                    0,
                    4,
                    0,
                    choose(-1, 1, NEURAL_QUANT_U8_AFFINE),
                    choose(-1, 1, NEURAL_QUANT_S8_SYMMETRIC)});
}

// The original's sums overflowed: 255 * 255 * 300,000 is 9 times what s32 holds.
TEST(QuantizedMatmul, LargestSumsAreExact) {
    const int64_t k = 300000;
    expect_product({std::vector<uint8_t>(static_cast<size_t>(k), 255),
                    std::vector<uint8_t>(static_cast<size_t>(k) * 2, 255), 1, k, 2,
                    choose(0, 1, NEURAL_QUANT_U8_AFFINE), choose(0, 1, NEURAL_QUANT_U8_AFFINE)});
}

TEST(QuantizedMatmul, RefusesWrongCalls) {
    const neural_quant_params grid = choose(-1, 1, NEURAL_QUANT_S8_AFFINE);
    int8_t a[4] = {1, 2, 3, 4};
    double c[4] = {0};
    EXPECT_EQ(neural_quantized_matmul(a, a, -1, 2, 2, &grid, &grid, c, NEURAL_DTYPE_F64),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_quantized_matmul(a, nullptr, 2, 2, 2, &grid, &grid, c, NEURAL_DTYPE_F64),
              NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_quantized_matmul(a, a, 2, 2, 2, &grid, nullptr, c, NEURAL_DTYPE_F64),
              NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_quantized_matmul(a, a, 2, 2, 2, &grid, &grid, c, NEURAL_DTYPE_I32),
              NEURAL_ERR_INVALID_DTYPE);
    EXPECT_EQ(neural_quantized_matmul(a, a, INT64_MAX / 2, 8, 8, &grid, &grid, c, NEURAL_DTYPE_F64),
              NEURAL_ERR_TENSOR_TOO_LARGE);
    neural_pool_trim();
    neural_alloc_fail_at(1);
    EXPECT_EQ(neural_quantized_matmul(a, a, 2, 2, 2, &grid, &grid, c, NEURAL_DTYPE_F64),
              NEURAL_ERR_OUT_OF_MEMORY);
    neural_alloc_fail_at(0);
}

} // namespace

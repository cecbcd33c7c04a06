// Tensors whose elements lie more than 2^31 apart. Their numbers are small and whole, most of them
// 0, so that what comes out is exact and can be told beforehand.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <vector>

#include "core/autograd/conv_ops.h"
#include "core/autograd/embedding_ops.h"
#include "core/autograd/ops.h"
#include "core/autograd/pool_ops.h"
#include "core/tensor/gemm.h"
#include "metrics/metrics.h"
#include "tests/stress/long_memory.h"

namespace {

using Tensor = std::unique_ptr<neural_tensor, void (*)(neural_tensor *)>;
using Dims = std::vector<int64_t>;

constexpr int64_t kRows = (INT64_C(1) << 21) + 1, kCols = 1024;
constexpr int64_t kLen = kRows * kCols; // 2^31 + 1024

Tensor Own(neural_tensor *tensor) {
    EXPECT_NE(tensor, nullptr) << neural_last_error();
    return Tensor(tensor, neural_tensor_release);
}

template <class T> constexpr neural_dtype DtypeOf() {
    return std::is_same_v<T, float>    ? NEURAL_DTYPE_F32
           : std::is_same_v<T, double> ? NEURAL_DTYPE_F64
                                       : NEURAL_DTYPE_U8;
}

template <class T> Tensor Wrap(T *data, const Dims &dims, const Dims &strides = {}) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_tensor_wrap(data, static_cast<int>(dims.size()), dims.data(),
                                 strides.empty() ? nullptr : strides.data(), DtypeOf<T>(), nullptr,
                                 nullptr, &out),
              NEURAL_OK)
        << neural_last_error();
    return Own(out);
}

// The single result of an operation.
template <class Op, class... Args> Tensor Made(Op op, Args... args) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(op(args..., &out), NEURAL_OK) << neural_last_error();
    return Own(out);
}

double Get(const Tensor &tensor, const Dims &index) {
    double value = NAN;
    EXPECT_EQ(neural_tensor_get(tensor.get(), index.data(), &value), NEURAL_OK)
        << neural_last_error();
    return value;
}

float *F32(const Tensor &tensor) {
    return static_cast<float *>(neural_tensor_data(tensor.get()));
}

// [kRows, kCols] of zeros with a few numbers.
class Matrix : public SparseMemory {
  public:
    Matrix() : SparseMemory(kLen * 4), tensor_(Wrap(data<float>(), {kRows, kCols})) {
        (*this)(0, 0) = 1;
        (*this)(kRows / 2, 3) = 4;
        (*this)(kRows - 1, 0) = -2;
        (*this)(kRows - 1, kCols - 1) = 7;
    }
    float &operator()(int64_t row, int64_t col) { return data<float>()[row * kCols + col]; }
    neural_tensor *get() { return tensor_.get(); }

  private:
    Tensor tensor_;
};

TEST(LongTensors, ElementsAreFound) {
    Matrix x;
    const Tensor whole = Wrap(x.data<float>(), {kLen});
    EXPECT_EQ(Get(whole, {kLen - 1}), 7);
    const Dims index = {kLen - 2};
    ASSERT_EQ(neural_tensor_set(whole.get(), index.data(), NAN), NEURAL_OK);
    int64_t at = 0;
    ASSERT_EQ(neural_tensor_find_nonfinite(whole.get(), &at), NEURAL_OK);
    EXPECT_EQ(at, kLen - 2);
}

TEST(LongTensors, ViewsReachTheEnd) {
    Matrix x;
    const Tensor row = Made(neural_tensor_slice, x.get(), 0, kRows - 1, int64_t(1), int64_t(1));
    EXPECT_EQ(Get(row, {0, kCols - 1}), 7);
    const int order[] = {1, 0};
    const Tensor turned = Made(neural_tensor_permute, x.get(), order);
    EXPECT_EQ(Get(turned, {kCols - 1, kRows - 1}), 7);
    // Every 2^20-th row, down to the last one but none before it.
    const Tensor few =
        Made(neural_tensor_slice, turned.get(), 1, int64_t(0), int64_t(3), int64_t(1) << 20);
    const Tensor copy = Made(neural_tensor_clone, few.get());
    EXPECT_EQ(Get(copy, {0, 0}), 1);
    EXPECT_EQ(Get(copy, {3, 1}), 4);
    EXPECT_EQ(Get(copy, {0, 2}), -2);
    EXPECT_EQ(Get(copy, {kCols - 1, 2}), 7);
}

TEST(LongTensors, Reductions) {
    Matrix x;
    EXPECT_EQ(*F32(Made(neural_sum, x.get(), NEURAL_ALL_AXES, 0)), 10);
    EXPECT_EQ(*F32(Made(neural_max, x.get(), NEURAL_ALL_AXES, 0)), 7);
    EXPECT_EQ(*F32(Made(neural_min, x.get(), NEURAL_ALL_AXES, 0)), -2);
    const Tensor columns = Made(neural_sum, x.get(), 0, 0), rows = Made(neural_sum, x.get(), 1, 0);
    EXPECT_EQ(Get(columns, {0}), -1);
    EXPECT_EQ(Get(columns, {3}), 4);
    EXPECT_EQ(Get(columns, {kCols - 1}), 7);
    EXPECT_EQ(Get(rows, {0}), 1);
    EXPECT_EQ(Get(rows, {kRows / 2}), 4);
    EXPECT_EQ(Get(rows, {kRows - 1}), 5);
}

TEST(LongTensors, ArgmaxOfLongRows) {
    constexpr int64_t cols = (INT64_C(1) << 30) + 5;
    const SparseMemory memory(3 * cols * 4);
    const Tensor x = Wrap(memory.data<float>(), {3, cols});
    const Dims best = {cols - 1, 0, cols - 2};
    for (int64_t r = 0; r < 3; r++) {
        memory.data<float>()[r * cols + best[(size_t)r]] = 1;
    }
    neural_tensor *out = nullptr;
    const int64_t dims[] = {3};
    ASSERT_EQ(neural_tensor_zeros(1, dims, NEURAL_DTYPE_I64, &out), NEURAL_OK);
    const Tensor index = Own(out);
    ASSERT_EQ(neural_argmax(x.get(), out), NEURAL_OK) << neural_last_error();
    for (int64_t r = 0; r < 3; r++) {
        EXPECT_EQ(Get(index, {r}), static_cast<double>(best[(size_t)r]));
    }
}

// The only one that fills all its memory, 8.6 GB: a matrix on its side plus a column.
TEST(LongTensors, ElementwiseOverStridedOperands) {
    Matrix x;
    std::vector<float> column(kCols);
    std::iota(column.begin(), column.end(), 0.0f);
    const int order[] = {1, 0};
    const Tensor turned = Made(neural_tensor_permute, x.get(), order);
    const Tensor bias = Wrap(column.data(), {kCols, 1});
    const Tensor sum = Made(neural_add, turned.get(), bias.get());
    EXPECT_EQ(Get(sum, {0, 0}), 1);
    EXPECT_EQ(Get(sum, {3, kRows / 2}), 7);
    EXPECT_EQ(Get(sum, {0, kRows - 1}), -2);
    EXPECT_EQ(Get(sum, {kCols - 1, kRows - 1}), 7 + kCols - 1);
    EXPECT_EQ(Get(sum, {kCols - 1, kRows - 2}), kCols - 1);
}

// u8, 2^32 + 1237 of them.
TEST(LongTensors, CopiesOfBytes) {
    constexpr int64_t len = (INT64_C(1) << 32) + 1237;
    const LongMemory from(len), to(len);
    ASSERT_TRUE(from.ready() && to.ready());
    const int64_t last = from.last<uint8_t>();
    for (int64_t i = last; i < len; i++) {
        from.data<uint8_t>()[i] = static_cast<uint8_t>(i % 251);
    }
    const Tensor src = Wrap(from.data<uint8_t>(), {len}), dst = Wrap(to.data<uint8_t>(), {len});
    ASSERT_EQ(neural_tensor_copy(dst.get(), src.get()), NEURAL_OK) << neural_last_error();
    EXPECT_TRUE(std::equal(from.data<uint8_t>() + last, from.data<uint8_t>() + len,
                           to.data<uint8_t>() + last));
}

// The last row of dst is the last column of src.
TEST(LongTensors, CopiesOfTurnedMatrices) {
    constexpr int64_t side = 46345; // side^2 > 2^31
    const SparseMemory from(side * side * 4);
    const LongMemory to(side * side * 4);
    ASSERT_TRUE(to.ready());
    for (int64_t r = 0; r < side; r++) {
        from.data<float>()[r * side + side - 1] = static_cast<float>(r + 1);
    }
    const Tensor src = Wrap(from.data<float>(), {side, side}, {1, side});
    const Tensor dst = Wrap(to.data<float>(), {side, side});
    ASSERT_EQ(neural_tensor_copy(dst.get(), src.get()), NEURAL_OK) << neural_last_error();
    for (int64_t c = 0; c < side; c++) {
        ASSERT_EQ(to.data<float>()[(side - 1) * side + c], static_cast<float>(c + 1)) << c;
    }
    EXPECT_EQ(to.data<float>()[(side - 1) * side - 1], 0);
}

TEST(LongTensors, EmbeddingOfTheLastRows) {
    Matrix table;
    std::vector<uint8_t> unused(1);
    const int64_t values[] = {kRows - 1, 0, kRows / 2}, dims[] = {3};
    neural_tensor *index = nullptr;
    ASSERT_EQ(neural_tensor_from_data(values, sizeof values, 1, dims, NEURAL_DTYPE_I64, &index),
              NEURAL_OK);
    const Tensor words = Own(index);
    const Tensor out = Made(neural_embedding, table.get(), index, int64_t(-1));
    EXPECT_EQ(Get(out, {0, kCols - 1}), 7);
    EXPECT_EQ(Get(out, {1, 0}), 1);
    EXPECT_EQ(Get(out, {2, 3}), 4);
}

// Rows of every operand lie 2^29 + 3 elements apart.
template <class T> void CheckGemm(int trans_a, int trans_b) {
    constexpr int64_t m = 7, n = 9, k = 6, ld = (INT64_C(1) << 29) + 3, rows = 9;
    const SparseMemory a(rows * ld * (int64_t)sizeof(T)), b(rows * ld * (int64_t)sizeof(T)),
        c(rows * ld * (int64_t)sizeof(T)), r(rows * ld * (int64_t)sizeof(T));
    const auto at = [](const SparseMemory &of, bool turned, int64_t i, int64_t j) -> T & {
        return of.data<T>()[turned ? j * ld + i : i * ld + j];
    };
    for (int64_t i = 0; i < 9; i++) {
        for (int64_t j = 0; j < 9; j++) {
            at(a, trans_a, i, j) = T(i + 2 * j - 5);
            at(b, trans_b, i, j) = T(3 * i - j);
            at(c, false, i, j) = T(i - j);
            at(r, false, i, j) = T(100 * i + j);
        }
    }
    neural_gemm_args args = {};
    args.trans_a = trans_a, args.trans_b = trans_b, args.m = m, args.n = n, args.k = k;
    args.alpha = 2, args.beta = 1, args.a = a.data<T>(), args.b = b.data<T>();
    args.c = c.data<T>(), args.residual = r.data<T>();
    args.lda = args.ldb = args.ldc = args.ldr = ld;
    ASSERT_EQ((std::is_same_v<T, float> ? neural_gemm_f32 : neural_gemm_f64)(&args), NEURAL_OK);
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) {
            int64_t want = i - j + 100 * i + j;
            for (int64_t l = 0; l < k; l++) {
                want += 2 * (i + 2 * l - 5) * (3 * l - j);
            }
            ASSERT_EQ(at(c, false, i, j), T(want)) << i << " " << j;
        }
    }
}

TEST(LongTensors, GemmOfDistantRows) {
    for (int flags = 0; flags < 4; flags++) {
        SCOPED_TRACE(flags);
        CheckGemm<float>(flags & 1, flags >> 1);
        CheckGemm<double>(flags & 1, flags >> 1);
    }
}

// One element of C from 2^31 + 1024 products; and a batch whose matrices lie 2^30 + 7 apart.
TEST(LongTensors, Matmul) {
    Matrix x;
    const Tensor row = Wrap(x.data<float>(), {1, kLen}), col = Wrap(x.data<float>(), {kLen, 1});
    EXPECT_EQ(*F32(Made(neural_matmul, row.get(), col.get())), 1 + 16 + 4 + 49);
    constexpr int64_t apart = (INT64_C(1) << 30) + 7;
    const SparseMemory memory(4 * apart * 4);
    for (int64_t i = 0; i < 4; i++) {
        std::fill_n(memory.data<float>() + i * apart, 6, static_cast<float>(i + 1));
    }
    const Tensor batch = Wrap(memory.data<float>(), {4, 2, 3}, {apart, 3, 1});
    const Tensor turned = Wrap(memory.data<float>(), {4, 3, 2}, {apart, 1, 3});
    const Tensor product = Made(neural_matmul, batch.get(), turned.get());
    EXPECT_EQ(Get(product, {0, 0, 0}), 3);
    EXPECT_EQ(Get(product, {3, 1, 1}), 48);
}

// 2049 images of 1024 x 1024 under four windows each, in their corners.
TEST(LongTensors, WindowsOfTheLastImage) {
    constexpr int64_t images = 2049, side = 1024, step = side - 3;
    const SparseMemory memory(images * side * side * 4);
    float *last = memory.data<float>() + (images - 1) * side * side;
    for (int64_t i = 0; i < 9; i++) {
        last[(step + i / 3) * side + step + i % 3] = static_cast<float>(i + 1);
    }
    const Tensor image = Wrap(memory.data<float>(), {images, 1, side, side});
    std::vector<float> taps(9, 2.0f);
    const Tensor weight = Wrap(taps.data(), {1, 1, 3, 3});
    neural_conv_options conv = {};
    conv.stride[0] = conv.stride[1] = step;
    conv.dilation[0] = conv.dilation[1] = conv.groups = 1;
    const Tensor y = Made(neural_conv2d, image.get(), weight.get(), nullptr, &conv);
    EXPECT_EQ(Get(y, {images - 1, 0, 1, 1}), 90);
    EXPECT_EQ(Get(y, {images - 1, 0, 0, 0}), 0);
    neural_pool_options pool = {};
    pool.window[0] = pool.window[1] = 3;
    pool.stride[0] = pool.stride[1] = step;
    pool.dilation[0] = pool.dilation[1] = 1;
    const Tensor largest = Made(neural_max_pool2d, image.get(), &pool);
    EXPECT_EQ(Get(largest, {images - 1, 0, 1, 1}), 9);
    const Tensor mean = Made(neural_avg_pool2d, image.get(), &pool);
    EXPECT_EQ(Get(mean, {images - 1, 0, 1, 1}), 5);
    EXPECT_EQ(Get(mean, {0, 0, 1, 1}), 0);
}

} // namespace

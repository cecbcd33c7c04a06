// Convolutions of one channel with one filter, and the copies that they read.
#include <algorithm>

#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

template <class T> struct Types;
template <> struct Types<float> {
    using Plane = neural_conv_plane_f32;
    using Grad = neural_conv_plane_grad_f32;
    using Take = neural_conv_take_f32;
    using Give = neural_conv_give_f32;
};
template <> struct Types<double> {
    using Plane = neural_conv_plane_f64;
    using Grad = neural_conv_plane_grad_f64;
    using Take = neural_conv_take_f64;
    using Give = neural_conv_give_f64;
};

struct Shape {
    int64_t kernel_h, kernel_w, stride, rows, cols;
};

std::vector<Shape> shapes(int64_t lanes) {
    std::vector<Shape> all;
    const int64_t sides[][2] = {{3, 3}, {5, 5}, {1, 5}, {4, 1}, {2, 2}, {3, 2}, {7, 7}, {0, 0}};
    const int64_t sizes[][2] = {{0, 5},         {3, 0},     {1, 1},
                                {9, lanes - 1}, {4, lanes}, {7, lanes + 1},
                                {2, 3},         {5, 7},     {8, 2 * lanes + lanes / 2 + 1},
                                {3, 4 * lanes}};
    for (const auto &side : sides) {
        for (const int64_t stride : {1, 2, 3}) {
            for (const auto &size : sizes) {
                all.push_back({side[0], side[1], stride, size[0], size[1]});
            }
        }
    }
    return all;
}

class ConvPlaneTest : public KernelTest {
  protected:
    template <class T> std::vector<T> fill(T *x, int64_t len) {
        const std::vector<T> all = ordinary_values<T>(random_, len);
        std::copy(all.begin(), all.end(), x);
        return all;
    }

    // Columns of taps with gaps between them, in any order.
    std::vector<int64_t> columns(int64_t count) {
        std::vector<int64_t> all;
        for (int64_t q = 0; q < count; q++)
            all.push_back(q * 2 % 5 + q);
        return all;
    }

    template <class T> void plane(const Shape &shape, int64_t flags) {
        constexpr int64_t lanes = 64 / sizeof(T);
        const auto [kernel_h, kernel_w, stride, rows, cols] = shape;
        const std::vector<int64_t> taps = columns(kernel_w);
        const int64_t src_row = cols + 12, dst_row = cols + 3,
                      outputs = (rows - 1) * dst_row + cols;
        const int64_t src_len =
            std::max<int64_t>(0, (rows - 1) * stride + kernel_h) * src_row + lanes;
        const int64_t dst_len = rows > 0 && cols > 0 ? outputs : 0;
        GuardedBuffer source(src_len * sizeof(T)), target(dst_len * sizeof(T)),
            weights(kernel_h * kernel_w * sizeof(T)), biases(sizeof(T));
        T *src = source.at_end<T>(src_len), *dst = target.at_end<T>(dst_len);
        T *weight = weights.at_end<T>(kernel_h * kernel_w), *bias = biases.at_end<T>(1);
        fill(src, src_len), fill(weight, kernel_h * kernel_w), fill(bias, 1);
        const std::vector<T> before = fill(dst, dst_len);
        const neural_conv_plane_args args = {src,      src_row, taps.data(), weight,  kernel_h,
                                             kernel_w, stride,  dst,         dst_row, rows,
                                             cols,     bias,    flags};
        call_checked(GetParam().as<typename Types<T>::Plane>(), &args);
        for (int64_t at = 0; at < dst_len; at++) {
            const int64_t i = at / dst_row, j = at % dst_row;
            if (j >= cols) {
                ASSERT_TRUE(same_bits(dst[at], before[at])) << at;
                continue;
            }
            long double sum = flags & NEURAL_GEMM_START_C ? before[at] : 0,
                        magnitude = std::fabs(sum);
            for (int64_t p = 0; p < kernel_h; p++) {
                for (int64_t q = 0; q < kernel_w; q++) {
                    const long double product =
                        (long double)(src[(i * stride + p) * src_row + taps[q] + j]) *
                        weight[p * kernel_w + q];
                    sum += product, magnitude += std::fabs(product);
                }
            }
            if (flags & NEURAL_GEMM_ADD_ROW) sum += *bias, magnitude += std::fabs(*bias);
            if (flags & NEURAL_GEMM_RELU) sum = std::max(sum, 0.0L);
            ASSERT_TRUE(is_accurate<T>(GetParam().slot().accuracy, dst[at], sum, magnitude)) << at;
        }
        ASSERT_TRUE(source.is_intact() && target.is_intact() && weights.is_intact());
    }

    // What a tap meets behind the last column is NaN wherever no other output meets it.
    template <class T> void grad(const Shape &shape, int64_t flags) {
        constexpr int64_t lanes = 64 / sizeof(T);
        const auto [kernel_h, kernel_w, stride, rows, cols] = shape;
        const std::vector<int64_t> taps = columns(kernel_w);
        const int64_t last = taps.empty() ? 0 : *std::max_element(taps.begin(), taps.end());
        const int64_t src_row = cols + last + 2, dy_row = cols + 3;
        const int64_t src_len =
            std::max<int64_t>(0, (rows - 1) * stride + kernel_h) * src_row + last + lanes;
        const int64_t dy_len = rows > 0 && cols > 0 ? (rows - 1) * dy_row + cols : 0;
        const int64_t sums_len = kernel_h * kernel_w * lanes;
        GuardedBuffer source(src_len * sizeof(T)), grads(dy_len * sizeof(T)),
            target(sums_len * sizeof(T));
        T *src = source.at_end<T>(src_len), *dy = grads.at_end<T>(dy_len);
        T *sums = target.at_end<T>(sums_len);
        fill(src, src_len), fill(dy, dy_len);
        const std::vector<T> before = fill(sums, sums_len);
        for (int64_t at = 0; at < src_len; at++) {
            if (at % src_row >= cols + last) src[at] = NAN;
        }
        for (int64_t at = 0; at < dy_len; at++) {
            if (at % dy_row >= cols) dy[at] = NAN;
        }
        const neural_conv_plane_grad_args args = {src,      src_row, taps.data(), sums,   kernel_h,
                                                  kernel_w, stride,  dy,          dy_row, rows,
                                                  cols,     nullptr, flags};
        call_checked(GetParam().as<typename Types<T>::Grad>(), &args);
        for (int64_t at = 0; at < sums_len; at++) {
            const int64_t tap = at / lanes, p = tap / kernel_w, q = tap % kernel_w;
            long double sum = flags & NEURAL_GEMM_START_C ? before[at] : 0,
                        magnitude = std::fabs(sum);
            for (int64_t i = 0; i < rows; i++) {
                for (int64_t j = at % lanes; j < cols; j += lanes) {
                    const long double product =
                        (long double)(src[(i * stride + p) * src_row + taps[q] + j]) *
                        dy[i * dy_row + j];
                    sum += product, magnitude += std::fabs(product);
                }
            }
            ASSERT_TRUE(is_accurate<T>(GetParam().slot().accuracy, sums[at], sum, magnitude)) << at;
        }
        ASSERT_TRUE(source.is_intact() && target.is_intact() && grads.is_intact());
    }

    // dst rows are as far apart as the zeros behind the longest may reach.
    template <class T> void take(int64_t rows, int64_t len, bool dealt) {
        constexpr int64_t lanes = 64 / sizeof(T);
        const int64_t width = dealt ? (len + 1) / 2 : len, row = width + lanes;
        GuardedBuffer source(rows * len * sizeof(T)), target(rows * row * sizeof(T)),
            others(rows * row * sizeof(T));
        T *src = source.at_end<T>(rows * len), *dst = target.at_end<T>(rows * row);
        T *odd = others.at_end<T>(rows * row);
        fill(src, rows * len), fill(dst, rows * row);
        const std::vector<T> before(dst, dst + rows * row);
        std::copy(before.begin(), before.end(), odd);
        const neural_conv_take_args args = {src, len, dst, dealt ? odd : nullptr, row, rows, len};
        call_checked(GetParam().as<typename Types<T>::Take>(), &args);
        for (int64_t at = 0; at < rows * row; at++) {
            const int64_t i = at / row, j = at % row;
            for (int64_t part = 0; part < 1 + dealt; part++) {
                const int64_t from = dealt ? 2 * j + part : j;
                const T got = part ? odd[at] : dst[at];
                if (from < len) {
                    ASSERT_TRUE(same_bits(got, src[i * len + from])) << at;
                } else {
                    ASSERT_TRUE(same_bits(got, T(0)) || same_bits(got, before[at])) << at;
                }
            }
        }
        ASSERT_TRUE(source.is_intact() && target.is_intact() && others.is_intact());
    }

    template <class T> void give(int64_t rows, int64_t len, int64_t flags) {
        constexpr int64_t lanes = 64 / sizeof(T);
        const int64_t src_row = (len + 1) / 2 + 1, src_len = rows * src_row + lanes;
        const int64_t row = len + 2, dst_len = rows > 0 && len > 0 ? (rows - 1) * row + len : 0;
        GuardedBuffer evens(src_len * sizeof(T)), odds(src_len * sizeof(T)),
            target(dst_len * sizeof(T));
        T *even = evens.at_end<T>(src_len), *odd = odds.at_end<T>(src_len);
        T *dst = target.at_end<T>(dst_len);
        fill(even, src_len), fill(odd, src_len);
        const std::vector<T> before = fill(dst, dst_len);
        const neural_conv_give_args args = {even, odd, src_row, dst, row, rows, len, flags};
        call_checked(GetParam().as<typename Types<T>::Give>(), &args);
        for (int64_t at = 0; at < dst_len; at++) {
            const int64_t i = at / row, j = at % row;
            const T value = (j % 2 ? odd : even)[i * src_row + j / 2];
            const T want = j >= len                      ? before[at]
                           : flags & NEURAL_GEMM_START_C ? before[at] + value
                                                         : value;
            ASSERT_TRUE(same_bits(dst[at], want)) << at;
        }
        ASSERT_TRUE(evens.is_intact() && odds.is_intact() && target.is_intact());
    }

    template <class T> void run_planes(bool is_grad) {
        constexpr int64_t kFlags[] = {0, NEURAL_GEMM_START_C,
                                      NEURAL_GEMM_ADD_ROW | NEURAL_GEMM_RELU,
                                      NEURAL_GEMM_START_C | NEURAL_GEMM_ADD_ROW};
        for (const Shape &shape : shapes(64 / sizeof(T))) {
            for (const int64_t flags : kFlags) {
                SCOPED_TRACE(testing::Message()
                             << shape.kernel_h << "x" << shape.kernel_w << " s" << shape.stride
                             << " " << shape.rows << "x" << shape.cols << " flags " << flags);
                if (is_grad) {
                    ASSERT_NO_FATAL_FAILURE(grad<T>(shape, flags & NEURAL_GEMM_START_C));
                } else {
                    ASSERT_NO_FATAL_FAILURE(plane<T>(shape, flags));
                }
            }
        }
    }

    template <class T> void run() {
        const Family family = GetParam().slot().family;
        if (family == Family::conv_plane || family == Family::conv_plane_grad) {
            run_planes<T>(family == Family::conv_plane_grad);
            return;
        }
        for (const int64_t rows : {0, 1, 2, 5}) {
            for (int64_t len = 0; len < 75; len++) {
                SCOPED_TRACE(testing::Message() << rows << " rows of " << len);
                if (family == Family::conv_take) {
                    ASSERT_NO_FATAL_FAILURE(take<T>(rows, len, false));
                    ASSERT_NO_FATAL_FAILURE(take<T>(rows, len, true));
                } else {
                    ASSERT_NO_FATAL_FAILURE(give<T>(rows, len, 0));
                    ASSERT_NO_FATAL_FAILURE(give<T>(rows, len, NEURAL_GEMM_START_C));
                }
            }
        }
    }

  private:
    std::mt19937_64 random_ = generator("conv_plane");
};

TEST_BY_DTYPE(ConvPlaneTest, EveryShape, run)

INSTANTIATE_TEST_SUITE_P(All, ConvPlaneTest,
                         testing::ValuesIn(kernels_of({Family::conv_plane, Family::conv_plane_grad,
                                                       Family::conv_take, Family::conv_give})),
                         kernel_test_name);

} // namespace
} // namespace neural_test

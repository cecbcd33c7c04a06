// Convolutions through tables of offsets.
#include <algorithm>

#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

template <class T> struct Types;
template <> struct Types<float> {
    using Pixels = neural_conv_pixels_f32;
    using Filters = neural_conv_filters_f32;
};
template <> struct Types<double> {
    using Pixels = neural_conv_pixels_f64;
    using Filters = neural_conv_filters_f64;
};

constexpr int64_t kFlags[] = {0, NEURAL_GEMM_START_C, NEURAL_GEMM_RELU,
                              NEURAL_GEMM_ADD_ROW | NEURAL_GEMM_ADD_COLUMN | NEURAL_GEMM_RELU,
                              NEURAL_GEMM_START_C | NEURAL_GEMM_ADD_ROW | NEURAL_GEMM_ADD_COLUMN};

class ConvTest : public KernelTest {
  protected:
    // Increasing offsets with gaps; `room` elements fit behind the last one.
    std::vector<int64_t> offsets(int64_t count) {
        std::vector<int64_t> all;
        for (int64_t i = 0, at = 0; i < count; i++, at += 1 + int64_t(random_() % 3)) {
            all.push_back(at);
        }
        return all;
    }
    static int64_t last(const std::vector<int64_t> &all) { return all.empty() ? 0 : all.back(); }

    template <class T> std::vector<T> values(int64_t len) {
        return ordinary_values<T>(random_, len);
    }

    // dst after a chain with these flags, against the exact one.
    template <class T>
    void check(T got, T start, long double sum, long double magnitude, T bias, int64_t flags) {
        if (flags & NEURAL_GEMM_START_C) {
            sum += start;
            magnitude += std::fabs(start);
        }
        if (flags & (NEURAL_GEMM_ADD_ROW | NEURAL_GEMM_ADD_COLUMN)) {
            sum += bias;
            magnitude += std::fabs(bias);
        }
        if (flags & NEURAL_GEMM_RELU) {
            sum = std::max(sum, 0.0L);
            ASSERT_GE(got, 0);
        }
        ASSERT_TRUE(is_accurate<T>(GetParam().slot().accuracy, got, sum, magnitude)) << got;
    }

    template <class T> void pixels(int64_t filters, int64_t count, int64_t depth, int64_t flags) {
        constexpr int64_t piece = 64 / sizeof(T);
        const std::vector<int64_t> taps = offsets(depth);
        std::vector<neural_conv_piece> pieces;
        int64_t in = 0, out = 0;
        for (int64_t i = 0; i < count; i++) {
            const int64_t len = random_() % 2 ? piece : 1 + int64_t(random_() % piece);
            pieces.push_back({in, out, len});
            in += int64_t(random_() % 20);
            out += len + int64_t(random_() % 2);
        }
        const int64_t src_len = count ? pieces.back().src + last(taps) + piece : 0;
        const int64_t plane = count ? pieces.back().dst + pieces.back().len : 0;
        GuardedBuffer source(src_len * sizeof(T)), target(filters * plane * sizeof(T)),
            weights(filters * depth * sizeof(T)), biases(filters * sizeof(T));
        T *src = source.at_end<T>(src_len), *dst = target.at_end<T>(filters * plane);
        T *weight = weights.at_end<T>(filters * depth), *bias = biases.at_end<T>(filters);
        fill(src, src_len), fill(dst, filters * plane), fill(weight, filters * depth);
        fill(bias, filters);
        const std::vector<T> before(dst, dst + filters * plane);
        const neural_conv_pixels_args args = {src,   taps.data(),   depth, weight, filters, dst,
                                              plane, pieces.data(), count, bias,   flags};
        call_checked(GetParam().as<typename Types<T>::Pixels>(), &args);
        for (int64_t f = 0; f < filters; f++) {
            std::vector<bool> written(static_cast<size_t>(plane), false);
            for (const neural_conv_piece &p : pieces) {
                for (int64_t j = 0; j < p.len; j++) {
                    long double sum = 0, magnitude = 0;
                    for (int64_t k = 0; k < depth; k++) {
                        const long double x = src[p.src + taps[k] + j], w = weight[f * depth + k];
                        sum += x * w;
                        magnitude += std::fabs(x * w);
                    }
                    const int64_t at = f * plane + p.dst + j;
                    written[static_cast<size_t>(p.dst + j)] = true;
                    check(dst[at], before[at], sum, magnitude, bias[f],
                          flags & ~NEURAL_GEMM_ADD_COLUMN);
                }
            }
            for (int64_t j = 0; j < plane; j++) {
                ASSERT_TRUE(written[j] || same_bits(dst[f * plane + j], before[f * plane + j]));
            }
        }
        ASSERT_TRUE(source.is_intact() && target.is_intact() && weights.is_intact());
    }

    template <class T> void filters(int64_t filters, int64_t count, int64_t depth, int64_t flags) {
        constexpr int64_t piece = 64 / sizeof(T);
        const std::vector<int64_t> rows = offsets(count), taps = offsets(depth);
        const int64_t whole = (filters + piece - 1) / piece * piece;
        const int64_t src_len = last(rows) + last(taps) + 1;
        GuardedBuffer source(src_len * sizeof(T)), target(count * whole * sizeof(T)),
            weights(depth * whole * sizeof(T)), biases(whole * sizeof(T));
        T *src = source.at_end<T>(src_len), *dst = target.at_end<T>(count * whole);
        T *weight = weights.at_end<T>(depth * whole), *bias = biases.at_end<T>(whole);
        fill(src, src_len), fill(dst, count * whole), fill(weight, depth * whole);
        fill(bias, whole);
        const std::vector<T> before(dst, dst + count * whole);
        const neural_conv_filters_args args = {src,    rows.data(), count,   taps.data(),
                                               depth,  weight,      whole,   filters,
                                               dst,    whole,       bias,    flags};
        call_checked(GetParam().as<typename Types<T>::Filters>(), &args);
        for (int64_t i = 0; i < count; i++) {
            for (int64_t j = 0; j < filters; j++) {
                long double sum = 0, magnitude = 0;
                for (int64_t k = 0; k < depth; k++) {
                    const long double x = src[rows[i] + taps[k]], w = weight[k * whole + j];
                    sum += x * w;
                    magnitude += std::fabs(x * w);
                }
                check(dst[i * whole + j], before[i * whole + j], sum, magnitude, bias[j],
                      flags & ~NEURAL_GEMM_ADD_ROW);
            }
        }
        ASSERT_TRUE(source.is_intact() && target.is_intact() && weights.is_intact());
    }

    // Every tile, more than one of them, and nothing at all.
    template <class T> void run() {
        const bool is_pixels = GetParam().slot().family == Family::conv_pixels;
        const int64_t depths[] = {0, 1, 2, 9, 27};
        int turn = 0;
        for (const int64_t flags : kFlags) {
            for (const int64_t filters : {0, 1, 2, 3, 4, 5, 6, 7, 8, 13, 16, 17, 35}) {
                for (const int64_t count : {0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 14, 31}) {
                    const int64_t depth = depths[turn++ % 5];
                    SCOPED_TRACE(std::to_string(flags) + " " + std::to_string(depth) + " " +
                                 std::to_string(filters) + " " + std::to_string(count));
                    if (is_pixels) {
                        ASSERT_NO_FATAL_FAILURE(pixels<T>(filters, count, depth, flags));
                    } else {
                        ASSERT_NO_FATAL_FAILURE(this->filters<T>(filters, count, depth, flags));
                    }
                }
            }
        }
    }

  private:
    template <class T> void fill(T *x, int64_t len) {
        const std::vector<T> all = values<T>(len);
        std::copy(all.begin(), all.end(), x);
    }

    std::mt19937_64 random_ = generator("conv");
};

TEST_BY_DTYPE(ConvTest, Tables, run)

INSTANTIATE_TEST_SUITE_P(All, ConvTest,
                         testing::ValuesIn(kernels_of({Family::conv_pixels, Family::conv_filters})),
                         kernel_test_name);

} // namespace
} // namespace neural_test

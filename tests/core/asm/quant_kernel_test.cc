// Every kernel of quant_kernels.inc on operands that end at protected pages, at every length around
// the vectors, against double precision.
#include "core/asm/quant_kernel.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <vector>

#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

// The offsets that quant.asm names.
static_assert(offsetof(neural_quant_target, high) == 4);
static_assert(offsetof(neural_quant_target, zero_point) == 8);
static_assert(offsetof(neural_quant_target, scale) == 12);
static_assert(offsetof(neural_quant_source, zero_point) == 4);
static_assert(offsetof(neural_quant_source, scale) == 8);
static_assert(offsetof(neural_quant_sum, b) == 12);
static_assert(offsetof(neural_quant_sum, target) == 24);

struct Format {
    bool is_signed;
    int zero;
    float scale;
};
const Format kFormats[] = {{false, 0, 0.37f},  {false, 128, 1.0f}, {false, 255, 3.25f},
                           {true, -128, 0.5f}, {true, 0, 0.031f},  {true, 127, 7.0f}};

neural_quant_target TargetOf(const Format &f, bool relu = false) {
    const int low = f.is_signed ? -128 : 0;
    return {relu ? 0.0f : static_cast<float>(low - f.zero), static_cast<float>(low + 255 - f.zero),
            f.zero, f.scale};
}

neural_quant_source SourceOf(const Format &f) {
    const int flip = f.is_signed ? 128 : 0;
    return {flip, f.zero + flip, f.scale};
}

int ValueOf(const Format &f, uint8_t byte) {
    return (f.is_signed ? static_cast<int8_t>(byte) : byte) - f.zero;
}

uint8_t Quantized(const Format &f, float y, bool relu = false) {
    const double low = f.is_signed ? -128 : 0;
    double q = std::isnan(y) ? -1e9 : std::nearbyint(static_cast<double>(y)) + f.zero;
    if (relu) q = std::fmax(q, f.zero);
    return static_cast<uint8_t>(static_cast<int>(std::fmin(std::fmax(q, low), low + 255)));
}

class QuantKernelTest : public testing::TestWithParam<int> {
  protected:
    void SetUp() override {
        const neural_isa isa = static_cast<neural_isa>(GetParam());
        if (lacks_isa(isa)) GTEST_SKIP() << "the CPU lacks this level";
        kernels_ = neural_quant_kernels_at(isa);
        ASSERT_NE(kernels_, nullptr);
        random_ = generator(kernels_->name);
    }
    uint8_t *Bytes(GuardedBuffer *buffer, int64_t len) {
        uint8_t *const bytes = buffer->at_end<uint8_t>(len);
        std::generate(bytes, bytes + len, [this] { return static_cast<uint8_t>(random_()); });
        return bytes;
    }
    bool Intact() const { return a_.is_intact() && b_.is_intact() && dst_.is_intact(); }

    const neural_quant_kernels *kernels_ = nullptr;
    std::mt19937_64 random_;
    GuardedBuffer a_{1 << 16}, b_{1 << 16}, dst_{1 << 16};
};

std::vector<int64_t> Lengths() {
    std::vector<int64_t> lengths;
    for (int64_t len = 0; len <= 70; len++)
        lengths.push_back(len);
    for (const int64_t len : {127, 128, 129, 255, 511, 512, 513, 575, 1009, 4096})
        lengths.push_back(len);
    return lengths;
}

TEST_P(QuantKernelTest, Quantize) {
    const float inf = std::numeric_limits<float>::infinity();
    const float specials[] = {0, -0.0f, inf, -inf, NAN, 1e38f, -1e38f, 1e-42f, 3e9f, -3e9f};
    for (const Format &f : kFormats) {
        const neural_quant_target target = TargetOf(f);
        for (const int64_t len : Lengths()) {
            float *const src = a_.at_end<float>(len);
            for (int64_t i = 0; i < len; i++) {
                const float half = static_cast<float>(static_cast<int>(random_() % 600) - 300) / 2;
                src[i] = random_() % 4 ? half / f.scale : specials[random_() % 10];
            }
            uint8_t *const dst = dst_.at_end<uint8_t>(len);
            call_checked(kernels_->quantize, (void *)dst, (const float *)src, len, &target);
            for (int64_t i = 0; i < len; i++)
                ASSERT_EQ(dst[i], Quantized(f, src[i] * f.scale)) << src[i] << " at " << i;
            ASSERT_TRUE(a_.is_intact() && dst_.is_intact());
        }
    }
}

TEST_P(QuantKernelTest, Dequantize) {
    for (const Format &f : kFormats) {
        const neural_quant_source source = SourceOf(f);
        for (const int64_t len : Lengths()) {
            const uint8_t *const src = Bytes(&a_, len);
            float *const dst = dst_.at_end<float>(len);
            call_checked(kernels_->dequantize, dst, (const void *)src, len, &source);
            for (int64_t i = 0; i < len; i++)
                ASSERT_EQ(dst[i],
                          static_cast<float>(ValueOf(f, src[i]) * static_cast<double>(f.scale)));
            ASSERT_TRUE(a_.is_intact() && dst_.is_intact());
        }
    }
}

TEST_P(QuantKernelTest, Add) {
    for (int i = 0; i < 24; i++) {
        const Format &fa = kFormats[i % 6], &fb = kFormats[i / 2 % 6], &fy = kFormats[i / 4];
        const bool relu = i % 2;
        const neural_quant_sum sum = {SourceOf(fa), SourceOf(fb), TargetOf(fy, relu)};
        for (const int64_t len : Lengths()) {
            const uint8_t *const a = Bytes(&a_, len), *const b = Bytes(&b_, len);
            uint8_t *const dst = dst_.at_end<uint8_t>(len);
            call_checked(kernels_->qadd, (void *)dst, (const void *)a, (const void *)b, len, &sum);
            for (int64_t k = 0; k < len; k++) {
                const double x = static_cast<float>(ValueOf(fa, a[k]) * double(fa.scale));
                const double y = static_cast<float>(ValueOf(fb, b[k]) * double(fb.scale));
                ASSERT_EQ(dst[k], Quantized(fy, static_cast<float>(x + y), relu));
            }
            ASSERT_TRUE(Intact());
        }
    }
}

TEST_P(QuantKernelTest, Lookup) {
    uint8_t table[256];
    std::generate(table, table + 256, [this] { return static_cast<uint8_t>(random_()); });
    for (const int64_t len : Lengths()) {
        uint8_t *const src = Bytes(&a_, len);
        uint8_t *const dst = dst_.at_end<uint8_t>(len);
        call_checked(kernels_->lookup, (void *)dst, (const void *)src, len, (const uint8_t *)table);
        for (int64_t i = 0; i < len; i++)
            ASSERT_EQ(dst[i], table[src[i]]) << int(src[i]);
        kernels_->lookup(src, src, len, table);
        ASSERT_TRUE(std::equal(dst, dst + len, src));
        ASSERT_TRUE(a_.is_intact() && dst_.is_intact());
    }
}

TEST_P(QuantKernelTest, Turn) {
    for (const int64_t rows : {0, 1, 2, 3, 7, 8, 9, 16, 17, 64, 67}) {
        for (const int64_t cols : {0, 1, 3, 8, 15, 16, 17, 31, 32, 49, 70}) {
            const int64_t pad = static_cast<int64_t>(random_() % 4);
            const int64_t src_row = cols + pad, dst_row = rows + pad;
            const uint8_t *const src =
                Bytes(&a_, rows > 0 && cols > 0 ? (rows - 1) * src_row + cols : 0);
            const int64_t len = rows > 0 && cols > 0 ? (cols - 1) * dst_row + rows : 0;
            uint8_t *const dst = dst_.at_end<uint8_t>(len);
            std::memset(dst, 0x5a, static_cast<size_t>(len));
            call_checked(kernels_->turn, (void *)dst, (const void *)src, rows, cols, dst_row,
                         src_row);
            for (int64_t i = 0; i < len; i++) {
                const int64_t row = i % dst_row, col = i / dst_row;
                ASSERT_EQ(dst[i], row < rows ? src[row * src_row + col] : 0x5a) << rows << cols;
            }
            ASSERT_TRUE(a_.is_intact() && dst_.is_intact());
        }
    }
}

TEST_P(QuantKernelTest, RowMax) {
    for (const int64_t flip : {0, 128}) {
        for (const int64_t count : {1, 2, 4, 9}) {
            for (const int64_t len : Lengths()) {
                if (count * len > 1 << 15) continue;
                uint8_t *const src = Bytes(&a_, count * len);
                std::vector<const void *> rows;
                for (int64_t r = 0; r < count; r++)
                    rows.push_back(src + r * len);
                std::vector<uint8_t> want(static_cast<size_t>(len));
                for (int64_t j = 0; j < len; j++) {
                    int largest = flip ? -128 : 0;
                    for (int64_t r = 0; r < count; r++) {
                        const uint8_t byte = src[r * len + j];
                        largest = std::max<int>(largest, flip ? static_cast<int8_t>(byte) : byte);
                    }
                    want[j] = static_cast<uint8_t>(largest);
                }
                uint8_t *const dst = dst_.at_end<uint8_t>(len);
                call_checked(kernels_->row_max, (void *)dst, (const void *const *)rows.data(),
                             count, len, flip);
                ASSERT_TRUE(std::equal(want.begin(), want.end(), dst)) << len << " " << count;
                ASSERT_TRUE(a_.is_intact() && dst_.is_intact());
                kernels_->row_max(src, rows.data(), count, len, flip);
                ASSERT_TRUE(std::equal(want.begin(), want.end(), src)) << len << " in place";
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Levels, QuantKernelTest, testing::Range(0, 4), [](const auto &level) {
    return std::string(neural_isa_name(static_cast<neural_isa>(level.param)));
});

} // namespace
} // namespace neural_test

// The panel kernel and the packing of bf16 products, between guard pages.
#include "core/asm/gemm_bf16_kernel.h"

#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

uint16_t bf16_of(double value) {
    const float narrow = static_cast<float>(value);
    uint32_t bits;
    std::memcpy(&bits, &narrow, sizeof(bits));
    return static_cast<uint16_t>(bits >> 16);
}

// Small integers: every sum is exact, whatever the order.
std::vector<double> integers(std::mt19937_64 &random, int64_t len) {
    std::vector<double> values(len);
    for (double &value : values) {
        value = static_cast<double>(static_cast<int64_t>(random() % 17) - 8);
    }
    return values;
}

template <class T> T *placed(GuardedBuffer &buffer, const std::vector<double> &values) {
    T *data = buffer.at_end<T>(static_cast<int64_t>(values.size()));
    for (size_t i = 0; i < values.size(); i++) {
        if constexpr (sizeof(T) == 2) {
            data[i] = bf16_of(values[i]);
        } else {
            data[i] = static_cast<T>(values[i]);
        }
    }
    return data;
}

bool lacks_vdpbf16ps() {
    return lacks_isa(NEURAL_ISA_AVX512) || !(neural_quirks_detected() & NEURAL_QUIRK_BF16);
}

// B as the kernel wants it, by the formula of the header.
std::vector<double> packed(const std::vector<double> &b, int64_t n, int64_t k) {
    const int64_t width = (n + 15) / 16 * 16;
    std::vector<double> panel(width * ((k + 1) / 2) * 2, 0.0);
    for (int64_t p = 0; p < k; p++) {
        for (int64_t j = 0; j < n; j++) {
            panel[(p / 2 * width + j) * 2 + p % 2] = b[p * n + j];
        }
    }
    return panel;
}

void multiply(int64_t m, int64_t n, int64_t k, bool starts_at_c, std::mt19937_64 &random) {
    const std::vector<double> a = integers(random, m * k), b = integers(random, k * n);
    std::vector<double> c = integers(random, m * n);
    const std::vector<double> panel_b = packed(b, n, k);
    GuardedBuffer a_pages(a.size() * 2), b_pages(panel_b.size() * 2), c_pages(c.size() * 4);
    float *result = placed<float>(c_pages, c);
    neural_gemm_bf16_panel panel = {placed<uint16_t>(a_pages, a),
                                    k,
                                    placed<uint16_t>(b_pages, panel_b),
                                    result,
                                    n,
                                    m,
                                    n,
                                    k,
                                    starts_at_c};
    call_checked(&neural_gemm_bf16_6x64_bf16, static_cast<const neural_gemm_bf16_panel *>(&panel));
    for (int64_t i = 0; i < m * n; i++) {
        double want = starts_at_c ? c[i] : 0;
        for (int64_t p = 0; p < k; p++) {
            want += a[i / n * k + p] * b[p * n + i % n];
        }
        ASSERT_EQ(result[i], want) << m << "x" << n << "x" << k << " at " << i / n << ", " << i % n;
    }
    EXPECT_TRUE(a_pages.is_intact() && b_pages.is_intact() && c_pages.is_intact());
}

TEST(GemmBf16Kernel, EveryTile) {
    if (lacks_vdpbf16ps()) {
        GTEST_SKIP() << "this CPU lacks AVX512_BF16";
    }
    auto random = generator("tiles");
    for (int64_t m = 0; m <= 13; m++) {
        for (int64_t n = 1; n <= 64; n += n % 16 == 15 || n % 16 == 0 ? 1 : 7) {
            for (int64_t k : {0, 1, 2, 7, 8, 9, 17, 32}) {
                multiply(m, n, k, (m + n + k) % 2 == 1, random);
            }
        }
    }
}

TEST(GemmBf16Kernel, PacksPairsOfRows) {
    if (lacks_isa(NEURAL_ISA_AVX512)) {
        GTEST_SKIP() << "this CPU lacks avx512";
    }
    auto random = generator("pack");
    for (int64_t cols = 1; cols <= 64; cols++) {
        for (int64_t rows : {0, 1, 2, 3, 8}) {
            const std::vector<double> b = integers(random, rows * cols);
            const std::vector<double> want = packed(b, cols, rows);
            GuardedBuffer source(b.size() * 2), target(want.size() * 2);
            uint16_t *src = placed<uint16_t>(source, b);
            uint16_t *dst = target.at_end<uint16_t>(static_cast<int64_t>(want.size()));
            call_checked(&neural_gemm_bf16_pack_bf16, dst, static_cast<const uint16_t *>(src), rows,
                         cols, cols);
            for (size_t i = 0; i < want.size(); i++) {
                ASSERT_EQ(dst[i], bf16_of(want[i])) << rows << " rows of " << cols << " at " << i;
            }
            EXPECT_TRUE(source.is_intact() && target.is_intact());
        }
    }
}

} // namespace
} // namespace neural_test

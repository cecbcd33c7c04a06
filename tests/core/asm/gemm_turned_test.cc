// The tile over columns of B that are contiguous in k: every number of rows, depths around whole
// lines, operands that end at protected pages, against the chain of the contract.
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/asm/gemm_kernel.h"
#include "core/asm/kernel_table.h"
#include "tests/core/asm/kernel_harness.h"
#include <gtest/gtest.h>

namespace neural_test {
namespace {

template <typename T> class TurnedRun {
  public:
    explicit TurnedRun(neural_gemm_kernel *kernel) : kernel_(kernel) {}

    void Check(int64_t m, int64_t k, int64_t flags) {
        const int64_t n = 64 / sizeof(T), pad = static_cast<int64_t>(random_() % 3);
        const bool transposed = random_() % 2;
        neural_gemm_panel panel = {};
        panel.a_row = transposed ? 1 : k + pad;
        panel.a_col = transposed ? m + pad : 1;
        panel.b_row = k + pad;
        panel.c_row = n + pad;
        panel.m = m;
        panel.n = n;
        panel.k = k;
        panel.flags = flags;
        if constexpr (std::is_same_v<T, float>) {
            panel.beta.f32 = -0.75f;
        } else {
            panel.beta.f64 = -0.75;
        }
        const int64_t c_len = (m - 1) * panel.c_row + n;
        T *const a = Fill(&a_, k ? (m - 1) * panel.a_row + (k - 1) * panel.a_col + 1 : 0);
        T *const b = Fill(&b_, k ? (n - 1) * panel.b_row + k : 0);
        T *const c = Fill(&c_, c_len);
        T *const bias = Fill(&bias_, flags & NEURAL_GEMM_ADD_ROW ? m : n);
        panel.a = a;
        panel.b = b;
        panel.c = c;
        panel.bias = bias;
        std::vector<T> want(c, c + c_len);
        for (int64_t i = 0; i < m; i++) {
            for (int64_t j = 0; j < n; j++) {
                T *const start = &want[i * panel.c_row + j];
                T acc = flags & NEURAL_GEMM_START_C       ? *start
                        : flags & NEURAL_GEMM_START_SCALE ? T(-0.75) * *start
                                                          : 0;
                for (int64_t p = 0; p < k; p++) {
                    acc =
                        std::fma(a[i * panel.a_row + p * panel.a_col], b[j * panel.b_row + p], acc);
                }
                if (flags & NEURAL_GEMM_ADD_COLUMN) acc += bias[j];
                if (flags & NEURAL_GEMM_ADD_ROW) acc += bias[i];
                *start = flags & NEURAL_GEMM_RELU && acc < 0 ? 0 : acc;
            }
        }
        call_checked(kernel_, static_cast<const neural_gemm_panel *>(&panel));
        ASSERT_TRUE(std::equal(want.begin(), want.end(), c, same_bits<T>))
            << "m " << m << " k " << k << " flags " << flags;
        ASSERT_TRUE(a_.is_intact() && b_.is_intact() && c_.is_intact() && bias_.is_intact())
            << "m " << m << " k " << k << " flags " << flags;
    }

  private:
    T *Fill(GuardedBuffer *buffer, int64_t len) {
        T *const values = buffer->at_end<T>(len);
        for (int64_t i = 0; i < len; i++)
            values[i] = ordinary_value<T>(random_);
        return values;
    }
    neural_gemm_kernel *kernel_;
    std::mt19937_64 random_ = generator("gemm_turned");
    GuardedBuffer a_{1 << 16}, b_{1 << 16}, c_{1 << 14}, bias_{1 << 12};
};

template <typename T> void Sweep(neural_gemm_kernel *kernel) {
    TurnedRun<T> run(kernel);
    static const int64_t starts[] = {0, NEURAL_GEMM_START_C, NEURAL_GEMM_START_SCALE};
    static const int64_t ends[] = {0, NEURAL_GEMM_ADD_COLUMN, NEURAL_GEMM_ADD_ROW, NEURAL_GEMM_RELU,
                                   NEURAL_GEMM_ADD_ROW | NEURAL_GEMM_RELU};
    int turn = 0;
    for (int64_t m = 1; m <= NEURAL_GEMM_TURNED_ROWS; m++) {
        for (int64_t k = 0; k <= 70; k++, turn++) {
            run.Check(m, k, starts[turn % 3] | ends[turn / 3 % 5]);
            if (testing::Test::HasFatalFailure()) return;
        }
    }
}

TEST(GemmTurned, EveryRowCountAndDepthIsTheChainF32) {
    if (lacks_isa(NEURAL_ISA_AVX512)) GTEST_SKIP() << "the CPU lacks avx512";
    Sweep<float>(neural_kernels_at(NEURAL_ISA_AVX512)->gemm_f32.turned);
}

TEST(GemmTurned, EveryRowCountAndDepthIsTheChainF64) {
    if (lacks_isa(NEURAL_ISA_AVX512)) GTEST_SKIP() << "the CPU lacks avx512";
    Sweep<double>(neural_kernels_at(NEURAL_ISA_AVX512)->gemm_f64.turned);
}

} // namespace
} // namespace neural_test

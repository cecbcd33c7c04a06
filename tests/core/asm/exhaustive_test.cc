// exp, log, tanh, sigmoid and gelu in f32 over all 2^32 inputs at every level: the largest errors,
// and that avx2 and avx512 agree in every bit. The oracle is double: glibc's libmvec, a few units
// of 2^-52 off, finds the inputs that may exceed the largest error so far, and scalar libm judges
// those. The same slots in f64 on 10^8 random numbers, against long double.
#include <immintrin.h>

#include <array>
#include <cstdio>
#include <vector>

#include "tests/core/asm/elementwise.h"

extern "C" {
__m256d _ZGVdN4v_exp(__m256d x) __attribute__((target("avx2")));
__m256d _ZGVdN4v_log(__m256d x) __attribute__((target("avx2")));
__m256d _ZGVdN4v_tanh(__m256d x) __attribute__((target("avx2")));
__m256d _ZGVdN4v_erfc(__m256d x) __attribute__((target("avx2")));
}

namespace neural_test {
namespace {

#define WITH_AVX2 __attribute__((target("avx2")))

WITH_AVX2 __m256d fast_sigmoid(__m256d x) {
    const __m256d one = _mm256_set1_pd(1);
    const __m256d e = _ZGVdN4v_exp(_mm256_sub_pd(_mm256_setzero_pd(), x));
    return _mm256_div_pd(one, _mm256_add_pd(one, e));
}
WITH_AVX2 __m256d fast_gelu(__m256d x) {
    const __m256d y = _ZGVdN4v_erfc(_mm256_mul_pd(x, _mm256_set1_pd(-0.7071067811865476)));
    return _mm256_mul_pd(x, _mm256_mul_pd(y, _mm256_set1_pd(0.5)));
}

constexpr int64_t kChunk = 1 << 15;
using Fast = __m256d (*)(__m256d);

WITH_AVX2 void evaluate(Fast f, const float *x, double *y) {
    for (int64_t i = 0; i < kChunk; i += 4) {
        _mm256_storeu_pd(y + i, f(_mm256_cvtps_pd(_mm_loadu_ps(x + i))));
    }
}

struct Slot {
    const char *op;
    neural_unary_f32 *neural_kernel_table::*kernel;
    Fast fast;
    double ulp;                // largest error allowed where x >= ulp_from
    double ulp_from;           // below it: 2^-26 |x|
};

const Slot kSlots[] = {
    {"exp", &neural_kernel_table::exp_f32, _ZGVdN4v_exp, 1, -INFINITY},
    {"log", &neural_kernel_table::log_f32, _ZGVdN4v_log, 1, -INFINITY},
    {"tanh", &neural_kernel_table::tanh_f32, _ZGVdN4v_tanh, 1, -INFINITY},
    {"sigmoid", &neural_kernel_table::sigmoid_f32, fast_sigmoid, 1, -INFINITY},
    {"gelu", &neural_kernel_table::gelu_f32, fast_gelu, 2, -1},
};

struct Worst {
    double error = 0;
    float x = 0;
};

// The size of the last place of an f32 next to a finite number.
double last_place(double number) {
    uint64_t bits;
    std::memcpy(&bits, &number, sizeof bits);
    const uint64_t exponent = std::max<uint64_t>(bits >> 52 & 0x7ff, 1023 - 126);
    bits = (exponent - 23) << 52;
    double unit;
    std::memcpy(&unit, &bits, sizeof unit);
    return unit;
}

class Exhaustive : public testing::TestWithParam<Slot> {
  protected:
    // In units of the last place where x >= ulp_from, of 2^-26 |x| below.
    double error(float x, float got) const {
        const double want = oracle_.value({x, 0, 0, 0}).value;
        return x < GetParam().ulp_from ? std::fabs(got - want) / (0x1p-26 * -double(x))
                                       : ulp_error(got, want);
    }
    double fast_error(float x, float got, double want) const {
        return std::fabs(got - want) /
               (x < GetParam().ulp_from ? 0x1p-26 * -double(x) : last_place(want));
    }

    void check(const float *x, const double *want, const float *got, std::array<Worst, 2> *worst) {
        for (int64_t i = 0; i < kChunk; i++) {
            Worst &w = (*worst)[x[i] < GetParam().ulp_from];
            if (!(fast_error(x[i], got[i], want[i]) <= w.error)) {
                const double e = std::isnan(x[i]) ? (std::isnan(got[i]) ? 0 : INFINITY)
                                                  : error(x[i], got[i]);
                if (!(e <= w.error)) w = {e, x[i]};
            }
        }
    }

    const Oracle<double> &oracle_ = elementwise_oracles<double>().at(GetParam().op);
};

TEST_P(Exhaustive, IsWithinItsErrorForEveryFloat) {
    if (lacks_isa(NEURAL_ISA_AVX2)) GTEST_SKIP() << "the oracle needs avx2";
    std::vector<float> x(kChunk), avx2(kChunk), got(kChunk);
    std::vector<double> want(kChunk);
    std::array<Worst, 2> worst[NEURAL_ISA_COUNT];
    for (uint64_t first = 0; first < uint64_t(1) << 32; first += kChunk) {
        for (int64_t i = 0; i < kChunk; i++) {
            const uint32_t bits = uint32_t(first + uint64_t(i));
            std::memcpy(&x[i], &bits, sizeof bits);
        }
        evaluate(GetParam().fast, x.data(), want.data());
        for (int isa = 0; isa <= neural_isa_detected(); isa++) {
            (neural_kernels_at(neural_isa(isa))->*GetParam().kernel)(got.data(), x.data(), kChunk);
            if (isa == NEURAL_ISA_AVX2) avx2 = got;
            if (isa == NEURAL_ISA_AVX512) {
                ASSERT_TRUE(std::equal(avx2.begin(), avx2.end(), got.begin(), same_bits<float>))
                    << "avx2 and avx512 differ near " << x[0];
            }
            check(x.data(), want.data(), got.data(), &worst[isa]);
        }
    }
    for (int isa = 0; isa <= neural_isa_detected(); isa++) {
        const Worst &above = worst[isa][0], &below = worst[isa][1];
        std::printf("%-8s %-6s %.4f ULP at %.9g; %.4f of 2^-26 |x| at %.9g\n", GetParam().op,
                    neural_isa_name(neural_isa(isa)), above.error, above.x, below.error, below.x);
        EXPECT_LE(above.error, GetParam().ulp) << neural_isa_name(neural_isa(isa));
        EXPECT_LE(below.error, 1) << neural_isa_name(neural_isa(isa));
    }
}

// --- f64 -----------------------------------------------------------------------------------------

constexpr int64_t kSamples64 = 100000000;

struct Slot64 {
    const char *op;
    neural_unary_f64 *neural_kernel_table::*kernel;
    double low, high; // where half of the samples lie; the others between 2 low and 2 high
    double ulp;
};

const Slot64 kSlots64[] = {
    {"exp", &neural_kernel_table::exp_f64, -380, 380, 2},
    {"log", &neural_kernel_table::log_f64, 0, 2, 2},
    {"tanh", &neural_kernel_table::tanh_f64, -2, 2, 2},
    {"sigmoid", &neural_kernel_table::sigmoid_f64, -20, 20, 2},
    {"gelu", &neural_kernel_table::gelu_f64, -4, 4, 2},
};

class Sampled64 : public testing::TestWithParam<Slot64> {};

TEST_P(Sampled64, IsWithinItsErrorOnManySamples) {
    const Oracle<long double> &oracle = elementwise_oracles<long double>().at(GetParam().op);
    std::mt19937_64 g = generator(GetParam().op);
    std::uniform_real_distribution<double> value(GetParam().low, GetParam().high);
    std::vector<double> x(kChunk), got(kChunk);
    std::vector<long double> want(kChunk);
    double worst[NEURAL_ISA_COUNT] = {}, at[NEURAL_ISA_COUNT] = {};
    for (int64_t done = 0; done < kSamples64; done += kChunk) {
        for (int64_t i = 0; i < kChunk; i++) {
            x[i] = value(g) * (1 + i % 2);
            want[i] = oracle.value({x[i], 0, 0, 0}).value;
        }
        for (int isa = 0; isa <= neural_isa_detected(); isa++) {
            (neural_kernels_at(neural_isa(isa))->*GetParam().kernel)(got.data(), x.data(), kChunk);
            for (int64_t i = 0; i < kChunk; i++) {
                const double e = ulp_error(got[i], want[i]);
                if (!(e <= worst[isa])) worst[isa] = e, at[isa] = x[i];
            }
        }
    }
    for (int isa = 0; isa <= neural_isa_detected(); isa++) {
        std::printf("%-8s f64 %-6s %.4f ULP at %.17g\n", GetParam().op,
                    neural_isa_name(neural_isa(isa)), worst[isa], at[isa]);
        EXPECT_LE(worst[isa], GetParam().ulp) << neural_isa_name(neural_isa(isa));
    }
}

INSTANTIATE_TEST_SUITE_P(Slots, Sampled64, testing::ValuesIn(kSlots64),
                         [](const auto &slot) { return std::string(slot.param.op); });

INSTANTIATE_TEST_SUITE_P(Slots, Exhaustive, testing::ValuesIn(kSlots),
                         [](const auto &slot) { return std::string(slot.param.op); });

} // namespace
} // namespace neural_test

// Reductions of a vector to one number: sum, sumsq, dot, max, min, find_nonfinite.
#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

template <class T>
using Reduce = std::conditional_t<std::is_same_v<T, float>, neural_reduce_f32, neural_reduce_f64>;
template <class T>
using Reduce2 =
    std::conditional_t<std::is_same_v<T, float>, neural_reduce2_f32, neural_reduce2_f64>;
template <class T>
using Find = std::conditional_t<std::is_same_v<T, float>, neural_find_f32, neural_find_f64>;

template <class T> T call(const Kernel &kernel, const T *lhs, const T *rhs, int64_t len) {
    if (kernel.slot().family == Family::reduce2) {
        return call_checked(kernel.as<Reduce2<T>>(), lhs, rhs, len);
    }
    return call_checked(kernel.as<Reduce<T>>(), lhs, len);
}

bool is_sum(const Kernel &kernel) {
    return kernel.op != "max" && kernel.op != "min";
}

// The contract of kernel_types.h spelled out: term i enters lane i mod lanes, a lane moves to its
// total after 64 terms, the totals are folded in halves. Levels with FMA add a product without
// rounding it first.
template <class T> T lane_sum(const Kernel &kernel, const T *lhs, const T *rhs, int64_t len) {
    constexpr int lanes = 256 / sizeof(T);
    const bool fused = kernel.isa >= NEURAL_ISA_AVX2;
    T lane[lanes] = {0}, total[lanes] = {0};
    for (int64_t i = 0; i < len; i++) {
        T &acc = lane[i % lanes];
        const T factor = kernel.op == "sum" ? T(1) : kernel.op == "sumsq" ? lhs[i] : rhs[i];
        acc = fused ? std::fma(lhs[i], factor, acc) : acc + lhs[i] * factor;
        if (i / lanes % 64 == 63) {
            total[i % lanes] += acc;
            acc = 0;
        }
    }
    for (int j = 0; j < lanes; j++) {
        total[j] += lane[j];
    }
    for (int half = lanes / 2; half > 0; half /= 2) {
        for (int j = 0; j < half; j++) {
            total[j] += total[j + half];
        }
    }
    return total[0];
}

struct Exact {
    long double value, magnitude;
};

template <class T> Exact exact(const Kernel &kernel, const T *lhs, const T *rhs, int64_t len) {
    const bool largest = kernel.op == "max";
    Exact result = {is_sum(kernel) ? 0.0L : largest ? -INFINITY : INFINITY, 0};
    for (int64_t i = 0; i < len; i++) {
        const long double x = lhs[i];
        if (!is_sum(kernel)) {
            result.value = largest ? std::fmax(result.value, x) : std::fmin(result.value, x);
            continue;
        }
        const long double term = kernel.op == "sum" ? x : x * (kernel.op == "dot" ? rhs[i] : x);
        result.value += term;
        result.magnitude += std::fabs(term);
    }
    return result;
}

template <class T>
void expect_right(const Kernel &kernel, const T *lhs, const T *rhs, int64_t len) {
    const T got = call(kernel, lhs, rhs, len);
    const Exact want = exact(kernel, lhs, rhs, len);
    EXPECT_TRUE(is_accurate(kernel.slot().accuracy, got, want.value, want.magnitude))
        << "len " << len << ": " << got << ", want " << want.value;
    if (is_sum(kernel)) {
        const T lanes = lane_sum(kernel, lhs, rhs, len);
        EXPECT_TRUE(same_bits(got, lanes)) << "len " << len << ": " << got << ", lanes " << lanes;
    }
}

class ReduceTest : public KernelTest {
  protected:
    template <class T> void lengths_and_offsets() {
        auto random = generator(GetParam().symbol);
        GuardedBuffer a(2000 * sizeof(T)), b(2000 * sizeof(T));
        for (int64_t len : test_lengths()) {
            const std::vector<T> x = ordinary_values<T>(random, len);
            const std::vector<T> y = ordinary_values<T>(random, len);
            for (int shift = -1; shift < 17; shift++) {
                T *lhs = shift < 0 ? a.at_end<T>(len) : a.at_start<T>(len, shift);
                T *rhs = shift < 0 ? b.at_end<T>(len) : b.at_start<T>(len, 2 * shift + 1);
                std::copy(x.begin(), x.end(), lhs);
                std::copy(y.begin(), y.end(), rhs);
                expect_right(GetParam(), lhs, rhs, len);
            }
        }
        for (int64_t len :
             {int64_t(4095), int64_t(4096), int64_t(8200), length_over_l2(sizeof(T))}) {
            const std::vector<T> x = ordinary_values<T>(random, len);
            const std::vector<T> y = ordinary_values<T>(random, len);
            expect_right(GetParam(), x.data(), y.data(), len);
        }
    }

    template <class T> void nan_anywhere() {
        for (int64_t len : {1, 3, 17, 64, 67, 200}) {
            std::vector<T> x(len, T(1));
            for (int64_t i = 0; i < len; i++) {
                x[i] = std::numeric_limits<T>::quiet_NaN();
                EXPECT_TRUE(std::isnan(call(GetParam(), x.data(), x.data(), len)))
                    << "NaN at " << i << " of " << len;
                x[i] = 1;
            }
        }
    }

    // Infinities, zeros of both signs, products that underflow: also the sign of a zero sum.
    template <class T> void edges() {
        const T infinity = std::numeric_limits<T>::infinity(), tiny = std::numeric_limits<T>::min();
        for (T value : {T(0), T(-0.0), infinity, -infinity, tiny, std::numeric_limits<T>::max()}) {
            for (int64_t len = 0; len <= 140; len++) {
                const std::vector<T> x(len, value), y(len, -tiny);
                const T got = call(GetParam(), x.data(), y.data(), len);
                if (is_sum(GetParam())) {
                    EXPECT_TRUE(same_bits(got, lane_sum(GetParam(), x.data(), y.data(), len)))
                        << value << " " << len << " times: " << got;
                } else {
                    EXPECT_EQ(got, T(exact(GetParam(), x.data(), y.data(), len).value));
                }
            }
        }
    }

    template <class T> void same_bits_everywhere() {
        const Kernel *wide = kernel_at(GetParam(), NEURAL_ISA_AVX512);
        if (GetParam().isa != NEURAL_ISA_AVX2 || lacks_isa(NEURAL_ISA_AVX512)) {
            return;
        }
        auto random = generator(GetParam().symbol);
        const std::vector<T> specials = special_values<T>();
        for (int round = 0; round < 2000; round++) {
            const int64_t len = std::uniform_int_distribution<int>(0, 700)(random);
            std::vector<T> x = ordinary_values<T>(random, len), y = ordinary_values<T>(random, len);
            for (int64_t i = 0; round % 2 && i < len; i += 5) {
                x[random() % len] = specials[random() % specials.size()];
            }
            const T narrow_result = call(GetParam(), x.data(), y.data(), len);
            const T wide_result = call(*wide, x.data(), y.data(), len);
            EXPECT_EQ(std::memcmp(&narrow_result, &wide_result, sizeof(T)), 0)
                << "len " << len << ": " << narrow_result << " and " << wide_result;
        }
    }
};

TEST_BY_DTYPE(ReduceTest, LengthsAndOffsets, lengths_and_offsets)

TEST_BY_DTYPE(ReduceTest, NanAnywhere, nan_anywhere)

TEST_BY_DTYPE(ReduceTest, Edges, edges)

TEST_BY_DTYPE(ReduceTest, SameBitsOnAvx2AndAvx512, same_bits_everywhere)

INSTANTIATE_TEST_SUITE_P(All, ReduceTest,
                         testing::ValuesIn(kernels_of({Family::reduce, Family::reduce2})),
                         kernel_test_name);

class FindTest : public KernelTest {
  protected:
    template <class T> void first_of_several() {
        Find<T> *find = GetParam().as<Find<T>>();
        using L = std::numeric_limits<T>;
        const T finite[] = {T(0), T(-0.0), L::denorm_min(), L::max(), L::lowest(), T(1)};
        const T others[] = {L::infinity(), -L::infinity(), L::quiet_NaN(), -L::quiet_NaN()};
        auto random = generator(GetParam().symbol);
        GuardedBuffer buffer(2000 * sizeof(T));
        for (int64_t len : test_lengths()) {
            T *x = buffer.at_end<T>(len);
            for (int64_t i = 0; i < len; i++) {
                x[i] = finite[random() % 6];
            }
            EXPECT_EQ(call_checked(find, x, len), -1) << "len " << len;
            const int64_t step = len < 300 ? 1 : 7;
            for (int64_t i = len - 1; i >= 0; i -= step) {
                x[i] = others[random() % 4];
                EXPECT_EQ(call_checked(find, x, len), i) << "len " << len;
                EXPECT_EQ(call_checked(find, x, i), -1) << "len " << i;
            }
        }
        EXPECT_TRUE(buffer.is_intact());
    }
};

TEST_BY_DTYPE(FindTest, FirstOfSeveral, first_of_several)

INSTANTIATE_TEST_SUITE_P(All, FindTest, testing::ValuesIn(kernels_of({Family::find})),
                         kernel_test_name);

} // namespace
} // namespace neural_test

// Every elementwise kernel at every level: lengths, both guard pages, alignment, aliasing, special
// values. The kernels come from the lists, the expected values from elementwise_oracle.h.
#include "tests/core/asm/elementwise.h"

#include <algorithm>

namespace neural_test {
namespace {

class Elementwise : public KernelTest {
  protected:
    // Calls the body for the kernel's dtype.
    template <class Body> void with_type(Body body) {
        if (GetParam().is_f32()) {
            body(float());
        } else {
            body(double());
        }
    }
};

// Checks len results; stops at the first wrong one.
template <class T>
void expect_accurate(const Kernel &kernel, const T *got, const T *a, const T *b, int64_t len) {
    with_judge<T>(kernel, [&](auto judge) {
        for (int64_t i = 0; i < len; i++) {
            const auto expected = judge.expect(a[i], b[i]);
            ASSERT_TRUE(judge.accepts(got[i], expected))
                << kernel.symbol << " element " << i << " of " << len << ": f(" << a[i] << ", "
                << b[i] << ") is " << got[i] << ", expected " << expected.value.value << ", error "
                << judge.error(got[i], expected) << ", seed " << seed();
        }
    });
}

// Operands of one test: two sources of len elements.
template <class T> struct Inputs {
    std::vector<T> a, b;

    Inputs(const Kernel &kernel, int64_t len) {
        std::mt19937_64 g = generator(kernel.op + std::to_string(len));
        a = ordinary_values<T>(g, len);
        b = ordinary_values<T>(g, len);
    }
};

// Places copies of the inputs by `place(buffer, len)`, runs, and checks results and surroundings.
template <class T, class Place>
void check_placed(const Kernel &kernel, int64_t len, GuardedBuffer *buffers, Place place) {
    const Inputs<T> in(kernel, len);
    T *dst = place(buffers[0], len), *a = place(buffers[1], len), *b = place(buffers[2], len);
    std::copy(in.a.begin(), in.a.end(), a);
    std::copy(in.b.begin(), in.b.end(), b);
    run_elementwise<T>(kernel, dst, a, b, len);
    expect_accurate<T>(kernel, dst, in.a.data(), in.b.data(), len);
    ASSERT_TRUE(buffers[0].is_intact()) << kernel.symbol << " wrote outside, len " << len;
}

TEST_P(Elementwise, NeverLeavesItsLengths) {
    with_type([](auto zero) {
        using T = decltype(zero);
        GuardedBuffer buffers[3] = {GuardedBuffer(8192), GuardedBuffer(8192), GuardedBuffer(8192)};
        for (int64_t len : test_lengths()) {
            const auto at_end = [](GuardedBuffer &buffer, int64_t n) {
                return buffer.at_end<T>(n);
            };
            const auto at_start = [](GuardedBuffer &buffer, int64_t n) {
                return buffer.at_start<T>(n);
            };
            ASSERT_NO_FATAL_FAILURE(check_placed<T>(GetParam(), len, buffers, at_end));
            ASSERT_NO_FATAL_FAILURE(check_placed<T>(GetParam(), len, buffers, at_start));
        }
    });
}

TEST_P(Elementwise, AcceptsAnyAlignment) {
    with_type([](auto zero) {
        using T = decltype(zero);
        GuardedBuffer buffers[3] = {GuardedBuffer(8192), GuardedBuffer(8192), GuardedBuffer(8192)};
        for (int64_t shift = 1; shift < int64_t(64 / sizeof(T)); shift++) {
            int64_t turn = 0; // each buffer has an alignment of its own
            const auto shifted = [&](GuardedBuffer &buffer, int64_t n) {
                return buffer.at_start<T>(n, shift * ++turn);
            };
            ASSERT_NO_FATAL_FAILURE(check_placed<T>(GetParam(), 133, buffers, shifted));
        }
    });
}

TEST_P(Elementwise, HandlesMoreThanTheCacheHolds) {
    with_type([](auto zero) {
        using T = decltype(zero);
        const int64_t len = length_over_l2(sizeof(T));
        const Inputs<T> in(GetParam(), len);
        std::vector<T> dst(len);
        run_elementwise<T>(GetParam(), dst.data(), in.a.data(), in.b.data(), len);
        // every 31st element meets each lane; the oracle is slow
        std::vector<T> got, a, b;
        for (int64_t i = 0; i < len; i += i + 31 < len ? 31 : 1) {
            got.push_back(dst[i]);
            a.push_back(in.a[i]);
            b.push_back(in.b[i]);
        }
        expect_accurate<T>(GetParam(), got.data(), a.data(), b.data(), int64_t(got.size()));
    });
}

TEST_P(Elementwise, WorksInPlace) {
    with_type([](auto zero) {
        using T = decltype(zero);
        for (int64_t len : {1, 7, 64, 997}) {
            const Inputs<T> in(GetParam(), len);
            std::vector<T> apart(len);
            run_elementwise<T>(GetParam(), apart.data(), in.a.data(), in.b.data(), len);
            std::vector<T> over_a = in.a, over_b = in.b;
            run_elementwise<T>(GetParam(), over_b.data(), in.a.data(), over_b.data(), len);
            EXPECT_EQ(std::memcmp(over_b.data(), apart.data(), len * sizeof(T)), 0);
            if (GetParam().slot().family != Family::axpy) {
                run_elementwise<T>(GetParam(), over_a.data(), over_a.data(), in.b.data(), len);
                EXPECT_EQ(std::memcmp(over_a.data(), apart.data(), len * sizeof(T)), 0);
            }
        }
    });
}

TEST_P(Elementwise, TreatsSpecialValuesInEveryLane) {
    with_type([](auto zero) {
        using T = decltype(zero);
        std::vector<T> a, b;
        for (T x : special_values<T>()) {
            for (T y : special_values<T>()) {
                a.push_back(x);
                b.push_back(y);
            }
        }
        const int64_t len = int64_t(a.size());
        for (int64_t first : {0, 1, 2, 3, 5}) {
            std::vector<T> dst(len);
            run_elementwise<T>(GetParam(), dst.data(), a.data() + first, b.data() + first,
                               len - first);
            expect_accurate<T>(GetParam(), dst.data(), a.data() + first, b.data() + first,
                               len - first);
        }
    });
}

TEST_P(Elementwise, GivesTheSameBitsWhereverAnElementLies) {
    with_type([](auto zero) {
        using T = decltype(zero);
        const int64_t len = 133;
        const Inputs<T> in(GetParam(), len);
        std::vector<T> whole(len), one(1);
        run_elementwise<T>(GetParam(), whole.data(), in.a.data(), in.b.data(), len);
        for (int64_t i = 0; i < len; i++) {
            run_elementwise<T>(GetParam(), one.data(), &in.a[i], &in.b[i], 1);
            ASSERT_TRUE(same_bits(one[0], whole[i])) << GetParam().symbol << " element " << i;
        }
    });
}

// Every avx2 kernel against its avx512 twin.
class SameBits : public Elementwise {};

TEST_P(SameBits, OnAvx2AndAvx512) {
    const Kernel *avx512 = kernel_at(GetParam(), NEURAL_ISA_AVX512);
    ASSERT_NE(avx512, nullptr);
    if (lacks_isa(NEURAL_ISA_AVX512)) {
        GTEST_SKIP() << "needs avx512";
    }
    with_type([&](auto zero) {
        using T = decltype(zero);
        std::mt19937_64 g = generator(GetParam().op + " any bits");
        const int64_t len = 40000;
        Inputs<T> in(GetParam(), len);
        std::uniform_int_distribution<uint64_t> bits;
        for (int64_t i = 0; i < len / 2; i++) { // half of them any bits at all
            const uint64_t any_a = bits(g), any_b = bits(g);
            std::memcpy(&in.a[i], &any_a, sizeof(T));
            std::memcpy(&in.b[i], &any_b, sizeof(T));
        }
        for (T x : special_values<T>()) {
            in.a.push_back(x);
            in.b.push_back(x);
        }
        const int64_t all = int64_t(in.a.size());
        std::vector<T> narrow(all), wide(all);
        run_elementwise<T>(GetParam(), narrow.data(), in.a.data(), in.b.data(), all);
        run_elementwise<T>(*avx512, wide.data(), in.a.data(), in.b.data(), all);
        for (int64_t i = 0; i < all; i++) {
            ASSERT_TRUE(same_bits(narrow[i], wide[i]))
                << GetParam().op << "(" << in.a[i] << ", " << in.b[i] << ") is " << narrow[i]
                << " on avx2, " << wide[i] << " on avx512, seed " << seed();
        }
    });
}

std::vector<Kernel> avx2_kernels() {
    std::vector<Kernel> kernels = kernels_of(ELEMENTWISE_FAMILIES);
    const auto is_other = [](const Kernel &kernel) { return kernel.isa != NEURAL_ISA_AVX2; };
    kernels.erase(std::remove_if(kernels.begin(), kernels.end(), is_other), kernels.end());
    return kernels;
}

INSTANTIATE_TEST_SUITE_P(Kernels, Elementwise, testing::ValuesIn(kernels_of(ELEMENTWISE_FAMILIES)),
                         kernel_test_name);
INSTANTIATE_TEST_SUITE_P(Kernels, SameBits, testing::ValuesIn(avx2_kernels()), kernel_test_name);

} // namespace
} // namespace neural_test

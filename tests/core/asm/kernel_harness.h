// What every kernel test needs: the kernels of the lists as values, guarded buffers, checked calls,
// error in units of the last place, special values, and a printed seed.
#ifndef TESTS_CORE_ASM_KERNEL_HARNESS_H_
#define TESTS_CORE_ASM_KERNEL_HARNESS_H_

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "core/asm/cpu.h"
#include "core/asm/kernel_table.h"
#include "core/asm/kernel_types.h"
#include "tests/core/asm/kernel_families.h"

namespace neural_test {

struct Slot {
    std::string op;
    Family family;
    neural_accuracy accuracy;
};

// All slots, in the order of the list.
const std::vector<Slot> &slots();
const Slot &slot_of(const std::string &op);

using AnyFunction = void (*)();

// One row of the kernel list; dtype is empty where the operation has none.
struct Kernel {
    std::string symbol, op, dtype;
    neural_isa isa;
    AnyFunction function;

    const Slot &slot() const { return slot_of(op); }
    bool is_f32() const { return dtype == "f32"; }

    // The kernel as its true type, say as<neural_unary_f32>().
    template <class F> F *as() const { return reinterpret_cast<F *>(function); }
};

// All rows, or those of some families.
const std::vector<Kernel> &kernels();
std::vector<Kernel> kernels_of(std::initializer_list<Family> families);

// The row of the same op and dtype at another level; NULL when there is none.
const Kernel *kernel_at(const Kernel &kernel, neural_isa isa);

// For INSTANTIATE_TEST_SUITE_P: tests are named by the kernel's symbol.
std::string kernel_test_name(const testing::TestParamInfo<Kernel> &info);
void PrintTo(const Kernel &kernel, std::ostream *os);

// TEST_P(suite, name) that runs the fixture's `method`, a template over the kernel's dtype.
#define TEST_BY_DTYPE(suite, name, method)                                                         \
    TEST_P(suite, name) {                                                                          \
        GetParam().is_f32() ? method<float>() : method<double>();                                  \
    }

// True when the CPU lacks the level; then the test has been skipped, or failed where the variable
// NEURAL_REQUIRE_ISA (a level: "avx512") asks for it.
bool lacks_isa(neural_isa isa);

// A fixture for tests of one kernel each: skips where the CPU lacks the level.
class KernelTest : public testing::TestWithParam<Kernel> {
  protected:
    void SetUp() override;
};

// --- numbers -------------------------------------------------------------------------------------

// The seed of this run: NEURAL_TEST_SEED, else 1. Printed once.
uint64_t seed();

// A generator that depends on the seed and a name alone, so that each test can be replayed alone.
std::mt19937_64 generator(const std::string &name);

// Zeros, subnormals, infinities, NaN, extremes.
template <class T> std::vector<T> special_values() {
    using L = std::numeric_limits<T>;
    std::vector<T> values;
    for (T v :
         {T(0), L::denorm_min(), L::min() / 2, L::min(), L::epsilon(), T(0.5), T(1), T(1.5), T(3),
          T(6), T(20), T(88), T(104), T(709), T(746), L::max() / 2, L::max(), L::infinity()}) {
        values.push_back(v);
        values.push_back(-v);
    }
    values.push_back(L::quiet_NaN());
    return values;
}

// Mostly moderate numbers of both signs over some powers of two.
template <class T> T ordinary_value(std::mt19937_64 &g) {
    std::uniform_real_distribution<double> mantissa(-2, 2);
    std::uniform_int_distribution<int> exponent(-6, 3);
    return static_cast<T>(std::ldexp(mantissa(g), exponent(g)));
}

template <class T> std::vector<T> ordinary_values(std::mt19937_64 &g, int64_t len) {
    std::vector<T> values(len);
    for (T &v : values) {
        v = ordinary_value<T>(g);
    }
    return values;
}

// The distance of neighbours of T around x.
template <class T, class R> R ulp(R x) {
    using L = std::numeric_limits<T>;
    const R magnitude = std::fabs(x);
    if (!(magnitude >= R(L::min()))) {
        return R(L::denorm_min());
    }
    const int exponent = std::min(std::ilogb(magnitude), L::max_exponent - 1);
    return std::ldexp(R(1), exponent - L::digits + 1);
}

// |got - want| in units of the last place of want. 0 when both are NaN, infinite when one is. An
// infinite result stands for the first number beyond the range.
template <class T, class R> double ulp_error(T got, R want) {
    if (std::isnan(got) || std::isnan(want)) {
        return std::isnan(got) && std::isnan(want) ? 0 : INFINITY;
    }
    const R beyond = std::ldexp(R(1), std::numeric_limits<T>::max_exponent);
    const R g = std::isinf(got) ? std::copysign(beyond, R(got)) : R(got);
    const R w = std::fabs(want) > beyond ? std::copysign(beyond, want) : want;
    return static_cast<double>(std::fabs(g - w) / ulp<T>(w));
}

// Same bits, or both NaN.
template <class T> bool same_bits(T a, T b) {
    return std::memcmp(&a, &b, sizeof(T)) == 0 || (std::isnan(a) && std::isnan(b));
}

// Whether `got` is within the accuracy class of the exact `want`; magnitude is the sum of the
// magnitudes of the terms, `underflow` what an underflow inside may cost in smallest subnormals
// (for SUM only).
template <class T, class R>
bool is_accurate(const neural_accuracy &accuracy, T got, R want, R magnitude, R underflow = 1) {
    if (accuracy.kind == NEURAL_ACCURACY_EXACT) {
        return same_bits(got, static_cast<T>(want));
    }
    const double error = ulp_error(got, want);
    if (accuracy.kind == NEURAL_ACCURACY_ULP || !(std::isfinite(got) && std::isfinite(magnitude))) {
        return error <= accuracy.bound;
    }
    const R epsilon = std::numeric_limits<T>::epsilon();
    return std::fabs(R(got) - want) <=
           R(accuracy.bound) *
               (epsilon * magnitude + underflow * R(std::numeric_limits<T>::denorm_min()));
}

// --- memory --------------------------------------------------------------------------------------

// Memory between two pages that may not be touched. What is not asked for is filled with a pattern.
class GuardedBuffer {
  public:
    explicit GuardedBuffer(size_t bytes);
    ~GuardedBuffer();
    GuardedBuffer(const GuardedBuffer &) = delete;
    GuardedBuffer &operator=(const GuardedBuffer &) = delete;

    // `len` elements that end at the upper page, or that begin `shift` elements after the lower.
    template <class T> T *at_end(int64_t len) {
        return static_cast<T *>(place(capacity_ - len * sizeof(T), len * sizeof(T)));
    }
    template <class T> T *at_start(int64_t len, int64_t shift = 0) {
        return static_cast<T *>(place(shift * sizeof(T), len * sizeof(T)));
    }

    // Whether all bytes around the last placement still hold the pattern.
    bool is_intact() const;

  private:
    void *place(size_t offset, size_t bytes);

    unsigned char *mapping_, *data_;
    size_t capacity_, mapped_;
    size_t begin_ = 0, end_ = 0;
};

// Lengths around every vector width up to four AVX-512 vectors, a prime, and one over L2.
std::vector<int64_t> test_lengths();
int64_t length_over_l2(size_t element_bytes);

// --- calls ---------------------------------------------------------------------------------------

struct call_frame {
    AnyFunction function;
    uint64_t integers[6];
    uint64_t floats[2];
    uint64_t rax;
    unsigned char xmm0[16];
    uint64_t has_avx;
};

// Calls and reports broken promises (registers, direction flag, MXCSR, upper halves) as failures.
void run_checked(call_frame *frame);

template <class T> void add_argument(call_frame *frame, int *integers, int *floats, T value) {
    if constexpr (std::is_floating_point_v<T>) {
        std::memcpy(&frame->floats[(*floats)++], &value, sizeof(T));
    } else {
        frame->integers[(*integers)++] = (uint64_t)value;
    }
}

// function(arguments...) through the checks.
template <class R, class... Parameters, class... Arguments>
R call_checked(R (*function)(Parameters...), Arguments... arguments) {
    call_frame frame = {};
    int integers = 0, floats = 0;
    frame.function = reinterpret_cast<AnyFunction>(function);
    (add_argument<Parameters>(&frame, &integers, &floats, arguments), ...);
    run_checked(&frame);
    if constexpr (!std::is_void_v<R>) {
        R result;
        const void *where = std::is_floating_point_v<R> ? (void *)frame.xmm0 : (void *)&frame.rax;
        std::memcpy(&result, where, sizeof(R));
        return result;
    }
}

} // namespace neural_test

#endif // TESTS_CORE_ASM_KERNEL_HARNESS_H_

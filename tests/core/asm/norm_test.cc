// layer_norm, rms_norm, their gradients and the gradients of gamma and beta.
#include <algorithm>

#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

template <class T>
using Norm = std::conditional_t<std::is_same_v<T, float>, neural_norm_f32, neural_norm_f64>;
template <class T>
using NormGrad =
    std::conditional_t<std::is_same_v<T, float>, neural_norm_grad_f32, neural_norm_grad_f64>;
template <class T>
using ParamGrad = std::conditional_t<std::is_same_v<T, float>, neural_norm_param_grad_f32,
                                     neural_norm_param_grad_f64>;

constexpr double kEpsilon = 1e-3;

struct Exact {
    long double value, magnitude;
};

bool is_centred(const Kernel &kernel) {
    return kernel.op.rfind("layer", 0) == 0;
}

template <class T> long double at(const T *vector, int64_t i, long double otherwise) {
    return vector ? (long double)vector[i] : otherwise;
}

// mean, rstd and mean |x| of a row in long double.
struct RowStats {
    long double mean = 0, rstd = 0, mean_magnitude = 0;

    template <class T> RowStats(const Kernel &kernel, const T *x, int64_t cols) {
        long double squares = 0;
        for (int64_t c = 0; c < cols; c++) {
            mean += is_centred(kernel) ? (long double)x[c] / cols : 0;
            mean_magnitude += std::fabs((long double)x[c]) / cols;
        }
        for (int64_t c = 0; c < cols; c++) {
            squares += (x[c] - mean) * (x[c] - mean);
        }
        rstd = 1 / std::sqrt(squares / cols + (long double)T(kEpsilon));
    }
};

// One call: a matrix of x and dy between protected pages, and what belongs to it.
template <class T> struct Call {
    neural_norm_args args;
    GuardedBuffer x_memory, dy_memory, out_memory, gamma_memory, beta_memory, stats_memory;
    T *x, *dy, *out, *gamma, *beta, *stats;

    Call(std::mt19937_64 &random, int64_t rows, int64_t cols, T offset = 0)
        : args{rows, cols, kEpsilon}, x_memory(rows * cols * sizeof(T)),
          dy_memory(rows * cols * sizeof(T)), out_memory(rows * cols * sizeof(T)),
          gamma_memory(cols * sizeof(T)), beta_memory(cols * sizeof(T)),
          stats_memory(2 * rows * sizeof(T)), x(fill(x_memory, random, rows * cols, offset)),
          dy(fill(dy_memory, random, rows * cols, 0)), out(out_memory.at_end<T>(rows * cols)),
          gamma(fill(gamma_memory, random, cols, 0)), beta(fill(beta_memory, random, cols, 0)),
          stats(stats_memory.at_end<T>(2 * rows)) {}

    static T *fill(GuardedBuffer &memory, std::mt19937_64 &random, int64_t len, T offset) {
        T *values = memory.at_end<T>(len);
        for (int64_t i = 0; i < len; i++) {
            values[i] = ordinary_value<T>(random) + offset;
        }
        return values;
    }

    bool is_intact() const {
        return x_memory.is_intact() && dy_memory.is_intact() && out_memory.is_intact() &&
               gamma_memory.is_intact() && beta_memory.is_intact() && stats_memory.is_intact();
    }
};

class NormTest : public KernelTest {
  protected:
    const Kernel &kernel() const { return GetParam(); }
    bool is_grad() const { return kernel().slot().family == Family::norm_grad; }

    template <class T> void expect(T got, Exact want, const char *what, int64_t r, int64_t c) {
        ASSERT_TRUE(is_accurate(kernel().slot().accuracy, got, want.value, want.magnitude))
            << what << " [" << r << ", " << c << "]: " << got << ", want " << want.value;
    }

    template <class T> void run(Call<T> &call, const T *gamma, const T *beta) {
        if (is_grad()) {
            call_checked(kernel().as<NormGrad<T>>(), call.out, call.dy, call.x, gamma,
                         (const T *)call.stats, &call.args);
        } else {
            call_checked(kernel().as<Norm<T>>(), call.out, call.x, gamma, beta, call.stats,
                         &call.args);
        }
        EXPECT_TRUE(call.is_intact());
    }

    template <class T> void expect_forward(const Call<T> &call, const T *gamma, const T *beta) {
        const int64_t cols = call.args.cols;
        for (int64_t r = 0; r < call.args.rows && cols > 0; r++) {
            const T *x = call.x + r * cols;
            const RowStats row(kernel(), x, cols);
            const long double shift = is_centred(kernel()) ? row.mean_magnitude : 0;
            expect(call.stats[2 * r], {row.mean, row.mean_magnitude}, "mean", r, 0);
            // an error in the mean adds its square to the variance
            const T slack = std::numeric_limits<T>::epsilon() * shift * row.rstd;
            expect(call.stats[2 * r + 1], {row.rstd, row.rstd * (1 + slack * shift * row.rstd)},
                   "rstd", r, 0);
            for (int64_t c = 0; c < cols; c++) {
                const long double scale = row.rstd * at(gamma, c, 1), add = at(beta, c, 0);
                const long double d = x[c] - row.mean;
                expect(
                    call.out[r * cols + c],
                    {d * scale + add, (std::fabs(d) + shift) * std::fabs(scale) + std::fabs(add)},
                    "y", r, c);
            }
        }
    }

    // The saved statistics are an input: what the kernel makes of them is compared.
    template <class T> void expect_backward(const Call<T> &call, const T *gamma) {
        const int64_t cols = call.args.cols;
        for (int64_t r = 0; r < call.args.rows; r++) {
            const T *x = call.x + r * cols, *dy = call.dy + r * cols;
            const long double mean = call.stats[2 * r], rstd = call.stats[2 * r + 1];
            Exact g_mean = {0, 0}, dot_mean = {0, 0};
            for (int64_t c = 0; c < cols; c++) {
                const long double g = dy[c] * at(gamma, c, 1), xhat = (x[c] - mean) * rstd;
                g_mean.value += is_centred(kernel()) ? g / cols : 0;
                g_mean.magnitude += std::fabs(g) / cols;
                dot_mean.value += g * xhat / cols;
                dot_mean.magnitude += std::fabs(g * xhat) / cols;
            }
            for (int64_t c = 0; c < cols; c++) {
                const long double g = dy[c] * at(gamma, c, 1), xhat = (x[c] - mean) * rstd;
                expect(call.out[r * cols + c],
                       {rstd * (g - g_mean.value - xhat * dot_mean.value),
                        rstd * (std::fabs(g) + g_mean.magnitude +
                                std::fabs(xhat) * dot_mean.magnitude)},
                       "dx", r, c);
            }
        }
    }

    template <class T> void set_stats(Call<T> &call) {
        for (int64_t r = 0; r < call.args.rows; r++) {
            const RowStats row(kernel(), call.x + r * call.args.cols, call.args.cols);
            call.stats[2 * r] = T(row.mean);
            call.stats[2 * r + 1] = T(row.rstd);
        }
    }

    template <class T> void shape(std::mt19937_64 &random, int64_t rows, int64_t cols, T offset) {
        Call<T> call(random, rows, cols, offset);
        for (int given = 0; given < 4; given++) {
            const T *gamma = given & 1 ? call.gamma : nullptr;
            const T *beta = given & 2 ? call.beta : nullptr;
            if (is_grad()) {
                set_stats(call);
                run(call, gamma, beta);
                expect_backward(call, gamma);
            } else {
                run(call, gamma, beta);
                expect_forward(call, gamma, beta);
            }
        }
    }

    template <class T> void shapes() {
        auto random = generator(kernel().symbol);
        for (int64_t cols : test_lengths()) {
            for (int64_t rows : {0, 1, 3}) {
                shape<T>(random, rows, cols, 0);
            }
        }
        shape<T>(random, 2, 9001, 0); // lanes that move to their totals
        shape<T>(random, 2, 256, 1000);
    }

    // In place, and a row of NaN or infinities, which stays alone.
    template <class T> void in_place_and_specials() {
        auto random = generator(kernel().symbol);
        const int64_t rows = 4, cols = 37;
        for (T special :
             {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity()}) {
            Call<T> call(random, rows, cols);
            call.x[2 * cols + 35] = special;
            set_stats(call);
            run(call, (const T *)nullptr, (const T *)nullptr);
            for (int64_t r = 0; r < rows; r++) {
                EXPECT_EQ(std::isnan(call.out[r * cols + 3]) || std::isnan(call.out[r * cols + 35]),
                          r == 2);
            }
            const std::vector<T> want(call.out, call.out + rows * cols);
            T *separate = call.out;
            call.out = call.x;
            run(call, (const T *)nullptr, (const T *)nullptr);
            for (int64_t i = 0; i < rows * cols; i++) {
                EXPECT_TRUE(same_bits(call.x[i], want[i])) << "element " << i;
            }
            call.out = separate;
        }
    }

    template <class T> void same_bits_everywhere() {
        const Kernel *wide = kernel_at(kernel(), NEURAL_ISA_AVX512);
        if (kernel().isa != NEURAL_ISA_AVX2 || lacks_isa(NEURAL_ISA_AVX512)) {
            return;
        }
        auto random = generator(kernel().symbol);
        for (int64_t cols : {1, 7, 8, 15, 16, 31, 65, 130, 256, 300, 4096, 5001, 10000}) {
            Call<T> call(random, 3, cols);
            set_stats(call);
            run(call, (const T *)call.gamma, (const T *)call.beta);
            const std::vector<T> want(call.out, call.out + 3 * cols);
            if (is_grad()) {
                wide->as<NormGrad<T>>()(call.out, call.dy, call.x, call.gamma, call.stats,
                                        &call.args);
            } else {
                wide->as<Norm<T>>()(call.out, call.x, call.gamma, call.beta, call.stats,
                                    &call.args);
            }
            EXPECT_EQ(std::memcmp(want.data(), call.out, 3 * cols * sizeof(T)), 0)
                << cols << " columns";
        }
    }
};

TEST_BY_DTYPE(NormTest, Shapes, shapes)

TEST_BY_DTYPE(NormTest, InPlaceAndSpecials, in_place_and_specials)

TEST_BY_DTYPE(NormTest, SameBitsOnAvx2AndAvx512, same_bits_everywhere)

INSTANTIATE_TEST_SUITE_P(All, NormTest,
                         testing::ValuesIn(kernels_of({Family::norm, Family::norm_grad})),
                         kernel_test_name);

class ParamGradTest : public KernelTest {
  protected:
    // One chain per column: where there is FMA its bits are known.
    template <class T> void shape(std::mt19937_64 &random, int64_t rows, int64_t cols) {
        Call<T> call(random, rows, cols);
        for (int64_t i = 0; i < 2 * rows; i++) {
            call.stats[i] = ordinary_value<T>(random);
        }
        std::vector<T> gamma(call.gamma, call.gamma + cols), beta(call.beta, call.beta + cols);
        const bool fused = GetParam().isa >= NEURAL_ISA_AVX2;
        for (int64_t i = 0; i < rows * cols; i++) {
            const T xhat = (call.x[i] - call.stats[i / cols * 2]) * call.stats[i / cols * 2 + 1];
            T &sum = gamma[i % cols];
            sum = fused ? std::fma(call.dy[i], xhat, sum) : sum + call.dy[i] * xhat;
            beta[i % cols] += call.dy[i];
        }
        const std::vector<T> old(call.gamma, call.gamma + cols);
        call_checked(GetParam().as<ParamGrad<T>>(), call.gamma, call.beta, call.dy, call.x,
                     call.stats, &call.args);
        for (int64_t c = 0; c < cols; c++) {
            ASSERT_TRUE(same_bits(call.gamma[c], gamma[c])) << "dgamma " << c << " of " << cols;
            ASSERT_TRUE(same_bits(call.beta[c], beta[c])) << "dbeta " << c << " of " << cols;
        }
        std::copy(old.begin(), old.end(), call.gamma);
        call_checked(GetParam().as<ParamGrad<T>>(), call.gamma, (T *)nullptr, call.dy, call.x,
                     call.stats, &call.args);
        for (int64_t c = 0; c < cols; c++) {
            ASSERT_TRUE(same_bits(call.gamma[c], gamma[c])) << "dgamma alone " << c;
        }
        EXPECT_TRUE(call.is_intact());
    }

    template <class T> void shapes() {
        auto random = generator(GetParam().symbol);
        for (int64_t cols : test_lengths()) {
            for (int64_t rows : {0, 1, 9}) {
                shape<T>(random, rows, cols);
            }
        }
        shape<T>(random, 71, 37); // blocks of rows
    }
};

TEST_BY_DTYPE(ParamGradTest, Shapes, shapes)

INSTANTIATE_TEST_SUITE_P(All, ParamGradTest,
                         testing::ValuesIn(kernels_of({Family::norm_param_grad})),
                         kernel_test_name);

} // namespace
} // namespace neural_test

// Normalization per channel: statistics, sums of gradients, result, gradient.
#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

template <class T, class F32, class F64>
using Typed = std::conditional_t<std::is_same_v<T, float>, F32, F64>;
template <class T> using Stats = Typed<T, neural_channel_stats_f32, neural_channel_stats_f64>;
template <class T> using Sums = Typed<T, neural_channel_sums_f32, neural_channel_sums_f64>;
template <class T> using Result = Typed<T, neural_channel_norm_f32, neural_channel_norm_f64>;
template <class T>
using Gradient = Typed<T, neural_channel_norm_grad_f32, neural_channel_norm_grad_f64>;

// Channels `first` and following of a tensor with one channel more, so that planes have gaps.
template <class T> struct Planes {
    neural_channel_args args;
    int64_t span; // elements from the first to the last
    GuardedBuffer x_memory, dy_memory, out_memory, table_memory, a_memory, b_memory;
    T *x, *dy, *out, *table, *a, *b;

    Planes(std::mt19937_64 &random, int64_t batch, int64_t channels, int64_t len, T offset = 0)
        : args{batch, channels, len, (channels + 1) * len},
          span(batch ? (batch - 1) * args.stride + channels * len : 0), x_memory(span * sizeof(T)),
          dy_memory(span * sizeof(T)), out_memory(span * sizeof(T)),
          table_memory(4 * channels * sizeof(T)), a_memory(channels * sizeof(T)),
          b_memory(channels * sizeof(T)), x(fill(x_memory, random, span, offset)),
          dy(fill(dy_memory, random, span, 0)), out(fill(out_memory, random, span, 0)),
          table(fill(table_memory, random, 4 * channels, 0)),
          a(fill(a_memory, random, channels, 0)), b(fill(b_memory, random, channels, 0)) {}

    static T *fill(GuardedBuffer &memory, std::mt19937_64 &random, int64_t len, T offset) {
        T *values = memory.at_end<T>(len);
        for (int64_t i = 0; i < len; i++) {
            values[i] = ordinary_value<T>(random) + offset;
        }
        return values;
    }

    int64_t index(int64_t n, int64_t c, int64_t i) const {
        return n * args.stride + c * args.len + i;
    }
    bool is_intact() const {
        return x_memory.is_intact() && dy_memory.is_intact() && out_memory.is_intact() &&
               table_memory.is_intact() && a_memory.is_intact() && b_memory.is_intact();
    }
};

class ChannelTest : public KernelTest {
  protected:
    static bool has(const char *word) { return GetParam().op.find(word) != std::string::npos; }
    static bool by_column() { return has("column"); }

    template <class T>
    void expect(const Planes<T> &p, T got, long double want, long double magnitude,
                const char *what, int64_t c) {
        ASSERT_TRUE(is_accurate(GetParam().slot().accuracy, got, want, magnitude))
            << what << " of channel " << c << ", [" << p.args.batch << ", " << p.args.channels
            << ", " << p.args.len << "]: " << got << ", want " << want;
    }

    template <class T> void run_stats(const Kernel &kernel, const Planes<T> &p) {
        call_checked(kernel.as<Stats<T>>(), p.a, p.b, p.x, &p.args);
    }

    template <class T> void expect_stats(const Planes<T> &p) {
        const long double count = (long double)p.args.batch * p.args.len;
        for (int64_t c = 0; c < p.args.channels && count > 0; c++) {
            long double sum = 0, magnitude = 0, squares = 0;
            for (int pass = 0; pass < 2; pass++) {
                for (int64_t n = 0; n < p.args.batch; n++) {
                    for (int64_t i = 0; i < p.args.len; i++) {
                        const long double value = p.x[p.index(n, c, i)];
                        sum += pass ? 0 : value;
                        magnitude += pass ? 0 : std::fabs(value);
                        squares += pass ? (value - sum / count) * (value - sum / count) : 0;
                    }
                }
            }
            expect(p, p.a[c], sum / count, magnitude / count, "mean", c);
            const long double off = std::numeric_limits<T>::epsilon() * magnitude / count;
            expect(p, p.b[c], squares / count,
                   squares / count + off * off / std::numeric_limits<T>::epsilon(), "variance", c);
        }
    }

    template <class T> void run_sums(const Kernel &kernel, const Planes<T> &p) {
        call_checked(kernel.as<Sums<T>>(), p.a, p.b, p.dy, p.x, p.table, &p.args);
    }

    template <class T> void expect_sums(const Planes<T> &p) {
        for (int64_t c = 0; c < p.args.channels && p.args.batch * p.args.len > 0; c++) {
            long double sum = 0, sum_of = 0, dot = 0, dot_of = 0;
            for (int64_t n = 0; n < p.args.batch; n++) {
                for (int64_t i = 0; i < p.args.len; i++) {
                    const long double dy = p.dy[p.index(n, c, i)];
                    const long double term = dy * (p.x[p.index(n, c, i)] - (long double)p.table[c]);
                    sum += dy;
                    sum_of += std::fabs(dy);
                    dot += term;
                    dot_of += std::fabs(term);
                }
            }
            expect(p, p.a[c], sum, sum_of, "sum", c);
            expect(p, p.b[c], dot, dot_of, "dot", c);
        }
    }

    template <class T> void run_maps(const Kernel &kernel, const Planes<T> &p) {
        if (!has("norm_grad")) {
            call_checked(kernel.as<Result<T>>(), p.out, p.x, p.table, &p.args);
        } else {
            call_checked(kernel.as<Gradient<T>>(), p.out, p.dy, p.x, p.table, &p.args);
        }
    }

    // Element by element; what lies between the planes stays.
    template <class T> void expect_maps(const Planes<T> &p, const std::vector<T> &old) {
        const bool is_grad = has("norm_grad");
        const int width = is_grad ? 4 : 3;
        for (int64_t at = 0; at < p.span; at++) {
            const int64_t c = at % p.args.stride / p.args.len;
            if (c == p.args.channels) {
                ASSERT_TRUE(same_bits(p.out[at], old[at])) << "gap at " << at;
                continue;
            }
            const auto of = [&](int i) -> long double {
                return p.table[by_column() ? i * p.args.channels + c : width * c + i];
            };
            const long double d = p.x[at] - of(0), scale = of(1), third = of(2);
            long double want = d * scale + third, sum = std::fabs(d * scale) + std::fabs(third);
            if (is_grad) {
                want = p.dy[at] * scale + third - d * of(3);
                sum = std::fabs(p.dy[at] * scale) + std::fabs(third) + std::fabs(d * of(3));
            }
            expect(p, p.out[at], want, sum, "element", c);
        }
    }

    template <class T> void run(const Kernel &kernel, const Planes<T> &p) {
        switch (kernel.slot().family) {
        case Family::channel_stats:
            return run_stats(kernel, p);
        case Family::channel_sums:
            return run_sums(kernel, p);
        default:
            return run_maps(kernel, p);
        }
    }

    template <class T> void shape(const Planes<T> &p) {
        const std::vector<T> old(p.out, p.out + p.span);
        run(GetParam(), p);
        switch (GetParam().slot().family) {
        case Family::channel_stats:
            expect_stats(p);
            break;
        case Family::channel_sums:
            expect_sums(p);
            break;
        default:
            expect_maps(p, old);
        }
        EXPECT_TRUE(p.is_intact());
    }

    template <class T> void columns(std::mt19937_64 &random) {
        for (int64_t channels : test_lengths()) {
            shape(Planes<T>(random, channels > 1000 ? 3 : 67, channels, 1));
        }
        for (int64_t batch : {0, 1, 2, 63, 64, 65, 128, 131}) {
            shape(Planes<T>(random, batch, 5, 1));
            shape(Planes<T>(random, batch, 77, 1));
        }
        shape(Planes<T>(random, 1000, 70, 1, 1000)); // a large mean does not cancel
    }

    template <class T> void shapes() {
        auto random = generator(GetParam().symbol);
        if (by_column()) {
            return columns<T>(random);
        }
        for (int64_t len : test_lengths()) {
            shape(Planes<T>(random, 2, 3, len));
        }
        for (int64_t batch : {0, 1, 70, 131}) {
            shape(Planes<T>(random, batch, 2, 1));
            shape(Planes<T>(random, batch, 5, 49));
        }
        shape(Planes<T>(random, 3, 0, 7));
        shape(Planes<T>(random, 3, 2, 5003));
        shape(Planes<T>(random, 4, 2, 256, 1000)); // a large mean does not cancel
        Planes<T> far(random, 1, 3, 1040); // as if of a sample so long that results pass the caches
        far.args.stride = 12 << 20;
        shape(far);
    }

    template <class T> void same_bits_everywhere() {
        const Kernel *wide = kernel_at(GetParam(), NEURAL_ISA_AVX512);
        if (GetParam().isa != NEURAL_ISA_AVX2 || lacks_isa(NEURAL_ISA_AVX512)) {
            return;
        }
        auto random = generator(GetParam().symbol);
        for (int64_t len : {1, 5, 8, 16, 49, 64, 100, 1024, 5001}) {
            const Planes<T> p(random, 67, by_column() ? len : 3, by_column() ? 1 : len);
            const int64_t channels = p.args.channels;
            std::vector<T> results[2];
            for (int level = 0; level < 2; level++) {
                run(level ? *wide : GetParam(), p);
                results[level].assign(p.out, p.out + p.span);
                results[level].insert(results[level].end(), p.a, p.a + channels);
                results[level].insert(results[level].end(), p.b, p.b + channels);
            }
            EXPECT_EQ(
                std::memcmp(results[0].data(), results[1].data(), results[0].size() * sizeof(T)), 0)
                << "len " << len;
        }
    }
};

TEST_BY_DTYPE(ChannelTest, Shapes, shapes)

TEST_BY_DTYPE(ChannelTest, SameBitsOnAvx2AndAvx512, same_bits_everywhere)

INSTANTIATE_TEST_SUITE_P(All, ChannelTest,
                         testing::ValuesIn(kernels_of({Family::channel_stats, Family::channel_sums,
                                                       Family::channel_norm,
                                                       Family::channel_norm_grad})),
                         kernel_test_name);

} // namespace
} // namespace neural_test

// Random fills and dropout: bits against Philox as written in the paper, normal numbers against
// Box-Muller in long double and against single draws, and the distributions themselves.
#include <algorithm>
#include <array>

#include "core/base/random.h"
#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

template <class T>
using Fill = std::conditional_t<std::is_same_v<T, float>, neural_uniform_f32, neural_uniform_f64>;
template <class T>
using Bernoulli =
    std::conditional_t<std::is_same_v<T, float>, neural_bernoulli_f32, neural_bernoulli_f64>;
template <class T>
using MaskScale =
    std::conditional_t<std::is_same_v<T, float>, neural_mask_scale_f32, neural_mask_scale_f64>;

using Words = std::array<uint32_t, 4>;

// Philox4x32-10, Salmon et al. 2011, section 3.3 and table 2; the counter is that of random.h.
Words block_of(const neural_random &s, uint64_t index) {
    const uint64_t step = s.step & INT64_MAX;
    Words c = {uint32_t(index), uint32_t(index >> 32 ^ step >> 32), uint32_t(step), s.purpose};
    uint32_t k0 = uint32_t(s.seed), k1 = uint32_t(s.seed >> 32);
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = 0xD2511F53ull * c[0], p1 = 0xCD9E8D57ull * c[2];
        c = {uint32_t(p1 >> 32) ^ c[1] ^ k0, uint32_t(p1), uint32_t(p0 >> 32) ^ c[3] ^ k1,
             uint32_t(p0)};
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return c;
}

uint32_t word_of(const neural_random &s, uint64_t i) {
    return block_of(s, i / 4)[i % 4];
}

uint64_t pair_of(const neural_random &s, uint64_t i) {
    const Words block = block_of(s, i / 2);
    return block[i % 2 * 2] | uint64_t(block[i % 2 * 2 + 1]) << 32;
}

// Streams with every field at work, and first blocks whose counters carry into the high word.
struct Case {
    neural_random stream;
    uint64_t block;
};

const Case kCases[] = {{{1, NEURAL_RANDOM_USER, 0}, 0},
                       {{0x0123456789abcdef, 77, 0x9122334455667788}, 0xfffffffb},
                       {{UINT64_MAX, UINT32_MAX, UINT64_MAX}, UINT64_MAX / 4 - 300}};

const uint64_t kThresholds[] = {0, 1, 0x40000000, 0x80000000, 0xffffffff, uint64_t(1) << 32};

class RandomTest : public KernelTest {
  protected:
    GuardedBuffer out{8192}, in{8192}, bytes{2048};

    // Fills `len` elements flush with either page and compares each with want(i), to the bit.
    template <class T, class Run, class Want> void expect_fill(int64_t len, Run run, Want want) {
        for (const int64_t shift : {int64_t(-1), int64_t(0), len % 13}) {
            T *dst = shift < 0 ? out.at_end<T>(len) : out.at_start<T>(len, shift);
            run(dst);
            for (int64_t i = 0; i < len; i++) {
                ASSERT_TRUE(same_bits<T>(dst[i], want(i)))
                    << +dst[i] << " is not " << +want(i) << " at " << i << " of " << len;
            }
            ASSERT_TRUE(out.is_intact()) << len;
        }
    }

    // The same, for each length and case.
    template <class T, class Run, class Want> void expect_fills(Run run, Want want) {
        for (const Case &c : kCases) {
            for (int64_t len : test_lengths()) {
                std::vector<T> expected(len);
                for (int64_t i = 0; i < len; i++) {
                    expected[i] = want(c, i);
                }
                expect_fill<T>(
                    len, [&](T *dst) { run(c, dst, len); }, [&](int64_t i) { return expected[i]; });
            }
        }
    }

    const std::string &op() const { return GetParam().op; }
};

class RandomFillTest : public RandomTest {
  protected:
    template <class T> void uniform_bits() {
        const double ranges[][2] = {{0, 1}, {-0.37, 0.37}, {-2, 3.1}, {1e30, 1e30}};
        for (const auto &range : ranges) {
            const double low = range[0], high = range[1];
            const auto run = [&](const Case &c, T *dst, int64_t len) {
                call_checked(GetParam().as<Fill<T>>(), dst, len, &c.stream, c.block, low, high);
            };
            expect_fills<T>(run, [&](const Case &c, int64_t i) {
                const double draw =
                    sizeof(T) == 4
                        ? double(word_of(c.stream, 4 * c.block + i) >> 8) / (1 << 24)
                        : std::ldexp(double(pair_of(c.stream, 2 * c.block + i) >> 11), -53);
                return T(low + (high - low) * draw);
            });
        }
    }

    template <class T> T single_normal(const neural_random &stream, uint64_t index) {
        return sizeof(T) == 4 ? T(neural_random_normal_f32(&stream, index))
                              : T(neural_random_normal_f64(&stream, index));
    }

    template <class T> void normal_bits() {
        for (const double mean : {0.0, -2.5}) {
            const T center = T(mean), spread = T(mean == 0 ? 1 : 0.3);
            const auto run = [&](const Case &c, T *dst, int64_t len) {
                call_checked(GetParam().as<Fill<T>>(), dst, len, &c.stream, c.block, mean,
                             mean == 0 ? 1.0 : 0.3);
            };
            expect_fills<T>(run, [&](const Case &c, int64_t i) {
                const T scaled = single_normal<T>(c.stream, 16 / sizeof(T) * c.block + i) * spread;
                return scaled + center;
            });
        }
    }

    // The first of each pair of draws, in long double.
    template <class T> long double box_muller(const neural_random &s, uint64_t i) {
        long double u, w;
        int signs;
        if (sizeof(T) == 4) {
            const uint32_t angle = word_of(s, i + 1);
            u = (word_of(s, i) + 0.5L) / 4294967296.0L;
            w = static_cast<int32_t>(angle << 2) / 4294967296.0L;
            signs = angle >> 31;
        } else {
            const uint64_t angle = pair_of(s, i + 1);
            u = std::ldexp((pair_of(s, i) >> 12) + 0.5L, -52);
            w = std::ldexp((angle & (UINT64_MAX >> 12)) + 0.0L, -52) - 0.5L;
            signs = angle >> 63;
        }
        const long double r = std::sqrt(-2 * std::log(u)), pi = std::acos(-1.0L);
        return (signs ? -r : r) * std::cos(pi / 2 * (w + 0.5L));
    }

    template <class T> void normal_is_box_muller() {
        std::vector<T> got(20000);
        const neural_random &s = kCases[1].stream;
        GetParam().as<Fill<T>>()(got.data(), got.size(), &s, 0, 0, 1);
        for (size_t i = 0; i < got.size(); i += 2) {
            const long double want = box_muller<T>(s, i);
            const long double r = std::hypot(got[i], got[i + 1]); // the rounding of u is eps/r of r
            ASSERT_NEAR(got[i], want, std::numeric_limits<T>::epsilon() * (10 + 1 / r)) << i;
        }
    }

    template <class T> void bernoulli_bits() {
        for (const uint64_t threshold : kThresholds) {
            const auto run = [&](const Case &c, T *dst, int64_t len) {
                call_checked(GetParam().as<Bernoulli<T>>(), dst, len, &c.stream, c.block,
                             threshold);
            };
            expect_fills<T>(run, [&](const Case &c, int64_t i) {
                const uint64_t word = sizeof(T) == 4 ? word_of(c.stream, 4 * c.block + i)
                                                     : pair_of(c.stream, 2 * c.block + i) >> 32;
                return T(word < threshold);
            });
        }
    }

    template <class T> void each() {
        op() == "uniform"  ? uniform_bits<T>()
        : op() == "normal" ? normal_bits<T>()
                           : bernoulli_bits<T>();
    }

    // Counts per cell of equal probability against chi-square; Kolmogorov's distance; neighbours.
    template <class T> void expect_distribution(std::vector<T> values, double (*cdf)(double)) {
        const int cells = 256, n = static_cast<int>(values.size());
        std::vector<int> count(cells);
        double neighbours = 0;
        for (int i = 0; i < n; i++) {
            count[std::min(cells - 1, static_cast<int>(cdf(values[i]) * cells))]++;
            neighbours += i ? (cdf(values[i]) - 0.5) * (cdf(values[i - 1]) - 0.5) * 12 : 0;
        }
        double chi2 = 0;
        for (int c : count) {
            chi2 += (c - n / 256.0) * (c - n / 256.0) / (n / 256.0);
        }
        EXPECT_NEAR(chi2, 255, 5 * std::sqrt(2 * 255.0));
        EXPECT_NEAR(neighbours / std::sqrt(n), 0, 5);
        std::sort(values.begin(), values.end());
        double distance = 0;
        for (int i = 0; i < n; i++) {
            const double p = cdf(values[i]);
            distance = std::max({distance, p - double(i) / n, double(i + 1) / n - p});
        }
        EXPECT_LT(distance * std::sqrt(n), 2.0); // p = 7e-4
    }

    template <class T> void distribution() {
        std::vector<T> values(200001);
        const neural_random stream = {5, NEURAL_RANDOM_INIT, 3};
        GetParam().as<Fill<T>>()(values.data(), values.size(), &stream, 0, 0, 1);
        if (op() == "uniform") {
            expect_distribution<T>(values, [](double x) { return x; });
        } else {
            expect_distribution<T>(values,
                                   [](double x) { return std::erfc(-x / std::sqrt(2)) / 2; });
        }
    }
};

TEST_BY_DTYPE(RandomFillTest, BitsOfEachDraw, each)

TEST_P(RandomFillTest, NormalIsBoxMuller) {
    if (op() == "normal") {
        GetParam().is_f32() ? normal_is_box_muller<float>() : normal_is_box_muller<double>();
    }
}

TEST_P(RandomFillTest, HasItsDistribution) {
    if (op() != "bernoulli") {
        GetParam().is_f32() ? distribution<float>() : distribution<double>();
    }
}

INSTANTIATE_TEST_SUITE_P(All, RandomFillTest,
                         testing::ValuesIn(kernels_of({Family::uniform, Family::normal,
                                                       Family::bernoulli})),
                         kernel_test_name);

class RandomBitsTest : public RandomTest {};

TEST_P(RandomBitsTest, BitsOfEachDraw) {
    if (op() == "random_words") {
        expect_fills<uint32_t>(
            [&](const Case &c, uint32_t *dst, int64_t len) {
                call_checked(GetParam().as<neural_words>(), dst, len, &c.stream, c.block);
            },
            [](const Case &c, int64_t i) { return word_of(c.stream, 4 * c.block + i); });
        return;
    }
    for (const uint64_t threshold : kThresholds) {
        expect_fills<uint8_t>(
            [&](const Case &c, uint8_t *dst, int64_t len) {
                call_checked(GetParam().as<neural_keep>(), dst, len, &c.stream, c.block, threshold);
            },
            [&](const Case &c, int64_t i) -> uint8_t {
                return word_of(c.stream, 4 * c.block + i) >= threshold;
            });
    }
}

INSTANTIATE_TEST_SUITE_P(All, RandomBitsTest,
                         testing::ValuesIn(kernels_of({Family::words, Family::keep})),
                         kernel_test_name);

class MaskScaleTest : public RandomTest {
  protected:
    template <class T> void check(int64_t len, int64_t shift, bool in_place) {
        auto random = generator(GetParam().symbol + std::to_string(len));
        std::vector<T> before = ordinary_values<T>(random, len);
        uint8_t *mask =
            shift < 0 ? bytes.at_end<uint8_t>(len) : bytes.at_start<uint8_t>(len, shift);
        for (int64_t i = 0; i < len; i++) {
            static const uint8_t values[] = {0, 1, 0, 255, 128, 0, 2};
            mask[i] = values[random() % 7];
            before[i] = i % 11 == 5 ? std::numeric_limits<T>::quiet_NaN() : before[i];
        }
        T *src = shift < 0 ? in.at_end<T>(len) : in.at_start<T>(len, shift);
        std::copy(before.begin(), before.end(), src);
        T *dst = in_place ? src : shift < 0 ? out.at_end<T>(len) : out.at_start<T>(len, shift / 2);
        call_checked(GetParam().as<MaskScale<T>>(), dst, src, mask, len, T(1.7));
        for (int64_t i = 0; i < len; i++) {
            const T want = mask[i] ? before[i] * T(1.7) : T(0);
            ASSERT_TRUE(same_bits(dst[i], want)) << i << " of " << len;
        }
        EXPECT_TRUE(in.is_intact() && out.is_intact() && bytes.is_intact());
    }

    template <class T> void each_length() {
        for (int64_t len : test_lengths()) {
            for (int64_t shift : {int64_t(-1), len % 17}) {
                check<T>(len, shift, false);
                check<T>(len, shift, true);
            }
        }
    }
};

TEST_BY_DTYPE(MaskScaleTest, KeepsOrDropsEachElement, each_length)

INSTANTIATE_TEST_SUITE_P(All, MaskScaleTest, testing::ValuesIn(kernels_of({Family::mask_scale})),
                         kernel_test_name);

} // namespace
} // namespace neural_test

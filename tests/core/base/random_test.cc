#include "core/base/random.h"

#include <array>
#include <cmath>
#include <cstring>
#include <numeric>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/random_values.h"

namespace {

using Words = std::array<uint32_t, 4>;

Words block(const neural_random &stream, uint64_t index) {
    Words words;
    neural_random_block(&stream, index, words.data());
    return words;
}

/* Philox4x32-10 as written in Salmon et al. 2011, section 3.3 and table 2. */
Words philox(Words c, uint32_t k0, uint32_t k1) {
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = 0xD2511F53ull * c[0], p1 = 0xCD9E8D57ull * c[2];
        c = {uint32_t(p1 >> 32) ^ c[1] ^ k0, uint32_t(p1), uint32_t(p0 >> 32) ^ c[3] ^ k1,
             uint32_t(p0)};
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return c;
}

/* The stream and index whose counter is c (index hi carries all of c[1] unless step does). */
Words block_of_counter(const Words &c, uint32_t k0, uint32_t k1) {
    const neural_random stream = {uint64_t(k1) << 32 | k0, c[3], c[2]};
    return block(stream, uint64_t(c[1]) << 32 | c[0]);
}

TEST(Random, PublishedKnownAnswers) {
    EXPECT_EQ(block_of_counter({0, 0, 0, 0}, 0, 0),
              (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    const uint32_t f = 0xffffffff;
    EXPECT_EQ(block_of_counter({f, f, f, f}, f, f),
              (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    EXPECT_EQ(
        block_of_counter({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0),
        (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, CounterLayout) {
    const neural_random stream = {0x0123456789abcdef, 77, 0x1122334455667788};
    const uint64_t index = 0xa1b2c3d4e5f60718;
    EXPECT_EQ(block(stream, index), philox({0xe5f60718, 0xa1b2c3d4u ^ 0x11223344u, 0x55667788, 77},
                                           0x89abcdef, 0x01234567));
}

TEST(Random, PurposeStepSeedAndIndexSeparate) {
    std::set<Words> seen;
    for (uint64_t seed = 0; seed < 5; seed++) {
        for (uint32_t purpose = 0; purpose < 5; purpose++) {
            for (uint64_t step = 0; step < 5; step++) {
                for (uint64_t index = 0; index < 20; index++) {
                    EXPECT_TRUE(seen.insert(block({seed, purpose, step}, index)).second);
                }
            }
        }
    }
}

TEST(Random, UniformBitsAreThoseOfTheBlock) {
    const neural_random stream = {42, NEURAL_RANDOM_INIT, 9};
    for (uint64_t i = 0; i < 1000; i++) {
        const Words quad = block(stream, i / 4), duo = block(stream, i / 2);
        EXPECT_EQ(neural_random_uniform_f32(&stream, i), std::ldexp(float(quad[i % 4] >> 8), -24));
        const uint64_t bits = duo[i % 2 * 2] | uint64_t(duo[i % 2 * 2 + 1]) << 32;
        EXPECT_EQ(neural_random_uniform_f64(&stream, i), std::ldexp(double(bits >> 11), -53));
    }
}

/* r (cos a, sin a), r = sqrt(-2 ln u): u from the radius, a = pi/2 (w + 1/2) and two signs from the
 * angle. The rounding of u is eps/r of r. */
void expect_box_muller(long double u, long double w, bool minus_first, bool minus_second,
                       long double first, long double second, long double eps) {
    const long double r = std::sqrt(-2 * std::log(u)), a = std::acos(-1.0L) / 2 * (w + 0.5L);
    const long double tolerance = eps * (10 + 1 / r);
    EXPECT_NEAR(double(first), double((minus_first ? -r : r) * std::cos(a)), double(tolerance));
    EXPECT_NEAR(double(second), double((minus_second ? -r : r) * std::sin(a)), double(tolerance));
}

TEST(Random, NormalIsBoxMuller) {
    const neural_random stream = {43, NEURAL_RANDOM_INIT, 0};
    for (uint64_t i = 0; i < 20000; i++) {
        const Words w = block(stream, i);
        for (uint64_t j = 0; j < 4; j += 2) {
            expect_box_muller((w[j] + 0.5L) / 4294967296.0L,
                              static_cast<int32_t>(w[j + 1] << 2) / 4294967296.0L, w[j + 1] >> 31,
                              w[j + 1] >> 30 & 1, neural_random_normal_f32(&stream, 4 * i + j),
                              neural_random_normal_f32(&stream, 4 * i + j + 1), 0x1p-23L);
        }
        const uint64_t radius = w[0] | uint64_t(w[1]) << 32, angle = w[2] | uint64_t(w[3]) << 32;
        const uint64_t mantissa = angle & ((uint64_t(1) << 52) - 1);
        expect_box_muller(std::ldexp((radius >> 12) + 0.5L, -52),
                          std::ldexp(mantissa + 0.0L, -52) - 0.5L, angle >> 63, angle >> 62 & 1,
                          neural_random_normal_f64(&stream, 2 * i),
                          neural_random_normal_f64(&stream, 2 * i + 1), 0x1p-52L);
    }
}

/* The ends of u and of the angle: finite, and 0 only where u rounds to 1. */
TEST(Random, NormalAtTheEdges) {
    for (const uint32_t radius : {0u, 1u, 0x7fffffffu, 0x80000000u, 0xffffff00u, 0xffffffffu}) {
        for (const uint32_t angle : {0u, 0x1fffffffu, 0x20000000u, 0x3fffffffu, 0xffffffffu}) {
            float f[2];
            double d[2];
            neural_normal_pair_f32(radius, angle, f);
            neural_normal_pair_f64(uint64_t(radius) << 32, uint64_t(angle) << 32, d);
            for (int i = 0; i < 2; i++) {
                EXPECT_LT(std::fabs(f[i]), 6.8f);
                EXPECT_LT(std::fabs(d[i]), 8.6);
            }
        }
    }
    float none[2];
    neural_normal_pair_f32(0xffffffff, 0, none);
    EXPECT_EQ(none[0], 0.0f);
    EXPECT_EQ(none[1], 0.0f);
}

/* Moments of n draws, in units of their standard error. */
TEST(Random, Moments) {
    const int n = 400000;
    const neural_random stream = {44, NEURAL_RANDOM_USER, 0};
    std::vector<double> u(n), g(n);
    for (int i = 0; i < n; i++) {
        u[i] = neural_random_uniform_f64(&stream, uint64_t(i));
        g[i] = neural_random_normal_f64(&stream, uint64_t(i));
    }
    double mean_u = 0, mean_g = 0, square_g = 0, fourth_g = 0, neighbours = 0;
    for (int i = 0; i < n; i++) {
        ASSERT_GE(u[i], 0.0);
        ASSERT_LT(u[i], 1.0);
        mean_u += u[i] / n;
        mean_g += g[i] / n;
        square_g += g[i] * g[i] / n;
        fourth_g += g[i] * g[i] * g[i] * g[i] / n;
        neighbours += i ? g[i] * g[i - 1] / n : 0;
    }
    const double unit = 1 / std::sqrt(double(n));
    EXPECT_NEAR(mean_u, 0.5, 5 * unit / std::sqrt(12));
    EXPECT_NEAR(mean_g, 0.0, 5 * unit);
    EXPECT_NEAR(square_g, 1.0, 5 * unit * std::sqrt(2));
    EXPECT_NEAR(fourth_g, 3.0, 5 * unit * std::sqrt(96));
    EXPECT_NEAR(neighbours, 0.0, 5 * unit);
}

TEST(Random, BelowIsInRangeAndFlat) {
    const neural_random stream = {46, NEURAL_RANDOM_SHUFFLE, 0};
    for (uint64_t bound : {uint64_t(1), uint64_t(2), uint64_t(7), uint64_t(10)}) {
        std::vector<int> counts(bound);
        const int n = 100000;
        for (uint64_t i = 0; i < n; i++) {
            const uint64_t value = neural_random_below(&stream, i, bound);
            ASSERT_LT(value, bound);
            counts[value]++;
        }
        double chi2 = 0;
        for (int count : counts) {
            const double expected = double(n) / double(bound);
            chi2 += (count - expected) * (count - expected) / expected;
        }
        EXPECT_LT(chi2, 30.0) << bound; /* 9 degrees of freedom: p = 4e-4 */
    }
}

/* For bound = 3 * 2^62 one draw in four is refused; without rejection the values whose product has
 * a small low half (multiples of 3) would come twice as often as the others. */
TEST(Random, BelowRejects) {
    const neural_random stream = {47, NEURAL_RANDOM_SHUFFLE, 0};
    const uint64_t bound = uint64_t(3) << 62;
    int multiples = 0;
    const int n = 60000;
    for (uint64_t i = 0; i < n; i++) {
        const uint64_t value = neural_random_below(&stream, i, bound);
        ASSERT_LT(value, bound);
        multiples += value % 3 == 0;
    }
    EXPECT_NEAR(multiples / double(n), 1 / 3.0, 5 * std::sqrt(2 / 9.0 / n));
    for (uint64_t i = 0; i < 1000; i++) {
        EXPECT_LT(neural_random_below(&stream, i, UINT64_MAX), UINT64_MAX);
    }
}

TEST(Random, ShuffleIsAPermutationAndFair) {
    for (int64_t len : {0, 1, 2, 3, 1000}) {
        const neural_random stream = {48, NEURAL_RANDOM_SHUFFLE, 0};
        std::vector<int64_t> order(size_t(len) + 1);
        std::iota(order.begin(), order.end(), 0);
        neural_random_shuffle(&stream, order.data(), len);
        EXPECT_EQ(order[size_t(len)], len);
        EXPECT_EQ(std::set<int64_t>(order.begin(), order.end()).size(), size_t(len) + 1);
    }
    std::vector<int> counts(24);
    const int n = 48000;
    for (uint64_t step = 0; step < n; step++) {
        const neural_random stream = {49, NEURAL_RANDOM_SHUFFLE, step};
        int64_t p[4] = {0, 1, 2, 3};
        neural_random_shuffle(&stream, p, 4);
        int rank = 0;
        for (int i = 0; i < 4; i++) {
            int smaller = 0;
            for (int j = i + 1; j < 4; j++) {
                smaller += p[j] < p[i];
            }
            rank = rank * (4 - i) + smaller;
        }
        counts[size_t(rank)]++;
    }
    double chi2 = 0;
    for (int count : counts) {
        chi2 += (count - n / 24.0) * (count - n / 24.0) / (n / 24.0);
    }
    EXPECT_LT(chi2, 55.0); /* 23 degrees of freedom: p = 2e-4 */
}

TEST(Random, DefaultSeed) {
    EXPECT_EQ(neural_seed(), 0u);
    neural_set_seed(0xfedcba9876543210);
    EXPECT_EQ(neural_seed(), 0xfedcba9876543210);
    neural_set_seed(0);
}

} // namespace

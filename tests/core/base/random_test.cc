#include "core/base/random.h"

#include <array>
#include <cmath>
#include <cstring>
#include <numeric>
#include <set>
#include <vector>

#include <gtest/gtest.h>

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

TEST(Random, NormalIsBoxMuller) {
    const neural_random stream = {43, NEURAL_RANDOM_INIT, 0};
    for (uint64_t i = 0; i < 1000; i++) {
        const Words duo = block(stream, i / 2);
        const long double u = (duo[i % 2 * 2] + 0.5L) / 4294967296.0L;
        const long double v = duo[i % 2 * 2 + 1] / 4294967296.0L;
        const long double want = std::sqrt(-2 * std::log(u)) * std::cos(2 * acosl(-1.0L) * v);
        EXPECT_NEAR(neural_random_normal(&stream, i), double(want), 1e-14);
    }
}

/* Moments of n draws, in units of their standard error. */
TEST(Random, Moments) {
    const int n = 400000;
    const neural_random stream = {44, NEURAL_RANDOM_USER, 0};
    std::vector<double> u(n), g(n);
    neural_random_fill_uniform_f64(&stream, u.data(), n, 0, 1);
    neural_random_fill_normal_f64(&stream, g.data(), n, 0, 1);
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

TEST(Random, FillsEqualSingleDrawsAndStayInside) {
    const neural_random stream = {45, NEURAL_RANDOM_SAMPLE, 3};
    for (int64_t len : {0, 1, 2, 3, 4, 5, 7, 8, 63, 997}) {
        std::vector<float> f(size_t(len) + 2, 9.0f), fn(f);
        std::vector<double> d(size_t(len) + 2, 9.0), dn(d);
        neural_random_fill_uniform_f32(&stream, f.data() + 1, len, -2.0, 3.0);
        neural_random_fill_uniform_f64(&stream, d.data() + 1, len, -2.0, 3.0);
        neural_random_fill_normal_f32(&stream, fn.data() + 1, len, 0.5, 0.25);
        neural_random_fill_normal_f64(&stream, dn.data() + 1, len, 0.5, 0.25);
        for (int64_t i = 0; i < len; i++) {
            const uint64_t k = uint64_t(i);
            EXPECT_EQ(f[k + 1], float(-2.0 + 5.0 * neural_random_uniform_f32(&stream, k)));
            EXPECT_EQ(d[k + 1], -2.0 + 5.0 * neural_random_uniform_f64(&stream, k));
            EXPECT_EQ(fn[k + 1], float(0.5 + 0.25 * neural_random_normal(&stream, k)));
            EXPECT_EQ(dn[k + 1], 0.5 + 0.25 * neural_random_normal(&stream, k));
        }
        for (const auto &edge : {f.front(), f.back(), fn.front(), fn.back()}) {
            EXPECT_EQ(edge, 9.0f);
        }
        for (const auto &edge : {d.front(), d.back(), dn.front(), dn.back()}) {
            EXPECT_EQ(edge, 9.0);
        }
    }
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

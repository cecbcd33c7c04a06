#include "pruning/select.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// Ascending, every NaN behind all numbers.
bool less(double a, double b) {
    return std::isnan(a) ? false : std::isnan(b) || a < b;
}

// Which are kept, by a stable sort.
std::vector<uint8_t> oracle(const std::vector<double> &score, int64_t count) {
    std::vector<size_t> order(score.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return less(score[b], score[a]); });
    std::vector<uint8_t> keep(score.size(), 0);
    for (size_t i = 0; i < order.size() && (int64_t)i < count; i++) {
        keep[order[i]] = 1;
    }
    return keep;
}

// Numbers with ties, and everything that is hard to sort.
std::vector<double> hostile(size_t len, std::mt19937_64 &random) {
    const double special[] = {0.0,    -0.0, kInf, -kInf, NAN,     -NAN,
                              5e-324, -1.0, 1.0,  1.0,   1.7e308, -5e-324};
    std::vector<double> out(len);
    for (double &x : out) {
        const uint64_t draw = random() % 4;
        x = draw == 0   ? special[random() % 12]
            : draw == 1 ? (double)(random() % 7)
                        : std::ldexp((double)(int64_t)random(), (int)(random() % 200) - 100);
    }
    return out;
}

TEST(Select, KeepsExactlyTheLargestAndOfEqualOnesTheFirst) {
    std::mt19937_64 random(7);
    for (const size_t len : {0, 1, 2, 3, 17, 256, 1000}) {
        for (int trial = 0; trial < 20; trial++) {
            const std::vector<double> score = hostile(len, random);
            const int64_t count = len ? (int64_t)(random() % (len + 2)) : 0;
            std::vector<uint8_t> keep(len, 9);
            neural_select_largest(score.data(), (int64_t)len, count, keep.data());
            ASSERT_EQ(keep, oracle(score, count)) << "len " << len << " count " << count;
        }
    }
}

TEST(Select, MoreKeepsWhatLessKeeps) {
    std::mt19937_64 random(8);
    const std::vector<double> score = hostile(300, random);
    std::vector<uint8_t> before(300, 0), keep(300);
    for (int64_t count = 0; count <= 300; count++) {
        neural_select_largest(score.data(), 300, count, keep.data());
        ASSERT_EQ(std::accumulate(keep.begin(), keep.end(), int64_t{0}), count);
        for (size_t i = 0; i < 300; i++) {
            ASSERT_GE(keep[i], before[i]) << count;
        }
        before = keep;
    }
}

TEST(Select, FindsEveryRank) {
    std::mt19937_64 random(9);
    std::vector<double> score = hostile(211, random), sorted = score;
    std::stable_sort(sorted.begin(), sorted.end(), less);
    for (int64_t rank = 0; rank < 211; rank++) {
        const double have = neural_select_rank(score.data(), 211, rank);
        const double want = sorted[(size_t)rank];
        ASSERT_TRUE(have == want || (std::isnan(have) && std::isnan(want))) << rank;
    }
}

} // namespace

#include "pruning/mask.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "core/base/memory.h"

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// A matrix with its mask, as a part.
struct Matrix {
    Matrix(int64_t rows, int64_t cols, int64_t block_rows, int64_t block_cols, uint64_t seed)
        : values((size_t)(rows * cols)),
          mask(values.size(), 1), part{values.data(), NEURAL_DTYPE_F32, rows,       cols,
                                       block_rows,    block_cols,       mask.data()} {
        std::mt19937_64 random(seed);
        const float special[] = {0.0f, -0.0f, (float)kInf, NAN, 1e-45f, -3e38f};
        for (float &x : values) {
            const uint64_t draw = random() % 16;
            x = draw == 0 ? special[random() % 6] : (float)((int64_t)(random() % 21) - 10) / 8;
        }
    }
    int64_t pruned() const {
        return (int64_t)mask.size() - neural_mask_count(mask.data(), (int64_t)mask.size());
    }
    std::vector<float> values;
    std::vector<uint8_t> mask;
    neural_prune_part part;
};

int64_t up(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

// Every block of a mask is all 0 or all 1; counts those that are 0.
int64_t pruned_blocks(const Matrix &m) {
    const neural_prune_part &p = m.part;
    int64_t pruned = 0;
    for (int64_t br = 0; br < up(p.rows, p.block_rows); br++) {
        for (int64_t bc = 0; bc < up(p.cols, p.block_cols); bc++) {
            int64_t ones = 0, len = 0;
            for (int64_t r = br * p.block_rows; r < std::min(p.rows, (br + 1) * p.block_rows);
                 r++) {
                for (int64_t c = bc * p.block_cols; c < std::min(p.cols, (bc + 1) * p.block_cols);
                     c++) {
                    ones += m.mask[(size_t)(r * p.cols + c)];
                    len++;
                }
            }
            EXPECT_TRUE(ones == 0 || ones == len);
            pruned += ones == 0;
        }
    }
    return pruned;
}

struct Shape {
    int64_t rows, cols, block_rows, block_cols;
};
const Shape kShapes[] = {{1, 1, 1, 1},   {7, 13, 1, 1},  {33, 5, 16, 1},   {48, 9, 16, 1},
                         {10, 6, 1, 6},  {10, 6, 10, 1}, {5, 5, 100, 100}, {0, 4, 16, 1},
                         {17, 19, 4, 3}, {3, 0, 1, 1}};

TEST(Mask, PrunesAnExactNumberOfBlocksMonotonouslyAndOnce) {
    for (const neural_prune_score score : {NEURAL_PRUNE_L1, NEURAL_PRUNE_L2, NEURAL_PRUNE_RANDOM}) {
        for (const Shape &s : kShapes) {
            Matrix m(s.rows, s.cols, s.block_rows, s.block_cols, 11);
            const int64_t blocks = up(s.rows, s.block_rows) * up(s.cols, s.block_cols);
            for (const double sparsity : {0.0, 0.1, 0.33, 0.5, 0.9, 0.97, 1.0}) {
                const std::vector<uint8_t> before = m.mask;
                Matrix fresh(s.rows, s.cols, s.block_rows, s.block_cols, 11);
                ASSERT_EQ(neural_mask_blocks(&m.part, 1, score, 5, sparsity), NEURAL_OK);
                ASSERT_EQ(neural_mask_blocks(&fresh.part, 1, score, 5, sparsity), NEURAL_OK);
                const std::vector<uint8_t> once = m.mask;
                EXPECT_EQ(once, fresh.mask) << "step by step or at once";
                EXPECT_EQ(pruned_blocks(m), std::llround(sparsity * (double)blocks));
                for (size_t i = 0; i < once.size(); i++) {
                    ASSERT_LE(once[i], before[i]) << "revived";
                }
                ASSERT_EQ(neural_mask_blocks(&m.part, 1, score, 5, sparsity), NEURAL_OK);
                EXPECT_EQ(m.mask, once) << "idempotent";
                ASSERT_EQ(neural_mask_blocks(&m.part, 1, score, 5, sparsity / 2), NEURAL_OK);
                EXPECT_EQ(m.mask, once) << "less than before";
            }
        }
    }
}

// The largest pruned block is no larger than the smallest kept one, over all parts together.
TEST(Mask, KeepsTheLargestNormsOfAllPartsTogether) {
    for (const neural_prune_score score : {NEURAL_PRUNE_L1, NEURAL_PRUNE_L2}) {
        Matrix a(32, 11, 16, 1, 1), b(20, 7, 16, 1, 2);
        for (Matrix *m : {&a, &b}) {
            for (float &x : m->values) {
                x = std::isfinite(x) && std::fabs(x) < 10 ? x : 0;
            }
        }
        const neural_prune_part parts[] = {a.part, b.part};
        ASSERT_EQ(neural_mask_blocks(parts, 2, score, 0, 0.6), NEURAL_OK);
        EXPECT_EQ(pruned_blocks(a) + pruned_blocks(b), std::llround(0.6 * (22 + 14)));
        double most_pruned = 0, least_kept = kInf;
        for (const Matrix *m : {&a, &b}) {
            for (int64_t first = 0; first < m->part.rows; first += 16) {
                for (int64_t c = 0; c < m->part.cols; c++) {
                    double sum = 0;
                    for (int64_t r = first; r < std::min(first + 16, m->part.rows); r++) {
                        const double x = m->values[(size_t)(r * m->part.cols + c)];
                        sum += score == NEURAL_PRUNE_L1 ? std::fabs(x) : x * x;
                    }
                    if (m->mask[(size_t)(first * m->part.cols + c)]) {
                        least_kept = std::min(least_kept, sum);
                    } else {
                        most_pruned = std::max(most_pruned, sum);
                    }
                }
            }
        }
        EXPECT_LE(most_pruned, least_kept);
    }
}

TEST(Mask, NotANumberIsKeptAndLiveZerosOutrankPrunedOnes) {
    std::vector<double> values = {1, NAN, 0, 5, 0};
    std::vector<uint8_t> mask = {1, 1, 1, 1, 0};
    const neural_prune_part part = {values.data(), NEURAL_DTYPE_F64, 1, 5, 1, 1, mask.data()};
    ASSERT_EQ(neural_mask_blocks(&part, 1, NEURAL_PRUNE_L1, 0, 0.2), NEURAL_OK);
    EXPECT_EQ(mask, (std::vector<uint8_t>{1, 1, 1, 1, 0}));
    ASSERT_EQ(neural_mask_blocks(&part, 1, NEURAL_PRUNE_L1, 0, 0.8), NEURAL_OK);
    EXPECT_EQ(mask, (std::vector<uint8_t>{0, 1, 0, 0, 0}));
}

TEST(Mask, RandomChoicesFollowTheSeed) {
    Matrix a(40, 40, 1, 1, 3), b(40, 40, 1, 1, 4), c(40, 40, 1, 1, 3);
    ASSERT_EQ(neural_mask_blocks(&a.part, 1, NEURAL_PRUNE_RANDOM, 1, 0.5), NEURAL_OK);
    ASSERT_EQ(neural_mask_blocks(&b.part, 1, NEURAL_PRUNE_RANDOM, 1, 0.5), NEURAL_OK);
    ASSERT_EQ(neural_mask_blocks(&c.part, 1, NEURAL_PRUNE_RANDOM, 2, 0.5), NEURAL_OK);
    EXPECT_EQ(a.mask, b.mask); // whatever the weights
    EXPECT_NE(a.mask, c.mask);
    int64_t upper = neural_mask_count(a.mask.data(), 800);
    EXPECT_NEAR((double)upper, 400, 80); // spread
}

TEST(Mask, NOfM) {
    for (const auto &[n, m] : std::vector<std::pair<int64_t, int64_t>>{{2, 4}, {4, 8}, {1, 3}}) {
        for (const Shape &s : kShapes) {
            Matrix a(s.rows, s.cols, 1, 1, 21);
            ASSERT_EQ(neural_mask_n_of_m(a.values.data(), NEURAL_DTYPE_F32, s.rows, s.cols, n, m,
                                         a.mask.data()),
                      NEURAL_OK);
            EXPECT_TRUE(neural_mask_is_n_of_m(a.mask.data(), s.rows, s.cols, n, m));
            for (int64_t r = 0; r < s.rows; r++) {
                for (int64_t c = 0; c < s.cols; c += m) {
                    const int64_t len = std::min(m, s.cols - c);
                    const uint8_t *group = &a.mask[(size_t)(r * s.cols + c)];
                    EXPECT_EQ(neural_mask_count(group, len), std::min(n, len));
                    for (int64_t i = 0; i < len; i++) {
                        for (int64_t j = 0; j < len; j++) {
                            const float x = std::fabs(a.values[(size_t)(r * s.cols + c + i)]);
                            const float y = std::fabs(a.values[(size_t)(r * s.cols + c + j)]);
                            // a kept one is no smaller than a pruned one
                            EXPECT_FALSE(group[i] && !group[j] && (y > x || (y != y && x == x)));
                            EXPECT_FALSE(group[i] && !group[j] && x == y && j < i) << "ties";
                        }
                    }
                }
            }
            const std::vector<uint8_t> once = a.mask;
            ASSERT_EQ(neural_mask_n_of_m(a.values.data(), NEURAL_DTYPE_F32, s.rows, s.cols, n, m,
                                         a.mask.data()),
                      NEURAL_OK);
            EXPECT_EQ(a.mask, once);
        }
    }
    const std::vector<uint8_t> three = {1, 1, 1, 0, 1};
    EXPECT_FALSE(neural_mask_is_n_of_m(three.data(), 1, 5, 2, 4));
    EXPECT_TRUE(neural_mask_is_n_of_m(three.data(), 1, 5, 3, 4));
    EXPECT_FALSE(neural_mask_is_n_of_m(three.data(), 1, 5, 3, 0));
}

TEST(Mask, Refuses) {
    Matrix a(4, 4, 1, 1, 1);
    const auto fails = [&](const neural_prune_part &part, double sparsity, const char *text) {
        const neural_status status = neural_mask_blocks(&part, 1, NEURAL_PRUNE_L1, 0, sparsity);
        EXPECT_NE(std::string(neural_last_error()).find(text), std::string::npos)
            << neural_last_error();
        return status;
    };
    neural_prune_part part = a.part;
    EXPECT_EQ(fails(part, 1.01, "sparsity is 1.01"), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(fails(part, NAN, "sparsity is"), NEURAL_ERR_INVALID_ARGUMENT);
    part.block_rows = 0;
    EXPECT_EQ(fails(part, 0.5, "blocks of 0 x 1"), NEURAL_ERR_INVALID_ARGUMENT);
    part = a.part;
    part.dtype = NEURAL_DTYPE_I8;
    EXPECT_EQ(fails(part, 0.5, "part 0 is i8"), NEURAL_ERR_INVALID_DTYPE);
    part = a.part;
    part.mask = nullptr;
    EXPECT_EQ(fails(part, 0.5, "no mask"), NEURAL_ERR_NULL_POINTER);
    part = a.part;
    part.rows = part.cols = INT64_MAX / 2;
    EXPECT_EQ(fails(part, 0.5, "exceeds the largest size"), NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(neural_mask_blocks(&a.part, 1, (neural_prune_score)9, 0, 0.5),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_mask_n_of_m(a.values.data(), NEURAL_DTYPE_F32, 4, 4, 5, 4, a.mask.data()),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_mask_n_of_m(a.values.data(), NEURAL_DTYPE_F32, 4, 4, 0, 4, a.mask.data()),
              NEURAL_ERR_INVALID_ARGUMENT);
    for (int64_t failing = 1; failing <= 2; failing++) {
        neural_alloc_fail_at(failing);
        EXPECT_EQ(neural_mask_blocks(&a.part, 1, NEURAL_PRUNE_L1, 0, 0.5),
                  NEURAL_ERR_OUT_OF_MEMORY);
        neural_alloc_fail_at(0);
    }
    EXPECT_EQ(a.pruned(), 0);
    EXPECT_EQ(neural_mask_blocks(nullptr, 0, NEURAL_PRUNE_L1, 0, 0.5), NEURAL_OK);
}

} // namespace

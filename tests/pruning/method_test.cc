#include "pruning/method.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace {

TEST(Method, NamesAndBack) {
    for (int i = 0; i < NEURAL_PRUNE_METHODS; i++) {
        neural_prune_method method;
        const char *name = neural_prune_method_name((neural_prune_method)i);
        ASSERT_NE(name, nullptr);
        ASSERT_EQ(neural_prune_method_parse(name, &method), NEURAL_OK);
        EXPECT_EQ((int)method, i);
    }
    for (int i = 0; i < NEURAL_PRUNE_SCORES; i++) {
        neural_prune_score score;
        ASSERT_EQ(neural_prune_score_parse(neural_prune_score_name((neural_prune_score)i), &score),
                  NEURAL_OK);
        EXPECT_EQ((int)score, i);
    }
    neural_prune_method method;
    EXPECT_EQ(neural_prune_method_parse("Filters", &method), NEURAL_OK);
    EXPECT_EQ(method, NEURAL_PRUNE_ROWS);
    EXPECT_EQ(neural_prune_method_name((neural_prune_method)NEURAL_PRUNE_METHODS), nullptr);
    EXPECT_EQ(neural_prune_method_parse("block", &method), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "unknown pruning method block; did you mean blocks?");
    EXPECT_EQ(neural_prune_method_parse(nullptr, &method), NEURAL_ERR_NULL_POINTER);
}

// [32 outputs, 8 channels x 3 taps] with the masks of every method at one half.
TEST(Method, PrunesWhatItSays) {
    const int64_t rows = 32, cols = 24, taps = 3;
    std::vector<float> values((size_t)(rows * cols));
    std::mt19937_64 random(2);
    for (float &x : values) {
        x = (float)std::ldexp((double)(random() >> 11), -53);
    }
    for (int i = 0; i < NEURAL_PRUNE_METHODS; i++) {
        const neural_prune_method method = (neural_prune_method)i;
        std::vector<uint8_t> mask(values.size(), 1);
        neural_prune_part part = {values.data(), NEURAL_DTYPE_F32, rows, cols, 1,
                                  taps,          mask.data()};
        ASSERT_EQ(neural_prune_masks(&part, 1, method, NEURAL_PRUNE_L2, 0, 0.5), NEURAL_OK);
        EXPECT_EQ(neural_mask_count(mask.data(), rows * cols), rows * cols / 2);
        const auto at = [&](int64_t r, int64_t c) { return mask[(size_t)(r * cols + c)]; };
        for (int64_t r = 0; r < rows; r++) {
            for (int64_t c = 0; c < cols; c++) {
                if (method == NEURAL_PRUNE_BLOCKS) {
                    EXPECT_EQ(at(r, c), at(r / 16 * 16, c));
                } else if (method == NEURAL_PRUNE_ROWS) {
                    EXPECT_EQ(at(r, c), at(r, 0));
                } else if (method == NEURAL_PRUNE_COLUMNS) {
                    EXPECT_EQ(at(r, c), at(0, c));
                } else if (method == NEURAL_PRUNE_CHANNELS) {
                    EXPECT_EQ(at(r, c), at(0, c / taps * taps));
                }
            }
        }
        if (method == NEURAL_PRUNE_2_OF_4) {
            EXPECT_TRUE(neural_mask_is_n_of_m(mask.data(), rows, cols, 2, 4));
        }
    }
    EXPECT_EQ(neural_prune_masks(nullptr, 0, (neural_prune_method)7, NEURAL_PRUNE_L1, 0, 0.5),
              NEURAL_ERR_INVALID_ARGUMENT);
}

} // namespace

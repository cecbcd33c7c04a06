#include "metrics/ranking.h"

#include <random>

#include "core/base/allocations.h"
#include "tests/metrics/metric_testing.h"

namespace {

using namespace metric_testing;

// The definition: over all pairs of a positive and a negative row.
double pairs_in_order(const std::vector<double> &score, const std::vector<double> &target) {
    double sum = 0, pairs = 0;
    for (size_t i = 0; i < score.size(); i++) {
        for (size_t j = 0; j < score.size(); j++) {
            if (target[i] > 0.5 && target[j] <= 0.5) {
                sum += score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0;
                pairs++;
            }
        }
    }
    return sum / pairs;
}

TEST(RocAuc, IsMannWhitneysOnRandomScoresWithTies) {
    std::mt19937 random(11);
    for (int round = 0; round < 50; round++) {
        std::vector<double> score, target;
        const int len = 2 + (int)(random() % 60);
        for (int i = 0; i < len; i++) {
            score.push_back((int)(random() % 9) - 4);
            target.push_back(i < 2 ? i : (double)(random() % 2));
        }
        double got = -1;
        ASSERT_EQ(neural_roc_auc(floats(score).get(), floats(target).get(), &got), NEURAL_OK);
        EXPECT_NEAR(got, pairs_in_order(score, target), 1e-14) << round;
    }
}

TEST(RocAuc, InfiniteScoresAreTheEndsOfTheOrder) {
    double got = -1;
    ASSERT_EQ(neural_roc_auc(floats({-INFINITY, 0, INFINITY, INFINITY}).get(),
                             floats({0, 0, 1, 1}).get(), &got),
              NEURAL_OK);
    EXPECT_EQ(got, 1);
}

TEST(RocAuc, NeedsBothClasses) {
    double got = -1;
    EXPECT_EQ(neural_roc_auc(floats({1, 2}).get(), floats({1, 1}).get(), &got),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_TRUE(last_error_has("2 positive and 0 negative rows")) << neural_last_error();
    EXPECT_EQ(neural_pr_auc(floats({1, 2}).get(), floats({0, 0}).get(), &got),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(
        neural_roc_auc_ovr(floats({1, 2, 3, 4, 5, 6}, {2, 3}).get(), labels({0, 1}).get(), &got),
        NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_TRUE(last_error_has("class 2 of 3")) << neural_last_error();
    EXPECT_EQ(got, -1);
}

TEST(Ranking, RefusesNanAndNamesItsPlace) {
    double got = -1;
    EXPECT_EQ(neural_roc_auc(floats({1, NAN}).get(), floats({0, 1}).get(), &got),
              NEURAL_ERR_NAN_DETECTED);
    EXPECT_TRUE(last_error_has("element 1 of scores is nan")) << neural_last_error();
    EXPECT_EQ(neural_top_k_accuracy(floats({1, NAN}, {1, 2}).get(), labels({0}).get(), 1, &got),
              NEURAL_ERR_NAN_DETECTED);
}

TEST(Ranking, RefusesNoRowsAndWhatDoesNotFit) {
    double got = -1;
    EXPECT_EQ(neural_roc_auc(floats({}).get(), floats({}).get(), &got),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_pr_auc(floats({1}).get(), floats({1, 0}).get(), &got),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(neural_pr_auc_ovr(floats({1, 2}, {1, 2}).get(), labels({2}).get(), &got),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_roc_auc(nullptr, floats({1}).get(), &got), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_roc_auc(floats({1, 2}).get(), floats({1, 0}).get(), nullptr),
              NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_top_k_accuracy(floats({1, 2}, {1, 2}).get(), labels({0}).get(), 0, &got),
              NEURAL_ERR_INVALID_ARGUMENT);
    const Tensor scores = floats({1, 2}), targets = floats({1, 0});
    neural_alloc_fail_at(1);
    EXPECT_EQ(neural_roc_auc(scores.get(), targets.get(), &got), NEURAL_ERR_OUT_OF_MEMORY);
    neural_alloc_fail_at(0);
    EXPECT_EQ(got, -1);
}

TEST(TopK, CountsRanksAndTakesTheFirstOfEquals) {
    const Tensor scores = floats({3, 1, 2, /**/ 5, 5, 5, /**/ 0, 1, 2}, {3, 3}, NEURAL_DTYPE_F32);
    double got = -1;
    ASSERT_EQ(neural_top_k_accuracy(scores.get(), labels({2, 1, 0}).get(), 1, &got), NEURAL_OK);
    EXPECT_EQ(got, 0);
    ASSERT_EQ(neural_top_k_accuracy(scores.get(), labels({2, 1, 0}).get(), 2, &got), NEURAL_OK);
    EXPECT_DOUBLE_EQ(got, 2.0 / 3);
    ASSERT_EQ(neural_top_k_accuracy(scores.get(), labels({2, 1, 0}).get(), 9, &got), NEURAL_OK);
    EXPECT_EQ(got, 1);
}

} // namespace

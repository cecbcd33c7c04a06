#include "metrics/confusion.h"

#include "core/base/allocations.h"
#include "tests/metrics/metric_testing.h"

namespace {

using namespace metric_testing;

class Confusion : public testing::Test {
  protected:
    void SetUp() override { ASSERT_EQ(neural_confusion_create(3, &confusion_), NEURAL_OK); }
    void TearDown() override { neural_confusion_destroy(confusion_); }
    neural_status update(std::vector<int64_t> target, std::vector<int64_t> predicted) {
        return neural_confusion_update(confusion_, labels(target).get(), labels(predicted).get());
    }
    neural_confusion *confusion_ = nullptr;
};

TEST_F(Confusion, CountsAddUpOverBatches) {
    ASSERT_EQ(update({0, 1, 2, 2}, {0, 2, 2, 1}), NEURAL_OK);
    ASSERT_EQ(update({2}, {1}), NEURAL_OK);
    EXPECT_EQ(neural_confusion_classes(confusion_), 3);
    EXPECT_EQ(neural_confusion_total(confusion_), 5);
    EXPECT_EQ(neural_confusion_count(confusion_, 0, 0), 1);
    EXPECT_EQ(neural_confusion_count(confusion_, 1, 2), 1);
    EXPECT_EQ(neural_confusion_count(confusion_, 2, 1), 2);
    EXPECT_EQ(neural_confusion_count(confusion_, 1, 1), 0);
    EXPECT_EQ(neural_confusion_count(confusion_, 3, 0), 0);
    EXPECT_EQ(neural_confusion_count(confusion_, 0, -1), 0);
    EXPECT_DOUBLE_EQ(neural_confusion_accuracy(confusion_), 0.4);
}

TEST_F(Confusion, ScoresOfAClassByHand) {
    ASSERT_EQ(update({0, 0, 0, 1, 2}, {0, 0, 1, 0, 2}), NEURAL_OK);
    neural_class_scores scores;
    ASSERT_EQ(neural_confusion_class(confusion_, 0, &scores), NEURAL_OK);
    EXPECT_DOUBLE_EQ(scores.precision, 2.0 / 3);
    EXPECT_DOUBLE_EQ(scores.recall, 2.0 / 3);
    EXPECT_DOUBLE_EQ(scores.f1, 2.0 / 3);
    EXPECT_EQ(scores.support, 3);
}

TEST_F(Confusion, ALabelOutsideIsNamedAndNothingIsCounted) {
    EXPECT_EQ(update({0, 1, 3}, {0, 1, 2}), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_TRUE(last_error_has("targets[2] is 3, expected 0 ... 2")) << neural_last_error();
    EXPECT_EQ(update({0, 1, 2}, {0, -1, 2}), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_TRUE(last_error_has("predictions[1] is -1")) << neural_last_error();
    EXPECT_EQ(neural_confusion_total(confusion_), 0);
    EXPECT_EQ(neural_confusion_count(confusion_, 0, 0), 0);
}

TEST_F(Confusion, AnEmptyMatrixHasScoresOfZero) {
    ASSERT_EQ(update({1, 2}, {1, 1}), NEURAL_OK);
    neural_confusion_reset(confusion_);
    EXPECT_EQ(neural_confusion_total(confusion_), 0);
    EXPECT_EQ(neural_confusion_accuracy(confusion_), 0);
    EXPECT_EQ(neural_confusion_balanced_accuracy(confusion_), 0);
    EXPECT_EQ(neural_confusion_mcc(confusion_), 0);
    for (int average = 0; average < 3; average++) {
        neural_class_scores scores = {1, 1, 1, 1};
        ASSERT_EQ(neural_confusion_average(confusion_, (neural_average)average, &scores),
                  NEURAL_OK);
        EXPECT_EQ(scores.f1, 0);
        EXPECT_EQ(scores.support, 0);
    }
    EXPECT_EQ(update({}, {}), NEURAL_OK);
}

TEST_F(Confusion, RefusesWhatDoesNotFit) {
    neural_class_scores scores;
    EXPECT_EQ(update({0, 1}, {0}), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_TRUE(last_error_has("2 targets and 1 predictions"));
    EXPECT_EQ(neural_confusion_update(confusion_, floats({0}).get(), labels({0}).get()),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(neural_confusion_update(confusion_, nullptr, labels({0}).get()),
              NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_confusion_update(nullptr, labels({0}).get(), labels({0}).get()),
              NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_confusion_class(confusion_, 3, &scores), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_confusion_class(confusion_, 0, nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_confusion_average(nullptr, NEURAL_AVERAGE_MACRO, &scores),
              NEURAL_ERR_NULL_POINTER);
    neural_confusion *out = nullptr;
    EXPECT_EQ(neural_confusion_create(0, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_confusion_create(INT64_MAX / 2, &out), NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(neural_confusion_create(2, nullptr), NEURAL_ERR_NULL_POINTER);
    for (int64_t failing = 1; failing <= 2; failing++) {
        neural_alloc_fail_at(failing);
        EXPECT_EQ(neural_confusion_create(2, &out), NEURAL_ERR_OUT_OF_MEMORY);
        neural_alloc_fail_at(0);
    }
    EXPECT_EQ(out, nullptr);
    neural_confusion_destroy(nullptr);
}

} // namespace

#include "train/evaluation.h"

#include <cmath>

#include "core/base/allocations.h"
#include "tests/train/toy_run.h"

namespace {

// A trained toy model and rows to evaluate it on.
class Evaluated {
  public:
    Evaluated(const std::string &config, const std::string &rows) : trainer_(config) {
        EXPECT_EQ(trainer_.status(), NEURAL_OK) << neural_last_error();
        trainer_.Run();
        EXPECT_EQ(neural_config_parse(config.c_str(), "toy.ini", nullptr, 0, &config_), NEURAL_OK);
        EXPECT_EQ(neural_model_load_data(model(), config_, rows.c_str(), nullptr, &dataset_),
                  NEURAL_OK)
            << neural_last_error();
    }
    ~Evaluated() {
        neural_evaluation_clear(&evaluation);
        neural_dataset_destroy(dataset_);
        neural_config_destroy(config_);
    }
    neural_model *model() { return neural_trainer_model(trainer_.get()); }
    neural_status Run(int64_t batch_size = 7) {
        return neural_model_evaluate(model(), dataset_, batch_size, &evaluation);
    }
    // The model's output i of all rows at once.
    double Predicted(int64_t row, int64_t i) {
        neural_tensor *out = nullptr;
        EXPECT_EQ(neural_model_predict(model(), neural_dataset_x(dataset_), &out), NEURAL_OK);
        const int64_t at[] = {row, i};
        double value = NAN;
        EXPECT_EQ(neural_tensor_get(out, at, &value), NEURAL_OK);
        neural_tensor_release(out);
        return value;
    }
    neural_dataset *dataset() { return dataset_; }
    neural_evaluation evaluation = {};

  private:
    ToyTrainer trainer_;
    neural_config *config_ = nullptr;
    neural_dataset *dataset_ = nullptr;
};

TEST(Evaluation, OfClassesCountsEveryRow) {
    const std::string rows = Clusters("eval_classes.csv", 50, 5, 3, 2.5);
    Evaluated run(ToyConfig(rows, "epochs = 3\n"), rows);
    ASSERT_EQ(run.Run(), NEURAL_OK) << neural_last_error();
    const neural_evaluation &e = run.evaluation;
    int64_t counts[3][3] = {};
    double log_loss = 0;
    for (int64_t row = 0; row < 50; row++) {
        int64_t best = 0;
        for (int64_t c = 1; c < 3; c++) {
            best = run.Predicted(row, c) > run.Predicted(row, best) ? c : best;
        }
        counts[row % 3][best]++;
        log_loss -= std::log(run.Predicted(row, row % 3)) / 50;
    }
    for (int64_t target = 0; target < 3; target++) {
        for (int64_t guess = 0; guess < 3; guess++) {
            EXPECT_EQ(neural_confusion_count(e.confusion, target, guess), counts[target][guess]);
        }
    }
    EXPECT_DOUBLE_EQ(e.score.metric, neural_confusion_accuracy(e.confusion));
    EXPECT_NEAR(e.log_loss, log_loss, 1e-5);
    EXPECT_NEAR(e.log_loss, e.score.loss, 1e-5);
    EXPECT_EQ(e.top_k, 2);
    EXPECT_GE(e.top_k_accuracy, e.score.metric);
    EXPECT_GT(e.roc_auc, 0.5);
    EXPECT_LT(e.roc_auc, 1);
}

TEST(Evaluation, OfOneProbabilityAndOfValues) {
    const std::string rows = Clusters("eval_binary.csv", 40, 5, 2, 2.0);
    const std::string config = "[model]\nlayers = linear 1 | sigmoid\ninput = 5\n"
                               "[training]\nepochs = 2\n[performance]\nnum_threads = 1\n[data]\n"
                               "train_file = " +
                               rows + "\n[loss]\nfunction = ";
    Evaluated binary(config + "bce\n", rows);
    ASSERT_EQ(binary.Run(), NEURAL_OK) << neural_last_error();
    ASSERT_NE(binary.evaluation.confusion, nullptr);
    EXPECT_EQ(neural_confusion_classes(binary.evaluation.confusion), 2);
    EXPECT_DOUBLE_EQ(neural_confusion_accuracy(binary.evaluation.confusion),
                     binary.evaluation.score.metric);
    EXPECT_NEAR(binary.evaluation.log_loss, binary.evaluation.score.loss, 1e-5);
    EXPECT_FALSE(std::isnan(binary.evaluation.roc_auc));

    Evaluated values(config + "mse\n", rows);
    ASSERT_EQ(values.Run(), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(values.evaluation.confusion, nullptr);
    EXPECT_NEAR(values.evaluation.values.mse, values.evaluation.score.metric, 1e-6);
    EXPECT_NEAR(values.evaluation.values.rmse, std::sqrt(values.evaluation.values.mse), 1e-12);
}

TEST(Evaluation, WhatTheRowsDoNotDefineIsNan) {
    const std::string rows = Clusters("eval_train.csv", 30, 5, 3);
    Evaluated run(ToyConfig(rows, "epochs = 1\n"), rows);
    int64_t dims[] = {2, 5};
    neural_tensor *x = nullptr, *y = nullptr;
    neural_dataset *one_class = nullptr;
    ASSERT_EQ(neural_tensor_zeros(2, dims, NEURAL_DTYPE_F32, &x), NEURAL_OK);
    ASSERT_EQ(neural_tensor_zeros(1, dims, NEURAL_DTYPE_I64, &y), NEURAL_OK);
    ASSERT_EQ(neural_dataset_create(x, y, NEURAL_TARGET_CLASS, 3, &one_class), NEURAL_OK);
    ASSERT_EQ(neural_model_evaluate(run.model(), one_class, 8, &run.evaluation), NEURAL_OK)
        << neural_last_error();
    EXPECT_TRUE(std::isnan(run.evaluation.roc_auc));
    EXPECT_FALSE(std::isnan(run.evaluation.log_loss));
    neural_dataset_destroy(one_class);
    neural_tensor_release(x);
    neural_tensor_release(y);
}

TEST(Evaluation, SurvivesEveryFailedAllocation) {
    const std::string rows = Clusters("eval_alloc.csv", 30, 5, 3);
    Evaluated run(ToyConfig(rows, "epochs = 1\n"), rows);
    ASSERT_EQ(run.Run(), NEURAL_OK);
    int failed = 0;
    for (int64_t n = 1;; n++) {
        neural_evaluation_clear(&run.evaluation);
        neural_alloc_fail_at(n);
        const neural_status status = run.Run();
        neural_alloc_fail_at(0);
        if (!status) break;
        EXPECT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY);
        EXPECT_EQ(run.evaluation.confusion, nullptr);
        failed++;
    }
    EXPECT_GT(failed, 3);
}

TEST(Evaluation, RefusesWhatIsMissing) {
    const std::string rows = Clusters("eval_refuse.csv", 30, 5, 3);
    Evaluated run(ToyConfig(rows, "epochs = 1\n"), rows);
    EXPECT_EQ(run.Run(0), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_model_evaluate(nullptr, run.dataset(), 8, &run.evaluation),
              NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_model_evaluate(run.model(), run.dataset(), 8, nullptr),
              NEURAL_ERR_NULL_POINTER);
    neural_evaluation_clear(nullptr);
}

} // namespace

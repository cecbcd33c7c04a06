// Every metric against what scikit-learn computed (tools/gen_sklearn_fixtures.py).
#include "metrics/confusion.h"
#include "metrics/metrics.h"
#include "metrics/probability.h"
#include "metrics/ranking.h"
#include "metrics/regression.h"
#include "tests/fixtures/torch_fixtures.h"
#include "tests/metrics/metric_testing.h"

namespace {

using namespace metric_testing;
using torch_fixtures::Case;

class LikeSklearn : public testing::TestWithParam<neural_dtype> {
  protected:
    // Probabilities that are not multiples of a power of two are rounded in f32.
    double tolerance() const { return GetParam() == NEURAL_DTYPE_F32 ? 1e-6 : 1e-13; }

    Tensor input(const Case &c, const std::string &name) const {
        const auto &tensor = c.tensor.at(name);
        return floats(tensor.values, tensor.dims, GetParam());
    }

    void expect(const Case &c, const std::string &name, double got, size_t i = 0) const {
        const double want = c.tensor.at(name).values.at(i);
        EXPECT_NEAR(got, want, tolerance() * std::fmax(1, std::fabs(want))) << name << " " << i;
    }

    template <class Metric, class... Arguments>
    void compare(const Case &c, const std::string &name, Metric metric, Arguments... arguments) {
        if (!c.tensor.count(name)) return;
        double got = -1;
        ASSERT_EQ(metric(arguments..., &got), NEURAL_OK) << neural_last_error();
        expect(c, name, got);
        compared_++;
    }

    void compare_scores(const Case &c, const neural_class_scores &got, const std::string &name) {
        expect(c, name, got.precision, 0);
        expect(c, name, got.recall, 1);
        expect(c, name, got.f1, 2);
    }

    void compare_confusion(const Case &c, const neural_tensor *target, const neural_tensor *guess,
                           int64_t classes) {
        neural_confusion *confusion = nullptr;
        ASSERT_EQ(neural_confusion_create(classes, &confusion), NEURAL_OK);
        ASSERT_EQ(neural_confusion_update(confusion, target, guess), NEURAL_OK);
        expect(c, "accuracy", neural_confusion_accuracy(confusion));
        expect(c, "balanced_accuracy", neural_confusion_balanced_accuracy(confusion));
        expect(c, "mcc", neural_confusion_mcc(confusion));
        const char *averages[] = {"macro", "micro", "weighted"};
        neural_class_scores scores;
        for (int average = 0; average < 3; average++) {
            ASSERT_EQ(neural_confusion_average(confusion, (neural_average)average, &scores),
                      NEURAL_OK);
            compare_scores(c, scores, averages[average]);
        }
        for (int64_t i = 0; i < classes; i++) {
            ASSERT_EQ(neural_confusion_class(confusion, i, &scores), NEURAL_OK);
            expect(c, "precision", scores.precision, (size_t)i);
            expect(c, "recall", scores.recall, (size_t)i);
            expect(c, "f1", scores.f1, (size_t)i);
            expect(c, "support", (double)scores.support, (size_t)i);
        }
        neural_confusion_destroy(confusion);
        compared_++;
    }

    void compare_classes(const Case &c) {
        const Tensor p = input(c, "probabilities");
        const auto &values = c.tensor.at("labels").values;
        const Tensor label = labels(std::vector<int64_t>(values.begin(), values.end()));
        const Tensor guess = labels(std::vector<int64_t>(values.size()));
        ASSERT_EQ(neural_argmax(p.get(), guess.get()), NEURAL_OK);
        compare_confusion(c, label.get(), guess.get(), neural_tensor_dims(p.get())[1]);
        compare(c, "log_loss", neural_log_loss, p.get(), label.get());
        compare(c, "roc_auc_ovr", neural_roc_auc_ovr, p.get(), label.get());
        compare(c, "pr_auc_ovr", neural_pr_auc_ovr, p.get(), label.get());
        compare(c, "top_2", neural_top_k_accuracy, p.get(), label.get(), 2);
    }

    void compare_binary(const Case &c) {
        const Tensor p = input(c, "probabilities"), target = input(c, "targets");
        std::vector<int64_t> label, guess;
        for (size_t i = 0; i < c.tensor.at("targets").values.size(); i++) {
            label.push_back(c.tensor.at("targets").values[i] > 0.5);
            guess.push_back(c.tensor.at("probabilities").values[i] > 0.5);
        }
        compare_confusion(c, labels(label).get(), labels(guess).get(), 2);
        compare(c, "roc_auc", neural_roc_auc, p.get(), target.get());
        compare(c, "pr_auc", neural_pr_auc, p.get(), target.get());
        compare(c, "brier", neural_brier_score, p.get(), target.get());
        // In f32 a probability of 0 stands for the dtype's epsilon; scikit-learn computed in f64.
        if (GetParam() == NEURAL_DTYPE_F64) {
            compare(c, "log_loss", neural_log_loss, p.get(), target.get());
        }
    }

    void compare_values(const Case &c) {
        neural_regression_scores scores;
        ASSERT_EQ(
            neural_regression(input(c, "prediction").get(), input(c, "target").get(), &scores),
            NEURAL_OK);
        expect(c, "mae", scores.mae);
        expect(c, "mse", scores.mse);
        expect(c, "rmse", scores.rmse);
        expect(c, "r2", scores.r2);
        compared_++;
    }

    int compared_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Dtypes, LikeSklearn, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST_P(LikeSklearn, OnRandomAndDegenerateRows) {
    const auto cases = torch_fixtures::read("tests/fixtures/metrics.txt");
    ASSERT_EQ(cases.size(), 17u);
    for (const Case &c : cases) {
        SCOPED_TRACE(c.name);
        if (c.name.rfind("classes", 0) == 0) {
            compare_classes(c);
        } else if (c.name.rfind("binary", 0) == 0) {
            compare_binary(c);
        } else {
            compare_values(c);
        }
    }
    EXPECT_EQ(compared_, GetParam() == NEURAL_DTYPE_F64 ? 59 : 54);
}

} // namespace

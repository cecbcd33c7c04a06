/* What is done with models that are trained: scored, used in 8 bits, quantized, pruned. */
#include <gtest/gtest.h>

#include "tests/fault/run.h"
#include "train/evaluation.h"
#include "train/prune.h"
#include "train/quantize.h"

namespace fault {
namespace {

std::string shared;
Files models; // a trained one and its 8-bit copy

neural_status LoadConfig(const std::string &dir, Owned<neural_config> *out) {
    return Make(out, [&](neural_config **made) {
        return neural_config_load((dir + "/run.ini").c_str(), nullptr, 0, made);
    });
}

neural_status LoadModel(const std::string &path, Owned<neural_model> *out) {
    return Make(out, [&](neural_model **made) { return neural_model_load(path.c_str(), made); });
}

neural_status LoadRows(const neural_model *model, const neural_config *config,
                       Owned<neural_dataset> *out) {
    return Make(out, [&](neural_dataset **made) {
        return neural_model_load_data(model, config, (shared + "/test.csv").c_str(), nullptr, made);
    });
}

Outcome Evaluate(const std::string &dir) {
    Owned<neural_config> config;
    Owned<neural_model> model;
    Owned<neural_dataset> rows;
    neural_evaluation found = {};
    FAULT_TRY(LoadConfig(dir, &config));
    FAULT_TRY(LoadModel(dir + "/model.safetensors", &model));
    FAULT_TRY(LoadRows(model.get(), config.get(), &rows));
    FAULT_TRY(neural_model_evaluate(model.get(), rows.get(), 8, &found));
    Outcome out;
    out.answer = std::to_string(found.score.loss) + " " + std::to_string(found.roc_auc) + " " +
                 std::to_string(found.brier);
    neural_evaluation_clear(&found);
    return out;
}

Outcome PredictIn8Bits(const std::string &dir) {
    Owned<neural_config> config;
    Owned<neural_model> model;
    Owned<neural_dataset> rows;
    Owned<neural_tensor> y;
    FAULT_TRY(LoadConfig(dir, &config));
    FAULT_TRY(LoadModel(dir + "/model8.safetensors", &model));
    FAULT_TRY(Make(&rows, [&](neural_dataset **made) {
        return neural_model_load_rows(model.get(), config.get(), (shared + "/test.csv").c_str(),
                                      "label", made);
    }));
    FAULT_TRY(Make(&y, [&](neural_tensor **made) {
        return neural_model_predict(model.get(), neural_dataset_x(rows.get()), made);
    }));
    Outcome out;
    out.answer.assign(static_cast<const char *>(neural_tensor_data(y.get())),
                      (size_t)neural_tensor_bytes(y.get()));
    return out;
}

Outcome Quantize(const std::string &dir) {
    Owned<neural_config> config;
    Owned<neural_model> model, model8;
    Owned<neural_dataset> rows;
    neural_quantize_options options = neural_quantize_default();
    neural_quantize_report report = {};
    const std::string path = dir + "/model8.safetensors";
    options.max_drop = 1;
    options.keep_slow = 1;
    FAULT_TRY(LoadConfig(dir, &config));
    FAULT_TRY(LoadModel(dir + "/model.safetensors", &model));
    FAULT_TRY(LoadRows(model.get(), config.get(), &rows));
    FAULT_TRY(Make(&model8, [&](neural_model **made) {
        return neural_quantize_model(model.get(), rows.get(), rows.get(), &options, &report, made);
    }));
    neural_quantize_report_clear(&report);
    FAULT_TRY(neural_model_save(model8.get(), nullptr, path.c_str()));
    Outcome out;
    out.answer = Slurp(path);
    return out;
}

Outcome Prune(const std::string &dir) {
    Owned<neural_model> model, smaller;
    const neural_prune_options options = {
        0.5, NEURAL_PRUNE_WEIGHTS, NEURAL_PRUNE_L2, NEURAL_PRUNE_SCOPE_AUTO, 7, nullptr};
    const std::string path = dir + "/model.safetensors", other = dir + "/smaller.safetensors";
    neural_prune_row *table = nullptr;
    int count = 0;
    FAULT_TRY(LoadModel(dir + "/start.safetensors", &model));
    FAULT_TRY(Make(&smaller, [&](neural_model **made) {
        return neural_model_prune_channels(model.get(), &options, made);
    }));
    FAULT_TRY(neural_model_prune(model.get(), &options));
    FAULT_TRY(neural_model_prune_rows(model.get(), &table, &count));
    neural_prune_rows_free(table);
    FAULT_TRY(neural_model_save(model.get(), nullptr, path.c_str()));
    FAULT_TRY(neural_model_save(smaller.get(), nullptr, other.c_str()));
    Outcome out;
    out.answer = Slurp(path) + Slurp(other);
    return out;
}

class Models : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        shared = SharedDir();
        WriteRows(shared + "/train.csv", 60, false);
        WriteRows(shared + "/test.csv", 20, false);
        models["run.ini"] = ConfigText(shared, 5, "epochs = 3\n");
        std::ofstream(shared + "/run.ini") << models["run.ini"];
        Owned<neural_config> config;
        Owned<neural_trainer> trainer;
        neural_train_report report = {};
        const std::string path = shared + "/model.safetensors";
        ASSERT_EQ(LoadConfig(shared, &config), NEURAL_OK) << neural_last_error();
        ASSERT_EQ(Make(&trainer,
                       [&](neural_trainer **made) {
                           return neural_trainer_create(config.get(), nullptr, nullptr, made);
                       }),
                  NEURAL_OK);
        ASSERT_EQ(neural_trainer_run(trainer.get(), nullptr, nullptr, &report), NEURAL_OK);
        ASSERT_EQ(neural_model_save(neural_trainer_model(trainer.get()), nullptr, path.c_str()),
                  NEURAL_OK);
        models["start.safetensors"] = models["model.safetensors"] = Slurp(path);
        const Outcome quantized = Quantize(shared);
        ASSERT_EQ(quantized.status, NEURAL_OK) << quantized.text;
        models["model8.safetensors"] = quantized.answer;
    }
    static void FailBoth(const char *name, Outcome (*run)(const std::string &), int64_t most) {
        const Work work = {name, models, run, nullptr, most};
        FailAllocations(work);
        FailFiles(work);
    }
};

TEST_F(Models, AreEvaluated) {
    FailBoth("evaluation", Evaluate, 150);
}
TEST_F(Models, PredictIn8Bits) {
    FailBoth("prediction in 8 bits", PredictIn8Bits, 150);
}
TEST_F(Models, AreQuantized) {
    FailBoth("quantization", Quantize, 20); // it takes times
}
TEST_F(Models, ArePruned) {
    FailBoth("pruning", Prune, 150);
}

} // namespace
} // namespace fault

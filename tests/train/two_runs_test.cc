/* Two threads train models of their own at once; built with --config=tsan it shows that they share
 * nothing unguarded. */
#include <functional>
#include <thread>

#include "core/base/thread_count.h"
#include "tests/train/toy_run.h"

namespace {

/* What a run leaves: bits of weights and statistics, predictions, and the text of an error. */
struct Result {
    std::vector<char> weights, statistics;
    std::vector<float> predictions;
    std::string error;
};

void Predict(neural_model *model, Result *out) {
    std::vector<float> rows(64 * 5);
    for (size_t i = 0; i < rows.size(); i++) {
        rows[i] = std::sin(static_cast<float>(i));
    }
    const int64_t dims[] = {64, 5};
    neural_tensor *x = nullptr, *y = nullptr;
    EXPECT_EQ(neural_tensor_from_data(rows.data(), static_cast<int64_t>(4 * rows.size()), 2, dims,
                                      NEURAL_DTYPE_F32, &x),
              NEURAL_OK);
    EXPECT_EQ(neural_model_predict(model, x, &y), NEURAL_OK) << neural_last_error();
    const float *found = static_cast<const float *>(neural_tensor_data(y));
    out->predictions.assign(found, found + neural_tensor_len(y));
    neural_tensor_release(x);
    neural_tensor_release(y);
}

/* Trains, saves, loads and predicts; then fails, with a text that names the run. */
Result Train(const std::string &name, const std::string &config) {
    Result result;
    ToyTrainer run(config);
    EXPECT_EQ(run.status(), NEURAL_OK) << neural_last_error();
    run.Run();
    EXPECT_EQ(run.status(), NEURAL_OK) << neural_last_error();
    result.weights = run.Bits();
    result.statistics = run.BufferBits();
    const std::string path = TestPath(name + ".safetensors");
    EXPECT_EQ(neural_model_save(neural_trainer_model(run.get()), nullptr, path.c_str()), NEURAL_OK);
    neural_model *model = nullptr;
    EXPECT_EQ(neural_model_load(path.c_str(), &model), NEURAL_OK) << neural_last_error();
    Predict(model, &result);
    neural_model_destroy(model);
    EXPECT_NE(neural_model_load((path + ".none").c_str(), &model), NEURAL_OK);
    result.error = neural_last_error();
    return result;
}

struct Job {
    std::string name, config;
};

std::vector<Job> Jobs() {
    const std::string few = Clusters("few.csv", 150, 5, 3), many = Clusters("many.csv", 220, 5, 3);
    const std::string more = "epochs = 6\n[data]\nval_split = 0.2\nnormalize = zscore\n"
                             "[model]\ndropout = 0.2\nbatch_norm = true\n[options]\n";
    return {{"adam", ToyConfig(few, more + "random_seed = 1\n")},
            {"sgd", ToyConfig(many, more + "random_seed = 2\ngradient_clip = 1\n",
                              "type = sgd\nmomentum = 0.9")}};
}

void ExpectSame(const Result &have, const Result &want) {
    EXPECT_EQ(have.weights, want.weights);
    EXPECT_EQ(have.statistics, want.statistics);
    EXPECT_EQ(have.predictions, want.predictions);
    EXPECT_EQ(have.error, want.error);
}

class TwoRuns : public testing::TestWithParam<int> {};

TEST_P(TwoRuns, AtOnceAreAsOneAfterTheOther) {
    ASSERT_EQ(neural_set_num_threads(GetParam()), NEURAL_OK);
    const std::vector<Job> jobs = Jobs();
    const std::vector<Result> alone = {Train(jobs[0].name, jobs[0].config),
                                       Train(jobs[1].name, jobs[1].config)};
    EXPECT_NE(alone[0].error, alone[1].error);
    for (int round = 0; round < 3; round++) {
        Result found[2];
        std::thread other([&] { found[1] = Train(jobs[1].name, jobs[1].config); });
        found[0] = Train(jobs[0].name, jobs[0].config);
        other.join();
        ExpectSame(found[0], alone[0]);
        ExpectSame(found[1], alone[1]);
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

INSTANTIATE_TEST_SUITE_P(Threads, TwoRuns, testing::Values(1, 3));

} // namespace

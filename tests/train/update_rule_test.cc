// What the [optimizer] section and the keys of an update do to a run.
#include <numeric>

#include "tests/train/toy_run.h"

namespace {

std::vector<float> Weights(ToyTrainer &trainer) {
    const std::vector<char> bits = trainer.Bits();
    std::vector<float> weights(bits.size() / sizeof(float));
    memcpy(weights.data(), bits.data(), bits.size());
    return weights;
}

// 3 epochs of 5 batches unless `keys` of [training] say otherwise.
std::string RunOf(const std::string &optimizer, const std::string &keys = "batch_size = 12\n") {
    return ToyConfig(Clusters("rule.csv", 60, 5, 3), "epochs = 3\n" + keys, optimizer);
}

double Difference(const std::vector<float> &a, const std::vector<float> &b) {
    double most = 0;
    for (size_t i = 0; i < a.size(); i++) {
        most = std::fmax(most, std::fabs((double)a[i] - b[i]));
    }
    return most;
}

TEST(UpdateRule, EveryTypeLearns) {
    const char *types[] = {
        "sgd\nmomentum = 0.9", "adam", "adamw\namsgrad = true", "rmsprop", "adagrad", "lion"};
    for (const char *type : types) {
        ToyTrainer trainer(RunOf(std::string("type = ") + type, "batch_size = 2\n"));
        const neural_train_report report = trainer.Run();
        ASSERT_EQ(trainer.status(), NEURAL_OK) << neural_last_error();
        EXPECT_LT(report.train_loss, 0.9) << type;
    }
}

TEST(UpdateRule, AccumulatedBatchesAreOneLargeBatch) {
    ToyTrainer large(RunOf("type = sgd"));
    ToyTrainer small(RunOf("type = sgd", "accumulate = 4\nbatch_size = 3\n"));
    const std::vector<float> start = Weights(large);
    large.Run();
    const neural_train_report report = small.Run();
    ASSERT_EQ(small.status(), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(report.steps, 60);
    EXPECT_LT(Difference(Weights(small), Weights(large)), 1e-6);
    EXPECT_GT(Difference(Weights(small), start), 1e-3);
}

struct Followed {
    ToyTrainer *trainer;
    std::vector<float> average;
};

int Follow(void *context, const neural_epoch_report *) {
    Followed *followed = (Followed *)context;
    const std::vector<float> now = Weights(*followed->trainer);
    for (size_t i = 0; i < now.size(); i++) {
        followed->average[i] = 0.75f * followed->average[i] + 0.25f * now[i];
    }
    return 0;
}

TEST(UpdateRule, TheAverageOfTheWeightsIsWhatTheRunEndsWith) {
    ToyTrainer trainer(RunOf("type = adam", "batch_size = 12\nema_decay = 0.75\n"));
    Followed followed = {&trainer, Weights(trainer)};
    trainer.Run(Follow, &followed);
    ASSERT_EQ(trainer.status(), NEURAL_OK) << neural_last_error();
    EXPECT_LT(Difference(Weights(trainer), followed.average), 1e-5);
}

TEST(UpdateRule, ClipsByValue) {
    ToyTrainer trainer(RunOf("type = sgd", "batch_size = 180\ngradient_clip_value = 1e-4\n"));
    const std::vector<float> start = Weights(trainer);
    trainer.Run();
    EXPECT_NEAR(Difference(Weights(trainer), start), 3 * 0.01 * 1e-4, 1e-7);
}

/* Parameters: 0.weight, 0.bias, 2.weight, 2.bias of 5,16,3. */
TEST(UpdateRule, SingleLayersHaveTheirRate) {
    ToyTrainer trainer(RunOf("type = adam\nlr_scale = 0: 0 , 2.bias : 0"));
    const std::vector<float> start = Weights(trainer);
    trainer.Run();
    ASSERT_EQ(trainer.status(), NEURAL_OK) << neural_last_error();
    const std::vector<float> end = Weights(trainer);
    EXPECT_TRUE(std::equal(start.begin(), start.begin() + 96, end.begin()));
    EXPECT_FALSE(std::equal(start.begin() + 96, start.begin() + 144, end.begin() + 96));
    EXPECT_TRUE(std::equal(start.begin() + 144, start.end(), end.begin() + 144));
}

TEST(UpdateRule, DecayCanLeaveBiasesAlone) {
    const std::string decay = "type = adamw\nweight_decay = 30";
    const std::string one_step = "batch_size = 60\nepochs = 1\n";
    const std::string data = Clusters("decay.csv", 60, 5, 3);
    ToyTrainer all(ToyConfig(data, one_step, decay));
    ToyTrainer weights(ToyConfig(data, one_step, decay + "\ndecay_bias_and_norm = false"));
    const std::vector<float> start = Weights(all);
    all.Run();
    weights.Run();
    const std::vector<float> some = Weights(weights), every = Weights(all);
    for (size_t i = 0; i < start.size(); i++) {
        const int is_bias = (i >= 80 && i < 96) || i >= 144;
        /* AdamW: w (1 - lr decay) + the same step for both */
        EXPECT_NEAR(some[i] - every[i], is_bias ? 0.3 * start[i] : 0, 1e-6) << i;
    }
}

TEST(UpdateRule, RefusesRatesOfNothing) {
    const auto error = [&](const std::string &text) {
        ToyTrainer trainer(RunOf("type = adam\nlr_scale = " + text));
        EXPECT_EQ(trainer.status(), NEURAL_ERR_INVALID_CONFIG) << text;
        return std::string(neural_last_error());
    };
    EXPECT_NE(error("7: 0.1").find("no parameter's name begins with 7"), std::string::npos);
    for (const char *bad : {"0", "0:", "0: -1", "0: x", ": 1", "0: 1 1", "0: 0.1 2: 1"}) {
        EXPECT_NE(error(bad).find("expected `layer: rate`"), std::string::npos) << bad;
    }
}

} // namespace

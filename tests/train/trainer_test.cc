#include "train/trainer.h"

#include "core/autograd/tape.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "tests/train/toy_run.h"

namespace {

TEST(Trainer, LearnsClustersAndReportsTheSavedWeights) {
    const std::string data = Clusters("learn.csv", 300, 5, 3);
    ToyTrainer run(ToyConfig(data, "epochs = 20\n[data]\nval_split = 0.2\nnormalize = zscore\n"));
    ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
    const neural_train_report report = run.Run();
    ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
    EXPECT_LT(report.train_loss, 0.1);
    EXPECT_TRUE(report.is_accuracy);
    EXPECT_TRUE(report.has_validation);
    EXPECT_FALSE(report.has_test);
    EXPECT_GT(report.val_metric, 0.95);
    EXPECT_EQ(report.epochs, 20);
    EXPECT_GE(report.best_epoch, 1);
    EXPECT_EQ(report.samples, 240 * 20);
    EXPECT_EQ(report.steps, 8 * 20); /* ceil(240 / 32) */
    EXPECT_EQ(strlen(report.digest), 64u);
}

TEST(Trainer, LastPartialBatchIsTrainedOn) {
    const std::string data = Clusters("partial.csv", 37, 5, 3);
    ToyTrainer run(ToyConfig(data, "epochs = 2\nbatch_size = 16\n"));
    const neural_train_report report = run.Run();
    ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(report.steps, 6);
    EXPECT_EQ(report.samples, 74);
}

TEST(Trainer, SameSeedSameBitsOtherSeedOtherBits) {
    const std::string data = Clusters("seed.csv", 100, 5, 3);
    const std::string more = "epochs = 3\n[model]\ndropout = 0.2\n[options]\nrandom_seed = ";
    ToyTrainer a(ToyConfig(data, more + "1\n")), b(ToyConfig(data, more + "1\n")),
        c(ToyConfig(data, more + "2\n"));
    a.Run();
    b.Run();
    c.Run();
    ASSERT_EQ(a.status(), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(a.Bits(), b.Bits());
    EXPECT_NE(a.Bits(), c.Bits());
}

/* Counts calls and allocations between the ends of the second and the last epoch. */
struct Watch {
    int64_t calls = 0, epochs = 0, at_second = 0, at_last = 0, stop_at_step = -1;
    double learning_rate[8] = {};
};

int OnProgress(void *context, const neural_epoch_report *report) {
    Watch *watch = (Watch *)context;
    watch->calls++;
    if (report->batch == report->batches) {
        if (watch->epochs < 8) {
            watch->learning_rate[watch->epochs] = report->learning_rate;
        }
        watch->epochs++;
        watch->at_last = neural_alloc_count();
        if (watch->epochs == 1) {
            watch->at_second = watch->at_last;
        }
    }
    return watch->calls == watch->stop_at_step;
}

TEST(Trainer, ASteadyStepDoesNotAllocate) {
    const std::string data = Clusters("steady.csv", 100, 5, 3);
    const char *more[] = {
        "epochs = 6\n", "epochs = 6\ngradient_clip = 1\n[model]\ndropout = 0.3\n",
        "epochs = 6\n[optimizer]\nmomentum = 0.9\ntype = sgd\n[model]\ndtype = f64\n"};
    for (const char *m : more) {
        std::string config = ToyConfig(data, m);
        if (strstr(m, "type = sgd")) { /* one spelling of a key per file */
            config.replace(config.find("[optimizer]\ntype = adam\n"), 24, "");
        }
        ToyTrainer run(config);
        ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
        Watch watch;
        run.Run(OnProgress, &watch);
        ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
        EXPECT_EQ(watch.epochs, 6);
        EXPECT_EQ(watch.calls, 6 * 4);
        EXPECT_EQ(watch.at_last, watch.at_second) << m;
    }
    EXPECT_EQ(neural_node_count(), 0);
}

TEST(Trainer, LearningRateDecaysByStepsOfEpochs) {
    const std::string data = Clusters("decay.csv", 40, 5, 3);
    ToyTrainer run(ToyConfig(data, "epochs = 5\nlr_step_size = 2\nlr_gamma = 0.5\n"));
    Watch watch;
    run.Run(OnProgress, &watch);
    ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
    const double expected[] = {0.01, 0.01, 0.005, 0.005, 0.0025};
    for (int i = 0; i < 5; i++) {
        EXPECT_DOUBLE_EQ(watch.learning_rate[i], expected[i]);
    }
}

TEST(Trainer, EarlyStoppingKeepsTheBestWeights) {
    const std::string data = Clusters("early.csv", 120, 5, 3, 4); /* noise to overfit */
    const std::string more = "epochs = 400\nearly_stopping = true\npatience = 3\n"
                             "[data]\nval_split = 0.25\n";
    ToyTrainer run(ToyConfig(data, more));
    const neural_train_report report = run.Run();
    ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
    EXPECT_TRUE(report.stopped_early);
    EXPECT_LT(report.epochs, 400);
    EXPECT_EQ(report.best_epoch, report.epochs - 3);
    EXPECT_GE(report.val_metric, report.last_val_metric);
}

TEST(Trainer, StopsWhenAskedAfterAFinishedStep) {
    const std::string data = Clusters("stop.csv", 100, 5, 3);
    ToyTrainer run(ToyConfig(data, "epochs = 6\n"));
    Watch watch;
    watch.stop_at_step = 7;
    run.Run(OnProgress, &watch);
    EXPECT_EQ(run.status(), NEURAL_ERR_INTERRUPTED);
    EXPECT_NE(std::string(neural_last_error()).find("epoch 2"), std::string::npos);
    EXPECT_EQ(watch.calls, 7);
}

TEST(Trainer, NotFiniteIsFoundAndNamed) {
    const std::string data = Clusters("nan.csv", 64, 5, 3);
    ToyTrainer run(ToyConfig(data, "epochs = 2\n"));
    ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
    neural_parameters *all = neural_model_parameters(neural_trainer_model(run.get()));
    const int64_t index[2] = {1, 7};
    ASSERT_EQ(neural_tensor_set(all->item[2]->value, index, NAN), NEURAL_OK);
    run.Run();
    EXPECT_EQ(run.status(), NEURAL_ERR_NAN_DETECTED);
    EXPECT_STREQ(
        neural_last_error(),
        (std::string("epoch 1, step 1: ") + all->item[2]->name + " is nan at [1, 7]").c_str());
    EXPECT_EQ(neural_node_count(), 0);
}

TEST(Trainer, OverflowingActivationsAreNamedByLayer) {
    const std::string data = Clusters("overflow.csv", 64, 5, 3);
    ToyTrainer run(ToyConfig(data, "epochs = 2\n"));
    neural_parameters *all = neural_model_parameters(neural_trainer_model(run.get()));
    ASSERT_EQ(neural_tensor_fill(all->item[0]->value, 1e38), NEURAL_OK);
    run.Run();
    EXPECT_EQ(run.status(), NEURAL_ERR_INF_DETECTED) << neural_last_error();
    EXPECT_NE(std::string(neural_last_error()).find("output of layer 0, Linear("),
              std::string::npos)
        << neural_last_error();
}

TEST(Trainer, GradientsThatAreNotFiniteAreNamedWithAndWithoutClipping) {
    const std::string data = Clusters("gradient.csv", 64, 5, 3);
    for (const char *clip : {"0", "1"}) {
        ToyTrainer run(ToyConfig(data, std::string("epochs = 2\ngradient_clip = ") + clip + "\n"));
        neural_parameters *all = neural_model_parameters(neural_trainer_model(run.get()));
        /* Outputs and loss are finite; the gradient of 0.weight adds up multiples of 3e38. */
        ASSERT_EQ(neural_tensor_fill(all->item[0]->value, 0), NEURAL_OK);
        ASSERT_EQ(neural_tensor_fill(all->item[1]->value, 1e-30), NEURAL_OK);
        for (int64_t output = 0; output < 2; output++) {
            const int64_t index[2] = {output, 3};
            ASSERT_EQ(neural_tensor_set(all->item[2]->value, index, output ? -3e38 : 3e38),
                      NEURAL_OK);
        }
        run.Run();
        EXPECT_NE(run.status(), NEURAL_OK);
        EXPECT_EQ(
            std::string(neural_last_error()).rfind("epoch 1, step 1: gradient of 0.weight is ", 0),
            0u)
            << neural_last_error();
    }
}

TEST(Trainer, WeightsThatDivergeInTheLastStepAreAnError) {
    const std::string data = Clusters("last.csv", 30, 5, 3);
    std::string config = ToyConfig(data, "epochs = 1\nweight_decay = 1e30\n");
    config.replace(config.find("type = adam"), 11, "type = sgd");
    config.replace(config.find("learning_rate = 0.01"), 20, "learning_rate = 1e30");
    ToyTrainer run(config);
    run.Run();
    EXPECT_NE(run.status(), NEURAL_OK);
    EXPECT_EQ(std::string(neural_last_error()).rfind("after step 1: 0.weight is ", 0), 0u)
        << neural_last_error();
}

TEST(Trainer, OneRowCannotBeSplit) {
    ToyTrainer run(ToyConfig(Clusters("one.csv", 1, 5, 1), "[data]\nval_split = 0.2\n"));
    EXPECT_EQ(run.status(), NEURAL_ERR_DATA);
    EXPECT_NE(std::string(neural_last_error()).find("one.csv: val_split needs at least 2 rows"),
              std::string::npos);
}

TEST(Trainer, ThreadsDoNotChangeABit) {
    const std::string data = Clusters("threads.csv", 301, 5, 3);
    std::vector<std::vector<char>> bits;
    for (const char *threads : {"1", "2", "3"}) {
        std::string config = ToyConfig(data, "epochs = 20\nbatch_size = 101\n");
        config.replace(config.find("num_threads = 1"), 15, std::string("num_threads = ") + threads);
        config.replace(config.find("5,16,3"), 6, "5,509,257,3");
        const int64_t before = neural_parallel_count();
        ToyTrainer run(config);
        run.Run();
        ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
        EXPECT_EQ(neural_parallel_count() > before, threads[0] != '1') << threads;
        bits.push_back(run.Bits());
    }
    EXPECT_EQ(bits[0], bits[1]);
    EXPECT_EQ(bits[0], bits[2]);
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

TEST(Trainer, MissingDataIsAConfigError) {
    std::string config = ToyConfig("x", "");
    config.replace(config.find("train_file = x\n"), 15, "");
    ToyTrainer run(config);
    EXPECT_EQ(run.status(), NEURAL_ERR_INVALID_CONFIG);
    EXPECT_NE(std::string(neural_last_error()).find("train_file"), std::string::npos);
    ToyTrainer absent(ToyConfig(TestPath("absent.csv"), ""));
    EXPECT_EQ(absent.status(), NEURAL_ERR_FILE_NOT_FOUND);
    EXPECT_NE(std::string(neural_last_error()).find("absent.csv"), std::string::npos);
}

TEST(Trainer, FailedAllocationsAreCleanErrors) {
    const std::string data = Clusters("alloc.csv", 40, 5, 3);
    const std::string config =
        ToyConfig(data, "epochs = 2\n[data]\nval_split = 0.25\nnormalize = minmax\n");
    neural_config *parsed = nullptr;
    ASSERT_EQ(neural_config_parse(config.c_str(), "toy.ini", nullptr, 0, &parsed), NEURAL_OK);
    neural_status status = NEURAL_ERR_OUT_OF_MEMORY;
    int points = 0;
    for (int n = 1; status != NEURAL_OK; n++, points++) {
        ASSERT_LT(n, 10000);
        neural_pool_trim();
        const int64_t nodes = neural_node_count();
        neural_trainer *trainer = nullptr;
        neural_train_report report;
        neural_alloc_fail_at(n);
        status = neural_trainer_create(parsed, nullptr, nullptr, &trainer);
        if (!status) {
            status = neural_trainer_run(trainer, nullptr, nullptr, &report);
        }
        neural_alloc_fail_at(0);
        EXPECT_TRUE(status == NEURAL_OK || status == NEURAL_ERR_OUT_OF_MEMORY)
            << n << ": " << neural_last_error();
        neural_trainer_destroy(trainer);
        EXPECT_EQ(neural_node_count(), nodes);
    }
    EXPECT_GT(points, 30);
    neural_config_destroy(parsed);
}

} // namespace

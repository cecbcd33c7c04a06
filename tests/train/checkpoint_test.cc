#include "train/checkpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "data/transform.h"
#include "model/safetensors.h"
#include "tests/train/toy_run.h"

namespace {

std::string Config(const std::string &data) {
    return ToyConfig(data, "epochs = 4\nbatch_size = 16\nlr_step_size = 1\nlr_gamma = 0.7\n"
                           "gradient_clip = 1\n[model]\ndropout = 0.2\n[data]\nval_split = 0.2\n"
                           "normalize = zscore\n");
}

int StopAt(void *context, const neural_epoch_report *) {
    return --*(int *)context == 0;
}

TEST(Checkpoint, ResumedRunsHaveTheBitsOfAnUninterruptedOne) {
    const std::string data = Clusters("resume.csv", 123, 5, 3);
    const std::string path = TestPath("resume.safetensors");
    ToyTrainer whole(Config(data));
    const neural_train_report expected = whole.Run();
    ASSERT_EQ(whole.status(), NEURAL_OK) << neural_last_error();
    for (int stop = 1; stop < 28; stop++) { /* 7 batches in each of 4 epochs */
        ToyTrainer first(Config(data));
        int left = stop;
        first.Run(StopAt, &left);
        ASSERT_EQ(first.status(), NEURAL_ERR_INTERRUPTED);
        ASSERT_EQ(neural_trainer_save_checkpoint(first.get(), path.c_str()), NEURAL_OK)
            << neural_last_error();
        ToyTrainer second(Config(data));
        ASSERT_EQ(neural_trainer_load_checkpoint(second.get(), path.c_str()), NEURAL_OK)
            << neural_last_error();
        const neural_train_report report = second.Run();
        ASSERT_EQ(second.status(), NEURAL_OK) << neural_last_error();
        EXPECT_EQ(second.Bits(), whole.Bits()) << "stopped after " << stop;
        EXPECT_EQ(report.best_epoch, expected.best_epoch);
        EXPECT_EQ(report.val_loss, expected.val_loss);
        EXPECT_EQ(report.steps, expected.steps);
    }
}

/* The running statistics are part of what is resumed. */
TEST(Checkpoint, BatchNormResumesToTheSameBits) {
    const std::string data = Clusters("norm.csv", 123, 5, 3);
    const std::string path = TestPath("norm.safetensors");
    std::string config = Config(data);
    config.replace(config.find("architecture = 5,16,3\nhidden_activation = relu\n"
                               "output_activation = softmax"),
                   sizeof "architecture = 5,16,3\nhidden_activation = relu\n"
                          "output_activation = softmax" -
                       1,
                   "input = 5\nlayers = linear 16 | batchnorm | relu | layernorm | linear 8 | "
                   "batchnorm momentum=none | linear 3");
    config.replace(config.find("dropout = 0.2"), 13, "dtype = f32");
    ToyTrainer whole(config);
    const neural_train_report expected = whole.Run();
    ASSERT_EQ(whole.status(), NEURAL_OK) << neural_last_error();
    EXPECT_GT(expected.val_metric, 0.9);
    for (int stop = 1; stop < 28; stop += 5) {
        ToyTrainer first(config), second(config);
        int left = stop;
        first.Run(StopAt, &left);
        ASSERT_EQ(neural_trainer_save_checkpoint(first.get(), path.c_str()), NEURAL_OK);
        ASSERT_EQ(neural_trainer_load_checkpoint(second.get(), path.c_str()), NEURAL_OK)
            << neural_last_error();
        second.Run();
        ASSERT_EQ(second.status(), NEURAL_OK) << neural_last_error();
        EXPECT_EQ(second.Bits(), whole.Bits()) << "stopped after " << stop;
        EXPECT_EQ(second.BufferBits(), whole.BufferBits()) << "stopped after " << stop;
    }
}

/* Whatever a rule keeps from step to step is in the checkpoint. */
TEST(Checkpoint, EveryRuleAndScheduleResumesToTheSameBits) {
    const struct {
        const char *optimizer, *more;
    } rules[] = {
        {"type = sgd\nmomentum = 0.9", "[schedule]\ntype = one_cycle\n"},
        {"type = rmsprop\nmomentum = 0.5\ncentered = true", ""},
        {"type = adamw\namsgrad = true", "ema_decay = 0.9\n"},
        {"type = adagrad", "[schedule]\ntype = cosine\nunit = step\nwarmup = 5\n"},
        {"type = lion", "accumulate = 3\n"},
        {"type = adam", "quantize_aware = yes\n"},
        {"type = sgd", "[schedule]\ntype = plateau\nplateau_patience = 0\nthreshold = 0.5\n"},
    };
    const std::string data = Clusters("rules.csv", 123, 5, 3);
    const std::string path = TestPath("rules.safetensors");
    for (const auto &rule : rules) {
        SCOPED_TRACE(rule.optimizer);
        const std::string config = ToyConfig(data,
                                             std::string("epochs = 4\nbatch_size = 16\n") +
                                                 rule.more + "[data]\nval_split = 0.2\n",
                                             rule.optimizer);
        ToyTrainer whole(config);
        const neural_train_report expected = whole.Run();
        ASSERT_EQ(whole.status(), NEURAL_OK) << neural_last_error();
        for (int stop = 1; stop < 28; stop += 2) {
            ToyTrainer first(config), second(config);
            int left = stop;
            first.Run(StopAt, &left);
            ASSERT_EQ(neural_trainer_save_checkpoint(first.get(), path.c_str()), NEURAL_OK);
            ASSERT_EQ(neural_trainer_load_checkpoint(second.get(), path.c_str()), NEURAL_OK)
                << neural_last_error();
            EXPECT_EQ(second.Run().val_loss, expected.val_loss);
            ASSERT_EQ(second.status(), NEURAL_OK) << neural_last_error();
            ASSERT_EQ(second.Bits(), whole.Bits()) << "stopped after " << stop;
        }
    }
}

TEST(Checkpoint, OtherDataOrConfigIsRefused) {
    const std::string path = TestPath("origin.safetensors");
    const std::string data = Clusters("origin.csv", 60, 5, 3);
    ToyTrainer first(Config(data));
    ASSERT_EQ(neural_trainer_save_checkpoint(first.get(), path.c_str()), NEURAL_OK);
    ToyTrainer other_data(Config(Clusters("origin2.csv", 63, 5, 3)));
    EXPECT_EQ(neural_trainer_load_checkpoint(other_data.get(), path.c_str()), NEURAL_ERR_DATA);
    EXPECT_NE(std::string(neural_last_error()).find("digest"), std::string::npos);
    ToyTrainer other_seed(Config(data) + "[options]\nrandom_seed = 9\n");
    EXPECT_EQ(neural_trainer_load_checkpoint(other_seed.get(), path.c_str()),
              NEURAL_ERR_INVALID_CONFIG);
    std::string wider = Config(data);
    wider.replace(wider.find("5,16,3"), 6, "5,17,3");
    ToyTrainer other_model(wider);
    EXPECT_EQ(neural_trainer_load_checkpoint(other_model.get(), path.c_str()),
              NEURAL_ERR_INVALID_CONFIG);
    EXPECT_STREQ(neural_last_error(),
                 (path + ": it was made with architecture 5,16,3, now it is 5,17,3").c_str());
    std::string slower = Config(data);
    slower.replace(slower.find("learning_rate = 0.01"), 20, "learning_rate = 0.02");
    ToyTrainer other_rate(slower);
    EXPECT_EQ(neural_trainer_load_checkpoint(other_rate.get(), path.c_str()),
              NEURAL_ERR_INVALID_CONFIG);
    EXPECT_STREQ(neural_last_error(),
                 (path + ": it was made with learning_rate 0.01, now it is 0.02").c_str());
    EXPECT_EQ(neural_trainer_load_checkpoint(first.get(), TestPath("absent").c_str()),
              NEURAL_ERR_FILE_NOT_FOUND);
}

struct Saver {
    neural_trainer *trainer;
    std::string path;
    neural_status status;
};

int SaveEachEpoch(void *context, const neural_epoch_report *report) {
    Saver *saver = (Saver *)context;
    if (report->batch == report->batches && saver->status == NEURAL_OK) {
        saver->status = neural_trainer_save_checkpoint(saver->trainer, saver->path.c_str());
    }
    return 0;
}

TEST(Checkpoint, ARunThatStoppedEarlyStaysStopped) {
    const std::string data = Clusters("patience.csv", 120, 5, 3, 4);
    const std::string config = ToyConfig(data, "epochs = 400\nearly_stopping = true\n"
                                               "patience = 3\n[data]\nval_split = 0.25\n");
    ToyTrainer first(config), second(config);
    Saver saver = {first.get(), TestPath("patience.safetensors"), NEURAL_OK};
    const neural_train_report expected = first.Run(SaveEachEpoch, &saver);
    ASSERT_EQ(saver.status, NEURAL_OK);
    ASSERT_TRUE(expected.stopped_early);
    ASSERT_EQ(neural_trainer_load_checkpoint(second.get(), saver.path.c_str()), NEURAL_OK)
        << neural_last_error();
    const neural_train_report report = second.Run();
    EXPECT_EQ(report.epochs, expected.epochs);
    EXPECT_TRUE(report.stopped_early);
    EXPECT_EQ(second.Bits(), first.Bits());
    std::string patient = config;
    patient.replace(patient.find("patience = 3"), 12, "patience = 5");
    ToyTrainer third(patient);
    ASSERT_EQ(neural_trainer_load_checkpoint(third.get(), saver.path.c_str()), NEURAL_OK);
    EXPECT_GT(third.Run().epochs, expected.epochs);
}

std::vector<double> History(neural_trainer *trainer) {
    int64_t rows = 0;
    const neural_history_row *row = neural_trainer_history(trainer, &rows);
    const double *first = &row->epoch;
    return std::vector<double>(first, first + rows * 7);
}

TEST(Checkpoint, TheHistoryGoesOn) {
    const std::string data = Clusters("history.csv", 123, 5, 3);
    const std::string path = TestPath("history.safetensors");
    const std::string config = Config(data) + "[logging]\nvalidate_every = 3\n";
    ToyTrainer whole(config);
    std::vector<double> losses;
    whole.Run(
        [](void *context, const neural_epoch_report *now) {
            if (now->batch == now->batches) {
                ((std::vector<double> *)context)->push_back(now->train.loss);
            }
            return 0;
        },
        &losses);
    const std::vector<double> expected = History(whole.get());
    ASSERT_EQ(expected.size(), 4u * 7);
    for (size_t epoch = 0; epoch < 4; epoch++) {
        const double *row = &expected[epoch * 7];
        EXPECT_EQ(row[0], epoch + 1);
        EXPECT_NEAR(row[1], 0.01 * std::pow(0.7, epoch), 1e-9);
        EXPECT_GT(row[2], 0);
        EXPECT_EQ(row[3], losses[epoch]);
        EXPECT_GT(row[4], 0);
        EXPECT_EQ(std::isnan(row[5]), epoch < 2); // validated after the third and the last
        EXPECT_EQ(std::isnan(row[6]), epoch < 2);
    }
    for (int stop : {1, 6, 7, 8, 20, 21, 27}) {
        ToyTrainer first(config), second(config);
        int left = stop;
        first.Run(StopAt, &left);
        ASSERT_EQ(neural_trainer_save_checkpoint(first.get(), path.c_str()), NEURAL_OK);
        ASSERT_EQ(neural_trainer_load_checkpoint(second.get(), path.c_str()), NEURAL_OK)
            << neural_last_error();
        second.Run();
        const std::vector<double> resumed = History(second.get());
        ASSERT_EQ(resumed.size(), expected.size());
        EXPECT_EQ(memcmp(resumed.data(), expected.data(), 8 * expected.size()), 0) << stop;
    }
}

/* Everything that a run needs stands in the file, by name. */
TEST(Checkpoint, HoldsAllOfARun) {
    const std::string path = TestPath("all.safetensors");
    const std::string data = Clusters("all.csv", 60, 5, 3);
    std::string config = Config(data) + "[loss]\nclass_weights = balanced\n[options]\nseed = 5\n";
    config.replace(config.find("architecture = 5,16,3\nhidden_activation = relu\n"
                               "output_activation = softmax"),
                   sizeof "architecture = 5,16,3\nhidden_activation = relu\n"
                          "output_activation = softmax" -
                       1,
                   "input = 5\nlayers = linear 6 | batchnorm | relu | linear 3");
    config.replace(config.find("dropout = 0.2"), 13, "dtype = f64");
    ToyTrainer run(config);
    int left = 5;
    run.Run(StopAt, &left);
    ASSERT_EQ(neural_trainer_save_checkpoint(run.get(), path.c_str()), NEURAL_OK);
    neural_safetensors *file = nullptr;
    ASSERT_EQ(neural_safetensors_open(path.c_str(), &file), NEURAL_OK);
    std::string names;
    for (int i = 0; i < neural_safetensors_count(file); i++) {
        names += std::string(neural_safetensors_name(file, i)) + " ";
    }
    EXPECT_EQ(names, "0.bias 0.weight 1.bias 1.num_batches_tracked 1.running_mean 1.running_var "
                     "1.weight 3.bias 3.weight "
                     "best best_buffers history loss.class_weights optim.exp_avg optim.exp_avg_sq "
                     "transform.offset transform.scale ");
    for (const char *key :
         {"epoch", "batch", "steps", "samples", "learning_rate", "best_epoch", "best_loss",
          "best_metric", "sum_loss", "digest", "transform", "checksum", "format"}) {
        EXPECT_NE(neural_safetensors_text(file, key), nullptr) << key;
    }
    EXPECT_NE(std::string(neural_safetensors_text(file, "config")).find("random_seed = 5"),
              std::string::npos);
    neural_safetensors_close(file);
}

std::string Bytes(const std::string &path) {
    std::ifstream in(path, std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

/* A scaling that these data do not give. The stored sum is that of the changed file. */
TEST(Checkpoint, AnotherFrameIsNamed) {
    const std::string path = TestPath("frame.safetensors"), data = Clusters("frame.csv", 60, 5, 3);
    ToyTrainer run(Config(data)), other(Config(data));
    const double offset[5] = {1, 2, 3, 4, 5}, scale[5] = {1, 1, 1, 1, 1};
    neural_transform *transform = nullptr;
    ASSERT_EQ(neural_transform_create(NEURAL_NORMALIZE_ZSCORE, offset, scale, 5, &transform),
              NEURAL_OK);
    ASSERT_EQ(neural_model_set_transform(neural_trainer_model(other.get()), transform), NEURAL_OK);
    ASSERT_EQ(neural_trainer_save_checkpoint(other.get(), path.c_str()), NEURAL_OK);
    EXPECT_EQ(neural_trainer_load_checkpoint(run.get(), path.c_str()), NEURAL_ERR_DATA);
    EXPECT_EQ(neural_last_error(),
              path + ": it was made with another transform.offset than these data give");
}

/* Every bit of a checkpoint in turn; the file is read as one of these data and this config. */
TEST(Checkpoint, EveryFlippedBitIsDetectedAndNamed) {
    const std::string path = TestPath("flip.safetensors"), data = Clusters("flip.csv", 30, 5, 3);
    std::string config = Config(data);
    config.replace(config.find("5,16,3"), 6, "5,2,3");
    ToyTrainer run(config);
    ASSERT_EQ(neural_trainer_save_checkpoint(run.get(), path.c_str()), NEURAL_OK);
    const std::string bytes = Bytes(path);
    for (size_t at = 0; at < bytes.size(); at++) {
        for (int bit = 0; bit < 8; bit++) {
            const int fd = open(path.c_str(), O_WRONLY);
            const char flipped = (char)(bytes[at] ^ (1 << bit));
            ASSERT_EQ(pwrite(fd, &flipped, 1, (off_t)at), 1);
            const neural_status status = neural_trainer_load_checkpoint(run.get(), path.c_str());
            EXPECT_TRUE(status == NEURAL_ERR_DATA) << at << " bit " << bit << ": " << status;
            EXPECT_EQ(std::string(neural_last_error()).find(path + ": "), 0u);
            ASSERT_EQ(pwrite(fd, &bytes[at], 1, (off_t)at), 1);
            close(fd);
        }
    }
    EXPECT_EQ(neural_trainer_load_checkpoint(run.get(), path.c_str()), NEURAL_OK);
}

TEST(Checkpoint, TruncatedFilesAreRefused) {
    const std::string path = TestPath("whole.safetensors"), cut = TestPath("cut.safetensors");
    ToyTrainer run(Config(Clusters("cut.csv", 60, 5, 3)));
    ASSERT_EQ(neural_trainer_save_checkpoint(run.get(), path.c_str()), NEURAL_OK);
    std::ifstream in(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    ASSERT_GT(bytes.size(), 1000u);
    for (size_t len = 0; len < bytes.size(); len += 1 + len / 50) {
        std::ofstream(cut, std::ios::binary).write(bytes.data(), (std::streamsize)len);
        ASSERT_NE(neural_trainer_load_checkpoint(run.get(), cut.c_str()), NEURAL_OK) << len;
    }
}

} // namespace

#include "train/run_log.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sstream>

#include "tests/train/toy_run.h"
#include "train/checkpoint.h"

namespace {

std::string Config(const std::string &more = "") {
    static const std::string data = Clusters("run_log.csv", 100, 5, 3);
    return ToyConfig(data, "epochs = 4\nbatch_size = 20\n[data]\nval_split = 0.2\n" + more);
}

std::string ReadText(const std::string &path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

std::vector<std::string> Lines(const std::string &path) {
    std::istringstream text(ReadText(path));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) {
        lines.push_back(line);
    }
    return lines;
}

/* Without what the clock says. */
std::string Timeless(const std::string &line) {
    const size_t at = line.find(", \"seconds\"");
    return line.substr(0, at);
}

struct Log {
    neural_run_log *log = nullptr;
    neural_trainer *trainer;
    std::string checkpoint;
    int64_t save_at, stop_at; /* steps */
    Log(neural_trainer *of, const std::string &path, int64_t every) : trainer(of) {
        EXPECT_EQ(neural_run_log_open(of, path.c_str(), "1.2.3", every, &log), NEURAL_OK)
            << neural_last_error();
        save_at = stop_at = -1;
    }
    ~Log() { neural_run_log_close(log); }
};

int Tell(void *context, const neural_epoch_report *now) {
    Log *log = (Log *)context;
    const int64_t step = (now->epoch - 1) * now->batches + now->batch;
    EXPECT_EQ(neural_run_log_add(log->log, now), NEURAL_OK) << neural_last_error();
    if (step == log->save_at) {
        EXPECT_EQ(neural_trainer_save_checkpoint(log->trainer, log->checkpoint.c_str()), NEURAL_OK);
    }
    return step == log->stop_at;
}

TEST(RunLog, ALinePerEpoch) {
    const std::string path = TestPath("epochs.jsonl");
    WriteText(path, "of an earlier run\n");
    ToyTrainer trainer(Config("[options]\nrandom_seed = 77\n"));
    {
        Log log(trainer.get(), path, 0);
        trainer.Run(Tell, &log);
    }
    const std::vector<std::string> lines = Lines(path);
    ASSERT_EQ(lines.size(), 5u);
    EXPECT_EQ(
        lines[0].rfind("{\"event\": \"start\", \"version\": \"1.2.3\", \"config_digest\": \"", 0),
        0u);
    EXPECT_NE(lines[0].find("\"seed\": 77"), std::string::npos);
    EXPECT_NE(lines[0].find("\"steps_per_epoch\": 4, \"train_rows\": 80, \"val_rows\": 20"),
              std::string::npos)
        << lines[0];
    for (int epoch = 1; epoch <= 4; epoch++) {
        const std::string begin = "{\"event\": \"epoch\", \"epoch\": " + std::to_string(epoch) +
                                  ", \"step\": " + std::to_string(4 * epoch) + ", \"train_loss\": ";
        EXPECT_EQ(lines[epoch].rfind(begin, 0), 0u) << lines[epoch];
        for (const char *key : {"train_accuracy", "val_loss", "val_accuracy", "is_best",
                                "learning_rate", "seconds", "samples_per_second"}) {
            EXPECT_NE(lines[epoch].find("\"" + std::string(key) + "\": "), std::string::npos)
                << key;
        }
        EXPECT_EQ(lines[epoch].find("gradient_norm"), std::string::npos);
        EXPECT_EQ(lines[epoch].back(), '}');
    }
}

/* Killed after lines that the checkpoint does not know, with a torn one at the end. */
TEST(RunLog, AResumedRunRepeatsNothing) {
    const std::string config = Config("[logging]\nlog_gradient_norm = true\n");
    const std::string whole_path = TestPath("whole.jsonl"), path = TestPath("parts.jsonl");
    ToyTrainer whole(config);
    {
        Log log(whole.get(), whole_path, 3);
        whole.Run(Tell, &log);
    }
    const std::vector<std::string> expected = Lines(whole_path);
    ASSERT_EQ(expected.size(), 1u + 4 + 4); /* steps 3, 6, 9, 15; 12 ends an epoch */
    EXPECT_NE(expected[1].find("\"gradient_norm\": "), std::string::npos);
    for (int64_t save_at : {1, 4, 6, 8}) {
        ToyTrainer first(config), second(config);
        const std::string checkpoint = TestPath("log.safetensors");
        {
            Log log(first.get(), path, 3);
            log.checkpoint = checkpoint;
            log.save_at = save_at;
            log.stop_at = 10;
            first.Run(Tell, &log);
        }
        std::ofstream(path, std::ios::app) << "{\"event\": \"epoch\", \"ep";
        ASSERT_EQ(neural_trainer_load_checkpoint(second.get(), checkpoint.c_str()), NEURAL_OK);
        {
            Log log(second.get(), path, 3);
            second.Run(Tell, &log);
        }
        const std::vector<std::string> lines = Lines(path);
        ASSERT_EQ(lines.size(), expected.size()) << save_at;
        for (size_t i = 0; i < lines.size(); i++) {
            EXPECT_EQ(Timeless(lines[i]), Timeless(expected[i])) << save_at;
        }
    }
    unlink(path.c_str()); /* a log that is gone begins anew */
    ToyTrainer third(config);
    ASSERT_EQ(neural_trainer_load_checkpoint(third.get(), TestPath("log.safetensors").c_str()),
              NEURAL_OK);
    Log log(third.get(), path, 0);
    ASSERT_EQ(Lines(path).size(), 1u);
}

/* The norm that is logged is that of the gradient, and changes no bit of the run. */
TEST(RunLog, GradientNormWithoutClipping) {
    ToyTrainer plain(Config()), logged(Config("[logging]\nlog_gradient_norm = true\n"));
    std::vector<double> norms;
    const auto keep = [](void *context, const neural_epoch_report *now) {
        ((std::vector<double> *)context)->push_back(now->gradient_norm);
        return 0;
    };
    plain.Run(keep, &norms);
    EXPECT_EQ(norms, std::vector<double>(16, 0));
    norms.clear();
    logged.Run(keep, &norms);
    EXPECT_EQ(logged.Bits(), plain.Bits());
    const neural_parameters *parameters =
        neural_model_parameters(neural_trainer_model(logged.get()));
    const float *grads = (const float *)neural_tensor_data(parameters->grads);
    long double sum = 0;
    for (int64_t i = 0; i < neural_tensor_len(parameters->grads); i++) {
        sum += (long double)grads[i] * grads[i];
    }
    EXPECT_NEAR(norms.back(), (double)std::sqrt(sum), 1e-6 * (double)std::sqrt(sum));
}

TEST(RunLog, WhatIsNotFiniteIsNull) {
    const std::string path = TestPath("null.jsonl");
    ToyTrainer trainer(Config());
    Log log(trainer.get(), path, 0);
    neural_epoch_report report = {};
    report.epoch = report.epochs = report.batch = report.batches = 1;
    report.train = {NAN, INFINITY, 3, 0};
    ASSERT_EQ(neural_run_log_add(log.log, &report), NEURAL_OK);
    const std::string line = Lines(path).back();
    EXPECT_NE(line.find("\"train_loss\": null, \"train_mse\": null, \"is_best\": false"),
              std::string::npos)
        << line;
    EXPECT_EQ(line.find("nan"), std::string::npos);
    EXPECT_EQ(line.find("val_loss"), std::string::npos);
}

/* The limit lets 30 bytes of the next line through, as a disk that fills does. */
TEST(RunLog, ALineThatDoesNotFitIsTakenBack) {
    const std::string path = TestPath("full.jsonl");
    ToyTrainer trainer(Config());
    Log log(trainer.get(), path, 0);
    neural_epoch_report report = {};
    report.epoch = report.epochs = report.batch = report.batches = 1;
    ASSERT_EQ(neural_run_log_add(log.log, &report), NEURAL_OK);
    const std::string before = ReadText(path);
    struct rlimit old;
    getrlimit(RLIMIT_FSIZE, &old);
    const struct rlimit tight = {before.size() + 30, old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &tight);
    const neural_status status = neural_run_log_add(log.log, &report);
    setrlimit(RLIMIT_FSIZE, &old);
    EXPECT_EQ(status, NEURAL_ERR_FILE_WRITE);
    EXPECT_EQ(std::string(neural_last_error()).rfind(path + ": ", 0), 0u);
    EXPECT_EQ(ReadText(path), before);
    EXPECT_EQ(neural_run_log_add(log.log, &report), NEURAL_OK);
    EXPECT_EQ(Lines(path).size(), 3u);
}

TEST(RunLog, WhereNothingCanBeWritten) {
    ToyTrainer trainer(Config());
    neural_run_log *log = nullptr;
    EXPECT_EQ(neural_run_log_open(trainer.get(), TestPath("no/log.jsonl").c_str(), "1", 0, &log),
              NEURAL_ERR_FILE_WRITE);
    EXPECT_EQ(neural_run_log_open(trainer.get(), TestPath("").c_str(), "1", 0, &log),
              NEURAL_ERR_FILE_WRITE);
    EXPECT_EQ(neural_run_log_open(nullptr, "x", "1", 0, &log), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(log, nullptr);
}

} // namespace

/* A run as `neural train` makes it: config, data, checkpoints, log, event files, model; and one
 * that is stopped and resumed. */
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "model/text.h"
#include "tests/fault/run.h"
#include "tests/logging/logging_testing.h"
#include "train/board.h"
#include "train/checkpoint.h"
#include "train/checkpoints.h"
#include "train/run_log.h"

namespace fault {
namespace {

/* What goes on beside the steps. */
struct Beside {
    neural_trainer *trainer;
    neural_board *board = nullptr;
    neural_run_log *log = nullptr;
    std::string checkpoints;
    int64_t stop_at = 0; // a step; 0 = never
    int64_t steps = 0;
    Outcome failed = {};
    ~Beside() {
        neural_board_destroy(board);
        neural_run_log_close(log);
    }
};

neural_status OnReport(Beside *beside, const neural_epoch_report *now) {
    const neural_checkpoint_policy policy = {2, 1};
    if (beside->log) {
        NEURAL_TRY(neural_run_log_add(beside->log, now));
    }
    if (beside->board) {
        NEURAL_TRY(neural_board_log(beside->board, now));
    }
    if (now->batch == now->batches) {
        NEURAL_TRY(neural_checkpoints_save(beside->trainer, beside->checkpoints.c_str(), &policy,
                                           &now->validation, now->epoch == 1));
    }
    return NEURAL_OK;
}

int Progress(void *context, const neural_epoch_report *now) {
    auto *beside = static_cast<Beside *>(context);
    beside->failed = Outcome(OnReport(beside, now));
    beside->steps += now->batch < now->batches || now->train.rows > 0;
    return beside->failed.status || beside->steps == beside->stop_at;
}

neural_status Load(const std::string &dir, Owned<neural_config> *config,
                   Owned<neural_trainer> *trainer) {
    const std::string path = dir + "/run.ini", cache = "data.cache=" + dir;
    const char *const overrides[] = {cache.c_str()};
    NEURAL_TRY(Make(config, [&](neural_config **out) {
        return neural_config_load(path.c_str(), overrides, 1, out);
    }));
    return Make(trainer, [&](neural_trainer **out) {
        return neural_trainer_create(config->get(), nullptr, nullptr, out);
    });
}

neural_status WriteText(const std::string &path, const char *text) {
    neural_file_writer *writer = nullptr;
    NEURAL_TRY(neural_file_writer_create(path.c_str(), &writer));
    neural_status status = neural_file_writer_write(writer, text, strlen(text));
    status = status ? status : neural_file_writer_commit(writer);
    neural_file_writer_destroy(writer);
    return status;
}

neural_status WriteResolved(const neural_config *config, const std::string &path) {
    char *text = nullptr;
    NEURAL_TRY(neural_config_resolved(config, 0, &text));
    const neural_status status = WriteText(path, text);
    neural_text_free(text);
    return status;
}

std::string Answer(const neural_train_report &report, const std::string &model) {
    return std::to_string(report.train_loss) + " " + std::to_string(report.test_loss) + " " +
           std::to_string(report.best_epoch) + "\n" + Slurp(model);
}

Outcome Train(const std::string &dir) {
    Owned<neural_config> config;
    Owned<neural_trainer> trainer;
    neural_train_report report = {};
    const std::string model = dir + "/model.safetensors";
    FAULT_TRY(Load(dir, &config, &trainer));
    Beside beside = {trainer.get()};
    beside.checkpoints = dir + "/checkpoints";
    FAULT_TRY(WriteResolved(config.get(), dir + "/resolved.ini"));
    FAULT_TRY(
        neural_run_log_open(trainer.get(), (dir + "/log.jsonl").c_str(), "1", 1, &beside.log));
    FAULT_TRY(neural_board_create(trainer.get(), (dir + "/tb/run").c_str(), &beside.board));
    const neural_status status = neural_trainer_run(trainer.get(), Progress, &beside, &report);
    if (beside.failed.status) {
        return beside.failed;
    }
    FAULT_TRY(status);
    FAULT_TRY(neural_model_save(neural_trainer_model(trainer.get()), nullptr, model.c_str()));
    FAULT_TRY(neural_board_log_end(beside.board, &report));
    Outcome out;
    out.answer = Answer(report, model);
    return out;
}

/* Four steps, a stop, and the rest by another trainer. */
Outcome TrainInTwo(const std::string &dir) {
    const std::string checkpoints = dir + "/checkpoints";
    const neural_checkpoint_policy policy = {1, 0};
    neural_train_report report = {};
    {
        Owned<neural_config> config;
        Owned<neural_trainer> trainer;
        FAULT_TRY(Load(dir, &config, &trainer));
        Beside beside = {trainer.get()};
        beside.checkpoints = checkpoints;
        beside.stop_at = 4;
        FAULT_TRY(neural_checkpoints_remove(checkpoints.c_str()));
        const neural_status status = neural_trainer_run(trainer.get(), Progress, &beside, &report);
        if (beside.failed.status || status != NEURAL_ERR_INTERRUPTED) {
            return beside.failed.status ? beside.failed : Outcome(status);
        }
        FAULT_TRY(neural_checkpoints_save(trainer.get(), checkpoints.c_str(), &policy, nullptr, 0));
    }
    Owned<neural_config> config;
    Owned<neural_trainer> trainer;
    char path[4096];
    FAULT_TRY(Load(dir, &config, &trainer));
    FAULT_TRY(neural_checkpoints_find(checkpoints.c_str(), path, sizeof path));
    FAULT_TRY(neural_trainer_load_checkpoint(trainer.get(), path));
    FAULT_TRY(neural_trainer_run(trainer.get(), nullptr, nullptr, &report));
    const std::string model = dir + "/model.safetensors";
    FAULT_TRY(neural_model_save(neural_trainer_model(trainer.get()), nullptr, model.c_str()));
    Outcome out;
    out.answer = Answer(report, model);
    return out;
}

/* Times stand in logs, and between its epochs a run has files that neither end has. */
std::string Judge(const std::string &path, const std::string &content) {
    const auto has = [&](const char *part) { return path.find(part) != std::string::npos; };
    if (has(".safetensors")) {
        return IsWholeSafetensors(content);
    }
    if (has("log.jsonl")) {
        return content.empty() || content.back() == '\n' ? "" : "half a line: " + content;
    }
    if (has("tfevents")) {
        size_t at = 0;
        bool is_broken = false;
        logging_testing::records_of(content, &at, &is_broken);
        return is_broken || at != content.size() ? "half a record" : "";
    }
    return has(".neural-cache") ? "" : "nobody wants it";
}

class Training : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        words_ = SharedDir();
        numbers_ = SharedDir();
        for (const bool has_words : {true, false}) {
            WriteRows((has_words ? words_ : numbers_) + "/train.csv", 60, has_words);
            WriteRows((has_words ? words_ : numbers_) + "/test.csv", 20, has_words);
        }
    }
    static Files Before(const std::string &shared, int features, const char *more) {
        const std::string text = "epochs = 3\n[logging]\nlog_gradient_norm = true\n";
        return {{"run.ini", std::string("include = base.ini\n[data]\n") + more},
                {"base.ini", ConfigText(shared, features, text)},
                {"model.safetensors", "an old model"},
                {"resolved.ini", "an old config"},
                {"checkpoints/mine.txt", "a file of the user"}};
    }
    static Work Whole() {
        return {"training", Before(words_, 6, "categorical = e\n"), Train, Judge, 50};
    }
    static Work InTwo() {
        return {"training in two", Before(numbers_, 5, "shuffle = false\n"), TrainInTwo, Judge, 50};
    }
    static std::string words_, numbers_;
};

std::string Training::words_, Training::numbers_;

TEST_F(Training, FailingAllocations) {
    FailAllocations(Whole());
}
TEST_F(Training, FailingFiles) {
    FailFiles(Whole());
}
TEST_F(Training, ResumedWithFailingAllocations) {
    FailAllocations(InTwo());
}
TEST_F(Training, ResumedWithFailingFiles) {
    FailFiles(InTwo());
}

} // namespace
} // namespace fault

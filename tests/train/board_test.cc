#include "train/board.h"

#include "core/base/memory.h"
#include "tests/logging/logging_testing.h"
#include "tests/train/toy_run.h"
#include "train/checkpoint.h"

namespace {

using namespace logging_testing;

// Logs every report; keeps the last one of an epoch and stops after `stop_after` batches.
struct Logged {
    neural_board *board = nullptr;
    int stop_after = -1;
    int calls = 0;
    neural_status status = NEURAL_OK;
    neural_epoch_report last = {};
};

int on_progress(void *context, const neural_epoch_report *report) {
    Logged *logged = static_cast<Logged *>(context);
    logged->calls++;
    if (logged->board && !logged->status) {
        logged->status = neural_board_log(logged->board, report);
    }
    if (report->batch == report->batches) {
        logged->last = *report;
    }
    return logged->calls == logged->stop_after;
}

std::string toy_config(const std::string &more = "") {
    return ToyConfig(Clusters("board.csv", 60, 5, 3),
                     "epochs = 4\nbatch_size = 10\n" + more + "[data]\nval_split = 0.5\n");
}

std::vector<std::string> event_files(const std::string &dir) {
    std::vector<std::string> files;
    for (const auto &entry : std::filesystem::directory_iterator(dir)) {
        files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

// The events of a file with their tag, or with `what` in them, without their times.
std::vector<std::string> events_with(const std::string &path, const std::string &what) {
    std::vector<std::string> found;
    for (const std::string &event : records_in(path)) {
        if (event.find(what) != std::string::npos) {
            found.push_back(without_time(event));
        }
    }
    return found;
}

size_t count_of(const std::string &text, const std::string &what) {
    size_t count = 0;
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
        count++;
    }
    return count;
}

TEST(Board, ARunLeavesCurvesHistogramsPicturesAndAGraph) {
    const TempDir dir;
    ToyTrainer trainer(toy_config("gradient_clip = 1\n"));
    Logged logged;
    ASSERT_EQ(neural_board_create(trainer.get(), dir.path().c_str(), &logged.board), NEURAL_OK)
        << neural_last_error();
    const neural_train_report report = trainer.Run(on_progress, &logged);
    ASSERT_EQ(trainer.status(), NEURAL_OK) << neural_last_error();
    ASSERT_EQ(logged.status, NEURAL_OK) << neural_last_error();
    ASSERT_EQ(neural_board_log_end(logged.board, &report), NEURAL_OK) << neural_last_error();
    neural_board_destroy(logged.board);

    const auto files = event_files(dir.path());
    ASSERT_EQ(files.size(), 1u);
    const std::string &file = files[0];
    EXPECT_EQ(events_with(file, "step/loss").size(), 12u); // 4 epochs of 3 batches
    EXPECT_EQ(events_with(file, "step/gradient_norm").size(), 12u);
    EXPECT_EQ(events_with(file, "step/learning_rate")[4],
              value_event(5, "step/learning_rate", field_float(2, 0.01f)));
    const auto scalar = [&](const char *tag, double value) {
        const auto found = events_with(file, tag);
        ASSERT_EQ(found.size(), 4u) << tag;
        EXPECT_EQ(found[3], value_event(12, tag, field_float(2, static_cast<float>(value))));
    };
    scalar("loss/train", logged.last.train.loss);
    scalar("loss/validation", logged.last.validation.loss);
    scalar("accuracy/train", logged.last.train.metric);
    scalar("accuracy/validation", logged.last.validation.metric);
    for (const char *tag : {"parameters/0.weight", "gradients/2.bias", "samples_per_second",
                            "gradient_norm/last", "confusion/validation"}) {
        EXPECT_EQ(events_with(file, tag).size(), 4u) << tag;
    }
    EXPECT_NE(events_with(file, "confusion/validation")[0].find("\x89PNG"), std::string::npos);
    const auto graph = events_with(file, "_output_shapes");
    ASSERT_EQ(graph.size(), 1u);
    for (const char *part : {"\x0A\x05input\x12\x05Input", "0_Linear\x12\x06Linear\x1A\x05input",
                             "1_ReLU\x12\x04ReLU\x1A\x08"
                             "0_Linear",
                             "in_features=16"}) {
        EXPECT_EQ(count_of(graph[0], part), 1u) << part;
    }
    const auto start = events_with(file, "_hparams_/session_start_info");
    ASSERT_EQ(start.size(), 1u);
    EXPECT_NE(
        start[0].find(field(1, field(1, "training.batch_size") + field(2, field_double(2, 10)))),
        std::string::npos);
    EXPECT_EQ(events_with(file, "result/val_accuracy").size(), 2u); // announced and measured
}

// A board only watches: also dropout, and an average of the weights, end in the same bits.
TEST(Board, ChangesNoBitOfTheRun) {
    for (const char *more :
         {"", "ema_decay = 0.9\n[regularization]\ndropout = 0.2\n[training]\n"}) {
        const TempDir dir;
        ToyTrainer plain(toy_config(more)), watched(toy_config(more));
        ASSERT_EQ(plain.status(), NEURAL_OK) << neural_last_error();
        Logged logged;
        ASSERT_EQ(neural_board_create(watched.get(), dir.path().c_str(), &logged.board), NEURAL_OK);
        plain.Run();
        watched.Run(on_progress, &logged);
        EXPECT_EQ(logged.status, NEURAL_OK) << neural_last_error();
        EXPECT_EQ(plain.Bits(), watched.Bits());
        neural_board_destroy(logged.board);
    }
}

TEST(Board, AResumedRunVoidsWhatLiesBehindItsFirstBatch) {
    const TempDir dir;
    const std::string checkpoint = dir.path() + ".safetensors";
    Logged first, second;
    ToyTrainer begun(toy_config()), resumed(toy_config());
    first.stop_after = 5;
    ASSERT_EQ(neural_board_create(begun.get(), dir.path().c_str(), &first.board), NEURAL_OK);
    begun.Run(on_progress, &first);
    EXPECT_EQ(begun.status(), NEURAL_ERR_INTERRUPTED);
    ASSERT_EQ(neural_trainer_save_checkpoint(begun.get(), checkpoint.c_str()), NEURAL_OK);
    neural_board_destroy(first.board);

    ASSERT_EQ(neural_trainer_load_checkpoint(resumed.get(), checkpoint.c_str()), NEURAL_OK);
    ASSERT_EQ(neural_board_create(resumed.get(), dir.path().c_str(), &second.board), NEURAL_OK);
    resumed.Run(on_progress, &second);
    EXPECT_EQ(second.status, NEURAL_OK) << neural_last_error();
    neural_board_destroy(second.board);
    std::filesystem::remove(checkpoint);
    int sessions = 0;
    size_t losses = 0;
    for (const std::string &file : event_files(dir.path())) {
        losses += events_with(file, "step/loss").size();
        for (const std::string &event : records_in(file)) {
            sessions += without_time(event) == field_int(2, 6) + field(7, field_int(1, 1));
        }
    }
    EXPECT_EQ(sessions, 1);
    EXPECT_EQ(losses, 12u);
}

TEST(Board, RegressionHasNoConfusionAndBlocksAreGroups) {
    const TempDir dir;
    WriteText(TestPath("line.csv"), "1,2,3,4,1\n2,3,4,5,2\n3,4,5,6,3\n4,5,6,7,4\n");
    ToyTrainer trainer("[model]\ninput_size = 4\nlayers = residual { linear 4 | tanh } | linear 1\n"
                       "[loss]\nfunction = mse\n[optimizer]\ntype = adam\n[data]\ntrain_file = " +
                       TestPath("line.csv") +
                       "\nval_split = 0.25\n[training]\nepochs = 2\nbatch_size = 3\n"
                       "learning_rate = 0.01\n");
    ASSERT_EQ(trainer.status(), NEURAL_OK) << neural_last_error();
    Logged logged;
    ASSERT_EQ(neural_board_create(trainer.get(), dir.path().c_str(), &logged.board), NEURAL_OK);
    trainer.Run(on_progress, &logged);
    EXPECT_EQ(logged.status, NEURAL_OK) << neural_last_error();
    neural_board_destroy(logged.board);
    const std::string file = event_files(dir.path())[0];
    EXPECT_TRUE(events_with(file, "confusion/").empty());
    EXPECT_EQ(events_with(file, "mse/validation").size(), 2u);
    const std::string graph = events_with(file, "_output_shapes").at(0);
    EXPECT_EQ(count_of(graph, "\x0A\x0F"
                              "0_Residual/join\x12\x08Residual"),
              1u);
    EXPECT_GE(count_of(graph, "\x1A\x05input"), 2u); // the branch and the shortcut
}

TEST(Board, FailuresAreStatus) {
    const TempDir dir;
    ToyTrainer trainer(toy_config());
    neural_board *board = nullptr;
    const std::string plain = dir.path() + "/plain";
    WriteText(plain, "x");
    EXPECT_EQ(neural_board_create(trainer.get(), plain.c_str(), &board), NEURAL_ERR_FILE_WRITE);
    EXPECT_EQ(neural_board_create(nullptr, plain.c_str(), &board), NEURAL_ERR_NULL_POINTER);
    int failures = 0;
    for (int n = 1; n < 40; n++) {
        neural_alloc_fail_at(n);
        const neural_status status = neural_board_create(trainer.get(), dir.path().c_str(), &board);
        neural_alloc_fail_at(0);
        EXPECT_TRUE(status == NEURAL_OK || status == NEURAL_ERR_OUT_OF_MEMORY) << status;
        failures += status != NEURAL_OK;
        neural_board_destroy(status ? nullptr : board);
    }
    EXPECT_GE(failures, 8);
    neural_board_destroy(nullptr);
}

} // namespace

#include "train/checkpoints.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/log.h"
#include "tests/train/toy_run.h"
#include "train/checkpoint.h"

namespace {

std::string NewDirectory(const std::string &name) {
    const std::string path = TestPath(name);
    if (DIR *stream = opendir(path.c_str())) {
        while (const dirent *entry = readdir(stream)) {
            unlink((path + "/" + entry->d_name).c_str());
        }
        closedir(stream);
        rmdir(path.c_str());
    }
    return path;
}

std::vector<std::string> Names(const std::string &directory) {
    std::vector<std::string> names;
    if (DIR *stream = opendir(directory.c_str())) {
        while (const dirent *entry = readdir(stream)) {
            if (entry->d_name[0] != '.') {
                names.push_back(entry->d_name);
            }
        }
        closedir(stream);
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::string Config() {
    static const std::string data = Clusters("checkpoints.csv", 96, 5, 3);
    return ToyConfig(data, "epochs = 8\nbatch_size = 32\n[data]\nval_split = 0.3\n");
}

/* Saves after each epoch, with scores of the test's own. */
struct Saver {
    neural_trainer *trainer;
    std::string directory;
    neural_checkpoint_policy policy;
    std::vector<neural_score> scores; /* of the epochs; behind the end: none */
    int is_first;
    int64_t stop_after; /* epochs; 0 = never */
};

int Save(void *context, const neural_epoch_report *now) {
    Saver *saver = (Saver *)context;
    if (now->batch < now->batches) {
        return 0;
    }
    const size_t i = (size_t)now->epoch - 1;
    const neural_score *score = i < saver->scores.size() ? &saver->scores[i] : nullptr;
    EXPECT_EQ(neural_checkpoints_save(saver->trainer, saver->directory.c_str(), &saver->policy,
                                      score, saver->is_first),
              NEURAL_OK)
        << neural_last_error();
    saver->is_first = 0;
    return saver->stop_after == now->epoch;
}

neural_score Accuracy(double accuracy, double loss) {
    return {.loss = loss, .metric = accuracy, .rows = 10, .is_accuracy = 1};
}

std::vector<std::string> Kept(const std::string &name, neural_checkpoint_policy policy,
                              const std::vector<neural_score> &scores) {
    ToyTrainer trainer(Config());
    Saver saver = {trainer.get(), NewDirectory(name), policy, scores, 1, 0};
    trainer.Run(Save, &saver);
    EXPECT_EQ(trainer.status(), NEURAL_OK) << neural_last_error();
    return Names(saver.directory);
}

TEST(Checkpoints, WithoutAPolicyThereIsTheLastOne) {
    EXPECT_EQ(Kept("plain", {1, 0}, {}), std::vector<std::string>{"last.safetensors"});
}

TEST(Checkpoints, TheNewestAreKept) {
    const std::vector<std::string> expected = {
        "epoch-0006-step-00000018.safetensors", "epoch-0007-step-00000021.safetensors",
        "epoch-0008-step-00000024.safetensors", "last.safetensors"};
    EXPECT_EQ(Kept("newest", {3, 0}, {}), expected);
}

TEST(Checkpoints, TheBestAreKept) {
    const std::vector<neural_score> scores = {
        Accuracy(0.5, 1),    Accuracy(0.9, 0.4), Accuracy(0.9, 0.3), Accuracy(0.9, 0.3),
        Accuracy(0.8, 0.01), Accuracy(NAN, NAN), Accuracy(0.7, 1),   Accuracy(0.6, 1)};
    const std::vector<std::string> expected = {
        "epoch-0003-step-00000009-val_accuracy-0.9-val_loss-0.3.safetensors",
        "epoch-0004-step-00000012-val_accuracy-0.9-val_loss-0.3.safetensors", "last.safetensors"};
    EXPECT_EQ(Kept("best", {1, 2}, scores), expected);
    std::vector<std::string> with_last = expected;
    with_last.insert(with_last.begin() + 2,
                     {"epoch-0007-step-00000021-val_accuracy-0.7-val_loss-1.safetensors",
                      "epoch-0008-step-00000024-val_accuracy-0.6-val_loss-1.safetensors"});
    EXPECT_EQ(Kept("both", {2, 2}, scores), with_last);
    const std::vector<neural_score> values = {
        {3e-5, 3e-5, 5, 0}, {2.123456789e-5, 1, 5, 0}, {4e300, 1, 5, 0}};
    EXPECT_EQ(Kept("values", {1, 1}, values)[0],
              "epoch-0002-step-00000006-val_loss-2.12346e-05.safetensors");
}

/* The old run's go only when the first of the new one is there; foreign files stay. */
TEST(Checkpoints, AnEarlierRunsAreReplaced) {
    const std::string directory = NewDirectory("earlier");
    mkdir(directory.c_str(), 0777);
    for (const char *name : {"epoch-0099-step-00009999.safetensors", "notes.txt",
                             "epoch-0001-step-00000003.safetensors", "epoch-1-step-2.txt"}) {
        WriteText(directory + "/" + name, "old");
    }
    ToyTrainer trainer(Config());
    Saver saver = {trainer.get(), directory, {2, 0}, {}, 1, 1};
    trainer.Run(Save, &saver);
    const std::vector<std::string> expected = {"epoch-0001-step-00000003.safetensors",
                                               "epoch-1-step-2.txt", "last.safetensors",
                                               "notes.txt"};
    EXPECT_EQ(Names(directory), expected);
    ToyTrainer second(Config());
    EXPECT_EQ(neural_trainer_load_checkpoint(
                  second.get(), (directory + "/epoch-0001-step-00000003.safetensors").c_str()),
              NEURAL_OK)
        << neural_last_error();
}

void Collect(void *context, neural_log_level level, const char *line) {
    if (level >= NEURAL_LOG_WARNING) {
        ((std::vector<std::string> *)context)->push_back(line);
    }
}

TEST(Checkpoints, ADamagedNewestIsNamedAndTheOneBeforeIsTaken) {
    const std::string directory = NewDirectory("damaged");
    ToyTrainer whole(Config());
    whole.Run();
    ToyTrainer first(Config());
    Saver saver = {first.get(), directory, {3, 0}, {}, 1, 5};
    first.Run(Save, &saver);
    const std::string last = directory + "/last.safetensors";
    struct stat info;
    ASSERT_EQ(stat(last.c_str(), &info), 0);
    std::fstream file(last, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(info.st_size - 9);
    file.put('\x55');
    file.close();
    std::vector<std::string> lines;
    char path[4096];
    neural_set_log(Collect, &lines, NEURAL_LOG_WARNING);
    const neural_status status = neural_checkpoints_find(directory.c_str(), path, sizeof path);
    neural_set_log(nullptr, nullptr, NEURAL_LOG_WARNING);
    ASSERT_EQ(status, NEURAL_OK) << neural_last_error();
    EXPECT_EQ(path, directory + "/epoch-0004-step-00000012.safetensors");
    ASSERT_EQ(lines.size(), 2u); /* the newest has two names */
    EXPECT_EQ(lines[0].rfind(directory + "/epoch-0005-step-00000015.safetensors", 0), 0u);
    EXPECT_EQ(lines[1].rfind(last, 0), 0u) << lines[1];
    ToyTrainer second(Config());
    ASSERT_EQ(neural_trainer_load_checkpoint(second.get(), path), NEURAL_OK);
    Saver again = {second.get(), directory, {3, 0}, {}, 0, 0};
    second.Run(Save, &again);
    EXPECT_EQ(second.Bits(), whole.Bits());
    EXPECT_EQ(Names(directory).size(), 4u);
}

TEST(Checkpoints, AllAreRemovedAndNothingElse) {
    const std::string directory = NewDirectory("removed");
    EXPECT_EQ(neural_checkpoints_remove(directory.c_str()), NEURAL_OK);
    mkdir(directory.c_str(), 0777);
    for (const char *name : {"epoch-0001-step-00000003-val_loss-1.5.safetensors", "mine.txt",
                             "last.safetensors", "best.safetensors"}) {
        WriteText(directory + "/" + name, "x");
    }
    EXPECT_EQ(neural_checkpoints_remove(directory.c_str()), NEURAL_OK);
    EXPECT_EQ(Names(directory), (std::vector<std::string>{"best.safetensors", "mine.txt"}));
    EXPECT_EQ(neural_checkpoints_remove(nullptr), NEURAL_ERR_NULL_POINTER);
}

TEST(Checkpoints, NoneToFind) {
    char path[4096];
    const std::string directory = NewDirectory("none");
    EXPECT_EQ(neural_checkpoints_find(directory.c_str(), path, sizeof path),
              NEURAL_ERR_FILE_NOT_FOUND);
    mkdir(directory.c_str(), 0777);
    WriteText(directory + "/last.safetensors", "not one");
    EXPECT_EQ(neural_checkpoints_find(directory.c_str(), path, sizeof path), NEURAL_ERR_DATA);
    EXPECT_EQ(std::string(neural_last_error()).rfind(directory + "/last.safetensors", 0), 0u);
    WriteText(directory + "/epoch-0001-step-00000001.safetensors", "nor this");
    EXPECT_EQ(neural_checkpoints_find(directory.c_str(), path, sizeof path), NEURAL_ERR_DATA);
    EXPECT_EQ(neural_checkpoints_find(nullptr, path, sizeof path), NEURAL_ERR_NULL_POINTER);
}

TEST(Checkpoints, WhereNothingCanBeWritten) {
    ToyTrainer trainer(Config());
    const neural_checkpoint_policy policy = {2, 1};
    WriteText(TestPath("a_file"), "x");
    EXPECT_EQ(
        neural_checkpoints_save(trainer.get(), TestPath("a_file").c_str(), &policy, nullptr, 1),
        NEURAL_ERR_FILE_WRITE);
    EXPECT_EQ(
        neural_checkpoints_save(trainer.get(), TestPath("no/such").c_str(), &policy, nullptr, 1),
        NEURAL_ERR_FILE_WRITE);
    EXPECT_EQ(neural_checkpoints_save(nullptr, "x", &policy, nullptr, 1), NEURAL_ERR_NULL_POINTER);
}

} // namespace

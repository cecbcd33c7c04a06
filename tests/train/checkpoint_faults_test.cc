/* Disks that fail, fill up, or lose their process at every operation of a checkpoint and of a model
 * file: what is on them can always be read, and resuming gives the bits of the whole run. */
#include <gtest/gtest.h>

#include <dirent.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <sstream>

#include "core/base/file_faults.h"
#include "tests/train/toy_run.h"
#include "train/checkpoint.h"
#include "train/checkpoints.h"

namespace {

std::string Config(const std::string &data) {
    return ToyConfig(data, "epochs = 2\nbatch_size = 16\n[model]\ndropout = 0.2\n[data]\n"
                           "val_split = 0.2\nnormalize = zscore\n");
}

std::string Slurp(const std::string &path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return in ? text.str() : "(none)";
}

struct Stops {
    int64_t steps;
};

int StopAfter(void *context, const neural_epoch_report *) {
    return --static_cast<Stops *>(context)->steps == 0;
}

/* Two checkpoints of one run, three steps apart, the model at its end, and a place for files. */
class CheckpointFaults : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        std::string pattern = testing::TempDir() + "/faults.XXXXXX";
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        dir_ = pattern;
        config_ = Config(Clusters("faults.csv", 123, 5, 3));
        ToyTrainer whole(config_);
        whole.Run();
        ASSERT_EQ(whole.status(), NEURAL_OK) << neural_last_error();
        whole_ = whole.Bits();
        ASSERT_EQ(
            neural_model_save(neural_trainer_model(whole.get()), nullptr, At("model").c_str()),
            NEURAL_OK);
        Train(3, At("older"));
        Train(6, At("newer"));
    }
    void TearDown() override { neural_file_fault_set(nullptr); }

    static std::string At(const std::string &name) { return dir_ + "/" + name; }
    static void Train(int64_t steps, const std::string &path) {
        ToyTrainer run(config_);
        Stops stops = {steps};
        run.Run(StopAfter, &stops);
        ASSERT_EQ(neural_trainer_save_checkpoint(run.get(), path.c_str()), NEURAL_OK)
            << neural_last_error();
    }
    /* Puts the older checkpoint where the newer one is to go. */
    static void Reset(const std::string &path) {
        std::ofstream(path, std::ios::binary) << Slurp(At("older"));
    }
    static bool IsOlderOrNewer(const std::string &path) {
        const std::string now = Slurp(path);
        return now == Slurp(At("older")) || now == Slurp(At("newer"));
    }
    static void ExpectWholeRun(const std::string &path) {
        ToyTrainer resumed(config_);
        ASSERT_EQ(neural_trainer_load_checkpoint(resumed.get(), path.c_str()), NEURAL_OK)
            << neural_last_error();
        resumed.Run();
        EXPECT_EQ(resumed.Bits(), whole_);
    }
    static int Entries() {
        int count = -2;
        DIR *dir = opendir(dir_.c_str());
        while (readdir(dir)) {
            count++;
        }
        closedir(dir);
        return count;
    }

    static std::string dir_, config_;
    static std::vector<char> whole_;
};

std::string CheckpointFaults::dir_, CheckpointFaults::config_;
std::vector<char> CheckpointFaults::whole_;

neural_file_fault Fault(unsigned operations, int64_t at, neural_file_effect effect, int error = 0,
                        int lasts = 0) {
    neural_file_fault fault = {};
    fault.operations = operations;
    fault.at = at;
    fault.effect = effect;
    fault.error = error;
    fault.lasts = lasts;
    return fault;
}

const unsigned kWriting = NEURAL_FILE_WRITE | NEURAL_FILE_SYNC | NEURAL_FILE_RENAME |
                          NEURAL_FILE_CLOSE | NEURAL_FILE_OPEN;

TEST_F(CheckpointFaults, EveryFailedOperationLeavesACheckpointThatResumes) {
    const std::string path = At("last");
    ToyTrainer run(config_);
    ASSERT_EQ(neural_trainer_load_checkpoint(run.get(), At("newer").c_str()), NEURAL_OK);
    for (const int error : {EIO, ENOSPC}) {
        for (const int lasts : {0, 1}) {
            int failures = 0;
            for (int64_t n = 1, over = 0; !over; n++) {
                Reset(path);
                const int entries = Entries();
                const neural_file_fault fault = Fault(kWriting, n, NEURAL_FILE_FAILS, error, lasts);
                neural_file_fault_set(&fault);
                const neural_status status =
                    neural_trainer_save_checkpoint(run.get(), path.c_str());
                over = neural_file_fault_seen() < n;
                neural_file_fault_set(nullptr);
                if (status) {
                    failures++;
                    EXPECT_EQ(status, NEURAL_ERR_FILE_WRITE);
                    EXPECT_EQ(neural_last_error(), path + ": " + strerror(error));
                } else {
                    EXPECT_TRUE(Slurp(path) == Slurp(At("newer"))) << n;
                }
                EXPECT_TRUE(IsOlderOrNewer(path)) << n;
                EXPECT_EQ(Entries(), entries) << n;
                ExpectWholeRun(path);
            }
            EXPECT_GE(failures, 7);
        }
    }
}

TEST_F(CheckpointFaults, InterruptedAndShortOperationsChangeNothing) {
    const std::string path = At("last");
    ToyTrainer run(config_);
    ASSERT_EQ(neural_trainer_load_checkpoint(run.get(), At("newer").c_str()), NEURAL_OK);
    for (int64_t n = 1, over = 0; !over; n++) {
        for (const neural_file_effect effect : {NEURAL_FILE_FAILS, NEURAL_FILE_SHORT}) {
            Reset(path);
            const neural_file_fault fault = Fault(NEURAL_FILE_ANY, n, effect, EINTR);
            neural_file_fault_set(&fault);
            ASSERT_EQ(neural_trainer_save_checkpoint(run.get(), path.c_str()), NEURAL_OK);
            ASSERT_EQ(neural_trainer_load_checkpoint(run.get(), path.c_str()), NEURAL_OK);
            over = neural_file_fault_seen() < n;
            neural_file_fault_set(nullptr);
            EXPECT_TRUE(Slurp(path) == Slurp(At("newer"))) << n;
        }
    }
}

/* The child dies at its n-th operation; what it leaves is resumed here. */
TEST_F(CheckpointFaults, KilledAtEveryOperation) {
    const std::string path = At("last");
    int killed = 0;
    for (const neural_file_effect effect : {NEURAL_FILE_KILLS, NEURAL_FILE_SHORT_KILLS}) {
        for (int64_t n = 1, over = 0; !over; n++) {
            Reset(path);
            const pid_t child = fork();
            if (child == 0) {
                ToyTrainer run(config_);
                const int loaded = neural_trainer_load_checkpoint(run.get(), At("newer").c_str());
                const neural_file_fault fault = Fault(NEURAL_FILE_ANY, n, effect);
                neural_file_fault_set(&fault);
                _exit(loaded || neural_trainer_save_checkpoint(run.get(), path.c_str()) ? 1 : 0);
            }
            int end = -1;
            ASSERT_EQ(waitpid(child, &end, 0), child);
            ASSERT_TRUE(WIFEXITED(end));
            over = WEXITSTATUS(end) == 0;
            ASSERT_TRUE(over || WEXITSTATUS(end) == NEURAL_FILE_KILLED) << WEXITSTATUS(end);
            killed += !over;
            EXPECT_TRUE(IsOlderOrNewer(path)) << n;
            ExpectWholeRun(path);
        }
    }
    EXPECT_GE(killed, 20);
}

/* The same of a directory with a policy: a second name, and an older one that goes. */
TEST_F(CheckpointFaults, KilledAtEveryOperationOfAPolicy) {
    const std::string kept = At("kept");
    const neural_checkpoint_policy policy = {2, 1};
    const neural_score score = {0.5, 0.9, 10, 1};
    const auto save = [&](const std::string &from, const neural_file_fault *fault, int is_first) {
        ToyTrainer run(config_);
        const int loaded = neural_trainer_load_checkpoint(run.get(), At(from).c_str());
        neural_file_fault_set(fault);
        const neural_status status =
            neural_checkpoints_save(run.get(), kept.c_str(), &policy, &score, is_first);
        neural_file_fault_set(nullptr);
        return loaded || status;
    };
    int killed = 0;
    for (int64_t n = 1, over = 0; !over; n++) {
        std::filesystem::remove_all(kept);
        ASSERT_FALSE(save("older", nullptr, 1)) << neural_last_error();
        const pid_t child = fork();
        if (child == 0) {
            const neural_file_fault fault = Fault(NEURAL_FILE_ANY, n, NEURAL_FILE_KILLS);
            _exit(save("newer", &fault, 0));
        }
        int end = -1;
        ASSERT_EQ(waitpid(child, &end, 0), child);
        over = WEXITSTATUS(end) == 0;
        ASSERT_TRUE(over || WEXITSTATUS(end) == NEURAL_FILE_KILLED) << WEXITSTATUS(end);
        killed += !over;
        char path[4096];
        ASSERT_EQ(neural_checkpoints_find(kept.c_str(), path, sizeof path), NEURAL_OK) << n;
        ExpectWholeRun(path);
        ASSERT_FALSE(save("newer", nullptr, 0)) << neural_last_error();
        EXPECT_EQ(std::distance(std::filesystem::directory_iterator(kept), {}), 3) << n;
    }
    std::filesystem::remove_all(kept);
    EXPECT_GE(killed, 25);
    printf("[    tried ] a policy's directory: killed at %d operations\n", killed);
}

TEST_F(CheckpointFaults, AModelFileIsTheOldOneOrTheNewOne) {
    const std::string path = At("trained");
    ToyTrainer other(config_);
    const neural_model *model = neural_trainer_model(other.get());
    ASSERT_EQ(neural_model_save(model, nullptr, At("start").c_str()), NEURAL_OK);
    const std::string before = Slurp(At("model")), after = Slurp(At("start"));
    ASSERT_NE(before, after);
    for (const neural_file_effect effect :
         {NEURAL_FILE_FAILS, NEURAL_FILE_KILLS, NEURAL_FILE_SHORT_KILLS}) {
        for (int64_t n = 1, over = 0; !over; n++) {
            std::ofstream(path, std::ios::binary) << before;
            const pid_t child = fork();
            if (child == 0) {
                const neural_file_fault fault = Fault(NEURAL_FILE_ANY, n, effect, ENOSPC);
                neural_file_fault_set(&fault);
                const neural_status status = neural_model_save(model, nullptr, path.c_str());
                const bool is_named = path + ": No space left on device" == neural_last_error();
                _exit(neural_file_fault_seen() < n ? 0 : !status ? 2 : is_named ? 3 : 1);
            }
            int end = -1;
            ASSERT_EQ(waitpid(child, &end, 0), child);
            over = WEXITSTATUS(end) == 0;
            EXPECT_NE(WEXITSTATUS(end), 1) << n;
            const std::string now = Slurp(path);
            EXPECT_TRUE(now == after || (!over && now == before)) << n;
            neural_model *loaded = nullptr;
            EXPECT_EQ(neural_model_load(path.c_str(), &loaded), NEURAL_OK) << neural_last_error();
            neural_model_destroy(loaded);
        }
    }
}

TEST_F(CheckpointFaults, AFailedReadIsNamedAndChangesNoFile) {
    const std::string path = At("older");
    for (int64_t n = 1, over = 0; !over; n++) {
        ToyTrainer run(config_);
        const neural_file_fault fault = Fault(NEURAL_FILE_ANY, n, NEURAL_FILE_FAILS, EIO);
        neural_file_fault_set(&fault);
        const neural_status status = neural_trainer_load_checkpoint(run.get(), path.c_str());
        over = neural_file_fault_seen() < n;
        neural_file_fault_set(nullptr);
        if (status) {
            EXPECT_EQ(status, NEURAL_ERR_FILE_READ);
            EXPECT_EQ(neural_last_error(), path + ": Input/output error");
        }
        EXPECT_TRUE(!over || n > 3);
    }
    ExpectWholeRun(path);
}

/* A disk of its own that has room for one checkpoint and not for two; 77: not allowed. */
TEST_F(CheckpointFaults, ADiskThatIsReallyFull) {
    const std::string disk = At("disk"), path = disk + "/last";
    ASSERT_EQ(mkdir(disk.c_str(), 0700), 0);
    const std::string older = Slurp(At("older"));
    const size_t pages = (older.size() + 4095) / 4096; // and newer needs as many
    const std::string size = "size=" + std::to_string(8 * pages - 4) + "k";
    const pid_t child = fork();
    if (child == 0) {
        if (unshare(CLONE_NEWNS) || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) ||
            mount("tmpfs", disk.c_str(), "tmpfs", 0, size.c_str())) {
            _exit(77);
        }
        ToyTrainer run(config_);
        Reset(path);
        const int loaded = neural_trainer_load_checkpoint(run.get(), At("newer").c_str());
        const int status = neural_trainer_save_checkpoint(run.get(), path.c_str());
        const bool is_named = path + ": No space left on device" == neural_last_error();
        ExpectWholeRun(path);
        _exit(loaded                            ? 1
              : status != NEURAL_ERR_FILE_WRITE ? 2
              : !is_named                       ? 3
              : Slurp(path) != older            ? 4
              : HasFailure()                    ? 5
                                                : 0);
    }
    int end = -1;
    ASSERT_EQ(waitpid(child, &end, 0), child);
    rmdir(disk.c_str());
    if (WEXITSTATUS(end) == 77) {
        GTEST_SKIP() << "mounting a disk needs root";
    }
    EXPECT_EQ(WEXITSTATUS(end), 0);
}

} // namespace

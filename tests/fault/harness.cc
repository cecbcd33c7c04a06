#include "tests/fault/harness.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "core/base/file_faults.h"
#include "core/base/memory.h"
#include <gtest/gtest.h>

namespace fault {

namespace fs = std::filesystem;

Outcome::Outcome(neural_status failed) : status(failed), text(failed ? neural_last_error() : "") {}

namespace {

std::string Read(const fs::path &path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

Files FilesIn(const std::string &dir) {
    Files files;
    for (const auto &entry : fs::recursive_directory_iterator(dir)) {
        if (entry.is_regular_file()) {
            files[fs::relative(entry.path(), dir)] = Read(entry.path());
        }
    }
    return files;
}

int64_t Descriptors() {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
}

/* In memory where that is possible: thousands of syncs. */
std::string NewDirectory() {
    for (const std::string &parent : {std::string("/dev/shm"), testing::TempDir()}) {
        std::string pattern = parent + "/neural-fault.XXXXXX";
        if (mkdtemp(pattern.data())) {
            return pattern;
        }
    }
    ADD_FAILURE() << "no directory can be made";
    return ".";
}

/* The directory of the work, and what it is to come to. */
class Trial {
  public:
    explicit Trial(const Work &work) : work_(work) {
        dir_ = NewDirectory();
        Reset();
        Run(); // what is made once stays: threads, tables
        neural_pool_trim();
        held_ = neural_alloc_bytes();
        descriptors_ = Descriptors();
        Reset();
        const int64_t count = neural_alloc_count();
        const Outcome whole = Run();
        allocations_ = neural_alloc_count() - count;
        EXPECT_EQ(whole.status, NEURAL_OK) << whole.text;
        answer_ = whole.answer;
        after_ = FilesIn(dir_);
        CheckHeld();
    }
    ~Trial() { fs::remove_all(dir_); }

    int64_t allocations() const { return allocations_; }

    void Reset() const {
        fs::remove_all(dir_);
        for (const auto &[path, content] : work_.before) {
            fs::create_directories((fs::path(dir_) / path).parent_path());
            std::ofstream(fs::path(dir_) / path, std::ios::binary) << content;
        }
        fs::create_directories(dir_);
        neural_pool_trim();
    }

    Outcome Run() const {
        neural_clear_error();
        return work_.run(dir_);
    }

    /* After a disturbed run: true when it failed, as it may. */
    bool Check(const Outcome &out, const std::string &point) const {
        SCOPED_TRACE(work_.name + ", " + point);
        if (out.status == NEURAL_OK) {
            EXPECT_EQ(out.answer, answer_) << "it went on with something else";
        } else {
            EXPECT_NE(out.text, "") << "no text, status " << out.status;
        }
        CheckHeld();
        CheckFiles();
        const Outcome again = Run();
        EXPECT_EQ(again.status, NEURAL_OK) << "second try: " << again.text;
        EXPECT_EQ(again.answer, answer_) << "second try";
        CheckHeld();
        return out.status != NEURAL_OK;
    }

  private:
    void CheckHeld() const {
        neural_pool_trim();
        EXPECT_EQ(neural_alloc_bytes(), held_) << "bytes leaked";
        EXPECT_EQ(Descriptors(), descriptors_) << "descriptors leaked";
    }

    static bool Holds(const Files &files, const std::string &path, const std::string &content) {
        const auto found = files.find(path);
        return found != files.end() && found->second == content;
    }

    void CheckFiles() const {
        const Files now = FilesIn(dir_);
        for (const auto &[path, content] : now) {
            if (!Holds(work_.before, path, content) && !Holds(after_, path, content)) {
                EXPECT_TRUE(work_.judge) << path << " is neither the old file nor the new one";
                EXPECT_EQ(work_.judge ? work_.judge(path, content) : "", "") << path;
            }
        }
        for (const auto &[path, content] : work_.before) {
            EXPECT_TRUE(now.count(path)) << path << " has gone";
        }
    }

    const Work &work_;
    std::string dir_, answer_;
    Files after_;
    int64_t held_ = 0, descriptors_ = 0, allocations_ = 0;
};

/* Every one, or about `most` of them, the first ones among them. */
std::vector<int64_t> Points(int64_t count, int64_t most) {
    const char *every = getenv("FAULT_EVERY");
    const int64_t step = every && *every == '1' ? 1 : std::max<int64_t>(1, count / most);
    std::vector<int64_t> points;
    for (int64_t n = 1; n <= count; n += step) {
        points.push_back(n);
    }
    return points;
}

void Tell(const Work &work, const std::string &what, size_t tried, int64_t all, int64_t failed) {
    printf("[    tried ] %s: %s: %zu of %lld points, %lld clean errors, %lld without effect\n",
           work.name.c_str(), what.c_str(), tried, (long long)all, (long long)failed,
           (long long)tried - (long long)failed);
    fflush(stdout);
}

void FailAllocations(const Work &work, const Trial &trial, bool lasts) {
    int64_t failed = 0;
    const std::vector<int64_t> points =
        Points(trial.allocations(), lasts ? work.most / 3 : work.most);
    for (const int64_t n : points) {
        trial.Reset();
        (lasts ? neural_alloc_fail_from : neural_alloc_fail_at)(n);
        const Outcome out = trial.Run();
        neural_alloc_fail_at(0);
        failed += trial.Check(out, (lasts ? "allocations from " : "allocation ") +
                                       std::to_string(n) + " on: " + out.text);
        EXPECT_TRUE(!out.status || out.status == NEURAL_ERR_OUT_OF_MEMORY)
            << work.name << ", " << n << ": " << out.text;
        if (testing::Test::HasFailure()) {
            break;
        }
    }
    EXPECT_GT(failed, 0);
    Tell(work, lasts ? "all allocations from one on" : "one allocation", points.size(),
         trial.allocations(), failed);
}

/* --- files --- */

struct Disturbance {
    const char *name;
    unsigned operations;
    neural_file_effect effect;
    int error, lasts;
};

const unsigned kMaking = NEURAL_FILE_OPEN | NEURAL_FILE_WRITE | NEURAL_FILE_SYNC |
                         NEURAL_FILE_RENAME | NEURAL_FILE_LINK | NEURAL_FILE_MKDIR;

const Disturbance kDisturbances[] = {
    {"one operation fails: EIO", NEURAL_FILE_ANY, NEURAL_FILE_FAILS, EIO, 0},
    {"one operation fails: ENOSPC", kMaking | NEURAL_FILE_CLOSE, NEURAL_FILE_FAILS, ENOSPC, 0},
    {"the disk stays full: ENOSPC", kMaking & ~NEURAL_FILE_OPEN, NEURAL_FILE_FAILS, ENOSPC, 1},
    {"no more descriptors: EMFILE", NEURAL_FILE_OPEN, NEURAL_FILE_FAILS, EMFILE, 1},
    {"one operation is interrupted: EINTR", NEURAL_FILE_ANY, NEURAL_FILE_FAILS, EINTR, 0},
    {"one read or write is short", NEURAL_FILE_READ | NEURAL_FILE_WRITE, NEURAL_FILE_SHORT, 0, 0},
    {"all reads and writes are short", NEURAL_FILE_READ | NEURAL_FILE_WRITE, NEURAL_FILE_SHORT, 0,
     1},
};

/* The run with the n-th of these operations disturbed; n = 0 counts them. */
Outcome Disturbed(const Trial &trial, const Disturbance &how, int64_t n) {
    neural_file_fault plan = {};
    plan.operations = how.operations;
    plan.at = n;
    plan.lasts = how.lasts;
    plan.effect = how.effect;
    plan.error = how.error;
    trial.Reset();
    neural_file_fault_set(&plan);
    const Outcome out = trial.Run();
    neural_file_fault_set(nullptr);
    return out;
}

void FailFiles(const Work &work, const Trial &trial, const Disturbance &how) {
    int64_t failed = 0;
    ASSERT_EQ(Disturbed(trial, how, 0).status, NEURAL_OK);
    const int64_t all = neural_file_fault_seen();
    const std::vector<int64_t> points = Points(all, work.most / 2);
    for (const int64_t n : points) {
        const Outcome out = Disturbed(trial, how, n);
        const std::string point =
            std::string(how.name) + ", operation " + std::to_string(n) + ": " + out.text;
        failed += trial.Check(out, point);
        const bool is_known = out.status == NEURAL_ERR_FILE_READ ||
                              out.status == NEURAL_ERR_FILE_WRITE ||
                              out.status == NEURAL_ERR_INVALID_CONFIG; // an include
        EXPECT_TRUE(!out.status || is_known) << work.name << ", " << point;
        EXPECT_TRUE(!out.status || out.text.find(strerror(how.error)) != std::string::npos)
            << work.name << ", " << point;
        if (testing::Test::HasFailure()) {
            break;
        }
    }
    const bool is_harmless = how.effect == NEURAL_FILE_SHORT || how.error == EINTR;
    EXPECT_TRUE(!is_harmless || failed == 0) << work.name << ": " << how.name;
    Tell(work, how.name, points.size(), all, failed);
}

} // namespace

void FailAllocations(const Work &work) {
    const Trial trial(work);
    ASSERT_FALSE(testing::Test::HasFailure());
    FailAllocations(work, trial, false);
    FailAllocations(work, trial, true);
}

void FailFiles(const Work &work) {
    const Trial trial(work);
    ASSERT_FALSE(testing::Test::HasFailure());
    for (const Disturbance &how : kDisturbances) {
        FailFiles(work, trial, how);
    }
}

} // namespace fault

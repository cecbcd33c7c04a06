/* Every operation on a file in turn fails, comes short, is interrupted, or ends the process. */
#include "core/base/file_faults.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/base/memory.h"

namespace {

const std::string kOld(3000, 'o'), kNew(200000, 'n'); // more than the writer's buffer

class Faults : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "/faults.XXXXXX";
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        dir_ = pattern;
        path_ = dir_ + "/target";
    }
    void TearDown() override { neural_file_fault_set(nullptr); }
    void PutOld() const { std::ofstream(path_, std::ios::binary) << kOld; }
    std::string Get() const {
        std::ifstream in(path_, std::ios::binary);
        std::stringstream text;
        text << in.rdbuf();
        return in ? text.str() : "(none)";
    }
    int Entries() const {
        int count = -2;
        DIR *dir = opendir(dir_.c_str());
        while (readdir(dir)) {
            count++;
        }
        closedir(dir);
        return count;
    }
    neural_status Write() const {
        neural_file_writer *writer = nullptr;
        neural_status status = neural_file_writer_create(path_.c_str(), &writer);
        for (size_t at = 0; !status && at < kNew.size(); at += 50000) {
            status = neural_file_writer_write(writer, kNew.data() + at, 50000);
        }
        if (!status) {
            status = neural_file_writer_commit(writer);
        }
        neural_file_writer_destroy(writer);
        return status;
    }
    std::string dir_, path_;
};

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

int OpenDescriptors() {
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (readdir(dir)) {
        count++;
    }
    closedir(dir);
    return count;
}

int64_t Count(unsigned operations, const std::function<void()> &body) {
    const neural_file_fault fault = Fault(operations, 0, NEURAL_FILE_FAILS);
    neural_file_fault_set(&fault);
    body();
    neural_file_fault_set(nullptr);
    return neural_file_fault_seen();
}

TEST_F(Faults, AWriteIsSoManyOperations) {
    PutOld();
    const auto write = [&] { EXPECT_EQ(Write(), NEURAL_OK); };
    EXPECT_EQ(Count(NEURAL_FILE_WRITE, write), 4);
    EXPECT_EQ(Count(NEURAL_FILE_SYNC, write), 2); // the file, the directory
    EXPECT_EQ(Count(NEURAL_FILE_RENAME, write), 1);
    EXPECT_EQ(Count(NEURAL_FILE_OPEN, write), 3);   // the directory, its list, the temporary
    EXPECT_EQ(Count(NEURAL_FILE_CLOSE, write), 2);  // readdir's own descriptor is not counted
    EXPECT_EQ(Count(NEURAL_FILE_STATUS, write), 3); // what is there, a link?, the mode is kept
    EXPECT_EQ(Count(NEURAL_FILE_LIST, write), 4);   // ".", "..", the target, the end
    EXPECT_EQ(Count(NEURAL_FILE_REMOVE, write), 0);
    EXPECT_EQ(Count(NEURAL_FILE_ANY, write), 19);
}

TEST_F(Faults, EveryFailureKeepsTheOldFileOrHasTheNewOne) {
    const int64_t held = neural_alloc_bytes();
    const int descriptors = OpenDescriptors();
    struct stat info;
    PutOld();
    ASSERT_EQ(chmod(path_.c_str(), 0600), 0);
    for (const int error : {EIO, ENOSPC, EDQUOT, EACCES}) {
        int failures = 0;
        for (int64_t n = 1;; n++) {
            PutOld();
            const neural_file_fault fault = Fault(NEURAL_FILE_ANY, n, NEURAL_FILE_FAILS, error);
            neural_file_fault_set(&fault);
            const neural_status status = Write();
            const bool over = neural_file_fault_seen() < n;
            neural_file_fault_set(nullptr);
            const std::string now = Get();
            EXPECT_TRUE(now == kOld || now == kNew) << n;
            EXPECT_TRUE(status || now == kNew) << n;
            EXPECT_EQ(Entries(), 1) << n;
            EXPECT_EQ(stat(path_.c_str(), &info), 0);
            EXPECT_EQ(info.st_mode & 0777, 0600u) << n;
            EXPECT_EQ(neural_alloc_bytes(), held);
            EXPECT_EQ(OpenDescriptors(), descriptors) << n;
            if (status) {
                failures++;
                EXPECT_EQ(status, NEURAL_ERR_FILE_WRITE);
                EXPECT_EQ(neural_last_error(), path_ + ": " + strerror(error)) << n;
            }
            if (over) {
                break;
            }
        }
        // a list of left-overs that cannot be read is none, a directory that is closed is used
        EXPECT_EQ(failures, error == EACCES ? 12 : 13) << strerror(error);
    }
}

TEST_F(Faults, AFullDiskStaysFull) {
    for (int64_t n = 1; n <= 4; n++) {
        PutOld();
        const neural_file_fault fault =
            Fault(NEURAL_FILE_WRITE | NEURAL_FILE_SYNC, n, NEURAL_FILE_FAILS, ENOSPC, 1);
        neural_file_fault_set(&fault);
        EXPECT_EQ(Write(), NEURAL_ERR_FILE_WRITE);
        EXPECT_EQ(neural_last_error(), path_ + ": No space left on device");
        EXPECT_TRUE(Get() == kOld);
        EXPECT_EQ(Entries(), 1);
    }
}

TEST_F(Faults, InterruptionsAndShortWritesLoseNothing) {
    PutOld();
    const int64_t operations = Count(NEURAL_FILE_ANY, [&] { EXPECT_EQ(Write(), NEURAL_OK); });
    for (int64_t n = 1; n <= operations; n++) {
        PutOld();
        const neural_file_fault fault = Fault(NEURAL_FILE_ANY, n, NEURAL_FILE_FAILS, EINTR);
        neural_file_fault_set(&fault);
        EXPECT_EQ(Write(), NEURAL_OK) << n << ": " << neural_last_error();
        EXPECT_TRUE(Get() == kNew) << n;
    }
    const neural_file_fault halves = Fault(NEURAL_FILE_WRITE, 1, NEURAL_FILE_SHORT, 0, 1);
    neural_file_fault_set(&halves);
    EXPECT_EQ(Write(), NEURAL_OK);
    EXPECT_GT(neural_file_fault_seen(), 40);
    neural_file_fault_set(nullptr);
    EXPECT_TRUE(Get() == kNew);
}

TEST_F(Faults, KilledAtEveryOperation) {
    for (const neural_file_effect effect : {NEURAL_FILE_KILLS, NEURAL_FILE_SHORT_KILLS}) {
        bool over = false;
        for (int64_t n = 1; !over; n++) {
            PutOld();
            const pid_t child = fork();
            if (child == 0) {
                const neural_file_fault fault = Fault(NEURAL_FILE_ANY, n, effect);
                neural_file_fault_set(&fault);
                _exit(Write() ? 1 : 0);
            }
            int end = -1;
            ASSERT_EQ(waitpid(child, &end, 0), child);
            ASSERT_TRUE(WIFEXITED(end));
            over = WEXITSTATUS(end) == 0;
            ASSERT_TRUE(over || WEXITSTATUS(end) == NEURAL_FILE_KILLED);
            const std::string now = Get();
            EXPECT_TRUE(now == kNew || (!over && now == kOld)) << n;
            ASSERT_EQ(Write(), NEURAL_OK); // and what the child left goes
            EXPECT_EQ(Entries(), 1) << n;
            EXPECT_TRUE(over || n <= 19);
        }
    }
}

TEST_F(Faults, ReadingFailsShortensAndResumes) {
    for (const size_t bytes : {size_t{3000}, size_t{5} << 20}) { // read, and mapped
        const std::string text(bytes, 't');
        std::ofstream(path_, std::ios::binary) << text;
        const int64_t held = neural_alloc_bytes();
        for (const int error : {EIO, EINTR}) {
            for (int64_t n = 1;; n++) {
                const neural_file_fault fault = Fault(NEURAL_FILE_ANY, n, NEURAL_FILE_FAILS, error);
                neural_file_fault_set(&fault);
                neural_file_view view = {};
                const neural_status status = neural_file_view_open(path_.c_str(), &view);
                const bool over = neural_file_fault_seen() < n;
                neural_file_fault_set(nullptr);
                EXPECT_TRUE(status || std::string(view.data, view.bytes) == text) << n;
                EXPECT_TRUE(!status || neural_last_error() == path_ + ": " + strerror(error));
                EXPECT_TRUE(error != EINTR || !status) << n;
                neural_file_view_close(&view);
                EXPECT_EQ(neural_alloc_bytes(), held);
                if (over) {
                    EXPECT_GT(n, 4);
                    break;
                }
            }
        }
    }
    PutOld();
    const neural_file_fault halves = Fault(NEURAL_FILE_READ, 1, NEURAL_FILE_SHORT, 0, 1);
    neural_file_fault_set(&halves);
    neural_file_view view = {};
    ASSERT_EQ(neural_file_view_open(path_.c_str(), &view), NEURAL_OK);
    EXPECT_TRUE(std::string(view.data, view.bytes) == kOld);
    EXPECT_GT(neural_file_fault_seen(), 3);
    neural_file_view_close(&view);
}

TEST_F(Faults, ALinkIsWrittenThroughOrNotAtAll) {
    PutOld();
    const std::string link = dir_ + "/link";
    ASSERT_EQ(symlink("target", link.c_str()), 0);
    path_ = link;
    for (int64_t n = 1, over = 0; !over; n++) {
        const neural_file_fault fault = Fault(NEURAL_FILE_ANY, n, NEURAL_FILE_FAILS, EIO);
        neural_file_fault_set(&fault);
        (void)Write();
        over = neural_file_fault_seen() < n;
        neural_file_fault_set(nullptr);
        struct stat info;
        EXPECT_EQ(lstat(link.c_str(), &info), 0);
        EXPECT_TRUE(S_ISLNK(info.st_mode)) << n;
        EXPECT_EQ(Entries(), 2) << n;
    }
}

TEST_F(Faults, DirectoriesAreMadeSyncedAndNamed) {
    const std::string below = dir_ + "/a/b", *text = &below;
    int is_new = -1;
    const auto create = [&] { return neural_directory_create(text->c_str(), 1, &is_new); };
    for (const int error : {EIO, ENOSPC, EMFILE, EINTR}) {
        int failures = 0;
        for (int64_t n = 1, over = 0; !over; n++) {
            rmdir(below.c_str());
            rmdir((dir_ + "/a").c_str());
            const neural_file_fault fault = Fault(NEURAL_FILE_ANY, n, NEURAL_FILE_FAILS, error);
            neural_file_fault_set(&fault);
            const neural_status status = create();
            over = neural_file_fault_seen() < n;
            neural_file_fault_set(nullptr);
            failures += status != NEURAL_OK;
            if (status) {
                EXPECT_EQ(status, NEURAL_ERR_FILE_WRITE);
                EXPECT_NE(std::string(neural_last_error()).find(strerror(error)), std::string::npos)
                    << neural_last_error();
            } else {
                EXPECT_EQ(is_new, 1);
            }
            EXPECT_EQ(create(), NEURAL_OK) << n;
        }
        // two of mkdir, open and fsync each, and the look at each parent that is there
        EXPECT_TRUE(error == EINTR ? failures == 0 : failures >= 6) << failures;
    }
    EXPECT_EQ(create(), NEURAL_OK);
    EXPECT_EQ(is_new, 0);
    const std::string slashes = dir_ + "//a//b//", deep = dir_ + "/none/b";
    text = &slashes;
    EXPECT_EQ(create(), NEURAL_OK);
    EXPECT_EQ(neural_directory_create(deep.c_str(), 0, nullptr), NEURAL_ERR_FILE_WRITE);
    EXPECT_EQ(neural_directory_create("", 1, nullptr), NEURAL_ERR_INVALID_ARGUMENT);
    PutOld();
    EXPECT_EQ(neural_directory_create(path_.c_str(), 1, nullptr), NEURAL_ERR_FILE_WRITE);
    EXPECT_EQ(neural_last_error(), path_ + ": Not a directory");
}

/* In a name space of mounts of its own; 77 where that is not allowed. */
template <typename Body> int OnASmallDisk(const std::string &dir, Body body) {
    const pid_t child = fork();
    if (child == 0) {
        const bool is_mounted = unshare(CLONE_NEWNS) == 0 &&
                                mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                                mount("tmpfs", dir.c_str(), "tmpfs", 0, "size=64k") == 0;
        _exit(is_mounted ? body() : 77);
    }
    int end = -1;
    waitpid(child, &end, 0);
    return WIFEXITED(end) ? WEXITSTATUS(end) : 1000;
}

TEST_F(Faults, ADiskThatIsReallyFull) {
    const int end = OnASmallDisk(dir_, [&] {
        PutOld();
        const bool refused = Write() == NEURAL_ERR_FILE_WRITE &&
                             neural_last_error() == path_ + ": No space left on device";
        return refused && Get() == kOld && Entries() == 1 ? 0 : 1;
    });
    if (end == 77) {
        GTEST_SKIP() << "mounting a disk needs root";
    }
    EXPECT_EQ(end, 0);
}

} // namespace

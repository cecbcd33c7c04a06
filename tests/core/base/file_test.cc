#include "core/base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/memory.h"

namespace {

class File : public ::testing::Test {
  protected:
    void SetUp() override {
        const char *base = getenv("TEST_TMPDIR");
        std::string pattern = std::string(base ? base : "/tmp") + "/file.XXXXXX";
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        dir_ = pattern;
        umask(022);
    }
    std::string at(const std::string &name) const { return dir_ + "/" + name; }
    void put(const std::string &name, const std::string &text) const {
        std::ofstream(at(name), std::ios::binary) << text;
    }
    std::string get(const std::string &name) const {
        std::ifstream in(at(name), std::ios::binary);
        std::stringstream text;
        text << in.rdbuf();
        return in ? text.str() : "(none)";
    }
    int entries() const {
        int count = 0;
        DIR *dir = opendir(dir_.c_str());
        while (const dirent *entry = readdir(dir)) {
            count += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
        }
        closedir(dir);
        return count;
    }
    mode_t mode(const std::string &name) const {
        struct stat info = {};
        stat(at(name).c_str(), &info);
        return info.st_mode & 07777;
    }
    std::string dir_;
};

neural_status write_file(const std::string &path, const std::string &text, size_t piece = 1000) {
    neural_file_writer *writer = nullptr;
    neural_status status = neural_file_writer_create(path.c_str(), &writer);
    for (size_t at = 0; !status && at < text.size(); at += piece) {
        const size_t bytes = std::min(piece, text.size() - at);
        status = neural_file_writer_write(writer, text.data() + at, bytes);
    }
    if (!status) {
        status = neural_file_writer_commit(writer);
    }
    neural_file_writer_destroy(writer);
    return status;
}

std::string pattern(size_t bytes) {
    std::string text(bytes, '\0');
    for (size_t i = 0; i < bytes; i++) {
        text[i] = char(i * 2654435761u >> 13);
    }
    return text;
}

/* --- view --- */

TEST_F(File, ViewShowsTheWholeFile) {
    for (size_t bytes : {0, 1, 4095, 4096, 100000, 4 << 20, (4 << 20) + 17}) {
        const std::string text = pattern(bytes);
        put("a", text);
        neural_file_view view;
        ASSERT_EQ(neural_file_view_open(at("a").c_str(), &view), NEURAL_OK);
        EXPECT_EQ(view.mapped, bytes >= (4 << 20));
        ASSERT_EQ(view.bytes, bytes);
        EXPECT_TRUE(view.data && memcmp(view.data, text.data(), bytes) == 0);
        neural_file_view_close(&view);
        EXPECT_EQ(view.data, nullptr);
        neural_file_view_close(&view);
    }
    neural_file_view_close(nullptr);
}

TEST_F(File, ViewReadsFilesOfUntoldSize) {
    neural_file_view view;
    ASSERT_EQ(neural_file_view_open("/proc/self/status", &view), NEURAL_OK);
    EXPECT_NE(std::string(view.data, view.bytes).find("Pid:"), std::string::npos);
    neural_file_view_close(&view);
}

TEST_F(File, ViewNamesWhatItCannotOpen) {
    neural_file_view view;
    EXPECT_EQ(neural_file_view_open(at("absent").c_str(), &view), NEURAL_ERR_FILE_NOT_FOUND);
    EXPECT_EQ(neural_last_error(), at("absent") + ": No such file or directory");
    put("plain", "x");
    EXPECT_EQ(neural_file_view_open(at("plain/x").c_str(), &view), NEURAL_ERR_FILE_NOT_FOUND);
    EXPECT_EQ(neural_file_view_open(dir_.c_str(), &view), NEURAL_ERR_FILE_READ);
    EXPECT_EQ(neural_last_error(), dir_ + ": is a directory");
    ASSERT_EQ(mkfifo(at("fifo").c_str(), 0600), 0);
    EXPECT_EQ(neural_file_view_open(at("fifo").c_str(), &view), NEURAL_ERR_FILE_READ);
    EXPECT_EQ(neural_last_error(), at("fifo") + ": not a regular file");
    EXPECT_EQ(neural_file_view_open("/proc/self/mem", &view), NEURAL_ERR_FILE_READ);
    EXPECT_STREQ(neural_last_error(), "/proc/self/mem: Input/output error");
    EXPECT_EQ(neural_file_view_open(nullptr, &view), NEURAL_ERR_NULL_POINTER);
}

TEST_F(File, ViewFailsCleanlyWithoutMemory) {
    put("a", pattern(1000));
    const int64_t held = neural_alloc_bytes();
    neural_file_view view;
    for (int64_t n = 1;; n++) {
        neural_alloc_fail_at(n);
        const neural_status status = neural_file_view_open("/proc/self/status", &view);
        neural_alloc_fail_at(0);
        if (!status) {
            EXPECT_GT(n, 2);
            break;
        }
        EXPECT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY);
        EXPECT_EQ(neural_alloc_bytes(), held);
    }
    neural_file_view_close(&view);
    EXPECT_EQ(neural_alloc_bytes(), held);
}

/* --- writer --- */

TEST_F(File, WriterReplacesWholly) {
    for (size_t bytes : {0, 1, 65535, 65536, 65537, 1000000}) {
        for (size_t piece : {7, 65536, 65537, 1 << 20}) {
            const std::string text = pattern(bytes);
            ASSERT_EQ(write_file(at("a"), text, piece), NEURAL_OK) << neural_last_error();
            EXPECT_TRUE(get("a") == text) << bytes << " in pieces of " << piece;
            EXPECT_EQ(entries(), 1);
        }
    }
}

TEST_F(File, NothingChangesWithoutCommit) {
    put("a", "old");
    neural_file_writer *writer = nullptr;
    ASSERT_EQ(neural_file_writer_create(at("a").c_str(), &writer), NEURAL_OK);
    ASSERT_EQ(neural_file_writer_write(writer, pattern(200000).data(), 200000), NEURAL_OK);
    EXPECT_EQ(get("a"), "old");
    EXPECT_EQ(entries(), 2);
    neural_file_writer_destroy(writer);
    EXPECT_EQ(get("a"), "old");
    EXPECT_EQ(entries(), 1);
    neural_file_writer_destroy(nullptr);
}

TEST_F(File, AfterCommitOnlyDestroy) {
    neural_file_writer *writer = nullptr;
    ASSERT_EQ(neural_file_writer_create(at("a").c_str(), &writer), NEURAL_OK);
    ASSERT_EQ(neural_file_writer_commit(writer), NEURAL_OK);
    EXPECT_EQ(neural_file_writer_write(writer, "x", 1), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_file_writer_commit(writer), NEURAL_ERR_INVALID_ARGUMENT);
    neural_file_writer_destroy(writer);
    EXPECT_EQ(get("a"), "");
}

TEST_F(File, ModeOfANewAndOfAnExistingFile) {
    umask(027);
    ASSERT_EQ(write_file(at("new"), "x"), NEURAL_OK);
    EXPECT_EQ(mode("new"), 0640u);
    for (mode_t want : {0600, 0666, 0755}) {
        put("old", "x");
        chmod(at("old").c_str(), want);
        ASSERT_EQ(write_file(at("old"), "y"), NEURAL_OK);
        EXPECT_EQ(mode("old"), want);
    }
    umask(022);
}

TEST_F(File, SymbolicLinksAreWrittenThrough) {
    ASSERT_EQ(mkdir(at("sub").c_str(), 0755), 0);
    put("sub/real", "old");
    ASSERT_EQ(symlink("sub/real", at("one").c_str()), 0);
    ASSERT_EQ(symlink(at("one").c_str(), at("two").c_str()), 0);
    ASSERT_EQ(write_file(at("two"), "new"), NEURAL_OK);
    EXPECT_EQ(get("sub/real"), "new");
    struct stat info;
    ASSERT_EQ(lstat(at("one").c_str(), &info), 0);
    EXPECT_TRUE(S_ISLNK(info.st_mode));
    ASSERT_EQ(symlink("sub/later", at("dangling").c_str()), 0);
    ASSERT_EQ(write_file(at("dangling"), "made"), NEURAL_OK);
    EXPECT_EQ(get("sub/later"), "made");
    ASSERT_EQ(symlink("loop", at("loop").c_str()), 0);
    EXPECT_EQ(write_file(at("loop"), "x"), NEURAL_ERR_FILE_WRITE);
    EXPECT_EQ(neural_last_error(), at("loop") + ": Too many levels of symbolic links");
}

TEST_F(File, RelativePathSurvivesChdir) {
    char before[4096];
    ASSERT_NE(getcwd(before, sizeof(before)), nullptr);
    ASSERT_EQ(chdir(dir_.c_str()), 0);
    neural_file_writer *writer = nullptr;
    ASSERT_EQ(neural_file_writer_create("here", &writer), NEURAL_OK);
    ASSERT_EQ(chdir("/"), 0);
    ASSERT_EQ(neural_file_writer_write(writer, "abc", 3), NEURAL_OK);
    EXPECT_EQ(neural_file_writer_commit(writer), NEURAL_OK);
    neural_file_writer_destroy(writer);
    EXPECT_EQ(get("here"), "abc");
    ASSERT_EQ(chdir(before), 0);
}

TEST_F(File, LongestNameFits) {
    const std::string name(255, 'n');
    ASSERT_EQ(write_file(at(name), "x"), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(get(name), "x");
}

TEST_F(File, WriterNamesWhatItCannotOpen) {
    EXPECT_EQ(write_file(at("no/such"), "x"), NEURAL_ERR_FILE_WRITE);
    EXPECT_EQ(neural_last_error(), at("no/such") + ": No such file or directory");
    EXPECT_EQ(write_file(dir_, "x"), NEURAL_ERR_FILE_WRITE);
    EXPECT_EQ(neural_last_error(), dir_ + ": is a directory");
    EXPECT_EQ(write_file("", "x"), NEURAL_ERR_FILE_WRITE);
    EXPECT_EQ(write_file(at("no/"), "x"), NEURAL_ERR_FILE_WRITE);
    neural_file_writer *writer = nullptr;
    EXPECT_EQ(neural_file_writer_create(nullptr, &writer), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(entries(), 0);
}

TEST_F(File, FullDeviceIsReported) {
    EXPECT_EQ(write_file("/dev/full", "x"), NEURAL_ERR_FILE_WRITE);
    EXPECT_STREQ(neural_last_error(), "/dev/full: No space left on device");
    EXPECT_EQ(write_file("/dev/full", pattern(300000), 100000), NEURAL_ERR_FILE_WRITE);
    EXPECT_EQ(write_file("/dev/null", pattern(300000)), NEURAL_OK);
}

TEST_F(File, AfterAFailedWriteCommitRefuses) {
    neural_file_writer *writer = nullptr;
    ASSERT_EQ(neural_file_writer_create("/dev/full", &writer), NEURAL_OK);
    EXPECT_EQ(neural_file_writer_write(writer, pattern(70000).data(), 70000),
              NEURAL_ERR_FILE_WRITE);
    EXPECT_EQ(neural_file_writer_commit(writer), NEURAL_ERR_FILE_WRITE);
    neural_file_writer_destroy(writer);
}

/* A pipe hands over at most 64 KiB at a time, and a signal interrupts the blocked write. */
TEST_F(File, ShortAndInterruptedWrites) {
    struct sigaction action = {}, before;
    action.sa_handler = [](int) {};
    sigaction(SIGUSR2, &action, &before);
    ASSERT_EQ(mkfifo(at("fifo").c_str(), 0600), 0);
    const std::string text = pattern(1 << 20);
    const pthread_t writer = pthread_self();
    std::string got;
    std::thread reader([&] {
        const int fd = open(at("fifo").c_str(), O_RDONLY);
        std::vector<char> buffer(50000);
        ssize_t bytes;
        while ((bytes = read(fd, buffer.data(), buffer.size())) > 0) {
            got.append(buffer.data(), size_t(bytes));
            usleep(300);
            pthread_kill(writer, SIGUSR2);
        }
        close(fd);
    });
    EXPECT_EQ(write_file(at("fifo"), text, 1 << 19), NEURAL_OK) << neural_last_error();
    reader.join();
    EXPECT_TRUE(got == text);
    sigaction(SIGUSR2, &before, nullptr);
}

template <typename Body> int in_child(Body body) {
    const pid_t child = fork();
    if (child == 0) {
        alarm(10);
        _exit(body());
    }
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* The default action of SIGXFSZ and of SIGPIPE is to end the process. */
TEST_F(File, SizeLimitFailsAndDoesNotKill) {
    put("a", "old");
    EXPECT_EQ(in_child([&] {
                  signal(SIGXFSZ, SIG_DFL);
                  const rlimit small = {100000, 100000};
                  setrlimit(RLIMIT_FSIZE, &small);
                  const neural_status status = write_file(at("a"), pattern(300000), 70000);
                  const std::string want = at("a") + ": File too large";
                  return status == NEURAL_ERR_FILE_WRITE && want == neural_last_error() ? 0 : 1;
              }),
              0);
    EXPECT_EQ(get("a"), "old");
    EXPECT_EQ(entries(), 1);
}

TEST_F(File, ClosedPipeFailsAndDoesNotKill) {
    EXPECT_EQ(in_child([] {
                  signal(SIGPIPE, SIG_DFL);
                  int ends[2];
                  if (pipe(ends)) {
                      return 2;
                  }
                  neural_file_writer *writer = nullptr;
                  const std::string path = "/proc/self/fd/" + std::to_string(ends[1]);
                  if (neural_file_writer_create(path.c_str(), &writer)) {
                      return 3;
                  }
                  close(ends[0]);
                  neural_file_writer_write(writer, "x", 1);
                  const neural_status status = neural_file_writer_commit(writer);
                  neural_file_writer_destroy(writer);
                  sigset_t pending;
                  sigpending(&pending);
                  return status == NEURAL_ERR_FILE_WRITE && !sigismember(&pending, SIGPIPE) ? 0 : 1;
              }),
              0);
}

TEST_F(File, UnwritableTargetIsKept) {
    put("a", "old");
    chmod(at("a").c_str(), 0444);
    chmod(dir_.c_str(), 0777);
    EXPECT_EQ(in_child([&] {
                  if (geteuid() == 0 && setuid(65534)) {
                      return 0;
                  }
                  return write_file(at("a"), "new") == NEURAL_ERR_FILE_WRITE ? 0 : 1;
              }),
              0);
    EXPECT_EQ(get("a"), "old");
    EXPECT_EQ(entries(), 1);
}

TEST_F(File, WriterFailsCleanlyWithoutMemory) {
    put("real", "old");
    ASSERT_EQ(symlink("real", at("a").c_str()), 0);
    const int64_t held = neural_alloc_bytes();
    for (int64_t n = 1;; n++) {
        neural_alloc_fail_at(n);
        const neural_status status = write_file(at("a"), pattern(100000));
        neural_alloc_fail_at(0);
        EXPECT_EQ(neural_alloc_bytes(), held);
        EXPECT_EQ(entries(), 2);
        if (!status) {
            EXPECT_GT(n, 4);
            break;
        }
        EXPECT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY);
        EXPECT_EQ(get("real"), "old");
    }
    EXPECT_TRUE(get("real") == pattern(100000));
}

// A process number that is free: its process has been waited for.
pid_t dead_process() {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, nullptr, 0);
    return child;
}

TEST_F(File, WhatKilledProcessesLeftIsRemoved) {
    const std::string dead = ".neural-" + std::to_string(dead_process());
    const std::string alive = ".neural-" + std::to_string(getppid()) + "-0.tmp";
    const std::string own = ".neural-" + std::to_string(getpid()) + "-4000000.tmp";
    const std::vector<std::string> kept = {
        alive,          own,           dead + "-0.tmp.bak", dead + "-0",      "x" + dead + "-0.tmp",
        dead + "-.tmp", dead + ".tmp", dead + "-01.tmp",    ".neural-0-0.tmp"};
    for (const std::string &name : kept)
        put(name, "kept");
    put(dead + "-0.tmp", "left");
    put(dead + "-17.tmp", "left");
    ASSERT_EQ(mkdir(at(dead + "-1.tmp").c_str(), 0755), 0);
    ASSERT_EQ(symlink("f", at(dead + "-2.tmp").c_str()), 0);
    neural_file_writer *writer = nullptr;
    ASSERT_EQ(neural_file_writer_create(at("f").c_str(), &writer), NEURAL_OK);
    EXPECT_EQ(get(dead + "-0.tmp"), "(none)");
    EXPECT_EQ(get(dead + "-17.tmp"), "(none)");
    for (const std::string &name : kept)
        EXPECT_EQ(get(name), "kept") << name;
    EXPECT_EQ(entries(), static_cast<int>(kept.size()) + 3); // directory, link, the writer's own
    neural_file_writer_destroy(writer);
}

TEST_F(File, ATemporaryInUseBySomebodyElseIsKept) {
    const std::string name = ".neural-" + std::to_string(dead_process()) + "-0.tmp";
    put(name, "in use");
    const int fd = open(at(name).c_str(), O_RDONLY);
    ASSERT_EQ(flock(fd, LOCK_EX | LOCK_NB), 0);
    neural_file_writer *writer = nullptr;
    ASSERT_EQ(neural_file_writer_create(at("f").c_str(), &writer), NEURAL_OK);
    neural_file_writer_destroy(writer);
    EXPECT_EQ(get(name), "in use");
    close(fd);
}

TEST_F(File, WritersOfOneTargetDoNotMix) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++) {
        threads.emplace_back([this, t] {
            for (int i = 0; i < 10; i++) {
                EXPECT_EQ(write_file(at("a"), std::string(100000, char('a' + t))), NEURAL_OK);
            }
        });
    }
    for (auto &thread : threads) {
        thread.join();
    }
    const std::string text = get("a");
    EXPECT_EQ(text, std::string(100000, text[0]));
    EXPECT_EQ(entries(), 1);
}

} // namespace

#include "logging/event_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmath>
#include <thread>

#include "core/base/memory.h"
#include "logging/event.pb-c.h"
#include "tests/logging/logging_testing.h"

namespace {

using logging_testing::read_file;
using logging_testing::records_in;
using logging_testing::records_of;
using logging_testing::TempDir;

// Event i: its number as step and, `size` bytes long, as text.
neural_status add(neural_event_file *file, int64_t i, size_t size) {
    std::string text(size, static_cast<char>('a' + i % 26));
    Neural__Event event = NEURAL__EVENT__INIT;
    event.step = i;
    event.what_case = NEURAL__EVENT__WHAT_FILE_VERSION;
    event.file_version = &text[0];
    return neural_event_file_add(file, &event.base);
}

std::string expected(int64_t i, size_t size) {
    using namespace logging_testing;
    const std::string step = i ? field_int(2, i) : "";
    return step + field(3, std::string(size, static_cast<char>('a' + i % 26)));
}

neural_event_file *open_in(const std::string &dir, double seconds, const char *suffix = nullptr) {
    neural_event_file *file = nullptr;
    EXPECT_EQ(neural_event_file_create(dir.c_str(), suffix, seconds, &file), NEURAL_OK)
        << neural_last_error();
    return file;
}

TEST(EventFile, NamesAreNewAndTellTimeHostProcessAndNumber) {
    const TempDir dir;
    const std::string deep = dir.path() + "//a b/\xFFнейрон\n'$(x)'/c/";
    char host[256];
    gethostname(host, sizeof host);
    neural_event_file *one = open_in(deep, 0), *two = open_in(deep, 0, ".v2");
    const std::string first = neural_event_file_path(one), second = neural_event_file_path(two);
    const std::string process = "." + std::string(host) + "." + std::to_string(getpid()) + ".";
    EXPECT_EQ(first.rfind(deep + "/events.out.tfevents.", 0), 0u) << first;
    EXPECT_NE(first.find(process), std::string::npos) << first;
    EXPECT_NE(first, second);
    EXPECT_EQ(second.substr(second.size() - 3), ".v2");
    EXPECT_TRUE(std::filesystem::exists(first));
    EXPECT_TRUE(std::filesystem::exists(second));
    neural_event_file_destroy(one);
    neural_event_file_destroy(two);
}

TEST(EventFile, EachEventIsWrittenAtOnce) {
    const TempDir dir;
    neural_event_file *file = open_in(dir.path(), 0);
    for (int64_t i = 0; i < 50; i++) {
        ASSERT_EQ(add(file, i, static_cast<size_t>(i * i)), NEURAL_OK);
        const auto records = records_in(neural_event_file_path(file));
        ASSERT_EQ(static_cast<int64_t>(records.size()), i + 1);
        EXPECT_EQ(records.back(), expected(i, static_cast<size_t>(i * i)));
    }
    neural_event_file_destroy(file);
}

TEST(EventFile, EventsWaitForTheIntervalOrForFlush) {
    const TempDir dir;
    neural_event_file *file = open_in(dir.path(), 3600);
    const std::string path = neural_event_file_path(file);
    EXPECT_EQ(add(file, 1, 10), NEURAL_OK);
    EXPECT_EQ(read_file(path), "");
    EXPECT_EQ(neural_event_file_flush(file), NEURAL_OK);
    EXPECT_EQ(records_in(path).size(), 1u);
    for (int64_t i = 2; i < 9; i++) {
        EXPECT_EQ(add(file, i, 20000), NEURAL_OK);
    }
    EXPECT_EQ(records_in(path).size(), 7u); // three fit into 64 KiB, twice; one waits
    EXPECT_EQ(add(file, 9, 3000000), NEURAL_OK);
    EXPECT_EQ(records_in(path).size(), 9u);
    EXPECT_EQ(add(file, 10, 5), NEURAL_OK);
    EXPECT_EQ(neural_event_file_close(file), NEURAL_OK);
    EXPECT_EQ(neural_event_file_close(file), NEURAL_OK);
    EXPECT_EQ(records_in(path).size(), 10u);
    EXPECT_EQ(add(file, 11, 5), NEURAL_ERR_INVALID_ARGUMENT);
    neural_event_file_destroy(file);

    file = open_in(dir.path(), 0.05);
    EXPECT_EQ(add(file, 1, 10), NEURAL_OK);
    usleep(100000);
    EXPECT_EQ(add(file, 2, 10), NEURAL_OK);
    EXPECT_EQ(records_in(neural_event_file_path(file)).size(), 2u);
    EXPECT_EQ(add(file, 3, 10), NEURAL_OK);
    const std::string last = neural_event_file_path(file);
    neural_event_file_destroy(file); // writes what waits
    EXPECT_EQ(records_in(last).size(), 3u);
}

// What a reader that follows the file is shown, in steps of any size, is always in order and whole.
TEST(EventFile, AReaderThatFollowsSeesNoBrokenRecord) {
    const TempDir dir;
    for (const double seconds : {0.0, 0.001}) {
        neural_event_file *file = open_in(dir.path(), seconds);
        const std::string path = neural_event_file_path(file);
        enum { EVENTS = 1500 };
        std::thread writer([file] {
            for (int64_t i = 0; i < EVENTS; i++) {
                EXPECT_EQ(add(file, i, static_cast<size_t>(i * 7919 % 9973)), NEURAL_OK);
            }
            EXPECT_EQ(neural_event_file_flush(file), NEURAL_OK);
        });
        const int fd = open(path.c_str(), O_RDONLY);
        std::string seen;
        int64_t count = 0;
        for (int rounds = 0; count < EVENTS && rounds < 1000000; rounds++) {
            char part[5003];
            const ssize_t got = read(fd, part, sizeof part);
            ASSERT_GE(got, 0);
            seen.append(part, static_cast<size_t>(got));
            size_t at = 0;
            bool is_broken = false;
            for (const std::string &record : records_of(seen, &at, &is_broken)) {
                ASSERT_EQ(record, expected(count, static_cast<size_t>(count * 7919 % 9973)));
                count++;
            }
            ASSERT_FALSE(is_broken);
            seen.erase(0, at);
        }
        writer.join();
        close(fd);
        EXPECT_EQ(count, EVENTS);
        EXPECT_EQ(seen, "");
        neural_event_file_destroy(file);
    }
}

TEST(EventFile, AKilledWriterLeavesAReadablePrefix) {
    const TempDir dir;
    for (int round = 0; round < 5; round++) {
        neural_event_file *file = open_in(dir.path(), round % 2 ? 0.001 : 0);
        const std::string path = neural_event_file_path(file);
        const pid_t child = fork();
        if (child == 0) {
            for (int64_t i = 0;; i++) {
                if (add(file, i, static_cast<size_t>(i % 997))) {
                    _exit(1);
                }
                if (i % 100 == 99) {
                    usleep(500);
                }
            }
        }
        while (std::filesystem::file_size(path) < 100000) {
            usleep(100);
        }
        kill(child, SIGKILL);
        int status = 0;
        waitpid(child, &status, 0);
        EXPECT_TRUE(WIFSIGNALED(status));
        const std::string bytes = read_file(path);
        size_t at = 0;
        bool is_broken = false;
        int64_t i = 0;
        for (const std::string &record : records_of(bytes, &at, &is_broken)) {
            ASSERT_EQ(record, expected(i, static_cast<size_t>(i % 997)));
            i++;
        }
        EXPECT_FALSE(is_broken);
        EXPECT_GE(i, 100);
        EXPECT_EQ(neural_event_file_close(file), NEURAL_OK);
        neural_event_file_destroy(file);
    }
}

// Beyond the limit of a file's size writes fail in the middle of a record, as on a full disk.
TEST(EventFile, AFullDiskIsAStatusAndLeavesWholeRecords) {
    const TempDir dir;
    for (const double seconds : {0.0, 3600.0}) {
        const pid_t child = fork();
        if (child == 0) {
            neural_event_file *file = open_in(dir.path(), seconds);
            const std::string path = neural_event_file_path(file);
            rlimit limit = {10000, RLIM_INFINITY}, wide = {RLIM_INFINITY, RLIM_INFINITY};
            setrlimit(RLIMIT_FSIZE, &limit);
            int64_t i = 0;
            neural_status status = NEURAL_OK;
            while (!status && i < 1000) {
                status = add(file, i, 300);
                i += status == NEURAL_OK;
            }
            const std::string text = neural_last_error();
            bool ok = status == NEURAL_ERR_FILE_WRITE && text == path + ": File too large";
            ok = ok && (seconds > 0 || records_in(path).size() == 31);
            setrlimit(RLIMIT_FSIZE, &wide);
            ok = ok && add(file, i, 300) == NEURAL_OK && neural_event_file_flush(file) == NEURAL_OK;
            const auto records = records_in(path);
            ok = ok && static_cast<int64_t>(records.size()) == i + 1;
            for (size_t k = 0; ok && k < records.size(); k++) {
                ok = records[k] == expected(static_cast<int64_t>(k), 300);
            }
            _exit(ok && !testing::Test::HasFailure() ? 0 : 1);
        }
        int status = 0;
        waitpid(child, &status, 0);
        EXPECT_EQ(status, 0) << seconds;
    }
}

TEST(EventFile, WhatCannotBeCreatedIsNamed) {
    const TempDir dir;
    neural_event_file *file = nullptr;
    const std::string plain = dir.path() + "/plain";
    std::ofstream(plain) << "x";
    EXPECT_EQ(neural_event_file_create((plain + "/sub/dir").c_str(), nullptr, 0, &file),
              NEURAL_ERR_FILE_WRITE);
    EXPECT_EQ(std::string(neural_last_error()), plain + ": Not a directory");
    EXPECT_EQ(neural_event_file_create((dir.path() + "/" + std::string(300, 'n')).c_str(), nullptr,
                                       0, &file),
              NEURAL_ERR_FILE_WRITE);
    EXPECT_EQ(neural_event_file_create("", nullptr, 0, &file), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_event_file_create(nullptr, nullptr, 0, &file), NEURAL_ERR_NULL_POINTER);
    const char *path = dir.path().c_str();
    EXPECT_EQ(neural_event_file_create(path, "../x", 0, &file), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_event_file_create(path, "", -1, &file), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_event_file_create(path, "", NAN, &file), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(file, nullptr);
}

TEST(EventFile, SmallEventsAllocateNothingAndFailedAllocationsAreStatus) {
    const TempDir dir;
    neural_event_file *file = open_in(dir.path(), 0);
    const int64_t count = neural_alloc_count();
    for (int64_t i = 0; i < 100; i++) {
        EXPECT_EQ(add(file, i, 60000), NEURAL_OK);
    }
    EXPECT_EQ(neural_alloc_count(), count);
    neural_alloc_fail_at(1);
    EXPECT_EQ(add(file, 100, 100000), NEURAL_ERR_OUT_OF_MEMORY);
    neural_alloc_fail_at(0);
    EXPECT_EQ(add(file, 100, 100000), NEURAL_OK);
    EXPECT_EQ(records_in(neural_event_file_path(file)).size(), 101u);
    neural_event_file_destroy(file);
    const int64_t before = neural_alloc_bytes();
    for (int n = 1; n <= 3; n++) {
        neural_alloc_fail_at(n);
        EXPECT_EQ(neural_event_file_create(dir.path().c_str(), nullptr, 0, &file),
                  NEURAL_ERR_OUT_OF_MEMORY);
        neural_alloc_fail_at(0);
    }
    EXPECT_EQ(neural_alloc_bytes(), before);
}

} // namespace

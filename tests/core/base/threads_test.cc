#include "core/base/threads.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/memory.h"

namespace {

class Threads : public ::testing::Test {
  protected:
    void TearDown() override { ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK); }
};

struct Ranges {
    std::mutex mutex;
    std::vector<std::pair<int64_t, int64_t>> seen;
    std::set<std::thread::id> threads;
};

void note(void *context, int64_t begin, int64_t end) {
    auto *ranges = static_cast<Ranges *>(context);
    std::lock_guard<std::mutex> lock(ranges->mutex);
    ranges->seen.emplace_back(begin, end);
    ranges->threads.insert(std::this_thread::get_id());
}

std::vector<std::pair<int64_t, int64_t>> divide(int64_t len, int64_t grain) {
    Ranges ranges;
    neural_parallel_for(len, grain, note, &ranges);
    std::sort(ranges.seen.begin(), ranges.seen.end());
    return ranges.seen;
}

TEST_F(Threads, RangesCoverWithoutOverlap) {
    for (int threads : {1, 2, 3, 4, 7}) {
        ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
        for (int64_t len : {int64_t(1), int64_t(2), int64_t(3), int64_t(63), int64_t(64),
                            int64_t(1009), INT64_MAX - 1, INT64_MAX}) {
            for (int64_t grain : {int64_t(-3), int64_t(0), int64_t(1), int64_t(4), int64_t(64),
                                  int64_t(1000), INT64_MAX / 2, INT64_MAX}) {
                const auto ranges = divide(len, grain);
                ASSERT_FALSE(ranges.empty());
                EXPECT_LE(ranges.size(), size_t(threads));
                EXPECT_EQ(ranges.front().first, 0);
                EXPECT_EQ(ranges.back().second, len);
                for (size_t i = 0; i < ranges.size(); i++) {
                    const int64_t size = ranges[i].second - ranges[i].first;
                    EXPECT_GT(size, 0);
                    if (i + 1 < ranges.size()) {
                        EXPECT_EQ(ranges[i].second, ranges[i + 1].first);
                        EXPECT_EQ(size % std::max<int64_t>(grain, 1), 0);
                    }
                }
            }
        }
    }
}

TEST_F(Threads, UsesAllThreadsEvenly) {
    ASSERT_EQ(neural_set_num_threads(4), NEURAL_OK);
    const auto ranges = divide(103, 10);
    EXPECT_EQ(ranges,
              (std::vector<std::pair<int64_t, int64_t>>{{0, 30}, {30, 60}, {60, 90}, {90, 103}}));
}

TEST_F(Threads, EmptyCallsNothing) {
    EXPECT_TRUE(divide(0, 1).empty());
    EXPECT_TRUE(divide(-5, 1).empty());
    EXPECT_TRUE(divide(INT64_MIN, 1).empty());
}

TEST_F(Threads, ShortOrSingleRunsInline) {
    ASSERT_EQ(neural_set_num_threads(4), NEURAL_OK);
    const int64_t count = neural_parallel_count();
    EXPECT_EQ(divide(10, 10).size(), 1u);
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    Ranges ranges;
    neural_parallel_for(1000, 1, note, &ranges);
    EXPECT_EQ(ranges.seen.size(), 1u);
    EXPECT_EQ(*ranges.threads.begin(), std::this_thread::get_id());
    EXPECT_EQ(neural_parallel_count(), count);
}

/* A part that waits for another part: finished only if two threads work at the same time. */
void meet(void *context, int64_t, int64_t) {
    auto *here = static_cast<std::atomic<int> *>(context);
    ++*here;
    while (*here < 2) {
        std::this_thread::yield();
    }
}

TEST_F(Threads, PartsRunAtTheSameTime) {
    ASSERT_EQ(neural_set_num_threads(2), NEURAL_OK);
    const int64_t count = neural_parallel_count();
    for (int i = 0; i < 50; i++) {
        std::atomic<int> here{0};
        neural_parallel_for(2, 1, meet, &here);
        EXPECT_EQ(here, 2);
    }
    EXPECT_EQ(neural_parallel_count(), count + 50);
}

void add_one(void *context, int64_t begin, int64_t end) {
    auto *data = static_cast<int *>(context);
    for (int64_t i = begin; i < end; i++) {
        data[i]++;
    }
}

TEST_F(Threads, ManyCallsFromManyThreads) {
    ASSERT_EQ(neural_set_num_threads(3), NEURAL_OK);
    std::vector<std::thread> callers;
    for (int t = 0; t < 4; t++) {
        callers.emplace_back([] {
            std::vector<int> data(1000);
            for (int i = 1; i <= 2000; i++) {
                neural_parallel_for(int64_t(data.size()) - i % 7, 16, add_one, data.data());
            }
            for (size_t k = 0; k < 990; k++) {
                ASSERT_EQ(data[k], 2000) << k;
            }
        });
    }
    for (auto &caller : callers) {
        caller.join();
    }
}

void nested(void *context, int64_t begin, int64_t end) {
    auto *rows = static_cast<std::vector<std::vector<int>> *>(context);
    for (int64_t i = begin; i < end; i++) {
        auto &row = (*rows)[size_t(i)];
        neural_parallel_for(int64_t(row.size()), 1, add_one, row.data());
    }
}

TEST_F(Threads, NestedCallsRun) {
    ASSERT_EQ(neural_set_num_threads(3), NEURAL_OK);
    std::vector<std::vector<int>> rows(20, std::vector<int>(50));
    neural_parallel_for(20, 1, nested, &rows);
    EXPECT_EQ(rows, (std::vector<std::vector<int>>(20, std::vector<int>(50, 1))));
}

TEST_F(Threads, WorkersAwakeAfterAPause) {
    ASSERT_EQ(neural_set_num_threads(2), NEURAL_OK);
    for (int i = 0; i < 20; i++) {
        usleep(i % 4 * 300);
        std::atomic<int> here{0};
        neural_parallel_for(2, 1, meet, &here);
    }
}

TEST_F(Threads, ResizeAndShutdown) {
    for (int threads : {2, 4, 1, 3, 3, 2}) {
        ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
        EXPECT_EQ(neural_num_threads(), threads);
        EXPECT_EQ(divide(1000, 1).size(), size_t(threads));
        neural_threads_shutdown();
        EXPECT_EQ(divide(1000, 1).size(), size_t(threads));
    }
    neural_threads_shutdown();
    neural_threads_shutdown();
}

TEST_F(Threads, BadCountsAreRefused) {
    ASSERT_EQ(neural_set_num_threads(3), NEURAL_OK);
    for (int bad : {-1, NEURAL_MAX_THREADS + 1, INT32_MAX, INT32_MIN}) {
        EXPECT_EQ(neural_set_num_threads(bad), NEURAL_ERR_INVALID_ARGUMENT);
        EXPECT_EQ(neural_num_threads(), 3);
    }
    ASSERT_EQ(neural_set_num_threads(NEURAL_MAX_THREADS), NEURAL_OK);
    EXPECT_LE(divide(100000, 1).size(), size_t(NEURAL_MAX_THREADS));
}

TEST_F(Threads, EnvironmentSetsTheDefault) {
    setenv("NEURAL_NUM_THREADS", "5", 1);
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
    EXPECT_EQ(neural_num_threads(), 5);
    for (const char *bad : {"", "-2", "x", "3x", "100000", "99999999999999999999"}) {
        setenv("NEURAL_NUM_THREADS", bad, 1);
        ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
        EXPECT_EQ(neural_num_threads(), neural_cores_available()) << bad;
    }
    unsetenv("NEURAL_NUM_THREADS");
}

struct States {
    std::atomic<unsigned> wrong{0};
    std::atomic<int> here{0};
    std::thread::id caller = std::this_thread::get_id();
};

void check_mxcsr(void *context, int64_t, int64_t) {
    auto *states = static_cast<States *>(context);
    meet(&states->here, 0, 0);
    if (std::this_thread::get_id() != states->caller) {
        states->wrong += (__builtin_ia32_stmxcsr() & ~0x3Fu) != NEURAL_MXCSR_DEFAULT;
    }
}

TEST_F(Threads, WorkersRunWithDefaultMxcsr) {
    const unsigned before = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(NEURAL_MXCSR_DEFAULT | 0x8040u); /* flush to zero, denormals are zero */
    ASSERT_EQ(neural_set_num_threads(2), NEURAL_OK);
    States states;
    neural_parallel_for(2, 1, check_mxcsr, &states);
    const neural_fp_state state = neural_fp_enter();
    EXPECT_EQ(__builtin_ia32_stmxcsr(), NEURAL_MXCSR_DEFAULT);
    neural_fp_leave(state);
    EXPECT_EQ(__builtin_ia32_stmxcsr(), NEURAL_MXCSR_DEFAULT | 0x8040u);
    __builtin_ia32_ldmxcsr(before);
    EXPECT_EQ(states.wrong, 0u);
}

/* --- tasks --- */

void count_up(void *context) {
    ++*static_cast<std::atomic<int> *>(context);
}

TEST_F(Threads, TasksRunOnce) {
    for (int threads : {1, 2, 4}) {
        ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
        std::atomic<int> count{0};
        std::vector<neural_task *> tasks(500);
        for (auto &task : tasks) {
            ASSERT_EQ(neural_task_start(count_up, &count, &task), NEURAL_OK);
        }
        for (size_t i = 0; i < tasks.size(); i++) {
            neural_task_finish(tasks[(i * 7) % tasks.size()]);
        }
        EXPECT_EQ(count, 500);
    }
    neural_task_finish(nullptr);
}

void wait_for_flag(void *context) {
    while (!*static_cast<std::atomic<int> *>(context)) {
        usleep(100);
    }
}

TEST_F(Threads, TaskRunsInTheBackground) {
    ASSERT_EQ(neural_set_num_threads(2), NEURAL_OK);
    std::atomic<int> flag{0};
    neural_task *task = nullptr;
    ASSERT_EQ(neural_task_start(wait_for_flag, &flag, &task), NEURAL_OK);
    usleep(2000);
    EXPECT_EQ(divide(100, 1).size(), 2u) << "the caller works alone meanwhile";
    flag = 1;
    neural_task_finish(task);
}

void start_inner(void *context) {
    neural_task *inner = nullptr;
    if (neural_task_start(count_up, context, &inner) == NEURAL_OK) {
        neural_task_finish(inner);
    }
}

TEST_F(Threads, TaskMayWaitForATask) {
    ASSERT_EQ(neural_set_num_threads(2), NEURAL_OK);
    std::atomic<int> count{0};
    for (int i = 0; i < 200; i++) {
        neural_task *task = nullptr;
        ASSERT_EQ(neural_task_start(start_inner, &count, &task), NEURAL_OK);
        neural_task_finish(task);
    }
    EXPECT_EQ(count, 200);
}

TEST_F(Threads, TaskFailuresAreReported) {
    neural_pool_trim();
    neural_alloc_fail_at(1);
    neural_task *task = nullptr;
    std::atomic<int> count{0};
    EXPECT_EQ(neural_task_start(count_up, &count, &task), NEURAL_ERR_OUT_OF_MEMORY);
    EXPECT_EQ(task, nullptr);
    EXPECT_EQ(count, 0);
    EXPECT_EQ(neural_task_start(nullptr, nullptr, &task), NEURAL_ERR_NULL_POINTER);
}

TEST_F(Threads, SteadyStateAllocatesNothing) {
    ASSERT_EQ(neural_set_num_threads(3), NEURAL_OK);
    std::vector<int> data(1000);
    std::atomic<int> done{0};
    int64_t before = 0;
    for (int i = 0; i < 100; i++) {
        if (i == 2) {
            before = neural_alloc_count();
        }
        neural_task *task = nullptr;
        ASSERT_EQ(neural_task_start(count_up, &done, &task), NEURAL_OK);
        neural_parallel_for(1000, 10, add_one, data.data());
        neural_task_finish(task);
    }
    EXPECT_EQ(neural_alloc_count(), before);
}

/* --- the world around --- */

#ifndef __SANITIZE_THREAD__ /* which cannot start threads in the child of a threaded process */
/* Runs the body in a forked child; true if it returned true within ten seconds. */
template <typename Body> bool in_child(Body body) {
    const pid_t child = fork();
    if (child == 0) {
        alarm(10);
        _exit(body() ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* No heap: its locks, unlike ours, are not always free in a child under AddressSanitizer. */
bool parallel_works() {
    int data[1000] = {};
    for (int i = 0; i < 100; i++) {
        neural_parallel_for(1000, 10, add_one, data);
    }
    return std::all_of(data, data + 1000, [](int value) { return value == 100; });
}

TEST_F(Threads, ChildStartsItsOwnWorkers) {
    ASSERT_EQ(neural_set_num_threads(2), NEURAL_OK);
    ASSERT_TRUE(parallel_works());
    EXPECT_TRUE(in_child([] {
        std::atomic<int> here{0};
        neural_parallel_for(2, 1, meet, &here); /* two threads, or it never ends */
        return parallel_works();
    }));
    EXPECT_TRUE(parallel_works());
}

TEST_F(Threads, ForkWhileWorkIsRunning) {
    ASSERT_EQ(neural_set_num_threads(3), NEURAL_OK);
    std::atomic<bool> stop{false};
    std::thread busy([&] {
        while (!stop) {
            std::atomic<int> count{0};
            neural_task *task = nullptr;
            ASSERT_EQ(neural_task_start(count_up, &count, &task), NEURAL_OK);
            ASSERT_TRUE(parallel_works());
            neural_task_finish(task);
        }
    });
    for (int i = 0; i < 20; i++) {
        EXPECT_TRUE(in_child([] {
            std::atomic<int> here{0};
            neural_parallel_for(2, 1, meet, &here); /* runs inline, for ever, if still taken */
            return parallel_works();
        })) << i;
    }
    stop = true;
    busy.join();
}

TEST_F(Threads, TaskThatRunsDuringForkDoesNotBlockTheChild) {
    ASSERT_EQ(neural_set_num_threads(2), NEURAL_OK);
    std::atomic<int> flag{0}, count{0};
    neural_task *running = nullptr, *queued = nullptr;
    ASSERT_EQ(neural_task_start(wait_for_flag, &flag, &running), NEURAL_OK);
    usleep(5000);
    ASSERT_EQ(neural_task_start(count_up, &count, &queued), NEURAL_OK);
    EXPECT_TRUE(in_child([&] {
        neural_task_finish(queued);
        const bool ran = count == 1;
        flag = 1; /* in case it had not begun */
        neural_task_finish(running);
        return ran;
    }));
    flag = 1;
    neural_task_finish(running);
    neural_task_finish(queued);
    EXPECT_EQ(count, 1);
}

/* No thread can be created: the limit on processes does not bind root, that on memory does. */
TEST_F(Threads, RefusedThreadsMeanFewer) {
    EXPECT_TRUE(in_child([] {
        if (neural_set_num_threads(4) != NEURAL_OK) {
            return false;
        }
#ifndef __SANITIZE_ADDRESS__
        const rlimit none = {1, 1};
        setrlimit(RLIMIT_AS, &none);
#endif
        static int data[1000];
        std::atomic<int> count{0};
        neural_parallel_for(1000, 1, add_one, data);
        neural_parallel_for(1000, 1, add_one, data);
        for (int value : data) {
            if (value != 2) {
                return false;
            }
        }
        return true;
    }));
}
#endif

TEST_F(Threads, SignalsGoToTheUsersThreads) {
    static std::atomic<int> delivered{0};
    static pthread_t receiver;
    const auto before = signal(SIGUSR1, [](int) {
        receiver = pthread_self();
        ++delivered;
    });
    ASSERT_EQ(neural_set_num_threads(2), NEURAL_OK);
    divide(100, 1);
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &one, nullptr);
    kill(getpid(), SIGUSR1);
    usleep(2000);
    EXPECT_EQ(delivered, 0) << "a worker took it";
    pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
    EXPECT_EQ(delivered, 1);
    EXPECT_TRUE(pthread_equal(receiver, pthread_self()));
    signal(SIGUSR1, before);
}

} // namespace

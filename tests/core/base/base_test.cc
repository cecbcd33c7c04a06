/* The subjects of core/base together, as a training program uses them. */
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/random.h"
#include "core/base/threads.h"

namespace {

constexpr int64_t kLen = 20000;

struct Fill {
    neural_random stream;
    double *dst;
};

void fill(void *context, int64_t begin, int64_t end) {
    const auto *job = static_cast<const Fill *>(context);
    for (int64_t i = begin; i < end; i++) {
        job->dst[i] = neural_random_normal_f64(&job->stream, uint64_t(i));
    }
}

/* One step of work: blocks, parallel random numbers, a sum in the order of the index. */
double step(uint64_t number) {
    neural_block *block = neural_block_create(kLen * sizeof(double));
    if (!block) {
        return -1;
    }
    Fill job = {{1, NEURAL_RANDOM_USER, number}, static_cast<double *>(neural_block_data(block))};
    neural_parallel_for(kLen, 100, fill, &job);
    double sum = 0;
    for (int64_t i = 0; i < kLen; i++) {
        sum += job.dst[i];
    }
    neural_block_release(block);
    return sum;
}

TEST(Base, SameBitsWithAnyNumberOfThreads) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    const double want = step(7);
    for (int threads : {2, 3, 5}) {
        ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
        EXPECT_EQ(step(7), want) << threads;
    }
    neural_set_num_threads(0);
}

/* ThreadSanitizer cannot start threads in the child of a threaded process, and AddressSanitizer
 * does not keep its heap whole across fork(). */
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
TEST(Base, ForkInTheMiddleOfEverything) {
    ASSERT_EQ(neural_set_num_threads(2), NEURAL_OK);
    const double want = step(3);
    std::atomic<bool> stop{false};
    std::vector<std::thread> busy;
    for (int t = 0; t < 3; t++) {
        busy.emplace_back([&] {
            while (!stop) {
                step(1);
                neural_pool_free(neural_pool_alloc(100), 100);
                neural_pool_trim();
            }
        });
    }
    for (int i = 0; i < 30; i++) {
        const pid_t child = fork();
        if (child == 0) {
            alarm(10);
            for (size_t bytes = 1; bytes < 1 << 20; bytes *= 2) {
                neural_block_release(neural_block_create(bytes));
            }
            _exit(step(3) == want ? 0 : 1);
        }
        int status = -1;
        waitpid(child, &status, 0);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "fork " << i;
    }
    stop = true;
    for (auto &thread : busy) {
        thread.join();
    }
    neural_set_num_threads(0);
}
#endif

TEST(Base, EveryFailedAllocationIsReported) {
    neural_pool_trim();
    const int64_t held = neural_alloc_bytes();
    for (int64_t n = 1;; n++) {
        neural_alloc_fail_at(n);
        neural_clear_error();
        const double sum = step(2);
        neural_alloc_fail_at(0);
        neural_pool_trim();
        EXPECT_EQ(neural_alloc_bytes(), held);
        if (sum != -1) {
            EXPECT_GT(n, 1);
            break;
        }
        EXPECT_EQ(neural_last_error_code(), NEURAL_ERR_OUT_OF_MEMORY);
    }
}

} // namespace

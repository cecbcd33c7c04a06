// Eight threads that begin together, and what the process holds.
#ifndef TESTS_STRESS_THREADS_H_
#define TESTS_STRESS_THREADS_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "core/autograd/tape.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/parameter.h"
#include "model/model.h"

constexpr int kThreads = 8;

// body(0) ... body(7), each on a thread of its own; none begins before all have started.
template <typename Body> void OnEightThreads(const Body &body) {
    std::atomic<int> missing(kThreads);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; t++) {
        threads.emplace_back([&, t] {
            missing--;
            while (missing > 0) {
                std::this_thread::yield();
            }
            body(t);
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
}

// The library's workers in number, until the end of the scope.
class Workers {
  public:
    explicit Workers(int threads) { EXPECT_EQ(neural_set_num_threads(threads), NEURAL_OK); }
    ~Workers() { EXPECT_EQ(neural_set_num_threads(0), NEURAL_OK); }
    Workers(const Workers &) = delete;
    Workers &operator=(const Workers &) = delete;
};

// Heap bytes that the library holds when its caches are empty.
inline int64_t HeldBytes() {
    neural_pool_trim();
    return neural_alloc_bytes();
}

// Memory of this process that lies in RAM.
inline int64_t ResidentBytes() {
    int64_t size = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> size >> resident;
    return resident * sysconf(_SC_PAGESIZE);
}

inline std::string Bits(const neural_tensor *tensor) {
    const char *data = static_cast<const char *>(neural_tensor_data(tensor));
    return std::string(data, static_cast<size_t>(neural_tensor_bytes(tensor)));
}

inline std::string Digest(const neural_model *model) {
    char digest[NEURAL_MODEL_DIGEST] = "";
    EXPECT_EQ(neural_model_digest(model, digest), NEURAL_OK) << neural_last_error();
    return digest;
}

#endif // TESTS_STRESS_THREADS_H_

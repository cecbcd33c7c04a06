// A tiny network makes one training step after the other. Nothing grows: neither what the library
// holds, nor the process, nor the number of allocations; and what it learned stays finite.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>

#include "tests/stress/threads.h"
#include "tests/train/toy_run.h"

namespace {

#ifndef SOAK_STEPS
#define SOAK_STEPS 100000
#endif
constexpr int64_t kSteps = SOAK_STEPS, kStages = 10;

// What the process itself may add, such as a buffer of the output.
constexpr int64_t kSlackBytes = 256 * 1024;

struct Held {
    int64_t allocations, bytes, nodes;
    bool operator==(const Held &other) const {
        return allocations == other.allocations && bytes == other.bytes && nodes == other.nodes;
    }
};

Held Now() {
    return {neural_alloc_count(), neural_alloc_bytes(), neural_node_count()};
}

std::string XorConfig() {
    const std::string data = TestPath("soak_xor.csv");
    WriteText(data, "0,0,0\n0,1,1\n1,0,1\n1,1,0\n");
    std::string config = ToyConfig(data, "batch_size = 4\n");
    config.replace(config.find("5,16,3"), 6, "2,8,1");
    config.replace(config.find("output_activation = softmax"), 27, "output_activation = sigmoid");
    return config.replace(config.find("function = cross_entropy"), 24, "function = bce");
}

neural_tensor *Of(std::vector<float> values, int64_t cols) {
    neural_tensor *tensor = nullptr;
    const int64_t dims[] = {4, cols};
    EXPECT_EQ(neural_tensor_from_data(values.data(),
                                      static_cast<int64_t>(values.size() * sizeof(float)), 2, dims,
                                      NEURAL_DTYPE_F32, &tensor),
              NEURAL_OK);
    return tensor;
}

// Microseconds per step.
double Steps(neural_trainer *trainer, neural_tensor *x, neural_tensor *y, int64_t count) {
    const auto start = std::chrono::steady_clock::now();
    for (int64_t i = 0; i < count; i++) {
        if (neural_trainer_step(trainer, x, y, nullptr)) {
            ADD_FAILURE() << "step " << i << ": " << neural_last_error();
            break;
        }
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    return seconds.count() * 1e6 / static_cast<double>(count);
}

TEST(Soak, StepsLeaveMemoryFlat) {
    ToyTrainer run(XorConfig());
    ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
    neural_tensor *x = Of({0, 0, 0, 1, 1, 0, 1, 1}, 2), *y = Of({0, 1, 1, 0}, 1);
    Steps(run.get(), x, y, 1000);
    const Held before = Now();
    const int64_t resident = ResidentBytes();
    double us[kStages] = {};
    for (int64_t stage = 0; stage < kStages && !HasFailure(); stage++) {
        us[stage] = Steps(run.get(), x, y, kSteps / kStages);
        EXPECT_TRUE(Now() == before) << "after stage " << stage;
        EXPECT_LE(ResidentBytes(), resident + kSlackBytes) << "after stage " << stage;
    }
    double loss = NAN;
    EXPECT_EQ(neural_trainer_step(run.get(), x, y, &loss), NEURAL_OK) << neural_last_error();
    EXPECT_LT(loss, 0.01);
    printf("%lld steps: %.2f us each in the first tenth, %.2f in the last, %.2f in the slowest; "
           "%lld bytes held, resident %+lld bytes; loss %g\n",
           static_cast<long long>(kSteps), us[0], us[kStages - 1],
           *std::max_element(std::begin(us), std::end(us)), static_cast<long long>(before.bytes),
           static_cast<long long>(ResidentBytes() - resident), loss);
    neural_tensor_release(x);
    neural_tensor_release(y);
}

} // namespace

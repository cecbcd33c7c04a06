// Eight threads train networks of their own at once, on eight workers for two cores. Each ends with
// the weights that it has alone, and leaves nothing behind.
#include "tests/stress/threads.h"
#include "tests/train/toy_run.h"

namespace {

// Networks of several sizes; the large batches are split over the workers.
std::string RunConfig(const std::string &data, int kind, int threads) {
    static const char *const more[] = {
        "epochs = 3\nbatch_size = 16\n",
        "epochs = 2\nbatch_size = 32\n[model]\ndropout = 0.3\n",
        "epochs = 2\nbatch_size = 64\nmomentum = 0.9\n[model]\ndtype = f64\n",
        "epochs = 1\nbatch_size = 256\n",
    };
    static const char *const layers[] = {"5,16,3", "5,40,30,3", "5,8,3", "5,300,200,3"};
    std::string config = ToyConfig(data, more[kind], kind == 2 ? "type = sgd" : "type = adam");
    config.replace(config.find("5,16,3"), 6, layers[kind]);
    const std::string one = "num_threads = 1";
    return config.replace(config.find(one), one.size(), "num_threads = " + std::to_string(threads));
}

constexpr int kKinds = 4;

// Weights and what the run reported.
std::string Train(const std::string &data, int kind, int threads) {
    ToyTrainer run(RunConfig(data, kind, threads));
    const neural_train_report report = run.Run();
    EXPECT_EQ(run.status(), NEURAL_OK) << neural_last_error();
    const std::vector<char> bits = run.Bits();
    return std::string(bits.begin(), bits.end()) + std::to_string(report.train_loss);
}

void TrainTogether(const char *file, int (*threads_of)(int)) {
    const Workers workers(1);
    const std::string data = Clusters(file, 600, 5, 3);
    std::vector<std::string> alone;
    for (int kind = 0; kind < kKinds; kind++) {
        alone.push_back(Train(data, kind, 1));
    }
    const int64_t held = HeldBytes(), nodes = neural_node_count();
    std::atomic<int> wrong(0);
    OnEightThreads([&](int t) {
        for (int round = 0; round < 2 * kKinds; round++) {
            const int kind = (t + round) % kKinds;
            wrong += Train(data, kind, threads_of(t + round)) != alone[static_cast<size_t>(kind)];
        }
    });
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(HeldBytes(), held);
    EXPECT_EQ(neural_node_count(), nodes);
}

TEST(Training, EightRunsOnEightWorkers) {
    TrainTogether("stress_workers.csv", [](int) { return kThreads; });
}

// Every run asks for another number of workers while the others compute: they come and go.
TEST(Training, EightRunsThatChangeTheNumberOfWorkers) {
    TrainTogether("stress_changing.csv", [](int i) { return 1 + i % kThreads; });
}

} // namespace

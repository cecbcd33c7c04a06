// One training step (forward, loss, backward, Adam) on the ordinary path from config to tape, one
// thread, against PyTorch's in the same run when /usr/bin/python3 has it. Samples alternate.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "bench/child_process.h"
#include "core/base/memory.h"
#include "core/base/status.h"
#include "core/base/threads.h"
#include "data/batches.h"
#include "model/config.h"
#include "train/trainer.h"

namespace {

struct Net {
    const char *name, *sizes;  // of a perceptron, or what a network for images takes and gives
    int batch;
    const char *loss;           // "ce" or "bce"
    const char *input, *layers;  // nullptr: the perceptron
};

const char kLenet[] =
    "conv2d 6 5x5 pad=2 | relu | maxpool2d 2x2 | conv2d 16 5x5 | relu | maxpool2d 2x2 | "
    "flatten | linear 120 | relu | linear 84 | relu | linear 10";
const char kConvNet[] =
    "conv2d 32 3x3 pad=1 | batchnorm | relu | conv2d 32 3x3 pad=1 | batchnorm | relu | "
    "maxpool2d 2x2 | conv2d 64 3x3 pad=1 | batchnorm | relu | conv2d 64 3x3 pad=1 | batchnorm | "
    "relu | maxpool2d 2x2 | conv2d 128 3x3 pad=1 | batchnorm | relu | maxpool2d 2x2 | "
    "flatten | linear 10";

const Net kNets[] = {
    {"2-8-1", "2,8,1", 4, "bce", nullptr, nullptr},
    {"11-64-32-6", "11,64,32,6", 32, "ce", nullptr, nullptr},
    {"50-64-32-10", "50,64,32,10", 64, "ce", nullptr, nullptr},
    {"784-256-128-10", "784,256,128,10", 64, "ce", nullptr, nullptr},
    {"lenet", "784,10", 64, "ce", "1x28x28", kLenet},
    {"convnet", "3072,10", 32, "ce", "3x32x32", kConvNet},
};

constexpr int kRounds = 21;
constexpr double kSampleSeconds = 0.03;

double Seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

double Median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

// A trainer of our own framework for a net, and one batch of its data.
class Ours {
  public:
    explicit Ours(const Net &net) : path_(TemporaryPath()) {
        WriteRows(net);
        const std::string config =
            Model(net) + "[loss]\nfunction = " +
            (std::string(net.loss) == "ce" ? "cross_entropy" : "bce_with_logits") +
            "\n[training]\noptimizer = adam\nbatch_size = " + std::to_string(net.batch) +
            "\n[data]\ntrain_file = " + path_ + "\n[performance]\nnum_threads = 1\n";
        Check(neural_config_parse(config.c_str(), "bench", nullptr, 0, &config_));
        Check(neural_trainer_create(config_, nullptr, nullptr, &trainer_));
        neural_data_options options = {};
        options.target =
            std::string(net.loss) == "ce" ? NEURAL_TARGET_CLASS : NEURAL_TARGET_VALUE;
        Check(neural_dataset_load(path_.c_str(), &options, &dataset_));
        Check(neural_batches_create(dataset_, nullptr, net.batch, net.batch, 0, 0, &batches_));
        Check(neural_batches_next(batches_, &x_, &y_));
    }
    ~Ours() {
        neural_batches_destroy(batches_);
        neural_dataset_destroy(dataset_);
        neural_trainer_destroy(trainer_);
        neural_config_destroy(config_);
        unlink(path_.c_str());
    }
    void Step() { Check(neural_trainer_step(trainer_, x_, y_, nullptr)); }

  private:
    static std::string Model(const Net &net) {
        if (net.layers) {
            return std::string("[model]\ninput = ") + net.input + "\nlayers = " + net.layers + "\n";
        }
        return std::string("[model]\narchitecture = ") + net.sizes +
               "\nhidden_activation = relu\noutput_activation = linear\n";
    }
    static std::string TemporaryPath() {
        char name[] = "/tmp/neural_bench_XXXXXX";
        close(mkstemp(name));
        return name;
    }
    // As many rows as a batch, features first, the label last.
    void WriteRows(const Net &net) {
        const std::string sizes = net.sizes;
        const int features = std::atoi(sizes.c_str());
        const int outputs = std::atoi(sizes.c_str() + sizes.rfind(',') + 1);
        std::ofstream file(path_);
        for (int i = 0; i < net.batch; i++) {
            for (int j = 0; j < features; j++) file << (i * 31 + j * 17) % 101 / 101.0 << ',';
            file << (std::string(net.loss) == "ce" ? i % outputs : i % 2) << '\n';
        }
    }
    static void Check(neural_status status) {
        if (status) {
            fprintf(stderr, "train_step: %s\n", neural_last_error());
            exit(1);
        }
    }
    std::string path_;
    neural_config *config_ = nullptr;
    neural_trainer *trainer_ = nullptr;
    neural_dataset *dataset_ = nullptr;
    neural_batches *batches_ = nullptr;
    neural_tensor *x_ = nullptr, *y_ = nullptr;
};

// Seconds per step over `steps` steps.
double TimeOurs(Ours *ours, int steps) {
    const double start = Seconds();
    for (int i = 0; i < steps; i++) ours->Step();
    return (Seconds() - start) / steps;
}

double TimeTorch(bench::ChildProcess *torch, const Net &net, int steps) {
    const std::string name = net.layers ? net.name : net.sizes;
    return std::atof(torch
                         ->Ask(name + " " + std::to_string(net.batch) + " " + net.loss + " " +
                               std::to_string(steps))
                         .c_str());
}

int StepsPerSample(double seconds_per_step) {
    return std::max(1, static_cast<int>(kSampleSeconds / seconds_per_step));
}

void TrainStep(benchmark::State &state, const Net &net, bench::ChildProcess *torch) {
    Ours ours(net);
    const int warm_up = net.layers ? 5 : 50;
    TimeOurs(&ours, 2);
    const int our_steps = StepsPerSample(TimeOurs(&ours, warm_up));
    const double torch_guess = TimeTorch(torch, net, net.layers ? 3 : 20);
    const bool has_torch = torch_guess > 0;
    std::vector<double> our_seconds, torch_seconds, ratios;
    const int64_t allocations = neural_alloc_count();
    for (auto _ : state) {
        for (int round = 0; round < kRounds; round++) {
            our_seconds.push_back(TimeOurs(&ours, our_steps));
            if (has_torch) {
                torch_seconds.push_back(TimeTorch(torch, net, StepsPerSample(torch_guess)));
                ratios.push_back(torch_seconds.back() / our_seconds.back());
            }
        }
        state.SetIterationTime(Median(our_seconds));
    }
    state.counters["us_per_step"] = Median(our_seconds) * 1e6;
    state.counters["allocations_per_step"] = benchmark::Counter(
        static_cast<double>(neural_alloc_count() - allocations) / (our_steps * kRounds));
    if (has_torch) {
        state.counters["pytorch"] = Median(torch_seconds) * 1e6;
        state.counters["ratio_best"] = Median(ratios);
    }
}

}  // namespace

int main(int argc, char **argv) {
    neural_set_num_threads(1);
    bench::ChildProcess torch({"/usr/bin/python3", "bench/torch_step.py"});
    for (const Net &net : kNets) {
        const auto step = [&net, &torch](benchmark::State &state) {
            TrainStep(state, net, &torch);
        };
        benchmark::RegisterBenchmark((std::string("train_step/") + net.name).c_str(), step)
            ->UseManualTime()
            ->Iterations(1)
            ->Unit(benchmark::kMicrosecond);
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

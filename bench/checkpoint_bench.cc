// checkpoint: saving and loading the state of a run, Adam's two vectors included. `gbps` counts the
// file's bytes; what a save costs beyond the checksum is the disk's fsync.
//   bazel run //bench:checkpoint
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include <benchmark/benchmark.h>

#include "core/base/status.h"
#include "model/config.h"
#include "train/checkpoint.h"
#include "train/trainer.h"

namespace {

void require(neural_status status) {
    if (status) {
        fprintf(stderr, "%s\n", neural_last_error());
        exit(1);
    }
}

std::string temporary_path(const char *ending) {
    const char *directory = std::getenv("TMPDIR");
    return std::string(directory ? directory : "/tmp") + "/neural_bench_" +
           std::to_string(getpid()) + ending;
}

// A trainer of the net width-width-1 on two rows, and the path of its checkpoint.
class Run {
  public:
    explicit Run(int64_t width) {
        write_rows(width);
        const std::string size = std::to_string(width);
        const std::string text = "[model]\narchitecture = " + size + "," + size +
                                 ",1\n[loss]\nfunction = mse\n[training]\noptimizer = adam\n"
                                 "[data]\ntrain_file = " +
                                 data_ + "\n";
        require(neural_config_parse(text.c_str(), "bench.ini", nullptr, 0, &config_));
        require(neural_trainer_create(config_, nullptr, nullptr, &trainer_));
    }
    ~Run() {
        neural_trainer_destroy(trainer_);
        neural_config_destroy(config_);
        unlink(data_.c_str());
        unlink(path_.c_str());
    }
    void save() const { require(neural_trainer_save_checkpoint(trainer_, path_.c_str())); }
    void load() const { require(neural_trainer_load_checkpoint(trainer_, path_.c_str())); }
    double bytes() const {
        struct stat status = {};
        stat(path_.c_str(), &status);
        return static_cast<double>(status.st_size);
    }

  private:
    void write_rows(int64_t width) const {
        std::ofstream file(data_);
        for (int row = 0; row < 2; row++) {
            for (int64_t col = 0; col <= width; col++) {
                file << (col ? "," : "") << 0.01 * static_cast<double>(row + col % 7);
            }
            file << '\n';
        }
    }
    const std::string data_ = temporary_path(".csv"), path_ = temporary_path(".safetensors");
    neural_config *config_ = nullptr;
    neural_trainer *trainer_ = nullptr;
};

void report(benchmark::State &state, const Run &run) {
    state.counters["gbps"] =
        benchmark::Counter(run.bytes() * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

void BM_save(benchmark::State &state) {
    const Run run(state.range(0));
    for (auto _ : state) {
        run.save();
    }
    report(state, run);
}

void BM_load(benchmark::State &state) {
    const Run run(state.range(0));
    run.save();
    for (auto _ : state) {
        run.load();
    }
    report(state, run);
}

BENCHMARK(BM_save)->Arg(64)->Arg(1024)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(BM_load)->Arg(64)->Arg(1024)->Unit(benchmark::kMicrosecond)->UseRealTime();

} // namespace

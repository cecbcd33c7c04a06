// Event files: bazel run //bench:tensorboard. The files go to $TMPDIR, else /tmp.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/base/memory.h"
#include "logging/event_file.h"
#include "logging/histogram.h"
#include "logging/png.h"
#include "logging/record.h"
#include "logging/summary_writer.h"
#include "model/config.h"
#include "train/board.h"

namespace {

std::string new_dir() {
    const char *root = getenv("TMPDIR");
    std::string path = std::string(root ? root : "/tmp") + "/tensorboard-bench-XXXXXX";
    return mkdtemp(&path[0]) ? path : ".";
}

// A writer whose file is gone with it.
class Writer {
  public:
    explicit Writer(double flush_seconds) : dir_(new_dir()) {
        const neural_summary_options options = {flush_seconds, nullptr, 0, 0};
        neural_summary_writer_create(dir_.c_str(), &options, &writer_);
    }
    ~Writer() {
        neural_summary_writer_destroy(writer_);
        std::filesystem::remove_all(dir_);
    }
    neural_summary_writer *get() const { return writer_; }

  private:
    std::string dir_;
    neural_summary_writer *writer_ = nullptr;
};

void skip_failed(benchmark::State &state, neural_status status) {
    if (status) {
        state.SkipWithError(neural_last_error());
    }
}

// Argument: seconds that events may wait in memory; 0 = one write(2) for each.
void scalars(benchmark::State &state) {
    const Writer writer(static_cast<double>(state.range(0)));
    neural_status status = writer.get() ? NEURAL_OK : NEURAL_ERR_FILE_WRITE;
    int64_t step = 0;
    for (auto _ : state) {
        status = status
                     ? status
                     : neural_summary_writer_add_scalar(writer.get(), "train/loss",
                                                        0.5 / static_cast<double>(step + 1), step);
        step++;
    }
    skip_failed(state, status);
    state.SetItemsProcessed(state.iterations());
    state.counters["ns_per_element"] =
        benchmark::Counter(static_cast<double>(state.iterations()) * 1e-9,
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(scalars)->ArgName("flush")->Arg(0)->Arg(1)->Iterations(300000)->UseRealTime();

// What the log of a run costs after each batch (0) and after each epoch (1): 784-256-10, 203,530
// weights and as many gradients in histograms.
void board(benchmark::State &state) {
    const std::string dir = new_dir(), data = dir + "/rows.csv";
    std::ofstream rows(data);
    for (int i = 0; i < 20; i++) {
        for (int j = 0; j < 784; j++) {
            rows << (i * j) % 7 << ',';
        }
        rows << i % 10 << '\n';
    }
    rows.close();
    const std::string text =
        "[model]\narchitecture = 784,256,10\n[loss]\nfunction = cross_entropy\n"
        "[data]\ntrain_file = " +
        data + "\n";
    neural_config *config = nullptr;
    neural_trainer *trainer = nullptr;
    neural_board *log = nullptr;
    neural_status status = neural_config_parse(text.c_str(), "bench.ini", nullptr, 0, &config);
    status = status ? status : neural_trainer_create(config, nullptr, nullptr, &trainer);
    status = status ? status : neural_board_create(trainer, dir.c_str(), &log);
    neural_epoch_report report = {};
    report.batches = 1;
    report.batch = state.range(0);
    for (auto _ : state) {
        status = status ? status : neural_board_log(log, &report);
    }
    skip_failed(state, status);
    neural_board_destroy(log);
    neural_trainer_destroy(trainer);
    neural_config_destroy(config);
    std::filesystem::remove_all(dir);
}
BENCHMARK(board)->ArgName("epoch")->Arg(0)->Arg(1);

void histogram_f32(benchmark::State &state) {
    std::vector<float> values(static_cast<size_t>(state.range(0)));
    for (size_t i = 0; i < values.size(); i++) {
        values[i] = 1e-3f * static_cast<float>(static_cast<int>(i * 7919 % 2003) - 1001);
    }
    neural_histogram *histogram = nullptr;
    skip_failed(state, neural_histogram_create(&histogram));
    for (auto _ : state) {
        neural_histogram_reset(histogram);
        neural_histogram_add_f32(histogram, values.data(), state.range(0));
        benchmark::DoNotOptimize(neural_histogram_buckets(histogram).buckets);
    }
    neural_histogram_destroy(histogram);
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(histogram_f32)->Arg(1000)->Arg(1000000);

void png(benchmark::State &state) {
    const int64_t side = state.range(0);
    std::vector<uint8_t> pixels(static_cast<size_t>(side * side * 3));
    for (size_t i = 0; i < pixels.size(); i++) {
        pixels[i] = static_cast<uint8_t>(i / 97 * 31);
    }
    for (auto _ : state) {
        uint8_t *out = nullptr;
        size_t bytes = 0;
        skip_failed(state, neural_png_encode(pixels.data(), side, side, 3, &out, &bytes));
        neural_free(out);
    }
    state.SetBytesProcessed(state.iterations() * side * side * 3);
}
BENCHMARK(png)->Arg(64)->Arg(512);

void seal_record(benchmark::State &state) {
    const size_t payload = static_cast<size_t>(state.range(0));
    std::vector<uint8_t> record(NEURAL_RECORD_HEAD + payload + NEURAL_RECORD_TAIL);
    for (auto _ : state) {
        neural_record_seal(record.data(), payload);
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(seal_record)->Arg(40)->Arg(1 << 20);

} // namespace

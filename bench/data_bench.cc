// Reading files and making batches: bazel run //bench:data. load_csv_140_mb has pandas beside it,
// read_csv of the same file in turn, when /usr/bin/python3 has it.
#include <benchmark/benchmark.h>
#include <zlib.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "bench/child_process.h"
#include "core/base/thread_count.h"
#include "data/batches.h"
#include "data/csv.h"
#include "data/dataset.h"
#include "data/gzip.h"
#include "data/idx.h"
#include "data/labels.h"
#include "data/npy.h"
#include "data/number.h"
#include "data/sampler.h"
#include "data/transform.h"
#include "data/zip.h"
#include "tests/data/npy_testing.h"

namespace {

std::string path_of(const char *name) {
    const char *dir = std::getenv("TMPDIR");
    return std::string(dir ? dir : "/tmp") + "/neural_bench_" + name;
}

void write(const std::string &path, const std::string &content) {
    std::ofstream(path, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
}

// Rows of 785 columns: 784 floats printed by `format`, one label.
std::string csv_text(int64_t rows, const char *format) {
    std::mt19937 random(1);
    std::normal_distribution<double> normal;
    std::string text;
    char number[64];
    for (int64_t r = 0; r < rows; r++) {
        for (int c = 0; c < 784; c++) {
            snprintf(number, sizeof(number), format, normal(random));
            text += number;
            text += ',';
        }
        text += std::to_string(r % 10) + '\n';
    }
    return text;
}

void report(benchmark::State &state, size_t bytes) {
    state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes));
    state.counters["gbps"] = benchmark::Counter(static_cast<double>(state.iterations()) *
                                                    static_cast<double>(bytes) * 1e-9,
                                                benchmark::Counter::kIsRate);
}

void load_csv(benchmark::State &state, const char *format, neural_dtype dtype) {
    const std::string text = csv_text(4000, format);
    const std::string path = path_of("785.csv");
    write(path, text);
    neural_data_options options = {};
    options.dtype = dtype;
    options.target = NEURAL_TARGET_CLASS;
    for (auto _ : state) {
        neural_dataset *dataset = nullptr;
        if (neural_dataset_load(path.c_str(), &options, &dataset)) {
            state.SkipWithError(neural_last_error());
            break;
        }
        neural_dataset_destroy(dataset);
    }
    report(state, text.size());
    std::remove(path.c_str());
}
BENCHMARK_CAPTURE(load_csv, f32_6_decimals, "%.6f", NEURAL_DTYPE_F32)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(load_csv, f64_6_decimals, "%.6f", NEURAL_DTYPE_F64)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(load_csv, f64_17_digits, "%.17g", NEURAL_DTYPE_F64)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(load_csv, f32_numpy_savetxt, "%.18e", NEURAL_DTYPE_F32)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(load_csv, f32_integers, "%.0f", NEURAL_DTYPE_F32)->Unit(benchmark::kMillisecond);

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// The file of 140 MB, 785 float columns; MB/s of wall time, and pandas' in the same run.
void load_csv_140_mb(benchmark::State &state) {
    const std::string block = csv_text(1000, "%.6f"), path = path_of("140mb.csv");
    size_t bytes = 0;
    std::ofstream file(path, std::ios::binary);
    for (; bytes < 140000000; bytes += block.size()) {
        file.write(block.data(), static_cast<std::streamsize>(block.size()));
    }
    file.close();
    bench::ChildProcess pandas({"/usr/bin/python3", "bench/pandas_csv.py"});
    (void)neural_set_num_threads(static_cast<int>(state.range(0)));
    neural_data_options options = {};
    options.target = NEURAL_TARGET_CLASS;
    double ours = 0, theirs = 0;
    for (auto _ : state) {
        const auto start = std::chrono::steady_clock::now();
        neural_dataset *dataset = nullptr;
        if (neural_dataset_load(path.c_str(), &options, &dataset)) {
            state.SkipWithError(neural_last_error());
            break;
        }
        const double seconds = seconds_since(start);
        neural_dataset_destroy(dataset);
        state.SetIterationTime(seconds);
        ours += seconds;
        theirs += std::atof(pandas.Ask(path).c_str());
    }
    const double total = static_cast<double>(state.iterations()) * static_cast<double>(bytes);
    state.counters["gbps"] = total * 1e-9 / ours;
    if (theirs > 0) {
        state.counters["pandas"] = total * 1e-9 / theirs;
        state.counters["ratio_best"] = theirs / ours;
    }
    (void)neural_set_num_threads(0);
    std::remove(path.c_str());
}
BENCHMARK(load_csv_140_mb)
    ->Arg(1)
    ->Arg(2)
    ->Iterations(2)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

void parse_number(benchmark::State &state, const char *format) {
    const std::string text = csv_text(20, format);
    double value = 0.0;
    for (auto _ : state) {
        const char *at = text.data(), *end = at + text.size();
        while (at < end) {
            at = neural_number_parse_f64(at, end, &value) + 1;
            benchmark::DoNotOptimize(value);
        }
    }
    report(state, text.size());
    state.counters["ns_per_element"] =
        benchmark::Counter(static_cast<double>(state.iterations()) * 20 * 785 * 1e-9,
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(parse_number, 6_decimals, "%.6f");
BENCHMARK_CAPTURE(parse_number, 17_digits, "%.17g");
BENCHMARK_CAPTURE(parse_number, 19_digits, "%.18e");
BENCHMARK_CAPTURE(parse_number, 40_digits, "%.39e"); // strtod

// 60,000 images of 28 x 28, as Fashion-MNIST.
void load_idx(benchmark::State &state, bool packed) {
    std::string file("\0\0\x08\x03\0\0\xEA\x60\0\0\0\x1C\0\0\0\x1C", 16);
    std::mt19937 random(1);
    for (int i = 0; i < 60000 * 784; i++) {
        file += i % 3 ? '\0' : static_cast<char>(random());
    }
    const std::string path = path_of("images.idx");
    if (packed) {
        gzFile out = gzopen(path.c_str(), "wb6");
        gzwrite(out, file.data(), static_cast<unsigned>(file.size()));
        gzclose(out);
    } else {
        write(path, file);
    }
    for (auto _ : state) {
        neural_dataset *dataset = nullptr;
        if (neural_dataset_load(path.c_str(), nullptr, &dataset)) {
            state.SkipWithError(neural_last_error());
            break;
        }
        neural_dataset_destroy(dataset);
    }
    report(state, file.size());
    std::remove(path.c_str());
}
BENCHMARK_CAPTURE(load_idx, plain, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(load_idx, gzip, true)->Unit(benchmark::kMillisecond);

// 60,000 x 784 f32: an NPY file that is mapped, a deflated NPZ.
void load_npy(benchmark::State &state, bool packed) {
    const std::string npy =
        data_testing::npy_file(1, data_testing::npy_header("<f4", false, "(60000, 784)"),
                               std::string(60000 * 784 * 4, '\0'));
    const std::string path = path_of(packed ? "x.npz" : "x.npy");
    write(path, packed ? data_testing::zip_file({{"x.npy", npy, true}}) : npy);
    for (auto _ : state) {
        neural_dataset *dataset = nullptr;
        if (neural_dataset_load(path.c_str(), nullptr, &dataset)) {
            state.SkipWithError(neural_last_error());
            break;
        }
        neural_dataset_destroy(dataset);
    }
    report(state, npy.size());
    std::remove(path.c_str());
}
BENCHMARK_CAPTURE(load_npy, plain, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(load_npy, npz, true)->Unit(benchmark::kMillisecond);

// The order of an epoch of a million rows; nanoseconds per draw.
void sampler(benchmark::State &state) {
    const int64_t rows = 1000000;
    std::vector<double> weights;
    std::vector<int64_t> labels, order(rows);
    for (int64_t i = 0; i < rows; i++) {
        weights.push_back(1.0 + static_cast<double>(i % 100));
        labels.push_back(i % 10);
    }
    neural_sampler *sampler = nullptr;
    if (neural_sampler_create(static_cast<neural_sampling>(state.range(0)), rows, 1, weights.data(),
                              labels.data(), 10, &sampler)) {
        std::abort();
    }
    int64_t epoch = 0;
    for (auto _ : state) {
        (void)neural_sampler_order(sampler, epoch++, order.data());
    }
    state.counters["ns_per_element"] =
        benchmark::Counter(static_cast<double>(state.iterations() * rows) * 1e-9,
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    neural_sampler_destroy(sampler);
}
BENCHMARK(sampler)
    ->Arg(NEURAL_SAMPLING_RANDOM)
    ->Arg(NEURAL_SAMPLING_WEIGHTED)
    ->Arg(NEURAL_SAMPLING_BALANCED)
    ->Unit(benchmark::kMillisecond);

neural_dataset *random_dataset(int64_t rows, int64_t features) {
    const int64_t dims[2] = {rows, features};
    neural_tensor *x = nullptr, *y = nullptr;
    neural_dataset *dataset = nullptr;
    if (neural_tensor_zeros(2, dims, NEURAL_DTYPE_F32, &x) ||
        neural_tensor_zeros(1, dims, NEURAL_DTYPE_I64, &y) ||
        neural_tensor_fill_normal(x, 1, 0.0, 1.0) ||
        neural_dataset_create(x, y, NEURAL_TARGET_CLASS, 10, &dataset)) {
        std::abort();
    }
    neural_tensor_release(x);
    neural_tensor_release(y);
    return dataset;
}

// One epoch, shuffled; nanoseconds per row.
void batches(benchmark::State &state) {
    const int64_t rows = 60000;
    neural_dataset *dataset = random_dataset(rows, state.range(0));
    neural_batches *walk = nullptr;
    if (neural_batches_create(dataset, nullptr, 0, 64, 1, 1, &walk)) {
        std::abort();
    }
    int64_t epoch = 0;
    for (auto _ : state) {
        neural_tensor *x = nullptr, *y = nullptr;
        (void)neural_batches_seek(walk, ++epoch, 0);
        do {
            (void)neural_batches_next(walk, &x, &y);
        } while (x);
    }
    state.counters["ns_per_element"] =
        benchmark::Counter(static_cast<double>(state.iterations() * rows) * 1e-9,
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    neural_batches_destroy(walk);
    neural_dataset_destroy(dataset);
}
BENCHMARK(batches)->Arg(11)->Arg(784)->Unit(benchmark::kMillisecond);

void column_stats(benchmark::State &state) {
    neural_dataset *dataset = random_dataset(10000, 784);
    const neural_tensor *x = neural_dataset_x(dataset);
    for (auto _ : state) {
        (void)neural_column_stats(x, nullptr, 0, nullptr, nullptr, nullptr, nullptr);
    }
    report(state, static_cast<size_t>(neural_tensor_bytes(x)));
    neural_dataset_destroy(dataset);
}
BENCHMARK(column_stats)->Unit(benchmark::kMillisecond);

} // namespace

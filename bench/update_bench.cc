// Optimizer updates, random fills and dropout on 1M elements, at every level this CPU has, against
// PyTorch in the same run: ns per element, GB/s of the vectors read and written, PyTorch's ns per
// element (`torch`, the fastest of its ways) and how many times faster we are (`ratio_best`). The
// last lines are geometric means of the latter.
//   bazel run -c opt //bench:update -- --benchmark_filter=avx512
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/torch_peer.h"
#include "bench/torch_report.h"
#include "core/asm/kernel_table.h"
#include "core/base/memory.h"

namespace {

using bench::Sampler;
using Table = neural_kernel_table;

constexpr int64_t kLen = 1000000;
constexpr uint64_t kQuarter = uint64_t(1) << 30; // of 2^32: what dropout drops
constexpr neural_random kStream = {1, NEURAL_RANDOM_USER, 0};

// What kernels of one dtype work on.
template <class T> struct Vectors {
    enum { kCount = 5 };
    T *x[kCount]; // param, grad and three states, the last two of which are positive
    uint8_t *mask;

    Vectors() : mask(static_cast<uint8_t *>(neural_alloc(kLen))) {
        for (int k = 0; k < kCount; k++) {
            x[k] = static_cast<T *>(neural_alloc(sizeof(T) * kLen));
            for (int64_t i = 0; i < kLen; i++) {
                const T magnitude = T(0.25) + T(i % 61) / 122;
                x[k][i] = k > 2 || (i * 37 + k) % 64 < 32 ? magnitude : -magnitude;
                mask[i] = i * 37 % 64 < 48;
            }
        }
    }
    ~Vectors() {
        for (T *vector : x) {
            neural_free(vector);
        }
        neural_free(mask);
    }
    Vectors(const Vectors &) = delete;
    Vectors &operator=(const Vectors &) = delete;
};

struct Row {
    std::string name, op, dtype;
    double bytes; // that one element reads and writes
    std::function<void(const Table &)> call;
};

// The ways in which PyTorch does the same: rows of torch_ops.py.
std::vector<std::string> WaysOfTorch(const std::string &op) {
    for (const char *optimizer : {"sgd", "adam", "amsgrad", "rmsprop", "rmsprop_full", "adagrad"}) {
        if (op == optimizer) return {op + "_foreach", op + "_loop"};
    }
    return {op};
}

#define ROWS(T, D)                                                                                 \
    void AddRows(std::vector<Row> *rows, Vectors<T> *v) {                                          \
        const auto add = [rows](const char *op, double bytes, auto call) {                         \
            rows->push_back({std::string(op) + "_" #D, op, #D, bytes, call});                      \
        };                                                                                         \
        constexpr double e = sizeof(T);                                                            \
        T **x = v->x;                                                                              \
        add("sgd", 5 * e, [=](const Table &t) {                                                    \
            const neural_sgd_args args = {1e-9, 0.9, 0, 0, 0, 0};                                  \
            t.sgd_##D(x[0], x[1], x[2], kLen, &args);                                              \
        });                                                                                        \
        add("adam", 7 * e, [=](const Table &t) {                                                   \
            const neural_adam_args args = {1e-9, 0.9, 0.999, 1e-8, 0, 1e-9, 1, 0, 0};              \
            t.adam_##D(x[0], x[1], x[2], x[3], kLen, &args);                                       \
        });                                                                                        \
        add("amsgrad", 9 * e, [=](const Table &t) {                                                \
            const neural_adam_args args = {1e-9, 0.9, 0.999, 1e-8, 0, 1e-9, 1, 0, 0};              \
            t.amsgrad_##D(x[0], x[1], x + 2, kLen, &args);                                         \
        });                                                                                        \
        add("rmsprop", 5 * e, [=](const Table &t) {                                                \
            const neural_rmsprop_args args = {1e-9, 0.99, 1e-8, 0, 0, 0, 0};                       \
            T *const state[] = {x[3], nullptr, nullptr};                                           \
            t.rmsprop_##D(x[0], x[1], state, kLen, &args);                                         \
        });                                                                                        \
        add("rmsprop_full", 9 * e, [=](const Table &t) {                                           \
            const neural_rmsprop_args args = {1e-9, 0.99, 1e-8, 0, 0.9, 1, 0};                     \
            T *const state[] = {x[3], x[2], x[4]};                                                 \
            t.rmsprop_##D(x[0], x[1], state, kLen, &args);                                         \
        });                                                                                        \
        add("adagrad", 5 * e, [=](const Table &t) {                                                \
            const neural_adagrad_args args = {1e-9, 1e-10, 0};                                     \
            t.adagrad_##D(x[0], x[1], x[3], kLen, &args);                                          \
        });                                                                                        \
        add("lion", 5 * e, [=](const Table &t) {                                                   \
            const neural_lion_args args = {1e-9, 0.9, 0.99, 0};                                    \
            t.lion_##D(x[0], x[1], x[2], kLen, &args);                                             \
        });                                                                                        \
        add("ema", 3 * e, [=](const Table &t) { t.ema_##D(x[2], x[0], kLen, 0.999); });            \
        add("scale_clip", 2 * e,                                                                   \
            [=](const Table &t) { t.scale_clip_##D(x[1], x[1], kLen, 1, T(0.7)); });               \
        add("uniform", e, [=](const Table &t) { t.uniform_##D(x[2], kLen, &kStream, 0, -1, 1); }); \
        add("normal", e, [=](const Table &t) { t.normal_##D(x[2], kLen, &kStream, 0, 0, 1); });    \
        add("bernoulli", e,                                                                        \
            [=](const Table &t) { t.bernoulli_##D(x[2], kLen, &kStream, 0, kQuarter); });          \
        add("dropout", 2 * e + 1, [=](const Table &t) {                                            \
            constexpr int64_t kPiece = 4096; /* as core/tensor/dropout.c */                        \
            for (int64_t i = 0; i < kLen; i += kPiece) {                                           \
                const int64_t len = std::min(kPiece, kLen - i);                                    \
                t.keep_mask(v->mask + i, len, &kStream, uint64_t(i) / 4, kQuarter);                \
                t.mask_scale_##D(x[2] + i, x[0] + i, v->mask + i, len, T(4) / 3);                  \
            }                                                                                      \
        });                                                                                        \
        add("mask_scale", 2 * e + 1,                                                               \
            [=](const Table &t) { t.mask_scale_##D(x[2], x[0], v->mask, kLen, T(4) / 3); });       \
    }
ROWS(float, f32)
ROWS(double, f64)
#undef ROWS

void AddPlainRows(std::vector<Row> *rows, Vectors<float> *v) {
    rows->push_back({"random_words", "random_words", "-", 4, [=](const Table &t) {
                         t.random_words(reinterpret_cast<uint32_t *>(v->x[2]), kLen, &kStream, 0);
                     }});
    rows->push_back({"keep_mask", "keep_mask", "-", 1,
                     [=](const Table &t) { t.keep_mask(v->mask, kLen, &kStream, 0, kQuarter); }});
}

void Run(benchmark::State &state, const Row &row, neural_isa isa, bench::TorchPeer *torch) {
    const Table &table = *neural_kernels_at(isa);
    std::vector<Sampler> contenders = {bench::Timed([&] { row.call(table); })};
    for (const std::string &way : WaysOfTorch(row.op)) {
        if (Sampler sampler = torch->Find(way, row.dtype, std::to_string(kLen))) {
            contenders.push_back(sampler);
        }
    }
    std::vector<double> seconds;
    for (auto _ : state) {
        seconds = bench::MedianOfSamples(contenders, 2e-3, 0.3);
        state.SetIterationTime(seconds[0]);
    }
    const double elements = static_cast<double>(kLen);
    bench::ReportBesideTorch(state, "ns_per_element", 1e9 / elements, seconds,
                             neural_isa_name(isa));
    state.counters["gbps"] = row.bytes * elements / seconds[0] * 1e-9;
}

} // namespace

int main(int argc, char **argv) {
    bench::TorchPeer torch;
    Vectors<float> f32;
    Vectors<double> f64;
    std::vector<Row> rows;
    AddRows(&rows, &f32);
    AddRows(&rows, &f64);
    AddPlainRows(&rows, &f32);
    for (const Row &row : rows) {
        for (int isa = 0; isa <= neural_isa_detected(); isa++) {
            const auto level = static_cast<neural_isa>(isa);
            const std::string name = row.name + "/" + neural_isa_name(level);
            benchmark::RegisterBenchmark(
                name.c_str(),
                [&row, level, &torch](auto &state) { Run(state, row, level, &torch); })
                ->Iterations(1)
                ->UseManualTime()
                ->Unit(benchmark::kMicrosecond);
        }
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    bench::PrintTorchRatios();
    return 0;
}

// Reductions, softmax, normalization and transposed copies at every level this CPU has, against
// PyTorch in the same run, one thread:
//   bazel run -c opt //bench:reduce -- --benchmark_filter='softmax_f32/avx512'
// A row is <op>_<dtype>/<level>/<shape>; the last lines are the geometric means of ratio_best.
#include <benchmark/benchmark.h>

#include <string>
#include <type_traits>
#include <vector>

#include "bench/interleaved.h"
#include "bench/torch_peer.h"
#include "bench/torch_report.h"
#include "core/asm/cpu.h"
#include "core/asm/kernel_table.h"
#include "core/base/memory.h"

namespace {

constexpr int64_t kMost = 1 << 22; // elements of the largest case
constexpr int64_t kSmall = 1 << 17;
constexpr double kEpsilon = 1e-5;
constexpr int64_t kRowsAtATime = 128; // of layer_norm_grad: dy and x stay near for dgamma, dbeta

// 64-byte aligned; values in [-2, 2).
template <class T> T *make_vector(int64_t len) {
    T *data = static_cast<T *>(neural_alloc(sizeof(T) * len));
    for (int64_t i = 0; i < len; i++) {
        data[i] = T(static_cast<int64_t>(uint32_t(i * 2654435761u) >> 16) - 32768) / T(16384);
    }
    return data;
}

// Kept for the whole run.
template <class T> struct Memory {
    T *x = make_vector<T>(kMost), *dy = make_vector<T>(kMost), *out = make_vector<T>(kMost);
    T *gamma = make_vector<T>(kSmall), *beta = make_vector<T>(kSmall);
    T *stats = make_vector<T>(kSmall), *table = make_vector<T>(kSmall);
    int64_t *index = make_vector<int64_t>(kSmall);

    static Memory &get() {
        static Memory memory;
        return memory;
    }
};

template <class T, class F32, class F64> auto pick(F32 f32, F64 f64) {
    if constexpr (std::is_same_v<T, float>) {
        return f32;
    } else {
        return f64;
    }
}
#define KERNEL(op) pick<T>(kernels->op##_f32, kernels->op##_f64)

struct Shape {
    std::string text;
    int64_t rows, cols; // a vector is one row
};

const Shape kVector = {"1048576", 1, 1 << 20};
const Shape kMatrix = {"4096x256", 4096, 256};
const Shape kWide = {"1024x1000", 1024, 1000};
const Shape kFew = {"64x10", 64, 10};
const Shape kScores = {"65536x10", 65536, 10};
const Shape kImages = {"32x64x32x32", 32 * 64, 32 * 32};

// A row of the bench at one level: what is called, how often it passes over its elements.
struct Row {
    std::string op;
    Shape shape;
    int vectors; // read or written
    std::function<void()> call;
};

template <class T> void add_reductions(const neural_kernel_table *kernels, std::vector<Row> *rows) {
    const Memory<T> &m = Memory<T>::get();
    const auto reduce = [&](const char *op, auto *kernel) {
        rows->push_back(
            {op, kVector, 1, [=] { benchmark::DoNotOptimize(kernel(m.x, kVector.cols)); }});
    };
    reduce("sum", KERNEL(sum));
    reduce("sumsq", KERNEL(sumsq));
    reduce("max", KERNEL(max));
    reduce("min", KERNEL(min));
    rows->push_back({"dot", kVector, 2, [=, kernel = KERNEL(dot)] {
                         benchmark::DoNotOptimize(kernel(m.x, m.dy, kVector.cols));
                     }});
    rows->push_back({"mean_var", kVector, 1, [=, kernel = KERNEL(channel_stats)] {
                         const neural_channel_args args = {1, 1, kVector.cols, kVector.cols};
                         kernel(m.stats, m.stats + 1, m.x, &args);
                     }});
    for (const Shape &shape : {kVector, kMatrix, kScores}) {
        rows->push_back({"argmax", shape, 1, [=, kernel = KERNEL(argmax)] {
                             kernel(m.index, m.x, shape.rows, shape.cols);
                         }});
    }
    rows->push_back({"col_sum", kMatrix, 1, [=, kernel = KERNEL(col_sum)] {
                         std::fill(m.out, m.out + kMatrix.cols, T(0));
                         kernel(m.out, m.x, kMatrix.rows, kMatrix.cols);
                     }});
    rows->push_back({"row_sum", kMatrix, 1, [=, kernel = KERNEL(sum)] {
                         for (int64_t r = 0; r < kMatrix.rows; r++) {
                             m.out[r] = kernel(m.x + r * kMatrix.cols, kMatrix.cols);
                         }
                     }});
}

template <class T> void add_softmax(const neural_kernel_table *kernels, std::vector<Row> *rows) {
    const Memory<T> &m = Memory<T>::get();
    for (const Shape &shape : {kMatrix, kWide, kFew}) {
        const auto forward = [&](const char *op, auto *kernel) {
            rows->push_back({op, shape, 2, [=] { kernel(m.out, m.x, shape.rows, shape.cols); }});
        };
        const auto backward = [&](const char *op, auto *kernel) {
            rows->push_back(
                {op, shape, 3, [=] { kernel(m.out, m.dy, m.x, shape.rows, shape.cols); }});
        };
        forward("softmax", KERNEL(softmax));
        forward("log_softmax", KERNEL(log_softmax));
        backward("softmax_grad", KERNEL(softmax_grad));
        backward("log_softmax_grad", KERNEL(log_softmax_grad));
    }
}

// dx, dgamma and dbeta, as a layer calls them.
template <class T>
void layer_norm_backward(const neural_kernel_table *kernels, const Memory<T> &m,
                         const Shape &shape) {
    std::fill(m.gamma + shape.cols, m.gamma + 3 * shape.cols, T(0));
    for (int64_t r = 0; r < shape.rows; r += kRowsAtATime) {
        const neural_norm_args args = {kRowsAtATime, shape.cols, kEpsilon};
        const int64_t at = r * shape.cols;
        KERNEL(layer_norm_grad)(m.out + at, m.dy + at, m.x + at, m.gamma, m.stats + 2 * r, &args);
        KERNEL(norm_param_grad)
        (m.gamma + shape.cols, m.gamma + 2 * shape.cols, m.dy + at, m.x + at, m.stats + 2 * r,
         &args);
    }
}

template <class T> void add_row_norms(const neural_kernel_table *kernels, std::vector<Row> *rows) {
    const Memory<T> &m = Memory<T>::get();
    static const neural_norm_args args = {kMatrix.rows, kMatrix.cols, kEpsilon};
    rows->push_back({"layer_norm", kMatrix, 2, [=, kernel = KERNEL(layer_norm)] {
                         kernel(m.out, m.x, m.gamma, m.beta, m.stats, &args);
                     }});
    rows->push_back(
        {"layer_norm_grad", kMatrix, 3, [=] { layer_norm_backward<T>(kernels, m, kMatrix); }});
    rows->push_back({"rms_norm", kMatrix, 2, [=, kernel = KERNEL(rms_norm)] {
                         kernel(m.out, m.x, m.gamma, static_cast<T *>(nullptr), m.stats, &args);
                     }});
}

constexpr int64_t kChannels = 64, kPlane = 1024;

neural_channel_args channels_of(const Shape &shape) {
    return {shape.rows / kChannels, kChannels, kPlane, kChannels * kPlane};
}

// Statistics, the table, the result.
template <class T> void batch_norm(const neural_kernel_table *kernels, const Memory<T> &m) {
    const neural_channel_args args = channels_of(kImages);
    T *mean = m.stats, *variance = m.stats + kChannels;
    KERNEL(channel_stats)(mean, variance, m.x, &args);
    for (int64_t c = 0; c < kChannels; c++) {
        m.table[3 * c] = mean[c];
        m.table[3 * c + 1] = m.gamma[c] / std::sqrt(variance[c] + T(kEpsilon));
        m.table[3 * c + 2] = m.beta[c];
    }
    KERNEL(channel_norm)(m.out, m.x, m.table, &args);
}

template <class T>
void batch_norm_backward(const neural_kernel_table *kernels, const Memory<T> &m) {
    const neural_channel_args args = channels_of(kImages);
    const T count = T(args.batch * args.len), rstd = T(0.5);
    T *sum = m.stats, *dot = m.stats + kChannels;
    KERNEL(channel_sums)(sum, dot, m.dy, m.x, m.beta, &args);
    for (int64_t c = 0; c < kChannels; c++) {
        m.table[4 * c] = m.beta[c];
        m.table[4 * c + 1] = m.gamma[c] * rstd;
        m.table[4 * c + 2] = sum[c] / count;
        m.table[4 * c + 3] = dot[c] / count * rstd * rstd;
    }
    KERNEL(channel_norm_grad)(m.out, m.dy, m.x, m.table, &args);
}

template <class T> void add_batch_norm(const neural_kernel_table *kernels, std::vector<Row> *rows) {
    const Memory<T> &m = Memory<T>::get();
    static const neural_channel_args args = channels_of(kImages);
    rows->push_back({"batch_norm", kImages, 2, [=] { batch_norm<T>(kernels, m); }});
    rows->push_back({"batch_norm_grad", kImages, 3, [=] { batch_norm_backward<T>(kernels, m); }});
    rows->push_back({"batch_norm_eval", kImages, 2,
                     [=, kernel = KERNEL(channel_norm)] { kernel(m.out, m.x, m.beta, &args); }});
}

template <class T> void add_transposes(const neural_kernel_table *kernels, std::vector<Row> *rows) {
    const Memory<T> &m = Memory<T>::get();
    for (const Shape &shape : {Shape{"1024x1024", 1024, 1024}, Shape{"1000x1000", 1000, 1000},
                               Shape{"512x64", 512, 64}, Shape{"2048x2048", 2048, 2048}}) {
        rows->push_back({"transpose", shape, 2, [=, kernel = KERNEL(transpose)] {
                             kernel(m.out, m.x, shape.rows, shape.cols, shape.rows, shape.cols);
                         }});
    }
}
#undef KERNEL

void run(benchmark::State &state, bench::TorchPeer *torch, const Row &row, const char *dtype,
         const char *level) {
    const double len = static_cast<double>(row.shape.rows * row.shape.cols);
    const double bytes = len * row.vectors * (std::string(dtype) == "f32" ? 4 : 8);
    std::vector<bench::Sampler> contenders = {bench::Timed(row.call)};
    if (auto peer = torch->Find(row.op, dtype, row.shape.text)) {
        contenders.push_back(peer);
    }
    for (auto _ : state) {
        const std::vector<double> seconds = bench::MedianOfSamples(contenders, 0.002, 0.05);
        state.SetIterationTime(seconds[0]);
        state.counters["gbps"] = bytes / seconds[0] * 1e-9;
        bench::ReportBesideTorch(state, "ns_per_element", 1e9 / len, seconds, level);
    }
}

template <class T> void add_level(bench::TorchPeer *torch, neural_isa isa, const char *level) {
    const char *dtype = std::is_same_v<T, float> ? "f32" : "f64";
    const neural_kernel_table *kernels = neural_kernels_at(isa);
    std::vector<Row> rows;
    add_reductions<T>(kernels, &rows);
    add_softmax<T>(kernels, &rows);
    add_row_norms<T>(kernels, &rows);
    add_batch_norm<T>(kernels, &rows);
    add_transposes<T>(kernels, &rows);
    for (const Row &row : rows) {
        const std::string name = row.op + "_" + dtype + "/" + level + "/" + row.shape.text;
        benchmark::RegisterBenchmark(
            name.c_str(), [=](benchmark::State &state) { run(state, torch, row, dtype, level); })
            ->Iterations(1)
            ->UseManualTime();
    }
}

} // namespace

int main(int argc, char **argv) {
    bench::TorchPeer torch;
    const char *const levels[] = {"c", "sse2", "avx2", "avx512"};
    const neural_isa isas[] = {NEURAL_ISA_C, NEURAL_ISA_SSE2, NEURAL_ISA_AVX2, NEURAL_ISA_AVX512};
    for (int i = 3; i >= 0; i--) {
        if (isas[i] <= neural_isa_detected()) {
            add_level<float>(&torch, isas[i], levels[i]);
            add_level<double>(&torch, isas[i], levels[i]);
        }
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 1;
    }
    benchmark::RunSpecifiedBenchmarks();
    bench::PrintTorchRatios();
    return 0;
}

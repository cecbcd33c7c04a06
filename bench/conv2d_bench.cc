// Convolutions of the networks on images, forward and backward (gradients of x, weight and bias),
// against PyTorch in the same run: GFLOP/s (2 per multiplication), the fraction of this
// core's FMA peak, PyTorch's GFLOP/s (`torch`) and how many times faster we are (`ratio_best`). The
// last lines are geometric means of the latter, and of f64's speed over f32's.
//   bazel run -c opt //bench:conv2d -- --benchmark_filter=f32
#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/peak.h"
#include "bench/torch_peer.h"
#include "core/asm/cpu.h"
#include "core/autograd/conv_ops.h"
#include "core/base/threads.h"
#include "core/tensor/conv2d.h"
#include "core/tensor/storage.h"

namespace {

struct Row {
    int64_t batch, channels, size, filters, kernel, stride, pad, groups = 1;

    int64_t out() const { return (size + 2 * pad - kernel) / stride + 1; }
    double flops() const {
        return 2.0 * static_cast<double>(batch * filters * out() * out() * channels / groups) *
               static_cast<double>(kernel * kernel);
    }
    std::string text() const {
        std::string all;
        for (const int64_t n : {batch, channels, size, filters, kernel, stride, pad}) {
            all += (all.empty() ? "" : "x") + std::to_string(n);
        }
        return groups == 1 ? all : all + "x" + std::to_string(groups);
    }
};

const Row kRows[] = {
    {32, 3, 32, 16, 3, 1, 1},   {32, 16, 16, 32, 3, 1, 1}, {64, 1, 28, 6, 5, 1, 2},
    {64, 6, 14, 16, 5, 1, 0},   {32, 32, 32, 32, 3, 1, 1}, {32, 64, 16, 64, 3, 1, 1},
    {8, 64, 56, 64, 3, 1, 1},   {8, 64, 56, 64, 1, 1, 0},  {8, 128, 28, 128, 3, 1, 1},
    {8, 256, 14, 256, 3, 1, 1}, {1, 3, 224, 64, 7, 2, 3},
    // depthwise
    {8, 64, 56, 64, 3, 1, 1, 64},
    {8, 64, 56, 64, 3, 2, 1, 64},
    {8, 128, 28, 128, 5, 1, 2, 128},
};

neural_tensor *Filled(std::initializer_list<int64_t> dims, neural_dtype dtype) {
    neural_tensor *tensor = nullptr;
    const std::vector<int64_t> all(dims);
    if (neural_tensor_create(static_cast<int>(all.size()), all.data(), dtype, &tensor) ||
        neural_tensor_fill_uniform(tensor, 1, -1, 1)) {
        std::abort();
    }
    return tensor;
}

// One call of the op, by hand: no tape in what is timed.
struct Call {
    neural_op_call call = {};

    Call(const Row &row, neural_dtype dtype) {
        call.inputs = 3;
        call.in[0] = Filled({row.batch, row.channels, row.size, row.size}, dtype);
        call.in[1] =
            Filled({row.filters, row.channels / row.groups, row.kernel, row.kernel}, dtype);
        call.in[2] = Filled({row.filters}, dtype);
        const int64_t integers[] = {row.stride, row.stride, row.pad, row.pad, row.pad,
                                    row.pad,    1,          1,       row.groups};
        std::copy(std::begin(integers), std::end(integers), call.attrs.integer);
        call.out = Filled({row.batch, row.filters, row.out(), row.out()}, dtype);
        call.grad_out = Filled({row.batch, row.filters, row.out(), row.out()}, dtype);
        for (int i = 0; i < 3; i++) {
            neural_tensor_clone(call.in[i], &call.grad_in[i]);
        }
    }
    ~Call() {
        for (int i = 0; i < 3; i++) {
            neural_tensor_release(call.in[i]);
            neural_tensor_release(call.grad_in[i]);
        }
        neural_tensor_release(call.out);
        neural_tensor_release(call.grad_out);
    }
    Call(const Call &) = delete;
    Call &operator=(const Call &) = delete;
};

std::map<std::string, double> speeds; // by name, of this run
std::map<std::string, std::vector<double>> ratios;

void Run(benchmark::State &state, const Row &row, neural_dtype dtype, bool backward,
         bench::TorchPeer *torch) {
    Call call(row, dtype);
    const std::string name = neural_dtype_name(dtype), pass = backward ? "backward" : "forward";
    std::vector<bench::Sampler> contenders = {bench::Timed([&] {
        if ((backward ? neural_conv2d_backward : neural_conv2d_forward)(&call.call)) std::abort();
    })};
    constexpr int64_t kPeakSteps = 100000;
    const bool is_f64 = dtype == NEURAL_DTYPE_F64;
    contenders.push_back(
        bench::Timed([&] { bench_peak_run(neural_isa_detected(), is_f64, kPeakSteps); }));
    if (bench::Sampler peer = torch->Find("conv2d_" + pass, name, row.text())) {
        contenders.push_back(peer);
    }
    std::vector<double> seconds;
    for (auto _ : state) {
        seconds = bench::MedianOfSamples(contenders, 5e-3, 0.4);
        state.SetIterationTime(seconds[0]);
    }
    const double work = row.flops() * (backward ? 2 : 1) * 1e-9;
    const double peak = static_cast<double>(kPeakSteps) * 1e-9 *
                        static_cast<double>(bench_peak_flops(neural_isa_detected(), is_f64));
    state.counters["gflops"] = work / seconds[0];
    state.counters["peak_fraction"] = work / seconds[0] / (peak / seconds[1]);
    speeds[name + pass + row.text()] = work / seconds[0];
    if (seconds.size() > 2) {
        state.counters["torch"] = work / seconds[2];
        state.counters["ratio_best"] = seconds[2] / seconds[0];
        ratios[name + " " + pass].push_back(seconds[2] / seconds[0]);
    }
}

double GeometricMean(const std::vector<double> &all) {
    double logarithms = 0;
    for (const double value : all) {
        logarithms += std::log(value);
    }
    return std::exp(logarithms / static_cast<double>(all.size()));
}

void PrintSummary() {
    for (const auto &[what, all] : ratios) {
        std::fprintf(stderr, "%s: %.2f times PyTorch (geometric mean of %zu rows), worst %.2f\n",
                     what.c_str(), GeometricMean(all), all.size(),
                     *std::min_element(all.begin(), all.end()));
    }
    std::vector<double> doubles;
    for (const auto &[name, speed] : speeds) {
        const auto f64 = speeds.find("f64" + name.substr(3));
        if (name[1] == '3' && f64 != speeds.end()) doubles.push_back(f64->second / speed);
    }
    if (!doubles.empty()) {
        std::fprintf(stderr, "f64: %.2f of f32 (geometric mean), worst %.2f\n",
                     GeometricMean(doubles), *std::min_element(doubles.begin(), doubles.end()));
    }
}

} // namespace

int main(int argc, char **argv) {
    bench::TorchPeer torch;
    if (neural_set_num_threads(1)) return 1;
    for (const neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        for (const Row &row : kRows) {
            for (const bool backward : {false, true}) {
                const std::string name = std::string(neural_dtype_name(dtype)) + "/" + row.text() +
                                         (backward ? "/backward" : "/forward");
                benchmark::RegisterBenchmark(name.c_str(),
                                             [&row, dtype, backward, &torch](auto &state) {
                                                 Run(state, row, dtype, backward, &torch);
                                             })
                    ->Iterations(1)
                    ->UseManualTime()
                    ->Unit(benchmark::kMillisecond);
            }
        }
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    PrintSummary();
    return 0;
}

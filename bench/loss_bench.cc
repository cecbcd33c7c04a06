// Losses with their gradient, one thread, against PyTorch in the same run: ns per element of the
// prediction, PyTorch's (`torch`) and how many times faster we are (`ratio_best`). The last line is
// the geometric mean of the latter.
//   bazel run -c opt //bench:loss
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/torch_peer.h"
#include "bench/torch_report.h"
#include "core/autograd/loss_ops.h"
#include "core/autograd/ops.h"
#include "core/autograd/tape.h"
#include "core/base/threads.h"

namespace {

using bench::Sampler;

void require(neural_status status) {
    if (status) {
        std::fprintf(stderr, "%s\n", neural_last_error());
        std::exit(1);
    }
}

struct Inputs {
    neural_tensor *x = nullptr, *target = nullptr, *labels = nullptr, *weights = nullptr;

    Inputs(int64_t rows, int64_t cols, neural_dtype dtype) {
        const int64_t dims[] = {rows, cols};
        require(neural_tensor_create(2, dims, dtype, &x));
        require(neural_tensor_fill_uniform(x, 1, 0.05, 0.95));
        require(neural_tensor_set_requires_grad(x, 1));
        require(neural_tensor_create(2, dims, dtype, &target));
        require(neural_tensor_fill_uniform(target, 2, 0.05, 0.95));
        require(neural_tensor_full(1, dims + 1, dtype, 1, &weights));
        require(neural_tensor_zeros(1, dims, NEURAL_DTYPE_I64, &labels));
        auto *label = static_cast<int64_t *>(neural_tensor_data(labels));
        for (int64_t i = 0; i < rows; i++) {
            label[i] = i * 7 % cols;
        }
    }
    ~Inputs() {
        for (neural_tensor *tensor : {x, target, labels, weights}) {
            neural_tensor_release(tensor);
        }
    }
    Inputs(const Inputs &) = delete;
    Inputs &operator=(const Inputs &) = delete;
};

struct Loss {
    const char *name;
    neural_status (*apply)(const Inputs &in, neural_tensor **out);
};

constexpr neural_reduction kMean = NEURAL_REDUCE_MEAN;

const Loss kLosses[] = {
    {"mse_loss",
     [](const Inputs &in, auto **out) { return neural_mse_loss(in.x, in.target, out); }},
    {"bce_loss",
     [](const Inputs &in, auto **out) { return neural_bce_loss(in.x, in.target, out); }},
    {"bce_with_logits_loss",
     [](const Inputs &in, auto **out) {
         return neural_bce_with_logits_loss(in.x, in.target, out);
     }},
    {"l1_loss",
     [](const Inputs &in, auto **out) { return neural_l1_loss(in.x, in.target, kMean, out); }},
    {"huber_loss", [](const Inputs &in,
                      auto **out) { return neural_huber_loss(in.x, in.target, 0.3, kMean, out); }},
    {"smooth_l1_loss",
     [](const Inputs &in, auto **out) {
         return neural_smooth_l1_loss(in.x, in.target, 0.3, kMean, out);
     }},
    {"kl_div_loss", [](const Inputs &in,
                       auto **out) { return neural_kl_div_loss(in.x, in.target, 0, kMean, out); }},
    {"cross_entropy_loss",
     [](const Inputs &in, auto **out) { return neural_cross_entropy_loss(in.x, in.labels, out); }},
    {"cross_entropy_smooth",
     [](const Inputs &in, auto **out) {
         return neural_cross_entropy_loss_with(in.x, in.labels, nullptr, 0.1, NEURAL_IGNORE_NONE,
                                               kMean, out);
     }},
    {"cross_entropy_weighted",
     [](const Inputs &in, auto **out) {
         return neural_cross_entropy_loss_with(in.x, in.labels, in.weights, 0, NEURAL_IGNORE_NONE,
                                               kMean, out);
     }},
    {"nll_loss",
     [](const Inputs &in, auto **out) {
         return neural_nll_loss(in.x, in.labels, nullptr, NEURAL_IGNORE_NONE, kMean, out);
     }},
    {"focal_loss",
     [](const Inputs &in, auto **out) {
         return neural_focal_loss(in.x, in.labels, nullptr, 2, kMean, out);
     }},
};

void Run(benchmark::State &state, const Loss &loss, int64_t rows, int64_t cols, neural_dtype dtype,
         bench::TorchPeer *torch) {
    require(neural_set_num_threads(1));
    const Inputs in(rows, cols, dtype);
    std::vector<Sampler> contenders = {bench::Timed([&] {
        neural_tensor *out = nullptr;
        require(neural_tensor_set_grad(in.x, nullptr));
        require(loss.apply(in, &out));
        require(neural_backward(out, nullptr, 0));
        neural_tensor_release(out);
    })};
    const std::string shape = std::to_string(rows) + "x" + std::to_string(cols);
    const char *name = dtype == NEURAL_DTYPE_F32 ? "f32" : "f64";
    if (Sampler sampler = torch->Find(loss.name, name, shape)) {
        contenders.push_back(sampler);
    }
    std::vector<double> seconds;
    for (auto _ : state) {
        seconds = bench::MedianOfSamples(contenders, 2e-3, 0.1);
        state.SetIterationTime(seconds[0]);
    }
    const double elements = static_cast<double>(rows * cols);
    bench::ReportBesideTorch(state, "ns_per_element", 1e9 / elements, seconds);
}

} // namespace

int main(int argc, char **argv) {
    bench::TorchPeer torch;
    const int64_t shapes[][2] = {{64, 10}, {512, 100}, {1024, 1000}};
    for (const Loss &loss : kLosses) {
        for (const auto &[rows, cols] : shapes) {
            for (const neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
                const std::string name = std::string(loss.name) + "_" + neural_dtype_name(dtype) +
                                         "/" + std::to_string(rows) + "x" + std::to_string(cols);
                benchmark::RegisterBenchmark(
                    name.c_str(), [&loss, rows = rows, cols = cols, dtype, &torch](
                                      auto &state) { Run(state, loss, rows, cols, dtype, &torch); })
                    ->Iterations(1)
                    ->UseManualTime()
                    ->Unit(benchmark::kMicrosecond);
            }
        }
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    bench::PrintTorchRatios();
    return 0;
}

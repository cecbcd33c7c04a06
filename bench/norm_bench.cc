// Normalizations as ops, forward and backward, against PyTorch in the same run, one thread:
//   bazel run -c opt //bench:norm -- --benchmark_filter='batch_norm_f32'
// A row is <op>_<dtype>/<shape>; backward computes the gradients of x, gamma and beta. The last
// line is the geometric mean of ratio_best.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "bench/interleaved.h"
#include "bench/torch_peer.h"
#include "core/autograd/norm_ops.h"
#include "core/autograd/tape.h"
#include "core/base/threads.h"
#include "core/tensor/tensor.h"
#include "layers/norm.h"

namespace {

constexpr double kEpsilon = 1e-5, kMomentum = 0.1;
constexpr int64_t kGroups = 8;

void Require(neural_status status) {
    if (status) {
        std::fprintf(stderr, "%s\n", neural_last_error());
        std::exit(1);
    }
}

using Dims = std::vector<int64_t>;

std::string TextOf(const Dims &dims) {
    std::string text;
    for (int64_t size : dims) {
        text += (text.empty() ? "" : "x") + std::to_string(size);
    }
    return text;
}

neural_tensor *Uniform(const Dims &dims, neural_dtype dtype, double low, bool is_leaf) {
    neural_tensor *tensor = nullptr;
    Require(neural_tensor_create(static_cast<int>(dims.size()), dims.data(), dtype, &tensor));
    Require(neural_tensor_fill_uniform(tensor, 1, low, 2));
    Require(neural_tensor_set_requires_grad(tensor, is_leaf));
    return tensor;
}

// The tensors of a row; kept for the whole run.
struct Case {
    Case(const std::string &name, const Dims &dims, neural_dtype dtype)
        : op(name), x(Uniform(dims, dtype, -2, true)), dy(Uniform(dims, dtype, -2, false)) {
        const bool by_row = name[0] == 'l' || name[0] == 'r';
        const Dims of = {by_row ? dims.back() : dims[1]};
        gamma = Uniform(of, dtype, 0.5, true);
        beta = Uniform(of, dtype, 0.5, true);
        mean = Uniform(of, dtype, 0.5, false);
        variance = Uniform(of, dtype, 0.5, false);
    }

    neural_tensor *Forward() const {
        neural_tensor *y = nullptr;
        const bool training = op.find("eval") == std::string::npos;
        if (op.find("batch_norm_relu") == 0) {
            Require(neural_batch_norm_relu(x, gamma, beta, mean, variance, training, kMomentum,
                                           kEpsilon, &y));
        } else if (op.find("batch_norm") == 0) {
            Require(neural_batch_norm(x, gamma, beta, mean, variance, training, kMomentum, kEpsilon,
                                      &y));
        } else if (op.find("group_norm") == 0) {
            Require(neural_group_norm(x, gamma, beta, kGroups, kEpsilon, &y));
        } else if (op.find("rms_norm") == 0) {
            Require(neural_rms_norm(x, gamma, 1, kEpsilon, &y));
        } else {
            Require(neural_layer_norm(x, gamma, beta, 1, kEpsilon, &y));
        }
        return y;
    }

    void Backward(neural_tensor *y) const {
        for (neural_tensor *leaf : {x, gamma, beta}) {
            Require(neural_tensor_set_grad(leaf, nullptr));
        }
        Require(neural_backward(y, dy, /*retain_graph=*/1));
    }

    std::string op;
    neural_tensor *x, *dy, *gamma, *beta, *mean, *variance;
};

std::vector<double> &Ratios() {
    static std::vector<double> ratios;
    return ratios;
}

void Run(benchmark::State &state, bench::TorchPeer *torch, const std::string &op, const Dims &dims,
         neural_dtype dtype) {
    Require(neural_set_num_threads(1));
    const Case test(op, dims, dtype);
    const bool is_grad = op.size() > 5 && op.compare(op.size() - 5, 5, "_grad") == 0;
    neural_tensor *y = is_grad ? test.Forward() : nullptr;
    const auto call = [&] {
        if (is_grad) {
            test.Backward(y);
        } else {
            neural_tensor_release(test.Forward());
        }
    };
    std::vector<bench::Sampler> contenders = {bench::Timed(call)};
    if (auto peer = torch->Find(op, dtype == NEURAL_DTYPE_F32 ? "f32" : "f64", TextOf(dims))) {
        contenders.push_back(peer);
    }
    for (auto _ : state) {
        const std::vector<double> seconds = bench::MedianOfSamples(contenders, 0.004, 0.1);
        const double len = static_cast<double>(neural_tensor_len(test.x));
        state.SetIterationTime(seconds[0]);
        state.counters["ns_per_element"] = seconds[0] / len * 1e9;
        if (seconds.size() > 1) {
            state.counters["torch"] = seconds[1] / len * 1e9;
            state.counters["ratio_best"] = seconds[1] / seconds[0];
            Ratios().push_back(seconds[1] / seconds[0]);
        }
    }
    neural_tensor_release(y);
}

void Add(bench::TorchPeer *torch, const std::vector<std::string> &ops,
         const std::vector<Dims> &shapes) {
    for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        for (const std::string &op : ops) {
            for (const Dims &dims : shapes) {
                const std::string name =
                    op + (dtype == NEURAL_DTYPE_F32 ? "_f32/" : "_f64/") + TextOf(dims);
                benchmark::RegisterBenchmark(
                    name.c_str(),
                    [=](benchmark::State &state) { Run(state, torch, op, dims, dtype); })
                    ->Iterations(1)
                    ->UseManualTime()
                    ->Unit(benchmark::kMillisecond);
            }
        }
    }
}

void PrintMean() {
    double sum = 0, least = INFINITY;
    for (double ratio : Ratios()) {
        sum += std::log(ratio);
        least = std::fmin(least, ratio);
    }
    if (!Ratios().empty()) {
        std::fprintf(stderr,
                     "%zu rows, PyTorch's time over ours %.2f (geometric mean), least %.2f\n",
                     Ratios().size(), std::exp(sum / static_cast<double>(Ratios().size())), least);
    }
}

} // namespace

int main(int argc, char **argv) {
    bench::TorchPeer torch;
    Add(&torch,
        {"batch_norm", "batch_norm_grad", "batch_norm_eval", "batch_norm_eval_grad",
         "batch_norm_relu", "batch_norm_relu_grad"},
        {{32, 64, 32, 32}, {8, 64, 56, 56}, {32, 128, 8, 8}, {64, 256}, {1024, 512}});
    Add(&torch, {"layer_norm", "layer_norm_grad", "rms_norm", "rms_norm_grad"},
        {{4096, 256}, {64, 512}});
    Add(&torch, {"group_norm", "group_norm_grad"}, {{32, 64, 32, 32}, {8, 128, 16, 16}});
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 1;
    }
    benchmark::RunSpecifiedBenchmarks();
    PrintMean();
    return 0;
}

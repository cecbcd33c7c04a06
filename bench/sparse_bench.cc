// Linear layers with pruned weights: the sparse product, our own dense one (packed and plain),
// PyTorch's dense one and scipy's CSR in the same run, one thread. Rows are dtype/blocks or
// dtype/single, then rows x outputs x inputs/percent kept. Counters, in microseconds: us (ours,
// sparse), packed and plain (ours, dense), torch, csr; speedup over the faster of our dense ones;
// blocks, the share of 16x1 blocks kept. Convolutions, conv/batch x channels x size x filters x
// kernel x stride x pad/percent of the blocks kept, have dense and torch.
//   bazel run -c opt //bench:sparse -- --benchmark_filter=f32/blocks
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/torch_peer.h"
#include "core/asm/kernel_table.h"
#include "core/base/threads.h"
#include "core/tensor/conv2d.h"
#include "core/tensor/conv2d_sparse.h"
#include "core/tensor/gemm_prepacked.h"
#include "core/tensor/sparse.h"

namespace {

struct Row {
    int64_t rows, outputs, inputs, percent;
    bool single;

    std::string Text() const {
        return std::to_string(rows) + "x" + std::to_string(outputs) + "x" + std::to_string(inputs);
    }
};

void Check(neural_status status) {
    if (status) {
        std::abort();
    }
}

template <class T> std::vector<T> Random(int64_t len) {
    std::mt19937 random(1);
    std::uniform_real_distribution<T> uniform(-1, 1);
    std::vector<T> all(static_cast<size_t>(len));
    std::generate(all.begin(), all.end(), [&] { return uniform(random); });
    return all;
}

template <class T> std::vector<T> Weight(const Row &row) {
    std::mt19937 random(2);
    std::vector<T> weight = Random<T>(row.outputs * row.inputs);
    std::vector<bool> keeps(static_cast<size_t>(row.outputs * row.inputs));
    std::generate(keeps.begin(), keeps.end(),
                  [&] { return static_cast<int64_t>(random() % 100) < row.percent; });
    for (int64_t o = 0; o < row.outputs; o++) {
        for (int64_t k = 0; k < row.inputs; k++) {
            const int64_t unit = row.single ? o : o / NEURAL_SPARSE_STRIP;
            if (!keeps[static_cast<size_t>(unit * row.inputs + k)]) {
                weight[static_cast<size_t>(o * row.inputs + k)] = 0;
            }
        }
    }
    return weight;
}

template <class T> struct Product {
    static constexpr bool kIsF32 = sizeof(T) == 4;
    std::vector<T> weight, x, bias, y;
    neural_sparse *sparse = nullptr;
    neural_gemm_packed *packed = nullptr;
    neural_gemm_args dense = {};
    neural_sparse_args args = {};

    explicit Product(const Row &row)
        : weight(Weight<T>(row)), x(Random<T>(row.rows * row.inputs)), bias(Random<T>(row.outputs)),
          y(static_cast<size_t>(row.rows * row.outputs)) {
        dense.trans_b = 1;
        dense.m = row.rows;
        dense.n = row.outputs;
        dense.k = dense.lda = dense.ldb = row.inputs;
        dense.ldc = row.outputs;
        dense.alpha = 1;
        dense.a = x.data();
        dense.b = weight.data();
        dense.c = y.data();
        dense.bias = bias.data();
        dense.bias_kind = NEURAL_GEMM_BIAS_PER_COLUMN;
        args = {row.rows, x.data(), bias.data(), y.data(), 0};
        Check(kIsF32 ? neural_gemm_packed_create_f32(&dense, &packed)
                     : neural_gemm_packed_create_f64(&dense, &packed));
        Check(neural_sparse_create(neural_kernels(), kIsF32 ? NEURAL_DTYPE_F32 : NEURAL_DTYPE_F64,
                                   weight.data(), row.outputs, row.inputs,
                                   row.outputs * row.inputs, &sparse));
    }
    ~Product() {
        neural_gemm_packed_destroy(packed);
        neural_sparse_destroy(sparse);
    }
    Product(const Product &) = delete;
};

template <class T> void Run(benchmark::State &state, const Row &row, bench::TorchPeer *torch) {
    Product<T> product(row);
    std::vector<bench::Sampler> contenders = {
        bench::Timed([&] { Check(neural_sparse_multiply(product.sparse, &product.args)); }),
        bench::Timed([&] { Check(neural_gemm_packed_run(product.packed, &product.dense)); }),
        bench::Timed([&] {
            Check(product.kIsF32 ? neural_gemm_f32(&product.dense)
                                 : neural_gemm_f64(&product.dense));
        })};
    std::vector<std::string> names = {"us", "packed", "plain"};
    const std::string shape =
        row.Text() + "x" + std::to_string(row.percent) + "x" + std::to_string(row.single);
    for (const std::string peer : {"dense", "csr"}) {
        if (auto sampler = torch->Find("sparse_" + peer, product.kIsF32 ? "f32" : "f64", shape)) {
            contenders.push_back(sampler);
            names.push_back(peer == "dense" ? "torch" : peer);
        }
    }
    std::vector<double> seconds;
    for (auto _ : state) {
        seconds = bench::MedianOfSamples(contenders, 2e-3, 0.25);
        state.SetIterationTime(seconds[0]);
    }
    for (size_t i = 0; i < names.size(); i++) {
        state.counters[names[i]] = seconds[i] * 1e6;
    }
    state.counters["speedup"] = std::min(seconds[1], seconds[2]) / seconds[0];
    state.counters["blocks"] =
        static_cast<double>(neural_sparse_blocks(product.sparse)) /
        static_cast<double>(neural_sparse_all_blocks(row.outputs, row.inputs));
}

template <class T> void Register(const Row &row, bench::TorchPeer *torch) {
    const std::string name = std::string(sizeof(T) == 4 ? "f32/" : "f64/") +
                             (row.single ? "single/" : "blocks/") + row.Text() + "/" +
                             std::to_string(row.percent);
    benchmark::RegisterBenchmark(name.c_str(),
                                 [row, torch](auto &state) { Run<T>(state, row, torch); })
        ->Iterations(1)
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond);
}

// --- convolutions ---

struct ConvRow {
    int64_t batch, channels, size, filters, kernel, pad, percent;

    std::string Text() const {
        std::string all;
        for (const int64_t n : {batch, channels, size, filters, kernel, int64_t(1)}) {
            all += std::to_string(n) + "x";
        }
        return all + std::to_string(pad);
    }
};

neural_tensor *Uniform(std::initializer_list<int64_t> dims) {
    neural_tensor *tensor = nullptr;
    const std::vector<int64_t> all(dims);
    Check(neural_tensor_create(static_cast<int>(all.size()), all.data(), NEURAL_DTYPE_F32,
                               &tensor));
    Check(neural_tensor_fill_uniform(tensor, 1, -1, 1));
    return tensor;
}

void RunConv(benchmark::State &state, const ConvRow &row, bench::TorchPeer *torch) {
    const int64_t depth = row.channels * row.kernel * row.kernel;
    const int64_t out = row.size + 2 * row.pad - row.kernel + 1;
    const std::vector<float> weight = Weight<float>({0, row.filters, depth, row.percent, false});
    neural_op_call call = {};
    call.inputs = 3;
    call.in[0] = Uniform({row.batch, row.channels, row.size, row.size});
    call.in[1] = Uniform({row.filters, row.channels, row.kernel, row.kernel});
    call.in[2] = Uniform({row.filters});
    call.out = Uniform({row.batch, row.filters, out, out});
    std::copy(weight.begin(), weight.end(), static_cast<float *>(neural_tensor_data(call.in[1])));
    const int64_t integers[] = {1, 1, row.pad, row.pad, row.pad, row.pad, 1, 1, 1};
    std::copy(std::begin(integers), std::end(integers), call.attrs.integer);
    neural_sparse *sparse = nullptr;
    Check(neural_sparse_create(neural_kernels(), NEURAL_DTYPE_F32, weight.data(), row.filters,
                               depth, row.filters * depth, &sparse));
    std::vector<bench::Sampler> contenders = {
        bench::Timed([&] { Check(neural_conv2d_sparse_forward(sparse, &call)); }),
        bench::Timed([&] { Check(neural_conv2d_forward(&call)); })};
    if (auto sampler = torch->Find("conv2d_forward", "f32", row.Text())) {
        contenders.push_back(sampler);
    }
    std::vector<double> seconds;
    for (auto _ : state) {
        seconds = bench::MedianOfSamples(contenders, 4e-3, 0.25);
        state.SetIterationTime(seconds[0]);
    }
    const std::vector<std::string> names = {"us", "dense", "torch"};
    for (size_t i = 0; i < seconds.size(); i++) {
        state.counters[names[i]] = seconds[i] * 1e6;
    }
    state.counters["speedup"] = seconds[1] / seconds[0];
    neural_sparse_destroy(sparse);
    for (neural_tensor *tensor : {call.in[0], call.in[1], call.in[2], call.out}) {
        neural_tensor_release(tensor);
    }
}

const ConvRow kConvs[] = {
    {8, 64, 56, 64, 1, 0, 0},   {8, 256, 14, 256, 1, 0, 0}, {32, 64, 16, 64, 3, 1, 0},
    {8, 64, 56, 64, 3, 1, 0},   {8, 128, 28, 128, 3, 1, 0}, {8, 256, 14, 256, 3, 1, 0},
    {64, 16, 28, 32, 3, 1, 0},
};

void RegisterConvs(bench::TorchPeer *torch) {
    for (ConvRow row : kConvs) {
        for (const int64_t percent : {50, 40, 30, 20, 10, 5}) {
            row.percent = percent;
            const std::string name = "conv/" + row.Text() + "/" + std::to_string(percent);
            benchmark::RegisterBenchmark(
                name.c_str(), [row, torch](auto &state) { RunConv(state, row, torch); })
                ->Iterations(1)
                ->UseManualTime()
                ->Unit(benchmark::kMicrosecond);
        }
    }
}

} // namespace

int main(int argc, char **argv) {
    bench::TorchPeer torch;
    if (neural_set_num_threads(1)) return 1;
    for (const bool single : {false, true}) {
        for (const int64_t rows : {1, 2, 4, 8, 16, 64, 256}) {
            for (const int64_t percent : {100, 80, 60, 50, 40, 30, 20, 10, 5}) {
                for (const int64_t size : {128, 1024}) {
                    const Row row = {rows, size, size, percent, single};
                    Register<float>(row, &torch);
                    Register<double>(row, &torch);
                }
            }
        }
    }
    RegisterConvs(&torch);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}

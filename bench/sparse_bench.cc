// Linear layers with pruned weights: the sparse product, our own dense one (the faster of packed
// and plain), PyTorch's dense one and scipy's CSR in the same run, one thread. Rows are
// dtype/blocks or single/rows x outputs x inputs/percent kept. Counters, in microseconds: us (ours,
// sparse), packed, plain (ours, dense), torch, csr; speedup over the faster of ours; blocks, the
// share of 16x1 blocks kept.
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

} // namespace

int main(int argc, char **argv) {
    bench::TorchPeer torch;
    if (neural_set_num_threads(1)) return 1;
    for (const bool single : {false, true}) {
        for (const int64_t rows : {1, 4, 16, 64, 256}) {
            for (const int64_t percent : {100, 80, 60, 50, 40, 30, 20, 10, 5}) {
                for (const int64_t size : {128, 1024}) {
                    const Row row = {rows, size, size, percent, single};
                    Register<float>(row, &torch);
                    Register<double>(row, &torch);
                }
            }
        }
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}

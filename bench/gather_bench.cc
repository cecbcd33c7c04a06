// Rows taken from a table of a million elements, and added into it, by random i64 index: the
// kernels of every level against PyTorch's index_select and index_add_ on the same shapes.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/interleaved.h"
#include "bench/torch_peer.h"
#include "bench/torch_report.h"
#include "core/asm/kernel_table.h"

namespace {

constexpr int64_t kElements = 1 << 20;

template <class T>
using Rows = void(T *dst, const T *src, const int64_t *index, int64_t rows, int64_t cols);

std::vector<int64_t> RandomRows(int64_t rows) {
    std::vector<int64_t> index(rows);
    uint64_t state = 1;
    for (int64_t &i : index) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        i = static_cast<int64_t>((state >> 33) % static_cast<uint64_t>(rows));
    }
    return index;
}

template <class T>
void Run(benchmark::State &state, Rows<T> *kernel, int64_t cols, const bench::Sampler &torch) {
    const int64_t rows = kElements / cols;
    const std::vector<int64_t> index = RandomRows(rows);
    const std::vector<T> src(kElements, T(0.5));
    std::vector<T> dst(kElements);
    std::vector<bench::Sampler> contenders = {
        bench::Timed([&] { kernel(dst.data(), src.data(), index.data(), rows, cols); })};
    if (torch) contenders.push_back(torch);
    std::vector<double> seconds;
    for (auto _ : state) {
        seconds = bench::MedianOfSamples(contenders, 2e-3, 0.1);
        state.SetIterationTime(seconds[0]);
    }
    bench::ReportBesideTorch(state, "ns_per_element", 1e9 / kElements, seconds);
}

template <class T>
void Register(const std::string &op, const std::string &dtype, neural_isa isa, Rows<T> *kernel,
              bench::TorchPeer *torch) {
    for (const int64_t cols : {1, 16, 64, 256}) {
        const std::string shape =
            std::to_string(kElements / cols) + (cols == 1 ? "" : "x" + std::to_string(cols));
        const std::string name = op + "_" + dtype + "_" + neural_isa_name(isa) + "/" + shape;
        benchmark::RegisterBenchmark(name.c_str(),
                                     [=](benchmark::State &state) {
                                         Run<T>(state, kernel, cols, torch->Find(op, dtype, shape));
                                     })
            ->Iterations(1)
            ->UseManualTime();
    }
}

} // namespace

int main(int argc, char **argv) {
    bench::TorchPeer torch;
    for (int level = neural_isa_active(); level > NEURAL_ISA_C; level--) {
        const neural_isa isa = static_cast<neural_isa>(level);
        const neural_kernel_table *kernels = neural_kernels_at(isa);
        Register<float>("gather_rows", "f32", isa, kernels->gather_rows_f32, &torch);
        Register<double>("gather_rows", "f64", isa, kernels->gather_rows_f64, &torch);
        Register<float>("scatter_add", "f32", isa, kernels->scatter_add_f32, &torch);
        Register<double>("scatter_add", "f64", isa, kernels->scatter_add_f64, &torch);
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

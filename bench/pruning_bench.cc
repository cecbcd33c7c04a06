// pruning: making and applying masks; `ns_per_element` is per weight.
//   bazel run //bench:pruning
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <benchmark/benchmark.h>

#include "core/tensor/tensor.h"
#include "pruning/magnitude.h"
#include "pruning/mask.h"

namespace {

constexpr int64_t kRows = 1024, kCols = 1024, kLen = kRows * kCols;

void require(neural_status status) {
    if (status) {
        fprintf(stderr, "%s\n", neural_last_error());
        exit(1);
    }
}

// Normal weights and their mask.
struct Weights {
    Weights() : mask((size_t)kLen, 1) {
        const int64_t dims[] = {kRows, kCols};
        require(neural_tensor_create(2, dims, NEURAL_DTYPE_F32, &values));
        require(neural_tensor_fill_normal(values, 1, 0, 1));
    }
    ~Weights() { neural_tensor_release(values); }
    void *data() const { return neural_tensor_data(values); }
    neural_tensor *values = nullptr;
    std::vector<uint8_t> mask;
};

template <class Call> void measure(benchmark::State &state, Call call) {
    Weights weights;
    for (auto _ : state) {
        require(call(weights));
        benchmark::ClobberMemory();
    }
    state.counters["ns_per_element"] = benchmark::Counter(
        static_cast<double>(kLen) * 1e-9,
        benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

// Blocks of rows x cols weights, 90 % of them pruned anew each time.
void BM_mask_blocks(benchmark::State &state, int64_t rows, int64_t cols, neural_prune_score score) {
    measure(state, [&](Weights &w) {
        std::fill(w.mask.begin(), w.mask.end(), 1);
        const neural_prune_part part = {w.data(), NEURAL_DTYPE_F32, kRows, kCols, rows,
                                        cols,     w.mask.data()};
        return neural_mask_blocks(&part, 1, score, 1, 0.9);
    });
}

void BM_mask_n_of_m(benchmark::State &state, int64_t n, int64_t m) {
    measure(state, [&](Weights &w) {
        std::fill(w.mask.begin(), w.mask.end(), 1);
        return neural_mask_n_of_m(w.data(), NEURAL_DTYPE_F32, kRows, kCols, n, m, w.mask.data());
    });
}

void BM_apply_mask(benchmark::State &state) {
    measure(state, [](Weights &w) {
        return neural_prune_apply_mask(w.data(), NEURAL_DTYPE_F32, kLen, w.mask.data());
    });
}

void BM_threshold(benchmark::State &state) {
    measure(state, [](Weights &w) {
        double threshold;
        return neural_prune_threshold(w.data(), NEURAL_DTYPE_F32, kLen, 0.9, &threshold);
    });
}

BENCHMARK_CAPTURE(BM_mask_blocks, weights, 1, 1, NEURAL_PRUNE_L1);
BENCHMARK_CAPTURE(BM_mask_blocks, blocks_16x1, 16, 1, NEURAL_PRUNE_L2);
BENCHMARK_CAPTURE(BM_mask_blocks, rows, 1, kCols, NEURAL_PRUNE_L2);
BENCHMARK_CAPTURE(BM_mask_blocks, random, 1, 1, NEURAL_PRUNE_RANDOM);
BENCHMARK_CAPTURE(BM_mask_n_of_m, 2_of_4, 2, 4);
BENCHMARK_CAPTURE(BM_mask_n_of_m, 4_of_8, 4, 8);
BENCHMARK(BM_apply_mask);
BENCHMARK(BM_threshold);

} // namespace

BENCHMARK_MAIN();

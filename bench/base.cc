// What core/base costs: allocation from the pool and the arena, starting parallel work, Philox.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "core/base/memory.h"
#include "core/base/random.h"
#include "core/base/threads.h"

namespace {

// Cost of one alloc and free of a warm size class.
void BM_pool(benchmark::State &state) {
    const size_t bytes = static_cast<size_t>(state.range(0));
    for (auto _ : state) {
        void *memory = neural_pool_alloc(bytes);
        benchmark::DoNotOptimize(memory);
        neural_pool_free(memory, bytes);
    }
}
BENCHMARK(BM_pool)->Arg(64)->Arg(4096)->Arg(1 << 20);

// Cost of one allocation of 64 bytes, a reset after each thousand included.
void BM_arena(benchmark::State &state) {
    constexpr int kBatch = 1000;
    neural_arena *arena = nullptr;
    if (neural_arena_create(64 * (kBatch + 1), &arena) != NEURAL_OK) {
        state.SkipWithError("no memory");
        return;
    }
    for (auto _ : state) {
        for (int i = 0; i < kBatch; i++) {
            benchmark::DoNotOptimize(neural_arena_alloc(arena, 64));
        }
        neural_arena_reset(arena);
    }
    state.SetItemsProcessed(state.iterations() * kBatch);
    neural_arena_destroy(arena);
}
BENCHMARK(BM_arena);

// Cost of handing an empty body to the given number of threads and waiting for it.
void BM_parallel_for(benchmark::State &state) {
    const int before = neural_num_threads();
    if (neural_set_num_threads(static_cast<int>(state.range(0))) != NEURAL_OK) {
        state.SkipWithError("no threads");
        return;
    }
    const auto body = [](void *, int64_t begin, int64_t) { benchmark::DoNotOptimize(begin); };
    for (auto _ : state) {
        neural_parallel_for(state.range(0), 1, body, nullptr);
    }
    neural_set_num_threads(before);
}
BENCHMARK(BM_parallel_for)->Arg(1)->Arg(2)->UseRealTime();

void set_ns_per_element(benchmark::State &state, int64_t len) {
    state.counters["ns_per_element"] =
        benchmark::Counter(static_cast<double>(len) * 1e-9,
                           benchmark::Counter::kIsIterationInvariantRate |
                               benchmark::Counter::kInvert);
}

void BM_random_uniform_f32(benchmark::State &state) {
    const neural_random stream = {1, NEURAL_RANDOM_USER, 0};
    std::vector<float> values(4096);
    const int64_t len = static_cast<int64_t>(values.size());
    for (auto _ : state) {
        neural_random_fill_uniform_f32(&stream, values.data(), len, 0, 1);
        benchmark::ClobberMemory();
    }
    set_ns_per_element(state, len);
}
BENCHMARK(BM_random_uniform_f32);

void BM_random_normal_f32(benchmark::State &state) {
    const neural_random stream = {1, NEURAL_RANDOM_USER, 0};
    std::vector<float> values(4096);
    const int64_t len = static_cast<int64_t>(values.size());
    for (auto _ : state) {
        neural_random_fill_normal_f32(&stream, values.data(), len, 0, 1);
        benchmark::ClobberMemory();
    }
    set_ns_per_element(state, len);
}
BENCHMARK(BM_random_normal_f32);

}  // namespace

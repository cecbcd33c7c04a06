/* core/base: what a block, a parallel call, a task and a random number cost.
 *   bazel run //bench:base */
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/random.h"
#include "core/base/sha256.h"
#include "core/base/status.h"
#include "core/base/threads.h"

namespace {

void report_ns(benchmark::State &state, double elements_per_iteration) {
    state.counters["ns_per_element"] = benchmark::Counter(
        elements_per_iteration * 1e-9,
        benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void report_gbps(benchmark::State &state, double bytes_per_iteration) {
    state.counters["gbps"] = benchmark::Counter(bytes_per_iteration * 1e-9,
                                                benchmark::Counter::kIsIterationInvariantRate);
}

void block_create_release(benchmark::State &state) {
    const auto bytes = size_t(state.range(0));
    for (auto _ : state) {
        neural_block *block = neural_block_create(bytes);
        benchmark::DoNotOptimize(block);
        neural_block_release(block);
    }
    report_ns(state, 1);
}
BENCHMARK(block_create_release)->Arg(64)->Arg(4096)->Arg(1 << 20)->Arg(100 << 20);
BENCHMARK(block_create_release)->Arg(4096)->Threads(2)->UseRealTime();

void pool_alloc_free(benchmark::State &state) {
    const auto bytes = size_t(state.range(0));
    for (auto _ : state) {
        void *object = neural_pool_alloc(bytes);
        benchmark::DoNotOptimize(object);
        neural_pool_free(object, bytes);
    }
    report_ns(state, 1);
}
BENCHMARK(pool_alloc_free)->Arg(64)->Arg(256);

/* The heap under the pool, for comparison. */
void heap_alloc_free(benchmark::State &state) {
    const auto bytes = size_t(state.range(0));
    for (auto _ : state) {
        void *memory = neural_alloc(bytes);
        benchmark::DoNotOptimize(memory);
        neural_free(memory);
    }
    report_ns(state, 1);
}
BENCHMARK(heap_alloc_free)->Arg(64)->Arg(4096)->Arg(1 << 20);

void arena_alloc(benchmark::State &state) {
    neural_arena *arena = nullptr;
    if (neural_arena_create(1 << 16, &arena) != NEURAL_OK) {
        return state.SkipWithError(neural_last_error());
    }
    for (auto _ : state) {
        for (int i = 0; i < 100; i++) {
            benchmark::DoNotOptimize(neural_arena_alloc(arena, 100));
        }
        neural_arena_reset(arena);
    }
    report_ns(state, 100);
    neural_arena_destroy(arena);
}
BENCHMARK(arena_alloc);

void nothing(void *context, int64_t begin, int64_t end) {
    benchmark::DoNotOptimize(context);
    benchmark::DoNotOptimize(begin + end);
}

/* From the call to its return, one empty part for each thread. */
void parallel_for_latency(benchmark::State &state) {
    const int threads = int(state.range(0));
    if (neural_set_num_threads(threads) != NEURAL_OK) {
        return state.SkipWithError(neural_last_error());
    }
    const int64_t before = neural_parallel_count();
    for (auto _ : state) {
        neural_parallel_for(threads, 1, nothing, nullptr);
    }
    state.counters["split"] = double(neural_parallel_count() - before) / double(state.iterations());
    report_ns(state, 1);
    neural_set_num_threads(0);
}
BENCHMARK(parallel_for_latency)->Arg(1)->Arg(2)->UseRealTime();

/* Every thread must come: the time of a whole hand-off to another core and back. */
void meet(void *context, int64_t, int64_t) {
    auto *here = static_cast<std::atomic<int> *>(context);
    ++*here;
    while (*here < 2) {
        __builtin_ia32_pause();
    }
}

void parallel_for_hand_off(benchmark::State &state) {
    if (neural_cores_available() < 2 || neural_set_num_threads(2) != NEURAL_OK) {
        return state.SkipWithError("needs two cores");
    }
    std::vector<double> samples;
    for (auto _ : state) {
        std::atomic<int> here{0};
        const auto start = std::chrono::steady_clock::now();
        neural_parallel_for(2, 1, meet, &here);
        const std::chrono::duration<double, std::nano> time =
            std::chrono::steady_clock::now() - start;
        samples.push_back(time.count());
    }
    std::sort(samples.begin(), samples.end());
    state.counters["median_ns"] = samples[samples.size() / 2];
    state.counters["p99_ns"] = samples[samples.size() * 99 / 100];
    report_ns(state, 1);
    neural_set_num_threads(0);
}
BENCHMARK(parallel_for_hand_off)->UseRealTime();

void task_start_finish(benchmark::State &state) {
    if (neural_set_num_threads(int(state.range(0))) != NEURAL_OK) {
        return state.SkipWithError(neural_last_error());
    }
    for (auto _ : state) {
        neural_task *task = nullptr;
        if (neural_task_start([](void *) {}, nullptr, &task) == NEURAL_OK) {
            neural_task_finish(task);
        }
    }
    report_ns(state, 1);
    neural_set_num_threads(0);
}
BENCHMARK(task_start_finish)->Arg(1)->Arg(2)->UseRealTime();

void philox_block(benchmark::State &state) {
    const neural_random stream = {1, NEURAL_RANDOM_USER, 0};
    uint32_t words[4];
    uint64_t index = 0;
    for (auto _ : state) {
        neural_random_block(&stream, index++, words);
        benchmark::DoNotOptimize(words);
    }
    report_ns(state, 4);
    report_gbps(state, sizeof(words));
}
BENCHMARK(philox_block);

void shuffle(benchmark::State &state) {
    const neural_random stream = {1, NEURAL_RANDOM_SHUFFLE, 0};
    std::vector<int64_t> order(60000);
    for (auto _ : state) {
        neural_random_shuffle(&stream, order.data(), int64_t(order.size()));
        benchmark::ClobberMemory();
    }
    report_ns(state, double(order.size()));
}
BENCHMARK(shuffle);

void log_unheard(benchmark::State &state) {
    for (auto _ : state) {
        neural_log_write(NEURAL_LOG_INFO, "epoch %d", 1);
    }
    report_ns(state, 1);
}
BENCHMARK(log_unheard);

void error_record(benchmark::State &state) {
    for (auto _ : state) {
        neural_error(NEURAL_ERR_SHAPE_MISMATCH, "x is [%d, %d]", 32, 10);
    }
    report_ns(state, 1);
}
BENCHMARK(error_record);

/* One MiB written, committed and viewed again. */
void file_write_view(benchmark::State &state) {
    const char *dir = getenv("TMPDIR");
    const std::string path = std::string(dir ? dir : "/tmp") + "/neural_base_bench.bin";
    const std::vector<char> data(1 << 20, 'x');
    for (auto _ : state) {
        neural_file_writer *writer = nullptr;
        neural_file_view view = {};
        if (neural_file_writer_create(path.c_str(), &writer) != NEURAL_OK ||
            neural_file_writer_write(writer, data.data(), data.size()) != NEURAL_OK ||
            neural_file_writer_commit(writer) != NEURAL_OK ||
            neural_file_view_open(path.c_str(), &view) != NEURAL_OK) {
            state.SkipWithError(neural_last_error());
        }
        neural_file_writer_destroy(writer);
        neural_file_view_close(&view);
    }
    report_gbps(state, double(data.size()));
    remove(path.c_str());
}
BENCHMARK(file_write_view)->UseRealTime();

void sha256(benchmark::State &state) {
    const std::vector<char> data(size_t(state.range(0)), 'x');
    for (auto _ : state) {
        char text[NEURAL_SHA256_TEXT];
        neural_sha256 sha;
        neural_sha256_begin(&sha);
        neural_sha256_add(&sha, data.data(), data.size());
        neural_sha256_end_text(&sha, text);
        benchmark::DoNotOptimize(text);
    }
    report_gbps(state, double(data.size()));
}
BENCHMARK(sha256)->Arg(64)->Arg(1 << 20);

} // namespace

// metrics: passes over predictions, as an evaluation makes them; `ns_per_element` is per score.
//   bazel run //bench:metrics
#include <cstdio>
#include <cstdlib>

#include <benchmark/benchmark.h>

#include "core/tensor/tensor.h"
#include "metrics/confusion.h"
#include "metrics/metrics.h"
#include "metrics/probability.h"
#include "metrics/ranking.h"

namespace {

constexpr int64_t kRows = 10000;

void require(neural_status status) {
    if (status) {
        fprintf(stderr, "%s\n", neural_last_error());
        exit(1);
    }
}

// Scores [kRows, cols] and targets: of their shape, or one class per row.
struct Batch {
    explicit Batch(int64_t cols) {
        const int64_t dims[] = {kRows, cols};
        for (neural_tensor **tensor : {&scores, &values}) {
            require(neural_tensor_create(2, dims, NEURAL_DTYPE_F32, tensor));
        }
        require(neural_tensor_fill_uniform(scores, 1, 0, 1));
        require(neural_tensor_fill_uniform(values, 2, 0, 1));
        require(neural_tensor_zeros(1, dims, NEURAL_DTYPE_I64, &classes));
    }
    ~Batch() {
        for (neural_tensor *tensor : {scores, values, classes}) {
            neural_tensor_release(tensor);
        }
    }
    neural_tensor *scores = nullptr, *values = nullptr, *classes = nullptr;
};

// Times call(batch) on scores of state.range(0) columns.
template <class Call> void measure(benchmark::State &state, Call call) {
    const Batch batch(state.range(0));
    for (auto _ : state) {
        require(call(batch));
    }
    state.counters["ns_per_element"] = benchmark::Counter(
        static_cast<double>(kRows * state.range(0)) * 1e-9,
        benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void BM_count_correct(benchmark::State &state) {
    int64_t correct = 0;
    measure(state,
            [&](const Batch &b) { return neural_count_correct(b.scores, b.classes, &correct); });
}

void BM_count_correct_binary(benchmark::State &state) {
    int64_t correct = 0;
    measure(state, [&](const Batch &b) {
        return neural_count_correct_binary(b.scores, b.values, 0.5, &correct);
    });
}

void BM_sum_errors(benchmark::State &state) {
    double squared = 0, absolute = 0;
    measure(state, [&](const Batch &b) {
        return neural_sum_errors(b.scores, b.values, &squared, &absolute);
    });
}

void BM_argmax(benchmark::State &state) {
    measure(state, [](const Batch &b) { return neural_argmax(b.scores, b.classes); });
}

void BM_confusion_update(benchmark::State &state) {
    neural_confusion *confusion = nullptr;
    require(neural_confusion_create(state.range(0), &confusion));
    measure(state, [&](const Batch &b) {
        return neural_confusion_update(confusion, b.classes, b.classes);
    });
    neural_confusion_destroy(confusion);
}

void BM_roc_auc(benchmark::State &state) {
    double area = 0;
    measure(state, [&](const Batch &b) { return neural_roc_auc(b.scores, b.values, &area); });
}

void BM_log_loss(benchmark::State &state) {
    double loss = 0;
    measure(state, [&](const Batch &b) { return neural_log_loss(b.scores, b.classes, &loss); });
}

BENCHMARK(BM_count_correct)->Arg(10)->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_count_correct_binary)->Arg(1)->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_sum_errors)->Arg(1)->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_argmax)->Arg(10)->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_confusion_update)->Arg(10)->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_roc_auc)->Arg(1)->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_log_loss)->Arg(10)->Unit(benchmark::kMicrosecond);

} // namespace

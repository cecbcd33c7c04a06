// Neuro-fuzzy training: epochs per second of two bells on each of four inputs (16 rules of order 1)
// and 500 rows of a smooth function; predictions per second of the same system.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "train/anfis.h"

namespace {

void require(neural_status status) {
    if (status) {
        std::fprintf(stderr, "%s\n", neural_last_error());
        std::abort();
    }
}

enum { INPUTS = 4, ROWS = 500 };

struct Trained {
    std::vector<double> x, y;
    neural_anfis *anfis = nullptr;
    neural_optimizer *optimizer = nullptr;

    Trained() {
        const int64_t terms[INPUTS] = {2, 2, 2, 2};
        for (int i = 0; i < ROWS * INPUTS; i++) {
            x.push_back(double(i * 7919 % 10007) / 10007);
        }
        for (int r = 0; r < ROWS; r++) {
            const double *row = &x[size_t(r * INPUTS)];
            y.push_back(std::sin(3 * row[0]) + row[1] * row[2] - row[3] * row[3]);
        }
        neural_anfis_options options = neural_anfis_default();
        options.terms = terms;
        const neural_anfis_data d = data();
        require(neural_anfis_create(&d, &options, &anfis));
        const neural_adam_options adam = {0.005, 0.9, 0.999, 1e-8, 0, 0, 0};
        require(neural_adam_create(neural_anfis_parameters(anfis), &adam, &optimizer));
    }
    ~Trained() {
        neural_optimizer_destroy(optimizer);
        neural_anfis_destroy(anfis);
    }
    neural_anfis_data data() const { return {x.data(), y.data(), ROWS, INPUTS, 1}; }
};

void fit(benchmark::State &state, neural_anfis_method method) {
    const Trained trained;
    const neural_anfis_data data = trained.data();
    neural_anfis_fit_options options = neural_anfis_fit_default();
    options.method = method;
    options.epochs = 20;
    neural_anfis_result result;
    for (auto _ : state) {
        require(
            neural_anfis_fit(trained.anfis, &data, nullptr, trained.optimizer, &options, &result));
    }
    state.counters["epochs_per_second"] = benchmark::Counter(
        double(state.iterations() * options.epochs), benchmark::Counter::kIsRate);
}

void BM_anfis_hybrid(benchmark::State &state) {
    fit(state, NEURAL_ANFIS_HYBRID);
}

void BM_anfis_gradient(benchmark::State &state) {
    fit(state, NEURAL_ANFIS_GRADIENT);
}

void BM_anfis_predict(benchmark::State &state) {
    const Trained trained;
    std::vector<double> out(ROWS);
    for (auto _ : state) {
        require(neural_anfis_predict(trained.anfis, trained.x.data(), ROWS, out.data()));
        benchmark::DoNotOptimize(out.data());
    }
    state.counters["evaluations_per_second"] =
        benchmark::Counter(double(state.iterations() * ROWS), benchmark::Counter::kIsRate);
}

BENCHMARK(BM_anfis_hybrid)->UseRealTime();
BENCHMARK(BM_anfis_gradient)->UseRealTime();
BENCHMARK(BM_anfis_predict)->UseRealTime();

} // namespace

// Fuzzy systems: evaluations per second of two inputs, nine rules and a centroid of 200 samples.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "fuzzy/system.h"

namespace {

void require(neural_status status) {
    if (status) {
        std::fprintf(stderr, "%s\n", neural_last_error());
        std::abort();
    }
}

// Three triangles over 0 ... 1.
void add_terms(neural_fuzzy_system *system, const char *variable) {
    const double middles[] = {0, 0.5, 1};
    const char *const names[] = {"low", "mid", "high"};
    for (int i = 0; i < 3; i++) {
        const double params[] = {middles[i] - 0.5, middles[i], middles[i] + 0.5};
        const neural_fuzzy_term term = {names[i], NEURAL_FUZZY_TRIANGLE, params, 3, 1, nullptr};
        require(neural_fuzzy_system_add_term(system, variable, &term));
    }
}

neural_fuzzy_system *nine_rules(neural_fuzzy_norm implication) {
    const char *const names[] = {"low", "mid", "high"};
    neural_fuzzy_system *system = nullptr;
    require(neural_fuzzy_system_create("nine", nullptr, &system));
    neural_fuzzy_variable variable = {};
    variable.maximum = 1;
    for (const char *name : {"a", "b"}) {
        variable.name = name;
        require(neural_fuzzy_system_add_input(system, &variable));
        add_terms(system, name);
    }
    variable.name = "y";
    variable.aggregation = NEURAL_FUZZY_MAXIMUM;
    variable.defuzzifier = NEURAL_FUZZY_CENTROID;
    variable.resolution = 200;
    require(neural_fuzzy_system_add_output(system, &variable));
    add_terms(system, "y");
    neural_fuzzy_block block = {};
    block.conjunction = NEURAL_FUZZY_MINIMUM;
    block.implication = implication;
    require(neural_fuzzy_system_add_block(system, &block));
    for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
            const std::string rule = std::string("if a is ") + names[a] + " and b is " + names[b] +
                                     " then y is " + names[(a + b) / 2];
            require(neural_fuzzy_system_add_rule(system, rule.c_str()));
        }
    }
    return system;
}

void run(benchmark::State &state, neural_fuzzy_norm implication) {
    neural_fuzzy_system *system = nine_rules(implication);
    const int64_t rows = state.range(0);
    std::vector<double> x(size_t(2 * rows)), out(size_t(rows) + 1);
    for (size_t i = 0; i < x.size(); i++) {
        x[i] = double(i * 7919 % 10007) / 10007;
    }
    for (auto _ : state) {
        require(neural_fuzzy_system_evaluate(system, x.data(), rows, out.data()));
        benchmark::DoNotOptimize(out.data());
    }
    state.counters["evaluations_per_second"] =
        benchmark::Counter(double(state.iterations() * rows), benchmark::Counter::kIsRate);
    neural_fuzzy_system_destroy(system);
}

void BM_mamdani_centroid(benchmark::State &state) {
    run(state, NEURAL_FUZZY_MINIMUM);
}

void BM_larsen_centroid(benchmark::State &state) {
    run(state, NEURAL_FUZZY_ALGEBRAIC_PRODUCT);
}

BENCHMARK(BM_mamdani_centroid)->Arg(1)->Arg(10000)->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_larsen_centroid)->Arg(10000)->Unit(benchmark::kMicrosecond);

} // namespace

/* model: reading a config, building a network, saving and loading it. `gbps` counts the file's
 * bytes; what a save costs beyond the checksum is the disk's fsync.
 *   bazel run //bench:model */
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include <benchmark/benchmark.h>

#include "model/config.h"
#include "model/ini.h"
#include "model/model.h"
#include "model/safetensors.h"
#include "model/text.h"

namespace {

const char config_text[] = "[model]\narchitecture = 784,256,128,10\nhidden_activation = relu\n"
                           "output_activation = softmax\n[training]\nepochs = 20\n"
                           "batch_size = 64\nlearning_rate = 0.001\noptimizer = adam\n"
                           "[loss]\nloss_function = cross_entropy\n[data]\ntrain_file = a.csv\n"
                           "test_file = b.csv\n[options]\nrandom_seed = 42\npatience = 3\n";

void check(neural_status status) {
    if (status) {
        std::abort();
    }
}

neural_config *parse(const std::string &text) {
    neural_config *config = nullptr;
    check(neural_config_parse(text.c_str(), "bench.ini", nullptr, 0, &config));
    return config;
}

using Model = std::unique_ptr<neural_model, void (*)(neural_model *)>;

/* Linear(width, width) and a small end: about 4 width^2 bytes. */
Model square_model(int64_t width) {
    const std::string size = std::to_string(width);
    neural_config *config = parse("[model]\narchitecture = " + size + ",relu," + size + ",10\n");
    neural_model *model = nullptr;
    check(neural_model_create(config, &model));
    neural_config_destroy(config);
    return Model(model, neural_model_destroy);
}

std::string temporary_path() {
    const char *directory = std::getenv("TMPDIR");
    return std::string(directory ? directory : "/tmp") + "/neural_bench_" +
           std::to_string(getpid()) + ".safetensors";
}

void report_bytes(benchmark::State &state, double bytes) {
    state.counters["gbps"] =
        benchmark::Counter(bytes * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

void ini(benchmark::State &state) {
    for (auto _ : state) {
        neural_ini *parsed = nullptr;
        check(neural_ini_parse(config_text, sizeof config_text - 1, "bench.ini", &parsed));
        neural_ini_destroy(parsed);
    }
    report_bytes(state, sizeof config_text - 1);
}
BENCHMARK(ini);

void config(benchmark::State &state) {
    for (auto _ : state) {
        neural_config_destroy(parse(config_text));
    }
    report_bytes(state, sizeof config_text - 1);
}
BENCHMARK(config);

void resolved(benchmark::State &state) {
    neural_config *parsed = parse(config_text);
    for (auto _ : state) {
        char *text = nullptr;
        check(neural_config_resolved(parsed, 1, &text));
        neural_text_free(text);
    }
    neural_config_destroy(parsed);
}
BENCHMARK(resolved);

void number_text(benchmark::State &state) {
    char text[NEURAL_NUMBER_TEXT];
    double value = 0.1;
    for (auto _ : state) {
        benchmark::DoNotOptimize(neural_number_text(value, text));
        value *= 1.0000001;
    }
}
BENCHMARK(number_text);

void build(benchmark::State &state) {
    for (auto _ : state) {
        square_model(state.range(0));
    }
    const double weights = static_cast<double>(state.range(0) * state.range(0));
    state.counters["ns_per_element"] =
        benchmark::Counter(weights * 1e-9, benchmark::Counter::kIsIterationInvariantRate |
                                               benchmark::Counter::kInvert);
}
BENCHMARK(build)->Arg(64)->Arg(2048)->Unit(benchmark::kMicrosecond);

void save(benchmark::State &state) {
    const Model model = square_model(state.range(0));
    const std::string path = temporary_path();
    for (auto _ : state) {
        check(neural_model_save(model.get(), nullptr, path.c_str()));
    }
    report_bytes(state, 4.0 * static_cast<double>(neural_model_weight_count(model.get())));
    unlink(path.c_str());
}
BENCHMARK(save)->Arg(64)->Arg(2048)->Unit(benchmark::kMicrosecond)->UseRealTime();

void load(benchmark::State &state) {
    const Model model = square_model(state.range(0));
    const std::string path = temporary_path();
    check(neural_model_save(model.get(), nullptr, path.c_str()));
    for (auto _ : state) {
        neural_model *loaded = nullptr;
        check(neural_model_load(path.c_str(), &loaded));
        neural_model_destroy(loaded);
    }
    report_bytes(state, 4.0 * static_cast<double>(neural_model_weight_count(model.get())));
    unlink(path.c_str());
}
BENCHMARK(load)->Arg(64)->Arg(2048)->Unit(benchmark::kMicrosecond);

/* Opening checks every byte against the checksum. */
void safetensors_open(benchmark::State &state) {
    const Model model = square_model(state.range(0));
    const std::string path = temporary_path();
    check(neural_model_save(model.get(), nullptr, path.c_str()));
    for (auto _ : state) {
        neural_safetensors *file = nullptr;
        check(neural_safetensors_open(path.c_str(), &file));
        neural_safetensors_close(file);
    }
    report_bytes(state, 4.0 * static_cast<double>(neural_model_weight_count(model.get())));
    unlink(path.c_str());
}
BENCHMARK(safetensors_open)->Arg(64)->Arg(2048)->Unit(benchmark::kMicrosecond);

} // namespace

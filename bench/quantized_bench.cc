/* quantized: predictions of whole networks in 8 bits against f32 with batch norms folded, both in
 * turns (train/quantize.h), and each layer on its own. Weights and rows are random: times do not
 * depend on them.
 *   bazel run //bench:quantized */
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "core/base/threads.h"
#include "train/quantize.h"

namespace {

void check(neural_status status) {
    if (status) {
        std::abort();
    }
}

struct Network {
    const char *name, *input, *layers;
    int64_t features;
};

const Network kNetworks[] = {
    {"mlp_784_1024_1024_10", "784", "linear 1024 | relu | linear 1024 | relu | linear 10", 784},
    {"fashion_mnist_convnet", "1x28x28",
     "conv2d 32 3x3 pad=1 bias=false | batchnorm | relu | maxpool2d 2x2 | conv2d 64 3x3 pad=1 "
     "bias=false | batchnorm | relu | conv2d 64 3x3 pad=1 bias=false | batchnorm | relu | "
     "maxpool2d 2x2 | conv2d 128 3x3 pad=1 bias=false | batchnorm | relu | maxpool2d 2x2 | "
     "flatten | dropout 0.5 | linear 10",
     784},
};

neural_model *build(const Network &network) {
    const std::string text = std::string("[model]\ninput = ") + network.input + "\nlayers = {" +
                             network.layers + "}\n[loss]\nfunction = cross_entropy\n";
    neural_config *config = nullptr;
    neural_model *model = nullptr;
    check(neural_config_parse(text.c_str(), "bench.ini", nullptr, 0, &config));
    check(neural_model_create(config, &model));
    neural_config_destroy(config);
    return model;
}

neural_dataset *rows_for(const Network &network) {
    const int64_t dims[] = {256, network.features};
    neural_tensor *x = nullptr, *y = nullptr;
    neural_dataset *rows = nullptr;
    check(neural_tensor_create(2, dims, NEURAL_DTYPE_F32, &x));
    check(neural_tensor_fill_normal(x, 1, 0, 1));
    check(neural_tensor_zeros(1, dims, NEURAL_DTYPE_I64, &y));
    check(neural_dataset_create(x, y, NEURAL_TARGET_CLASS, 10, &rows));
    neural_tensor_release(x);
    neural_tensor_release(y);
    return rows;
}

/* One row per batch size: seconds of the 8-bit network, the ratio to f32. */
void predictions(benchmark::State &state, const Network &network, int which) {
    neural_model *model = build(network), *made = nullptr;
    neural_dataset *rows = rows_for(network);
    neural_quantize_options options = neural_quantize_default();
    neural_quantize_report report = {};
    options.keep_slow = 1;
    options.max_drop = 1;
    check(neural_set_num_threads(1));
    for (auto _ : state) {
        check(neural_quantize_model(model, rows, rows, &options, &report, &made));
        const neural_quantize_speed &speed = report.speed[which];
        state.SetIterationTime(speed.int8_seconds);
        state.counters["f32_us"] = 1e6 * speed.f32_seconds;
        state.counters["int8_us"] = 1e6 * speed.int8_seconds;
        state.counters["ratio"] = speed.f32_seconds / speed.int8_seconds;
        for (int i = 0; i < report.count; i++) {
            const neural_quantize_layer &layer = report.layers[i];
            state.counters[std::string("layer_") + layer.name] =
                layer.f32_seconds / layer.int8_seconds;
        }
        neural_quantize_report_clear(&report);
        neural_model_destroy(made);
    }
    neural_dataset_destroy(rows);
    neural_model_destroy(model);
}

void register_all() {
    const int64_t batches[NEURAL_QUANTIZE_SPEEDS] = {1, 64};
    for (const Network &network : kNetworks) {
        for (int i = 0; i < NEURAL_QUANTIZE_SPEEDS; i++) {
            const std::string name =
                std::string("quantized/") + network.name + "/batch_" + std::to_string(batches[i]);
            benchmark::RegisterBenchmark(name.c_str(), predictions, network, i)
                ->UseManualTime()
                ->Iterations(1);
        }
    }
}

} // namespace

int main(int argc, char **argv) {
    register_all();
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

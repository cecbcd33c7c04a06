// pruning: making and applying masks; `ns_per_element` is per weight.
//   bazel run //bench:pruning
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <benchmark/benchmark.h>

#include "core/base/thread_count.h"
#include "core/tensor/tensor.h"
#include "model/model.h"
#include "pruning/magnitude.h"
#include "pruning/mask.h"
#include "pruning/method.h"
#include "train/prune.h"

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

// 90 % of the weights (half of them N:M) pruned anew each time.
void BM_masks(benchmark::State &state, neural_prune_method method, neural_prune_score score) {
    measure(state, [&](Weights &w) {
        std::fill(w.mask.begin(), w.mask.end(), 1);
        neural_prune_part part = {w.data(), NEURAL_DTYPE_F32, kRows, kCols, 1, 1, w.mask.data()};
        return neural_prune_masks(&part, 1, method, score, 1, 0.9);
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

// The network of configs/fashion_mnist_convnet.ini.
const char kConvnet[] =
    "[model]\ninput = 1x28x28\nlayers = conv2d 32 3x3 pad=1 bias=false | batchnorm | relu | "
    "maxpool2d 2x2 | conv2d 64 3x3 pad=1 bias=false | batchnorm | relu | conv2d 64 3x3 pad=1 "
    "bias=false | batchnorm | relu | maxpool2d 2x2 | conv2d 128 3x3 pad=1 bias=false | batchnorm | "
    "relu | maxpool2d 2x2 | flatten | linear 10\n[performance]\nnum_threads = 1\n";

const char kMlp[] = "[model]\ninput = 784\nlayers = linear 1024 | relu | linear 1024 | relu | "
                    "linear 10\n[performance]\nnum_threads = 1\n";

neural_model *build(const char *text) {
    neural_config *config = nullptr;
    neural_model *model = nullptr;
    require(neural_config_parse(text, "bench", nullptr, 0, &config));
    require(neural_model_create(config, &model));
    neural_config_destroy(config);
    return model;
}

neural_prune_options options_of(double sparsity) {
    neural_prune_options options = {};
    options.sparsity = sparsity;
    options.score = NEURAL_PRUNE_L2;
    options.scope = NEURAL_PRUNE_SCOPE_LAYER;
    return options;
}

neural_model *convnet(double sparsity) {
    neural_model *model = build(kConvnet), *smaller = nullptr;
    const neural_prune_options options = options_of(sparsity);
    require(neural_model_prune_channels(model, &options, &smaller));
    neural_model_destroy(model);
    return smaller;
}

// One thread, `batch` rows at once; destroys the model.
void infer(benchmark::State &state, neural_model *model, int64_t batch) {
    const int64_t dims[] = {batch, 784};
    neural_tensor *rows = nullptr;
    require(neural_set_num_threads(1));
    require(neural_tensor_create(2, dims, NEURAL_DTYPE_F32, &rows));
    require(neural_tensor_fill_uniform(rows, 1, 0, 1));
    for (auto _ : state) {
        neural_tensor *out = nullptr;
        require(neural_model_predict(model, rows, &out));
        neural_tensor_release(out);
    }
    state.SetItemsProcessed(state.iterations() * batch);
    neural_tensor_release(rows);
    neural_model_destroy(model);
}

// Arg: percent of the channels that are pruned.
void BM_convnet_inference(benchmark::State &state) {
    infer(state, convnet(static_cast<double>(state.range(0)) / 100), 64);
}

// Masks on all layers; arg: rows at once.
void BM_mlp_inference(benchmark::State &state, neural_prune_method method, double sparsity) {
    neural_model *model = build(kMlp);
    neural_prune_options options = options_of(sparsity);
    options.method = method;
    options.exclude = "last";
    require(neural_model_prune(model, &options));
    infer(state, model, state.range(0));
}

void BM_prune_channels(benchmark::State &state) {
    for (auto _ : state) {
        neural_model_destroy(convnet(0.5));
    }
}

BENCHMARK(BM_convnet_inference)->Arg(0)->Arg(50)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_mlp_inference, dense, NEURAL_PRUNE_WEIGHTS, 0)->Arg(1)->Arg(64);
BENCHMARK_CAPTURE(BM_mlp_inference, blocks_90, NEURAL_PRUNE_BLOCKS, 0.9)->Arg(1)->Arg(64);
BENCHMARK_CAPTURE(BM_mlp_inference, weights_90, NEURAL_PRUNE_WEIGHTS, 0.9)->Arg(1)->Arg(64);
BENCHMARK_CAPTURE(BM_mlp_inference, 2_of_4, NEURAL_PRUNE_2_OF_4, 0)->Arg(1)->Arg(64);
BENCHMARK_CAPTURE(BM_mlp_inference, 4_of_8, NEURAL_PRUNE_4_OF_8, 0)->Arg(1)->Arg(64);
BENCHMARK(BM_prune_channels)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_masks, weights, NEURAL_PRUNE_WEIGHTS, NEURAL_PRUNE_L1);
BENCHMARK_CAPTURE(BM_masks, blocks, NEURAL_PRUNE_BLOCKS, NEURAL_PRUNE_L2);
BENCHMARK_CAPTURE(BM_masks, rows, NEURAL_PRUNE_ROWS, NEURAL_PRUNE_L2);
BENCHMARK_CAPTURE(BM_masks, columns, NEURAL_PRUNE_COLUMNS, NEURAL_PRUNE_L2);
BENCHMARK_CAPTURE(BM_masks, random, NEURAL_PRUNE_WEIGHTS, NEURAL_PRUNE_RANDOM);
BENCHMARK_CAPTURE(BM_masks, 2_of_4, NEURAL_PRUNE_2_OF_4, NEURAL_PRUNE_L1);
BENCHMARK_CAPTURE(BM_masks, 4_of_8, NEURAL_PRUNE_4_OF_8, NEURAL_PRUNE_L1);
BENCHMARK(BM_apply_mask);
BENCHMARK(BM_threshold);

} // namespace

BENCHMARK_MAIN();

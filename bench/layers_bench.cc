// layers: forward and backward of each kind, weight initialisation, losses; one thread. `gflops`
// counts both directions of a Linear (6 operations per weight and row), `ns_per_element` is per
// element of the input, or per weight.
//   bazel run //bench:layers
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "core/autograd/tape.h"
#include "core/base/threads.h"
#include "core/tensor/tensor.h"
#include "layers/activation.h"
#include "layers/concat.h"
#include "layers/conv.h"
#include "layers/dropout.h"
#include "layers/fold.h"
#include "layers/init.h"
#include "layers/layer.h"
#include "layers/linear.h"
#include "layers/loss.h"
#include "layers/norm.h"
#include "layers/residual.h"
#include "layers/sequential.h"

namespace {

void require(neural_status status) {
    if (status) {
        fprintf(stderr, "%s\n", neural_last_error());
        exit(1);
    }
}

neural_tensor *uniform(int64_t rows, int64_t cols, uint64_t seed) {
    const int64_t dims[] = {rows, cols};
    neural_tensor *tensor = nullptr;
    require(neural_tensor_create(2, dims, NEURAL_DTYPE_F32, &tensor));
    require(neural_tensor_fill_uniform(tensor, seed, 0.1, 0.9));
    return tensor;
}

void report_per_element(benchmark::State &state, double elements) {
    state.counters["ns_per_element"] =
        benchmark::Counter(elements * 1e-9, benchmark::Counter::kIsIterationInvariantRate |
                                                benchmark::Counter::kInvert);
}

neural_layer *linear(int64_t in, int64_t out) {
    neural_layer *layer = nullptr;
    require(neural_linear_create(in, out, 1, NEURAL_DTYPE_F32, 1, &layer));
    return layer;
}

neural_layer *activation(neural_activation kind) {
    neural_layer *layer = nullptr;
    require(neural_activation_create(kind, &layer));
    return layer;
}

// Times forward and backward of a batch [rows, cols]; takes the layer.
void run(benchmark::State &state, neural_layer *layer, int64_t rows, int64_t cols) {
    require(neural_set_num_threads(1));
    neural_tensor *x = uniform(rows, cols, 1), *y = nullptr;
    require(neural_tensor_set_requires_grad(x, 1));
    require(neural_layer_forward(layer, x, &y));
    const int64_t *dims = neural_tensor_dims(y);
    neural_tensor *grad = uniform(dims[0], dims[1], 2);
    neural_tensor_release(y);
    uint64_t step = 0;
    for (auto _ : state) {
        neural_layer_set_step(layer, step++);
        require(neural_layer_forward(layer, x, &y));
        require(neural_backward(y, grad, 0));
        neural_tensor_release(y);
    }
    neural_tensor_release(x);
    neural_tensor_release(grad);
    neural_layer_destroy(layer);
}

void report_linear(benchmark::State &state, double rows, double weights) {
    state.counters["gflops"] = benchmark::Counter(6 * rows * weights * 1e-9,
                                                  benchmark::Counter::kIsIterationInvariantRate);
}

void BM_linear(benchmark::State &state) {
    const int64_t width = state.range(0), rows = 64;
    run(state, linear(width, width), rows, width);
    report_linear(state, static_cast<double>(rows), static_cast<double>(width * width));
}

void BM_dropout(benchmark::State &state) {
    neural_layer *layer = nullptr;
    require(neural_dropout_create(0.2, 1, &layer));
    run(state, layer, 64, 256);
    report_per_element(state, 64 * 256);
}

void BM_activation(benchmark::State &state) {
    const auto kind = static_cast<neural_activation>(state.range(0));
    run(state, activation(kind), 64, 256);
    report_per_element(state, 64 * 256);
    state.SetLabel(neural_activation_name(kind));
}

// 784-256-128-10 with relu, the Fashion-MNIST classifier.
constexpr int64_t kWidths[] = {784, 256, 128, 10};

neural_layer *classifier() {
    neural_layer *net = nullptr;
    require(neural_sequential_create(&net));
    for (int i = 0; i < 3; i++) {
        if (i > 0) require(neural_sequential_add(net, activation(NEURAL_ACTIVATION_RELU)));
        require(neural_sequential_add(net, linear(kWidths[i], kWidths[i + 1])));
    }
    return net;
}

void BM_sequential(benchmark::State &state) {
    double weights = 0;
    for (int i = 0; i < 3; i++)
        weights += static_cast<double>(kWidths[i] * kWidths[i + 1]);
    run(state, classifier(), state.range(0), kWidths[0]);
    report_linear(state, static_cast<double>(state.range(0)), weights);
}

// x + linear(x), and two linears of half the width side by side: what the blocks add to them.
void BM_residual(benchmark::State &state) {
    neural_layer *layer = nullptr;
    require(neural_residual_create(linear(256, 256), nullptr, &layer));
    run(state, layer, 64, 256);
    report_linear(state, 64, 256 * 256);
}

void BM_concat(benchmark::State &state) {
    neural_layer *layer = nullptr, *const block[] = {linear(256, 128), linear(256, 128)};
    require(neural_concat_create(block, 2, &layer));
    run(state, layer, 64, 256);
    report_linear(state, 64, 256 * 256);
}

// conv 64 3x3, batch norm, relu in evaluation mode on [8, 64, 28, 28], as it is and folded.
void BM_fold(benchmark::State &state, bool folded) {
    require(neural_set_num_threads(1));
    const int64_t dims[] = {8, 64, 28, 28};
    const neural_conv_layer_options options = {64,     64, {3, 3}, {1, 1}, {1, 1, 1, 1},
                                               {1, 1}, 1,  {0, 0}, 0};
    neural_layer *net = nullptr, *layer = nullptr;
    require(neural_sequential_create(&net));
    require(neural_conv2d_create(&options, NEURAL_DTYPE_F32, 1, &layer));
    require(neural_sequential_add(net, layer));
    require(neural_batch_norm_create(64, nullptr, NEURAL_DTYPE_F32, &layer));
    require(neural_sequential_add(net, layer));
    require(neural_sequential_add(net, activation(NEURAL_ACTIVATION_RELU)));
    neural_layer_set_training(net, 0);
    neural_shape in;
    require(neural_shape_make(3, &dims[1], &in));
    if (folded) {
        require(neural_layer_fold_batch_norm(net, &in, nullptr));
    }
    neural_tensor *x = nullptr, *y = nullptr;
    require(neural_tensor_ones(4, dims, NEURAL_DTYPE_F32, &x));
    const int recording = neural_set_grad_enabled(0);
    for (auto _ : state) {
        require(neural_layer_forward(net, x, &y));
        neural_tensor_release(y);
    }
    neural_set_grad_enabled(recording);
    neural_tensor_release(x);
    neural_layer_destroy(net);
    report_per_element(state, 8 * 64 * 28 * 28);
}

// The classifier without gradients, few rows at a time: in evaluation, with packed copies of the
// weights, or in training mode, which has none.
void BM_few_rows(benchmark::State &state, bool packed) {
    require(neural_set_num_threads(1));
    neural_layer *net = classifier();
    neural_layer_set_training(net, !packed);
    neural_tensor *x = uniform(state.range(0), kWidths[0], 1), *y = nullptr;
    const int recording = neural_set_grad_enabled(0);
    for (auto _ : state) {
        require(neural_layer_forward(net, x, &y));
        neural_tensor_release(y);
    }
    neural_set_grad_enabled(recording);
    neural_tensor_release(x);
    neural_layer_destroy(net);
}

void BM_init(benchmark::State &state, neural_init_kind kind) {
    neural_tensor *weight = uniform(256, 784, 1);
    for (auto _ : state) {
        require(neural_init_tensor(weight, kind, 1, 0));
    }
    neural_tensor_release(weight);
    report_per_element(state, 256 * 784);
}

// Loss and its gradient of 64 rows: 10 classes, or 10 values per row.
void BM_loss(benchmark::State &state) {
    require(neural_set_num_threads(1));
    const auto kind = static_cast<neural_loss>(state.range(0));
    const int64_t rows = 64, cols = 10;
    neural_tensor *x = uniform(rows, cols, 1), *target = uniform(rows, cols, 2);
    if (neural_loss_target_of(kind) == NEURAL_LOSS_TARGET_CLASSES) {
        neural_tensor_release(target);
        require(neural_tensor_zeros(1, &rows, NEURAL_DTYPE_I64, &target));
    }
    require(neural_tensor_set_requires_grad(x, 1));
    for (auto _ : state) {
        neural_tensor *loss = nullptr;
        require(neural_loss_apply(kind, x, target, &loss));
        require(neural_backward(loss, nullptr, 0));
        neural_tensor_release(loss);
    }
    neural_tensor_release(x);
    neural_tensor_release(target);
    report_per_element(state, static_cast<double>(rows * cols));
    state.SetLabel(neural_loss_name(kind));
}

BENCHMARK(BM_linear)->Arg(16)->Arg(64)->Arg(256)->Arg(1024);
BENCHMARK(BM_dropout);
BENCHMARK(BM_activation)->DenseRange(NEURAL_ACTIVATION_RELU, NEURAL_ACTIVATION_COUNT - 1);
BENCHMARK(BM_sequential)->Arg(1)->Arg(64)->Arg(256);
BENCHMARK(BM_residual);
BENCHMARK(BM_concat);
BENCHMARK_CAPTURE(BM_few_rows, plain, false)->Arg(1)->Arg(4)->Arg(8);
BENCHMARK_CAPTURE(BM_few_rows, packed, true)->Arg(1)->Arg(4)->Arg(8);
BENCHMARK_CAPTURE(BM_fold, unfolded, false);
BENCHMARK_CAPTURE(BM_fold, folded, true);
BENCHMARK_CAPTURE(BM_init, uniform, NEURAL_INIT_KAIMING_UNIFORM);
BENCHMARK_CAPTURE(BM_init, normal, NEURAL_INIT_KAIMING_NORMAL);
BENCHMARK(BM_loss)->DenseRange(0, NEURAL_LOSS_COUNT - 1);

} // namespace

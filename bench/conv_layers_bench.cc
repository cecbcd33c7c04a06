// Convolutions as layers, and the transposed one, which //bench:conv2d does not have.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>

#include "core/base/threads.h"
#include "core/tensor/conv_transpose2d.h"
#include "layers/conv.h"

namespace {

void Require(neural_status status) {
    if (status) {
        std::fprintf(stderr, "%s\n", neural_last_error());
        std::exit(1);
    }
}

// Forward of 8 images of 32 channels, 32x32, through 3x3 kernels.
void BM_layer(benchmark::State &state,
              neural_status (*create)(const neural_conv_layer_options *, neural_dtype, uint64_t,
                                      neural_layer **)) {
    Require(neural_set_num_threads(1));
    const neural_conv_layer_options options = {32,     32, {3, 3}, {1, 1}, {1, 1, 1, 1},
                                               {1, 1}, 1,  {0, 0}, 1};
    const int64_t dims[] = {8, 32, 32, 32};
    neural_layer *layer = nullptr;
    neural_tensor *x = nullptr;
    Require(create(&options, NEURAL_DTYPE_F32, 1, &layer));
    Require(neural_tensor_create(4, dims, NEURAL_DTYPE_F32, &x));
    Require(neural_tensor_fill_normal(x, 1, 0, 1));
    for (auto _ : state) {
        neural_tensor *y = nullptr;
        Require(neural_layer_forward(layer, x, &y));
        neural_tensor_release(y);
    }
    state.counters["gflops"] = benchmark::Counter(2e-9 * 8 * 32 * 32 * 9 * 32 * 32,
                                                  benchmark::Counter::kIsIterationInvariantRate);
    neural_tensor_release(x);
    neural_layer_destroy(layer);
}

BENCHMARK_CAPTURE(BM_layer, conv2d, neural_conv2d_create);
BENCHMARK_CAPTURE(BM_layer, conv_transpose2d, neural_conv_transpose2d_create);

} // namespace

// optim: one update, one clipping and one zeroing pass over the flat buffers; `ns_per_element` is
// per weight. 40,000 weights stay in the cache, 4,000,000 do not.
//   bazel run //bench:optim
#include <cstdio>
#include <cstdlib>

#include <benchmark/benchmark.h>

#include "core/base/threads.h"
#include "core/tensor/parameter.h"
#include "core/tensor/tensor.h"
#include "optim/clip.h"
#include "optim/ema.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

namespace {

void require(neural_status status) {
    if (status) {
        fprintf(stderr, "%s\n", neural_last_error());
        exit(1);
    }
}

// One flat vector of weights with gradients.
class Weights {
  public:
    Weights(int64_t len, neural_dtype dtype) {
        require(neural_set_num_threads(1));
        require(neural_parameter_create("weight", 1, &len, dtype, 0, &item_));
        require(neural_parameters_create(&item_, 1, &flat_));
        require(neural_tensor_fill_uniform(flat_->values, 1, -0.3, 0.3));
        require(neural_tensor_fill_uniform(flat_->grads, 2, -0.3, 0.3));
    }
    ~Weights() {
        neural_parameters_destroy(flat_);
        neural_parameter_destroy(item_);
    }
    neural_parameters *get() const { return flat_; }

  private:
    neural_parameter *item_ = nullptr;
    neural_parameters *flat_ = nullptr;
};

void report(benchmark::State &state) {
    state.counters["ns_per_element"] = benchmark::Counter(
        static_cast<double>(state.range(0)) * 1e-9,
        benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void step(benchmark::State &state, neural_optimizer *optimizer) {
    for (auto _ : state) {
        require(neural_optimizer_step(optimizer));
    }
    neural_optimizer_destroy(optimizer);
    report(state);
}

void BM_sgd(benchmark::State &state, neural_dtype dtype, double momentum) {
    const Weights weights(state.range(0), dtype);
    const neural_sgd_options options = {1e-6, momentum, 0, 1e-4, momentum > 0};
    neural_optimizer *optimizer = nullptr;
    require(neural_sgd_create(weights.get(), &options, &optimizer));
    step(state, optimizer);
}

void BM_adam(benchmark::State &state, neural_dtype dtype, int decoupled) {
    const Weights weights(state.range(0), dtype);
    const neural_adam_options options = {1e-6, 0.9, 0.999, 1e-8, 1e-4, decoupled, 0};
    neural_optimizer *optimizer = nullptr;
    require(neural_adam_create(weights.get(), &options, &optimizer));
    step(state, optimizer);
}

void BM_amsgrad(benchmark::State &state, neural_dtype dtype) {
    const Weights weights(state.range(0), dtype);
    const neural_adam_options options = {1e-6, 0.9, 0.999, 1e-8, 1e-4, 0, 1};
    neural_optimizer *optimizer = nullptr;
    require(neural_adam_create(weights.get(), &options, &optimizer));
    step(state, optimizer);
}

void BM_rmsprop(benchmark::State &state, neural_dtype dtype, double momentum) {
    const Weights weights(state.range(0), dtype);
    const neural_rmsprop_options options = {1e-6, 0.99, 1e-8, 1e-4, momentum, momentum > 0};
    neural_optimizer *optimizer = nullptr;
    require(neural_rmsprop_create(weights.get(), &options, &optimizer));
    step(state, optimizer);
}

void BM_adagrad(benchmark::State &state, neural_dtype dtype) {
    const Weights weights(state.range(0), dtype);
    const neural_adagrad_options options = {1e-6, 0, 1e-10, 1e-4, 0};
    neural_optimizer *optimizer = nullptr;
    require(neural_adagrad_create(weights.get(), &options, &optimizer));
    step(state, optimizer);
}

void BM_lion(benchmark::State &state, neural_dtype dtype) {
    const Weights weights(state.range(0), dtype);
    const neural_lion_options options = {1e-6, 0.9, 0.99, 1e-4};
    neural_optimizer *optimizer = nullptr;
    require(neural_lion_create(weights.get(), &options, &optimizer));
    step(state, optimizer);
}

void BM_ema(benchmark::State &state) {
    const Weights weights(state.range(0), NEURAL_DTYPE_F32);
    neural_ema *ema = nullptr;
    require(neural_ema_create(weights.get(), 0.999, &ema));
    for (auto _ : state) {
        require(neural_ema_update(ema));
    }
    neural_ema_destroy(ema);
    report(state);
}

// A norm above the limit every time: measured and scaled.
void BM_clip(benchmark::State &state) {
    const Weights weights(state.range(0), NEURAL_DTYPE_F32);
    double norm = 0;
    require(neural_clip_grad_norm(weights.get(), 1e30, &norm));
    for (auto _ : state) {
        norm *= 0.9999;
        require(neural_clip_grad_norm(weights.get(), norm, nullptr));
    }
    report(state);
}

void BM_zero_grad(benchmark::State &state) {
    const Weights weights(state.range(0), NEURAL_DTYPE_F32);
    for (auto _ : state) {
        require(neural_parameters_zero_grad(weights.get()));
    }
    report(state);
}

// The rate of one step: a warm-up and a cosine behind it.
void BM_schedule(benchmark::State &state) {
    neural_schedule_options warmup = {}, cosine = {};
    warmup.kind = NEURAL_SCHEDULE_LINEAR;
    warmup.period = 100;
    cosine.kind = NEURAL_SCHEDULE_COSINE;
    cosine.period = 10000;
    neural_schedule *parts[2], *schedule = nullptr;
    require(neural_schedule_create(&warmup, &parts[0]));
    require(neural_schedule_create(&cosine, &parts[1]));
    const int64_t start = 100;
    require(neural_schedule_sequence(parts, &start, 2, &schedule));
    int64_t t = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(neural_schedule_lr(schedule, 0.1, t++));
    }
    neural_schedule_destroy(schedule);
}

#define SIZES Arg(40000)->Arg(4000000)->Unit(benchmark::kMicrosecond)
BENCHMARK_CAPTURE(BM_sgd, f32, NEURAL_DTYPE_F32, 0)->SIZES;
BENCHMARK_CAPTURE(BM_sgd, nesterov_f32, NEURAL_DTYPE_F32, 0.9)->SIZES;
BENCHMARK_CAPTURE(BM_sgd, nesterov_f64, NEURAL_DTYPE_F64, 0.9)->SIZES;
BENCHMARK_CAPTURE(BM_adam, f32, NEURAL_DTYPE_F32, 0)->SIZES;
BENCHMARK_CAPTURE(BM_adam, f64, NEURAL_DTYPE_F64, 0)->SIZES;
BENCHMARK_CAPTURE(BM_adam, adamw_f32, NEURAL_DTYPE_F32, 1)->SIZES;
BENCHMARK_CAPTURE(BM_amsgrad, f32, NEURAL_DTYPE_F32)->SIZES;
BENCHMARK_CAPTURE(BM_rmsprop, f32, NEURAL_DTYPE_F32, 0)->SIZES;
BENCHMARK_CAPTURE(BM_rmsprop, centered_f32, NEURAL_DTYPE_F32, 0.9)->SIZES;
BENCHMARK_CAPTURE(BM_adagrad, f32, NEURAL_DTYPE_F32)->SIZES;
BENCHMARK_CAPTURE(BM_lion, f32, NEURAL_DTYPE_F32)->SIZES;
BENCHMARK(BM_ema)->SIZES;
BENCHMARK(BM_clip)->SIZES;
BENCHMARK(BM_zero_grad)->SIZES;
BENCHMARK(BM_schedule);

} // namespace

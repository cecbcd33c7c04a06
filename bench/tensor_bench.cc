/* core/tensor: what a tensor costs, elementwise ops in the forms of broadcasting, reductions and
 * copies, on one thread. `copy` of as many bytes is what the memory allows.
 *   bazel run //bench:tensor */
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "core/base/threads.h"
#include "core/tensor/activation.h"
#include "core/tensor/elementwise.h"
#include "core/tensor/parameter.h"
#include "core/tensor/reduce.h"
#include "core/tensor/shape.h"
#include "core/tensor/storage.h"
#include "core/tensor/unary.h"
#include "core/tensor/view.h"

namespace {

struct Release {
    void operator()(neural_tensor *tensor) const { neural_tensor_release(tensor); }
};
using Tensor = std::unique_ptr<neural_tensor, Release>;
using Dims = std::vector<int64_t>;

Tensor random_tensor(const Dims &dims, neural_dtype dtype) {
    neural_tensor *out = nullptr;
    if (neural_tensor_create(static_cast<int>(dims.size()), dims.data(), dtype, &out) ||
        neural_tensor_fill_uniform(out, 1, 0.5, 1.5)) {
        std::abort();
    }
    return Tensor(out);
}

void report(benchmark::State &state, double elements, double bytes) {
    using benchmark::Counter;
    state.counters["ns_per_element"] =
        Counter(elements * 1e-9, Counter::kIsIterationInvariantRate | Counter::kInvert);
    if (bytes > 0) {
        state.counters["gbps"] = Counter(bytes * 1e-9, Counter::kIsIterationInvariantRate);
    }
}

void create_release(benchmark::State &state) {
    const int64_t dims[] = {state.range(0)};
    for (auto _ : state) {
        neural_tensor *tensor = nullptr;
        neural_tensor_create(1, dims, NEURAL_DTYPE_F32, &tensor);
        benchmark::DoNotOptimize(tensor);
        neural_tensor_release(tensor);
    }
    report(state, 1, 0);
}
BENCHMARK(create_release)->Arg(4)->Arg(1000)->Arg(2000)->Arg(1 << 20);

void view_release(benchmark::State &state) {
    const Tensor base = random_tensor({64, 64}, NEURAL_DTYPE_F32);
    const int order[] = {1, 0};
    for (auto _ : state) {
        neural_tensor *view = nullptr;
        neural_tensor_permute(base.get(), order, &view);
        benchmark::DoNotOptimize(view);
        neural_tensor_release(view);
    }
    report(state, 1, 0);
}
BENCHMARK(view_release);

void run_op(benchmark::State &state, neural_op_infer *infer, neural_op_forward *forward,
            const std::vector<Tensor> &in, int64_t axis) {
    neural_set_num_threads(1);
    double bytes = 0, elements = 0;
    for (auto _ : state) {
        neural_op_call call = {};
        neural_shape shape;
        call.name = "bench";
        call.inputs = static_cast<int>(in.size());
        for (size_t i = 0; i < in.size(); i++) {
            call.in[i] = in[i].get();
        }
        call.attrs.integer[0] = axis;
        if (infer(&call, &shape) || neural_tensor_like_shape(&shape, in[0]->dtype, &call.out) ||
            forward(&call)) {
            state.SkipWithError(neural_last_error());
        }
        benchmark::DoNotOptimize(call.out->data);
        bytes = static_cast<double>(neural_tensor_bytes(call.out));
        elements = static_cast<double>(call.out->len);
        neural_tensor_release(call.out);
    }
    for (const Tensor &tensor : in) {
        bytes += static_cast<double>(neural_tensor_bytes(tensor.get()));
        elements = std::max(elements, static_cast<double>(tensor->len));
    }
    report(state, elements, bytes);
}

void add(benchmark::State &state, neural_dtype dtype, const Dims &left, const Dims &right) {
    std::vector<Tensor> in;
    in.push_back(random_tensor(left, dtype));
    in.push_back(random_tensor(right, dtype));
    run_op(state, neural_broadcast_infer, neural_add_forward, in, 0);
}

void reduce(benchmark::State &state, neural_op_forward *forward, neural_dtype dtype,
            const Dims &dims, int64_t axis) {
    std::vector<Tensor> in;
    in.push_back(random_tensor(dims, dtype));
    run_op(state, neural_reduce_infer, forward, in, axis);
}

void relu(benchmark::State &state, const Dims &dims) {
    std::vector<Tensor> in;
    in.push_back(random_tensor(dims, NEURAL_DTYPE_F32));
    run_op(state, neural_same_infer, neural_relu_forward, in, 0);
}

void exponential(benchmark::State &state, const Dims &dims) {
    std::vector<Tensor> in;
    in.push_back(random_tensor(dims, NEURAL_DTYPE_F32));
    run_op(state, neural_same_infer, neural_exp_forward, in, 0);
}

constexpr neural_dtype kF32 = NEURAL_DTYPE_F32, kF64 = NEURAL_DTYPE_F64;

BENCHMARK_CAPTURE(add, same_f32_32, kF32, {32}, {32});
BENCHMARK_CAPTURE(add, same_f32_64x64, kF32, {64, 64}, {64, 64});
BENCHMARK_CAPTURE(add, same_f32_1M, kF32, {1024, 1024}, {1024, 1024});
BENCHMARK_CAPTURE(add, same_f64_1M, kF64, {1024, 1024}, {1024, 1024});
BENCHMARK_CAPTURE(add, number_f32_1M, kF32, {1024, 1024}, {});
BENCHMARK_CAPTURE(add, row_f32_64x64, kF32, {64, 64}, {64});
BENCHMARK_CAPTURE(add, row_f32_64x10, kF32, {64, 10}, {10});
BENCHMARK_CAPTURE(add, row_f32_1M, kF32, {1024, 1024}, {1024});
BENCHMARK_CAPTURE(add, column_f32_64x10, kF32, {64, 10}, {64, 1});
BENCHMARK_CAPTURE(add, column_f32_1M, kF32, {1024, 1024}, {1024, 1});
BENCHMARK_CAPTURE(add, outer_f32_1M, kF32, {1, 1024}, {1024, 1});
BENCHMARK_CAPTURE(add, images_f32_1M, kF32, {16, 64, 32, 32}, {64, 1, 1});
BENCHMARK_CAPTURE(relu, f32_32, {32});
BENCHMARK_CAPTURE(relu, f32_64x256, {64, 256});
BENCHMARK_CAPTURE(exponential, f32_64x256, {64, 256});

BENCHMARK_CAPTURE(reduce, sum_f32_1000, neural_sum_forward, kF32, {1000}, NEURAL_REDUCE_ALL);
BENCHMARK_CAPTURE(reduce, sum_f32_1M, neural_sum_forward, kF32, {1024, 1024}, NEURAL_REDUCE_ALL);
BENCHMARK_CAPTURE(reduce, sum_f64_1M, neural_sum_forward, kF64, {1024, 1024}, NEURAL_REDUCE_ALL);
BENCHMARK_CAPTURE(reduce, sum_rows_f32_1M, neural_sum_forward, kF32, {1024, 1024}, 1);
BENCHMARK_CAPTURE(reduce, sum_rows_f32_100000x10, neural_sum_forward, kF32, {100000, 10}, 1);
BENCHMARK_CAPTURE(reduce, sum_columns_f32_1M, neural_sum_forward, kF32, {1024, 1024}, 0);
BENCHMARK_CAPTURE(reduce, sum_columns_f32_64x256, neural_sum_forward, kF32, {64, 256}, 0);
BENCHMARK_CAPTURE(reduce, sum_middle_f32_1M, neural_sum_forward, kF32, {64, 256, 64}, 1);
BENCHMARK_CAPTURE(reduce, max_f32_1M, neural_max_forward, kF32, {1024, 1024}, NEURAL_REDUCE_ALL);
BENCHMARK_CAPTURE(reduce, max_columns_f32_1M, neural_max_forward, kF32, {1024, 1024}, 0);

/* Contiguous, transposed, and every second element, into a contiguous tensor. */
void copy(benchmark::State &state) {
    const Tensor base = random_tensor({1024, 1024}, kF32), wide = random_tensor({1024, 2048}, kF32);
    const Tensor dst = random_tensor({1024, 1024}, kF32);
    const int order[] = {1, 0};
    neural_tensor *src = nullptr;
    switch (state.range(0)) {
    case 0:
        src = neural_tensor_retain(base.get());
        break;
    case 1:
        neural_tensor_permute(base.get(), order, &src);
        break;
    default:
        neural_tensor_slice(wide.get(), 1, 0, 1024, 2, &src);
        break;
    }
    for (auto _ : state) {
        neural_tensor_copy(dst.get(), src);
        benchmark::ClobberMemory();
    }
    report(state, 1 << 20, 8 << 20);
    neural_tensor_release(src);
}
BENCHMARK(copy)->Arg(0)->Arg(1)->Arg(2);

/* The gradient of a slice: zeros and a copy. */
void slice_backward(benchmark::State &state) {
    const Tensor dy = random_tensor({256, 512}, kF32), dx = random_tensor({256, 1024}, kF32);
    neural_op_call call = {};
    call.grad_out = dy.get();
    call.grad_in[0] = dx.get();
    const int64_t range[] = {1, 256, 512, 1};
    std::copy(range, range + 4, call.attrs.integer);
    for (auto _ : state) {
        neural_slice_backward(&call);
        benchmark::ClobberMemory();
    }
    report(state, 256 * 1024, 256 * 1024 * 4 * 2);
}
BENCHMARK(slice_backward);

void broadcast_shapes(benchmark::State &state) {
    const neural_shape lhs = {2, {64, 256}}, rhs = {1, {256}};
    neural_shape out;
    for (auto _ : state) {
        neural_shape_broadcast("bench", &lhs, &rhs, &out);
        benchmark::DoNotOptimize(out);
    }
    report(state, 1, 0);
}
BENCHMARK(broadcast_shapes);

/* All gradients of 20 parameters of 784 x 64, one pass. */
void zero_grad(benchmark::State &state) {
    std::vector<neural_parameter *> item(20);
    const int64_t dims[] = {784, 64};
    neural_parameters *flat = nullptr;
    for (neural_parameter *&one : item) {
        if (neural_parameter_create("weight", 2, dims, kF32, 0, &one)) {
            std::abort();
        }
    }
    if (neural_parameters_create(item.data(), 20, &flat)) {
        std::abort();
    }
    for (auto _ : state) {
        neural_parameters_zero_grad(flat);
        benchmark::ClobberMemory();
    }
    report(state, static_cast<double>(flat->len), static_cast<double>(4 * flat->len));
    neural_parameters_destroy(flat);
    for (neural_parameter *one : item) {
        neural_parameter_destroy(one);
    }
}
BENCHMARK(zero_grad);

} // namespace

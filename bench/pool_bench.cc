// Pooling of images, forward and backward, against PyTorch on the same shapes in one run.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/interleaved.h"
#include "bench/torch_peer.h"
#include "core/autograd/op_list.h"
#include "core/autograd/pool_ops.h"
#include "core/base/thread_count.h"
#include "core/tensor/storage.h"

namespace {

struct Row {
    const char *op; // its name in torch_ops.py
    neural_op_id id;
    std::vector<int64_t> dims, integer; // attrs.integer of core/tensor/pool.h
};

std::vector<int64_t> Window(int64_t size, int64_t stride, int64_t pad) {
    return {size, size, stride, stride, pad, pad, 1, 1, 0, 1};
}

const std::vector<Row> &Rows() {
    constexpr neural_op_id max = NEURAL_OP_ID_max_pool2d, avg = NEURAL_OP_ID_avg_pool2d,
                           adaptive = NEURAL_OP_ID_adaptive_avg_pool2d;
    static const std::vector<Row> rows = {
        {"max_pool_2x2_s2_p0", max, {32, 64, 32, 32}, Window(2, 2, 0)},
        {"max_pool_2x2_s2_p0", max, {64, 6, 28, 28}, Window(2, 2, 0)},
        {"max_pool_2x2_s2_p0", max, {64, 16, 10, 10}, Window(2, 2, 0)},
        {"max_pool_3x3_s2_p1", max, {8, 64, 112, 112}, Window(3, 2, 1)},
        {"max_pool_3x3_s1_p1", max, {32, 64, 32, 32}, Window(3, 1, 1)},
        {"max_pool_5x5_s1_p2", max, {8, 32, 28, 28}, Window(5, 1, 2)},
        {"avg_pool_2x2_s2_p0", avg, {32, 64, 32, 32}, Window(2, 2, 0)},
        {"avg_pool_3x3_s2_p1", avg, {32, 64, 32, 32}, Window(3, 2, 1)},
        {"avg_pool_3x3_s1_p1", avg, {32, 64, 32, 32}, Window(3, 1, 1)},
        {"adaptive_avg_pool_1", adaptive, {32, 512, 7, 7}, {1, 1}},
        {"adaptive_avg_pool_1", adaptive, {32, 64, 32, 32}, {1, 1}},
        {"adaptive_avg_pool_7", adaptive, {8, 64, 32, 32}, {7, 7}},
    };
    return rows;
}

neural_tensor *Uniform(const neural_shape &shape, neural_dtype dtype) {
    neural_tensor *tensor = nullptr;
    neural_tensor_like_shape(&shape, dtype, &tensor);
    neural_tensor_fill_uniform(tensor, 1, -4, 4);
    return tensor;
}

// The op as a call by hand, so that forward and backward can be repeated alone.
struct Case {
    const neural_op *op;
    neural_op_call call = {};

    Case(const Row &row, neural_dtype dtype) : op(&neural_op_list[row.id]) {
        neural_shape shape;
        neural_shape_make(static_cast<int>(row.dims.size()), row.dims.data(), &shape);
        call.name = op->name;
        call.inputs = 1;
        call.in[0] = Uniform(shape, dtype);
        std::copy(row.integer.begin(), row.integer.end(), call.attrs.integer);
        op->infer(&call, &shape);
        neural_tensor_like_shape(&shape, dtype, &call.out);
        op->forward(&call);
        call.grad_out = Uniform(shape, dtype);
        call.grad_in[0] = Uniform(call.in[0]->shape, dtype);
    }
    ~Case() {
        for (neural_tensor *tensor :
             {call.in[0], call.out, call.saved[0], call.grad_out, call.grad_in[0]}) {
            neural_tensor_release(tensor);
        }
    }
    void Forward() {
        neural_tensor_release(call.saved[0]);
        call.saved[0] = nullptr;
        op->forward(&call);
    }
};

void Run(benchmark::State &state, const Row &row, neural_dtype dtype, bool backward,
         const bench::Sampler &torch) {
    Case c(row, dtype);
    std::vector<bench::Sampler> contenders = {bench::Timed([&] {
        if (backward) {
            c.op->backward(&c.call);
        } else {
            c.Forward();
        }
    })};
    if (torch) contenders.push_back(torch);
    std::vector<double> seconds;
    for (auto _ : state) {
        seconds = bench::MedianOfSamples(contenders, 5e-3, 0.15);
        state.SetIterationTime(seconds[0]);
    }
    state.counters["ms"] = seconds[0] * 1e3;
    if (torch) {
        state.counters["torch"] = seconds[1] * 1e3;
        state.counters["ratio_best"] = seconds[1] / seconds[0];
    }
}

void Register(const Row &row, bench::TorchPeer *torch) {
    std::string shape;
    for (const int64_t side : row.dims) {
        shape += (shape.empty() ? "" : "x") + std::to_string(side);
    }
    for (const neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        for (const bool backward : {false, true}) {
            const std::string op = std::string(row.op) + (backward ? "_grad" : "");
            const std::string name = op + "_" + neural_dtype_name(dtype) + "/" + shape;
            benchmark::RegisterBenchmark(name.c_str(),
                                         [=](benchmark::State &state) {
                                             Run(state, row, dtype, backward,
                                                 torch->Find(op, neural_dtype_name(dtype), shape));
                                         })
                ->Iterations(1)
                ->UseManualTime();
        }
    }
}

} // namespace

int main(int argc, char **argv) {
    bench::TorchPeer torch;
    neural_set_num_threads(1);
    for (const Row &row : Rows()) {
        Register(row, &torch);
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

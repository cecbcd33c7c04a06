// Pooling of images, forward and backward, against PyTorch on the same shapes in one run.
#include <algorithm>
#include <string>
#include <vector>

#include "bench/op_call.h"
#include "core/autograd/pool_ops.h"
#include "core/base/thread_count.h"

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

struct Case : bench::OpCall {
    Case(const Row &row, neural_dtype dtype) : OpCall(row.id, 1) {
        neural_shape shape = bench::ShapeOf(row.dims);
        call.in[0] = bench::Uniform(shape, dtype, -4, 4);
        std::copy(row.integer.begin(), row.integer.end(), call.attrs.integer);
        op->infer(&call, &shape);
        neural_tensor_like_shape(&shape, dtype, &call.out);
        op->forward(&call);
        call.grad_out = bench::Uniform(shape, dtype, -4, 4);
        call.grad_in[0] = bench::Uniform(call.in[0]->shape, dtype, -4, 4);
    }
};

} // namespace

int main(int argc, char **argv) {
    bench::TorchPeer torch;
    neural_set_num_threads(1);
    for (const Row &row : Rows()) {
        bench::RegisterOpCall<Case>(row, row.op, bench::TextOf(row.dims), &torch);
    }
    return bench::RunOpCalls(argc, argv);
}

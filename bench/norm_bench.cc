// Normalizations as ops, forward and backward, against PyTorch in the same run, one thread:
//   bazel run -c opt //bench:norm -- --benchmark_filter='batch_norm_f32'
// A row is <op>_<dtype>/<shape>; backward computes the gradients of x, gamma and beta. Every call
// makes its results anew, as PyTorch's do.
#include <string>
#include <vector>

#include "bench/op_call.h"
#include "core/autograd/norm_ops.h"
#include "core/base/thread_count.h"

namespace {

constexpr double kEpsilon = 1e-5, kMomentum = 0.1;
constexpr int64_t kGroups = 8;

struct Row {
    std::string op; // its name in torch_ops.py
    neural_op_id id;
    int inputs;
    std::vector<int64_t> dims, integer; // attrs.integer of the op
    std::vector<double> scalar;
};

struct Case : bench::OpCall {
    Case(const Row &row, neural_dtype dtype) : OpCall(row.id, row.inputs) {
        renews = true;
        const neural_shape shape = bench::ShapeOf(row.dims);
        const bool by_row = row.id == NEURAL_OP_ID_layer_norm || row.id == NEURAL_OP_ID_rms_norm;
        const neural_shape of = bench::ShapeOf({by_row ? row.dims.back() : row.dims[1]});
        std::copy(row.integer.begin(), row.integer.end(), call.attrs.integer);
        std::copy(row.scalar.begin(), row.scalar.end(), call.attrs.scalar);
        for (int i = 0; i < row.inputs; i++) {
            call.in[i] = bench::Uniform(i ? of : shape, dtype, i ? 0.5 : -2, 2);
            if (i < 3) call.grad_in[i] = bench::Uniform(i ? of : shape, dtype, 0, 1);
        }
        call.out = bench::Uniform(shape, dtype, 0, 1);
        op->forward(&call);
        call.grad_out = bench::Uniform(shape, dtype, -2, 2);
    }
};

std::vector<Row> Rows() {
    std::vector<Row> rows;
    for (const std::vector<int64_t> &dims : std::vector<std::vector<int64_t>>{
             {32, 64, 32, 32}, {8, 64, 56, 56}, {32, 128, 8, 8}, {64, 256}, {1024, 512}}) {
        const auto add = [&](const char *op, int64_t training, int64_t relu) {
            rows.push_back(
                {op, NEURAL_OP_ID_batch_norm, 5, dims, {training, relu}, {kMomentum, kEpsilon}});
        };
        add("batch_norm", 1, 0);
        add("batch_norm_eval", 0, 0);
        add("batch_norm_relu", 1, 1);
    }
    for (const std::vector<int64_t> &dims :
         std::vector<std::vector<int64_t>>{{4096, 256}, {64, 512}}) {
        rows.push_back({"layer_norm", NEURAL_OP_ID_layer_norm, 3, dims, {1}, {kEpsilon}});
        rows.push_back({"rms_norm", NEURAL_OP_ID_rms_norm, 2, dims, {1}, {kEpsilon}});
    }
    for (const std::vector<int64_t> &dims :
         std::vector<std::vector<int64_t>>{{32, 64, 32, 32}, {8, 128, 16, 16}}) {
        rows.push_back({"group_norm", NEURAL_OP_ID_group_norm, 3, dims, {kGroups}, {kEpsilon}});
    }
    return rows;
}

} // namespace

int main(int argc, char **argv) {
    bench::TorchPeer torch;
    neural_set_num_threads(1);
    for (const Row &row : Rows()) {
        bench::RegisterOpCall<Case>(row, row.op, bench::TextOf(row.dims), &torch);
    }
    return bench::RunOpCalls(argc, argv);
}

// Lookup in a table of vectors and its gradient, against PyTorch on the same shapes in one run.
#include <string>
#include <vector>

#include "bench/op_call.h"
#include "core/base/thread_count.h"

namespace {

// The table, and how many rows are taken from it.
struct Row {
    int64_t rows, cols, taken;
};

constexpr Row kRows[] = {{1000, 16, 4096}, {10000, 64, 4096}, {10000, 256, 2048}, {300, 128, 8192}};

neural_tensor *Make(std::vector<int64_t> dims, neural_dtype dtype) {
    neural_tensor *tensor = nullptr;
    neural_tensor_full(static_cast<int>(dims.size()), dims.data(), dtype, 0.5, &tensor);
    return tensor;
}

struct Case : bench::OpCall {
    Case(const Row &row, neural_dtype dtype) : OpCall(NEURAL_OP_ID_embedding, 2) {
        call.attrs.integer[0] = -1;
        call.in[0] = Make({row.rows, row.cols}, dtype);
        call.in[1] = Make({row.taken}, NEURAL_DTYPE_I64);
        int64_t *index = static_cast<int64_t *>(neural_tensor_data(call.in[1]));
        uint64_t state = 1;
        for (int64_t i = 0; i < row.taken; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            index[i] = static_cast<int64_t>((state >> 33) % static_cast<uint64_t>(row.rows));
        }
        call.out = Make({row.taken, row.cols}, dtype);
        op->forward(&call);
        call.grad_out = Make({row.taken, row.cols}, dtype);
        call.grad_in[0] = Make({row.rows, row.cols}, dtype);
    }
};

} // namespace

int main(int argc, char **argv) {
    bench::TorchPeer torch;
    neural_set_num_threads(1);
    for (const Row &row : kRows) {
        const std::string shape = std::to_string(row.rows) + "x" + std::to_string(row.cols) + "x" +
                                  std::to_string(row.taken);
        bench::RegisterOpCall<Case>(row, "embedding", shape, &torch);
    }
    return bench::RunOpCalls(argc, argv);
}

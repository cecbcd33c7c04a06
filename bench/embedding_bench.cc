// Lookup in a table of vectors and its gradient, against PyTorch on the same shapes in one run.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/interleaved.h"
#include "bench/torch_peer.h"
#include "core/autograd/op_list.h"
#include "core/base/thread_count.h"
#include "core/tensor/storage.h"

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

// The op as a call by hand, so that forward and backward can be repeated alone.
struct Case {
    const neural_op *op = &neural_op_list[NEURAL_OP_ID_embedding];
    neural_op_call call = {};

    Case(const Row &row, neural_dtype dtype) {
        call.name = op->name;
        call.inputs = 2;
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
    ~Case() {
        for (neural_tensor *tensor :
             {call.in[0], call.in[1], call.out, call.saved[0], call.grad_out, call.grad_in[0]}) {
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

} // namespace

int main(int argc, char **argv) {
    bench::TorchPeer torch;
    neural_set_num_threads(1);
    for (const Row &row : kRows) {
        const std::string shape = std::to_string(row.rows) + "x" + std::to_string(row.cols) + "x" +
                                  std::to_string(row.taken);
        for (const neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
            for (const bool backward : {false, true}) {
                const std::string op = backward ? "embedding_grad" : "embedding";
                const std::string name = op + "_" + neural_dtype_name(dtype) + "/" + shape;
                benchmark::RegisterBenchmark(
                    name.c_str(),
                    [=, &torch](benchmark::State &state) {
                        Run(state, row, dtype, backward,
                            torch.Find(op, neural_dtype_name(dtype), shape));
                    })
                    ->Iterations(1)
                    ->UseManualTime();
            }
        }
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

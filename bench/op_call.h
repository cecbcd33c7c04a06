// An op of core/tensor called by hand, so that forward and backward are timed alone, beside
// PyTorch's op of the same meaning: ms per call, PyTorch's (`torch`), how many times faster we are.
#ifndef BENCH_OP_CALL_H_
#define BENCH_OP_CALL_H_

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/interleaved.h"
#include "bench/torch_peer.h"
#include "bench/torch_report.h"
#include "core/autograd/op_list.h"
#include "core/tensor/storage.h"

namespace bench {

// 32x64: how torch_ops.py writes it.
inline std::string TextOf(const std::vector<int64_t> &dims) {
    std::string text;
    for (const int64_t side : dims) {
        text += (text.empty() ? "" : "x") + std::to_string(side);
    }
    return text;
}

inline neural_shape ShapeOf(const std::vector<int64_t> &dims) {
    neural_shape shape;
    neural_shape_make(static_cast<int>(dims.size()), dims.data(), &shape);
    return shape;
}

inline neural_tensor *Uniform(const neural_shape &shape, neural_dtype dtype, double low,
                              double high) {
    neural_tensor *tensor = nullptr;
    neural_tensor_like_shape(&shape, dtype, &tensor);
    neural_tensor_fill_uniform(tensor, 1, low, high);
    return tensor;
}

// Owns every tensor of the call; who makes it fills in `call` and runs forward once. Where `renews`
// every call makes its results anew, like the PyTorch op that has no out=.
struct OpCall {
    const neural_op *op;
    neural_op_call call = {};
    bool renews = false;

    OpCall(neural_op_id id, int inputs) : op(&neural_op_list[id]) {
        call.name = op->name;
        call.inputs = inputs;
    }
    ~OpCall() {
        for (int i = 0; i < call.inputs; i++) {
            neural_tensor_release(call.in[i]);
            neural_tensor_release(call.grad_in[i]);
        }
        for (neural_tensor *tensor : {call.out, call.saved[0], call.grad_out}) {
            neural_tensor_release(tensor);
        }
    }
    OpCall(const OpCall &) = delete;
    OpCall &operator=(const OpCall &) = delete;

    static void Renew(neural_tensor **result) {
        const neural_tensor *old = *result;
        neural_tensor *fresh = nullptr;
        neural_tensor_like_shape(&old->shape, old->dtype, &fresh);
        neural_tensor_release(*result);
        *result = fresh;
    }

    void Run(bool backward) {
        for (int i = 0; renews && backward && i < call.inputs; i++) {
            if (call.grad_in[i]) Renew(&call.grad_in[i]);
        }
        if (backward) {
            op->backward(&call);
            return;
        }
        if (renews) Renew(&call.out);
        neural_tensor_release(call.saved[0]);
        call.saved[0] = nullptr;
        op->forward(&call);
    }
};

inline void MeasureOpCall(benchmark::State &state, OpCall *call, bool backward,
                          const Sampler &torch) {
    std::vector<Sampler> contenders = {Timed([&] { call->Run(backward); })};
    if (torch) contenders.push_back(torch);
    std::vector<double> seconds;
    for (auto _ : state) {
        seconds = MedianOfSamples(contenders, 5e-3, 0.15);
        state.SetIterationTime(seconds[0]);
    }
    ReportBesideTorch(state, "ms", 1e3, seconds);
}

// Registers <op>_<dtype>/<shape> and <op>_grad_<dtype>/<shape> in f32 and f64. Case is an OpCall
// made from a row and a dtype; `op` and `shape` are what torch_ops.py knows them by.
template <class Case, class Row>
void RegisterOpCall(const Row &row, const std::string &op, const std::string &shape,
                    TorchPeer *torch) {
    for (const neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        for (const bool backward : {false, true}) {
            const std::string asked = op + (backward ? "_grad" : "");
            const std::string name = asked + "_" + neural_dtype_name(dtype) + "/" + shape;
            benchmark::RegisterBenchmark(
                name.c_str(),
                [=](benchmark::State &state) {
                    Case c(row, dtype);
                    MeasureOpCall(state, &c, backward,
                                  torch->Find(asked, neural_dtype_name(dtype), shape));
                })
                ->Iterations(1)
                ->UseManualTime();
        }
    }
}

// The main of such a bench after its rows were registered.
inline int RunOpCalls(int argc, char **argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    PrintTorchRatios();
    return 0;
}

} // namespace bench

#endif // BENCH_OP_CALL_H_

// What the tape costs: per op, per node, and for whole training steps of small nets. Four elements
// per tensor leave the bookkeeping alone on the clock.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <benchmark/benchmark.h>

#include "core/asm/kernel_table.h"
#include "core/autograd/gradcheck.h"
#include "core/autograd/op_registry.h"
#include "core/autograd/ops.h"
#include "core/autograd/tape.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/parameter.h"
#include "core/tensor/storage.h"

namespace {

void require(neural_status status) {
    if (status) {
        fprintf(stderr, "%s\n", neural_last_error());
        exit(1);
    }
}

neural_tensor *uniform(const std::vector<int64_t> &dims, uint64_t seed) {
    neural_tensor *tensor = nullptr;
    require(neural_tensor_create(static_cast<int>(dims.size()), dims.data(), NEURAL_DTYPE_F32,
                                 &tensor));
    require(neural_tensor_fill_uniform(tensor, seed, 0.1, 0.9));
    return tensor;
}

// One op on four elements; the argument says whether it is recorded.
void BM_op(benchmark::State &state, const char *name) {
    require(neural_set_num_threads(1));
    const neural_op *op = neural_op_find(name);
    neural_tensor *inputs[] = {uniform({2, 2}, 1), uniform({2, 2}, 2), uniform({2}, 3)};
    require(neural_tensor_set_requires_grad(inputs[0], static_cast<int>(state.range(0))));
    for (auto _ : state) {
        neural_tensor *out = nullptr;
        require(neural_op_apply(op, inputs, nullptr, &out));
        neural_tensor_release(out);
    }
    for (neural_tensor *tensor : inputs) {
        neural_tensor_release(tensor);
    }
}

// A chain of nodes, forward and backward timed apart: "op_ns" and "node_ns" per node.
void BM_chain(benchmark::State &state, const char *name) {
    require(neural_set_num_threads(1));
    const neural_op *op = neural_op_find(name);
    const int64_t len = state.range(0);
    neural_tensor *x = uniform({4}, 1), *other = uniform({4}, 2), *grad = uniform({4}, 3);
    require(neural_tensor_set_requires_grad(x, 1));
    double forward = 0, backward = 0;
    for (auto _ : state) {
        const auto begin = std::chrono::steady_clock::now();
        neural_tensor *y = neural_tensor_retain(x);
        for (int64_t i = 0; i < len; i++) {
            neural_tensor *inputs[] = {y, other}, *out = nullptr;
            require(neural_op_apply(op, inputs, nullptr, &out));
            neural_tensor_release(y);
            y = out;
        }
        const auto middle = std::chrono::steady_clock::now();
        require(neural_backward(y, grad, 0));
        neural_tensor_release(y);
        const auto end = std::chrono::steady_clock::now();
        forward += std::chrono::duration<double, std::nano>(middle - begin).count();
        backward += std::chrono::duration<double, std::nano>(end - middle).count();
    }
    const double nodes = static_cast<double>(len) * static_cast<double>(state.iterations());
    state.counters["op_ns"] = forward / nodes;
    state.counters["node_ns"] = backward / nodes;
    for (neural_tensor *tensor : {x, other, grad}) {
        neural_tensor_release(tensor);
    }
}

// Linear layers with relu between them on flat parameters.
class Mlp {
  public:
    explicit Mlp(const std::vector<int64_t> &widths) {
        for (size_t i = 0; i + 1 < widths.size(); i++) {
            add("weight", {widths[i + 1], widths[i]});
            add("bias", {widths[i + 1]});
        }
        require(neural_parameters_create(items_.data(), static_cast<int>(items_.size()), &flat_));
        for (neural_tensor **state : {&exp_avg_, &exp_avg_sq_}) {
            require(neural_tensor_zeros(1, &flat_->len, NEURAL_DTYPE_F32, state));
        }
    }
    ~Mlp() {
        neural_parameters_destroy(flat_);
        for (neural_parameter *item : items_) {
            neural_parameter_destroy(item);
        }
        neural_tensor_release(exp_avg_);
        neural_tensor_release(exp_avg_sq_);
    }
    neural_tensor *forward(neural_tensor *x) const {
        neural_tensor *h = neural_tensor_retain(x);
        for (size_t i = 0; i < items_.size(); i += 2) {
            const auto layer = i + 2 < items_.size() ? neural_linear_relu : neural_linear;
            neural_tensor *out = nullptr;
            require(layer(h, items_[i]->value, items_[i + 1]->value, &out));
            neural_tensor_release(h);
            h = out;
        }
        return h;
    }
    void update() const {
        const neural_adam_args args = {1e-3, 0.9, 0.999, 1e-8, 0, 1e-3, 1, 0, 0};
        neural_kernels()->adam_f32(neural_tensor_f32(flat_->values),
                                   neural_tensor_f32(flat_->grads), neural_tensor_f32(exp_avg_),
                                   neural_tensor_f32(exp_avg_sq_), flat_->len, &args);
        require(neural_parameters_zero_grad(flat_));
    }

  private:
    void add(const char *name, const std::vector<int64_t> &dims) {
        neural_parameter *item = nullptr;
        require(neural_parameter_create(name, static_cast<int>(dims.size()), dims.data(),
                                        NEURAL_DTYPE_F32, 0, &item));
        require(neural_tensor_fill_uniform(item->value, items_.size(), -0.3, 0.3));
        items_.push_back(item);
    }
    std::vector<neural_parameter *> items_;
    neural_parameters *flat_ = nullptr;
    neural_tensor *exp_avg_ = nullptr, *exp_avg_sq_ = nullptr;
};

// Forward, loss, backward and Adam of one batch.
void BM_mlp_step(benchmark::State &state, const std::vector<int64_t> &widths, int64_t batch,
                 bool classes) {
    require(neural_set_num_threads(1));
    const Mlp net(widths);
    neural_tensor *x = uniform({batch, widths.front()}, 7), *target = nullptr;
    if (classes) {
        require(neural_tensor_zeros(1, &batch, NEURAL_DTYPE_I64, &target));
    } else {
        target = uniform({batch, widths.back()}, 8);
    }
    int64_t allocations = 0;
    for (auto _ : state) {
        const int64_t before = neural_alloc_count();
        neural_tensor *y = net.forward(x), *loss = nullptr;
        require((classes ? neural_cross_entropy_loss : neural_mse_loss)(y, target, &loss));
        neural_tensor_release(y);
        require(neural_backward(loss, nullptr, 0));
        neural_tensor_release(loss);
        net.update();
        allocations = neural_alloc_count() - before;
    }
    state.counters["allocations"] = static_cast<double>(allocations); // of the last step
    neural_tensor_release(x);
    neural_tensor_release(target);
}

// The gradient check of every op, as `neural test` runs it.
void BM_gradcheck_ops(benchmark::State &state) {
    require(neural_set_num_threads(1));
    for (auto _ : state) {
        require(neural_gradcheck_ops(nullptr, nullptr));
    }
}

BENCHMARK_CAPTURE(BM_op, add, "add")->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(BM_op, relu, "relu")->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(BM_op, matmul, "matmul")->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(BM_op, linear, "linear")->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(BM_op, softmax, "softmax")->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(BM_op, dropout, "dropout")->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(BM_op, mse_loss, "mse_loss")->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(BM_op, bce_with_logits_loss, "bce_with_logits_loss")->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(BM_chain, relu, "relu")->Arg(1000);
BENCHMARK_CAPTURE(BM_chain, add, "add")->Arg(1000);
BENCHMARK_CAPTURE(BM_chain, mul, "mul")->Arg(1000);
BENCHMARK_CAPTURE(BM_mlp_step, 2_8_1_batch_4, std::vector<int64_t>{2, 8, 1}, 4, false);
BENCHMARK_CAPTURE(BM_mlp_step, 11_64_32_6_batch_32, std::vector<int64_t>{11, 64, 32, 6}, 32, true);
BENCHMARK_CAPTURE(BM_mlp_step, 784_256_128_10_batch_64, std::vector<int64_t>{784, 256, 128, 10}, 64,
                  true)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_gradcheck_ops)->Unit(benchmark::kMillisecond);

} // namespace

// 3x3 convolutions by minimal filtering beside the other drivers, on the shapes that decide which
// of the two is chosen: milliseconds, those of the other drivers (`direct`), how many times faster
// it is (`gain`), and whether it is what the shape chooses (`chosen`). forward, or the gradients.
//   bazel run -c opt //bench:conv2d_winograd -- --benchmark_filter=f32
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/interleaved.h"
#include "core/base/threads.h"
#include "core/tensor/conv2d.h"
#include "core/tensor/conv2d_winograd.h"
#include "core/tensor/storage.h"

namespace {

struct Row {
    int64_t batch, channels, size, filters;
};

const Row kRows[] = {
    {32, 16, 16, 32},  {32, 32, 32, 32},  {32, 64, 16, 64}, {8, 64, 56, 64},  {8, 128, 28, 128},
    {8, 256, 14, 256}, {32, 4, 32, 16},   {32, 16, 32, 4},  {32, 8, 32, 8},   {32, 8, 32, 64},
    {32, 8, 32, 16},   {32, 16, 32, 8},   {32, 12, 32, 12}, {32, 8, 16, 16},  {1, 16, 32, 16},
    {1, 64, 16, 64},   {64, 64, 1, 64},   {64, 64, 2, 64},  {64, 64, 3, 64},  {64, 64, 5, 64},
    {1, 128, 4, 128},  {1, 128, 8, 128},  {1, 256, 7, 256}, {8, 256, 7, 256}, {1, 512, 7, 512},
    {8, 512, 7, 512},  {1, 512, 14, 512},
};

struct Tensors {
    neural_op_call call = {};
    std::vector<neural_tensor *> all;

    Tensors(const Row &row, neural_dtype dtype, const std::string &pass) {
        call.inputs = 3;
        call.in[0] = add({row.batch, row.channels, row.size, row.size}, dtype);
        call.in[1] = add({row.filters, row.channels, 3, 3}, dtype);
        call.out = add({row.batch, row.filters, row.size, row.size}, dtype);
        const int64_t integers[] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
        std::copy(std::begin(integers), std::end(integers), call.attrs.integer);
        if (pass != "forward") {
            call.grad_out = add({row.batch, row.filters, row.size, row.size}, dtype);
            if (pass == "backward") {
                call.grad_in[0] = add({row.batch, row.channels, row.size, row.size}, dtype);
            }
            call.grad_in[1] = add({row.filters, row.channels, 3, 3}, dtype);
        }
    }
    ~Tensors() {
        for (neural_tensor *tensor : all)
            neural_tensor_release(tensor);
    }
    Tensors(const Tensors &) = delete;
    Tensors &operator=(const Tensors &) = delete;

  private:
    neural_tensor *add(const std::vector<int64_t> &dims, neural_dtype dtype) {
        neural_tensor *tensor = nullptr;
        if (neural_tensor_create(static_cast<int>(dims.size()), dims.data(), dtype, &tensor) ||
            neural_tensor_fill_uniform(tensor, 1, -1, 1)) {
            std::abort();
        }
        all.push_back(tensor);
        return tensor;
    }
};

bool IsChosen(const neural_op_call &call, const std::string &pass) {
    const int64_t *x = call.in[0]->shape.dim, *y = call.out->shape.dim;
    neural_conv_geometry g = {};
    g.groups = g.stride_h = g.stride_w = g.dilation_h = g.dilation_w = 1;
    g.kernel_h = g.kernel_w = 3;
    g.batch = x[0];
    g.channels = x[1];
    g.filters = y[1];
    g.out_h = y[2];
    g.out_w = y[3];
    neural_winograd_assume(NEURAL_WINOGRAD_BY_SHAPE);
    return pass == "weight" ? neural_winograd_wins_weight(&g) : neural_winograd_wins(&g);
}

void Run(benchmark::State &state, const Row &row, neural_dtype dtype, const std::string &pass) {
    Tensors tensors(row, dtype, pass);
    const auto by = [&](neural_winograd_choice choice) {
        return bench::Timed([&tensors, &pass, choice] {
            neural_winograd_assume(choice);
            if ((pass == "forward" ? neural_conv2d_forward
                                   : neural_conv2d_backward)(&tensors.call)) {
                std::abort();
            }
        });
    };
    std::vector<double> seconds;
    for (auto _ : state) {
        seconds = bench::MedianOfSamples({by(NEURAL_WINOGRAD_ALWAYS), by(NEURAL_WINOGRAD_NEVER)},
                                         2e-3, 0.1);
        state.SetIterationTime(seconds[0]);
    }
    state.counters["direct"] = seconds[1] * 1e3;
    state.counters["gain"] = seconds[1] / seconds[0];
    state.counters["chosen"] = IsChosen(tensors.call, pass);
}

} // namespace

int main(int argc, char **argv) {
    if (neural_set_num_threads(1)) return 1;
    for (const neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        for (const Row &row : kRows) {
            for (const std::string pass : {"forward", "backward", "weight"}) {
                const std::string size = std::to_string(row.size);
                const std::string name = std::string(neural_dtype_name(dtype)) + "/" +
                                         std::to_string(row.batch) + "," +
                                         std::to_string(row.channels) + "," + size + "x" + size +
                                         "-" + std::to_string(row.filters) + "/" + pass;
                benchmark::RegisterBenchmark(
                    name.c_str(),
                    [&row, dtype, pass](auto &state) { Run(state, row, dtype, pass); })
                    ->Iterations(1)
                    ->UseManualTime()
                    ->Unit(benchmark::kMillisecond);
            }
        }
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

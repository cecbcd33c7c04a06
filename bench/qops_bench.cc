// Operations on 8-bit tensors, one thread.
//
// conv/<layer>: a convolution with relu in 8 bits beside our own in f32 (`f32_ms`, `ratio_f32`: how
// many times faster 8 bits are), GOP/s and their fraction of this core's f32 peak. The rest: bytes
// read and written per second beside a copy of as many bytes (`copy_gbps`).
//   bazel run -c opt //bench:qops
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "bench/interleaved.h"
#include "bench/peak.h"
#include "core/asm/cpu.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/conv2d.h"
#include "core/tensor/qconv2d.h"
#include "core/tensor/qpool.h"
#include "core/tensor/storage.h"

namespace {

struct Layer {
    const char *name;
    int64_t batch, channels, size, filters, kernel, stride, pad, groups;

    int64_t out() const { return (size + 2 * pad - kernel) / stride + 1; }
    double operations() const {
        return 2.0 * static_cast<double>(batch * filters * out() * out() * channels / groups) *
               static_cast<double>(kernel * kernel);
    }
};

const Layer kLayers[] = {
    // configs/fashion_mnist_convnet.ini
    {"1x28_32", 64, 1, 28, 32, 3, 1, 1, 1},
    {"32x14_64", 64, 32, 14, 64, 3, 1, 1, 1},
    {"64x14_64", 64, 64, 14, 64, 3, 1, 1, 1},
    {"64x7_128", 64, 64, 7, 128, 3, 1, 1, 1},
    // others
    {"3x32_16", 32, 3, 32, 16, 3, 1, 1, 1},
    {"64x56_64", 8, 64, 56, 64, 3, 1, 1, 1},
    {"64x56_64_1x1", 8, 64, 56, 64, 1, 1, 0, 1},
    {"128x28_128_s2", 8, 128, 28, 128, 3, 2, 1, 1},
    {"64x56_depthwise", 8, 64, 56, 64, 3, 1, 1, 64},
    {"128x28_depthwise_5x5", 8, 128, 28, 128, 5, 1, 2, 128},
};

neural_tensor *Filled(std::initializer_list<int64_t> dims) {
    neural_tensor *tensor = nullptr;
    const std::vector<int64_t> all(dims);
    if (neural_tensor_create(static_cast<int>(all.size()), all.data(), NEURAL_DTYPE_F32, &tensor) ||
        neural_tensor_fill_uniform(tensor, 1, -1, 1)) {
        std::abort();
    }
    return tensor;
}

// The f32 op, by hand.
class FloatCall {
  public:
    explicit FloatCall(const Layer &layer) {
        call_.name = "conv2d";
        call_.inputs = 3;
        call_.in[0] = Filled({layer.batch, layer.channels, layer.size, layer.size});
        call_.in[1] =
            Filled({layer.filters, layer.channels / layer.groups, layer.kernel, layer.kernel});
        call_.in[2] = Filled({layer.filters});
        const int64_t integers[] = {layer.stride,
                                    layer.stride,
                                    layer.pad,
                                    layer.pad,
                                    layer.pad,
                                    layer.pad,
                                    1,
                                    1,
                                    layer.groups,
                                    1};
        std::copy(std::begin(integers), std::end(integers), call_.attrs.integer);
        call_.out = Filled({layer.batch, layer.filters, layer.out(), layer.out()});
    }
    ~FloatCall() {
        for (int i = 0; i < 3; i++)
            neural_tensor_release(call_.in[i]);
        neural_tensor_release(call_.out);
    }
    FloatCall(const FloatCall &) = delete;
    FloatCall &operator=(const FloatCall &) = delete;

    void Run() { neural_conv2d_forward(&call_); }

  private:
    neural_op_call call_ = {};
};

std::vector<uint8_t> Bytes(int64_t len) {
    std::mt19937 random(1);
    std::vector<uint8_t> bytes(static_cast<size_t>(len));
    for (uint8_t &byte : bytes)
        byte = static_cast<uint8_t>(random());
    return bytes;
}

class ByteCall {
  public:
    explicit ByteCall(const Layer &layer) : layer_(layer) {
        const std::vector<uint8_t> weight =
            Bytes(layer.filters * layer.channels / layer.groups * layer.kernel * layer.kernel);
        const std::vector<float> scales(static_cast<size_t>(layer.filters), 1e-3f);
        const std::vector<int32_t> bias(static_cast<size_t>(layer.filters), 100);
        neural_qconv2d_options of = {};
        of.channels = layer.channels;
        of.filters = layer.filters;
        of.groups = layer.groups;
        for (int side = 0; side < 2; side++) {
            of.kernel[side] = layer.kernel;
            of.stride[side] = layer.stride;
            of.dilation[side] = 1;
            of.pad[side] = of.pad[side + 2] = layer.pad;
        }
        of.weight = reinterpret_cast<const int8_t *>(weight.data());
        of.scales = scales.data();
        of.bias = bias.data();
        of.x_zero_point = 3;
        of.output = NEURAL_QGEMM_U8;
        of.y_zero_point = 5;
        of.relu = 1;
        if (neural_qconv2d_create(&of, &conv_)) std::abort();
        x_ = Bytes(layer.batch * layer.size * layer.size * layer.channels);
        y_ = Bytes(layer.batch * layer.out() * layer.out() * layer.filters);
    }
    ~ByteCall() { neural_qconv2d_destroy(conv_); }
    ByteCall(const ByteCall &) = delete;
    ByteCall &operator=(const ByteCall &) = delete;

    void Run() {
        neural_qconv2d_run(conv_, layer_.batch, layer_.size, layer_.size, x_.data(), y_.data());
    }

  private:
    Layer layer_;
    neural_qconv2d *conv_ = nullptr;
    std::vector<uint8_t> x_, y_;
};

void MeasureLayer(benchmark::State &state, const Layer &layer) {
    constexpr int64_t kPeakSteps = 4000;
    const neural_isa isa = neural_isa_active();
    ByteCall ours(layer);
    FloatCall reals(layer);
    std::vector<double> seconds;
    for (auto _ : state) {
        seconds = bench::MedianSeconds({[&] { ours.Run(); }, [&] { reals.Run(); },
                                        [&] { bench_peak_run(isa, 0, kPeakSteps); }},
                                       1e-3, 0.3);
        state.SetIterationTime(seconds[0]);
    }
    const double rate = layer.operations() / seconds[0] * 1e-9;
    const double flops = static_cast<double>(kPeakSteps * bench_peak_flops(isa, 0));
    state.counters["gflops"] = rate;
    state.counters["peak_fraction"] = rate / (flops / seconds[2] * 1e-9);
    state.counters["ms"] = seconds[0] * 1e3;
    state.counters["f32_ms"] = seconds[1] * 1e3;
    state.counters["ratio_f32"] = seconds[1] / seconds[0];
}

// Memory as tensors have it, huge pages included.
template <typename T> class Memory {
  public:
    explicit Memory(int64_t len)
        : data_(static_cast<T *>(neural_alloc(static_cast<size_t>(len) * sizeof(T)))) {
        for (int64_t i = 0; i < len; i++)
            data_[i] = static_cast<T>(i * 7 % 255);
    }
    ~Memory() { neural_free(data_); }
    Memory(const Memory &) = delete;
    Memory &operator=(const Memory &) = delete;
    T *data() { return data_; }

  private:
    T *data_;
};

// `bytes` is what an operation reads and writes.
void RegisterMoves(const std::string &name, int64_t bytes, std::function<void()> run) {
    benchmark::RegisterBenchmark(
        name.c_str(),
        [=](benchmark::State &state) {
            Memory<char> from(bytes / 2), to(bytes / 2);
            std::vector<double> seconds;
            for (auto _ : state) {
                seconds = bench::MedianSeconds(
                    {run,
                     [&] { std::memcpy(to.data(), from.data(), static_cast<size_t>(bytes / 2)); }},
                    500e-6, 0.1);
                state.SetIterationTime(seconds[0]);
            }
            state.counters["gbps"] = static_cast<double>(bytes) / seconds[0] * 1e-9;
            state.counters["copy_gbps"] = static_cast<double>(bytes) / seconds[1] * 1e-9;
        })
        ->Iterations(1)
        ->UseManualTime();
}

// Images [n, c, plane] of activations, which all operations share.
struct Images {
    int64_t n, c, side;
    Memory<float> reals;
    Memory<uint8_t> bytes, others, result, table{256};

    Images(int64_t images, int64_t channels, int64_t size)
        : n(images), c(channels), side(size), reals(len()), bytes(len()), others(len()),
          result(len()) {}
    int64_t len() const { return n * c * side * side; }
    std::string text() const {
        return std::to_string(n) + "x" + std::to_string(c) + "x" + std::to_string(side);
    }
};

const neural_qformat kA = {0.02f, 10, 0}, kB = {0.03f, 128, 0}, kY = {0.04f, 30, 0};

neural_qpool_args PoolOf(Images *i) {
    return {i->n, i->side, i->side,         i->c, {2, 2},           {2, 2}, {0, 0}, {1, 1},
            0,    0,       i->bytes.data(), kA,   i->result.data(), kY};
}

void RegisterImages(Images *i) {
    const int64_t plane = i->side * i->side, len = i->len();
    RegisterMoves("quantize/" + i->text(), 5 * len, [=] {
        neural_quantize_nhwc(i->reals.data(), i->n, i->c, plane, &kA, i->result.data());
    });
    RegisterMoves("dequantize/" + i->text(), 5 * len, [=] {
        neural_dequantize_nchw(i->bytes.data(), i->n, i->c, plane, &kA, i->reals.data());
    });
    RegisterMoves("add/" + i->text(), 3 * len, [=] {
        const neural_qadd_args args = {
            len, i->bytes.data(), i->others.data(), kA, kB, i->result.data(), kY, 1};
        neural_qadd(&args);
    });
    RegisterMoves("lookup/" + i->text(), 2 * len,
                  [=] { neural_qlookup(i->bytes.data(), len, i->table.data(), i->result.data()); });
    RegisterMoves("concat/" + i->text(), 2 * len, [=] {
        const neural_qconcat_part part = {i->bytes.data(), i->c, kA};
        neural_qconcat(&part, 1, i->n * plane, &kY, i->result.data());
    });
    if (i->side == 1) return;
    RegisterMoves("max_pool/" + i->text(), len + len / 4, [=] {
        const neural_qpool_args args = PoolOf(i);
        neural_qmax_pool2d(&args);
    });
    RegisterMoves("avg_pool/" + i->text(), len + len / 4, [=] {
        const neural_qpool_args args = PoolOf(i);
        neural_qavg_pool2d(&args);
    });
    RegisterMoves("global_avg_pool/" + i->text(), len, [=] {
        const neural_qpool_args args = PoolOf(i);
        neural_qadaptive_avg_pool2d(&args, 1, 1);
    });
}

} // namespace

int main(int argc, char **argv) {
    neural_set_num_threads(1);
    for (const Layer &layer : kLayers) {
        benchmark::RegisterBenchmark((std::string("conv/") + layer.name).c_str(),
                                     [=](benchmark::State &state) { MeasureLayer(state, layer); })
            ->Iterations(1)
            ->UseManualTime();
    }
    Images flat(64, 784, 1), long_rows(64, 200704, 1), small(64, 32, 28), large(64, 64, 56);
    for (Images *images : {&flat, &long_rows, &small, &large})
        RegisterImages(images);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

// quant: passes over numbers as calibration and conversion make them, beside PyTorch's
// quantize_per_tensor and observers on the same numbers in one run.
//   bazel run //bench:quant
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/interleaved.h"
#include "bench/torch_peer.h"
#include "bench/torch_report.h"
#include "core/autograd/quant_ops.h"
#include "core/base/thread_count.h"
#include "core/tensor/tensor.h"
#include "quant/observer.h"
#include "quant/quantize.h"

namespace {

constexpr int64_t kRows = 1000, kCols = 1000, kLen = kRows * kCols;

void Require(neural_status status) {
    if (status) {
        std::fprintf(stderr, "%s\n", neural_last_error());
        std::exit(1);
    }
}

// A million normal numbers, their grids and their bytes.
struct Numbers {
    Numbers() {
        const int64_t dims[] = {kRows, kCols};
        Require(neural_tensor_create(2, dims, NEURAL_DTYPE_F32, &values));
        Require(neural_tensor_fill_normal(values, 1, 0.3, 1));
        Require(neural_quant_params_choose(-4, 4.6, NEURAL_QUANT_U8_AFFINE, &grid));
        Require(
            neural_quant_calibrate_channels(values, 0, NEURAL_QUANT_S8_SYMMETRIC, channels.data()));
        Require(neural_quantize(data(), NEURAL_DTYPE_F32, kLen, &grid, bytes.data()));
    }
    const float *data() const { return static_cast<const float *>(neural_tensor_data(values)); }

    neural_tensor *values = nullptr;
    neural_quant_params grid = {};
    std::vector<neural_quant_params> channels = std::vector<neural_quant_params>(kRows);
    std::vector<uint8_t> bytes = std::vector<uint8_t>(kLen);
    std::vector<float> back = std::vector<float>(kLen);
};

struct Row {
    std::string name;
    std::function<void(Numbers &)> call;
};

void Observe(Numbers &numbers, neural_observer_kind kind) {
    neural_observer_options options = {};
    options.kind = kind;
    options.scheme = NEURAL_QUANT_U8_AFFINE;
    neural_observer *observer = nullptr;
    neural_quant_params grid;
    Require(neural_observer_create(&options, &observer));
    Require(neural_observer_observe(observer, numbers.values));
    Require(neural_observer_params(observer, &grid));
    neural_observer_destroy(observer);
}

std::vector<Row> Rows() {
    std::vector<Row> rows = {
        {"quantize_per_tensor",
         [](Numbers &x) {
             Require(neural_quantize(x.data(), NEURAL_DTYPE_F32, kLen, &x.grid, x.bytes.data()));
         }},
        {"dequantize",
         [](Numbers &x) {
             Require(
                 neural_dequantize(x.bytes.data(), kLen, &x.grid, x.back.data(), NEURAL_DTYPE_F32));
         }},
        {"fake_quant",
         [](Numbers &x) {
             neural_tensor *out = nullptr;
             Require(neural_fake_quant(x.values, x.grid.min, x.grid.max, &out));
             neural_tensor_release(out);
         }},
        {"fake_quant_channels",
         [](Numbers &x) {
             neural_tensor *out = nullptr;
             Require(neural_fake_quant_channels(x.values, 0, &out));
             neural_tensor_release(out);
         }},
        {"quantize_per_channel",
         [](Numbers &x) {
             neural_tensor *out = nullptr;
             Require(neural_quantize_tensor(x.values, x.channels.data(), kRows, 0, &out));
             neural_tensor_release(out);
         }},
        {"calibrate_channels",
         [](Numbers &x) {
             Require(neural_quant_calibrate_channels(x.values, 0, NEURAL_QUANT_S8_SYMMETRIC,
                                                     x.channels.data()));
         }},
        {"calibrate_percentile",
         [](Numbers &x) {
             Require(neural_quant_calibrate_percentile(x.data(), NEURAL_DTYPE_F32, kLen, 0.001,
                                                       NEURAL_QUANT_U8_AFFINE, &x.grid));
         }},
        {"snr",
         [](Numbers &x) {
             double snr;
             Require(neural_quantization_snr(x.data(), NEURAL_DTYPE_F32, kLen, &x.grid, &snr));
         }},
    };
    for (int i = 0; i < 6; i++) {
        const auto kind = static_cast<neural_observer_kind>(i);
        if (kind == NEURAL_OBSERVER_CHANNELS) continue;
        rows.push_back({std::string("observe_") + neural_observer_kind_name(kind),
                        [kind](Numbers &x) { Observe(x, kind); }});
    }
    return rows;
}

void Measure(benchmark::State &state, const Row &row, bench::TorchPeer *torch) {
    Numbers numbers;
    std::vector<bench::Sampler> contenders = {bench::Timed([&] { row.call(numbers); })};
    if (const bench::Sampler peer = torch->Find("quant_" + row.name, "f32", "1000x1000")) {
        contenders.push_back(peer);
    }
    std::vector<double> seconds;
    for (auto _ : state) {
        seconds = bench::MedianOfSamples(contenders, 5e-3, 0.15);
        state.SetIterationTime(seconds[0]);
    }
    bench::ReportBesideTorch(state, "ns_per_element", 1e9 / static_cast<double>(kLen), seconds);
    neural_tensor_release(numbers.values);
}

} // namespace

int main(int argc, char **argv) {
    bench::TorchPeer torch;
    neural_set_num_threads(1);
    for (const Row &row : Rows()) {
        benchmark::RegisterBenchmark(row.name.c_str(), Measure, row, &torch)
            ->Iterations(1)
            ->UseManualTime();
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    bench::PrintTorchRatios();
    return 0;
}

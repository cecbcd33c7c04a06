// bf16 GEMM with f32 results against oneDNN's and PyTorch's (whose result is bf16), one thread;
// "packed": the right operand prepacked. NEURAL_ISA and NEURAL_QUIRKS limit what we use.
#include <benchmark/benchmark.h>
#include <dlfcn.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "bench/interleaved.h"
#include "bench/peak.h"
#include "bench/torch_peer.h"
#include "core/asm/cpu.h"
#include "core/base/threads.h"
#include "core/tensor/gemm_bf16.h"

namespace {

using DnnlGemm = int (*)(char trans_a, char trans_b, int64_t m, int64_t n, int64_t k, float alpha,
                         const uint16_t *a, int64_t lda, const uint16_t *b, int64_t ldb, float beta,
                         float *c, int64_t ldc);

DnnlGemm LoadDnnl() {
    setenv("OMP_NUM_THREADS", "1", 1);
    void *library = dlopen("libdnnl.so.2", RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    void *function = library ? dlsym(library, "dnnl_gemm_bf16bf16f32") : nullptr;
    return reinterpret_cast<DnnlGemm>(function);
}

struct Row {
    const char *form; // "NN", "NT" (B stored [n, k])
    int64_t m, n, k;

    std::string Shape() const {
        return std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k);
    }
};

// Numbers of both signs between 1/4 and 1.
std::vector<uint16_t> Operand(int64_t len) {
    std::vector<uint16_t> values(len);
    uint32_t state = 1;
    for (uint16_t &value : values) {
        state = state * 1664525 + 1013904223;
        value = static_cast<uint16_t>((state >> 16 & 0x8000) | (0x3e80 + (state >> 24)));
    }
    return values;
}

class Product {
  public:
    Product(const Row &row, bool is_packed)
        : row_(row), a_(Operand(row.m * row.k)), b_(Operand(row.n * row.k)), c_(row.m * row.n) {
        args_.trans_b = row.form[1] == 'T';
        args_.m = row.m;
        args_.n = row.n;
        args_.k = args_.lda = row.k;
        args_.a = a_.data();
        args_.b = b_.data();
        args_.ldb = args_.trans_b ? row.k : row.n;
        args_.c = c_.data();
        args_.ldc = row.n;
        if (is_packed && neural_gemm_bf16_packed_create(&args_, &packed_) == NEURAL_OK) {
            args_.packed = packed_;
        }
    }
    ~Product() { neural_gemm_bf16_packed_destroy(packed_); }
    Product(const Product &) = delete;
    Product &operator=(const Product &) = delete;

    void Run(benchmark::State &state, DnnlGemm dnnl, bench::TorchPeer *torch) {
        constexpr int64_t kPeakSteps = 4000;
        const neural_isa isa = neural_isa_active();
        std::vector<bench::Sampler> contenders = {
            bench::Timed([this] { neural_gemm_bf16(&args_); }),
            bench::Timed([=] { bench_peak_run(isa, 0, kPeakSteps); })};
        std::vector<std::string> names;
        if (dnnl) {
            contenders.push_back(bench::Timed([this, dnnl] { Dnnl(dnnl); }));
            names.push_back("onednn");
        }
        const std::string op = args_.trans_b ? "matmul_nt" : "matmul";
        if (bench::Sampler sampler = torch->Find(op, "bf16", row_.Shape())) {
            contenders.push_back(sampler);
            names.push_back("torch");
        }
        std::vector<double> seconds;
        for (auto _ : state) {
            seconds = bench::MedianOfSamples(contenders, 1e-3, 0.4);
            state.SetIterationTime(seconds[0]);
        }
        Report(state, seconds, names,
               static_cast<double>(kPeakSteps * bench_peak_flops(isa, 0)) / seconds[1]);
    }

  private:
    void Dnnl(DnnlGemm gemm) {
        gemm('N', args_.trans_b ? 'T' : 'N', args_.m, args_.n, args_.k, 1, args_.a, args_.lda,
             args_.b, args_.ldb, 0, c_.data(), args_.ldc);
    }

    void Report(benchmark::State &state, const std::vector<double> &seconds,
                const std::vector<std::string> &names, double f32_peak) {
        const double flops =
            2.0 * static_cast<double>(row_.m) * static_cast<double>(row_.n * row_.k);
        double best = 0;
        for (size_t i = 0; i < names.size(); i++) {
            const double gflops = flops / seconds[i + 2] * 1e-9;
            state.counters[names[i]] = gflops;
            best = std::max(best, gflops);
        }
        const double gflops = flops / seconds[0] * 1e-9;
        state.counters["gflops"] = gflops;
        state.counters["peak_fraction"] = gflops * 1e9 / f32_peak; // of f32: up to 2 with bf16
        if (best > 0) state.counters["ratio_best"] = gflops / best;
    }

    Row row_;
    std::vector<uint16_t> a_, b_;
    std::vector<float> c_;
    neural_gemm_bf16_args args_ = {};
    neural_gemm_bf16_packed *packed_ = nullptr;
};

void Register(bench::TorchPeer *torch, DnnlGemm dnnl) {
    static const Row rows[] = {{"NN", 64, 64, 64},       {"NN", 128, 128, 128},
                               {"NN", 256, 256, 256},    {"NN", 512, 512, 512},
                               {"NN", 1024, 1024, 1024}, {"NN", 64, 256, 784},
                               {"NT", 64, 64, 64},       {"NT", 512, 512, 512},
                               {"NT", 1024, 1024, 1024}, {"NT", 64, 256, 784}};
    for (const Row &row : rows) {
        for (const bool is_packed : {false, true}) {
            const std::string name =
                std::string(is_packed ? "bgemm_packed/" : "bgemm/") + row.form + "/" + row.Shape();
            benchmark::RegisterBenchmark(
                name.c_str(),
                [=](benchmark::State &state) { Product(row, is_packed).Run(state, dnnl, torch); })
                ->Iterations(1)
                ->UseManualTime();
        }
    }
}

} // namespace

int main(int argc, char **argv) {
    neural_set_num_threads(1);
    bench::TorchPeer torch;
    Register(&torch, LoadDnnl());
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

// int8 GEMM against oneDNN's dnnl_gemm_u8s8s32 and dnnl_gemm_s8s8s32, one thread, at every level.
//
// Counters: gflops and onednn are 1e9 operations (2 m n k) per second; peak_fraction is in units of
// the same level's f32 FMA peak, so above 1 is normal. Rows: <level>/<A type>/<form>/<shape>,
// NN: B is [k, n], NT: [n, k], packed: prepacked, linear: the same through neural_qlinear_run;
// oneDNN has no prepacking here and packs each time, and it leaves s32 where we requantize.
#include <benchmark/benchmark.h>
#include <dlfcn.h>
#include <stdlib.h>

#include <random>
#include <string>
#include <vector>

#include "bench/interleaved.h"
#include "bench/peak.h"
#include "core/asm/qgemm_kernel.h"
#include "core/base/threads.h"
#include "core/tensor/qconv2d.h"
#include "core/tensor/qgemm.h"

namespace {

// int dnnl_gemm_x8s8s32: C = alpha * (op(A) - ao) * (op(B) - bo) + beta * C + co, row-major.
template <typename T>
using DnnlGemm = int (*)(char trans_a, char trans_b, char offset_c, int64_t m, int64_t n, int64_t k,
                         float alpha, const T *a, int64_t lda, T ao, const int8_t *b, int64_t ldb,
                         int8_t bo, float beta, int32_t *c, int64_t ldc, const int32_t *co);

template <typename T> DnnlGemm<T> FindDnnl() {
    static void *const library = [] {
        setenv("OMP_NUM_THREADS", "1", 1);
        return dlopen("libdnnl.so.2", RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    }();
    const char *const name = std::is_signed<T>::value ? "dnnl_gemm_s8s8s32" : "dnnl_gemm_u8s8s32";
    return library ? reinterpret_cast<DnnlGemm<T>>(dlsym(library, name)) : nullptr;
}

struct Level {
    const neural_qgemm_kernels *kernels;
    neural_isa isa;
};

std::vector<Level> Levels() {
    std::vector<Level> levels;
    if (neural_quirks_active() & NEURAL_QUIRK_VNNI) {
        levels.push_back({neural_qgemm_kernels_active(), NEURAL_ISA_AVX512});
    }
    for (int isa = neural_isa_active(); isa >= NEURAL_ISA_C; isa--) {
        const neural_isa level = static_cast<neural_isa>(isa);
        levels.push_back({neural_qgemm_kernels_at(level, 0), level});
    }
    return levels;
}

struct Row {
    int64_t m, n, k;
};

const Row kRows[] = {{64, 64, 64},       {128, 128, 128}, {256, 256, 256}, {512, 512, 512},
                     {1024, 1024, 1024}, {64, 256, 784},  {64, 1024, 784}, {64, 1024, 1024},
                     {1, 1024, 1024},    {64, 10, 128},   {64, 10, 1024},  {1024, 64, 576}};

enum class Form { kNN, kNT, kPacked, kLinear };
const char *const kFormNames[] = {"NN", "NT", "packed", "linear"};

// u8 or s8 times s8 into s32, or with `requantize` into u8 by per-channel scales and a bias.
template <typename T> class Product {
  public:
    Product(const Row &row, Form form, bool requantize) : row_(row), form_(form) {
        std::mt19937 random(1);
        a_.resize(static_cast<size_t>(row.m * row.k));
        b_.resize(static_cast<size_t>(row.n * row.k));
        c_.resize(static_cast<size_t>(row.m * row.n));
        for (T &x : a_)
            x = static_cast<T>(random());
        for (int8_t &x : b_)
            x = static_cast<int8_t>(random());
        args_ = {};
        args_.m = row.m;
        args_.n = row.n;
        args_.k = row.k;
        args_.a_is_signed = std::is_signed<T>::value;
        args_.a = a_.data();
        args_.lda = row.k;
        args_.trans_b = form != Form::kNN;
        args_.b = b_.data();
        args_.ldb = form == Form::kNN ? row.n : row.k;
        args_.c = c_.data();
        args_.ldc = row.n;
        if (requantize) {
            scales_.assign(static_cast<size_t>(row.n), 1e-4f);
            bias_.assign(static_cast<size_t>(row.n), 1000);
            args_.output = NEURAL_QGEMM_U8;
            args_.scales = scales_.data();
            args_.scale_per_column = 1;
            args_.bias = bias_.data();
            args_.c_zero_point = 128;
        }
        if (form == Form::kLinear) {
            neural_qconv2d_options of = {};
            of.weight = b_.data();
            of.scales = scales_.data();
            of.bias = bias_.data();
            of.x_is_signed = std::is_signed<T>::value;
            of.output = NEURAL_QGEMM_U8;
            of.y_zero_point = 128;
            neural_qlinear_create(row.k, row.n, &of, &linear_);
        }
        if (form == Form::kPacked) {
            neural_qgemm_pack(1, row.n, row.k, b_.data(), row.k, &packed_);
            args_.packed = packed_;
        }
    }
    ~Product() {
        neural_qgemm_packed_destroy(packed_);
        neural_qconv2d_destroy(linear_);
    }
    Product(const Product &) = delete;
    Product &operator=(const Product &) = delete;

    void Run(benchmark::State &state, const Level &level) {
        constexpr int64_t kPeakSteps = 4000;
        const DnnlGemm<T> dnnl = FindDnnl<T>();
        std::vector<std::function<void()>> contenders = {
            [&] { RunOurs(level); }, [&] { bench_peak_run(level.isa, 0, kPeakSteps); }};
        if (dnnl) contenders.push_back([&] { RunDnnl(dnnl); });
        std::vector<double> seconds;
        for (auto _ : state) {
            seconds = bench::MedianSeconds(contenders, 200e-6, 0.15);
            state.SetIterationTime(seconds[0]);
        }
        const double operations = 2.0 * static_cast<double>(row_.m * row_.n * row_.k);
        const double ours = operations / seconds[0] * 1e-9;
        const double flops = static_cast<double>(kPeakSteps * bench_peak_flops(level.isa, 0));
        state.counters["gflops"] = ours;
        state.counters["peak_fraction"] = ours / (flops / seconds[1] * 1e-9);
        if (dnnl) {
            const double peer = operations / seconds[2] * 1e-9;
            state.counters["onednn"] = peer;
            state.counters["ratio_best"] = ours / peer;
        }
    }

  private:
    void RunOurs(const Level &level) {
        if (linear_) {
            neural_qconv2d_run_at(level.kernels, linear_, row_.m, 1, 1, a_.data(), c_.data());
        } else {
            neural_qgemm_at(level.kernels, &args_);
        }
    }

    void RunDnnl(DnnlGemm<T> dnnl) {
        const int32_t zero = 0;
        dnnl('N', args_.trans_b ? 'T' : 'N', 'F', row_.m, row_.n, row_.k, 1.0f, a_.data(), row_.k,
             0, b_.data(), args_.ldb, 0, 0.0f, c_.data(), row_.n, &zero);
    }

    Row row_;
    Form form_;
    std::vector<T> a_;
    std::vector<int8_t> b_;
    std::vector<int32_t> c_, bias_;
    std::vector<float> scales_;
    neural_qgemm_args args_;
    neural_qgemm_packed *packed_ = nullptr;
    neural_qconv2d *linear_ = nullptr;
};

template <typename T> void Register(const Level &level, Form form, bool requantize) {
    for (const Row &row : kRows) {
        const std::string name =
            std::string(level.kernels->name) + (std::is_signed<T>::value ? "/s8s8" : "/u8s8") +
            (requantize ? "u8/" : "s32/") + kFormNames[static_cast<int>(form)] + "/" +
            std::to_string(row.m) + "x" + std::to_string(row.n) + "x" + std::to_string(row.k);
        benchmark::RegisterBenchmark(
            name.c_str(),
            [=](benchmark::State &state) { Product<T>(row, form, requantize).Run(state, level); })
            ->Iterations(1)
            ->UseManualTime();
    }
}

} // namespace

int main(int argc, char **argv) {
    neural_set_num_threads(1);
    for (const Level &level : Levels()) {
        for (const Form form : {Form::kNN, Form::kNT, Form::kPacked}) {
            Register<uint8_t>(level, form, false);
            Register<int8_t>(level, form, false);
        }
        Register<uint8_t>(level, Form::kPacked, true);
        Register<uint8_t>(level, Form::kLinear, true);
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

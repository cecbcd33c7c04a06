// What numbers below the smallest normal one cost: each row runs on numbers around 1 and on the
// same numbers times 2^-130 (f64: 2^-1030), in turns, one thread.
//   bazel run //bench:denormal
// ns_normal and ns_denormal are per element (per call for train_step); ratio = ns_denormal /
// ns_normal.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "bench/aligned_vector.h"
#include "bench/interleaved.h"
#include "core/asm/cpu.h"
#include "core/asm/kernel_table.h"
#include "core/base/status.h"
#include "core/base/threads.h"
#include "core/tensor/gemm.h"
#include "model/config.h"
#include "train/trainer.h"

namespace {

constexpr int64_t kLen = 4096, kSide = 192;
constexpr int64_t kTile = kSide * kSide; // numbers of a matrix

template <class T> constexpr int kTiny = std::is_same_v<T, float> ? -130 : -1030;

// Numbers in [0.5, 2) times 2^exponent; w are weights around 1 whatever the exponent is.
template <class T> struct Numbers {
    explicit Numbers(int exponent) : x(kTile), y(kTile), m(kTile), v(kTile), w(kTile), out(kTile) {
        for (int64_t i = 0; i < kTile; i++) {
            w[i] = T(0.5) + T(i * 37 % 101) / T(67.4);
            x[i] = y[i] = m[i] = v[i] = std::ldexp(w[i], exponent);
        }
    }
    bench::AlignedVector<T> x, y, m, v, w, out;
};

template <class T> struct Row {
    const char *name;
    std::function<void(const neural_kernel_table *, Numbers<T> *)> run;
    int64_t elements;
};

#define KERNEL(op) (std::get<std::is_same_v<T, double>>(std::make_pair(k->op##_f32, k->op##_f64)))

template <class T> void Gemm(const neural_kernel_table *k, Numbers<T> *n) {
    neural_gemm_args args = {};
    args.m = args.n = args.k = args.lda = args.ldb = args.ldc = kSide;
    args.alpha = 1;
    args.a = n->x.data();
    args.b = n->w.data();
    args.c = n->out.data();
    (std::is_same_v<T, float> ? neural_gemm_f32_at : neural_gemm_f64_at)(k, &args);
}

template <class T> void Adam(const neural_kernel_table *k, Numbers<T> *n) {
    static const neural_adam_args args = {0.1, 0.9, 0.999, 1e-8, 0, 1e-3, 1, 0, 0};
    KERNEL(adam)(n->out.data(), n->y.data(), n->m.data(), n->v.data(), kLen, &args);
}

// softmax of logits so far apart that most of its terms are below the smallest normal number.
template <class T> void Softmax(const neural_kernel_table *k, Numbers<T> *n) {
    KERNEL(softmax)(n->out.data(), n->y.data(), kLen / 64, 64);
}

// A row of one kernel on kLen elements.
#define OP(op, ...)                                                                                \
    {                                                                                              \
#op, [](const neural_kernel_table *k, Numbers <T> *n) { KERNEL(op)(__VA_ARGS__); }, kLen   \
    }
// The same of one that answers a number.
#define SUM_OP(op, ...)                                                                            \
    {                                                                                              \
#op, [](const neural_kernel_table *k,                                                      \
                Numbers <T> *n) { benchmark::DoNotOptimize(KERNEL(op)(__VA_ARGS__)); }, kLen       \
    }

template <class T> std::vector<Row<T>> Rows() {
    return {
        OP(add, n->out.data(), n->x.data(), n->y.data(), kLen),
        OP(mul, n->out.data(), n->x.data(), n->w.data(), kLen),
        OP(div, n->out.data(), n->x.data(), n->w.data(), kLen),
        OP(affine, n->out.data(), n->x.data(), kLen, T(0.75), T(0)),
        OP(sqrt, n->out.data(), n->x.data(), kLen),
        OP(tanh, n->out.data(), n->x.data(), kLen),
        OP(gelu, n->out.data(), n->x.data(), kLen),
        OP(relu_grad, n->out.data(), n->x.data(), n->y.data(), kLen),
        SUM_OP(sum, n->x.data(), kLen),
        SUM_OP(dot, n->x.data(), n->w.data(), kLen),
        {"softmax", Softmax<T>, kLen},
        {"adam", Adam<T>, kLen},
        {"gemm", Gemm<T>, kTile * kSide},
    };
}

void Report(benchmark::State *state, const std::vector<double> &seconds, double elements) {
    for (auto _ : *state) {
    }
    state->counters["ns_normal"] = seconds[0] * 1e9 / elements;
    state->counters["ns_denormal"] = seconds[1] * 1e9 / elements;
    state->counters["ratio"] = seconds[1] / seconds[0];
}

template <class T>
void RunRow(benchmark::State &state, const Row<T> &row, const neural_kernel_table *k) {
    Numbers<T> normal(0), tiny(kTiny<T>);
    if (std::string(row.name) == "softmax") {                   // results, not operands, are tiny
        const double far = std::is_same_v<T, float> ? 95 : 720; // exp(-far) is denormal
        for (int64_t i = 0; i < kLen; i++) {
            normal.y[i] = normal.w[i];
            tiny.y[i] = i % 64 ? normal.w[i] : T(far);
        }
    }
    const auto seconds = bench::MedianSeconds(
        {[&] { row.run(k, &normal); }, [&] { row.run(k, &tiny); }}, 2e-4, 0.05);
    Report(&state, seconds, static_cast<double>(row.elements));
}

void Must(neural_status status) {
    if (status) {
        fprintf(stderr, "%s\n", neural_last_error());
        exit(1);
    }
}

// A step of 784-256-128-10 on a batch of 64 whose pixels are `value`.
class Step {
  public:
    explicit Step(double value) {
        const std::string path = "/tmp/denormal_bench_" + std::to_string(getpid()) + ".csv";
        std::ofstream file(path);
        for (int row = 0; row < 20; row++) {
            for (int i = 0; i < 784; i++) {
                file << (row * 7 + i) % 13 << ",";
            }
            file << row % 10 << "\n";
        }
        file.close();
        const std::string text =
            "[model]\ninput = 784\nlayers = linear 256 | relu | linear 128 | relu | linear 10\n"
            "[loss]\nfunction = cross_entropy\n[optimizer]\ntype = adam\n[data]\ntrain_file = " +
            path + "\nnormalize = none\n[performance]\nnum_threads = 1\n";
        Must(neural_config_parse(text.c_str(), "bench", nullptr, 0, &config_));
        Must(neural_trainer_create(config_, nullptr, nullptr, &trainer_));
        remove(path.c_str());
        const int64_t dims[] = {64, 784};
        Must(neural_tensor_full(2, dims, NEURAL_DTYPE_F32, value, &x_));
        Must(neural_tensor_zeros(1, dims, NEURAL_DTYPE_I64, &y_));
    }
    ~Step() {
        neural_tensor_release(x_);
        neural_tensor_release(y_);
        neural_trainer_destroy(trainer_);
        neural_config_destroy(config_);
    }
    Step(const Step &) = delete;
    Step &operator=(const Step &) = delete;
    void operator()() { Must(neural_trainer_step(trainer_, x_, y_, nullptr)); }

  private:
    neural_config *config_ = nullptr;
    neural_trainer *trainer_ = nullptr;
    neural_tensor *x_ = nullptr, *y_ = nullptr;
};

void TrainStep(benchmark::State &state) {
    Step normal(0.5), tiny(std::ldexp(0.75, -130));
    Report(&state, bench::MedianSeconds({[&] { normal(); }, [&] { tiny(); }}, 5e-3, 1), 1);
}

template <class T> void Register(neural_isa isa) {
    const neural_kernel_table *k = neural_kernels_at(isa);
    for (const Row<T> &row : Rows<T>()) {
        const std::string name = std::string(row.name) + "/" +
                                 (std::is_same_v<T, float> ? "f32/" : "f64/") +
                                 neural_isa_name(isa);
        benchmark::RegisterBenchmark(name.c_str(), RunRow<T>, row, k)->Iterations(1);
    }
}

} // namespace

int main(int argc, char **argv) {
    Must(neural_set_num_threads(1));
    for (const neural_isa isa :
         {NEURAL_ISA_C, NEURAL_ISA_SSE2, NEURAL_ISA_AVX2, NEURAL_ISA_AVX512}) {
        if (neural_kernels_at(isa)) {
            Register<float>(isa);
            Register<double>(isa);
        }
    }
    benchmark::RegisterBenchmark("train_step/f32", TrainStep)->Iterations(1);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}

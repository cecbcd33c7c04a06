// What equal bits cost in a training step, one thread: the reductions of a step in their fixed
// order (64 lanes, chunks, trees) against loops of the same vector width that add in whatever order
// is quickest, and the difference as a part of the whole step.
//   bazel run //bench:reproducibility
// us_fixed and us_free are all reductions of one step; cost_percent = (us_fixed - us_free) /
// us_step.
#include <benchmark/benchmark.h>
#include <immintrin.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "bench/aligned_vector.h"
#include "bench/interleaved.h"
#include "core/asm/cpu.h"
#include "core/asm/kernel_table.h"
#include "core/base/status.h"
#include "core/base/threads.h"
#include "data/batches.h"
#include "model/config.h"
#include "train/trainer.h"

namespace {

#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
typedef __m256 V;
constexpr int LANES = 8;
inline V ZERO() {
    return _mm256_setzero_ps();
}
inline V LOAD(const float *x) {
    return _mm256_loadu_ps(x);
}
inline void STORE(float *x, V v) {
    _mm256_storeu_ps(x, v);
}
inline __m256i FIRST(int64_t left) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(left < 8 ? int(left) : 8), lane);
}
inline V LOAD_FIRST(const float *x, int64_t left) {
    return _mm256_maskload_ps(x, FIRST(left));
}
inline void STORE_FIRST(float *x, V v, int64_t left) {
    _mm256_maskstore_ps(x, FIRST(left), v);
}
inline V SPREAD(float x) {
    return _mm256_set1_ps(x);
}
inline V ADD(V a, V b) {
    return _mm256_add_ps(a, b);
}
inline V FMA(V a, V b, V c) {
    return _mm256_fmadd_ps(a, b, c);
}
inline float TOTAL(V v) {
    const __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 quarter = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(quarter, _mm_movehdup_ps(quarter)));
}
#include "bench/free_order.inc"
} // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,fma")
namespace avx512 {
typedef __m512 V;
constexpr int LANES = 16;
inline V ZERO() {
    return _mm512_setzero_ps();
}
inline V LOAD(const float *x) {
    return _mm512_loadu_ps(x);
}
inline void STORE(float *x, V v) {
    _mm512_storeu_ps(x, v);
}
inline __mmask16 FIRST(int64_t left) {
    return left < 16 ? __mmask16((1 << left) - 1) : 0xffff;
}
inline V LOAD_FIRST(const float *x, int64_t left) {
    return _mm512_maskz_loadu_ps(FIRST(left), x);
}
inline void STORE_FIRST(float *x, V v, int64_t left) {
    _mm512_mask_storeu_ps(x, FIRST(left), v);
}
inline V SPREAD(float x) {
    return _mm512_set1_ps(x);
}
inline V ADD(V a, V b) {
    return _mm512_add_ps(a, b);
}
inline V FMA(V a, V b, V c) {
    return _mm512_fmadd_ps(a, b, c);
}
inline float TOTAL(V v) {
    v = ADD(v, _mm512_maskz_shuffle_f32x4(0xffff, v, v, 0x4e));
    v = ADD(v, _mm512_maskz_shuffle_f32x4(0xffff, v, v, 0xb1));
    const __m128 quarter = __builtin_shufflevector(v, v, 0, 1, 2, 3);
    const __m128 pair = _mm_add_ps(quarter, _mm_movehl_ps(quarter, quarter));
    return _mm_cvtss_f32(_mm_add_ss(pair, _mm_movehdup_ps(pair)));
}
#include "bench/free_order.inc"
} // namespace avx512
#pragma GCC pop_options

struct Free {
    float (*sum)(const float *, int64_t);
    float (*sumsq)(const float *, int64_t);
    float (*deviations)(const float *, float, int64_t);
    float (*sum_and_dot)(const float *, const float *, float, int64_t, float *);
    void (*col_sum)(float *, const float *, int64_t, int64_t);
};
#define FREE(isa)                                                                                  \
    Free {                                                                                         \
        isa::Sum, isa::SumOfSquares, isa::SumOfDeviations, isa::SumAndDot, isa::ColSum             \
    }

enum class Kind {
    kColSum,   // a x b: gradient of a bias
    kSumsq,    // a numbers, in the chunks of the gradient's norm
    kRows,     // a rows of b: sums of a softmax
    kPlanes,   // a images x b channels x c pixels: gradient of a convolution's bias
    kBatchNorm // the same: mean and variance forward, two sums backward
};

struct Reduction {
    Kind kind;
    int64_t a, b, c;
};

struct Net {
    const char *name, *model;
    int64_t features, batch;
    std::vector<Reduction> step;
};

const Net kNets[] = {
    {"784-256-128-10",
     "input = 784\nlayers = linear 256 | relu | linear 128 | relu | linear 10",
     784,
     64,
     {{Kind::kColSum, 64, 256, 0},
      {Kind::kColSum, 64, 128, 0},
      {Kind::kColSum, 64, 10, 0},
      {Kind::kRows, 64, 10, 0},
      {Kind::kSumsq, 235146, 0, 0}}},
    {"784-1024-1024-10",
     "input = 784\nlayers = linear 1024 | relu | linear 1024 | relu | linear 10",
     784,
     256,
     {{Kind::kColSum, 256, 1024, 0},
      {Kind::kColSum, 256, 1024, 0},
      {Kind::kColSum, 256, 10, 0},
      {Kind::kRows, 256, 10, 0},
      {Kind::kSumsq, 1863690, 0, 0}}},
    {"convnet",
     "input = 3x32x32\nlayers = conv2d 32 3x3 pad=1 | batchnorm | relu | conv2d 32 3x3 pad=1 | "
     "batchnorm | relu | maxpool2d 2x2 | conv2d 64 3x3 pad=1 | batchnorm | relu | "
     "maxpool2d 2x2 | flatten | linear 10",
     3072,
     32,
     {{Kind::kBatchNorm, 32, 32, 1024},
      {Kind::kBatchNorm, 32, 32, 1024},
      {Kind::kBatchNorm, 32, 64, 256},
      {Kind::kPlanes, 32, 32, 1024},
      {Kind::kPlanes, 32, 32, 1024},
      {Kind::kPlanes, 32, 64, 256},
      {Kind::kColSum, 32, 10, 0},
      {Kind::kRows, 32, 10, 0},
      {Kind::kSumsq, 69866, 0, 0}}},
};

constexpr int64_t kMost = 1 << 21, kNormChunk = 16384;

// What the reductions read; written once.
struct Memory {
    bench::AlignedVector<float> x = Numbers(), dy = Numbers();
    bench::AlignedVector<float> out = Numbers(), more = Numbers();
    static bench::AlignedVector<float> Numbers() {
        bench::AlignedVector<float> data(kMost);
        for (int64_t i = 0; i < kMost; i++)
            data[i] = float(i * 37 % 101) / 50 - 1;
        return data;
    }
};

void RunFixed(const neural_kernel_table *k, const Reduction &r, Memory *m) {
    const neural_channel_args planes = {r.a, r.b, r.c, r.b * r.c};
    switch (r.kind) {
    case Kind::kColSum:
        k->col_sum_f32(m->out.data(), m->x.data(), r.a, r.b);
        return;
    case Kind::kSumsq:
        for (int64_t i = 0; i < r.a; i += kNormChunk) {
            m->out[0] += k->sumsq_f32(m->x.data() + i, std::min(kNormChunk, r.a - i));
        }
        return;
    case Kind::kRows:
        for (int64_t i = 0; i < r.a; i++)
            m->out[i] = k->sum_f32(m->x.data() + i * r.b, r.b);
        return;
    case Kind::kPlanes:
        for (int64_t i = 0; i < r.a * r.b; i++) {
            m->out[i % r.b] += k->sum_f32(m->x.data() + i * r.c, r.c);
        }
        return;
    case Kind::kBatchNorm:
        k->channel_stats_f32(m->out.data(), m->more.data(), m->x.data(), &planes);
        k->channel_sums_f32(m->out.data() + r.b, m->more.data() + r.b, m->dy.data(), m->x.data(),
                            m->out.data(), &planes);
        return;
    }
}

void FreeBatchNorm(const Free &f, const Reduction &r, Memory *m) {
    const float count = float(r.a * r.c);
    for (int64_t c = 0; c < r.b; c++) {
        float mean = 0, variance = 0, sum = 0, dot = 0;
        for (int64_t n = 0; n < r.a; n++)
            mean += f.sum(&m->x[(n * r.b + c) * r.c], r.c);
        mean /= count;
        for (int64_t n = 0; n < r.a; n++) {
            variance += f.deviations(&m->x[(n * r.b + c) * r.c], mean, r.c);
        }
        m->out[c] = mean;
        m->more[c] = variance / count;
        for (int64_t n = 0; n < r.a; n++) {
            const int64_t at = (n * r.b + c) * r.c;
            sum += f.sum_and_dot(&m->dy[at], &m->x[at], mean, r.c, &dot);
        }
        m->out[r.b + c] = sum;
        m->more[r.b + c] = dot;
    }
}

void RunFree(const Free &f, const Reduction &r, Memory *m) {
    switch (r.kind) {
    case Kind::kColSum:
        f.col_sum(m->out.data(), m->x.data(), r.a, r.b);
        return;
    case Kind::kSumsq:
        m->out[0] += f.sumsq(m->x.data(), r.a);
        return;
    case Kind::kRows:
        for (int64_t i = 0; i < r.a; i++)
            m->out[i] = f.sum(m->x.data() + i * r.b, r.b);
        return;
    case Kind::kPlanes:
        for (int64_t i = 0; i < r.a * r.b; i++) {
            m->out[i % r.b] += f.sum(m->x.data() + i * r.c, r.c);
        }
        return;
    case Kind::kBatchNorm:
        FreeBatchNorm(f, r, m);
        return;
    }
}

void Check(neural_status status) {
    if (status) {
        fprintf(stderr, "reproducibility: %s\n", neural_last_error());
        exit(1);
    }
}

// A trainer with gradients clipped by their norm, and a batch of its rows.
class Trainer {
  public:
    explicit Trainer(const Net &net) {
        char path[] = "/tmp/neural_bench_XXXXXX";
        close(mkstemp(path));
        {
            std::ofstream file(path);
            for (int64_t i = 0; i < net.batch; i++) {
                for (int64_t j = 0; j < net.features; j++)
                    file << (i * 31 + j * 17) % 101 << ',';
                file << i % 10 << '\n';
            }
        }
        const std::string text =
            std::string("[model]\n") + net.model +
            "\n[loss]\nfunction = cross_entropy\n[training]\noptimizer = adam\ngradient_clip = 1\n"
            "batch_size = " +
            std::to_string(net.batch) +
            "\n[data]\nnormalize = zscore\n"
            "train_file = " +
            path + "\n[performance]\nnum_threads = 1\n";
        neural_data_options options = {};
        options.target = NEURAL_TARGET_CLASS;
        Check(neural_config_parse(text.c_str(), "bench", nullptr, 0, &config_));
        Check(neural_trainer_create(config_, nullptr, nullptr, &trainer_));
        Check(neural_dataset_load(path, &options, &dataset_));
        Check(neural_batches_create(dataset_, nullptr, net.batch, net.batch, 0, 0, &batches_));
        Check(neural_batches_next(batches_, &x_, &y_));
        unlink(path);
    }
    ~Trainer() {
        neural_batches_destroy(batches_);
        neural_dataset_destroy(dataset_);
        neural_trainer_destroy(trainer_);
        neural_config_destroy(config_);
    }
    void Step() { Check(neural_trainer_step(trainer_, x_, y_, nullptr)); }

  private:
    neural_config *config_ = nullptr;
    neural_trainer *trainer_ = nullptr;
    neural_dataset *dataset_ = nullptr;
    neural_batches *batches_ = nullptr;
    neural_tensor *x_ = nullptr, *y_ = nullptr;
};

void Cost(benchmark::State &state, const Net &net) {
    Memory memory;
    Trainer trainer(net);
    const neural_kernel_table *kernels = neural_kernels();
    const Free free = neural_isa_active() >= NEURAL_ISA_AVX512 ? FREE(avx512) : FREE(avx2);
    const std::vector<std::function<void()>> contenders = {
        [&] {
            for (const Reduction &r : net.step)
                RunFixed(kernels, r, &memory);
        },
        [&] {
            for (const Reduction &r : net.step)
                RunFree(free, r, &memory);
        },
        [&] { trainer.Step(); },
    };
    for (int i = 0; i < 3; i++)
        trainer.Step();
    std::vector<double> seconds;
    for (auto _ : state) {
        seconds = bench::MedianSeconds(contenders, 0.02, 2.0);
        state.SetIterationTime(seconds[2]);
    }
    state.counters["us_step"] = seconds[2] * 1e6;
    state.counters["us_fixed"] = seconds[0] * 1e6;
    state.counters["us_free"] = seconds[1] * 1e6;
    state.counters["cost_percent"] = 100 * (seconds[0] - seconds[1]) / seconds[2];
}

} // namespace

int main(int argc, char **argv) {
    neural_set_num_threads(1);
    if (neural_isa_active() < NEURAL_ISA_AVX2) {
        fprintf(stderr, "reproducibility: the promise begins with AVX2\n");
        return 0;
    }
    for (const Net &net : kNets) {
        benchmark::RegisterBenchmark((std::string("reproducibility/") + net.name).c_str(), Cost,
                                     net)
            ->UseManualTime()
            ->Iterations(1)
            ->Unit(benchmark::kMicrosecond);
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

/* Every kernel of the lists at every level this CPU has: ns per element and GB/s, on vectors of
 * 8 KiB, which stay in L1, and on vectors that come from memory. Named by the kernel's symbol:
 *   bazel run //bench:kernels -- --benchmark_filter='exp_f32.*avx512' */
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "core/asm/cpu.h"
#include "core/asm/kernel_table.h"
#include "core/base/memory.h"

namespace {

// 64-byte aligned memory of `len` elements whose magnitude is between 0.25 and 0.75.
template <class T> class Vector {
  public:
    Vector(int64_t len, bool is_positive) : data_(static_cast<T *>(neural_alloc(sizeof(T) * len))) {
        for (int64_t i = 0; i < len; i++) {
            const T magnitude = T(0.25) + T(i % 61) / 122;
            data_[i] = is_positive || i * 37 % 64 < 32 ? magnitude : -magnitude;
        }
    }
    ~Vector() { neural_free(data_); }
    Vector(const Vector &) = delete;
    Vector &operator=(const Vector &) = delete;
    operator T *() { return data_; }

  private:
    T *data_;
};

constexpr int64_t kRows = 16;
constexpr neural_random kStream = {1, NEURAL_RANDOM_USER, 0};
constexpr int64_t kGatheredCols = 16;

// The numbers of `rows` rows in an order without pattern, some of them twice.
template <class Index> const Index *indices(int64_t rows) {
    static std::vector<Index> index;
    if (static_cast<int64_t>(index.size()) != rows) {
        uint64_t state = 1;
        index.resize(rows);
        for (Index &i : index) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            i = static_cast<Index>((state >> 33) % static_cast<uint64_t>(rows));
        }
    }
    return index.data();
}

// Rows gathered or scattered by either kind of index.
template <class Index, class T>
void call_rows(void (*f)(T *, const T *, const Index *, int64_t, int64_t), T *p, T *q,
               int64_t len) {
    f(p, q, indices<Index>(len / kGatheredCols), len / kGatheredCols, kGatheredCols);
}

// Planes of 32 x 32 elements; 15 x 15 windows of any size and step fit into one.
neural_pool_args pool_args(int64_t len) {
    return {len / 1024, 15, 15, 32, 1024, 3, 3};
}

// 3x3 windows along one row, the source taken as rows of 32 elements.
struct ConvTables {
    static constexpr int64_t kTaps = 9, kRows = 1024;
    int64_t taps[kTaps], rows[kRows];
    neural_conv_piece pieces[kRows];

    ConvTables() {
        for (int64_t i = 0; i < kTaps; i++)
            taps[i] = i / 3 * 32 + i % 3;
        for (int64_t i = 0; i < kRows; i++) {
            rows[i] = i;
            pieces[i] = {8 * i, 8 * i, 8};
        }
    }
};
const ConvTables kConv;

// The inputs of a strip.
struct SparseTable {
    int32_t index[256];

    SparseTable() {
        for (int32_t i = 0; i < 256; i++)
            index[i] = i;
    }
};
const SparseTable kSparse;

// What a family needs, per element of len: one call, and the vectors it reads and writes.
#define FAMILIES(T, D)                                                                             \
    void call(neural_unary_##D *f, T *p, T *q, T *, T *, int64_t len) {                            \
        f(p, q, len);                                                                              \
    }                                                                                              \
    void call(neural_param_##D *f, T *p, T *q, T *, T *, int64_t len) {                            \
        f(p, q, len, 0.1, 1);                                                                      \
    }                                                                                              \
    void call(neural_axpy_##D *f, T *p, T *q, T *, T *, int64_t len) {                             \
        f(p, q, len, 1e-9);                                                                        \
    }                                                                                              \
    void call(neural_fill_##D *f, T *p, T *, T *, T *, int64_t len) {                              \
        f(p, len, 1);                                                                              \
    }                                                                                              \
    void call(neural_binary_##D *f, T *p, T *q, T *r, T *, int64_t len) {                          \
        f(p, q, r, len);                                                                           \
    }                                                                                              \
    void call(neural_param_grad_##D *f, T *p, T *q, T *r, T *, int64_t len) {                      \
        f(p, q, r, len, 0.1, 1);                                                                   \
    }                                                                                              \
    void call(neural_reduce_##D *f, T *, T *q, T *, T *, int64_t len) {                            \
        benchmark::DoNotOptimize(f(q, len));                                                       \
    }                                                                                              \
    void call(neural_reduce2_##D *f, T *, T *q, T *r, T *, int64_t len) {                          \
        benchmark::DoNotOptimize(f(q, r, len));                                                    \
    }                                                                                              \
    void call(neural_find_##D *f, T *, T *q, T *, T *, int64_t len) {                              \
        benchmark::DoNotOptimize(f(q, len));                                                       \
    }                                                                                              \
    void call(neural_argmax_##D *f, T *p, T *q, T *, T *, int64_t len) {                           \
        f(reinterpret_cast<int64_t *>(p), q, kRows, len / kRows);                                  \
    }                                                                                              \
    void call(neural_rows_##D *f, T *p, T *q, T *, T *, int64_t len) {                             \
        f(p, q, kRows, len / kRows);                                                               \
    }                                                                                              \
    void call(neural_rows_grad_##D *f, T *p, T *q, T *r, T *, int64_t len) {                       \
        f(p, q, r, kRows, len / kRows);                                                            \
    }                                                                                              \
    void call(neural_norm_##D *f, T *p, T *q, T *r, T *s, int64_t len) {                           \
        const neural_norm_args args = {kRows, len / kRows, 1e-5};                                  \
        f(p, q, r, r, s, &args);                                                                   \
    }                                                                                              \
    void call(neural_norm_grad_##D *f, T *p, T *q, T *r, T *s, int64_t len) {                      \
        const neural_norm_args args = {kRows, len / kRows, 1e-5};                                  \
        f(p, q, r, s, s, &args);                                                                   \
    }                                                                                              \
    void call(neural_norm_param_grad_##D *f, T *p, T *q, T *r, T *s, int64_t len) {                \
        const neural_norm_args args = {kRows, len / kRows, 1e-5};                                  \
        f(p, p + len / 2, q, r, s, &args);                                                         \
    }                                                                                              \
    void call(neural_channel_stats_##D *f, T *p, T *q, T *, T *s, int64_t len) {                   \
        const neural_channel_args args = {kRows / 4, 4, len / kRows, len / kRows * 4};             \
        f(p, s, q, &args);                                                                         \
    }                                                                                              \
    void call(neural_channel_sums_##D *f, T *p, T *q, T *r, T *s, int64_t len) {                   \
        const neural_channel_args args = {kRows / 4, 4, len / kRows, len / kRows * 4};             \
        f(p, p + 4, q, r, s, &args);                                                               \
    }                                                                                              \
    void call(neural_channel_norm_##D *f, T *p, T *q, T *, T *s, int64_t len) {                    \
        const neural_channel_args args = {kRows / 4, 4, len / kRows, len / kRows * 4};             \
        f(p, q, s, &args);                                                                         \
    }                                                                                              \
    void call(neural_channel_norm_grad_##D *f, T *p, T *q, T *r, T *s, int64_t len) {              \
        const neural_channel_args args = {kRows / 4, 4, len / kRows, len / kRows * 4};             \
        f(p, q, r, s, &args);                                                                      \
    }                                                                                              \
    void call(neural_transpose_##D *f, T *p, T *q, T *, T *, int64_t len) {                        \
        f(p, q, kRows, len / kRows, kRows, len / kRows);                                           \
    }                                                                                              \
    void call(neural_pool_max_##D *f, T *p, T *q, T *r, T *, int64_t len) {                        \
        const neural_pool_args args = pool_args(len);                                              \
        f(p, reinterpret_cast<uint8_t *>(r), q, &args);                                            \
    }                                                                                              \
    void call(neural_pool_max_grad_##D *f, T *p, T *q, T *r, T *, int64_t len) {                   \
        const neural_pool_args args = pool_args(len);                                              \
        f(p, q, reinterpret_cast<uint8_t *>(r), &args);                                            \
    }                                                                                              \
    void call(neural_pool_avg_##D *f, T *p, T *q, T *, T *, int64_t len) {                         \
        const neural_pool_args args = pool_args(len);                                              \
        f(p, q, &args, 4);                                                                         \
    }                                                                                              \
    void call(neural_winograd_##D *f, T *p, T *q, T *, T *, int64_t len) {                         \
        const int64_t plane = len / 36;                                                            \
        const neural_winograd_args args = {6 * plane, plane, 6 * plane, plane, nullptr, 0};        \
        f(p, q, &args, plane);                                                                     \
    }                                                                                              \
    void call(neural_conv_pixels_##D *f, T *p, T *q, T *r, T *, int64_t len) {                     \
        const neural_conv_pixels_args args = {q,                                                   \
                                              kConv.taps,                                          \
                                              9,                                                   \
                                              r,                                                   \
                                              1,                                                   \
                                              p,                                                   \
                                              len,                                                 \
                                              kConv.pieces,                                        \
                                              std::min(len / 8 - 16, kConv.kRows),                 \
                                              nullptr,                                             \
                                              0};                                                  \
        f(&args);                                                                                  \
    }                                                                                              \
    void call(neural_conv_filters_##D *f, T *p, T *q, T *r, T *, int64_t len) {                    \
        const neural_conv_filters_args args = {                                                    \
            q,          kConv.rows, std::min(len / 16 - 16, kConv.kRows),                          \
            kConv.taps, 9,          r,                                                             \
            16,         16,         p,                                                             \
            16,         nullptr,    0};                                                            \
        f(&args);                                                                                  \
    }                                                                                              \
    void call(neural_conv_plane_##D *f, T *p, T *q, T *r, T *, int64_t len) {                      \
        const neural_conv_plane_args args = {q, 32, kConv.taps,   r,  3,       3, 1,               \
                                             p, 16, len / 32 - 4, 16, nullptr, 0};                 \
        f(&args);                                                                                  \
    }                                                                                              \
    void call(neural_conv_plane_grad_##D *f, T *p, T *q, T *r, T *, int64_t len) {                 \
        const neural_conv_plane_grad_args args = {q, 32, kConv.taps,   p,  3,       3, 1,          \
                                                  r, 16, len / 32 - 4, 16, nullptr, 0};            \
        f(&args);                                                                                  \
    }                                                                                              \
    void call(neural_conv_take_##D *f, T *p, T *q, T *, T *, int64_t len) {                        \
        const neural_conv_take_args args = {q, 32, p, p + 16, 32, len / 32 - 4, 32};               \
        f(&args);                                                                                  \
    }                                                                                              \
    void call(neural_conv_give_##D *f, T *p, T *q, T *r, T *, int64_t len) {                       \
        const neural_conv_give_args args = {q, r, 16, p, 32, len / 32 - 4, 32, 0};                 \
        f(&args);                                                                                  \
    }                                                                                              \
    void call(neural_sparse_row_##D *f, T *p, T *q, T *r, T *, int64_t len) {                      \
        const neural_sparse_strip strip = {kSparse.index, r, len / 16 < 256 ? len / 16 : 256, 0};  \
        const neural_sparse_row_args args = {q, &strip, 1, p, nullptr, 0};                         \
        if (len >= 256)                                                                            \
            f(&args);                                                                              \
    }                                                                                              \
    void call(neural_fuzzy_set_##D *f, T *p, T *q, T *r, T *, int64_t len) {                       \
        const neural_fuzzy_set_args args = {3, len / 64, 64 * sizeof(T)};                          \
        if (len >= 1024)                                                                           \
            f(p, q, r, 64, &args);                                                                 \
    }                                                                                              \
    void call(neural_gather_##D *f, T *p, T *q, T *, T *, int64_t len) {                           \
        call_rows<int64_t>(f, p, q, len);                                                          \
    }                                                                                              \
    void call(neural_gather_i32_##D *f, T *p, T *q, T *, T *, int64_t len) {                       \
        call_rows<int32_t>(f, p, q, len);                                                          \
    }                                                                                              \
    void call(neural_sgd_##D *f, T *p, T *q, T *r, T *, int64_t len) {                             \
        const neural_sgd_args args = {1e-9, 0.9, 0, 1e-4, 0, 0};                                   \
        f(p, q, r, len, &args);                                                                    \
    }                                                                                              \
    void call(neural_adam_##D *f, T *p, T *q, T *r, T *s, int64_t len) {                           \
        const neural_adam_args args = {1e-9, 0.9, 0.999, 1e-8, 0, 1e-9, 1, 1, 0};                  \
        f(p, q, r, s, len, &args);                                                                 \
    }                                                                                              \
    void call(neural_amsgrad_##D *f, T *p, T *q, T *r, T *s, int64_t len) {                        \
        const neural_adam_args args = {1e-9, 0.9, 0.999, 1e-8, 0, 1e-9, 1, 1, 0};                  \
        T *const state[] = {r, s, s};                                                              \
        f(p, q, state, len, &args);                                                                \
    }                                                                                              \
    void call(neural_rmsprop_##D *f, T *p, T *q, T *, T *s, int64_t len) {                         \
        const neural_rmsprop_args args = {1e-9, 0.99, 1e-8, 0, 0, 0, 0};                           \
        T *const state[] = {s, nullptr, nullptr};                                                  \
        f(p, q, state, len, &args);                                                                \
    }                                                                                              \
    void call(neural_adagrad_##D *f, T *p, T *q, T *, T *s, int64_t len) {                         \
        const neural_adagrad_args args = {1e-9, 1e-10, 0};                                         \
        f(p, q, s, len, &args);                                                                    \
    }                                                                                              \
    void call(neural_lion_##D *f, T *p, T *q, T *r, T *, int64_t len) {                            \
        const neural_lion_args args = {1e-9, 0.9, 0.99, 0};                                        \
        f(p, q, r, len, &args);                                                                    \
    }                                                                                              \
    void call(neural_uniform_##D *f, T *p, T *, T *, T *, int64_t len) {                           \
        f(p, len, &kStream, 0, 0, 1);                                                              \
    }                                                                                              \
    void call(neural_bernoulli_##D *f, T *p, T *, T *, T *, int64_t len) {                         \
        f(p, len, &kStream, 0, uint64_t(1) << 30);                                                 \
    }                                                                                              \
    void call(neural_mask_scale_##D *f, T *p, T *q, T *r, T *, int64_t len) {                      \
        f(p, q, reinterpret_cast<unsigned char *>(r), len, 2);                                     \
    }
FAMILIES(float, f32)
FAMILIES(double, f64)
#undef FAMILIES

// That of f64 has the type of axpy_f64.
void call(neural_ema_f32 *f, float *p, float *q, float *, float *, int64_t len) {
    f(p, q, len, 0.999);
}

// Kernels without a float dtype; an element is a byte, of the wider vector.
void call(neural_checksum *f, unsigned char *, unsigned char *q, unsigned char *, unsigned char *,
          int64_t len) {
    benchmark::DoNotOptimize(f(0, q, len));
}
void call(neural_words *f, unsigned char *p, unsigned char *, unsigned char *, unsigned char *,
          int64_t len) {
    f(reinterpret_cast<uint32_t *>(p), len / 4, &kStream, 0);
}
void call(neural_keep *f, unsigned char *p, unsigned char *, unsigned char *, unsigned char *,
          int64_t len) {
    f(p, len, &kStream, 0, uint64_t(1) << 30);
}
void call(neural_narrow_bf16 *f, unsigned char *p, unsigned char *q, unsigned char *,
          unsigned char *, int64_t len) {
    f(reinterpret_cast<uint16_t *>(p), reinterpret_cast<const float *>(q), len / 4);
}
void call(neural_widen_bf16 *f, unsigned char *p, unsigned char *q, unsigned char *,
          unsigned char *, int64_t len) {
    f(reinterpret_cast<float *>(p), reinterpret_cast<const uint16_t *>(q), len / 4);
}

// Vectors that a call reads or writes, by the family's name in the slot list.
const struct Traffic {
    const char *family;
    double vectors;
} kTraffic[] = {
    {"unary", 2},
    {"param", 2},
    {"binary", 3},
    {"grad", 3},
    {"param_grad", 3},
    {"axpy", 3},
    {"fill", 1},
    {"reduce", 1},
    {"reduce2", 2},
    {"find", 1},
    {"argmax", 1},
    {"rows", 2},
    {"rows_grad", 3},
    {"col_sum", 1},
    {"fuzzy_set", 1},
    {"transpose", 2},
    {"pool_max", 1.25},
    {"pool_max_grad", 1.25},
    {"pool_avg", 1.25},
    {"pool_avg_grad", 1.25},
    {"conv_pixels", 2},
    {"conv_filters", 2},
    {"conv_plane", 2},
    {"conv_plane_grad", 2},
    {"conv_take", 2},
    {"conv_give", 2},
    {"sparse_row", 1},
    {"winograd", 1.5},
    {"sgd", 5},
    {"adam", 7},
    {"checksum", 1},
    {"gather", 2},
    {"gather_i32", 2},
    {"scatter_add", 3},
    {"scatter_add_i32", 3},
    {"amsgrad", 8},
    {"rmsprop", 5},
    {"adagrad", 5},
    {"lion", 5},
    {"ema", 3},
    {"uniform", 1},
    {"normal", 1},
    {"bernoulli", 1},
    {"mask_scale", 2},
    {"words", 1},
    {"keep", 1},
    {"norm", 2},
    {"norm_grad", 3},
    {"norm_param_grad", 2},
    {"channel_stats", 1},
    {"channel_sums", 2},
    {"channel_norm", 2},
    {"channel_norm_grad", 3},
    {"narrow_bf16", 1.5},
    {"widen_bf16", 1.5},
};

double vectors_of(const char *family) {
    for (const Traffic &row : kTraffic) {
        if (std::strcmp(row.family, family) == 0) {
            return row.vectors;
        }
    }
    return 0;
}

const char *family_of(const char *op) {
#define NEURAL_SLOT(name, type, accuracy)                                                          \
    if (std::strcmp(op, #name) == 0) {                                                             \
        return #type;                                                                              \
    }
#define NEURAL_PLAIN_SLOT NEURAL_SLOT
#include "core/asm/slots.inc"
    return "";
}

template <class T, class Kernel>
void run(benchmark::State &state, Kernel *kernel, const char *family, bool wants_positive) {
    const int64_t len = state.range(0);
    Vector<T> p(len, wants_positive), q(len, wants_positive), r(len, wants_positive), s(len, true);
    for (auto _ : state) {
        call(kernel, p, q, r, s, len);
        benchmark::ClobberMemory();
    }
    using benchmark::Counter;
    state.counters["ns_per_element"] =
        Counter(double(len) * 1e-9, Counter::kIsIterationInvariantRate | Counter::kInvert);
    state.counters["gbps"] = Counter(double(len) * sizeof(T) * vectors_of(family) * 1e-9,
                                     Counter::kIsIterationInvariantRate);
}

template <class T, class Kernel>
void add(const char *symbol, const char *op, neural_isa isa, Kernel *kernel) {
    if (isa > neural_isa_detected()) {
        return;
    }
    const char *family = family_of(op);
    const bool wants_positive = std::strcmp(op, "log") == 0 || std::strcmp(op, "sqrt") == 0;
    const auto body = [=](benchmark::State &state) {
        run<T>(state, kernel, family, wants_positive);
    };
    benchmark::RegisterBenchmark(symbol, body)->Arg(8192 / sizeof(T))->Arg(1 << 22);
}

void add_all() {
    using f32 = float;
    using f64 = double;
    constexpr neural_isa c = NEURAL_ISA_C, sse2 = NEURAL_ISA_SSE2, avx2 = NEURAL_ISA_AVX2,
                         avx512 = NEURAL_ISA_AVX512;
#define NEURAL_KERNEL(isa, op, dtype)                                                              \
    add<dtype>("neural_" #op "_" #dtype "_" #isa, #op, isa, neural_##op##_##dtype##_##isa);
#define NEURAL_PLAIN_KERNEL(isa, op)                                                               \
    add<unsigned char>("neural_" #op "_" #isa, #op, isa, neural_##op##_##isa);
#include "core/asm/kernels.inc"
#undef NEURAL_KERNEL
#undef NEURAL_PLAIN_KERNEL
}

} // namespace

int main(int argc, char **argv) {
    add_all();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 1;
    }
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

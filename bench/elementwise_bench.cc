/* Every elementwise kernel, forward and backward, at every level this CPU has, on 1M elements,
 * against PyTorch's op of the same meaning in the same run where it is installed:
 *   bazel run //bench:elementwise -- --benchmark_filter=avx512
 * The row summary/<isa> has the geometric mean and the smallest ratio of the rows run before it. */
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "bench/interleaved.h"
#include "bench/torch_peer.h"
#include "core/asm/kernel_table.h"
#include "core/base/memory.h"

namespace {

constexpr int64_t kLen = 1000000;
// Long enough that the caches which the other side left behind do not count.
constexpr double kSampleSeconds = 10e-3, kTotalSeconds = 0.15;

// 64-byte aligned memory of kLen numbers between low and high. Each vector begins elsewhere in its
// page, as in the heap of the peer: streams that share a page offset meet in the same cache sets.
template <class T> class Vector {
  public:
    Vector(T low, T high, int number)
        : block_(static_cast<char *>(neural_alloc(sizeof(T) * kLen + 16384))),
          data_(reinterpret_cast<T *>(block_ + 2176 * number)) {
        std::minstd_rand random(1);
        std::uniform_real_distribution<T> value(low, high);
        std::generate(data_, data_ + kLen, [&] { return value(random); });
    }
    ~Vector() { neural_free(block_); }
    Vector(const Vector &) = delete;
    Vector &operator=(const Vector &) = delete;
    T *get() const { return data_; }

  private:
    char *block_;
    T *data_;
};

// What all rows of a dtype work on.
template <class T> struct Operands {
    Vector<T> dst{0, 0, 0}, any{-4, 4, 1}, other{-4, 4, 2}, positive{T(0.25), 4, 3};

    static const Operands &Get() {
        static const Operands operands;
        return operands;
    }
};

// The scalars of an op, as in torch_ops.py.
struct Scalars {
    double alpha, beta;
};

Scalars ScalarsOf(const std::string &op) {
    if (op.find("hardtanh") == 0) return {-1, 1};
    if (op == "scale_clip") return {1, 3};
    if (op.find("elu") == 0) return {1, 0};
    return {0.1, 1};
}

// A call per function type; none for kernels that are not elementwise.
template <class T> struct Calls {
    const Operands<T> &v;
    const T *src;
    T alpha, beta;

    explicit Calls(const std::string &op)
        : v(Operands<T>::Get()), src(SourceOf(op)),
          alpha(static_cast<T>(ScalarsOf(op).alpha)), beta(static_cast<T>(ScalarsOf(op).beta)) {}

    // Gradients are scaled and clipped in place.
    const T *SourceOf(const std::string &op) const {
        if (op == "scale_clip") return v.dst.get();
        return op == "log" || op == "sqrt" ? v.positive.get() : v.any.get();
    }

    using Call = std::function<void()>;
    Call Of(void (*f)(T *, const T *, int64_t)) const {
        return [f, *this] { f(v.dst.get(), src, kLen); };
    }
    Call Of(void (*f)(T *, const T *, int64_t, T, T)) const {
        return [f, *this] { f(v.dst.get(), src, kLen, alpha, beta); };
    }
    Call Of(void (*f)(T *, const T *, const T *, int64_t)) const {
        return [f, *this] { f(v.dst.get(), src, v.other.get(), kLen); };
    }
    Call Of(void (*f)(T *, const T *, const T *, int64_t, T, T)) const {
        return [f, *this] { f(v.dst.get(), src, v.other.get(), kLen, alpha, beta); };
    }
    Call Of(void (*f)(T *, const T *, int64_t, T)) const {
        return [f, *this] { f(v.dst.get(), src, kLen, T(1e-9)); };
    }
    Call Of(void (*f)(T *, int64_t, T)) const {
        return [f, *this] { f(v.dst.get(), kLen, T(1.5)); };
    }
    Call Of(...) const { return nullptr; }
};

// Vectors that a call of an elementwise function type reads or writes; 0 for other types.
int VectorsOf(const std::string &type) {
    static const std::map<std::string, int> vectors = {
        {"unary", 2}, {"param", 2}, {"binary", 3}, {"grad", 3}, {"param_grad", 3},
        {"axpy", 3},  {"fill", 1}};
    const auto found = vectors.find(type);
    return found == vectors.end() ? 0 : found->second;
}

bench::TorchPeer &Torch() {
    static bench::TorchPeer torch;
    return torch;
}

std::map<std::string, std::vector<double>> ratios; // by level

void Measure(benchmark::State &state, const std::string &op, const char *dtype, const char *isa,
             const std::function<void()> &call, double bytes_per_element) {
    std::vector<bench::Sampler> contenders = {bench::Timed(call)};
    if (bench::Sampler torch = Torch().Find(op, dtype, std::to_string(kLen))) {
        contenders.push_back(torch);
    }
    std::vector<double> seconds;
    for (auto _ : state) {
        seconds = bench::MedianOfSamples(contenders, kSampleSeconds, kTotalSeconds);
        state.SetIterationTime(seconds[0]);
    }
    state.counters["ns_per_element"] = seconds[0] * 1e9 / kLen;
    state.counters["gbps"] = bytes_per_element * kLen / seconds[0] * 1e-9;
    if (seconds.size() > 1) {
        state.counters["torch"] = seconds[1] * 1e9 / kLen;
        state.counters["ratio_best"] = seconds[1] / seconds[0];
        ratios[isa].push_back(seconds[1] / seconds[0]);
    }
}

void Summarize(benchmark::State &state, const std::vector<double> &rows) {
    double sum = 0;
    for (double ratio : rows)
        sum += std::log(ratio);
    for (auto _ : state)
        state.SetIterationTime(0);
    if (rows.empty()) return;
    state.counters["rows"] = static_cast<double>(rows.size());
    state.counters["ratio_best"] = std::exp(sum / static_cast<double>(rows.size()));
    state.counters["ratio_worst"] = *std::min_element(rows.begin(), rows.end());
}

void Register(const std::string &name, const std::function<void(benchmark::State &)> &body) {
    benchmark::RegisterBenchmark(name.c_str(), body)->Iterations(1)->UseManualTime();
}

template <class T, class Kernel>
void Add(const std::string &op, const char *dtype, const char *type, neural_isa isa,
         Kernel *kernel) {
    const double bytes = static_cast<double>(sizeof(T)) * VectorsOf(type);
    if (bytes == 0) return;
    const char *level = neural_isa_name(isa);
    Register(op + "_" + dtype + "/" + level, [=](benchmark::State &state) {
        Measure(state, op, dtype, level, Calls<T>(op).Of(kernel), bytes);
    });
}

void AddLevel(neural_isa isa) {
    const neural_kernel_table *table = neural_kernels_at(isa);
    if (!table) return;
#define NEURAL_SLOT(op, type, accuracy)                                                            \
    Add<float>(#op, "f32", #type, isa, table->op##_f32);                                           \
    Add<double>(#op, "f64", #type, isa, table->op##_f64);
#include "core/asm/slots.inc"
    const std::string level = neural_isa_name(isa);
    Register("summary/" + level, [=](benchmark::State &state) { Summarize(state, ratios[level]); });
}

} // namespace

int main(int argc, char **argv) {
    for (int isa = NEURAL_ISA_C; isa < NEURAL_ISA_COUNT; isa++)
        AddLevel(static_cast<neural_isa>(isa));
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

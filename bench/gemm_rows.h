// The shapes that //bench:sgemm and //bench:dgemm measure, and how one of them is measured.
#ifndef BENCH_GEMM_ROWS_H_
#define BENCH_GEMM_ROWS_H_

#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "bench/interleaved.h"
#include "bench/peak.h"
#include "bench/peers.h"
#include "core/asm/cpu.h"
#include "core/tensor/gemm.h"

namespace bench {

struct GemmRow {
    const char *form; // "NN", "NT" (B stored [n, k]), "TN" (A stored [k, m]), "TT"
    int m, n, k;
    int beta;
};

inline const std::vector<GemmRow> &GemmRows() {
    static const std::vector<GemmRow> rows = {
        {"NN", 8, 8, 8, 0},
        {"NN", 16, 16, 16, 0},
        {"NN", 32, 32, 32, 0},
        {"NN", 64, 64, 64, 0},
        {"NN", 128, 128, 128, 0},
        {"NN", 256, 256, 256, 0},
        {"NN", 512, 512, 512, 0},
        {"NN", 1000, 1000, 1000, 0},
        {"NN", 1024, 1024, 1024, 0},
        {"NN", 2048, 2048, 2048, 0},
        {"NN", 64, 256, 784, 0},
        {"NN", 64, 128, 256, 0},
        {"NN", 64, 10, 128, 0},
        {"NN", 32, 64, 11, 0},
        {"NN", 256, 784, 64, 0},
        {"NN", 1024, 32, 1024, 0},
        {"NN", 3136, 32, 288, 0},
        {"NN", 1, 1024, 1024, 0},
        {"NT", 8, 8, 8, 0},
        {"NT", 16, 16, 16, 0},
        {"NT", 32, 32, 32, 0},
        {"NT", 64, 64, 64, 0},
        {"NT", 128, 128, 128, 0},
        {"NT", 512, 512, 512, 0},
        {"NT", 1024, 1024, 1024, 0},
        {"NT", 1, 1024, 1024, 0},
        {"TN", 64, 64, 64, 0},
        {"TN", 512, 512, 512, 0},
        {"TN", 1024, 1024, 1024, 0},
        // 784-256-128-10 at batch 64: Y = X W^T, dX = dY W, dW += dY^T X
        {"NT", 64, 256, 784, 0},
        {"NT", 64, 128, 256, 0},
        {"NT", 64, 10, 128, 0},
        {"NN", 64, 128, 10, 0},
        {"NN", 64, 256, 128, 0},
        {"TN", 10, 128, 64, 1},
        {"TN", 128, 256, 64, 1},
        {"TN", 256, 784, 64, 1},
        // 11-64-32-6 at batch 32
        {"NT", 32, 64, 11, 0},
        {"NT", 32, 32, 64, 0},
        {"NT", 32, 6, 32, 0},
        {"NN", 32, 32, 6, 0},
        {"NN", 32, 64, 32, 0},
        {"TN", 6, 32, 32, 1},
        {"TN", 32, 64, 32, 1},
        {"TN", 64, 11, 32, 1},
        // 2-8-1 at batch 4
        {"NT", 4, 8, 2, 0},
        {"NT", 4, 1, 8, 0},
        {"NN", 4, 8, 1, 0},
        {"TN", 1, 8, 4, 1},
        {"TN", 8, 2, 4, 1},
    };
    return rows;
}

template <typename T> class GemmRowBench {
  public:
    explicit GemmRowBench(const GemmRow &row) : row_(row) {
        std::mt19937 random(1);
        std::uniform_real_distribution<T> value(-1, 1);
        auto fill = [&](std::vector<T> *v, int64_t len) {
            v->resize(static_cast<size_t>(len));
            for (T &x : *v)
                x = value(random);
        };
        fill(&a_, static_cast<int64_t>(row.m) * row.k);
        fill(&b_, static_cast<int64_t>(row.n) * row.k);
        fill(&c_, static_cast<int64_t>(row.m) * row.n);
        call_ = {row.form[0] == 'T',
                 row.form[1] == 'T',
                 row.m,
                 row.n,
                 row.k,
                 T(1),
                 a_.data(),
                 row.form[0] == 'T' ? row.m : row.k,
                 b_.data(),
                 row.form[1] == 'T' ? row.k : row.n,
                 static_cast<T>(row.beta),
                 c_.data(),
                 row.n};
        args_ = {};
        args_.trans_a = call_.trans_a;
        args_.trans_b = call_.trans_b;
        args_.m = row.m;
        args_.n = row.n;
        args_.k = row.k;
        args_.alpha = 1;
        args_.a = call_.a;
        args_.lda = call_.lda;
        args_.b = call_.b;
        args_.ldb = call_.ldb;
        args_.beta = row.beta;
        args_.c = call_.c;
        args_.ldc = call_.ldc;
    }

    void Run(benchmark::State &state) {
        const neural_isa isa = neural_isa_active();
        std::vector<std::function<void()>> contenders = {[this] { Ours(); }};
        std::vector<std::string> names;
        for (const Peer &peer : Peers()) {
            if (std::function<void()> call = PeerCall(peer)) {
                contenders.push_back(call);
                names.push_back(peer.name);
            }
        }
        constexpr int64_t kPeakSteps = 4000;
        const int is_f64 = std::is_same_v<T, double>;
        contenders.push_back([=] { bench_peak_run(isa, is_f64, kPeakSteps); });

        const double flops = 2.0 * row_.m * row_.n * row_.k;
        std::vector<double> seconds;
        for (auto _ : state) {
            seconds = MedianSeconds(contenders, 200e-6, 0.3);
            state.SetIterationTime(seconds[0]);
        }
        double best = 0;
        state.counters["gflops"] = flops / seconds[0] * 1e-9;
        for (size_t i = 0; i < names.size(); i++) {
            const double gflops = flops / seconds[i + 1] * 1e-9;
            state.counters[names[i]] = gflops;
            best = std::max(best, gflops);
        }
        if (best > 0) state.counters["ratio_best"] = flops / seconds[0] * 1e-9 / best;
        const double peak = static_cast<double>(kPeakSteps * bench_peak_flops(isa, is_f64));
        state.counters["peak_fraction"] = flops / seconds[0] * seconds.back() / peak;
    }

  private:
    void Ours() {
        if constexpr (std::is_same_v<T, float>) {
            neural_gemm_f32(&args_);
        } else {
            neural_gemm_f64(&args_);
        }
    }

    std::function<void()> PeerCall(const Peer &peer) {
        if constexpr (std::is_same_v<T, float>) {
            if (peer.sgemm_function) {
                return [this, peer] { peer.sgemm(peer.sgemm_function, call_); };
            }
        } else if (peer.dgemm_function) {
            return [this, peer] { peer.dgemm(peer.dgemm_function, call_); };
        }
        return nullptr;
    }

    GemmRow row_;
    std::vector<T> a_, b_, c_;
    GemmCall<T> call_;
    neural_gemm_args args_;
};

// Registers a benchmark per row: <name>/<form>/<m>x<n>x<k>.
template <typename T> void RegisterGemmRows(const std::string &name) {
    for (const GemmRow &row : GemmRows()) {
        const std::string label = name + "/" + row.form + "/" + std::to_string(row.m) + "x" +
                                  std::to_string(row.n) + "x" + std::to_string(row.k);
        benchmark::RegisterBenchmark(
            label.c_str(), [row](benchmark::State &state) { GemmRowBench<T>(row).Run(state); })
            ->Iterations(1)
            ->UseManualTime();
    }
}

} // namespace bench

#endif // BENCH_GEMM_ROWS_H_

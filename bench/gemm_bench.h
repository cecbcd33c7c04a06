// How //bench:sgemm and //bench:dgemm measure a product: every level of this CPU, the peers, a
// register-only loop and, where memory bounds it, a read loop interleaved in one run.
#ifndef BENCH_GEMM_BENCH_H_
#define BENCH_GEMM_BENCH_H_

#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "bench/aligned_vector.h"
#include "bench/gemm_rows.h"
#include "bench/gemm_summary.h"
#include "bench/interleaved.h"
#include "bench/peak.h"
#include "bench/peers.h"
#include "core/asm/cpu.h"
#include "core/asm/kernel_table.h"
#include "core/base/threads.h"
#include "core/tensor/gemm.h"
#include "core/tensor/gemm_batch.h"
#include "core/tensor/gemm_prepacked.h"

namespace bench {

template <typename T> class GemmBench {
  public:
    static constexpr bool kIsF64 = std::is_same_v<T, double>;

    GemmBench(const GemmRow &row, neural_isa isa)
        : row_(row), isa_(isa), kernels_(neural_kernels_at(isa)),
          count_(row.operands == Operands::kBatch ? kBatchCount : 1) {
        const int64_t m = row.m, n = row.n, k = row.k;
        std::mt19937 random(1);
        std::uniform_real_distribution<T> value(-1, 1);
        auto fill = [&](AlignedVector<T> *v, int64_t len) {
            v->resize(static_cast<size_t>(len * count_));
            for (T &x : *v)
                x = value(random);
        };
        fill(&a_, m * k);
        fill(&b_, n * k);
        fill(&c_, m * n);
        args_.trans_a = row.form[0] == 'T';
        args_.trans_b = row.form[1] == 'T';
        args_.m = m;
        args_.n = n;
        args_.k = k;
        args_.alpha = 1;
        args_.a = a_.data();
        args_.lda = args_.trans_a ? m : k;
        args_.b = b_.data();
        args_.ldb = args_.trans_b ? k : n;
        args_.beta = row.beta;
        args_.c = c_.data();
        args_.ldc = n;
        if (row.operands == Operands::kPrepacked) {
            (kIsF64 ? neural_gemm_packed_create_f64_at
                    : neural_gemm_packed_create_f32_at)(kernels_, &args_, &packed_);
        }
    }
    ~GemmBench() { neural_gemm_packed_destroy(packed_); }
    GemmBench(const GemmBench &) = delete;
    GemmBench &operator=(const GemmBench &) = delete;

    void Run(benchmark::State &state) {
        if (row_.threads == 1) {
            RunAgainstPeers(state);
        } else {
            RunThreads(state);
        }
    }

  private:
    static constexpr double kSampleSeconds = 200e-6, kTotalSeconds = 0.25;
    static constexpr int64_t kPeakSteps = 4000;

    double Gflops(double seconds) const {
        return 2e-9 * row_.m * row_.n * row_.k * static_cast<double>(count_) / seconds;
    }

    void RunAgainstPeers(benchmark::State &state) {
        std::vector<std::function<void()>> contenders = {[this] { Ours(); }};
        std::vector<std::string> names = {"gflops"};
        for (const Peer &peer : Peers()) {
            for (const std::function<void()> &call : PeerCalls(peer)) {
                contenders.push_back(call);
                names.push_back(peer.name);
            }
        }
        contenders.push_back([this] { bench_peak_run(isa_, kIsF64, kPeakSteps); });
        const AlignedVector<T> &larger = row_.m < row_.n ? b_ : a_;
        const int64_t bytes = static_cast<int64_t>(larger.size() * sizeof(T));
        if (row_.IsBoundByMemory()) {
            contenders.push_back(
                [this, bytes, &larger] { bench_read_run(isa_, larger.data(), bytes); });
        }
        std::vector<double> seconds;
        for (auto _ : state) {
            // Operands beyond L2 are read several times in a row: the peers share theirs.
            seconds = MedianSeconds(contenders, row_.IsBoundByMemory() ? 1e-3 : kSampleSeconds,
                                    kTotalSeconds);
            state.SetIterationTime(seconds[0]);
        }
        double best = 0;
        for (size_t i = 0; i < names.size(); i++) {
            const double gflops = Gflops(seconds[i]);
            benchmark::Counter &counter = state.counters[names[i]];
            counter = std::max(counter.value, gflops); // a peer's faster one of two functions
            if (i > 0) best = std::max(best, gflops);
        }
        const double ours = Gflops(seconds[0]);
        const double peak = 1e-9 *
                            static_cast<double>(kPeakSteps * bench_peak_flops(isa_, kIsF64)) /
                            seconds[names.size()];
        state.counters["peak_fraction"] = ours / peak;
        if (row_.IsBoundByMemory()) {
            state.counters["read_fraction"] = seconds.back() / seconds[0];
        }
        if (best > 0) {
            state.counters["ratio_best"] = ours / best;
            if (row_.is_judged) {
                JudgedRatios()[neural_isa_name(isa_)][row_.Name()] = ours / best;
            }
        }
    }

    // Wall clock: the calling thread does only part of the work.
    void RunThreads(benchmark::State &state) {
        auto with_threads = [this](int threads) {
            return [this, threads] {
                if (neural_num_threads() != threads) neural_set_num_threads(threads);
                Ours();
            };
        };
        std::vector<double> seconds;
        for (auto _ : state) {
            seconds = MedianOfSamples({Timed(with_threads(row_.threads), WallSeconds),
                                       Timed(with_threads(1), WallSeconds)},
                                      2e-3, kTotalSeconds);
            state.SetIterationTime(seconds[0]);
        }
        neural_set_num_threads(1);
        state.counters["gflops"] = Gflops(seconds[0]);
        state.counters["speedup"] = seconds[1] / seconds[0];
    }

    void Ours() {
        if (row_.operands == Operands::kPrepacked) {
            neural_gemm_packed_run(packed_, &args_);
        } else if (row_.operands == Operands::kBatch) {
            (kIsF64 ? neural_gemm_located_f64 : neural_gemm_located_f32)(kernels_, &args_, count_,
                                                                         Locate, this);
        } else {
            (kIsF64 ? neural_gemm_f64_at : neural_gemm_f32_at)(kernels_, &args_);
        }
    }

    static void Locate(const void *context, int64_t i, neural_gemm_place *place) {
        const GemmBench *bench = static_cast<const GemmBench *>(context);
        const neural_gemm_args &args = bench->args_;
        place->a = reinterpret_cast<const char *>(bench->a_.data() + i * args.m * args.k);
        place->b = reinterpret_cast<const char *>(bench->b_.data() + i * args.n * args.k);
        place->c =
            reinterpret_cast<char *>(const_cast<T *>(bench->c_.data()) + i * args.m * args.n);
    }

    GemmCall<T> CallAt(int64_t i) const {
        const int64_t m = row_.m, n = row_.n, k = row_.k;
        GemmCall<T> call = {};
        call.trans_a = args_.trans_a;
        call.trans_b = args_.trans_b;
        call.m = row_.m;
        call.n = row_.n;
        call.k = row_.k;
        call.alpha = 1;
        call.a = a_.data() + i * m * k;
        call.lda = static_cast<int>(args_.lda);
        call.b = b_.data() + i * n * k;
        call.ldb = static_cast<int>(args_.ldb);
        call.beta = static_cast<T>(row_.beta);
        call.c = const_cast<T *>(c_.data()) + i * m * n;
        call.ldc = row_.n;
        return call;
    }

    // What the peer offers: its GEMM, call after call for a batch, and its GEMV for one row.
    std::vector<std::function<void()>> PeerCalls(const Peer &peer) const {
        std::vector<GemmCall<T>> calls;
        for (int64_t i = 0; i < count_; i++)
            calls.push_back(CallAt(i));
        std::vector<std::function<void()>> found;
        for (const auto &function : PeerFunctions<T>(peer, row_.m == 1)) {
            found.push_back([calls, function] {
                for (const GemmCall<T> &call : calls)
                    function(call);
            });
        }
        return found;
    }

    GemmRow row_;
    neural_isa isa_;
    const neural_kernel_table *kernels_;
    int64_t count_;
    AlignedVector<T> a_, b_, c_;
    neural_gemm_args args_ = {};
    neural_gemm_packed *packed_ = nullptr;
};

// Registers a benchmark per level and row: <name>/<level>/<form>/<m>x<n>x<k>, the highest level
// first.
template <typename T> void RegisterGemmRows(const std::string &name) {
    for (int level = neural_isa_active(); level >= NEURAL_ISA_SSE2; level--) {
        const neural_isa isa = static_cast<neural_isa>(level);
        for (const GemmRow &row : kGemmRows) {
            if (level < neural_isa_active() && !row.IsSmall()) continue;
            const std::string label = name + "/" + neural_isa_name(isa) + "/" + row.Name();
            benchmark::RegisterBenchmark(
                label.c_str(),
                [row, isa](benchmark::State &state) { GemmBench<T>(row, isa).Run(state); })
                ->Iterations(1)
                ->UseManualTime();
        }
    }
}

template <typename T> int GemmMain(const std::string &name, int argc, char **argv) {
    neural_set_num_threads(1);
    RegisterGemmRows<T>(name);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    PrintSummary(name);
    return 0;
}

} // namespace bench

#endif // BENCH_GEMM_BENCH_H_

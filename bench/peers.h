// The libraries we measure ourselves against, loaded at run time when the system has them, one
// thread each. None is needed to build or to run a benchmark.
#ifndef BENCH_PEERS_H_
#define BENCH_PEERS_H_

#include <functional>
#include <string>
#include <vector>

namespace bench {

// C = alpha * op(A) op(B) + beta * C, row-major, T is float or double.
template <typename T> struct GemmCall {
    bool trans_a, trans_b;
    int m, n, k;
    T alpha;
    const T *a;
    int lda;
    const T *b;
    int ldb;
    T beta;
    T *c;
    int ldc;
};

// A library's functions; null when it lacks one.
struct Peer {
    std::string name; // "openblas", "blis", "onednn": the names of the counters
    void *cblas_sgemm, *cblas_dgemm, *cblas_sgemv, *cblas_dgemv, *dnnl_sgemm;
};

// Loads them at the first call. A library that is absent is left out.
const std::vector<Peer> &Peers();

// The peer's functions for T = float or double: its GEMM and, for products of one row, its GEMV.
template <typename T>
std::vector<std::function<void(const GemmCall<T> &)>> PeerFunctions(const Peer &peer, bool one_row);

} // namespace bench

#endif // BENCH_PEERS_H_

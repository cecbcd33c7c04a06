// The libraries we measure ourselves against, loaded at run time when the system has them, one
// thread each. None is needed to build or to run a benchmark.
#ifndef BENCH_PEERS_H_
#define BENCH_PEERS_H_

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

struct Peer {
    std::string name; // "openblas", "blis", "onednn": the names of the counters
    void (*sgemm)(void *function, const GemmCall<float> &call);
    void (*dgemm)(void *function, const GemmCall<double> &call);
    void *sgemm_function, *dgemm_function; // null when the library lacks it
};

// Loads them at the first call. A library that is absent is left out.
const std::vector<Peer> &Peers();

} // namespace bench

#endif // BENCH_PEERS_H_

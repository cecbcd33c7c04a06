#include "bench/peers.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

namespace bench {
namespace {

constexpr int kRowMajor = 101, kNoTrans = 111, kTrans = 112; // cblas.h

template <typename T> void CallCblas(void *function, const GemmCall<T> &g) {
    using Gemm = void (*)(int order, int trans_a, int trans_b, int m, int n, int k, T alpha,
                          const T *a, int lda, const T *b, int ldb, T beta, T *c, int ldc);
    reinterpret_cast<Gemm>(function)(kRowMajor, g.trans_a ? kTrans : kNoTrans,
                                     g.trans_b ? kTrans : kNoTrans, g.m, g.n, g.k, g.alpha, g.a,
                                     g.lda, g.b, g.ldb, g.beta, g.c, g.ldc);
}

// One row: C^T = op(B)^T A^T.
template <typename T> void CallGemv(void *function, const GemmCall<T> &g) {
    using Gemv = void (*)(int order, int trans, int m, int n, T alpha, const T *a, int lda,
                          const T *x, int incx, T beta, T *y, int incy);
    const int inc = g.trans_a ? g.lda : 1;
    reinterpret_cast<Gemv>(function)(kRowMajor, g.trans_b ? kNoTrans : kTrans,
                                     g.trans_b ? g.n : g.k, g.trans_b ? g.k : g.n, g.alpha, g.b,
                                     g.ldb, g.a, inc, g.beta, g.c, 1);
}

void CallDnnl(void *function, const GemmCall<float> &g) {
    using Gemm = int (*)(char trans_a, char trans_b, int64_t m, int64_t n, int64_t k, float alpha,
                         const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
                         float *c, int64_t ldc);
    reinterpret_cast<Gemm>(function)(g.trans_a ? 'T' : 'N', g.trans_b ? 'T' : 'N', g.m, g.n, g.k,
                                     g.alpha, g.a, g.lda, g.b, g.ldb, g.beta, g.c, g.ldc);
}

void *Open(const char *file) {
    return dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
}

// Calls void function(int) of a library, if it has one.
void CallWithOne(void *library, const char *name) {
    if (void *function = dlsym(library, name)) {
        reinterpret_cast<void (*)(int)>(function)(1);
    }
}

void AddCblas(std::vector<Peer> *peers, const char *name, const char *file,
              const char *set_threads) {
    void *library = Open(file);
    if (!library) return;
    CallWithOne(library, set_threads);
    peers->push_back({name, dlsym(library, "cblas_sgemm"), dlsym(library, "cblas_dgemm"),
                      dlsym(library, "cblas_sgemv"), dlsym(library, "cblas_dgemv"), nullptr});
}

template <typename T>
void Add(std::vector<std::function<void(const GemmCall<T> &)>> *found,
         void (*call)(void *, const GemmCall<T> &), void *function) {
    if (function) {
        found->push_back([call, function](const GemmCall<T> &g) { call(function, g); });
    }
}

std::vector<Peer> Load() {
    for (const char *variable :
         {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "GOTO_NUM_THREADS"}) {
        setenv(variable, "1", 1);
    }
    std::vector<Peer> peers;
    AddCblas(&peers, "openblas", "libopenblas.so.0", "openblas_set_num_threads");
    AddCblas(&peers, "blis", "libblis.so.4", "bli_thread_set_num_threads");
    if (void *library = Open("libdnnl.so.2")) {
        peers.push_back(
            {"onednn", nullptr, nullptr, nullptr, nullptr, dlsym(library, "dnnl_sgemm")});
    }
    return peers;
}

} // namespace

const std::vector<Peer> &Peers() {
    static const std::vector<Peer> peers = Load();
    return peers;
}

template <>
std::vector<std::function<void(const GemmCall<float> &)>> PeerFunctions<float>(const Peer &peer,
                                                                               bool one_row) {
    std::vector<std::function<void(const GemmCall<float> &)>> found;
    Add<float>(&found, CallCblas<float>, peer.cblas_sgemm);
    Add<float>(&found, CallDnnl, peer.dnnl_sgemm);
    Add<float>(&found, CallGemv<float>, one_row ? peer.cblas_sgemv : nullptr);
    return found;
}

template <>
std::vector<std::function<void(const GemmCall<double> &)>> PeerFunctions<double>(const Peer &peer,
                                                                                 bool one_row) {
    std::vector<std::function<void(const GemmCall<double> &)>> found;
    Add<double>(&found, CallCblas<double>, peer.cblas_dgemm);
    Add<double>(&found, CallGemv<double>, one_row ? peer.cblas_dgemv : nullptr);
    return found;
}

} // namespace bench

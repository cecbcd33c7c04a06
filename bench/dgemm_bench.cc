// f64 GEMM against OpenBLAS and BLIS. NEURAL_ISA limits our levels,
// OPENBLAS_CORETYPE (Haswell, Nehalem) that of OpenBLAS.
#include "bench/gemm_bench.h"

int main(int argc, char **argv) {
    return bench::GemmMain<double>("dgemm", argc, argv);
}

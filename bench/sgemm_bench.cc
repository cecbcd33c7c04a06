// f32 GEMM against OpenBLAS, BLIS and oneDNN. NEURAL_ISA limits our levels,
// OPENBLAS_CORETYPE (Haswell, Nehalem) that of OpenBLAS.
#include "bench/gemm_bench.h"

int main(int argc, char **argv) {
    return bench::GemmMain<float>("sgemm", argc, argv);
}

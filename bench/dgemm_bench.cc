// f64 GEMM against OpenBLAS and BLIS, one thread. NEURAL_ISA limits our level.
#include "bench/gemm_rows.h"
#include "core/base/threads.h"

int main(int argc, char **argv) {
    neural_set_num_threads(1);
    bench::RegisterGemmRows<double>("dgemm");
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

/* One matrix product on its way through the driver: gemm.c fills it, gemm_plan.c decides how it
 * is done, gemm_run.c does it. dtype is erased: pointers to bytes, strides in elements. */
#ifndef CORE_TENSOR_GEMM_JOB_H_
#define CORE_TENSOR_GEMM_JOB_H_

#include "core/tensor/gemm.h"
#include "core/tensor/gemm_pack.h"

/* C[m, n] = epilogue(alpha * A[m, k] B[k, n] + beta * C), any strides in A and B. */
typedef struct neural_gemm_job {
    const neural_gemm_type *type;
    const neural_kernel_table *kernels;
    const neural_gemm_kernels *tiles;
    int64_t m, n, k;
    const char *a, *b;
    char *c;
    int64_t a_row, a_col, b_row, b_col, c_row;
    double alpha;
    neural_gemm_scalar beta;
    const char *bias;
    int64_t first_flags; /* NEURAL_GEMM_START_*: how the first block of k begins */
    int64_t last_flags;  /* bias and relu, after the last block of k */
    int finishes;        /* activation or residual follow, by neural_gemm_finish */
    neural_gemm_activation activation;
    double slope;
    const char *residual; /* NULL for none */
    int64_t residual_row;

    /* The plan. */
    const neural_gemm_tile *tile;
    int use_gemv;          /* m = 1: sweep rows of B */
    int pack_a, pack_b;    /* copy A per block of rows and k in tiles, B per group of panels */
    int keep_b;            /* the first block of rows packs B for the others */
    int64_t group;         /* columns of B packed at a time */
    int64_t k_step;        /* length of a block of k */
    int64_t m_step;        /* rows of a block */
    int64_t n_step;        /* columns of a block */
    int64_t panel_bytes;   /* scratch for one group of B panels, or with keep_b for a block */
    int64_t scratch_bytes; /* scratch for one thread */
} neural_gemm_job;

/* Refuses negative sizes and leading dimensions that are too small. */
neural_status neural_gemm_check(const neural_gemm_args *args);

/* The same with a B whose rows have b_cols elements and lie ldb apart, whatever args say of it. */
neural_status neural_gemm_check_beside(const neural_gemm_args *args, int64_t ldb, int64_t b_cols);

/* Rows cut into tiles of equal height: `taller` ones of height + 1, then the rest. */
typedef struct neural_gemm_row_cut {
    uint32_t tiles, height, taller;
} neural_gemm_row_cut;

static inline neural_gemm_row_cut neural_gemm_cut_rows(int64_t rows, int64_t mr) {
    if (rows <= mr) {
        return (neural_gemm_row_cut){1, (uint32_t)rows, 0};
    }
    const uint32_t tiles = (uint32_t)((rows + mr - 1) / (uint32_t)mr);
    return (neural_gemm_row_cut){tiles, (uint32_t)rows / tiles, (uint32_t)rows % tiles};
}

/* Whether to compute C^T = B^T A^T instead and transpose the result. */
int neural_gemm_wants_swap(const neural_gemm_job *job);

/* Fills the plan. */
void neural_gemm_plan(neural_gemm_job *job);

/* Computes the whole job on the calling thread; scratch holds job->scratch_bytes. */
void neural_gemm_run(const neural_gemm_job *job, char *scratch);

/* Activation and residual on rows x cols elements of C, finished by the tiles. */
void neural_gemm_finish(const neural_gemm_job *job, int64_t row, int64_t col, int64_t rows,
                        int64_t cols);

#endif /* CORE_TENSOR_GEMM_JOB_H_ */

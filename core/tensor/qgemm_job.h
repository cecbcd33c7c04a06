/* One int8 product on its way: qgemm.c checks and fills it, qgemm_run.c does it, qgemm_pack.c packs
 * B. Sums of A and B enter modulo 2^32; what they correct fits s32, so the result is exact. */
#ifndef CORE_TENSOR_QGEMM_JOB_H_
#define CORE_TENSOR_QGEMM_JOB_H_

#include "core/asm/kernel_table.h"
#include "core/asm/qgemm_kernel.h"
#include "core/tensor/qgemm.h"

/* B is packed in panels of this many columns; the last is as wide as it needs in whole groups. */
enum { NEURAL_QGEMM_PANEL = NEURAL_QGEMM_MAX_COLUMNS };

struct neural_qgemm_packed {
    int64_t n, k, bytes;
    int8_t *data;  /* panel after panel */
    int32_t *sums; /* of each column, then up to a whole panel */
};

typedef struct neural_qgemm_job {
    const neural_qgemm_args *args;
    const neural_qgemm_kernels *kernels;
    const neural_kernel_table *moves; /* whose transpose_f32 turns B */
    int64_t quads;                    /* of k, the last one filled with zeros */
    int32_t flip;                     /* 128 where A enters as a + 128, else 0 */
    const char *a;                    /* as the tile reads it */
    int64_t a_row;                    /* bytes */
    const int32_t *row_sums;          /* of A as it enters, with b_zero_points */
    int needs_column_sums, needs_correction, use_dot;
    char *scratch; /* a panel for each thread */
    int64_t panel_bytes;
} neural_qgemm_job;

static inline int64_t neural_qgemm_round_up(int64_t x, int64_t unit) {
    return (x + unit - 1) / unit * unit;
}

/* Bytes from quad to quad in the panel of column j. */
static inline int64_t neural_qgemm_quad_bytes(int64_t n, int64_t j) {
    const int64_t left = n - j;
    return 4 * (left < NEURAL_QGEMM_PANEL ? neural_qgemm_round_up(left, NEURAL_QGEMM_GROUP)
                                          : NEURAL_QGEMM_PANEL);
}

/* Packs the columns [j, j + columns), at most a panel, of B into `panel`. */
void neural_qgemm_pack_panel(const neural_qgemm_kernels *kernels, const neural_kernel_table *moves,
                             int trans_b, const int8_t *b, int64_t ldb, int64_t k, int64_t columns,
                             int8_t *panel);

/* The sums of the columns of a packed panel. */
void neural_qgemm_sum_columns(const neural_qgemm_kernels *kernels, const int8_t *panel,
                              int64_t quads, int64_t quad_bytes, int32_t *sums);

/* The sums of m rows of A as it enters: rows of quads as the tile reads them. */
void neural_qgemm_sum_rows(const neural_qgemm_job *job, int64_t begin, int64_t end, int32_t *sums);

/* Rows [row, row_end) of the columns from panel `first` to before panel `last`; packs B into
 * `panel`, unless it is packed. */
void neural_qgemm_run(const neural_qgemm_job *job, int64_t row, int64_t row_end, int64_t first,
                      int64_t last, int8_t *panel);

#endif /* CORE_TENSOR_QGEMM_JOB_H_ */

/* Types of the kernels for fuzzy sets. */
#ifndef CORE_ASM_FUZZY_KERNEL_H_
#define CORE_ASM_FUZZY_KERNEL_H_

#include <stdint.h>

typedef struct neural_fuzzy_set_args {
    int64_t terms, samples; /* at least 1 */
    int64_t stride_bytes;   /* from column to column of rows */
} neural_fuzzy_set_args;

/* A fuzzy set per row: at each sample y = max(0, share of each term), the share min or product of
 * the term's degree (src: a column per term) and its sample. dst: the column of areas, sum of y,
 * then of moments, sum of y*x, a chain each. table: per sample the terms' memberships, then x. rows
 * is a multiple of 16. No NaN. */
typedef void neural_fuzzy_set_f32(float *dst, const float *src, const float *table, int64_t rows,
                                  const neural_fuzzy_set_args *args);
typedef void neural_fuzzy_set_f64(double *dst, const double *src, const double *table, int64_t rows,
                                  const neural_fuzzy_set_args *args);

#endif /* CORE_ASM_FUZZY_KERNEL_H_ */

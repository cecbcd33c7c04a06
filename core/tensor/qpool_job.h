/* One pooling on its way. Only for the files of qpool. */
#ifndef CORE_TENSOR_QPOOL_JOB_H_
#define CORE_TENSOR_QPOOL_JOB_H_

#include "core/asm/qgemm_kernel.h"
#include "core/tensor/qformat.h"
#include "core/tensor/qpool.h"

/* Pixels of a window that one call of a kernel takes. */
enum { NEURAL_QPOOL_ROWS = 64 };

/* One side; window == 0: adaptive. */
typedef struct neural_qpool_axis {
    int64_t in, out, window, stride, pad, dilation;
} neural_qpool_axis;

/* The elements begin, begin + step ... below end of a window that are in the input, and how many
 * the divisor counts. */
typedef struct neural_qpool_span {
    int64_t begin, end, step, count;
} neural_qpool_span;

typedef struct neural_qpool_job {
    const neural_quant_kernels *kernels;
    const neural_qgemm_kernels *products;
    const neural_qpool_args *args;
    neural_qpool_axis y, x;
    int is_average;
    neural_quant_target target;
    float factor;
    int32_t flip, zero;
} neural_qpool_job;

/* Window o of a side. */
neural_qpool_span neural_qpool_span_of(const neural_qpool_axis *of, int64_t o, int count_pad);

/* The averages of a row of windows, which are `y` down: from an image to a row of dst. */
void neural_qpool_average_row(const neural_qpool_job *job, const neural_qpool_span *y,
                              const char *image, char *dst);

#endif /* CORE_TENSOR_QPOOL_JOB_H_ */

/* A packed convolution and a call of it. Only for the files of qconv2d: qconv2d.c checks and packs,
 * qconv2d_run.c divides the work, qconv2d_strip.c multiplies.
 *
 * A window is read in runs of neighbouring bytes: its rows, or where those have gaps (dilation,
 * groups) its pixels. A run is packed, and read, in whole quads; the weights beyond it are zeros.
 */
#ifndef CORE_TENSOR_QCONV2D_JOB_H_
#define CORE_TENSOR_QCONV2D_JOB_H_

#include "core/asm/qgemm_kernel.h"
#include "core/tensor/qconv2d.h"
#include "core/tensor/qgemm_job.h"

struct neural_qconv2d {
    neural_qconv2d_options of; /* but for its pointers */
    int64_t bytes;
    int64_t group_channels, group_filters; /* depthwise: 1 and all filters */
    int64_t runs, run_len, run_quads;
    neural_qgemm_packed **groups; /* or, where every channel has a filter of its own, */
    int8_t *depthwise;            /* blocks of 64 channels as neural_qgemm_depthwise wants them */
    int64_t width;  /* the filters of a group, in whole panels; what follows has groups of it */
    int32_t *start; /* what sums start from: -zero point * sum of weights, + an s32 bias */
    int32_t *start_flip;  /* the same where x enters as x + 128 */
    float *scales, *bias; /* f32 bias */
};

typedef struct neural_qconv2d_job {
    const neural_qgemm_kernels *kernels;
    const neural_qconv2d *conv;
    int64_t n, h, w, oh, ow;
    const uint8_t *x;
    char *y;
    int64_t y_bytes;           /* of a number of y */
    neural_qgemm_widen *widen; /* numbers of x enter with 16 bits; NULL: as bytes */
    int64_t number;            /* bytes of a number of x as the tile reads it */
    int64_t pixel;             /* numbers from pixel to pixel of a band */
    const int64_t *runs;       /* from the end of a run to the next one */
    int64_t run_count, run_quads;
    int64_t a_row;            /* bytes from a pixel's window to the next one's */
    int gathers;              /* windows are taken from bands of bytes, run by run: */
    const int64_t *band_runs; /* their runs there */
    int64_t gathered;         /* where in a part of the scratch they go */
    char *scratch;            /* a part for each thread */
    int64_t part, grain, rows, band_row, bands;
} neural_qconv2d_job;

/* Depthwise: the taps of a window in whole quads. */
static inline int64_t neural_qconv2d_quads(const neural_qconv2d *conv) {
    return (conv->of.kernel[0] * conv->of.kernel[1] + 3) / 4;
}

/* y[pixel] for m neighbouring pixels and the filters of one panel of a group; `a` is the window of
 * the first one, `y` its first filter of that group. */
void neural_qconv2d_strip(const neural_qconv2d_job *job, int64_t group, int64_t panel,
                          const char *a, int64_t m, char *y);

/* The same where every channel has a filter of its own; `runs` are the offsets of the taps. */
void neural_qconv2d_depthwise_strip(const neural_qconv2d_job *job, int64_t panel, const char *a,
                                    int64_t m, char *y);

#endif /* CORE_TENSOR_QCONV2D_JOB_H_ */

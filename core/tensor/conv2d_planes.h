/* Depthwise convolutions: one channel under one filter at a time, or two, with the kernels
 * conv_plane and conv_plane_grad (core/asm/conv_kernel.h), which read a padded copy of the plane.
 * The chains are those of the other drivers; dW is summed by 64 bytes of columns as lanes. */
#ifndef CORE_TENSOR_CONV2D_PLANES_H_
#define CORE_TENSOR_CONV2D_PLANES_H_

#include "core/tensor/conv2d_job.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { NEURAL_PLANE_MOST_TAPS = 128 };

/* By shape alone: for y and dW, and with stride 2 for dx. With stride 1 dx is a y. */
int neural_planes_serve(const neural_conv_geometry *g);
int neural_planes_serve_grad_image(const neural_conv_geometry *g);

/* As neural_conv_forward, neural_conv_grad_image and neural_conv_grad_weight. */
neural_status neural_planes_forward(neural_conv_run *run);
neural_status neural_planes_grad_image(const neural_conv_geometry *g, const neural_conv_type *type,
                                       const char *weight, const char *dy, char *dx,
                                       int accumulate);
neural_status neural_planes_grad_weight(const neural_conv_geometry *g, const neural_conv_type *type,
                                        const char *image, const char *dy, char *dw,
                                        int accumulate);

/* --- the copy of one channel: some rows with their padding, with stride_w 2 even columns, then odd
 * ones. What is not image is 0. */
typedef struct neural_plane_copy {
    int64_t row, phase;                      /* elements of a row, and to the odd columns in it */
    int64_t bytes;                           /* with what kernels read and write too far */
    int64_t band;                            /* rows of outputs it serves at a time */
    int64_t bands;                           /* so many for a plane */
    int64_t columns[NEURAL_PLANE_MOST_TAPS]; /* of each column of taps */
} neural_plane_copy;

void neural_plane_copy_plan(const neural_conv_geometry *g, int64_t size, int64_t most_bytes,
                            neural_plane_copy *copy);

/* What `rows` rows of outputs from `row` on read of a plane. The margins of dst are 0 already, or
 * hold what an earlier copy of that plan left there. */
void neural_plane_copy_take(const neural_conv_geometry *g, const neural_conv_type *type,
                            const neural_plane_copy *copy, const char *plane, int64_t row,
                            int64_t rows, char *dst);

static inline int64_t neural_plane_rows(const neural_conv_geometry *g,
                                        const neural_plane_copy *copy, int64_t row) {
    return g->out_h - row < copy->band ? g->out_h - row : copy->band;
}

void neural_plane_call(const neural_conv_type *type, const neural_conv_plane_args *args);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_CONV2D_PLANES_H_ */

/* Minimal filtering F(4x4, 3x3) (Lavin & Gray 2016): convolutions of 3x3 kernels, stride 1, with a
 * quarter of the multiplications. In tiles of 4x4 outputs, d being the 6x6 inputs of one,
 *
 *   y = A^T ((G g G^T) * (B^T d B)) A,
 *
 * where the elementwise product, summed over channels, is 36 matrix products of [tiles, channels]
 * by [channels, filters]. The transforms are the kernels winograd_*. docs/conv2d.md says when this
 * is used and how exact it is. */
#ifndef CORE_TENSOR_CONV2D_WINOGRAD_H_
#define CORE_TENSOR_CONV2D_WINOGRAD_H_

#include "core/tensor/conv2d_job.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { NEURAL_WINOGRAD_TILE = 4, NEURAL_WINOGRAD_PATCH = 6, NEURAL_WINOGRAD_PRODUCTS = 36 };

/* Whether it serves this shape at all, and whether it is the faster way to y or dx, or to dW: by
 * shape alone. */
int neural_winograd_serves(const neural_conv_geometry *g);
int neural_winograd_wins(const neural_conv_geometry *g);
int neural_winograd_wins_weight(const neural_conv_geometry *g);

/* For tests and benches: instead of the choice by shape, never, or wherever it serves. Not while
 * another thread convolves. */
typedef enum neural_winograd_choice {
    NEURAL_WINOGRAD_BY_SHAPE = 0,
    NEURAL_WINOGRAD_NEVER = 1,
    NEURAL_WINOGRAD_ALWAYS = 2
} neural_winograd_choice;
void neural_winograd_assume(neural_winograd_choice choice);

/* out = or += the convolution, as neural_conv_forward. With `turned` the weights are those of the
 * convolution whose gradient this is, [channels, filters, 3, 3] as g counts them, and are read
 * turned by 180 degrees. */
neural_status neural_winograd_forward(const neural_conv_run *run, int turned);

/* dw = or += dy x^T, as neural_conv_grad_weight. */
neural_status neural_winograd_grad_weight(const neural_conv_geometry *g,
                                          const neural_conv_type *type, const char *image,
                                          const char *dy, char *dw, int accumulate);

/* --- conv2d_winograd_tiles.c: between images and tiles ---
 *
 * Lines are rows of tiles, counted through all images of a batch. */
typedef struct neural_winograd_grid {
    const neural_conv_type *type;
    int64_t channels;
    int64_t height, width;     /* of the image */
    int64_t pad_top, pad_left; /* of the patches, at most: negative where outputs lie further in */
    int64_t across, down;      /* tiles of an image */
    int64_t patch;             /* rows and columns of a patch: 6, or 4 */
    int64_t plane;             /* elements from one of the 36 matrices to the next */
} neural_winograd_grid;

/* Bytes of scratch for a line of patches. */
int64_t neural_winograd_strip_bytes(const neural_winograd_grid *grid);

/* Elements of a matrix of tiles x channels, spread over the sets of the caches. */
int64_t neural_winograd_plane(const neural_conv_type *type, int64_t len);

/* tiles[k][tile, channel] = the transforms of the patches of `lines` lines. */
void neural_winograd_take(const neural_winograd_grid *grid, const char *image, int64_t line,
                          int64_t lines, char *tiles, char *strip);

/* image = or += the outputs of these lines, from tiles[k][tile, channel]; bias, relu as usual. */
typedef struct neural_winograd_finish {
    const char *bias;
    int relu, accumulate;
} neural_winograd_finish;
void neural_winograd_give(const neural_winograd_grid *grid, char *image, int64_t line,
                          int64_t lines, const char *tiles, char *strip,
                          const neural_winograd_finish *finish);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_CONV2D_WINOGRAD_H_ */

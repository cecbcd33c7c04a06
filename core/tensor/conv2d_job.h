/* One convolution on its way through the drivers. dtype is erased: pointers to bytes, distances in
 * elements unless they say bytes. */
#ifndef CORE_TENSOR_CONV2D_JOB_H_
#define CORE_TENSOR_CONV2D_JOB_H_

#include "core/asm/kernel_table.h"
#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; channels and filters are those of one group. */
typedef struct neural_conv_geometry {
    int64_t batch, groups, channels, height, width;
    int64_t filters, kernel_h, kernel_w;
    int64_t stride_h, stride_w, dilation_h, dilation_w;
    int64_t pad_top, pad_left; /* negative: so much is cut off */
    int64_t out_h, out_w;
} neural_conv_geometry;

/* What the drivers need to know about a dtype at one level. */
typedef struct neural_conv_type {
    int64_t size;
    const neural_gemm_kernels *tiles;
    const neural_kernel_table *kernels;
} neural_conv_type;

neural_conv_type neural_conv_type_of(neural_dtype dtype, const neural_kernel_table *kernels);
void neural_conv_transpose(const neural_conv_type *type, void *dst, const void *src, int64_t rows,
                           int64_t cols, int64_t dst_ld, int64_t src_ld);
void neural_conv_add(const neural_conv_type *type, void *dst, const void *src, int64_t len);

static inline int64_t neural_conv_smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}
static inline int64_t neural_conv_divide_up(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}
static inline int64_t neural_conv_taps(const neural_conv_geometry *g) {
    return g->kernel_h * g->kernel_w;
}
static inline int64_t neural_conv_depth(const neural_conv_geometry *g) {
    return g->channels * g->kernel_h * g->kernel_w;
}
static inline int64_t neural_conv_pixels(const neural_conv_geometry *g) {
    return g->out_h * g->out_w;
}

/* --- conv2d_image.c: an image as the products read it ---
 *
 * Padded, and with stride_w > 1 dealt out by column modulo stride_w, so that the elements that one
 * tap meets along a row of outputs are contiguous: tap (c, p, q) meets output (i, j) at
 * data[c*channel + (i*stride_h + p*dilation_h)*row + q*dilation_w%stride_w*phase
 *      + q*dilation_w/stride_w + j]. */
typedef struct neural_conv_image {
    const char *data;
    int64_t channel, row, phase;
} neural_conv_image;

/* Behind a copy, and behind what is gathered: gather may read and write so much too far. */
enum { NEURAL_CONV_ROOM = 64 };

/* Bytes that hold `channels` channels of the rows that out_rows rows of output need. */
int64_t neural_conv_image_bytes(const neural_conv_geometry *g, int64_t size, int64_t channels,
                                int64_t out_rows);

/* Whether the image can be read where it lies. */
int neural_conv_image_in_place(const neural_conv_geometry *g);

/* `channels` channels of src [*, height, width], for output rows [row, row + rows): in place or a
 * copy in dst. */
void neural_conv_image_prepare(const neural_conv_geometry *g, int64_t size, const char *src,
                               int64_t channels, int64_t row, int64_t rows, char *dst,
                               neural_conv_image *image);

/* The layout of a copy at data for so many rows of output. */
neural_conv_image neural_conv_image_layout(const neural_conv_geometry *g, int64_t rows, char *data);

/* dst [channels, height, width] = or += the copy, where it is not padding. */
void neural_conv_image_restore(const neural_conv_geometry *g, int64_t size, char *dst,
                               int64_t channels, const neural_conv_image *image, int accumulate);

/* dst[t*dst_row + j] = what tap first + t meets at pixel + j, t < taps, j < pixels; then up to
 * NEURAL_CONV_ROOM bytes of anything. */
void neural_conv_gather(const neural_conv_geometry *g, int64_t size, const neural_conv_image *image,
                        int64_t first, int64_t taps, int64_t pixel, int64_t pixels, char *dst,
                        int64_t dst_row);

/* Where the first `count` taps, and the outputs of the first `rows` rows, lie in a copy: output i
 * meets under tap t the element taps[t] + pixels[i]. */
void neural_conv_tap_offsets(const neural_conv_geometry *g, const neural_conv_image *layout,
                             int64_t count, int64_t *dst);
void neural_conv_pixel_offsets(const neural_conv_geometry *g, const neural_conv_image *layout,
                               int64_t rows, int64_t *dst);

/* The transpose of gather: what tap first + t meets at pixel + j += src[t*src_row + j]. */
void neural_conv_scatter(const neural_conv_geometry *g, const neural_conv_type *type,
                         const neural_conv_image *image, int64_t taps, int64_t pixel,
                         int64_t pixels, const char *src, int64_t src_row);

/* --- conv2d_tiles.c: products and threads --- */

/* C[m, n] = start + A[m, k] B[k, n], + bias[i], relu: flags of core/asm/gemm_kernel.h. */
typedef struct neural_conv_product {
    int64_t m, n, k;
    const char *a;
    int64_t a_row, a_col;
    const char *b;
    int64_t b_row;
    char *c;
    int64_t c_row;
    const char *bias;
    int64_t flags;
} neural_conv_product;

void neural_conv_multiply(const neural_conv_type *type, const neural_conv_product *product);

/* Columns of B in a panel, rows of a block of k. */
int64_t neural_conv_panel(const neural_conv_type *type);
int64_t neural_conv_k_block(const neural_conv_type *type);

/* body(context, unit, scratch) for every unit, on the pool when `work` multiplications are enough;
 * scratch holds scratch_bytes, one per thread. No result depends on who computes a unit. */
typedef void neural_conv_unit(const void *context, int64_t unit, char *scratch);
neural_status neural_conv_run_units(int64_t units, double work, int64_t scratch_bytes,
                                    neural_conv_unit *body, const void *context);

/* --- the drivers --- */

/* out = or += the convolution of image [batch, groups*channels, height, width] with weight. */
typedef struct neural_conv_run {
    const neural_conv_geometry *g;
    neural_conv_type type;
    const char *image, *weight, *bias;
    char *out;
    int64_t first_flags, last_flags;
    int64_t rows, chunks; /* of outputs per unit, units per image and group */
} neural_conv_run;

neural_status neural_conv_forward(neural_conv_run *run);

/* Fills in rows and chunks, by shape alone. */
void neural_conv_plan_units(neural_conv_run *run);

/* --- conv2d_direct.c: without panels, from a copy of the image through tables of offsets --- */

/* What the lanes hold, by shape and dtype alone; gathered panels elsewhere. */
typedef enum neural_conv_lanes {
    NEURAL_CONV_PANELS = 0,
    NEURAL_CONV_PIXELS = 1,
    NEURAL_CONV_FILTERS = 2
} neural_conv_lanes;

neural_conv_lanes neural_conv_lanes_of(const neural_conv_geometry *g, int64_t size);

/* The convolution of a run whose units are planned. */
neural_status neural_conv_direct(const neural_conv_run *run, neural_conv_lanes lanes, double work);

void neural_conv_call_pixels(const neural_conv_type *type, const neural_conv_pixels_args *args);
void neural_conv_call_filters(const neural_conv_type *type, const neural_conv_filters_args *args);

/* Elements in whole pieces of lanes. */
static inline int64_t neural_conv_whole(int64_t len, int64_t size) {
    const int64_t piece = NEURAL_CONV_PIECE_BYTES / size;
    return (len + piece - 1) / piece * piece;
}

/* dx = or += W^T dy. */
neural_status neural_conv_grad_image(const neural_conv_geometry *g, const neural_conv_type *type,
                                     const char *weight, const char *dy, char *dx, int accumulate);

/* dw = or += dy x^T. */
neural_status neural_conv_grad_weight(const neural_conv_geometry *g, const neural_conv_type *type,
                                      const char *image, const char *dy, char *dw, int accumulate);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_CONV2D_JOB_H_ */

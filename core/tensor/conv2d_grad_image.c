/* The gradient of the image, in one of two ways, by shape alone:
 *  - stride 1 and not few channels: the convolution of dY with the flipped, transposed weights;
 *  - else W^T dY, one block of pixels at a time, whose rows are added to the pixels they met. */
#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/conv2d_job.h"
#include "core/tensor/conv2d_planes.h"
#include "core/tensor/conv2d_winograd.h"

/* Rows of W^T per unit, and columns of dY per block. */
enum { UNIT_TAPS = 144, BLOCK_PIXELS = 256 };

/* The convolution that takes dY to dX. */
static neural_conv_geometry backward_of(const neural_conv_geometry *g) {
    neural_conv_geometry back = *g;
    back.channels = g->filters;
    back.filters = g->channels;
    back.height = g->out_h;
    back.width = g->out_w;
    back.out_h = g->height;
    back.out_w = g->width;
    back.pad_top = g->dilation_h * (g->kernel_h - 1) - g->pad_top;
    back.pad_left = g->dilation_w * (g->kernel_w - 1) - g->pad_left;
    return back;
}

/* Gathering costs about as much per element as 6 filters do, scattering as 12; without panels
 * there is no gathering. */
static int convolves(const neural_conv_geometry *g, int64_t size) {
    const neural_conv_geometry back = backward_of(g);
    return g->stride_h == 1 && g->stride_w == 1 &&
           (2 * g->channels >= g->filters ||
            neural_conv_lanes_of(&back, size) != NEURAL_CONV_PANELS);
}

/* flipped[c, f, p, q] = weight[f, c, KH-1-p, KW-1-q] */
static void flip(const neural_conv_geometry *g, int64_t size, const char *weight, char *flipped) {
    const int64_t taps = neural_conv_taps(g), depth = neural_conv_depth(g);
    for (int64_t c = 0; c < g->channels; c++) {
        for (int64_t f = 0; f < g->filters; f++) {
            const char *from = weight + (f * depth + c * taps) * size;
            for (int64_t t = taps - 1; t >= 0; t--) {
                memcpy(flipped, from + t * size, (size_t)size);
                flipped += size;
            }
        }
    }
}

static neural_conv_run backward_run(const neural_conv_geometry *back, const neural_conv_type *type,
                                    const char *weight, const char *dy, char *dx, int accumulate) {
    return (neural_conv_run){.g = back,
                             .type = *type,
                             .image = dy,
                             .weight = weight,
                             .out = dx,
                             .first_flags = accumulate ? NEURAL_GEMM_START_C : 0};
}

static neural_status convolve(const neural_conv_geometry *g, const neural_conv_type *type,
                              const char *flipped, const char *dy, char *dx, int accumulate) {
    const neural_conv_geometry back = backward_of(g);
    neural_conv_run run = backward_run(&back, type, flipped, dy, dx, accumulate);
    return neural_conv_forward(&run);
}

typedef struct scatter_run {
    const neural_conv_geometry *g;
    const neural_conv_type *type;
    const char *turned, *dy; /* W^T: [groups, depth, filters] */
    char *dx;
    int accumulate;
    int64_t channels, blocks, pitch;
} scatter_run;

static void scatter_unit(const void *context, int64_t unit, char *scratch) {
    const scatter_run *run = context;
    const neural_conv_geometry *g = run->g;
    const int64_t size = run->type->size, pixels = neural_conv_pixels(g);
    const int64_t plane = unit / run->blocks, channel = unit % run->blocks * run->channels;
    const int64_t channels = neural_conv_smaller(run->channels, g->channels - channel);
    const int64_t taps = neural_conv_taps(g);
    const int64_t first = plane % g->groups * neural_conv_depth(g) + channel * taps;
    const int64_t bytes = neural_conv_image_bytes(g, size, run->channels, g->out_h);
    const neural_conv_image image = neural_conv_image_layout(g, g->out_h, scratch);
    neural_conv_product product = {.m = channels * taps,
                                   .k = g->filters,
                                   .a = run->turned + first * g->filters * size,
                                   .a_row = g->filters,
                                   .a_col = 1,
                                   .b_row = pixels,
                                   .c = scratch + bytes,
                                   .c_row = run->pitch};
    memset(scratch, 0, (size_t)bytes);
    for (int64_t pixel = 0; pixel < pixels; pixel += product.n) {
        product.n = neural_conv_smaller(BLOCK_PIXELS, pixels - pixel);
        product.b = run->dy + (plane * g->filters * pixels + pixel) * size;
        neural_conv_multiply(run->type, &product);
        neural_conv_scatter(g, run->type, &image, product.m, pixel, product.n, product.c,
                            run->pitch);
    }
    char *dx = run->dx + (plane * g->channels + channel) * g->height * g->width * size;
    neural_conv_image_restore(g, size, dx, channels, &image, run->accumulate);
}

static neural_status scatter(scatter_run *run) {
    const neural_conv_geometry *g = run->g;
    const int64_t size = run->type->size, taps = neural_conv_taps(g);
    const int64_t channels = taps < UNIT_TAPS ? UNIT_TAPS / taps : 1;
    run->blocks = (g->channels + channels - 1) / channels;
    run->channels = (g->channels + run->blocks - 1) / run->blocks;
    run->pitch = (BLOCK_PIXELS * size / 64 | 1) * 64 / size;
    const int64_t units = g->batch * g->groups * run->blocks;
    const double outputs = (double)units * (double)(g->filters * neural_conv_pixels(g));
    return neural_conv_run_units(units, outputs * (double)(run->channels * taps),
                                 neural_conv_image_bytes(g, size, run->channels, g->out_h) +
                                     run->channels * taps * run->pitch * size,
                                 scatter_unit, run);
}

/* The weights of a group in the order in which the driver wants them. */
static void turn_weights(const neural_conv_geometry *g, const neural_conv_type *type,
                         const char *weight, char *turned) {
    const int64_t depth = neural_conv_depth(g), bytes = depth * g->filters * type->size;
    for (int64_t group = 0; group < g->groups; group++) {
        if (convolves(g, type->size)) {
            flip(g, type->size, weight + group * bytes, turned + group * bytes);
        } else {
            neural_conv_transpose(type, turned + group * bytes, weight + group * bytes, g->filters,
                                  depth, g->filters, depth);
        }
    }
}

neural_status neural_conv_grad_image(const neural_conv_geometry *g, const neural_conv_type *type,
                                     const char *weight, const char *dy, char *dx, int accumulate) {
    const int64_t bytes = g->groups * g->filters * neural_conv_depth(g) * type->size;
    const int64_t len = g->batch * g->groups * g->channels * g->height * g->width;
    if (bytes == 0 || len == 0 || neural_conv_pixels(g) == 0) {
        if (!accumulate) {
            memset(dx, 0, (size_t)(len * type->size));
        }
        return NEURAL_OK;
    }
    const neural_conv_geometry back = backward_of(g);
    if (neural_winograd_wins(&back)) {
        const neural_conv_run run = backward_run(&back, type, weight, dy, dx, accumulate);
        return neural_winograd_forward(&run, 1);
    }
    if (neural_planes_serve_grad_image(g)) {
        return neural_planes_grad_image(g, type, weight, dy, dx, accumulate);
    }
    neural_block *block = neural_block_create((size_t)bytes);
    NEURAL_REQUIRE(block, NEURAL_ERR_OUT_OF_MEMORY, "conv2d: no %lld bytes of scratch",
                   (long long)bytes);
    char *turned = neural_block_data(block);
    turn_weights(g, type, weight, turned);
    scatter_run run = {
        .g = g, .type = type, .turned = turned, .dy = dy, .dx = dx, .accumulate = accumulate};
    const neural_status status =
        convolves(g, type->size) ? convolve(g, type, turned, dy, dx, accumulate) : scatter(&run);
    neural_block_release(block);
    return status;
}

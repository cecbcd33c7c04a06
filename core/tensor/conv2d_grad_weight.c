/* dW^T[depth, filters] = X[depth, pixels] dY^T[pixels, filters], with all images' pixels in one
 * row. X is gathered from the images block by block; dY is transposed beforehand. The pixels are
 * cut into slices, by shape alone; each is a chain of its own, and their sums are added in order.
 */
#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/conv2d_job.h"
#include "core/tensor/conv2d_planes.h"
#include "core/tensor/conv2d_winograd.h"

/* Pixels of a block: that much of a tile's rows stays near. */
enum { BLOCK_PIXELS = 128 };

/* Rows of X per unit, and rows of output whose image is prepared at a time, in pixels. */
enum { UNIT_TAPS = 144, PREPARED_PIXELS = 1024 };

/* Slices, where dW is small enough to be kept once per slice. */
enum { SLICES = 8, SLICED_LEN = 64 * 1024, SLICE_PIXELS = 256 };

typedef struct weight_run {
    const neural_conv_geometry *g;
    const neural_conv_type *type;
    const char *image, *dy;
    char *turned;             /* dY^T: [batch, groups, pixels, filters] */
    char *sums;               /* [slices, groups, depth, whole] */
    int64_t channels, blocks; /* per unit, units per group */
    int64_t slices, slice;    /* rows of output in a slice, counted through all images */
    int64_t pitch, prepared;
    int64_t whole; /* filters in a row of the sums */
    int direct;    /* no gathering: taps and pixels are tables of offsets in a copy */
    int64_t *taps, *pixels;
} weight_run;

static void plan(weight_run *run) {
    const neural_conv_geometry *g = run->g;
    const int64_t lines = g->batch * g->out_h, taps = neural_conv_taps(g);
    const int64_t channels = taps < UNIT_TAPS ? UNIT_TAPS / taps : 1;
    run->blocks = neural_conv_divide_up(g->channels, channels);
    run->channels = neural_conv_divide_up(g->channels, run->blocks);
    run->slices = 1;
    if (g->groups * neural_conv_depth(g) * g->filters <= SLICED_LEN) {
        const int64_t most = neural_conv_divide_up(lines * g->out_w, SLICE_PIXELS);
        run->slices = neural_conv_smaller(neural_conv_smaller(SLICES, most), lines);
    }
    run->slice = neural_conv_divide_up(lines, run->slices);
    run->slices = neural_conv_divide_up(lines, run->slice);
    run->direct = taps > 1;
    run->whole = neural_conv_whole(g->filters, run->type->size);
    run->pitch = (BLOCK_PIXELS * run->type->size / 64 | 1) * 64 / run->type->size;
    run->prepared = neural_conv_smaller(
        PREPARED_PIXELS / g->out_w > 0 ? PREPARED_PIXELS / g->out_w : 1, g->out_h);
}

static void turn_plane(const void *context, int64_t plane, char *scratch) {
    const weight_run *run = context;
    const int64_t filters = run->g->filters, pixels = neural_conv_pixels(run->g);
    const int64_t offset = plane * filters * pixels * run->type->size;
    (void)scratch;
    neural_conv_transpose(run->type, run->turned + offset, run->dy + offset, filters, pixels,
                          filters, pixels);
}

/* Adds the products of output rows [row, row + rows) of one image and group to those so far. */
static void add_rows(const weight_run *run, neural_conv_product *product, int64_t plane,
                     int64_t channel, int64_t row, int64_t rows, char *scratch) {
    const neural_conv_geometry *g = run->g;
    const int64_t size = run->type->size;
    const int64_t left = g->channels - channel, channels = neural_conv_smaller(run->channels, left);
    const char *source = run->image + (plane * g->channels + channel) * g->height * g->width * size;
    const char *turned =
        run->turned + (plane * neural_conv_pixels(g) + row * g->out_w) * g->filters * size;
    char *packed = scratch + neural_conv_image_bytes(g, size, run->channels, run->prepared);
    neural_conv_image image;
    neural_conv_image_prepare(g, size, source, channels, row, rows, scratch, &image);
    product->m = channels * neural_conv_taps(g);
    product->a = packed;
    for (int64_t pixel = 0; pixel < rows * g->out_w; pixel += product->k) {
        product->k = neural_conv_smaller(BLOCK_PIXELS, rows * g->out_w - pixel);
        product->b = turned + pixel * g->filters * size;
        if (neural_conv_image_in_place(g) && g->stride_h == 1 && g->out_w == g->width) {
            product->a = image.data + pixel * size;
            product->a_row = image.channel;
        } else {
            neural_conv_gather(g, size, &image, 0, product->m, pixel, product->k, packed,
                               run->pitch);
        }
        neural_conv_multiply(run->type, product);
        product->flags = NEURAL_GEMM_START_C;
    }
}

/* The same with the kernel that has filters in its lanes. */
static void add_rows_directly(const weight_run *run, neural_conv_filters_args *args, int64_t plane,
                              int64_t channel, int64_t row, int64_t rows, char *scratch) {
    const neural_conv_geometry *g = run->g;
    const int64_t size = run->type->size;
    const int64_t left = g->channels - channel, channels = neural_conv_smaller(run->channels, left);
    const char *source = run->image + (plane * g->channels + channel) * g->height * g->width * size;
    const char *turned =
        run->turned + (plane * neural_conv_pixels(g) + row * g->out_w) * g->filters * size;
    neural_conv_image image;
    neural_conv_image_prepare(g, size, source, channels, row, run->prepared, scratch, &image);
    args->src = scratch;
    args->count = channels * neural_conv_taps(g);
    for (int64_t pixel = 0; pixel < rows * g->out_w; pixel += args->depth) {
        args->depth = neural_conv_smaller(BLOCK_PIXELS, rows * g->out_w - pixel);
        args->taps = run->pixels + pixel;
        args->weight = turned + pixel * g->filters * size;
        neural_conv_call_filters(run->type, args);
        args->flags = NEURAL_GEMM_START_C;
    }
}

static void sum_unit(const void *context, int64_t unit, char *scratch) {
    const weight_run *run = context;
    const neural_conv_geometry *g = run->g;
    const int64_t channel = unit % run->blocks * run->channels;
    const int64_t group = unit / run->blocks % g->groups;
    const int64_t slice = unit / run->blocks / g->groups;
    const int64_t first = (slice * g->groups + group) * neural_conv_depth(g);
    const int64_t end = neural_conv_smaller((slice + 1) * run->slice, g->batch * g->out_h);
    neural_conv_product product = {
        .n = g->filters, .a_row = run->pitch, .a_col = 1, .b_row = g->filters, .c_row = run->whole};
    product.c = run->sums + (first + channel * neural_conv_taps(g)) * run->whole * run->type->size;
    neural_conv_filters_args args = {.rows = run->taps,
                                     .weight_row = g->filters,
                                     .filters = g->filters,
                                     .dst = product.c,
                                     .dst_row = run->whole};
    for (int64_t line = slice * run->slice, rows; line < end; line += rows) {
        const int64_t plane = line / g->out_h * g->groups + group, row = line % g->out_h;
        rows = neural_conv_smaller(neural_conv_smaller(run->prepared, g->out_h - row), end - line);
        if (run->direct) {
            add_rows_directly(run, &args, plane, channel, row, rows, scratch);
        } else {
            add_rows(run, &product, plane, channel, row, rows, scratch);
        }
    }
}

/* dw = or += the sums of all slices; spare has room for one dw. */
static void finish(const weight_run *run, char *dw, int accumulate, char *spare) {
    const neural_conv_geometry *g = run->g;
    const int64_t size = run->type->size, depth = neural_conv_depth(g);
    const int64_t part = depth * g->filters, len = g->groups * part;
    const int64_t padded = depth * run->whole, sums = g->groups * padded;
    for (int64_t slice = 1; slice < run->slices; slice++) {
        neural_conv_add(run->type, run->sums, run->sums + slice * sums * size, sums);
    }
    char *to = accumulate ? spare : dw;
    for (int64_t group = 0; group < g->groups; group++) {
        neural_conv_transpose(run->type, to + group * part * size,
                              run->sums + group * padded * size, depth, g->filters, depth,
                              run->whole);
    }
    if (accumulate) {
        neural_conv_add(run->type, dw, spare, len);
    }
}

static neural_status compute(weight_run *run) {
    const neural_conv_geometry *g = run->g;
    const int64_t size = run->type->size, planes = g->batch * g->groups;
    const double outputs = (double)planes * (double)(g->filters * neural_conv_pixels(g));
    const int64_t packed =
        run->channels * neural_conv_taps(g) * run->pitch * size + NEURAL_CONV_ROOM;
    NEURAL_TRY(neural_conv_run_units(planes, outputs, 0, turn_plane, run));
    return neural_conv_run_units(
        run->slices * g->groups * run->blocks, outputs * (double)neural_conv_depth(g),
        neural_conv_image_bytes(g, size, run->channels, run->prepared) + packed, sum_unit, run);
}

neural_status neural_conv_grad_weight(const neural_conv_geometry *g, const neural_conv_type *type,
                                      const char *image, const char *dy, char *dw, int accumulate) {
    weight_run run = {.g = g, .type = type, .image = image, .dy = dy};
    const int64_t len = g->groups * g->filters * neural_conv_depth(g);
    const int64_t outputs = g->batch * g->groups * g->filters * neural_conv_pixels(g);
    if (len == 0) {
        return NEURAL_OK;
    }
    if (outputs == 0) {
        if (!accumulate) {
            memset(dw, 0, (size_t)(len * type->size));
        }
        return NEURAL_OK;
    }
    if (neural_winograd_wins_weight(g)) {
        return neural_winograd_grad_weight(g, type, image, dy, dw, accumulate);
    }
    if (neural_planes_serve(g)) {
        return neural_planes_grad_weight(g, type, image, dy, dw, accumulate);
    }
    plan(&run);
    const int64_t turned =
        neural_conv_divide_up(outputs * type->size, 64) * 64 + NEURAL_CONV_PIECE_BYTES;
    const int64_t padded = g->groups * neural_conv_depth(g) * run.whole * type->size;
    const int64_t sums = run.slices * padded + accumulate * len * type->size;
    const int64_t taps = run.channels * neural_conv_taps(g), pixels = run.prepared * g->out_w;
    const int64_t tables = (sums + 7) / 8 * 8;
    const int64_t bytes = turned + tables + (taps + pixels) * 8;
    neural_block *block = neural_block_create((size_t)bytes);
    NEURAL_REQUIRE(block, NEURAL_ERR_OUT_OF_MEMORY, "conv2d: no %lld bytes of scratch",
                   (long long)bytes);
    run.turned = neural_block_data(block);
    run.sums = run.turned + turned;
    run.taps = (int64_t *)(void *)(run.sums + tables);
    run.pixels = run.taps + taps;
    if (run.direct) {
        const neural_conv_image layout = neural_conv_image_layout(g, run.prepared, NULL);
        neural_conv_tap_offsets(g, &layout, taps, run.taps);
        neural_conv_pixel_offsets(g, &layout, run.prepared, run.pixels);
    }
    const neural_status status = compute(&run);
    if (!status) {
        finish(&run, dw, accumulate, run.sums + run.slices * padded);
    }
    neural_block_release(block);
    return status;
}

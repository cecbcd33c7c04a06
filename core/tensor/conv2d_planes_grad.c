/* dx with stride 2: (r + pad_top) mod 2 and (s + pad_left) mod 2 tell which taps meet pixel (r, s).
 * Each of the four parts is a convolution of dY with stride 1 and those taps turned; pairs of them
 * are put together row by row.
 *
 * dW: the sums of 64 bytes of columns as lanes, over all rows and images of a slice; lanes are
 * folded by halves, slices added in order. */
#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/conv2d_planes.h"

enum { COPY_BYTES = 32 * 1024 };

/* Images are cut into slices where there are fewer groups. */
enum { LEAST_UNITS = 64 };

int neural_planes_serve_grad_image(const neural_conv_geometry *g) {
    return neural_planes_serve(g) && g->stride_h == 2 && g->stride_w == 2 && g->pad_top >= 0 &&
           g->pad_left >= 0;
}

typedef struct image_run {
    const neural_conv_geometry *g;
    const neural_conv_type *type;
    neural_conv_geometry part; /* dY to one of the parts, with most taps */
    neural_plane_copy copy;
    const char *turned, *dy; /* the taps of each part in turn, for every filter and channel */
    char *dx;
    int accumulate;
    int64_t part_row, part_len;
} image_run;

static int64_t taps_of(int64_t kernel, int64_t parity) {
    return (kernel - parity + 1) / 2;
}

/* The parts of one channel: += those from filter f. */
static void compute_parts(const image_run *run, const char *turned, char *copy, char *parts,
                          int64_t flags) {
    const neural_conv_geometry *g = run->g;
    const int64_t size = run->type->size;
    for (int64_t part = 0; part < 4; part++) {
        const int64_t down = taps_of(g->kernel_h, part / 2),
                      across = taps_of(g->kernel_w, part % 2);
        const int64_t row = run->part.kernel_h - down, column = run->part.kernel_w - across;
        const neural_conv_plane_args args = {.src = copy + (row * run->copy.row + column) * size,
                                             .src_row = run->copy.row,
                                             .columns = run->copy.columns,
                                             .weight = turned,
                                             .kernel_h = across > 0 ? down : 0,
                                             .kernel_w = across,
                                             .stride = 1,
                                             .dst = parts + part * run->part_len * size,
                                             .dst_row = run->part_row,
                                             .rows = run->part.out_h,
                                             .cols = run->part.out_w,
                                             .flags = flags};
        neural_plane_call(run->type, &args);
        turned += down * across * size;
    }
}

static void give_parts(const image_run *run, const char *parts, char *dx) {
    const neural_conv_geometry *g = run->g;
    const int64_t size = run->type->size, across = g->pad_left % 2;
    for (int64_t r = 0; r < 2 && r < g->height; r++) {
        const int64_t down = (g->pad_top + r) % 2;
        const int64_t row = (g->pad_top + r) / 2 - g->pad_top / 2;
        const char *from = parts + (2 * down * run->part_len + row * run->part_row) * size;
        const neural_conv_give_args args = {.even = from + across * run->part_len * size,
                                            .odd = from +
                                                   ((1 - across) * run->part_len + across) * size,
                                            .src_row = run->part_row,
                                            .dst = dx + r * g->width * size,
                                            .dst_row = 2 * g->width,
                                            .rows = (g->height - r + 1) / 2,
                                            .len = g->width,
                                            .flags = run->accumulate ? NEURAL_GEMM_START_C : 0};
        (size == 4 ? run->type->kernels->conv_give_f32 : run->type->kernels->conv_give_f64)(&args);
    }
}

static void image_unit(const void *context, int64_t plane, char *scratch) {
    const image_run *run = context;
    const neural_conv_geometry *g = run->g;
    const int64_t size = run->type->size, taps = neural_conv_taps(g);
    char *parts = scratch + run->copy.bytes;
    memset(scratch, 0, (size_t)run->copy.bytes);
    for (int64_t c = 0; c < g->channels; c++) {
        for (int64_t f = 0; f < g->filters; f++) {
            const int64_t filter = plane * g->filters + f;
            const int64_t pair = (plane % g->groups * g->filters + f) * g->channels + c;
            const char *dy = run->dy + filter * neural_conv_pixels(g) * size;
            neural_plane_copy_take(&run->part, run->type, &run->copy, dy, 0, run->part.out_h,
                                   scratch);
            compute_parts(run, run->turned + pair * taps * size, scratch, parts,
                          f > 0 ? NEURAL_GEMM_START_C : 0);
        }
        give_parts(run, parts, run->dx + (plane * g->channels + c) * g->height * g->width * size);
    }
}

static void turn_taps(const neural_conv_geometry *g, int64_t size, const char *weight,
                      char *turned) {
    const int64_t pairs = g->groups * g->filters * g->channels, taps = neural_conv_taps(g);
    for (int64_t pair = 0; pair < pairs; pair++, weight += taps * size) {
        for (int64_t part = 0; part < 4; part++) {
            for (int64_t p = taps_of(g->kernel_h, part / 2) - 1; p >= 0; p--) {
                for (int64_t q = taps_of(g->kernel_w, part % 2) - 1; q >= 0; q--) {
                    const int64_t tap = (2 * p + part / 2) * g->kernel_w + 2 * q + part % 2;
                    memcpy(turned, weight + tap * size, (size_t)size);
                    turned += size;
                }
            }
        }
    }
}

/* Outputs of the parts: the pixels' rows and columns, padded and halved. */
static neural_conv_geometry part_of(const neural_conv_geometry *g) {
    neural_conv_geometry part = *g;
    part.height = g->out_h;
    part.width = g->out_w;
    part.kernel_h = taps_of(g->kernel_h, 0);
    part.kernel_w = taps_of(g->kernel_w, 0);
    part.stride_h = part.stride_w = 1;
    part.pad_top = part.kernel_h - 1 - g->pad_top / 2;
    part.pad_left = part.kernel_w - 1 - g->pad_left / 2;
    part.out_h = (g->pad_top + g->height - 1) / 2 - g->pad_top / 2 + 1;
    part.out_w = (g->pad_left + g->width - 1) / 2 - g->pad_left / 2 + 1;
    return part;
}

neural_status neural_planes_grad_image(const neural_conv_geometry *g, const neural_conv_type *type,
                                       const char *weight, const char *dy, char *dx,
                                       int accumulate) {
    image_run run = {.g = g, .type = type, .dy = dy, .dx = dx, .accumulate = accumulate};
    const int64_t planes = g->batch * g->groups;
    run.part = part_of(g);
    neural_plane_copy_plan(&run.part, type->size, INT64_MAX, &run.copy);
    run.part_row = neural_conv_whole(run.part.out_w, type->size);
    run.part_len = run.part.out_h * run.part_row;
    const int64_t bytes = g->groups * g->filters * neural_conv_depth(g) * type->size;
    neural_block *block = neural_block_create((size_t)bytes);
    NEURAL_REQUIRE(block, NEURAL_ERR_OUT_OF_MEMORY, "conv2d: no %lld bytes of scratch",
                   (long long)bytes);
    run.turned = neural_block_data(block);
    turn_taps(g, type->size, weight, neural_block_data(block));
    const double work = (double)planes * (double)(g->filters * neural_conv_depth(g)) *
                        (double)neural_conv_pixels(g);
    const neural_status status = neural_conv_run_units(
        planes, work, run.copy.bytes + 4 * run.part_len * type->size + 2 * NEURAL_CONV_PIECE_BYTES,
        image_unit, &run);
    neural_block_release(block);
    return status;
}

typedef struct weight_run {
    const neural_conv_geometry *g;
    const neural_conv_type *type;
    neural_plane_copy copy;
    const char *image, *dy;
    char *sums; /* [slices, groups, filters, channels, taps] */
    int64_t slices, images;
} weight_run;

/* lanes[t] of one channel under one filter = or += the rows from `row` on. */
static void add_band(const weight_run *run, int64_t filter, int64_t row, const char *copy,
                     char *lanes, int64_t flags) {
    const neural_conv_geometry *g = run->g;
    const neural_conv_plane_grad_args args = {
        .src = copy,
        .src_row = run->copy.row,
        .columns = run->copy.columns,
        .sums = lanes,
        .kernel_h = g->kernel_h,
        .kernel_w = g->kernel_w,
        .stride = g->stride_h,
        .dy = run->dy + (filter * neural_conv_pixels(g) + row * g->out_w) * run->type->size,
        .dy_row = g->out_w,
        .rows = neural_plane_rows(g, &run->copy, row),
        .cols = g->out_w,
        .flags = flags};
    (run->type->size == 4 ? run->type->kernels->conv_plane_grad_f32
                          : run->type->kernels->conv_plane_grad_f64)(&args);
}

#define DEFINE_FOLD(T, dtype)                                                                      \
    static void fold_##dtype(char *to, char *lanes, int64_t taps) {                                \
        enum { LANES = NEURAL_CONV_PIECE_BYTES / sizeof(T) };                                      \
        T *sums = (T *)(void *)to, *all = (T *)(void *)lanes;                                      \
        for (int64_t t = 0; t < taps; t++, all += LANES) {                                         \
            for (int half = LANES / 2; half > 0; half /= 2) {                                      \
                for (int l = 0; l < half; l++) {                                                   \
                    all[l] += all[l + half];                                                       \
                }                                                                                  \
            }                                                                                      \
            sums[t] = all[0];                                                                      \
        }                                                                                          \
    }

DEFINE_FOLD(float, f32)
DEFINE_FOLD(double, f64)

static void weight_unit(const void *context, int64_t unit, char *scratch) {
    const weight_run *run = context;
    const neural_conv_geometry *g = run->g;
    const int64_t size = run->type->size, group = unit % g->groups, slice = unit / g->groups;
    const int64_t pairs = g->filters * g->channels, taps = neural_conv_taps(g);
    const int64_t first = slice * run->images;
    const int64_t end = first + run->images < g->batch ? first + run->images : g->batch;
    char *lanes = scratch + (run->copy.bytes + 63) / 64 * 64;
    memset(scratch, 0, (size_t)run->copy.bytes);
    memset(lanes, 0, (size_t)(pairs * taps * NEURAL_CONV_PIECE_BYTES));
    for (int64_t at = first * run->copy.bands; at < end * run->copy.bands; at++) {
        const int64_t plane = at / run->copy.bands * g->groups + group;
        const int64_t row = at % run->copy.bands * run->copy.band;
        for (int64_t c = 0; c < g->channels; c++) {
            const int64_t channel = plane * g->channels + c;
            neural_plane_copy_take(g, run->type, &run->copy,
                                   run->image + channel * g->height * g->width * size, row,
                                   neural_plane_rows(g, &run->copy, row), scratch);
            for (int64_t f = 0; f < g->filters; f++) {
                add_band(run, plane * g->filters + f, row, scratch,
                         lanes + (f * g->channels + c) * taps * NEURAL_CONV_PIECE_BYTES,
                         NEURAL_GEMM_START_C);
            }
        }
    }
    (size == 4 ? fold_f32 : fold_f64)(run->sums + unit * pairs * taps * size, lanes, pairs * taps);
}

neural_status neural_planes_grad_weight(const neural_conv_geometry *g, const neural_conv_type *type,
                                        const char *image, const char *dy, char *dw,
                                        int accumulate) {
    weight_run run = {.g = g, .type = type, .image = image, .dy = dy};
    const int64_t part = g->filters * neural_conv_depth(g), len = g->groups * part;
    const int64_t wanted = (LEAST_UNITS + g->groups - 1) / g->groups;
    neural_plane_copy_plan(g, type->size, COPY_BYTES, &run.copy);
    run.slices = wanted < g->batch ? wanted : g->batch;
    run.images = (g->batch + run.slices - 1) / run.slices;
    run.slices = (g->batch + run.images - 1) / run.images;
    const int64_t bytes = run.slices * len * type->size;
    neural_block *block = neural_block_create((size_t)bytes);
    NEURAL_REQUIRE(block, NEURAL_ERR_OUT_OF_MEMORY, "conv2d: no %lld bytes of scratch",
                   (long long)bytes);
    run.sums = neural_block_data(block);
    const double work = (double)(g->batch * len) * (double)neural_conv_pixels(g);
    const neural_status status = neural_conv_run_units(
        run.slices * g->groups, work, run.copy.bytes + 64 + part * NEURAL_CONV_PIECE_BYTES,
        weight_unit, &run);
    for (int64_t slice = 1; !status && slice < run.slices; slice++) {
        neural_conv_add(type, run.sums, run.sums + slice * len * type->size, len);
    }
    if (!status && accumulate) {
        neural_conv_add(type, dw, run.sums, len);
    } else if (!status) {
        memcpy(dw, run.sums, (size_t)(len * type->size));
    }
    neural_block_release(block);
    return status;
}

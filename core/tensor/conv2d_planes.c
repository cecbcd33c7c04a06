#include "core/tensor/conv2d_planes.h"

#include <string.h>

/* More channels or filters per group share what is read from memory in other drivers. */
enum { MOST_PAIRS = 2 };

/* A copy stays in L1. Planes per unit: margins are cleared once. */
enum { COPY_BYTES = 32 * 1024, UNIT_PLANES = 4 };

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

int neural_planes_serve(const neural_conv_geometry *g) {
    return g->channels > 0 && g->filters > 0 && g->channels <= MOST_PAIRS &&
           g->filters <= MOST_PAIRS / g->channels && neural_conv_taps(g) > 1 &&
           g->kernel_h <= NEURAL_PLANE_MOST_TAPS && g->kernel_w <= NEURAL_PLANE_MOST_TAPS &&
           g->dilation_h == 1 && g->dilation_w == 1 && g->stride_w <= 2;
}

static int64_t padded_width(const neural_conv_geometry *g) {
    return (g->out_w - 1) * g->stride_w + g->kernel_w;
}

static int64_t padded_rows(const neural_conv_geometry *g, int64_t rows) {
    return (rows - 1) * g->stride_h + g->kernel_h;
}

void neural_plane_copy_plan(const neural_conv_geometry *g, int64_t size, int64_t most_bytes,
                            neural_plane_copy *copy) {
    const int64_t lanes = NEURAL_CONV_PIECE_BYTES / size, step = g->stride_w;
    const int64_t width = (padded_width(g) + step - 1) / step;
    copy->phase = neural_conv_whole(width, size) + (step == 2 ? lanes : 0);
    copy->row = copy->phase * step;
    const int64_t fits = most_bytes / size / copy->row - g->kernel_h;
    copy->band = neural_conv_smaller(g->out_h, larger(1, fits / g->stride_h + 1));
    copy->bands = (g->out_h + copy->band - 1) / copy->band;
    copy->band = (g->out_h + copy->bands - 1) / copy->bands;
    copy->bytes = padded_rows(g, copy->band) * copy->row * size + 2 * NEURAL_CONV_PIECE_BYTES;
    for (int64_t q = 0; q < g->kernel_w; q++) {
        copy->columns[q] = q % step * copy->phase + q / step;
    }
}

static void call_take(const neural_conv_type *type, const neural_conv_take_args *args) {
    (type->size == 4 ? type->kernels->conv_take_f32 : type->kernels->conv_take_f64)(args);
}

void neural_plane_copy_take(const neural_conv_geometry *g, const neural_conv_type *type,
                            const neural_plane_copy *copy, const char *plane, int64_t row,
                            int64_t rows, char *dst) {
    const int64_t size = type->size, all = padded_rows(g, rows);
    const int64_t top = row * g->stride_h - g->pad_top, bytes = copy->row * size;
    const int64_t begin = neural_conv_smaller(larger(0, -top), all);
    const int64_t end = larger(begin, neural_conv_smaller(all, g->height - top));
    const int64_t left = larger(0, -g->pad_left), to = g->pad_left + left;
    const int64_t right = neural_conv_smaller(g->width, padded_width(g) - g->pad_left);
    const int64_t even = to % 2 * copy->phase + to / 2, odd = (to + 1) % 2 * copy->phase;
    char *first = dst + begin * bytes;
    memset(dst, 0, (size_t)(begin * bytes));
    if (right > left && end > begin) {
        const neural_conv_take_args args = {
            .src = plane + ((top + begin) * g->width + left) * size,
            .src_row = g->width,
            .dst = first + (g->stride_w == 2 ? even : to) * size,
            .odd = g->stride_w == 2 ? first + (odd + (to + 1) / 2) * size : NULL,
            .dst_row = copy->row,
            .rows = end - begin,
            .len = right - left};
        call_take(type, &args);
    }
    memset(dst + end * bytes, 0, (size_t)((all - end) * bytes));
}

void neural_plane_call(const neural_conv_type *type, const neural_conv_plane_args *args) {
    (type->size == 4 ? type->kernels->conv_plane_f32 : type->kernels->conv_plane_f64)(args);
}

typedef struct planes_run {
    const neural_conv_run *run;
    neural_plane_copy copy;
} planes_run;

/* The rows from `row` on of the outputs of one image and group. */
static void compute_band(const planes_run *planes, int64_t plane, int64_t row, char *scratch) {
    const neural_conv_run *run = planes->run;
    const neural_conv_geometry *g = run->g;
    const neural_plane_copy *copy = &planes->copy;
    const int64_t size = run->type.size, pixels = neural_conv_pixels(g), taps = neural_conv_taps(g);
    const int64_t filter = plane % g->groups * g->filters, rows = neural_plane_rows(g, copy, row);
    neural_conv_plane_args args = {.src = scratch,
                                   .src_row = copy->row,
                                   .columns = copy->columns,
                                   .kernel_h = g->kernel_h,
                                   .kernel_w = g->kernel_w,
                                   .stride = g->stride_h,
                                   .dst_row = g->out_w,
                                   .rows = rows,
                                   .cols = g->out_w};
    for (int64_t c = 0; c < g->channels; c++) {
        const char *source = run->image + (plane * g->channels + c) * g->height * g->width * size;
        neural_plane_copy_take(g, &run->type, copy, source, row, rows, scratch);
        args.flags = (c == 0 ? run->first_flags : NEURAL_GEMM_START_C) |
                     (c + 1 == g->channels ? run->last_flags : 0);
        for (int64_t f = 0; f < g->filters; f++) {
            args.weight = run->weight + ((filter + f) * g->channels + c) * taps * size;
            args.dst = run->out + ((plane * g->filters + f) * pixels + row * g->out_w) * size;
            args.bias = run->bias ? run->bias + (filter + f) * size : NULL;
            neural_plane_call(&run->type, &args);
        }
    }
}

static void forward_unit(const void *context, int64_t unit, char *scratch) {
    const planes_run *planes = context;
    const neural_conv_geometry *g = planes->run->g;
    const int64_t first = unit / planes->copy.bands * UNIT_PLANES;
    const int64_t end = neural_conv_smaller(first + UNIT_PLANES, g->batch * g->groups);
    memset(scratch, 0, (size_t)planes->copy.bytes);
    for (int64_t plane = first; plane < end; plane++) {
        compute_band(planes, plane, unit % planes->copy.bands * planes->copy.band, scratch);
    }
}

neural_status neural_planes_forward(neural_conv_run *run) {
    const neural_conv_geometry *g = run->g;
    const int64_t planes = g->batch * g->groups;
    planes_run all = {.run = run};
    neural_plane_copy_plan(g, run->type.size, COPY_BYTES, &all.copy);
    const double work = (double)planes * (double)(g->filters * neural_conv_depth(g)) *
                        (double)neural_conv_pixels(g);
    return neural_conv_run_units((planes + UNIT_PLANES - 1) / UNIT_PLANES * all.copy.bands, work,
                                 all.copy.bytes, forward_unit, &all);
}

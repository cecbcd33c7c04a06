/* Convolutions without panels: every unit copies its part of the image, padded, and the kernels of
 * core/asm/conv_kernel.h read that copy through tables of offsets which are the same for all units.
 * The lanes hold neighbouring outputs of a row (PIXELS), or filters (FILTERS), whose results are
 * transposed block by block. Both run the chains of the panels: the choice changes no bit. */
#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/conv2d_job.h"

/* Outputs whose filters are transposed at a time: they stay in L1. */
enum { BLOCK_PIXELS = 112 };

/* Copies of more channels leave L1 and L2 while the kernels walk over them. */
enum { DIRECT_DEPTH = 512 };

typedef struct direct_run {
    const neural_conv_run *run;
    neural_conv_image layout; /* of every unit's copy */
    int64_t *taps;            /* [depth] */
    int64_t *pixels;          /* [rows * out_w]: FILTERS */
    neural_conv_piece *pieces;
    int64_t pieces_per_row;
    char *turned; /* [groups, depth, whole filters], and the bias so: FILTERS */
    char *bias;
    int64_t whole;
} direct_run;

void neural_conv_call_pixels(const neural_conv_type *type, const neural_conv_pixels_args *args) {
    (type->size == 4 ? type->kernels->conv_pixels_f32 : type->kernels->conv_pixels_f64)(args);
}

void neural_conv_call_filters(const neural_conv_type *type, const neural_conv_filters_args *args) {
    (type->size == 4 ? type->kernels->conv_filters_f32 : type->kernels->conv_filters_f64)(args);
}

/* Vector operations per output and tap, all filters, in units of one filter and lane. A weight for
 * one or two filters alone is multiplied slower than the image is read; transposing costs as much
 * as 8 taps, gathering as 6 filters. */
neural_conv_lanes neural_conv_lanes_of(const neural_conv_geometry *g, int64_t size) {
    const double filters = (double)g->filters, depth = (double)neural_conv_depth(g);
    const double columns = (double)neural_conv_whole(g->out_w, size) / (double)g->out_w;
    const double pixels = columns * (filters < 3 ? 1 + filters / 2 : filters);
    const double lanes = (double)neural_conv_whole(g->filters, size) * (1 + 8 / depth);
    const double panels = filters + 6;
    if (neural_conv_taps(g) == 1 || neural_conv_depth(g) > DIRECT_DEPTH) {
        return NEURAL_CONV_PANELS;
    }
    return pixels <= lanes && pixels <= panels ? NEURAL_CONV_PIXELS
           : lanes <= panels                   ? NEURAL_CONV_FILTERS
                                               : NEURAL_CONV_PANELS;
}

static void fill_pieces(const direct_run *direct) {
    const neural_conv_run *run = direct->run;
    const neural_conv_geometry *g = run->g;
    const int64_t piece = NEURAL_CONV_PIECE_BYTES / run->type.size;
    neural_conv_piece *to = direct->pieces;
    for (int64_t i = 0; i < run->rows; i++) {
        for (int64_t j = 0; j < g->out_w; j += piece) {
            const int64_t left = g->out_w - j;
            *to++ = (neural_conv_piece){i * g->stride_h * direct->layout.row + j, i * g->out_w + j,
                                        left < piece ? left : piece};
        }
    }
}

static void turn_weights(const direct_run *direct) {
    const neural_conv_run *run = direct->run;
    const neural_conv_geometry *g = run->g;
    const int64_t size = run->type.size, depth = neural_conv_depth(g);
    for (int64_t group = 0; group < g->groups; group++) {
        neural_conv_transpose(&run->type, direct->turned + group * depth * direct->whole * size,
                              run->weight + group * depth * g->filters * size, g->filters, depth,
                              direct->whole, depth);
        if (run->bias) {
            memcpy(direct->bias + group * direct->whole * size,
                   run->bias + group * g->filters * size, (size_t)(g->filters * size));
        }
    }
}

/* The copy for a unit; units of fewer rows have the same layout. */
static void prepare(const direct_run *direct, int64_t unit, char *scratch) {
    const neural_conv_run *run = direct->run;
    const neural_conv_geometry *g = run->g;
    const int64_t plane = unit / run->chunks, row = unit % run->chunks * run->rows;
    const char *source = run->image + plane * g->channels * g->height * g->width * run->type.size;
    neural_conv_image image;
    neural_conv_image_prepare(g, run->type.size, source, g->channels, row, run->rows, scratch,
                              &image);
}

static int64_t rows_of(const neural_conv_run *run, int64_t unit) {
    const int64_t left = run->g->out_h - unit % run->chunks * run->rows;
    return left < run->rows ? left : run->rows;
}

static char *out_of(const neural_conv_run *run, int64_t unit) {
    const neural_conv_geometry *g = run->g;
    const int64_t plane = unit / run->chunks, row = unit % run->chunks * run->rows;
    return run->out +
           (plane * g->filters * neural_conv_pixels(g) + row * g->out_w) * run->type.size;
}

static void pixels_unit(const void *context, int64_t unit, char *scratch) {
    const direct_run *direct = context;
    const neural_conv_run *run = direct->run;
    const neural_conv_geometry *g = run->g;
    const int64_t filter = unit / run->chunks % g->groups * g->filters;
    prepare(direct, unit, scratch);
    const neural_conv_pixels_args args = {
        .src = scratch,
        .taps = direct->taps,
        .depth = neural_conv_depth(g),
        .weight = run->weight + filter * neural_conv_depth(g) * run->type.size,
        .filters = g->filters,
        .dst = out_of(run, unit),
        .dst_plane = neural_conv_pixels(g),
        .pieces = direct->pieces,
        .count = rows_of(run, unit) * direct->pieces_per_row,
        .bias = run->bias ? run->bias + filter * run->type.size : NULL,
        .flags = run->first_flags | run->last_flags};
    neural_conv_call_pixels(&run->type, &args);
}

static void filters_unit(const void *context, int64_t unit, char *scratch) {
    const direct_run *direct = context;
    const neural_conv_run *run = direct->run;
    const neural_conv_geometry *g = run->g;
    const int64_t size = run->type.size, group = unit / run->chunks % g->groups;
    const int64_t all = rows_of(run, unit) * g->out_w, plane = neural_conv_pixels(g);
    const int64_t by_column = run->last_flags & NEURAL_GEMM_ADD_ROW ? NEURAL_GEMM_ADD_COLUMN : 0;
    char *block = scratch + neural_conv_image_bytes(g, size, g->channels, run->rows);
    prepare(direct, unit, scratch);
    neural_conv_filters_args args = {
        .src = scratch,
        .taps = direct->taps,
        .depth = neural_conv_depth(g),
        .weight = direct->turned + group * neural_conv_depth(g) * direct->whole * size,
        .weight_row = direct->whole,
        .filters = g->filters,
        .dst = block,
        .dst_row = direct->whole,
        .bias = direct->bias + group * direct->whole * size,
        .flags = run->first_flags | by_column | (run->last_flags & NEURAL_GEMM_RELU)};
    for (int64_t i = 0; i < all; i += args.count) {
        char *out = out_of(run, unit) + i * size;
        args.rows = direct->pixels + i;
        args.count = all - i < BLOCK_PIXELS ? all - i : BLOCK_PIXELS;
        if (args.flags & NEURAL_GEMM_START_C) {
            neural_conv_transpose(&run->type, block, out, g->filters, args.count, direct->whole,
                                  plane);
        }
        neural_conv_call_filters(&run->type, &args);
        neural_conv_transpose(&run->type, out, block, args.count, g->filters, plane, direct->whole);
    }
}

/* Cuts the tables out of one block; returns its size when `block` is NULL. */
static int64_t place(direct_run *direct, neural_conv_lanes lanes, char *block) {
    const neural_conv_run *run = direct->run;
    const neural_conv_geometry *g = run->g;
    const int64_t filters = lanes == NEURAL_CONV_FILTERS, size = run->type.size;
    const int64_t row = direct->whole * size * filters, depth = neural_conv_depth(g);
    const int64_t pieces = run->rows * direct->pieces_per_row * !filters;
    const int64_t parts[] = {g->groups * depth * row, g->groups * row,
                             pieces * (int64_t)sizeof(neural_conv_piece), depth * 8,
                             run->rows * g->out_w * 8 * filters};
    int64_t at[6] = {0};
    for (int i = 0; i < 5; i++) {
        at[i + 1] = at[i] + (parts[i] + 63) / 64 * 64;
    }
    if (block) {
        direct->turned = block;
        direct->bias = block + at[1];
        direct->pieces = (neural_conv_piece *)(void *)(block + at[2]);
        direct->taps = (int64_t *)(void *)(block + at[3]);
        direct->pixels = (int64_t *)(void *)(block + at[4]);
    }
    return at[5];
}

neural_status neural_conv_direct(const neural_conv_run *run, neural_conv_lanes lanes, double work) {
    const neural_conv_geometry *g = run->g;
    const int64_t size = run->type.size;
    direct_run direct = {.run = run,
                         .layout = neural_conv_image_layout(g, run->rows, NULL),
                         .pieces_per_row =
                             neural_conv_whole(g->out_w, size) * size / NEURAL_CONV_PIECE_BYTES,
                         .whole = neural_conv_whole(g->filters, size)};
    const int64_t bytes = place(&direct, lanes, NULL);
    neural_block *block = neural_block_create((size_t)bytes);
    NEURAL_REQUIRE(block, NEURAL_ERR_OUT_OF_MEMORY, "conv2d: no %lld bytes of scratch",
                   (long long)bytes);
    place(&direct, lanes, neural_block_data(block));
    neural_conv_tap_offsets(g, &direct.layout, neural_conv_depth(g), direct.taps);
    int64_t scratch = neural_conv_image_bytes(g, size, g->channels, run->rows);
    if (lanes == NEURAL_CONV_FILTERS) {
        turn_weights(&direct);
        neural_conv_pixel_offsets(g, &direct.layout, run->rows, direct.pixels);
        scratch += BLOCK_PIXELS * direct.whole * size;
    } else {
        fill_pieces(&direct);
    }
    const neural_status status =
        neural_conv_run_units(g->batch * g->groups * run->chunks, work, scratch,
                              lanes == NEURAL_CONV_FILTERS ? filters_unit : pixels_unit, &direct);
    neural_block_release(block);
    return status;
}

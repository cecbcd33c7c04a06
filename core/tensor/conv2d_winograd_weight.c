/* The gradient of the weights: 36 products dU_k = V_k^T Z_k of transformed inputs V [tiles,
 * channels] and transformed gradients Z [tiles, filters], block of tiles after block; in the end dg
 * = G^T dU G. Every element of dU is one chain through all tiles. */
#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/conv2d_winograd.h"

enum {
    TILE = NEURAL_WINOGRAD_TILE,
    PATCH = NEURAL_WINOGRAD_PATCH,
    PRODUCTS = NEURAL_WINOGRAD_PRODUCTS,
    TAPS = 9
};

/* Tiles of a block, at most 128: beyond that rows of a transposed operand meet too many pages. */
enum { BLOCK_TILES = 96 };

/* Parts of a block that threads may transform. */
enum { PARTS = 4 };

/* Channels whose gradients are turned at a time. */
enum { UNIT_CHANNELS = 16 };

typedef struct weight_run {
    const neural_conv_geometry *g;
    const neural_conv_type *type;
    const char *image, *dy;
    char *dw;
    int accumulate;
    neural_winograd_grid in, out;
    int64_t lines, block, part; /* in all, of a block, of a part of a block */
    int64_t first, count;       /* the lines of this block */
    int64_t sum_plane;
    char *in_tiles, *out_tiles, *sums; /* [36][channels, filters] */
} weight_run;

static void take_part(const void *context, int64_t unit, char *scratch) {
    const weight_run *w = context;
    const int64_t line = unit * w->part, lines = neural_conv_smaller(w->part, w->count - line);
    const int64_t tile = line * w->in.across, size = w->type->size;
    neural_winograd_take(&w->in, w->image, w->first + line, lines,
                         w->in_tiles + tile * w->g->channels * size, scratch);
    neural_winograd_take(&w->out, w->dy, w->first + line, lines,
                         w->out_tiles + tile * w->g->filters * size, scratch);
}

static void multiply(const void *context, int64_t k, char *scratch) {
    const weight_run *w = context;
    const neural_conv_geometry *g = w->g;
    const int64_t size = w->type->size;
    const neural_conv_product product = {.m = g->channels,
                                         .n = g->filters,
                                         .k = w->count * w->in.across,
                                         .a = w->in_tiles + k * w->in.plane * size,
                                         .a_row = 1,
                                         .a_col = g->channels,
                                         .b = w->out_tiles + k * w->out.plane * size,
                                         .b_row = g->filters,
                                         .c = w->sums + k * w->sum_plane * size,
                                         .c_row = g->filters,
                                         .flags = w->first > 0 ? NEURAL_GEMM_START_C : 0};
    (void)scratch;
    neural_conv_multiply(w->type, &product);
}

/* dw of some channels; the rows of dw that they take are not contiguous. */
static void finish(const void *context, int64_t unit, char *scratch) {
    const weight_run *w = context;
    const neural_conv_geometry *g = w->g;
    const int64_t size = w->type->size, channel = unit * UNIT_CHANNELS;
    const int64_t channels = neural_conv_smaller(UNIT_CHANNELS, g->channels - channel),
                  cols = channels * TAPS;
    const int64_t row = g->channels * TAPS;
    const neural_winograd_args args = {.dst_row = 3 * g->filters,
                                       .dst_col = g->filters,
                                       .src_row = PATCH * w->sum_plane,
                                       .src_col = w->sum_plane};
    for (int64_t c = 0; c < channels; c++) {
        char *to = scratch + c * TAPS * g->filters * size;
        const char *from = w->sums + (channel + c) * g->filters * size;
        if (size == 4) {
            w->type->kernels->winograd_filter_grad_f32((float *)to, (const float *)from, &args,
                                                       g->filters);
        } else {
            w->type->kernels->winograd_filter_grad_f64((double *)to, (const double *)from, &args,
                                                       g->filters);
        }
    }
    char *dw = w->dw + channel * TAPS * size;
    if (!w->accumulate) {
        neural_conv_transpose(w->type, dw, scratch, cols, g->filters, row, g->filters);
        return;
    }
    char *turned = scratch + UNIT_CHANNELS * TAPS * g->filters * size;
    neural_conv_transpose(w->type, turned, scratch, cols, g->filters, cols, g->filters);
    for (int64_t o = 0; o < g->filters; o++) {
        neural_conv_add(w->type, dw + o * row * size, turned + o * cols * size, cols);
    }
}

static void plan(weight_run *w) {
    const neural_conv_geometry *g = w->g;
    const int64_t across = neural_conv_divide_up(g->out_w, TILE),
                  down = neural_conv_divide_up(g->out_h, TILE);
    w->lines = g->batch * down;
    w->block = neural_conv_smaller(neural_conv_divide_up(BLOCK_TILES, across), w->lines);
    w->block = neural_conv_divide_up(w->lines, neural_conv_divide_up(w->lines, w->block));
    w->part = neural_conv_divide_up(w->block, PARTS);
    w->in = (neural_winograd_grid){.type = w->type,
                                   .channels = g->channels,
                                   .height = g->height,
                                   .width = g->width,
                                   .pad_top = g->pad_top,
                                   .pad_left = g->pad_left,
                                   .across = across,
                                   .down = down,
                                   .patch = PATCH};
    w->out = (neural_winograd_grid){.type = w->type,
                                    .channels = g->filters,
                                    .height = g->out_h,
                                    .width = g->out_w,
                                    .across = across,
                                    .down = down,
                                    .patch = TILE};
    w->in.plane = neural_winograd_plane(w->type, w->block * across * g->channels);
    w->out.plane = neural_winograd_plane(w->type, w->block * across * g->filters);
    w->sum_plane = neural_winograd_plane(w->type, g->channels * g->filters);
}

static neural_status compute(weight_run *w) {
    const neural_conv_geometry *g = w->g;
    const int64_t in = neural_winograd_strip_bytes(&w->in);
    const int64_t out = neural_winograd_strip_bytes(&w->out);
    const double work = (double)(w->block * w->in.across) * PRODUCTS;
    for (w->first = 0; w->first < w->lines; w->first += w->count) {
        w->count = neural_conv_smaller(w->block, w->lines - w->first);
        NEURAL_TRY(neural_conv_run_units(neural_conv_divide_up(w->count, w->part),
                                         work * (double)(g->channels + g->filters),
                                         in > out ? in : out, take_part, w));
        NEURAL_TRY(neural_conv_run_units(PRODUCTS, work * (double)(g->channels * g->filters), 0,
                                         multiply, w));
    }
    return neural_conv_run_units(neural_conv_divide_up(g->channels, UNIT_CHANNELS),
                                 (double)(g->channels * g->filters) * PRODUCTS,
                                 2 * UNIT_CHANNELS * TAPS * g->filters * w->type->size, finish, w);
}

neural_status neural_winograd_grad_weight(const neural_conv_geometry *g,
                                          const neural_conv_type *type, const char *image,
                                          const char *dy, char *dw, int accumulate) {
    weight_run w = {
        .g = g, .type = type, .image = image, .dy = dy, .dw = dw, .accumulate = accumulate};
    plan(&w);
    const int64_t bytes = PRODUCTS * (w.in.plane + w.out.plane + w.sum_plane) * type->size;
    neural_block *block = neural_block_create((size_t)bytes);
    NEURAL_REQUIRE(block, NEURAL_ERR_OUT_OF_MEMORY, "conv2d: no %lld bytes of scratch",
                   (long long)bytes);
    w.in_tiles = neural_block_data(block);
    w.out_tiles = w.in_tiles + PRODUCTS * w.in.plane * type->size;
    w.sums = w.out_tiles + PRODUCTS * w.out.plane * type->size;
    const neural_status status = compute(&w);
    neural_block_release(block);
    return status;
}

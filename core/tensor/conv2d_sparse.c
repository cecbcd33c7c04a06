#include "core/tensor/conv2d_sparse.h"

#include <string.h>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/conv2d.h"
#include "core/tensor/conv2d_job.h"
#include "core/tensor/conv2d_shape.h"
#include "core/tensor/conv2d_winograd.h"
#include "core/tensor/sparse_type.h"
#include "core/tensor/storage.h"

enum { STRIP = NEURAL_SPARSE_STRIP };

/* Outputs of a strip that are transposed at a time: they stay in L1. */
enum { BLOCK_PIXELS = 112 };

/* Of the blocks, where sparse is the faster way, next to minimal filtering and to plain chains. */
enum { WINOGRAD_PERCENT = 25, CHAIN_PERCENT = 50 };

typedef struct sparse_conv {
    const neural_sparse *sparse;
    const neural_conv_run *run;
    int64_t *taps;   /* [blocks]: offsets of each strip's taps */
    int64_t *pixels; /* [rows * out_w] */
    char *bias;      /* in whole strips */
    int64_t image_bytes;
} sparse_conv;

int neural_conv2d_sparse_pays(const neural_sparse *sparse, const neural_op_call *call) {
    neural_conv_geometry g;
    neural_conv_geometry_of(call, &g);
    const int64_t share = neural_winograd_wins(&g) ? WINOGRAD_PERCENT : CHAIN_PERCENT;
    const int64_t all = neural_sparse_all_blocks(sparse->outputs, sparse->inputs);
    return g.groups == 1 && sparse->blocks <= all * share / 100;
}

/* One strip's outputs of some pixels, filters in the lanes, and from there to their planes. */
static void run_strip(const sparse_conv *conv, const neural_sparse_strip *strip, const char *src,
                      int64_t pixel, int64_t pixels, char *block, char *out) {
    const neural_conv_run *run = conv->run;
    const int64_t size = run->type.size, plane = neural_conv_pixels(run->g);
    const int64_t filters = neural_conv_smaller(STRIP, run->g->filters - strip->column);
    const neural_conv_filters_args args = {
        .src = src,
        .rows = conv->pixels + pixel,
        .count = pixels,
        .taps = conv->taps + (strip->index - conv->sparse->index),
        .depth = strip->depth,
        .weight = strip->weight,
        .weight_row = STRIP,
        .filters = STRIP,
        .dst = block,
        .dst_row = STRIP,
        .bias = conv->bias + strip->column * size,
        .flags = run->last_flags};
    neural_conv_call_filters(&run->type, &args);
    neural_conv_transpose(&run->type, out + strip->column * plane * size, block, pixels, filters,
                          plane, STRIP);
}

/* Units of fewer rows have the layout of the others. */
static void run_unit(const void *context, int64_t unit, char *scratch) {
    const sparse_conv *conv = context;
    const neural_conv_run *run = conv->run;
    const neural_conv_geometry *g = run->g;
    const int64_t size = run->type.size, image = unit / run->chunks;
    const int64_t row = unit % run->chunks * run->rows;
    const int64_t rows = neural_conv_smaller(run->rows, g->out_h - row), all = rows * g->out_w;
    const char *source = run->image + image * g->channels * g->height * g->width * size;
    char *out = run->out + (image * g->filters * neural_conv_pixels(g) + row * g->out_w) * size;
    neural_conv_image layout;
    neural_conv_image_prepare(g, size, source, g->channels, row, run->rows, scratch, &layout);
    for (int64_t i = 0; i < all; i += BLOCK_PIXELS) {
        for (int64_t s = 0; s < conv->sparse->count; s++) {
            run_strip(conv, &conv->sparse->strip[s], layout.data, i,
                      neural_conv_smaller(BLOCK_PIXELS, all - i), scratch + conv->image_bytes,
                      out + i * size);
        }
    }
}

/* --- tables --- */

/* The layout that prepare will find, whatever the unit. */
static neural_conv_image layout_of(const neural_conv_run *run) {
    const neural_conv_geometry *g = run->g;
    return neural_conv_image_in_place(g)
               ? (neural_conv_image){NULL, g->height * g->width, g->width, 0}
               : neural_conv_image_layout(g, run->rows, NULL);
}

/* Cuts the tables out of one block; returns its size when `block` is NULL. */
static int64_t place(sparse_conv *conv, char *block) {
    const neural_conv_geometry *g = conv->run->g;
    const int64_t parts[] = {conv->sparse->count * STRIP * conv->run->type.size,
                             conv->sparse->blocks * 8, neural_conv_depth(g) * 8,
                             conv->run->rows * g->out_w * 8};
    int64_t at[5] = {0};
    for (int i = 0; i < 4; i++) {
        at[i + 1] = at[i] + (parts[i] + 63) / 64 * 64;
    }
    if (block) {
        const neural_conv_image layout = layout_of(conv->run);
        int64_t *all = (int64_t *)(void *)(block + at[2]);
        conv->bias = block;
        conv->taps = (int64_t *)(void *)(block + at[1]);
        conv->pixels = (int64_t *)(void *)(block + at[3]);
        neural_conv_tap_offsets(g, &layout, neural_conv_depth(g), all);
        for (int64_t i = 0; i < conv->sparse->blocks; i++) {
            conv->taps[i] = all[conv->sparse->index[i]];
        }
        neural_conv_pixel_offsets(g, &layout, conv->run->rows, conv->pixels);
        memset(conv->bias, 0, (size_t)parts[0]);
        if (conv->run->bias) {
            memcpy(conv->bias, conv->run->bias, (size_t)(g->filters * conv->run->type.size));
        }
    }
    return at[4];
}

static neural_status run_all(const neural_sparse *sparse, neural_conv_run *run) {
    const neural_conv_geometry *g = run->g;
    if (g->filters == 0 || neural_conv_pixels(g) == 0) {
        return NEURAL_OK;
    }
    neural_conv_plan_units(run);
    sparse_conv conv = {
        .sparse = sparse,
        .run = run,
        .image_bytes = neural_conv_image_bytes(g, run->type.size, g->channels, run->rows)};
    neural_block *block = neural_block_create((size_t)place(&conv, NULL));
    NEURAL_REQUIRE(block, NEURAL_ERR_OUT_OF_MEMORY, "conv2d: no %lld bytes of scratch",
                   (long long)place(&conv, NULL));
    place(&conv, neural_block_data(block));
    const double work = (double)(g->batch * sparse->blocks * STRIP) * (double)neural_conv_pixels(g);
    const neural_status status = neural_conv_run_units(
        g->batch * run->chunks, work, conv.image_bytes + BLOCK_PIXELS * STRIP * run->type.size,
        run_unit, &conv);
    neural_block_release(block);
    return status;
}

/* --- */

neural_status neural_conv2d_sparse_forward(const neural_sparse *sparse, neural_op_call *call) {
    neural_conv_geometry geometry;
    neural_tensor *x = NULL, *bias = NULL;
    neural_conv_geometry_of(call, &geometry);
    NEURAL_TRY(neural_tensor_contiguous(call->in[0], &x));
    neural_status status = call->in[2] ? neural_tensor_contiguous(call->in[2], &bias) : NEURAL_OK;
    if (!status) {
        neural_conv_run run = {.g = &geometry,
                               .type = neural_conv_type_of(sparse->dtype, sparse->kernels),
                               .image = x->data,
                               .bias = bias ? bias->data : NULL,
                               .out = call->out->data};
        run.last_flags = (bias ? NEURAL_GEMM_ADD_COLUMN : 0) |
                         (call->attrs.integer[NEURAL_CONV2D_RELU] ? NEURAL_GEMM_RELU : 0);
        const neural_fp_state fp = neural_fp_enter();
        status = run_all(sparse, &run);
        neural_fp_leave(fp);
    }
    neural_tensor_release(x);
    neural_tensor_release(bias);
    return status;
}

static neural_status run_copy(const neural_sparse *sparse, const neural_shape *shape,
                              neural_op_call *call, neural_tensor **out) {
    NEURAL_TRY(neural_tensor_like_shape(shape, call->in[0]->dtype, &call->out));
    const int pays = neural_conv2d_sparse_pays(sparse, call);
    const neural_status status = pays ? neural_conv2d_sparse_forward(sparse, call) : NEURAL_OK;
    if (status || !pays) {
        neural_tensor_release(call->out);
        return status;
    }
    *out = call->out;
    return NEURAL_OK;
}

neural_status neural_conv2d_cached(neural_linear_cache *cache, neural_op_call *call,
                                   neural_tensor **out) {
    neural_shape shape;
    neural_linear_copy *held;
    *out = NULL;
    if (call->attrs.integer[NEURAL_CONV2D_GROUPS] != 1 || neural_conv2d_infer(call, &shape)) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_linear_cache_hold_sparse(cache, call->in[1], &held));
    const neural_status status =
        held ? run_copy(neural_linear_copy_sparse(held), &shape, call, out) : NEURAL_OK;
    neural_linear_copy_release(held);
    return status;
}

/* The implicit product Y[filters, pixels] = W[filters, depth] X[depth, pixels]: panels of X are
 * gathered straight from the image, or for 1x1 kernels read where they lie. */
#include "core/tensor/conv2d_job.h"
#include "core/tensor/conv2d_planes.h"
#include "core/tensor/conv2d_winograd.h"

/* Outputs per unit, at most: few enough that the part of the image they need stays in L2. */
enum { UNIT_PIXELS = 1024, UNIT_PIXELS_LEAST = 128, UNITS_WANTED = 8 };

/* Channels of a 1x1 kernel that are read in place; more rows would meet more pages than the TLB
 * knows. */
enum { DIRECT_CHANNELS = 256 };

static int is_direct(const neural_conv_geometry *g) {
    return neural_conv_taps(g) == 1 && g->stride_h == 1 && neural_conv_image_in_place(g) &&
           g->out_w == g->width && g->channels <= DIRECT_CHANNELS;
}

/* Rows of a gathered panel. With few filters the panel should stay in L1; with many the traffic of
 * C weighs more. */
static int64_t k_block(const neural_conv_run *run) {
    const int64_t most = neural_conv_k_block(&run->type);
    const int64_t bytes = neural_conv_panel(&run->type) * run->type.size;
    return run->g->filters <= 64 ? neural_conv_smaller(most, 24 * 1024 / bytes) : most;
}

void neural_conv_plan_units(neural_conv_run *run) {
    const neural_conv_geometry *g = run->g;
    const int64_t images = g->batch * g->groups;
    int64_t pixels = UNIT_PIXELS;
    if (images < UNITS_WANTED) {
        pixels = neural_conv_smaller(pixels, neural_conv_pixels(g) * images / UNITS_WANTED);
        pixels = pixels < UNIT_PIXELS_LEAST ? UNIT_PIXELS_LEAST : pixels;
    }
    const int64_t rows = pixels / g->out_w > 0 ? pixels / g->out_w : 1;
    run->chunks = (g->out_h + rows - 1) / rows;
    run->rows = (g->out_h + run->chunks - 1) / run->chunks;
    run->chunks = (g->out_h + run->rows - 1) / run->rows;
}

/* One panel of outputs, block of k by block of k. */
static void run_panel(const neural_conv_run *run, const neural_conv_image *image,
                      neural_conv_product *product, int64_t pixel, char *packed) {
    const neural_conv_geometry *g = run->g;
    const int64_t depth = neural_conv_depth(g), most = k_block(run);
    const int64_t blocks = depth > most ? (depth + most - 1) / most : 1;
    const int64_t step = (depth + blocks - 1) / blocks;
    const char *weight = product->a;
    int64_t k = 0;
    do {
        product->k = neural_conv_smaller(step, depth - k);
        product->a = weight + k * run->type.size;
        product->flags = k == 0 ? run->first_flags : NEURAL_GEMM_START_C;
        product->flags |= k + product->k == depth ? run->last_flags : 0;
        if (is_direct(g)) {
            product->b = image->data + (k * image->channel + pixel) * run->type.size;
            product->b_row = image->channel;
        } else {
            neural_conv_gather(g, run->type.size, image, k, product->k, pixel, product->n, packed,
                               product->n);
            product->b = packed;
            product->b_row = product->n;
        }
        neural_conv_multiply(&run->type, product);
        k += product->k;
    } while (k < depth);
    product->a = weight;
}

static void run_unit(const void *context, int64_t unit, char *scratch) {
    const neural_conv_run *run = context;
    const neural_conv_geometry *g = run->g;
    const int64_t size = run->type.size, plane = unit / run->chunks, group = plane % g->groups;
    const int64_t row = unit % run->chunks * run->rows, pixels = neural_conv_pixels(g);
    const int64_t rows = neural_conv_smaller(run->rows, g->out_h - row),
                  depth = neural_conv_depth(g);
    const int64_t panel = neural_conv_panel(&run->type), all = rows * g->out_w;
    const char *source = run->image + plane * g->channels * g->height * g->width * size;
    char *packed = scratch + neural_conv_image_bytes(g, size, g->channels, run->rows);
    char *out = run->out + (plane * g->filters * pixels + row * g->out_w) * size;
    neural_conv_image image;
    neural_conv_image_prepare(g, size, source, g->channels, row, rows, scratch, &image);
    neural_conv_product product = {.m = g->filters,
                                   .a = run->weight + group * g->filters * depth * size,
                                   .a_row = depth,
                                   .a_col = 1,
                                   .c_row = pixels};
    product.bias = run->bias ? run->bias + group * g->filters * size : NULL;
    for (int64_t j = 0; j < all; j += panel) {
        product.n = neural_conv_smaller(panel, all - j);
        product.c = out + j * size;
        run_panel(run, &image, &product, j, packed);
    }
}

neural_status neural_conv_forward(neural_conv_run *run) {
    const neural_conv_geometry *g = run->g;
    const int64_t size = run->type.size, depth = neural_conv_depth(g);
    if (g->filters == 0 || neural_conv_pixels(g) == 0) {
        return NEURAL_OK;
    }
    if (neural_winograd_wins(g)) {
        return neural_winograd_forward(run, 0);
    }
    if (neural_planes_serve(g)) {
        return neural_planes_forward(run);
    }
    neural_conv_plan_units(run);
    const int64_t planes = g->batch * g->groups;
    const double work =
        (double)planes * (double)(g->filters * depth) * (double)neural_conv_pixels(g);
    const neural_conv_lanes lanes = neural_conv_lanes_of(g, size);
    if (lanes != NEURAL_CONV_PANELS) {
        return neural_conv_direct(run, lanes, work);
    }
    const int64_t k = neural_conv_smaller(depth, k_block(run));
    const int64_t image = neural_conv_image_bytes(g, size, g->channels, run->rows);
    return neural_conv_run_units(
        planes * run->chunks, work,
        image + k * neural_conv_panel(&run->type) * size + NEURAL_CONV_ROOM, run_unit, run);
}

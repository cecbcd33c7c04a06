/* The convolution in blocks of whole lines of tiles, whose transforms stay near between the three
 * steps. */
#include "core/tensor/conv2d_winograd.h"

#include "core/base/memory.h"

enum {
    TILE = NEURAL_WINOGRAD_TILE,
    PATCH = NEURAL_WINOGRAD_PATCH,
    PRODUCTS = NEURAL_WINOGRAD_PRODUCTS,
    TAPS = 9
};

/* What the transforms of a block should take, and the tiles it has at least: fewer would read the
 * filters too often. */
enum { BLOCK_BYTES = 1 << 20, BLOCK_TILES = 48 };

/* A line of tiles takes no more than this. */
enum { MOST_LINE_BYTES = 16 << 20 };

/* Fewer channels or filters leave vectors empty, and fewer pairs of them pay too little for the
 * transforms; with fewer outputs in the average tile too much is computed in vain; with more
 * filters per tile their transforms cost more than is gained. dW of few filters would leave more
 * vectors empty otherwise. */
enum { LEAST_CHANNELS = 8, LEAST_PAIRS = 128, LEAST_USED = 4, FILTERS_PER_TILE = 16384 };
enum { LEAST_WEIGHT_FILTERS = 4 };

/* Input channels whose filters are transformed at a time. */
enum { UNIT_CHANNELS = 16 };

/* Bytes that the transforms of one tile take, before and after the products. */
static int64_t tile_bytes(const neural_conv_geometry *g, int64_t size) {
    return PRODUCTS * (g->channels + g->filters) * size;
}

int neural_winograd_serves(const neural_conv_geometry *g) {
    const int64_t across = neural_conv_divide_up(g->out_w, TILE);
    return g->kernel_h == 3 && g->kernel_w == 3 && g->stride_h == 1 && g->stride_w == 1 &&
           g->dilation_h == 1 && g->dilation_w == 1 && g->groups == 1 && across > 0 &&
           g->channels > 0 && tile_bytes(g, 8) <= MOST_LINE_BYTES / across;
}

static neural_winograd_choice assumed_choice;

void neural_winograd_assume(neural_winograd_choice choice) {
    assumed_choice = choice;
}

static int is_chosen(const neural_conv_geometry *g, int64_t least_filters, int64_t least_pairs) {
    if (assumed_choice == NEURAL_WINOGRAD_NEVER || !neural_winograd_serves(g)) {
        return 0;
    }
    if (assumed_choice == NEURAL_WINOGRAD_ALWAYS) {
        return 1;
    }
    const int64_t tiles =
        neural_conv_divide_up(g->out_w, TILE) * neural_conv_divide_up(g->out_h, TILE);
    return g->channels >= LEAST_CHANNELS && g->filters >= least_filters &&
           g->channels * g->filters >= least_pairs && tiles * LEAST_USED <= neural_conv_pixels(g) &&
           tiles >= g->channels * g->filters / FILTERS_PER_TILE;
}

/* Measured: docs/conv2d.md. The number of images does not count, so that an image's outputs do not
 * depend on those beside it. */
int neural_winograd_wins(const neural_conv_geometry *g) {
    return is_chosen(g, LEAST_CHANNELS, LEAST_PAIRS);
}

int neural_winograd_wins_weight(const neural_conv_geometry *g) {
    return is_chosen(g, LEAST_WEIGHT_FILTERS, 0);
}

typedef struct forward_run {
    const neural_conv_run *run;
    neural_winograd_grid in, out;
    int turned;
    int64_t lines, block;             /* in all, and of a block */
    int64_t panel, panels, panel_len; /* filters of a panel, panels, elements of one with its 36 */
    int64_t filter_plane;
    char *filters; /* [panels][36][channels, panel] */
} forward_run;

/* The taps of some channels, filter by filter, lie side by side after one transposition. */
static void take_filters(const void *context, int64_t unit, char *scratch) {
    const forward_run *f = context;
    const neural_conv_geometry *g = f->run->g;
    const neural_conv_type *type = &f->run->type;
    const int64_t size = type->size, channel = unit * UNIT_CHANNELS;
    const int64_t channels = neural_conv_smaller(UNIT_CHANNELS, g->channels - channel);
    const int64_t row = f->turned ? channels * g->filters : g->filters;
    neural_winograd_args args = {.dst_row = PATCH * f->filter_plane, .dst_col = f->filter_plane};
    const char *from = f->run->weight;
    if (f->turned) {
        neural_conv_transpose(type, scratch, from + channel * g->filters * TAPS * size, row, TAPS,
                              row, TAPS);
    } else {
        neural_conv_transpose(type, scratch, from + channel * TAPS * size, g->filters,
                              channels * TAPS, row, g->channels * TAPS);
    }
    args.src_row = f->turned ? -3 * row : 3 * row;
    args.src_col = f->turned ? -row : row;
    for (int64_t c = 0; c < channels; c++) {
        const char *taps = scratch + (f->turned ? 8 * row + c * g->filters : c * TAPS * row) * size;
        for (int64_t p = 0; p < f->panels; p++) {
            const int64_t first = p * f->panel,
                          len = neural_conv_smaller(f->panel, g->filters - first);
            char *to = f->filters + (p * f->panel_len + (channel + c) * f->panel) * size;
            const char *at = taps + first * size;
            if (size == 4) {
                type->kernels->winograd_filter_f32((float *)to, (const float *)at, &args, len);
            } else {
                type->kernels->winograd_filter_f64((double *)to, (const double *)at, &args, len);
            }
        }
    }
}

static void multiply_block(const forward_run *f, int64_t tiles, const char *in, char *out) {
    const neural_conv_geometry *g = f->run->g;
    const int64_t size = f->run->type.size;
    neural_conv_product product = {.m = tiles,
                                   .k = g->channels,
                                   .a_row = g->channels,
                                   .a_col = 1,
                                   .b_row = f->panel,
                                   .c_row = g->filters};
    for (int64_t k = 0; k < PRODUCTS; k++) {
        product.a = in + k * f->in.plane * size;
        for (int64_t p = 0; p < f->panels; p++) {
            product.n = neural_conv_smaller(f->panel, g->filters - p * f->panel);
            product.b = f->filters + (p * f->panel_len + k * f->filter_plane) * size;
            product.c = out + (k * f->out.plane + p * f->panel) * size;
            neural_conv_multiply(&f->run->type, &product);
        }
    }
}

static void run_block(const void *context, int64_t unit, char *scratch) {
    const forward_run *f = context;
    const int64_t size = f->run->type.size, first = unit * f->block;
    const int64_t lines = neural_conv_smaller(f->block, f->lines - first);
    char *out = scratch + PRODUCTS * f->in.plane * size;
    char *strip = out + PRODUCTS * f->out.plane * size;
    const neural_winograd_finish finish = {f->run->bias,
                                           (f->run->last_flags & NEURAL_GEMM_RELU) != 0,
                                           (f->run->first_flags & NEURAL_GEMM_START_C) != 0};
    neural_winograd_take(&f->in, f->run->image, first, lines, scratch, strip);
    multiply_block(f, lines * f->in.across, scratch, out);
    neural_winograd_give(&f->out, f->run->out, first, lines, out, strip, &finish);
}

static void plan(forward_run *f) {
    const neural_conv_geometry *g = f->run->g;
    const neural_conv_type *type = &f->run->type;
    const int64_t across = neural_conv_divide_up(g->out_w, TILE),
                  down = neural_conv_divide_up(g->out_h, TILE);
    int64_t tiles = BLOCK_BYTES / tile_bytes(g, type->size);
    tiles = tiles < BLOCK_TILES ? BLOCK_TILES : tiles;
    f->lines = g->batch * down;
    f->block = neural_conv_smaller(neural_conv_divide_up(tiles, across), f->lines);
    f->block = neural_conv_divide_up(f->lines, neural_conv_divide_up(f->lines, f->block));
    f->in = (neural_winograd_grid){.type = type,
                                   .channels = g->channels,
                                   .height = g->height,
                                   .width = g->width,
                                   .pad_top = g->pad_top,
                                   .pad_left = g->pad_left,
                                   .across = across,
                                   .down = down,
                                   .patch = PATCH};
    f->out = (neural_winograd_grid){.type = type,
                                    .channels = g->filters,
                                    .height = g->out_h,
                                    .width = g->out_w,
                                    .across = across,
                                    .down = down,
                                    .patch = TILE};
    f->in.plane = neural_winograd_plane(type, f->block * across * g->channels);
    f->out.plane = neural_winograd_plane(type, f->block * across * g->filters);
    f->panel = neural_conv_panel(type);
    f->panels = neural_conv_divide_up(g->filters, f->panel);
    f->panel = neural_conv_smaller(f->panel, g->filters);
    f->filter_plane = neural_winograd_plane(type, g->channels * f->panel);
    f->panel_len = PRODUCTS * f->filter_plane;
}

neural_status neural_winograd_forward(const neural_conv_run *run, int turned) {
    const neural_conv_geometry *g = run->g;
    const int64_t size = run->type.size;
    forward_run f = {.run = run, .turned = turned};
    plan(&f);
    neural_block *block = neural_block_create((size_t)(f.panels * f.panel_len * size));
    NEURAL_REQUIRE(block, NEURAL_ERR_OUT_OF_MEMORY, "conv2d: no %lld bytes of scratch",
                   (long long)(f.panels * f.panel_len * size));
    f.filters = neural_block_data(block);
    const double filters = (double)g->channels * (double)g->filters * PRODUCTS;
    neural_status status =
        neural_conv_run_units(neural_conv_divide_up(g->channels, UNIT_CHANNELS), filters,
                              UNIT_CHANNELS * g->filters * TAPS * size, take_filters, &f);
    if (!status) {
        const int64_t in = neural_winograd_strip_bytes(&f.in);
        const int64_t out = neural_winograd_strip_bytes(&f.out);
        status = neural_conv_run_units(
            neural_conv_divide_up(f.lines, f.block), filters * (double)(f.lines * f.in.across),
            PRODUCTS * (f.in.plane + f.out.plane) * size + (in > out ? in : out), run_block, &f);
    }
    neural_block_release(block);
    return status;
}

#include <string.h>

#include "core/tensor/qconv2d_job.h"

typedef int32_t tile_sums[NEURAL_QGEMM_MAX_ROWS][NEURAL_QGEMM_PANEL];

/* The columns of a panel. */
typedef struct panel_columns {
    const int8_t *b;
    int64_t count, width; /* width: up to a whole group */
    const int32_t *start;
    const float *scales, *bias;
} panel_columns;

static panel_columns columns_of(const neural_qconv2d_job *job, int64_t group, int64_t panel) {
    const neural_qconv2d *conv = job->conv;
    const int64_t j = panel * NEURAL_QGEMM_PANEL, at = group * conv->width + j;
    const int64_t left = conv->group_filters - j;
    const int is_flipped = conv->of.x_is_signed && !job->widen;
    const int8_t *packed = conv->groups ? conv->groups[group]->data : conv->depthwise;
    return (panel_columns){.b = packed + conv->runs * conv->run_quads * 4 * j,
                           .count = left < NEURAL_QGEMM_PANEL ? left : NEURAL_QGEMM_PANEL,
                           .width = neural_qgemm_quad_bytes(conv->group_filters, j) / 4,
                           .start = (is_flipped ? conv->start_flip : conv->start) + at,
                           .scales = conv->scales + at,
                           .bias = conv->bias ? conv->bias + at : NULL};
}

static neural_qgemm_panel tile_of(const neural_qconv2d_job *job, const panel_columns *of,
                                  const char *a) {
    return (neural_qgemm_panel){
        .a = a,
        .a_row = job->a_row,
        .b_row = 4 * of->width,
        .c_row = NEURAL_QGEMM_PANEL,
        .k = job->run_quads,
        .flags = job->conv->of.x_is_signed && !job->widen ? NEURAL_QGEMM_FLIP : 0,
        .runs = job->runs,
        .runs_end = job->run_count > 1 ? job->runs + (job->run_count - 1) : job->runs};
}

/* The sums of a tile's rows, all columns of the panel. */
static void fill_sums(const neural_qconv2d_job *job, const panel_columns *of,
                      neural_qgemm_panel *tile, tile_sums acc) {
    const int64_t nr = job->kernels->nr;
    for (int64_t j = 0; j < of->width; j += nr) {
        tile->n = of->width - j < nr ? of->width - j : nr;
        tile->b = of->b + 4 * j;
        tile->c = acc[0] + j;
        tile->start = of->start + j;
        job->kernels->tile(tile);
    }
}

/* What the convolution's output makes of sums, but for where and how many they are. */
static neural_qgemm_result result_of(const neural_qconv2d_job *job, const panel_columns *of) {
    static const int32_t kinds[] = {NEURAL_QGEMM_TO_S32, NEURAL_QGEMM_TO_F32, NEURAL_QGEMM_TO_I8,
                                    NEURAL_QGEMM_TO_I8};
    const neural_qconv2d_options *options = &job->conv->of;
    const int32_t lowest = options->output == NEURAL_QGEMM_U8 ? 0 : -128;
    const int32_t zero = options->y_zero_point;
    return (neural_qgemm_result){
        .acc_row = NEURAL_QGEMM_PANEL,
        .n = of->width,
        .scale = of->scales,
        .bias = of->bias,
        .low = (float)((options->relu && zero > lowest ? zero : lowest) - zero),
        .high = (float)(lowest + 255 - zero),
        .zero_point = zero,
        .kind = kinds[options->output],
        .flags = (of->bias ? NEURAL_QGEMM_BIAS : 0) | (options->relu ? NEURAL_QGEMM_RELU : 0)};
}

/* To y, or where the last group of columns is not whole, there by way of a copy. */
static void finish(const neural_qconv2d_job *job, const panel_columns *of,
                   neural_qgemm_result *result, char *y) {
    const int64_t row = job->conv->of.filters * job->y_bytes;
    _Alignas(64) char copy[sizeof(tile_sums)];
    const int is_whole = of->count == of->width;
    result->dst = is_whole ? y : copy;
    result->dst_row = is_whole ? row : NEURAL_QGEMM_PANEL * job->y_bytes;
    job->kernels->finish(result);
    for (int64_t i = 0; !is_whole && i < result->m; i++) {
        memcpy(y + i * row, copy + i * result->dst_row, (size_t)(of->count * job->y_bytes));
    }
}

void neural_qconv2d_strip(const neural_qconv2d_job *job, int64_t group, int64_t panel,
                          const char *a, int64_t m, char *y) {
    const panel_columns of = columns_of(job, group, panel);
    const int64_t tiles = (m + job->kernels->mr - 1) / job->kernels->mr;
    const int64_t least = m / tiles, larger = m % tiles; /* tiles of nearly equal height */
    neural_qgemm_panel tile = tile_of(job, &of, a);
    neural_qgemm_result result = result_of(job, &of);
    _Alignas(64) tile_sums acc;
    result.acc = acc[0];
    y += panel * NEURAL_QGEMM_PANEL * job->y_bytes;
    for (int64_t t = 0; t < tiles; t++) {
        tile.m = result.m = least + (t < larger);
        fill_sums(job, &of, &tile, acc);
        finish(job, &of, &result, y);
        tile.a = (const char *)tile.a + tile.m * job->a_row;
        y += tile.m * job->conv->of.filters * job->y_bytes;
    }
}

void neural_qconv2d_depthwise_strip(const neural_qconv2d_job *job, int64_t panel, const char *a,
                                    int64_t m, char *y) {
    panel_columns of = columns_of(job, 0, panel);
    neural_qgemm_result result = result_of(job, &of);
    _Alignas(64) tile_sums acc;
    neural_qgemm_depthwise args = {.src = (const uint8_t *)a,
                                   .step = job->a_row,
                                   .taps = job->runs,
                                   .quads = neural_qconv2d_quads(job->conv),
                                   .weight = of.b,
                                   .start = of.start,
                                   .dst = acc[0],
                                   .dst_row = NEURAL_QGEMM_PANEL,
                                   .n = of.width,
                                   .flip = job->conv->of.x_is_signed ? 128 : 0};
    result.acc = acc[0];
    y += panel * NEURAL_QGEMM_PANEL * job->y_bytes;
    for (; m > 0; m -= NEURAL_QGEMM_MAX_ROWS) {
        args.pixels = result.m = m < NEURAL_QGEMM_MAX_ROWS ? m : NEURAL_QGEMM_MAX_ROWS;
        job->kernels->depthwise(&args);
        finish(job, &of, &result, y);
        args.src += args.pixels * job->a_row;
        y += args.pixels * job->conv->of.filters * job->y_bytes;
    }
}

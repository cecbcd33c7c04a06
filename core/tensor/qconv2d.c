#include "core/tensor/qconv2d.h"

#include <limits.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/qconv2d_job.h"

/* Longest side of an image or a window, channels and filters. */
static const int64_t MAX_SIDE = INT64_C(1) << 30;

/* --- checks --------------------------------------------------------------------------------------
 */

static neural_status check_sizes(const neural_qconv2d_options *of) {
    NEURAL_REQUIRE(of->channels >= 1 && of->filters >= 1 && of->groups >= 1 &&
                       of->channels <= MAX_SIDE && of->filters <= MAX_SIDE &&
                       of->channels % of->groups == 0 && of->filters % of->groups == 0,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "qconv2d: %lld channels, %lld filters, %lld groups, want 1 to 2^30 and groups "
                   "that divide both",
                   (long long)of->channels, (long long)of->filters, (long long)of->groups);
    for (int side = 0; side < 2; side++) {
        NEURAL_REQUIRE(of->kernel[side] >= 1 && of->kernel[side] <= MAX_SIDE &&
                           of->stride[side] >= 1 && of->stride[side] <= MAX_SIDE &&
                           of->dilation[side] >= 1 && of->dilation[side] <= MAX_SIDE,
                       NEURAL_ERR_INVALID_ARGUMENT,
                       "qconv2d: kernel, stride and dilation are %lld, %lld, %lld, want 1 to 2^30",
                       (long long)of->kernel[side], (long long)of->stride[side],
                       (long long)of->dilation[side]);
        NEURAL_REQUIRE(of->pad[side] >= 0 && of->pad[side] <= MAX_SIDE && of->pad[side + 2] >= 0 &&
                           of->pad[side + 2] <= MAX_SIDE,
                       NEURAL_ERR_INVALID_ARGUMENT, "qconv2d: pads are %lld, %lld, want 0 to 2^30",
                       (long long)of->pad[side], (long long)of->pad[side + 2]);
    }
    return NEURAL_OK;
}

static neural_status check_zero(const char *name, int32_t zero, int is_signed) {
    const int32_t low = is_signed ? -128 : 0;
    NEURAL_REQUIRE(zero >= low && zero <= low + 255, NEURAL_ERR_INVALID_ARGUMENT,
                   "qconv2d: %s is %d, want %d ... %d", name, (int)zero, (int)low, (int)low + 255);
    return NEURAL_OK;
}

static neural_status check_types(const neural_qconv2d_options *of) {
    NEURAL_REQUIRE(of->weight && (of->scales || of->output == NEURAL_QGEMM_S32),
                   NEURAL_ERR_NULL_POINTER, "qconv2d: %s is NULL",
                   of->weight ? "scales" : "weight");
    NEURAL_REQUIRE((unsigned)of->output <= NEURAL_QGEMM_S8, NEURAL_ERR_INVALID_ARGUMENT,
                   "qconv2d: output is %d, want 0 (s32), 1 (f32), 2 (u8) or 3 (s8)",
                   (int)of->output);
    NEURAL_REQUIRE(!of->relu || of->output != NEURAL_QGEMM_S32, NEURAL_ERR_INVALID_ARGUMENT,
                   "qconv2d: relu wants f32, u8 or s8 output, got s32");
    NEURAL_TRY(check_zero("x_zero_point", of->x_zero_point, of->x_is_signed));
    if (of->output == NEURAL_QGEMM_U8 || of->output == NEURAL_QGEMM_S8) {
        NEURAL_TRY(check_zero("y_zero_point", of->y_zero_point, of->output == NEURAL_QGEMM_S8));
    }
    return NEURAL_OK;
}

/* Whatever x holds, no sum may leave s32. */
static neural_status check_range(const neural_qconv2d_options *of, int64_t window) {
    const int64_t from_low = of->x_zero_point - (of->x_is_signed ? -128 : 0);
    const int64_t reach = from_low > 255 - from_low ? from_low : 255 - from_low;
    const int32_t *bias = of->output == NEURAL_QGEMM_F32 ? NULL : of->bias;
    int64_t largest = 0;
    for (int64_t o = 0; bias && o < of->filters; o++) {
        const int64_t magnitude = bias[o] < 0 ? -(int64_t)bias[o] : bias[o];
        largest = magnitude > largest ? magnitude : largest;
    }
    const int64_t limit = largest > INT32_MAX ? -1 : (INT32_MAX - largest) / (reach * 128);
    NEURAL_REQUIRE(window <= limit, NEURAL_ERR_INVALID_ARGUMENT,
                   "qconv2d: a window has %lld weights; with a bias up to %lld, s32 holds the sums "
                   "of %lld",
                   (long long)window, (long long)largest, (long long)limit);
    return NEURAL_OK;
}

/* --- packing -------------------------------------------------------------------------------------
 */

/* From [filter, channel, p, q] to [filter, (p, q, channel)], each run in whole quads. */
static void lay_out(const neural_qconv2d *conv, const int8_t *weight, int8_t *rows) {
    const int64_t taps = conv->of.kernel[0] * conv->of.kernel[1], channels = conv->group_channels;
    const int64_t run_taps = taps / conv->runs, run_bytes = 4 * conv->run_quads;
    const int64_t depth = conv->runs * run_bytes;
    memset(rows, 0, (size_t)(conv->group_filters * depth));
    for (int64_t o = 0; o < conv->group_filters; o++) {
        for (int64_t c = 0; c < channels; c++) {
            for (int64_t t = 0; t < taps; t++) {
                rows[o * depth + t / run_taps * run_bytes + t % run_taps * channels + c] =
                    weight[(o * channels + c) * taps + t];
            }
        }
    }
}

static neural_status pack_groups(neural_qconv2d *conv, const int8_t *weight) {
    const int64_t taps = conv->of.kernel[0] * conv->of.kernel[1];
    const int64_t group = conv->group_filters * conv->group_channels * taps;
    const int64_t depth = conv->runs * conv->run_quads * 4;
    neural_status status = NEURAL_OK;
    int8_t *rows = neural_alloc((size_t)(conv->group_filters * depth));
    NEURAL_REQUIRE(rows, NEURAL_ERR_OUT_OF_MEMORY, "qconv2d: no memory to lay out the weights");
    for (int64_t g = 0; g < conv->of.groups && status == NEURAL_OK; g++) {
        lay_out(conv, weight + g * group, rows);
        status = neural_qgemm_pack(1, conv->group_filters, depth, rows, depth, &conv->groups[g]);
        conv->bytes += status == NEURAL_OK ? neural_qgemm_packed_bytes(conv->groups[g]) : 0;
    }
    neural_free(rows);
    return status;
}

/* Taps of blocks of 64 channels in quads. */
static neural_status pack_depthwise(neural_qconv2d *conv, const int8_t *weight) {
    const int64_t taps = conv->of.kernel[0] * conv->of.kernel[1];
    const int64_t block = 4 * NEURAL_QGEMM_PANEL * neural_qconv2d_quads(conv);
    int64_t bytes = 0;
    NEURAL_TRY(neural_size_mul(conv->width / NEURAL_QGEMM_PANEL, block, &bytes));
    conv->depthwise = neural_alloc_zeroed((size_t)bytes);
    NEURAL_REQUIRE(conv->depthwise, NEURAL_ERR_OUT_OF_MEMORY, "qconv2d: no %lld bytes",
                   (long long)bytes);
    conv->bytes += bytes;
    for (int64_t c = 0; c < conv->of.channels; c++) {
        const int64_t at = NEURAL_QGEMM_DEPTHWISE_AT(c % NEURAL_QGEMM_PANEL);
        int8_t *to = conv->depthwise + c / NEURAL_QGEMM_PANEL * block + 4 * at;
        for (int64_t t = 0; t < taps; t++) {
            to[t / 4 * 4 * NEURAL_QGEMM_PANEL + t % 4] = weight[c * taps + t];
        }
    }
    return NEURAL_OK;
}

/* The sum of the weights of filter o, and where its start belongs. */
static uint32_t filter_sum(const neural_qconv2d *conv, const int8_t *weight, int64_t o,
                           int64_t *at) {
    const int64_t taps = conv->of.kernel[0] * conv->of.kernel[1], j = o % conv->group_filters;
    uint32_t sum = 0;
    if (!conv->depthwise) {
        return (uint32_t)conv->groups[o / conv->group_filters]->sums[j];
    }
    *at = o / NEURAL_QGEMM_PANEL * NEURAL_QGEMM_PANEL +
          NEURAL_QGEMM_DEPTHWISE_AT(o % NEURAL_QGEMM_PANEL);
    for (int64_t t = 0; t < taps; t++) {
        sum += (uint32_t)weight[o * taps + t];
    }
    return sum;
}

/* Bias, scales and what follows from the zero point, filter by filter. */
static void fill_columns(neural_qconv2d *conv, const neural_qconv2d_options *of) {
    for (int64_t o = 0; o < of->filters; o++) {
        const int64_t column = o / conv->group_filters * conv->width + o % conv->group_filters;
        int64_t at = column;
        const uint32_t sum = filter_sum(conv, of->weight, o, &at);
        uint32_t start = 0 - (uint32_t)of->x_zero_point * sum;
        if (of->bias && of->output != NEURAL_QGEMM_F32) {
            start += (uint32_t)((const int32_t *)of->bias)[o];
        }
        conv->start[at] = (int32_t)start;
        conv->start_flip[at] = (int32_t)(start - 128 * sum);
        if (of->output != NEURAL_QGEMM_S32) {
            conv->scales[column] = of->scales[o];
        }
        if (conv->bias) {
            conv->bias[column] = ((const float *)of->bias)[o];
        }
    }
}

static neural_status create_columns(neural_qconv2d *conv, const neural_qconv2d_options *of) {
    const int64_t count = (conv->depthwise ? 1 : of->groups) * conv->width;
    conv->start = neural_alloc_zeroed(4 * (size_t)(4 * count));
    NEURAL_REQUIRE(conv->start, NEURAL_ERR_OUT_OF_MEMORY, "qconv2d: no %lld bytes",
                   (long long)(16 * count));
    conv->start_flip = conv->start + count;
    conv->scales = (float *)(void *)(conv->start + 2 * count);
    conv->bias = of->bias && of->output == NEURAL_QGEMM_F32 ? conv->scales + count : NULL;
    conv->bytes += 16 * count;
    fill_columns(conv, of);
    return NEURAL_OK;
}

static void measure(neural_qconv2d *conv, const neural_qconv2d_options *of, int is_depthwise) {
    const int has_rows = of->groups == 1 && (of->dilation[1] == 1 || of->kernel[1] == 1);
    conv->of = *of;
    conv->of.weight = NULL;
    conv->of.bias = NULL;
    conv->of.scales = NULL;
    conv->group_channels = of->channels / of->groups;
    conv->group_filters = is_depthwise ? of->filters : of->filters / of->groups;
    conv->runs = of->kernel[0] * (has_rows ? 1 : of->kernel[1]);
    conv->run_len = conv->group_channels * (has_rows ? of->kernel[1] : 1);
    conv->run_quads = (conv->run_len + 3) / 4;
    conv->width = neural_qgemm_round_up(conv->group_filters, NEURAL_QGEMM_PANEL);
    conv->bytes = (int64_t)sizeof *conv;
    if (is_depthwise) {
        conv->runs = 1;
        conv->run_quads = neural_qconv2d_quads(conv);
    }
}

static neural_status fill(neural_qconv2d *conv, const neural_qconv2d_options *of) {
    const int is_depthwise =
        of->groups > 1 && of->groups == of->channels && of->filters == of->channels;
    measure(conv, of, is_depthwise);
    if (is_depthwise) {
        NEURAL_TRY(pack_depthwise(conv, of->weight));
    } else {
        conv->groups = neural_alloc_zeroed((size_t)of->groups * sizeof *conv->groups);
        conv->bytes += of->groups * (int64_t)sizeof *conv->groups;
        NEURAL_REQUIRE(conv->groups, NEURAL_ERR_OUT_OF_MEMORY, "qconv2d: no memory for %lld groups",
                       (long long)of->groups);
        NEURAL_TRY(pack_groups(conv, of->weight));
    }
    return create_columns(conv, of);
}

neural_status neural_qconv2d_create(const neural_qconv2d_options *options, neural_qconv2d **out) {
    int64_t window = 0, weights = 0;
    NEURAL_REQUIRE(options && out, NEURAL_ERR_NULL_POINTER, "qconv2d: %s is NULL",
                   options ? "out" : "options");
    NEURAL_TRY(check_sizes(options));
    NEURAL_TRY(check_types(options));
    NEURAL_TRY(neural_size_mul(options->kernel[0], options->kernel[1], &window));
    NEURAL_TRY(neural_size_mul(window, options->channels / options->groups, &window));
    NEURAL_TRY(check_range(options, window));
    NEURAL_TRY(neural_size_mul(4 * window, options->filters, &weights));
    neural_qconv2d *conv = neural_alloc_zeroed(sizeof *conv);
    NEURAL_REQUIRE(conv, NEURAL_ERR_OUT_OF_MEMORY, "qconv2d: no memory for a handle");
    const neural_status status = fill(conv, options);
    if (status != NEURAL_OK) {
        neural_qconv2d_destroy(conv);
        return status;
    }
    *out = conv;
    return NEURAL_OK;
}

void neural_qconv2d_destroy(neural_qconv2d *conv) {
    if (!conv) {
        return;
    }
    for (int64_t g = 0; conv->groups && g < conv->of.groups; g++) {
        neural_qgemm_packed_destroy(conv->groups[g]);
    }
    neural_free(conv->groups);
    neural_free(conv->depthwise);
    neural_free(conv->start);
    neural_free(conv);
}

int64_t neural_qconv2d_bytes(const neural_qconv2d *conv) {
    return conv ? conv->bytes : 0;
}

static int64_t side_len(const neural_qconv2d_options *of, int side, int64_t in) {
    const int64_t padded = in + of->pad[side] + of->pad[side + 2];
    const int64_t span = of->dilation[side] * (of->kernel[side] - 1) + 1;
    return padded < span ? 0 : (padded - span) / of->stride[side] + 1;
}

neural_status neural_qconv2d_sides(const neural_qconv2d *conv, int64_t h, int64_t w, int64_t *oh,
                                   int64_t *ow) {
    NEURAL_REQUIRE(conv && oh && ow, NEURAL_ERR_NULL_POINTER, "qconv2d: %s is NULL",
                   conv ? "a side" : "conv");
    NEURAL_REQUIRE(h >= 1 && w >= 1 && h <= MAX_SIDE && w <= MAX_SIDE, NEURAL_ERR_INVALID_ARGUMENT,
                   "qconv2d: images are %lld x %lld, want 1 to 2^30", (long long)h, (long long)w);
    const int64_t down = side_len(&conv->of, 0, h), across = side_len(&conv->of, 1, w);
    NEURAL_REQUIRE(down > 0 && across > 0, NEURAL_ERR_SHAPE_MISMATCH,
                   "qconv2d: images of %lld x %lld have no place for a window of %lld x %lld",
                   (long long)h, (long long)w, (long long)conv->of.kernel[0],
                   (long long)conv->of.kernel[1]);
    *oh = down;
    *ow = across;
    return NEURAL_OK;
}

neural_status neural_qlinear_create(int64_t fan_in, int64_t fan_out,
                                    const neural_qconv2d_options *options, neural_qconv2d **out) {
    NEURAL_REQUIRE(options, NEURAL_ERR_NULL_POINTER, "qlinear: options is NULL");
    neural_qconv2d_options of = {.channels = fan_in,
                                 .filters = fan_out,
                                 .groups = 1,
                                 .kernel = {1, 1},
                                 .stride = {1, 1},
                                 .dilation = {1, 1},
                                 .weight = options->weight,
                                 .scales = options->scales,
                                 .bias = options->bias,
                                 .x_is_signed = options->x_is_signed,
                                 .x_zero_point = options->x_zero_point,
                                 .output = options->output,
                                 .y_zero_point = options->y_zero_point,
                                 .relu = options->relu};
    return neural_qconv2d_create(&of, out);
}

neural_status neural_qlinear_run(const neural_qconv2d *linear, int64_t n, const void *x, void *y) {
    return neural_qconv2d_run(linear, n, 1, 1, x, y);
}

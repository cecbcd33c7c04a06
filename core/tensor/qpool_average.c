/* Averages: windows are summed by the depthwise kernels, with weights of 1. */
#include <string.h>

#include "core/tensor/qpool_job.h"

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* How the sums of a window of `count` pixels become averages. */
static neural_quant_target target_of(const neural_qpool_job *job, const neural_qpool_span *y,
                                     const neural_qpool_span *x) {
    neural_quant_target target = job->target;
    target.scale = job->factor / (float)(y->count * x->count);
    return target;
}

/* Channels that fill no group: sums, then their average. */
static void average_few(const neural_qpool_job *job, const neural_qpool_span *y,
                        const neural_qpool_span *x, const char *image, char *dst,
                        int64_t channels) {
    const neural_quant_target target = target_of(job, y, x);
    int32_t acc[NEURAL_QGEMM_GROUP] = {0};
    float sums[NEURAL_QGEMM_GROUP];
    for (int64_t i = y->begin; i < y->end; i++) {
        for (int64_t j = x->begin; j < x->end; j++) {
            const uint8_t *pixel = (const uint8_t *)image + (i * job->args->w + j) * job->args->c;
            for (int64_t c = 0; c < channels; c++) {
                acc[c] += (pixel[c] ^ job->flip) - job->zero;
            }
        }
    }
    for (int64_t c = 0; c < channels; c++) {
        sums[c] = (float)acc[c];
    }
    job->kernels->quantize(dst, sums, channels, &target);
}

/* A part of a window: where its pixels are, weights of 1, then of 0 up to whole quads, what its
 * sums start from; and how sums become averages. */
typedef struct window_part {
    int64_t taps[NEURAL_QPOOL_ROWS], count;
    int8_t weight[NEURAL_QPOOL_ROWS / 4][NEURAL_QGEMM_MAX_COLUMNS][4];
    _Alignas(64) int32_t start[NEURAL_QGEMM_MAX_COLUMNS];
    float scale[NEURAL_QGEMM_MAX_COLUMNS];
} window_part;

typedef int32_t window_sums[NEURAL_QGEMM_MAX_ROWS][NEURAL_QGEMM_MAX_COLUMNS];

/* The pixels from `first` on of a window. */
static void list_taps(const neural_qpool_job *job, const neural_qpool_span *y,
                      const neural_qpool_span *x, int64_t first, window_part *part) {
    const int64_t across = x->end - x->begin, all = (y->end - y->begin) * across;
    const int64_t count = smaller(all - first, NEURAL_QPOOL_ROWS), rest = count % 4;
    for (int64_t t = 0; t < (count + 3) / 4 * 4; t++) {
        const int64_t at = t < count ? first + t : first;
        part->taps[t] =
            ((y->begin + at / across) * job->args->w + x->begin + at % across) * job->args->c;
    }
    if (count == part->count) {
        return;
    }
    part->count = count;
    memset(part->weight, 1, (size_t)((count + 3) / 4) * sizeof part->weight[0]);
    for (int64_t c = 0; c < NEURAL_QGEMM_MAX_COLUMNS; c++) {
        part->start[c] = (int32_t)(-count * job->zero);
        if (rest) {
            memset(part->weight[count / 4][c] + rest, 0, (size_t)(4 - rest));
        }
    }
}

static void set_scale(window_part *part, float scale) {
    if (part->scale[0] == scale) {
        return;
    }
    for (int64_t c = 0; c < NEURAL_QGEMM_MAX_COLUMNS; c++) {
        part->scale[c] = scale;
    }
}

/* Windows side by side, as many as a tile has rows. */
typedef struct window_run {
    neural_qpool_span y, x; /* of the first */
    int64_t count, step;
} window_run;

/* The sums of a run's windows, less their zero point: n channels. */
static void sum_windows(const neural_qpool_job *job, const window_run *run, const char *image,
                        int64_t n, window_part *part, window_sums acc) {
    const int64_t all = (run->y.end - run->y.begin) * (run->x.end - run->x.begin);
    for (int64_t first = 0; first < all; first += NEURAL_QPOOL_ROWS) {
        window_sums more;
        list_taps(job, &run->y, &run->x, first, part);
        const neural_qgemm_depthwise args = {.src = (const uint8_t *)image,
                                             .step = run->step * job->args->c,
                                             .taps = part->taps,
                                             .quads = (part->count + 3) / 4,
                                             .weight = part->weight[0][0],
                                             .start = part->start,
                                             .dst = first ? more[0] : acc[0],
                                             .dst_row = NEURAL_QGEMM_MAX_COLUMNS,
                                             .pixels = run->count,
                                             .n = n,
                                             .flip = job->flip};
        job->products->depthwise(&args);
        for (int64_t i = 0; first && i < run->count; i++) {
            for (int64_t c = 0; c < n; c++) {
                acc[i][c] += more[i][c];
            }
        }
    }
}

/* Whole groups of channels, up to as many as a product has columns. */
static void average_groups(const neural_qpool_job *job, const window_run *run, const char *image,
                           char *dst, int64_t n, window_part *part) {
    _Alignas(64) window_sums acc;
    const neural_quant_target target = target_of(job, &run->y, &run->x);
    set_scale(part, target.scale);
    sum_windows(job, run, image, n, part, acc);
    const neural_qgemm_result result = {.acc = acc[0],
                                        .acc_row = NEURAL_QGEMM_MAX_COLUMNS,
                                        .dst = dst,
                                        .dst_row = job->args->c,
                                        .m = run->count,
                                        .n = n,
                                        .scale = part->scale,
                                        .low = target.low,
                                        .high = target.high,
                                        .zero_point = target.zero_point,
                                        .kind = NEURAL_QGEMM_TO_I8};
    job->products->finish(&result);
}

static void average_windows(const neural_qpool_job *job, const window_run *run, const char *image,
                            char *dst, window_part *part) {
    const int64_t channels = job->args->c;
    for (int64_t c = 0; c < channels; c += NEURAL_QGEMM_MAX_COLUMNS) {
        const int64_t left = smaller(channels - c, NEURAL_QGEMM_MAX_COLUMNS);
        const int64_t few = left % NEURAL_QGEMM_GROUP, n = left - few;
        if (n > 0) {
            average_groups(job, run, image + c, dst + c, n, part);
        }
        for (int64_t i = 0; few > 0 && i < run->count; i++) {
            neural_qpool_span x = run->x;
            x.begin += i * run->step;
            x.end += i * run->step;
            average_few(job, &run->y, &x, image + c + n, dst + i * channels + c + n, few);
        }
    }
}

/* Windows from o on that are alike. */
static window_run run_from(const neural_qpool_job *job, const neural_qpool_span *y, int64_t o) {
    const int count_pad = job->args->count_include_pad;
    window_run run = {.y = *y, .x = neural_qpool_span_of(&job->x, o, count_pad), .count = 1};
    while (run.count < NEURAL_QGEMM_MAX_ROWS && o + run.count < job->x.out) {
        const neural_qpool_span next = neural_qpool_span_of(&job->x, o + run.count, count_pad);
        const int64_t step = run.count == 1 ? next.begin - run.x.begin : run.step;
        if (next.begin != run.x.begin + run.count * step || next.count != run.x.count ||
            next.end - next.begin != run.x.end - run.x.begin) {
            break;
        }
        run.step = step;
        run.count++;
    }
    return run;
}

void neural_qpool_average_row(const neural_qpool_job *job, const neural_qpool_span *y,
                              const char *image, char *dst) {
    window_part part;
    part.count = 0;
    part.scale[0] = -1; /* no scale */
    for (int64_t o = 0, count; o < job->x.out; o += count) {
        const window_run run = run_from(job, y, o);
        average_windows(job, &run, image, dst + o * job->args->c, &part);
        count = run.count;
    }
}

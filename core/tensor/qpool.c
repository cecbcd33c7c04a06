#include "core/tensor/qpool.h"

#include <string.h>

#include "core/asm/qgemm_kernel.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/pool.h"
#include "core/tensor/qformat.h"

/* Elements read in a part of a parallel loop, and elements of a window from which their sum could
 * leave s32. */
enum { GRAIN = 1 << 16, MAX_WINDOW = 1 << 23 };

/* Rows that one call of a kernel takes. */
enum { ROWS = 64 };

/* One side; window == 0: adaptive. */
typedef struct axis {
    int64_t in, out, window, stride, pad, dilation;
} axis;

/* The elements begin, begin + step ... below end of a window that are in the input, and how many
 * the divisor counts. */
typedef struct span {
    int64_t begin, end, step, count;
} span;

typedef struct pool_job {
    const neural_quant_kernels *kernels;
    const neural_qgemm_kernels *products;
    const neural_qpool_args *args;
    axis y, x;
    int is_average;
    neural_quant_target target;
    float factor;
    int32_t flip, zero;
} pool_job;

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static span span_of(const axis *of, int64_t o, int count_pad) {
    if (of->window == 0) {
        const int64_t begin = o * of->in / of->out, end = ((o + 1) * of->in - 1) / of->out + 1;
        return (span){begin, end, 1, end - begin};
    }
    const int64_t first = o * of->stride - of->pad, step = of->dilation;
    const int64_t begin = first < 0 ? first + (-first + step - 1) / step * step : first;
    const int64_t end = first + step * (of->window - 1) + 1;
    const int64_t padded = smaller(end, of->in + of->pad) - first, inside = smaller(end, of->in);
    return (span){begin, inside, step, count_pad ? padded : larger(inside - begin, 0)};
}

/* --- windows -------------------------------------------------------------------------------------
 */

/* Where a window's pixels begin: up to ROWS of them, or what is left of it. */
typedef struct walk {
    int64_t y, x;
} walk;

static int64_t next_rows(const pool_job *job, const span *y, const span *x, walk *at,
                         const char *image, const void **rows, int64_t count) {
    const neural_qpool_args *args = job->args;
    while (at->y < y->end && x->begin < x->end) {
        for (; at->x < x->end; at->x += x->step) {
            if (count == ROWS) {
                return count;
            }
            rows[count++] = image + (at->y * args->w + at->x) * args->c;
        }
        at->x = x->begin;
        at->y += y->step;
    }
    return count;
}

static void max_window(const pool_job *job, const span *y, const span *x, const char *image,
                       char *dst) {
    const void *rows[ROWS];
    walk at = {y->begin, x->begin};
    int64_t count = next_rows(job, y, x, &at, image, rows, 0);
    if (count == 0) {
        memset(dst, job->flip, (size_t)job->args->c); /* the type's lower bound */
    }
    while (count > 0) {
        job->kernels->row_max(dst, rows, count, job->args->c, job->flip);
        rows[0] = dst;
        count = next_rows(job, y, x, &at, image, rows, 1);
        count = count > 1 ? count : 0;
    }
}

/* How the sums of a window of `count` pixels become averages. */
static neural_quant_target target_of(const pool_job *job, const span *y, const span *x) {
    neural_quant_target target = job->target;
    target.scale = job->factor / (float)(y->count * x->count);
    return target;
}

/* Channels that fill no group: sums, then their average. */
static void average_few(const pool_job *job, const span *y, const span *x, const char *image,
                        char *dst, int64_t channels) {
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
    int64_t taps[ROWS], count;
    int8_t weight[ROWS / 4][NEURAL_QGEMM_MAX_COLUMNS][4];
    _Alignas(64) int32_t start[NEURAL_QGEMM_MAX_COLUMNS];
    float scale[NEURAL_QGEMM_MAX_COLUMNS];
} window_part;

typedef int32_t window_sums[NEURAL_QGEMM_MAX_ROWS][NEURAL_QGEMM_MAX_COLUMNS];

/* The pixels from `first` on of a window. */
static void list_taps(const pool_job *job, const span *y, const span *x, int64_t first,
                      window_part *part) {
    const int64_t across = x->end - x->begin, all = (y->end - y->begin) * across;
    const int64_t count = smaller(all - first, ROWS), rest = count % 4;
    for (int64_t t = 0; t < (count + 3) / 4 * 4; t++) {
        const int64_t at = t < count ? first + t : first;
        part->taps[t] =
            ((y->begin + at / across) * job->args->w + x->begin + at % across) * job->args->c;
    }
    if (count == part->count) {
        return;
    }
    part->count = count;
    memset(part->weight, 1, sizeof part->weight);
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
    span y, x; /* of the first */
    int64_t count, step;
} window_run;

/* The sums of a run's windows, less their zero point: n channels. */
static void sum_windows(const pool_job *job, const window_run *run, const char *image, int64_t n,
                        window_part *part, window_sums acc) {
    const int64_t all = (run->y.end - run->y.begin) * (run->x.end - run->x.begin);
    for (int64_t first = 0; first < all; first += ROWS) {
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
static void average_groups(const pool_job *job, const window_run *run, const char *image, char *dst,
                           int64_t n, window_part *part) {
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

static void average_windows(const pool_job *job, const window_run *run, const char *image,
                            char *dst, window_part *part) {
    const int64_t channels = job->args->c;
    for (int64_t c = 0; c < channels; c += NEURAL_QGEMM_MAX_COLUMNS) {
        const int64_t left = smaller(channels - c, NEURAL_QGEMM_MAX_COLUMNS);
        const int64_t few = left % NEURAL_QGEMM_GROUP, n = left - few;
        if (n > 0) {
            average_groups(job, run, image + c, dst + c, n, part);
        }
        for (int64_t i = 0; few > 0 && i < run->count; i++) {
            span x = run->x;
            x.begin += i * run->step;
            x.end += i * run->step;
            average_few(job, &run->y, &x, image + c + n, dst + i * channels + c + n, few);
        }
    }
}

/* Windows from o on that are alike. */
static window_run run_from(const pool_job *job, const span *y, int64_t o) {
    const int count_pad = job->args->count_include_pad;
    window_run run = {.y = *y, .x = span_of(&job->x, o, count_pad), .count = 1};
    while (run.count < NEURAL_QGEMM_MAX_ROWS && o + run.count < job->x.out) {
        const span next = span_of(&job->x, o + run.count, count_pad);
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

static void average_row(const pool_job *job, const span *y, const char *image, char *dst,
                        window_part *part) {
    for (int64_t o = 0, count; o < job->x.out; o += count) {
        const window_run run = run_from(job, y, o);
        average_windows(job, &run, image, dst + o * job->args->c, part);
        count = run.count;
    }
}

static void pool_rows(void *context, int64_t begin, int64_t end) {
    const pool_job *job = context;
    const neural_qpool_args *args = job->args;
    window_part part = {.count = 0};
    for (int64_t i = begin; i < end; i++) {
        const char *image = (const char *)args->x + i / job->y.out * args->h * args->w * args->c;
        char *dst = (char *)args->y + i * job->x.out * args->c;
        const span y = span_of(&job->y, i % job->y.out, args->count_include_pad);
        if (job->is_average) {
            average_row(job, &y, image, dst, &part);
            continue;
        }
        for (int64_t o = 0; o < job->x.out; o++) {
            const span x = span_of(&job->x, o, args->count_include_pad);
            max_window(job, &y, &x, image, dst + o * args->c);
        }
    }
}

/* --- checks --------------------------------------------------------------------------------------
 */

static neural_status check_size(const char *name, const neural_qpool_args *args, int64_t h,
                                int64_t w, const void *data) {
    int64_t len = 0;
    NEURAL_TRY(neural_size_mul(h, w, &len));
    NEURAL_TRY(neural_size_mul(len, args->c, &len));
    NEURAL_TRY(neural_size_mul(len, args->n, &len));
    NEURAL_REQUIRE(len == 0 || data, NEURAL_ERR_NULL_POINTER, "qpool: %s is NULL", name);
    return NEURAL_OK;
}

static neural_status check_image(const neural_qpool_args *args) {
    NEURAL_REQUIRE(args, NEURAL_ERR_NULL_POINTER, "qpool: args is NULL");
    NEURAL_REQUIRE(args->n >= 0 && args->c >= 0 && args->h >= 1 && args->w >= 1 &&
                       args->h <= NEURAL_POOL_MAX_SIDE && args->w <= NEURAL_POOL_MAX_SIDE,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "qpool: x is [%lld, %lld, %lld, %lld], want n, c >= 0 and sides from 1 to 2^30",
                   (long long)args->n, (long long)args->h, (long long)args->w, (long long)args->c);
    return check_size("x", args, args->h, args->w, args->x);
}

static int64_t dilation_of(const neural_qpool_args *args, int side) {
    return args->dilation[side] ? args->dilation[side] : 1;
}

neural_status neural_qpool_sides(const neural_qpool_args *args, int64_t *oh, int64_t *ow) {
    NEURAL_REQUIRE(args && oh && ow, NEURAL_ERR_NULL_POINTER, "qpool: %s is NULL",
                   args ? "a side" : "args");
    const int64_t integer[] = {args->window[0],      args->window[1],      args->stride[0],
                               args->stride[1],      args->pad[0],         args->pad[1],
                               dilation_of(args, 0), dilation_of(args, 1), args->ceil_mode};
    const neural_shape x = {.ndim = 4, .dim = {args->n, args->c, args->h, args->w}};
    int64_t down = 0, across = 0;
    NEURAL_TRY(neural_pool_side_len("qpool", integer, 0, args->h, &x, &down));
    NEURAL_TRY(neural_pool_side_len("qpool", integer, 1, args->w, &x, &across));
    *oh = down;
    *ow = across;
    return NEURAL_OK;
}

static axis axis_of(const neural_qpool_args *args, int side, int64_t in, int64_t out) {
    return (axis){
        in, out, args->window[side], args->stride[side], args->pad[side], dilation_of(args, side)};
}

/* A job with windows, whose sides are those of the result. */
static neural_status start(const neural_qpool_args *args, pool_job *job) {
    int64_t oh = 0, ow = 0;
    NEURAL_TRY(check_image(args));
    NEURAL_TRY(neural_qformat_check("qpool: x", &args->x_format));
    NEURAL_TRY(neural_qpool_sides(args, &oh, &ow));
    NEURAL_TRY(check_size("y", args, oh, ow, args->y));
    *job = (pool_job){.kernels = neural_quant_kernels_active(),
                      .args = args,
                      .y = axis_of(args, 0, args->h, oh),
                      .x = axis_of(args, 1, args->w, ow)};
    return NEURAL_OK;
}

static void run(const pool_job *job) {
    const neural_qpool_args *args = job->args;
    if (args->n > 0 && args->c > 0) {
        const neural_fp_state state = neural_fp_enter();
        const int64_t read = args->h * args->w * args->c / job->y.out;
        neural_parallel_for(args->n * job->y.out, GRAIN / (read + 1) + 1, pool_rows, (void *)job);
        neural_fp_leave(state);
    }
}

/* --- the operations ------------------------------------------------------------------------------
 */

neural_status neural_qmax_pool2d(const neural_qpool_args *args) {
    pool_job job;
    NEURAL_TRY(start(args, &job));
    job.flip = args->x_format.is_signed ? 128 : 0;
    run(&job);
    return NEURAL_OK;
}

static neural_status average(pool_job *job) {
    const neural_qpool_args *args = job->args;
    NEURAL_TRY(neural_qformat_check("qpool: y", &args->y_format));
    const neural_quant_source source = neural_qsource_of(&args->x_format, 1);
    job->is_average = 1;
    job->products = neural_qgemm_kernels_active();
    job->factor = args->x_format.scale / args->y_format.scale;
    job->target = neural_qtarget_of(&args->y_format, 1, 0);
    job->flip = source.flip;
    job->zero = source.zero_point;
    run(job);
    return NEURAL_OK;
}

static neural_status check_window(int64_t h, int64_t w) {
    NEURAL_REQUIRE(h <= MAX_WINDOW / w, NEURAL_ERR_INVALID_ARGUMENT,
                   "qpool: an average of %lld x %lld elements, want at most 2^23", (long long)h,
                   (long long)w);
    return NEURAL_OK;
}

neural_status neural_qavg_pool2d(const neural_qpool_args *args) {
    pool_job job;
    NEURAL_TRY(start(args, &job));
    job.y.dilation = 1;
    job.x.dilation = 1;
    NEURAL_REQUIRE(dilation_of(args, 0) == 1 && dilation_of(args, 1) == 1,
                   NEURAL_ERR_INVALID_ARGUMENT, "qavg_pool2d: dilation is %lld, %lld, want 1",
                   (long long)args->dilation[0], (long long)args->dilation[1]);
    NEURAL_TRY(check_window(args->window[0], args->window[1]));
    return average(&job);
}

neural_status neural_qadaptive_avg_pool2d(const neural_qpool_args *args, int64_t oh, int64_t ow) {
    NEURAL_TRY(check_image(args));
    NEURAL_TRY(neural_qformat_check("qpool: x", &args->x_format));
    NEURAL_REQUIRE(oh >= 1 && ow >= 1 && oh <= NEURAL_POOL_MAX_SIDE && ow <= NEURAL_POOL_MAX_SIDE,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "qadaptive_avg_pool2d: the result is to be %lld x %lld, want sides from 1 to "
                   "2^30",
                   (long long)oh, (long long)ow);
    NEURAL_TRY(check_size("y", args, oh, ow, args->y));
    NEURAL_TRY(check_window(args->h / oh + 2, args->w / ow + 2));
    pool_job job = {.kernels = neural_quant_kernels_active(),
                    .args = args,
                    .y = {.in = args->h, .out = oh},
                    .x = {.in = args->w, .out = ow}};
    return average(&job);
}

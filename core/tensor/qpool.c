#include "core/tensor/qpool.h"

#include <string.h>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/pool.h"
#include "core/tensor/qpool_job.h"

/* Elements read in a part of a parallel loop, and elements of a window from which their sum could
 * leave s32. */
enum { GRAIN = 1 << 16, MAX_WINDOW = 1 << 23 };

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

neural_qpool_span neural_qpool_span_of(const neural_qpool_axis *of, int64_t o, int count_pad) {
    if (of->window == 0) {
        const int64_t begin = o * of->in / of->out, end = ((o + 1) * of->in - 1) / of->out + 1;
        return (neural_qpool_span){begin, end, 1, end - begin};
    }
    const int64_t first = o * of->stride - of->pad, step = of->dilation;
    const int64_t begin = first < 0 ? first + (-first + step - 1) / step * step : first;
    const int64_t end = first + step * (of->window - 1) + 1;
    const int64_t padded = smaller(end, of->in + of->pad) - first, inside = smaller(end, of->in);
    return (neural_qpool_span){begin, inside, step, count_pad ? padded : larger(inside - begin, 0)};
}

/* --- windows -------------------------------------------------------------------------------------
 */

/* Where a window's pixels begin: up to NEURAL_QPOOL_ROWS of them, or what is left of it. */
typedef struct walk {
    int64_t y, x;
} walk;

static int64_t next_rows(const neural_qpool_job *job, const neural_qpool_span *y,
                         const neural_qpool_span *x, walk *at, const char *image, const void **rows,
                         int64_t count) {
    const neural_qpool_args *args = job->args;
    while (at->y < y->end && x->begin < x->end) {
        for (; at->x < x->end; at->x += x->step) {
            if (count == NEURAL_QPOOL_ROWS) {
                return count;
            }
            rows[count++] = image + (at->y * args->w + at->x) * args->c;
        }
        at->x = x->begin;
        at->y += y->step;
    }
    return count;
}

static void max_window(const neural_qpool_job *job, const neural_qpool_span *y,
                       const neural_qpool_span *x, const char *image, char *dst) {
    const void *rows[NEURAL_QPOOL_ROWS];
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

static void pool_rows(void *context, int64_t begin, int64_t end) {
    const neural_qpool_job *job = context;
    const neural_qpool_args *args = job->args;
    for (int64_t i = begin; i < end; i++) {
        const char *image = (const char *)args->x + i / job->y.out * args->h * args->w * args->c;
        char *dst = (char *)args->y + i * job->x.out * args->c;
        const neural_qpool_span y =
            neural_qpool_span_of(&job->y, i % job->y.out, args->count_include_pad);
        if (job->is_average) {
            neural_qpool_average_row(job, &y, image, dst);
            continue;
        }
        for (int64_t o = 0; o < job->x.out; o++) {
            const neural_qpool_span x = neural_qpool_span_of(&job->x, o, args->count_include_pad);
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

static neural_qpool_axis axis_of(const neural_qpool_args *args, int side, int64_t in, int64_t out) {
    return (neural_qpool_axis){
        in, out, args->window[side], args->stride[side], args->pad[side], dilation_of(args, side)};
}

/* A job with windows, whose sides are those of the result. */
static neural_status start(const neural_qpool_args *args, neural_qpool_job *job) {
    int64_t oh = 0, ow = 0;
    NEURAL_TRY(check_image(args));
    NEURAL_TRY(neural_qformat_check("qpool: x", &args->x_format));
    NEURAL_TRY(neural_qpool_sides(args, &oh, &ow));
    NEURAL_TRY(check_size("y", args, oh, ow, args->y));
    *job = (neural_qpool_job){.kernels = neural_quant_kernels_active(),
                              .args = args,
                              .y = axis_of(args, 0, args->h, oh),
                              .x = axis_of(args, 1, args->w, ow)};
    return NEURAL_OK;
}

static void run(const neural_qpool_job *job) {
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
    neural_qpool_job job;
    NEURAL_TRY(start(args, &job));
    job.flip = args->x_format.is_signed ? 128 : 0;
    run(&job);
    return NEURAL_OK;
}

static neural_status average(neural_qpool_job *job) {
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
    neural_qpool_job job;
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
    neural_qpool_job job = {.kernels = neural_quant_kernels_active(),
                            .args = args,
                            .y = {.in = args->h, .out = oh},
                            .x = {.in = args->w, .out = ow}};
    return average(&job);
}

/* How a call is divided. The tile reads windows where they lie if it can:
 *
 *   pixels   1x1, stride 1: the pixels of x are the windows, and whole ones of many images a strip
 *   bands    some rows of an image with their padding, copied; a row of y is a strip
 *   gathered the same, but the windows of a strip are taken from the band run by run: for tiles of
 *            16-bit numbers, where quads would begin inside a quad
 *
 * Copies are as large as stays in the cache, so memory is bounded by a few rows of an image. */
#include <string.h>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/qconv2d_job.h"

/* Bytes of a copy where one row does not take more, pixels of a strip that is gathered, and
 * multiplications that a thread is worth. */
enum { COPY_BYTES = 1 << 15, STRIP_PIXELS = 48 };
static const double SERIAL_WORK = 2.0 * 1024 * 1024;

/* Bytes beyond a copy that the last quads and widened numbers may touch. */
enum { SLACK = 64 };

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int64_t panels_of(const neural_qconv2d *conv) {
    return conv->width / NEURAL_QGEMM_PANEL;
}

/* `len` numbers of x to where the tile reads them, which begins with a whole quad. */
static void copy_numbers(const neural_qconv2d_job *job, char *dst, const uint8_t *src,
                         int64_t len) {
    if (job->widen && !job->gathers) {
        job->widen((int16_t *)(void *)dst, src, len, job->conv->of.x_is_signed);
    } else {
        memcpy(dst, src, (size_t)len);
    }
}

/* The same of padding. */
static void fill_numbers(const neural_qconv2d_job *job, char *dst, int64_t len) {
    const int32_t zero = job->conv->of.x_zero_point;
    if (!job->widen || job->gathers) {
        memset(dst, zero, (size_t)len);
        return;
    }
    for (int64_t i = 0; i < len; i++) {
        ((int16_t *)(void *)dst)[i] = (int16_t)zero;
    }
}

static char *part_of(const neural_qconv2d_job *job, int64_t begin) {
    return job->part ? job->scratch + begin / job->grain * job->part : NULL;
}

/* --- pixels --------------------------------------------------------------------------------------
 */

/* Rows of x as the tile reads them: x itself, or copies of `rows` pixels. */
static const char *take_pixels(const neural_qconv2d_job *job, int64_t pixel, int64_t count,
                               char *copy) {
    const int64_t channels = job->conv->of.channels;
    if (!job->scratch) {
        return (const char *)job->x + pixel * channels;
    }
    for (int64_t i = 0; i < count; i++) {
        copy_numbers(job, copy + i * job->a_row, job->x + (pixel + i) * channels, channels);
    }
    return copy;
}

static void run_pixels(void *context, int64_t begin, int64_t end) {
    const neural_qconv2d_job *job = context;
    const int64_t row = job->conv->of.filters * job->y_bytes;
    for (int64_t pixel = begin; pixel < end; pixel += job->rows) {
        const int64_t count = smaller(end - pixel, job->rows);
        const char *a = take_pixels(job, pixel, count, part_of(job, begin));
        for (int64_t p = 0; p < panels_of(job->conv); p++) {
            neural_qconv2d_strip(job, 0, p, a, count, job->y + pixel * row);
        }
    }
}

/* Few pixels and many filters: by panels, all pixels' rows being taken before. */
static void run_panels(void *context, int64_t begin, int64_t end) {
    const neural_qconv2d_job *job = context;
    const char *a = job->scratch ? job->scratch : (const char *)job->x;
    for (int64_t p = begin; p < end; p++) {
        neural_qconv2d_strip(job, 0, p, a, job->n * job->oh * job->ow, job->y);
    }
}

/* --- bands ---------------------------------------------------------------------------------------
 */

/* Row `in` of an image, -pad_top being the first, with its padding. */
static void take_row(const neural_qconv2d_job *job, const uint8_t *image, int64_t in, char *dst) {
    const neural_qconv2d_options *of = &job->conv->of;
    const int64_t all = job->band_row / job->number;
    if (in < 0 || in >= job->h) {
        fill_numbers(job, dst, all);
        return;
    }
    const int64_t before = smaller(of->pad[1] * job->pixel, all);
    const int64_t len = smaller(job->w * job->pixel, all - before);
    const uint8_t *src = image + in * job->w * of->channels;
    fill_numbers(job, dst, before);
    if (job->pixel == of->channels) {
        copy_numbers(job, dst + before * job->number, src, len);
    }
    for (int64_t i = 0; job->pixel != of->channels && i < len / job->pixel; i++) {
        memcpy(dst + before + i * job->pixel, src + i * of->channels, (size_t)of->channels);
    }
    fill_numbers(job, dst + (before + len) * job->number, all - before - len);
}

/* The windows of m pixels, the first at `a`, run by run and side by side, then with 16 bits. */
static const char *gather(const neural_qconv2d_job *job, const char *a, int64_t m, char *copy) {
    const neural_qconv2d *conv = job->conv;
    char *wide = copy + job->gathered, *bytes = wide + STRIP_PIXELS * job->a_row + SLACK;
    char *to = bytes;
    for (int64_t i = 0; i < m; i++) {
        const char *from = a + i * conv->of.stride[1] * job->pixel;
        for (int64_t r = 0; r < conv->runs; r++) {
            for (int64_t q = 0; q < conv->run_quads; q++, to += 4) {
                memcpy(to, from + 4 * q, 4);
            }
            from += r + 1 < conv->runs ? 4 * conv->run_quads + job->band_runs[r] : 0;
        }
    }
    job->widen((int16_t *)(void *)wide, bytes, to - bytes, conv->of.x_is_signed);
    return wide;
}

/* A row of y by the windows gathered from `a` on. */
static void run_gathered(const neural_qconv2d_job *job, int64_t group, const char *a, char *copy,
                         char *y) {
    const neural_qconv2d_options *of = &job->conv->of;
    for (int64_t j = 0; j < job->ow; j += STRIP_PIXELS) {
        const int64_t m = smaller(job->ow - j, STRIP_PIXELS);
        const char *windows = gather(job, a + j * of->stride[1] * job->pixel, m, copy);
        for (int64_t p = 0; p < panels_of(job->conv); p++) {
            neural_qconv2d_strip(job, group, p, windows, m, y + j * of->filters * job->y_bytes);
        }
    }
}

/* One group of the band in `copy`; y is its first number. */
static void run_group(const neural_qconv2d_job *job, int64_t group, int64_t rows, char *copy,
                      char *y) {
    const neural_qconv2d *conv = job->conv;
    const char *a = copy + group * conv->group_channels * job->number;
    const int64_t a_rows = conv->of.stride[0] * job->band_row;
    const int64_t y_rows = job->ow * conv->of.filters * job->y_bytes;
    for (int64_t i = 0; job->gathers && i < rows; i++) {
        run_gathered(job, group, a + i * a_rows, copy, y + i * y_rows);
    }
    for (int64_t p = 0; !job->gathers && p < panels_of(conv); p++) {
        for (int64_t i = 0; i < rows; i++) {
            if (conv->depthwise) {
                neural_qconv2d_depthwise_strip(job, p, a + i * a_rows + p * NEURAL_QGEMM_PANEL,
                                               job->ow, y + i * y_rows);
            } else {
                neural_qconv2d_strip(job, group, p, a + i * a_rows, job->ow, y + i * y_rows);
            }
        }
    }
}

/* Rows [first, last) of y of an image, whose rows of x are taken to `copy`. */
static void run_band(const neural_qconv2d_job *job, int64_t image, int64_t first, int64_t last,
                     char *copy) {
    const neural_qconv2d *conv = job->conv;
    const neural_qconv2d_options *of = &conv->of;
    const int64_t rows = (last - first - 1) * of->stride[0] + (of->kernel[0] - 1) * of->dilation[0];
    const int64_t pixel = (image * job->oh + first) * job->ow;
    const uint8_t *x = job->x + image * job->h * job->w * of->channels;
    for (int64_t i = 0; i <= rows; i++) {
        take_row(job, x, first * of->stride[0] - of->pad[0] + i, copy + i * job->band_row);
    }
    for (int64_t g = 0; g < (conv->depthwise ? 1 : of->groups); g++) {
        run_group(job, g, last - first, copy,
                  job->y + (pixel * of->filters + g * conv->group_filters) * job->y_bytes);
    }
}

static void run_bands(void *context, int64_t begin, int64_t end) {
    const neural_qconv2d_job *job = context;
    for (int64_t i = begin; i < end; i++) {
        const int64_t first = i % job->bands * job->rows;
        run_band(job, i / job->bands, first, smaller(first + job->rows, job->oh),
                 part_of(job, begin));
    }
}

/* --- the choice ----------------------------------------------------------------------------------
 */

static int threads_for(const neural_qconv2d_job *job) {
    const neural_qconv2d *conv = job->conv;
    const double work = (double)(job->n * job->oh * job->ow) * (double)conv->of.filters *
                        (double)(4 * conv->runs * conv->run_quads);
    return work < SERIAL_WORK ? 1 : neural_num_threads();
}

/* Runs `body` over len units with `part` bytes of scratch for each thread. */
static neural_status divide(neural_qconv2d_job *job, int64_t len, int64_t unit,
                            neural_range_body body) {
    const int64_t units = (len + unit - 1) / unit;
    const int64_t threads = smaller(threads_for(job), units);
    int64_t bytes = 0;
    job->grain = (units + threads - 1) / threads * unit;
    NEURAL_TRY(neural_size_mul(job->part, threads, &bytes));
    neural_block *block = bytes ? neural_block_create((size_t)bytes) : NULL;
    NEURAL_REQUIRE(block || !bytes, NEURAL_ERR_OUT_OF_MEMORY, "qconv2d: no %lld bytes",
                   (long long)bytes);
    job->scratch = block ? neural_block_data(block) : NULL;
    neural_parallel_for(len, job->grain, body, job);
    neural_block_release(block);
    return NEURAL_OK;
}

static int is_pixels(const neural_qconv2d *conv) {
    const neural_qconv2d_options *of = &conv->of;
    return of->kernel[0] == 1 && of->kernel[1] == 1 && of->stride[0] == 1 && of->stride[1] == 1 &&
           !of->pad[0] && !of->pad[1] && !of->pad[2] && !of->pad[3] && of->groups == 1;
}

static neural_status start_pixels(neural_qconv2d_job *job) {
    const int64_t channels = job->conv->of.channels, pixels = job->n * job->oh * job->ow;
    const int has_copy = job->widen || channels % 4;
    const int64_t numbers = neural_qgemm_round_up(channels, 16);
    job->a_row = has_copy ? numbers * job->number : channels;
    if (pixels < 4 * neural_num_threads() * job->kernels->mr && threads_for(job) > 1) {
        neural_block *block = has_copy ? neural_block_create((size_t)(pixels * job->a_row)) : NULL;
        NEURAL_REQUIRE(block || !has_copy, NEURAL_ERR_OUT_OF_MEMORY, "qconv2d: no %lld bytes",
                       (long long)(pixels * job->a_row));
        job->scratch = block ? neural_block_data(block) : NULL;
        take_pixels(job, 0, pixels, job->scratch);
        neural_parallel_for(panels_of(job->conv), 1, run_panels, job);
        neural_block_release(block);
        return NEURAL_OK;
    }
    job->rows = larger(COPY_BYTES / job->a_row, STRIP_PIXELS) / STRIP_PIXELS * STRIP_PIXELS;
    job->part = has_copy ? smaller(job->rows, pixels) * job->a_row : 0;
    return divide(job, pixels, job->kernels->mr, run_pixels);
}

/* Where the taps of a depthwise window lie in a band, in whole quads. */
static void fill_taps(const neural_qconv2d_job *job, int64_t *taps) {
    const neural_qconv2d_options *of = &job->conv->of;
    for (int64_t t = 0; t < 4 * neural_qconv2d_quads(job->conv); t++) {
        const int64_t tap = t < of->kernel[0] * of->kernel[1] ? t : 0;
        taps[t] = tap / of->kernel[1] * of->dilation[0] * job->band_row +
                  tap % of->kernel[1] * of->dilation[1] * job->pixel;
    }
}

/* The offsets of the runs in a band, from end to begin. */
static void fill_runs(const neural_qconv2d_job *job, int64_t *runs) {
    const neural_qconv2d *conv = job->conv;
    const int64_t across = conv->runs / conv->of.kernel[0];
    for (int64_t r = 1; r < conv->runs; r++) {
        const int64_t down = r / across - (r - 1) / across, right = r % across - (r - 1) % across;
        runs[r - 1] = down * conv->of.dilation[0] * job->band_row +
                      right * conv->of.dilation[1] * job->pixel * job->number -
                      4 * conv->run_quads * job->number;
    }
}

static neural_status start_bands(neural_qconv2d_job *job) {
    const neural_qconv2d_options *of = &job->conv->of;
    const int64_t span = (of->kernel[0] - 1) * of->dilation[0] + 1;
    const int64_t across =
        (job->ow - 1) * of->stride[1] + (of->kernel[1] - 1) * of->dilation[1] + 1;
    int64_t copy = 0;
    NEURAL_TRY(neural_size_mul(across, job->pixel * job->number, &job->band_row));
    const int64_t fit = COPY_BYTES / job->band_row - span;
    job->rows = smaller(fit < 0 ? 1 : fit / of->stride[0] + 1, job->oh);
    NEURAL_TRY(neural_size_mul((job->rows - 1) * of->stride[0] + span, job->band_row, &copy));
    const int64_t count =
        job->conv->depthwise ? 4 * neural_qconv2d_quads(job->conv) : job->conv->runs;
    neural_block *runs = neural_block_create((size_t)count * sizeof(int64_t));
    NEURAL_REQUIRE(runs, NEURAL_ERR_OUT_OF_MEMORY, "qconv2d: no memory for %lld offsets",
                   (long long)count);
    (job->conv->depthwise ? fill_taps : fill_runs)(job, neural_block_data(runs));
    job->runs = neural_block_data(runs);
    job->run_count = job->conv->runs;
    job->a_row = of->stride[1] * job->pixel * job->number;
    job->part = neural_qgemm_round_up(copy, NEURAL_ALIGNMENT) + SLACK;
    if (job->gathers) {
        const int64_t depth = 4 * job->conv->runs * job->conv->run_quads;
        job->gathered = job->part;
        job->band_runs = job->runs;
        job->runs = NULL;
        job->run_count = 1;
        job->run_quads = depth / 4;
        job->a_row = 2 * depth;
        job->part += neural_qgemm_round_up(3 * STRIP_PIXELS * depth, NEURAL_ALIGNMENT) + 2 * SLACK;
    }
    job->bands = (job->oh + job->rows - 1) / job->rows;
    const neural_status status = divide(job, job->n * job->bands, 1, run_bands);
    neural_block_release(runs);
    return status;
}

neural_status neural_qconv2d_run_at(const neural_qgemm_kernels *kernels, const neural_qconv2d *conv,
                                    int64_t n, int64_t h, int64_t w, const void *x, void *y) {
    int64_t oh = 0, ow = 0, size = 0;
    NEURAL_TRY(neural_qconv2d_sides(conv, h, w, &oh, &ow));
    NEURAL_REQUIRE(n >= 0, NEURAL_ERR_INVALID_ARGUMENT, "qconv2d: n is %lld, want >= 0",
                   (long long)n);
    NEURAL_REQUIRE(n == 0 || (x && y), NEURAL_ERR_NULL_POINTER, "qconv2d: %s is NULL",
                   x ? "y" : "x");
    NEURAL_TRY(neural_size_mul(n, h * w, &size));
    NEURAL_TRY(neural_size_mul(size, conv->of.channels, &size));
    NEURAL_TRY(neural_size_mul(n, oh * ow, &size));
    NEURAL_TRY(neural_size_mul(size, 4 * conv->of.filters, &size));
    const int is_wide = conv->of.output == NEURAL_QGEMM_S32 || conv->of.output == NEURAL_QGEMM_F32;
    const int in_quads = conv->of.channels % 4 == 0 && conv->group_channels % 4 == 0;
    neural_qconv2d_job job = {
        .kernels = kernels,
        .conv = conv,
        .n = n,
        .h = h,
        .w = w,
        .oh = oh,
        .ow = ow,
        .x = x,
        .y = y,
        .y_bytes = is_wide ? 4 : 1,
        .widen = conv->depthwise ? NULL : kernels->widen,
        .pixel = conv->depthwise ? neural_qgemm_round_up(conv->of.channels, 16) : conv->of.channels,
        .run_count = 1,
        .run_quads = conv->run_quads};
    job.gathers = job.widen && !in_quads && !is_pixels(conv);
    job.number = job.widen && !job.gathers ? 2 : 1;
    if (n == 0) {
        return NEURAL_OK;
    }
    return is_pixels(conv) ? start_pixels(&job) : start_bands(&job);
}

neural_status neural_qconv2d_run(const neural_qconv2d *conv, int64_t n, int64_t h, int64_t w,
                                 const void *x, void *y) {
    return neural_qconv2d_run_at(neural_qgemm_kernels_active(), conv, n, h, w, x, y);
}

/* Convolutions as products: blocks of pixels whose windows, laid out as rows, stay in the cache. */
#include <string.h>

#include "core/asm/qgemm_kernel.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/qconv2d_job.h"

/* Bytes of a block, and the pixels it has at least. */
enum { BLOCK_BYTES = 1 << 15, BLOCK_PIXELS = 24 };

typedef struct run_job {
    const neural_qgemm_kernels *kernels;
    const neural_qconv2d *conv;
    int64_t h, w, oh, ow;
    const uint8_t *x;
    char *y;
    int64_t pixels, grain, block, row_bytes;
    uint8_t *scratch;
    int status;
} run_job;

static int64_t output_bytes(const neural_qconv2d *conv) {
    return conv->of.output == NEURAL_QGEMM_S32 || conv->of.output == NEURAL_QGEMM_F32 ? 4 : 1;
}

/* The window of a pixel of y as a row. */
static void lay_window(const run_job *job, int64_t group, int64_t pixel, uint8_t *row) {
    const neural_qconv2d_options *of = &job->conv->of;
    const int64_t len = job->conv->group_channels, plane = job->oh * job->ow;
    const int64_t top = pixel % plane / job->ow * of->stride[0] - of->pad[0];
    const int64_t left = pixel % job->ow * of->stride[1] - of->pad[1];
    const uint8_t *image = job->x + pixel / plane * job->h * job->w * of->channels + group * len;
    for (int64_t p = 0; p < of->kernel[0]; p++) {
        const int64_t i = top + p * of->dilation[0];
        for (int64_t q = 0; q < of->kernel[1]; q++) {
            const int64_t j = left + q * of->dilation[1];
            if (i < 0 || i >= job->h || j < 0 || j >= job->w) {
                memset(row, of->x_zero_point, (size_t)len);
            } else {
                memcpy(row, image + (i * job->w + j) * of->channels, (size_t)len);
            }
            row += len;
        }
    }
}

static neural_status run_block(const run_job *job, const uint8_t *rows, int64_t row_bytes,
                               int64_t group, int64_t pixel, int64_t pixels) {
    const neural_qconv2d_options *of = &job->conv->of;
    const int64_t n = job->conv->group_filters, first = group * n;
    const neural_qgemm_args args = {.m = pixels,
                                    .n = n,
                                    .k = job->conv->depth,
                                    .a_is_signed = of->x_is_signed,
                                    .a = rows,
                                    .lda = row_bytes,
                                    .a_zero_points = &of->x_zero_point,
                                    .packed = job->conv->groups[group],
                                    .output = of->output,
                                    .c = job->y +
                                         (pixel * of->filters + first) * output_bytes(job->conv),
                                    .ldc = of->filters,
                                    .scales = of->scales ? of->scales + first : NULL,
                                    .scale_per_column = of->scales != NULL,
                                    .bias = of->bias ? (const char *)of->bias + 4 * first : NULL,
                                    .c_zero_point = of->y_zero_point,
                                    .relu = of->relu};
    return neural_qgemm_at(job->kernels, &args);
}

static void run_pixels(void *context, int64_t begin, int64_t end) {
    run_job *job = context;
    uint8_t *rows = job->scratch + begin / job->grain * job->block * job->conv->depth;
    for (int64_t pixel = begin; pixel < end; pixel += job->block) {
        const int64_t pixels = end - pixel < job->block ? end - pixel : job->block;
        for (int64_t g = 0; g < job->conv->of.groups; g++) {
            for (int64_t i = 0; i < pixels; i++) {
                lay_window(job, g, pixel + i, rows + i * job->conv->depth);
            }
            const neural_status status = run_block(job, rows, job->conv->depth, g, pixel, pixels);
            if (status != NEURAL_OK) {
                __atomic_store_n(&job->status, (int)status, __ATOMIC_RELAXED);
            }
        }
    }
}

static int is_direct(const neural_qconv2d *conv) {
    const neural_qconv2d_options *of = &conv->of;
    return of->kernel[0] == 1 && of->kernel[1] == 1 && of->stride[0] == 1 && of->stride[1] == 1 &&
           !of->pad[0] && !of->pad[1] && !of->pad[2] && !of->pad[3] && of->groups == 1 &&
           of->channels % 4 == 0;
}

static neural_status run_blocks(run_job *job) {
    const int64_t depth = job->conv->depth;
    const int64_t threads = neural_num_threads();
    job->block = BLOCK_BYTES / depth > BLOCK_PIXELS ? BLOCK_BYTES / depth : BLOCK_PIXELS;
    job->grain = (job->pixels + threads - 1) / threads;
    neural_block *scratch = neural_block_create((size_t)(threads * job->block * depth));
    NEURAL_REQUIRE(scratch, NEURAL_ERR_OUT_OF_MEMORY, "qconv2d: no %lld bytes",
                   (long long)(threads * job->block * depth));
    job->scratch = neural_block_data(scratch);
    memset(job->scratch, 0, (size_t)(threads * job->block * depth));
    neural_parallel_for(job->pixels, job->grain, run_pixels, job);
    neural_block_release(scratch);
    return (neural_status)job->status;
}

neural_status neural_qconv2d_run_at(const neural_qgemm_kernels *kernels, const neural_qconv2d *conv,
                                    int64_t n, int64_t h, int64_t w, const void *x, void *y) {
    int64_t oh = 0, ow = 0, bytes = 0, pixels = 0;
    NEURAL_TRY(neural_qconv2d_sides(conv, h, w, &oh, &ow));
    NEURAL_REQUIRE(n >= 0, NEURAL_ERR_INVALID_ARGUMENT, "qconv2d: n is %lld, want >= 0",
                   (long long)n);
    NEURAL_REQUIRE(n == 0 || (x && y), NEURAL_ERR_NULL_POINTER, "qconv2d: %s is NULL",
                   x ? "y" : "x");
    NEURAL_TRY(neural_size_mul(n, h * w, &bytes));
    NEURAL_TRY(neural_size_mul(bytes, conv->of.channels, &bytes));
    NEURAL_TRY(neural_size_mul(n, oh * ow, &pixels));
    NEURAL_TRY(neural_size_mul(pixels, 4 * conv->of.filters, &bytes));
    run_job job = {
        .kernels = kernels, .conv = conv, .h = h, .w = w, .oh = oh, .ow = ow, .x = x, .y = y};
    job.pixels = pixels;
    if (n == 0) {
        return NEURAL_OK;
    }
    return is_direct(conv) ? run_block(&job, x, conv->of.channels, 0, 0, pixels) : run_blocks(&job);
}

neural_status neural_qconv2d_run(const neural_qconv2d *conv, int64_t n, int64_t h, int64_t w,
                                 const void *x, void *y) {
    return neural_qconv2d_run_at(neural_qgemm_kernels_active(), conv, n, h, w, x, y);
}

/* Between f32 [N, C, H, W] and 8 bits [N, H, W, C], blocks of channels and pixels that stay in the
 * cache: planes of up to 1024 pixels are read, or written, one after the other. */
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/qformat.h"

/* The sides of a block, and elements of a part of a parallel loop. */
enum { CHANNELS = 32, PIXELS = 1024, GRAIN = 1 << 15 };

/* bytes: [n, plane, c]; reals: [n, c, plane]. A piece is PIXELS pixels of an image. */
typedef struct turn_job {
    const neural_quant_kernels *kernels;
    const float *src;
    float *dst;
    char *to;
    const char *from;
    int64_t c, plane, pieces;
    neural_quant_source source;
    neural_quant_target target;
} turn_job;

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static void quantize_run(void *context, int64_t begin, int64_t end) {
    const turn_job *job = context;
    job->kernels->quantize(job->to + begin, job->src + begin, end - begin, &job->target);
}

static void dequantize_run(void *context, int64_t begin, int64_t end) {
    const turn_job *job = context;
    job->kernels->dequantize(job->dst + begin, job->from + begin, end - begin, &job->source);
}

static void quantize_pieces(void *context, int64_t begin, int64_t end) {
    const turn_job *job = context;
    _Alignas(64) char block[CHANNELS * PIXELS];
    for (int64_t i = begin; i < end; i++) {
        const int64_t image = i / job->pieces * job->c * job->plane;
        const int64_t p = i % job->pieces * PIXELS, len = smaller(job->plane - p, PIXELS);
        for (int64_t c = 0; c < job->c; c += CHANNELS) {
            const int64_t channels = smaller(job->c - c, CHANNELS);
            const float *src = job->src + image + c * job->plane + p;
            for (int64_t k = 0; k < channels; k++) {
                job->kernels->quantize(block + k * PIXELS, src + k * job->plane, len, &job->target);
            }
            job->kernels->turn(job->to + image + p * job->c + c, block, channels, len, job->c,
                               PIXELS);
        }
    }
}

static void dequantize_pieces(void *context, int64_t begin, int64_t end) {
    const turn_job *job = context;
    _Alignas(64) char block[CHANNELS * PIXELS];
    for (int64_t i = begin; i < end; i++) {
        const int64_t image = i / job->pieces * job->c * job->plane;
        const int64_t p = i % job->pieces * PIXELS, len = smaller(job->plane - p, PIXELS);
        for (int64_t c = 0; c < job->c; c += CHANNELS) {
            const int64_t channels = smaller(job->c - c, CHANNELS);
            float *dst = job->dst + image + c * job->plane + p;
            job->kernels->turn(block, job->from + image + p * job->c + c, len, channels, PIXELS,
                               job->c);
            for (int64_t k = 0; k < channels; k++) {
                job->kernels->dequantize(dst + k * job->plane, block + k * PIXELS, len,
                                         &job->source);
            }
        }
    }
}

static neural_status check(const char *name, const void *src, int64_t n, int64_t c, int64_t plane,
                           const neural_qformat *format, const void *dst, int64_t *len) {
    NEURAL_REQUIRE(n >= 0 && c >= 0 && plane >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: %lld images of %lld channels and %lld pixels, want >= 0", name,
                   (long long)n, (long long)c, (long long)plane);
    NEURAL_TRY(neural_size_mul(n, c, len));
    NEURAL_TRY(neural_size_mul(*len, plane, len));
    NEURAL_REQUIRE(*len == 0 || (src && dst), NEURAL_ERR_NULL_POINTER, "%s: %s is NULL", name,
                   src ? "dst" : "src");
    return neural_qformat_check(name, format);
}

/* A plain run where nothing is to be turned. */
static void run(turn_job *job, int64_t n, int64_t len, neural_range_body plain,
                neural_range_body turned) {
    const neural_fp_state state = neural_fp_enter();
    if (job->c == 1 || job->plane == 1) {
        neural_parallel_for(len, GRAIN, plain, job);
    } else if (len > 0) {
        job->pieces = (job->plane + PIXELS - 1) / PIXELS;
        const int64_t piece = job->c * smaller(job->plane, PIXELS);
        neural_parallel_for(n * job->pieces, GRAIN / piece + 1, turned, job);
    }
    neural_fp_leave(state);
}

neural_status neural_quantize_nhwc(const float *src, int64_t n, int64_t c, int64_t plane,
                                   const neural_qformat *format, void *dst) {
    int64_t len = 0;
    NEURAL_TRY(check("quantize", src, n, c, plane, format, dst, &len));
    turn_job job = {.kernels = neural_quant_kernels_active(),
                    .src = src,
                    .to = dst,
                    .c = c,
                    .plane = plane,
                    .target = neural_qtarget_of(format, 1 / format->scale, 0)};
    run(&job, n, len, quantize_run, quantize_pieces);
    return NEURAL_OK;
}

neural_status neural_dequantize_nchw(const void *src, int64_t n, int64_t c, int64_t plane,
                                     const neural_qformat *format, float *dst) {
    int64_t len = 0;
    NEURAL_TRY(check("dequantize", src, n, c, plane, format, dst, &len));
    turn_job job = {.kernels = neural_quant_kernels_active(),
                    .from = src,
                    .dst = dst,
                    .c = c,
                    .plane = plane,
                    .source = neural_qsource_of(format, format->scale)};
    run(&job, n, len, dequantize_run, dequantize_pieces);
    return NEURAL_OK;
}

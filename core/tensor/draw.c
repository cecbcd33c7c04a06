#include "core/tensor/draw.h"

#include "core/asm/kernel_table.h"
#include "core/base/threads.h"
#include "core/tensor/storage.h"

/* Elements of a part; a part begins with a block of the stream, which has 4 f32 or 2 f64. */
enum { DRAW_GRAIN = 1 << 14 };

typedef struct draw_job {
    neural_tensor *tensor;
    const neural_random *stream;
    double a, b; /* low and high, or mean and standard deviation */
} draw_job;

static void uniform_range(void *context, int64_t begin, int64_t end) {
    const draw_job *job = context;
    const uint64_t first = (uint64_t)begin;
    if (job->tensor->dtype == NEURAL_DTYPE_F32) {
        neural_kernels()->uniform_f32(neural_tensor_f32(job->tensor) + begin, end - begin,
                                      job->stream, first / 4, job->a, job->b);
    } else {
        neural_kernels()->uniform_f64(neural_tensor_f64(job->tensor) + begin, end - begin,
                                      job->stream, first / 2, job->a, job->b);
    }
}

static void normal_range(void *context, int64_t begin, int64_t end) {
    const draw_job *job = context;
    const uint64_t first = (uint64_t)begin;
    if (job->tensor->dtype == NEURAL_DTYPE_F32) {
        neural_kernels()->normal_f32(neural_tensor_f32(job->tensor) + begin, end - begin,
                                     job->stream, first / 4, job->a, job->b);
    } else {
        neural_kernels()->normal_f64(neural_tensor_f64(job->tensor) + begin, end - begin,
                                     job->stream, first / 2, job->a, job->b);
    }
}

void neural_tensor_draw_uniform(neural_tensor *tensor, const neural_random *stream, double low,
                                double high) {
    draw_job job = {tensor, stream, low, high};
    neural_parallel_for(tensor->len, DRAW_GRAIN, uniform_range, &job);
    neural_tensor_touch(tensor);
}

void neural_tensor_draw_normal(neural_tensor *tensor, const neural_random *stream, double mean,
                               double std) {
    draw_job job = {tensor, stream, mean, std};
    neural_parallel_for(tensor->len, DRAW_GRAIN, normal_range, &job);
    neural_tensor_touch(tensor);
}

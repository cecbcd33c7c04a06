/* What the micro-kernels leave to the kernel table: activations beyond relu, and the residual. */
#include "core/tensor/gemm_job.h"

#define DEFINE_FINISH(T, dtype)                                                                    \
    void neural_gemm_activate_##dtype(const neural_kernel_table *kernels,                          \
                                      neural_gemm_activation activation, double slope, void *x,    \
                                      int64_t len) {                                               \
        switch (activation) {                                                                      \
        case NEURAL_GEMM_ACTIVATION_SIGMOID:                                                       \
            kernels->sigmoid_##dtype(x, x, len);                                                   \
            break;                                                                                 \
        case NEURAL_GEMM_ACTIVATION_TANH:                                                          \
            kernels->tanh_##dtype(x, x, len);                                                      \
            break;                                                                                 \
        case NEURAL_GEMM_ACTIVATION_GELU:                                                          \
            kernels->gelu_##dtype(x, x, len);                                                      \
            break;                                                                                 \
        case NEURAL_GEMM_ACTIVATION_SILU:                                                          \
            kernels->silu_##dtype(x, x, len);                                                      \
            break;                                                                                 \
        case NEURAL_GEMM_ACTIVATION_LEAKY_RELU:                                                    \
            kernels->leaky_relu_##dtype(x, x, len, (T)slope, 0);                                   \
            break;                                                                                 \
        case NEURAL_GEMM_ACTIVATION_NONE:                                                          \
        case NEURAL_GEMM_ACTIVATION_RELU: /* done by the tiles */                                  \
            break;                                                                                 \
        }                                                                                          \
    }                                                                                              \
    void neural_gemm_accumulate_##dtype(const neural_kernel_table *kernels, void *x,               \
                                        const void *y, int64_t len) {                              \
        kernels->add_##dtype(x, x, y, len);                                                        \
    }

DEFINE_FINISH(float, f32)
DEFINE_FINISH(double, f64)

void neural_gemm_finish(const neural_gemm_job *job, int64_t row, int64_t col, int64_t rows,
                        int64_t cols) {
    const int64_t size = job->type->size;
    const int whole_rows = cols == job->c_row && (!job->residual || cols == job->residual_row);
    const int64_t strips = whole_rows ? 1 : rows, len = whole_rows ? rows * cols : cols;
    char *c = job->c + (row * job->c_row + col) * size;
    const char *residual = job->residual;
    if (residual) {
        residual += (row * job->residual_row + col) * size;
    }
    for (int64_t i = 0; i < strips; i++) {
        job->type->activate(job->kernels, job->activation, job->slope, c, len);
        if (residual) {
            job->type->accumulate(job->kernels, c, residual, len);
            residual += job->residual_row * size;
        }
        c += job->c_row * size;
    }
}

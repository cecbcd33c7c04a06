#include "core/tensor/conv2d.h"

#include <string.h>

#include "core/asm/kernel_table.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/conv2d_job.h"
#include "core/tensor/conv2d_shape.h"
#include "core/tensor/storage.h"

enum { ELEMENTWISE_GRAIN = 1 << 14 };

/* The inputs in row-major order; whatever had to be copied is held. */
typedef struct conv_inputs {
    neural_tensor *in[3];
} conv_inputs;

static void inputs_close(conv_inputs *inputs) {
    for (int i = 0; i < 3; i++) {
        neural_tensor_release(inputs->in[i]);
    }
}

static neural_status inputs_open(conv_inputs *inputs, const neural_op_call *call, int count) {
    *inputs = (conv_inputs){{NULL}};
    for (int i = 0; i < count; i++) {
        const neural_status status =
            call->in[i] ? neural_tensor_contiguous(call->in[i], &inputs->in[i]) : NEURAL_OK;
        if (status) {
            inputs_close(inputs);
            return status;
        }
    }
    return NEURAL_OK;
}

neural_status neural_conv2d_forward_at(const neural_kernel_table *kernels, neural_op_call *call) {
    neural_conv_geometry geometry;
    conv_inputs inputs;
    neural_conv_geometry_of(call, &geometry);
    NEURAL_TRY(inputs_open(&inputs, call, 3));
    const char *bias = inputs.in[2] ? inputs.in[2]->data : NULL;
    neural_conv_run run = {.g = &geometry,
                           .type = neural_conv_type_of(call->out->dtype, kernels),
                           /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): given */
                           .image = inputs.in[0]->data,
                           .weight = inputs.in[1]->data,
                           .bias = bias,
                           .out = call->out->data};
    run.last_flags = (bias ? NEURAL_GEMM_ADD_ROW : 0) |
                     (call->attrs.integer[NEURAL_CONV2D_RELU] ? NEURAL_GEMM_RELU : 0);
    const neural_status status = neural_conv_forward(&run);
    inputs_close(&inputs);
    return status;
}

neural_status neural_conv2d_forward(neural_op_call *call) {
    return neural_conv2d_forward_at(neural_kernels(), call);
}

typedef struct bias_run {
    const neural_conv_geometry *g;
    const neural_kernel_table *kernels;
    const void *dz;
    neural_tensor *db;
    int accumulate;
} bias_run;

/* db[o] = sum of each image's plane by the lanes of the reductions, image after image. */
#define DEFINE_BIAS(T, dtype)                                                                      \
    static void bias_range_##dtype(void *context, int64_t begin, int64_t end) {                    \
        const bias_run *run = context;                                                             \
        const int64_t pixels = neural_conv_pixels(run->g);                                         \
        const int64_t filters = run->g->groups * run->g->filters;                                  \
        for (int64_t o = begin; o < end; o++) {                                                    \
            T sum = 0;                                                                             \
            for (int64_t n = 0; n < run->g->batch; n++) {                                          \
                const T *plane = (const T *)run->dz + (n * filters + o) * pixels;                  \
                sum += run->kernels->sum_##dtype(plane, pixels);                                   \
            }                                                                                      \
            T *to = neural_tensor_##dtype(run->db) + o;                                            \
            *to = run->accumulate ? *to + sum : sum;                                               \
        }                                                                                          \
    }

DEFINE_BIAS(float, f32)
DEFINE_BIAS(double, f64)

static void grad_bias(bias_run *run) {
    const int64_t filters = run->g->groups * run->g->filters;
    const int64_t plane = run->g->batch * neural_conv_pixels(run->g) + 1;
    const int64_t grain = ELEMENTWISE_GRAIN / plane + 1;
    neural_parallel_for(filters, grain,
                        run->db->dtype == NEURAL_DTYPE_F32 ? bias_range_f32 : bias_range_f64, run);
}

typedef struct relu_job {
    const neural_kernel_table *kernels;
    const neural_op_call *call;
    void *dz;
} relu_job;

static void relu_range(void *context, int64_t begin, int64_t end) {
    const relu_job *job = context;
    const neural_tensor *dy = job->call->grad_out, *y = job->call->out;
    if (y->dtype == NEURAL_DTYPE_F32) {
        job->kernels->relu_grad_f32((float *)job->dz + begin, neural_tensor_f32(dy) + begin,
                                    neural_tensor_f32(y) + begin, end - begin);
    } else {
        job->kernels->relu_grad_f64((double *)job->dz + begin, neural_tensor_f64(dy) + begin,
                                    neural_tensor_f64(y) + begin, end - begin);
    }
}

static neural_status conv_grads(const neural_kernel_table *kernels, const neural_op_call *call,
                                const void *dz) {
    neural_conv_geometry geometry;
    conv_inputs inputs;
    const neural_conv_type type = neural_conv_type_of(call->out->dtype, kernels);
    neural_conv_geometry_of(call, &geometry);
    NEURAL_TRY(inputs_open(&inputs, call, 2));
    neural_status status = NEURAL_OK;
    if (call->grad_in[0]) {
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): always given */
        status = neural_conv_grad_image(&geometry, &type, inputs.in[1]->data, dz,
                                        call->grad_in[0]->data, call->accumulate[0]);
    }
    if (!status && call->grad_in[1]) {
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): always given */
        status = neural_conv_grad_weight(&geometry, &type, inputs.in[0]->data, dz,
                                         call->grad_in[1]->data, call->accumulate[1]);
    }
    if (!status && call->grad_in[2]) {
        bias_run run = {&geometry, kernels, dz, call->grad_in[2], call->accumulate[2]};
        grad_bias(&run);
    }
    inputs_close(&inputs);
    return status;
}

/* dz = dy, or with relu dy where y > 0 and 0 elsewhere. */
neural_status neural_conv2d_backward_at(const neural_kernel_table *kernels, neural_op_call *call) {
    if (!call->attrs.integer[NEURAL_CONV2D_RELU]) {
        return conv_grads(kernels, call, call->grad_out->data);
    }
    neural_block *scratch = neural_block_create((size_t)neural_tensor_bytes(call->out));
    NEURAL_REQUIRE(scratch, NEURAL_ERR_OUT_OF_MEMORY, "conv2d: no %lld bytes of scratch",
                   (long long)neural_tensor_bytes(call->out));
    relu_job job = {kernels, call, neural_block_data(scratch)};
    neural_parallel_for(call->out->len, ELEMENTWISE_GRAIN, relu_range, &job);
    const neural_status status = conv_grads(kernels, call, job.dz);
    neural_block_release(scratch);
    return status;
}

neural_status neural_conv2d_backward(neural_op_call *call) {
    return neural_conv2d_backward_at(neural_kernels(), call);
}

#include "core/tensor/conv_transpose2d.h"

#include <inttypes.h>
#include <string.h>

#include "core/asm/kernel_table.h"
#include "core/base/threads.h"
#include "core/tensor/conv2d.h"
#include "core/tensor/storage.h"

enum { ELEMENTS_PER_TASK = 1 << 14 };

/* Beyond any image: products and sums of a few of them stay in range. */
static const int64_t LARGEST = INT64_C(1) << 30;

/* --- shapes --- */

static neural_status check_dtypes(const neural_op_call *call) {
    const neural_dtype x = call->in[0]->dtype;
    NEURAL_REQUIRE(neural_dtype_is_float(x), NEURAL_ERR_INVALID_DTYPE,
                   "conv_transpose2d: x is %s, want f32 or f64", neural_dtype_name(x));
    for (int i = 1; i < 3; i++) {
        NEURAL_REQUIRE(!call->in[i] || call->in[i]->dtype == x, NEURAL_ERR_DTYPE_MISMATCH,
                       "conv_transpose2d: x is %s, %s is %s", neural_dtype_name(x),
                       i == 1 ? "weight" : "bias", neural_dtype_name(call->in[i]->dtype));
    }
    return NEURAL_OK;
}

static neural_status check_options(const int64_t *o) {
    static const struct {
        const char *name;
        int first, count, min;
    } ranges[] = {{"stride", NEURAL_CONV2D_STRIDE, 2, 1},
                  {"pad", NEURAL_CONV2D_PAD, 4, 0},
                  {"dilation", NEURAL_CONV2D_DILATION, 2, 1},
                  {"groups", NEURAL_CONV2D_GROUPS, 1, 1},
                  {"output_padding", NEURAL_CONV_TRANSPOSE2D_OUTPUT_PADDING, 2, 0}};
    for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++) {
        for (int i = 0; i < ranges[r].count; i++) {
            const int64_t value = o[ranges[r].first + i];
            NEURAL_REQUIRE(value >= ranges[r].min && value < LARGEST, NEURAL_ERR_INVALID_ARGUMENT,
                           "conv_transpose2d: %s is %" PRId64 ", want at least %d", ranges[r].name,
                           value, ranges[r].min);
        }
    }
    for (int i = 0; i < 2; i++) {
        const int64_t extra = o[NEURAL_CONV_TRANSPOSE2D_OUTPUT_PADDING + i];
        NEURAL_REQUIRE(
            !extra || extra < o[NEURAL_CONV2D_STRIDE + i] || extra < o[NEURAL_CONV2D_DILATION + i],
            NEURAL_ERR_INVALID_ARGUMENT,
            "conv_transpose2d: output_padding is %" PRId64 ", want less than stride or dilation",
            extra);
    }
    return NEURAL_OK;
}

static neural_status check_shapes(const neural_op_call *call, int64_t filters) {
    const neural_shape *x = &call->in[0]->shape, *weight = &call->in[1]->shape;
    const int64_t groups = call->attrs.integer[NEURAL_CONV2D_GROUPS];
    char x_text[NEURAL_SHAPE_TEXT], text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(x->ndim == 4 && weight->ndim == 4 && x->dim[1] == weight->dim[0] &&
                       x->dim[1] % groups == 0,
                   NEURAL_ERR_SHAPE_MISMATCH,
                   "conv_transpose2d: x is %s, weight is %s, groups %" PRId64
                   ", want [N, C, H, W] and [C, O/groups, KH, KW] with C divisible by groups",
                   neural_shape_text(x, x_text, sizeof x_text),
                   neural_shape_text(weight, text, sizeof text), groups);
    const neural_shape *bias = call->in[2] ? &call->in[2]->shape : NULL;
    NEURAL_REQUIRE(!bias || (bias->ndim == 1 && bias->dim[0] == filters), NEURAL_ERR_SHAPE_MISMATCH,
                   "conv_transpose2d: bias is %s, want [%" PRId64 "]",
                   neural_shape_text(bias, text, sizeof text), filters);
    return NEURAL_OK;
}

/* Of an image axis: 0 = height, 1 = width. */
static neural_status output_size(const neural_op_call *call, int axis, int64_t *out) {
    const int64_t *o = call->attrs.integer;
    const int64_t in = call->in[0]->shape.dim[2 + axis], k = call->in[1]->shape.dim[2 + axis];
    const int64_t pads = o[NEURAL_CONV2D_PAD + axis] + o[NEURAL_CONV2D_PAD + 2 + axis];
    NEURAL_REQUIRE(in >= 1 && in < LARGEST && k >= 1 && k < LARGEST, NEURAL_ERR_SHAPE_MISMATCH,
                   "conv_transpose2d: the %s of the image is %" PRId64 ", of the kernel %" PRId64
                   ", want at least 1",
                   axis ? "width" : "height", in, k);
    *out = (in - 1) * o[NEURAL_CONV2D_STRIDE + axis] - pads +
           o[NEURAL_CONV2D_DILATION + axis] * (k - 1) + 1 +
           o[NEURAL_CONV_TRANSPOSE2D_OUTPUT_PADDING + axis];
    NEURAL_REQUIRE(*out >= 1, NEURAL_ERR_SHAPE_MISMATCH,
                   "conv_transpose2d: %s %" PRId64 " with a kernel of %" PRId64
                   " and padding %" PRId64 " in all leaves %" PRId64 ", want at least 1",
                   axis ? "width" : "height", in, k, pads, *out);
    return NEURAL_OK;
}

neural_status neural_conv_transpose2d_infer(const neural_op_call *call, neural_shape *out) {
    NEURAL_TRY(check_dtypes(call));
    NEURAL_TRY(check_options(call->attrs.integer));
    const int64_t groups = call->attrs.integer[NEURAL_CONV2D_GROUPS];
    const int64_t filters = call->in[1]->shape.ndim > 1 ? call->in[1]->shape.dim[1] * groups : 0;
    NEURAL_TRY(check_shapes(call, filters));
    int64_t dims[4] = {call->in[0]->shape.dim[0], filters};
    NEURAL_TRY(output_size(call, 0, &dims[2]));
    NEURAL_TRY(output_size(call, 1, &dims[3]));
    return neural_shape_make(4, dims, out);
}

/* --- the convolution of which this is the transpose: from y to x --- */

/* `image` stands where y does, `result` where x does. */
static neural_op_call turned(const neural_op_call *call, neural_tensor *image,
                             neural_tensor *weight, neural_tensor *result) {
    neural_op_call conv = {.name = call->name, .inputs = 3, .in = {image, weight}, .out = result};
    for (int i = NEURAL_CONV2D_STRIDE; i <= NEURAL_CONV2D_GROUPS; i++) {
        conv.attrs.integer[i] = call->attrs.integer[i];
    }
    return conv;
}

/* --- planes: bias and relu on the way out, both undone on the way back --- */

typedef struct planes {
    neural_dtype dtype;
    int64_t batch, filters, len;
    void *y;
    const void *bias, *dy;
    void *db;
    int relu;
} planes;

static planes planes_of(const neural_op_call *call) {
    const neural_shape *y = &call->out->shape;
    return (planes){.dtype = call->out->dtype,
                    .batch = y->dim[0],
                    .filters = y->dim[1],
                    .len = y->dim[2] * y->dim[3],
                    .y = call->out->data,
                    .relu = call->attrs.integer[NEURAL_CONV2D_RELU] != 0};
}

static int64_t planes_per_task(const planes *p) {
    return p->len < ELEMENTS_PER_TASK ? ELEMENTS_PER_TASK / (p->len ? p->len : 1) : 1;
}

static void finish_planes(void *context, int64_t begin, int64_t end) {
    const planes *p = context;
    const neural_kernel_table *kernels = neural_kernels();
    for (int64_t i = begin; i < end; i++) {
        const int64_t o = i % p->filters;
        if (p->dtype == NEURAL_DTYPE_F32) {
            float *y = (float *)p->y + i * p->len;
            if (p->bias) {
                kernels->affine_f32(y, y, p->len, 1, ((const float *)p->bias)[o]);
            }
            if (p->relu) {
                kernels->relu_f32(y, y, p->len);
            }
        } else {
            double *y = (double *)p->y + i * p->len;
            if (p->bias) {
                kernels->affine_f64(y, y, p->len, 1, ((const double *)p->bias)[o]);
            }
            if (p->relu) {
                kernels->relu_f64(y, y, p->len);
            }
        }
    }
}

/* db[o] = the planes of dy[:, o] summed one by one, image after image. */
static void sum_planes(void *context, int64_t begin, int64_t end) {
    const planes *p = context;
    const neural_kernel_table *kernels = neural_kernels();
    for (int64_t o = begin; o < end; o++) {
        for (int64_t n = 0; n < p->batch; n++) {
            const int64_t at = (n * p->filters + o) * p->len;
            const int add = n > 0;
            if (p->dtype == NEURAL_DTYPE_F32) {
                float *db = (float *)p->db + o;
                *db = (add ? *db : 0) + kernels->sum_f32((const float *)p->dy + at, p->len);
            } else {
                double *db = (double *)p->db + o;
                *db = (add ? *db : 0) + kernels->sum_f64((const double *)p->dy + at, p->len);
            }
        }
        if (!p->batch) {
            memset((char *)p->db + o * neural_dtype_bytes(p->dtype), 0,
                   (size_t)neural_dtype_bytes(p->dtype));
        }
    }
}

/* dst = dy where y > 0, 0 elsewhere. */
static void mask_range(void *context, int64_t begin, int64_t end) {
    const planes *p = context;
    const int64_t len = end - begin;
    if (p->dtype == NEURAL_DTYPE_F32) {
        neural_kernels()->relu_grad_f32((float *)p->db + begin, (const float *)p->dy + begin,
                                        (const float *)p->y + begin, len);
    } else {
        neural_kernels()->relu_grad_f64((double *)p->db + begin, (const double *)p->dy + begin,
                                        (const double *)p->y + begin, len);
    }
}

/* --- forward --- */

neural_status neural_conv_transpose2d_forward(neural_op_call *call) {
    neural_tensor *x = NULL, *weight = NULL, *bias = NULL;
    neural_status status = neural_tensor_contiguous(call->in[0], &x);
    if (!status) {
        status = neural_tensor_contiguous(call->in[1], &weight);
    }
    if (!status && call->in[2]) {
        status = neural_tensor_contiguous(call->in[2], &bias);
    }
    if (!status) {
        neural_op_call conv = turned(call, call->out, weight, x);
        conv.grad_out = x;
        conv.grad_in[0] = call->out;
        status = neural_conv2d_backward(&conv);
    }
    if (!status && (bias || call->attrs.integer[NEURAL_CONV2D_RELU])) {
        planes p = planes_of(call);
        p.bias = bias ? bias->data : NULL;
        neural_parallel_for(p.batch * p.filters, planes_per_task(&p), finish_planes, &p);
    }
    neural_tensor_release(x);
    neural_tensor_release(weight);
    neural_tensor_release(bias);
    return status;
}

/* --- backward --- */

/* dx is the convolution of dz; dw is the weight gradient of that convolution, with x as dy. */
static neural_status gradients(neural_op_call *call, neural_tensor *dz) {
    neural_tensor *x = NULL;
    neural_status status = NEURAL_OK;
    if (call->grad_in[0]) {
        neural_op_call conv = turned(call, dz, call->in[1], call->grad_in[0]);
        status = neural_conv2d_forward(&conv);
    }
    if (!status && call->grad_in[1]) {
        status = neural_tensor_contiguous(call->in[0], &x);
    }
    if (!status && call->grad_in[1]) {
        neural_op_call conv = turned(call, dz, call->in[1], x);
        conv.grad_out = x;
        conv.grad_in[1] = call->grad_in[1];
        status = neural_conv2d_backward(&conv);
    }
    if (!status && call->grad_in[2]) {
        planes p = planes_of(call);
        p.dy = dz->data;
        p.db = call->grad_in[2]->data;
        neural_parallel_for(p.filters, 1, sum_planes, &p);
    }
    neural_tensor_release(x);
    return status;
}

neural_status neural_conv_transpose2d_backward(neural_op_call *call) {
    if (!call->attrs.integer[NEURAL_CONV2D_RELU]) {
        return gradients(call, call->grad_out);
    }
    neural_tensor *dz = NULL;
    NEURAL_TRY(neural_tensor_like_shape(&call->out->shape, call->out->dtype, &dz));
    planes p = planes_of(call);
    p.dy = call->grad_out->data;
    p.db = dz->data;
    neural_parallel_for(call->out->len, ELEMENTS_PER_TASK, mask_range, &p);
    const neural_status status = gradients(call, dz);
    neural_tensor_release(dz);
    return status;
}

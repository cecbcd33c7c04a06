#include "core/tensor/conv2d_shape.h"

#include "core/base/memory.h"
#include "core/tensor/conv2d.h"
#include "core/tensor/storage.h"

/* Sizes, strides, paddings and dilations stay below this, so that products of two of them fit. */
static const int64_t LARGEST = INT32_MAX;

static neural_status check_tensors(const neural_op_call *call) {
    static const char *const names[] = {"x", "weight", "bias"};
    const neural_dtype dtype = call->in[0]->dtype;
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(neural_dtype_is_float(dtype), NEURAL_ERR_INVALID_DTYPE,
                   "conv2d: x is %s, want f32 or f64", neural_dtype_name(dtype));
    for (int i = 0; i < 3; i++) {
        const neural_tensor *in = call->in[i];
        if (!in) {
            continue;
        }
        NEURAL_REQUIRE(in->dtype == dtype, NEURAL_ERR_DTYPE_MISMATCH, "conv2d: x is %s, %s is %s",
                       neural_dtype_name(dtype), names[i], neural_dtype_name(in->dtype));
        NEURAL_REQUIRE(in->shape.ndim == (i < 2 ? 4 : 1), NEURAL_ERR_SHAPE_MISMATCH,
                       "conv2d: %s is %s, want %s", names[i],
                       neural_shape_text(&in->shape, text, sizeof(text)),
                       i == 0   ? "[N, C, H, W]"
                       : i == 1 ? "[O, C/groups, KH, KW]"
                                : "[O]");
        for (int d = 0; d < in->shape.ndim; d++) {
            NEURAL_REQUIRE(in->shape.dim[d] <= LARGEST, NEURAL_ERR_TENSOR_TOO_LARGE,
                           "conv2d: %s is %s, want sizes up to %lld", names[i],
                           neural_shape_text(&in->shape, text, sizeof(text)), (long long)LARGEST);
        }
    }
    return NEURAL_OK;
}

static neural_status check_attrs(const int64_t *integer) {
    static const struct {
        const char *name;
        int64_t least;
    } rows[] = {{"stride", 1}, {"stride", 1},   {"pad", 0},      {"pad", 0},   {"pad", 0},
                {"pad", 0},    {"dilation", 1}, {"dilation", 1}, {"groups", 1}};
    for (int i = 0; i < (int)(sizeof(rows) / sizeof(rows[0])); i++) {
        NEURAL_REQUIRE(integer[i] >= rows[i].least && integer[i] <= LARGEST,
                       NEURAL_ERR_INVALID_ARGUMENT, "conv2d: %s is %lld, want %lld to %lld",
                       rows[i].name, (long long)integer[i], (long long)rows[i].least,
                       (long long)LARGEST);
    }
    return NEURAL_OK;
}

static neural_status check_channels(const neural_op_call *call) {
    const neural_shape *x = &call->in[0]->shape, *weight = &call->in[1]->shape;
    const int64_t groups = call->attrs.integer[NEURAL_CONV2D_GROUPS];
    char text[2][NEURAL_SHAPE_TEXT];
    neural_shape_text(x, text[0], NEURAL_SHAPE_TEXT);
    neural_shape_text(weight, text[1], NEURAL_SHAPE_TEXT);
    NEURAL_REQUIRE(x->dim[1] == weight->dim[1] * groups, NEURAL_ERR_SHAPE_MISMATCH,
                   "conv2d: x is %s, weight %s with groups %lld wants [*, %lld, *, *]", text[0],
                   text[1], (long long)groups, (long long)(weight->dim[1] * groups));
    NEURAL_REQUIRE(weight->dim[0] % groups == 0, NEURAL_ERR_SHAPE_MISMATCH,
                   "conv2d: weight is %s, want a multiple of groups %lld in front", text[1],
                   (long long)groups);
    NEURAL_REQUIRE(weight->dim[2] > 0 && weight->dim[3] > 0, NEURAL_ERR_SHAPE_MISMATCH,
                   "conv2d: weight is %s, want a kernel of at least 1x1", text[1]);
    if (call->in[2]) {
        NEURAL_REQUIRE(call->in[2]->shape.dim[0] == weight->dim[0], NEURAL_ERR_SHAPE_MISMATCH,
                       "conv2d: bias is [%lld], weight %s wants [%lld]",
                       (long long)call->in[2]->shape.dim[0], text[1], (long long)weight->dim[0]);
    }
    return NEURAL_OK;
}

/* floor((in + pads - dilation*(kernel - 1) - 1)/stride) + 1 for axis 0 (height) or 1 (width). */
static neural_status output_size(const neural_op_call *call, int axis, int64_t *out) {
    const int64_t *integer = call->attrs.integer;
    const int64_t in = call->in[0]->shape.dim[2 + axis], kernel = call->in[1]->shape.dim[2 + axis];
    const int64_t before = integer[NEURAL_CONV2D_PAD + axis];
    const int64_t after = integer[NEURAL_CONV2D_PAD + 2 + axis];
    const int64_t dilation = integer[NEURAL_CONV2D_DILATION + axis];
    const int64_t reach = dilation * (kernel - 1) + 1;
    NEURAL_REQUIRE(in + before + after >= reach, NEURAL_ERR_SHAPE_MISMATCH,
                   "conv2d: the %s is %lld + %lld + %lld of padding, a kernel of %lld with "
                   "dilation %lld needs %lld",
                   axis ? "width" : "height", (long long)in, (long long)before, (long long)after,
                   (long long)kernel, (long long)dilation, (long long)reach);
    *out = (in + before + after - reach) / integer[NEURAL_CONV2D_STRIDE + axis] + 1;
    return NEURAL_OK;
}

/* What the copies of an image need fits in memory's arithmetic. */
static neural_status check_padded(const neural_op_call *call) {
    const int64_t *pad = call->attrs.integer + NEURAL_CONV2D_PAD;
    const int64_t *x = call->in[0]->shape.dim;
    int64_t len;
    NEURAL_TRY(neural_size_mul(x[2] + pad[0] + pad[2], x[3] + pad[1] + pad[3], &len));
    NEURAL_TRY(neural_size_mul(len, x[1] + 1, &len));
    return neural_size_mul(len, 64, &len);
}

neural_status neural_conv2d_infer(const neural_op_call *call, neural_shape *out) {
    NEURAL_TRY(check_tensors(call));
    NEURAL_TRY(check_attrs(call->attrs.integer));
    NEURAL_TRY(check_channels(call));
    int64_t dims[4] = {call->in[0]->shape.dim[0], call->in[1]->shape.dim[0]};
    NEURAL_TRY(output_size(call, 0, &dims[2]));
    NEURAL_TRY(output_size(call, 1, &dims[3]));
    NEURAL_TRY(check_padded(call));
    return neural_shape_make(4, dims, out);
}

void neural_conv_geometry_of(const neural_op_call *call, neural_conv_geometry *out) {
    const int64_t *x = call->in[0]->shape.dim, *weight = call->in[1]->shape.dim;
    const int64_t *integer = call->attrs.integer, *y = call->out->shape.dim;
    const int64_t groups = integer[NEURAL_CONV2D_GROUPS];
    *out = (neural_conv_geometry){.batch = x[0],
                                  .groups = groups,
                                  .channels = weight[1],
                                  .height = x[2],
                                  .width = x[3],
                                  .filters = weight[0] / groups,
                                  .kernel_h = weight[2],
                                  .kernel_w = weight[3],
                                  .stride_h = integer[NEURAL_CONV2D_STRIDE],
                                  .stride_w = integer[NEURAL_CONV2D_STRIDE + 1],
                                  .dilation_h = integer[NEURAL_CONV2D_DILATION],
                                  .dilation_w = integer[NEURAL_CONV2D_DILATION + 1],
                                  .pad_top = integer[NEURAL_CONV2D_PAD],
                                  .pad_left = integer[NEURAL_CONV2D_PAD + 1],
                                  .out_h = y[2],
                                  .out_w = y[3]};
}

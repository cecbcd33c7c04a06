/* Blocks side by side in 8 bits, and the layers with 8-bit weights between f32 ones. */
#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/storage.h"
#include "layers/concat.h"
#include "model/quantized_layers.h"
#include "quant/quantize.h"

/* --- Residual and Concat --- */

typedef struct block {
    neural_quantized_layer layer;
    int is_concat, count;
    neural_quantized_row part[NEURAL_CONCAT_MAX_BLOCKS];
} block;

static neural_status add(const block *self, neural_tensor *const *part, neural_tensor *y) {
    const neural_qadd_args args = {
        .len = y->len,
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a sum has two */
        .a = part[0]->data,
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a sum has two */
        .b = part[1]->data,
        .a_format = self->part[0].format,
        .b_format = self->part[1].format,
        .y = y->data,
        .y_format = self->layer.y.format,
        .relu = self->layer.relu};
    return neural_qadd(&args);
}

static neural_status join(const block *self, neural_tensor *const *part, neural_tensor *y) {
    neural_qconcat_part parts[NEURAL_CONCAT_MAX_BLOCKS];
    for (int i = 0; i < self->count; i++) {
        parts[i] =
            (neural_qconcat_part){part[i]->data, self->part[i].channels, self->part[i].format};
    }
    return neural_qconcat(parts, self->count, y->shape.dim[0] * self->layer.y.plane,
                          &self->layer.y.format, y->data);
}

static neural_status run_parts(block *self, neural_tensor *x, neural_tensor **part) {
    for (int i = 0; i < self->count; i++) {
        if (i < self->layer.base.child_count) {
            NEURAL_TRY(neural_layer_forward(self->layer.base.child[i], x, &part[i]));
        } else {
            part[i] = neural_tensor_retain(x);
        }
    }
    return NEURAL_OK;
}

static neural_status block_forward(neural_layer *base, neural_tensor *x, neural_tensor **out) {
    block *self = (block *)base;
    neural_tensor *taken = NULL, *y = NULL, *part[NEURAL_CONCAT_MAX_BLOCKS] = {NULL};
    NEURAL_TRY(neural_quantized_take(&self->layer, x, &taken));
    const neural_shape shape = {.ndim = 2,
                                .dim = {x->shape.dim[0], neural_shape_len(&self->layer.y.shape)}};
    neural_status status = run_parts(self, taken, part);
    if (!status) {
        status = neural_tensor_like_shape(&shape, NEURAL_DTYPE_U8, &y);
    }
    if (!status) {
        status = (self->is_concat ? join : add)(self, part, y);
    }
    for (int i = 0; i < self->count; i++) {
        neural_tensor_release(part[i]);
    }
    neural_tensor_release(taken);
    if (status) {
        neural_tensor_release(y);
        return status;
    }
    return neural_quantized_give(&self->layer, y, out);
}

static neural_status block_output_shape(const neural_layer *base, const neural_shape *in,
                                        neural_shape *out) {
    (void)in;
    *out = ((const block *)base)->layer.y.shape;
    return NEURAL_OK;
}

neural_status neural_quantized_block_create(neural_layer *from, const neural_quantized_row *x,
                                            const neural_quantized_row *y,
                                            const neural_quantized_row *parts,
                                            neural_quantized_layer **out) {
    static const neural_layer_type residual = {.name = "QuantizedResidual",
                                               .forward = block_forward,
                                               .output_shape = block_output_shape,
                                               .side_by_side = 1};
    static const neural_layer_type concat = {.name = "QuantizedConcat",
                                             .forward = block_forward,
                                             .output_shape = block_output_shape,
                                             .side_by_side = 1};
    const int is_concat = neural_concat_is(from);
    neural_layer *base = NULL;
    NEURAL_TRY(neural_layer_create(is_concat ? &concat : &residual, sizeof(block), &base));
    block *self = (block *)base;
    self->layer.x = *x;
    self->layer.y = *y;
    self->is_concat = is_concat;
    self->layer.can_relu = !is_concat;
    self->count = is_concat ? from->child_count : 2;
    memcpy(self->part, parts, (size_t)self->count * sizeof *parts);
    base->child = from->child;
    base->child_count = from->child_count;
    from->child = NULL;
    from->child_count = 0;
    *out = &self->layer;
    return NEURAL_OK;
}

/* --- weights of 8 bits between f32 --- */

typedef struct weights_layer {
    neural_layer base;
    int64_t filters, fan_in;
    neural_qgemm_packed *packed; /* Linear */
    int8_t *rows;                /* Embedding */
    float *scales, *bias;        /* bias: or NULL */
} weights_layer;

static void weights_destroy(neural_layer *base) {
    weights_layer *self = (weights_layer *)base;
    neural_qgemm_packed_destroy(self->packed);
    neural_free(self->rows);
    neural_free(self->scales);
    neural_free(self->bias);
}

static neural_status copy_of(const void *from, int64_t bytes, void **out) {
    *out = neural_alloc((size_t)(bytes + 1));
    NEURAL_REQUIRE(*out, NEURAL_ERR_OUT_OF_MEMORY, "quantized: out of memory");
    memcpy(*out, from, (size_t)bytes);
    return NEURAL_OK;
}

static neural_status create(const neural_layer_type *type, const neural_quantized_weights *weights,
                            weights_layer **out) {
    neural_layer *base = NULL;
    NEURAL_TRY(neural_layer_create(type, sizeof(weights_layer), &base));
    weights_layer *self = (weights_layer *)base;
    self->filters = weights->filters;
    self->fan_in = weights->fan_in;
    const int64_t bytes = weights->filters * (int64_t)sizeof(float);
    neural_status status = copy_of(weights->scales, bytes, (void **)&self->scales);
    if (!status && weights->bias) {
        status = copy_of(weights->bias, bytes, (void **)&self->bias);
    }
    if (status) {
        neural_layer_destroy(base);
        return status;
    }
    *out = self;
    return NEURAL_OK;
}

/* --- Linear with rows quantized at run time --- */

/* Each row on the u8 grid of its own range. */
static neural_status quantize_rows(const float *x, int64_t rows, int64_t len, uint8_t *to,
                                   int32_t *zero_points, float *scales) {
    for (int64_t i = 0; i < rows; i++, x += len, to += len) {
        neural_quant_params params;
        if (neural_quant_calibrate_minmax(x, NEURAL_DTYPE_F32, len, NEURAL_QUANT_U8_AFFINE,
                                          &params)) {
            return neural_error_prefix("row %lld", (long long)i + 1);
        }
        const neural_qformat format = {(float)params.scale, params.zero_point, 0};
        NEURAL_TRY(neural_quantize_nhwc(x, 1, len, 1, &format, to));
        zero_points[i] = format.zero_point;
        scales[i] = format.scale;
    }
    return NEURAL_OK;
}

static neural_status multiply(const weights_layer *self, const neural_tensor *rows,
                              const int32_t *zero_points, const float *scales, neural_tensor *y) {
    const neural_qgemm_args args = {.m = rows->shape.dim[0],
                                    .n = self->filters,
                                    .k = self->fan_in,
                                    .a = rows->data,
                                    .lda = self->fan_in,
                                    .a_zero_points = zero_points,
                                    .a_zero_per_row = 1,
                                    .packed = self->packed,
                                    .output = NEURAL_QGEMM_F32,
                                    .c = y->data,
                                    .ldc = self->filters,
                                    .scales = self->scales,
                                    .scale_per_column = 1,
                                    .row_scales = scales,
                                    .bias = self->bias};
    return neural_qgemm(&args);
}

static neural_status dynamic_forward(neural_layer *base, neural_tensor *x, neural_tensor **out) {
    const weights_layer *self = (const weights_layer *)base;
    const int last = x->shape.ndim - 1;
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(last >= 0 && x->shape.dim[last] == self->fan_in && x->dtype == NEURAL_DTYPE_F32,
                   NEURAL_ERR_SHAPE_MISMATCH, "%s: x is %s %s, expected f32 [*, %lld]",
                   base->type->name, neural_dtype_name(x->dtype),
                   neural_shape_text(&x->shape, text, sizeof text), (long long)self->fan_in);
    const int64_t rows = self->fan_in ? x->len / self->fan_in : 0;
    neural_shape of_y = x->shape;
    of_y.dim[last] = self->filters;
    const neural_shape of_rows = {.ndim = 2, .dim = {rows, self->fan_in}};
    const neural_shape of_grids = {.ndim = 2, .dim = {2, rows}};
    neural_tensor *dense = NULL, *bytes = NULL, *grids = NULL, *y = NULL;
    neural_status status = neural_tensor_contiguous(x, &dense);
    if (!status) {
        status = neural_tensor_like_shape(&of_rows, NEURAL_DTYPE_U8, &bytes);
    }
    if (!status) {
        status = neural_tensor_like_shape(&of_grids, NEURAL_DTYPE_I32, &grids);
    }
    if (!status) {
        status = neural_tensor_like_shape(&of_y, NEURAL_DTYPE_F32, &y);
    }
    if (!status) {
        int32_t *zero_points = (int32_t *)(void *)grids->data;
        float *scales = (float *)(void *)(zero_points + rows);
        status = quantize_rows(neural_tensor_f32(dense), rows, self->fan_in, (uint8_t *)bytes->data,
                               zero_points, scales);
        status = status ? status : multiply(self, bytes, zero_points, scales, y);
    }
    neural_tensor_release(grids);
    neural_tensor_release(bytes);
    neural_tensor_release(dense);
    if (status) {
        neural_tensor_release(y);
        return status;
    }
    *out = y;
    return NEURAL_OK;
}

static neural_status dynamic_output_shape(const neural_layer *base, const neural_shape *in,
                                          neural_shape *out) {
    *out = *in;
    out->dim[out->ndim - 1] = ((const weights_layer *)base)->filters;
    return NEURAL_OK;
}

neural_status neural_quantized_dynamic_create(const neural_quantized_weights *weights,
                                              neural_layer **out) {
    static const neural_layer_type type = {.name = "DynamicLinear",
                                           .forward = dynamic_forward,
                                           .output_shape = dynamic_output_shape,
                                           .destroy = weights_destroy};
    weights_layer *self = NULL;
    NEURAL_TRY(create(&type, weights, &self));
    const neural_status status = neural_qgemm_pack(1, self->filters, self->fan_in, weights->weight,
                                                   self->fan_in, &self->packed);
    if (status) {
        neural_layer_destroy(&self->base);
        return status;
    }
    *out = &self->base;
    return NEURAL_OK;
}

/* --- Embedding --- */

static neural_status embedding_forward(neural_layer *base, neural_tensor *x, neural_tensor **out) {
    const weights_layer *self = (const weights_layer *)base;
    const neural_qembedding_table table = {self->rows, self->scales, self->filters, self->fan_in};
    neural_shape shape = x->shape;
    neural_tensor *indices = NULL, *y = NULL;
    NEURAL_TRY(neural_tensor_cast(x, NEURAL_DTYPE_I64, &indices));
    shape.dim[shape.ndim++] = self->fan_in;
    neural_status status = neural_tensor_like_shape(&shape, NEURAL_DTYPE_F32, &y);
    if (!status) {
        status = neural_qembedding(&table, (const int64_t *)(void *)indices->data, indices->len,
                                   neural_tensor_f32(y));
    }
    neural_tensor_release(indices);
    if (status) {
        neural_tensor_release(y);
        return status;
    }
    *out = y;
    return NEURAL_OK;
}

static neural_status embedding_output_shape(const neural_layer *base, const neural_shape *in,
                                            neural_shape *out) {
    *out = *in;
    out->dim[out->ndim++] = ((const weights_layer *)base)->fan_in;
    return NEURAL_OK;
}

neural_status neural_quantized_embedding_create(const neural_quantized_weights *weights,
                                                neural_layer **out) {
    static const neural_layer_type type = {.name = "QuantizedEmbedding",
                                           .forward = embedding_forward,
                                           .output_shape = embedding_output_shape,
                                           .destroy = weights_destroy};
    weights_layer *self = NULL;
    NEURAL_TRY(create(&type, weights, &self));
    const neural_status status =
        copy_of(weights->weight, self->filters * self->fan_in, (void **)&self->rows);
    if (status) {
        neural_layer_destroy(&self->base);
        return status;
    }
    *out = &self->base;
    return NEURAL_OK;
}

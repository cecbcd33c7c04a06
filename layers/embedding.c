#include "layers/embedding.h"

#include <stdio.h>

#include "core/autograd/embedding_ops.h"
#include "layers/init.h"
#include "layers/layer_type.h"

typedef struct embedding_layer {
    neural_layer base; /* parameter[0] is the weight */
    int64_t rows, cols, padding_index;
} embedding_layer;

static neural_status embedding_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    return neural_embedding(layer->parameter[0]->value, x,
                            ((const embedding_layer *)layer)->padding_index, out);
}

static neural_status embedding_output_shape(const neural_layer *layer, const neural_shape *in,
                                            neural_shape *out) {
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(in->ndim < NEURAL_MAX_DIMS - 1, NEURAL_ERR_SHAPE_MISMATCH,
                   "Embedding: the input is %s, there is no room for another dimension",
                   neural_shape_text(in, text, sizeof text));
    *out = *in;
    out->dim[out->ndim++] = ((const embedding_layer *)layer)->cols;
    return NEURAL_OK;
}

static void embedding_describe(const neural_layer *layer, char *text, int64_t bytes) {
    const embedding_layer *e = (const embedding_layer *)layer;
    const int len =
        snprintf(text, (size_t)bytes, "%lld, %lld", (long long)e->rows, (long long)e->cols);
    if (e->padding_index >= 0 && len < bytes) {
        snprintf(text + len, (size_t)(bytes - len), ", padding_idx=%lld",
                 (long long)e->padding_index);
    }
}

static const neural_layer_type embedding_type = {
    .name = "Embedding",
    .forward = embedding_forward,
    .output_shape = embedding_output_shape,
    .describe = embedding_describe,
};

static neural_status fill_table(neural_tensor *weight, int64_t padding_index, uint64_t seed) {
    NEURAL_TRY(neural_init_tensor(weight, NEURAL_INIT_XAVIER_UNIFORM, seed, 0));
    if (padding_index < 0) {
        return NEURAL_OK;
    }
    neural_tensor *row = NULL;
    NEURAL_TRY(neural_tensor_slice(weight, 0, padding_index, 1, 1, &row));
    const neural_status status = neural_tensor_fill(row, 0);
    neural_tensor_release(row);
    return status;
}

neural_status neural_embedding_create(int64_t rows, int64_t cols, int64_t padding_index,
                                      neural_dtype dtype, uint64_t seed, neural_layer **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "Embedding: out must be given");
    NEURAL_REQUIRE(rows >= 1 && cols >= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "Embedding: the table is %lld x %lld, expected at least 1 x 1", (long long)rows,
                   (long long)cols);
    NEURAL_REQUIRE(padding_index >= -1 && padding_index < rows, NEURAL_ERR_INVALID_ARGUMENT,
                   "Embedding: padding_index is %lld, the table has %lld rows",
                   (long long)padding_index, (long long)rows);
    NEURAL_REQUIRE(neural_dtype_is_float(dtype), NEURAL_ERR_INVALID_DTYPE,
                   "Embedding: dtype is %s, expected f32 or f64", neural_dtype_name(dtype));
    const int64_t dims[2] = {rows, cols};
    neural_layer *layer = NULL;
    NEURAL_TRY(neural_layer_create(&embedding_type, sizeof(embedding_layer), &layer));
    ((embedding_layer *)layer)->rows = rows;
    ((embedding_layer *)layer)->cols = cols;
    ((embedding_layer *)layer)->padding_index = padding_index;
    neural_status status =
        neural_layer_add_parameter(layer, "weight", 2, dims, dtype, NEURAL_PARAMETER_KEEPS_START);
    if (!status) {
        status = fill_table(layer->parameter[0]->value, padding_index, seed);
    }
    if (status) {
        neural_layer_destroy(layer);
        return status;
    }
    *out = layer;
    return NEURAL_OK;
}

int neural_embedding_is(const neural_layer *layer) {
    return layer->type == &embedding_type;
}

#include "model/quantized_file.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/tensor/storage.h"
#include "layers/activation.h"
#include "layers/layer_type.h"

#define GRIDS "quantized.grids"
#define KINDS "quantized.kinds"
#define TABLE "quantized.table."

enum { NAME_BYTES = NEURAL_PARAMETER_NAME_BYTES + 16, TABLE_BYTES = 256 };

/* "3.weight" -> "3.weight_scale", "3.bias" */
static void scale_name(const char *weight, char out[NAME_BYTES]) {
    snprintf(out, NAME_BYTES, "%s_scale", weight);
}

static void bias_name(const char *weight, char out[NAME_BYTES]) {
    snprintf(out, NAME_BYTES, "%.*sbias", (int)(strlen(weight) - strlen("weight")), weight);
}

static void table_name(int id, char out[NAME_BYTES]) {
    snprintf(out, NAME_BYTES, TABLE "%d", id);
}

/* --- writing --- */

static neural_status add_heads(neural_safetensors_writer *writer,
                               const neural_quantized_plan *plan) {
    const int64_t dims[] = {plan->count, 2};
    neural_tensor *grids = NULL, *kinds = NULL;
    neural_status status = neural_tensor_create(2, dims, NEURAL_DTYPE_F32, &grids);
    if (!status) {
        status = neural_tensor_create(1, dims, NEURAL_DTYPE_U8, &kinds);
    }
    for (int i = 0; i < plan->count && !status; i++) {
        neural_tensor_f32(grids)[2 * i] = plan->record[i].grid.scale;
        neural_tensor_f32(grids)[2 * i + 1] = (float)plan->record[i].grid.zero_point;
        kinds->data[i] = (char)plan->record[i].kind;
    }
    if (!status) {
        status = neural_safetensors_add_tensor(writer, GRIDS, grids);
    }
    if (!status) {
        status = neural_safetensors_add_tensor(writer, KINDS, kinds);
    }
    neural_tensor_release(kinds);
    neural_tensor_release(grids);
    return status;
}

static neural_status add_record(neural_safetensors_writer *writer, int id,
                                const neural_quantized_record *record) {
    char name[NAME_BYTES];
    if (record->table) {
        table_name(id, name);
        NEURAL_TRY(neural_safetensors_add_tensor(writer, name, record->table));
    }
    if (record->kind == NEURAL_QUANTIZED_NOT) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_safetensors_add_tensor(writer, record->name, record->weight));
    scale_name(record->name, name);
    NEURAL_TRY(neural_safetensors_add_tensor(writer, name, record->scales));
    bias_name(record->name, name);
    return record->bias ? neural_safetensors_add_tensor(writer, name, record->bias) : NEURAL_OK;
}

neural_status neural_quantized_add(neural_safetensors_writer *writer,
                                   const neural_quantized_plan *plan) {
    NEURAL_TRY(add_heads(writer, plan));
    for (int i = 0; i < plan->count; i++) {
        NEURAL_TRY(add_record(writer, i, &plan->record[i]));
    }
    return NEURAL_OK;
}

/* --- reading --- */

static int is_in(const neural_safetensors *file, const char *name) {
    for (int i = 0; i < neural_safetensors_count(file); i++) {
        if (strcmp(neural_safetensors_name(file, i), name) == 0) {
            return 1;
        }
    }
    return 0;
}

static neural_status read_as(const neural_safetensors *file, const char *name, int ndim,
                             const int64_t *dims, neural_dtype dtype, neural_tensor **out) {
    neural_tensor *tensor = NULL;
    NEURAL_TRY(neural_tensor_create(ndim, dims, dtype, &tensor));
    const neural_status status = neural_safetensors_read_into(file, name, tensor);
    if (status) {
        neural_tensor_release(tensor);
        return status;
    }
    *out = tensor;
    return NEURAL_OK;
}

static neural_status take_heads(const neural_tensor *grids, const neural_tensor *kinds,
                                neural_quantized_plan *plan) {
    for (int i = 0; i < plan->count; i++) {
        const float scale = neural_tensor_f32(grids)[2 * i];
        const float zero = neural_tensor_f32(grids)[2 * i + 1];
        const int kind = (unsigned char)kinds->data[i];
        NEURAL_REQUIRE(scale >= FLT_MIN && scale <= FLT_MAX && zero >= 0 && zero <= 255 &&
                           zero == floorf(zero),
                       NEURAL_ERR_DATA,
                       GRIDS " of node %d: scale %g, zero point %g; expected a positive number and "
                             "a whole one of 0 ... 255",
                       i, (double)scale, (double)zero);
        NEURAL_REQUIRE(kind <= NEURAL_QUANTIZED_DYNAMIC, NEURAL_ERR_DATA,
                       KINDS " of node %d: %d, expected 0 ... 2", i, kind);
        plan->record[i].grid = (neural_qformat){.scale = scale, .zero_point = (int32_t)zero};
        plan->record[i].kind = (neural_quantized_kind)kind;
    }
    return NEURAL_OK;
}

static neural_status read_heads(const neural_safetensors *file, neural_quantized_plan *plan) {
    const int64_t dims[] = {plan->count, 2};
    neural_tensor *grids = NULL, *kinds = NULL;
    NEURAL_TRY(read_as(file, GRIDS, 2, dims, NEURAL_DTYPE_F32, &grids));
    neural_status status = read_as(file, KINDS, 1, dims, NEURAL_DTYPE_U8, &kinds);
    if (!status) {
        status = take_heads(grids, kinds, plan);
    }
    neural_tensor_release(kinds);
    neural_tensor_release(grids);
    return status;
}

static neural_status check_finite(const char *name, const neural_tensor *numbers, float least) {
    for (int64_t i = 0; i < numbers->len; i++) {
        const float number = neural_tensor_f32(numbers)[i];
        NEURAL_REQUIRE(number >= least && number <= FLT_MAX, NEURAL_ERR_DATA,
                       "%s[%lld] is %g, expected a%s finite number", name, (long long)i,
                       (double)number, least > 0 ? " positive" : "");
    }
    return NEURAL_OK;
}

static neural_status read_weights(const neural_safetensors *file, const neural_layer *layer,
                                  neural_quantized_record *record) {
    NEURAL_REQUIRE(layer->parameter_count > 0, NEURAL_ERR_DATA,
                   KINDS " tells of 8-bit weights of a %s", layer->type->name);
    const neural_parameter *weight = layer->parameter[0];
    const neural_shape *shape = &weight->value->shape;
    char name[NAME_BYTES];
    memcpy(record->name, weight->name, sizeof record->name);
    NEURAL_TRY(
        read_as(file, weight->name, shape->ndim, shape->dim, NEURAL_DTYPE_I8, &record->weight));
    scale_name(weight->name, name);
    NEURAL_TRY(read_as(file, name, 1, shape->dim, NEURAL_DTYPE_F32, &record->scales));
    NEURAL_TRY(check_finite(name, record->scales, FLT_MIN));
    if (layer->parameter_count < 2) {
        return NEURAL_OK;
    }
    bias_name(weight->name, name);
    NEURAL_TRY(read_as(file, name, 1, shape->dim, NEURAL_DTYPE_F32, &record->bias));
    return check_finite(name, record->bias, -FLT_MAX);
}

static neural_status read_node(const neural_safetensors *file, const neural_layer *layer, int *id,
                               neural_quantized_plan *plan) {
    static const int64_t table_len = TABLE_BYTES;
    neural_quantized_record *record = &plan->record[*id];
    char name[NAME_BYTES];
    table_name((*id)++, name);
    if (neural_activation_of(layer) != NEURAL_ACTIVATION_NONE && is_in(file, name)) {
        NEURAL_TRY(read_as(file, name, 1, &table_len, NEURAL_DTYPE_U8, &record->table));
    }
    if (record->kind != NEURAL_QUANTIZED_NOT) {
        NEURAL_TRY(read_weights(file, layer, record));
    }
    for (int i = 0; i < layer->child_count; i++) {
        NEURAL_TRY(read_node(file, layer->child[i], id, plan));
    }
    return NEURAL_OK;
}

neural_status neural_quantized_read(const neural_safetensors *file, const neural_layer *network,
                                    neural_quantized_plan **out) {
    neural_quantized_plan *plan = NULL;
    int id = 0;
    NEURAL_TRY(neural_quantized_plan_create(neural_quantized_nodes(network), &plan));
    neural_status status = read_heads(file, plan);
    if (!status) {
        status = read_node(file, network, &id, plan);
    }
    if (status) {
        neural_quantized_plan_destroy(plan);
        return status;
    }
    *out = plan;
    return NEURAL_OK;
}

/* --- names --- */

static int is_of(const neural_quantized_record *record, const char *name) {
    char part[NAME_BYTES];
    if (record->kind == NEURAL_QUANTIZED_NOT) {
        return 0;
    }
    scale_name(record->name, part);
    if (strcmp(name, record->name) == 0 || strcmp(name, part) == 0) {
        return 1;
    }
    bias_name(record->name, part);
    return record->bias && strcmp(name, part) == 0;
}

int neural_quantized_knows(const neural_quantized_plan *plan, const char *name) {
    char part[NAME_BYTES];
    if (strcmp(name, GRIDS) == 0 || strcmp(name, KINDS) == 0) {
        return 1;
    }
    for (int i = 0; i < plan->count; i++) {
        table_name(i, part);
        if ((plan->record[i].table && strcmp(name, part) == 0) || is_of(&plan->record[i], name)) {
            return 1;
        }
    }
    return 0;
}

/* A layer tree converted by a plan. */
#include <string.h>

#include "core/tensor/storage.h"
#include "layers/activation.h"
#include "layers/concat.h"
#include "layers/embedding.h"
#include "layers/linear.h"
#include "layers/residual.h"
#include "layers/shape.h"
#include "model/quantized.h"
#include "model/quantized_layers.h"

/* What flows from one layer to the next. */
typedef struct flow {
    neural_quantized_row row; /* plane, channels: where it is 8-bit */
    int is_8bit;
    neural_quantized_layer *producer;       /* of 8 bits, as long as it may change; else NULL */
    const neural_quantized_record *weights; /* of the producer, where it has any */
} flow;

typedef struct walk {
    const neural_quantized_plan *plan;
    int next;
} walk;

static neural_status convert(walk *w, neural_layer **slot, flow *at);

/* --- the end of a layer: who takes its result is known --- */

static neural_quantized_weights weights_of(const neural_quantized_record *record) {
    const int64_t filters = record->weight->shape.dim[0];
    return (neural_quantized_weights){
        .weight = (const int8_t *)record->weight->data,
        .scales = neural_tensor_f32(record->scales),
        .bias = record->bias ? neural_tensor_f32(record->bias) : NULL,
        .filters = filters,
        .fan_in = filters ? record->weight->len / filters : 0,
    };
}

static neural_status settle(flow *at, int takes_8bit) {
    if (!at->is_8bit) {
        return NEURAL_OK;
    }
    NEURAL_REQUIRE(at->producer || takes_8bit, NEURAL_ERR_INTERNAL,
                   "quantized: f32 wanted where 8 bits are final");
    neural_status status = NEURAL_OK;
    if (at->producer) {
        at->producer->gives_f32 = !takes_8bit;
    }
    if (at->weights) {
        const neural_quantized_weights weights = weights_of(at->weights);
        status = neural_quantized_pack(at->producer, &weights);
    }
    at->producer = NULL;
    at->weights = NULL;
    at->is_8bit = takes_8bit;
    return status;
}

/* --- layers in the place of others --- */

/* `made` stands where *slot was; the old layer is destroyed. */
static void put(neural_layer **slot, neural_layer *made) {
    memcpy(made->name, (*slot)->name, sizeof made->name);
    made->training = 0;
    neural_layer_destroy(*slot);
    *slot = made;
}

static neural_status put_identity(neural_layer **slot) {
    neural_layer *identity = NULL;
    NEURAL_TRY(neural_quantized_identity_create(&identity));
    put(slot, identity);
    return NEURAL_OK;
}

/* The flow behind an 8-bit layer. */
static void follow(flow *at, neural_quantized_layer *made) {
    *at = (flow){.row = made->y, .is_8bit = 1, .producer = made};
}

/* The flow behind a layer that stays: f32. */
static neural_status stay(flow *at, const neural_layer *layer,
                          const neural_quantized_record *record) {
    neural_shape shape;
    NEURAL_TRY(settle(at, 0));
    NEURAL_TRY(neural_layer_output_shape(layer, &at->row.shape, &shape));
    at->row = neural_quantized_row_of(&shape, record->grid);
    return NEURAL_OK;
}

/* --- leaves --- */

static neural_status check_weights(const neural_layer *layer,
                                   const neural_quantized_record *record) {
    NEURAL_REQUIRE(
        record->weight && record->scales &&
            neural_shape_equal(&record->weight->shape, &layer->parameter[0]->value->shape),
        NEURAL_ERR_DATA, "quantized: no 8-bit weights for %s", layer->parameter[0]->name);
    return NEURAL_OK;
}

static neural_status convert_product(neural_layer **slot, const neural_quantized_record *record,
                                     flow *at) {
    neural_layer *layer = *slot;
    neural_quantized_layer *made = NULL;
    neural_shape shape;
    NEURAL_TRY(check_weights(layer, record));
    NEURAL_TRY(neural_layer_output_shape(layer, &at->row.shape, &shape));
    NEURAL_TRY(settle(at, at->is_8bit));
    const neural_quantized_row y = neural_quantized_row_of(&shape, record->grid);
    NEURAL_TRY(neural_quantized_product_create(&at->row, &y, layer, &made));
    put(slot, &made->base);
    follow(at, made);
    at->weights = record;
    return NEURAL_OK;
}

static neural_status convert_dynamic(neural_layer **slot, const neural_quantized_record *record,
                                     flow *at) {
    neural_layer *made = NULL;
    NEURAL_TRY(check_weights(*slot, record));
    NEURAL_TRY(stay(at, *slot, record));
    const neural_quantized_weights weights = weights_of(record);
    NEURAL_TRY((neural_embedding_is(*slot) ? neural_quantized_embedding_create
                                           : neural_quantized_dynamic_create)(&weights, &made));
    put(slot, made);
    return NEURAL_OK;
}

/* Taken into the layer before where that has none yet. */
static int joins_relu(const flow *at) {
    return at->producer && at->producer->can_relu && !at->producer->relu;
}

static neural_status join_relu(neural_layer **slot, const neural_quantized_record *record,
                               flow *at) {
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): see joins_relu */
    at->producer->relu = 1;
    at->producer->y.format = record->grid;
    at->row.format = record->grid;
    return put_identity(slot);
}

static double relu(double x, void *context) {
    (void)context;
    return x > 0 ? x : 0;
}

static neural_status convert_activation(neural_layer **slot, const neural_quantized_record *record,
                                        flow *at) {
    neural_quantized_layer *made = NULL;
    neural_quantized_row y = at->row;
    uint8_t table[256];
    y.format = record->grid;
    if (record->table) {
        memcpy(table, record->table->data, sizeof table);
    } else {
        NEURAL_TRY(neural_qlookup_table(&at->row.format, &y.format, relu, NULL, table));
    }
    NEURAL_TRY(settle(at, 1));
    NEURAL_TRY(neural_quantized_lookup_create(&at->row, &y, table, &made));
    put(slot, &made->base);
    follow(at, made);
    return NEURAL_OK;
}

static neural_status convert_pool(neural_layer **slot, neural_pool_kind kind,
                                  const neural_quantized_record *record, flow *at) {
    neural_quantized_layer *made = NULL;
    neural_shape shape;
    NEURAL_TRY(neural_layer_output_shape(*slot, &at->row.shape, &shape));
    NEURAL_TRY(settle(at, 1));
    const neural_qformat format = kind == NEURAL_POOL_MAX ? at->row.format : record->grid;
    const neural_quantized_row y = neural_quantized_row_of(&shape, format);
    NEURAL_TRY(neural_quantized_pool_create(&at->row, &y, *slot, &made));
    put(slot, &made->base);
    follow(at, made);
    return NEURAL_OK;
}

static neural_status convert_flatten(neural_layer **slot, flow *at) {
    neural_quantized_layer *made = NULL;
    neural_quantized_row y = at->row;
    NEURAL_TRY(neural_layer_output_shape(*slot, &at->row.shape, &y.shape));
    NEURAL_TRY(settle(at, 1));
    NEURAL_TRY(neural_quantized_flatten_create(&at->row, &y, &made));
    put(slot, &made->base);
    follow(at, made);
    return NEURAL_OK;
}

/* --- blocks --- */

static int is_block(const neural_layer *layer) {
    return neural_residual_is(layer) || neural_concat_is(layer);
}

/* Whether a layer can be 8-bit all through; *id moves past it. */
static int is_convertible(const neural_quantized_plan *plan, const neural_layer *layer, int *id) {
    const neural_quantized_record *record = &plan->record[(*id)++];
    int is = 1;
    for (int i = 0; i < layer->child_count; i++) {
        is = is_convertible(plan, layer->child[i], id) && is;
    }
    if (layer->child_count || neural_quantized_skips(layer)) {
        return is;
    }
    neural_pool_options options;
    int64_t out[2];
    return record->kind == NEURAL_QUANTIZED_STATIC || record->table ||
           neural_activation_of(layer) == NEURAL_ACTIVATION_RELU ||
           neural_pool2d_of(layer, &options, out);
}

/* What an image flattened in its own order would be added or joined to lies in another. */
static int has_own_order(const flow *at) {
    return at->is_8bit && at->row.shape.ndim == 1 && at->row.plane > 1;
}

static neural_status convert_block_8bit(walk *w, neural_layer **slot,
                                        const neural_quantized_record *record, flow *at) {
    neural_layer *layer = *slot;
    neural_quantized_row parts[NEURAL_CONCAT_MAX_BLOCKS];
    neural_quantized_layer *made = NULL;
    neural_shape shape;
    NEURAL_TRY(neural_layer_output_shape(layer, &at->row.shape, &shape));
    NEURAL_TRY(settle(at, 1));
    parts[1] = at->row;
    for (int i = 0; i < layer->child_count; i++) {
        flow part = {.row = at->row, .is_8bit = 1};
        NEURAL_TRY(convert(w, &layer->child[i], &part));
        NEURAL_TRY(settle(&part, 1));
        parts[i] = part.row;
    }
    const neural_quantized_row y = neural_quantized_row_of(&shape, record->grid);
    NEURAL_TRY(neural_quantized_block_create(layer, &at->row, &y, parts, &made));
    put(slot, &made->base);
    follow(at, made);
    return NEURAL_OK;
}

static neural_status convert_block_f32(walk *w, neural_layer *layer,
                                       const neural_quantized_record *record, flow *at) {
    neural_shape shape;
    NEURAL_TRY(settle(at, 0));
    NEURAL_TRY(neural_layer_output_shape(layer, &at->row.shape, &shape));
    for (int i = 0; i < layer->child_count; i++) {
        flow part = *at;
        NEURAL_TRY(convert(w, &layer->child[i], &part));
        NEURAL_TRY(settle(&part, 0));
    }
    at->row = neural_quantized_row_of(&shape, record->grid);
    return NEURAL_OK;
}

/* --- the walk --- */

static neural_status convert_leaf(neural_layer **slot, const neural_quantized_record *record,
                                  flow *at) {
    neural_layer *layer = *slot;
    neural_pool_options options;
    int64_t out[2];
    const neural_pool_kind pool = neural_pool2d_of(layer, &options, out);
    if (neural_quantized_skips(layer)) {
        return put_identity(slot);
    }
    if (record->kind != NEURAL_QUANTIZED_NOT) {
        NEURAL_REQUIRE(neural_quantized_can(layer, &at->row.shape, record->kind), NEURAL_ERR_DATA,
                       "quantized: a %s cannot be of kind %d", layer->type->name,
                       (int)record->kind);
        return (record->kind == NEURAL_QUANTIZED_STATIC ? convert_product
                                                        : convert_dynamic)(slot, record, at);
    }
    const int is_relu = neural_activation_of(layer) == NEURAL_ACTIVATION_RELU;
    if (is_relu && joins_relu(at)) {
        return join_relu(slot, record, at);
    }
    if (at->is_8bit && (is_relu || record->table)) {
        return convert_activation(slot, record, at);
    }
    if (at->is_8bit && pool && at->row.shape.ndim == 3) {
        return convert_pool(slot, pool, record, at);
    }
    if (at->is_8bit && neural_flatten_is(layer)) {
        return convert_flatten(slot, at);
    }
    return stay(at, layer, record);
}

static neural_status convert(walk *w, neural_layer **slot, flow *at) {
    neural_layer *layer = *slot;
    int id = w->next;
    const int first = id;
    NEURAL_REQUIRE(id < w->plan->count, NEURAL_ERR_DATA, "quantized: a plan for %d layers",
                   w->plan->count);
    const neural_quantized_record *record = &w->plan->record[w->next++];
    if (is_block(layer)) {
        id = first;
        return is_convertible(w->plan, layer, &id) && !has_own_order(at)
                   ? convert_block_8bit(w, slot, record, at)
                   : convert_block_f32(w, layer, record, at);
    }
    if (!layer->child_count) {
        return convert_leaf(slot, record, at);
    }
    for (int i = 0; i < layer->child_count; i++) {
        NEURAL_TRY(convert(w, &layer->child[i], at));
    }
    return NEURAL_OK;
}

neural_status neural_quantized_convert(neural_layer *network, const neural_shape *in,
                                       const neural_quantized_plan *plan) {
    walk w = {plan, 0};
    flow at = {.row = neural_quantized_row_of(in, plan->record[0].grid)};
    neural_layer *root = network;
    NEURAL_REQUIRE(plan->count == neural_quantized_nodes(network), NEURAL_ERR_DATA,
                   "quantized: a plan for %d layers, the network has %d", plan->count,
                   neural_quantized_nodes(network));
    NEURAL_TRY(convert(&w, &root, &at));
    return settle(&at, 0);
}

/* --- a layer alone --- */

neural_status neural_quantized_layer_alone(const neural_layer *layer, const neural_shape *in,
                                           const neural_qformat *input,
                                           const neural_quantized_record *record, int gives_f32,
                                           neural_layer **out) {
    const neural_quantized_weights weights = weights_of(record);
    neural_quantized_layer *made = NULL;
    neural_shape shape;
    if (record->kind == NEURAL_QUANTIZED_DYNAMIC) {
        return (neural_embedding_is(layer) ? neural_quantized_embedding_create
                                           : neural_quantized_dynamic_create)(&weights, out);
    }
    NEURAL_TRY(neural_layer_output_shape(layer, in, &shape));
    const neural_quantized_row x = neural_quantized_row_of(in, *input);
    const neural_quantized_row y = neural_quantized_row_of(&shape, record->grid);
    NEURAL_TRY(neural_quantized_product_create(&x, &y, layer, &made));
    made->gives_f32 = gives_f32;
    const neural_status status = neural_quantized_pack(made, &weights);
    if (status) {
        neural_layer_destroy(&made->base);
        return status;
    }
    *out = &made->base;
    return NEURAL_OK;
}

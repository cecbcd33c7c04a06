#include "layers/concat.h"

#include <stdio.h>

#include "core/autograd/block_ops.h"
#include "layers/layer_type.h"

static neural_status concat_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    neural_tensor *part[NEURAL_CONCAT_MAX_BLOCKS] = {NULL};
    neural_status status = NEURAL_OK;
    for (int i = 0; i < layer->child_count && !status; i++) {
        status = neural_layer_forward(layer->child[i], x, &part[i]);
        if (status) {
            status = neural_error_prefix("block %d", i);
        }
    }
    if (!status) {
        status = neural_concat(part, layer->child_count, 1, out);
    }
    for (int i = 0; i < layer->child_count; i++) {
        neural_tensor_release(part[i]);
    }
    return status;
}

/* Equal but for the channels. */
static int fit(neural_shape lhs, const neural_shape *rhs) {
    if (lhs.ndim < 1 || lhs.ndim != rhs->ndim) {
        return 0;
    }
    lhs.dim[0] = rhs->dim[0];
    return neural_shape_equal(&lhs, rhs);
}

static neural_status concat_output_shape(const neural_layer *layer, const neural_shape *in,
                                         neural_shape *out) {
    neural_shape sum = {0};
    for (int i = 0; i < layer->child_count; i++) {
        neural_shape part;
        char found[NEURAL_SHAPE_TEXT], want[NEURAL_SHAPE_TEXT];
        if (neural_layer_output_shape(layer->child[i], in, &part)) {
            return neural_error_prefix("block %d", i);
        }
        NEURAL_REQUIRE(fit(part, i ? &sum : &part), NEURAL_ERR_SHAPE_MISMATCH,
                       "Concat: block 0 gives %s, block %d %s, expected equal sizes behind the "
                       "channels",
                       neural_shape_text(i ? &sum : &part, want, sizeof want), i,
                       neural_shape_text(&part, found, sizeof found));
        part.dim[0] += i ? sum.dim[0] : 0;
        sum = part;
    }
    *out = sum;
    return NEURAL_OK;
}

static const neural_layer_type concat_type = {
    .name = "Concat",
    .forward = concat_forward,
    .output_shape = concat_output_shape,
    .side_by_side = 1,
};

static neural_status check_blocks(neural_layer *const *block, int count) {
    NEURAL_REQUIRE(count >= 1 && count <= NEURAL_CONCAT_MAX_BLOCKS, NEURAL_ERR_INVALID_ARGUMENT,
                   "concat_create: %d blocks, expected 1 to %d", count, NEURAL_CONCAT_MAX_BLOCKS);
    for (int i = 0; i < count; i++) {
        NEURAL_REQUIRE(block[i], NEURAL_ERR_NULL_POINTER, "concat_create: block %d is NULL", i);
        for (int j = 0; j < i; j++) {
            NEURAL_REQUIRE(block[i] != block[j], NEURAL_ERR_INVALID_ARGUMENT,
                           "concat_create: blocks %d and %d are the same layer", j, i);
        }
    }
    return NEURAL_OK;
}

neural_status neural_concat_create(neural_layer *const *block, int count, neural_layer **out) {
    NEURAL_REQUIRE(block && out, NEURAL_ERR_NULL_POINTER,
                   "concat_create: block and out must be given");
    NEURAL_TRY(check_blocks(block, count));
    neural_layer *layer = NULL;
    NEURAL_TRY(neural_layer_create(&concat_type, sizeof *layer, &layer));
    for (int i = 0; i < count; i++) {
        char name[NEURAL_LAYER_NAME_BYTES];
        snprintf(name, sizeof name, "%d", i);
        const neural_status status = neural_layer_add_child(layer, block[i], name);
        if (status) {
            layer->child_count = 0; /* they stay the caller's */
            neural_layer_destroy(layer);
            return status;
        }
    }
    *out = layer;
    return NEURAL_OK;
}

int neural_concat_is(const neural_layer *layer) {
    return layer->type == &concat_type;
}

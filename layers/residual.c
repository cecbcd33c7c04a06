#include "layers/residual.h"

#include "core/autograd/ops.h"
#include "layers/layer_type.h"

/* child[0] is the branch, child[1] the shortcut, when there is one. */
static neural_layer *shortcut_of(const neural_layer *layer) {
    return layer->child_count > 1 ? layer->child[1] : NULL;
}

static neural_status check_shapes(const neural_layer *layer, const neural_shape *branch,
                                  const neural_shape *shortcut) {
    char given[NEURAL_SHAPE_TEXT], kept[NEURAL_SHAPE_TEXT];
    neural_shape_text(branch, given, sizeof given);
    neural_shape_text(shortcut, kept, sizeof kept);
    NEURAL_REQUIRE(neural_shape_equal(branch, shortcut), NEURAL_ERR_SHAPE_MISMATCH,
                   "Residual: the branch gives %s, %s %s, expected one shape%s", given,
                   shortcut_of(layer) ? "the shortcut" : "the input is", kept,
                   shortcut_of(layer) ? ""
                                      : "; a second block can give the input the branch's shape");
    return NEURAL_OK;
}

static neural_status run_shortcut(const neural_layer *layer, neural_tensor *x,
                                  neural_tensor **out) {
    neural_layer *shortcut = shortcut_of(layer);
    if (!shortcut) {
        *out = neural_tensor_retain(x);
        return NEURAL_OK;
    }
    return neural_layer_forward(shortcut, x, out) ? neural_error_prefix("shortcut") : NEURAL_OK;
}

/* neural_add would broadcast what does not fit. */
static neural_status add(const neural_layer *layer, neural_tensor *branch, neural_tensor *kept,
                         neural_tensor **out) {
    neural_shape of_branch, of_kept;
    NEURAL_TRY(
        neural_shape_make(neural_tensor_ndim(branch), neural_tensor_dims(branch), &of_branch));
    NEURAL_TRY(neural_shape_make(neural_tensor_ndim(kept), neural_tensor_dims(kept), &of_kept));
    NEURAL_TRY(check_shapes(layer, &of_branch, &of_kept));
    return neural_add(branch, kept, out);
}

static neural_status residual_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    neural_tensor *branch = NULL, *kept = NULL;
    NEURAL_TRY(neural_layer_forward(layer->child[0], x, &branch));
    neural_status status = run_shortcut(layer, x, &kept);
    if (!status) {
        status = add(layer, branch, kept, out);
    }
    neural_tensor_release(kept);
    neural_tensor_release(branch);
    return status;
}

static neural_status residual_output_shape(const neural_layer *layer, const neural_shape *in,
                                           neural_shape *out) {
    neural_shape branch, kept = *in;
    NEURAL_TRY(neural_layer_output_shape(layer->child[0], in, &branch));
    if (shortcut_of(layer) && neural_layer_output_shape(shortcut_of(layer), in, &kept)) {
        return neural_error_prefix("shortcut");
    }
    NEURAL_TRY(check_shapes(layer, &branch, &kept));
    *out = branch;
    return NEURAL_OK;
}

static const neural_layer_type residual_type = {
    .name = "Residual",
    .forward = residual_forward,
    .output_shape = residual_output_shape,
    .side_by_side = 1,
};

neural_status neural_residual_create(neural_layer *branch, neural_layer *shortcut,
                                     neural_layer **out) {
    NEURAL_REQUIRE(branch && out, NEURAL_ERR_NULL_POINTER,
                   "residual_create: branch and out must be given");
    NEURAL_REQUIRE(branch != shortcut, NEURAL_ERR_INVALID_ARGUMENT,
                   "residual_create: branch and shortcut are the same layer");
    neural_layer *layer = NULL;
    NEURAL_TRY(neural_layer_create(&residual_type, sizeof *layer, &layer));
    neural_status status = neural_layer_add_child(layer, branch, "");
    if (!status && shortcut) {
        status = neural_layer_add_child(layer, shortcut, "shortcut");
    }
    if (status) {
        layer->child_count = 0; /* they stay the caller's */
        neural_layer_destroy(layer);
        return status;
    }
    *out = layer;
    return NEURAL_OK;
}

int neural_residual_is(const neural_layer *layer) {
    return layer->type == &residual_type;
}

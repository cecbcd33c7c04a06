#include "layers/fold.h"

#include <stdio.h>
#include <string.h>

#include "core/autograd/ops.h"
#include "core/autograd/tape.h"
#include "layers/layer_type.h"
#include "layers/norm.h"

/* --- what stands where a batch norm was --- */

typedef struct folded_layer {
    neural_layer base;
    neural_layer *norm; /* owned: flat vectors made before hold its parameters */
} folded_layer;

static neural_status folded_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    (void)layer;
    *out = neural_tensor_retain(x);
    return NEURAL_OK;
}

static void folded_destroy(neural_layer *layer) {
    neural_layer_destroy(((folded_layer *)layer)->norm);
}

static const neural_layer_type folded_type = {
    .name = "Identity",
    .forward = folded_forward,
    .destroy = folded_destroy,
    .passes_through = 1,
};

/* --- s, W' and b' --- */

/* All f64, [channels] but for weight, which has the dimensions of the layer's view. */
typedef struct fold {
    neural_tensor *scale, *weight, *bias;
} fold;

static void fold_close(fold *made) {
    neural_tensor_release(made->scale);
    neural_tensor_release(made->weight);
    neural_tensor_release(made->bias);
}

/* The parameter or buffer as f64; NULL counts as `absent` everywhere. */
static neural_status as_f64(const neural_parameter *parameter, int64_t channels, double absent,
                            neural_tensor **out) {
    return parameter ? neural_tensor_cast(parameter->value, NEURAL_DTYPE_F64, out)
                     : neural_tensor_full(1, &channels, NEURAL_DTYPE_F64, absent, out);
}

static const neural_parameter *parameter_of(const neural_layer *layer, int i) {
    return i < layer->parameter_count ? layer->parameter[i] : NULL;
}

typedef neural_status binary_op(neural_tensor *lhs, neural_tensor *rhs, neural_tensor **out);

/* *value becomes op(*value, f64 of the parameter). */
static neural_status apply(binary_op *op, neural_tensor **value, const neural_parameter *parameter,
                           int64_t channels, double absent) {
    neural_tensor *rhs = NULL, *result = NULL;
    NEURAL_TRY(as_f64(parameter, channels, absent, &rhs));
    const neural_status status = op(*value, rhs, &result);
    neural_tensor_release(rhs);
    if (!status) {
        neural_tensor_release(*value);
        *value = result;
    }
    return status;
}

/* gamma / sqrt(running_var + eps) */
static neural_status make_scale(const neural_layer *norm, int64_t channels, double eps,
                                neural_tensor **out) {
    neural_tensor *variance = NULL, *shifted = NULL, *root = NULL, *gamma = NULL;
    neural_status status = as_f64(norm->buffer[1], channels, 0, &variance);
    if (!status) {
        status = neural_affine(variance, 1, eps, &shifted);
    }
    if (!status) {
        status = neural_sqrt(shifted, &root);
    }
    if (!status) {
        status = as_f64(parameter_of(norm, 0), channels, 1, &gamma);
    }
    if (!status) {
        status = neural_div(gamma, root, out);
    }
    neural_tensor_release(gamma);
    neural_tensor_release(root);
    neural_tensor_release(shifted);
    neural_tensor_release(variance);
    return status;
}

/* s (b - running_mean) + beta */
static neural_status make_bias(const neural_layer *layer, const neural_layer *norm,
                               int64_t channels, fold *made) {
    neural_tensor *scaled = NULL;
    NEURAL_TRY(as_f64(parameter_of(layer, 1), channels, 0, &made->bias));
    NEURAL_TRY(apply(neural_sub, &made->bias, norm->buffer[0], channels, 0));
    NEURAL_TRY(neural_mul(made->bias, made->scale, &scaled));
    neural_tensor_release(made->bias);
    made->bias = scaled;
    return apply(neural_add, &made->bias, parameter_of(norm, 1), channels, 0);
}

/* s W, each output channel by its own; `view` is of layer_type.h's weight_view. */
static neural_status make_weight(const neural_layer *layer, const int64_t view[4], fold *made) {
    const int64_t channels[4] = {view[0], 1, view[2], 1};
    neural_tensor *weight = NULL, *shaped = NULL, *scale = NULL;
    neural_status status = as_f64(layer->parameter[0], 0, 0, &weight);
    if (!status) {
        status = neural_tensor_view(weight, 4, view, &shaped);
    }
    if (!status) {
        status = neural_tensor_view(made->scale, 4, channels, &scale);
    }
    if (!status) {
        status = neural_mul(shaped, scale, &made->weight);
    }
    neural_tensor_release(scale);
    neural_tensor_release(shaped);
    neural_tensor_release(weight);
    return status;
}

static neural_status fold_make(const neural_layer *layer, const neural_layer *norm, double eps,
                               fold *made) {
    int64_t view[4];
    layer->type->weight_view(layer, view);
    const int64_t channels = view[0] * view[2];
    NEURAL_TRY(make_scale(norm, channels, eps, &made->scale));
    NEURAL_TRY(make_weight(layer, view, made));
    return make_bias(layer, norm, channels, made);
}

/* --- into the layer --- */

/* "3.0.bias" beside "3.0.weight", zeros at first. */
static neural_status add_bias(neural_layer *layer) {
    const neural_tensor *weight = layer->parameter[0]->value;
    char name[NEURAL_PARAMETER_NAME_BYTES];
    int64_t view[4];
    layer->type->weight_view(layer, view);
    const int64_t channels = view[0] * view[2];
    const size_t path = strlen(layer->parameter[0]->name) - strlen("weight");
    snprintf(name, sizeof name, "%.*sbias", (int)path, layer->parameter[0]->name);
    return neural_layer_add_parameter(layer, name, 1, &channels, neural_tensor_dtype(weight),
                                      NEURAL_PARAMETER_NO_DECAY);
}

static neural_status fold_store(const fold *made, neural_layer *layer) {
    neural_tensor *weight = layer->parameter[0]->value, *shaped = NULL;
    NEURAL_TRY(neural_tensor_view(made->weight, neural_tensor_ndim(weight),
                                  neural_tensor_dims(weight), &shaped));
    neural_status status = neural_tensor_copy(weight, shaped);
    neural_tensor_release(shaped);
    return status ? status : neural_tensor_copy(layer->parameter[1]->value, made->bias);
}

/* Child `at` of a chain, a batch norm, into `layer`. */
static neural_status fold_into(neural_layer *layer, neural_layer *chain, int at, double eps) {
    neural_layer *norm = chain->child[at], *identity = NULL;
    fold made = {0};
    neural_status status = fold_make(layer, norm, eps, &made);
    if (!status) {
        status = neural_layer_create(&folded_type, sizeof(folded_layer), &identity);
    }
    if (!status && layer->parameter_count < 2) {
        status = add_bias(layer);
    }
    if (!status) {
        status = fold_store(&made, layer);
    }
    fold_close(&made);
    if (status) {
        neural_layer_destroy(identity);
        return status;
    }
    memcpy(identity->name, norm->name, sizeof norm->name);
    ((folded_layer *)identity)->norm = norm;
    chain->child[at] = identity;
    return NEURAL_OK;
}

/* --- the walk --- */

/* 1 when the layer's results, of shape `out`, have one channel per row of its weight. A Linear on
 * more than plain rows counts its channels along another dimension than its features. */
static int takes_norm(const neural_layer *layer, const neural_shape *out) {
    return layer->type->weight_view &&
           out->ndim == neural_tensor_ndim(layer->parameter[0]->value) - 1;
}

static neural_status fold_tree(neural_layer *layer, neural_shape in, int *folded) {
    const int is_chain = !layer->type->side_by_side;
    neural_layer *before = NULL; /* the last layer that changed anything */
    for (int i = 0; i < layer->child_count; i++) {
        neural_layer *child = layer->child[i];
        double eps;
        if (is_chain && before && neural_batch_norm_is(child, &eps) && takes_norm(before, &in)) {
            NEURAL_TRY(fold_into(before, layer, i, eps));
            *folded += 1;
            continue;
        }
        NEURAL_TRY(fold_tree(child, in, folded));
        if (is_chain) {
            NEURAL_TRY(neural_layer_output_shape(child, &in, &in));
            before = child->type->passes_through ? before : child;
        }
    }
    return NEURAL_OK;
}

neural_status neural_layer_fold_batch_norm(neural_layer *layer, const neural_shape *in,
                                           int *folded) {
    neural_shape out;
    int count = 0;
    NEURAL_REQUIRE(layer && in, NEURAL_ERR_NULL_POINTER,
                   "fold_batch_norm: layer and in must be given");
    NEURAL_TRY(neural_layer_output_shape(layer, in, &out));
    const int recording = neural_set_grad_enabled(0);
    const neural_status status = fold_tree(layer, *in, &count);
    neural_set_grad_enabled(recording);
    if (folded) {
        *folded = count;
    }
    return status;
}

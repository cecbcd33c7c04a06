/* Normalizations. */
#include <strings.h>

#include "core/base/memory.h"
#include "layers/norm.h"
#include "model/layer_builders.h"

/* momentum=none: the plain mean over all batches. */
static neural_status read_momentum(neural_layer_call *call, double *momentum) {
    for (int i = 0; i < call->count; i++) {
        neural_layer_argument *argument = &call->argument[i];
        if (argument->name && strcasecmp(argument->name, "momentum") == 0 &&
            strcasecmp(argument->value, "none") == 0) {
            argument->used = 1;
            *momentum = NEURAL_NORM_CUMULATIVE;
            return NEURAL_OK;
        }
    }
    NEURAL_TRY(neural_layer_float(call, 0, "momentum", 1, momentum));
    NEURAL_REQUIRE(*momentum >= 0 && *momentum <= 1, NEURAL_ERR_INVALID_CONFIG,
                   "layer %d (batchnorm): momentum is %g, expected a number from 0 to 1 or none",
                   call->number, *momentum);
    return NEURAL_OK;
}

static neural_status read_eps(neural_layer_call *call, int i, double *eps) {
    NEURAL_TRY(neural_layer_float(call, i, "eps", 1, eps));
    NEURAL_REQUIRE(*eps >= 0, NEURAL_ERR_INVALID_CONFIG,
                   "layer %d (%.40s): eps is %g, expected a number from 0", call->number,
                   call->word, *eps);
    return NEURAL_OK;
}

/* No arguments left; `weights` each of gamma and beta fit the budget. */
static neural_status finish(neural_layer_call *call, neural_layer_site *site, int64_t weights,
                            int vectors) {
    int64_t total = 0;
    NEURAL_TRY(neural_layer_call_finish(call));
    NEURAL_TRY(neural_layer_call_name(call, neural_size_mul(weights, vectors, &total)));
    return neural_layer_site_take(site, call, total);
}

neural_status neural_build_batchnorm(neural_layer_call *call, neural_layer_site *site,
                                     neural_layer **out) {
    neural_batch_norm_options options = {site->shape.ndim > 2 ? 2 : 1, 1e-5, 0.1, 1, 1};
    const int64_t channels = site->shape.dim[0];
    NEURAL_TRY(read_momentum(call, &options.momentum));
    NEURAL_TRY(read_eps(call, 1, &options.eps));
    NEURAL_TRY(neural_layer_bool(call, 2, "affine", &options.affine));
    NEURAL_TRY(neural_layer_bool(call, 3, "track", &options.track_running_stats));
    NEURAL_TRY(finish(call, site, channels, 2 * options.affine + 2 * options.track_running_stats));
    return neural_layer_call_name(call,
                                  neural_batch_norm_create(channels, &options, site->dtype, out));
}

/* The last `dims` sizes of the site, by default all. */
static neural_status read_dims(neural_layer_call *call, const neural_layer_site *site, int i,
                               neural_shape *out) {
    int64_t dims = site->shape.ndim;
    for (int k = 0; k < call->count; k++) {
        if (call->argument[k].name && strcasecmp(call->argument[k].name, "dims") == 0) {
            NEURAL_TRY(neural_layer_int(call, i, "dims", 1, site->shape.ndim, &dims));
            break;
        }
    }
    const int64_t *first = site->shape.dim + site->shape.ndim - dims;
    return neural_shape_make((int)dims, first, out);
}

neural_status neural_build_layernorm(neural_layer_call *call, neural_layer_site *site,
                                     neural_layer **out) {
    double eps = 1e-5;
    int affine = 1, bias = 1;
    neural_shape shape;
    NEURAL_TRY(read_eps(call, 0, &eps));
    NEURAL_TRY(neural_layer_bool(call, 1, "affine", &affine));
    NEURAL_TRY(neural_layer_bool(call, 2, "bias", &bias));
    NEURAL_TRY(read_dims(call, site, 3, &shape));
    NEURAL_TRY(finish(call, site, neural_shape_len(&shape), affine * (1 + bias)));
    return neural_layer_call_name(
        call, neural_layer_norm_create(shape.ndim, shape.dim, eps, affine, bias, site->dtype, out));
}

neural_status neural_build_rmsnorm(neural_layer_call *call, neural_layer_site *site,
                                   neural_layer **out) {
    double eps = 0;
    int affine = 1;
    neural_shape shape;
    NEURAL_TRY(read_eps(call, 0, &eps));
    NEURAL_TRY(neural_layer_bool(call, 1, "affine", &affine));
    NEURAL_TRY(read_dims(call, site, 2, &shape));
    NEURAL_TRY(finish(call, site, neural_shape_len(&shape), affine));
    return neural_layer_call_name(
        call, neural_rms_norm_create(shape.ndim, shape.dim, eps, affine, site->dtype, out));
}

neural_status neural_build_groupnorm(neural_layer_call *call, neural_layer_site *site,
                                     neural_layer **out) {
    const int64_t channels = site->shape.dim[0];
    int64_t groups = 0;
    double eps = 1e-5;
    int affine = 1;
    NEURAL_TRY(neural_layer_int(call, 0, "groups", 1, channels, &groups));
    NEURAL_TRY(read_eps(call, 1, &eps));
    NEURAL_TRY(neural_layer_bool(call, 2, "affine", &affine));
    NEURAL_TRY(finish(call, site, channels, 2 * affine));
    return neural_layer_call_name(
        call, neural_group_norm_create(groups, channels, eps, affine, site->dtype, out));
}

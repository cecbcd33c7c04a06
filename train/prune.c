#include "train/prune.h"

#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/storage.h"
#include "train/prune_type.h"

/* --- which weights --- */

/* 1 when `name` is in the list, which says first and last by the flags. */
static int is_listed(const char *list, const char *name, int is_first, int is_last) {
    for (const char *at = list; *at;) {
        at += strspn(at, ", \t");
        const size_t bytes = strcspn(at, ", \t");
        if ((is_first && bytes == 5 && strncmp(at, "first", 5) == 0) ||
            (is_last && bytes == 4 && strncmp(at, "last", 4) == 0) ||
            (bytes && strncmp(at, name, bytes) == 0)) {
            return 1;
        }
        at += bytes;
    }
    return 0;
}

int prune_is_weight(const neural_parameter *parameter) {
    return parameter->value->shape.ndim >= 2 &&
           !(parameter->flags & (NEURAL_PARAMETER_KEEPS_START | NEURAL_PARAMETER_BUFFER));
}

int prune_is_excluded(const neural_parameters *all, int i, const char *exclude) {
    int is_first = 1, is_last = 1;
    for (int k = 0; k < all->count; k++) {
        is_first &= k >= i || !prune_is_weight(all->item[k]);
        is_last &= k <= i || !prune_is_weight(all->item[k]);
    }
    return is_listed(exclude ? exclude : "last", all->item[i]->name, is_first, is_last);
}

/* --- masks --- */

/* The weights to prune and masks for them that start from those they have. */
typedef struct plan {
    neural_parameter **weight;
    neural_tensor **mask;
    neural_prune_part *part;
    int count;
} plan;

static void plan_close(plan *p) {
    for (int i = 0; i < p->count; i++) {
        neural_tensor_release(p->mask[i]);
    }
    neural_free(p->weight);
    neural_free(p->mask);
    neural_free(p->part);
}

static neural_status add_weight(plan *p, neural_parameter *weight) {
    const neural_shape *shape = &weight->value->shape;
    neural_tensor *mask = NULL;
    if (weight->mask) {
        NEURAL_TRY(neural_tensor_clone(weight->mask, &mask));
    } else {
        NEURAL_TRY(neural_tensor_ones(shape->ndim, shape->dim, NEURAL_DTYPE_U8, &mask));
    }
    const int64_t rows = shape->dim[0], cols = rows > 0 ? weight->value->len / rows : 0;
    const int64_t kernel = shape->dim[1] > 0 && cols > 0 ? cols / shape->dim[1] : 1;
    p->weight[p->count] = weight;
    p->mask[p->count] = mask;
    p->part[p->count++] = (neural_prune_part){
        neural_tensor_data(weight->value), weight->value->dtype, rows, cols, 1, kernel,
        neural_tensor_data(mask)};
    return NEURAL_OK;
}

static neural_status plan_open(const neural_parameters *all, const char *exclude, plan *p) {
    const size_t count = (size_t)all->count;
    p->weight = neural_alloc(count * sizeof *p->weight);
    p->mask = neural_alloc(count * sizeof *p->mask);
    p->part = neural_alloc(count * sizeof *p->part);
    if (!p->weight || !p->mask || !p->part) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int i = 0; i < all->count; i++) {
        if (prune_is_weight(all->item[i]) && !prune_is_excluded(all, i, exclude)) {
            NEURAL_TRY(add_weight(p, all->item[i]));
        }
    }
    NEURAL_REQUIRE(p->count > 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "model_prune: no weight is left to prune; excluded are: %s",
                   exclude ? exclude : "last");
    return NEURAL_OK;
}

static neural_status choose(plan *p, const neural_prune_options *o) {
    const int is_fine = o->method == NEURAL_PRUNE_WEIGHTS || o->method == NEURAL_PRUNE_BLOCKS;
    const int is_global =
        o->scope == NEURAL_PRUNE_SCOPE_AUTO ? is_fine : o->scope == NEURAL_PRUNE_SCOPE_GLOBAL;
    const int step = is_global ? p->count : 1;
    for (int i = 0; i < p->count; i += step) {
        NEURAL_TRY(neural_prune_masks(&p->part[i], step, o->method, o->score, o->seed + (uint64_t)i,
                                      o->sparsity));
    }
    return NEURAL_OK;
}

neural_status neural_model_prune(neural_model *model, const neural_prune_options *options) {
    NEURAL_REQUIRE(model && options, NEURAL_ERR_NULL_POINTER,
                   "model_prune: model and options must be given");
    plan p = {0};
    neural_status status = plan_open(neural_model_parameters(model), options->exclude, &p);
    if (!status) {
        status = choose(&p, options);
    }
    for (int i = 0; i < p.count && !status; i++) {
        status = neural_parameter_set_mask(p.weight[i], p.mask[i]);
        neural_parameter_apply_mask(p.weight[i]);
    }
    plan_close(&p);
    return status;
}

/* --- single masks --- */

static neural_parameter *find_weight(const neural_model *model, const char *name) {
    const neural_parameters *all = neural_model_parameters(model);
    for (int i = 0; i < all->count; i++) {
        if (strcmp(all->item[i]->name, name) == 0) {
            return all->item[i];
        }
    }
    return NULL;
}

neural_status neural_model_set_mask(neural_model *model, const char *weight, neural_tensor *mask) {
    NEURAL_REQUIRE(model && weight, NEURAL_ERR_NULL_POINTER,
                   "model_set_mask: model and weight must be given");
    neural_parameter *parameter = find_weight(model, weight);
    NEURAL_REQUIRE(parameter, NEURAL_ERR_INVALID_ARGUMENT,
                   "model_set_mask: the model has no weight %.80s", weight);
    NEURAL_TRY(neural_parameter_set_mask(parameter, mask));
    neural_parameter_apply_mask(parameter);
    return NEURAL_OK;
}

neural_tensor *neural_model_mask(const neural_model *model, const char *weight) {
    const neural_parameter *parameter = model && weight ? find_weight(model, weight) : NULL;
    return parameter ? parameter->mask : NULL;
}

neural_status neural_model_remove_masks(neural_model *model) {
    NEURAL_REQUIRE(model, NEURAL_ERR_NULL_POINTER, "model_remove_masks: model must be given");
    const neural_parameters *all = neural_model_parameters(model);
    for (int i = 0; i < all->count; i++) {
        neural_parameter_apply_mask(all->item[i]);
        NEURAL_TRY(neural_parameter_set_mask(all->item[i], NULL));
    }
    return NEURAL_OK;
}

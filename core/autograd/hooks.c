#include "core/autograd/hooks.h"

#include <string.h>

static void hook_release(const neural_hook *hook) {
    if (hook->release) {
        hook->release(hook->context);
    }
}

static void hooks_destroy(neural_ref *ref) {
    neural_hooks *hooks = (neural_hooks *)(void *)ref;
    for (int i = 0; i < hooks->count; i++) {
        hook_release(&hooks->hook[i]);
    }
    neural_tensor_release(hooks->pending);
    neural_free(hooks->hook);
    neural_pool_free(hooks, sizeof(*hooks));
}

static neural_status hooks_of(const char *door, neural_tensor *tensor, neural_hooks **out) {
    NEURAL_REQUIRE(tensor, NEURAL_ERR_NULL_POINTER, "%s: tensor is NULL", door);
    NEURAL_REQUIRE(tensor->requires_grad, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: the tensor does not require a gradient", door);
    if (!tensor->hooks) {
        neural_hooks *hooks = neural_pool_alloc(sizeof(*hooks));
        if (!hooks) {
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
        hooks->ref.count = 1;
        hooks->ref.destroy = hooks_destroy;
        tensor->hooks = &hooks->ref;
    }
    *out = neural_tensor_hooks(tensor);
    return NEURAL_OK;
}

static neural_status hooks_grow(neural_hooks *hooks) {
    const int capacity = hooks->capacity ? 2 * hooks->capacity : 4;
    neural_hook *hook = neural_realloc(hooks->hook, (size_t)hooks->capacity * sizeof(*hook),
                                       (size_t)capacity * sizeof(*hook));
    if (!hook) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    hooks->hook = hook;
    hooks->capacity = capacity;
    return NEURAL_OK;
}

neural_status neural_tensor_add_hook_owned(neural_tensor *tensor, neural_grad_hook hook,
                                           void (*release)(void *context), void *context,
                                           int64_t *out_id) {
    NEURAL_REQUIRE(hook && out_id, NEURAL_ERR_NULL_POINTER, "add_hook: hook or out_id is NULL");
    neural_hooks *hooks = NULL;
    NEURAL_TRY(hooks_of("add_hook", tensor, &hooks));
    if (hooks->count == hooks->capacity) {
        NEURAL_TRY(hooks_grow(hooks));
    }
    const neural_hook entry = {++hooks->last_id, hook, release, context};
    hooks->hook[hooks->count++] = entry;
    *out_id = entry.id;
    return NEURAL_OK;
}

neural_status neural_tensor_add_hook(neural_tensor *tensor, neural_grad_hook hook, void *context,
                                     int64_t *out_id) {
    return neural_tensor_add_hook_owned(tensor, hook, NULL, context, out_id);
}

neural_status neural_tensor_remove_hook(neural_tensor *tensor, int64_t id) {
    NEURAL_REQUIRE(tensor, NEURAL_ERR_NULL_POINTER, "remove_hook: tensor is NULL");
    neural_hooks *hooks = neural_tensor_hooks(tensor);
    for (int i = 0; hooks && i < hooks->count; i++) {
        if (hooks->hook[i].id == id) {
            const neural_hook removed = hooks->hook[i];
            hooks->count--;
            memmove(&hooks->hook[i], &hooks->hook[i + 1],
                    (size_t)(hooks->count - i) * sizeof(*hooks->hook));
            hook_release(&removed);
            return NEURAL_OK;
        }
    }
    return neural_error(NEURAL_ERR_INVALID_ARGUMENT, "remove_hook: no hook has the id %lld",
                        (long long)id);
}

neural_status neural_tensor_retain_grad(neural_tensor *tensor) {
    neural_hooks *hooks = NULL;
    if (tensor && tensor->requires_grad && !tensor->producer) {
        return NEURAL_OK;
    }
    NEURAL_TRY(hooks_of("retain_grad", tensor, &hooks));
    hooks->retain_grad = 1;
    return NEURAL_OK;
}

/* Hooks may add and remove hooks while they run: found again by id each time. */
static const neural_hook *hook_after(const neural_hooks *hooks, int64_t id) {
    for (int i = 0; i < hooks->count; i++) {
        if (hooks->hook[i].id > id) {
            return &hooks->hook[i];
        }
    }
    return NULL;
}

neural_status neural_hooks_run(const neural_tensor *tensor, neural_tensor *gradient) {
    const neural_hooks *hooks = neural_tensor_hooks(tensor);
    const neural_hook *hook;
    for (int64_t id = 0; (hook = hook_after(hooks, id)) != NULL;) {
        id = hook->id;
        NEURAL_TRY(hook->function(hook->context, gradient));
    }
    return NEURAL_OK;
}

/* What a tensor's user asked to happen with its gradient. */
#ifndef CORE_AUTOGRAD_HOOKS_H_
#define CORE_AUTOGRAD_HOOKS_H_

#include "core/autograd/tape.h"
#include "core/tensor/storage.h"

typedef struct neural_hook {
    int64_t id; /* increasing along the list */
    neural_grad_hook function;
    void (*release)(void *context); /* or NULL */
    void *context;
} neural_hook;

typedef struct neural_hooks {
    neural_ref ref; /* held by tensor->hooks */
    neural_hook *hook;
    int count, capacity;
    int64_t last_id;
    int retain_grad;
    /* a leaf with hooks, while a backward runs: the sum so far, and the next such leaf */
    neural_tensor *pending;
    const void *queue;
    neural_tensor *next;
} neural_hooks;

static inline neural_hooks *neural_tensor_hooks(const neural_tensor *tensor) {
    return (neural_hooks *)(void *)tensor->hooks;
}

/* Calls every hook with the gradient, in the order of their registration; stops at a failure. */
neural_status neural_hooks_run(const neural_tensor *tensor, neural_tensor *gradient);

#endif /* CORE_AUTOGRAD_HOOKS_H_ */

#include "core/autograd/op_registry.h"

#include "core/autograd/op_list.h"

#include <pthread.h>
#include <string.h>

#define NEURAL_OP(name, inputs, infer, forward, backward, flags)                                   \
    neural_op_infer neural_##infer##_infer;                                                        \
    neural_op_forward neural_##forward##_forward;                                                  \
    neural_op_backward neural_##backward##_backward;
#include "core/autograd/op_list.inc"
#undef NEURAL_OP

const neural_op neural_op_list[NEURAL_OP_ID_COUNT] = {
#define NEURAL_OP(name, inputs, infer, forward, backward, flags)                                   \
    {#name,                                                                                        \
     inputs,                                                                                       \
     neural_##infer##_infer,                                                                       \
     neural_##forward##_forward,                                                                   \
     neural_##backward##_backward,                                                                 \
     flags},
#include "core/autograd/op_list.inc"
#undef NEURAL_OP
};

enum { MAX_REGISTERED = 256 };

static const neural_op *registered[MAX_REGISTERED];
static int registered_count; /* published with release, read with acquire */
static pthread_mutex_t register_lock = PTHREAD_MUTEX_INITIALIZER;

const neural_op *neural_op_find(const char *name) {
    if (!name) {
        return NULL;
    }
    for (int i = 0; i < NEURAL_OP_ID_COUNT; i++) {
        if (strcmp(neural_op_list[i].name, name) == 0) {
            return &neural_op_list[i];
        }
    }
    const int count = __atomic_load_n(&registered_count, __ATOMIC_ACQUIRE);
    for (int i = 0; i < count; i++) {
        if (strcmp(registered[i]->name, name) == 0) {
            return registered[i];
        }
    }
    return NULL;
}

static neural_status register_locked(const neural_op *op) {
    NEURAL_REQUIRE(!neural_op_find(op->name), NEURAL_ERR_INVALID_ARGUMENT,
                   "op_register: an op named %s exists", op->name);
    NEURAL_REQUIRE(registered_count < MAX_REGISTERED, NEURAL_ERR_INVALID_ARGUMENT,
                   "op_register: %s would be op %d, at most %d can be registered", op->name,
                   registered_count + 1, MAX_REGISTERED);
    registered[registered_count] = op;
    __atomic_store_n(&registered_count, registered_count + 1, __ATOMIC_RELEASE);
    return NEURAL_OK;
}

neural_status neural_op_register(const neural_op *op) {
    NEURAL_REQUIRE(op && op->name, NEURAL_ERR_NULL_POINTER, "op_register: op or its name is NULL");
    NEURAL_REQUIRE(op->infer && op->forward, NEURAL_ERR_INVALID_ARGUMENT,
                   "op_register: %s needs both infer and forward", op->name);
    NEURAL_REQUIRE(op->inputs >= 1 && op->inputs <= NEURAL_OP_MAX_INPUTS,
                   NEURAL_ERR_INVALID_ARGUMENT, "op_register: %s has %d inputs, wants 1 to %d",
                   op->name, op->inputs, NEURAL_OP_MAX_INPUTS);
    pthread_mutex_lock(&register_lock);
    const neural_status status = register_locked(op);
    pthread_mutex_unlock(&register_lock);
    return status;
}

#include "core/autograd/node.h"

#include "core/autograd/tape.h"

static int64_t nodes_created; /* also the source of sequence numbers */
static int64_t nodes_destroyed;

/* Releasing a node releases tensors, which release nodes: a list instead of recursion, so that
 * chains of any length can be freed. */
static _Thread_local struct {
    neural_node *first;
    int draining;
} dead;

int64_t neural_node_count(void) {
    const int64_t destroyed = __atomic_load_n(&nodes_destroyed, __ATOMIC_RELAXED);
    return __atomic_load_n(&nodes_created, __ATOMIC_RELAXED) - destroyed;
}

static void node_free(neural_node *node) {
    neural_node_free_saved(node);
    neural_tensor_release(node->grad);
    neural_pool_free(node, sizeof(*node));
    __atomic_fetch_add(&nodes_destroyed, 1, __ATOMIC_RELAXED);
}

static void node_destroy(neural_ref *ref) {
    neural_node *node = (neural_node *)(void *)ref;
    node->next = dead.first;
    dead.first = node;
    if (dead.draining) {
        return;
    }
    dead.draining = 1;
    while ((node = dead.first) != NULL) {
        dead.first = node->next;
        node_free(node);
    }
    dead.draining = 0;
}

neural_node *neural_node_create(const neural_op *op) {
    neural_node *node = neural_pool_alloc(sizeof(*node));
    if (node) {
        node->ref.count = 1;
        node->ref.destroy = node_destroy;
        node->op = op;
        node->sequence = __atomic_fetch_add(&nodes_created, 1, __ATOMIC_RELAXED);
    }
    return node;
}

void neural_node_record(neural_node *node, unsigned needs) {
    neural_op_call *call = &node->call;
    node->needs = (uint8_t)needs;
    for (int i = 0; i < call->inputs; i++) {
        if (call->in[i]) {
            neural_tensor_retain(call->in[i]);
            node->version[i] = neural_tensor_version(call->in[i]);
        }
    }
    node->version[NEURAL_OP_MAX_INPUTS] = neural_tensor_version(call->out);
    call->out->requires_grad = 1;
    call->out->producer = &node->ref;
}

void neural_node_free_saved(neural_node *node) {
    neural_op_call *call = &node->call;
    node->freed = 1;
    for (int i = 0; i < NEURAL_OP_MAX_SAVED; i++) {
        neural_tensor_release(call->saved[i]);
        call->saved[i] = NULL;
    }
    for (int i = 0; i < call->inputs; i++) {
        neural_tensor_release(call->in[i]);
        call->in[i] = NULL;
    }
}

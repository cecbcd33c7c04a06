/* A node of the graph: one recorded op with its inputs and what it saved.
 *
 * Ownership: a node belongs to the tensor it made (tensor->producer, the only reference), and
 * holds its inputs; so call.out is borrowed and lives as long as the node. */
#ifndef CORE_AUTOGRAD_NODE_H_
#define CORE_AUTOGRAD_NODE_H_

#include "core/autograd/op_registry.h"
#include "core/tensor/storage.h"

typedef struct neural_node {
    neural_ref ref;
    struct neural_node *next; /* in the list of the dead */
    const neural_op *op;
    int64_t sequence;    /* order of creation in the process */
    neural_tensor *grad; /* sum of the contributions so far, while a backward runs */
    const void *queue;   /* the backward in whose queue the node waits, or NULL */
    uint32_t version[NEURAL_OP_MAX_INPUTS + 1]; /* of inputs and result when recorded */
    uint8_t needs;                              /* bit i: input i wants a gradient */
    uint8_t freed; /* a backward has given inputs and saved tensors back */
    neural_op_call call;
} neural_node;

/* A zeroed node with one reference and the next sequence number; NULL on failure. */
neural_node *neural_node_create(const neural_op *op);

/* Retains the inputs, notes all versions and makes the node the producer of call.out. */
void neural_node_record(neural_node *node, unsigned needs);

/* Gives inputs and saved tensors back; the node can no longer run backward. */
void neural_node_free_saved(neural_node *node);

/* The node that computed tensor, NULL for a leaf. */
static inline neural_node *neural_tensor_node(const neural_tensor *tensor) {
    return (neural_node *)(void *)tensor->producer;
}

#endif /* CORE_AUTOGRAD_NODE_H_ */

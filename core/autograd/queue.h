/* The nodes whose gradient has begun to arrive, newest first.
 *
 * A consumer is always newer than what it consumes, so when the newest waiting node is taken, every
 * contribution to its gradient has arrived. */
#ifndef CORE_AUTOGRAD_QUEUE_H_
#define CORE_AUTOGRAD_QUEUE_H_

#include "core/autograd/node.h"

enum { NEURAL_NODE_QUEUE_INLINE = 32 };

typedef struct neural_node_queue {
    neural_node **node; /* binary heap by sequence */
    int64_t count, capacity;
    neural_block *block; /* storage beyond the inline array */
    neural_node *inline_node[NEURAL_NODE_QUEUE_INLINE];
} neural_node_queue;

void neural_node_queue_init(neural_node_queue *queue);

/* Adds a node that is in no queue and keeps its result alive. */
neural_status neural_node_queue_push(neural_node_queue *queue, neural_node *node);

/* The newest node, or NULL; the caller releases node->call.out when done with the node. */
neural_node *neural_node_queue_pop(neural_node_queue *queue);

/* Drops what still waits, with its gradients. */
void neural_node_queue_clear(neural_node_queue *queue);

#endif /* CORE_AUTOGRAD_QUEUE_H_ */

#include "core/autograd/queue.h"

#include <string.h>

void neural_node_queue_init(neural_node_queue *queue) {
    queue->node = queue->inline_node;
    queue->count = 0;
    queue->capacity = NEURAL_NODE_QUEUE_INLINE;
    queue->block = NULL;
}

static neural_status queue_grow(neural_node_queue *queue) {
    const size_t bytes = (size_t)queue->capacity * sizeof(*queue->node);
    neural_block *block = neural_block_create(2 * bytes);
    if (!block) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    memcpy(neural_block_data(block), queue->node, bytes);
    neural_block_release(queue->block);
    queue->block = block;
    queue->node = neural_block_data(block);
    queue->capacity *= 2;
    return NEURAL_OK;
}

neural_status neural_node_queue_push(neural_node_queue *queue, neural_node *node) {
    if (queue->count == queue->capacity) {
        NEURAL_TRY(queue_grow(queue));
    }
    int64_t at = queue->count++;
    while (at > 0 && queue->node[(at - 1) / 2]->sequence < node->sequence) {
        queue->node[at] = queue->node[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    queue->node[at] = node;
    node->queue = queue;
    neural_tensor_retain(node->call.out);
    return NEURAL_OK;
}

neural_node *neural_node_queue_pop(neural_node_queue *queue) {
    if (queue->count == 0) {
        return NULL;
    }
    neural_node *newest = queue->node[0];
    neural_node *last = queue->node[--queue->count];
    int64_t at = 0;
    for (int64_t child = 1; child < queue->count; child = 2 * at + 1) {
        if (child + 1 < queue->count &&
            queue->node[child + 1]->sequence > queue->node[child]->sequence) {
            child++;
        }
        if (queue->node[child]->sequence < last->sequence) {
            break;
        }
        queue->node[at] = queue->node[child];
        at = child;
    }
    queue->node[at] = last;
    newest->queue = NULL;
    return newest;
}

void neural_node_queue_clear(neural_node_queue *queue) {
    while (queue->count > 0) {
        neural_node *node = queue->node[--queue->count];
        neural_tensor_release(node->grad);
        node->grad = NULL;
        node->queue = NULL;
        neural_tensor_release(node->call.out);
    }
    neural_block_release(queue->block);
    queue->block = NULL;
}

/* The engine: carries gradients from a root to the leaves.
 *
 * The gradient of an input is collected in its slot: node->grad of a computed tensor, ->grad of a
 * leaf, hooks->pending of a leaf with hooks. The first contribution becomes the slot's tensor,
 * later ones are added, in decreasing order of the nodes' creation. */
#include "core/asm/kernel_table.h"
#include "core/autograd/hooks.h"
#include "core/autograd/queue.h"
#include "core/autograd/tape.h"
#include "core/base/threads.h"

typedef struct engine {
    neural_node_queue queue;
    neural_tensor *first_pending; /* leaves with hooks, in the order of their first contribution */
    neural_tensor *last_pending;
    int retain_graph;
} engine;

typedef struct addition {
    neural_tensor *dst;
    const neural_tensor *src;
} addition;

static void add_range(void *context, int64_t begin, int64_t end) {
    const addition *add = context;
    const neural_kernel_table *kernels = neural_kernels();
    if (add->dst->dtype == NEURAL_DTYPE_F32) {
        float *dst = neural_tensor_f32(add->dst) + begin;
        kernels->add_f32(dst, dst, neural_tensor_f32(add->src) + begin, end - begin);
    } else {
        double *dst = neural_tensor_f64(add->dst) + begin;
        kernels->add_f64(dst, dst, neural_tensor_f64(add->src) + begin, end - begin);
    }
}

/* *slot += contribution, whose reference is taken over. */
static void slot_add(neural_tensor **slot, neural_tensor *contribution) {
    if (*slot) {
        addition add = {*slot, contribution};
        neural_parallel_for(contribution->len, 1 << 15, add_range, &add);
        neural_tensor_release(contribution);
    } else {
        *slot = contribution;
    }
}

static neural_tensor **slot_of(neural_tensor *tensor) {
    if (tensor->producer) {
        return &neural_tensor_node(tensor)->grad;
    }
    neural_hooks *hooks = neural_tensor_hooks(tensor);
    return hooks && (hooks->count > 0 || hooks->queue) ? &hooks->pending : &tensor->grad;
}

static neural_status wait_for_leaf(engine *e, neural_tensor *tensor) {
    neural_hooks *hooks = neural_tensor_hooks(tensor);
    if (!hooks || hooks->count == 0 || hooks->queue == e) {
        return NEURAL_OK;
    }
    NEURAL_REQUIRE(!hooks->queue, NEURAL_ERR_INVALID_ARGUMENT,
                   "backward: another backward is collecting the gradient of this leaf");
    hooks->queue = e;
    neural_tensor_retain(tensor);
    if (e->last_pending) {
        neural_tensor_hooks(e->last_pending)->next = tensor;
    } else {
        e->first_pending = tensor;
    }
    e->last_pending = tensor;
    return NEURAL_OK;
}

/* Makes sure that somebody will look at tensor's slot. */
static neural_status expect(engine *e, neural_tensor *tensor) {
    if (!tensor->producer) {
        return wait_for_leaf(e, tensor);
    }
    neural_node *node = neural_tensor_node(tensor);
    if (node->queue == &e->queue) {
        return NEURAL_OK;
    }
    NEURAL_REQUIRE(!node->queue, NEURAL_ERR_INVALID_ARGUMENT,
                   "backward: %s: another backward is running through this node", node->op->name);
    return neural_node_queue_push(&e->queue, node);
}

static void forget_grads(neural_op_call *call, unsigned own) {
    for (int i = 0; i < call->inputs; i++) {
        if (own >> i & 1) {
            neural_tensor_release(call->grad_in[i]);
        }
        call->grad_in[i] = NULL;
        call->accumulate[i] = 0;
    }
    call->grad_out = NULL;
}

/* Sets grad_in of every input that wants one: the slot itself where the op can add to it, else a
 * new tensor. *own: bit i when grad_in[i] is such a tensor. */
static neural_status place_grads(const neural_node *node, neural_op_call *call, unsigned *own) {
    for (int i = 0; i < call->inputs; i++) {
        if (!(node->needs >> i & 1)) {
            continue;
        }
        neural_tensor *slot = *slot_of(call->in[i]);
        if (slot && node->op->flags & NEURAL_OP_ACCUMULATES) {
            call->grad_in[i] = slot;
            call->accumulate[i] = 1;
            continue;
        }
        NEURAL_TRY(
            neural_tensor_like_shape(&call->in[i]->shape, call->in[i]->dtype, &call->grad_in[i]));
        *own |= 1u << i;
    }
    return NEURAL_OK;
}

/* Hands the computed gradients to their slots. */
static neural_status settle_grads(engine *e, const neural_node *node, neural_op_call *call,
                                  unsigned *own) {
    for (int i = 0; i < call->inputs; i++) {
        if (!(node->needs >> i & 1)) {
            continue;
        }
        NEURAL_TRY(expect(e, call->in[i]));
        if (*own >> i & 1) {
            slot_add(slot_of(call->in[i]), call->grad_in[i]);
            *own &= ~(1u << i);
        }
        if (!call->in[i]->producer && call->in[i]->grad) {
            neural_tensor_touch(call->in[i]->grad);
        }
    }
    return NEURAL_OK;
}

static neural_status check_version(const neural_node *node, const neural_tensor *tensor,
                                   uint32_t version, const char *role) {
    char text[NEURAL_SHAPE_TEXT];
    const uint32_t now = neural_tensor_version(tensor);
    NEURAL_REQUIRE(now == version, NEURAL_ERR_INVALID_ARGUMENT,
                   "backward: %s: its %s %s was written in place after it was saved (version %u, "
                   "now %u)",
                   node->op->name, role, neural_shape_text(&tensor->shape, text, sizeof(text)),
                   version, now);
    return NEURAL_OK;
}

static neural_status check_node(const neural_node *node) {
    static const char *const roles[NEURAL_OP_MAX_INPUTS] = {
        "input 0", "input 1", "input 2", "input 3", "input 4", "input 5", "input 6", "input 7"};
    NEURAL_REQUIRE(!node->freed, NEURAL_ERR_INVALID_ARGUMENT,
                   "backward: %s: what it saved was freed by an earlier backward, which should "
                   "have been told to retain the graph",
                   node->op->name);
    for (int i = 0; i < node->call.inputs; i++) {
        if (node->call.in[i]) {
            NEURAL_TRY(check_version(node, node->call.in[i], node->version[i], roles[i]));
        }
    }
    return check_version(node, node->call.out, node->version[NEURAL_OP_MAX_INPUTS], "result");
}

static neural_status run_node(engine *e, neural_node *node, neural_tensor *grad) {
    neural_op_call *call = &node->call;
    unsigned own = 0;
    call->grad_out = grad;
    neural_status status = place_grads(node, call, &own);
    if (!status) {
        status = node->op->backward(call);
    }
    if (!status) {
        status = settle_grads(e, node, call, &own);
    }
    forget_grads(call, own);
    return status;
}

/* Lets the tensor's user see its finished gradient. */
static neural_status show_grad(neural_tensor *tensor, neural_tensor *grad) {
    const neural_hooks *hooks = neural_tensor_hooks(tensor);
    NEURAL_TRY(neural_hooks_run(tensor, grad));
    if (hooks->retain_grad) {
        neural_tensor *copy = NULL;
        NEURAL_TRY(neural_tensor_clone(grad, &copy));
        slot_add(&tensor->grad, copy);
    }
    return NEURAL_OK;
}

static neural_status visit(engine *e, neural_node *node) {
    neural_tensor *out = node->call.out;
    neural_tensor *grad = node->grad;
    node->grad = NULL;
    neural_status status = check_node(node);
    if (!status && out->hooks) {
        status = show_grad(out, grad);
    }
    if (!status) {
        status = run_node(e, node, grad);
    }
    if (!status && !e->retain_graph) {
        neural_node_free_saved(node);
    }
    neural_tensor_release(grad);
    neural_tensor_release(out);
    return status;
}

/* Runs the hooks of the leaves that have some; on failure only takes the list apart. */
static neural_status finish_leaves(engine *e, neural_status status) {
    for (neural_tensor *leaf = e->first_pending, *next; leaf; leaf = next) {
        neural_hooks *hooks = neural_tensor_hooks(leaf);
        neural_tensor *grad = hooks->pending;
        next = hooks->next;
        hooks->pending = NULL;
        hooks->next = NULL;
        hooks->queue = NULL;
        if (!status && grad) {
            status = neural_hooks_run(leaf, grad);
        }
        if (!status && grad) {
            slot_add(&leaf->grad, grad);
        } else {
            neural_tensor_release(grad);
        }
        neural_tensor_release(leaf);
    }
    return status;
}

/* Takes over the reference to grad. */
static neural_status run(engine *e, neural_tensor *root, neural_tensor *grad) {
    neural_status status = expect(e, root);
    if (status) {
        neural_tensor_release(grad);
        return status;
    }
    slot_add(slot_of(root), grad);
    for (neural_node *node; !status && (node = neural_node_queue_pop(&e->queue)) != NULL;) {
        status = visit(e, node);
    }
    return status;
}

static neural_status seed_of(const neural_tensor *root, const neural_tensor *grad,
                             neural_tensor **out) {
    char want[NEURAL_SHAPE_TEXT], found[NEURAL_SHAPE_TEXT];
    if (!grad) {
        NEURAL_REQUIRE(root->len == 1, NEURAL_ERR_SHAPE_MISMATCH,
                       "backward: the root is %s; without a gradient it must have one element",
                       neural_shape_text(&root->shape, want, sizeof(want)));
        NEURAL_TRY(neural_tensor_like_shape(&root->shape, root->dtype, out));
        if (root->dtype == NEURAL_DTYPE_F32) {
            neural_tensor_f32(*out)[0] = 1;
        } else {
            neural_tensor_f64(*out)[0] = 1;
        }
        return NEURAL_OK;
    }
    NEURAL_REQUIRE(neural_shape_equal(&root->shape, &grad->shape), NEURAL_ERR_SHAPE_MISMATCH,
                   "backward: the root is %s, the gradient %s",
                   neural_shape_text(&root->shape, want, sizeof(want)),
                   neural_shape_text(&grad->shape, found, sizeof(found)));
    NEURAL_REQUIRE(root->dtype == grad->dtype, NEURAL_ERR_DTYPE_MISMATCH,
                   "backward: the root is %s, the gradient %s", neural_dtype_name(root->dtype),
                   neural_dtype_name(grad->dtype));
    return neural_tensor_clone(grad, out);
}

neural_status neural_backward(neural_tensor *root, neural_tensor *grad, int retain_graph) {
    NEURAL_REQUIRE(root, NEURAL_ERR_NULL_POINTER, "backward: root is NULL");
    NEURAL_REQUIRE(root->requires_grad, NEURAL_ERR_INVALID_ARGUMENT,
                   "backward: the root does not require a gradient and was not computed from a "
                   "tensor that does");
    neural_tensor *seed = NULL;
    NEURAL_TRY(seed_of(root, grad, &seed));
    engine e = {.retain_graph = retain_graph};
    neural_node_queue_init(&e.queue);
    const neural_fp_state state = neural_fp_enter();
    const int recording = neural_set_grad_enabled(0);
    const neural_status status = finish_leaves(&e, run(&e, root, seed));
    neural_node_queue_clear(&e.queue);
    neural_set_grad_enabled(recording);
    neural_fp_leave(state);
    return status;
}

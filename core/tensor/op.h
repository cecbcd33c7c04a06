/* The calling frame of every numeric op: forward and backward as plain functions on tensors.
 *
 * The arithmetic of each op stands in one file of this package, forward and backward side by side
 * with the formula above each. core/autograd binds them to names in its op list. */
#ifndef CORE_TENSOR_OP_H_
#define CORE_TENSOR_OP_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NEURAL_OP_MAX_INPUTS 8
#define NEURAL_OP_MAX_SAVED 2

/* Numbers that are part of an op's meaning; each op documents which it reads. */
typedef struct neural_op_attrs {
    double scalar[2];    /* alpha, beta ... */
    int64_t integer[12]; /* axis, keepdim, trans flags, activation ... */
    neural_shape shape;  /* reshape, expand; slice keeps start/count/step in integer */
    uint64_t seed, step; /* dropout */
    void *context;       /* registered user ops */
} neural_op_attrs;

typedef struct neural_op_call {
    const char *name; /* for messages */
    int inputs;
    neural_tensor *in[NEURAL_OP_MAX_INPUTS]; /* NULL = optional input absent */
    neural_tensor *out;
    neural_op_attrs attrs;
    /* What forward keeps for backward beyond in and out (a mask, a softmax); owned by the call. */
    neural_tensor *saved[NEURAL_OP_MAX_SAVED];
    /* backward: gradient of out (contiguous), and where to put those of the inputs. grad_in[i] is
     * NULL when input i needs none; it is contiguous, of input i's shape; backward adds to it when
     * accumulate[i] is set, else overwrites it. */
    neural_tensor *grad_out;
    neural_tensor *grad_in[NEURAL_OP_MAX_INPUTS];
    uint8_t accumulate[NEURAL_OP_MAX_INPUTS];
} neural_op_call;

/* infer checks dtypes and shapes and computes the shape of out. forward writes out (allocated,
 * contiguous); a view op (flag in the op list) sets call->out itself in forward. */
typedef neural_status neural_op_infer(const neural_op_call *call, neural_shape *out);
typedef neural_status neural_op_forward(neural_op_call *call);
typedef neural_status neural_op_backward(neural_op_call *call);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_OP_H_ */

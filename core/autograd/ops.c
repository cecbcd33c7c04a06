#include "core/autograd/ops.h"

#include <string.h>

#include "core/autograd/op_list.h"

static neural_status apply1(neural_op_id id, neural_tensor *x, const neural_op_attrs *attrs,
                            neural_tensor **out) {
    return neural_op_apply(&neural_op_list[id], &x, attrs, out);
}

static neural_status apply2(neural_op_id id, neural_tensor *lhs, neural_tensor *rhs,
                            neural_tensor **out) {
    neural_tensor *const inputs[] = {lhs, rhs};
    return neural_op_apply(&neural_op_list[id], inputs, NULL, out);
}

/* Ops whose only arguments are tensors. */
#define UNARY(name)                                                                                \
    neural_status neural_##name(neural_tensor *x, neural_tensor **out) {                           \
        return apply1(NEURAL_OP_ID_##name, x, NULL, out);                                          \
    }
#define BINARY(name)                                                                               \
    neural_status neural_##name(neural_tensor *lhs, neural_tensor *rhs, neural_tensor **out) {     \
        return apply2(NEURAL_OP_ID_##name, lhs, rhs, out);                                         \
    }
#define REDUCTION(name)                                                                            \
    neural_status neural_##name(neural_tensor *x, int axis, int keepdim, neural_tensor **out) {    \
        return apply1(NEURAL_OP_ID_##name, x, &(neural_op_attrs){.integer = {axis, keepdim}},      \
                      out);                                                                        \
    }

BINARY(add)
BINARY(sub)
BINARY(mul)
BINARY(div)
BINARY(maximum)
BINARY(minimum)
BINARY(matmul)
BINARY(mse_loss)
BINARY(bce_loss)
BINARY(bce_with_logits_loss)

UNARY(neg)
UNARY(abs)
UNARY(square)
UNARY(sqrt)
UNARY(exp)
UNARY(log)
UNARY(relu)
UNARY(sigmoid)
UNARY(tanh)
UNARY(gelu)
UNARY(gelu_tanh)
UNARY(silu)
UNARY(selu)
UNARY(mish)
UNARY(hardswish)
UNARY(hardsigmoid)
UNARY(softplus)

REDUCTION(sum)
REDUCTION(mean)
REDUCTION(max)
REDUCTION(min)

neural_status neural_affine(neural_tensor *x, double alpha, double beta, neural_tensor **out) {
    return apply1(NEURAL_OP_ID_affine, x, &(neural_op_attrs){.scalar = {alpha, beta}}, out);
}

neural_status neural_leaky_relu(neural_tensor *x, double alpha, neural_tensor **out) {
    return apply1(NEURAL_OP_ID_leaky_relu, x, &(neural_op_attrs){.scalar = {alpha}}, out);
}

neural_status neural_elu(neural_tensor *x, double alpha, neural_tensor **out) {
    return apply1(NEURAL_OP_ID_elu, x, &(neural_op_attrs){.scalar = {alpha}}, out);
}

neural_status neural_hardtanh(neural_tensor *x, double low, double high, neural_tensor **out) {
    return apply1(NEURAL_OP_ID_hardtanh, x, &(neural_op_attrs){.scalar = {low, high}}, out);
}

neural_status neural_dropout(neural_tensor *x, double p, uint64_t seed, uint64_t step,
                             neural_tensor **out) {
    const neural_op_attrs attrs = {.scalar = {p}, .seed = seed, .step = step};
    return apply1(NEURAL_OP_ID_dropout, x, &attrs, out);
}

neural_status neural_dropout2d(neural_tensor *x, double p, uint64_t seed, uint64_t step,
                             neural_tensor **out) {
    const neural_op_attrs attrs = {.scalar = {p}, .seed = seed, .step = step};
    return apply1(NEURAL_OP_ID_dropout2d, x, &attrs, out);
}

neural_status neural_softmax(neural_tensor *x, int axis, neural_tensor **out) {
    return apply1(NEURAL_OP_ID_softmax, x, &(neural_op_attrs){.integer = {axis}}, out);
}

neural_status neural_log_softmax(neural_tensor *x, int axis, neural_tensor **out) {
    return apply1(NEURAL_OP_ID_log_softmax, x, &(neural_op_attrs){.integer = {axis}}, out);
}

static neural_status linear(neural_tensor *x, neural_tensor *weight, neural_tensor *bias, int relu,
                            neural_tensor **out) {
    neural_tensor *const inputs[] = {x, weight, bias};
    const neural_op_attrs attrs = {.integer = {relu}};
    return neural_op_apply(&neural_op_list[NEURAL_OP_ID_linear], inputs, &attrs, out);
}

neural_status neural_linear(neural_tensor *x, neural_tensor *weight, neural_tensor *bias,
                            neural_tensor **out) {
    return linear(x, weight, bias, 0, out);
}

neural_status neural_linear_relu(neural_tensor *x, neural_tensor *weight, neural_tensor *bias,
                                 neural_tensor **out) {
    return linear(x, weight, bias, 1, out);
}

/* An op whose attribute is a list of sizes; the op checks the sizes themselves. */
static neural_status apply_dims(neural_op_id id, neural_tensor *x, int ndim, const int64_t *dims,
                                neural_tensor **out) {
    const char *name = neural_op_list[id].name;
    NEURAL_REQUIRE(ndim >= 0 && ndim <= NEURAL_MAX_DIMS, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: %d dimensions, want 0 to %d", name, ndim, NEURAL_MAX_DIMS);
    NEURAL_REQUIRE(dims || ndim == 0, NEURAL_ERR_NULL_POINTER, "%s: dims is NULL", name);
    neural_op_attrs attrs = {.shape = {.ndim = ndim}};
    if (ndim) {
        memcpy(attrs.shape.dim, dims, (size_t)ndim * sizeof(*dims));
    }
    return apply1(id, x, &attrs, out);
}

neural_status neural_reshape(neural_tensor *x, int ndim, const int64_t *dims, neural_tensor **out) {
    return apply_dims(NEURAL_OP_ID_reshape, x, ndim, dims, out);
}

neural_status neural_expand(neural_tensor *x, int ndim, const int64_t *dims, neural_tensor **out) {
    return apply_dims(NEURAL_OP_ID_expand, x, ndim, dims, out);
}

neural_status neural_permute(neural_tensor *x, const int *order, neural_tensor **out) {
    NEURAL_REQUIRE(x, NEURAL_ERR_NULL_POINTER, "permute: input 0 is NULL");
    const int ndim = neural_tensor_ndim(x);
    NEURAL_REQUIRE(order || ndim == 0, NEURAL_ERR_NULL_POINTER, "permute: order is NULL");
    int64_t dims[NEURAL_MAX_DIMS];
    for (int i = 0; i < ndim; i++) {
        dims[i] = order[i];
    }
    return apply_dims(NEURAL_OP_ID_permute, x, ndim, dims, out);
}

neural_status neural_transpose(neural_tensor *x, int dim0, int dim1, neural_tensor **out) {
    NEURAL_REQUIRE(x, NEURAL_ERR_NULL_POINTER, "transpose: input 0 is NULL");
    const int ndim = neural_tensor_ndim(x);
    NEURAL_REQUIRE(dim0 >= -ndim && dim0 < ndim && dim1 >= -ndim && dim1 < ndim,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "transpose: dimensions %d and %d of a tensor with %d", dim0, dim1, ndim);
    int64_t dims[NEURAL_MAX_DIMS];
    for (int i = 0; i < ndim; i++) {
        dims[i] = i;
    }
    dim0 += dim0 < 0 ? ndim : 0;
    dim1 += dim1 < 0 ? ndim : 0;
    dims[dim0] = dim1;
    dims[dim1] = dim0;
    return apply_dims(NEURAL_OP_ID_permute, x, ndim, dims, out);
}

neural_status neural_slice(neural_tensor *x, int dim, int64_t start, int64_t count, int64_t step,
                           neural_tensor **out) {
    const neural_op_attrs attrs = {.integer = {dim, start, count, step}};
    return apply1(NEURAL_OP_ID_slice, x, &attrs, out);
}

neural_status neural_cross_entropy_loss(neural_tensor *logits, neural_tensor *target,
                                        neural_tensor **out) {
    neural_tensor *const inputs[] = {logits, target, NULL};
    return neural_op_apply(&neural_op_list[NEURAL_OP_ID_cross_entropy_loss], inputs, NULL, out);
}

#include "core/autograd/tape.h"

#include "core/autograd/node.h"

neural_status neural_tensor_set_requires_grad(neural_tensor *tensor, int requires_grad) {
    NEURAL_REQUIRE(tensor, NEURAL_ERR_NULL_POINTER, "set_requires_grad: tensor is NULL");
    NEURAL_REQUIRE(!tensor->producer || requires_grad, NEURAL_ERR_INVALID_ARGUMENT,
                   "set_requires_grad: the tensor was computed by a recorded op; detach it");
    NEURAL_REQUIRE(!requires_grad || neural_dtype_is_float(tensor->dtype),
                   NEURAL_ERR_DTYPE_MISMATCH,
                   "set_requires_grad: a gradient needs dtype f32 or f64, the tensor is %s",
                   neural_dtype_name(tensor->dtype));
    tensor->requires_grad = requires_grad != 0;
    return NEURAL_OK;
}

int neural_tensor_requires_grad(const neural_tensor *tensor) {
    return tensor->requires_grad;
}

int neural_tensor_is_leaf(const neural_tensor *tensor) {
    return !tensor->producer;
}

const char *neural_tensor_producer_name(const neural_tensor *tensor) {
    return tensor->producer ? neural_tensor_node(tensor)->op->name : NULL;
}

neural_tensor *neural_tensor_grad(const neural_tensor *tensor) {
    return tensor->grad;
}

static neural_status check_grad(const neural_tensor *tensor, const neural_tensor *grad) {
    char want[NEURAL_SHAPE_TEXT], found[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(neural_shape_equal(&tensor->shape, &grad->shape), NEURAL_ERR_SHAPE_MISMATCH,
                   "set_grad: the tensor is %s, the gradient %s",
                   neural_shape_text(&tensor->shape, want, sizeof(want)),
                   neural_shape_text(&grad->shape, found, sizeof(found)));
    NEURAL_REQUIRE(tensor->dtype == grad->dtype, NEURAL_ERR_DTYPE_MISMATCH,
                   "set_grad: the tensor is %s, the gradient %s", neural_dtype_name(tensor->dtype),
                   neural_dtype_name(grad->dtype));
    NEURAL_REQUIRE(grad->contiguous, NEURAL_ERR_INVALID_ARGUMENT,
                   "set_grad: the gradient is not contiguous");
    return NEURAL_OK;
}

neural_status neural_tensor_set_grad(neural_tensor *tensor, neural_tensor *grad) {
    NEURAL_REQUIRE(tensor, NEURAL_ERR_NULL_POINTER, "set_grad: tensor is NULL");
    if (grad) {
        NEURAL_TRY(check_grad(tensor, grad));
    }
    neural_tensor *old = tensor->grad;
    tensor->grad = neural_tensor_retain(grad);
    neural_tensor_release(old);
    return NEURAL_OK;
}

neural_status neural_tensor_detach(neural_tensor *tensor, neural_tensor **out) {
    NEURAL_REQUIRE(tensor && out, NEURAL_ERR_NULL_POINTER, "detach: tensor or out is NULL");
    return neural_tensor_alias(tensor, &tensor->shape, tensor->strides, 0, out);
}

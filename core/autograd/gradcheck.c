#include "core/autograd/gradcheck.h"

#include <math.h>

#include "core/autograd/tape.h"
#include "core/tensor/storage.h"

static const neural_gradcheck_args DEFAULTS = {1e-6, 1e-5, 1e-3};
enum { WEIGHT_SEED = 20 };

typedef struct check {
    neural_grad_function function;
    void *context;
    neural_tensor *const *inputs;
    int count;
    neural_gradcheck_args args;
    neural_tensor *weights; /* of the result's shape */
    double worst;
} check;

static neural_status check_args(const check *c) {
    int wanted = 0;
    for (int i = 0; i < c->count; i++) {
        NEURAL_REQUIRE(c->inputs[i], NEURAL_ERR_NULL_POINTER, "gradcheck: input %d is NULL", i);
        if (!c->inputs[i]->requires_grad) {
            continue;
        }
        NEURAL_REQUIRE(c->inputs[i]->dtype == NEURAL_DTYPE_F64, NEURAL_ERR_DTYPE_MISMATCH,
                       "gradcheck: input %d is %s, want f64", i,
                       neural_dtype_name(c->inputs[i]->dtype));
        wanted++;
    }
    NEURAL_REQUIRE(wanted, NEURAL_ERR_INVALID_ARGUMENT, "gradcheck: no input requires a gradient");
    return NEURAL_OK;
}

/* The gradients of sum(weights * f(inputs)) in the inputs' .grad, which are NULL before. */
static neural_status differentiate(check *c) {
    neural_tensor *out = NULL;
    NEURAL_TRY(c->function(c->context, c->inputs, c->count, &out));
    neural_status status = neural_tensor_like_shape(&out->shape, out->dtype, &c->weights);
    if (!status) {
        status = neural_tensor_fill_uniform(c->weights, WEIGHT_SEED, -1, 1);
    }
    if (!status && out->dtype != NEURAL_DTYPE_F64) {
        status = neural_error(NEURAL_ERR_DTYPE_MISMATCH, "gradcheck: the result is %s, want f64",
                              neural_dtype_name(out->dtype));
    }
    if (!status) {
        status = neural_backward(out, c->weights, 0);
    }
    neural_tensor_release(out);
    return status;
}

/* sum(weights * f(inputs)) */
static neural_status evaluate(const check *c, double *sum) {
    neural_tensor *out = NULL, *dense = NULL;
    NEURAL_TRY(c->function(c->context, c->inputs, c->count, &out));
    neural_status status = neural_tensor_contiguous(out, &dense);
    if (!status && !neural_shape_equal(&dense->shape, &c->weights->shape)) {
        status = neural_error(NEURAL_ERR_SHAPE_MISMATCH,
                              "gradcheck: the function returns different shapes");
    }
    *sum = 0;
    for (int64_t i = 0; !status && i < dense->len; i++) {
        *sum += neural_tensor_f64(c->weights)[i] * neural_tensor_f64(dense)[i];
    }
    neural_tensor_release(dense);
    neural_tensor_release(out);
    return status;
}

static double *element_of(const neural_tensor *tensor, int64_t index) {
    int64_t offset = 0;
    for (int i = tensor->shape.ndim - 1; i >= 0; i--) {
        offset += index % tensor->shape.dim[i] * tensor->strides[i];
        index /= tensor->shape.dim[i];
    }
    return neural_tensor_f64(tensor) + offset;
}

/* (f(x + epsilon) - f(x - epsilon)) / 2 epsilon */
static neural_status difference(const check *c, double *element, double *out) {
    const double x = *element, step = c->args.epsilon;
    double above = 0, below = 0;
    *element = x + step;
    neural_status status = evaluate(c, &above);
    *element = x - step;
    if (!status) {
        status = evaluate(c, &below);
    }
    *element = x;
    *out = (above - below) / (2 * step);
    return status;
}

static neural_status compare_input(check *c, int input) {
    const neural_tensor *x = c->inputs[input];
    for (int64_t i = 0; i < x->len; i++) {
        const double analytic = x->grad ? neural_tensor_f64(x->grad)[i] : 0;
        double numeric;
        NEURAL_TRY(difference(c, element_of(x, i), &numeric));
        const double error =
            fabs(analytic - numeric) / (c->args.atol + c->args.rtol * fabs(numeric));
        c->worst = error > c->worst ? error : c->worst;
        NEURAL_REQUIRE(error <= 1, NEURAL_ERR_GRAD_CHECK,
                       "gradcheck: input %d, element %lld: backward gives %.10g, differences %.10g",
                       input, (long long)i, analytic, numeric);
    }
    return NEURAL_OK;
}

static neural_status compare(check *c) {
    const int recording = neural_set_grad_enabled(1);
    neural_status status = differentiate(c);
    neural_set_grad_enabled(0);
    for (int i = 0; i < c->count && !status; i++) {
        if (c->inputs[i]->requires_grad) {
            status = compare_input(c, i);
        }
    }
    neural_set_grad_enabled(recording);
    neural_tensor_release(c->weights);
    return status;
}

enum { MAX_INPUTS = 64 };

neural_status neural_gradcheck(neural_grad_function function, void *context,
                               neural_tensor *const *inputs, int count,
                               const neural_gradcheck_args *args, double *max_error) {
    NEURAL_REQUIRE(function && inputs, NEURAL_ERR_NULL_POINTER,
                   "gradcheck: function or inputs is NULL");
    NEURAL_REQUIRE(count >= 1 && count <= MAX_INPUTS, NEURAL_ERR_INVALID_ARGUMENT,
                   "gradcheck: %d inputs, want 1 to %d", count, MAX_INPUTS);
    check c = {function, context, inputs, count, args ? *args : DEFAULTS, NULL, 0};
    c.args.epsilon = c.args.epsilon > 0 ? c.args.epsilon : DEFAULTS.epsilon;
    c.args.atol = c.args.atol > 0 ? c.args.atol : DEFAULTS.atol;
    c.args.rtol = c.args.rtol > 0 ? c.args.rtol : DEFAULTS.rtol;
    NEURAL_TRY(check_args(&c));
    neural_tensor *before[MAX_INPUTS];
    for (int i = 0; i < count; i++) {
        before[i] = inputs[i]->grad;
        inputs[i]->grad = NULL;
    }
    const neural_status status = compare(&c);
    for (int i = count - 1; i >= 0; i--) {
        neural_tensor_release(inputs[i]->grad);
        inputs[i]->grad = before[i];
    }
    if (max_error) {
        *max_error = c.worst;
    }
    return status;
}

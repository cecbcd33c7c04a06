#include <math.h>

#include "core/autograd/gradcheck.h"
#include "core/autograd/gradcheck_cases.h"
#include "core/autograd/ops.h"
#include "core/autograd/tape.h"
#include "core/base/random.h"
#include "core/tensor/storage.h"

static const double KINK_DISTANCE = 0.01;

/* Distinct values spread over the domain, in a random order; no two inputs share one. */
static void fill_values(const neural_gradcheck_case *test, int input, neural_tensor *tensor) {
    const neural_random stream = {(uint64_t)test->op, NEURAL_RANDOM_USER, (uint64_t)input};
    double *value = neural_tensor_f64(tensor);
    const double step = (test->high - test->low) / (double)tensor->len;
    for (int64_t i = 0; i < tensor->len; i++) {
        value[i] = test->low + step * ((double)i + 0.3 + 0.17 * input);
        for (int j = 0; j < 2 && test->has_kinks; j++) {
            if (fabs(value[i] - test->kink[j]) < KINK_DISTANCE) {
                value[i] = test->kink[j] + KINK_DISTANCE;
            }
        }
    }
    for (int64_t i = tensor->len - 1; i > 0; i--) {
        const int64_t other = (int64_t)neural_random_below(&stream, (uint64_t)i, (uint64_t)i + 1);
        const double held = value[i];
        value[i] = value[other];
        value[other] = held;
    }
}

static void fill_labels(const neural_gradcheck_case *test, neural_tensor *tensor) {
    int64_t *label = (int64_t *)(void *)tensor->data;
    for (int64_t i = 0; i < tensor->len; i++) {
        label[i] = (i * 3 + 1) % test->classes;
    }
}

static neural_shape shape_of(const neural_gradcheck_shape *shape) {
    neural_shape full = {.ndim = shape->ndim};
    for (int i = 0; i < shape->ndim; i++) {
        full.dim[i] = shape->dim[i];
    }
    return full;
}

static neural_op_attrs attrs_of(const neural_gradcheck_attrs *attrs) {
    neural_op_attrs full = {.scalar = {attrs->scalar[0], attrs->scalar[1]},
                            .shape = shape_of(&attrs->shape),
                            .seed = attrs->seed};
    for (size_t i = 0; i < sizeof attrs->integer; i++) {
        full.integer[i] = attrs->integer[i];
    }
    return full;
}

static neural_status make_input(const neural_gradcheck_case *test, int input, neural_tensor **out) {
    const int labels = test->classes && input == 1;
    const neural_shape shape = shape_of(&test->in[input]);
    NEURAL_TRY(neural_tensor_like_shape(&shape, labels ? NEURAL_DTYPE_I64 : NEURAL_DTYPE_F64, out));
    if (labels) {
        fill_labels(test, *out);
        return NEURAL_OK;
    }
    fill_values(test, input, *out);
    if (test->constant_last && input == 2) {
        return NEURAL_OK;
    }
    return neural_tensor_set_requires_grad(*out, 1);
}

typedef struct op_call {
    const neural_gradcheck_case *test;
    int twice; /* the result is added to itself, computed anew: gradients accumulate */
} op_call;

static neural_status apply_op(void *context, neural_tensor *const *inputs, int count,
                              neural_tensor **out) {
    const op_call *call = context;
    const neural_op *op = &neural_op_list[call->test->op];
    const neural_op_attrs attrs = attrs_of(&call->test->attrs);
    neural_tensor *in[NEURAL_OP_MAX_INPUTS] = {0};
    for (int i = 0; i < count; i++) {
        in[i] = inputs[i];
    }
    neural_tensor *first = NULL, *second = NULL;
    NEURAL_TRY(neural_op_apply(op, in, &attrs, &first));
    if (!call->twice) {
        *out = first;
        return NEURAL_OK;
    }
    neural_status status = neural_op_apply(op, in, &attrs, &second);
    if (!status) {
        status = neural_add(first, second, out);
    }
    neural_tensor_release(first);
    neural_tensor_release(second);
    return status;
}

static neural_status check_case(const neural_gradcheck_case *test, double *worst) {
    const int count = neural_op_list[test->op].inputs - test->without_last;
    neural_tensor *inputs[NEURAL_OP_MAX_INPUTS] = {0};
    neural_status status = NEURAL_OK;
    for (int i = 0; i < count && !status; i++) {
        status = make_input(test, i, &inputs[i]);
    }
    for (int twice = 0; twice < 2 && !status; twice++) {
        op_call call = {test, twice};
        double error = 0;
        status = neural_gradcheck(apply_op, &call, inputs, count, NULL, &error);
        *worst = error > *worst ? error : *worst;
    }
    for (int i = 0; i < count; i++) {
        neural_tensor_release(inputs[i]);
    }
    return status;
}

static neural_status check_op(int op, double *worst) {
    int cases = 0;
    for (int i = 0; i < neural_gradcheck_case_count; i++) {
        if ((int)neural_gradcheck_cases[i].op == op) {
            cases++;
            const neural_status status = check_case(&neural_gradcheck_cases[i], worst);
            if (status) {
                return neural_error_prefix("%s, case %d", neural_op_list[op].name, cases);
            }
        }
    }
    NEURAL_REQUIRE(cases, NEURAL_ERR_NOT_IMPLEMENTED, "%s has no case in the gradient check",
                   neural_op_list[op].name);
    return NEURAL_OK;
}

neural_status neural_gradcheck_ops(neural_gradcheck_report report, void *context) {
    neural_status first = NEURAL_OK;
    for (int op = 0; op < NEURAL_OP_ID_COUNT; op++) {
        double worst = 0;
        const neural_status status = check_op(op, &worst);
        if (report) {
            report(context, neural_op_list[op].name, status, worst);
        }
        first = first ? first : status;
    }
    return first;
}

/* neural test: does this build compute correctly on this machine? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/neural_api.h"
#include "cli/command.h"
#include "cli/exit_code.h"

typedef struct tally {
    int passed, failed;
} tally;

static void report(tally *count, const char *what, int passed, const char *detail) {
    printf("%-44s %s%s%s\n", what, passed ? "PASS" : "FAIL", *detail ? "  " : "", detail);
    *(passed ? &count->passed : &count->failed) += 1;
}

/* 1 when status is OK and all elements are `want`; releases the tensor. */
static int all_are(neural_status status, neural_tensor *tensor, double want) {
    int good = status == NEURAL_OK;
    for (int64_t i = 0; good && i < neural_tensor_len(tensor); i++) {
        good = (double)((const float *)neural_tensor_data(tensor))[i] == want;
    }
    neural_tensor_release(tensor);
    return good;
}

static const int64_t dims[2] = {5, 7};

static int fills_tensor(void) {
    neural_tensor *tensor = NULL;
    const neural_status status = neural_tensor_full(2, dims, NEURAL_DTYPE_F32, 1.5, &tensor);
    return all_are(status, tensor, 1.5);
}

static int adds_elements(void) {
    neural_tensor *a = NULL, *b = NULL, *sum = NULL;
    neural_status status = neural_tensor_full(2, dims, NEURAL_DTYPE_F32, 1.5, &a);
    if (!status) {
        status = neural_tensor_full(2, dims, NEURAL_DTYPE_F32, 2.25, &b);
    }
    if (!status) {
        status = neural_add(a, b, &sum);
    }
    neural_tensor_release(a);
    neural_tensor_release(b);
    return all_are(status, sum, 3.75);
}

/* x = 1 everywhere, weights 0.5, biases 0.25: every output is 7 / 2 + 1 / 4. */
static int applies_linear(void) {
    neural_layer *layer = NULL;
    neural_tensor *x = NULL, *y = NULL;
    neural_status status = neural_linear_create(dims[1], 3, 1, NEURAL_DTYPE_F32, 1, &layer);
    if (!status) {
        status = neural_tensor_fill(neural_layer_weight(layer, 0), 0.5);
    }
    if (!status) {
        status = neural_tensor_fill(neural_layer_weight(layer, 1), 0.25);
    }
    if (!status) {
        status = neural_tensor_ones(2, dims, NEURAL_DTYPE_F32, &x);
    }
    if (!status) {
        status = neural_layer_forward(layer, x, &y);
    }
    neural_tensor_release(x);
    const int good = all_are(status, y, 3.75);
    neural_layer_destroy(layer);
    return good;
}

/* d sum(x * x) / dx = 2x. */
static int differentiates(void) {
    neural_tensor *x = NULL, *square = NULL, *sum = NULL;
    neural_status status = neural_tensor_full(2, dims, NEURAL_DTYPE_F32, 1.5, &x);
    if (!status) {
        status = neural_tensor_set_requires_grad(x, 1);
    }
    if (!status) {
        status = neural_mul(x, x, &square);
    }
    if (!status) {
        status = neural_sum(square, NEURAL_ALL_AXES, 0, &sum);
    }
    if (!status) {
        status = neural_backward(sum, NULL, 0);
    }
    neural_tensor *grad = status ? NULL : neural_tensor_retain(neural_tensor_grad(x));
    neural_tensor_release(sum);
    neural_tensor_release(square);
    neural_tensor_release(x);
    return grad && all_are(status, grad, 3.0);
}

static void report_op(void *context, const char *op, neural_status status, double max_error) {
    char what[80], detail[96];
    snprintf(what, sizeof what, "Gradient of %s", op);
    snprintf(detail, sizeof detail, "max error %.2g of the tolerance", max_error);
    report(context, what, status == NEURAL_OK, detail);
    if (status) {
        printf("    %s\n", neural_last_error());
    }
}

int cli_run_test(const cli_options *options) {
    static const struct {
        const char *what;
        int (*passes)(void);
    } basics[] = {
        {"Tensor creation and fill", fills_tensor},
        {"Element-wise add kernel", adds_elements},
        {"Linear layer", applies_linear},
        {"Autograd", differentiates},
    };
    tally count = {0, 0};
    if (options->threads[0]) {
        const int threads = (int)strtol(strchr(options->threads, '=') + 1, NULL, 10);
        const neural_status status = neural_set_num_threads(threads);
        if (status) {
            return cli_fail(CLI_PLACE_COMPUTING, status);
        }
    }
    printf("neural %s self test\nSIMD level %d, %s (%s)\n\n", neural_version(),
           neural_get_simd_level(), neural_get_simd_name(), neural_cpu_name());
    for (size_t i = 0; i < sizeof basics / sizeof *basics; i++) {
        report(&count, basics[i].what, basics[i].passes(), "");
    }
    neural_gradcheck_ops(report_op, &count);
    printf("\n%d passed, %d failed\n", count.passed, count.failed);
    return count.failed ? CLI_RUNTIME : CLI_OK;
}

/* A network in C: builds 2-16-16-1, trains it on two spirals, prints its accuracy.
 *
 *   cc spiral.c -I/usr/include/neural -lneural -lm -o spiral
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/neural_api.h"

enum { ROWS = 400, STEPS = 1500 };

static void check(neural_status status) {
    if (status) {
        fprintf(stderr, "spiral: %s\n", neural_last_error());
        exit(1);
    }
}

/* Two arms of one and a half turns; the label says which. */
static void make_rows(float x[ROWS][2], float y[ROWS][1]) {
    const int arm_rows = ROWS / 2;
    for (int i = 0; i < ROWS; i++) {
        const int place = i / 2;
        const double turn = sqrt((place + 0.5) / arm_rows) * 3 * M_PI;
        const double angle = turn + i % 2 * M_PI;
        x[i][0] = (float)(turn / 4 * cos(angle));
        x[i][1] = (float)(turn / 4 * sin(angle));
        y[i][0] = (float)(i % 2);
    }
}

static neural_layer *make_network(void) {
    static const int64_t sizes[] = {2, 16, 16, 1};
    neural_layer *network, *layer;
    check(neural_sequential_create(&network));
    for (uint64_t i = 0; i < 3; i++) {
        check(neural_linear_create(sizes[i], sizes[i + 1], 1, NEURAL_DTYPE_F32, i, &layer));
        check(neural_sequential_add(network, layer));
        if (i < 2) {
            check(neural_activation_create(NEURAL_ACTIVATION_TANH, &layer));
            check(neural_sequential_add(network, layer));
        }
    }
    return network;
}

/* One step; returns the loss. */
static double step(neural_layer *network, neural_optimizer *optimizer, neural_tensor *x,
                   neural_tensor *y) {
    neural_tensor *logits, *loss;
    double value;
    check(neural_optimizer_zero_grad(optimizer));
    check(neural_layer_forward(network, x, &logits));
    check(neural_bce_with_logits_loss(logits, y, &loss));
    check(neural_backward(loss, NULL, 0));
    check(neural_optimizer_step(optimizer));
    check(neural_tensor_item(loss, &value));
    neural_tensor_release(loss);
    neural_tensor_release(logits);
    return value;
}

int main(void) {
    static float x_rows[ROWS][2], y_rows[ROWS][1];
    static const int64_t x_dims[] = {ROWS, 2}, y_dims[] = {ROWS, 1};
    neural_tensor *x, *y, *logits;
    neural_parameters *parameters;
    neural_optimizer *optimizer;
    int64_t correct;
    make_rows(x_rows, y_rows);
    check(neural_tensor_wrap(x_rows, 2, x_dims, NULL, NEURAL_DTYPE_F32, NULL, NULL, &x));
    check(neural_tensor_wrap(y_rows, 2, y_dims, NULL, NEURAL_DTYPE_F32, NULL, NULL, &y));
    neural_layer *network = make_network();
    const neural_adam_options adam = {.lr = 0.01, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};
    check(neural_layer_flatten(network, &parameters));
    check(neural_adam_create(parameters, &adam, &optimizer));
    for (int i = 0; i < STEPS; i++) {
        const double loss = step(network, optimizer, x, y);
        if (i % 300 == 299) {
            printf("step %4d  loss %.4f\n", i + 1, loss);
        }
    }
    check(neural_layer_forward(network, x, &logits));
    check(neural_count_correct_binary(logits, y, 0, &correct));
    printf("accuracy %.1f %%\n", 100.0 * (double)correct / ROWS);
    neural_tensor_release(logits);
    neural_optimizer_destroy(optimizer);
    neural_parameters_destroy(parameters);
    neural_layer_destroy(network);
    neural_tensor_release(y);
    neural_tensor_release(x);
    return 0;
}

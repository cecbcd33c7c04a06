/* A neuro-fuzzy system in C: learns y = sin(a) b from 200 rows, starting from three bells per
 * input, prints its error on a grid and writes it as FLL.
 *
 *   cc neuro_fuzzy.c -I/usr/include/neural -lneural -lm -o neuro_fuzzy && ./neuro_fuzzy OUT.fll
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/neural_api.h"

enum { ROWS = 200, SIDE = 21 };

static void check(neural_status status) {
    if (status) {
        fprintf(stderr, "neuro_fuzzy: %s\n", neural_last_error());
        exit(1);
    }
}

static double wanted(const double x[2]) {
    return sin(x[0]) * x[1];
}

/* Rows spread over [-3, 3] x [0, 10]. */
static void make_rows(double x[ROWS][2], double y[ROWS]) {
    for (int i = 0; i < ROWS; i++) {
        x[i][0] = 6 * fmod(i * 0.7548776662466927, 1) - 3;
        x[i][1] = 10 * fmod(i * 0.5698402909980532, 1);
        y[i] = wanted(x[i]);
    }
}

static neural_anfis *make_anfis(const neural_anfis_data *data) {
    const int64_t terms[] = {3, 3};
    neural_anfis_options options = neural_anfis_default();
    neural_anfis *anfis;
    options.terms = terms;
    check(neural_anfis_create(data, &options, &anfis));
    return anfis;
}

static void train(neural_anfis *anfis, const neural_anfis_data *data) {
    const neural_adam_options adam = {.lr = 0.02, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};
    const neural_anfis_fit_options options = neural_anfis_fit_default();
    neural_optimizer *optimizer;
    neural_anfis_result result;
    check(neural_adam_create(neural_anfis_parameters(anfis), &adam, &optimizer));
    check(neural_anfis_fit(anfis, data, NULL, optimizer, &options, &result));
    printf("epoch %lld of %lld: rmse %.6f\n", (long long)result.best_epoch,
           (long long)result.epochs, result.train_rmse);
    neural_optimizer_destroy(optimizer);
}

static double grid_error(neural_anfis *anfis) {
    double sum = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
        const int row = i / SIDE, column = i % SIDE;
        const double x[] = {6.0 * column / (SIDE - 1) - 3, 10.0 * row / (SIDE - 1)};
        double y;
        check(neural_anfis_predict(anfis, x, 1, &y));
        sum += (y - wanted(x)) * (y - wanted(x));
    }
    return sqrt(sum / (SIDE * SIDE));
}

int main(int argc, char **argv) {
    static double x[ROWS][2], y[ROWS];
    make_rows(x, y);
    const neural_anfis_data data = {x[0], y, ROWS, 2, 1};
    neural_anfis *anfis = make_anfis(&data);
    neural_fuzzy_system *system;
    train(anfis, &data);
    printf("grid rmse %.6f\n", grid_error(anfis));
    check(neural_anfis_to_system(anfis, &system));
    if (argc > 1) {
        check(neural_fuzzy_fll_save(system, argv[1]));
    }
    neural_fuzzy_system_destroy(system);
    neural_anfis_destroy(anfis);
    return 0;
}

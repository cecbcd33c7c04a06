#include "pruning/norm.h"

#include <math.h>

#include "core/tensor/float_data.h"

/* Sums between these have lost nothing to the ends of the range. */
static const double least_safe = 1e-280, largest_safe = 1e300;

static double get(const neural_norm_area *area, int64_t row, int64_t col) {
    return neural_float_get(area->values, area->dtype,
                            (area->row + row) * area->stride + area->col + col);
}

double neural_norm_l1(const neural_norm_area *area) {
    double sum = 0;
    for (int64_t row = 0; row < area->rows; row++) {
        for (int64_t col = 0; col < area->cols; col++) {
            sum += fabs(get(area, row, col));
        }
    }
    return sum;
}

static double largest(const neural_norm_area *area) {
    double most = 0;
    for (int64_t row = 0; row < area->rows; row++) {
        for (int64_t col = 0; col < area->cols; col++) {
            const double size = fabs(get(area, row, col));
            most = size > most || size != size ? size : most;
        }
    }
    return most;
}

static double sum_of_squares(const neural_norm_area *area, double unit) {
    double sum = 0;
    for (int64_t row = 0; row < area->rows; row++) {
        for (int64_t col = 0; col < area->cols; col++) {
            const double x = get(area, row, col) / unit;
            sum += x * x;
        }
    }
    return sum;
}

double neural_norm_l2(const neural_norm_area *area) {
    const double sum = sum_of_squares(area, 1);
    if ((sum > least_safe && sum < largest_safe) || sum != sum) {
        return sqrt(sum);
    }
    const double unit = largest(area);
    return unit > 0 && isfinite(unit) ? unit * sqrt(sum_of_squares(area, unit)) : unit;
}

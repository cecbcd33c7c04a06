/* Memberships, connectives and defuzzifiers of fuzzy/mamdani.h. */
#include <math.h>

#include "fuzzy/mamdani.h"

double neural_fuzzy_triangular(double x, double a, double b, double c) {
    return neural_fuzzy_trapezoidal(x, a, b, b, c);
}

double neural_fuzzy_trapezoidal(double x, double a, double b, double c, double d) {
    if (isnan(x)) {
        return NAN;
    }
    if (x < a || x > d) {
        return 0;
    }
    if (x < b) {
        return isinf(a) ? 1 : (x - a) / (b - a);
    }
    return x <= c || isinf(d) ? 1 : (d - x) / (d - c);
}

double neural_fuzzy_gaussian(double x, double mean, double sigma) {
    if (!(sigma > 0)) {
        return isnan(x) || isnan(sigma) ? NAN : 0;
    }
    const double z = (x - mean) / sigma;
    return exp(-0.5 * z * z);
}

double neural_fuzzy_and(double a, double b) {
    return a < b || isnan(a) ? a : b;
}

double neural_fuzzy_or(double a, double b) {
    return a > b || isnan(a) ? a : b;
}

double neural_fuzzy_not(double a) {
    return 1 - a;
}

double neural_fuzzy_centroid(const double *x, const double *y, int64_t n) {
    double moment = 0, sum = 0;
    for (int64_t i = 0; i < n; i++) {
        moment += x[i] * y[i];
        sum += y[i];
    }
    return sum == 0 ? 0 : moment / sum;
}

double neural_fuzzy_bisector(const double *x, const double *y, int64_t n) {
    double total = 0, sum = 0;
    for (int64_t i = 0; i < n; i++) {
        total += y[i];
    }
    for (int64_t i = 0; i < n && total != 0; i++) {
        sum += y[i];
        if (sum >= total / 2) {
            return x[i];
        }
    }
    return total != total ? NAN : 0;
}

double neural_fuzzy_mean_of_maximum(const double *x, const double *y, int64_t n) {
    double most = 0, sum = 0;
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        most = neural_fuzzy_or(most, y[i]);
    }
    for (int64_t i = 0; i < n && most > 0; i++) {
        sum += y[i] == most ? x[i] : 0;
        count += y[i] == most;
    }
    return count ? sum / (double)count : isnan(most) ? NAN : 0;
}

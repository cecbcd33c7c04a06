#include "fuzzy/defuzzifier.h"

#include <math.h>
#include <string.h>

#include "core/base/suggest.h"
#include "fuzzy/near.h"

static const char *const names[] = {
    "none",          "Centroid",      "Bisector",        "SmallestOfMaximum", "LargestOfMaximum",
    "MeanOfMaximum", "ExactCentroid", "WeightedAverage", "WeightedSum",
};
enum { NAME_COUNT = sizeof names / sizeof *names };

const char *neural_fuzzy_defuzzifier_name(neural_fuzzy_defuzzifier defuzzifier) {
    return (unsigned)defuzzifier < NAME_COUNT ? names[defuzzifier] : NULL;
}

neural_status neural_fuzzy_defuzzifier_find(const char *name, neural_fuzzy_defuzzifier *out) {
    NEURAL_REQUIRE(name && out, NEURAL_ERR_NULL_POINTER,
                   "defuzzifier_find: name and out must be given");
    for (int i = 0; i < NAME_COUNT; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (neural_fuzzy_defuzzifier)i;
            return NEURAL_OK;
        }
    }
    return neural_error_unknown_word("defuzzifier", name, names, NAME_COUNT);
}

int neural_fuzzy_defuzzifier_is_sampled(neural_fuzzy_defuzzifier defuzzifier) {
    return defuzzifier >= NEURAL_FUZZY_CENTROID && defuzzifier <= NEURAL_FUZZY_MEAN_OF_MAXIMUM;
}

/* --- of samples; step is the width of a part --- */

static double centroid(const double *y, int64_t n, double minimum, double step) {
    double moment = 0, area = 0;
    for (int64_t i = 0; i < n; i++) {
        moment += y[i] * (minimum + ((double)i + 0.5) * step);
        area += y[i];
    }
    return moment / area;
}

/* Two areas grow towards each other; what they differ by at the end is shared out. */
static double bisector(const double *y, int64_t n, double minimum, double maximum, double step) {
    double x_left = minimum, x_right = maximum, left_area = 0, right_area = 0;
    int64_t left = 0, right = 0;
    for (int64_t i = 0; i < n; i++) {
        if (left_area < right_area || neural_is_near(left_area, right_area)) {
            x_left = minimum + ((double)left + 0.5) * step;
            left_area += y[left++];
        } else {
            x_right = maximum - ((double)right + 0.5) * step;
            right_area += y[n - 1 - right++];
        }
    }
    return (left_area * x_right + right_area * x_left) / (left_area + right_area);
}

/* The first and the last sample of the largest y, and the end of its first plateau. */
typedef struct maximum_at {
    int64_t first, plateau_end, last;
} maximum_at;

static maximum_at find_maximum(const double *y, int64_t n) {
    maximum_at at = {0, 0, 0};
    double top = -INFINITY, last_top = -INFINITY;
    int on_plateau = 0;
    for (int64_t i = 0; i < n; i++) {
        if (neural_is_above(y[i], top)) {
            top = y[i];
            at.first = at.plateau_end = i;
            on_plateau = 1;
        } else if (neural_is_near(y[i], top)) {
            at.plateau_end = on_plateau ? i : at.plateau_end;
        } else {
            on_plateau = 0;
        }
        if (neural_is_near(y[i], last_top) || y[i] > last_top) {
            last_top = y[i];
            at.last = i;
        }
    }
    return at;
}

double neural_fuzzy_defuzzify(neural_fuzzy_defuzzifier defuzzifier, const double *y, int64_t n,
                              double minimum, double maximum) {
    if (!y || n < 1 || !isfinite(minimum + maximum) ||
        !neural_fuzzy_defuzzifier_is_sampled(defuzzifier)) {
        return NAN;
    }
    const double step = (maximum - minimum) / (double)n;
    if (defuzzifier == NEURAL_FUZZY_CENTROID) {
        return centroid(y, n, minimum, step);
    }
    if (defuzzifier == NEURAL_FUZZY_BISECTOR) {
        return bisector(y, n, minimum, maximum, step);
    }
    const maximum_at at = find_maximum(y, n);
    const double first = minimum + ((double)at.first + 0.5) * step;
    if (defuzzifier == NEURAL_FUZZY_SMALLEST_OF_MAXIMUM) {
        return first;
    }
    if (defuzzifier == NEURAL_FUZZY_LARGEST_OF_MAXIMUM) {
        return minimum + ((double)at.last + 0.5) * step;
    }
    return 0.5 * (minimum + ((double)at.plateau_end + 0.5) * step + first);
}

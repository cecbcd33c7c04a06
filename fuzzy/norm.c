#include "fuzzy/norm.h"

#include <math.h>
#include <string.h>

#include "core/asm/kernel_table.h"
#include "core/base/suggest.h"
#include "fuzzy/near.h"

static const char *const norm_names[] = {
    "none",           "Minimum",         "AlgebraicProduct", "BoundedDifference",
    "DrasticProduct", "EinsteinProduct", "HamacherProduct",  "NilpotentMinimum",
    "Maximum",        "AlgebraicSum",    "BoundedSum",       "DrasticSum",
    "EinsteinSum",    "HamacherSum",     "NilpotentMaximum", "NormalizedSum",
    "UnboundedSum",
};
static const char *const hedge_names[] = {"any", "extremely", "not", "seldom", "somewhat", "very"};

enum {
    NORM_COUNT = sizeof norm_names / sizeof *norm_names,
    HEDGE_COUNT = sizeof hedge_names / sizeof *hedge_names
};

static double smaller(double a, double b) {
    return a < b ? a : b;
}
static double larger(double a, double b) {
    return a > b ? a : b;
}

static double combine_t(neural_fuzzy_norm norm, double a, double b) {
    switch (norm) {
    case NEURAL_FUZZY_MINIMUM:
        return smaller(a, b);
    case NEURAL_FUZZY_ALGEBRAIC_PRODUCT:
        return a * b;
    case NEURAL_FUZZY_BOUNDED_DIFFERENCE:
        return larger(0, a + b - 1);
    case NEURAL_FUZZY_DRASTIC_PRODUCT:
        return neural_is_near(larger(a, b), 1) ? smaller(a, b) : 0;
    case NEURAL_FUZZY_EINSTEIN_PRODUCT:
        return a * b / (2 - (a + b - a * b));
    case NEURAL_FUZZY_HAMACHER_PRODUCT:
        return neural_is_near(a + b, 0) ? 0 : a * b / (a + b - a * b);
    case NEURAL_FUZZY_NILPOTENT_MINIMUM:
        return neural_is_above(a + b, 1) ? smaller(a, b) : 0;
    default:
        return NAN;
    }
}

static double combine_s(neural_fuzzy_norm norm, double a, double b) {
    switch (norm) {
    case NEURAL_FUZZY_MAXIMUM:
        return larger(a, b);
    case NEURAL_FUZZY_ALGEBRAIC_SUM:
        return a + b - a * b;
    case NEURAL_FUZZY_BOUNDED_SUM:
        return smaller(1, a + b);
    case NEURAL_FUZZY_DRASTIC_SUM:
        return neural_is_near(smaller(a, b), 0) ? larger(a, b) : 1;
    case NEURAL_FUZZY_EINSTEIN_SUM:
        return (a + b) / (1 + a * b);
    case NEURAL_FUZZY_HAMACHER_SUM:
        return neural_is_near(a * b, 1) ? 1 : (a + b - 2 * a * b) / (1 - a * b);
    case NEURAL_FUZZY_NILPOTENT_MAXIMUM:
        return neural_is_below(a + b, 1) ? larger(a, b) : 1;
    case NEURAL_FUZZY_NORMALIZED_SUM:
        return (a + b) / larger(1, a + b);
    case NEURAL_FUZZY_UNBOUNDED_SUM:
        return a + b;
    default:
        return NAN;
    }
}

double neural_fuzzy_combine(neural_fuzzy_norm norm, double a, double b) {
    return neural_fuzzy_norm_is_t(norm) ? combine_t(norm, a, b) : combine_s(norm, a, b);
}

void neural_fuzzy_combine_all(neural_fuzzy_norm norm, double *dst, const double *lhs,
                              const double *rhs, int64_t len) {
    const neural_kernel_table *kernels = neural_kernels();
    if (norm == NEURAL_FUZZY_MINIMUM) {
        kernels->minimum_f64(dst, lhs, rhs, len);
    } else if (norm == NEURAL_FUZZY_MAXIMUM) {
        kernels->maximum_f64(dst, lhs, rhs, len);
    } else if (norm == NEURAL_FUZZY_ALGEBRAIC_PRODUCT) {
        kernels->mul_f64(dst, lhs, rhs, len);
    } else if (norm == NEURAL_FUZZY_UNBOUNDED_SUM) {
        kernels->add_f64(dst, lhs, rhs, len);
    } else {
        for (int64_t i = 0; i < len; i++) {
            dst[i] = neural_fuzzy_combine(norm, lhs[i], rhs[i]);
        }
    }
}

const char *neural_fuzzy_norm_name(neural_fuzzy_norm norm) {
    return (unsigned)norm < NORM_COUNT ? norm_names[norm] : NULL;
}

int neural_fuzzy_norm_is_t(neural_fuzzy_norm norm) {
    return norm >= NEURAL_FUZZY_MINIMUM && norm <= NEURAL_FUZZY_NILPOTENT_MINIMUM;
}

int neural_fuzzy_norm_is_s(neural_fuzzy_norm norm) {
    return norm >= NEURAL_FUZZY_MAXIMUM && norm <= NEURAL_FUZZY_UNBOUNDED_SUM;
}

neural_status neural_fuzzy_norm_find(const char *name, neural_fuzzy_norm *out) {
    NEURAL_REQUIRE(name && out, NEURAL_ERR_NULL_POINTER, "norm_find: name and out must be given");
    for (int i = 0; i < NORM_COUNT; i++) {
        if (strcmp(name, norm_names[i]) == 0) {
            *out = (neural_fuzzy_norm)i;
            return NEURAL_OK;
        }
    }
    return neural_error_unknown_word("norm", name, norm_names, NORM_COUNT);
}

double neural_fuzzy_hedge_apply(neural_fuzzy_hedge hedge, double a) {
    switch (hedge) {
    case NEURAL_FUZZY_ANY:
        return 1;
    case NEURAL_FUZZY_EXTREMELY:
        return a <= 0.5 ? 2 * a * a : 1 - 2 * (1 - a) * (1 - a);
    case NEURAL_FUZZY_NOT:
        return 1 - a;
    case NEURAL_FUZZY_SELDOM:
        return a <= 0.5 ? sqrt(0.5 * a) : 1 - sqrt(0.5 * (1 - a));
    case NEURAL_FUZZY_SOMEWHAT:
        return sqrt(a);
    case NEURAL_FUZZY_VERY:
        return a * a;
    }
    return NAN;
}

const char *neural_fuzzy_hedge_name(neural_fuzzy_hedge hedge) {
    return (unsigned)hedge < HEDGE_COUNT ? hedge_names[hedge] : NULL;
}

int neural_fuzzy_hedge_find(const char *name) {
    for (int i = 0; name && i < HEDGE_COUNT; i++) {
        if (strcmp(name, hedge_names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

#include "fuzzy/value.h"

/* c0 + sum of ci times input i; inputs without a coefficient count 0. */
static double linear(const neural_fuzzy_system *system, const fuzzy_term *term, int64_t row) {
    const double *c = term->given.params;
    const int64_t count = term->given.count, inputs = system->inputs.count;
    double sum = 0;
    for (int64_t i = 0; i < inputs && i < count; i++) {
        sum += c[i] * system->inputs.items[i].values[row];
    }
    return count > inputs ? sum + c[count - 1] : sum;
}

static double formula(const neural_fuzzy_system *system, const fuzzy_term *term, double x,
                      int64_t row) {
    double *value = system->formula_values;
    *value++ = x;
    for (int64_t i = 0; i < system->inputs.count; i++) {
        *value++ = system->inputs.items[i].values[row];
    }
    for (int64_t i = 0; i < system->outputs.count; i++) {
        *value++ = system->outputs.items[i].values[row];
    }
    return term->given.height *
           neural_fuzzy_expression_value(term->expression, system->formula_values);
}

double neural_fuzzy_term_value(const neural_fuzzy_system *system, const fuzzy_term *term, double x,
                               int64_t row) {
    const neural_fuzzy_term *t = &term->given;
    if (t->shape == NEURAL_FUZZY_LINEAR) {
        return linear(system, term, row);
    }
    if (t->shape == NEURAL_FUZZY_FUNCTION) {
        return formula(system, term, x, row);
    }
    return neural_fuzzy_membership(t->shape, t->params, t->count, t->height, x);
}

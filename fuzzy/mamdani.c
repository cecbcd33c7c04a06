#include "fuzzy/mamdani.h"

#include <math.h>
#include <string.h>

#include "core/base/memory.h"
#include "fuzzy/range.h"

typedef struct term {
    neural_mamdani_shape shape;
    double params[4];
} term;

typedef struct variable {
    double minimum, maximum;
    term *terms;
    int64_t count, capacity;
} variable;

typedef struct condition {
    int64_t input, term;
} condition;

typedef struct rule {
    int64_t first, count; /* of its conditions */
    int64_t consequent;
    double weight;
} rule;

struct neural_mamdani {
    variable *inputs;
    int64_t input_count;
    variable output;
    condition *conditions; /* of all rules */
    int64_t condition_count, condition_capacity;
    rule *rules;
    int64_t rule_count, rule_capacity;
    int64_t resolution;
    neural_mamdani_method method;
};

/* --- life --- */

neural_status neural_mamdani_create(int64_t inputs, int64_t resolution,
                                    neural_mamdani_method method, neural_mamdani **out) {
    int64_t bytes = 0;
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "mamdani_create: out must be given");
    NEURAL_REQUIRE(inputs >= 1 && resolution >= 2, NEURAL_ERR_INVALID_ARGUMENT,
                   "mamdani_create: %lld inputs, resolution %lld; expected 1 and 2 at least",
                   (long long)inputs, (long long)resolution);
    NEURAL_REQUIRE((unsigned)method <= NEURAL_MAMDANI_MEAN_OF_MAXIMUM, NEURAL_ERR_INVALID_ARGUMENT,
                   "mamdani_create: method %d, expected 0 ... 2", (int)method);
    NEURAL_TRY(neural_size_mul(resolution, 2 * sizeof(double), &bytes));
    NEURAL_TRY(neural_size_mul(inputs, sizeof(variable), &bytes));
    neural_mamdani *system = neural_alloc_zeroed(sizeof *system);
    variable *variables = neural_alloc_zeroed((size_t)bytes);
    if (!system || !variables) {
        neural_free(system);
        neural_free(variables);
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < inputs; i++) {
        variables[i].maximum = 1;
    }
    *system = (neural_mamdani){.inputs = variables,
                               .input_count = inputs,
                               .output = {.maximum = 1},
                               .resolution = resolution,
                               .method = method};
    *out = system;
    return NEURAL_OK;
}

void neural_mamdani_destroy(neural_mamdani *system) {
    if (!system) {
        return;
    }
    for (int64_t i = 0; i < system->input_count; i++) {
        neural_free(system->inputs[i].terms);
    }
    neural_free(system->inputs);
    neural_free(system->output.terms);
    neural_free(system->conditions);
    neural_free(system->rules);
    neural_free(system);
}

/* Room for `more` items behind count; *array is replaced. */
static neural_status reserve(void **array, int64_t count, int64_t more, int64_t *capacity,
                             size_t bytes) {
    int64_t total = 0;
    if (more <= *capacity - count) {
        return NEURAL_OK;
    }
    const int64_t wanted = count > more ? 2 * count : count + more + 4;
    NEURAL_TRY(neural_size_mul(wanted, (int64_t)bytes, &total));
    void *grown = neural_realloc(*array, (size_t)count * bytes, (size_t)total);
    if (!grown) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    *array = grown;
    *capacity = wanted;
    return NEURAL_OK;
}

/* --- variables --- */

static neural_status check_input(const neural_mamdani *system, int64_t input) {
    NEURAL_REQUIRE(system, NEURAL_ERR_NULL_POINTER, "mamdani: system must be given");
    NEURAL_REQUIRE(input >= 0 && input < system->input_count, NEURAL_ERR_INVALID_ARGUMENT,
                   "mamdani: input %lld, there are %lld", (long long)input,
                   (long long)system->input_count);
    return NEURAL_OK;
}

static neural_status set_range(variable *v, double minimum, double maximum) {
    NEURAL_REQUIRE(minimum < maximum && isfinite(minimum) && isfinite(maximum),
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "mamdani: range %g ... %g, expected minimum < maximum", minimum, maximum);
    v->minimum = minimum;
    v->maximum = maximum;
    return NEURAL_OK;
}

neural_status neural_mamdani_set_input_range(neural_mamdani *system, int64_t input, double minimum,
                                             double maximum) {
    NEURAL_TRY(check_input(system, input));
    return set_range(&system->inputs[input], minimum, maximum);
}

neural_status neural_mamdani_set_output_range(neural_mamdani *system, double minimum,
                                              double maximum) {
    NEURAL_REQUIRE(system, NEURAL_ERR_NULL_POINTER, "mamdani: system must be given");
    return set_range(&system->output, minimum, maximum);
}

static neural_status add_term(variable *v, neural_mamdani_shape shape, const double *params,
                              int64_t *index) {
    static const int counts[] = {3, 4, 2};
    term added = {.shape = shape};
    NEURAL_REQUIRE(params && index, NEURAL_ERR_NULL_POINTER,
                   "mamdani: params and index must be given");
    NEURAL_REQUIRE((unsigned)shape <= NEURAL_MAMDANI_GAUSSIAN, NEURAL_ERR_INVALID_ARGUMENT,
                   "mamdani: shape %d, expected 0 ... 2", (int)shape);
    for (int i = 0; i < counts[shape]; i++) {
        NEURAL_REQUIRE(!isnan(params[i]), NEURAL_ERR_INVALID_ARGUMENT,
                       "mamdani: parameter %d of a term is NaN", i + 1);
        added.params[i] = params[i];
    }
    void *terms = v->terms;
    NEURAL_TRY(reserve(&terms, v->count, 1, &v->capacity, sizeof *v->terms));
    v->terms = terms;
    v->terms[v->count] = added;
    *index = v->count++;
    return NEURAL_OK;
}

neural_status neural_mamdani_add_input_term(neural_mamdani *system, int64_t input,
                                            neural_mamdani_shape shape, const double params[4],
                                            int64_t *index) {
    NEURAL_TRY(check_input(system, input));
    return add_term(&system->inputs[input], shape, params, index);
}

neural_status neural_mamdani_add_output_term(neural_mamdani *system, neural_mamdani_shape shape,
                                             const double params[4], int64_t *index) {
    NEURAL_REQUIRE(system, NEURAL_ERR_NULL_POINTER, "mamdani: system must be given");
    return add_term(&system->output, shape, params, index);
}

/* --- rules --- */

static neural_status check_term(const variable *v, const char *what, int64_t index) {
    NEURAL_REQUIRE(index >= 0 && index < v->count, NEURAL_ERR_INVALID_ARGUMENT,
                   "mamdani: term %lld of the %s, there are %lld", (long long)index, what,
                   (long long)v->count);
    return NEURAL_OK;
}

static neural_status check_rule(const neural_mamdani *system, const int64_t *inputs,
                                const int64_t *terms, int64_t conditions, int64_t consequent,
                                double weight) {
    NEURAL_REQUIRE(system && inputs && terms, NEURAL_ERR_NULL_POINTER,
                   "mamdani_add_rule: system, inputs and terms must be given");
    NEURAL_REQUIRE(conditions >= 1 && conditions < INT64_MAX / 64, NEURAL_ERR_INVALID_ARGUMENT,
                   "mamdani_add_rule: %lld conditions, expected 1 or more", (long long)conditions);
    NEURAL_REQUIRE(weight >= 0 && isfinite(weight), NEURAL_ERR_INVALID_ARGUMENT,
                   "mamdani_add_rule: weight %g, expected 0 or more", weight);
    for (int64_t i = 0; i < conditions; i++) {
        NEURAL_TRY(check_input(system, inputs[i]));
        NEURAL_TRY(check_term(&system->inputs[inputs[i]], "input", terms[i]));
    }
    return check_term(&system->output, "output", consequent);
}

neural_status neural_mamdani_add_rule(neural_mamdani *system, const int64_t *inputs,
                                      const int64_t *terms, int64_t conditions, int64_t consequent,
                                      double weight) {
    NEURAL_TRY(check_rule(system, inputs, terms, conditions, consequent, weight));
    void *all = system->conditions, *rules = system->rules;
    NEURAL_TRY(reserve(&all, system->condition_count, conditions, &system->condition_capacity,
                       sizeof(condition)));
    system->conditions = all;
    NEURAL_TRY(reserve(&rules, system->rule_count, 1, &system->rule_capacity, sizeof(rule)));
    system->rules = rules;
    for (int64_t i = 0; i < conditions; i++) {
        system->conditions[system->condition_count + i] = (condition){inputs[i], terms[i]};
    }
    system->rules[system->rule_count++] =
        (rule){system->condition_count, conditions, consequent, weight};
    system->condition_count += conditions;
    return NEURAL_OK;
}

int64_t neural_mamdani_inputs(const neural_mamdani *system) {
    return system ? system->input_count : 0;
}

int64_t neural_mamdani_rules(const neural_mamdani *system) {
    return system ? system->rule_count : 0;
}

int64_t neural_mamdani_resolution(const neural_mamdani *system) {
    return system ? system->resolution : 0;
}

neural_mamdani_method neural_mamdani_get_method(const neural_mamdani *system) {
    return system ? system->method : NEURAL_MAMDANI_CENTROID;
}

/* --- evaluation --- */

static double degree(const term *t, double x) {
    const double *p = t->params;
    return t->shape == NEURAL_MAMDANI_TRIANGULAR ? neural_fuzzy_triangular(x, p[0], p[1], p[2])
           : t->shape == NEURAL_MAMDANI_TRAPEZOIDAL
               ? neural_fuzzy_trapezoidal(x, p[0], p[1], p[2], p[3])
               : neural_fuzzy_gaussian(x, p[0], p[1]);
}

/* What every row reads, and what one row writes. */
typedef struct work {
    double *x, *y;    /* samples: places, and memberships of the row */
    double *table;    /* [output terms, resolution] */
    double *strength; /* of each output term, the largest of its rules */
} work;

static neural_status prepare(const neural_mamdani *system, double **memory, work *out) {
    const int64_t n = system->resolution, terms = system->output.count;
    const double low = system->output.minimum, high = system->output.maximum;
    int64_t total = 0;
    NEURAL_TRY(neural_size_mul(terms + 2, n, &total));
    NEURAL_TRY(neural_size_mul(total + terms, sizeof(double), &total));
    *memory = neural_alloc((size_t)total);
    if (!*memory) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    *out = (work){*memory, *memory + n, *memory + 2 * n, *memory + (terms + 2) * n};
    for (int64_t i = 0; i < n; i++) {
        const double part = (double)i / (double)(n - 1);
        out->x[i] = neural_range_at(low, high, part);
    }
    for (int64_t t = 0; t < terms; t++) {
        for (int64_t i = 0; i < n; i++) {
            out->table[t * n + i] = degree(&system->output.terms[t], out->x[i]);
        }
    }
    return NEURAL_OK;
}

static void fire(const neural_mamdani *system, const double *x, double *strength) {
    memset(strength, 0, (size_t)system->output.count * sizeof *strength);
    for (int64_t r = 0; r < system->rule_count; r++) {
        const rule *at = &system->rules[r];
        double smallest = INFINITY;
        for (int64_t i = at->first; i < at->first + at->count; i++) {
            const condition *c = &system->conditions[i];
            smallest = neural_fuzzy_and(
                smallest, degree(&system->inputs[c->input].terms[c->term], x[c->input]));
        }
        strength[at->consequent] = neural_fuzzy_or(strength[at->consequent], smallest * at->weight);
    }
}

static double evaluate_row(const neural_mamdani *system, const work *w, const double *x) {
    const int64_t n = system->resolution;
    fire(system, x, w->strength);
    memset(w->y, 0, (size_t)n * sizeof *w->y);
    for (int64_t t = 0; t < system->output.count; t++) {
        const double *samples = w->table + t * n;
        for (int64_t i = 0; w->strength[t] > 0 && i < n; i++) {
            w->y[i] = neural_fuzzy_or(w->y[i], neural_fuzzy_and(samples[i], w->strength[t]));
        }
    }
    return system->method == NEURAL_MAMDANI_CENTROID ? neural_fuzzy_centroid(w->x, w->y, n)
           : system->method == NEURAL_MAMDANI_BISECTOR
               ? neural_fuzzy_bisector(w->x, w->y, n)
               : neural_fuzzy_mean_of_maximum(w->x, w->y, n);
}

neural_status neural_mamdani_evaluate(const neural_mamdani *system, const double *x, int64_t rows,
                                      double *out) {
    double *memory = NULL;
    work w;
    NEURAL_REQUIRE(system && ((x && out) || rows == 0), NEURAL_ERR_NULL_POINTER,
                   "mamdani_evaluate: system, x and out must be given");
    NEURAL_REQUIRE(rows >= 0 && system->rule_count > 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "mamdani_evaluate: %lld rows, %lld rules; expected a rule at least",
                   (long long)rows, (long long)system->rule_count);
    for (int64_t i = 0; i < rows * system->input_count; i++) {
        NEURAL_REQUIRE(!isnan(x[i]), NEURAL_ERR_NAN_DETECTED,
                       "mamdani_evaluate: row %lld: input %lld is NaN",
                       (long long)(i / system->input_count), (long long)(i % system->input_count));
    }
    NEURAL_TRY(prepare(system, &memory, &w));
    for (int64_t r = 0; r < rows; r++) {
        out[r] = evaluate_row(system, &w, x + r * system->input_count);
    }
    neural_free(memory);
    return NEURAL_OK;
}

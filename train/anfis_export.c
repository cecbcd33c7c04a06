/* A neuro-fuzzy system as a fuzzy system. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "train/anfis_type.h"

enum { NAME_BYTES = 32 };

/* Logarithms beyond this stand for 0 and for infinity. */
static const double near_limit = 40;

static double width_of(double logarithm, double scale) {
    return logarithm > near_limit ? INFINITY : logarithm < -near_limit ? 0 : scale * exp(logarithm);
}

static int64_t outside_params(const anfis_term *term, const anfis_variable *input, const double *p,
                              double out[4]) {
    const double scale = input->scale, middle = input->offset + scale * p[0];
    switch (term->shape) {
    case NEURAL_FUZZY_GAUSSIAN:
        out[0] = middle;
        out[1] = scale * exp(p[1]);
        return 2;
    case NEURAL_FUZZY_BELL:
        out[0] = middle;
        out[1] = scale * exp(p[1]);
        out[2] = exp(p[2]);
        return 3;
    case NEURAL_FUZZY_TRIANGLE:
        out[0] = middle - width_of(p[1], scale);
        out[1] = middle;
        out[2] = middle + width_of(p[2], scale);
        return 3;
    default:
        out[0] = middle - width_of(p[1], scale);
        out[1] = middle;
        out[2] = middle + width_of(p[3], scale);
        out[3] = out[2] + width_of(p[2], scale);
        return 4;
    }
}

static neural_status add_inputs(const neural_anfis *anfis, neural_fuzzy_system *system) {
    const double *premise = neural_tensor_data(anfis->premise->value);
    for (int64_t i = 0; i < anfis->input_count; i++) {
        const anfis_variable *input = &anfis->inputs[i];
        const neural_fuzzy_variable variable = {
            .name = input->name, .minimum = input->minimum, .maximum = input->maximum};
        NEURAL_TRY(neural_fuzzy_system_add_input(system, &variable));
    }
    for (int64_t t = 0; t < anfis->term_count; t++) {
        double params[4];
        const anfis_term *from = &anfis->terms[t];
        const anfis_variable *input = &anfis->inputs[from->input];
        const int64_t count = outside_params(from, input, premise + t * ANFIS_PREMISE, params);
        const neural_fuzzy_term term = {
            .name = from->name, .shape = from->shape, .params = params, .count = count};
        NEURAL_TRY(neural_fuzzy_system_add_term(system, input->name, &term));
    }
    return NEURAL_OK;
}

/* y = offset + scale (c_0 + sum of c_i (x_i - offset_i) / scale_i), in front of x_i. */
static void outside_conclusion(const neural_anfis *anfis, const anfis_variable *output,
                               const double *c, double *params) {
    const int64_t last = anfis_columns(anfis) - 1;
    double constant = c[last];
    for (int64_t i = 0; i < last; i++) {
        const anfis_variable *input = &anfis->inputs[i];
        params[i] = output->scale * c[i] / input->scale;
        constant -= c[i] * (input->offset / input->scale);
    }
    params[last] = output->offset + output->scale * constant;
}

static neural_status add_output(const neural_anfis *anfis, neural_fuzzy_system *system, int64_t k,
                                double *params) {
    const int64_t columns = anfis_columns(anfis);
    const anfis_variable *output = &anfis->outputs[k];
    const double *c = neural_tensor_data(anfis->consequent->value);
    const neural_fuzzy_variable variable = {.name = output->name,
                                            .minimum = output->minimum,
                                            .maximum = output->maximum,
                                            .default_value = output->offset,
                                            .defuzzifier = NEURAL_FUZZY_WEIGHTED_AVERAGE,
                                            .inference = NEURAL_FUZZY_TAKAGI_SUGENO};
    NEURAL_TRY(neural_fuzzy_system_add_output(system, &variable));
    for (int64_t r = 0; r < anfis->rule_count; r++) {
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "r%" PRId64, r + 1);
        outside_conclusion(anfis, output, c + (k * anfis->rule_count + r) * columns, params);
        const neural_fuzzy_term term = {.name = name,
                                        .shape = anfis->order ? NEURAL_FUZZY_LINEAR
                                                              : NEURAL_FUZZY_CONSTANT,
                                        .params = params,
                                        .count = columns};
        NEURAL_TRY(neural_fuzzy_system_add_term(system, output->name, &term));
    }
    return NEURAL_OK;
}

/* --- rules --- */

typedef struct text {
    char *at;
    size_t left;
} text;

static void put(text *t, const char *before, const char *a, const char *b) {
    const int len = snprintf(t->at, t->left, "%s%s is %s", before, a, b);
    t->at += len;
    t->left -= (size_t)len;
}

static void put_rule(const neural_anfis *anfis, int64_t r, text t) {
    char conclusion[NAME_BYTES];
    const int64_t *places = anfis->places + r * anfis->rule_len;
    int conditions = 0;
    for (int64_t k = 0; k < anfis->rule_len; k++) {
        if (places[k] >= 0) {
            const anfis_term *term = &anfis->terms[places[k]];
            put(&t, conditions++ ? " and " : "if ", anfis->inputs[term->input].name, term->name);
        }
    }
    if (!conditions) {
        put(&t, "if ", anfis->inputs[0].name, "any");
    }
    snprintf(conclusion, sizeof conclusion, "r%" PRId64, r + 1);
    for (int64_t k = 0; k < anfis->output_count; k++) {
        put(&t, k ? " and " : " then ", anfis->outputs[k].name, conclusion);
    }
    if (anfis->weights[r] != 1) {
        snprintf(t.at, t.left, " with %.17g", anfis->weights[r]);
    }
}

/* Room for the longest rule. */
static size_t rule_bytes(const neural_anfis *anfis) {
    size_t bytes = 64, longest = 4;
    for (int64_t i = 0; i < anfis->input_count; i++) {
        const size_t len = strlen(anfis->inputs[i].name);
        longest = len > longest ? len : longest;
    }
    size_t longest_term = 4;
    for (int64_t t = 0; t < anfis->term_count; t++) {
        const size_t len = strlen(anfis->terms[t].name);
        longest_term = len > longest_term ? len : longest_term;
    }
    bytes += ((size_t)anfis->rule_len + 1) * (longest + longest_term + 10);
    for (int64_t k = 0; k < anfis->output_count; k++) {
        bytes += strlen(anfis->outputs[k].name) + NAME_BYTES + 10;
    }
    return bytes;
}

static neural_status add_rules(const neural_anfis *anfis, neural_fuzzy_system *system) {
    const neural_fuzzy_block block = {.name = "rules", .conjunction = anfis->conjunction};
    NEURAL_TRY(neural_fuzzy_system_add_block(system, &block));
    const size_t bytes = rule_bytes(anfis);
    char *rule = neural_alloc(bytes);
    neural_status status = rule ? NEURAL_OK : NEURAL_ERR_OUT_OF_MEMORY;
    for (int64_t r = 0; r < anfis->rule_count && !status; r++) {
        put_rule(anfis, r, (text){rule, bytes});
        status = neural_fuzzy_system_add_rule(system, rule);
    }
    neural_free(rule);
    return status;
}

static neural_status fill(const neural_anfis *anfis, neural_fuzzy_system *system) {
    double *params = neural_alloc((size_t)anfis_columns(anfis) * sizeof *params);
    neural_status status = params ? add_inputs(anfis, system) : NEURAL_ERR_OUT_OF_MEMORY;
    for (int64_t k = 0; k < anfis->output_count && !status; k++) {
        status = add_output(anfis, system, k, params);
    }
    neural_free(params);
    return status ? status : add_rules(anfis, system);
}

neural_status neural_anfis_to_system(const neural_anfis *anfis, neural_fuzzy_system **out) {
    NEURAL_REQUIRE(anfis && out, NEURAL_ERR_NULL_POINTER,
                   "anfis_to_system: anfis and out must be given");
    neural_fuzzy_system *system = NULL;
    NEURAL_TRY(neural_fuzzy_system_create("anfis", NULL, &system));
    neural_status status = fill(anfis, system);
    status = status ? status : neural_fuzzy_system_prepare(system);
    if (status) {
        neural_fuzzy_system_destroy(system);
        return status;
    }
    *out = system;
    return NEURAL_OK;
}

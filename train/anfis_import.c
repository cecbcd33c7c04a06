/* A fuzzy system as a neuro-fuzzy one. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "fuzzy/system_type.h"
#include "train/anfis_type.h"

#define REQUIRE(condition, ...)                                                                    \
    NEURAL_REQUIRE(condition, NEURAL_ERR_INVALID_ARGUMENT, "anfis_from_system: " __VA_ARGS__)

/* --- what fits --- */

static neural_status check_variable(const neural_fuzzy_variable *v) {
    REQUIRE(!v->is_disabled && !v->locks_range,
            "%s is disabled or locks its range, expected neither", v->name);
    return NEURAL_OK;
}

static neural_status check_output(const fuzzy_variable *output) {
    const neural_fuzzy_variable *v = &output->given;
    NEURAL_TRY(check_variable(v));
    REQUIRE(v->defuzzifier == NEURAL_FUZZY_WEIGHTED_AVERAGE &&
                v->inference <= NEURAL_FUZZY_TAKAGI_SUGENO && !v->locks_previous,
            "output %s has no plain WeightedAverage of Takagi-Sugeno", v->name);
    for (int64_t t = 0; t < output->term_count; t++) {
        const neural_fuzzy_term *term = &output->terms[t].given;
        REQUIRE(term->shape == NEURAL_FUZZY_CONSTANT || term->shape == NEURAL_FUZZY_LINEAR,
                "term %s of output %s is %s, expected Constant or Linear", term->name, v->name,
                neural_fuzzy_shape_name(term->shape));
    }
    return NEURAL_OK;
}

typedef struct sizes {
    int64_t terms, rules, rule_len;
    int order;
    neural_fuzzy_norm conjunction; /* of the first "and" */
} sizes;

static neural_status check_steps(const fuzzy_block *block, const fuzzy_rule *rule, sizes *out) {
    for (int64_t i = 0; i < rule->step_count; i++) {
        const neural_fuzzy_norm conjunction = block->given.conjunction;
        REQUIRE(rule->steps[i].kind != FUZZY_OR, "rule \"%.200s\": expected no or", rule->text);
        if (rule->steps[i].kind == FUZZY_AND) {
            out->conjunction = out->conjunction ? out->conjunction : conjunction;
            REQUIRE(
                conjunction == out->conjunction && (conjunction == NEURAL_FUZZY_ALGEBRAIC_PRODUCT ||
                                                    conjunction == NEURAL_FUZZY_MINIMUM),
                "rule \"%.200s\": \"and\" is %s, expected AlgebraicProduct or Minimum, the same "
                "in all blocks",
                rule->text, neural_fuzzy_norm_name(conjunction));
        }
    }
    return NEURAL_OK;
}

static neural_status check_rule(const neural_fuzzy_system *system, const fuzzy_rule *rule) {
    for (int64_t i = 0; i < rule->proposition_count; i++) {
        const fuzzy_proposition *p = &rule->propositions[i];
        const int is_condition = i < rule->condition_count;
        REQUIRE(p->hedge_begin == p->hedge_end || (is_condition && p->term < 0),
                "rule \"%.200s\" has hedges, expected none", rule->text);
        REQUIRE(p->is_output != is_condition, "rule \"%.200s\" asks for an output", rule->text);
        REQUIRE(is_condition || p->variable == i - rule->condition_count,
                "rule \"%.200s\" does not conclude every output in order", rule->text);
    }
    REQUIRE(rule->proposition_count - rule->condition_count == system->outputs.count,
            "rule \"%.200s\" does not conclude every output", rule->text);
    return NEURAL_OK;
}

static neural_status count_block(const neural_fuzzy_system *system, const fuzzy_block *block,
                                 sizes *out) {
    REQUIRE(block->given.activation == NEURAL_FUZZY_GENERAL, "a block is not activated as General");
    for (int64_t r = 0; r < block->count; r++) {
        const fuzzy_rule *rule = &block->rules[r];
        NEURAL_TRY(check_steps(block, rule, out));
        NEURAL_TRY(check_rule(system, rule));
        out->rule_len =
            rule->condition_count > out->rule_len ? rule->condition_count : out->rule_len;
    }
    out->rules += block->count;
    return NEURAL_OK;
}

static neural_status count_sizes(const neural_fuzzy_system *system, sizes *out) {
    for (int64_t i = 0; i < system->inputs.count; i++) {
        NEURAL_TRY(check_variable(&system->inputs.items[i].given));
        out->terms += system->inputs.items[i].term_count;
    }
    for (int64_t i = 0; i < system->outputs.count; i++) {
        const fuzzy_variable *output = &system->outputs.items[i];
        NEURAL_TRY(check_output(output));
        for (int64_t t = 0; t < output->term_count; t++) {
            out->order |= output->terms[t].given.shape == NEURAL_FUZZY_LINEAR;
        }
    }
    for (int64_t b = 0; b < system->block_count; b++) {
        if (!system->blocks[b].given.is_disabled) {
            NEURAL_TRY(count_block(system, &system->blocks[b], out));
        }
    }
    REQUIRE(system->inputs.count >= 1 && system->outputs.count >= 1 && out->terms >= 1 &&
                out->rules >= 1 && out->rule_len >= 1,
            "%" PRId64 " inputs, %" PRId64 " outputs, %" PRId64 " terms, %" PRId64
            " rules, expected at least 1 of each",
            system->inputs.count, system->outputs.count, out->terms, out->rules);
    return NEURAL_OK;
}

/* --- variables and terms --- */

static neural_status take_variable(anfis_variable *to, const neural_fuzzy_variable *from,
                                   double offset) {
    const double width = from->maximum - from->minimum;
    to->minimum = from->minimum;
    to->maximum = from->maximum;
    to->offset = isfinite(offset) ? offset : 0;
    to->scale = isfinite(width) && width > 0 ? width : 1;
    return anfis_set_name(&to->name, from->name);
}

/* From fuzzylite's parameters to ours, in units of the input. */
static neural_status take_term(const neural_fuzzy_term *t, double p[ANFIS_PREMISE]) {
    const double *q = t->params;
    REQUIRE(t->height > 0, "term %s has height %g, expected above 0", t->name, t->height);
    switch (t->shape) {
    case NEURAL_FUZZY_GAUSSIAN:
    case NEURAL_FUZZY_BELL:
        p[0] = q[0];
        p[1] = fabs(q[1]);
        p[2] = t->shape == NEURAL_FUZZY_BELL ? q[2] : 1;
        REQUIRE(isfinite(p[0]) && p[1] > 0 && isfinite(p[1]) && p[2] > 0 && isfinite(p[2]),
                "term %s: expected a center, and numbers above 0", t->name);
        return NEURAL_OK;
    case NEURAL_FUZZY_TRIANGLE:
        p[0] = q[1];
        p[1] = q[1] - q[0];
        p[2] = q[2] - q[1];
        p[3] = 0;
        break;
    case NEURAL_FUZZY_TRAPEZOID:
        p[0] = q[1];
        p[1] = q[1] - q[0];
        p[2] = isinf(q[2]) ? INFINITY : q[3] - q[2];
        p[3] = q[2] - q[1];
        break;
    default:
        REQUIRE(0, "term %s is %s, expected Gaussian, Bell, Triangle or Trapezoid", t->name,
                neural_fuzzy_shape_name(t->shape));
    }
    REQUIRE(isfinite(p[0]) && p[1] >= 0 && p[2] >= 0 && p[3] >= 0,
            "term %s: expected increasing parameters, the second one finite", t->name);
    return NEURAL_OK;
}

static void scale_term(neural_fuzzy_shape shape, const anfis_variable *input,
                       double p[ANFIS_PREMISE]) {
    p[0] = (p[0] - input->offset) / input->scale;
    p[1] = anfis_bounded_log(p[1] / input->scale);
    if (shape == NEURAL_FUZZY_GAUSSIAN) {
        p[2] = 0;
    } else if (shape == NEURAL_FUZZY_BELL) {
        p[2] = anfis_bounded_log(p[2]);
    } else {
        p[2] = anfis_bounded_log(p[2] / input->scale);
        p[3] = shape == NEURAL_FUZZY_TRAPEZOID ? anfis_bounded_log(p[3] / input->scale) : 0;
    }
}

static neural_status take_terms(const neural_fuzzy_system *system, neural_anfis *anfis) {
    double *premise = neural_tensor_data(anfis->premise->value);
    int64_t at = 0;
    for (int64_t i = 0; i < system->inputs.count; i++) {
        const fuzzy_variable *input = &system->inputs.items[i];
        for (int64_t t = 0; t < input->term_count; t++, at++) {
            const neural_fuzzy_term *term = &input->terms[t].given;
            double p[ANFIS_PREMISE] = {0};
            NEURAL_TRY(take_term(term, p));
            scale_term(term->shape, &anfis->inputs[i], p);
            memcpy(premise + at * ANFIS_PREMISE, p, sizeof p);
            anfis->terms[at].input = i;
            anfis->terms[at].shape = term->shape;
            NEURAL_TRY(anfis_set_name(&anfis->terms[at].name, term->name));
        }
    }
    return NEURAL_OK;
}

/* --- rules --- */

static int64_t place_of(const neural_fuzzy_system *system, const fuzzy_proposition *p) {
    int64_t place = p->term;
    for (int64_t i = 0; i < p->variable; i++) {
        place += system->inputs.items[i].term_count;
    }
    return place;
}

static void take_conditions(const neural_fuzzy_system *system, const fuzzy_rule *rule,
                            neural_anfis *anfis, int64_t r) {
    anfis->weights[r] = rule->weight;
    for (int64_t i = 0, at = r * anfis->rule_len; i < rule->condition_count; i++) {
        const fuzzy_proposition *p = &rule->propositions[i];
        if (p->term >= 0) {
            anfis->places[at++] = place_of(system, p);
            anfis->weights[r] *= system->inputs.items[p->variable].terms[p->term].given.height;
        }
    }
}

/* c_1 ... c_n c_0 of a term, in scaled units. A Linear of n numbers has no constant; fewer are
 * those of the first inputs, more end with it. */
static void take_conclusion(const neural_anfis *anfis, const neural_fuzzy_term *term,
                            const anfis_variable *output, double *c) {
    const int64_t inputs = anfis->input_count, columns = anfis_columns(anfis);
    const int is_linear = term->shape == NEURAL_FUZZY_LINEAR;
    double constant = !is_linear             ? term->params[0]
                      : term->count > inputs ? term->params[term->count - 1]
                                             : 0;
    for (int64_t i = 0; i < columns - 1; i++) {
        const double factor = is_linear && i < term->count ? term->params[i] : 0;
        constant += factor * anfis->inputs[i].offset;
        c[i] = factor * anfis->inputs[i].scale / output->scale;
    }
    c[columns - 1] = (constant - output->offset) / output->scale;
}

static void take_conclusions(const neural_fuzzy_system *system, const fuzzy_rule *rule,
                             neural_anfis *anfis, int64_t r) {
    double *c = neural_tensor_data(anfis->consequent->value);
    for (int64_t k = 0; k < anfis->output_count; k++) {
        const fuzzy_proposition *p = &rule->propositions[rule->condition_count + k];
        take_conclusion(anfis, &system->outputs.items[k].terms[p->term].given, &anfis->outputs[k],
                        c + (k * anfis->rule_count + r) * anfis_columns(anfis));
    }
}

static neural_status take_system(const neural_fuzzy_system *system, neural_anfis *anfis) {
    for (int64_t i = 0; i < anfis->input_count; i++) {
        const neural_fuzzy_variable *from = &system->inputs.items[i].given;
        NEURAL_TRY(take_variable(&anfis->inputs[i], from, from->minimum));
    }
    for (int64_t i = 0; i < anfis->output_count; i++) {
        const neural_fuzzy_variable *from = &system->outputs.items[i].given;
        NEURAL_TRY(take_variable(&anfis->outputs[i], from, from->default_value));
    }
    NEURAL_TRY(anfis_finish(anfis));
    NEURAL_TRY(take_terms(system, anfis));
    for (int64_t b = 0, r = 0; b < system->block_count; b++) {
        const fuzzy_block *block = &system->blocks[b];
        for (int64_t i = 0; i < block->count && !block->given.is_disabled; i++, r++) {
            take_conditions(system, &block->rules[i], anfis, r);
            take_conclusions(system, &block->rules[i], anfis, r);
        }
    }
    return NEURAL_OK;
}

neural_status neural_anfis_from_system(const neural_fuzzy_system *system, neural_anfis **out) {
    sizes n = {0};
    neural_anfis *anfis = NULL;
    NEURAL_REQUIRE(system && out, NEURAL_ERR_NULL_POINTER,
                   "anfis_from_system: system and out must be given");
    NEURAL_TRY(count_sizes(system, &n));
    NEURAL_TRY(anfis_create_empty(system->inputs.count, system->outputs.count, n.terms, n.rules,
                                  n.rule_len, &anfis));
    anfis->order = n.order;
    anfis->conjunction = n.conjunction ? n.conjunction : NEURAL_FUZZY_ALGEBRAIC_PRODUCT;
    const neural_status status = take_system(system, anfis);
    if (status) {
        neural_anfis_destroy(anfis);
        return status;
    }
    *out = anfis;
    return NEURAL_OK;
}

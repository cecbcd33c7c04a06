/* Checks that the parts of a system belong together and lays out the plan of its evaluation. */
#include <math.h>

#include "fuzzy/exact.h"
#include "fuzzy/formulas.h"
#include "fuzzy/plan.h"
#include "fuzzy/value.h"

enum { CHUNK = 1 << 16 };

/* --- what belongs together --- */

static neural_status check_rule(const fuzzy_block *block, int64_t index, const char *name) {
    const fuzzy_rule *rule = &block->rules[index];
    for (int64_t i = 0; i < rule->step_count; i++) {
        const fuzzy_step_kind kind = rule->steps[i].kind;
        NEURAL_REQUIRE(kind != FUZZY_AND || block->given.conjunction, NEURAL_ERR_INVALID_ARGUMENT,
                       "rule block %s, rule %lld: \"and\" needs a conjunction, there is none", name,
                       (long long)index + 1);
        NEURAL_REQUIRE(kind != FUZZY_OR || block->given.disjunction, NEURAL_ERR_INVALID_ARGUMENT,
                       "rule block %s, rule %lld: \"or\" needs a disjunction, there is none", name,
                       (long long)index + 1);
    }
    return NEURAL_OK;
}

static int is_weighted(const fuzzy_variable *output) {
    return output->given.defuzzifier == NEURAL_FUZZY_WEIGHTED_AVERAGE ||
           output->given.defuzzifier == NEURAL_FUZZY_WEIGHTED_SUM;
}

static neural_status check_output(const fuzzy_variable *output) {
    const neural_fuzzy_variable *given = &output->given;
    const int is_exact = given->defuzzifier == NEURAL_FUZZY_EXACT_CENTROID;
    if (output->conclusion_count == 0) {
        return NEURAL_OK;
    }
    NEURAL_REQUIRE(given->defuzzifier, NEURAL_ERR_INVALID_ARGUMENT,
                   "output %s: rules conclude about it, it has no defuzzifier", given->name);
    if (is_weighted(output)) {
        return NEURAL_OK;
    }
    NEURAL_REQUIRE(given->aggregation, NEURAL_ERR_INVALID_ARGUMENT,
                   "output %s: %s needs an aggregation, there is none", given->name,
                   neural_fuzzy_defuzzifier_name(given->defuzzifier));
    NEURAL_REQUIRE(isfinite(given->maximum - given->minimum), NEURAL_ERR_INVALID_ARGUMENT,
                   "output %s: %s needs a finite range, it is %g ... %g", given->name,
                   neural_fuzzy_defuzzifier_name(given->defuzzifier), given->minimum,
                   given->maximum);
    NEURAL_REQUIRE(!is_exact || given->aggregation == NEURAL_FUZZY_MAXIMUM ||
                       given->aggregation == NEURAL_FUZZY_UNBOUNDED_SUM,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "output %s: ExactCentroid takes the aggregations Maximum and UnboundedSum, "
                   "found %s",
                   given->name, neural_fuzzy_norm_name(given->aggregation));
    return NEURAL_OK;
}

static neural_status check_conclusion(const fuzzy_variable *output, const fuzzy_conclusion *c) {
    const int is_exact = output->given.defuzzifier == NEURAL_FUZZY_EXACT_CENTROID;
    const neural_fuzzy_term *term = &output->terms[c->term].given;
    if (is_weighted(output)) {
        return NEURAL_OK;
    }
    NEURAL_REQUIRE(c->implication, NEURAL_ERR_INVALID_ARGUMENT,
                   "output %s: %s needs an implication, a rule block has none", output->given.name,
                   neural_fuzzy_defuzzifier_name(output->given.defuzzifier));
    NEURAL_REQUIRE(!is_exact || c->implication == NEURAL_FUZZY_MINIMUM ||
                       c->implication == NEURAL_FUZZY_ALGEBRAIC_PRODUCT,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "output %s: ExactCentroid takes the implications Minimum and AlgebraicProduct, "
                   "found %s",
                   output->given.name, neural_fuzzy_norm_name(c->implication));
    NEURAL_REQUIRE(!is_exact || neural_fuzzy_shape_is_linear(term->shape),
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "output %s: ExactCentroid needs terms of straight lines, %s is a %s",
                   output->given.name, term->name, neural_fuzzy_shape_name(term->shape));
    return NEURAL_OK;
}

/* --- conclusions --- */

/* Counts the conclusions of each output, or with `link` makes them. */
static void visit_conclusions(neural_fuzzy_system *system, const fuzzy_block *block, int link) {
    for (int64_t i = 0; i < block->count; i++) {
        fuzzy_rule *rule = &block->rules[i];
        for (int64_t j = rule->condition_count; j < rule->proposition_count; j++) {
            fuzzy_proposition *p = &rule->propositions[j];
            fuzzy_variable *output = &system->outputs.items[p->variable];
            p->conclusion = NULL;
            if (output->given.is_disabled) {
                continue;
            }
            if (link) {
                p->conclusion = &output->conclusions[output->conclusion_count];
                p->conclusion->term = p->term;
                p->conclusion->implication = block->given.implication;
            }
            output->conclusion_count++;
        }
    }
}

static void visit_blocks(neural_fuzzy_system *system, int link) {
    for (int64_t i = 0; i < system->outputs.count; i++) {
        system->outputs.items[i].conclusion_count = 0;
    }
    for (int64_t i = 0; i < system->block_count; i++) {
        if (!system->blocks[i].given.is_disabled) {
            visit_conclusions(system, &system->blocks[i], link);
        }
    }
}

static neural_status plan_conclusions(neural_fuzzy_system *system) {
    visit_blocks(system, 0);
    for (int64_t i = 0; i < system->outputs.count; i++) {
        fuzzy_variable *output = &system->outputs.items[i];
        NEURAL_TRY(check_output(output));
        NEURAL_TRY(neural_fuzzy_plan_alloc(system->arena, output->conclusion_count,
                                           sizeof(fuzzy_conclusion), &output->conclusions));
    }
    visit_blocks(system, 1);
    for (int64_t i = 0; i < system->outputs.count; i++) {
        const fuzzy_variable *output = &system->outputs.items[i];
        for (int64_t c = 0; c < output->conclusion_count; c++) {
            NEURAL_TRY(check_conclusion(output, &output->conclusions[c]));
            NEURAL_TRY(
                neural_fuzzy_plan_columns(system->arena, 1, &output->conclusions[c].degrees));
        }
    }
    return NEURAL_OK;
}

/* --- columns and samples --- */

static neural_status plan_inputs(neural_fuzzy_system *system) {
    for (int64_t i = 0; i < system->inputs.count; i++) {
        fuzzy_variable *input = &system->inputs.items[i];
        NEURAL_TRY(neural_fuzzy_plan_columns(system->arena, 1, &input->values));
        NEURAL_TRY(
            neural_fuzzy_plan_columns(system->arena, input->term_count, &input->memberships));
        NEURAL_TRY(neural_fuzzy_plan_alloc(system->arena, input->term_count, 1, &input->is_known));
    }
    return NEURAL_OK;
}

static neural_status tabulate(neural_fuzzy_system *system, fuzzy_variable *output) {
    const int64_t n = output->given.resolution;
    const double step = (output->given.maximum - output->given.minimum) / (double)n;
    int64_t total = 0;
    NEURAL_TRY(neural_size_mul(output->term_count, n, &total));
    NEURAL_TRY(neural_fuzzy_plan_alloc(system->arena, total, sizeof(double), &output->samples));
    NEURAL_TRY(neural_fuzzy_plan_columns(system->arena, output->term_count, &output->grouped));
    output->has_moving_terms = 0;
    for (int64_t t = 0; t < output->term_count; t++) {
        const neural_fuzzy_shape shape = output->terms[t].given.shape;
        const int moves = shape == NEURAL_FUZZY_LINEAR || shape == NEURAL_FUZZY_FUNCTION;
        output->has_moving_terms |= moves;
        for (int64_t i = 0; !moves && i < n; i++) {
            output->samples[t * n + i] = neural_fuzzy_term_value(
                system, &output->terms[t], output->given.minimum + ((double)i + 0.5) * step, 0);
        }
    }
    return NEURAL_OK;
}

/* Which kernel gives the centroids of an output, if any does: see output.c. */
static fuzzy_kernel kernel_of(const fuzzy_variable *output) {
    const neural_fuzzy_norm implication =
        output->conclusion_count ? output->conclusions[0].implication : NEURAL_FUZZY_NONE;
    for (int64_t i = 0; i < output->conclusion_count; i++) {
        if (output->conclusions[i].implication != implication) {
            return FUZZY_GENERAL;
        }
    }
    if (output->given.defuzzifier != NEURAL_FUZZY_CENTROID || output->has_moving_terms ||
        output->given.aggregation != NEURAL_FUZZY_MAXIMUM) {
        return FUZZY_GENERAL;
    }
    for (int64_t t = 0; t < output->term_count; t++) {
        if (output->terms[t].given.shape == NEURAL_FUZZY_CONSTANT ||
            output->terms[t].given.height < 0) {
            return FUZZY_GENERAL;
        }
    }
    return implication == NEURAL_FUZZY_MINIMUM             ? FUZZY_CLIPS
           : implication == NEURAL_FUZZY_ALGEBRAIC_PRODUCT ? FUZZY_SCALES
                                                           : FUZZY_GENERAL;
}

static neural_status lay_table(neural_fuzzy_system *system, fuzzy_variable *output) {
    const int64_t n = output->given.resolution, width = output->term_count + 1;
    const double step = (output->given.maximum - output->given.minimum) / (double)n;
    int64_t total = 0;
    output->kernel = kernel_of(output);
    if (!output->kernel) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_size_mul(width, n, &total));
    NEURAL_TRY(neural_fuzzy_plan_alloc(system->arena, total, sizeof(double), &output->table));
    for (int64_t i = 0; i < n; i++) {
        for (int64_t t = 0; t < output->term_count; t++) {
            output->table[i * width + t] = output->samples[t * n + i];
        }
        output->table[i * width + width - 1] = output->given.minimum + ((double)i + 0.5) * step;
    }
    return NEURAL_OK;
}

static neural_status plan_outputs(neural_fuzzy_system *system) {
    int64_t resolution = 0;
    for (int64_t i = 0; i < system->outputs.count; i++) {
        fuzzy_variable *output = &system->outputs.items[i];
        output->kernel = FUZZY_GENERAL;
        NEURAL_TRY(neural_fuzzy_plan_columns(system->arena, 1, &output->values));
        NEURAL_TRY(neural_fuzzy_plan_alloc(system->arena, FUZZY_ROWS, 1, &output->fired));
        if (neural_fuzzy_defuzzifier_is_sampled(output->given.defuzzifier)) {
            NEURAL_TRY(tabulate(system, output));
            NEURAL_TRY(lay_table(system, output));
            resolution =
                output->given.resolution > resolution ? output->given.resolution : resolution;
        }
    }
    double **scratch[] = {&system->set, &system->level, &system->clipped};
    for (size_t i = 0; i < sizeof scratch / sizeof *scratch; i++) {
        NEURAL_TRY(neural_fuzzy_plan_alloc(system->arena, resolution, sizeof(double), scratch[i]));
    }
    return neural_fuzzy_lines_create(system->arena, &system->outputs, &system->lines);
}

static neural_status plan_rules(neural_fuzzy_system *system) {
    int64_t depth = 1, rules = 1;
    for (int64_t i = 0; i < system->block_count; i++) {
        const fuzzy_block *block = &system->blocks[i];
        const char *name = block->given.name && *block->given.name ? block->given.name : "unnamed";
        for (int64_t j = 0; j < block->count; j++) {
            depth =
                block->rules[j].condition_count > depth ? block->rules[j].condition_count : depth;
            NEURAL_TRY(check_rule(block, j, name));
        }
        rules = block->count > rules ? block->count : rules;
    }
    NEURAL_TRY(neural_fuzzy_plan_columns(system->arena, depth, &system->stack));
    NEURAL_TRY(neural_fuzzy_plan_columns(system->arena, rules, &system->degrees));
    NEURAL_TRY(
        neural_fuzzy_plan_alloc(system->arena, depth, sizeof *system->operands, &system->operands));
    return neural_fuzzy_plan_alloc(system->arena, rules, sizeof *system->ranked, &system->ranked);
}

static neural_status plan(neural_fuzzy_system *system) {
    NEURAL_TRY(plan_rules(system));
    NEURAL_TRY(plan_conclusions(system));
    NEURAL_TRY(neural_fuzzy_plan_formulas(system));
    NEURAL_TRY(plan_inputs(system));
    return plan_outputs(system);
}

void neural_fuzzy_system_reset(neural_fuzzy_system *system) {
    for (int64_t i = 0; system && system->arena && i < system->outputs.count; i++) {
        system->outputs.items[i].previous = NAN;
        system->outputs.items[i].values[0] = NAN;
    }
}

neural_status neural_fuzzy_system_prepare(neural_fuzzy_system *system) {
    NEURAL_REQUIRE(system, NEURAL_ERR_NULL_POINTER, "fuzzy_prepare: system must be given");
    if (system->arena) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_arena_create(CHUNK, &system->arena));
    const neural_status status = plan(system);
    if (status) {
        neural_fuzzy_plan_free(system);
        return status;
    }
    neural_fuzzy_system_reset(system);
    return NEURAL_OK;
}

/* Ranges, terms, rules and outputs, one by one. */
#include <stdlib.h>

#include "fuzzy/check_type.h"
#include "fuzzy/near.h"
#include "fuzzy/number.h"
#include "fuzzy/plan.h"
#include "fuzzy/range.h"

enum { STEPS = 1000 };

/* --- degrees of one term --- */

static double degree(const fuzzy_term *term, double x) {
    const neural_fuzzy_term *t = &term->given;
    return neural_fuzzy_membership(t->shape, t->params, t->count, t->height, x);
}

/* 1 for terms whose degree depends on x alone. */
static int is_of_x(const fuzzy_term *term) {
    return term->given.shape != NEURAL_FUZZY_LINEAR && term->given.shape != NEURAL_FUZZY_FUNCTION;
}

/* The i-th place to look at: an even grid, then the parameters and the middles between them, where
 * shapes have their peaks and edges. NaN for one outside the span. */
static double place(const fuzzy_span *span, const neural_fuzzy_term *t, int64_t i) {
    if (i <= STEPS) {
        return neural_range_at(span->low, span->high, (double)i / STEPS);
    }
    const int64_t at = (i - STEPS - 1) / 2;
    const double x = (i - STEPS - 1) % 2 == 0 ? t->params[at]
                     : at + 1 < t->count      ? (t->params[at] + t->params[at + 1]) / 2
                                              : NAN;
    return x >= span->low && x <= span->high ? x : NAN;
}

typedef struct bounds {
    double low, high;
    double peak; /* where it is high */
} bounds;

static bounds bounds_of(const fuzzy_check *check, int64_t input, const fuzzy_term *term) {
    const fuzzy_span *span = &check->spans[input];
    bounds found = {INFINITY, -INFINITY, neural_range_at(span->low, span->high, 0.5)};
    if (!is_of_x(term)) {
        return (bounds){0, 1, found.peak};
    }
    for (int64_t i = 0; i <= STEPS + 2 * term->given.count; i++) {
        const double x = place(span, &term->given, i), y = degree(term, x);
        found.low = y < found.low ? y : found.low;
        if (y > found.high) {
            found.high = y;
            found.peak = x;
        }
    }
    return found;
}

double neural_fuzzy_peak(const fuzzy_check *check, int64_t input, int64_t term) {
    return bounds_of(check, input, &check->system->inputs.items[input].terms[term]).peak;
}

/* --- places --- */

static int compare(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static neural_status collect(fuzzy_check *check, int64_t index) {
    const fuzzy_variable *input = &check->system->inputs.items[index];
    int64_t total = STEPS + 1, filled = 0;
    for (int64_t t = 0; t < input->term_count; t++) {
        total += 2 * input->terms[t].given.count;
    }
    double *all = NULL;
    NEURAL_TRY(neural_fuzzy_plan_alloc(check->arena, total, sizeof *all, &all));
    for (int64_t t = 0; t < input->term_count; t++) {
        const neural_fuzzy_term *term = &input->terms[t].given;
        for (int64_t i = t ? STEPS + 1 : 0; i <= STEPS + 2 * term->count; i++) {
            const double x = place(&check->spans[index], term, i);
            all[filled] = x;
            filled += x == x;
        }
    }
    qsort(all, (size_t)filled, sizeof *all, compare);
    check->places[index] = all;
    check->place_count[index] = filled;
    return NEURAL_OK;
}

neural_status neural_fuzzy_check_places(fuzzy_check *check) {
    const int64_t inputs = check->system->inputs.count;
    NEURAL_TRY(
        neural_fuzzy_plan_alloc(check->arena, inputs, sizeof *check->places, &check->places));
    NEURAL_TRY(neural_fuzzy_plan_alloc(check->arena, inputs, sizeof *check->place_count,
                                       &check->place_count));
    for (int64_t i = 0; i < inputs; i++) {
        NEURAL_TRY(collect(check, i));
    }
    return NEURAL_OK;
}

/* --- ranges --- */

static int is_covered(const fuzzy_variable *input, double x) {
    for (int64_t t = 0; t < input->term_count; t++) {
        if (degree(&input->terms[t], x) > NEURAL_FUZZY_NEAR) {
            return 1;
        }
    }
    return 0;
}

/* The last place of the kind of `from`, on the way to `to`, which is of the other kind. */
static double edge(const fuzzy_variable *input, double from, double to) {
    const int kind = is_covered(input, from);
    for (int i = 0; i < 60; i++) {
        const double middle = from + (to - from) / 2;
        if (is_covered(input, middle) == kind) {
            from = middle;
        } else {
            to = middle;
        }
    }
    return from;
}

static neural_status find_range(fuzzy_check *check, int64_t index, double low, double high) {
    const fuzzy_variable *input = &check->system->inputs.items[index];
    char from[NEURAL_FUZZY_NUMBER_TEXT], to[NEURAL_FUZZY_NUMBER_TEXT];
    const double x = neural_range_at(low, high, 0.5);
    neural_fuzzy_finding finding = {.flaw = NEURAL_FUZZY_RANGE_UNCOVERED,
                                    .variable = input->given.name,
                                    .block = -1,
                                    .rule = -1,
                                    .minimum = low,
                                    .maximum = high,
                                    .share = NAN};
    for (int64_t i = 0; i < check->system->inputs.count; i++) {
        const fuzzy_span *span = &check->spans[i];
        check->x[i] = i == index ? x : neural_range_at(span->low, span->high, 0.5);
    }
    finding.point = check->x;
    neural_fuzzy_number_short(low, from);
    neural_fuzzy_number_short(high, to);
    const fuzzy_span *span = &check->spans[index];
    const int is_point = high - low <= NEURAL_FUZZY_NEAR * (span->high - span->low);
    return neural_fuzzy_find(check, &finding, "input %s: no term covers %s%s%s", input->given.name,
                             from, is_point ? "" : " ... ", is_point ? "" : to);
}

static neural_status check_range(fuzzy_check *check, int64_t index) {
    const fuzzy_variable *input = &check->system->inputs.items[index];
    const double *x = check->places[index];
    const int64_t count = check->place_count[index];
    double begin = NAN;
    for (int64_t t = 0; t < input->term_count; t++) {
        if (!is_of_x(&input->terms[t])) {
            return NEURAL_OK;
        }
    }
    for (int64_t i = 0; i < count; i++) {
        const int covered = is_covered(input, x[i]);
        if (!covered && isnan(begin)) {
            begin = i ? edge(input, x[i], x[i - 1]) : x[i];
        } else if (covered && !isnan(begin)) {
            NEURAL_TRY(find_range(check, index, begin, edge(input, x[i - 1], x[i])));
            begin = NAN;
        }
    }
    return isnan(begin) ? NEURAL_OK : find_range(check, index, begin, x[count - 1]);
}

neural_status neural_fuzzy_check_ranges(fuzzy_check *check) {
    for (int64_t i = 0; i < check->system->inputs.count; i++) {
        const fuzzy_variable *input = &check->system->inputs.items[i];
        if (input->term_count && !input->given.is_disabled) {
            NEURAL_TRY(check_range(check, i));
        }
    }
    return NEURAL_OK;
}

/* --- terms --- */

/* 1 when a rule speaks of a term; of an input in a condition, of an output anywhere. */
static int is_used(const neural_fuzzy_system *system, int is_output, int64_t variable,
                   int64_t term) {
    for (int64_t b = 0; b < system->block_count; b++) {
        for (int64_t r = 0; r < system->blocks[b].count; r++) {
            const fuzzy_rule *rule = &system->blocks[b].rules[r];
            for (int64_t i = 0; i < rule->proposition_count; i++) {
                const fuzzy_proposition *p = &rule->propositions[i];
                if (p->is_output == is_output && p->variable == variable && p->term == term) {
                    return 1;
                }
            }
        }
    }
    return 0;
}

static neural_status check_terms_of(fuzzy_check *check, const fuzzy_variables *variables) {
    const int is_output = variables == &check->system->outputs;
    for (int64_t v = 0; v < variables->count; v++) {
        const fuzzy_variable *variable = &variables->items[v];
        for (int64_t t = 0; t < variable->term_count; t++) {
            if (is_used(check->system, is_output, v, t)) {
                continue;
            }
            const neural_fuzzy_finding finding = {.flaw = NEURAL_FUZZY_TERM_UNUSED,
                                                  .variable = variable->given.name,
                                                  .term = variable->terms[t].given.name,
                                                  .block = -1,
                                                  .rule = -1,
                                                  .minimum = NAN,
                                                  .maximum = NAN,
                                                  .share = NAN};
            NEURAL_TRY(neural_fuzzy_find(check, &finding, "%s %s: no rule uses the term %s",
                                         is_output ? "output" : "input", finding.variable,
                                         finding.term));
        }
    }
    return NEURAL_OK;
}

neural_status neural_fuzzy_check_terms(fuzzy_check *check) {
    NEURAL_TRY(check_terms_of(check, &check->system->inputs));
    return check_terms_of(check, &check->system->outputs);
}

/* --- rules --- */

static void apply_hedges(const fuzzy_rule *rule, const fuzzy_proposition *p, bounds *of) {
    for (int64_t h = p->hedge_end; h-- > p->hedge_begin;) {
        const neural_fuzzy_hedge hedge = (neural_fuzzy_hedge)rule->hedges[h];
        const double a = neural_fuzzy_hedge_apply(hedge, of->low);
        const double b = neural_fuzzy_hedge_apply(hedge, of->high);
        of->low = a < b ? a : b;
        of->high = a < b ? b : a;
    }
}

/* The degrees a condition can have; those at x unless that is NULL. */
static bounds condition_bounds(const fuzzy_check *check, const fuzzy_rule *rule,
                               const fuzzy_proposition *p, const double *x) {
    const neural_fuzzy_system *s = check->system;
    const fuzzy_variable *v = &(p->is_output ? &s->outputs : &s->inputs)->items[p->variable];
    bounds found = {1, 1, 0};
    if (v->given.is_disabled) {
        return (bounds){0, 0, 0};
    }
    if (p->is_output) {
        found.low = 0;
    } else if (p->term >= 0 && x) {
        found.low = found.high = degree(&v->terms[p->term], *x);
    } else if (p->term >= 0) {
        found = bounds_of(check, p->variable, &v->terms[p->term]);
    }
    apply_hedges(rule, p, &found);
    return found;
}

/* The highest degree of the antecedent, at x unless that is NULL: norms grow with both of their
 * arguments. */
static double highest(const fuzzy_check *check, const fuzzy_block *block, const fuzzy_rule *rule,
                      const double *x) {
    double *top = check->system->stack - 1;
    for (int64_t i = 0; i < rule->step_count; i++) {
        const fuzzy_step *step = &rule->steps[i];
        if (step->kind == FUZZY_IS) {
            const fuzzy_proposition *p = &rule->propositions[step->proposition];
            *++top = condition_bounds(check, rule, p, x).high;
        } else {
            top--;
            *top = neural_fuzzy_combine(step->kind == FUZZY_AND ? block->given.conjunction
                                                                : block->given.disjunction,
                                        top[0], top[1]);
        }
    }
    return *top;
}

/* The only input that the conditions speak of, by terms of x alone; -1 where there is no such. */
static int64_t only_input(const fuzzy_check *check, const fuzzy_rule *rule) {
    const int64_t input = rule->propositions[0].variable;
    for (int64_t i = 0; i < rule->condition_count; i++) {
        const fuzzy_proposition *p = &rule->propositions[i];
        const fuzzy_term *terms = check->system->inputs.items[input].terms;
        if (p->is_output || p->variable != input || (p->term >= 0 && !is_of_x(&terms[p->term]))) {
            return -1;
        }
    }
    return input;
}

/* 1 when the conditions are 0 everywhere: each for itself, or, of one input, together. */
static int is_dead(const fuzzy_check *check, const fuzzy_block *block, const fuzzy_rule *rule) {
    if (highest(check, block, rule, NULL) * rule->weight <= NEURAL_FUZZY_NEAR) {
        return 1;
    }
    const int64_t input = rule->propositions[0].is_output ? -1 : only_input(check, rule);
    for (int64_t i = 0; input >= 0 && i < check->place_count[input]; i++) {
        const double y = highest(check, block, rule, &check->places[input][i]);
        if (y * rule->weight > NEURAL_FUZZY_NEAR) {
            return 0;
        }
    }
    return input >= 0 && check->place_count[input] > 0;
}

static int writes_nothing(const neural_fuzzy_system *system, const fuzzy_rule *rule) {
    for (int64_t i = rule->condition_count; i < rule->proposition_count; i++) {
        if (!system->outputs.items[rule->propositions[i].variable].given.is_disabled) {
            return 0;
        }
    }
    return 1;
}

/* Why the rule can never fire, or NULL. */
static const char *reason(const fuzzy_check *check, const fuzzy_block *block,
                          const fuzzy_rule *rule) {
    return block->given.is_disabled              ? "its block is disabled"
           : rule->weight <= NEURAL_FUZZY_NEAR   ? "its weight is 0"
           : writes_nothing(check->system, rule) ? "its outputs are disabled"
           : is_dead(check, block, rule)         ? "its condition is 0 over the whole ranges"
                                                 : NULL;
}

static neural_status check_rule(fuzzy_check *check, int64_t b, int64_t r, int is_seen,
                                neural_fuzzy_flaw wanted) {
    const fuzzy_block *block = &check->system->blocks[b];
    const fuzzy_rule *rule = &block->rules[r];
    const char *name = block->given.name && *block->given.name ? block->given.name : "unnamed";
    const char *why = is_seen ? NULL : reason(check, block, rule);
    neural_fuzzy_finding finding = {
        .flaw = wanted, .block = b, .rule = r, .minimum = NAN, .maximum = NAN, .share = NAN};
    if (is_seen || (why != NULL) != (wanted == NEURAL_FUZZY_RULE_NEVER_FIRES)) {
        return NEURAL_OK;
    }
    if (why) {
        return neural_fuzzy_find(check, &finding, "block %s, rule %lld never fires, %s: %.400s",
                                 name, (long long)r + 1, why, rule->text);
    }
    return neural_fuzzy_find(check, &finding,
                             "block %s, rule %lld did not fire at any of %lld points: %.400s", name,
                             (long long)r + 1, (long long)check->points, rule->text);
}

neural_status neural_fuzzy_check_rules(fuzzy_check *check) {
    const neural_fuzzy_flaw flaws[] = {NEURAL_FUZZY_RULE_NEVER_FIRES,
                                       NEURAL_FUZZY_RULE_DID_NOT_FIRE};
    for (int i = 0; i < 2; i++) {
        const unsigned char *seen = check->seen;
        for (int64_t b = 0; b < check->system->block_count; b++) {
            for (int64_t r = 0; r < check->system->blocks[b].count; r++) {
                NEURAL_TRY(check_rule(check, b, r, *seen++, flaws[i]));
            }
        }
    }
    return NEURAL_OK;
}

/* --- outputs --- */

neural_status neural_fuzzy_check_outputs(fuzzy_check *check) {
    for (int64_t i = 0; i < check->system->outputs.count; i++) {
        const fuzzy_variable *output = &check->system->outputs.items[i];
        if (output->conclusion_count || output->given.is_disabled) {
            continue;
        }
        const neural_fuzzy_finding finding = {.flaw = NEURAL_FUZZY_OUTPUT_UNWRITTEN,
                                              .variable = output->given.name,
                                              .block = -1,
                                              .rule = -1,
                                              .minimum = NAN,
                                              .maximum = NAN,
                                              .share = NAN};
        NEURAL_TRY(neural_fuzzy_find(check, &finding, "output %s: no rule concludes about it",
                                     finding.variable));
    }
    return NEURAL_OK;
}

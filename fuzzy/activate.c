#include "fuzzy/activate.h"

#include <math.h>
#include <string.h>

#include "fuzzy/near.h"
#include "fuzzy/value.h"

typedef neural_fuzzy_system fuzzy;

/* --- antecedents --- */

static double *input_memberships(const fuzzy *system, fuzzy_variable *input, int64_t index,
                                 int64_t rows) {
    double *column = input->memberships + index * FUZZY_ROWS;
    const fuzzy_term *term = &input->terms[index];
    const neural_fuzzy_term *t = &term->given;
    if (input->is_known[index]) {
        return column;
    }
    if (t->shape == NEURAL_FUZZY_LINEAR || t->shape == NEURAL_FUZZY_FUNCTION) {
        for (int64_t r = 0; r < rows; r++) {
            column[r] = neural_fuzzy_term_value(system, term, input->values[r], r);
        }
    } else {
        neural_fuzzy_membership_all(t->shape, t->params, t->count, t->height, column, input->values,
                                    rows);
    }
    input->is_known[index] = 1;
    return column;
}

/* The degree that the rules so far gave a term of an output. */
static void output_degrees(const fuzzy_variable *output, int64_t term, double *column,
                           int64_t rows) {
    const neural_fuzzy_norm given = output->given.aggregation;
    const neural_fuzzy_norm sum = given ? given : NEURAL_FUZZY_UNBOUNDED_SUM;
    memset(column, 0, (size_t)rows * sizeof *column);
    for (int64_t i = 0; i < output->conclusion_count; i++) {
        const fuzzy_conclusion *c = &output->conclusions[i];
        if (c->term == term && c->is_reached) {
            neural_fuzzy_combine_all(sum, column, column, c->degrees, rows);
        }
    }
}

static void fill(double *column, double value, int64_t rows) {
    for (int64_t r = 0; r < rows; r++) {
        column[r] = value;
    }
}

static void apply_hedges(const fuzzy_rule *rule, const fuzzy_proposition *p, double *column,
                         int64_t rows) {
    for (int64_t h = p->hedge_end; h-- > p->hedge_begin;) {
        const neural_fuzzy_hedge hedge = (neural_fuzzy_hedge)rule->hedges[h];
        for (int64_t r = 0; r < rows; r++) {
            column[r] = neural_fuzzy_hedge_apply(hedge, column[r]);
        }
    }
}

/* The degrees of "variable is term": a column of the variable, or made in `room`. */
static const double *is_degrees(const fuzzy *system, const fuzzy_rule *rule,
                                const fuzzy_proposition *p, double *room, int64_t rows) {
    fuzzy_variable *variable =
        &(p->is_output ? &system->outputs : &system->inputs)->items[p->variable];
    if (variable->given.is_disabled) {
        fill(room, 0, rows);
        return room;
    }
    if (p->term < 0) {
        fill(room, 1, rows);
    } else if (p->is_output) {
        output_degrees(variable, p->term, room, rows);
    } else {
        const double *column = input_memberships(system, variable, p->term, rows);
        if (p->hedge_begin == p->hedge_end) {
            return column;
        }
        memcpy(room, column, (size_t)rows * sizeof *room);
    }
    apply_hedges(rule, p, room, rows);
    return room;
}

/* Degrees of a rule, weighted, into column. */
static void rule_degrees(const fuzzy *system, const fuzzy_block *block, const fuzzy_rule *rule,
                         double *column, int64_t rows) {
    const double **top = system->operands - 1;
    for (int64_t i = 0; i < rule->step_count; i++) {
        const fuzzy_step *step = &rule->steps[i];
        if (step->kind == FUZZY_IS) {
            double *room = system->stack + (++top - system->operands) * FUZZY_ROWS;
            *top = is_degrees(system, rule, &rule->propositions[step->proposition], room, rows);
        } else {
            double *room = system->stack + (--top - system->operands) * FUZZY_ROWS;
            const neural_fuzzy_norm norm =
                step->kind == FUZZY_AND ? block->given.conjunction : block->given.disjunction;
            neural_fuzzy_combine_all(norm, room, top[0], top[1], rows);
            *top = room;
        }
    }
    for (int64_t r = 0; r < rows; r++) {
        column[r] = rule->weight * (*top)[r];
    }
}

/* --- consequents --- */

/* degrees: what the hedges of the conclusions so far have made of the rule's; as in fuzzylite, they
 * also act on the conclusions behind them. */
static void conclude(fuzzy *system, const fuzzy_proposition *p, const double *of_rule,
                     const double *degrees, int64_t rows) {
    unsigned char *fired = system->outputs.items[p->variable].fired;
    for (int64_t r = 0; r < rows; r++) {
        const int fires = of_rule[r] > NEURAL_FUZZY_NEAR;
        fired[r] |= (unsigned char)fires;
        p->conclusion->degrees[r] = fires ? degrees[r] : 0;
    }
    p->conclusion->is_reached = 1;
}

static void conclude_all(fuzzy *system, const fuzzy_rule *rule, const double *degrees,
                         int64_t rows) {
    double hedged[FUZZY_ROWS];
    memcpy(hedged, degrees, (size_t)rows * sizeof *hedged);
    for (int64_t i = rule->condition_count; i < rule->proposition_count; i++) {
        const fuzzy_proposition *p = &rule->propositions[i];
        if (p->conclusion) {
            apply_hedges(rule, p, hedged, rows);
            conclude(system, p, degrees, hedged, rows);
        }
    }
}

/* --- activation methods --- */

static int passes(const neural_fuzzy_block *block, double degree) {
    const double limit = block->threshold;
    switch (block->comparison) {
    case NEURAL_FUZZY_AT_LEAST:
        return neural_is_near(degree, limit) || degree > limit;
    case NEURAL_FUZZY_ABOVE:
        return neural_is_above(degree, limit);
    case NEURAL_FUZZY_BELOW:
        return neural_is_below(degree, limit);
    case NEURAL_FUZZY_AT_MOST:
        return neural_is_near(degree, limit) || degree < limit;
    case NEURAL_FUZZY_EQUAL:
        return neural_is_near(degree, limit);
    case NEURAL_FUZZY_NOT_EQUAL:
        return !neural_is_near(degree, limit);
    }
    return 0;
}

/* One rule after the other, each with the method's say at once. */
static void activate_in_turn(fuzzy *system, const fuzzy_block *block, int64_t rows) {
    const neural_fuzzy_block *given = &block->given;
    const int counts =
        given->activation == NEURAL_FUZZY_FIRST || given->activation == NEURAL_FUZZY_LAST;
    int64_t taken[FUZZY_ROWS] = {0};
    double *column = system->degrees;
    for (int64_t i = 0; i < block->count; i++) {
        const int64_t index = given->activation == NEURAL_FUZZY_LAST ? block->count - 1 - i : i;
        rule_degrees(system, block, &block->rules[index], column, rows);
        for (int64_t r = 0; r < rows && given->activation != NEURAL_FUZZY_GENERAL; r++) {
            const int takes = column[r] > NEURAL_FUZZY_NEAR && passes(given, column[r]) &&
                              (!counts || taken[r] < given->rules);
            taken[r] += takes;
            column[r] = takes ? column[r] : 0;
        }
        conclude_all(system, &block->rules[index], column, rows);
    }
}

/* 1 when a comes before b: the higher degree (sign 1) or the lower one (-1), then the first. */
static int is_before(fuzzy_ranked a, fuzzy_ranked b, int sign) {
    return a.degree != b.degree ? sign * a.degree > sign * b.degree : a.rule < b.rule;
}

static void sift_down(fuzzy_ranked *heap, int64_t count, int64_t at, int sign) {
    for (int64_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && is_before(heap[child + 1], heap[child], sign)) {
            child++;
        }
        if (!is_before(heap[child], heap[at], sign)) {
            return;
        }
        const fuzzy_ranked moved = heap[at];
        heap[at] = heap[child];
        heap[child] = moved;
        at = child;
    }
}

/* Leaves in row r the degrees of the `keep` rules that come first. */
static void keep_ranked(const fuzzy *system, int64_t rules, int64_t keep, int sign, int64_t r) {
    fuzzy_ranked *heap = system->ranked;
    int64_t count = 0;
    for (int64_t i = 0; i < rules; i++) {
        double *degree = &system->degrees[i * FUZZY_ROWS + r];
        if (*degree > NEURAL_FUZZY_NEAR) {
            heap[count++] = (fuzzy_ranked){*degree, i};
        }
        *degree = 0;
    }
    for (int64_t at = count / 2; at-- > 0;) {
        sift_down(heap, count, at, sign);
    }
    for (; count > 0 && keep > 0; keep--) {
        system->degrees[heap->rule * FUZZY_ROWS + r] = heap->degree;
        *heap = heap[--count];
        sift_down(heap, count, 0, sign);
    }
}

static void share(const fuzzy *system, int64_t rules, int64_t r) {
    double sum = 0;
    for (int64_t i = 0; i < rules; i++) {
        sum += system->degrees[i * FUZZY_ROWS + r];
    }
    for (int64_t i = 0; i < rules; i++) {
        double *degree = &system->degrees[i * FUZZY_ROWS + r];
        *degree = sum > 0 ? *degree / sum : 0;
    }
}

/* All degrees first, then the choice, then the conclusions. */
static void activate_together(fuzzy *system, const fuzzy_block *block, int64_t rows) {
    const neural_fuzzy_block *given = &block->given;
    for (int64_t i = 0; i < block->count; i++) {
        rule_degrees(system, block, &block->rules[i], system->degrees + i * FUZZY_ROWS, rows);
    }
    for (int64_t r = 0; r < rows; r++) {
        if (given->activation == NEURAL_FUZZY_PROPORTIONAL) {
            share(system, block->count, r);
        } else {
            const int sign = given->activation == NEURAL_FUZZY_HIGHEST ? 1 : -1;
            keep_ranked(system, block->count, given->rules, sign, r);
        }
    }
    for (int64_t i = 0; i < block->count; i++) {
        conclude_all(system, &block->rules[i], system->degrees + i * FUZZY_ROWS, rows);
    }
}

static void forget(fuzzy *system, int64_t rows) {
    for (int64_t i = 0; i < system->inputs.count; i++) {
        fuzzy_variable *input = &system->inputs.items[i];
        memset(input->is_known, 0, (size_t)input->term_count);
    }
    for (int64_t i = 0; i < system->outputs.count; i++) {
        fuzzy_variable *output = &system->outputs.items[i];
        memset(output->fired, 0, (size_t)rows);
        for (int64_t c = 0; c < output->conclusion_count; c++) {
            output->conclusions[c].is_reached = 0;
        }
    }
}

void neural_fuzzy_activate(neural_fuzzy_system *system, int64_t rows) {
    forget(system, rows);
    for (int64_t i = 0; i < system->block_count; i++) {
        const fuzzy_block *block = &system->blocks[i];
        const neural_fuzzy_activation method = block->given.activation;
        if (block->given.is_disabled) {
            continue;
        }
        if (method == NEURAL_FUZZY_HIGHEST || method == NEURAL_FUZZY_LOWEST ||
            method == NEURAL_FUZZY_PROPORTIONAL) {
            activate_together(system, block, rows);
        } else {
            activate_in_turn(system, block, rows);
        }
    }
}

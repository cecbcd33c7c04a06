/* Points spread over the inputs, and the regions of them where no rule fires. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fuzzy/check_type.h"
#include "fuzzy/number.h"
#include "fuzzy/plan.h"
#include "fuzzy/range.h"

enum { LEAST_PER_AXIS = 5, MOST_REGIONS = 16, TEXT = 500 };

typedef neural_fuzzy_system fuzzy;

/* --- points --- */

/* The most values per axis whose grid has at most so many points. */
static int64_t values_per_axis(int64_t axes, int64_t samples) {
    int64_t best = 0;
    for (int64_t n = 2; axes > 0 && n <= samples; n++) {
        int64_t total = 1;
        for (int64_t i = 0; i < axes && total <= samples; i++) {
            total *= n;
        }
        if (total > samples) {
            break;
        }
        best = n;
    }
    return best >= LEAST_PER_AXIS ? best : 0;
}

static int64_t power(int64_t base, int64_t exponent) {
    int64_t product = 1;
    while (exponent-- > 0) {
        product *= base;
    }
    return product;
}

/* The root of g^(d + 1) = g + 1: Kronecker's sequence with steps 1/g, 1/g^2, ... fills a cube of d
 * dimensions evenly. */
static double golden(int64_t dimensions) {
    double g = 2;
    for (int i = 0; i < 60; i++) {
        g = pow(1 + g, 1 / ((double)dimensions + 1));
    }
    return g;
}

static void place_point(const fuzzy_check *check, int64_t point, double *x) {
    const int64_t inputs = check->system->inputs.count, n = check->per_axis;
    const double g = n ? 0 : golden(inputs);
    double step = 1;
    for (int64_t i = 0; i < inputs; i++) {
        const fuzzy_span *span = &check->spans[i];
        double part = 0;
        if (n) {
            part = (double)(point % n) / (double)(n - 1);
            point /= n;
        } else {
            step /= g;
            part = fmod(0.5 + (double)point * step, 1);
        }
        x[i] = neural_range_at(span->low, span->high, part);
    }
}

/* Where the terms of a rule's conditions peak; the middle for inputs it does not speak of. */
static void place_peak(const fuzzy_check *check, const fuzzy_rule *rule, double *x) {
    for (int64_t i = 0; i < check->system->inputs.count; i++) {
        x[i] = neural_range_at(check->spans[i].low, check->spans[i].high, 0.5);
    }
    for (int64_t i = 0; i < rule->condition_count; i++) {
        const fuzzy_proposition *p = &rule->propositions[i];
        if (!p->is_output && p->term >= 0) {
            x[p->variable] = neural_fuzzy_peak(check, p->variable, p->term);
        }
    }
}

/* --- evaluation --- */

static int fires(const fuzzy_rule *rule, int64_t rows) {
    for (int64_t i = rule->condition_count; i < rule->proposition_count; i++) {
        const fuzzy_conclusion *c = rule->propositions[i].conclusion;
        for (int64_t r = 0; c && r < rows; r++) {
            if (c->is_reached && c->degrees[r] > 0) {
                return 1;
            }
        }
    }
    return 0;
}

static void note_rules(const fuzzy_check *check, int64_t rows) {
    unsigned char *seen = check->seen;
    for (int64_t b = 0; b < check->system->block_count; b++) {
        const fuzzy_block *block = &check->system->blocks[b];
        for (int64_t i = 0; i < block->count; i++, seen++) {
            *seen = *seen || (!block->given.is_disabled && fires(&block->rules[i], rows));
        }
    }
}

static neural_status evaluate_points(const fuzzy_check *check) {
    const fuzzy *system = check->system;
    for (int64_t first = 0; first < check->points; first += system->rows_at_once) {
        const int64_t left = check->points - first;
        const int64_t rows = left < system->rows_at_once ? left : system->rows_at_once;
        for (int64_t r = 0; r < rows; r++) {
            place_point(check, first + r, check->x + r * system->inputs.count);
        }
        NEURAL_TRY(neural_fuzzy_system_evaluate(check->system, check->x, rows, check->out));
        for (int64_t o = 0; o < system->outputs.count; o++) {
            memcpy(check->fired + o * check->points + first, system->outputs.items[o].fired,
                   (size_t)rows);
        }
        note_rules(check, rows);
    }
    return NEURAL_OK;
}

static neural_status evaluate_peaks(const fuzzy_check *check) {
    const unsigned char *seen = check->seen;
    for (int64_t b = 0; b < check->system->block_count; b++) {
        for (int64_t i = 0; i < check->system->blocks[b].count; i++) {
            if (*seen++) {
                continue;
            }
            place_peak(check, &check->system->blocks[b].rules[i], check->x);
            NEURAL_TRY(neural_fuzzy_system_evaluate(check->system, check->x, 1, check->out));
            note_rules(check, 1);
        }
    }
    return NEURAL_OK;
}

neural_status neural_fuzzy_check_evaluate(fuzzy_check *check, int64_t samples) {
    const fuzzy *s = check->system;
    const size_t row = FUZZY_ROWS * sizeof(double);
    int64_t total = 0;
    check->per_axis = values_per_axis(s->inputs.count, samples);
    check->points = check->per_axis   ? power(check->per_axis, s->inputs.count)
                    : s->inputs.count ? samples
                                      : 1;
    NEURAL_TRY(neural_size_mul(s->outputs.count, check->points, &total));
    NEURAL_TRY(neural_fuzzy_plan_alloc(check->arena, total, 1, &check->fired));
    NEURAL_TRY(
        neural_fuzzy_plan_alloc(check->arena, neural_fuzzy_system_rules(s), 1, &check->seen));
    NEURAL_TRY(neural_fuzzy_plan_alloc(check->arena, s->inputs.count, row, &check->x));
    NEURAL_TRY(neural_fuzzy_plan_alloc(check->arena, s->outputs.count, row, &check->out));
    NEURAL_TRY(evaluate_points(check));
    return evaluate_peaks(check);
}

/* --- regions --- */

typedef struct region {
    int64_t first, count; /* of its points, in the list */
} region;

typedef struct regions {
    int64_t *list; /* points, region after region */
    region largest[MOST_REGIONS];
    int64_t count, points; /* all of them */
} regions;

enum { FIRED = 1, TAKEN = 2 };

/* Takes the neighbours of a point along every axis that are no one's yet. */
static int64_t take_neighbours(const fuzzy_check *check, unsigned char *fired, int64_t point,
                               int64_t *list) {
    int64_t count = 0, stride = 1;
    for (int64_t i = 0; i < check->system->inputs.count; i++, stride *= check->per_axis) {
        const int64_t at = point / stride % check->per_axis;
        const int64_t neighbours[] = {at > 0 ? point - stride : point,
                                      at + 1 < check->per_axis ? point + stride : point};
        for (int side = 0; side < 2; side++) {
            if (!fired[neighbours[side]]) {
                fired[neighbours[side]] = TAKEN;
                list[count++] = neighbours[side];
            }
        }
    }
    return count;
}

static void keep(regions *all, region found) {
    int64_t at = all->count < MOST_REGIONS ? all->count : MOST_REGIONS;
    all->count++;
    for (; at > 0 && all->largest[at - 1].count < found.count; at--) {
        if (at < MOST_REGIONS) {
            all->largest[at] = all->largest[at - 1];
        }
    }
    if (at < MOST_REGIONS) {
        all->largest[at] = found;
    }
}

/* Without a grid all points are one region. */
static void find_regions(const fuzzy_check *check, unsigned char *fired, regions *out) {
    int64_t filled = 0;
    out->count = 0;
    for (int64_t p = 0; p < check->points; p++) {
        if (fired[p]) {
            continue;
        }
        region found = {filled, 0};
        fired[p] = TAKEN;
        out->list[filled++] = p;
        for (int64_t at = found.first; check->per_axis && at < filled; at++) {
            filled += take_neighbours(check, fired, out->list[at], out->list + filled);
        }
        found.count = filled - found.first;
        if (check->per_axis) {
            keep(out, found);
        }
    }
    out->points = filled;
    if (!check->per_axis && filled) {
        keep(out, (region){0, filled});
    }
}

/* The box around the region, and in `example` the point of it that is nearest to the box's middle,
 * in parts of the spans. x is scratch. */
static void measure(const fuzzy_check *check, const int64_t *list, int64_t count, double *x,
                    neural_fuzzy_finding *out, double *example) {
    const int64_t inputs = check->system->inputs.count;
    double *low = (double *)out->lower, *high = (double *)out->upper, best = INFINITY;
    for (int64_t p = 0; p < count; p++) {
        place_point(check, list[p], x);
        for (int64_t i = 0; i < inputs; i++) {
            low[i] = p == 0 || x[i] < low[i] ? x[i] : low[i];
            high[i] = p == 0 || x[i] > high[i] ? x[i] : high[i];
        }
    }
    for (int64_t p = 0; p < count; p++) {
        double distance = 0;
        place_point(check, list[p], x);
        for (int64_t i = 0; i < inputs; i++) {
            const double span = check->spans[i].high - check->spans[i].low;
            const double off = x[i] - neural_range_at(low[i], high[i], 0.5);
            distance += span > 0 && isfinite(span) ? off / span * (off / span) : 0;
        }
        if (distance < best) {
            best = distance;
            memcpy(example, x, (size_t)inputs * sizeof *x);
        }
    }
}

/* "a = 0 ... 0.25, b = 3" of a box, or of a point (low is high). */
static void describe(const fuzzy_check *check, const double *low, const double *high, char *out) {
    char from[NEURAL_FUZZY_NUMBER_TEXT], to[NEURAL_FUZZY_NUMBER_TEXT];
    size_t len = 0;
    out[0] = 0;
    for (int64_t i = 0; i < check->system->inputs.count && len < TEXT; i++) {
        neural_fuzzy_number_short(low[i], from);
        neural_fuzzy_number_short(high[i], to);
        const int is_point = strcmp(from, to) == 0;
        const int added = snprintf(out + len, TEXT - len, "%s%s = %s%s%s", i ? ", " : "",
                                   check->system->inputs.items[i].given.name, from,
                                   is_point ? "" : " ... ", is_point ? "" : to);
        len += added > 0 ? (size_t)added : 0;
    }
}

static neural_status find_gap(fuzzy_check *check, const fuzzy_variable *output, const int64_t *list,
                              int64_t count) {
    const int64_t inputs = check->system->inputs.count;
    double *low = check->x + inputs, *high = low + inputs, *example = high + inputs;
    char box[TEXT], point[TEXT], share[NEURAL_FUZZY_NUMBER_TEXT];
    neural_fuzzy_finding finding = {.flaw = NEURAL_FUZZY_NO_RULE_FIRES,
                                    .variable = output->given.name,
                                    .block = -1,
                                    .rule = -1,
                                    .minimum = NAN,
                                    .maximum = NAN,
                                    .share = (double)count / (double)check->points,
                                    .point = example,
                                    .lower = low,
                                    .upper = high};
    measure(check, list, count, check->x, &finding, example);
    describe(check, low, high, box);
    describe(check, example, example, point);
    neural_fuzzy_number_short(round(finding.share * 1e5) / 1e3, share);
    if (count == 1) {
        return neural_fuzzy_find(check, &finding, "output %s: no rule fires at %s",
                                 output->given.name, point);
    }
    return neural_fuzzy_find(check, &finding,
                             "output %s: no rule fires at %lld points (%s %%) within %s; e.g. %s",
                             output->given.name, (long long)count, share, box, point);
}

neural_status neural_fuzzy_check_gaps(fuzzy_check *check) {
    regions found = {0};
    if (check->system->inputs.count == 0) {
        return NEURAL_OK;
    }
    NEURAL_TRY(
        neural_fuzzy_plan_alloc(check->arena, check->points, sizeof *found.list, &found.list));
    for (int64_t o = 0; o < check->system->outputs.count; o++) {
        const fuzzy_variable *output = &check->system->outputs.items[o];
        if (output->given.is_disabled || output->conclusion_count == 0) {
            continue;
        }
        find_regions(check, check->fired + o * check->points, &found);
        for (int64_t i = 0; i < found.count && i < MOST_REGIONS; i++) {
            NEURAL_TRY(find_gap(check, output, found.list + found.largest[i].first,
                                found.largest[i].count));
        }
    }
    return NEURAL_OK;
}

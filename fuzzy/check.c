#include "fuzzy/check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fuzzy/check_type.h"
#include "fuzzy/plan.h"

enum { CHUNK = 1 << 16, DEFAULT_SAMPLES = 100000, MOST_SAMPLES = 10000000, TEXT = 1024 };

const char *neural_fuzzy_flaw_name(neural_fuzzy_flaw flaw) {
    static const char *const names[] = {"no-rule-fires",     "range-uncovered",
                                        "term-unused",       "rule-never-fires",
                                        "rule-did-not-fire", "output-unwritten"};
    return flaw >= NEURAL_FUZZY_NO_RULE_FIRES && flaw <= NEURAL_FUZZY_OUTPUT_UNWRITTEN
               ? names[flaw - NEURAL_FUZZY_NO_RULE_FIRES]
               : NULL;
}

/* --- the list --- */

static neural_status copy_point(const fuzzy_check *check, const double **point) {
    const int64_t inputs = check->system->inputs.count;
    double *copy = NULL;
    if (!*point) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_fuzzy_plan_alloc(check->report->arena, inputs, sizeof(double), &copy));
    memcpy(copy, *point, (size_t)inputs * sizeof *copy);
    *point = copy;
    return NEURAL_OK;
}

static neural_status reserve(neural_fuzzy_report *report) {
    const size_t bytes = sizeof *report->items;
    if (report->count < report->capacity) {
        return NEURAL_OK;
    }
    const int64_t wanted = report->count ? 2 * report->count : 8;
    neural_fuzzy_finding *grown =
        neural_realloc(report->items, (size_t)report->count * bytes, (size_t)wanted * bytes);
    if (!grown) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    report->items = grown;
    report->capacity = wanted;
    return NEURAL_OK;
}

neural_status neural_fuzzy_find(fuzzy_check *check, const neural_fuzzy_finding *finding,
                                const char *format, ...) {
    neural_fuzzy_finding added = *finding;
    char text[TEXT], *copy = NULL;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    NEURAL_TRY(neural_fuzzy_plan_alloc(check->report->arena, (int64_t)strlen(text) + 1, 1, &copy));
    strcpy(copy, text);
    added.text = copy;
    NEURAL_TRY(copy_point(check, &added.point));
    NEURAL_TRY(copy_point(check, &added.lower));
    NEURAL_TRY(copy_point(check, &added.upper));
    NEURAL_TRY(reserve(check->report));
    check->report->items[check->report->count++] = added;
    return NEURAL_OK;
}

void neural_fuzzy_report_destroy(neural_fuzzy_report *report) {
    if (report) {
        neural_arena_destroy(report->arena);
        neural_free(report->items);
        neural_free(report);
    }
}

int64_t neural_fuzzy_report_findings(const neural_fuzzy_report *report) {
    return report ? report->count : 0;
}

int64_t neural_fuzzy_report_points(const neural_fuzzy_report *report) {
    return report ? report->points : 0;
}

const neural_fuzzy_finding *neural_fuzzy_report_finding(const neural_fuzzy_report *report,
                                                        int64_t index) {
    return report && index >= 0 && index < report->count ? &report->items[index] : NULL;
}

/* --- the check --- */

/* The finite ends of a range; an infinite one stands 10 % beyond the terms. */
static fuzzy_span span_of(const fuzzy_variable *input) {
    double low = INFINITY, high = -INFINITY;
    for (int64_t t = 0; t < input->term_count; t++) {
        const neural_fuzzy_term *term = &input->terms[t].given;
        for (int64_t i = 0; i < term->count; i++) {
            low = isfinite(term->params[i]) ? fmin(low, term->params[i]) : low;
            high = isfinite(term->params[i]) ? fmax(high, term->params[i]) : high;
        }
    }
    if (!(low < high)) {
        low = isfinite(low) ? low - 1 : -1;
        high = low + 2;
    }
    const double beyond = 0.1 * (high - low);
    const double minimum = input->given.minimum, maximum = input->given.maximum;
    fuzzy_span span = {isfinite(minimum) ? minimum : low - beyond,
                       isfinite(maximum) ? maximum : high + beyond};
    span.low = isfinite(minimum) || span.low <= span.high ? span.low : span.high;
    span.high = span.high >= span.low ? span.high : span.low;
    return span;
}

static neural_status run(fuzzy_check *check, int64_t samples) {
    const int64_t inputs = check->system->inputs.count;
    NEURAL_TRY(neural_fuzzy_plan_alloc(check->arena, inputs, sizeof *check->spans, &check->spans));
    for (int64_t i = 0; i < inputs; i++) {
        check->spans[i] = span_of(&check->system->inputs.items[i]);
    }
    NEURAL_TRY(neural_fuzzy_check_places(check));
    NEURAL_TRY(neural_fuzzy_check_evaluate(check, samples));
    NEURAL_TRY(neural_fuzzy_check_gaps(check));
    NEURAL_TRY(neural_fuzzy_check_ranges(check));
    NEURAL_TRY(neural_fuzzy_check_terms(check));
    NEURAL_TRY(neural_fuzzy_check_rules(check));
    NEURAL_TRY(neural_fuzzy_check_outputs(check));
    check->report->points = check->points;
    return NEURAL_OK;
}

neural_status neural_fuzzy_system_check(neural_fuzzy_system *system, int64_t samples,
                                        neural_fuzzy_report **out) {
    fuzzy_check check = {.system = system};
    NEURAL_REQUIRE(system && out, NEURAL_ERR_NULL_POINTER,
                   "fuzzy_check: system and out must be given");
    NEURAL_REQUIRE(samples >= 0 && samples <= MOST_SAMPLES, NEURAL_ERR_INVALID_ARGUMENT,
                   "fuzzy_check: %lld samples, expected 0 ... %d", (long long)samples,
                   MOST_SAMPLES);
    NEURAL_TRY(neural_fuzzy_system_prepare(system));
    check.report = neural_alloc_zeroed(sizeof *check.report);
    neural_status status = check.report ? NEURAL_OK : NEURAL_ERR_OUT_OF_MEMORY;
    status = status ? status : neural_arena_create(CHUNK, &check.report->arena);
    status = status ? status : neural_arena_create(CHUNK, &check.arena);
    status = status ? status : run(&check, samples ? samples : DEFAULT_SAMPLES);
    neural_fuzzy_system_reset(system);
    neural_arena_destroy(check.arena);
    if (status) {
        neural_fuzzy_report_destroy(check.report);
        return status;
    }
    *out = check.report;
    return NEURAL_OK;
}

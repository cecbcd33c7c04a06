#include "fuzzy/rule.h"

#include <stdio.h>
#include <string.h>

#include "fuzzy/names.h"
#include "fuzzy/number.h"

/* A word of a rule: separated by blanks; brackets are words of their own. */
typedef struct word {
    const char *text;
    size_t len;
    int column; /* from 1 */
} word;

typedef struct parser {
    const neural_fuzzy_system *system;
    const char *text;
    word next; /* len 0: the end */
    fuzzy_rule *rule;
    int64_t hedge_count;
    char *waiting; /* '(' '&' '|' that wait for what comes behind them */
    int64_t depth;
} parser;

static void advance(parser *p) {
    const char *at = p->next.text + p->next.len;
    at += strspn(at, " \t\r");
    const size_t len = *at == '(' || *at == ')' ? 1 : strcspn(at, " \t\r()");
    p->next = (word){at, len, (int)(at - p->text) + 1};
}

static int is(const parser *p, const char *text) {
    return strlen(text) == p->next.len && memcmp(p->next.text, text, p->next.len) == 0;
}

static neural_status fail(const parser *p, const char *expected) {
    if (p->next.len == 0) {
        return neural_error(NEURAL_ERR_PARSE_ERROR, "column %d: expected %s, the rule ends",
                            p->next.column, expected);
    }
    return neural_error(NEURAL_ERR_PARSE_ERROR, "column %d: expected %s, found \"%.*s\"",
                        p->next.column, expected, p->next.len < 80 ? (int)p->next.len : 80,
                        p->next.text);
}

static neural_status take(parser *p, const char *text) {
    if (!is(p, text)) {
        return fail(p, text);
    }
    advance(p);
    return NEURAL_OK;
}

static int take_hedge(parser *p) {
    char name[16];
    if (p->next.len == 0 || p->next.len >= sizeof name) {
        return -1;
    }
    memcpy(name, p->next.text, p->next.len);
    name[p->next.len] = 0;
    return neural_fuzzy_hedge_find(name);
}

static neural_status find_variable(parser *p, int is_conclusion, fuzzy_proposition *out) {
    const word *name = &p->next;
    const neural_fuzzy_system *s = p->system;
    out->is_output = 0;
    out->variable = -1;
    if (!is_conclusion && name->len) {
        out->variable = neural_fuzzy_find_variable(&s->inputs, name->text, name->len);
    }
    if (out->variable < 0 && name->len) {
        out->is_output = 1;
        out->variable = neural_fuzzy_find_variable(&s->outputs, name->text, name->len);
    }
    if (out->variable < 0) {
        return neural_fuzzy_suggest_variable(
            fail(p, is_conclusion ? "an output variable" : "a variable"), name->text, name->len, s,
            is_conclusion);
    }
    advance(p);
    return NEURAL_OK;
}

static int is_end_of_proposition(const parser *p) {
    return p->next.len == 0 || is(p, "and") || is(p, "or") || is(p, "then") || is(p, "with") ||
           is(p, ")") || is(p, "(");
}

/* variable is [hedge]... term; "any" needs no term. */
static neural_status read_proposition(parser *p, int is_conclusion) {
    fuzzy_proposition *out = &p->rule->propositions[p->rule->proposition_count];
    *out = (fuzzy_proposition){.term = -1};
    NEURAL_TRY(find_variable(p, is_conclusion, out));
    NEURAL_TRY(take(p, "is"));
    const fuzzy_variables *all = out->is_output ? &p->system->outputs : &p->system->inputs;
    const fuzzy_variable *variable = &all->items[out->variable];
    int last_hedge = -1;
    out->hedge_begin = p->hedge_count;
    while (p->next.len) {
        const int hedge = take_hedge(p);
        if (hedge < 0 || neural_fuzzy_find_term(variable, p->next.text, p->next.len) >= 0) {
            break;
        }
        p->rule->hedges[p->hedge_count++] = (unsigned char)hedge;
        last_hedge = hedge;
        advance(p);
    }
    out->hedge_end = p->hedge_count;
    if (!is_end_of_proposition(p)) {
        out->term = neural_fuzzy_find_term(variable, p->next.text, p->next.len);
    }
    if (out->term >= 0) {
        advance(p);
    } else if (is_conclusion || last_hedge != NEURAL_FUZZY_ANY || !is_end_of_proposition(p)) {
        char expected[160];
        snprintf(expected, sizeof expected, "a term of %.100s", variable->given.name);
        return neural_fuzzy_suggest_term(fail(p, expected), p->next.text, p->next.len, variable);
    }
    p->rule->proposition_count++;
    return NEURAL_OK;
}

/* --- the antecedent, by a shunting yard --- */

static void emit(parser *p, fuzzy_step_kind kind) {
    const int64_t last = p->rule->proposition_count - 1;
    p->rule->steps[p->rule->step_count++] = (fuzzy_step){kind, last};
}

static void pop_operators(parser *p, const char *which) {
    while (p->depth > 0 && strchr(which, p->waiting[p->depth - 1])) {
        emit(p, p->waiting[--p->depth] == '&' ? FUZZY_AND : FUZZY_OR);
    }
}

static neural_status read_operator(parser *p, int *wants_operand) {
    if (is(p, ")")) {
        pop_operators(p, "&|");
        if (p->depth == 0) {
            return fail(p, "and, or, then");
        }
        p->depth--;
        *wants_operand = 0;
    } else {
        const int is_and = is(p, "and");
        if (!is_and && !is(p, "or")) {
            return fail(p, "and, or, then");
        }
        pop_operators(p, is_and ? "&" : "&|");
        p->waiting[p->depth++] = is_and ? '&' : '|';
        *wants_operand = 1;
    }
    advance(p);
    return NEURAL_OK;
}

static neural_status read_antecedent(parser *p) {
    int wants_operand = 1;
    while (wants_operand || !is(p, "then")) {
        if (!wants_operand) {
            NEURAL_TRY(read_operator(p, &wants_operand));
        } else if (is(p, "(")) {
            p->waiting[p->depth++] = '(';
            advance(p);
        } else {
            NEURAL_TRY(read_proposition(p, 0));
            emit(p, FUZZY_IS);
            wants_operand = 0;
        }
    }
    pop_operators(p, "&|");
    if (p->depth > 0) {
        return fail(p, ")");
    }
    p->rule->condition_count = p->rule->proposition_count;
    return NEURAL_OK;
}

static neural_status read_weight(parser *p) {
    double weight = 0;
    const size_t bytes = neural_fuzzy_number_read(p->next.text, p->next.len, 1, &weight);
    if (bytes == 0 || bytes != p->next.len || !(weight >= 0 && weight < 1e300)) {
        return fail(p, "a weight of at least 0");
    }
    p->rule->weight = weight;
    advance(p);
    return NEURAL_OK;
}

static neural_status read_rule(parser *p) {
    advance(p);
    NEURAL_TRY(take(p, "if"));
    NEURAL_TRY(read_antecedent(p));
    do {
        advance(p);
        NEURAL_TRY(read_proposition(p, 1));
    } while (is(p, "and"));
    if (is(p, "with")) {
        advance(p);
        NEURAL_TRY(read_weight(p));
    }
    return p->next.len == 0 ? NEURAL_OK : fail(p, "and, with or the end");
}

/* The words with one blank between them. */
static void normalize(char *text) {
    char *to = text;
    for (const char *at = text + strspn(text, " \t\r"); *at; at += strspn(at, " \t\r")) {
        const size_t len = strcspn(at, " \t\r");
        if (to != text) {
            *to++ = ' ';
        }
        memmove(to, at, len);
        to += len;
        at += len;
    }
    *to = 0;
}

neural_status neural_fuzzy_rule_parse(const neural_fuzzy_system *system, const char *text,
                                      fuzzy_rule *out) {
    const size_t len = strlen(text) + 1;
    fuzzy_rule rule = {.weight = 1};
    parser p = {.system = system, .text = text, .next = {text, 0, 1}, .rule = &rule};
    NEURAL_REQUIRE(len < (1u << 30), NEURAL_ERR_PARSE_ERROR, "a rule of %zu bytes", len);
    /* A proposition takes five bytes at least, a step and a hedge two. */
    p.waiting = neural_alloc(len);
    rule.text = neural_strdup(text);
    rule.steps = neural_alloc((len / 2 + 1) * sizeof *rule.steps);
    rule.propositions = neural_alloc((len / 5 + 1) * sizeof *rule.propositions);
    rule.hedges = neural_alloc(len);
    neural_status status = NEURAL_ERR_OUT_OF_MEMORY;
    if (p.waiting && rule.text && rule.steps && rule.propositions && rule.hedges) {
        status = read_rule(&p);
    }
    neural_free(p.waiting);
    if (status) {
        neural_fuzzy_rule_free(&rule);
        return status;
    }
    normalize(rule.text);
    *out = rule;
    return NEURAL_OK;
}

void neural_fuzzy_rule_free(fuzzy_rule *rule) {
    neural_free(rule->text);
    neural_free(rule->steps);
    neural_free(rule->propositions);
    neural_free(rule->hedges);
    *rule = (fuzzy_rule){0};
}

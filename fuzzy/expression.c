#include "fuzzy/expression.h"

#include <ctype.h>
#include <string.h>

#include "core/base/memory.h"
#include "fuzzy/number.h"
#include "fuzzy/operators.h"

/* One step of the formula in postfix order. */
typedef struct step {
    const neural_fuzzy_operator *apply; /* NULL: a number or a variable */
    double number;
    int64_t variable;  /* -1: a number; else its index, once bound */
    size_t start, len; /* where the variable stands in the text */
} step;

struct neural_fuzzy_expression {
    char *text;
    step *steps;
    int64_t count;
    double *stack; /* as deep as any step needs */
};

/* What waits in the shunting yard: an operator, a function, or "(" (apply NULL). */
typedef struct waiting {
    const neural_fuzzy_operator *apply;
    size_t at;      /* in the text */
    int64_t commas; /* within "(" so far */
} waiting;

typedef struct parser {
    neural_fuzzy_expression *expression;
    waiting *stack;
    int64_t depth;
    size_t at, len; /* of the text */
    int wants_operand;
} parser;

static neural_status fail_at(size_t at, const char *expected, const char *found, size_t len) {
    return neural_error(NEURAL_ERR_PARSE_ERROR, "column %zu: expected %s, found \"%.*s\"", at + 1,
                        expected, (int)(len < 40 ? len : 40), found);
}

static neural_status fail_here(const parser *p, const char *expected) {
    const char *found = p->expression->text + p->at;
    return fail_at(p->at, expected, found, strlen(found));
}

static void emit(parser *p, step s) {
    p->expression->steps[p->expression->count++] = s;
}

static void push(parser *p, const neural_fuzzy_operator *apply, size_t at) {
    p->stack[p->depth++] = (waiting){apply, at, 0};
}

static void pop_operator(parser *p) {
    emit(p, (step){.apply = p->stack[--p->depth].apply, .variable = -1});
}

/* Operators that bind what stands in front of an operator of this strength. */
static void pop_stronger(parser *p, const neural_fuzzy_operator *next) {
    while (p->depth > 0) {
        const neural_fuzzy_operator *top = p->stack[p->depth - 1].apply;
        if (!top || top->precedence == 0 || top->precedence < next->precedence ||
            (top->precedence == next->precedence && next->is_right)) {
            return;
        }
        pop_operator(p);
    }
}

static int is_word(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '.';
}

static size_t word_len(const char *text) {
    size_t len = 0;
    while (is_word(text[len])) {
        len++;
    }
    return len;
}

/* A number, a variable, a function, a sign or "(". */
static neural_status read_operand(parser *p) {
    const char *text = p->expression->text + p->at;
    double number = 0;
    const size_t digits = neural_fuzzy_number_read(text, p->len - p->at, 1, &number);
    const size_t len = word_len(text);
    const neural_fuzzy_operator *found = neural_fuzzy_operator_find(text, len ? len : 1);
    if (digits && (isalnum((unsigned char)*text) || *text == '.')) {
        emit(p, (step){.number = number, .variable = -1});
        p->wants_operand = 0;
        p->at += digits;
        return NEURAL_OK;
    }
    if (*text == '(' || *text == '+') {
        if (*text == '(') {
            push(p, NULL, p->at);
        }
        p->at++;
        return NEURAL_OK;
    }
    if (*text == '-' || (found && len == 0 && found->arity == 1)) {
        push(p, *text == '-' ? &neural_fuzzy_minus_sign : found, p->at++);
        return NEURAL_OK;
    }
    if (len == 0 || (found && found->precedence)) {
        return fail_here(p, "a number, a name or (");
    }
    if (found && found->arity > 0) {
        push(p, found, p->at);
        p->at += len + strspn(text + len, " \t");
        return p->expression->text[p->at] == '(' ? NEURAL_OK : fail_here(p, "( behind a function");
    }
    if (found) {
        emit(p, (step){.apply = found, .variable = -1});
    } else {
        emit(p, (step){.variable = 0, .start = p->at, .len = len});
    }
    p->wants_operand = 0;
    p->at += len;
    return NEURAL_OK;
}

/* Up to the nearest "(", which stays. */
static neural_status pop_to_bracket(parser *p, const char *found) {
    while (p->depth > 0 && p->stack[p->depth - 1].apply) {
        pop_operator(p);
    }
    return p->depth > 0 ? NEURAL_OK : fail_here(p, found);
}

/* The function whose brackets the innermost "(" begins, or NULL. */
static const waiting *function_of_bracket(const parser *p) {
    const waiting *below = p->depth > 1 ? &p->stack[p->depth - 2] : NULL;
    return below && below->apply && below->apply->precedence == 0 ? below : NULL;
}

static neural_status close_bracket(parser *p) {
    NEURAL_TRY(pop_to_bracket(p, "a ( in front of )"));
    const waiting *function = function_of_bracket(p);
    const int64_t arguments = p->stack[p->depth - 1].commas + 1;
    NEURAL_REQUIRE(!function || arguments == function->apply->arity, NEURAL_ERR_PARSE_ERROR,
                   "column %zu: %s takes %d argument%s, found %lld", function->at + 1,
                   function->apply->name, function->apply->arity,
                   function->apply->arity == 1 ? "" : "s", (long long)arguments);
    p->depth--;
    p->at++;
    if (function) {
        pop_operator(p);
    }
    return NEURAL_OK;
}

static neural_status read_comma(parser *p) {
    NEURAL_TRY(pop_to_bracket(p, "a comma within the ( ) of a function alone"));
    if (!function_of_bracket(p)) {
        return fail_here(p, "a comma within the ( ) of a function alone");
    }
    p->stack[p->depth - 1].commas++;
    p->at++;
    p->wants_operand = 1;
    return NEURAL_OK;
}

/* An operator, a comma or ")". */
static neural_status read_operator(parser *p) {
    const char *text = p->expression->text + p->at;
    const size_t len = word_len(text);
    if (*text == ')') {
        return close_bracket(p);
    }
    if (*text == ',') {
        return read_comma(p);
    }
    const neural_fuzzy_operator *found = neural_fuzzy_operator_find(text, len ? len : 1);
    if (!found || found->arity != 2 || found->precedence == 0) {
        return fail_here(p, "an operator");
    }
    pop_stronger(p, found);
    push(p, found, p->at);
    p->at += len ? len : 1;
    p->wants_operand = 1;
    return NEURAL_OK;
}

static neural_status parse(parser *p) {
    const char *text = p->expression->text;
    p->wants_operand = 1;
    for (p->at = strspn(text, " \t"); text[p->at]; p->at += strspn(text + p->at, " \t")) {
        NEURAL_TRY(p->wants_operand ? read_operand(p) : read_operator(p));
    }
    if (p->wants_operand) {
        return fail_here(p, "a number or a name");
    }
    while (p->depth > 0) {
        const waiting *top = &p->stack[p->depth - 1];
        if (!top->apply || top->apply->precedence == 0) {
            return fail_at(top->at, "a ) for this (", text + top->at, strlen(text + top->at));
        }
        pop_operator(p);
    }
    return NEURAL_OK;
}

neural_status neural_fuzzy_expression_create(const char *text, neural_fuzzy_expression **out) {
    NEURAL_REQUIRE(text && out, NEURAL_ERR_NULL_POINTER,
                   "expression_create: text and out must be given");
    const size_t len = strlen(text);
    NEURAL_REQUIRE(len < ((size_t)1 << 40), NEURAL_ERR_PARSE_ERROR, "%zu bytes of formula", len);
    neural_fuzzy_expression *expression = neural_alloc_zeroed(sizeof *expression);
    parser p = {.expression = expression, .len = len};
    neural_status status = NEURAL_ERR_OUT_OF_MEMORY;
    p.stack = neural_alloc((len + 1) * sizeof *p.stack);
    if (expression && p.stack) {
        expression->text = neural_strdup(text);
        expression->steps = neural_alloc((len + 1) * sizeof *expression->steps);
        expression->stack = neural_alloc((len + 1) * sizeof *expression->stack);
        if (expression->text && expression->steps && expression->stack) {
            status = parse(&p);
        }
    }
    neural_free(p.stack);
    if (status) {
        neural_fuzzy_expression_destroy(expression);
        return status;
    }
    *out = expression;
    return NEURAL_OK;
}

void neural_fuzzy_expression_destroy(neural_fuzzy_expression *expression) {
    if (expression) {
        neural_free(expression->text);
        neural_free(expression->steps);
        neural_free(expression->stack);
        neural_free(expression);
    }
}

const char *neural_fuzzy_expression_text(const neural_fuzzy_expression *expression) {
    return expression ? expression->text : "";
}

static int64_t find_name(const char *name, size_t len, const char *const *names, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0) {
            return i;
        }
    }
    return -1;
}

neural_status neural_fuzzy_expression_bind(neural_fuzzy_expression *expression,
                                           const char *const *names, int64_t count) {
    NEURAL_REQUIRE(expression && names, NEURAL_ERR_NULL_POINTER,
                   "expression_bind: expression and names must be given");
    for (int64_t i = 0; i < expression->count; i++) {
        step *s = &expression->steps[i];
        if (s->len == 0) {
            continue;
        }
        const char *name = expression->text + s->start;
        const int64_t found = find_name(name, s->len, names, count);
        if (found < 0) {
            return fail_at(s->start, "a variable of the system", name, s->len);
        }
        s->variable = found;
    }
    return NEURAL_OK;
}

int neural_fuzzy_expression_reads(const neural_fuzzy_expression *expression, int64_t index) {
    for (int64_t i = 0; expression && i < expression->count; i++) {
        if (expression->steps[i].len && expression->steps[i].variable == index) {
            return 1;
        }
    }
    return 0;
}

double neural_fuzzy_expression_value(neural_fuzzy_expression *expression, const double *values) {
    double *top = expression->stack - 1;
    for (int64_t i = 0; i < expression->count; i++) {
        const step *s = &expression->steps[i];
        if (!s->apply) {
            *++top = s->len ? values[s->variable] : s->number;
        } else if (s->apply->arity == 2) {
            top--;
            *top = s->apply->apply(top[0], top[1]);
        } else {
            top += s->apply->arity == 0;
            *top = s->apply->apply(*top, 0);
        }
    }
    return *top;
}

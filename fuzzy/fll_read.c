#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/suggest.h"
#include "fuzzy/fll.h"
#include "fuzzy/fll_words.h"
#include "fuzzy/formulas.h"
#include "fuzzy/names.h"
#include "fuzzy/number.h"

typedef enum part { BEFORE_ENGINE, ENGINE, INPUT, OUTPUT, BLOCK } part;

typedef struct reader {
    const char *name; /* of the text */
    int64_t line;
    char *begin; /* of the line, NUL-terminated */
    char *value; /* behind the colon, trimmed */
    char *at;    /* where words are read */
    part part;
    neural_fuzzy_system *system;
    double *numbers; /* of a term; as many as a line can hold */
} reader;

static fuzzy_variable *variable(const reader *r) {
    const fuzzy_variables *all = r->part == INPUT ? &r->system->inputs : &r->system->outputs;
    return &all->items[all->count - 1];
}

static neural_fuzzy_block *block(const reader *r) {
    return &r->system->blocks[r->system->block_count - 1].given;
}

/* --- errors --- */

static neural_status fail(const reader *r, const char *at, const char *expected) {
    const size_t len = strcspn(at, " \t\r");
    return neural_error(NEURAL_ERR_PARSE_ERROR, "%s:%lld:%lld: expected %s, found \"%.*s\"",
                        r->name, (long long)r->line, (long long)(at - r->begin) + 1, expected,
                        len < 80 ? (int)len : 80, at);
}

/* Of a key that is not among the words. */
static neural_status fail_key(const reader *r, const char *key, const char *expected,
                              const char *const *words, int64_t count) {
    return neural_fuzzy_suggest(fail(r, key, expected), key, strlen(key), words, count);
}

/* What was wrong with the text at `at`, in other words than the reader's; columns that it names
 * count from there. */
static neural_status place(const reader *r, const char *at, neural_status code) {
    char text[900];
    long long column = 1;
    int used = 0;
    if (!code || code == NEURAL_ERR_OUT_OF_MEMORY) {
        return code;
    }
    snprintf(text, sizeof text, "%s", neural_last_error());
    const int found = sscanf(text, "column %lld: %n", &column, &used); /* NOLINT(cert-err34-c) */
    if (found < 1 || used == 0) {
        column = 1;
        used = 0;
    }
    return neural_error(NEURAL_ERR_PARSE_ERROR, "%s:%lld:%lld: %s", r->name, (long long)r->line,
                        (long long)(at - r->begin) + column, text + used);
}

/* --- words and numbers --- */

/* The next word of the value, ended by NUL; "" at the end. */
static char *next_word(reader *r) {
    char *word = r->at + strspn(r->at, " \t\r");
    r->at = word + strcspn(word, " \t\r");
    if (*r->at) {
        *r->at++ = 0;
    }
    return word;
}

static neural_status number(reader *r, double *out) {
    const char *word = next_word(r);
    const size_t len = strlen(word);
    return len && neural_fuzzy_number_read(word, len, 0, out) == len ? NEURAL_OK
                                                                     : fail(r, word, "a number");
}

static neural_status count(reader *r, int64_t least, int64_t *out) {
    double value = 0;
    const char *word = r->at + strspn(r->at, " \t\r");
    NEURAL_TRY(number(r, &value));
    if (!(value >= (double)least && value <= 1e6) || value != floor(value)) {
        return fail(r, word, "a whole number up to 1000000");
    }
    *out = (int64_t)value;
    return NEURAL_OK;
}

static neural_status end_of_line(reader *r) {
    const char *word = next_word(r);
    return *word ? fail(r, word, "the end of the line") : NEURAL_OK;
}

static neural_status choice(reader *r, const char *what, const char *const *words, int total,
                            int *out) {
    const char *word = next_word(r);
    for (int i = 0; i < total; i++) {
        if (strcmp(word, words[i]) == 0) {
            *out = i;
            return NEURAL_OK;
        }
    }
    return place(r, word, neural_error_unknown_word(what, word, words, total));
}

static neural_status truth(reader *r, int *out) {
    static const char *const words[] = {"false", "true"};
    NEURAL_TRY(choice(r, "truth value", words, 2, out));
    return end_of_line(r);
}

static neural_status norm(reader *r, int wants_t, neural_fuzzy_norm *out) {
    const char *word = next_word(r);
    neural_fuzzy_norm found = NEURAL_FUZZY_NONE;
    if (neural_fuzzy_norm_find(word, &found)) {
        return place(r, word, NEURAL_ERR_PARSE_ERROR);
    }
    if (found && neural_fuzzy_norm_is_t(found) != wants_t) {
        return fail(r, word, wants_t ? "a T-norm" : "an S-norm");
    }
    *out = found;
    return end_of_line(r);
}

static neural_status replace_text(reader *r, char **out) {
    char *copy = neural_strdup(r->value);
    if (!copy) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    neural_free(*out);
    *out = copy;
    return NEURAL_OK;
}

/* --- properties --- */

static neural_status read_range(reader *r) {
    neural_fuzzy_variable *v = &variable(r)->given;
    double low = 0, high = 0;
    NEURAL_TRY(number(r, &low));
    const char *second = r->at + strspn(r->at, " \t\r");
    NEURAL_TRY(number(r, &high));
    if (!(low <= high)) {
        return fail(r, second, "minimum <= maximum");
    }
    v->minimum = low;
    v->maximum = high;
    return end_of_line(r);
}

static neural_status read_defuzzifier(reader *r) {
    neural_fuzzy_variable *v = &variable(r)->given;
    const char *word = next_word(r);
    if (neural_fuzzy_defuzzifier_find(word, &v->defuzzifier)) {
        return place(r, word, NEURAL_ERR_PARSE_ERROR);
    }
    r->at += strspn(r->at, " \t\r");
    if (*r->at && neural_fuzzy_defuzzifier_is_sampled(v->defuzzifier)) {
        NEURAL_TRY(count(r, 1, &v->resolution));
    } else if (*r->at && v->defuzzifier >= NEURAL_FUZZY_WEIGHTED_AVERAGE) {
        int found = 0;
        NEURAL_TRY(choice(r, "inference", neural_fll_inferences, 4, &found));
        v->inference = (neural_fuzzy_inference)found;
    }
    return end_of_line(r);
}

static neural_status read_numbers(reader *r, int64_t *total) {
    for (*total = 0; *(r->at += strspn(r->at, " \t\r"));) {
        NEURAL_TRY(number(r, &r->numbers[*total]));
        ++*total;
    }
    return NEURAL_OK;
}

/* One number more than the shape takes is the height. */
static int has_height(neural_fuzzy_shape shape, int64_t total) {
    const int wanted = neural_fuzzy_shape_params(shape);
    if (shape == NEURAL_FUZZY_DISCRETE) {
        return total % 2 == 1;
    }
    return wanted > 0 && total == wanted + 1 && shape != NEURAL_FUZZY_CONSTANT;
}

static neural_status read_term(reader *r) {
    neural_fuzzy_term term = {.height = 1, .params = r->numbers};
    fuzzy_variable *owner = variable(r);
    term.name = next_word(r);
    char *word = next_word(r);
    if (neural_fuzzy_shape_find(word, &term.shape)) {
        return place(r, word, NEURAL_ERR_PARSE_ERROR);
    }
    const char *params = r->at += strspn(r->at, " \t\r");
    if (term.shape == NEURAL_FUZZY_FUNCTION) {
        term.formula = params;
    } else {
        NEURAL_TRY(read_numbers(r, &term.count));
        if (has_height(term.shape, term.count)) {
            term.height = r->numbers[--term.count];
        }
    }
    NEURAL_TRY(place(r, term.formula ? params : term.name,
                     neural_fuzzy_system_add_term(r->system, owner->given.name, &term)));
    owner->terms[owner->term_count - 1].line = r->line;
    owner->terms[owner->term_count - 1].column = params - r->begin + 1;
    return NEURAL_OK;
}

static neural_status read_activation(reader *r) {
    neural_fuzzy_block *b = block(r);
    int found = 0;
    NEURAL_TRY(choice(r, "activation", neural_fll_activations, 7, &found));
    b->activation = (neural_fuzzy_activation)found;
    if (b->activation == NEURAL_FUZZY_THRESHOLD) {
        NEURAL_TRY(choice(r, "comparison", neural_fll_comparisons, 6, &found));
        b->comparison = (neural_fuzzy_comparison)found;
        NEURAL_TRY(number(r, &b->threshold));
        return end_of_line(r);
    }
    const int counts = found >= NEURAL_FUZZY_FIRST && found <= NEURAL_FUZZY_LOWEST;
    if (counts && *(r->at += strspn(r->at, " \t\r"))) {
        NEURAL_TRY(count(r, 0, &b->rules));
    }
    if (counts && found <= NEURAL_FUZZY_LAST && *(r->at += strspn(r->at, " \t\r"))) {
        NEURAL_TRY(number(r, &b->threshold));
    }
    return end_of_line(r);
}

static neural_status read_output_property(reader *r, const char *key) {
    static const char *const words[] = {"description",   "enabled",     "range",
                                        "lock-range",    "term",        "default",
                                        "lock-previous", "aggregation", "defuzzifier"};
    neural_fuzzy_variable *v = &variable(r)->given;
    if (strcmp(key, "default") == 0) {
        NEURAL_TRY(number(r, &v->default_value));
        return end_of_line(r);
    }
    if (strcmp(key, "lock-previous") == 0 || strcmp(key, "lock-valid") == 0) {
        return truth(r, &v->locks_previous);
    }
    if (strcmp(key, "aggregation") == 0 || strcmp(key, "accumulation") == 0) {
        return norm(r, 0, &v->aggregation);
    }
    return strcmp(key, "defuzzifier") == 0
               ? read_defuzzifier(r)
               : fail_key(r, key, "a property of output variables", words, 9);
}

static neural_status read_enabled(reader *r, int *is_disabled) {
    NEURAL_TRY(truth(r, is_disabled));
    *is_disabled = !*is_disabled;
    return NEURAL_OK;
}

static neural_status read_variable_property(reader *r, const char *key) {
    static const char *const words[] = {"description", "enabled", "range", "lock-range", "term"};
    neural_fuzzy_variable *v = &variable(r)->given;
    if (strcmp(key, "description") == 0) {
        return replace_text(r, (char **)&v->description);
    }
    if (strcmp(key, "enabled") == 0) {
        return read_enabled(r, &v->is_disabled);
    }
    if (strcmp(key, "range") == 0) {
        return read_range(r);
    }
    if (strcmp(key, "lock-range") == 0) {
        return truth(r, &v->locks_range);
    }
    if (strcmp(key, "term") == 0) {
        return read_term(r);
    }
    return r->part == OUTPUT ? read_output_property(r, key)
                             : fail_key(r, key, "a property of input variables", words, 5);
}

static neural_status read_block_property(reader *r, const char *key) {
    static const char *const words[] = {"description", "enabled",    "conjunction", "disjunction",
                                        "implication", "activation", "rule"};
    neural_fuzzy_block *b = block(r);
    if (strcmp(key, "description") == 0) {
        return replace_text(r, (char **)&b->description);
    }
    if (strcmp(key, "enabled") == 0) {
        return read_enabled(r, &b->is_disabled);
    }
    if (strcmp(key, "conjunction") == 0) {
        return norm(r, 1, &b->conjunction);
    }
    if (strcmp(key, "disjunction") == 0) {
        return norm(r, 0, &b->disjunction);
    }
    if (strcmp(key, "implication") == 0) {
        return norm(r, 1, &b->implication);
    }
    if (strcmp(key, "activation") == 0) {
        return read_activation(r);
    }
    if (strcmp(key, "rule") == 0) {
        return place(r, r->value, neural_fuzzy_system_add_rule(r->system, r->value));
    }
    return fail_key(r, key, "a property of rule blocks", words, 7);
}

/* --- lines --- */

static neural_status begin_variable(reader *r, part kind) {
    neural_fuzzy_variable v = {.name = r->value, .minimum = -INFINITY, .maximum = INFINITY};
    r->part = kind;
    v.default_value = NAN;
    return place(r, r->value,
                 kind == INPUT ? neural_fuzzy_system_add_input(r->system, &v)
                               : neural_fuzzy_system_add_output(r->system, &v));
}

static neural_status read_property(reader *r, const char *key) {
    static const char *const words[] = {"Engine", "InputVariable", "OutputVariable", "RuleBlock"};
    if (strcmp(key, "Engine") == 0) {
        if (r->part != BEFORE_ENGINE) {
            return fail(r, key, "one Engine");
        }
        r->part = ENGINE;
        return replace_text(r, &r->system->name);
    }
    if (strcmp(key, "InputVariable") == 0) {
        return begin_variable(r, INPUT);
    }
    if (strcmp(key, "OutputVariable") == 0) {
        return begin_variable(r, OUTPUT);
    }
    if (strcmp(key, "RuleBlock") == 0) {
        const neural_fuzzy_block added = {.name = r->value};
        r->part = BLOCK;
        return place(r, r->value, neural_fuzzy_system_add_block(r->system, &added));
    }
    switch (r->part) {
    case INPUT:
    case OUTPUT:
        return read_variable_property(r, key);
    case BLOCK:
        return read_block_property(r, key);
    case ENGINE:
        if (strcmp(key, "description") == 0) {
            return replace_text(r, &r->system->description);
        }
        break;
    case BEFORE_ENGINE:
        break;
    }
    return fail_key(r, key, "Engine, InputVariable, OutputVariable or RuleBlock", words, 4);
}

static void trim_end(char *text) {
    size_t len = strlen(text);
    while (len && isspace((unsigned char)text[len - 1])) {
        text[--len] = 0;
    }
}

static neural_status read_line(reader *r) {
    r->begin[strcspn(r->begin, "#")] = 0;
    trim_end(r->begin);
    char *key = r->begin + strspn(r->begin, " \t\r");
    if (!*key) {
        return NEURAL_OK;
    }
    char *colon = strchr(key, ':');
    if (!colon) {
        return fail(r, key, "key: value");
    }
    *colon = 0;
    trim_end(key);
    r->value = colon + 1 + strspn(colon + 1, " \t\r");
    r->at = r->value;
    return read_property(r, key);
}

/* Every name in a formula is x or a variable, wherever it is defined. */
static neural_status check_formulas(reader *r) {
    const neural_status status = neural_fuzzy_system_bind(r->system);
    const fuzzy_variables *all[] = {&r->system->inputs, &r->system->outputs};
    for (int i = 0; status && i < 2; i++) {
        for (int64_t v = 0; v < all[i]->count; v++) {
            const fuzzy_variable *owner = &all[i]->items[v];
            for (int64_t t = 0; t < owner->term_count; t++) {
                if (owner->terms[t].is_unbound) {
                    r->line = owner->terms[t].line;
                    return place(r, r->begin + owner->terms[t].column - 1, status);
                }
            }
        }
    }
    return status;
}

static neural_status read_text(reader *r, char *text, int64_t len) {
    char *const end = text + len;
    r->begin = text;
    NEURAL_TRY(neural_fuzzy_system_create(NULL, NULL, &r->system));
    for (r->line = 1; r->begin < end; r->line++) {
        char *newline = memchr(r->begin, '\n', (size_t)(end - r->begin));
        char *stop = newline ? newline : end;
        const char *nul = memchr(r->begin, 0, (size_t)(stop - r->begin));
        if (nul) {
            return neural_error(NEURAL_ERR_PARSE_ERROR, "%s:%lld:%lld: a NUL byte", r->name,
                                (long long)r->line, (long long)(nul - r->begin) + 1);
        }
        *stop = 0;
        NEURAL_TRY(read_line(r));
        r->begin = stop + 1;
    }
    r->begin = text;
    return check_formulas(r);
}

neural_status neural_fuzzy_fll_parse(const char *name, const char *text, int64_t len,
                                     neural_fuzzy_system **out) {
    NEURAL_REQUIRE(name && (text || len == 0) && out, NEURAL_ERR_NULL_POINTER,
                   "fll_parse: name, text and out must be given");
    NEURAL_REQUIRE(len >= 0 && len < ((int64_t)1 << 40), NEURAL_ERR_INVALID_ARGUMENT,
                   "fll_parse: a text of %lld bytes", (long long)len);
    reader r = {.name = name};
    char *copy = neural_alloc((size_t)len + 1);
    r.numbers = neural_alloc(((size_t)len / 2 + 1) * sizeof *r.numbers);
    neural_status status = NEURAL_ERR_OUT_OF_MEMORY;
    if (copy && r.numbers) {
        if (len) {
            memcpy(copy, text, (size_t)len);
        }
        copy[len] = 0;
        status = read_text(&r, copy, len);
    }
    neural_free(copy);
    neural_free(r.numbers);
    if (status) {
        neural_fuzzy_system_destroy(r.system);
        return status;
    }
    *out = r.system;
    return NEURAL_OK;
}

neural_status neural_fuzzy_fll_load(const char *path, neural_fuzzy_system **out) {
    neural_file_view file;
    NEURAL_REQUIRE(path && out, NEURAL_ERR_NULL_POINTER, "fll_load: path and out must be given");
    NEURAL_TRY(neural_file_view_open(path, &file));
    const neural_status status = neural_fuzzy_fll_parse(path, file.data, (int64_t)file.bytes, out);
    neural_file_view_close(&file);
    return status;
}

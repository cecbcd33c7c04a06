#include <math.h>
#include <string.h>

#include "fuzzy/system_type.h"

enum { MAX_RESOLUTION = 1000000, DEFAULT_RESOLUTION = 100 };

/* --- life --- */

static neural_status copy_text(const char *text, char **out) {
    *out = text ? neural_strdup(text) : NULL;
    return text && !*out ? NEURAL_ERR_OUT_OF_MEMORY : NEURAL_OK;
}

/* Makes room for one more item of so many bytes; what *array points to is at `array`. */
static neural_status grow(void *array, int64_t count, int64_t *capacity, size_t bytes) {
    void *old = NULL;
    if (count < *capacity) {
        return NEURAL_OK;
    }
    memcpy(&old, array, sizeof old);
    const int64_t wanted = count ? 2 * count : 4;
    int64_t total = 0;
    NEURAL_TRY(neural_size_mul(wanted, (int64_t)bytes, &total));
    void *grown = neural_realloc(old, (size_t)count * bytes, (size_t)total);
    if (!grown) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    memcpy(array, &grown, sizeof grown);
    *capacity = wanted;
    return NEURAL_OK;
}

/* What a line of a file can hold: no blank at its ends, no comment. */
static int is_line(const char *text) {
    const size_t len = text ? strlen(text) : 0;
    return len == 0 ||
           (!strpbrk(text, "\r\n#") && !strchr(" \t", text[0]) && !strchr(" \t", text[len - 1]));
}

neural_status neural_fuzzy_system_create(const char *name, const char *description,
                                         neural_fuzzy_system **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "fuzzy_create: out must be given");
    NEURAL_REQUIRE(is_line(name) && is_line(description), NEURAL_ERR_INVALID_ARGUMENT,
                   "fuzzy_create: name and description take one line each, no #");
    neural_fuzzy_system *system = neural_alloc_zeroed(sizeof *system);
    if (!system) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    neural_status status = copy_text(name, &system->name);
    status = status ? status : copy_text(description, &system->description);
    if (status) {
        neural_fuzzy_system_destroy(system);
        return status;
    }
    *out = system;
    return NEURAL_OK;
}

static void free_term(fuzzy_term *term) {
    neural_free((char *)term->given.name);
    neural_free((double *)term->given.params);
    neural_fuzzy_expression_destroy(term->expression);
}

static void free_variables(fuzzy_variables *variables) {
    for (int64_t i = 0; i < variables->count; i++) {
        fuzzy_variable *variable = &variables->items[i];
        for (int64_t t = 0; t < variable->term_count; t++) {
            free_term(&variable->terms[t]);
        }
        neural_free(variable->terms);
        neural_free((char *)variable->given.name);
        neural_free((char *)variable->given.description);
    }
    neural_free(variables->items);
}

static void free_block(fuzzy_block *block) {
    for (int64_t i = 0; i < block->count; i++) {
        neural_fuzzy_rule_free(&block->rules[i]);
    }
    neural_free(block->rules);
    neural_free((char *)block->given.name);
    neural_free((char *)block->given.description);
}

void neural_fuzzy_system_destroy(neural_fuzzy_system *system) {
    if (!system) {
        return;
    }
    neural_fuzzy_plan_free(system);
    free_variables(&system->inputs);
    free_variables(&system->outputs);
    for (int64_t i = 0; i < system->block_count; i++) {
        free_block(&system->blocks[i]);
    }
    neural_free(system->blocks);
    neural_free(system->name);
    neural_free(system->description);
    neural_free(system);
}

/* --- variables --- */

int64_t neural_fuzzy_find_variable(const fuzzy_variables *variables, const char *name, size_t len) {
    for (int64_t i = 0; i < variables->count; i++) {
        const char *own = variables->items[i].given.name;
        if (strlen(own) == len && memcmp(own, name, len) == 0) {
            return i;
        }
    }
    return -1;
}

int64_t neural_fuzzy_find_term(const fuzzy_variable *variable, const char *name, size_t len) {
    for (int64_t i = 0; i < variable->term_count; i++) {
        const char *own = variable->terms[i].given.name;
        if (strlen(own) == len && memcmp(own, name, len) == 0) {
            return i;
        }
    }
    return -1;
}

/* One word that rules cannot take for another one. */
static neural_status check_name(const char *what, const char *name) {
    static const char *const words[] = {"if", "is", "and", "or", "then", "with"};
    NEURAL_REQUIRE(name, NEURAL_ERR_NULL_POINTER, "%s: a name must be given", what);
    NEURAL_REQUIRE(*name && !strpbrk(name, " \t\r\n()#:"), NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: expected a name without blanks, brackets, # and :, found \"%.80s\"", what,
                   name);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        NEURAL_REQUIRE(strcmp(name, words[i]) != 0, NEURAL_ERR_INVALID_ARGUMENT,
                       "%s: \"%s\" is a word of the language of rules", what, name);
    }
    return NEURAL_OK;
}

static neural_status check_variable(const neural_fuzzy_system *system,
                                    const neural_fuzzy_variable *v) {
    NEURAL_REQUIRE(system && v, NEURAL_ERR_NULL_POINTER,
                   "fuzzy variable: system and variable must be given");
    NEURAL_TRY(check_name("fuzzy variable", v->name));
    const size_t len = strlen(v->name);
    NEURAL_REQUIRE(neural_fuzzy_find_variable(&system->inputs, v->name, len) < 0 &&
                       neural_fuzzy_find_variable(&system->outputs, v->name, len) < 0,
                   NEURAL_ERR_INVALID_ARGUMENT, "variable %s: there is one of that name", v->name);
    NEURAL_REQUIRE(is_line(v->description), NEURAL_ERR_INVALID_ARGUMENT,
                   "variable %s: the description takes one line", v->name);
    NEURAL_REQUIRE(v->minimum <= v->maximum, NEURAL_ERR_INVALID_ARGUMENT,
                   "variable %s: range %g ... %g, expected minimum <= maximum", v->name, v->minimum,
                   v->maximum);
    return NEURAL_OK;
}

static neural_status add_variable(neural_fuzzy_system *system, fuzzy_variables *variables,
                                  const neural_fuzzy_variable *variable) {
    char *name = NULL, *description = NULL;
    NEURAL_TRY(
        grow(&variables->items, variables->count, &variables->capacity, sizeof *variables->items));
    neural_status status = copy_text(variable->name, &name);
    status = status ? status : copy_text(variable->description, &description);
    if (status) {
        neural_free(name);
        return status;
    }
    fuzzy_variable *added = &variables->items[variables->count++];
    *added = (fuzzy_variable){.given = *variable};
    added->given.name = name;
    added->given.description = description;
    neural_fuzzy_plan_free(system);
    return NEURAL_OK;
}

neural_status neural_fuzzy_system_add_input(neural_fuzzy_system *system,
                                            const neural_fuzzy_variable *variable) {
    NEURAL_TRY(check_variable(system, variable));
    return add_variable(system, &system->inputs, variable);
}

neural_status neural_fuzzy_system_add_output(neural_fuzzy_system *system,
                                             const neural_fuzzy_variable *variable) {
    NEURAL_TRY(check_variable(system, variable));
    neural_fuzzy_variable filled = *variable;
    filled.resolution = filled.resolution ? filled.resolution : DEFAULT_RESOLUTION;
    NEURAL_REQUIRE(filled.resolution >= 1 && filled.resolution <= MAX_RESOLUTION,
                   NEURAL_ERR_INVALID_ARGUMENT, "output %s: resolution is %lld, expected 1 ... %d",
                   filled.name, (long long)filled.resolution, MAX_RESOLUTION);
    NEURAL_REQUIRE(!filled.aggregation || neural_fuzzy_norm_is_s(filled.aggregation),
                   NEURAL_ERR_INVALID_ARGUMENT, "output %s: the aggregation has to be an S-norm",
                   filled.name);
    NEURAL_REQUIRE(neural_fuzzy_defuzzifier_name(filled.defuzzifier) &&
                       (unsigned)filled.inference <= NEURAL_FUZZY_INVERSE,
                   NEURAL_ERR_INVALID_ARGUMENT, "output %s: defuzzifier %d of inference %d",
                   filled.name, (int)filled.defuzzifier, (int)filled.inference);
    return add_variable(system, &system->outputs, &filled);
}

/* --- terms --- */

static neural_status copy_term(const neural_fuzzy_term *term, fuzzy_term *out) {
    char *name = NULL;
    double *params = NULL;
    int64_t bytes = 0;
    NEURAL_TRY(neural_size_mul(term->count, sizeof *params, &bytes));
    *out = (fuzzy_term){.given = *term};
    out->given.height = term->height == 0 ? 1 : term->height;
    out->given.name = NULL;
    out->given.params = NULL;
    NEURAL_TRY(copy_text(term->name, &name));
    out->given.name = name;
    params = neural_alloc((size_t)bytes);
    if (!params) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    out->given.params = params;
    if (term->count) {
        memcpy(params, term->params, (size_t)bytes);
    }
    if (term->shape == NEURAL_FUZZY_FUNCTION) {
        NEURAL_TRY(neural_fuzzy_expression_create(term->formula, &out->expression));
        out->given.formula = neural_fuzzy_expression_text(out->expression);
    }
    return NEURAL_OK;
}

static fuzzy_variable *variable_named(neural_fuzzy_system *system, const char *name) {
    fuzzy_variables *all[] = {&system->inputs, &system->outputs};
    for (int i = 0; i < 2; i++) {
        const int64_t found = neural_fuzzy_find_variable(all[i], name, strlen(name));
        if (found >= 0) {
            return &all[i]->items[found];
        }
    }
    return NULL;
}

neural_status neural_fuzzy_system_add_term(neural_fuzzy_system *system, const char *variable,
                                           const neural_fuzzy_term *term) {
    NEURAL_REQUIRE(system && variable && term, NEURAL_ERR_NULL_POINTER,
                   "fuzzy term: system, variable and term must be given");
    NEURAL_TRY(check_name("fuzzy term", term->name));
    fuzzy_variable *owner = variable_named(system, variable);
    NEURAL_REQUIRE(owner, NEURAL_ERR_INVALID_ARGUMENT, "term %s: there is no variable %s",
                   term->name, variable);
    NEURAL_REQUIRE(neural_fuzzy_find_term(owner, term->name, strlen(term->name)) < 0,
                   NEURAL_ERR_INVALID_ARGUMENT, "term %s: %s has one of that name", term->name,
                   variable);
    NEURAL_REQUIRE((term->shape == NEURAL_FUZZY_FUNCTION) == (term->formula != NULL) &&
                       is_line(term->formula),
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "term %s: Function takes a formula of one line, others none", term->name);
    if (neural_fuzzy_shape_check(term->shape, term->params, term->count, term->height)) {
        return neural_error_prefix("term %s", term->name);
    }
    fuzzy_term copy = {0};
    neural_status status = copy_term(term, &copy);
    if (!status) {
        status =
            grow(&owner->terms, owner->term_count, &owner->term_capacity, sizeof *owner->terms);
    }
    if (status) {
        free_term(&copy);
        return status;
    }
    owner->terms[owner->term_count++] = copy;
    neural_fuzzy_plan_free(system);
    return NEURAL_OK;
}

/* --- blocks and rules --- */

static neural_status check_block(const neural_fuzzy_block *b) {
    NEURAL_REQUIRE(is_line(b->name) && is_line(b->description), NEURAL_ERR_INVALID_ARGUMENT,
                   "rule block: name and description take one line each, no #");
    NEURAL_REQUIRE(!b->conjunction || neural_fuzzy_norm_is_t(b->conjunction),
                   NEURAL_ERR_INVALID_ARGUMENT, "rule block: the conjunction has to be a T-norm");
    NEURAL_REQUIRE(!b->disjunction || neural_fuzzy_norm_is_s(b->disjunction),
                   NEURAL_ERR_INVALID_ARGUMENT, "rule block: the disjunction has to be an S-norm");
    NEURAL_REQUIRE(!b->implication || neural_fuzzy_norm_is_t(b->implication),
                   NEURAL_ERR_INVALID_ARGUMENT, "rule block: the implication has to be a T-norm");
    NEURAL_REQUIRE((unsigned)b->activation <= NEURAL_FUZZY_THRESHOLD &&
                       (unsigned)b->comparison <= NEURAL_FUZZY_NOT_EQUAL,
                   NEURAL_ERR_INVALID_ARGUMENT, "rule block: activation %d of comparison %d",
                   (int)b->activation, (int)b->comparison);
    NEURAL_REQUIRE(b->rules >= 0 && !isnan(b->threshold), NEURAL_ERR_INVALID_ARGUMENT,
                   "rule block: %lld rules above %g", (long long)b->rules, b->threshold);
    return NEURAL_OK;
}

neural_status neural_fuzzy_system_add_block(neural_fuzzy_system *system,
                                            const neural_fuzzy_block *block) {
    char *name = NULL, *description = NULL;
    NEURAL_REQUIRE(system && block, NEURAL_ERR_NULL_POINTER,
                   "rule block: system and block must be given");
    NEURAL_TRY(check_block(block));
    NEURAL_TRY(grow(&system->blocks, system->block_count, &system->block_capacity,
                    sizeof *system->blocks));
    neural_status status = copy_text(block->name, &name);
    status = status ? status : copy_text(block->description, &description);
    if (status) {
        neural_free(name);
        return status;
    }
    fuzzy_block *added = &system->blocks[system->block_count++];
    *added = (fuzzy_block){.given = *block};
    added->given.name = name;
    added->given.description = description;
    added->given.rules = block->rules ? block->rules : 1;
    neural_fuzzy_plan_free(system);
    return NEURAL_OK;
}

neural_status neural_fuzzy_system_add_rule(neural_fuzzy_system *system, const char *rule) {
    NEURAL_REQUIRE(system && rule, NEURAL_ERR_NULL_POINTER,
                   "fuzzy rule: system and rule must be given");
    NEURAL_REQUIRE(system->block_count > 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "fuzzy rule: there is no rule block yet");
    fuzzy_block *block = &system->blocks[system->block_count - 1];
    NEURAL_TRY(grow(&block->rules, block->count, &block->capacity, sizeof *block->rules));
    NEURAL_TRY(neural_fuzzy_rule_parse(system, rule, &block->rules[block->count]));
    block->count++;
    neural_fuzzy_plan_free(system);
    return NEURAL_OK;
}

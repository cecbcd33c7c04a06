#include "fuzzy/term.h"

#include <string.h>

#include "fuzzy/names.h"
#include "fuzzy/plan.h"

void neural_fuzzy_term_free(fuzzy_term *term) {
    neural_free((char *)term->given.name);
    neural_free((double *)term->given.params);
    neural_fuzzy_expression_destroy(term->expression);
}

static neural_status copy_term(const neural_fuzzy_term *term, fuzzy_term *out) {
    char *name = NULL;
    double *params = NULL;
    int64_t bytes = 0;
    NEURAL_TRY(neural_size_mul(term->count, sizeof *params, &bytes));
    *out = (fuzzy_term){.given = *term};
    out->given.height = term->height == 0 ? 1 : term->height;
    out->given.name = NULL;
    out->given.params = NULL;
    NEURAL_TRY(neural_fuzzy_copy_text(term->name, &name));
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
    NEURAL_TRY(neural_fuzzy_name_check("fuzzy term", term->name));
    fuzzy_variable *owner = variable_named(system, variable);
    NEURAL_REQUIRE(owner, NEURAL_ERR_INVALID_ARGUMENT, "term %s: there is no variable %s",
                   term->name, variable);
    NEURAL_REQUIRE(neural_fuzzy_find_term(owner, term->name, strlen(term->name)) < 0,
                   NEURAL_ERR_INVALID_ARGUMENT, "term %s: %s has one of that name", term->name,
                   variable);
    NEURAL_REQUIRE((term->shape == NEURAL_FUZZY_FUNCTION) == (term->formula != NULL) &&
                       neural_fuzzy_is_line(term->formula),
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "term %s: Function takes a formula of one line, others none", term->name);
    if (neural_fuzzy_shape_check(term->shape, term->params, term->count, term->height)) {
        return neural_error_prefix("term %s", term->name);
    }
    fuzzy_term copy = {0};
    neural_status status = copy_term(term, &copy);
    if (!status) {
        status = neural_fuzzy_list_grow(&owner->terms, owner->term_count, &owner->term_capacity,
                                        sizeof *owner->terms);
    }
    if (status) {
        neural_fuzzy_term_free(&copy);
        return status;
    }
    owner->terms[owner->term_count++] = copy;
    neural_fuzzy_plan_free(system);
    return NEURAL_OK;
}

#include <math.h>
#include <string.h>

#include "fuzzy/block.h"
#include "fuzzy/names.h"
#include "fuzzy/plan.h"
#include "fuzzy/term.h"

enum { MAX_RESOLUTION = 1000000, DEFAULT_RESOLUTION = 100 };

/* --- life --- */

neural_status neural_fuzzy_system_create(const char *name, const char *description,
                                         neural_fuzzy_system **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "fuzzy_create: out must be given");
    NEURAL_REQUIRE(neural_fuzzy_is_line(name) && neural_fuzzy_is_line(description),
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "fuzzy_create: name and description take one line each, no #");
    neural_fuzzy_system *system = neural_alloc_zeroed(sizeof *system);
    if (!system) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    neural_status status = neural_fuzzy_copy_text(name, &system->name);
    status = status ? status : neural_fuzzy_copy_text(description, &system->description);
    if (status) {
        neural_fuzzy_system_destroy(system);
        return status;
    }
    *out = system;
    return NEURAL_OK;
}

static void free_variables(fuzzy_variables *variables) {
    for (int64_t i = 0; i < variables->count; i++) {
        fuzzy_variable *variable = &variables->items[i];
        for (int64_t t = 0; t < variable->term_count; t++) {
            neural_fuzzy_term_free(&variable->terms[t]);
        }
        neural_free(variable->terms);
        neural_free((char *)variable->given.name);
        neural_free((char *)variable->given.description);
    }
    neural_free(variables->items);
}

void neural_fuzzy_system_destroy(neural_fuzzy_system *system) {
    if (!system) {
        return;
    }
    neural_fuzzy_plan_free(system);
    free_variables(&system->inputs);
    free_variables(&system->outputs);
    for (int64_t i = 0; i < system->block_count; i++) {
        neural_fuzzy_block_free(&system->blocks[i]);
    }
    neural_free(system->blocks);
    neural_free(system->name);
    neural_free(system->description);
    neural_free(system);
}

/* --- variables --- */

static neural_status check_variable(const neural_fuzzy_system *system,
                                    const neural_fuzzy_variable *v) {
    NEURAL_REQUIRE(system && v, NEURAL_ERR_NULL_POINTER,
                   "fuzzy variable: system and variable must be given");
    NEURAL_TRY(neural_fuzzy_name_check("fuzzy variable", v->name));
    const size_t len = strlen(v->name);
    NEURAL_REQUIRE(neural_fuzzy_find_variable(&system->inputs, v->name, len) < 0 &&
                       neural_fuzzy_find_variable(&system->outputs, v->name, len) < 0,
                   NEURAL_ERR_INVALID_ARGUMENT, "variable %s: there is one of that name", v->name);
    NEURAL_REQUIRE(neural_fuzzy_is_line(v->description), NEURAL_ERR_INVALID_ARGUMENT,
                   "variable %s: the description takes one line", v->name);
    NEURAL_REQUIRE(v->minimum <= v->maximum, NEURAL_ERR_INVALID_ARGUMENT,
                   "variable %s: range %g ... %g, expected minimum <= maximum", v->name, v->minimum,
                   v->maximum);
    return NEURAL_OK;
}

static neural_status add_variable(neural_fuzzy_system *system, fuzzy_variables *variables,
                                  const neural_fuzzy_variable *variable) {
    char *name = NULL, *description = NULL;
    NEURAL_TRY(neural_fuzzy_list_grow(&variables->items, variables->count, &variables->capacity,
                                      sizeof *variables->items));
    neural_status status = neural_fuzzy_copy_text(variable->name, &name);
    status = status ? status : neural_fuzzy_copy_text(variable->description, &description);
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

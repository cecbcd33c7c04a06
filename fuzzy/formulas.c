#include "fuzzy/formulas.h"

#include "fuzzy/plan.h"

static neural_status bind_all(fuzzy_variables *variables, const char *const *names, int64_t count) {
    for (int64_t i = 0; i < variables->count; i++) {
        fuzzy_variable *variable = &variables->items[i];
        for (int64_t t = 0; t < variable->term_count; t++) {
            fuzzy_term *term = &variable->terms[t];
            term->is_unbound = 0;
            if (term->expression) {
                const neural_status status =
                    neural_fuzzy_expression_bind(term->expression, names, count);
                term->is_unbound = status != NEURAL_OK;
                NEURAL_TRY(status);
            }
        }
    }
    return NEURAL_OK;
}

neural_status neural_fuzzy_system_bind(neural_fuzzy_system *system) {
    const int64_t inputs = system->inputs.count, count = 1 + inputs + system->outputs.count;
    int64_t bytes = 0;
    NEURAL_TRY(neural_size_mul(count, sizeof(char *), &bytes));
    const char **names = neural_alloc((size_t)bytes);
    if (!names) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    names[0] = "x";
    for (int64_t i = 1; i < count; i++) {
        const int is_input = i <= inputs;
        names[i] = is_input ? system->inputs.items[i - 1].given.name
                            : system->outputs.items[i - 1 - inputs].given.name;
    }
    neural_status status = bind_all(&system->inputs, names, count);
    status = status ? status : bind_all(&system->outputs, names, count);
    neural_free(names);
    return status;
}

/* 1 when a formula of the variables reads an output that has its value of this row only later:
 * inputs any, output i itself and those behind it. */
static int reads_late_output(const neural_fuzzy_system *system, const fuzzy_variables *variables) {
    const int64_t first_output = 1 + system->inputs.count;
    const int are_outputs = variables == &system->outputs;
    for (int64_t i = 0; i < variables->count; i++) {
        const fuzzy_variable *variable = &variables->items[i];
        for (int64_t t = 0; t < variable->term_count; t++) {
            for (int64_t o = are_outputs ? i : 0; o < system->outputs.count; o++) {
                if (neural_fuzzy_expression_reads(variable->terms[t].expression,
                                                  first_output + o)) {
                    return 1;
                }
            }
        }
    }
    return 0;
}

neural_status neural_fuzzy_plan_formulas(neural_fuzzy_system *system) {
    const int64_t count = 1 + system->inputs.count + system->outputs.count;
    NEURAL_TRY(
        neural_fuzzy_plan_alloc(system->arena, count, sizeof(double), &system->formula_values));
    NEURAL_TRY(neural_fuzzy_system_bind(system));
    const int is_serial =
        reads_late_output(system, &system->inputs) || reads_late_output(system, &system->outputs);
    system->rows_at_once = is_serial ? 1 : FUZZY_ROWS;
    return NEURAL_OK;
}

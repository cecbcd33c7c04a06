#include <math.h>

#include "core/base/threads.h"
#include "fuzzy/activate.h"
#include "fuzzy/output.h"

int64_t neural_fuzzy_system_inputs(const neural_fuzzy_system *system) {
    return system ? system->inputs.count : 0;
}

int64_t neural_fuzzy_system_outputs(const neural_fuzzy_system *system) {
    return system ? system->outputs.count : 0;
}

int64_t neural_fuzzy_system_rules(const neural_fuzzy_system *system) {
    int64_t count = 0;
    for (int64_t i = 0; system && i < system->block_count; i++) {
        count += system->blocks[i].count;
    }
    return count;
}

static const neural_fuzzy_variable *at(const fuzzy_variables *variables, int64_t index) {
    return index >= 0 && index < variables->count ? &variables->items[index].given : NULL;
}

const neural_fuzzy_variable *neural_fuzzy_system_input(const neural_fuzzy_system *system,
                                                       int64_t index) {
    return system ? at(&system->inputs, index) : NULL;
}

const neural_fuzzy_variable *neural_fuzzy_system_output(const neural_fuzzy_system *system,
                                                        int64_t index) {
    return system ? at(&system->outputs, index) : NULL;
}

static neural_status refuse_nan(const neural_fuzzy_system *system, const double *x, int64_t rows) {
    const int64_t inputs = system->inputs.count;
    for (int64_t i = 0; i < rows * inputs; i++) {
        NEURAL_REQUIRE(!isnan(x[i]), NEURAL_ERR_NAN_DETECTED, "fuzzy_evaluate: row %lld: %s is NaN",
                       (long long)(i / inputs), system->inputs.items[i % inputs].given.name);
    }
    return NEURAL_OK;
}

static void load_columns(neural_fuzzy_system *system, const double *x, int64_t rows) {
    const int64_t inputs = system->inputs.count;
    for (int64_t i = 0; i < inputs; i++) {
        const fuzzy_variable *input = &system->inputs.items[i];
        const double low = input->given.locks_range ? input->given.minimum : -INFINITY;
        const double high = input->given.locks_range ? input->given.maximum : INFINITY;
        for (int64_t r = 0; r < rows; r++) {
            const double value = x[r * inputs + i];
            input->values[r] = value < low ? low : value > high ? high : value;
        }
    }
}

static void evaluate_rows(neural_fuzzy_system *system, const double *x, int64_t rows, double *out) {
    const int64_t outputs = system->outputs.count;
    load_columns(system, x, rows);
    neural_fuzzy_activate(system, rows);
    for (int64_t i = 0; i < outputs; i++) {
        neural_fuzzy_output_values(system, &system->outputs.items[i], rows);
        for (int64_t r = 0; r < rows; r++) {
            out[r * outputs + i] = system->outputs.items[i].values[r];
        }
    }
}

neural_status neural_fuzzy_system_evaluate(neural_fuzzy_system *system, const double *x,
                                           int64_t rows, double *out) {
    NEURAL_REQUIRE(system && ((x && out) || rows == 0), NEURAL_ERR_NULL_POINTER,
                   "fuzzy_evaluate: system, x and out must be given");
    NEURAL_REQUIRE(rows >= 0, NEURAL_ERR_INVALID_ARGUMENT, "fuzzy_evaluate: %lld rows",
                   (long long)rows);
    NEURAL_TRY(neural_fuzzy_system_prepare(system));
    NEURAL_TRY(refuse_nan(system, x, rows));
    const neural_fp_state state = neural_fp_enter();
    for (int64_t begin = 0; begin < rows; begin += system->rows_at_once) {
        const int64_t left = rows - begin;
        evaluate_rows(system, x + begin * system->inputs.count,
                      left < system->rows_at_once ? left : system->rows_at_once,
                      out + begin * system->outputs.count);
    }
    neural_fp_leave(state);
    return NEURAL_OK;
}

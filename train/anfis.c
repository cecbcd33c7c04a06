#include "train/anfis.h"

#include <inttypes.h>
#include <string.h>

#include "core/autograd/block_ops.h"
#include "core/autograd/ops.h"
#include "core/autograd/tape.h"
#include "train/anfis_type.h"

enum { MAX_RULES = 1000000, PREDICT_CELLS = 1 << 20 };

/* --- life --- */

neural_status anfis_set_name(char **name, const char *text) {
    neural_free(*name);
    *name = neural_strdup(text);
    return *name ? NEURAL_OK : NEURAL_ERR_OUT_OF_MEMORY;
}

static neural_status zeroed(int64_t count, size_t bytes, void *out) {
    int64_t total = 0;
    NEURAL_TRY(neural_size_mul(count, (int64_t)bytes, &total));
    void *memory = neural_alloc_zeroed((size_t)total);
    if (!memory) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    memcpy(out, &memory, sizeof memory);
    return NEURAL_OK;
}

static neural_status fill_empty(neural_anfis *anfis) {
    int64_t places = 0;
    NEURAL_TRY(zeroed(anfis->input_count, sizeof *anfis->inputs, &anfis->inputs));
    NEURAL_TRY(zeroed(anfis->output_count, sizeof *anfis->outputs, &anfis->outputs));
    NEURAL_TRY(zeroed(anfis->term_count, sizeof *anfis->terms, &anfis->terms));
    NEURAL_TRY(zeroed(anfis->rule_count, sizeof *anfis->weights, &anfis->weights));
    NEURAL_TRY(neural_size_mul(anfis->rule_count, anfis->rule_len, &places));
    NEURAL_TRY(zeroed(places, sizeof *anfis->places, &anfis->places));
    for (int64_t i = 0; i < places; i++) {
        anfis->places[i] = -1;
    }
    for (int64_t r = 0; r < anfis->rule_count; r++) {
        anfis->weights[r] = 1;
    }
    for (int64_t i = 0; i < anfis->input_count; i++) {
        anfis->inputs[i].scale = 1;
    }
    for (int64_t i = 0; i < anfis->output_count; i++) {
        anfis->outputs[i].scale = 1;
    }
    return NEURAL_OK;
}

neural_status anfis_create_empty(int64_t inputs, int64_t outputs, int64_t terms, int64_t rules,
                                 int64_t rule_len, neural_anfis **out) {
    NEURAL_REQUIRE(rules <= MAX_RULES, NEURAL_ERR_TENSOR_TOO_LARGE,
                   "anfis: %" PRId64 " rules, expected at most %d", rules, MAX_RULES);
    neural_anfis *anfis = neural_alloc_zeroed(sizeof *anfis);
    if (!anfis) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    anfis->input_count = inputs;
    anfis->output_count = outputs;
    anfis->rule_len = rule_len;
    anfis->term_count = terms;
    anfis->rule_count = rules;
    anfis->conjunction = NEURAL_FUZZY_ALGEBRAIC_PRODUCT;
    const neural_status status = fill_empty(anfis);
    if (status) {
        neural_anfis_destroy(anfis);
        return status;
    }
    *out = anfis;
    return NEURAL_OK;
}

static neural_status make_parameters(neural_anfis *anfis) {
    int64_t columns = 0;
    const int64_t premise[] = {anfis->term_count, ANFIS_PREMISE};
    NEURAL_TRY(neural_size_mul(anfis->rule_count, anfis_columns(anfis), &columns));
    const int64_t consequent[] = {anfis->output_count, columns};
    NEURAL_TRY(neural_parameter_create("premise", 2, premise, NEURAL_DTYPE_F64,
                                       NEURAL_PARAMETER_NO_DECAY, &anfis->premise));
    NEURAL_TRY(neural_parameter_create("consequent", 2, consequent, NEURAL_DTYPE_F64, 0,
                                       &anfis->consequent));
    neural_parameter *const items[] = {anfis->premise, anfis->consequent};
    return neural_parameters_create(items, 2, &anfis->parameters);
}

static neural_status make_scales(const anfis_variable *variables, int64_t count,
                                 neural_tensor **offset, neural_tensor **scale) {
    NEURAL_TRY(neural_tensor_create(1, &count, NEURAL_DTYPE_F64, offset));
    NEURAL_TRY(neural_tensor_create(1, &count, NEURAL_DTYPE_F64, scale));
    double *offsets = neural_tensor_data(*offset), *scales = neural_tensor_data(*scale);
    for (int64_t i = 0; i < count; i++) {
        offsets[i] = variables[i].offset;
        scales[i] = variables[i].scale;
    }
    return NEURAL_OK;
}

neural_status anfis_finish(neural_anfis *anfis) {
    NEURAL_TRY(make_parameters(anfis));
    NEURAL_TRY(
        make_scales(anfis->inputs, anfis->input_count, &anfis->input_offset, &anfis->input_scale));
    return make_scales(anfis->outputs, anfis->output_count, &anfis->output_offset,
                       &anfis->output_scale);
}

static void free_variables(anfis_variable *variables, int64_t count) {
    for (int64_t i = 0; variables && i < count; i++) {
        neural_free(variables[i].name);
    }
    neural_free(variables);
}

void neural_anfis_destroy(neural_anfis *anfis) {
    if (!anfis) {
        return;
    }
    free_variables(anfis->inputs, anfis->input_count);
    free_variables(anfis->outputs, anfis->output_count);
    for (int64_t t = 0; anfis->terms && t < anfis->term_count; t++) {
        neural_free(anfis->terms[t].name);
    }
    neural_free(anfis->terms);
    neural_free(anfis->places);
    neural_free(anfis->weights);
    neural_parameters_destroy(anfis->parameters);
    neural_parameter_destroy(anfis->premise);
    neural_parameter_destroy(anfis->consequent);
    neural_tensor_release(anfis->input_offset);
    neural_tensor_release(anfis->input_scale);
    neural_tensor_release(anfis->output_offset);
    neural_tensor_release(anfis->output_scale);
    neural_free(anfis);
}

int64_t neural_anfis_inputs(const neural_anfis *anfis) {
    return anfis->input_count;
}

int64_t neural_anfis_outputs(const neural_anfis *anfis) {
    return anfis->output_count;
}

int64_t neural_anfis_rules(const neural_anfis *anfis) {
    return anfis->rule_count;
}

int64_t neural_anfis_terms(const neural_anfis *anfis) {
    return anfis->term_count;
}

neural_parameters *neural_anfis_parameters(neural_anfis *anfis) {
    return anfis->parameters;
}

/* --- forward --- */

neural_status anfis_scale_inputs(neural_anfis *anfis, neural_tensor *x, neural_tensor **out) {
    neural_tensor *moved = NULL;
    NEURAL_TRY(neural_sub(x, anfis->input_offset, &moved));
    const neural_status status = neural_div(moved, anfis->input_scale, out);
    neural_tensor_release(moved);
    return status;
}

/* x and a column of ones, as [rows, 1, inputs + 1]. */
static neural_status with_ones(neural_tensor *x, neural_tensor **out) {
    const int64_t *dims = neural_tensor_dims(x);
    const int64_t column[] = {dims[0], 1}, wide[] = {dims[0], 1, dims[1] + 1};
    neural_tensor *ones = NULL, *joined = NULL;
    NEURAL_TRY(neural_tensor_ones(2, column, NEURAL_DTYPE_F64, &ones));
    neural_tensor *const parts[] = {x, ones};
    neural_status status = neural_concat(parts, 2, 1, &joined);
    neural_tensor_release(ones);
    if (!status) {
        status = neural_reshape(joined, 3, wide, out);
        neural_tensor_release(joined);
    }
    return status;
}

/* Row by row the outer product of shares [rows, rules] and (x, 1). */
static neural_status multiply_out(const neural_anfis *anfis, neural_tensor *shares,
                                  neural_tensor *x, neural_tensor **out) {
    const int64_t rows = neural_tensor_dims(x)[0];
    const int64_t wide[] = {rows, anfis->rule_count, 1};
    const int64_t flat[] = {rows, anfis->rule_count * anfis_columns(anfis)};
    neural_tensor *values = NULL, *factors = NULL, *products = NULL;
    neural_status status = with_ones(x, &values);
    status = status ? status : neural_reshape(shares, 3, wide, &factors);
    status = status ? status : neural_mul(factors, values, &products);
    status = status ? status : neural_reshape(products, 2, flat, out);
    neural_tensor_release(values);
    neural_tensor_release(factors);
    neural_tensor_release(products);
    return status;
}

neural_status anfis_design(neural_anfis *anfis, neural_tensor *x, neural_tensor **out) {
    neural_tensor *shares = NULL;
    NEURAL_TRY(anfis_fire(anfis, x, &shares));
    if (!anfis->order) {
        *out = shares;
        return NEURAL_OK;
    }
    const neural_status status = multiply_out(anfis, shares, x, out);
    neural_tensor_release(shares);
    return status;
}

/* In units of the data. */
static neural_status scale_outputs(neural_anfis *anfis, neural_tensor *scaled,
                                   neural_tensor **out) {
    neural_tensor *wide = NULL;
    NEURAL_TRY(neural_mul(scaled, anfis->output_scale, &wide));
    const neural_status status = neural_add(wide, anfis->output_offset, out);
    neural_tensor_release(wide);
    return status;
}

static neural_status check_input(const neural_anfis *anfis, const neural_tensor *x) {
    NEURAL_REQUIRE(neural_tensor_dtype(x) == NEURAL_DTYPE_F64, NEURAL_ERR_INVALID_DTYPE,
                   "anfis_forward: x is %s, want f64", neural_dtype_name(neural_tensor_dtype(x)));
    NEURAL_REQUIRE(neural_tensor_ndim(x) == 2 && neural_tensor_dims(x)[1] == anfis->input_count,
                   NEURAL_ERR_SHAPE_MISMATCH,
                   "anfis_forward: x has %d dimensions, the last of %" PRId64
                   ", want [rows, %" PRId64 "]",
                   neural_tensor_ndim(x),
                   neural_tensor_ndim(x) ? neural_tensor_dims(x)[neural_tensor_ndim(x) - 1] : 0,
                   anfis->input_count);
    return NEURAL_OK;
}

neural_status neural_anfis_forward(neural_anfis *anfis, neural_tensor *x, neural_tensor **out) {
    NEURAL_REQUIRE(anfis && x && out, NEURAL_ERR_NULL_POINTER,
                   "anfis_forward: anfis, x and out must be given");
    NEURAL_TRY(check_input(anfis, x));
    neural_tensor *scaled = NULL, *design = NULL, *result = NULL;
    neural_status status = anfis_scale_inputs(anfis, x, &scaled);
    status = status ? status : anfis_design(anfis, scaled, &design);
    status = status ? status : neural_linear(design, anfis->consequent->value, NULL, &result);
    status = status ? status : scale_outputs(anfis, result, out);
    neural_tensor_release(scaled);
    neural_tensor_release(design);
    neural_tensor_release(result);
    return status;
}

static neural_status predict_part(neural_anfis *anfis, const double *x, int64_t rows, double *out) {
    const int64_t in_dims[] = {rows, anfis->input_count};
    neural_tensor *rows_in = NULL, *rows_out = NULL;
    NEURAL_TRY(
        neural_tensor_wrap((double *)x, 2, in_dims, NULL, NEURAL_DTYPE_F64, NULL, NULL, &rows_in));
    const neural_status status = neural_anfis_forward(anfis, rows_in, &rows_out);
    if (!status) {
        memcpy(out, neural_tensor_data(rows_out), (size_t)neural_tensor_bytes(rows_out));
    }
    neural_tensor_release(rows_in);
    neural_tensor_release(rows_out);
    return status;
}

neural_status neural_anfis_predict(neural_anfis *anfis, const double *x, int64_t rows,
                                   double *out) {
    NEURAL_REQUIRE(anfis && ((x && out) || rows == 0), NEURAL_ERR_NULL_POINTER,
                   "anfis_predict: anfis, x and out must be given");
    NEURAL_REQUIRE(rows >= 0, NEURAL_ERR_INVALID_ARGUMENT, "anfis_predict: %" PRId64 " rows", rows);
    const int recorded = neural_set_grad_enabled(0);
    const int64_t part = 1 + PREDICT_CELLS / (anfis->rule_count * anfis_columns(anfis));
    neural_status status = NEURAL_OK;
    for (int64_t row = 0; row < rows && !status; row += part) {
        const int64_t count = rows - row < part ? rows - row : part;
        status = predict_part(anfis, x + row * anfis->input_count, count,
                              out + row * anfis->output_count);
    }
    neural_set_grad_enabled(recorded);
    return status;
}

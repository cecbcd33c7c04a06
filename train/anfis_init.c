/* Where the terms of a new neuro-fuzzy system stand. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "train/anfis_type.h"

enum { NAME_BYTES = 32 };

neural_anfis_options neural_anfis_default(void) {
    return (neural_anfis_options){
        .shape = NEURAL_FUZZY_BELL, .order = 1, .radius = 0.5, .clusters = 8, .seed = 1};
}

/* --- data --- */

static neural_status check_values(const char *who, const char *what, const double *values,
                                  int64_t rows, int64_t columns) {
    NEURAL_REQUIRE(values, NEURAL_ERR_NULL_POINTER, "%s: %s must be given", who, what);
    for (int64_t i = 0; i < rows * columns; i++) {
        NEURAL_REQUIRE(isfinite(values[i]),
                       isnan(values[i]) ? NEURAL_ERR_NAN_DETECTED : NEURAL_ERR_INF_DETECTED,
                       "%s: %s is %g in row %" PRId64 ", column %" PRId64 ", expected a number",
                       who, what, values[i], i / columns, i % columns);
    }
    return NEURAL_OK;
}

neural_status anfis_check_data(const char *who, const neural_anfis_data *data, int64_t inputs,
                               int64_t outputs, int needs_y) {
    int64_t cells = 0;
    NEURAL_REQUIRE(data, NEURAL_ERR_NULL_POINTER, "%s: data must be given", who);
    NEURAL_REQUIRE(data->inputs == inputs && data->outputs == outputs, NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: the data has %" PRId64 " inputs and %" PRId64 " outputs, expected %" PRId64
                   " and %" PRId64,
                   who, data->inputs, data->outputs, inputs, outputs);
    NEURAL_REQUIRE(data->rows >= 1 && inputs >= 1 && outputs >= 1, NEURAL_ERR_DATA,
                   "%s: %" PRId64 " rows of %" PRId64 " inputs and %" PRId64
                   " outputs, expected at least 1 of each",
                   who, data->rows, inputs, outputs);
    NEURAL_TRY(
        neural_size_mul(inputs > outputs ? inputs : outputs, (int64_t)sizeof(double), &cells));
    NEURAL_TRY(neural_size_mul(cells, data->rows, &cells));
    NEURAL_TRY(check_values(who, "x", data->x, data->rows, inputs));
    return needs_y ? check_values(who, "y", data->y, data->rows, outputs) : NEURAL_OK;
}

/* Range and mean of a column; a constant one is scaled by 1. */
static neural_status measure(anfis_variable *variable, const double *values, int64_t rows,
                             int64_t columns, double *mean) {
    double low = values[0], high = values[0], sum = 0;
    for (int64_t i = 0; i < rows; i++) {
        const double value = values[i * columns];
        low = value < low ? value : low;
        high = value > high ? value : high;
        sum += value / (double)rows;
    }
    NEURAL_REQUIRE(isfinite(high - low), NEURAL_ERR_DATA,
                   "anfis: %s ranges from %g to %g, expected a finite width", variable->name, low,
                   high);
    variable->minimum = low;
    variable->maximum = high;
    variable->scale = high > low ? high - low : 1;
    *mean = sum;
    return NEURAL_OK;
}

static neural_status name_variable(anfis_variable *variable, const char *const *names,
                                   const char *stem, int64_t i, int64_t count) {
    char text[NAME_BYTES];
    if (names && names[i]) {
        return anfis_set_name(&variable->name, names[i]);
    }
    if (count > 1) {
        snprintf(text, sizeof text, "%s%" PRId64, stem, i + 1);
        stem = text;
    }
    return anfis_set_name(&variable->name, stem);
}

static neural_status measure_all(neural_anfis *anfis, const neural_anfis_data *data,
                                 const neural_anfis_options *o) {
    double mean = 0;
    for (int64_t i = 0; i < anfis->input_count; i++) {
        anfis_variable *v = &anfis->inputs[i];
        NEURAL_TRY(name_variable(v, o->input_names, "x", i, anfis->input_count));
        NEURAL_TRY(measure(v, data->x + i, data->rows, data->inputs, &mean));
        v->offset = v->minimum;
    }
    for (int64_t i = 0; i < anfis->output_count; i++) {
        anfis_variable *v = &anfis->outputs[i];
        NEURAL_TRY(name_variable(v, o->output_names, "y", i, anfis->output_count));
        NEURAL_TRY(measure(v, data->y + i, data->rows, data->outputs, &mean));
        v->offset = mean;
    }
    return NEURAL_OK;
}

/* --- terms --- */

double anfis_bounded_log(double width) {
    return width > 0 ? fmin(fmax(log(width), -ANFIS_LOG_LIMIT), ANFIS_LOG_LIMIT) : -ANFIS_LOG_LIMIT;
}

void anfis_place_term(neural_fuzzy_shape shape, double center, double half,
                      double premise[ANFIS_PREMISE]) {
    double p[ANFIS_PREMISE] = {center, 0, 0, 0};
    if (shape == NEURAL_FUZZY_GAUSSIAN) {
        p[1] = anfis_bounded_log(half / sqrt(2 * log(2)));
    } else if (shape == NEURAL_FUZZY_BELL) {
        p[1] = anfis_bounded_log(half);
        p[2] = log(2);
    } else if (shape == NEURAL_FUZZY_TRIANGLE) {
        p[1] = p[2] = anfis_bounded_log(2 * half);
    } else {
        p[0] = center - half / 2;
        p[1] = p[2] = p[3] = anfis_bounded_log(half);
    }
    memcpy(premise, p, sizeof p);
}

static neural_status name_term(neural_anfis *anfis, int64_t term, int64_t input, char letter,
                               int64_t number, neural_fuzzy_shape shape) {
    char text[NAME_BYTES];
    snprintf(text, sizeof text, "%c%" PRId64, letter, number);
    anfis->terms[term].input = input;
    anfis->terms[term].shape = shape;
    return anfis_set_name(&anfis->terms[term].name, text);
}

/* --- grid --- */

static neural_status count_grid(const neural_anfis_data *data, const int64_t *terms,
                                int64_t *term_count, int64_t *rule_count) {
    NEURAL_REQUIRE(terms, NEURAL_ERR_NULL_POINTER, "anfis: terms must be given for a grid");
    *term_count = 0;
    *rule_count = 1;
    for (int64_t i = 0; i < data->inputs; i++) {
        NEURAL_REQUIRE(terms[i] >= 1, NEURAL_ERR_INVALID_ARGUMENT,
                       "anfis: input %" PRId64 " has %" PRId64 " terms, expected at least 1", i,
                       terms[i]);
        NEURAL_TRY(neural_size_mul(*rule_count, terms[i], rule_count));
        *term_count += terms[i];
    }
    return NEURAL_OK;
}

static void place_grid_term(const neural_anfis_options *o, int64_t i, int64_t count, double *p) {
    const double spacing = count > 1 ? 1 / (double)(count - 1) : 1;
    anfis_place_term(o->shape, count > 1 ? (double)i * spacing : 0.5, spacing / 2, p);
    const int has_flanks = o->shape == NEURAL_FUZZY_TRIANGLE || o->shape == NEURAL_FUZZY_TRAPEZOID;
    if (has_flanks && i == 0) {
        p[1] = ANFIS_LOG_LIMIT;
    }
    if (has_flanks && i == count - 1) {
        p[2] = ANFIS_LOG_LIMIT;
    }
}

static neural_status name_grid_terms(neural_anfis *anfis, const neural_anfis_options *o) {
    for (int64_t input = 0, t = 0; input < anfis->input_count; input++) {
        for (int64_t i = 0; i < o->terms[input]; i++) {
            NEURAL_TRY(name_term(anfis, t++, input, 't', i + 1, o->shape));
        }
    }
    return NEURAL_OK;
}

/* Rules in the order of counting, the last input fastest. */
static void fill_grid(neural_anfis *anfis, const neural_anfis_options *o) {
    double *premise = neural_tensor_data(anfis->premise->value);
    for (int64_t input = 0; input < anfis->input_count; input++) {
        for (int64_t i = 0; i < o->terms[input]; i++, premise += ANFIS_PREMISE) {
            place_grid_term(o, i, o->terms[input], premise);
        }
    }
    for (int64_t r = 0; r < anfis->rule_count; r++) {
        int64_t rest = r, end = anfis->term_count;
        for (int64_t input = anfis->input_count - 1; input >= 0; input--) {
            end -= o->terms[input];
            anfis->places[r * anfis->rule_len + input] = end + rest % o->terms[input];
            rest /= o->terms[input];
        }
    }
}

static neural_status create_grid(const neural_anfis_data *data, const neural_anfis_options *o,
                                 neural_anfis **out) {
    int64_t terms = 0, rules = 0;
    NEURAL_TRY(count_grid(data, o->terms, &terms, &rules));
    NEURAL_TRY(anfis_create_empty(data->inputs, data->outputs, terms, rules, data->inputs, out));
    neural_anfis *anfis = *out;
    anfis->order = o->order;
    NEURAL_TRY(measure_all(anfis, data, o));
    NEURAL_TRY(name_grid_terms(anfis, o));
    NEURAL_TRY(anfis_finish(anfis));
    fill_grid(anfis, o);
    return NEURAL_OK;
}

/* --- clusters --- */

/* dst [rows, columns] scaled, from offset `minimum`. */
static double *scaled_copy(const anfis_variable *variables, const double *src, int64_t rows,
                           int64_t columns) {
    double *dst = neural_alloc((size_t)(rows * columns) * sizeof *dst);
    for (int64_t i = 0; dst && i < rows * columns; i++) {
        const anfis_variable *v = &variables[i % columns];
        dst[i] = (src[i] - v->minimum) / v->scale;
    }
    return dst;
}

static neural_status find_clusters(const neural_anfis *measured, const neural_anfis_data *data,
                                   const neural_anfis_options *o, anfis_clusters *out) {
    double *x = scaled_copy(measured->inputs, data->x, data->rows, data->inputs);
    double *y = x ? scaled_copy(measured->outputs, data->y, data->rows, data->outputs) : NULL;
    const neural_status status =
        y ? anfis_cluster(x, y, data->rows, data->inputs, data->outputs, o, out)
          : NEURAL_ERR_OUT_OF_MEMORY;
    neural_free(x);
    neural_free(y);
    return status;
}

/* A rule per cluster, with a term of each input. */
static neural_status fill_clusters(neural_anfis *anfis, const neural_anfis_data *data,
                                   const neural_anfis_options *o, const anfis_clusters *clusters) {
    const double half_of_deviation = sqrt(2 * log(2));
    const int64_t n = anfis->input_count;
    anfis->order = o->order;
    NEURAL_TRY(measure_all(anfis, data, o));
    NEURAL_TRY(anfis_finish(anfis));
    double *premise = neural_tensor_data(anfis->premise->value);
    for (int64_t t = 0; t < anfis->term_count; t++) {
        const int64_t input = t / clusters->count, cluster = t % clusters->count;
        const int64_t at = cluster * n + input;
        NEURAL_TRY(name_term(anfis, t, input, 'c', cluster + 1, o->shape));
        anfis_place_term(o->shape, clusters->centers[at], half_of_deviation * clusters->spreads[at],
                         premise + t * ANFIS_PREMISE);
        anfis->places[at] = t;
    }
    return NEURAL_OK;
}

static neural_status create_clusters(const neural_anfis_data *data, const neural_anfis_options *o,
                                     neural_anfis **out) {
    neural_anfis *measured = NULL;
    anfis_clusters clusters = {0};
    int64_t terms = 0;
    NEURAL_TRY(anfis_create_empty(data->inputs, data->outputs, 1, 1, 1, &measured));
    neural_status status = measure_all(measured, data, o);
    status = status ? status : find_clusters(measured, data, o, &clusters);
    status = status ? status : neural_size_mul(clusters.count, data->inputs, &terms);
    status = status ? status
                    : anfis_create_empty(data->inputs, data->outputs, terms, clusters.count,
                                         data->inputs, out);
    status = status ? status : fill_clusters(*out, data, o, &clusters);
    neural_free(clusters.centers);
    neural_free(clusters.spreads);
    neural_anfis_destroy(measured);
    return status;
}

/* --- all --- */

static neural_status check_options(const neural_anfis_options *o) {
    NEURAL_REQUIRE(o->shape == NEURAL_FUZZY_GAUSSIAN || o->shape == NEURAL_FUZZY_BELL ||
                       o->shape == NEURAL_FUZZY_TRIANGLE || o->shape == NEURAL_FUZZY_TRAPEZOID,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "anfis: shape %d, expected Gaussian, Bell, Triangle or Trapezoid",
                   (int)o->shape);
    NEURAL_REQUIRE(o->order == 0 || o->order == 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "anfis: order %d, expected 0 or 1", o->order);
    NEURAL_REQUIRE(o->partition >= NEURAL_ANFIS_GRID && o->partition <= NEURAL_ANFIS_K_MEANS,
                   NEURAL_ERR_INVALID_ARGUMENT, "anfis: partition %d is unknown",
                   (int)o->partition);
    return NEURAL_OK;
}

neural_status neural_anfis_create(const neural_anfis_data *data,
                                  const neural_anfis_options *options, neural_anfis **out) {
    NEURAL_REQUIRE(data && options && out, NEURAL_ERR_NULL_POINTER,
                   "anfis_create: data, options and out must be given");
    NEURAL_TRY(check_options(options));
    NEURAL_TRY(anfis_check_data("anfis_create", data, data->inputs, data->outputs, 1));
    neural_anfis *anfis = NULL;
    const neural_status status = options->partition == NEURAL_ANFIS_GRID
                                     ? create_grid(data, options, &anfis)
                                     : create_clusters(data, options, &anfis);
    if (status) {
        neural_anfis_destroy(anfis);
        return status;
    }
    *out = anfis;
    return NEURAL_OK;
}

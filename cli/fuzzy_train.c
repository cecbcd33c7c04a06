/* neural fuzzy train: a Takagi-Sugeno system learned from rows of numbers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exit_code.h"
#include "cli/fuzzy.h"
#include "cli/fuzzy_train.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/number.h"
#include "cli/paths.h"

enum { LINES = 10 }; /* of progress */

typedef struct training {
    const cli_fuzzy_plan *plan;
    neural_anfis *anfis;
    neural_optimizer *optimizer;
    neural_anfis_result result;
    double test_rmse; /* NaN without --test */
    cli_place place;  /* of an error */
} training;

/* --- progress --- */

static const char *number_text(double value, char out[CLI_NUMBER_TEXT]) {
    snprintf(out, CLI_NUMBER_TEXT, "%.5g", value);
    return out;
}

static int tell(void *context, int64_t epoch, double rmse, double unused) {
    const cli_fuzzy_plan *plan = context;
    char text[CLI_NUMBER_TEXT];
    const int64_t every = plan->fit.epochs / LINES > 0 ? plan->fit.epochs / LINES : 1;
    (void)unused;
    if (plan->progress && (epoch % every == 0 || epoch == plan->fit.epochs)) {
        fprintf(plan->progress, "epoch %lld/%lld  train rmse %s\n", (long long)epoch,
                (long long)plan->fit.epochs, number_text(rmse, text));
        fflush(plan->progress);
    }
    return cli_interrupted();
}

/* --- the parts --- */

static neural_status make_anfis(training *t, const cli_fuzzy_rows *rows,
                                const neural_fuzzy_system *start) {
    const neural_anfis_data data = cli_fuzzy_rows_data(rows);
    if (start) {
        return neural_anfis_from_system(start, &t->anfis);
    }
    neural_anfis_options options = t->plan->start;
    NEURAL_REQUIRE(options.partition != NEURAL_ANFIS_GRID || t->plan->term_count == 1 ||
                       t->plan->term_count == rows->inputs,
                   NEURAL_ERR_INVALID_CONFIG,
                   "--grid has %lld numbers, the data has %lld inputs: expected one for each, or "
                   "one for all",
                   (long long)t->plan->term_count, (long long)rows->inputs);
    int64_t *terms = malloc((size_t)rows->inputs * sizeof *terms);
    NEURAL_REQUIRE(terms, NEURAL_ERR_OUT_OF_MEMORY, "fuzzy train: out of memory");
    for (int64_t i = 0; i < rows->inputs; i++) {
        terms[i] = t->plan->terms[i < t->plan->term_count ? i : 0];
    }
    options.terms = terms;
    options.input_names = (const char *const *)rows->names;
    options.output_names = (const char *const *)rows->names + rows->inputs;
    const neural_status status = neural_anfis_create(&data, &options, &t->anfis);
    free(terms);
    return status;
}

static neural_status make_optimizer(training *t) {
    neural_parameters *p = neural_anfis_parameters(t->anfis);
    const char *name = t->plan->optimizer;
    const double lr = t->plan->lr;
    if (strcmp(name, "sgd") == 0) {
        return neural_sgd_create(p, &(neural_sgd_options){.lr = lr, .momentum = 0.9},
                                 &t->optimizer);
    }
    if (strcmp(name, "rmsprop") == 0) {
        return neural_rmsprop_create(
            p, &(neural_rmsprop_options){.lr = lr, .alpha = 0.99, .epsilon = 1e-8}, &t->optimizer);
    }
    if (strcmp(name, "adagrad") == 0) {
        return neural_adagrad_create(p, &(neural_adagrad_options){.lr = lr, .epsilon = 1e-10},
                                     &t->optimizer);
    }
    if (strcmp(name, "lion") == 0) {
        return neural_lion_create(p, &(neural_lion_options){.lr = lr, .beta1 = 0.9, .beta2 = 0.99},
                                  &t->optimizer);
    }
    const neural_adam_options adam = {.lr = lr, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};
    return neural_adam_create(p, &adam, &t->optimizer);
}

static neural_status measure_test(training *t, const cli_fuzzy_rows *rows) {
    const int64_t count = rows->rows * rows->outputs;
    double *out = malloc((size_t)count * sizeof *out), sum = 0;
    NEURAL_REQUIRE(out, NEURAL_ERR_OUT_OF_MEMORY, "fuzzy train: out of memory");
    const neural_status status = neural_anfis_predict(t->anfis, rows->x, rows->rows, out);
    for (int64_t i = 0; i < count && !status; i++) {
        sum += (out[i] - rows->y[i]) * (out[i] - rows->y[i]);
    }
    t->test_rmse = sqrt(sum / (double)count);
    free(out);
    return status;
}

static neural_status save(const training *t) {
    neural_fuzzy_system *system = NULL;
    NEURAL_TRY(neural_anfis_to_system(t->anfis, &system));
    const neural_status status = neural_fuzzy_fll_save(system, t->plan->output);
    neural_fuzzy_system_destroy(system);
    return status;
}

/* --- the result --- */

static void print_result(const training *t) {
    char train[CLI_NUMBER_TEXT], test[CLI_NUMBER_TEXT];
    const neural_anfis_result *r = &t->result;
    const int has_test = !isnan(t->test_rmse);
    if (!t->plan->progress) {
        return;
    }
    fprintf(t->plan->progress, "%s: %lld rules, train rmse %s%s%s (epoch %lld)\n", t->plan->output,
            (long long)neural_anfis_rules(t->anfis), number_text(r->train_rmse, train),
            has_test ? ", test rmse " : "", has_test ? number_text(t->test_rmse, test) : "",
            (long long)r->best_epoch);
    if (r->silent_rows) {
        fprintf(t->plan->progress, "no rule fires in %lld of the training rows\n",
                (long long)r->silent_rows);
    }
}

static void print_json(const training *t) {
    json_t *json = json_object();
    cli_json_text(json, "system", t->plan->output);
    cli_json_integer(json, "rules", neural_anfis_rules(t->anfis));
    cli_json_integer(json, "epochs", t->result.epochs);
    cli_json_integer(json, "best_epoch", t->result.best_epoch);
    cli_json_number(json, "train_rmse", t->result.train_rmse);
    if (!isnan(t->test_rmse)) {
        cli_json_number(json, "test_rmse", t->test_rmse);
    }
    cli_json_integer(json, "silent_rows", t->result.silent_rows);
    cli_json_print(json);
}

/* --- the command --- */

static neural_status train(training *t, const cli_fuzzy_rows *rows, const cli_fuzzy_rows *test,
                           const neural_fuzzy_system *start) {
    const neural_anfis_data data = cli_fuzzy_rows_data(rows);
    neural_anfis_fit_options fit = t->plan->fit;
    fit.report = tell;
    fit.context = (void *)t->plan;
    t->place = CLI_PLACE_CONFIG;
    NEURAL_TRY(make_anfis(t, rows, start));
    NEURAL_TRY(make_optimizer(t));
    t->place = CLI_PLACE_COMPUTING;
    NEURAL_TRY(neural_anfis_fit(t->anfis, &data, NULL, t->optimizer, &fit, &t->result));
    if (test->rows) {
        NEURAL_TRY(measure_test(t, test));
    }
    t->place = CLI_PLACE_MODEL_FILE;
    return save(t);
}

static neural_status load_and_train(training *t) {
    const cli_fuzzy_plan *plan = t->plan;
    cli_fuzzy_rows rows = {0}, test = {0};
    neural_fuzzy_system *start = NULL;
    neural_status status = NEURAL_OK;
    t->place = CLI_PLACE_CONFIG;
    if (plan->system) {
        status = neural_fuzzy_fll_load(plan->system, &start);
    }
    if (!status) {
        t->place = CLI_PLACE_DATA;
        status = cli_fuzzy_rows_load(plan->data, start, plan->targets, &rows);
    }
    if (!status && plan->test) {
        status = cli_fuzzy_rows_load(plan->test, start, plan->targets, &test);
        if (!status && (test.inputs != rows.inputs || test.outputs != rows.outputs)) {
            status =
                neural_error(NEURAL_ERR_DATA, "%s: other columns than %s", plan->test, plan->data);
        }
    }
    status = status ? status : train(t, &rows, &test, start);
    cli_fuzzy_rows_free(&rows);
    cli_fuzzy_rows_free(&test);
    neural_fuzzy_system_destroy(start);
    return status;
}

int cli_run_fuzzy_train(const cli_options *options) {
    cli_fuzzy_plan plan = {0};
    const int code = cli_fuzzy_plan_read(options, &plan);
    if (code != CLI_OK) {
        return code;
    }
    training t = {.plan = &plan, .test_rmse = NAN};
    cli_catch_interrupts();
    const neural_status status = load_and_train(&t);
    if (!status) {
        print_result(&t);
    }
    if (!status && cli_has(options, CLI_OPTION_JSON)) {
        print_json(&t);
    }
    neural_optimizer_destroy(t.optimizer);
    neural_anfis_destroy(t.anfis);
    if (status) {
        return cli_fail(t.place, status);
    }
    return cli_interrupted() ? CLI_INTERRUPTED : CLI_OK;
}

/* neural prune: a model with fewer weights, or a smaller one. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "api/neural_api.h"
#include "cli/command.h"
#include "cli/config_data.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/paths.h"
#include "cli/progress.h"
#include "cli/prune_report.h"
#include "cli/report.h"
#include "cli/setup.h"

enum { ROWS_AT_ONCE = 1024, MAX_EPOCHS = 1000000 };

typedef struct prune_run {
    const cli_options *options;
    const char *config_path, *model_path;
    neural_config *config, *tuning; /* as given; with the pruned network, for fine-tuning */
    neural_model *model;            /* before, then pruned */
    neural_trainer *trainer;        /* or NULL */
    neural_dataset *data;           /* to score with */
    neural_prune_options prune;
    cli_prune_result result;
    neural_model_facts facts;
    cli_report report;
    cli_progress progress;
} prune_run;

/* --- the command line --- */

static int read_scope(prune_run *run) {
    const char *scope = cli_value(run->options, CLI_OPTION_SCOPE);
    run->prune.scope = NEURAL_PRUNE_SCOPE_AUTO;
    if (!scope) {
        return CLI_OK;
    }
    if (strcasecmp(scope, "global") != 0 && strcasecmp(scope, "layer") != 0) {
        cli_complain("--scope is %.40s, expected global or layer", scope);
        return CLI_USAGE;
    }
    run->prune.scope =
        strcasecmp(scope, "layer") == 0 ? NEURAL_PRUNE_SCOPE_LAYER : NEURAL_PRUNE_SCOPE_GLOBAL;
    return CLI_OK;
}

static int read_words(prune_run *run) {
    const char *method = cli_value(run->options, CLI_OPTION_PRUNE_METHOD);
    const char *score = cli_value(run->options, CLI_OPTION_SCORE);
    run->prune.method = NEURAL_PRUNE_WEIGHTS;
    run->prune.score = NEURAL_PRUNE_L2;
    if ((method && neural_prune_method_parse(method, &run->prune.method)) ||
        (score && neural_prune_score_parse(score, &run->prune.score))) {
        cli_complain("%s", neural_last_error());
        return CLI_USAGE;
    }
    return read_scope(run);
}

static int is_n_of_m(const prune_run *run) {
    return run->prune.method == NEURAL_PRUNE_2_OF_4 || run->prune.method == NEURAL_PRUNE_4_OF_8;
}

static int read_options(prune_run *run) {
    run->result.epochs = 0;
    run->prune.exclude = cli_value(run->options, CLI_OPTION_EXCLUDE);
    run->result.is_structured = cli_has(run->options, CLI_OPTION_STRUCTURED);
    run->result.model = cli_value(run->options, CLI_OPTION_OUTPUT);
    int code = read_words(run);
    if (code == CLI_OK) {
        code = cli_take_number(run->options, CLI_OPTION_SPARSITY, 0, 1, &run->prune.sparsity);
    }
    if (code == CLI_OK) {
        code =
            cli_take_count(run->options, CLI_OPTION_FINETUNE, 0, MAX_EPOCHS, &run->result.epochs);
    }
    const int has_share = cli_has(run->options, CLI_OPTION_SPARSITY) ||
                          (is_n_of_m(run) && !run->result.is_structured);
    if (code == CLI_OK && (!has_share || !run->result.model)) {
        cli_complain("prune: expected --%s", has_share ? "output FILE" : "sparsity SHARE");
        return CLI_USAGE;
    }
    if (code == CLI_OK && cli_has(run->options, CLI_OPTION_GRADUAL) &&
        (run->result.is_structured || run->result.epochs == 0 || run->prune.sparsity == 1)) {
        cli_complain("prune: --gradual goes with --finetune, a sparsity below 1, and without "
                     "--structured");
        return CLI_USAGE;
    }
    run->result.sparsity = has_share && is_n_of_m(run) ? 0.5 : run->prune.sparsity;
    run->result.method =
        run->result.is_structured ? "structured" : neural_prune_method_name(run->prune.method);
    run->result.score = neural_prune_score_name(run->prune.score);
    return code;
}

/* --- scores --- */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The test data, or else the training data. */
static neural_status load_data(prune_run *run) {
    const cli_part part = cli_has_part(run->config, CLI_PART_TEST) ? CLI_PART_TEST : CLI_PART_TRAIN;
    NEURAL_REQUIRE(cli_has_part(run->config, part), NEURAL_ERR_INVALID_CONFIG,
                   "the config names no data; expected [data] test_file or train_file");
    return cli_load_part(run->config_path, run->config, run->model, part, &run->data);
}

static neural_status look(const prune_run *run, neural_model *model, cli_prune_state *out) {
    NEURAL_TRY(neural_model_prune_rows(model, &out->rows, &out->row_count));
    const double start = now();
    NEURAL_TRY(neural_model_score(model, run->data, 1, ROWS_AT_ONCE, &out->score));
    const double seconds = now() - start;
    out->rows_per_second = seconds > 0 ? (double)out->score.rows / seconds : 0;
    return NEURAL_OK;
}

/* --- pruning and training --- */

static neural_status prune(prune_run *run) {
    run->prune.seed = (uint64_t)neural_config_get_int(run->config, "options", "random_seed", 0);
    if (!run->result.is_structured) {
        return neural_model_prune(run->model, &run->prune);
    }
    neural_model *smaller = NULL;
    NEURAL_TRY(neural_model_prune_channels(run->model, &run->prune, &smaller));
    neural_model_destroy(run->model);
    run->model = smaller;
    return NEURAL_OK;
}

static int on_progress(void *context, const neural_epoch_report *report) {
    prune_run *run = context;
    cli_progress_update(&run->progress, report);
    return cli_interrupted() || run->report.closed;
}

enum { OVERRIDE_BYTES = 200, TUNING_OVERRIDES = 9 };

/* What fine-tuning changes in the config; no pruning but with --gradual. */
static int list_overrides(const prune_run *run, char out[TUNING_OVERRIDES][OVERRIDE_BYTES]) {
    const int gradual = cli_has(run->options, CLI_OPTION_GRADUAL);
    const char *scope = cli_value(run->options, CLI_OPTION_SCOPE);
    int count = 0;
    snprintf(out[count++], OVERRIDE_BYTES, "training.epochs=%lld", (long long)run->result.epochs);
    snprintf(out[count++], OVERRIDE_BYTES, "pruning.initial=0");
    snprintf(out[count++], OVERRIDE_BYTES, "pruning.begin=0");
    snprintf(out[count++], OVERRIDE_BYTES, "pruning.end=0");
    snprintf(out[count++], OVERRIDE_BYTES, "pruning.sparsity=%.17g",
             gradual ? run->result.sparsity : 0);
    snprintf(out[count++], OVERRIDE_BYTES, "pruning.score=%s", run->result.score);
    snprintf(out[count++], OVERRIDE_BYTES, "pruning.method=%s",
             neural_prune_method_name(run->prune.method));
    if (scope) {
        snprintf(out[count++], OVERRIDE_BYTES, "pruning.scope=%s", scope);
    }
    if (run->prune.exclude) {
        snprintf(out[count++], OVERRIDE_BYTES, "pruning.exclude=%s", run->prune.exclude);
    }
    return count;
}

/* The pruned model, or with --gradual the one to prune while training. */
static neural_status adopt(const prune_run *run) {
    neural_model *whole = NULL;
    if (!cli_has(run->options, CLI_OPTION_GRADUAL)) {
        return neural_trainer_adopt(run->trainer, run->model);
    }
    NEURAL_TRY(neural_model_load(run->model_path, &whole));
    const neural_status status = neural_trainer_adopt(run->trainer, whole);
    neural_model_destroy(whole);
    return status;
}

static neural_status begin_tuning(prune_run *run) {
    char text[TUNING_OVERRIDES][OVERRIDE_BYTES];
    const char *overrides[TUNING_OVERRIDES];
    const int count = list_overrides(run, text);
    for (int i = 0; i < count; i++) {
        overrides[i] = text[i];
    }
    NEURAL_TRY(neural_model_adapt_config(run->model, run->config, overrides, count, &run->tuning));
    NEURAL_TRY(neural_trainer_create(run->tuning, cli_resolve_data, (void *)run->config_path,
                                     &run->trainer));
    return adopt(run);
}

static int tune(prune_run *run) {
    neural_train_report result;
    neural_status status = begin_tuning(run);
    if (status) {
        return cli_fail(CLI_PLACE_DATA, status);
    }
    run->progress = cli_progress_begin(
        &run->report, neural_config_get_int(run->config, "logging", "print_every", 1));
    cli_catch_interrupts();
    status = neural_trainer_run(run->trainer, on_progress, run, &result);
    cli_report_clear_bar(&run->report);
    if (status == NEURAL_ERR_INTERRUPTED) {
        cli_complain("interrupted; no model was written");
        return CLI_INTERRUPTED;
    }
    if (!status) {
        run->facts.epoch = result.epochs;
        run->facts.step = result.steps;
        memcpy(run->facts.digest, result.digest, sizeof run->facts.digest);
        status = look(run, neural_trainer_model(run->trainer), &run->result.tuned);
    }
    return status ? cli_fail(CLI_PLACE_COMPUTING, status) : CLI_OK;
}

/* --- the command --- */

static int open_run(prune_run *run) {
    neural_status status = cli_open_config(run->options, &run->config);
    if (!status) {
        status = neural_set_num_threads(
            (int)neural_config_get_int(run->config, "performance", "num_threads", 0));
    }
    if (status) {
        return cli_fail(CLI_PLACE_CONFIG, status);
    }
    const int is_quiet = cli_has(run->options, CLI_OPTION_QUIET);
    status = cli_check_target(run->result.model);
    if (!status) {
        status =
            cli_report_open(cli_has(run->options, CLI_OPTION_JSON), is_quiet, NULL, &run->report);
    }
    if (!status) {
        status = neural_model_load(run->model_path, &run->model);
    }
    return status ? cli_fail(CLI_PLACE_MODEL_FILE, status) : CLI_OK;
}

static int finish(prune_run *run) {
    const int is_tuned = run->result.epochs > 0;
    cli_prune_state *end = is_tuned ? &run->result.tuned : &run->result.pruned;
    const neural_model *model = is_tuned ? neural_trainer_model(run->trainer) : run->model;
    run->facts.loss = end->score.loss;
    const neural_status status = neural_model_save(model, &run->facts, run->result.model);
    if (status) {
        return cli_fail(CLI_PLACE_MODEL_FILE, status);
    }
    end->bytes = cli_file_bytes(run->result.model);
    cli_print_pruning(&run->report, &run->result);
    if (cli_has(run->options, CLI_OPTION_JSON)) {
        cli_print_pruning_json(&run->result);
    }
    return CLI_OK;
}

static int run_pruning(prune_run *run) {
    neural_status status = load_data(run);
    if (status) {
        return cli_fail(CLI_PLACE_DATA, status);
    }
    run->result.before.bytes = cli_file_bytes(run->model_path);
    status = look(run, run->model, &run->result.before);
    if (!status) {
        status = prune(run);
    }
    if (!status) {
        status = look(run, run->model, &run->result.pruned);
    }
    if (status) {
        return cli_fail(CLI_PLACE_COMPUTING, status);
    }
    const int code = run->result.epochs > 0 ? tune(run) : CLI_OK;
    return code == CLI_OK ? finish(run) : code;
}

int cli_run_prune(const cli_options *options) {
    prune_run run = {.options = options,
                     .config_path = cli_operand(options, 0),
                     .model_path = cli_operand(options, 1)};
    cli_outlive_pipes();
    int code = read_options(&run);
    if (code == CLI_OK) {
        code = open_run(&run);
    }
    if (code == CLI_OK) {
        code = run_pruning(&run);
    }
    neural_prune_rows_free(run.result.before.rows);
    neural_prune_rows_free(run.result.pruned.rows);
    neural_prune_rows_free(run.result.tuned.rows);
    cli_report_close(&run.report);
    neural_dataset_destroy(run.data);
    neural_trainer_destroy(run.trainer);
    neural_model_destroy(run.model);
    neural_config_destroy(run.config);
    neural_config_destroy(run.tuning);
    return code;
}

/* neural train: config and data in, model file out. */
#include <stdio.h>
#include <string.h>

#include "api/neural_api.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/paths.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/setup.h"
#include "cli/train_report.h"

/* One run of the command; freed by end_run. */
typedef struct train_run {
    const cli_options *options;
    const char *config_path;
    neural_config *config;
    neural_trainer *trainer;
    cli_report report;
    cli_progress progress;
    char model_path[CLI_PATH_BYTES], checkpoint_path[CLI_PATH_BYTES];
    int64_t checkpoint_epochs, checkpoint_steps; /* from one to the next; 0 = no such */
    int resumed;
    neural_status checkpoint_status; /* of the one written inside the run */
    char checkpoint_error[512];
    json_t *digests;     /* of the weights after each epoch of this process, or NULL */
    neural_board *board; /* for TensorBoard, or NULL */
} train_run;

/* --- before the first step: nothing is written, everything is checked --- */

static int open_run(train_run *run) {
    neural_status status = cli_open_config(run->options, &run->config);
    if (status) {
        return cli_fail(CLI_PLACE_CONFIG, status);
    }
    const char *log = neural_config_get_string(run->config, "logging", "log_file", NULL);
    status = cli_model_path(run->config, run->config_path, cli_operand(run->options, 1),
                            run->model_path);
    if (!status) {
        status = cli_check_target(run->model_path);
    }
    if (!status) {
        status = cli_checkpoint_path(run->model_path, 0, run->checkpoint_path);
    }
    if (!status) {
        status = cli_report_open(cli_has(run->options, CLI_OPTION_JSON),
                                 cli_has(run->options, CLI_OPTION_QUIET), log, &run->report);
    }
    if (status) {
        return cli_fail(CLI_PLACE_MODEL_FILE, status);
    }
    status = neural_trainer_create(run->config, cli_resolve_data, (void *)run->config_path,
                                   &run->trainer);
    return status ? cli_fail(CLI_PLACE_DATA, status) : CLI_OK;
}

static int resume(train_run *run) {
    const int exists = cli_file_exists(run->checkpoint_path);
    if (!cli_has(run->options, CLI_OPTION_RESUME)) {
        if (exists) {
            cli_report_line(&run->report,
                            "note: %s is left from an earlier run; --resume goes on "
                            "with it",
                            run->checkpoint_path);
        }
        return CLI_OK;
    }
    if (!exists) {
        cli_complain("%s: no checkpoint to resume from; start without --resume",
                     run->checkpoint_path);
        return CLI_RUNTIME;
    }
    const neural_status status = neural_trainer_load_checkpoint(run->trainer, run->checkpoint_path);
    if (status) {
        return cli_fail(CLI_PLACE_MODEL_FILE, status);
    }
    run->resumed = 1;
    cli_report_line(&run->report, "resumed    %s", run->checkpoint_path);
    return CLI_OK;
}

/* Knows where the run stands, so it is opened last. */
static int open_board(train_run *run) {
    const char *dir = neural_config_get_string(run->config, "logging", "tensorboard", NULL);
    if (!dir || !*dir) {
        return CLI_OK;
    }
    const neural_status status = neural_board_create(run->trainer, dir, &run->board);
    return status ? cli_fail(CLI_PLACE_MODEL_FILE, status) : CLI_OK;
}

/* --- the run --- */

/* A full disk ends the log for TensorBoard, not the run. */
static void check_board(train_run *run, neural_status status) {
    if (status) {
        cli_report_line(&run->report, "note: nothing more is logged for TensorBoard: %s",
                        neural_last_error());
        neural_board_destroy(run->board);
        run->board = NULL;
    }
}

static neural_status save_checkpoint(const train_run *run) {
    char path[CLI_PATH_BYTES];
    NEURAL_TRY(cli_checkpoint_path(run->model_path, 1, path));
    return neural_trainer_save_checkpoint(run->trainer, path);
}

/* The run's last step needs none: the model follows. */
static int is_time_for_checkpoint(const train_run *run, const neural_epoch_report *now) {
    const int is_epoch = now->batch == now->batches;
    const int64_t steps = (now->epoch - 1) * now->batches + now->batch;
    return (!is_epoch || now->epoch < now->epochs) &&
           ((is_epoch && run->checkpoint_epochs > 0 && now->epoch % run->checkpoint_epochs == 0) ||
            (run->checkpoint_steps > 0 && steps % run->checkpoint_steps == 0));
}

static void tell_digest(train_run *run, int64_t epoch) {
    char digest[NEURAL_MODEL_DIGEST];
    if (neural_model_digest(neural_trainer_model(run->trainer), digest) == NEURAL_OK) {
        cli_report_line(&run->report, "digest     epoch %lld  %s", (long long)epoch, digest);
        json_array_append_new(run->digests, json_string(digest));
    }
}

static int on_progress(void *context, const neural_epoch_report *now) {
    train_run *run = context;
    cli_progress_update(&run->progress, now);
    if (run->board) {
        check_board(run, neural_board_log(run->board, now));
    }
    if (run->digests && now->batch == now->batches) {
        tell_digest(run, now->epoch);
    }
    if (is_time_for_checkpoint(run, now)) {
        run->checkpoint_status = save_checkpoint(run);
        if (run->checkpoint_status) {
            snprintf(run->checkpoint_error, sizeof run->checkpoint_error, "%s",
                     neural_last_error());
            return 1;
        }
    }
    return cli_interrupted() || run->report.closed;
}

/* `text` in quotes where a shell needs them. */
static const char *shell_word(const char *text, char out[CLI_PATH_BYTES + 2]) {
    const int is_plain = *text && !text[strcspn(text, " \t\n'\"\\$&|;<>()*?[]#~`!{}")];
    snprintf(out, CLI_PATH_BYTES + 2, is_plain ? "%s" : "'%s'", text);
    return out;
}

static int end_interrupted(train_run *run) {
    char config[CLI_PATH_BYTES + 2], model[CLI_PATH_BYTES + 2];
    cli_report_clear_bar(&run->report);
    const neural_status status = save_checkpoint(run);
    if (status) {
        return cli_fail(CLI_PLACE_MODEL_FILE, status);
    }
    if (!cli_has(run->options, CLI_OPTION_QUIET)) {
        cli_complain("%s; checkpoint %s; go on with: neural train %s %s --resume",
                     run->report.closed ? "nobody reads the output" : "interrupted",
                     run->checkpoint_path, shell_word(run->config_path, config),
                     shell_word(run->model_path, model));
    }
    return CLI_INTERRUPTED;
}

static int end_failed(train_run *run, neural_status status) {
    cli_report_clear_bar(&run->report);
    if (run->checkpoint_status) {
        cli_complain("%s", run->checkpoint_error);
        return cli_exit_code_of(CLI_PLACE_MODEL_FILE, run->checkpoint_status);
    }
    return status == NEURAL_ERR_INTERRUPTED ? end_interrupted(run)
                                            : cli_fail(CLI_PLACE_COMPUTING, status);
}

/* The model cannot be written where it should: rather elsewhere than nowhere. */
static int end_unsaved(const train_run *run, const neural_model_facts *facts,
                       neural_status status) {
    char why[1024], spare[CLI_PATH_BYTES];
    snprintf(why, sizeof why, "%s", neural_last_error());
    if (cli_spare_path(run->model_path, spare) == NEURAL_OK) {
        if (neural_model_save(neural_trainer_model(run->trainer), facts, spare) == NEURAL_OK) {
            cli_complain("%s; the model is in %s", why, spare);
            return cli_exit_code_of(CLI_PLACE_MODEL_FILE, status);
        }
        cli_remove_spare(spare);
    }
    if (cli_file_exists(run->checkpoint_path)) {
        cli_complain("%s; the last checkpoint is %s", why, run->checkpoint_path);
    } else {
        cli_complain("%s", why);
    }
    return cli_exit_code_of(CLI_PLACE_MODEL_FILE, status);
}

static int end_complete(train_run *run, const neural_train_report *result) {
    neural_model_facts facts = {
        .epoch = result->epochs, .step = result->steps, .loss = result->train_loss};
    memcpy(facts.digest, result->digest, sizeof facts.digest);
    cli_report_clear_bar(&run->report);
    const neural_status status =
        neural_model_save(neural_trainer_model(run->trainer), &facts, run->model_path);
    if (status) {
        return end_unsaved(run, &facts, status);
    }
    if (run->resumed && run->checkpoint_epochs == 0 && run->checkpoint_steps == 0) {
        cli_remove_checkpoint(run->model_path);
    }
    if (run->board) {
        check_board(run, neural_board_log_end(run->board, result));
    }
    cli_print_result(&run->report, run->trainer, result, run->model_path);
    if (cli_has(run->options, CLI_OPTION_JSON)) {
        cli_print_json(result, run->model_path, run->digests);
    }
    return CLI_OK;
}

static int run_training(train_run *run) {
    neural_train_report result;
    int code = cli_print_header(&run->report, run->trainer, run->config_path);
    if (code == CLI_OK) {
        code = resume(run);
    }
    if (code == CLI_OK) {
        code = open_board(run);
    }
    if (code != CLI_OK) {
        return code;
    }
    run->progress = cli_progress_begin(
        &run->report, neural_config_get_int(run->config, "logging", "print_every", 1));
    run->checkpoint_epochs =
        neural_config_get_int(run->config, "logging", "save_checkpoint_every", 0);
    run->checkpoint_steps =
        neural_config_get_int(run->config, "logging", "save_checkpoint_every_steps", 0);
    run->digests = cli_has(run->options, CLI_OPTION_DIGEST) ? json_array() : NULL;
    cli_catch_interrupts();
    const neural_status status = neural_trainer_run(run->trainer, on_progress, run, &result);
    return status ? end_failed(run, status) : end_complete(run, &result);
}

int cli_run_train(const cli_options *options) {
    train_run run = {.options = options, .config_path = cli_operand(options, 0)};
    cli_outlive_pipes();
    int code = open_run(&run);
    if (code == CLI_OK) {
        code = run_training(&run);
    }
    cli_report_close(&run.report);
    json_decref(run.digests);
    neural_board_destroy(run.board);
    neural_trainer_destroy(run.trainer);
    neural_config_destroy(run.config);
    return code;
}

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
#include "cli/run_dir.h"
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
    cli_run_dir run_dir;
    char model_path[CLI_PATH_BYTES], checkpoint_dir[CLI_PATH_BYTES];
    char checkpoint_path[CLI_PATH_BYTES];        /* the last one */
    int64_t checkpoint_epochs, checkpoint_steps; /* from one to the next; 0 = no such */
    neural_checkpoint_policy policy;
    int64_t step, saved_step; /* taken, and at the last checkpoint of this process */
    int resumed;
    neural_status checkpoint_status; /* of the one written inside the run */
    char checkpoint_error[512];
    json_t *digests;     /* of the weights after each epoch of this process, or NULL */
    neural_board *board; /* for TensorBoard, or NULL */
} train_run;

/* --- before the first step: nothing is written, everything is checked --- */

static cli_run_dir_use use_of(const cli_options *options) {
    return cli_has(options, CLI_OPTION_RESUME)      ? CLI_RUN_DIR_RESUME
           : cli_has(options, CLI_OPTION_OVERWRITE) ? CLI_RUN_DIR_OVERWRITE
                                                    : CLI_RUN_DIR_NEW;
}

static neural_status find_places(train_run *run) {
    const char *model = cli_operand(run->options, 1);
    const char *in_dir = run->run_dir.path;
    if (in_dir && !model) {
        NEURAL_TRY(cli_run_dir_path(&run->run_dir, "model.safetensors", run->model_path));
    } else {
        NEURAL_TRY(cli_model_path(run->config, run->config_path, model, run->model_path));
    }
    NEURAL_TRY(cli_check_target(run->model_path));
    if (in_dir) {
        NEURAL_TRY(cli_run_dir_path(&run->run_dir, "checkpoints", run->checkpoint_dir));
    } else {
        NEURAL_TRY(cli_checkpoint_dir(run->model_path, run->checkpoint_dir));
    }
    return cli_last_checkpoint(run->checkpoint_dir, run->checkpoint_path);
}

static void read_policy(train_run *run) {
    const neural_config *config = run->config;
    run->policy.keep_last = neural_config_get_int(config, "logging", "keep_last", 1);
    run->policy.keep_best = neural_config_get_int(config, "logging", "keep_best", 0);
    run->checkpoint_epochs = neural_config_get_int(config, "logging", "save_checkpoint_every", 0);
    run->checkpoint_steps =
        neural_config_get_int(config, "logging", "save_checkpoint_every_steps", 0);
    if (run->checkpoint_epochs + run->checkpoint_steps == 0 &&
        (run->policy.keep_last > 1 || run->policy.keep_best > 0)) {
        run->checkpoint_epochs = 1;
    }
}

static int open_run(train_run *run) {
    neural_status status = cli_open_config(run->options, &run->config);
    if (status) {
        return cli_fail(CLI_PLACE_CONFIG, status);
    }
    const char *log = neural_config_get_string(run->config, "logging", "log_file", NULL);
    read_policy(run);
    status = cli_run_dir_open(run->config, run->config_path, use_of(run->options), &run->run_dir);
    if (!status) {
        status = find_places(run);
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
    char path[CLI_PATH_BYTES];
    if (!cli_has(run->options, CLI_OPTION_RESUME)) {
        if (cli_file_exists(run->checkpoint_path)) {
            cli_report_line(&run->report,
                            "note: %s is left from an earlier run; --resume goes on "
                            "with it",
                            run->checkpoint_path);
        }
        return CLI_OK;
    }
    neural_status status = neural_checkpoints_find(run->checkpoint_dir, path, sizeof path);
    if (status == NEURAL_ERR_FILE_NOT_FOUND) {
        cli_complain("%s: no checkpoint to resume from; start without --resume",
                     run->checkpoint_path);
        return CLI_RUNTIME;
    }
    if (!status) {
        status = neural_trainer_load_checkpoint(run->trainer, path);
    }
    if (status) {
        return cli_fail(CLI_PLACE_MODEL_FILE, status);
    }
    run->resumed = 1;
    cli_report_line(&run->report, "resumed    %s", path);
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

static neural_status save_checkpoint(train_run *run, const neural_score *validation) {
    const int is_first = !run->resumed && run->saved_step == 0;
    NEURAL_TRY(neural_checkpoints_save(run->trainer, run->checkpoint_dir, &run->policy, validation,
                                       is_first));
    run->saved_step = run->step;
    return NEURAL_OK;
}

/* The run's last step needs none, the model follows; unless it may be one of the best. */
static int is_time_for_checkpoint(const train_run *run, const neural_epoch_report *now) {
    const int is_epoch = now->batch == now->batches;
    return (!is_epoch || now->epoch < now->epochs || run->policy.keep_best > 0) &&
           ((is_epoch && run->checkpoint_epochs > 0 && now->epoch % run->checkpoint_epochs == 0) ||
            (run->checkpoint_steps > 0 && run->step % run->checkpoint_steps == 0));
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
    run->step = (now->epoch - 1) * now->batches + now->batch;
    cli_progress_update(&run->progress, now);
    cli_run_dir_add(&run->run_dir, now);
    if (run->board) {
        check_board(run, neural_board_log(run->board, now));
    }
    if (run->digests && now->batch == now->batches) {
        tell_digest(run, now->epoch);
    }
    if (is_time_for_checkpoint(run, now)) {
        run->checkpoint_status = save_checkpoint(run, &now->validation);
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

/* --run-dir DIR also where the config says it; MODEL where it is not in the directory. */
static void say_how_to_resume(const train_run *run) {
    char config[CLI_PATH_BYTES + 2], model[CLI_PATH_BYTES + 2], dir[CLI_PATH_BYTES + 2];
    const int has_dir = run->run_dir.path != NULL;
    const int has_model = !has_dir || cli_operand(run->options, 1);
    cli_complain("%s; checkpoint %s; go on with: neural train %s%s%s%s%s --resume",
                 run->report.closed ? "nobody reads the output" : "interrupted",
                 run->checkpoint_path, shell_word(run->config_path, config), has_model ? " " : "",
                 has_model ? shell_word(run->model_path, model) : "", has_dir ? " --run-dir " : "",
                 has_dir ? shell_word(run->run_dir.path, dir) : "");
}

static int end_interrupted(train_run *run) {
    cli_report_clear_bar(&run->report);
    const int is_saved = run->saved_step > 0 && run->saved_step == run->step;
    const neural_status status = is_saved ? NEURAL_OK : save_checkpoint(run, NULL);
    if (status) {
        return cli_fail(CLI_PLACE_MODEL_FILE, status);
    }
    if (!cli_has(run->options, CLI_OPTION_QUIET)) {
        say_how_to_resume(run);
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

/* The JSON object goes to the run directory, and to stdout when it is asked for. */
static int end_with_report(const train_run *run, const neural_train_report *result) {
    json_t *json = cli_result_json(result, run->model_path, run->digests);
    if (run->run_dir.path) {
        cli_json_text(json, "run_dir", run->run_dir.path);
    }
    const neural_status status = cli_run_dir_end(&run->run_dir, json);
    if (cli_has(run->options, CLI_OPTION_JSON)) {
        cli_json_print(json);
    } else {
        json_decref(json);
    }
    return status ? cli_fail(CLI_PLACE_MODEL_FILE, status) : CLI_OK;
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
        cli_remove_checkpoint(run->checkpoint_dir);
    }
    if (run->board) {
        check_board(run, neural_board_log_end(run->board, result));
    }
    cli_print_result(&run->report, run->trainer, result, run->model_path);
    return end_with_report(run, result);
}

static int begin_run(train_run *run) {
    const neural_config *config = run->config;
    neural_status status = NEURAL_OK;
    if (run->run_dir.path && use_of(run->options) == CLI_RUN_DIR_OVERWRITE) {
        status = neural_checkpoints_remove(run->checkpoint_dir); /* --resume is to find none */
    }
    if (!status) {
        status = cli_run_dir_begin(&run->run_dir, config, run->trainer);
    }
    if (status) {
        return cli_fail(CLI_PLACE_MODEL_FILE, status);
    }
    run->progress = cli_progress_begin(&run->report,
                                       neural_config_get_int(config, "logging", "print_every", 1));
    run->progress.shows_gradient_norm =
        (int)neural_config_get_int(config, "logging", "log_gradient_norm", 0);
    run->digests = cli_has(run->options, CLI_OPTION_DIGEST) ? json_array() : NULL;
    cli_catch_interrupts();
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
    if (code == CLI_OK) {
        code = begin_run(run);
    }
    if (code != CLI_OK) {
        return code;
    }
    const neural_status status = neural_trainer_run(run->trainer, on_progress, run, &result);
    if (status) {
        return end_failed(run, status);
    }
    code = end_complete(run, &result);
    if (code == CLI_OK && run->checkpoint_status) { /* the one after the last step */
        cli_complain("%s", run->checkpoint_error);
        code = cli_exit_code_of(CLI_PLACE_MODEL_FILE, run->checkpoint_status);
    }
    return code;
}

int cli_run_train(const cli_options *options) {
    train_run run = {.options = options, .config_path = cli_operand(options, 0)};
    cli_outlive_pipes();
    int code = open_run(&run);
    if (code == CLI_OK) {
        code = run_training(&run);
    }
    cli_report_close(&run.report);
    cli_run_dir_close(&run.run_dir);
    json_decref(run.digests);
    neural_board_destroy(run.board);
    neural_trainer_destroy(run.trainer);
    neural_config_destroy(run.config);
    return code;
}

#include "cli/train_report.h"

#include <stdio.h>

#include "cli/exit_code.h"
#include "cli/json.h"
#include "cli/number.h"
#include "cli/paths.h"
#include "cli/progress.h"

const char *cli_model_digest(const char *path, char out[CLI_DIGEST_TEXT]) {
    neural_safetensors *file = NULL;
    out[0] = '\0';
    if (neural_safetensors_open(path, &file) == NEURAL_OK) {
        const char *checksum = neural_safetensors_text(file, "checksum");
        snprintf(out, CLI_DIGEST_TEXT, "%s", checksum ? checksum : "");
        neural_safetensors_close(file);
    }
    return out;
}

/* --- before --- */

static void print_data(cli_report *report, const neural_trainer *trainer) {
    char a[CLI_NUMBER_TEXT], b[CLI_NUMBER_TEXT], c[CLI_NUMBER_TEXT], d[CLI_NUMBER_TEXT];
    char others[3 * CLI_NUMBER_TEXT] = "";
    const neural_model *model = neural_trainer_model(trainer);
    const int64_t validation = neural_trainer_validation_rows(trainer);
    const int64_t test = neural_trainer_test_rows(trainer);
    int used = 0;
    if (validation > 0) {
        used =
            snprintf(others, sizeof others, ", %s for validation", cli_count_text(validation, b));
    }
    if (test > 0) {
        snprintf(others + used, sizeof others - (size_t)used, ", %s to test",
                 cli_count_text(test, b));
    }
    const char *outputs = neural_model_is_classifier(model)  ? "classes"
                          : neural_model_outputs(model) == 1 ? "output"
                                                             : "outputs";
    cli_report_line(report, "data       %s rows to train%s; %s feature%s, %s %s",
                    cli_count_text(neural_trainer_train_rows(trainer), a), others,
                    cli_count_text(neural_model_features(model), c),
                    neural_model_features(model) == 1 ? "" : "s",
                    cli_count_text(neural_model_outputs(model), d), outputs);
}

int cli_print_header(cli_report *report, const neural_trainer *trainer, const char *config_path) {
    char *summary = NULL;
    const int threads = neural_num_threads();
    const neural_status status = neural_model_summary(neural_trainer_model(trainer), &summary);
    if (status) {
        return cli_fail(CLI_PLACE_CONFIG, status);
    }
    cli_report_line(report, "neural %s, %s, %d thread%s, %s", neural_version(),
                    neural_get_simd_name(), threads, threads == 1 ? "" : "s", neural_cpu_name());
    cli_report_line(report, "config     %s", config_path);
    print_data(report, trainer);
    cli_report_text(report, summary);
    neural_text_free(summary);
    return CLI_OK;
}

/* --- after --- */

static void print_score(cli_report *report, const char *what, double loss, double metric,
                        int is_accuracy) {
    char loss_text[CLI_NUMBER_TEXT], metric_text[CLI_METRIC_TEXT];
    cli_report_line(report, "%-10s loss %s  %s", what, cli_loss_text(loss, loss_text),
                    cli_metric_text("", metric, is_accuracy, metric_text));
}

void cli_print_result(cli_report *report, const neural_trainer *trainer,
                      const neural_train_report *result, const char *model_path) {
    char time[CLI_NUMBER_TEXT], rate[CLI_NUMBER_TEXT];
    char size[CLI_NUMBER_TEXT], digest[CLI_DIGEST_TEXT];
    cli_report_line(report, "train      loss %s", cli_loss_text(result->train_loss, rate));
    if (neural_trainer_validation_rows(trainer) > 0) { /* else the test data are watched */
        print_score(report, "validation", result->val_loss, result->val_metric,
                    result->is_accuracy);
    }
    if (result->has_test) {
        print_score(report, "test", result->test_loss, result->test_metric, result->is_accuracy);
    }
    if (result->best_epoch > 0) {
        cli_report_line(report, "best epoch %lld of %lld%s", (long long)result->best_epoch,
                        (long long)result->epochs, result->stopped_early ? ", stopped early" : "");
    }
    cli_report_line(report, "time       %s, %s samples/s", cli_duration_text(result->seconds, time),
                    cli_count_text((int64_t)result->samples_per_second, rate));
    cli_report_line(report, "data       sha256 %.16s...", result->digest);
    cli_report_line(report, "saved      %s (%s, digest %s)", model_path,
                    cli_bytes_text(cli_file_bytes(model_path), size),
                    cli_model_digest(model_path, digest));
}

static void put_metric(json_t *json, const char *prefix, double metric, int is_accuracy) {
    char key[32];
    snprintf(key, sizeof key, "%s_%s", prefix, is_accuracy ? "accuracy" : "mse");
    cli_json_number(json, key, metric);
}

json_t *cli_result_json(const neural_train_report *result, const char *model_path,
                        json_t *digests) {
    char digest[CLI_DIGEST_TEXT];
    json_t *json = json_object();
    cli_json_number(json, "train_loss", result->train_loss);
    if (result->has_validation) {
        cli_json_number(json, "val_loss", result->val_loss);
        put_metric(json, "val", result->val_metric, result->is_accuracy);
        put_metric(json, "last_val", result->last_val_metric, result->is_accuracy);
        cli_json_integer(json, "best_epoch", result->best_epoch);
    }
    if (result->has_test) {
        cli_json_number(json, "test_loss", result->test_loss);
        put_metric(json, "test", result->test_metric, result->is_accuracy);
    }
    cli_json_integer(json, "epochs", result->epochs);
    cli_json_integer(json, "steps", result->steps);
    json_object_set_new(json, "stopped_early", json_boolean(result->stopped_early));
    cli_json_number(json, "seconds", result->seconds);
    cli_json_number(json, "samples_per_second", result->samples_per_second);
    cli_json_integer(json, "threads", neural_num_threads());
    cli_json_integer(json, "parallel_calls", neural_parallel_count());
    cli_json_text(json, "simd", neural_get_simd_name());
    cli_json_text(json, "model", model_path);
    cli_json_integer(json, "model_bytes", cli_file_bytes(model_path));
    cli_json_text(json, "digest", cli_model_digest(model_path, digest));
    cli_json_text(json, "data_digest", result->digest);
    if (digests) {
        json_object_set(json, "epoch_digests", digests);
    }
    return json;
}

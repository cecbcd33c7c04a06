#include "cli/prune_report.h"

#include <string.h>

#include "cli/json.h"
#include "cli/number.h"
#include "cli/progress.h"

typedef struct totals {
    int64_t weights, kept, macs, macs_kept;
} totals;

static totals total_of(const cli_prune_state *state) {
    totals sum = {0};
    for (int i = 0; i < state->row_count; i++) {
        sum.weights += state->rows[i].weights;
        sum.kept += state->rows[i].kept;
        sum.macs += state->rows[i].macs;
        sum.macs_kept += state->rows[i].macs_kept;
    }
    return sum;
}

static double percent(int64_t part, int64_t whole) {
    return whole > 0 ? 100.0 * (double)part / (double)whole : 100.0;
}

/* --- text --- */

static void print_row(cli_report *report, const char *name, int64_t weights, int64_t kept,
                      int64_t macs, int64_t macs_kept) {
    char a[CLI_NUMBER_TEXT], b[CLI_NUMBER_TEXT], c[CLI_NUMBER_TEXT], d[CLI_NUMBER_TEXT];
    cli_report_line(report, "%-24.24s %14s %14s %6.1f %% %14s %14s %6.1f %%", name,
                    cli_count_text(weights, a), cli_count_text(kept, b), percent(kept, weights),
                    cli_count_text(macs, c), cli_count_text(macs_kept, d),
                    percent(macs_kept, macs));
}

static void print_state(cli_report *report, const char *name, const cli_prune_state *state) {
    char metric[CLI_METRIC_TEXT], loss[CLI_NUMBER_TEXT], rate[CLI_NUMBER_TEXT];
    char bytes[CLI_NUMBER_TEXT], size[CLI_NUMBER_TEXT + 2] = "";
    if (state->bytes > 0) {
        snprintf(size, sizeof size, ", %s", cli_bytes_text(state->bytes, bytes));
    }
    cli_report_line(report, "%-10s %s, loss %s, %s rows/s%s", name,
                    cli_metric_text("", state->score.metric, state->score.is_accuracy, metric),
                    cli_loss_text(state->score.loss, loss),
                    cli_count_text((int64_t)state->rows_per_second, rate), size);
}

/* What was saved. */
static const cli_prune_state *end_of(const cli_prune_result *result) {
    return result->epochs > 0 ? &result->tuned : &result->pruned;
}

void cli_print_pruning(cli_report *report, const cli_prune_result *result) {
    const cli_prune_state *before = &result->before, *pruned = end_of(result);
    const totals was = total_of(before), is = total_of(pruned);
    cli_report_line(report, "%-24s %14s %14s %8s %14s %14s %8s", "weight", "weights", "kept", "",
                    "macs", "kept", "");
    for (int i = 0; i < before->row_count && i < pruned->row_count; i++) {
        print_row(report, before->rows[i].name, before->rows[i].weights, pruned->rows[i].kept,
                  before->rows[i].macs, pruned->rows[i].macs_kept);
    }
    print_row(report, "all", was.weights, is.kept, was.macs, is.macs_kept);
    print_state(report, "before", before);
    print_state(report, "pruned", &result->pruned);
    if (result->epochs > 0) {
        print_state(report, "fine-tuned", &result->tuned);
    }
    cli_report_line(report, "model      %s", result->model);
}

/* --- JSON --- */

static void add_state(json_t *json, const char *name, const cli_prune_state *state) {
    char key[64];
    snprintf(key, sizeof key, "%s_%s", state->score.is_accuracy ? "accuracy" : "mse", name);
    cli_json_number(json, key, state->score.metric);
    snprintf(key, sizeof key, "loss_%s", name);
    cli_json_number(json, key, state->score.loss);
    snprintf(key, sizeof key, "rows_per_second_%s", name);
    cli_json_number(json, key, state->rows_per_second);
}

static json_t *layers_json(const cli_prune_result *result) {
    json_t *layers = json_array();
    const cli_prune_state *end = end_of(result);
    for (int i = 0; i < result->before.row_count && i < end->row_count; i++) {
        const neural_prune_row *was = &result->before.rows[i], *is = &end->rows[i];
        json_t *layer = json_object();
        cli_json_text(layer, "name", was->name);
        cli_json_integer(layer, "weights", was->weights);
        cli_json_integer(layer, "kept", is->kept);
        cli_json_integer(layer, "macs", was->macs);
        cli_json_integer(layer, "macs_kept", is->macs_kept);
        json_array_append_new(layers, layer);
    }
    return layers;
}

void cli_print_pruning_json(const cli_prune_result *result) {
    const cli_prune_state *end = end_of(result);
    const totals was = total_of(&result->before), is = total_of(end);
    json_t *json = json_object();
    cli_json_text(json, "model", result->model);
    cli_json_text(json, "method", result->method);
    cli_json_text(json, "score", result->score);
    cli_json_number(json, "sparsity", result->sparsity);
    cli_json_integer(json, "epochs", result->epochs);
    cli_json_integer(json, "weights", was.weights);
    cli_json_integer(json, "kept", is.kept);
    cli_json_integer(json, "macs", was.macs);
    cli_json_integer(json, "macs_kept", is.macs_kept);
    cli_json_integer(json, "bytes_before", result->before.bytes);
    cli_json_integer(json, "bytes", end->bytes);
    add_state(json, "before", &result->before);
    add_state(json, "pruned", &result->pruned);
    if (result->epochs > 0) {
        add_state(json, "finetuned", &result->tuned);
    }
    json_object_set_new(json, "layers", layers_json(result));
    cli_json_print(json);
}

#include "cli/options.h"

#include <errno.h>
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/neural_api.h"
#include "cli/command.h"
#include "cli/exit_code.h"

const cli_option_row cli_option_rows[] = {
    {CLI_OPTION_SET, "set", 's', "SECTION.KEY=VALUE",
     "override a value of the config; may be repeated, the last one counts"},
    {CLI_OPTION_THREADS, "threads", 't', "N", "threads to compute with, 0 = one per core granted"},
    {CLI_OPTION_RESUME, "resume", 'r', NULL, "go on from the checkpoint in MODEL.ckpt"},
    {CLI_OPTION_DIGEST, "digest", 0, NULL, "name the weights after each epoch by their SHA-256"},
    {CLI_OPTION_RUN_DIR, "run-dir", 0, "DIR",
     "config.ini, log.jsonl, report.json, the model and checkpoints go to DIR"},
    {CLI_OPTION_OVERWRITE, "overwrite", 0, NULL, "replace the run that is in the run directory"},
    {CLI_OPTION_PROBABILITIES, "probabilities", 'p', NULL,
     "one column per class, under a header line"},
    {CLI_OPTION_HEADER, "header", 0, NULL, "begin with a header line"},
    {CLI_OPTION_OUTPUT, "output", 'o', "FILE", "write to FILE, complete or not at all"},
    {CLI_OPTION_FOLD, "fold", 0, NULL,
     "fold batch norms into the layers before them: faster, rounds otherwise"},
    {CLI_OPTION_REFERENCE, "reference", 0, NULL, "print the page that documents every key"},
    {CLI_OPTION_RESOLVED, "resolved", 0, "FILE",
     "every value of the config FILE, and where it comes from"},
    {CLI_OPTION_START_LR, "start-lr", 0, "RATE", "the first learning rate, 1e-7 when not given"},
    {CLI_OPTION_END_LR, "end-lr", 0, "RATE", "the last learning rate, 10 when not given"},
    {CLI_OPTION_STEPS, "steps", 0, "N", "rates to try, 100 when not given"},
    {CLI_OPTION_SMOOTHING, "smoothing", 0, "X",
     "what the average of the loss keeps of the past, 0.98 when not given"},
    {CLI_OPTION_DIVERGENCE, "divergence", 0, "X",
     "stop above so many times the smallest smoothed loss, 4 when not given; 0 = never"},
    {CLI_OPTION_INPUTS, "inputs", 0, NULL, "repeat the inputs in front of the outputs"},
    {CLI_OPTION_SAMPLES, "samples", 0, "N",
     "check: points to evaluate, 100000 when not given; quantize: rows to look at, 1024"},
    {CLI_OPTION_CALIBRATION, "calibration", 0, "NAME",
     "minmax (when not given), moving_average, percentile, entropy or mse"},
    {CLI_OPTION_MAX_DROP, "max-drop", 0, "X",
     "how far the accuracy may fall, 0.003 when not given; of values: how far the error may rise"},
    {CLI_OPTION_DYNAMIC, "dynamic", 0, NULL,
     "8-bit weights of Linear and Embedding alone; rows are quantized as they come"},
    {CLI_OPTION_KEEP_SLOW, "keep-slow", 0, NULL, "8 bits also for layers that measure slower so"},
    {CLI_OPTION_X, "x", 0, "INPUT", "the input that varies along a row"},
    {CLI_OPTION_Y, "y", 0, "INPUT", "the input that varies from row to row; without: a curve"},
    {CLI_OPTION_RESOLUTION, "resolution", 0, "N", "values of each, both ends; 41 when not given"},
    {CLI_OPTION_FIXED, "fixed", 0, "INPUT=VALUE",
     "hold another input there, not in the middle of its range; may be repeated"},
    {CLI_OPTION_GRID, "grid", 0, "N,N...",
     "a rule per combination of so many terms of each input, evenly spaced; one N for all"},
    {CLI_OPTION_RADIUS, "radius", 0, "R",
     "a rule per centre of subtractive clustering; R in parts of the ranges, as 0.5"},
    {CLI_OPTION_CLUSTERS, "clusters", 0, "N", "a rule per cluster of k-means"},
    {CLI_OPTION_SHAPE, "shape", 0, "NAME", "bell, gaussian, triangle or trapezoid"},
    {CLI_OPTION_ORDER, "order", 0, "0|1", "conclusions are constants, or linear (1)"},
    {CLI_OPTION_TARGET, "target", 0, "NAME,...",
     "columns to learn, by name or number from 0; the last one when not given"},
    {CLI_OPTION_TEST, "test", 0, "FILE", "rows to measure the result on"},
    {CLI_OPTION_EPOCHS, "epochs", 0, "N", "100 when not given"},
    {CLI_OPTION_METHOD, "method", 0, "NAME",
     "hybrid: conclusions by least squares, memberships by gradients; gradient: both"},
    {CLI_OPTION_OPTIMIZER, "optimizer", 0, "NAME", "adam, sgd, rmsprop, adagrad or lion"},
    {CLI_OPTION_LR, "lr", 0, "RATE", "the learning rate, 0.005 when not given"},
    {CLI_OPTION_BATCH, "batch", 0, "N", "rows of a step of --method gradient, all when not given"},
    {CLI_OPTION_RIDGE, "ridge", 0, "X", "of the least squares, 1e-9 when not given"},
    {CLI_OPTION_SEED, "seed", 0, "N", "of k-means and of the order of rows, 1 when not given"},
    {CLI_OPTION_SPARSITY, "sparsity", 0, "SHARE", "of weights or channels to prune, as 0.9"},
    {CLI_OPTION_STRUCTURED, "structured", 0, NULL, "take channels out: a smaller network"},
    {CLI_OPTION_PRUNE_METHOD, "method", 0, "NAME",
     "weights, blocks (16 outputs x 1 input), rows, columns, channels, 2:4 or 4:8"},
    {CLI_OPTION_SCORE, "score", 0, "NAME", "l1, l2 (when not given) or random"},
    {CLI_OPTION_SCOPE, "scope", 0, "NAME", "global, or layer: every layer to the same sparsity"},
    {CLI_OPTION_EXCLUDE, "exclude", 0, "NAME,...",
     "leave these alone: first, last, beginnings as 3., or none; last when not given"},
    {CLI_OPTION_FINETUNE, "finetune", 0, "EPOCHS", "train what is left for so many epochs"},
    {CLI_OPTION_GRADUAL, "gradual", 0, NULL,
     "prune step by step in the first half of the fine-tuning"},
    {CLI_OPTION_KERNELS, "kernels", 0, NULL, "the accuracy class of every kernel, too"},
    {CLI_OPTION_JSON, "json", 'j', NULL,
     "the last line on stdout is one JSON object; all other text goes to stderr"},
    {CLI_OPTION_QUIET, "quiet", 'q', NULL, "print errors (and JSON) only"},
    {CLI_OPTION_HELP, "help", 'h', NULL, "this help"},
};
const int cli_option_row_count = sizeof cli_option_rows / sizeof *cli_option_rows;

int cli_has(const cli_options *options, cli_option_id id) {
    return (options->given & (uint64_t)id) != 0;
}

/* Of the one bit. */
static int number_of(cli_option_id id) {
    int number = 0;
    while (((uint64_t)id >> number) > 1) {
        number++;
    }
    return number;
}

const char *cli_value(const cli_options *options, cli_option_id id) {
    return options->value[number_of(id)];
}

static const char *name_of(cli_option_id id) {
    const cli_option_row *row = cli_option_rows;
    while (row->id != id) {
        row++;
    }
    return row->name;
}

enum { RANGE_TEXT = 64 };

static const char *range_text(double least, double most, char out[RANGE_TEXT]) {
    if (most < DBL_MAX) {
        snprintf(out, RANGE_TEXT, " from %g to %g", least, most);
    } else if (least == DBL_MIN) {
        snprintf(out, RANGE_TEXT, " above 0");
    } else {
        snprintf(out, RANGE_TEXT, least > -DBL_MAX ? " of at least %g" : "", least);
    }
    return out;
}

int cli_take_number(const cli_options *options, cli_option_id id, double least, double most,
                    double *out) {
    char range[RANGE_TEXT];
    const char *text = cli_value(options, id);
    char *end = NULL;
    if (!text) {
        return CLI_OK;
    }
    const double value = strtod(text, &end);
    if (end == text || *end || !(value >= least && value <= most)) {
        cli_complain("--%s is %.80s, expected a number%s", name_of(id), text,
                     range_text(least, most, range));
        return CLI_USAGE;
    }
    *out = value;
    return CLI_OK;
}

int cli_take_count(const cli_options *options, cli_option_id id, int64_t least, int64_t most,
                   int64_t *out) {
    const char *text = cli_value(options, id);
    char *end = NULL;
    if (!text) {
        return CLI_OK;
    }
    errno = 0;
    const long long value = strtoll(text, &end, 10);
    if (end == text || *end || errno || value < least || value > most) {
        cli_complain("--%s is %.80s, expected a whole number from %lld to %lld", name_of(id), text,
                     (long long)least, (long long)most);
        return CLI_USAGE;
    }
    *out = value;
    return CLI_OK;
}

const char *cli_operand(const cli_options *options, int i) {
    return i < options->operand_count ? options->operands[i] : NULL;
}

int cli_usage(const cli_command *command) {
    fprintf(stderr, "usage: neural %s%s%s%s\n", command->name, *command->operands ? " " : "",
            command->operands, command->options ? " [OPTION]..." : "");
    return CLI_USAGE;
}

/* --- one option --- */

static const cli_option_row *find_name(const cli_command *command, const char *name,
                                       size_t length) {
    for (int i = 0; i < cli_option_row_count; i++) {
        const cli_option_row *row = &cli_option_rows[i];
        if ((command->options & (uint64_t)row->id) && strlen(row->name) == length &&
            strncmp(row->name, name, length) == 0) {
            return row;
        }
    }
    return NULL;
}

static const cli_option_row *find_letter(const cli_command *command, char letter) {
    for (int i = 0; i < cli_option_row_count; i++) {
        const cli_option_row *row = &cli_option_rows[i];
        if ((command->options & (uint64_t)row->id) && row->letter == letter) {
            return row;
        }
    }
    return NULL;
}

static int complain_unknown(const cli_command *command, const char *word, size_t length) {
    char name[64];
    const char *known[sizeof cli_option_rows / sizeof *cli_option_rows];
    int count = 0;
    for (int i = 0; i < cli_option_row_count; i++) {
        if (command->options & (uint64_t)cli_option_rows[i].id) {
            known[count++] = cli_option_rows[i].name;
        }
    }
    snprintf(name, sizeof name, "%.*s", (int)(length < 60 ? length : 60), word + 2);
    const char *nearest = word[1] == '-' ? neural_nearest_word(name, known, count) : NULL;
    if (nearest) {
        cli_complain("unknown option %s; did you mean --%s?", word, nearest);
    } else {
        cli_complain("unknown option %s of %s", word, command->name);
    }
    return cli_usage(command);
}

static int take_threads(const char *value, cli_options *out) {
    char *end;
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): it has an argument */
    const long threads = strtol(value, &end, 10);
    if (*value < '0' || *value > '9' || *end || threads > NEURAL_MAX_THREADS) {
        cli_complain("--threads is %s, expected a whole number from 0 to %d", value,
                     NEURAL_MAX_THREADS);
        return CLI_USAGE;
    }
    snprintf(out->threads, sizeof out->threads, "performance.num_threads=%ld", threads);
    return CLI_OK;
}

static int take_run_dir(const char *value, cli_options *out) {
    const int length = snprintf(out->run_dir, sizeof out->run_dir, "logging.run_dir=%s", value);
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it has an argument */
    if (!*value || length >= CLI_RUN_DIR_TEXT) {
        cli_complain("--run-dir is %.100s, expected the path of a directory", value);
        return CLI_USAGE;
    }
    return CLI_OK;
}

static int take(const cli_option_row *row, const char *value, cli_options *out) {
    out->given |= (uint64_t)row->id;
    out->value[number_of(row->id)] = value;
    switch (row->id) {
    case CLI_OPTION_SET:
    case CLI_OPTION_FIXED:
        if (out->override_count == CLI_MAX_OVERRIDES - 2) {
            cli_complain("--%s: expected at most %d of them", row->name, CLI_MAX_OVERRIDES - 2);
            return CLI_USAGE;
        }
        out->overrides[out->override_count++] = value;
        return CLI_OK;
    case CLI_OPTION_THREADS:
        return take_threads(value, out);
    case CLI_OPTION_RUN_DIR:
        return take_run_dir(value, out);
    default:
        return CLI_OK;
    }
}

/* Reads the option at words[*at], with its argument; *at is left on the last word used. */
static int read_option(const cli_command *command, char *const *words, int count, int *at,
                       cli_options *out) {
    const char *word = words[*at];
    const int is_long = word[1] == '-';
    const char *name = word + 1 + is_long;
    const char *equals = is_long ? strchr(name, '=') : NULL;
    const size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const cli_option_row *row =
        is_long ? find_name(command, name, length) : find_letter(command, *name);
    const char *value = equals ? equals + 1 : !is_long && name[1] ? name + 1 : NULL;
    if (!row) {
        return complain_unknown(command, word, length);
    }
    if (!row->argument && value) {
        cli_complain("option --%s takes no argument, found %s", row->name, word);
        return cli_usage(command);
    }
    if (row->argument && !value) {
        if (*at + 1 == count) {
            cli_complain("option --%s: expected %s behind it", row->name, row->argument);
            return cli_usage(command);
        }
        value = words[++*at];
    }
    return take(row, value, out);
}

/* --- all of them --- */

static int check_operands(const cli_command *command, const cli_options *options) {
    if (cli_has(options, CLI_OPTION_HELP) || cli_has(options, CLI_OPTION_REFERENCE) ||
        cli_has(options, CLI_OPTION_RESOLVED)) {
        return CLI_OK;
    }
    if (options->operand_count >= command->min_operands) {
        return CLI_OK;
    }
    cli_complain("%s: expected %s, found %d argument%s", command->name, command->operands,
                 options->operand_count, options->operand_count == 1 ? "" : "s");
    return cli_usage(command);
}

int cli_parse_options(const cli_command *command, char *const *words, int count, cli_options *out) {
    int only_operands = 0;
    for (int i = 0; i < count; i++) {
        const char *word = words[i];
        if (!only_operands && strcmp(word, "--") == 0) {
            only_operands = 1;
        } else if (!only_operands && word[0] == '-' && word[1]) {
            const int code = read_option(command, words, count, &i, out);
            if (code != CLI_OK) {
                return code;
            }
        } else if (out->operand_count < command->max_operands) {
            out->operands[out->operand_count++] = word;
        } else {
            cli_complain("%s: unexpected argument %s", command->name, word);
            return cli_usage(command);
        }
    }
    if (out->run_dir[0]) {
        out->overrides[out->override_count++] = out->run_dir;
    }
    if (out->threads[0]) {
        out->overrides[out->override_count++] = out->threads;
    }
    return check_operands(command, out);
}

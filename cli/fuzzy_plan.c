/* The options of neural fuzzy train. */
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exit_code.h"
#include "cli/fuzzy_train.h"
#include "cli/paths.h"

static const double default_lr = 0.005;

/* --- single values; 1 when it is well --- */

static int take_count(const cli_options *options, cli_option_id id, int64_t least, int64_t *out) {
    return cli_take_count(options, id, least, 1000000000, out) == CLI_OK;
}

static int take_number(const cli_options *options, cli_option_id id, double *out) {
    return cli_take_number(options, id, DBL_MIN, DBL_MAX, out) == CLI_OK;
}

/* The index of the option's text among `words`, 0 when it was not given; -1 after complaining. */
static int take_word(const cli_options *options, cli_option_id id, const char *name,
                     const char *const *words, int count) {
    const char *text = cli_value(options, id);
    char known[160] = "";
    for (int i = 0; i < count; i++) {
        if (!text || strcmp(text, words[i]) == 0) {
            return i;
        }
        strncat(known, i ? ", " : "", sizeof known - strlen(known) - 1);
        strncat(known, words[i], sizeof known - strlen(known) - 1);
    }
    cli_complain("--%s is %.80s, expected one of %s", name, text, known);
    return -1;
}

/* "3,2,4" */
static int take_grid(const char *text, cli_fuzzy_plan *out) {
    for (const char *at = text; at;) {
        char *end = NULL;
        const long long value = strtoll(at, &end, 10);
        if (*at < '0' || *at > '9' || (*end && *end != ',') || value < 1 || value > 1000000 ||
            out->term_count == CLI_FUZZY_MOST_TERMS) {
            cli_complain("--grid is %.80s, expected the number of terms of each input, as in 3,2,3",
                         text);
            return 0;
        }
        out->terms[out->term_count++] = value;
        at = *end ? end + 1 : NULL;
    }
    return 1;
}

/* --- groups of them --- */

static int take_partition(const cli_options *options, cli_fuzzy_plan *out) {
    const int has_grid = cli_has(options, CLI_OPTION_GRID);
    const int has_radius = cli_has(options, CLI_OPTION_RADIUS);
    const int has_clusters = cli_has(options, CLI_OPTION_CLUSTERS);
    const int starts = has_grid + has_radius + has_clusters;
    if (starts > 1 || options->operand_count != (starts ? 1 : 2)) {
        cli_complain("fuzzy train: expected SYSTEM.fll DATA.csv, or one of --grid, --radius and "
                     "--clusters and DATA.csv");
        return 0;
    }
    out->system = starts ? NULL : cli_operand(options, 0);
    out->data = cli_operand(options, starts ? 0 : 1);
    out->start.partition = has_radius     ? NEURAL_ANFIS_SUBTRACTIVE
                           : has_clusters ? NEURAL_ANFIS_K_MEANS
                                          : NEURAL_ANFIS_GRID;
    return (!has_grid || take_grid(cli_value(options, CLI_OPTION_GRID), out)) &&
           take_number(options, CLI_OPTION_RADIUS, &out->start.radius) &&
           take_count(options, CLI_OPTION_CLUSTERS, 1, &out->start.clusters);
}

static int take_terms(const cli_options *options, cli_fuzzy_plan *out) {
    static const char *const shapes[] = {"bell", "gaussian", "triangle", "trapezoid"};
    static const neural_fuzzy_shape ids[] = {NEURAL_FUZZY_BELL, NEURAL_FUZZY_GAUSSIAN,
                                             NEURAL_FUZZY_TRIANGLE, NEURAL_FUZZY_TRAPEZOID};
    static const char *const orders[] = {"1", "0"};
    const int shape = take_word(options, CLI_OPTION_SHAPE, "shape", shapes, 4);
    const int order = take_word(options, CLI_OPTION_ORDER, "order", orders, 2);
    if (shape < 0 || order < 0) {
        return 0;
    }
    if (out->system && (cli_has(options, CLI_OPTION_SHAPE) || cli_has(options, CLI_OPTION_ORDER) ||
                        cli_has(options, CLI_OPTION_TARGET))) {
        cli_complain("fuzzy train: --shape, --order and --target are the system's");
        return 0;
    }
    out->start.shape = ids[shape];
    out->start.order = 1 - order;
    return 1;
}

static int take_fit(const cli_options *options, cli_fuzzy_plan *out) {
    static const char *const methods[] = {"hybrid", "gradient"};
    static const char *const optimizers[] = {"adam", "sgd", "rmsprop", "adagrad", "lion"};
    int64_t seed = 1;
    const int method = take_word(options, CLI_OPTION_METHOD, "method", methods, 2);
    const int optimizer = take_word(options, CLI_OPTION_OPTIMIZER, "optimizer", optimizers, 5);
    if (method < 0 || optimizer < 0 || !take_count(options, CLI_OPTION_SEED, 0, &seed) ||
        !take_count(options, CLI_OPTION_EPOCHS, 0, &out->fit.epochs) ||
        !take_count(options, CLI_OPTION_BATCH, 1, &out->fit.batch) ||
        !take_number(options, CLI_OPTION_RIDGE, &out->fit.ridge) ||
        !take_number(options, CLI_OPTION_LR, &out->lr)) {
        return 0;
    }
    out->fit.method = method ? NEURAL_ANFIS_GRADIENT : NEURAL_ANFIS_HYBRID;
    out->optimizer = optimizers[optimizer];
    out->fit.seed = out->start.seed = (uint64_t)seed;
    if (!method && out->fit.batch) {
        cli_complain("fuzzy train: --batch is for --method gradient");
        return 0;
    }
    return 1;
}

static int take_files(const cli_options *options, cli_fuzzy_plan *out) {
    out->test = cli_value(options, CLI_OPTION_TEST);
    out->targets = cli_value(options, CLI_OPTION_TARGET);
    out->output = cli_value(options, CLI_OPTION_OUTPUT);
    if (!out->output) {
        cli_complain("fuzzy train: expected --output OUT.fll");
        return 0;
    }
    if (cli_is_same_file(out->output, out->data) ||
        (out->test && cli_is_same_file(out->output, out->test))) {
        cli_complain("%s: --output would overwrite what is read", out->output);
        return 0;
    }
    return 1;
}

static int take_threads(const cli_options *options) {
    const char *text = cli_value(options, CLI_OPTION_THREADS);
    if (text && neural_set_num_threads((int)strtol(text, NULL, 10))) {
        cli_complain("%s", neural_last_error());
        return 0;
    }
    return 1;
}

int cli_fuzzy_plan_read(const cli_options *options, cli_fuzzy_plan *out) {
    *out = (cli_fuzzy_plan){
        .start = neural_anfis_default(), .fit = neural_anfis_fit_default(), .lr = default_lr};
    if (!cli_has(options, CLI_OPTION_QUIET)) {
        out->progress = cli_has(options, CLI_OPTION_JSON) ? stderr : stdout;
    }
    return take_partition(options, out) && take_terms(options, out) && take_fit(options, out) &&
                   take_files(options, out) && take_threads(options)
               ? CLI_OK
               : CLI_USAGE;
}

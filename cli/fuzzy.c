/* neural fuzzy: its commands, and what they share. */
#include "cli/fuzzy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/exit_code.h"
#include "cli/number.h"
#include "cli/paths.h"

const cli_command cli_fuzzy_commands[] = {
    {"fuzzy eval", "SYSTEM.fll [INPUT.csv]", 1, 2,
     CLI_OPTION_HELP | CLI_OPTION_JSON | CLI_OPTION_OUTPUT | CLI_OPTION_INPUTS,
     "outputs of SYSTEM.fll for the rows of INPUT.csv, as CSV",
     "INPUT.csv is by default, and with -, standard input. With a header line the columns may\n"
     "stand in any order, and columns of other names are left out; without one they are the\n"
     "inputs in the order of the system. Separators , ; tab and space are recognised. Rows with\n"
     "a field that is no number are refused with line and column.\n"
     "\n"
     "With --json the object holds `columns` and `values` (null for NaN) in place of the CSV;\n"
     "with --output the CSV goes to the file and the object holds `rows` alone.\n",
     cli_run_fuzzy_eval},
    {"fuzzy check", "SYSTEM.fll", 1, 1, CLI_OPTION_HELP | CLI_OPTION_JSON | CLI_OPTION_SAMPLES,
     "what is missing or superfluous in SYSTEM.fll",
     "One line per finding: where in the inputs no rule fires for an output, with a point as\n"
     "example; parts of ranges without a term; terms that no rule uses; rules that can never\n"
     "fire, or did not at any sampled point; outputs that no rule writes.\n"
     "\n"
     "Points are those of a grid over the ranges, ends included, or, where it would have fewer\n"
     "than 5 values per input, spread evenly without one. Exits with 0 when nothing was found,\n"
     "with 1 otherwise.\n",
     cli_run_fuzzy_check},
    {"fuzzy surface", "SYSTEM.fll", 1, 1,
     CLI_OPTION_HELP | CLI_OPTION_OUTPUT | CLI_OPTION_X | CLI_OPTION_Y | CLI_OPTION_RESOLUTION |
         CLI_OPTION_FIXED,
     "outputs over one input or two, as CSV",
     "A line per point: the inputs that vary, then the outputs. x varies fastest. Other inputs\n"
     "stand in the middle of their ranges, or at --fixed.\n",
     cli_run_fuzzy_surface},
    {"fuzzy convert", "IN.fll [OUT.fll]", 1, 2, CLI_OPTION_HELP,
     "the system as it was understood, as FLL",
     "OUT.fll is by default standard output. What is read from it is the same system.\n",
     cli_run_fuzzy_convert},
    {"fuzzy train", "[SYSTEM.fll] DATA.csv --output OUT.fll", 1, 2,
     CLI_OPTION_HELP | CLI_OPTION_JSON | CLI_OPTION_QUIET | CLI_OPTION_OUTPUT | CLI_OPTION_THREADS |
         CLI_OPTION_GRID | CLI_OPTION_RADIUS | CLI_OPTION_CLUSTERS | CLI_OPTION_SHAPE |
         CLI_OPTION_ORDER | CLI_OPTION_EPOCHS | CLI_OPTION_LR | CLI_OPTION_OPTIMIZER |
         CLI_OPTION_METHOD | CLI_OPTION_BATCH | CLI_OPTION_RIDGE | CLI_OPTION_SEED |
         CLI_OPTION_TEST | CLI_OPTION_TARGET,
     "a Takagi-Sugeno system learned from the rows of DATA.csv (ANFIS)",
     "Starts from SYSTEM.fll, or from --grid, --radius or --clusters. With a system the columns\n"
     "are its variables by name, else every column but --target is an input. Blanks and the like\n"
     "in the names of columns become _. --test only measures; the parameters of the epoch with\n"
     "the smallest training error are kept. Ctrl-C keeps the best so far.\n",
     cli_run_fuzzy_train},
};
const int cli_fuzzy_command_count = sizeof cli_fuzzy_commands / sizeof *cli_fuzzy_commands;

static const char *second_word(const cli_command *command) {
    return strchr(command->name, ' ') + 1;
}

const cli_command *cli_find_fuzzy(const char *word) {
    for (int i = 0; i < cli_fuzzy_command_count; i++) {
        if (strcasecmp(word, second_word(&cli_fuzzy_commands[i])) == 0) {
            return &cli_fuzzy_commands[i];
        }
    }
    return NULL;
}

/* The second word is none of ours. */
int cli_run_fuzzy(const cli_options *options) {
    const char *words[sizeof cli_fuzzy_commands / sizeof *cli_fuzzy_commands];
    const char *word = cli_operand(options, 0);
    for (int i = 0; i < cli_fuzzy_command_count; i++) {
        words[i] = second_word(&cli_fuzzy_commands[i]);
    }
    const char *nearest = neural_nearest_word(word, words, cli_fuzzy_command_count);
    if (nearest) {
        cli_complain("fuzzy: unknown command %s; did you mean %s?", word, nearest);
    } else {
        cli_complain("fuzzy: unknown command %s", word);
    }
    return cli_usage(cli_find_command("fuzzy"));
}

/* --- CSV --- */

neural_status cli_fuzzy_csv_open(const cli_options *options, cli_fuzzy_csv *out) {
    const char *path = cli_value(options, CLI_OPTION_OUTPUT);
    *out = (cli_fuzzy_csv){0};
    for (int i = 0; path && i < options->operand_count; i++) {
        NEURAL_REQUIRE(!cli_is_same_file(path, options->operands[i]), NEURAL_ERR_FILE_WRITE,
                       "%s: --output would overwrite what is read; not written", path);
    }
    return path ? neural_file_writer_create(path, &out->file) : NEURAL_OK;
}

static neural_status put(const cli_fuzzy_csv *csv, const char *text) {
    const size_t bytes = strlen(text);
    if (csv->file) {
        return neural_file_writer_write(csv->file, text, bytes);
    }
    NEURAL_REQUIRE(fwrite(text, 1, bytes, stdout) == bytes, NEURAL_ERR_FILE_WRITE,
                   "standard output: could not be written");
    return NEURAL_OK;
}

static const char *behind(int64_t i, int64_t count) {
    return i + 1 < count ? "," : "\n";
}

/* In quotes where a reader would take it for something else. */
static neural_status put_name(const cli_fuzzy_csv *csv, const char *name) {
    char letter[2] = {0};
    if (!strpbrk(name, ",;\"")) {
        return put(csv, name);
    }
    NEURAL_TRY(put(csv, "\""));
    for (; *name; name++) {
        letter[0] = *name;
        NEURAL_TRY(put(csv, *name == '"' ? "\"\"" : letter));
    }
    return put(csv, "\"");
}

neural_status cli_fuzzy_csv_names(const cli_fuzzy_csv *csv, const char *const *names,
                                  int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        NEURAL_TRY(put_name(csv, names[i]));
        NEURAL_TRY(put(csv, behind(i, count)));
    }
    return NEURAL_OK;
}

neural_status cli_fuzzy_csv_row(const cli_fuzzy_csv *csv, const double *values, int64_t count) {
    char text[CLI_NUMBER_TEXT];
    for (int64_t i = 0; i < count; i++) {
        NEURAL_TRY(put(csv, cli_double_text(values[i], text)));
        NEURAL_TRY(put(csv, behind(i, count)));
    }
    return NEURAL_OK;
}

neural_status cli_fuzzy_csv_close(cli_fuzzy_csv *csv, neural_status status) {
    if (csv->file && !status) {
        status = neural_file_writer_commit(csv->file);
    }
    if (csv->file) {
        neural_file_writer_destroy(csv->file);
    }
    csv->file = NULL;
    return status;
}

/* --- names --- */

int64_t cli_fuzzy_input(const neural_fuzzy_system *system, const char *option, const char *name) {
    enum { MOST = 256 };
    const char *names[MOST];
    const int64_t inputs = neural_fuzzy_system_inputs(system);
    for (int64_t i = 0; i < inputs; i++) {
        const char *own = neural_fuzzy_system_input(system, i)->name;
        if (strcmp(own, name) == 0) {
            return i;
        }
        if (i < MOST) {
            names[i] = own;
        }
    }
    const char *nearest = neural_nearest_word(name, names, (int)(inputs < MOST ? inputs : MOST));
    if (nearest) {
        cli_complain("%s: the system has no input %s; did you mean %s?", option, name, nearest);
    } else {
        cli_complain("%s: the system has no input %s", option, name);
    }
    return -1;
}

/* --- convert --- */

static neural_status print_text(const neural_fuzzy_system *system) {
    const int64_t len = neural_fuzzy_fll_text(system, NULL, 0);
    char *text = malloc((size_t)len + 1);
    if (!text) {
        return neural_error(NEURAL_ERR_OUT_OF_MEMORY, "fuzzy convert: %lld bytes of text",
                            (long long)len);
    }
    neural_fuzzy_fll_text(system, text, len + 1);
    const size_t written = fwrite(text, 1, (size_t)len, stdout);
    free(text);
    NEURAL_REQUIRE(written == (size_t)len, NEURAL_ERR_FILE_WRITE,
                   "standard output: could not be written");
    return NEURAL_OK;
}

int cli_run_fuzzy_convert(const cli_options *options) {
    const char *target = cli_operand(options, 1);
    neural_fuzzy_system *system = NULL;
    neural_status status = neural_fuzzy_fll_load(cli_operand(options, 0), &system);
    if (status) {
        return cli_fail(CLI_PLACE_CONFIG, status);
    }
    status = target ? neural_fuzzy_fll_save(system, target) : print_text(system);
    neural_fuzzy_system_destroy(system);
    return status ? cli_fail(CLI_PLACE_MODEL_FILE, status) : CLI_OK;
}

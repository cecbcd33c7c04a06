/* The command line's options: one table, one parser, one struct of values. */
#ifndef CLI_OPTIONS_H_
#define CLI_OPTIONS_H_

#include <stdint.h>

struct cli_command;

/* Bits, so that a command lists its options as one word. */
typedef enum cli_option_id {
    CLI_OPTION_HELP = 1 << 0,
    CLI_OPTION_SET = 1 << 1,
    CLI_OPTION_THREADS = 1 << 2,
    CLI_OPTION_JSON = 1 << 3,
    CLI_OPTION_QUIET = 1 << 4,
    CLI_OPTION_RESUME = 1 << 5,
    CLI_OPTION_PROBABILITIES = 1 << 6,
    CLI_OPTION_OUTPUT = 1 << 7,
    CLI_OPTION_HEADER = 1 << 8,
    CLI_OPTION_REFERENCE = 1 << 9,
    CLI_OPTION_KERNELS = 1 << 10,
    CLI_OPTION_FOLD = 1 << 11,
    CLI_OPTION_DIGEST = 1 << 12,
    CLI_OPTION_RESOLVED = 1 << 13,
    CLI_OPTION_RUN_DIR = 1 << 14,
    CLI_OPTION_START_LR = 1 << 15,
    CLI_OPTION_END_LR = 1 << 16,
    CLI_OPTION_STEPS = 1 << 17,
    CLI_OPTION_SMOOTHING = 1 << 18,
    CLI_OPTION_DIVERGENCE = 1 << 19,
    CLI_OPTION_OVERWRITE = 1 << 20,
    CLI_OPTION_INPUTS = 1 << 21,
    CLI_OPTION_SAMPLES = 1 << 22,
    CLI_OPTION_X = 1 << 23,
    CLI_OPTION_Y = 1 << 24,
    CLI_OPTION_RESOLUTION = 1 << 25,
    CLI_OPTION_FIXED = 1 << 26,
    CLI_OPTION_GRID = 1 << 27,
    CLI_OPTION_RADIUS = 1 << 28,
    CLI_OPTION_CLUSTERS = 1 << 29,
    CLI_OPTION_SHAPE = 1 << 30,
    /* beyond int: gcc gives the type 64 bits */
    CLI_OPTION_ORDER = 1ll << 31,
    CLI_OPTION_EPOCHS = 1ll << 32,
    CLI_OPTION_LR = 1ll << 33,
    CLI_OPTION_OPTIMIZER = 1ll << 34,
    CLI_OPTION_METHOD = 1ll << 35,
    CLI_OPTION_BATCH = 1ll << 36,
    CLI_OPTION_RIDGE = 1ll << 37,
    CLI_OPTION_SEED = 1ll << 38,
    CLI_OPTION_TEST = 1ll << 39,
    CLI_OPTION_TARGET = 1ll << 40,
    CLI_OPTION_SPARSITY = 1ll << 41,
    CLI_OPTION_PRUNE_METHOD = 1ll << 42,
    CLI_OPTION_SCORE = 1ll << 43,
    CLI_OPTION_SCOPE = 1ll << 44,
    CLI_OPTION_EXCLUDE = 1ll << 45,
    CLI_OPTION_STRUCTURED = 1ll << 46,
    CLI_OPTION_FINETUNE = 1ll << 47,
    CLI_OPTION_CALIBRATION = 1ll << 48,
    CLI_OPTION_MAX_DROP = 1ll << 49,
    CLI_OPTION_DYNAMIC = 1ll << 50,
    CLI_OPTION_KEEP_SLOW = 1ll << 51,
    CLI_OPTION_GRADUAL = 1ll << 52
} cli_option_id;

typedef struct cli_option_row {
    cli_option_id id;
    const char *name; /* without -- */
    char letter;      /* 0 = none */
    const char *argument;
    const char *meaning;
} cli_option_row;

extern const cli_option_row cli_option_rows[];
extern const int cli_option_row_count;

enum {
    CLI_MAX_OPERANDS = 4,
    CLI_MAX_OPTIONS = 64,
    CLI_MAX_OVERRIDES = 256,
    CLI_THREADS_TEXT = 48,
    CLI_RUN_DIR_TEXT = 4200
};

/* What was given. The texts are those of argv. */
typedef struct cli_options {
    uint64_t given; /* bit set of cli_option_id */
    const char *operands[CLI_MAX_OPERANDS];
    int operand_count;
    const char *overrides[CLI_MAX_OVERRIDES]; /* --set "section.key=value", --fixed "name=value" */
    int override_count;
    const char *value[CLI_MAX_OPTIONS]; /* by the number of the option's bit; the last one given */
    char threads[CLI_THREADS_TEXT];     /* "performance.num_threads=4": --threads as an override */
    char run_dir[CLI_RUN_DIR_TEXT];     /* "logging.run_dir=DIR": --run-dir likewise */
    char *const *argv;                  /* all of it */
} cli_options;

/* 1 when the option was given. */
int cli_has(const cli_options *options, cli_option_id id);

/* The argument of an option, NULL when it was not given. */
const char *cli_value(const cli_options *options, cli_option_id id);

/* The number that an option was given, within [least, most] (-DBL_MAX and DBL_MAX: no bound,
 * DBL_MIN: above 0); *out stays when it was not given.
 * CLI_OK, or CLI_USAGE after saying what was expected. */
int cli_take_number(const cli_options *options, cli_option_id id, double least, double most,
                    double *out);
int cli_take_count(const cli_options *options, cli_option_id id, int64_t least, int64_t most,
                   int64_t *out);

/* Operand i, or NULL. */
const char *cli_operand(const cli_options *options, int i);

/* Reads the words behind the command's name. Returns CLI_OK, or CLI_USAGE after saying what is
 * wrong. */
int cli_parse_options(const struct cli_command *command, char *const *words, int count,
                      cli_options *out);

/* Prints "usage: neural train CONFIG [MODEL] [OPTION]..." to stderr; returns CLI_USAGE. */
int cli_usage(const struct cli_command *command);

#endif /* CLI_OPTIONS_H_ */

#include "cli/command.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "api/neural_api.h"
#include "cli/exit_code.h"
#include "cli/fuzzy.h"
#include "cli/json.h"

enum {
    ON_CONFIG = CLI_OPTION_HELP | CLI_OPTION_SET,
    ON_RUN = ON_CONFIG | CLI_OPTION_THREADS | CLI_OPTION_JSON
};

const cli_command cli_commands[] = {
    {"train", "CONFIG [MODEL]", 1, 2,
     ON_RUN | CLI_OPTION_QUIET | CLI_OPTION_RESUME | CLI_OPTION_DIGEST | CLI_OPTION_RUN_DIR |
         CLI_OPTION_OVERWRITE,
     "train the network of CONFIG, save it as MODEL",
     "MODEL is by default [logging] save_model, else CONFIG's name with .safetensors, in the\n"
     "current directory. Its directory has to exist, and is checked before training starts.\n"
     "\n"
     "Ctrl-C (SIGINT, SIGTERM, SIGHUP) finishes the step, writes MODEL.ckpt/last.safetensors and\n"
     "exits with 130; --resume goes on from there and gives the same model, bit by bit, as a run\n"
     "that was never interrupted. So does an output that nobody reads any more (train | head). A\n"
     "second Ctrl-C stops at once. [logging] save_checkpoint_every\n"
     "also writes the checkpoint every so many epochs, save_checkpoint_every_steps every so many\n"
     "batches; without these keys MODEL.ckpt is removed once the resumed run has saved MODEL.\n"
     "keep_last and keep_best keep more than one.\n"
     "\n"
     "--run-dir DIR (or [logging] run_dir) collects what the run leaves: the resolved config, a\n"
     "log of one JSON object per epoch, the report, the model and the checkpoints.\n",
     cli_run_train},
    {"eval", "CONFIG MODEL [DATA [LABELS]]", 2, 4, ON_RUN | CLI_OPTION_FOLD,
     "loss and accuracy (or mean squared error) of MODEL",
     "DATA is by default the config's test data. It is read as training read its own: CSV with\n"
     "the label column of the config, or CSV or IDX with the targets in LABELS.\n",
     cli_run_eval},
    {"infer", "CONFIG MODEL [INPUT]", 2, 3,
     ON_CONFIG | CLI_OPTION_THREADS | CLI_OPTION_PROBABILITIES | CLI_OPTION_OUTPUT |
         CLI_OPTION_HEADER | CLI_OPTION_FOLD,
     "predictions of MODEL for the rows of INPUT, as CSV",
     "INPUT holds raw rows, CSV or IDX (also .gz); - is CSV from stdin; by default the config's\n"
     "test file without its labels. Rows are scaled as in training. A label column is left out\n"
     "when the config names it with label_column, otherwise columns have to fit exactly.\n"
     "\n"
     "One line per row: the class's name, or the value(s); for a network with a sigmoid at its\n"
     "end the value is the probability.\n",
     cli_run_infer},
    {"prune", "CONFIG MODEL", 2, 2,
     ON_RUN | CLI_OPTION_QUIET | CLI_OPTION_OUTPUT | CLI_OPTION_SPARSITY | CLI_OPTION_STRUCTURED |
         CLI_OPTION_PRUNE_METHOD | CLI_OPTION_SCORE | CLI_OPTION_SCOPE | CLI_OPTION_EXCLUDE |
         CLI_OPTION_FINETUNE | CLI_OPTION_GRADUAL,
     "prune weights or channels of MODEL, train what is left, save it",
     "Writes the pruned model to --output. Without --structured weights become zero and stay so:\n"
     "the file holds a mask and what it keeps. With it channels are taken out of convolutions\n"
     "and linear layers, and out of all that depends on them; the file holds the smaller\n"
     "network, and eval, infer and prune take it with the same CONFIG. --finetune trains the\n"
     "pruned model on CONFIG's data with CONFIG's settings; pruned weights stay zero. --gradual\n"
     "begins with the whole model and prunes more and more of its weights while it trains.\n"
     "\n"
     "Tells, per layer and in all, what is left of weights and multiplications, the size of the\n"
     "files, and accuracy (or mean squared error) on the test data, or else the training data,\n"
     "before, after pruning and after fine-tuning.\n",
     cli_run_prune},
    {"quantize", "CONFIG MODEL", 2, 2,
     ON_RUN | CLI_OPTION_OUTPUT | CLI_OPTION_CALIBRATION | CLI_OPTION_SAMPLES |
         CLI_OPTION_MAX_DROP | CLI_OPTION_DYNAMIC | CLI_OPTION_KEEP_SLOW,
     "MODEL with its layers in 8 bits: a quarter of the size, several times as fast",
     "Looks at rows of the config's training data, folds batch norms and writes a model that eval\n"
     "and infer take like any other (-o FILE; by default MODEL with .int8 before its suffix).\n"
     "Layers that would cost accuracy (judged on the test data) or time stay in f32 and are\n"
     "named.\n",
     cli_run_quantize},
    {"lr-find", "CONFIG", 1, 1,
     ON_RUN | CLI_OPTION_QUIET | CLI_OPTION_OUTPUT | CLI_OPTION_START_LR | CLI_OPTION_END_LR |
         CLI_OPTION_STEPS | CLI_OPTION_SMOOTHING | CLI_OPTION_DIVERGENCE,
     "suggest a learning rate for CONFIG",
     "Trains for a few steps at rates that grow from step to step, each by the same factor, and\n"
     "prints the loss at each. The suggestion is where the smoothed loss falls fastest over the\n"
     "logarithm of the rate. The sweep ends early when the smoothed loss exceeds 4 times its\n"
     "minimum, or is not finite. Nothing is trained on afterwards and no model is written.\n"
     "\n"
     "The plot, an SVG picture, goes to --output, by default CONFIG's name with .lr.svg in the\n"
     "current directory. A file that is no SVG picture is not overwritten.\n",
     cli_run_lr_find},
    {"test", "", 0, 0, CLI_OPTION_HELP | CLI_OPTION_THREADS,
     "self test: SIMD level, basics, gradient of every op",
     "Exits with 1 when a check fails. NEURAL_ISA=c, sse2, avx2 or avx512 sets the highest\n"
     "instruction set to use.\n",
     cli_run_test},
    {"info", "[MODEL]", 0, 1, CLI_OPTION_HELP | CLI_OPTION_JSON | CLI_OPTION_KERNELS,
     "version, processor, instruction set, threads; what is in MODEL",
     "With MODEL (or a checkpoint): the texts that the file holds, and the layers.\n"
     "With --kernels: how exact each operation is. EXACT is correctly rounded, ULP(n) within n\n"
     "units in the last place, SUM(n) within n eps times the sum of the terms' magnitudes.\n",
     cli_run_info},
    {"config", "CONFIG", 1, 1, ON_CONFIG | CLI_OPTION_REFERENCE | CLI_OPTION_RESOLVED,
     "CONFIG as it is understood: every value that is not the default",
     "With --reference: the page of all sections, keys, ranges and defaults.\n"
     "With --resolved FILE: every value of FILE, and the line of the file (or of one that it\n"
     "includes) or the --set that it comes from.\n",
     cli_run_config},
    {"fuzzy", "COMMAND ...", 1, 4, CLI_OPTION_HELP,
     "fuzzy systems in FLL: evaluate, check, tabulate, rewrite, train",
     "neural fuzzy eval SYSTEM.fll [INPUT.csv]   outputs for rows of inputs\n"
     "neural fuzzy check SYSTEM.fll              gaps, unused terms, rules that never fire\n"
     "neural fuzzy surface SYSTEM.fll --x INPUT  outputs over one input or two\n"
     "neural fuzzy convert IN.fll [OUT.fll]      the system as it was understood\n"
     "neural fuzzy train DATA.csv -o OUT.fll     a system learned from rows\n"
     "\n"
     "neural help fuzzy eval tells the options of eval.\n",
     cli_run_fuzzy},
    {"man", "", 0, 0, CLI_OPTION_HELP, "the manual page, for man -l - or a file neural.1", "",
     cli_run_man},
    {"completion", "bash|zsh|fish", 1, 1, CLI_OPTION_HELP,
     "a script that completes commands, options and keys",
     "For the running shell: eval \"$(neural completion bash)\". For good: into the directory "
     "that\n"
     "the shell reads completions from, as make install does.\n",
     cli_run_completion},
    {"help", "[COMMAND]", 0, 2, CLI_OPTION_HELP, "this list, or help on COMMAND", "", cli_run_help},
    {"version", "", 0, 0, CLI_OPTION_HELP, "print the version", "", cli_run_version},
};
const int cli_command_count = sizeof cli_commands / sizeof *cli_commands;

const cli_command *cli_find_command(const char *name) {
    for (int i = 0; i < cli_command_count; i++) {
        if (strcasecmp(name, cli_commands[i].name) == 0) {
            return &cli_commands[i];
        }
    }
    return strncasecmp(name, "fuzzy ", 6) == 0 ? cli_find_fuzzy(name + 6) : NULL;
}

/* "--help", "-h", "--version" and "-V" are commands, too. */
static const char *command_word(const char *word) {
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        return "help";
    }
    return strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0 ? "version" : word;
}

static int complain_unknown(const char *word) {
    const char *names[sizeof cli_commands / sizeof *cli_commands];
    for (int i = 0; i < cli_command_count; i++) {
        names[i] = cli_commands[i].name;
    }
    const char *nearest = neural_nearest_word(word, names, cli_command_count);
    if (nearest) {
        cli_complain("unknown command %s; did you mean %s?", word, nearest);
    } else {
        cli_complain("unknown command %s", word);
    }
    fprintf(stderr, "usage: neural COMMAND [ARGUMENT]...; neural help lists the commands\n");
    return CLI_USAGE;
}

/* Under `bazel run` the program is started elsewhere: back to where the user typed. */
static int enter_user_directory(void) {
    const char *directory = getenv("BUILD_WORKING_DIRECTORY");
    if (!directory || chdir(directory) == 0) {
        return 1;
    }
    cli_complain("BUILD_WORKING_DIRECTORY: cannot enter %s", directory);
    return 0;
}

/* A closed descriptor 0, 1 or 2 would be taken by the next file opened, say a model's: text for
 * the user would go there. Reading and writing these fails as it did. */
static void occupy_standard_streams(void) {
    const int mode[] = {O_WRONLY, O_RDONLY, O_RDONLY};
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", mode[fd]) != fd) {
            return;
        }
    }
}

/* A warning of the library's. */
static void warn(void *context, neural_log_level level, const char *line) {
    (void)context;
    (void)level;
    cli_complain("warning: %s", line);
}

static int run_command(const cli_command *command, const cli_options *options) {
    cli_json_begin();
    const int code = command->run(options);
    if (code == CLI_OK && !cli_json_is_whole()) {
        cli_complain("out of memory: the JSON object is not complete");
        return CLI_RUNTIME;
    }
    return code;
}

int cli_main(const char *first_word, int argc, char **argv) {
    int used = first_word ? 1 : 2;
    occupy_standard_streams();
    if (!enter_user_directory()) {
        return CLI_RUNTIME;
    }
    neural_set_log(warn, NULL, NEURAL_LOG_WARNING);
    if (argc < used) {
        cli_complain("expected a command");
        fprintf(stderr, "usage: neural COMMAND [ARGUMENT]...; neural help lists the commands\n");
        return CLI_USAGE;
    }
    const char *word = first_word ? first_word : command_word(argv[1]);
    const cli_command *command = cli_find_command(word);
    if (!command) {
        return complain_unknown(word);
    }
    if (command->run == cli_run_fuzzy && argc > used && cli_find_fuzzy(argv[used])) {
        command = cli_find_fuzzy(argv[used++]);
    }
    cli_options options = {.argv = argv};
    int code = cli_parse_options(command, argv + used, argc - used, &options);
    if (code == CLI_OK && cli_has(&options, CLI_OPTION_HELP)) {
        options.operands[0] = command->name;
        options.operand_count = 1;
        code = cli_run_help(&options);
    } else if (code == CLI_OK) {
        code = run_command(command, &options);
    }
    return cli_finish_stdout(code);
}

#include "cli/pages.h"

#include <stddef.h>

#include "cli/fuzzy.h"

const char cli_about_paths[] =
    "Relative paths are meant from the current directory; data files of a config also from the\n"
    "config's directory.\n";

const char cli_about_exit_codes[] =
    "    0  all went well\n"
    "    1  failed while running: a model file missing, damaged or not fitting the config; an\n"
    "       output that cannot be written; memory; a failed self test;\n"
    "       fuzzy check found something\n"
    "    2  the command line is wrong\n"
    "    3  the config file, or the FLL file, is missing or wrong\n"
    "    4  a data file is missing or wrong\n"
    "    5  NaN or infinity while computing\n"
    "  130  interrupted; the checkpoint is written, --resume goes on\n";

const char cli_about_environment[] =
    "NEURAL_ISA=c|sse2|avx2|avx512 (highest instruction set to use),\n"
    "NEURAL_NUM_THREADS (where neither --threads nor the config says).\n";

const cli_command *cli_command_at(int i) {
    if (i < cli_command_count) {
        return &cli_commands[i];
    }
    i -= cli_command_count;
    return i < cli_fuzzy_command_count ? &cli_fuzzy_commands[i] : NULL;
}

const cli_option_row *cli_option_of(const cli_command *command, int i) {
    const cli_option_row *row = &cli_option_rows[i];
    return command->options & (uint64_t)row->id ? row : NULL;
}

/* neural help, neural version. */
#include <stdio.h>

#include "api/neural_api.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/pages.h"

static void print_commands(void) {
    printf("usage: neural COMMAND [ARGUMENT]... [OPTION]...\n\n");
    for (int i = 0; i < cli_command_count; i++) {
        const cli_command *command = &cli_commands[i];
        char left[64];
        snprintf(left, sizeof left, "%s %s", command->name, command->operands);
        printf("  %-36s %s\n", left, command->summary);
    }
    printf("\nneural help COMMAND tells its options. Commands are case-insensitive.\n"
           "\n%s\nExit codes:\n%s\nEnvironment: %s",
           cli_about_paths, cli_about_exit_codes, cli_about_environment);
}

static void print_command(const cli_command *command) {
    printf("usage: neural %s%s%s%s\n\n%s\n", command->name, *command->operands ? " " : "",
           command->operands, command->options ? " [OPTION]..." : "", command->summary);
    if (*command->details) {
        printf("\n%s", command->details);
    }
    printf("%s", command->options ? "\n" : "");
    for (int i = 0; i < cli_option_row_count; i++) {
        const cli_option_row *row = cli_option_of(command, i);
        char left[64];
        if (!row) {
            continue;
        }
        snprintf(left, sizeof left, "--%s%s%s", row->name, row->argument ? " " : "",
                 row->argument ? row->argument : "");
        printf("  %c%c%c %-26s %s\n", row->letter ? '-' : ' ', row->letter ? row->letter : ' ',
               row->letter ? ',' : ' ', left, row->meaning);
    }
}

int cli_run_help(const cli_options *options) {
    char name[64];
    const char *first = cli_operand(options, 0), *second = cli_operand(options, 1);
    snprintf(name, sizeof name, "%s%s%s", first ? first : "", second ? " " : "",
             second ? second : "");
    if (!first) {
        print_commands();
        return CLI_OK;
    }
    const cli_command *command = cli_find_command(name);
    if (!command) {
        cli_complain("unknown command %s; neural help lists the commands", name);
        return CLI_USAGE;
    }
    print_command(command);
    return CLI_OK;
}

int cli_run_version(const cli_options *options) {
    (void)options;
    printf("neural %s\n", neural_version());
    return CLI_OK;
}

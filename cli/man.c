/* neural man: the manual page in man(7)'s macros, made from the tables of commands and options. */
#include <stdio.h>
#include <string.h>

#include "api/neural_api.h"
#include "cli/exit_code.h"
#include "cli/pages.h"

static void put_character(char c) {
    if (c == '\\') {
        printf("\\e");
    } else if (c == '-') {
        printf("\\-");
    } else {
        putchar(c);
    }
}

/* Text whose lines may begin with what would be a macro. */
static void put_text(const char *text) {
    for (int begins = 1; *text; text++) {
        if (begins && (*text == '.' || *text == '\'')) {
            printf("\\&");
        }
        put_character(*text);
        begins = *text == '\n';
    }
}

/* Paragraphs; a line that is indented or a table stands as it is. */
static void put_paragraphs(const char *text) {
    printf(".nf\n");
    put_text(text);
    printf(".fi\n");
}

static void put_option(const cli_option_row *row) {
    printf(".TP\n");
    if (row->letter) {
        printf("\\fB\\-%c\\fR, ", row->letter);
    }
    printf("\\fB\\-\\-");
    put_text(row->name);
    printf("\\fR");
    if (row->argument) {
        printf(" \\fI");
        put_text(row->argument);
        printf("\\fR");
    }
    printf("\n");
    put_text(row->meaning);
    printf("\n");
}

static void put_command(const cli_command *command) {
    printf(".SS \"neural %s ", command->name);
    put_text(command->operands);
    printf("\"\n");
    put_text(command->summary);
    printf(".\n");
    if (*command->details) {
        printf(".PP\n");
        put_paragraphs(command->details);
    }
    for (int i = 0; i < cli_option_row_count; i++) {
        const cli_option_row *row = cli_option_of(command, i);
        if (row && row->id != CLI_OPTION_HELP) {
            put_option(row);
        }
    }
}

int cli_run_man(const cli_options *options) {
    (void)options;
    printf(".TH NEURAL 1 \"\" \"neural %s\" \"User Commands\"\n", neural_version());
    printf(".SH NAME\nneural \\- train, evaluate, shrink and apply small neural networks\n"
           ".SH SYNOPSIS\n.B neural\n\\fICOMMAND\\fR [\\fIARGUMENT\\fR]... "
           "[\\fIOPTION\\fR]...\n.SH DESCRIPTION\n"
           "Networks, data and training are described by an INI file;\n"
           ".B neural config \\-\\-reference\nprints all its keys.\n"
           "Commands are case\\-insensitive, options may stand anywhere.\n");
    put_text(cli_about_paths);
    printf(".SH COMMANDS\n");
    for (int i = 0; cli_command_at(i); i++) {
        put_command(cli_command_at(i));
    }
    printf(".SH EXIT STATUS\n");
    put_paragraphs(cli_about_exit_codes);
    printf(".SH ENVIRONMENT\n");
    put_text(cli_about_environment);
    return CLI_OK;
}

/* neural completion SHELL: a script that completes commands, options and keys of configs. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/neural_api.h"
#include "cli/exit_code.h"
#include "cli/fuzzy.h"
#include "cli/pages.h"

/* Each SECTION.KEY that a config may set and --set takes, behind `before`. */
static neural_status put_keys(const char *before, const char *after) {
    char *page = NULL, section[32] = "";
    NEURAL_TRY(neural_config_reference(&page));
    for (const char *line = page; line; line = strchr(line, '\n')) {
        char key[48];
        line += *line == '\n';
        if (strncmp(line, "## ", 3) == 0) {
            *section = '\0';
            sscanf(line, "## [%31[^]]]", section);
        } else if (*section && sscanf(line, "| `%47[^`]` |", key) == 1) {
            printf("%s%s.%s%s", before, section, key, after);
        }
    }
    neural_text_free(page);
    return NEURAL_OK;
}

static void put_options(const cli_command *command, const char *before) {
    for (int i = 0; i < cli_option_row_count; i++) {
        const cli_option_row *row = cli_option_of(command, i);
        if (row) {
            printf("%s--%s", before, row->name);
        }
    }
}

/* A text in single quotes, where both shells take '\'' for one of them. */
static void put_quoted(const char *text) {
    putchar('\'');
    for (; *text; text++) {
        printf(*text == '\'' ? "'\\''" : "%c", *text);
    }
    putchar('\'');
}

static neural_status put_bash(void) {
    printf("# eval \"$(neural completion bash)\"\n"
           "_neural() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words\n"
           "    local before=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    COMPREPLY=()\n"
           "    [[ $command == fuzzy && COMP_CWORD -gt 2 ]] && command+=\" ${COMP_WORDS[2]}\"\n"
           "    if [[ COMP_CWORD -eq 1 || ( $command == help && COMP_CWORD -eq 2 ) ]]; then\n"
           "        words='");
    for (int i = 0; i < cli_command_count; i++) {
        printf("%s%s", i ? " " : "", cli_commands[i].name);
    }
    printf("'\n    elif [[ $command == fuzzy ]]; then\n        words='");
    for (int i = 0; i < cli_fuzzy_command_count; i++) {
        printf("%s%s", i ? " " : "", strchr(cli_fuzzy_commands[i].name, ' ') + 1);
    }
    printf("'\n    elif [[ $before == --set || $before == -s ]]; then\n"
           "        compopt -o nospace\n        words='");
    NEURAL_TRY(put_keys("", "= "));
    printf("'\n    elif [[ $word == -* ]]; then\n        case $command in\n");
    for (int i = 0; cli_command_at(i); i++) {
        printf("        '%s') words='", cli_command_at(i)->name);
        put_options(cli_command_at(i), " ");
        printf("' ;;\n");
    }
    printf("        esac\n    fi\n"
           "    [[ $words ]] && COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
           "complete -o default -F _neural neural neural_framework\n");
    return NEURAL_OK;
}

/* zsh takes the script of bash. */
static neural_status put_zsh(void) {
    printf("#compdef neural neural_framework\n"
           "autoload -U +X bashcompinit && bashcompinit\n"
           "compopt() { :; }\n");
    return put_bash();
}

static void put_fish_option(const cli_command *command, const cli_option_row *row) {
    printf("complete -c neural -n '__fish_seen_subcommand_from %s' -l %s", command->name,
           row->name);
    if (row->letter) {
        printf(" -s %c", row->letter);
    }
    printf("%s -d ", row->argument ? " -r" : "");
    put_quoted(row->meaning);
    printf("\n");
}

static neural_status put_fish(void) {
    for (int i = 0; i < cli_command_count; i++) {
        const cli_command *command = &cli_commands[i];
        printf("complete -c neural -n __fish_use_subcommand -f -a %s -d ", command->name);
        put_quoted(command->summary);
        printf("\n");
    }
    for (int i = 0; cli_command_at(i); i++) {
        const char *second = strchr(cli_command_at(i)->name, ' ');
        for (int k = 0; k < cli_option_row_count; k++) {
            const cli_option_row *row = cli_option_of(cli_command_at(i), k);
            if (row && !second) {
                put_fish_option(cli_command_at(i), row);
            }
        }
        if (second) {
            printf("complete -c neural -n '__fish_seen_subcommand_from fuzzy' -f -a %s\n",
                   second + 1);
        }
    }
    NEURAL_TRY(put_keys("complete -c neural -s s -l set -x -a ", "=\n"));
    return NEURAL_OK;
}

int cli_run_completion(const cli_options *options) {
    static const struct {
        const char *name;
        neural_status (*put)(void);
    } shells[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};
    const char *name = cli_operand(options, 0);
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcasecmp(name, shells[i].name) == 0) {
            const neural_status status = shells[i].put();
            return status ? cli_fail(CLI_PLACE_COMPUTING, status) : CLI_OK;
        }
    }
    cli_complain("completion: expected bash, zsh or fish, found %s", name);
    return CLI_USAGE;
}

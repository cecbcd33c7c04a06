/* What the pages about the whole program share: neural help, neural man, neural completion. */
#ifndef CLI_PAGES_H_
#define CLI_PAGES_H_

#include "cli/command.h"

/* Paragraphs, each line ended. */
extern const char cli_about_paths[], cli_about_exit_codes[], cli_about_environment[];

/* Every command, those behind `fuzzy` too: at index i, NULL behind the last one. */
const cli_command *cli_command_at(int i);

/* Row i of the options when the command takes it, else NULL. */
const cli_option_row *cli_option_of(const cli_command *command, int i);

#endif /* CLI_PAGES_H_ */

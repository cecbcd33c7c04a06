/* Where a run's lines go: the terminal (with a bar at its end), or a plain stream, and a log file.
 */
#ifndef CLI_REPORT_H_
#define CLI_REPORT_H_

#include <stdio.h>

#include "api/neural_api.h"

enum { CLI_REPORT_LINE = 8192 };

typedef struct cli_report {
    FILE *out;       /* stdout; stderr with --json; NULL with --quiet */
    FILE *log;       /* or NULL */
    int is_terminal; /* out is one that can redraw a line */
    int bar_shown;
    int closed; /* nobody reads `out` any more: the other end of a pipe is gone */
} cli_report;

/* log_file may be NULL or "": none. It is appended to. */
neural_status cli_report_open(int to_stderr, int quiet, const char *log_file, cli_report *out);
void cli_report_close(cli_report *report);

/* One line (newline added), on top of the bar. */
void cli_report_line(cli_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A text of several lines that ends with a newline. */
void cli_report_text(cli_report *report, const char *text);

/* Draws the bar again / takes it away. Terminal only. */
void cli_report_bar(cli_report *report, const char *text);
void cli_report_clear_bar(cli_report *report);

/* Columns of the terminal. */
int cli_report_width(const cli_report *report);

#endif /* CLI_REPORT_H_ */

#include "cli/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int can_redraw(FILE *out) {
    const char *term = getenv("TERM");
    return out && isatty(fileno(out)) && !(term && strcmp(term, "dumb") == 0);
}

neural_status cli_report_open(int to_stderr, int quiet, const char *log_file, cli_report *out) {
    FILE *log = NULL;
    if (log_file && *log_file) {
        log = fopen(log_file, "ae");
        NEURAL_REQUIRE(log, NEURAL_ERR_FILE_WRITE, "%s: log_file: %s", log_file, strerror(errno));
    }
    *out = (cli_report){.out = quiet ? NULL : to_stderr ? stderr : stdout, .log = log};
    out->is_terminal = can_redraw(out->out);
    return NEURAL_OK;
}

void cli_report_close(cli_report *report) {
    cli_report_clear_bar(report);
    if (report->out) {
        fflush(report->out);
    }
    if (report->log) {
        fclose(report->log);
        report->log = NULL;
    }
}

/* Text to `out`, at once. */
static void put(cli_report *report, const char *text) {
    const int failed = fputs(text, report->out) < 0 || fflush(report->out);
    report->closed |= failed && errno == EPIPE;
}

void cli_report_clear_bar(cli_report *report) {
    if (report->bar_shown) {
        put(report, "\r\033[K");
        report->bar_shown = 0;
    }
}

void cli_report_bar(cli_report *report, const char *text) {
    if (report->is_terminal) {
        fprintf(report->out, "\r%s\033[K", text);
        fflush(report->out);
        report->bar_shown = 1;
    }
}

void cli_report_text(cli_report *report, const char *text) {
    cli_report_clear_bar(report);
    if (report->out) {
        put(report, text);
    }
    if (report->log) {
        fputs(text, report->log);
        fflush(report->log);
    }
}

void cli_report_line(cli_report *report, const char *format, ...) {
    char text[CLI_REPORT_LINE];
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(text, sizeof text - 1, format, args);
    va_end(args);
    if (length >= 0) {
        strcat(text, "\n");
        cli_report_text(report, text);
    }
}

int cli_report_width(const cli_report *report) {
    struct winsize size;
    if (report->out && ioctl(fileno(report->out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    return 80;
}

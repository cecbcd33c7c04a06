#include <string.h>

#include "core/base/memory.h"
#include "data/number.h"
#include "train/board_type.h"

/* Cuts the line at `at` off the text; returns the rest, or NULL. */
static char *cut_line(char *at) {
    char *end = strchr(at, '\n');
    if (end) {
        *end = '\0';
    }
    return end ? end + 1 : NULL;
}

/* "key = value" to a number where the value is one, else to a text. Both stay in the line. */
static int read_line(char *line, neural_hparam *out) {
    char *mark = strstr(line, " = ");
    if (!mark) {
        return 0;
    }
    *mark = '\0';
    const char *value = mark + 3, *end = value + strlen(value);
    *out = (neural_hparam){.name = line, .kind = NEURAL_HPARAM_TEXT, .text = value};
    if (end > value && neural_number_parse_f64(value, end, &out->number) == end) {
        out->kind = NEURAL_HPARAM_NUMBER;
    }
    return 1;
}

static neural_status log_lines(neural_board *board, char *text, const char *const *metrics,
                               const double *values, int64_t metric_count) {
    int64_t lines = 1, count = 0;
    for (const char *at = strchr(text, '\n'); at; at = strchr(at + 1, '\n')) {
        lines++;
    }
    neural_hparam *hparams = neural_alloc((size_t)lines * sizeof *hparams);
    if (!hparams) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (char *line = text; line;) {
        char *next = cut_line(line);
        count += read_line(line, &hparams[count]);
        line = next;
    }
    const neural_status status =
        neural_summary_writer_add_hparams(board->writer, NULL, hparams, count, metrics, values,
                                          metric_count, board->trainer->progress.steps);
    neural_free(hparams);
    return status;
}

neural_status board_log_hparams(neural_board *board, const char *const *metrics,
                                const double *values, int64_t metric_count) {
    char *text = NULL;
    NEURAL_TRY(neural_config_resolved(board->trainer->config, 1, &text));
    const neural_status status = log_lines(board, text, metrics, values, metric_count);
    neural_text_free(text);
    return status;
}

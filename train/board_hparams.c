#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "data/number.h"
#include "train/board_type.h"

/* The config's text as it is read: lines are cut off, names are made in the arena. */
typedef struct reader {
    neural_arena *arena;
    const char *section;
    neural_hparam *hparams;
    int64_t count;
} reader;

/* Cuts the line at `at` off the text; returns the rest, or NULL. */
static char *cut_line(char *at) {
    char *end = strchr(at, '\n');
    if (end) {
        *end = '\0';
    }
    return end ? end + 1 : NULL;
}

/* "key = value" to "section.key" and a number where the value is one, else a text. */
static neural_status add_pair(reader *r, const char *key, const char *value) {
    const size_t bytes = strlen(r->section) + strlen(key) + 2;
    const char *end = value + strlen(value);
    char *name = neural_arena_alloc(r->arena, bytes);
    if (!name) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    snprintf(name, bytes, "%s.%s", r->section, key);
    neural_hparam *hparam = &r->hparams[r->count++];
    *hparam = (neural_hparam){.name = name, .kind = NEURAL_HPARAM_TEXT, .text = value};
    if (end > value && neural_number_parse_f64(value, end, &hparam->number) == end) {
        hparam->kind = NEURAL_HPARAM_NUMBER;
    }
    return NEURAL_OK;
}

static neural_status read_line(reader *r, char *line) {
    char *mark = strstr(line, " = ");
    if (line[0] == '[') {
        line[strcspn(line, "]")] = '\0';
        r->section = line + 1;
    } else if (mark) {
        *mark = '\0';
        return add_pair(r, line, mark + 3);
    }
    return NEURAL_OK;
}

static neural_status read_lines(reader *r, char *text) {
    size_t lines = 1;
    for (const char *at = strchr(text, '\n'); at; at = strchr(at + 1, '\n')) {
        lines++;
    }
    r->hparams = neural_arena_alloc(r->arena, lines * sizeof *r->hparams);
    if (!r->hparams) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (char *line = text; line;) {
        char *next = cut_line(line);
        NEURAL_TRY(read_line(r, line));
        line = next;
    }
    return NEURAL_OK;
}

neural_status board_log_hparams(neural_board *board, const char *const *metrics,
                                const double *values, int64_t metric_count) {
    reader r = {.section = ""};
    char *text = NULL;
    NEURAL_TRY(neural_arena_create(1 << 12, &r.arena));
    neural_status status = neural_config_resolved(board->trainer->config, 1, &text);
    if (!status) {
        status = read_lines(&r, text);
    }
    if (!status) {
        status =
            neural_summary_writer_add_hparams(board->writer, NULL, r.hparams, r.count, metrics,
                                              values, metric_count, board->trainer->progress.steps);
    }
    neural_text_free(text);
    neural_arena_destroy(r.arena);
    return status;
}

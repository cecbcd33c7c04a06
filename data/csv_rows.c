#include "data/csv_rows.h"

#include <math.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "data/csv_missing.h"

enum { PIECE_BYTES = 1 << 19, MAX_PIECES = 16 };

/* A run of whole rows. What it reads lies in memory of its own until it is handed on in turn. */
typedef struct piece {
    const neural_csv_plan *plan;
    neural_csv begin, csv; /* in front of the first row; behind the last, lines from begin's */
    const char *stop;      /* no row begins at or behind it */
    int64_t rows, room;
    char *x, *y;
    neural_csv_field *label, *category; /* one a row; `categories` a row */
    void *memory;
    size_t bytes; /* of memory */
    neural_status status;
} piece;

/* --- one row --- */

/* Refuses the first of a row's target fields, from `csv` on, that is outside [0, 1]. */
static neural_status check_probabilities(neural_csv csv, int64_t targets) {
    for (int64_t i = 0; i < targets; i++) {
        neural_csv_field field;
        neural_csv at = csv;
        double value;
        NEURAL_TRY(neural_csv_read_numbers(&csv, 1, NEURAL_DTYPE_F64, &value));
        if (!(value >= 0 && value <= 1) && !isnan(value)) { /* NaN: missing */
            NEURAL_TRY(neural_csv_read_field(&at, &field));
            return neural_csv_fail(&at, &field, "a target from 0 to 1");
        }
    }
    return NEURAL_OK;
}

static neural_status read_target(piece *at, int64_t row) {
    const neural_csv_plan *plan = at->plan;
    const neural_dtype dtype = plan->options->dtype;
    const neural_csv_missing *missing = at->csv.missing;
    neural_csv_field field;
    if (plan->options->target == NEURAL_TARGET_CLASS) {
        return neural_csv_read_field(&at->csv, &at->label[row]);
    }
    for (int64_t i = 0; plan->options->target == NEURAL_TARGET_NONE && i < plan->targets; i++) {
        NEURAL_TRY(neural_csv_read_field(&at->csv, &field));
    }
    if (plan->options->target == NEURAL_TARGET_NONE) {
        return NEURAL_OK;
    }
    if (plan->options->missing != NEURAL_MISSING_DROP) {
        at->csv.missing = NULL; /* a target cannot be made up */
    }
    if (plan->options->probability) {
        NEURAL_TRY(check_probabilities(at->csv, plan->targets));
    }
    char *y = at->y + row * plan->targets * neural_dtype_bytes(dtype);
    const neural_status status = neural_csv_read_numbers(&at->csv, plan->targets, dtype, y);
    at->csv.missing = missing;
    return status;
}

/* Features [first, last) of the row: runs of numbers, and category fields between them. */
static neural_status read_features(piece *at, int64_t row, int64_t first, int64_t last,
                                   int64_t *category) {
    const neural_csv_plan *plan = at->plan;
    const neural_dtype dtype = plan->options->dtype;
    const int64_t element = neural_dtype_bytes(dtype);
    char *x = at->x + row * plan->features * element;
    while (first < last) {
        int64_t end = first;
        for (; end < last && !(plan->is_category && plan->is_category[end]); end++) {
        }
        NEURAL_TRY(neural_csv_read_numbers(&at->csv, end - first, dtype, x + first * element));
        neural_csv_missing_erase(at->csv.missing, end - first, dtype, x + first * element);
        if (end < last) {
            neural_csv_field *field = &at->category[row * plan->categories + (*category)++];
            NEURAL_TRY(neural_csv_read_field(&at->csv, field));
            end++;
        }
        first = end;
    }
    return NEURAL_OK;
}

static double number(const piece *at, const char *from, int64_t index) {
    return at->plan->options->dtype == NEURAL_DTYPE_F64
               ? ((const double *)(const void *)from)[index]
               : ((const float *)(const void *)from)[index];
}

static int misses_target(const piece *at, int64_t row) {
    const neural_csv_plan *plan = at->plan;
    if (plan->targets && plan->options->target == NEURAL_TARGET_CLASS) {
        return neural_csv_is_missing(&at->csv, &at->label[row]);
    }
    const int64_t targets = plan->options->target == NEURAL_TARGET_VALUE ? plan->targets : 0;
    double sum = 0.0;
    for (int64_t i = 0; i < targets; i++) {
        const double value = number(at, at->y, row * targets + i);
        sum += value - value;
    }
    return sum != 0.0;
}

/* NaN stands for what is missing and for nothing else. */
static int has_missing(const piece *at, int64_t row) {
    const neural_csv_plan *plan = at->plan;
    const int64_t features = plan->features;
    double sum = 0.0;
    for (int64_t j = 0; j < features; j++) {
        const int is_number = !(plan->is_category && plan->is_category[j]);
        const double value = is_number ? number(at, at->x, row * features + j) : 0.0;
        sum += value - value;
    }
    for (int64_t i = 0; i < plan->categories; i++) {
        if (neural_csv_is_missing(&at->csv, &at->category[row * plan->categories + i])) {
            return 1;
        }
    }
    return sum != 0.0 || misses_target(at, row);
}

static neural_status read_row(piece *at) {
    const neural_csv_plan *plan = at->plan;
    int64_t category = 0;
    NEURAL_TRY(read_features(at, at->rows, 0, plan->target, &category));
    if (plan->targets) {
        NEURAL_TRY(read_target(at, at->rows));
    }
    NEURAL_TRY(read_features(at, at->rows, plan->target, plan->features, &category));
    NEURAL_TRY(neural_csv_end_row(&at->csv));
    const int is_dropped =
        plan->options->missing == NEURAL_MISSING_DROP && has_missing(at, at->rows);
    at->rows += !is_dropped;
    return NEURAL_OK;
}

static neural_status read_piece(piece *at) {
    at->csv = at->begin;
    at->rows = 0;
    while (at->csv.at < at->stop && at->rows < at->room) {
        int more = 0;
        NEURAL_TRY(neural_csv_begin_row(&at->csv, &more));
        if (!more) {
            break;
        }
        NEURAL_TRY(read_row(at));
    }
    return NEURAL_OK;
}

static void read_pieces(void *context, int64_t begin, int64_t end) {
    piece *pieces = context;
    for (int64_t i = begin; i < end; i++) {
        const neural_fp_state state = neural_fp_enter();
        pieces[i].status = read_piece(&pieces[i]);
        neural_fp_leave(state);
    }
}

/* --- cutting --- */

static size_t round_up(size_t bytes) {
    return (bytes + NEURAL_ALIGNMENT - 1) / NEURAL_ALIGNMENT * NEURAL_ALIGNMENT;
}

/* Room for the rows that can begin in front of at->stop, and one that a quote lets begin there. */
static neural_status make_room(piece *at, const neural_csv *csv) {
    const neural_csv_plan *plan = at->plan;
    const size_t element = (size_t)neural_dtype_bytes(plan->options->dtype);
    neural_csv until = *csv;
    until.end = at->stop;
    until.is_mapped = 0; /* they are about to be read */
    at->room = neural_csv_rows_bound(&until) + 1;
    const size_t room = (size_t)at->room;
    const int is_class = plan->options->target == NEURAL_TARGET_CLASS && plan->targets;
    const size_t x = round_up(room * (size_t)plan->features * element);
    const size_t y = is_class ? 0 : round_up(room * (size_t)plan->targets * element);
    const size_t label = is_class ? round_up(room * sizeof(neural_csv_field)) : 0;
    const size_t bytes = x + y + label + room * (size_t)plan->categories * sizeof(neural_csv_field);
    if (bytes > at->bytes) {
        neural_free(at->memory);
        at->bytes = 0;
        at->memory = neural_alloc(bytes);
        if (!at->memory) {
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
        at->bytes = bytes;
    }
    at->x = at->memory;
    at->y = at->x + x;
    at->label = (void *)(at->y + y);
    at->category = (void *)(at->y + y + label);
    return NEURAL_OK;
}

/* The next piece from csv->at on. *is_open: quotes are in it, so that only reading it tells where
 * it ends; else csv goes behind it. */
static neural_status cut(neural_csv *csv, piece *at, int *is_open) {
    const size_t left = (size_t)(csv->end - csv->at);
    const char *stop = csv->end;
    if (left > PIECE_BYTES) {
        const char *newline = memchr(csv->at + PIECE_BYTES, '\n', left - PIECE_BYTES);
        stop = newline ? newline + 1 : csv->end;
    }
    at->stop = stop;
    NEURAL_TRY(make_room(at, csv));
    at->begin = *csv;
    *is_open = memchr(csv->at, '"', (size_t)(stop - csv->at)) != NULL;
    if (!*is_open) {
        at->begin.end = stop;
        csv->at = csv->line_begin = stop;
    }
    return NEURAL_OK;
}

/* --- handing on --- */

static neural_status hand_on_labels(piece *at, const neural_csv_sink *sink, int64_t lines) {
    for (int64_t row = 0; sink->labels && row < at->rows; row++) {
        at->label[row].line += lines;
        NEURAL_TRY(neural_labels_add_field(sink->labels, &at->csv, &at->label[row]));
    }
    return NEURAL_OK;
}

/* Category fields become code numbers in x. */
static neural_status number_categories(piece *at, int64_t lines) {
    const neural_csv_plan *plan = at->plan;
    for (int64_t j = 0, column = 0; plan->categories && j < plan->features; j++) {
        for (int64_t row = 0; plan->is_category[j] && row < at->rows; row++) {
            neural_csv_field *field = &at->category[row * plan->categories + column];
            double code = NAN;
            field->line += lines;
            if (!neural_csv_is_missing(&at->csv, field)) {
                NEURAL_TRY(neural_categories_number(plan->names[column], &at->csv, field, &code));
            }
            if (plan->options->dtype == NEURAL_DTYPE_F64) {
                ((double *)(void *)at->x)[row * plan->features + j] = code;
            } else {
                ((float *)(void *)at->x)[row * plan->features + j] = (float)code;
            }
        }
        column += plan->is_category[j];
    }
    return NEURAL_OK;
}

/* `lines`: the file's lines in front of the piece less those that its cursor counted from. A piece
 * that failed is read again with the right lines: its text is then that of the calling thread. */
static neural_status hand_on(piece *at, const neural_csv_sink *sink, int64_t lines) {
    if (at->status) {
        at->begin.line += lines;
        NEURAL_TRY(read_piece(at));
        return at->status;
    }
    NEURAL_TRY(hand_on_labels(at, sink, lines));
    NEURAL_TRY(number_categories(at, lines));
    const int has_y = at->plan->targets && at->plan->options->target == NEURAL_TARGET_VALUE;
    return sink->take(sink->context, at->x, has_y ? at->y : NULL, at->rows);
}

/* Cuts and reads up to `count` pieces, then hands them on. */
static neural_status read_round(neural_csv *csv, piece *pieces, int count,
                                const neural_csv_sink *sink, int64_t *rows) {
    const char *const first = csv->at;
    int used = 0, is_open = 0;
    int64_t lines = 0;
    for (; used < count && !is_open && csv->at < csv->end; used++) {
        NEURAL_TRY(cut(csv, &pieces[used], &is_open));
    }
    neural_parallel_for(used, 1, read_pieces, pieces);
    for (int i = 0; i < used; i++) {
        piece *at = &pieces[i];
        NEURAL_TRY(hand_on(at, sink, lines));
        lines += at->csv.line - at->begin.line;
        *rows += at->rows;
    }
    if (is_open) {
        const neural_csv *last = &pieces[used - 1].csv;
        csv->at = last->at;
        csv->line_begin = last->line_begin;
    }
    csv->line += lines;
    neural_csv_leave_pages(csv, first, csv->at);
    return NEURAL_OK;
}

neural_status neural_csv_rows_read(const neural_csv *csv, const neural_csv_plan *plan,
                                   const neural_csv_sink *sink, int64_t *rows) {
    piece pieces[MAX_PIECES] = {{.plan = plan}};
    neural_csv at = *csv;
    const int threads = neural_num_threads();
    const int count = threads < MAX_PIECES ? threads : MAX_PIECES;
    neural_status status = NEURAL_OK;
    for (int i = 0; i < count; i++) {
        pieces[i].plan = plan;
    }
    *rows = 0;
    while (!status && at.at < at.end) {
        status = read_round(&at, pieces, count, sink, rows);
    }
    for (int i = 0; i < count; i++) {
        neural_free(pieces[i].memory);
    }
    return status;
}

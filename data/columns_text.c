/* Fitted columns as text: "columns MISSING ENCODING IGNORE SOURCES", then a line per source: "n"
 * and the fill, or "c" and the count of the categories that follow, one a line, \ and line ends in
 * them as \\ and \n. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "data/columns_type.h"
#include "data/number.h"

enum { LINE_BYTES = 600 };

/* --- writing --- */

typedef struct writer {
    char *text;
    size_t used, room;
} writer;

static neural_status put(writer *w, const char *text) {
    const size_t bytes = strlen(text);
    if (bytes + 1 > w->room - w->used) {
        const size_t room = w->room * 2 + bytes + LINE_BYTES;
        char *grown = neural_realloc(w->text, w->used, room);
        if (!grown) {
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
        w->text = grown;
        w->room = room;
    }
    memcpy(w->text + w->used, text, bytes + 1);
    w->used += bytes;
    return NEURAL_OK;
}

static neural_status put_name(writer *w, const char *name) {
    char line[LINE_BYTES];
    size_t used = 0;
    for (; *name && used + 3 < sizeof line; name++) {
        if (*name == '\\' || *name == '\n') {
            line[used++] = '\\';
        }
        line[used++] = *name == '\n' ? 'n' : *name;
    }
    line[used++] = '\n';
    line[used] = '\0';
    return put(w, line);
}

static neural_status put_column(writer *w, const neural_column *column) {
    char line[64];
    const int64_t count = neural_names_count(column->names);
    if (!column->names) {
        snprintf(line, sizeof line, isnan(column->fill) ? "n -\n" : "n %.17g\n", column->fill);
        return put(w, line);
    }
    snprintf(line, sizeof line, "c %" PRId64 "\n", count);
    NEURAL_TRY(put(w, line));
    for (int64_t i = 0; i < count; i++) {
        NEURAL_TRY(put_name(w, neural_names_get(column->names, i)));
    }
    return NEURAL_OK;
}

static neural_status put_all(writer *w, const neural_columns *columns) {
    char line[96];
    snprintf(line, sizeof line, "columns %d %d %d %" PRId64 "\n", (int)columns->missing,
             (int)columns->encoding, columns->ignore_unknown, columns->sources);
    NEURAL_TRY(put(w, line));
    for (int64_t j = 0; j < columns->sources; j++) {
        NEURAL_TRY(put_column(w, &columns->column[j]));
    }
    return NEURAL_OK;
}

neural_status neural_columns_write(const neural_columns *columns, char **out) {
    NEURAL_REQUIRE(columns && out, NEURAL_ERR_NULL_POINTER, "columns_write: an argument is NULL");
    writer w = {0};
    const neural_status status = put_all(&w, columns);
    if (status) {
        neural_free(w.text);
        return status;
    }
    *out = w.text;
    return NEURAL_OK;
}

/* --- reading --- */

static neural_status fail(void) {
    return neural_error(NEURAL_ERR_DATA, "the stored columns are damaged");
}

/* The next line without its end; 0 when there is none, or it is too long. */
static int take_line(const char **at, char line[LINE_BYTES]) {
    const char *end = strchr(*at, '\n');
    if (!end || end - *at >= LINE_BYTES) {
        return 0;
    }
    memcpy(line, *at, (size_t)(end - *at));
    line[end - *at] = '\0';
    *at = end + 1;
    return 1;
}

static int unescape(char *text) {
    char *to = text;
    for (; *text; text++) {
        if (*text == '\\') {
            text++;
            if (*text != '\\' && *text != 'n') {
                return 0;
            }
            *to++ = *text == 'n' ? '\n' : '\\';
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
    return 1;
}

static int take_integer(const char **at, int64_t most, int64_t *out) {
    char *end;
    if (**at < '0' || **at > '9') {
        return 0;
    }
    const long long value = strtoll(*at, &end, 10);
    *at = end + (*end == ' ');
    *out = value;
    return value <= most;
}

/* Names come sorted and without repetition. */
static neural_status take_names(const char **at, int64_t count, neural_names **out) {
    char line[LINE_BYTES];
    NEURAL_TRY(neural_names_create(out));
    for (int64_t i = 0; i < count; i++) {
        if (!take_line(at, line) || !unescape(line) ||
            (i > 0 && strcmp(neural_names_get(*out, i - 1), line) >= 0)) {
            return fail();
        }
        NEURAL_TRY(neural_names_add(*out, line));
    }
    return NEURAL_OK;
}

static neural_status take_column(const char **at, neural_columns *columns, int64_t j) {
    char line[LINE_BYTES];
    neural_column *column = &columns->column[j];
    int64_t count = 0;
    if (!take_line(at, line) || (line[0] != 'n' && line[0] != 'c') || line[1] != ' ') {
        return fail();
    }
    const char *text = line + 2, *end = line + strlen(line);
    if (line[0] == 'n') {
        const int is_none = strcmp(text, "-") == 0;
        const int is_number =
            neural_number_parse_f64(text, end, &column->fill) == end && isfinite(column->fill);
        return is_none || (is_number && *text) ? NEURAL_OK : fail();
    }
    columns->mask[j] = 1;
    if (!take_integer(&text, 16384, &count) || *text || count < 1) {
        return fail();
    }
    return take_names(at, count, &column->names);
}

static neural_status take_all(const char *at, neural_columns **columns) {
    char line[LINE_BYTES];
    int64_t missing = 0, encoding = 0, ignore = 0, sources = 0;
    const int64_t length = (int64_t)strlen(at);
    if (!take_line(&at, line) || strncmp(line, "columns ", 8) != 0) {
        return fail();
    }
    const char *text = line + 8;
    if (!take_integer(&text, NEURAL_MISSING_MEDIAN, &missing) ||
        !take_integer(&text, NEURAL_ENCODING_ORDINAL, &encoding) ||
        !take_integer(&text, 1, &ignore) || !take_integer(&text, length, &sources) || *text) {
        return fail();
    }
    NEURAL_TRY(neural_columns_create(sources, columns));
    (*columns)->missing = (neural_missing)missing;
    (*columns)->encoding = (neural_encoding)encoding;
    (*columns)->ignore_unknown = (int)ignore;
    for (int64_t j = 0; j < sources; j++) {
        NEURAL_TRY(take_column(&at, *columns, j));
    }
    return *at ? fail() : NEURAL_OK;
}

neural_status neural_columns_read(const char *text, neural_columns **out) {
    NEURAL_REQUIRE(text && out, NEURAL_ERR_NULL_POINTER, "columns_read: an argument is NULL");
    neural_columns *columns = NULL;
    const neural_status status = take_all(text, &columns);
    if (status) {
        neural_columns_destroy(columns);
        return status;
    }
    *out = columns;
    return NEURAL_OK;
}

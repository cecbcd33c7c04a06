#include "data/csv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/number.h"

enum { COUNT_BYTES = 1 << 23 /* between one giving back of pages and the next */ };

static int is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* --- rows --- */

static void next_line(neural_csv *csv, const char *newline) {
    csv->at = csv->line_begin = newline + 1;
    csv->line++;
    csv->in_row = 0;
}

/* The line end at `at`: LF, CR LF, CR at the end of the file. NULL when `at` is none. */
static const char *line_end(const neural_csv *csv, const char *at) {
    at += at < csv->end && *at == '\r';
    return at == csv->end || *at == '\n' ? at : NULL;
}

static void end_line(neural_csv *csv, const char *newline) {
    csv->in_row = 0;
    if (newline < csv->end) {
        next_line(csv, newline);
    } else {
        csv->at = csv->end;
    }
}

static const char *skip_spaces(const neural_csv *csv, const char *at) {
    for (; at < csv->end && *at == ' '; at++) {
    }
    return at;
}

neural_status neural_csv_begin_row(neural_csv *csv, int *more) {
    NEURAL_REQUIRE(!csv->in_row, NEURAL_ERR_INTERNAL, "csv_begin_row: inside a row");
    *more = 0;
    while (csv->at < csv->end) {
        const char *text = skip_spaces(csv, csv->at), *newline = line_end(csv, text);
        if (!newline) {
            csv->at = csv->separator == ' ' ? text : csv->at;
            csv->row_begin = csv->at;
            csv->row_line = csv->line;
            csv->field = 0;
            csv->in_row = *more = 1;
            return NEURAL_OK;
        }
        end_line(csv, newline);
    }
    return NEURAL_OK;
}

/* Fields of the current row, counted up to its end or to a broken quote. */
static int64_t count_fields(neural_csv csv) {
    neural_csv_field field;
    csv.at = csv.row_begin;
    csv.field = 0;
    csv.in_row = 1;
    while (csv.in_row && neural_csv_read_field(&csv, &field) == NEURAL_OK) {
    }
    return csv.field;
}

static neural_status fail_ragged(const neural_csv *csv) {
    return neural_error(NEURAL_ERR_DATA, "%s:%lld: expected %lld fields, found %lld", csv->path,
                        (long long)csv->row_line, (long long)csv->fields,
                        (long long)count_fields(*csv));
}

neural_status neural_csv_end_row(neural_csv *csv) {
    return csv->in_row || csv->field != csv->fields ? fail_ragged(csv) : NEURAL_OK;
}

/* --- fields --- */

/* Steps over what follows a field: a separator, or the end of the row. */
static void leave_field(neural_csv *csv, const char *at) {
    csv->field++;
    if (at < csv->end && *at == csv->separator) {
        csv->at = at + 1;
        if (csv->separator == ' ') {
            csv->at = skip_spaces(csv, at);
            const char *newline = line_end(csv, csv->at);
            if (newline) {
                end_line(csv, newline);
            }
        }
        return;
    }
    end_line(csv, at);
}

static neural_status read_plain(neural_csv *csv, neural_csv_field *out) {
    const char *first = csv->at, *stop = first;
    for (; stop < csv->end && *stop != csv->separator && *stop != '\n'; stop++) {
    }
    for (; first < stop && is_blank(*first); first++) {
    }
    const char *last = stop;
    for (; last > first && (is_blank(last[-1]) || last[-1] == '\r'); last--) {
    }
    *out = (neural_csv_field){.text = first,
                              .bytes = last - first,
                              .line = csv->line,
                              .column = first - csv->line_begin + 1};
    leave_field(csv, stop);
    return NEURAL_OK;
}

/* From the opening quote: finds the closing one and counts the lines between. */
static neural_status read_quoted(neural_csv *csv, const char *quote, neural_csv_field *out) {
    *out = (neural_csv_field){
        .text = quote + 1, .line = csv->line, .column = quote - csv->line_begin + 1, .quoted = 1};
    const char *at = quote + 1;
    for (; at < csv->end; at++) {
        if (*at == '\n') {
            csv->line++;
            csv->line_begin = at + 1;
        } else if (*at == '"') {
            if (at + 1 == csv->end || at[1] != '"') {
                break;
            }
            out->doubled = 1;
            at++;
        }
    }
    NEURAL_REQUIRE(at < csv->end, NEURAL_ERR_DATA, "%s:%lld:%lld: this quote is never closed",
                   csv->path, (long long)out->line, (long long)out->column);
    out->bytes = at++ - out->text;
    for (; at < csv->end && is_blank(*at) && *at != csv->separator; at++) {
    }
    const char *newline = line_end(csv, at);
    NEURAL_REQUIRE(newline || *at == csv->separator, NEURAL_ERR_DATA,
                   "%s:%lld:%lld: expected a separator or the end of the line after the quote",
                   csv->path, (long long)csv->line, (long long)(at - csv->line_begin + 1));
    leave_field(csv, newline ? newline : at);
    return NEURAL_OK;
}

neural_status neural_csv_read_field(neural_csv *csv, neural_csv_field *out) {
    if (!csv->in_row) {
        return fail_ragged(csv);
    }
    const char *at = csv->at;
    for (; at < csv->end && is_blank(*at) && *at != csv->separator; at++) {
    }
    return at < csv->end && *at == '"' ? read_quoted(csv, at, out) : read_plain(csv, out);
}

neural_status neural_csv_unquote(const neural_csv *csv, const neural_csv_field *field, char *text,
                                 int64_t bytes) {
    int64_t length = 0;
    for (int64_t i = 0; i < field->bytes; i++) {
        const char c = field->text[i];
        if (length + 1 >= bytes) {
            return neural_error(NEURAL_ERR_DATA, "%s:%lld:%lld: a text longer than %lld bytes",
                                csv->path, (long long)field->line, (long long)field->column,
                                (long long)bytes - 1);
        }
        if (c == '\0') {
            return neural_csv_fail(csv, field, "a text without NUL bytes");
        }
        i += field->doubled && c == '"';
        text[length++] = c;
    }
    text[length] = '\0';
    return NEURAL_OK;
}

/* --- numbers --- */

static const char *parse(const char *text, const char *end, neural_dtype dtype, void *dst,
                         int64_t index, int *finite) {
    if (dtype == NEURAL_DTYPE_F64) {
        double *value = (double *)dst + index;
        const char *after = neural_number_parse_f64(text, end, value);
        *finite = after && isfinite(*value);
        return after;
    }
    float *value = (float *)dst + index;
    const char *after = neural_number_parse_f32(text, end, value);
    *finite = after && isfinite(*value);
    return after;
}

/* The text for a message: at most 32 bytes, control bytes as \xNN. */
static const char *excerpt(const neural_csv_field *field, char text[160]) {
    size_t used = 0;
    const int64_t shown = field->bytes > 32 ? 32 : field->bytes;
    for (int64_t i = 0; i < shown; i++) {
        const unsigned char c = (unsigned char)field->text[i];
        used += (size_t)snprintf(text + used, 160 - used, c < 32 || c == 127 ? "\\x%02x" : "%c", c);
    }
    snprintf(text + used, 160 - used, "%s", field->bytes > shown ? "..." : "");
    return text;
}

neural_status neural_csv_fail(const neural_csv *csv, const neural_csv_field *field,
                              const char *what) {
    char text[160];
    const char *mark = field->bytes ? "\"" : "";
    return neural_error(NEURAL_ERR_DATA, "%s:%lld:%lld: expected %s, found %s%s%s", csv->path,
                        (long long)field->line, (long long)field->column, what, mark,
                        field->bytes ? excerpt(field, text) : "an empty field", mark);
}

static void store_missing(neural_dtype dtype, void *dst, int64_t index) {
    if (dtype == NEURAL_DTYPE_F64) {
        ((double *)dst)[index] = NAN;
    } else {
        ((float *)dst)[index] = NAN;
    }
}

/* Any field: quoted, with blanks around, at the end of a row, or wrong. */
static neural_status read_number(neural_csv *csv, neural_dtype dtype, void *dst, int64_t index) {
    neural_csv_field field;
    NEURAL_TRY(neural_csv_read_field(csv, &field));
    const char *text = field.text, *end = text + field.bytes;
    for (; text < end && is_blank(*text); text++) {
    }
    for (; text < end && is_blank(end[-1]); end--) {
    }
    int finite;
    if (neural_csv_is_missing(csv, &field)) {
        store_missing(dtype, dst, index);
        return NEURAL_OK;
    }
    if (parse(text, end, dtype, dst, index, &finite) != end || text == end) {
        return neural_csv_fail(csv, &field, "a number");
    }
    if (!finite) {
        return neural_csv_fail(csv, &field,
                               dtype == NEURAL_DTYPE_F64 ? "a number in the range of f64"
                                                         : "a number in the range of f32");
    }
    return NEURAL_OK;
}

/* Fields of the usual form from *at on, which goes behind them. */
static int64_t read_run(neural_csv *csv, const char **at, int64_t count, neural_dtype dtype,
                        void *dst, int64_t index) {
    int64_t done = 0;
    *at = dtype == NEURAL_DTYPE_F64 ? neural_number_run_f64(*at, csv->end, csv->separator, count,
                                                            (double *)dst + index, &done)
                                    : neural_number_run_f32(*at, csv->end, csv->separator, count,
                                                            (float *)dst + index, &done);
    csv->field += done;
    return done;
}

neural_status neural_csv_read_numbers(neural_csv *csv, int64_t count, neural_dtype dtype,
                                      void *dst) {
    const char separator = csv->separator, *const end = csv->end, *at = csv->at;
    for (int64_t i = 0; i < count; i++) {
        int finite = 0;
        if (csv->in_row && separator != ' ') {
            const int64_t done = read_run(csv, &at, count - i, dtype, dst, i);
            i += done;
            if (i == count) {
                break;
            }
        }
        const char *after = csv->in_row ? parse(at, end, dtype, dst, i, &finite) : NULL;
        if (finite && after < end && *after == separator && separator != ' ') {
            at = after + 1;
            csv->field++;
            continue;
        }
        csv->at = at;
        if (finite && after < end && *after == '\n') {
            leave_field(csv, after);
        } else {
            NEURAL_TRY(read_number(csv, dtype, dst, i));
        }
        at = csv->at;
    }
    csv->at = at;
    return NEURAL_OK;
}

void neural_csv_leave_pages(const neural_csv *csv, const char *from, const char *to) {
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t first = ((uintptr_t)from + page - 1) / page * page;
    const uintptr_t last = (uintptr_t)to / page * page;
    if (csv->is_mapped && first < last) {
        madvise((void *)first, last - first, MADV_DONTNEED);
    }
}

static int64_t count_lines(const char *at, const char *end) {
    int64_t lines = 0;
    for (; at < end; at++, lines++) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (!at) {
            break;
        }
    }
    return lines;
}

int64_t neural_csv_rows_bound(const neural_csv *csv) {
    int64_t lines = 1;
    for (const char *at = csv->at; at < csv->end;) {
        const char *stop = csv->end - at > COUNT_BYTES ? at + COUNT_BYTES : csv->end;
        lines += count_lines(at, stop);
        neural_csv_leave_pages(csv, at, stop);
        at = stop;
    }
    const int64_t by_length = (csv->end - csv->at + 1) / csv->fields;
    return lines < by_length ? lines : by_length;
}

/* A cursor over delimited text (RFC 4180, and whitespace-separated columns).
 *
 * - Fields are separated by one of , ; tab space. With space, runs of spaces count as one and
 *   leading ones are ignored. Rows end with LF or CRLF, the last one also with the end of the file.
 * - A field that begins with " ends at the next single "; "" inside stands for one ", separators
 *   and line ends inside are text. Around unquoted fields spaces and tabs are ignored.
 * - A UTF-8 byte order mark is skipped. Empty lines, and lines of spaces, are skipped anywhere.
 * - All rows have as many fields as the first. Errors are "path:line:column: what".
 *
 * The cursor is a plain value over memory of the caller's and owns nothing: copies look ahead. */
#ifndef DATA_CSV_H_
#define DATA_CSV_H_

#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/tensor/dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_csv_missing neural_csv_missing; /* csv_missing.h */

typedef struct neural_csv {
    const char *path;       /* for messages */
    const char *at, *end;   /* next byte; end of the text */
    const char *line_begin; /* of the line that `at` is in */
    int64_t line;           /* its number, from 1 */
    const char *row_begin;  /* first byte of the current row */
    int64_t row_line;
    int64_t field;  /* fields read of the current row */
    int64_t fields; /* fields per row */
    int in_row;     /* at is at a field of the current row */
    char separator;
    const neural_csv_missing *missing; /* texts that are read as NaN; NULL = none */
    int is_mapped; /* the text is a mapped file: pages that were read need not stay */
} neural_csv;

typedef struct neural_csv_field {
    const char *text; /* trimmed, or what is inside the quotes; not NUL-terminated */
    int64_t bytes;
    int64_t line, column; /* from 1, column in bytes */
    int quoted;
    int doubled; /* has "" inside, see neural_csv_unquote */
} neural_csv_field;

/* Places the cursor before the first row. separator 0 = recognised: of tab ; , space the first one
 * that splits all of the first 8 rows into equally many fields, at least 2. NEURAL_ERR_DATA when
 * there is no row. */
neural_status neural_csv_open(const char *path, const char *data, size_t bytes, char separator,
                              neural_csv *out);

/* True if the first row is a header: outside the columns [skip, skip + skip_count) no field of it
 * is a number, and some field of the second row (or there is no second row) is one. */
int neural_csv_has_header(const neural_csv *csv, int64_t skip, int64_t skip_count);

/* Enters the next row; *more = 0 at the end of the file. */
neural_status neural_csv_begin_row(neural_csv *csv, int *more);

/* The next field of the row, as text. */
neural_status neural_csv_read_field(neural_csv *csv, neural_csv_field *out);

/* The next `count` fields of the row as finite numbers into dst (f32 or f64); NaN for a text of
 * csv->missing. */
neural_status neural_csv_read_numbers(neural_csv *csv, int64_t count, neural_dtype dtype,
                                      void *dst);

/* The field's text is one of csv->missing, or empty where there are any. */
int neural_csv_is_missing(const neural_csv *csv, const neural_csv_field *field);

/* Leaves the row; it must have been read completely. */
neural_status neural_csv_end_row(neural_csv *csv);

/* The field as a NUL-terminated text with "" undoubled; NEURAL_ERR_DATA when it needs more than
 * `bytes` or holds a NUL. */
neural_status neural_csv_unquote(const neural_csv *csv, const neural_csv_field *field, char *text,
                                 int64_t bytes);

/* Gives the pages of [from, to) back to the page cache where the text is a mapped file. */
void neural_csv_leave_pages(const neural_csv *csv, const char *from, const char *to);

/* Upper bound of the rows still ahead, from line ends and length; rows * fields <= bytes + 1. */
int64_t neural_csv_rows_bound(const neural_csv *csv);

/* Records NEURAL_ERR_DATA "path:line:column: expected WHAT, found \"text\"". */
neural_status neural_csv_fail(const neural_csv *csv, const neural_csv_field *field,
                              const char *what);

#ifdef __cplusplus
}
#endif

#endif /* DATA_CSV_H_ */

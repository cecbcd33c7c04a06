/* What a CSV file does not say itself: its separator, and whether its first row is a header. */
#include <string.h>
#include <strings.h>

#include "data/csv.h"
#include "data/number.h"

enum { SAMPLE_ROWS = 8 };

/* Fields of the next row; 0 when there is none or it is broken. */
static int64_t row_fields(neural_csv *csv) {
    int more = 0;
    neural_csv_field field;
    if (neural_csv_begin_row(csv, &more) || !more) {
        return 0;
    }
    while (csv->in_row) {
        if (neural_csv_read_field(csv, &field)) {
            return 0;
        }
    }
    return csv->field;
}

/* Fields of the first row; *same tells if the following ones have as many. */
static int64_t try_separator(neural_csv csv, char separator, int *same) {
    csv.separator = separator;
    const int64_t fields = row_fields(&csv);
    *same = 1;
    for (int row = 1; *same && row < SAMPLE_ROWS; row++) {
        const int64_t found = row_fields(&csv);
        if (found == 0) {
            break;
        }
        *same = found == fields;
    }
    return fields;
}

/* Where none fits all rows, the one that splits the first row most: the ragged row is then found
 * and named while reading. */
static char recognize_separator(const neural_csv *csv) {
    char best = ',';
    int64_t best_fields = 1;
    for (const char *candidate = "\t;, "; *candidate; candidate++) {
        int same;
        const int64_t fields = try_separator(*csv, *candidate, &same);
        if (same && fields > 1) {
            return *candidate;
        }
        if (fields > best_fields) {
            best = *candidate;
            best_fields = fields;
        }
    }
    return best;
}

static neural_status require_utf8(const char *path, const char *data, size_t bytes) {
    const int is_utf16 =
        bytes >= 2 && (memcmp(data, "\xFF\xFE", 2) == 0 || memcmp(data, "\xFE\xFF", 2) == 0);
    NEURAL_REQUIRE(!is_utf16, NEURAL_ERR_DATA, "%s:1:1: expected UTF-8, found UTF-16", path);
    return NEURAL_OK;
}

/* Counts the fields of the first row; unlike sampling, says what is wrong with it. */
static neural_status measure_first_row(neural_csv csv, int64_t *fields) {
    int more = 0;
    NEURAL_TRY(neural_csv_begin_row(&csv, &more));
    NEURAL_REQUIRE(more, NEURAL_ERR_DATA, "%s: expected rows of numbers, found an empty file",
                   csv.path);
    while (csv.in_row) {
        neural_csv_field field;
        NEURAL_TRY(neural_csv_read_field(&csv, &field));
    }
    *fields = csv.field;
    return NEURAL_OK;
}

neural_status neural_csv_open(const char *path, const char *data, size_t bytes, char separator,
                              neural_csv *out) {
    NEURAL_REQUIRE(separator == 0 || strchr(",;\t ", separator), NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: expected a separator of , ; tab space, found '%c'", path, separator);
    NEURAL_TRY(require_utf8(path, data, bytes));
    const size_t mark = bytes >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    neural_csv csv = {.path = path,
                      .at = data + mark,
                      .end = data + bytes,
                      .line_begin = data + mark,
                      .line = 1,
                      .separator = separator};
    if (!separator) {
        csv.separator = recognize_separator(&csv);
    }
    NEURAL_TRY(measure_first_row(csv, &csv.fields));
    *out = csv;
    return NEURAL_OK;
}

/* Numbers, and the words that other programs write for numbers that are none. */
static int is_number_like(const neural_csv_field *field) {
    static const char *const words[] = {"nan", "inf", "infinity", "na", "null", "?"};
    const char *text = field->text, *end = text + field->bytes;
    double value;
    if (neural_number_parse_f64(text, end, &value) == end) {
        return 1;
    }
    text += text < end && (*text == '-' || *text == '+');
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const size_t bytes = strlen(words[i]);
        if ((size_t)(end - text) == bytes && strncasecmp(text, words[i], bytes) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Number-like fields of the next row outside the skipped columns; -1 when there is no row. */
static int64_t count_numbers(neural_csv *csv, int64_t skip, int64_t skip_count) {
    int more = 0;
    int64_t numbers = 0;
    if (neural_csv_begin_row(csv, &more) || !more) {
        return -1;
    }
    while (csv->in_row) {
        neural_csv_field field;
        const int skipped = csv->field >= skip && csv->field - skip < skip_count;
        if (neural_csv_read_field(csv, &field)) {
            return -1;
        }
        numbers += !skipped && is_number_like(&field);
    }
    return numbers;
}

int neural_csv_has_header(const neural_csv *csv, int64_t skip, int64_t skip_count) {
    neural_csv ahead = *csv;
    const int64_t in_first = count_numbers(&ahead, skip, skip_count);
    return in_first == 0 && count_numbers(&ahead, skip, skip_count) != 0;
}

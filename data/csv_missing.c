#include "data/csv_missing.h"

#include <math.h>
#include <string.h>

#include "core/base/memory.h"
#include "data/list.h"
#include "data/names.h"
#include "data/number.h"

enum { TEXT_BYTES = 256, MAX_NUMBERS = 16 };

struct neural_csv_missing {
    neural_names *texts;
    double number[MAX_NUMBERS]; /* those of the texts that are numbers */
    int numbers;
};

static neural_status add(neural_csv_missing *missing, const char *text) {
    const char *end = text + strlen(text);
    double value;
    if (*text && neural_number_parse_f64(text, end, &value) == end) {
        NEURAL_REQUIRE(missing->numbers < MAX_NUMBERS, NEURAL_ERR_INVALID_CONFIG,
                       "na_values: at most %d numbers", MAX_NUMBERS);
        missing->number[missing->numbers++] = value;
    }
    return neural_names_add(missing->texts, text);
}

neural_status neural_csv_missing_create(const char *list, neural_csv_missing **out) {
    neural_csv_missing *missing = neural_alloc_zeroed(sizeof *missing);
    if (!missing) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    const char *at = list ? list : "NA, N/A, n/a, <NA>, NaN, nan, NULL, null, None, ?";
    neural_status status = neural_names_create(&missing->texts);
    while (!status && *at) {
        char text[TEXT_BYTES];
        status = neural_list_next("na_values", &at, text, sizeof text);
        status = status ? status : add(missing, text);
    }
    if (status) {
        neural_csv_missing_destroy(missing);
        return status;
    }
    *out = missing;
    return NEURAL_OK;
}

void neural_csv_missing_destroy(neural_csv_missing *missing) {
    if (missing) {
        neural_names_destroy(missing->texts);
        neural_free(missing);
    }
}

void neural_csv_missing_erase(const neural_csv_missing *missing, int64_t count, neural_dtype dtype,
                              void *values) {
    for (int n = 0; missing && n < missing->numbers; n++) {
        const double number = missing->number[n];
        for (int64_t i = 0; i < count; i++) {
            if (dtype == NEURAL_DTYPE_F64) {
                double *value = (double *)values + i;
                *value = *value == number ? NAN : *value;
            } else {
                float *value = (float *)values + i;
                *value = *value == (float)number ? NAN : *value;
            }
        }
    }
}

int neural_csv_is_missing(const neural_csv *csv, const neural_csv_field *field) {
    if (!csv->missing) {
        return 0;
    }
    const int64_t count = neural_names_count(csv->missing->texts);
    for (int64_t i = 0; i < count; i++) {
        const char *text = neural_names_get(csv->missing->texts, i);
        if ((int64_t)strlen(text) == field->bytes &&
            memcmp(text, field->text, (size_t)field->bytes) == 0) {
            return 1;
        }
    }
    return field->bytes == 0;
}

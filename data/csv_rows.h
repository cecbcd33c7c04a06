/* The rows of a CSV file, read in pieces by the thread pool: each row's bits are a function of its
 * text, and rows are handed on in the file's order, so the number of threads changes nothing. */
#ifndef DATA_CSV_ROWS_H_
#define DATA_CSV_ROWS_H_

#include "data/categories.h"
#include "data/csv.h"
#include "data/dataset.h"
#include "data/labels.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where the columns of a row go: [0, target) and [target + targets, fields) to x, the others to y
 * or to the labels. */
typedef struct neural_csv_plan {
    const neural_data_options *options;
    int64_t features, target, targets;
    const unsigned char *is_category; /* per feature, or NULL: all are numbers */
    int64_t categories;               /* of these, are categories */
    neural_categories *const *names;  /* of each category column, in order; they grow */
} neural_csv_plan;

/* What takes the rows, in order. */
typedef struct neural_csv_sink {
    /* `rows` rows of x [features] and y [targets]; y NULL unless VALUE. */
    neural_status (*take)(void *context, const void *x, const void *y, int64_t rows);
    void *context;
    neural_labels *labels; /* takes the label fields of CLASS, or NULL */
} neural_csv_sink;

/* All rows from the cursor on; *rows: how many were handed on. */
neural_status neural_csv_rows_read(const neural_csv *csv, const neural_csv_plan *plan,
                                   const neural_csv_sink *sink, int64_t *rows);

#ifdef __cplusplus
}
#endif

#endif /* DATA_CSV_ROWS_H_ */

/* A dataset: rows of features and their targets, whatever file they came from.
 *
 * Features are one [rows, features] tensor (f32 or f64); targets are either class labels, i64
 * [rows], or numbers of the features' dtype, [rows, outputs]. A dataset is immutable; splits and
 * batches refer to it by row numbers. */
#ifndef DATA_DATASET_H_
#define DATA_DATASET_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_dataset neural_dataset;

/* What the targets of a file mean. */
typedef enum neural_target_kind {
    NEURAL_TARGET_NONE = 0,  /* no target: rows to predict */
    NEURAL_TARGET_CLASS = 1, /* labels 0 ... classes-1 */
    NEURAL_TARGET_VALUE = 2  /* numbers (regression, binary probability) */
} neural_target_kind;

/* What becomes of an empty field, or one of na_values. */
typedef enum neural_missing {
    NEURAL_MISSING_ERROR = 0, /* refused, with its place */
    NEURAL_MISSING_DROP = 1,  /* the row is left out */
    NEURAL_MISSING_ZERO = 2,  /* NaN in the dataset, for data/columns.h to fill in: 0, */
    NEURAL_MISSING_MEAN = 3,  /* the column's mean, */
    NEURAL_MISSING_MEDIAN = 4 /* or its median over the training rows */
} neural_missing;

/* From tensors: features [rows, features] or [rows, ...] (flattened), targets as above or NULL.
 * Takes references. classes = 0: one more than the largest label. */
NEURAL_API neural_status neural_dataset_create(neural_tensor *features, neural_tensor *targets,
                                               neural_target_kind kind, int64_t classes,
                                               neural_dataset **out);
NEURAL_API void neural_dataset_destroy(neural_dataset *dataset);

NEURAL_API int64_t neural_dataset_rows(const neural_dataset *dataset);
NEURAL_API int64_t neural_dataset_features(const neural_dataset *dataset);
NEURAL_API int64_t neural_dataset_outputs(const neural_dataset *dataset); /* 1 for classes */
NEURAL_API int64_t neural_dataset_classes(const neural_dataset *dataset); /* 0 unless CLASS */
NEURAL_API neural_target_kind neural_dataset_target_kind(const neural_dataset *dataset);
NEURAL_API neural_tensor *neural_dataset_x(const neural_dataset *dataset); /* borrowed */
NEURAL_API neural_tensor *neural_dataset_y(const neural_dataset *dataset); /* borrowed; or NULL */

/* The label as written in the file ("setosa") of class c, or its number as text. */
NEURAL_API const char *neural_dataset_class_name(const neural_dataset *dataset, int64_t c);
/* The feature's column name from the header, or NULL. */
NEURAL_API const char *neural_dataset_feature_name(const neural_dataset *dataset, int64_t feature);

/* Category columns, whose features are code numbers in order of appearance, NaN = missing: how many
 * categories feature j has (0: it is a number), and the text of a code, or NULL. */
NEURAL_API int64_t neural_dataset_categories(const neural_dataset *dataset, int64_t feature);
NEURAL_API const char *neural_dataset_category_name(const neural_dataset *dataset, int64_t feature,
                                                    int64_t code);

/* Content digest: SHA-256, 64 hexadecimal digits, of the six i64 rows, features, outputs, classes,
 * target kind, dtype (little-endian), then the features, then the targets as they lie in memory,
 * then the texts of category columns, each with its NUL. */
#define NEURAL_DIGEST_TEXT 65
NEURAL_API void neural_dataset_digest(const neural_dataset *dataset, char out[NEURAL_DIGEST_TEXT]);

/* 1 when the features lie in a mapped file: its pages come and go with the page cache. */
NEURAL_API int neural_dataset_is_mapped(const neural_dataset *dataset);

/* Scales the features, x = (x - offset[j]) / scale[j] computed in f64: at once, or, where they are
 * mapped, in every gather (neural_dataset_x then still shows the file's numbers). Same bits. */
NEURAL_API neural_status neural_dataset_scale(neural_dataset *dataset, const double *offset,
                                              const double *scale);

/* Gathers `count` rows into x [count, features] and y (i64 [count] or [count, outputs]); both are
 * allocated by the caller and may have more rows than count: only the first count are written.
 * y may be NULL. */
NEURAL_API neural_status neural_dataset_gather(const neural_dataset *dataset, const int64_t *rows,
                                               int64_t count, neural_tensor *x, neural_tensor *y);

/* Splits row numbers into train and validation: `fraction` of the rows (rounded, at least 1 and at
 * most rows - 1) go to validation, class by class in proportion when the targets are classes
 * (largest remainders), chosen by Philox(seed, SPLIT). Both lists are sorted increasing; allocated
 * here, freed by neural_free. */
NEURAL_API neural_status neural_dataset_split(const neural_dataset *dataset, double fraction,
                                              uint64_t seed, int64_t **train, int64_t *train_rows,
                                              int64_t **validation, int64_t *validation_rows);

/* How to read a file. Zero-initialised = recognise everything. */
typedef struct neural_data_options {
    neural_dtype dtype;        /* of features: F32 (0) or F64 */
    neural_target_kind target; /* NONE: the file has no target column, or, where it has `outputs`
                                  columns more than `features` and label_column is given, those
                                  are left out unread */
    const char *label_column;  /* header name, or 0-based number, -1 = last; NULL = last */
    const char *label_file;    /* targets in a file of their own, same row order; or NULL */
    int64_t outputs;           /* VALUE: number of target columns (the last ones), 0 = 1 */
    int64_t classes;           /* CLASS: labels must be below it; 0 = found from the data */
    const char *const
        *class_names; /* CLASS: the model's names, so that labels keep their numbers */
    char separator;   /* 0 = recognised from , ; tab space */
    int header;       /* 0 = recognised, 1 = there is one, -1 = there is none */
    int64_t features; /* 0 = found; else a file with another count is refused */
    int probability;  /* VALUE: targets outside [0, 1] are refused */
    const char *array, *label_array; /* NPZ: names of the arrays; NULL = x X features data arr_0,
                                        and y Y labels targets target arr_1 */
    neural_missing missing;          /* of CSV files */
    const char *na_values;           /* "?, -": NULL = NA N/A n/a <NA> NaN nan NULL null None ? */
    const char *categorical; /* CSV: feature columns "color, 3" by name or 0-based number, or
                                "auto": those with a text in the first 100 rows; NULL = none */
    const char *cache;       /* CSV without category columns: path of a binary cache that is mapped
                                (data/cache.h), made where it is absent or stale; NULL = none */
    const unsigned char *category_columns; /* CSV: instead, 1 or 0 per feature column */
} neural_data_options;

/* Reads CSV, or IDX (.gz too), NPY or NPZ when the file's first bytes say so.
 * NEURAL_ERR_FILE_NOT_FOUND, _FILE_READ, _DATA "train.csv:17:9: expected a number, found \"abc\"".
 */
NEURAL_API neural_status neural_dataset_load(const char *path, const neural_data_options *options,
                                             neural_dataset **out);

#ifdef __cplusplus
}
#endif

#endif /* DATA_DATASET_H_ */

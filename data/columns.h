/* From the columns of a file to features: missing values are filled in and categories become
 * numbers, by what was learned on the training rows and is stored with the model.
 *
 * - A number column: NaN (a missing value) becomes 0, or the column's mean or median over the
 *   training rows that have a value.
 * - A category column: the categories of the training rows, sorted by strcmp, are numbered from 0.
 *   One-hot makes a feature of each, 1 in its own and 0 in the others; ordinal makes one feature,
 *   the number. A category that is not among them is refused, or, where it is ignored, all zeros
 *   (one-hot) or -1 (ordinal); so is a missing one under every policy that lets it pass.
 * The conventions are those of scikit-learn's SimpleImputer, OneHotEncoder and OrdinalEncoder. */
#ifndef DATA_COLUMNS_H_
#define DATA_COLUMNS_H_

#include "data/dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum neural_encoding {
    NEURAL_ENCODING_ONEHOT = 0,
    NEURAL_ENCODING_ORDINAL = 1
} neural_encoding;

typedef struct neural_columns neural_columns;

/* Learns from `rows` (NULL = all) of a dataset as loaded. NEURAL_ERR_DATA names a column that has
 * no value, or no category, in these rows. */
NEURAL_API neural_status neural_columns_fit(const neural_dataset *dataset, const int64_t *rows,
                                            int64_t row_count, neural_missing missing,
                                            neural_encoding encoding, int ignore_unknown,
                                            neural_columns **out);
NEURAL_API void neural_columns_destroy(neural_columns *columns); /* accepts NULL */

NEURAL_API int64_t neural_columns_sources(const neural_columns *columns);  /* of the file */
NEURAL_API int64_t neural_columns_features(const neural_columns *columns); /* for the model */
/* Per source: 1 for a category; what neural_data_options.category_columns wants. */
NEURAL_API const unsigned char *neural_columns_mask(const neural_columns *columns);
/* 1 when feature j is a number of the file or an ordinal: scaling applies; 0 for one-hot. */
NEURAL_API int neural_columns_is_scaled(const neural_columns *columns, int64_t j);

/* A new dataset of features, with the targets of the old one. One-hot features are called
 * "color=red". NEURAL_ERR_DATA for an unknown category, with row and column. */
NEURAL_API neural_status neural_columns_apply(const neural_columns *columns,
                                              const neural_dataset *dataset, neural_dataset **out);

/* As lines of text, freed by neural_free, and back. */
NEURAL_API neural_status neural_columns_write(const neural_columns *columns, char **out);
NEURAL_API neural_status neural_columns_read(const char *text, neural_columns **out);

#ifdef __cplusplus
}
#endif

#endif /* DATA_COLUMNS_H_ */

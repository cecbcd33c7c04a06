/* Labels as files write them -> class numbers.
 *
 * Without names of a model (options.class_names):
 * - Integers ("3", "3.000000") that are all in [0, classes) are used as they are; where `classes`
 *   is not given (0), that is when the smallest is 0, and classes = largest + 1.
 * - Other integers (3 ... 8; 1 ... K; -1 and 1) are numbered in increasing order, provided that
 *   the smallest is not 0 and that there are exactly `classes` different ones, where given.
 *   Else the first label outside [0, classes) is refused.
 * - Texts are numbered in strcmp order. An integer among texts is the text of its digits.
 * With names a label is the name it equals; where no name is a number, an integer in [0, classes)
 * is also taken as the class number itself.
 * Other numbers ("3.5"), empty labels and more than 16384 different found ones are refused. */
#ifndef DATA_LABELS_H_
#define DATA_LABELS_H_

#include "data/csv.h"
#include "data/names.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_labels neural_labels;

/* Room for `rows` labels; class_names: NULL or `classes` names that outlive the object. */
neural_status neural_labels_create(const char *path, int64_t rows, int64_t classes,
                                   const char *const *class_names, neural_labels **out);
void neural_labels_destroy(neural_labels *labels);

/* The next row's label, from a field or as a number of item `row`. */
neural_status neural_labels_add_field(neural_labels *labels, const neural_csv *csv,
                                      const neural_csv_field *field);
neural_status neural_labels_add_number(neural_labels *labels, int64_t value);

/* The class of each row added, in memory that is now the caller's (neural_free); the number of
 * classes; their names, the caller's too, or NULL when the numbers are their names. */
neural_status neural_labels_finish(neural_labels *labels, int64_t **rows, int64_t *classes,
                                   neural_names **names);

#ifdef __cplusplus
}
#endif

#endif /* DATA_LABELS_H_ */

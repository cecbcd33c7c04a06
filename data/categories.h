/* The texts of one category column -> code numbers 0, 1, ... in order of appearance. */
#ifndef DATA_CATEGORIES_H_
#define DATA_CATEGORIES_H_

#include "data/csv.h"
#include "data/names.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_categories neural_categories;

#define NEURAL_MAX_CATEGORIES 16384

neural_status neural_categories_create(neural_categories **out);
void neural_categories_destroy(neural_categories *categories); /* accepts NULL */

/* The code of a field's text; a new text gets the next number. NEURAL_ERR_DATA, with the place, for
 * an empty text, one of 256 bytes or more, a NUL, and beyond NEURAL_MAX_CATEGORIES texts. */
neural_status neural_categories_number(neural_categories *categories, const neural_csv *csv,
                                       const neural_csv_field *field, double *code);

/* The texts by code; the caller's from now on. */
neural_names *neural_categories_take_names(neural_categories *categories);

#ifdef __cplusplus
}
#endif

#endif /* DATA_CATEGORIES_H_ */

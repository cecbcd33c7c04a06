/* The texts that stand for a missing value. */
#ifndef DATA_CSV_MISSING_H_
#define DATA_CSV_MISSING_H_

#include "data/csv.h"

#ifdef __cplusplus
extern "C" {
#endif

/* list: "?, -999, n/a"; NULL = NA N/A n/a <NA> NaN nan NULL null None ? and, with any list, the
 * empty field. Compared byte by byte. */
neural_status neural_csv_missing_create(const char *list, neural_csv_missing **out);
/* Numbers of the list ("-999", also written -999.0) among `count` values become NaN. */
void neural_csv_missing_erase(const neural_csv_missing *missing, int64_t count, neural_dtype dtype,
                              void *values);
void neural_csv_missing_destroy(neural_csv_missing *missing); /* accepts NULL */

#ifdef __cplusplus
}
#endif

#endif /* DATA_CSV_MISSING_H_ */

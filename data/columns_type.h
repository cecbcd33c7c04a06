/* The inside of fitted columns. */
#ifndef DATA_COLUMNS_TYPE_H_
#define DATA_COLUMNS_TYPE_H_

#include "data/columns.h"
#include "data/names.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_column {
    double fill;         /* of a number; NaN: none was learned */
    neural_names *names; /* of a category, sorted; NULL for a number */
} neural_column;

struct neural_columns {
    neural_missing missing;
    neural_encoding encoding;
    int ignore_unknown;
    int64_t sources;
    neural_column *column;
    unsigned char *mask;
};

/* Number columns that have learned nothing. */
neural_status neural_columns_create(int64_t sources, neural_columns **out);

#ifdef __cplusplus
}
#endif

#endif /* DATA_COLUMNS_TYPE_H_ */

/* A list of texts: class names, column names. */
#ifndef DATA_NAMES_H_
#define DATA_NAMES_H_

#include <stdint.h>

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_names neural_names;

neural_status neural_names_create(neural_names **out);
void neural_names_destroy(neural_names *names); /* accepts NULL */

/* Appends a copy of a NUL-terminated text. */
neural_status neural_names_add(neural_names *names, const char *text);

int64_t neural_names_count(const neural_names *names); /* 0 for NULL */
/* Valid until the next add; NULL when index is not in [0, count). */
const char *neural_names_get(const neural_names *names, int64_t index);

/* Position of `text` among the names in strcmp order, kept in `order` (`count` indices into
 * names): where it stands when *found, else where it belongs. */
int64_t neural_names_search(const neural_names *names, const int32_t *order, int64_t count,
                            const char *text, int *found);

#ifdef __cplusplus
}
#endif

#endif /* DATA_NAMES_H_ */

/* Lists in one text: "color, shape" */
#ifndef DATA_LIST_H_
#define DATA_LIST_H_

#include <stddef.h>

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The item at *at without the blanks around it; *at goes behind its comma. Quotes "..." keep blanks
 * and commas. NEURAL_ERR_INVALID_CONFIG, naming `what`, when it needs more than `bytes`. */
neural_status neural_list_next(const char *what, const char **at, char *out, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif /* DATA_LIST_H_ */

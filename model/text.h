/* A growing text, and what single values look like as text. */
#ifndef MODEL_TEXT_H_
#define MODEL_TEXT_H_

#include <stddef.h>

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Start zeroed. The first failure sticks in status, later calls do nothing. */
typedef struct neural_text {
    char *data; /* NUL-terminated once something was added; from core/base/memory */
    size_t bytes, capacity;
    neural_status status;
} neural_text;

void neural_text_add(neural_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void neural_text_add_bytes(neural_text *text, const char *data, size_t bytes);

/* The shortest decimal that reads back as the same double, in any locale; "inf" for infinity. */
#define NEURAL_NUMBER_TEXT 40
const char *neural_number_text(double value, char out[NEURAL_NUMBER_TEXT]);

/* Adds such a number. */
void neural_text_add_number(neural_text *text, double value);

/* 1 for true yes on 1 and false no off 0 in any case, which go to *out; else 0. */
int neural_bool_parse(const char *text, int *out);

/* Hands the text over, or frees it and returns what failed. */
neural_status neural_text_finish(neural_text *text, char **out);

/* Offset of the first byte that is not UTF-8 (RFC 3629), -1 when all is well. */
long neural_utf8_check(const char *text);

#ifdef __cplusplus
}
#endif

#endif /* MODEL_TEXT_H_ */

/* Formulas in variables: the Function terms of fuzzylite.
 *
 * Operators from strong to weak: ! ~ (not, minus), ^ (right to left), * / %, + -, and, or; also a
 * sign in front of an operand. Functions: abs acos asin atan atan2 ceil cos cosh eq exp fabs floor
 * fmod ge gt le log log10 log1p lt max min neq pow round sin sinh sqrt tan tanh; pi. 1 is true,
 * anything else is not; comparisons take values nearer than 1e-6 as equal. */
#ifndef FUZZY_EXPRESSION_H_
#define FUZZY_EXPRESSION_H_

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_fuzzy_expression neural_fuzzy_expression;

/* NEURAL_ERR_PARSE_ERROR "column 5: expected ...". No depth is too deep. */
NEURAL_API neural_status neural_fuzzy_expression_create(const char *text,
                                                        neural_fuzzy_expression **out);
NEURAL_API void neural_fuzzy_expression_destroy(neural_fuzzy_expression *expression);

/* The text as it was given. Borrowed. */
NEURAL_API const char *neural_fuzzy_expression_text(const neural_fuzzy_expression *expression);

/* Says which value each variable of the text is: its index in names. NEURAL_ERR_PARSE_ERROR names
 * a variable that is not there, and its column. */
NEURAL_API neural_status neural_fuzzy_expression_bind(neural_fuzzy_expression *expression,
                                                      const char *const *names, int64_t count);

/* 1 when variable `index` occurs in the bound text. */
NEURAL_API int neural_fuzzy_expression_reads(const neural_fuzzy_expression *expression,
                                             int64_t index);

/* The value, once bound; values[i] belongs to names[i]. Not from two threads at once. */
NEURAL_API double neural_fuzzy_expression_value(neural_fuzzy_expression *expression,
                                                const double *values);

#ifdef __cplusplus
}
#endif

#endif /* FUZZY_EXPRESSION_H_ */

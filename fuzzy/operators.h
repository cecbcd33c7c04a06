/* The operators and functions that formulas know. */
#ifndef FUZZY_OPERATORS_H_
#define FUZZY_OPERATORS_H_

#include <stddef.h>

typedef struct neural_fuzzy_operator {
    const char *name;
    int arity;      /* 0, 1 or 2 */
    int precedence; /* of an operator; 0 for a function */
    int is_right;   /* a ^ b ^ c = a ^ (b ^ c) */
    double (*apply)(double a, double b);
} neural_fuzzy_operator;

/* By name; NULL when there is none. */
const neural_fuzzy_operator *neural_fuzzy_operator_find(const char *name, size_t len);

/* The sign in front of an operand. */
extern const neural_fuzzy_operator neural_fuzzy_minus_sign;

#endif /* FUZZY_OPERATORS_H_ */

/* For each op of the op list: shapes and domains on which it is smooth. */
#ifndef CORE_AUTOGRAD_GRADCHECK_CASES_H_
#define CORE_AUTOGRAD_GRADCHECK_CASES_H_

#include "core/autograd/op_list.h"

typedef struct neural_gradcheck_case {
    neural_op_id op;
    double low, high;   /* the domain of all inputs */
    neural_shape in[3]; /* as many as the op has */
    neural_op_attrs attrs;
    double kink[2]; /* values are kept 0.01 away from these, when has_kinks */
    int has_kinks;
    int without_last;  /* so many of the last inputs are NULL */
    int constant_last; /* input 2 (weights) requires no gradient */
    int classes;       /* > 0: input 1 holds labels below it, i64 */
} neural_gradcheck_case;

extern const neural_gradcheck_case neural_gradcheck_cases[];
extern const int neural_gradcheck_case_count;

#endif /* CORE_AUTOGRAD_GRADCHECK_CASES_H_ */

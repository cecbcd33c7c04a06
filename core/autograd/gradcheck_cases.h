/* For each op of the op list: shapes and domains on which it is smooth. */
#ifndef CORE_AUTOGRAD_GRADCHECK_CASES_H_
#define CORE_AUTOGRAD_GRADCHECK_CASES_H_

#include "core/autograd/op_list.h"

/* A neural_shape and neural_op_attrs of small numbers: the table is part of the library. */
typedef struct neural_gradcheck_shape {
    int8_t ndim, dim[4];
} neural_gradcheck_shape;

typedef struct neural_gradcheck_attrs {
    float scalar[2];
    int8_t integer[12];
    neural_gradcheck_shape shape;
    uint8_t seed;
} neural_gradcheck_attrs;

typedef struct neural_gradcheck_case {
    neural_op_id op;
    float low, high;              /* the domain of all inputs */
    neural_gradcheck_shape in[3]; /* as many as the op has */
    neural_gradcheck_attrs attrs;
    float kink[2]; /* values are kept 0.01 away from these, when has_kinks */
    uint8_t has_kinks;
    uint8_t without_last;  /* so many of the last inputs are NULL */
    uint8_t constant_last; /* input 2 (weights) requires no gradient */
    uint8_t classes;       /* > 0: input 1 holds labels below it, i64 */
} neural_gradcheck_case;

extern const neural_gradcheck_case neural_gradcheck_cases[];
extern const int neural_gradcheck_case_count;

#endif /* CORE_AUTOGRAD_GRADCHECK_CASES_H_ */

/* The value of a term. */
#ifndef FUZZY_VALUE_H_
#define FUZZY_VALUE_H_

#include "fuzzy/system_type.h"

/* Membership of x in a term; row says which values Linear and Function read. */
double neural_fuzzy_term_value(const neural_fuzzy_system *system, const fuzzy_term *term, double x,
                               int64_t row);

#endif /* FUZZY_VALUE_H_ */

/* Formulas of Function terms within their system. */
#ifndef FUZZY_FORMULAS_H_
#define FUZZY_FORMULAS_H_

#include "fuzzy/system_type.h"

/* Binds all formulas; the first one that cannot be is marked. */
neural_status neural_fuzzy_system_bind(neural_fuzzy_system *system);

/* Room for the values that formulas read, and how many rows can be evaluated at once. */
neural_status neural_fuzzy_plan_formulas(neural_fuzzy_system *system);

#endif /* FUZZY_FORMULAS_H_ */

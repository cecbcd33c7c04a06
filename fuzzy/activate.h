/* From inputs to the degrees of the conclusions, a column of rows at a time. */
#ifndef FUZZY_ACTIVATE_H_
#define FUZZY_ACTIVATE_H_

#include "fuzzy/system_type.h"

/* The degrees of all conclusions in `rows` rows whose inputs stand in the columns. */
void neural_fuzzy_activate(neural_fuzzy_system *system, int64_t rows);

#endif /* FUZZY_ACTIVATE_H_ */

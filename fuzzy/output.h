/* From the degrees of the conclusions to the value of an output. */
#ifndef FUZZY_OUTPUT_H_
#define FUZZY_OUTPUT_H_

#include "fuzzy/system_type.h"

/* The values of an output in `rows` rows, into its column. */
void neural_fuzzy_output_values(neural_fuzzy_system *system, fuzzy_variable *output, int64_t rows);

#endif /* FUZZY_OUTPUT_H_ */

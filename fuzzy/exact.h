/* The centroid of clipped or scaled terms of straight lines, by integrals.
 *
 * Between neighbouring corners of the terms every membership is one line; there the aggregated set
 * bends only where two of these lines, or a line and the level that clips it, cross. */
#ifndef FUZZY_EXACT_H_
#define FUZZY_EXACT_H_

#include "fuzzy/system_type.h"

neural_status neural_fuzzy_lines_create(neural_arena *arena, const fuzzy_variables *outputs,
                                        struct fuzzy_lines **out);
double neural_fuzzy_exact_centroid(const neural_fuzzy_system *system, const fuzzy_variable *output,
                                   int64_t row);

#endif /* FUZZY_EXACT_H_ */

/* Memory of the plan by which a system is evaluated. */
#ifndef FUZZY_PLAN_H_
#define FUZZY_PLAN_H_

#include "fuzzy/system_type.h"

/* Zeroed memory for count items, through *out (a pointer to a pointer). */
neural_status neural_fuzzy_plan_alloc(neural_arena *arena, int64_t count, size_t bytes, void *out);

/* The same for count columns. */
neural_status neural_fuzzy_plan_columns(neural_arena *arena, int64_t count, double **out);

/* After a change: the system is prepared anew when it is next evaluated. */
void neural_fuzzy_plan_free(neural_fuzzy_system *system);

#endif /* FUZZY_PLAN_H_ */

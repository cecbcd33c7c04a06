/* The largest of many scores, in an exact number. Only for this package. */
#ifndef PRUNING_SELECT_H_
#define PRUNING_SELECT_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* keep[i] = 1 for the `count` largest of the scores, 0 for the others: exactly min(count, len)
 * ones. Of equal scores the first are kept; NaN counts as the largest. A larger count keeps what a
 * smaller one does. Time proportional to len, no allocation. */
void neural_select_largest(const double *score, int64_t len, int64_t count, uint8_t *keep);

/* The score that stands at `rank` (from 0) when they are sorted in ascending order. */
double neural_select_rank(const double *score, int64_t len, int64_t rank);

#ifdef __cplusplus
}
#endif

#endif /* PRUNING_SELECT_H_ */

/* Where to cut a range off, from a histogram. */
#ifndef QUANT_OBSERVER_SEARCH_H_
#define QUANT_OBSERVER_SEARCH_H_

#include "quant/observer_histogram.h"
#include "quant/quantize.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All three take the range [*min, *max] of what was seen, widened to hold 0, and narrow it. */

/* The share `kept` of the numbers stays inside: of |x| for the symmetric scheme, else (1 - kept) /
 * 2 are cut off at either end. Within a bin numbers are taken as evenly spread. */
void quant_search_percentile(const quant_histogram *histogram, neural_quant_scheme scheme,
                             double kept, double *min, double *max);

/* Least sum over k of P[k] log(P[k] / Q[k]) over all cuts of |x| after i bins (Migacz, GTC 2017):
 * P are the counts of bins 0 ... i - 1, the last with all beyond it; Q the same bins without those,
 * in `levels` groups (bin k in group k levels / i), each group's count spread over its bins that
 * are not empty; both divided by their sums. levels is 256 for numbers of one sign on an affine
 * grid, else 128; i >= levels. A cut where P has a bin that Q has not is no candidate. Of equals
 * the widest. */
void quant_search_entropy(const quant_histogram *histogram, neural_quant_scheme scheme, double *min,
                          double *max);

/* Least mean squared error, numbers of a bin taken as evenly spread: symmetric over 256 fractions
 * of the largest magnitude; affine over 128 fractions of each end in turn, twice. */
void quant_search_mse(const quant_histogram *histogram, neural_quant_scheme scheme, double *min,
                      double *max);

#ifdef __cplusplus
}
#endif

#endif /* QUANT_OBSERVER_SEARCH_H_ */

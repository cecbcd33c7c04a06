/* From a fuzzy set to a number. The set is sampled: memberships y[i] at the middles of n equal
 * parts of [minimum, maximum], x[i] = minimum + (i + 1/2) (maximum - minimum) / n. */
#ifndef FUZZY_DEFUZZIFIER_H_
#define FUZZY_DEFUZZIFIER_H_

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sums and comparisons of fuzzylite's; the plateaus of the maximum are found within 1e-6. */
typedef enum neural_fuzzy_defuzzifier {
    NEURAL_FUZZY_NO_DEFUZZIFIER = 0,
    NEURAL_FUZZY_CENTROID = 1,            /* sum(x y) / sum(y) */
    NEURAL_FUZZY_BISECTOR = 2,            /* where both sides have the same area */
    NEURAL_FUZZY_SMALLEST_OF_MAXIMUM = 3, /* the first x of the largest y */
    NEURAL_FUZZY_LARGEST_OF_MAXIMUM = 4,  /* the last */
    NEURAL_FUZZY_MEAN_OF_MAXIMUM = 5,     /* the middle of the first plateau of the largest y */
    NEURAL_FUZZY_EXACT_CENTROID = 6,      /* the integrals themselves, for sets of straight lines */
    NEURAL_FUZZY_WEIGHTED_AVERAGE = 7,    /* sum(w z) / sum(w) over the rules: Takagi-Sugeno (z the
                                             value of the term) or Tsukamoto (its inverse at w) */
    NEURAL_FUZZY_WEIGHTED_SUM = 8         /* sum(w z) */
} neural_fuzzy_defuzzifier;

/* What a weighted defuzzifier takes as z. */
typedef enum neural_fuzzy_inference {
    NEURAL_FUZZY_AUTOMATIC = 0, /* Tsukamoto where the first term is monotonic */
    NEURAL_FUZZY_TAKAGI_SUGENO = 1,
    NEURAL_FUZZY_TSUKAMOTO = 2, /* as fuzzylite 6 computes it */
    NEURAL_FUZZY_INVERSE = 3    /* Tsukamoto with the true inverses; ours */
} neural_fuzzy_inference;

/* "MeanOfMaximum", "none"; NULL for an unknown one. ExactCentroid is ours, the rest fuzzylite's. */
NEURAL_API const char *neural_fuzzy_defuzzifier_name(neural_fuzzy_defuzzifier defuzzifier);
NEURAL_API neural_status neural_fuzzy_defuzzifier_find(const char *name,
                                                       neural_fuzzy_defuzzifier *out);
/* 1 for those of a sampled set: Centroid, Bisector and those of the maximum. */
NEURAL_API int neural_fuzzy_defuzzifier_is_sampled(neural_fuzzy_defuzzifier defuzzifier);

/* One of the sampled ones; NaN for others, for n < 1 and where the range is infinite. All y 0 gives
 * NaN for Centroid and Bisector. */
NEURAL_API double neural_fuzzy_defuzzify(neural_fuzzy_defuzzifier defuzzifier, const double *y,
                                         int64_t n, double minimum, double maximum);

#ifdef __cplusplus
}
#endif

#endif /* FUZZY_DEFUZZIFIER_H_ */

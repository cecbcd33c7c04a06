/* Places in a range. */
#ifndef FUZZY_RANGE_H_
#define FUZZY_RANGE_H_

#include <math.h>

/* low + (high - low) part for part 0 ... 1; finite ends give a finite place. */
static inline double neural_range_at(double low, double high, double part) {
    const double width = high - low;
    return isfinite(width) ? low + width * part : low * (1 - part) + high * part;
}

#endif /* FUZZY_RANGE_H_ */

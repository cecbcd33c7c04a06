/* Numbers in texts, whatever the locale of the process. */
#ifndef FUZZY_NUMBER_H_
#define FUZZY_NUMBER_H_

#include "core/base/status.h"

enum { NEURAL_FUZZY_NUMBER_TEXT = 32 };

/* Reads the number at text: digits with a point and an exponent; also nan, inf, +inf and -inf in
 * any case unless only_digits. Returns how many bytes it takes, 0 when there is none. */
size_t neural_fuzzy_number_read(const char *text, size_t len, int only_digits, double *out);

/* The shortest text that reads back as the same number; "nan", "inf", "-inf". */
const char *neural_fuzzy_number_write(double value, char out[NEURAL_FUZZY_NUMBER_TEXT]);
/* At most six digits, for people to read. */
const char *neural_fuzzy_number_short(double value, char out[NEURAL_FUZZY_NUMBER_TEXT]);

#endif /* FUZZY_NUMBER_H_ */

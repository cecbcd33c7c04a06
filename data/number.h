/* Decimal numbers: locale-free and correctly rounded. */
#ifndef DATA_NUMBER_H_
#define DATA_NUMBER_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reads the longest number [+-] digits [. digits] [e [+-] digits] at `text` (".5" and "5." are
 * numbers; hex, nan and inf are not) and never looks at or beyond `end`. Returns the byte after it
 * and stores the nearest value, ties to even: +-infinity when it is out of range, 0 or a denormal
 * when it is tiny. NULL, and nothing stored, when there is no number.
 *
 * f32 rounds once, from the decimal text: not through f64. */
const char *neural_number_parse_f64(const char *text, const char *end, double *out);
const char *neural_number_parse_f32(const char *text, const char *end, float *out);

/* Reads up to `count` numbers, each with `separator` right behind it, into dst as the functions
 * above do, as long as they are of the usual form: [-] 1 to 8 digits [. 1 to 8 digits], 15 at most,
 * 24 bytes in front of `end`. Returns where it stopped, *done: how many it stored. */
const char *neural_number_run_f64(const char *text, const char *end, char separator, int64_t count,
                                  double *dst, int64_t *done);
const char *neural_number_run_f32(const char *text, const char *end, char separator, int64_t count,
                                  float *dst, int64_t *done);

#ifdef __cplusplus
}
#endif

#endif /* DATA_NUMBER_H_ */

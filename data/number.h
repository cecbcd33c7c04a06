/* Decimal numbers: locale-free and correctly rounded. */
#ifndef DATA_NUMBER_H_
#define DATA_NUMBER_H_

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

#ifdef __cplusplus
}
#endif

#endif /* DATA_NUMBER_H_ */

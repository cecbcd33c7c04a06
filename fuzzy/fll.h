/* The FuzzyLite Language: a fuzzy system as text.
 *
 *     Engine: heater                     InputVariable: cold
 *     RuleBlock: main                      range: 0 30
 *       conjunction: Minimum               term: low Triangle 0 0 15
 *       rule: if cold is low then ...    OutputVariable: power ...
 *
 * "#" begins a comment. Beyond fuzzylite 6: the defuzzifier ExactCentroid, the shapes Arc and
 * SemiEllipse, and the older keys accumulation and lock-valid. */
#ifndef FUZZY_FLL_H_
#define FUZZY_FLL_H_

#include "fuzzy/system.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Reads len bytes. NEURAL_ERR_PARSE_ERROR "name:7:12: expected ..., found ..." with line and
 * column; name is what the text is called there. */
NEURAL_API neural_status neural_fuzzy_fll_parse(const char *name, const char *text, int64_t len,
                                                neural_fuzzy_system **out);
/* The same of a file. */
NEURAL_API neural_status neural_fuzzy_fll_load(const char *path, neural_fuzzy_system **out);

/* The system as text, NUL-terminated: as much as capacity holds. Returns the length of the whole
 * text without the NUL, so that a first call with capacity 0 tells how much room it takes. What is
 * read from the text gives the same text again. */
NEURAL_API int64_t neural_fuzzy_fll_text(const neural_fuzzy_system *system, char *out,
                                         int64_t capacity);
NEURAL_API neural_status neural_fuzzy_fll_save(const neural_fuzzy_system *system, const char *path);

#ifdef __cplusplus
}
#endif

#endif /* FUZZY_FLL_H_ */

/* "did you mean": the nearest known word to a misspelt one. */
#ifndef CORE_BASE_SUGGEST_H_
#define CORE_BASE_SUGGEST_H_

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The word of the smallest edit distance (insertions, deletions, substitutions, swaps of
 * neighbours; case ignored), the first of equals; NULL when none is within a third of the length
 * (at least 2). */
NEURAL_API const char *neural_nearest_word(const char *word, const char *const *words, int count);

/* Records NEURAL_ERR_INVALID_ARGUMENT "unknown activation rellu; did you mean relu?", or with all
 * known words when none is near. Returns the code. */
neural_status neural_error_unknown_word(const char *what, const char *word,
                                        const char *const *words, int count);

#ifdef __cplusplus
}
#endif

#endif /* CORE_BASE_SUGGEST_H_ */

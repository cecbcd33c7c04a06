/* The words of FLL that stand for enum constants. */
#ifndef FUZZY_FLL_WORDS_H_
#define FUZZY_FLL_WORDS_H_

extern const char *const neural_fll_activations[7]; /* neural_fuzzy_activation */
extern const char *const neural_fll_comparisons[6]; /* neural_fuzzy_comparison */
extern const char *const neural_fll_inferences[4];  /* neural_fuzzy_inference */

#endif /* FUZZY_FLL_WORDS_H_ */

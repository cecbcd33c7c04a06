/* Names and other texts of a system, and its lists. */
#ifndef FUZZY_NAMES_H_
#define FUZZY_NAMES_H_

#include "fuzzy/system_type.h"

/* Index of the variable or term of that name, -1 when there is none. */
int64_t neural_fuzzy_find_variable(const fuzzy_variables *variables, const char *name, size_t len);
int64_t neural_fuzzy_find_term(const fuzzy_variable *variable, const char *name, size_t len);

/* NEURAL_OK for one word that rules cannot take for another one; `what` is named in errors. */
neural_status neural_fuzzy_name_check(const char *what, const char *name);

/* 1 for what a line of a file can hold, and for NULL: no blank at its ends, no comment. */
int neural_fuzzy_is_line(const char *text);

/* Appends "; did you mean WORD?" to the last error, of that status, where one of the words is near
 * the misspelt one of four letters or more; returns the status. */
neural_status neural_fuzzy_suggest(neural_status status, const char *misspelt, size_t len,
                                   const char *const *words, int64_t count);
/* The same with the terms of a variable, and with the variables of a system. */
neural_status neural_fuzzy_suggest_term(neural_status status, const char *misspelt, size_t len,
                                        const fuzzy_variable *variable);
neural_status neural_fuzzy_suggest_variable(neural_status status, const char *misspelt, size_t len,
                                            const neural_fuzzy_system *system, int only_outputs);

/* A copy, or NULL for NULL. */
neural_status neural_fuzzy_copy_text(const char *text, char **out);

/* Makes room for one more item of so many bytes; what *array points to is at `array`. */
neural_status neural_fuzzy_list_grow(void *array, int64_t count, int64_t *capacity, size_t bytes);

#endif /* FUZZY_NAMES_H_ */

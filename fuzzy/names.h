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

/* A copy, or NULL for NULL. */
neural_status neural_fuzzy_copy_text(const char *text, char **out);

/* Makes room for one more item of so many bytes; what *array points to is at `array`. */
neural_status neural_fuzzy_list_grow(void *array, int64_t count, int64_t *capacity, size_t bytes);

#endif /* FUZZY_NAMES_H_ */

#include "fuzzy/names.h"

#include <stdio.h>
#include <string.h>

#include "core/base/suggest.h"

neural_status neural_fuzzy_copy_text(const char *text, char **out) {
    *out = text ? neural_strdup(text) : NULL;
    return text && !*out ? NEURAL_ERR_OUT_OF_MEMORY : NEURAL_OK;
}

neural_status neural_fuzzy_list_grow(void *array, int64_t count, int64_t *capacity, size_t bytes) {
    void *old = NULL;
    if (count < *capacity) {
        return NEURAL_OK;
    }
    memcpy(&old, array, sizeof old);
    const int64_t wanted = count ? 2 * count : 4;
    int64_t total = 0;
    NEURAL_TRY(neural_size_mul(wanted, (int64_t)bytes, &total));
    void *grown = neural_realloc(old, (size_t)count * bytes, (size_t)total);
    if (!grown) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    memcpy(array, &grown, sizeof grown);
    *capacity = wanted;
    return NEURAL_OK;
}

int neural_fuzzy_is_line(const char *text) {
    const size_t len = text ? strlen(text) : 0;
    return len == 0 ||
           (!strpbrk(text, "\r\n#") && !strchr(" \t", text[0]) && !strchr(" \t", text[len - 1]));
}

int64_t neural_fuzzy_find_variable(const fuzzy_variables *variables, const char *name, size_t len) {
    for (int64_t i = 0; i < variables->count; i++) {
        const char *own = variables->items[i].given.name;
        if (strlen(own) == len && memcmp(own, name, len) == 0) {
            return i;
        }
    }
    return -1;
}

int64_t neural_fuzzy_find_term(const fuzzy_variable *variable, const char *name, size_t len) {
    for (int64_t i = 0; i < variable->term_count; i++) {
        const char *own = variable->terms[i].given.name;
        if (strlen(own) == len && memcmp(own, name, len) == 0) {
            return i;
        }
    }
    return -1;
}

neural_status neural_fuzzy_name_check(const char *what, const char *name) {
    static const char *const words[] = {"if", "is", "and", "or", "then", "with"};
    NEURAL_REQUIRE(name, NEURAL_ERR_NULL_POINTER, "%s: a name must be given", what);
    NEURAL_REQUIRE(*name && !strpbrk(name, " \t\r\n()#:"), NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: expected a name without blanks, brackets, # and :, found \"%.80s\"", what,
                   name);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        NEURAL_REQUIRE(strcmp(name, words[i]) != 0, NEURAL_ERR_INVALID_ARGUMENT,
                       "%s: \"%s\" is a word of the language of rules", what, name);
    }
    return NEURAL_OK;
}

/* --- suggestions --- */

/* Any word of two or three letters is near any other one. */
enum { MOST_WORDS = 1000, LEAST_LETTERS = 4 };

neural_status neural_fuzzy_suggest(neural_status status, const char *misspelt, size_t len,
                                   const char *const *words, int64_t count) {
    char word[80], text[1024];
    if (len < LEAST_LETTERS || len >= sizeof word) {
        return status;
    }
    memcpy(word, misspelt, len);
    word[len] = 0;
    const char *nearest = neural_nearest_word(word, words, (int)count);
    if (!nearest) {
        return status;
    }
    snprintf(text, sizeof text, "%s", neural_last_error());
    return neural_error(status, "%s; did you mean %.80s?", text, nearest);
}

neural_status neural_fuzzy_suggest_term(neural_status status, const char *misspelt, size_t len,
                                        const fuzzy_variable *variable) {
    const char *words[MOST_WORDS];
    int64_t count = 0;
    for (; count < variable->term_count && count < MOST_WORDS; count++) {
        words[count] = variable->terms[count].given.name;
    }
    return neural_fuzzy_suggest(status, misspelt, len, words, count);
}

neural_status neural_fuzzy_suggest_variable(neural_status status, const char *misspelt, size_t len,
                                            const neural_fuzzy_system *system, int only_outputs) {
    const fuzzy_variables *all[] = {&system->outputs, &system->inputs};
    const char *words[MOST_WORDS];
    const int kinds = only_outputs ? 1 : 2;
    int64_t count = 0;
    for (int kind = 0; kind < kinds; kind++) {
        for (int64_t i = 0; i < all[kind]->count && count < MOST_WORDS; i++) {
            words[count++] = all[kind]->items[i].given.name;
        }
    }
    return neural_fuzzy_suggest(status, misspelt, len, words, count);
}

#include "pruning/method.h"

#include <strings.h>

#include "core/base/suggest.h"

enum { BLOCK_OUTPUTS = 16 };

typedef struct spelling {
    const char *word;
    int value;
} spelling;

/* The first of a value is its name. */
static const spelling methods[] = {
    {"weights", NEURAL_PRUNE_WEIGHTS},
    {"blocks", NEURAL_PRUNE_BLOCKS},
    {"rows", NEURAL_PRUNE_ROWS},
    {"columns", NEURAL_PRUNE_COLUMNS},
    {"channels", NEURAL_PRUNE_CHANNELS},
    {"2:4", NEURAL_PRUNE_2_OF_4},
    {"4:8", NEURAL_PRUNE_4_OF_8},
    {"filters", NEURAL_PRUNE_ROWS},
    {"magnitude", NEURAL_PRUNE_WEIGHTS},
    {"cols", NEURAL_PRUNE_COLUMNS},
    {"unstructured", NEURAL_PRUNE_WEIGHTS},
};
static const spelling scores[] = {
    {"l1", NEURAL_PRUNE_L1},
    {"l2", NEURAL_PRUNE_L2},
    {"random", NEURAL_PRUNE_RANDOM},
};
enum {
    METHOD_WORDS = sizeof methods / sizeof *methods,
    SCORE_WORDS = sizeof scores / sizeof *scores
};

static const char *name_of(const spelling *list, int count, int value) {
    for (int i = 0; i < count; i++) {
        if (list[i].value == value) {
            return list[i].word;
        }
    }
    return NULL;
}

static neural_status parse(const char *what, const spelling *list, int count, const char *name,
                           int *out) {
    const char *words[METHOD_WORDS];
    NEURAL_REQUIRE(name, NEURAL_ERR_NULL_POINTER, "%s: the name is NULL", what);
    for (int i = 0; i < count; i++) {
        words[i] = list[i].word;
        if (strcasecmp(list[i].word, name) == 0) {
            *out = list[i].value;
            return NEURAL_OK;
        }
    }
    return neural_error_unknown_word(what, name, words, count);
}

const char *neural_prune_method_name(neural_prune_method method) {
    return name_of(methods, METHOD_WORDS, (int)method);
}

neural_status neural_prune_method_parse(const char *name, neural_prune_method *out) {
    int value = 0;
    NEURAL_TRY(parse("pruning method", methods, METHOD_WORDS, name, &value));
    *out = (neural_prune_method)value;
    return NEURAL_OK;
}

const char *neural_prune_score_name(neural_prune_score score) {
    return name_of(scores, SCORE_WORDS, (int)score);
}

neural_status neural_prune_score_parse(const char *name, neural_prune_score *out) {
    int value = 0;
    NEURAL_TRY(parse("pruning score", scores, SCORE_WORDS, name, &value));
    *out = (neural_prune_score)value;
    return NEURAL_OK;
}

static neural_status n_of_m(const neural_prune_part *part, int count, int64_t n, int64_t m) {
    for (int i = 0; i < count; i++) {
        NEURAL_TRY(neural_mask_n_of_m(part[i].values, part[i].dtype, part[i].rows, part[i].cols, n,
                                      m, part[i].mask));
    }
    return NEURAL_OK;
}

static int64_t at_least_one(int64_t size) {
    return size > 0 ? size : 1;
}

neural_status neural_prune_masks(neural_prune_part *part, int count, neural_prune_method method,
                                 neural_prune_score score, uint64_t seed, double sparsity) {
    NEURAL_REQUIRE(part || count == 0, NEURAL_ERR_NULL_POINTER, "prune_masks: part is NULL");
    NEURAL_REQUIRE(neural_prune_method_name(method), NEURAL_ERR_INVALID_ARGUMENT,
                   "prune_masks: method is %d, expected 0 to %d", (int)method,
                   NEURAL_PRUNE_METHODS - 1);
    if (method == NEURAL_PRUNE_2_OF_4 || method == NEURAL_PRUNE_4_OF_8) {
        const int64_t m = method == NEURAL_PRUNE_2_OF_4 ? 4 : 8;
        return n_of_m(part, count, m / 2, m);
    }
    const int has_rows = method == NEURAL_PRUNE_COLUMNS || method == NEURAL_PRUNE_CHANNELS;
    for (int i = 0; i < count; i++) {
        part[i].block_rows = has_rows                        ? at_least_one(part[i].rows)
                             : method == NEURAL_PRUNE_BLOCKS ? BLOCK_OUTPUTS
                                                             : 1;
        part[i].block_cols = method == NEURAL_PRUNE_ROWS       ? at_least_one(part[i].cols)
                             : method == NEURAL_PRUNE_CHANNELS ? part[i].block_cols
                                                               : 1;
    }
    return neural_mask_blocks(part, count, score, seed, sparsity);
}

/* The word lists of the schema. */
#include <strings.h>

#include "core/tensor/dtype.h"
#include "data/columns.h"
#include "data/sampler.h"
#include "data/transform.h"
#include "layers/activation.h"
#include "layers/init.h"
#include "layers/loss.h"
#include "model/config_keys.h"
#include "optim/schedule.h"
#include "pruning/method.h"

/* The spellings in this file and the value each stands for; the first of a value is its name. */
typedef struct spelling {
    const char *word;
    int value;
} spelling;

static int find(const spelling *list, int count, const char *word, int *out) {
    for (int i = 0; i < count; i++) {
        if (strcasecmp(list[i].word, word) == 0) {
            *out = list[i].value;
            return 1;
        }
    }
    return 0;
}

static const char *name_of(const spelling *list, int count, int value) {
    for (int i = 0; i < count; i++) {
        if (list[i].value == value) {
            return list[i].word;
        }
    }
    return "?";
}

#define WORD_LIST(list, values, ...)                                                               \
    static const spelling list##_spellings[] = {__VA_ARGS__};                                      \
    enum { list##_count = sizeof list##_spellings / sizeof *list##_spellings };                    \
    static const char *list##_name(int value) {                                                    \
        return name_of(list##_spellings, list##_count, value);                                     \
    }                                                                                              \
    static int list##_parse(const char *word, int *out) {                                          \
        return find(list##_spellings, list##_count, word, out);                                    \
    }                                                                                              \
    const neural_config_words neural_words_##list = {values, list##_name, list##_parse}

WORD_LIST(dtype, 2, {"f32", NEURAL_DTYPE_F32}, {"f64", NEURAL_DTYPE_F64},
          {"float32", NEURAL_DTYPE_F32}, {"float64", NEURAL_DTYPE_F64});
WORD_LIST(optimizer, 6, {"sgd", NEURAL_CONFIG_SGD}, {"adam", NEURAL_CONFIG_ADAM},
          {"adamw", NEURAL_CONFIG_ADAMW}, {"rmsprop", NEURAL_CONFIG_RMSPROP},
          {"adagrad", NEURAL_CONFIG_ADAGRAD}, {"lion", NEURAL_CONFIG_LION});
WORD_LIST(schedule, 10, {"constant", NEURAL_SCHEDULE_CONSTANT}, {"step", NEURAL_SCHEDULE_STEP},
          {"multi_step", NEURAL_SCHEDULE_MULTI_STEP}, {"exponential", NEURAL_SCHEDULE_EXPONENTIAL},
          {"cosine", NEURAL_SCHEDULE_COSINE}, {"cosine_restarts", NEURAL_SCHEDULE_COSINE_RESTARTS},
          {"linear", NEURAL_SCHEDULE_LINEAR}, {"polynomial", NEURAL_SCHEDULE_POLYNOMIAL},
          {"one_cycle", NEURAL_SCHEDULE_ONE_CYCLE}, {"plateau", NEURAL_SCHEDULE_PLATEAU},
          {"none", NEURAL_SCHEDULE_CONSTANT}, {"onecycle", NEURAL_SCHEDULE_ONE_CYCLE},
          {"reduce_on_plateau", NEURAL_SCHEDULE_PLATEAU});
WORD_LIST(unit, 2, {"epoch", NEURAL_CONFIG_UNIT_EPOCH}, {"step", NEURAL_CONFIG_UNIT_STEP});
WORD_LIST(normalize, 3, {"none", NEURAL_NORMALIZE_NONE}, {"zscore", NEURAL_NORMALIZE_ZSCORE},
          {"minmax", NEURAL_NORMALIZE_MINMAX}, {"true", NEURAL_NORMALIZE_ZSCORE},
          {"yes", NEURAL_NORMALIZE_ZSCORE}, {"on", NEURAL_NORMALIZE_ZSCORE},
          {"1", NEURAL_NORMALIZE_ZSCORE}, {"false", NEURAL_NORMALIZE_NONE},
          {"no", NEURAL_NORMALIZE_NONE}, {"off", NEURAL_NORMALIZE_NONE},
          {"0", NEURAL_NORMALIZE_NONE}, {"z-score", NEURAL_NORMALIZE_ZSCORE},
          {"standard", NEURAL_NORMALIZE_ZSCORE}, {"min-max", NEURAL_NORMALIZE_MINMAX});
WORD_LIST(separator, 5, {"auto", 0}, {"comma", 1}, {"semicolon", 2}, {"tab", 3}, {"space", 4},
          {",", 1}, {";", 2}, {"\t", 3}, {"\\t", 3}, {" ", 4});
WORD_LIST(header, 3, {"auto", NEURAL_CONFIG_HEADER_AUTO}, {"true", NEURAL_CONFIG_HEADER_YES},
          {"false", NEURAL_CONFIG_HEADER_NO}, {"yes", NEURAL_CONFIG_HEADER_YES},
          {"on", NEURAL_CONFIG_HEADER_YES}, {"1", NEURAL_CONFIG_HEADER_YES},
          {"no", NEURAL_CONFIG_HEADER_NO}, {"off", NEURAL_CONFIG_HEADER_NO},
          {"0", NEURAL_CONFIG_HEADER_NO});

WORD_LIST(missing, 5, {"error", NEURAL_MISSING_ERROR}, {"drop", NEURAL_MISSING_DROP},
          {"zero", NEURAL_MISSING_ZERO}, {"mean", NEURAL_MISSING_MEAN},
          {"median", NEURAL_MISSING_MEDIAN}, {"drop_row", NEURAL_MISSING_DROP});
WORD_LIST(encoding, 2, {"onehot", NEURAL_ENCODING_ONEHOT}, {"ordinal", NEURAL_ENCODING_ORDINAL},
          {"one-hot", NEURAL_ENCODING_ONEHOT}, {"one_hot", NEURAL_ENCODING_ONEHOT});
WORD_LIST(unknown_category, 2, {"error", 0}, {"ignore", 1});
WORD_LIST(sampler, 4, {"sequential", NEURAL_SAMPLING_SEQUENTIAL},
          {"random", NEURAL_SAMPLING_RANDOM}, {"weighted", NEURAL_SAMPLING_WEIGHTED},
          {"balanced", NEURAL_SAMPLING_BALANCED});
WORD_LIST(prune_scope, 2, {"global", NEURAL_CONFIG_PRUNE_GLOBAL},
          {"layer", NEURAL_CONFIG_PRUNE_LAYER});

char neural_config_separator_char(const neural_config *config) {
    return "\0,;\t "[config->separator];
}

int neural_config_header_mode(const neural_config *config) {
    return config->header == NEURAL_CONFIG_HEADER_YES  ? 1
           : config->header == NEURAL_CONFIG_HEADER_NO ? -1
                                                       : 0;
}

/* --- lists of the floors below --- */

static const char *activation_name(int value) {
    return neural_activation_name((neural_activation)value);
}
static int activation_parse(const char *word, int *out) {
    neural_activation activation;
    const int known = neural_activation_parse(word, &activation) == NEURAL_OK;
    *out = known ? (int)activation : *out;
    return known;
}
const neural_config_words neural_words_activation = {NEURAL_ACTIVATION_COUNT, activation_name,
                                                     activation_parse};

static const char *loss_name(int value) {
    return neural_loss_name((neural_loss)value);
}
static int loss_parse(const char *word, int *out) {
    neural_loss loss;
    const int known = neural_loss_parse(word, &loss) == NEURAL_OK;
    *out = known ? (int)loss : *out;
    return known;
}
const neural_config_words neural_words_loss = {NEURAL_LOSS_COUNT, loss_name, loss_parse};

static const char *init_name(int value) {
    return neural_init_name((neural_init_kind)value);
}
static int init_parse(const char *word, int *out) {
    neural_init_kind kind;
    const int known = neural_init_parse(word, &kind) == NEURAL_OK;
    *out = known ? (int)kind : *out;
    return known;
}
const neural_config_words neural_words_init = {NEURAL_INIT_COUNT, init_name, init_parse};

static const char *prune_method_name(int value) {
    return neural_prune_method_name((neural_prune_method)value);
}
static int prune_method_parse(const char *word, int *out) {
    neural_prune_method method;
    const int known = neural_prune_method_parse(word, &method) == NEURAL_OK;
    *out = known ? (int)method : *out;
    return known;
}
const neural_config_words neural_words_prune_method = {NEURAL_PRUNE_METHODS, prune_method_name,
                                                       prune_method_parse};

static const char *prune_score_name(int value) {
    return neural_prune_score_name((neural_prune_score)value);
}
static int prune_score_parse(const char *word, int *out) {
    neural_prune_score score;
    const int known = neural_prune_score_parse(word, &score) == NEURAL_OK;
    *out = known ? (int)score : *out;
    return known;
}
const neural_config_words neural_words_prune_score = {NEURAL_PRUNE_SCORES, prune_score_name,
                                                      prune_score_parse};

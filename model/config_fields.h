/* The inside of a config: one typed field per row of model/config_schema.inc, under the name in its
 * third column. INT int64_t, FLOAT double, BOOL and WORD int, TEXT const char *. */
#ifndef MODEL_CONFIG_FIELDS_H_
#define MODEL_CONFIG_FIELDS_H_

#include "core/tensor/shape.h"
#include "model/config.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Values of the WORD fields beside those of layers/ (neural_activation, neural_loss,
 * neural_init_kind), core/tensor (neural_dtype), data/ (neural_normalize) and optim/
 * (neural_schedule_kind). */
typedef enum neural_config_optimizer {
    NEURAL_CONFIG_SGD = 0,
    NEURAL_CONFIG_ADAM = 1,
    NEURAL_CONFIG_ADAMW = 2,
    NEURAL_CONFIG_RMSPROP = 3,
    NEURAL_CONFIG_ADAGRAD = 4,
    NEURAL_CONFIG_LION = 5
} neural_config_optimizer;

typedef enum neural_config_unit {
    NEURAL_CONFIG_UNIT_EPOCH = 0,
    NEURAL_CONFIG_UNIT_STEP = 1
} neural_config_unit;

typedef enum neural_config_header {
    NEURAL_CONFIG_HEADER_AUTO = 0,
    NEURAL_CONFIG_HEADER_YES = 1,
    NEURAL_CONFIG_HEADER_NO = 2
} neural_config_header;

typedef enum neural_config_prune_scope {
    NEURAL_CONFIG_PRUNE_GLOBAL = 0,
    NEURAL_CONFIG_PRUNE_LAYER = 1
} neural_config_prune_scope;

/* NEURAL_CONFIG_KEY_<field>: number of a row. */
enum {
#define NEURAL_CONFIG_SECTION(section, meaning)
#define NEURAL_CONFIG_INT(s, k, field, fallback, min, max, flags, m) NEURAL_CONFIG_KEY_##field,
#define NEURAL_CONFIG_FLOAT(s, k, field, fallback, min, max, flags, m) NEURAL_CONFIG_KEY_##field,
#define NEURAL_CONFIG_BOOL(s, k, field, fallback, flags, m) NEURAL_CONFIG_KEY_##field,
#define NEURAL_CONFIG_WORD(s, k, field, words, fallback, flags, m) NEURAL_CONFIG_KEY_##field,
#define NEURAL_CONFIG_TEXT(s, k, field, flags, m) NEURAL_CONFIG_KEY_##field,
#define NEURAL_CONFIG_ALIAS(s, k, field)
#include "model/config_schema.inc"
#undef NEURAL_CONFIG_INT
#undef NEURAL_CONFIG_FLOAT
#undef NEURAL_CONFIG_BOOL
#undef NEURAL_CONFIG_WORD
#undef NEURAL_CONFIG_TEXT
    NEURAL_CONFIG_KEYS
};

/* Where a value came from: a line of the file, an override, or neither (line 0). */
typedef struct neural_config_place {
    const char *section, *key; /* the spelling that was used */
    const char *path;          /* of the file; the config's */
    int line, column, value_column;
    char *override_text; /* "training.lr=0.1", or NULL */
} neural_config_place;

struct neural_config {
#define NEURAL_CONFIG_INT(s, k, field, fallback, min, max, flags, m) int64_t field;
#define NEURAL_CONFIG_FLOAT(s, k, field, fallback, min, max, flags, m) double field;
#define NEURAL_CONFIG_BOOL(s, k, field, fallback, flags, m) int field;
#define NEURAL_CONFIG_WORD(s, k, field, words, fallback, flags, m) int field;
#define NEURAL_CONFIG_TEXT(s, k, field, flags, m) char *field;
#include "model/config_schema.inc"
#undef NEURAL_CONFIG_SECTION
#undef NEURAL_CONFIG_INT
#undef NEURAL_CONFIG_FLOAT
#undef NEURAL_CONFIG_BOOL
#undef NEURAL_CONFIG_WORD
#undef NEURAL_CONFIG_TEXT
#undef NEURAL_CONFIG_ALIAS
    char *path;
    char **files; /* the paths of all files, in the order in which they were begun */
    int file_count;
    neural_config_place place[NEURAL_CONFIG_KEYS];
    /* The network, whatever dialect it was written in: the shape of one row, the layers line
     * "linear 256 | relu | linear 10", and the key it came from. */
    neural_shape input_shape;
    char *network;
    int network_key;
};

/* 1 when the key was given in the file or by an override. */
static inline int neural_config_is_given(const neural_config *config, int key) {
    return config->place[key].line > 0 || config->place[key].override_text;
}

/* "run.ini:9:12" (of the value) or "--set training.lr=0.1", to begin a message with. */
#define NEURAL_CONFIG_PLACE_TEXT 400
const char *neural_config_place_text(const neural_config *config, int key, char *text);

/* The config with this input and layers line in place of what says its network, in whatever
 * dialect; then overrides. */
neural_status neural_config_with_network(const neural_config *config, const neural_shape *input,
                                         const char *network, const char *const *overrides,
                                         int override_count, neural_config **out);

/* The separator's character, 0 = recognise. */
char neural_config_separator_char(const neural_config *config);

/* As neural_data_options.header wants it: 0 = recognise, 1 = there is one, -1 = there is none. */
int neural_config_header_mode(const neural_config *config);

#ifdef __cplusplus
}
#endif

#endif /* MODEL_CONFIG_FIELDS_H_ */

/* The schema as a table. Only for the config library. */
#ifndef MODEL_CONFIG_KEYS_H_
#define MODEL_CONFIG_KEYS_H_

#include <stddef.h>

#include "model/config_fields.h"
#include "model/text.h"

typedef enum neural_config_type {
    NEURAL_CONFIG_TYPE_INT = 0,
    NEURAL_CONFIG_TYPE_FLOAT = 1,
    NEURAL_CONFIG_TYPE_BOOL = 2,
    NEURAL_CONFIG_TYPE_WORD = 3,
    NEURAL_CONFIG_TYPE_TEXT = 4
} neural_config_type;

enum {
    NEURAL_CONFIG_LOCAL = 1,     /* not in model files */
    NEURAL_CONFIG_ABOVE_MIN = 2, /* min itself is out of range */
    NEURAL_CONFIG_BELOW_MAX = 4,
    NEURAL_CONFIG_RESUMABLE = 8 /* may change before a run is resumed */
};

/* A list of words: value i is called name(i); parse knows other spellings, too. */
typedef struct neural_config_words {
    int count;
    const char *(*name)(int value);
    int (*parse)(const char *word, int *out); /* 1 when the word is known */
} neural_config_words;

extern const neural_config_words neural_words_activation, neural_words_dtype,
    neural_words_optimizer, neural_words_loss, neural_words_normalize, neural_words_separator,
    neural_words_header, neural_words_init, neural_words_missing, neural_words_encoding,
    neural_words_unknown_category, neural_words_sampler, neural_words_schedule, neural_words_unit,
    neural_words_prune_method, neural_words_prune_score, neural_words_prune_scope;

/* A value of any type. */
typedef struct neural_config_value {
    int64_t integer; /* INT, BOOL, WORD */
    double number;   /* FLOAT */
    const char *text;
} neural_config_value;

typedef struct neural_config_row {
    const char *section, *key, *meaning;
    neural_config_type type;
    int flags;
    size_t offset; /* of the field in struct neural_config */
    neural_config_value fallback;
    int64_t int_min, int_max;
    double float_min, float_max;
    const neural_config_words *words;
} neural_config_row;

extern const neural_config_row neural_config_rows[NEURAL_CONFIG_KEYS];

/* All spellings, the rows' own included, in the order of the schema. */
typedef struct neural_config_spelling {
    const char *section, *key;
    int row;
} neural_config_spelling;
extern const neural_config_spelling neural_config_spellings[];
extern const int neural_config_spelling_count;

typedef struct neural_config_section {
    const char *name, *meaning;
} neural_config_section;
extern const neural_config_section neural_config_sections[];
extern const int neural_config_section_count;

/* Finds a spelling (names case-insensitive); NULL when there is none. */
const neural_config_spelling *neural_config_find(const char *section, const char *key);

/* The field of a row. */
neural_config_value neural_config_read(const neural_config *config, const neural_config_row *row);
void neural_config_store(neural_config *config, const neural_config_row *row,
                         neural_config_value value);

/* 1 when both are the same value of the row's type. */
int neural_config_equal(const neural_config_row *row, neural_config_value a, neural_config_value b);

/* Reads text as a value of the row; value->text points to text itself. Otherwise
 * NEURAL_ERR_INVALID_CONFIG "epochs is 0, expected a whole number from 1 to 1000000000", with
 * `key` as the name. */
neural_status neural_config_value_parse(const neural_config_row *row, const char *key,
                                        const char *text, neural_config_value *out);

/* "a whole number from 1 to 9", "one of sgd, adam, adamw". */
void neural_config_expectation(const neural_config_row *row, neural_text *out);

/* A value as it may stand behind = in a config. */
void neural_config_value_text(const neural_config_row *row, neural_config_value value,
                              neural_text *out);

/* What several keys have to agree on; fills input_shape, network and network_key. */
neural_status neural_config_check(neural_config *config);

#endif /* MODEL_CONFIG_KEYS_H_ */

#include "model/config_keys.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#define LOCAL NEURAL_CONFIG_LOCAL
#define ABOVE_MIN NEURAL_CONFIG_ABOVE_MIN
#define BELOW_MAX NEURAL_CONFIG_BELOW_MAX
#define RESUMABLE NEURAL_CONFIG_RESUMABLE

#define ROW(s, k, f, kind, fl, m)                                                                  \
    .section = #s, .key = #k, .meaning = m, .type = NEURAL_CONFIG_TYPE_##kind, .flags = (fl),      \
    .offset = offsetof(struct neural_config, f)
const neural_config_row neural_config_rows[NEURAL_CONFIG_KEYS] = {
#define NEURAL_CONFIG_SECTION(name, meaning)
#define NEURAL_CONFIG_ALIAS(section, key, field)
#define NEURAL_CONFIG_INT(section, key, field, fall, min, max, flags, meaning)                     \
    {ROW(section, key, field, INT, flags, meaning), .fallback = {.integer = (fall)},               \
     .int_min = (min), .int_max = (max)},
#define NEURAL_CONFIG_FLOAT(section, key, field, fall, min, max, flags, meaning)                   \
    {ROW(section, key, field, FLOAT, flags, meaning), .fallback = {.number = (fall)},              \
     .float_min = (min), .float_max = (max)},
#define NEURAL_CONFIG_BOOL(section, key, field, fall, flags, meaning)                              \
    {ROW(section, key, field, BOOL, flags, meaning), .fallback = {.integer = (fall)}},
#define NEURAL_CONFIG_WORD(section, key, field, list, fall, flags, meaning)                        \
    {ROW(section, key, field, WORD, flags, meaning), .fallback = {.integer = (fall)},              \
     .words = &neural_words_##list},
#define NEURAL_CONFIG_TEXT(section, key, field, flags, meaning)                                    \
    {ROW(section, key, field, TEXT, flags, meaning)},
#include "model/config_schema.inc"
};
#undef NEURAL_CONFIG_SECTION
#undef NEURAL_CONFIG_ALIAS
#undef NEURAL_CONFIG_INT
#undef NEURAL_CONFIG_FLOAT
#undef NEURAL_CONFIG_BOOL
#undef NEURAL_CONFIG_WORD
#undef NEURAL_CONFIG_TEXT

#define SPELLING(section, key, field) {#section, #key, NEURAL_CONFIG_KEY_##field},
const neural_config_spelling neural_config_spellings[] = {
#define NEURAL_CONFIG_SECTION(section, meaning)
#define NEURAL_CONFIG_ALIAS(section, key, field) SPELLING(section, key, field)
#define NEURAL_CONFIG_INT(section, key, field, f, lo, hi, flags, m) SPELLING(section, key, field)
#define NEURAL_CONFIG_FLOAT(section, key, field, f, lo, hi, flags, m) SPELLING(section, key, field)
#define NEURAL_CONFIG_BOOL(section, key, field, f, flags, m) SPELLING(section, key, field)
#define NEURAL_CONFIG_WORD(section, key, field, w, f, flags, m) SPELLING(section, key, field)
#define NEURAL_CONFIG_TEXT(section, key, field, flags, m) SPELLING(section, key, field)
#include "model/config_schema.inc"
};
#undef NEURAL_CONFIG_SECTION
#undef NEURAL_CONFIG_ALIAS
#undef NEURAL_CONFIG_INT
#undef NEURAL_CONFIG_FLOAT
#undef NEURAL_CONFIG_BOOL
#undef NEURAL_CONFIG_WORD
#undef NEURAL_CONFIG_TEXT
const int neural_config_spelling_count =
    sizeof neural_config_spellings / sizeof *neural_config_spellings;

const neural_config_section neural_config_sections[] = {
#define NEURAL_CONFIG_SECTION(section, meaning) {#section, meaning},
#define NEURAL_CONFIG_ALIAS(section, key, field)
#define NEURAL_CONFIG_INT(section, key, field, fallback, min, max, flags, meaning)
#define NEURAL_CONFIG_FLOAT(section, key, field, fallback, min, max, flags, meaning)
#define NEURAL_CONFIG_BOOL(section, key, field, fallback, flags, meaning)
#define NEURAL_CONFIG_WORD(section, key, field, words, fallback, flags, meaning)
#define NEURAL_CONFIG_TEXT(section, key, field, flags, meaning)
#include "model/config_schema.inc"
};
const int neural_config_section_count =
    sizeof neural_config_sections / sizeof *neural_config_sections;

const neural_config_spelling *neural_config_find(const char *section, const char *key) {
    for (int i = 0; i < neural_config_spelling_count; i++) {
        const neural_config_spelling *spelling = &neural_config_spellings[i];
        if (strcasecmp(spelling->key, key) == 0 && strcasecmp(spelling->section, section) == 0) {
            return spelling;
        }
    }
    return NULL;
}

neural_config_value neural_config_read(const neural_config *config, const neural_config_row *row) {
    const char *field = (const char *)config + row->offset;
    neural_config_value value = {0};
    switch (row->type) {
    case NEURAL_CONFIG_TYPE_INT:
        memcpy(&value.integer, field, sizeof value.integer);
        break;
    case NEURAL_CONFIG_TYPE_FLOAT:
        memcpy(&value.number, field, sizeof value.number);
        break;
    case NEURAL_CONFIG_TYPE_BOOL:
    case NEURAL_CONFIG_TYPE_WORD:
        value.integer = *(const int *)(const void *)field;
        break;
    case NEURAL_CONFIG_TYPE_TEXT:
        memcpy(&value.text, field, sizeof value.text);
        break;
    }
    return value;
}

void neural_config_store(neural_config *config, const neural_config_row *row,
                         neural_config_value value) {
    char *field = (char *)config + row->offset;
    switch (row->type) {
    case NEURAL_CONFIG_TYPE_INT:
        memcpy(field, &value.integer, sizeof value.integer);
        break;
    case NEURAL_CONFIG_TYPE_FLOAT:
        memcpy(field, &value.number, sizeof value.number);
        break;
    case NEURAL_CONFIG_TYPE_BOOL:
    case NEURAL_CONFIG_TYPE_WORD:
        *(int *)(void *)field = (int)value.integer;
        break;
    case NEURAL_CONFIG_TYPE_TEXT:
        memcpy(field, &value.text, sizeof value.text);
        break;
    }
}

int neural_config_equal(const neural_config_row *row, neural_config_value a,
                        neural_config_value b) {
    if (row->type == NEURAL_CONFIG_TYPE_TEXT) {
        return strcmp(a.text ? a.text : "", b.text ? b.text : "") == 0;
    }
    return a.integer == b.integer && a.number == b.number;
}

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "core/base/file.h"
#include "core/base/file_call.h"
#include "core/base/memory.h"
#include "core/base/suggest.h"
#include "model/config_keys.h"
#include "model/ini.h"

enum { MAX_CANDIDATES = 64, MAX_DEPTH = 16, MAX_FILES = 256 };

const char *neural_config_place_text(const neural_config *config, int key, char *text) {
    const neural_config_place *place = &config->place[key];
    if (place->override_text) {
        snprintf(text, NEURAL_CONFIG_PLACE_TEXT, "--set %s", place->override_text);
    } else if (place->line) {
        snprintf(text, NEURAL_CONFIG_PLACE_TEXT, "%s:%d:%d", place->path, place->line,
                 place->value_column);
    } else {
        snprintf(text, NEURAL_CONFIG_PLACE_TEXT, "%s", config->path);
    }
    return text;
}

/* --- what is not known --- */

/* The sections that know a key, when its own does not. */
static const char *home_of(const char *key) {
    for (int i = 0; i < neural_config_spelling_count; i++) {
        if (strcasecmp(neural_config_spellings[i].key, key) == 0) {
            return neural_config_spellings[i].section;
        }
    }
    return NULL;
}

static neural_status unknown_section(const char *section) {
    const char *names[MAX_CANDIDATES];
    int count = 0;
    for (; count < neural_config_section_count; count++) {
        names[count] = neural_config_sections[count].name;
    }
    neural_error_unknown_word("section", section, names, count);
    return NEURAL_ERR_INVALID_CONFIG;
}

static neural_status unknown_key(const char *section, const char *key) {
    const char *names[MAX_CANDIDATES];
    int count = 0;
    for (int i = 0; i < neural_config_spelling_count && count < MAX_CANDIDATES; i++) {
        if (strcasecmp(neural_config_spellings[i].section, section) == 0) {
            names[count++] = neural_config_spellings[i].key;
        }
    }
    if (count == 0) {
        return unknown_section(section);
    }
    const char *home = home_of(key);
    const char *near = neural_nearest_word(key, names, count);
    if (home || near) {
        return neural_error(NEURAL_ERR_INVALID_CONFIG, "unknown key %s in [%s]; %s%s%s", key,
                            section, home ? "it belongs in [" : "did you mean ", home ? home : near,
                            home ? "]" : "?");
    }
    char known[512] = "";
    for (int i = 0; i < count; i++) {
        const size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", names[i]);
    }
    return neural_error(NEURAL_ERR_INVALID_CONFIG, "unknown key %.80s in [%s]; known are %s", key,
                        section, known);
}

/* Repeats the last error as _INVALID_CONFIG behind a place; memory failures stay what they are. */
static neural_status fail_at(neural_status status, const char *place) {
    if (status == NEURAL_ERR_OUT_OF_MEMORY) {
        return status;
    }
    return neural_error(NEURAL_ERR_INVALID_CONFIG, "%s: %s", place, neural_last_error());
}

/* --- taking values in --- */

/* Stores a value and its place; texts are copied, an empty one is "not given". */
static neural_status keep(neural_config *config, int key, neural_config_value value,
                          const neural_config_place *place) {
    const neural_config_row *row = &neural_config_rows[key];
    if (row->type == NEURAL_CONFIG_TYPE_TEXT) {
        neural_config_value old = neural_config_read(config, row);
        char *copy = NULL;
        if (*value.text) {
            copy = neural_strdup(value.text);
            if (!copy) {
                return NEURAL_ERR_OUT_OF_MEMORY;
            }
        }
        neural_free((char *)old.text);
        value.text = copy;
    }
    neural_config_store(config, row, value);
    neural_free(config->place[key].override_text);
    config->place[key] = *place;
    return NEURAL_OK;
}

/* The same setting under another spelling in the same file. */
static neural_status check_repeated(const neural_config *config, int key, neural_config_value value,
                                    const char *path, const neural_ini_entry *entry) {
    const neural_config_place *first = &config->place[key];
    const neural_config_row *row = &neural_config_rows[key];
    if (!first->line || first->path != path ||
        neural_config_equal(row, neural_config_read(config, row), value)) {
        return NEURAL_OK;
    }
    return neural_error(NEURAL_ERR_INVALID_CONFIG,
                        "%s:%d:%d: [%s] %s contradicts [%s] %s at %s:%d:%d: both are the same "
                        "setting, expected one value",
                        path, entry->line, entry->column, entry->section, entry->key,
                        first->section, first->key, path, first->line, first->column);
}

static neural_status take_entry(neural_config *config, const char *path,
                                const neural_ini_entry *entry) {
    char place[NEURAL_CONFIG_PLACE_TEXT];
    const neural_config_spelling *found = neural_config_find(entry->section, entry->key);
    if (!found) {
        snprintf(place, sizeof place, "%s:%d:%d", path, entry->line, entry->column);
        return fail_at(unknown_key(entry->section, entry->key), place);
    }
    neural_config_value value;
    const neural_status status = neural_config_value_parse(&neural_config_rows[found->row],
                                                           found->key, entry->value, &value);
    if (status) {
        snprintf(place, sizeof place, "%s:%d:%d", path, entry->line, entry->value_column);
        return fail_at(status, place);
    }
    NEURAL_TRY(check_repeated(config, found->row, value, path, entry));
    const neural_config_place where = {.section = found->section,
                                       .key = found->key,
                                       .path = path,
                                       .line = entry->line,
                                       .column = entry->column,
                                       .value_column = entry->value_column};
    return keep(config, found->row, value, &where);
}

/* text is "section\0key" and then the value; override the whole as it was given. */
static neural_status take_override(neural_config *config, const char *section, const char *key,
                                   const char *value_text, const char *override) {
    const neural_config_spelling *found = neural_config_find(section, key);
    if (!found) {
        return unknown_key(section, key);
    }
    neural_config_value value;
    NEURAL_TRY(
        neural_config_value_parse(&neural_config_rows[found->row], found->key, value_text, &value));
    neural_config_place place = {.section = found->section, .key = found->key};
    place.override_text = neural_strdup(override);
    if (!place.override_text) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    const neural_status status = keep(config, found->row, value, &place);
    if (status) {
        neural_free(place.override_text);
    }
    return status;
}

static neural_status split_override(neural_config *config, const char *override) {
    char place[NEURAL_CONFIG_PLACE_TEXT];
    snprintf(place, sizeof place, "--set %s", override);
    const char *equals = strchr(override, '=');
    const char *dot = strchr(override, '.');
    if (!equals || !dot || dot > equals) {
        return neural_error(NEURAL_ERR_INVALID_CONFIG, "%s: expected section.key=value", place);
    }
    char *names = neural_strdup(override);
    if (!names) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    names[dot - override] = '\0';
    names[equals - override] = '\0';
    const neural_status status =
        take_override(config, names, names + (dot - override) + 1, equals + 1, override);
    neural_free(names);
    return status ? fail_at(status, place) : NEURAL_OK;
}

/* lr_step_size = 0 says that the rate does not decay, whatever the factor beside it. */
static void switch_decay_off(neural_config *config) {
    if (config->lr_step_size == 0 &&
        neural_config_is_given(config, NEURAL_CONFIG_KEY_lr_step_size)) {
        config->lr_gamma = 1;
    }
}

static neural_status take_overrides(neural_config *config, const char *const *overrides,
                                    int override_count) {
    for (int i = 0; i < override_count; i++) {
        NEURAL_REQUIRE(overrides && overrides[i], NEURAL_ERR_NULL_POINTER,
                       "config: override %d is NULL", i);
        NEURAL_TRY(split_override(config, overrides[i]));
    }
    switch_decay_off(config);
    return neural_config_check(config);
}

/* --- files, and the files that they include --- */

/* A file that is being read, and the one that includes it. */
typedef struct source {
    const char *path; /* the config's */
    const struct source *by;
    int depth; /* of includes above it */
    dev_t device;
    ino_t number;
} source;

/* The config's own copy of a path, which places point to. */
static neural_status add_file(neural_config *config, const char *path, const char **out) {
    const size_t old_bytes = sizeof *config->files * (size_t)config->file_count;
    char **files = neural_realloc(config->files, old_bytes, old_bytes + sizeof *files);
    if (!files) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    config->files = files;
    files[config->file_count] = neural_strdup(path);
    *out = files[config->file_count];
    if (!*out) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    config->file_count++;
    return NEURAL_OK;
}

/* `path` as seen from the directory of the file that names it. */
static char *path_from(const char *by, const char *path) {
    const char *slash = path[0] == '/' ? NULL : strrchr(by, '/');
    const size_t prefix = slash ? (size_t)(slash - by) + 1 : 0;
    char *joined = neural_alloc(prefix + strlen(path) + 1);
    if (joined) {
        memcpy(joined, by, prefix);
        strcpy(joined + prefix, path);
    }
    return joined;
}

static neural_status check_include(const neural_config *config, const source *by,
                                   const source *next) {
    NEURAL_REQUIRE(next->depth <= MAX_DEPTH, NEURAL_ERR_INVALID_CONFIG,
                   "include goes deeper than %d files", MAX_DEPTH);
    NEURAL_REQUIRE(config->file_count < MAX_FILES, NEURAL_ERR_INVALID_CONFIG,
                   "the config has more than %d files", MAX_FILES);
    for (; by; by = by->by) {
        NEURAL_REQUIRE(by->device != next->device || by->number != next->number,
                       NEURAL_ERR_INVALID_CONFIG, "%s includes itself", by->path);
    }
    return NEURAL_OK;
}

static neural_status take_ini(neural_config *config, const neural_ini *ini, const source *from);

/* Reads the file at next->path, whose identity is filled in. */
static neural_status take_file(neural_config *config, source *next) {
    struct stat info;
    if (neural_file_call_stat_path(next->path, &info) == 0) {
        next->device = info.st_dev;
        next->number = info.st_ino;
        NEURAL_TRY(check_include(config, next->by, next));
    }
    neural_ini *ini = NULL;
    NEURAL_TRY(neural_ini_load(next->path, &ini)); /* says what is not there */
    const neural_status status = take_ini(config, ini, next);
    neural_ini_destroy(ini);
    return status;
}

/* A failure of the include itself is put at its place; one inside the file has a place there. */
static neural_status take_include(neural_config *config, const source *from,
                                  const neural_ini_entry *entry) {
    const int files_before = config->file_count;
    if (from->depth < 0 || !*entry->value) {
        return neural_error(NEURAL_ERR_INVALID_CONFIG, "%s:%d:%d: include: expected %s", from->path,
                            entry->line, entry->value_column,
                            *entry->value ? "a config that is read from a file" : "a path");
    }
    char *path = path_from(from->path, entry->value);
    if (!path) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    source next = {.path = path, .by = from, .depth = from->depth + 1};
    const neural_status status = take_file(config, &next);
    neural_free(path);
    if (status && config->file_count == files_before && status != NEURAL_ERR_PARSE_ERROR) {
        char place[NEURAL_CONFIG_PLACE_TEXT];
        snprintf(place, sizeof place, "%s:%d:%d", from->path, entry->line, entry->value_column);
        return fail_at(status, place);
    }
    return status;
}

static neural_status take_ini(neural_config *config, const neural_ini *ini, const source *from) {
    source here = *from;
    NEURAL_TRY(add_file(config, ini->path, &here.path));
    for (int i = 0; i < ini->count; i++) {
        const neural_ini_entry *entry = &ini->entry[i];
        NEURAL_TRY(*entry->section ? take_entry(config, here.path, entry)
                                   : take_include(config, &here, entry));
    }
    return NEURAL_OK;
}

/* --- the object --- */

static neural_status create_default(const char *path, neural_config **out) {
    neural_config *config = neural_alloc_zeroed(sizeof *config);
    if (!config) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int i = 0; i < NEURAL_CONFIG_KEYS; i++) {
        neural_config_store(config, &neural_config_rows[i], neural_config_rows[i].fallback);
    }
    config->path = neural_strdup(path);
    if (!config->path) {
        neural_config_destroy(config);
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    *out = config;
    return NEURAL_OK;
}

/* Hands the config over once it is complete. */
static neural_status finish(neural_config *config, neural_status status,
                            const char *const *overrides, int override_count, neural_config **out) {
    if (!status) {
        status = take_overrides(config, overrides, override_count);
    }
    if (status) {
        neural_config_destroy(config);
        return status;
    }
    *out = config;
    return NEURAL_OK;
}

neural_status neural_config_load(const char *path, const char *const *overrides, int override_count,
                                 neural_config **out) {
    neural_config *config = NULL;
    NEURAL_REQUIRE(path && out, NEURAL_ERR_NULL_POINTER, "config_load: path and out must be given");
    NEURAL_TRY(create_default(path, &config));
    source main = {.path = path};
    return finish(config, take_file(config, &main), overrides, override_count, out);
}

neural_status neural_config_parse(const char *text, const char *path, const char *const *overrides,
                                  int override_count, neural_config **out) {
    NEURAL_REQUIRE(text && path && out, NEURAL_ERR_NULL_POINTER,
                   "config_parse: text, path and out must be given");
    neural_ini *ini = NULL;
    neural_config *config = NULL;
    NEURAL_TRY(neural_ini_parse(text, strlen(text), path, &ini));
    neural_status status = create_default(path, &config);
    if (!status) {
        const source nowhere = {.path = path, .depth = -1};
        status = finish(config, take_ini(config, ini, &nowhere), overrides, override_count, out);
    }
    neural_ini_destroy(ini);
    return status;
}

void neural_config_destroy(neural_config *config) {
    if (!config) {
        return;
    }
    for (int i = 0; i < NEURAL_CONFIG_KEYS; i++) {
        if (neural_config_rows[i].type == NEURAL_CONFIG_TYPE_TEXT) {
            neural_free((char *)neural_config_read(config, &neural_config_rows[i]).text);
        }
        neural_free(config->place[i].override_text);
    }
    for (int i = 0; i < config->file_count; i++) {
        neural_free(config->files[i]);
    }
    neural_free(config->files);
    neural_free(config->network);
    neural_free(config->path);
    neural_free(config);
}

void neural_text_free(char *text) {
    neural_free(text);
}

/* --- by name --- */

static const neural_config_row *row_of(const neural_config *config, const char *section,
                                       const char *key) {
    const neural_config_spelling *found =
        config && section && key ? neural_config_find(section, key) : NULL;
    return found ? &neural_config_rows[found->row] : NULL;
}

int64_t neural_config_get_int(const neural_config *config, const char *section, const char *key,
                              int64_t fallback) {
    const neural_config_row *row = row_of(config, section, key);
    const int fits =
        row && (row->type == NEURAL_CONFIG_TYPE_INT || row->type == NEURAL_CONFIG_TYPE_BOOL);
    const int64_t value = fits ? neural_config_read(config, row).integer : fallback;
    return fits && row->type == NEURAL_CONFIG_TYPE_INT && value < row->int_min ? fallback : value;
}

double neural_config_get_float(const neural_config *config, const char *section, const char *key,
                               double fallback) {
    const neural_config_row *row = row_of(config, section, key);
    if (row && row->type == NEURAL_CONFIG_TYPE_INT) {
        return (double)neural_config_read(config, row).integer;
    }
    return row && row->type == NEURAL_CONFIG_TYPE_FLOAT ? neural_config_read(config, row).number
                                                        : fallback;
}

const char *neural_config_get_string(const neural_config *config, const char *section,
                                     const char *key, const char *fallback) {
    const neural_config_row *row = row_of(config, section, key);
    if (row && row->type == NEURAL_CONFIG_TYPE_TEXT) {
        const char *text = neural_config_read(config, row).text;
        return text ? text : fallback;
    }
    if (row && row->type == NEURAL_CONFIG_TYPE_WORD) {
        const int64_t value = neural_config_read(config, row).integer;
        return value >= 0 ? row->words->name((int)value) : fallback;
    }
    return fallback;
}

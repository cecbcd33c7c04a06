/* A config as text: the canonical INI of its values, what changed between two configs, and the page
 * that documents all keys. */
#include <string.h>

#include "model/config_keys.h"
#include "model/layer_words.h"

/* --- resolved --- */

neural_status neural_config_resolved(const neural_config *config, int portable, char **out) {
    NEURAL_REQUIRE(config && out, NEURAL_ERR_NULL_POINTER,
                   "config_resolved: config and out must be given");
    neural_text text = {0};
    const char *section = "";
    for (int i = 0; i < NEURAL_CONFIG_KEYS; i++) {
        const neural_config_row *row = &neural_config_rows[i];
        const neural_config_value value = neural_config_read(config, row);
        if (neural_config_equal(row, value, row->fallback) ||
            (portable && (row->flags & NEURAL_CONFIG_LOCAL))) {
            continue;
        }
        if (strcmp(section, row->section) != 0) {
            neural_text_add(&text, "%s[%s]\n", *section ? "\n" : "", row->section);
            section = row->section;
        }
        neural_text_add(&text, "%s = ", row->key);
        neural_config_value_text(row, value, &text);
        neural_text_add(&text, "\n");
    }
    return neural_text_finish(&text, out);
}

static int is_absent(const neural_config_row *row, neural_config_value value) {
    return (row->type == NEURAL_CONFIG_TYPE_TEXT && !value.text) ||
           (row->type == NEURAL_CONFIG_TYPE_WORD && value.integer < 0) ||
           (row->type == NEURAL_CONFIG_TYPE_INT && value.integer < row->int_min);
}

/* A value between two marks, or "not given". */
static void add_given(const neural_config_row *row, neural_config_value value, const char *mark,
                      neural_text *out) {
    if (is_absent(row, value)) {
        neural_text_add(out, "not given");
        return;
    }
    neural_text_add(out, "%s", mark);
    neural_config_value_text(row, value, out);
    neural_text_add(out, "%s", mark);
}

/* --- origins --- */

static void add_origin(const neural_config *config, int key, neural_text *out) {
    char place[NEURAL_CONFIG_PLACE_TEXT];
    if (!neural_config_is_given(config, key)) {
        neural_text_add(out, "default");
        return;
    }
    neural_config_place_text(config, key, place);
    for (char *at = place; *at; at++) {
        *at = (unsigned char)*at < ' ' ? '?' : *at; /* a comment ends with its line */
    }
    neural_text_add(out, "%s", place);
}

neural_status neural_config_origins(const neural_config *config, char **out) {
    NEURAL_REQUIRE(config && out, NEURAL_ERR_NULL_POINTER,
                   "config_origins: config and out must be given");
    neural_text text = {0};
    const char *section = "";
    for (int i = 0; i < NEURAL_CONFIG_KEYS; i++) {
        const neural_config_row *row = &neural_config_rows[i];
        const neural_config_value value = neural_config_read(config, row);
        if (strcmp(section, row->section) != 0) {
            neural_text_add(&text, "%s[%s]\n", *section ? "\n" : "", row->section);
            section = row->section;
        }
        const int absent = is_absent(row, value);
        neural_text_add(&text, "%s%s = ", absent ? "# " : "", row->key);
        add_given(row, value, "", &text);
        neural_text_add(&text, "  # ");
        add_origin(config, i, &text);
        neural_text_add(&text, "\n");
    }
    return neural_text_finish(&text, out);
}

/* --- changes --- */

static neural_status fail_changed(const neural_config_row *row, neural_config_value now,
                                  neural_config_value then) {
    neural_text text = {0};
    char *sentence = NULL;
    neural_text_add(&text, "it was made with %s ", row->key);
    add_given(row, then, "", &text);
    neural_text_add(&text, ", now it is ");
    add_given(row, now, "", &text);
    NEURAL_TRY(neural_text_finish(&text, &sentence));
    const neural_status status = neural_error(NEURAL_ERR_INVALID_CONFIG, "%s", sentence);
    neural_text_free(sentence);
    return status;
}

neural_status neural_config_check_resumable(const neural_config *now, const neural_config *then) {
    for (int i = 0; i < NEURAL_CONFIG_KEYS; i++) {
        const neural_config_row *row = &neural_config_rows[i];
        const neural_config_value a = neural_config_read(now, row);
        const neural_config_value b = neural_config_read(then, row);
        if (!(row->flags & (NEURAL_CONFIG_LOCAL | NEURAL_CONFIG_RESUMABLE)) &&
            !neural_config_equal(row, a, b)) {
            return fail_changed(row, a, b);
        }
    }
    return NEURAL_OK;
}

/* --- reference --- */

static void add_spellings(int row, neural_text *out) {
    const char *own = neural_config_rows[row].section;
    for (int i = 0, found = 0; i < neural_config_spelling_count; i++) {
        const neural_config_spelling *spelling = &neural_config_spellings[i];
        const int canonical = strcmp(spelling->key, neural_config_rows[row].key) == 0 &&
                              strcmp(spelling->section, own) == 0;
        if (spelling->row == row && !canonical) {
            neural_text_add(out, "%s", found++ ? ", " : "");
            if (strcmp(spelling->section, own) != 0) {
                neural_text_add(out, "`[%s] %s`", spelling->section, spelling->key);
            } else {
                neural_text_add(out, "`%s`", spelling->key);
            }
        }
    }
}

/* Table cells: | ends a cell. */
static void add_meaning(const char *meaning, neural_text *out) {
    for (; *meaning; meaning++) {
        neural_text_add_bytes(out, "\\", *meaning == '|' ? 1 : 0);
        neural_text_add_bytes(out, meaning, 1);
    }
}

static void add_row(int i, neural_text *out) {
    const neural_config_row *row = &neural_config_rows[i];
    neural_text_add(out, "| `%s` | ", row->key);
    add_spellings(i, out);
    neural_text_add(out, " | ");
    if (row->type == NEURAL_CONFIG_TYPE_TEXT) {
        neural_text_add(out, "text");
    } else {
        neural_config_expectation(row, out);
    }
    neural_text_add(out, " | ");
    add_given(row, row->fallback, "`", out);
    neural_text_add(out, " | ");
    add_meaning(row->meaning, out);
    neural_text_add(out, " |\n");
}

static const char introduction[] =
    "# Config files\n"
    "\n"
    "<!-- Generated from model/config_schema.inc: bazel run //tests/model:config_reference -->\n"
    "\n"
    "INI text: `[section]` headers and `key = value` lines. Names are case-insensitive. A line "
    "that\n"
    "begins with `#` or `;` is a comment; so is what follows a `#` behind a blank. A value in\n"
    "`\"...\"` keeps blanks and `#` (`\"\"` inside stands for one `\"`); a value goes on over the "
    "next\n"
    "lines while a `(` or `{` is open. Booleans are `true yes on 1` and `false no off 0`; numbers\n"
    "may have exponents and always use a point. A key that is not given is off. The same setting\n"
    "under two spellings has to have one value. On the command line, `--set section.key=value`\n"
    "overrides the file.\n"
    "\n"
    "`include = other.ini`, anywhere, reads that file there; its path is relative to the file that "
    "says\n"
    "so. Of two values of one setting in different files the one read later counts: put `include` "
    "first\n"
    "to override a base. A file may not include itself, and includes go 16 deep at most. `neural "
    "config\n"
    "--resolved FILE` tells every value and where it comes from.\n"
    "\n"
    "Relative paths are resolved against the directory of the command, then of the config file.\n";

static void add_layer_words(neural_text *out) {
    neural_text_add(out, "\n## Words of the `layers` line\n\n"
                         "Layers are separated by `|`; arguments may be given in order or as "
                         "`name=value`. The line may\nstand in `{ }` and then go on over several "
                         "lines.\n\n| layer | what it does |\n|---|---|\n");
    for (int i = 0; i < neural_layer_word_count; i++) {
        neural_text_add(out, "| `%s%s%s` | %s |\n", neural_layer_words[i].word,
                        *neural_layer_words[i].arguments ? " " : "",
                        neural_layer_words[i].arguments, neural_layer_words[i].meaning);
    }
}

neural_status neural_config_reference(char **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "config_reference: out must be given");
    neural_text text = {0};
    neural_text_add(&text, "%s", introduction);
    for (int i = 0; i < neural_config_section_count; i++) {
        const neural_config_section *section = &neural_config_sections[i];
        neural_text_add(&text,
                        "\n## [%s]\n\n%s\n\n| key | also spelled | value | default | meaning |\n"
                        "|---|---|---|---|---|\n",
                        section->name, section->meaning);
        for (int row = 0; row < NEURAL_CONFIG_KEYS; row++) {
            if (strcmp(neural_config_rows[row].section, section->name) == 0) {
                add_row(row, &text);
            }
        }
    }
    add_layer_words(&text);
    return neural_text_finish(&text, out);
}

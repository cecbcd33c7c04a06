#include "model/ini.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/base/file.h"
#include "core/base/memory.h"

enum { MAX_BYTES = 16 << 20, MAX_ENTRIES = 4096, EXCERPT = 40 };

/* The text is copied once and the strings are cut out of the copy in place: a decoded string is
 * never longer than what it was read from. */
typedef struct reader {
    char *at, *end; /* next byte; the NUL behind the last one */
    char *line_begin;
    int line;
    const char *section; /* NULL before the first header */
    neural_ini *ini;
    int capacity; /* of ini->entry */
} reader;

static int column(const reader *r, const char *place) {
    return (int)(place - r->line_begin) + 1;
}

/* Length of what a message may quote of a line. */
static int excerpt(const char *begin, const char *end) {
    return (int)(end - begin > EXCERPT ? EXCERPT : end - begin);
}

#define FAIL(r, place, format, ...)                                                                \
    neural_error(NEURAL_ERR_PARSE_ERROR, "%s:%d:%d: " format, (r)->ini->path, (r)->line,           \
                 column(r, place), __VA_ARGS__)

static int is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static char *skip_blanks(char *at) {
    while (is_blank(*at)) {
        at++;
    }
    return at;
}

static char *line_end(const reader *r, char *at) {
    char *newline = memchr(at, '\n', (size_t)(r->end - at));
    return newline ? newline : r->end;
}

/* Cuts [begin, end) off behind its last byte that is not blank. May overwrite *end. */
static void finish_string(char *begin, char *end) {
    while (end > begin && is_blank(end[-1])) {
        end--;
    }
    *end = '\0';
}

static int ends_value(const char *at) {
    return *at == '\n' || *at == '\0' || *at == '#';
}

static void lower(char *text) {
    for (; *text; text++) {
        *text = (char)tolower((unsigned char)*text);
    }
}

/* NUL and control characters are refused up front: the rest may rely on NUL as the end. */
static neural_status check_bytes(reader *r) {
    for (char *at = r->at; at < r->end; at++) {
        const unsigned char c = (unsigned char)*at;
        if (c == '\n') {
            r->line++;
            r->line_begin = at + 1;
        } else if ((c < ' ' && !is_blank((char)c)) || c == 0x7f) {
            return FAIL(r, at, "expected text, found the control character 0x%02x", c);
        }
    }
    return NEURAL_OK;
}

static neural_status read_section(reader *r, char *at) {
    char *end = line_end(r, at);
    char *close = memchr(at, ']', (size_t)(end - at));
    if (!close) {
        return FAIL(r, at, "expected ] after [, found \"%.*s\"", excerpt(at, end), at);
    }
    char *rest = skip_blanks(close + 1);
    if (!ends_value(rest) && *rest != ';') {
        return FAIL(r, rest, "expected the end of the line after ], found \"%.*s\"",
                    excerpt(rest, end), rest);
    }
    char *name = skip_blanks(at + 1);
    finish_string(name, close);
    if (!*name) {
        return FAIL(r, at, "expected a section name between %s", "[ and ]");
    }
    lower(name);
    r->section = name;
    r->at = end;
    return NEURAL_OK;
}

/* "..." with "" standing for one "; r->at stops at the end of the line. */
static neural_status read_quoted(reader *r, char *open) {
    char *to = open;
    char *from = open + 1;
    for (; *from != '"' || from[1] == '"'; from++) {
        if (*from == '\n' || *from == '\0') {
            return FAIL(r, open, "expected a closing \" on the same line, found %s", "its end");
        }
        from += *from == '"';
        *to++ = *from;
    }
    char *rest = skip_blanks(from + 1);
    char *end = line_end(r, rest);
    if (!ends_value(rest)) {
        return FAIL(r, rest, "expected the end of the value after \", found \"%.*s\"",
                    excerpt(rest, end), rest);
    }
    *to = '\0';
    r->at = end;
    return NEURAL_OK;
}

/* To the end of the line, or of the line where every { and ( is closed again; lines are joined by a
 * blank, comments left out. */
static neural_status read_plain(reader *r, char *begin) {
    const reader start = *r;
    char *to = begin;
    int depth = 0;
    for (char *from = begin;;) {
        char *end = line_end(r, from);
        const int comment_line = depth > 0 && *skip_blanks(from) == ';';
        for (; from < end && !comment_line; from++) {
            if (*from == '#' && (from == begin || is_blank(from[-1]) || from == r->line_begin)) {
                break;
            }
            depth += *from == '{' || *from == '(';
            depth -= (*from == '}' || *from == ')') && depth > 0;
            *to++ = *from;
        }
        r->at = end;
        if (depth == 0) {
            finish_string(begin, to);
            return NEURAL_OK;
        }
        if (end == r->end) {
            *r = start;
            return FAIL(r, begin, "a bracket is not closed before the end of the %s", "file");
        }
        *to++ = ' ';
        from = r->line_begin = end + 1;
        r->line++;
    }
}

static int is_include(const neural_ini_entry *entry) {
    return !*entry->section;
}

static neural_status add_entry(reader *r, const neural_ini_entry *entry) {
    neural_ini *ini = r->ini;
    for (int i = 0; i < ini->count && !is_include(entry); i++) {
        if (strcmp(ini->entry[i].key, entry->key) == 0 &&
            strcmp(ini->entry[i].section, entry->section) == 0) {
            return neural_error(NEURAL_ERR_PARSE_ERROR,
                                "%s:%d:%d: %s is given again in [%s]; it was first given in line "
                                "%d, expected once",
                                ini->path, entry->line, entry->column, entry->key, entry->section,
                                ini->entry[i].line);
        }
    }
    if (ini->count == r->capacity) {
        NEURAL_REQUIRE(ini->count < MAX_ENTRIES, NEURAL_ERR_PARSE_ERROR,
                       "%s:%d:%d: more than %d keys", ini->path, entry->line, entry->column,
                       MAX_ENTRIES);
        const int grown = r->capacity ? 2 * r->capacity : 64;
        void *memory = neural_realloc(ini->entry, sizeof *ini->entry * (size_t)r->capacity,
                                      sizeof *ini->entry * (size_t)grown);
        NEURAL_REQUIRE(memory, NEURAL_ERR_OUT_OF_MEMORY, "%s: no memory for its keys", ini->path);
        ini->entry = memory;
        r->capacity = grown;
    }
    ini->entry[ini->count++] = *entry;
    return NEURAL_OK;
}

static int names_include(const char *key, const char *equals) {
    static const char word[] = "include";
    const size_t length = sizeof word - 1;
    while (equals > key && is_blank(equals[-1])) {
        equals--;
    }
    return (size_t)(equals - key) == length && strncasecmp(key, word, length) == 0;
}

static neural_status read_entry(reader *r, char *key) {
    char *end = line_end(r, key);
    char *equals = memchr(key, '=', (size_t)(end - key));
    if (!equals || equals == key) {
        return FAIL(r, key, "expected key = value, found \"%.*s\"", excerpt(key, end), key);
    }
    const int include = names_include(key, equals);
    if (!r->section && !include) {
        return FAIL(r, key, "expected a [section] before the first key, found \"%.*s\"",
                    excerpt(key, end), key);
    }
    char *value = skip_blanks(equals + 1);
    neural_ini_entry entry = {.section = include ? "" : r->section,
                              .key = key,
                              .value = value,
                              .line = r->line,
                              .column = column(r, key),
                              .value_column = column(r, value)};
    NEURAL_TRY(*value == '"' ? read_quoted(r, value) : read_plain(r, value));
    finish_string(key, equals);
    lower(key);
    return add_entry(r, &entry);
}

static neural_status read_lines(reader *r) {
    while (r->at < r->end) {
        char *at = skip_blanks(r->at);
        char *next = line_end(r, at); /* a value may move it and overwrite this byte */
        if (*at == '[') {
            NEURAL_TRY(read_section(r, at));
        } else if (!ends_value(at) && *at != ';') {
            NEURAL_TRY(read_entry(r, at));
        } else {
            r->at = next;
        }
        r->line_begin = r->at += r->at < r->end;
        r->line++;
    }
    return NEURAL_OK;
}

neural_status neural_ini_parse(const char *text, size_t bytes, const char *path, neural_ini **out) {
    NEURAL_REQUIRE((text || !bytes) && path && out, NEURAL_ERR_NULL_POINTER,
                   "ini_parse: text, path and out must be given");
    NEURAL_REQUIRE(bytes <= MAX_BYTES, NEURAL_ERR_PARSE_ERROR,
                   "%s: %zu bytes, expected a config of at most %d", path, bytes, MAX_BYTES);
    neural_ini *ini = neural_alloc_zeroed(sizeof *ini);
    NEURAL_REQUIRE(ini, NEURAL_ERR_OUT_OF_MEMORY, "%s: no memory to read it", path);
    ini->path = neural_strdup(path);
    ini->text = neural_alloc(bytes + 1);
    neural_status status = NEURAL_ERR_OUT_OF_MEMORY;
    if (ini->path && ini->text) {
        if (bytes) {
            memcpy(ini->text, text, bytes);
        }
        ini->text[bytes] = '\0';
        const int bom = bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        char *begin = ini->text + bom;
        const reader start = {
            .at = begin, .end = ini->text + bytes, .line_begin = begin, .line = 1, .ini = ini};
        reader r = start;
        status = check_bytes(&r);
        if (!status) {
            r = start;
            status = read_lines(&r);
        }
    }
    if (status) {
        neural_ini_destroy(ini);
        return status;
    }
    *out = ini;
    return NEURAL_OK;
}

neural_status neural_ini_load(const char *path, neural_ini **out) {
    NEURAL_REQUIRE(path && out, NEURAL_ERR_NULL_POINTER, "ini_load: path and out must be given");
    neural_file_view view;
    NEURAL_TRY(neural_file_view_open(path, &view));
    const neural_status status = neural_ini_parse(view.data, view.bytes, path, out);
    neural_file_view_close(&view);
    return status;
}

void neural_ini_destroy(neural_ini *ini) {
    if (ini) {
        neural_free(ini->entry);
        neural_free(ini->path);
        neural_free(ini->text);
        neural_free(ini);
    }
}

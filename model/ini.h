/* The INI reader: text -> (section, key, value) with exact places.
 *
 * Full-line comments start with # or ; after blanks; # after a blank ends a value, ; does not.
 * Section and key names are case-insensitive (kept in lower case). Spaces around = are ignored,
 * CRLF and a UTF-8 BOM are accepted, a value may be empty, quoted with "..." to keep # and blanks,
 * and continues over lines while a { or ( is open. Lines may be of any length. The key include may
 * stand anywhere, also before the first section, and more than once; its entries have the section
 * "". */
#ifndef MODEL_INI_H_
#define MODEL_INI_H_

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_ini_entry {
    const char *section, *key, *value;
    int line, column; /* of the key, from 1 */
    int value_column;
} neural_ini_entry;

typedef struct neural_ini {
    neural_ini_entry *entry;
    int count;
    char *path; /* for messages */
    char *text; /* owns the strings */
} neural_ini;

/* Parses bytes of text; path is only named in messages. NEURAL_ERR_PARSE_ERROR
 * "run.ini:7:1: expected key = value, found \"learning\"". A key before any section, a duplicate
 * key and a NUL byte are refused. */
neural_status neural_ini_parse(const char *text, size_t bytes, const char *path, neural_ini **out);
neural_status neural_ini_load(const char *path, neural_ini **out);
void neural_ini_destroy(neural_ini *ini);

#ifdef __cplusplus
}
#endif

#endif /* MODEL_INI_H_ */

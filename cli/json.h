/* Writes one JSON object (RFC 8259) as one line, member by member. */
#ifndef CLI_JSON_H_
#define CLI_JSON_H_

#include <stdint.h>
#include <stdio.h>

typedef struct cli_json {
    FILE *out;
    int members;
} cli_json;

cli_json cli_json_begin(FILE *out);
/* NaN and infinities are null; every other number reads back as the same double. */
void cli_json_number(cli_json *json, const char *key, double value);
void cli_json_integer(cli_json *json, const char *key, int64_t value);
void cli_json_boolean(cli_json *json, const char *key, int value);
/* Bytes that are not UTF-8 become U+FFFD; NULL is null. */
void cli_json_text(cli_json *json, const char *key, const char *value);
/* An object as a member: what is written from here to the end goes into it. */
void cli_json_begin_object(cli_json *json, const char *key);
void cli_json_end_object(cli_json *json);
/* Ends the object and the line. */
void cli_json_end(cli_json *json);

#endif /* CLI_JSON_H_ */

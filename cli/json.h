/* The members of one JSON object; jansson's json_t is the object itself. */
#ifndef CLI_JSON_H_
#define CLI_JSON_H_

#include <jansson.h>

/* Before the first object: from here on it is known when memory was out for a part of one. */
void cli_json_begin(void);
/* 0: what was printed lacks something. */
int cli_json_is_whole(void);

/* NaN and infinities are null; every other number reads back as the same double. */
void cli_json_number(json_t *json, const char *key, double value);
void cli_json_integer(json_t *json, const char *key, json_int_t value);
/* In a text that is not UTF-8, '?' stands for each byte beyond ASCII; NULL is null. */
void cli_json_text(json_t *json, const char *key, const char *value);
/* Writes the object to stdout as one line, and releases it. */
void cli_json_print(json_t *json);

#endif /* CLI_JSON_H_ */

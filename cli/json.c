#include "cli/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int is_out_of_memory;

static void *allocate(size_t bytes) {
    void *memory = malloc(bytes);
    is_out_of_memory |= !memory;
    return memory;
}

void cli_json_begin(void) {
    json_set_alloc_funcs(allocate, free);
}

int cli_json_is_whole(void) {
    return !is_out_of_memory;
}

void cli_json_number(json_t *json, const char *key, double value) {
    json_object_set_new(json, key, isfinite(value) ? json_real(value) : json_null());
}

void cli_json_integer(json_t *json, const char *key, json_int_t value) {
    json_object_set_new(json, key, json_integer(value));
}

static json_t *ascii_text(const char *value) {
    char *ascii = strdup(value);
    is_out_of_memory |= !ascii;
    for (char *at = ascii; at && *at; at++) {
        *at = (unsigned char)*at < 0x80 ? *at : '?';
    }
    json_t *text = json_string(ascii);
    free(ascii);
    return text;
}

void cli_json_text(json_t *json, const char *key, const char *value) {
    if (!value) {
        json_object_set_new(json, key, json_null());
        return;
    }
    json_t *text = json_string(value);
    json_object_set_new(json, key, text ? text : ascii_text(value));
}

void cli_json_print(json_t *json) {
    json_dumpf(json, stdout, JSON_REAL_PRECISION(17));
    putchar('\n');
    json_decref(json);
}

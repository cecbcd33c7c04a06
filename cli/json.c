#include "cli/json.h"

#include <math.h>

#include "cli/number.h"

/* Bytes of the UTF-8 sequence (RFC 3629) at `text`, 0 when it is none. */
static int sequence_length(const unsigned char *text) {
    const unsigned char lead = text[0];
    const int length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const int low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const int high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (lead > 0xF4 || (length > 1 && (text[1] < low || text[1] > high))) {
        return 0;
    }
    for (int i = 2; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return length;
}

static void write_text(FILE *out, const char *value) {
    const unsigned char *at = (const unsigned char *)value;
    fputc('"', out);
    while (*at) {
        const int length = sequence_length(at);
        if (length == 0) {
            fputs("\\ufffd", out);
        } else if (*at == '"' || *at == '\\') {
            fprintf(out, "\\%c", *at);
        } else if (*at < 0x20) {
            fprintf(out, "\\u%04x", *at);
        } else {
            fwrite(at, 1, (size_t)length, out);
        }
        at += length ? length : 1;
    }
    fputc('"', out);
}

static void write_key(cli_json *json, const char *key) {
    fputs(json->members++ ? ", " : "{", json->out);
    write_text(json->out, key);
    fputs(": ", json->out);
}

cli_json cli_json_begin(FILE *out) {
    return (cli_json){.out = out};
}

void cli_json_number(cli_json *json, const char *key, double value) {
    char text[CLI_NUMBER_TEXT];
    write_key(json, key);
    fputs(isfinite(value) ? cli_double_text(value, text) : "null", json->out);
}

void cli_json_integer(cli_json *json, const char *key, int64_t value) {
    write_key(json, key);
    fprintf(json->out, "%lld", (long long)value);
}

void cli_json_boolean(cli_json *json, const char *key, int value) {
    write_key(json, key);
    fputs(value ? "true" : "false", json->out);
}

void cli_json_text(cli_json *json, const char *key, const char *value) {
    write_key(json, key);
    if (value) {
        write_text(json->out, value);
    } else {
        fputs("null", json->out);
    }
}

void cli_json_begin_object(cli_json *json, const char *key) {
    write_key(json, key);
    json->members = 0;
}

void cli_json_end_object(cli_json *json) {
    fputs(json->members ? "}" : "{}", json->out);
    json->members = 1; /* of the object around it: this one */
}

void cli_json_end(cli_json *json) {
    fputs(json->members ? "}\n" : "{}\n", json->out);
}

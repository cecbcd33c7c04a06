#include "logging/utf8.h"

#include <stdint.h>
#include <string.h>

static const char replacement[] = "\xEF\xBF\xBD";
enum { REPLACEMENT_BYTES = sizeof replacement - 1 };

/* Bytes of the character that begins here (Unicode 15, table 3-7), 0 when none does. */
static size_t character_bytes(const uint8_t *at) {
    if (at[0] < 0x80) {
        return 1;
    }
    const size_t bytes = at[0] >= 0xC2 && at[0] <= 0xDF   ? 2
                         : at[0] >= 0xE0 && at[0] <= 0xEF ? 3
                         : at[0] >= 0xF0 && at[0] <= 0xF4 ? 4
                                                          : 0;
    const uint8_t least = at[0] == 0xE0 ? 0xA0 : at[0] == 0xF0 ? 0x90 : 0x80;
    const uint8_t most = at[0] == 0xED ? 0x9F : at[0] == 0xF4 ? 0x8F : 0xBF;
    if (bytes && (at[1] < least || at[1] > most)) {
        return 0;
    }
    for (size_t i = 2; i < bytes; i++) {
        if ((at[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return bytes;
}

size_t utf8_repaired_bytes(const char *text) {
    const uint8_t *at = (const uint8_t *)text;
    size_t bytes = 1;
    int is_bad = 0;
    while (*at) {
        const size_t next = character_bytes(at);
        is_bad |= next == 0;
        bytes += next ? next : REPLACEMENT_BYTES;
        at += next ? next : 1;
    }
    return is_bad ? bytes : 0;
}

void utf8_repair(char *dst, const char *text) {
    const uint8_t *at = (const uint8_t *)text;
    while (*at) {
        const size_t next = character_bytes(at);
        memcpy(dst, next ? (const char *)at : replacement, next ? next : REPLACEMENT_BYTES);
        dst += next ? next : REPLACEMENT_BYTES;
        at += next ? next : 1;
    }
    *dst = '\0';
}

/* Texts of unknown origin as UTF-8: a reader of protobuf refuses a whole event for one bad byte. */
#ifndef LOGGING_UTF8_H_
#define LOGGING_UTF8_H_

#include <stddef.h>

/* Bytes of the repaired text with its NUL, or 0 when the text is well-formed as it is. */
size_t utf8_repaired_bytes(const char *text);

/* Copies text, U+FFFD for every byte that belongs to no character. */
void utf8_repair(char *dst, const char *text);

#endif /* LOGGING_UTF8_H_ */

/* Numbers as people and programs read them. The C locale is never changed: always a point. */
#ifndef CLI_NUMBER_H_
#define CLI_NUMBER_H_

#include <stdint.h>

enum { CLI_NUMBER_TEXT = 48 };

/* The shortest decimal that reads back as the same number; "nan", "inf", "-inf". */
const char *cli_double_text(double value, char out[CLI_NUMBER_TEXT]);
const char *cli_float_text(float value, char out[CLI_NUMBER_TEXT]);

/* 1234567 -> "1,234,567". */
const char *cli_count_text(int64_t value, char out[CLI_NUMBER_TEXT]);

/* Seconds as "4.1 s", "3:07", "1:02:45". */
const char *cli_duration_text(double seconds, char out[CLI_NUMBER_TEXT]);

/* Bytes as "212 bytes", "9.4 kB", "1.07 MB". */
const char *cli_bytes_text(int64_t bytes, char out[CLI_NUMBER_TEXT]);

#endif /* CLI_NUMBER_H_ */

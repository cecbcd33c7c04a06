/* Numbers as people and programs read them. The C locale is never changed: always a point. */
#ifndef CLI_NUMBER_H_
#define CLI_NUMBER_H_

#include <stdint.h>

enum { CLI_NUMBER_TEXT = 48 };

/* The shortest decimal that reads back as the same number; "nan", "inf", "-inf". */
const char *cli_double_text(double value, char out[CLI_NUMBER_TEXT]);
const char *cli_float_text(float value, char out[CLI_NUMBER_TEXT]);

/* "0.3521", small ones as "5.78e-05". */
const char *cli_loss_text(double loss, char out[CLI_NUMBER_TEXT]);

/* 1234567 -> "1,234,567". */
const char *cli_count_text(int64_t value, char out[CLI_NUMBER_TEXT]);

/* Seconds as "0:14", "3:07", "1:02:45"; "-:--" for what nobody waits for. */
const char *cli_clock_text(double seconds, char out[CLI_NUMBER_TEXT]);

/* The same, below a minute as "2.8 ms", "4.1 s". */
const char *cli_duration_text(double seconds, char out[CLI_NUMBER_TEXT]);

/* Bytes as "212 bytes", "9.4 kB", "1.07 MB". */
const char *cli_bytes_text(int64_t bytes, char out[CLI_NUMBER_TEXT]);

#endif /* CLI_NUMBER_H_ */

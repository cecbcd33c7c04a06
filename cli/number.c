#include "cli/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *cli_double_text(double value, char out[CLI_NUMBER_TEXT]) {
    if (isnan(value)) {
        return "nan";
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, CLI_NUMBER_TEXT, "%.*g", digits, value);
        if (strtod(out, NULL) == value) {
            break;
        }
    }
    return out;
}

const char *cli_float_text(float value, char out[CLI_NUMBER_TEXT]) {
    if (isnan(value)) {
        return "nan";
    }
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(out, CLI_NUMBER_TEXT, "%.*g", digits, (double)value);
        if (strtof(out, NULL) == value) {
            break;
        }
    }
    return out;
}

const char *cli_loss_text(double loss, char out[CLI_NUMBER_TEXT]) {
    snprintf(out, CLI_NUMBER_TEXT, fabs(loss) < 0.001 && loss != 0 ? "%.2e" : "%.4f", loss);
    return out;
}

const char *cli_count_text(int64_t value, char out[CLI_NUMBER_TEXT]) {
    char digits[CLI_NUMBER_TEXT];
    const int length = snprintf(digits, sizeof digits, "%lld", (long long)value);
    char *to = out;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-') {
            *to++ = ',';
        }
        *to++ = digits[i];
    }
    *to = '\0';
    return out;
}

const char *cli_clock_text(double seconds, char out[CLI_NUMBER_TEXT]) {
    if (!(seconds < 1e9)) {
        return "-:--";
    }
    const long whole = lround(seconds);
    if (whole < 3600) {
        snprintf(out, CLI_NUMBER_TEXT, "%ld:%02ld", whole / 60, whole % 60);
    } else {
        snprintf(out, CLI_NUMBER_TEXT, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60,
                 whole % 60);
    }
    return out;
}

const char *cli_duration_text(double seconds, char out[CLI_NUMBER_TEXT]) {
    if (seconds >= 59.95) {
        return cli_clock_text(seconds, out);
    }
    const int is_short = seconds < 0.0995;
    snprintf(out, CLI_NUMBER_TEXT, "%.1f %s", is_short ? 1e3 * seconds : seconds,
             is_short ? "ms" : "s");
    return out;
}

const char *cli_bytes_text(int64_t bytes, char out[CLI_NUMBER_TEXT]) {
    if (bytes < 1000) {
        snprintf(out, CLI_NUMBER_TEXT, "%d bytes", (int)bytes);
    } else if (bytes < 1000000) {
        snprintf(out, CLI_NUMBER_TEXT, "%.1f kB", (double)bytes / 1e3);
    } else {
        snprintf(out, CLI_NUMBER_TEXT, "%.2f MB", (double)bytes / 1e6);
    }
    return out;
}

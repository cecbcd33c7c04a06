#include "core/base/log.h"

#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

/* The receiver as one unit: written while version is odd, and read again when version has changed
 * meanwhile. Every word is atomic. */
static struct {
    uint32_t version;
    int level; /* INT_MAX: nobody listens */
    neural_log_function function;
    void *context;
} receiver = {.level = INT_MAX};

void neural_set_log(neural_log_function function, void *context, neural_log_level level) {
    uint32_t version = __atomic_load_n(&receiver.version, __ATOMIC_RELAXED);
    do {
        version &= ~1u;
    } while (!__atomic_compare_exchange_n(&receiver.version, &version, version + 1, 0,
                                          __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    __atomic_store_n(&receiver.function, function, __ATOMIC_SEQ_CST);
    __atomic_store_n(&receiver.context, context, __ATOMIC_SEQ_CST);
    __atomic_store_n(&receiver.level, function ? (int)level : INT_MAX, __ATOMIC_SEQ_CST);
    __atomic_store_n(&receiver.version, version + 2, __ATOMIC_SEQ_CST);
}

void neural_log_write(neural_log_level level, const char *format, ...) {
    if ((int)level < __atomic_load_n(&receiver.level, __ATOMIC_RELAXED)) {
        return;
    }
    uint32_t version;
    int wanted;
    neural_log_function function;
    void *context;
    do {
        version = __atomic_load_n(&receiver.version, __ATOMIC_SEQ_CST);
        function = __atomic_load_n(&receiver.function, __ATOMIC_SEQ_CST);
        context = __atomic_load_n(&receiver.context, __ATOMIC_SEQ_CST);
        wanted = __atomic_load_n(&receiver.level, __ATOMIC_SEQ_CST);
    } while ((version & 1) || version != __atomic_load_n(&receiver.version, __ATOMIC_SEQ_CST));
    if (!function || (int)level < wanted) {
        return;
    }
    char line[1024];
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (length >= 0) {
        function(context, level, line);
    }
}

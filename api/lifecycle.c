#include "api/lifecycle.h"

#include "core/base/memory.h"
#include "core/base/threads.h"

#define TEXT_OF(number) #number
#define VERSION_TEXT(major, minor, patch) TEXT_OF(major) "." TEXT_OF(minor) "." TEXT_OF(patch)

neural_status neural_init(void) {
    return NEURAL_OK;
}

void neural_shutdown(void) {
    neural_threads_shutdown();
    neural_pool_trim();
}

const char *neural_version(void) {
    return VERSION_TEXT(NEURAL_VERSION_MAJOR, NEURAL_VERSION_MINOR, NEURAL_VERSION_PATCH);
}

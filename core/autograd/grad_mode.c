#include "core/autograd/tape.h"

static _Thread_local int recording_off;

int neural_grad_enabled(void) {
    return !recording_off;
}

int neural_set_grad_enabled(int enabled) {
    const int before = !recording_off;
    recording_off = !enabled;
    return before;
}

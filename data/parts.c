#include <inttypes.h>

#include "core/base/memory.h"
#include "data/dataset_internal.h"

static void release_memory(void *memory) {
    neural_free(memory);
}

void neural_parts_release(neural_parts *parts) {
    neural_tensor_release(parts->x);
    neural_tensor_release(parts->y);
    neural_names_destroy(parts->class_names);
    neural_names_destroy(parts->feature_names);
    for (int64_t j = 0; parts->categories && j < parts->features; j++) {
        neural_names_destroy(parts->categories[j]);
    }
    neural_free(parts->categories);
    *parts = (neural_parts){0};
}

neural_status neural_parts_wrap(void *memory, int ndim, const int64_t *dims, neural_dtype dtype,
                                neural_tensor **out) {
    const neural_status status =
        neural_tensor_wrap(memory, ndim, dims, NULL, dtype, release_memory, memory, out);
    if (status) {
        neural_free(memory);
    }
    return status;
}

neural_status neural_parts_check_probabilities(const char *path, const neural_tensor *y) {
    const int64_t len = neural_tensor_len(y), outputs = neural_tensor_dims(y)[1];
    for (int64_t i = 0; i < len; i++) {
        const int64_t at[2] = {i / outputs, i % outputs};
        double value = 0;
        NEURAL_TRY(neural_tensor_get(y, at, &value));
        NEURAL_REQUIRE(value >= 0 && value <= 1, NEURAL_ERR_DATA,
                       "%s: item %" PRId64 ": expected a target from 0 to 1, found %g", path, at[0],
                       value);
    }
    return NEURAL_OK;
}

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

/* Scaled features: at once where they lie in memory, on their way into batches where a file holds
 * them. */
#include <inttypes.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/storage.h"
#include "data/dataset_internal.h"
#include "data/scale_row.h"

void neural_rows_scale(neural_tensor *x, int64_t rows, int64_t features, const double *offset,
                       const double *scale) {
    const neural_fp_state state = neural_fp_enter();
    for (int64_t r = 0; r < rows; r++) {
        if (neural_tensor_dtype(x) == NEURAL_DTYPE_F64) {
            neural_scale_row_f64((double *)neural_tensor_data(x) + r * features, features, offset,
                                 scale);
        } else {
            neural_scale_row_f32((float *)neural_tensor_data(x) + r * features, features, offset,
                                 scale);
        }
    }
    neural_fp_leave(state);
}

neural_status neural_dataset_scale(neural_dataset *dataset, const double *offset,
                                   const double *scale) {
    NEURAL_REQUIRE(dataset && offset && scale, NEURAL_ERR_NULL_POINTER,
                   "dataset_scale: an argument is NULL");
    neural_tensor *x = neural_dataset_x(dataset);
    const int64_t features = neural_dataset_features(dataset);
    if (!neural_dataset_is_mapped(dataset)) {
        neural_rows_scale(x, neural_dataset_rows(dataset), features, offset, scale);
        neural_tensor_touch(x);
        return NEURAL_OK;
    }
    NEURAL_REQUIRE(!neural_dataset_scaling(dataset), NEURAL_ERR_INVALID_ARGUMENT,
                   "dataset_scale: a mapped dataset is scaled already");
    double *both = neural_alloc(2 * (size_t)features * sizeof *both);
    if (!both) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    memcpy(both, offset, (size_t)features * sizeof *both);
    memcpy(both + features, scale, (size_t)features * sizeof *both);
    neural_dataset_keep_scaling(dataset, both);
    return NEURAL_OK;
}

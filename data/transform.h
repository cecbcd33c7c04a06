/* Feature scaling, fitted on training rows and stored with the model.
 *
 * zscore: (x - mean) / std with the population standard deviation; minmax: (x - min) / (max - min).
 * A constant column (std or range 0) is only centred (divisor 1), as scikit-learn does. */
#ifndef DATA_TRANSFORM_H_
#define DATA_TRANSFORM_H_

#include "data/dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum neural_normalize {
    NEURAL_NORMALIZE_NONE = 0,
    NEURAL_NORMALIZE_ZSCORE = 1,
    NEURAL_NORMALIZE_MINMAX = 2
} neural_normalize;

/* One pass (Welford) over the given rows (NULL = all) of each column. Arrays of `features` doubles,
 * each may be NULL. NaN or infinity is refused with row and column. */
NEURAL_API neural_status neural_column_stats(const neural_tensor *x, const int64_t *rows,
                                             int64_t row_count, double *mean, double *std,
                                             double *min, double *max);

/* y = (x - offset[j]) / scale[j] for column j. */
typedef struct neural_transform neural_transform;

NEURAL_API neural_status neural_transform_fit(neural_normalize kind, const neural_tensor *x,
                                              const int64_t *rows, int64_t row_count,
                                              neural_transform **out);
/* From stored numbers; scale must be finite and not 0. */
NEURAL_API neural_status neural_transform_create(neural_normalize kind, const double *offset,
                                                 const double *scale, int64_t features,
                                                 neural_transform **out);
NEURAL_API void neural_transform_destroy(neural_transform *transform);

NEURAL_API neural_normalize neural_transform_kind(const neural_transform *transform);
NEURAL_API int64_t neural_transform_features(const neural_transform *transform);
NEURAL_API const double *neural_transform_offset(const neural_transform *transform);
NEURAL_API const double *neural_transform_scale(const neural_transform *transform);

/* Column j is left as it is: offset 0, scale 1. */
NEURAL_API void neural_transform_set_identity(neural_transform *transform, int64_t j);

/* In place on a contiguous [rows, features] tensor. */
NEURAL_API neural_status neural_transform_apply(const neural_transform *transform,
                                                neural_tensor *x);
NEURAL_API neural_status neural_transform_invert(const neural_transform *transform,
                                                 neural_tensor *x);

#ifdef __cplusplus
}
#endif

#endif /* DATA_TRANSFORM_H_ */

/* What the readers of files add to a dataset. */
#ifndef DATA_DATASET_INTERNAL_H_
#define DATA_DATASET_INTERNAL_H_

#include "core/base/file.h"
#include "data/dataset.h"
#include "data/names.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What one file holds. A label file has only targets. Freed by neural_parts_release. */
typedef struct neural_parts {
    int64_t rows;
    neural_tensor *x; /* [rows, features] */
    neural_tensor *y; /* or NULL */
    int64_t classes;
    neural_names *class_names;   /* or NULL */
    neural_names *feature_names; /* or NULL */
    neural_names **categories;   /* per feature, its texts by code or NULL; or NULL */
    int64_t features;            /* length of categories */
    int is_mapped;               /* x lies in a mapped file */
} neural_parts;

void neural_parts_release(neural_parts *parts);

/* x and y of `file`; is_label_file: only targets are in it. On failure *out owns nothing. */
neural_status neural_parts_read_csv(const char *path, const neural_file_view *file,
                                    const neural_data_options *options, int is_label_file,
                                    neural_parts *out);
/* The same through options->cache: mapped from it, or written to it piece by piece first. */
neural_status neural_parts_read_cached(const char *path, const neural_file_view *file,
                                       const neural_data_options *options, neural_parts *out);
neural_status neural_parts_read_idx(const char *path, const neural_file_view *file,
                                    const neural_data_options *options, int is_label_file,
                                    neural_parts *out);

/* NPY and NPZ. Takes the file over where x stays in it. */
int neural_parts_is_npy(const neural_file_view *file);
neural_status neural_parts_read_npy(const char *path, neural_file_view *file,
                                    const neural_data_options *options, int is_label_file,
                                    neural_parts *out);

/* Refuses targets outside [0, 1]. */
neural_status neural_parts_check_probabilities(const char *path, const neural_tensor *y);

/* Wraps memory of neural_alloc, owned by the tensor even when this fails. */
neural_status neural_parts_wrap(void *memory, int ndim, const int64_t *dims, neural_dtype dtype,
                                neural_tensor **out);

/* (x - offset) / scale in the first `rows` rows of x. */
void neural_rows_scale(neural_tensor *x, int64_t rows, int64_t features, const double *offset,
                       const double *scale);
/* 2 * features doubles, offsets and scales, that the dataset owns from now on; NULL: none. */
void neural_dataset_keep_scaling(neural_dataset *dataset, double *both);
const double *neural_dataset_scaling(const neural_dataset *dataset);

/* A dataset of x, y and names, which it takes out of the parts. */
neural_status neural_dataset_from_parts(neural_parts *parts, neural_target_kind kind,
                                        neural_dataset **out);

#ifdef __cplusplus
}
#endif

#endif /* DATA_DATASET_INTERNAL_H_ */

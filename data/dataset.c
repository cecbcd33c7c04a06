#include "data/dataset.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/sha256.h"
#include "data/dataset_internal.h"

struct neural_dataset {
    int64_t rows, features, outputs, classes;
    neural_target_kind kind;
    neural_tensor *x, *y;
    neural_names *class_names;   /* NULL unless CLASS */
    neural_names *feature_names; /* or NULL */
    neural_names **categories;   /* per feature, its texts by code or NULL; or NULL */
    int is_mapped;               /* x lies in a mapped file: it is not to be written over */
    double *scaling;             /* offsets and scales that gather applies, or NULL */
};

enum { MAX_CLASSES = 1 << 18 };

/* --- creation --- */

/* *out = [rows, rest]: the tensor, copied where it is not contiguous. */
static neural_status as_matrix(neural_tensor *tensor, neural_tensor **out) {
    const int ndim = neural_tensor_ndim(tensor);
    const int64_t *dims = neural_tensor_dims(tensor);
    int64_t matrix[2] = {dims[0], 1};
    for (int i = 1; i < ndim; i++) {
        NEURAL_TRY(neural_size_mul(matrix[1], dims[i], &matrix[1]));
    }
    neural_tensor *whole = NULL;
    NEURAL_TRY(neural_tensor_contiguous(tensor, &whole));
    const neural_status status = neural_tensor_view(whole, 2, matrix, out);
    neural_tensor_release(whole);
    return status;
}

static neural_status take_features(neural_dataset *dataset, neural_tensor *features) {
    const neural_dtype dtype = neural_tensor_dtype(features);
    NEURAL_REQUIRE(neural_dtype_is_float(dtype), NEURAL_ERR_DTYPE_MISMATCH,
                   "dataset: features have to be f32 or f64, not %s", neural_dtype_name(dtype));
    NEURAL_REQUIRE(neural_tensor_ndim(features) >= 1, NEURAL_ERR_DIM_MISMATCH,
                   "dataset: features have to be [rows, ...], not a single number");
    NEURAL_TRY(as_matrix(features, &dataset->x));
    dataset->rows = neural_tensor_dims(dataset->x)[0];
    dataset->features = neural_tensor_dims(dataset->x)[1];
    return NEURAL_OK;
}

static neural_status require_target(const neural_dataset *dataset, const neural_tensor *y,
                                    neural_dtype dtype, int max_ndim) {
    const int ndim = neural_tensor_ndim(y);
    NEURAL_REQUIRE(neural_tensor_dtype(y) == dtype, NEURAL_ERR_DTYPE_MISMATCH,
                   "dataset: targets have to be %s, not %s", neural_dtype_name(dtype),
                   neural_dtype_name(neural_tensor_dtype(y)));
    NEURAL_REQUIRE(ndim >= 1 && ndim <= max_ndim, NEURAL_ERR_DIM_MISMATCH,
                   "dataset: targets have to have 1 ... %d dimensions, not %d", max_ndim, ndim);
    NEURAL_REQUIRE(neural_tensor_dims(y)[0] == dataset->rows, NEURAL_ERR_SHAPE_MISMATCH,
                   "dataset: %" PRId64 " targets for %" PRId64 " rows", neural_tensor_dims(y)[0],
                   dataset->rows);
    return NEURAL_OK;
}

/* Labels lie in [0, classes); classes 0 becomes largest + 1. */
static neural_status check_labels(neural_dataset *dataset) {
    const int64_t *label = neural_tensor_data(dataset->y);
    const int64_t limit = dataset->classes ? dataset->classes : MAX_CLASSES;
    int64_t largest = -1;
    for (int64_t r = 0; r < dataset->rows; r++) {
        NEURAL_REQUIRE(label[r] >= 0 && label[r] < limit, NEURAL_ERR_DATA,
                       "dataset: row %" PRId64 ": label %" PRId64 " is outside [0, %" PRId64 ")", r,
                       label[r], limit);
        largest = label[r] > largest ? label[r] : largest;
    }
    dataset->classes = dataset->classes ? dataset->classes : largest + 1;
    return NEURAL_OK;
}

/* Classes without a name of their own are called by their number: 3, or (3) where a name might be
 * that number. */
static neural_status name_classes(neural_dataset *dataset) {
    if (!dataset->class_names) {
        NEURAL_TRY(neural_names_create(&dataset->class_names));
    }
    const int64_t named = neural_names_count(dataset->class_names);
    int has_number = 0;
    for (int64_t c = 0; c < named; c++) {
        const char first = *neural_names_get(dataset->class_names, c);
        has_number |= first >= '0' && first <= '9';
    }
    for (int64_t c = named; c < dataset->classes; c++) {
        char digits[32];
        snprintf(digits, sizeof(digits), has_number ? "(%" PRId64 ")" : "%" PRId64, c);
        NEURAL_TRY(neural_names_add(dataset->class_names, digits));
    }
    return NEURAL_OK;
}

static neural_status take_targets(neural_dataset *dataset, neural_tensor *targets,
                                  int64_t classes) {
    if (dataset->kind == NEURAL_TARGET_NONE) {
        return NEURAL_OK;
    }
    dataset->outputs = 1;
    if (dataset->kind == NEURAL_TARGET_CLASS) {
        NEURAL_REQUIRE(classes >= 0 && classes <= MAX_CLASSES, NEURAL_ERR_INVALID_ARGUMENT,
                       "dataset: classes have to be in [0, %d], not %" PRId64, MAX_CLASSES,
                       classes);
        NEURAL_TRY(require_target(dataset, targets, NEURAL_DTYPE_I64, 1));
        NEURAL_TRY(neural_tensor_contiguous(targets, &dataset->y));
        dataset->classes = classes;
        NEURAL_TRY(check_labels(dataset));
        return name_classes(dataset);
    }
    NEURAL_TRY(require_target(dataset, targets, neural_tensor_dtype(dataset->x), 2));
    NEURAL_TRY(as_matrix(targets, &dataset->y));
    dataset->outputs = neural_tensor_dims(dataset->y)[1];
    return NEURAL_OK;
}

static neural_status create(neural_tensor *features, neural_tensor *targets,
                            neural_target_kind kind, int64_t classes, neural_names *class_names,
                            neural_dataset **out) {
    neural_dataset *dataset = neural_alloc_zeroed(sizeof(*dataset));
    if (!dataset) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    dataset->kind = kind;
    dataset->class_names = class_names;
    neural_status status = take_features(dataset, features);
    if (!status) {
        status = take_targets(dataset, targets, classes);
    }
    if (status) {
        dataset->class_names = dataset->class_names == class_names ? NULL : dataset->class_names;
        neural_dataset_destroy(dataset);
        return status;
    }
    *out = dataset;
    return NEURAL_OK;
}

neural_status neural_dataset_create(neural_tensor *features, neural_tensor *targets,
                                    neural_target_kind kind, int64_t classes,
                                    neural_dataset **out) {
    NEURAL_REQUIRE(features && out, NEURAL_ERR_NULL_POINTER, "dataset: features or out is NULL");
    NEURAL_REQUIRE(kind >= NEURAL_TARGET_NONE && kind <= NEURAL_TARGET_VALUE,
                   NEURAL_ERR_INVALID_ARGUMENT, "dataset: unknown target kind %d", (int)kind);
    NEURAL_REQUIRE(targets || kind == NEURAL_TARGET_NONE, NEURAL_ERR_NULL_POINTER,
                   "dataset: targets are NULL");
    return create(features, targets, kind, classes, NULL, out);
}

neural_status neural_dataset_from_parts(neural_parts *parts, neural_target_kind kind,
                                        neural_dataset **out) {
    NEURAL_TRY(create(parts->x, parts->y, kind, parts->classes, parts->class_names, out));
    (*out)->feature_names = parts->feature_names;
    (*out)->is_mapped = parts->is_mapped;
    (*out)->categories = parts->categories;
    parts->categories = NULL;
    parts->feature_names = NULL;
    parts->class_names = NULL;
    return NEURAL_OK;
}

void neural_dataset_destroy(neural_dataset *dataset) {
    if (dataset) {
        neural_tensor_release(dataset->x);
        neural_tensor_release(dataset->y);
        neural_names_destroy(dataset->class_names);
        neural_names_destroy(dataset->feature_names);
        for (int64_t j = 0; dataset->categories && j < dataset->features; j++) {
            neural_names_destroy(dataset->categories[j]);
        }
        neural_free(dataset->categories);
        neural_free(dataset->scaling);
        neural_free(dataset);
    }
}

/* --- queries --- */

int64_t neural_dataset_rows(const neural_dataset *dataset) {
    return dataset->rows;
}
int64_t neural_dataset_features(const neural_dataset *dataset) {
    return dataset->features;
}
int64_t neural_dataset_outputs(const neural_dataset *dataset) {
    return dataset->outputs;
}
int64_t neural_dataset_classes(const neural_dataset *dataset) {
    return dataset->classes;
}
neural_target_kind neural_dataset_target_kind(const neural_dataset *dataset) {
    return dataset->kind;
}
neural_tensor *neural_dataset_x(const neural_dataset *dataset) {
    return dataset->x;
}
neural_tensor *neural_dataset_y(const neural_dataset *dataset) {
    return dataset->y;
}

int neural_dataset_is_mapped(const neural_dataset *dataset) {
    return dataset->is_mapped;
}

void neural_dataset_keep_scaling(neural_dataset *dataset, double *both) {
    dataset->scaling = both;
}
const double *neural_dataset_scaling(const neural_dataset *dataset) {
    return dataset->scaling;
}

const char *neural_dataset_class_name(const neural_dataset *dataset, int64_t c) {
    return neural_names_get(dataset->class_names, c);
}

const char *neural_dataset_feature_name(const neural_dataset *dataset, int64_t feature) {
    return neural_names_get(dataset->feature_names, feature);
}

static const neural_names *categories_of(const neural_dataset *dataset, int64_t feature) {
    return dataset->categories && feature >= 0 && feature < dataset->features
               ? dataset->categories[feature]
               : NULL;
}

int64_t neural_dataset_categories(const neural_dataset *dataset, int64_t feature) {
    return neural_names_count(categories_of(dataset, feature));
}

const char *neural_dataset_category_name(const neural_dataset *dataset, int64_t feature,
                                         int64_t code) {
    const neural_names *names = categories_of(dataset, feature);
    return names ? neural_names_get(names, code) : NULL;
}

static void add_tensor(neural_sha256 *sha, const neural_tensor *tensor) {
    if (tensor) {
        neural_sha256_add(sha, neural_tensor_data(tensor), (size_t)neural_tensor_bytes(tensor));
    }
}

void neural_dataset_digest(const neural_dataset *dataset, char out[NEURAL_DIGEST_TEXT]) {
    const int64_t head[] = {dataset->rows,    dataset->features, dataset->outputs,
                            dataset->classes, dataset->kind,     neural_tensor_dtype(dataset->x)};
    neural_sha256 sha;
    neural_sha256_begin(&sha);
    neural_sha256_add(&sha, head, sizeof(head));
    add_tensor(&sha, dataset->x);
    add_tensor(&sha, dataset->y);
    for (int64_t j = 0; j < dataset->features; j++) {
        for (int64_t c = 0; c < neural_dataset_categories(dataset, j); c++) {
            const char *text = neural_dataset_category_name(dataset, j, c);
            neural_sha256_add(&sha, text, strlen(text) + 1);
        }
    }
    neural_sha256_end_text(&sha, out);
}

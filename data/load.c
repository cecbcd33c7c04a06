#include <inttypes.h>

#include "core/base/threads.h"
#include "data/dataset_internal.h"
#include "data/idx.h"

static neural_status check_options(const char *path, const neural_data_options *options) {
    NEURAL_REQUIRE(neural_dtype_is_float(options->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "%s: features have to be f32 or f64, not %s", path,
                   neural_dtype_name(options->dtype));
    NEURAL_REQUIRE(options->target >= NEURAL_TARGET_NONE && options->target <= NEURAL_TARGET_VALUE,
                   NEURAL_ERR_INVALID_ARGUMENT, "%s: unknown target kind %d", path,
                   (int)options->target);
    NEURAL_REQUIRE(options->outputs >= 0 && options->classes >= 0 && options->features >= 0,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: outputs, classes and features cannot be negative", path);
    NEURAL_REQUIRE(!options->class_names || options->classes > 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: class_names given without classes", path);
    NEURAL_REQUIRE(!options->label_file || !options->label_column, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: label_column and label_file exclude each other", path);
    return NEURAL_OK;
}

static neural_status read_file(const char *path, const neural_data_options *options,
                               int is_label_file, neural_parts *out) {
    neural_file_view file;
    NEURAL_TRY(neural_file_view_open(path, &file));
    const neural_fp_state state = neural_fp_enter();
    const neural_status status =
        neural_idx_is(file.data, file.bytes)
            ? neural_parts_read_idx(path, &file, options, is_label_file, out)
        : neural_parts_is_npy(&file)
            ? neural_parts_read_npy(path, &file, options, is_label_file, out)
        : options->cache && !is_label_file
            ? neural_parts_read_cached(path, &file, options, out)
            : neural_parts_read_csv(path, &file, options, is_label_file, out);
    neural_fp_leave(state);
    neural_file_view_close(&file);
    return status;
}

/* Puts the targets of the label file beside the features. */
static neural_status add_label_file(const char *path, const neural_data_options *options,
                                    neural_parts *parts) {
    neural_parts targets = {0};
    NEURAL_TRY(read_file(options->label_file, options, 1, &targets));
    const int64_t rows = targets.rows;
    parts->y = targets.y;
    parts->classes = targets.classes;
    parts->class_names = targets.class_names;
    targets.y = NULL;
    targets.class_names = NULL;
    neural_parts_release(&targets);
    NEURAL_REQUIRE(rows == parts->rows, NEURAL_ERR_DATA,
                   "%s has %" PRId64 " rows, but %s has %" PRId64, options->label_file, rows, path,
                   parts->rows);
    return NEURAL_OK;
}

neural_status neural_dataset_load(const char *path, const neural_data_options *options,
                                  neural_dataset **out) {
    static const neural_data_options recognise = {0};
    NEURAL_REQUIRE(path && out, NEURAL_ERR_NULL_POINTER, "dataset_load: path or out is NULL");
    options = options ? options : &recognise;
    NEURAL_TRY(check_options(path, options));
    neural_parts parts = {0};
    NEURAL_TRY(read_file(path, options, 0, &parts));
    neural_status status = NEURAL_OK;
    const int64_t features = neural_tensor_dims(parts.x)[1];
    if (options->features && options->features != features) {
        status = neural_error(NEURAL_ERR_DATA, "%s: expected %" PRId64 " features, found %" PRId64,
                              path, options->features, features);
    }
    if (!status && options->label_file && options->target != NEURAL_TARGET_NONE) {
        status = add_label_file(path, options, &parts);
    }
    if (!status) {
        status = neural_dataset_from_parts(&parts, options->target, out);
    }
    neural_parts_release(&parts);
    return status;
}

#include <stdio.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "model/text.h"
#include "train/trainer_type.h"

#define PATH_BYTES 4096

/* Where the trainer asks for paths. */
typedef struct resolver {
    neural_path_resolver resolve;
    void *context;
} resolver;

static neural_status resolve_path(const resolver *from, const char *path, char out[PATH_BYTES]) {
    if (from->resolve) {
        return from->resolve(from->context, path, out, PATH_BYTES);
    }
    NEURAL_REQUIRE(snprintf(out, PATH_BYTES, "%s", path) < PATH_BYTES, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: the path is too long", path);
    return NEURAL_OK;
}

/* What config and model say about any file of theirs. */
static neural_data_options options_of(const neural_model *model, const neural_config *config) {
    const int classes = neural_model_is_classifier(model);
    const neural_loss_target target = neural_loss_target_of(neural_model_loss(model));
    neural_data_options options = {
        .dtype = neural_model_dtype(model),
        .target = classes ? NEURAL_TARGET_CLASS : NEURAL_TARGET_VALUE,
        .label_column = config->label_column,
        .outputs = classes ? 0 : neural_model_outputs(model),
        .classes = classes ? neural_model_outputs(model) : 0,
        .class_names = neural_model_class_names(model),
        .separator = neural_config_separator_char(config),
        .header = neural_config_header_mode(config),
        .features = neural_model_features(model),
        .probability = target == NEURAL_LOSS_TARGET_PROBABILITIES ||
                       target == NEURAL_LOSS_TARGET_DISTRIBUTIONS,
    };
    trainer_column_options(model, config, &options);
    return options;
}

/* Rows under other column names than those of the training data would be taken for something they
 * are not; files without a header are taken as they are. */
static neural_status check_columns(const neural_model *model, const neural_dataset *dataset,
                                   const char *path) {
    for (int64_t i = 0; i < neural_model_features(model); i++) {
        const char *want = neural_model_feature_name(model, i);
        const char *have = neural_dataset_feature_name(dataset, i);
        NEURAL_REQUIRE(!want || !have || strcmp(want, have) == 0, NEURAL_ERR_DATA,
                       "%s: feature %lld is \"%.64s\", expected \"%.64s\": the columns have to be "
                       "those of the training data, in the same order",
                       path, (long long)i + 1, have, want);
    }
    return NEURAL_OK;
}

static neural_status load_checked(const neural_model *model, const char *path,
                                  const neural_data_options *options, neural_dataset **out) {
    neural_dataset *dataset = NULL;
    NEURAL_TRY(neural_dataset_load(path, options, &dataset));
    neural_status status = neural_model_columns(model)
                               ? trainer_encode(neural_model_columns(model), &dataset)
                               : NEURAL_OK;
    status = status ? neural_error_prefix("%s", path) : check_columns(model, dataset, path);
    if (status) {
        neural_dataset_destroy(dataset);
        return status;
    }
    *out = dataset;
    return NEURAL_OK;
}

neural_status neural_model_load_data(const neural_model *model, const neural_config *config,
                                     const char *path, const char *labels, neural_dataset **out) {
    NEURAL_REQUIRE(model && config && path && out, NEURAL_ERR_NULL_POINTER,
                   "model_load_data: model, config, path and out must be given");
    neural_data_options options = options_of(model, config);
    options.label_file = labels;
    return load_checked(model, path, &options, out);
}

neural_status neural_model_load_rows(const neural_model *model, const neural_config *config,
                                     const char *path, const char *label_column,
                                     neural_dataset **out) {
    NEURAL_REQUIRE(model && config && path && out, NEURAL_ERR_NULL_POINTER,
                   "model_load_rows: model, config, path and out must be given");
    neural_data_options options = options_of(model, config);
    options.target = NEURAL_TARGET_NONE;
    options.label_column = label_column;
    if (options.missing == NEURAL_MISSING_DROP) {
        options.missing = NEURAL_MISSING_ERROR; /* every row has to get its prediction */
    }
    return load_checked(model, path, &options, out);
}

/* Where the binary cache of a file lies: beside it, or in the directory that the config names; ""
 * where there is none. */
static neural_status cache_path(const neural_config *config, const char *file,
                                char out[PATH_BYTES]) {
    int is_on = 0;
    const char *given = config->cache, *slash = strrchr(file, '/');
    const int is_bool = given && neural_bool_parse(given, &is_on);
    *out = '\0';
    if (!given || (is_bool && !is_on)) {
        return NEURAL_OK;
    }
    const int length =
        is_bool ? snprintf(out, PATH_BYTES, "%s.neural-cache", file)
                : snprintf(out, PATH_BYTES, "%s/%s.neural-cache", given, slash ? slash + 1 : file);
    NEURAL_REQUIRE(length < PATH_BYTES, NEURAL_ERR_INVALID_ARGUMENT, "%s: the path is too long",
                   file);
    return NEURAL_OK;
}

/* Reads one of the config's files, with targets of the kind that the model's loss wants. */
static neural_status load(const neural_trainer *trainer, const resolver *from, const char *file,
                          const char *labels, neural_dataset **out) {
    char file_path[PATH_BYTES], label_path[PATH_BYTES], cache[PATH_BYTES];
    NEURAL_TRY(resolve_path(from, file, file_path));
    if (labels) {
        NEURAL_TRY(resolve_path(from, labels, label_path));
    }
    neural_data_options options = options_of(trainer->model, trainer->config);
    options.label_file = labels ? label_path : NULL;
    NEURAL_TRY(cache_path(trainer->config, file_path, cache));
    options.cache = *cache ? cache : NULL;
    return load_checked(trainer->model, file_path, &options, out);
}

/* Fits the transform on the training rows and applies it to all data. */
static neural_status fit_transform(neural_trainer *trainer) {
    neural_transform *transform = NULL;
    neural_tensor *x = neural_dataset_x(trainer->train_data);
    NEURAL_TRY(neural_transform_fit((neural_normalize)trainer->config->normalize, x,
                                    trainer->train_rows, trainer->train_row_count, &transform));
    trainer_leave_unscaled(neural_model_columns(trainer->model), transform);
    const double *offset = neural_transform_offset(transform);
    const double *scale = neural_transform_scale(transform);
    neural_status status = neural_dataset_scale(trainer->train_data, offset, scale);
    if (!status && trainer->test_data) {
        status = neural_dataset_scale(trainer->test_data, offset, scale);
    }
    if (!status) {
        status = neural_model_set_transform(trainer->model, transform);
    }
    if (status) {
        neural_transform_destroy(transform);
    }
    return status;
}

/* The name of a class or of a column. */
typedef const char *name_of(const neural_dataset *dataset, int64_t i);
typedef neural_status set_names(neural_model *model, const char *const *names, int64_t count);

static neural_status keep_names(neural_trainer *trainer, name_of *name, int64_t count,
                                set_names *set) {
    const char **names = neural_alloc((size_t)count * sizeof *names);
    if (!names) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < count; i++) {
        names[i] = name(trainer->train_data, i);
    }
    const neural_status status = set(trainer->model, names, count);
    neural_free(names);
    return status;
}

/* The names by which labels and columns were written: other files map to the same classes, and have
 * to have the same columns. */
static neural_status keep_all_names(neural_trainer *trainer) {
    const neural_model *model = trainer->model;
    if (neural_model_is_classifier(model)) {
        NEURAL_TRY(keep_names(trainer, neural_dataset_class_name, neural_model_outputs(model),
                              neural_model_set_class_names));
    }
    return neural_dataset_feature_name(trainer->train_data, 0)
               ? keep_names(trainer, neural_dataset_feature_name, neural_model_features(model),
                            neural_model_set_feature_names)
               : NEURAL_OK;
}

static neural_status split_data(neural_trainer *trainer) {
    const neural_config *config = trainer->config;
    trainer->train_row_count = neural_dataset_rows(trainer->train_data);
    if (config->val_split > 0) {
        NEURAL_REQUIRE(trainer->train_row_count >= 2, NEURAL_ERR_DATA,
                       "%s: val_split needs at least 2 rows, found %lld", config->train_file,
                       (long long)trainer->train_row_count);
        return neural_dataset_split(trainer->train_data, config->val_split,
                                    (uint64_t)config->random_seed, &trainer->train_rows,
                                    &trainer->train_row_count, &trainer->val_rows,
                                    &trainer->val_row_count);
    }
    return NEURAL_OK;
}

/* Rows of each class among the training rows. */
static neural_status count_classes(const neural_trainer *trainer, double *counts) {
    const neural_tensor *y = neural_dataset_y(trainer->train_data);
    for (int64_t i = 0; i < trainer->train_row_count; i++) {
        const int64_t row = trainer->train_rows ? trainer->train_rows[i] : i;
        double label = 0;
        NEURAL_TRY(neural_tensor_get(y, &row, &label));
        counts[(int64_t)label]++;
    }
    return NEURAL_OK;
}

/* Weight n / (C n_c) of class c with n_c of the n training rows (King & Zeng 2001; scikit-learn's
 * "balanced"). */
static neural_status balance(neural_trainer *trainer) {
    const int64_t classes = neural_model_outputs(trainer->model);
    double *weights = neural_alloc_zeroed((size_t)classes * sizeof *weights);
    if (!weights) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    neural_status status = count_classes(trainer, weights);
    for (int64_t c = 0; c < classes && !status; c++) {
        if (weights[c] == 0) {
            status = neural_error(NEURAL_ERR_DATA,
                                  "class_weights = balanced: no training row is of class %.64s",
                                  neural_dataset_class_name(trainer->train_data, c));
        }
        weights[c] = (double)trainer->train_row_count / ((double)classes * weights[c]);
    }
    if (!status) {
        status = neural_model_set_class_weights(trainer->model, weights, classes);
    }
    neural_free(weights);
    return status;
}

neural_status trainer_load_data(neural_trainer *trainer, neural_path_resolver resolve,
                                void *context) {
    const neural_config *config = trainer->config;
    const resolver from = {resolve, context};
    NEURAL_REQUIRE(config->train_file, NEURAL_ERR_INVALID_CONFIG,
                   "the config names no training data: [data] train_file is missing");
    NEURAL_TRY(
        load(trainer, &from, config->train_file, config->train_label_file, &trainer->train_data));
    neural_dataset_digest(trainer->train_data, trainer->digest);
    NEURAL_TRY(split_data(trainer));
    NEURAL_TRY(trainer_fit_columns(trainer));
    NEURAL_TRY(keep_all_names(trainer));
    if (neural_model_wants_balance(config)) {
        NEURAL_TRY(balance(trainer));
    }
    if (config->test_file) {
        NEURAL_TRY(
            load(trainer, &from, config->test_file, config->test_label_file, &trainer->test_data));
    }
    if (config->normalize != NEURAL_NORMALIZE_NONE) {
        NEURAL_TRY(fit_transform(trainer));
    }
    if (config->early_stopping && !trainer_has_validation(trainer)) {
        neural_log_write(NEURAL_LOG_WARNING,
                         "early_stopping has nothing to watch without val_split or test_file");
    }
    return trainer_make_batches(trainer);
}

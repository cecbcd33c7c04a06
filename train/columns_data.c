/* Columns of the config's data: which are categories, what missing values become. */
#include <string.h>

#include "core/base/memory.h"
#include "data/columns.h"
#include "train/trainer_type.h"

int trainer_encodes_columns(const neural_config *config) {
    return config->categorical || config->missing > NEURAL_MISSING_DROP;
}

void trainer_column_options(const neural_model *model, const neural_config *config,
                            neural_data_options *options) {
    const neural_columns *columns = neural_model_columns(model);
    options->missing = (neural_missing)config->missing;
    options->na_values = config->na_values;
    options->array = config->array;
    options->label_array = config->label_array;
    if (columns) {
        options->category_columns = neural_columns_mask(columns);
        options->features = neural_columns_sources(columns);
    } else if (trainer_encodes_columns(config)) {
        options->categorical = config->categorical;
        options->features = 0; /* known once the categories are */
    }
}

/* Replaces *dataset by its encoded form. */
neural_status trainer_encode(const neural_columns *columns, neural_dataset **dataset) {
    neural_dataset *encoded = NULL;
    NEURAL_TRY(neural_columns_apply(columns, *dataset, &encoded));
    neural_dataset_destroy(*dataset);
    *dataset = encoded;
    return NEURAL_OK;
}

neural_status trainer_fit_columns(neural_trainer *trainer) {
    const neural_config *config = trainer->config;
    neural_columns *columns = NULL;
    if (!trainer_encodes_columns(config)) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_columns_fit(trainer->train_data, trainer->train_rows,
                                  trainer->train_row_count, (neural_missing)config->missing,
                                  (neural_encoding)config->encoding, config->unknown_category,
                                  &columns));
    const int64_t features = neural_columns_features(columns);
    neural_status status = NEURAL_OK;
    if (features != neural_model_features(trainer->model)) {
        status = neural_error(NEURAL_ERR_INVALID_CONFIG,
                              "%s: its %lld columns become %lld features, the model has %lld: say "
                              "input = %lld",
                              config->train_file, (long long)neural_columns_sources(columns),
                              (long long)features, (long long)neural_model_features(trainer->model),
                              (long long)features);
    }
    if (!status) {
        status = trainer_encode(columns, &trainer->train_data);
    }
    if (status) {
        neural_columns_destroy(columns);
        return status;
    }
    neural_model_set_columns(trainer->model, columns);
    return NEURAL_OK;
}

void trainer_leave_unscaled(const neural_columns *columns, neural_transform *transform) {
    for (int64_t j = 0; columns && j < neural_columns_features(columns); j++) {
        if (!neural_columns_is_scaled(columns, j)) {
            neural_transform_set_identity(transform, j);
        }
    }
}

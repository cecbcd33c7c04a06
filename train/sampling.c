/* The walk over the training rows that the config asks for. */
#include <math.h>
#include <string.h>

#include "core/base/memory.h"
#include "data/number.h"
#include "train/trainer_type.h"

/* "1, 2.5, 0.5": a number of at least 0 for each class. */
static neural_status parse_weights(const char *text, int64_t classes, double *weights) {
    const char *end = text + strlen(text);
    for (int64_t c = 0; c < classes; c++) {
        for (; *text == ' ' || *text == '\t'; text++) {
        }
        const char *after = neural_number_parse_f64(text, end, &weights[c]);
        for (; after && (*after == ' ' || *after == '\t'); after++) {
        }
        const int ends = after && *after == (c + 1 < classes ? ',' : '\0');
        NEURAL_REQUIRE(ends && weights[c] >= 0 && isfinite(weights[c]), NEURAL_ERR_INVALID_CONFIG,
                       "sampler_weights: expected %lld numbers of at least 0, one per class, with "
                       "commas between",
                       (long long)classes);
        text = after + 1;
    }
    return NEURAL_OK;
}

static neural_status create(neural_trainer *trainer, const double *class_weights) {
    const neural_config *config = trainer->config;
    const int is_given = config->sampler >= 0;
    const neural_sampling usual =
        config->shuffle ? NEURAL_SAMPLING_RANDOM : NEURAL_SAMPLING_SEQUENTIAL;
    const neural_batches_options options = {.batch_size = config->batch_size,
                                            .sampling =
                                                is_given ? (neural_sampling)config->sampler : usual,
                                            .seed = (uint64_t)config->random_seed,
                                            .prefetch = (int)config->prefetch,
                                            .class_weights = class_weights};
    return neural_batches_create_with(trainer->train_data, trainer->train_rows,
                                      trainer->train_row_count, &options, &trainer->batches);
}

neural_status trainer_make_batches(neural_trainer *trainer) {
    const neural_config *config = trainer->config;
    const int64_t classes = neural_model_outputs(trainer->model);
    if (config->sampler != NEURAL_SAMPLING_WEIGHTED) {
        return create(trainer, NULL);
    }
    NEURAL_REQUIRE(config->sampler_weights && neural_model_is_classifier(trainer->model),
                   NEURAL_ERR_INVALID_CONFIG,
                   "sampler = weighted needs sampler_weights, and a model of classes");
    double *weights = neural_alloc((size_t)classes * sizeof *weights);
    if (!weights) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    neural_status status = parse_weights(config->sampler_weights, classes, weights);
    if (!status) {
        status = create(trainer, weights);
    }
    neural_free(weights);
    return status;
}

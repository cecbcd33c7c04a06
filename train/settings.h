/* What the trainer reads from a config, once, as plain numbers. */
#ifndef TRAIN_SETTINGS_H_
#define TRAIN_SETTINGS_H_

#include "data/dataset.h"
#include "data/transform.h"
#include "model/config.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum train_optimizer {
    TRAIN_OPTIMIZER_SGD,
    TRAIN_OPTIMIZER_ADAM,
    TRAIN_OPTIMIZER_ADAMW
} train_optimizer;

typedef struct train_settings {
    /* data */
    const char *train_file, *train_labels, *test_file, *test_labels; /* "" = none */
    const char *label_column;                                        /* "" = last */
    char separator;                                                  /* 0 = recognised */
    int header;                                                      /* 0 = recognised, 1, -1 */
    double val_split;
    int shuffle;
    neural_normalize normalize;
    /* run */
    uint64_t seed;
    int64_t epochs, batch_size;
    int num_threads; /* 0 = all cores */
    /* optimizer */
    train_optimizer optimizer;
    double learning_rate, momentum, beta1, beta2, epsilon, weight_decay;
    int nesterov;
    int64_t lr_step_size; /* epochs; 0 = constant */
    double lr_gamma;
    double gradient_clip; /* 0 = off */
    /* stopping */
    int early_stopping;
    int64_t patience;
    double min_delta;
} train_settings;

/* The texts are the config's and live as long as it. */
neural_status train_settings_read(const neural_config *config, train_settings *out);

#ifdef __cplusplus
}
#endif

#endif /* TRAIN_SETTINGS_H_ */

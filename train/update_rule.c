/* From the config's [optimizer] section to an optimizer. */
#include <string.h>

#include "data/number.h"
#include "train/trainer_type.h"

static int is_given(const neural_config *config, int key) {
    return neural_config_is_given(config, key);
}

static neural_status create_adam(neural_trainer *trainer) {
    const neural_config *c = trainer->config;
    const neural_adam_options options = {.lr = c->learning_rate,
                                         .beta1 = c->beta1,
                                         .beta2 = c->beta2,
                                         .epsilon = c->epsilon,
                                         .weight_decay = c->weight_decay,
                                         .decoupled = c->optimizer == NEURAL_CONFIG_ADAMW,
                                         .amsgrad = c->amsgrad};
    return neural_adam_create(neural_model_parameters(trainer->model), &options,
                              &trainer->optimizer);
}

static neural_status create_sgd(neural_trainer *trainer) {
    const neural_config *c = trainer->config;
    const neural_sgd_options options = {.lr = c->learning_rate,
                                        .momentum = c->momentum,
                                        .dampening = c->dampening,
                                        .weight_decay = c->weight_decay,
                                        .nesterov = c->nesterov};
    return neural_sgd_create(neural_model_parameters(trainer->model), &options,
                             &trainer->optimizer);
}

static neural_status create_rmsprop(neural_trainer *trainer) {
    const neural_config *c = trainer->config;
    const neural_rmsprop_options options = {.lr = c->learning_rate,
                                            .alpha = c->alpha,
                                            .epsilon = c->epsilon,
                                            .weight_decay = c->weight_decay,
                                            .momentum = c->momentum,
                                            .centered = c->centered};
    return neural_rmsprop_create(neural_model_parameters(trainer->model), &options,
                                 &trainer->optimizer);
}

static neural_status create_adagrad(neural_trainer *trainer) {
    const neural_config *c = trainer->config;
    const neural_adagrad_options options = {
        .lr = c->learning_rate,
        .lr_decay = c->adagrad_lr_decay,
        .epsilon = is_given(c, NEURAL_CONFIG_KEY_epsilon) ? c->epsilon : 1e-10,
        .weight_decay = c->weight_decay,
        .initial_sum = c->initial_accumulator_value};
    return neural_adagrad_create(neural_model_parameters(trainer->model), &options,
                                 &trainer->optimizer);
}

static neural_status create_lion(neural_trainer *trainer) {
    const neural_config *c = trainer->config;
    const neural_lion_options options = {.lr = c->learning_rate,
                                         .beta1 = c->beta1,
                                         .beta2 =
                                             is_given(c, NEURAL_CONFIG_KEY_beta2) ? c->beta2 : 0.99,
                                         .weight_decay = c->weight_decay};
    return neural_lion_create(neural_model_parameters(trainer->model), &options,
                              &trainer->optimizer);
}

static neural_status create_kind(neural_trainer *trainer) {
    switch ((neural_config_optimizer)trainer->config->optimizer) {
    case NEURAL_CONFIG_SGD:
        return create_sgd(trainer);
    case NEURAL_CONFIG_ADAM:
    case NEURAL_CONFIG_ADAMW:
        return create_adam(trainer);
    case NEURAL_CONFIG_RMSPROP:
        return create_rmsprop(trainer);
    case NEURAL_CONFIG_ADAGRAD:
        return create_adagrad(trainer);
    case NEURAL_CONFIG_LION:
        return create_lion(trainer);
    }
    return neural_error(NEURAL_ERR_INTERNAL, "optimizer %d", trainer->config->optimizer);
}

/* --- rates and decay of single parameters --- */

/* Biases, and what norms scale and shift by. */
static int is_bias_or_norm(const neural_parameter *parameter) {
    const char *dot = strrchr(parameter->name, '.');
    return (parameter->flags & NEURAL_PARAMETER_KEEPS_START) ||
           strcmp(dot ? dot + 1 : parameter->name, "bias") == 0;
}

/* The parameter is "<prefix>" or below it, "<prefix>.weight". */
static int is_below(const char *name, const char *prefix, size_t len) {
    return strncmp(name, prefix, len) == 0 && (name[len] == '.' || name[len] == '\0');
}

/* Reads "0: 0.1" at *text up to the comma behind it. */
static neural_status read_rate(const char **text, const char **prefix, size_t *len, double *rate) {
    const char *start = *text + strspn(*text, " ");
    const size_t word = strcspn(start, ":, ");
    const char *colon = start + word + strspn(start + word, " ");
    const char *number = colon + 1 + (*colon == ':' ? strspn(colon + 1, " ") : 0);
    const char *end =
        *colon == ':' ? neural_number_parse_f64(number, number + strlen(number), rate) : NULL;
    const char *rest = end ? end + strspn(end, " ") : "";
    NEURAL_REQUIRE(word > 0 && end && *rate >= 0 && *rate < 1e30 && (*rest == ',' || *rest == '\0'),
                   NEURAL_ERR_INVALID_CONFIG,
                   "lr_scale: expected `layer: rate` with a rate of at least 0, found \"%.40s\"",
                   start);
    *prefix = start;
    *len = word;
    *text = *rest == ',' ? rest + 1 : rest;
    return NEURAL_OK;
}

/* The scale that lr_scale gives the parameter; *used gets the bit of each entry that fits it. */
static neural_status rate_of(const char *text, const char *name, uint64_t *used, double *out) {
    *out = 1;
    for (int entry = 0; *text; entry++) {
        const char *prefix = NULL;
        size_t len = 0;
        double rate = 1;
        NEURAL_TRY(read_rate(&text, &prefix, &len, &rate));
        if (is_below(name, prefix, len)) {
            *out = rate;
            *used |= entry < 64 ? UINT64_C(1) << entry : 0;
        }
    }
    return NEURAL_OK;
}

/* An entry that fits no parameter is a typing error. */
static neural_status check_used(const char *text, uint64_t used) {
    for (int entry = 0; *text && entry < 64; entry++) {
        const char *prefix = NULL;
        size_t len = 0;
        double rate = 1;
        NEURAL_TRY(read_rate(&text, &prefix, &len, &rate));
        NEURAL_REQUIRE(used >> entry & 1, NEURAL_ERR_INVALID_CONFIG,
                       "lr_scale: no parameter's name begins with %.*s", (int)len, prefix);
    }
    return NEURAL_OK;
}

static neural_status set_scales(neural_trainer *trainer) {
    const neural_config *config = trainer->config;
    const neural_parameters *all = neural_model_parameters(trainer->model);
    const char *rates = config->lr_scale ? config->lr_scale : "";
    uint64_t used = 0;
    for (int i = 0; i < all->count; i++) {
        const int decays = config->decay_bias_and_norm || !is_bias_or_norm(all->item[i]);
        double rate = 1;
        NEURAL_TRY(rate_of(rates, all->item[i]->name, &used, &rate));
        NEURAL_TRY(neural_optimizer_set_scale(trainer->optimizer, i, rate, decays));
    }
    return check_used(rates, used);
}

neural_status trainer_create_optimizer(neural_trainer *trainer) {
    NEURAL_TRY(create_kind(trainer));
    NEURAL_TRY(set_scales(trainer));
    NEURAL_TRY(neural_tensor_create(0, NULL, neural_model_dtype(trainer->model), &trainer->share));
    return trainer->config->ema_decay > 0
               ? neural_ema_create(neural_model_parameters(trainer->model),
                                   trainer->config->ema_decay, &trainer->average)
               : NEURAL_OK;
}

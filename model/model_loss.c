#include "model/model_loss.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "core/base/memory.h"
#include "data/number.h"
#include "model/text.h"

static neural_status add_place(const neural_config *config, int key) {
    char place[NEURAL_CONFIG_PLACE_TEXT];
    return neural_error_prefix("%s", neural_config_place_text(config, key, place));
}

/* --- which loss --- */

static neural_loss default_loss(const neural_config *config, neural_activation last,
                                int64_t outputs) {
    const int linear = config->output_activation == NEURAL_ACTIVATION_NONE;
    return last == NEURAL_ACTIVATION_SOFTMAX          ? NEURAL_LOSS_CROSS_ENTROPY
           : last == NEURAL_ACTIVATION_LOG_SOFTMAX    ? NEURAL_LOSS_NLL
           : last == NEURAL_ACTIVATION_SIGMOID        ? NEURAL_LOSS_BCE
           : last != NEURAL_ACTIVATION_NONE || linear ? NEURAL_LOSS_MSE
           : outputs == 1                             ? NEURAL_LOSS_BCE
                                                      : NEURAL_LOSS_CROSS_ENTROPY;
}

static const char *end_name(neural_activation last) {
    return last == NEURAL_ACTIVATION_NONE ? "none" : neural_activation_name(last);
}

static neural_status check_loss(neural_loss loss, neural_activation last, int64_t outputs) {
    const neural_loss_target target = neural_loss_target_of(loss);
    const int per_class =
        target == NEURAL_LOSS_TARGET_CLASSES || target == NEURAL_LOSS_TARGET_DISTRIBUTIONS;
    const int is_end = last == NEURAL_ACTIVATION_NONE || last == NEURAL_ACTIVATION_SIGMOID ||
                       last == NEURAL_ACTIVATION_SOFTMAX;
    NEURAL_REQUIRE(!per_class || outputs >= 2, NEURAL_ERR_INVALID_CONFIG,
                   "%s needs an output per class, at least 2, but the network has %" PRId64
                   "; bce fits one output",
                   neural_loss_name(loss), outputs);
    const int is_softmax =
        last == NEURAL_ACTIVATION_SOFTMAX || last == NEURAL_ACTIVATION_LOG_SOFTMAX;
    NEURAL_REQUIRE(outputs >= 2 || !is_softmax, NEURAL_ERR_INVALID_CONFIG,
                   "%s of one output is always %d, expected at least 2 outputs or sigmoid",
                   neural_activation_name(last), last == NEURAL_ACTIVATION_SOFTMAX);
    NEURAL_REQUIRE((loss != NEURAL_LOSS_NLL && loss != NEURAL_LOSS_KL_DIV) ||
                       last == NEURAL_ACTIVATION_LOG_SOFTMAX,
                   NEURAL_ERR_INVALID_CONFIG,
                   "%s works on log-probabilities: expected log_softmax at the end of the network, "
                   "found %s%s",
                   neural_loss_name(loss), end_name(last),
                   loss == NEURAL_LOSS_NLL ? "; cross_entropy takes softmax or nothing there" : "");
    NEURAL_REQUIRE(target != NEURAL_LOSS_TARGET_PROBABILITIES || is_end, NEURAL_ERR_INVALID_CONFIG,
                   "bce needs sigmoid at the end or nothing, found %s",
                   neural_activation_name(last));
    return NEURAL_OK;
}

/* Log-probabilities are kept: the softmax of them gives the probabilities again. */
static void set_ends(neural_model *model, neural_loss loss, neural_activation last, int *strip) {
    *strip = 0;
    model->criterion.loss = loss;
    model->output_activation = NEURAL_ACTIVATION_NONE;
    switch (neural_loss_target_of(loss)) {
    case NEURAL_LOSS_TARGET_VALUES:
        break;
    case NEURAL_LOSS_TARGET_PROBABILITIES:
        *strip = last != NEURAL_ACTIVATION_NONE;
        model->criterion.loss = NEURAL_LOSS_BCE_WITH_LOGITS;
        model->output_activation = *strip ? last : NEURAL_ACTIVATION_SIGMOID;
        break;
    case NEURAL_LOSS_TARGET_CLASSES:
    case NEURAL_LOSS_TARGET_DISTRIBUTIONS:
        *strip = last == NEURAL_ACTIVATION_SIGMOID || last == NEURAL_ACTIVATION_SOFTMAX;
        model->output_activation =
            last == NEURAL_ACTIVATION_SIGMOID ? last : NEURAL_ACTIVATION_SOFTMAX;
        break;
    }
}

/* --- its settings --- */

#define OF(loss) (1u << NEURAL_LOSS_##loss)

static const struct {
    int key;
    unsigned losses; /* that have it, OF(...) */
} settings[] = {
    {NEURAL_CONFIG_KEY_label_smoothing, OF(CROSS_ENTROPY)},
    {NEURAL_CONFIG_KEY_class_weights, OF(CROSS_ENTROPY) | OF(NLL) | OF(FOCAL)},
    {NEURAL_CONFIG_KEY_huber_delta, OF(HUBER)},
    {NEURAL_CONFIG_KEY_smooth_l1_beta, OF(SMOOTH_L1)},
    {NEURAL_CONFIG_KEY_focal_gamma, OF(FOCAL)},
};

static int is_off(const neural_config *config, int key) {
    return !neural_config_is_given(config, key) ||
           (key == NEURAL_CONFIG_KEY_label_smoothing && config->label_smoothing == 0) ||
           (key == NEURAL_CONFIG_KEY_class_weights && !config->class_weights);
}

static neural_status fail_setting(const neural_config *config, int key, unsigned losses,
                                  neural_loss loss) {
    neural_text wanted = {0};
    char *text = NULL;
    for (int i = 0; i < NEURAL_LOSS_COUNT; i++) {
        if (losses & 1u << i) {
            neural_text_add(&wanted, "%s%s", wanted.bytes ? " or " : "",
                            neural_loss_name((neural_loss)i));
        }
    }
    NEURAL_TRY(neural_text_finish(&wanted, &text));
    neural_error(NEURAL_ERR_INVALID_CONFIG, "%s does not go with the loss %s, expected %s",
                 config->place[key].key, neural_loss_name(loss), text);
    neural_text_free(text);
    return add_place(config, key);
}

static neural_status check_settings(const neural_config *config, neural_loss loss) {
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        if (!is_off(config, settings[i].key) && !(settings[i].losses & 1u << loss)) {
            return fail_setting(config, settings[i].key, settings[i].losses, loss);
        }
    }
    return NEURAL_OK;
}

/* --- class weights --- */

int neural_model_wants_balance(const neural_config *config) {
    return config->class_weights && strcasecmp(config->class_weights, "balanced") == 0;
}

neural_status neural_model_set_class_weights(neural_model *model, const double *weights,
                                             int64_t count) {
    NEURAL_REQUIRE(model && weights, NEURAL_ERR_NULL_POINTER,
                   "class_weights: model and weights must be given");
    NEURAL_REQUIRE(count == model->outputs, NEURAL_ERR_INVALID_CONFIG,
                   "class_weights has %" PRId64 " numbers, expected one per class, %" PRId64, count,
                   model->outputs);
    for (int64_t i = 0; i < count; i++) {
        NEURAL_REQUIRE(weights[i] > 0 && isfinite(weights[i]), NEURAL_ERR_INVALID_CONFIG,
                       "class_weights: weight %" PRId64 " is %g, expected a number above 0", i,
                       weights[i]);
    }
    neural_tensor *exact = NULL, *cast = NULL;
    NEURAL_TRY(neural_tensor_from_data(weights, count * (int64_t)sizeof *weights, 1, &count,
                                       NEURAL_DTYPE_F64, &exact));
    const neural_status status = neural_tensor_cast(exact, model->dtype, &cast);
    neural_tensor_release(exact);
    NEURAL_TRY(status);
    neural_tensor_release(model->criterion.class_weights);
    model->criterion.class_weights = cast;
    return NEURAL_OK;
}

/* Reads "1, 2.5 0.5" into up to `room` numbers; *count tells how many there are. */
static neural_status read_numbers(const char *text, double *out, int64_t room, int64_t *count) {
    const char *end = text + strlen(text);
    for (*count = 0;; ++*count) {
        double value = 0;
        text += strspn(text, " \t,");
        if (!*text) {
            return NEURAL_OK;
        }
        const char *next = neural_number_parse_f64(text, end, &value);
        NEURAL_REQUIRE(next && (!*next || strchr(" \t,", *next)), NEURAL_ERR_INVALID_CONFIG,
                       "class_weights: entry %" PRId64
                       " is %.40s, expected a number above 0, or balanced alone",
                       *count + 1, text);
        if (*count < room) {
            out[*count] = value;
        }
        text = next;
    }
}

static neural_status weights_from_config(neural_model *model, const neural_config *config) {
    double *weights = neural_alloc((size_t)model->outputs * sizeof *weights);
    int64_t count = 0;
    if (!weights) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    neural_status status = read_numbers(config->class_weights, weights, model->outputs, &count);
    if (!status) {
        status = neural_model_set_class_weights(model, weights, count);
    }
    neural_free(weights);
    return status == NEURAL_ERR_INVALID_CONFIG ? add_place(config, NEURAL_CONFIG_KEY_class_weights)
                                               : status;
}

neural_status neural_model_choose_loss(neural_model *model, const neural_config *config,
                                       neural_activation last, int *strip) {
    const neural_loss loss =
        config->loss >= 0 ? (neural_loss)config->loss : default_loss(config, last, model->outputs);
    if (check_loss(loss, last, model->outputs)) {
        return add_place(config, config->loss >= 0 ? NEURAL_CONFIG_KEY_loss : config->network_key);
    }
    NEURAL_TRY(check_settings(config, loss));
    model->criterion.label_smoothing = config->label_smoothing;
    model->criterion.huber_delta = config->huber_delta;
    model->criterion.smooth_l1_beta = config->smooth_l1_beta;
    model->criterion.focal_gamma = config->focal_gamma;
    set_ends(model, loss, last, strip);
    return config->class_weights && !neural_model_wants_balance(config)
               ? weights_from_config(model, config)
               : NEURAL_OK;
}

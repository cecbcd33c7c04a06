#include "layers/loss.h"

#include <strings.h>

#include "core/autograd/loss_ops.h"
#include "core/autograd/ops.h"
#include "core/base/suggest.h"

/* In the order of neural_loss, then other spellings. */
static const struct {
    const char *word;
    neural_loss loss;
} words[] = {
    {"mse", NEURAL_LOSS_MSE},
    {"cross_entropy", NEURAL_LOSS_CROSS_ENTROPY},
    {"bce", NEURAL_LOSS_BCE},
    {"bce_with_logits", NEURAL_LOSS_BCE_WITH_LOGITS},
    {"l1", NEURAL_LOSS_L1},
    {"huber", NEURAL_LOSS_HUBER},
    {"smooth_l1", NEURAL_LOSS_SMOOTH_L1},
    {"kl_div", NEURAL_LOSS_KL_DIV},
    {"nll", NEURAL_LOSS_NLL},
    {"focal", NEURAL_LOSS_FOCAL},
    {"ce", NEURAL_LOSS_CROSS_ENTROPY},
    {"crossentropy", NEURAL_LOSS_CROSS_ENTROPY},
    {"mae", NEURAL_LOSS_L1},
    {"kl", NEURAL_LOSS_KL_DIV},
};
enum { WORD_COUNT = sizeof words / sizeof *words };

neural_status neural_loss_parse(const char *word, neural_loss *out) {
    NEURAL_REQUIRE(word && out, NEURAL_ERR_NULL_POINTER, "loss_parse: word and out must be given");
    const char *known[WORD_COUNT];
    for (int i = 0; i < WORD_COUNT; i++) {
        if (strcasecmp(word, words[i].word) == 0) {
            *out = words[i].loss;
            return NEURAL_OK;
        }
        known[i] = words[i].word;
    }
    return neural_error_unknown_word("loss", word, known, WORD_COUNT);
}

const char *neural_loss_name(neural_loss loss) {
    return (unsigned)loss < NEURAL_LOSS_COUNT ? words[loss].word : "?";
}

neural_loss_target neural_loss_target_of(neural_loss loss) {
    switch (loss) {
    case NEURAL_LOSS_CROSS_ENTROPY:
    case NEURAL_LOSS_NLL:
    case NEURAL_LOSS_FOCAL:
        return NEURAL_LOSS_TARGET_CLASSES;
    case NEURAL_LOSS_BCE:
    case NEURAL_LOSS_BCE_WITH_LOGITS:
        return NEURAL_LOSS_TARGET_PROBABILITIES;
    case NEURAL_LOSS_KL_DIV:
        return NEURAL_LOSS_TARGET_DISTRIBUTIONS;
    default:
        return NEURAL_LOSS_TARGET_VALUES;
    }
}

neural_criterion neural_criterion_default(neural_loss loss) {
    return (neural_criterion){
        .loss = loss, .huber_delta = 1, .smooth_l1_beta = 1, .focal_gamma = 2};
}

neural_status neural_criterion_apply(const neural_criterion *criterion, neural_tensor *prediction,
                                     neural_tensor *target, neural_tensor **out) {
    NEURAL_REQUIRE(criterion, NEURAL_ERR_NULL_POINTER, "criterion_apply: criterion must be given");
    const neural_reduction mean = NEURAL_REDUCE_MEAN;
    neural_tensor *weights = criterion->class_weights;
    switch (criterion->loss) {
    case NEURAL_LOSS_MSE:
        return neural_mse_loss(prediction, target, out);
    case NEURAL_LOSS_CROSS_ENTROPY:
        return neural_cross_entropy_loss_with(
            prediction, target, weights, criterion->label_smoothing, NEURAL_IGNORE_NONE, mean, out);
    case NEURAL_LOSS_BCE:
        return neural_bce_loss(prediction, target, out);
    case NEURAL_LOSS_BCE_WITH_LOGITS:
        return neural_bce_with_logits_loss(prediction, target, out);
    case NEURAL_LOSS_L1:
        return neural_l1_loss(prediction, target, mean, out);
    case NEURAL_LOSS_HUBER:
        return neural_huber_loss(prediction, target, criterion->huber_delta, mean, out);
    case NEURAL_LOSS_SMOOTH_L1:
        return neural_smooth_l1_loss(prediction, target, criterion->smooth_l1_beta, mean, out);
    case NEURAL_LOSS_KL_DIV:
        return neural_kl_div_loss(prediction, target, 0, NEURAL_REDUCE_BATCH_MEAN, out);
    case NEURAL_LOSS_NLL:
        return neural_nll_loss(prediction, target, weights, NEURAL_IGNORE_NONE, mean, out);
    case NEURAL_LOSS_FOCAL:
        return neural_focal_loss(prediction, target, weights, criterion->focal_gamma, mean, out);
    case NEURAL_LOSS_COUNT:
        break;
    }
    return neural_error(NEURAL_ERR_INVALID_ARGUMENT, "criterion_apply: %d is no loss",
                        (int)criterion->loss);
}

neural_status neural_loss_apply(neural_loss loss, neural_tensor *prediction, neural_tensor *target,
                                neural_tensor **out) {
    const neural_criterion criterion = neural_criterion_default(loss);
    return neural_criterion_apply(&criterion, prediction, target, out);
}

neural_status neural_criterion_weight(const neural_criterion *criterion,
                                      const neural_tensor *target, double *out) {
    NEURAL_REQUIRE(criterion && target && out, NEURAL_ERR_NULL_POINTER,
                   "criterion_weight: criterion, target and out must be given");
    const int64_t rows = neural_tensor_ndim(target) ? neural_tensor_dims(target)[0] : 1;
    const neural_loss loss = criterion->loss;
    if (!criterion->class_weights ||
        (loss != NEURAL_LOSS_CROSS_ENTROPY && loss != NEURAL_LOSS_NLL)) {
        *out = (double)rows;
        return NEURAL_OK;
    }
    double sum = 0;
    for (int64_t i = 0; i < rows; i++) {
        double label, weight;
        NEURAL_TRY(neural_tensor_get(target, &i, &label));
        const int64_t class = (int64_t)label;
        NEURAL_TRY(neural_tensor_get(criterion->class_weights, &class, &weight));
        sum += weight;
    }
    *out = sum;
    return NEURAL_OK;
}

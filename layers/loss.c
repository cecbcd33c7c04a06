#include "layers/loss.h"

#include <strings.h>

#include "core/autograd/ops.h"
#include "core/base/suggest.h"

static const struct {
    const char *word;
    neural_loss loss;
} words[] = {
    {"mse", NEURAL_LOSS_MSE},          {"cross_entropy", NEURAL_LOSS_CROSS_ENTROPY},
    {"bce", NEURAL_LOSS_BCE},          {"bce_with_logits", NEURAL_LOSS_BCE_WITH_LOGITS},
    {"ce", NEURAL_LOSS_CROSS_ENTROPY}, {"crossentropy", NEURAL_LOSS_CROSS_ENTROPY},
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

neural_status neural_loss_apply(neural_loss loss, neural_tensor *prediction, neural_tensor *target,
                                neural_tensor **out) {
    switch (loss) {
    case NEURAL_LOSS_MSE:
        return neural_mse_loss(prediction, target, out);
    case NEURAL_LOSS_CROSS_ENTROPY:
        return neural_cross_entropy_loss(prediction, target, out);
    case NEURAL_LOSS_BCE:
        return neural_bce_loss(prediction, target, out);
    case NEURAL_LOSS_BCE_WITH_LOGITS:
        return neural_bce_with_logits_loss(prediction, target, out);
    case NEURAL_LOSS_COUNT:
        break;
    }
    return neural_error(NEURAL_ERR_INVALID_ARGUMENT, "loss_apply: %d is no loss", (int)loss);
}

/* Pruning while training. */
#include <inttypes.h>
#include <math.h>

#include "train/prune.h"
#include "train/trainer_type.h"

double neural_prune_cubic(double initial, double last, double begin, double end, double at) {
    if (at >= end || at <= begin) {
        return at >= end ? last : initial;
    }
    const double left = 1 - (at - begin) / (end - begin);
    return last + (initial - last) * left * left * left;
}

/* Updates in an epoch. */
static int64_t updates_of_epoch(const neural_trainer *trainer) {
    const int64_t batches = neural_batches_count(trainer->batches);
    const int64_t each = trainer->config->accumulate;
    return batches / each + (batches % each != 0);
}

static double end_epoch(const neural_config *config) {
    return config->prune_end > 0 ? config->prune_end : 0.5 * (double)config->epochs;
}

/* The updates before which pruning begins and ends; one at least comes behind. */
static void find_range(const neural_trainer *trainer, int64_t *begin, int64_t *end) {
    const double each = (double)updates_of_epoch(trainer);
    const int64_t last = (int64_t)each * trainer->config->epochs - 1;
    *end = llround(fmin(end_epoch(trainer->config) * each, (double)last));
    *begin = llround(fmin(trainer->config->prune_begin * each, (double)*end));
}

neural_status trainer_check_pruning(const neural_config *config) {
    const double end = end_epoch(config);
    NEURAL_REQUIRE(
        config->prune_sparsity == 0 || end <= (double)config->epochs, NEURAL_ERR_INVALID_CONFIG,
        "[pruning] end is %g, expected at most the %" PRId64 " epochs", end, config->epochs);
    NEURAL_REQUIRE(config->prune_sparsity == 0 || config->prune_begin <= end,
                   NEURAL_ERR_INVALID_CONFIG, "[pruning] begin is %g, expected at most end, %g",
                   config->prune_begin, end);
    NEURAL_REQUIRE(config->prune_initial <= config->prune_sparsity, NEURAL_ERR_INVALID_CONFIG,
                   "[pruning] initial is %g, expected at most sparsity, %g", config->prune_initial,
                   config->prune_sparsity);
    return NEURAL_OK;
}

int trainer_has_pruned(const neural_trainer *trainer) {
    int64_t begin, end;
    if (trainer->config->prune_sparsity == 0) {
        return 1;
    }
    find_range(trainer, &begin, &end);
    return trainer->progress.updates > end;
}

int64_t trainer_first_scored_epoch(const neural_trainer *trainer) {
    return trainer->config->prune_sparsity == 0 ? 0 : (int64_t)ceil(end_epoch(trainer->config));
}

neural_status trainer_prune(neural_trainer *trainer) {
    const neural_config *config = trainer->config;
    const train_progress *at = &trainer->progress;
    int64_t begin, end;
    if (config->prune_sparsity == 0 || at->accumulated > 0) {
        return NEURAL_OK;
    }
    find_range(trainer, &begin, &end);
    const int64_t update = at->updates;
    const int is_due = update >= begin && (update - begin) % config->prune_every == 0;
    if (update > end || (update != end && !is_due)) {
        return NEURAL_OK;
    }
    const neural_prune_options options = {
        .sparsity = neural_prune_cubic(config->prune_initial, config->prune_sparsity, (double)begin,
                                       (double)end, (double)update),
        .method = (neural_prune_method)config->prune_method,
        .score = (neural_prune_score)config->prune_score,
        .scope = (neural_prune_scope)config->prune_scope,
        .seed = (uint64_t)config->random_seed,
        .exclude = config->prune_exclude};
    return neural_model_prune(trainer->model, &options);
}

/* Channels out of a whole model. */
#include <math.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/float_data.h"
#include "core/tensor/storage.h"
#include "model/shrink.h"
#include "train/prune.h"
#include "train/prune_type.h"

typedef struct choice {
    const neural_model *model;
    const neural_prune_options *options;
    neural_channels *channels;
    double *worth;  /* of each leader */
    uint8_t *keep;  /* of each channel */
    int64_t *group; /* the leaders that are compared with each other */
    double *value;  /* their worth */
    uint8_t *chosen;
} choice;

/* --- what a channel is worth --- */

/* Adds the weight's part to each leader: sums of |w|, or of w^2. */
static void add_worth(choice *c, const neural_channel_use *use) {
    const neural_tensor *value = use->parameter->value;
    const int64_t rows = value->shape.dim[0], cols = value->shape.dim[1];
    const int64_t rest = rows * cols > 0 ? value->len / (rows * cols) : 0;
    for (int64_t i = 0; i < rows * cols; i++) {
        const int64_t place = use->made ? i % cols : i / cols;
        double *worth = &c->worth[c->channels->leader[use->channel[use->made][place]]];
        for (int64_t k = 0; k < rest; k++) {
            const double w = neural_float_get(value->data, value->dtype, i * rest + k);
            *worth += c->options->score == NEURAL_PRUNE_L1 ? fabs(w) : w * w;
        }
    }
}

static void find_worth(choice *c) {
    memset(c->worth, 0, (size_t)c->channels->count * sizeof *c->worth);
    for (int i = 0; i < c->channels->uses; i++) {
        if (c->channels->use[i].made >= 0) {
            add_worth(c, &c->channels->use[i]);
        }
    }
    for (int64_t i = 0; i < c->channels->count && c->options->score == NEURAL_PRUNE_L2; i++) {
        c->worth[i] = sqrt(c->worth[i]);
    }
}

/* --- which go --- */

/* Channels that excluded weights make stay. */
static void exclude(choice *c) {
    const neural_parameters *all = neural_model_parameters(c->model);
    for (int i = 0; i < c->channels->uses; i++) {
        const neural_channel_use *use = &c->channels->use[i];
        int at = 0;
        while (at < all->count && all->item[at] != use->parameter) {
            at++;
        }
        if (use->made < 0 || at == all->count || !prune_is_excluded(all, at, c->options->exclude)) {
            continue;
        }
        for (int64_t k = 0; k < use->parameter->value->shape.dim[use->made]; k++) {
            c->channels->fixed[c->channels->leader[use->channel[use->made][k]]] = 1;
        }
    }
}

/* Leaders of the maker that may go, behind `count` others in the group. */
static int64_t add_group(choice *c, const neural_channel_maker *maker, int64_t count,
                         int relative) {
    const int64_t before = count;
    double sum = 0;
    for (int64_t i = maker->first; i < maker->first + maker->count; i++) {
        if (c->channels->leader[i] == i && !c->channels->fixed[i]) {
            c->group[count] = i;
            c->value[count++] = c->worth[i];
            sum += c->worth[i];
        }
    }
    int64_t best = before;
    for (int64_t k = before; k < count && relative; k++) {
        c->value[k] *= sum > 0 ? (double)(count - before) / sum : 1;
        best = c->value[k] > c->value[best] ? k : best;
    }
    if (relative && count > before) {
        c->value[best] = INFINITY; /* one of every layer stays */
    }
    return count;
}

/* Prunes the group's share: by layer all but one at most. */
static neural_status prune_group(choice *c, int64_t count, uint64_t seed, int64_t least_kept) {
    const double share = c->options->sparsity * (double)count;
    const double most = (double)(count - least_kept);
    if (count == 0) {
        return NEURAL_OK;
    }
    memset(c->chosen, 1, (size_t)count);
    const neural_prune_part part = {c->value, NEURAL_DTYPE_F64, 1, count, 1, 1, c->chosen};
    NEURAL_TRY(neural_mask_blocks(&part, 1, c->options->score, seed,
                                  (share < most ? share : most) / (double)count));
    for (int64_t i = 0; i < count; i++) {
        c->keep[c->group[i]] = c->chosen[i];
    }
    return NEURAL_OK;
}

static neural_status prune_layers(choice *c) {
    const neural_channels *channels = c->channels;
    for (int i = 0; i < channels->makers; i++) {
        const int64_t count = add_group(c, &channels->maker[i], 0, 0);
        NEURAL_TRY(prune_group(c, count, c->options->seed + (uint64_t)i, 1));
    }
    return NEURAL_OK;
}

static neural_status prune_together(choice *c) {
    const neural_channels *channels = c->channels;
    int64_t count = 0;
    int layers = 0;
    for (int i = 0; i < channels->makers; i++) {
        const int64_t before = count;
        count = add_group(c, &channels->maker[i], count, 1);
        layers += count > before;
    }
    return prune_group(c, count, 0, layers);
}

/* A layer all of whose channels are tied to others' keeps the first of them. */
static void keep_one_each(choice *c) {
    const neural_channels *channels = c->channels;
    for (int i = 0; i < channels->makers; i++) {
        const neural_channel_maker *maker = &channels->maker[i];
        int64_t kept = 0;
        for (int64_t k = 0; k < maker->count; k++) {
            kept += c->keep[channels->leader[maker->first + k]];
        }
        if (kept == 0 && maker->count > 0) {
            c->keep[channels->leader[maker->first]] = 1;
        }
    }
}

static neural_status choose(choice *c) {
    const int64_t count = c->channels->count;
    const neural_prune_options *o = c->options;
    memset(c->keep, 1, (size_t)count);
    find_worth(c);
    exclude(c);
    NEURAL_TRY(o->scope == NEURAL_PRUNE_SCOPE_GLOBAL && o->score != NEURAL_PRUNE_RANDOM
                   ? prune_together(c)
                   : prune_layers(c));
    keep_one_each(c);
    for (int64_t i = 0; i < count; i++) {
        c->keep[i] = c->keep[c->channels->leader[i]];
    }
    return NEURAL_OK;
}

static neural_status make_room(choice *c) {
    const size_t count = (size_t)c->channels->count;
    c->worth = neural_alloc(count * sizeof *c->worth);
    c->value = neural_alloc(count * sizeof *c->value);
    c->group = neural_alloc(count * sizeof *c->group);
    c->keep = neural_alloc(count);
    c->chosen = neural_alloc(count);
    return c->worth && c->value && c->group && c->keep && c->chosen ? NEURAL_OK
                                                                    : NEURAL_ERR_OUT_OF_MEMORY;
}

static void choice_close(choice *c) {
    neural_channels_destroy(c->channels);
    neural_free(c->worth);
    neural_free(c->value);
    neural_free(c->group);
    neural_free(c->keep);
    neural_free(c->chosen);
}

neural_status neural_model_prune_channels(const neural_model *model,
                                          const neural_prune_options *options, neural_model **out) {
    NEURAL_REQUIRE(model && options && out, NEURAL_ERR_NULL_POINTER,
                   "model_prune_channels: model, options and out must be given");
    NEURAL_REQUIRE(options->sparsity >= 0 && options->sparsity <= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "model_prune_channels: sparsity is %g, expected a number in [0, 1]",
                   options->sparsity);
    NEURAL_REQUIRE(!neural_model_is_8bit(model), NEURAL_ERR_INVALID_ARGUMENT,
                   "model_prune_channels: the network is in 8 bits, expected the model as trained");
    choice c = {.model = model, .options = options};
    neural_status status = neural_model_channels(model, &c.channels);
    if (!status) {
        status = make_room(&c);
    }
    if (!status) {
        status = choose(&c);
    }
    if (!status) {
        status = neural_model_shrink(model, c.channels, c.keep, out);
    }
    choice_close(&c);
    return status;
}

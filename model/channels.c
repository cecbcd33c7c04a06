#include "model/channels.h"

#include <string.h>
#include <strings.h>

#include "core/base/memory.h"
#include "core/tensor/storage.h"
#include "model/layer_call.h"

/* The channels of a place in the network, along dimension 0 of its shape. */
typedef struct space {
    int64_t *channel;
    int64_t len;
    neural_shape shape;
} space;

static neural_status space_create(const neural_shape *shape, space *out) {
    const int64_t len = shape->ndim > 0 ? shape->dim[0] : 0;
    int64_t *channel = neural_alloc((size_t)len * sizeof *channel);
    if (!channel) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < len; i++) {
        channel[i] = NEURAL_CHANNEL_NONE;
    }
    *out = (space){channel, len, *shape};
    return NEURAL_OK;
}

/* --- ties --- */

static int64_t leader_of(const neural_channels *all, int64_t channel) {
    while (all->leader[channel] != channel) {
        channel = all->leader[channel];
    }
    return channel;
}

/* Both go or both stay; tied to none is to stay. */
static void tie(neural_channels *all, int64_t a, int64_t b) {
    if (a == NEURAL_CHANNEL_NONE || b == NEURAL_CHANNEL_NONE) {
        const int64_t other = a == NEURAL_CHANNEL_NONE ? b : a;
        if (other != NEURAL_CHANNEL_NONE) {
            all->fixed[leader_of(all, other)] = 1;
        }
        return;
    }
    a = leader_of(all, a);
    b = leader_of(all, b);
    const int64_t first = a < b ? a : b, second = a < b ? b : a;
    all->leader[second] = first;
    all->fixed[first] |= all->fixed[second];
}

static void fix(neural_channels *all, const space *at) {
    for (int64_t i = 0; i < at->len; i++) {
        tie(all, at->channel[i], NEURAL_CHANNEL_NONE);
    }
}

/* --- growing lists --- */

static neural_status grow(void *list, size_t item, int64_t count, int64_t more) {
    void **items = list;
    void *grown = neural_realloc(*items, (size_t)count * item, (size_t)(count + more) * item);
    if (!grown) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    *items = grown;
    return NEURAL_OK;
}

static neural_status add_maker(neural_channels *all, int64_t count, int64_t per_group) {
    NEURAL_TRY(grow(&all->maker, sizeof *all->maker, all->makers, 1));
    NEURAL_TRY(grow(&all->leader, sizeof *all->leader, all->count, count));
    NEURAL_TRY(grow(&all->fixed, sizeof *all->fixed, all->count, count));
    all->maker[all->makers++] = (neural_channel_maker){all->count, count, per_group};
    for (int64_t i = 0; i < count; i++, all->count++) {
        all->leader[all->count] = all->count;
        all->fixed[all->count] = 0;
    }
    return NEURAL_OK;
}

static neural_status copy_channels(const space *from, int64_t **out) {
    const size_t bytes = (size_t)from->len * sizeof **out;
    *out = neural_alloc(bytes);
    if (*out && bytes) {
        memcpy(*out, from->channel, bytes);
    }
    return *out ? NEURAL_OK : NEURAL_ERR_OUT_OF_MEMORY;
}

/* `parameter` has the channels of `a` along dimension 0, those of `b` along 1; NULL: none. */
static neural_status add_use(neural_channels *all, const neural_parameter *parameter,
                             const space *a, const space *b, int made) {
    NEURAL_TRY(grow(&all->use, sizeof *all->use, all->uses, 1));
    neural_channel_use *use = &all->use[all->uses++];
    *use = (neural_channel_use){.parameter = parameter, .made = made};
    if (a) {
        NEURAL_TRY(copy_channels(a, &use->channel[0]));
    }
    return b ? copy_channels(b, &use->channel[1]) : NEURAL_OK;
}

/* The parameter or buffer of the layer, if it has one number per channel. */
static neural_status add_vector(neural_channels *all, const neural_parameter *vector,
                                const space *at) {
    const neural_shape *shape = &vector->value->shape;
    return shape->ndim == 1 && shape->dim[0] == at->len ? add_use(all, vector, at, NULL, -1)
                                                        : NEURAL_OK;
}

/* Biases, scales and statistics. */
static neural_status add_vectors(neural_channels *all, const neural_layer *layer, const space *at) {
    for (int i = 0; i < neural_layer_parameter_count(layer); i++) {
        NEURAL_TRY(add_vector(all, neural_layer_parameter(layer, i), at));
    }
    for (int i = 0; i < neural_layer_buffer_count(layer); i++) {
        NEURAL_TRY(add_vector(all, neural_layer_buffer(layer, i), at));
    }
    return NEURAL_OK;
}

/* --- words --- */

static int is_one_of(const char *word, const char *const *words) {
    while (*words && strcasecmp(*words, word) != 0) {
        words++;
    }
    return *words != NULL;
}

static const char *const makers[] = {"linear", "conv2d", "conv1d", "conv_transpose2d", NULL};
/* They make something new of all channels together, or of groups of them. */
static const char *const mixers[] = {"softmax", "log_softmax", "layernorm", "groupnorm",
                                     "rmsnorm", "reshape",     "embedding", NULL};

int neural_channels_makes(const char *word) {
    return is_one_of(word, makers);
}

/* Fresh channels along dimension 0 of `at`. */
static neural_status make_channels(neural_channels *all, int64_t per_group, space *at) {
    const int64_t first = all->count;
    NEURAL_TRY(add_maker(all, at->len, per_group));
    for (int64_t i = 0; i < at->len; i++) {
        at->channel[i] = first + i;
    }
    return NEURAL_OK;
}

/* The layer takes part as it is: its inputs stay, and so do its results. */
static neural_status leave(neural_channels *all, const space *in) {
    fix(all, in);
    return add_maker(all, 0, 0);
}

/* Every result from all inputs, which stand along dimension `made` ? 0 : 1 of the weight. */
static neural_status walk_dense(neural_channels *all, const neural_layer *layer, int made,
                                const space *in, space *out) {
    const neural_parameter *weight = neural_layer_parameter(layer, 0);
    NEURAL_TRY(make_channels(all, 0, out));
    NEURAL_TRY(add_use(all, weight, made ? in : out, made ? out : in, made));
    return add_vectors(all, layer, out);
}

static neural_status walk_depthwise(neural_channels *all, const neural_layer *layer,
                                    const space *in, space *out) {
    const int64_t per_group = out->len / in->len;
    NEURAL_TRY(make_channels(all, per_group, out));
    for (int64_t i = 0; i < out->len; i++) {
        tie(all, out->channel[i], in->channel[i / per_group]);
    }
    NEURAL_TRY(add_use(all, neural_layer_parameter(layer, 0), out, NULL, 0));
    return add_vectors(all, layer, out);
}

static neural_status walk_maker(neural_channels *all, const neural_layer *layer, const char *word,
                                const space *in, space *out) {
    const int64_t *weight = neural_layer_parameter(layer, 0)->value->shape.dim;
    if (strcasecmp(word, "linear") == 0) {
        return in->shape.ndim == 1 ? walk_dense(all, layer, 0, in, out) : leave(all, in);
    }
    if (strcasecmp(word, "conv_transpose2d") == 0) {
        return weight[1] == out->len ? walk_dense(all, layer, 1, in, out) : leave(all, in);
    }
    return weight[1] == in->len ? walk_dense(all, layer, 0, in, out)
           : weight[1] == 1     ? walk_depthwise(all, layer, in, out)
                                : leave(all, in);
}

/* --- the walk --- */

static neural_status walk_line(neural_channels *all, neural_layer_line *line,
                               const neural_layer *chain, const space *in, space *out);

/* Block i of a call; *out is made. */
static neural_status walk_block(neural_channels *all, neural_layer_call *call, int i,
                                const neural_layer *layer, const space *in, space *out) {
    neural_layer_line line = neural_layer_block_line(call, i);
    return walk_line(all, &line, neural_layer_child(layer, i), in, out);
}

static neural_status walk_residual(neural_channels *all, neural_layer_call *call,
                                   const neural_layer *layer, const space *in, space *out) {
    space branch = {0}, shortcut = {0};
    neural_status status = walk_block(all, call, 0, layer, in, &branch);
    if (!status && call->blocks > 1) {
        status = walk_block(all, call, 1, layer, in, &shortcut);
    }
    const space *added = call->blocks > 1 ? &shortcut : in;
    for (int64_t i = 0; i < out->len && !status; i++) {
        tie(all, branch.channel[i], added->channel[i]);
        out->channel[i] =
            branch.channel[i] != NEURAL_CHANNEL_NONE ? branch.channel[i] : added->channel[i];
    }
    neural_free(branch.channel);
    neural_free(shortcut.channel);
    return status;
}

static neural_status walk_concat(neural_channels *all, neural_layer_call *call,
                                 const neural_layer *layer, const space *in, space *out) {
    int64_t at = 0;
    for (int i = 0; i < call->blocks; i++) {
        space block = {0};
        const neural_status status = walk_block(all, call, i, layer, in, &block);
        for (int64_t k = 0; k < block.len && !status && at < out->len; k++) {
            out->channel[at++] = block.channel[k];
        }
        neural_free(block.channel);
        NEURAL_TRY(status);
    }
    return NEURAL_OK;
}

/* Channels go on; flattened, each to all of its pixels. */
static void pass_on(const space *in, space *out) {
    const int64_t pixels = in->len > 0 ? out->len / in->len : 0;
    for (int64_t i = 0; i < out->len && pixels > 0; i++) {
        out->channel[i] = in->channel[i / pixels];
    }
}

static neural_status walk_call(neural_channels *all, neural_layer_call *call,
                               const neural_layer *layer, const space *in, space *out) {
    if (is_one_of(call->word, makers)) {
        return walk_maker(all, layer, call->word, in, out);
    }
    if (strcasecmp(call->word, "residual") == 0) {
        return walk_residual(all, call, layer, in, out);
    }
    if (strcasecmp(call->word, "concat") == 0) {
        return walk_concat(all, call, layer, in, out);
    }
    if (is_one_of(call->word, mixers)) {
        fix(all, in);
        return NEURAL_OK;
    }
    pass_on(in, out);
    return add_vectors(all, layer, out);
}

/* The layers of the line; the network may lack the last one, an activation taken off. */
static neural_status walk_line(neural_channels *all, neural_layer_line *line,
                               const neural_layer *chain, const space *in, space *out) {
    space at = {0};
    NEURAL_TRY(space_create(&in->shape, &at));
    memcpy(at.channel, in->channel, (size_t)in->len * sizeof *in->channel);
    neural_status status = NEURAL_OK;
    for (int i = 0; !status; i++) {
        const neural_layer *layer = neural_layer_child(chain, i);
        neural_layer_call call;
        space next = {0};
        neural_shape shape;
        status = neural_layer_line_next(line, &call);
        if (status || !call.word || !layer) {
            break;
        }
        status = neural_layer_output_shape(layer, &at.shape, &shape);
        if (!status) {
            status = space_create(&shape, &next);
        }
        if (!status) {
            status = walk_call(all, &call, layer, &at, &next);
        }
        neural_free(at.channel);
        at = next;
    }
    if (status) {
        neural_free(at.channel);
        return status;
    }
    *out = at;
    return NEURAL_OK;
}

static neural_status find(neural_channels *all, const neural_layer *network, const char *text,
                          const neural_shape *row_shape) {
    neural_layer_line line;
    space in = {0}, out = {0};
    NEURAL_TRY(neural_layer_line_open(text, &line));
    neural_status status = space_create(row_shape, &in);
    if (!status) {
        status = walk_line(all, &line, network, &in, &out);
    }
    if (!status) {
        fix(all, &out);
    }
    neural_layer_line_close(&line);
    neural_free(in.channel);
    neural_free(out.channel);
    for (int64_t i = 0; i < all->count && !status; i++) {
        all->leader[i] = leader_of(all, i); /* leaders come first */
        all->fixed[i] = all->fixed[all->leader[i]];
    }
    return status;
}

neural_status neural_channels_find(const neural_layer *network, const char *line,
                                   const neural_shape *row_shape, neural_channels **out) {
    neural_channels *all = neural_alloc_zeroed(sizeof *all);
    if (!all) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    const neural_status status = find(all, network, line, row_shape);
    if (status) {
        neural_channels_destroy(all);
        return status;
    }
    *out = all;
    return NEURAL_OK;
}

void neural_channels_destroy(neural_channels *channels) {
    if (channels) {
        for (int i = 0; i < channels->uses; i++) {
            neural_free(channels->use[i].channel[0]);
            neural_free(channels->use[i].channel[1]);
        }
        neural_free(channels->use);
        neural_free(channels->maker);
        neural_free(channels->leader);
        neural_free(channels->fixed);
        neural_free(channels);
    }
}

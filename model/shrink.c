#include "model/shrink.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "core/base/memory.h"
#include "core/tensor/storage.h"
#include "model/layer_call.h"
#include "model/model_type.h"
#include "model/text.h"

neural_status neural_model_channels(const neural_model *model, neural_channels **out) {
    neural_config *config = NULL;
    NEURAL_TRY(neural_config_parse(model->config, "model", NULL, 0, &config));
    const neural_status status =
        neural_channels_find(model->network, config->network, &model->row_shape, out);
    neural_config_destroy(config);
    return status;
}

/* --- the new layers line --- */

typedef struct rewrite {
    const neural_channels *channels;
    const uint8_t *keep;
    int maker; /* the next one */
    neural_text text;
} rewrite;

static int64_t count_kept(const rewrite *to, const neural_channel_maker *maker) {
    int64_t kept = 0;
    for (int64_t i = 0; i < maker->count; i++) {
        kept += to->keep[maker->first + i];
    }
    return kept;
}

/* Where the number of groups stands among the arguments of a convolution. */
enum { OUT_POSITION = 0, GROUPS_POSITION = 5 };

static int is_argument(const neural_layer_argument *argument, int at, const char *name,
                       int position) {
    return argument->name ? strcasecmp(argument->name, name) == 0 : at == position;
}

static void write_arguments(rewrite *to, const neural_layer_call *call,
                            const neural_channel_maker *maker) {
    const int64_t kept = maker ? count_kept(to, maker) : 0;
    for (int i = 0, position = 0; i < call->count; i++) {
        const neural_layer_argument *argument = &call->argument[i];
        neural_text_add(&to->text, " %s%s", argument->name ? argument->name : "",
                        argument->name ? "=" : "");
        if (kept && is_argument(argument, position, "out", OUT_POSITION)) {
            neural_text_add(&to->text, "%" PRId64, kept);
        } else if (kept && maker->per_group &&
                   is_argument(argument, position, "groups", GROUPS_POSITION)) {
            neural_text_add(&to->text, "%" PRId64, kept / maker->per_group);
        } else {
            neural_text_add(&to->text, "%s", argument->value);
        }
        position += !argument->name;
    }
}

static neural_status write_line(rewrite *to, neural_layer_line *line) {
    for (int i = 0;; i++) {
        neural_layer_call call;
        NEURAL_TRY(neural_layer_line_next(line, &call));
        if (!call.word) {
            return to->text.status;
        }
        const neural_channel_maker *maker = NULL;
        if (neural_channels_makes(call.word)) {
            maker = &to->channels->maker[to->maker++];
        }
        neural_text_add(&to->text, "%s%s", i ? " | " : "", call.word);
        write_arguments(to, &call, maker);
        for (int k = 0; k < call.blocks; k++) {
            neural_layer_line block = neural_layer_block_line(&call, k);
            neural_text_add(&to->text, " { ");
            NEURAL_TRY(write_line(to, &block));
            neural_text_add(&to->text, " }");
        }
    }
}

static neural_status rewrite_network(const char *network, const neural_channels *channels,
                                     const uint8_t *keep, char **out) {
    rewrite to = {.channels = channels, .keep = keep};
    neural_layer_line line;
    NEURAL_TRY(neural_layer_line_open(network, &line));
    const neural_status status = write_line(&to, &line);
    neural_layer_line_close(&line);
    if (status) {
        neural_text_free(to.text.data);
        return status;
    }
    return neural_text_finish(&to.text, out);
}

/* --- what is kept of a tensor --- */

static int is_kept(const int64_t *channel, int64_t place, const uint8_t *keep) {
    return !channel || channel[place] == NEURAL_CHANNEL_NONE || keep[channel[place]];
}

/* From src to dst, both contiguous, without the places of what goes. use may be NULL. */
static neural_status copy_kept(const neural_channel_use *use, const uint8_t *keep,
                               const neural_tensor *src, neural_tensor *dst) {
    const neural_shape *shape = &src->shape;
    const int64_t rows = shape->ndim > 0 ? shape->dim[0] : 1;
    const int64_t cols = shape->ndim > 1 ? shape->dim[1] : 1;
    const int64_t bytes = neural_tensor_bytes(src) / (rows * cols > 0 ? rows * cols : 1);
    char *to = dst->data;
    const char *const end = to + neural_tensor_bytes(dst);
    for (int64_t row = 0; row < rows; row++) {
        for (int64_t col = 0; col < cols; col++) {
            if (use &&
                !(is_kept(use->channel[0], row, keep) && is_kept(use->channel[1], col, keep))) {
                continue;
            }
            NEURAL_REQUIRE(end - to >= bytes, NEURAL_ERR_INTERNAL,
                           "model_shrink: more is kept than there is room for");
            memcpy(to, src->data + (row * cols + col) * bytes, (size_t)bytes);
            to += bytes;
        }
    }
    NEURAL_REQUIRE(to == end, NEURAL_ERR_INTERNAL, "model_shrink: less is kept than expected");
    neural_tensor_touch(dst);
    return NEURAL_OK;
}

static neural_status copy_mask(const neural_channel_use *use, const uint8_t *keep,
                               const neural_tensor *mask, neural_parameter *to) {
    neural_tensor *kept = NULL;
    NEURAL_TRY(neural_tensor_create(neural_tensor_ndim(to->value), neural_tensor_dims(to->value),
                                    NEURAL_DTYPE_U8, &kept));
    neural_status status = copy_kept(use, keep, mask, kept);
    if (!status) {
        status = neural_parameter_set_mask(to, kept);
    }
    neural_tensor_release(kept);
    return status;
}

static const neural_channel_use *use_of(const neural_channels *channels,
                                        const neural_parameter *parameter) {
    for (int i = 0; i < channels->uses; i++) {
        if (channels->use[i].parameter == parameter) {
            return &channels->use[i];
        }
    }
    return NULL;
}

static neural_status copy_all(const neural_parameters *from, const neural_channels *channels,
                              const uint8_t *keep, neural_parameters *to) {
    for (int i = 0; i < from->count; i++) {
        const neural_parameter *parameter = from->item[i];
        const neural_channel_use *use = use_of(channels, parameter);
        NEURAL_TRY(copy_kept(use, keep, parameter->value, to->item[i]->value));
        if (parameter->mask) {
            NEURAL_TRY(copy_mask(use, keep, parameter->mask, to->item[i]));
        }
    }
    return NEURAL_OK;
}

/* --- the smaller model --- */

static neural_status check_keep(const neural_channels *channels, const uint8_t *keep) {
    for (int64_t i = 0; i < channels->count; i++) {
        NEURAL_REQUIRE(keep[i] == keep[channels->leader[i]], NEURAL_ERR_INVALID_ARGUMENT,
                       "model_shrink: channels %" PRId64 " and %" PRId64
                       " are tied, expected both or none to stay",
                       i, channels->leader[i]);
        NEURAL_REQUIRE(keep[i] || !channels->fixed[i], NEURAL_ERR_INVALID_ARGUMENT,
                       "model_shrink: channel %" PRId64 " cannot go", i);
    }
    const rewrite to = {.keep = keep};
    for (int i = 0; i < channels->makers; i++) {
        NEURAL_REQUIRE(channels->maker[i].count == 0 || count_kept(&to, &channels->maker[i]) > 0,
                       NEURAL_ERR_INVALID_ARGUMENT,
                       "model_shrink: all channels of layer %d would go", i);
    }
    return NEURAL_OK;
}

static neural_status build_smaller(const neural_model *model, const neural_channels *channels,
                                   const uint8_t *keep, neural_model **out) {
    neural_config *config = NULL, *smaller = NULL;
    char *network = NULL;
    NEURAL_TRY(neural_config_parse(model->config, "model", NULL, 0, &config));
    neural_status status = rewrite_network(config->network, channels, keep, &network);
    if (!status) {
        static const char *const shrunk[] = {"pruning.shrunk=true"};
        status =
            neural_config_with_network(config, &config->input_shape, network, shrunk, 1, &smaller);
    }
    if (!status) {
        status = neural_model_build(smaller, INT64_MAX, out);
    }
    neural_text_free(network);
    neural_config_destroy(config);
    neural_config_destroy(smaller);
    return status;
}

neural_status neural_model_shrink(const neural_model *model, const neural_channels *channels,
                                  const uint8_t *keep, neural_model **out) {
    NEURAL_REQUIRE(model && channels && keep && out, NEURAL_ERR_NULL_POINTER,
                   "model_shrink: model, channels, keep and out must be given");
    neural_model *made = NULL;
    NEURAL_TRY(neural_model_check_whole(model, "model_shrink"));
    NEURAL_TRY(check_keep(channels, keep));
    NEURAL_TRY(build_smaller(model, channels, keep, &made));
    neural_status status = copy_all(model->parameters, channels, keep, made->parameters);
    if (!status) {
        status = copy_all(model->buffers, channels, keep, made->buffers);
    }
    if (!status) {
        status = neural_model_copy_frame(model, made);
    }
    if (status) {
        neural_model_destroy(made);
        return status;
    }
    *out = made;
    return NEURAL_OK;
}

neural_status neural_model_adapt_config(const neural_model *model, const neural_config *config,
                                        const char *const *overrides, int override_count,
                                        neural_config **out) {
    neural_config *own = NULL;
    NEURAL_REQUIRE(model && config && out, NEURAL_ERR_NULL_POINTER,
                   "model_adapt_config: model, config and out must be given");
    NEURAL_TRY(neural_config_parse(model->config, "model", NULL, 0, &own));
    const neural_status status = neural_config_with_network(config, &own->input_shape, own->network,
                                                            overrides, override_count, out);
    if (!status) {
        (*out)->prune_shrunk |= own->prune_shrunk;
    }
    neural_config_destroy(own);
    return status;
}

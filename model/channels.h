/* Which channels of a network depend on each other: what has to go with a channel that goes.
 *
 * Every output of a Linear or convolution is a channel, numbered in the order of the layers line. A
 * residual ties the channels that it adds, a depthwise convolution its results to what they come
 * from; batch norms, activations and pools pass them on, flatten spreads each over its pixels,
 * concat puts them behind one another. Channels that are the network's inputs or outputs, or that
 * reach a layer which mixes them in another way (softmax, the norms of a sample, grouped
 * convolutions, reshape), stay. Only for the model library. */
#ifndef MODEL_CHANNELS_H_
#define MODEL_CHANNELS_H_

#include "model/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One that is none of the network's own. */
#define NEURAL_CHANNEL_NONE (-1)

/* A parameter or buffer that has places for channels. */
typedef struct neural_channel_use {
    const neural_parameter *parameter;
    int64_t *channel[2]; /* of each place along dimension 0, 1; NULL: the dimension has none */
    int made;            /* the dimension of the channels that this weight makes, or -1 */
} neural_channel_use;

/* A word of the layers line that gives a number of channels, in the order of the text. */
typedef struct neural_channel_maker {
    int64_t first, count; /* its channels; count 0: its number stays as it is */
    int64_t per_group;    /* of a depthwise convolution: results per input; else 0 */
} neural_channel_maker;

typedef struct neural_channels {
    int64_t count;
    int64_t *leader; /* of each channel: the first of those it is tied to, perhaps itself */
    uint8_t *fixed;  /* of each channel: it has to stay */
    neural_channel_use *use;
    neural_channel_maker *maker;
    int uses, makers;
} neural_channels;

/* 1 for a word with a row in `maker`. */
int neural_channels_makes(const char *word);

neural_status neural_channels_find(const neural_layer *network, const char *line,
                                   const neural_shape *row_shape, neural_channels **out);
void neural_channels_destroy(neural_channels *channels);

#ifdef __cplusplus
}
#endif

#endif /* MODEL_CHANNELS_H_ */

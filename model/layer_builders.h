/* From a call of the layers line to a layer. Only for the model library. */
#ifndef MODEL_LAYER_BUILDERS_H_
#define MODEL_LAYER_BUILDERS_H_

#include "layers/layer.h"
#include "model/layer_call.h"

/* What a builder may know. */
typedef struct neural_layer_site {
    neural_shape shape; /* of the input, without the batch dimension */
    neural_dtype dtype;
    uint64_t seed;
    int position;       /* in the network, from 0; blocks count in order of the text */
    int depth;          /* blocks around this one */
    int quantize_aware; /* Linear and Conv layers train for 8 bits */
    int is_image;       /* rows enter as images, so linear wants flatten before it */
    int64_t budget;     /* weights that may still be made; builders take theirs off */
} neural_layer_site;

/* Puts "layer 3 (dropout): " in front of what a layer's own constructor says. */
neural_status neural_layer_call_name(const neural_layer_call *call, neural_status status);

/* Takes `weights` off the budget, or refuses them. */
neural_status neural_layer_site_take(neural_layer_site *site, const neural_layer_call *call,
                                     int64_t weights);

/* The builders of layer_words.inc, in the file of their family: layer_builders_<family>.c. */
typedef neural_status neural_layer_builder(neural_layer_call *call, neural_layer_site *site,
                                           neural_layer **out);
#define NEURAL_LAYER_WORD(word, builder, arguments, meaning)                                       \
    neural_layer_builder neural_build_##builder;
#include "model/layer_words.inc"
#undef NEURAL_LAYER_WORD

/* Builds the rest of a line behind the layers of `sequential`; the site moves behind them. The last
 * layer is not appended but goes to *last (NULL at the start). */
neural_status neural_layer_line_build(neural_layer_line *line, neural_layer_site *site,
                                      neural_layer *sequential, neural_layer **last);

/* Errors as "layer 2 (linera): unknown layer; did you mean linear?". */
neural_status neural_layer_call_build(neural_layer_call *call, neural_layer_site *site,
                                      neural_layer **out);

#endif /* MODEL_LAYER_BUILDERS_H_ */

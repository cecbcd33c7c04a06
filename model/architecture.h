/* The three spellings of `architecture`, translated into a layers line. Only for the config
 * library.
 *
 *   784,256,128,10           a chain of Linear; hidden and output activation, dropout in between
 *   2,relu,8,sigmoid,1       the word after the k-th size follows the k-th Linear
 *   Sequential(Linear(2,8), ReLU(), Linear(8,1), Sigmoid()) */
#ifndef MODEL_ARCHITECTURE_H_
#define MODEL_ARCHITECTURE_H_

#include "model/config_keys.h"

/* Layers and activations of a plain chain. Activations are neural_activation or -1: not given. */
enum { NEURAL_ARCHITECTURE_MAX_SIZES = 1024 };
typedef struct neural_chain {
    int sizes; /* input included */
    int64_t size[NEURAL_ARCHITECTURE_MAX_SIZES];
    int word[NEURAL_ARCHITECTURE_MAX_SIZES]; /* behind Linear i */
} neural_chain;

/* "linear 256 | relu | dropout 0.2 | linear 10": config's activations where the chain has none. */
void neural_chain_network(const neural_config *config, const neural_chain *chain,
                          neural_text *network);

/* Reads config->architecture. Errors name the entry: "architecture: entry 3 is rellu, expected a
 * size or an activation; did you mean relu?". */
neural_status neural_architecture_parse(const neural_config *config, neural_text *network,
                                        int64_t *inputs, int64_t *outputs);

#endif /* MODEL_ARCHITECTURE_H_ */

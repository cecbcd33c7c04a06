#include "model/layer_words.h"

#define NEURAL_LAYER_WORD(word, builder, arguments, meaning) {#word, arguments, meaning},
const neural_layer_word neural_layer_words[] = {
#include "model/layer_words.inc"
};
const int neural_layer_word_count = sizeof neural_layer_words / sizeof *neural_layer_words;

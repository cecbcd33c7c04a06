/* The vocabulary of the layers line (model/layer_words.inc) as a table. */
#ifndef MODEL_LAYER_WORDS_H_
#define MODEL_LAYER_WORDS_H_

typedef struct neural_layer_word {
    const char *word, *arguments, *meaning;
} neural_layer_word;

extern const neural_layer_word neural_layer_words[];
extern const int neural_layer_word_count;

#endif /* MODEL_LAYER_WORDS_H_ */

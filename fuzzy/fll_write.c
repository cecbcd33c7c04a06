#include <stdio.h>
#include <string.h>

#include "core/base/file.h"
#include "fuzzy/fll.h"
#include "fuzzy/fll_words.h"
#include "fuzzy/number.h"
#include "fuzzy/system_type.h"

const char *const neural_fll_activations[7] = {"General", "First",        "Last",     "Highest",
                                               "Lowest",  "Proportional", "Threshold"};
const char *const neural_fll_comparisons[6] = {">=", ">", "<", "<=", "==", "!="};
const char *const neural_fll_inferences[4] = {"Automatic", "TakagiSugeno", "Tsukamoto", "Inverse"};

typedef struct writer {
    char *out;
    int64_t capacity, len;
} writer;

static void put(writer *w, const char *text) {
    for (; *text; text++) {
        if (w->len + 1 < w->capacity) {
            w->out[w->len] = *text;
        }
        w->len++;
    }
}

static void put_number(writer *w, double value) {
    char text[NEURAL_FUZZY_NUMBER_TEXT];
    put(w, " ");
    put(w, neural_fuzzy_number_write(value, text));
}

static void put_count(writer *w, int64_t value) {
    char text[24];
    snprintf(text, sizeof text, " %lld", (long long)value);
    put(w, text);
}

/* key: value, on a line of its own; nothing for NULL. */
static void put_line(writer *w, const char *key, const char *value) {
    if (value) {
        put(w, key);
        put(w, ": ");
        put(w, value);
        put(w, "\n");
    }
}

static const char *truth(int value) {
    return value ? "true" : "false";
}

static void put_term(writer *w, const neural_fuzzy_term *t) {
    put(w, "  term: ");
    put(w, t->name);
    put(w, " ");
    put(w, neural_fuzzy_shape_name(t->shape));
    for (int64_t i = 0; i < t->count; i++) {
        put_number(w, t->params[i]);
    }
    if (t->formula) {
        put(w, " ");
        put(w, t->formula);
    } else if (t->height != 1 && t->shape != NEURAL_FUZZY_CONSTANT &&
               t->shape != NEURAL_FUZZY_LINEAR) {
        put_number(w, t->height);
    }
    put(w, "\n");
}

static void put_output(writer *w, const neural_fuzzy_variable *v) {
    put_line(w, "  aggregation", neural_fuzzy_norm_name(v->aggregation));
    put(w, "  defuzzifier: ");
    put(w, neural_fuzzy_defuzzifier_name(v->defuzzifier));
    if (neural_fuzzy_defuzzifier_is_sampled(v->defuzzifier)) {
        put_count(w, v->resolution);
    } else if (v->defuzzifier >= NEURAL_FUZZY_WEIGHTED_AVERAGE) {
        put(w, " ");
        put(w, neural_fll_inferences[v->inference]);
    }
    put(w, "\n  default:");
    put_number(w, v->default_value);
    put(w, "\n");
    put_line(w, "  lock-previous", truth(v->locks_previous));
}

static void put_variables(writer *w, const fuzzy_variables *all, int are_outputs) {
    for (int64_t i = 0; i < all->count; i++) {
        const fuzzy_variable *variable = &all->items[i];
        const neural_fuzzy_variable *v = &variable->given;
        put_line(w, are_outputs ? "OutputVariable" : "InputVariable", v->name);
        put_line(w, "  description", v->description);
        put_line(w, "  enabled", truth(!v->is_disabled));
        put(w, "  range:");
        put_number(w, v->minimum);
        put_number(w, v->maximum);
        put(w, "\n");
        put_line(w, "  lock-range", truth(v->locks_range));
        if (are_outputs) {
            put_output(w, v);
        }
        for (int64_t t = 0; t < variable->term_count; t++) {
            put_term(w, &variable->terms[t].given);
        }
    }
}

static void put_activation(writer *w, const neural_fuzzy_block *b) {
    put(w, "  activation: ");
    put(w, neural_fll_activations[b->activation]);
    if (b->activation >= NEURAL_FUZZY_FIRST && b->activation <= NEURAL_FUZZY_LOWEST) {
        put_count(w, b->rules);
    }
    if (b->activation == NEURAL_FUZZY_THRESHOLD) {
        put(w, " ");
        put(w, neural_fll_comparisons[b->comparison]);
    }
    if (b->activation == NEURAL_FUZZY_FIRST || b->activation == NEURAL_FUZZY_LAST ||
        b->activation == NEURAL_FUZZY_THRESHOLD) {
        put_number(w, b->threshold);
    }
    put(w, "\n");
}

static void put_block(writer *w, const fuzzy_block *block) {
    const neural_fuzzy_block *b = &block->given;
    put_line(w, "RuleBlock", b->name ? b->name : "");
    put_line(w, "  description", b->description);
    put_line(w, "  enabled", truth(!b->is_disabled));
    put_line(w, "  conjunction", neural_fuzzy_norm_name(b->conjunction));
    put_line(w, "  disjunction", neural_fuzzy_norm_name(b->disjunction));
    put_line(w, "  implication", neural_fuzzy_norm_name(b->implication));
    put_activation(w, b);
    for (int64_t i = 0; i < block->count; i++) {
        put_line(w, "  rule", block->rules[i].text);
    }
}

int64_t neural_fuzzy_fll_text(const neural_fuzzy_system *system, char *out, int64_t capacity) {
    writer w = {.out = out, .capacity = out ? capacity : 0};
    if (!system) {
        return 0;
    }
    put_line(&w, "Engine", system->name ? system->name : "");
    put_line(&w, "  description", system->description);
    put_variables(&w, &system->inputs, 0);
    put_variables(&w, &system->outputs, 1);
    for (int64_t i = 0; i < system->block_count; i++) {
        put_block(&w, &system->blocks[i]);
    }
    if (out && capacity > 0) {
        out[w.len < w.capacity ? w.len : w.capacity - 1] = 0;
    }
    return w.len;
}

neural_status neural_fuzzy_fll_save(const neural_fuzzy_system *system, const char *path) {
    NEURAL_REQUIRE(system && path, NEURAL_ERR_NULL_POINTER,
                   "fll_save: system and path must be given");
    const int64_t len = neural_fuzzy_fll_text(system, NULL, 0);
    neural_file_writer *file = NULL;
    char *text = neural_alloc((size_t)len + 1);
    if (!text) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    neural_fuzzy_fll_text(system, text, len + 1);
    neural_status status = neural_file_writer_create(path, &file);
    status = status ? status : neural_file_writer_write(file, text, (size_t)len);
    status = status ? status : neural_file_writer_commit(file);
    neural_file_writer_destroy(file);
    neural_free(text);
    return status;
}

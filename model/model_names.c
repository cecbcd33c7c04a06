/* The names that a model keeps: of its classes and of the columns it was trained on. */
#include <inttypes.h>
#include <string.h>

#include "core/base/memory.h"
#include "model/model_type.h"
#include "model/text.h"

/* --- lists --- */

void neural_model_names_free(neural_model_names *names) {
    for (int64_t i = 0; i < names->count; i++) {
        neural_free(names->item[i]);
    }
    neural_free(names->item);
    *names = (neural_model_names){0};
}

/* Room for `room` names; count is still 0. */
static neural_status make_room(int64_t room, neural_model_names *out) {
    *out = (neural_model_names){.item = neural_alloc_zeroed(sizeof(char *) * (size_t)room)};
    return out->item ? NEURAL_OK : NEURAL_ERR_OUT_OF_MEMORY;
}

static neural_status replace(neural_model_names *names, const char *const *from, int64_t count) {
    neural_model_names copy = {0};
    if (count > 0) {
        NEURAL_TRY(make_room(count, &copy));
    }
    for (; copy.count < count; copy.count++) {
        copy.item[copy.count] = neural_strdup(from[copy.count]);
        if (!copy.item[copy.count]) {
            neural_model_names_free(&copy);
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
    }
    neural_model_names_free(names);
    *names = copy;
    return NEURAL_OK;
}

/* --- as a text --- */

neural_status neural_model_names_write(const neural_model_names *names, char **out) {
    neural_text text = {0};
    for (int64_t i = 0; i < names->count; i++) {
        for (const char *at = names->item[i]; *at; at++) {
            neural_text_add_bytes(&text, "\\", *at == '\\' || *at == '\n');
            neural_text_add_bytes(&text, *at == '\n' ? "n" : at, 1);
        }
        neural_text_add_bytes(&text, "\n", 1);
    }
    return neural_text_finish(&text, out);
}

/* The line of `bytes` characters as a name, without escapes; NULL when memory is out. */
static char *unescape(const char *line, size_t bytes) {
    char *name = neural_alloc(bytes + 1);
    char *to = name;
    for (size_t i = 0; name && i < bytes; i++) {
        const int is_escape = line[i] == '\\' && i + 1 < bytes;
        i += is_escape;
        *to++ = is_escape && line[i] == 'n' ? '\n' : line[i];
    }
    if (name) {
        *to = '\0';
    }
    return name;
}

neural_status neural_model_names_read(const char *text, neural_model_names *out) {
    int64_t lines = 0;
    for (const char *at = text; *at; at++) {
        lines += *at == '\n';
    }
    NEURAL_TRY(make_room(lines + 1, out));
    for (; out->count < lines; out->count++) {
        const size_t bytes = strcspn(text, "\n");
        out->item[out->count] = unescape(text, bytes);
        if (!out->item[out->count]) {
            neural_model_names_free(out);
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
        text += bytes + 1;
    }
    return NEURAL_OK;
}

/* --- classes --- */

static neural_status check_class_names(const neural_model *model, const char *const *names,
                                       int64_t count) {
    const int binary = model->criterion.loss == NEURAL_LOSS_BCE_WITH_LOGITS && model->outputs == 1;
    NEURAL_REQUIRE(count == 0 || count == (binary ? 2 : model->outputs),
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "model_set_class_names: %" PRId64 " names, the model tells %" PRId64 " classes",
                   count, binary ? 2 : model->outputs);
    for (int64_t i = 0; i < count; i++) {
        NEURAL_REQUIRE(names && names[i], NEURAL_ERR_NULL_POINTER,
                       "model_set_class_names: name %" PRId64 " is NULL", i);
        NEURAL_REQUIRE(neural_utf8_check(names[i]) < 0, NEURAL_ERR_DATA,
                       "the name of class %" PRId64 ", \"%.60s\", is not UTF-8: expected a data "
                       "file in UTF-8",
                       i, names[i]);
    }
    return NEURAL_OK;
}

neural_status neural_model_set_class_names(neural_model *model, const char *const *names,
                                           int64_t count) {
    NEURAL_REQUIRE(model, NEURAL_ERR_NULL_POINTER, "model_set_class_names: model must be given");
    NEURAL_TRY(check_class_names(model, names, count));
    return replace(&model->class_names, names, count);
}

const char *neural_model_class_name(const neural_model *model, int64_t c) {
    return c >= 0 && c < model->class_names.count ? model->class_names.item[c] : NULL;
}

const char *const *neural_model_class_names(const neural_model *model) {
    return (const char *const *)model->class_names.item;
}

/* --- columns --- */

neural_status neural_model_set_feature_names(neural_model *model, const char *const *names,
                                             int64_t count) {
    NEURAL_REQUIRE(model, NEURAL_ERR_NULL_POINTER, "model_set_feature_names: model must be given");
    NEURAL_REQUIRE(count == 0 || count == model->features, NEURAL_ERR_INVALID_ARGUMENT,
                   "model_set_feature_names: %" PRId64 " names, the model has %" PRId64 " features",
                   count, model->features);
    for (int64_t i = 0; i < count; i++) {
        NEURAL_REQUIRE(names && names[i], NEURAL_ERR_NULL_POINTER,
                       "model_set_feature_names: name %" PRId64 " is NULL", i);
        if (neural_utf8_check(names[i]) >= 0) {
            return replace(&model->feature_names, NULL, 0); /* no text of a model file */
        }
    }
    return replace(&model->feature_names, names, count);
}

const char *neural_model_feature_name(const neural_model *model, int64_t feature) {
    return feature >= 0 && feature < model->feature_names.count ? model->feature_names.item[feature]
                                                                : NULL;
}

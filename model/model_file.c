/* Models as safetensors files; docs/model-files.md lists what is in them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "model/masked.h"
#include "model/model_frame.h"
#include "model/model_type.h"
#include "model/quantized_file.h"
#include "model/text.h"
#include "model/weights.h"

#define FORMAT "neural 1"
#define FORMAT_8BIT "neural int8 1"
#define OFFSET NEURAL_FRAME_OFFSET
#define SCALE NEURAL_FRAME_SCALE
#define CLASS_WEIGHTS NEURAL_FRAME_CLASS_WEIGHTS

/* --- saving --- */

static neural_status add_integer(neural_safetensors_writer *writer, const char *key,
                                 int64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    return neural_safetensors_add_text(writer, key, text);
}

static neural_status add_texts(neural_safetensors_writer *writer, const neural_model *model,
                               const neural_model_facts *facts) {
    char loss[NEURAL_NUMBER_TEXT];
    NEURAL_TRY(neural_safetensors_add_text(writer, "format", model->plan ? FORMAT_8BIT : FORMAT));
    NEURAL_TRY(neural_safetensors_add_text(writer, "config", model->config));
    NEURAL_TRY(add_integer(writer, "features", model->features));
    NEURAL_TRY(add_integer(writer, "outputs", model->outputs));
    NEURAL_TRY(neural_safetensors_add_text(writer, "loss_function",
                                           neural_loss_name(model->criterion.loss)));
    NEURAL_TRY(neural_safetensors_add_text(writer, "output_activation",
                                           neural_activation_name(model->output_activation)));
    if (!facts) {
        return NEURAL_OK;
    }
    NEURAL_TRY(add_integer(writer, "epoch", facts->epoch));
    NEURAL_TRY(add_integer(writer, "step", facts->step));
    NEURAL_TRY(neural_safetensors_add_text(writer, "loss", neural_number_text(facts->loss, loss)));
    return *facts->digest ? neural_safetensors_add_text(writer, "digest", facts->digest)
                          : NEURAL_OK;
}

neural_status neural_model_save(const neural_model *model, const neural_model_facts *facts,
                                const char *path) {
    NEURAL_REQUIRE(model && path, NEURAL_ERR_NULL_POINTER,
                   "model_save: model and path must be given");
    if (!model->plan) {
        NEURAL_TRY(neural_model_check_whole(model, "model_save"));
    }
    neural_safetensors_writer *writer = NULL;
    NEURAL_TRY(neural_safetensors_writer_create(&writer));
    neural_status status = neural_weights_add(writer, model->parameters);
    if (!status) {
        status = neural_weights_add(writer, model->buffers);
    }
    if (!status && model->plan) {
        status = neural_quantized_add(writer, model->plan);
    }
    if (!status) {
        status = neural_model_frame_add(model, writer);
    }
    if (!status) {
        status = add_texts(writer, model, facts);
    }
    if (!status) {
        status = neural_safetensors_write(writer, path);
    }
    neural_safetensors_writer_destroy(writer);
    return status;
}

/* --- what a file holds --- */

static int is_8bit(const neural_safetensors *file) {
    const char *format = neural_safetensors_text(file, "format");
    return format && strcmp(format, FORMAT_8BIT) == 0;
}

static neural_status check_format(const neural_safetensors *file) {
    const char *format = neural_safetensors_text(file, "format");
    NEURAL_REQUIRE(format && neural_safetensors_text(file, "config"), NEURAL_ERR_DATA,
                   "not a model of this program: expected metadata format = \"" FORMAT
                   "\" and config");
    NEURAL_REQUIRE(
        strcmp(format, FORMAT) == 0 || is_8bit(file), NEURAL_ERR_DATA,
        "the file's format is \"%.40s\", expected \"" FORMAT "\", a model of this version", format);
    NEURAL_REQUIRE(neural_safetensors_text(file, "checksum"), NEURAL_ERR_DATA,
                   "a model without its checksum: the file is damaged");
    return NEURAL_OK;
}

/* A file may hold more than the model wants only when that is an optimizer's. */
static neural_status check_known(const neural_safetensors *file, const neural_model *model) {
    for (int i = 0; i < neural_safetensors_count(file); i++) {
        const char *name = neural_safetensors_name(file, i);
        const int known = strcmp(name, OFFSET) == 0 || strcmp(name, SCALE) == 0 ||
                          strcmp(name, CLASS_WEIGHTS) == 0 || strncmp(name, "optim.", 6) == 0 ||
                          neural_weights_knows(model->parameters, name) ||
                          neural_weights_knows(model->buffers, name) ||
                          (model->plan && neural_quantized_knows(model->plan, name));
        NEURAL_REQUIRE(known, NEURAL_ERR_DATA,
                       "there is a tensor %.80s that the model does not have", name);
    }
    return NEURAL_OK;
}

/* f64, in a file of 8 bits f32. */
static neural_status read_numbers(const neural_safetensors *file, const char *name, int64_t len,
                                  neural_tensor **out) {
    const neural_dtype dtype = is_8bit(file) ? NEURAL_DTYPE_F32 : NEURAL_DTYPE_F64;
    neural_tensor *stored = NULL;
    NEURAL_TRY(neural_safetensors_read(file, name, &stored));
    neural_status status = NEURAL_OK;
    if (neural_tensor_dtype(stored) != dtype || neural_tensor_len(stored) != len) {
        status = neural_error(NEURAL_ERR_DATA, "%s: expected %" PRId64 " %s numbers", name, len,
                              neural_dtype_name(dtype));
    }
    if (!status) {
        status = neural_tensor_cast(stored, NEURAL_DTYPE_F64, out);
    }
    neural_tensor_release(stored);
    return status;
}

static neural_status read_transform(const neural_safetensors *file, int64_t features,
                                    neural_transform **out) {
    const char *word = neural_safetensors_text(file, "transform");
    *out = NULL;
    if (!word) {
        return NEURAL_OK;
    }
    int kind = 0;
    while (kind < 3 && strcmp(word, neural_frame_transforms[kind]) != 0) {
        kind++;
    }
    NEURAL_REQUIRE(kind < 3, NEURAL_ERR_DATA, "transform is %.40s, expected none, zscore or minmax",
                   word);
    neural_tensor *offset = NULL, *scale = NULL;
    neural_status status = read_numbers(file, OFFSET, features, &offset);
    if (!status) {
        status = read_numbers(file, SCALE, features, &scale);
    }
    if (!status) {
        status = neural_transform_create((neural_normalize)kind, neural_tensor_data(offset),
                                         neural_tensor_data(scale), features, out);
    }
    neural_tensor_release(offset);
    neural_tensor_release(scale);
    return status;
}

static neural_status read_class_weights(const neural_safetensors *file, neural_model *model) {
    neural_tensor *stored = NULL, *exact = NULL;
    int i = 0;
    while (i < neural_safetensors_count(file) &&
           strcmp(neural_safetensors_name(file, i), CLASS_WEIGHTS) != 0) {
        i++;
    }
    if (i == neural_safetensors_count(file)) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_safetensors_read(file, CLASS_WEIGHTS, &stored));
    neural_status status = neural_tensor_cast(stored, NEURAL_DTYPE_F64, &exact);
    if (!status) {
        status = neural_model_set_class_weights(model, neural_tensor_data(exact),
                                                neural_tensor_len(exact));
    }
    neural_tensor_release(stored);
    neural_tensor_release(exact);
    return status == NEURAL_ERR_INVALID_CONFIG
               ? neural_error(NEURAL_ERR_DATA, "%s", neural_last_error())
               : status;
}

static neural_status read_columns(const neural_safetensors *file, neural_model *model) {
    const char *text = neural_safetensors_text(file, "columns");
    neural_columns *columns = NULL;
    if (text) {
        NEURAL_TRY(neural_columns_read(text, &columns));
    }
    if (columns && neural_columns_features(columns) != model->features) {
        neural_columns_destroy(columns);
        return neural_error(NEURAL_ERR_DATA, "the stored columns do not make %" PRId64 " features",
                            model->features);
    }
    neural_model_set_columns(model, columns);
    return NEURAL_OK;
}

typedef neural_status set_names(neural_model *model, const char *const *names, int64_t count);

static neural_status read_names(const neural_safetensors *file, const char *key, set_names *set,
                                neural_model *model) {
    const char *text = neural_safetensors_text(file, key);
    neural_model_names names = {0};
    if (text) {
        NEURAL_TRY(neural_model_names_read(text, &names));
    }
    const neural_status status = set(model, (const char *const *)names.item, names.count);
    neural_model_names_free(&names);
    return status == NEURAL_ERR_INVALID_ARGUMENT
               ? neural_error(NEURAL_ERR_DATA, "%s", neural_last_error())
               : status;
}

/* --- loading --- */

/* Everything is checked before the first weight changes. */
static neural_status restore(neural_model *model, const neural_safetensors *file) {
    NEURAL_TRY(neural_weights_check(file, model->parameters));
    NEURAL_TRY(neural_weights_check(file, model->buffers));
    NEURAL_TRY(check_known(file, model));
    NEURAL_TRY(read_class_weights(file, model));
    NEURAL_TRY(read_columns(file, model));
    neural_transform *transform = NULL;
    NEURAL_TRY(read_transform(file, model->features, &transform));
    neural_status status = read_names(file, "class_names", neural_model_set_class_names, model);
    if (!status) {
        status = read_names(file, "feature_names", neural_model_set_feature_names, model);
    }
    if (status) {
        neural_transform_destroy(transform);
        return status;
    }
    NEURAL_TRY(neural_model_set_transform(model, transform));
    NEURAL_TRY(neural_weights_read(file, model->parameters));
    return neural_weights_read(file, model->buffers);
}

/* Names the file in front of a text that does not. */
static neural_status name_file(neural_status status, const char *path) {
    if (!status || status == NEURAL_ERR_OUT_OF_MEMORY ||
        strncmp(neural_last_error(), path, strlen(path)) == 0) {
        return status;
    }
    return neural_error_prefix("%s", path);
}

/* The network that the config describes becomes the one in 8 bits that the file describes. */
static neural_status convert(neural_model *model, const neural_safetensors *file) {
    neural_quantized_plan *plan = NULL;
    NEURAL_REQUIRE(model->dtype == NEURAL_DTYPE_F32, NEURAL_ERR_DATA,
                   "a model in 8 bits of dtype %s, expected f32", neural_dtype_name(model->dtype));
    NEURAL_TRY(neural_model_fold(model, NULL));
    NEURAL_TRY(neural_quantized_read(file, model->network, &plan));
    const neural_status status = neural_model_convert(model, plan);
    if (status) {
        neural_quantized_plan_destroy(plan);
    }
    return status;
}

/* The model of the config in the file, which may not be larger than what the file tells of. */
static neural_status rebuild(const neural_safetensors *file, const char *path, neural_model **out) {
    neural_config *config = NULL;
    NEURAL_TRY(check_format(file));
    const char *text = neural_safetensors_text(file, "config");
    NEURAL_TRY(neural_config_parse(text, path, NULL, 0, &config));
    const int64_t bytes = is_8bit(file) ? 1 : neural_dtype_bytes((neural_dtype)config->dtype);
    const int64_t budget = neural_safetensors_bytes(file) / bytes + neural_masked_elements(file);
    neural_status status = neural_model_build(config, budget, out);
    neural_config_destroy(config);
    if (!status && is_8bit(file)) {
        status = convert(*out, file);
    }
    return status;
}

neural_status neural_model_load(const char *path, neural_model **out) {
    NEURAL_REQUIRE(path && out, NEURAL_ERR_NULL_POINTER, "model_load: path and out must be given");
    neural_safetensors *file = NULL;
    neural_model *model = NULL;
    NEURAL_TRY(neural_safetensors_open(path, &file));
    neural_status status = rebuild(file, path, &model);
    if (!status) {
        status = restore(model, file);
    }
    neural_safetensors_close(file);
    if (status) {
        neural_model_destroy(model);
        return name_file(status, path);
    }
    *out = model;
    return NEURAL_OK;
}

int neural_model_file_is_8bit(const char *path) {
    neural_safetensors *file = NULL;
    if (!path || neural_safetensors_open(path, &file)) {
        return 0;
    }
    const int is = is_8bit(file);
    neural_safetensors_close(file);
    return is;
}

int neural_model_is_8bit(const neural_model *model) {
    return model->plan != NULL;
}

neural_status neural_model_restore(neural_model *model, const char *path) {
    NEURAL_REQUIRE(model && path, NEURAL_ERR_NULL_POINTER,
                   "model_restore: model and path must be given");
    NEURAL_TRY(neural_model_check_whole(model, "model_restore"));
    neural_safetensors *file = NULL;
    NEURAL_TRY(neural_safetensors_open(path, &file));
    neural_status status = check_format(file);
    if (!status && is_8bit(file)) {
        status = neural_error(NEURAL_ERR_DATA, "the model is in 8 bits, which cannot be trained; "
                                               "expected one as it was trained");
    }
    if (!status) {
        status = restore(model, file);
    }
    neural_safetensors_close(file);
    return name_file(status, path);
}

#include "model/model_frame.h"

#include <string.h>

#include "core/base/memory.h"
#include "model/model_type.h"

const char *const neural_frame_transforms[3] = {"none", "zscore", "minmax"};

enum { TEXTS = 4, TENSORS = 3 };
static const char *const text_names[TEXTS] = {"transform", "class_names", "feature_names",
                                              "columns"};
static const char *const tensor_names[TENSORS] = {NEURAL_FRAME_OFFSET, NEURAL_FRAME_SCALE,
                                                  NEURAL_FRAME_CLASS_WEIGHTS};

/* As files hold it, in the order of the names above; NULL = the model has none. */
typedef struct frame_parts {
    char *text[TEXTS];
    neural_tensor *tensor[TENSORS];
} frame_parts;

static void free_frame(frame_parts *frame) {
    for (int i = 0; i < TEXTS; i++) {
        neural_free(frame->text[i]);
    }
    for (int i = 0; i < TENSORS; i++) {
        neural_tensor_release(frame->tensor[i]);
    }
}

static neural_status names_text(const neural_model_names *names, char **out) {
    return names->count ? neural_model_names_write(names, out) : NEURAL_OK;
}

/* As f64; in a model of 8 bits, which has rounded them already, as f32. */
static neural_status numbers_tensor(const neural_model *model, const double *values,
                                    neural_tensor **out) {
    const int64_t len = model->features;
    neural_tensor *exact = NULL;
    NEURAL_TRY(neural_tensor_from_data(values, len * (int64_t)sizeof *values, 1, &len,
                                       NEURAL_DTYPE_F64, &exact));
    if (!model->plan) {
        *out = exact;
        return NEURAL_OK;
    }
    const neural_status status = neural_tensor_cast(exact, NEURAL_DTYPE_F32, out);
    neural_tensor_release(exact);
    return status;
}

/* The caller frees the frame, also after a failure. */
static neural_status fill_frame(const neural_model *model, frame_parts *out) {
    const neural_transform *transform = model->transform;
    *out =
        (frame_parts){.tensor = {NULL, NULL, neural_tensor_retain(model->criterion.class_weights)}};
    NEURAL_TRY(names_text(&model->class_names, &out->text[1]));
    NEURAL_TRY(names_text(&model->feature_names, &out->text[2]));
    if (model->columns) {
        NEURAL_TRY(neural_columns_write(model->columns, &out->text[3]));
    }
    if (!transform) {
        return NEURAL_OK;
    }
    const neural_normalize kind = neural_transform_kind(transform);
    out->text[0] = neural_strdup(neural_frame_transforms[kind]);
    if (!out->text[0]) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    NEURAL_TRY(numbers_tensor(model, neural_transform_offset(transform), &out->tensor[0]));
    return numbers_tensor(model, neural_transform_scale(transform), &out->tensor[1]);
}

static neural_status add_frame(const frame_parts *frame, neural_safetensors_writer *writer) {
    for (int i = 0; i < TEXTS; i++) {
        if (frame->text[i]) {
            NEURAL_TRY(neural_safetensors_add_text(writer, text_names[i], frame->text[i]));
        }
    }
    for (int i = 0; i < TENSORS; i++) {
        if (frame->tensor[i]) {
            NEURAL_TRY(neural_safetensors_add_tensor(writer, tensor_names[i], frame->tensor[i]));
        }
    }
    return NEURAL_OK;
}

neural_status neural_model_frame_add(const neural_model *model, neural_safetensors_writer *writer) {
    frame_parts frame;
    neural_status status = fill_frame(model, &frame);
    if (!status) {
        status = add_frame(&frame, writer);
    }
    free_frame(&frame);
    return status;
}

/* --- the same frame --- */

static int has_tensor(const neural_safetensors *file, const char *name) {
    for (int i = 0; i < neural_safetensors_count(file); i++) {
        if (strcmp(neural_safetensors_name(file, i), name) == 0) {
            return 1;
        }
    }
    return 0;
}

static neural_status check_tensor(const neural_safetensors *file, const char *name,
                                  const neural_tensor *mine) {
    neural_tensor *stored = NULL;
    NEURAL_REQUIRE(has_tensor(file, name) == (mine != NULL), NEURAL_ERR_DATA,
                   "it was made %s %s, now there is %s", mine ? "without" : "with", name,
                   mine ? "one" : "none");
    if (!mine) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_safetensors_check(file, name, mine));
    NEURAL_TRY(neural_safetensors_read(file, name, &stored));
    const int is_same = memcmp(neural_tensor_data(stored), neural_tensor_data(mine),
                               (size_t)neural_tensor_bytes(mine)) == 0;
    neural_tensor_release(stored);
    NEURAL_REQUIRE(is_same, NEURAL_ERR_DATA, "it was made with another %s than these data give",
                   name);
    return NEURAL_OK;
}

static neural_status check_frame(const frame_parts *frame, const neural_safetensors *file) {
    for (int i = 0; i < TEXTS; i++) {
        const char *then = neural_safetensors_text(file, text_names[i]), *now = frame->text[i];
        NEURAL_REQUIRE(!then == !now && (!now || strcmp(then, now) == 0), NEURAL_ERR_DATA,
                       "it was made with %s \"%.80s\", expected \"%.80s\"", text_names[i],
                       then ? then : "", now ? now : "");
    }
    for (int i = 0; i < TENSORS; i++) {
        NEURAL_TRY(check_tensor(file, tensor_names[i], frame->tensor[i]));
    }
    return NEURAL_OK;
}

neural_status neural_model_frame_check(const neural_model *model, const neural_safetensors *file) {
    frame_parts frame;
    neural_status status = fill_frame(model, &frame);
    if (!status) {
        status = check_frame(&frame, file);
    }
    free_frame(&frame);
    return status;
}

#include <stdio.h>
#include <string.h>

#include "logging/png.h"
#include "logging/summary_writer_type.h"

neural_status neural_summary_writer_add_image(neural_summary_writer *writer, const char *tag,
                                              const uint8_t *pixels, int64_t height, int64_t width,
                                              int64_t channels, int64_t step) {
    NEURAL_REQUIRE(writer && tag && pixels, NEURAL_ERR_NULL_POINTER, "add_image: NULL pointer");
    Neural__Summary__Image image = NEURAL__SUMMARY__IMAGE__INIT;
    Neural__Summary__Value value = NEURAL__SUMMARY__VALUE__INIT;
    NEURAL_TRY(neural_png_encode(pixels, height, width, channels, &image.encoded_image_string.data,
                                 &image.encoded_image_string.len));
    image.height = (int32_t)height;
    image.width = (int32_t)width;
    image.colorspace = (int32_t)channels;
    value.tag = (char *)(uintptr_t)tag;
    value.value_case = NEURAL__SUMMARY__VALUE__VALUE_IMAGE;
    value.image = &image;
    const neural_status status = summary_add_value(writer, &value, step);
    neural_free(image.encoded_image_string.data);
    return status;
}

void summary_use_plugin(summary_plugin *plugin, const char *name, Neural__Summary__Value *value) {
    *plugin = (summary_plugin){NEURAL__SUMMARY_METADATA__INIT,
                               NEURAL__SUMMARY_METADATA__PLUGIN_DATA__INIT};
    plugin->data.plugin_name = (char *)(uintptr_t)name;
    plugin->metadata.plugin_data = &plugin->data;
    value->metadata = &plugin->metadata;
}

static neural_status add_text(neural_summary_writer *writer, neural_arena *arena, const char *tag,
                              const char *text, int64_t step) {
    const size_t bytes = strlen(tag) + sizeof "/text_summary";
    char *full_tag = neural_arena_alloc(arena, bytes), *repaired = summary_text(arena, text);
    if (!full_tag || !repaired) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    snprintf(full_tag, bytes, "%s/text_summary", tag);
    ProtobufCBinaryData string = {strlen(repaired), (uint8_t *)repaired};
    Neural__TensorShapeProto__Dim one = NEURAL__TENSOR_SHAPE_PROTO__DIM__INIT, *dims = &one;
    Neural__TensorShapeProto shape = NEURAL__TENSOR_SHAPE_PROTO__INIT;
    Neural__TensorProto tensor = NEURAL__TENSOR_PROTO__INIT;
    Neural__Summary__Value value = NEURAL__SUMMARY__VALUE__INIT;
    summary_plugin plugin;
    one.size = 1;
    shape.n_dim = 1;
    shape.dim = &dims;
    tensor.dtype = NEURAL__DATA_TYPE__DT_STRING;
    tensor.tensor_shape = &shape;
    tensor.n_string_val = 1;
    tensor.string_val = &string;
    value.tag = full_tag;
    value.value_case = NEURAL__SUMMARY__VALUE__VALUE_TENSOR;
    value.tensor = &tensor;
    summary_use_plugin(&plugin, "text", &value);
    return summary_add_value(writer, &value, step);
}

neural_status neural_summary_writer_add_text(neural_summary_writer *writer, const char *tag,
                                             const char *text, int64_t step) {
    NEURAL_REQUIRE(writer && tag && text, NEURAL_ERR_NULL_POINTER, "add_text: NULL pointer");
    neural_arena *arena = NULL;
    NEURAL_TRY(neural_arena_create(1 << 14, &arena));
    const neural_status status = add_text(writer, arena, tag, text, step);
    neural_arena_destroy(arena);
    return status;
}

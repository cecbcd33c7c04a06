/* The inside of a layer: what a kind of layer provides. */
#ifndef LAYERS_LAYER_TYPE_H_
#define LAYERS_LAYER_TYPE_H_

#include "layers/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NEURAL_LAYER_MAX_PARAMETERS 4
#define NEURAL_LAYER_MAX_BUFFERS 3
#define NEURAL_LAYER_NAME_BYTES 16

typedef struct neural_layer_type {
    const char *name; /* "Linear" */
    neural_status (*forward)(neural_layer *layer, neural_tensor *x, neural_tensor **out);
    /* NULL: the shape is unchanged */
    neural_status (*output_shape)(const neural_layer *layer, const neural_shape *in,
                                  neural_shape *out);
    /* Writes what stands between the parentheses. NULL: nothing */
    void (*describe)(const neural_layer *layer, char *text, int64_t bytes);
    /* Frees what the kind added; parameters and children are freed by the base. NULL: nothing */
    void (*destroy)(neural_layer *layer);
    /* The bits of forward and then ReLU, in one pass; a chain calls it where a ReLU follows. NULL:
     * there is none */
    neural_status (*forward_relu)(neural_layer *layer, neural_tensor *x, neural_tensor **out);
    /* Every child runs on the layer's own input, not on what the one before gave. */
    int side_by_side;
    /* parameter[0] as [groups, in, out, rest], contiguous, for groups * out channels of results;
     * parameter[1], if there, is their bias: what a batch norm can be folded into. NULL: cannot */
    void (*weight_view)(const neural_layer *layer, int64_t view[4]);
    /* forward gives x itself: a chain looks past it for a ReLU. */
    int passes_through;
    /* forward goes through neural_layer_fake_quantize: it can be made quantization aware */
    int fake_quantizes;
} neural_layer_type;

/* First member of every kind's struct. */
struct neural_layer {
    const neural_layer_type *type;
    char name[NEURAL_LAYER_NAME_BYTES]; /* within the layer it is a child of */
    int training;
    uint64_t step;
    neural_parameter *parameter[NEURAL_LAYER_MAX_PARAMETERS];
    int parameter_count;
    neural_parameter *buffer[NEURAL_LAYER_MAX_BUFFERS];
    int buffer_count;
    neural_parameter *input_range; /* a buffer, of a quantization aware layer; else NULL */
    neural_layer **child;
    int child_count;
};

/* A zeroed layer object of `bytes` >= sizeof(neural_layer) in training mode. */
neural_status neural_layer_create(const neural_layer_type *type, size_t bytes, neural_layer **out);

/* The layer is in training mode and this thread does not evaluate. */
int neural_layer_trains(const neural_layer *layer);

/* Adds a zeroed parameter; destroyed with the layer. */
neural_status neural_layer_add_parameter(neural_layer *layer, const char *name, int ndim,
                                         const int64_t *dims, neural_dtype dtype, uint32_t flags);

/* Adds a buffer whose elements are all `value`; destroyed with the layer. */
neural_status neural_layer_add_buffer(neural_layer *layer, const char *name, int ndim,
                                      const int64_t *dims, neural_dtype dtype, double value);

/* Appends a child, which is destroyed with the layer, and puts "<name>." in front of its
 * parameters' and buffers' names; an empty name leaves them as they are. On failure the child stays
 * the caller's. */
neural_status neural_layer_add_child(neural_layer *layer, neural_layer *child, const char *name);

#ifdef __cplusplus
}
#endif

#endif /* LAYERS_LAYER_TYPE_H_ */

#include <string.h>

#include "logging/summary_writer_type.h"

/* What TensorFlow's graphs of this age say, so that their attributes are read as such. */
enum { GRAPH_PRODUCER = 22 };

/* Attributes of a node; those that it has are linked to it. */
typedef struct node_attributes {
    Neural__NodeDef__AttrEntry shape_entry, detail_entry, *list[2];
    Neural__AttrValue shape_value, detail_value;
    Neural__AttrValue__ListValue shapes;
    Neural__TensorShapeProto shape, *shape_list;
} node_attributes;

/* "_output_shapes", a list of one shape. */
static neural_status add_shape(neural_arena *arena, const neural_graph_node *given,
                               node_attributes *attributes, Neural__NodeDef *node) {
    static char key[] = "_output_shapes";
    const size_t ndim = (size_t)given->ndim;
    Neural__TensorShapeProto__Dim *dim = neural_arena_alloc(arena, ndim * sizeof *dim);
    attributes->shape = (Neural__TensorShapeProto)NEURAL__TENSOR_SHAPE_PROTO__INIT;
    attributes->shape.n_dim = ndim;
    attributes->shape.dim =
        (Neural__TensorShapeProto__Dim **)summary_pointers(arena, dim, ndim, sizeof *dim);
    if (!attributes->shape.dim) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (size_t i = 0; i < ndim; i++) {
        dim[i] = (Neural__TensorShapeProto__Dim)NEURAL__TENSOR_SHAPE_PROTO__DIM__INIT;
        dim[i].size = given->dims[i];
    }
    attributes->shape_list = &attributes->shape;
    attributes->shapes = (Neural__AttrValue__ListValue)NEURAL__ATTR_VALUE__LIST_VALUE__INIT;
    attributes->shapes.n_shape = 1;
    attributes->shapes.shape = &attributes->shape_list;
    attributes->shape_value = (Neural__AttrValue)NEURAL__ATTR_VALUE__INIT;
    attributes->shape_value.value_case = NEURAL__ATTR_VALUE__VALUE_LIST;
    attributes->shape_value.list = &attributes->shapes;
    attributes->shape_entry = (Neural__NodeDef__AttrEntry)NEURAL__NODE_DEF__ATTR_ENTRY__INIT;
    attributes->shape_entry.key = key;
    attributes->shape_entry.value = &attributes->shape_value;
    attributes->list[node->n_attr++] = &attributes->shape_entry;
    return NEURAL_OK;
}

static neural_status add_detail(neural_arena *arena, const neural_graph_node *given,
                                node_attributes *attributes, Neural__NodeDef *node) {
    static char key[] = "attr";
    char *text = summary_text(arena, given->detail);
    if (!text) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    attributes->detail_value = (Neural__AttrValue)NEURAL__ATTR_VALUE__INIT;
    attributes->detail_value.value_case = NEURAL__ATTR_VALUE__VALUE_S;
    attributes->detail_value.s = (ProtobufCBinaryData){strlen(text), (uint8_t *)text};
    attributes->detail_entry = (Neural__NodeDef__AttrEntry)NEURAL__NODE_DEF__ATTR_ENTRY__INIT;
    attributes->detail_entry.key = key;
    attributes->detail_entry.value = &attributes->detail_value;
    attributes->list[node->n_attr++] = &attributes->detail_entry;
    return NEURAL_OK;
}

static neural_status fill_node(neural_arena *arena, const neural_graph_node *given,
                               Neural__NodeDef *node) {
    *node = (Neural__NodeDef)NEURAL__NODE_DEF__INIT;
    const size_t inputs = (size_t)given->input_count;
    node_attributes *attributes = neural_arena_alloc(arena, sizeof *attributes);
    node->name = summary_text(arena, given->name);
    node->op = summary_text(arena, given->op);
    node->n_input = inputs;
    node->input = neural_arena_alloc(arena, inputs * sizeof *node->input);
    if (!attributes || !node->name || !node->op || !node->input) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (size_t i = 0; i < inputs; i++) {
        node->input[i] = summary_text(arena, given->inputs[i]);
        if (!node->input[i]) {
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
    }
    node->attr = attributes->list;
    if (given->ndim >= 0) {
        NEURAL_TRY(add_shape(arena, given, attributes, node));
    }
    return given->detail ? add_detail(arena, given, attributes, node) : NEURAL_OK;
}

static neural_status write_graph(neural_summary_writer *writer, neural_arena *arena,
                                 const neural_graph_node *nodes, size_t count) {
    Neural__NodeDef *node = neural_arena_alloc(arena, count * sizeof *node);
    Neural__VersionDef version = NEURAL__VERSION_DEF__INIT;
    Neural__GraphDef graph = NEURAL__GRAPH_DEF__INIT;
    Neural__Event event = NEURAL__EVENT__INIT;
    graph.n_node = count;
    graph.node = (Neural__NodeDef **)summary_pointers(arena, node, count, sizeof *node);
    if (!graph.node) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        NEURAL_TRY(fill_node(arena, &nodes[i], &node[i]));
    }
    version.producer = GRAPH_PRODUCER;
    graph.versions = &version;
    event.what_case = NEURAL__EVENT__WHAT_GRAPH_DEF;
    NEURAL_TRY(summary_pack(arena, &graph.base, &event.graph_def));
    pthread_mutex_lock(&writer->lock);
    const neural_status status = summary_add_event(writer->file, &event, 0);
    pthread_mutex_unlock(&writer->lock);
    return status;
}

static neural_status check_node(const neural_graph_node *node, int64_t i) {
    NEURAL_REQUIRE(node->name && node->op && (node->inputs || node->input_count <= 0) &&
                       (node->dims || node->ndim <= 0),
                   NEURAL_ERR_NULL_POINTER, "add_graph: a pointer of node %lld is NULL",
                   (long long)i);
    NEURAL_REQUIRE(node->input_count >= 0 && node->ndim <= NEURAL_MAX_DIMS,
                   NEURAL_ERR_INVALID_ARGUMENT, "add_graph: node %lld has %lld inputs, %d dims",
                   (long long)i, (long long)node->input_count, node->ndim);
    for (int64_t k = 0; k < node->input_count; k++) {
        NEURAL_REQUIRE(node->inputs[k], NEURAL_ERR_NULL_POINTER,
                       "add_graph: input %lld of node %lld is NULL", (long long)k, (long long)i);
    }
    return NEURAL_OK;
}

neural_status neural_summary_writer_add_graph(neural_summary_writer *writer,
                                              const neural_graph_node *nodes, int64_t count) {
    NEURAL_REQUIRE(writer && (nodes || count <= 0), NEURAL_ERR_NULL_POINTER,
                   "add_graph: writer or nodes is NULL");
    NEURAL_REQUIRE(count >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "add_graph: expected a count from 0 on, found %lld", (long long)count);
    for (int64_t i = 0; i < count; i++) {
        NEURAL_TRY(check_node(&nodes[i], i));
    }
    neural_arena *arena = NULL;
    NEURAL_TRY(neural_arena_create(1 << 16, &arena));
    const neural_status status = write_graph(writer, arena, nodes, (size_t)count);
    neural_arena_destroy(arena);
    return status;
}

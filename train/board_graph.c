#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "train/board_type.h"

enum { DESCRIPTION = 256 };

/* Boxes so far; all their texts are in the arena. */
typedef struct graph {
    neural_arena *arena;
    neural_graph_node *node;
    int64_t count, room;
} graph;

/* Where a walk over the layers stands: the box that was last, and its output without the batch. */
typedef struct place {
    const char *name;
    neural_shape shape;
} place;

static char *copy(graph *g, const char *text) {
    const size_t bytes = strlen(text) + 1;
    char *out = neural_arena_alloc(g->arena, bytes);
    return out ? memcpy(out, text, bytes) : NULL;
}

static neural_status make_room(graph *g) {
    if (g->count == g->room) {
        const int64_t room = 2 * g->room + 32;
        neural_graph_node *larger = neural_realloc(g->node, (size_t)g->room * sizeof *larger,
                                                   (size_t)room * sizeof *larger);
        if (!larger) {
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
        g->node = larger;
        g->room = room;
    }
    return NEURAL_OK;
}

/* A box whose output has this shape behind the batch; the texts are in the arena already. */
static neural_status add_node(graph *g, const char *name, const char *op, const char *const *inputs,
                              int64_t input_count, const neural_shape *shape, const char *detail) {
    NEURAL_TRY(make_room(g));
    const size_t ndim = (size_t)shape->ndim;
    int64_t *dims = neural_arena_alloc(g->arena, (ndim + 1) * sizeof *dims);
    if (!dims) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    dims[0] = -1;
    memcpy(dims + 1, shape->dim, ndim * sizeof *dims);
    g->node[g->count++] = (neural_graph_node){.name = name,
                                              .op = op,
                                              .inputs = inputs,
                                              .input_count = input_count,
                                              .ndim = shape->ndim + 1,
                                              .dims = dims,
                                              .detail = detail};
    return NEURAL_OK;
}

static neural_status add_layer(graph *g, const neural_layer *layer, const char *inside, place *at);

/* Children one behind the other. */
static neural_status add_chain(graph *g, const neural_layer *layer, const char *inside, place *at) {
    for (int i = 0; i < neural_layer_child_count(layer); i++) {
        NEURAL_TRY(add_layer(g, neural_layer_child(layer, i), inside, at));
    }
    return NEURAL_OK;
}

/* Children on one input, and a box that joins them; a residual's single one meets the input. */
static neural_status add_branches(graph *g, const neural_layer *layer, const char *inside,
                                  const char *kind, const neural_shape *joined, place *at) {
    const int children = neural_layer_child_count(layer);
    const char **inputs = neural_arena_alloc(g->arena, ((size_t)children + 1) * sizeof *inputs);
    const size_t bytes = strlen(inside) + sizeof "/join";
    char *name = neural_arena_alloc(g->arena, bytes);
    if (!inputs || !name) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    snprintf(name, bytes, "%s/join", inside);
    for (int i = 0; i < children; i++) {
        place branch = *at;
        NEURAL_TRY(add_layer(g, neural_layer_child(layer, i), inside, &branch));
        inputs[i] = branch.name;
    }
    inputs[children] = at->name;
    const int meets_input = children == 1 && strcmp(kind, "Residual") == 0;
    NEURAL_TRY(add_node(g, name, kind, inputs, children + meets_input, joined, NULL));
    at->name = name;
    return NEURAL_OK;
}

/* "inside/0_Linear" */
static char *name_layer(graph *g, const neural_layer *layer, const char *inside, const char *kind) {
    const char *own = neural_layer_name(layer);
    const size_t bytes = strlen(inside) + strlen(own) + strlen(kind) + 3;
    char *name = neural_arena_alloc(g->arena, bytes);
    if (name) {
        snprintf(name, bytes, "%s%s%s%s%s", inside, *inside ? "/" : "", own, *own ? "_" : "", kind);
    }
    return name;
}

static neural_status add_leaf(graph *g, const char *name, const char *kind, const char *detail,
                              const neural_shape *shape, place *at) {
    const char **input = neural_arena_alloc(g->arena, sizeof *input);
    const char *text = copy(g, detail);
    if (!input || !text) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    *input = at->name;
    NEURAL_TRY(add_node(g, name, kind, input, 1, shape, text));
    at->name = name;
    return NEURAL_OK;
}

static neural_status add_layer(graph *g, const neural_layer *layer, const char *inside, place *at) {
    char detail[DESCRIPTION];
    neural_shape shape;
    NEURAL_TRY(neural_layer_output_shape(layer, &at->shape, &shape));
    neural_layer_describe(layer, detail, sizeof detail);
    char *kind = copy(g, detail);
    if (kind) {
        kind[strcspn(kind, "(\n")] = '\0';
    }
    const char *name = kind ? name_layer(g, layer, inside, kind) : NULL;
    if (!name) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    if (neural_layer_child_count(layer) == 0) {
        NEURAL_TRY(add_leaf(g, name, kind, detail, &shape, at));
    } else if (neural_layer_is_side_by_side(layer)) {
        NEURAL_TRY(add_branches(g, layer, name, kind, &shape, at));
    } else {
        NEURAL_TRY(add_chain(g, layer, name, at));
    }
    at->shape = shape;
    return NEURAL_OK;
}

/* A row as the network takes it. */
static neural_status row_shape(const neural_model *model, neural_shape *out) {
    const int64_t dims[] = {1, neural_model_features(model)};
    neural_tensor *row = NULL, *shaped = NULL;
    NEURAL_TRY(neural_tensor_zeros(2, dims, neural_model_dtype(model), &row));
    neural_status status = neural_model_shape_rows(model, row, &shaped);
    if (!status) {
        status =
            neural_shape_make(neural_tensor_ndim(shaped) - 1, neural_tensor_dims(shaped) + 1, out);
    }
    neural_tensor_release(shaped);
    neural_tensor_release(row);
    return status;
}

static neural_status add_model(graph *g, const neural_model *model) {
    place at = {.name = "input"};
    NEURAL_TRY(row_shape(model, &at.shape));
    NEURAL_TRY(add_node(g, at.name, "Input", NULL, 0, &at.shape, NULL));
    return add_chain(g, neural_model_network(model), "", &at);
}

neural_status board_log_graph(neural_board *board) {
    graph g = {0};
    NEURAL_TRY(neural_arena_create(1 << 14, &g.arena));
    neural_status status = add_model(&g, board->trainer->model);
    if (!status) {
        status = neural_summary_writer_add_graph(board->writer, g.node, g.count);
    }
    neural_free(g.node);
    neural_arena_destroy(g.arena);
    return status;
}

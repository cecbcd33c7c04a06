/* What flows through a network, and the grids for it. */
#include <string.h>

#include "core/autograd/tape.h"
#include "core/base/memory.h"
#include "data/batches.h"
#include "layers/fake_quant.h"
#include "train/quantize_type.h"

enum { ROWS_AT_ONCE = 64 };

/* --- running layer by layer --- */

typedef struct trace {
    quantize_visit visit;
    void *context;
    int next;
} trace;

static neural_status run(trace *t, neural_layer *layer, neural_tensor *x, neural_tensor **out);

static neural_status run_chain(trace *t, neural_layer *layer, neural_tensor *x,
                               neural_tensor **out) {
    neural_tensor *current = neural_tensor_retain(x);
    for (int i = 0; i < layer->child_count; i++) {
        neural_tensor *next = NULL;
        const neural_status status = run(t, layer->child[i], current, &next);
        neural_tensor_release(current);
        if (status) {
            return status;
        }
        current = next;
    }
    *out = current;
    return NEURAL_OK;
}

static neural_status run_block(trace *t, neural_layer *layer, neural_tensor *x,
                               neural_tensor **out) {
    for (int i = 0; i < layer->child_count; i++) {
        neural_tensor *part = NULL;
        NEURAL_TRY(run(t, layer->child[i], x, &part));
        neural_tensor_release(part);
    }
    return neural_layer_forward(layer, x, out);
}

static neural_status run(trace *t, neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    const int id = t->next++;
    neural_tensor *y = NULL;
    const int is_chain = layer->child_count && !layer->type->side_by_side;
    NEURAL_TRY((is_chain ? run_chain : run_block)(t, layer, x, &y));
    const neural_status status = t->visit(t->context, id, layer, x, y);
    if (status) {
        neural_tensor_release(y);
        return status;
    }
    *out = y;
    return NEURAL_OK;
}

neural_status quantize_trace(neural_layer *network, neural_tensor *x, quantize_visit visit,
                             void *context) {
    trace t = {visit, context, 0};
    neural_tensor *y = NULL;
    const int recording = neural_set_grad_enabled(0);
    const neural_status status = run(&t, network, x, &y);
    neural_set_grad_enabled(recording);
    neural_tensor_release(y);
    return status;
}

/* --- rows --- */

neural_status quantize_rows(const neural_model *model, const neural_dataset *dataset,
                            int64_t samples, int64_t first, int64_t count, neural_tensor **out) {
    const int64_t rows = neural_dataset_rows(dataset), seen = samples < rows ? samples : rows;
    int64_t pick[ROWS_AT_ONCE];
    neural_batches *batches = NULL;
    neural_tensor *x = NULL, *y = NULL, *copy = NULL;
    for (int64_t i = 0; i < count; i++) {
        pick[i] = (first + i) * rows / seen;
    }
    NEURAL_TRY(neural_batches_create(dataset, pick, count, count, 0, 0, &batches));
    neural_status status = neural_batches_next(batches, &x, &y);
    if (!status) {
        status = neural_tensor_cast(x, NEURAL_DTYPE_F32, &copy);
    }
    neural_batches_destroy(batches);
    if (!status && neural_model_transform(model)) {
        status = neural_transform_apply(neural_model_transform(model), copy);
    }
    if (!status) {
        status = neural_model_shape_rows(model, copy, out);
    }
    neural_tensor_release(copy);
    return status;
}

/* --- observing --- */

typedef struct watch {
    neural_observer **observer; /* of each node; [0] of the input; NULL where nobody asks */
    int count;
} watch;

static neural_status observe(void *context, int id, neural_layer *layer, neural_tensor *x,
                             neural_tensor *y) {
    const watch *w = context;
    (void)x;
    if (id && w->observer[id] && neural_observer_observe(w->observer[id], y)) {
        return neural_error_prefix("results of layer %d (%s)", id, layer->type->name);
    }
    return NEURAL_OK;
}

static neural_status watch_open(watch *w, int count, const neural_quantize_options *options) {
    const neural_observer_options kind = {.kind = options->calibration,
                                          .scheme = NEURAL_QUANT_U8_AFFINE};
    w->count = count;
    w->observer = neural_alloc_zeroed((size_t)count * sizeof(neural_observer *));
    NEURAL_REQUIRE(w->observer, NEURAL_ERR_OUT_OF_MEMORY, "quantize: out of memory");
    for (int i = 0; i < count; i++) {
        NEURAL_TRY(neural_observer_create(&kind, &w->observer[i]));
    }
    return NEURAL_OK;
}

static void watch_close(watch *w) {
    for (int i = 0; i < w->count && w->observer; i++) {
        neural_observer_destroy(w->observer[i]);
    }
    neural_free(w->observer);
}

static neural_status observe_rows(const neural_model *model, const neural_dataset *dataset,
                                  int64_t samples, watch *w) {
    const int64_t rows = neural_dataset_rows(dataset), seen = samples < rows ? samples : rows;
    for (int64_t first = 0; first < seen; first += ROWS_AT_ONCE) {
        const int64_t count = seen - first < ROWS_AT_ONCE ? seen - first : ROWS_AT_ONCE;
        neural_tensor *x = NULL;
        NEURAL_TRY(quantize_rows(model, dataset, samples, first, count, &x));
        neural_status status = neural_observer_observe(w->observer[0], x);
        if (!status) {
            status = quantize_trace(neural_model_network(model), x, observe, w);
        }
        neural_tensor_release(x);
        NEURAL_TRY(status);
    }
    return NEURAL_OK;
}

static neural_status choose_grids(const watch *w, neural_quantized_plan *plan) {
    for (int i = 0; i < w->count; i++) {
        neural_quant_params params;
        NEURAL_TRY(neural_observer_params(w->observer[i], &params));
        plan->record[i].grid =
            (neural_qformat){.scale = (float)params.scale, .zero_point = params.zero_point};
    }
    return NEURAL_OK;
}

/* --- weights and tables --- */

/* record->input of all nodes below; *grid: the node whose grid flows in, then out. */
static void number_inputs(const neural_layer *layer, int *next, int *grid,
                          neural_quantized_plan *plan) {
    const int id = (*next)++, is_block = layer->type->side_by_side;
    plan->record[id].input = *grid;
    for (int i = 0; i < layer->child_count; i++) {
        int entering = plan->record[id].input;
        number_inputs(layer->child[i], next, is_block ? &entering : grid, plan);
    }
    if (is_block || (!layer->child_count && !neural_quantized_keeps_grid(layer))) {
        *grid = id;
    }
}

typedef struct fill {
    const neural_quantize_options *options;
    neural_quantized_plan *plan;
} fill;

/* A layer that was trained for it brings the grid of its input along. */
static neural_status take_learned_range(const neural_layer *layer,
                                        const neural_quantized_record *record,
                                        neural_quantized_plan *plan) {
    double min, max;
    neural_quant_params params;
    if (record->kind != NEURAL_QUANTIZED_STATIC || !neural_layer_input_range(layer, &min, &max)) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_quant_params_choose(min, max, NEURAL_QUANT_U8_AFFINE, &params));
    plan->record[record->input].grid =
        (neural_qformat){.scale = (float)params.scale, .zero_point = params.zero_point};
    return NEURAL_OK;
}

static neural_status fill_weights(void *context, int id, neural_layer *layer, neural_tensor *x,
                                  neural_tensor *y) {
    const fill *f = context;
    neural_quantized_record *record = &f->plan->record[id];
    neural_shape in;
    (void)y;
    NEURAL_TRY(neural_shape_make(neural_tensor_ndim(x) - 1, neural_tensor_dims(x) + 1, &in));
    const neural_quantized_kind first =
        f->options->dynamic ? NEURAL_QUANTIZED_DYNAMIC : NEURAL_QUANTIZED_STATIC;
    const neural_quantized_kind kinds[] = {first, NEURAL_QUANTIZED_DYNAMIC};
    for (int i = 0; i < 2; i++) {
        if (neural_quantized_can(layer, &in, kinds[i])) {
            record->kind = kinds[i];
            NEURAL_TRY(take_learned_range(layer, record, f->plan));
            return neural_quantized_record_weights(layer, record);
        }
    }
    return NEURAL_OK;
}

static neural_status fill_table(void *context, int id, neural_layer *layer, neural_tensor *x,
                                neural_tensor *y) {
    neural_quantized_plan *plan = ((const fill *)context)->plan;
    neural_quantized_record *record = &plan->record[id];
    (void)x;
    (void)y;
    return neural_quantized_record_table(layer, &plan->record[record->input].grid, record);
}

static neural_status fill_plan(const neural_model *folded, const neural_dataset *dataset,
                               const neural_quantize_options *options,
                               neural_quantized_plan *plan) {
    neural_layer *network = neural_model_network(folded);
    neural_tensor *x = NULL;
    fill f = {options, plan};
    int next = 0, grid = 0;
    number_inputs(network, &next, &grid, plan);
    NEURAL_TRY(quantize_rows(folded, dataset, options->samples, 0, 1, &x));
    neural_status status = quantize_trace(network, x, fill_weights, &f);
    if (!status) {
        status = quantize_trace(network, x, fill_table, &f);
    }
    neural_tensor_release(x);
    return status;
}

neural_status quantize_calibrate(const neural_model *folded, const neural_dataset *dataset,
                                 const neural_quantize_options *options,
                                 neural_quantized_plan **out) {
    neural_quantized_plan *plan = NULL;
    watch w = {0};
    NEURAL_TRY(
        neural_quantized_plan_create(neural_quantized_nodes(neural_model_network(folded)), &plan));
    neural_status status = watch_open(&w, plan->count, options);
    if (!status) {
        status = observe_rows(folded, dataset, options->samples, &w);
    }
    if (!status) {
        status = choose_grids(&w, plan);
    }
    watch_close(&w);
    if (!status) {
        status = fill_plan(folded, dataset, options, plan);
    }
    if (status) {
        neural_quantized_plan_destroy(plan);
        return status;
    }
    *out = plan;
    return NEURAL_OK;
}

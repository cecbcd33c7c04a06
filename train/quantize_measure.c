/* What each layer loses and gains in 8 bits, on its own. */
#include <math.h>
#include <string.h>
#include <time.h>

#include "core/base/memory.h"
#include "train/quantize_type.h"

/* Samples of each side, and how long one lasts at least. */
enum { SAMPLES = 7 };
static const double sample_seconds = 2e-4;

typedef struct measuring {
    const neural_quantized_plan *plan;
    neural_quantize_report *report;
    int *ids;
} measuring;

/* --- time --- */

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

typedef neural_status forward(void *of, neural_tensor *x, neural_tensor **out);

typedef struct runner {
    forward *run;
    void *of;
    neural_tensor *x;
    int64_t runs;
    double seconds; /* of one run, the least seen */
} runner;

/* runs is raised until a sample lasts long enough. */
static neural_status sample(runner *r) {
    for (;; r->runs *= 2) {
        const double begin = now();
        for (int64_t i = 0; i < r->runs; i++) {
            neural_tensor *y = NULL;
            NEURAL_TRY(r->run(r->of, r->x, &y));
            neural_tensor_release(y);
        }
        const double took = now() - begin;
        if (took >= sample_seconds) {
            r->seconds = fmin(r->seconds, took / (double)r->runs);
            return NEURAL_OK;
        }
    }
}

/* The least time of each, sampled in turns: whatever else runs only adds to it. */
static neural_status race(runner *f32, runner *int8) {
    f32->runs = int8->runs = 1;
    f32->seconds = int8->seconds = INFINITY;
    for (int i = 0; i < SAMPLES; i++) {
        NEURAL_TRY(sample(f32));
        NEURAL_TRY(sample(int8));
    }
    return NEURAL_OK;
}

static neural_status run_layer(void *of, neural_tensor *x, neural_tensor **out) {
    return neural_layer_forward(of, x, out);
}

static neural_status run_model(void *of, neural_tensor *x, neural_tensor **out) {
    return neural_model_predict(of, x, out);
}

neural_status quantize_race(neural_model *f32, neural_model *int8, const neural_dataset *data,
                            neural_quantize_speed *speed) {
    const int64_t all = neural_dataset_rows(data), rows = all < speed->rows ? all : speed->rows;
    neural_tensor *x = NULL;
    NEURAL_TRY(neural_tensor_slice(neural_dataset_x(data), 0, 0, rows, 1, &x));
    runner slow = {.run = run_model, .of = f32, .x = x},
           fast = {.run = run_model, .of = int8, .x = x};
    const neural_status status = race(&slow, &fast);
    neural_tensor_release(x);
    speed->f32_seconds = slow.seconds;
    speed->int8_seconds = fast.seconds;
    return status;
}

/* --- noise --- */

static neural_status signal_to_noise(neural_tensor *y, neural_tensor *y8, double *out) {
    const float *exact = neural_tensor_data(y), *found = neural_tensor_data(y8);
    double signal = 0, noise = 0;
    for (int64_t i = 0; i < neural_tensor_len(y); i++) {
        const double error = (double)exact[i] - (double)found[i];
        signal += (double)exact[i] * exact[i];
        noise += error * error;
    }
    *out = noise < 1e-30 ? 999.0 : 10 * log10(signal / noise);
    return NEURAL_OK;
}

/* --- a layer --- */

/* x as 8-bit layers have it among themselves. */
static neural_status quantized_rows(neural_tensor *x, const neural_qformat *format,
                                    neural_tensor **out) {
    const int64_t *dims = neural_tensor_dims(x);
    const int64_t rows = dims[0], len = rows ? neural_tensor_len(x) / rows : 0;
    const int64_t channels = neural_tensor_ndim(x) == 4 ? dims[1] : len;
    const int64_t shape[] = {rows, len};
    NEURAL_TRY(neural_tensor_create(2, shape, NEURAL_DTYPE_U8, out));
    return neural_quantize_nhwc(neural_tensor_data(x), rows, channels,
                                channels ? len / channels : 0, format, neural_tensor_data(*out));
}

static neural_status measure_layer(measuring *m, int id, neural_layer *layer, neural_tensor *x,
                                   neural_tensor *y, neural_quantize_layer *out) {
    const neural_quantized_record *record = &m->plan->record[id];
    const neural_qformat *grid = &m->plan->record[record->input].grid;
    const int is_static = record->kind == NEURAL_QUANTIZED_STATIC;
    neural_layer *to_f32 = NULL, *alone = NULL;
    neural_tensor *y8 = NULL, *x8 = NULL;
    neural_shape in;
    NEURAL_TRY(neural_shape_make(neural_tensor_ndim(x) - 1, neural_tensor_dims(x) + 1, &in));
    neural_status status = neural_quantized_layer_alone(layer, &in, grid, record, 1, &to_f32);
    if (!status) {
        status = neural_layer_forward(to_f32, x, &y8);
    }
    if (!status) {
        status = signal_to_noise(y, y8, &out->snr);
    }
    if (!status) {
        status = neural_quantized_layer_alone(layer, &in, grid, record, 0, &alone);
    }
    if (!status && is_static) {
        status = quantized_rows(x, grid, &x8);
    }
    if (!status) {
        runner slow = {.run = run_layer, .of = layer, .x = x};
        runner fast = {.run = run_layer, .of = alone, .x = is_static ? x8 : x};
        status = race(&slow, &fast);
        out->f32_seconds = slow.seconds;
        out->int8_seconds = fast.seconds;
    }
    neural_tensor_release(x8);
    neural_tensor_release(y8);
    neural_layer_destroy(alone);
    neural_layer_destroy(to_f32);
    return status;
}

static neural_status visit(void *context, int id, neural_layer *layer, neural_tensor *x,
                           neural_tensor *y) {
    measuring *m = context;
    const neural_quantized_record *record = &m->plan->record[id];
    if (record->kind == NEURAL_QUANTIZED_NOT) {
        return NEURAL_OK;
    }
    neural_quantize_layer *out = &m->report->layers[m->report->count];
    m->ids[m->report->count++] = id;
    memcpy(out->name, record->name, sizeof out->name);
    out->name[strlen(out->name) - strlen(".weight")] = 0;
    out->kind = layer->type->name;
    out->is_8bit = 1;
    out->reason = "";
    return measure_layer(m, id, layer, x, y, out);
}

neural_status quantize_measure(const neural_model *folded, const neural_quantized_plan *plan,
                               neural_tensor *x, neural_quantize_report *report, int **ids) {
    measuring m = {plan, report, NULL};
    report->count = 0;
    report->layers = neural_alloc_zeroed((size_t)plan->count * sizeof *report->layers);
    m.ids = neural_alloc_zeroed((size_t)plan->count * sizeof *m.ids);
    *ids = m.ids;
    NEURAL_REQUIRE(report->layers && m.ids, NEURAL_ERR_OUT_OF_MEMORY, "quantize: out of memory");
    return quantize_trace(neural_model_network(folded), x, visit, &m);
}

#include "data/batches.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/threads.h"

enum { MAX_PREFETCH = 64 };

/* One batch in the making or made. While its task is under way only that task touches it. */
typedef struct slot {
    const neural_batches *batches;
    int64_t batch;       /* that it holds; -1 none */
    neural_tensor *x[2]; /* a whole batch; the rows of it that the last batch fills */
    neural_tensor *y[2]; /* or NULL */
    neural_task *task;   /* that gathers it, or NULL */
    neural_status status;
} slot;

struct neural_batches {
    const neural_dataset *dataset;
    int64_t rows, batch_size, count;
    int64_t epoch, next; /* epoch -1: no order yet */
    neural_sampler *sampler;
    int64_t *given; /* row numbers by position, or NULL: all rows */
    int64_t *order; /* row numbers of this epoch */
    int slots;      /* one more than batches read ahead */
    slot *slot;
};

/* --- creation --- */

static neural_status take_rows(neural_batches *batches, const int64_t *rows) {
    const int64_t total = neural_dataset_rows(batches->dataset);
    const size_t bytes = (size_t)batches->rows * sizeof(int64_t);
    batches->order = neural_alloc(bytes);
    batches->given = rows ? neural_alloc(bytes) : NULL;
    if (!batches->order || (rows && !batches->given)) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; rows && i < batches->rows; i++) {
        NEURAL_REQUIRE(rows[i] >= 0 && rows[i] < total, NEURAL_ERR_INVALID_ARGUMENT,
                       "batches: row %" PRId64 " is outside [0, %" PRId64 ")", rows[i], total);
        batches->given[i] = rows[i];
    }
    return NEURAL_OK;
}

/* A buffer of one batch with rows like those of `like`, `width` wide, and the view for the last
 * batch. */
static neural_status make_buffers(const neural_batches *batches, const neural_tensor *like,
                                  int64_t width, neural_tensor *out[2]) {
    const int ndim = neural_tensor_ndim(like);
    const int64_t tail = batches->rows - (batches->count - 1) * batches->batch_size;
    const int64_t dims[2] = {batches->count > 1 ? batches->batch_size : tail, width};
    NEURAL_TRY(neural_tensor_create(ndim, dims, neural_tensor_dtype(like), &out[0]));
    return neural_tensor_slice(out[0], 0, 0, tail, 1, &out[1]);
}

static neural_status make_slots(neural_batches *batches) {
    const neural_dataset *dataset = batches->dataset;
    batches->slot = neural_alloc_zeroed((size_t)batches->slots * sizeof(slot));
    if (!batches->slot) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int i = 0; i < batches->slots; i++) {
        slot *at = &batches->slot[i];
        at->batches = batches;
        at->batch = -1;
        NEURAL_TRY(make_buffers(batches, neural_dataset_x(dataset),
                                neural_dataset_features(dataset), at->x));
        if (neural_dataset_y(dataset)) {
            NEURAL_TRY(make_buffers(batches, neural_dataset_y(dataset),
                                    neural_dataset_outputs(dataset), at->y));
        }
    }
    return NEURAL_OK;
}

/* The class of each row of the walk, freed by the caller. */
static neural_status labels_of(const neural_batches *batches, int64_t **out) {
    const neural_dataset *dataset = batches->dataset;
    NEURAL_REQUIRE(neural_dataset_target_kind(dataset) == NEURAL_TARGET_CLASS,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "batches: sampling by class needs a dataset with class labels");
    const int64_t *label = neural_tensor_data(neural_dataset_y(dataset));
    int64_t *labels = neural_alloc((size_t)batches->rows * sizeof *labels);
    if (!labels) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < batches->rows; i++) {
        labels[i] = label[batches->given ? batches->given[i] : i];
    }
    *out = labels;
    return NEURAL_OK;
}

static neural_status weigh_by_class(neural_batches *batches, const neural_batches_options *options,
                                    const int64_t *labels) {
    double *weights = neural_alloc((size_t)batches->rows * sizeof *weights);
    if (!weights) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < batches->rows; i++) {
        weights[i] = options->class_weights[labels[i]];
    }
    const neural_status status =
        neural_sampler_create(NEURAL_SAMPLING_WEIGHTED, batches->rows, options->seed, weights, NULL,
                              0, &batches->sampler);
    neural_free(weights);
    return status;
}

static neural_status make_sampler(neural_batches *batches, const neural_batches_options *options) {
    const int by_weight = options->sampling == NEURAL_SAMPLING_WEIGHTED && !options->weights &&
                          options->class_weights;
    int64_t *labels = NULL;
    if (by_weight || options->sampling == NEURAL_SAMPLING_BALANCED) {
        NEURAL_TRY(labels_of(batches, &labels));
    }
    const neural_status status =
        by_weight
            ? weigh_by_class(batches, options, labels)
            : neural_sampler_create(options->sampling, batches->rows, options->seed,
                                    options->weights, labels,
                                    neural_dataset_classes(batches->dataset), &batches->sampler);
    neural_free(labels);
    return status;
}

static neural_status fill(neural_batches *batches, const int64_t *rows,
                          const neural_batches_options *options) {
    NEURAL_TRY(take_rows(batches, rows));
    NEURAL_TRY(make_sampler(batches, options));
    NEURAL_TRY(make_slots(batches));
    return neural_batches_seek(batches, 0, 0);
}

neural_status neural_batches_create_with(const neural_dataset *dataset, const int64_t *rows,
                                         int64_t row_count, const neural_batches_options *options,
                                         neural_batches **out) {
    NEURAL_REQUIRE(dataset && options && out, NEURAL_ERR_NULL_POINTER,
                   "batches: dataset, options or out is NULL");
    const int64_t count = rows ? row_count : neural_dataset_rows(dataset);
    NEURAL_REQUIRE(count >= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "batches: expected at least 1 row, found %" PRId64, count);
    NEURAL_REQUIRE(options->batch_size >= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "batches: batch_size has to be at least 1, not %" PRId64, options->batch_size);
    NEURAL_REQUIRE(options->prefetch >= 0 && options->prefetch <= MAX_PREFETCH,
                   NEURAL_ERR_INVALID_ARGUMENT, "batches: prefetch has to be in [0, %d], not %d",
                   MAX_PREFETCH, options->prefetch);
    neural_batches *batches = neural_alloc_zeroed(sizeof(*batches));
    if (!batches) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    *batches = (neural_batches){.dataset = dataset,
                                .rows = count,
                                .batch_size = options->batch_size,
                                .count = (count - 1) / options->batch_size + 1,
                                .epoch = -1,
                                .slots = options->prefetch + 1};
    const neural_status status = fill(batches, rows, options);
    if (status) {
        neural_batches_destroy(batches);
        return status;
    }
    *out = batches;
    return NEURAL_OK;
}

neural_status neural_batches_create(const neural_dataset *dataset, const int64_t *rows,
                                    int64_t row_count, int64_t batch_size, int shuffle,
                                    uint64_t seed, neural_batches **out) {
    const neural_batches_options options = {.batch_size = batch_size,
                                            .sampling = shuffle ? NEURAL_SAMPLING_RANDOM
                                                                : NEURAL_SAMPLING_SEQUENTIAL,
                                            .seed = seed};
    return neural_batches_create_with(dataset, rows, row_count, &options, out);
}

/* Waits for what is under way. */
static void stop(neural_batches *batches) {
    for (int i = 0; batches->slot && i < batches->slots; i++) {
        neural_task_finish(batches->slot[i].task);
        batches->slot[i].task = NULL;
        batches->slot[i].batch = -1;
    }
}

void neural_batches_destroy(neural_batches *batches) {
    if (!batches) {
        return;
    }
    stop(batches);
    for (int i = 0; batches->slot && i < batches->slots; i++) {
        for (int last = 0; last < 2; last++) {
            neural_tensor_release(batches->slot[i].x[last]);
            neural_tensor_release(batches->slot[i].y[last]);
        }
    }
    neural_sampler_destroy(batches->sampler);
    neural_free(batches->slot);
    neural_free(batches->given);
    neural_free(batches->order);
    neural_free(batches);
}

int64_t neural_batches_count(const neural_batches *batches) {
    return batches->count;
}

/* --- the walk --- */

neural_status neural_batches_seek(neural_batches *batches, int64_t epoch, int64_t batch) {
    NEURAL_REQUIRE(batches, NEURAL_ERR_NULL_POINTER, "batches_seek: batches is NULL");
    NEURAL_REQUIRE(epoch >= 0, NEURAL_ERR_INVALID_ARGUMENT, "batches_seek: epoch is %" PRId64,
                   epoch);
    NEURAL_REQUIRE(batch >= 0 && batch <= batches->count, NEURAL_ERR_INVALID_ARGUMENT,
                   "batches_seek: batch %" PRId64 " is outside [0, %" PRId64 "]", batch,
                   batches->count);
    stop(batches);
    if (epoch != batches->epoch) {
        NEURAL_TRY(neural_sampler_order(batches->sampler, epoch, batches->order));
        for (int64_t i = 0; batches->given && i < batches->rows; i++) {
            batches->order[i] = batches->given[batches->order[i]];
        }
        batches->epoch = epoch;
    }
    batches->next = batch;
    return NEURAL_OK;
}

static void gather(void *context) {
    slot *at = context;
    const neural_batches *batches = at->batches;
    const int last = at->batch == batches->count - 1;
    const int64_t first = at->batch * batches->batch_size;
    const int64_t len = last ? batches->rows - first : batches->batch_size;
    at->status = neural_dataset_gather(batches->dataset, batches->order + first, len, at->x[last],
                                       at->y[last]);
}

/* Batches behind the current one that no slot holds are given to the workers. */
static neural_status read_ahead(neural_batches *batches) {
    for (int64_t k = 1; k < batches->slots && batches->next + k < batches->count; k++) {
        slot *at = &batches->slot[(batches->next + k) % batches->slots];
        if (at->batch != batches->next + k) {
            at->batch = batches->next + k;
            const neural_status status = neural_task_start(gather, at, &at->task);
            if (status) {
                at->batch = -1;
                return status;
            }
        }
    }
    return NEURAL_OK;
}

neural_status neural_batches_next(neural_batches *batches, neural_tensor **x, neural_tensor **y) {
    NEURAL_REQUIRE(batches && x, NEURAL_ERR_NULL_POINTER, "batches_next: batches or x is NULL");
    neural_tensor *batch_x = NULL, *batch_y = NULL;
    if (batches->next < batches->count) {
        const int last = batches->next == batches->count - 1;
        slot *at = &batches->slot[batches->next % batches->slots];
        neural_task_finish(at->task);
        at->task = NULL;
        if (at->batch != batches->next || at->status) {
            at->batch = batches->next;
            gather(at); /* again after a failure, whose text stayed with the worker */
            NEURAL_TRY(at->status);
        }
        NEURAL_TRY(read_ahead(batches));
        batch_x = at->x[last];
        batch_y = at->y[last];
        batches->next++;
    }
    *x = batch_x;
    if (y) {
        *y = batch_y;
    }
    return NEURAL_OK;
}

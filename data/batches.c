#include "data/batches.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/random.h"

struct neural_batches {
    const neural_dataset *dataset;
    int64_t rows, batch_size, count;
    int64_t epoch, next; /* epoch -1: no order yet */
    int shuffle;
    uint64_t seed;
    int64_t *given;      /* the row numbers in their first order */
    int64_t *order;      /* of this epoch */
    neural_tensor *x[2]; /* a whole batch; the rows of it that the last batch fills */
    neural_tensor *y[2]; /* or NULL */
};

static neural_status take_rows(neural_batches *batches, const int64_t *rows) {
    const int64_t total = neural_dataset_rows(batches->dataset);
    const size_t bytes = (size_t)batches->rows * sizeof(int64_t);
    batches->given = neural_alloc(bytes);
    batches->order = neural_alloc(bytes);
    if (!batches->given || !batches->order) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < batches->rows; i++) {
        const int64_t row = rows ? rows[i] : i;
        NEURAL_REQUIRE(row >= 0 && row < total, NEURAL_ERR_INVALID_ARGUMENT,
                       "batches: row %" PRId64 " is outside [0, %" PRId64 ")", row, total);
        batches->given[i] = row;
    }
    return NEURAL_OK;
}

/* A buffer of one batch with rows like those of `like`, and the view for the last batch. */
static neural_status make_buffers(const neural_batches *batches, const neural_tensor *like,
                                  neural_tensor *out[2]) {
    const int ndim = neural_tensor_ndim(like);
    const int64_t tail = batches->rows - (batches->count - 1) * batches->batch_size;
    const int64_t dims[2] = {batches->count > 1 ? batches->batch_size : tail,
                             neural_tensor_dims(like)[ndim - 1]};
    NEURAL_TRY(neural_tensor_create(ndim, dims, neural_tensor_dtype(like), &out[0]));
    return neural_tensor_slice(out[0], 0, 0, tail, 1, &out[1]);
}

neural_status neural_batches_create(const neural_dataset *dataset, const int64_t *rows,
                                    int64_t row_count, int64_t batch_size, int shuffle,
                                    uint64_t seed, neural_batches **out) {
    NEURAL_REQUIRE(dataset && out, NEURAL_ERR_NULL_POINTER, "batches: dataset or out is NULL");
    const int64_t count = rows ? row_count : neural_dataset_rows(dataset);
    NEURAL_REQUIRE(count >= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "batches: expected at least 1 row, found %" PRId64, count);
    NEURAL_REQUIRE(batch_size >= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "batches: batch_size has to be at least 1, not %" PRId64, batch_size);
    neural_batches *batches = neural_alloc_zeroed(sizeof(*batches));
    if (!batches) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    *batches = (neural_batches){.dataset = dataset,
                                .rows = count,
                                .batch_size = batch_size,
                                .count = (count - 1) / batch_size + 1,
                                .epoch = -1,
                                .shuffle = shuffle,
                                .seed = seed};
    neural_status status = take_rows(batches, rows);
    if (!status) {
        status = make_buffers(batches, neural_dataset_x(dataset), batches->x);
    }
    if (!status && neural_dataset_y(dataset)) {
        status = make_buffers(batches, neural_dataset_y(dataset), batches->y);
    }
    if (!status) {
        status = neural_batches_seek(batches, 0, 0);
    }
    if (status) {
        neural_batches_destroy(batches);
        return status;
    }
    *out = batches;
    return NEURAL_OK;
}

void neural_batches_destroy(neural_batches *batches) {
    if (batches) {
        for (int i = 0; i < 2; i++) {
            neural_tensor_release(batches->x[i]);
            neural_tensor_release(batches->y[i]);
        }
        neural_free(batches->given);
        neural_free(batches->order);
        neural_free(batches);
    }
}

int64_t neural_batches_count(const neural_batches *batches) {
    return batches->count;
}

neural_status neural_batches_seek(neural_batches *batches, int64_t epoch, int64_t batch) {
    NEURAL_REQUIRE(batches, NEURAL_ERR_NULL_POINTER, "batches_seek: batches is NULL");
    NEURAL_REQUIRE(epoch >= 0, NEURAL_ERR_INVALID_ARGUMENT, "batches_seek: epoch is %" PRId64,
                   epoch);
    NEURAL_REQUIRE(batch >= 0 && batch <= batches->count, NEURAL_ERR_INVALID_ARGUMENT,
                   "batches_seek: batch %" PRId64 " is outside [0, %" PRId64 "]", batch,
                   batches->count);
    if (epoch != batches->epoch) {
        const neural_random stream = {batches->seed, NEURAL_RANDOM_SHUFFLE, (uint64_t)epoch};
        memcpy(batches->order, batches->given, (size_t)batches->rows * sizeof(int64_t));
        if (batches->shuffle) {
            neural_random_shuffle(&stream, batches->order, batches->rows);
        }
        batches->epoch = epoch;
    }
    batches->next = batch;
    return NEURAL_OK;
}

neural_status neural_batches_next(neural_batches *batches, neural_tensor **x, neural_tensor **y) {
    NEURAL_REQUIRE(batches && x, NEURAL_ERR_NULL_POINTER, "batches_next: batches or x is NULL");
    neural_tensor *batch_x = NULL, *batch_y = NULL;
    if (batches->next < batches->count) {
        const int last = batches->next == batches->count - 1;
        const int64_t first = batches->next * batches->batch_size;
        const int64_t len = last ? batches->rows - first : batches->batch_size;
        batch_x = batches->x[last];
        batch_y = batches->y[last];
        NEURAL_TRY(
            neural_dataset_gather(batches->dataset, batches->order + first, len, batch_x, batch_y));
        batches->next++;
    }
    *x = batch_x;
    if (y) {
        *y = batch_y;
    }
    return NEURAL_OK;
}

#include "core/tensor/sparse.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/sparse_type.h"

enum { STRIP = NEURAL_SPARSE_STRIP };

/* Of the blocks, where the sparse product is faster; chains of few rows wait on themselves. */
enum { MOST_PERCENT = 70, FEW_ROWS_PERCENT = 40, SOME_ROWS_PERCENT = 60 };
enum { FEW_ROWS = 2, SOME_ROWS = 8, MANY_ROWS = 32 };

/* Offsets in panels fit into 32 bits. */
static const int64_t MOST_INPUTS = INT64_C(1) << 27;

static int64_t strips_of(int64_t outputs) {
    return (outputs + STRIP - 1) / STRIP;
}

int64_t neural_sparse_all_blocks(int64_t outputs, int64_t inputs) {
    return strips_of(outputs) * inputs;
}

int64_t neural_sparse_blocks(const neural_sparse *sparse) {
    return sparse->blocks;
}

int64_t neural_sparse_bytes(const neural_sparse *sparse) {
    return sparse->bytes;
}

static int64_t percent(int64_t outputs, int64_t inputs, int64_t share) {
    return neural_sparse_all_blocks(outputs, inputs) * share / 100;
}

int64_t neural_sparse_most_blocks(int64_t outputs, int64_t inputs) {
    return percent(outputs, inputs, MOST_PERCENT);
}

int neural_sparse_pays(const neural_sparse *sparse, int64_t rows) {
    const int64_t share = rows < FEW_ROWS || rows >= MANY_ROWS ? MOST_PERCENT
                          : rows < SOME_ROWS                   ? FEW_ROWS_PERCENT
                                                               : SOME_ROWS_PERCENT;
    return sparse->blocks <= percent(sparse->outputs, sparse->inputs, share);
}

/* --- pattern: which blocks hold a number other than 0 --- */

/* used[k] = whether weight[k] is neither +0 nor -0, or was used before. */
#define DEFINE_MARK(T, dtype)                                                                      \
    static void mark_##dtype(uint8_t *used, const T *weight, int64_t len) {                        \
        for (int64_t k = 0; k < len; k++) {                                                        \
            used[k] |= weight[k] != 0;                                                             \
        }                                                                                          \
    }

DEFINE_MARK(float, f32)
DEFINE_MARK(double, f64)

/* used [strips, inputs]; returns how many. */
static int64_t find_blocks(neural_dtype dtype, const void *weight, int64_t outputs, int64_t inputs,
                           uint8_t *used) {
    int64_t blocks = 0;
    for (int64_t o = 0; o < outputs; o++) {
        uint8_t *strip = used + o / STRIP * inputs;
        if (dtype == NEURAL_DTYPE_F32) {
            mark_f32(strip, (const float *)weight + o * inputs, inputs);
        } else {
            mark_f64(strip, (const double *)weight + o * inputs, inputs);
        }
    }
    for (int64_t i = 0; i < strips_of(outputs) * inputs; i++) {
        blocks += used[i];
    }
    return blocks;
}

/* --- the copy --- */

/* Block k of a strip with `rows` outputs; the outputs that are missing have weights of 0. */
#define DEFINE_TAKE(T, dtype)                                                                      \
    static void take_##dtype(T *block, const T *weight, int64_t rows, int64_t inputs, int64_t k) { \
        for (int64_t j = 0; j < STRIP; j++) {                                                      \
            block[j] = j < rows ? weight[j * inputs + k] : 0;                                      \
        }                                                                                          \
    }

DEFINE_TAKE(float, f32)
DEFINE_TAKE(double, f64)

static void fill_strip(neural_sparse *sparse, neural_sparse_strip *strip, const char *weight,
                       const uint8_t *used, int64_t at) {
    const int64_t size = neural_dtype_bytes(sparse->dtype);
    const int64_t left = sparse->outputs - strip->column, rows = left < STRIP ? left : STRIP;
    int32_t *index = sparse->index + at;
    char *block = sparse->weight + at * STRIP * size;
    weight += strip->column * sparse->inputs * size;
    *strip = (neural_sparse_strip){index, block, 0, strip->column};
    for (int64_t k = 0; k < sparse->inputs; k++) {
        if (!used[k]) {
            continue;
        }
        if (sparse->dtype == NEURAL_DTYPE_F32) {
            take_f32((float *)(void *)block, (const float *)(const void *)weight, rows,
                     sparse->inputs, k);
        } else {
            take_f64((double *)(void *)block, (const double *)(const void *)weight, rows,
                     sparse->inputs, k);
        }
        block += STRIP * size;
        index[strip->depth++] = (int32_t)k;
    }
}

/* Strips side by side in a kernel should be equally deep. */
static int by_depth(const void *a, const void *b) {
    const neural_sparse_strip *lhs = a, *rhs = b;
    return lhs->depth != rhs->depth ? (lhs->depth < rhs->depth) - (lhs->depth > rhs->depth)
                                    : (lhs->column > rhs->column) - (lhs->column < rhs->column);
}

static int64_t whole_lines(int64_t bytes) {
    return (bytes + 63) / 64 * 64;
}

static neural_status make(const neural_sparse *like, const void *weight, const uint8_t *used,
                          neural_sparse **out) {
    const int64_t head = whole_lines(sizeof *like);
    const int64_t strips = whole_lines(like->count * (int64_t)sizeof *like->strip);
    const int64_t indices = whole_lines(like->blocks * (int64_t)sizeof *like->index);
    const int64_t weights = like->blocks * STRIP * neural_dtype_bytes(like->dtype);
    char *memory = neural_alloc((size_t)(head + strips + indices + weights));
    NEURAL_REQUIRE(memory, NEURAL_ERR_OUT_OF_MEMORY, "sparse: out of memory");
    neural_sparse *sparse = (neural_sparse *)(void *)memory;
    *sparse = *like;
    sparse->bytes = head + strips + indices + weights;
    sparse->strip = (neural_sparse_strip *)(void *)(memory + head);
    sparse->index = (int32_t *)(void *)(memory + head + strips);
    sparse->weight = memory + head + strips + indices;
    int64_t at = 0;
    for (int64_t s = 0; s < sparse->count; s++) {
        sparse->strip[s].column = s * STRIP;
        fill_strip(sparse, &sparse->strip[s], weight, used + s * sparse->inputs, at);
        at += sparse->strip[s].depth;
    }
    qsort(sparse->strip, (size_t)sparse->count, sizeof *sparse->strip, by_depth);
    *out = sparse;
    return NEURAL_OK;
}

neural_status neural_sparse_create(const neural_kernel_table *kernels, neural_dtype dtype,
                                   const void *weight, int64_t outputs, int64_t inputs,
                                   int64_t most_blocks, neural_sparse **out) {
    NEURAL_REQUIRE(inputs < MOST_INPUTS, NEURAL_ERR_TENSOR_TOO_LARGE,
                   "sparse: %lld inputs, expected less than %lld", (long long)inputs,
                   (long long)MOST_INPUTS);
    uint8_t *used = neural_alloc_zeroed((size_t)(strips_of(outputs) * inputs + 1));
    NEURAL_REQUIRE(used, NEURAL_ERR_OUT_OF_MEMORY, "sparse: out of memory");
    const neural_sparse like = {.kernels = kernels,
                                .dtype = dtype,
                                .outputs = outputs,
                                .inputs = inputs,
                                .count = strips_of(outputs),
                                .blocks = find_blocks(dtype, weight, outputs, inputs, used)};
    *out = NULL;
    const neural_status status =
        like.blocks <= most_blocks ? make(&like, weight, used, out) : NEURAL_OK;
    neural_free(used);
    return status;
}

void neural_sparse_destroy(neural_sparse *sparse) {
    neural_free(sparse);
}

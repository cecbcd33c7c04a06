#include "core/tensor/axis_reduce.h"

#include <math.h>
#include <string.h>

#include "core/base/threads.h"
#include "core/tensor/map.h"

enum {
    GRAIN = 32768,     /* elements per parallel range */
    ROW_CHUNK = 16384, /* of the axis when it is the last one: one call of a row kernel */
    COL_CHUNK = 512,   /* of the axis otherwise: one chain of additions per column */
    TILE = 4096        /* columns per piece */
};

/* One level of the tree: dst is [outer, chunks, inner]. */
typedef struct level {
    neural_reduction op;
    neural_dtype dtype;
    int64_t bytes;
    char *dst;
    const char *src;
    int64_t axis, inner;
    int64_t chunk, chunks, tiles;
} level;

static void reduce_row(const level *at, void *dst, const void *src, int64_t len) {
    const neural_kernel_table *kernels = neural_kernels();
    neural_reduce_f32 *const f32[] = {kernels->sum_f32, kernels->max_f32, kernels->min_f32};
    neural_reduce_f64 *const f64[] = {kernels->sum_f64, kernels->max_f64, kernels->min_f64};
    if (at->dtype == NEURAL_DTYPE_F32) {
        *(float *)dst = f32[at->op](src, len);
    } else {
        *(double *)dst = f64[at->op](src, len);
    }
}

static void combine(const level *at, void *dst, const void *src, int64_t len) {
    switch (at->op) {
    case NEURAL_REDUCTION_SUM:
        NEURAL_FLOAT_KERNEL(at->dtype, add, dst, dst, src, len);
        break;
    case NEURAL_REDUCTION_MAX:
        NEURAL_FLOAT_KERNEL(at->dtype, maximum, dst, dst, src, len);
        break;
    case NEURAL_REDUCTION_MIN:
        NEURAL_FLOAT_KERNEL(at->dtype, minimum, dst, dst, src, len);
        break;
    }
}

/* `cols` columns of `rows` rows, which lie at->inner apart: one chain per column, in order. */
static void reduce_columns(const level *at, void *dst, const char *src, int64_t rows,
                           int64_t cols) {
    static const double identity[] = {0.0, -INFINITY, INFINITY};
    NEURAL_FLOAT_KERNEL(at->dtype, fill, dst, cols, identity[at->op]);
    if (at->op == NEURAL_REDUCTION_SUM && cols == at->inner) {
        NEURAL_FLOAT_KERNEL(at->dtype, col_sum, dst, (const void *)src, rows, cols);
        return;
    }
    for (int64_t r = 0; r < rows; r++) {
        combine(at, dst, src + r * at->inner * at->bytes, cols);
    }
}

/* Pieces are numbered through [outer, chunks, tiles]. */
static void reduce_piece(const level *at, int64_t piece) {
    const int64_t tile = at->tiles == 1 ? 0 : piece % at->tiles;
    const int64_t target = at->tiles == 1 ? piece : piece / at->tiles; /* in [outer, chunks] */
    const int64_t chunk = at->chunks == 1 ? 0 : target % at->chunks;
    const int64_t outer = at->chunks == 1 ? target : target / at->chunks;
    const int64_t first = chunk * at->chunk;
    const int64_t rows = at->axis - first < at->chunk ? at->axis - first : at->chunk;
    const int64_t col = tile * TILE;
    const int64_t cols = at->inner - col < TILE ? at->inner - col : TILE;
    char *dst = at->dst + (target * at->inner + col) * at->bytes;
    const char *src = at->src + ((outer * at->axis + first) * at->inner + col) * at->bytes;
    if (at->inner == 1) {
        reduce_row(at, dst, src, rows);
    } else {
        reduce_columns(at, dst, src, rows, cols);
    }
}

static void reduce_pieces(void *context, int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; piece++) {
        reduce_piece(context, piece);
    }
}

static void reduce_level(level *at, int64_t outer) {
    const int64_t rows = at->axis < at->chunk ? at->axis : at->chunk;
    const int64_t cols = at->inner < TILE ? at->inner : TILE;
    const int64_t work = rows * cols > 1 ? rows * cols : 1;
    neural_parallel_for(outer * at->chunks * at->tiles, work < GRAIN ? GRAIN / work : 1,
                        reduce_pieces, at);
}

neural_status neural_axis_reduce(neural_reduction op, neural_dtype dtype, void *dst,
                                 const void *src, int64_t outer, int64_t axis, int64_t inner) {
    if (outer == 0 || inner == 0) {
        return NEURAL_OK;
    }
    const int64_t chunk = inner == 1 ? ROW_CHUNK : COL_CHUNK;
    level at = {.op = op, .dtype = dtype, .bytes = neural_dtype_bytes(dtype), .dst = dst};
    at.src = src;
    at.axis = axis;
    at.inner = inner;
    at.chunk = chunk;
    at.chunks = axis > chunk ? (axis + chunk - 1) / chunk : 1;
    at.tiles = (inner + TILE - 1) / TILE;
    if (at.chunks == 1) {
        reduce_level(&at, outer);
        return NEURAL_OK;
    }
    neural_block *partial = neural_block_create((size_t)(outer * at.chunks * inner * at.bytes));
    if (!partial) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    at.dst = neural_block_data(partial);
    reduce_level(&at, outer);
    const neural_status status =
        neural_axis_reduce(op, dtype, dst, at.dst, outer, at.chunks, inner);
    neural_block_release(partial);
    return status;
}

/* src's shape as alternating runs of kept and summed dimensions. */
typedef struct runs {
    int count;
    int64_t size[NEURAL_MAX_DIMS];
    int summed[NEURAL_MAX_DIMS];
} runs;

static runs find_runs(const neural_shape *dst, const neural_shape *src) {
    runs found = {0};
    for (int i = 0; i < src->ndim; i++) {
        const int own = i - (src->ndim - dst->ndim);
        const int summed = own < 0 || dst->dim[own] != src->dim[i];
        if (src->dim[i] == 1) {
            continue;
        }
        if (found.count && found.summed[found.count - 1] == summed) {
            found.size[found.count - 1] *= src->dim[i];
        } else {
            found.size[found.count] = src->dim[i];
            found.summed[found.count++] = summed;
        }
    }
    return found;
}

static int last_summed(const runs *of) {
    int run = of->count - 1;
    while (run >= 0 && !of->summed[run]) {
        run--;
    }
    return run;
}

static int64_t product(const runs *of, int begin, int end) {
    int64_t size = 1;
    for (int i = begin; i < end; i++) {
        size *= of->size[i];
    }
    return size;
}

static int summed_runs(const runs *of) {
    int count = 0;
    for (int i = 0; i < of->count; i++) {
        count += of->summed[i];
    }
    return count;
}

/* Sums the last summed run away: from *data to dst, or, when more remain, to a new *block. */
static neural_status sum_last_run(runs *left, neural_tensor *dst, const char **data,
                                  neural_block **block) {
    const int run = last_summed(left);
    const int64_t outer = product(left, 0, run);
    const int64_t inner = product(left, run + 1, left->count);
    neural_block *next = NULL;
    if (summed_runs(left) > 1) {
        next = neural_block_create((size_t)(outer * inner * neural_dtype_bytes(dst->dtype)));
        if (!next) {
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
    }
    char *target = next ? neural_block_data(next) : dst->data;
    const neural_status status = neural_axis_reduce(NEURAL_REDUCTION_SUM, dst->dtype, target, *data,
                                                    outer, left->size[run], inner);
    neural_block_release(*block);
    *block = next;
    *data = target;
    left->size[run] = 1;
    left->summed[run] = 0;
    return status;
}

neural_status neural_sum_to(neural_tensor *dst, const neural_tensor *src) {
    runs left = find_runs(&dst->shape, &src->shape);
    if (summed_runs(&left) == 0) {
        memcpy(dst->data, src->data, (size_t)neural_tensor_bytes(dst));
        return NEURAL_OK;
    }
    neural_block *block = NULL; /* holds what data points to, unless that is src's */
    const char *data = src->data;
    neural_status status = NEURAL_OK;
    while (!status && summed_runs(&left)) {
        status = sum_last_run(&left, dst, &data, &block);
    }
    neural_block_release(block);
    return status;
}

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/qformat.h"

/* Elements of a part of a parallel loop, and of a row brought to another format at a time. */
enum { GRAIN = 1 << 15, PIECE = 1024 };

typedef struct embedding_job {
    const neural_quant_kernels *kernels;
    const neural_qembedding_table *table;
    const int64_t *indices;
    float *reals;
    char *bytes;
    neural_quant_target target;
} embedding_job;

static neural_quant_source row_source(const embedding_job *job, int64_t row) {
    return (neural_quant_source){.flip = 128, .zero_point = 128, .scale = job->table->scales[row]};
}

static void give_reals(void *context, int64_t begin, int64_t end) {
    const embedding_job *job = context;
    const int64_t dim = job->table->dim;
    for (int64_t i = begin; i < end; i++) {
        const int64_t row = job->indices[i];
        const neural_quant_source source = row_source(job, row);
        job->kernels->dequantize(job->reals + i * dim, job->table->rows + row * dim, dim, &source);
    }
}

static void give_bytes(void *context, int64_t begin, int64_t end) {
    const embedding_job *job = context;
    const int64_t dim = job->table->dim;
    _Alignas(64) float piece[PIECE];
    for (int64_t i = begin; i < end; i++) {
        const int64_t row = job->indices[i];
        const neural_quant_source source = row_source(job, row);
        for (int64_t j = 0; j < dim; j += PIECE) {
            const int64_t len = dim - j < PIECE ? dim - j : PIECE;
            job->kernels->dequantize(piece, job->table->rows + row * dim + j, len, &source);
            job->kernels->quantize(job->bytes + i * dim + j, piece, len, &job->target);
        }
    }
}

static neural_status check(const neural_qembedding_table *table, const int64_t *indices,
                           int64_t len, const void *y) {
    int64_t size = 0;
    NEURAL_REQUIRE(table, NEURAL_ERR_NULL_POINTER, "qembedding: table is NULL");
    NEURAL_REQUIRE(table->count >= 0 && table->dim >= 0 && len >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "qembedding: %lld of %lld rows of %lld, want >= 0", (long long)len,
                   (long long)table->count, (long long)table->dim);
    NEURAL_TRY(neural_size_mul(len, table->dim, &size));
    NEURAL_REQUIRE(len == 0 || (indices && table->scales), NEURAL_ERR_NULL_POINTER,
                   "qembedding: %s is NULL", indices ? "scales" : "indices");
    NEURAL_REQUIRE(size == 0 || (table->rows && y), NEURAL_ERR_NULL_POINTER,
                   "qembedding: %s is NULL", y ? "rows" : "y");
    for (int64_t i = 0; i < len; i++) {
        NEURAL_REQUIRE(indices[i] >= 0 && indices[i] < table->count, NEURAL_ERR_INVALID_ARGUMENT,
                       "qembedding: index %lld is %lld, the table has %lld rows", (long long)i,
                       (long long)indices[i], (long long)table->count);
    }
    return NEURAL_OK;
}

static void run(embedding_job *job, int64_t len, neural_range_body body) {
    const neural_fp_state state = neural_fp_enter();
    job->kernels = neural_quant_kernels_active();
    neural_parallel_for(len, GRAIN / (job->table->dim + 1) + 1, body, job);
    neural_fp_leave(state);
}

neural_status neural_qembedding(const neural_qembedding_table *table, const int64_t *indices,
                                int64_t len, float *y) {
    NEURAL_TRY(check(table, indices, len, y));
    embedding_job job = {.table = table, .indices = indices, .reals = y};
    run(&job, len, give_reals);
    return NEURAL_OK;
}

neural_status neural_qembedding_quantized(const neural_qembedding_table *table,
                                          const int64_t *indices, int64_t len,
                                          const neural_qformat *y_format, void *y) {
    NEURAL_TRY(check(table, indices, len, y));
    NEURAL_TRY(neural_qformat_check("qembedding: y", y_format));
    embedding_job job = {.table = table,
                         .indices = indices,
                         .bytes = y,
                         .target = neural_qtarget_of(y_format, 1 / y_format->scale, 0)};
    run(&job, len, give_bytes);
    return NEURAL_OK;
}

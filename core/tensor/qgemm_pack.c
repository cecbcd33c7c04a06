#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/qgemm_job.h"

/* Quads summed at a time. */
enum { ONES = 256 };

/* Rows of B copied before they are turned where their distance is no multiple of a quad. */
enum { COPY_QUADS = 64 };

/* Turns [columns, k] with whole quads as elements: float is 32 bits that are moved, not read. */
static void turn_quads(const neural_kernel_table *moves, const int8_t *b, int64_t ldb,
                       int64_t quads, int64_t columns, int8_t *panel, int64_t quad_bytes) {
    if (ldb % 4 == 0) {
        moves->transpose_f32((float *)(void *)panel, (const float *)(const void *)b, columns, quads,
                             quad_bytes / 4, ldb / 4);
        return;
    }
    _Alignas(64) int8_t rows[NEURAL_QGEMM_PANEL][4 * COPY_QUADS];
    for (int64_t q = 0; q < quads; q += COPY_QUADS) {
        const int64_t count = quads - q < COPY_QUADS ? quads - q : COPY_QUADS;
        for (int64_t j = 0; j < columns; j++) {
            memcpy(rows[j], b + j * ldb + 4 * q, 4 * (size_t)count);
        }
        moves->transpose_f32((float *)(void *)(panel + q * quad_bytes), (float *)(void *)rows,
                             columns, count, quad_bytes / 4, COPY_QUADS);
    }
}

static void pack_transposed(const neural_kernel_table *moves, const int8_t *b, int64_t ldb,
                            int64_t k, int64_t columns, int8_t *panel) {
    const int64_t quads = k / 4, rest = k % 4, quad_bytes = neural_qgemm_quad_bytes(columns, 0);
    turn_quads(moves, b, ldb, quads, columns, panel, quad_bytes);
    if (rest) {
        int8_t *last = panel + quads * quad_bytes;
        for (int64_t j = 0; j < columns; j++) {
            memset(last + 4 * j, 0, 4);
            memcpy(last + 4 * j, b + j * ldb + 4 * quads, (size_t)rest);
        }
    }
    if (4 * columns < quad_bytes) {
        for (int64_t q = 0; 4 * q < k; q++) {
            memset(panel + q * quad_bytes + 4 * columns, 0, (size_t)(quad_bytes - 4 * columns));
        }
    }
}

void neural_qgemm_pack_panel(const neural_qgemm_kernels *kernels, const neural_kernel_table *moves,
                             int trans_b, const int8_t *b, int64_t ldb, int64_t k, int64_t columns,
                             int8_t *panel) {
    if (trans_b) {
        pack_transposed(moves, b, ldb, k, columns, panel);
    } else {
        kernels->pack_rows(panel, b, ldb, k, columns, neural_qgemm_quad_bytes(columns, 0));
    }
}

/* A row of ones times the panel: as bytes and as 16-bit numbers. */
void neural_qgemm_sum_columns(const neural_qgemm_kernels *kernels, const int8_t *panel,
                              int64_t quads, int64_t quad_bytes, int32_t *sums) {
    _Alignas(64) int16_t ones[4 * ONES];
    const int64_t columns = quad_bytes / 4;
    for (int64_t i = 0; i < 4 * ONES; i++) {
        ones[i] = kernels->widen ? 1 : 0x0101;
    }
    memset(sums, 0, sizeof *sums * (size_t)columns);
    for (int64_t j = 0; j < columns; j += kernels->nr) {
        for (int64_t q = 0; q < quads; q += ONES) {
            const neural_qgemm_panel tile = {.a = ones,
                                             .b = panel + q * quad_bytes + 4 * j,
                                             .b_row = quad_bytes,
                                             .c = sums + j,
                                             .m = 1,
                                             .n = columns - j < kernels->nr ? columns - j
                                                                            : kernels->nr,
                                             .k = quads - q < ONES ? quads - q : ONES,
                                             .start = sums + j};
            kernels->tile(&tile);
        }
    }
}

/* The rows times a column of ones, which is one quad over and over again. */
void neural_qgemm_sum_rows(const neural_qgemm_job *job, int64_t begin, int64_t end, int32_t *sums) {
    const neural_qgemm_kernels *kernels = job->kernels;
    _Alignas(64) int8_t ones[4 * NEURAL_QGEMM_GROUP];
    _Alignas(64) int32_t acc[NEURAL_QGEMM_MAX_ROWS][NEURAL_QGEMM_GROUP];
    memset(ones, 1, sizeof ones);
    for (int64_t i = begin; i < end; i += kernels->mr) {
        const int64_t rows = end - i < kernels->mr ? end - i : kernels->mr;
        const neural_qgemm_panel tile = {.a = job->a + i * job->a_row,
                                         .a_row = job->a_row,
                                         .b = ones,
                                         .c = acc[0],
                                         .c_row = NEURAL_QGEMM_GROUP,
                                         .m = rows,
                                         .n = kernels->nr < NEURAL_QGEMM_GROUP ? kernels->nr
                                                                               : NEURAL_QGEMM_GROUP,
                                         .k = job->quads,
                                         .flags = job->flip ? NEURAL_QGEMM_FLIP : 0};
        kernels->tile(&tile);
        for (int64_t r = 0; r < rows; r++) {
            sums[i + r] = acc[r][0];
        }
    }
}

/* --- weights that are used again --- */

static neural_status packed_bytes(int64_t n, int64_t k, int64_t *out) {
    NEURAL_REQUIRE(n <= INT64_MAX / 8 && k <= INT64_MAX / 8, NEURAL_ERR_TENSOR_TOO_LARGE,
                   "qgemm_pack: B is %lld x %lld", (long long)k, (long long)n);
    return neural_size_mul(neural_qgemm_round_up(n, NEURAL_QGEMM_GROUP),
                           neural_qgemm_round_up(k, 4), out);
}

neural_status neural_qgemm_pack(int trans_b, int64_t n, int64_t k, const int8_t *b, int64_t ldb,
                                neural_qgemm_packed **out) {
    int64_t data_bytes = 0;
    NEURAL_REQUIRE(out && (b || n == 0 || k == 0), NEURAL_ERR_NULL_POINTER,
                   "qgemm_pack: %s is NULL", out ? "b" : "out");
    NEURAL_REQUIRE(n >= 0 && k >= 0 && ldb >= (trans_b ? k : n), NEURAL_ERR_INVALID_ARGUMENT,
                   "qgemm_pack: n, k are %lld, %lld, ldb %lld, want >= 0 and ldb at least %lld",
                   (long long)n, (long long)k, (long long)ldb, (long long)(trans_b ? k : n));
    NEURAL_TRY(packed_bytes(n, k, &data_bytes));
    const int64_t columns = neural_qgemm_round_up(n, NEURAL_QGEMM_PANEL);
    const int64_t head = neural_qgemm_round_up(sizeof(neural_qgemm_packed), NEURAL_ALIGNMENT);
    const int64_t sum_bytes = 4 * columns;
    NEURAL_REQUIRE(data_bytes <= INT64_MAX / 2 && columns <= INT64_MAX / 16,
                   NEURAL_ERR_TENSOR_TOO_LARGE, "qgemm_pack: B is %lld x %lld", (long long)k,
                   (long long)n);
    neural_qgemm_packed *packed = neural_alloc((size_t)(head + sum_bytes + data_bytes));
    NEURAL_REQUIRE(packed, NEURAL_ERR_OUT_OF_MEMORY, "qgemm_pack: no %lld bytes",
                   (long long)(head + sum_bytes + data_bytes));
    packed->n = n;
    packed->k = k;
    packed->bytes = head + sum_bytes + data_bytes;
    packed->sums = (int32_t *)(void *)((char *)packed + head);
    packed->data = (int8_t *)packed->sums + sum_bytes;
    const neural_qgemm_kernels *kernels = neural_qgemm_kernels_active();
    int8_t *panel = packed->data;
    const int64_t quads = (k + 3) / 4;
    for (int64_t j = 0; j < n; j += NEURAL_QGEMM_PANEL) {
        const int64_t wide = n - j < NEURAL_QGEMM_PANEL ? n - j : NEURAL_QGEMM_PANEL;
        const int64_t quad_bytes = neural_qgemm_quad_bytes(n, j);
        if (k > 0) {
            neural_qgemm_pack_panel(kernels, neural_kernels(), trans_b, b + (trans_b ? j * ldb : j),
                                    ldb, k, wide, panel);
        }
        neural_qgemm_sum_columns(kernels, panel, quads, quad_bytes, packed->sums + j);
        panel += quads * quad_bytes;
    }
    *out = packed;
    return NEURAL_OK;
}

void neural_qgemm_packed_destroy(neural_qgemm_packed *packed) {
    neural_free(packed);
}

int64_t neural_qgemm_packed_bytes(const neural_qgemm_packed *packed) {
    return packed ? packed->bytes : 0;
}

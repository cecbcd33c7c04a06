/* bf16 products without vdpbf16ps: blocks of the operands widened to f32, then multiplied by
 * neural_gemm_f32, which continues the chains of the block of k before. */
#include "core/base/memory.h"
#include "core/tensor/gemm.h"
#include "core/tensor/gemm_bf16_job.h"

/* Blocks of rows, columns and k. */
enum { M_BLOCK = 512, N_BLOCK = 1024, K_BLOCK = 512 };

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static void widen(const neural_kernel_table *kernels, float *dst, int64_t dst_ld,
                  const uint16_t *src, int64_t src_ld, int64_t rows, int64_t cols) {
    for (int64_t i = 0; i < rows; i++) {
        kernels->f32_from_bf16(dst + i * dst_ld, src + i * src_ld, cols);
    }
}

void neural_gemm_bf16_pack_widened(const neural_gemm_bf16_packed *packed,
                                   const neural_gemm_bf16_args *args) {
    const int64_t rows = args->trans_b ? args->n : args->k;
    const int64_t cols = args->trans_b ? args->k : args->n;
    widen(packed->kernels, packed->data, cols, args->b, args->ldb, rows, cols);
}

/* Where a block of each operand is widened to. */
typedef struct blocks {
    float *a, *b, *c;
} blocks;

typedef struct block_range {
    int64_t row, m, column, n, first_k, k;
} block_range;

/* op(B) of a block: widened, or a part of the packed one. */
static void find_b(const neural_kernel_table *kernels, const neural_gemm_bf16_args *args,
                   const block_range *at, float *room, neural_gemm_args *gemm) {
    const neural_gemm_bf16_packed *packed = args->packed;
    gemm->trans_b = packed ? packed->trans_b : args->trans_b;
    const int64_t row = gemm->trans_b ? at->column : at->first_k;
    const int64_t column = gemm->trans_b ? at->first_k : at->column;
    const int64_t rows = gemm->trans_b ? at->n : at->k, cols = gemm->trans_b ? at->k : at->n;
    if (packed) {
        gemm->ldb = gemm->trans_b ? packed->k : packed->n;
        gemm->b = (const float *)packed->data + row * gemm->ldb + column;
    } else {
        widen(kernels, room, cols, args->b + row * args->ldb + column, args->ldb, rows, cols);
        gemm->ldb = cols;
        gemm->b = room;
    }
}

/* C of one block over all k. */
static neural_status multiply_block(const neural_kernel_table *kernels,
                                    const neural_gemm_bf16_args *args, const blocks *room,
                                    block_range at) {
    neural_gemm_args gemm = {.m = at.m, .n = at.n, .alpha = 1, .a = room->a};
    gemm.c = args->has_bf16_result ? room->c : (float *)args->c + at.row * args->ldc + at.column;
    gemm.ldc = args->has_bf16_result ? at.n : args->ldc;
    do {
        at.k = gemm.k = gemm.lda = least(K_BLOCK, args->k - at.first_k);
        gemm.beta = at.first_k > 0;
        widen(kernels, room->a, at.k, args->a + at.row * args->lda + at.first_k, args->lda, at.m,
              at.k);
        find_b(kernels, args, &at, room->b, &gemm);
        NEURAL_TRY(neural_gemm_f32_at(kernels, &gemm));
        at.first_k += at.k;
    } while (at.first_k < args->k);
    for (int64_t i = 0; i < at.m && args->has_bf16_result; i++) {
        kernels->bf16_from_f32((uint16_t *)args->c + (at.row + i) * args->ldc + at.column,
                               room->c + i * at.n, at.n);
    }
    return NEURAL_OK;
}

static neural_status multiply(const neural_kernel_table *kernels, const neural_gemm_bf16_args *args,
                              const blocks *room) {
    for (int64_t column = 0; column < args->n; column += N_BLOCK) {
        for (int64_t row = 0; row < args->m; row += M_BLOCK) {
            const block_range at = {.row = row,
                                    .m = least(M_BLOCK, args->m - row),
                                    .column = column,
                                    .n = least(N_BLOCK, args->n - column)};
            NEURAL_TRY(multiply_block(kernels, args, room, at));
        }
    }
    return NEURAL_OK;
}

neural_status neural_gemm_bf16_run_widened(const neural_kernel_table *kernels,
                                           const neural_gemm_bf16_args *args) {
    const int64_t m = least(args->m, M_BLOCK), n = least(args->n, N_BLOCK);
    const int64_t k = least(args->k, K_BLOCK);
    const int64_t a_len = m * k, b_len = args->packed ? 0 : k * n;
    const int64_t c_len = args->has_bf16_result ? m * n : 0;
    const int64_t bytes = (a_len + b_len + c_len) * (int64_t)sizeof(float);
    neural_block *block = neural_block_create((size_t)bytes + 1);
    NEURAL_REQUIRE(block, NEURAL_ERR_OUT_OF_MEMORY, "gemm_bf16: no %lld bytes for widening",
                   (long long)bytes);
    float *data = neural_block_data(block);
    const blocks room = {.a = data, .b = data + a_len, .c = data + a_len + b_len};
    const neural_status status = multiply(kernels, args, &room);
    neural_block_release(block);
    return status;
}

/* bf16 products with vdpbf16ps: panels of 64 columns of B, packed as they are needed, each against
 * all rows of A. */
#include <string.h>

#include "core/asm/gemm_bf16_kernel.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/gemm_bf16_job.h"

enum {
    COLUMNS = NEURAL_GEMM_BF16_COLUMNS,
    WIDTH = NEURAL_GEMM_BF16_WIDTH,
    K_BLOCK = 1024,           /* 128 KiB of a packed panel, which stay in L2 */
    SUM_ROWS = 256,           /* rows of f32 sums kept for a bf16 result */
    STACK_SCRATCH = 16 * 1024 /* bytes; more comes from the block pool */
};

/* Products below this many multiplications stay on the calling thread. */
static const double SERIAL_WORK = 1024.0 * 1024;

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t round_up(int64_t len, int64_t unit) {
    return (len + unit - 1) / unit * unit;
}

/* --- packing --- */

/* Columns [column, column + n) of B over rows [row, row + k), B stored [n, k]. Pairs along k are
 * single f32 to the transposing kernel. */
static void pack_transposed(const neural_kernel_table *kernels, const neural_gemm_bf16_args *args,
                            uint16_t *dst, int64_t column, int64_t n, int64_t row, int64_t k) {
    const uint16_t *src = args->b + column * args->ldb + row;
    const int64_t width = round_up(n, WIDTH), pairs = k / 2;
    if (args->ldb % 2 == 0) {
        kernels->transpose_f32((float *)dst, (const float *)src, n, pairs, width, args->ldb / 2);
    } else {
        for (int64_t j = 0; j < n; j++) {
            for (int64_t p = 0; p < pairs; p++) {
                memcpy(dst + (p * width + j) * 2, src + j * args->ldb + 2 * p, 4);
            }
        }
    }
    for (int64_t j = 0; j < n && k % 2; j++) {
        dst[(pairs * width + j) * 2] = src[j * args->ldb + k - 1];
        dst[(pairs * width + j) * 2 + 1] = 0;
    }
    for (int64_t p = 0; p < (k + 1) / 2 && n < width; p++) {
        memset(dst + (p * width + n) * 2, 0, (size_t)(width - n) * 4);
    }
}

static void pack_panel(const neural_kernel_table *kernels, const neural_gemm_bf16_args *args,
                       uint16_t *dst, int64_t column, int64_t n, int64_t row, int64_t k) {
    if (args->trans_b) {
        pack_transposed(kernels, args, dst, column, n, row, k);
    } else {
        neural_gemm_bf16_pack_bf16(dst, args->b + row * args->ldb + column, k, n, args->ldb);
    }
}

int64_t neural_gemm_bf16_panels_len(int64_t n, int64_t k) {
    return round_up(n, WIDTH) * round_up(k, 2);
}

void neural_gemm_bf16_pack_panels(const neural_gemm_bf16_packed *packed,
                                  const neural_gemm_bf16_args *args) {
    for (int64_t j = 0; j < args->n; j += COLUMNS) {
        pack_panel(packed->kernels, args,
                   (uint16_t *)packed->data + neural_gemm_bf16_panels_len(j, args->k), j,
                   least(COLUMNS, args->n - j), 0, args->k);
    }
}

/* --- running --- */

/* A product cut by rows or columns into pieces of `grain`, each with its own scratch. */
typedef struct split {
    const neural_kernel_table *kernels;
    const neural_gemm_bf16_args *args;
    int by_columns;
    int64_t grain, piece_bytes;
    int64_t panel_bytes; /* scratch: a packed panel, then sums */
    char *scratch;
} split;

/* The panel of B for rows [row, row + k): where it is, or packed into scratch. */
static const uint16_t *panel_of_b(const split *s, char *scratch, int64_t column, int64_t n,
                                  int64_t row, int64_t k) {
    const neural_gemm_bf16_packed *packed = s->args->packed;
    if (packed) {
        return (const uint16_t *)packed->data + neural_gemm_bf16_panels_len(column, packed->k) +
               row * round_up(n, WIDTH);
    }
    pack_panel(s->kernels, s->args, (uint16_t *)scratch, column, n, row, k);
    return (const uint16_t *)scratch;
}

static void multiply_panel(const split *s, char *scratch, int64_t row, int64_t m, int64_t column,
                           int64_t n, float *c, int64_t c_row) {
    int64_t done = 0;
    do {
        const int64_t k = least(K_BLOCK, s->args->k - done);
        const neural_gemm_bf16_panel panel = {
            .a = s->args->a + row * s->args->lda + done,
            .a_row = s->args->lda,
            .b = panel_of_b(s, scratch, column, n, done, k),
            .c = c,
            .c_row = c_row,
            .m = m,
            .n = n,
            .k = k,
            .starts_at_c = done > 0,
        };
        neural_gemm_bf16_6x64_bf16(&panel);
        done += k;
    } while (done < s->args->k);
}

/* The same for a bf16 result, through f32 sums. */
static void multiply_and_round(const split *s, char *scratch, int64_t row, int64_t m,
                               int64_t column, int64_t n) {
    float *sums = (float *)(scratch + s->panel_bytes);
    for (int64_t done = 0; done < m; done += SUM_ROWS) {
        const int64_t rows = least(SUM_ROWS, m - done);
        uint16_t *c = (uint16_t *)s->args->c + (row + done) * s->args->ldc + column;
        multiply_panel(s, scratch, row + done, rows, column, n, sums, COLUMNS);
        for (int64_t i = 0; i < rows; i++) {
            s->kernels->bf16_from_f32(c + i * s->args->ldc, sums + i * COLUMNS, n);
        }
    }
}

static void run_piece(void *context, int64_t begin, int64_t end) {
    const split *s = context;
    char *scratch = s->scratch + begin / s->grain * s->piece_bytes;
    const int64_t row = s->by_columns ? 0 : begin, m = s->by_columns ? s->args->m : end - begin;
    const int64_t first = s->by_columns ? begin : 0, last = s->by_columns ? end : s->args->n;
    for (int64_t column = first; column < last; column += COLUMNS) {
        const int64_t n = least(COLUMNS, last - column);
        if (s->args->has_bf16_result) {
            multiply_and_round(s, scratch, row, m, column, n);
        } else {
            float *c = (float *)s->args->c + row * s->args->ldc + column;
            multiply_panel(s, scratch, row, m, column, n, c, s->args->ldc);
        }
    }
}

/* Columns where every thread gets some panels, for then nothing is packed twice; else rows. */
static split cut(const neural_gemm_bf16_args *args, int64_t threads) {
    const int64_t unit = args->packed ? COLUMNS : WIDTH;
    split s = {.args = args};
    s.by_columns =
        args->n >= 2 * COLUMNS * threads || args->m < 2 * NEURAL_GEMM_BF16_ROWS * threads;
    const int64_t len = s.by_columns ? args->n : args->m;
    s.grain = (len + threads - 1) / threads;
    s.grain = s.by_columns ? round_up(s.grain, unit) : s.grain;
    const int64_t width = round_up(least(args->n, COLUMNS), WIDTH);
    s.panel_bytes = args->packed ? 0 : round_up(least(args->k, K_BLOCK), 2) * width * 2;
    s.piece_bytes = s.panel_bytes;
    if (args->has_bf16_result) {
        s.piece_bytes += least(args->m, SUM_ROWS) * COLUMNS * 4;
    }
    return s;
}

neural_status neural_gemm_bf16_run_panels(const neural_kernel_table *kernels,
                                          const neural_gemm_bf16_args *args) {
    const double work = (double)args->m * (double)args->n * (double)args->k;
    const int64_t threads = work < SERIAL_WORK ? 1 : neural_num_threads();
    split s = cut(args, threads);
    s.kernels = kernels;
    const int64_t len = s.by_columns ? args->n : args->m;
    const int64_t bytes = s.piece_bytes * threads;
    if (bytes <= STACK_SCRATCH) {
        _Alignas(64) char scratch[STACK_SCRATCH];
        s.scratch = scratch;
        neural_parallel_for(len, s.grain, run_piece, &s);
        return NEURAL_OK;
    }
    neural_block *block = neural_block_create((size_t)bytes);
    NEURAL_REQUIRE(block, NEURAL_ERR_OUT_OF_MEMORY, "gemm_bf16: no %lld bytes for packing",
                   (long long)bytes);
    s.scratch = neural_block_data(block);
    neural_parallel_for(len, s.grain, run_piece, &s);
    neural_block_release(block);
    return NEURAL_OK;
}

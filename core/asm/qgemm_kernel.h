/* The int8 GEMM kernels. B is packed in quads, four steps of k of one column side by side:
 *
 *                 column 0        column 1            n, a multiple of 16
 *   quad 0     b0 b1 b2 b3     b0 b1 b2 b3   ...   k = 0 ... 3
 *   quad 1     b4 b5 b6 b7     b4 b5 b6 b7   ...   k = 4 ... 7     b_row bytes from quad to quad
 *
 * All sums are exact modulo 2^32, so every level and tile gives the same bits. No kernel saturates
 * on the way. None allocates, fails or touches a byte beyond what its contract names. */
#ifndef CORE_ASM_QGEMM_KERNEL_H_
#define CORE_ASM_QGEMM_KERNEL_H_

#include <stdint.h>

#include "core/asm/cpu.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    NEURAL_QGEMM_GROUP = 16,   /* columns come in whole groups of this many */
    NEURAL_QGEMM_MAX_ROWS = 6, /* no tile has more rows or columns */
    NEURAL_QGEMM_MAX_COLUMNS = 64,
    NEURAL_QGEMM_FLIP = 1 /* flag: A is s8 and enters as a + 128 */
};

/* The arguments of a tile; the assembly knows these offsets. */
typedef struct neural_qgemm_panel {
    const void *a;   /*  0: u8 quads of a row side by side (tiles with widen: as that writes) */
    int64_t a_row;   /*  8: bytes from row to row */
    const int8_t *b; /* 16 */
    int64_t b_row;   /* 24: bytes from quad to quad (dot: from row to row) */
    int32_t *c;      /* 32 */
    int64_t c_row;   /* 40: elements from row to row */
    int64_t m;       /* 48: 1 ... mr */
    int64_t n;       /* 56: a multiple of the vector, at most nr (dot: any) */
    int64_t k;       /* 64: quads (dot: bytes) */
    const int32_t *start; /* 72: what column j starts from; NULL: 0 */
    int64_t flags;        /* 80 */
    int64_t zero;         /* 88: dot alone */
    /* Tile alone, both NULL for one run: k quads of a row are a run; from the end of one to the
     * next it is runs[0], runs[1], ... bytes, of all rows. B goes on as it is. */
    const int64_t *runs;     /* 96 */
    const int64_t *runs_end; /* 104 */
} neural_qgemm_panel;

/* tile: c[i][j] = start[j] + sum of a[i][k] * b[k][j].
 * dot: m = 1, B stored [n, k]: c[j] = start[j] + sum of (a[k] - zero) * b[j][k], zero in 0..255.
 * sweep: the same for B stored [k, n], n <= 64. */
typedef void neural_qgemm_kernel(const neural_qgemm_panel *panel);

/* dst: the 16-bit numbers of a row for tiles that multiply such, quad by quad a0 a2 a1 a3. Writes
 * up to the next multiple of 16 numbers, zeros beyond len. */
typedef void neural_qgemm_widen(int16_t *dst, const void *src, int64_t len, int64_t is_signed);

/* Packs src[rows, cols] in quads of rows: dst_row bytes from quad to quad; zeros up to whole quads
 * and whole groups of columns. */
typedef void neural_qgemm_pack_rows(int8_t *dst, const int8_t *src, int64_t src_ld, int64_t rows,
                                    int64_t cols, int64_t dst_row);

enum {
    NEURAL_QGEMM_CORRECT = 1,   /* acc += row_x[i] * col_x[j] + row_y[i] * col_y[j] */
    NEURAL_QGEMM_ROW_SCALE = 2, /* the flags below: f32 alone */
    NEURAL_QGEMM_BIAS = 4,
    NEURAL_QGEMM_RELU = 8
};
enum { NEURAL_QGEMM_TO_S32 = 0, NEURAL_QGEMM_TO_F32 = 1, NEURAL_QGEMM_TO_I8 = 2 };

/* From a tile of sums to what is stored:
 *   s32  acc
 *   f32  relu(float(acc) * scale[j] * row_scale[i] + bias[j])
 *   i8   int(round_half_even(clamp(float(acc) * scale[j], low, high))) + zero_point; NaN: low
 * every operation rounded on its own. */
typedef struct neural_qgemm_result {
    const int32_t *acc;           /*   0 */
    int64_t acc_row;              /*   8: elements */
    void *dst;                    /*  16 */
    int64_t dst_row;              /*  24: bytes */
    int64_t m, n;                 /*  32: n is a multiple of 16 */
    const float *scale, *bias;    /*  48: of n columns */
    const int32_t *row_x, *col_x; /*  64 */
    const int32_t *row_y, *col_y; /*  80 */
    const float *row_scale;       /*  96 */
    float low, high;              /* 104: bounds of u8 or s8, or 0, less the zero point */
    int32_t zero_point, kind;     /* 112 */
    int64_t flags;                /* 120 */
} neural_qgemm_result;

typedef void neural_qgemm_finish(const neural_qgemm_result *result);

/* Channel by channel, no more than 64 (a multiple of 16) of them at a time:
 *
 *   dst[p][c] = start[c] + sum over t < 4 * quads of
 *               weight[t][c] * (src[p * step + taps[t] + c] ^ flip)
 *
 * What stands for channel c, tap t of quad q lies at NEURAL_QGEMM_DEPTHWISE_AT(c) + 64 q of start
 * (q = 0) and, times 4, + t % 4, of weight. dst is written up to 64 channels. */
#define NEURAL_QGEMM_DEPTHWISE_AT(c) ((c) % 16 / 4 * 16 + (c) / 16 * 4 + (c) % 4)
typedef struct neural_qgemm_depthwise {
    const uint8_t *src;   /*  0 */
    int64_t step;         /*  8: bytes from pixel to pixel */
    const int64_t *taps;  /* 16: 4 * quads of them */
    int64_t quads;        /* 24: at least 1 */
    const int8_t *weight; /* 32 */
    const int32_t *start; /* 40: 64 of them */
    int32_t *dst;         /* 48 */
    int64_t dst_row;      /* 56: elements */
    int64_t pixels, n;    /* 64 */
    int64_t flip;         /* 80: 0 or 128 */
} neural_qgemm_depthwise;

typedef void neural_qgemm_depthwise_kernel(const neural_qgemm_depthwise *args);

/* What one level offers. */
typedef struct neural_qgemm_kernels {
    const char *name;
    neural_qgemm_kernel *tile;
    int32_t mr, nr;
    neural_qgemm_widen *widen; /* NULL: the tile reads bytes */
    neural_qgemm_pack_rows *pack_rows;
    neural_qgemm_finish *finish;
    neural_qgemm_kernel *dot, *sweep; /* NULL where there is none */
    neural_qgemm_depthwise_kernel *depthwise;
} neural_qgemm_kernels;

/* Those of a level with these quirks (NEURAL_QUIRK_VNNI counts); NULL when the CPU lacks them. */
const neural_qgemm_kernels *neural_qgemm_kernels_at(neural_isa isa, unsigned quirks);

/* Those in use. */
const neural_qgemm_kernels *neural_qgemm_kernels_active(void);

/* Prototypes of every kernel. */
#define NEURAL_QGEMM_TILE(level, mr, nr) neural_qgemm_kernel neural_qgemm_i8_##mr##x##nr##_##level;
#define NEURAL_QGEMM_BODY(type, level) neural_qgemm_##type neural_qgemm_##type##_i8_##level;
#define NEURAL_QGEMM_DOT(level) neural_qgemm_kernel neural_qgemm_dot_i8_##level;
#define NEURAL_QGEMM_SWEEP(level) neural_qgemm_kernel neural_qgemm_dot_i8_1x64_##level;
#define NEURAL_QGEMM_DEPTHWISE(level)                                                              \
    neural_qgemm_depthwise_kernel neural_qgemm_depthwise_i8_##level;
#include "core/asm/qgemm_tiles.inc"
#undef NEURAL_QGEMM_TILE
#undef NEURAL_QGEMM_BODY
#undef NEURAL_QGEMM_DOT
#undef NEURAL_QGEMM_SWEEP
#undef NEURAL_QGEMM_DEPTHWISE

#ifdef __cplusplus
}
#endif

#endif /* CORE_ASM_QGEMM_KERNEL_H_ */

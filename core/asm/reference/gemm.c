/* The GEMM tiles in C: what each assembly tile computes, with a rounded product (no FMA). */
#include "core/asm/gemm_kernel.h"

#define T float
#define BETA f32
#define MR 4
#define NR 16
#define KERNEL neural_gemm_f32_4x16_c
#include "core/asm/reference/gemm_tile.inc"

#define T float
#define BETA f32
#define MR 8
#define NR 8
#define KERNEL neural_gemm_f32_8x8_c
#include "core/asm/reference/gemm_tile.inc"

#define T double
#define BETA f64
#define MR 4
#define NR 8
#define KERNEL neural_gemm_f64_4x8_c
#include "core/asm/reference/gemm_tile.inc"

#define T double
#define BETA f64
#define MR 8
#define NR 4
#define KERNEL neural_gemm_f64_8x4_c
#include "core/asm/reference/gemm_tile.inc"

/* A row of C by 8 columns at a time. */
#define DEFINE_GEMV(T, dtype, tile)                                                                \
    void neural_gemv_##dtype##_c(const neural_gemm_panel *panel) {                                 \
        neural_gemm_panel part = *panel;                                                           \
        for (int64_t j = 0; j < panel->n; j += 8) {                                                \
            const int64_t left = panel->n - j;                                                     \
            part.b = (const T *)panel->b + j;                                                      \
            part.c = (T *)panel->c + j;                                                            \
            part.n = left < 8 ? left : 8;                                                          \
            if (panel->flags & NEURAL_GEMM_ADD_COLUMN) {                                           \
                part.bias = (const T *)panel->bias + j;                                            \
            }                                                                                      \
            tile(&part);                                                                           \
        }                                                                                          \
    }

DEFINE_GEMV(float, f32, neural_gemm_f32_8x8_c)
DEFINE_GEMV(double, f64, neural_gemm_f64_4x8_c)

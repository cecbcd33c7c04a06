/* The int8 GEMM kernels in C. Sums are kept unsigned: they wrap as the vectors do. */
#include "core/asm/qgemm_kernel.h"

/* acc += a run of quads times B. */
static void add_run(uint32_t acc[NEURAL_QGEMM_GROUP], const uint8_t *a, uint8_t flip,
                    const neural_qgemm_panel *panel, const int8_t *b) {
    for (int64_t q = 0; q < panel->k; q++) {
        const int8_t *quads = b + q * panel->b_row;
        for (int64_t j = 0; j < panel->n; j++) {
            int32_t sum = 0;
            for (int64_t r = 0; r < 4; r++) {
                sum += (a[4 * q + r] ^ flip) * quads[4 * j + r];
            }
            acc[j] += (uint32_t)sum;
        }
    }
}

void neural_qgemm_i8_6x16_c(const neural_qgemm_panel *panel) {
    const uint8_t flip = panel->flags & NEURAL_QGEMM_FLIP ? 128 : 0;
    for (int64_t i = 0; i < panel->m; i++) {
        const uint8_t *a = (const uint8_t *)panel->a + i * panel->a_row;
        const int8_t *b = panel->b;
        uint32_t acc[NEURAL_QGEMM_GROUP] = {0};
        for (int64_t j = 0; panel->start && j < panel->n; j++) {
            acc[j] = (uint32_t)panel->start[j];
        }
        add_run(acc, a, flip, panel, b);
        for (const int64_t *run = panel->runs; run != panel->runs_end; run++) {
            a += 4 * panel->k + *run;
            b += panel->k * panel->b_row;
            add_run(acc, a, flip, panel, b);
        }
        for (int64_t j = 0; j < panel->n; j++) {
            panel->c[i * panel->c_row + j] = (int32_t)acc[j];
        }
    }
}

void neural_qgemm_pack_rows_i8_c(int8_t *dst, const int8_t *src, int64_t src_ld, int64_t rows,
                                 int64_t cols, int64_t dst_row) {
    const int64_t width = (cols + NEURAL_QGEMM_GROUP - 1) / NEURAL_QGEMM_GROUP * NEURAL_QGEMM_GROUP;
    for (int64_t q = 0; 4 * q < rows; q++) {
        for (int64_t j = 0; j < width; j++) {
            for (int64_t r = 4 * q; r < 4 * q + 4; r++) {
                dst[q * dst_row + 4 * j + r % 4] = r < rows && j < cols ? src[r * src_ld + j] : 0;
            }
        }
    }
}

/* Adding and subtracting 1.5 * 2^23 rounds to the nearest integer, ties to even. */
static int32_t quantized(const neural_qgemm_result *r, float x) {
    const float rounder = 12582912.0f;
    x = x > r->low ? x : r->low;
    x = x < r->high ? x : r->high;
    return (int32_t)((x + rounder) - rounder) + r->zero_point;
}

static float scaled(const neural_qgemm_result *r, float x, int64_t i, int64_t j) {
    if (r->flags & NEURAL_QGEMM_ROW_SCALE) x *= r->row_scale[i];
    if (r->flags & NEURAL_QGEMM_BIAS) x += r->bias[j];
    return r->flags & NEURAL_QGEMM_RELU && x < 0 ? 0 : x;
}

void neural_qgemm_finish_i8_c(const neural_qgemm_result *r) {
    for (int64_t i = 0; i < r->m; i++) {
        char *dst = (char *)r->dst + i * r->dst_row;
        for (int64_t j = 0; j < r->n; j++) {
            uint32_t acc = (uint32_t)r->acc[i * r->acc_row + j];
            if (r->flags & NEURAL_QGEMM_CORRECT) {
                acc += (uint32_t)r->row_x[i] * (uint32_t)r->col_x[j];
                acc += (uint32_t)r->row_y[i] * (uint32_t)r->col_y[j];
            }
            if (r->kind == NEURAL_QGEMM_TO_S32) {
                ((int32_t *)(void *)dst)[j] = (int32_t)acc;
            } else if (r->kind == NEURAL_QGEMM_TO_F32) {
                ((float *)(void *)dst)[j] = scaled(r, (float)(int32_t)acc * r->scale[j], i, j);
            } else {
                dst[j] = (char)quantized(r, (float)(int32_t)acc * r->scale[j]);
            }
        }
    }
}

void neural_qgemm_depthwise_i8_c(const neural_qgemm_depthwise *args) {
    for (int64_t p = 0; p < args->pixels; p++) {
        const uint8_t *src = args->src + p * args->step;
        for (int64_t c = 0; c < args->n; c++) {
            const int64_t at = NEURAL_QGEMM_DEPTHWISE_AT(c);
            uint32_t sum = (uint32_t)args->start[at];
            for (int64_t t = 0; t < 4 * args->quads; t++) {
                const int32_t x = src[args->taps[t] + c] ^ (int32_t)args->flip;
                sum += (uint32_t)(x * args->weight[4 * (at + t / 4 * 64) + t % 4]);
            }
            args->dst[p * args->dst_row + c] = (int32_t)sum;
        }
    }
}

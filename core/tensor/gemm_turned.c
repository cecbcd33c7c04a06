#include "core/tensor/gemm_turned.h"

/* Below this depth the turn back of C is not worth it. */
static const int64_t MIN_DEPTH = 64;

/* Vector operations per row of C and step of k: turning costs what so many FMAs do, and C^T must
 * save so many. */
static const double TURNING = 0.35, MIN_GAIN = 0.1;

int neural_gemm_turned_pays(const neural_gemm_type *type, int64_t columns, int64_t k) {
    if (columns > NEURAL_GEMM_TURNED_ROWS || k < MIN_DEPTH) {
        return 0;
    }
    const double filled = (double)columns / (double)type->lanes;
    const double plain = 0.5 * (double)((2 * columns + type->lanes - 1) / type->lanes);
    return (filled > TURNING ? filled : TURNING) + MIN_GAIN < plain;
}

static int64_t turned_bias(int64_t flags) {
    return (flags & NEURAL_GEMM_RELU) | (flags & NEURAL_GEMM_ADD_COLUMN ? NEURAL_GEMM_ADD_ROW : 0) |
           (flags & NEURAL_GEMM_ADD_ROW ? NEURAL_GEMM_ADD_COLUMN : 0);
}

void neural_gemm_turned_set(neural_gemm_turned *turned, const void *rows, int64_t row, int64_t m,
                            int64_t n) {
    const int64_t lanes = turned->type->lanes, flags = turned->panel.flags;
    neural_gemm_panel *panel = &turned->panel;
    panel->b = rows;
    panel->b_row = row;
    panel->m = n;
    panel->n = lanes;
    panel->flags = turned_bias(flags);
    turned->vectors = m / lanes;
    turned->bias_step = flags & NEURAL_GEMM_ADD_ROW ? lanes : 0;
}

void neural_gemm_turned_run(const neural_gemm_turned *turned, int64_t begin, int64_t end) {
    const neural_gemm_type *type = turned->type;
    const neural_gemm_panel *first = &turned->panel;
    const int64_t size = type->size, lanes = type->lanes;
    _Alignas(64) char block[NEURAL_GEMM_TURNED_ROWS * 64];
    neural_gemm_panel panel = *first;
    panel.c = block;
    panel.c_row = lanes;
    for (int64_t v = begin; v < end; v++) {
        panel.b = (const char *)first->b + v * lanes * first->b_row * size;
        panel.bias = (const char *)first->bias + v * turned->bias_step * size;
        turned->kernel(&panel);
        type->transpose(turned->kernels, (char *)first->c + v * lanes * first->c_row * size, block,
                        panel.m, lanes, first->c_row, lanes);
    }
}

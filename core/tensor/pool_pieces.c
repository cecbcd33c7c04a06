#include "core/tensor/pool_pieces.h"

#include <string.h>

static int64_t min_of(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Whether the windows lie in the input itself. */
static int is_inside(const neural_pool_axis *axis) {
    return axis->pad == 0 && neural_pool_reach(axis) <= axis->in;
}

#define T float
#define NAME(stem) stem##_f32
#include "core/tensor/pool_pieces_template.inc"
#undef T
#undef NAME
#define T double
#define NAME(stem) stem##_f64
#include "core/tensor/pool_pieces_template.inc"
#undef T
#undef NAME

/* Reductions of a vector to one number. */
#include <math.h>

#include "core/asm/kernel_table.h"

#define T float
#define NAME(op) neural_##op##_f32_c
#define LANES 64
#include "core/asm/reference/reduce_template.inc"
#undef T
#undef NAME
#undef LANES

#define T double
#define NAME(op) neural_##op##_f64_c
#define LANES 32
#include "core/asm/reference/reduce_template.inc"
#undef T
#undef NAME
#undef LANES

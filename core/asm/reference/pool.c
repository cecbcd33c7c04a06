/* Windows of 2x2 and 3x3 elements. */
#include "core/asm/kernel_table.h"

#define T float
#define NAME(op) neural_##op##_f32_c
#include "core/asm/reference/pool_template.inc"
#undef T
#undef NAME

#define T double
#define NAME(op) neural_##op##_f64_c
#include "core/asm/reference/pool_template.inc"
#undef T
#undef NAME

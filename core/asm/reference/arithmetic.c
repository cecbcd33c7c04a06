/* Elementwise arithmetic. */
#include <math.h>

#include "core/asm/kernel_table.h"

#define T float
#define NAME(op) neural_##op##_f32_c
#define SQRT sqrtf
#include "core/asm/reference/arithmetic_template.inc"
#undef T
#undef NAME
#undef SQRT

#define T double
#define NAME(op) neural_##op##_f64_c
#define SQRT sqrt
#include "core/asm/reference/arithmetic_template.inc"
#undef T
#undef NAME
#undef SQRT

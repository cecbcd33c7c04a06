/* Normalization of rows. */
#include <math.h>

#include "core/asm/kernel_table.h"

#define T float
#define SQRT sqrtf
#define NAME(op) neural_##op##_f32_c
#include "core/asm/reference/norm_template.inc"
#undef T
#undef SQRT
#undef NAME

#define T double
#define SQRT sqrt
#define NAME(op) neural_##op##_f64_c
#include "core/asm/reference/norm_template.inc"
#undef T
#undef SQRT
#undef NAME

/* Windows of planes: the largest element, the mean, their gradients. */
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

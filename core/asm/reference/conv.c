/* Convolutions through tables of offsets. */
#include "core/asm/kernel_table.h"

#define T float
#define NAME(op) neural_##op##_f32_c
#include "core/asm/reference/conv_template.inc"
#undef T
#undef NAME

#define T double
#define NAME(op) neural_##op##_f64_c
#include "core/asm/reference/conv_template.inc"
#undef T
#undef NAME

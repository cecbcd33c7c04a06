/* Area and moment of aggregated fuzzy sets. */
#include "core/asm/kernel_table.h"

#define T float
#define SYMBOL(op) neural_##op##_f32_c
#include "core/asm/reference/fuzzy_set_template.inc"
#undef T
#undef SYMBOL

#define T double
#define SYMBOL(op) neural_##op##_f64_c
#include "core/asm/reference/fuzzy_set_template.inc"
#undef T
#undef SYMBOL

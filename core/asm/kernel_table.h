/* The kernel tables: one immutable table of function pointers per instruction set level, generated
 * from slots.inc and kernels.inc. A slot without a body at a level inherits the level below. */
#ifndef CORE_ASM_KERNEL_TABLE_H_
#define CORE_ASM_KERNEL_TABLE_H_

#include "core/asm/cpu.h"
#include "core/asm/gemm_kernel.h"
#include "core/asm/kernel_types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_kernel_table {
#define NEURAL_SLOT(op, type, accuracy) \
    neural_##type##_f32 *op##_f32;      \
    neural_##type##_f64 *op##_f64;
#define NEURAL_PLAIN_SLOT(op, type, accuracy) neural_##type *op;
#include "core/asm/slots.inc"
    neural_gemm_kernels gemm_f32; /* micro-kernels with their tiles and block sizes */
    neural_gemm_kernels gemm_f64;
    neural_isa isa;
} neural_kernel_table;

/* The table of the active level. */
extern const neural_kernel_table *neural_active_kernels;
static inline const neural_kernel_table *neural_kernels(void) {
    return neural_active_kernels;
}

/* The table of one level, for tests and benches; NULL when the CPU lacks it. */
const neural_kernel_table *neural_kernels_at(neural_isa isa);

/* Prototypes of every kernel. */
#define NEURAL_KERNEL(isa, op, dtype) neural_slot_type_##op##_##dtype neural_##op##_##dtype##_##isa;
#define NEURAL_PLAIN_KERNEL(isa, op) neural_slot_type_##op neural_##op##_##isa;
#define NEURAL_SLOT(op, type, accuracy)                     \
    typedef neural_##type##_f32 neural_slot_type_##op##_f32; \
    typedef neural_##type##_f64 neural_slot_type_##op##_f64;
#define NEURAL_PLAIN_SLOT(op, type, accuracy) typedef neural_##type neural_slot_type_##op;
#include "core/asm/slots.inc"
#include "core/asm/kernels.inc"
#undef NEURAL_KERNEL
#undef NEURAL_PLAIN_KERNEL

#ifdef __cplusplus
}
#endif

#endif /* CORE_ASM_KERNEL_TABLE_H_ */

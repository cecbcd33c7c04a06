/* The operations that have kernels, and how exact each is: slots.inc as text. */
#ifndef CORE_ASM_KERNEL_SLOTS_H_
#define CORE_ASM_KERNEL_SLOTS_H_

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Slots are numbered from 0; each stands for the f32 and the f64 kernels of one operation, or
 * for the kernels of one without a float dtype. */
NEURAL_API int neural_kernel_slot_count(void);

/* "exp"; NULL where there is no such slot. */
NEURAL_API const char *neural_kernel_slot_name(int slot);

/* The largest error at any level, in every dtype, against the infinitely precise result: "EXACT" is
 * correctly rounded, "ULP(2)" within 2 units in the last place, "SUM(4)" within 4 eps times the sum
 * of the terms' magnitudes. NULL where there is no such slot. */
NEURAL_API const char *neural_kernel_slot_accuracy(int slot);

#ifdef __cplusplus
}
#endif

#endif /* CORE_ASM_KERNEL_SLOTS_H_ */

/* What the library holds from the heap. For users and tests; memory.h is for the library itself. */
#ifndef CORE_BASE_ALLOCATIONS_H_
#define CORE_BASE_ALLOCATIONS_H_

#include <stdint.h>

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Number of heap allocations since the process started, on all threads. Pool and arena reuse do
 * not count: a steady training step leaves this number unchanged. */
NEURAL_API int64_t neural_alloc_count(void);

/* Bytes now held from the heap by the library, pool caches included. */
NEURAL_API int64_t neural_alloc_bytes(void);

/* Test hook: the n-th allocation from now on (n = 1 is the next) fails; n = 0 switches it off. */
NEURAL_API void neural_alloc_fail_at(int64_t n);

/* Gives cached free memory back to the heap. Called by neural_shutdown. */
NEURAL_API void neural_pool_trim(void);

#ifdef __cplusplus
}
#endif

#endif /* CORE_BASE_ALLOCATIONS_H_ */

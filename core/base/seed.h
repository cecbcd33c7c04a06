/* The process's default seed. */
#ifndef CORE_BASE_SEED_H_
#define CORE_BASE_SEED_H_

#include <stdint.h>

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* For callers whose own callers gave them no seed; 0 until set. The functions of the library take
 * theirs as an argument. */
NEURAL_API void neural_set_seed(uint64_t seed);
NEURAL_API uint64_t neural_seed(void);

#ifdef __cplusplus
}
#endif

#endif /* CORE_BASE_SEED_H_ */

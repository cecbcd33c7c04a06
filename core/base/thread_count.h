/* How many threads the library uses. */
#ifndef CORE_BASE_THREAD_COUNT_H_
#define CORE_BASE_THREAD_COUNT_H_

#include <stdint.h>

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NEURAL_MAX_THREADS 256

/* Cores this process may use: the affinity mask, capped by the cgroup CPU quota (v1 and v2,
 * rounded up), at least 1. */
NEURAL_API int neural_cores_available(void);

/* Threads a parallel call may use, the caller included. 0 = as many as cores_available (the
 * default, or what NEURAL_NUM_THREADS says). Out of [0, NEURAL_MAX_THREADS] is refused.
 * May be called while other threads compute: each goes on alone until the new workers have started.
 * Refused inside a worker. */
NEURAL_API neural_status neural_set_num_threads(int num_threads);
NEURAL_API int neural_num_threads(void);

/* Parallel calls so far in which more than one thread took part: lets a test assert that work was
 * really split. */
NEURAL_API int64_t neural_parallel_count(void);

#ifdef __cplusplus
}
#endif

#endif /* CORE_BASE_THREAD_COUNT_H_ */

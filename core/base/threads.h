/* The thread pool: one per process, started at the first parallel call.
 *
 * Work is divided by element, not by time, and no result may depend on the division: callers give
 * each index its own outputs. A parallel call from inside a worker runs inline. After fork() the
 * child starts a pool of its own when it first needs one. Workers run with the default MXCSR. */
#ifndef CORE_BASE_THREADS_H_
#define CORE_BASE_THREADS_H_

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
 * Not to be called from two threads at once or while work is running; refused inside a worker. */
NEURAL_API neural_status neural_set_num_threads(int num_threads);
NEURAL_API int neural_num_threads(void);

/* Calls body(context, begin, end) on disjoint ranges that cover [0, len), in parallel, each range a
 * multiple of `grain` elements long (but the last); runs inline when len <= grain or with one
 * thread. Returns when all are done. body must not fail. */
typedef void (*neural_range_body)(void *context, int64_t begin, int64_t end);
void neural_parallel_for(int64_t len, int64_t grain, neural_range_body body, void *context);

/* Queues body(context) for a worker (with one thread: runs it at once). */
typedef struct neural_task neural_task;
neural_status neural_task_start(void (*body)(void *context), void *context, neural_task **out);
/* Waits until the task is done (runs it, if no worker has begun it), then frees it; accepts NULL.
 * In the child of a fork(), a task that a worker of the parent had begun will never be done there:
 * finish returns at once and the task's results are undefined. */
void neural_task_finish(neural_task *task);

/* Parallel calls so far in which more than one thread took part: lets a test assert that work was
 * really split. */
NEURAL_API int64_t neural_parallel_count(void);

/* Stops and joins the workers; the next parallel call starts them again. */
void neural_threads_shutdown(void);

/* --- floating point state: every public compute door runs with the default MXCSR --- */

typedef struct neural_fp_state {
    uint32_t saved;
} neural_fp_state;

#define NEURAL_MXCSR_DEFAULT 0x1F80u

static inline neural_fp_state neural_fp_enter(void) {
    neural_fp_state state = {__builtin_ia32_stmxcsr()};
    if (__builtin_expect((state.saved & ~0x3Fu) != NEURAL_MXCSR_DEFAULT, 0)) {
        __builtin_ia32_ldmxcsr(NEURAL_MXCSR_DEFAULT);
    }
    return state;
}

static inline void neural_fp_leave(neural_fp_state state) {
    if (__builtin_expect((state.saved & ~0x3Fu) != NEURAL_MXCSR_DEFAULT, 0)) {
        __builtin_ia32_ldmxcsr(state.saved);
    }
}

#ifdef __cplusplus
}
#endif

#endif /* CORE_BASE_THREADS_H_ */

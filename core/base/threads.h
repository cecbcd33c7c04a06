/* The thread pool: one per process, started at the first parallel call.
 *
 * Work is divided by element, not by time, and no result may depend on the division: callers give
 * each index its own outputs. A parallel call from inside a worker runs inline. After fork() the
 * child starts a pool of its own when it first needs one. Workers run with the default MXCSR. */
#ifndef CORE_BASE_THREADS_H_
#define CORE_BASE_THREADS_H_

#include <stdint.h>

#include "core/base/status.h"
#include "core/base/thread_count.h"

#ifdef __cplusplus
extern "C" {
#endif

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

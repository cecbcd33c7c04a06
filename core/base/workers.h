/* What the parallel loop, the task queue and the workers know of each other. Only for core/base. */
#ifndef CORE_BASE_WORKERS_H_
#define CORE_BASE_WORKERS_H_

#include <stdint.h>

/* Starts the workers if there are none yet; returns how many there are. */
int neural_workers_ready(void);

/* Tells up to `count` workers to look for work. */
void neural_workers_wake(int count);

/* Whether the calling thread is a worker. */
int neural_workers_inside(void);

/* How long a waiting thread may look before it sleeps; 0 when there are more threads than cores. */
int64_t neural_workers_spin_ticks(void);

/* Take one part of the parallel loop, or one task, and run it; 0 when there is none. */
int neural_parallel_help(void);
int neural_tasks_help(void);

/* Around fork(): the lists must be whole in the child, where no worker lives. */
void neural_tasks_lock(void);
void neural_tasks_unlock(void);
void neural_tasks_forget_workers(void);
void neural_parallel_forget_workers(void);

#endif /* CORE_BASE_WORKERS_H_ */

/* The task queue: whoever waits for a task that no worker has begun runs it himself, so waiting
 * cannot deadlock, whatever waits for what. */
#include <pthread.h>

#include "core/base/futex.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/base/workers.h"

enum { QUEUED = 0, RUNNING = 1, AWAITED = 2, DONE = 3 };

struct neural_task {
    void (*body)(void *context);
    void *context;
    neural_task *next;
    uint32_t state;
    uint32_t forks; /* of this process when the task was started */
};

static struct {
    pthread_mutex_t mutex;
    neural_task *first;
    neural_task **last_link;
    int len; /* written under the mutex, read without */
    uint32_t forks;
} queue = {.mutex = PTHREAD_MUTEX_INITIALIZER, .last_link = &queue.first};

void neural_tasks_lock(void) {
    pthread_mutex_lock(&queue.mutex);
}

void neural_tasks_unlock(void) {
    pthread_mutex_unlock(&queue.mutex);
}

void neural_tasks_forget_workers(void) {
    queue.forks++;
}

/* Cuts out the task at *link; the mutex is held. */
static neural_task *unlink_task(neural_task **link) {
    neural_task *task = *link;
    *link = task->next;
    if (!*link) {
        queue.last_link = link;
    }
    __atomic_store_n(&queue.len, queue.len - 1, __ATOMIC_RELAXED);
    __atomic_store_n(&task->state, RUNNING, __ATOMIC_RELAXED);
    return task;
}

static void run(neural_task *task) {
    const neural_fp_state state = neural_fp_enter();
    task->body(task->context);
    neural_fp_leave(state);
    if (__atomic_exchange_n(&task->state, DONE, __ATOMIC_ACQ_REL) == AWAITED) {
        neural_futex_wake(&task->state, 1);
    }
}

int neural_tasks_help(void) {
    if (!__atomic_load_n(&queue.len, __ATOMIC_RELAXED)) {
        return 0;
    }
    neural_tasks_lock();
    neural_task *task = queue.first ? unlink_task(&queue.first) : NULL;
    neural_tasks_unlock();
    if (task) {
        run(task);
    }
    return task != NULL;
}

neural_status neural_task_start(void (*body)(void *context), void *context, neural_task **out) {
    NEURAL_REQUIRE(body && out, NEURAL_ERR_NULL_POINTER, "task_start: body or out is NULL");
    neural_task *task = neural_pool_alloc(sizeof(*task));
    if (!task) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    task->body = body;
    task->context = context;
    *out = task;
    if (neural_num_threads() == 1 || neural_workers_ready() == 0) {
        run(task);
        return NEURAL_OK;
    }
    neural_tasks_lock();
    task->forks = queue.forks;
    *queue.last_link = task;
    queue.last_link = &task->next;
    __atomic_store_n(&queue.len, queue.len + 1, __ATOMIC_RELAXED);
    neural_tasks_unlock();
    neural_workers_wake(1);
    return NEURAL_OK;
}

/* Takes the task out of the queue if no worker has begun it; sets whether it died with the workers
 * of the parent process. */
static int take_back(neural_task *task, int *orphan) {
    int taken = 0;
    neural_tasks_lock();
    *orphan = task->forks != queue.forks;
    for (neural_task **link = &queue.first; *link && !taken; link = &(*link)->next) {
        if (*link == task) {
            unlink_task(link);
            taken = 1;
            break;
        }
    }
    neural_tasks_unlock();
    return taken;
}

static void wait_until_done(neural_task *task) {
    neural_spin(&task->state, RUNNING, neural_workers_spin_ticks());
    uint32_t state = RUNNING;
    __atomic_compare_exchange_n(&task->state, &state, AWAITED, 0, __ATOMIC_ACQ_REL,
                                __ATOMIC_ACQUIRE);
    while (__atomic_load_n(&task->state, __ATOMIC_ACQUIRE) != DONE) {
        neural_futex_wait(&task->state, AWAITED);
    }
}

void neural_task_finish(neural_task *task) {
    if (!task) {
        return;
    }
    int orphan = 0;
    if (__atomic_load_n(&task->state, __ATOMIC_ACQUIRE) != DONE) {
        if (take_back(task, &orphan)) {
            run(task);
        } else if (!orphan) {
            wait_until_done(task);
        }
    }
    neural_pool_free(task, sizeof(*task));
}

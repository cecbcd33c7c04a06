/* The workers: how many, their start, their sleep, their end, and fork(). */
#define _GNU_SOURCE
#include "core/base/threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "core/base/cores.h"
#include "core/base/futex.h"
#include "core/base/log.h"
#include "core/base/workers.h"

static int configured; /* threads as set; 0: automatic */
static int automatic;  /* threads when automatic; 0: not asked yet */

static struct {
    pthread_mutex_t mutex; /* start and stop */
    pthread_t handles[NEURAL_MAX_THREADS];
    int started;
    int count;
    int64_t spin_ticks;
} pool = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* Changes whenever there is something new to do; what sleeping workers wait on. */
static struct {
    uint32_t word __attribute__((aligned(64)));
    int sleepers;
    int stop;
} signals;

static _Thread_local int is_worker;

/* --- how many --- */

static int threads_from_environment(void) {
    const char *text = getenv("NEURAL_NUM_THREADS");
    if (!text || !*text) {
        return 0;
    }
    char *end;
    const long value = strtol(text, &end, 10);
    if (*end || value < 0 || value > NEURAL_MAX_THREADS) {
        neural_log_write(NEURAL_LOG_WARNING,
                         "NEURAL_NUM_THREADS is '%s', expected 0 to %d: ignored", text,
                         NEURAL_MAX_THREADS);
        return 0;
    }
    return (int)value;
}

static int threads_automatic(void) {
    int threads = threads_from_environment();
    if (!threads) {
        threads = neural_cores_available();
    }
    threads = threads < NEURAL_MAX_THREADS ? threads : NEURAL_MAX_THREADS;
    __atomic_store_n(&automatic, threads, __ATOMIC_RELAXED);
    return threads;
}

int neural_num_threads(void) {
    int threads = __atomic_load_n(&configured, __ATOMIC_RELAXED);
    if (!threads) {
        threads = __atomic_load_n(&automatic, __ATOMIC_RELAXED);
    }
    return threads ? threads : threads_automatic();
}

neural_status neural_set_num_threads(int num_threads) {
    NEURAL_REQUIRE(num_threads >= 0 && num_threads <= NEURAL_MAX_THREADS,
                   NEURAL_ERR_INVALID_ARGUMENT, "set_num_threads: expected 0 to %d, got %d",
                   NEURAL_MAX_THREADS, num_threads);
    NEURAL_REQUIRE(!is_worker, NEURAL_ERR_INVALID_ARGUMENT,
                   "set_num_threads: called from inside a parallel body");
    __atomic_store_n(&configured, num_threads, __ATOMIC_RELAXED);
    if (num_threads == 0) {
        threads_automatic();
    }
    if (__atomic_load_n(&pool.count, __ATOMIC_ACQUIRE) != neural_num_threads() - 1) {
        neural_threads_shutdown();
    }
    return NEURAL_OK;
}

/* --- the worker --- */

int neural_workers_inside(void) {
    return is_worker;
}

int64_t neural_workers_spin_ticks(void) {
    return __atomic_load_n(&pool.spin_ticks, __ATOMIC_RELAXED);
}

/* Either the worker's kernel sees the new word and does not sleep, or this thread sees the worker
 * among the sleepers: both sides write first and read second. */
void neural_workers_wake(int count) {
    __atomic_fetch_add(&signals.word, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&signals.sleepers, __ATOMIC_SEQ_CST) > 0) {
        neural_futex_wake(&signals.word, count);
    }
}

static void wait_for_signal(uint32_t seen) {
    neural_spin(&signals.word, seen, neural_workers_spin_ticks());
    if (__atomic_load_n(&signals.word, __ATOMIC_ACQUIRE) == seen) {
        __atomic_fetch_add(&signals.sleepers, 1, __ATOMIC_SEQ_CST);
        neural_futex_wait(&signals.word, seen);
        __atomic_fetch_sub(&signals.sleepers, 1, __ATOMIC_SEQ_CST);
    }
}

static void *worker_main(void *unused) {
    (void)unused;
    is_worker = 1;
    __builtin_ia32_ldmxcsr(NEURAL_MXCSR_DEFAULT);
    for (;;) {
        const uint32_t seen = __atomic_load_n(&signals.word, __ATOMIC_SEQ_CST);
        if (neural_parallel_help() || neural_tasks_help()) {
            continue;
        }
        if (__atomic_load_n(&signals.stop, __ATOMIC_ACQUIRE)) {
            return NULL;
        }
        wait_for_signal(seen);
    }
}

/* --- start and stop --- */

static int start_worker(int index) {
    if (pthread_create(&pool.handles[index], NULL, worker_main, NULL)) {
        return 0;
    }
    pthread_setname_np(pool.handles[index], "neural-worker");
    return 1;
}

/* The user's signals belong to the user's threads. Where the system refuses threads, there are
 * fewer. */
static void start_workers(void) {
    const int wanted = neural_num_threads() - 1;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int count = 0;
    while (count < wanted && start_worker(count)) {
        count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    const int fits = wanted < neural_cores_available();
    __atomic_store_n(&pool.spin_ticks, fits ? NEURAL_SPIN_TICKS : 0, __ATOMIC_RELAXED);
    __atomic_store_n(&pool.count, count, __ATOMIC_RELEASE);
    __atomic_store_n(&pool.started, 1, __ATOMIC_RELEASE);
}

int neural_workers_ready(void) {
    if (!__atomic_load_n(&pool.started, __ATOMIC_ACQUIRE)) {
        pthread_mutex_lock(&pool.mutex);
        if (!pool.started) {
            start_workers();
        }
        pthread_mutex_unlock(&pool.mutex);
    }
    return __atomic_load_n(&pool.count, __ATOMIC_ACQUIRE);
}

void neural_threads_shutdown(void) {
    if (is_worker) {
        return;
    }
    pthread_mutex_lock(&pool.mutex);
    __atomic_store_n(&signals.stop, 1, __ATOMIC_SEQ_CST);
    neural_workers_wake(NEURAL_MAX_THREADS);
    for (int index = 0; index < pool.count; index++) {
        pthread_join(pool.handles[index], NULL);
    }
    __atomic_store_n(&signals.stop, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&pool.count, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&pool.started, 0, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&pool.mutex);
}

/* --- fork --- */

static void before_fork(void) {
    pthread_mutex_lock(&pool.mutex);
    neural_tasks_lock();
}

static void after_fork_parent(void) {
    neural_tasks_unlock();
    pthread_mutex_unlock(&pool.mutex);
}

/* Only the forking thread lives on in the child. */
static void after_fork_child(void) {
    pool.count = 0;
    pool.started = 0;
    signals.sleepers = 0;
    signals.stop = 0;
    neural_parallel_forget_workers();
    neural_tasks_forget_workers();
    after_fork_parent();
}

__attribute__((constructor)) static void prepare_for_fork(void) {
    pthread_atfork(before_fork, after_fork_parent, after_fork_child);
}

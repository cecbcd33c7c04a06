/* The parallel loop. One job at a time; its parts are handed out by a compare-and-swap on one word
 * that also carries the number of the job, so a late worker cannot take a part of the next job by
 * mistake, and the caller works through all parts that no worker has come for. */
#include "core/base/threads.h"

#include "core/base/futex.h"
#include "core/base/workers.h"

static struct {
    /* job number (32 bits), parts (16), parts handed out (16) */
    uint64_t state __attribute__((aligned(64)));
    /* parts not finished */
    int32_t pending __attribute__((aligned(64)));
    int caller_sleeps;
    int busy;
    int64_t count; /* jobs in which a worker took part */
    neural_range_body body;
    void *context;
    int64_t len, grain, chunks, parts;
} job;

int64_t neural_parallel_count(void) {
    return __atomic_load_n(&job.count, __ATOMIC_RELAXED);
}

static int claim_part(int64_t *part) {
    uint64_t state = __atomic_load_n(&job.state, __ATOMIC_ACQUIRE);
    while ((state & 0xFFFF) < (state >> 16 & 0xFFFF)) {
        if (__atomic_compare_exchange_n(&job.state, &state, state + 1, 0, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            *part = (int64_t)(state & 0xFFFF);
            return 1;
        }
    }
    return 0;
}

/* Part p begins at chunk p * (chunks / parts) + min(p, chunks % parts). */
static int64_t part_begin(int64_t part) {
    const int64_t each = job.chunks / job.parts, rest = job.chunks % job.parts;
    const int64_t chunk = part * each + (part < rest ? part : rest);
    return chunk == job.chunks ? job.len : chunk * job.grain;
}

int neural_parallel_help(void) {
    int64_t part;
    if (!claim_part(&part)) {
        return 0;
    }
    job.body(job.context, part_begin(part), part_begin(part + 1));
    if (__atomic_sub_fetch(&job.pending, 1, __ATOMIC_SEQ_CST) == 0 &&
        __atomic_load_n(&job.caller_sleeps, __ATOMIC_SEQ_CST)) {
        neural_futex_wake((const uint32_t *)&job.pending, 1);
    }
    return 1;
}

static void wait_until_done(void) {
    int32_t pending = __atomic_load_n(&job.pending, __ATOMIC_ACQUIRE);
    const uint64_t start = __builtin_ia32_rdtsc();
    const int64_t ticks = neural_workers_spin_ticks();
    while (pending > 0 && (int64_t)(__builtin_ia32_rdtsc() - start) < ticks) {
        __builtin_ia32_pause();
        pending = __atomic_load_n(&job.pending, __ATOMIC_ACQUIRE);
    }
    if (pending <= 0) {
        return;
    }
    __atomic_store_n(&job.caller_sleeps, 1, __ATOMIC_SEQ_CST);
    while ((pending = __atomic_load_n(&job.pending, __ATOMIC_SEQ_CST)) > 0) {
        neural_futex_wait((const uint32_t *)&job.pending, (uint32_t)pending);
    }
    __atomic_store_n(&job.caller_sleeps, 0, __ATOMIC_RELAXED);
}

/* The caller owns the job (busy) and no part is in anybody's hands. */
static void run_job(int64_t parts) {
    const uint64_t number = (__atomic_load_n(&job.state, __ATOMIC_RELAXED) >> 32) + 1;
    __atomic_store_n(&job.pending, (int32_t)parts, __ATOMIC_RELAXED);
    __atomic_store_n(&job.state, number << 32 | (uint64_t)parts << 16, __ATOMIC_RELEASE);
    neural_workers_wake((int)parts - 1);
    int64_t own = 0;
    while (neural_parallel_help()) {
        own++;
    }
    wait_until_done();
    if (own < parts) {
        __atomic_fetch_add(&job.count, 1, __ATOMIC_RELAXED);
    }
}

static int run_split(int64_t len, int64_t grain, neural_range_body body, void *context) {
    if (neural_workers_inside() || __atomic_exchange_n(&job.busy, 1, __ATOMIC_ACQUIRE)) {
        return 0;
    }
    const int64_t threads = neural_workers_ready() + 1;
    if (threads > 1) {
        job.body = body;
        job.context = context;
        job.len = len;
        job.grain = grain;
        job.chunks = (len - 1) / grain + 1;
        job.parts = job.chunks < threads ? job.chunks : threads;
        run_job(job.parts);
    }
    __atomic_store_n(&job.busy, 0, __ATOMIC_RELEASE);
    return threads > 1;
}

void neural_parallel_for(int64_t len, int64_t grain, neural_range_body body, void *context) {
    if (len <= 0) {
        return;
    }
    const int64_t step = grain > 0 ? grain : 1;
    if (len <= step || neural_num_threads() == 1 || !run_split(len, step, body, context)) {
        body(context, 0, len);
    }
}

/* A job that was under way in another thread has no owner in the child. */
void neural_parallel_forget_workers(void) {
    __atomic_store_n(&job.state, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&job.pending, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&job.caller_sleeps, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&job.busy, 0, __ATOMIC_RELAXED);
}

#include "core/tensor/gemm_batch.h"

#include "core/base/threads.h"
#include "core/tensor/gemm_direct.h"
#include "core/tensor/gemm_job.h"

/* Multiplications that pay for waking a worker, and above which a product is divided itself. */
static const double TASK_WORK = 128.0 * 1024;
static const double LARGE_WORK = 2.0 * 1024 * 1024;

typedef struct batch {
    neural_gemm_direct direct; /* its tile is NULL: each product through the driver */
    neural_gemm_args args;
    neural_gemm_locate *locate;
    const void *context;
    int failed; /* set by any thread */
} batch;

static neural_status run_driver(const batch *job, const neural_gemm_place *place) {
    neural_gemm_args args = job->args;
    args.a = place->a;
    args.b = place->b;
    args.c = place->c;
    const neural_kernel_table *kernels = job->direct.kernels;
    return job->direct.type == &neural_gemm_type_f32 ? neural_gemm_f32_at(kernels, &args)
                                                     : neural_gemm_f64_at(kernels, &args);
}

static void run_range(void *context, int64_t begin, int64_t end) {
    batch *job = context;
    _Alignas(64) char turned[NEURAL_GEMM_DIRECT_BYTES];
    const char *turned_b = NULL;
    neural_gemm_direct direct = job->direct;
    for (int64_t i = begin; i < end; i++) {
        neural_gemm_place place;
        job->locate(job->context, i, &place);
        if (direct.tile) {
            neural_gemm_direct_run(&direct, place.a, place.b, place.c, turned, turned_b == place.b);
            turned_b = place.b;
        } else if (run_driver(job, &place)) {
            __atomic_store_n(&job->failed, 1, __ATOMIC_RELAXED);
        }
    }
}

static neural_status run_all(batch *job, int64_t count) {
    const double work = (double)job->args.m * (double)job->args.n * (double)job->args.k;
    const int64_t grain = 1 + (int64_t)(TASK_WORK / (work + 1));
    if (work > LARGE_WORK) {
        run_range(job, 0, count); /* each product uses all threads */
    } else {
        const int64_t threads = neural_num_threads(), share = (count + threads - 1) / threads;
        neural_parallel_for(count, share > grain ? share : grain, run_range, job);
    }
    return job->failed ? neural_error(NEURAL_ERR_OUT_OF_MEMORY, "gemm: out of memory in a batch")
                       : NEURAL_OK;
}

static neural_status run_batch(batch *job, const neural_gemm_kernels *tiles, int64_t count,
                               double beta, neural_gemm_scalar scalar_beta) {
    NEURAL_REQUIRE(count >= 0, NEURAL_ERR_INVALID_ARGUMENT, "gemm: count is %lld, want >= 0",
                   (long long)count);
    NEURAL_TRY(neural_gemm_check(&job->args));
    if (count == 0 || job->args.m == 0 || job->args.n == 0) {
        return NEURAL_OK;
    }
    job->direct.args = &job->args;
    job->direct.tiles = tiles;
    job->direct.tile = neural_gemm_direct_tile(job->direct.type, tiles, &job->args);
    const int64_t first_flags = beta == 0   ? 0
                                : beta == 1 ? NEURAL_GEMM_START_C
                                            : NEURAL_GEMM_START_SCALE;
    neural_gemm_direct_prepare(&job->direct, scalar_beta, first_flags);
    return run_all(job, count);
}

/* A place in operands that lie a stride apart, or that have a pointer each. */
typedef struct strided {
    const neural_gemm_args *args;
    const neural_gemm_strides *strides; /* bytes */
} strided;

static void locate_strided(const void *context, int64_t index, neural_gemm_place *place) {
    const strided *at = context;
    place->a = (const char *)at->args->a + index * at->strides->a;
    place->b = (const char *)at->args->b + index * at->strides->b;
    place->c = (char *)at->args->c + index * at->strides->c;
}

static void locate_pointers(const void *context, int64_t index, neural_gemm_place *place) {
    const neural_gemm_pointers *at = context;
    place->a = at->a[index];
    place->b = at->b[index];
    place->c = at->c[index];
}

#define DEFINE_BATCH(T, dtype)                                                                     \
    neural_status neural_gemm_located_##dtype(const neural_kernel_table *kernels,                  \
                                              const neural_gemm_args *args, int64_t count,         \
                                              neural_gemm_locate *locate, const void *context) {   \
        batch job = {.direct = {.type = &neural_gemm_type_##dtype, .kernels = kernels},            \
                     .args = *args,                                                                \
                     .locate = locate,                                                             \
                     .context = context};                                                          \
        const T beta = (T)args->beta; /* what rounds to 0 is 0: C is not read */                   \
        return run_batch(&job, &kernels->gemm_##dtype, count, beta,                                \
                         (neural_gemm_scalar){.dtype = beta});                                     \
    }                                                                                              \
    neural_status neural_gemm_batch_##dtype(const neural_gemm_args *args, int64_t count,           \
                                            const neural_gemm_strides *strides) {                  \
        const int64_t size = sizeof(T);                                                            \
        const neural_gemm_strides bytes = {strides->a * size, strides->b * size,                   \
                                           strides->c * size};                                     \
        const strided at = {args, &bytes};                                                         \
        const neural_fp_state state = neural_fp_enter();                                           \
        const neural_status status =                                                               \
            neural_gemm_located_##dtype(neural_kernels(), args, count, locate_strided, &at);       \
        neural_fp_leave(state);                                                                    \
        return status;                                                                             \
    }                                                                                              \
    neural_status neural_gemm_pointers_##dtype(const neural_gemm_args *args, int64_t count,        \
                                               const neural_gemm_pointers *pointers) {             \
        const neural_fp_state state = neural_fp_enter();                                           \
        const neural_status status =                                                               \
            neural_gemm_located_##dtype(neural_kernels(), args, count, locate_pointers, pointers); \
        neural_fp_leave(state);                                                                    \
        return status;                                                                             \
    }

DEFINE_BATCH(float, f32)
DEFINE_BATCH(double, f64)

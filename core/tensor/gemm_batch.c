#include "core/tensor/gemm_batch.h"

#include "core/base/threads.h"
#include "core/tensor/gemm_job.h"

/* Multiplications that pay for waking a worker, and above which a product is divided itself. */
static const double TASK_WORK = 128.0 * 1024;
static const double LARGE_WORK = 2.0 * 1024 * 1024;

/* Up to this size B is read in place, or turned on the stack: no plan, no packing. */
enum { DIRECT_B_BYTES = 16 * 1024 };

typedef struct batch {
    const neural_gemm_type *type;
    const neural_kernel_table *kernels;
    const neural_gemm_tile *tile; /* NULL: each product through the driver */
    neural_gemm_args args;
    neural_gemm_panel panel; /* what all tiles of all products share */
    neural_gemm_locate *locate;
    const void *context;
    int failed; /* set by any thread */
} batch;

/* One product, tile by tile. */
static void run_direct(const batch *job, const neural_gemm_place *place, char *turned,
                       const char *turned_b) {
    const neural_gemm_args *args = &job->args;
    const int64_t size = job->type->size, nr = job->tile->nr, mr = job->tile->mr;
    const int64_t tiles = (args->m + mr - 1) / mr;
    const char *b = place->b;
    const char *bias = args->bias ? args->bias : place->c; /* never read without a flag */
    if (args->trans_b) {
        if (turned_b != place->b) {
            job->type->transpose(job->kernels, turned, place->b, args->n, args->k, args->n,
                                 args->ldb);
        }
        b = turned;
    }
    neural_gemm_panel panel = job->panel;
    for (int64_t j = 0; j < args->n; j += nr) {
        panel.n = args->n - j < nr ? args->n - j : nr;
        panel.b = b + j * size;
        for (int64_t t = 0, row = 0; t < tiles; t++, row += panel.m) {
            panel.m = (args->m - row) / (tiles - t);
            panel.a = place->a + row * panel.a_row * size;
            panel.c = place->c + (row * panel.c_row + j) * size;
            panel.bias = bias + (panel.flags & NEURAL_GEMM_ADD_COLUMN ? j : row) * size;
            job->tile->kernel(&panel);
        }
    }
}

static neural_status run_driver(const batch *job, const neural_gemm_place *place) {
    neural_gemm_args args = job->args;
    args.a = place->a;
    args.b = place->b;
    args.c = place->c;
    return job->type == &neural_gemm_type_f32 ? neural_gemm_f32_at(job->kernels, &args)
                                              : neural_gemm_f64_at(job->kernels, &args);
}

static void run_range(void *context, int64_t begin, int64_t end) {
    batch *job = context;
    _Alignas(64) char turned[DIRECT_B_BYTES];
    const char *turned_b = NULL;
    for (int64_t i = begin; i < end; i++) {
        neural_gemm_place place;
        job->locate(job->context, i, &place);
        if (job->tile) {
            run_direct(job, &place, turned, turned_b);
            turned_b = place.b;
        } else if (run_driver(job, &place)) {
            __atomic_store_n(&job->failed, 1, __ATOMIC_RELAXED);
        }
    }
}

/* The tile that does all of it and reads A and B in place, or NULL. */
static const neural_gemm_tile *direct_tile(const neural_gemm_kernels *tiles,
                                           const neural_gemm_args *args, int64_t size) {
    const neural_gemm_tile *tall = &tiles->tall, *wide = &tiles->wide;
    const int finishes = args->residual || args->activation > NEURAL_GEMM_ACTIVATION_RELU;
    if (finishes || args->alpha != 1 || args->k * args->n > DIRECT_B_BYTES / size ||
        args->m > 256) {
        return NULL;
    }
    if (args->n <= tiles->narrow.nr) {
        return &tiles->narrow;
    }
    return args->n <= tall->nr || tall->mr * tall->nr > wide->mr * wide->nr ? tall : wide;
}

static void prepare_panel(batch *job, neural_gemm_scalar beta, int64_t first_flags) {
    static const int64_t bias_flags[] = {0, NEURAL_GEMM_ADD_COLUMN, NEURAL_GEMM_ADD_ROW};
    const neural_gemm_args *args = &job->args;
    job->panel = (neural_gemm_panel){.k = args->k, .beta = beta};
    job->panel.a_row = args->trans_a ? 1 : args->lda;
    job->panel.a_col = args->trans_a ? args->lda : 1;
    job->panel.b_row = args->trans_b ? args->n : args->ldb;
    job->panel.c_row = args->ldc;
    job->panel.flags = first_flags | bias_flags[args->bias_kind] |
                       (args->activation == NEURAL_GEMM_ACTIVATION_RELU ? NEURAL_GEMM_RELU : 0);
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
    job->tile = direct_tile(tiles, &job->args, job->type->size);
    const int64_t first_flags = beta == 0   ? 0
                                : beta == 1 ? NEURAL_GEMM_START_C
                                            : NEURAL_GEMM_START_SCALE;
    prepare_panel(job, scalar_beta, first_flags);
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
        batch job = {.type = &neural_gemm_type_##dtype,                                            \
                     .kernels = kernels,                                                           \
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

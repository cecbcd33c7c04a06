#include "core/tensor/gemm.h"

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/gemm_direct.h"
#include "core/tensor/gemm_job.h"
#include "core/tensor/gemm_turned.h"

/* Products below this many multiplications stay on the calling thread. */
static const double SERIAL_WORK = 512.0 * 1024;

/* Scratch up to this size lies on the stack. */
enum { STACK_SCRATCH = 16 * 1024 };

/* A job cut by rows or columns into pieces of `grain`, each with its own scratch. */
typedef struct split_job {
    const neural_gemm_job *job;
    char *scratch;
    int64_t grain;
    int by_columns;
} split_job;

static void run_piece(void *context, int64_t begin, int64_t end) {
    const split_job *split = context;
    neural_gemm_job piece = *split->job;
    const int64_t size = piece.type->size;
    if (split->by_columns) {
        piece.n = end - begin;
        piece.b += begin * piece.b_col * size;
        piece.c += begin * size;
        piece.bias += piece.last_flags & NEURAL_GEMM_ADD_COLUMN ? begin * size : 0;
        piece.residual += piece.residual ? begin * size : 0;
    } else {
        piece.m = end - begin;
        piece.m_step = piece.m_step < piece.m ? piece.m_step : piece.m;
        piece.a += begin * piece.a_row * size;
        piece.c += begin * piece.c_row * size;
        piece.bias += piece.last_flags & NEURAL_GEMM_ADD_ROW ? begin * size : 0;
        piece.residual += piece.residual ? begin * piece.residual_row * size : 0;
    }
    neural_gemm_run(&piece, split->scratch + begin / split->grain * piece.scratch_bytes);
}

static int64_t threads_for(const neural_gemm_job *job) {
    const double work = (double)job->m * (double)job->n * (double)job->k;
    return work < SERIAL_WORK ? 1 : neural_num_threads();
}

/* Cuts where no packing is done twice: columns when B panels are packed, else rows. */
static split_job cut(const neural_gemm_job *job, int64_t threads, char *scratch) {
    const int64_t lanes = job->type->lanes;
    split_job split = {.job = job, .scratch = scratch};
    split.by_columns =
        job->pack_b || job->use_gemv ? job->n >= 2 * lanes * threads : job->m < 12 * threads;
    const int64_t len = split.by_columns ? job->n : job->m;
    split.grain = (len + threads - 1) / threads;
    if (split.by_columns) {
        split.grain = (split.grain + lanes - 1) / lanes * lanes;
    }
    return split;
}

static void run_parallel(const neural_gemm_job *job, int64_t threads, char *scratch) {
    if (threads == 1) {
        neural_gemm_run(job, scratch);
        return;
    }
    split_job split = cut(job, threads, scratch);
    neural_parallel_for(split.by_columns ? job->n : job->m, split.grain, run_piece, &split);
}

/* C^T = B^T A^T. */
static void swap_operands(neural_gemm_job *job) {
    neural_gemm_job swapped = *job;
    swapped.m = job->n;
    swapped.n = job->m;
    swapped.a = job->b;
    swapped.a_row = job->b_col;
    swapped.a_col = job->b_row;
    swapped.b = job->a;
    swapped.b_row = job->a_col;
    swapped.b_col = job->a_row;
    swapped.last_flags &= ~(int64_t)(NEURAL_GEMM_ADD_COLUMN | NEURAL_GEMM_ADD_ROW);
    if (job->last_flags & NEURAL_GEMM_ADD_COLUMN) {
        swapped.last_flags |= NEURAL_GEMM_ADD_ROW;
    } else if (job->last_flags & NEURAL_GEMM_ADD_ROW) {
        swapped.last_flags |= NEURAL_GEMM_ADD_COLUMN;
    }
    *job = swapped;
}

/* Runs a planned job whose C is `result` itself, or with `swapped` its transpose. */
static void run_in(neural_gemm_job *job, int swapped, int64_t threads, char *scratch) {
    if (!swapped) {
        run_parallel(job, threads, scratch);
        return;
    }
    const neural_gemm_type *type = job->type;
    neural_gemm_job result = *job; /* what the transpose still lacks: the residual */
    result.m = job->n;
    result.n = job->m;
    result.activation = NEURAL_GEMM_ACTIVATION_NONE;
    job->residual = NULL;
    job->c = scratch + threads * job->scratch_bytes;
    job->c_row = job->n;
    if (job->first_flags) {
        type->transpose(job->kernels, job->c, result.c, job->n, job->m, job->n, result.c_row);
    }
    run_parallel(job, threads, scratch);
    type->transpose(job->kernels, result.c, job->c, job->m, job->n, result.c_row, job->n);
    if (result.residual) {
        neural_gemm_finish(&result, 0, 0, result.m, result.n);
    }
}

static neural_status execute_planned(neural_gemm_job *job) {
    const int swapped = neural_gemm_wants_swap(job);
    if (swapped) {
        swap_operands(job);
    }
    neural_gemm_plan(job);
    const int64_t threads = threads_for(job);
    const int64_t bytes =
        threads * job->scratch_bytes + (swapped ? job->m * job->n * job->type->size : 0);
    if (bytes == 0) {
        run_in(job, swapped, threads, NULL);
        return NEURAL_OK;
    }
    if (bytes <= STACK_SCRATCH) {
        _Alignas(64) char scratch[STACK_SCRATCH];
        run_in(job, swapped, threads, scratch);
        /* NOLINTNEXTLINE(clang-analyzer-core.StackAddressEscape): job ends here too */
        return NEURAL_OK;
    }
    neural_block *block = neural_block_create((size_t)bytes);
    NEURAL_REQUIRE(block, NEURAL_ERR_OUT_OF_MEMORY, "gemm: no %lld bytes for packing",
                   (long long)bytes);
    run_in(job, swapped, threads, neural_block_data(block));
    neural_block_release(block);
    return NEURAL_OK;
}

/* Rows from `row` and columns from `col` on. */
static neural_gemm_job rest_of(const neural_gemm_job *job, int64_t row, int64_t col) {
    const int64_t size = job->type->size;
    neural_gemm_job rest = *job;
    rest.m -= row;
    rest.n -= col;
    rest.a += row * job->a_row * size;
    rest.b += col * job->b_col * size;
    rest.c += (row * job->c_row + col) * size;
    rest.bias += job->last_flags & NEURAL_GEMM_ADD_COLUMN ? col * size
                 : job->last_flags & NEURAL_GEMM_ADD_ROW  ? row * size
                                                          : 0;
    rest.residual += job->residual ? (row * job->residual_row + col) * size : 0;
    return rest;
}

/* What the turned kernel leaves comes first: it may fail, when nothing has been written. */
static neural_status execute(neural_gemm_job *job) {
    const neural_gemm_turned_part part = neural_gemm_turned_part_of(job);
    if (part.rows == 0) {
        return execute_planned(job);
    }
    if (part.rows < job->m || part.columns < job->n) {
        neural_gemm_job rest =
            part.by_columns ? rest_of(job, 0, part.columns) : rest_of(job, part.rows, 0);
        NEURAL_TRY(execute_planned(&rest));
    }
    neural_gemm_turned_multiply(job, part, threads_for(job));
    return NEURAL_OK;
}

neural_status neural_gemm_check_beside(const neural_gemm_args *args, int64_t ldb, int64_t b_cols) {
    NEURAL_REQUIRE(args->m >= 0 && args->n >= 0 && args->k >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "gemm: m, n, k are %lld, %lld, %lld, want >= 0", (long long)args->m,
                   (long long)args->n, (long long)args->k);
    const int64_t a_cols = args->trans_a ? args->m : args->k;
    NEURAL_REQUIRE(args->lda >= a_cols && ldb >= b_cols && args->ldc >= args->n,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "gemm: leading dimensions are %lld, %lld, %lld, want at least %lld, %lld, %lld",
                   (long long)args->lda, (long long)ldb, (long long)args->ldc, (long long)a_cols,
                   (long long)b_cols, (long long)args->n);
    NEURAL_REQUIRE((unsigned)args->activation <= NEURAL_GEMM_ACTIVATION_LEAKY_RELU,
                   NEURAL_ERR_INVALID_ARGUMENT, "gemm: activation is %d, want 0 ... %d",
                   (int)args->activation, NEURAL_GEMM_ACTIVATION_LEAKY_RELU);
    NEURAL_REQUIRE(!args->residual || args->ldr >= args->n, NEURAL_ERR_INVALID_ARGUMENT,
                   "gemm: leading dimension of the residual is %lld, want at least %lld",
                   (long long)args->ldr, (long long)args->n);
    return NEURAL_OK;
}

neural_status neural_gemm_check(const neural_gemm_args *args) {
    return neural_gemm_check_beside(args, args->ldb, args->trans_b ? args->k : args->n);
}

static int64_t end_flags(const neural_gemm_args *args) {
    static const int64_t bias_flags[] = {0, NEURAL_GEMM_ADD_COLUMN, NEURAL_GEMM_ADD_ROW};
    return bias_flags[args->bias_kind] |
           (args->activation == NEURAL_GEMM_ACTIVATION_RELU ? NEURAL_GEMM_RELU : 0);
}

/* A product that is one tile of C: no plan, no job. A narrow transposed B is turned on the stack.
 */
enum { ONE_TILE_B_BYTES = 4096 };

static int is_one_tile(const neural_gemm_type *type, const neural_gemm_tile *tile,
                       const neural_gemm_args *args) {
    return args->m <= tile->mr && args->n <= tile->nr && args->alpha == 1 &&
           args->k * args->n * type->size <= ONE_TILE_B_BYTES;
}

static void run_one_tile(const neural_gemm_type *type, const neural_kernel_table *kernels,
                         const neural_gemm_tile *tile, const neural_gemm_args *args,
                         neural_gemm_panel *panel) {
    _Alignas(64) char turned[ONE_TILE_B_BYTES];
    panel->a = args->a;
    panel->a_row = args->trans_a ? 1 : args->lda;
    panel->a_col = args->trans_a ? args->lda : 1;
    panel->b = args->b;
    panel->b_row = args->ldb;
    panel->c = args->c;
    panel->c_row = args->ldc;
    panel->m = args->m;
    panel->n = args->n;
    panel->k = args->k;
    panel->bias = args->bias;
    if (args->trans_b) {
        type->transpose(kernels, turned, args->b, args->n, args->k, args->n, args->ldb);
        panel->b = turned;
        panel->b_row = args->n;
    }
    tile->kernel(panel);
}

/* No plan, no job. */
static void run_direct(neural_gemm_direct *direct, neural_gemm_scalar beta, int64_t first_flags) {
    const neural_gemm_args *args = direct->args;
    _Alignas(64) char turned[NEURAL_GEMM_DIRECT_BYTES];
    neural_gemm_direct_prepare(direct, beta, first_flags);
    neural_gemm_direct_run(direct, args->a, args->b, args->c, turned, 0);
}

/* beta as a number of the dtype, twice: to be compared and to be handed to the kernels. */
static neural_status multiply(const neural_gemm_type *type, const neural_kernel_table *kernels,
                              const neural_gemm_kernels *tiles, const neural_gemm_args *args,
                              double beta, neural_gemm_scalar scalar_beta) {
    NEURAL_TRY(neural_gemm_check(args));
    if (args->m == 0 || args->n == 0) {
        return NEURAL_OK;
    }
    const int64_t first_flags = beta == 0   ? 0
                                : beta == 1 ? NEURAL_GEMM_START_C
                                            : NEURAL_GEMM_START_SCALE;
    const neural_gemm_tile *tile = args->n <= tiles->narrow.nr ? &tiles->narrow : &tiles->tall;
    const int finishes = args->residual || args->activation > NEURAL_GEMM_ACTIVATION_RELU;
    if (!finishes && is_one_tile(type, tile, args)) {
        neural_gemm_panel panel;
        panel.beta = scalar_beta;
        panel.flags = first_flags | end_flags(args);
        run_one_tile(type, kernels, tile, args, &panel);
        return NEURAL_OK;
    }
    neural_gemm_direct direct;
    direct.type = type;
    direct.kernels = kernels;
    direct.tiles = tiles;
    direct.args = args;
    direct.tile = neural_gemm_direct_tile(type, tiles, args);
    if (direct.tile) {
        run_direct(&direct, scalar_beta, first_flags);
        return NEURAL_OK;
    }
    neural_gemm_job job;
    job.type = type;
    job.kernels = kernels;
    job.tiles = tiles;
    job.m = args->m;
    job.n = args->n;
    job.k = args->k;
    job.a = args->a;
    job.a_row = args->trans_a ? 1 : args->lda;
    job.a_col = args->trans_a ? args->lda : 1;
    job.b = args->b;
    job.b_row = args->trans_b ? 1 : args->ldb;
    job.b_col = args->trans_b ? args->ldb : 1;
    job.c = args->c;
    job.c_row = args->ldc;
    job.alpha = args->alpha;
    job.beta = scalar_beta;
    job.bias = args->bias ? args->bias : args->c; /* never read without a flag */
    job.first_flags = first_flags;
    job.last_flags = end_flags(args);
    job.finishes = finishes;
    job.activation = args->activation;
    job.slope = args->slope;
    job.residual = args->residual;
    job.residual_row = args->ldr;
    return execute(&job);
}

neural_status neural_gemm_f32_at(const neural_kernel_table *kernels, const neural_gemm_args *args) {
    const float beta = (float)args->beta; /* what rounds to 0 is 0: C is not read */
    return multiply(&neural_gemm_type_f32, kernels, &kernels->gemm_f32, args, beta,
                    (neural_gemm_scalar){.f32 = beta});
}

neural_status neural_gemm_f64_at(const neural_kernel_table *kernels, const neural_gemm_args *args) {
    return multiply(&neural_gemm_type_f64, kernels, &kernels->gemm_f64, args, args->beta,
                    (neural_gemm_scalar){.f64 = args->beta});
}

neural_status neural_gemm_f32(const neural_gemm_args *args) {
    return neural_gemm_f32_at(neural_kernels(), args);
}

neural_status neural_gemm_f64(const neural_gemm_args *args) {
    return neural_gemm_f64_at(neural_kernels(), args);
}

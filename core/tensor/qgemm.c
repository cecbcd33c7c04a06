#include "core/tensor/qgemm.h"

#include <limits.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/qgemm_job.h"

/* Products below this many multiplications stay on the calling thread. */
static const double SERIAL_WORK = 2.0 * 1024 * 1024;

/* Rows from which packing B pays against reading it for each row. */
enum { DOT_ROWS = 4 };

/* --- checks --------------------------------------------------------------------------------------
 */

static neural_status check_sizes(const neural_qgemm_args *args) {
    NEURAL_REQUIRE(args->m >= 0 && args->n >= 0 && args->k >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "qgemm: m, n, k are %lld, %lld, %lld, want >= 0", (long long)args->m,
                   (long long)args->n, (long long)args->k);
    const int64_t b_cols = args->trans_b ? args->k : args->n;
    NEURAL_REQUIRE(args->lda >= args->k && (args->packed || args->ldb >= b_cols) &&
                       args->ldc >= args->n,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "qgemm: leading dimensions are %lld, %lld, %lld, want at least %lld, %lld, %lld",
                   (long long)args->lda, (long long)args->ldb, (long long)args->ldc,
                   (long long)args->k, (long long)b_cols, (long long)args->n);
    NEURAL_REQUIRE(!args->packed || (args->packed->n == args->n && args->packed->k == args->k),
                   NEURAL_ERR_SHAPE_MISMATCH,
                   "qgemm: B is packed as [%lld, %lld], want [%lld, %lld]",
                   (long long)args->packed->k, (long long)args->packed->n, (long long)args->k,
                   (long long)args->n);
    return NEURAL_OK;
}

static neural_status check_pointers(const neural_qgemm_args *args) {
    const int has_c = args->m > 0 && args->n > 0;
    NEURAL_REQUIRE(!has_c || args->c, NEURAL_ERR_NULL_POINTER, "qgemm: c is NULL");
    NEURAL_REQUIRE(!has_c || args->k == 0 || (args->a && (args->b || args->packed)),
                   NEURAL_ERR_NULL_POINTER, "qgemm: %s is NULL", args->a ? "b" : "a");
    NEURAL_REQUIRE(!args->a_zero_per_row || args->a_zero_points, NEURAL_ERR_NULL_POINTER,
                   "qgemm: a_zero_per_row without a_zero_points");
    NEURAL_REQUIRE(!args->scale_per_column || args->scales, NEURAL_ERR_NULL_POINTER,
                   "qgemm: scale_per_column without scales");
    return NEURAL_OK;
}

static neural_status check_output(const neural_qgemm_args *args) {
    const int32_t low = args->output == NEURAL_QGEMM_U8 ? 0 : -128;
    const int is_byte = args->output == NEURAL_QGEMM_U8 || args->output == NEURAL_QGEMM_S8;
    NEURAL_REQUIRE((unsigned)args->output <= NEURAL_QGEMM_S8, NEURAL_ERR_INVALID_ARGUMENT,
                   "qgemm: output is %d, want 0 (s32), 1 (f32), 2 (u8) or 3 (s8)",
                   (int)args->output);
    NEURAL_REQUIRE(!args->relu || args->output != NEURAL_QGEMM_S32, NEURAL_ERR_INVALID_ARGUMENT,
                   "qgemm: relu wants f32, u8 or s8 output, got s32");
    NEURAL_REQUIRE(!args->row_scales || args->output == NEURAL_QGEMM_F32,
                   NEURAL_ERR_INVALID_ARGUMENT, "qgemm: row_scales want f32 output, got output %d",
                   (int)args->output);
    NEURAL_REQUIRE(!is_byte || (args->c_zero_point >= low && args->c_zero_point <= low + 255),
                   NEURAL_ERR_INVALID_ARGUMENT, "qgemm: c_zero_point is %d, want %d ... %d",
                   (int)args->c_zero_point, (int)low, (int)low + 255);
    return NEURAL_OK;
}

/* The largest |x - zero| over all x in low ... low + 255 and all zero points. */
static neural_status find_reach(const char *name, const int32_t *zeros, int64_t len, int32_t low,
                                int64_t *out) {
    int32_t smallest = zeros && len > 0 ? zeros[0] : 0, largest = smallest;
    for (int64_t i = 0; zeros && i < len; i++) {
        smallest = zeros[i] < smallest ? zeros[i] : smallest;
        largest = zeros[i] > largest ? zeros[i] : largest;
    }
    NEURAL_REQUIRE(smallest >= low && largest <= low + 255, NEURAL_ERR_INVALID_ARGUMENT,
                   "qgemm: %s reach from %d to %d, want %d ... %d", name, (int)smallest,
                   (int)largest, (int)low, (int)low + 255);
    const int64_t up = (int64_t)low + 255 - smallest, down = (int64_t)largest - low;
    *out = up > down ? up : down;
    return NEURAL_OK;
}

static int64_t largest_bias(const neural_qgemm_args *args) {
    const int32_t *bias = args->output == NEURAL_QGEMM_F32 ? NULL : args->bias;
    int64_t largest = 0;
    for (int64_t j = 0; bias && j < args->n; j++) {
        const int64_t magnitude = bias[j] < 0 ? -(int64_t)bias[j] : bias[j];
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest;
}

/* At least the largest |bias|, less than twice that. */
static int64_t bias_bound(const neural_qgemm_args *args) {
    const int32_t *bias = args->output == NEURAL_QGEMM_F32 ? NULL : args->bias;
    int32_t bits[4] = {0};
    int64_t j = 0;
    for (; bias && j + 4 <= args->n; j += 4) {
        for (int i = 0; i < 4; i++) {
            bits[i] |= bias[j + i] ^ (bias[j + i] >> 31);
        }
    }
    for (; bias && j < args->n; j++) {
        bits[0] |= bias[j] ^ (bias[j] >> 31);
    }
    return bias ? (int64_t)(bits[0] | bits[1] | bits[2] | bits[3]) + 1 : 0;
}

/* Whatever the operands hold, no sum may leave s32. */
static neural_status check_range(const neural_qgemm_args *args) {
    int64_t a_reach = 0, b_reach = 0;
    const int64_t a_zeros = args->a_zero_per_row ? args->m : 1;
    NEURAL_TRY(find_reach("a_zero_points", args->a_zero_points, a_zeros,
                          args->a_is_signed ? -128 : 0, &a_reach));
    NEURAL_TRY(find_reach("b_zero_points", args->b_zero_points, args->n, -128, &b_reach));
    const int64_t bound = bias_bound(args);
    if (bound <= INT32_MAX && args->k <= (INT32_MAX - bound) / (a_reach * b_reach)) {
        return NEURAL_OK;
    }
    const int64_t bias = largest_bias(args), room = INT32_MAX - bias;
    const int64_t limit = room < 0 ? -1 : room / (a_reach * b_reach);
    NEURAL_REQUIRE(args->k <= limit, NEURAL_ERR_INVALID_ARGUMENT,
                   "qgemm: k is %lld; with factors up to %lld and %lld and a bias up to %lld, s32 "
                   "holds the sums up to k = %lld",
                   (long long)args->k, (long long)a_reach, (long long)b_reach, (long long)bias,
                   (long long)limit);
    return NEURAL_OK;
}

/* --- A as the tile reads it ----------------------------------------------------------------------
 */

/* Rows of A copied to `dst`, dst_row bytes apart. */
typedef struct a_copy {
    neural_qgemm_job *job;
    char *dst;
    int64_t dst_row;
    int32_t *row_sums;
} a_copy;

static void copy_rows(void *context, int64_t begin, int64_t end) {
    const a_copy *copy = context;
    const neural_qgemm_args *args = copy->job->args;
    for (int64_t i = begin; copy->dst && i < end; i++) {
        const char *src = (const char *)args->a + i * args->lda;
        char *dst = copy->dst + i * copy->dst_row;
        if (copy->job->kernels->widen) {
            copy->job->kernels->widen((int16_t *)(void *)dst, src, args->k, args->a_is_signed);
        } else {
            memset(dst + copy->dst_row - 4, copy->job->flip, 4); /* enters as 0 */
            memcpy(dst, src, (size_t)args->k);
        }
    }
    if (copy->row_sums) {
        neural_qgemm_sum_rows(copy->job, begin, end, copy->row_sums);
    }
}

/* Bytes from row to row of the copy of A; 0 where A serves as it is. */
static int64_t a_copy_row(const neural_qgemm_job *job) {
    const int64_t k = job->args->k;
    if (job->use_dot && !job->args->b_zero_points) {
        return 0;
    }
    if (job->kernels->widen) {
        return 2 * neural_qgemm_round_up(k, 16);
    }
    return k % 4 == 0 ? 0 : 4 * job->quads;
}

/* --- threads -------------------------------------------------------------------------------------
 */

typedef struct split_job {
    const neural_qgemm_job *job;
    int64_t grain, panels;
    int by_panels;
} split_job;

static void run_piece(void *context, int64_t begin, int64_t end) {
    const split_job *split = context;
    const neural_qgemm_job *job = split->job;
    int8_t *panel = (int8_t *)job->scratch + begin / split->grain * job->panel_bytes;
    if (split->by_panels) {
        neural_qgemm_run(job, 0, job->args->m, begin, end, panel);
    } else {
        neural_qgemm_run(job, begin, end, 0, split->panels, panel);
    }
}

static int64_t threads_for(const neural_qgemm_args *args) {
    const double work = (double)args->m * (double)args->n * (double)args->k;
    return work < SERIAL_WORK ? 1 : neural_num_threads();
}

/* By panels where they divide well: then each is packed once. */
static void run_parallel(const neural_qgemm_job *job, int64_t threads) {
    const int64_t m = job->args->m;
    split_job split = {.job = job,
                       .panels = (job->args->n + NEURAL_QGEMM_PANEL - 1) / NEURAL_QGEMM_PANEL};
    if (threads == 1) {
        neural_qgemm_run(job, 0, m, 0, split.panels, (int8_t *)job->scratch);
        return;
    }
    split.by_panels = split.panels >= 4 * threads || split.panels % threads == 0 ||
                      m < 2 * threads * job->kernels->mr;
    const int64_t len = split.by_panels ? split.panels : m;
    split.grain = (len + threads - 1) / threads;
    neural_parallel_for(len, split.grain, run_piece, &split);
}

/* --- the product ---------------------------------------------------------------------------------
 */

static void prepare(neural_qgemm_job *job) {
    const neural_qgemm_args *args = job->args;
    job->use_dot = (args->trans_b ? job->kernels->dot : job->kernels->sweep) && !args->packed &&
                   args->k > 0 && args->m < DOT_ROWS;
    job->quads = (args->k + 3) / 4;
    job->flip = args->a_is_signed && !job->kernels->widen ? 128 : 0;
    job->a = args->a;
    job->a_row = args->lda;
    job->needs_column_sums = (job->flip || args->a_zero_points) && !job->use_dot;
    job->needs_correction = args->b_zero_points || (args->a_zero_per_row && job->needs_column_sums);
    job->panel_bytes = args->packed || job->use_dot
                           ? 0
                           : neural_qgemm_round_up(job->quads * neural_qgemm_quad_bytes(args->n, 0),
                                                   NEURAL_ALIGNMENT);
}

static void run_with(neural_qgemm_job *job, int64_t threads, char *scratch, int64_t sums_bytes,
                     int64_t a_row) {
    a_copy copy = {.job = job, .dst_row = a_row};
    copy.row_sums = sums_bytes ? (int32_t *)(void *)scratch : NULL;
    copy.dst = a_row ? scratch + sums_bytes : NULL;
    job->row_sums = copy.row_sums;
    job->scratch =
        scratch + sums_bytes + neural_qgemm_round_up(a_row * job->args->m, NEURAL_ALIGNMENT);
    if (a_row) {
        job->a = copy.dst;
        job->a_row = a_row;
    }
    if (a_row || sums_bytes) {
        const int64_t grain = (job->args->m + threads - 1) / threads;
        neural_parallel_for(job->args->m, grain, copy_rows, &copy);
    }
    run_parallel(job, threads);
}

static neural_status execute(neural_qgemm_job *job) {
    const neural_qgemm_args *args = job->args;
    prepare(job);
    const int64_t threads = threads_for(args), a_row = a_copy_row(job);
    const int64_t sums_bytes =
        args->b_zero_points ? neural_qgemm_round_up(4 * args->m, NEURAL_ALIGNMENT) : 0;
    int64_t a_bytes = 0;
    NEURAL_TRY(neural_size_mul(args->m, a_row, &a_bytes));
    const int64_t bytes =
        sums_bytes + neural_qgemm_round_up(a_bytes, NEURAL_ALIGNMENT) + threads * job->panel_bytes;
    neural_block *block = bytes ? neural_block_create((size_t)bytes) : NULL;
    NEURAL_REQUIRE(block || !bytes, NEURAL_ERR_OUT_OF_MEMORY, "qgemm: no %lld bytes for packing",
                   (long long)bytes);
    run_with(job, threads, block ? neural_block_data(block) : NULL, sums_bytes, a_row);
    neural_block_release(block);
    return NEURAL_OK;
}

neural_status neural_qgemm_at(const neural_qgemm_kernels *kernels, const neural_qgemm_args *args) {
    NEURAL_REQUIRE(args, NEURAL_ERR_NULL_POINTER, "qgemm: args is NULL");
    NEURAL_TRY(check_sizes(args));
    NEURAL_TRY(check_output(args));
    NEURAL_TRY(check_pointers(args));
    NEURAL_TRY(check_range(args));
    if (args->m == 0 || args->n == 0) {
        return NEURAL_OK;
    }
    neural_qgemm_job job = {.args = args, .kernels = kernels, .moves = neural_kernels()};
    const neural_fp_state state = neural_fp_enter();
    const neural_status status = execute(&job);
    neural_fp_leave(state);
    return status;
}

neural_status neural_qgemm(const neural_qgemm_args *args) {
    return neural_qgemm_at(neural_qgemm_kernels_active(), args);
}

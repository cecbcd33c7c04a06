#include "core/tensor/qops.h"

#include <math.h>
#include <string.h>

#include "core/asm/quant_kernel.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/qformat.h"

/* Bytes of a part of a parallel loop, and of rows that are joined at a time. */
enum { GRAIN = 1 << 16, BLOCK = 1 << 13 };

neural_status neural_qformat_check(const char *name, const neural_qformat *format) {
    NEURAL_REQUIRE(format, NEURAL_ERR_NULL_POINTER, "%s: format is NULL", name);
    const int32_t low = format->is_signed ? -128 : 0;
    NEURAL_REQUIRE(format->scale > 0 && isfinite(format->scale) && isfinite(1 / format->scale),
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: scale is %.9g, want it, and its reciprocal, positive and finite", name,
                   (double)format->scale);
    NEURAL_REQUIRE(format->zero_point >= low && format->zero_point <= low + 255,
                   NEURAL_ERR_INVALID_ARGUMENT, "%s: zero point is %d, want %d ... %d", name,
                   (int)format->zero_point, (int)low, (int)low + 255);
    return NEURAL_OK;
}

/* --- sum -----------------------------------------------------------------------------------------
 */

typedef struct add_job {
    const neural_qadd_args *args;
    const neural_quant_kernels *kernels;
    neural_quant_sum sum;
} add_job;

static void add_part(void *context, int64_t begin, int64_t end) {
    const add_job *job = context;
    const neural_qadd_args *args = job->args;
    job->kernels->qadd((char *)args->y + begin, (const char *)args->a + begin,
                       (const char *)args->b + begin, end - begin, &job->sum);
}

neural_status neural_qadd(const neural_qadd_args *args) {
    NEURAL_REQUIRE(args, NEURAL_ERR_NULL_POINTER, "qadd: args is NULL");
    NEURAL_REQUIRE(args->len >= 0, NEURAL_ERR_INVALID_ARGUMENT, "qadd: len is %lld, want >= 0",
                   (long long)args->len);
    NEURAL_REQUIRE(args->len == 0 || (args->a && args->b && args->y), NEURAL_ERR_NULL_POINTER,
                   "qadd: %s is NULL",
                   !args->a   ? "a"
                   : !args->b ? "b"
                              : "y");
    NEURAL_TRY(neural_qformat_check("qadd: a", &args->a_format));
    NEURAL_TRY(neural_qformat_check("qadd: b", &args->b_format));
    NEURAL_TRY(neural_qformat_check("qadd: y", &args->y_format));
    const neural_fp_state state = neural_fp_enter();
    const float scale = args->y_format.scale;
    add_job job = {.args = args,
                   .kernels = neural_quant_kernels_active(),
                   .sum = {.a = neural_qsource_of(&args->a_format, args->a_format.scale / scale),
                           .b = neural_qsource_of(&args->b_format, args->b_format.scale / scale),
                           .target = neural_qtarget_of(&args->y_format, 1, args->relu)}};
    neural_parallel_for(args->len, GRAIN, add_part, &job);
    neural_fp_leave(state);
    return NEURAL_OK;
}

/* --- tables --------------------------------------------------------------------------------------
 */

typedef struct lookup_job {
    const neural_quant_kernels *kernels;
    const char *src;
    char *dst;
    const uint8_t *table;
} lookup_job;

static void lookup_part(void *context, int64_t begin, int64_t end) {
    const lookup_job *job = context;
    job->kernels->lookup(job->dst + begin, job->src + begin, end - begin, job->table);
}

neural_status neural_qlookup(const void *src, int64_t len, const uint8_t table[256], void *dst) {
    NEURAL_REQUIRE(len >= 0, NEURAL_ERR_INVALID_ARGUMENT, "qlookup: len is %lld, want >= 0",
                   (long long)len);
    NEURAL_REQUIRE(table && (len == 0 || (src && dst)), NEURAL_ERR_NULL_POINTER,
                   "qlookup: %s is NULL",
                   !table ? "table"
                   : !src ? "src"
                          : "dst");
    lookup_job job = {neural_quant_kernels_active(), src, dst, table};
    neural_parallel_for(len, GRAIN, lookup_part, &job);
    return NEURAL_OK;
}

neural_status neural_qlookup_table(const neural_qformat *x_format, const neural_qformat *y_format,
                                   double (*function)(double x, void *context), void *context,
                                   uint8_t table[256]) {
    NEURAL_REQUIRE(function && table, NEURAL_ERR_NULL_POINTER, "qlookup_table: %s is NULL",
                   function ? "table" : "function");
    NEURAL_TRY(neural_qformat_check("qlookup_table: x", x_format));
    NEURAL_TRY(neural_qformat_check("qlookup_table: y", y_format));
    const neural_fp_state state = neural_fp_enter();
    const double low = y_format->is_signed ? -128 : 0;
    for (int byte = 0; byte < 256; byte++) {
        const int q = x_format->is_signed ? (int8_t)byte : byte;
        const double x = (q - x_format->zero_point) * (double)x_format->scale;
        const double y =
            rint(function(x, context) / (double)y_format->scale) + y_format->zero_point;
        table[byte] = (uint8_t)(int)(y > low ? fmin(y, low + 255) : low);
    }
    neural_fp_leave(state);
    return NEURAL_OK;
}

/* --- concatenation -------------------------------------------------------------------------------
 */

typedef struct concat_job {
    const neural_quant_kernels *kernels;
    const neural_qconcat_part *part;
    uint8_t table[256];
    int is_copy;
    char *dst;
    int64_t dst_row;
} concat_job;

static void copy_rows(const concat_job *job, int64_t row, int64_t count, const char *src) {
    const int64_t channels = job->part->channels;
    for (int64_t i = 0; i < count; i++) {
        memcpy(job->dst + (row + i) * job->dst_row, src + i * channels, (size_t)channels);
    }
}

/* Long rows one by one, short ones many at a time by way of a block. */
static void concat_part(void *context, int64_t begin, int64_t end) {
    const concat_job *job = context;
    const int64_t channels = job->part->channels, fit = BLOCK / channels;
    const char *src = job->part->data;
    _Alignas(64) char block[BLOCK];
    if (job->is_copy) {
        copy_rows(job, begin, end - begin, src + begin * channels);
        return;
    }
    for (int64_t i = begin, count; i < end; i += count) {
        count = fit < 2 ? 1 : end - i < fit ? end - i : fit;
        if (fit < 2) {
            job->kernels->lookup(job->dst + i * job->dst_row, src + i * channels, channels,
                                 job->table);
        } else {
            job->kernels->lookup(block, src + i * channels, count * channels, job->table);
            copy_rows(job, i, count, block);
        }
    }
}

/* What each byte becomes: the kernel of sums, with nothing added, says so. */
static void fill_table(concat_job *job, const neural_qformat *y_format) {
    const neural_qformat *x_format = &job->part->format;
    uint8_t bytes[256];
    for (int i = 0; i < 256; i++) {
        bytes[i] = (uint8_t)i;
    }
    const neural_quant_sum sum = {
        .a = neural_qsource_of(x_format, x_format->scale / y_format->scale),
        .target = neural_qtarget_of(y_format, 1, 0)};
    job->kernels->qadd(job->table, bytes, bytes, 256, &sum);
}

static void run_part(const neural_qconcat_part *part, int64_t rows, const neural_qformat *y_format,
                     char *dst, int64_t dst_row) {
    concat_job job = {.kernels = neural_quant_kernels_active(),
                      .part = part,
                      .is_copy = part->format.scale == y_format->scale &&
                                 part->format.zero_point == y_format->zero_point &&
                                 !part->format.is_signed == !y_format->is_signed,
                      .dst = dst,
                      .dst_row = dst_row};
    fill_table(&job, y_format);
    neural_parallel_for(rows, GRAIN / (part->channels + 1) + 1, concat_part, &job);
}

neural_status neural_qconcat(const neural_qconcat_part *parts, int64_t count, int64_t rows,
                             const neural_qformat *y_format, void *y) {
    int64_t channels = 0;
    NEURAL_REQUIRE(parts || count == 0, NEURAL_ERR_NULL_POINTER, "qconcat: parts is NULL");
    NEURAL_REQUIRE(count >= 0 && rows >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "qconcat: %lld parts of %lld rows, want >= 0", (long long)count,
                   (long long)rows);
    NEURAL_TRY(neural_qformat_check("qconcat: y", y_format));
    for (int64_t i = 0; i < count; i++) {
        NEURAL_TRY(neural_qformat_check("qconcat: a part", &parts[i].format));
        NEURAL_REQUIRE(parts[i].channels >= 0 && parts[i].channels <= INT64_MAX - channels,
                       NEURAL_ERR_INVALID_ARGUMENT, "qconcat: part %lld has %lld channels",
                       (long long)i, (long long)parts[i].channels);
        NEURAL_REQUIRE(parts[i].data || rows == 0 || parts[i].channels == 0,
                       NEURAL_ERR_NULL_POINTER, "qconcat: the data of part %lld are NULL",
                       (long long)i);
        channels += parts[i].channels;
    }
    NEURAL_REQUIRE(y || rows == 0 || channels == 0, NEURAL_ERR_NULL_POINTER, "qconcat: y is NULL");
    const neural_fp_state state = neural_fp_enter();
    char *dst = y;
    for (int64_t i = 0; i < count; i++) {
        if (parts[i].channels > 0) {
            run_part(&parts[i], rows, y_format, dst, channels);
            dst += parts[i].channels;
        }
    }
    neural_fp_leave(state);
    return NEURAL_OK;
}

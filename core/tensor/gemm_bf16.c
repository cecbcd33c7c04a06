#include "core/tensor/gemm_bf16.h"

#include <stddef.h>

#include "core/asm/gemm_bf16_kernel.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/gemm_bf16_job.h"

static neural_status check_b(const neural_gemm_bf16_args *args) {
    const int64_t cols = args->trans_b ? args->k : args->n;
    NEURAL_REQUIRE(args->n >= 0 && args->k >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "gemm_bf16: n, k are %lld, %lld, want >= 0", (long long)args->n,
                   (long long)args->k);
    NEURAL_REQUIRE(args->ldb >= cols, NEURAL_ERR_INVALID_ARGUMENT,
                   "gemm_bf16: ldb is %lld, want at least %lld", (long long)args->ldb,
                   (long long)cols);
    return NEURAL_OK;
}

static neural_status check(const neural_gemm_bf16_args *args) {
    const neural_gemm_bf16_packed *packed = args->packed;
    NEURAL_REQUIRE(args->m >= 0, NEURAL_ERR_INVALID_ARGUMENT, "gemm_bf16: m is %lld, want >= 0",
                   (long long)args->m);
    if (packed) {
        NEURAL_REQUIRE(packed->n == args->n && packed->k == args->k, NEURAL_ERR_SHAPE_MISMATCH,
                       "gemm_bf16: n, k are %lld, %lld, packed are %lld, %lld", (long long)args->n,
                       (long long)args->k, (long long)packed->n, (long long)packed->k);
    } else {
        NEURAL_TRY(check_b(args));
    }
    NEURAL_REQUIRE(args->lda >= args->k && args->ldc >= args->n, NEURAL_ERR_INVALID_ARGUMENT,
                   "gemm_bf16: lda, ldc are %lld, %lld, want at least %lld, %lld",
                   (long long)args->lda, (long long)args->ldc, (long long)args->k,
                   (long long)args->n);
    return NEURAL_OK;
}

neural_status neural_gemm_bf16_at(const neural_kernel_table *kernels, int use_vdpbf16ps,
                                  const neural_gemm_bf16_args *args) {
    NEURAL_TRY(check(args));
    if (args->m == 0 || args->n == 0) {
        return NEURAL_OK;
    }
    if (args->packed) {
        kernels = args->packed->kernels;
        use_vdpbf16ps = args->packed->use_vdpbf16ps;
    }
    return use_vdpbf16ps ? neural_gemm_bf16_run_panels(kernels, args)
                         : neural_gemm_bf16_run_widened(kernels, args);
}

static int has_vdpbf16ps(void) {
    return (neural_quirks_active() & NEURAL_QUIRK_BF16) != 0;
}

neural_status neural_gemm_bf16(const neural_gemm_bf16_args *args) {
    NEURAL_REQUIRE(args, NEURAL_ERR_NULL_POINTER, "gemm_bf16: args is NULL");
    const neural_fp_state state = neural_fp_enter();
    const neural_status status = neural_gemm_bf16_at(neural_kernels(), has_vdpbf16ps(), args);
    neural_fp_leave(state);
    return status;
}

/* --- packed operands --- */

/* Padding enters before it is known whether the size fits: one unit more than there may be. */
static neural_status packed_bytes(int64_t n, int64_t k, int use_vdpbf16ps, int64_t *bytes) {
    int64_t columns = 0, rows = 0, len = 0;
    NEURAL_TRY(neural_size_mul(n / NEURAL_GEMM_BF16_WIDTH + 1, NEURAL_GEMM_BF16_WIDTH, &columns));
    NEURAL_TRY(neural_size_mul(k / 2 + 1, 2, &rows));
    NEURAL_TRY(neural_size_mul(columns, rows, &len));
    NEURAL_TRY(neural_size_mul(len, 4, bytes));
    *bytes = use_vdpbf16ps ? neural_gemm_bf16_panels_len(n, k) * 2 : n * k * 4;
    return NEURAL_OK;
}

neural_status neural_gemm_bf16_packed_create_at(const neural_kernel_table *kernels,
                                                int use_vdpbf16ps,
                                                const neural_gemm_bf16_args *args,
                                                neural_gemm_bf16_packed **out) {
    NEURAL_TRY(check_b(args));
    int64_t bytes = 0;
    NEURAL_TRY(packed_bytes(args->n, args->k, use_vdpbf16ps, &bytes));
    neural_gemm_bf16_packed *packed = neural_alloc(sizeof(*packed));
    void *data = packed ? neural_alloc((size_t)bytes) : NULL;
    if (!data) {
        neural_free(packed);
        return neural_error(NEURAL_ERR_OUT_OF_MEMORY, "gemm_bf16: no %lld bytes for packing",
                            (long long)bytes);
    }
    *packed = (neural_gemm_bf16_packed){.kernels = kernels,
                                        .use_vdpbf16ps = use_vdpbf16ps,
                                        .trans_b = args->trans_b,
                                        .n = args->n,
                                        .k = args->k,
                                        .data = data};
    (use_vdpbf16ps ? neural_gemm_bf16_pack_panels : neural_gemm_bf16_pack_widened)(packed, args);
    *out = packed;
    return NEURAL_OK;
}

neural_status neural_gemm_bf16_packed_create(const neural_gemm_bf16_args *args,
                                             neural_gemm_bf16_packed **out) {
    NEURAL_REQUIRE(args && out, NEURAL_ERR_NULL_POINTER, "gemm_bf16: args or out is NULL");
    return neural_gemm_bf16_packed_create_at(neural_kernels(), has_vdpbf16ps(), args, out);
}

void neural_gemm_bf16_packed_destroy(neural_gemm_bf16_packed *packed) {
    if (packed) {
        neural_free(packed->data);
        neural_free(packed);
    }
}

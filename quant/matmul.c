#include <string.h>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/qgemm.h"
#include "quant/data_range.h"
#include "quant/quantize.h"

/* As many steps of k as a sum in s32 takes: 255 * 255 * 32768 < 2^31. */
enum { MAX_STEPS = 32768 };

typedef struct product {
    const uint8_t *a;
    const int8_t *b;
    int64_t m, k, n;
    const neural_quant_params *params_a;
    const int32_t *zeros_b; /* n of them */
    int32_t *sums;          /* [m, n] of one part of k */
    double *total;          /* [m, n] of all, exact up to 2^53 */
} product;

static neural_status sum_products(const product *p) {
    memset(p->total, 0, (size_t)(p->m * p->n) * sizeof(double));
    for (int64_t begin = 0; begin < p->k; begin += MAX_STEPS) {
        const neural_qgemm_args args = {
            .m = p->m,
            .n = p->n,
            .k = p->k - begin < MAX_STEPS ? p->k - begin : MAX_STEPS,
            .a_is_signed = neural_quant_dtype(p->params_a->scheme) == NEURAL_DTYPE_I8,
            .a = p->a + begin,
            .lda = p->k,
            .a_zero_points = &p->params_a->zero_point,
            .b = p->b + begin * p->n,
            .ldb = p->n,
            .b_zero_points = p->zeros_b,
            .output = NEURAL_QGEMM_S32,
            .c = p->sums,
            .ldc = p->n,
        };
        NEURAL_TRY(neural_qgemm(&args));
        for (int64_t i = 0; i < p->m * p->n; i++) {
            p->total[i] += p->sums[i];
        }
    }
    return NEURAL_OK;
}

static void store(const product *p, double scale, void *c, neural_dtype dtype) {
    for (int64_t i = 0; i < p->m * p->n; i++) {
        if (dtype == NEURAL_DTYPE_F32) {
            ((float *)c)[i] = (float)(p->total[i] * scale);
        } else {
            ((double *)c)[i] = p->total[i] * scale;
        }
    }
}

/* Everything a product needs in one block: totals, sums, zero points, and B as s8. */
static neural_status multiply(product *p, const neural_quant_params *params_b, double scale,
                              void *c, neural_dtype dtype) {
    const int64_t len = p->m * p->n, len_b = p->k * p->n;
    const int is_u8 = neural_quant_dtype(params_b->scheme) == NEURAL_DTYPE_U8;
    int64_t bytes, bytes_b = is_u8 ? len_b : 0;
    NEURAL_TRY(neural_size_mul(len, 12, &bytes));
    NEURAL_REQUIRE(!__builtin_add_overflow(bytes, p->n * 4, &bytes) &&
                       !__builtin_add_overflow(bytes, bytes_b, &bytes),
                   NEURAL_ERR_TENSOR_TOO_LARGE, "quantized_matmul: the product is too large");
    neural_block *scratch = neural_block_create((size_t)bytes);
    NEURAL_REQUIRE(scratch, NEURAL_ERR_OUT_OF_MEMORY, "quantized_matmul: no memory for the sums");
    p->total = neural_block_data(scratch);
    p->sums = (int32_t *)(p->total + len);
    int32_t *zeros = p->sums + len;
    int8_t *flipped = (int8_t *)(zeros + p->n);
    for (int64_t j = 0; j < p->n; j++) {
        zeros[j] = params_b->zero_point - (is_u8 ? 128 : 0);
    }
    for (int64_t i = 0; i < bytes_b; i++) {
        flipped[i] = (int8_t)(p->b[i] ^ -128);
    }
    p->zeros_b = zeros;
    p->b = is_u8 ? flipped : p->b;
    const neural_status status = sum_products(p);
    if (!status) {
        store(p, scale, c, dtype);
    }
    neural_block_release(scratch);
    return status;
}

neural_status neural_quantized_matmul(const void *a, const void *b, int64_t m, int64_t k, int64_t n,
                                      const neural_quant_params *params_a,
                                      const neural_quant_params *params_b, void *c,
                                      neural_dtype dtype) {
    int64_t len, len_a, len_b;
    NEURAL_REQUIRE(m >= 0 && k >= 0 && n >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "quantized_matmul: m, k, n are %lld, %lld, %lld", (long long)m, (long long)k,
                   (long long)n);
    NEURAL_TRY(neural_size_mul(m, n, &len));
    NEURAL_TRY(neural_size_mul(m, k, &len_a));
    NEURAL_TRY(neural_size_mul(k, n, &len_b));
    NEURAL_TRY(quant_check_data("quantized_matmul", c, dtype, len));
    NEURAL_REQUIRE((a || !len_a) && (b || !len_b), NEURAL_ERR_NULL_POINTER,
                   "quantized_matmul: a and b must be given");
    NEURAL_TRY(neural_quant_params_check(params_a));
    NEURAL_TRY(neural_quant_params_check(params_b));
    product p = {.a = a, .b = b, .m = m, .k = k, .n = n, .params_a = params_a};
    const neural_fp_state state = neural_fp_enter();
    const neural_status status =
        multiply(&p, params_b, params_a->scale * params_b->scale, c, dtype);
    neural_fp_leave(state);
    return status;
}

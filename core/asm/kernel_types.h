/* The function type of each kernel family, with the family's contract.
 *
 * Every kernel: never allocates, never fails, never reads or writes beyond its lengths, accepts
 * len == 0 and any element alignment, is single threaded. dst may be equal to a source of the same
 * length (in place) but must not overlap it otherwise. NaN in gives NaN out unless stated. */
#ifndef CORE_ASM_KERNEL_TYPES_H_
#define CORE_ASM_KERNEL_TYPES_H_

#include <stdint.h>

#include "core/asm/conv_kernel.h"
#include "core/asm/fuzzy_kernel.h"
#include "core/asm/sparse_kernel.h"
#include "core/base/random.h"

/* Scalars of a fused SGD step (torch.optim.SGD): g = grad + weight_decay*param; with momentum:
 * v = first ? g : momentum*v + (1 - dampening)*g; g = nesterov ? g + momentum*v : v;
 * param -= lr*g. velocity is not touched when momentum == 0. */
typedef struct neural_sgd_args {
    double lr, momentum, dampening, weight_decay;
    int32_t nesterov, first;
} neural_sgd_args;

/* Scalars of a fused Adam/AdamW step (Kingma & Ba 2015; Loshchilov & Hutter 2019):
 * decoupled ? param *= 1 - lr*weight_decay : grad += weight_decay*param;
 * m += (1 - beta1)*(grad - m); v = beta2*v + (1 - beta2)*grad^2;
 * param -= step_size * m / (sqrt(v)*inv_sqrt_bias2 + epsilon)
 * with step_size = lr/(1 - beta1^t) and inv_sqrt_bias2 = 1/sqrt(1 - beta2^t). */
typedef struct neural_adam_args {
    double lr, beta1, beta2, epsilon, weight_decay, step_size, inv_sqrt_bias2;
    int32_t decoupled, reserved;
} neural_adam_args;

/* Scalars of a fused RMSprop step (Hinton's lecture 6e; torch.optim.RMSprop):
 * g = grad + weight_decay*param; s = alpha*s + (1 - alpha)*g^2;
 * centered: a += (1 - alpha)*(g - a), d = sqrt(max(s - a^2, 0)) + epsilon, else
 * d = sqrt(s) + epsilon; momentum != 0: b = momentum*b + g/d, param -= lr*b, else
 * param -= lr*g/d. state is s, a, b; what is not used may be NULL. */
typedef struct neural_rmsprop_args {
    double lr, alpha, epsilon, weight_decay, momentum;
    int32_t centered, reserved;
} neural_rmsprop_args;

/* Scalars of a fused Adagrad step (Duchi et al. 2011; torch.optim.Adagrad):
 * g = grad + weight_decay*param; sum += g^2; param -= step_size*g/(sqrt(sum) + epsilon)
 * with step_size = lr/(1 + (t - 1)*lr_decay). */
typedef struct neural_adagrad_args {
    double step_size, epsilon, weight_decay;
} neural_adagrad_args;

/* Scalars of a fused Lion step (Chen et al. 2023): c = beta1*m + (1 - beta1)*grad;
 * param = (1 - lr*weight_decay)*param - lr*sign(c); m = beta2*m + (1 - beta2)*grad. */
typedef struct neural_lion_args {
    double lr, beta1, beta2, weight_decay;
} neural_lion_args;

/* Rows that are normalized, each on its own. */
typedef struct neural_norm_args {
    int64_t rows, cols;
    double epsilon;
} neural_norm_args;

/* Planes of a [batch, channels, len] tensor; `stride` elements lie from one sample to the next, at
 * least channels*len: so a range of the channels can be taken alone. */
typedef struct neural_channel_args {
    int64_t batch, channels, len, stride;
} neural_channel_args;

/* Windows over planes. The small side (dst, dy) is packed: [planes, rows, cols]. On the large side
 * (src, dx) a row is `ld` elements from the next and a plane `plane`; all windows lie inside. A
 * window has window_rows x window_cols elements, 256 at most; kernels whose name says 2x2 or 3x3 do
 * not read these two, those of windows 2 apart want window_cols >= 2. */
typedef struct neural_pool_args {
    int64_t planes, rows, cols, ld, plane, window_rows, window_cols;
} neural_pool_args;

/* Small matrices side by side: element (p, q) of matrix l lies at p*row + q*col + l; distances in
 * elements, of any sign. bias and relu serve winograd_output alone. */
typedef struct neural_winograd_args {
    int64_t dst_row, dst_col, src_row, src_col;
    const void *bias; /* [len], NULL for none */
    int64_t relu;     /* 0 or 1 */
} neural_winograd_args;

#define NEURAL_DECLARE_KERNEL_TYPES(T, D)                                                          \
    /* dst[i] = f(src[i]) */                                                                       \
    typedef void neural_unary_##D(T *dst, const T *src, int64_t len);                              \
    /* dst[i] = f(src[i]; alpha, beta) */                                                          \
    typedef void neural_param_##D(T *dst, const T *src, int64_t len, T alpha, T beta);             \
    /* dst[i] = f(lhs[i], rhs[i]) */                                                               \
    typedef void neural_binary_##D(T *dst, const T *lhs, const T *rhs, int64_t len);               \
    /* dx[i] = dy[i] * f'(saved[i]); saved is y for relu sigmoid tanh selu elu, else x */          \
    typedef void neural_grad_##D(T *dx, const T *dy, const T *saved, int64_t len);                 \
    typedef void neural_param_grad_##D(T *dx, const T *dy, const T *saved, int64_t len, T alpha,   \
                                       T beta);                                                    \
    /* dst[i] = fma(alpha, src[i], dst[i]) */                                                      \
    typedef void neural_axpy_##D(T *dst, const T *src, int64_t len, T alpha);                      \
    /* dst[i] = value */                                                                           \
    typedef void neural_fill_##D(T *dst, int64_t len, T value);                                    \
    /* One number from a vector through 64 (f32) / 32 (f64) virtual lanes: element i goes to lane  \
     * i mod lanes; lanes are folded as lane[j] op= lane[j + half], half = lanes/2 ... 1. In sums  \
     * a lane moves to its total after every 64 terms, so that rounding errors stay small; lanes   \
     * and totals start at +0, so a sum is never -0.                                               \
     * Length 0 gives the identity: 0 for sums, -inf for max, +inf for min. */                     \
    typedef T neural_reduce_##D(const T *src, int64_t len);                                        \
    typedef T neural_reduce2_##D(const T *lhs, const T *rhs, int64_t len);                         \
    /* Index of the first NaN or infinity, -1 when all are finite. */                              \
    typedef int64_t neural_find_##D(const T *src, int64_t len);                                    \
    /* dst[r] = the index of the first NaN in row r of [rows, cols], else of the first of the      \
     * largest elements; -1 when cols == 0. */                                                     \
    typedef void neural_argmax_##D(int64_t *dst, const T *src, int64_t rows, int64_t cols);        \
    /* Each row of [rows, cols] on its own; row sums as in the reductions. */                      \
    typedef void neural_rows_##D(T *dst, const T *src, int64_t rows, int64_t cols);                \
    typedef void neural_rows_grad_##D(T *dx, const T *dy, const T *y, int64_t rows, int64_t cols); \
    /* dst[j] += src[0][j] + src[1][j] + ...: one chain of additions per column, starting from     \
     * dst[j], rows in increasing order. src is [rows, cols], contiguous. */                       \
    typedef void neural_col_sum_##D(T *dst, const T *src, int64_t rows, int64_t cols);             \
    /* Normalized rows of [rows, cols]. layer_norm: mean = sum(x)/cols, variance =                 \
     * sum((x - mean)^2)/cols (mean first, so that large means do not cancel); rms_norm: mean = 0. \
     * rstd = 1/sqrt(variance + epsilon), y = (x - mean)*rstd*gamma + beta, stats[r] = mean, rstd. \
     * gamma NULL is 1, beta NULL is 0. Sums as in the reductions. src may be dst. No rows or no   \
     * columns: nothing is written. Errors are relative to the mean of |x| for the mean (seen in y \
     * through rstd*gamma), to the terms of the result otherwise. */                               \
    typedef void neural_norm_##D(T *dst, const T *src, const T *gamma, const T *beta, T *stats,    \
                                 const neural_norm_args *args);                                    \
    /* dx = rstd*((g - mean(g)) - xhat*mean(g*xhat)), g = dy*gamma, xhat = (x - mean)*rstd; for    \
     * rms_norm without mean(g). dy or x may be dx. */                                             \
    typedef void neural_norm_grad_##D(T *dx, const T *dy, const T *x, const T *gamma,              \
                                      const T *stats, const neural_norm_args *args);               \
    /* dgamma[j] += dy*xhat and, unless NULL, dbeta[j] += dy: one chain per column, as in col_sum. \
     * Serves layer_norm and rms_norm; epsilon is not read. */                                     \
    typedef void neural_norm_param_grad_##D(T *dgamma, T *dbeta, const T *dy, const T *x,          \
                                            const T *stats, const neural_norm_args *args);         \
    /* Per channel over batch and len: mean, then variance = mean((x - mean)^2). The lanes of the  \
     * reductions run on from plane to plane, each plane from lane 0; a lane moves to its total    \
     * after 64 turns of at most one term. column_* (slots.inc): chains of 16 rows, then totals.   \
     */                                                                                            \
    typedef void neural_channel_stats_##D(T *mean, T *variance, const T *src,                      \
                                          const neural_channel_args *args);                        \
    /* sum[c] = sum(dy), dot[c] = sum(dy*(x - mean[c])), lanes likewise. */                        \
    typedef void neural_channel_sums_##D(T *sum, T *dot, const T *dy, const T *x, const T *mean,   \
                                         const neural_channel_args *args);                         \
    /* table[c] = {mean, scale, shift}: y = (x - mean)*scale + shift. src may be dst. */           \
    typedef void neural_channel_norm_##D(T *dst, const T *src, const T *table,                     \
                                         const neural_channel_args *args);                         \
    /* table[c] = {mean, scale, shift, slope}: dx = (dy*scale + shift) - (x - mean)*slope. In      \
     * batch norm scale = gamma*rstd, shift = -scale*mean(dy), slope = scale*rstd^2*mean(dy*(x -   \
     * mean)). */                                                                                  \
    typedef void neural_channel_norm_grad_##D(T *dx, const T *dy, const T *x, const T *table,      \
                                              const neural_channel_args *args);                    \
    /* dst = the largest element of each window, code = its number in the window, row by row: the  \
     * first of equal ones; where there is a NaN, the last NaN, as in PyTorch. */                  \
    typedef void neural_pool_max_##D(T *dst, uint8_t *code, const T *src,                          \
                                     const neural_pool_args *args);                                \
    /* Windows that touch but do not overlap: dx = dy where the code says so, 0 elsewhere in the   \
     * windows. Between the windows of a plane dx may be overwritten. */                           \
    typedef void neural_pool_max_grad_##D(T *dx, const T *dy, const uint8_t *code,                 \
                                          const neural_pool_args *args);                           \
    /* dst = (sum of the window, one chain of additions) / divisor */                              \
    typedef void neural_pool_avg_##D(T *dst, const T *src, const neural_pool_args *args,           \
                                     T divisor);                                                   \
    /* dx = dy / divisor in each window; the same rules as for max */                              \
    typedef void neural_pool_avg_grad_##D(T *dx, const T *dy, const neural_pool_args *args,        \
                                          T divisor);                                              \
    /* dst_l = L src_l L^T for l < len, first the columns, then the rows; L is named with the      \
     * slot. winograd_output: relu(L src_l L^T + bias[l]). dst does not overlap src. */            \
    typedef void neural_winograd_##D(T *dst, const T *src, const neural_winograd_args *args,       \
                                     int64_t len);                                                 \
    /* dst[c*dst_ld + r] = src[r*src_ld + c] for a [rows, cols] source. Not in place. */           \
    typedef void neural_transpose_##D(T *dst, const T *src, int64_t rows, int64_t cols,            \
                                      int64_t dst_ld, int64_t src_ld);                             \
    /* dst[i][j] = src[index[i]][j], rows of `cols`, contiguous. Every index names a row of src:   \
     * the caller has checked. dst overlaps neither src nor index. */                              \
    typedef void neural_gather_##D(T *dst, const T *src, const int64_t *index, int64_t rows,       \
                                   int64_t cols);                                                  \
    typedef void neural_gather_i32_##D(T *dst, const T *src, const int32_t *index, int64_t rows,   \
                                       int64_t cols);                                              \
    /* dst[index[i]][j] += src[i][j] in increasing i: one chain of additions per element. The      \
     * same rules. */                                                                              \
    typedef void neural_scatter_add_##D(T *dst, const T *src, const int64_t *index, int64_t rows,  \
                                        int64_t cols);                                             \
    typedef void neural_scatter_add_i32_##D(T *dst, const T *src, const int32_t *index,            \
                                            int64_t rows, int64_t cols);                           \
    typedef void neural_sgd_##D(T *param, const T *grad, T *velocity, int64_t len,                 \
                                const neural_sgd_args *args);                                      \
    typedef void neural_adam_##D(T *param, const T *grad, T *exp_avg, T *exp_avg_sq, int64_t len,  \
                                 const neural_adam_args *args);                                    \
    /* Adam whose second moment is the largest so far (Reddi et al. 2018): state is m, v and that  \
     * maximum */                                                                                  \
    typedef void neural_amsgrad_##D(T *param, const T *grad, T *const state[3], int64_t len,       \
                                    const neural_adam_args *args);                                 \
    typedef void neural_rmsprop_##D(T *param, const T *grad, T *const state[3], int64_t len,       \
                                    const neural_rmsprop_args *args);                              \
    typedef void neural_adagrad_##D(T *param, const T *grad, T *sum, int64_t len,                  \
                                    const neural_adagrad_args *args);                              \
    typedef void neural_lion_##D(T *param, const T *grad, T *exp_avg, int64_t len,                 \
                                 const neural_lion_args *args);                                    \
    /* average = decay*average + (1 - decay)*param */                                              \
    typedef void neural_ema_##D(T *average, const T *param, int64_t len, double decay);            \
    /* The draws of a stream from block `block` on (core/base/random.h): f32 takes a word of the   \
     * stream each, f64 a pair. The same bits at every level. uniform: low + (high - low) * draw,  \
     * in double, then rounded; normal: mean + std * draw, in T; bernoulli: 1 where the word (f64: \
     * the high word of the pair) is below threshold <= 2^32, else 0. */                           \
    typedef void neural_uniform_##D(T *dst, int64_t len, const neural_random *stream,              \
                                    uint64_t block, double low, double high);                      \
    typedef void neural_normal_##D(T *dst, int64_t len, const neural_random *stream,               \
                                   uint64_t block, double mean, double std);                       \
    typedef void neural_bernoulli_##D(T *dst, int64_t len, const neural_random *stream,            \
                                      uint64_t block, uint64_t threshold);                         \
    /* dst[i] = mask[i] ? src[i] * scale : 0; a NaN that is masked becomes 0 */                    \
    typedef void neural_mask_scale_##D(T *dst, const T *src, const uint8_t *mask, int64_t len,     \
                                       T scale)

NEURAL_DECLARE_KERNEL_TYPES(float, f32);
NEURAL_DECLARE_KERNEL_TYPES(double, f64);
#undef NEURAL_DECLARE_KERNEL_TYPES

/* The checksum of a message so far, continued over `bytes` more: f(0, ...) begins, and
 * f(f(0, a), b) = f(0, ab). What goes in and out is the finished value (the register inverted, as
 * it is stored in files), so f(crc, data, 0) = crc. */
typedef uint32_t neural_checksum(uint32_t crc, const void *data, int64_t bytes);

/* The words of a stream from block `block` on. */
typedef void neural_words(uint32_t *dst, int64_t len, const neural_random *stream, uint64_t block);

/* dst[i] = 1 where word i is at least threshold <= 2^32, else 0: the survivors of a dropout with
 * probability threshold / 2^32. */
typedef void neural_keep(uint8_t *dst, int64_t len, const neural_random *stream, uint64_t block,
                         uint64_t threshold);

/* dst[i] = src[i], where a bf16 is the upper half of an f32. Narrowing rounds to nearest even,
 * subnormal numbers too; a NaN keeps its sign and upper bits and becomes quiet. Not in place. */
typedef void neural_narrow_bf16(uint16_t *dst, const float *src, int64_t len);
typedef void neural_widen_bf16(float *dst, const uint16_t *src, int64_t len);

/* How exact a slot is against the infinitely precise result. */
typedef enum neural_accuracy_kind {
    NEURAL_ACCURACY_EXACT = 0, /* correctly rounded */
    NEURAL_ACCURACY_ULP = 1,   /* at most `bound` units in the last place */
    NEURAL_ACCURACY_SUM = 2    /* at most bound * eps * sum of the terms' magnitudes */
} neural_accuracy_kind;

typedef struct neural_accuracy {
    neural_accuracy_kind kind;
    double bound;
} neural_accuracy;

#endif /* CORE_ASM_KERNEL_TYPES_H_ */

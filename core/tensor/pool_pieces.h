/* Planes as the pooling kernels want them: every window inside, so padding is written out. Only for
 * the files of pool. */
#ifndef CORE_TENSOR_POOL_PIECES_H_
#define CORE_TENSOR_POOL_PIECES_H_

#include "core/asm/kernel_types.h"
#include "core/tensor/pool_plan.h"

/* Elements of padded rows made at a time; they stay in the first caches. */
enum { NEURAL_POOL_SCRATCH = 4096 };

/* Elements of a window that a byte can number. */
enum { NEURAL_POOL_CODES = 256 };

/* Walks over the results of the planes [plane, end). */
#define NEURAL_DECLARE_POOL_PIECES(T, D)                                                           \
    typedef struct neural_pool_pieces_##D {                                                        \
        const neural_pool_plan *plan;                                                              \
        const T *x;                                                                                \
        T padding;                                                                                 \
        int64_t plane, end, row; /* the next result */                                             \
        const T *src;            /* of the piece */                                                \
        int64_t at;              /* its first result */                                            \
        neural_pool_args args;                                                                     \
        T scratch[NEURAL_POOL_SCRATCH];                                                            \
    } neural_pool_pieces_##D;                                                                      \
    /* Planes [begin, end) of x, around them `padding`. */                                         \
    void neural_pool_pieces_begin_##D(neural_pool_pieces_##D *pieces,                              \
                                      const neural_pool_plan *plan, const T *x, T padding,         \
                                      int64_t begin, int64_t end);                                 \
    /* Prepares the next piece: src, at, args; 0 when there is none. */                            \
    int neural_pool_pieces_next_##D(neural_pool_pieces_##D *pieces)

NEURAL_DECLARE_POOL_PIECES(float, f32);
NEURAL_DECLARE_POOL_PIECES(double, f64);
#undef NEURAL_DECLARE_POOL_PIECES

#endif /* CORE_TENSOR_POOL_PIECES_H_ */

#include "core/autograd/gradcheck_cases.h"

#define SHAPE(...)                                                                                 \
    {                                                                                              \
        (int8_t)sizeof((int8_t[]){__VA_ARGS__}), {                                                 \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define SCALAR                                                                                     \
    {                                                                                              \
        0, {                                                                                       \
            0                                                                                      \
        }                                                                                          \
    }
#define OP(name) .op = NEURAL_OP_ID_##name
#define DOMAIN(from, to) .low = (from), .high = (to)
#define KINKS(a, b) .has_kinks = 1, .kink = {(a), (b)}
#define INTEGERS(...) .attrs = {.integer = {__VA_ARGS__}}
#define SCALARS(...) .attrs = {.scalar = {__VA_ARGS__}}
#define LABELS .in = {SHAPE(5, 4), SHAPE(5), SHAPE(4)}, .classes = 4
/* Batch norm over the batch; a normalization over some dimensions, or in some groups. */
#define TRAINING DOMAIN(-2, 2), .attrs = {.integer = {1}, .scalar = {0.1, 1e-5}}
#define LAST(count) DOMAIN(-2, 2), .attrs = {.integer = {(count)}, .scalar = {1e-5}}
#define TO_SHAPE(...) .attrs = {.shape = SHAPE(__VA_ARGS__)}

/* Equal shapes, and every way to broadcast: a row, a column, both sides, a single element. */
#define BINARY(name, from, to)                                                                     \
    {OP(name), DOMAIN(from, to), .in = {SHAPE(3, 5), SHAPE(3, 5)}},                                \
        {OP(name), DOMAIN(from, to), .in = {SHAPE(2, 3, 4), SHAPE(4)}},                            \
        {OP(name), DOMAIN(from, to), .in = {SHAPE(3, 1), SHAPE(3, 5)}},                            \
        {OP(name), DOMAIN(from, to), .in = {SHAPE(2, 1, 4), SHAPE(3, 1)}}, {                       \
        OP(name), DOMAIN(from, to), .in = { SHAPE(7), SCALAR }                                     \
    }

#define UNARY(name, from, to)                                                                      \
    {                                                                                              \
        OP(name), DOMAIN(from, to), .in = { SHAPE(3, 7) }                                          \
    }
#define KINKED(name, from, to, a, b)                                                               \
    { OP(name), DOMAIN(from, to), .in = {SHAPE(3, 7)}, KINKS(a, b) }

/* The first, a middle and the last axis, and everything, with and without keepdim. */
#define REDUCTION(name)                                                                            \
    {OP(name), DOMAIN(-2, 2), .in = {SHAPE(2, 3, 4)}, INTEGERS(127)},                              \
        {OP(name), DOMAIN(-2, 2), .in = {SHAPE(2, 3, 4)}, INTEGERS(127, 1)},                       \
        {OP(name), DOMAIN(-2, 2), .in = {SHAPE(2, 3, 4)}, INTEGERS(0)},                            \
        {OP(name), DOMAIN(-2, 2), .in = {SHAPE(2, 3, 4)}, INTEGERS(1, 1)}, {                       \
        OP(name), DOMAIN(-2, 2), .in = {SHAPE(2, 3, 4)}, INTEGERS(-1)                              \
    }

#define SOFTMAX(name)                                                                              \
    {OP(name), DOMAIN(-3, 3), .in = {SHAPE(4, 5)}, INTEGERS(-1)},                                  \
        {OP(name), DOMAIN(-3, 3), .in = {SHAPE(2, 3, 4)}, INTEGERS(1)}, {                          \
        OP(name), DOMAIN(-3, 3), .in = {SHAPE(3, 4)}, INTEGERS(0)                                  \
    }

const neural_gradcheck_case neural_gradcheck_cases[] = {
    BINARY(add, -2, 2),
    BINARY(sub, -2, 2),
    BINARY(mul, -2, 2),
    BINARY(div, 0.5, 2),
    BINARY(maximum, -2, 2),
    BINARY(minimum, -2, 2),
    {OP(affine), DOMAIN(-2, 2), .in = {SHAPE(3, 5)}, SCALARS(-1.5, 0.25)},

    UNARY(neg, -2, 2),
    KINKED(abs, -2, 2, 0, 0),
    UNARY(square, -2, 2),
    UNARY(sqrt, 0.2, 3),
    UNARY(exp, -2, 2),
    UNARY(log, 0.2, 3),

    KINKED(relu, -2, 2, 0, 0),
    {OP(leaky_relu), DOMAIN(-2, 2), .in = {SHAPE(3, 7)}, SCALARS(0.1), KINKS(0, 0)},
    UNARY(sigmoid, -4, 4),
    UNARY(tanh, -3, 3),
    UNARY(gelu, -3, 3),
    UNARY(gelu_tanh, -3, 3),
    UNARY(silu, -4, 4),
    {OP(elu), DOMAIN(-3, 3), .in = {SHAPE(3, 7)}, SCALARS(0.7), KINKS(0, 0)},
    KINKED(selu, -3, 3, 0, 0),
    UNARY(mish, -4, 4),
    KINKED(hardswish, -4, 4, -3, 3),
    KINKED(hardsigmoid, -4, 4, -3, 3),
    UNARY(softplus, -4, 4),
    {OP(hardtanh), DOMAIN(-2, 2), .in = {SHAPE(3, 7)}, SCALARS(-0.8, 1.1), KINKS(-0.8, 1.1)},
    /* On a grid as fine as this the straight-through gradient is the derivative. */
    {OP(fake_quant), DOMAIN(-2, 2), .in = {SHAPE(3, 7)},
     .attrs = {.integer = {-1, 40, 0, 0}, .scalar = {-0.8, 1.1}}, KINKS(-0.8, 1.1)},
    {OP(dropout), DOMAIN(-2, 2), .in = {SHAPE(5, 7)}, .attrs = {.scalar = {0.4}, .seed = 3}},

    {OP(dropout2d), DOMAIN(-2, 2), .in = {SHAPE(3, 5, 2)}, .attrs = {.scalar = {0.4}, .seed = 3}},

    SOFTMAX(softmax),
    SOFTMAX(log_softmax),

    REDUCTION(sum),
    REDUCTION(mean),
    REDUCTION(max),
    REDUCTION(min),

    {OP(matmul), DOMAIN(-1, 1), .in = {SHAPE(3, 4), SHAPE(4, 5)}},
    {OP(matmul), DOMAIN(-1, 1), .in = {SHAPE(4), SHAPE(4)}},
    {OP(matmul), DOMAIN(-1, 1), .in = {SHAPE(4), SHAPE(4, 3)}},
    {OP(matmul), DOMAIN(-1, 1), .in = {SHAPE(2, 3, 4), SHAPE(4)}},
    {OP(matmul), DOMAIN(-1, 1), .in = {SHAPE(2, 3, 4), SHAPE(4, 2)}},
    {OP(matmul), DOMAIN(-1, 1), .in = {SHAPE(3, 4), SHAPE(2, 4, 2)}},
    {OP(matmul), DOMAIN(-1, 1), .in = {SHAPE(2, 1, 2, 3), SHAPE(3, 3, 2)}},
    {OP(linear), DOMAIN(-1, 1), .in = {SHAPE(5, 3), SHAPE(4, 3), SHAPE(4)}},
    {OP(linear), DOMAIN(-1, 1), .in = {SHAPE(5, 3), SHAPE(4, 3)}, .without_last = 1},
    {OP(linear), DOMAIN(-1, 1), .in = {SHAPE(5, 3), SHAPE(4, 3), SHAPE(4)}, INTEGERS(1)},
    {OP(linear), DOMAIN(-1, 1), .in = {SHAPE(2, 2, 3), SHAPE(4, 3), SHAPE(4)}},
    {OP(linear), DOMAIN(-1, 1), .in = {SHAPE(3), SHAPE(4, 3), SHAPE(4)}},

    /* stride, pad (top, left, bottom, right), dilation, groups, relu */
    {OP(conv2d), DOMAIN(-1, 1), .in = {SHAPE(2, 3, 5, 4), SHAPE(2, 3, 3, 2), SHAPE(2)},
     INTEGERS(1, 1, 1, 1, 1, 0, 1, 1, 1)},
    {OP(conv2d), DOMAIN(-1, 1), .in = {SHAPE(2, 1, 6, 5), SHAPE(4, 1, 3, 3)}, .without_last = 1,
     INTEGERS(2, 3, 2, 0, 1, 2, 1, 2, 1)},
    {OP(conv2d), DOMAIN(-1, 1), .in = {SHAPE(1, 4, 4, 5), SHAPE(6, 2, 2, 3), SHAPE(6)},
     INTEGERS(1, 2, 0, 1, 1, 1, 2, 1, 2, 1)},
    {OP(max_pool2d), DOMAIN(-2, 2), .in = {SHAPE(2, 2, 5, 4)}, INTEGERS(2, 2, 2, 2, 0, 0, 1, 1, 0)},
    {OP(max_pool2d), DOMAIN(-2, 2), .in = {SHAPE(2, 6, 7)}, INTEGERS(3, 3, 2, 2, 1, 1, 1, 1, 1)},
    {OP(max_pool2d), DOMAIN(-2, 2), .in = {SHAPE(2, 6, 7)}, INTEGERS(3, 3, 1, 1, 1, 1, 1, 1, 0)},
    {OP(max_pool2d), DOMAIN(-2, 2), .in = {SHAPE(2, 7, 6)}, INTEGERS(3, 2, 1, 3, 1, 0, 2, 1, 1)},
    {OP(avg_pool2d), DOMAIN(-2, 2), .in = {SHAPE(4, 5, 4)}, INTEGERS(2, 2, 2, 2, 0, 0, 1, 1, 0, 1)},
    {OP(avg_pool2d), DOMAIN(-2, 2), .in = {SHAPE(2, 6, 7)}, INTEGERS(3, 3, 2, 2, 1, 1, 1, 1, 1, 1)},
    {OP(avg_pool2d), DOMAIN(-2, 2), .in = {SHAPE(2, 6, 7)}, INTEGERS(3, 3, 1, 1, 1, 1, 1, 1, 0, 0)},
    {OP(avg_pool2d), DOMAIN(-2, 2), .in = {SHAPE(2, 7, 6)}, INTEGERS(3, 2, 1, 3, 1, 0, 1, 1, 1, 0)},
    {OP(adaptive_avg_pool2d), DOMAIN(-2, 2), .in = {SHAPE(2, 2, 5, 4)}, INTEGERS(1, 1)},
    {OP(adaptive_avg_pool2d), DOMAIN(-2, 2), .in = {SHAPE(2, 5, 7)}, INTEGERS(3, 4)},
    {OP(adaptive_avg_pool2d), DOMAIN(-2, 2), .in = {SHAPE(1, 2, 3)}, INTEGERS(4, 2)},
    {OP(embedding), DOMAIN(-2, 2), .in = {SHAPE(4, 3), SHAPE(5)}, INTEGERS(-1), .classes = 4},
    {OP(embedding), DOMAIN(-2, 2), .in = {SHAPE(4, 1), SHAPE(2, 3)}, INTEGERS(-1), .classes = 4},

    /* the same, then output_padding */
    {OP(conv_transpose2d), DOMAIN(-1, 1), .in = {SHAPE(2, 3, 3, 4), SHAPE(3, 2, 3, 2), SHAPE(2)},
     INTEGERS(1, 1, 1, 1, 1, 0, 1, 1, 1)},
    {OP(conv_transpose2d), DOMAIN(-1, 1), .in = {SHAPE(1, 4, 3, 2), SHAPE(4, 1, 3, 3)},
     .without_last = 1, INTEGERS(2, 3, 1, 0, 0, 1, 1, 2, 2, 0, 1, 2)},
    {OP(conv_transpose2d), DOMAIN(-1, 1), .in = {SHAPE(2, 2, 3, 3), SHAPE(2, 2, 2, 3), SHAPE(4)},
     INTEGERS(2, 1, 0, 1, 0, 1, 2, 1, 2, 1, 1, 0)},

    {OP(reshape), DOMAIN(-1, 1), .in = {SHAPE(2, 6)}, TO_SHAPE(3, -1)},
    {OP(permute), DOMAIN(-1, 1), .in = {SHAPE(2, 3, 4)}, TO_SHAPE(2, 0, 1)},
    {OP(slice), DOMAIN(-1, 1), .in = {SHAPE(3, 7)}, INTEGERS(1, 1, 3, 2)},
    {OP(slice), DOMAIN(-1, 1), .in = {SHAPE(5, 2)}, INTEGERS(0, 2, 3, 1)},
    {OP(expand), DOMAIN(-1, 1), .in = {SHAPE(3, 1)}, TO_SHAPE(2, 3, 4)},

    {OP(concat), DOMAIN(-1, 1), .in = {SHAPE(3, 2), SHAPE(3, 4)}, INTEGERS(1), .without_last = 6},
    {OP(concat), DOMAIN(-1, 1), .in = {SHAPE(2, 3), SHAPE(1, 3), SHAPE(3, 3)}, .without_last = 5},
    {OP(concat), DOMAIN(-1, 1), .in = {SHAPE(2, 1, 3), SHAPE(2, 2, 3)}, INTEGERS(-2),
     .without_last = 6},

    {OP(mse_loss), DOMAIN(-2, 2), .in = {SHAPE(4, 3), SHAPE(4, 3)}},
    {OP(cross_entropy_loss), DOMAIN(-3, 3), LABELS, .without_last = 1},
    {OP(cross_entropy_loss), DOMAIN(-3, 3), LABELS, SCALARS(0.3), .without_last = 1},
    {OP(cross_entropy_loss), DOMAIN(0.3, 3), LABELS, SCALARS(0.3), .constant_last = 1},
    {OP(cross_entropy_loss), DOMAIN(0.3, 3), LABELS, INTEGERS(1), .constant_last = 1},
    {OP(nll_loss), DOMAIN(-3, -0.1), LABELS, .without_last = 1},
    {OP(nll_loss), DOMAIN(0.3, 3), LABELS, .constant_last = 1},
    {OP(focal_loss), DOMAIN(-3, 3), LABELS, SCALARS(2), .without_last = 1},
    {OP(focal_loss), DOMAIN(0.3, 3), LABELS, SCALARS(0.5), .constant_last = 1},
    {OP(focal_loss), DOMAIN(-3, 3), LABELS, SCALARS(0), .without_last = 1},
    {OP(l1_loss), DOMAIN(-2, 2), .in = {SHAPE(4, 3), SHAPE(4, 3)}},
    {OP(huber_loss), DOMAIN(-2, 2), .in = {SHAPE(4, 3), SHAPE(4, 3)}, SCALARS(0.7, 1.5)},
    {OP(kl_div_loss), DOMAIN(0.05, 0.95), .in = {SHAPE(4, 3), SHAPE(4, 3)}, INTEGERS(2)},
    {OP(kl_div_loss), DOMAIN(-2, -0.1), .in = {SHAPE(4, 3), SHAPE(4, 3)}, INTEGERS(0, 1)},
    {OP(bce_loss), DOMAIN(0.05, 0.95), .in = {SHAPE(4, 3), SHAPE(4, 3)}},
    {OP(bce_with_logits_loss), DOMAIN(-3, 3), .in = {SHAPE(4, 3), SHAPE(4, 3)}},

    {OP(batch_norm), TRAINING, .in = {SHAPE(5, 3), SHAPE(3), SHAPE(3)}, .without_last = 2},
    {OP(batch_norm), TRAINING, .in = {SHAPE(2, 3, 4), SHAPE(3), SHAPE(3)}, .without_last = 2},
    {OP(batch_norm), TRAINING, .in = {SHAPE(2, 2, 8, 17)}, .without_last = 4},
    {OP(layer_norm), LAST(1), .in = {SHAPE(3, 7), SHAPE(7), SHAPE(7)}},
    {OP(layer_norm), LAST(2), .in = {SHAPE(2, 3, 4), SHAPE(3, 4), SHAPE(3, 4)}},
    {OP(layer_norm), LAST(1), .in = {SHAPE(3, 7)}, .without_last = 2},
    {OP(rms_norm), LAST(1), .in = {SHAPE(3, 7), SHAPE(7)}},
    {OP(rms_norm), LAST(1), .in = {SHAPE(3, 7)}, .without_last = 1},
    {OP(group_norm), LAST(2), .in = {SHAPE(2, 4, 3), SHAPE(4), SHAPE(4)}},
    {OP(group_norm), LAST(4), .in = {SHAPE(2, 4, 5)}, .without_last = 2},
    {OP(group_norm), LAST(1), .in = {SHAPE(2, 6), SHAPE(6), SHAPE(6)}},
};

const int neural_gradcheck_case_count =
    (int)(sizeof(neural_gradcheck_cases) / sizeof(neural_gradcheck_cases[0]));

; Backward of the activations: dx[i] = dy[i] * f'(saved[i]).
; Loops: one or, where the body is short, four vectors per step. Tails: masked (sse2: parts of a
; vector). Bodies find dy in m0, saved (x or y) in m1 and leave dx in m0; m2-m9 are scratch,
; m10 alpha, m11 beta.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/transcendental.inc"

; void neural_<op>_<dtype>_<isa>(T *dx, const T *dy, const T *saved, int64_t len)

; GRAD_KERNEL op, unroll, body
%macro GRAD_KERNEL 3
KERNEL %1, dx, dy, saved, len
    MAP %2, %3, dx, dy, saved
    RETURN
%endmacro

; void neural_<op>_<dtype>_<isa>(T *dx, const T *dy, const T *saved, int64_t len, T alpha, T beta)

; PARAM_GRAD_KERNEL op, unroll, body
%macro PARAM_GRAD_KERNEL 3
KERNEL %1, dx, dy, saved, len
    SPLAT m10, xm0
    SPLAT m11, xm1
    MAP %2, %3, dx, dy, saved
    RETURN
%endmacro

CONST three, 3.0
CONST minus_three, -3.0
CONST sixth, 0.16666667, 0.16666666666666666
CONST selu_scale, 1.050701, 1.0507009873554805
CONST selu_scale_alpha, 1.7580993, 1.7580993408473766

; --- saved y -------------------------------------------------------------------------------------

; y <= 0 ? 0 : dy
%macro RELU_GRAD_BODY 0
    CMP q1, m1, C(zero), LE
    ZERO_IF m0, q1, m0
%endmacro

; (dy y) (1 - y)
%macro SIGMOID_GRAD_BODY 0
    MUL m0, m0, m1
    LOADC m2, one
    SUB m2, m2, m1
    MUL m0, m0, m2
%endmacro

; dy (1 - y) (1 + y)
%macro TANH_GRAD_BODY 0
    LOADC m2, one
    SUB m2, m2, m1
    ADD m1, m1, C(one)
    MUL m1, m1, m2
    MUL m0, m0, m1
%endmacro

; y > 0 ? dy : dy (y + alpha)
%macro ELU_GRAD_BODY 0
    LOADC m2, zero
    CMP q1, m2, m1, LT
    ADD m1, m1, m10
    MUL m1, m1, m0
    SELECT m0, q1, m0, m1
%endmacro

; dy (y > 0 ? scale : y + scale alpha)
%macro SELU_GRAD_BODY 0
    LOADC m2, zero
    CMP q1, m2, m1, LT
    ADD m1, m1, C(selu_scale_alpha)
    LOADC m2, selu_scale
    SELECT m1, q1, m2, m1
    MUL m0, m0, m1
%endmacro

; --- saved x -------------------------------------------------------------------------------------

; x > 0 ? dy : alpha dy
%macro LEAKY_RELU_GRAD_BODY 0
    LOADC m2, zero
    CMP q1, m2, m1, LT
    MUL m1, m0, m10
    SELECT m0, q1, m0, m1
%endmacro

; x <= alpha or x >= beta ? 0 : dy
%macro HARDTANH_GRAD_BODY 0
    CMP q1, m1, m10, LE
    CMP q2, m11, m1, LE
    MASK_OR q1, q1, q2
    ZERO_IF m0, q1, m0
%endmacro

; dy (x <= -3 ? 0 : x >= 3 ? 1 : (2x + 3)/6)
%macro HARDSWISH_GRAD_BODY 0
    ADD m2, m1, m1
    ADD m2, m2, C(three)
    MUL m2, m2, C(sixth)
    LOADC m3, three
    CMP q1, m3, m1, LE
    LOADC m3, one
    SELECT m2, q1, m3, m2
    CMP q1, m1, C(minus_three), LE
    ZERO_IF m2, q1, m2
    MUL m0, m0, m2
%endmacro

; x <= -3 or x >= 3 ? 0 : dy/6
%macro HARDSIGMOID_GRAD_BODY 0
    CMP q1, m1, C(minus_three), LE
    LOADC m2, three
    CMP q2, m2, m1, LE
    MASK_OR q1, q1, q2
    MUL m0, m0, C(sixth)
    ZERO_IF m0, q1, m0
%endmacro

; dy sigmoid(x)
%macro SOFTPLUS_GRAD_BODY 0
    SIGMOID_PAIR m1, m2, m3, m4, m5, m6
    MUL m0, m0, m2
%endmacro

; FINITE_X: x between exp_low and -exp_low, so that products with slopes that vanish are 0.
%macro FINITE_X 2
    LOADC %2, exp_low
    MAX %1, %2, %1
    XOR %2, %2, C(sign_bit)
    MIN %1, %2, %1
%endmacro

; dy (s + x s (1 - s)), s = sigmoid(x)
%macro SILU_GRAD_BODY 0
    FINITE_X m1, m2
    SIGMOID_PAIR m1, m2, m3, m4, m5, m6
    MUL m3, m3, m2                              ; s (1 - s)
    FMA m3, m3, m1, m2
    MUL m0, m0, m3
%endmacro

; dy (s + x s (1 - s) v'), s = sigmoid(v), v = 2 sqrt(2/pi) (x + 0.044715 x^3)
CONST gelu_slope, 1.5957691, 1.5957691216057308
CONST gelu_cube, 0.071354814, 0.07135481627260025
CONST gelu_cube_times_three, 0.21406445, 0.21406444881780073
%macro GELU_TANH_GRAD_BODY 0
    FINITE_X m1, m2
    MUL m8, m1, m1                              ; x^2
    LOADC m7, gelu_slope
    FMA m7, m8, C(gelu_cube), m7
    MUL m7, m7, m1                              ; v
    SIGMOID_PAIR m7, m2, m3, m4, m5, m6
    MUL m3, m3, m2                              ; s (1 - s)
    LOADC m4, gelu_slope
    FMA m4, m8, C(gelu_cube_times_three), m4    ; v'
    MUL m4, m4, m1
    FMA m3, m3, m4, m2
    MUL m0, m0, m3
%endmacro

; dy (Phi(x) + x phi(x))
%macro GELU_GRAD_BODY 0
    FINITE_X m1, m2
    NORMAL_TAIL m1, m2, m3, m4, m5, m6, m7
    MUL m2, m2, m3                              ; Phi(-|x|)
    MUL m3, m3, C(inverse_sqrt_two_pi)          ; phi(x)
    LOADC m4, one
    SUB m4, m4, m2
    CMP q1, m1, C(zero), LT
    SELECT m2, q1, m2, m4                       ; Phi(x)
    FMA m2, m3, m1, m2
    MUL m0, m0, m2
%endmacro

; dy (T + x s (1 - T) (1 + T)), s = sigmoid(x), T = tanh(softplus(x)) = t/(t + rest) as in mish
%macro MISH_GRAD_BODY 0
    FINITE_X m1, m2
    SIGMOID_PAIR m1, m2, m3, m4, m5, m6         ; s, -, g
    ADD m3, m4, C(two)
    MUL m3, m3, m4                              ; g (g + 2)
    ADD m5, m4, m4
    MUL m4, m5, m4                              ; 2g^2
    ADD m5, m5, C(one)                          ; 1 + 2g
    SELECT m3, q1, m3, m5                       ; t
    LOADC m5, two
    SELECT m5, q1, m5, m4                       ; rest
    ADD m4, m3, m5                              ; t + rest
    LOADC m6, one
    DIV m6, m6, m4
    ADD m4, m4, m3                              ; 2t + rest
    MUL m3, m3, m6                              ; T
    MUL m4, m4, m6                              ; 1 + T
    MUL m5, m5, m6                              ; 1 - T
    MUL m4, m4, m5
    MUL m4, m4, m2
    FMA m3, m4, m1, m3
    MUL m0, m0, m3
%endmacro

; --- instances -----------------------------------------------------------------------------------

%macro ACTIVATION_GRAD 0
    GRAD_KERNEL relu_grad, 4, RELU_GRAD_BODY
    GRAD_KERNEL sigmoid_grad, 4, SIGMOID_GRAD_BODY
    GRAD_KERNEL tanh_grad, 4, TANH_GRAD_BODY
    PARAM_GRAD_KERNEL elu_grad, 4, ELU_GRAD_BODY
    GRAD_KERNEL selu_grad, 4, SELU_GRAD_BODY
    PARAM_GRAD_KERNEL leaky_relu_grad, 4, LEAKY_RELU_GRAD_BODY
    PARAM_GRAD_KERNEL hardtanh_grad, 4, HARDTANH_GRAD_BODY
    GRAD_KERNEL hardswish_grad, 2, HARDSWISH_GRAD_BODY
    GRAD_KERNEL hardsigmoid_grad, 4, HARDSIGMOID_GRAD_BODY
    GRAD_KERNEL softplus_grad, 1, SOFTPLUS_GRAD_BODY
    GRAD_KERNEL silu_grad, 1, SILU_GRAD_BODY
    GRAD_KERNEL gelu_tanh_grad, 1, GELU_TANH_GRAD_BODY
    GRAD_KERNEL gelu_grad, 1, GELU_GRAD_BODY
    GRAD_KERNEL mish_grad, 1, MISH_GRAD_BODY
%endmacro

FOR_EVERY_TARGET ACTIVATION_GRAD

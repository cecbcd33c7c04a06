; Activations: dst[i] = f(src[i]) and dst[i] = f(src[i]; alpha, beta). sigmoid and tanh are in
; transcendental.asm.
; Loops: one or, where the body is short, four vectors per step. Tails: masked (sse2: parts of a
; vector). Bodies find x in m0 and leave the result there; m1-m8 are scratch, m10 alpha, m11 beta.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/transcendental.inc"
%include "core/asm/x86/normal_table.inc"
%include "core/asm/x86/normal_pair.inc"

; void neural_<op>_<dtype>_<isa>(T *dst, const T *src, int64_t len)

; UNARY_KERNEL op, unroll, body
%macro UNARY_KERNEL 3
KERNEL %1, dst, src, len
    MAP %2, %3, dst, src
    RETURN
%endmacro

; void neural_<op>_<dtype>_<isa>(T *dst, const T *src, int64_t len, T alpha, T beta)

; PARAM_KERNEL op, unroll, body
%macro PARAM_KERNEL 3
KERNEL %1, dst, src, len
    SPLAT m10, xm0
    SPLAT m11, xm1
    MAP %2, %3, dst, src
    RETURN
%endmacro

; --- piecewise linear ----------------------------------------------------------------------------

CONST three, 3.0
CONST six, 6.0
CONST sixth, 0.16666667, 0.16666666666666666
CONST minus_three, -3.0

; max(0, x); NaN and -0 stay
%macro RELU_BODY 0
    LOADC m1, zero
    MAX m0, m1, m0
%endmacro

; x > 0 ? x : alpha*x
%macro LEAKY_RELU_BODY 0
    LOADC m1, zero
    CMP q1, m1, m0, LT
    MUL m1, m0, m10
    SELECT m0, q1, m0, m1
%endmacro

; min(beta, max(alpha, x)); NaN stays
%macro HARDTANH_BODY 0
    MAX m0, m10, m0
    MIN m0, m11, m0
%endmacro

; max(-3, x) * (clamp(x + 3, 0, 6) / 6): -3 takes the place of -infinity
%macro HARDSWISH_BODY 0
    ADD m1, m0, C(three)
    LOADC m2, zero
    MAX m1, m2, m1
    LOADC m2, six
    MIN m1, m2, m1
    MUL m1, m1, C(sixth)
    LOADC m2, minus_three
    MAX m0, m2, m0
    MUL m0, m0, m1
%endmacro

; clamp(x + 3, 0, 6) / 6; NaN stays
%macro HARDSIGMOID_BODY 0
    ADD m0, m0, C(three)
    LOADC m1, zero
    MAX m0, m1, m0
    LOADC m1, six
    MIN m0, m1, m0
    MUL m0, m0, C(sixth)
%endmacro

; --- exponential ---------------------------------------------------------------------------------

; Klambauer et al. 2017: scale and scale * alpha
CONST selu_scale, 1.050701, 1.0507009873554805
CONST selu_scale_alpha, 1.7580993, 1.7580993408473766

; x > 0 ? x : alpha * (exp(x) - 1)
%macro ELU_BODY 0
    MOV m1, m0
    EXPM1_NEGATIVE m1, m2, m3, m4
    MUL m1, m1, m10
    LOADC m2, zero
    CMP q1, m2, m0, LT
    SELECT m0, q1, m0, m1
%endmacro

; x > 0 ? scale * x : scale * alpha * (exp(x) - 1)
%macro SELU_BODY 0
    MOV m1, m0
    EXPM1_NEGATIVE m1, m2, m3, m4
    MUL m1, m1, C(selu_scale_alpha)
    LOADC m2, zero
    CMP q1, m2, m0, LT
    MUL m0, m0, C(selu_scale)
    SELECT m0, q1, m0, m1
%endmacro

; x * sigmoid(x)
%macro SILU_BODY 0
    MOV m1, m0
    SIGMOID_TIMES m0, m1, m2, m3, m4, m5, m6
%endmacro

; x * sigmoid(2 sqrt(2/pi) (x + 0.044715 x^3))
CONST gelu_slope, 1.5957691, 1.5957691216057308
CONST gelu_cube, 0.071354814, 0.07135481627260025
%macro GELU_TANH_BODY 0
    MUL m1, m0, m0
    LOADC m2, gelu_slope
    FMA m2, m1, C(gelu_cube), m2
    MUL m1, m2, m0                              ; the exponent
    SIGMOID_TIMES m0, m1, m2, m3, m4, m5, m6
%endmacro

; x * Phi(x)
%macro GELU_BODY 0
    %if F32
        GELU_BY_TABLE
    %else
        GELU_BY_TAIL
    %endif
%endmacro

; x Phi(x) = x c - |x| u p with c = c0 below 0, 1 - c0 above. x c enters the sum exactly: without
; FMA the end is in f64.
%macro GELU_BY_TABLE 0
    AND m1, m0, C(all_but_sign)
    LOADC m2, normal_table_high
    MIN m1, m2, m1                              ; a; NaN stays
    NORMAL_TABLE m1, m2, m3, m4, m5, m6, m7, m8
    LOADC m7, one
    SUB m7, m7, m5
    CMP q1, m0, C(zero), LT
    SELECT m5, q1, m5, m7                       ; c
    LOADC m7, exp_low
    MAX m0, m7, m0                              ; x, finite below 0
    %if AVX
        MUL m4, m4, m3
        MUL m4, m4, m1
        FMS m0, m0, m5, m4
    %else
        GELU_HALF_IN_F64 m2
        movhlps m0, m0
        movhlps m1, m1
        movhlps m3, m3
        movhlps m4, m4
        movhlps m5, m5
        movhlps m6, m6
        GELU_HALF_IN_F64 m0
        movlhps m2, m0
        MOV m0, m2
    %endif
%endmacro

; GELU_HALF_IN_F64 dst: x c - |x| u (c1 + p) of the lower two lanes (sse2).
%macro GELU_HALF_IN_F64 1
    cvtps2pd m7, m6
    cvtps2pd m8, m4
    addpd m7, m8
    cvtps2pd m8, m3
    mulpd m7, m8
    cvtps2pd m8, m1
    mulpd m7, m8
    cvtps2pd m8, m0
    cvtps2pd m9, m5
    mulpd m8, m9
    subpd m8, m7
    cvtpd2ps %1, m8
%endmacro

; max(x, 0) - |x| Phi(-|x|). Every factor of the tail comes with what its rounding left behind, and
; the sum of both is rounded once.
%macro GELU_BY_TAIL 0
    NORMAL_TAIL_PAIR m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11
    AND m3, m0, C(sign_bit)
    LOADC m4, zero
    MAX m0, m4, m0
    SUB m0, m0, m2
    OR m0, m0, m3                               ; 0 has the sign of x
%endmacro

; max(x, 0) + log(1 + exp(-|x|))
%macro SOFTPLUS_BODY 0
    OR m1, m0, C(sign_bit)
    EXP_CLAMP_LOW m1, m2
    EXP_PARTS m1, m2, m3, m4
    SCALE m1, m2, m3, m4
    LOG1P m1, m2, m3, m4, m5
    LOADC m2, zero
    MAX m0, m2, m0                              ; NaN stays
    ADD m0, m0, m1
%endmacro

; x * tanh(softplus(x)) = x t/(t + rest) with g = exp(-|x|) = p 2^n and, where x >= 0,
; t = 1 + 2g, rest = 2g^2, else t = g (g + 2), rest = 2; there the factor 2^n comes last.
%macro MISH_BODY 0
    OR m1, m0, C(sign_bit)
    EXP_CLAMP_LOW m1, m2
    EXP_PARTS m1, m2, m3, m4                    ; p, n
    MOV m3, m1
    SCALE m3, m2, m4, m5                        ; g
    CMP q1, m0, C(zero), LT
    ADD m4, m3, C(two)
    MUL m1, m1, m4                              ; p (g + 2)
    MUL m4, m4, m3                              ; g (g + 2)
    ADD m5, m3, m3
    MUL m6, m5, m3                              ; 2g^2
    ADD m5, m5, C(one)                          ; 1 + 2g
    SELECT m4, q1, m4, m5                       ; t
    LOADC m7, two
    SELECT m7, q1, m7, m6                       ; rest
    ADD m4, m4, m7
    SELECT m1, q1, m1, m5                       ; t without its 2^n
    DIV m1, m1, m4
    LOADC m5, exp_low
    MAX m0, m5, m0                              ; x, finite below 0
    MUL m0, m0, m1
    POWER_UNLESS m2, q1, m3
    SCALE m0, m2, m3, m4
%endmacro

; --- instances -----------------------------------------------------------------------------------

%macro ACTIVATION 0
    UNARY_KERNEL relu, 4, RELU_BODY
    PARAM_KERNEL leaky_relu, 4, LEAKY_RELU_BODY
    PARAM_KERNEL hardtanh, 4, HARDTANH_BODY
    UNARY_KERNEL hardswish, 4, HARDSWISH_BODY
    UNARY_KERNEL hardsigmoid, 4, HARDSIGMOID_BODY
    PARAM_KERNEL elu, 1, ELU_BODY
    UNARY_KERNEL selu, 1, SELU_BODY
    UNARY_KERNEL silu, 1, SILU_BODY
    UNARY_KERNEL gelu_tanh, 1, GELU_TANH_BODY
    UNARY_KERNEL gelu, 1, GELU_BODY
    UNARY_KERNEL softplus, 1, SOFTPLUS_BODY
    UNARY_KERNEL mish, 1, MISH_BODY
%endmacro

FOR_EVERY_TARGET ACTIVATION

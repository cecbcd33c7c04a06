; exp, log, tanh, sigmoid: dst[i] = f(src[i]).
; Loop: one vector per step (the bodies are long enough to fill the pipes). Tail: masked (sse2:
; parts of a vector).
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/transcendental.inc"

; void neural_<op>_<dtype>_<isa>(T *dst, const T *src, int64_t len)
; m0 x, m0 result; m1-m6 scratch

; UNARY_KERNEL op, body
%macro UNARY_KERNEL 2
KERNEL %1, dst, src, len
    MAP 1, %2, dst, src
    RETURN
%endmacro

%macro EXP_BODY 0
    EXP m0, m1, m2, m3
%endmacro

%macro LOG_BODY 0
    LOG m0, m1, m2, m3, m4, m5
%endmacro

%macro TANH_BODY 0
    TANH m0, m1, m2, m3, m4, m5
%endmacro

; With e = exp(-|x|): 1/(1 + e), but below 0 e - e * e/(1 + e), where the rounding of 1 + e is
; hardly felt.
%macro SIGMOID_BODY 0
    OR m4, m0, C(sign_bit)
    EXP_CLAMP_LOW m4, m1
    EXP_PARTS m4, m1, m2, m3
    SCALE m4, m1, m2, m3                        ; e
    ADD m1, m4, C(one)
    LOADC m2, one
    CMP q1, m0, C(zero), LT
    SELECT m0, q1, m4, m2
    DIV m0, m0, m1                              ; e/(1 + e) or 1/(1 + e)
    FNMA m1, m4, m0, m4
    SELECT m0, q1, m1, m0
%endmacro

%macro TRANSCENDENTAL 0
    UNARY_KERNEL exp, EXP_BODY
    UNARY_KERNEL log, LOG_BODY
    UNARY_KERNEL tanh, TANH_BODY
    UNARY_KERNEL sigmoid, SIGMOID_BODY
%endmacro

FOR_EVERY_TARGET TRANSCENDENTAL

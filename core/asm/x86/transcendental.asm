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

; With e = exp(-|x|): q = e/(1 + e) below 0, 1 - q above. What the roundings of e, of 1 + e and of q
; left behind comes back as one correction, to which 1/(1 + e) is 1 - q.
%macro SIGMOID_BODY 0
    OR m4, m0, C(sign_bit)
    EXP_CLAMP_LOW m4, m1
    EXPM1_PARTS m4, m1, m2, m3
    ADD m5, m4, C(one)                          ; p
    SUB m6, m5, C(one)
    SUB m6, m4, m6                              ; the rest of p
    SCALE_PAIR m5, m6, m1, m2, m3               ; e and its rest
    ADD m1, m5, C(one)
    SUB m2, m1, C(one)
    SUB m2, m5, m2
    ADD m2, m2, m6                              ; the rest of 1 + e
    DIV m3, m5, m1                              ; q
    PRODUCT_REST m5, m3, m1, m4, m7, m8
    ADD m6, m6, m5
    FNMA m6, m3, m2, m6                         ; (1 + e) times the rest of q
    LOADC m4, one
    SUB m5, m4, m3
    FMA m3, m6, m5, m3                          ; q, corrected
    SUB m5, m4, m3
    CMP q1, m0, C(zero), LT
    SELECT m0, q1, m3, m5
%endmacro

%macro TRANSCENDENTAL 0
    UNARY_KERNEL exp, EXP_BODY
    UNARY_KERNEL log, LOG_BODY
    UNARY_KERNEL tanh, TANH_BODY
    UNARY_KERNEL sigmoid, SIGMOID_BODY
%endmacro

FOR_EVERY_TARGET TRANSCENDENTAL

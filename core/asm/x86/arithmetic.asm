; Elementwise arithmetic: correctly rounded, NaN in gives NaN out.
; Every loop: four vectors per step, then single vectors. Every tail: masked (sse2: parts of a
; vector). Bodies find their operands in m0, m1 and leave the result in m0.
%include "core/asm/x86/neural.inc"

CONST one, 1.0
CONST sign_bit, 0x80000000, 0x8000000000000000
CONST all_but_sign, 0x7fffffff, 0x7fffffffffffffff

; --- dst[i] = f(lhs[i], rhs[i]) ------------------------------------------------------------------
;
; void neural_<op>_<dtype>_<isa>(T *dst, const T *lhs, const T *rhs, int64_t len)
; m0 lhs, m1 rhs

; BINARY_KERNEL op, body
%macro BINARY_KERNEL 2
KERNEL %1, dst, lhs, rhs, len
    MAP 4, %2, dst, lhs, rhs
    RETURN
%endmacro

%macro ADD_BODY 0
    ADD m0, m0, m1
%endmacro

%macro SUB_BODY 0
    SUB m0, m0, m1
%endmacro

%macro MUL_BODY 0
    MUL m0, m0, m1
%endmacro

%macro DIV_BODY 0
    DIV m0, m0, m1
%endmacro

; MAX and MIN give rhs when either is NaN: a NaN in lhs is put back.
%macro MAXIMUM_BODY 0
    CMP q1, m0, m0, UNORDERED                   ; lhs is NaN
    MAX m1, m0, m1
    SELECT m0, q1, m0, m1
%endmacro

%macro MINIMUM_BODY 0
    CMP q1, m0, m0, UNORDERED                   ; lhs is NaN
    MIN m1, m0, m1
    SELECT m0, q1, m0, m1
%endmacro

; --- dst[i] = f(src[i]) --------------------------------------------------------------------------
;
; void neural_<op>_<dtype>_<isa>(T *dst, const T *src, int64_t len)
; m0 x

; UNARY_KERNEL op, body
%macro UNARY_KERNEL 2
KERNEL %1, dst, src, len
    MAP 4, %2, dst, src
    RETURN
%endmacro

%macro NEG_BODY 0
    XOR m0, m0, C(sign_bit)
%endmacro

%macro ABS_BODY 0
    AND m0, m0, C(all_but_sign)
%endmacro

%macro SQUARE_BODY 0
    MUL m0, m0, m0
%endmacro

%macro SQRT_BODY 0
    SQRT m0, m0
%endmacro

%macro RECIPROCAL_BODY 0
    LOADC m1, one
    DIV m0, m1, m0
%endmacro

; --- scalars and vectors -------------------------------------------------------------------------
;
; void neural_affine_<dtype>_<isa>(T *dst, const T *src, int64_t len, T alpha, T beta)
; m0 x, m10 alpha, m11 beta
%macro AFFINE_KERNEL 0
KERNEL affine, dst, src, len
    SPLAT m10, xm0
    SPLAT m11, xm1
    MAP 4, AFFINE_BODY, dst, src
    RETURN
%endmacro

%macro AFFINE_BODY 0
    FMA m0, m0, m10, m11                        ; alpha*x + beta
%endmacro

; void neural_axpy_<dtype>_<isa>(T *dst, const T *src, int64_t len, T alpha)
; m0 x, m1 what dst holds, m10 alpha
%macro AXPY_KERNEL 0
KERNEL axpy, dst, src, len
    SPLAT m10, xm0
    MAP 4, AXPY_BODY, dst, src, dst
    RETURN
%endmacro

%macro AXPY_BODY 0
    FMA m0, m0, m10, m1                         ; alpha*x + dst
%endmacro

; void neural_fill_<dtype>_<isa>(T *dst, int64_t len, T value)
; m0 value
%macro FILL_KERNEL 0
KERNEL fill, dst, len
    SPLAT m0, xm0
    MAP 4, FILL_BODY, dst
    RETURN
%endmacro

%macro FILL_BODY 0
%endmacro

; --- instances -----------------------------------------------------------------------------------

%macro ARITHMETIC 0
    BINARY_KERNEL add, ADD_BODY
    BINARY_KERNEL sub, SUB_BODY
    BINARY_KERNEL mul, MUL_BODY
    BINARY_KERNEL div, DIV_BODY
    BINARY_KERNEL maximum, MAXIMUM_BODY
    BINARY_KERNEL minimum, MINIMUM_BODY
    UNARY_KERNEL neg, NEG_BODY
    UNARY_KERNEL abs, ABS_BODY
    UNARY_KERNEL square, SQUARE_BODY
    UNARY_KERNEL sqrt, SQRT_BODY
    UNARY_KERNEL reciprocal, RECIPROCAL_BODY
    AFFINE_KERNEL
    AXPY_KERNEL
    FILL_KERNEL
%endmacro

FOR_EVERY_TARGET ARITHMETIC

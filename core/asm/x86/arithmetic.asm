; Elementwise arithmetic. One body each; C prototypes in core/asm/kernel_types.h.
%include "core/asm/x86/neural.inc"

; --- dst[i] = f(lhs[i], rhs[i]) ------------------------------------------------------------------
;
; void neural_<op>_<dtype>_<isa>(T *dst, const T *lhs, const T *rhs, int64_t len)
; m0 lhs, m1 rhs, m0 result. Loop: four vectors per step. Tail: masked (sse2: by parts of a vector).

; BINARY_KERNEL op, body
%macro BINARY_KERNEL 2
KERNEL %1, dst, lhs, rhs, len
    MAP 4, %2, dst, lhs, rhs
    RETURN
%endmacro

%macro ADD_BODY 0
    ADD m0, m0, m1
%endmacro

%macro ARITHMETIC 0
    BINARY_KERNEL add, ADD_BODY
%endmacro

FOR_EVERY_TARGET ARITHMETIC

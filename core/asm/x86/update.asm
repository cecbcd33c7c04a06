; Optimizer updates: sgd and adam, each one pass over the parameters.
%include "core/asm/x86/neural.inc"

; neural_sgd_args and neural_adam_args; reference/update.c asserts these offsets.
%define SGD_LR 0
%define SGD_MOMENTUM 8
%define SGD_DAMPENING 16
%define SGD_WEIGHT_DECAY 24
%define SGD_NESTEROV 32
%define SGD_FIRST 36

%define ADAM_LR 0
%define ADAM_BETA1 8
%define ADAM_BETA2 16
%define ADAM_EPSILON 24
%define ADAM_WEIGHT_DECAY 32
%define ADAM_STEP_SIZE 40
%define ADAM_INV_SQRT_BIAS2 48
%define ADAM_DECOUPLED 56

section .rodata
align 8
one_f64_scalar: dq 1.0
section .text

; SCALAR number: vector `number` = its lowest double, rounded to the dtype, in every lane.
%macro SCALAR 1
    %if F32 && AVX
        vcvtsd2ss xm%1, xm%1, xm%1
    %elif F32
        cvtsd2ss xm%1, xm%1
    %endif
        SPLAT m%1, xm%1
%endmacro

; DOUBLE op, dst, src: the lowest double, in whatever dtype; `movsd`-like loads with src in memory.
%macro DOUBLE 3
    %if AVX
        %ifidn %1, mov
            vmovsd %2, %3
        %else
            v%1sd %2, %2, %3
        %endif
    %else
        %1sd %2, %3
    %endif
%endmacro

; ARGUMENT number, offset: a scalar of the struct `args` in every lane.
%macro ARGUMENT 2
        DOUBLE mov, xm%1, [args + %2]
        SCALAR %1
%endmacro

; REST_TO_ONE number, offset: 1 - scalar, in double, then rounded, in every lane.
%macro REST_TO_ONE 2
        DOUBLE mov, xm%1, [one_f64_scalar]
        DOUBLE sub, xm%1, [args + %2]
        SCALAR %1
%endmacro

; FLAG_NONZERO number, bit: sets the bit in r9d unless the scalar in vector `number` is zero.
%macro FLAG_NONZERO 2
    %if AVX && F32
        vmovd eax, xm%1
    %elif AVX
        vmovq rax, xm%1
    %elif F32
        movd eax, xm%1
    %else
        movq rax, xm%1
    %endif
    %if F32
        add eax, eax                            ; without the sign
    %else
        add rax, rax
    %endif
        setnz al
        movzx eax, al
    %if %2
        shl eax, %2
    %endif
        or r9d, eax
%endmacro

; FLAG_INT offset, bit: sets the bit in r9d unless the integer of `args` is zero.
%macro FLAG_INT 2
        xor eax, eax
        cmp dword [args + %1], 0
        setne al
        shl eax, %2
        or r9d, eax
%endmacro

; GET dst, address and PUT address, src: a vector, or the partial one where TAIL_NOW.
%macro GET 2
    %if TAIL_NOW
        LOAD_TAIL %1, %2
    %else
        LOAD %1, [%2]
    %endif
%endmacro
%macro PUT 2
    %if TAIL_NOW
        STORE_PARTS %1, %2
    %else
        STORE [%1], %2
    %endif
%endmacro

; VECTORS body: the body for each vector of `len` elements at byte offset r10, then for the partial
; one through masks.
%macro VECTORS 1
        shl len, ESHIFT
        xor r10d, r10d
        sub len, VBYTES
        jl .rest
        align 16
.vector:
    %assign TAIL_NOW 0
        %1
        add r10, VBYTES
        sub len, VBYTES
        jge .vector
.rest:
        add len, VBYTES
        jz .done
        TAIL len
    %assign TAIL_NOW 1
        %1
.done:
%endmacro

; --- sgd -----------------------------------------------------------------------------------------
;
; void neural_sgd_<dtype>_<isa>(T *param, const T *grad, T *velocity, int64_t len,
;                               const neural_sgd_args *args)
;
; m0 param, m1 g, m2 velocity, m4 lr, m5 momentum, m6 1 - dampening, m7 weight_decay; r9d the flags.

%define WITH_DECAY 1
%define WITH_MOMENTUM 2
%define WITH_FIRST 4
%define WITH_NESTEROV 8

%macro SGD_STEP 0
        GET m0, param + r10
        GET m1, grad + r10
        test r9d, WITH_DECAY
        jz %%no_decay
        FMA m1, m7, m0, m1                      ; weight_decay*param + grad
%%no_decay:
        test r9d, WITH_MOMENTUM
        jz %%step
        MOV m2, m1
        test r9d, WITH_FIRST
        jnz %%velocity
        GET m3, velocity + r10
        MUL m2, m6, m1                          ; (1 - dampening)*g
        FMA m2, m5, m3, m2                      ; + momentum*velocity
%%velocity:
        MOV m3, m2
        PUT velocity + r10, m3
        test r9d, WITH_NESTEROV
        jz %%plain
        FMA m2, m5, m2, m1                      ; g + momentum*velocity
%%plain:
        MOV m1, m2
%%step:
        FNMA m0, m4, m1, m0                     ; param - lr*g
        PUT param + r10, m0
%endmacro

%macro SGD 0
KERNEL sgd, param, grad, velocity, len, args
        ARGUMENT 4, SGD_LR
        ARGUMENT 5, SGD_MOMENTUM
        REST_TO_ONE 6, SGD_DAMPENING
        ARGUMENT 7, SGD_WEIGHT_DECAY
        xor r9d, r9d
        FLAG_NONZERO 7, 0
        FLAG_NONZERO 5, 1
        FLAG_INT SGD_FIRST, 2
        FLAG_INT SGD_NESTEROV, 3
        VECTORS SGD_STEP
        RETURN
%endmacro

FOR_EVERY_TARGET SGD

; --- adam ----------------------------------------------------------------------------------------
;
; void neural_adam_<dtype>_<isa>(T *param, const T *grad, T *exp_avg, T *exp_avg_sq, int64_t len,
;                                const neural_adam_args *args)
;
; m0 param, m1 g, m2 exp_avg, m3 exp_avg_sq, m4 1 - beta1, m5 beta2, m6 1 - beta2, m7 epsilon,
; m8 step_size, m9 inv_sqrt_bias2, m10 factor of param, m11 l2 factor, m12 scratch; r9d: with l2.

%macro ADAM_STEP 0
        GET m0, param + r10
        GET m1, grad + r10
        GET m2, exp_avg + r10
        GET m3, exp_avg_sq + r10
        MUL m0, m0, m10
        test r9d, r9d
        jz %%no_l2
        FMA m1, m11, m0, m1                     ; weight_decay*param + grad
%%no_l2:
        SUB m12, m1, m2
        FMA m2, m4, m12, m2                     ; exp_avg + (1 - beta1)*(g - exp_avg)
        MUL m12, m6, m1
        MUL m3, m3, m5
        FMA m3, m12, m1, m3                     ; (1 - beta2)*g*g + beta2*exp_avg_sq
        SQRT m12, m3
        FMA m12, m12, m9, m7                    ; sqrt(v)*inv_sqrt_bias2 + epsilon
        DIV m12, m2, m12
        FNMA m0, m8, m12, m0
        PUT exp_avg + r10, m2
        PUT exp_avg_sq + r10, m3
        PUT param + r10, m0
%endmacro

%macro ADAM 0
KERNEL adam, param, grad, exp_avg, exp_avg_sq, len, args
        REST_TO_ONE 4, ADAM_BETA1
        ARGUMENT 5, ADAM_BETA2
        REST_TO_ONE 6, ADAM_BETA2
        ARGUMENT 7, ADAM_EPSILON
        ARGUMENT 8, ADAM_STEP_SIZE
        ARGUMENT 9, ADAM_INV_SQRT_BIAS2
        DOUBLE mov, xm10, [one_f64_scalar]
        ZERO xm11
        cmp dword [args + ADAM_DECOUPLED], 0
        je .coupled
        DOUBLE mov, xm12, [args + ADAM_LR]
        DOUBLE mul, xm12, [args + ADAM_WEIGHT_DECAY]
        DOUBLE sub, xm10, xm12                  ; 1 - lr*weight_decay
        jmp .factors
.coupled:
        DOUBLE mov, xm11, [args + ADAM_WEIGHT_DECAY]
.factors:
        SCALAR 10
        SCALAR 11
        xor r9d, r9d
        FLAG_NONZERO 11, 0
        VECTORS ADAM_STEP
        RETURN
%endmacro

FOR_EVERY_TARGET ADAM

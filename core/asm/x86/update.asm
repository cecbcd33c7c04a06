; Optimizer updates: sgd, adam and amsgrad, each one pass over the parameters.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/update.inc"

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
        ADAM_MOMENTS
        SQRT m12, m3
        ADAM_PARAM
        PUT exp_avg + r10, m2
        PUT exp_avg_sq + r10, m3
        PUT param + r10, m0
%endmacro

; ADAM_MOMENTS: decay, weight decay, m2 and m3 of this step.
%macro ADAM_MOMENTS 0
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
%endmacro

; ADAM_PARAM: the step, m12 the root of the second moment.
%macro ADAM_PARAM 0
        FMA m12, m12, m9, m7                    ; sqrt(v)*inv_sqrt_bias2 + epsilon
        DIV m12, m2, m12
        FNMA m0, m8, m12, m0
%endmacro

%macro ADAM 0
KERNEL adam, param, grad, exp_avg, exp_avg_sq, len, args
        ADAM_SCALARS
        VECTORS ADAM_STEP
        RETURN
%endmacro

%macro ADAM_SCALARS 0
        REST_TO_ONE 4, ADAM_BETA1
        ARGUMENT 5, ADAM_BETA2
        REST_TO_ONE 6, ADAM_BETA2
        ARGUMENT 7, ADAM_EPSILON
        ARGUMENT 8, ADAM_STEP_SIZE
        ARGUMENT 9, ADAM_INV_SQRT_BIAS2
        DOUBLE mov, xm10, [one_f64_scalar]
        ZERO xm11
        cmp dword [args + ADAM_DECOUPLED], 0
        je %%coupled
        DOUBLE mov, xm12, [args + ADAM_LR]
        DOUBLE mul, xm12, [args + ADAM_WEIGHT_DECAY]
        DOUBLE sub, xm10, xm12                  ; 1 - lr*weight_decay
        jmp %%factors
%%coupled:
        DOUBLE mov, xm11, [args + ADAM_WEIGHT_DECAY]
%%factors:
        SCALAR 10
        SCALAR 11
        xor r9d, r9d
        FLAG_NONZERO 11, 0
%endmacro

FOR_EVERY_TARGET ADAM

; --- amsgrad -------------------------------------------------------------------------------------
;
; void neural_amsgrad_<dtype>_<isa>(T *param, const T *grad, T *const state[3], int64_t len,
;                                   const neural_adam_args *args)
;
; As adam; state is exp_avg, exp_avg_sq and its maximum so far: rdx r8 rax once the scalars are
; read, rax from the stack.

%define MAX_EXP_AVG_SQ rsp - 8

%macro AMSGRAD_STEP 0
        GET m0, param + r10
        GET m1, grad + r10
        GET m2, rdx + r10
        GET m3, r8 + r10
        ADAM_MOMENTS
        mov rax, [MAX_EXP_AVG_SQ]
        GET m12, rax + r10
        MAX m12, m12, m3                        ; the new moment where it is NaN
        MOV m1, m12
        SQRT m12, m12
        ADAM_PARAM
        PUT rdx + r10, m2
        PUT r8 + r10, m3
        PUT param + r10, m0
        mov rax, [MAX_EXP_AVG_SQ]
        PUT rax + r10, m1
%endmacro

%macro AMSGRAD 0
KERNEL amsgrad, param, grad, state, len, args
        ADAM_SCALARS
        mov rax, [state + 16]
        mov [MAX_EXP_AVG_SQ], rax
        mov r8, [state + 8]
        mov rdx, [state]
        VECTORS AMSGRAD_STEP
        RETURN
%endmacro

FOR_EVERY_TARGET AMSGRAD

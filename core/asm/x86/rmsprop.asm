; Optimizer updates: rmsprop and adagrad, each one pass over the parameters.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/update.inc"

; neural_rmsprop_args and neural_adagrad_args; reference/update.c asserts these offsets.
%define RMSPROP_LR 0
%define RMSPROP_ALPHA 8
%define RMSPROP_EPSILON 16
%define RMSPROP_WEIGHT_DECAY 24
%define RMSPROP_MOMENTUM 32
%define RMSPROP_CENTERED 40

%define ADAGRAD_STEP_SIZE 0
%define ADAGRAD_EPSILON 8
%define ADAGRAD_WEIGHT_DECAY 16

; --- rmsprop -------------------------------------------------------------------------------------
;
; void neural_rmsprop_<dtype>_<isa>(T *param, const T *grad, T *const state[3], int64_t len,
;                                   const neural_rmsprop_args *args)
;
; m0 param, m1 g, m2 square_avg, m3 the denominator, m4 lr, m5 alpha, m6 1 - alpha, m7 epsilon,
; m8 weight_decay, m9 momentum, m10 grad_avg or momentum_buffer, m11 scratch; r9d the flags; state
; is square_avg, grad_avg, momentum_buffer: rdx r8 and, on the stack, the third.

%define RMSPROP_DECAYED 1
%define RMSPROP_HEAVY 2
%define RMSPROP_IN_CENTER 4
%define MOMENTUM_BUFFER rsp - 8

%macro RMSPROP_STEP 0
        GET m0, param + r10
        GET m1, grad + r10
        GET m2, rdx + r10
        test r9d, RMSPROP_DECAYED
        jz %%no_decay
        FMA m1, m8, m0, m1                      ; weight_decay*param + grad
%%no_decay:
        MUL m3, m6, m1
        MUL m2, m2, m5
        FMA m2, m3, m1, m2                      ; (1 - alpha)*g*g + alpha*square_avg
        MOV m3, m2
        test r9d, RMSPROP_IN_CENTER
        jz %%root
        GET m10, r8 + r10
        SUB m11, m1, m10
        FMA m10, m6, m11, m10                   ; grad_avg + (1 - alpha)*(g - grad_avg)
        FNMA m3, m10, m10, m3                   ; the variance
        ZERO m11
        MAX m3, m11, m3                         ; NaN stays
        PUT r8 + r10, m10
%%root:
        SQRT m3, m3
        ADD m3, m3, m7
        DIV m3, m1, m3
        PUT rdx + r10, m2
        test r9d, RMSPROP_HEAVY
        jz %%step
        mov r11, [MOMENTUM_BUFFER]
        GET m10, r11 + r10
        FMA m3, m9, m10, m3                     ; momentum*buffer + g/denominator
        MOV m10, m3
        PUT r11 + r10, m10
%%step:
        FNMA m0, m4, m3, m0                     ; param - lr*step
        PUT param + r10, m0
%endmacro

%macro RMSPROP 0
KERNEL rmsprop, param, grad, state, len, args
        ARGUMENT 4, RMSPROP_LR
        ARGUMENT 5, RMSPROP_ALPHA
        REST_TO_ONE 6, RMSPROP_ALPHA
        ARGUMENT 7, RMSPROP_EPSILON
        ARGUMENT 8, RMSPROP_WEIGHT_DECAY
        ARGUMENT 9, RMSPROP_MOMENTUM
        xor r9d, r9d
        FLAG_NONZERO 8, 0
        FLAG_NONZERO 9, 1
        FLAG_INT RMSPROP_CENTERED, 2
        mov rax, [state + 16]
        mov [MOMENTUM_BUFFER], rax
        mov r8, [state + 8]
        mov rdx, [state]
        VECTORS RMSPROP_STEP
        RETURN
%endmacro

FOR_EVERY_TARGET RMSPROP

; --- adagrad -------------------------------------------------------------------------------------
;
; void neural_adagrad_<dtype>_<isa>(T *param, const T *grad, T *sum, int64_t len,
;                                   const neural_adagrad_args *args)
;
; m0 param, m1 g, m2 sum, m3 scratch, m4 step_size, m5 epsilon, m6 weight_decay; r9d: with decay.

%macro ADAGRAD_STEP 0
        GET m0, param + r10
        GET m1, grad + r10
        GET m2, sum + r10
        test r9d, r9d
        jz %%no_decay
        FMA m1, m6, m0, m1                      ; weight_decay*param + grad
%%no_decay:
        FMA m2, m1, m1, m2
        SQRT m3, m2
        ADD m3, m3, m5
        DIV m3, m1, m3
        FNMA m0, m4, m3, m0
        PUT sum + r10, m2
        PUT param + r10, m0
%endmacro

%macro ADAGRAD 0
KERNEL adagrad, param, grad, sum, len, args
        ARGUMENT 4, ADAGRAD_STEP_SIZE
        ARGUMENT 5, ADAGRAD_EPSILON
        ARGUMENT 6, ADAGRAD_WEIGHT_DECAY
        xor r9d, r9d
        FLAG_NONZERO 6, 0
        VECTORS ADAGRAD_STEP
        RETURN
%endmacro

FOR_EVERY_TARGET ADAGRAD

; Optimizer updates without a division: lion, the moving average of parameters, scaling and clipping
; of gradients.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/update.inc"

; neural_lion_args; reference/update.c asserts these offsets.
%define LION_LR 0
%define LION_BETA1 8
%define LION_BETA2 16
%define LION_WEIGHT_DECAY 24

CONST zero, 0.0
CONST sign_bit, 0x80000000, 0x8000000000000000

; --- lion ----------------------------------------------------------------------------------------
;
; void neural_lion_<dtype>_<isa>(T *param, const T *grad, T *exp_avg, int64_t len,
;                                const neural_lion_args *args)
;
; m0 param, m1 grad, m2 exp_avg, m3 its mixture c with grad, m4 lr, m5 beta1, m6 1 - beta1,
; m7 beta2, m8 1 - beta2, m9 1 - lr*weight_decay, m10 lr * sign(c), q1 mask.

%macro LION_STEP 0
        GET m0, param + r10
        GET m1, grad + r10
        GET m2, exp_avg + r10
        MUL m0, m0, m9
        MUL m3, m6, m1
        FMA m3, m5, m2, m3                      ; c = beta1*exp_avg + (1 - beta1)*grad
        AND m10, m3, C(sign_bit)
        OR m10, m10, m4
        CMP q1, m3, C(zero), NOT_EQ             ; NaN is not 0
        ZERO_UNLESS m10, q1, m10
        CMP q1, m3, m3, UNORDERED
        MOV m11, m10
        SELECT m10, q1, m3, m11
        SUB m0, m0, m10
        MUL m3, m8, m1
        FMA m3, m7, m2, m3                      ; beta2*exp_avg + (1 - beta2)*grad
        PUT exp_avg + r10, m3
        PUT param + r10, m0
%endmacro

%macro LION 0
KERNEL lion, param, grad, exp_avg, len, args
        ARGUMENT 4, LION_LR
        ARGUMENT 5, LION_BETA1
        REST_TO_ONE 6, LION_BETA1
        ARGUMENT 7, LION_BETA2
        REST_TO_ONE 8, LION_BETA2
        DOUBLE mov, xm10, [args + LION_LR]
        DOUBLE mul, xm10, [args + LION_WEIGHT_DECAY]
        DOUBLE mov, xm9, [one_f64_scalar]
        DOUBLE sub, xm9, xm10
        SCALAR 9
        VECTORS LION_STEP
        RETURN
%endmacro

FOR_EVERY_TARGET LION

; --- ema -----------------------------------------------------------------------------------------
;
; void neural_ema_<dtype>_<isa>(T *average, const T *param, int64_t len, double decay)
;
; m0 average, m1 param, m4 decay, m5 1 - decay

%macro EMA_STEP 0
        GET m0, average + r10
        GET m1, param + r10
        MUL m1, m5, m1
        FMA m0, m4, m0, m1                      ; decay*average + (1 - decay)*param
        PUT average + r10, m0
%endmacro

%macro EMA 0
KERNEL ema, average, param, len
        DOUBLE mov, xm5, [one_f64_scalar]
        DOUBLE sub, xm5, xm0
        MOV xm4, xm0
        SCALAR 4
        SCALAR 5
        VECTORS EMA_STEP
        RETURN
%endmacro

FOR_EVERY_TARGET EMA

; --- scale_clip ----------------------------------------------------------------------------------
;
; void neural_scale_clip_<dtype>_<isa>(T *dst, const T *src, int64_t len, T alpha, T beta)
;
; m0 src, m9 -beta, m10 alpha, m11 beta

%macro SCALE_CLIP_BODY 0
        MUL m0, m0, m10
        MAX m0, m9, m0                          ; NaN stays
        MIN m0, m11, m0
%endmacro

%macro SCALE_CLIP 0
KERNEL scale_clip, dst, src, len
        SPLAT m10, xm0
        SPLAT m11, xm1
        XOR m9, m11, C(sign_bit)
        MAP 4, SCALE_CLIP_BODY, dst, src
        RETURN
%endmacro

FOR_EVERY_TARGET SCALE_CLIP

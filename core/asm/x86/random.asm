; Random fills: element i of dst is a function of the stream and of its draw, as core/base/random.h
; defines it; the same bits at every level, so there is no fused multiply-add here.
;
; Loop: a group, as many Philox blocks as a vector has 64-bit lanes, gives two vectors. Tail: the
; last group is computed whole, its elements beyond `len` are not stored.
;
; m0-m7 scratch, m8 block numbers; r9 the stack pointer of before; the frame has the keys.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/philox.inc"

CONST one, 1.0
CONST sign_bit, 0x80000000, 0x8000000000000000

; GROUPS body: body takes m0-m3, the words of the blocks, to m0 and m1, the elements in order.
%macro GROUPS 1
        shl len, ESHIFT
        jz .done
        align 16
.group:
        PHILOX
        %1
        sub len, 2 * VBYTES
        jl .partial
        STORE [dst], m0
        STORE [dst + VBYTES], m1
        lea dst, [dst + 2 * VBYTES]
        jnz .group
        jmp .done
.partial:
        add len, VBYTES
        jl .low
        STORE [dst], m0
        jz .done
        add dst, VBYTES
        MOV m0, m1
        sub len, VBYTES
.low:
        add len, VBYTES
        TAIL len
        STORE_PARTS dst, m0
.done:
%endmacro

; --- words ---------------------------------------------------------------------------------------
;
; void neural_random_words_<isa>(uint32_t *dst, int64_t len, const neural_random *stream,
;                                uint64_t block)

%macro WORDS_BODY 0
        DRAWS
        DRAWS_IN_ORDER
%endmacro

%macro RANDOM_WORDS 0
PLAIN_KERNEL random_words, dst, len, stream, block
        RANDOM_FRAME
        PHILOX_SETUP
        GROUPS WORDS_BODY
        RANDOM_LEAVE
%endmacro

FOR_EVERY_ISA RANDOM_WORDS, f32

; --- uniform -------------------------------------------------------------------------------------
;
; void neural_uniform_<dtype>_<isa>(T *dst, int64_t len, const neural_random *stream,
;                                   uint64_t block, double low, double high)
;
; Everything in double: rows ROW_A low, ROW_B high - low.

section .rodata
align 64
two_to_minus_24: times 8 dq 0x1p-24
two_to_minus_53: times 8 dq 0x1p-53
two_to_20: times 8 dq 0x1p20                    ; its lowest bit is 2^-32
half_pattern: times 8 dq 0.5                    ; its lowest bit is 2^-53
two_to_20_and_half: times 8 dq 1048576.5
low_21_bits: times 8 dq 0x1fffff
section .text

; PD op, dst, lhs, rhs: double arithmetic in whatever dtype.
%macro PD 4
    BINARY %2, %3, %4, %1pd, 0
%endmacro

; SPLAT_F64 dst, xmm: the lowest double in every 64-bit lane.
%macro SPLAT_F64 2
    %if AVX
        vbroadcastsd %1, %2
    %else
        MOV %1, %2
        unpcklpd %1, %1
    %endif
%endmacro

; SCALED dst: dst * (high - low) + low
%macro SCALED 1
        PD mul, %1, %1, [ROW(ROW_B)]
        PD add, %1, %1, [ROW(ROW_A)]
%endmacro

; UNIFORM_WORDS number: the words of vector `number` as f32. m4, m5 are lost.
%macro UNIFORM_WORDS 1
        PSRLD m%1, m%1, 8
    %if AVX512
        vextracti64x4 ym5, m%1, 1
        vcvtdq2pd m4, ym%1
        vcvtdq2pd m5, ym5
    %elif AVX2
        vextracti128 xm5, m%1, 1
        vcvtdq2pd m4, xm%1
        vcvtdq2pd m5, xm5
    %else
        pshufd m5, m%1, 0xEE
        cvtdq2pd m4, m%1
        cvtdq2pd m5, m5
    %endif
        PD mul, m4, m4, [two_to_minus_24]
        PD mul, m5, m5, [two_to_minus_24]
        SCALED m4
        SCALED m5
    %if AVX512
        vcvtpd2ps ym4, m4
        vcvtpd2ps ym5, m5
        vinsertf64x4 m%1, m4, ym5, 1
    %elif AVX2
        vcvtpd2ps xm4, m4
        vcvtpd2ps xm5, m5
        vinsertf128 m%1, m4, xm5, 1
    %else
        cvtpd2ps m%1, m4
        cvtpd2ps m5, m5
        movlhps m%1, m5
    %endif
%endmacro

; UNIFORM_PAIRS number: the pairs of vector `number` as f64. m4 is lost.
%macro UNIFORM_PAIRS 1
    %if AVX512
        vpsrlq m%1, m%1, 11
        vcvtqq2pd m%1, m%1
        PD mul, m%1, m%1, [two_to_minus_53]
    %else
        PSRLQ m4, m%1, 11
        BITS pand, m4, m4, [low_21_bits]
        BITS por, m4, m4, [half_pattern]
        PSRLQ m%1, m%1, 32
        BITS por, m%1, m%1, [two_to_20]
        PD sub, m%1, m%1, [two_to_20_and_half]
        PD add, m%1, m%1, m4
    %endif
        SCALED m%1
%endmacro

%macro UNIFORM_BODY 0
        DRAWS
    %if F32
        UNIFORM_WORDS 0
        UNIFORM_WORDS 1
    %else
        UNIFORM_PAIRS 0
        UNIFORM_PAIRS 1
    %endif
        DRAWS_IN_ORDER
%endmacro

%macro UNIFORM 0
KERNEL uniform, dst, len, stream, block
        RANDOM_FRAME
        SPLAT_F64 m2, xm0
        SPLAT_F64 m3, xm1
        PD sub, m3, m3, m2
        STORE [ROW(ROW_A)], m2
        STORE [ROW(ROW_B)], m3
        PHILOX_SETUP
        GROUPS UNIFORM_BODY
        RANDOM_LEAVE
%endmacro

FOR_EVERY_TARGET UNIFORM

; --- normal --------------------------------------------------------------------------------------
;
; void neural_normal_<dtype>_<isa>(T *dst, int64_t len, const neural_random *stream,
;                                  uint64_t block, double mean, double std)
;
; Box-Muller as in core/base/random_values.h, a pair of numbers from a radius (m0) and an angle
; (m1). Rows ROW_A mean, ROW_B std, rounded to the dtype.

CONST half_step, 0x1p-33, 0x1p-53
CONST two_to_minus_32, 0x1p-32
CONST low_16_bits, 0xffff
CONST low_word_base, 0x1p-9                     ; its lowest bit is 2^-32
CONST high_word_base, 0x1p7                     ; its lowest bit is 2^-16
CONST word_bases, 128.001953125
CONST one_minus_half_step, 1.0, 0x1.fffffffffffffp-1
CONST sqrt_half, 0x3f3504f3, 0x3fe6a09e667f3bcd
CONST one_minus_sqrt_half, 0x3f800000 - 0x3f3504f3, 0x3ff0000000000000 - 0x3fe6a09e667f3bcd
CONST mantissa_mask, 0x007fffff, 0x000fffffffffffff
CONST integer_base, 0x1p23, 0x1p52
CONST integer_base_and_bias, 8388735.0, 4503599627371519.0
CONST two, 2.0
CONST one_and_half, 1.5
CONST minus_two_ln2, -1.3862944, -1.3862943611198906
COEFFICIENTS radius_tail, f32, -2.0, 0.99999976, -0.66668373, 0.5000415, -0.3991366, 0.33124825, \
    -0.2990464, 0.28733477, -0.17444193
COEFFICIENTS radius_tail, f64, -4.0, -1.333333333333353, -0.7999999999859777, \
    -0.5714285752269239, -0.44444393976555857, -0.3636727018670642, -0.30624887532944267, \
    -0.2962105967062466
COEFFICIENTS sine, f32, 1.1107208, -0.45676515, 0.05634243, -0.0032542306
COEFFICIENTS sine, f64, 1.1107207345395915, -0.45676559374971354, 0.0563511964291421, \
    -0.003310500094827398, 0.00011344902567841921, -2.544625143395045e-06, 3.983796136282745e-08
COEFFICIENTS cosine, f32, 0.70710677, -0.872358, 0.17937121, -0.014750298, 0.0006389641
COEFFICIENTS cosine, f64, 0.7071067811865476, -0.8723580249548599, 0.17937142921708463, \
    -0.014752708726892456, 0.0006500151735504632, -1.7820531100977825e-05, \
    3.3309041066993295e-07, -4.469806499259497e-09

; HORNER_UNFUSED dst, x, polynomial: HORNER with two roundings a step.
%macro HORNER_UNFUSED 3
    HORNER_UNFUSED_STEPS %1, %2, %3_ %+ DTYPE, %3_ %+ DTYPE %+ _degree
%endmacro

%macro HORNER_UNFUSED_STEPS 4
    %assign %%k %4
    %if AVX512
        vbroadcasts %+ P %1, [%3 + 32 * %%k]
    %else
        LOAD %1, [%3 + 32 * %%k]
    %endif
    %rep %4
        %assign %%k %%k - 1
        MUL %1, %1, %2
        ADD %1, %1, [%3 + 32 * %%k] SPREAD
    %endrep
%endmacro

; RADIUS_UNIFORM: m0 becomes u in (0, 1]. m2 is lost.
%macro RADIUS_UNIFORM 0
    %if F32 && AVX512
        vcvtudq2ps m0, m0
        MUL m0, m0, C(two_to_minus_32)
        ADD m0, m0, C(half_step)
    %elif F32
        BITS pand, m2, m0, C(low_16_bits)
        BITS por, m2, m2, C(low_word_base)
        PSRLD m0, m0, 16
        BITS por, m0, m0, C(high_word_base)
        SUB m0, m0, C(word_bases)
        ADD m0, m0, m2                          ; the word, rounded, / 2^32
        ADD m0, m0, C(half_step)
    %else
        PSRLQ m0, m0, 12
        OR m0, m0, C(one)
        SUB m0, m0, C(one_minus_half_step)
    %endif
%endmacro

; RADIUS: m0 becomes sqrt(-2 ln u). m2-m4 are lost.
%macro RADIUS 0
        IADD m0, m0, C(one_minus_sqrt_half)
        SHIFT_RIGHT m2, m0, MANTISSA_BITS
        IADD m2, m2, C(integer_base)
        SUB m2, m2, C(integer_base_and_bias)    ; k
        MUL m2, m2, C(minus_two_ln2)
        AND m0, m0, C(mantissa_mask)
        IADD m0, m0, C(sqrt_half)
        SUB m0, m0, C(one)                      ; f
    %if F32
        HORNER_UNFUSED m3, m0, radius_tail
    %else
        ADD m3, m0, C(two)
        DIV m0, m0, m3                          ; q = f/(2 + f)
        MUL m4, m0, m0
        HORNER_UNFUSED m3, m4, radius_tail
    %endif
        MUL m0, m3, m0
        ADD m0, m0, m2
        SQRT m0, m0
%endmacro

; ANGLE: from m1 C in m2 and S in m3. m4 is lost.
%macro ANGLE 0
    %if F32
        PSLLD m4, m1, 2
        %if AVX
            vcvtdq2ps m4, m4
        %else
            cvtdq2ps m4, m4
        %endif
        MUL m4, m4, C(two_to_minus_32)          ; w
    %else
        AND m4, m1, C(mantissa_mask)
        OR m4, m4, C(one)
        SUB m4, m4, C(one_and_half)             ; w
    %endif
        MUL m5, m4, m4
        HORNER_UNFUSED m2, m5, cosine
        HORNER_UNFUSED m3, m5, sine
        MUL m3, m3, m4
%endmacro

; SIGNED dst, angle, bit: dst * radius (m0) with the sign at `bit` from above. m5 is lost.
%macro SIGNED 3
        MUL %1, %1, m0
    %if %3
        SHIFT_LEFT m5, %2, %3
        AND m5, m5, C(sign_bit)
    %else
        AND m5, %2, C(sign_bit)
    %endif
        XOR %1, %1, m5
        MUL %1, %1, [ROW(ROW_B)]
        ADD %1, %1, [ROW(ROW_A)]
%endmacro

%macro NORMAL_BODY 0
        DRAWS
        RADIUS_UNIFORM
        RADIUS
        ANGLE
        SUB m4, m2, m3
        ADD m2, m2, m3
        SIGNED m4, m1, 0
        SIGNED m2, m1, 1
        MOV m0, m4
        MOV m1, m2
        DRAWS_IN_ORDER
%endmacro

; ROUNDED number: vector `number` = its lowest double, rounded to the dtype, in every lane.
%macro ROUNDED 1
    %if F32 && AVX
        vcvtsd2ss xm%1, xm%1, xm%1
    %elif F32
        cvtsd2ss xm%1, xm%1
    %endif
        SPLAT m%1, xm%1
%endmacro

%macro NORMAL 0
KERNEL normal, dst, len, stream, block
        RANDOM_FRAME
        ROUNDED 0
        ROUNDED 1
        STORE [ROW(ROW_A)], m0
        STORE [ROW(ROW_B)], m1
        PHILOX_SETUP
        GROUPS NORMAL_BODY
        RANDOM_LEAVE
%endmacro

FOR_EVERY_TARGET NORMAL

; --- bernoulli -----------------------------------------------------------------------------------
;
; void neural_bernoulli_<dtype>_<isa>(T *dst, int64_t len, const neural_random *stream,
;                                     uint64_t block, uint64_t threshold)
;
; word < threshold is word <= threshold - 1, signed after the sign is flipped. ROW_A threshold - 1,
; flipped; ROW_B one, or zero where threshold is.

; LIMIT: ROW_A. eax and m1 are lost.
%macro LIMIT 0
        lea eax, [threshold - 1]
        xor eax, 0x80000000
        SPLAT_D 1, eax
        STORE [ROW(ROW_A)], m1
%endmacro


; BERNOULLI_ONE number
%macro BERNOULLI_ONE 1
    %if AVX512
        vpxord m%1, m%1, [sign_bit_f32]{1to16}
        vpcmpd k2, m%1, [ROW(ROW_A)], LE
        %if F32
            vmovaps m%1{k2}{z}, [ROW(ROW_B)]
        %else
            vpmovm2d m%1, k2
            vpshufd m%1, m%1, 0xF5
            vpandd m%1, m%1, [ROW(ROW_B)]
        %endif
    %else
        BITS pxor, m%1, m%1, [sign_bit_f32]
        BINARY m%1, m%1, [ROW(ROW_A)], pcmpgtd, 0
        %if F32
        %elif AVX2
            vpshufd m%1, m%1, 0xF5              ; the high word decides
        %else
            pshufd m%1, m%1, 0xF5
        %endif
        ANDN m%1, m%1, [ROW(ROW_B)]
    %endif
%endmacro

%macro BERNOULLI_BODY 0
        DRAWS
        BERNOULLI_ONE 0
        BERNOULLI_ONE 1
        DRAWS_IN_ORDER
%endmacro

%macro BERNOULLI 0
KERNEL bernoulli, dst, len, stream, block, threshold
        RANDOM_FRAME
        LIMIT
        ZERO m0
        test threshold, threshold
        jz .never
        LOADC m0, one
.never:
        STORE [ROW(ROW_B)], m0
        PHILOX_SETUP
        GROUPS BERNOULLI_BODY
        RANDOM_LEAVE
%endmacro

FOR_EVERY_TARGET BERNOULLI

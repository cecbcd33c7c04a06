; bf16, the upper half of an f32, to and from f32.
%include "core/asm/x86/neural.inc"

CONST almost_half, 0x7fff
CONST lowest_bit, 1
CONST quiet_bit, 0x400000

; ROUND dst, src: src as bits + what carries into the upper half when it rounds to nearest even; a
; NaN only becomes quiet. m3, q1 and dst are lost, src stays.
%macro ROUND 2
        SHIFT_RIGHT %1, %2, 16
        AND %1, %1, C(lowest_bit)
        IADD %1, %1, C(almost_half)
        IADD %1, %1, %2
    %if AVX512
        vcmpps q1, %2, %2, 3
        vpord %1{q1}, %2, C(quiet_bit)
    %else
        MOV q1, %2
        BINARY q1, q1, %2, cmpunordps, 1
        OR m3, %2, C(quiet_bit)
        AND m3, m3, q1
        ANDN q1, q1, %1
        OR %1, m3, q1
    %endif
%endmacro

; --- bf16_from_f32 -------------------------------------------------------------------------------
;
; void neural_bf16_from_f32_<isa>(uint16_t *dst, const float *src, int64_t len)
;
; m0 m1 numbers, m2 m4 their rounded bits. vcvtneps2bf16 is no help: it takes subnormal numbers for
; zero. Loop: sse2, avx2 two vectors, packed into one; avx512 one. Tail: sse2, avx2 one by one,
; avx512 through k1.

; ROUND_ONE: eax = bits of an f32 on their way to the upper half, r8d is lost
%macro ROUND_ONE 0
        mov r8d, eax
        add r8d, r8d
        cmp r8d, 0xff000000
        jbe %%number
        or eax, 0x400000
        jmp %%done
%%number:
        mov r8d, eax
        shr r8d, 16
        and r8d, 1
        lea eax, [rax + r8 + 0x7fff]
%%done:
%endmacro

%macro BF16_FROM_F32 0
PLAIN_KERNEL bf16_from_f32, dst, src, len
    %if AVX512
        sub len, VLEN
        jl .rest
.vector:
        LOAD m0, [src]
        ROUND m2, m0
        vpsrld m2, m2, 16
        vpmovdw [dst], m2
        add src, VBYTES
        add dst, VBYTES / 2
        sub len, VLEN
        jge .vector
.rest:
        add len, VLEN
        jz .done
        bzhi eax, [all_lanes], edx
        kmovd k1, eax
        vmovups m0{k1}{z}, [src]
        ROUND m2, m0
        vpsrld m2, m2, 16
        vpmovdw [dst]{k1}, m2
    %else
        sub len, 2 * VLEN
        jl .rest
.vectors:
        LOAD m0, [src]
        LOAD m1, [src + VBYTES]
        ROUND m2, m0
        ROUND m4, m1
        BINARY m2, m2, 16, psrad, 0
        BINARY m4, m4, 16, psrad, 0
        BINARY m2, m2, m4, packssdw, 0
        %if AVX2
        vpermq m2, m2, 0xd8                     ; parts in the order of src
        %endif
        STORE [dst], m2
        add src, 2 * VBYTES
        add dst, VBYTES
        sub len, 2 * VLEN
        jge .vectors
.rest:
        add len, 2 * VLEN
        jz .done
.one:
        mov eax, [src]
        ROUND_ONE
        shr eax, 16
        mov [dst], ax
        add src, 4
        add dst, 2
        dec len
        jnz .one
    %endif
.done:
        RETURN
%endmacro

section .rodata
align 4
all_lanes: dd -1
section .text

FOR_EVERY_ISA BF16_FROM_F32, f32

; --- f32_from_bf16 -------------------------------------------------------------------------------
;
; void neural_f32_from_bf16_<isa>(float *dst, const uint16_t *src, int64_t len)
;
; m0 m1 numbers. Loop: sse2 eight, avx2 and avx512 one vector at a time. Tail: sse2, avx2 one by
; one, avx512 through k1.

%macro F32_FROM_BF16 0
    %if SSE2
        %assign STEP 8
    %else
        %assign STEP VLEN
    %endif
PLAIN_KERNEL f32_from_bf16, dst, src, len
        sub len, STEP
        jl .rest
.vector:
    %if SSE2
        movups m0, [src]
        pxor m1, m1
        pxor m2, m2
        punpcklwd m1, m0
        punpckhwd m2, m0
        movups [dst], m1
        movups [dst + 16], m2
    %else
        vpmovzxwd m0, [src]
        SHIFT_LEFT m0, m0, 16
        STORE [dst], m0
    %endif
        add src, 2 * STEP
        add dst, 4 * STEP
        sub len, STEP
        jge .vector
.rest:
        add len, STEP
        jz .done
    %if AVX512
        bzhi eax, [all_lanes], edx
        kmovd k1, eax
        vpmovzxwd m0{k1}{z}, [src]
        SHIFT_LEFT m0, m0, 16
        vmovups [dst]{k1}, m0
    %else
.one:
        movzx eax, word [src]
        shl eax, 16
        mov [dst], eax
        add src, 2
        add dst, 4
        dec len
        jnz .one
    %endif
.done:
        RETURN
%endmacro

FOR_EVERY_ISA F32_FROM_BF16, f32

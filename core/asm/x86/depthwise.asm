; Sums of bytes channel by channel; contract and layout: core/asm/qgemm_kernel.h.
;
; void neural_qgemm_depthwise_i8_<level>(const neural_qgemm_depthwise *args)
;
; rdi args   rbx src of this pixel   rbp dst of this pixel   r10 pixels left   r11 channel
; r9  src + channel   r8 taps   rdx weights of this quad   rcx quads left
; m0 ... m3 a tap each, then quads   m4 ... m7 sums   m8 ... m11 and m14 scratch
; m12 the low byte of each word   m13 flips   k1 the channels there are
; The bytes of four taps are unpacked twice, within parts of 16 channels, to quads of channels; so
; register i holds the channels 4i ... 4i + 3 of each part, and weights and starts lie likewise.
; Loop: four taps of a vector of channels. Tail: with AVX-512 by mask, with AVX2 16 channels, else
; none, channels come in parts of 16.
%include "core/asm/x86/neural.inc"

%define ARGS_SRC 0
%define ARGS_STEP 8
%define ARGS_TAPS 16
%define ARGS_QUADS 24
%define ARGS_WEIGHT 32
%define ARGS_START 40
%define ARGS_DST 48
%define ARGS_DST_ROW 56
%define ARGS_PIXELS 64
%define ARGS_N 72
%define ARGS_FLIP 80

; INTERLEAVE dst, lhs, rhs, letters: the unpacking instruction of what the letters say.
%macro INTERLEAVE 4
    BINARY %1, %2, %3, punpck%4, 0
%endmacro

; LOAD_TAP i, stem: the bytes of tap i, flipped.
%macro LOAD_TAP 2
    mov rax, [r8 + %1 * 8]
    %if AVX512
        vmovdqu8 %2%1{k1}{z}, [r9 + rax]
    %else
        MOVE_UNALIGNED %2%1, [r9 + rax]
    %endif
    BINARY %2%1, %2%1, %{2}13, xorps, 1
%endmacro

; TURN stem: taps in 0 ... 3 become quads in 0 ... 3.
%macro TURN 1
    INTERLEAVE %{1}8, %{1}0, %{1}1, lbw
    INTERLEAVE %{1}9, %{1}0, %{1}1, hbw
    INTERLEAVE %{1}10, %{1}2, %{1}3, lbw
    INTERLEAVE %{1}11, %{1}2, %{1}3, hbw
    INTERLEAVE %{1}0, %{1}8, %{1}10, lwd
    INTERLEAVE %{1}1, %{1}8, %{1}10, hwd
    INTERLEAVE %{1}2, %{1}9, %{1}11, lwd
    INTERLEAVE %{1}3, %{1}9, %{1}11, hwd
%endmacro

; ADD_QUADS i, stem: sums i += quads i * weights, the even numbers of the quads, then the odd ones.
%macro ADD_QUADS 2
    %assign %%sum %1 + 4
    %if VNNI
        vpdpbusd %2 %+ %%sum, %2%1, [rdx + r11 + %1 * 64]
    %else
        MOVE_UNALIGNED %{2}8, [rdx + r11 + %1 * 64]
        BINARY %{2}9, %{2}8, 8, psllw, 0
        BINARY %{2}9, %{2}9, 8, psraw, 0
        BINARY %{2}8, %{2}8, 8, psraw, 0
        BINARY %{2}10, %2%1, %{2}12, andps, 1
        BINARY %{2}11, %2%1, 8, psrlw, 0
        BINARY %{2}9, %{2}9, %{2}10, pmaddwd, 1
        BINARY %{2}8, %{2}8, %{2}11, pmaddwd, 1
        BINARY %2 %+ %%sum, %2 %+ %%sum, %{2}9, paddd, 1
        BINARY %2 %+ %%sum, %2 %+ %%sum, %{2}8, paddd, 1
    %endif
%endmacro

; STORE_PAIR selection, offset: with AVX2, a part of sums 4 and 5, and of 6 and 7.
%macro STORE_PAIR 2
    vperm2i128 m8, m4, m5, %1
    vperm2i128 m9, m6, m7, %1
    vmovdqu [rbp + r11 * 4 + %2], m8
    vmovdqu [rbp + r11 * 4 + %2 + 32], m9
%endmacro

; STORE_QUARTERS first, second, selection, offset: with AVX-512, a part of all four sums.
%macro STORE_QUARTERS 4
    vshufi32x4 m0, %1, %2, %3
    vmovdqu32 [rbp + r11 * 4 + %4], m0
%endmacro

; STORE_SUMS stem: in the order of the channels.
%macro STORE_SUMS 1
    %ifidn %1, m
        %if AVX512
            vshufi32x4 m8, m4, m5, 0x44
            vshufi32x4 m9, m6, m7, 0x44
            vshufi32x4 m10, m4, m5, 0xEE
            vshufi32x4 m11, m6, m7, 0xEE
            STORE_QUARTERS m8, m9, 0x88, 0
            STORE_QUARTERS m8, m9, 0xDD, 64
            STORE_QUARTERS m10, m11, 0x88, 128
            STORE_QUARTERS m10, m11, 0xDD, 192
        %elif AVX2
            STORE_PAIR 0x20, 0
            STORE_PAIR 0x31, 64
        %else
            STORE_PART m
        %endif
    %else
        STORE_PART %1
    %endif
%endmacro

%macro STORE_PART 1
    MOVE_UNALIGNED [rbp + r11 * 4], %{1}4
    MOVE_UNALIGNED [rbp + r11 * 4 + 16], %{1}5
    MOVE_UNALIGNED [rbp + r11 * 4 + 32], %{1}6
    MOVE_UNALIGNED [rbp + r11 * 4 + 48], %{1}7
%endmacro

; CHANNELS stem: the sums of the channels from r11 on.
%macro CHANNELS 1
    mov rax, [rdi + ARGS_START]
    add rax, r11
    MOVE_UNALIGNED %{1}4, [rax]
    MOVE_UNALIGNED %{1}5, [rax + 64]
    MOVE_UNALIGNED %{1}6, [rax + 128]
    MOVE_UNALIGNED %{1}7, [rax + 192]
    lea r9, [rbx + r11]
    mov r8, [rdi + ARGS_TAPS]
    mov rdx, [rdi + ARGS_WEIGHT]
    mov rcx, [rdi + ARGS_QUADS]
    align 32
%%quad:
    LOAD_TAP 0, %1
    LOAD_TAP 1, %1
    LOAD_TAP 2, %1
    LOAD_TAP 3, %1
    TURN %1
    ADD_QUADS 0, %1
    ADD_QUADS 1, %1
    ADD_QUADS 2, %1
    ADD_QUADS 3, %1
    add r8, 32
    add rdx, 256
    dec rcx
    jnz %%quad
    STORE_SUMS %1
%endmacro

; SPLAT_NUMBER dst, xmm, number: 32 bits in every lane.
%macro SPLAT_NUMBER 3
    mov eax, %3
    %if AVX
        vmovd %2, eax
        vpbroadcastd %1, %2
    %else
        movd %2, eax
        pshufd %1, %2, 0
    %endif
%endmacro

; DEPTHWISE level
%macro DEPTHWISE 1
    %assign VNNI 0
    %ifidn %1, vnni
        %assign VNNI 1
    %endif
    KERNEL_BEGIN neural_qgemm_depthwise_i8_%1
    mov r10, [rdi + ARGS_PIXELS]
    test r10, r10
    jle .nothing
    push rbx
    push rbp
    mov rbx, [rdi + ARGS_SRC]
    mov rbp, [rdi + ARGS_DST]
    SPLAT_NUMBER m12, xm12, 0x00FF00FF
    mov eax, [rdi + ARGS_FLIP]
    imul ecx, eax, 0x01010101
    SPLAT_NUMBER m13, xm13, ecx
    %if AVX512
        mov rcx, [rdi + ARGS_N]
        mov rax, -1
        bzhi rax, rax, rcx
        kmovq k1, rax
    %endif
.pixel:
    xor r11d, r11d
    %if AVX512
        CHANNELS m
    %else
        mov rsi, [rdi + ARGS_N]
        sub rsi, VBYTES
        jl .part
.vector:
        CHANNELS m
        add r11, VBYTES
        sub rsi, VBYTES
        jge .vector
.part:
        %if AVX2
            add rsi, VBYTES
            jz .next
            CHANNELS xm
        %endif
    %endif
.next:
    mov rax, [rdi + ARGS_DST_ROW]
    lea rbp, [rbp + rax * 4]
    add rbx, [rdi + ARGS_STEP]
    dec r10
    jnz near .pixel
    pop rbp
    pop rbx
.nothing:
    LEAVE
.end:
%endmacro

TARGET sse2, f32
DEPTHWISE sse2
TARGET avx2, f32
DEPTHWISE avx2
TARGET avx512, f32
DEPTHWISE avx512
DEPTHWISE vnni

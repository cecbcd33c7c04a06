; Between f32 and bytes, and the sum of two byte tensors; contract: core/asm/quant_kernel.h.
;
; 16 elements at a time: one, two or four vectors of 32-bit lanes, m0... (m4... for a second
; operand). Tail: fewer than 16 elements pass through the red zone below the stack by the same body.
%include "core/asm/x86/neural.inc"

%define TARGET_LOW 0
%define TARGET_HIGH 4
%define TARGET_ZERO 8
%define TARGET_SCALE 12
%define SOURCE_FLIP 0
%define SOURCE_ZERO 4
%define SOURCE_SCALE 8
%define SUM_A 0
%define SUM_B 12
%define SUM_TARGET 24

; Where the tail lies: bytes of a, of b, and the result, or 16 floats.
%define TAIL_A rsp - 32
%define TAIL_B rsp - 16
%define TAIL_FLOATS rsp - 96

section .rodata
align 32
low_bytes:
    times 8 dd 0xFF
section .text

; SPLAT_WORD dst, address (without brackets): 32 bits in every lane.
%macro SPLAT_WORD 2
    %if AVX
        vpbroadcastd %1, [%2]
    %else
        movd %1, [%2]
        pshufd %1, %1, 0
    %endif
%endmacro

; WIDEN_GROUP first, address: 16 bytes become integers in m<first> ...
%macro WIDEN_GROUP 2
    %if AVX
        %assign %%v 0
        %rep 64 / VBYTES
            %assign %%r %1 + %%v
            vpmovzxbd m %+ %%r, [%2 + %%v * VLEN]
            %assign %%v %%v + 1
        %endrep
    %else
        %assign %%b %1 + 1
        %assign %%c %1 + 2
        %assign %%d %1 + 3
        movdqu m %+ %%c, [%2]
        pxor m15, m15
        movdqa m%1, m %+ %%c
        punpcklbw m%1, m15
        punpckhbw m %+ %%c, m15
        movdqa m %+ %%b, m%1
        movdqa m %+ %%d, m %+ %%c
        punpcklwd m%1, m15
        punpckhwd m %+ %%b, m15
        punpcklwd m %+ %%c, m15
        punpckhwd m %+ %%d, m15
    %endif
%endmacro

; DEQUANTIZE_GROUP first, address, flip, zero, scale: 16 bytes become floats.
%macro DEQUANTIZE_GROUP 5
    WIDEN_GROUP %1, %2
    %assign %%v %1
    %rep 64 / VBYTES
        BINARY m %+ %%v, m %+ %%v, %3, xorps, 1
        ISUB m %+ %%v, m %+ %%v, %4
        %if AVX
            vcvtdq2ps m %+ %%v, m %+ %%v
        %else
            cvtdq2ps m %+ %%v, m %+ %%v
        %endif
        MUL m %+ %%v, m %+ %%v, %5
        %assign %%v %%v + 1
    %endrep
%endmacro

; QUANTIZE_GROUP address: the floats m0 ... to 16 bytes; m8 low, m9 high, m10 zero point. NaN: low.
%macro QUANTIZE_GROUP 1
    %assign %%v 0
    %rep 64 / VBYTES
        MAX m %+ %%v, m %+ %%v, m8
        MIN m %+ %%v, m %+ %%v, m9
        %if AVX
            vcvtps2dq m %+ %%v, m %+ %%v
        %else
            cvtps2dq m %+ %%v, m %+ %%v
        %endif
        IADD m %+ %%v, m %+ %%v, m10
        %if AVX512
            vpmovdb xm0, m0
        %elif AVX2
            vpand m %+ %%v, m %+ %%v, [low_bytes]
        %else
            pand m %+ %%v, [low_bytes]
        %endif
        %assign %%v %%v + 1
    %endrep
    %if AVX2
        vpackusdw m0, m0, m1
        vpermq m0, m0, 0xD8
        vextracti128 xm1, m0, 1
        vpackuswb xm0, xm0, xm1
    %elif SSE2
        packssdw m0, m1
        packssdw m2, m3
        packuswb m0, m2
    %endif
    MOVE_UNALIGNED [%1], xm0
%endmacro

%macro LOAD_TARGET 1
    SPLAT_WORD m8, %1 + TARGET_LOW
    SPLAT_WORD m9, %1 + TARGET_HIGH
    SPLAT_WORD m10, %1 + TARGET_ZERO
%endmacro

; COPY_TAIL dst, src, count: bytes, one after the other; r10 and r11 are lost.
%macro COPY_TAIL 3
    xor r10d, r10d
%%byte:
    mov r11b, [%2 + r10]
    mov [%1 + r10], r11b
    inc r10
    cmp r10, %3
    jb %%byte
%endmacro

; GROUPS body, tail: body for whole groups from offset rax on (elements), tail for the rest rdx
; elements, which stand behind offset rax.
%macro GROUPS 2
    xor eax, eax
    sub rdx, 16
    jl %%rest
    align 32
%%group:
    %1
    add rax, 16
    sub rdx, 16
    jge %%group
%%rest:
    add rdx, 16
    jle %%done
    %2
%%done:
%endmacro

; --- quantize ------------------------------------------------------------------------------------
;
; void neural_quantize_i8_<isa>(void *dst, const float *src, int64_t len,
;                               const neural_quant_target *target)
;
; rdi dst   rsi src   rdx elements left   rcx target   rax offset   m8 low, m9 high, m10 zero point,
; m11 scale

; QUANTIZE_FROM dst, src (addresses)
%macro QUANTIZE_FROM 2
    %assign %%v 0
    %rep 64 / VBYTES
        %if AVX
            vmulps m %+ %%v, m11, [%2 + %%v * VBYTES]
        %else
            movups m %+ %%v, [%2 + %%v * VBYTES]
            mulps m %+ %%v, m11
        %endif
        %assign %%v %%v + 1
    %endrep
    QUANTIZE_GROUP %1
%endmacro

; The prefetch reaches the next piece of a plane, which comes when other planes had their turn.
%macro QUANTIZE_WHOLE 0
    prefetcht1 [rsi + rax * 4 + 4096]
    QUANTIZE_FROM rdi + rax, rsi + rax * 4
%endmacro

%macro QUANTIZE_TAIL 0
    lea r8, [rsi + rax * 4]
    add rdi, rax
    lea rcx, [rdx * 4]
    lea r9, [TAIL_FLOATS]
    COPY_TAIL r9, r8, rcx
    QUANTIZE_FROM TAIL_A, TAIL_FLOATS
    lea r9, [TAIL_A]
    COPY_TAIL rdi, r9, rdx
%endmacro

%macro QUANTIZE_KERNEL 0
    KERNEL_BEGIN neural_quantize_i8_ %+ ISA
    LOAD_TARGET rcx
    SPLAT_WORD m11, rcx + TARGET_SCALE
    GROUPS QUANTIZE_WHOLE, QUANTIZE_TAIL
    LEAVE
.end:
%endmacro

; --- dequantize ----------------------------------------------------------------------------------
;
; void neural_dequantize_i8_<isa>(float *dst, const void *src, int64_t len,
;                                 const neural_quant_source *source)
;
; As above with m8 flip, m9 zero point, m10 scale.

; DEQUANTIZE_TO dst, src (addresses)
%macro DEQUANTIZE_TO 2
    DEQUANTIZE_GROUP 0, %2, m8, m9, m10
    %assign %%v 0
    %rep 64 / VBYTES
        STORE [%1 + %%v * VBYTES], m %+ %%v
        %assign %%v %%v + 1
    %endrep
%endmacro

%macro DEQUANTIZE_WHOLE 0
    DEQUANTIZE_TO rdi + rax * 4, rsi + rax
%endmacro

%macro DEQUANTIZE_TAIL 0
    lea rdi, [rdi + rax * 4]
    add rsi, rax
    lea r9, [TAIL_A]
    COPY_TAIL r9, rsi, rdx
    DEQUANTIZE_TO TAIL_FLOATS, TAIL_A
    lea r9, [TAIL_FLOATS]
    shl rdx, 2
    COPY_TAIL rdi, r9, rdx
%endmacro

%macro DEQUANTIZE_KERNEL 0
    KERNEL_BEGIN neural_dequantize_i8_ %+ ISA
    SPLAT_WORD m8, rcx + SOURCE_FLIP
    SPLAT_WORD m9, rcx + SOURCE_ZERO
    SPLAT_WORD m10, rcx + SOURCE_SCALE
    GROUPS DEQUANTIZE_WHOLE, DEQUANTIZE_TAIL
    LEAVE
.end:
%endmacro

; --- sum -----------------------------------------------------------------------------------------
;
; void neural_qadd_i8_<isa>(void *dst, const void *a, const void *b, int64_t len,
;                           const neural_quant_sum *sum)
;
; rdi dst   rsi a   rcx b   rdx elements left   r8 sum   m8 ... m10 as in quantize, m11 m12 the
; scales of a and b; flips and zero points, where registers are too few, come from the stack.

; ADD_TO dst, a, b (addresses)
%macro ADD_TO 3
    DEQUANTIZE_GROUP 4, %3, FLIP_B, ZERO_B, m12
    DEQUANTIZE_GROUP 0, %2, FLIP_A, ZERO_A, m11
    %assign %%v 0
    %rep 64 / VBYTES
        %assign %%other %%v + 4
        ADD m %+ %%v, m %+ %%v, m %+ %%other
        %assign %%v %%v + 1
    %endrep
    QUANTIZE_GROUP %1
%endmacro

%macro ADD_WHOLE 0
    ADD_TO rdi + rax, rsi + rax, rcx + rax
%endmacro

; The frame of the sum ends above the red zone: the tail lies below rsp as elsewhere.
%macro ADD_TAIL 0
    add rdi, rax
    add rsi, rax
    add rcx, rax
    lea r9, [TAIL_A]
    COPY_TAIL r9, rsi, rdx
    lea r9, [TAIL_B]
    COPY_TAIL r9, rcx, rdx
    ADD_TO TAIL_A, TAIL_A, TAIL_B
    lea r9, [TAIL_A]
    COPY_TAIL rdi, r9, rdx
%endmacro

; SPLAT_SPILL address, number of 32 bits: in every lane at [rsp + ...]
%macro SPLAT_SPILL 2
    SPLAT_WORD m0, %2
    MOVE_UNALIGNED [%1], m0
%endmacro

%macro ADD_KERNEL 0
    KERNEL_BEGIN neural_qadd_i8_ %+ ISA
    mov r9, rcx
    mov rcx, rdx
    mov rdx, r9
    LOAD_TARGET r8 + SUM_TARGET
    SPLAT_WORD m11, r8 + SUM_A + SOURCE_SCALE
    SPLAT_WORD m12, r8 + SUM_B + SOURCE_SCALE
    %if AVX512
        %define FLIP_A m16
        %define ZERO_A m17
        %define FLIP_B m18
        %define ZERO_B m19
        SPLAT_WORD m16, r8 + SUM_A + SOURCE_FLIP
        SPLAT_WORD m17, r8 + SUM_A + SOURCE_ZERO
        SPLAT_WORD m18, r8 + SUM_B + SOURCE_FLIP
        SPLAT_WORD m19, r8 + SUM_B + SOURCE_ZERO
    %else
        %define FLIP_A [rsp]
        %define ZERO_A [rsp + 32]
        %define FLIP_B [rsp + 64]
        %define ZERO_B [rsp + 96]
        mov r11, rsp
        sub rsp, 128
        and rsp, -32
        SPLAT_SPILL rsp, r8 + SUM_A + SOURCE_FLIP
        SPLAT_SPILL rsp + 32, r8 + SUM_A + SOURCE_ZERO
        SPLAT_SPILL rsp + 64, r8 + SUM_B + SOURCE_FLIP
        SPLAT_SPILL rsp + 96, r8 + SUM_B + SOURCE_ZERO
        mov r8, r11
    %endif
    GROUPS ADD_WHOLE, ADD_TAIL
    %if AVX512 == 0
        mov rsp, r8
    %endif
    LEAVE
.end:
%endmacro

%macro QUANT_KERNELS 0
    QUANTIZE_KERNEL
    DEQUANTIZE_KERNEL
    ADD_KERNEL
%endmacro

FOR_EVERY_ISA QUANT_KERNELS, f32

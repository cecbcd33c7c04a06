; Dropout: the mask of survivors, and what it leaves of a vector.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/philox.inc"

CONST sign_bit, 0x80000000, 0x8000000000000000

section .rodata
align 64
byte_ones: times 64 db 1
section .text

; --- keep_mask -----------------------------------------------------------------------------------
;
; void neural_keep_mask_<isa>(uint8_t *dst, int64_t len, const neural_random *stream,
;                             uint64_t block, uint64_t threshold)
;
; Loop: a group of blocks gives VBYTES / 2 bytes. Tail: the bytes of the last group, one by one.
; m0-m7 scratch, m8 block numbers, ROW_A threshold - 1 with its sign flipped, ROW_B the mask that
; threshold 0 gives: all; r9 the stack pointer of before.

; KEEP_BYTES: the words of the blocks to VBYTES / 2 bytes in m0: 1 where word >= threshold.
%macro KEEP_BYTES 0
        DRAWS
        DRAWS_IN_ORDER
    %if AVX512
        vpxord m0, m0, [sign_bit_f32]{1to16}
        vpxord m1, m1, [sign_bit_f32]{1to16}
        vpcmpd k2, m0, [ROW(ROW_A)], NOT_LE
        vpcmpd k3, m1, [ROW(ROW_A)], NOT_LE
        kunpckwd k2, k3, k2
        kord k2, k2, k6
        vmovdqu8 ym0{k2}{z}, [byte_ones]
    %else
        BITS pxor, m0, m0, [sign_bit_f32]
        BITS pxor, m1, m1, [sign_bit_f32]
        BINARY m0, m0, [ROW(ROW_A)], pcmpgtd, 0
        BINARY m1, m1, [ROW(ROW_A)], pcmpgtd, 0
        BINARY m0, m0, m1, packssdw, 0
        %if AVX2
            vpermq m0, m0, 0xD8
            vextracti128 xm1, m0, 1
            vpacksswb xm0, xm0, xm1
            vpor xm0, xm0, [ROW(ROW_B)]
            vpand xm0, xm0, [byte_ones]
        %else
            packsswb m0, m0
            por m0, [ROW(ROW_B)]
            pand m0, [byte_ones]
        %endif
    %endif
%endmacro

; STORE_GROUP address: VBYTES / 2 bytes of m0
%macro STORE_GROUP 1
    %if AVX512
        vmovdqu [%1], ym0
    %elif AVX2
        vmovdqu [%1], xm0
    %else
        movq [%1], m0
    %endif
%endmacro

%macro KEEP_MASK 0
PLAIN_KERNEL keep_mask, dst, len, stream, block, threshold
        RANDOM_FRAME
        lea eax, [threshold - 1]
        xor eax, 0x80000000
        SPLAT_D 1, eax
        STORE [ROW(ROW_A)], m1
        xor eax, eax
        cmp threshold, 1
        sbb eax, eax                            ; -1 for threshold 0
        SPLAT_D 1, eax
        STORE [ROW(ROW_B)], m1
    %if AVX512
        kmovd k6, eax
    %endif
        PHILOX_SETUP
        sub len, VBYTES / 2
        jl .rest
        align 16
.group:
        PHILOX
        KEEP_BYTES
        STORE_GROUP dst
        add dst, VBYTES / 2
        sub len, VBYTES / 2
        jge .group
.rest:
        add len, VBYTES / 2
        jz .done
        PHILOX
        KEEP_BYTES
        STORE_GROUP rsp                         ; over keys that are used up
        xor r10d, r10d
.byte:
        mov al, [rsp + r10]
        mov [dst + r10], al
        inc r10
        cmp r10, len
        jl .byte
.done:
        RANDOM_LEAVE
%endmacro

FOR_EVERY_ISA KEEP_MASK, f32

; --- mask_scale ----------------------------------------------------------------------------------
;
; void neural_mask_scale_<dtype>_<isa>(T *dst, const T *src, const uint8_t *mask, int64_t len,
;                                      T scale)
;
; Loop: a vector of elements and as many bytes. Tail: its bytes are gathered in rax, its elements go
; through the mask of the tail. m0 src, m1 mask, m7 scale, m6 zero; r10 byte offset of the elements.

; MASKED: m0 becomes m1 (bytes, widened) nonzero ? m0 * scale : 0.
%macro MASKED 0
    %if AVX512
        %if F32
            vptestmd k2, m1, m1
        %else
            vptestmq k2, m1, m1
        %endif
        vmulp %+ P m0{k2}{z}, m0, m7
    %else
        MUL m0, m0, m7
        BINARY m1, m1, m6, pcmpeqd, 1
        %if F32 == 0
            ; both halves of a lane: a widened byte has its bits in the low one
            %if AVX2
                vpshufd m1, m1, 0xA0
            %else
                pshufd m1, m1, 0xA0
            %endif
        %endif
        ANDN m0, m1, m0
    %endif
%endmacro

; WIDEN source: the first bytes of an xmm register or memory to the lanes of m1.
%macro WIDEN 1
    %if AVX && F32
        vpmovzxbd m1, %1
    %elif AVX
        vpmovzxbq m1, %1
    %endif
%endmacro

; LOAD_MASK: VLEN bytes from `mask`, which moves on.
%macro LOAD_MASK 0
    %if AVX
        WIDEN [mask]
    %elif F32
        movd m1, [mask]
        punpcklbw m1, m6
        punpcklwd m1, m6
    %else
        movzx eax, word [mask]
        WIDEN_TWO
    %endif
        add mask, VLEN
%endmacro

; WIDEN_TWO: sse2, f64: the two bytes in eax.
%macro WIDEN_TWO 0
        movd m1, eax
        punpcklbw m1, m6
        punpcklwd m1, m6
        punpckldq m1, m6
%endmacro

; GATHER_MASK: the bytes of the tail, fewer than VLEN, to m1. rax, r8, r11 are lost.
%macro GATHER_MASK 0
    %if AVX512
        mov r11, len
        shr r11d, ESHIFT
        mov eax, -1
        bzhi eax, eax, r11d
        kmovd k2, eax
        vmovdqu8 xm1{k2}{z}, [mask]
        WIDEN xm1
    %else
        mov r11, len
        shr r11, ESHIFT
        xor eax, eax
%%byte:
        shl rax, 8
        mov al, [mask + r11 - 1]
        dec r11
        jnz %%byte
        %if AVX2
            vmovq xm1, rax
            WIDEN xm1
        %elif F32
            movd m1, eax
            punpcklbw m1, m6
            punpcklwd m1, m6
        %else
            WIDEN_TWO
        %endif
    %endif
%endmacro

%macro MASK_SCALE 0
KERNEL mask_scale, dst, src, mask, len
        SPLAT m7, xm0
        ZERO m6
        shl len, ESHIFT
        xor r10d, r10d
        sub len, VBYTES
        jl .rest
        align 16
.vector:
        LOAD m0, [src + r10]
        LOAD_MASK
        MASKED
        STORE [dst + r10], m0
        add r10, VBYTES
        sub len, VBYTES
        jge .vector
.rest:
        add len, VBYTES
        jz .done
        GATHER_MASK
        TAIL len
        LOAD_TAIL m0, src + r10
        MASKED
        STORE_PARTS dst + r10, m0
.done:
        RETURN
%endmacro

FOR_EVERY_TARGET MASK_SCALE

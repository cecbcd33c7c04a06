; What an int8 product reads: B in quads of rows, and A widened to 16 bits.
%include "core/asm/x86/neural.inc"

%define ROW_0 rax
%define ROW_1 r10
%define ROW_2 r11
%define ROW_3 rbx

; INTERLEAVE dst, lhs, rhs, letters: the unpacking instruction of bytes or words, low or high half.
%macro INTERLEAVE 4
    BINARY %1, %2, %3, punpck%4, 0
%endmacro

; xm0 ... xm3, 16 numbers of four rows, become quads in xm0 ... xm3.
%macro TURN_QUADS 0
    INTERLEAVE xm4, xm0, xm1, lbw
    INTERLEAVE xm5, xm0, xm1, hbw
    INTERLEAVE xm6, xm2, xm3, lbw
    INTERLEAVE xm7, xm2, xm3, hbw
    INTERLEAVE xm0, xm4, xm6, lwd
    INTERLEAVE xm1, xm4, xm6, hwd
    INTERLEAVE xm2, xm5, xm7, lwd
    INTERLEAVE xm3, xm5, xm7, hwd
    %assign %%i 0
    %rep 4
        MOVE_UNALIGNED [rdi + rbp * 4 + %%i * 16], xm %+ %%i
        %assign %%i %%i + 1
    %endrep
%endmacro

; LOAD_GROUP i: 16 numbers of row i; nothing where there is no such row (k3 ... k6, xm12 ... xm15).
%macro LOAD_GROUP 1
    %assign %%mask %1 + 3
    %assign %%and %1 + 12
    %if AVX512
        vmovdqu8 xm%1{k%+%%mask}{z}, [ROW_%1 + rbp]
    %else
        MOVE_UNALIGNED xm%1, [ROW_%1 + rbp]
        AND xm%1, xm%1, xm %+ %%and
    %endif
%endmacro

; LOAD_PART i: the last r12 < 16 numbers of row i, under k1 or by way of the stack.
%macro LOAD_PART 1
    %assign %%mask %1 + 3
    %assign %%and %1 + 12
    %if AVX512
        kandw k2, k1, k %+ %%mask
        vmovdqu8 xm%1{k2}{z}, [ROW_%1 + rbp]
    %else
        lea r13, [ROW_%1 + rbp]
        COPY_PART
        MOVE_UNALIGNED xm%1, [rsp]
        AND xm%1, xm%1, xm %+ %%and
    %endif
%endmacro

; r12 < 16 bytes from r13, and zeros, to [rsp]
%macro COPY_PART 0
    ZERO xm4
    MOVE_UNALIGNED [rsp], xm4
    mov r14, r12
%%loop:
    mov r15b, [r13 + r14 - 1]
    mov [rsp + r14 - 1], r15b
    dec r14
    jnz %%loop
%endmacro

; FORGET_ROW i: reads row 0 instead, and as zeros.
%macro FORGET_ROW 1
    %assign %%mask %1 + 3
    %assign %%and %1 + 12
    mov ROW_%1, ROW_0
    %if AVX512
        kxorw k%+%%mask, k0, k0
    %else
        %xdefine %%register xm %+ %%and
        ZERO %%register
    %endif
%endmacro

; void neural_qgemm_pack_rows_i8_<isa>(int8_t *dst, const int8_t *src, int64_t src_ld,
;                                      int64_t rows, int64_t cols, int64_t dst_row)
;
; rdi rsi this quad in dst and src   rdx src_ld   rcx rows left   r8 cols   r9 dst_row
; rbp column   r12 columns left   ROW_0 ... ROW_3 the rows of the quad
; Loop: 16 columns of four rows. Tail: the last columns under a mask or through the stack; rows
; that are missing in the last quad are read as zeros.
%macro PACK_ROWS 0
    KERNEL_BEGIN neural_qgemm_pack_rows_i8_ %+ ISA
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    sub rsp, 16
    %assign %%i 0
    %rep 4
        %assign %%mask %%i + 3
        %assign %%and %%i + 12
        %if AVX512
            kxnorw k %+ %%mask, k0, k0
        %else
            %xdefine %%register xm %+ %%and
            BINARY %%register, %%register, %%register, pcmpeqd, 1
        %endif
        %assign %%i %%i + 1
    %endrep
    test rcx, rcx
    jle near .done
.quad:
    mov ROW_0, rsi
    lea ROW_1, [rsi + rdx]
    lea ROW_2, [rsi + 2 * rdx]
    lea ROW_3, [ROW_1 + 2 * rdx]
    lea rsi, [rsi + 4 * rdx]
    xor ebp, ebp
    cmp rcx, 4
    jae .column
    FORGET_ROW 3
    cmp rcx, 3
    jae .column
    FORGET_ROW 2
    cmp rcx, 2
    jae .column
    FORGET_ROW 1
.column:
    mov r12, r8
    sub r12, rbp
    cmp r12, 16
    jl .part
    LOAD_GROUP 0
    LOAD_GROUP 1
    LOAD_GROUP 2
    LOAD_GROUP 3
    TURN_QUADS
    add rbp, 16
    jmp .column
.part:
    test r12, r12
    jle near .next
    %if AVX512
        mov r13d, -1
        bzhi r13d, r13d, r12d
        kmovw k1, r13d
    %endif
    LOAD_PART 0
    LOAD_PART 1
    LOAD_PART 2
    LOAD_PART 3
    TURN_QUADS
.next:
    add rdi, r9
    sub rcx, 4
    ja near .quad
.done:
    add rsp, 16
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    LEAVE
.end:
%endmacro

TARGET sse2, f32
PACK_ROWS
TARGET avx2, f32
PACK_ROWS
TARGET avx512, f32
PACK_ROWS

; WIDEN_GROUP shift: 16 numbers in xm0 to [rdi]; shift is psraw or psrlw.
%macro WIDEN_GROUP 1
    BINARY xm1, xm0, 8, %1, 0                   ; 1 and 3 of the quads
    BINARY xm0, xm0, 8, psllw, 0
    BINARY xm0, xm0, 8, %1, 0                   ; 0 and 2
    BINARY xm2, xm0, xm1, punpckhdq, 0
    BINARY xm0, xm0, xm1, punpckldq, 0
    MOVE_UNALIGNED [rdi], xm0
    MOVE_UNALIGNED [rdi + 16], xm2
%endmacro

; WIDEN_ROW shift
%macro WIDEN_ROW 1
%%loop:
    sub rdx, 16
    jl %%tail
    MOVE_UNALIGNED xm0, [rsi]
    WIDEN_GROUP %1
    add rsi, 16
    add rdi, 32
    jmp %%loop
%%tail:
    add rdx, 16
    jz near .done
    ZERO xm0
    MOVE_UNALIGNED [rsp], xm0
%%byte:
    mov al, [rsi + rdx - 1]
    mov [rsp + rdx - 1], al
    dec rdx
    jnz %%byte
    MOVE_UNALIGNED xm0, [rsp]
    WIDEN_GROUP %1
%endmacro

; void neural_qgemm_widen_i8_<isa>(int16_t *dst, const void *src, int64_t len, int64_t is_signed)
;
; Loop: 16 numbers. Tail: the last ones by way of the stack.
%macro WIDEN 0
    KERNEL_BEGIN neural_qgemm_widen_i8_ %+ ISA
    sub rsp, 24
    test rcx, rcx
    jz near .unsigned
    WIDEN_ROW psraw
    jmp near .done
.unsigned:
    WIDEN_ROW psrlw
.done:
    add rsp, 24
    LEAVE
.end:
%endmacro

TARGET sse2, f32
WIDEN
TARGET avx2, f32
WIDEN
TARGET avx512, f32
WIDEN

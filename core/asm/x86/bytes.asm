; Bytes: taken through a table, turned, the largest of rows; contract: core/asm/quant_kernel.h.
%include "core/asm/x86/neural.inc"

; --- lookup --------------------------------------------------------------------------------------
;
; void neural_lookup_i8_<isa>(void *dst, const void *src, int64_t len, const uint8_t *table)
;
; rdi dst   rsi src   rdx bytes left   rcx table   rax scratch
; The table is 16 rows of 16 bytes. pshufb gives 0 where the top bit of a byte is set, else the byte
; of a row that its low half names. Of x, x - 16, x - 32 ... (saturating) the top bit is clear until
; x's own row is passed; so row i of the lower eight is kept as D[i] = T[i] ^ T[i - 1], and all that
; is found is joined by ^. The upper eight likewise with x ^ 128.
; Loop: one vector, sixteen rows. Tail, short ones, and sse2: byte by byte.

; ONE_BYTE: the next byte.
%macro ONE_BYTE 0
    movzx eax, byte [rsi]
    mov al, [rcx + rax]
    mov [rdi], al
    inc rsi
    inc rdi
%endmacro

; EIGHT_BYTES: the next eight.
%macro EIGHT_BYTES 0
    %assign %%i 0
    %rep 8
        movzx eax, byte [rsi + %%i]
        movzx eax, byte [rcx + rax]
        mov [rdi + %%i], al
        %assign %%i %%i + 1
    %endrep
    add rsi, 8
    add rdi, 8
%endmacro

; DIFFERENCES: D[0] ... D[15] to [rsp] ...
%macro DIFFERENCES 0
    %assign %%i 0
    %rep 16
        vmovdqu xm0, [rcx + %%i * 16]
        %if %%i % 8
            vpxor xm0, xm0, [rcx + %%i * 16 - 16]
        %endif
        vmovdqu [rsp + %%i * 16], xm0
        %assign %%i %%i + 1
    %endrep
%endmacro

; ROW_OF dst, row, numbers: what D[row] has for them.
%macro ROW_OF 3
    %if AVX512
        %assign %%r 16 + %2
        vpshufb %1, m %+ %%r, %3
    %else
        vbroadcasti128 %1, [rsp + (%2) * 16]
        vpshufb %1, %1, %3
    %endif
%endmacro

; LOOK_UP: m0 = x becomes its bytes in m1; m2 is 16 everywhere, m5 128.
%macro LOOK_UP 0
    BINARY m6, m0, m5, xorps, 1
    ROW_OF m1, 0, m0
    ROW_OF m4, 8, m6
    %assign %%i 1
    %rep 7
        vpsubsb m0, m0, m2
        vpsubsb m6, m6, m2
        ROW_OF m3, %%i, m0
        BINARY m1, m1, m3, xorps, 1
        ROW_OF m3, %%i + 8, m6
        BINARY m4, m4, m3, xorps, 1
        %assign %%i %%i + 1
    %endrep
    BINARY m1, m1, m4, xorps, 1
%endmacro

; VECTOR_LOOKUP: whole vectors.
%macro VECTOR_LOOKUP 0
    cmp rdx, 8 * VBYTES
    jl .few
    mov r8, rsp
    sub rsp, 256
    DIFFERENCES
    %if AVX512
        %assign %%i 0
        %rep 16
            %assign %%r 16 + %%i
            vbroadcasti32x4 m %+ %%r, [rsp + %%i * 16]
            %assign %%i %%i + 1
        %endrep
    %endif
    mov eax, 0x10101010
    vmovd xm2, eax
    vpbroadcastd m2, xm2
    mov eax, 0x80808080
    vmovd xm5, eax
    vpbroadcastd m5, xm5
    sub rdx, VBYTES
    align 32
.vector:
    LOAD m0, [rsi]
    LOOK_UP
    STORE [rdi], m1
    add rsi, VBYTES
    add rdi, VBYTES
    sub rdx, VBYTES
    jge .vector
    add rdx, VBYTES
    mov rsp, r8
.few:
%endmacro

%macro LOOKUP_KERNEL 0
    KERNEL_BEGIN neural_lookup_i8_ %+ ISA
    %if AVX
        VECTOR_LOOKUP
    %endif
    sub rdx, 8
    jl .rest
    align 32
.eight:
    EIGHT_BYTES
    sub rdx, 8
    jge .eight
.rest:
    add rdx, 8
    jle .done
.one:
    ONE_BYTE
    dec rdx
    jnz .one
.done:
    LEAVE
.end:
%endmacro

; --- turn ----------------------------------------------------------------------------------------
;
; void neural_turn_i8_<isa>(void *dst, const void *src, int64_t rows, int64_t cols, int64_t dst_row,
;                           int64_t src_row)
;
; rdi dst   rsi src   rdx rows left   rcx cols   r8 dst_row   r9 src_row   rax r10 r11 in the block
; rbx columns left   rbp 3 * the distance of rows
; Loop: blocks of 8 rows and 16 columns, unpacked three times. Tail: byte by byte.

; INTERLEAVE dst, lhs, rhs, letters: the unpacking instruction of what the letters say.
%macro INTERLEAVE 4
    BINARY %1, %2, %3, punpck%4, 0
%endmacro

; STORE_COLUMNS register: two columns of eight bytes to [r10].
%macro STORE_COLUMNS 1
    %if AVX
        vmovlps [r10], %1
        vmovhps [r10 + r8], %1
    %else
        movlps [r10], %1
        movhps [r10 + r8], %1
    %endif
    lea r10, [r10 + r8 * 2]
%endmacro

; LOAD_ROWS: eight rows of 16 bytes from rax on to xm0 ... xm7.
%macro LOAD_ROWS 0
    MOVE_UNALIGNED xm0, [rax]
    MOVE_UNALIGNED xm1, [rax + r9]
    MOVE_UNALIGNED xm2, [rax + r9 * 2]
    MOVE_UNALIGNED xm3, [rax + rbp]
    lea rax, [rax + r9 * 4]
    MOVE_UNALIGNED xm4, [rax]
    MOVE_UNALIGNED xm5, [rax + r9]
    MOVE_UNALIGNED xm6, [rax + r9 * 2]
    MOVE_UNALIGNED xm7, [rax + rbp]
%endmacro

; TURN_BLOCK: xm0 ... xm7 to 16 columns at [r10].
%macro TURN_BLOCK 0
    INTERLEAVE xm8, xm0, xm1, lbw
    INTERLEAVE xm9, xm2, xm3, lbw
    INTERLEAVE xm10, xm4, xm5, lbw
    INTERLEAVE xm11, xm6, xm7, lbw
    INTERLEAVE xm0, xm0, xm1, hbw
    INTERLEAVE xm1, xm2, xm3, hbw
    INTERLEAVE xm2, xm4, xm5, hbw
    INTERLEAVE xm3, xm6, xm7, hbw
    TURN_HALF xm8, xm9, xm10, xm11
    TURN_HALF xm0, xm1, xm2, xm3
%endmacro

; TURN_HALF rows 0 and 1, 2 and 3, 4 and 5, 6 and 7: eight columns.
%macro TURN_HALF 4
    INTERLEAVE xm4, %1, %2, lwd
    INTERLEAVE xm5, %3, %4, lwd
    INTERLEAVE xm6, %1, %2, hwd
    INTERLEAVE xm7, %3, %4, hwd
    INTERLEAVE xm12, xm4, xm5, ldq
    STORE_COLUMNS xm12
    INTERLEAVE xm12, xm4, xm5, hdq
    STORE_COLUMNS xm12
    INTERLEAVE xm12, xm6, xm7, ldq
    STORE_COLUMNS xm12
    INTERLEAVE xm12, xm6, xm7, hdq
    STORE_COLUMNS xm12
%endmacro

; TURN_COLUMNS: byte by byte, rax on, r11 rows, rbx columns, to r10 on.
%macro TURN_COLUMNS 0
%%column:
    push rax
    push r10
    push r11
%%byte:
    mov r12b, [rax]
    mov [r10], r12b
    add rax, r9
    inc r10
    dec r11
    jnz %%byte
    pop r11
    pop r10
    pop rax
    inc rax
    add r10, r8
    dec rbx
    jnz %%column
%endmacro

%macro TURN_KERNEL 0
    KERNEL_BEGIN neural_turn_i8_ %+ ISA
    test rcx, rcx
    jle .nothing
    test rdx, rdx
    jle .nothing
    push rbx
    push rbp
    push r12
    lea rbp, [r9 + r9 * 2]
    sub rdx, 8
    jl .rest
.rows:
    push rsi
    mov r10, rdi
    mov rbx, rcx
    sub rbx, 16
    jl .columns
    align 32
.block:
    mov rax, rsi
    LOAD_ROWS
    TURN_BLOCK
    add rsi, 16
    sub rbx, 16
    jge .block
.columns:
    add rbx, 16
    jle .turned
    mov rax, rsi
    mov r11d, 8
    TURN_COLUMNS
.turned:
    pop rsi
    lea rsi, [rsi + r9 * 8]
    add rdi, 8
    sub rdx, 8
    jge .rows
.rest:
    add rdx, 8
    jle .done
    mov rax, rsi
    mov r10, rdi
    mov r11, rdx
    mov rbx, rcx
    TURN_COLUMNS
.done:
    pop r12
    pop rbp
    pop rbx
.nothing:
    LEAVE
.end:
%endmacro

; --- row_max -------------------------------------------------------------------------------------
;
; void neural_row_max_i8_<isa>(void *dst, const void *const *rows, int64_t count, int64_t len,
;                              int64_t flip)
;
; rdi dst   rsi rows   rdx count   rcx len   r9 offset   r10 the next row   r11 its address
; rax the largest byte, xm1 flips
; Loop: vectors, each over all rows. Tail: parts of 16 bytes, the last one over what is done already
; (the largest stays the largest); fewer than 16 byte by byte.

; MAX_PART largest, flips, row: registers of one width.
%macro MAX_PART 3
    xor r10d, r10d
    XOR %1, %1, %1
    align 16
%%row:
    mov r11, [rsi + r10 * 8]
    LOAD %3, [r11 + r9]
    FLIP_BYTES %3, %2
    BINARY %1, %1, %3, pmaxub, 1
    inc r10
    cmp r10, rdx
    jb %%row
    FLIP_BYTES %1, %2
    STORE [rdi + r9], %1
%endmacro

; FLIP_BYTES dst, flips
%macro FLIP_BYTES 2
    BINARY %1, %1, %2, xorps, 1
%endmacro

; MAX_BYTE: one byte.
%macro MAX_BYTE 0
    xor r10d, r10d
    push rcx
    push rdi
    xor ecx, ecx
%%row:
    mov r11, [rsi + r10 * 8]
    movzx eax, byte [r11 + r9]
    xor eax, r8d
    cmp eax, ecx
    cmova ecx, eax
    inc r10
    cmp r10, rdx
    jb %%row
    xor ecx, r8d
    mov [rdi + r9], cl
    pop rdi
    pop rcx
%endmacro

%macro ROW_MAX_KERNEL 0
    KERNEL_BEGIN neural_row_max_i8_ %+ ISA
    xor r9d, r9d
    and r8d, 255
    imul eax, r8d, 0x01010101
    %if AVX
        vmovd xm1, eax
        vpbroadcastd m1, xm1
    %else
        movd m1, eax
        pshufd m1, m1, 0
    %endif
    cmp rcx, 16
    jl .bytes
    sub rcx, VBYTES
    jl .parts
.vector:
    MAX_PART m0, m1, m2
    add r9, VBYTES
    sub rcx, VBYTES
    jge .vector
.parts:
    add rcx, VBYTES
    jz .done
    %if AVX
        sub rcx, 16
        jl .last
.part:
        MAX_PART xm0, xm1, xm2
        add r9, 16
        sub rcx, 16
        jge .part
.last:
        add rcx, 16
        jz .done
    %endif
    lea r9, [r9 + rcx - 16]
    MAX_PART xm0, xm1, xm2
    LEAVE
.bytes:
    test rcx, rcx
    jle .done
.byte:
    MAX_BYTE
    inc r9
    dec rcx
    jnz .byte
.done:
    LEAVE
.end:
%endmacro

%macro BYTE_KERNELS 0
    LOOKUP_KERNEL
    TURN_KERNEL
    ROW_MAX_KERNEL
%endmacro

FOR_EVERY_ISA BYTE_KERNELS, f32

; Transposed copies.
%include "core/asm/x86/neural.inc"

; void neural_transpose_<dtype>_<isa>(T *dst, const T *src, int64_t rows, int64_t cols,
;                                     int64_t dst_ld, int64_t src_ld)
;
; A tile is one vector of rows by QUAD columns, 16 bytes of each row. Its rows are gathered so that
; every 16-byte part of a vector holds a square of QUAD rows; the square is turned within the part,
; and what comes out are whole columns.
; Loop: bands of BLOCK_COLS columns, in a band all tiles of a row after each other, then the next
; rows. Tail: rows that fill no vector in tiles of 16 bytes, the last rows and columns one by one.
;
; rsi rdi tile in src and dst, rcx columns of the band, r8 r9 rows of dst and src in bytes, rbp rbx
; three of them; r11 r12 r13 r14 parts of the tile, r15 its columns, rax columns left, r10 tiles
; left. The stack holds what lasts longer:

%define COLS_LEFT [rsp]
%define BAND_SRC [rsp + 8]
%define BAND_DST [rsp + 16]
%define TILE_ROWS [rsp + 24]
%define ALL_ROWS [rsp + 32]
%define ALL_COLS [rsp + 40]
%define ALL_SRC [rsp + 48]
%define ALL_DST [rsp + 56]
%define FRAME 64
%define BLOCK_COLS 64

; ROW_<i>(base): row i of the part at base.
%define ROW_0(base) [base]
%define ROW_1(base) [base + r9]
%define ROW_2(base) [base + 2 * r9]
%define ROW_3(base) [base + rbx]

; GATHER width, i: vector i = row i of each part.
%macro GATHER 2
        LOAD xmm%2, ROW_%2(r11)
    %if %1 >= 32
        vinsertf128 ymm%2, ymm%2, ROW_%2(r12), 1
    %endif
    %if %1 == 64
        vinsertf32x4 zmm%2, zmm%2, ROW_%2(r13), 2
        vinsertf32x4 zmm%2, zmm%2, ROW_%2(r14), 3
    %endif
%endmacro

; TURN vector prefix: the squares of every part; f32 columns in vectors 0..3, f64 in 2 and 3.
%macro TURN 1
    %if F32
        BINARY %1 %+ 4, %1 %+ 0, %1 %+ 1, unpcklps, 0
        BINARY %1 %+ 5, %1 %+ 2, %1 %+ 3, unpcklps, 0
        BINARY %1 %+ 6, %1 %+ 0, %1 %+ 1, unpckhps, 0
        BINARY %1 %+ 7, %1 %+ 2, %1 %+ 3, unpckhps, 0
        BINARY %1 %+ 0, %1 %+ 4, %1 %+ 5, unpcklpd, 0
        BINARY %1 %+ 1, %1 %+ 4, %1 %+ 5, unpckhpd, 0
        BINARY %1 %+ 2, %1 %+ 6, %1 %+ 7, unpcklpd, 0
        BINARY %1 %+ 3, %1 %+ 6, %1 %+ 7, unpckhpd, 0
    %else
        BINARY %1 %+ 2, %1 %+ 0, %1 %+ 1, unpcklpd, 0
        BINARY %1 %+ 3, %1 %+ 0, %1 %+ 1, unpckhpd, 0
    %endif
%endmacro

; TILE width, vector prefix
%macro TILE 2
        GATHER %1, 0
        GATHER %1, 1
    %if F32
        GATHER %1, 2
        GATHER %1, 3
    %endif
        TURN %2
    %if F32
        STORE [r15], %2 %+ 0
        STORE [r15 + r8], %2 %+ 1
        STORE [r15 + 2 * r8], %2 %+ 2
        STORE [r15 + rbp], %2 %+ 3
    %else
        STORE [r15], %2 %+ 2
        STORE [r15 + r8], %2 %+ 3
    %endif
%endmacro

; TILES width, vector prefix: all rows that fill tiles of this width, in all columns (a multiple of
; QUAD); the rest stays in ALL_ROWS, ALL_SRC and ALL_DST.
%macro TILES 2
    %assign %%rows %1 / ESIZE
    %assign %%parts %1 / 16
        mov rax, ALL_ROWS
        mov r10, rax
        and rax, %%rows - 1
        mov ALL_ROWS, rax
        sub r10, rax
        jz %%done
        mov TILE_ROWS, r10
        mov rax, ALL_COLS
        mov COLS_LEFT, rax
        mov rsi, ALL_SRC
        mov rdi, ALL_DST
        mov BAND_SRC, rsi
        mov BAND_DST, rdi
%%band:
        mov rcx, COLS_LEFT
        mov eax, BLOCK_COLS
        cmp rcx, rax
        cmovg rcx, rax
        mov r10, TILE_ROWS
%%tile:
        mov r11, rsi
        lea r12, [r11 + QUAD * r9]
        lea r13, [r12 + QUAD * r9]
        lea r14, [r13 + QUAD * r9]
        mov r15, rdi
        mov rax, rcx
        align 16
%%quad:
        TILE %1, %2
        add r11, 16
        add r12, 16
        add r13, 16
        add r14, 16
        lea r15, [r15 + QUAD * r8]
        sub rax, QUAD
        jg %%quad
    %rep %%parts
        lea rsi, [rsi + QUAD * r9]
    %endrep
        add rdi, %1
        sub r10, %%rows
        jg %%tile

        sub COLS_LEFT, rcx
        jz %%last
        mov rax, rcx
        imul rax, r8
        add rax, BAND_DST
        shl rcx, ESHIFT
        add rcx, BAND_SRC
        mov BAND_DST, rax
        mov BAND_SRC, rcx
        mov rdi, rax
        mov rsi, rcx
        jmp %%band
%%last:
        mov rax, TILE_ROWS
        lea rcx, [rax * ESIZE]
        add ALL_DST, rcx
        imul rax, r9
        add ALL_SRC, rax
%%done:
%endmacro

; SINGLES: r10 rows by rcx columns from rsi to rdi, one element at a time.
%macro SINGLES 0
%%column:
        mov r11, rsi
        mov r12, rdi
        mov r13, r10
%%row:
    %if F32
        mov eax, [r11]
        mov [r12], eax
    %else
        mov rax, [r11]
        mov [r12], rax
    %endif
        add r11, r9
        add r12, ESIZE
        dec r13
        jnz %%row
        add rsi, ESIZE
        add rdi, r8
        dec rcx
        jnz %%column
%endmacro

%macro TRANSPOSE 0
    %assign QUAD 16 / ESIZE
KERNEL transpose, dst, src, rows, cols, dst_ld, src_ld
        test rows, rows
        jle .empty
        test cols, cols
        jle .empty
        push rbx
        push rbp
        push r12
        push r13
        push r14
        push r15
        sub rsp, FRAME
        shl dst_ld, ESHIFT
        shl src_ld, ESHIFT
        lea rbx, [3 * src_ld]
        lea rbp, [3 * dst_ld]
        mov ALL_ROWS, rows
        mov ALL_SRC, src
        mov ALL_DST, dst
        mov rax, cols
        and rcx, QUAD - 1                       ; columns beyond the last tile
        sub rax, rcx
        mov ALL_COLS, rax
        test rcx, rcx
        jz .tiles
        mov r10, rows
        lea rsi, [rsi + rax * ESIZE]
        imul rax, r8
        add rdi, rax
        SINGLES
.tiles:
        cmp qword ALL_COLS, 0
        je .done
        TILES VBYTES, VPREFIX
    %if AVX
        TILES 16, xmm
    %endif
        mov r10, ALL_ROWS
        test r10, r10
        jz .done
        mov rcx, ALL_COLS
        mov rsi, ALL_SRC
        mov rdi, ALL_DST
        SINGLES
.done:
        add rsp, FRAME
        pop r15
        pop r14
        pop r13
        pop r12
        pop rbp
        pop rbx
.empty:
        RETURN
%endmacro

FOR_EVERY_TARGET TRANSPOSE

; Transposed copies.
%include "core/asm/x86/neural.inc"

; void neural_transpose_<dtype>_<isa>(T *dst, const T *src, int64_t rows, int64_t cols,
;                                     int64_t dst_ld, int64_t src_ld)
;
; A block is SIDE by SIDE elements, 64 bytes of each row: whole cache lines are read and written
; once, so it does not matter that with strides of a power of two they share a few sets of L1.
; avx512 turns a block in registers. Elsewhere tiles of one vector of rows by 16 bytes of columns
; are gathered, turned and collected in OUT, from which whole lines are copied.
; Loop: bands of BAND bytes of columns, in a band block after block of rows: the pages of dst stay
; the same over the band. Tail: a partial block passes under masks (avx512), or is copied to IN
; first and from OUT afterwards.
;
; rsi rdi block in src and dst, r8 r9 rows of dst and src in bytes, rbp rbx three of them; r11 r12
; r13 r14 rows 0, QUAD, 2 QUAD and 3 QUAD of the block; r15 rax rcx r10 these columns in dst.
; The stack holds what lasts longer:

%define BLOCK_ROWS [rsp]                        ; of this block, in bytes of dst
%define BLOCK_COLS [rsp + 8]                    ; in bytes of src
%define ROWS_LEFT [rsp + 16]                    ; in bytes of dst
%define COLS_LEFT [rsp + 24]                    ; in bytes of src
%define BAND_LEFT [rsp + 32]                    ; bytes of columns left in this band of this row
%define BAND_COLS [rsp + 40]
%define ALL_ROWS [rsp + 48]
%define BAND_SRC [rsp + 56]
%define BAND_DST [rsp + 64]
%define ROW_SRC [rsp + 72]
%define ROW_DST [rsp + 80]
%define OLD_STACK [rsp + 88]
%define KEEP(k) [rsp + 96 + 8 * (k)]
%define IN 128
%define OUT (128 + 1024)
%define FRAME (128 + 2048)
%define BAND 2048

; ROW_<i>(base): row i of the part at base; COLUMN_<i>(base) in dst.
%define ROW_0(base) [base]
%define ROW_1(base) [base + r9]
%define ROW_2(base) [base + 2 * r9]
%define ROW_3(base) [base + rbx]
%define COLUMN_0(base) [base]
%define COLUMN_1(base) [base + r8]
%define COLUMN_2(base) [base + 2 * r8]
%define COLUMN_3(base) [base + rbp]

; --- avx512: a block in registers ----------------------------------------------------------------

; LOAD_PART first register, base: QUAD rows.
%macro LOAD_PART 2
    %assign %%k 0
    %rep QUAD
        %assign %%r %1 + %%k
        vmovups m %+ %%r, ROW_ %+ %%k(%2)
        %assign %%k %%k + 1
    %endrep
%endmacro

; TURN_PART first register: squares of QUAD rows by QUAD columns in each 16 bytes; column j of part
; p goes to register 4j + p of 0..15 (f32) or to 8 + 4j + p (f64, where rows are in 0..7).
%macro TURN_PART 1
    %if F32
        %assign %%a %1
        %assign %%b %1 + 1
        %assign %%c %1 + 2
        %assign %%d %1 + 3
        %assign %%ab %1 + 16
        %assign %%cd %1 + 17
        %assign %%AB %1 + 18
        %assign %%CD %1 + 19
        vunpcklps m %+ %%ab, m %+ %%a, m %+ %%b
        vunpcklps m %+ %%cd, m %+ %%c, m %+ %%d
        vunpckhps m %+ %%AB, m %+ %%a, m %+ %%b
        vunpckhps m %+ %%CD, m %+ %%c, m %+ %%d
    %else
        %assign %%p %1 / 2
        %assign %%a %1
        %assign %%b %1 + 1
        %assign %%even 8 + %%p
        %assign %%odd 12 + %%p
        vunpcklpd m %+ %%even, m %+ %%a, m %+ %%b
        vunpckhpd m %+ %%odd, m %+ %%a, m %+ %%b
    %endif
%endmacro

; TURN_PAIRS part: the second round of f32.
%macro TURN_PAIRS 1
    %assign %%ab 16 + 4 * %1
    %assign %%cd 17 + 4 * %1
    %assign %%AB 18 + 4 * %1
    %assign %%CD 19 + 4 * %1
    %assign %%j0 %1
    %assign %%j1 4 + %1
    %assign %%j2 8 + %1
    %assign %%j3 12 + %1
        vunpcklpd m %+ %%j0, m %+ %%ab, m %+ %%cd
        vunpckhpd m %+ %%j1, m %+ %%ab, m %+ %%cd
        vunpcklpd m %+ %%j2, m %+ %%AB, m %+ %%CD
        vunpckhpd m %+ %%j3, m %+ %%AB, m %+ %%CD
%endmacro

; TURN_COLUMNS first register: the parts 0..3 of columns j, j + QUAD, j + 2 QUAD, j + 3 QUAD become
; those columns.
%macro TURN_COLUMNS 1
    %assign %%a %1
    %assign %%b %1 + 1
    %assign %%c %1 + 2
    %assign %%d %1 + 3
        vshuff64x2 m16, m %+ %%a, m %+ %%b, 0x44
        vshuff64x2 m17, m %+ %%c, m %+ %%d, 0x44
        vshuff64x2 m18, m %+ %%a, m %+ %%b, 0xee
        vshuff64x2 m19, m %+ %%c, m %+ %%d, 0xee
        vshuff64x2 m %+ %%a, m16, m17, 0x88
        vshuff64x2 m %+ %%b, m16, m17, 0xdd
        vshuff64x2 m %+ %%c, m18, m19, 0x88
        vshuff64x2 m %+ %%d, m18, m19, 0xdd
%endmacro

; STORE_COLUMNS first register, j: TURN_COLUMNS and whole lines of dst.
%macro STORE_COLUMNS 2
        TURN_COLUMNS %1
    %assign %%b %1 + 1
    %assign %%c %1 + 2
    %assign %%d %1 + 3
        vmovups COLUMN_ %+ %2(r15), m%1
        vmovups COLUMN_ %+ %2(rax), m %+ %%b
        vmovups COLUMN_ %+ %2(rcx), m %+ %%c
        vmovups COLUMN_ %+ %2(r10), m %+ %%d
%endmacro

; TURN_PARTS: rows in registers 0.. become the parts of columns.
%macro TURN_PARTS 0
        TURN_PART 0
        TURN_PART QUAD
        TURN_PART 2 * QUAD
        TURN_PART 3 * QUAD
    %if F32
        TURN_PAIRS 0
        TURN_PAIRS 1
        TURN_PAIRS 2
        TURN_PAIRS 3
    %endif
%endmacro

%macro BLOCK_IN_REGISTERS 0
        mov r15, rdi
        lea rax, [r15 + QUAD * r8]
        lea rcx, [rax + QUAD * r8]
        lea r10, [rcx + QUAD * r8]
        LOAD_PART 0, r11
        LOAD_PART QUAD, r12
        LOAD_PART 2 * QUAD, r13
        LOAD_PART 3 * QUAD, r14
        TURN_PARTS
    %if F32
        STORE_COLUMNS 0, 0
        STORE_COLUMNS 4, 1
        STORE_COLUMNS 8, 2
        STORE_COLUMNS 12, 3
    %else
        STORE_COLUMNS 8, 0
        STORE_COLUMNS 12, 1
    %endif
%endmacro

; MASKED_BLOCK: the same of fewer rows or columns. Registers of rows beyond the last one keep what
; they held, which no mask lets out.
%macro MASKED_BLOCK 0
        mov rcx, BLOCK_ROWS
        mov r10, BLOCK_COLS
        shr ecx, ESHIFT
        shr r10d, ESHIFT
        mov eax, -1
        bzhi r11d, eax, r10d
        kmovd k1, r11d
        bzhi r11d, eax, ecx
        kmovd k2, r11d
        mov rax, rsi
    %assign %%r 0
    %rep SIDE
        vmovup %+ P m %+ %%r{k1}{z}, [rax]
        %assign %%r %%r + 1
        %if %%r < SIDE
            cmp ecx, %%r
            je near %%loaded
            add rax, r9
        %endif
    %endrep
%%loaded:
        TURN_PARTS
    %assign %%j 0
    %rep QUAD
        TURN_COLUMNS %%j * 4 + FIRST_PART
        %assign %%j %%j + 1
    %endrep
        mov rax, rdi
    %assign %%c 0
    %rep SIDE
        %assign %%r FIRST_PART + 4 * (%%c % QUAD) + %%c / QUAD
        vmovup %+ P [rax]{k2}, m %+ %%r
        %assign %%c %%c + 1
        %if %%c < SIDE
            cmp r10d, %%c
            je near %%stored
            add rax, r8
        %endif
    %endrep
%%stored:
%endmacro

; --- avx2, sse2: tiles ---------------------------------------------------------------------------

; GATHER i, first base, second base, offset: vector i = row i of each part.
%macro GATHER 4
        LOAD xm%1, ROW_%1(%2 + %4)
    %if VBYTES == 32
        vinsertf128 m%1, m%1, ROW_%1(%3 + %4), 1
    %endif
%endmacro

; TILE group, first base, second base: all tiles of a vector of rows, to OUT.
%macro TILE 3
    %assign %%q 0
    %rep 4
        %assign %%i 0
        %rep QUAD
            GATHER %%i, %2, %3, 16 * %%q
            %assign %%i %%i + 1
        %endrep
        %assign %%out OUT + 64 * QUAD * %%q + VBYTES * %1
        %if F32
            BINARY m4, m0, m1, unpcklps, 0
            BINARY m5, m2, m3, unpcklps, 0
            BINARY m6, m0, m1, unpckhps, 0
            BINARY m7, m2, m3, unpckhps, 0
            BINARY m0, m4, m5, unpcklpd, 0
            BINARY m1, m4, m5, unpckhpd, 0
            BINARY m2, m6, m7, unpcklpd, 0
            BINARY m3, m6, m7, unpckhpd, 0
            STORE [rsp + %%out], m0
            STORE [rsp + %%out + 64], m1
            STORE [rsp + %%out + 128], m2
            STORE [rsp + %%out + 192], m3
        %else
            BINARY m2, m0, m1, unpcklpd, 0
            BINARY m3, m0, m1, unpckhpd, 0
            STORE [rsp + %%out], m2
            STORE [rsp + %%out + 64], m3
        %endif
        %assign %%q %%q + 1
    %endrep
%endmacro

%macro BLOCK_IN_TILES 0
    %if VBYTES == 32
        TILE 0, r11, r12
        TILE 1, r13, r14
    %else
        TILE 0, r11, r11
        TILE 1, r12, r12
        TILE 2, r13, r13
        TILE 3, r14, r14
    %endif
%endmacro

; WRITE_LINES: the lines of OUT to dst.
%macro WRITE_LINES 0
        mov r15, rdi
    %assign %%c 0
    %rep SIDE
        %assign %%k 0
        %rep 64 / VBYTES
            %assign %%m %%k & 3
            LOAD m %+ %%m, [rsp + OUT + 64 * %%c + VBYTES * %%k]
            STORE [r15 + VBYTES * %%k], m %+ %%m
            %assign %%k %%k + 1
        %endrep
        add r15, r8
        %assign %%c %%c + 1
    %endrep
%endmacro

; --- partial blocks ------------------------------------------------------------------------------

; COPY_LINES dst, dst step, src, src step, bytes, count: `count` times `bytes` of 4..64 bytes; all
; are registers, steps may be numbers. dst, src and count are lost, and rax, r10.
%macro COPY_LINES 6
    %%line:
        xor r10d, r10d
        test %5, 64
        jz %%below_64
        COPY_WHOLE_LINE %1, %3
        jmp %%next
    %%below_64:
        test %5, 32
        jz %%below_32
        LOAD xm0, [%3]
        LOAD xm1, [%3 + 16]
        STORE [%1], xm0
        STORE [%1 + 16], xm1
        add r10, 32
    %%below_32:
        test %5, 16
        jz %%below_16
        LOAD xm0, [%3 + r10]
        STORE [%1 + r10], xm0
        add r10, 16
    %%below_16:
        test %5, 8
        jz %%below_8
        mov rax, [%3 + r10]
        mov [%1 + r10], rax
        add r10, 8
    %%below_8:
        test %5, 4
        jz %%next
        mov eax, [%3 + r10]
        mov [%1 + r10], eax
    %%next:
        add %1, %2
        add %3, %4
        dec %6
        jnz %%line
%endmacro

%macro COPY_WHOLE_LINE 2
    %assign %%k 0
    %rep 4
        LOAD xm0, [%2 + 16 * %%k]
        STORE [%1 + 16 * %%k], xm0
        %assign %%k %%k + 1
    %endrep
%endmacro

; PART_BASES: r11..r14 from rsi.
%macro PART_BASES 0
        mov r11, rsi
        lea r12, [r11 + QUAD * r9]
        lea r13, [r12 + QUAD * r9]
        lea r14, [r13 + QUAD * r9]
%endmacro

; PARTIAL_BLOCK: what IN and OUT hold beyond the block stays there.
%macro PARTIAL_BLOCK 0
        lea r11, [rsp + IN]
        mov r12, rsi
        mov r13, BLOCK_COLS
        mov r14, BLOCK_ROWS
        shr r14, ESHIFT
        COPY_LINES r11, 64, r12, r9, r13, r14
        mov KEEP(0), rsi
        mov KEEP(1), rdi
        mov KEEP(2), r8
        mov KEEP(3), r9
        lea rsi, [rsp + IN]
        mov r9d, 64
        mov ebx, 192
        PART_BASES
        BLOCK_IN_TILES
        mov rsi, KEEP(0)
        mov rdi, KEEP(1)
        mov r8, KEEP(2)
        mov r9, KEEP(3)
        lea rbx, [3 * r9]
        lea rbp, [3 * r8]
        lea r11, [rsp + OUT]
        mov r12, rdi
        mov r13, BLOCK_ROWS
        mov r14, BLOCK_COLS
        shr r14, ESHIFT
        COPY_LINES r12, r8, r11, 64, r13, r14
%endmacro

%macro WHOLE_BLOCK 0
        PART_BASES
    %if AVX512
        BLOCK_IN_REGISTERS
    %else
        BLOCK_IN_TILES
        WRITE_LINES
    %endif
%endmacro

; LESS dst, a, b: the smaller.
%macro LESS 3
        mov %1, %2
        cmp %1, %3
        cmovg %1, %3
%endmacro

%macro TRANSPOSE 0
    %assign QUAD 16 / ESIZE
    %assign SIDE 64 / ESIZE
    %assign FIRST_PART (F32 == 0) * 8           ; register of the parts of columns
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
        mov rax, rsp
        sub rsp, FRAME
        and rsp, -64
        mov OLD_STACK, rax
        shl dst_ld, ESHIFT
        shl src_ld, ESHIFT
        lea rbx, [3 * src_ld]
        lea rbp, [3 * dst_ld]
        shl rows, ESHIFT
        shl cols, ESHIFT
        mov ALL_ROWS, rows
        mov COLS_LEFT, cols
.band:
        mov BAND_SRC, rsi
        mov BAND_DST, rdi
        mov eax, BAND
        LESS rcx, COLS_LEFT, rax
        mov BAND_COLS, rcx
        mov rax, ALL_ROWS
        mov ROWS_LEFT, rax
.row:
        mov ROW_SRC, rsi
        mov ROW_DST, rdi
        mov rax, BAND_COLS
        mov BAND_LEFT, rax
        mov eax, 64
        LESS rcx, ROWS_LEFT, rax
        mov BLOCK_ROWS, rcx
.block:
        mov eax, 64
        LESS rcx, BAND_LEFT, rax
        mov BLOCK_COLS, rcx
        and rcx, BLOCK_ROWS
        cmp rcx, 64
        je .whole
    %if AVX512
        MASKED_BLOCK
    %else
        PARTIAL_BLOCK
    %endif
        jmp .next_block
.whole:
        WHOLE_BLOCK
.next_block:
        add rsi, 64
        mov rax, r8
        shl rax, 6 - ESHIFT
        add rdi, rax
        sub qword BAND_LEFT, 64
        jg .block

        mov rsi, ROW_SRC
        mov rdi, ROW_DST
        mov rax, r9
        shl rax, 6 - ESHIFT
        add rsi, rax
        add rdi, 64
        sub qword ROWS_LEFT, 64
        jg .row

        mov rsi, BAND_SRC
        mov rdi, BAND_DST
        mov rax, r8
        imul rax, BAND_COLS
        shr rax, ESHIFT
        add rdi, rax
        mov rax, BAND_COLS
        add rsi, rax
        sub COLS_LEFT, rax
        jg .band
        mov rsp, OLD_STACK
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

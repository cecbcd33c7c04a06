; Normalization per channel of [batch, channels]: each channel is a column.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/lanes.inc"
%include "core/asm/x86/rows.inc"
%include "core/asm/x86/norm.inc"

; Each lane is a column; so a sum is one chain, which moves to its total, in memory, after every
; BLOCK rows.
;
; Blocks of rows, in each strips of columns: up to four vectors, the last one partial. So memory is
; read nearly in order, and figures of columns stay in the first cache. r13 rows left, rbx rows of
; the block, r14 bytes from row to row, rbp bytes of columns left; in a strip r10, r11 and r12 the
; row, rax rows left. m0..m3 sums, m8..m11 means, or in the maps the table; m12 and m13 scratch.

%define BLOCK 16

; COLUMNS: r13, r14, rbp from args; to .done where there is nothing.
%macro COLUMNS 0
        NORM_ENTER
        mov r13, [args]
        mov rbp, [args + 8]
        mov r14, [args + 24]
        test r13, r13
        jle .done
        test rbp, rbp
        jle .done
        shl rbp, ESHIFT
        shl r14, ESHIFT
        mov NUMBER(0), r13
        mov NUMBER(1), rbp
%endmacro

; MOVE op, pointer...: op pointer, rax for each.
%macro MOVE 2-*
    %xdefine %%op %1
    %rep %0 - 1
        %rotate 1
        %%op %1, rax
    %endrep
%endmacro

; OVER_COLUMNS body, most vectors, {pointer, ...}: the strips once; then the pointers and rbp are
; what they were.
%macro OVER_COLUMNS 3
        STRIPS %1, %2, %3
        mov rax, NUMBER(1)
        sub rax, rbp
        MOVE sub, %3
        mov rbp, NUMBER(1)
%endmacro

; OVER_BLOCKS body, most vectors, {figures of columns, ...}, {pointer to rows, ...}: the strips of
; each block. Afterwards all pointers and r13 are what they were.
%macro OVER_BLOCKS 4
%%block:
        mov ebx, BLOCK
        cmp rbx, r13
        cmovg rbx, r13
        OVER_COLUMNS %1, %2, {%3, %4}
        mov rax, rbx
        imul rax, r14
        MOVE add, %4
        sub r13, rbx
        jg %%block
        mov r13, NUMBER(0)
        mov rax, r13
        imul rax, r14
        MOVE sub, %4
%endmacro

; STRIPS body, most vectors, pointer...: body vectors, is_partial for each strip; the pointers move
; with it.
%macro STRIPS 3-7
    %xdefine %%body %1
    %assign %%n %2
    %rotate 2
    %assign %%pointers %0 - 2
    %rep 3
      %if %%n
%%strip_ %+ %%n:
        cmp rbp, %%n * VBYTES
        jl %%less_ %+ %%n
        %%body %%n, 0
        %rep %%pointers
        add %1, %%n * VBYTES
        %rotate 1
        %endrep
        %rotate 2
        sub rbp, %%n * VBYTES
        jmp %%strip_ %+ %%n
%%less_ %+ %%n:
        %assign %%n %%n / 2
      %endif
    %endrep
        test rbp, rbp
        jz %%done
        TAIL rbp
        %%body 1, 1
%%done:
%endmacro

; OVER_ROWS term, vectors, is_partial: term k, is_partial for each vector of each row of the block.
%macro OVER_ROWS 3
        FIRST_ROW
        align 16
%%row:
        EVERY %2, %1, %3
        add r10, r14
        add r11, r14
        add r12, r14
        dec rax
        jnz %%row
%endmacro

; FIRST_ROW: r10 src, r11 dy and r12 the result, or what there is of them.
%macro FIRST_ROW 0
        mov r10, src
    %ifdef dy
        mov r11, dy
    %endif
    %ifdef dx
        mov r12, dx
    %elifdef dst
        mov r12, dst
    %endif
        mov rax, rbx
%endmacro

; ENTER_FIGURE k, is_partial, array: the sum m<k> enters its total there.
%macro CLEAR_SUM 1
        ZERO m%1
%endmacro

%macro ENTER_FIGURE 3
        FETCH %2, m12, %3 + %1 * VBYTES
        ADD m%1, m12, m%1
        PUT %2, %3 + %1 * VBYTES, m%1
%endmacro

; --- statistics ----------------------------------------------------------------------------------

; void neural_column_stats_<dtype>_<isa>(T *mean, T *variance, const T *src,
;                                        const neural_channel_args *args)

%macro COLUMN_X_TERM 2
        FETCH %2, m12, r10 + %1 * VBYTES
        ADD m%1, m%1, m12
%endmacro

%macro COLUMN_SQUARE_TERM 2
    %assign %%mean %1 + 8
        FETCH %2, m12, r10 + %1 * VBYTES
        SUB m12, m12, m %+ %%mean
        FMA m%1, m12, m12, m%1
%endmacro

%macro GET_MEAN 2
    %assign %%mean %1 + 8
        FETCH %2, m %+ %%mean, mean + %1 * VBYTES
%endmacro

; X_OF_STRIP vectors, is_partial: bodies of strips.
%macro PUT_ZEROS 2
        ZERO m0
        ZERO m1
        PUT %2, mean + %1 * VBYTES, m0
        PUT %2, variance + %1 * VBYTES, m1
%endmacro

%macro DIVIDE_FIGURE 3
        FETCH %2, m%1, %3 + %1 * VBYTES
        DIV m%1, m%1, COUNT
        PUT %2, %3 + %1 * VBYTES, m%1
%endmacro

%macro CLEAR_STATS 2
        EVERY %1, PUT_ZEROS, %2
%endmacro

%macro MEAN_OF_STRIP 2
        EVERY %1, DIVIDE_FIGURE, %2, mean
%endmacro

%macro VARIANCE_OF_STRIP 2
        EVERY %1, DIVIDE_FIGURE, %2, variance
%endmacro

%macro SUM_OF_STRIP 2
        EVERY %1, CLEAR_SUM
        OVER_ROWS COLUMN_X_TERM, %1, %2
        EVERY %1, ENTER_FIGURE, %2, mean
%endmacro

%macro SQUARES_OF_STRIP 2
        EVERY %1, CLEAR_SUM
        EVERY %1, GET_MEAN, %2
        OVER_ROWS COLUMN_SQUARE_TERM, %1, %2
        EVERY %1, ENTER_FIGURE, %2, variance
%endmacro

; void neural_column_sums_<dtype>_<isa>(T *sum, T *dot, const T *dy, const T *x, const T *mean,
;                                       const neural_channel_args *args)

; m2 and m3 the sums of dy (x - mean)
%macro COLUMN_DY_TERM 2
    %assign %%dot %1 + 2
    %assign %%mean %1 + 8
        FETCH %2, m12, r11 + %1 * VBYTES
        FETCH %2, m13, r10 + %1 * VBYTES
        ADD m%1, m%1, m12
        SUB m13, m13, m %+ %%mean
        FMA m %+ %%dot, m12, m13, m %+ %%dot
%endmacro

%macro CLEAR_SUMS_OF_ONE 2
        ZERO m0
        ZERO m1
        PUT %2, sum_dy + %1 * VBYTES, m0
        PUT %2, dot_dy + %1 * VBYTES, m1
%endmacro

%macro CLEAR_SUMS 2
        EVERY %1, CLEAR_SUMS_OF_ONE, %2
%endmacro

%macro ENTER_DOT 2
    %assign %%dot %1 + 2
        FETCH %2, m12, dot_dy + %1 * VBYTES
        ADD m12, m12, m %+ %%dot
        PUT %2, dot_dy + %1 * VBYTES, m12
%endmacro

%macro SUMS_OF_STRIP 2
        EVERY 4, CLEAR_SUM
        EVERY %1, GET_MEAN, %2
        OVER_ROWS COLUMN_DY_TERM, %1, %2
        EVERY %1, ENTER_FIGURE, %2, sum_dy
        EVERY %1, ENTER_DOT, %2
%endmacro

%macro COLUMN_SUMS 0
KERNEL column_stats, mean, variance, src, args
        COLUMNS
        COUNT_OF r13
        OVER_COLUMNS CLEAR_STATS, 4, {mean, variance}
        OVER_BLOCKS SUM_OF_STRIP, 4, mean, src
        OVER_COLUMNS MEAN_OF_STRIP, 4, mean
        OVER_BLOCKS SQUARES_OF_STRIP, 4, {mean, variance}, src
        OVER_COLUMNS VARIANCE_OF_STRIP, 4, variance
.done:
        NORM_RETURN
        RETURN

KERNEL column_sums, sum_dy, dot_dy, dy, src, mean, args
        COLUMNS
        OVER_COLUMNS CLEAR_SUMS, 2, {sum_dy, dot_dy}
        OVER_BLOCKS SUMS_OF_STRIP, 2, {sum_dy, dot_dy, mean}, {dy, src}
.done:
        NORM_RETURN
        RETURN
%endmacro

FOR_EVERY_TARGET COLUMN_SUMS

; --- maps ----------------------------------------------------------------------------------------

; void neural_column_norm_<dtype>_<isa>(T *dst, const T *src, const T *table,
;                                       const neural_channel_args *args)
; void neural_column_norm_grad_<dtype>_<isa>(T *dx, const T *dy, const T *x, const T *table,
;                                            const neural_channel_args *args)
;
; The rows of the table are r9 bytes apart; rax three of them.

; GET_TABLE_OF_<rows> k, is_partial: vector k of each row of the table.
%macro GET_TABLE_OF_3 2
    %assign %%scale %1 + 4
    %assign %%shift %1 + 8
        FETCH %2, m%1, table + %1 * VBYTES
        FETCH %2, m %+ %%scale, table + r9 + %1 * VBYTES
        FETCH %2, m %+ %%shift, table + 2 * r9 + %1 * VBYTES
%endmacro

%macro GET_TABLE_OF_4 2
    %assign %%scale %1 + 2
    %assign %%shift %1 + 4
    %assign %%slope %1 + 6
        FETCH %2, m%1, table + %1 * VBYTES
        FETCH %2, m %+ %%scale, table + r9 + %1 * VBYTES
        FETCH %2, m %+ %%shift, table + 2 * r9 + %1 * VBYTES
        FETCH %2, m %+ %%slope, table + rax + %1 * VBYTES
%endmacro

%macro COLUMN_RESULT 2
    %assign %%scale %1 + 4
    %assign %%shift %1 + 8
        FETCH %2, m12, r10 + %1 * VBYTES
        SUB m12, m12, m%1
        FMA m12, m12, m %+ %%scale, m %+ %%shift
        PUT %2, r12 + %1 * VBYTES, m12
%endmacro

%macro COLUMN_GRAD_RESULT 2
    %assign %%scale %1 + 2
    %assign %%shift %1 + 4
    %assign %%slope %1 + 6
        FETCH %2, m12, r11 + %1 * VBYTES
        FETCH %2, m13, r10 + %1 * VBYTES
        FMA m12, m12, m %+ %%scale, m %+ %%shift
        SUB m13, m13, m%1
        FNMA m12, m13, m %+ %%slope, m12
        PUT %2, r12 + %1 * VBYTES, m12
%endmacro

%macro NORM_OF_STRIP 2
        EVERY %1, GET_TABLE_OF_3, %2
        OVER_ROWS COLUMN_RESULT, %1, %2
%endmacro

%macro GRAD_OF_STRIP 2
        lea rax, [r9 + 2 * r9]
        EVERY %1, GET_TABLE_OF_4, %2
        OVER_ROWS COLUMN_GRAD_RESULT, %1, %2
%endmacro

%macro COLUMN_NORM 0
KERNEL column_norm, dst, src, table, args
        COLUMNS
        mov r9, rbp
        OVER_BLOCKS NORM_OF_STRIP, 4, table, {dst, src}
.done:
        NORM_RETURN
        RETURN

KERNEL column_norm_grad, dx, dy, src, table, args
        COLUMNS
        mov r9, rbp
        OVER_BLOCKS GRAD_OF_STRIP, 2, table, {dx, dy, src}
.done:
        NORM_RETURN
        RETURN
%endmacro

FOR_EVERY_TARGET COLUMN_NORM

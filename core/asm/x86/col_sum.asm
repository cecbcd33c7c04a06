; Column sums: one chain of additions per column, rows in increasing order.
%include "core/asm/x86/neural.inc"

; void neural_col_sum_<dtype>_<isa>(T *dst, const T *src, int64_t rows, int64_t cols)
;
; m0..m7 sums of a strip of columns, m8 an element of each. r8 bytes per row, cols bytes left in a
; row, r9 the row, r10 rows left. Loop: strips of 8, 4, 2 and 1 vectors, each over all rows. Tail:
; a strip of one partial vector.

; STRIP vectors: while so many are left.
%macro STRIP 1
.strip_%1:
        cmp cols, %1 * VBYTES
        jl .end_%1
    %assign %%k 0
    %rep %1
        LOAD m %+ %%k, [dst + %%k * VBYTES]
        %assign %%k %%k + 1
    %endrep
        mov r9, src
        mov r10, rows
.row_%1:
    %assign %%k 0
    %rep %1
        LOAD m8, [r9 + %%k * VBYTES]
        ADD m %+ %%k, m %+ %%k, m8
        %assign %%k %%k + 1
    %endrep
        add r9, r8
        dec r10
        jnz .row_%1
    %assign %%k 0
    %rep %1
        STORE [dst + %%k * VBYTES], m %+ %%k
        %assign %%k %%k + 1
    %endrep
        add dst, %1 * VBYTES
        add src, %1 * VBYTES
        sub cols, %1 * VBYTES
        jmp .strip_%1
.end_%1:
%endmacro

%macro COL_SUM 0
KERNEL col_sum, dst, src, rows, cols
        test rows, rows
        jle .done
        shl cols, ESHIFT
        mov r8, cols
        STRIP 8
        STRIP 4
        STRIP 2
        STRIP 1
        test cols, cols
        jz .done
        TAIL cols
        LOAD_TAIL m0, dst
.row_tail:
        LOAD_TAIL m8, src
        ADD m0, m0, m8
        add src, r8
        dec rows
        jnz .row_tail
        STORE_PARTS dst, m0
.done:
        RETURN
%endmacro

FOR_EVERY_TARGET COL_SUM

; Windows of any size: the largest element and where it is.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/pool.inc"

; Registers as in pool.inc; rbx the row of the window in src, rbp rows of the window left, r12 its
; column, r9 columns left. m7 the number of the element, m8 ones.

CONST minus_infinity, 0xff800000, 0xfff0000000000000

%macro WINDOW_ENTER 0
        push rbx
        push rbp
        push r12
%endmacro

%macro WINDOW_RETURN 0
        pop r12
        pop rbp
        pop rbx
        RETURN
%endmacro

; COLUMN step, one, is_first: m2 = the column of the windows at r12. Behind the first of a step of 2
; the vectors begin one element earlier, so that they end with the last window.
%macro COLUMN 3
    %if %2
        LOAD_ONE xm2, [r12]
    %elif %1 == 1
        LOAD m2, [r12]
    %elif %3
        LOAD m5, [r12]
        LOAD m6, [r12 + VBYTES]
        EVENS m2, m5, m6
    %else
        LOAD m5, [r12 - ESIZE]
        LOAD m6, [r12 + VBYTES - ESIZE]
        ODDS m2, m5, m6
    %endif
%endmacro

; TAKE_COLUMN: m2 where it is larger, or NaN.
%macro TAKE_COLUMN 0
        CMP q1, m0, m2, LT
        CMP q2, m2, m2, UNORDERED
        MASK_OR q1, q1, q2
        SELECT m0, q1, m2, m0
        SELECT m1, q1, m7, m1
        IADD m7, m7, m8
        add r12, ESIZE
%endmacro

; MAX_OF_ANY size, step, one
%macro MAX_OF_ANY 3
        mov rbx, rdx
        mov rbp, [ARGS_WINDOW_ROWS]
        LOADC m0, minus_infinity
        ZERO m1
        ZERO m7
%%row:
        mov r12, rbx
        mov r9, [ARGS_WINDOW_COLS]
        COLUMN %2, %3, 1
        TAKE_COLUMN
        dec r9
        jz %%row_end
%%column:
        COLUMN %2, %3, 0
        TAKE_COLUMN
        dec r9
        jnz %%column
%%row_end:
        add rbx, r11
        dec rbp
        jnz %%row
        STORE_MAX %2, %3
%endmacro

; void neural_max_pool_s<step>_<dtype>_<isa>(T *dst, uint8_t *code, const T *src,
;                                            const neural_pool_args *args)
; Loop: the elements of the window in order, each compared with the largest so far. Tail: pool.inc.
%macro MAX_POOL 2
KERNEL %1, dst, code, src, args
        WINDOW_ENTER
        LOADC m8, code_1
        ALL_WINDOWS MAX_OF_ANY, 0, %2
        WINDOW_RETURN
%endmacro

%macro MAX_POOLS 0
        MAX_POOL max_pool_s1, 1
        MAX_POOL max_pool_s2, 2
%endmacro

FOR_EVERY_TARGET MAX_POOLS

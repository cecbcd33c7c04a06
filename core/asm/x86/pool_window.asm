; Windows of any size: the largest element and where it is, and its gradient where windows overlap.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/pool.inc"

; Registers as in pool.inc; rbx the row of the window in src, rbp rows of the window left, r9 and
; r12 below. m7 the number of the element, m8 of the first one, m6 ones.

CONST minus_infinity, 0xff800000, 0xfff0000000000000

%macro WINDOW_ENTER 0
        push rbx
        push rbp
        push r12
        push r13
        push r14
        push r15
%endmacro

%macro WINDOW_RETURN 0
        pop r15
        pop r14
        pop r13
        pop r12
        pop rbp
        pop rbx
        RETURN
%endmacro

; --- the largest ---------------------------------------------------------------------------------

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

; MAX_OF_ANY size, step, one: r12 the column, r9 columns left.
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

; --- gradient of windows one element apart -------------------------------------------------------
;
; Every element of dx has a window of the results it is in; there dy counts whose code is its number
; in their window, which is the largest number first. rdi dx, rdx dy, r13 and r14 the first code and
; dy, r12 the row in code, r9 the column.

; NUMBERS dst, register: the integer in every lane; AVX-512 compares bytes.
%macro NUMBERS 2
    %if AVX512
        vpbroadcastb xm%1, %2d
    %elif AVX2
        vmovd xm%1, %2d
        vpbroadcast %+ I m%1, xm%1
    %else
        movd m%1, %2d
        %if F32
        pshufd m%1, m%1, 0
        %else
        pshufd m%1, m%1, 0x44
        %endif
    %endif
%endmacro

; ADD_CHOSEN one: m3 += dy where the code is m7.
%macro ADD_CHOSEN 1
    %if %1
        movzx r15d, byte [r12 + r9]
        %if AVX
        vmovd xm1, r15d
        %else
        movd xm1, r15d
        %endif
        LOAD_ONE xm2, [rbx + ESIZE * r9]
        ADD_WHERE_CODE m2
    %elif AVX512 && F32
        vpcmpeqb q1, xm7, [r12 + r9]
        vaddps m3{q1}, m3, [rbx + ESIZE * r9]
        vpsubb xm7, xm7, xm6
    %elif AVX512
        vmovq xm1, [r12 + r9]
        ADD_WHERE_CODE [rbx + ESIZE * r9]
    %else
        LOAD_CODES r12 + r9, r15
        LOAD m2, [rbx + ESIZE * r9]
        ADD_WHERE_CODE m2
    %endif
%endmacro

; ADD_WHERE_CODE dy: the same of the codes m1.
%macro ADD_WHERE_CODE 1
    %if AVX512
        vpcmpeqb q1, xm1, xm7
        vaddp %+ P m3{q1}, m3, %1
        vpsubb xm7, xm7, xm6
    %else
        %if AVX2
        vpcmpeq %+ I m1, m1, m7
        %else
        pcmpeqd m1, m7
        %if F32 == 0
        pshufd m1, m1, 0xa0
        %endif
        %endif
        AND m1, m1, %1
        ADD m3, m3, m1
        ISUB m7, m7, m6
    %endif
%endmacro

; SUM_OF_CHOSEN size, step, one: m0 sum of the rows, m3 of a row.
%macro SUM_OF_CHOSEN 3
        mov rbx, rdx
        mov r12, rdx
        sub r12, r14
        shr r12, ESHIFT
        add r12, r13
        mov rbp, [ARGS_WINDOW_ROWS]
        ZERO m0
        MOV m7, m8
%%row:
        ZERO m3
        xor r9d, r9d
%%column:
        ADD_CHOSEN %3
        inc r9
        cmp r9, [ARGS_WINDOW_COLS]
        jl %%column
        ADD m0, m0, m3
        add rbx, r11
        add r12, [ARGS_LD]
        dec rbp
        jnz %%row
    %if %3
        STORE_ONE [rdi], xm0
    %else
        STORE [rdi], m0
    %endif
%endmacro

; void neural_max_pool_s1_grad_<dtype>_<isa>(T *dx, const T *dy, const uint8_t *code,
;                                            const neural_pool_args *args)
; Loop: the window of results, a chain of additions for each of its rows, whose sums form another,
; so that one row need not wait for the row before. Tail: pool.inc.
%macro MAX_POOL_GRADIENT 0
KERNEL max_pool_s1_grad, dx, dy, code, args
        WINDOW_ENTER
        mov r13, code
        mov r14, dy
        mov rdx, r14
        mov r9d, [ARGS_WINDOW_ROWS]
        imul r9d, [ARGS_WINDOW_COLS]
        dec r9d
        NUMBERS 8, r9
        mov r9d, 1
        NUMBERS 6, r9
        ALL_WINDOWS SUM_OF_CHOSEN, 0, 1
        WINDOW_RETURN
%endmacro

FOR_EVERY_TARGET MAX_POOL_GRADIENT

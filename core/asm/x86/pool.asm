; Windows of 2x2 and 3x3 elements: the largest and where it is, the mean, and their gradients.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/pool.inc"

CONST code_2, 2
CONST code_3, 3
CONST code_4, 4
CONST code_5, 5
CONST code_6, 6
CONST code_7, 7
CONST code_8, 8

; COLUMNS size, step, row: m2.. = column 0.. of the windows in this row.
%macro COLUMNS 3
    %if %2 == 1
        %assign %%k 0
        %rep %1
            %assign %%column 2 + %%k
            LOAD m %+ %%column, [%3 + %%k * ESIZE]
            %assign %%k %%k + 1
        %endrep
    %else
        LOAD m5, [%3]
        LOAD m6, [%3 + VBYTES]
        EVENS m2, m5, m6
        ODDS m3, m5, m6
        %if %1 == 3
            LOAD m5, [%3 + ESIZE]
            LOAD m6, [%3 + VBYTES + ESIZE]
            ODDS m4, m5, m6
        %endif
    %endif
%endmacro

; COLUMNS_OF_ONE size, row: the same of one window, in the lowest lanes.
%macro COLUMNS_OF_ONE 2
    %assign %%k 0
    %rep %1
        %assign %%column 2 + %%k
        LOAD_ONE xm %+ %%column, [%2 + %%k * ESIZE]
        %assign %%k %%k + 1
    %endrep
%endmacro

; FOR_WINDOW enter, size, step, one: `enter` with each column register of each row and its number.
%macro FOR_WINDOW 4
    %assign %%row 0
    %rep %2
        %if %4
            COLUMNS_OF_ONE %2, rdx + %%row * r11
        %else
            COLUMNS %2, %3, rdx + %%row * r11
        %endif
        %assign %%i 0
        %rep %2
            %assign %%column 2 + %%i
            %assign %%code %%row * %2 + %%i
            %1 m %+ %%column, %[%%code]
            %assign %%i %%i + 1
        %endrep
        %assign %%row %%row + 1
    %endrep
%endmacro

; ENTER_MAX x, code: x is taken when it is larger, or NaN.
%macro ENTER_MAX 2
    %if %2 == 0
        MOV m0, %1
        ZERO m1
    %else
        CMP q1, m0, %1, LT
        CMP q2, %1, %1, UNORDERED
        MASK_OR q1, q1, q2
        SELECT m0, q1, %1, m0
        SELECT m1, q1, C(code_%2), m1
    %endif
%endmacro

; ENTER_SUM x, code
%macro ENTER_SUM 2
    %if %2 == 0
        MOV m0, %1
    %else
        ADD m0, m0, %1
    %endif
%endmacro

; MAX_WINDOW size, step, one
%macro MAX_WINDOW 3
        FOR_WINDOW ENTER_MAX, %1, %2, %3
        STORE_MAX %2, %3
%endmacro

; MEAN_WINDOW size, step, one
%macro MEAN_WINDOW 3
        FOR_WINDOW ENTER_SUM, %1, %2, %3
        DIV m0, m0, m9
    %if %3
        STORE_ONE [rdi], xm0
    %else
        %if %2 == 2
        IN_ORDER m0
        %endif
        STORE [rdi], m0
    %endif
%endmacro

; void neural_max_pool_<size>_<dtype>_<isa>(T *dst, uint8_t *code, const T *src,
;                                           const neural_pool_args *args)
; Loop: the elements of the window in order, each compared with the largest so far. Tail: above.
%macro MAX_POOLS 0
KERNEL max_pool_2x2_s2, dst, code, src, args
        ALL_WINDOWS MAX_WINDOW, 2, 2
        RETURN
KERNEL max_pool_3x3_s2, dst, code, src, args
        ALL_WINDOWS MAX_WINDOW, 3, 2
        RETURN
KERNEL max_pool_3x3_s1, dst, code, src, args
        ALL_WINDOWS MAX_WINDOW, 3, 1
        RETURN
%endmacro

FOR_EVERY_TARGET MAX_POOLS

; void neural_avg_pool_<size>_<dtype>_<isa>(T *dst, const T *src, const neural_pool_args *args,
;                                           T divisor)
; Loop: the elements of the window in order are added up, then divided. Tail: above.
%macro AVG_POOL 3
KERNEL %1, dst, src, args
        mov rcx, args
        mov rdx, src
        SPLAT m9, xm0
        ALL_WINDOWS MEAN_WINDOW, %2, %3
        RETURN
%endmacro

%macro AVG_POOLS 0
        AVG_POOL avg_pool_2x2_s2, 2, 2
        AVG_POOL avg_pool_3x3_s2, 3, 2
        AVG_POOL avg_pool_3x3_s1, 3, 1
%endmacro

FOR_EVERY_TARGET AVG_POOLS

; --- gradients of 2x2 windows ---------------------------------------------------------------------
;
; rdi dx, rsi dy, rdx code; the others as above, with r11 of dx. Each row of dy is read twice, for
; the upper and for the lower row of its windows. m2 and m3 become the even and the odd elements.

; IS_CODE mask, code
%macro IS_CODE 2
    %if AVX
        vpcmpeq %+ I %1, m1, C(code_%2)
    %else
        movaps %1, m1
        pcmpeqd %1, C(code_%2)
        %if F32 == 0
        pshufd %1, %1, 0xa0
        %endif
    %endif
%endmacro

; MAX_PARTS even code, odd code: m2, m3 = dy where the code says so, else 0
%macro MAX_PARTS 2
        LOAD m0, [rsi]
        LOAD_CODES rdx, r9
        IN_ORDER m0
        IN_ORDER m1
        IS_CODE q1, %1
        IS_CODE q2, %2
        ZERO_UNLESS m2, q1, m0
        ZERO_UNLESS m3, q2, m0
%endmacro

%macro MAX_PARTS_OF_ONE 2
        LOAD_ONE xm0, [rsi]
        ZERO m2
        STORE_ONE [rdi], xm2
        STORE_ONE [rdi + ESIZE], xm2
        movzx r9d, byte [rdx]
        sub r9d, %1
        cmp r9d, 2
        jae %%no
        STORE_ONE [rdi + ESIZE * r9], xm0
%%no:
%endmacro

; MEAN_PARTS even code, odd code: m2, m3 = dy / divisor
%macro MEAN_PARTS 2
        LOAD m2, [rsi]
        DIV m2, m2, m9
        IN_ORDER m2
        MOV m3, m2
%endmacro

%macro MEAN_PARTS_OF_ONE 2
        LOAD_ONE xm0, [rsi]
        DIV m0, m0, m9
        STORE_ONE [rdi], xm0
        STORE_ONE [rdi + ESIZE], xm0
%endmacro

; WINDOW_ROW parts, row: one row of dx.
%macro WINDOW_ROW 2
        mov rax, [ARGS_COLS]
    %assign %%even 2 * %2
    %assign %%odd 2 * %2 + 1
.vector_%2:
        cmp r10, VLEN
        jl .one_%2
        %1 %[%%even], %[%%odd]
        BINARY m4, m2, m3, unpcklp %+ P, 0
        BINARY m5, m2, m3, unpckhp %+ P, 0
        STORE [rdi], m4
        STORE [rdi + VBYTES], m5
        cmp rax, VLEN
        jle .tail_%2
        add rsi, VBYTES
        add rdx, VLEN
        add rdi, 2 * VBYTES
        sub r10, VLEN
        sub rax, VLEN
        jmp .vector_%2
.tail_%2:
        lea rsi, [rsi + ESIZE * rax]
        add rdx, rax
        lea rdi, [rdi + ESIZE * rax]
        lea rdi, [rdi + ESIZE * rax]
        sub r10, rax
        jmp .end_%2
.one_%2:
        %1_OF_ONE %[%%even], %[%%odd]
        add rsi, ESIZE
        inc rdx
        add rdi, 2 * ESIZE
        dec r10
        dec rax
        jnz .one_%2
.end_%2:
        mov rax, [ARGS_COLS]
    %if %2 == 0
        add r10, rax
        sub rdx, rax
    %endif
        shl rax, ESHIFT
    %if %2 == 0
        sub rsi, rax
    %endif
        sub rdi, rax
        sub rdi, rax
        add rdi, r11
%endmacro

; ALL_GRADIENTS parts: the loop over planes and rows.
%macro ALL_GRADIENTS 1
        COUNT_RESULTS
    %if AVX512
        vmovups m10, [split_order]
    %endif
.plane:
        mov r8, [ARGS_ROWS]
.row:
        WINDOW_ROW %1, 0
        WINDOW_ROW %1, 1
        test r10, r10
        jz .done
        dec r8
        jnz .row
        mov rax, [ARGS_ROWS]
        imul rax, r11
        sub rdi, rax
        sub rdi, rax
        mov rax, [ARGS_PLANE]
        lea rdi, [rdi + ESIZE * rax]
        jmp .plane
.done:
        RETURN
%endmacro

; void neural_max_pool_2x2_s2_grad_<dtype>_<isa>(T *dx, const T *dy, const uint8_t *code,
;                                                const neural_pool_args *args)
; void neural_avg_pool_2x2_s2_grad_<dtype>_<isa>(T *dx, const T *dy, const neural_pool_args *args,
;                                                T divisor)
; Loop: a vector of dy becomes two of dx. Tail: above.
%macro POOL_GRADIENTS 0
KERNEL max_pool_2x2_s2_grad, dx, dy, code, args
        ALL_GRADIENTS MAX_PARTS
KERNEL avg_pool_2x2_s2_grad, dx, dy, args
        mov rcx, args
        SPLAT m9, xm0
        ALL_GRADIENTS MEAN_PARTS
%endmacro

FOR_EVERY_TARGET POOL_GRADIENTS

; Normalization of rows: layer_norm, rms_norm and their gradients.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/lanes.inc"
%include "core/asm/x86/rows.inc"
%include "core/asm/x86/norm.inc"

CONST one, 1.0

; void neural_layer_norm_<dtype>_<isa>(T *dst, const T *src, const T *gamma, const T *beta,
;                                      T *stats, const neural_norm_args *args), rms_norm alike
;     stats = mean, 1/sqrt(variance + epsilon) of each row; y = (x - mean) rstd gamma + beta
; void neural_layer_norm_grad_<dtype>_<isa>(T *dx, const T *dy, const T *x, const T *gamma,
;                                           const T *stats, const neural_norm_args *args), rms alike
;     dx = (g rstd - rstd mean(g)) - (x - mean) rstd^2 mean(g xhat), g = dy gamma
;
; A pass over the row for each sum, one for the result; registers as in norm.inc, rbx rows left.

; --- terms: lane, offset, is_partial -------------------------------------------------------------

%macro X_TERM 3
        FETCH %3, m8, src + r10 + %2
        ADD %1, %1, m8
%endmacro

; (x - mean)^2
%macro SQUARE_TERM 3
        FETCH %3, m8, src + r10 + %2
        SUB m8, m8, MEAN
    %if %3
        ZERO_UNLESS m8, NORM_MASK, m8
    %endif
        FMA %1, m8, m8, %1
%endmacro

; g, in m8
%macro G_TERM 3
        FETCH %3, m8, dy + r10 + %2
        FETCH %3, m9, gamma + r11 + %2
        MUL m8, m8, m9
        ADD %1, %1, m8
%endmacro

; g (x - mean)
%macro G_X_TERM 3
        FETCH %3, m8, dy + r10 + %2
        FETCH %3, m9, gamma + r11 + %2
        MUL m8, m8, m9
        FETCH %3, m9, src + r10 + %2
        SUB m9, m9, MEAN
    %if %3
        ZERO_UNLESS m9, NORM_MASK, m9
    %endif
        FMA %1, m8, m9, %1
%endmacro

; --- results: offset, is_partial -----------------------------------------------------------------

%macro NORM_RESULT 2
        FETCH %2, m0, src + r10 + %1
        FETCH %2, m1, gamma + r11 + %1
        FETCH %2, m2, beta + r9 + %1
        SUB m0, m0, MEAN
        MUL m0, m0, RSTD
        FMA m0, m0, m1, m2
        PUT %2, dst + r10 + %1, m0
%endmacro

; m10 rstd^2 mean(g xhat), m11 -rstd mean(g)
%macro NORM_GRAD_RESULT 2
        FETCH %2, m0, dy + r10 + %1
        FETCH %2, m1, gamma + r11 + %1
        MUL m0, m0, m1
        FETCH %2, m2, src + r10 + %1
        SUB m2, m2, MEAN
        FMA m0, m0, RSTD, m11
        FNMA m0, m2, m10, m0
        PUT %2, dx + r10 + %1, m0
%endmacro

; --- kernels -------------------------------------------------------------------------------------

; BEGIN_ROWS: rbx, rbp, COUNT, EPSILON and the mask from args; to .done where there is nothing.
%macro BEGIN_ROWS 0
        NORM_ENTER
        mov rbx, [args]
        mov rbp, [args + 8]
        test rbx, rbx
        jle .done
        test rbp, rbp
        jle .done
        COUNT_OF rbp
        EPSILON_OF [args + 16]
        shl rbp, ESHIFT
        ROW_TAIL
%endmacro

; NORM op, is_centred
%macro NORM 2
KERNEL %1, dst, src, gamma, beta, stats, args
        BEGIN_ROWS
        DEFAULT_TO ones_ %+ DTYPE, gamma, r13
        DEFAULT_TO zeros, beta, r14
.row:
    %if %2
        ROW_MEAN X_TERM, 0
        MOV MEAN, m0
    %else
        ZERO MEAN
    %endif
        ROW_MEAN SQUARE_TERM, 0
        ADD m0, m0, EPSILON
        SQRT m0, m0
        LOADC RSTD, one
        DIV RSTD, RSTD, m0
        STORE_ONE [stats], xm13
        STORE_ONE [stats + ESIZE], xm14
        MAP_ROW NORM_RESULT, 2
        add dst, rbp
        add src, rbp
        add stats, 2 * ESIZE
        dec rbx
        jnz .row
.done:
        NORM_RETURN
        RETURN
%endmacro

; NORM_GRAD op, is_centred
%macro NORM_GRAD 2
KERNEL %1, dx, dy, src, gamma, stats, args
        BEGIN_ROWS
        DEFAULT_TO ones_ %+ DTYPE, gamma, r13
.row:
        NUMBER_FROM MEAN, xm13, stats
        NUMBER_FROM RSTD, xm14, stats + ESIZE
    %if %2
        ROW_MEAN G_TERM, 1
    %else
        ZERO m0
    %endif
        STORE HELD, m0
        ROW_MEAN G_X_TERM, 1
        MUL m0, m0, RSTD
        MUL m0, m0, RSTD
        MUL m10, m0, RSTD
        ZERO m11
        LOAD m1, HELD
        FNMA m11, m1, RSTD, m11
        MAP_ROW NORM_GRAD_RESULT, 1
        add dx, rbp
        add dy, rbp
        add src, rbp
        add stats, 2 * ESIZE
        dec rbx
        jnz .row
.done:
        NORM_RETURN
        RETURN
%endmacro

%macro NORMS 0
    NORM layer_norm, 1
    NORM rms_norm, 0
    NORM_GRAD layer_norm_grad, 1
    NORM_GRAD rms_norm_grad, 0
%endmacro

FOR_EVERY_TARGET NORMS

; --- gradients of gamma and beta -----------------------------------------------------------------
;
; void neural_norm_param_grad_<dtype>_<isa>(T *dgamma, T *dbeta, const T *dy, const T *x,
;                                           const T *stats, const neural_norm_args *args)
;     dgamma[j] += dy xhat, dbeta[j] += dy (unless NULL), rows in order
;
; m0..m3 sums of a strip of columns of dgamma, m4..m7 of dbeta, m8 mean, m9 rstd, m10 dy, m11 xhat.
; rbp bytes per row, r12 bytes of columns left, r10 and r11 the row in dy and x, rax its stats, rbx
; rows of the block, r13 rows left of them. Loop: blocks of PARAM_BLOCK rows, which stay near; in
; each strips of 4, 2 and 1 vectors. Tail: a partial strip.

%define PARAM_BLOCK 32

; PARAM_TERMS k, is_partial, has_beta
%macro PARAM_TERMS 3
    %assign %%b %1 + 4
        FETCH %2, m10, r10 + %1 * VBYTES
        FETCH %2, m11, r11 + %1 * VBYTES
        SUB m11, m11, m8
        MUL m11, m11, m9
        FMA m %+ %1, m10, m11, m %+ %1
    %if %3
        ADD m %+ %%b, m %+ %%b, m10
    %endif
%endmacro

; PARAM_ROWS vectors, is_partial, has_beta: one strip.
%macro PARAM_ROWS 3
    %assign %%k 0
    %rep %1
        %assign %%b %%k + 4
        FETCH %2, m %+ %%k, dgamma + %%k * VBYTES
        %if %3
            FETCH %2, m %+ %%b, dbeta + %%k * VBYTES
        %endif
        %assign %%k %%k + 1
    %endrep
        mov r10, dy
        mov r11, src
        mov rax, stats
        mov r13, rbx
%%row:
        NUMBER_FROM m8, xm8, rax
        NUMBER_FROM m9, xm9, rax + ESIZE
    %assign %%k 0
    %rep %1
        PARAM_TERMS %%k, %2, %3
        %assign %%k %%k + 1
    %endrep
        add r10, rbp
        add r11, rbp
        add rax, 2 * ESIZE
        dec r13
        jnz %%row
    %assign %%k 0
    %rep %1
        %assign %%b %%k + 4
        PUT %2, dgamma + %%k * VBYTES, m %+ %%k
        %if %3
            PUT %2, dbeta + %%k * VBYTES, m %+ %%b
        %endif
        %assign %%k %%k + 1
    %endrep
%endmacro

; PARAM_STRIP vectors, has_beta: while so many are left.
%macro PARAM_STRIP 2
%%strip:
        cmp r12, %1 * VBYTES
        jl %%end
        PARAM_ROWS %1, 0, %2
        add dgamma, %1 * VBYTES
        add dbeta, %1 * VBYTES
        add dy, %1 * VBYTES
        add src, %1 * VBYTES
        sub r12, %1 * VBYTES
        jmp %%strip
%%end:
%endmacro

%macro PARAM_STRIPS 1
        PARAM_STRIP 4, %1
        PARAM_STRIP 2, %1
        PARAM_STRIP 1, %1
        test r12, r12
        jz %%done
        TAIL r12
        PARAM_ROWS 1, 1, %1
%%done:
%endmacro

%macro NORM_PARAM_GRAD 0
KERNEL norm_param_grad, dgamma, dbeta, dy, src, stats, args
        NORM_ENTER
        mov r13, [args]
        mov rbp, [args + 8]
        test r13, r13
        jle .done
        shl rbp, ESHIFT
        mov NUMBER(0), r13                      ; rows left
        mov NUMBER(1), dgamma
        mov NUMBER(2), dbeta
        mov NUMBER(3), dy
        mov NUMBER(4), src
.block:
        mov ebx, PARAM_BLOCK
        cmp rbx, NUMBER(0)
        cmovg rbx, NUMBER(0)
        mov r12, rbp
        test dbeta, dbeta
        jz .without_beta
        PARAM_STRIPS 1
        jmp .next_block
.without_beta:
        PARAM_STRIPS 0
.next_block:
        mov rax, rbx
        imul rax, rbp
        add NUMBER(3), rax
        add NUMBER(4), rax
        mov dgamma, NUMBER(1)
        mov dbeta, NUMBER(2)
        mov dy, NUMBER(3)
        mov src, NUMBER(4)
        lea rax, [2 * rbx]
        lea stats, [stats + rax * ESIZE]
        sub NUMBER(0), rbx
        jg .block
.done:
        NORM_RETURN
        RETURN
%endmacro

FOR_EVERY_TARGET NORM_PARAM_GRAD

; The gradients of softmax and log_softmax.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/lanes.inc"
%include "core/asm/x86/transcendental.inc"
%include "core/asm/x86/rows.inc"

; void neural_softmax_grad_<dtype>_<isa>(T *dx, const T *dy, const T *y, int64_t rows, int64_t cols)
;     dx = y * (dy - sum(dy * y))
; void neural_log_softmax_grad_<dtype>_<isa>(T *dx, const T *dy, const T *y, int64_t rows,
;                                            int64_t cols)
;     dx = dy - exp(y) * sum(dy)
;
; y is called `saved` here. A sum ends with + 0: its sign must not tell whether lanes began at +0.
;
; Narrow rows: m0..m3 dy, m4..m7 y, m8-m10 scratch, m11 the sum.
; Wide rows: m0 dy, m1 y, m2-m7 scratch, m11 the sum.

%macro NEXT_ROW 0
        add dx, cols
        add dy, cols
        add saved, cols
%endmacro

; TOTAL number: m11 = the sum in that register + 0.
%macro TOTAL 1
        ZERO m11
        ADD m11, m11, m%1
%endmacro

; --- softmax_grad --------------------------------------------------------------------------------

; PRODUCT_OF k: m8 and m9 = the sums of the even and the odd products.
%macro PRODUCT_OF 1
    %assign %%y %1 + 4
    %if %1 < 2
        %assign %%sum %1 + 8
        MUL m %+ %%sum, m%1, m %+ %%y
    %else
        %assign %%sum %1 + 6
        MUL m10, m%1, m %+ %%y
        FOLD ADD, m %+ %%sum, m10
    %endif
%endmacro

%macro SOFTMAX_GRAD_OF 1
    %assign %%y %1 + 4
        SUB m%1, m%1, m11
        MUL m%1, m%1, m %+ %%y
%endmacro

%macro SOFTMAX_GRAD_NARROW 1
        LOAD_ROW %1, 0, dy
        LOAD_ROW %1, 4, saved
        EVERY %1, PRODUCT_OF
    %if %1 > 1
        FOLD ADD, m8, m9
    %endif
        SPREAD_FOLD ADD, 8, 9
        TOTAL 8
        EVERY %1, SOFTMAX_GRAD_OF
        STORE_ROW %1, 0, dx
        NEXT_ROW
%endmacro

%macro DOT_PASS 1
        GET %1, m0, dy + r10
        GET %1, m1, saved + r10
        STACK_LANES
        LOAD m2, [rsp + rax]
        FMA m2, m0, m1, m2
        STORE [rsp + rax], m2
%endmacro

%macro SOFTMAX_GRAD_PASS 1
        GET %1, m0, dy + r10
        GET %1, m1, saved + r10
        SUB m0, m0, m11
        MUL m0, m0, m1
        PUT %1, dx + r10, m0
%endmacro

%macro SOFTMAX_GRAD_WIDE 0
        CLEAR_STACK_LANES
        OVER_ROW DOT_PASS
        SUM_STACK_LANES
        TOTAL 0
        OVER_ROW SOFTMAX_GRAD_PASS
        NEXT_ROW
%endmacro

; --- log_softmax_grad ----------------------------------------------------------------------------

; SUM_OF k: m8 and m9 = the sums of the even and the odd dy.
%macro SUM_OF 1
    %if %1 < 2
        %assign %%sum %1 + 8
        MOV m %+ %%sum, m%1
    %else
        %assign %%sum %1 + 6
        FOLD ADD, m %+ %%sum, m%1
    %endif
%endmacro

%macro LOG_SOFTMAX_GRAD_OF 1
    %assign %%y %1 + 4
        EXP m %+ %%y, m8, m9, m10
        FNMA m%1, m %+ %%y, m11, m%1
%endmacro

%macro LOG_SOFTMAX_GRAD_NARROW 1
        LOAD_ROW %1, 0, dy
        LOAD_ROW %1, 4, saved
        EVERY %1, SUM_OF
    %if %1 > 1
        FOLD ADD, m8, m9
    %endif
        SPREAD_FOLD ADD, 8, 9
        TOTAL 8
        EVERY %1, LOG_SOFTMAX_GRAD_OF
        STORE_ROW %1, 0, dx
        NEXT_ROW
%endmacro

%macro SUM_PASS 1
        GET %1, m0, dy + r10
        STACK_LANES
        LOAD m2, [rsp + rax]
        ADD m2, m2, m0
        STORE [rsp + rax], m2
%endmacro

%macro LOG_SOFTMAX_GRAD_PASS 1
        GET %1, m0, dy + r10
        GET %1, m1, saved + r10
        EXP m1, m2, m3, m4
        FNMA m0, m1, m11, m0
        PUT %1, dx + r10, m0
%endmacro

%macro LOG_SOFTMAX_GRAD_WIDE 0
        CLEAR_STACK_LANES
        OVER_ROW SUM_PASS
        SUM_STACK_LANES
        TOTAL 0
        OVER_ROW LOG_SOFTMAX_GRAD_PASS
        NEXT_ROW
%endmacro

%macro SOFTMAX_GRAD 0
    KERNEL softmax_grad, dx, dy, saved, rows, cols
        BY_WIDTH SOFTMAX_GRAD_NARROW
        WIDE_ROWS SOFTMAX_GRAD_WIDE
    KERNEL log_softmax_grad, dx, dy, saved, rows, cols
        BY_WIDTH LOG_SOFTMAX_GRAD_NARROW
        WIDE_ROWS LOG_SOFTMAX_GRAD_WIDE
%endmacro

FOR_EVERY_TARGET SOFTMAX_GRAD

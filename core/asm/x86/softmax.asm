; softmax and log_softmax of each row.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/lanes.inc"
%include "core/asm/x86/transcendental.inc"
%include "core/asm/x86/rows.inc"

; void neural_softmax_<dtype>_<isa>(T *dst, const T *src, int64_t rows, int64_t cols)
; void neural_log_softmax_<dtype>_<isa>(T *dst, const T *src, int64_t rows, int64_t cols)
;
; d = x - max; softmax = e/sum(e), log_softmax = d - log(sum(e)), e = exp(d). For the elements that
; a tail lacks x is -inf for the maximum, d is 0 (exp(-inf) would underflow, which is slow) and e
; is 0. The maximum may miss a NaN: then the sum finds it.
;
; Narrow rows: m0..m3 x, d, e and the result, m4-m6 and m9 scratch, m7 max, m8 -inf.
; Wide rows: m0 x, d, e and the result, m1-m7 scratch, m8 -inf, m9 max, m10 sum or its logarithm.

; EXP_BELOW_ZERO x, n, t, u: exp(x) for x <= 0.
%macro EXP_BELOW_ZERO 4
        EXP_CLAMP_LOW %1, %3
        EXP_PARTS %1, %2, %3, %4
        SCALE %1, %2, %3, %4
%endmacro

; --- narrow --------------------------------------------------------------------------------------

%macro NEXT_ROW 0
        add src, cols
        add dst, cols
%endmacro

%macro SUB_FROM 2
        SUB m%1, m%1, m%2
%endmacro

%macro DIV_BY 2
        DIV m%1, m%1, m%2
%endmacro

%macro EXP_OF 1
        EXP_BELOW_ZERO m%1, m4, m5, m6
    %if %1 == LAST
        ZERO_UNLESS m%1, ROW_MASK, m%1
    %endif
%endmacro

; SHIFT_ROW vectors: m0.. become d; m4, m7 and m8 are lost.
%macro SHIFT_ROW 1
    %assign LAST %1 - 1
        LOADC m8, minus_infinity
        SELECT m7, ROW_MASK, m %+ LAST, m8
    %assign %%k 0
    %rep LAST
        MAX m7, m %+ %%k, m7
        %assign %%k %%k + 1
    %endrep
        SPREAD_FOLD MAX, 7, 4
        EVERY %1, SUB_FROM, 7
        ZERO_UNLESS m %+ LAST, ROW_MASK, m %+ LAST
%endmacro

%macro COPY_TO 2
    %assign %%r %1 + %2
        MOV m %+ %%r, m%1
%endmacro

%macro SOFTMAX_NARROW 1
        LOAD_ROW %1, 0, src
        SHIFT_ROW %1
        EVERY %1, EXP_OF
        EVERY %1, COPY_TO, 4
        COMBINE ADD, %1, 4
        SPREAD_FOLD ADD, 4, 5
        EVERY %1, DIV_BY, 4
        STORE_ROW %1, 0, dst
        NEXT_ROW
%endmacro

; ADD_EXP_OF k, vectors: m10 and m7 = the sums of the even and the odd e; m9 is lost.
%macro ADD_EXP_OF 1
        MOV m9, m%1
        EXP_BELOW_ZERO m9, m4, m5, m6
    %if %1 == LAST
        ZERO_UNLESS m9, ROW_MASK, m9
    %endif
    %if %1 == 0
        MOV m10, m9
    %elif %1 == 1
        MOV m7, m9
    %elif %1 == 2
        FOLD ADD, m10, m9
    %else
        FOLD ADD, m7, m9
    %endif
%endmacro

; VLEN rows at a time: their d and their sums to the stack, all logarithms at once, then
; d - log(sum). The d lie in whole vectors there: loads of what masked stores have just written
; would wait for the cache. r8 d of a row, r10 rows, rax the row, r11 the stack pointer of before.
%macro LOG_SOFTMAX_NARROW 1
        mov r10, rows
        mov eax, VLEN
        cmp r10, rax
        cmovg r10, rax
        mov r11, rsp
        sub rsp, VLEN * %1 * VBYTES + VBYTES
        and rsp, -64
        LOADC m10, one
        STORE [rsp], m10                        ; for the rows that the last group lacks
        lea r8, [rsp + VBYTES]
        xor eax, eax
%%sum:
        LOAD_ROW %1, 0, src
        SHIFT_ROW %1
        EVERY %1, ADD_EXP_OF
    %if %1 > 1
        FOLD ADD, m10, m7
    %endif
        FOLD_LANES ADD, 10, 7
        STORE_ONE [rsp + rax * ESIZE], xm10
        EVERY %1, PUT_D
        add src, cols
        add r8, %1 * VBYTES
        inc eax
        cmp rax, r10
        jl %%sum
        LOAD m10, [rsp]
        LOG m10, m4, m5, m6, m7, m9
        STORE [rsp], m10
        lea r8, [rsp + VBYTES]
        xor eax, eax
%%finish:
        LOAD_ONE xm10, [rsp + rax * ESIZE]
        SPLAT m10, xm10
        EVERY %1, GET_D
        EVERY %1, SUB_FROM, 10
        STORE_ROW %1, 0, dst
        add dst, cols
        add r8, %1 * VBYTES
        inc eax
        cmp rax, r10
        jl %%finish
        mov rsp, r11
        sub rows, r10
        inc rows                                ; BY_WIDTH counts one
%endmacro

%macro PUT_D 1
        STORE [r8 + %1 * VBYTES], m%1
%endmacro

%macro GET_D 1
        LOAD m%1, [r8 + %1 * VBYTES]
%endmacro

; --- wide ----------------------------------------------------------------------------------------

; WIDE_LARGEST: m9 = the largest element in every lane. Two vectors at a time, then one.
%macro WIDE_LARGEST 0
        LOADC m8, minus_infinity
        MOV m9, m8
        MOV m7, m8
        xor r10d, r10d
        sub cols, 2 * VBYTES
%%pair:
        LOAD m0, [src + r10]
        LOAD m1, [src + r10 + VBYTES]
        MAX m9, m0, m9
        MAX m7, m1, m7
        add r10, 2 * VBYTES
        cmp r10, cols
        jle %%pair
        add cols, VBYTES
        cmp r10, cols
        jg %%partial
        LOAD m0, [src + r10]
        MAX m9, m0, m9
        add r10, VBYTES
%%partial:
        add cols, VBYTES
        test r9, r9
        jz %%done
        LOAD_TAIL m0, src + r10
        SELECT m0, ROW_MASK, m0, m8
        MAX m9, m0, m9
%%done:
        MAX m9, m7, m9
        SPREAD_FOLD MAX, 9, 0
%endmacro

; EXP_PASS is_partial, is_stored: e of one vector to its lanes (and to dst).
%macro EXP_PASS 2
        GET %1, m0, src + r10
        SUB m0, m0, m9
    %if %1
        ZERO_UNLESS m0, ROW_MASK, m0
    %endif
        EXP_BELOW_ZERO m0, m1, m2, m3
    %if %1
        ZERO_UNLESS m0, ROW_MASK, m0
    %endif
        STACK_LANES
        LOAD m1, [rsp + rax]
        ADD m1, m1, m0
        STORE [rsp + rax], m1
    %if %2
        PUT %1, dst + r10, m0
    %endif
%endmacro

%macro EXP_AND_STORE_PASS 1
        EXP_PASS %1, 1
%endmacro

%macro EXP_ONLY_PASS 1
        EXP_PASS %1, 0
%endmacro

%macro DIV_PASS 1
        GET %1, m0, dst + r10
        DIV m0, m0, m10
        PUT %1, dst + r10, m0
%endmacro

%macro LOG_PASS 1
        GET %1, m0, src + r10
        SUB m0, m0, m9
        SUB m0, m0, m10
        PUT %1, dst + r10, m0
%endmacro

%macro SOFTMAX_WIDE 0
        WIDE_LARGEST
        CLEAR_STACK_LANES
        OVER_ROW EXP_AND_STORE_PASS
        SUM_STACK_LANES
        MOV m10, m0
        OVER_ROW DIV_PASS
        NEXT_ROW
%endmacro

%macro LOG_SOFTMAX_WIDE 0
        WIDE_LARGEST
        CLEAR_STACK_LANES
        OVER_ROW EXP_ONLY_PASS
        SUM_STACK_LANES
        LOG m0, m1, m2, m3, m4, m5
        MOV m10, m0
        OVER_ROW LOG_PASS
        NEXT_ROW
%endmacro

%macro SOFTMAX 0
    KERNEL softmax, dst, src, rows, cols
        BY_WIDTH SOFTMAX_NARROW
        WIDE_ROWS SOFTMAX_WIDE
    KERNEL log_softmax, dst, src, rows, cols
        BY_WIDTH LOG_SOFTMAX_NARROW
        WIDE_ROWS LOG_SOFTMAX_WIDE
%endmacro

FOR_EVERY_TARGET SOFTMAX

; Transforms of F(4x4, 3x3): L X L^T for many small matrices X side by side.
%include "core/asm/x86/neural.inc"

; void neural_winograd_<op>_<dtype>_<isa>(T *dst, const T *src, const neural_winograd_args *args,
;                                         int64_t len)
;
; rdi dst, rsi src, rcx bytes left; in the first pass rax column of src, r11 three rows below it, r8
; a row of src in bytes, r10 column of the half-way matrix L X; in the second r10 row of it, rax row
; of dst, r11 three elements on, r9 an element (column) of dst in bytes. m0..m5 a line of elements,
; becoming a line of results; m6..m9 what they are made of.
; Loop: a vector of matrices at a time, the half-way matrix on the stack. Tail: the same with the
; loads and stores of a tail.

%define ARGS_DST_ROW rdx
%define ARGS_DST_COL rdx + 8
%define ARGS_SRC_ROW rdx + 16
%define ARGS_SRC_COL rdx + 24
%define ARGS_BIAS rdx + 32
%define ARGS_RELU rdx + 40

%define OLD_STACK [rsp]
%define DST_ROW [rsp + 8]                       ; in bytes
%define SRC_COL [rsp + 16]                      ; in bytes
%define BIAS [rsp + 24]                         ; of this vector
%define HALF 64
%define FRAME (HALF + 36 * 64)

; The points 0, +-a1, +-b1, infinity; n0, na, nb are 1 / the product of a point's distances to the
; others, na1 = na a1, na2 = na a1^2.
CONST a1, 0.625
CONST a2, 0.390625
CONST a3, 0.244140625
CONST b1, 1.5
CONST b2, 2.25
CONST b3, 3.375
CONST squares, 2.640625
CONST product, 0.87890625
CONST n0, 1.1377777777777777778
CONST na, -0.68840336134453781513
CONST na1, -0.43025210084033613446
CONST na2, -0.26890756302521008404
CONST nb, 0.11951447245564892624
CONST nb1, 0.17927170868347338936
CONST nb2, 0.26890756302521008404
CONST lowest, 0xff800000, 0xfff0000000000000

; --- L x for one line ----------------------------------------------------------------------------

%macro INPUT_LINE 0
        FNMA m6, m2, C(b2), m4                  ; even part at +-a1
        FNMA m7, m1, C(b2), m3                  ; odd part / a1
        FNMA m8, m2, C(a2), m4
        FNMA m9, m1, C(a2), m3
        FNMA m2, m2, C(squares), m4
        FMA m0, m0, C(product), m2
        FNMA m5, m3, C(squares), m5
        FMA m5, m1, C(product), m5
        FMA m1, m7, C(a1), m6
        FNMA m2, m7, C(a1), m6
        FMA m3, m9, C(b1), m8
        FNMA m4, m9, C(b1), m8
%endmacro

%macro FILTER_LINE 0
        MUL m6, m0, C(na)
        FMA m6, m2, C(na2), m6                  ; even part at +-a1
        MUL m8, m0, C(nb)
        FMA m8, m2, C(nb2), m8
        MUL m0, m0, C(n0)
        MOV m5, m2
        FNMA m2, m1, C(na1), m6
        FMA m3, m1, C(nb1), m8
        FNMA m4, m1, C(nb1), m8
        FMA m1, m1, C(na1), m6
%endmacro

; SUMS: m6 = x1 + x2, m7 = x1 - x2, m8 = x3 + x4, m9 = x3 - x4
%macro SUMS 0
        ADD m6, m1, m2
        SUB m7, m1, m2
        ADD m8, m3, m4
        SUB m9, m3, m4
%endmacro

%macro OUTPUT_LINE 0
        SUMS
        ADD m0, m0, m6
        ADD m0, m0, m8
        MUL m1, m7, C(a1)
        FMA m1, m9, C(b1), m1
        MUL m2, m6, C(a2)
        FMA m2, m8, C(b2), m2
        FMA m5, m7, C(a3), m5
        FMA m5, m9, C(b3), m5
        MOV m3, m5
%endmacro

%macro OUTPUT_GRAD_LINE 0
        FMA m6, m2, C(a2), m0                   ; even part at +-a1
        FMA m7, m3, C(a2), m1                   ; odd part / a1
        FMA m8, m2, C(b2), m0
        FMA m9, m3, C(b2), m1
        MOV m5, m3
        FMA m1, m7, C(a1), m6
        FNMA m2, m7, C(a1), m6
        FMA m3, m9, C(b1), m8
        FNMA m4, m9, C(b1), m8
%endmacro

%macro FILTER_GRAD_LINE 0
        SUMS
        MUL m0, m0, C(n0)
        FMA m0, m6, C(na), m0
        FMA m0, m8, C(nb), m0
        MUL m1, m7, C(na1)
        FMA m1, m9, C(nb1), m1
        FMA m5, m6, C(na2), m5
        FMA m5, m8, C(nb2), m5
        MOV m2, m5
%endmacro

; --- the two passes ------------------------------------------------------------------------------

; PLACE k, base, three beyond base, step: defines AT, the address of element k of a line.
%macro PLACE 4
    %if %1 == 0
        %define AT %2
    %elif %1 == 1
        %define AT %2 + %4
    %elif %1 == 2
        %define AT %2 + 2 * %4
    %elif %1 == 3
        %define AT %3
    %elif %1 == 4
        %define AT %3 + %4
    %else
        %define AT %3 + 2 * %4
    %endif
%endmacro

; COLUMNS line, from, to, tail: the half-way matrix, [to, from], from all columns of src.
%macro COLUMNS 4
        mov rax, rsi
        lea r10, [rsp + HALF]
        lea r9, [r10 + %2 * VBYTES]
    %%column:
        lea r11, [rax + 2 * r8]
        add r11, r8
    %assign %%k 0
    %rep %2
        PLACE %%k, rax, r11, r8
        %if %4
        LOAD_TAIL m %+ %%k, AT
        %else
        LOAD m %+ %%k, [AT]
        %endif
        %assign %%k %%k + 1
    %endrep
        %1
    %assign %%k 0
    %rep %3
        STORE [r10 + %%k * %2 * VBYTES], m %+ %%k
        %assign %%k %%k + 1
    %endrep
        add rax, SRC_COL
        add r10, VBYTES
        cmp r10, r9
        jb %%column
%endmacro

; ROWS line, from, to, tail, finishes: dst from the half-way matrix.
%macro ROWS 5
        mov rax, rdi
        lea r10, [rsp + HALF]
        mov r9, [ARGS_DST_COL]
        shl r9, ESHIFT
    %%row:
        lea r11, [rax + 2 * r9]
        add r11, r9
    %assign %%k 0
    %rep %2
        LOAD m %+ %%k, [r10 + %%k * VBYTES]
        %assign %%k %%k + 1
    %endrep
        %1
    %assign %%k 0
    %rep %3
        %if %5
        ADD m %+ %%k, m %+ %%k, m11
        MAX m %+ %%k, m10, m %+ %%k
        %endif
        PLACE %%k, rax, r11, r9
        %if %4
        STORE_PARTS AT, m %+ %%k
        %else
        STORE [AT], m %+ %%k
        %endif
        %assign %%k %%k + 1
    %endrep
        add rax, DST_ROW
        add r10, %2 * VBYTES
        lea r11, [rsp + HALF + %2 * %3 * VBYTES]
        cmp r10, r11
        jb %%row
%endmacro

; LOAD_BIAS tail: m11 = the bias of these lanes or 0.
%macro LOAD_BIAS 1
        ZERO m11
        mov rax, BIAS
        test rax, rax
        jz %%none
    %if %1
        LOAD_TAIL m11, rax
    %else
        LOAD m11, [rax]
        add rax, VBYTES
        mov BIAS, rax
    %endif
    %%none:
%endmacro

; TRANSFORM op, line, from, to, finishes
%macro TRANSFORM 5
KERNEL winograd_%1, dst, src, args, len
        mov rax, rsp
        sub rsp, FRAME
        and rsp, -64
        mov OLD_STACK, rax
        shl rcx, ESHIFT
        mov r8, [ARGS_SRC_ROW]
        shl r8, ESHIFT
        mov rax, [ARGS_SRC_COL]
        shl rax, ESHIFT
        mov SRC_COL, rax
        mov rax, [ARGS_DST_ROW]
        shl rax, ESHIFT
        mov DST_ROW, rax
    %if %5
        mov rax, [ARGS_BIAS]
        mov BIAS, rax
        LOADC m10, lowest
        cmp qword [ARGS_RELU], 0
        je .any_sign
        ZERO m10
.any_sign:
    %endif
        sub rcx, VBYTES
        jl .rest
.vector:
        COLUMNS %2, %3, %4, 0
    %if %5
        LOAD_BIAS 0
    %endif
        ROWS %2, %3, %4, 0, %5
        add rsi, VBYTES
        add rdi, VBYTES
        sub rcx, VBYTES
        jge .vector
.rest:
        add rcx, VBYTES
        jz .done
        TAIL rcx
        COLUMNS %2, %3, %4, 1
    %if %5
        LOAD_BIAS 1
    %endif
        ROWS %2, %3, %4, 1, %5
.done:
        mov rsp, OLD_STACK
        RETURN
%endmacro

%macro ALL 0
    TRANSFORM input, INPUT_LINE, 6, 6, 0
    TRANSFORM filter, FILTER_LINE, 3, 6, 0
    TRANSFORM output, OUTPUT_LINE, 6, 4, 1
    TRANSFORM output_grad, OUTPUT_GRAD_LINE, 4, 6, 0
    TRANSFORM filter_grad, FILTER_GRAD_LINE, 6, 3, 0
%endmacro

FOR_EVERY_TARGET ALL

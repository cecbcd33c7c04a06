; Gradients of the weights of one channel under one filter: core/asm/conv_kernel.h.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/conv.inc"
%include "core/asm/x86/conv_plane.inc"

; void neural_conv_plane_grad_<dtype>_<isa>(const neural_conv_plane_grad_args *args)
;
; Kernels of 3x3 (avx512: and 5x5) and steps of 1 or 2 have a straight-line body each, for blocks of
; 4 rows and for single rows: what a vector of a row of the image meets in all of them is multiplied
; at once, so that it is read once. Other kernels are loops over their taps.
;
; rdi  args              rdx  row of dy           r8 r9 r10 r14 r15  tap columns 0 ... 4
; rbx  bytes of a row    rsi  bytes of one of it  r12  bytes of the row left, from here on
; rbp  the row's offset  rcx  rows left           r13  bytes of the row before
; m0 ...  the sums of each tap; then 4 rows of dy; then the image
;
; Loop: a strip of one vector of columns from top to bottom, then the strip 64 bytes on; all that
; for each vector of 64 bytes.
; Tail: the last strip is read under a mask.

; READ_IMAGE tail, vector, address: zeros where the mask is.
%macro READ_IMAGE 3
    %if %1 && AVX
        LOAD_TAIL %2, %3
    %else
        LOAD %2, [%3]
        %if %1
            AND %2, %2, m14
        %endif
    %endif
%endmacro

%macro BEGIN_TAIL 0
        TAIL r12
    %if SSE2
        movaps m14, m15
    %endif
%endmacro

%macro READ_GRADS 2
        lea rax, [rdx + rsi * 2]
    %assign %%i 0
    %rep %1
        %assign %%d TAPS + %%i
        %if %2
            AT_ROW READ_PART, %%i, m %+ %%d
        %else
            AT_ROW READ_VECTOR, %%i, m %+ %%d
        %endif
        %assign %%i %%i + 1
    %endrep
%endmacro

; SQUARE_GRAD_ROWS rows, tail
%macro SQUARE_GRAD_ROWS 2
        READ_GRADS %1, %2
    %assign %%r 0
    %rep (%1 - 1) * STEP + SIDE
        %assign %%q 0
        %rep SIDE
            READ_IMAGE %2, IMAGE, COLUMN_%[%%q] + rbp
            %assign %%i 0
            %rep %1
                %assign %%p %%r - %%i * STEP
                %if %%p >= 0 && %%p < SIDE
                    %assign %%w %%p * SIDE + %%q
                    %assign %%d TAPS + %%i
                    FMA m %+ %%w, IMAGE, m %+ %%d, m %+ %%w
                %endif
                %assign %%i %%i + 1
            %endrep
            %assign %%q %%q + 1
        %endrep
        add rbp, rbx
        %assign %%r %%r + 1
    %endrep
    %rep SIDE - STEP
        sub rbp, rbx
    %endrep
        NEXT_BLOCK %1
%endmacro

; PASS_SUMS LOAD or STORE: at rax, those of a tap 64 bytes behind those before.
%macro LOAD_SUM 2
        LOAD %2, [%1]
%endmacro
%macro STORE_SUM 2
        STORE [%1], %2
%endmacro
%macro PASS_SUMS 1
    %assign %%t 0
    %rep TAPS
        %1_SUM rax + 64 * %%t, m %+ %%t
        %assign %%t %%t + 1
    %endrep
%endmacro

; SQUARE_GRAD side, step: on the stack, which of the vectors in 64 bytes this is.
%macro SQUARE_GRAD 2
        NAME_PLANE %1, %2
.square_%1_%2:
        mov qword [rsp], 0
    %%vector:
        mov rax, [ARGS_WEIGHT]
        add rax, [rsp]
        test dword [ARGS_FLAGS], START_C
        jz near %%zero
        PASS_SUMS LOAD
        jmp near %%started
    %%zero:
    %assign %%t 0
    %rep TAPS
        ZERO m %+ %%t
        %assign %%t %%t + 1
    %endrep
    %%started:
        mov r13, [rsp]
        mov r12, [ARGS_COLS]
        shl r12, ESHIFT
        sub r12, r13
        jle near %%finish
    %%strip:
        FIND_COLUMNS
        BEGIN_STRIP
        cmp r12, VBYTES
        jb near %%tail
        FOR_ROWS SQUARE_GRAD_ROWS, 0
        add r13, 64
        sub r12, 64
        jg near %%strip
        jmp near %%finish
    %%tail:
        BEGIN_TAIL
        FOR_ROWS SQUARE_GRAD_ROWS, 1
    %%finish:
        mov rax, [ARGS_WEIGHT]
        add rax, [rsp]
        PASS_SUMS STORE
        add qword [rsp], VBYTES
        cmp qword [rsp], 64
        jb near %%vector
        jmp near .done
%endmacro

; Any kernel: eight taps at a time. On the stack: the offsets of the taps, then
%define SOME_TAPS 8
%define THIS_VECTOR rsp + 64
%define TAPS_LEFT rsp + 72
%define THIS_SUMS rsp + 80
%define NEXT_COLUMN rsp + 88
%define NEXT_ROW rsp + 96
%define FRAME 104

; Bytes from a vector of outputs to each tap's; those beyond the last one are 0.
%macro FIND_TAPS 0
        mov r8, [NEXT_COLUMN]
        mov r9, [NEXT_ROW]
        mov r10, [ARGS_COLUMNS]
        xor ecx, ecx
    %%tap:
        xor eax, eax
        cmp rcx, [TAPS_LEFT]
        jge %%found
        mov rax, [r10 + r8 * 8]
        lea rax, [r9 + rax * ESIZE]
        inc r8
        cmp r8, [ARGS_KERNEL_W]
        jl %%found
        xor r8d, r8d
        add r9, rbx
    %%found:
        mov [rsp + rcx * 8], rax
        inc ecx
        cmp ecx, SOME_TAPS
        jl %%tap
        mov [NEXT_COLUMN], r8
        mov [NEXT_ROW], r9
%endmacro

; PASS_SOME_SUMS LOAD or STORE: those that exist.
%macro PASS_SOME_SUMS 1
    %assign %%t 0
    %rep SOME_TAPS
        cmp qword [TAPS_LEFT], %%t
        jle near %%done
        %1_SUM rax + 64 * %%t, m %+ %%t
        %assign %%t %%t + 1
    %endrep
    %%done:
%endmacro

; SOME_GRAD_ROWS rows, tail: rows one after the other; r14 is the image, r15 the bytes of a step.
%macro SOME_GRAD_ROWS 2
    %rep %1
        %if %2
            READ_PART rdx, m8
        %else
            READ_VECTOR rdx, m8
        %endif
        %assign %%t 0
        %rep SOME_TAPS
            mov rax, [rsp + 8 * %%t]
            READ_IMAGE %2, m9, r14 + rax
            FMA m %+ %%t, m9, m8, m %+ %%t
            %assign %%t %%t + 1
        %endrep
        add r14, r15
        add rdx, rsi
    %endrep
%endmacro

%macro CONV_PLANE_GRAD 0
KERNEL conv_plane_grad, args
        PUSH_ALL
        sub rsp, FRAME
        mov rbx, [ARGS_SRC_ROW]
        shl rbx, ESHIFT
        mov rsi, [ARGS_DST_ROW]
        shl rsi, ESHIFT
        CHOOSE_BODY
        mov r15, [ARGS_STRIDE]
        imul r15, rbx
        mov rax, [ARGS_KERNEL_H]
        imul rax, [ARGS_KERNEL_W]
        mov [TAPS_LEFT], rax
        mov rax, [ARGS_WEIGHT]
        mov [THIS_SUMS], rax
        mov qword [NEXT_COLUMN], 0
        mov qword [NEXT_ROW], 0
.taps:
        cmp qword [TAPS_LEFT], 0
        jle near .done
        FIND_TAPS
        mov qword [THIS_VECTOR], 0
.vector:
    %assign %%t 0
    %rep SOME_TAPS
        ZERO m %+ %%t
        %assign %%t %%t + 1
    %endrep
        mov rax, [THIS_SUMS]
        add rax, [THIS_VECTOR]
        test dword [ARGS_FLAGS], START_C
        jz near .started
        PASS_SOME_SUMS LOAD
.started:
        mov r13, [THIS_VECTOR]
        mov r12, [ARGS_COLS]
        shl r12, ESHIFT
        sub r12, r13
        jle near .finish
.strip:
        BEGIN_STRIP
        mov r14, [ARGS_SRC]
        add r14, r13
        cmp r12, VBYTES
        jb near .tail
        FOR_ROWS SOME_GRAD_ROWS, 0
        add r13, 64
        sub r12, 64
        jg near .strip
        jmp near .finish
.tail:
        BEGIN_TAIL
        FOR_ROWS SOME_GRAD_ROWS, 1
.finish:
        mov rax, [THIS_SUMS]
        add rax, [THIS_VECTOR]
        PASS_SOME_SUMS STORE
        add qword [THIS_VECTOR], VBYTES
        cmp qword [THIS_VECTOR], 64
        jb near .vector
        add qword [THIS_SUMS], 64 * SOME_TAPS
        sub qword [TAPS_LEFT], SOME_TAPS
        jmp near .taps
        FOR_SQUARES SQUARE_GRAD
.done:
        add rsp, FRAME
        POP_ALL
        RETURN
%endmacro

FOR_EVERY_TARGET CONV_PLANE_GRAD

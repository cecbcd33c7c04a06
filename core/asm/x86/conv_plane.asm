; Convolutions of one channel with one filter: core/asm/conv_kernel.h.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/conv.inc"
%include "core/asm/x86/conv_plane.inc"

; void neural_conv_plane_<dtype>_<isa>(const neural_conv_plane_args *args)
;
; Kernels of 3x3 (avx512: and 5x5) and steps of 1 or 2 have a straight-line body each, for blocks of
; 4 rows and for single rows: what a vector of a row of the image meets in all of them is multiplied
; at once, so that it is read once. Other kernels are loops over their taps.
;
; rdi  args              rdx  row of dst          r8 r9 r10 r14 r15  tap columns 0 ... 4
; rbx  bytes of a row    rsi  bytes of one of it  r12  bytes of the row left, from here on
; rbp  the row's offset  rcx  rows left           r13  bytes of the row before
; m0 ...  weights; then 4 rows of outputs; then the image
;
; Loop: a strip of one vector of columns from top to bottom, then the next strip.
; Tail: the last strip is read and written under a mask.

; BEGIN_OUTPUTS rows, tail, first register; END_OUTPUTS alike.
%macro BEGIN_OUTPUTS 3
        test dword [ARGS_FLAGS], START_C
        jz near %%zero
        lea rax, [rdx + rsi * 2]
    %assign %%i 0
    %rep %1
        %assign %%r %3 + %%i
        %if %2
            AT_ROW READ_PART, %%i, m %+ %%r
        %else
            AT_ROW READ_VECTOR, %%i, m %+ %%r
        %endif
        %assign %%i %%i + 1
    %endrep
        jmp near %%done
    %%zero:
    %assign %%i 0
    %rep %1
        %assign %%r %3 + %%i
        ZERO m %+ %%r
        %assign %%i %%i + 1
    %endrep
    %%done:
%endmacro

%macro END_OUTPUTS 3
        test dword [ARGS_FLAGS], ADD_ROW
        jz near %%no_bias
        mov rax, [ARGS_BIAS]
        SPLAT_MEMORY IMAGE, rax
    %assign %%i 0
    %rep %1
        %assign %%r %3 + %%i
        ADD m %+ %%r, m %+ %%r, IMAGE
        %assign %%i %%i + 1
    %endrep
    %%no_bias:
        test dword [ARGS_FLAGS], RELU
        jz near %%store
        ZERO TEMPORARY
    %assign %%i 0
    %rep %1
        %assign %%r %3 + %%i
        RELU_ACC m %+ %%r
        %assign %%i %%i + 1
    %endrep
    %%store:
        lea rax, [rdx + rsi * 2]
    %assign %%i 0
    %rep %1
        %assign %%r %3 + %%i
        %if %2
            AT_ROW WRITE_PART, %%i, m %+ %%r
        %else
            AT_ROW WRITE_VECTOR, %%i, m %+ %%r
        %endif
        %assign %%i %%i + 1
    %endrep
        NEXT_BLOCK %1
%endmacro

; SQUARE_ROWS rows, tail: the outputs of so many rows in a strip.
%macro SQUARE_ROWS 2
        BEGIN_OUTPUTS %1, %2, TAPS
    %assign %%r 0
    %rep (%1 - 1) * STEP + SIDE
        %assign %%q 0
        %rep SIDE
            LOAD IMAGE, [COLUMN_%[%%q] + rbp]
            %assign %%i 0
            %rep %1
                %assign %%p %%r - %%i * STEP
                %if %%p >= 0 && %%p < SIDE
                    %assign %%w %%p * SIDE + %%q
                    %assign %%y TAPS + %%i
                    FMA m %+ %%y, IMAGE, m %+ %%w, m %+ %%y
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
        END_OUTPUTS %1, %2, TAPS
%endmacro

; SQUARE side, step
%macro SQUARE 2
        NAME_PLANE %1, %2
.square_%1_%2:
        mov rax, [ARGS_WEIGHT]
    %assign %%t 0
    %rep TAPS
        SPLAT_MEMORY m %+ %%t, rax + %%t * ESIZE
        %assign %%t %%t + 1
    %endrep
    %%strip:
        FIND_COLUMNS
        BEGIN_STRIP
        cmp r12, VBYTES
        jb near %%tail
        FOR_ROWS SQUARE_ROWS, 0
        add r13, VBYTES
        sub r12, VBYTES
        jnz near %%strip
        jmp near .done
    %%tail:
        TAIL r12
        FOR_ROWS SQUARE_ROWS, 1
        jmp near .done
%endmacro

; ANY_ROWS rows, tail: r14 is where the image begins, r15 the bytes of a step.
%macro ANY_ROWS 2
        BEGIN_OUTPUTS %1, %2, 0
        mov r8, r14
        mov r10, [ARGS_WEIGHT]
        mov rbp, [ARGS_KERNEL_H]
        jmp near %%next_row
    %%row:
        xor r11d, r11d
    %%tap:
        mov rax, [r9 + r11 * 8]
        lea rax, [r8 + rax * ESIZE]
        SPLAT_MEMORY m4, r10
    %assign %%i 0
    %rep %1
        LOAD IMAGE, [rax]
        FMA m %+ %%i, IMAGE, m4, m %+ %%i
        %if %%i + 1 < %1
            add rax, r15
        %endif
        %assign %%i %%i + 1
    %endrep
        add r10, ESIZE
        inc r11
        cmp r11, [ARGS_KERNEL_W]
        jl %%tap
        add r8, rbx
    %%next_row:
        dec rbp
        jns near %%row
    %rep %1
        add r14, r15
    %endrep
        END_OUTPUTS %1, %2, 0
%endmacro

%macro CONV_PLANE 0
KERNEL conv_plane, args
        PUSH_ALL
        mov rbx, [ARGS_SRC_ROW]
        shl rbx, ESHIFT
        mov rsi, [ARGS_DST_ROW]
        shl rsi, ESHIFT
        xor r13d, r13d
        mov r12, [ARGS_COLS]
        shl r12, ESHIFT
        jz near .done
        cmp qword [ARGS_ROWS], 0
        jle near .done
        CHOOSE_BODY
        NAME_PLANE 1, 1
        mov r9, [ARGS_COLUMNS]
        mov r15, [ARGS_STRIDE]
        imul r15, rbx
.strip:
        BEGIN_STRIP
        mov r14, [ARGS_SRC]
        add r14, r13
        cmp r12, VBYTES
        jb near .tail
        FOR_ROWS ANY_ROWS, 0
        add r13, VBYTES
        sub r12, VBYTES
        jnz near .strip
        jmp near .done
.tail:
        TAIL r12
        FOR_ROWS ANY_ROWS, 1
        jmp near .done
        FOR_SQUARES SQUARE
.done:
        POP_ALL
        RETURN
%endmacro

FOR_EVERY_TARGET CONV_PLANE

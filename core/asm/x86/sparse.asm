; One row by a sparse matrix of blocks: core/asm/sparse_kernel.h.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/conv.inc"

; void neural_sparse_row_<dtype>_<isa>(const neural_sparse_row_args *args)
;
; Up to 4 strips run side by side, because a chain alone would wait for its own latency.
;
; rdi  args               rbx rbp r12 r13  index of strips 0 ... 3   m0 ...  accumulators, a strip's
; rsi  the first strip    r14 r15 r9 r10   weight, block i           together
; rdx  strips left        rcx  end of i    m8  one element of src
; r8   src                r11  i           rax  its number
;
; Loop: an element of src times a block for every strip, as deep as the last one is; then the rest
; of each strip on its own; then the next strips. No tail: strips are whole by contract.

%define ARGS_SRC rdi
%define ARGS_STRIPS rdi + 8
%define ARGS_COUNT rdi + 16
%define ARGS_DST rdi + 24
%define ARGS_BIAS rdi + 32
%define ARGS_FLAGS rdi + 40
%define STRIP_BYTES 32

%define INDEX_0 rbx
%define INDEX_1 rbp
%define INDEX_2 r12
%define INDEX_3 r13
%define WEIGHT_0 r14
%define WEIGHT_1 r15
%define WEIGHT_2 r9
%define WEIGHT_3 r10

; FOR_STRIPS macro: expands `macro strip` for those side by side.
%macro FOR_STRIPS 1
    %assign %%s 0
    %rep SIDE_BY_SIDE
        %1 %[%%s]
        %assign %%s %%s + 1
    %endrep
%endmacro

%macro FIND_STRIP 1
        mov INDEX_%1, [rsi + %1 * STRIP_BYTES]
        mov WEIGHT_%1, [rsi + %1 * STRIP_BYTES + 8]
%endmacro

%macro ADD_BLOCK 1
        movsxd rax, dword [INDEX_%1 + r11 * 4]
        SPLAT_MEMORY m8, r8 + rax * ESIZE
    %assign %%v 0
    %rep STRIP_VECTORS
        %assign %%acc %1 * STRIP_VECTORS + %%v
    %if AVX
        FMA m %+ %%acc, m8, [WEIGHT_%1 + %%v * VBYTES], m %+ %%acc
    %else
        LOAD m9, [WEIGHT_%1 + %%v * VBYTES]
        MUL m9, m9, m8
        ADD m %+ %%acc, m %+ %%acc, m9
    %endif
        %assign %%v %%v + 1
    %endrep
        add WEIGHT_%1, 16 * ESIZE
%endmacro

%macro FINISH_STRIP 1
        mov r11, [rsi + (SIDE_BY_SIDE - 1) * STRIP_BYTES + 16]
        mov rcx, [rsi + %1 * STRIP_BYTES + 16]
        cmp r11, rcx
        jge near %%whole
    %%rest:
        ADD_BLOCK %1
        inc r11
        cmp r11, rcx
        jl near %%rest
    %%whole:
        mov rax, [rsi + %1 * STRIP_BYTES + 24]
        shl rax, ESHIFT
        mov ecx, [ARGS_FLAGS]
        test ecx, ADD_COLUMN
        jz near %%no_bias
        mov r11, [ARGS_BIAS]
        add r11, rax
    %assign %%v 0
    %rep STRIP_VECTORS
        %assign %%acc %1 * STRIP_VECTORS + %%v
        LOAD m9, [r11 + %%v * VBYTES]
        ADD m %+ %%acc, m %+ %%acc, m9
        %assign %%v %%v + 1
    %endrep
    %%no_bias:
        add rax, [ARGS_DST]
        test ecx, RELU
        jz near %%store
        ZERO TEMPORARY
    %assign %%v 0
    %rep STRIP_VECTORS
        %assign %%acc %1 * STRIP_VECTORS + %%v
        RELU_ACC m %+ %%acc
        %assign %%v %%v + 1
    %endrep
    %%store:
    %assign %%v 0
    %rep STRIP_VECTORS
        %assign %%acc %1 * STRIP_VECTORS + %%v
        STORE [rax + %%v * VBYTES], m %+ %%acc
        %assign %%v %%v + 1
    %endrep
%endmacro

; STRIPS side by side: while so many are left.
%macro STRIPS 1
    %assign SIDE_BY_SIDE %1
    %assign ACCS SIDE_BY_SIDE * STRIP_VECTORS
.strips_%1:
        cmp rdx, SIDE_BY_SIDE
        jl near .end_%1
        FOR_STRIPS FIND_STRIP
        FOR_ACCS ZERO_ACC
        xor r11d, r11d
        mov rcx, [rsi + (SIDE_BY_SIDE - 1) * STRIP_BYTES + 16]
        test rcx, rcx
        jle near .rest_%1
    align 16
.block_%1:
        FOR_STRIPS ADD_BLOCK
        inc r11
        cmp r11, rcx
        jl near .block_%1
.rest_%1:
        FOR_STRIPS FINISH_STRIP
        add rsi, SIDE_BY_SIDE * STRIP_BYTES
        sub rdx, SIDE_BY_SIDE
        jmp near .strips_%1
.end_%1:
%endmacro

%macro SPARSE_ROW 0
    %assign STRIP_VECTORS 16 * ESIZE / VBYTES
    NAME_TEMPORARY
KERNEL sparse_row, args
        PUSH_ALL
        mov r8, [ARGS_SRC]
        mov rsi, [ARGS_STRIPS]
        mov rdx, [ARGS_COUNT]
    %if STRIP_VECTORS <= 2
        STRIPS 4
    %elif STRIP_VECTORS == 4
        STRIPS 2
    %endif
        STRIPS 1
        POP_ALL
        RETURN
%endmacro

FOR_EVERY_TARGET SPARSE_ROW

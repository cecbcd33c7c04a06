; Convolutions with filters in the lanes: core/asm/conv_kernel.h.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/conv.inc"

; void neural_conv_filters_<dtype>_<isa>(const neural_conv_filters_args *args)
;
; A tile is up to 14 rows (avx2: 6, sse2: 3) by one or, with avx512, two pieces of filters, one
; straight-line body for each number of both, chosen by a jump table.
;
; rdi  args               r8   weight, row k       rbx rbp r12 r13 r14 r15  rows 0 ... 5 of the tile
; rsi  rows of the tile   r9   weight_row, bytes   m0 ...  accumulators, a row's together
; rdx  taps, from k on    r10  src                 then a row of weights, then one element of src
; rcx  k still to do      r11  a later row         rax  src at tap k
;
; Loop: a row of weights times an element of src for every row per step; then the next rows, then
; the next filters.
; Tail: fewer rows; the last piece of filters is whole by contract.

%define ARGS_SRC rdi
%define ARGS_ROWS rdi + 8
%define ARGS_COUNT rdi + 16
%define ARGS_TAPS rdi + 24
%define ARGS_DEPTH rdi + 32
%define ARGS_WEIGHT rdi + 40
%define ARGS_WEIGHT_ROW rdi + 48
%define ARGS_FILTERS rdi + 56
%define ARGS_DST rdi + 64
%define ARGS_DST_ROW rdi + 72
%define ARGS_BIAS rdi + 80
%define ARGS_FLAGS rdi + 88

; On the stack: what belongs to the filters and rows of this tile.
%define THIS_ROWS rsp
%define THIS_DST rsp + 8
%define ROWS_LEFT rsp + 16
%define FILTERS_LEFT rsp + 24
%define THIS_PIECES rsp + 32
%define FIRST_DST rsp + 40
%define THIS_WEIGHT rsp + 48
%define THIS_BIAS rsp + 56
%define FRAME 72

%define ROW_0 rbx
%define ROW_1 rbp
%define ROW_2 r12
%define ROW_3 r13
%define ROW_4 r14
%define ROW_5 r15

; STEP_ROW row: defines ROW as its register.
%macro STEP_ROW 1
    %if %1 < 6
        %xdefine ROW ROW_%1
    %else
        mov r11, [rsi + 8 * %1]
        %xdefine ROW r11
    %endif
    %assign %%v 0
    %if AVX512 && WIDTH == 1
        %assign %%w ACCS
        FMA m%1, m %+ %%w, [rax + ROW * ESIZE] SPREAD, m%1
    %else
        SPLAT_MEMORY TEMPORARY, rax + ROW * ESIZE
        %rep WIDTH
            %assign %%acc %1 * WIDTH + %%v
            %assign %%w ACCS + %%v
            %if AVX
                FMA m %+ %%acc, m %+ %%w, TEMPORARY, m %+ %%acc
            %else
                LOAD m15, [r8 + %%v * VBYTES]
                MUL m15, m15, TEMPORARY
                ADD m %+ %%acc, m %+ %%acc, m15
            %endif
            %assign %%v %%v + 1
        %endrep
    %endif
%endmacro

%macro STEP 0
    %if AVX
        LOAD_WEIGHTS
    %endif
    %assign %%i 0
    %rep COUNT
        STEP_ROW %[%%i]
        %assign %%i %%i + 1
    %endrep
%endmacro

%macro LOAD_WEIGHTS 0
    %assign %%v 0
    %rep WIDTH
        %assign %%w ACCS + %%v
        LOAD m %+ %%w, [r8 + %%v * VBYTES]
        %assign %%v %%v + 1
    %endrep
%endmacro

; PASS direction: the tile's rows from or to dst.
%macro PASS 1
        mov rax, [THIS_DST]
        mov rdx, [ARGS_DST_ROW]
        shl rdx, ESHIFT
    %assign %%i 0
    %rep COUNT
        %assign %%p 0
        %rep PIECES
            %assign %%first %%i * WIDTH + %%p * PIECE_VECTORS
            %1_VECTORS rax + 64 * %%p, %%first
            %assign %%p %%p + 1
        %endrep
        add rax, rdx
        %assign %%i %%i + 1
    %endrep
%endmacro

%macro ADD_BIAS 0
        mov rax, [THIS_BIAS]
    %assign %%v 0
    %rep WIDTH
        LOAD TEMPORARY, [rax + %%v * VBYTES]
        %assign %%i 0
        %rep COUNT
            %assign %%acc %%i * WIDTH + %%v
            ADD m %+ %%acc, m %+ %%acc, TEMPORARY
            %assign %%i %%i + 1
        %endrep
        %assign %%v %%v + 1
    %endrep
%endmacro

%macro FIND_ROW 1
    %if %1 < COUNT
        mov ROW_%1, [rsi + 8 * %1]
    %endif
%endmacro

; FILTERS_BODY rows, pieces
%macro FILTERS_BODY 2
    %assign COUNT %1
    %assign PIECES %2
    %assign WIDTH PIECES * PIECE_VECTORS
    %assign ACCS COUNT * WIDTH
    align 32
.rows_%1_pieces_%2:
        test dword [ARGS_FLAGS], START_C
        jz near %%zero
        PASS LOAD
        jmp near %%started
    %%zero:
        FOR_ACCS ZERO_ACC
    %%started:
        mov rsi, [THIS_ROWS]
        FIND_ROW 0
        FIND_ROW 1
        FIND_ROW 2
        FIND_ROW 3
        FIND_ROW 4
        FIND_ROW 5
        mov rdx, [ARGS_TAPS]
        mov r8, [THIS_WEIGHT]
        mov r9, [ARGS_WEIGHT_ROW]
        shl r9, ESHIFT
        mov r10, [ARGS_SRC]
        mov rcx, [ARGS_DEPTH]
        test rcx, rcx
        jz near %%finish
    align 16
    %%loop:
        mov rax, [rdx]
        lea rax, [r10 + rax * ESIZE]
        STEP
        add rdx, 8
        add r8, r9
        dec rcx
        jnz near %%loop
    %%finish:
        test dword [ARGS_FLAGS], ADD_COLUMN
        jz near %%no_bias
        ADD_BIAS
    %%no_bias:
        test dword [ARGS_FLAGS], RELU
        jz near %%store
        ZERO TEMPORARY
        FOR_ACCS RELU_ACC
    %%store:
        PASS STORE
        mov ecx, COUNT
        jmp near .next
%endmacro

; FOR_TILES macro: expands `macro rows, pieces` for all tiles, in the order of the jump table.
%macro FOR_TILES 1
    %assign %%pieces 1
    %rep MOST_PIECES
        %assign %%rows 1
        %rep MOST_ROWS
            %1 %[%%rows], %[%%pieces]
            %assign %%rows %%rows + 1
        %endrep
        %assign %%pieces %%pieces + 1
    %endrep
%endmacro

%macro FILTERS_ENTRY 2
    dd .rows_%1_pieces_%2 - .bodies
%endmacro

%macro CONV_FILTERS 0
    %assign MOST_ROWS 14 * AVX512 + 6 * AVX2 + 3 * SSE2
    %assign MOST_PIECES 1 + AVX512
    NAME_TEMPORARY
KERNEL conv_filters, args
        PUSH_ALL
        sub rsp, FRAME
        mov rax, [ARGS_WEIGHT]
        mov [THIS_WEIGHT], rax
        mov rax, [ARGS_DST]
        mov [FIRST_DST], rax
        mov rax, [ARGS_BIAS]
        mov [THIS_BIAS], rax
        mov rax, [ARGS_FILTERS]
        mov [FILTERS_LEFT], rax
        cmp qword [ARGS_COUNT], 0
        jle near .done
.filters:
        mov rax, [FILTERS_LEFT]
        test rax, rax
        jle near .done
        mov ecx, 1
    %if AVX512
        cmp rax, 64 / ESIZE
        setg cl
        inc ecx
    %endif
        mov [THIS_PIECES], rcx
        mov rax, [ARGS_ROWS]
        mov [THIS_ROWS], rax
        mov rax, [FIRST_DST]
        mov [THIS_DST], rax
        mov rax, [ARGS_COUNT]
        mov [ROWS_LEFT], rax
.rows:
        mov rax, [ROWS_LEFT]
        mov ecx, MOST_ROWS
        cmp rax, rcx
        cmova rax, rcx
        mov rcx, [THIS_PIECES]
        imul rcx, rcx, MOST_ROWS
        add rax, rcx
        lea rcx, [.bodies]
        movsxd rax, [rcx + rax * 4 - 4 * (MOST_ROWS + 1)]
        add rax, rcx
        jmp rax
.next:                                          ; rcx rows are done
        lea rax, [rcx * 8]
        add [THIS_ROWS], rax
        mov rax, [ARGS_DST_ROW]
        imul rax, rcx
        shl rax, ESHIFT
        add [THIS_DST], rax
        sub [ROWS_LEFT], rcx
        jg near .rows
        mov rcx, [THIS_PIECES]
        mov rax, rcx
        shl rax, 6
        add [THIS_WEIGHT], rax
        add [FIRST_DST], rax
        add [THIS_BIAS], rax
        shr rax, ESHIFT
        sub [FILTERS_LEFT], rax
        jmp near .filters
        FOR_TILES FILTERS_BODY
.done:
        add rsp, FRAME
        POP_ALL
        RETURN
    section .rodata
    align 4
.bodies:
        FOR_TILES FILTERS_ENTRY
    section .text
%endmacro

FOR_EVERY_TARGET CONV_FILTERS

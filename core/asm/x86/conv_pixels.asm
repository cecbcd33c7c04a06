; Convolutions with outputs in the lanes: core/asm/conv_kernel.h.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/conv.inc"

; void neural_conv_pixels_<dtype>_<isa>(const neural_conv_pixels_args *args)
;
; A tile is up to 6 filters (sse2: 3) by as many pieces as fit into the registers, one straight-line
; body for each number of both, chosen by a jump table.
;
; rdi  args              rdx  weight k of filter 0    r11 rbx rbp r12 r13 r14 r15 r9  the pieces
; rsi  taps, from k on   r8   a row of weights,       m0 ...  accumulators, a filter's together
; rax  tap k             r9   three of them           then the weights, and one vector of the image
; rcx  k still to do     r10  five of them            (avx2, from 4 filters: the image, one weight)
;
; Loop: a vector of every piece times a weight of every filter per step; then the next pieces, then
; the next filters.
; Tail: pieces with fewer elements are computed whole and stored under a mask (avx512) or by way of
; the stack, 8 bytes at a time.

%define ARGS_SRC rdi
%define ARGS_TAPS rdi + 8
%define ARGS_DEPTH rdi + 16
%define ARGS_WEIGHT rdi + 24
%define ARGS_FILTERS rdi + 32
%define ARGS_DST rdi + 40
%define ARGS_DST_PLANE rdi + 48
%define ARGS_PIECES rdi + 56
%define ARGS_COUNT rdi + 64
%define ARGS_BIAS rdi + 72
%define ARGS_FLAGS rdi + 80

%define PIECE_SRC 0
%define PIECE_DST 8
%define PIECE_LEN 16
%define PIECE_SIZE 24

; On the stack: a piece on its way, then what belongs to the filters and pieces of this tile.
%define BUFFER rsp
%define THIS_WEIGHT rsp + 64
%define THIS_DST rsp + 72
%define THIS_BIAS rsp + 80
%define FILTERS_LEFT rsp + 88
%define THIS_ROWS rsp + 96
%define THIS_PIECE rsp + 104
%define PIECES_LEFT rsp + 112
%define FRAME 120

%define BASE_0 r11
%define BASE_1 rbx
%define BASE_2 rbp
%define BASE_3 r12
%define BASE_4 r13
%define BASE_5 r14
%define BASE_6 r15
%define BASE_7 r9

%define WEIGHT_0 rdx
%define WEIGHT_1 rdx + r8
%define WEIGHT_2 rdx + r8 * 2
%define WEIGHT_3 rdx + r9
%define WEIGHT_4 rdx + r8 * 4
%define WEIGHT_5 rdx + r10

; MOST_PIECES rows: defines MOST, how many pieces a tile of so many filters has.
%macro MOST_PIECES 1
    %if AVX512
        %if %1 <= 3
            %assign MOST 8
        %else
            %assign MOST 4
        %endif
    %else
        %assign MOST 1
        %if %1 == 1
            %assign MOST 4 - 2 * SSE2
        %elif %1 <= 3
            %assign MOST 2 - SSE2
        %endif
    %endif
%endmacro

; FOR_PIECES macro: expands `macro piece` for every piece of the tile.
%macro FOR_PIECES 1
    %assign %%p 0
    %rep PIECES
        %1 %%p
        %assign %%p %%p + 1
    %endrep
%endmacro

%macro FIND_PIECE 1
        mov BASE_%1, [rax + PIECE_SIZE * %1 + PIECE_SRC]
        lea BASE_%1, [rcx + BASE_%1 * ESIZE]
%endmacro

; --- one tap -------------------------------------------------------------------------------------

; MULTIPLY row, vector, weight, image: sse2 reads the image again for every filter.
%macro MULTIPLY 4
    %assign %%acc (%1) * WIDTH + (%2)
    %if AVX
        FMA m %+ %%acc, %4, %3, m %+ %%acc
    %else
        LOAD m15, %4
        MUL m15, m15, %3
        ADD m %+ %%acc, m %+ %%acc, m15
    %endif
%endmacro

; The vectors of one piece under all filters, whose weights are in registers.
%macro STEP_PIECE 1
    %assign %%j 0
    %rep PIECE_VECTORS
        %assign %%v %1 * PIECE_VECTORS + %%j
        %xdefine %%image [BASE_%1 + rax * ESIZE + %%j * VBYTES]
        %if AVX && ROWS > 1
            %assign %%free ACCS + ROWS
            %xdefine %%vector m %+ %%free
            LOAD %%vector, %%image
        %else
            %xdefine %%vector %%image
        %endif
        %assign %%i 0
        %rep ROWS
            %assign %%w ACCS + %%i
            %if AVX && ROWS == 1
                FMA m %+ %%v, m %+ %%w, %%vector, m %+ %%v
            %else
                MULTIPLY %%i, %%v, m %+ %%w, %%vector
            %endif
            %assign %%i %%i + 1
        %endrep
        %assign %%j %%j + 1
    %endrep
%endmacro

%macro STEP_ALL_PIECES 0
    %assign %%i 0
    %rep ROWS
        %assign %%w ACCS + %%i
        SPLAT_MEMORY m %+ %%w, WEIGHT_%[%%i]
        %assign %%i %%i + 1
    %endrep
        FOR_PIECES STEP_PIECE
%endmacro

; avx2, 4 filters and more: one piece in m12 and m13, the weights one after the other in m14.
%macro STEP_ALL_FILTERS 0
        LOAD m12, [BASE_0 + rax * ESIZE]
        LOAD m13, [BASE_0 + rax * ESIZE + VBYTES]
    %assign %%i 0
    %rep ROWS
        SPLAT_MEMORY m14, WEIGHT_%[%%i]
        MULTIPLY %%i, 0, m14, m12
        MULTIPLY %%i, 1, m14, m13
        %assign %%i %%i + 1
    %endrep
%endmacro

; --- dst -----------------------------------------------------------------------------------------

; EDGE_OF piece, label: rax = its dst, rcx = its len; with rdx bytes of a plane. avx512 masks every
; vector, whole ones too: k1 is the mask. Others jump to the label if the piece is not whole.
%macro EDGE_OF 2
        mov rcx, [THIS_PIECE]
        mov rax, [rcx + PIECE_SIZE * %1 + PIECE_DST]
        mov rcx, [rcx + PIECE_SIZE * %1 + PIECE_LEN]
        shl rax, ESHIFT
        add rax, [THIS_DST]
    %if AVX512
        mov esi, -1
        bzhi esi, esi, ecx
        kmovd k1, esi
    %else
        cmp rcx, 64 / ESIZE
        jne near %2
    %endif
%endmacro

; PASS_WHOLE direction, piece; PASS_PART alike.
%macro PASS_WHOLE 2
    %assign %%i 0
    %rep ROWS
        %assign %%first %%i * WIDTH + %2 * PIECE_VECTORS
        %1_VECTORS rax, %%first
        add rax, rdx
        %assign %%i %%i + 1
    %endrep
%endmacro

%macro PASS_PART 2
    %assign %%i 0
    %rep ROWS
        %assign %%first %%i * WIDTH + %2 * PIECE_VECTORS
        %1_PART %%first
        add rax, rdx
        %assign %%i %%i + 1
    %endrep
%endmacro

%macro LOAD_PART 1
    %if AVX512
        vmovup %+ P m%1{k1}{z}, [rax]
    %else
        COPY_SHORT BUFFER, rax
        LOAD_VECTORS BUFFER, %1
    %endif
%endmacro

%macro STORE_PART 1
    %if AVX512
        vmovup %+ P [rax]{k1}, m%1
    %else
        STORE_VECTORS BUFFER, %1
        COPY_SHORT rax, BUFFER
    %endif
%endmacro

; COPY_SHORT to, from: rcx elements.
%macro COPY_SHORT 2
        mov r8, rcx
        shl r8, ESHIFT
        xor r9d, r9d
    %%eight:
        cmp r8, 8
        jb %%rest
        mov r10, [%2 + r9]
        mov [%1 + r9], r10
        add r9, 8
        sub r8, 8
        jmp %%eight
    %%rest:
    %if F32
        test r8d, r8d
        jz %%done
        mov r10d, [%2 + r9]
        mov [%1 + r9], r10d
    %endif
    %%done:
%endmacro

%macro LOAD_PIECE 1
        EDGE_OF %1, %%part
    %if AVX512 == 0
        PASS_WHOLE LOAD, %1
        jmp near %%done
    %%part:
    %endif
        PASS_PART LOAD, %1
    %%done:
%endmacro

%macro STORE_PIECE 1
        EDGE_OF %1, %%part
    %if AVX512 == 0
        PASS_WHOLE STORE, %1
        jmp near %%done
    %%part:
    %endif
        PASS_PART STORE, %1
    %%done:
%endmacro

%macro ADD_BIAS 0
        mov rax, [THIS_BIAS]
    %assign %%i 0
    %rep ROWS
        SPLAT_MEMORY TEMPORARY, rax + %%i * ESIZE
        %assign %%v 0
        %rep WIDTH
            %assign %%acc %%i * WIDTH + %%v
            ADD m %+ %%acc, m %+ %%acc, TEMPORARY
            %assign %%v %%v + 1
        %endrep
        %assign %%i %%i + 1
    %endrep
%endmacro

; --- a body --------------------------------------------------------------------------------------

; PIXELS_BODY rows, pieces
%macro PIXELS_BODY 2
    %assign ROWS %1
    %assign PIECES %2
    %assign WIDTH PIECES * PIECE_VECTORS
    %assign ACCS ROWS * WIDTH
    align 32
.rows_%1_pieces_%2:
        mov rdx, [ARGS_DST_PLANE]
        shl rdx, ESHIFT
        test dword [ARGS_FLAGS], START_C
        jz near %%zero
        FOR_PIECES LOAD_PIECE
        jmp near %%started
    %%zero:
        FOR_ACCS ZERO_ACC
    %%started:
        mov r8, [ARGS_DEPTH]
        shl r8, ESHIFT
        lea r9, [r8 + r8 * 2]
        lea r10, [r8 + r8 * 4]
        mov rax, [THIS_PIECE]
        mov rcx, [ARGS_SRC]
        FOR_PIECES FIND_PIECE
        mov rsi, [ARGS_TAPS]
        mov rdx, [THIS_WEIGHT]
        mov rcx, [ARGS_DEPTH]
        test rcx, rcx
        jz near %%finish
    align 16
    %%loop:
        mov rax, [rsi]
    %if AVX2 && ROWS > 3
        STEP_ALL_FILTERS
    %else
        STEP_ALL_PIECES
    %endif
        add rsi, 8
        add rdx, ESIZE
        dec rcx
        jnz near %%loop
    %%finish:
        test dword [ARGS_FLAGS], ADD_ROW
        jz near %%no_bias
        ADD_BIAS
    %%no_bias:
        test dword [ARGS_FLAGS], RELU
        jz near %%store
        ZERO TEMPORARY
        FOR_ACCS RELU_ACC
    %%store:
        mov rdx, [ARGS_DST_PLANE]
        shl rdx, ESHIFT
        FOR_PIECES STORE_PIECE
        mov eax, PIECES
        jmp near .next
%endmacro

%macro PIXELS_BODIES 1
    %assign %%rows 1
    %rep %1
        MOST_PIECES %%rows
        %assign %%pieces 1
        %rep MOST
            PIXELS_BODY %[%%rows], %[%%pieces]
            %assign %%pieces %%pieces + 1
        %endrep
        %assign %%rows %%rows + 1
    %endrep
%endmacro

; The jump table: 8 entries for each number of filters, the last ones the same.
%macro PIXELS_ENTRIES 1
    %assign %%rows 1
    %rep %1
        MOST_PIECES %%rows
        %assign %%pieces 1
        %rep 8
            PIXELS_ENTRY %[%%rows], %[%%pieces]
            %if %%pieces < MOST
                %assign %%pieces %%pieces + 1
            %endif
        %endrep
        %assign %%rows %%rows + 1
    %endrep
%endmacro

%macro PIXELS_ENTRY 2
    dd .rows_%1_pieces_%2 - .bodies
%endmacro

%macro CONV_PIXELS 0
    %assign MOST_ROWS 6 - 3 * SSE2
    NAME_TEMPORARY
KERNEL conv_pixels, args
        PUSH_ALL
        sub rsp, FRAME
        mov rax, [ARGS_WEIGHT]
        mov [THIS_WEIGHT], rax
        mov rax, [ARGS_DST]
        mov [THIS_DST], rax
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
        mov ecx, MOST_ROWS
        cmp rax, rcx
        cmova rax, rcx
        mov [THIS_ROWS], rax
        mov rax, [ARGS_PIECES]
        mov [THIS_PIECE], rax
        mov rax, [ARGS_COUNT]
        mov [PIECES_LEFT], rax
.pieces:
        mov rax, [PIECES_LEFT]
        mov ecx, 8
        cmp rax, rcx
        cmova rax, rcx
        mov rcx, [THIS_ROWS]
        lea rax, [rax + rcx * 8 - 9]
        lea rcx, [.bodies]
        movsxd rax, [rcx + rax * 4]
        add rax, rcx
        jmp rax
.next:                                          ; rax pieces are done
        lea rcx, [rax + rax * 2]
        shl rcx, 3
        add [THIS_PIECE], rcx
        sub [PIECES_LEFT], rax
        jg near .pieces
        mov rax, [THIS_ROWS]
        sub [FILTERS_LEFT], rax
        mov rcx, [ARGS_DEPTH]
        imul rcx, rax
        shl rcx, ESHIFT
        add [THIS_WEIGHT], rcx
        mov rcx, [ARGS_DST_PLANE]
        imul rcx, rax
        shl rcx, ESHIFT
        add [THIS_DST], rcx
        shl rax, ESHIFT
        add [THIS_BIAS], rax
        jmp near .filters
        PIXELS_BODIES MOST_ROWS
.done:
        add rsp, FRAME
        POP_ALL
        RETURN
    section .rodata
    align 4
.bodies:
        PIXELS_ENTRIES MOST_ROWS
    section .text
%endmacro

FOR_EVERY_TARGET CONV_PIXELS

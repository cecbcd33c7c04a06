; Products of bf16 matrices with AVX512_BF16, and the packing of their right-hand sides.
%include "core/asm/x86/neural.inc"

TARGET avx512, f32

; neural_gemm_bf16_panel
%define PANEL_A 0
%define PANEL_A_ROW 8
%define PANEL_B 16
%define PANEL_C 24
%define PANEL_C_ROW 32
%define PANEL_M 40
%define PANEL_N 48
%define PANEL_K 56
%define PANEL_STARTS_AT_C 64

; --- tile ----------------------------------------------------------------------------------------
;
; void neural_gemm_bf16_6x64_bf16(const neural_gemm_bf16_panel *panel)
;
; m0..m23 sums, row by row; m24..m27 pairs of B; m28 a pair of A. rdi the panel, rsi rows 0 to 2 of
; A, r8 rows 3 to 5, r9 bytes per row of A, r10 B, r11 k left, rdx r12 C, rcx bytes per row of C,
; r13 the first row of A, rax rows left; k1 the columns of the last vector. Loop: rows six at a time
; over all k, four pairs per step, each pair of A broadcast from memory. Tail: fewer rows in a tile
; of their own; an odd k as a pair with zero (B is packed so).

; A_ROW_<row>: the address of its next pair
%define A_ROW_0 rsi
%define A_ROW_1 rsi + r9
%define A_ROW_2 rsi + 2 * r9
%define A_ROW_3 r8
%define A_ROW_4 r8 + r9
%define A_ROW_5 r8 + 2 * r9

; C_ROWS rows, vectors, what: what(number of a sum, its address, masked) for all of a tile; r12 ends
; below it.
%macro C_ROWS 3
    %assign %%i 0
        mov r12, rdx
    %rep %1
        %assign %%j 0
        %rep %2
            %assign %%sum 4 * %%i + %%j
            %if %%j == %2 - 1
                %3 %[%%sum], r12 + 64 * %%j, masked
            %else
                %3 %[%%sum], r12 + 64 * %%j
            %endif
            %assign %%j %%j + 1
        %endrep
        add r12, rcx
        %assign %%i %%i + 1
    %endrep
%endmacro

%macro LOAD_SUM 2-3
    %if %0 == 3
        vmovups m%1{k1}{z}, [%2]
    %else
        vmovups m%1, [%2]
    %endif
%endmacro
%macro STORE_SUM 2-3
    %if %0 == 3
        vmovups [%2]{k1}, m%1
    %else
        vmovups [%2], m%1
    %endif
%endmacro

; PAIR rows, vectors, step: one pair of k, `step` pairs ahead
%macro PAIR 3
    %assign %%j 0
    %rep %2
        %assign %%b 24 + %%j
        vmovups m%[%%b], [r10 + 64 * (%2 * %3 + %%j)]
        %assign %%j %%j + 1
    %endrep
    %assign %%i 0
    %rep %1
        vpbroadcastd m28, [A_ROW_%[%%i] + 4 * %3]
        %assign %%j 0
        %rep %2
            %assign %%b 24 + %%j
            %assign %%sum 4 * %%i + %%j
            vdpbf16ps m%[%%sum], m%[%%b], m28
            %assign %%j %%j + 1
        %endrep
        %assign %%i %%i + 1
    %endrep
%endmacro

; LAST_OF_ODD rows, vectors: the last k alone
%macro LAST_OF_ODD 2
    %assign %%j 0
    %rep %2
        %assign %%b 24 + %%j
        vmovups m%[%%b], [r10 + 64 * %%j]
        %assign %%j %%j + 1
    %endrep
    %assign %%i 0
    %rep %1
        movzx r12d, word [A_ROW_%[%%i]]
        vpbroadcastd m28, r12d
        %assign %%j 0
        %rep %2
            %assign %%b 24 + %%j
            %assign %%sum 4 * %%i + %%j
            vdpbf16ps m%[%%sum], m%[%%b], m28
            %assign %%j %%j + 1
        %endrep
        %assign %%i %%i + 1
    %endrep
%endmacro

; TILE rows, vectors
%macro TILE 2
        mov r10, [rdi + PANEL_B]
        mov r11, [rdi + PANEL_K]
        lea r8, [r9 + 2 * r9]
        add r8, rsi
        cmp qword [rdi + PANEL_STARTS_AT_C], 0
        jne %%continue
    %assign %%i 0
    %rep %1
        %assign %%j 0
        %rep %2
            %assign %%sum 4 * %%i + %%j
            vpxord m%[%%sum], m%[%%sum], m%[%%sum]
            %assign %%j %%j + 1
        %endrep
        %assign %%i %%i + 1
    %endrep
        jmp %%start
%%continue:
        C_ROWS %1, %2, LOAD_SUM
%%start:
        mov r13, rsi
        sub r11, 8
        jl %%few
        align 16
%%four:
    %assign %%step 0
    %rep 4
        PAIR %1, %2, %%step
        %assign %%step %%step + 1
    %endrep
        add rsi, 16
        add r8, 16
        add r10, 4 * 64 * %2
        sub r11, 8
        jge %%four
%%few:
        add r11, 6
        jl %%last
%%single:
        PAIR %1, %2, 0
        add rsi, 4
        add r8, 4
        add r10, 64 * %2
        sub r11, 2
        jge %%single
%%last:
        test r11, 1
        jz %%done
        LAST_OF_ODD %1, %2
%%done:
        C_ROWS %1, %2, STORE_SUM
        mov rdx, r12
        mov rsi, r13
%endmacro

; ROWS_OF vectors: all rows of a panel of so many vectors of columns
%macro ROWS_OF 1
.six_%1:
        sub rax, 6
        jl .rest_%1
        TILE 6, %1
        lea rsi, [rsi + 2 * r9]
        lea rsi, [rsi + 4 * r9]
        jmp .six_%1
.rest_%1:
        add rax, 6
        jz .done
    %assign %%rows 1
    %rep 4
        cmp rax, %%rows
        je .rows_%1_%[%%rows]
        %assign %%rows %%rows + 1
    %endrep
        TILE 5, %1
        jmp .done
    %assign %%rows 1
    %rep 4
.rows_%1_%[%%rows]:
        TILE %%rows, %1
        jmp .done
        %assign %%rows %%rows + 1
    %endrep
%endmacro

KERNEL_BEGIN neural_gemm_bf16_6x64_bf16
        push r12
        push r13
        mov rsi, [rdi + PANEL_A]
        mov r9, [rdi + PANEL_A_ROW]
        add r9, r9
        mov rdx, [rdi + PANEL_C]
        mov rcx, [rdi + PANEL_N]
        dec ecx
        and ecx, 15
        mov eax, 2
        shl eax, cl
        dec eax
        kmovd k1, eax
        mov rcx, [rdi + PANEL_C_ROW]
        shl rcx, 2
        mov rax, [rdi + PANEL_M]
        mov r10, [rdi + PANEL_N]
        cmp r10, 32
        jg .wide
        cmp r10, 16
        jg .six_2
        ROWS_OF 1
.wide:
        cmp r10, 48
        jg .six_4
        ROWS_OF 3
        ROWS_OF 2
        ROWS_OF 4
.done:
        pop r13
        pop r12
        RETURN

; --- packing -------------------------------------------------------------------------------------
;
; void neural_gemm_bf16_pack_bf16(uint16_t *dst, const uint16_t *src, int64_t rows, int64_t cols,
;                                   int64_t src_ld)
;
; Pairs of rows side by side: dst[(p/2 * width + c) * 2 + p % 2] = src[p*src_ld + c], width = cols
; rounded up to 16, zeros where src has nothing. m0 m1 16 columns of two rows. r8 bytes per row,
; r9 r10 the rows, r11 columns left. Loop: two rows, 16 columns at a time. Tail: the last columns
; through k1, an odd last row with zeros below it.

; PACK_ROWS both: the next 16 columns of one or two rows
%macro PACK_ROWS 1
        mov r9, src
        lea r10, [src + r8]
        mov r11, cols
%%sixteen:
        cmp r11, 16
        jle %%last
        vpmovzxwd m0, [r9]
    %if %1
        vpmovzxwd m1, [r10]
        vpslld m1, m1, 16
        vpord m0, m0, m1
    %endif
        vmovups [dst], m0
        add r9, 32
        add r10, 32
        add dst, 64
        sub r11, 16
        jmp %%sixteen
%%last:
        vpmovzxwd m0{k1}{z}, [r9]
    %if %1
        vpmovzxwd m1{k1}{z}, [r10]
        vpslld m1, m1, 16
        vpord m0, m0, m1
    %endif
        vmovups [dst], m0
        add dst, 64
%endmacro

KERNEL_BEGIN neural_gemm_bf16_pack_bf16
    %xdefine dst rdi
    %xdefine src rsi
    %xdefine rows rdx
    %xdefine cols rax
        mov rax, rcx
        dec ecx
        and ecx, 15
        mov r9d, 2
        shl r9d, cl
        dec r9d
        kmovd k1, r9d
        add r8, r8
        sub rows, 2
        jl .single
        align 16
.pair:
        PACK_ROWS 1
        lea src, [src + 2 * r8]
        sub rows, 2
        jge .pair
.single:
        add rows, 2
        jz .done
        PACK_ROWS 0
.done:
        RETURN

; One row of A against rows of B as they lie in memory, for products of few rows.
%include "core/asm/x86/qgemm_tile.inc"

; void neural_qgemm_dot_i8_<isa>(const neural_qgemm_panel *panel): without VNNI.
;
; rax A    r8 B, this row    r9 A on the stack    rsi k done    rdx k of whole vectors    rcx rows
; left    r10 C    r11 start    m0 sums, m1 A - zero, m2 B, m3 zero, m4 what flips A, xm5 zeros
;
; Loop: VLEN numbers of A and B as 16 bits, one pmaddwd. Tail: the last numbers by way of the stack.

; WIDEN_A dst, address: (a ^ flip) - zero; WIDEN_B dst, address.
%macro WIDEN_A 2
    %if AVX
        vpmovzxbw %1, [%2]
    %else
        movq %1, [%2]
        punpcklbw %1, xmm5
    %endif
    XOR %1, %1, m4
    BINARY %1, %1, m3, psubw, 0
%endmacro

%macro WIDEN_B 2
    %if AVX
        vpmovsxbw %1, [%2]
    %else
        movq %1, [%2]
        punpcklbw %1, %1
        psraw %1, 8
    %endif
%endmacro

; COPY_REST dst (on the stack), src: rdx < VBYTES / 2 numbers, and zeros.
%macro COPY_REST 2
    %assign %%i 0
    %rep VBYTES / 16
        mov qword [rsp + %1 + %%i * 8], 0
        %assign %%i %%i + 1
    %endrep
    mov rdi, rdx
%%loop:
    mov sil, [%2 + rdi - 1]
    mov [rsp + %1 + rdi - 1], sil
    dec rdi
    jnz %%loop
%endmacro

%macro MULTIPLY_PART 2
    WIDEN_A m1, %1
    WIDEN_B m2, %2
    BINARY m1, m1, m2, pmaddwd, 1
    BINARY m0, m0, m1, paddd, 1
%endmacro

; FOLD: the sum of the lanes of m0 to eax.
%macro FOLD 0
    %if AVX512
        vextracti64x4 ym1, m0, 1
        vpaddd ym0, ym0, ym1
    %endif
    %if AVX
        vextracti128 xm1, ym0, 1
        vpaddd xm0, xm0, xm1
        vpshufd xm1, xm0, 0x4E
        vpaddd xm0, xm0, xm1
        vpshufd xm1, xm0, 0xB1
        vpaddd xm0, xm0, xm1
        vmovd esi, xm0
    %else
        pshufd xmm1, xmm0, 0x4E
        paddd xmm0, xmm1
        pshufd xmm1, xmm0, 0xB1
        paddd xmm0, xmm1
        movd esi, xmm0
    %endif
%endmacro

; SPLAT_WORD dst, 32-bit register that holds it twice
%macro SPLAT_WORD 2
    %if AVX
        vmovd xm0, %2
        vpbroadcastd %1, xm0
    %else
        movd %1, %2
        pshufd %1, %1, 0
    %endif
%endmacro

%macro DOT 0
    KERNEL_BEGIN neural_qgemm_dot_i8_ %+ ISA
    push rbx
    sub rsp, 64
    mov rbx, rdi
    imul eax, [rbx + PANEL_ZERO], 0x00010001
    SPLAT_WORD m3, eax
    xor eax, eax
    test dword [rbx + PANEL_FLAGS], FLIP
    jz .plain
    mov eax, 0x00800080
.plain:
    SPLAT_WORD m4, eax
    %if AVX == 0
        pxor xmm5, xmm5
    %endif
    mov rax, [rbx + PANEL_A]
    mov r8, [rbx + PANEL_B]
    mov r10, [rbx + PANEL_C]
    mov r11, [rbx + PANEL_START]
    mov rcx, [rbx + PANEL_N]
    test rcx, rcx
    jle near .done
.row:
    ZERO m0
    xor esi, esi
    mov rdx, [rbx + PANEL_K]
    and rdx, -(VBYTES / 2)
    jz .rest
    align 16
.loop:
    MULTIPLY_PART rax + rsi, r8 + rsi
    add rsi, VBYTES / 2
    cmp rsi, rdx
    jb .loop
.rest:
    mov r9, rsi
    mov rdx, [rbx + PANEL_K]
    sub rdx, rsi
    jz near .sum
    add rax, r9
    add r8, r9
    COPY_REST 0, rax
    COPY_REST 32, r8
    sub rax, r9
    sub r8, r9
    MULTIPLY_PART rsp, rsp + 32
.sum:
    FOLD
    test r11, r11
    jz .store
    add esi, [r11]
    add r11, 4
.store:
    mov [r10], esi
    add r10, 4
    add r8, [rbx + PANEL_B_ROW]
    dec rcx
    jnz near .row
.done:
    add rsp, 64
    pop rbx
    LEAVE
.end:
%endmacro

TARGET sse2, f32
DOT
TARGET avx2, f32
DOT
TARGET avx512, f32
DOT

; void neural_qgemm_dot_i8_vnni(const neural_qgemm_panel *panel): one row of A against rows of B.
;
; rax A    r8 r9 r10 r11 four rows of B    rsi k done    rdx k of whole vectors    rcx columns left
; m0 ... m3 sums of a*b, m4 ... m7 of zero*b; m8 A, m9 B, m10 zero, m11 what flips A
; k1 the bytes of the last part vector, k2 the columns of the last four
;
; Loop: 64 numbers of A and of four rows of B, two vpdpbusd for each row.
; Tail: the same once more under k1; rows beyond the last are the first of the four once more, and
; their sums are not stored.
%define DOT_AHEAD 4096                          ; bytes: dense rows up to so long are near in time
%macro DOT_STEP 0
    %assign %%j 0
    %rep 4
        %assign %%r 8 + %%j
        %assign %%z 4 + %%j
        %xdefine %%sum m %+ %%j
        %xdefine %%zero_sum m %+ %%z
        %if PARTIAL
            vmovdqu8 m9{k1}{z}, [r %+ %%r + rsi]
        %else
            vmovdqu8 m9, [r %+ %%r + rsi]
            prefetcht0 [r %+ %%r + rsi + DOT_AHEAD]
        %endif
        vpdpbusd %%sum, m8, m9
        vpdpbusd %%zero_sum, m10, m9
        %assign %%j %%j + 1
    %endrep
%endmacro

%macro DOT_VNNI 0
    KERNEL_BEGIN neural_qgemm_dot_i8_vnni
    mov rax, [rdi + PANEL_A]
    mov r8, [rdi + PANEL_B]
    mov rcx, [rdi + PANEL_N]
    mov rdx, [rdi + PANEL_K]
    push rbx
    push rbp
    mov rbx, [rdi + PANEL_C]
    mov rbp, [rdi + PANEL_START]
    vpbroadcastb m10, [rdi + PANEL_ZERO]
    xor esi, esi
    test dword [rdi + PANEL_FLAGS], FLIP
    jz .plain
    mov esi, 0x80808080
.plain:
    vpbroadcastd m11, esi
    mov esi, edx
    and esi, 63
    mov r9, -1
    bzhi r9, r9, rsi
    kmovq k1, r9
    and rdx, -64
    test rcx, rcx
    jle near .done
.columns:
    mov rsi, [rdi + PANEL_B_ROW]
    mov r9d, 15
    kmovw k2, r9d
    cmp rcx, 4
    jae .four
    bzhi r9d, r9d, ecx
    kmovw k2, r9d
.four:
    lea r9, [r8 + rsi]
    cmp rcx, 2
    cmovb r9, r8
    lea r10, [r8 + 2 * rsi]
    cmp rcx, 3
    cmovb r10, r8
    lea r11, [r9 + 2 * rsi]
    cmp rcx, 4
    cmovb r11, r8
    %assign %%j 0
    %rep 8
        %xdefine %%sum m %+ %%j
        ZERO %%sum
        %assign %%j %%j + 1
    %endrep
    xor esi, esi
    cmp rsi, rdx
    jae .rest
    align 32
.loop:
    vpxord m8, m11, [rax + rsi]
    %assign PARTIAL 0
    DOT_STEP
    add rsi, 64
    cmp rsi, rdx
    jb .loop
.rest:
    kortestq k1, k1
    jz .sum
    vmovdqu8 m8{k1}{z}, [rax + rsi]
    vpxord m8, m8, m11
    %assign PARTIAL 1
    DOT_STEP
.sum:
    %assign %%j 0
    %rep 4
        %assign %%z 4 + %%j
        vpsubd zmm %+ %%j, zmm %+ %%j, zmm %+ %%z
        vextracti64x4 ymm %+ %%z, zmm %+ %%j, 1
        vpaddd ymm %+ %%j, ymm %+ %%j, ymm %+ %%z
        %assign %%j %%j + 1
    %endrep
    vphaddd ymm0, ymm0, ymm1
    vphaddd ymm2, ymm2, ymm3
    vphaddd ymm0, ymm0, ymm2
    vextracti128 xmm1, ymm0, 1
    vpaddd xmm0, xmm0, xmm1
    test rbp, rbp
    jz .store
    vmovdqu32 xmm1{k2}{z}, [rbp]
    vpaddd xmm0, xmm0, xmm1
    add rbp, 16
.store:
    vmovdqu32 [rbx]{k2}, xmm0
    add rbx, 16
    mov rsi, [rdi + PANEL_B_ROW]
    lea r8, [r8 + 4 * rsi]
    sub rcx, 4
    ja .columns
.done:
    pop rbp
    pop rbx
    LEAVE
.end:
%endmacro

TARGET avx512, f32
DOT_VNNI

; void neural_qgemm_dot_i8_1x64_vnni(const neural_qgemm_panel *panel): B is [k, n], n <= 64.
;
; rax A    r8 row of B    r9 b_row    r10 3 * b_row    r11 16 * b_row    rcx k left
; m0 ... m3 sums of a*b, m4 ... m7 of zero*b, 16 columns each: 4 of every 16 bytes of a row
; m8 ... m15 rows of B and what becomes of them, m16 A, m17 zero, m18 what flips A
; k1 the columns, k4 k5 k6 those of the second to fourth row
;
; Loop: four rows, unpacked to quads within the 16-byte parts. Tail: missing rows are read as zeros.
%macro UNPACK 4
    vpunpck%4 m%1, m%2, m%3
%endmacro

%macro SWEEP_STEP 0
    vmovdqu8 m8{k1}{z}, [r8]
    vmovdqu8 m9{k4}{z}, [r8 + r9]
    vmovdqu8 m10{k5}{z}, [r8 + 2 * r9]
    vmovdqu8 m11{k6}{z}, [r8 + r10]
    UNPACK 12, 8, 9, lbw
    UNPACK 13, 8, 9, hbw
    UNPACK 14, 10, 11, lbw
    UNPACK 15, 10, 11, hbw
    UNPACK 8, 12, 14, lwd
    UNPACK 9, 12, 14, hwd
    UNPACK 10, 13, 15, lwd
    UNPACK 11, 13, 15, hwd
    %assign %%i 0
    %rep 4
        %assign %%b 8 + %%i
        %assign %%z 4 + %%i
        vpdpbusd zmm %+ %%i, m16, zmm %+ %%b
        vpdpbusd zmm %+ %%z, m17, zmm %+ %%b
        %assign %%i %%i + 1
    %endrep
%endmacro

; SWEEP_STORE group, sums
%macro SWEEP_STORE 2
    kshiftrq k2, k1, %1 * 16
    test rdx, rdx
    jz %%store
    vmovdqu32 m16{k2}{z}, [rdx + %1 * 64]
    vpaddd %2, %2, m16
%%store:
    vmovdqu32 [rax + %1 * 64]{k2}, %2
%endmacro

%macro SWEEP_VNNI 0
    KERNEL_BEGIN neural_qgemm_dot_i8_1x64_vnni
    mov rax, [rdi + PANEL_A]
    mov r8, [rdi + PANEL_B]
    mov r9, [rdi + PANEL_B_ROW]
    lea r10, [r9 + 2 * r9]
    mov r11, r9
    shl r11, 4
    mov rcx, [rdi + PANEL_K]
    mov rsi, -1
    mov rdx, [rdi + PANEL_N]
    bzhi rsi, rsi, rdx
    kmovq k1, rsi
    kmovq k4, k1
    kmovq k5, k1
    kmovq k6, k1
    vpbroadcastb m17, [rdi + PANEL_ZERO]
    xor esi, esi
    test dword [rdi + PANEL_FLAGS], FLIP
    jz .plain
    mov esi, 0x80808080
.plain:
    vpbroadcastd m18, esi
    %assign %%i 0
    %rep 8
        ZERO zmm %+ %%i
        %assign %%i %%i + 1
    %endrep
    sub rcx, 4
    jb .rest
    align 32
.loop:
    vpxord m16, m18, [rax]{1to16}
    SWEEP_STEP
    lea rsi, [r8 + r11]
    prefetcht0 [rsi]
    prefetcht0 [rsi + r9]
    prefetcht0 [rsi + 2 * r9]
    prefetcht0 [rsi + r10]
    add rax, 4
    lea r8, [r8 + 4 * r9]
    sub rcx, 4
    jae .loop
.rest:
    add rcx, 4
    jz near .sum
    kxorq k6, k6, k6
    cmp rcx, 3
    jae .rows
    kxorq k5, k5, k5
    cmp rcx, 2
    jae .rows
    kxorq k4, k4, k4
.rows:
    xor edx, edx
.byte:
    shl edx, 8
    movzx esi, byte [rax + rcx - 1]
    or edx, esi
    dec rcx
    jnz .byte
    vpbroadcastd m16, edx
    vpxord m16, m16, m18
    SWEEP_STEP
.sum:
    %assign %%i 0
    %rep 4
        %assign %%z 4 + %%i
        vpsubd zmm %+ %%i, zmm %+ %%i, zmm %+ %%z
        %assign %%i %%i + 1
    %endrep
    vshufi32x4 m4, m0, m1, 0x44                 ; 16-byte parts of the sums change places
    vshufi32x4 m5, m0, m1, 0xEE
    vshufi32x4 m6, m2, m3, 0x44
    vshufi32x4 m7, m2, m3, 0xEE
    vshufi32x4 m0, m4, m6, 0x88
    vshufi32x4 m1, m4, m6, 0xDD
    vshufi32x4 m2, m5, m7, 0x88
    vshufi32x4 m3, m5, m7, 0xDD
    mov rax, [rdi + PANEL_C]
    mov rdx, [rdi + PANEL_START]
    SWEEP_STORE 0, m0
    SWEEP_STORE 1, m1
    SWEEP_STORE 2, m2
    SWEEP_STORE 3, m3
    LEAVE
.end:
%endmacro

SWEEP_VNNI

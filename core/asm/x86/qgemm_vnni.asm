; The int8 GEMM kernels of AVX512_VNNI.
%include "core/asm/x86/qgemm_tile.inc"

TARGET avx512, f32
QGEMM_TILE vnni, 6, 4

; void neural_qgemm_dot_i8_vnni(const neural_qgemm_panel *panel): one row of A against rows of B.
;
; rax A    r8 r9 r10 r11 four rows of B    rsi k done    rdx k of whole vectors    rcx columns left
; m0 ... m3 sums of a*b, m4 ... m7 of zero*b; m8 A, m9 B, m10 zero, m11 what flips A
; k1 the bytes of the last part vector, k2 the columns of the last four
;
; Loop: 64 numbers of A and of four rows of B, two vpdpbusd for each row.
; Tail: the same once more under k1; rows beyond the last are the first of the four once more, and
; their sums are not stored.
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
        %endif
        vpdpbusd %%sum, m8, m9
        vpdpbusd %%zero_sum, m10, m9
        %assign %%j %%j + 1
    %endrep
%endmacro

%macro DOT 0
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

DOT

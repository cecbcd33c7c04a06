; From the sums of an int8 product to 32-bit integers, floats or bytes.
%include "core/asm/x86/neural.inc"

%define RESULT_ACC 0
%define RESULT_ACC_ROW 8
%define RESULT_DST 16
%define RESULT_DST_ROW 24
%define RESULT_M 32
%define RESULT_N 40
%define RESULT_SCALE 48
%define RESULT_BIAS 56
%define RESULT_ROW_X 64
%define RESULT_COL_X 72
%define RESULT_ROW_Y 80
%define RESULT_COL_Y 88
%define RESULT_ROW_SCALE 96
%define RESULT_LOW 104
%define RESULT_HIGH 108
%define RESULT_ZERO_POINT 112
%define RESULT_KIND 116
%define RESULT_FLAGS 120
%define CORRECT 1
%define ROW_SCALE 2
%define ADD_BIAS 4
%define RELU 8
%define TO_F32 1

; FOR_GROUP macro: expands `macro register, byte offset` for the vectors of a group of 16 columns.
%macro FOR_GROUP 1
    %assign %%v 0
    %rep 64 / VBYTES
        %1 m %+ %%v, %%v * VBYTES
        %assign %%v %%v + 1
    %endrep
%endmacro

; SPLAT_DWORD dst, address (without brackets)
%macro SPLAT_DWORD 2
    %if AVX
        vpbroadcastd %1, [%2]
    %else
        movd %1, [%2]
        pshufd %1, %1, 0
    %endif
%endmacro

; MULTIPLY_LOW dst, splat: dst *= splat modulo 2^32; m5 and m4 are lost without AVX.
%macro MULTIPLY_LOW 2
    %if AVX
        vpmulld %1, %1, %2
    %else
        movaps m5, %1
        psrlq %1, 32
        pmuludq m5, %2          ; lanes 0 and 2
        pmuludq %1, %2          ; lanes 1 and 3
        pshufd m5, m5, 8
        pshufd %1, %1, 8
        punpckldq m5, %1
        movaps %1, m5
    %endif
%endmacro

%macro LOAD_SUMS 2
    LOAD %1, [rax + r8 + %2]
%endmacro

; + row_x[i] * col_x[j] + row_y[i] * col_y[j]
%macro CORRECT_SUMS 2
    LOAD m4, [r10 + r8 + %2]
    MULTIPLY_LOW m4, m9
    IADD %1, %1, m4
    LOAD m4, [r11 + r8 + %2]
    MULTIPLY_LOW m4, m10
    IADD %1, %1, m4
%endmacro

%macro SCALE_SUMS 2
    %if AVX
        vcvtdq2ps %1, %1
    %else
        cvtdq2ps %1, %1
    %endif
    LOAD m4, [r10 + r8 + %2]
    MUL %1, %1, m4
%endmacro

%macro SCALE_ROW 2
    MUL %1, %1, m11
%endmacro

%macro ADD_COLUMN_BIAS 2
    LOAD m4, [r10 + r8 + %2]
    ADD %1, %1, m4
%endmacro

; x < 0 ? 0 : x, NaN and -0 stay
%macro CLIP_AT_ZERO 2
    ZERO m4
    MAX m4, m4, %1
    MOV %1, m4
%endmacro

%macro STORE_GROUP 2
    STORE [rdx + r8 + %2], %1
%endmacro

; round(clamp(x)) + zero point, NaN: low
%macro QUANTIZE 2
    MAX %1, %1, m6
    MIN %1, %1, m7
    %if AVX
        vcvtps2dq %1, %1
    %else
        cvtps2dq %1, %1
    %endif
    IADD %1, %1, m8
%endmacro

; The low bytes of 16 numbers to [rdx + r10].
%macro STORE_BYTES 0
    %if AVX512
        vpmovdb [rdx + r10], m0
    %elif AVX2
        vpand m0, m0, [low_byte]
        vpand m1, m1, [low_byte]
        vpackusdw m0, m0, m1
        vpermq m0, m0, 0xD8
        vextracti128 xm1, m0, 1
        vpackuswb xm0, xm0, xm1
        vmovdqu [rdx + r10], xm0
    %else
        %assign %%v 0
        %rep 4
            pand m %+ %%v, [low_byte]
            %assign %%v %%v + 1
        %endrep
        packssdw m0, m1
        packssdw m2, m3
        packuswb m0, m2
        movdqu [rdx + r10], m0
    %endif
%endmacro

section .rodata
align 64
part_order:                                     ; from parts of four vectors to one after another
    dd 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15
low_byte:
    times 8 dd 0xFF
section .text

; --- bytes with AVX-512 --------------------------------------------------------------------------
;
; x = min(float(sum) * scale, high) has no lower bound, and NaN stays: both become the smallest
; integer, which the packing takes to the lowest byte. u8 is packed as s8, 128 lower.
; m16 ... m19 scales   m20 high   m21 zero point (words)   m22 lowest byte   m23 128 for u8
; m24 part_order
; One body for 16, one for 32 and one for 64 columns: masked loads would wait for the tile's stores.

; PACKED_SUM v: vector v of x as integers.
%macro PACKED_SUM 1
    %assign %%scale %1 + 16
    vcvtdq2ps m%1, [rax + %1 * 64]
    vmulps m%1, m%1, m %+ %%scale
    vminps m%1, m20, m%1
    vcvtps2dq m%1, m%1
%endmacro

; PACKED_ROWS vectors: all rows, of 1, 2 or 4 vectors of columns; and return.
%macro PACKED_ROWS 1
    mov r10, [rdi + RESULT_SCALE]
    %assign %%v 0
    %rep %1
        %assign %%scale %%v + 16
        vmovups m %+ %%scale, [r10 + %%v * 64]
        %assign %%v %%v + 1
    %endrep
    mov r10, [rdi + RESULT_ACC_ROW]
    align 32
%%row:
    %assign %%v 0
    %rep %1
        PACKED_SUM %%v
        %assign %%v %%v + 1
    %endrep
    %if %1 == 1
        vpackssdw m0, m0, m0
    %else
        vpackssdw m0, m0, m1
    %endif
    vpaddsw m0, m0, m21
    %if %1 == 4
        vpackssdw m2, m2, m3
        vpaddsw m2, m2, m21
        vpacksswb m0, m0, m2
    %else
        vpacksswb m0, m0, m0
    %endif
    vpermd m0, m24, m0
    vpmaxsb m0, m0, m22
    vpxord m0, m0, m23
    %if %1 == 4
        vmovdqu32 [rdx], m0
    %elif %1 == 2
        vmovdqu [rdx], ym0
    %else
        vmovdqu [rdx], xm0
    %endif
    lea rax, [rax + r10 * 4]
    add rdx, [rdi + RESULT_DST_ROW]
    dec rcx
    jnz %%row
    LEAVE
%endmacro

; PACKED general: to bytes, nothing to correct; goes to `general` where there is no body.
%macro PACKED 1
    cmp r9d, 4 * 48
    je near %1
    vcvttss2si esi, [rdi + RESULT_HIGH]
    mov r8d, [rdi + RESULT_ZERO_POINT]
    lea esi, [rsi + r8 - 127]                   ; 128 for u8, 0 for s8
    sub r8d, esi                                ; the zero point of the s8
    vcvttss2si r10d, [rdi + RESULT_LOW]
    add r10d, r8d
    vpbroadcastw m21, r8d
    vpbroadcastb m22, r10d
    vpbroadcastb m23, esi
    vbroadcastss m20, [rdi + RESULT_HIGH]
    vmovdqa32 m24, [part_order]
    cmp r9d, 4 * 32
    je near %%two
    jb near %%one
    PACKED_ROWS 4
%%two:
    PACKED_ROWS 2
%%one:
    PACKED_ROWS 1
%endmacro

; void neural_qgemm_finish_i8_<isa>(const neural_qgemm_result *result)
;
; rdi result   rax sums of this row   rdx dst of this row   rcx rows left   rsi this row
; r8  4 * column   r9 4 * n   r10 r11 what has columns
; m0 ... m3 a group of 16 columns, m4 m5 scratch, m6 low, m7 high, m8 zero point, m9 row_x, m10
; row_y, m11 row_scale
; Loop: a group of 16 columns. Tail: none, columns come in whole groups.
%macro FINISH 0
    KERNEL_BEGIN neural_qgemm_finish_i8_ %+ ISA
    mov rcx, [rdi + RESULT_M]
    mov r9, [rdi + RESULT_N]
    shl r9, 2
    jz near .done
    test rcx, rcx
    jz near .done
    mov rax, [rdi + RESULT_ACC]
    mov rdx, [rdi + RESULT_DST]
    %if AVX512
        cmp dword [rdi + RESULT_KIND], TO_F32
        jbe near .general
        test dword [rdi + RESULT_FLAGS], CORRECT
        jnz near .general
        PACKED .general
.general:
    %endif
    SPLAT_DWORD m6, rdi + RESULT_LOW
    SPLAT_DWORD m7, rdi + RESULT_HIGH
    SPLAT_DWORD m8, rdi + RESULT_ZERO_POINT
    xor esi, esi
.row:
    test dword [rdi + RESULT_FLAGS], CORRECT
    jz .no_row_terms
    mov r10, [rdi + RESULT_ROW_X]
    SPLAT_DWORD m9, r10 + rsi * 4
    mov r10, [rdi + RESULT_ROW_Y]
    SPLAT_DWORD m10, r10 + rsi * 4
.no_row_terms:
    test dword [rdi + RESULT_FLAGS], ROW_SCALE
    jz .no_row_scale
    mov r10, [rdi + RESULT_ROW_SCALE]
    SPLAT_DWORD m11, r10 + rsi * 4
.no_row_scale:
    xor r8d, r8d
.group:
    FOR_GROUP LOAD_SUMS
    test dword [rdi + RESULT_FLAGS], CORRECT
    jz .corrected
    mov r10, [rdi + RESULT_COL_X]
    mov r11, [rdi + RESULT_COL_Y]
    FOR_GROUP CORRECT_SUMS
.corrected:
    cmp dword [rdi + RESULT_KIND], TO_F32
    jb .store
    mov r10, [rdi + RESULT_SCALE]
    FOR_GROUP SCALE_SUMS
    ja near .bytes                              ; still the comparison of the kind
    test dword [rdi + RESULT_FLAGS], ROW_SCALE
    jz .row_scaled
    FOR_GROUP SCALE_ROW
.row_scaled:
    test dword [rdi + RESULT_FLAGS], ADD_BIAS
    jz .biased
    mov r10, [rdi + RESULT_BIAS]
    FOR_GROUP ADD_COLUMN_BIAS
.biased:
    test dword [rdi + RESULT_FLAGS], RELU
    jz .store
    FOR_GROUP CLIP_AT_ZERO
.store:
    FOR_GROUP STORE_GROUP
    jmp near .next
.bytes:
    FOR_GROUP QUANTIZE
    mov r10, r8
    shr r10, 2
    STORE_BYTES
.next:
    add r8, 64
    cmp r8, r9
    jb near .group
    mov r10, [rdi + RESULT_ACC_ROW]
    lea rax, [rax + r10 * 4]
    add rdx, [rdi + RESULT_DST_ROW]
    inc rsi
    dec rcx
    jnz near .row
.done:
    LEAVE
.end:
%endmacro

TARGET sse2, f32
FINISH
TARGET avx2, f32
FINISH
TARGET avx512, f32
FINISH

; The index of the largest element of each row.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/lanes.inc"
%include "core/asm/x86/rows.inc"

CONST minus_infinity, 0xff800000, 0xfff0000000000000

; void neural_argmax_<dtype>_<isa>(int64_t *dst, const T *src, int64_t rows, int64_t cols)
;
; Blocks of 4 KiB: the maximum of each is compared with the best so far; then the one block that has
; the best, or the first NaN, is searched. A row within one vector stays in its register.
;
; m0..m3 the best of a block, m8 and m9 vectors, m10 -inf, m5 the best of the row (lowest lane), q1
; lanes that met NaN. cols bytes of whole vectors of a row, r8 bytes of the partial one, r9 offset,
; r10 offset of the best block, r11 end of the block.

%define ARGMAX_BLOCK 4096

; COMPARE_ONE lhs, rhs: flags as of unsigned numbers.
%macro COMPARE_ONE 2
    %if AVX
        vcomis %+ P %1, %2
    %else
        comis %+ P %1, %2
    %endif
%endmacro

; NEXT_FOUR: four vectors at r9 enter m0..m3.
%macro NEXT_FOUR 0
        LOAD m8, [src + r9]
        LOAD m9, [src + r9 + VBYTES]
        CMP q2, m8, m9, UNORDERED
        MASK_OR q1, q1, q2
        EXTREME_ENTER MAX, 0, m8
        EXTREME_ENTER MAX, 1, m9
        LOAD m8, [src + r9 + 2 * VBYTES]
        LOAD m9, [src + r9 + 3 * VBYTES]
        CMP q2, m8, m9, UNORDERED
        MASK_OR q1, q1, q2
        EXTREME_ENTER MAX, 2, m8
        EXTREME_ENTER MAX, 3, m9
%endmacro

; NEXT_ONE vector
%macro NEXT_ONE 1
        CMP q2, %1, %1, UNORDERED
        MASK_OR q1, q1, q2
        EXTREME_ENTER MAX, 0, %1
%endmacro

; BLOCK_START: r9 back to the start of the block that ends there; rax is lost.
%macro BLOCK_START 0
        xor eax, eax
        dec r9
        and r9, -ARGMAX_BLOCK
        cmovs r9, rax
%endmacro

; SEARCH rhs, predicate: from r9 to the first lane of which the comparison with rhs holds, then to
; .found with the lanes' bits in eax. There is one; what the partial vector lacks lies behind it.
%macro SEARCH 2
%%vector:
        cmp r9, cols
        jge %%partial
        LOAD m8, [src + r9]
        CMP q2, m8, %1, %2
        MASK_BITS q2
        jnz .found
        add r9, VBYTES
        jmp %%vector
%%partial:
        LOAD_TAIL m8, src + r9
        CMP q2, m8, %1, %2
        MASK_BITS q2
        jmp .found
%endmacro

%macro ARGMAX 0
KERNEL argmax, dst, src, rows, cols
        test rows, rows
        jle .done
        shl cols, ESHIFT
        jz .no_columns
        LOADC m10, minus_infinity
        mov r8, cols
        and r8, VBYTES - 1
        jz .aligned
        TAIL r8
        KEEP_MASK
        sub cols, r8
        jz .narrow
.aligned:
        xor r9d, r9d
        xor r10d, r10d
        MOV m5, m10
.block:
        lea r11, [r9 + ARGMAX_BLOCK]
        cmp r11, cols
        cmovg r11, cols
        CMP q1, m10, m10, UNORDERED             ; no lane
    %assign %%k 0
    %rep 4
        MOV m %+ %%k, m10
        %assign %%k %%k + 1
    %endrep
        sub r11, 4 * VBYTES
        cmp r9, r11
        jg .few
        align 16
.four:
        NEXT_FOUR
        add r9, 4 * VBYTES
        cmp r9, r11
        jle .four
.few:
        add r11, 4 * VBYTES
.one:
        cmp r9, r11
        jge .block_end
        LOAD m8, [src + r9]
        NEXT_ONE m8
        add r9, VBYTES
        jmp .one
.block_end:
        cmp r9, cols
        jl .judge
        test r8, r8
        jz .judge
        LOAD_TAIL m9, src + r9
        SELECT m8, ROW_MASK, m9, m10
        NEXT_ONE m8
.judge:
        MASK_BITS q1
        jnz .nan
        FOLD_VECTORS MAX, 0, 4
        FOLD_LANES MAX, 0, 8
        COMPARE_ONE xm0, xm5
        jbe .next_block
        MOV m5, m0
        mov r11, r9
        BLOCK_START
        mov r10, r9
        mov r9, r11
.next_block:
        cmp r9, cols
        jl .block
        mov r9, r10
        SPLAT m5, xm5
        SEARCH m5, EQ
.nan:
        BLOCK_START
        SEARCH m8, UNORDERED
.found:
        bsf eax, eax
        shr r9, ESHIFT
        add rax, r9
        mov [dst], rax
        add dst, 8
        add src, cols
        add src, r8
        dec rows
        jnz .aligned
.done:
        LEAVE

.narrow:
        LOAD_TAIL m9, src
        SELECT m8, ROW_MASK, m9, m10
        CMP q1, m8, m8, UNORDERED
        MASK_BITS q1
        jnz .narrow_found
        MOV m0, m8
        FOLD_LANES MAX, 0, 9
        SPLAT m0, xm0
        CMP q1, m8, m0, EQ
        MASK_BITS q1
.narrow_found:
        bsf eax, eax
        mov [dst], rax
        add dst, 8
        add src, r8
        dec rows
        jnz .narrow
        LEAVE
.no_columns:
        mov qword [dst], -1
        add dst, 8
        dec rows
        jnz .no_columns
        RETURN
%endmacro

FOR_EVERY_TARGET ARGMAX

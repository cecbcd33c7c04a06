; Rows taken from a table, and added into one, by index.
%include "core/asm/x86/neural.inc"

; rdx the next index, rcx rows left, r8 bytes of a row, r9 the indexed row, r10 offset in the row,
; r11 rax as each kernel says, m0..m3 elements.

; NEXT_ROW dst, table, index size: dst = the row of the table that the next index names.
%macro NEXT_ROW 3
    %if %3 == 8
        mov %1, [index]
    %else
        movsxd %1, dword [index]
    %endif
        add index, %3
        imul %1, cols
        add %1, %2
%endmacro

; NEXT_ELEMENT index size: rax = the element's number.
%macro NEXT_ELEMENT 1
    %if %1 == 8
        mov rax, [index]
    %else
        movsxd rax, dword [index]
    %endif
        add index, %1
%endmacro

; ONE_BY_ONE op, index size: rows of one element. op sees rax, and src and dst.
%macro ONE_BY_ONE 2
        sub rows, 4
        jl %%rest
        align 16
%%four:
    %rep 4
        NEXT_ELEMENT %2
        %1
    %endrep
        sub rows, 4
        jge %%four
%%rest:
        add rows, 4
        jz %%done
%%one:
        NEXT_ELEMENT %2
        %1
        dec rows
        jnz %%one
%%done:
%endmacro

; --- gather --------------------------------------------------------------------------------------
;
; void neural_gather_rows_<dtype>_<isa>(T *dst, const T *src, const int64_t *index, int64_t rows,
;                                       int64_t cols)
; neural_gather_rows_i32_<dtype>_<isa> with int32_t *index.
;
; r11 bytes of a row before its last vector. Loop: rows in order, each by four vectors and by single
; ones; the last vector ends with the row and may repeat what stands before it. Tail: rows shorter
; than a vector through the mask of the tail, those of one element through a register.

%macro GATHER_ELEMENT 0
    %if F32
        mov eax, [src + 4 * rax]
        mov [dst], eax
    %else
        mov rax, [src + 8 * rax]
        mov [dst], rax
    %endif
        add dst, ESIZE
%endmacro

; GATHER op, index size
%macro GATHER 2
KERNEL %1, dst, src, index, rows, cols
        test rows, rows
        jle .done
        cmp cols, 1
        jl .done
        je .elements
        shl cols, ESHIFT
        mov r11, cols
        sub r11, VBYTES
        jl .narrow
.row:
        NEXT_ROW r9, src, %2
        xor r10d, r10d
        cmp r11, 3 * VBYTES
        jl .last
        align 16
.many:
    %assign %%k 0
    %rep 4
        LOAD m %+ %%k, [r9 + r10 + VBYTES * %%k]
        STORE [dst + r10 + VBYTES * %%k], m %+ %%k
        %assign %%k %%k + 1
    %endrep
        add r10, 4 * VBYTES
        lea rax, [r10 + 3 * VBYTES]
        cmp rax, r11
        jle .many
        cmp r10, cols
        jge .next
        jmp .last
.vector:
        LOAD m0, [r9 + r10]
        STORE [dst + r10], m0
        add r10, VBYTES
.last:
        cmp r10, r11
        jl .vector
        LOAD m0, [r9 + r11]
        STORE [dst + r11], m0
.next:
        add dst, cols
        dec rows
        jnz .row
        jmp .done
.narrow:
        TAIL cols
.narrow_row:
        NEXT_ROW r9, src, %2
        LOAD_TAIL m0, r9
        STORE_PARTS dst, m0
        add dst, cols
        dec rows
        jnz .narrow_row
        jmp .done
.elements:
        ONE_BY_ONE GATHER_ELEMENT, %2
.done:
        RETURN
%endmacro

%macro GATHER_ROWS 0
        GATHER gather_rows, 8
        GATHER gather_rows_i32, 4
%endmacro

FOR_EVERY_TARGET GATHER_ROWS

; --- scatter -------------------------------------------------------------------------------------
;
; void neural_scatter_add_<dtype>_<isa>(T *dst, const T *src, const int64_t *index, int64_t rows,
;                                       int64_t cols)
; neural_scatter_add_i32_<dtype>_<isa> with int32_t *index.
;
; rax bytes of a row in whole vectors, r11 bytes beyond them. Loop: rows in order, each by four
; vectors and by single ones. Tail: the rest of a row through the mask of the tail; rows of one
; element one by one.

%macro SCATTER_ELEMENT 0
        LOAD_ONE xm0, [dst + ESIZE * rax]
    %if AVX
        vadds %+ P xm0, xm0, [src]
    %else
        adds %+ P xm0, [src]
    %endif
        STORE_ONE [dst + ESIZE * rax], xm0
        add src, ESIZE
%endmacro

; ADD_VECTOR number, offset
%macro ADD_VECTOR 2
        LOAD m%1, [r9 + r10 + %2]
        LOAD m4, [src + r10 + %2]
        ADD m%1, m%1, m4
        STORE [r9 + r10 + %2], m%1
%endmacro

; SCATTER op, index size
%macro SCATTER 2
KERNEL %1, dst, src, index, rows, cols
        test rows, rows
        jle .done
        cmp cols, 1
        jl .done
        je .elements
        shl cols, ESHIFT
        mov r11, cols
        and r11, VBYTES - 1
        TAIL r11
        mov rax, cols
        and rax, -VBYTES
.row:
        NEXT_ROW r9, dst, %2
        xor r10d, r10d
        sub rax, 4 * VBYTES
        jl .few
        align 16
.many:
    %assign %%k 0
    %rep 4
        ADD_VECTOR %[%%k], VBYTES * %%k
        %assign %%k %%k + 1
    %endrep
        add r10, 4 * VBYTES
        cmp r10, rax
        jle .many
.few:
        add rax, 4 * VBYTES
        cmp r10, rax
        jge .tail
.vector:
        ADD_VECTOR 0, 0
        add r10, VBYTES
        cmp r10, rax
        jl .vector
.tail:
        cmp r10, cols
        jge .next
        LOAD_TAIL m0, r9 + r10
        LOAD_TAIL m4, src + r10
        ADD m0, m0, m4
        STORE_PARTS r9 + r10, m0
.next:
        add src, cols
        dec rows
        jnz .row
        jmp .done
.elements:
        ONE_BY_ONE SCATTER_ELEMENT, %2
.done:
        RETURN
%endmacro

%macro SCATTER_ADD 0
        SCATTER scatter_add, 8
        SCATTER scatter_add_i32, 4
%endmacro

FOR_EVERY_TARGET SCATTER_ADD

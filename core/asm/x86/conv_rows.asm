; Rows of an image to and from the copies of core/asm/conv_kernel.h.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/conv.inc"

; void neural_conv_take_<dtype>_<isa>(const neural_conv_take_args *args)
; void neural_conv_give_<dtype>_<isa>(const neural_conv_give_args *args)
;
; rdi  args           r8, r9  the rows of the copy: even, odd elements (or all of them in r8)
; rsi  row of image   r10     bytes of them done      m4, m5  where elements go (avx512)
; rdx  rows left      rcx     bytes of the row left
;
; Loop: two vectors of the image, or one where nothing is dealt out, per step; then the next row.
; Tail: what is left of a row is read, or written, under a mask; copies hold whole vectors.

section .rodata
align 64
even_f32:   dd 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
odd_f32:    dd 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
low_f32:    dd 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
high_f32:   dd 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
even_f64:   dq 0, 2, 4, 6, 8, 10, 12, 14
odd_f64:    dq 1, 3, 5, 7, 9, 11, 13, 15
low_f64:    dq 0, 8, 1, 9, 2, 10, 3, 11
high_f64:   dq 4, 12, 5, 13, 6, 14, 7, 15
section .text

; DEAL: m0, m1 in order -> m2 the even elements, m3 the odd ones.
%macro DEAL 0
    %if AVX512
        vmovaps m2, m4
        vpermi2p %+ P m2, m0, m1
        vmovaps m3, m5
        vpermi2p %+ P m3, m0, m1
    %elif AVX2
        %if F32
            vshufps m2, m0, m1, 0x88
            vshufps m3, m0, m1, 0xdd
        %else
            vunpcklpd m2, m0, m1
            vunpckhpd m3, m0, m1
        %endif
        vpermpd m2, m2, 0xd8
        vpermpd m3, m3, 0xd8
    %else
        movaps m2, m0
        %if F32
            shufps m2, m1, 0x88
            movaps m3, m0
            shufps m3, m1, 0xdd
        %else
            unpcklpd m2, m1
            movaps m3, m0
            unpckhpd m3, m1
        %endif
    %endif
%endmacro

; JOIN: m0 the even elements, m1 the odd ones -> m2, m3 in order.
%macro JOIN 0
    %if AVX512
        vmovaps m2, m4
        vpermi2p %+ P m2, m0, m1
        vmovaps m3, m5
        vpermi2p %+ P m3, m0, m1
    %elif AVX2
        vunpcklp %+ P m0, m0, m1
        vunpckhp %+ P m1, m6, m1
        vperm2f128 m2, m0, m1, 0x20
        vperm2f128 m3, m0, m1, 0x31
    %else
        movaps m2, m0
        unpcklp %+ P m2, m1
        movaps m3, m0
        unpckhp %+ P m3, m1
    %endif
%endmacro

%macro CONV_TAKE 0
KERNEL conv_take, args
        push rbx
        mov rsi, [rdi]
        mov r8, [rdi + 16]
        mov r9, [rdi + 24]
        mov rdx, [rdi + 40]
    %if AVX512
        vmovaps m4, [even_ %+ DTYPE]
        vmovaps m5, [odd_ %+ DTYPE]
    %endif
.row:
        dec rdx
        js near .done
        mov rbx, rsi
        mov rcx, [rdi + 48]
        shl rcx, ESHIFT
        xor r10d, r10d
        test r9, r9
        jnz near .dealt
.plain:
        cmp rcx, VBYTES
        jb near .plain_rest
        LOAD m0, [rbx + r10]
        STORE [r8 + r10], m0
        add r10, VBYTES
        sub rcx, VBYTES
        jmp .plain
.plain_rest:
        test rcx, rcx
        jz near .next
        TAIL rcx
        LOAD_TAIL m0, rbx + r10
        STORE [r8 + r10], m0
        jmp near .next
.dealt:
        cmp rcx, 2 * VBYTES
        jb near .dealt_rest
        LOAD m0, [rbx]
        LOAD m1, [rbx + VBYTES]
        DEAL
        STORE [r8 + r10], m2
        STORE [r9 + r10], m3
        add rbx, 2 * VBYTES
        add r10, VBYTES
        sub rcx, 2 * VBYTES
        jmp .dealt
.dealt_rest:
        test rcx, rcx
        jz near .next
        ZERO m1
        cmp rcx, VBYTES
        jb near .below_one
        LOAD m0, [rbx]
        sub rcx, VBYTES
        jz near .last
        TAIL rcx
        LOAD_TAIL m1, rbx + VBYTES
        jmp near .last
.below_one:
        TAIL rcx
        LOAD_TAIL m0, rbx
.last:
        DEAL
        STORE [r8 + r10], m2
        STORE [r9 + r10], m3
.next:
        mov rax, [rdi + 8]
        lea rsi, [rsi + rax * ESIZE]
        mov rax, [rdi + 32]
        lea r8, [r8 + rax * ESIZE]
        test r9, r9
        jz near .row
        lea r9, [r9 + rax * ESIZE]
        jmp near .row
.done:
        pop rbx
        RETURN
%endmacro

%macro ADD_THERE 2
        test dword [rdi + 56], START_C
        jz %%done
        LOAD m1, [%1]
        ADD %2, %2, m1
    %%done:
%endmacro

; GIVE_TAIL address, vector: what is left of the row, rcx bytes, below a vector.
%macro GIVE_TAIL 2
        TAIL rcx
        test dword [rdi + 56], START_C
        jz near %%store
        LOAD_TAIL m1, %1
        ADD %2, %2, m1
    %%store:
        STORE_PARTS %1, %2
%endmacro

%macro CONV_GIVE 0
KERNEL conv_give, args
        mov r8, [rdi]
        mov r9, [rdi + 8]
        mov rsi, [rdi + 24]
        mov rdx, [rdi + 40]
    %if AVX512
        vmovaps m4, [low_ %+ DTYPE]
        vmovaps m5, [high_ %+ DTYPE]
    %endif
.row:
        dec rdx
        js near .done
        mov rcx, [rdi + 48]
        shl rcx, ESHIFT
        jz near .done
        xor r10d, r10d
.pair:
        LOAD m0, [r8 + r10]
        LOAD m1, [r9 + r10]
    %if AVX2
        MOV m6, m0
    %endif
        JOIN
        lea rax, [rsi + r10 * 2]
        cmp rcx, 2 * VBYTES
        jb near .rest
        ADD_THERE rax, m2
        ADD_THERE rax + VBYTES, m3
        STORE [rax], m2
        STORE [rax + VBYTES], m3
        add r10, VBYTES
        sub rcx, 2 * VBYTES
        jnz near .pair
        jmp near .next
.rest:
        cmp rcx, VBYTES
        jb near .below_one
        ADD_THERE rax, m2
        STORE [rax], m2
        sub rcx, VBYTES
        jz near .next
        MOV m2, m3
        add r10, VBYTES / 2
.below_one:
        GIVE_TAIL rsi + r10 * 2, m2
.next:
        mov rax, [rdi + 16]
        lea r8, [r8 + rax * ESIZE]
        lea r9, [r9 + rax * ESIZE]
        mov rax, [rdi + 32]
        lea rsi, [rsi + rax * ESIZE]
        jmp near .row
.done:
        RETURN
%endmacro

FOR_EVERY_TARGET CONV_TAKE
FOR_EVERY_TARGET CONV_GIVE

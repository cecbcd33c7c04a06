; uint64_t neural_test_call(call_frame *frame): calls a kernel and looks at what the ABI promises.
;
; frame  +0 function  +8 six integer arguments  +56 two float arguments (raw bits)
;        +72 rax  +80 xmm0 (16 bytes, raw)  +96 nonzero: the processor has AVX, so start clean
; Returns a bit set of broken promises: 1 callee-saved register, 2 direction flag, 4 MXCSR control
; bits, 8 stack pointer.

default rel
section .note.GNU-stack noalloc noexec nowrite progbits
section .rodata
align 8
patterns: dq 0x5ca1ab1e0ddba111, 0x0b5e55ed0c0ffee5, 0x0ca5cade0de1e7e5
          dq 0x0ba5eba110ca1ca5, 0x05ea5e11f1e5f1e5, 0x0facade50f100d5e

section .text
global neural_test_call:function hidden
neural_test_call:
        endbr64
        push rbx
        push rbp
        push r12
        push r13
        push r14
        push r15
        sub rsp, 24
        mov [rsp], rdi                  ; the frame
        stmxcsr [rsp + 8]
        mov [rsp + 16], rsp             ; where the stack pointer must come back to
        cmp qword [rdi + 96], 0
        je .clean
        vzeroupper
.clean:
        mov rax, rdi
        mov rdi, [rax + 8]
        mov rsi, [rax + 16]
        mov rdx, [rax + 24]
        mov rcx, [rax + 32]
        mov r8, [rax + 40]
        mov r9, [rax + 48]
        movq xmm0, [rax + 56]
        movq xmm1, [rax + 64]
        mov rbx, [patterns]
        mov rbp, [patterns + 8]
        mov r12, [patterns + 16]
        mov r13, [patterns + 24]
        mov r14, [patterns + 32]
        mov r15, [patterns + 40]
        call [rax]

        mov r11, [rsp]                  ; the frame
        mov [r11 + 72], rax
        movups [r11 + 80], xmm0
        xor eax, eax                    ; broken promises
        cmp rbx, [patterns]
        jne .register
        cmp rbp, [patterns + 8]
        jne .register
        cmp r12, [patterns + 16]
        jne .register
        cmp r13, [patterns + 24]
        jne .register
        cmp r14, [patterns + 32]
        jne .register
        cmp r15, [patterns + 40]
        je .flags
.register:
        or eax, 1
.flags:
        pushfq
        pop rcx
        test ecx, 1 << 10
        jz .control
        cld
        or eax, 2
.control:
        sub rsp, 8
        stmxcsr [rsp]
        mov ecx, [rsp]
        add rsp, 8
        xor ecx, [rsp + 8]
        test ecx, 0xffc0                ; all but the sticky exception flags
        jz .stack
        ldmxcsr [rsp + 8]
        or eax, 4
.stack:
        cmp rsp, [rsp + 16]
        je .done
        or eax, 8
.done:
        add rsp, 24
        pop r15
        pop r14
        pop r13
        pop r12
        pop rbp
        pop rbx
        ret

; uint64_t neural_test_upper_halves(void): bit 2 is set while any upper half of ymm0-15 is in use
; (XINUSE); only where CPUID leaf 0DH says that XGETBV with ECX = 1 exists.
global neural_test_upper_halves:function hidden
neural_test_upper_halves:
        endbr64
        mov ecx, 1
        xgetbv
        ret

; void neural_test_dirty_upper_half(void): breaks the promise on purpose.
global neural_test_dirty_upper_half:function hidden
neural_test_dirty_upper_half:
        endbr64
        vpcmpeqd ymm7, ymm7, ymm7
        ret

; void neural_test_break_promises(void): changes rbx, the direction flag and MXCSR on purpose.
global neural_test_break_promises:function hidden
neural_test_break_promises:
        endbr64
        inc rbx
        std
        push 0x9f80                     ; flush to zero
        ldmxcsr [rsp]
        pop rax
        ret

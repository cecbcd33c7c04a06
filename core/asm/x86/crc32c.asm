; CRC-32C: polynomials over GF(2) modulo the Castagnoli polynomial, reflected (bit 0 is the highest
; power).
%include "core/asm/x86/neural.inc"

%define POLYNOMIAL 0x82F63B78

; STEP: multiplies `power` by x.
%macro STEP 0
    %assign power (power >> 1) ^ (POLYNOMIAL * (power & 1))
%endmacro

; POWER n: power = x^n.
%macro POWER 1
    %assign power 0x80000000
    %rep %1
        STEP
    %endrep
%endmacro

; --- sse2 ----------------------------------------------------------------------------------------
;
; uint32_t neural_crc32c_sse2(uint32_t crc, const void *data, int64_t bytes)
;
; eax the register, r8 r9 16 bytes of data, ecx one of them, r10d the next register, r11 the tables.
; Loop: 16 bytes through 16 tables. Tail: byte by byte through the first.

; tables + 1024*k + 4*i: what byte i, followed by k bytes of 0, leaves in the register.
section .rodata
align 64
tables:
%assign power 1
%assign k 0
%rep 16
    %assign j 8
    %rep 8
        %assign j j - 1
        STEP
        %assign bit_%[j] power
    %endrep
    %assign i 0
    %rep 256
        dd ((i & 1) * bit_0) ^ ((i >> 1 & 1) * bit_1) ^ ((i >> 2 & 1) * bit_2) ^ \
           ((i >> 3 & 1) * bit_3) ^ ((i >> 4 & 1) * bit_4) ^ ((i >> 5 & 1) * bit_5) ^ \
           ((i >> 6 & 1) * bit_6) ^ ((i >> 7 & 1) * bit_7)
        %assign i i + 1
    %endrep
    %assign k k + 1
%endrep
section .text

; EIGHT_BYTES source, highest table: r10d ^= what the bytes of source leave. source is lost.
%macro EIGHT_BYTES 2
    %assign %%k %2
    %rep 7
        movzx ecx, %1b
        shr %1, 8
        xor r10d, [r11 + 4 * rcx + 1024 * %%k]
        %assign %%k %%k - 1
    %endrep
        xor r10d, [r11 + 4 * %1 + 1024 * %%k]
%endmacro

TARGET sse2, f32
PLAIN_KERNEL crc32c, crc, data, bytes
        mov eax, edi
        not eax
        lea r11, [tables]
        sub bytes, 16
        jl .bytes
        align 16
.sixteen:
        mov r8, [data]
        mov r9, [data + 8]
        xor r8, rax
        xor r10d, r10d
        EIGHT_BYTES r9, 7
        EIGHT_BYTES r8, 15
        mov eax, r10d
        add data, 16
        sub bytes, 16
        jge .sixteen
.bytes:
        add bytes, 16
        jz .done
.byte:
        movzx ecx, byte [data]
        xor cl, al
        shr eax, 8
        xor eax, [r11 + 4 * rcx]
        inc data
        dec bytes
        jnz .byte
.done:
        not eax
        RETURN

; --- avx2, avx512 --------------------------------------------------------------------------------
;
; uint32_t neural_crc32c_<isa>(uint32_t crc, const void *data, int64_t bytes)
;
; eax r8d r9d registers of three consecutive streams of equal length, r10 the offset in all three.
; The crc32 instruction has a latency of three and a throughput of one. Loop: three streams of 1024,
; 256, 64 bytes, put together by pclmulqdq. Tail: eight bytes, then single bytes, by one crc32 each.

; SHIFT name, bytes: what times a register, through crc32, is the register after `bytes` zeros. A
; product of reflected numbers lacks a factor x, and crc32 multiplies by x^32.
%macro SHIFT 2
section .rodata
align 16
%1:
        POWER 8 * %2 - 33
        dq power, 0
section .text
%endmacro

SHIFT shift_2048, 2048
SHIFT shift_1024, 1024
SHIFT shift_512, 512
SHIFT shift_256, 256
SHIFT shift_128, 128
SHIFT shift_64, 64

; THREE_STREAMS bytes of a stream, twice as much
%macro THREE_STREAMS 2
        sub bytes, 3 * %1
        jl %%end
%%block:
        xor r8d, r8d
        xor r9d, r9d
        mov r10, -%1
        add data, %1
        align 16
%%step:
    %assign %%i 0
    %rep 4
        crc32 rax, qword [data + r10 + 8 * %%i]
        crc32 r8, qword [data + r10 + 8 * %%i + %1]
        crc32 r9, qword [data + r10 + 8 * %%i + 2 * %1]
        %assign %%i %%i + 1
    %endrep
        add r10, 32
        jnz %%step
        vmovd xmm0, eax
        vmovd xmm1, r8d
        vpclmulqdq xmm0, xmm0, [shift_%2], 0
        vpclmulqdq xmm1, xmm1, [shift_%1], 0
        vpxor xmm0, xmm0, xmm1
        vmovq r8, xmm0
        xor eax, eax
        crc32 rax, r8
        xor eax, r9d
        add data, 2 * %1
        sub bytes, 3 * %1
        jge %%block
%%end:
        add bytes, 3 * %1
%endmacro

; ONE_STREAM: fewer than 192 bytes.
%macro ONE_STREAM 0
        sub bytes, 8
        jl %%bytes
%%eight:
        crc32 rax, qword [data]
        add data, 8
        sub bytes, 8
        jge %%eight
%%bytes:
        add bytes, 8
        jz %%done
%%byte:
        crc32 eax, byte [data]
        inc data
        dec bytes
        jnz %%byte
%%done:
%endmacro

%macro CRC32C 0
PLAIN_KERNEL crc32c, crc, data, bytes
        mov eax, edi
        not eax
        THREE_STREAMS 1024, 2048
        THREE_STREAMS 256, 512
        THREE_STREAMS 64, 128
        ONE_STREAM
        not eax
        RETURN
%endmacro

TARGET avx2, f32
CRC32C
TARGET avx512, f32
CRC32C

; Loops of independent multiply-adds on registers: 12 accumulators hide the latency of every core.
%include "core/asm/x86/neural.inc"

; void neural_peak_<dtype>_<isa>(int64_t steps). All registers stay 0: no denormals, no overflow.
%macro PEAK_ACCUMULATE 2
    %if AVX
        FMA %1, m13, m14, %1
    %elif %2 % 2
        MUL %1, %1, m13
    %else
        ADD %1, %1, m14
    %endif
%endmacro

%macro PEAK 0
KERNEL peak, steps
    ZERO m13
    ZERO m14
    %assign %%i 0
    %rep 12
        ZERO m %+ %%i
        %assign %%i %%i + 1
    %endrep
    align 32
%%loop:
    %assign %%i 0
    %rep 12
        PEAK_ACCUMULATE m %+ %%i, %%i
        %assign %%i %%i + 1
    %endrep
    dec steps
    jnz %%loop
    RETURN
%endmacro

FOR_EVERY_TARGET PEAK

; void neural_read_f32_<isa>(const void *src, int64_t bytes): loads, eight vectors at a time, of all
; but the last bytes that do not fill eight.
%macro READ 0
KERNEL read, src, len
    sub len, 8 * VBYTES
    jl %%done
    align 32
%%loop:
    %assign %%i 0
    %rep 8
        LOAD m %+ %%i, [src + %%i * VBYTES]
        %assign %%i %%i + 1
    %endrep
    add src, 8 * VBYTES
    sub len, 8 * VBYTES
    jge %%loop
%%done:
    RETURN
%endmacro

FOR_EVERY_ISA READ, f32

; Normalization per channel of [batch, channels, len]: statistics, result and gradients.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/lanes.inc"
%include "core/asm/x86/rows.inc"
%include "core/asm/x86/norm.inc"

; A plane is the len elements of one channel in one sample; registers as in norm.inc, a plane being
; the row. rbx channels left, r14 bytes from sample to sample, r13 from a channel's first plane to
; one beyond its last, r8 planes left. The sums of a channel run through all its planes.

; PLANES: rbx, rbp, r14 and the mask from args, NUMBER(0) samples, r13; to .done where there is
; nothing.
%macro PLANES 0
        NORM_ENTER
        mov r13, [args]
        mov rbx, [args + 8]
        mov rbp, [args + 16]
        mov r14, [args + 24]
        test r13, r13
        jle .done
        test rbx, rbx
        jle .done
        test rbp, rbp
        jle .done
        mov NUMBER(0), r13
        mov rax, r13
        imul rax, rbp
        COUNT_OF rax
        shl rbp, ESHIFT
        shl r14, ESHIFT
        imul r13, r14
        ROW_TAIL
%endmacro

; void neural_channel_stats_<dtype>_<isa>(T *mean, T *variance, const T *src,
;                                         const neural_channel_args *args)
;     mean = sum(x)/count, variance = sum((x - mean)^2)/count of each channel

%macro CHANNEL_X_TERM 3
        FETCH %3, m8, src + r10 + %2
        ADD %1, %1, m8
%endmacro

%macro CHANNEL_SQUARE_TERM 3
        FETCH %3, m8, src + r10 + %2
        SUB m8, m8, MEAN
    %if %3
        ZERO_UNLESS m8, NORM_MASK, m8
    %endif
        FMA %1, m8, m8, %1
%endmacro

; CHANNEL_MEAN term: m0 = the mean of the terms of a channel of src.
%macro CHANNEL_MEAN 1
        BEGIN_SUM
        mov r8, NUMBER(0)
%%plane:
        SUM_ROW %1, 0
        add src, r14
        dec r8
        jnz %%plane
        sub src, r13
        END_SUM
        DIV m0, m0, COUNT
%endmacro

%macro CHANNEL_STATS 0
KERNEL channel_stats, mean, variance, src, args
        PLANES
.channel:
        CHANNEL_MEAN CHANNEL_X_TERM
        MOV MEAN, m0
        CHANNEL_MEAN CHANNEL_SQUARE_TERM
        STORE_ONE [mean], xm13
        STORE_ONE [variance], xm0
        add mean, ESIZE
        add variance, ESIZE
        add src, rbp
        dec rbx
        jnz .channel
.done:
        NORM_RETURN
        RETURN
%endmacro

FOR_EVERY_TARGET CHANNEL_STATS

; void neural_channel_sums_<dtype>_<isa>(T *sum, T *dot, const T *dy, const T *x, const T *mean,
;                                        const neural_channel_args *args)
;     sum = sum(dy), dot = sum(dy (x - mean)) of each channel

%macro DY_TERM 3
        FETCH %3, m8, dy + r10 + %2
        ADD %1, %1, m8
%endmacro

%macro DY_X_TERM 3
        FETCH %3, m8, dy + r10 + %2
        FETCH %3, m9, src + r10 + %2
        SUB m9, m9, MEAN
    %if %3
        ZERO_UNLESS m9, NORM_MASK, m9
    %endif
        FMA %1, m8, m9, %1
%endmacro

; PLANE_SUM n, term: the terms of one plane enter the lanes of that sum. r9 turns left.
%macro PLANE_SUM 2
        SUM_OF_TWO %1
        mov r9, NUMBER(1)
        FOR_LANES RESUME_LANE
        SUM_ROW %2, 0
        FOR_LANES LEAVE_LANE
%endmacro

; FINISH n, address
%macro FINISH 2
        SUM_OF_TWO %1
        FOR_LANES RESUME_LANE
        END_SUM
        STORE_ONE %2, xm0
%endmacro

; Both sums go over a plane while it is near. r11 planes left, NUMBER(1) turns left.
%macro CHANNEL_SUMS 0
KERNEL channel_sums, sum_dy, dot_dy, dy, src, mean, args
        PLANES
.channel:
        NUMBER_FROM MEAN, xm13, mean
    %assign %%n 0
    %rep 2
        SUM_OF_TWO %%n
        BEGIN_SUM
        FOR_LANES LEAVE_LANE
        %assign %%n %%n + 1
    %endrep
        mov NUMBER(1), r9
        mov r11, NUMBER(0)
.plane:
        PLANE_SUM 0, DY_TERM
        PLANE_SUM 1, DY_X_TERM
        mov NUMBER(1), r9
        add dy, r14
        add src, r14
        dec r11
        jnz .plane
        sub dy, r13
        sub src, r13
        FINISH 0, [sum_dy]
        FINISH 1, [dot_dy]
        SUM_OF_TWO 0
        add sum_dy, ESIZE
        add dot_dy, ESIZE
        add mean, ESIZE
        add dy, rbp
        add src, rbp
        dec rbx
        jnz .channel
.done:
        NORM_RETURN
        RETURN
%endmacro

FOR_EVERY_TARGET CHANNEL_SUMS

; void neural_channel_norm_<dtype>_<isa>(T *dst, const T *src, const T *table,
;                                        const neural_channel_args *args)
;     table = mean, scale, shift of each channel; y = (x - mean) scale + shift
; void neural_channel_norm_grad_<dtype>_<isa>(T *dx, const T *dy, const T *x, const T *table,
;                                             const neural_channel_args *args)
;     table = mean, scale, shift, slope; dx = (dy scale + shift) - (x - mean) slope
;
; Samples, in each its channels: as they lie in memory. r14 becomes the gap between two samples,
; r13 samples left, NUMBER(1) channels, NUMBER(2) the table, r11 as MAP_ROW wants it. m13 mean, m14
; scale, m11 shift, m10 slope.

; FAR_PLANES dst, source...: r11 = 1 where dst is better stored past the caches (MAP_FAR_BYTES in
; tail.inc), judged by the samples from end to end, else 0. r13 bytes of all samples.
%macro FAR_PLANES 2-3
        xor r11d, r11d
        cmp r13, MAP_FAR_BYTES / (%0 - 1)
        jl %%near
        mov rax, rbp
        or rax, r14
        test rax, VBYTES - 1
        jnz %%near
        MAP_UNLESS_STREAMED %%near, %{1:-1}
        mov r11d, 1
%%near:
%endmacro

; EACH_SAMPLE figures of a channel in the table, dst, source...
%macro EACH_SAMPLE 3-4
        FAR_PLANES %{2:-1}
        mov NUMBER(1), rbx
        mov NUMBER(2), table
        mov r13, NUMBER(0)
        mov rax, rbx
        imul rax, rbp
        sub r14, rax
.sample:
        mov rbx, NUMBER(1)
        mov table, NUMBER(2)
.channel:
        NUMBER_FROM m13, xm13, table
        NUMBER_FROM m14, xm14, table + ESIZE
        NUMBER_FROM m11, xm11, table + 2 * ESIZE
    %if %1 == 4
        NUMBER_FROM m10, xm10, table + 3 * ESIZE
    %endif
        add table, %1 * ESIZE
%endmacro

%macro CHANNEL_RESULT 2
        FETCH %2, m0, src + r10 + %1
        SUB m0, m0, m13
        FMA m0, m0, m14, m11
        MAP_PUT %2, dst + r10 + %1, m0
%endmacro

%macro CHANNEL_GRAD_RESULT 2
        FETCH %2, m0, dy + r10 + %1
        FETCH %2, m1, src + r10 + %1
        FMA m0, m0, m14, m11
        SUB m1, m1, m13
        FNMA m0, m1, m10, m0
        MAP_PUT %2, dx + r10 + %1, m0
%endmacro

%macro CHANNEL_NORM 0
KERNEL channel_norm, dst, src, table, args
        PLANES
        EACH_SAMPLE 3, dst, src
        MAP_ROW CHANNEL_RESULT, 0, 1
        add dst, rbp
        add src, rbp
        dec rbx
        jnz .channel
        add dst, r14
        add src, r14
        dec r13
        jnz .sample
        test r11d, r11d
        jz .done
        sfence                                  ; other threads see the result in order
.done:
        NORM_RETURN
        RETURN

KERNEL channel_norm_grad, dx, dy, src, table, args
        PLANES
        EACH_SAMPLE 4, dx, dy, src
        MAP_ROW CHANNEL_GRAD_RESULT, 0, 1
        add dx, rbp
        add dy, rbp
        add src, rbp
        dec rbx
        jnz .channel
        add dx, r14
        add dy, r14
        add src, r14
        dec r13
        jnz .sample
        test r11d, r11d
        jz .done
        sfence                                  ; other threads see the result in order
.done:
        NORM_RETURN
        RETURN
%endmacro

FOR_EVERY_TARGET CHANNEL_NORM

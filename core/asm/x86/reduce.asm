; Reductions: sum, sumsq, dot, max, min and find_nonfinite.
%include "core/asm/x86/neural.inc"
%include "core/asm/x86/lanes.inc"

CONST minus_infinity, 0xff800000, 0xfff0000000000000
CONST plus_infinity, 0x7f800000, 0x7ff0000000000000
CONST quiet_nan, 0x7fc00000, 0x7ff8000000000000

; --- sums ----------------------------------------------------------------------------------------
;
; T neural_sum_<dtype>_<isa>(const T *src, int64_t len), sumsq alike
; T neural_dot_<dtype>_<isa>(const T *lhs, const T *rhs, int64_t len)
;
; m0..m7 are lane vectors 0..7 (AVX-512 has four in all); with SSE2 lane vectors 8..15 are on the
; stack. m8 and m9 hold a vector of each source, m10 and m13 the last, partial one. r8d blocks until
; the lanes are added to their totals.

%define CHUNK_BLOCKS 64
%define TOTAL(k) [rsp + VBYTES * (k)]
%define SUM_FRAME (LANE_BYTES + 136)            ; keeps rsp a multiple of 16

; ENTER_<op> lane vector, x, y: the terms of one vector enter their lanes.
%macro ENTER_sum 3
    ADD m%1, m%1, %2
%endmacro
%macro ENTER_sumsq 3
    FMA m%1, %2, %2, m%1
%endmacro
%macro ENTER_dot 3
    FMA m%1, %2, %3, m%1
%endmacro

; ENTER op, lane vector, x, y
%macro ENTER 4
    %if %2 < 8
        ENTER_%1 %2, %3, %4
    %else
        movaps m11, STACK_LANE(%2)
        ENTER_%1 11, %3, %4
        movaps STACK_LANE(%2), m11
    %endif
%endmacro

; ENTER_VECTOR op, sources, lhs, rhs, k: vector k of the block.
%macro ENTER_VECTOR 5
        LOAD m8, [%3 + %5 * VBYTES]
    %if %2 == 2
        LOAD m9, [%4 + %5 * VBYTES]
    %endif
        ENTER %1, %5, m8, m9
%endmacro

; PARTIAL_TERMS sources, lhs, rhs: m10 and m13 = the last len mod VLEN elements and zeros, the terms
; of which leave every lane as it is. r9, r10 and r11 are lost.
%macro PARTIAL_TERMS 3
        ZERO m10
        ZERO m13
        mov r10, len
        and r10, VBYTES - 1
        jz %%none
        mov r9, len
        sub r9, r10
        TAIL r10
        LOAD_TAIL m10, %2 + r9
    %if %1 == 2
        LOAD_TAIL m13, %3 + r9
    %endif
%%none:
%endmacro

; ENTER_REST op, sources, lhs, rhs: fewer than LANE_BYTES bytes; the whole vectors, then m10, m13.
%macro ENTER_REST 4
    %assign %%k 0
    %rep LANE_BYTES / VBYTES - 1
        cmp len, VBYTES * (%%k + 1)
        jb .last_ %+ %%k
        ENTER_VECTOR %1, %2, %3, %4, %%k
        %assign %%k %%k + 1
    %endrep
    %rep LANE_BYTES / VBYTES
.last_ %+ %%k:
        ENTER %1, %%k, m10, m13
    %if %%k
        jmp .fold
    %endif
        %assign %%k %%k - 1
    %endrep
%endmacro

; The totals: on the stack, with AVX-512 in m16..m19.
%macro CLEAR 2
        ZERO %2
    %if AVX512
        %assign %%total 16 + %1
        MOV m %+ %%total, %2
    %else
        STORE TOTAL(%1), %2
    %endif
%endmacro

%macro ADD_TO_TOTAL 2
    %if AVX512
        %assign %%total 16 + %1
        ADD m %+ %%total, m %+ %%total, %2
    %else
        LOAD m10, TOTAL(%1)
        ADD m10, m10, %2
        STORE TOTAL(%1), m10
    %endif
        ZERO %2
%endmacro

%macro ADD_TOTAL 2
    %if AVX512
        %assign %%total 16 + %1
        ADD %2, %2, m %+ %%total
    %else
        LOAD m10, TOTAL(%1)
        ADD %2, %2, m10
    %endif
%endmacro

; SUM_BODY op, sources, lhs, rhs
; Loop: 256 bytes of each source, after 64 turns the lanes move to their totals. Tail: whole vectors
; one by one, then one partial vector.
%macro SUM_BODY 4
        sub rsp, SUM_FRAME
        FOR_LANES CLEAR
        mov r8d, CHUNK_BLOCKS
        shl len, ESHIFT                         ; bytes left
        sub len, LANE_BYTES
        jl .rest
        align 16
.block:
    %assign %%k 0
    %rep LANE_BYTES / VBYTES
        ENTER_VECTOR %1, %2, %3, %4, %%k
        %assign %%k %%k + 1
    %endrep
        add %3, LANE_BYTES
    %if %2 == 2
        add %4, LANE_BYTES
    %endif
        dec r8d
        jnz .next
        FOR_LANES ADD_TO_TOTAL
        mov r8d, CHUNK_BLOCKS
.next:
        sub len, LANE_BYTES
        jge .block
.rest:
        add len, LANE_BYTES
        jz .fold
        PARTIAL_TERMS %2, %3, %4
        ENTER_REST %1, %2, %3, %4
.fold:
        FOR_LANES ADD_TOTAL
    %if SSE2
        %assign %%k 0
        %rep 8
            %assign %%high %%k + 8
            ADD m %+ %%k, m %+ %%k, STACK_LANE(%%high)
            %assign %%k %%k + 1
        %endrep
    %endif
        FOLD_VECTORS ADD, 0, REGISTER_LANES
        FOLD_LANES ADD, 0, 8
        add rsp, SUM_FRAME
        RETURN
%endmacro

%macro SUMS 0
    KERNEL sum, src, len
        SUM_BODY sum, 1, src, src
    KERNEL sumsq, src, len
        SUM_BODY sumsq, 1, src, src
    KERNEL dot, lhs, rhs, len
        SUM_BODY dot, 2, lhs, rhs
%endmacro

FOR_EVERY_TARGET SUMS

; --- extremes ------------------------------------------------------------------------------------
;
; T neural_max_<dtype>_<isa>(const T *src, int64_t len), min alike
;
; m0..m7 the best so far (AVX-512: m0..m3), m8 and m9 a vector, m10 the identity, q1 lanes that met
; NaN. MAX and MIN with the new element first keep the old one when it is NaN.

; EXTREME_BODY op, identity
; Loop: one vector for each of the registers. Tail: single vectors, then one filled up with the
; identity; all of them enter the registers in the order of the loop.
%macro EXTREME_BODY 2
        LOADC m10, %2
    %assign %%k 0
    %rep REGISTER_LANES
        MOV m %+ %%k, m10
        %assign %%k %%k + 1
    %endrep
        CMP q1, m10, m10, UNORDERED             ; no lane
        shl len, ESHIFT
        sub len, REGISTER_LANES * VBYTES
        jl .rest
        align 16
.block:
    %assign %%k 0
    %rep REGISTER_LANES / 2
        %assign %%next %%k + 1
        LOAD m8, [src + %%k * VBYTES]
        LOAD m9, [src + %%next * VBYTES]
        CMP q2, m8, m9, UNORDERED
        MASK_OR q1, q1, q2
        EXTREME_ENTER %1, %%k, m8
        EXTREME_ENTER %1, %%next, m9
        %assign %%k %%k + 2
    %endrep
        add src, REGISTER_LANES * VBYTES
        sub len, REGISTER_LANES * VBYTES
        jge .block
.rest:
        add len, REGISTER_LANES * VBYTES
    %assign %%k 0
    %rep REGISTER_LANES - 1
        cmp len, VBYTES
        jl .last_ %+ %%k
        LOAD m8, [src]
        CMP q2, m8, m8, UNORDERED
        MASK_OR q1, q1, q2
        EXTREME_ENTER %1, %%k, m8
        add src, VBYTES
        sub len, VBYTES
        %assign %%k %%k + 1
    %endrep
    %rep REGISTER_LANES
.last_ %+ %%k:
        EXTREME_LAST %1, %%k
        jmp .fold
        %assign %%k %%k - 1
    %endrep
.fold:
        FOLD_VECTORS %1, 0, REGISTER_LANES
        FOLD_LANES %1, 0, 8
        MASK_BITS q1
        jz .finish
        LOAD_ONE xm0, [quiet_nan_ %+ DTYPE]
.finish:
        RETURN
%endmacro

; EXTREME_LAST op, lane vector: the partial vector, if any.
%macro EXTREME_LAST 2
        test len, len
        jz .fold
        TAIL len
        LOAD_TAIL m8, src
        SELECT m8, q0, m8, m10
        CMP q2, m8, m8, UNORDERED
        MASK_OR q1, q1, q2
        EXTREME_ENTER %1, %2, m8
%endmacro

%macro EXTREMES 0
    KERNEL max, src, len
        EXTREME_BODY MAX, minus_infinity
    KERNEL min, src, len
        EXTREME_BODY MIN, plus_infinity
%endmacro

FOR_EVERY_TARGET EXTREMES

; --- find_nonfinite ------------------------------------------------------------------------------
;
; int64_t neural_find_nonfinite_<dtype>_<isa>(const T *src, int64_t len)
;
; m0..m3 sums of x * 0, which are NaN from the first NaN or infinity on; m4 zero, m8 a vector.
; r8 byte offset, r9 bytes in all.

%define SCAN_BYTES 512

; FOUND vector: jumps to .found with the lanes' bits in eax if it holds NaN or infinity.
%macro FOUND 1
        SUB %1, %1, %1                          ; x - x
        CMP q1, %1, %1, UNORDERED
        MASK_BITS q1
        jnz .found
%endmacro

; Loop: 512 bytes, only asking whether there is one. Then, from the block that has it or from the
; rest on, vector by vector. Tail: the masked lanes are 0.
%macro FIND_NONFINITE 0
KERNEL find_nonfinite, src, len
        ZERO m4
    %assign %%k 0
    %rep 4
        MOV m %+ %%k, m4
        %assign %%k %%k + 1
    %endrep
        xor r8d, r8d
        mov r9, len
        shl r9, ESHIFT
        lea r10, [r9 - SCAN_BYTES]              ; last offset of a block
        cmp r8, r10
        jg .vectors
        align 16
.block:
    %assign %%k 0
    %rep SCAN_BYTES / VBYTES
        %assign %%acc %%k % 4
        LOAD m8, [src + r8 + %%k * VBYTES]
        FMA m %+ %%acc, m8, m4, m %+ %%acc
        %assign %%k %%k + 1
    %endrep
        CMP q1, m0, m1, UNORDERED
        CMP q2, m2, m3, UNORDERED
        MASK_OR q1, q1, q2
        MASK_BITS q1
        jnz .vectors
        add r8, SCAN_BYTES
        cmp r8, r10
        jle .block
.vectors:
        lea r10, [r9 - VBYTES]                  ; last offset of a vector
.vector:
        cmp r8, r10
        jg .rest
        LOAD m0, [src + r8]
        FOUND m0
        add r8, VBYTES
        jmp .vector
.rest:
        sub r9, r8
        jle .none
        TAIL r9
        LOAD_TAIL m0, src + r8
        FOUND m0
.none:
        mov rax, -1
        LEAVE
.found:
        bsf eax, eax
        shr r8, ESHIFT
        add rax, r8
        RETURN
%endmacro

FOR_EVERY_TARGET FIND_NONFINITE

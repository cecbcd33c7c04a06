; Area and moment of aggregated fuzzy sets: a set per row, rows in the lanes.
%include "core/asm/x86/neural.inc"

; void neural_fuzzy_<share>_<dtype>_<isa>(T *dst, const T *src, const T *table, int64_t rows,
;                                         const neural_fuzzy_set_args *args)
;
; m0 m1 areas, m2 m3 moments, m4 m5 the sets at a sample, m6 a term's sample or x in every lane,
; m7 a term's degrees, then its share. rows bytes left, r9 in the table, r10 samples left, r11 a
; column of degrees, rax terms left. Loop: strips of 2 vectors of rows, then of 1, each over all
; samples. No tail: rows fill whole vectors.

; SPREAD_LOAD number of a register, [address]
%macro SPREAD_LOAD 2
    LOAD_ONE xm%1, %2
    SPLAT m%1, xm%1
%endmacro

; SHARE op, vectors: the largest of the sets and one term's.
%macro SHARE 2
    %assign %%k 0
    %assign %%set 4
    %rep %2
        LOAD m7, [r11 + %%k * VBYTES]
        %1 m7, m7, m6
        MAX m %+ %%set, m %+ %%set, m7
        %assign %%k %%k + 1
        %assign %%set %%set + 1
    %endrep
%endmacro

; ADD_SAMPLE vectors: the sets into the areas, times x into the moments.
%macro ADD_SAMPLE 1
    %assign %%k 0
    %rep %1
        %assign %%moment %%k + 2
        %assign %%set %%k + 4
        ADD m %+ %%k, m %+ %%k, m %+ %%set
        FMA m %+ %%moment, m %+ %%set, m6, m %+ %%moment
        %assign %%k %%k + 1
    %endrep
%endmacro

%macro ZERO_FROM 2
    %assign %%k %1
    %rep %2
        ZERO m %+ %%k
        %assign %%k %%k + 1
    %endrep
%endmacro

; STORE_FROM address, first register, vectors
%macro STORE_FROM 3
    %assign %%k 0
    %assign %%r %2
    %rep %3
        STORE [%1 + %%k * VBYTES], m %+ %%r
        %assign %%k %%k + 1
        %assign %%r %%r + 1
    %endrep
%endmacro

; SET_STRIP op, vectors: while so many are left.
%macro SET_STRIP 2
.strip_%2:
        cmp rows, %2 * VBYTES
        jl .end_%2
        ZERO_FROM 0, 4
        mov r9, table
        mov r10, [args + 8]
.sample_%2:
        ZERO_FROM 4, 2
        mov r11, src
        mov rax, [args]
.term_%2:
        SPREAD_LOAD 6, [r9]
        SHARE %1, %2
        add r9, ESIZE
        add r11, [args + 16]
        dec rax
        jnz .term_%2
        SPREAD_LOAD 6, [r9]
        ADD_SAMPLE %2
        add r9, ESIZE
        dec r10
        jnz .sample_%2
        STORE_FROM dst, 0, %2
        mov r11, [args + 16]
        add r11, dst
        STORE_FROM r11, 2, %2
        add dst, %2 * VBYTES
        add src, %2 * VBYTES
        sub rows, %2 * VBYTES
        jmp .strip_%2
.end_%2:
%endmacro

%macro FUZZY_CLIP 0
KERNEL fuzzy_clip, dst, src, table, rows, args
        shl rows, ESHIFT
        SET_STRIP MIN, 2
        SET_STRIP MIN, 1
        RETURN
%endmacro

%macro FUZZY_SCALE 0
KERNEL fuzzy_scale, dst, src, table, rows, args
        shl rows, ESHIFT
        SET_STRIP MUL, 2
        SET_STRIP MUL, 1
        RETURN
%endmacro

FOR_EVERY_TARGET FUZZY_CLIP
FOR_EVERY_TARGET FUZZY_SCALE

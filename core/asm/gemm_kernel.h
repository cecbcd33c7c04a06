/* The GEMM micro-kernel contract: one tile of C against packed or strided panels. */
#ifndef CORE_ASM_GEMM_KERNEL_H_
#define CORE_ASM_GEMM_KERNEL_H_

#include <stdint.h>

typedef struct neural_gemm_tile {
    void *reserved;
} neural_gemm_tile;

#endif /* CORE_ASM_GEMM_KERNEL_H_ */

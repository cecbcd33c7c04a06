/* Instruction set levels and what this machine offers. */
#ifndef CORE_ASM_CPU_H_
#define CORE_ASM_CPU_H_

#include <stdint.h>

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Levels of kernels, totally ordered. AVX2 stands for AVX2 + FMA3 + BMI2 + F16C + SSE4.2 +
 * PCLMULQDQ, AVX-512 for F + CD + BW + DQ + VL; each also needs the operating system's consent in
 * XCR0. */
typedef enum neural_isa {
    NEURAL_ISA_C = 0,
    NEURAL_ISA_SSE2 = 1,
    NEURAL_ISA_AVX2 = 2,
    NEURAL_ISA_AVX512 = 3,
    NEURAL_ISA_COUNT = 4
} neural_isa;

/* Extras beyond NEURAL_ISA_AVX512 that single slots may use: AVX512_VNNI (vpdpbusd) and AVX512_BF16
 * (vdpbf16ps), by CPUID. Without that level there are none. */
typedef enum neural_quirk { NEURAL_QUIRK_VNNI = 1, NEURAL_QUIRK_BF16 = 2 } neural_quirk;

/* Highest level of this CPU and operating system, by CPUID and XCR0. */
neural_isa neural_isa_detected(void);

/* Level in use: the detected one under the ceiling of the environment variable NEURAL_ISA
 * (c, sse2, avx2, avx512; an unknown word is ignored and logged). Fixed at start-up. */
neural_isa neural_isa_active(void);

/* Bit sets of neural_quirk: those of this CPU and operating system, and those in use. In use is
 * nothing below avx512, else what is detected and named by the environment variable NEURAL_QUIRKS:
 * a list such as "vnni,bf16", or "none"; without it, all. A list with an unknown word is ignored
 * and logged. Fixed at start-up. */
unsigned neural_quirks_detected(void);
unsigned neural_quirks_active(void);

/* "c", "sse2", "avx2", "avx512". */
const char *neural_isa_name(neural_isa isa);

/* Cache sizes in bytes from CPUID, with the fallbacks 32 KiB / 512 KiB / 8 MiB. */
typedef struct neural_caches {
    int64_t l1d, l2, l3;
} neural_caches;
neural_caches neural_cpu_caches(void);

/* What to believe of reported sizes: a level that is absent, absurd or smaller than the level below
 * it, as some hypervisors report, takes its fallback or the size of the level below. */
neural_caches neural_caches_believed(neural_caches reported);

/* Public numbers and names of the original: 0 "Scalar (no SIMD)", 1 "SSE2", 2 "AVX" (computes with
 * the sse2 kernels), 3 "AVX2", 4 "AVX-512". */
NEURAL_API int neural_get_simd_level(void);
NEURAL_API const char *neural_get_simd_name(void);

/* The extras beyond AVX-512 in use: "VNNI, BF16", "VNNI", "BF16" or "none". */
NEURAL_API const char *neural_get_simd_extras(void);

/* The processor's own name from CPUID. */
NEURAL_API const char *neural_cpu_name(void);

#ifdef __cplusplus
}
#endif

#endif /* CORE_ASM_CPU_H_ */

#include "core/asm/cpu.h"

#include <cpuid.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"

/* What is known of this machine; written once. */
static struct {
    neural_isa detected, active;
    unsigned quirks_detected, quirks_active;
    int has_avx;
    neural_caches caches;
    char name[49];
} cpu;
static pthread_once_t cpu_once = PTHREAD_ONCE_INIT;

typedef struct cpuid_registers {
    unsigned eax, ebx, ecx, edx;
} cpuid_registers;

/* All zeros for a leaf the processor lacks. */
static cpuid_registers cpuid(unsigned leaf, unsigned subleaf) {
    cpuid_registers r = {0, 0, 0, 0};
    if ((uint32_t)__get_cpuid_max(leaf & 0x80000000u, NULL) >= leaf) {
        __cpuid_count(leaf, subleaf, r.eax, r.ebx, r.ecx, r.edx);
    }
    return r;
}

/* The register states that the operating system saves: XCR0, 0 without OSXSAVE. */
static unsigned saved_states(cpuid_registers basic) {
    unsigned eax = 0, edx = 0;
    if (basic.ecx & (1u << 27)) {
        __asm__ volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
    }
    return eax;
}

static int has_bits(unsigned word, unsigned bits) {
    return (word & bits) == bits;
}

static void detect_level(void) {
    enum { XCR0_AVX = 0x06, XCR0_AVX512 = 0xE6 };
    const unsigned pclmul_fma_sse42_movbe_avx_f16c =
        1u << 1 | 1u << 12 | 1u << 20 | 1u << 22 | 1u << 28 | 1u << 29;
    const unsigned bmi1_avx2_bmi2 = 1u << 3 | 1u << 5 | 1u << 8;
    const unsigned avx512_f_dq_cd_bw_vl = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31;
    const cpuid_registers basic = cpuid(1, 0), extended = cpuid(7, 0), more = cpuid(7, 1);
    const unsigned states = saved_states(basic);

    cpu.detected = NEURAL_ISA_SSE2;
    cpu.has_avx = has_bits(states, XCR0_AVX) && has_bits(basic.ecx, 1u << 28);
    if (cpu.has_avx && has_bits(basic.ecx, pclmul_fma_sse42_movbe_avx_f16c) &&
        has_bits(extended.ebx, bmi1_avx2_bmi2)) {
        cpu.detected = NEURAL_ISA_AVX2;
    }
    if (cpu.detected == NEURAL_ISA_AVX2 && has_bits(states, XCR0_AVX512) &&
        has_bits(extended.ebx, avx512_f_dq_cd_bw_vl)) {
        cpu.detected = NEURAL_ISA_AVX512;
        const int has_more = extended.eax >= 1;
        cpu.quirks_detected |= extended.ecx & (1u << 11) ? NEURAL_QUIRK_VNNI : 0;
        cpu.quirks_detected |= has_more && more.eax & (1u << 5) ? NEURAL_QUIRK_BF16 : 0;
    }
}

static const char *const isa_names[NEURAL_ISA_COUNT] = {"c", "sse2", "avx2", "avx512"};

/* The ceiling that NEURAL_ISA names; none: the highest level. */
static neural_isa ceiling(void) {
    const char *word = getenv("NEURAL_ISA");
    if (!word || !*word) {
        return NEURAL_ISA_AVX512;
    }
    for (int isa = 0; isa < NEURAL_ISA_COUNT; isa++) {
        if (strcmp(word, isa_names[isa]) == 0) {
            return (neural_isa)isa;
        }
    }
    neural_log_write(NEURAL_LOG_WARNING, "NEURAL_ISA is \"%s\", expected c, sse2, avx2 or avx512",
                     word);
    return NEURAL_ISA_AVX512;
}

/* The quirk that a word of NEURAL_QUIRKS names; 0 for an unknown one. */
static unsigned quirk_named(const char *word, size_t len) {
    static const struct {
        const char *name;
        unsigned quirk;
    } known[] = {{"vnni", NEURAL_QUIRK_VNNI}, {"bf16", NEURAL_QUIRK_BF16}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strlen(known[i].name) == len && memcmp(known[i].name, word, len) == 0) {
            return known[i].quirk;
        }
    }
    return 0;
}

/* The quirks that NEURAL_QUIRKS admits. */
static unsigned admitted_quirks(void) {
    const char *list = getenv("NEURAL_QUIRKS");
    if (!list || !*list) {
        return ~0u;
    }
    if (strcmp(list, "none") == 0) {
        return 0;
    }
    unsigned admitted = 0;
    for (const char *word = list;; word++) {
        const size_t len = strcspn(word, ",");
        const unsigned quirk = quirk_named(word, len);
        if (!quirk) {
            neural_log_write(NEURAL_LOG_WARNING,
                             "NEURAL_QUIRKS is \"%s\", expected none or a list of vnni, bf16",
                             list);
            return ~0u;
        }
        admitted |= quirk;
        word += len;
        if (!*word) {
            return admitted;
        }
    }
}

/* Deterministic cache parameters, the same layout in Intel's leaf 4 and AMD's leaf 8000001D. */
static void detect_caches(unsigned leaf) {
    int64_t *const levels[] = {NULL, &cpu.caches.l1d, &cpu.caches.l2, &cpu.caches.l3};
    for (unsigned i = 0; i < 16; i++) {
        const cpuid_registers r = cpuid(leaf, i);
        const unsigned type = r.eax & 31, level = r.eax >> 5 & 7;
        if (type == 0) {
            break;
        }
        if (type != 2 && level >= 1 && level <= 3) {
            const int64_t ways = (r.ebx >> 22) + 1, partitions = (r.ebx >> 12 & 1023) + 1;
            *levels[level] = ways * partitions * ((r.ebx & 4095) + 1) * ((int64_t)r.ecx + 1);
        }
    }
}

static int64_t within(int64_t bytes, int64_t least, int64_t most, int64_t fallback) {
    return bytes < least || bytes > most ? fallback : bytes;
}

neural_caches neural_caches_believed(neural_caches reported) {
    neural_caches caches;
    caches.l1d = within(reported.l1d, 8 << 10, 1 << 20, 32 << 10);
    caches.l2 = within(reported.l2, 64 << 10, 64 << 20, 512 << 10);
    caches.l3 = within(reported.l3, 256 << 10, (int64_t)4 << 30, 8 << 20);
    caches.l2 = caches.l2 < caches.l1d ? caches.l1d : caches.l2;
    caches.l3 = caches.l3 < caches.l2 ? caches.l2 : caches.l3;
    return caches;
}

static void detect_name(void) {
    for (unsigned i = 0; i < 3; i++) {
        const cpuid_registers r = cpuid(0x80000002u + i, 0);
        memcpy(cpu.name + 16 * i, &r, 16);
    }
    const size_t padding = strspn(cpu.name, " ");
    memmove(cpu.name, cpu.name + padding, strlen(cpu.name) + 1 - padding);
    if (!cpu.name[0]) {
        strcpy(cpu.name, "unknown");
    }
}

static void detect(void) {
    detect_level();
    const neural_isa highest = ceiling();
    cpu.active = cpu.detected < highest ? cpu.detected : highest;
    const unsigned admitted = admitted_quirks();
    cpu.quirks_active = cpu.active < NEURAL_ISA_AVX512 ? 0 : cpu.quirks_detected & admitted;
    cpu.caches = (neural_caches){0, 0, 0};
    detect_caches(4);
    if (cpuid(0x80000001u, 0).ecx & (1u << 22)) {
        detect_caches(0x8000001Du);
    }
    cpu.caches = neural_caches_believed(cpu.caches);
    detect_name();
}

neural_isa neural_isa_detected(void) {
    pthread_once(&cpu_once, detect);
    return cpu.detected;
}

neural_isa neural_isa_active(void) {
    pthread_once(&cpu_once, detect);
    return cpu.active;
}

unsigned neural_quirks_detected(void) {
    pthread_once(&cpu_once, detect);
    return cpu.quirks_detected;
}

unsigned neural_quirks_active(void) {
    pthread_once(&cpu_once, detect);
    return cpu.quirks_active;
}

const char *neural_isa_name(neural_isa isa) {
    return (unsigned)isa < NEURAL_ISA_COUNT ? isa_names[isa] : "unknown";
}

neural_caches neural_cpu_caches(void) {
    pthread_once(&cpu_once, detect);
    return cpu.caches;
}

int neural_get_simd_level(void) {
    const neural_isa active = neural_isa_active();
    const int is_plain_avx = active == NEURAL_ISA_SSE2 && cpu.detected == active && cpu.has_avx &&
                             ceiling() > NEURAL_ISA_SSE2;
    return active + (active >= NEURAL_ISA_AVX2 || is_plain_avx);
}

const char *neural_get_simd_name(void) {
    static const char *const names[] = {"Scalar (no SIMD)", "SSE2", "AVX", "AVX2", "AVX-512"};
    return names[neural_get_simd_level()];
}

const char *neural_get_simd_extras(void) {
    static const char *const names[] = {"none", "VNNI", "BF16", "VNNI, BF16"};
    return names[neural_quirks_active() & (NEURAL_QUIRK_VNNI | NEURAL_QUIRK_BF16)];
}

const char *neural_cpu_name(void) {
    pthread_once(&cpu_once, detect);
    return cpu.name;
}

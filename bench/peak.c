#include "bench/peak.h"

typedef void peak_loop(int64_t steps);
peak_loop neural_peak_f32_sse2, neural_peak_f32_avx2, neural_peak_f32_avx512;
peak_loop neural_peak_f64_sse2, neural_peak_f64_avx2, neural_peak_f64_avx512;

typedef void read_loop(const void *src, int64_t bytes);
read_loop neural_read_f32_sse2, neural_read_f32_avx2, neural_read_f32_avx512;

void bench_read_run(neural_isa isa, const void *src, int64_t bytes) {
    static read_loop *const loops[NEURAL_ISA_COUNT] = {
        neural_read_f32_sse2, neural_read_f32_sse2, neural_read_f32_avx2, neural_read_f32_avx512};
    loops[isa](src, bytes);
}

void bench_peak_run(neural_isa isa, int is_f64, int64_t steps) {
    static peak_loop *const loops[2][NEURAL_ISA_COUNT] = {
        {neural_peak_f32_sse2, neural_peak_f32_sse2, neural_peak_f32_avx2, neural_peak_f32_avx512},
        {neural_peak_f64_sse2, neural_peak_f64_sse2, neural_peak_f64_avx2, neural_peak_f64_avx512},
    };
    loops[is_f64 != 0][isa](steps);
}

/* 12 instructions a step: with FMA two operations per lane each, without one. */
int64_t bench_peak_flops(neural_isa isa, int is_f64) {
    static const int64_t bytes[NEURAL_ISA_COUNT] = {16, 16, 32, 64};
    return 12 * (isa >= NEURAL_ISA_AVX2 ? 2 : 1) * bytes[isa] / (is_f64 ? 8 : 4);
}

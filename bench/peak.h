/* The core's own peak: a loop of independent fused multiply-adds on registers alone (sse2 and c:
 * a multiplication and an addition), timed between the samples of a benchmark; and a loop that
 * only reads. */
#ifndef BENCH_PEAK_H_
#define BENCH_PEAK_H_

#include <stdint.h>

#include "core/asm/cpu.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Runs `steps` steps of the loop of that level, as f32 or f64. */
void bench_peak_run(neural_isa isa, int is_f64, int64_t steps);

/* Floating point operations of one step. */
int64_t bench_peak_flops(neural_isa isa, int is_f64);

/* Reads `bytes` bytes from src, once, in vectors of that level: what memory gives at best. */
void bench_read_run(neural_isa isa, const void *src, int64_t bytes);

#ifdef __cplusplus
}
#endif

#endif /* BENCH_PEAK_H_ */

/* The transcendental functions behind the C references, in double precision without FMA and
 * without libm, so that they have the same bits everywhere. The f32 references round their
 * results. docs/kernels.md explains reductions and polynomials. */
#ifndef CORE_ASM_REFERENCE_TRANSCENDENTAL_H_
#define CORE_ASM_REFERENCE_TRANSCENDENTAL_H_

#include <stdint.h>

/* exp(x) = p * 2^n with p in [0.7, 1.42]; x is clamped to [-800, 800] and may be NaN. */
double neural_reference_exp_parts(double x, double *n);

/* p * 2^n for |n| <= 2000, rounded once, also where the result is subnormal or overflows. */
double neural_reference_scale(double p, double n);

double neural_reference_exp(double x);
double neural_reference_expm1(double x);
double neural_reference_log(double x);

/* log(1 + e) for 0 <= e <= 1 */
double neural_reference_log1p(double e);
double neural_reference_tanh(double x);

/* The standard normal distribution below -|x|: Phi(-|x|) = result * bell, bell = exp(-x^2/2). */
double neural_reference_normal_tail(double x, double *bell);

/* |x| Phi(-|x|), rounded once. */
double neural_reference_normal_tail_times(double x);

/* 1/(1 + exp(-x)) */
double neural_reference_sigmoid(double x);

/* x * sigmoid(v), exact in the tail v -> -inf where sigmoid alone is subnormal. */
double neural_reference_sigmoid_times(double x, double v);

#endif /* CORE_ASM_REFERENCE_TRANSCENDENTAL_H_ */

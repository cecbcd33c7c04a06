/* T-norms (and), S-norms (or) and hedges ("very"): functions on degrees of membership in 0 ... 1.
 * Names are fuzzylite's. */
#ifndef FUZZY_NORM_H_
#define FUZZY_NORM_H_

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where two degrees are compared, ones nearer than 1e-6 are equal (fuzzy/near.h). */
typedef enum neural_fuzzy_norm {
    NEURAL_FUZZY_NONE = 0,
    /* T-norms: f(a, 1) = a, f(a, 0) = 0 */
    NEURAL_FUZZY_MINIMUM = 1,
    NEURAL_FUZZY_ALGEBRAIC_PRODUCT = 2,  /* a b */
    NEURAL_FUZZY_BOUNDED_DIFFERENCE = 3, /* max(0, a + b - 1) (Lukasiewicz) */
    NEURAL_FUZZY_DRASTIC_PRODUCT = 4,    /* min(a, b) where max(a, b) = 1, else 0 */
    NEURAL_FUZZY_EINSTEIN_PRODUCT = 5,   /* a b / (2 - (a + b - a b)) */
    NEURAL_FUZZY_HAMACHER_PRODUCT = 6,   /* a b / (a + b - a b); 0 where a + b = 0 */
    NEURAL_FUZZY_NILPOTENT_MINIMUM = 7,  /* min(a, b) where a + b > 1, else 0 */
    /* S-norms: f(a, 0) = a */
    NEURAL_FUZZY_MAXIMUM = 8,
    NEURAL_FUZZY_ALGEBRAIC_SUM = 9,      /* a + b - a b ("probor") */
    NEURAL_FUZZY_BOUNDED_SUM = 10,       /* min(1, a + b) */
    NEURAL_FUZZY_DRASTIC_SUM = 11,       /* max(a, b) where min(a, b) = 0, else 1 */
    NEURAL_FUZZY_EINSTEIN_SUM = 12,      /* (a + b) / (1 + a b) */
    NEURAL_FUZZY_HAMACHER_SUM = 13,      /* (a + b - 2 a b) / (1 - a b); 1 where a b = 1 */
    NEURAL_FUZZY_NILPOTENT_MAXIMUM = 14, /* max(a, b) where a + b < 1, else 1 */
    NEURAL_FUZZY_NORMALIZED_SUM = 15,    /* (a + b) / max(1, a + b) */
    NEURAL_FUZZY_UNBOUNDED_SUM = 16      /* a + b */
} neural_fuzzy_norm;

/* f(a, b); NaN for NEURAL_FUZZY_NONE and unknown norms. */
NEURAL_API double neural_fuzzy_combine(neural_fuzzy_norm norm, double a, double b);

/* dst[i] = f(lhs[i], rhs[i]). dst may be lhs or rhs. */
NEURAL_API void neural_fuzzy_combine_all(neural_fuzzy_norm norm, double *dst, const double *lhs,
                                         const double *rhs, int64_t len);

/* "AlgebraicProduct", "none"; NULL for an unknown norm. */
NEURAL_API const char *neural_fuzzy_norm_name(neural_fuzzy_norm norm);
NEURAL_API int neural_fuzzy_norm_is_t(neural_fuzzy_norm norm); /* 1 for a T-norm */
NEURAL_API int neural_fuzzy_norm_is_s(neural_fuzzy_norm norm);

/* NEURAL_ERR_INVALID_ARGUMENT lists or suggests the known names. */
NEURAL_API neural_status neural_fuzzy_norm_find(const char *name, neural_fuzzy_norm *out);

typedef enum neural_fuzzy_hedge {
    NEURAL_FUZZY_ANY = 0,       /* 1 */
    NEURAL_FUZZY_EXTREMELY = 1, /* 2 a^2 up to 1/2, then 1 - 2 (1 - a)^2 */
    NEURAL_FUZZY_NOT = 2,       /* 1 - a */
    NEURAL_FUZZY_SELDOM = 3,    /* sqrt(a / 2) up to 1/2, then 1 - sqrt((1 - a) / 2) */
    NEURAL_FUZZY_SOMEWHAT = 4,  /* sqrt(a) */
    NEURAL_FUZZY_VERY = 5       /* a^2 */
} neural_fuzzy_hedge;

NEURAL_API double neural_fuzzy_hedge_apply(neural_fuzzy_hedge hedge, double a);

/* "somewhat"; NULL for an unknown hedge. -1 from find: no hedge has that name. */
NEURAL_API const char *neural_fuzzy_hedge_name(neural_fuzzy_hedge hedge);
NEURAL_API int neural_fuzzy_hedge_find(const char *name);

#ifdef __cplusplus
}
#endif

#endif /* FUZZY_NORM_H_ */

/* The one formula of scaling, for data in memory and for rows on their way into a batch. */
#ifndef DATA_SCALE_ROW_H_
#define DATA_SCALE_ROW_H_

#include <emmintrin.h>
#include <stdint.h>

/* x = (x - offset) / scale; f32 is computed in f64 and rounded once. Two divisions cost what one
 * does. */
static inline void neural_scale_row_f32(float *row, int64_t len, const double *offset,
                                        const double *scale) {
    int64_t j = 0;
    for (; j + 2 <= len; j += 2) {
        const __m128 x =
            _mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)(const void *)(row + j)));
        const __m128d d = _mm_sub_pd(_mm_cvtps_pd(x), _mm_loadu_pd(offset + j));
        const __m128 y = _mm_cvtpd_ps(_mm_div_pd(d, _mm_loadu_pd(scale + j)));
        _mm_storel_pi((__m64 *)(void *)(row + j), y);
    }
    if (j < len) {
        row[j] = (float)((row[j] - offset[j]) / scale[j]);
    }
}

static inline void neural_scale_row_f64(double *row, int64_t len, const double *offset,
                                        const double *scale) {
    for (int64_t j = 0; j < len; j++) {
        row[j] = (row[j] - offset[j]) / scale[j];
    }
}

#endif /* DATA_SCALE_ROW_H_ */

/* The one formula of scaling, for data in memory and for rows on their way into a batch. */
#ifndef DATA_SCALE_ROW_H_
#define DATA_SCALE_ROW_H_

#include <stdint.h>

/* x = (x - offset) / scale; f32 is computed in f64 and rounded once. */
static inline void neural_scale_row_f32(float *row, int64_t len, const double *offset,
                                        const double *scale) {
    for (int64_t j = 0; j < len; j++) {
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

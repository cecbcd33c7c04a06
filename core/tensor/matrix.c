#include "core/tensor/matrix.h"

static int64_t at_least_one(int64_t len) {
    return len > 1 ? len : 1;
}

int neural_matrix_fit(neural_matrix *matrix, int64_t rows, int64_t cols, int64_t row_stride,
                      int64_t col_stride) {
    if ((cols <= 1 || col_stride == 1) && (rows <= 1 || row_stride >= at_least_one(cols))) {
        matrix->trans = 0;
        matrix->ld = rows <= 1 ? at_least_one(cols) : row_stride;
        return 1;
    }
    if ((rows <= 1 || row_stride == 1) && (cols <= 1 || col_stride >= at_least_one(rows))) {
        matrix->trans = 1;
        matrix->ld = cols <= 1 ? at_least_one(rows) : col_stride;
        return 1;
    }
    return 0;
}

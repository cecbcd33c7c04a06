#include "quant/data_range.h"

#include <math.h>

#include "core/asm/kernel_table.h"
#include "core/base/threads.h"

enum { CHUNK = 4096 }; /* elements that stay in the L1 cache between min and max */

neural_status quant_check_data(const char *what, const void *data, neural_dtype dtype,
                               int64_t len) {
    NEURAL_REQUIRE(neural_dtype_is_float(dtype), NEURAL_ERR_INVALID_DTYPE,
                   "%s: the data must be f32 or f64, are %s", what, neural_dtype_name(dtype));
    NEURAL_REQUIRE(len >= 0, NEURAL_ERR_INVALID_ARGUMENT, "%s: len is %lld", what, (long long)len);
    NEURAL_REQUIRE(data || len == 0, NEURAL_ERR_NULL_POINTER, "%s: the data must be given", what);
    return NEURAL_OK;
}

static void chunk_range(const void *data, neural_dtype dtype, int64_t begin, int64_t len,
                        double *min, double *max) {
    const neural_kernel_table *kernels = neural_kernels();
    if (dtype == NEURAL_DTYPE_F32) {
        *min = (double)kernels->min_f32((const float *)data + begin, len);
        *max = (double)kernels->max_f32((const float *)data + begin, len);
    } else {
        *min = kernels->min_f64((const double *)data + begin, len);
        *max = kernels->max_f64((const double *)data + begin, len);
    }
}

static neural_status refuse(const char *what, const void *data, neural_dtype dtype, int64_t len) {
    const int64_t i = dtype == NEURAL_DTYPE_F32 ? neural_kernels()->find_nonfinite_f32(data, len)
                                                : neural_kernels()->find_nonfinite_f64(data, len);
    const double value =
        dtype == NEURAL_DTYPE_F32 ? (double)((const float *)data)[i] : ((const double *)data)[i];
    return neural_error(isnan(value) ? NEURAL_ERR_NAN_DETECTED : NEURAL_ERR_INF_DETECTED,
                        "%s: element %lld is %g, expected finite numbers", what, (long long)i,
                        value);
}

neural_status quant_data_range(const char *what, const void *data, neural_dtype dtype, int64_t len,
                               double *min, double *max) {
    const neural_fp_state state = neural_fp_enter();
    double low = INFINITY, high = -INFINITY;
    int finite = 1;
    for (int64_t begin = 0; begin < len && finite; begin += CHUNK) {
        double chunk_low, chunk_high;
        chunk_range(data, dtype, begin, len - begin < CHUNK ? len - begin : CHUNK, &chunk_low,
                    &chunk_high);
        finite = isfinite(chunk_low) && isfinite(chunk_high);
        low = chunk_low < low ? chunk_low : low;
        high = chunk_high > high ? chunk_high : high;
    }
    neural_fp_leave(state);
    if (!finite) {
        return refuse(what, data, dtype, len);
    }
    *min = low;
    *max = high;
    return NEURAL_OK;
}

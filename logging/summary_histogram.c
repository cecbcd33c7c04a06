#include <math.h>

#include "logging/summary_writer_type.h"

neural_status neural_summary_writer_add_histogram_raw(neural_summary_writer *writer,
                                                      const char *tag,
                                                      const neural_buckets *buckets, int64_t step) {
    NEURAL_REQUIRE(writer && tag && buckets, NEURAL_ERR_NULL_POINTER,
                   "add_histogram_raw: NULL pointer");
    NEURAL_REQUIRE(buckets->buckets >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "add_histogram_raw: expected buckets, found %lld", (long long)buckets->buckets);
    NEURAL_REQUIRE(buckets->buckets == 0 || (buckets->limit && buckets->count),
                   NEURAL_ERR_NULL_POINTER, "add_histogram_raw: limits or counts are NULL");
    for (int64_t i = 1; i < buckets->buckets; i++) {
        NEURAL_REQUIRE(buckets->limit[i] > buckets->limit[i - 1], NEURAL_ERR_INVALID_ARGUMENT,
                       "add_histogram_raw: expected increasing limits, found %g behind %g",
                       buckets->limit[i], buckets->limit[i - 1]);
    }
    Neural__HistogramProto histogram = NEURAL__HISTOGRAM_PROTO__INIT;
    Neural__Summary__Value value = NEURAL__SUMMARY__VALUE__INIT;
    histogram.min = buckets->min;
    histogram.max = buckets->max;
    histogram.num = buckets->len;
    histogram.sum = buckets->sum;
    histogram.sum_squares = buckets->sum_squares;
    histogram.n_bucket_limit = histogram.n_bucket = (size_t)buckets->buckets;
    histogram.bucket_limit = (double *)(uintptr_t)buckets->limit;
    histogram.bucket = (double *)(uintptr_t)buckets->count;
    value.tag = (char *)(uintptr_t)tag;
    value.value_case = NEURAL__SUMMARY__VALUE__VALUE_HISTO;
    value.histo = &histogram;
    return summary_add_value(writer, &value, step);
}

static neural_status require_floats(const neural_tensor *values) {
    const neural_dtype dtype = neural_tensor_dtype(values);
    NEURAL_REQUIRE(dtype == NEURAL_DTYPE_F32 || dtype == NEURAL_DTYPE_F64,
                   NEURAL_ERR_DTYPE_MISMATCH, "add_histogram: expected f32 or f64, found %s",
                   neural_dtype_name(dtype));
    return NEURAL_OK;
}

/* Counts every element; what is not contiguous is copied first. */
static neural_status count_tensor(neural_histogram *histogram, const neural_tensor *values) {
    neural_tensor *copy = NULL;
    NEURAL_TRY(require_floats(values));
    if (!neural_tensor_is_contiguous(values)) {
        NEURAL_TRY(neural_tensor_clone(values, &copy));
        values = copy;
    }
    const int64_t len = neural_tensor_len(values);
    if (neural_tensor_dtype(values) == NEURAL_DTYPE_F32) {
        neural_histogram_add_f32(histogram, neural_tensor_data(values), len);
    } else {
        neural_histogram_add_f64(histogram, neural_tensor_data(values), len);
    }
    neural_tensor_release(copy);
    return NEURAL_OK;
}

neural_status neural_summary_writer_add_histogram(neural_summary_writer *writer, const char *tag,
                                                  const neural_tensor *values, int64_t step) {
    NEURAL_REQUIRE(writer && tag && values, NEURAL_ERR_NULL_POINTER, "add_histogram: NULL pointer");
    neural_histogram *histogram = NULL;
    NEURAL_TRY(neural_histogram_create(&histogram));
    neural_status status = count_tensor(histogram, values);
    if (!status) {
        const neural_buckets buckets = neural_histogram_buckets(histogram);
        status = neural_summary_writer_add_histogram_raw(writer, tag, &buckets, step);
    }
    neural_histogram_destroy(histogram);
    return status;
}

neural_status neural_summary_writer_add_histogram_stats(neural_summary_writer *writer,
                                                        const char *tag,
                                                        const neural_tensor *values, int64_t step) {
    static const char *const names[] = {"min", "max", "mean"};
    NEURAL_REQUIRE(writer && tag && values, NEURAL_ERR_NULL_POINTER,
                   "add_histogram_stats: NULL pointer");
    NEURAL_TRY(require_floats(values));
    const int64_t len = neural_tensor_len(values);
    if (len == 0) {
        return NEURAL_OK;
    }
    neural_tensor *copy = NULL;
    NEURAL_TRY(neural_tensor_cast(values, NEURAL_DTYPE_F64, &copy));
    const double *src = neural_tensor_data(copy);
    double least = src[0], most = src[0], sum = 0;
    for (int64_t i = 0; i < len; i++) {
        least = src[i] < least || isnan(src[i]) ? src[i] : least;
        most = src[i] > most || isnan(src[i]) ? src[i] : most;
        sum += src[i];
    }
    neural_tensor_release(copy);
    if (isnan(sum)) {
        least = most = sum; /* a NaN, or infinities of both signs */
    }
    const double stats[] = {least, most, sum / (double)len};
    return neural_summary_writer_add_scalar_group(writer, tag, names, stats, 3, step);
}

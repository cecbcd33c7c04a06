#include <math.h>

#include "logging/summary_writer_type.h"

/* Rows of the tensor that the page of curves expects. */
enum { TRUE_POSITIVES, FALSE_POSITIVES, TRUE_NEGATIVES, FALSE_NEGATIVES, PRECISION, RECALL, ROWS };
enum { MAX_THRESHOLDS = 1 << 20 };

/* What a curve is computed from, as f64. */
typedef struct curve_inputs {
    neural_tensor *labels, *predictions, *weights; /* weights may be NULL */
} curve_inputs;

static neural_status cast(const neural_tensor *src, const char *what, int64_t len,
                          neural_tensor **out) {
    NEURAL_REQUIRE(neural_tensor_len(src) == len, NEURAL_ERR_SHAPE_MISMATCH,
                   "add_pr_curve: expected %lld %s, one per label, found %lld", (long long)len,
                   what, (long long)neural_tensor_len(src));
    return neural_tensor_cast(src, NEURAL_DTYPE_F64, out);
}

static neural_status cast_all(const curve_inputs *given, curve_inputs *out) {
    const int64_t len = neural_tensor_len(given->labels);
    NEURAL_TRY(cast(given->labels, "labels", len, &out->labels));
    NEURAL_TRY(cast(given->predictions, "predictions", len, &out->predictions));
    return given->weights ? cast(given->weights, "weights", len, &out->weights) : NEURAL_OK;
}

static neural_status check_values(const double *predictions, const double *weights, int64_t len) {
    for (int64_t i = 0; i < len; i++) {
        NEURAL_REQUIRE(predictions[i] >= 0 && predictions[i] <= 1, NEURAL_ERR_INVALID_ARGUMENT,
                       "add_pr_curve: expected predictions in [0, 1], found %g at %lld",
                       predictions[i], (long long)i);
        NEURAL_REQUIRE(!weights || (weights[i] >= 0 && isfinite(weights[i])),
                       NEURAL_ERR_INVALID_ARGUMENT,
                       "add_pr_curve: expected weights from 0 on, found %g at %lld",
                       weights ? weights[i] : 0, (long long)i);
    }
    return NEURAL_OK;
}

/* Weight of the positive and of the negative rows per bucket floor(prediction * (thresholds - 1)),
 * then summed from the last bucket down: what is predicted as positive at each threshold. */
static void count_positives(const curve_inputs *from, int64_t thresholds, double *positives,
                            double *negatives) {
    const double *labels = neural_tensor_data(from->labels);
    const double *predictions = neural_tensor_data(from->predictions);
    const double *weights = from->weights ? neural_tensor_data(from->weights) : NULL;
    for (int64_t i = 0; i < thresholds; i++) {
        positives[i] = negatives[i] = 0;
    }
    for (int64_t i = 0; i < neural_tensor_len(from->labels); i++) {
        const int64_t bucket = (int64_t)(predictions[i] * (double)(thresholds - 1));
        *(labels[i] > 0 ? &positives[bucket] : &negatives[bucket]) += weights ? weights[i] : 1;
    }
    for (int64_t i = thresholds - 2; i >= 0; i--) {
        positives[i] += positives[i + 1];
        negatives[i] += negatives[i + 1];
    }
}

static float quotient(double part, double whole) {
    return whole > 0 ? (float)(part / whole) : 0;
}

static void fill_curve(int64_t thresholds, const double *positives, const double *negatives,
                       float *out) {
    for (int64_t i = 0; i < thresholds; i++) {
        out[TRUE_POSITIVES * thresholds + i] = (float)positives[i];
        out[FALSE_POSITIVES * thresholds + i] = (float)negatives[i];
        out[TRUE_NEGATIVES * thresholds + i] = (float)(negatives[0] - negatives[i]);
        out[FALSE_NEGATIVES * thresholds + i] = (float)(positives[0] - positives[i]);
        out[PRECISION * thresholds + i] = quotient(positives[i], positives[i] + negatives[i]);
        out[RECALL * thresholds + i] = quotient(positives[i], positives[0]);
    }
}

static neural_status write_curve(neural_summary_writer *writer, neural_arena *arena,
                                 const char *tag, int64_t thresholds, float *curve, int64_t step) {
    Neural__PrCurvePluginData data = NEURAL__PR_CURVE_PLUGIN_DATA__INIT;
    Neural__TensorShapeProto__Dim dim[2] = {NEURAL__TENSOR_SHAPE_PROTO__DIM__INIT,
                                            NEURAL__TENSOR_SHAPE_PROTO__DIM__INIT};
    Neural__TensorShapeProto__Dim *dims[2] = {&dim[0], &dim[1]};
    Neural__TensorShapeProto shape = NEURAL__TENSOR_SHAPE_PROTO__INIT;
    Neural__TensorProto tensor = NEURAL__TENSOR_PROTO__INIT;
    Neural__Summary__Value value = NEURAL__SUMMARY__VALUE__INIT;
    summary_plugin plugin;
    dim[0].size = ROWS;
    dim[1].size = thresholds;
    shape.n_dim = 2;
    shape.dim = dims;
    tensor.dtype = NEURAL__DATA_TYPE__DT_FLOAT;
    tensor.tensor_shape = &shape;
    tensor.n_float_val = (size_t)(ROWS * thresholds);
    tensor.float_val = curve;
    value.tag = (char *)(uintptr_t)tag;
    value.value_case = NEURAL__SUMMARY__VALUE__VALUE_TENSOR;
    value.tensor = &tensor;
    summary_use_plugin(&plugin, "pr_curves", &value);
    data.num_thresholds = (uint32_t)thresholds;
    NEURAL_TRY(summary_pack(arena, &data.base, &plugin.data.content));
    return summary_add_value(writer, &value, step);
}

static neural_status add_curve(neural_summary_writer *writer, neural_arena *arena, const char *tag,
                               const curve_inputs *from, int64_t thresholds, int64_t step) {
    const double *weights = from->weights ? neural_tensor_data(from->weights) : NULL;
    NEURAL_TRY(check_values(neural_tensor_data(from->predictions), weights,
                            neural_tensor_len(from->predictions)));
    double *sums = neural_arena_alloc(arena, 2 * (size_t)thresholds * sizeof(double));
    float *curve = neural_arena_alloc(arena, ROWS * (size_t)thresholds * sizeof(float));
    if (!sums || !curve) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    count_positives(from, thresholds, sums, sums + thresholds);
    fill_curve(thresholds, sums, sums + thresholds, curve);
    return write_curve(writer, arena, tag, thresholds, curve, step);
}

neural_status neural_summary_writer_add_pr_curve(neural_summary_writer *writer, const char *tag,
                                                 const neural_tensor *labels,
                                                 const neural_tensor *predictions,
                                                 const neural_tensor *weights, int64_t thresholds,
                                                 int64_t step) {
    NEURAL_REQUIRE(writer && tag && labels && predictions, NEURAL_ERR_NULL_POINTER,
                   "add_pr_curve: NULL pointer");
    NEURAL_REQUIRE(thresholds >= 2 && thresholds <= MAX_THRESHOLDS, NEURAL_ERR_INVALID_ARGUMENT,
                   "add_pr_curve: expected 2 to %d thresholds, found %lld", MAX_THRESHOLDS,
                   (long long)thresholds);
    const curve_inputs given = {(neural_tensor *)(uintptr_t)labels,
                                (neural_tensor *)(uintptr_t)predictions,
                                (neural_tensor *)(uintptr_t)weights};
    curve_inputs from = {NULL, NULL, NULL};
    neural_arena *arena = NULL;
    NEURAL_TRY(neural_arena_create(1 << 14, &arena));
    neural_status status = cast_all(&given, &from);
    if (!status) {
        status = add_curve(writer, arena, tag, &from, thresholds, step);
    }
    neural_tensor_release(from.labels);
    neural_tensor_release(from.predictions);
    neural_tensor_release(from.weights);
    neural_arena_destroy(arena);
    return status;
}

#include "quant/observer.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/suggest.h"
#include "core/tensor/storage.h"
#include "quant/data_range.h"
#include "quant/observer_histogram.h"
#include "quant/observer_search.h"

static const char *const KINDS[] = {"minmax",     "moving_average", "channels",
                                    "percentile", "entropy",        "mse"};
enum { KIND_COUNT = sizeof KINDS / sizeof KINDS[0] };

struct neural_observer {
    neural_observer_options options;
    int64_t count;              /* elements seen */
    double min, max;            /* of them; CHANNELS: not used */
    quant_histogram *histogram; /* of the kinds that search, else NULL */
    neural_quant_params *channels;
};

static int searches(neural_observer_kind kind) {
    return kind >= NEURAL_OBSERVER_PERCENTILE;
}

static neural_status check_options(const neural_observer_options *options) {
    neural_quant_params params;
    NEURAL_REQUIRE((unsigned)options->kind < KIND_COUNT, NEURAL_ERR_INVALID_ARGUMENT,
                   "observer: kind %d is unknown", (int)options->kind);
    NEURAL_TRY(neural_quant_params_choose(0, 0, options->scheme, &params));
    NEURAL_REQUIRE(options->averaging > 0 && options->averaging <= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "observer: averaging is %g, expected (0, 1]", options->averaging);
    NEURAL_REQUIRE(options->percentile > 0 && options->percentile <= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "observer: percentile is %g, expected (0, 1]", options->percentile);
    if (options->kind == NEURAL_OBSERVER_CHANNELS) {
        NEURAL_REQUIRE(options->axis >= 0 && options->axis < NEURAL_MAX_DIMS,
                       NEURAL_ERR_INVALID_ARGUMENT, "observer: axis is %d", options->axis);
        NEURAL_REQUIRE(options->channels >= 1, NEURAL_ERR_INVALID_ARGUMENT,
                       "observer: there are %lld channels", (long long)options->channels);
    }
    return NEURAL_OK;
}

static neural_status allocate(neural_observer *observer) {
    const neural_observer_options *options = &observer->options;
    int64_t bytes;
    NEURAL_TRY(
        neural_size_mul(neural_observer_channels(observer), sizeof(neural_quant_params), &bytes));
    if (options->kind == NEURAL_OBSERVER_CHANNELS) {
        observer->channels = neural_alloc((size_t)bytes);
    } else if (searches(options->kind)) {
        observer->histogram = neural_alloc(sizeof(*observer->histogram));
    }
    NEURAL_REQUIRE(observer->channels || observer->histogram ||
                       options->kind < NEURAL_OBSERVER_CHANNELS,
                   NEURAL_ERR_OUT_OF_MEMORY, "observer: out of memory");
    return NEURAL_OK;
}

neural_status neural_observer_create(const neural_observer_options *options,
                                     neural_observer **out) {
    NEURAL_REQUIRE(options && out, NEURAL_ERR_NULL_POINTER, "observer_create: %s is NULL",
                   options ? "out" : "options");
    neural_observer_options settled = *options;
    settled.averaging = settled.averaging == 0 ? 0.01 : settled.averaging;
    settled.percentile = settled.percentile == 0 ? 0.9999 : settled.percentile;
    NEURAL_TRY(check_options(&settled));
    neural_observer *observer = neural_alloc_zeroed(sizeof(*observer));
    NEURAL_REQUIRE(observer, NEURAL_ERR_OUT_OF_MEMORY, "observer: out of memory");
    observer->options = settled;
    const neural_status status = allocate(observer);
    if (status) {
        neural_observer_destroy(observer);
        return status;
    }
    neural_observer_reset(observer);
    *out = observer;
    return NEURAL_OK;
}

void neural_observer_destroy(neural_observer *observer) {
    if (observer) {
        neural_free(observer->histogram);
        neural_free(observer->channels);
        neural_free(observer);
    }
}

int64_t neural_observer_channels(const neural_observer *observer) {
    return observer->options.kind == NEURAL_OBSERVER_CHANNELS ? observer->options.channels : 1;
}

int64_t neural_observer_count(const neural_observer *observer) {
    return observer->count;
}

void neural_observer_reset(neural_observer *observer) {
    observer->count = 0;
    observer->min = observer->max = 0;
    if (observer->histogram) {
        quant_histogram_reset(observer->histogram);
    }
    for (int64_t c = 0; observer->channels && c < observer->options.channels; c++) {
        neural_quant_params_choose(0, 0, observer->options.scheme, observer->channels + c);
    }
}

/* All ranges hold 0, as grids do: only the moving average knows a first batch. */
static void add_range(neural_observer *observer, double min, double max) {
    if (observer->options.kind != NEURAL_OBSERVER_MOVING_AVERAGE) {
        observer->min = fmin(observer->min, min);
        observer->max = fmax(observer->max, max);
        return;
    }
    const double weight = observer->count ? observer->options.averaging : 1;
    observer->min += weight * (min - observer->min);
    observer->max += weight * (max - observer->max);
}

neural_status neural_observer_observe_array(neural_observer *observer, const void *data,
                                            neural_dtype dtype, int64_t len) {
    double min, max;
    NEURAL_REQUIRE(observer, NEURAL_ERR_NULL_POINTER, "observe: observer is NULL");
    NEURAL_REQUIRE(!observer->channels, NEURAL_ERR_INVALID_ARGUMENT,
                   "observe: an observer of channels wants tensors");
    NEURAL_TRY(quant_check_data("observe", data, dtype, len));
    if (len == 0) {
        return NEURAL_OK;
    }
    NEURAL_TRY(quant_data_range("observe", data, dtype, len, &min, &max));
    NEURAL_REQUIRE(min >= -(double)FLT_MAX && max <= (double)FLT_MAX, NEURAL_ERR_INVALID_ARGUMENT,
                   "observe: the data are in [%g, %g], beyond f32", min, max);
    if (observer->histogram) {
        quant_histogram_add(observer->histogram, data, dtype, len, fmax(-min, max));
    }
    add_range(observer, min, max);
    observer->count += len;
    return NEURAL_OK;
}

/* Widens the grid of each channel by `seen`, the grids of new data or of another observer. */
static neural_status widen_channels(neural_observer *observer, const neural_quant_params *seen) {
    for (int64_t c = 0; c < observer->options.channels; c++) {
        neural_quant_params *grid = observer->channels + c;
        NEURAL_TRY(neural_quant_params_choose(fmin(grid->min, seen[c].min),
                                              fmax(grid->max, seen[c].max),
                                              observer->options.scheme, grid));
    }
    return NEURAL_OK;
}

static neural_status observe_channels(neural_observer *observer, const neural_tensor *tensor) {
    const int axis = observer->options.axis;
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(axis < tensor->shape.ndim &&
                       tensor->shape.dim[axis] == observer->options.channels,
                   NEURAL_ERR_SHAPE_MISMATCH, "observe: the tensor is %s, axis %d wants %lld",
                   neural_shape_text(&tensor->shape, text, sizeof text), axis,
                   (long long)observer->options.channels);
    neural_block *block =
        neural_block_create((size_t)observer->options.channels * sizeof(neural_quant_params));
    NEURAL_REQUIRE(block, NEURAL_ERR_OUT_OF_MEMORY, "observe: out of memory");
    neural_quant_params *seen = neural_block_data(block);
    neural_status status =
        neural_quant_calibrate_channels(tensor, axis, observer->options.scheme, seen);
    if (!status) {
        status = widen_channels(observer, seen);
        observer->count += tensor->len;
    }
    neural_block_release(block);
    return status;
}

neural_status neural_observer_observe(neural_observer *observer, const neural_tensor *tensor) {
    neural_tensor *data = NULL;
    NEURAL_REQUIRE(observer && tensor, NEURAL_ERR_NULL_POINTER, "observe: %s is NULL",
                   observer ? "tensor" : "observer");
    if (observer->channels) {
        return observe_channels(observer, tensor);
    }
    NEURAL_TRY(neural_tensor_contiguous((neural_tensor *)tensor, &data));
    const neural_status status =
        neural_observer_observe_array(observer, data->data, data->dtype, data->len);
    neural_tensor_release(data);
    return status;
}

neural_status neural_observer_params(const neural_observer *observer, neural_quant_params *out) {
    NEURAL_REQUIRE(observer && out, NEURAL_ERR_NULL_POINTER, "observer_params: %s is NULL",
                   observer ? "out" : "observer");
    const neural_observer_options *options = &observer->options;
    NEURAL_REQUIRE(observer->count > 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "observer_params: the observer has seen no data");
    if (observer->channels) {
        memcpy(out, observer->channels, (size_t)options->channels * sizeof(*out));
        return NEURAL_OK;
    }
    double min = fmin(observer->min, 0), max = fmax(observer->max, 0);
    if (options->kind == NEURAL_OBSERVER_PERCENTILE) {
        quant_search_percentile(observer->histogram, options->scheme, options->percentile, &min,
                                &max);
    } else if (options->kind == NEURAL_OBSERVER_ENTROPY) {
        quant_search_entropy(observer->histogram, options->scheme, &min, &max);
    } else if (options->kind == NEURAL_OBSERVER_MSE) {
        quant_search_mse(observer->histogram, options->scheme, &min, &max);
    }
    return neural_quant_params_choose(min, max, options->scheme, out);
}

static int same_options(const neural_observer_options *a, const neural_observer_options *b) {
    return a->kind == b->kind && a->scheme == b->scheme && a->percentile == b->percentile &&
           (a->kind != NEURAL_OBSERVER_CHANNELS ||
            (a->axis == b->axis && a->channels == b->channels));
}

neural_status neural_observer_merge(neural_observer *observer, const neural_observer *other) {
    NEURAL_REQUIRE(observer && other, NEURAL_ERR_NULL_POINTER, "observer_merge: %s is NULL",
                   observer ? "other" : "observer");
    NEURAL_REQUIRE(observer->options.kind != NEURAL_OBSERVER_MOVING_AVERAGE &&
                       same_options(&observer->options, &other->options),
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "observer_merge: observers %s and %s, expected equal options and no averages",
                   KINDS[observer->options.kind], KINDS[other->options.kind]);
    if (observer->channels) {
        NEURAL_TRY(widen_channels(observer, other->channels));
    }
    if (observer->histogram) {
        quant_histogram_merge(observer->histogram, other->histogram);
    }
    add_range(observer, other->min, other->max);
    observer->count += other->count;
    return NEURAL_OK;
}

const char *neural_observer_kind_name(neural_observer_kind kind) {
    return (unsigned)kind < KIND_COUNT ? KINDS[kind] : "?";
}

neural_status neural_observer_kind_parse(const char *word, neural_observer_kind *out) {
    NEURAL_REQUIRE(word && out, NEURAL_ERR_NULL_POINTER, "observer_kind_parse: %s is NULL",
                   word ? "out" : "word");
    for (int i = 0; i < KIND_COUNT; i++) {
        if (!strcmp(word, KINDS[i])) {
            *out = (neural_observer_kind)i;
            return NEURAL_OK;
        }
    }
    return neural_error_unknown_word("observer", word, KINDS, KIND_COUNT);
}

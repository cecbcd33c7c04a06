#include "layers/init.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "core/base/random.h"
#include "core/base/suggest.h"
#include "core/base/threads.h"
#include "core/tensor/draw.h"
#include "core/tensor/storage.h"
#include "layers/init_orthogonal.h"

static const struct {
    const char *word;
    neural_init_kind kind;
} words[] = {
    {"default", NEURAL_INIT_DEFAULT},
    {"he", NEURAL_INIT_KAIMING_UNIFORM},
    {"kaiming_uniform", NEURAL_INIT_KAIMING_UNIFORM},
    {"he_uniform", NEURAL_INIT_KAIMING_UNIFORM},
    {"he_normal", NEURAL_INIT_KAIMING_NORMAL},
    {"kaiming_normal", NEURAL_INIT_KAIMING_NORMAL},
    {"xavier", NEURAL_INIT_XAVIER_UNIFORM},
    {"glorot", NEURAL_INIT_XAVIER_UNIFORM},
    {"xavier_uniform", NEURAL_INIT_XAVIER_UNIFORM},
    {"xavier_normal", NEURAL_INIT_XAVIER_NORMAL},
    {"zeros", NEURAL_INIT_ZEROS},
    {"zero", NEURAL_INIT_ZEROS},
    {"ones", NEURAL_INIT_ONES},
    {"one", NEURAL_INIT_ONES},
    {"orthogonal", NEURAL_INIT_ORTHOGONAL},
    {"truncated_normal", NEURAL_INIT_TRUNCATED_NORMAL},
    {"trunc_normal", NEURAL_INIT_TRUNCATED_NORMAL},
};
enum { WORD_COUNT = sizeof words / sizeof *words };

neural_status neural_init_parse(const char *word, neural_init_kind *out) {
    NEURAL_REQUIRE(word && out, NEURAL_ERR_NULL_POINTER, "init_parse: word and out must be given");
    const char *known[WORD_COUNT];
    for (int i = 0; i < WORD_COUNT; i++) {
        if (strcasecmp(word, words[i].word) == 0) {
            *out = words[i].kind;
            return NEURAL_OK;
        }
        known[i] = words[i].word;
    }
    return neural_error_unknown_word("initialisation", word, known, WORD_COUNT);
}

const char *neural_init_name(neural_init_kind kind) {
    static const char *const names[NEURAL_INIT_COUNT] = {
        "default", "kaiming_uniform", "kaiming_normal",  "xavier_uniform", "xavier_normal", "zeros",
        "ones",    "orthogonal",      "truncated_normal"};
    return (unsigned)kind < NEURAL_INIT_COUNT ? names[kind] : "?";
}

typedef struct fans {
    double in, out;
} fans;

/* [out, in, receptive field...]; a vector's fans are both its length. */
static fans fans_of(const neural_tensor *tensor) {
    const neural_shape *shape = &tensor->shape;
    if (shape->ndim < 2) {
        return (fans){(double)tensor->len, (double)tensor->len};
    }
    double field = 1;
    for (int i = 2; i < shape->ndim; i++) {
        field *= (double)shape->dim[i];
    }
    return (fans){(double)shape->dim[1] * field, (double)shape->dim[0] * field};
}

/* Uniform in +-bound or normal with standard deviation `std`, whichever is not 0. */
static neural_status fill(neural_tensor *tensor, const neural_random *stream, double bound,
                          double std) {
    NEURAL_REQUIRE(tensor->contiguous && neural_dtype_is_float(tensor->dtype),
                   NEURAL_ERR_INVALID_DTYPE, "init: the tensor must be contiguous f32 or f64");
    if (bound == 0 && std == 0) {
        return neural_tensor_fill(tensor, 0);
    }
    if (std == 0) {
        neural_tensor_draw_uniform(tensor, stream, -bound, bound);
    } else {
        neural_tensor_draw_normal(tensor, stream, 0, std);
    }
    return NEURAL_OK;
}

/* A standard normal draw of at most 2: the first such of draws i + len, i + 2 len, ... */
static double draw_inside(const neural_tensor *tensor, const neural_random *stream, int64_t i) {
    double value = 3;
    for (int64_t at = i; fabs(value) > 2;) {
        at += tensor->len;
        value = tensor->dtype == NEURAL_DTYPE_F32
                    ? (double)neural_random_normal_f32(stream, (uint64_t)at)
                    : neural_random_normal_f64(stream, (uint64_t)at);
    }
    return value;
}

static void draw_tails_again(neural_tensor *tensor, const neural_random *stream, double std) {
    for (int64_t i = 0; i < tensor->len; i++) {
        if (tensor->dtype == NEURAL_DTYPE_F32) {
            float *value = neural_tensor_f32(tensor) + i;
            *value = fabs((double)*value) > 2 * std ? (float)(std * draw_inside(tensor, stream, i))
                                                    : *value;
        } else {
            double *value = neural_tensor_f64(tensor) + i;
            *value = fabs(*value) > 2 * std ? std * draw_inside(tensor, stream, i) : *value;
        }
    }
}

static neural_status fill_as(neural_tensor *tensor, neural_init_kind kind, fans fan,
                             const neural_random *stream) {
    switch (kind) {
    case NEURAL_INIT_DEFAULT:
        return fill(tensor, stream, 1 / sqrt(fan.in), 0);
    case NEURAL_INIT_KAIMING_UNIFORM:
        return fill(tensor, stream, sqrt(6 / fan.in), 0);
    case NEURAL_INIT_KAIMING_NORMAL:
        return fill(tensor, stream, 0, sqrt(2 / fan.in));
    case NEURAL_INIT_XAVIER_UNIFORM:
        return fill(tensor, stream, sqrt(6 / (fan.in + fan.out)), 0);
    case NEURAL_INIT_XAVIER_NORMAL:
        return fill(tensor, stream, 0, sqrt(2 / (fan.in + fan.out)));
    case NEURAL_INIT_ZEROS:
        return fill(tensor, stream, 0, 0);
    case NEURAL_INIT_ONES:
        return neural_tensor_fill(tensor, 1);
    case NEURAL_INIT_ORTHOGONAL:
        return neural_init_orthogonal(tensor, stream);
    case NEURAL_INIT_TRUNCATED_NORMAL:
        NEURAL_TRY(fill(tensor, stream, 0, sqrt(2 / fan.in)));
        draw_tails_again(tensor, stream, sqrt(2 / fan.in));
        return NEURAL_OK;
    case NEURAL_INIT_COUNT:
        break;
    }
    return neural_error(NEURAL_ERR_INVALID_ARGUMENT, "init: %d is no initialisation", (int)kind);
}

/* The caller's rounding mode must not reach the weights. */
static neural_status init_with_fans(neural_tensor *tensor, neural_init_kind kind, fans fan,
                                    uint64_t seed, uint64_t stream_number) {
    const neural_random stream = {seed, NEURAL_RANDOM_INIT, stream_number};
    const neural_fp_state state = neural_fp_enter();
    const neural_status status = fill_as(tensor, kind, fan, &stream);
    neural_fp_leave(state);
    return status;
}

neural_status neural_init_tensor(neural_tensor *tensor, neural_init_kind kind, uint64_t seed,
                                 uint64_t stream) {
    NEURAL_REQUIRE(tensor, NEURAL_ERR_NULL_POINTER, "init_tensor: tensor must be given");
    if (tensor->len == 0) {
        return NEURAL_OK;
    }
    return init_with_fans(tensor, kind, fans_of(tensor), seed, stream);
}

/* "3.weight" of a vector: the scale of a normalisation, which starts at 1. */
static int is_gain(const char *name) {
    static const char end[] = "weight";
    const size_t bytes = strlen(name);
    return bytes >= sizeof end - 1 && strcmp(name + bytes - (sizeof end - 1), end) == 0;
}

neural_status neural_init_layer(neural_layer *layer, neural_init_kind weight, neural_init_kind bias,
                                uint64_t seed) {
    NEURAL_REQUIRE(layer, NEURAL_ERR_NULL_POINTER, "init_layer: layer must be given");
    const int count = neural_layer_parameter_count(layer);
    fans last = {1, 1};
    for (int i = 0; i < count; i++) {
        neural_tensor *value = neural_layer_weight(layer, i);
        const int is_vector = value->shape.ndim < 2;
        if (is_vector && is_gain(neural_layer_weight_name(layer, i))) {
            continue;
        }
        if (neural_layer_parameter(layer, i)->flags & NEURAL_PARAMETER_KEEPS_START) {
            continue;
        }
        if (!is_vector) {
            last = fans_of(value);
        }
        NEURAL_TRY(init_with_fans(value, is_vector ? bias : weight, last, seed, (uint64_t)i));
    }
    return NEURAL_OK;
}

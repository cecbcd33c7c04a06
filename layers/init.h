/* Weight initialisation. All draws are Philox(seed, INIT, step = stream, index). */
#ifndef LAYERS_INIT_H_
#define LAYERS_INIT_H_

#include "layers/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum neural_init {
    NEURAL_INIT_DEFAULT = 0,         /* uniform +-1/sqrt(fan_in), as PyTorch's Linear */
    NEURAL_INIT_KAIMING_UNIFORM = 1, /* He et al. 2015: +-sqrt(6/fan_in); "he" */
    NEURAL_INIT_KAIMING_NORMAL = 2,  /* std sqrt(2/fan_in) */
    NEURAL_INIT_XAVIER_UNIFORM = 3, /* Glorot & Bengio 2010: +-sqrt(6/(fan_in+fan_out)); "xavier" */
    NEURAL_INIT_XAVIER_NORMAL = 4,  /* std sqrt(2/(fan_in+fan_out)) */
    NEURAL_INIT_ZEROS = 5,
    NEURAL_INIT_ONES = 6,
    NEURAL_INIT_ORTHOGONAL = 7,       /* Saxe et al. 2014: orthonormal rows, or columns if fewer */
    NEURAL_INIT_TRUNCATED_NORMAL = 8, /* std sqrt(2/fan_in), beyond 2 std drawn again */
    NEURAL_INIT_COUNT = 9
} neural_init_kind;

/* Words: default, he / kaiming_uniform, he_normal / kaiming_normal, xavier / glorot /
 * xavier_uniform, xavier_normal, zeros / zero,
 * ones / one, orthogonal, truncated_normal / trunc_normal. */
NEURAL_API const char *neural_init_name(neural_init_kind kind);
NEURAL_API neural_status neural_init_parse(const char *word, neural_init_kind *out);

/* Fills one tensor of at least 2 dimensions [out, in, ...] (1 dimension: both fans are its len).
 * ORTHOGONAL takes it as [out, in * ...], in double, and needs 2 dimensions. */
NEURAL_API neural_status neural_init_tensor(neural_tensor *tensor, neural_init_kind kind,
                                            uint64_t seed, uint64_t stream);

/* All parameters of a layer: matrices by `weight`, vectors by `bias`; parameter i draws from stream
 * i, so a model's start depends on its seed alone; NEURAL_PARAMETER_KEEPS_START ones stay. DEFAULT
 * for a bias takes its weight's fan_in. */
NEURAL_API neural_status neural_init_layer(neural_layer *layer, neural_init_kind weight,
                                           neural_init_kind bias, uint64_t seed);

#ifdef __cplusplus
}
#endif

#endif /* LAYERS_INIT_H_ */

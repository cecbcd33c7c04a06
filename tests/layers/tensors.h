/* Owning handles and value access for the tests of layers. */
#ifndef TESTS_LAYERS_TENSORS_H_
#define TESTS_LAYERS_TENSORS_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <vector>

#include "core/tensor/tensor.h"
#include "layers/layer.h"

using Tensor = std::unique_ptr<neural_tensor, void (*)(neural_tensor *)>;
using Layer = std::unique_ptr<neural_layer, void (*)(neural_layer *)>;

inline Tensor Own(neural_tensor *tensor) {
    return Tensor(tensor, neural_tensor_release);
}
inline Layer Own(neural_layer *layer) {
    return Layer(layer, neural_layer_destroy);
}

inline Tensor Normal(std::vector<int64_t> dims, neural_dtype dtype, uint64_t seed) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_tensor_create((int)dims.size(), dims.data(), dtype, &out), NEURAL_OK);
    EXPECT_EQ(neural_tensor_fill_normal(out, seed, 0, 1), NEURAL_OK);
    return Own(out);
}

inline std::vector<double> Values(const neural_tensor *tensor) {
    std::vector<double> out((size_t)neural_tensor_len(tensor));
    const void *data = neural_tensor_data(tensor);
    for (size_t i = 0; i < out.size(); i++) {
        out[i] = neural_tensor_dtype(tensor) == NEURAL_DTYPE_F32 ? ((const float *)data)[i]
                                                                 : ((const double *)data)[i];
    }
    return out;
}

inline Tensor Forward(neural_layer *layer, neural_tensor *x) {
    neural_tensor *y = nullptr;
    EXPECT_EQ(neural_layer_forward(layer, x, &y), NEURAL_OK) << neural_last_error();
    return Own(y);
}

inline neural_shape Shape(std::initializer_list<int64_t> dims) {
    neural_shape shape;
    EXPECT_EQ(neural_shape_make((int)dims.size(), dims.begin(), &shape), NEURAL_OK);
    return shape;
}

#endif /* TESTS_LAYERS_TENSORS_H_ */

// Tensors for the tests of metrics.
#ifndef TESTS_METRICS_METRIC_TESTING_H_
#define TESTS_METRICS_METRIC_TESTING_H_

#include <algorithm>
#include <string>
#include <vector>

#include "tests/core/tensor/tensor_testing.h"

namespace metric_testing {

using tensor_testing::Tensor;

// Numbers as a tensor of dtype F32 or F64.
inline Tensor floats(const std::vector<double> &values, const std::vector<int64_t> &dims,
                     neural_dtype dtype = NEURAL_DTYPE_F64) {
    return tensor_testing::make({dims, values}, dtype);
}

inline Tensor floats(const std::vector<double> &values) {
    return floats(values, {(int64_t)values.size()});
}

inline Tensor labels(const std::vector<int64_t> &values) {
    Tensor tensor = tensor_testing::create({(int64_t)values.size()}, NEURAL_DTYPE_I64);
    std::copy(values.begin(), values.end(), (int64_t *)neural_tensor_data(tensor.get()));
    return tensor;
}

inline bool last_error_has(const std::string &text) {
    return std::string(neural_last_error()).find(text) != std::string::npos;
}

} // namespace metric_testing

#endif // TESTS_METRICS_METRIC_TESTING_H_

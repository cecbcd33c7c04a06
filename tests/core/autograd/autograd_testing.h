// What the tests of core/autograd and of the ops bound by it share.
#ifndef TESTS_CORE_AUTOGRAD_AUTOGRAD_TESTING_H_
#define TESTS_CORE_AUTOGRAD_AUTOGRAD_TESTING_H_

#include <string>
#include <vector>

#include "core/autograd/ops.h"
#include "core/autograd/tape.h"
#include "tests/core/tensor/tensor_testing.h"

namespace autograd_testing {

using namespace tensor_testing;

inline Tensor leaf(const Array &array, neural_dtype dtype, Layout layout = kContiguous) {
    Tensor tensor = make(array, dtype, layout);
    EXPECT_EQ(neural_tensor_set_requires_grad(tensor.get(), 1), NEURAL_OK);
    return tensor;
}

inline Tensor leaf(const Dims &dims, const std::vector<double> &values,
                   neural_dtype dtype = NEURAL_DTYPE_F64) {
    return leaf(Array{dims, values}, dtype);
}

// result(neural_add, x, y): the result of an op that must succeed.
template <typename Function, typename... Args> Tensor result(Function function, Args... args) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(function(args..., &out), NEURAL_OK) << neural_last_error();
    return Tensor(out);
}

// The status of an op that must fail and leave its result alone.
template <typename Function, typename... Args>
neural_status fails(Function function, Args... args) {
    neural_tensor *out = nullptr;
    const neural_status status = function(args..., &out);
    EXPECT_NE(status, NEURAL_OK);
    EXPECT_EQ(out, nullptr);
    return status;
}

inline std::vector<double> values(const neural_tensor *tensor) {
    return tensor ? to_array(tensor).v : std::vector<double>();
}

inline std::vector<double> grad_of(const Tensor &tensor) {
    return values(neural_tensor_grad(tensor.get()));
}

inline void clear_grad(const Tensor &tensor) {
    ASSERT_EQ(neural_tensor_set_grad(tensor.get(), nullptr), NEURAL_OK);
}

inline bool error_has(const std::string &part) {
    return std::string(neural_last_error()).find(part) != std::string::npos;
}

inline double item(const neural_tensor *tensor) {
    double value = 0;
    EXPECT_EQ(neural_tensor_item(tensor, &value), NEURAL_OK) << neural_last_error();
    return value;
}

} // namespace autograd_testing

#endif // TESTS_CORE_AUTOGRAD_AUTOGRAD_TESTING_H_

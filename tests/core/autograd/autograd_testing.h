// What the tests of core/autograd and of the ops bound by it share.
#ifndef TESTS_CORE_AUTOGRAD_AUTOGRAD_TESTING_H_
#define TESTS_CORE_AUTOGRAD_AUTOGRAD_TESTING_H_

#include <chrono>
#include <string>
#include <thread>
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

// compute() with one thread and with three until the work was really split: the same bits. On a
// busy machine the workers need a moment to come.
inline void expect_threads_keep_bits(const std::function<std::vector<Tensor>()> &compute,
                                     int threads = 3) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    const int64_t before = neural_parallel_count();
    const std::vector<Tensor> alone = compute();
    EXPECT_EQ(neural_parallel_count(), before);
    ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
    for (int i = 0; i < 300 && neural_parallel_count() == before; i++) {
        std::this_thread::sleep_for(std::chrono::milliseconds(i > 10));
        const std::vector<Tensor> together = compute();
        ASSERT_EQ(alone.size(), together.size());
        for (size_t j = 0; j < alone.size(); j++) {
            expect_same_bits(alone[j].get(), together[j].get());
        }
    }
    EXPECT_GT(neural_parallel_count(), before) << "the work was never split";
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

// Another reference to the gradient of a tensor.
inline Tensor shared_grad(const Tensor &tensor) {
    return Tensor(neural_tensor_retain(neural_tensor_grad(tensor.get())));
}

} // namespace autograd_testing

#endif // TESTS_CORE_AUTOGRAD_AUTOGRAD_TESTING_H_

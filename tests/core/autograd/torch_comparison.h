// Runs a recorded case of an op (tests/fixtures) and compares what comes out.
#ifndef TESTS_CORE_AUTOGRAD_TORCH_COMPARISON_H_
#define TESTS_CORE_AUTOGRAD_TORCH_COMPARISON_H_

#include <map>
#include <string>

#include "tests/core/autograd/autograd_testing.h"
#include "tests/fixtures/torch_fixtures.h"

namespace torch_comparison {

// The tensors that a case's op gets, by name: leaves of the dtype, constants where no gradient was
// recorded.
class Inputs {
  public:
    Inputs(const torch_fixtures::Case &c, neural_dtype dtype) {
        for (const auto &[name, t] : c.tensor) {
            const autograd_testing::Array array{t.dims, t.values};
            if (c.tensor.count("d" + name)) {
                tensor_[name] = autograd_testing::leaf(array, dtype);
            } else {
                tensor_[name] = autograd_testing::make(array, dtype);
            }
        }
    }
    // NULL where the case has none.
    neural_tensor *operator[](const std::string &name) const {
        const auto found = tensor_.find(name);
        return found == tensor_.end() ? nullptr : found->second.get();
    }

  private:
    std::map<std::string, autograd_testing::Tensor> tensor_;
};

inline void expect_near(const neural_tensor *tensor, const torch_fixtures::Tensor &want,
                        double tolerance) {
    ASSERT_NE(tensor, nullptr);
    ASSERT_EQ(autograd_testing::to_array(tensor).dims, want.dims);
    const std::vector<double> got = autograd_testing::values(tensor);
    for (size_t i = 0; i < got.size(); i++) {
        ASSERT_NEAR(got[i], want.values[i], tolerance) << "element " << i;
    }
}

// op(inputs, &out): y, every recorded gradient, and what became of the running figures.
template <class Op>
void compare(const torch_fixtures::Case &c, neural_dtype dtype, double tolerance, Op op) {
    SCOPED_TRACE(c.name);
    const Inputs in(c, dtype);
    neural_tensor *out = nullptr;
    ASSERT_EQ(op(in, &out), NEURAL_OK) << neural_last_error();
    const autograd_testing::Tensor y(out);
    expect_near(out, c.tensor.at("y"), tolerance);
    ASSERT_EQ(neural_backward(out, in["dy"], 0), NEURAL_OK) << neural_last_error();
    for (const auto &[name, want] : c.tensor) {
        SCOPED_TRACE(name);
        if (name.rfind("new_", 0) == 0) {
            expect_near(in[name.substr(4)], want, tolerance);
        } else if (name[0] == 'd' && in[name.substr(1)] && name != "dy") {
            expect_near(neural_tensor_grad(in[name.substr(1)]), want, tolerance);
        }
    }
}

} // namespace torch_comparison

#endif // TESTS_CORE_AUTOGRAD_TORCH_COMPARISON_H_

// Convolutions against what PyTorch computed (tools/gen_torch_fixtures.py).
#include "core/autograd/conv_ops.h"
#include "tests/core/autograd/autograd_testing.h"
#include "tests/fixtures/torch_fixtures.h"

namespace {

using namespace autograd_testing;
using torch_fixtures::Case;

neural_conv_options options_of(const Case &c) {
    const auto at = [&](const char *key) { return c.option.at(key); };
    const int64_t h = at("padding")[0], w = at("padding")[1];
    return {{at("stride")[0], at("stride")[1]},
            {h, w, h, w},
            {at("dilation")[0], at("dilation")[1]},
            at("groups")[0],
            0};
}

// Runs the case and compares y and the gradients.
template <class Op> void compare(const Case &c, neural_dtype dtype, double tolerance, Op op) {
    SCOPED_TRACE(c.name);
    std::vector<Tensor> in;
    for (const char *name : {"x", "weight", "bias"}) {
        if (!c.tensor.count(name)) continue;
        const auto &t = c.tensor.at(name);
        in.push_back(leaf(Array{t.dims, t.values}, dtype));
    }
    neural_tensor *out = nullptr;
    ASSERT_EQ(op(in[0].get(), in[1].get(), in.size() > 2 ? in[2].get() : nullptr, &out), NEURAL_OK)
        << neural_last_error();
    const Tensor y(out);
    const auto &want = c.tensor.at("y"), &grad = c.tensor.at("dy");
    ASSERT_EQ(to_array(out).dims, want.dims);
    const auto near = [&](const neural_tensor *tensor, const std::vector<double> &numbers) {
        const std::vector<double> got = values(tensor);
        ASSERT_EQ(got.size(), numbers.size());
        for (size_t i = 0; i < got.size(); i++) {
            ASSERT_NEAR(got[i], numbers[i], tolerance * 100);
        }
    };
    near(out, want.values);
    const Tensor dy = make(Array{grad.dims, grad.values}, dtype);
    ASSERT_EQ(neural_backward(out, dy.get(), 0), NEURAL_OK) << neural_last_error();
    near(neural_tensor_grad(in[0].get()), c.tensor.at("dx").values);
    near(neural_tensor_grad(in[1].get()), c.tensor.at("dweight").values);
    if (in.size() > 2) {
        near(neural_tensor_grad(in[2].get()), c.tensor.at("dbias").values);
    }
}

class ConvLikeTorch : public testing::TestWithParam<neural_dtype> {
  protected:
    double tolerance() const { return GetParam() == NEURAL_DTYPE_F32 ? 1e-6 : 1e-14; }
};
INSTANTIATE_TEST_SUITE_P(Dtypes, ConvLikeTorch,
                         testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST_P(ConvLikeTorch, Conv2d) {
    const auto cases = torch_fixtures::read("tests/fixtures/conv2d.txt");
    ASSERT_EQ(cases.size(), 9u);
    for (const Case &c : cases) {
        const neural_conv_options options = options_of(c);
        compare(c, GetParam(), tolerance(),
                [&](neural_tensor *x, neural_tensor *weight, neural_tensor *bias,
                    neural_tensor **out) { return neural_conv2d(x, weight, bias, &options, out); });
    }
}

TEST_P(ConvLikeTorch, ConvTranspose2d) {
    const auto cases = torch_fixtures::read("tests/fixtures/conv_transpose2d.txt");
    ASSERT_EQ(cases.size(), 4u);
    for (const Case &c : cases) {
        const neural_conv_options options = options_of(c);
        compare(
            c, GetParam(), tolerance(),
            [&](neural_tensor *x, neural_tensor *weight, neural_tensor *bias, neural_tensor **out) {
                return neural_conv_transpose2d(x, weight, bias, &options,
                                               c.option.at("output_padding").data(), out);
            });
    }
}

} // namespace

// Convolutions against what PyTorch computed (tools/gen_torch_fixtures.py).
#include "core/autograd/conv_ops.h"
#include "tests/core/autograd/torch_comparison.h"

namespace {

using torch_comparison::compare;
using torch_comparison::Inputs;
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

class ConvLikeTorch : public testing::TestWithParam<neural_dtype> {
  protected:
    double tolerance() const { return GetParam() == NEURAL_DTYPE_F32 ? 1e-4 : 1e-12; }
};
INSTANTIATE_TEST_SUITE_P(Dtypes, ConvLikeTorch,
                         testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST_P(ConvLikeTorch, Conv2d) {
    const auto cases = torch_fixtures::read("tests/fixtures/conv2d.txt");
    ASSERT_EQ(cases.size(), 9u);
    for (const Case &c : cases) {
        const neural_conv_options options = options_of(c);
        compare(c, GetParam(), tolerance(), [&](const Inputs &in, neural_tensor **out) {
            return neural_conv2d(in["x"], in["weight"], in["bias"], &options, out);
        });
    }
}

TEST_P(ConvLikeTorch, ConvTranspose2d) {
    const auto cases = torch_fixtures::read("tests/fixtures/conv_transpose2d.txt");
    ASSERT_EQ(cases.size(), 4u);
    for (const Case &c : cases) {
        const neural_conv_options options = options_of(c);
        compare(c, GetParam(), tolerance(), [&](const Inputs &in, neural_tensor **out) {
            return neural_conv_transpose2d(in["x"], in["weight"], in["bias"], &options,
                                           c.option.at("output_padding").data(), out);
        });
    }
}

} // namespace

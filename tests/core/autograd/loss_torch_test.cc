// Losses against what PyTorch computed (tools/gen_torch_fixtures.py), reduction by reduction.
#include "core/autograd/loss_ops.h"
#include "tests/core/autograd/autograd_testing.h"
#include "tests/fixtures/torch_fixtures.h"

namespace {

using namespace autograd_testing;
using torch_fixtures::Case;

int64_t option(const Case &c, const char *key, int64_t fallback) {
    return c.option.count(key) ? c.option.at(key)[0] : fallback;
}

neural_status apply(const Case &c, neural_tensor *x, neural_tensor *target, neural_tensor *weights,
                    neural_tensor **out) {
    const auto r = static_cast<neural_reduction>(option(c, "reduction", 0));
    const double setting = static_cast<double>(option(c, "setting", 0)) / 64;
    const int64_t ignored = option(c, "ignore_index", NEURAL_IGNORE_NONE);
    if (c.name == "mse") return neural_mse_loss_with(x, target, r, out);
    if (c.name == "l1") return neural_l1_loss(x, target, r, out);
    if (c.name == "huber") return neural_huber_loss(x, target, setting, r, out);
    if (c.name == "smooth_l1") return neural_smooth_l1_loss(x, target, setting, r, out);
    if (c.name == "bce") return neural_bce_loss_with(x, target, r, out);
    if (c.name == "bce_with_logits") return neural_bce_with_logits_loss_with(x, target, r, out);
    if (c.name == "kl_div") return neural_kl_div_loss(x, target, 0, r, out);
    if (c.name == "kl_div log_target") return neural_kl_div_loss(x, target, 1, r, out);
    if (c.name == "nll") return neural_nll_loss(x, target, weights, ignored, r, out);
    if (c.name == "cross_entropy") {
        return neural_cross_entropy_loss_with(x, target, weights, setting, ignored, r, out);
    }
    ADD_FAILURE() << "no loss is called " << c.name;
    return NEURAL_ERR_INVALID_ARGUMENT;
}

class LossLikeTorch : public testing::TestWithParam<neural_dtype> {
  protected:
    void compare(const neural_tensor *tensor, const torch_fixtures::Tensor &want) {
        ASSERT_NE(tensor, nullptr);
        ASSERT_EQ(to_array(tensor).dims, want.dims);
        const std::vector<double> got = values(tensor);
        const double tolerance = GetParam() == NEURAL_DTYPE_F32 ? 2e-6 : 4e-15;
        for (size_t i = 0; i < got.size(); i++) {
            ASSERT_NEAR(got[i], want.values[i], tolerance * std::fmax(1, std::fabs(want.values[i])))
                << i;
        }
    }
};
INSTANTIATE_TEST_SUITE_P(Dtypes, LossLikeTorch,
                         testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST_P(LossLikeTorch, ValuesAndGradients) {
    const auto cases = torch_fixtures::read("tests/fixtures/losses.txt");
    ASSERT_GT(cases.size(), 70u);
    for (const Case &c : cases) {
        SCOPED_TRACE(c.name + ", reduction " + std::to_string(option(c, "reduction", 0)));
        const auto of = [&](const char *name) {
            const auto &t = c.tensor.at(name);
            return Array{t.dims, t.values};
        };
        const bool classes = c.tensor.count("labels");
        const Tensor x = leaf(of("x"), GetParam());
        const Tensor target =
            classes ? make(of("labels"), NEURAL_DTYPE_F64) : leaf(of("target"), GetParam());
        const Tensor weights =
            c.tensor.count("weights") ? make(of("weights"), GetParam()) : Tensor();
        neural_tensor *made = nullptr;
        ASSERT_EQ(apply(c, x.get(), target.get(), weights.get(), &made), NEURAL_OK)
            << neural_last_error();
        const Tensor y(made), dy = make(of("dy"), GetParam());
        compare(made, c.tensor.at("y"));
        ASSERT_EQ(neural_backward(made, dy.get(), 0), NEURAL_OK) << neural_last_error();
        compare(neural_tensor_grad(x.get()), c.tensor.at("dx"));
        if (c.tensor.count("dtarget")) {
            compare(neural_tensor_grad(target.get()), c.tensor.at("dtarget"));
        }
    }
}

} // namespace

// Pooling, normalization and lookup against what PyTorch computed (tools/gen_torch_fixtures.py).
#include "core/autograd/embedding_ops.h"
#include "core/autograd/norm_ops.h"
#include "core/autograd/pool_ops.h"
#include "tests/core/autograd/torch_comparison.h"

namespace {

using torch_comparison::Inputs;
using torch_fixtures::Case;

constexpr double kEpsilon = 1e-5, kMomentum = 0.1;

class LikeTorch : public testing::TestWithParam<neural_dtype> {
  protected:
    // op(case, inputs, &out) for every case of a file, which must have as many as expected.
    template <class Op> void every_case(const std::string &family, size_t count, Op op) {
        const auto cases = torch_fixtures::read("tests/fixtures/" + family + ".txt");
        ASSERT_EQ(cases.size(), count);
        for (const Case &c : cases) {
            const double tolerance = GetParam() == NEURAL_DTYPE_F32 ? 2e-5 : 1e-12;
            torch_comparison::compare(
                c, GetParam(), tolerance,
                [&](const Inputs &in, neural_tensor **out) { return op(c, in, out); });
        }
    }
};
INSTANTIATE_TEST_SUITE_P(Dtypes, LikeTorch, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

neural_pool_options options_of(const Case &c) {
    const auto at = [&](const char *key, size_t i) { return c.option.at(key)[i]; };
    neural_pool_options options = {{at("window", 0), at("window", 1)},
                                   {at("stride", 0), at("stride", 1)},
                                   {at("padding", 0), at("padding", 1)},
                                   {0, 0},
                                   at("ceil_mode", 0) != 0,
                                   0};
    if (c.option.count("dilation")) {
        options.dilation[0] = at("dilation", 0);
        options.dilation[1] = at("dilation", 1);
    } else {
        options.count_exclude_pad = !at("count_include_pad", 0);
    }
    return options;
}

TEST_P(LikeTorch, MaxPool) {
    every_case("max_pool2d", 12, [](const Case &c, const Inputs &in, neural_tensor **out) {
        const neural_pool_options options = options_of(c);
        return neural_max_pool2d(in["x"], &options, out);
    });
}

TEST_P(LikeTorch, AvgPool) {
    every_case("avg_pool2d", 10, [](const Case &c, const Inputs &in, neural_tensor **out) {
        const neural_pool_options options = options_of(c);
        return neural_avg_pool2d(in["x"], &options, out);
    });
}

TEST_P(LikeTorch, AdaptiveAvgPool) {
    every_case("adaptive_avg_pool2d", 5, [](const Case &c, const Inputs &in, neural_tensor **out) {
        return neural_adaptive_avg_pool2d(in["x"], c.option.at("out")[0], c.option.at("out")[1],
                                          out);
    });
}

TEST_P(LikeTorch, BatchNorm) {
    every_case("batch_norm", 8, [](const Case &c, const Inputs &in, neural_tensor **out) {
        return neural_batch_norm(in["x"], in["gamma"], in["beta"], in["running_mean"],
                                 in["running_var"], c.option.at("training")[0] != 0, kMomentum,
                                 kEpsilon, out);
    });
}

TEST_P(LikeTorch, NormsOfRowsAndGroups) {
    every_case("row_norms", 10, [](const Case &c, const Inputs &in, neural_tensor **out) {
        if (c.option.count("layer_norm")) {
            return neural_layer_norm(in["x"], in["gamma"], in["beta"],
                                     static_cast<int>(c.option.at("layer_norm")[0]), kEpsilon, out);
        }
        if (c.option.count("group_norm")) {
            return neural_group_norm(in["x"], in["gamma"], in["beta"], c.option.at("group_norm")[0],
                                     kEpsilon, out);
        }
        return neural_rms_norm(in["x"], in["gamma"], static_cast<int>(c.option.at("rms_norm")[0]),
                               kEpsilon, out);
    });
}

TEST_P(LikeTorch, Embedding) {
    every_case("embedding", 4, [](const Case &c, const Inputs &in, neural_tensor **out) {
        return neural_embedding(in["weight"], in["index"], c.option.at("padding")[0], out);
    });
}

} // namespace

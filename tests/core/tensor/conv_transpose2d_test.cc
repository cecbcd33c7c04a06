#include "core/tensor/conv_transpose2d.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "core/autograd/conv_ops.h"
#include "core/autograd/ops.h"
#include "core/autograd/tape.h"
#include "core/base/threads.h"

namespace {

using Dims = std::vector<int64_t>;

struct Case {
    Dims x, weight;
    neural_conv_options options;
    int64_t output_padding[2];
    Dims y;
};

const Case kCases[] = {
    {{3, 4, 5, 4}, {4, 6, 3, 3}, {{1, 1}, {1, 1, 1, 1}, {1, 1}, 1, 0}, {0, 0}, {3, 6, 5, 4}},
    {{2, 4, 3, 7}, {4, 3, 3, 2}, {{2, 3}, {1, 0, 0, 1}, {1, 2}, 2, 1}, {1, 2}, {2, 6, 7, 22}},
    {{1, 4, 1, 3}, {4, 1, 2, 2}, {{2, 2}, {0, 0, 0, 0}, {1, 1}, 4, 0}, {0, 1}, {1, 4, 2, 7}},
    {{3, 4, 1, 1}, {4, 3, 1, 5}, {{3, 1}, {0, 2, 0, 2}, {1, 1}, 1, 0}, {2, 0}, {3, 3, 3, 1}},
    {{2, 8, 33, 31}, {8, 16, 3, 3}, {{2, 2}, {1, 1, 1, 1}, {1, 1}, 1, 1}, {1, 1}, {2, 16, 66, 62}},
};

neural_tensor *Normal(const Dims &dims, neural_dtype dtype, uint64_t seed) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_tensor_create((int)dims.size(), dims.data(), dtype, &out), NEURAL_OK);
    EXPECT_EQ(neural_tensor_fill_normal(out, seed, 0, 1), NEURAL_OK);
    return out;
}

std::vector<double> Values(const neural_tensor *tensor) {
    std::vector<double> out((size_t)neural_tensor_len(tensor));
    const void *data = neural_tensor_data(tensor);
    for (size_t i = 0; i < out.size(); i++) {
        out[i] = neural_tensor_dtype(tensor) == NEURAL_DTYPE_F32 ? ((const float *)data)[i]
                                                                 : ((const double *)data)[i];
    }
    return out;
}

// The transposed convolution by its own definition: each input spreads over its outputs.
std::vector<double> Spread(const std::vector<int64_t> &in, const std::vector<double> &xs,
                           const std::vector<int64_t> &k, const std::vector<double> &ws,
                           const std::vector<double> &bias, const neural_conv_options &o,
                           int64_t out_h, int64_t out_w) {
    const int64_t groups = o.groups, filters = k[1] * groups;
    std::vector<double> y((size_t)(in[0] * filters * out_h * out_w));
    const auto at = [](int64_t a, int64_t b, int64_t c, int64_t d, int64_t B, int64_t C,
                       int64_t D) { return (size_t)(((a * B + b) * C + c) * D + d); };
    for (int64_t n = 0; n < in[0]; n++)
        for (int64_t f = 0; f < filters; f++)
            for (int64_t i = 0; i < out_h * out_w; i++)
                y[at(n, f, 0, i, filters, 1, out_h * out_w)] = bias.empty() ? 0 : bias[(size_t)f];
    for (int64_t n = 0; n < in[0]; n++)
        for (int64_t c = 0; c < in[1]; c++)
            for (int64_t f = 0; f < k[1]; f++)
                for (int64_t h = 0; h < in[2]; h++)
                    for (int64_t w = 0; w < in[3]; w++)
                        for (int64_t p = 0; p < k[2]; p++)
                            for (int64_t q = 0; q < k[3]; q++) {
                                const int64_t i = h * o.stride[0] + p * o.dilation[0] - o.pad[0];
                                const int64_t j = w * o.stride[1] + q * o.dilation[1] - o.pad[1];
                                if (i < 0 || j < 0 || i >= out_h || j >= out_w) continue;
                                const int64_t g = c / (in[1] / groups);
                                y[at(n, g * k[1] + f, i, j, filters, out_h, out_w)] +=
                                    xs[at(n, c, h, w, in[1], in[2], in[3])] *
                                    ws[at(c, f, p, q, k[1], k[2], k[3])];
                            }
    return y;
}

class TransposedOf : public testing::TestWithParam<neural_dtype> {};
INSTANTIATE_TEST_SUITE_P(Dtypes, TransposedOf, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

// y, dx, dw, db of one call.
std::vector<std::vector<double>> RunCase(const Case &c, neural_dtype dtype,
                                         std::vector<std::vector<double>> *inputs) {
    const int64_t filters = c.weight[1] * c.options.groups;
    neural_tensor *in[] = {Normal(c.x, dtype, 1), Normal(c.weight, dtype, 2),
                           Normal({filters}, dtype, 3)};
    neural_tensor *y = nullptr, *dy = Normal(c.y, dtype, 4);
    for (neural_tensor *tensor : in) {
        EXPECT_EQ(neural_tensor_set_requires_grad(tensor, 1), NEURAL_OK);
        inputs->push_back(Values(tensor));
    }
    EXPECT_EQ(neural_conv_transpose2d(in[0], in[1], in[2], &c.options, c.output_padding, &y),
              NEURAL_OK)
        << neural_last_error();
    const int64_t *dims = neural_tensor_dims(y);
    EXPECT_EQ(Dims(dims, dims + neural_tensor_ndim(y)), c.y);
    EXPECT_EQ(neural_backward(y, dy, 0), NEURAL_OK) << neural_last_error();
    std::vector<std::vector<double>> out = {Values(y)};
    for (neural_tensor *tensor : in) {
        out.push_back(Values(neural_tensor_grad(tensor)));
        neural_tensor_release(tensor);
    }
    neural_tensor_release(y);
    neural_tensor_release(dy);
    return out;
}

TEST_P(TransposedOf, SpreadsEachInput) {
    for (const Case &c : kCases) {
        std::vector<std::vector<double>> in;
        const std::vector<double> got = RunCase(c, GetParam(), &in)[0];
        std::vector<double> want =
            Spread(c.x, in[0], c.weight, in[1], in[2], c.options, c.y[2], c.y[3]);
        ASSERT_EQ(got.size(), want.size());
        for (size_t i = 0; i < want.size(); i++) {
            want[i] = c.options.relu && want[i] < 0 ? 0 : want[i];
            ASSERT_NEAR(got[i], want[i], GetParam() == NEURAL_DTYPE_F32 ? 1e-4 : 1e-12);
        }
    }
}

TEST_P(TransposedOf, SameBitsForAnyNumberOfThreads) {
    for (const Case &c : kCases) {
        std::vector<std::vector<double>> in, first;
        for (int threads : {1, 2, 3}) {
            ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
            const auto results = RunCase(c, GetParam(), &in);
            first = first.empty() ? results : first;
            EXPECT_EQ(results, first) << threads << " threads";
        }
    }
    EXPECT_EQ(neural_set_num_threads(1), NEURAL_OK);
}

TEST(Transposed, NamesWhatDoesNotFit) {
    const neural_conv_options plain = {{1, 1}, {0, 0, 0, 0}, {1, 1}, 1, 0};
    neural_conv_options padded = plain;
    padded.pad[0] = padded.pad[2] = 3;
    const int64_t too_much[2] = {1, 0};
    const struct {
        Dims x, weight;
        const neural_conv_options *options;
        const int64_t *output_padding;
        neural_status status;
        const char *error;
    } cases[] = {
        {{1, 4, 5, 5}, {3, 6, 3, 3}, &plain, nullptr, NEURAL_ERR_SHAPE_MISMATCH, "[3, 6, 3, 3]"},
        {{4, 5, 5}, {4, 6, 3, 3}, &plain, nullptr, NEURAL_ERR_SHAPE_MISMATCH, "[4, 5, 5]"},
        {{1, 4, 1, 5}, {4, 6, 3, 3}, &padded, nullptr, NEURAL_ERR_SHAPE_MISMATCH, "leaves -3"},
        {{1, 4, 5, 5},
         {4, 6, 3, 3},
         &plain,
         too_much,
         NEURAL_ERR_INVALID_ARGUMENT,
         "output_padding is 1"},
    };
    for (const auto &c : cases) {
        neural_tensor *x = Normal(c.x, NEURAL_DTYPE_F32, 1), *y = nullptr;
        neural_tensor *weight = Normal(c.weight, NEURAL_DTYPE_F32, 2);
        EXPECT_EQ(neural_conv_transpose2d(x, weight, nullptr, c.options, c.output_padding, &y),
                  c.status);
        EXPECT_NE(std::string(neural_last_error()).find(c.error), std::string::npos)
            << neural_last_error();
        EXPECT_EQ(y, nullptr);
        neural_tensor_release(x);
        neural_tensor_release(weight);
    }
}

} // namespace

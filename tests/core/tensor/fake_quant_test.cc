// Fake quantization against the grid written anew in double, and its straight-through gradient.
#include "core/tensor/fake_quant.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/autograd/op_registry.h"
#include "core/autograd/quant_ops.h"
#include "tests/core/autograd/autograd_testing.h"

namespace {

using namespace autograd_testing;

struct Grid {
    double scale, zero, low, high;
};

Grid grid_of(double min, double max, bool symmetric) {
    min = std::min(min, 0.0);
    max = std::max(max, 0.0);
    Grid grid = {1, 0, symmetric ? -127.0 : -128.0, 127};
    const double width = symmetric ? std::max(-min, max) / 127 : (max - min) / 255;
    if (width > 0) grid.scale = std::max(0x1p-126, static_cast<double>(static_cast<float>(width)));
    if (!symmetric) grid.zero = std::min(127.0, std::nearbyint(-128 - min / grid.scale));
    return grid;
}

// x / scale rounded, as the dtype does it, ties to even.
double place(double x, const Grid &grid, neural_dtype dtype) {
    if (dtype == NEURAL_DTYPE_F64) return std::nearbyint(x / grid.scale);
    const float per_scale = 1 / static_cast<float>(grid.scale);
    return std::nearbyint(static_cast<double>(static_cast<float>(x) * per_scale));
}

double faked(double x, const Grid &grid, neural_dtype dtype) {
    const double q = std::clamp(place(x, grid, dtype), grid.low - grid.zero, grid.high - grid.zero);
    return dtype == NEURAL_DTYPE_F32 ? static_cast<double>(static_cast<float>(q * grid.scale))
                                     : q * grid.scale;
}

class FakeQuantTest : public testing::TestWithParam<neural_dtype> {
  protected:
    double rounded(double x) const {
        return GetParam() == NEURAL_DTYPE_F32 ? static_cast<double>(static_cast<float>(x)) : x;
    }
};

TEST_P(FakeQuantTest, OneGrid) {
    std::mt19937_64 random(51);
    for (const Dims &dims : {Dims{}, Dims{1}, Dims{0, 3}, Dims{5, 13}, Dims{3, 1009}}) {
        for (const auto &[min, max] : {std::pair{-1.0, 2.0},
                                       {0.0, 3.0},
                                       {1.0, 3.0},
                                       {-2.5, -1.0},
                                       {-0.01, 0.02},
                                       {0.0, 0.0}}) {
            const Grid grid = grid_of(min, max, false);
            const Array array = random_grid(dims, random), dy = random_grid(dims, random);
            for (int layout = 0; layout < kLayouts; layout++) {
                const Tensor x = leaf(array, GetParam(), static_cast<Layout>(layout));
                const Tensor y = result(neural_fake_quant, x.get(), min, max);
                const Tensor grad = make(dy, GetParam());
                ASSERT_EQ(neural_backward(y.get(), grad.get(), 0), NEURAL_OK);
                const std::vector<double> found = values(y.get()), dx = grad_of(x);
                for (size_t i = 0; i < array.v.size(); i++) {
                    const double value = rounded(array.v[i]);
                    EXPECT_EQ(found[i], faked(value, grid, GetParam())) << value;
                    const double q = place(value, grid, GetParam());
                    const bool inside = q >= grid.low - grid.zero && q <= grid.high - grid.zero;
                    EXPECT_EQ(dx[i], inside ? rounded(dy.v[i]) : 0) << value;
                }
            }
        }
    }
}

TEST_P(FakeQuantTest, GridsOfChannels) {
    std::mt19937_64 random(52);
    const Dims dims = {4, 3, 5};
    for (int axis = 0; axis < 3; axis++) {
        const int64_t channels = dims[static_cast<size_t>(axis)];
        const int64_t inner = axis == 0 ? 15 : axis == 1 ? 5 : 1;
        Array array = random_grid(dims, random);
        std::vector<double> largest(static_cast<size_t>(channels), 0);
        const auto channel = [&](size_t i) {
            return static_cast<size_t>(static_cast<int64_t>(i) / inner % channels);
        };
        for (size_t i = 0; i < array.v.size(); i++) {
            array.v[i] = rounded(array.v[i] * std::pow(10.0, static_cast<double>(channel(i))));
            largest[channel(i)] = std::max(largest[channel(i)], std::fabs(array.v[i]));
        }
        for (int layout = 0; layout < kLayouts; layout++) {
            const Tensor x = leaf(array, GetParam(), static_cast<Layout>(layout));
            const Tensor y = result(neural_fake_quant_channels, x.get(), axis);
            const Tensor grad = make(array, GetParam());
            ASSERT_EQ(neural_backward(y.get(), grad.get(), 0), NEURAL_OK);
            const std::vector<double> found = values(y.get());
            for (size_t i = 0; i < array.v.size(); i++) {
                const Grid grid = grid_of(0, largest[channel(i)], true);
                EXPECT_EQ(found[i], faked(array.v[i], grid, GetParam()));
                EXPECT_LE(std::fabs(found[i] - array.v[i]), grid.scale * 0.50001);
            }
            EXPECT_EQ(grad_of(x), array.v);
        }
    }
}

TEST_P(FakeQuantTest, IsIdempotentAndKeepsZero) {
    const Tensor x = make({{5}, {-1.7, 0, 0.3, 0.31, 4}}, GetParam());
    const Tensor once = result(neural_fake_quant, x.get(), -1.0, 2.0);
    const Tensor twice = result(neural_fake_quant, once.get(), -1.0, 2.0);
    EXPECT_EQ(values(once.get()), values(twice.get()));
    EXPECT_EQ(values(once.get())[1], 0);
}

TEST_P(FakeQuantTest, NanStaysAndInfinitiesSaturate) {
    const double nan = std::numeric_limits<double>::quiet_NaN(), inf = HUGE_VAL;
    const Tensor x = make({{4}, {nan, inf, -inf, 1e38}}, GetParam());
    const std::vector<double> y = values(result(neural_fake_quant, x.get(), -1.0, 2.0).get());
    EXPECT_TRUE(std::isnan(y[0]));
    const Grid grid = grid_of(-1, 2, false);
    EXPECT_EQ(y[1], rounded((grid.high - grid.zero) * grid.scale));
    EXPECT_EQ(y[2], rounded((grid.low - grid.zero) * grid.scale));
    EXPECT_EQ(y[3], y[1]);
    const Tensor rows = make({{2, 2}, {1, nan, 3, 4}}, GetParam());
    const std::vector<double> z = values(result(neural_fake_quant_channels, rows.get(), 0).get());
    EXPECT_TRUE(std::isnan(z[0]) && std::isnan(z[1]));
    EXPECT_NEAR(z[3], 4, 1e-6);
}

// One NaN among many numbers: the others are what they are without it.
TEST_P(FakeQuantTest, NanChangesNoOther) {
    std::mt19937_64 random(54);
    Array array = random_grid({3, 4099}, random);
    const std::vector<double> want =
        values(result(neural_fake_quant, make(array, GetParam()).get(), -1.0, 2.0).get());
    for (const size_t at : {size_t{0}, size_t{4095}, size_t{4100}, size_t{12296}}) {
        Array with = array;
        with.v[at] = std::nan("");
        const std::vector<double> found =
            values(result(neural_fake_quant, make(with, GetParam()).get(), -1.0, 2.0).get());
        for (size_t i = 0; i < want.size(); i++) {
            if (i == at) {
                EXPECT_TRUE(std::isnan(found[i]));
            } else {
                ASSERT_EQ(found[i], want[i]) << i;
            }
        }
    }
}

TEST_P(FakeQuantTest, ThreadsKeepBits) {
    std::mt19937_64 random(53);
    const Array array = random_grid({64, 1500}, random);
    expect_threads_keep_bits([&] {
        std::vector<Tensor> all;
        const Tensor x = leaf(array, GetParam());
        all.push_back(result(neural_fake_quant, x.get(), -1.0, 1.0));
        EXPECT_EQ(neural_backward(all[0].get(), all[0].get(), 0), NEURAL_OK);
        all.push_back(shared_grad(x));
        all.push_back(result(neural_fake_quant_channels, x.get(), 0));
        return all;
    });
}

TEST_P(FakeQuantTest, RefusesWrongCalls) {
    const Tensor x = make({{2, 3}, {1, 2, 3, 4, 5, 6}}, GetParam());
    EXPECT_EQ(fails(neural_fake_quant_channels, x.get(), 2), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(fails(neural_fake_quant_channels, x.get(), -1), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(fails(neural_fake_quant, x.get(), 2.0, 1.0), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(fails(neural_fake_quant, x.get(), std::nan(""), 1.0), NEURAL_ERR_INVALID_ARGUMENT);
    const neural_op *op = neural_op_find("fake_quant");
    neural_tensor *in = x.get(), *out = nullptr;
    for (const int64_t bits : {0, 1, 49}) {
        const neural_op_attrs attrs = {{0, 1}, {-1, bits}, {}, 0, 0, nullptr};
        EXPECT_EQ(neural_op_apply(op, &in, &attrs, &out), NEURAL_ERR_INVALID_ARGUMENT);
    }
    const Tensor labels = create({3}, NEURAL_DTYPE_I64);
    EXPECT_EQ(fails(neural_fake_quant, labels.get(), 0.0, 1.0), NEURAL_ERR_INVALID_DTYPE);
}

TEST_P(FakeQuantTest, RangeIsAMovingAverage) {
    const Tensor range = make({{2}, {0, 0}}, GetParam());
    double min = 0, max = 0;
    for (int batch = 0; batch < 20; batch++) {
        const double low = -1 - batch % 3, high = 2 + batch % 5;
        const Tensor x = make({{4}, {low, 0.5, high, 1}}, GetParam());
        ASSERT_EQ(neural_range_average(x.get(), 0.25, range.get()), NEURAL_OK);
        min = rounded(min + (batch ? 0.25 : 1) * (low - min));
        max = rounded(max + (batch ? 0.25 : 1) * (high - max));
        EXPECT_EQ(values(range.get()), (std::vector<double>{min, max}));
    }
    for (const double wrong : {std::nan(""), HUGE_VAL}) {
        const Tensor x = make({{2}, {wrong, 1}}, GetParam());
        ASSERT_EQ(neural_range_average(x.get(), 0.25, range.get()), NEURAL_OK);
    }
    const Tensor none = create({0}, GetParam());
    ASSERT_EQ(neural_range_average(none.get(), 0.25, range.get()), NEURAL_OK);
    EXPECT_EQ(values(range.get()), (std::vector<double>{min, max}));
    EXPECT_EQ(neural_range_average(none.get(), 0.25, none.get()), NEURAL_ERR_SHAPE_MISMATCH);
}

INSTANTIATE_TEST_SUITE_P(Dtypes, FakeQuantTest,
                         testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

} // namespace

#include "tests/core/autograd/autograd_testing.h"

#include "core/base/threads.h"

namespace {

using namespace autograd_testing;
using Values = std::vector<double>;

struct Case {
    Dims x;
    int64_t fan_out;
    bool bias, relu;
};

struct Oracle {
    Array y, dx, dweight, dbias;
};

Oracle oracle(const Case &test, const Array &x, const Array &w, const Array &b, const Array *dy) {
    const int64_t in = test.x.back(), out = test.fan_out;
    int64_t rows = 1;
    for (size_t i = 0; i + 1 < test.x.size(); i++) {
        rows *= test.x[i];
    }
    Oracle want{{test.x, Values(static_cast<size_t>(rows * out))},
                {test.x, Values(x.v.size(), 0)},
                {w.dims, Values(w.v.size(), 0)},
                {b.dims, Values(b.v.size(), 0)}};
    want.y.dims.back() = out;
    for (int64_t i = 0; i < rows * out; i++) {
        const int64_t row = i / out, unit = i % out;
        const auto u = static_cast<size_t>(unit), o = static_cast<size_t>(i);
        double z = test.bias ? b.v[u] : 0;
        for (int64_t k = 0; k < in; k++) {
            z += x.v[static_cast<size_t>(row * in + k)] * w.v[static_cast<size_t>(unit * in + k)];
        }
        want.y.v[o] = test.relu && z < 0 ? 0 : z;
        if (!dy || (test.relu && z <= 0)) {
            continue;
        }
        want.dbias.v[u] += dy->v[o];
        for (int64_t k = 0; k < in; k++) {
            const auto p = static_cast<size_t>(row * in + k),
                       q = static_cast<size_t>(unit * in + k);
            want.dx.v[p] += dy->v[o] * w.v[q];
            want.dweight.v[q] += dy->v[o] * x.v[p];
        }
    }
    return want;
}

std::vector<Case> cases() {
    std::vector<Case> all;
    for (const Dims &x : {Dims{1, 1}, Dims{4, 2}, Dims{33, 17}, Dims{5}, Dims{2, 3, 7},
                          Dims{2, 1, 3, 4}, Dims{0, 3}, Dims{3, 0}}) {
        for (int64_t out : {1, 8, 19}) {
            for (int flags = 0; flags < 4; flags++) {
                all.push_back({x, out, (flags & 1) != 0, (flags & 2) != 0});
            }
        }
    }
    all.push_back({{3, 4}, 0, true, true});
    return all;
}

class LinearTest : public testing::TestWithParam<neural_dtype> {};

TEST_P(LinearTest, ValuesAndGradients) {
    std::mt19937_64 random(21);
    for (const Case &test : cases()) {
        const Array x = random_grid(test.x, random);
        const Array w = random_grid({test.fan_out, test.x.back()}, random);
        const Array b = random_grid({test.fan_out}, random);
        const Array dy = random_grid(oracle(test, x, w, b, nullptr).y.dims, random);
        const Oracle want = oracle(test, x, w, b, &dy);
        for (int layout = 0; layout < kLayouts; layout++) {
            SCOPED_TRACE(text_of(test.x) + " to " + std::to_string(test.fan_out) +
                         (test.bias ? " bias" : "") + (test.relu ? " relu" : "") + " layout " +
                         std::to_string(layout));
            const Layout kind = static_cast<Layout>(layout);
            const Tensor tx = leaf(x, GetParam(), kind), tw = leaf(w, GetParam(), kind),
                         tb = leaf(b, GetParam(), kind), tdy = make(dy, GetParam());
            const Tensor y = result(test.relu ? neural_linear_relu : neural_linear, tx.get(),
                                    tw.get(), test.bias ? tb.get() : nullptr);
            ASSERT_TRUE(y);
            expect_values(y.get(), want.y, GetParam());
            ASSERT_EQ(neural_backward(y.get(), tdy.get(), 0), NEURAL_OK) << neural_last_error();
            expect_values(neural_tensor_grad(tx.get()), want.dx, GetParam());
            expect_values(neural_tensor_grad(tw.get()), want.dweight, GetParam());
            if (test.bias) {
                expect_values(neural_tensor_grad(tb.get()), want.dbias, GetParam());
            }
        }
    }
}

TEST_P(LinearTest, AddsToGradients) {
    std::mt19937_64 random(22);
    const Case test = {{9, 5}, 7, true, true};
    const Array x = random_grid(test.x, random), w = random_grid({7, 5}, random),
                b = random_grid({7}, random), dy = random_grid({9, 7}, random);
    Oracle want = oracle(test, x, w, b, &dy);
    const Tensor tx = leaf(x, GetParam()), tw = leaf(w, GetParam()), tb = leaf(b, GetParam()),
                 tdy = make(dy, GetParam());
    for (int pass = 0; pass < 2; pass++) {
        const Tensor y = result(neural_linear_relu, tx.get(), tw.get(), tb.get());
        ASSERT_EQ(neural_backward(y.get(), tdy.get(), 0), NEURAL_OK) << neural_last_error();
    }
    for (Array *array : {&want.dx, &want.dweight, &want.dbias}) {
        for (double &value : array->v) {
            value *= 2;
        }
    }
    expect_values(neural_tensor_grad(tx.get()), want.dx, GetParam());
    expect_values(neural_tensor_grad(tw.get()), want.dweight, GetParam());
    expect_values(neural_tensor_grad(tb.get()), want.dbias, GetParam());
}

TEST_P(LinearTest, OnlyTheWantedGradientsAreMade) {
    std::mt19937_64 random(23);
    const Array x = random_grid({3, 2}, random), w = random_grid({4, 2}, random);
    const Tensor tx = make(x, GetParam()), tw = leaf(w, GetParam());
    const Tensor y =
        result(neural_linear, tx.get(), tw.get(), static_cast<neural_tensor *>(nullptr));
    const Tensor sum = result(neural_sum, y.get(), NEURAL_ALL_AXES, 0);
    ASSERT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(neural_tensor_grad(tx.get()), nullptr);
    EXPECT_NE(neural_tensor_grad(tw.get()), nullptr);
}

TEST_P(LinearTest, NanGoesThrough) {
    const Tensor x = make(Array{{1, 2}, {NAN, 1}}, GetParam());
    const Tensor w = make(Array{{2, 2}, {1, 1, 0, 1}}, GetParam());
    const Tensor y =
        result(neural_linear_relu, x.get(), w.get(), static_cast<neural_tensor *>(nullptr));
    EXPECT_TRUE(std::isnan(values(y.get())[0]) && std::isnan(values(y.get())[1]));
}

TEST_P(LinearTest, ThreadsDoNotChangeABit) {
    std::mt19937_64 random(24);
    const Array x = random_uniform({129, 301}, -1, 1, random);
    const Array w = random_uniform({203, 301}, -1, 1, random);
    const Array b = random_uniform({203}, -1, 1, random);
    expect_threads_keep_bits([&] {
        const Tensor in[3] = {leaf(x, GetParam()), leaf(w, GetParam()), leaf(b, GetParam())};
        std::vector<Tensor> all;
        all.push_back(result(neural_linear_relu, in[0].get(), in[1].get(), in[2].get()));
        const Tensor sum = result(neural_mean, all[0].get(), NEURAL_ALL_AXES, 0);
        EXPECT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
        for (const Tensor &tensor : in) {
            all.push_back(shared_grad(tensor));
        }
        return all;
    });
}

INSTANTIATE_TEST_SUITE_P(Dtypes, LinearTest, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST(Linear, NamesBothShapes) {
    const auto tensor = [](const Dims &dims, neural_dtype dtype = NEURAL_DTYPE_F32) {
        return make(Array{dims, Values(static_cast<size_t>(len_of(dims)), 1)}, dtype);
    };
    const Tensor x = tensor({32, 10}), w = tensor({5, 784}), fit = tensor({5, 10}),
                 flat = tensor({10}), scalar = tensor({}), long_bias = tensor({6}),
                 f64 = tensor({5}, NEURAL_DTYPE_F64);
    neural_tensor *none = nullptr;
    EXPECT_EQ(fails(neural_linear, x.get(), w.get(), none), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "linear: x is [32, 10], weight wants [*, 784]");
    EXPECT_EQ(fails(neural_linear, x.get(), flat.get(), none), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(fails(neural_linear, scalar.get(), fit.get(), none), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(fails(neural_linear, x.get(), fit.get(), long_bias.get()), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(fails(neural_linear, x.get(), fit.get(), f64.get()), NEURAL_ERR_DTYPE_MISMATCH);
    EXPECT_EQ(fails(neural_linear, x.get(), none, none), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(fails(neural_linear, none, fit.get(), none), NEURAL_ERR_NULL_POINTER);
}

TEST(Linear, FailedAllocationsAreClean) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    sweep_failed_allocations([] {
        const int64_t wide[] = {40, 81}, dims[] = {50, 40};
        neural_tensor *x = nullptr, *all = nullptr, *w = nullptr, *y = nullptr, *sum = nullptr;
        neural_status status = neural_tensor_ones(2, wide, NEURAL_DTYPE_F32, &all);
        status = status ? status : neural_tensor_slice(all, 1, 0, 40, 2, &x); // needs a copy
        status = status ? status : neural_tensor_ones(2, dims, NEURAL_DTYPE_F32, &w);
        status = status ? status : neural_tensor_set_requires_grad(w, 1);
        status = status ? status : neural_linear_relu(x, w, nullptr, &y);
        status = status ? status : neural_sum(y, NEURAL_ALL_AXES, 0, &sum);
        status = status ? status : neural_backward(sum, nullptr, 0);
        for (neural_tensor *tensor : {sum, y, w, x, all}) {
            neural_tensor_release(tensor);
        }
        return status;
    });
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

} // namespace

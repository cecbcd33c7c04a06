#include "tests/core/autograd/autograd_testing.h"

#include <cmath>

#include "core/autograd/gradcheck.h"
#include "core/autograd/norm_ops.h"
#include "core/base/threads.h"
#include "tests/core/tensor/norm_oracle.h"

namespace {

using namespace autograd_testing;

constexpr double kEpsilon = 1e-5;

// Columns; planes below and above the size from which each is measured on its own; batch 1.
const Dims kShapes[] = {{2, 1},    {7, 5},       {64, 130},      {300, 3},       {5, 3, 4},
                        {1, 3, 7}, {4, 3, 5, 7}, {3, 2, 17, 19}, {2, 3, 32, 33}, {1, 2, 40, 40}};

int64_t plane_of(const Dims &dims) {
    return len_of(dims) / (dims[0] * dims[1]);
}

NormWant want_of(const Array &x, const Array &dy, const Array *gamma, const Array *beta) {
    const int64_t plane = plane_of(x.dims), channels = x.dims[1];
    const auto channel = [=](int64_t i) { return i / plane % channels; };
    return norm_oracle(
        {&x, &dy, gamma, beta, channel, channel, channels, channels, kEpsilon, true});
}

class BatchNormTest : public testing::TestWithParam<neural_dtype> {
  protected:
    double eps() const { return GetParam() == NEURAL_DTYPE_F32 ? 0x1p-23 : 0x1p-52; }

    // Sums over `count` values of magnitude about `scale`.
    double tolerance(double count, double scale = 4) const {
        return eps() * scale * (8 + std::sqrt(count));
    }
};

TEST_P(BatchNormTest, TrainingMatchesTheOracleInEveryLayout) {
    std::mt19937_64 random(41);
    for (const Dims &dims : kShapes) {
        const Array x = random_uniform(dims, -2, 3, random),
                    dy = random_uniform(dims, -1, 1, random);
        const Array gamma = random_uniform({dims[1]}, -2, 2, random);
        const Array beta = random_uniform({dims[1]}, -1, 1, random);
        const double count = static_cast<double>(len_of(dims) / dims[1]);
        for (int layout = 0; layout < kLayouts; layout++) {
            const bool affine = layout != kSliced;
            SCOPED_TRACE(text_of(dims) + " layout " + std::to_string(layout));
            const NormWant want =
                want_of(x, dy, affine ? &gamma : nullptr, affine ? &beta : nullptr);
            const Tensor tx = leaf(x, GetParam(), static_cast<Layout>(layout));
            const Tensor tg = leaf(gamma, GetParam()), tb = leaf(beta, GetParam());
            const Tensor mean =
                make(Array{{dims[1]}, std::vector<double>(gamma.v.size(), 0.5)}, GetParam());
            const Tensor variance =
                make(Array{{dims[1]}, std::vector<double>(gamma.v.size(), 2)}, GetParam());
            const Tensor y =
                result(neural_batch_norm, tx.get(), affine ? tg.get() : nullptr,
                       affine ? tb.get() : nullptr, mean.get(), variance.get(), 1, 0.1, kEpsilon);
            // Two values per channel may lie close: rstd up to 1/sqrt(epsilon).
            const double near = count < 4 ? 400 : 4;
            expect_values(y.get(), want.y, GetParam(), 8, tolerance(count, near));
            const Tensor grad = make(dy, GetParam());
            ASSERT_EQ(neural_backward(y.get(), grad.get(), 0), NEURAL_OK) << neural_last_error();
            expect_values(neural_tensor_grad(tx.get()), want.dx, GetParam(), 16,
                          tolerance(count, near * near));
            Array running{{dims[1]}, {}}, running_var{{dims[1]}, {}};
            for (size_t c = 0; c < want.mean.size(); c++) {
                running.v.push_back(0.9 * 0.5 + 0.1 * (double)want.mean[c]);
                running_var.v.push_back(0.9 * 2 +
                                        0.1 * (double)want.variance[c] * count / (count - 1));
            }
            expect_values(mean.get(), running, GetParam(), 4, tolerance(1));
            expect_values(variance.get(), running_var, GetParam(), 4, tolerance(1));
            if (affine) {
                expect_values(neural_tensor_grad(tg.get()), Array{{dims[1]}, want.dgamma},
                              GetParam(), 8, tolerance(count, near) * std::sqrt(count));
                expect_values(neural_tensor_grad(tb.get()), Array{{dims[1]}, want.dbeta},
                              GetParam(), 8, tolerance(count) * std::sqrt(count));
            }
        }
    }
}

TEST_P(BatchNormTest, EvaluationIsOneLineAndItsGradient) {
    std::mt19937_64 random(42);
    for (const Dims &dims : kShapes) {
        const Array x = random_uniform(dims, -2, 3, random),
                    dy = random_uniform(dims, -1, 1, random);
        const Array gamma = random_uniform({dims[1]}, -2, 2, random);
        const Array mean = random_uniform({dims[1]}, -1, 1, random);
        const Array variance = random_uniform({dims[1]}, 0.5, 2, random);
        Array y = x, dx = x, dgamma = gamma;
        std::fill(dgamma.v.begin(), dgamma.v.end(), 0);
        for (size_t i = 0; i < x.v.size(); i++) {
            const size_t c = i / static_cast<size_t>(plane_of(dims)) % gamma.v.size();
            const double rstd = 1 / std::sqrt(variance.v[c] + kEpsilon);
            y.v[i] = (x.v[i] - mean.v[c]) * rstd * gamma.v[c];
            dx.v[i] = dy.v[i] * rstd * gamma.v[c];
            dgamma.v[c] += dy.v[i] * (x.v[i] - mean.v[c]) * rstd;
        }
        SCOPED_TRACE(text_of(dims));
        const double count = static_cast<double>(len_of(dims) / dims[1]);
        const Tensor tx = leaf(x, GetParam()), tg = leaf(gamma, GetParam());
        const Tensor tm = make(mean, GetParam()), tv = make(variance, GetParam());
        const Tensor out = result(neural_batch_norm, tx.get(), tg.get(), nullptr, tm.get(),
                                  tv.get(), 0, 0.1, kEpsilon);
        expect_values(out.get(), y, GetParam(), 8, tolerance(1));
        expect_values(tm.get(), mean, GetParam());
        expect_values(tv.get(), variance, GetParam());
        const Tensor grad = make(dy, GetParam());
        write(tm.get(), variance); // backward does not read it
        ASSERT_EQ(neural_backward(out.get(), grad.get(), 0), NEURAL_OK) << neural_last_error();
        expect_values(neural_tensor_grad(tx.get()), dx, GetParam(), 8, tolerance(1));
        expect_values(neural_tensor_grad(tg.get()), dgamma, GetParam(), 8,
                      tolerance(count) * std::sqrt(count));
    }
}

TEST_P(BatchNormTest, ALargeMeanDoesNotCancel) {
    for (const Dims &dims : {Dims{256, 3}, Dims{4, 3, 8, 8}, Dims{2, 3, 32, 32}}) {
        Array x{dims, std::vector<double>(static_cast<size_t>(len_of(dims)))};
        for (size_t i = 0; i < x.v.size(); i++) {
            x.v[i] = 1e6 + static_cast<double>(i * 7 % 5) - 2;
        }
        const NormWant want = want_of(x, x, nullptr, nullptr);
        const Tensor tx = make(x, GetParam());
        neural_tensor *none = nullptr;
        const Tensor y =
            result(neural_batch_norm, tx.get(), none, none, none, none, 1, 0.1, kEpsilon);
        // The mean is rounded to the dtype: half a unit of 1e6.
        const double unit = GetParam() == NEURAL_DTYPE_F32 ? 0.0625 : 0x1p-33;
        expect_values(y.get(), want.y, GetParam(), 16, unit);
    }
}

TEST_P(BatchNormTest, NanStaysInItsChannel) {
    for (const Dims &dims : {Dims{8, 3}, Dims{2, 3, 20, 20}}) {
        std::mt19937_64 random(43);
        Array x = random_uniform(dims, -1, 1, random);
        const int64_t plane = plane_of(dims);
        x.v[static_cast<size_t>(plane)] = NAN; // channel 1
        const Tensor tx = make(x, GetParam());
        neural_tensor *none = nullptr;
        const Tensor y =
            result(neural_batch_norm, tx.get(), none, none, none, none, 1, 0.1, kEpsilon);
        const std::vector<double> got = values(y.get());
        for (size_t i = 0; i < got.size(); i++) {
            EXPECT_EQ(std::isnan(got[i]), static_cast<int64_t>(i) / plane % 3 == 1) << i;
        }
    }
}

TEST_P(BatchNormTest, ThreadsDoNotChangeABit) {
    std::mt19937_64 random(44);
    for (const Dims &dims : {Dims{257, 300}, Dims{8, 37, 9, 9}, Dims{4, 24, 32, 32}}) {
        const Array array = random_uniform(dims, -8, 8, random);
        const Array ones{{dims[1]}, std::vector<double>(static_cast<size_t>(dims[1]), 1)};
        expect_threads_keep_bits([&] {
            const Tensor x = leaf(array, GetParam()), gamma = leaf(ones, GetParam());
            std::vector<Tensor> all;
            all.push_back(make(ones, GetParam()));
            all.push_back(make(ones, GetParam()));
            neural_tensor *const mean = all[0].get(), *const variance = all[1].get();
            all.push_back(result(neural_batch_norm, x.get(), gamma.get(), gamma.get(), mean,
                                 variance, 1, 0.1, kEpsilon));
            all.push_back(result(neural_batch_norm_relu, all[2].get(), gamma.get(), gamma.get(),
                                 mean, variance, 1, 0.1, kEpsilon));
            const Tensor square = result(neural_square, all[3].get());
            const Tensor sum = result(neural_mean, square.get(), NEURAL_ALL_AXES, 0);
            EXPECT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK) << neural_last_error();
            all.push_back(shared_grad(x));
            all.push_back(shared_grad(gamma));
            return all;
        });
    }
}

INSTANTIATE_TEST_SUITE_P(Dtypes, BatchNormTest,
                         testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

// In evaluation, with relu: what the sweep over the op list does not reach.
TEST(BatchNorm, GradientsByCentralDifferences) {
    std::mt19937_64 random(45);
    for (int training = 0; training < 2; training++) {
        const Tensor x = leaf(random_uniform({4, 3, 5}, -2, 2, random), NEURAL_DTYPE_F64);
        const Tensor gamma = leaf({3}, {1.5, -0.5, 0.7}), beta = leaf({3}, {0.31, 0.12, -0.23});
        neural_tensor *inputs[] = {x.get(), gamma.get(), beta.get()};
        const auto apply = [](void *context, neural_tensor *const *in, int, neural_tensor **out) {
            const Tensor mean = make(Array{{3}, {0.1, -0.2, 0.3}}, NEURAL_DTYPE_F64);
            const Tensor variance = make(Array{{3}, {0.5, 1, 2}}, NEURAL_DTYPE_F64);
            return neural_batch_norm_relu(in[0], in[1], in[2], mean.get(), variance.get(),
                                          *static_cast<int *>(context), 0.1, kEpsilon, out);
        };
        double worst = 0;
        EXPECT_EQ(neural_gradcheck(apply, &training, inputs, 3, nullptr, &worst), NEURAL_OK)
            << neural_last_error();
    }
}

TEST(BatchNorm, RefusesShapesAndNamesThem) {
    const Tensor x = make(Array{{1, 3}, {1, 2, 3}}, NEURAL_DTYPE_F32);
    const Tensor four = make(Array{{4}, {1, 2, 3, 4}}, NEURAL_DTYPE_F32);
    const Tensor wide = make(Array{{3}, {1, 2, 3}}, NEURAL_DTYPE_F64);
    neural_tensor *none = nullptr;
    const auto refuse = [&](neural_tensor *input, neural_tensor *gamma, neural_tensor *running,
                            int training, const char *text) {
        fails(neural_batch_norm, input, gamma, none, running, running, training, 0.1, kEpsilon);
        EXPECT_TRUE(error_has(text)) << neural_last_error();
    };
    refuse(x.get(), none, none, 1, "x is [1, 3], training needs more than one value per channel");
    refuse(x.get(), none, none, 0, "evaluation needs running_mean and running_var");
    refuse(x.get(), four.get(), none, 1, "x is [1, 3], which wants gamma of [3], but it is [4]");
    refuse(x.get(), wide.get(), none, 1, "x is f32, gamma is f64");
    refuse(x.get(), none, four.get(), 0, "wants running_mean of [3]");
    refuse(four.get(), none, none, 1, "x is [4], want [N, C, ...]");
    const Tensor empty = create({0, 3, 2}, NEURAL_DTYPE_F32);
    const Tensor stats = make(Array{{3}, {1, 1, 1}}, NEURAL_DTYPE_F32);
    refuse(empty.get(), none, none, 1, "x is [0, 3, 2], training needs more than one value");
    const Tensor y = result(neural_batch_norm, empty.get(), none, none, stats.get(), stats.get(), 0,
                            0.1, kEpsilon);
    EXPECT_EQ(neural_tensor_len(y.get()), 0);
}

TEST(BatchNorm, FailedAllocationsAreClean) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    sweep_failed_allocations([] {
        const int64_t dims[] = {3, 4, 5}, channels[] = {4};
        neural_tensor *x = nullptr, *gamma = nullptr, *y = nullptr, *sum = nullptr;
        neural_status status = neural_tensor_ones(3, dims, NEURAL_DTYPE_F32, &x);
        status = status ? status : neural_tensor_ones(1, channels, NEURAL_DTYPE_F32, &gamma);
        status = status ? status : neural_tensor_set_requires_grad(gamma, 1);
        status = status ? status
                        : neural_batch_norm_relu(x, gamma, nullptr, nullptr, nullptr, 1, 0.1,
                                                 kEpsilon, &y);
        status = status ? status : neural_sum(y, NEURAL_ALL_AXES, 0, &sum);
        status = status ? status : neural_backward(sum, nullptr, 0);
        for (neural_tensor *tensor : {sum, y, gamma, x}) {
            neural_tensor_release(tensor);
        }
        return status;
    });
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

} // namespace

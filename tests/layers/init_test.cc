#include "layers/init.h"

#include <cmath>
#include <string>

#include "layers/linear.h"
#include "layers/sequential.h"
#include "tests/layers/tensors.h"

namespace {

struct Case {
    const char *word;
    neural_init_kind kind;
    int normal;
    double scale; /* bound or standard deviation for [300, 200] */
};

const Case kCases[] = {
    {"default", NEURAL_INIT_DEFAULT, 0, 1 / std::sqrt(200.0)},
    {"he", NEURAL_INIT_KAIMING_UNIFORM, 0, std::sqrt(6 / 200.0)},
    {"kaiming_normal", NEURAL_INIT_KAIMING_NORMAL, 1, std::sqrt(2 / 200.0)},
    {"Glorot", NEURAL_INIT_XAVIER_UNIFORM, 0, std::sqrt(6 / 500.0)},
    {"xavier_normal", NEURAL_INIT_XAVIER_NORMAL, 1, std::sqrt(2 / 500.0)},
};

TEST(Init, EveryWordHasItsDistribution) {
    for (const Case &c : kCases) {
        neural_init_kind kind;
        ASSERT_EQ(neural_init_parse(c.word, &kind), NEURAL_OK) << c.word;
        EXPECT_EQ(kind, c.kind) << c.word;
        for (const neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
            const Tensor t = Normal({300, 200}, dtype, 1);
            ASSERT_EQ(neural_init_tensor(t.get(), kind, 9, 0), NEURAL_OK);
            double sum = 0, square = 0, largest = 0;
            for (const double v : Values(t.get())) {
                sum += v;
                square += v * v;
                largest = std::max(largest, std::fabs(v));
            }
            const double n = 60000;
            const double std = c.normal ? c.scale : c.scale / std::sqrt(3.0);
            EXPECT_NEAR(sum / n, 0, 5 * std / std::sqrt(n)) << c.word;
            EXPECT_NEAR(std::sqrt(square / n), std, 0.02 * std) << c.word;
            if (!c.normal) {
                EXPECT_LE(largest, c.scale * (1 + 1e-6)) << c.word;
            }
        }
    }
}

// Q Q^T = 1 of rows, Q^T Q = 1 of columns; a convolution's weight counts as [out, in * field].
TEST(Init, OrthogonalIsOrthonormal) {
    for (const std::vector<int64_t> &dims : {std::vector<int64_t>{5, 9},
                                             {9, 5},
                                             {7, 7},
                                             {1, 4},
                                             {4, 1},
                                             {8, 3, 3, 3},
                                             {64, 3, 2, 2}}) {
        for (const neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
            const Tensor t = Normal(dims, dtype, 1);
            ASSERT_EQ(neural_init_tensor(t.get(), NEURAL_INIT_ORTHOGONAL, 3, 0), NEURAL_OK);
            const std::vector<double> q = Values(t.get());
            const size_t rows = (size_t)dims[0], cols = q.size() / rows;
            const size_t count = std::min(rows, cols), len = std::max(rows, cols);
            const auto at = [&](size_t i, size_t k) {
                return rows <= cols ? q[i * cols + k] : q[k * cols + i];
            };
            for (size_t i = 0; i < count; i++) {
                for (size_t j = 0; j <= i; j++) {
                    double dot = 0;
                    for (size_t k = 0; k < len; k++) {
                        dot += at(i, k) * at(j, k);
                    }
                    EXPECT_NEAR(dot, i == j, dtype == NEURAL_DTYPE_F32 ? 1e-6 : 1e-14);
                }
            }
        }
    }
    const Tensor vector = Normal({4}, NEURAL_DTYPE_F32, 1);
    EXPECT_EQ(neural_init_tensor(vector.get(), NEURAL_INIT_ORTHOGONAL, 3, 0),
              NEURAL_ERR_INVALID_ARGUMENT);
}

// A normal cut at 2 has the variance 1 - 4 phi(2) / (2 Phi(2) - 1) = 0.7737.
TEST(Init, TruncatedNormalEndsAtTwoStandardDeviations) {
    for (const neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        const Tensor t = Normal({300, 200}, dtype, 1);
        ASSERT_EQ(neural_init_tensor(t.get(), NEURAL_INIT_TRUNCATED_NORMAL, 5, 0), NEURAL_OK);
        double square = 0, sum = 0, largest = 0;
        for (const double v : Values(t.get())) {
            sum += v;
            square += v * v;
            largest = std::max(largest, std::fabs(v));
        }
        EXPECT_LE(largest, 0.2 * (1 + 1e-6));
        EXPECT_GT(largest, 0.199);
        EXPECT_NEAR(square / 60000, 0.01 * 0.7737, 0.01 * 0.015);
        EXPECT_NEAR(sum / 60000, 0, 0.002);
    }
}

TEST(Init, FansOfAConvolutionCountTheField) {
    const Tensor t = Normal({40, 30, 3, 5}, NEURAL_DTYPE_F64, 1);
    ASSERT_EQ(neural_init_tensor(t.get(), NEURAL_INIT_XAVIER_UNIFORM, 5, 0), NEURAL_OK);
    double largest = 0;
    for (const double v : Values(t.get())) {
        largest = std::max(largest, std::fabs(v));
    }
    EXPECT_LE(largest, std::sqrt(6 / (70 * 15.0)));
    EXPECT_GT(largest, 0.99 * std::sqrt(6 / (70 * 15.0)));
}

TEST(Init, EveryKindHasANameThatParses) {
    for (int i = 0; i < NEURAL_INIT_COUNT; i++) {
        neural_init_kind kind;
        ASSERT_EQ(neural_init_parse(neural_init_name((neural_init_kind)i), &kind), NEURAL_OK);
        EXPECT_EQ((int)kind, i);
    }
    const Tensor t = Normal({3}, NEURAL_DTYPE_F32, 1);
    ASSERT_EQ(neural_init_tensor(t.get(), NEURAL_INIT_ONES, 1, 0), NEURAL_OK);
    EXPECT_EQ(Values(t.get()), std::vector<double>(3, 1));
}

TEST(Init, ALayersStartDependsOnItsSeedAlone) {
    std::vector<std::vector<double>> start;
    for (const uint64_t seed : {1, 1, 2}) {
        neural_layer *chain = nullptr, *linear = nullptr;
        ASSERT_EQ(neural_sequential_create(&chain), NEURAL_OK);
        const Layer own = Own(chain);
        for (int i = 0; i < 2; i++) {
            ASSERT_EQ(neural_linear_create(8, 8, 1, NEURAL_DTYPE_F32, 77 + seed, &linear),
                      NEURAL_OK);
            ASSERT_EQ(neural_sequential_add(chain, linear), NEURAL_OK);
        }
        ASSERT_EQ(neural_init_layer(chain, NEURAL_INIT_KAIMING_UNIFORM, NEURAL_INIT_ZEROS, seed),
                  NEURAL_OK);
        EXPECT_EQ(Values(neural_layer_weight(chain, 1)), std::vector<double>(8));
        EXPECT_NE(Values(neural_layer_weight(chain, 0)), Values(neural_layer_weight(chain, 2)));
        start.push_back(Values(neural_layer_weight(chain, 2)));
    }
    EXPECT_EQ(start[0], start[1]);
    EXPECT_NE(start[0], start[2]);
}

TEST(Init, ABiasTakesItsWeightsFanIn) {
    neural_layer *linear = nullptr;
    ASSERT_EQ(neural_linear_create(10000, 500, 1, NEURAL_DTYPE_F64, 1, &linear), NEURAL_OK);
    const Layer own = Own(linear);
    double largest = 0;
    for (const double v : Values(neural_layer_weight(linear, 1))) {
        largest = std::max(largest, std::fabs(v));
    }
    EXPECT_LE(largest, 0.01);
    EXPECT_GT(largest, 0.009);
}

TEST(Init, RefusesUnknownWordsAndIntegers) {
    neural_init_kind kind = NEURAL_INIT_ZEROS;
    EXPECT_EQ(neural_init_parse("xaver", &kind), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_NE(std::string(neural_last_error()).find("did you mean xavier?"), std::string::npos);
    EXPECT_EQ(kind, NEURAL_INIT_ZEROS);
    const int64_t len = 3;
    neural_tensor *t = nullptr;
    ASSERT_EQ(neural_tensor_zeros(1, &len, NEURAL_DTYPE_I64, &t), NEURAL_OK);
    const Tensor own = Own(t);
    EXPECT_EQ(neural_init_tensor(t, NEURAL_INIT_DEFAULT, 0, 0), NEURAL_ERR_INVALID_DTYPE);
    EXPECT_EQ(neural_init_tensor(nullptr, NEURAL_INIT_DEFAULT, 0, 0), NEURAL_ERR_NULL_POINTER);
}

} // namespace

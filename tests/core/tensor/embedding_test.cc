#include "core/autograd/embedding_ops.h"

#include <cmath>

#include "core/asm/kernel_table.h"
#include "tests/core/autograd/autograd_testing.h"

namespace {

using namespace autograd_testing;

template <class T>
Tensor filled(const Dims &dims, const std::vector<int64_t> &values, neural_dtype dtype) {
    Tensor tensor = create(dims, dtype);
    T *data = static_cast<T *>(neural_tensor_data(tensor.get()));
    for (size_t i = 0; i < values.size(); i++) {
        data[i] = static_cast<T>(values[i]);
    }
    return tensor;
}

Tensor index_as(const Dims &dims, const std::vector<int64_t> &values, neural_dtype dtype) {
    switch (dtype) {
    case NEURAL_DTYPE_I64:
        return filled<int64_t>(dims, values, dtype);
    case NEURAL_DTYPE_I32:
        return filled<int32_t>(dims, values, dtype);
    case NEURAL_DTYPE_U8:
        return filled<uint8_t>(dims, values, dtype);
    case NEURAL_DTYPE_F32:
        return filled<float>(dims, values, dtype);
    default:
        return filled<double>(dims, values, dtype);
    }
}

class EmbeddingTest : public testing::TestWithParam<neural_dtype> {};

TEST_P(EmbeddingTest, TakesRowsAndSumsTheirGradients) {
    std::mt19937_64 random(3);
    for (neural_dtype dtype : {NEURAL_DTYPE_I64, NEURAL_DTYPE_I32, NEURAL_DTYPE_U8,
                               NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        for (const Dims &dims : {Dims{}, Dims{5}, Dims{4, 6}, Dims{2, 0}, Dims{2, 3, 50}}) {
            for (int64_t padding : {-1, 2}) {
                const int64_t rows = 7, cols = dims.size() == 1 ? 1 : 19;
                const Array table = random_grid({rows, cols}, random);
                std::vector<int64_t> index;
                for (int64_t i = 0; i < len_of(dims); i++) {
                    index.push_back(i == 0 ? rows - 1 : static_cast<int64_t>(random() % rows));
                }
                Array y{dims, {}}, dw{table.dims, std::vector<double>(table.v.size())};
                y.dims.push_back(cols);
                const Array dy = random_grid(y.dims, random);
                for (size_t i = 0; i < index.size(); i++) {
                    for (int64_t c = 0; c < cols; c++) {
                        y.v.push_back(table.v[index[i] * cols + c]);
                        dw.v[index[i] * cols + c] += index[i] == padding ? 0 : dy.v[i * cols + c];
                    }
                }
                SCOPED_TRACE(text_of(dims) + " of " + neural_dtype_name(dtype));
                for (int layout = 0; layout < kLayouts; layout++) {
                    const Tensor weight = leaf(table, GetParam(), static_cast<Layout>(layout));
                    const Tensor at = index_as(dims, index, dtype), grad = make(dy, GetParam());
                    const Tensor got = result(neural_embedding, weight.get(), at.get(), padding);
                    expect_values(got.get(), y, GetParam());
                    for (int times = 1; times <= 2; times++) { // the second adds
                        const Tensor again =
                            result(neural_embedding, weight.get(), at.get(), padding);
                        ASSERT_EQ(neural_backward(again.get(), grad.get(), 0), NEURAL_OK);
                        Array want = dw;
                        for (double &v : want.v) {
                            v *= times;
                        }
                        expect_values(neural_tensor_grad(weight.get()), want, GetParam());
                    }
                }
            }
        }
    }
}

// Rows named often: the order of the additions shows in the last bits.
TEST_P(EmbeddingTest, ThreadsAndIsasDoNotChangeABit) {
    std::mt19937_64 random(4);
    const Array table = random_uniform({50, 33}, -1, 1, random);
    const Array dy = random_uniform({3000, 33}, -1, 1, random);
    std::vector<int64_t> index(3000);
    for (int64_t &i : index) {
        i = static_cast<int64_t>(random() % 50);
    }
    const auto compute = [&] {
        const Tensor weight = leaf(table, GetParam()), grad = make(dy, GetParam());
        const Tensor at = index_as({3000}, index, NEURAL_DTYPE_I64);
        std::vector<Tensor> all;
        all.push_back(result(neural_embedding, weight.get(), at.get(), INT64_C(3)));
        EXPECT_EQ(neural_backward(all[0].get(), grad.get(), 0), NEURAL_OK);
        all.push_back(shared_grad(weight));
        return all;
    };
    expect_threads_keep_bits(compute);
    const neural_kernel_table *active = neural_active_kernels;
    const std::vector<Tensor> want = compute();
    for (int level = 0; level <= neural_isa_detected(); level++) {
        if (const neural_kernel_table *k = neural_kernels_at(static_cast<neural_isa>(level))) {
            neural_active_kernels = k;
            const std::vector<Tensor> got = compute();
            expect_same_bits(got[0].get(), want[0].get());
            expect_same_bits(got[1].get(), want[1].get());
        }
    }
    neural_active_kernels = active;
}

TEST_P(EmbeddingTest, ASteadyStepAllocatesNothing) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    std::mt19937_64 random(5);
    const Tensor weight = leaf(random_grid({20, 8}, random), GetParam());
    const Tensor index = index_as({3, 4}, std::vector<int64_t>(12, 5), NEURAL_DTYPE_F32);
    int64_t before = 0;
    for (int step = 0; step < 4; step++) {
        const Tensor y = result(neural_embedding, weight.get(), index.get(), INT64_C(-1));
        const Tensor sum = result(neural_sum, y.get(), NEURAL_ALL_AXES, 0);
        ASSERT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
        before = step == 1 ? neural_alloc_count() : before;
    }
    EXPECT_EQ(neural_alloc_count(), before);
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

INSTANTIATE_TEST_SUITE_P(Dtypes, EmbeddingTest,
                         testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST(Embedding, RefusesWhatIsNoRowWithItsPosition) {
    const Tensor weight = make(Array{{10, 2}, std::vector<double>(20)}, NEURAL_DTYPE_F32);
    const struct {
        double value;
        neural_status status;
        const char *text;
    } cases[] = {
        {10, NEURAL_ERR_INVALID_ARGUMENT, "the index at [1, 2] is 10, the table has 10 rows"},
        {-1, NEURAL_ERR_INVALID_ARGUMENT, "the index at [1, 2] is -1, the table has 10 rows"},
        {1.5, NEURAL_ERR_INVALID_ARGUMENT, "the index at [1, 2] is 1.5, want a whole number"},
        {1e300, NEURAL_ERR_INVALID_ARGUMENT, "the table has 10 rows"},
        {-INFINITY, NEURAL_ERR_INVALID_ARGUMENT, "the table has 10 rows"},
        {NAN, NEURAL_ERR_NAN_DETECTED, "want a whole number"},
    };
    for (const auto &c : cases) {
        Array index{{2, 3}, {0, 1, 2, 3, 9, c.value}};
        const Tensor at = make(index, NEURAL_DTYPE_F64);
        EXPECT_EQ(fails(neural_embedding, weight.get(), at.get(), INT64_C(-1)), c.status);
        EXPECT_TRUE(error_has(c.text)) << neural_last_error();
    }
    const Tensor far = index_as({2}, {0, int64_t(1) << 40}, NEURAL_DTYPE_I64);
    EXPECT_EQ(fails(neural_embedding, weight.get(), far.get(), INT64_C(-1)),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_TRUE(error_has("the index at [1] is 1099511627776")) << neural_last_error();
    const Tensor at = index_as({2}, {0, 1}, NEURAL_DTYPE_I64);
    EXPECT_EQ(fails(neural_embedding, weight.get(), at.get(), INT64_C(10)),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_TRUE(error_has("padding index is 10, the table has 10 rows")) << neural_last_error();
    const Tensor line = make(Array{{4}, std::vector<double>(4)}, NEURAL_DTYPE_F32);
    EXPECT_EQ(fails(neural_embedding, line.get(), at.get(), INT64_C(-1)),
              NEURAL_ERR_SHAPE_MISMATCH);
}

TEST(Embedding, FailedAllocationsAreClean) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    const Tensor index = index_as({40}, std::vector<int64_t>(40, 3), NEURAL_DTYPE_F32);
    sweep_failed_allocations([&] {
        const int64_t dims[] = {50, 60};
        neural_tensor *weight = nullptr, *y = nullptr, *sum = nullptr;
        neural_status status = neural_tensor_ones(2, dims, NEURAL_DTYPE_F32, &weight);
        status = status ? status : neural_tensor_set_requires_grad(weight, 1);
        status = status ? status : neural_embedding(weight, index.get(), -1, &y);
        status = status ? status : neural_sum(y, NEURAL_ALL_AXES, 0, &sum);
        status = status ? status : neural_backward(sum, nullptr, 0);
        for (neural_tensor *tensor : {sum, y, weight}) {
            neural_tensor_release(tensor);
        }
        return status;
    });
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

} // namespace

#include "tests/core/autograd/autograd_testing.h"

#include "core/base/threads.h"

namespace {

using namespace autograd_testing;
using Values = std::vector<double>;

// NumPy's rule by definition: every product is one term of one element of the result.
struct Oracle {
    Array out, grad_lhs, grad_rhs;
};

Dims with_matrix(const Dims &dims, bool is_rhs) {
    return dims.size() > 1 ? dims : is_rhs ? Dims{dims[0], 1} : Dims{1, dims[0]};
}

Oracle oracle(const Array &lhs, const Array &rhs, const Array *dy) {
    const Dims l = with_matrix(lhs.dims, false), r = with_matrix(rhs.dims, true);
    const Dims lb(l.begin(), l.end() - 2), rb(r.begin(), r.end() - 2);
    const int64_t m = l[l.size() - 2], k = l.back(), n = r.back();
    Dims batch(std::max(lb.size(), rb.size()));
    for (size_t i = 0; i < batch.size(); i++) {
        const size_t from_end = batch.size() - i;
        const int64_t left = from_end <= lb.size() ? lb[lb.size() - from_end] : 1;
        const int64_t right = from_end <= rb.size() ? rb[rb.size() - from_end] : 1;
        batch[i] = left == 1 ? right : left;
    }
    Oracle want;
    want.out.dims = batch;
    if (lhs.dims.size() > 1) {
        want.out.dims.push_back(m);
    }
    if (rhs.dims.size() > 1) {
        want.out.dims.push_back(n);
    }
    want.out.v.assign(static_cast<size_t>(len_of(want.out.dims)), 0);
    want.grad_lhs = {lhs.dims, Values(lhs.v.size(), 0)};
    want.grad_rhs = {rhs.dims, Values(rhs.v.size(), 0)};
    for (int64_t b = 0; b < len_of(batch); b++) {
        const auto index = index_of(b, batch);
        const int64_t at_l = broadcast_position(index, lb), at_r = broadcast_position(index, rb);
        for (int64_t i = 0; i < m * n * k; i++) {
            const int64_t row = i / (n * k), col = i / k % n, term = i % k;
            const size_t o = static_cast<size_t>((b * m + row) * n + col);
            const size_t p = static_cast<size_t>((at_l * m + row) * k + term);
            const size_t q = static_cast<size_t>((at_r * k + term) * n + col);
            want.out.v[o] += lhs.v[p] * rhs.v[q];
            if (dy) {
                want.grad_lhs.v[p] += dy->v[o] * rhs.v[q];
                want.grad_rhs.v[q] += dy->v[o] * lhs.v[p];
            }
        }
    }
    return want;
}

const std::pair<Dims, Dims> kShapes[] = {
    {{1, 1}, {1, 1}},
    {{3, 4}, {4, 5}},
    {{17, 33}, {33, 9}},
    {{5}, {5}},
    {{5}, {5, 3}},
    {{3, 5}, {5}},
    {{2, 3, 5}, {5}},
    {{5}, {2, 5, 3}},
    {{2, 3, 4}, {4, 5}},
    {{7, 1, 4}, {4, 5}},
    {{3, 4}, {2, 4, 5}},
    {{2, 3, 4}, {2, 4, 5}},
    {{2, 1, 3, 4}, {1, 5, 4, 2}},
    {{6, 1, 4}, {3, 1, 1, 4, 1}},
    {{0, 4}, {4, 5}},
    {{3, 0}, {0, 5}},
    {{3, 4}, {4, 0}},
    {{0, 3, 4}, {4, 5}},
    {{0, 3, 4}, {1, 4, 5}},
};

class MatmulTest : public testing::TestWithParam<neural_dtype> {};

TEST_P(MatmulTest, ValuesAndGradients) {
    std::mt19937_64 random(11);
    for (const auto &[left, right] : kShapes) {
        const Array a = random_grid(left, random), b = random_grid(right, random);
        const Array dy = random_grid(oracle(a, b, nullptr).out.dims, random);
        const Oracle want = oracle(a, b, &dy);
        for (int layout = 0; layout < kLayouts * kLayouts; layout++) {
            SCOPED_TRACE(text_of(left) + " x " + text_of(right) + " layout " +
                         std::to_string(layout));
            const Tensor x = leaf(a, GetParam(), static_cast<Layout>(layout % kLayouts));
            const Tensor y = leaf(b, GetParam(), static_cast<Layout>(layout / kLayouts));
            const Tensor grad = make(dy, GetParam());
            const Tensor out = result(neural_matmul, x.get(), y.get());
            ASSERT_TRUE(out);
            expect_values(out.get(), want.out, GetParam());
            ASSERT_EQ(neural_backward(out.get(), grad.get(), 0), NEURAL_OK) << neural_last_error();
            expect_values(neural_tensor_grad(x.get()), want.grad_lhs, GetParam());
            expect_values(neural_tensor_grad(y.get()), want.grad_rhs, GetParam());
        }
    }
}

TEST_P(MatmulTest, AddsToGradients) {
    std::mt19937_64 random(12);
    for (const auto &[left, right] : kShapes) {
        SCOPED_TRACE(text_of(left) + " x " + text_of(right));
        const Array a = random_grid(left, random), b = random_grid(right, random);
        const Array dy = random_grid(oracle(a, b, nullptr).out.dims, random);
        Oracle want = oracle(a, b, &dy);
        const Tensor x = leaf(a, GetParam()), y = leaf(b, GetParam()), grad = make(dy, GetParam());
        for (int pass = 0; pass < 3; pass++) {
            const Tensor out = result(neural_matmul, x.get(), y.get());
            ASSERT_EQ(neural_backward(out.get(), grad.get(), 0), NEURAL_OK) << neural_last_error();
        }
        for (Array *array : {&want.grad_lhs, &want.grad_rhs}) {
            for (double &value : array->v) {
                value *= 3;
            }
        }
        expect_values(neural_tensor_grad(x.get()), want.grad_lhs, GetParam());
        expect_values(neural_tensor_grad(y.get()), want.grad_rhs, GetParam());
    }
}

TEST_P(MatmulTest, ExpandedViewsAreReadInPlace) {
    std::mt19937_64 random(13);
    const Array row = random_grid({1, 4}, random), b = random_grid({4, 3}, random);
    const Tensor x = make(row, GetParam()), y = make(b, GetParam());
    const int64_t wide[] = {5, 4};
    const Tensor stretched = result(neural_expand, x.get(), 2, wide);
    const Tensor out = result(neural_matmul, stretched.get(), y.get());
    Array repeated{{5, 4}, {}};
    for (int i = 0; i < 5; i++) {
        repeated.v.insert(repeated.v.end(), row.v.begin(), row.v.end());
    }
    expect_values(out.get(), oracle(repeated, b, nullptr).out, GetParam());
}

TEST_P(MatmulTest, ThreadsDoNotChangeABit) {
    std::mt19937_64 random(14);
    for (const auto &[left, right] : {std::pair<Dims, Dims>{{211, 307}, {307, 149}},
                                      std::pair<Dims, Dims>{{40, 33, 17}, {40, 17, 29}}}) {
        const Array a = random_uniform(left, -1, 1, random);
        const Array b = random_uniform(right, -1, 1, random);
        expect_threads_keep_bits([&] {
            const Tensor x = leaf(a, GetParam()), y = leaf(b, GetParam());
            std::vector<Tensor> all;
            all.push_back(result(neural_matmul, x.get(), y.get()));
            const Tensor sum = result(neural_sum, all[0].get(), NEURAL_ALL_AXES, 0);
            EXPECT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
            all.push_back(shared_grad(x));
            all.push_back(shared_grad(y));
            return all;
        });
    }
}

INSTANTIATE_TEST_SUITE_P(Dtypes, MatmulTest, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST(Matmul, RefusesWhatDoesNotFit) {
    const auto tensor = [](const Dims &dims, neural_dtype dtype = NEURAL_DTYPE_F32) {
        return make(Array{dims, Values(static_cast<size_t>(len_of(dims)), 1)}, dtype);
    };
    const Tensor a = tensor({2, 3}), b = tensor({4, 5}), c = tensor({2, 3, 4}),
                 d = tensor({3, 4, 5}), scalar = tensor({}), e = tensor({3, 2}, NEURAL_DTYPE_F64);
    EXPECT_EQ(fails(neural_matmul, a.get(), b.get()), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_TRUE(error_has("[2, 3]") && error_has("[4, 5]")) << neural_last_error();
    EXPECT_EQ(fails(neural_matmul, c.get(), d.get()), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(fails(neural_matmul, scalar.get(), b.get()), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(fails(neural_matmul, a.get(), e.get()), NEURAL_ERR_DTYPE_MISMATCH);
}

TEST(Matmul, RefusesAResultThatIsTooLarge) {
    const Tensor one = make(Array{{1}, {1}}, NEURAL_DTYPE_F32);
    const int64_t tall[] = {INT64_C(1) << 40, 1}, wide[] = {1, INT64_C(1) << 40};
    const Tensor x = result(neural_expand, one.get(), 2, tall);
    const Tensor y = result(neural_expand, one.get(), 2, wide);
    EXPECT_EQ(fails(neural_matmul, x.get(), y.get()), NEURAL_ERR_TENSOR_TOO_LARGE);
}

TEST(Matmul, FailedAllocationsAreClean) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    sweep_failed_allocations([] {
        std::mt19937_64 random(15);
        const Dims dims = {3, 3, 3};
        neural_tensor *x = nullptr, *view = nullptr, *out = nullptr, *sum = nullptr;
        neural_status status = neural_tensor_ones(3, dims.data(), NEURAL_DTYPE_F64, &x);
        status = status ? status : neural_tensor_set_requires_grad(x, 1);
        status = status ? status : neural_transpose(x, 0, 2, &view);
        status = status ? status : neural_matmul(view, view, &out);
        status = status ? status : neural_sum(out, NEURAL_ALL_AXES, 0, &sum);
        status = status ? status : neural_backward(sum, nullptr, 0);
        for (neural_tensor *tensor : {sum, out, view, x}) {
            neural_tensor_release(tensor);
        }
        return status;
    });
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

} // namespace

#include "core/tensor/view.h"

#include "tests/core/tensor/tensor_testing.h"

namespace {

using namespace tensor_testing;

#define OP(name)                                                                                   \
    { #name, neural_##name##_infer, neural_##name##_forward, neural_##name##_backward, true }
const Op kReshape = OP(reshape), kPermute = OP(permute), kSlice = OP(slice), kExpand = OP(expand);
#undef OP

neural_op_attrs to_shape(const Dims &dims) {
    neural_op_attrs attrs = {};
    attrs.shape.ndim = static_cast<int>(dims.size());
    std::copy(dims.begin(), dims.end(), attrs.shape.dim);
    return attrs;
}

neural_op_attrs range(int64_t dim, int64_t start, int64_t count, int64_t step) {
    neural_op_attrs attrs = {};
    const int64_t integer[] = {dim, start, count, step};
    std::copy(integer, integer + 4, attrs.integer);
    return attrs;
}

// Where element i of the result of a view comes from, in x's row-major order.
using Source = std::function<int64_t(const Index &index)>;

void check(const Op &op, const neural_op_attrs &attrs, const Dims &from, const Dims &to,
           const Source &source) {
    std::mt19937_64 random(31);
    const Array x = random_grid(from, random), dy = random_grid(to, random);
    Array want{to, {}}, grad{from, std::vector<double>(x.v.size(), 0)};
    for (int64_t i = 0; i < dy.len(); i++) {
        const auto at = static_cast<size_t>(source(index_of(i, to)));
        want.v.push_back(x.v[at]);
        grad.v[at] += dy.v[static_cast<size_t>(i)];
    }
    for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        for (int layout = 0; layout < kLayouts; layout++) {
            SCOPED_TRACE(std::string(op.name) + text_of(from) + " to " + text_of(to));
            const Tensor a = make(x, dtype, static_cast<Layout>(layout)), d = make(dy, dtype);
            const Outcome have = run(op, {a.get()}, attrs, d.get());
            ASSERT_EQ(have.status, NEURAL_OK) << neural_last_error();
            expect_values(have.out.get(), want, dtype);
            expect_values(have.grad[0].get(), grad, dtype);
        }
    }
}

int64_t position(const Index &index, const Dims &dims) {
    return broadcast_position(index, dims);
}

TEST(View, Reshape) {
    for (const Dims &to : {Dims{24}, Dims{4, 6}, Dims{2, 12}, Dims{3, 2, 2, 2}, Dims{1, 24}}) {
        check(kReshape, to_shape(to), {2, 3, 4}, to,
              [&](const Index &i) { return position(i, to); });
    }
    check(kReshape, to_shape({-1, 4}), {2, 3, 4}, {6, 4}, [](const Index &i) {
        return position(i, {6, 4});
    });
    check(kReshape, to_shape({}), {1, 1}, {}, [](const Index &) { return 0; });
    check(kReshape, to_shape({0, 7}), {3, 0}, {0, 7}, [](const Index &) { return 0; });
}

TEST(View, ReshapeSharesWhenItCan) {
    const Tensor x = create({4, 6}, NEURAL_DTYPE_F32),
                 t = create_laid_out({4, 6}, NEURAL_DTYPE_F32, kReversed);
    const Outcome view = run(kReshape, {x.get()}, to_shape({24}));
    EXPECT_EQ(view.out->data, x->data);
    const Outcome split = run(kReshape, {t.get()}, to_shape({2, 2, 6}));
    EXPECT_EQ(split.out->data, t->data);
    const Outcome copy = run(kReshape, {t.get()}, to_shape({24}));
    EXPECT_NE(copy.out->data, t->data);
    EXPECT_TRUE(neural_tensor_is_contiguous(copy.out.get()));
}

TEST(View, Permute) {
    const Dims from = {3, 4, 5};
    int order[] = {0, 1, 2};
    do {
        const Dims as_dims(order, order + 3);
        const Dims to = {from[size_t(order[0])], from[size_t(order[1])], from[size_t(order[2])]};
        check(kPermute, to_shape(as_dims), from, to, [&](const Index &i) {
            Index back(3);
            for (size_t d = 0; d < 3; d++) {
                back[static_cast<size_t>(order[d])] = i[d];
            }
            return position(back, from);
        });
    } while (std::next_permutation(order, order + 3));
}

TEST(View, Slice) {
    check(kSlice, range(1, 1, 3, 2), {4, 7}, {4, 3},
          [](const Index &i) { return i[0] * 7 + 1 + 2 * i[1]; });
    check(kSlice, range(0, 3, 1, 1), {4, 7}, {1, 7}, [](const Index &i) { return 21 + i[1]; });
    check(kSlice, range(0, 4, 0, 1), {4, 7}, {0, 7}, [](const Index &) { return 0; });
    check(kSlice, range(1, 0, 7, 1), {4, 7}, {4, 7},
          [](const Index &i) { return i[0] * 7 + i[1]; });
}

TEST(View, Expand) {
    check(kExpand, to_shape({5, 2, 6, 3}), {2, 1, 3}, {5, 2, 6, 3},
          [](const Index &i) { return i[1] * 3 + i[3]; });
    check(kExpand, to_shape({600, 2}), {}, {600, 2}, [](const Index &) { return 0; });
    check(kExpand, to_shape({0, 2}), {1, 2}, {0, 2}, [](const Index &) { return 0; });
}

TEST(View, Refuses) {
    const Tensor x = create({2, 3}, NEURAL_DTYPE_F32);
    EXPECT_EQ(run(kReshape, {x.get()}, to_shape({4})).status, NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(),
                 "reshape: x is [2, 3] (6 elements), the new shape is [4] (4)");
    EXPECT_EQ(run(kPermute, {x.get()}, to_shape({0})).status, NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "permute: the order has 1 dimensions, x is [2, 3]");
    EXPECT_EQ(run(kPermute, {x.get()}, to_shape({1, 1})).status, NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(run(kSlice, {x.get()}, range(1, 2, 2, 1)).status, NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(),
                 "slice: 2 elements from 2 by 1 do not lie in dimension 1 of [2, 3]");
    EXPECT_EQ(run(kExpand, {x.get()}, to_shape({2, 4})).status, NEURAL_ERR_SHAPE_MISMATCH);
    for (const Op *op : {&kReshape, &kPermute, &kSlice, &kExpand}) {
        EXPECT_EQ(run(*op, {nullptr}, {}).status, NEURAL_ERR_NULL_POINTER);
    }
}

TEST(View, FailedAllocationsLeaveNothing) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    const struct {
        const Op *op;
        neural_op_attrs attrs;
        Dims out;
    } rows[] = {{&kReshape, to_shape({4000}), {4000}},
                {&kPermute, to_shape({1, 0}), {1000, 4}},
                {&kSlice, range(1, 3, 500, 1), {4, 500}},
                {&kExpand, to_shape({700, 4, 1000}), {700, 4, 1000}}};
    for (const auto &row : rows) {
        sweep_failed_allocations([&] {
            neural_tensor *x = nullptr, *view = nullptr, *dy = nullptr;
            const int64_t dims[] = {1000, 4};
            const int order[] = {1, 0};
            neural_status status = neural_tensor_ones(2, dims, NEURAL_DTYPE_F32, &x);
            status = status ? status : neural_tensor_permute(x, order, &view);
            status = status ? status
                            : neural_tensor_ones(static_cast<int>(row.out.size()), row.out.data(),
                                                 NEURAL_DTYPE_F32, &dy);
            if (!status) {
                status = run(*row.op, {view}, row.attrs, dy).status;
            }
            for (neural_tensor *tensor : {x, view, dy}) {
                neural_tensor_release(tensor);
            }
            return status;
        });
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

} // namespace

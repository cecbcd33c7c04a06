#include "core/tensor/concat.h"

#include <cstdlib>

#include "tests/core/tensor/tensor_testing.h"

namespace {

using namespace tensor_testing;

const Op kConcat = {"concat", neural_concat_infer, neural_concat_forward, neural_concat_backward,
                    false};

neural_op_attrs Axis(int64_t axis) {
    neural_op_attrs attrs = {};
    attrs.integer[0] = axis;
    return attrs;
}

// Element `index` of the whole, from whichever part holds it.
double Oracle(const std::vector<Array> &parts, Index index, size_t axis) {
    size_t i = 0;
    for (; index[axis] >= parts[i].dims[axis]; i++) {
        index[axis] -= parts[i].dims[axis];
    }
    return parts[i].v[static_cast<size_t>(broadcast_position(index, parts[i].dims))];
}

Array Whole(const std::vector<Array> &parts, size_t axis) {
    Array whole{parts[0].dims, {}};
    whole.dims[axis] = 0;
    for (const Array &part : parts) {
        whole.dims[axis] += part.dims[axis];
    }
    for (int64_t i = 0; i < len_of(whole.dims); i++) {
        whole.v.push_back(Oracle(parts, index_of(i, whole.dims), axis));
    }
    return whole;
}

TEST(Concat, EveryAxisAndLayoutMatchesTheOracle) {
    std::mt19937_64 random(3);
    for (const neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        for (int axis = 0; axis < 3; axis++) {
            for (const std::vector<int64_t> &sizes : {std::vector<int64_t>{4},
                                                      {1, 5, 2},
                                                      {3, 0, 2},
                                                      {0, 0},
                                                      {1, 2, 3, 4, 1, 2, 3, 4}}) {
                for (int layout = 0; layout < kLayouts; layout++) {
                    std::vector<Array> parts;
                    std::vector<Tensor> own;
                    std::vector<neural_tensor *> in;
                    for (const int64_t size : sizes) {
                        Dims dims = {2, 3, 5};
                        dims[static_cast<size_t>(axis)] = size;
                        parts.push_back(random_grid(dims, random));
                        own.push_back(make(parts.back(), dtype, static_cast<Layout>(layout)));
                        in.push_back(own.back().get());
                    }
                    const Array whole = Whole(parts, static_cast<size_t>(axis));
                    const Tensor dy = make(whole, dtype);
                    const int64_t asked = layout == 1 ? axis - 3 : axis;
                    const Outcome outcome = run(kConcat, in, Axis(asked), dy.get());
                    ASSERT_EQ(outcome.status, NEURAL_OK) << neural_last_error();
                    expect_values(outcome.out.get(), whole, dtype);
                    for (size_t i = 0; i < in.size(); i++) {
                        expect_values(outcome.grad[i].get(), parts[i], dtype);
                    }
                }
            }
        }
    }
}

TEST(Concat, RefusesWhatDoesNotFit) {
    const Tensor a = create({2, 3}, NEURAL_DTYPE_F32), b = create({2, 4}, NEURAL_DTYPE_F32);
    const Tensor c = create({2, 3}, NEURAL_DTYPE_F64), flat = create({6}, NEURAL_DTYPE_F32);
    const Tensor scalar = create({}, NEURAL_DTYPE_F32);
    EXPECT_EQ(run(kConcat, {a.get(), b.get()}, Axis(0)).status, NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "concat: tensor 0 is [2, 3], tensor 1 is [2, 4], want equal "
                                      "sizes but for dimension 0");
    EXPECT_EQ(run(kConcat, {a.get(), c.get()}, Axis(0)).status, NEURAL_ERR_DTYPE_MISMATCH);
    EXPECT_EQ(run(kConcat, {a.get(), flat.get()}, Axis(0)).status, NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(run(kConcat, {a.get(), a.get()}, Axis(2)).status, NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(run(kConcat, {a.get(), a.get()}, Axis(-3)).status, NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(run(kConcat, {scalar.get()}, Axis(0)).status, NEURAL_ERR_INVALID_ARGUMENT);
}

TEST(Concat, ThreadsDoNotChangeABit) {
    std::mt19937_64 random(5);
    const std::vector<Array> parts = {random_grid({300, 700}, random),
                                      random_grid({300, 33}, random)};
    const Tensor a = make(parts[0], NEURAL_DTYPE_F32), b = make(parts[1], NEURAL_DTYPE_F32);
    for (int threads = 1; threads <= 3; threads++) {
        ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
        const Outcome outcome = run(kConcat, {a.get(), b.get()}, Axis(1));
        expect_values(outcome.out.get(), Whole(parts, 1), NEURAL_DTYPE_F32);
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

} // namespace

#include "core/tensor/tensor.h"
#include "tests/core/tensor/tensor_testing.h"

namespace {

using namespace tensor_testing;

Array count_up(const Dims &dims) {
    Array array{dims, {}};
    for (int64_t i = 0; i < len_of(dims); i++) {
        array.v.push_back(static_cast<double>(i));
    }
    return array;
}

neural_status view_as(neural_tensor *tensor, const Dims &dims, Tensor *out) {
    neural_tensor *view = nullptr;
    const neural_status status =
        neural_tensor_view(tensor, static_cast<int>(dims.size()), dims.data(), &view);
    out->reset(view);
    return status;
}

TEST(TensorView, ReshapesContiguousTensors) {
    const Array array = count_up({2, 3, 4});
    const Tensor base = make(array, NEURAL_DTYPE_F32);
    Tensor view;
    for (const Dims &dims : {Dims{24}, Dims{4, 6}, Dims{2, 3, 2, 2}, Dims{1, 24, 1}, Dims{8, -1},
                             Dims{-1}, Dims{2, 1, 3, 4, 1}}) {
        ASSERT_EQ(view_as(base.get(), dims, &view), NEURAL_OK) << text_of(dims);
        EXPECT_TRUE(neural_tensor_is_contiguous(view.get()));
        EXPECT_EQ(to_array(view.get()).v, array.v);
        EXPECT_EQ(neural_tensor_data(view.get()), neural_tensor_data(base.get()));
    }
}

// Brute force: a view exists exactly if the elements' addresses are linear in the new indices.
bool view_exists(const neural_tensor *tensor, const Dims &dims) {
    Dims strides(dims.size(), 0);
    int64_t step = 1;
    for (size_t d = dims.size(); d-- > 0;) {
        strides[d] = dims[d] > 1 ? offset_of(tensor, step) - offset_of(tensor, 0) : 0;
        step *= dims[d];
    }
    for (int64_t i = 0; i < len_of(dims); i++) {
        const Index index = index_of(i, dims);
        int64_t offset = 0;
        for (size_t d = 0; d < dims.size(); d++) {
            offset += index[d] * strides[d];
        }
        if (offset != offset_of(tensor, i)) {
            return false;
        }
    }
    return true;
}

TEST(TensorView, ReshapesStridedTensorsExactlyWhenTheStridesAllow) {
    const uint64_t seed = 20240601;
    std::mt19937_64 random(seed);
    int views = 0, refusals = 0;
    for (int trial = 0; trial < 4000; trial++) {
        const Dims all[] = {{2, 3, 4}, {4, 6}, {2, 2, 2, 3}, {1, 12, 2}, {24}, {3, 1, 8}};
        const Dims from = all[random() % 6], to = all[random() % 6];
        Tensor base = make(count_up(from), NEURAL_DTYPE_F64);
        int order[] = {0, 1, 2, 3};
        std::shuffle(order, order + from.size(), random);
        neural_tensor *view = nullptr;
        if (random() % 2) {
            ASSERT_EQ(neural_tensor_permute(base.get(), order, &view), NEURAL_OK);
        } else {
            const int dim = static_cast<int>(random() % from.size());
            const int64_t repeat = from[static_cast<size_t>(dim)];
            Dims wide = from;
            wide[static_cast<size_t>(dim)] *= 2;
            base = make(count_up(wide), NEURAL_DTYPE_F64);
            ASSERT_EQ(neural_tensor_slice(base.get(), dim, 1, repeat, random() % 2 + 1, &view),
                      NEURAL_OK)
                << "seed " << seed << ", " << neural_last_error();
        }
        const Tensor strided(view);
        Tensor reshaped;
        const bool want = view_exists(strided.get(), to);
        const neural_status status = view_as(strided.get(), to, &reshaped);
        ASSERT_EQ(status, want ? NEURAL_OK : NEURAL_ERR_INVALID_ARGUMENT)
            << "seed " << seed << ", trial " << trial;
        if (want) {
            views++;
            ASSERT_EQ(to_array(reshaped.get()).v, to_array(strided.get()).v);
        } else {
            refusals++;
        }
    }
    EXPECT_GT(views, 400);
    EXPECT_GT(refusals, 400);
}

TEST(TensorView, ReshapeRefuses) {
    const Tensor base = create({2, 3}, NEURAL_DTYPE_F32), empty = create({0, 3}, NEURAL_DTYPE_F32);
    Tensor out;
    EXPECT_EQ(view_as(base.get(), {4}, &out), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(),
                 "tensor_view: x is [2, 3] (6 elements), the new shape is [4] (4)");
    EXPECT_EQ(view_as(base.get(), {-1, -1}, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(view_as(base.get(), {-1, 4}, &out), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(view_as(base.get(), {-2, 3}, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(view_as(empty.get(), {-1, 0}, &out), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(view_as(base.get(), Dims(9, 1), &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(view_as(nullptr, {1}, &out), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(view_as(empty.get(), {-1, 5}, &out), NEURAL_OK);
}

TEST(TensorView, PermuteChecksItsOrder) {
    const Tensor base = make(count_up({2, 3, 4}), NEURAL_DTYPE_F32);
    neural_tensor *out = nullptr;
    const int order[] = {2, 0, 1}, twice[] = {0, 0, 1}, outside[] = {0, 1, 3},
              negative[] = {0, 1, -1};
    ASSERT_EQ(neural_tensor_permute(base.get(), order, &out), NEURAL_OK);
    const Tensor view(out);
    const Array have = to_array(out);
    ASSERT_EQ(have.dims, (Dims{4, 2, 3}));
    for (int64_t i = 0; i < 24; i++) {
        const Index index = index_of(i, {4, 2, 3});
        EXPECT_EQ(have.v[static_cast<size_t>(i)],
                  static_cast<double>(index[1] * 12 + index[2] * 4 + index[0]));
    }
    EXPECT_EQ(neural_tensor_permute(base.get(), twice, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "tensor_permute: order[1] = 0 of x [2, 3, 4] is given twice");
    EXPECT_EQ(neural_tensor_permute(base.get(), outside, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_tensor_permute(base.get(), negative, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_tensor_permute(base.get(), nullptr, &out), NEURAL_ERR_NULL_POINTER);
}

TEST(TensorView, SliceTakesWhatItSays) {
    const Tensor base = make(count_up({5, 7}), NEURAL_DTYPE_F64);
    for (int dim = 0; dim < 2; dim++) {
        const int64_t size = dim ? 7 : 5;
        for (int64_t start = -1; start <= size + 1; start++) {
            for (int64_t count = -1; count <= size + 1; count++) {
                for (int64_t step = 0; step <= 4; step++) {
                    neural_tensor *out = nullptr;
                    const bool fits = start >= 0 && start <= size && count >= 0 && step >= 1 &&
                                      (count == 0 || start + (count - 1) * step < size);
                    ASSERT_EQ(neural_tensor_slice(base.get(), dim, start, count, step, &out),
                              fits ? NEURAL_OK : NEURAL_ERR_INVALID_ARGUMENT);
                    const Tensor view(out);
                    for (int64_t i = 0; fits && i < neural_tensor_len(out); i++) {
                        Index index = index_of(i, to_array(out).dims);
                        index[static_cast<size_t>(dim)] =
                            start + index[static_cast<size_t>(dim)] * step;
                        ASSERT_EQ(read(out, i), static_cast<double>(index[0] * 7 + index[1]));
                    }
                }
            }
        }
    }
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_tensor_slice(base.get(), 2, 0, 1, 1, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "tensor_slice: x is [5, 7], there is no dimension 2");
    EXPECT_EQ(neural_tensor_slice(base.get(), 0, 1, INT64_MAX, INT64_MAX, &out),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_tensor_slice(nullptr, 0, 0, 1, 1, &out), NEURAL_ERR_NULL_POINTER);
}

TEST(TensorView, ExpandStretches) {
    const Tensor base = make(count_up({2, 1, 3}), NEURAL_DTYPE_F32);
    neural_tensor *out = nullptr;
    const int64_t dims[] = {4, 2, 5, 3}, wrong[] = {2, 5, 4}, fewer[] = {2, 3}, none[] = {2, 0, 3};
    ASSERT_EQ(neural_tensor_expand(base.get(), 4, dims, &out), NEURAL_OK);
    const Tensor view(out);
    for (int64_t i = 0; i < 120; i++) {
        const Index index = index_of(i, Dims(dims, dims + 4));
        EXPECT_EQ(read(out, i), static_cast<double>(index[1] * 3 + index[3]));
    }
    EXPECT_EQ(neural_tensor_expand(base.get(), 3, wrong, &out), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(),
                 "tensor_expand: x is [2, 1, 3], it does not stretch to [2, 5, 4]");
    EXPECT_EQ(neural_tensor_expand(base.get(), 2, fewer, &out), NEURAL_ERR_SHAPE_MISMATCH);
    ASSERT_EQ(neural_tensor_expand(base.get(), 3, none, &out), NEURAL_OK);
    EXPECT_EQ(neural_tensor_len(out), 0);
    neural_tensor_release(out);
}

TEST(TensorView, OutlivesItsBase) {
    for (const Dims &dims : {Dims{6}, Dims{60000}}) {
        Tensor base = make(count_up(dims), NEURAL_DTYPE_F64);
        neural_tensor *out = nullptr;
        ASSERT_EQ(neural_tensor_slice(base.get(), 0, 2, 3, 1, &out), NEURAL_OK);
        base.reset();
        const Tensor reuse = create(dims, NEURAL_DTYPE_F64);
        ASSERT_EQ(neural_tensor_fill(reuse.get(), -1), NEURAL_OK);
        EXPECT_EQ(to_array(out).v, (std::vector<double>{2, 3, 4}));
        neural_tensor_release(out);
    }
}

} // namespace

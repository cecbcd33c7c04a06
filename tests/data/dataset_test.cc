#include "data/dataset.h"

#include <cmath>

#include "core/base/memory.h"
#include "tests/data/data_testing.h"

namespace {

using data_testing::Dataset;
using data_testing::Tensor;
using data_testing::values_of;

template <typename T>
Tensor tensor(const std::vector<T> &values, const std::vector<int64_t> &dims, neural_dtype dtype) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_tensor_from_data(values.data(),
                                      static_cast<int64_t>(values.size() * sizeof(T)),
                                      static_cast<int>(dims.size()), dims.data(), dtype, &out),
              NEURAL_OK);
    return Tensor(out);
}

Tensor f32(const std::vector<float> &values, const std::vector<int64_t> &dims) {
    return tensor(values, dims, NEURAL_DTYPE_F32);
}

Tensor i64(const std::vector<int64_t> &values, const std::vector<int64_t> &dims) {
    return tensor(values, dims, NEURAL_DTYPE_I64);
}

neural_status create(const Tensor &x, const Tensor &y, neural_target_kind kind, int64_t classes,
                     Dataset *out) {
    neural_dataset *dataset = nullptr;
    const neural_status status = neural_dataset_create(x.get(), y.get(), kind, classes, &dataset);
    out->reset(dataset);
    return status;
}

std::string digest(const Dataset &dataset) {
    char text[NEURAL_DIGEST_TEXT];
    neural_dataset_digest(dataset.get(), text);
    return text;
}

TEST(Dataset, Classes) {
    Dataset d;
    ASSERT_EQ(
        create(f32({1, 2, 3, 4, 5, 6}, {3, 2}), i64({0, 2, 1}, {3}), NEURAL_TARGET_CLASS, 0, &d),
        NEURAL_OK);
    EXPECT_EQ(neural_dataset_rows(d.get()), 3);
    EXPECT_EQ(neural_dataset_features(d.get()), 2);
    EXPECT_EQ(neural_dataset_outputs(d.get()), 1);
    EXPECT_EQ(neural_dataset_classes(d.get()), 3);
    EXPECT_EQ(neural_dataset_target_kind(d.get()), NEURAL_TARGET_CLASS);
    EXPECT_STREQ(neural_dataset_class_name(d.get(), 2), "2");
    EXPECT_EQ(neural_dataset_class_name(d.get(), 3), nullptr);
    EXPECT_EQ(neural_dataset_class_name(d.get(), -1), nullptr);
    EXPECT_EQ(neural_dataset_feature_name(d.get(), 0), nullptr);
    EXPECT_EQ(values_of(neural_dataset_x(d.get())), (std::vector<double>{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(values_of(neural_dataset_y(d.get())), (std::vector<double>{0, 2, 1}));
}

TEST(Dataset, MoreDimensionsAndValues) {
    Dataset d;
    std::vector<float> image(24);
    ASSERT_EQ(create(f32(image, {2, 3, 4}), f32({1, 2, 3, 4}, {2, 2}), NEURAL_TARGET_VALUE, 0, &d),
              NEURAL_OK);
    EXPECT_EQ(neural_dataset_features(d.get()), 12);
    EXPECT_EQ(neural_dataset_outputs(d.get()), 2);
    EXPECT_EQ(neural_dataset_classes(d.get()), 0);
    ASSERT_EQ(create(f32({1, 2}, {2}), f32({1, 2}, {2}), NEURAL_TARGET_VALUE, 0, &d), NEURAL_OK);
    EXPECT_EQ(neural_dataset_features(d.get()), 1);
    EXPECT_EQ(neural_dataset_outputs(d.get()), 1);
    ASSERT_EQ(create(f32({1, 2}, {2, 1}), Tensor(), NEURAL_TARGET_NONE, 0, &d), NEURAL_OK);
    EXPECT_EQ(neural_dataset_y(d.get()), nullptr);
    EXPECT_EQ(neural_dataset_outputs(d.get()), 0);
}

TEST(Dataset, Refusals) {
    Dataset d;
    const Tensor x = f32({1, 2, 3, 4}, {2, 2});
    EXPECT_EQ(create(Tensor(), Tensor(), NEURAL_TARGET_NONE, 0, &d), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(create(x, Tensor(), NEURAL_TARGET_CLASS, 0, &d), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(create(x, i64({0, 1, 0}, {3}), NEURAL_TARGET_CLASS, 0, &d),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "dataset: 3 targets for 2 rows");
    EXPECT_EQ(create(x, i64({0, 1}, {2, 1}), NEURAL_TARGET_CLASS, 0, &d), NEURAL_ERR_DIM_MISMATCH);
    EXPECT_EQ(create(x, f32({0, 1}, {2}), NEURAL_TARGET_CLASS, 0, &d), NEURAL_ERR_DTYPE_MISMATCH);
    EXPECT_EQ(create(x, i64({0, 1}, {2}), NEURAL_TARGET_VALUE, 0, &d), NEURAL_ERR_DTYPE_MISMATCH);
    EXPECT_EQ(create(i64({0, 1}, {2}), Tensor(), NEURAL_TARGET_NONE, 0, &d),
              NEURAL_ERR_DTYPE_MISMATCH);
    EXPECT_EQ(create(x, i64({0, 3}, {2}), NEURAL_TARGET_CLASS, 3, &d), NEURAL_ERR_DATA);
    EXPECT_STREQ(neural_last_error(), "dataset: row 1: label 3 is outside [0, 3)");
    EXPECT_EQ(create(x, i64({-1, 0}, {2}), NEURAL_TARGET_CLASS, 0, &d), NEURAL_ERR_DATA);
    EXPECT_EQ(create(x, i64({0, INT64_MAX}, {2}), NEURAL_TARGET_CLASS, 0, &d), NEURAL_ERR_DATA);
    EXPECT_EQ(create(x, i64({0, 0}, {2}), NEURAL_TARGET_CLASS, -1, &d),
              NEURAL_ERR_INVALID_ARGUMENT);
}

TEST(Dataset, DigestSeesEverything) {
    Dataset a, b, c, d, e;
    create(f32({1, 2, 3, 4}, {2, 2}), i64({0, 1}, {2}), NEURAL_TARGET_CLASS, 0, &a);
    create(f32({1, 2, 3, 4}, {2, 2}), i64({0, 1}, {2}), NEURAL_TARGET_CLASS, 0, &b);
    create(f32({1, 2, 3, 5}, {2, 2}), i64({0, 1}, {2}), NEURAL_TARGET_CLASS, 0, &c);
    create(f32({1, 2, 3, 4}, {2, 2}), i64({1, 1}, {2}), NEURAL_TARGET_CLASS, 0, &d);
    create(f32({1, 2, 3, 4}, {4, 1}), Tensor(), NEURAL_TARGET_NONE, 0, &e);
    EXPECT_EQ(digest(a), digest(b));
    EXPECT_EQ(digest(a).size(), 64u);
    EXPECT_NE(digest(a), digest(c));
    EXPECT_NE(digest(a), digest(d));
    EXPECT_NE(digest(a), digest(e));
}

// python3: hashlib.sha256(struct.pack("<6qf", 1, 1, 0, 0, 0, 0, 1.5)).hexdigest()
TEST(Dataset, DigestIsSha256OfHeadAndContents) {
    Dataset d;
    create(f32({1.5f}, {1, 1}), Tensor(), NEURAL_TARGET_NONE, 0, &d);
    EXPECT_EQ(digest(d), "e1044272c4f67694c596ad1daa8b1ff34275722c567c18a32fd649f8171080f0");
}

TEST(Dataset, Gather) {
    Dataset d;
    ASSERT_EQ(
        create(f32({1, 2, 3, 4, 5, 6}, {3, 2}), i64({0, 2, 1}, {3}), NEURAL_TARGET_CLASS, 0, &d),
        NEURAL_OK);
    const Tensor x = f32(std::vector<float>(8, -1), {4, 2}), y = i64({-1, -1, -1, -1}, {4});
    const int64_t rows[] = {2, 0, 2};
    ASSERT_EQ(neural_dataset_gather(d.get(), rows, 3, x.get(), y.get()), NEURAL_OK);
    EXPECT_EQ(values_of(x.get()), (std::vector<double>{5, 6, 1, 2, 5, 6, -1, -1}));
    EXPECT_EQ(values_of(y.get()), (std::vector<double>{1, 0, 1, -1}));
    EXPECT_EQ(neural_dataset_gather(d.get(), rows, 0, x.get(), nullptr), NEURAL_OK);

    const int64_t bad[] = {0, 3};
    EXPECT_EQ(neural_dataset_gather(d.get(), bad, 2, x.get(), y.get()),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "gather: row 3 is outside [0, 3)");
    const Tensor narrow = f32({1, 2}, {2, 1}), few = f32({1, 2}, {1, 2});
    EXPECT_EQ(neural_dataset_gather(d.get(), rows, 2, narrow.get(), nullptr),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(neural_dataset_gather(d.get(), rows, 2, few.get(), nullptr),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(neural_dataset_gather(d.get(), rows, 2, y.get(), nullptr), NEURAL_ERR_DTYPE_MISMATCH);
    EXPECT_EQ(neural_dataset_gather(d.get(), rows, -1, x.get(), nullptr),
              NEURAL_ERR_INVALID_ARGUMENT);
}

TEST(Dataset, GatherF64AndSeveralOutputs) {
    const std::vector<double> x = {1, 2, 3, 4, 5, 6};
    Dataset d;
    ASSERT_EQ(create(tensor(x, {2, 3}, NEURAL_DTYPE_F64), tensor(x, {2, 3}, NEURAL_DTYPE_F64),
                     NEURAL_TARGET_VALUE, 0, &d),
              NEURAL_OK);
    const Tensor to = tensor(x, {2, 3}, NEURAL_DTYPE_F64),
                 to_y = tensor(x, {2, 3}, NEURAL_DTYPE_F64);
    const int64_t rows[] = {1, 0};
    ASSERT_EQ(neural_dataset_gather(d.get(), rows, 2, to.get(), to_y.get()), NEURAL_OK);
    EXPECT_EQ(values_of(to.get()), (std::vector<double>{4, 5, 6, 1, 2, 3}));
    EXPECT_EQ(values_of(to_y.get()), (std::vector<double>{4, 5, 6, 1, 2, 3}));
}

TEST(Dataset, FailedAllocation) {
    const Tensor x = f32({1, 2, 3, 4}, {2, 2}), y = i64({0, 1}, {2});
    int failures = 0;
    for (int n = 1; n < 12; n++) {
        Dataset d;
        neural_pool_trim();
        neural_alloc_fail_at(n);
        const neural_status status = create(x, y, NEURAL_TARGET_CLASS, 0, &d);
        neural_alloc_fail_at(0);
        EXPECT_TRUE(status == NEURAL_OK || status == NEURAL_ERR_OUT_OF_MEMORY);
        failures += status != NEURAL_OK;
    }
    EXPECT_GE(failures, 3);
}

} // namespace

#include "core/tensor/dlpack.h"

#include "tests/core/tensor/tensor_testing.h"

namespace {

using namespace tensor_testing;

/* The structs as github.com/dmlc/dlpack declares them. */
struct DLDevice {
    int32_t device_type, device_id;
};
struct DLDataType {
    uint8_t code, bits;
    uint16_t lanes;
};
struct DLTensor {
    void *data;
    DLDevice device;
    int32_t ndim;
    DLDataType dtype;
    int64_t *shape, *strides;
    uint64_t byte_offset;
};
struct DLManagedTensor {
    DLTensor dl_tensor;
    void *manager_ctx;
    void (*deleter)(DLManagedTensor *self);
};

TEST(DLPack, ShowsATensorAndKeepsItsStorage) {
    const neural_dtype dtypes[] = {NEURAL_DTYPE_F32,  NEURAL_DTYPE_F64, NEURAL_DTYPE_I8,
                                   NEURAL_DTYPE_U8,   NEURAL_DTYPE_I32, NEURAL_DTYPE_I64,
                                   NEURAL_DTYPE_BOOL, NEURAL_DTYPE_BF16};
    const int codes[] = {2, 2, 0, 1, 0, 0, 6, 4};
    for (int i = 0; i < 8; i++) {
        Tensor x = create({2, 3, 4}, dtypes[i]);
        const int order[] = {2, 0, 1};
        neural_tensor *turned = nullptr;
        void *out = nullptr;
        ASSERT_EQ(neural_tensor_permute(x.get(), order, &turned), NEURAL_OK);
        ASSERT_EQ(neural_tensor_to_dlpack(turned, &out), NEURAL_OK);
        const void *data = neural_tensor_data(x.get());
        neural_tensor_release(turned);
        x.reset();
        DLManagedTensor *managed = static_cast<DLManagedTensor *>(out);
        const DLTensor &shown = managed->dl_tensor;
        EXPECT_EQ(shown.data, data);
        EXPECT_EQ(shown.device.device_type, 1);
        EXPECT_EQ(shown.byte_offset, 0u);
        EXPECT_EQ(shown.dtype.code, codes[i]);
        EXPECT_EQ(shown.dtype.bits, 8 * neural_dtype_bytes(dtypes[i]));
        EXPECT_EQ(shown.dtype.lanes, 1);
        EXPECT_EQ(std::vector<int64_t>(shown.shape, shown.shape + 3), (Dims{4, 2, 3}));
        EXPECT_EQ(std::vector<int64_t>(shown.strides, shown.strides + 3), (Dims{1, 12, 4}));
        neural_tensor *back = nullptr;
        ASSERT_EQ(neural_tensor_from_dlpack(out, &back), NEURAL_OK);
        EXPECT_EQ(neural_tensor_data(back), data);
        EXPECT_EQ(neural_tensor_dtype(back), dtypes[i]);
        neural_tensor_release(back);
    }
}

int deleted;
void count(DLManagedTensor *) {
    deleted++;
}

TEST(DLPack, TakesOverOnceAndDeletesWithTheLastView) {
    float numbers[] = {0, 1, 2, 3, 4, 5};
    int64_t dims[] = {2, 2};
    DLManagedTensor managed = {{numbers, {1, 0}, 2, {2, 32, 1}, dims, nullptr, 8}, nullptr, count};
    deleted = 0;
    neural_tensor *x = nullptr, *view = nullptr;
    ASSERT_EQ(neural_tensor_from_dlpack(&managed, &x), NEURAL_OK);
    ASSERT_EQ(neural_tensor_slice(x, 0, 1, 1, 1, &view), NEURAL_OK);
    neural_tensor_release(x);
    EXPECT_EQ(deleted, 0);
    const int64_t index[] = {0, 1};
    double value = 0;
    ASSERT_EQ(neural_tensor_get(view, index, &value), NEURAL_OK);
    EXPECT_EQ(value, 5);
    neural_tensor_release(view);
    EXPECT_EQ(deleted, 1);
    neural_dlpack_delete(&managed);
    EXPECT_EQ(deleted, 2);
    neural_dlpack_delete(nullptr);
}

TEST(DLPack, Refuses) {
    double numbers[4] = {};
    int64_t dims[] = {2, 2}, backwards[] = {-2, 1};
    const DLManagedTensor good = {
        {numbers, {1, 0}, 2, {2, 64, 1}, dims, nullptr, 0}, nullptr, count};
    deleted = 0;
    neural_tensor *out = nullptr;
    DLManagedTensor bad = good;
    bad.dl_tensor.device.device_type = 2;
    EXPECT_EQ(neural_tensor_from_dlpack(&bad, &out), NEURAL_ERR_INVALID_ARGUMENT);
    bad = good;
    bad.dl_tensor.dtype = {5, 64, 1};
    EXPECT_EQ(neural_tensor_from_dlpack(&bad, &out), NEURAL_ERR_INVALID_DTYPE);
    bad.dl_tensor.dtype = {2, 64, 2};
    EXPECT_EQ(neural_tensor_from_dlpack(&bad, &out), NEURAL_ERR_INVALID_DTYPE);
    bad = good;
    bad.dl_tensor.strides = backwards;
    EXPECT_EQ(neural_tensor_from_dlpack(&bad, &out), NEURAL_ERR_INVALID_ARGUMENT);
    bad = good;
    bad.dl_tensor.ndim = 9;
    EXPECT_EQ(neural_tensor_from_dlpack(&bad, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_tensor_from_dlpack(nullptr, &out), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_tensor_to_dlpack(nullptr, nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(deleted, 0);
}

} // namespace

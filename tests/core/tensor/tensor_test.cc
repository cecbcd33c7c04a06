#include "core/tensor/tensor.h"

#include <cmath>
#include <limits>

#include "tests/core/tensor/tensor_testing.h"

namespace {

using namespace tensor_testing;

constexpr neural_dtype kAll[] = {NEURAL_DTYPE_F32,  NEURAL_DTYPE_F64, NEURAL_DTYPE_I8,
                                 NEURAL_DTYPE_U8,   NEURAL_DTYPE_I32, NEURAL_DTYPE_I64,
                                 NEURAL_DTYPE_BOOL, NEURAL_DTYPE_BF16};

double element(const neural_tensor *tensor, const Dims &index) {
    double value = -12345;
    EXPECT_EQ(neural_tensor_get(tensor, index.data(), &value), NEURAL_OK) << neural_last_error();
    return value;
}

TEST(Tensor, CreatesEveryDtypeAligned) {
    for (neural_dtype dtype : kAll) {
        for (const Dims &dims : {Dims{}, Dims{0}, Dims{7}, Dims{3, 0, 2}, Dims{41, 53},
                                 Dims{1, 2, 1, 2, 1, 2, 1, 3}, Dims{100, 1000}}) {
            const Tensor tensor = create(dims, dtype);
            EXPECT_EQ(neural_tensor_dtype(tensor.get()), dtype);
            EXPECT_EQ(neural_tensor_ndim(tensor.get()), static_cast<int>(dims.size()));
            EXPECT_EQ(neural_tensor_len(tensor.get()), len_of(dims));
            EXPECT_EQ(neural_tensor_bytes(tensor.get()), len_of(dims) * neural_dtype_bytes(dtype));
            EXPECT_EQ(reinterpret_cast<uintptr_t>(neural_tensor_data(tensor.get())) % 64, 0u);
            EXPECT_TRUE(neural_tensor_is_contiguous(tensor.get()));
            memset(neural_tensor_data(tensor.get()), 0xA5,
                   static_cast<size_t>(neural_tensor_bytes(tensor.get())));
        }
    }
}

TEST(Tensor, ZerosOnesFull) {
    const int64_t dims[] = {3, 401};
    for (neural_dtype dtype : kAll) {
        neural_tensor *zeros, *ones, *full;
        ASSERT_EQ(neural_tensor_zeros(2, dims, dtype, &zeros), NEURAL_OK);
        ASSERT_EQ(neural_tensor_ones(2, dims, dtype, &ones), NEURAL_OK);
        ASSERT_EQ(neural_tensor_full(2, dims, dtype, 2.5, &full), NEURAL_OK);
        const double want = dtype == NEURAL_DTYPE_BOOL                                   ? 1
                            : neural_dtype_is_float(dtype) || dtype == NEURAL_DTYPE_BF16 ? 2.5
                                                                                         : 2;
        for (int64_t i : {0, 1, 200, 400}) {
            EXPECT_EQ(element(zeros, {2, i}), 0);
            EXPECT_EQ(element(ones, {0, i}), 1);
            EXPECT_EQ(element(full, {1, i}), want) << neural_dtype_name(dtype);
        }
        neural_tensor_release(zeros);
        neural_tensor_release(ones);
        neural_tensor_release(full);
    }
}

TEST(Tensor, RefusesBadCreations) {
    neural_tensor *out = nullptr;
    const int64_t dims[] = {2, 3}, negative[] = {-1}, huge[] = {INT64_MAX, 2},
                  wide[] = {INT64_MAX / 4}, large[] = {int64_t{1} << 56};
    const auto bad = static_cast<neural_dtype>(42);
    EXPECT_EQ(neural_tensor_create(2, dims, bad, &out), NEURAL_ERR_INVALID_DTYPE);
    EXPECT_EQ(neural_tensor_create(2, dims, NEURAL_DTYPE_F32, nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_tensor_create(1, nullptr, NEURAL_DTYPE_F32, &out), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_tensor_zeros(9, dims, NEURAL_DTYPE_F32, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_tensor_ones(1, negative, NEURAL_DTYPE_F32, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_tensor_full(2, huge, NEURAL_DTYPE_I8, 1, &out), NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(neural_tensor_create(1, wide, NEURAL_DTYPE_F64, &out), NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(neural_tensor_create(1, large, NEURAL_DTYPE_F32, &out), NEURAL_ERR_OUT_OF_MEMORY);
    EXPECT_EQ(neural_tensor_from_data(dims, 16, 1, dims, NEURAL_DTYPE_I32, &out),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "tensor_from_data: data has 16 bytes, [2] of i32 wants 8");
    EXPECT_EQ(neural_tensor_from_data(nullptr, 8, 1, dims, NEURAL_DTYPE_I32, &out),
              NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(out, nullptr);
}

TEST(Tensor, FromDataCopies) {
    double data[] = {1, 2, 3, 4, 5, 6};
    const int64_t dims[] = {2, 3};
    neural_tensor *out = nullptr;
    ASSERT_EQ(neural_tensor_from_data(data, sizeof(data), 2, dims, NEURAL_DTYPE_F64, &out),
              NEURAL_OK);
    data[5] = 0;
    EXPECT_EQ(element(out, {1, 2}), 6);
    neural_tensor_release(out);
}

TEST(Tensor, WrapReadsInPlaceAndGivesBackOnce) {
    float memory[12];
    for (int i = 0; i < 12; i++) {
        memory[i] = static_cast<float>(i);
    }
    int released = 0;
    const auto release = [](void *context) { ++*static_cast<int *>(context); };
    const int64_t dims[] = {3, 4}, transposed[] = {1, 3};
    neural_tensor *wrapped = nullptr, *view = nullptr;
    ASSERT_EQ(neural_tensor_wrap(memory, 2, dims, transposed, NEURAL_DTYPE_F32, release, &released,
                                 &wrapped),
              NEURAL_OK);
    EXPECT_FALSE(neural_tensor_is_contiguous(wrapped));
    EXPECT_EQ(element(wrapped, {2, 1}), 5);
    ASSERT_EQ(neural_tensor_slice(wrapped, 0, 1, 2, 1, &view), NEURAL_OK);
    neural_tensor_release(wrapped);
    EXPECT_EQ(released, 0);
    memory[4] = 99;
    EXPECT_EQ(element(view, {0, 1}), 99);
    neural_tensor_release(view);
    EXPECT_EQ(released, 1);
}

TEST(Tensor, WrapRefuses) {
    char memory[64];
    neural_tensor *out = nullptr;
    const int64_t dims[] = {2, 2}, negative[] = {-2, 1}, huge[] = {INT64_MAX / 2, 1}, none[] = {0};
    EXPECT_EQ(
        neural_tensor_wrap(memory + 1, 2, dims, nullptr, NEURAL_DTYPE_I32, nullptr, nullptr, &out),
        NEURAL_ERR_INVALID_ARGUMENT);
    for (const int64_t *strides : {negative, huge}) {
        EXPECT_EQ(
            neural_tensor_wrap(memory, 2, dims, strides, NEURAL_DTYPE_U8, nullptr, nullptr, &out),
            strides == huge ? NEURAL_OK : NEURAL_ERR_INVALID_ARGUMENT);
    }
    neural_tensor_release(out);
    out = nullptr;
    EXPECT_EQ(neural_tensor_wrap(memory, 2, dims, huge, NEURAL_DTYPE_BF16, nullptr, nullptr, &out),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(
        neural_tensor_wrap(nullptr, 2, dims, nullptr, NEURAL_DTYPE_U8, nullptr, nullptr, &out),
        NEURAL_ERR_NULL_POINTER);
    ASSERT_EQ(
        neural_tensor_wrap(nullptr, 1, none, nullptr, NEURAL_DTYPE_U8, nullptr, nullptr, &out),
        NEURAL_OK);
    neural_tensor_release(out);
}

TEST(Tensor, ReferencesAreCounted) {
    neural_tensor *tensor = create({4}, NEURAL_DTYPE_F32).release();
    EXPECT_EQ(neural_tensor_retain(tensor), tensor);
    neural_tensor_release(tensor);
    ASSERT_EQ(neural_tensor_fill(tensor, 3), NEURAL_OK);
    neural_tensor_release(tensor);
    EXPECT_EQ(neural_tensor_retain(nullptr), nullptr);
    neural_tensor_release(nullptr);
}

TEST(Tensor, ReleaseReturnsEverything) {
    const auto use = [] {
        for (const Dims &dims : {Dims{3}, Dims{5000}}) {
            const Tensor base = create(dims, NEURAL_DTYPE_F64);
            neural_tensor *view = nullptr;
            const int64_t flat[] = {1, dims[0]};
            ASSERT_EQ(neural_tensor_view(base.get(), 2, flat, &view), NEURAL_OK);
            base->grad = create(dims, NEURAL_DTYPE_F64).release();
            neural_tensor_release(view);
        }
    };
    use();
    const int64_t steady = neural_alloc_count();
    use();
    EXPECT_EQ(neural_alloc_count(), steady);
    neural_pool_trim();
    EXPECT_EQ(neural_alloc_bytes(), 0);
}

TEST(Tensor, FillEveryLayout) {
    for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        for (int layout = 0; layout < kLayouts; layout++) {
            const Tensor tensor = create_laid_out({3, 5, 7}, dtype, static_cast<Layout>(layout));
            ASSERT_EQ(neural_tensor_fill(tensor.get(), 1.25), NEURAL_OK);
            for (double x : to_array(tensor.get()).v) {
                ASSERT_EQ(x, 1.25);
            }
        }
    }
    EXPECT_EQ(neural_tensor_fill(nullptr, 0), NEURAL_ERR_NULL_POINTER);
}

TEST(Tensor, FillLeavesTheGapsAlone) {
    const Tensor base = make({{4, 6}, std::vector<double>(24, 7)}, NEURAL_DTYPE_F32);
    neural_tensor *view = nullptr;
    ASSERT_EQ(neural_tensor_slice(base.get(), 1, 1, 2, 3, &view), NEURAL_OK);
    ASSERT_EQ(neural_tensor_fill(view, 0), NEURAL_OK);
    for (int64_t i = 0; i < 24; i++) {
        EXPECT_EQ(read(base.get(), i), i % 6 == 1 || i % 6 == 4 ? 0 : 7);
    }
    neural_tensor_release(view);
}

TEST(Tensor, WritesAreCountedThroughEveryView) {
    for (const Dims &dims : {Dims{3, 4}, Dims{300, 400}}) {
        Tensor base = create(dims, NEURAL_DTYPE_F32);
        neural_tensor *view = nullptr;
        ASSERT_EQ(neural_tensor_slice(base.get(), 0, 0, 1, 1, &view), NEURAL_OK);
        const uint32_t fresh = neural_tensor_version(base.get());
        const Dims origin = {0, 0};
        ASSERT_EQ(neural_tensor_fill(view, 1), NEURAL_OK);
        EXPECT_EQ(neural_tensor_version(base.get()), fresh + 1);
        ASSERT_EQ(neural_tensor_set(base.get(), origin.data(), 1), NEURAL_OK);
        EXPECT_EQ(neural_tensor_version(view), fresh + 2);
        ASSERT_EQ(neural_tensor_fill_uniform(base.get(), 1, 0, 1), NEURAL_OK);
        const Tensor other = create({1, dims[1]}, NEURAL_DTYPE_F64);
        ASSERT_EQ(neural_tensor_fill(other.get(), 2), NEURAL_OK);
        ASSERT_EQ(neural_tensor_copy(view, other.get()), NEURAL_OK);
        EXPECT_EQ(neural_tensor_version(view), fresh + 4);
        base.reset();
        EXPECT_EQ(neural_tensor_version(view), fresh + 4);
        neural_tensor_release(view);
    }
}

TEST(Tensor, CopyBetweenLayoutsAndDtypes) {
    std::mt19937_64 random(7);
    for (const Dims &dims : {Dims{}, Dims{1}, Dims{5}, Dims{2, 3}, Dims{17, 33}, Dims{3, 4, 5},
                             Dims{2, 0, 3}, Dims{70, 3, 90}, Dims{2, 1, 3, 1, 2, 2}}) {
        const Array array = random_grid(dims, random);
        for (int from = 0; from < kLayouts; from++) {
            for (int to = 0; to < kLayouts; to++) {
                for (int pair = 0; pair < 4; pair++) {
                    const neural_dtype src_dtype = pair & 1 ? NEURAL_DTYPE_F32 : NEURAL_DTYPE_F64;
                    const neural_dtype dst_dtype = pair & 2 ? NEURAL_DTYPE_F32 : NEURAL_DTYPE_F64;
                    const Tensor src = make(array, src_dtype, static_cast<Layout>(from));
                    const Tensor dst = create_laid_out(dims, dst_dtype, static_cast<Layout>(to));
                    ASSERT_EQ(neural_tensor_copy(dst.get(), src.get()), NEURAL_OK);
                    expect_values(dst.get(), array, dst_dtype);
                }
            }
        }
    }
}

TEST(Tensor, PermutedCopies) {
    std::mt19937_64 random(11);
    const Array array = random_grid({3, 20, 4, 17}, random);
    int order[] = {0, 1, 2, 3};
    do {
        const Tensor base = make(array, NEURAL_DTYPE_F32);
        neural_tensor *view = nullptr, *copy = nullptr;
        ASSERT_EQ(neural_tensor_permute(base.get(), order, &view), NEURAL_OK);
        ASSERT_EQ(neural_tensor_contiguous(view, &copy), NEURAL_OK);
        EXPECT_TRUE(neural_tensor_is_contiguous(copy));
        expect_values(copy, to_array(view), NEURAL_DTYPE_F32);
        neural_tensor_release(view);
        neural_tensor_release(copy);
    } while (std::next_permutation(order, order + 4));
}

TEST(Tensor, CopyHandlesOverlap) {
    for (int64_t shift : {1, 3, 50}) {
        const Tensor base = create({400}, NEURAL_DTYPE_I32);
        for (int64_t i = 0; i < 400; i++) {
            static_cast<int32_t *>(neural_tensor_data(base.get()))[i] = static_cast<int32_t>(i);
        }
        neural_tensor *low = nullptr, *high = nullptr;
        ASSERT_EQ(neural_tensor_slice(base.get(), 0, 0, 300, 1, &low), NEURAL_OK);
        ASSERT_EQ(neural_tensor_slice(base.get(), 0, shift, 300, 1, &high), NEURAL_OK);
        ASSERT_EQ(neural_tensor_copy(high, low), NEURAL_OK);
        for (int64_t i = 0; i < 300; i++) {
            ASSERT_EQ(element(high, {i}), static_cast<double>(i));
        }
        neural_tensor_release(low);
        neural_tensor_release(high);
    }
    const Tensor square = make({{2, 2}, {1, 2, 3, 4}}, NEURAL_DTYPE_F32);
    neural_tensor *transposed = nullptr;
    const int order[] = {1, 0};
    ASSERT_EQ(neural_tensor_permute(square.get(), order, &transposed), NEURAL_OK);
    ASSERT_EQ(neural_tensor_copy(square.get(), transposed), NEURAL_OK);
    expect_values(square.get(), {{2, 2}, {1, 3, 2, 4}}, NEURAL_DTYPE_F32);
    ASSERT_EQ(neural_tensor_copy(square.get(), square.get()), NEURAL_OK);
    neural_tensor_release(transposed);
}

TEST(Tensor, CopyRefuses) {
    const Tensor a = create({2, 3}, NEURAL_DTYPE_F32), b = create({3, 2}, NEURAL_DTYPE_F32),
                 row = create({1, 3}, NEURAL_DTYPE_F32);
    EXPECT_EQ(neural_tensor_copy(a.get(), b.get()), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "tensor_copy: src is [3, 2], dst is [2, 3]");
    EXPECT_EQ(neural_tensor_copy(nullptr, b.get()), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_tensor_copy(a.get(), nullptr), NEURAL_ERR_NULL_POINTER);
    neural_tensor *stretched = nullptr;
    const int64_t dims[] = {2, 3};
    ASSERT_EQ(neural_tensor_expand(row.get(), 2, dims, &stretched), NEURAL_OK);
    EXPECT_EQ(neural_tensor_copy(stretched, a.get()), NEURAL_ERR_INVALID_ARGUMENT);
    neural_tensor_release(stretched);
}

TEST(Tensor, ConversionsRoundAndSaturate) {
    const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
    const double top = 9223372036854775807.0, deep = -9223372036854775808.0;
    const struct {
        double from;
        neural_dtype to;
        double want;
    } rows[] = {{2.9, NEURAL_DTYPE_I8, 2},
                {-2.9, NEURAL_DTYPE_I32, -2},
                {300, NEURAL_DTYPE_I8, 127},
                {-300, NEURAL_DTYPE_I8, -128},
                {-1, NEURAL_DTYPE_U8, 0},
                {256, NEURAL_DTYPE_U8, 255},
                {nan, NEURAL_DTYPE_I32, 0},
                {inf, NEURAL_DTYPE_I32, 2147483647},
                {-inf, NEURAL_DTYPE_I64, deep},
                {1e300, NEURAL_DTYPE_I64, top},
                {nan, NEURAL_DTYPE_U8, 0},
                {0.5, NEURAL_DTYPE_BOOL, 1},
                {0, NEURAL_DTYPE_BOOL, 0},
                {1e300, NEURAL_DTYPE_F32, inf},
                {0.1, NEURAL_DTYPE_F32, 0.1f},
                {1.00390625, NEURAL_DTYPE_BF16, 1.0},
                {1.01171875, NEURAL_DTYPE_BF16, 1.015625},
                {1e300, NEURAL_DTYPE_BF16, inf},
                {-1e-300, NEURAL_DTYPE_BF16, -0.0},
                {inf, NEURAL_DTYPE_BF16, inf},
                /* just above a tie of bf16: rounding to f32 first would make it one */
                {1.00390625 + 0x1p-40, NEURAL_DTYPE_BF16, 1.0078125},
                {-1.00390625 - 0x1p-40, NEURAL_DTYPE_BF16, -1.0078125}};
    for (const auto &row : rows) {
        const Tensor from = make({{1}, {row.from}}, NEURAL_DTYPE_F64);
        neural_tensor *to = nullptr;
        double have;
        ASSERT_EQ(neural_tensor_cast(from.get(), row.to, &to), NEURAL_OK);
        ASSERT_EQ(neural_tensor_item(to, &have), NEURAL_OK);
        EXPECT_EQ(have, row.want) << row.from << " as " << neural_dtype_name(row.to);
        neural_tensor_release(to);
    }
}

TEST(Tensor, IntegersConvertWithoutADetour) {
    const int64_t values[] = {INT64_MAX, INT64_MIN, 9007199254740993, 16777217, -129, 0};
    const int64_t dims[] = {6};
    neural_tensor *whole = nullptr, *f32 = nullptr, *i8 = nullptr, *back = nullptr;
    ASSERT_EQ(neural_tensor_from_data(values, sizeof(values), 1, dims, NEURAL_DTYPE_I64, &whole),
              NEURAL_OK);
    ASSERT_EQ(neural_tensor_cast(whole, NEURAL_DTYPE_F32, &f32), NEURAL_OK);
    ASSERT_EQ(neural_tensor_cast(whole, NEURAL_DTYPE_I8, &i8), NEURAL_OK);
    ASSERT_EQ(neural_tensor_cast(whole, NEURAL_DTYPE_I64, &back), NEURAL_OK);
    const int8_t narrow[] = {127, -128, 127, 127, -128, 0};
    for (int i = 0; i < 6; i++) {
        EXPECT_EQ(neural_tensor_f32(f32)[i], static_cast<float>(values[i]));
        EXPECT_EQ(static_cast<int8_t *>(neural_tensor_data(i8))[i], narrow[i]);
    }
    EXPECT_EQ(memcmp(neural_tensor_data(back), values, sizeof(values)), 0);
    for (neural_tensor *tensor : {whole, f32, i8, back}) {
        neural_tensor_release(tensor);
    }
}

TEST(Tensor, EveryPairOfDtypesKeepsSmallIntegers) {
    for (neural_dtype from : kAll) {
        for (neural_dtype to : kAll) {
            neural_tensor *src, *dst;
            const int64_t dims[] = {2, 300};
            ASSERT_EQ(neural_tensor_zeros(2, dims, from, &src), NEURAL_OK);
            for (int64_t i = 0; i < 300; i++) {
                const Dims index = {1, i};
                ASSERT_EQ(neural_tensor_set(src, index.data(), static_cast<double>(i % 100)),
                          NEURAL_OK);
            }
            ASSERT_EQ(neural_tensor_cast(src, to, &dst), NEURAL_OK);
            const bool is_bool = from == NEURAL_DTYPE_BOOL || to == NEURAL_DTYPE_BOOL;
            for (int64_t i = 0; i < 300; i++) {
                const double want = is_bool ? i % 100 != 0 : static_cast<double>(i % 100);
                ASSERT_EQ(element(dst, {1, i}), want);
                ASSERT_EQ(element(dst, {0, i}), 0);
            }
            neural_tensor_release(src);
            neural_tensor_release(dst);
        }
    }
}

TEST(Tensor, ElementsAreChecked) {
    const Tensor tensor = create({2, 3}, NEURAL_DTYPE_F32);
    double value;
    const int64_t outside[] = {1, 3}, negative[] = {-1, 0}, inside[] = {1, 2};
    EXPECT_EQ(neural_tensor_get(tensor.get(), outside, &value), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "tensor_get: index 3 of dimension 1 is outside [0, 3)");
    EXPECT_EQ(neural_tensor_set(tensor.get(), negative, 1), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_tensor_set(tensor.get(), nullptr, 1), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_tensor_get(tensor.get(), inside, nullptr), NEURAL_ERR_NULL_POINTER);
    ASSERT_EQ(neural_tensor_set(tensor.get(), inside, 4.5), NEURAL_OK);
    EXPECT_EQ(element(tensor.get(), {1, 2}), 4.5);
    EXPECT_EQ(neural_tensor_item(tensor.get(), &value), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "tensor_item: tensor is [2, 3], expected one element");
}

TEST(Tensor, RandomFillsDoNotDependOnTheLayout) {
    for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        const Tensor plain = create({40, 50}, dtype),
                     odd = create_laid_out({40, 50}, dtype, kSliced);
        ASSERT_EQ(neural_tensor_fill_uniform(plain.get(), 5, -1, 3), NEURAL_OK);
        ASSERT_EQ(neural_tensor_fill_uniform(odd.get(), 5, -1, 3), NEURAL_OK);
        const Array values = to_array(plain.get());
        double sum = 0;
        for (double x : values.v) {
            ASSERT_GE(x, -1);
            ASSERT_LT(x, 3);
            sum += x;
        }
        EXPECT_NEAR(sum / 2000, 1, 0.1);
        expect_values(odd.get(), values, dtype);
        ASSERT_EQ(neural_tensor_fill_normal(plain.get(), 6, 10, 2), NEURAL_OK);
        double mean = 0, square = 0;
        for (double x : to_array(plain.get()).v) {
            mean += x / 2000;
            square += (x - 10) * (x - 10) / 2000;
        }
        EXPECT_NEAR(mean, 10, 0.2);
        EXPECT_NEAR(square, 4, 0.6);
    }
    const Tensor whole = create({3}, NEURAL_DTYPE_I32), real = create({3}, NEURAL_DTYPE_F32);
    EXPECT_EQ(neural_tensor_fill_uniform(whole.get(), 1, 0, 1), NEURAL_ERR_INVALID_DTYPE);
    EXPECT_EQ(neural_tensor_fill_uniform(real.get(), 1, 1, 0), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_tensor_fill_normal(real.get(), 1, 0, -1), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_tensor_fill_normal(real.get(), 1, std::nan(""), 1),
              NEURAL_ERR_INVALID_ARGUMENT);
}

TEST(Tensor, FindsTheFirstNonfinite) {
    for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64, NEURAL_DTYPE_BF16}) {
        neural_tensor *tensor, *transposed;
        int64_t at = 7;
        const int64_t dims[] = {9, 70};
        const int order[] = {1, 0};
        ASSERT_EQ(neural_tensor_zeros(2, dims, dtype, &tensor), NEURAL_OK);
        ASSERT_EQ(neural_tensor_permute(tensor, order, &transposed), NEURAL_OK);
        ASSERT_EQ(neural_tensor_find_nonfinite(tensor, &at), NEURAL_OK);
        EXPECT_EQ(at, -1);
        const Dims index = {3, 2};
        ASSERT_EQ(neural_tensor_set(tensor, index.data(), INFINITY), NEURAL_OK);
        ASSERT_EQ(neural_tensor_find_nonfinite(tensor, &at), NEURAL_OK);
        EXPECT_EQ(at, 3 * 70 + 2);
        ASSERT_EQ(neural_tensor_find_nonfinite(transposed, &at), NEURAL_OK);
        EXPECT_EQ(at, 2 * 9 + 3);
        neural_tensor_release(tensor);
        neural_tensor_release(transposed);
    }
    const Tensor whole = create({3}, NEURAL_DTYPE_I64);
    int64_t at = 7;
    ASSERT_EQ(neural_tensor_find_nonfinite(whole.get(), &at), NEURAL_OK);
    EXPECT_EQ(at, -1);
}

TEST(Tensor, FailedAllocationsLeaveNothing) {
    static int released;
    const auto body = [](int64_t len) {
        neural_tensor *a = nullptr, *b = nullptr, *c = nullptr, *d = nullptr;
        static double memory[4];
        const int64_t dims[] = {len, 4}, four[] = {4};
        const int order[] = {1, 0};
        neural_status status = neural_tensor_full(2, dims, NEURAL_DTYPE_F32, 1, &a);
        if (!status) {
            status = neural_tensor_permute(a, order, &b);
        }
        if (!status) {
            status = neural_tensor_clone(b, &c);
        }
        if (!status) {
            status = neural_tensor_fill_uniform(b, 1, 0, 1);
        }
        if (!status) {
            released = 0;
            status = neural_tensor_wrap(
                memory, 1, four, nullptr, NEURAL_DTYPE_F64, [](void *) { released++; }, nullptr,
                &d);
            EXPECT_EQ(released, 0);
        }
        for (neural_tensor *tensor : {a, b, c, d}) {
            neural_tensor_release(tensor);
        }
        return status;
    };
    sweep_failed_allocations([&] { return body(4); });
    sweep_failed_allocations([&] { return body(4000); });
}

} // namespace

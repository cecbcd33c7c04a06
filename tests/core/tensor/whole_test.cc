#include "core/tensor/whole.h"

#include <limits>
#include <random>

#include "tests/core/tensor/tensor_testing.h"

namespace {

using namespace tensor_testing;
using Whole = __int128;

constexpr neural_dtype DTYPES[] = {NEURAL_DTYPE_I8, NEURAL_DTYPE_U8, NEURAL_DTYPE_I32,
                                   NEURAL_DTYPE_I64, NEURAL_DTYPE_BOOL};

int64_t value_at(const neural_tensor *tensor, int64_t i) {
    const void *data = neural_tensor_data(const_cast<neural_tensor *>(tensor));
    switch (neural_tensor_dtype(tensor)) {
    case NEURAL_DTYPE_I8:
        return static_cast<const int8_t *>(data)[i];
    case NEURAL_DTYPE_I32:
        return static_cast<const int32_t *>(data)[i];
    case NEURAL_DTYPE_I64:
        return static_cast<const int64_t *>(data)[i];
    default:
        return static_cast<const uint8_t *>(data)[i];
    }
}

/* The representative of x modulo 2^bits that a dtype holds. */
int64_t narrowed(Whole x, neural_dtype dtype) {
    if (dtype == NEURAL_DTYPE_BOOL) {
        return static_cast<uint64_t>(x) != 0;
    }
    const int bits = 8 * static_cast<int>(neural_dtype_bytes(dtype));
    const Whole size = static_cast<Whole>(1) << bits;
    Whole rest = x % size;
    rest += rest < 0 ? size : 0;
    const bool turns = dtype != NEURAL_DTYPE_U8 && rest >= size / 2;
    return static_cast<int64_t>(turns ? rest - size : rest);
}

Whole floored(Whole x, Whole y) {
    Whole quotient = x / y;
    while (quotient * y > x && y > 0) {
        quotient--;
    }
    while (quotient * y < x && y < 0) {
        quotient--;
    }
    return quotient;
}

Whole wanted(neural_whole_op op, int64_t x, int64_t y) {
    const Whole a = x, b = y;
    switch (op) {
    case NEURAL_WHOLE_ADD:
        return a + b;
    case NEURAL_WHOLE_SUB:
        return a - b;
    case NEURAL_WHOLE_MUL:
        return a * b;
    case NEURAL_WHOLE_FLOOR_DIV:
        return floored(a, b);
    case NEURAL_WHOLE_REMAINDER:
        return a - floored(a, b) * b;
    case NEURAL_WHOLE_MINIMUM:
        return std::min(a, b);
    case NEURAL_WHOLE_MAXIMUM:
        return std::max(a, b);
    case NEURAL_WHOLE_AND:
        return a & b;
    case NEURAL_WHOLE_OR:
        return a | b;
    default:
        return a ^ b;
    }
}

/* len numbers of a dtype, its ends and small ones among them. */
Tensor numbers(int64_t len, neural_dtype dtype, unsigned seed, bool has_zero) {
    std::mt19937_64 random(seed);
    std::vector<int64_t> values(static_cast<size_t>(len));
    for (size_t i = 0; i < values.size(); i++) {
        const auto drawn = static_cast<int64_t>(random());
        const int64_t kinds[] = {drawn, drawn % 10, INT64_MIN, INT64_MAX, -1, drawn >> 32};
        values[i] = narrowed(kinds[i % 6], dtype);
        values[i] = values[i] == 0 && !has_zero ? 1 : values[i];
    }
    neural_tensor *wide = nullptr, *out = nullptr;
    EXPECT_EQ(neural_tensor_from_data(values.data(), 8 * len, 1, &len, NEURAL_DTYPE_I64, &wide),
              NEURAL_OK);
    const Tensor keep(wide);
    EXPECT_EQ(neural_tensor_cast(wide, dtype, &out), NEURAL_OK);
    return Tensor(out);
}

class WholeTest : public testing::TestWithParam<int> {};

TEST_P(WholeTest, IsExactOrWrapsInEveryDtype) {
    const auto op = static_cast<neural_whole_op>(GetParam());
    const bool divides = op == NEURAL_WHOLE_FLOOR_DIV || op == NEURAL_WHOLE_REMAINDER;
    for (const neural_dtype left : DTYPES) {
        for (const neural_dtype right : DTYPES) {
            const Tensor a = numbers(523, left, 1, true), b = numbers(523, right, 2, !divides);
            for (const neural_dtype dtype : DTYPES) {
                neural_tensor *out = nullptr;
                ASSERT_EQ(neural_tensor_whole(a.get(), b.get(), op, dtype, &out), NEURAL_OK);
                const Tensor keep(out);
                ASSERT_EQ(neural_tensor_dtype(out), dtype);
                for (int64_t i = 0; i < 523; i++) {
                    const int64_t x = value_at(a.get(), i), y = value_at(b.get(), i);
                    ASSERT_EQ(value_at(out, i), narrowed(wanted(op, x, y), dtype))
                        << x << " and " << y << ", " << neural_dtype_name(left) << " "
                        << neural_dtype_name(right) << " -> " << neural_dtype_name(dtype);
                }
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Ops, WholeTest, testing::Range(0, 10));

TEST(Whole, BroadcastsViews) {
    std::vector<int64_t> left(3 * 600), right = {INT64_MIN, 5, -7};
    for (size_t i = 0; i < left.size(); i++) {
        left[i] = static_cast<int64_t>(i * i * 0x9E3779B97F4A7C15u);
    }
    const int64_t wide[] = {3, 600}, tall[] = {3, 1};
    neural_tensor *all = nullptr, *every = nullptr, *column = nullptr, *out = nullptr;
    ASSERT_EQ(neural_tensor_from_data(left.data(), 8 * 1800, 2, wide, NEURAL_DTYPE_I64, &all),
              NEURAL_OK);
    const Tensor keep_all(all);
    ASSERT_EQ(neural_tensor_slice(all, 1, 1, 300, 2, &every), NEURAL_OK);
    const Tensor keep_every(every);
    ASSERT_EQ(neural_tensor_from_data(right.data(), 24, 2, tall, NEURAL_DTYPE_I64, &column),
              NEURAL_OK);
    const Tensor keep_column(column);
    ASSERT_EQ(neural_tensor_len(every), 900);
    ASSERT_EQ(neural_tensor_whole(every, column, NEURAL_WHOLE_SUB, NEURAL_DTYPE_I64, &out),
              NEURAL_OK);
    const Tensor keep(out);
    for (int64_t i = 0; i < 900; i++) {
        const Whole x = left[static_cast<size_t>(2 * i + 1)],
                    y = right[static_cast<size_t>(i / 300)];
        ASSERT_EQ(value_at(out, i), narrowed(x - y, NEURAL_DTYPE_I64)) << i;
    }
    const Tensor four = numbers(4, NEURAL_DTYPE_I32, 5, true);
    neural_tensor *none = nullptr;
    ASSERT_EQ(neural_tensor_whole(all, four.get(), NEURAL_WHOLE_ADD, NEURAL_DTYPE_I64, &none),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "tensor_whole: [3, 600] and [4] do not broadcast");
}

TEST(Whole, Refuses) {
    const Tensor a = numbers(4, NEURAL_DTYPE_I32, 5, true), real = create({4}, NEURAL_DTYPE_F32);
    const Tensor half = create({4}, NEURAL_DTYPE_BF16), none = numbers(0, NEURAL_DTYPE_I8, 1, true);
    const Tensor zeros = numbers(4, NEURAL_DTYPE_BOOL, 6, true);
    std::memset(neural_tensor_data(zeros.get()), 0, 4);
    neural_tensor *out = nullptr;
    const auto run = [&out](neural_tensor *lhs, neural_tensor *rhs, int op, neural_dtype dtype) {
        return neural_tensor_whole(lhs, rhs, static_cast<neural_whole_op>(op), dtype, &out);
    };
    EXPECT_EQ(run(a.get(), real.get(), 0, NEURAL_DTYPE_I32), NEURAL_ERR_INVALID_DTYPE);
    EXPECT_STREQ(neural_last_error(),
                 "tensor_whole: lhs is i32, rhs is f32, expected whole numbers");
    EXPECT_EQ(run(half.get(), a.get(), 0, NEURAL_DTYPE_I32), NEURAL_ERR_INVALID_DTYPE);
    for (const int dtype : {-1, 0, 1, 7, 8}) {
        EXPECT_EQ(run(a.get(), a.get(), 0, static_cast<neural_dtype>(dtype)),
                  NEURAL_ERR_INVALID_DTYPE);
    }
    EXPECT_EQ(run(a.get(), a.get(), 10, NEURAL_DTYPE_I32), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(run(a.get(), a.get(), -1, NEURAL_DTYPE_I32), NEURAL_ERR_INVALID_ARGUMENT);
    for (const int op : {NEURAL_WHOLE_FLOOR_DIV, NEURAL_WHOLE_REMAINDER}) {
        EXPECT_EQ(run(a.get(), zeros.get(), op, NEURAL_DTYPE_I32), NEURAL_ERR_INVALID_ARGUMENT);
    }
    EXPECT_EQ(run(nullptr, a.get(), 0, NEURAL_DTYPE_I32), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(out, nullptr);
    ASSERT_EQ(run(none.get(), none.get(), NEURAL_WHOLE_FLOOR_DIV, NEURAL_DTYPE_I8), NEURAL_OK);
    EXPECT_EQ(neural_tensor_len(out), 0);
    neural_tensor_release(out);
}

TEST(Whole, FailedAllocationsAreStatuses) {
    const Tensor a = numbers(1000, NEURAL_DTYPE_I64, 7, false);
    sweep_failed_allocations([&a] {
        neural_tensor *out = nullptr;
        const neural_status status =
            neural_tensor_whole(a.get(), a.get(), NEURAL_WHOLE_REMAINDER, NEURAL_DTYPE_I32, &out);
        neural_tensor_release(out);
        return status;
    });
}

} // namespace

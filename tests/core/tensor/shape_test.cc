#include "core/tensor/shape.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/tensor/dtype.h"

namespace {

neural_shape shape_of(const std::vector<int64_t> &dims) {
    neural_shape shape = {};
    EXPECT_EQ(neural_shape_make(static_cast<int>(dims.size()), dims.data(), &shape), NEURAL_OK);
    return shape;
}

std::string text_of(const neural_shape &shape) {
    char text[NEURAL_SHAPE_TEXT];
    return neural_shape_text(&shape, text, sizeof(text));
}

TEST(Dtype, BytesAndNames) {
    const struct {
        neural_dtype dtype;
        int64_t bytes;
        const char *name;
        int is_float;
    } rows[] = {{NEURAL_DTYPE_F32, 4, "f32", 1},   {NEURAL_DTYPE_F64, 8, "f64", 1},
                {NEURAL_DTYPE_I8, 1, "i8", 0},     {NEURAL_DTYPE_U8, 1, "u8", 0},
                {NEURAL_DTYPE_I32, 4, "i32", 0},   {NEURAL_DTYPE_I64, 8, "i64", 0},
                {NEURAL_DTYPE_BOOL, 1, "bool", 0}, {NEURAL_DTYPE_BF16, 2, "bf16", 0}};
    for (const auto &row : rows) {
        EXPECT_EQ(neural_dtype_bytes(row.dtype), row.bytes);
        EXPECT_STREQ(neural_dtype_name(row.dtype), row.name);
        EXPECT_EQ(neural_dtype_is_float(row.dtype), row.is_float);
    }
    for (int unknown : {8, 100, -1}) {
        EXPECT_EQ(neural_dtype_bytes(static_cast<neural_dtype>(unknown)), 0);
        EXPECT_STREQ(neural_dtype_name(static_cast<neural_dtype>(unknown)), "?");
    }
}

TEST(Shape, LengthsAndStrides) {
    int64_t strides[NEURAL_MAX_DIMS];
    const neural_shape scalar = shape_of({}), cube = shape_of({2, 3, 4}),
                       empty = shape_of({3, 0, 5});
    EXPECT_EQ(neural_shape_len(&scalar), 1);
    EXPECT_EQ(neural_shape_len(&cube), 24);
    EXPECT_EQ(neural_shape_len(&empty), 0);
    neural_shape_strides(&cube, strides);
    EXPECT_EQ(std::vector<int64_t>(strides, strides + 3), (std::vector<int64_t>{12, 4, 1}));
    EXPECT_TRUE(neural_shape_equal(&cube, &cube));
    const neural_shape other = shape_of({2, 3, 5}), flat = shape_of({24});
    EXPECT_FALSE(neural_shape_equal(&cube, &other));
    EXPECT_FALSE(neural_shape_equal(&cube, &flat));
}

TEST(Shape, RefusesWhatIsNoShape) {
    neural_shape shape = shape_of({7});
    const int64_t nine[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    EXPECT_EQ(neural_shape_make(9, nine, &shape), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "shape: 9 dimensions, expected 0 to 8");
    EXPECT_EQ(neural_shape_make(-1, nine, &shape), NEURAL_ERR_INVALID_ARGUMENT);
    const int64_t negative[] = {2, -3};
    EXPECT_EQ(neural_shape_make(2, negative, &shape), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "shape: size -3 of dimension 1 is negative");
    const int64_t huge[] = {INT64_MAX, 2}, hidden[] = {INT64_MAX, 0, 2};
    EXPECT_EQ(neural_shape_make(2, huge, &shape), NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(neural_shape_make(3, hidden, &shape), NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(neural_shape_make(2, nullptr, &shape), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_shape_make(0, nine, nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(text_of(shape), "[7]");
}

TEST(Shape, Broadcasts) {
    const struct {
        std::vector<int64_t> lhs, rhs, out;
    } rows[] = {{{}, {}, {}},          {{2, 3}, {3}, {2, 3}}, {{2, 1}, {1, 5}, {2, 5}},
                {{0, 3}, {1}, {0, 3}}, {{1}, {0}, {0}},       {{4, 1, 6}, {5, 1}, {4, 5, 6}},
                {{}, {2, 2}, {2, 2}}};
    for (const auto &row : rows) {
        const neural_shape lhs = shape_of(row.lhs), rhs = shape_of(row.rhs),
                           want = shape_of(row.out);
        neural_shape out;
        ASSERT_EQ(neural_shape_broadcast("op", &lhs, &rhs, &out), NEURAL_OK);
        EXPECT_EQ(text_of(out), text_of(want));
        ASSERT_EQ(neural_shape_broadcast("op", &rhs, &lhs, &out), NEURAL_OK);
        EXPECT_EQ(text_of(out), text_of(want));
    }
}

TEST(Shape, NamesBothShapesThatDoNotBroadcast) {
    const neural_shape lhs = shape_of({2, 3}), rhs = shape_of({4}), zero = shape_of({0});
    neural_shape out;
    EXPECT_EQ(neural_shape_broadcast("add", &lhs, &rhs, &out), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "add: [2, 3] and [4] do not broadcast");
    EXPECT_EQ(neural_shape_broadcast("add", &lhs, &zero, &out), NEURAL_ERR_SHAPE_MISMATCH);
    const neural_shape tall = shape_of({int64_t{1} << 40, 1}), wide = shape_of({int64_t{1} << 40});
    EXPECT_EQ(neural_shape_broadcast("add", &tall, &wide, &out), NEURAL_ERR_TENSOR_TOO_LARGE);
}

TEST(Shape, TextFitsAndIsCut) {
    const neural_shape largest = shape_of({INT64_MAX, 1, 1, 1, 1, 1, 1, 1});
    EXPECT_EQ(text_of(largest), "[9223372036854775807, 1, 1, 1, 1, 1, 1, 1]");
    EXPECT_EQ(text_of(shape_of({})), "[]");
    char few[6] = "?????";
    EXPECT_STREQ(neural_shape_text(&largest, few, 5), "[922");
    EXPECT_EQ(few[5], '\0');
    char none[2] = "x";
    EXPECT_STREQ(neural_shape_text(&largest, none, 0), "x");
}

} // namespace

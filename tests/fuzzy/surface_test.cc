#include "fuzzy/surface.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/base/allocations.h"
#include "tests/fuzzy/fll_testing.h"

namespace neural_test {
namespace {

// f = a + 10 b + 100 c, exactly.
const char *const linear = "Engine: e\n"
                           "InputVariable: a\n range: -1 3\n term: t Constant 1\n"
                           "InputVariable: b\n range: 0 1\n term: t Constant 1\n"
                           "InputVariable: c\n range: 2 inf\n term: t Constant 1\n"
                           "OutputVariable: f\n defuzzifier: WeightedAverage\n"
                           " term: l Linear 1 10 100 0\n"
                           "OutputVariable: g\n defuzzifier: WeightedAverage\n"
                           " term: l Linear 0 0 0 7\n"
                           "RuleBlock: r\n rule: if a is t then f is l and g is l\n";

TEST(SurfaceTest, EveryPoint) {
    const System s = parse(linear);
    ASSERT_TRUE(s) << neural_last_error();
    for (int64_t columns : {1, 2, 9, 67}) {
        for (int64_t rows : {1, 3, 64}) {
            const neural_fuzzy_grid grid = {0, 1, columns, rows, nullptr};
            std::vector<double> out(size_t(2 * columns * rows));
            ASSERT_EQ(neural_fuzzy_surface(s.get(), &grid, out.data()), NEURAL_OK);
            for (int64_t r = 0; r < rows; r++) {
                for (int64_t c = 0; c < columns; c++) {
                    const double a = columns > 1 ? -1 + 4.0 * double(c) / double(columns - 1) : 1;
                    const double b = rows > 1 ? double(r) / double(rows - 1) : 0.5;
                    const double *at = &out[size_t(2 * (r * columns + c))];
                    EXPECT_NEAR(at[0], a + 10 * b + 200, 1e-12);
                    EXPECT_EQ(at[1], 7);
                }
            }
        }
    }
    EXPECT_EQ(neural_fuzzy_grid_value(s.get(), 0, 66, 67), 3);
    EXPECT_TRUE(std::isnan(neural_fuzzy_grid_value(s.get(), 0, 67, 67)));
    EXPECT_TRUE(std::isnan(neural_fuzzy_grid_value(s.get(), 2, 0, 2)));
    EXPECT_TRUE(std::isnan(neural_fuzzy_grid_value(s.get(), 3, 0, 2)));
    EXPECT_EQ(neural_fuzzy_grid_middle(s.get(), 2), 2);
}

TEST(SurfaceTest, CurveAndFixed) {
    const System s = parse(linear);
    const double fixed[] = {99, 0.25, 3};
    const neural_fuzzy_grid grid = {0, -1, 3, 1, fixed};
    double out[6];
    ASSERT_EQ(neural_fuzzy_surface(s.get(), &grid, out), NEURAL_OK);
    EXPECT_EQ(out[0], -1 + 2.5 + 300);
    EXPECT_EQ(out[4], 3 + 2.5 + 300);
}

TEST(SurfaceTest, Refusals) {
    const System s = parse(linear);
    double out[8];
    const neural_fuzzy_grid bad[] = {{-1, -1, 2, 1, nullptr}, {3, -1, 2, 1, nullptr},
                                     {0, 0, 2, 2, nullptr},   {0, 1, 0, 2, nullptr},
                                     {0, 1, 2, -1, nullptr},  {0, -1, 2, 2, nullptr},
                                     {2, -1, 2, 1, nullptr},  {0, 2, 2, 2, nullptr}};
    for (const neural_fuzzy_grid &grid : bad) {
        EXPECT_EQ(neural_fuzzy_surface(s.get(), &grid, out), NEURAL_ERR_INVALID_ARGUMENT);
    }
    const int64_t huge = std::numeric_limits<int64_t>::max() / 2;
    const neural_fuzzy_grid large = {0, 1, huge, huge, nullptr};
    EXPECT_EQ(neural_fuzzy_surface(s.get(), &large, out), NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(neural_fuzzy_surface(nullptr, bad, out), NEURAL_ERR_NULL_POINTER);
    const double nan[] = {0, std::nan(""), 0};
    const neural_fuzzy_grid with_nan = {0, -1, 2, 1, nan};
    EXPECT_EQ(neural_fuzzy_surface(s.get(), &with_nan, out), NEURAL_ERR_NAN_DETECTED);
}

TEST(SurfaceTest, FailedAllocations) {
    const neural_fuzzy_grid grid = {0, 1, 2, 2, nullptr};
    double out[8];
    int64_t n = 1;
    for (; n < 50; n++) {
        const System s = parse(linear);
        neural_alloc_fail_at(n);
        const neural_status status = neural_fuzzy_surface(s.get(), &grid, out);
        neural_alloc_fail_at(0);
        if (!status) {
            break;
        }
        EXPECT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY);
    }
    EXPECT_GT(n, 1);
    EXPECT_LT(n, 50);
}

// The widest finite range there is.
TEST(SurfaceTest, HugeRange) {
    const System s = parse("Engine: e\nInputVariable: a\n range: -1.7e308 1.7e308\n"
                           " term: t Constant 1\nOutputVariable: f\n"
                           " defuzzifier: WeightedAverage\n term: l Constant 2\n"
                           "RuleBlock: r\n rule: if a is t then f is l\n");
    const neural_fuzzy_grid grid = {0, -1, 5, 1, nullptr};
    double out[5];
    ASSERT_EQ(neural_fuzzy_surface(s.get(), &grid, out), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(neural_fuzzy_grid_value(s.get(), 0, 2, 5), 0);
    EXPECT_EQ(out[3], 2);
}

} // namespace
} // namespace neural_test

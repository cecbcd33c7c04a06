#include "fuzzy/shape.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

constexpr double INF = std::numeric_limits<double>::infinity();
constexpr double PI = 3.141592653589793238;

double value(neural_fuzzy_shape shape, const std::vector<double> &p, double x, double height = 1) {
    EXPECT_EQ(neural_fuzzy_shape_check(shape, p.data(), int64_t(p.size()), height), NEURAL_OK)
        << neural_last_error();
    return neural_fuzzy_membership(shape, p.data(), int64_t(p.size()), height, x);
}

struct Point {
    neural_fuzzy_shape shape;
    std::vector<double> params;
    double x, want;
};

double sigmoid(double inflection, double slope, double x) {
    return 0.5 + 0.5 * std::tanh(slope * (x - inflection) / 2);
}

const double e = std::exp(1.0);
const Point points[] = {
    {NEURAL_FUZZY_TRIANGLE, {0, 2, 6}, 1, 0.5},
    {NEURAL_FUZZY_TRIANGLE, {0, 2, 6}, 5, 0.25},
    {NEURAL_FUZZY_TRIANGLE, {0, 2, 6}, 7, 0},
    {NEURAL_FUZZY_TRAPEZOID, {0, 1, 2, 4}, 0.25, 0.25},
    {NEURAL_FUZZY_TRAPEZOID, {0, 1, 2, 4}, 1.5, 1},
    {NEURAL_FUZZY_TRAPEZOID, {0, 1, 2, 4}, 3.5, 0.25},
    {NEURAL_FUZZY_RECTANGLE, {1, 2}, 1.5, 1},
    {NEURAL_FUZZY_RECTANGLE, {1, 2}, 2.1, 0},
    {NEURAL_FUZZY_DISCRETE, {0, 0.5, 1, 1, 3, 0}, 0.5, 0.75},
    {NEURAL_FUZZY_DISCRETE, {0, 0.5, 1, 1, 3, 0}, 2, 0.5},
    {NEURAL_FUZZY_DISCRETE, {0, 0.5, 1, 1, 3, 0}, -9, 0.5},
    {NEURAL_FUZZY_DISCRETE, {0, 0.5, 1, 1, 3, 0.125}, 9, 0.125},
    {NEURAL_FUZZY_SEMI_ELLIPSE, {-5, 5}, 3, 0.8},
    {NEURAL_FUZZY_SEMI_ELLIPSE, {-5, 5}, 6, 0},
    {NEURAL_FUZZY_BELL, {0, 2, 3}, 4, 1 / 65.0},
    {NEURAL_FUZZY_COSINE, {1, 4}, 2, 0.5},
    {NEURAL_FUZZY_COSINE, {1, 4}, 4, 0},
    {NEURAL_FUZZY_GAUSSIAN, {1, 2}, 3, std::pow(e, -0.5)},
    {NEURAL_FUZZY_GAUSSIAN_PRODUCT, {0, 1, 2, 3}, -1, std::pow(e, -0.5)},
    {NEURAL_FUZZY_GAUSSIAN_PRODUCT, {0, 1, 2, 3}, 1, 1},
    {NEURAL_FUZZY_GAUSSIAN_PRODUCT, {0, 1, 2, 3}, 5, std::pow(e, -0.5)},
    {NEURAL_FUZZY_GAUSSIAN_PRODUCT, {2, 1, 0, 1}, 1, std::pow(e, -1.0)},
    {NEURAL_FUZZY_PI_SHAPE, {0, 4, 6, 10}, 1, 0.125},
    {NEURAL_FUZZY_PI_SHAPE, {0, 4, 6, 10}, 5, 1},
    {NEURAL_FUZZY_PI_SHAPE, {0, 4, 6, 10}, 9, 0.125},
    {NEURAL_FUZZY_SIGMOID_DIFFERENCE, {1, 2, 3, 4}, 2, sigmoid(1, 2, 2) - sigmoid(4, 3, 2)},
    {NEURAL_FUZZY_SIGMOID_PRODUCT, {1, 2, -3, 4}, 2, sigmoid(1, 2, 2) * sigmoid(4, -3, 2)},
    {NEURAL_FUZZY_SPIKE, {1, 10}, 3, std::pow(e, -2.0)},
    {NEURAL_FUZZY_ARC, {0, 5}, 1, 0.6},
    {NEURAL_FUZZY_ARC, {0, 5}, -1, 0},
    {NEURAL_FUZZY_ARC, {0, 5}, 6, 1},
    {NEURAL_FUZZY_ARC, {5, 0}, 4, 0.6},
    {NEURAL_FUZZY_ARC, {5, 0}, -1, 1},
    {NEURAL_FUZZY_BINARY, {1, INF}, 1, 1},
    {NEURAL_FUZZY_BINARY, {1, INF}, 0, 0},
    {NEURAL_FUZZY_BINARY, {1, -INF}, 0, 1},
    {NEURAL_FUZZY_BINARY, {1, -INF}, 2, 0},
    {NEURAL_FUZZY_CONCAVE, {0, 1}, -2, 0.25},
    {NEURAL_FUZZY_CONCAVE, {0, 1}, 2, 1},
    {NEURAL_FUZZY_CONCAVE, {1, 0}, 3, 0.25},
    {NEURAL_FUZZY_CONCAVE, {1, 0}, -1, 1},
    {NEURAL_FUZZY_RAMP, {1, 3}, 1.5, 0.25},
    {NEURAL_FUZZY_RAMP, {3, 1}, 1.5, 0.75},
    {NEURAL_FUZZY_RAMP, {3, 1}, 0, 1},
    {NEURAL_FUZZY_RAMP, {2, 2}, 2, 0},
    {NEURAL_FUZZY_SIGMOID, {1, -2}, 1.5, sigmoid(1, -2, 1.5)},
    {NEURAL_FUZZY_S_SHAPE, {0, 4}, 1, 0.125},
    {NEURAL_FUZZY_S_SHAPE, {0, 4}, 3, 0.875},
    {NEURAL_FUZZY_Z_SHAPE, {0, 4}, 1, 0.875},
    {NEURAL_FUZZY_Z_SHAPE, {0, 4}, 5, 0},
    {NEURAL_FUZZY_CONSTANT, {-3.5}, 7, -3.5},
};

TEST(ShapeTest, Values) {
    for (const Point &p : points) {
        EXPECT_NEAR(value(p.shape, p.params, p.x), p.want, 4e-15)
            << neural_fuzzy_shape_name(p.shape) << " at " << p.x;
        if (p.shape != NEURAL_FUZZY_CONSTANT) {
            EXPECT_NEAR(value(p.shape, p.params, p.x, 0.5), p.want / 2, 4e-15);
        }
    }
}

// Vertical and infinite shoulders belong to the term.
TEST(ShapeTest, Shoulders) {
    EXPECT_EQ(value(NEURAL_FUZZY_TRIANGLE, {0, 0, 5}, 0), 1);
    EXPECT_EQ(value(NEURAL_FUZZY_TRIANGLE, {0, 0, 5}, -0.1), 0);
    EXPECT_EQ(value(NEURAL_FUZZY_TRIANGLE, {0, 5, 5}, 5), 1);
    EXPECT_EQ(value(NEURAL_FUZZY_TRIANGLE, {3, 3, 3}, 3), 1);
    EXPECT_EQ(value(NEURAL_FUZZY_TRIANGLE, {-INF, 0, 1}, -1e300), 1);
    EXPECT_EQ(value(NEURAL_FUZZY_TRIANGLE, {-INF, 0, 1}, -INF), 1);
    EXPECT_EQ(value(NEURAL_FUZZY_TRIANGLE, {0, 1, INF}, 1e300), 1);
    EXPECT_EQ(value(NEURAL_FUZZY_TRAPEZOID, {0, 0, 1, 1}, 0), 1);
    EXPECT_EQ(value(NEURAL_FUZZY_TRAPEZOID, {0, 0, 1, 1}, 1), 1);
    EXPECT_EQ(value(NEURAL_FUZZY_TRAPEZOID, {0, 0, 1, 1}, 1.1), 0);
    EXPECT_EQ(value(NEURAL_FUZZY_TRAPEZOID, {-INF, -INF, 1, 2}, -1e9), 1);
    EXPECT_EQ(value(NEURAL_FUZZY_TRAPEZOID, {0, 1, INF, INF}, INF), 1);
    EXPECT_EQ(value(NEURAL_FUZZY_RECTANGLE, {-INF, 1}, -1e9), 1);
    EXPECT_EQ(value(NEURAL_FUZZY_S_SHAPE, {2, 2}, 3), 1);
    EXPECT_EQ(value(NEURAL_FUZZY_S_SHAPE, {2, 2}, 1), 0);
    EXPECT_EQ(value(NEURAL_FUZZY_PI_SHAPE, {1, 1, 2, 2}, 1.5), 1);
}

// An input that misses an edge by rounding is on it.
TEST(ShapeTest, EdgesWithinTolerance) {
    EXPECT_EQ(value(NEURAL_FUZZY_RECTANGLE, {1, 2}, 1 - 1e-9), 1);
    EXPECT_EQ(value(NEURAL_FUZZY_RECTANGLE, {1, 2}, 1 - 1e-5), 0);
    EXPECT_EQ(value(NEURAL_FUZZY_TRIANGLE, {0, 0, 1}, -1e-9), 1);
    EXPECT_GE(value(NEURAL_FUZZY_TRIANGLE, {0, 1, 2}, -1e-9), 0);
}

TEST(ShapeTest, NanAndDegrees) {
    for (int s = NEURAL_FUZZY_TRIANGLE; s <= NEURAL_FUZZY_CONSTANT; s++) {
        const auto shape = neural_fuzzy_shape(s);
        const int count = neural_fuzzy_shape_params(shape);
        std::vector<double> params;
        for (int i = 0; i < (count < 0 ? 4 : count); i++) {
            params.push_back(shape == NEURAL_FUZZY_DISCRETE && i % 2 ? 0.5 : 1 + i);
        }
        EXPECT_TRUE(std::isnan(value(shape, params, NAN)));
        std::vector<double> x, column(101);
        for (int i = 0; i <= 100; i++) {
            x.push_back(-4 + 0.1 * i);
        }
        neural_fuzzy_membership_all(shape, params.data(), int64_t(params.size()), 0.75,
                                    column.data(), x.data(), 101);
        for (int i = 0; i <= 100; i++) {
            EXPECT_EQ(column[i], value(shape, params, x[i], 0.75));
            EXPECT_TRUE(shape == NEURAL_FUZZY_CONSTANT || (column[i] >= 0 && column[i] <= 0.75))
                << neural_fuzzy_shape_name(shape) << " " << x[i];
        }
    }
}

// The inverse of a monotonic shape leads back to the degree.
TEST(ShapeTest, Inverse) {
    for (auto shape : {NEURAL_FUZZY_ARC, NEURAL_FUZZY_CONCAVE, NEURAL_FUZZY_RAMP,
                       NEURAL_FUZZY_SIGMOID, NEURAL_FUZZY_S_SHAPE, NEURAL_FUZZY_Z_SHAPE}) {
        EXPECT_TRUE(neural_fuzzy_shape_is_monotonic(shape));
        for (const auto &p : {std::vector<double>{1, 3}, std::vector<double>{3, 1}}) {
            const bool is_way = shape == NEURAL_FUZZY_S_SHAPE || shape == NEURAL_FUZZY_Z_SHAPE;
            if (is_way && p[0] > p[1]) {
                continue;
            }
            for (double degree = 0.05; degree < 0.8; degree += 0.05) {
                const double x = neural_fuzzy_tsukamoto(shape, p.data(), 2, 0.8, degree, -100, 100);
                EXPECT_NEAR(value(shape, p, x, 0.8), degree, 1e-14)
                    << neural_fuzzy_shape_name(shape);
            }
        }
    }
    const double up[] = {1, 3}, down[] = {1, -3};
    EXPECT_EQ(neural_fuzzy_tsukamoto(NEURAL_FUZZY_SIGMOID, up, 2, 1, 1, -5, 7), 7);
    EXPECT_EQ(neural_fuzzy_tsukamoto(NEURAL_FUZZY_SIGMOID, up, 2, 1, 0, -5, 7), -5);
    EXPECT_EQ(neural_fuzzy_tsukamoto(NEURAL_FUZZY_SIGMOID, down, 2, 1, 1, -5, 7), -5);
    EXPECT_FALSE(neural_fuzzy_shape_is_monotonic(NEURAL_FUZZY_GAUSSIAN));
}

TEST(ShapeTest, Refusals) {
    const double p[] = {0, 1, 2, NAN}, falling[] = {1, 0, 0, 1};
    EXPECT_EQ(neural_fuzzy_shape_check(NEURAL_FUZZY_TRIANGLE, p, 2, 1),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "Triangle: 2 parameters, expected 3");
    EXPECT_EQ(neural_fuzzy_shape_check(NEURAL_FUZZY_TRAPEZOID, p, 4, 1),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "Trapezoid: parameter 4 is NaN");
    EXPECT_NE(neural_fuzzy_shape_check(NEURAL_FUZZY_TRIANGLE, p, 3, NAN), NEURAL_OK);
    EXPECT_NE(neural_fuzzy_shape_check(NEURAL_FUZZY_DISCRETE, falling, 4, 1), NEURAL_OK);
    EXPECT_NE(neural_fuzzy_shape_check(NEURAL_FUZZY_DISCRETE, p, 3, 1), NEURAL_OK);
    EXPECT_NE(neural_fuzzy_shape_check(NEURAL_FUZZY_DISCRETE, p, 0, 1), NEURAL_OK);
    EXPECT_NE(neural_fuzzy_shape_check(NEURAL_FUZZY_LINEAR, p, 0, 1), NEURAL_OK);
    EXPECT_NE(neural_fuzzy_shape_check(NEURAL_FUZZY_LINEAR, p, -1, 1), NEURAL_OK);
    EXPECT_NE(neural_fuzzy_shape_check(neural_fuzzy_shape(23), p, 0, 1), NEURAL_OK);
    EXPECT_EQ(neural_fuzzy_shape_check(NEURAL_FUZZY_RAMP, nullptr, 2, 1), NEURAL_ERR_NULL_POINTER);
}

TEST(ShapeTest, Names) {
    for (int s = 0; neural_fuzzy_shape_name(neural_fuzzy_shape(s)); s++) {
        neural_fuzzy_shape found;
        EXPECT_EQ(neural_fuzzy_shape_find(neural_fuzzy_shape_name(neural_fuzzy_shape(s)), &found),
                  NEURAL_OK);
        EXPECT_EQ(int(found), s);
    }
    neural_fuzzy_shape found;
    EXPECT_EQ(neural_fuzzy_shape_find("Trianglee", &found), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_NE(std::string(neural_last_error()).find("Triangle"), std::string::npos);
    EXPECT_NEAR(value(NEURAL_FUZZY_COSINE, {0, 2 * PI}, 1), (1 + std::cos(1.0)) / 2, 1e-15);
}

} // namespace

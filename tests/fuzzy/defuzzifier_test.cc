#include "fuzzy/defuzzifier.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

double of(neural_fuzzy_defuzzifier kind, const std::vector<double> &y, double low, double high) {
    return neural_fuzzy_defuzzify(kind, y.data(), int64_t(y.size()), low, high);
}

// Samples of a range 0 ... n lie at 0.5, 1.5, ...
TEST(DefuzzifierTest, SmallSets) {
    const std::vector<double> y = {0, 0.5, 1, 1, 0.25, 1, 0};
    EXPECT_NEAR(of(NEURAL_FUZZY_CENTROID, y, 0, 7),
                (0.5 * 1.5 + 2.5 + 3.5 + 0.25 * 4.5 + 5.5) / 3.75, 1e-14);
    EXPECT_EQ(of(NEURAL_FUZZY_SMALLEST_OF_MAXIMUM, y, 0, 7), 2.5);
    EXPECT_EQ(of(NEURAL_FUZZY_LARGEST_OF_MAXIMUM, y, 0, 7), 5.5);
    EXPECT_EQ(of(NEURAL_FUZZY_MEAN_OF_MAXIMUM, y, 0, 7), 3);
    EXPECT_EQ(of(NEURAL_FUZZY_MEAN_OF_MAXIMUM, {1, 1, 1}, 0, 3), 1.5);
    EXPECT_EQ(of(NEURAL_FUZZY_MEAN_OF_MAXIMUM, {0.5, 1}, 0, 2), 1.5);
}

TEST(DefuzzifierTest, SymmetricSets) {
    for (int n : {1, 2, 3, 10, 101, 1000}) {
        std::vector<double> y(n);
        for (int i = 0; i < n; i++) {
            y[i] = 1 - std::fabs((i + 0.5) / n * 2 - 1);
        }
        EXPECT_NEAR(of(NEURAL_FUZZY_CENTROID, y, -3, 5), 1, 1e-12) << n;
        EXPECT_NEAR(of(NEURAL_FUZZY_BISECTOR, y, -3, 5), 1, n == 1 ? 4 : 8.0 / n) << n;
        EXPECT_NEAR(of(NEURAL_FUZZY_MEAN_OF_MAXIMUM, y, -3, 5), 1, 1e-12) << n;
    }
}

// Half of the area lies on either side, up to a sample.
TEST(DefuzzifierTest, Bisector) {
    std::vector<double> y(400);
    double total = 0, half = 0;
    for (size_t i = 0; i < y.size(); i++) {
        y[i] = std::fabs(std::sin(0.013 * double(i)));
        total += y[i];
    }
    size_t at = 0;
    while (half + y[at] < total / 2) {
        half += y[at++];
    }
    EXPECT_NEAR(of(NEURAL_FUZZY_BISECTOR, y, 0, 400), double(at), 2);
}

TEST(DefuzzifierTest, EdgesAndRefusals) {
    const std::vector<double> zero(10, 0);
    EXPECT_TRUE(std::isnan(of(NEURAL_FUZZY_CENTROID, zero, 0, 1)));
    EXPECT_TRUE(std::isnan(of(NEURAL_FUZZY_CENTROID, {}, 0, 1)));
    EXPECT_TRUE(std::isnan(of(NEURAL_FUZZY_CENTROID, {1}, 0, INFINITY)));
    EXPECT_TRUE(std::isnan(of(NEURAL_FUZZY_WEIGHTED_SUM, {1}, 0, 1)));
    EXPECT_TRUE(std::isnan(neural_fuzzy_defuzzify(NEURAL_FUZZY_CENTROID, nullptr, 5, 0, 1)));
    EXPECT_EQ(of(NEURAL_FUZZY_CENTROID, {0.25}, 2, 4), 3);
    EXPECT_EQ(of(NEURAL_FUZZY_CENTROID, {1, 1}, 2, 2), 2);
}

TEST(DefuzzifierTest, Names) {
    for (int i = 0; i <= NEURAL_FUZZY_WEIGHTED_SUM; i++) {
        const auto kind = neural_fuzzy_defuzzifier(i);
        neural_fuzzy_defuzzifier found;
        EXPECT_EQ(neural_fuzzy_defuzzifier_find(neural_fuzzy_defuzzifier_name(kind), &found),
                  NEURAL_OK);
        EXPECT_EQ(found, kind);
        EXPECT_EQ(neural_fuzzy_defuzzifier_is_sampled(kind), i >= 1 && i <= 5);
    }
    neural_fuzzy_defuzzifier found;
    EXPECT_EQ(neural_fuzzy_defuzzifier_find("Centroids", &found), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_NE(std::string(neural_last_error()).find("Centroid"), std::string::npos);
    EXPECT_EQ(neural_fuzzy_defuzzifier_name(neural_fuzzy_defuzzifier(9)), nullptr);
}

} // namespace

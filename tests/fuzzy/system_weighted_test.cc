// Takagi-Sugeno, Tsukamoto and the true inverses, through whole systems.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tests/fuzzy/fll_testing.h"

namespace neural_test {
namespace {

// Rules of degrees w and 1 - w conclude about `first` and `second`.
double value(const std::string &inference, const std::string &first, const std::string &second,
             double w) {
    const System s =
        parse("Engine: e\nInputVariable: w\n range: 0 1\n term: hi Ramp 0 1\n term: lo Ramp 1 0\n"
              "OutputVariable: y\n range: -20 20\n defuzzifier: WeightedAverage " +
              inference + "\n term: f " + first + "\n term: s " + second +
              "\nRuleBlock: r\n rule: if w is hi then y is f\n rule: if w is lo then y is s\n");
    double out = NAN;
    EXPECT_TRUE(s) << neural_last_error();
    EXPECT_EQ(neural_fuzzy_system_evaluate(s.get(), &w, 1, &out), NEURAL_OK) << neural_last_error();
    return out;
}

// z(w) written out by hand; the second term is Ramp 4 2, whose z is 4 - 2 w.
TEST(SystemWeightedTest, InverseIsTheInverse) {
    struct Case {
        const char *shape;
        double (*z)(double w);
    };
    const Case cases[] = {
        {"Ramp 1 5", [](double w) { return 1 + 4 * w; }},
        {"Ramp 5 1", [](double w) { return 5 - 4 * w; }},
        {"Sigmoid 2 3", [](double w) { return 2 + std::log(w / (1 - w)) / 3; }},
        {"Sigmoid 2 -3", [](double w) { return 2 - std::log(w / (1 - w)) / 3; }},
        {"SShape 0 8",
         [](double w) { return w <= 0.5 ? 8 * std::sqrt(w / 2) : 8 - 8 * std::sqrt((1 - w) / 2); }},
        {"ZShape 0 8",
         [](double w) { return w > 0.5 ? 8 * std::sqrt((1 - w) / 2) : 8 - 8 * std::sqrt(w / 2); }},
        {"Concave 1 3", [](double w) { return 2 * 3 - 1 - (3 - 1) / w; }},
        {"Concave 3 1", [](double w) { return 2 * 1 - 3 + (3 - 1) / w; }},
        {"Arc 0 4", [](double w) { return 4 - 4 * std::sqrt(1 - w * w); }},
        {"Arc 4 0", [](double w) { return 4 * std::sqrt(1 - w * w); }},
    };
    for (const Case &c : cases) {
        for (double w : {0.01, 0.2, 0.45, 0.5, 0.55, 0.8, 0.99}) {
            const double want = w * c.z(w) + (1 - w) * (4 - 2 * (1 - w));
            EXPECT_NEAR(value("Inverse", c.shape, "Ramp 4 2", w), want, 1e-9)
                << c.shape << " " << w;
        }
    }
}

// Where fuzzylite's Tsukamoto is the inverse, both are one; elsewhere they differ.
TEST(SystemWeightedTest, TsukamotoBesideInverse) {
    for (const char *shape : {"Ramp 1 5", "Ramp 5 1", "Sigmoid 2 3", "Sigmoid 2 -3", "Arc 0 4"}) {
        for (double w : {0.1, 0.5, 0.9}) {
            const double inverse = value("Inverse", shape, shape, w);
            EXPECT_EQ(value("Tsukamoto", shape, shape, w), inverse) << shape;
            EXPECT_EQ(value("Automatic", shape, shape, w), inverse) << shape;
        }
    }
    EXPECT_NE(value("Tsukamoto", "Concave 1 3", "Ramp 4 2", 0.7),
              value("Inverse", "Concave 1 3", "Ramp 4 2", 0.7));
}

// At w = 0 and 1 a sigmoid is at the ends of the output's range.
TEST(SystemWeightedTest, EndsOfSigmoids) {
    EXPECT_EQ(value("Inverse", "Sigmoid 2 3", "Ramp 4 2", 1), 20);
    EXPECT_EQ(value("Inverse", "Sigmoid 2 -3", "Ramp 4 2", 1), -20);
}

// Heights: degree over height is inverted. Shapes without an inverse give their value, as
// Takagi-Sugeno does.
TEST(SystemWeightedTest, HeightsAndMixtures) {
    EXPECT_NEAR(value("Inverse", "Ramp 1 5 0.8", "Ramp 4 2", 0.4), 0.4 * 3 + 0.6 * 2.8, 1e-12);
    EXPECT_NEAR(value("Inverse", "Constant 7", "Ramp 4 2", 0.4), 0.4 * 7 + 0.6 * 2.8, 1e-12);
    EXPECT_NEAR(value("TakagiSugeno", "Constant 7", "Linear 2 1", 0.4), 0.4 * 7 + 0.6 * 1.8, 1e-12);
}

} // namespace
} // namespace neural_test

#include "fuzzy/norm.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

using Formula = std::function<long double(long double, long double)>;

struct Case {
    neural_fuzzy_norm norm;
    const char *name;
    Formula formula;
};

const std::vector<Case> &cases() {
    static const std::vector<Case> all = {
        {NEURAL_FUZZY_MINIMUM, "Minimum", [](auto a, auto b) { return std::min(a, b); }},
        {NEURAL_FUZZY_ALGEBRAIC_PRODUCT, "AlgebraicProduct", [](auto a, auto b) { return a * b; }},
        {NEURAL_FUZZY_BOUNDED_DIFFERENCE, "BoundedDifference",
         [](auto a, auto b) { return std::max(0.0L, a + b - 1); }},
        {NEURAL_FUZZY_DRASTIC_PRODUCT, "DrasticProduct",
         [](auto a, auto b) { return std::max(a, b) == 1 ? std::min(a, b) : 0.0L; }},
        {NEURAL_FUZZY_EINSTEIN_PRODUCT, "EinsteinProduct",
         [](auto a, auto b) { return a * b / (1 + (1 - a) * (1 - b)); }},
        {NEURAL_FUZZY_HAMACHER_PRODUCT, "HamacherProduct",
         [](auto a, auto b) { return a + b == 0 ? 0.0L : a * b / (a + b - a * b); }},
        {NEURAL_FUZZY_NILPOTENT_MINIMUM, "NilpotentMinimum",
         [](auto a, auto b) { return a + b > 1 ? std::min(a, b) : 0.0L; }},
        {NEURAL_FUZZY_MAXIMUM, "Maximum", [](auto a, auto b) { return std::max(a, b); }},
        {NEURAL_FUZZY_ALGEBRAIC_SUM, "AlgebraicSum",
         [](auto a, auto b) { return 1 - (1 - a) * (1 - b); }},
        {NEURAL_FUZZY_BOUNDED_SUM, "BoundedSum",
         [](auto a, auto b) { return std::min(1.0L, a + b); }},
        {NEURAL_FUZZY_DRASTIC_SUM, "DrasticSum",
         [](auto a, auto b) { return std::min(a, b) == 0 ? std::max(a, b) : 1.0L; }},
        {NEURAL_FUZZY_EINSTEIN_SUM, "EinsteinSum",
         [](auto a, auto b) { return (a + b) / (1 + a * b); }},
        {NEURAL_FUZZY_HAMACHER_SUM, "HamacherSum",
         [](auto a, auto b) { return a * b == 1 ? 1.0L : (a + b - 2 * a * b) / (1 - a * b); }},
        {NEURAL_FUZZY_NILPOTENT_MAXIMUM, "NilpotentMaximum",
         [](auto a, auto b) { return a + b < 1 ? std::max(a, b) : 1.0L; }},
        {NEURAL_FUZZY_NORMALIZED_SUM, "NormalizedSum",
         [](auto a, auto b) { return (a + b) / std::max(1.0L, a + b); }},
        {NEURAL_FUZZY_UNBOUNDED_SUM, "UnboundedSum", [](auto a, auto b) { return a + b; }},
    };
    return all;
}

std::vector<double> degrees() {
    std::vector<double> all;
    for (int i = 0; i <= 32; i++) {
        all.push_back(i / 32.0);
    }
    return all;
}

TEST(NormTest, Formulas) {
    for (const Case &c : cases()) {
        for (double a : degrees()) {
            for (double b : degrees()) {
                EXPECT_NEAR(neural_fuzzy_combine(c.norm, a, b), double(c.formula(a, b)), 1e-15)
                    << c.name << " " << a << " " << b;
            }
        }
    }
}

// 0 and 1 are what every T-norm and S-norm have them to be; order does not matter.
TEST(NormTest, Axioms) {
    for (const Case &c : cases()) {
        EXPECT_NE(neural_fuzzy_norm_is_t(c.norm), neural_fuzzy_norm_is_s(c.norm));
        for (double a : degrees()) {
            if (neural_fuzzy_norm_is_t(c.norm)) {
                EXPECT_EQ(neural_fuzzy_combine(c.norm, a, 1), a) << c.name;
                EXPECT_EQ(neural_fuzzy_combine(c.norm, a, 0), 0) << c.name;
            } else {
                EXPECT_EQ(neural_fuzzy_combine(c.norm, a, 0), a) << c.name;
            }
            for (double b : degrees()) {
                EXPECT_EQ(neural_fuzzy_combine(c.norm, a, b), neural_fuzzy_combine(c.norm, b, a));
            }
        }
    }
}

// Of columns of any length, also in place: the same bits.
TEST(NormTest, Columns) {
    const std::vector<double> some = degrees();
    for (const Case &c : cases()) {
        for (size_t len = 0; len <= some.size(); len++) {
            std::vector<double> a(some.begin(), some.begin() + len), b(len), dst(len + 1, -7);
            for (size_t i = 0; i < len; i++) {
                b[i] = some[(i * 7 + 3) % some.size()];
            }
            neural_fuzzy_combine_all(c.norm, dst.data(), a.data(), b.data(), int64_t(len));
            EXPECT_EQ(dst[len], -7);
            neural_fuzzy_combine_all(c.norm, b.data(), a.data(), b.data(), int64_t(len));
            for (size_t i = 0; i < len; i++) {
                const double want = neural_fuzzy_combine(c.norm, a[i], some[(i * 7 + 3) % 33]);
                EXPECT_EQ(dst[i], want) << c.name;
                EXPECT_EQ(b[i], want) << c.name;
            }
        }
    }
}

TEST(NormTest, Names) {
    for (const Case &c : cases()) {
        neural_fuzzy_norm found = NEURAL_FUZZY_NONE;
        EXPECT_STREQ(neural_fuzzy_norm_name(c.norm), c.name);
        EXPECT_EQ(neural_fuzzy_norm_find(c.name, &found), NEURAL_OK);
        EXPECT_EQ(found, c.norm);
    }
    neural_fuzzy_norm found = NEURAL_FUZZY_MAXIMUM;
    EXPECT_EQ(neural_fuzzy_norm_find("none", &found), NEURAL_OK);
    EXPECT_EQ(found, NEURAL_FUZZY_NONE);
    EXPECT_EQ(neural_fuzzy_norm_find("Minimun", &found), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_NE(std::string(neural_last_error()).find("Minimum"), std::string::npos);
    EXPECT_EQ(neural_fuzzy_norm_find(nullptr, &found), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_fuzzy_norm_name(neural_fuzzy_norm(99)), nullptr);
    EXPECT_TRUE(std::isnan(neural_fuzzy_combine(NEURAL_FUZZY_NONE, 1, 1)));
}

TEST(NormTest, Hedges) {
    const std::vector<std::pair<const char *, std::function<double(double)>>> hedges = {
        {"any", [](double) { return 1.0; }},
        {"extremely", [](double a) { return a <= 0.5 ? 2 * a * a : 1 - 2 * std::pow(1 - a, 2); }},
        {"not", [](double a) { return 1 - a; }},
        {"seldom",
         [](double a) { return a <= 0.5 ? std::sqrt(a / 2) : 1 - std::sqrt((1 - a) / 2); }},
        {"somewhat", [](double a) { return std::pow(a, 0.5); }},
        {"very", [](double a) { return std::pow(a, 2); }},
    };
    for (size_t i = 0; i < hedges.size(); i++) {
        EXPECT_EQ(neural_fuzzy_hedge_find(hedges[i].first), int(i));
        EXPECT_STREQ(neural_fuzzy_hedge_name(neural_fuzzy_hedge(i)), hedges[i].first);
        for (double a : degrees()) {
            EXPECT_NEAR(neural_fuzzy_hedge_apply(neural_fuzzy_hedge(i), a), hedges[i].second(a),
                        1e-15);
        }
    }
    EXPECT_EQ(neural_fuzzy_hedge_find("rather"), -1);
    EXPECT_EQ(neural_fuzzy_hedge_find(nullptr), -1);
    EXPECT_EQ(neural_fuzzy_hedge_name(neural_fuzzy_hedge(6)), nullptr);
}

} // namespace

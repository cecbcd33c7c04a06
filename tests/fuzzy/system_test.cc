#include "fuzzy/system.h"

#include <cmath>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/base/allocations.h"
#include <gtest/gtest.h>

namespace {

struct Destroy {
    void operator()(neural_fuzzy_system *s) const { neural_fuzzy_system_destroy(s); }
};
using System = std::unique_ptr<neural_fuzzy_system, Destroy>;

System create() {
    neural_fuzzy_system *s = nullptr;
    EXPECT_EQ(neural_fuzzy_system_create("test", nullptr, &s), NEURAL_OK);
    return System(s);
}

neural_fuzzy_variable input(const char *name, double low = 0, double high = 1) {
    neural_fuzzy_variable v = {};
    v.name = name;
    v.minimum = low;
    v.maximum = high;
    return v;
}

neural_fuzzy_variable output(const char *name, neural_fuzzy_defuzzifier how, double low = 0,
                             double high = 1) {
    neural_fuzzy_variable v = input(name, low, high);
    v.default_value = NAN;
    v.defuzzifier = how;
    const bool weighted = how >= NEURAL_FUZZY_WEIGHTED_AVERAGE;
    v.aggregation = weighted ? NEURAL_FUZZY_NONE : NEURAL_FUZZY_MAXIMUM;
    v.resolution = 200;
    return v;
}

neural_status term(const System &s, const char *variable, const char *name,
                   neural_fuzzy_shape shape, const std::vector<double> &p) {
    const neural_fuzzy_term t = {name, shape, p.data(), int64_t(p.size()), 1, nullptr};
    return neural_fuzzy_system_add_term(s.get(), variable, &t);
}

neural_fuzzy_block block() {
    neural_fuzzy_block b = {};
    b.conjunction = NEURAL_FUZZY_MINIMUM;
    b.disjunction = NEURAL_FUZZY_MAXIMUM;
    b.implication = NEURAL_FUZZY_MINIMUM;
    return b;
}

void add_rules(const System &s, const neural_fuzzy_block &b,
               const std::vector<const char *> &rules) {
    ASSERT_EQ(neural_fuzzy_system_add_block(s.get(), &b), NEURAL_OK) << neural_last_error();
    for (const char *rule : rules) {
        ASSERT_EQ(neural_fuzzy_system_add_rule(s.get(), rule), NEURAL_OK)
            << rule << ": " << neural_last_error();
    }
}

double value(const System &s, std::vector<double> x) {
    std::vector<double> out(size_t(neural_fuzzy_system_outputs(s.get())));
    EXPECT_EQ(neural_fuzzy_system_evaluate(s.get(), x.data(), 1, out.data()), NEURAL_OK)
        << neural_last_error();
    return out.empty() ? NAN : out.back();
}

// Two inputs a and b of ramps lo (1 - x) and hi (x).
System two_inputs() {
    System s = create();
    for (const char *name : {"a", "b"}) {
        const neural_fuzzy_variable v = input(name);
        EXPECT_EQ(neural_fuzzy_system_add_input(s.get(), &v), NEURAL_OK);
        EXPECT_EQ(term(s, name, "lo", NEURAL_FUZZY_RAMP, {1, 0}), NEURAL_OK);
        EXPECT_EQ(term(s, name, "hi", NEURAL_FUZZY_RAMP, {0, 1}), NEURAL_OK);
    }
    return s;
}

// y = sum of the degrees: WeightedSum over constants of 1.
System degree_of(const std::vector<const char *> &rules, neural_fuzzy_block b = block()) {
    System s = two_inputs();
    const neural_fuzzy_variable y = output("y", NEURAL_FUZZY_WEIGHTED_SUM);
    EXPECT_EQ(neural_fuzzy_system_add_output(s.get(), &y), NEURAL_OK);
    EXPECT_EQ(term(s, "y", "one", NEURAL_FUZZY_CONSTANT, {1}), NEURAL_OK);
    EXPECT_EQ(term(s, "y", "ten", NEURAL_FUZZY_CONSTANT, {10}), NEURAL_OK);
    add_rules(s, b, rules);
    return s;
}

TEST(SystemTest, Antecedents) {
    const double a = 0.3, b = 0.8;
    const std::pair<const char *, double> cases[] = {
        {"if a is hi then y is one", a},
        {"if a is hi and b is hi then y is one", a},
        {"if a is hi or b is hi then y is one", b},
        {"if a is lo and b is lo or a is hi then y is one", 0.3},
        {"if a is lo and (b is lo or b is hi) then y is one", 0.7},
        {"if ((a is hi)) then y is one", a},
        {"if a is hi or b is hi and a is lo then y is one", 0.7},
        {"if a is not hi then y is one", 0.7},
        {"if a is very hi then y is one", 0.09},
        {"if a is not very hi then y is one", 0.91},
        {"if a is very not hi then y is one", 0.49},
        {"if a is any then y is one", 1},
        {"if a is any hi then y is one", 1},
        {"if a is not any then y is one", NAN},
        {"if a is hi then y is one with 0.5", 0.15},
        {"if a is hi then y is very one", 0.09},
        {"if a is hi then y is ten with 2", 6},
    };
    for (const auto &c : cases) {
        if (std::isnan(c.second)) {
            continue;
        }
        System s = degree_of({c.first});
        EXPECT_NEAR(value(s, {a, b}), c.second, 1e-15) << c.first;
    }
}

TEST(SystemTest, RuleErrors) {
    const std::pair<const char *, const char *> cases[] = {
        {"", "column 1: expected if, the rule ends"},
        {"if", "column 3: expected a variable, the rule ends"},
        {"when a is hi", "column 1: expected if, found \"when\""},
        {"if c is hi then y is one", "column 4: expected a variable, found \"c\""},
        {"if a hi then y is one", "column 6: expected is, found \"hi\""},
        {"if a is mid then y is one", "column 9: expected a term of a, found \"mid\""},
        {"if a is not any not then y is one", "column 21: expected a term of a, found \"then\""},
        {"if a is hi y is one", "column 12: expected and, or, then, found \"y\""},
        {"if (a is hi then y is one", "column 13: expected ), found \"then\""},
        {"if a is hi) then y is one", "column 11: expected and, or, then, found \")\""},
        {"if a is hi then a is hi", "column 17: expected an output variable, found \"a\""},
        {"if a is hi then y is any", "column 25: expected a term of y, the rule ends"},
        {"if a is hi then y is one or y is ten", "column 26: expected and, with or the end, found "
                                                 "\"or\""},
        {"if a is hi then y is one with", "column 30: expected a weight of at least 0, the rule "
                                          "ends"},
        {"if a is hi then y is one with -1", "column 31: expected a weight of at least 0, found "
                                             "\"-1\""},
    };
    for (const auto &c : cases) {
        System s = degree_of({});
        EXPECT_EQ(neural_fuzzy_system_add_rule(s.get(), c.first), NEURAL_ERR_PARSE_ERROR)
            << c.first;
        EXPECT_STREQ(neural_last_error(), c.second);
        EXPECT_EQ(neural_fuzzy_system_rules(s.get()), 0);
    }
}

TEST(SystemTest, Activation) {
    const std::vector<const char *> rules = {
        "if a is hi then y is one", "if b is hi then y is one with 10",
        "if a is lo then y is one with 100", "if b is lo then y is one with 1000"};
    // degrees 0.25, 5, 75, 500
    struct Case {
        neural_fuzzy_activation method;
        int64_t count;
        double threshold;
        neural_fuzzy_comparison comparison;
        double want;
    };
    const Case cases[] = {
        {NEURAL_FUZZY_GENERAL, 0, 0, NEURAL_FUZZY_AT_LEAST, 580.25},
        {NEURAL_FUZZY_FIRST, 2, 0, NEURAL_FUZZY_AT_LEAST, 5.25},
        {NEURAL_FUZZY_FIRST, 1, 50, NEURAL_FUZZY_AT_LEAST, 75},
        {NEURAL_FUZZY_LAST, 1, 0, NEURAL_FUZZY_AT_LEAST, 500},
        {NEURAL_FUZZY_LAST, 3, 0, NEURAL_FUZZY_AT_LEAST, 580},
        {NEURAL_FUZZY_HIGHEST, 2, 0, NEURAL_FUZZY_AT_LEAST, 575},
        {NEURAL_FUZZY_HIGHEST, 9, 0, NEURAL_FUZZY_AT_LEAST, 580.25},
        {NEURAL_FUZZY_LOWEST, 2, 0, NEURAL_FUZZY_AT_LEAST, 5.25},
        {NEURAL_FUZZY_PROPORTIONAL, 0, 0, NEURAL_FUZZY_AT_LEAST, 1},
        {NEURAL_FUZZY_THRESHOLD, 0, 75, NEURAL_FUZZY_AT_LEAST, 575},
        {NEURAL_FUZZY_THRESHOLD, 0, 75, NEURAL_FUZZY_ABOVE, 500},
        {NEURAL_FUZZY_THRESHOLD, 0, 75, NEURAL_FUZZY_BELOW, 5.25},
        {NEURAL_FUZZY_THRESHOLD, 0, 75, NEURAL_FUZZY_AT_MOST, 80.25},
        {NEURAL_FUZZY_THRESHOLD, 0, 75, NEURAL_FUZZY_EQUAL, 75},
        {NEURAL_FUZZY_THRESHOLD, 0, 75, NEURAL_FUZZY_NOT_EQUAL, 505.25},
    };
    for (const Case &c : cases) {
        neural_fuzzy_block b = block();
        b.activation = c.method;
        b.rules = c.count;
        b.threshold = c.threshold;
        b.comparison = c.comparison;
        System s = degree_of(rules, b);
        EXPECT_NEAR(value(s, {0.25, 0.5}), c.want, 1e-12) << int(c.method);
    }
}

// Aggregated samples spelled out, against the whole engine: Mamdani and Larsen.
double mamdani(double a, int resolution, bool scales) {
    const double degrees[] = {1 - a, a}, middle[] = {0.25, 0.75};
    double moment = 0, area = 0;
    for (int i = 0; i < resolution; i++) {
        const double x = (i + 0.5) / resolution;
        double y = 0;
        for (int t = 0; t < 2; t++) {
            const double mu = std::fmax(0, 1 - std::fabs(x - middle[t]) / 0.5);
            y = std::fmax(y, scales ? degrees[t] * mu : std::fmin(degrees[t], mu));
        }
        moment += x * y;
        area += y;
    }
    return moment / area;
}

System mamdani_system(neural_fuzzy_defuzzifier how, neural_fuzzy_norm implication) {
    System s = two_inputs();
    const neural_fuzzy_variable y = output("y", how);
    EXPECT_EQ(neural_fuzzy_system_add_output(s.get(), &y), NEURAL_OK);
    EXPECT_EQ(term(s, "y", "small", NEURAL_FUZZY_TRIANGLE, {-0.25, 0.25, 0.75}), NEURAL_OK);
    EXPECT_EQ(term(s, "y", "large", NEURAL_FUZZY_TRIANGLE, {0.25, 0.75, 1.25}), NEURAL_OK);
    neural_fuzzy_block b = block();
    b.implication = implication;
    add_rules(s, b, {"if a is lo then y is small", "if a is hi then y is large"});
    return s;
}

TEST(SystemTest, MamdaniAndLarsen) {
    for (bool scales : {false, true}) {
        System s = mamdani_system(NEURAL_FUZZY_CENTROID,
                                  scales ? NEURAL_FUZZY_ALGEBRAIC_PRODUCT : NEURAL_FUZZY_MINIMUM);
        for (double a = 0; a <= 1; a += 1.0 / 64) {
            EXPECT_NEAR(value(s, {a, 0}), mamdani(a, 200, scales), 1e-13) << a;
        }
    }
}

// The exact centroid is what the sampled one tends to.
TEST(SystemTest, ExactCentroid) {
    for (bool scales : {false, true}) {
        System s = mamdani_system(NEURAL_FUZZY_EXACT_CENTROID,
                                  scales ? NEURAL_FUZZY_ALGEBRAIC_PRODUCT : NEURAL_FUZZY_MINIMUM);
        for (double a = 0; a <= 1; a += 1.0 / 16) {
            EXPECT_NEAR(value(s, {a, 0}), mamdani(a, 200000, scales), 1e-9) << a;
        }
    }
}

// A batch gives the bits of single calls, in every length.
TEST(SystemTest, BatchIsSingle) {
    for (auto how : {NEURAL_FUZZY_CENTROID, NEURAL_FUZZY_BISECTOR, NEURAL_FUZZY_MEAN_OF_MAXIMUM,
                     NEURAL_FUZZY_EXACT_CENTROID}) {
        System s = mamdani_system(how, NEURAL_FUZZY_MINIMUM);
        std::mt19937 random(7);
        std::uniform_real_distribution<double> uniform(-0.2, 1.2);
        for (int rows : {0, 1, 2, 63, 64, 65, 200}) {
            std::vector<double> x(2 * rows), out(rows + 1, -7);
            for (double &v : x) {
                v = uniform(random);
            }
            ASSERT_EQ(neural_fuzzy_system_evaluate(s.get(), x.data(), rows, out.data()), NEURAL_OK);
            EXPECT_EQ(out[rows], -7);
            for (int r = 0; r < rows; r++) {
                EXPECT_EQ(out[r], value(s, {x[2 * r], x[2 * r + 1]})) << r;
            }
        }
    }
}

TEST(SystemTest, TakagiSugenoLinearAndFunction) {
    System s = two_inputs();
    const neural_fuzzy_variable y = output("y", NEURAL_FUZZY_WEIGHTED_AVERAGE);
    ASSERT_EQ(neural_fuzzy_system_add_output(s.get(), &y), NEURAL_OK);
    ASSERT_EQ(term(s, "y", "line", NEURAL_FUZZY_LINEAR, {2, -3, 0.5}), NEURAL_OK);
    const neural_fuzzy_term f = {"f", NEURAL_FUZZY_FUNCTION, nullptr, 0, 1, "a*b + x"};
    ASSERT_EQ(neural_fuzzy_system_add_term(s.get(), "y", &f), NEURAL_OK) << neural_last_error();
    add_rules(s, block(), {"if a is lo then y is line", "if a is hi then y is f"});
    const double a = 0.25, b = 0.5, line = 2 * a - 3 * b + 0.5, formula = a * b + a;
    EXPECT_NEAR(value(s, {a, b}), 0.75 * line + 0.25 * formula, 1e-15);
}

TEST(SystemTest, Tsukamoto) {
    System s = two_inputs();
    neural_fuzzy_variable y = output("y", NEURAL_FUZZY_WEIGHTED_AVERAGE);
    y.inference = NEURAL_FUZZY_TSUKAMOTO;
    ASSERT_EQ(neural_fuzzy_system_add_output(s.get(), &y), NEURAL_OK);
    ASSERT_EQ(term(s, "y", "up", NEURAL_FUZZY_RAMP, {0, 10}), NEURAL_OK);
    ASSERT_EQ(term(s, "y", "down", NEURAL_FUZZY_RAMP, {4, 2}), NEURAL_OK);
    add_rules(s, block(), {"if a is lo then y is up", "if a is hi then y is down"});
    EXPECT_NEAR(value(s, {0.25, 0}), 0.75 * 7.5 + 0.25 * 3.5, 1e-15);
}

// No rule fires: default, the last value, NaN; values are moved into the range on demand.
TEST(SystemTest, NoRuleFires) {
    for (int locks = 0; locks < 2; locks++) {
        System s = two_inputs();
        neural_fuzzy_variable y = output("y", NEURAL_FUZZY_WEIGHTED_SUM, 0, 5);
        y.default_value = -3;
        y.locks_previous = locks;
        ASSERT_EQ(neural_fuzzy_system_add_output(s.get(), &y), NEURAL_OK);
        ASSERT_EQ(term(s, "y", "ten", NEURAL_FUZZY_CONSTANT, {10}), NEURAL_OK);
        add_rules(s, block(), {"if a is hi then y is ten"});
        const double x[] = {0, 0, 0.25, 0, 0, 0, 1e-7, 0};
        double out[4];
        ASSERT_EQ(neural_fuzzy_system_evaluate(s.get(), x, 4, out), NEURAL_OK);
        EXPECT_EQ(out[0], -3);
        EXPECT_EQ(out[1], 2.5);
        EXPECT_EQ(out[2], locks ? 2.5 : -3);
        EXPECT_EQ(out[3], locks ? 2.5 : -3);
        neural_fuzzy_system_reset(s.get());
        EXPECT_EQ(value(s, {0, 0}), -3);
    }
    System s = two_inputs();
    neural_fuzzy_variable y = output("y", NEURAL_FUZZY_WEIGHTED_SUM, 0, 5);
    y.locks_range = 1;
    ASSERT_EQ(neural_fuzzy_system_add_output(s.get(), &y), NEURAL_OK);
    ASSERT_EQ(term(s, "y", "ten", NEURAL_FUZZY_CONSTANT, {10}), NEURAL_OK);
    add_rules(s, block(), {"if a is hi then y is ten"});
    EXPECT_EQ(value(s, {1, 0}), 5);
    EXPECT_TRUE(std::isnan(value(s, {0, 0})));
}

TEST(SystemTest, NanIsRefused) {
    System s = degree_of({"if a is hi then y is one"});
    const double x[] = {0, 0, 0.5, NAN};
    double out[2] = {-7, -7};
    EXPECT_EQ(neural_fuzzy_system_evaluate(s.get(), x, 2, out), NEURAL_ERR_NAN_DETECTED);
    EXPECT_STREQ(neural_last_error(), "fuzzy_evaluate: row 1: b is NaN");
    EXPECT_EQ(out[0], -7);
}

// A rule that reads what earlier rules said about an output.
TEST(SystemTest, ChainedRules) {
    System s = two_inputs();
    const neural_fuzzy_variable m = output("m", NEURAL_FUZZY_CENTROID);
    const neural_fuzzy_variable y = output("y", NEURAL_FUZZY_WEIGHTED_SUM);
    ASSERT_EQ(neural_fuzzy_system_add_output(s.get(), &m), NEURAL_OK);
    ASSERT_EQ(neural_fuzzy_system_add_output(s.get(), &y), NEURAL_OK);
    ASSERT_EQ(term(s, "m", "big", NEURAL_FUZZY_RAMP, {0, 1}), NEURAL_OK);
    ASSERT_EQ(term(s, "y", "one", NEURAL_FUZZY_CONSTANT, {1}), NEURAL_OK);
    add_rules(s, block(),
              {"if m is big then y is one with 100", "if a is hi then m is big",
               "if b is hi then m is big", "if m is very big then y is one"});
    EXPECT_NEAR(value(s, {0.25, 0.5}), 0.25, 1e-15);
}

// Formulas see the outputs before them in this row and their own in the one before.
TEST(SystemTest, FormulasReadOutputs) {
    System s = two_inputs();
    const neural_fuzzy_variable y = output("y", NEURAL_FUZZY_WEIGHTED_SUM);
    const neural_fuzzy_variable z = output("z", NEURAL_FUZZY_WEIGHTED_SUM);
    ASSERT_EQ(neural_fuzzy_system_add_output(s.get(), &y), NEURAL_OK);
    ASSERT_EQ(neural_fuzzy_system_add_output(s.get(), &z), NEURAL_OK);
    const neural_fuzzy_term f = {"f", NEURAL_FUZZY_FUNCTION, nullptr, 0, 1, "2*a"};
    const neural_fuzzy_term g = {"g", NEURAL_FUZZY_FUNCTION,     nullptr, 0,
                                 1,   "y + max(0, min(z, 1000))"};
    ASSERT_EQ(neural_fuzzy_system_add_term(s.get(), "y", &f), NEURAL_OK);
    ASSERT_EQ(neural_fuzzy_system_add_term(s.get(), "z", &g), NEURAL_OK);
    add_rules(s, block(), {"if a is any then y is f and z is g"});
    const double x[] = {1, 0, 2, 0, 3, 0};
    double out[6];
    ASSERT_EQ(neural_fuzzy_system_evaluate(s.get(), x, 3, out), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(out[1], 1002);
    EXPECT_EQ(out[2], 4);
    EXPECT_EQ(out[3], 1004);
}

TEST(SystemTest, DisabledParts) {
    System s = create();
    neural_fuzzy_variable a = input("a"), y = output("y", NEURAL_FUZZY_WEIGHTED_SUM);
    a.is_disabled = 1;
    ASSERT_EQ(neural_fuzzy_system_add_input(s.get(), &a), NEURAL_OK);
    ASSERT_EQ(neural_fuzzy_system_add_output(s.get(), &y), NEURAL_OK);
    ASSERT_EQ(term(s, "a", "hi", NEURAL_FUZZY_RAMP, {0, 1}), NEURAL_OK);
    ASSERT_EQ(term(s, "y", "one", NEURAL_FUZZY_CONSTANT, {1}), NEURAL_OK);
    add_rules(s, block(), {"if a is hi then y is one"});
    EXPECT_TRUE(std::isnan(value(s, {1})));
}

TEST(SystemTest, WhatDoesNotBelongTogether) {
    neural_fuzzy_block b = block();
    b.conjunction = NEURAL_FUZZY_NONE;
    System s = degree_of({"if a is hi and b is hi then y is one"}, b);
    EXPECT_EQ(neural_fuzzy_system_prepare(s.get()), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(),
                 "rule block unnamed, rule 1: \"and\" needs a conjunction, there is none");
    s = mamdani_system(NEURAL_FUZZY_CENTROID, NEURAL_FUZZY_NONE);
    EXPECT_EQ(neural_fuzzy_system_prepare(s.get()), NEURAL_ERR_INVALID_ARGUMENT);
    s = mamdani_system(NEURAL_FUZZY_NO_DEFUZZIFIER, NEURAL_FUZZY_MINIMUM);
    EXPECT_EQ(neural_fuzzy_system_prepare(s.get()), NEURAL_ERR_INVALID_ARGUMENT);
    s = mamdani_system(NEURAL_FUZZY_EXACT_CENTROID, NEURAL_FUZZY_EINSTEIN_PRODUCT);
    EXPECT_EQ(neural_fuzzy_system_prepare(s.get()), NEURAL_ERR_INVALID_ARGUMENT);
}

TEST(SystemTest, NamesAndSizes) {
    System s = two_inputs();
    neural_fuzzy_variable v = input("a");
    EXPECT_EQ(neural_fuzzy_system_add_input(s.get(), &v), NEURAL_ERR_INVALID_ARGUMENT);
    for (const char *name : {"", "a b", "if", "and", "x(", "#", "a:b"}) {
        v.name = name;
        EXPECT_EQ(neural_fuzzy_system_add_input(s.get(), &v), NEURAL_ERR_INVALID_ARGUMENT) << name;
    }
    v = output("y", NEURAL_FUZZY_CENTROID);
    v.resolution = int64_t(1) << 40;
    EXPECT_EQ(neural_fuzzy_system_add_output(s.get(), &v), NEURAL_ERR_INVALID_ARGUMENT);
    v.resolution = 5;
    v.minimum = 2;
    EXPECT_EQ(neural_fuzzy_system_add_output(s.get(), &v), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_fuzzy_system_add_rule(s.get(), "if a is hi then y is one"),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(term(s, "a", "hi", NEURAL_FUZZY_RAMP, {0, 1}), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(term(s, "c", "hi", NEURAL_FUZZY_RAMP, {0, 1}), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(term(s, "a", "f", NEURAL_FUZZY_FUNCTION, {}), NEURAL_ERR_INVALID_ARGUMENT);
}

// Far beyond the original's 256 rules and 16 antecedents.
TEST(SystemTest, ManyRulesAndConditions) {
    std::string rule = "if a is hi";
    for (int i = 0; i < 300; i++) {
        rule += " and (b is hi or a is not lo)";
    }
    rule += " then y is one with 0.002";
    System s = degree_of(std::vector<const char *>(600, rule.c_str()));
    EXPECT_EQ(neural_fuzzy_system_rules(s.get()), 600);
    EXPECT_NEAR(value(s, {0.5, 0.25}), 0.6, 1e-12);
}

// Whatever allocation fails: a status, no leak (the sanitizer builds see it), and it works after.
TEST(SystemTest, FailedAllocations) {
    for (int64_t n = 1; n < 200; n++) {
        neural_fuzzy_system *raw = nullptr;
        neural_status status;
        neural_alloc_fail_at(n);
        status = neural_fuzzy_system_create("s", "d", &raw);
        System s(raw);
        neural_fuzzy_variable a = input("a"), y = output("y", NEURAL_FUZZY_EXACT_CENTROID);
        const double up[] = {0, 1};
        const neural_fuzzy_term t = {"hi", NEURAL_FUZZY_RAMP, up, 2, 1, nullptr};
        const neural_fuzzy_term f = {"f", NEURAL_FUZZY_FUNCTION, nullptr, 0, 1, "a"};
        const neural_fuzzy_block b = block();
        double x = 0.5, out = 0;
        const std::function<neural_status()> steps[] = {
            [&] { return neural_fuzzy_system_add_input(raw, &a); },
            [&] { return neural_fuzzy_system_add_output(raw, &y); },
            [&] { return neural_fuzzy_system_add_term(raw, "a", &t); },
            [&] { return neural_fuzzy_system_add_term(raw, "a", &f); },
            [&] { return neural_fuzzy_system_add_term(raw, "y", &t); },
            [&] { return neural_fuzzy_system_add_block(raw, &b); },
            [&] { return neural_fuzzy_system_add_rule(raw, "if a is hi then y is hi"); },
            [&] { return neural_fuzzy_system_evaluate(raw, &x, 1, &out); },
        };
        for (const auto &step : steps) {
            status = status ? status : step();
        }
        neural_alloc_fail_at(0);
        if (!status) {
            EXPECT_GT(n, 20);
            EXPECT_NEAR(out, 11.0 / 18, 1e-12);
            return;
        }
        EXPECT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY) << neural_last_error();
        if (raw) {
            neural_fuzzy_system_evaluate(raw, &x, 1, &out);
        }
    }
    FAIL() << "an allocation fails for ever";
}

} // namespace

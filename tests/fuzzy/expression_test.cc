#include "fuzzy/expression.h"

#include <cmath>
#include <string>

#include "core/base/allocations.h"
#include <gtest/gtest.h>

namespace {

const char *const names[] = {"x", "speed", "in.1"};
const double values[] = {3, -2, 0.5};

double value(const std::string &text) {
    neural_fuzzy_expression *e = nullptr;
    EXPECT_EQ(neural_fuzzy_expression_create(text.c_str(), &e), NEURAL_OK)
        << text << ": " << neural_last_error();
    if (!e) {
        return NAN;
    }
    EXPECT_EQ(neural_fuzzy_expression_bind(e, names, 3), NEURAL_OK) << neural_last_error();
    EXPECT_STREQ(neural_fuzzy_expression_text(e), text.c_str());
    const double result = neural_fuzzy_expression_value(e, values);
    neural_fuzzy_expression_destroy(e);
    return result;
}

TEST(ExpressionTest, Arithmetic) {
    EXPECT_EQ(value("1 + 2 * 3"), 7);
    EXPECT_EQ(value("(1+2)*3"), 9);
    EXPECT_EQ(value("2^3^2"), 512);
    EXPECT_EQ(value("10-4-3"), 3);
    EXPECT_EQ(value("7 % 4 / 2"), 1.5);
    EXPECT_EQ(value("-x^2"), -9);
    EXPECT_EQ(value("2 - -x"), 5);
    EXPECT_EQ(value("2^-1"), 0.5);
    EXPECT_EQ(value("~x + 1"), -2);
    EXPECT_EQ(value("+x"), 3);
    EXPECT_EQ(value("1e2 + .5 + 5."), 105.5);
    EXPECT_EQ(value("x*speed + in.1"), -5.5);
    EXPECT_EQ(value("  x  "), 3);
}

TEST(ExpressionTest, FunctionsAndLogic) {
    EXPECT_EQ(value("sin(x)/x"), std::sin(3.0) / 3);
    EXPECT_EQ(value("max(x, min(1, speed))"), 3);
    EXPECT_EQ(value("atan2(1, 2) + pow(2, 10)"), std::atan2(1, 2) + 1024);
    EXPECT_EQ(value("fabs(speed) + abs(speed)"), 4);
    EXPECT_EQ(value("gt(x, 1) and lt(speed, 0)"), 1);
    EXPECT_EQ(value("gt(x, 1) and gt(speed, 0) or ge(x, 3)"), 1);
    EXPECT_EQ(value("!eq(x, 3)"), 0);
    EXPECT_EQ(value("round(2.5) + floor(-0.5) + ceil(0.2)"), 3);
    EXPECT_EQ(value("sqrt(16) + log10(1000) + exp(0)"), 8);
    EXPECT_EQ(value("cos(pi)"), -1);
    EXPECT_EQ(value("cos (pi)"), -1);
}

TEST(ExpressionTest, Errors) {
    const char *const wrong[] = {"",       "1 +", "* 2",     "(1",        "1)",    "sin 1",
                                 "sin()",  "1 2", "max(1)",  "sin(1, 2)", "a b",   "1,2",
                                 "x and",  "$",   "1 $ 2",   "or 1",      "()",    "sin(",
                                 "max(,)", "--",  "1e400e(", "and",       "x sin", "(,)"};
    for (const char *text : wrong) {
        neural_fuzzy_expression *e = nullptr;
        EXPECT_EQ(neural_fuzzy_expression_create(text, &e), NEURAL_ERR_PARSE_ERROR) << text;
        EXPECT_EQ(e, nullptr);
    }
    neural_fuzzy_expression *e = nullptr;
    neural_fuzzy_expression_create("1 + + * 2", &e);
    EXPECT_STREQ(neural_last_error(), "column 7: expected a number, a name or (, found \"* 2\"");
    const std::pair<const char *, const char *> arguments[] = {
        {"1 + atan2(max(1, 2, 3))", "column 11: max takes 2 arguments, found 3"},
        {"atan2(max(1, 2), 3, 4)", "column 1: atan2 takes 2 arguments, found 3"},
        {"max(1) + sin(1, 2)", "column 1: max takes 2 arguments, found 1"},
        {"sin((1), 2)", "column 1: sin takes 1 argument, found 2"},
        {"max((1, 2))", "column 7: expected a comma within the ( ) of a function alone, found "
                        "\", 2))\""},
    };
    for (const auto &c : arguments) {
        EXPECT_EQ(neural_fuzzy_expression_create(c.first, &e), NEURAL_ERR_PARSE_ERROR) << c.first;
        EXPECT_STREQ(neural_last_error(), c.second);
    }
    EXPECT_EQ(value("max((min(1, 2)), (atan2(0, 1)))"), 1);
    EXPECT_EQ(neural_fuzzy_expression_create("x + height", &e), NEURAL_OK);
    EXPECT_EQ(neural_fuzzy_expression_bind(e, names, 3), NEURAL_ERR_PARSE_ERROR);
    EXPECT_STREQ(neural_last_error(),
                 "column 5: expected a variable of the system, found \"height\"");
    neural_fuzzy_expression_destroy(e);
    neural_fuzzy_expression_destroy(nullptr);
    EXPECT_EQ(neural_fuzzy_expression_create(nullptr, &e), NEURAL_ERR_NULL_POINTER);
}

TEST(ExpressionTest, AnyDepth) {
    const int depth = 200000;
    EXPECT_EQ(value(std::string(depth, '(') + "x" + std::string(depth, ')')), 3);
    EXPECT_EQ(value(std::string(depth, '-') + "x"), 3);
    std::string tower = "1";
    for (int i = 0; i < 50000; i++) {
        tower += "^1";
    }
    EXPECT_EQ(value(tower), 1);
}

TEST(ExpressionTest, Reads) {
    neural_fuzzy_expression *e = nullptr;
    ASSERT_EQ(neural_fuzzy_expression_create("speed * 2", &e), NEURAL_OK);
    ASSERT_EQ(neural_fuzzy_expression_bind(e, names, 3), NEURAL_OK);
    EXPECT_FALSE(neural_fuzzy_expression_reads(e, 0));
    EXPECT_TRUE(neural_fuzzy_expression_reads(e, 1));
    EXPECT_FALSE(neural_fuzzy_expression_reads(nullptr, 1));
    neural_fuzzy_expression_destroy(e);
}

TEST(ExpressionTest, FailedAllocations) {
    for (int64_t n = 1; n <= 5; n++) {
        neural_fuzzy_expression *e = nullptr;
        neural_alloc_fail_at(n);
        EXPECT_EQ(neural_fuzzy_expression_create("x + 1", &e), NEURAL_ERR_OUT_OF_MEMORY) << n;
        neural_alloc_fail_at(0);
        EXPECT_EQ(e, nullptr);
    }
}

} // namespace

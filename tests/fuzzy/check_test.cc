#include "fuzzy/check.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "core/base/allocations.h"
#include "tests/fuzzy/fll_testing.h"

namespace neural_test {
namespace {

struct DestroyReport {
    void operator()(neural_fuzzy_report *r) const { neural_fuzzy_report_destroy(r); }
};
using Report = std::unique_ptr<neural_fuzzy_report, DestroyReport>;

Report check(const System &system, int64_t samples = 0) {
    neural_fuzzy_report *report = nullptr;
    neural_fuzzy_system_check(system.get(), samples, &report);
    return Report(report);
}

std::vector<const neural_fuzzy_finding *> findings(const Report &report, neural_fuzzy_flaw flaw) {
    std::vector<const neural_fuzzy_finding *> found;
    for (int64_t i = 0; i < neural_fuzzy_report_findings(report.get()); i++) {
        const neural_fuzzy_finding *f = neural_fuzzy_report_finding(report.get(), i);
        if (f->flaw == flaw) {
            found.push_back(f);
        }
    }
    return found;
}

// Two inputs of 0 ... 10; terms lo 0 ... 4 and hi 6 ... 10 as given.
std::string two_inputs(const std::string &a, const std::string &b, const std::string &rules) {
    return "Engine: e\nInputVariable: a\n range: 0 10\n" + a + "InputVariable: b\n range: 0 10\n" +
           b +
           "OutputVariable: y\n range: 0 1\n defuzzifier: WeightedAverage\n term: k Constant 1\n"
           "RuleBlock: r\n conjunction: Minimum\n disjunction: Maximum\n" +
           rules;
}
const std::string split = " term: lo Rectangle -1 4\n term: hi Rectangle 6 11\n";

TEST(CheckTest, NothingWrong) {
    const System s = parse(two_inputs(" term: t Constant 1\n", " term: t Constant 1\n",
                                      " rule: if a is t and b is t then y is k\n"));
    const Report report = check(s);
    ASSERT_TRUE(report) << neural_last_error();
    EXPECT_EQ(neural_fuzzy_report_findings(report.get()), 0);
    EXPECT_EQ(neural_fuzzy_report_points(report.get()), 316 * 316);
    EXPECT_EQ(neural_fuzzy_report_finding(report.get(), 0), nullptr);
}

// Rules in two opposite corners: the two others and the cross between are one region.
TEST(CheckTest, OneRegionAndItsBox) {
    const System s = parse(two_inputs(split, split,
                                      " rule: if a is lo and b is lo then y is k\n"
                                      " rule: if a is hi and b is hi then y is k\n"));
    const Report report = check(s, 121); // 11 x 11: whole numbers
    const auto gaps = findings(report, NEURAL_FUZZY_NO_RULE_FIRES);
    ASSERT_EQ(gaps.size(), 1u);
    EXPECT_NEAR(gaps[0]->share, 1 - 50.0 / 121, 1e-15);
    EXPECT_EQ(gaps[0]->lower[0], 0);
    EXPECT_EQ(gaps[0]->upper[1], 10);
    EXPECT_STREQ(gaps[0]->variable, "y");
    double y = 0;
    ASSERT_EQ(neural_fuzzy_system_evaluate(s.get(), gaps[0]->point, 1, &y), NEURAL_OK);
    EXPECT_TRUE(std::isnan(y));
}

// Everywhere but in two corners of different size: two regions, the larger one first.
TEST(CheckTest, RegionsAreSeparate) {
    const System s = parse(
        two_inputs(" term: up Rectangle 3 11\n term: down Rectangle -1 8\n",
                   " term: up Rectangle 3 11\n"
                   " term: down Rectangle -1 8\n",
                   " rule: if (a is up or b is up) and (a is down or b is down) then y is k\n"));
    const Report report = check(s, 121);
    const auto gaps = findings(report, NEURAL_FUZZY_NO_RULE_FIRES);
    ASSERT_EQ(gaps.size(), 2u);
    EXPECT_NEAR(gaps[0]->share, 9.0 / 121, 1e-15);
    EXPECT_NEAR(gaps[1]->share, 4.0 / 121, 1e-15);
    EXPECT_EQ(gaps[0]->upper[0], 2);
    EXPECT_EQ(gaps[0]->point[0], 1);
    EXPECT_EQ(gaps[1]->lower[1], 9);
    EXPECT_EQ(std::string(gaps[0]->text),
              "output y: no rule fires at 9 points (7.438 %) within a = 0 ... 2, b = 0 ... 2; "
              "e.g. a = 1, b = 1");
}

TEST(CheckTest, UncoveredRanges) {
    const System s = parse(two_inputs(" term: lo Triangle 0 1 4.0\n term: hi Trapezoid 6 7 9 9.5\n",
                                      " term: t Constant 1\n",
                                      " rule: if a is lo and b is t then y is k\n"
                                      " rule: if a is hi then y is k\n"));
    const Report report = check(s);
    const auto found = findings(report, NEURAL_FUZZY_RANGE_UNCOVERED);
    ASSERT_EQ(found.size(), 3u);
    EXPECT_STREQ(found[0]->text, "input a: no term covers 0");
    EXPECT_NEAR(found[1]->minimum, 4, 1e-5);
    EXPECT_NEAR(found[1]->maximum, 6, 1e-5);
    EXPECT_NEAR(found[1]->point[0], 5, 1e-5);
    EXPECT_STREQ(found[2]->text, "input a: no term covers 9.5 ... 10");
}

// Two triangles that touch where no grid looks leave one point out.
TEST(CheckTest, TermsThatTouch) {
    const System s = parse(two_inputs(
        " term: lo Triangle -5 1 3.14159\n term: hi Triangle 3.14159 5 20\n",
        " term: t Constant 1\n",
        " rule: if a is lo and b is t then y is k\n rule: if a is hi and b is t then y is k\n"));
    const Report report = check(s);
    ASSERT_EQ(neural_fuzzy_report_findings(report.get()), 1);
    EXPECT_STREQ(neural_fuzzy_report_finding(report.get(), 0)->text,
                 "input a: no term covers 3.14159");
}

TEST(CheckTest, TermsRulesAndOutputs) {
    const System s =
        parse(two_inputs(split + " term: out Triangle 20 30 40\n term: idle Constant 1\n"
                                 " term: wide Constant 1\n",
                         split,
                         " rule: if a is out and b is lo then y is k\n"
                         " rule: if a is lo then y is k with 0\n"
                         " rule: if a is lo and a is hi then y is k\n"
                         " rule: if a is not wide then y is k\n"
                         " rule: if a is lo or a is out or b is any then y is k\n"
                         "OutputVariable: z\n term: none Constant 0\n"
                         "RuleBlock: off\n enabled: false\n rule: if b is hi then y is k\n"));
    ASSERT_TRUE(s) << neural_last_error();
    const Report report = check(s);
    ASSERT_TRUE(report) << neural_last_error();
    const auto never = findings(report, NEURAL_FUZZY_RULE_NEVER_FIRES);
    ASSERT_EQ(never.size(), 5u);
    EXPECT_STREQ(never[0]->text, "block r, rule 1 never fires, its condition is 0 over the whole "
                                 "ranges: if a is out and b is lo then y is k");
    EXPECT_EQ(never[1]->rule, 1);
    EXPECT_EQ(never[2]->rule, 2);
    EXPECT_EQ(never[3]->rule, 3);
    EXPECT_EQ(never[4]->block, 1);
    EXPECT_TRUE(findings(report, NEURAL_FUZZY_RULE_DID_NOT_FIRE).empty());
    const auto unused = findings(report, NEURAL_FUZZY_TERM_UNUSED);
    ASSERT_EQ(unused.size(), 2u);
    EXPECT_STREQ(unused[0]->text, "input a: no rule uses the term idle");
    EXPECT_STREQ(unused[1]->text, "output z: no rule uses the term none");
    const auto unwritten = findings(report, NEURAL_FUZZY_OUTPUT_UNWRITTEN);
    ASSERT_EQ(unwritten.size(), 1u);
    EXPECT_STREQ(unwritten[0]->variable, "z");
}

// Where the first rule that fires is the only one, a second one never is; nor are conditions met
// that exclude one another across inputs.
TEST(CheckTest, RulesThatDidNotFire) {
    const System s = parse(two_inputs(split, split,
                                      " activation: First 1 0\n"
                                      " rule: if a is any then y is k\n"
                                      " rule: if b is lo then y is k\n"
                                      "RuleBlock: all\n conjunction: Minimum\n"
                                      " rule: if a is lo and b is lo and a is hi then y is k\n"));
    ASSERT_TRUE(s) << neural_last_error();
    const Report report = check(s);
    const auto found = findings(report, NEURAL_FUZZY_RULE_DID_NOT_FIRE);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0]->block, 0);
    EXPECT_EQ(found[0]->rule, 1);
    EXPECT_EQ(found[1]->block, 1);
    EXPECT_STREQ(found[1]->text, "block all, rule 1 did not fire at any of 99856 points: if a is "
                                 "lo and b is lo and a is hi then y is k");
    EXPECT_TRUE(findings(report, NEURAL_FUZZY_RULE_NEVER_FIRES).empty());
}

// A term narrower than the grid: the rule is found at the term's peak.
TEST(CheckTest, NarrowTermsFire) {
    const System s = parse(two_inputs(" term: t Triangle 3.1401 3.1402 3.1403\n", split,
                                      " rule: if a is t and b is hi then y is k\n"));
    const Report report = check(s, 100);
    EXPECT_TRUE(findings(report, NEURAL_FUZZY_RULE_DID_NOT_FIRE).empty());
    EXPECT_EQ(findings(report, NEURAL_FUZZY_NO_RULE_FIRES)[0]->share, 1);
}

// Many inputs: points without a grid; infinite ranges stand around their terms.
TEST(CheckTest, ManyInputs) {
    std::string text = "Engine: e\n";
    for (int i = 0; i < 40; i++) {
        text +=
            "InputVariable: x" + std::to_string(i) + "\n term: lo Ramp 5 1\n term: hi Ramp 3 7\n";
    }
    text += "OutputVariable: y\n defuzzifier: WeightedSum\n term: k Constant 1\n"
            "RuleBlock: r\n rule: if x0 is lo then y is k\n";
    const System s = parse(text);
    const Report report = check(s, 5000);
    ASSERT_TRUE(report) << neural_last_error();
    EXPECT_EQ(neural_fuzzy_report_points(report.get()), 5000);
    const auto gaps = findings(report, NEURAL_FUZZY_NO_RULE_FIRES);
    ASSERT_EQ(gaps.size(), 1u);
    // x0 spans .4 ... 7.6 and fires below 5
    EXPECT_NEAR(gaps[0]->share, 2.6 / 7.2, 0.01);
    EXPECT_NEAR(gaps[0]->upper[39], 7.6, 0.01);
    EXPECT_EQ(findings(report, NEURAL_FUZZY_TERM_UNUSED).size(), 79u);
}

TEST(CheckTest, EveryPartAndRefusals) {
    const Norms norms = {"Maximum", "Minimum", "Maximum", "Minimum", "Highest 1"};
    const System s = parse(every_part(norms));
    EXPECT_TRUE(check(s, 1000));
    EXPECT_FALSE(check(s, -1));
    EXPECT_FALSE(check(s, 10000001));
    neural_fuzzy_report *report = nullptr;
    EXPECT_EQ(neural_fuzzy_system_check(nullptr, 0, &report), NEURAL_ERR_NULL_POINTER);
    const System empty = parse("Engine: e\n");
    EXPECT_TRUE(check(empty));
    neural_fuzzy_report_destroy(nullptr);
}

// Systems with any change of their text that is accepted: a report, or a status.
TEST(CheckTest, Mutations) {
    const Norms norms = {"Maximum", "Minimum", "Maximum", "Minimum", "General"};
    const std::string good = every_part(norms);
    std::mt19937 random(23);
    int accepted = 0;
    for (int round = 0; round < 1500; round++) {
        std::string text = good;
        for (int edits = 1 + int(random() % 3); edits > 0; edits--) {
            const size_t at = text.find_first_of("0123456789", random() % (text.size() - 200));
            if (random() % 16) {
                text[at] = "0123456789.-"[random() % 12];
            } else {
                text.erase(at, random() % 30);
            }
        }
        const System s = parse(text);
        if (!s || !check(s, 64)) {
            EXPECT_NE(neural_last_error_code(), NEURAL_OK);
            continue;
        }
        const Report report = check(s, 64);
        for (int64_t i = 0; i < neural_fuzzy_report_findings(report.get()); i++) {
            const neural_fuzzy_finding *f = neural_fuzzy_report_finding(report.get(), i);
            EXPECT_NE(f->text[0], 0);
            EXPECT_NE(neural_fuzzy_flaw_name(f->flaw), nullptr);
        }
        accepted++;
    }
    EXPECT_GT(accepted, 100);
}

TEST(CheckTest, FailedAllocations) {
    int64_t n = 1;
    for (; n < 200; n++) {
        const System s = parse(two_inputs(split, split, " rule: if a is lo then y is k\n"));
        neural_alloc_fail_at(n);
        const Report report = check(s, 100);
        neural_alloc_fail_at(0);
        if (report) {
            break;
        }
        EXPECT_EQ(neural_last_error_code(), NEURAL_ERR_OUT_OF_MEMORY);
    }
    EXPECT_GT(n, 3);
    EXPECT_LT(n, 200);
}

} // namespace
} // namespace neural_test

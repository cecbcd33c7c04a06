#include "fuzzy/fll.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "core/base/allocations.h"
#include "tests/fuzzy/fll_testing.h"

namespace neural_test {
namespace {

const Norms plain = {"Maximum", "Minimum", "Maximum", "Minimum", "General"};

// What our writer gives is read as the same system, and written as the same text.
TEST(FllTest, RoundTrip) {
    for (const char *activation : {"General", "First 2 0.25", "Last 1 0", "Highest 3", "Lowest 1",
                                   "Proportional", "Threshold != 0.5"}) {
        Norms norms = plain;
        norms.activation = activation;
        const System first = parse(every_part(norms));
        ASSERT_TRUE(first) << neural_last_error();
        const std::string text = text_of(first);
        const System second = parse(text);
        ASSERT_TRUE(second) << neural_last_error();
        EXPECT_EQ(text_of(second), text);
        EXPECT_NE(text.find(std::string("activation: ") + activation), std::string::npos) << text;
        const double x[] = {0.3, -0.4, 1.7, 0.9};
        double a[12], b[12];
        ASSERT_EQ(neural_fuzzy_system_evaluate(first.get(), x, 2, a), NEURAL_OK);
        ASSERT_EQ(neural_fuzzy_system_evaluate(second.get(), x, 2, b), NEURAL_OK);
        for (int i = 0; i < 12; i++) {
            EXPECT_TRUE(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])));
        }
    }
}

TEST(FllTest, WhatIsWritten) {
    const System s = parse("# a heater\r\nEngine:  heater  \n  description: keeps warm\n\n"
                           "InputVariable: cold # how cold\n  enabled: false\n  range: 0.000 30.0\n"
                           "  lock-range: true\n  term: low Triangle -inf 0 1e1 0.5\n"
                           "OutputVariable: power\n  range: 0 0.1\n  accumulation: BoundedSum\n"
                           "  defuzzifier: ExactCentroid\n  default: 0.1\n  lock-valid: true\n"
                           "  term: on Discrete 0 0 0.1 1\n"
                           "RuleBlock: \n  implication: Minimum\n"
                           "  rule:  if  cold is   low then power is on with 0.50  \n");
    ASSERT_TRUE(s) << neural_last_error();
    EXPECT_EQ(text_of(s),
              "Engine: heater\n  description: keeps warm\nInputVariable: cold\n  enabled: false\n"
              "  range: 0 30\n  lock-range: true\n  term: low Triangle -inf 0 10 0.5\n"
              "OutputVariable: power\n  enabled: true\n  range: 0 0.1\n  lock-range: false\n"
              "  aggregation: BoundedSum\n  defuzzifier: ExactCentroid\n  default: 0.1\n"
              "  lock-previous: true\n  term: on Discrete 0 0 0.1 1\nRuleBlock: \n"
              "  enabled: true\n  conjunction: none\n  disjunction: none\n"
              "  implication: Minimum\n  activation: General\n"
              "  rule: if cold is low then power is on with 0.50\n");
    char little[8];
    EXPECT_GT(neural_fuzzy_fll_text(s.get(), little, 8), 8);
    EXPECT_STREQ(little, "Engine:");
}

TEST(FllTest, ErrorsNameLineAndColumn) {
    const std::string in = "Engine: e\nInputVariable: a\n";
    const std::string all = in + "  term: lo Ramp 0 1\nOutputVariable: y\n  term: t Constant 1\n";
    const std::pair<std::string, const char *> cases[] = {
        {"\n  hello\n", "text:2:3: expected key: value, found \"hello\""},
        {"range: 0 1", "text:1:1: expected Engine, InputVariable, OutputVariable or RuleBlock, "
                       "found \"range\""},
        {in + "  rang: 0 1",
         "text:3:3: expected a property of input variables, found \"rang\"; did "
         "you mean range?"},
        {all + "  agregation: Maximum", "text:6:3: expected a property of output variables, found "
                                        "\"agregation\"; did you mean aggregation?"},
        {all + "RuleBlok: b", "text:6:1: expected a property of output variables, found "
                              "\"RuleBlok\""},
        {"OutputVariabel: b", "text:1:1: expected Engine, InputVariable, OutputVariable or "
                              "RuleBlock, found \"OutputVariabel\"; did you mean "
                              "OutputVariable?"},
        {in + "  range: 0 one", "text:3:12: expected a number, found \"one\""},
        {in + "  range: 1 0", "text:3:12: expected minimum <= maximum, found \"0\""},
        {in + "  range: 0 1 2", "text:3:14: expected the end of the line, found \"2\""},
        {in + "  term: t Triangel 0 1 2", "text:3:11: unknown shape Triangel; did you mean "
                                          "Triangle?"},
        {in + "  term: t Triangle 0 1", "text:3:9: term t: Triangle: 2 parameters, expected 3"},
        {in + "  term: t Triangle 0 x 2", "text:3:22: expected a number, found \"x\""},
        {in + "  term: f Function 1 + zz", "text:3:24: expected a variable of the system, found "
                                           "\"zz\""},
        {in + "  term: f Function 1 + * 2", "text:3:24: expected a number, a name or (, found "
                                            "\"* 2\""},
        {in + "InputVariable: a", "text:3:16: variable a: there is one of that name"},
        {all + "  default: x", "text:6:12: expected a number, found \"x\""},
        {all + "  aggregation: Minimum", "text:6:16: expected an S-norm, found \"Minimum\""},
        {all + "  defuzzifier: Centroid 0", "text:6:25: expected a whole number up to 1000000, "
                                            "found \"0\""},
        {all + "RuleBlock: b\n rule: if a is low then y is t", "text:7:16: expected a term of a, "
                                                               "found \"low\""},
    };
    for (const auto &c : cases) {
        EXPECT_FALSE(parse(c.first)) << c.first;
        const std::string found = neural_last_error();
        EXPECT_EQ(found.substr(0, std::string(c.second).size()), c.second);
    }
    EXPECT_FALSE(parse(std::string("Engine: a\n x\0y: 1\n", 18)));
    EXPECT_STREQ(neural_last_error(), "text:2:3: a NUL byte");
}

// Any bytes: a status or a system that can be written, read again and evaluated.
TEST(FllTest, Mutations) {
    const std::string good = every_part(plain);
    std::mt19937 random(11);
    const char pieces[] = "()#:\n -.09aInfe\0\xff^";
    int accepted = 0;
    for (int round = 0; round < 4000; round++) {
        std::string text = good;
        for (int edits = 1 + int(random() % 3); edits > 0; edits--) {
            const size_t at = random() % text.size(), len = random() % 12;
            if (random() % 3 == 0) {
                text.erase(at, len);
            } else if (random() % 2) {
                text.insert(at, text.substr(random() % text.size(), 2 * len));
            } else {
                text[at] = pieces[random() % (sizeof pieces - 1)];
            }
        }
        const System s = parse(text);
        if (!s) {
            EXPECT_EQ(neural_last_error_code(), NEURAL_ERR_PARSE_ERROR) << neural_last_error();
            continue;
        }
        accepted++;
        const std::string once = text_of(s);
        const System again = parse(once);
        ASSERT_TRUE(again) << neural_last_error() << "\n" << once;
        EXPECT_EQ(text_of(again), once);
        std::vector<double> x(size_t(neural_fuzzy_system_inputs(s.get())), 0.5);
        std::vector<double> out(size_t(neural_fuzzy_system_outputs(s.get())));
        x.push_back(0);
        out.push_back(0);
        neural_fuzzy_system_evaluate(s.get(), x.data(), 1, out.data());
    }
    EXPECT_GT(accepted, 100);
    EXPECT_LT(accepted, 3900);
}

TEST(FllTest, FailedAllocations) {
    const std::string text = every_part(plain);
    int64_t n = 1;
    for (; n < 2000; n++) {
        neural_alloc_fail_at(n);
        const System s = parse(text);
        neural_alloc_fail_at(0);
        if (s) {
            break;
        }
        EXPECT_EQ(neural_last_error_code(), NEURAL_ERR_OUT_OF_MEMORY) << neural_last_error();
    }
    EXPECT_GT(n, 100);
    EXPECT_LT(n, 2000);
}

TEST(FllTest, Files) {
    const std::string path = testing::TempDir() + "/parts.fll";
    const System s = parse(every_part(plain));
    ASSERT_EQ(neural_fuzzy_fll_save(s.get(), path.c_str()), NEURAL_OK) << neural_last_error();
    neural_fuzzy_system *loaded = nullptr;
    ASSERT_EQ(neural_fuzzy_fll_load(path.c_str(), &loaded), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(text_of(System(loaded)), text_of(s));
    EXPECT_EQ(neural_fuzzy_fll_load("/nowhere/x.fll", &loaded), NEURAL_ERR_FILE_NOT_FOUND);
}

// --- against fuzzylite, where it is installed ---

const char *const program = "/usr/bin/fuzzylite";

bool is_there(const std::string &path) {
    return std::ifstream(path).good();
}

// Lets fuzzylite evaluate the file on a grid and compares; returns how many values.
int64_t compare(const std::string &fll, int values) {
    const std::string fld = testing::TempDir() + "/grid.fld";
    const std::string command = std::string(program) + " -i '" + fll + "' -if fll -of fld -o '" +
                                fld + "' -decimals 17 -values " + std::to_string(values) +
                                " -scope AllVariables > /dev/null 2>&1";
    neural_fuzzy_system *raw = nullptr;
    EXPECT_EQ(neural_fuzzy_fll_load(fll.c_str(), &raw), NEURAL_OK) << neural_last_error();
    const System s(raw);
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    std::ifstream in(fld);
    std::string line;
    std::getline(in, line);
    const size_t inputs = size_t(neural_fuzzy_system_inputs(raw));
    const size_t outputs = size_t(neural_fuzzy_system_outputs(raw));
    std::vector<double> x(inputs), out(outputs);
    int64_t count = 0;
    while (std::getline(in, line) && !line.empty()) {
        char *at = &line[0];
        for (double &value : x) {
            value = std::strtod(at, &at);
        }
        EXPECT_EQ(neural_fuzzy_system_evaluate(raw, x.data(), 1, out.data()), NEURAL_OK);
        for (double value : out) {
            const double want = std::strtod(at, &at);
            EXPECT_EQ(std::isnan(value), std::isnan(want)) << fll << " " << line;
            EXPECT_FALSE(std::fabs(value - want) > 1e-9) << fll << " " << line;
            count++;
        }
    }
    return count;
}

TEST(FllTest, ExamplesOfFuzzylite) {
    const char *const examples[] = {"hybrid/ObstacleAvoidance",
                                    "hybrid/tipper",
                                    "mamdani/AllTerms",
                                    "mamdani/Laundry",
                                    "mamdani/ObstacleAvoidance",
                                    "mamdani/SimpleDimmer",
                                    "mamdani/SimpleDimmerChained",
                                    "mamdani/SimpleDimmerInverse",
                                    "mamdani/octave/investment_portfolio",
                                    "mamdani/octave/mamdani_tip_calculator",
                                    "takagi-sugeno/ObstacleAvoidance",
                                    "takagi-sugeno/SimpleDimmer",
                                    "takagi-sugeno/approximation",
                                    "takagi-sugeno/octave/cubic_approximator",
                                    "takagi-sugeno/octave/heart_disease_risk",
                                    "takagi-sugeno/octave/linear_tip_calculator",
                                    "takagi-sugeno/octave/sugeno_tip_calculator",
                                    "tsukamoto/tsukamoto"};
    int found = 0;
    int64_t values = 0;
    for (const char *example : examples) {
        for (const char *folder : {"", "original/"}) {
            const std::string path =
                std::string("/usr/share/doc/fuzzylite/examples/") + folder + example + ".fll";
            if (is_there(program) && is_there(path)) {
                found++;
                values += compare(path, 1024);
            }
        }
    }
    std::printf("fuzzylite: %d example systems, %lld values compared\n", found, (long long)values);
}

TEST(FllTest, OurSystemsInFuzzylite) {
    const Norms all[] = {
        plain,
        {"AlgebraicSum", "AlgebraicProduct", "AlgebraicSum", "AlgebraicProduct", "Proportional"},
        {"BoundedSum", "BoundedDifference", "BoundedSum", "BoundedDifference", "Highest 2"},
        {"DrasticSum", "DrasticProduct", "DrasticSum", "DrasticProduct", "Lowest 2"},
        {"EinsteinSum", "EinsteinProduct", "EinsteinSum", "EinsteinProduct", "First 2 0.2"},
        {"HamacherSum", "HamacherProduct", "HamacherSum", "HamacherProduct", "Last 1 0.1"},
        {"NilpotentMaximum", "NilpotentMinimum", "NilpotentMaximum", "NilpotentMinimum",
         "Threshold >= 0.3"},
        {"NormalizedSum", "Minimum", "NormalizedSum", "Minimum", "Threshold < 0.3"},
        {"UnboundedSum", "Minimum", "Maximum", "AlgebraicProduct", "General"},
        {"Maximum", "Minimum", "Maximum", "AlgebraicProduct", "General"},
    };
    int64_t values = 0;
    for (const Norms &norms : all) {
        const std::string path = testing::TempDir() + "/ours.fll";
        std::ofstream(path) << text_of(parse(every_part(norms)));
        if (is_there(program)) {
            values += compare(path, 900);
        }
    }
    std::printf("fuzzylite: %lld values of our systems compared\n", (long long)values);
}

} // namespace
} // namespace neural_test

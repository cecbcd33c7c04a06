// Neuro-fuzzy systems as fuzzy systems, and back: the engine of fuzzy/ is the oracle.
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "core/autograd/gradcheck.h"
#include "core/autograd/tape.h"
#include "fuzzy/fll.h"
#include "tests/train/anfis_testing.h"
#include "train/anfis.h"
#include <gtest/gtest.h>

namespace {

using namespace anfis_testing;

System parse(const std::string &text) {
    neural_fuzzy_system *s = nullptr;
    EXPECT_EQ(neural_fuzzy_fll_parse("test", text.data(), int64_t(text.size()), &s), NEURAL_OK)
        << neural_last_error();
    return System(s);
}

// Through its text, as a file would.
System exported(const Anfis &a) {
    neural_fuzzy_system *s = nullptr;
    EXPECT_EQ(neural_anfis_to_system(a.get(), &s), NEURAL_OK) << neural_last_error();
    const System owned(s);
    std::vector<char> text(size_t(neural_fuzzy_fll_text(s, nullptr, 0)) + 1);
    neural_fuzzy_fll_text(s, text.data(), int64_t(text.size()));
    return parse(text.data());
}

Anfis imported(const System &s) {
    neural_anfis *a = nullptr;
    EXPECT_EQ(neural_anfis_from_system(s.get(), &a), NEURAL_OK) << neural_last_error();
    return Anfis(a);
}

std::vector<double> evaluate(const System &s, const Data &d) {
    std::vector<double> out(size_t(d.rows * d.outputs));
    EXPECT_EQ(neural_fuzzy_system_evaluate(s.get(), d.x.data(), d.rows, out.data()), NEURAL_OK)
        << neural_last_error();
    return out;
}

void expect_near(const std::vector<double> &a, const std::vector<double> &b, double tolerance) {
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); i++) {
        ASSERT_NEAR(a[i], b[i], tolerance) << i;
    }
}

void train(const Anfis &a, const Data &d, int64_t epochs) {
    const Optimizer optimizer = adam(a, 0.02);
    const neural_anfis_data data = d;
    neural_anfis_fit_options o = neural_anfis_fit_default();
    neural_anfis_result result;
    o.epochs = epochs;
    ASSERT_EQ(neural_anfis_fit(a.get(), &data, nullptr, optimizer.get(), &o, &result), NEURAL_OK)
        << neural_last_error();
}

// Rows inside and far outside the range of the data.
Data beyond(Data d) {
    for (double &x : d.x) {
        x *= 2.5;
    }
    return d;
}

TEST(anfis_system, the_engine_gives_the_same_outputs) {
    const Data d = smooth(300, 2, 2), other = smooth(500, 2, 2, 8);
    for (int partition = 0; partition < 3; partition++) {
        for (neural_fuzzy_shape shape : {NEURAL_FUZZY_GAUSSIAN, NEURAL_FUZZY_BELL,
                                         NEURAL_FUZZY_TRIANGLE, NEURAL_FUZZY_TRAPEZOID}) {
            for (int order : {0, 1}) {
                const int64_t terms[] = {3, 2};
                const neural_anfis_data data = d;
                neural_anfis_options o = neural_anfis_default();
                neural_anfis *made = nullptr;
                o.partition = neural_anfis_partition(partition);
                o.shape = shape;
                o.order = order;
                o.terms = terms;
                ASSERT_EQ(neural_anfis_create(&data, &o, &made), NEURAL_OK) << neural_last_error();
                const Anfis a(made);
                train(a, d, 25);
                SCOPED_TRACE(std::to_string(partition) + neural_fuzzy_shape_name(shape));
                const System s = exported(a);
                for (const Data &rows : {d, other, beyond(other)}) {
                    expect_near(predict(a, rows), evaluate(s, rows), 1e-9);
                }
                expect_near(predict(imported(s), other), evaluate(s, other), 1e-9);
            }
        }
    }
}

const char fan[] = "Engine: fan\n"
                   "InputVariable: cold\n  enabled: true\n  range: 0 30\n"
                   "  term: low Triangle 0 0 15\n  term: mid Triangle 0 15 30 0.5\n"
                   "  term: high Trapezoid 15 30 inf inf\n"
                   "InputVariable: wet\n  range: -inf inf\n"
                   "  term: dry Gaussian 20 -10\n  term: damp Bell 60 20 3\n"
                   "OutputVariable: power\n  range: 0 1\n  default: 0.25\n"
                   "  defuzzifier: WeightedAverage\n"
                   "  term: off Constant 0.1\n  term: by Linear 0.5 0.25 -1\n"
                   "  term: half Linear 0.5 2\n"
                   "OutputVariable: lamp\n  range: 0 9\n  default: nan\n"
                   "  defuzzifier: WeightedAverage TakagiSugeno\n  term: on Constant 8\n"
                   "  term: dim Constant 2\n"
                   "RuleBlock: one\n  conjunction: AlgebraicProduct\n  activation: General\n"
                   "  rule: if cold is low and wet is dry then power is by and lamp is on\n"
                   "  rule: if cold is mid then power is off and lamp is dim with 0.3\n"
                   "  rule: if wet is damp and cold is any then power is half and lamp is on\n"
                   "  rule: if cold is high and wet is dry then power is by and lamp is dim\n";

TEST(anfis_system, a_written_system_computes_the_same) {
    const System s = parse(fan);
    const Anfis a = imported(s);
    EXPECT_EQ(neural_anfis_inputs(a.get()), 2);
    EXPECT_EQ(neural_anfis_outputs(a.get()), 2);
    EXPECT_EQ(neural_anfis_terms(a.get()), 5);
    EXPECT_EQ(neural_anfis_rules(a.get()), 4);
    Data d = {0, 2, 2, {}, {}};
    for (double cold = -0.25; cold <= 35; cold += 0.5) {
        for (double wet = 0; wet <= 100; wet += 3.7) {
            d.x.insert(d.x.end(), {cold, wet});
            d.rows++;
        }
    }
    expect_near(predict(a, d), evaluate(s, d), 1e-9);
    expect_near(evaluate(exported(a), d), evaluate(s, d), 1e-9);
}

// The same system with Minimum, and what it computes and learns.
TEST(anfis_system, and_may_be_the_minimum) {
    std::string text = fan;
    text.replace(text.find("AlgebraicProduct"), 16, "Minimum");
    text.replace(text.find("nan"), 3, "1");
    const System s = parse(text);
    const Anfis a = imported(s);
    Data d = {0, 2, 2, {}, {}};
    for (double cold = -0.25; cold <= 35; cold += 1.3) {
        for (double wet = 0.1; wet <= 100; wet += 3.7) {
            d.x.insert(d.x.end(), {cold, wet});
            d.y.insert(d.y.end(), {std::sin(cold / 10) * wet / 80, cold / 5});
            d.rows++;
        }
    }
    expect_near(predict(a, d), evaluate(s, d), 1e-9);
    neural_tensor *x = nullptr;
    const int64_t dims[] = {12, 2};
    ASSERT_EQ(neural_tensor_from_data(&d.x[600], 12 * 16, 2, dims, NEURAL_DTYPE_F64, &x),
              NEURAL_OK);
    ASSERT_EQ(neural_tensor_set_requires_grad(x, 1), NEURAL_OK);
    neural_tensor *inputs[] = {premise(a), consequent(a), x};
    EXPECT_EQ(neural_gradcheck(
                  [](void *context, neural_tensor *const *in, int, neural_tensor **out) {
                      return neural_anfis_forward(static_cast<neural_anfis *>(context), in[2], out);
                  },
                  a.get(), inputs, 3, nullptr, nullptr),
              NEURAL_OK)
        << neural_last_error();
    neural_tensor_release(x);
    const double before = rmse(a, d);
    train(a, d, 30);
    EXPECT_LT(rmse(a, d), 0.2 * before);
    expect_near(predict(a, d), evaluate(exported(a), d), 1e-9);
}

// fuzzylite's own examples, where Debian's package is installed: those that fit compute the same.
TEST(anfis_system, fuzzylite_examples_compute_the_same) {
    int found = 0;
    for (const char *name : {"SimpleDimmer", "octave/cubic_approximator",
                             "octave/heart_disease_risk", "octave/linear_tip_calculator"}) {
        const std::string path =
            std::string("/usr/share/doc/fuzzylite/examples/takagi-sugeno/") + name + ".fll";
        if (access(path.c_str(), R_OK) != 0) {
            continue;
        }
        neural_fuzzy_system *made = nullptr;
        ASSERT_EQ(neural_fuzzy_fll_load(path.c_str(), &made), NEURAL_OK) << neural_last_error();
        const System s(made);
        const Anfis a = imported(s);
        Data d = {400, neural_fuzzy_system_inputs(made), neural_fuzzy_system_outputs(made), {}, {}};
        std::mt19937_64 random(6);
        for (int64_t i = 0; i < d.rows * d.inputs; i++) {
            const neural_fuzzy_variable *v = neural_fuzzy_system_input(made, i % d.inputs);
            d.x.push_back(std::uniform_real_distribution<double>(v->minimum, v->maximum)(random));
        }
        const std::vector<double> got = predict(a, d), want = evaluate(s, d);
        for (size_t i = 0; i < got.size(); i++) { // NaN: the default where no rule fires
            EXPECT_TRUE(std::isnan(want[i]) || std::fabs(got[i] - want[i]) < 1e-9)
                << name << " " << i << ": " << got[i] << " " << want[i];
        }
        found++;
    }
    std::printf("%d systems of fuzzylite's compared\n", found);
}

TEST(anfis_system, where_no_rule_fires_the_default_comes_out) {
    std::string text = fan;
    text.replace(text.find("nan"), 3, "4.5");
    const Data far = {1, 2, 2, {-100, 1e6}, {}};
    const Anfis a = imported(parse(text));
    expect_near(predict(a, far), {0.25, 4.5}, 1e-15);
    expect_near(evaluate(exported(a), far), {0.25, 4.5}, 1e-15);
}

TEST(anfis_system, a_written_system_learns) {
    const System s = parse(fan);
    const Anfis a = imported(s);
    Data d = {0, 2, 2, {}, {}};
    for (double cold = 1; cold <= 30; cold += 2) {
        for (double wet = 5; wet <= 80; wet += 7) {
            d.x.insert(d.x.end(), {cold, wet});
            d.y.insert(d.y.end(), {std::sin(cold / 10) * wet / 80, cold / 5});
            d.rows++;
        }
    }
    const double before = rmse(a, d);
    train(a, d, 50);
    EXPECT_LT(rmse(a, d), 0.1 * before);
    expect_near(predict(a, d), evaluate(exported(a), d), 1e-9);
}

TEST(anfis_system, what_does_not_fit_is_named) {
    const struct {
        const char *from, *to, *message;
    } cases[] = {
        {"AlgebraicProduct", "EinsteinProduct", "\"and\" is EinsteinProduct"},
        {"low and", "low or", "expected no or"},
        {"cold is mid", "cold is very mid", "has hedges"},
        {"Gaussian 20 -10", "Cosine 20 10", "term dry is Cosine"},
        {"Gaussian 20 -10", "Gaussian 20 0", "numbers above 0"},
        {"Bell 60 20 3", "Bell 60 20 -3", "numbers above 0"},
        {"Triangle 0 0 15", "Triangle 5 0 15", "increasing parameters"},
        {"30 inf inf", "inf inf inf", "the second one finite"},
        {"15 30 0.5", "15 30 -0.5", "expected above 0"},
        {"Constant 8", "Triangle 1 2 3", "expected Constant or Linear"},
        {"by and lamp is on", "by", "does not conclude every output"},
        {"power is by and lamp is on", "lamp is on and power is by", "in order"},
        {"if cold is mid", "if lamp is dim", "asks for an output"},
        {"General", "First 1 0", "not activated as General"},
        {"enabled: true", "enabled: false", "disabled"},
        {"WeightedAverage\n", "WeightedSum\n", "no plain WeightedAverage"},
    };
    for (const auto &c : cases) {
        std::string text = fan;
        const size_t at = text.find(c.from);
        ASSERT_NE(at, std::string::npos) << c.from;
        text.replace(at, std::strlen(c.from), c.to);
        if (std::string(c.to) == "low or") {
            text.replace(text.find("  activation"), 0, "  disjunction: Maximum\n");
        }
        neural_anfis *a = nullptr;
        EXPECT_EQ(neural_anfis_from_system(parse(text).get(), &a), NEURAL_ERR_INVALID_ARGUMENT)
            << c.to;
        EXPECT_NE(std::string(neural_last_error()).find(c.message), std::string::npos)
            << c.to << ": " << neural_last_error();
        neural_anfis_destroy(a);
    }
}

TEST(anfis_system, names_are_the_callers) {
    const Data d = smooth(20);
    const neural_anfis_data data = d;
    const int64_t terms[] = {2, 1};
    const char *const inputs[] = {"heat", nullptr}, *const outputs[] = {"size"};
    neural_anfis_options o = neural_anfis_default();
    o.terms = terms;
    o.input_names = inputs;
    o.output_names = outputs;
    neural_anfis *made = nullptr;
    ASSERT_EQ(neural_anfis_create(&data, &o, &made), NEURAL_OK);
    const Anfis a(made);
    const System s = exported(a);
    EXPECT_STREQ(neural_fuzzy_system_input(s.get(), 0)->name, "heat");
    EXPECT_STREQ(neural_fuzzy_system_input(s.get(), 1)->name, "x2");
    EXPECT_STREQ(neural_fuzzy_system_output(s.get(), 0)->name, "size");
}

// Two clouds far apart are two rules, wherever the generator starts.
TEST(anfis_system, clusters_are_found) {
    Data d = {40, 2, 1, {}, {}};
    for (int i = 0; i < 40; i++) {
        const double side = i % 2 ? 10 : 0;
        d.x.insert(d.x.end(), {side + 0.01 * i, side - 0.02 * i});
        d.y.push_back(side);
    }
    for (neural_anfis_partition partition : {NEURAL_ANFIS_SUBTRACTIVE, NEURAL_ANFIS_K_MEANS}) {
        const neural_anfis_data data = d;
        neural_anfis_options o = neural_anfis_default();
        o.partition = partition;
        o.shape = NEURAL_FUZZY_GAUSSIAN;
        o.clusters = 2;
        std::vector<double> first;
        for (uint64_t seed : {1, 1, 2}) {
            neural_anfis *made = nullptr;
            o.seed = seed;
            ASSERT_EQ(neural_anfis_create(&data, &o, &made), NEURAL_OK) << neural_last_error();
            const Anfis a(made);
            ASSERT_EQ(neural_anfis_rules(a.get()), 2);
            const double *p = values(premise(a));
            const double low = std::min(p[0], p[4]), high = std::max(p[0], p[4]);
            EXPECT_LT(low, 0.05);
            EXPECT_GT(high, 0.9);
            const std::vector<double> now(p, p + 16);
            first = first.empty() ? now : first;
            EXPECT_TRUE(seed == 2 || now == first);
        }
    }
}

} // namespace

#include "fuzzy/mamdani.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "core/base/allocations.h"

namespace {

const double inf = std::numeric_limits<double>::infinity();

TEST(MamdaniTest, Memberships) {
    EXPECT_EQ(neural_fuzzy_triangular(0, 0, 5, 10), 0);
    EXPECT_EQ(neural_fuzzy_triangular(2.5, 0, 5, 10), 0.5);
    EXPECT_EQ(neural_fuzzy_triangular(5, 0, 5, 10), 1);
    EXPECT_EQ(neural_fuzzy_triangular(9, 0, 5, 10), 0.2);
    EXPECT_EQ(neural_fuzzy_triangular(-1, 0, 5, 10), 0);
    EXPECT_EQ(neural_fuzzy_triangular(11, 0, 5, 10), 0);
    EXPECT_EQ(neural_fuzzy_trapezoidal(1, 0, 2, 4, 8), 0.5);
    EXPECT_EQ(neural_fuzzy_trapezoidal(3, 0, 2, 4, 8), 1);
    EXPECT_EQ(neural_fuzzy_trapezoidal(7, 0, 2, 4, 8), 0.25);
    // shoulders, infinite ends, a single point
    EXPECT_EQ(neural_fuzzy_triangular(0, 0, 0, 5), 1);
    EXPECT_EQ(neural_fuzzy_triangular(5, 0, 5, 5), 1);
    EXPECT_EQ(neural_fuzzy_trapezoidal(0, 0, 0, 2, 4), 1);
    EXPECT_EQ(neural_fuzzy_trapezoidal(-1e300, -inf, 0, 2, 4), 1);
    EXPECT_EQ(neural_fuzzy_trapezoidal(1e300, 0, 1, 2, inf), 1);
    EXPECT_EQ(neural_fuzzy_triangular(3, 3, 3, 3), 1);
    EXPECT_EQ(neural_fuzzy_triangular(3.0001, 3, 3, 3), 0);
    EXPECT_EQ(neural_fuzzy_trapezoidal(-inf, -inf, -inf, 2, 4), 1);
    EXPECT_TRUE(std::isnan(neural_fuzzy_triangular(NAN, 0, 1, 2)));
    EXPECT_EQ(neural_fuzzy_gaussian(3, 3, 2), 1);
    EXPECT_NEAR(neural_fuzzy_gaussian(5, 3, 2), std::exp(-0.5), 1e-16);
    EXPECT_EQ(neural_fuzzy_gaussian(3, 3, 0), 0);
    EXPECT_EQ(neural_fuzzy_gaussian(3, 3, -1), 0);
    EXPECT_TRUE(std::isnan(neural_fuzzy_gaussian(NAN, 3, 1)));
}

TEST(MamdaniTest, Connectives) {
    EXPECT_EQ(neural_fuzzy_and(0.25, 0.5), 0.25);
    EXPECT_EQ(neural_fuzzy_and(0.5, 0.25), 0.25);
    EXPECT_EQ(neural_fuzzy_or(0.25, 0.5), 0.5);
    EXPECT_EQ(neural_fuzzy_not(0.25), 0.75);
    EXPECT_TRUE(std::isnan(neural_fuzzy_and(NAN, 0)));
    EXPECT_TRUE(std::isnan(neural_fuzzy_and(0, NAN)));
    EXPECT_TRUE(std::isnan(neural_fuzzy_or(1, NAN)));
}

TEST(MamdaniTest, Defuzzifiers) {
    const double x[] = {0, 1, 2, 3, 4}, y[] = {0, 0.5, 1, 1, 0.5}, zero[5] = {};
    EXPECT_NEAR(neural_fuzzy_centroid(x, y, 5), (0.5 + 2 + 3 + 2) / 3, 1e-15);
    EXPECT_EQ(neural_fuzzy_bisector(x, y, 5), 2);
    EXPECT_EQ(neural_fuzzy_mean_of_maximum(x, y, 5), 2.5);
    for (auto *f : {neural_fuzzy_centroid, neural_fuzzy_bisector, neural_fuzzy_mean_of_maximum}) {
        EXPECT_EQ(f(x, zero, 5), 0);
        EXPECT_EQ(f(nullptr, nullptr, 0), 0);
        EXPECT_EQ(f(x + 3, y + 3, 1), 3);
    }
}

struct Destroy {
    void operator()(neural_mamdani *s) const { neural_mamdani_destroy(s); }
};
using System = std::unique_ptr<neural_mamdani, Destroy>;

System create(int64_t inputs, int64_t resolution, int method) {
    neural_mamdani *s = nullptr;
    neural_mamdani_create(inputs, resolution, neural_mamdani_method(method), &s);
    return System(s);
}

int64_t input_term(const System &s, int64_t input, int shape, const double (&p)[4]) {
    int64_t index = -1;
    neural_mamdani_add_input_term(s.get(), input, neural_mamdani_shape(shape), p, &index);
    return index;
}

int64_t output_term(const System &s, int shape, const double (&p)[4]) {
    int64_t index = -1;
    neural_mamdani_add_output_term(s.get(), neural_mamdani_shape(shape), p, &index);
    return index;
}

neural_status rule(const System &s, const std::vector<int64_t> &inputs,
                   const std::vector<int64_t> &terms, int64_t consequent, double weight = 1) {
    return neural_mamdani_add_rule(s.get(), inputs.data(), terms.data(), int64_t(inputs.size()),
                                   consequent, weight);
}

// a is term a (gaussians at 0, 1/4, ... of sigma .2) and b is term b (of sigma .1).
struct Rule {
    int64_t a, b, y;
    double weight;
};

// The definition, on n samples of -2 ... 6; terms of the output are triangles around 0, 2 and 4.
double defined(const std::vector<Rule> &rules, int n, int method, const double *x) {
    std::vector<double> at(size_t(n), 0), y(size_t(n), 0);
    double sum = 0, moment = 0, most = 0;
    for (int i = 0; i < n; i++) {
        at[i] = -2 + 8.0 * (double(i) / (n - 1));
        for (const Rule &r : rules) {
            const double za = (x[0] - double(r.a) * 0.25) / 0.2;
            const double zb = (x[1] - double(r.b) * 0.25) / 0.1;
            const double w = r.weight * std::exp(-std::max(za * za, zb * zb) / 2);
            const double t = 1 - std::fabs(at[i] - 2.0 * double(r.y)) / 2;
            y[i] = std::max(y[i], std::min(w, std::max(t, 0.0)));
        }
        sum += y[i];
        moment += y[i] * at[i];
        most = std::max(most, y[i]);
    }
    double half = 0, bisector = NAN, mean = 0, count = 0;
    for (int i = 0; i < n; i++) {
        half += y[i];
        bisector = std::isnan(bisector) && half >= sum / 2 ? at[i] : bisector;
        mean += y[i] > most - 1e-12 ? at[i] : 0;
        count += y[i] > most - 1e-12;
    }
    return method == 0 ? moment / sum : method == 1 ? bisector : mean / count;
}

void add_terms(const System &s) {
    for (int t = 0; t < 5; t++) {
        EXPECT_EQ(input_term(s, 0, 2, {t * 0.25, 0.2, NAN, NAN}), t);
        EXPECT_EQ(input_term(s, 1, 2, {t * 0.25, 0.1, NAN, NAN}), t);
    }
    for (int t = 0; t < 3; t++) {
        EXPECT_EQ(output_term(s, 0, {t * 2 - 2.0, t * 2.0, t * 2 + 2.0, NAN}), t);
    }
}

// 400 rules of 30 conditions each, the two of the definition 15 times.
TEST(MamdaniTest, AgainstItsDefinition) {
    std::mt19937 random(5);
    std::uniform_real_distribution<double> uniform(0, 1);
    for (int method = 0; method < 3; method++) {
        const int n = 101 + method;
        const System s = create(2, n, method);
        ASSERT_TRUE(s);
        ASSERT_EQ(neural_mamdani_set_output_range(s.get(), -2, 6), NEURAL_OK);
        ASSERT_EQ(neural_mamdani_set_input_range(s.get(), 1, -2, 6), NEURAL_OK);
        add_terms(s);
        std::vector<Rule> rules;
        for (int r = 0; r < 400; r++) {
            const Rule made = {int64_t(random() % 5), int64_t(random() % 5), int64_t(random() % 3),
                               uniform(random)};
            std::vector<int64_t> inputs, terms;
            for (int c = 0; c < 30; c++) {
                inputs.push_back(c % 2);
                terms.push_back(c % 2 ? made.b : made.a);
            }
            ASSERT_EQ(rule(s, inputs, terms, made.y, made.weight), NEURAL_OK);
            rules.push_back(made);
        }
        EXPECT_EQ(neural_mamdani_rules(s.get()), 400);
        EXPECT_EQ(neural_mamdani_inputs(s.get()), 2);
        EXPECT_EQ(neural_mamdani_resolution(s.get()), n);
        EXPECT_EQ(neural_mamdani_get_method(s.get()), method);
        for (int row = 0; row < 20; row++) {
            const double x[] = {uniform(random), uniform(random)};
            double found = NAN;
            ASSERT_EQ(neural_mamdani_evaluate(s.get(), x, 1, &found), NEURAL_OK);
            EXPECT_NEAR(found, defined(rules, n, method, x), method == 1 ? 8.1 / (n - 1) : 1e-9);
        }
    }
}

TEST(MamdaniTest, NothingFires) {
    const System s = create(1, 2, 0);
    input_term(s, 0, 0, {0, 1, 2, 0});
    output_term(s, 1, {0, 0, 1, 1});
    ASSERT_EQ(rule(s, {0}, {0}, 0), NEURAL_OK);
    const double x[] = {3, 1, 3};
    double out[3];
    ASSERT_EQ(neural_mamdani_evaluate(s.get(), x, 3, out), NEURAL_OK);
    EXPECT_EQ(out[0], 0);
    EXPECT_EQ(out[1], 0.5);
    EXPECT_EQ(out[2], 0);
    EXPECT_EQ(neural_mamdani_evaluate(s.get(), nullptr, 0, nullptr), NEURAL_OK);
}

TEST(MamdaniTest, Refusals) {
    neural_mamdani *raw = nullptr;
    EXPECT_FALSE(create(0, 200, 0));
    EXPECT_FALSE(create(1, 1, 0));
    EXPECT_FALSE(create(1, 200, 3));
    EXPECT_EQ(neural_mamdani_create(INT64_MAX / 2, 2, NEURAL_MAMDANI_CENTROID, &raw),
              NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(neural_mamdani_create(1, INT64_MAX / 2, NEURAL_MAMDANI_CENTROID, &raw),
              NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(neural_mamdani_create(1, 2, NEURAL_MAMDANI_CENTROID, nullptr),
              NEURAL_ERR_NULL_POINTER);
    const System s = create(2, 200, 0);
    EXPECT_EQ(neural_mamdani_set_input_range(s.get(), 2, 0, 1), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_mamdani_set_input_range(s.get(), 0, 1, 1), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_mamdani_set_output_range(s.get(), NAN, 1), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_mamdani_set_output_range(nullptr, 0, 1), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(input_term(s, 2, 0, {0, 1, 2, 3}), -1);
    EXPECT_EQ(input_term(s, 0, 3, {0, 1, 2, 3}), -1);
    EXPECT_EQ(input_term(s, 0, 0, {0, NAN, 2, 3}), -1);
    EXPECT_EQ(input_term(s, 0, 0, {0, 1, 2, NAN}), 0);
    EXPECT_EQ(output_term(s, 2, {0, 1, NAN, NAN}), 0);
    double x[] = {0, NAN}, out = 7;
    EXPECT_EQ(neural_mamdani_evaluate(s.get(), x, 1, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(rule(s, {}, {}, 0), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(rule(s, {2}, {0}, 0), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(rule(s, {0}, {1}, 0), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(rule(s, {1}, {0}, 0), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(rule(s, {0}, {0}, 1), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(rule(s, {0}, {0}, 0, -1), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(rule(s, {0}, {0}, 0, NAN), NEURAL_ERR_INVALID_ARGUMENT);
    ASSERT_EQ(rule(s, {0}, {0}, 0), NEURAL_OK);
    EXPECT_EQ(neural_mamdani_evaluate(s.get(), x, 1, &out), NEURAL_ERR_NAN_DETECTED);
    EXPECT_STREQ(neural_last_error(), "mamdani_evaluate: row 0: input 1 is NaN");
    EXPECT_EQ(neural_mamdani_evaluate(s.get(), x, -1, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(out, 7);
    neural_mamdani_destroy(nullptr);
}

TEST(MamdaniTest, FailedAllocations) {
    int64_t n = 1;
    for (; n < 50; n++) {
        neural_alloc_fail_at(n);
        const System s = create(1, 10, 0);
        double x = 1, out = 0;
        neural_status status = s ? NEURAL_OK : NEURAL_ERR_OUT_OF_MEMORY;
        if (s && (input_term(s, 0, 0, {0, 1, 2, 0}) < 0 || output_term(s, 0, {0, 1, 2, 0}) < 0 ||
                  rule(s, {0}, {0}, 0) || neural_mamdani_evaluate(s.get(), &x, 1, &out))) {
            status = NEURAL_ERR_OUT_OF_MEMORY;
        }
        neural_alloc_fail_at(0);
        if (!status) {
            break;
        }
        EXPECT_EQ(neural_last_error_code(), NEURAL_ERR_OUT_OF_MEMORY);
    }
    EXPECT_EQ(n, 8);
}

} // namespace

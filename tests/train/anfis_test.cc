#include "train/anfis.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "core/autograd/gradcheck.h"
#include "core/autograd/tape.h"
#include "core/base/thread_count.h"
#include "tests/train/anfis_testing.h"
#include <gtest/gtest.h>

namespace {

using namespace anfis_testing;

const neural_fuzzy_shape shapes[] = {NEURAL_FUZZY_GAUSSIAN, NEURAL_FUZZY_BELL,
                                     NEURAL_FUZZY_TRIANGLE, NEURAL_FUZZY_TRAPEZOID};

// The header's formulas, in long double.
long double membership(neural_fuzzy_shape shape, const double *p, long double x) {
    const long double d = x - p[0], a = std::exp((long double)p[1]),
                      b = std::exp((long double)p[2]);
    if (shape == NEURAL_FUZZY_GAUSSIAN) {
        return std::exp(-d * d / (2 * a * a));
    }
    if (shape == NEURAL_FUZZY_BELL) {
        return 1 / (1 + std::pow(std::fabs(d / a), 2 * b));
    }
    const long double core = shape == NEURAL_FUZZY_TRAPEZOID ? std::exp((long double)p[3]) : 0.0L;
    const long double degree = d < 0 ? 1 + d / a : d > core ? 1 - (d - core) / b : 1;
    return std::max(degree, 0.0L);
}

// Of a grid, whose rules count with the last input fastest.
struct Oracle {
    const Data &d;
    std::vector<int64_t> terms;
    neural_fuzzy_shape shape;
    int order;
    std::vector<long double> low, width, mean, height;

    Oracle(const Data &data, std::vector<int64_t> counts, neural_fuzzy_shape s, int o)
        : d(data), terms(counts), shape(s), order(o) {
        for (int64_t i = 0; i < d.inputs; i++) {
            measure(d.x, i, d.inputs, low, width);
        }
        for (int64_t k = 0; k < d.outputs; k++) {
            std::vector<long double> unused;
            measure(d.y, k, d.outputs, unused, height);
            long double sum = 0;
            for (int64_t r = 0; r < d.rows; r++) {
                sum += d.y[size_t(r * d.outputs + k)];
            }
            mean.push_back(sum / (long double)d.rows);
        }
    }

    void measure(const std::vector<double> &v, int64_t i, int64_t n, std::vector<long double> &at,
                 std::vector<long double> &range) {
        double least = v[size_t(i)], most = least;
        for (int64_t r = 0; r < d.rows; r++) {
            least = std::min(least, v[size_t(r * n + i)]);
            most = std::max(most, v[size_t(r * n + i)]);
        }
        at.push_back(least);
        range.push_back(most > least ? (long double)most - least : 1.0L);
    }

    // Of output k at x; silent: no rule fires.
    double at(const double *x, const double *p, const double *c, int64_t k, bool *silent) const {
        int64_t rules = 1;
        for (int64_t t : terms) {
            rules *= t;
        }
        const int64_t columns = order ? d.inputs + 1 : 1;
        long double sum = 0, weights = 0;
        for (int64_t r = 0; r < rules; r++) {
            long double w = 1, z = c[(k * rules + r) * columns + columns - 1];
            int64_t rest = r, first = 0;
            for (int64_t t : terms) {
                first += t;
            }
            for (int64_t i = d.inputs - 1; i >= 0; i--) {
                const long double u = (x[i] - low[size_t(i)]) / width[size_t(i)];
                first -= terms[size_t(i)];
                w *= membership(shape, p + 4 * (first + rest % terms[size_t(i)]), u);
                rest /= terms[size_t(i)];
                z += order ? c[(k * rules + r) * columns + i] * u : 0.0L;
            }
            sum += w > 1e-6L ? w * z : 0.0L;
            weights += w > 1e-6L ? w : 0.0L;
        }
        *silent = weights == 0;
        return double(mean[size_t(k)] + height[size_t(k)] * (*silent ? 0.0L : sum / weights));
    }
};

TEST(anfis, forward_is_the_formula) {
    const Data d = smooth(150, 3, 2);
    const std::vector<int64_t> terms = {2, 3, 1};
    for (neural_fuzzy_shape shape : shapes) {
        for (int order : {0, 1}) {
            const Anfis a = grid(d, terms, shape, order);
            ASSERT_EQ(neural_anfis_rules(a.get()), 6);
            ASSERT_EQ(neural_anfis_terms(a.get()), 6);
            randomize(consequent(a), -2, 2, 5);
            const Oracle oracle(d, terms, shape, order);
            Data wide = d; // half of it beyond the range
            for (double &x : wide.x) {
                x *= 1.5;
            }
            const std::vector<double> out = predict(a, wide);
            for (int64_t i = 0; i < d.rows * d.outputs; i++) {
                bool silent = false;
                const double want = oracle.at(&wide.x[size_t(i / 2 * 3)], values(premise(a)),
                                              values(consequent(a)), i % 2, &silent);
                EXPECT_NEAR(out[size_t(i)], want, 1e-10) << shape << " " << order << " " << i;
            }
        }
    }
}

TEST(anfis, far_away_no_rule_fires_and_the_mean_comes_out) {
    const Data d = smooth(40, 2, 1);
    const Anfis a = grid(d, {2, 2}, NEURAL_FUZZY_GAUSSIAN, 1);
    randomize(consequent(a), -2, 2, 5);
    double mean = 0, out = 0;
    for (double y : d.y) {
        mean += y / 40;
    }
    const double far[] = {1e6, 0};
    ASSERT_EQ(neural_anfis_predict(a.get(), far, 1, &out), NEURAL_OK);
    EXPECT_NEAR(out, mean, 1e-12 * std::fabs(mean));
}

neural_status run_forward(void *context, neural_tensor *const *inputs, int, neural_tensor **out) {
    return neural_anfis_forward(static_cast<neural_anfis *>(context), inputs[2], out);
}

TEST(anfis, gradients_are_those_of_central_differences) {
    const Data d = smooth(70, 2, 2, 3);
    for (neural_fuzzy_shape shape : shapes) {
        for (int order : {0, 1}) {
            const Anfis a = grid(d, {3, 2}, shape, order);
            randomize(consequent(a), -1, 1, 7);
            neural_tensor *x = nullptr;
            const int64_t dims[] = {d.rows, 2};
            for (int64_t i = 0; i < 20; i++) { // corners of shapes away from the ends of the data
                values(premise(a))[i] += 0.01 * std::cos(double(i));
            }
            ASSERT_EQ(neural_tensor_from_data(d.x.data(), int64_t(d.x.size() * 8), 2, dims,
                                              NEURAL_DTYPE_F64, &x),
                      NEURAL_OK);
            ASSERT_EQ(neural_tensor_set_requires_grad(x, 1), NEURAL_OK);
            neural_tensor *inputs[] = {premise(a), consequent(a), x};
            double error = 0;
            EXPECT_EQ(neural_gradcheck(run_forward, a.get(), inputs, 3, nullptr, &error), NEURAL_OK)
                << neural_fuzzy_shape_name(shape) << order << ": " << neural_last_error();
            EXPECT_GT(error, 0);
            neural_tensor_release(x);
        }
    }
}

// Ridge regression by normal equations and Gauss elimination in long double.
std::vector<double> normal_equations(const std::vector<double> &design, int64_t columns,
                                     const std::vector<double> &targets, double ridge) {
    const size_t n = size_t(columns), rows = targets.size();
    std::vector<std::vector<long double>> m(n, std::vector<long double>(n + 1, 0));
    for (size_t i = 0; i < n; i++) {
        m[i][i] = (long double)ridge * (long double)rows;
        for (size_t r = 0; r < rows; r++) {
            for (size_t j = 0; j < n; j++) {
                m[i][j] += (long double)design[r * n + i] * design[r * n + j];
            }
            m[i][n] += (long double)design[r * n + i] * targets[r];
        }
    }
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < n; i++) {
            const long double factor = i == k ? 0 : m[i][k] / m[k][k];
            for (size_t j = k; j <= n && factor != 0; j++) {
                m[i][j] -= factor * m[k][j];
            }
        }
    }
    std::vector<double> c;
    for (size_t k = 0; k < n; k++) {
        c.push_back(double(m[k][n] / m[k][k]));
    }
    return c;
}

TEST(anfis, conclusions_are_those_of_the_normal_equations) {
    const Data d = smooth(60);
    const Anfis a = grid(d, {2, 3}, NEURAL_FUZZY_TRIANGLE, 0);
    const neural_anfis_data data = d;
    const Oracle oracle(d, {2, 3}, NEURAL_FUZZY_TRIANGLE, 0);
    std::vector<double> design, targets;
    for (int64_t r = 0; r < d.rows; r++) {
        for (int64_t rule = 0; rule < 6;
             rule++) { // its share: the output where c is 1 for it alone
            std::vector<double> one(6, 0);
            bool silent = false;
            one[size_t(rule)] = 1;
            const double y =
                oracle.at(&d.x[size_t(2 * r)], values(premise(a)), one.data(), 0, &silent);
            design.push_back(double((y - oracle.mean[0]) / oracle.height[0]));
        }
        targets.push_back(double((d.y[size_t(r)] - oracle.mean[0]) / oracle.height[0]));
    }
    for (double ridge : {1e-9, 1e-2}) {
        ASSERT_EQ(neural_anfis_solve(a.get(), &data, ridge), NEURAL_OK) << neural_last_error();
        const std::vector<double> want = normal_equations(design, 6, targets, ridge);
        for (int64_t i = 0; i < 6; i++) {
            EXPECT_NEAR(values(consequent(a))[i], want[size_t(i)], 1e-10) << ridge;
        }
    }
}

neural_status fit(const Anfis &a, const Data &d, neural_anfis_fit_options o, double lr,
                  neural_anfis_result *result) {
    const Optimizer optimizer = adam(a, lr);
    const neural_anfis_data data = d;
    return neural_anfis_fit(a.get(), &data, nullptr, optimizer.get(), &o, result);
}

TEST(anfis, both_methods_learn_with_every_shape) {
    const Data d = smooth(200, 2, 2), held = smooth(200, 2, 2, 9);
    for (neural_fuzzy_shape shape : shapes) {
        for (neural_anfis_method method : {NEURAL_ANFIS_HYBRID, NEURAL_ANFIS_GRADIENT}) {
            const Anfis a = grid(d, {3, 3}, shape, 1);
            const double before = rmse(a, d);
            neural_anfis_fit_options o = neural_anfis_fit_default();
            neural_anfis_result result = {};
            o.method = method;
            o.epochs = method == NEURAL_ANFIS_HYBRID ? 30 : 100;
            o.batch = method == NEURAL_ANFIS_HYBRID ? 0 : 32;
            ASSERT_EQ(fit(a, d, o, 0.02, &result), NEURAL_OK) << neural_last_error();
            EXPECT_NEAR(result.train_rmse, rmse(a, d), 1e-9);
            EXPECT_LT(rmse(a, held), (method == NEURAL_ANFIS_HYBRID ? 0.04 : 0.06) * before)
                << neural_fuzzy_shape_name(shape) << " " << method;
            EXPECT_EQ(result.epochs, o.epochs);
            EXPECT_EQ(result.silent_rows, 0);
            EXPECT_TRUE(std::isnan(result.validation_rmse));
        }
    }
}

TEST(anfis, every_optimizer_serves) {
    const Data d = smooth(100);
    const neural_anfis_data data = d;
    const neural_sgd_options sgd = {1, 0.9, 0, 0, 0};
    const neural_rmsprop_options rmsprop = {0.01, 0.99, 1e-8, 0, 0, 0};
    const neural_adagrad_options adagrad = {0.05, 0, 1e-10, 0, 0};
    const neural_lion_options lion = {0.005, 0.9, 0.99, 0};
    for (int i = 0; i < 4; i++) {
        const Anfis a = grid(d, {2, 2}, NEURAL_FUZZY_BELL, 1);
        neural_parameters *p = neural_anfis_parameters(a.get());
        neural_optimizer *made = nullptr;
        ASSERT_EQ(i == 0   ? neural_sgd_create(p, &sgd, &made)
                  : i == 1 ? neural_rmsprop_create(p, &rmsprop, &made)
                  : i == 2 ? neural_adagrad_create(p, &adagrad, &made)
                           : neural_lion_create(p, &lion, &made),
                  NEURAL_OK);
        const Optimizer optimizer(made);
        neural_anfis_fit_options o = neural_anfis_fit_default();
        neural_anfis_result start = {}, result = {};
        o.epochs = 0;
        ASSERT_EQ(neural_anfis_fit(a.get(), &data, nullptr, made, &o, &start), NEURAL_OK);
        o.epochs = 60;
        ASSERT_EQ(neural_anfis_fit(a.get(), &data, nullptr, made, &o, &result), NEURAL_OK);
        EXPECT_LT(result.train_rmse, 0.9 * start.train_rmse) << neural_optimizer_name(made);
    }
}

TEST(anfis, the_best_epoch_on_the_validation_rows_is_kept) {
    const Data d = smooth(30), held = smooth(50, 2, 1, 4);
    const neural_anfis_data data = d, held_data = held;
    const Anfis a = grid(d, {3, 3}, NEURAL_FUZZY_GAUSSIAN, 1);
    const Optimizer optimizer = adam(a, 0.05);
    neural_anfis_fit_options o = neural_anfis_fit_default();
    neural_anfis_result result = {};
    std::vector<double> seen;
    o.context = &seen;
    o.report = [](void *context, int64_t epoch, double, double validation) {
        static_cast<std::vector<double> *>(context)->push_back(validation);
        return int(epoch == 40);
    };
    ASSERT_EQ(neural_anfis_fit(a.get(), &data, &held_data, optimizer.get(), &o, &result),
              NEURAL_OK);
    ASSERT_EQ(result.epochs, 40);
    ASSERT_EQ(seen.size(), 41u);
    const auto least = std::min_element(seen.begin(), seen.end());
    EXPECT_EQ(result.best_epoch, least - seen.begin());
    EXPECT_EQ(result.validation_rmse, *least);
    EXPECT_NEAR(rmse(a, held), *least, 1e-9);
}

TEST(anfis, the_same_bits_for_any_number_of_threads) {
    const Data d = smooth(700, 3, 2);
    for (neural_anfis_method method : {NEURAL_ANFIS_HYBRID, NEURAL_ANFIS_GRADIENT}) {
        std::vector<double> first;
        for (int threads : {1, 2, 3}) {
            neural_set_num_threads(threads);
            const Anfis a = grid(d, {3, 3, 2}, NEURAL_FUZZY_BELL, 1);
            neural_anfis_fit_options o = neural_anfis_fit_default();
            neural_anfis_result result = {};
            o.method = method;
            o.epochs = 3;
            o.batch = method == NEURAL_ANFIS_GRADIENT ? 300 : 0;
            ASSERT_EQ(fit(a, d, o, 0.01, &result), NEURAL_OK) << neural_last_error();
            const neural_tensor *all = neural_anfis_parameters(a.get())->values;
            const double *p = static_cast<const double *>(neural_tensor_data(all));
            const std::vector<double> now(p, p + neural_tensor_len(all));
            first = first.empty() ? now : first;
            EXPECT_EQ(std::memcmp(first.data(), now.data(), now.size() * 8), 0) << threads;
        }
        neural_set_num_threads(0);
    }
}

} // namespace

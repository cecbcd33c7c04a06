// What a neuro-fuzzy system refuses, and what it survives.
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "core/base/allocations.h"
#include "tests/train/anfis_testing.h"
#include "train/anfis.h"
#include <gtest/gtest.h>

namespace {

using namespace anfis_testing;

neural_status create(const Data &d, const neural_anfis_options &o) {
    const neural_anfis_data data = d;
    neural_anfis *a = nullptr;
    const neural_status status = neural_anfis_create(&data, &o, &a);
    EXPECT_EQ(status == NEURAL_OK, a != nullptr);
    neural_anfis_destroy(a);
    return status;
}

void expect_text(const char *part) {
    EXPECT_NE(std::string(neural_last_error()).find(part), std::string::npos)
        << neural_last_error();
}

const int64_t two_terms[] = {2, 2};

neural_anfis_options grid_options() {
    neural_anfis_options o = neural_anfis_default();
    o.terms = two_terms;
    return o;
}

TEST(anfis_faults, data_that_is_no_number_is_named) {
    Data d = smooth(10);
    d.x[7] = NAN;
    EXPECT_EQ(create(d, grid_options()), NEURAL_ERR_NAN_DETECTED);
    expect_text("x is nan in row 3, column 1");
    d = smooth(10);
    d.y[4] = INFINITY;
    EXPECT_EQ(create(d, grid_options()), NEURAL_ERR_INF_DETECTED);
    expect_text("y is inf in row 4, column 0");
    d = smooth(10);
    d.x[0] = 1e308;
    d.x[2] = -1e308;
    EXPECT_EQ(create(d, grid_options()), NEURAL_ERR_DATA);
    expect_text("x1 ranges from -1e+308 to 1e+308");
    d = smooth(10);
    d.rows = 0;
    EXPECT_EQ(create(d, grid_options()), NEURAL_ERR_DATA);
    d.rows = int64_t(1) << 60;
    EXPECT_EQ(create(d, grid_options()), NEURAL_ERR_TENSOR_TOO_LARGE);
}

TEST(anfis_faults, nan_in_an_input_comes_out_as_nan) {
    const Data d = smooth(20);
    const Anfis a = grid(d, {2, 2}, NEURAL_FUZZY_GAUSSIAN, 1);
    double x[] = {NAN, 0}, out = 0;
    ASSERT_EQ(neural_anfis_predict(a.get(), x, 1, &out), NEURAL_OK);
    EXPECT_TRUE(std::isnan(out));
    EXPECT_EQ(neural_anfis_predict(a.get(), nullptr, 0, nullptr), NEURAL_OK);
    EXPECT_EQ(neural_anfis_predict(a.get(), x, -1, &out), NEURAL_ERR_INVALID_ARGUMENT);
}

TEST(anfis_faults, options_out_of_range) {
    const Data d = smooth(10);
    using Change = std::function<void(neural_anfis_options &)>;
    const int64_t none[] = {2, 0}, many[] = {int64_t(1) << 40, int64_t(1) << 40};
    const int64_t too_many[] = {1001, 1000};
    const std::vector<std::pair<Change, neural_status>> cases = {
        {[](auto &o) { o.shape = NEURAL_FUZZY_SPIKE; }, NEURAL_ERR_INVALID_ARGUMENT},
        {[](auto &o) { o.order = 2; }, NEURAL_ERR_INVALID_ARGUMENT},
        {[](auto &o) { o.terms = nullptr; }, NEURAL_ERR_NULL_POINTER},
        {[&](auto &o) { o.terms = none; }, NEURAL_ERR_INVALID_ARGUMENT},
        {[&](auto &o) { o.terms = many; }, NEURAL_ERR_TENSOR_TOO_LARGE},
        {[&](auto &o) { o.terms = too_many; }, NEURAL_ERR_TENSOR_TOO_LARGE},
        {[](auto &o) { o.partition = neural_anfis_partition(3); }, NEURAL_ERR_INVALID_ARGUMENT},
        {[](auto &o) { o.partition = NEURAL_ANFIS_K_MEANS, o.clusters = 11; },
         NEURAL_ERR_INVALID_ARGUMENT},
        {[](auto &o) { o.partition = NEURAL_ANFIS_SUBTRACTIVE, o.radius = 0; },
         NEURAL_ERR_INVALID_ARGUMENT},
        {[](auto &o) { o.partition = NEURAL_ANFIS_SUBTRACTIVE, o.radius = NAN; },
         NEURAL_ERR_INVALID_ARGUMENT},
    };
    for (size_t i = 0; i < cases.size(); i++) {
        neural_anfis_options o = grid_options();
        cases[i].first(o);
        EXPECT_EQ(create(d, o), cases[i].second) << i << ": " << neural_last_error();
    }
}

neural_status fit(const Anfis &a, const Data &d, const neural_anfis_fit_options &o, double lr,
                  neural_anfis_result *result) {
    const Optimizer optimizer = adam(a, lr);
    const neural_anfis_data data = d;
    return neural_anfis_fit(a.get(), &data, nullptr, optimizer.get(), &o, result);
}

TEST(anfis_faults, fit_options_out_of_range) {
    const Data d = smooth(10);
    const Anfis a = grid(d, {2, 2}, NEURAL_FUZZY_BELL, 1);
    neural_anfis_result result = {};
    using Change = std::function<void(neural_anfis_fit_options &)>;
    const std::vector<Change> cases = {
        [](auto &o) { o.epochs = -1; }, [](auto &o) { o.ridge = 0; },
        [](auto &o) { o.ridge = NAN; }, [](auto &o) { o.batch = 5; },
        [](auto &o) { o.batch = -1; },  [](auto &o) { o.method = neural_anfis_method(2); },
    };
    for (size_t i = 0; i < cases.size(); i++) {
        neural_anfis_fit_options o = neural_anfis_fit_default();
        cases[i](o);
        EXPECT_EQ(fit(a, d, o, 0.01, &result), NEURAL_ERR_INVALID_ARGUMENT) << i;
    }
    const Data other = smooth(10, 3);
    EXPECT_EQ(fit(a, other, neural_anfis_fit_default(), 0.01, &result), NEURAL_ERR_SHAPE_MISMATCH);
    const Anfis wide = grid(smooth(10, 1), {6000}, NEURAL_FUZZY_TRIANGLE, 1);
    EXPECT_EQ(fit(wide, smooth(10, 1), neural_anfis_fit_default(), 0.01, &result),
              NEURAL_ERR_TENSOR_TOO_LARGE);
}

TEST(anfis_faults, one_row_constant_columns_and_more_rules_than_rows) {
    Data one = smooth(1), constant = smooth(30), few = smooth(3);
    for (size_t i = 1; i < constant.x.size(); i += 2) {
        constant.x[i] = 7;
        constant.y[i / 2] = std::sin(constant.x[i - 1]);
    }
    for (const Data *d : {&one, &constant, &few}) {
        for (neural_fuzzy_shape shape : {NEURAL_FUZZY_BELL, NEURAL_FUZZY_TRAPEZOID}) {
            const Anfis a = grid(*d, {3, 3}, shape, 1);
            neural_anfis_fit_options o = neural_anfis_fit_default();
            neural_anfis_result result = {};
            o.epochs = 20;
            ASSERT_EQ(fit(a, *d, o, 0.02, &result), NEURAL_OK) << neural_last_error();
            EXPECT_LT(rmse(a, *d), d->rows > 3 ? 0.05 : 1e-3) << d->rows;
        }
    }
    for (double &y : one.y) { // and nothing at all to learn
        y = 4;
    }
    const Anfis a = grid(one, {2, 1}, NEURAL_FUZZY_GAUSSIAN, 0);
    EXPECT_EQ(rmse(a, one), 0);
}

TEST(anfis_faults, an_error_that_is_no_number_leaves_the_best_parameters) {
    const Data d = smooth(50);
    const neural_anfis_data data = d;
    const Anfis a = grid(d, {2, 2}, NEURAL_FUZZY_GAUSSIAN, 1);
    const neural_sgd_options sgd = {1e300, 0, 0, 0, 0};
    neural_optimizer *made = nullptr;
    ASSERT_EQ(neural_sgd_create(neural_anfis_parameters(a.get()), &sgd, &made), NEURAL_OK);
    const Optimizer optimizer(made);
    neural_anfis_fit_options o = neural_anfis_fit_default();
    neural_anfis_result result = {};
    o.method = NEURAL_ANFIS_GRADIENT;
    const double before = rmse(a, d);
    EXPECT_EQ(neural_anfis_fit(a.get(), &data, nullptr, made, &o, &result),
              NEURAL_ERR_NAN_DETECTED);
    expect_text("a smaller learning rate");
    EXPECT_TRUE(std::isfinite(rmse(a, d)));
    EXPECT_LE(rmse(a, d), before);
}

TEST(anfis_faults, widths_stay_positive_at_any_rate) {
    const Data d = smooth(50);
    const Anfis a = grid(d, {2, 2}, NEURAL_FUZZY_BELL, 1);
    neural_anfis_fit_options o = neural_anfis_fit_default();
    neural_anfis_result result = {};
    o.epochs = 20;
    const neural_status status = fit(a, d, o, 40, &result);
    EXPECT_TRUE(status == NEURAL_OK || status == NEURAL_ERR_NAN_DETECTED) << neural_last_error();
    for (int64_t i = 0; i < 16; i++) {
        EXPECT_TRUE(i % 4 == 0 || std::fabs(values(premise(a))[i]) <= 50);
    }
    neural_fuzzy_system *system = nullptr;
    ASSERT_EQ(neural_anfis_to_system(a.get(), &system), NEURAL_OK) << neural_last_error();
    neural_fuzzy_system_destroy(system);
}

// Everything once: from data and back through a system.
neural_status everything(const Data &d, neural_anfis_partition partition) {
    const neural_anfis_data data = d;
    neural_anfis_options o = grid_options();
    o.partition = partition;
    o.clusters = 3;
    neural_anfis *a = nullptr, *again = nullptr;
    neural_fuzzy_system *system = nullptr;
    neural_optimizer *optimizer = nullptr;
    neural_anfis_fit_options options = neural_anfis_fit_default();
    neural_anfis_result result;
    options.epochs = 2;
    if (partition == NEURAL_ANFIS_K_MEANS) {
        options.method = NEURAL_ANFIS_GRADIENT;
        options.batch = 7;
    }
    const neural_sgd_options sgd = {0.01, 0.9, 0, 0, 0};
    neural_status status = neural_anfis_create(&data, &o, &a);
    status = status ? status : neural_sgd_create(neural_anfis_parameters(a), &sgd, &optimizer);
    status = status ? status : neural_anfis_fit(a, &data, &data, optimizer, &options, &result);
    status = status ? status : neural_anfis_to_system(a, &system);
    status = status ? status : neural_anfis_from_system(system, &again);
    neural_optimizer_destroy(optimizer);
    neural_fuzzy_system_destroy(system);
    neural_anfis_destroy(a);
    neural_anfis_destroy(again);
    return status;
}

TEST(anfis_faults, any_failed_allocation_is_reported) {
    const Data d = smooth(20);
    for (neural_anfis_partition partition :
         {NEURAL_ANFIS_GRID, NEURAL_ANFIS_SUBTRACTIVE, NEURAL_ANFIS_K_MEANS}) {
        int failures = 0;
        for (int64_t n = 1;; n++) {
            neural_pool_trim();
            neural_alloc_fail_at(n);
            const neural_status status = everything(d, partition);
            neural_alloc_fail_at(0);
            if (!status) {
                break;
            }
            ASSERT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY) << n << ": " << neural_last_error();
            failures++;
            ASSERT_LT(n, 2000);
        }
        EXPECT_GT(failures, 30);
    }
}

} // namespace

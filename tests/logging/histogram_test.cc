#include "logging/histogram.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <random>

#include "core/base/memory.h"
#include "tests/logging/logging_testing.h"

namespace {

struct Destroy {
    void operator()(neural_histogram *histogram) const { neural_histogram_destroy(histogram); }
};
using Histogram = std::unique_ptr<neural_histogram, Destroy>;

Histogram create() {
    neural_histogram *histogram = nullptr;
    EXPECT_EQ(neural_histogram_create(&histogram), NEURAL_OK);
    return Histogram(histogram);
}

// The limits as TensorFlow makes them.
std::vector<double> limits() {
    std::vector<double> positive, all;
    for (double value = 1e-12; value < 1e20; value *= 1.1) {
        positive.push_back(value);
    }
    positive.push_back(DBL_MAX);
    for (auto at = positive.rbegin(); at != positive.rend(); ++at) {
        all.push_back(-*at);
    }
    all.push_back(0);
    all.insert(all.end(), positive.begin(), positive.end());
    return all;
}

// limit -> count of the buckets with values: a value belongs to the first limit above it.
std::map<double, double> oracle(const std::vector<double> &values) {
    const std::vector<double> all = limits();
    std::map<double, double> counts;
    for (const double value : values) {
        auto at = std::upper_bound(all.begin(), all.end(), value);
        counts[at == all.end() ? all.back() : *at]++;
    }
    return counts;
}

// Checks the order, the joined runs and the counts.
void expect_buckets(const neural_buckets &got, const std::vector<double> &values) {
    const std::vector<double> all = limits();
    std::map<double, double> counts;
    double previous = -INFINITY, total = 0;
    bool was_empty = false;
    for (int64_t i = 0; i < got.buckets; i++) {
        EXPECT_GT(got.limit[i], previous);
        EXPECT_TRUE(std::binary_search(all.begin(), all.end(), got.limit[i]));
        previous = got.limit[i];
        total += got.count[i];
        EXPECT_FALSE(was_empty && got.count[i] == 0) << "two empty buckets in a row";
        was_empty = got.count[i] == 0;
        if (got.count[i] > 0) {
            counts[got.limit[i]] = got.count[i];
            // what lies below is the limit before it
            const auto at = std::lower_bound(all.begin(), all.end(), got.limit[i]);
            if (at != all.begin() && i > 0) {
                EXPECT_EQ(got.limit[i - 1], *(at - 1));
            }
        }
    }
    EXPECT_EQ(previous, DBL_MAX);
    EXPECT_EQ(total, static_cast<double>(values.size()));
    EXPECT_EQ(got.len, total);
    EXPECT_EQ(counts, oracle(values));
}

TEST(Histogram, EveryLimitAndItsNeighbours) {
    std::vector<double> values;
    for (const double limit : limits()) {
        values.push_back(limit);
        if (std::fabs(limit) < DBL_MAX) {
            values.push_back(std::nextafter(limit, INFINITY));
            values.push_back(std::nextafter(limit, -INFINITY));
        }
    }
    for (const double value : {-0.0, 5e-324, -5e-324, DBL_MIN, 1e-13, -1e-13, 1e21, -1e300}) {
        values.push_back(value);
    }
    const Histogram histogram = create();
    for (const double value : values) {
        neural_histogram_reset(histogram.get());
        neural_histogram_add_f64(histogram.get(), &value, 1);
        const neural_buckets got = neural_histogram_buckets(histogram.get());
        expect_buckets(got, {value});
        EXPECT_EQ(got.min, value);
        EXPECT_EQ(got.max, value);
    }
    neural_histogram_reset(histogram.get());
    neural_histogram_add_f64(histogram.get(), values.data(), static_cast<int64_t>(values.size()));
    expect_buckets(neural_histogram_buckets(histogram.get()), values);
}

TEST(Histogram, RandomValuesAndTheirSums) {
    std::mt19937 random(7);
    std::normal_distribution<float> normal(0.1f, 3);
    std::vector<float> singles(10007);
    std::vector<double> values;
    long double sum = 0, squares = 0;
    for (float &value : singles) {
        value = normal(random);
        value = std::ldexp(value, static_cast<int>(random() % 40) - 20);
        values.push_back(value);
        sum += value;
        squares += static_cast<long double>(value) * value;
    }
    const Histogram histogram = create();
    neural_histogram_add_f32(histogram.get(), singles.data(), 7);
    neural_histogram_add_f32(histogram.get(), singles.data() + 7, 10000);
    const neural_buckets got = neural_histogram_buckets(histogram.get());
    expect_buckets(got, values);
    EXPECT_EQ(got.min, *std::min_element(values.begin(), values.end()));
    EXPECT_EQ(got.max, *std::max_element(values.begin(), values.end()));
    EXPECT_NEAR(got.sum, static_cast<double>(sum), 1e-9 * static_cast<double>(squares));
    EXPECT_NEAR(got.sum_squares, static_cast<double>(squares), 1e-9 * static_cast<double>(squares));
}

TEST(Histogram, EmptyAndNonFinite) {
    const Histogram histogram = create();
    const float inf = std::numeric_limits<float>::infinity();
    const float values[] = {NAN, inf, -inf};
    neural_histogram_add_f32(histogram.get(), values, 0);
    neural_histogram_add_f32(histogram.get(), values, 3);
    neural_buckets got = neural_histogram_buckets(histogram.get());
    EXPECT_EQ(neural_histogram_nonfinite(histogram.get()), 3);
    EXPECT_EQ(got.buckets, 1);
    EXPECT_EQ(got.limit[0], DBL_MAX);
    EXPECT_EQ(got.count[0], 0);
    EXPECT_EQ(got.min, 0);
    EXPECT_EQ(got.max, 0);
    EXPECT_EQ(got.sum, 0);
    EXPECT_EQ(got.len, 0);
    const double mixed[] = {1, NAN, 2};
    neural_histogram_add_f64(histogram.get(), mixed, 3);
    got = neural_histogram_buckets(histogram.get());
    expect_buckets(got, {1, 2});
    EXPECT_EQ(got.sum, 3);
    EXPECT_EQ(neural_histogram_nonfinite(histogram.get()), 4);
    neural_histogram_reset(histogram.get());
    EXPECT_EQ(neural_histogram_nonfinite(histogram.get()), 0);
}

TEST(Histogram, FailedAllocation) {
    neural_histogram *histogram = nullptr;
    neural_alloc_fail_at(1);
    EXPECT_EQ(neural_histogram_create(&histogram), NEURAL_ERR_OUT_OF_MEMORY);
    neural_alloc_fail_at(0);
    EXPECT_EQ(histogram, nullptr);
    neural_histogram_destroy(nullptr);
}

} // namespace

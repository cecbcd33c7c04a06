#include "data/sampler.h"

#include <cmath>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/memory.h"
#include "core/base/random.h"

namespace {

struct Destroy {
    void operator()(neural_sampler *sampler) const { neural_sampler_destroy(sampler); }
};
using Sampler = std::unique_ptr<neural_sampler, Destroy>;

Sampler create(neural_sampling kind, int64_t len, const std::vector<double> &weights = {},
               const std::vector<int64_t> &labels = {}, int64_t classes = 0) {
    neural_sampler *out = nullptr;
    EXPECT_EQ(neural_sampler_create(kind, len, 42, weights.empty() ? nullptr : weights.data(),
                                    labels.empty() ? nullptr : labels.data(), classes, &out),
              NEURAL_OK)
        << neural_last_error();
    return Sampler(out);
}

std::vector<int64_t> order(const Sampler &sampler, int64_t len, int64_t epoch) {
    std::vector<int64_t> out(static_cast<size_t>(len), -1);
    EXPECT_EQ(neural_sampler_order(sampler.get(), epoch, out.data()), NEURAL_OK);
    return out;
}

TEST(Sampler, SequentialAndRandom) {
    const Sampler in_order = create(NEURAL_SAMPLING_SEQUENTIAL, 100);
    std::vector<int64_t> all(100);
    std::iota(all.begin(), all.end(), 0);
    EXPECT_EQ(order(in_order, 100, 3), all);
    const Sampler random = create(NEURAL_SAMPLING_RANDOM, 100);
    const std::vector<int64_t> first = order(random, 100, 0), second = order(random, 100, 1);
    EXPECT_NE(first, second);
    EXPECT_EQ(std::set<int64_t>(first.begin(), first.end()).size(), 100u);
    EXPECT_EQ(order(random, 100, 0), first);
}

// Every position's share of many draws is its weight's share: chi-square with n - 1 degrees of
// freedom stays below mean + 6 standard deviations; weight 0 is never drawn.
TEST(Sampler, WeightedShares) {
    const int64_t len = 5000;
    std::vector<double> weights(len);
    for (int64_t i = 0; i < len; i++) {
        weights[static_cast<size_t>(i)] = i % 7 == 3 ? 0.0 : 1.0 + static_cast<double>(i % 11);
    }
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    const Sampler sampler = create(NEURAL_SAMPLING_WEIGHTED, len, weights);
    std::vector<double> count(len, 0.0);
    const int epochs = 400;
    for (int epoch = 0; epoch < epochs; epoch++) {
        for (int64_t row : order(sampler, len, epoch)) {
            ASSERT_TRUE(row >= 0 && row < len);
            count[static_cast<size_t>(row)]++;
        }
    }
    double chi = 0;
    int degrees = -1;
    for (size_t i = 0; i < weights.size(); i++) {
        const double want = weights[i] / sum * static_cast<double>(len) * epochs;
        if (weights[i] == 0.0) {
            EXPECT_EQ(count[i], 0.0);
            continue;
        }
        chi += (count[i] - want) * (count[i] - want) / want;
        degrees++;
    }
    EXPECT_LT(std::fabs(chi - degrees), 6 * std::sqrt(2.0 * degrees));
}

// Draw i is a function of (seed, epoch, i): two equal weights choose by u < 1/2 and i's draw.
TEST(Sampler, DrawsAreTheDocumentedOnes) {
    const int64_t len = 10001;
    const Sampler sampler = create(NEURAL_SAMPLING_WEIGHTED, len, std::vector<double>(len, 0.25));
    const std::vector<int64_t> got = order(sampler, len, 9);
    const neural_random stream = {42, NEURAL_RANDOM_SAMPLE, 9};
    for (int64_t i = 0; i < len; i++) {
        const double u = neural_random_uniform_f64(&stream, static_cast<uint64_t>(i));
        ASSERT_EQ(got[static_cast<size_t>(i)], static_cast<int64_t>(u * len)) << i;
    }
}

TEST(Sampler, BalancedClassesAndRows) {
    std::vector<int64_t> labels;
    for (int i = 0; i < 9000; i++) {
        labels.push_back(i % 100 == 0 ? 4 : i % 10 == 1 ? 2 : 0); // 90, 900, 8010; 1 and 3 empty
    }
    const int64_t len = static_cast<int64_t>(labels.size());
    const Sampler sampler = create(NEURAL_SAMPLING_BALANCED, len, {}, labels, 6);
    std::vector<int> by_class(6);
    std::set<int64_t> rows_of_4;
    for (int epoch = 0; epoch < 20; epoch++) {
        for (int64_t row : order(sampler, len, epoch)) {
            ASSERT_TRUE(row >= 0 && row < len);
            const int64_t label = labels[static_cast<size_t>(row)];
            by_class[static_cast<size_t>(label)]++;
            if (label == 4) rows_of_4.insert(row);
        }
    }
    for (int c : {0, 2, 4}) { // binomial(180000, 1/3): standard deviation 200
        EXPECT_NEAR(by_class[static_cast<size_t>(c)], 60000, 1200);
    }
    EXPECT_EQ(by_class[1] + by_class[3] + by_class[5], 0);
    EXPECT_EQ(rows_of_4.size(), 90u);
}

TEST(Sampler, Refused) {
    neural_sampler *out = nullptr;
    const double bad[] = {1.0, -1.0}, zero[] = {0.0, 0.0}, nan[] = {NAN, 1.0};
    const int64_t labels[] = {0, 5};
    for (const double *weights : {bad, zero, nan}) {
        EXPECT_EQ(neural_sampler_create(NEURAL_SAMPLING_WEIGHTED, 2, 0, weights, nullptr, 0, &out),
                  NEURAL_ERR_INVALID_ARGUMENT);
    }
    EXPECT_EQ(neural_sampler_create(NEURAL_SAMPLING_WEIGHTED, 2, 0, nullptr, nullptr, 0, &out),
              NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_sampler_create(NEURAL_SAMPLING_BALANCED, 2, 0, nullptr, labels, 3, &out),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_sampler_create(NEURAL_SAMPLING_RANDOM, 0, 0, nullptr, nullptr, 0, &out),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(out, nullptr);
}

TEST(Sampler, FailedAllocation) {
    const std::vector<double> weights(10, 1.0);
    const std::vector<int64_t> labels(10, 1);
    const int64_t before = neural_alloc_bytes();
    for (int kind = NEURAL_SAMPLING_WEIGHTED; kind <= NEURAL_SAMPLING_BALANCED; kind++) {
        for (int n = 1, done = 0; !done; n++) {
            neural_sampler *out = nullptr;
            neural_alloc_fail_at(n);
            const neural_status status = neural_sampler_create(
                static_cast<neural_sampling>(kind), 10, 0, weights.data(), labels.data(), 2, &out);
            neural_alloc_fail_at(0);
            done = status == NEURAL_OK;
            EXPECT_TRUE(done || status == NEURAL_ERR_OUT_OF_MEMORY);
            EXPECT_EQ(out != nullptr, done != 0);
            neural_sampler_destroy(out);
        }
    }
    EXPECT_EQ(neural_alloc_bytes(), before);
}

} // namespace

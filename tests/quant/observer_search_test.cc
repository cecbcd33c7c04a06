// Percentile, entropy and MSE against slow direct implementations on the numbers themselves.
#include "quant/observer.h"
#include "tests/quant/quant_testing.h"

namespace {

using namespace quant_testing;

neural_quant_params search(const std::vector<double> &data, neural_observer_kind kind,
                           neural_quant_scheme scheme, double percentile = 0) {
    neural_observer_options options = {};
    options.kind = kind;
    options.scheme = scheme;
    options.percentile = percentile;
    neural_observer *observer = nullptr;
    neural_quant_params grid = {};
    EXPECT_EQ(neural_observer_create(&options, &observer), NEURAL_OK);
    EXPECT_EQ(neural_observer_observe_array(observer, data.data(), NEURAL_DTYPE_F64,
                                            static_cast<int64_t>(data.size())),
              NEURAL_OK);
    EXPECT_EQ(neural_observer_params(observer, &grid), NEURAL_OK);
    neural_observer_destroy(observer);
    return grid;
}

// Shapes of activations: bell, one-sided bell with zeros, long tails, few values, uniform.
std::vector<std::vector<double>> all_data() {
    std::mt19937_64 random(2024);
    std::normal_distribution<double> normal(0, 1);
    std::vector<std::vector<double>> all(5);
    for (int i = 0; i < 1000; i++) {
        const double x = normal(random);
        all[0].push_back(x);
        all[1].push_back(std::max(0.0, x + 0.3));
        all[2].push_back(x * x * x * x * (x > 0 ? 1 : -0.2));
        all[3].push_back(static_cast<double>(random() % 5) * 0.7 - 1.1);
        all[4].push_back(std::generate_canonical<double, 53>(random) * 3 - 1);
    }
    return all;
}

// The width of a bin: the smallest power of two of which 2048 hold the largest magnitude.
double bin_width(const std::vector<double> &data) {
    double largest = 0;
    for (const double x : data) {
        largest = std::max(largest, std::fabs(x));
    }
    double width = 1e-300;
    for (width = std::pow(2.0, -100); largest >= 2048 * width; width *= 2) {
    }
    return width;
}

// The cut is between the two sorted numbers around the share, give or take a bin.
void expect_cut(double cut, std::vector<double> magnitudes, double beyond, double width) {
    std::sort(magnitudes.begin(), magnitudes.end(), std::greater<double>());
    const auto index = static_cast<size_t>(beyond);
    const double upper = magnitudes[std::min(index, magnitudes.size() - 1)];
    EXPECT_LE(cut, upper + 1.001 * width);
    EXPECT_GE(cut, upper - 1.001 * width);
}

TEST(Percentile, CutsTheTailsOff) {
    for (const std::vector<double> &data : all_data()) {
        const double width = bin_width(data);
        for (const double kept : {1.0, 0.999, 0.99, 0.9}) {
            const double tail = (1 - kept) * static_cast<double>(data.size());
            std::vector<double> magnitudes, above, below;
            for (const double x : data) {
                magnitudes.push_back(std::fabs(x));
                above.push_back(std::max(x, 0.0));
                below.push_back(std::max(-x, 0.0));
            }
            const neural_quant_params symmetric =
                search(data, NEURAL_OBSERVER_PERCENTILE, NEURAL_QUANT_S8_SYMMETRIC, kept);
            expect_cut(std::max(-symmetric.min, symmetric.max), magnitudes, tail, width);
            const neural_quant_params affine =
                search(data, NEURAL_OBSERVER_PERCENTILE, NEURAL_QUANT_U8_AFFINE, kept);
            expect_cut(affine.max, above, tail / 2, width);
            expect_cut(-affine.min, below, tail / 2, width);
        }
    }
}

// Migacz's algorithm step by step, with whole vectors for P and Q.
int best_cut(const std::vector<int64_t> &counts, int levels) {
    int best_bins = static_cast<int>(counts.size());
    long double best = HUGE_VALL;
    for (int bins = static_cast<int>(counts.size()); bins >= levels; bins--) {
        std::vector<long double> p(counts.begin(), counts.begin() + bins), q(p.size(), 0);
        std::vector<long double> group(static_cast<size_t>(levels), 0), filled(group);
        for (int i = 0; i < bins; i++) {
            const auto level = static_cast<size_t>(static_cast<int64_t>(i) * levels / bins);
            const auto at = static_cast<size_t>(i);
            group[level] += p[at];
            filled[level] += p[at] > 0;
        }
        for (int i = 0; i < bins; i++) {
            const auto level = static_cast<size_t>(static_cast<int64_t>(i) * levels / bins);
            const auto at = static_cast<size_t>(i);
            if (p[at] > 0) q[at] = group[level] / filled[level];
        }
        for (size_t i = static_cast<size_t>(bins); i < counts.size(); i++) {
            p[static_cast<size_t>(bins) - 1] += static_cast<long double>(counts[i]);
        }
        long double sum_p = 0, sum_q = 0, divergence = 0;
        for (size_t i = 0; i < p.size(); i++) {
            sum_p += p[i];
            sum_q += q[i];
        }
        for (size_t i = 0; i < p.size(); i++) {
            if (p[i] > 0) {
                divergence += q[i] > 0 && sum_q > 0
                                  ? p[i] / sum_p * std::log(p[i] / sum_p / (q[i] / sum_q))
                                  : HUGE_VALL;
            }
        }
        if (divergence < best) {
            best = divergence;
            best_bins = bins;
        }
    }
    return best_bins;
}

TEST(Entropy, IsTheCutOfLeastDivergence) {
    for (const std::vector<double> &data : all_data()) {
        const double width = bin_width(data);
        std::vector<int64_t> counts(2048, 0);
        double min = 0, max = 0;
        for (const double x : data) {
            if (x != 0) counts[static_cast<size_t>(std::fabs(x) / width)]++;
            min = std::min(min, x);
            max = std::max(max, x);
        }
        while (!counts.back()) {
            counts.pop_back();
        }
        for (const neural_quant_scheme scheme :
             {NEURAL_QUANT_S8_SYMMETRIC, NEURAL_QUANT_U8_AFFINE}) {
            const bool wide = scheme != NEURAL_QUANT_S8_SYMMETRIC && (min == 0 || max == 0);
            const double cut = best_cut(counts, wide ? 256 : 128) * width;
            const neural_quant_params grid = search(data, NEURAL_OBSERVER_ENTROPY, scheme);
            EXPECT_EQ(grid.min, std::max(min, -cut));
            EXPECT_EQ(grid.max, std::min(max, cut));
        }
    }
}

double mean_squared_error(const std::vector<double> &data, const neural_quant_params &grid) {
    double sum = 0;
    for (const double x : data) {
        const double rest = x - back(nearest(x, grid), grid);
        sum += rest * rest;
    }
    return sum / static_cast<double>(data.size());
}

// As good as the best of all pairs of 12 fractions of the two ends, up to the width of the bins.
TEST(MeanSquaredError, IsLeast) {
    for (const std::vector<double> &data : all_data()) {
        const auto [min, max] = std::minmax_element(data.begin(), data.end());
        const double end = std::max(-*min, *max), low = std::min(*min, 0.0);
        for (const neural_quant_scheme scheme : kSchemes) {
            const bool symmetric = scheme == NEURAL_QUANT_S8_SYMMETRIC;
            double best = HUGE_VAL;
            for (int i = 1; i <= 12; i++) {
                for (int j = 1; j <= (symmetric || low == 0 ? 1 : 12); j++) {
                    best = std::min(
                        best, mean_squared_error(
                                  data, symmetric ? choose(0, end * i / 12, scheme)
                                                  : choose(low * j / 12, *max * i / 12, scheme)));
                }
            }
            const double found =
                mean_squared_error(data, search(data, NEURAL_OBSERVER_MSE, scheme));
            EXPECT_LE(found, 1.1 * best) << scheme;
        }
    }
}

// One far number: the percentile drops it; the mean squared error weighs it against the others.
TEST(MeanSquaredError, IsNoWorseThanMinMaxWithOutliers) {
    for (const double outlier : {8.0, 60.0, 1e6}) {
        std::vector<double> data = all_data()[0];
        data.push_back(outlier);
        for (const neural_quant_scheme scheme : kSchemes) {
            const neural_quant_params all = search(data, NEURAL_OBSERVER_MINMAX, scheme);
            const neural_quant_params most =
                search(data, NEURAL_OBSERVER_PERCENTILE, scheme, 0.998);
            const neural_quant_params least = search(data, NEURAL_OBSERVER_MSE, scheme);
            if (outlier == 60) {
                EXPECT_LT(most.scale, all.scale / 5);
            }
            EXPECT_LE(mean_squared_error(data, least), mean_squared_error(data, all) * 1.01);
        }
    }
}

} // namespace

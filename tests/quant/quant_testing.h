// What the tests of quant/ share: data of many kinds, and quantization written anew in double.
#ifndef TESTS_QUANT_QUANT_TESTING_H_
#define TESTS_QUANT_QUANT_TESTING_H_

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/allocations.h"
#include "core/base/thread_count.h"
#include "quant/quantize.h"

namespace quant_testing {

constexpr neural_quant_scheme kSchemes[] = {NEURAL_QUANT_S8_SYMMETRIC, NEURAL_QUANT_S8_AFFINE,
                                            NEURAL_QUANT_U8_AFFINE};

inline int low_of(neural_quant_scheme scheme) {
    return scheme == NEURAL_QUANT_U8_AFFINE ? 0 : scheme == NEURAL_QUANT_S8_AFFINE ? -128 : -127;
}
inline int high_of(neural_quant_scheme scheme) {
    return scheme == NEURAL_QUANT_U8_AFFINE ? 255 : 127;
}

inline int stored(neural_quant_scheme scheme, uint8_t byte) {
    return scheme == NEURAL_QUANT_U8_AFFINE ? byte : static_cast<int8_t>(byte);
}

// The nearest number of the grid; of two the one with the even index above the zero point.
inline int nearest(double x, const neural_quant_params &grid) {
    const double position = x / grid.scale;
    double index = std::floor(position);
    const double rest = position - index;
    if (rest > 0.5 || (rest == 0.5 && std::fmod(index, 2) != 0)) index++;
    return static_cast<int>(
        std::clamp(index + grid.zero_point, 1.0 * low_of(grid.scheme), 1.0 * high_of(grid.scheme)));
}

inline double back(int q, const neural_quant_params &grid) {
    return grid.scale * (q - grid.zero_point);
}

// Ranges as networks and attackers have them: symmetric, one-sided, far from 0, tiny, huge, none.
struct Range {
    double min, max;
};
inline const std::vector<Range> &ranges() {
    static const std::vector<Range> all = {
        {-1, 1},          {0, 6},      {-3, 0},         {2, 5},
        {-9, -7},         {-0.1, 900}, {-1e-6, 2e-6},   {-1e30, 1e30},
        {-3e38, 3e38},    {0, 1e-37},  {-1e-44, 1e-45}, {0, 0},
        {1e-300, 1e-299}, {-127, 127}, {-128, 127},     {1000, 1000.001}};
    return all;
}

inline std::vector<double> uniform(std::mt19937_64 &random, const Range &range, int64_t len) {
    std::uniform_real_distribution<double> share(0, 1);
    std::vector<double> data(static_cast<size_t>(len));
    for (double &x : data) {
        x = range.min + (range.max - range.min) * share(random);
    }
    return data;
}

inline std::vector<float> to_floats(const std::vector<double> &data) {
    return std::vector<float>(data.begin(), data.end());
}

inline neural_quant_params choose(double min, double max, neural_quant_scheme scheme) {
    neural_quant_params grid = {};
    EXPECT_EQ(neural_quant_params_choose(min, max, scheme, &grid), NEURAL_OK)
        << neural_last_error();
    return grid;
}

} // namespace quant_testing

#endif // TESTS_QUANT_QUANT_TESTING_H_

// Grids, calibration and conversion of arrays against double arithmetic.
#include "tests/quant/quant_testing.h"

#include <limits>

namespace {

using namespace quant_testing;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(QuantParams, GridsCoverTheirRangeAndZero) {
    for (const neural_quant_scheme scheme : kSchemes) {
        for (const Range &range : ranges()) {
            const neural_quant_params grid = choose(range.min, range.max, scheme);
            SCOPED_TRACE(testing::Message() << scheme << " [" << range.min << ", " << range.max);
            EXPECT_EQ(neural_quant_params_check(&grid), NEURAL_OK) << neural_last_error();
            EXPECT_EQ(grid.scale, static_cast<double>(static_cast<float>(grid.scale)));
            EXPECT_EQ(grid.min, std::min(range.min, 0.0));
            EXPECT_EQ(grid.max, std::max(range.max, 0.0));
            EXPECT_EQ(back(nearest(0, grid), grid), 0);
            // both ends are at most half a step away, and f32 rounding
            const double slack = grid.scale * (0.5 + 1e-5);
            EXPECT_NEAR(back(nearest(grid.min, grid), grid), grid.min, slack);
            EXPECT_NEAR(back(nearest(grid.max, grid), grid), grid.max, slack);
            // and no step is wasted, but for denormal ranges
            if (grid.max - grid.min > 1e-35) {
                const double width = scheme == NEURAL_QUANT_S8_SYMMETRIC
                                         ? 2 * std::max(-grid.min, grid.max) / 254
                                         : (grid.max - grid.min) / 255;
                EXPECT_NEAR(grid.scale, width, 1e-6 * width);
            }
        }
    }
}

TEST(QuantParams, KnownGrids) {
    EXPECT_EQ(choose(-2, 1, NEURAL_QUANT_S8_SYMMETRIC).scale, static_cast<double>(2.0f / 127));
    EXPECT_EQ(choose(-128, 127, NEURAL_QUANT_S8_AFFINE).zero_point, 0);
    EXPECT_EQ(choose(-128, 127, NEURAL_QUANT_S8_AFFINE).scale, 1);
    EXPECT_EQ(choose(-127.5, 127.5, NEURAL_QUANT_U8_AFFINE).zero_point, 128); // a tie, to even
    EXPECT_EQ(choose(-126.5, 128.5, NEURAL_QUANT_U8_AFFINE).zero_point, 126);
    EXPECT_EQ(choose(0, 255, NEURAL_QUANT_U8_AFFINE).zero_point, 0);
    EXPECT_EQ(choose(3, 255, NEURAL_QUANT_S8_AFFINE).zero_point, -128); // widened to 0
    EXPECT_EQ(choose(-255, -4, NEURAL_QUANT_U8_AFFINE).zero_point, 255);
    EXPECT_EQ(choose(0, 0, NEURAL_QUANT_S8_SYMMETRIC).scale, 1);
}

TEST(QuantParams, RefusesWhatIsNoRange) {
    const struct {
        double min, max;
        neural_status status;
    } wrong[] = {{kNan, 1, NEURAL_ERR_NAN_DETECTED},      {0, kNan, NEURAL_ERR_NAN_DETECTED},
                 {-kInf, 1, NEURAL_ERR_INF_DETECTED},     {0, kInf, NEURAL_ERR_INF_DETECTED},
                 {1, 0, NEURAL_ERR_INVALID_ARGUMENT},     {0, 1e39, NEURAL_ERR_INVALID_ARGUMENT},
                 {-1e300, 0, NEURAL_ERR_INVALID_ARGUMENT}};
    for (const auto &range : wrong) {
        neural_quant_params grid = {7, 7, 7, 7, NEURAL_QUANT_U8_AFFINE};
        EXPECT_EQ(neural_quant_params_choose(range.min, range.max, NEURAL_QUANT_S8_AFFINE, &grid),
                  range.status);
        EXPECT_EQ(grid.scale, 7);
    }
    neural_quant_params grid;
    EXPECT_EQ(neural_quant_params_choose(0, 1, static_cast<neural_quant_scheme>(3), &grid),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_quant_params_choose(0, 1, NEURAL_QUANT_S8_AFFINE, nullptr),
              NEURAL_ERR_NULL_POINTER);
}

TEST(QuantParams, CheckRefusesHostileOnes) {
    const neural_quant_params good = choose(-1, 2, NEURAL_QUANT_U8_AFFINE);
    for (const double scale : {0.0, -1.0, kNan, kInf, 1e-40, 1e39}) {
        neural_quant_params grid = good;
        grid.scale = scale;
        EXPECT_EQ(neural_quant_params_check(&grid), NEURAL_ERR_INVALID_ARGUMENT) << scale;
    }
    for (const neural_quant_scheme scheme : kSchemes) {
        for (const int32_t zero : {-129, -128, -1, 0, 1, 127, 128, 255, 256, INT32_MIN}) {
            neural_quant_params grid = good;
            grid.scheme = scheme;
            grid.zero_point = zero;
            const bool fits = scheme == NEURAL_QUANT_S8_SYMMETRIC
                                  ? zero == 0
                                  : zero >= low_of(scheme) && zero <= high_of(scheme);
            EXPECT_EQ(neural_quant_params_check(&grid) == NEURAL_OK, fits) << scheme << zero;
        }
    }
    neural_quant_params grid = good;
    grid.scheme = static_cast<neural_quant_scheme>(-1);
    EXPECT_EQ(neural_quant_params_check(&grid), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_quant_params_check(nullptr), NEURAL_ERR_NULL_POINTER);
}

// Quantizes and checks each number; the bytes.
template <class T>
std::vector<uint8_t> convert(const std::vector<T> &data, const neural_quant_params &grid) {
    const neural_dtype dtype = sizeof(T) == 4 ? NEURAL_DTYPE_F32 : NEURAL_DTYPE_F64;
    const auto len = static_cast<int64_t>(data.size());
    std::vector<uint8_t> bytes(data.size() + 1, 0xA5);
    std::vector<T> again(data.size() + 1, T{77});
    EXPECT_EQ(neural_quantize(data.data(), dtype, len, &grid, bytes.data()), NEURAL_OK);
    EXPECT_EQ(neural_dequantize(bytes.data(), len, &grid, again.data(), dtype), NEURAL_OK);
    EXPECT_EQ(bytes.back(), 0xA5);
    EXPECT_EQ(again.back(), T{77});
    for (size_t i = 0; i < data.size(); i++) {
        const int q = stored(grid.scheme, bytes[i]);
        EXPECT_GE(q, low_of(grid.scheme));
        EXPECT_LE(q, high_of(grid.scheme));
        EXPECT_EQ(again[i], static_cast<T>(back(q, grid))) << data[i];
    }
    bytes.pop_back();
    return bytes;
}

template <class T> class Convert : public testing::Test {};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Convert, Types);

// |x - dequantize(quantize(x))| <= scale / 2 inside the range, and x / scale is rounded as doubles
// say.
TYPED_TEST(Convert, ErrorIsHalfAStepInsideTheRange) {
    std::mt19937_64 random(testing::UnitTest::GetInstance()->random_seed());
    for (const neural_quant_scheme scheme : kSchemes) {
        for (const Range &range : ranges()) {
            const neural_quant_params grid = choose(range.min, range.max, scheme);
            std::vector<TypeParam> data;
            for (const double x : uniform(random, range, 1009)) {
                data.push_back(static_cast<TypeParam>(x));
            }
            data.push_back(0);
            data.push_back(static_cast<TypeParam>(-0.0));
            const std::vector<uint8_t> bytes = convert(data, grid);
            for (size_t i = 0; i < data.size(); i++) {
                const double x = static_cast<double>(data[i]);
                const int q = stored(scheme, bytes[i]);
                EXPECT_LE(std::fabs(x - back(q, grid)), grid.scale * (0.5 + 1e-4)) << x;
                if (sizeof(TypeParam) == 8) {
                    EXPECT_EQ(q, nearest(x, grid)) << x;
                }
            }
            EXPECT_EQ(back(stored(scheme, bytes.back()), grid), 0);
        }
    }
}

TYPED_TEST(Convert, IsMonotoneAndSaturates) {
    std::mt19937_64 random(testing::UnitTest::GetInstance()->random_seed());
    for (const neural_quant_scheme scheme : kSchemes) {
        const neural_quant_params grid = choose(-1.5, 4, scheme);
        std::vector<TypeParam> data;
        for (const double x : uniform(random, {-20, 20}, 4001)) {
            data.push_back(static_cast<TypeParam>(x));
        }
        for (const double x : {-kInf, kInf, -1e38, 1e38, 1e-40, -1e-40}) {
            data.push_back(static_cast<TypeParam>(x));
        }
        std::sort(data.begin(), data.end());
        const std::vector<uint8_t> bytes = convert(data, grid);
        for (size_t i = 1; i < data.size(); i++) {
            EXPECT_LE(stored(scheme, bytes[i - 1]), stored(scheme, bytes[i])) << data[i];
        }
        EXPECT_EQ(stored(scheme, bytes.front()), low_of(scheme));
        EXPECT_EQ(stored(scheme, bytes.back()), high_of(scheme));
    }
}

// Whole and half steps: exact divisions, so that the ties are ties.
TYPED_TEST(Convert, TiesGoToEven) {
    for (const neural_quant_scheme scheme : kSchemes) {
        for (const int32_t zero : {0, 3}) {
            neural_quant_params grid = {0.25, zero, -1, 1, scheme};
            if (scheme == NEURAL_QUANT_S8_SYMMETRIC) grid.zero_point = 0;
            std::vector<TypeParam> data;
            for (int half_steps = -700; half_steps <= 700; half_steps++) {
                data.push_back(static_cast<TypeParam>(half_steps * 0.125));
            }
            const std::vector<uint8_t> bytes = convert(data, grid);
            for (size_t i = 0; i < data.size(); i++) {
                EXPECT_EQ(stored(scheme, bytes[i]), nearest(static_cast<double>(data[i]), grid))
                    << data[i];
            }
        }
    }
}

TYPED_TEST(Convert, NanGivesTheLowerBound) {
    for (const neural_quant_scheme scheme : kSchemes) {
        const neural_quant_params grid = choose(-1, 1, scheme);
        const std::vector<uint8_t> bytes =
            convert(std::vector<TypeParam>(3, static_cast<TypeParam>(kNan)), grid);
        for (const uint8_t byte : bytes) {
            EXPECT_EQ(stored(scheme, byte), low_of(scheme));
        }
    }
}

TYPED_TEST(Convert, EveryLengthAndThreadCount) {
    std::mt19937_64 random(5);
    const neural_quant_params grid = choose(-1, 2, NEURAL_QUANT_U8_AFFINE);
    for (const int64_t len : {0, 1, 2, 3, 15, 16, 17, 63, 64, 65, 1009, 200001}) {
        std::vector<TypeParam> data;
        for (const double x : uniform(random, {-2, 3}, len)) {
            data.push_back(static_cast<TypeParam>(x));
        }
        neural_set_num_threads(1);
        const std::vector<uint8_t> one = convert(data, grid);
        neural_set_num_threads(3);
        EXPECT_EQ(convert(data, grid), one);
        neural_set_num_threads(1);
    }
}

TEST(Quantize, RefusesWrongCalls) {
    const neural_quant_params grid = choose(-1, 1, NEURAL_QUANT_U8_AFFINE);
    neural_quant_params wrong = grid;
    wrong.scale = 0;
    float x[2] = {0, 1};
    uint8_t q[2] = {9, 9};
    EXPECT_EQ(neural_quantize(x, NEURAL_DTYPE_I32, 2, &grid, q), NEURAL_ERR_INVALID_DTYPE);
    EXPECT_EQ(neural_quantize(x, NEURAL_DTYPE_F32, -1, &grid, q), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_quantize(nullptr, NEURAL_DTYPE_F32, 2, &grid, q), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_quantize(x, NEURAL_DTYPE_F32, 2, &grid, nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_quantize(x, NEURAL_DTYPE_F32, 2, nullptr, q), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_quantize(x, NEURAL_DTYPE_F32, 2, &wrong, q), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_dequantize(q, 2, &wrong, x, NEURAL_DTYPE_F32), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_dequantize(nullptr, 2, &grid, x, NEURAL_DTYPE_F32), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_dequantize(q, 2, &grid, x, NEURAL_DTYPE_BF16), NEURAL_ERR_INVALID_DTYPE);
    EXPECT_EQ(q[0], 9);
}

TEST(Calibrate, MinMaxIsTheRange) {
    std::mt19937_64 random(11);
    for (const neural_quant_scheme scheme : kSchemes) {
        for (const int64_t len : {1, 2, 63, 4095, 4096, 4097, 20011}) {
            const std::vector<double> data = uniform(random, {-3, 8}, len);
            const auto [min, max] = std::minmax_element(data.begin(), data.end());
            neural_quant_params grid;
            ASSERT_EQ(
                neural_quant_calibrate_minmax(data.data(), NEURAL_DTYPE_F64, len, scheme, &grid),
                NEURAL_OK);
            EXPECT_EQ(grid.min, std::min(*min, 0.0));
            EXPECT_EQ(grid.max, std::max(*max, 0.0));
        }
    }
}

TEST(Calibrate, PercentileIsTheOriginalsIndex) {
    std::mt19937_64 random(12);
    for (const int64_t len : {1, 2, 10, 999, 5000}) {
        for (const double tail : {0.0, 0.001, 0.01, 0.25, 0.5}) {
            std::vector<double> data = uniform(random, {-5, 4}, len);
            for (size_t i = 0; i < data.size(); i += 3) {
                data[i] = data[0]; // equal ones
            }
            const std::vector<float> floats = to_floats(data);
            std::vector<float> sorted = floats;
            std::sort(sorted.begin(), sorted.end());
            const auto low = static_cast<size_t>(static_cast<double>(len) * tail);
            const auto high = static_cast<size_t>(static_cast<double>(len) * (1 - tail));
            const double min = sorted[std::min(low, sorted.size() - 1)];
            const double max = sorted[std::min(high, sorted.size() - 1)];
            neural_quant_params grid;
            ASSERT_EQ(neural_quant_calibrate_percentile(floats.data(), NEURAL_DTYPE_F32, len, tail,
                                                        NEURAL_QUANT_S8_AFFINE, &grid),
                      NEURAL_OK);
            EXPECT_EQ(grid.min, std::min(min, 0.0)) << len << " " << tail;
            EXPECT_EQ(grid.max, std::max(max, 0.0)) << len << " " << tail;
        }
    }
}

TEST(Calibrate, RefusesWhatCannotBeCalibrated) {
    std::vector<double> data(10000, 1.0);
    neural_quant_params grid;
    const auto minmax = [&](int64_t len) {
        return neural_quant_calibrate_minmax(data.data(), NEURAL_DTYPE_F64, len,
                                             NEURAL_QUANT_U8_AFFINE, &grid);
    };
    EXPECT_EQ(minmax(0), NEURAL_ERR_INVALID_ARGUMENT);
    data[7003] = kNan;
    EXPECT_EQ(minmax(10000), NEURAL_ERR_NAN_DETECTED);
    EXPECT_NE(std::string(neural_last_error()).find("7003"), std::string::npos);
    data[7003] = -kInf;
    EXPECT_EQ(minmax(10000), NEURAL_ERR_INF_DETECTED);
    data[7003] = 1e200;
    EXPECT_EQ(minmax(10000), NEURAL_ERR_INVALID_ARGUMENT);
    for (const double tail : {-0.1, 0.51, kNan}) {
        EXPECT_EQ(neural_quant_calibrate_percentile(data.data(), NEURAL_DTYPE_F64, 100, tail,
                                                    NEURAL_QUANT_U8_AFFINE, &grid),
                  NEURAL_ERR_INVALID_ARGUMENT);
    }
    neural_alloc_fail_at(1);
    EXPECT_EQ(neural_quant_calibrate_percentile(data.data(), NEURAL_DTYPE_F64, 100, 0.1,
                                                NEURAL_QUANT_U8_AFFINE, &grid),
              NEURAL_ERR_OUT_OF_MEMORY);
    neural_alloc_fail_at(0);
}

TEST(Cost, ErrorAndSnrAreTheirFormulas) {
    std::mt19937_64 random(13);
    for (const neural_quant_scheme scheme : kSchemes) {
        for (const int64_t len : {1, 100, 4097, 10007}) {
            const std::vector<double> data = uniform(random, {-1, 3}, len);
            const neural_quant_params grid = choose(-0.9, 2.5, scheme);
            long double signal = 0, noise = 0;
            for (const double x : data) {
                const double rest = x - back(nearest(x, grid), grid);
                signal += static_cast<long double>(x) * x;
                noise += static_cast<long double>(rest) * rest;
            }
            double error = 0, snr = 0;
            ASSERT_EQ(neural_quantization_error(data.data(), NEURAL_DTYPE_F64, len, &grid, &error),
                      NEURAL_OK);
            ASSERT_EQ(neural_quantization_snr(data.data(), NEURAL_DTYPE_F64, len, &grid, &snr),
                      NEURAL_OK);
            const auto want = static_cast<double>(noise / len);
            EXPECT_NEAR(error, want, 1e-12 * want);
            EXPECT_NEAR(snr, 10 * std::log10(static_cast<double>(signal / noise)), 1e-9);
        }
    }
}

TEST(Cost, NoErrorIs999) {
    const neural_quant_params grid = choose(-127, 127, NEURAL_QUANT_S8_SYMMETRIC);
    const float data[] = {-3, 0, 100};
    double snr = 0, error = 1;
    ASSERT_EQ(neural_quantization_snr(data, NEURAL_DTYPE_F32, 3, &grid, &snr), NEURAL_OK);
    EXPECT_EQ(snr, 999.0);
    ASSERT_EQ(neural_quantization_error(data, NEURAL_DTYPE_F32, 3, &grid, &error), NEURAL_OK);
    EXPECT_EQ(error, 0);
    EXPECT_EQ(neural_quantization_snr(data, NEURAL_DTYPE_F32, 0, &grid, &snr),
              NEURAL_ERR_INVALID_ARGUMENT);
    const float nan[] = {1, std::numeric_limits<float>::quiet_NaN()};
    EXPECT_EQ(neural_quantization_error(nan, NEURAL_DTYPE_F32, 2, &grid, &error),
              NEURAL_ERR_NAN_DETECTED);
}

} // namespace

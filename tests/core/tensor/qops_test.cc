// Operations on 8-bit tensors against double precision.
#include "core/tensor/qops.h"

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/base/allocations.h"
#include "core/base/threads.h"
#include <gtest/gtest.h>

namespace {

const neural_qformat kFormats[] = {{0.05f, 0, 0},    {0.037f, 128, 0}, {0.11f, 255, 0},
                                   {0.02f, -128, 1}, {0.5f, 0, 1},     {1.25f, 17, 1}};

int ValueOf(const neural_qformat &f, uint8_t byte) {
    return (f.is_signed ? static_cast<int8_t>(byte) : byte) - f.zero_point;
}

double RealOf(const neural_qformat &f, uint8_t byte) {
    return ValueOf(f, byte) * static_cast<double>(f.scale);
}

// y is what is rounded, in f32.
uint8_t Quantized(const neural_qformat &f, float y) {
    const double low = f.is_signed ? -128 : 0;
    if (std::isnan(y)) return static_cast<uint8_t>(static_cast<int>(low));
    const double q = std::nearbyint(static_cast<double>(y)) + f.zero_point;
    return static_cast<uint8_t>(static_cast<int>(std::fmin(std::fmax(q, low), low + 255)));
}

// The product of two f32 is exact in double, so this is the f32 product.
float Times(double a, double b) {
    return static_cast<float>(a * b);
}

std::vector<uint8_t> RandomBytes(int64_t len, uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<uint8_t> bytes(static_cast<size_t>(len));
    for (uint8_t &byte : bytes)
        byte = static_cast<uint8_t>(random());
    return bytes;
}

struct Sizes {
    int64_t n, c, plane;
};
const Sizes kSizes[] = {{1, 1, 1},    {3, 1, 100}, {5, 37, 1},     {2, 3, 49},   {1, 64, 256},
                        {2, 65, 257}, {1, 130, 5}, {0, 3, 4},      {2, 0, 4},    {2, 16, 16},
                        {1, 17, 700}, {4, 7, 9},   {1, 1, 100000}, {2, 31, 3000}};

TEST(Qops, QuantizeTurnsAndRoundsLikeDoubles) {
    const float inf = std::numeric_limits<float>::infinity();
    const float specials[] = {0, -0.0f, inf, -inf, NAN, 1e38f, -1e38f, 1e-42f, 0.5f, 2.5f, -1.5f};
    for (const neural_qformat &f : kFormats) {
        for (const Sizes &s : kSizes) {
            std::mt19937 random(3);
            std::normal_distribution<float> normal(0, 60 * f.scale);
            std::vector<float> x(static_cast<size_t>(s.n * s.c * s.plane));
            for (float &value : x)
                value = random() % 5 ? normal(random) : specials[random() % 11] * f.scale;
            std::vector<uint8_t> y(x.size() + 1, 0x5a);
            ASSERT_EQ(neural_quantize_nhwc(x.data(), s.n, s.c, s.plane, &f, y.data()), NEURAL_OK);
            const float inverse = 1 / f.scale;
            for (int64_t n = 0; n < s.n; n++)
                for (int64_t c = 0; c < s.c; c++)
                    for (int64_t p = 0; p < s.plane; p++)
                        ASSERT_EQ(y[(n * s.plane + p) * s.c + c],
                                  Quantized(f, x[(n * s.c + c) * s.plane + p] * inverse))
                            << x[(n * s.c + c) * s.plane + p] / f.scale;
            ASSERT_EQ(y.back(), 0x5a);
        }
    }
}

TEST(Qops, DequantizeIsTheInverse) {
    for (const neural_qformat &f : kFormats) {
        for (const Sizes &s : kSizes) {
            const std::vector<uint8_t> x = RandomBytes(s.n * s.c * s.plane, 5);
            std::vector<float> y(x.size() + 1, 7.0f);
            ASSERT_EQ(neural_dequantize_nchw(x.data(), s.n, s.c, s.plane, &f, y.data()), NEURAL_OK);
            for (int64_t n = 0; n < s.n; n++)
                for (int64_t c = 0; c < s.c; c++)
                    for (int64_t p = 0; p < s.plane; p++)
                        ASSERT_EQ(y[(n * s.c + c) * s.plane + p],
                                  static_cast<float>(RealOf(f, x[(n * s.plane + p) * s.c + c])));
            ASSERT_EQ(y.back(), 7.0f);
            std::vector<uint8_t> again(x.size());
            ASSERT_EQ(neural_quantize_nhwc(y.data(), s.n, s.c, s.plane, &f, again.data()),
                      NEURAL_OK);
            ASSERT_EQ(again, x);
        }
    }
}

TEST(Qops, AddIsTheRoundedSum) {
    for (const neural_qformat &fa : kFormats)
        for (const neural_qformat &fb : kFormats)
            for (const neural_qformat &fy : kFormats)
                for (const int relu : {0, 1}) {
                    const std::vector<uint8_t> a = RandomBytes(333, 1), b = RandomBytes(333, 2);
                    std::vector<uint8_t> y(334, 0x5a);
                    const neural_qadd_args args = {333, a.data(), b.data(), fa,
                                                   fb,  y.data(), fy,       relu};
                    ASSERT_EQ(neural_qadd(&args), NEURAL_OK);
                    for (int i = 0; i < 333; i++) {
                        const float u = Times(ValueOf(fa, a[i]), fa.scale / fy.scale);
                        const float v = Times(ValueOf(fb, b[i]), fb.scale / fy.scale);
                        const float sum = static_cast<float>(static_cast<double>(u) + v);
                        ASSERT_EQ(y[i], Quantized(fy, relu && sum < 0 ? 0 : sum)) << i;
                    }
                    ASSERT_EQ(y[333], 0x5a);
                }
}

TEST(Qops, AddWritesOverAnOperandAndSplitsOverThreads) {
    const int64_t len = 300001;
    const std::vector<uint8_t> a = RandomBytes(len, 1), b = RandomBytes(len, 2);
    std::vector<uint8_t> first(a.size());
    neural_qadd_args args = {len,         a.data(),     b.data(),    kFormats[0],
                             kFormats[4], first.data(), kFormats[1], 0};
    const int before = neural_num_threads();
    neural_set_num_threads(1);
    ASSERT_EQ(neural_qadd(&args), NEURAL_OK);
    std::vector<uint8_t> place = a;
    args.a = place.data();
    args.y = place.data();
    neural_set_num_threads(3);
    ASSERT_EQ(neural_qadd(&args), NEURAL_OK);
    neural_set_num_threads(before);
    EXPECT_TRUE(place == first);
}

TEST(Qops, ConcatBringsAllPartsToOneFormat) {
    const int64_t rows = 700, channels[] = {3, 64, 0, 17};
    for (const neural_qformat &fy : kFormats) {
        std::vector<std::vector<uint8_t>> data;
        std::vector<neural_qconcat_part> parts;
        int64_t all = 0;
        for (int i = 0; i < 4; i++) {
            data.push_back(RandomBytes(rows * channels[i], 10 + i));
            all += channels[i];
        }
        for (int i = 0; i < 4; i++)
            parts.push_back({data[i].data(), channels[i], kFormats[(i + 1) % 6]});
        std::vector<uint8_t> y(static_cast<size_t>(rows * all));
        ASSERT_EQ(neural_qconcat(parts.data(), 4, rows, &fy, y.data()), NEURAL_OK);
        for (int64_t r = 0; r < rows; r++) {
            int64_t at = r * all;
            for (int i = 0; i < 4; i++) {
                const neural_qformat &f = parts[i].format;
                for (int64_t c = 0; c < channels[i]; c++) {
                    const uint8_t byte = data[i][r * channels[i] + c];
                    const float want = Times(ValueOf(f, byte), f.scale / fy.scale);
                    ASSERT_EQ(y[at++], Quantized(fy, want));
                }
            }
        }
    }
}

TEST(Qops, LookupTakesEveryByteThroughTheTable) {
    for (const int64_t len : {0, 1, 15, 64, 65, 1000, 200003}) {
        const std::vector<uint8_t> x = RandomBytes(len, 4), table = RandomBytes(256, 5);
        std::vector<uint8_t> y = x;
        ASSERT_EQ(neural_qlookup(y.data(), len, table.data(), y.data()), NEURAL_OK);
        for (int64_t i = 0; i < len; i++)
            ASSERT_EQ(y[i], table[x[i]]);
    }
}

double Square(double x, void *context) {
    return x * x * *static_cast<double *>(context);
}

TEST(Qops, TablesHoldTheRoundedFunction) {
    double factor = 0.3;
    for (const neural_qformat &fx : kFormats) {
        for (const neural_qformat &fy : kFormats) {
            uint8_t table[256];
            ASSERT_EQ(neural_qlookup_table(&fx, &fy, Square, &factor, table), NEURAL_OK);
            for (int byte = 0; byte < 256; byte++) {
                const double x = RealOf(fx, static_cast<uint8_t>(byte));
                const double q = std::nearbyint(x * x * factor / fy.scale) + fy.zero_point;
                const double low = fy.is_signed ? -128 : 0;
                ASSERT_EQ(table[byte], static_cast<uint8_t>(static_cast<int>(
                                           std::fmin(std::fmax(q, low), low + 255))));
            }
        }
    }
}

TEST(Qops, EmbeddingTakesRowsWithTheirScales) {
    const int64_t count = 9, dim = 1030;
    const std::vector<uint8_t> bytes = RandomBytes(count * dim, 8);
    std::vector<float> scales;
    for (int i = 0; i < count; i++)
        scales.push_back(0.01f * static_cast<float>(i + 1));
    const neural_qembedding_table table = {reinterpret_cast<const int8_t *>(bytes.data()),
                                           scales.data(), count, dim};
    const int64_t indices[] = {3, 0, 8, 8, 1};
    std::vector<float> y(5 * dim);
    ASSERT_EQ(neural_qembedding(&table, indices, 5, y.data()), NEURAL_OK);
    for (const neural_qformat &f : kFormats) {
        std::vector<uint8_t> q(5 * dim);
        ASSERT_EQ(neural_qembedding_quantized(&table, indices, 5, &f, q.data()), NEURAL_OK);
        for (int i = 0; i < 5; i++) {
            for (int64_t j = 0; j < dim; j++) {
                const int8_t value = table.rows[indices[i] * dim + j];
                const float want = Times(value, scales[indices[i]]);
                ASSERT_EQ(y[i * dim + j], want);
                ASSERT_EQ(q[i * dim + j], Quantized(f, want * (1 / f.scale)));
            }
        }
    }
    const int64_t wrong[] = {0, 9};
    EXPECT_EQ(neural_qembedding(&table, wrong, 2, y.data()), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_NE(std::string(neural_last_error()).find("index 1 is 9, the table has 9 rows"),
              std::string::npos);
}

TEST(Qops, RefusesFormatsThatMakeNoSense) {
    const neural_status argument = NEURAL_ERR_INVALID_ARGUMENT;
    const neural_qformat wrong[] = {{0, 0, 0},        {-1, 0, 0},   {NAN, 0, 0},
                                    {INFINITY, 0, 0}, {1, 256, 0},  {1, -1, 0},
                                    {1, 128, 1},      {1, -129, 1}, {1e-45f, 0, 0}};
    uint8_t byte = 1;
    float real = 1;
    for (const neural_qformat &f : wrong) {
        EXPECT_EQ(neural_qformat_check("x", &f), argument);
        EXPECT_EQ(neural_quantize_nhwc(&real, 1, 1, 1, &f, &byte), argument);
        EXPECT_EQ(neural_dequantize_nchw(&byte, 1, 1, 1, &f, &real), argument);
    }
    const neural_qformat f = {1, 0, 0};
    EXPECT_EQ(neural_quantize_nhwc(nullptr, 1, 1, 1, &f, &byte), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_quantize_nhwc(&real, -1, 1, 1, &f, &byte), argument);
    EXPECT_EQ(neural_quantize_nhwc(&real, INT64_MAX, 2, 1, &f, &byte), NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(neural_qformat_check("x", nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_qadd(nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_qlookup(&byte, -1, &byte, &byte), argument);
    EXPECT_EQ(neural_qconcat(nullptr, 1, 1, &f, &byte), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(byte, 1);
    EXPECT_EQ(real, 1);
}

} // namespace

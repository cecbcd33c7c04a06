// 8-bit convolutions at every level against sums in 64 bits and the rounding of their contract.
#include "core/tensor/qconv2d.h"

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "core/asm/qgemm_kernel.h"
#include "core/base/allocations.h"
#include "core/base/threads.h"
#include <gtest/gtest.h>

namespace {

struct Case {
    int64_t n, h, w, c, o, kh, kw;
    int64_t stride = 1, pad = 0, dilation = 1, groups = 1;
    bool is_signed = false;
    neural_qgemm_output output = NEURAL_QGEMM_U8;
    bool relu = false, bias = true;
    int64_t pad_after = -1; // at the bottom and right, -1: as pad
};

std::ostream &operator<<(std::ostream &out, const Case &c) {
    return out << "[" << c.n << ", " << c.h << ", " << c.w << ", " << c.c << "] -> " << c.o << ", "
               << c.kh << "x" << c.kw << " stride " << c.stride << " pad " << c.pad << " dilation "
               << c.dilation << " groups " << c.groups << (c.is_signed ? " s8" : " u8")
               << " output " << c.output << " relu " << c.relu << " bias " << c.bias;
}

int64_t SizeOf(neural_qgemm_output output) {
    return output == NEURAL_QGEMM_S32 || output == NEURAL_QGEMM_F32 ? 4 : 1;
}

class Convolution {
  public:
    Convolution(const Case &c, uint32_t seed) : case_(c), random_(seed) {
        after_ = c.pad_after < 0 ? c.pad : c.pad_after;
        oh_ = (c.h + c.pad + after_ - c.dilation * (c.kh - 1) - 1) / c.stride + 1;
        ow_ = (c.w + c.pad + after_ - c.dilation * (c.kw - 1) - 1) / c.stride + 1;
        x_.resize(static_cast<size_t>(c.n * c.h * c.w * c.c));
        weight_.resize(static_cast<size_t>(c.o * c.c / c.groups * c.kh * c.kw));
        static const uint8_t extremes[] = {0, 255, 127, 128};
        for (uint8_t &x : x_)
            x = static_cast<uint8_t>(random_() % 3 ? random_() : extremes[random_() % 4]);
        for (int8_t &w : weight_)
            w = static_cast<int8_t>(random_() % 3 ? random_() : extremes[random_() % 4]);
        for (int64_t o = 0; o < c.o; o++) {
            scales_.push_back(std::ldexp(1 + static_cast<float>(random_() % 1000) / 1000, -10));
            bias_s32_.push_back(static_cast<int32_t>(random_() % 20001) - 10000);
            bias_f32_.push_back(static_cast<float>(random_() % 1000) / 10 - 50);
        }
        x_zero_ = static_cast<int32_t>(random_() % 256) - (c.is_signed ? 128 : 0);
        y_zero_ = static_cast<int32_t>(random_() % 256) - (c.output == NEURAL_QGEMM_S8 ? 128 : 0);
    }
    ~Convolution() { neural_qconv2d_destroy(conv_); }
    Convolution(const Convolution &) = delete;
    Convolution &operator=(const Convolution &) = delete;

    neural_status Create() {
        neural_qconv2d_options of = {};
        of.channels = case_.c;
        of.filters = case_.o;
        of.groups = case_.groups;
        of.kernel[0] = case_.kh;
        of.kernel[1] = case_.kw;
        for (int side = 0; side < 2; side++) {
            of.stride[side] = case_.stride;
            of.dilation[side] = case_.dilation;
            of.pad[side] = case_.pad;
            of.pad[side + 2] = after_;
        }
        of.weight = weight_.data();
        of.scales = scales_.data();
        of.bias = !case_.bias                        ? nullptr
                  : case_.output == NEURAL_QGEMM_F32 ? static_cast<void *>(bias_f32_.data())
                                                     : bias_s32_.data();
        of.x_is_signed = case_.is_signed;
        of.x_zero_point = x_zero_;
        of.output = case_.output;
        of.y_zero_point = y_zero_;
        of.relu = case_.relu;
        return neural_qconv2d_create(&of, &conv_);
    }

    std::vector<uint8_t> Run(const neural_qgemm_kernels *kernels) {
        std::vector<uint8_t> y(
            static_cast<size_t>(case_.n * oh_ * ow_ * case_.o) * SizeOf(case_.output), 0x5a);
        EXPECT_EQ(
            neural_qconv2d_run_at(kernels, conv_, case_.n, case_.h, case_.w, x_.data(), y.data()),
            NEURAL_OK)
            << neural_last_error();
        return y;
    }

    std::vector<uint8_t> Oracle() const {
        const Case &c = case_;
        const int64_t size = SizeOf(c.output);
        std::vector<uint8_t> y(static_cast<size_t>(c.n * oh_ * ow_ * c.o * size));
        for (int64_t n = 0; n < c.n; n++)
            for (int64_t i = 0; i < oh_; i++)
                for (int64_t j = 0; j < ow_; j++)
                    for (int64_t o = 0; o < c.o; o++)
                        Finish(Sum(n, i, j, o), o,
                               &y[(((n * oh_ + i) * ow_ + j) * c.o + o) * size]);
        return y;
    }

    const neural_qconv2d *conv() const { return conv_; }

  private:
    int64_t Sum(int64_t n, int64_t i, int64_t j, int64_t o) const {
        const Case &c = case_;
        const int64_t channels = c.c / c.groups, first = o / (c.o / c.groups) * channels;
        int64_t sum = 0;
        for (int64_t k = 0; k < channels; k++)
            for (int64_t p = 0; p < c.kh; p++)
                for (int64_t q = 0; q < c.kw; q++) {
                    const int64_t y = i * c.stride + p * c.dilation - c.pad;
                    const int64_t x = j * c.stride + q * c.dilation - c.pad;
                    if (y < 0 || y >= c.h || x < 0 || x >= c.w) continue;
                    const uint8_t byte = x_[((n * c.h + y) * c.w + x) * c.c + first + k];
                    const int value = c.is_signed ? static_cast<int8_t>(byte) : byte;
                    sum += (value - x_zero_) * weight_[((o * channels + k) * c.kh + p) * c.kw + q];
                }
        return sum;
    }

    void Finish(int64_t sum, int64_t o, uint8_t *out) const {
        const bool is_float = case_.output == NEURAL_QGEMM_F32;
        if (case_.bias && !is_float) sum += bias_s32_[o];
        if (case_.output == NEURAL_QGEMM_S32) {
            const int32_t result = static_cast<int32_t>(sum);
            std::memcpy(out, &result, 4);
            return;
        }
        const double scale = scales_[o];
        float x = static_cast<float>(static_cast<float>(sum) * scale);
        if (is_float) {
            if (case_.bias) x = static_cast<float>(static_cast<double>(x) + bias_f32_[o]);
            if (case_.relu && x < 0) x = 0;
            std::memcpy(out, &x, 4);
            return;
        }
        const double low = case_.output == NEURAL_QGEMM_U8 ? 0 : -128;
        double q = std::nearbyint(static_cast<double>(x)) + y_zero_;
        if (case_.relu && q < y_zero_) q = y_zero_;
        *out = static_cast<uint8_t>(static_cast<int>(std::fmin(std::fmax(q, low), low + 255)));
    }

    Case case_;
    std::mt19937 random_;
    int64_t after_, oh_, ow_;
    std::vector<uint8_t> x_;
    std::vector<int8_t> weight_;
    std::vector<float> scales_, bias_f32_;
    std::vector<int32_t> bias_s32_;
    int32_t x_zero_, y_zero_;
    neural_qconv2d *conv_ = nullptr;
};

std::vector<const neural_qgemm_kernels *> AllKernels() {
    std::vector<const neural_qgemm_kernels *> all;
    for (int isa = 0; isa <= neural_isa_detected(); isa++) {
        all.push_back(neural_qgemm_kernels_at(static_cast<neural_isa>(isa), 0));
    }
    if (neural_quirks_detected() & NEURAL_QUIRK_VNNI) {
        all.push_back(neural_qgemm_kernels_at(NEURAL_ISA_AVX512, NEURAL_QUIRK_VNNI));
    }
    return all;
}

void Check(const Case &c, uint32_t seed) {
    SCOPED_TRACE(testing::Message() << c << " seed " << seed);
    Convolution convolution(c, seed);
    ASSERT_EQ(convolution.Create(), NEURAL_OK) << neural_last_error();
    const std::vector<uint8_t> want = convolution.Oracle();
    for (const neural_qgemm_kernels *kernels : AllKernels()) {
        ASSERT_TRUE(convolution.Run(kernels) == want) << kernels->name;
    }
}

TEST(Qconv2d, MatchesTheSums) {
    const neural_qgemm_output f32 = NEURAL_QGEMM_F32, s8 = NEURAL_QGEMM_S8, s32 = NEURAL_QGEMM_S32;
    const Case cases[] = {
        {2, 9, 7, 1, 5, 3, 3, 1, 1},
        {1, 28, 28, 1, 32, 3, 3, 1, 1, 1, 1, false, NEURAL_QGEMM_U8, true},
        {2, 14, 14, 32, 64, 3, 3, 1, 1},
        {1, 7, 7, 64, 128, 3, 3, 1, 1, 1, 1, true, s8, true},
        {1, 8, 9, 3, 17, 5, 5, 2, 2, 1, 1, true},
        {1, 12, 11, 12, 20, 3, 3, 1, 2, 2, 1, false, s8},
        {1, 12, 11, 12, 20, 3, 3, 2, 2, 3, 2, true, f32, true},
        {2, 6, 6, 8, 8, 1, 1},
        {2, 6, 6, 7, 9, 1, 1, 1, 0, 1, 1, true, f32},
        {1, 6, 7, 8, 70, 1, 1, 2, 1},
        {3, 5, 5, 12, 18, 3, 2, 1, 1, 1, 3, false, s32},
        {1, 10, 10, 4, 66, 2, 4, 1, 0, 1, 1, false, NEURAL_QGEMM_U8, false, false},
        {1, 5, 6, 16, 16, 3, 3, 1, 0, 1, 1, false, NEURAL_QGEMM_U8, true, true, 2},
        {1, 3, 40, 4, 16, 3, 3, 1, 3},
        {1, 1, 1, 20, 10, 1, 1},
    };
    for (const Case &c : cases)
        Check(c, 1);
}

TEST(Qconv2d, DepthwiseMatchesTheSums) {
    const neural_qgemm_output f32 = NEURAL_QGEMM_F32, s8 = NEURAL_QGEMM_S8, s32 = NEURAL_QGEMM_S32;
    for (const int64_t c : {1, 3, 16, 24, 64, 80, 130}) {
        Check({2, 9, 8, c, c, 3, 3, 1, 1, 1, c}, 1);
        Check({1, 9, 8, c, c, 3, 3, 2, 1, 1, c, true, s8, true}, 2);
        Check({1, 11, 12, c, c, 5, 5, 1, 2, 2, c, false, f32}, 3);
        Check({1, 6, 5, c, 2 * c, 3, 2, 1, 1, 1, c, true, s32}, 4);
    }
}

TEST(Qconv2d, MatchesTheSumsOfRandomShapes) {
    std::mt19937 random(7);
    const auto below = [&](int64_t limit) { return static_cast<int64_t>(random() % limit); };
    for (uint32_t seed = 1; seed <= 60; seed++) {
        Case c = {1 + below(3), 1 + below(17), 1 + below(17), 0, 0, 1 + below(4), 1 + below(4)};
        c.groups = below(3) ? 1 : 1 + below(4);
        c.c = c.groups * (1 + below(below(2) ? 40 : 9));
        c.o = c.groups * (1 + below(below(2) ? 70 : 9));
        c.stride = 1 + below(3);
        c.dilation = 1 + below(2);
        c.pad = below(4);
        c.pad_after = below(4);
        c.h += c.dilation * (c.kh - 1);
        c.w += c.dilation * (c.kw - 1);
        c.is_signed = below(2);
        c.output = static_cast<neural_qgemm_output>(below(4));
        c.relu = c.output != NEURAL_QGEMM_S32 && below(2);
        c.bias = below(3);
        Check(c, seed);
    }
}

// Large enough to be divided: by bands, pixels, panels, windows (levels with 16-bit numbers), bands
// of depthwise windows.
TEST(Qconv2d, GivesTheSameBitsWithAnyNumberOfThreads) {
    const Case cases[] = {{3, 20, 20, 24, 40, 3, 3, 1, 1},
                          {1, 40, 40, 30, 64, 1, 1},
                          {3, 1, 1, 1030, 700, 1, 1, 1, 0, 1, 1, true},
                          {2, 20, 20, 7, 40, 3, 3, 1, 1, 1, 1, true},
                          {4, 40, 40, 40, 40, 3, 3, 1, 1, 1, 40}};
    const int before = neural_num_threads();
    for (const Case &c : cases) {
        Convolution convolution(c, 5);
        ASSERT_EQ(convolution.Create(), NEURAL_OK);
        const std::vector<uint8_t> want = convolution.Oracle();
        for (const neural_qgemm_kernels *kernels : AllKernels()) {
            for (const int threads : {1, 2, 3, 5}) {
                neural_set_num_threads(threads);
                EXPECT_TRUE(convolution.Run(kernels) == want) << c << kernels->name << threads;
            }
        }
    }
    neural_set_num_threads(before);
}

TEST(Qconv2d, LinearIsTheConvolutionOfAPixel) {
    const int8_t weight[] = {1, -2, 3, 4, 5, -6};
    const int32_t bias[] = {10, -20};
    const float scales[] = {0.5f, 0.25f};
    const uint8_t x[] = {10, 20, 30, 0, 255, 7};
    neural_qconv2d_options of = {};
    of.weight = weight;
    of.bias = bias;
    of.scales = scales;
    of.x_zero_point = 5;
    of.output = NEURAL_QGEMM_S8;
    of.y_zero_point = -3;
    neural_qconv2d *linear = nullptr;
    ASSERT_EQ(neural_qlinear_create(3, 2, &of, &linear), NEURAL_OK) << neural_last_error();
    int8_t y[4];
    ASSERT_EQ(neural_qlinear_run(linear, 2, x, y), NEURAL_OK);
    // sums 5 - 30 + 75 = 50, 20 + 75 - 150 = -55; -5 - 500 + 6 = -499, -20 + 1250 - 12 = 1218
    EXPECT_EQ(std::vector<int>(y, y + 4), (std::vector<int>{27, -22, -128, 127}));
    EXPECT_GT(neural_qconv2d_bytes(linear), 6);
    neural_qconv2d_destroy(linear);
    neural_qconv2d_destroy(nullptr);
    EXPECT_EQ(neural_qconv2d_bytes(nullptr), 0);
}

neural_qconv2d_options Sane(const int8_t *weight, const float *scales) {
    neural_qconv2d_options of = {};
    of.channels = of.filters = of.groups = 1;
    for (int side = 0; side < 2; side++)
        of.kernel[side] = of.stride[side] = of.dilation[side] = 1;
    of.weight = weight;
    of.scales = scales;
    of.output = NEURAL_QGEMM_U8;
    return of;
}

TEST(Qconv2d, RefusesWhatMakesNoSense) {
    const int8_t weight[4] = {};
    const float scale = 1;
    const int32_t huge = INT32_MIN;
    neural_qconv2d *conv = nullptr;
    const auto refuses = [&](neural_status status, auto spoil) {
        neural_qconv2d_options of = Sane(weight, &scale);
        spoil(&of);
        return neural_qconv2d_create(&of, &conv) == status && !conv;
    };
    const neural_status argument = NEURAL_ERR_INVALID_ARGUMENT, null = NEURAL_ERR_NULL_POINTER;
    EXPECT_TRUE(refuses(null, [](auto *of) { of->weight = nullptr; }));
    EXPECT_TRUE(refuses(null, [](auto *of) { of->scales = nullptr; }));
    EXPECT_TRUE(refuses(argument, [](auto *of) { of->channels = 0; }));
    EXPECT_TRUE(refuses(argument, [](auto *of) { of->groups = 2; }));
    EXPECT_TRUE(refuses(argument, [](auto *of) { of->kernel[1] = 0; }));
    EXPECT_TRUE(refuses(argument, [](auto *of) { of->stride[0] = -1; }));
    EXPECT_TRUE(refuses(argument, [](auto *of) { of->dilation[1] = INT64_MAX; }));
    EXPECT_TRUE(refuses(argument, [](auto *of) { of->pad[3] = -1; }));
    EXPECT_TRUE(refuses(argument, [](auto *of) { of->x_zero_point = 256; }));
    EXPECT_TRUE(refuses(argument, [](auto *of) { of->y_zero_point = -1; }));
    EXPECT_TRUE(refuses(argument, [&](auto *of) { of->bias = &huge; }));
    EXPECT_TRUE(refuses(argument, [](auto *of) { of->channels = 65794; }));
    EXPECT_TRUE(refuses(argument, [](auto *of) { of->kernel[0] = of->kernel[1] = 1 << 15; }));
    EXPECT_TRUE(refuses(argument, [](auto *of) {
        of->output = NEURAL_QGEMM_S32;
        of->relu = 1;
    }));
    EXPECT_EQ(neural_qconv2d_create(nullptr, &conv), null);
    neural_qconv2d_options of = Sane(weight, &scale);
    of.kernel[0] = of.kernel[1] = 2;
    ASSERT_EQ(neural_qconv2d_create(&of, &conv), NEURAL_OK);
    uint8_t pixel = 0;
    EXPECT_EQ(neural_qconv2d_run(conv, 1, 1, 1, &pixel, &pixel), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(neural_qconv2d_run(conv, -1, 2, 2, &pixel, &pixel), argument);
    EXPECT_EQ(neural_qconv2d_run(conv, 1, 2, 2, nullptr, &pixel), null);
    EXPECT_EQ(neural_qconv2d_run(conv, INT64_MAX / 2, 3, 3, &pixel, &pixel),
              NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(neural_qconv2d_run(conv, 0, 2, 2, nullptr, nullptr), NEURAL_OK);
    neural_qconv2d_destroy(conv);
}

TEST(Qconv2d, SurvivesFailingAllocations) {
    const Case c = {1, 6, 6, 6, 12, 3, 3, 1, 1, 1, 2};
    int failures = 0;
    for (int64_t nth = 1;; nth++) {
        Convolution convolution(c, 1);
        neural_alloc_fail_at(nth);
        const neural_status status = convolution.Create();
        neural_alloc_fail_at(0);
        if (status == NEURAL_OK) break;
        EXPECT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY);
        EXPECT_EQ(convolution.conv(), nullptr);
        failures++;
    }
    EXPECT_GE(failures, 5);
}

TEST(Qconv2d, DoesNotAllocateWhenWarm) {
    for (const Case &c : {Case{2, 14, 14, 32, 64, 3, 3, 1, 1},
                          Case{2, 9, 8, 24, 24, 3, 3, 1, 1, 1, 24}, Case{64, 1, 1, 30, 10, 1, 1}}) {
        Convolution convolution(c, 1);
        ASSERT_EQ(convolution.Create(), NEURAL_OK);
        for (const neural_qgemm_kernels *kernels : AllKernels()) {
            convolution.Run(kernels);
            const int64_t before = neural_alloc_count();
            convolution.Run(kernels);
            EXPECT_EQ(neural_alloc_count(), before) << kernels->name;
        }
    }
}

} // namespace

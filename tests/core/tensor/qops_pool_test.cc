// Pooling of 8-bit images against double precision.
#include <cmath>
#include <random>
#include <vector>

#include "core/base/allocations.h"
#include "core/tensor/qpool.h"
#include <gtest/gtest.h>

namespace {

struct Case {
    int64_t n, h, w, c, window, stride, pad, dilation;
    int ceil_mode, count_pad, is_signed;
};

const Case kCases[] = {{2, 8, 8, 16, 2, 2, 0, 1, 0, 0, 0},    {1, 7, 9, 3, 3, 2, 1, 1, 1, 0, 1},
                       {1, 14, 13, 65, 3, 1, 1, 1, 0, 1, 0},  {1, 20, 20, 5, 3, 2, 1, 3, 0, 0, 1},
                       {1, 12, 12, 33, 10, 1, 5, 1, 0, 1, 1}, {3, 5, 6, 130, 2, 3, 0, 1, 1, 0, 0},
                       {1, 1, 1, 4, 2, 1, 1, 2, 0, 0, 1},     {1, 9, 9, 1, 9, 1, 4, 1, 0, 1, 0}};

class Pool {
  public:
    explicit Pool(const Case &c) : c_(c), x_(static_cast<size_t>(c.n * c.h * c.w * c.c)) {
        std::mt19937 random(3);
        for (uint8_t &x : x_)
            x = static_cast<uint8_t>(random());
        args_ = {c.n,
                 c.h,
                 c.w,
                 c.c,
                 {c.window, c.window},
                 {c.stride, c.stride},
                 {c.pad, c.pad},
                 {c.dilation, c.dilation},
                 c.ceil_mode,
                 c.count_pad,
                 x_.data(),
                 {0.05f, c.is_signed ? -7 : 100, c.is_signed},
                 nullptr,
                 {0.03f, 11, 1}};
    }
    int Value(int64_t n, int64_t i, int64_t j, int64_t k) const {
        const uint8_t byte = x_[((n * c_.h + i) * c_.w + j) * c_.c + k];
        return c_.is_signed ? static_cast<int8_t>(byte) : byte;
    }
    std::vector<uint8_t> Run(neural_status (*op)(const neural_qpool_args *)) {
        EXPECT_EQ(neural_qpool_sides(&args_, &oh_, &ow_), NEURAL_OK) << neural_last_error();
        y_.assign(static_cast<size_t>(c_.n * oh_ * ow_ * c_.c), 0x5a);
        args_.y = y_.data();
        EXPECT_EQ(op(&args_), NEURAL_OK) << neural_last_error();
        return y_;
    }
    template <typename F> void ForEach(F body) const {
        int64_t at = 0;
        for (int64_t n = 0; n < c_.n; n++)
            for (int64_t i = 0; i < oh_; i++)
                for (int64_t j = 0; j < ow_; j++)
                    for (int64_t k = 0; k < c_.c; k++)
                        body(n, i, j, k, y_[at++]);
    }

    Case c_;
    std::vector<uint8_t> x_, y_;
    neural_qpool_args args_;
    int64_t oh_ = 0, ow_ = 0;
};

TEST(QopsPool, MaxIsTheLargestOfTheWindow) {
    for (const Case &c : kCases) {
        Pool pool(c);
        pool.Run(neural_qmax_pool2d);
        pool.ForEach([&](int64_t n, int64_t i, int64_t j, int64_t k, uint8_t got) {
            int want = c.is_signed ? -128 : 0;
            for (int64_t p = 0; p < c.window; p++)
                for (int64_t q = 0; q < c.window; q++) {
                    const int64_t y = i * c.stride + p * c.dilation - c.pad;
                    const int64_t x = j * c.stride + q * c.dilation - c.pad;
                    if (y >= 0 && y < c.h && x >= 0 && x < c.w)
                        want = std::max(want, pool.Value(n, y, x, k));
                }
            ASSERT_EQ(got, static_cast<uint8_t>(want)) << c.h << " " << c.window << " " << k;
        });
    }
}

// As the contract says: float(sum) * (factor / count), to s8.
uint8_t Averaged(const neural_qpool_args &args, int64_t sum, int64_t count) {
    const float scale = args.x_format.scale / args.y_format.scale / static_cast<float>(count);
    const float y = static_cast<float>(static_cast<double>(sum) * scale);
    const double q = std::nearbyint(static_cast<double>(y)) + args.y_format.zero_point;
    return static_cast<uint8_t>(static_cast<int>(std::fmin(std::fmax(q, -128), 127)));
}

TEST(QopsPool, AverageDividesByWhatCounts) {
    for (const Case &c : kCases) {
        if (c.dilation > 1) continue;
        Pool pool(c);
        pool.Run(neural_qavg_pool2d);
        pool.ForEach([&](int64_t n, int64_t i, int64_t j, int64_t k, uint8_t got) {
            int64_t sum = 0, count = 0;
            for (int64_t p = 0; p < c.window; p++)
                for (int64_t q = 0; q < c.window; q++) {
                    const int64_t y = i * c.stride + p - c.pad, x = j * c.stride + q - c.pad;
                    const bool inside = y >= 0 && y < c.h && x >= 0 && x < c.w;
                    const bool padded = y < c.h + c.pad && x < c.w + c.pad;
                    if (inside) sum += pool.Value(n, y, x, k) - pool.args_.x_format.zero_point;
                    count += inside || (c.count_pad && padded);
                }
            ASSERT_EQ(got, Averaged(pool.args_, sum, count)) << c.h << " " << c.window;
        });
    }
}

TEST(QopsPool, AdaptiveAverageCoversTheImage) {
    for (const Case &c : kCases) {
        for (const int64_t side : {1, 2, 3, 7}) {
            Pool pool(c);
            pool.oh_ = side;
            pool.ow_ = side + 1;
            pool.y_.assign(static_cast<size_t>(c.n * side * (side + 1) * c.c), 0x5a);
            pool.args_.y = pool.y_.data();
            ASSERT_EQ(neural_qadaptive_avg_pool2d(&pool.args_, side, side + 1), NEURAL_OK);
            pool.ForEach([&](int64_t n, int64_t i, int64_t j, int64_t k, uint8_t got) {
                int64_t sum = 0, count = 0;
                const auto end = [](int64_t o, int64_t in, int64_t out) {
                    return static_cast<int64_t>(
                        std::ceil(static_cast<double>((o + 1) * in) / static_cast<double>(out)));
                };
                for (int64_t y = i * c.h / side; y < end(i, c.h, side); y++)
                    for (int64_t x = j * c.w / (side + 1); x < end(j, c.w, side + 1); x++) {
                        sum += pool.Value(n, y, x, k) - pool.args_.x_format.zero_point;
                        count++;
                    }
                ASSERT_EQ(got, Averaged(pool.args_, sum, count)) << c.h << " " << side;
            });
        }
    }
}

TEST(QopsPool, RefusesWhatMakesNoSense) {
    const neural_status argument = NEURAL_ERR_INVALID_ARGUMENT;
    Pool pool(kCases[0]);
    pool.Run(neural_qmax_pool2d);
    const neural_qpool_args good = pool.args_;
    const auto status = [&](auto spoil, neural_status (*op)(const neural_qpool_args *)) {
        neural_qpool_args args = good;
        spoil(&args);
        return op(&args);
    };
    EXPECT_EQ(status([](auto *a) { a->h = 0; }, neural_qmax_pool2d), argument);
    EXPECT_EQ(status([](auto *a) { a->window[0] = 0; }, neural_qmax_pool2d), argument);
    EXPECT_EQ(status([](auto *a) { a->pad[1] = 2; }, neural_qmax_pool2d), argument);
    EXPECT_EQ(status([](auto *a) { a->window[1] = 9; }, neural_qmax_pool2d),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(status([](auto *a) { a->n = INT64_MAX / 2; }, neural_qmax_pool2d),
              NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(status([](auto *a) { a->x = nullptr; }, neural_qmax_pool2d), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(status([](auto *a) { a->y = nullptr; }, neural_qavg_pool2d), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(status([](auto *a) { a->dilation[0] = 2; }, neural_qavg_pool2d), argument);
    EXPECT_EQ(status([](auto *a) { a->y_format.scale = 0; }, neural_qavg_pool2d), argument);
    EXPECT_EQ(neural_qmax_pool2d(nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_qadaptive_avg_pool2d(&good, 0, 1), argument);
    neural_qpool_args none = good;
    none.n = 0;
    EXPECT_EQ(neural_qmax_pool2d(&none), NEURAL_OK);
}

TEST(QopsPool, DoesNotAllocate) {
    Pool pool(kCases[2]);
    pool.Run(neural_qmax_pool2d);
    const int64_t before = neural_alloc_count();
    EXPECT_EQ(neural_qmax_pool2d(&pool.args_), NEURAL_OK);
    EXPECT_EQ(neural_qavg_pool2d(&pool.args_), NEURAL_OK);
    EXPECT_EQ(neural_alloc_count(), before);
}

} // namespace

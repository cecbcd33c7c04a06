// Windows of planes: the largest element, the mean, their gradients.
#include <algorithm>

#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

template <class T> struct Types;
template <> struct Types<float> {
    using Max = neural_pool_max_f32;
    using MaxGrad = neural_pool_max_grad_f32;
    using Avg = neural_pool_avg_f32;
    using AvgGrad = neural_pool_avg_grad_f32;
};
template <> struct Types<double> {
    using Max = neural_pool_max_f64;
    using MaxGrad = neural_pool_max_grad_f64;
    using Avg = neural_pool_avg_f64;
    using AvgGrad = neural_pool_avg_grad_f64;
};

// The windows of a case; the last one ends with the last element of the large side.
struct Windows {
    neural_pool_args args;
    int64_t height, width, step;

    int64_t results() const { return args.planes * args.rows * args.cols; }
    int64_t start(int64_t i) const {
        const int64_t col = i % args.cols, row = i / args.cols % args.rows;
        return i / args.cols / args.rows * args.plane + row * step * args.ld + col * step;
    }
    int64_t area() const { return height * width; }
    int64_t at(int64_t i, int64_t k) const { return start(i) + k / width * args.ld + k % width; }
    int64_t elements() const { return results() ? at(results() - 1, area() - 1) + 1 : 0; }
};

class PoolTest : public KernelTest {
  protected:
    static bool has(const char *word) { return GetParam().op.find(word) != std::string::npos; }

    // A kernel whose name gives no size takes windows of any.
    static bool of_any_size() { return !has("2x2") && !has("3x3"); }

    Windows windows_of(int64_t planes, int64_t rows, int64_t cols, int64_t gap, int64_t height,
                       int64_t width) {
        Windows w = {};
        w.height = of_any_size() ? height : has("3x3") ? 3 : 2;
        w.width = of_any_size() ? width : w.height;
        w.step = has("s1") ? 1 : 2;
        const int64_t ld = (cols - 1) * w.step + w.width + gap;
        const int64_t lines = (rows - 1) * w.step + w.height + gap;
        w.args = {planes, rows, cols, ld, ld * lines, w.height, w.width};
        return w;
    }

    // Every shape that has less, as much and more than a vector in a row and in all.
    template <class Body> void shapes(Body body) {
        for (int64_t cols : {1, 2, 3, 5, 7, 8, 9, 14, 15, 16, 17, 31, 32, 33, 48, 53}) {
            for (int64_t rows : {1, 2, 3, 8}) {
                for (int64_t planes : {1, 2, 5}) {
                    body(windows_of(planes, rows, cols, 0, 2, 3));
                    body(windows_of(planes, rows, cols, 1, 5, 2));
                }
            }
        }
        body(windows_of(0, 3, 3, 0, 2, 2));
        body(windows_of(3, 0, 3, 0, 2, 2));
        body(windows_of(3, 3, 0, 0, 2, 2));
        body(windows_of(2, 3, 19, 0, 15, 16));
        body(windows_of(2, 3, 37, 1, 1, 7));
        if (has("s1")) {
            body(windows_of(2, 5, 35, 0, 3, 1));
            body(windows_of(1, 5, 3, 0, 1, 1));
        }
    }

    // Ties, and some NaN and infinities.
    template <class T> void fill(T *x, int64_t len) {
        using L = std::numeric_limits<T>;
        const T special[] = {L::quiet_NaN(), L::infinity(), -L::infinity(), T(-0.0), L::max()};
        for (int64_t i = 0; i < len; i++) {
            x[i] = random_() % 20 ? T(int(random_() % 9) - 4) : special[random_() % 5];
        }
    }

    template <class T> void max() {
        shapes([&](const Windows &w) {
            const int64_t n = w.results();
            GuardedBuffer source(w.elements() * sizeof(T)), target(n * sizeof(T)), codes(n);
            T *src = source.at_end<T>(w.elements()), *dst = target.at_end<T>(n);
            uint8_t *code = codes.at_end<uint8_t>(n);
            fill(src, w.elements());
            call_checked(GetParam().as<typename Types<T>::Max>(), dst, code,
                         static_cast<const T *>(src), &w.args);
            for (int64_t i = 0; i < n; i++) {
                int64_t want = 0;
                for (int64_t k = 1; k < w.area(); k++) {
                    const T x = src[w.at(i, k)];
                    want = std::isnan(x) || x > src[w.at(i, want)] ? k : want;
                }
                ASSERT_EQ(code[i], want) << where(w, i);
                ASSERT_TRUE(same_bits(dst[i], src[w.at(i, want)])) << where(w, i);
            }
            ASSERT_TRUE(source.is_intact() && target.is_intact() && codes.is_intact());
        });
    }

    template <class T> void avg() {
        shapes([&](const Windows &w) {
            const int64_t n = w.results();
            GuardedBuffer source(w.elements() * sizeof(T)), target(n * sizeof(T));
            T *src = source.at_end<T>(w.elements()), *dst = target.at_end<T>(n);
            const std::vector<T> values = ordinary_values<T>(random_, w.elements());
            std::copy(values.begin(), values.end(), src);
            const T divisor = T(w.area());
            call_checked(GetParam().as<typename Types<T>::Avg>(), dst, static_cast<const T *>(src),
                         &w.args, divisor);
            for (int64_t i = 0; i < n; i++) {
                long double sum = 0, magnitude = 0;
                for (int64_t k = 0; k < w.area(); k++) {
                    sum += src[w.at(i, k)];
                    magnitude += std::fabs(src[w.at(i, k)]);
                }
                ASSERT_TRUE(is_accurate<T>(GetParam().slot().accuracy, dst[i], sum / divisor,
                                           magnitude / divisor))
                    << where(w, i);
            }
            ASSERT_TRUE(source.is_intact() && target.is_intact());
        });
    }

    // want(i, k): the gradient of element k of window i.
    template <class T, class Call, class Want>
    void gradients(const Windows &w, const T *dy, Call call, Want want) {
        GuardedBuffer target(w.elements() * sizeof(T));
        T *dx = target.at_end<T>(w.elements());
        std::fill(dx, dx + w.elements(), T(99));
        call(dx);
        for (int64_t i = 0; i < w.results(); i++) {
            for (int k = 0; k < 4; k++) {
                ASSERT_TRUE(same_bits(dx[w.at(i, k)], want(i, k))) << where(w, i) << " " << dy[i];
            }
        }
        ASSERT_TRUE(target.is_intact());
    }

    template <class T> void max_grad() {
        shapes([&](const Windows &w) {
            const int64_t n = w.results();
            GuardedBuffer source(n * sizeof(T)), codes(n);
            T *dy = source.at_end<T>(n);
            uint8_t *code = codes.at_end<uint8_t>(n);
            fill(dy, n);
            std::generate(code, code + n, [&] { return static_cast<uint8_t>(random_() % 4); });
            gradients<T>(
                w, dy,
                [&](T *dx) {
                    call_checked(GetParam().as<typename Types<T>::MaxGrad>(), dx,
                                 static_cast<const T *>(dy), static_cast<const uint8_t *>(code),
                                 &w.args);
                },
                [&](int64_t i, int k) { return code[i] == k ? dy[i] : T(0); });
            ASSERT_TRUE(source.is_intact() && codes.is_intact());
        });
    }

    template <class T> void avg_grad() {
        shapes([&](const Windows &w) {
            const int64_t n = w.results();
            GuardedBuffer source(n * sizeof(T));
            T *dy = source.at_end<T>(n);
            fill(dy, n);
            gradients<T>(
                w, dy,
                [&](T *dx) {
                    call_checked(GetParam().as<typename Types<T>::AvgGrad>(), dx,
                                 static_cast<const T *>(dy), &w.args, T(3));
                },
                [&](int64_t i, int) { return dy[i] / T(3); });
            ASSERT_TRUE(source.is_intact());
        });
    }

    template <class T> void run() {
        switch (GetParam().slot().family) {
        case Family::pool_max:
            return max<T>();
        case Family::pool_avg:
            return avg<T>();
        case Family::pool_max_grad:
            return max_grad<T>();
        default:
            return avg_grad<T>();
        }
    }

  private:
    static std::string where(const Windows &w, int64_t i) {
        return "result " + std::to_string(i) + " of " + std::to_string(w.args.planes) +
               " planes, " + std::to_string(w.args.rows) + " x " + std::to_string(w.args.cols) +
               ", ld " + std::to_string(w.args.ld);
    }

    std::mt19937_64 random_ = generator("pool");
};

TEST_BY_DTYPE(PoolTest, Windows, run)

INSTANTIATE_TEST_SUITE_P(All, PoolTest,
                         testing::ValuesIn(kernels_of({Family::pool_max, Family::pool_max_grad,
                                                       Family::pool_avg, Family::pool_avg_grad})),
                         kernel_test_name);

} // namespace
} // namespace neural_test

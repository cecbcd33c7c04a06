// The index of the largest element of each row.
#include <algorithm>

#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

template <class T>
using Argmax = std::conditional_t<std::is_same_v<T, float>, neural_argmax_f32, neural_argmax_f64>;

// PyTorch's rule: the first NaN, else the first of the largest.
template <class T> int64_t first_largest(const T *row, int64_t cols) {
    for (int64_t c = 0; c < cols; c++) {
        if (std::isnan(row[c])) {
            return c;
        }
    }
    return cols ? std::max_element(row, row + cols) - row : -1;
}

class ArgmaxTest : public KernelTest {
  protected:
    template <class T> void expect_right(const T *src, int64_t rows, int64_t cols) {
        GuardedBuffer target(rows * sizeof(int64_t));
        int64_t *dst = target.at_end<int64_t>(rows);
        call_checked(GetParam().as<Argmax<T>>(), dst, src, rows, cols);
        for (int64_t r = 0; r < rows; r++) {
            ASSERT_EQ(dst[r], first_largest(src + r * cols, cols))
                << "row " << r << " of [" << rows << ", " << cols << "]";
        }
        EXPECT_TRUE(target.is_intact());
    }

    std::vector<int64_t> widths() {
        std::vector<int64_t> all = test_lengths();
        for (int64_t cols : {511, 512, 513, 1023, 1024, 1025, 1040, 2048, 2049, 3001}) {
            all.push_back(cols);
        }
        return all;
    }

    // Few different values, so that most rows have ties; NaN in some.
    template <class T> void widths_and_ties() {
        using L = std::numeric_limits<T>;
        const T values[] = {T(0),  T(-0.0),        T(1),          T(1),           T(-3),
                            T(-1), -L::infinity(), L::infinity(), L::quiet_NaN(), T(0.5)};
        auto random = generator(GetParam().symbol);
        for (int64_t cols : widths()) {
            for (int64_t rows : {0, 1, 2, 9}) {
                GuardedBuffer source(rows * cols * sizeof(T));
                T *src = source.at_end<T>(rows * cols);
                const int kinds = 2 + random() % 9;
                for (int64_t i = 0; i < rows * cols; i++) {
                    src[i] = random() % 50 == 0 ? values[random() % kinds] : values[random() % 3];
                }
                expect_right(src, rows, cols);
                EXPECT_TRUE(source.is_intact());
            }
        }
    }

    // The one largest element, or NaN, at each place of a row.
    template <class T> void every_place() {
        for (int64_t cols : {1, 10, 16, 17, 100, 1056}) {
            for (T special : {T(2), std::numeric_limits<T>::quiet_NaN()}) {
                std::vector<T> src(cols * cols, T(-7));
                for (int64_t r = 0; r < cols; r++) {
                    src[r * cols + r] = special;
                    src[r * cols + cols - 1] = r % 2 ? special : T(-6);
                }
                expect_right(src.data(), cols, cols);
            }
            const std::vector<T> low(3 * cols, -std::numeric_limits<T>::infinity());
            expect_right(low.data(), 3, cols);
        }
    }
};

TEST_BY_DTYPE(ArgmaxTest, WidthsAndTies, widths_and_ties)

TEST_BY_DTYPE(ArgmaxTest, EveryPlace, every_place)

INSTANTIATE_TEST_SUITE_P(All, ArgmaxTest, testing::ValuesIn(kernels_of({Family::argmax})),
                         kernel_test_name);

} // namespace
} // namespace neural_test

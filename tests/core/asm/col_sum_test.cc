// Column sums of a matrix.
#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

template <class T>
using ColSum = std::conditional_t<std::is_same_v<T, float>, neural_col_sum_f32, neural_col_sum_f64>;

class ColSumTest : public KernelTest {
  protected:
    // The chain of additions is part of the contract, so every level has the same bits.
    template <class T> void shape(int64_t rows, int64_t cols, std::mt19937_64 &random) {
        const int64_t len = rows * cols;
        GuardedBuffer source(len * sizeof(T)), sums(cols * sizeof(T));
        const std::vector<T> values = ordinary_values<T>(random, len);
        std::vector<T> want = ordinary_values<T>(random, cols);
        T *src = source.at_end<T>(len), *dst = sums.at_end<T>(cols);
        std::copy(values.begin(), values.end(), src);
        std::copy(want.begin(), want.end(), dst);
        for (int64_t i = 0; i < len; i++) {
            want[i % cols] += values[i];
        }
        call_checked(GetParam().as<ColSum<T>>(), dst, src, rows, cols);
        for (int64_t c = 0; c < cols; c++) {
            ASSERT_TRUE(same_bits(dst[c], want[c])) << "[" << rows << ", " << cols << "] column "
                                                    << c << ": " << dst[c] << ", want " << want[c];
        }
        EXPECT_TRUE(sums.is_intact() && source.is_intact());
    }

    template <class T> void shapes() {
        auto random = generator(GetParam().symbol);
        for (int64_t rows : {0, 1, 2, 7, 33}) {
            for (int64_t cols : test_lengths()) {
                shape<T>(rows, cols, random);
            }
        }
        shape<T>(1009, 10, random);
        shape<T>(3, 20011, random);
    }

    template <class T> void nan_stays_in_its_column() {
        const int64_t rows = 5, cols = 37;
        std::vector<T> src(rows * cols, T(1)), dst(cols, T(-0.0));
        src[2 * cols + 35] = std::numeric_limits<T>::quiet_NaN();
        call_checked(GetParam().as<ColSum<T>>(), dst.data(), src.data(), rows, cols);
        for (int64_t c = 0; c < cols; c++) {
            EXPECT_EQ(std::isnan(dst[c]), c == 35) << "column " << c;
        }
    }
};

TEST_BY_DTYPE(ColSumTest, Shapes, shapes)

TEST_BY_DTYPE(ColSumTest, NanStaysInItsColumn, nan_stays_in_its_column)

INSTANTIATE_TEST_SUITE_P(All, ColSumTest, testing::ValuesIn(kernels_of({Family::col_sum})),
                         kernel_test_name);

} // namespace
} // namespace neural_test

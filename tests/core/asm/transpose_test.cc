// Transposed copies.
#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

template <class T>
using Transpose =
    std::conditional_t<std::is_same_v<T, float>, neural_transpose_f32, neural_transpose_f64>;

class TransposeTest : public KernelTest {
  protected:
    // Each element carries its own number; the gaps between the rows of dst hold -1.
    template <class T> void shape(int64_t rows, int64_t cols, int64_t src_gap, int64_t dst_gap) {
        const int64_t src_ld = cols + src_gap, dst_ld = rows + dst_gap;
        const int64_t src_len = rows && cols ? (rows - 1) * src_ld + cols : 0;
        const int64_t dst_len = rows && cols ? (cols - 1) * dst_ld + rows : 0;
        GuardedBuffer source(src_len * sizeof(T)), target(dst_len * sizeof(T));
        T *src = source.at_end<T>(src_len), *dst = target.at_end<T>(dst_len);
        for (int64_t i = 0; i < src_len; i++) {
            src[i] = T(i);
        }
        std::fill(dst, dst + dst_len, T(-1));
        call_checked(GetParam().as<Transpose<T>>(), dst, src, rows, cols, dst_ld, src_ld);
        for (int64_t i = 0; i < dst_len; i++) {
            const int64_t r = i % dst_ld, c = i / dst_ld;
            ASSERT_EQ(dst[i], r < rows ? T(r * src_ld + c) : T(-1))
                << "[" << rows << ", " << cols << "] at row " << r << ", column " << c;
        }
        EXPECT_TRUE(source.is_intact() && target.is_intact());
    }

    template <class T> void shapes() {
        for (int64_t rows = 0; rows <= 35; rows++) {
            for (int64_t cols = 0; cols <= 35; cols++) {
                shape<T>(rows, cols, rows % 3, cols % 5);
            }
        }
        shape<T>(67, 131, 0, 0);
        shape<T>(131, 67, 1, 3);
        shape<T>(1, 997, 0, 0);
        shape<T>(997, 1, 0, 2);
        shape<T>(256, 512, 0, 0);
    }

    // Bits travel unchanged, signalling NaN included.
    template <class T> void keeps_bits() {
        using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
        auto random = generator(GetParam().symbol);
        const int64_t rows = 19, cols = 21;
        std::vector<Bits> src(rows * cols), dst(rows * cols);
        for (Bits &bits : src) {
            bits = static_cast<Bits>(random());
        }
        src[0] = sizeof(T) == 4 ? Bits(0x7f800001) : Bits(0x7ff0000000000001);
        call_checked(GetParam().as<Transpose<T>>(), reinterpret_cast<T *>(dst.data()),
                     reinterpret_cast<const T *>(src.data()), rows, cols, rows, cols);
        for (int64_t i = 0; i < rows * cols; i++) {
            EXPECT_EQ(dst[i], src[i % rows * cols + i / rows]);
        }
    }
};

TEST_BY_DTYPE(TransposeTest, Shapes, shapes)

TEST_BY_DTYPE(TransposeTest, KeepsBits, keeps_bits)

INSTANTIATE_TEST_SUITE_P(All, TransposeTest, testing::ValuesIn(kernels_of({Family::transpose})),
                         kernel_test_name);

} // namespace
} // namespace neural_test

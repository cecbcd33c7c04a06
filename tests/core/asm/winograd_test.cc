// The transforms of F(4x4, 3x3): L X L^T, with L built from the points of the interpolation.
#include <array>

#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

template <class T> struct Type;
template <> struct Type<float> { using Kernel = neural_winograd_f32; };
template <> struct Type<double> { using Kernel = neural_winograd_f64; };

using Real = long double;

struct Matrix {
    int rows, cols;
    Real at[6][6];
};

constexpr Real kPoints[] = {0, 0.625L, -0.625L, 1.5L, -1.5L}; // and infinity

// Row i: the coefficients of the product of (x - p) over all finite points but the i-th, divided
// by nothing; the last row is the product over all of them.
Matrix input_matrix() {
    Matrix m = {6, 6, {}};
    for (int i = 0; i < 6; i++) {
        std::array<Real, 7> c = {1};
        for (int k = 0; k < 5; k++) {
            if (k == i) continue;
            for (int j = 6; j > 0; j--)
                c[j] = c[j - 1] - kPoints[k] * c[j];
            c[0] *= -kPoints[k];
        }
        std::copy(c.begin(), c.begin() + 6, m.at[i]);
    }
    return m;
}

// Powers of the points, `cols` of them; with scale divided by the distances to the other points.
Matrix powers(int cols, bool scale) {
    Matrix m = {6, cols, {}};
    for (int i = 0; i < 5; i++) {
        Real value = 1;
        for (int k = 0; k < 5; k++)
            value /= scale && k != i ? kPoints[i] - kPoints[k] : 1;
        for (int j = 0; j < cols; j++, value *= kPoints[i])
            m.at[i][j] = value;
    }
    m.at[5][cols - 1] = 1;
    return m;
}

Matrix transposed(const Matrix &m) {
    Matrix t = {m.cols, m.rows, {}};
    for (int i = 0; i < m.rows; i++) {
        for (int j = 0; j < m.cols; j++)
            t.at[j][i] = m.at[i][j];
    }
    return t;
}

Matrix matrix_of(const std::string &op) {
    if (op == "winograd_input") return input_matrix();
    if (op == "winograd_filter") return powers(3, true);
    if (op == "winograd_output") return transposed(powers(4, false));
    if (op == "winograd_output_grad") return powers(4, false);
    return transposed(powers(3, true));
}

class WinogradTest : public KernelTest {
  protected:
    // Bias or not, relu or not, turned or not: distances may be negative.
    template <class T> void run() {
        for (int64_t len : {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 67}) {
            for (int variant = 0; variant < 8; variant++) {
                one<T>(len, variant & 1, variant & 2, variant & 4);
            }
        }
    }

  private:
    template <class T> void one(int64_t len, bool bias, bool relu, bool turned) {
        const std::string &op = GetParam().op;
        const Matrix l = matrix_of(op);
        const bool finishes = op == "winograd_output";
        const int64_t from = l.cols, to = l.rows, step = len + 1;
        GuardedBuffer source((from * from * step) * sizeof(T)), biases(len * sizeof(T)),
            target((to * to * step) * sizeof(T));
        T *src = source.at_end<T>(from * from * step - 1);
        T *dst = target.at_end<T>(to * to * step - 1), *b = biases.at_end<T>(len);
        const std::vector<T> values = ordinary_values<T>(random_, from * from * step + len);
        std::copy(values.begin(), values.begin() + from * from * step - 1, src);
        std::copy(values.end() - len, values.end(), b);
        std::fill(dst, dst + to * to * step - 1, T(77));
        const int64_t sign = turned ? -1 : 1;
        const T *start = src + (turned ? (from * from - 1) * step : 0);
        const neural_winograd_args args = {
            to * step, step, sign * from * step, sign * step, bias ? b : nullptr, relu};
        call_checked(GetParam().as<typename Type<T>::Kernel>(), dst, start, &args, len);
        for (int64_t k = 0; k < to * to; k++) {
            for (int64_t i = 0; i < len; i++) {
                Real want = 0, magnitude = 0;
                for (int64_t p = 0; p < from * from; p++) {
                    const Real part = l.at[k / to][p / from] * l.at[k % to][p % from] *
                                      start[sign * p * step + i];
                    want += part;
                    magnitude += std::fabs(part);
                }
                if (finishes && bias) {
                    want += b[i];
                    magnitude += std::fabs(Real(b[i]));
                }
                want = finishes && relu && want < 0 ? 0 : want;
                ASSERT_TRUE(
                    is_accurate<T>(GetParam().slot().accuracy, dst[k * step + i], want, magnitude))
                    << "result " << k << ", lane " << i << " of " << len << ": "
                    << dst[k * step + i] << ", not " << want;
            }
            ASSERT_TRUE(k == to * to - 1 || dst[k * step + len] == T(77)) << "gap " << k;
        }
        ASSERT_TRUE(source.is_intact() && target.is_intact() && biases.is_intact());
    }

    std::mt19937_64 random_ = generator("winograd");
};

TEST_BY_DTYPE(WinogradTest, IsLinearInBothDirections, run)

// relu lets NaN through, and no lane sees its neighbours.
TEST(WinogradOutputTest, NanStaysInItsLane) {
    for (int isa = 0; isa <= neural_isa_detected(); isa++) {
        constexpr int64_t kLen = 35;
        std::vector<float> src(36 * kLen, 1), dst(16 * kLen);
        src[7 * kLen + 20] = NAN;
        const neural_winograd_args args = {4 * kLen, kLen, 6 * kLen, kLen, nullptr, 1};
        neural_kernels_at(static_cast<neural_isa>(isa))
            ->winograd_output_f32(dst.data(), src.data(), &args, kLen);
        for (int64_t i = 0; i < 16 * kLen; i++) {
            EXPECT_EQ(std::isnan(dst[i]), i % kLen == 20) << i;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, WinogradTest, testing::ValuesIn(kernels_of({Family::winograd})),
                         kernel_test_name);

} // namespace
} // namespace neural_test

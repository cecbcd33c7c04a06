// softmax, log_softmax and their gradients, row by row.
#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

template <class T>
using Rows = std::conditional_t<std::is_same_v<T, float>, neural_rows_f32, neural_rows_f64>;
template <class T>
using RowsGrad =
    std::conditional_t<std::is_same_v<T, float>, neural_rows_grad_f32, neural_rows_grad_f64>;

struct Exact {
    long double value, magnitude;
};

// The row in long double. The kernels round d = x - max to T, as the slot list says; what they make
// of it is compared. The 1 among the terms is the sum's own rounding, seen through the logarithm.
template <class T> std::vector<Exact> exact_row(const Kernel &kernel, const T *x, int64_t cols) {
    T largest = x[0];
    for (int64_t c = 1; c < cols; c++) {
        largest = std::isnan(x[c]) || x[c] > largest ? x[c] : largest;
    }
    std::vector<long double> e(cols);
    long double sum = 0;
    for (int64_t c = 0; c < cols; c++) {
        e[c] = std::exp((long double)(x[c] - largest));
        sum += e[c];
    }
    std::vector<Exact> row(cols);
    for (int64_t c = 0; c < cols; c++) {
        const long double d = x[c] - largest;
        row[c] = {e[c] / sum, 0};
        if (kernel.op == "log_softmax") {
            row[c] = {d - std::log(sum), std::fabs(d) + std::log(sum) + 1};
        }
    }
    return row;
}

template <class T>
std::vector<Exact> exact_grad_row(const Kernel &kernel, const T *dy, const T *y, int64_t cols) {
    const bool is_log = kernel.op == "log_softmax_grad";
    long double sum = 0, magnitude = 0;
    for (int64_t c = 0; c < cols; c++) {
        const long double term = is_log ? dy[c] : (long double)dy[c] * y[c];
        sum += term;
        magnitude += std::fabs(term);
    }
    std::vector<Exact> row(cols);
    for (int64_t c = 0; c < cols; c++) {
        const long double d = dy[c], v = y[c], e = std::exp(v);
        row[c] = is_log ? Exact{d - e * sum, std::fabs(d) + e * magnitude}
                        : Exact{v * (d - sum), std::fabs(v) * (std::fabs(d) + magnitude)};
    }
    return row;
}

std::vector<int64_t> widths() {
    std::vector<int64_t> all;
    for (int64_t cols = 1; cols <= 70; cols++) {
        all.push_back(cols);
    }
    for (int64_t cols : {127, 128, 129, 256, 257, 1000}) {
        all.push_back(cols);
    }
    return all;
}

// A matrix in, a matrix out; for gradients the second input is the saved output.
template <class T> struct Matrices {
    std::vector<T> x, y;

    Matrices(std::mt19937_64 &random, int64_t len)
        : x(ordinary_values<T>(random, len)), y(ordinary_values<T>(random, len)) {
        for (T &v : y) {
            v = -std::fabs(v);
        }
    }
};

class SoftmaxTest : public KernelTest {
  protected:
    bool is_grad() const { return GetParam().slot().family == Family::rows_grad; }

    template <class T>
    void call(const Kernel &kernel, T *dst, const T *x, const T *y, int64_t rows, int64_t cols) {
        if (is_grad()) {
            call_checked(kernel.as<RowsGrad<T>>(), dst, x, y, rows, cols);
        } else {
            call_checked(kernel.as<Rows<T>>(), dst, x, rows, cols);
        }
    }

    template <class T>
    void expect_rows(const T *got, const Matrices<T> &in, int64_t rows, int64_t cols) {
        for (int64_t r = 0; r < rows; r++) {
            const T *x = &in.x[r * cols], *y = &in.y[r * cols];
            const std::vector<Exact> want =
                is_grad() ? exact_grad_row(GetParam(), x, y, cols) : exact_row(GetParam(), x, cols);
            for (int64_t c = 0; c < cols; c++) {
                const T value = got[r * cols + c];
                ASSERT_TRUE(is_accurate(GetParam().slot().accuracy, value, want[c].value,
                                        want[c].magnitude))
                    << "[" << rows << ", " << cols << "] at " << r << ", " << c << ": " << value
                    << ", want " << want[c].value;
            }
        }
    }

    template <class T> void widths_and_offsets() {
        auto random = generator(GetParam().symbol);
        GuardedBuffer a(3200 * sizeof(T)), b(3200 * sizeof(T)), out(3200 * sizeof(T));
        for (int64_t cols : widths()) {
            const int64_t rows = 3, len = rows * cols;
            const Matrices<T> in(random, len);
            for (int shift = -1; shift < 5; shift++) {
                T *x = shift < 0 ? a.at_end<T>(len) : a.at_start<T>(len, shift);
                T *y = shift < 0 ? b.at_end<T>(len) : b.at_start<T>(len, 2 * shift);
                T *dst = shift < 0 ? out.at_end<T>(len) : out.at_start<T>(len, 3 * shift);
                std::copy(in.x.begin(), in.x.end(), x);
                std::copy(in.y.begin(), in.y.end(), y);
                call(GetParam(), dst, x, y, rows, cols);
                expect_rows(dst, in, rows, cols);
                call(GetParam(), x, x, y, rows, cols);
                EXPECT_EQ(std::memcmp(x, dst, len * sizeof(T)), 0) << "in place, " << cols;
            }
        }
        EXPECT_TRUE(a.is_intact() && b.is_intact() && out.is_intact());
    }

    // More rows than any kernel handles together, and not a multiple of such a group.
    template <class T> void many_rows() {
        auto random = generator(GetParam().symbol);
        for (int64_t cols : {1, 2, 10, 17, 33, 64, 65}) {
            for (int64_t rows : {15, 16, 17, 37}) {
                const Matrices<T> in(random, rows * cols);
                std::vector<T> got(rows * cols);
                call(GetParam(), got.data(), in.x.data(), in.y.data(), rows, cols);
                expect_rows(got.data(), in, rows, cols);
            }
        }
    }

    template <class T> void empty() {
        T one[1] = {7};
        call(GetParam(), one, one, one, 0, 5);
        call(GetParam(), one, one, one, 5, 0);
        EXPECT_EQ(one[0], 7);
    }

    // A NaN spoils its row and no other.
    template <class T> void nan_spoils_its_row() {
        auto random = generator(GetParam().symbol);
        for (int64_t cols : {1, 2, 10, 16, 33, 65, 150}) {
            for (int64_t place = 0; place < cols; place++) {
                Matrices<T> in(random, 3 * cols);
                std::vector<T> got(3 * cols);
                in.x[cols + place] = std::numeric_limits<T>::quiet_NaN();
                call(GetParam(), got.data(), in.x.data(), in.y.data(), 3, cols);
                for (int64_t i = 0; i < 3 * cols; i++) {
                    ASSERT_EQ(std::isnan(got[i]), i / cols == 1) << cols << " at " << i;
                }
            }
        }
    }

    // Far apart, infinite, equal and huge elements, as torch.softmax has them.
    template <class T> void edges() {
        if (is_grad()) {
            return;
        }
        const T inf = std::numeric_limits<T>::infinity(), huge = std::numeric_limits<T>::max();
        const bool is_log = GetParam().op == "log_softmax";
        for (int64_t cols : {2, 10, 31, 64, 100, 300}) {
            std::vector<T> x(cols, -inf), y(cols);
            call(GetParam(), y.data(), x.data(), x.data(), 1, cols);
            for (T v : y) {
                EXPECT_TRUE(std::isnan(v)) << "-inf everywhere";
            }
            x[cols / 2] = inf;
            call(GetParam(), y.data(), x.data(), x.data(), 1, cols);
            for (T v : y) {
                EXPECT_TRUE(std::isnan(v)) << "one +inf";
            }
            x[cols / 2] = -huge;
            call(GetParam(), y.data(), x.data(), x.data(), 1, cols);
            for (int64_t c = 0; c < cols; c++) {
                EXPECT_EQ(y[c], c == cols / 2 ? T(!is_log) : is_log ? -inf : T(0));
            }
            std::fill(x.begin(), x.end(), huge);
            call(GetParam(), y.data(), x.data(), x.data(), 1, cols);
            for (T v : y) {
                EXPECT_NEAR(v, is_log ? -std::log(T(cols)) : T(1) / T(cols), T(1e-6));
            }
        }
    }

    template <class T> void same_bits_everywhere() {
        const Kernel *wide = kernel_at(GetParam(), NEURAL_ISA_AVX512);
        if (GetParam().isa != NEURAL_ISA_AVX2 || lacks_isa(NEURAL_ISA_AVX512)) {
            return;
        }
        auto random = generator(GetParam().symbol);
        const std::vector<T> specials = special_values<T>();
        for (int round = 0; round < 600; round++) {
            const int64_t cols = round < 300 ? round + 1 : 1 + random() % 1500;
            Matrices<T> in(random, 2 * cols);
            for (int64_t i = 0; round % 3 == 0 && i < cols; i += 5) {
                in.x[random() % (2 * cols)] = specials[random() % specials.size()];
            }
            std::vector<T> a(2 * cols), b(2 * cols);
            call(GetParam(), a.data(), in.x.data(), in.y.data(), 2, cols);
            call(*wide, b.data(), in.x.data(), in.y.data(), 2, cols);
            for (int64_t i = 0; i < 2 * cols; i++) {
                ASSERT_TRUE(same_bits(a[i], b[i]))
                    << cols << " at " << i << ": " << a[i] << " and " << b[i];
            }
        }
    }
};

TEST_BY_DTYPE(SoftmaxTest, WidthsAndOffsets, widths_and_offsets)

TEST_BY_DTYPE(SoftmaxTest, ManyRows, many_rows)

TEST_BY_DTYPE(SoftmaxTest, Empty, empty)

TEST_BY_DTYPE(SoftmaxTest, NanSpoilsItsRow, nan_spoils_its_row)

TEST_BY_DTYPE(SoftmaxTest, Edges, edges)

TEST_BY_DTYPE(SoftmaxTest, SameBitsOnAvx2AndAvx512, same_bits_everywhere)

INSTANTIATE_TEST_SUITE_P(All, SoftmaxTest,
                         testing::ValuesIn(kernels_of({Family::rows, Family::rows_grad})),
                         kernel_test_name);

} // namespace
} // namespace neural_test

// Kernels on vectors of more than 2^31 elements: what they do to the first three MiB and to the end
// is what they do to such a piece alone.
#include <algorithm>
#include <memory>
#include <numeric>

#include "tests/core/asm/kernel_harness.h"
#include "tests/stress/long_memory.h"

namespace neural_test {
namespace {

constexpr int64_t kLen = (INT64_C(1) << 31) + 1237;
constexpr int64_t kCols = 1024; // divides the period, in elements
constexpr int kVectors = 4;

// kVectors of kLen elements, made once.
template <class T> const std::vector<std::unique_ptr<LongMemory>> &Vectors() {
    static const std::vector<std::unique_ptr<LongMemory>> vectors = [] {
        std::vector<std::unique_ptr<LongMemory>> made;
        for (int i = 0; i < kVectors; i++) {
            made.push_back(std::make_unique<LongMemory>(kLen * static_cast<int64_t>(sizeof(T))));
        }
        return made;
    }();
    return vectors;
}

// A piece of each vector: pointers that a kernel takes.
template <class T> struct Piece {
    T *p[kVectors];
    int64_t len;
};

template <class T> Piece<T> Whole() {
    Piece<T> piece = {{}, kLen};
    for (int i = 0; i < kVectors; i++) {
        piece.p[i] = Vectors<T>()[static_cast<size_t>(i)]->template data<T>();
    }
    return piece;
}

template <class T> Piece<T> At(int64_t begin, int64_t len) {
    Piece<T> piece = Whole<T>();
    piece.len = len;
    for (T *&p : piece.p) {
        p += begin;
    }
    return piece;
}

template <class T> int64_t LastBegin() {
    return Vectors<T>()[0]->template last<T>();
}
template <class T> constexpr int64_t kPeriodLen = LongMemory::kPeriod / (int64_t)sizeof(T);

#define TYPE(family)                                                                               \
    std::conditional_t<std::is_same_v<T, float>, neural_##family##_f32, neural_##family##_f64>

// The kernel on a piece: p[0] is written, the others are read.
template <class T> void Call(const Kernel &kernel, const Piece<T> &at) {
    T *const *p = at.p;
    const int64_t rows = at.len / kCols;
    static const neural_sgd_args sgd = {0.1, 0.9, 0, 0, 0, 0};
    static const neural_adam_args adam = {0.1, 0.9, 0.99, 1e-8, 0, 0.2, 1.5, 0, 0};
    switch (kernel.slot().family) {
    case Family::unary:
        kernel.as<TYPE(unary)>()(p[0], p[1], at.len);
        break;
    case Family::param:
        kernel.as<TYPE(param)>()(p[0], p[1], at.len, T(0.5), T(0.25));
        break;
    case Family::binary:
        kernel.as<TYPE(binary)>()(p[0], p[1], p[2], at.len);
        break;
    case Family::grad:
        kernel.as<TYPE(grad)>()(p[0], p[1], p[2], at.len);
        break;
    case Family::param_grad:
        kernel.as<TYPE(param_grad)>()(p[0], p[1], p[2], at.len, T(0.5), T(0.25));
        break;
    case Family::axpy:
        kernel.as<TYPE(axpy)>()(p[0], p[1], at.len, T(0.5));
        break;
    case Family::fill:
        kernel.as<TYPE(fill)>()(p[0], at.len, T(0.5));
        break;
    case Family::rows:
        kernel.as<TYPE(rows)>()(p[0], p[1], rows, kCols);
        break;
    case Family::rows_grad:
        kernel.as<TYPE(rows_grad)>()(p[0], p[1], p[2], rows, kCols);
        break;
    case Family::sgd:
        kernel.as<TYPE(sgd)>()(p[0], p[1], p[2], at.len, &sgd);
        break;
    case Family::adam:
        kernel.as<TYPE(adam)>()(p[0], p[1], p[2], p[3], at.len, &adam);
        break;
    case Family::ema:
        kernel.as<TYPE(ema)>()(p[0], p[1], at.len, 0.9);
        break;
    case Family::mask_scale:
        kernel.as<TYPE(mask_scale)>()(p[0], p[1], reinterpret_cast<uint8_t *>(p[2]), at.len, T(2));
        break;
    default:
        FAIL() << kernel.symbol;
    }
}

// Families that read what they write: a repetition is changed once per turn.
bool Accumulates(Family family) {
    return family == Family::axpy || family == Family::sgd || family == Family::adam ||
           family == Family::ema;
}

template <class T> std::vector<T> Copy(const T *from, int64_t len) {
    return std::vector<T>(from, from + len);
}

// Numbers in (0.5, 4) everywhere, the last piece unlike the others; a mask has both kinds of bytes.
template <class T> void FillOperands() {
    std::mt19937_64 g = generator("long");
    std::uniform_real_distribution<T> values(T(0.5), T(4));
    for (int64_t begin : {int64_t(0), LastBegin<T>()}) {
        const int64_t len = begin ? kLen - begin : kPeriodLen<T>;
        for (T *p : At<T>(begin, len).p) {
            std::generate(p, p + len, [&] { return values(g); });
        }
    }
}

// What the kernel makes of a piece of its own: the same numbers in ordinary memory.
template <class T> std::vector<T> Alone(const Kernel &kernel, const Piece<T> &at) {
    std::vector<std::vector<T>> copies;
    Piece<T> piece = {{}, at.len};
    for (int i = 0; i < kVectors; i++) {
        copies.push_back(Copy(at.p[i], at.len));
        piece.p[i] = copies.back().data();
    }
    Call(kernel, piece);
    return copies[0];
}

// Elements of a vector whose rows are whole.
int64_t Written(Family family) {
    const bool has_rows = family == Family::rows || family == Family::rows_grad;
    return has_rows ? kLen / kCols * kCols : kLen;
}

class LongElementwise : public KernelTest {
  protected:
    template <class T> void Check() {
        ASSERT_TRUE(Vectors<T>()[0]->ready());
        const Family family = GetParam().slot().family;
        FillOperands<T>();
        if (family == Family::mask_scale) { // the mask is shorter: bytes, not numbers
            std::fill_n(reinterpret_cast<char *>(Whole<T>().p[2]), kLen, char(1));
        }
        const Piece<T> first = At<T>(0, kPeriodLen<T>);
        const Piece<T> last = At<T>(LastBegin<T>(), Written(family) - LastBegin<T>());
        Piece<T> first_mask = first, last_mask = last;
        last_mask.p[2] = family == Family::mask_scale ? first.p[2] : last.p[2];
        const std::vector<T> want_first = Alone(GetParam(), first_mask);
        const std::vector<T> want_last = Alone(GetParam(), last_mask);
        Call(GetParam(), Whole<T>());
        EXPECT_TRUE(std::equal(want_last.begin(), want_last.end(), last.p[0]));
        if (!Accumulates(family)) {
            EXPECT_TRUE(std::equal(want_first.begin(), want_first.end(), first.p[0]));
        }
    }
};

TEST_BY_DTYPE(LongElementwise, LastPieceIsAsAlone, Check)

// Zeros with a 1 in each repetition, and 2, 3, -5 in the end.
template <class T> const T *Sparse(int i) {
    T *data = Whole<T>().p[i];
    std::fill_n(data, kPeriodLen<T>, T(0));
    std::fill_n(data + LastBegin<T>(), kLen - LastBegin<T>(), T(0));
    data[7] = 1;
    data[kLen - 3] = 2;
    data[kLen - 2] = 3;
    data[kLen - 1] = -5;
    return data;
}

class LongReduction : public KernelTest {
  protected:
    template <class T> double Value(const T *x) {
        const Kernel &kernel = GetParam();
        int64_t index = -1;
        switch (kernel.slot().family) {
        case Family::reduce:
            return kernel.as<TYPE(reduce)>()(x, kLen);
        case Family::reduce2:
            return kernel.as<TYPE(reduce2)>()(x, x, kLen);
        case Family::argmax:
            kernel.as<TYPE(argmax)>()(&index, x, 1, kLen);
            break;
        case Family::find:
            index = kernel.as<TYPE(find)>()(x, kLen);
            break;
        default:
            ADD_FAILURE();
        }
        return static_cast<double>(index);
    }
    // Exact: all sums are small whole numbers.
    template <class T> double Expected() {
        const double ones = static_cast<double>(Vectors<T>()[0]->repetitions());
        const std::string &op = GetParam().op;
        return op == "sum"              ? ones
               : op == "max"            ? 3
               : op == "min"            ? -5
               : op == "argmax"         ? static_cast<double>(kLen - 2)
               : op == "find_nonfinite" ? -1
                                        : ones + 4 + 9 + 25; // sumsq, dot
    }
    template <class T> void Check() {
        ASSERT_TRUE(Vectors<T>()[0]->ready());
        const T *x = Sparse<T>(1);
        EXPECT_EQ(Value(x), Expected<T>());
        if (GetParam().op == "find_nonfinite") {
            Whole<T>().p[1][kLen - 1] = NAN;
            EXPECT_EQ(Value(x), static_cast<double>(kLen - 1));
        }
    }
};

TEST_BY_DTYPE(LongReduction, SeesTheEnd, Check)

// Rows of a table of more than 2^31 elements, by index.
class LongGather : public KernelTest {
  protected:
    template <class T> void Check() {
        ASSERT_TRUE(Vectors<T>()[0]->ready());
        FillOperands<T>();
        const int64_t all = kLen / kCols;
        const std::vector<int64_t> index = {0, all - 1, all / 2, all - 2, all - 1};
        std::vector<int32_t> index32(index.begin(), index.end());
        std::vector<T> rows(index.size() * kCols, T(1)), want;
        T *table = Whole<T>().p[1];
        const int64_t count = static_cast<int64_t>(index.size());
        for (int64_t i : index) {
            const std::vector<T> row = Copy(table + i * kCols, kCols);
            want.insert(want.end(), row.begin(), row.end());
        }
        if (GetParam().slot().family == Family::gather) {
            GetParam().as<TYPE(gather)>()(rows.data(), table, index.data(), count, kCols);
        } else if (GetParam().slot().family == Family::gather_i32) {
            GetParam().as<TYPE(gather_i32)>()(rows.data(), table, index32.data(), count, kCols);
        } else { // adds a 1 to each row, in the end: twice to the last one
            const std::vector<T> before = Copy(table + (all - 1) * kCols, kCols);
            if (GetParam().slot().family == Family::scatter_add) {
                GetParam().as<TYPE(scatter_add)>()(table, rows.data(), index.data(), count, kCols);
            } else {
                GetParam().as<TYPE(scatter_add_i32)>()(table, rows.data(), index32.data(), count,
                                                       kCols);
            }
            for (int64_t j = 0; j < kCols; j++) {
                ASSERT_EQ(table[(all - 1) * kCols + j], before[(size_t)j] + T(1) + T(1));
            }
            return;
        }
        EXPECT_EQ(rows, want);
    }
};

TEST_BY_DTYPE(LongGather, ReachesTheLastRows, Check)

// The rows of a matrix, and those of its transpose, lie 2^29 + 3 elements apart.
class LongTranspose : public KernelTest {
  protected:
    template <class T> void Check() {
        constexpr int64_t rows = 21, cols = 19, ld = (INT64_C(1) << 29) + 3;
        const SparseMemory from(rows * ld * (int64_t)sizeof(T)), to(cols * ld * (int64_t)sizeof(T));
        for (int64_t i = 0; i < rows * cols; i++) {
            from.data<T>()[i / cols * ld + i % cols] = static_cast<T>(i + 1);
        }
        GetParam().as<TYPE(transpose)>()(to.data<T>(), from.data<T>(), rows, cols, ld, ld);
        for (int64_t i = 0; i < rows * cols; i++) {
            ASSERT_EQ(to.data<T>()[i % cols * ld + i / cols], static_cast<T>(i + 1)) << i;
        }
    }
};

TEST_BY_DTYPE(LongTranspose, ReachesTheLastRow, Check)

std::vector<Kernel> Named(const std::vector<std::string> &ops) {
    std::vector<Kernel> chosen;
    for (const Kernel &kernel : kernels()) {
        if (std::find(ops.begin(), ops.end(), kernel.op) != ops.end()) {
            chosen.push_back(kernel);
        }
    }
    return chosen;
}

// One operation, or two, of each family.
const std::vector<std::string> kElementwise = {
    "relu", "exp",  "affine",     "add",     "relu_grad",    "leaky_relu_grad",
    "axpy", "fill", "softmax",    "sgd",     "softmax_grad", "adam",
    "ema",  "sqrt", "mask_scale", "maximum", "scale_clip"};

INSTANTIATE_TEST_SUITE_P(Kernels, LongElementwise, testing::ValuesIn(Named(kElementwise)),
                         kernel_test_name);
INSTANTIATE_TEST_SUITE_P(Kernels, LongReduction,
                         testing::ValuesIn(kernels_of({Family::reduce, Family::reduce2,
                                                       Family::find, Family::argmax})),
                         kernel_test_name);
INSTANTIATE_TEST_SUITE_P(Kernels, LongGather,
                         testing::ValuesIn(kernels_of({Family::gather, Family::gather_i32,
                                                       Family::scatter_add,
                                                       Family::scatter_add_i32})),
                         kernel_test_name);
INSTANTIATE_TEST_SUITE_P(Kernels, LongTranspose, testing::ValuesIn(kernels_of({Family::transpose})),
                         kernel_test_name);

} // namespace
} // namespace neural_test

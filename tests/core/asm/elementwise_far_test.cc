// Vectors that outgrow the caches, whose results go past them: right everywhere, no byte beyond the
// length.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "core/asm/kernel_table.h"
#include "core/base/memory.h"

namespace neural_test {
namespace {

constexpr unsigned char kCanary = 0xA5;
constexpr int kMargin = 128; // bytes on either side

// len numbers `shift` elements past a 64-byte line, between canaries.
template <class T> class FarVector {
  public:
    FarVector(int64_t len, int shift)
        : len_(len), bytes_(len * sizeof(T) + 2 * kMargin + 64),
          block_(static_cast<unsigned char *>(neural_alloc(bytes_))),
          data_(reinterpret_cast<T *>(block_ + kMargin) + shift) {
        std::memset(block_, kCanary, bytes_);
    }
    ~FarVector() { neural_free(block_); }
    FarVector(const FarVector &) = delete;
    FarVector &operator=(const FarVector &) = delete;
    T *get() const { return data_; }

    bool IsIntact() const {
        const auto *begin = reinterpret_cast<const unsigned char *>(data_);
        const auto *end = reinterpret_cast<const unsigned char *>(data_ + len_);
        const auto is_canary = [](unsigned char byte) { return byte == kCanary; };
        return std::all_of(static_cast<const unsigned char *>(block_), begin, is_canary) &&
               std::all_of(end, static_cast<const unsigned char *>(block_) + bytes_, is_canary);
    }

  private:
    int64_t len_;
    size_t bytes_;
    unsigned char *block_;
    T *data_;
};

// Small whole numbers, so that the expected results are exact; never two alike in a row.
template <class T> void Fill(T *x, int64_t len, int64_t step) {
    for (int64_t i = 0; i < len; i++)
        x[i] = static_cast<T>((i * step) % 1009 - 504);
}

template <class T> struct Kernels {
    void (*add)(T *, const T *, const T *, int64_t);
    void (*relu)(T *, const T *, int64_t);
    void (*relu_grad)(T *, const T *, const T *, int64_t);
};

template <class T> Kernels<T> KernelsOf(const neural_kernel_table *table);
template <> Kernels<float> KernelsOf(const neural_kernel_table *table) {
    return {table->add_f32, table->relu_f32, table->relu_grad_f32};
}
template <> Kernels<double> KernelsOf(const neural_kernel_table *table) {
    return {table->add_f64, table->relu_f64, table->relu_grad_f64};
}

template <class T> void ExpectFarResults(const Kernels<T> &kernels, int64_t len, int shift) {
    FarVector<T> dst(len, shift), a(len, 1), b(len, 3);
    Fill(a.get(), len, 7);
    Fill(b.get(), len, 11);
    const auto is_right = [&](auto expected) {
        for (int64_t i = 0; i < len; i++) {
            if (dst.get()[i] != expected(i)) return testing::AssertionFailure() << "element " << i;
        }
        return testing::AssertionResult(dst.IsIntact()) << "wrote outside";
    };
    const auto sum = [&](int64_t i) { return a.get()[i] + b.get()[i]; };
    kernels.add(dst.get(), a.get(), b.get(), len);
    EXPECT_TRUE(is_right(sum));
    kernels.relu(dst.get(), a.get(), len);
    EXPECT_TRUE(is_right([&](int64_t i) { return a.get()[i] > 0 ? a.get()[i] : T(0); }));
    kernels.relu_grad(dst.get(), a.get(), b.get(), len);
    EXPECT_TRUE(is_right([&](int64_t i) { return b.get()[i] > 0 ? a.get()[i] : T(0); }));
    std::memcpy(dst.get(), a.get(), sizeof(T) * len);
    kernels.add(dst.get(), dst.get(), b.get(), len); // in place, by either source
    EXPECT_TRUE(is_right(sum));
    std::memcpy(dst.get(), b.get(), sizeof(T) * len);
    kernels.add(dst.get(), a.get(), dst.get(), len);
    EXPECT_TRUE(is_right(sum));
}

class ElementwiseFar : public testing::TestWithParam<int> {};

TEST_P(ElementwiseFar, VectorsBeyondTheCaches) {
    const neural_kernel_table *table = neural_kernels_at(static_cast<neural_isa>(GetParam()));
    if (!table) GTEST_SKIP() << "the CPU lacks this level";
    constexpr int64_t kBytes = 13 << 20; // of each vector
    for (int shift : {0, 1, 2, 4}) {
        SCOPED_TRACE(shift);
        ExpectFarResults(KernelsOf<float>(table), kBytes / 4 + 13, shift);
        ExpectFarResults(KernelsOf<double>(table), kBytes / 8 + 5, shift);
    }
}

INSTANTIATE_TEST_SUITE_P(Levels, ElementwiseFar, testing::Range(0, int(NEURAL_ISA_COUNT)),
                         [](const auto &level) {
                             return neural_isa_name(static_cast<neural_isa>(level.param));
                         });

} // namespace
} // namespace neural_test

// Products with sparse weights have the bits of the dense ones, and of a chain spelled out here.
#include "core/tensor/sparse.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <type_traits>
#include <vector>

#include <sys/mman.h>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/gemm.h"
#include <gtest/gtest.h>

namespace {

struct Destroy {
    void operator()(neural_sparse *sparse) const { neural_sparse_destroy(sparse); }
};
using Sparse = std::unique_ptr<neural_sparse, Destroy>;

// Elements that end where a protected page begins.
template <class T> class Guarded {
  public:
    explicit Guarded(int64_t len, T value = T(0)) : len_(len) {
        const size_t bytes = static_cast<size_t>(len) * sizeof(T);
        mapped_ = (bytes + 4095) / 4096 * 4096 + 4096;
        memory_ = static_cast<char *>(mmap(nullptr, mapped_, PROT_READ | PROT_WRITE,
                                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        EXPECT_EQ(mprotect(memory_ + mapped_ - 4096, 4096, PROT_NONE), 0);
        data_ = reinterpret_cast<T *>(memory_ + mapped_ - 4096 - bytes);
        for (int64_t i = 0; i < len; i++)
            data_[i] = value;
    }
    ~Guarded() { munmap(memory_, mapped_); }
    Guarded(const Guarded &) = delete;
    T *data() { return data_; }
    T &operator[](int64_t i) { return data_[i]; }
    int64_t size() const { return len_; }

  private:
    int64_t len_;
    size_t mapped_;
    char *memory_;
    T *data_;
};

constexpr int64_t kStrip = NEURAL_SPARSE_STRIP;
using Keeps = std::function<bool(int64_t output, int64_t input)>;

bool Mixed(uint64_t a, uint64_t b, uint64_t percent) {
    uint64_t z = (a * 1000003 + b + 1) * 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 29)) * 0xBF58476D1CE4E5B9;
    return (z >> 33) % 100 < percent;
}

Keeps Blocks(uint64_t percent) {
    return [=](int64_t o, int64_t k) { return Mixed(uint64_t(o / kStrip), uint64_t(k), percent); };
}

Keeps Singles(uint64_t percent) {
    return [=](int64_t o, int64_t k) { return Mixed(uint64_t(o), uint64_t(k), percent); };
}

template <class T> constexpr neural_dtype kDtype =
    std::is_same_v<T, float> ? NEURAL_DTYPE_F32 : NEURAL_DTYPE_F64;

template <class T> class SparseOf : public testing::Test {
  protected:
    void Fill(Guarded<T> &to) {
        std::uniform_real_distribution<T> uniform(-2, 2);
        for (int64_t i = 0; i < to.size(); i++)
            to[i] = uniform(random_);
    }

    Sparse Make(const T *weight, int64_t outputs, int64_t inputs) {
        neural_sparse *made = nullptr;
        EXPECT_EQ(neural_sparse_create(neural_kernels(), kDtype<T>, weight, outputs, inputs,
                                       outputs * inputs, &made),
                  NEURAL_OK);
        EXPECT_NE(made, nullptr);
        return Sparse(made);
    }

    static void Dense(const neural_gemm_args &args) {
        if constexpr (std::is_same_v<T, float>) {
            EXPECT_EQ(neural_gemm_f32(&args), NEURAL_OK);
        } else {
            EXPECT_EQ(neural_gemm_f64(&args), NEURAL_OK);
        }
    }

    void Check(int64_t rows, int64_t outputs, int64_t inputs, const Keeps &keeps, bool with_bias,
               int relu) {
        SCOPED_TRACE(testing::Message() << rows << " x " << outputs << " x " << inputs << " bias "
                                        << with_bias << " relu " << relu);
        Guarded<T> weight(outputs * inputs), x(rows * inputs), bias(outputs);
        Guarded<T> y(rows * outputs, T(NAN)), want(rows * outputs, T(NAN));
        Fill(weight);
        Fill(x);
        Fill(bias);
        for (int64_t o = 0; o < outputs; o++) {
            for (int64_t k = 0; k < inputs; k++) {
                T &at = weight[o * inputs + k];
                at = keeps(o, k) ? at : at < 0 ? T(-0.0) : T(0); // zeros of both signs
            }
        }
        const Sparse sparse = Make(weight.data(), outputs, inputs);
        const neural_sparse_args args = {rows, x.data(), with_bias ? bias.data() : nullptr,
                                         y.data(), relu};
        ASSERT_EQ(neural_sparse_multiply(sparse.get(), &args), NEURAL_OK);
        neural_gemm_args dense = {};
        dense.trans_b = 1;
        dense.m = rows;
        dense.n = dense.ldc = outputs;
        dense.k = dense.lda = dense.ldb = inputs;
        dense.lda = dense.ldb = std::max<int64_t>(inputs, 1);
        dense.ldc = std::max<int64_t>(outputs, 1);
        dense.alpha = 1;
        dense.a = x.data();
        dense.b = weight.data();
        dense.c = want.data();
        dense.bias = with_bias ? bias.data() : nullptr;
        dense.bias_kind = with_bias ? NEURAL_GEMM_BIAS_PER_COLUMN : NEURAL_GEMM_BIAS_NONE;
        dense.activation = relu ? NEURAL_GEMM_ACTIVATION_RELU : NEURAL_GEMM_ACTIVATION_NONE;
        Dense(dense);
        const bool fused = neural_isa_active() >= NEURAL_ISA_AVX2;
        for (int64_t i = 0; i < rows * outputs; i++) {
            T sum = 0;
            for (int64_t k = 0; k < inputs; k++) {
                const T a = x[i / outputs * inputs + k], b = weight[i % outputs * inputs + k];
                sum = fused ? std::fma(a, b, sum) : sum + a * b;
            }
            sum = with_bias ? sum + bias[i % outputs] : sum;
            sum = relu && sum < 0 ? 0 : sum;
            ASSERT_EQ(std::memcmp(&y[i], &sum, sizeof(T)), 0) << i << ": " << y[i] << " " << sum;
            ASSERT_EQ(std::memcmp(&y[i], &want[i], sizeof(T)), 0) << i;
        }
    }

    std::mt19937 random_{7};
};
using Dtypes = testing::Types<float, double>;
TYPED_TEST_SUITE(SparseOf, Dtypes);

TYPED_TEST(SparseOf, HasTheBitsOfTheDenseProduct) {
    for (int64_t rows : {0, 1, 2, 3, 4, 5, 13, 14, 15, 29, 113, 230}) {
        for (int64_t outputs : {1, 15, 16, 17, 64, 83}) {
            const int64_t inputs = outputs == 64 ? 129 : 31;
            this->Check(rows, outputs, inputs, Blocks(30), rows % 2, outputs % 2);
            this->Check(rows, outputs, inputs, Singles(10), !(rows % 2), !(outputs % 2));
        }
    }
}

TYPED_TEST(SparseOf, AcceptsEveryPattern) {
    const std::vector<Keeps> patterns = {
        [](int64_t, int64_t) { return false; },
        [](int64_t, int64_t) { return true; },
        [](int64_t o, int64_t) { return o == 40; },             // one full row
        [](int64_t o, int64_t) { return o / kStrip % 2 == 1; }, // empty strips
        [](int64_t, int64_t k) { return k == 0 || k == 99; },   // first and last input
        [](int64_t o, int64_t k) { return k < o; },             // strips of every depth
    };
    for (const Keeps &keeps : patterns) {
        for (int64_t rows : {1, 3, 20}) {
            this->Check(rows, 83, 100, keeps, true, 0);
            this->Check(rows, 96, 100, keeps, false, 1);
        }
    }
}

TYPED_TEST(SparseOf, AcceptsNoInputsAndNoOutputs) {
    for (int64_t rows : {0, 1, 6}) {
        this->Check(rows, 20, 0, Blocks(50), true, 1);
        this->Check(rows, 32, 0, Blocks(50), false, 0);
        this->Check(rows, 0, 20, Blocks(50), false, 0);
    }
}

TYPED_TEST(SparseOf, DoesNotDependOnThreads) {
    const int64_t rows = 50, outputs = 700, inputs = 300;
    Guarded<TypeParam> weight(outputs * inputs), x(rows * inputs);
    this->Fill(weight);
    this->Fill(x);
    for (int64_t i = 0; i < weight.size(); i++) {
        weight[i] = Blocks(40)(i / inputs, i % inputs) ? weight[i] : 0;
    }
    const Sparse sparse = this->Make(weight.data(), outputs, inputs);
    std::vector<TypeParam> y[2];
    for (int threads : {1, 3}) {
        ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
        std::vector<TypeParam> &to = y[threads / 3];
        for (int64_t n : {int64_t(1), rows}) {
            std::vector<TypeParam> part(static_cast<size_t>(n * outputs));
            const neural_sparse_args args = {n, x.data(), nullptr, part.data(), 0};
            ASSERT_EQ(neural_sparse_multiply(sparse.get(), &args), NEURAL_OK);
            to.insert(to.end(), part.begin(), part.end());
        }
    }
    EXPECT_EQ(std::memcmp(y[0].data(), y[1].data(), y[0].size() * sizeof(TypeParam)), 0);
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
}

TYPED_TEST(SparseOf, CountsBlocksAndLeavesDenseWeightsAlone) {
    const int64_t outputs = 40, inputs = 50; // 3 strips
    Guarded<TypeParam> weight(outputs * inputs);
    weight[5] = 1;
    weight[15 * inputs + 5] = NAN; // the same block
    weight[16 * inputs + 5] = -1;
    weight[39 * inputs + 49] = INFINITY;
    weight[7] = -0.0;
    EXPECT_EQ(neural_sparse_all_blocks(outputs, inputs), 150);
    for (int64_t most : {2, 3}) {
        neural_sparse *made = nullptr;
        ASSERT_EQ(neural_sparse_create(neural_kernels(), kDtype<TypeParam>, weight.data(), outputs,
                                       inputs, most, &made),
                  NEURAL_OK);
        const Sparse sparse(made);
        ASSERT_EQ(made != nullptr, most == 3);
        if (made) {
            EXPECT_EQ(neural_sparse_blocks(made), 3);
            EXPECT_GE(neural_sparse_bytes(made), 3 * kStrip * int64_t(sizeof(TypeParam)));
        }
    }
}

TYPED_TEST(SparseOf, FailsWithoutMemory) {
    Guarded<TypeParam> weight(17 * 9000, 1), x(70 * 9000), y(70 * 17);
    for (int nth = 1; nth <= 2; nth++) {
        neural_sparse *made = nullptr;
        neural_alloc_fail_at(nth);
        EXPECT_EQ(neural_sparse_create(neural_kernels(), kDtype<TypeParam>, weight.data(), 40, 50,
                                       2000, &made),
                  NEURAL_ERR_OUT_OF_MEMORY);
        neural_alloc_fail_at(0);
        EXPECT_EQ(made, nullptr);
    }
    neural_sparse *made = nullptr;
    EXPECT_EQ(neural_sparse_create(neural_kernels(), kDtype<TypeParam>, weight.data(), 0,
                                   int64_t(1) << 27, 0, &made),
              NEURAL_ERR_TENSOR_TOO_LARGE);
    neural_sparse_destroy(nullptr);
    const Sparse sparse = this->Make(weight.data(), 17, 9000); // scratch that no pool holds yet
    const neural_sparse_args args = {70, x.data(), nullptr, y.data(), 0};
    neural_alloc_fail_at(1);
    EXPECT_EQ(neural_sparse_multiply(sparse.get(), &args), NEURAL_ERR_OUT_OF_MEMORY);
    neural_alloc_fail_at(0);
    EXPECT_EQ(neural_sparse_multiply(sparse.get(), &args), NEURAL_OK);
}

TEST(Sparse, PaysByBlocksAndRows) {
    std::vector<float> weight(64 * 100);
    for (int64_t i = 0; i < 64 * 100; i++)
        weight[size_t(i)] = i % 100 < 60; // 60 % of the blocks
    EXPECT_EQ(neural_sparse_most_blocks(64, 100), 280);
    neural_sparse *made = nullptr;
    ASSERT_EQ(neural_sparse_create(neural_kernels(), NEURAL_DTYPE_F32, weight.data(), 64, 100, 280,
                                   &made),
              NEURAL_OK);
    const Sparse sparse(made);
    EXPECT_TRUE(neural_sparse_pays(made, 1));
    EXPECT_FALSE(neural_sparse_pays(made, 4));
    EXPECT_TRUE(neural_sparse_pays(made, 64));
}

} // namespace

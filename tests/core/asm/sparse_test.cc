// One row by a sparse matrix of blocks of 16 outputs and 1 input.
#include <algorithm>

#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

template <class T>
using SparseRow =
    std::conditional_t<std::is_same_v<T, float>, neural_sparse_row_f32, neural_sparse_row_f64>;

constexpr int64_t kStrip = NEURAL_SPARSE_STRIP;

template <class T> struct Strip {
    Strip(int64_t depth, int64_t inputs, std::mt19937_64 &random)
        : weights(depth * kStrip * sizeof(T)), indices(depth * sizeof(int32_t)),
          weight(weights.at_end<T>(depth * kStrip)), index(indices.at_end<int32_t>(depth)) {
        const std::vector<T> values = ordinary_values<T>(random, depth * kStrip);
        std::copy(values.begin(), values.end(), weight);
        for (int64_t i = 0; i < depth; i++) { // increasing
            index[i] = int32_t(i * inputs / depth);
        }
    }
    GuardedBuffer weights, indices;
    T *weight;
    int32_t *index;
};

class SparseTest : public KernelTest {
  protected:
    // The chain is part of the contract: every level has the bits spelled out here.
    template <class T>
    void check(const std::vector<int64_t> &depths, int64_t flags, std::mt19937_64 &random) {
        const int64_t inputs = 97, count = int64_t(depths.size()), outputs = count * kStrip;
        const bool fused = GetParam().isa >= NEURAL_ISA_AVX2;
        GuardedBuffer x(inputs * sizeof(T)), y(outputs * sizeof(T)), b(outputs * sizeof(T));
        T *src = x.at_end<T>(inputs), *dst = y.at_end<T>(outputs), *bias = b.at_end<T>(outputs);
        for (auto [to, len] : {std::pair(src, inputs), std::pair(bias, outputs)}) {
            const std::vector<T> values = ordinary_values<T>(random, len);
            std::copy(values.begin(), values.end(), to);
        }
        std::vector<std::unique_ptr<Strip<T>>> owned;
        std::vector<neural_sparse_strip> strips;
        for (int64_t s = 0; s < count; s++) {
            owned.push_back(std::make_unique<Strip<T>>(depths[size_t(s)], inputs, random));
            const int64_t column = (s * 5 + 3) % count * kStrip; // any order
            strips.push_back({owned.back()->index, owned.back()->weight, depths[size_t(s)],
                              count % 5 ? column : s * kStrip});
        }
        const neural_sparse_row_args args = {src, strips.data(), count, dst, bias, flags};
        call_checked(GetParam().as<SparseRow<T>>(), &args);
        for (int64_t s = 0; s < count; s++) {
            const Strip<T> &strip = *owned[size_t(s)];
            for (int64_t j = 0; j < kStrip; j++) {
                T sum = 0;
                for (int64_t i = 0; i < strips[size_t(s)].depth; i++) {
                    const T a = src[strip.index[i]], w = strip.weight[i * kStrip + j];
                    sum = fused ? std::fma(a, w, sum) : sum + a * w;
                }
                const int64_t at = strips[size_t(s)].column + j;
                sum = flags & NEURAL_GEMM_ADD_COLUMN ? sum + bias[at] : sum;
                sum = flags & NEURAL_GEMM_RELU && sum < 0 ? 0 : sum;
                ASSERT_TRUE(same_bits(dst[at], sum)) << "strip " << s << " of " << count;
            }
            EXPECT_TRUE(strip.weights.is_intact() && strip.indices.is_intact());
        }
        EXPECT_TRUE(x.is_intact() && y.is_intact() && b.is_intact());
    }

    template <class T> void shapes() {
        auto random = generator(GetParam().symbol);
        for (int64_t flags :
             {0, int(NEURAL_GEMM_RELU), int(NEURAL_GEMM_ADD_COLUMN),
              NEURAL_GEMM_ADD_COLUMN | NEURAL_GEMM_RELU}) {
            for (size_t count = 0; count < 12; count++) {
                for (int64_t most : {0, 1, 2, 5, 60}) {
                    std::vector<int64_t> depths;
                    for (size_t s = 0; s < count; s++) {
                        depths.push_back(most == 60 ? int64_t(random() % 60) : most);
                    }
                    std::sort(depths.rbegin(), depths.rend());
                    check<T>(depths, flags, random);
                }
            }
        }
    }
};

TEST_BY_DTYPE(SparseTest, Shapes, shapes)

INSTANTIATE_TEST_SUITE_P(All, SparseTest, testing::ValuesIn(kernels_of({Family::sparse_row})),
                         kernel_test_name);

} // namespace
} // namespace neural_test

#include "core/tensor/axis_reduce.h"

#include <cmath>

#include "tests/core/tensor/tensor_testing.h"

namespace {

using namespace tensor_testing;

// The documented order of additions, spelled out in the dtype itself for one column and 3 chunks.
TEST(AxisReduce, AddsInTheDocumentedOrder) {
    std::mt19937_64 random(19);
    const int64_t rows = 1100, cols = 3;
    const Array x = random_uniform({rows, cols}, -1, 1, random);
    const Tensor src = make(x, NEURAL_DTYPE_F32), dst = create({cols}, NEURAL_DTYPE_F32);
    ASSERT_EQ(neural_axis_reduce(NEURAL_REDUCTION_SUM, NEURAL_DTYPE_F32, dst->data, src->data, 1,
                                 rows, cols),
              NEURAL_OK);
    for (int64_t c = 0; c < cols; c++) {
        float total = 0;
        for (int64_t first = 0; first < rows; first += 512) {
            float chunk = 0;
            for (int64_t r = first; r < std::min(first + 512, rows); r++) {
                chunk += static_cast<float>(x.v[static_cast<size_t>(r * cols + c)]);
            }
            total += chunk;
        }
        EXPECT_EQ(read(dst.get(), c), total);
    }
}

TEST(AxisReduce, NothingGivesTheIdentity) {
    const double want[] = {0, -INFINITY, INFINITY};
    for (int op = 0; op < 3; op++) {
        for (int64_t inner : {1, 5, 5000}) {
            const Tensor dst = create({2, inner}, NEURAL_DTYPE_F64);
            ASSERT_EQ(neural_axis_reduce(static_cast<neural_reduction>(op), NEURAL_DTYPE_F64,
                                         dst->data, nullptr, 2, 0, inner),
                      NEURAL_OK);
            for (double x : to_array(dst.get()).v) {
                ASSERT_EQ(x, want[op]);
            }
        }
    }
}

TEST(SumTo, RandomShapes) {
    const uint64_t seed = 5;
    std::mt19937_64 random(seed);
    for (int trial = 0; trial < 500; trial++) {
        SCOPED_TRACE("seed " + std::to_string(seed) + ", trial " + std::to_string(trial));
        Dims from(random() % 6);
        for (int64_t &size : from) {
            size = static_cast<int64_t>(random() % 8 ? 1 + random() % 4 : 0);
        }
        Dims to(from.begin() + static_cast<int64_t>(random() % (from.size() + 1)), from.end());
        for (int64_t &size : to) {
            size = random() % 2 ? size : 1;
        }
        const Array src = random_grid(from, random);
        Array want{to, std::vector<double>(static_cast<size_t>(len_of(to)), 0)};
        for (int64_t i = 0; i < src.len(); i++) {
            const auto at = static_cast<size_t>(broadcast_position(index_of(i, from), to));
            want.v[at] += src.v[static_cast<size_t>(i)];
        }
        const Tensor dst = create(to, NEURAL_DTYPE_F64), a = make(src, NEURAL_DTYPE_F64);
        ASSERT_EQ(neural_sum_to(dst.get(), a.get()), NEURAL_OK);
        expect_values(dst.get(), want, NEURAL_DTYPE_F64);
    }
}

} // namespace

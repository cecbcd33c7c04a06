// Area and moment of aggregated fuzzy sets.
#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

template <class T>
using FuzzySet =
    std::conditional_t<std::is_same_v<T, float>, neural_fuzzy_set_f32, neural_fuzzy_set_f64>;

class FuzzySetTest : public KernelTest {
  protected:
    // The chains of additions are part of the contract: every level has the bits spelled out here.
    template <class T>
    void shape(int64_t rows, int64_t terms, int64_t samples, std::mt19937_64 &random) {
        const bool clips = GetParam().op == "fuzzy_clip", fused = GetParam().isa >= NEURAL_ISA_AVX2;
        const int64_t columns = rows * terms, cells = samples * (terms + 1);
        GuardedBuffer degrees(columns * sizeof(T)), cell(cells * sizeof(T));
        GuardedBuffer result(2 * rows * sizeof(T));
        T *src = degrees.at_end<T>(columns), *table = cell.at_end<T>(cells);
        T *dst = result.at_end<T>(2 * rows);
        std::uniform_real_distribution<T> uniform(0, 1);
        for (int64_t i = 0; i < columns; i++) {
            src[i] = random() % 3 ? uniform(random) : T(0);
        }
        for (int64_t i = 0; i < cells; i++) {
            table[i] = i % (terms + 1) == terms ? uniform(random) * 7 - 3 : uniform(random);
        }
        const neural_fuzzy_set_args args = {terms, samples, rows * int64_t(sizeof(T))};
        call_checked(GetParam().as<FuzzySet<T>>(), dst, src, table, rows, &args);
        for (int64_t r = 0; r < rows; r++) {
            T area = 0, moment = 0;
            for (int64_t i = 0; i < samples; i++) {
                T set = 0;
                for (int64_t t = 0; t < terms; t++) {
                    const T mu = table[i * (terms + 1) + t], degree = src[t * rows + r];
                    set = std::max(set, clips ? std::min(mu, degree) : T(mu * degree));
                }
                const T x = table[i * (terms + 1) + terms];
                area += set;
                moment = fused ? std::fma(set, x, moment) : moment + set * x;
            }
            ASSERT_TRUE(same_bits(dst[r], area)) << "row " << r << " of " << rows;
            ASSERT_TRUE(same_bits(dst[rows + r], moment)) << "row " << r << " of " << rows;
        }
        EXPECT_TRUE(degrees.is_intact() && cell.is_intact() && result.is_intact());
    }

    template <class T> void shapes() {
        auto random = generator(GetParam().symbol);
        for (int64_t rows : {0, 16, 32, 48, 64, 112}) {
            for (int64_t terms : {1, 2, 3, 7}) {
                for (int64_t samples : {1, 2, 5, 200}) {
                    shape<T>(rows, terms, samples, random);
                }
            }
        }
    }
};

TEST_BY_DTYPE(FuzzySetTest, Shapes, shapes)

INSTANTIATE_TEST_SUITE_P(All, FuzzySetTest, testing::ValuesIn(kernels_of({Family::fuzzy_set})),
                         kernel_test_name);

} // namespace
} // namespace neural_test

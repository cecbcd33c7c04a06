// Every GEMM tile of the list, with every number of rows and columns, on operands that end at
// protected pages, against the chain of the contract computed element by element.
#include "core/asm/gemm_kernel.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>

#include "tests/core/asm/kernel_harness.h"
#include <gtest/gtest.h>

namespace neural_test {
namespace {

// The offsets that gemm_tile.inc names.
static_assert(offsetof(neural_gemm_panel, a) == 0);
static_assert(offsetof(neural_gemm_panel, a_row) == 8);
static_assert(offsetof(neural_gemm_panel, a_col) == 16);
static_assert(offsetof(neural_gemm_panel, b) == 24);
static_assert(offsetof(neural_gemm_panel, b_row) == 32);
static_assert(offsetof(neural_gemm_panel, c) == 40);
static_assert(offsetof(neural_gemm_panel, c_row) == 48);
static_assert(offsetof(neural_gemm_panel, m) == 56);
static_assert(offsetof(neural_gemm_panel, n) == 64);
static_assert(offsetof(neural_gemm_panel, k) == 72);
static_assert(offsetof(neural_gemm_panel, bias) == 80);
static_assert(offsetof(neural_gemm_panel, beta) == 88);
static_assert(offsetof(neural_gemm_panel, flags) == 96);
static_assert(offsetof(neural_gemm_panel, next_c) == 104);
static_assert(offsetof(neural_gemm_panel, fetch) == 112);
static_assert(offsetof(neural_gemm_panel, fetch_bytes) == 120);

struct Tile {
    std::string symbol;
    neural_isa isa;
    bool is_f32;
    int64_t mr, nr; // the largest sizes to try
    neural_gemm_kernel *kernel;
};

constexpr neural_isa isa_c = NEURAL_ISA_C, isa_sse2 = NEURAL_ISA_SSE2, isa_avx2 = NEURAL_ISA_AVX2,
                     isa_avx512 = NEURAL_ISA_AVX512;
constexpr bool is_f32_f32 = true, is_f32_f64 = false;

std::vector<Tile> Tiles() {
    const std::vector<Tile> all = {
#define NEURAL_GEMM_TILE(isa, dtype, mr, nr, role, k_block)                                        \
    {"neural_gemm_" #dtype "_" #mr "x" #nr "_" #isa, isa_##isa, is_f32_##dtype, mr, nr,            \
     neural_gemm_##dtype##_##mr##x##nr##_##isa},
#define NEURAL_GEMV(isa, dtype)                                                                    \
    {"neural_gemv_" #dtype "_" #isa, isa_##isa, is_f32_##dtype, 1, 150,                            \
     neural_gemv_##dtype##_##isa},
#include "core/asm/gemm_tiles.inc"
#undef NEURAL_GEMM_TILE
#undef NEURAL_GEMV
    };
    std::set<std::string> seen;
    std::vector<Tile> tiles;
    for (const Tile &tile : all) {
        if (seen.insert(tile.symbol).second) tiles.push_back(tile);
    }
    return tiles;
}

void PrintTo(const Tile &tile, std::ostream *out) {
    *out << tile.symbol;
}

struct Layout {
    int64_t a_row, a_col, b_row, c_row;
};

template <typename T> class TileRun {
  public:
    explicit TileRun(const Tile &tile) : tile_(tile), random_(generator(tile.symbol)) {}

    void Check(int64_t m, int64_t n, int64_t k, int64_t flags) {
        const int64_t pad = static_cast<int64_t>(random_() % 3);
        Layout layout = {k + pad, 1, n + pad, n + pad};
        if (random_() % 2) layout = {1, m + pad, n, n};
        neural_gemm_panel panel = {};
        panel.a_row = layout.a_row;
        panel.a_col = layout.a_col;
        panel.b_row = layout.b_row;
        panel.c_row = layout.c_row;
        panel.m = m;
        panel.n = n;
        panel.k = k;
        panel.flags = flags;
        SetBeta(&panel, T(-0.75));
        T *const a = Random(&a_, Length(m, layout.a_row, k, layout.a_col));
        T *const b = Random(&b_, Length(k, layout.b_row, n, 1));
        T *const c = Random(&c_, Length(m, layout.c_row, n, 1));
        T *const bias = Random(&bias_, flags & NEURAL_GEMM_ADD_ROW ? m : n);
        panel.a = a;
        panel.b = b;
        panel.c = c;
        panel.bias = bias;
        if (!(flags & (NEURAL_GEMM_START_C | NEURAL_GEMM_START_SCALE))) {
            for (int64_t i = 0; i < m; i++) {
                for (int64_t j = 0; j < n; j++)
                    c[i * layout.c_row + j] = NAN;
            }
        }
        std::vector<T> want(c, c + Length(m, layout.c_row, n, 1));
        for (int64_t i = 0; i < m; i++) {
            for (int64_t j = 0; j < n; j++) {
                T *const element = &want[i * layout.c_row + j];
                *element = Element(panel, a, b, bias, i, j, *element);
            }
        }
        call_checked(tile_.kernel, static_cast<const neural_gemm_panel *>(&panel));
        ASSERT_TRUE(std::equal(want.begin(), want.end(), c, same_bits<T>))
            << tile_.symbol << " m " << m << " n " << n << " k " << k << " flags " << flags;
        ASSERT_TRUE(a_.is_intact() && b_.is_intact() && c_.is_intact() && bias_.is_intact())
            << tile_.symbol << " m " << m << " n " << n << " k " << k << " flags " << flags;
    }

  private:
    static int64_t Length(int64_t rows, int64_t row, int64_t cols, int64_t col) {
        return rows == 0 || cols == 0 ? 0 : (rows - 1) * row + (cols - 1) * col + 1;
    }
    static void SetBeta(neural_gemm_panel *panel, T beta) {
        if constexpr (std::is_same_v<T, float>) {
            panel->beta.f32 = beta;
        } else {
            panel->beta.f64 = beta;
        }
    }
    T *Random(GuardedBuffer *buffer, int64_t len) {
        T *const values = buffer->at_end<T>(len);
        static const std::vector<T> specials = special_values<T>();
        const bool has_specials = random_() % 4 == 0;
        for (int64_t i = 0; i < len; i++) {
            const bool is_special = has_specials && random_() % 8 == 0;
            values[i] =
                is_special ? specials[random_() % specials.size()] : ordinary_value<T>(random_);
        }
        return values;
    }
    // The contract's chain: fused from avx2 on, two roundings below.
    T Element(const neural_gemm_panel &panel, const T *a, const T *b, const T *bias, int64_t i,
              int64_t j, T start) const {
        T acc = panel.flags & NEURAL_GEMM_START_C       ? start
                : panel.flags & NEURAL_GEMM_START_SCALE ? T(-0.75) * start
                                                        : T(0);
        for (int64_t k = 0; k < panel.k; k++) {
            const T x = a[i * panel.a_row + k * panel.a_col], y = b[k * panel.b_row + j];
            acc = tile_.isa >= NEURAL_ISA_AVX2 ? std::fma(x, y, acc) : x * y + acc;
        }
        if (panel.flags & NEURAL_GEMM_ADD_COLUMN) acc += bias[j];
        if (panel.flags & NEURAL_GEMM_ADD_ROW) acc += bias[i];
        return panel.flags & NEURAL_GEMM_RELU && acc < 0 ? 0 : acc;
    }

    Tile tile_;
    std::mt19937_64 random_;
    GuardedBuffer a_{1 << 16}, b_{1 << 20}, c_{1 << 16}, bias_{1 << 12};
};

class GemmTileTest : public testing::TestWithParam<Tile> {
  protected:
    void SetUp() override {
        if (lacks_isa(GetParam().isa)) GTEST_SKIP() << "the CPU lacks this level";
    }
    template <typename T> void Sweep() {
        TileRun<T> run(GetParam());
        static const int64_t starts[] = {0, NEURAL_GEMM_START_C, NEURAL_GEMM_START_SCALE};
        static const int64_t ends[] = {0, NEURAL_GEMM_ADD_COLUMN, NEURAL_GEMM_ADD_ROW,
                                       NEURAL_GEMM_RELU, NEURAL_GEMM_ADD_ROW | NEURAL_GEMM_RELU};
        static const int64_t depths[] = {0, 1, 2, 5, 19};
        int turn = 0;
        for (int64_t m = 1; m <= GetParam().mr; m++) {
            for (int64_t n = 1; n <= GetParam().nr; n++) {
                for (int i = 0; i < 3; i++, turn++) {
                    run.Check(m, n, depths[turn % 5], starts[turn % 3] | ends[turn / 3 % 5]);
                    if (HasFatalFailure()) return;
                }
            }
        }
    }
};

TEST_P(GemmTileTest, EveryEdgeIsTheChain) {
    if (GetParam().is_f32) {
        Sweep<float>();
    } else {
        Sweep<double>();
    }
}

class GemvTest : public GemmTileTest {};

// B beyond the size that gemv takes in one sweep: groups of rows, the last one not full.
TEST_P(GemvTest, DeepGemvIsTheChain) {
    for (const int64_t n : {1, 17, 64, 150}) {
        const int64_t rows = (1 << 18) / n / (GetParam().is_f32 ? 4 : 8);
        for (const int64_t k : {rows - 1, rows + 1, rows + 2, rows + 7}) {
            if (k > 3000) continue;
            for (const int64_t flags : {0, NEURAL_GEMM_START_SCALE | NEURAL_GEMM_ADD_COLUMN,
                                        NEURAL_GEMM_START_C | NEURAL_GEMM_RELU}) {
                if (GetParam().is_f32) {
                    TileRun<float>(GetParam()).Check(1, n, k, flags);
                } else {
                    TileRun<double>(GetParam()).Check(1, n, k, flags);
                }
            }
        }
    }
}

std::string TileName(const testing::TestParamInfo<Tile> &tile) {
    return tile.param.symbol;
}

std::vector<Tile> Gemvs() {
    std::vector<Tile> gemvs;
    for (const Tile &tile : Tiles()) {
        if (tile.symbol.find("gemv") != std::string::npos) gemvs.push_back(tile);
    }
    return gemvs;
}

INSTANTIATE_TEST_SUITE_P(All, GemmTileTest, testing::ValuesIn(Tiles()), TileName);
INSTANTIATE_TEST_SUITE_P(All, GemvTest, testing::ValuesIn(Gemvs()), TileName);

} // namespace
} // namespace neural_test

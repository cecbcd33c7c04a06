// Every int8 GEMM kernel of the list: all sizes a tile can have, on operands that end at protected
// pages, against 64-bit sums.
#include "core/asm/qgemm_kernel.h"

#include <algorithm>
#include <cfenv>
#include <cstddef>
#include <functional>

#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

// The offsets that qgemm_tile.inc and qgemm_finish.asm name.
static_assert(offsetof(neural_qgemm_panel, a_row) == 8);
static_assert(offsetof(neural_qgemm_panel, b) == 16);
static_assert(offsetof(neural_qgemm_panel, b_row) == 24);
static_assert(offsetof(neural_qgemm_panel, c) == 32);
static_assert(offsetof(neural_qgemm_panel, c_row) == 40);
static_assert(offsetof(neural_qgemm_panel, m) == 48);
static_assert(offsetof(neural_qgemm_panel, n) == 56);
static_assert(offsetof(neural_qgemm_panel, k) == 64);
static_assert(offsetof(neural_qgemm_panel, start) == 72);
static_assert(offsetof(neural_qgemm_panel, flags) == 80);
static_assert(offsetof(neural_qgemm_panel, zero) == 88);
static_assert(offsetof(neural_qgemm_panel, runs) == 96);
static_assert(offsetof(neural_qgemm_panel, runs_end) == 104);
static_assert(offsetof(neural_qgemm_depthwise, step) == 8);
static_assert(offsetof(neural_qgemm_depthwise, taps) == 16);
static_assert(offsetof(neural_qgemm_depthwise, quads) == 24);
static_assert(offsetof(neural_qgemm_depthwise, weight) == 32);
static_assert(offsetof(neural_qgemm_depthwise, start) == 40);
static_assert(offsetof(neural_qgemm_depthwise, dst) == 48);
static_assert(offsetof(neural_qgemm_depthwise, dst_row) == 56);
static_assert(offsetof(neural_qgemm_depthwise, pixels) == 64);
static_assert(offsetof(neural_qgemm_depthwise, n) == 72);
static_assert(offsetof(neural_qgemm_depthwise, flip) == 80);
static_assert(offsetof(neural_qgemm_result, dst) == 16);
static_assert(offsetof(neural_qgemm_result, dst_row) == 24);
static_assert(offsetof(neural_qgemm_result, m) == 32);
static_assert(offsetof(neural_qgemm_result, n) == 40);
static_assert(offsetof(neural_qgemm_result, scale) == 48);
static_assert(offsetof(neural_qgemm_result, bias) == 56);
static_assert(offsetof(neural_qgemm_result, row_x) == 64);
static_assert(offsetof(neural_qgemm_result, col_x) == 72);
static_assert(offsetof(neural_qgemm_result, row_y) == 80);
static_assert(offsetof(neural_qgemm_result, col_y) == 88);
static_assert(offsetof(neural_qgemm_result, row_scale) == 96);
static_assert(offsetof(neural_qgemm_result, low) == 104);
static_assert(offsetof(neural_qgemm_result, high) == 108);
static_assert(offsetof(neural_qgemm_result, zero_point) == 112);
static_assert(offsetof(neural_qgemm_result, kind) == 116);
static_assert(offsetof(neural_qgemm_result, flags) == 120);

// c, sse2, avx2, avx512, vnni.
const neural_qgemm_kernels *At(int level) {
    return level < NEURAL_ISA_COUNT ? neural_qgemm_kernels_at(static_cast<neural_isa>(level), 0)
                                    : neural_qgemm_kernels_at(NEURAL_ISA_AVX512, NEURAL_QUIRK_VNNI);
}

class QgemmKernelTest : public testing::TestWithParam<int> {
  protected:
    void SetUp() override {
        const int level = GetParam();
        if (lacks_isa(level < NEURAL_ISA_COUNT ? static_cast<neural_isa>(level)
                                               : NEURAL_ISA_AVX512)) {
            GTEST_SKIP() << "the CPU lacks this level";
        }
        kernels_ = At(level);
        if (!kernels_) GTEST_SKIP() << "the CPU lacks VNNI";
        random_ = generator(kernels_->name);
    }

    // Extremes are as frequent as all others together.
    template <typename T> T Value() {
        static const T extremes[] = {std::numeric_limits<T>::min(), std::numeric_limits<T>::max(),
                                     0, T(-1)};
        return random_() % 2 ? extremes[random_() % 4] : static_cast<T>(random_());
    }
    template <typename T> T *Fill(GuardedBuffer *buffer, int64_t len) {
        T *const values = buffer->at_end<T>(len);
        std::generate(values, values + len, [this] { return Value<T>(); });
        return values;
    }
    bool Intact() const {
        return a_.is_intact() && b_.is_intact() && c_.is_intact() && start_.is_intact();
    }
    void CheckTile(int64_t m, int64_t n, int64_t quads, bool is_flipped, bool starts);
    void CheckDot(bool sweeps, int64_t n, int64_t k, bool is_flipped, bool starts, int64_t zero);
    void CheckDepthwise(int64_t n, int64_t quads, int64_t pixels, int64_t flip);
    void CheckPack(int64_t rows, int64_t cols, int64_t pad);

    const neural_qgemm_kernels *kernels_ = nullptr;
    std::mt19937_64 random_;
    GuardedBuffer a_{1 << 16}, b_{1 << 16}, c_{1 << 16}, start_{1 << 12};
};

void QgemmKernelTest::CheckTile(int64_t m, int64_t n, int64_t quads, bool is_flipped, bool starts) {
    const bool is_wide = kernels_->widen;
    const int64_t pad = static_cast<int64_t>(random_() % 3), a_row = 4 * quads + pad;
    const int64_t b_row = 4 * (n + 16 * pad), c_row = n + pad;
    const int64_t a_len = quads ? (m - 1) * a_row + 4 * quads : 0;
    const int64_t b_len = quads ? (quads - 1) * b_row + 4 * n : 0;
    // Numbers of A in the order in which they are multiplied: 16-bit ones interleave.
    std::vector<int> a(static_cast<size_t>(a_len));
    neural_qgemm_panel panel = {};
    if (is_wide) {
        int16_t *const wide = a_.at_end<int16_t>(a_len);
        for (int64_t i = 0; i < a_len; i++) {
            wide[i] = random_() % 2 ? Value<uint8_t>() : Value<int8_t>();
        }
        static const int order[] = {0, 2, 1, 3};
        for (int64_t i = 0; i < m; i++) {
            for (int64_t k = 0; k < 4 * quads; k++) {
                a[i * a_row + k] = wide[i * a_row + k / 4 * 4 + order[k % 4]];
            }
        }
        panel.a = wide;
    } else {
        uint8_t *const bytes = Fill<uint8_t>(&a_, a_len);
        for (int64_t i = 0; i < a_len; i++)
            a[i] = is_flipped ? static_cast<int8_t>(bytes[i]) + 128 : bytes[i];
        panel.a = bytes;
    }
    panel.a_row = a_row * (is_wide ? 2 : 1);
    panel.b = Fill<int8_t>(&b_, b_len);
    panel.b_row = b_row;
    panel.c = Fill<int32_t>(&c_, (m - 1) * c_row + n);
    panel.c_row = c_row;
    panel.m = m;
    panel.n = n;
    panel.k = quads;
    // Three runs that follow one another without a gap.
    const int64_t no_gaps[] = {0, 0};
    if (quads % 3 == 0) {
        panel.k = quads / 3;
        panel.runs = no_gaps;
        panel.runs_end = no_gaps + 2;
    }
    panel.start = starts ? Fill<int32_t>(&start_, n) : nullptr;
    panel.flags = is_flipped ? NEURAL_QGEMM_FLIP : 0;
    std::vector<int32_t> want(panel.c, panel.c + (m - 1) * c_row + n);
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) {
            int64_t sum = starts ? panel.start[j] : 0;
            for (int64_t k = 0; k < 4 * quads; k++) {
                sum += int64_t(a[i * a_row + k]) * panel.b[k / 4 * b_row + 4 * j + k % 4];
            }
            want[i * c_row + j] = static_cast<int32_t>(sum);
        }
    }
    call_checked(kernels_->tile, static_cast<const neural_qgemm_panel *>(&panel));
    ASSERT_TRUE(std::equal(want.begin(), want.end(), panel.c))
        << "m " << m << " n " << n << " quads " << quads << " flipped " << is_flipped;
    ASSERT_TRUE(Intact()) << "m " << m << " n " << n << " quads " << quads;
}

class QgemmDotTest : public QgemmKernelTest {};
class QgemmSweepTest : public QgemmKernelTest {};
class QgemmWidenTest : public QgemmKernelTest {};

TEST_P(QgemmKernelTest, TileIsTheSum) {
    const int64_t step = std::min<int64_t>(kernels_->nr, NEURAL_QGEMM_GROUP);
    const int64_t least = GetParam() >= NEURAL_ISA_AVX512 ? step : kernels_->nr;
    for (int64_t m = 1; m <= kernels_->mr; m++) {
        for (int64_t n = least; n <= kernels_->nr; n += step) {
            for (const int64_t quads : {0, 1, 2, 3, 7, 33}) {
                for (int options = 0; options < 4; options++) {
                    const bool is_flipped = (options & 1) && !kernels_->widen;
                    CheckTile(m, n, quads, is_flipped, options & 2);
                    if (HasFatalFailure()) return;
                }
            }
        }
    }
}

void QgemmKernelTest::CheckDepthwise(int64_t n, int64_t quads, int64_t pixels, int64_t flip) {
    neural_qgemm_depthwise args = {};
    args.pixels = pixels;
    args.step = n + static_cast<int64_t>(random_() % 20);
    const int64_t reach = 31;
    std::vector<int64_t> taps;
    for (int64_t t = 0; t < 4 * quads; t++)
        taps.push_back(static_cast<int64_t>(random_()) & 31);
    taps[0] = reach;
    args.src = Fill<uint8_t>(&a_, (pixels - 1) * args.step + reach + n);
    args.taps = taps.data();
    args.quads = quads;
    args.weight = Fill<int8_t>(&b_, quads * 256);
    args.start = Fill<int32_t>(&start_, 64);
    args.dst_row = 64 + static_cast<int64_t>(random_() % 3);
    args.dst = Fill<int32_t>(&c_, (pixels - 1) * args.dst_row + 64);
    args.n = n;
    args.flip = flip;
    call_checked(kernels_->depthwise, static_cast<const neural_qgemm_depthwise *>(&args));
    for (int64_t p = 0; p < pixels; p++) {
        for (int64_t c = 0; c < n; c++) {
            // Parts of 16 channels side by side, in each quartets, see the header.
            const int64_t at = c % 16 / 4 * 16 + c / 16 * 4 + c % 4;
            int64_t sum = args.start[at];
            for (int64_t t = 0; t < 4 * quads; t++) {
                const uint8_t byte = args.src[p * args.step + taps[t] + c];
                const int x = flip ? static_cast<int8_t>(byte) + 128 : byte;
                sum += x * args.weight[t / 4 * 256 + 4 * at + t % 4];
            }
            ASSERT_EQ(args.dst[p * args.dst_row + c], static_cast<int32_t>(sum))
                << "channel " << c << " of " << n << ", pixel " << p;
        }
    }
    ASSERT_TRUE(Intact());
}

TEST_P(QgemmKernelTest, DepthwiseIsTheSumOfEachChannel) {
    for (const int64_t n : {16, 32, 48, 64}) {
        for (const int64_t quads : {1, 2, 3, 7}) {
            for (const int64_t pixels : {1, 2, 6}) {
                CheckDepthwise(n, quads, pixels, pixels % 2 * 128);
                if (HasFatalFailure()) return;
            }
        }
    }
}

void QgemmKernelTest::CheckDot(bool sweeps, int64_t n, int64_t k, bool is_flipped, bool starts,
                               int64_t zero) {
    const int64_t rows = sweeps ? k : n, cols = sweeps ? n : k;
    const int64_t b_row = cols + static_cast<int64_t>(random_() % 3);
    neural_qgemm_panel dot = {};
    const uint8_t *const a = Fill<uint8_t>(&a_, k);
    dot.a = a;
    dot.b = Fill<int8_t>(&b_, rows && cols ? (rows - 1) * b_row + cols : 0);
    dot.b_row = b_row;
    dot.c = Fill<int32_t>(&c_, n);
    dot.m = 1;
    dot.n = n;
    dot.k = k;
    dot.start = starts ? Fill<int32_t>(&start_, n) : nullptr;
    dot.flags = is_flipped ? NEURAL_QGEMM_FLIP : 0;
    dot.zero = zero;
    std::vector<int32_t> want(static_cast<size_t>(n));
    for (int64_t j = 0; j < n; j++) {
        int64_t sum = starts ? dot.start[j] : 0;
        for (int64_t i = 0; i < k; i++) {
            const int x = is_flipped ? static_cast<int8_t>(a[i]) + 128 : a[i];
            sum += (x - zero) * dot.b[sweeps ? i * b_row + j : j * b_row + i];
        }
        want[j] = static_cast<int32_t>(sum);
    }
    call_checked(sweeps ? kernels_->sweep : kernels_->dot,
                 static_cast<const neural_qgemm_panel *>(&dot));
    ASSERT_TRUE(std::equal(want.begin(), want.end(), dot.c)) << "n " << n << " k " << k;
    ASSERT_TRUE(Intact()) << "n " << n << " k " << k;
}

TEST_P(QgemmDotTest, DotIsTheSum) {
    for (int64_t n = 0; n <= 13; n++) {
        for (const int64_t k : {0, 1, 3, 7, 8, 17, 31, 33, 63, 64, 65, 127, 128, 200}) {
            for (const int64_t zero : {0, 128, 255}) {
                CheckDot(false, n, k, zero == 128, n % 2, zero);
                if (HasFatalFailure()) return;
            }
        }
    }
}

TEST_P(QgemmSweepTest, SweepIsTheSum) {
    for (int64_t n = 1; n <= 64; n++) {
        for (const int64_t k : {0, 1, 2, 3, 4, 5, 7, 8, 50}) {
            for (const int64_t zero : {0, 128, 255}) {
                CheckDot(true, n, k, zero == 128, n % 2, zero);
                if (HasFatalFailure()) return;
            }
        }
    }
}

void QgemmKernelTest::CheckPack(int64_t rows, int64_t cols, int64_t pad) {
    const int64_t width = (cols + 15) / 16 * 16, quads = (rows + 3) / 4, dst_row = 4 * width;
    const int64_t ld = cols + pad;
    const int8_t *const src = Fill<int8_t>(&b_, rows && cols ? (rows - 1) * ld + cols : 0);
    int8_t *const dst = Fill<int8_t>(&c_, quads * dst_row);
    call_checked(kernels_->pack_rows, dst, src, ld, rows, cols, dst_row);
    for (int64_t r = 0; r < 4 * quads; r++) {
        for (int64_t j = 0; j < width; j++) {
            const int want = r < rows && j < cols ? src[r * ld + j] : 0;
            ASSERT_EQ(dst[r / 4 * dst_row + 4 * j + r % 4], want)
                << rows << "x" << cols << " at " << r << ", " << j;
        }
    }
    ASSERT_TRUE(Intact()) << rows << "x" << cols;
}

TEST_P(QgemmKernelTest, PackTurnsRowsIntoQuads) {
    for (int64_t rows = 0; rows <= 9; rows++) {
        for (int64_t cols = 0; cols <= 66; cols++) {
            CheckPack(rows, cols, cols % 3);
            if (HasFatalFailure()) return;
        }
    }
}

TEST_P(QgemmWidenTest, WidenKeepsTheNumbers) {
    static const int order[] = {0, 2, 1, 3};
    for (int64_t len = 0; len <= 70; len++) {
        for (const int64_t is_signed : {0, 1}) {
            const uint8_t *const src = Fill<uint8_t>(&a_, len);
            const int64_t whole = (len + 15) / 16 * 16;
            int16_t *const dst = Fill<int16_t>(&c_, whole);
            call_checked(kernels_->widen, dst, static_cast<const void *>(src), len, is_signed);
            for (int64_t i = 0; i < whole; i++) {
                const int x = i >= len ? 0 : is_signed ? static_cast<int8_t>(src[i]) : src[i];
                ASSERT_EQ(dst[i / 4 * 4 + order[i % 4]], x) << len << " at " << i;
            }
            ASSERT_TRUE(Intact()) << len;
        }
    }
}

// Floats of all kinds among the scales; sums of all magnitudes, ties among the products.
class ResultCase {
  public:
    ResultCase(std::mt19937_64 *random, int64_t m, int64_t n, int kind, int64_t flags)
        : random_(*random) {
        static const int32_t zero_points[] = {0, 255, -128, 7};
        const int32_t zero = zero_points[random_() % 4], low = zero < 0 ? -128 : 0;
        result = {};
        result.acc = Integers(&acc_, (m - 1) * (n + 3) + n);
        result.acc_row = n + 3;
        result.m = m;
        result.n = n;
        result.scale = Floats(&scale_, n);
        result.bias = Floats(&bias_, n);
        result.row_x = Integers(&row_x_, m);
        result.col_x = Integers(&col_x_, n);
        result.row_y = Integers(&row_y_, m);
        result.col_y = Integers(&col_y_, n);
        result.row_scale = Floats(&row_scale_, m);
        result.low = static_cast<float>(low - zero);
        result.high = static_cast<float>(low + 255 - zero);
        result.zero_point = zero;
        result.kind = kind;
        result.flags = flags;
    }

    int32_t Sum(int64_t i, int64_t j) const {
        __int128 sum = result.acc[i * result.acc_row + j];
        if (result.flags & NEURAL_QGEMM_CORRECT) {
            sum += static_cast<__int128>(result.row_x[i]) * result.col_x[j];
            sum += static_cast<__int128>(result.row_y[i]) * result.col_y[j];
        }
        return static_cast<int32_t>(sum);
    }
    float Float(int64_t i, int64_t j) const {
        float x = static_cast<float>(Sum(i, j)) * result.scale[j];
        if (result.flags & NEURAL_QGEMM_ROW_SCALE) x = x * result.row_scale[i];
        if (result.flags & NEURAL_QGEMM_BIAS) x = x + result.bias[j];
        return result.flags & NEURAL_QGEMM_RELU && x < 0 ? 0 : x;
    }
    // In double: the product is rounded to float before, as the contract says.
    uint8_t Byte(int64_t i, int64_t j) const {
        const double x = static_cast<float>(Sum(i, j)) * result.scale[j];
        if (std::isnan(x)) return static_cast<uint8_t>(int(result.low) + result.zero_point);
        const double clamped = std::min(std::max(x, double(result.low)), double(result.high));
        return static_cast<uint8_t>(int(std::nearbyint(clamped)) + result.zero_point);
    }

    bool IsIntact() const {
        for (const GuardedBuffer *buffer :
             {&acc_, &scale_, &bias_, &row_x_, &col_x_, &row_y_, &col_y_, &row_scale_}) {
            if (!buffer->is_intact()) return false;
        }
        return true;
    }

    neural_qgemm_result result;

  private:
    int32_t *Integers(GuardedBuffer *buffer, int64_t len) {
        int32_t *const values = buffer->at_end<int32_t>(len);
        for (int64_t i = 0; i < len; i++) {
            values[i] = static_cast<int32_t>(random_()) >> random_() % 32;
        }
        return values;
    }
    float *Floats(GuardedBuffer *buffer, int64_t len) {
        static const float some[] = {0.5f, -0.5f, 0.25f, 1, 1e-3f, -1e-6f, 1e30f, 0, INFINITY, NAN};
        float *const values = buffer->at_end<float>(len);
        for (int64_t i = 0; i < len; i++) {
            values[i] = some[random_() % 10];
        }
        return values;
    }

    std::mt19937_64 &random_;
    GuardedBuffer acc_{1 << 13}, scale_{1 << 10}, bias_{1 << 10}, row_x_{1 << 8}, col_x_{1 << 10},
        row_y_{1 << 8}, col_y_{1 << 10}, row_scale_{1 << 8};
};

TEST_P(QgemmKernelTest, FinishFollowsTheFormula) {
    static const int64_t sizes[] = {4, 4, 1};
    for (int turn = 0; turn < 600; turn++) {
        const int kind = turn % 3;
        const int64_t m = 1 + turn % 6, n = 16 * (1 + turn / 6 % 4), size = sizes[kind];
        ResultCase one(&random_, m, n, kind, static_cast<int64_t>(random_() % 16));
        const int64_t row = (n + turn % 2 * 5) * size;
        unsigned char *const dst = Fill<unsigned char>(&c_, (m - 1) * row + n * size);
        one.result.dst = dst;
        one.result.dst_row = row;
        call_checked(kernels_->finish, static_cast<const neural_qgemm_result *>(&one.result));
        for (int64_t i = 0; i < m; i++) {
            for (int64_t j = 0; j < n; j++) {
                int32_t integer;
                float number;
                const unsigned char *const at = dst + i * row + j * size;
                if (kind == NEURAL_QGEMM_TO_I8) {
                    ASSERT_EQ(*at, one.Byte(i, j)) << "turn " << turn << " " << i << ", " << j;
                } else if (kind == NEURAL_QGEMM_TO_S32) {
                    std::memcpy(&integer, at, 4);
                    ASSERT_EQ(integer, one.Sum(i, j)) << "turn " << turn;
                } else {
                    std::memcpy(&number, at, 4);
                    ASSERT_TRUE(same_bits(number, one.Float(i, j)))
                        << "turn " << turn << ": " << number << " for " << one.Float(i, j);
                }
            }
        }
        ASSERT_TRUE(Intact() && one.IsIntact()) << "turn " << turn;
    }
}

std::string LevelName(const testing::TestParamInfo<int> &info) {
    return info.param < NEURAL_ISA_COUNT ? neural_isa_name(static_cast<neural_isa>(info.param))
                                         : "vnni";
}

enum Level { c, sse2, avx2, avx512, vnni };
static_assert(static_cast<int>(vnni) == NEURAL_ISA_COUNT);

// The levels of the tile list that have such a kernel.
#define NEURAL_QGEMM_TILE(level, mr, nr)
#define NEURAL_QGEMM_BODY(type, level)
#define NEURAL_QGEMM_DOT(level) level,
#define NEURAL_QGEMM_SWEEP(level)
#define NEURAL_QGEMM_DEPTHWISE(level)
constexpr int kDotLevels[] = {
#include "core/asm/qgemm_tiles.inc"
};
#undef NEURAL_QGEMM_DOT
#undef NEURAL_QGEMM_SWEEP
#define NEURAL_QGEMM_DOT(level)
#define NEURAL_QGEMM_SWEEP(level) level,
constexpr int kSweepLevels[] = {
#include "core/asm/qgemm_tiles.inc"
};

INSTANTIATE_TEST_SUITE_P(All, QgemmKernelTest, testing::Range(0, NEURAL_ISA_COUNT + 1), LevelName);
INSTANTIATE_TEST_SUITE_P(All, QgemmDotTest, testing::ValuesIn(kDotLevels), LevelName);
INSTANTIATE_TEST_SUITE_P(All, QgemmSweepTest, testing::ValuesIn(kSweepLevels), LevelName);
INSTANTIATE_TEST_SUITE_P(All, QgemmWidenTest, testing::Values(sse2, avx2, avx512), LevelName);

TEST(QgemmKernels, AreThoseOfTheLevel) {
    const bool has_vnni = neural_quirks_detected() & NEURAL_QUIRK_VNNI;
    EXPECT_EQ(At(NEURAL_ISA_COUNT) != nullptr, has_vnni);
    for (int level = 0; level < NEURAL_ISA_COUNT; level++) {
        EXPECT_EQ(At(level) != nullptr, level <= neural_isa_detected());
        if (!At(level)) continue;
        EXPECT_STREQ(At(level)->name, neural_isa_name(static_cast<neural_isa>(level)));
    }
    EXPECT_EQ(neural_qgemm_kernels_active(),
              neural_qgemm_kernels_at(neural_isa_active(), neural_quirks_active()));
    EXPECT_EQ(neural_qgemm_kernels_at(NEURAL_ISA_COUNT, 0), nullptr);
}

} // namespace
} // namespace neural_test

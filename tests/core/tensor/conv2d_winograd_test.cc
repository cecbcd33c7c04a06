// 3x3 convolutions by F(4x4, 3x3): values and gradients against the definition in double.
#include <array>
#include <cmath>

#include "core/asm/kernel_table.h"
#include "core/autograd/gradcheck.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/conv2d_winograd.h"
#include "tests/core/tensor/conv2d_oracle.h"

namespace {

using namespace conv2d_oracle;

Case padded(const Dims &x, int64_t filters, int64_t top, int64_t left, int64_t bottom,
            int64_t right) {
    return {x, filters, 3, 3, {{1, 1}, {top, left, bottom, right}, {1, 1}, 1, 0}, true};
}

Case same(const Dims &x, int64_t filters) {
    return padded(x, filters, 1, 1, 1, 1);
}

neural_conv_geometry geometry_of(const Case &test) {
    neural_conv_geometry g = {};
    g.batch = test.x[0];
    g.groups = g.stride_h = g.stride_w = g.dilation_h = g.dilation_w = 1;
    g.channels = test.x[1];
    g.height = test.x[2];
    g.width = test.x[3];
    g.filters = test.filters;
    g.kernel_h = g.kernel_w = 3;
    g.pad_top = test.options.pad[0];
    g.pad_left = test.options.pad[1];
    g.out_h = test.out_size(0);
    g.out_w = test.out_size(1);
    return g;
}

// The convolution that takes dy to dx.
neural_conv_geometry turned(neural_conv_geometry g) {
    std::swap(g.channels, g.filters);
    std::swap(g.height, g.out_h);
    std::swap(g.width, g.out_w);
    g.pad_top = 2 - g.pad_top;
    g.pad_left = 2 - g.pad_left;
    return g;
}

struct Data {
    Array x, w, b, dy;

    Data(const Case &test, uint64_t seed) {
        std::mt19937_64 random(seed);
        x = random_uniform(test.x, -1, 1, random);
        w = random_uniform(test.weight(), -1, 1, random);
        b = random_uniform({test.filters}, -1, 1, random);
        dy = random_uniform(test.y(), -1, 1, random);
    }
};

struct Results {
    Tensor y, dx, dweight;
};

const char *bytes(const Tensor &tensor) {
    return static_cast<const char *>(neural_tensor_data(tensor.get()));
}
char *writable(const Tensor &tensor) {
    return static_cast<char *>(neural_tensor_data(tensor.get()));
}

// All three at one level, whatever the choice by shape would be; with accumulate on top of ones.
Results compute(neural_isa isa, const Case &test, const Data &data, neural_dtype dtype,
                bool accumulate = false, bool relu = false) {
    const neural_conv_type type = neural_conv_type_of(dtype, neural_kernels_at(isa));
    const neural_conv_geometry g = geometry_of(test), back = turned(g);
    const Tensor x = make(data.x, dtype), w = make(data.w, dtype), b = make(data.b, dtype),
                 dy = make(data.dy, dtype);
    Results r = {create(test.y(), dtype), create(test.x, dtype), create(test.weight(), dtype)};
    for (const Tensor *out : {&r.y, &r.dx, &r.dweight}) {
        EXPECT_EQ(neural_tensor_fill(out->get(), accumulate ? 1 : NAN), NEURAL_OK);
    }
    neural_conv_run forward = {};
    forward.g = &g;
    forward.type = type;
    forward.image = bytes(x);
    forward.weight = bytes(w);
    forward.bias = bytes(b);
    forward.out = writable(r.y);
    forward.first_flags = accumulate ? NEURAL_GEMM_START_C : 0;
    forward.last_flags = NEURAL_GEMM_ADD_ROW | (relu ? NEURAL_GEMM_RELU : 0);
    EXPECT_EQ(neural_winograd_forward(&forward, 0), NEURAL_OK);
    neural_conv_run backward = {};
    backward.g = &back;
    backward.type = type;
    backward.image = bytes(dy);
    backward.weight = bytes(w);
    backward.out = writable(r.dx);
    backward.first_flags = forward.first_flags;
    EXPECT_EQ(neural_winograd_forward(&backward, 1), NEURAL_OK);
    EXPECT_EQ(neural_winograd_grad_weight(&g, &type, bytes(x), bytes(dy), writable(r.dweight),
                                          accumulate),
              NEURAL_OK);
    return r;
}

double largest(const Array &array) {
    double most = 0;
    for (const double value : array.v)
        most = std::max(most, std::abs(value));
    return most;
}

// The largest error, relative to the largest magnitude of the result.
double error(const Array &have, const Array &want) {
    EXPECT_EQ(have.dims, want.dims);
    double most = 0;
    for (size_t i = 0; i < want.v.size(); i++) {
        const double off = std::abs(have.v[i] - want.v[i]);
        most = off <= most ? most : off; // NaN stays
        if (std::isnan(off)) return NAN;
    }
    return largest(want) > 0 ? most / largest(want) : most;
}

double epsilon(neural_dtype dtype) {
    return dtype == NEURAL_DTYPE_F32 ? 0x1p-23 : 0x1p-52;
}

// In eps; the largest seen here is 14.2.
constexpr double kTolerance = 20;

void expect_close(const Tensor &have, const Array &want, neural_dtype dtype) {
    EXPECT_LE(error(to_array(have.get()), want), kTolerance * epsilon(dtype));
}

std::vector<Case> cases() {
    return {
        same({1, 1, 1, 1}, 1), // one pixel
        same({3, 2, 1, 1}, 3),
        same({2, 3, 4, 4}, 5), // one tile
        same({1, 5, 5, 3}, 4), // sizes that are no multiples of 4
        same({2, 17, 7, 9}, 19),
        same({1, 16, 8, 8}, 16),
        same({3, 8, 14, 14}, 70), // more than a panel of filters
        same({1, 70, 6, 13}, 9),
        same({1, 3, 2, 90}, 2),               // a long line
        same({1, 2, 90, 3}, 2),               // several blocks
        same({7, 4, 12, 20}, 3),              // blocks across images
        padded({2, 4, 9, 11}, 5, 0, 0, 0, 0), // no padding
        padded({2, 4, 9, 11}, 5, 2, 2, 2, 2),
        padded({2, 4, 6, 5}, 3, 0, 1, 2, 3), // uneven
        padded({1, 3, 3, 3}, 2, 7, 6, 9, 8), // patches beside the image
        padded({2, 3, 3, 3}, 4, 0, 0, 0, 0), // one output
        padded({1, 3, 3, 20}, 4, 0, 0, 0, 0),
    };
}

class WinogradTest : public testing::TestWithParam<neural_dtype> {};

TEST_P(WinogradTest, EveryLevelComputesTheDefinition) {
    for (const Case &test : cases()) {
        SCOPED_TRACE(test.text());
        const Data data(test, 41);
        const Oracle want = oracle(test, data.x, data.w, data.b, data.dy);
        for (int isa = 0; isa <= neural_isa_detected(); isa++) {
            const Results r = compute(static_cast<neural_isa>(isa), test, data, GetParam());
            expect_close(r.y, want.y, GetParam());
            expect_close(r.dx, want.dx, GetParam());
            expect_close(r.dweight, want.dweight, GetParam());
        }
    }
}

TEST_P(WinogradTest, AddsToWhatIsThere) {
    for (const Case &test : {same({2, 17, 7, 9}, 19), same({2, 5, 8, 8}, 70)}) {
        SCOPED_TRACE(test.text());
        const Data data(test, 42);
        Oracle want = oracle(test, data.x, data.w, data.b, data.dy);
        for (Array *array : {&want.y, &want.dx, &want.dweight}) {
            for (double &value : array->v)
                value += 1;
        }
        const Results r = compute(neural_isa_active(), test, data, GetParam(), true);
        expect_close(r.y, want.y, GetParam());
        expect_close(r.dx, want.dx, GetParam());
        expect_close(r.dweight, want.dweight, GetParam());
    }
}

TEST_P(WinogradTest, ReluCutsWhatIsNegative) {
    Case test = same({2, 9, 7, 9}, 10);
    const Data data(test, 43);
    test.options.relu = 1;
    const Oracle want = oracle(test, data.x, data.w, data.b, data.dy);
    for (int isa = 0; isa <= neural_isa_detected(); isa++) {
        const Results r =
            compute(static_cast<neural_isa>(isa), test, data, GetParam(), false, true);
        expect_close(r.y, want.y, GetParam());
    }
}

TEST_P(WinogradTest, Avx2AndAvx512AgreeToTheBit) {
    if (neural_isa_detected() < NEURAL_ISA_AVX512) {
        GTEST_SKIP() << "no AVX-512";
    }
    for (const Case &test : cases()) {
        SCOPED_TRACE(test.text());
        const Data data(test, 44);
        const Results a = compute(NEURAL_ISA_AVX2, test, data, GetParam()),
                      b = compute(NEURAL_ISA_AVX512, test, data, GetParam());
        expect_same_bits(a.y.get(), b.y.get());
        expect_same_bits(a.dx.get(), b.dx.get());
        expect_same_bits(a.dweight.get(), b.dweight.get());
    }
}

// Shapes of several blocks, of several parts of a block, of many filters.
TEST_P(WinogradTest, ThreadsDoNotChangeABit) {
    for (const Case &test : {same({5, 16, 18, 22}, 24), same({1, 40, 41, 30}, 70)}) {
        SCOPED_TRACE(test.text());
        const Data data(test, 45);
        expect_threads_keep_bits([&] {
            Results r = compute(neural_isa_active(), test, data, GetParam());
            std::vector<Tensor> all;
            all.push_back(std::move(r.y));
            all.push_back(std::move(r.dx));
            all.push_back(std::move(r.dweight));
            return all;
        });
    }
}

// What is computed for an image does not depend on the other images of its batch.
TEST_P(WinogradTest, ImagesAreIndependent) {
    const Case together = same({3, 16, 13, 15}, 12), alone = same({1, 16, 13, 15}, 12);
    const Data data(together, 51);
    const auto third = [](const Array &all) {
        Array part = all;
        part.dims[0] = 1;
        part.v.assign(all.v.end() - len_of(part.dims), all.v.end());
        return part;
    };
    Data last = data;
    last.x = third(data.x);
    last.dy = third(data.dy);
    const Results all = compute(neural_isa_active(), together, data, GetParam()),
                  one = compute(neural_isa_active(), alone, last, GetParam());
    EXPECT_EQ(to_array(one.y.get()).v, third(to_array(all.y.get())).v);
    EXPECT_EQ(to_array(one.dx.get()).v, third(to_array(all.dx.get())).v);
}

// A NaN or an infinity spoils, as NaN, the 4x4 tiles whose patches it lies in, and no others.
TEST_P(WinogradTest, NanStaysInItsTiles) {
    const Case test = same({2, 8, 16, 20}, 8);
    for (const double special : {double(NAN), double(INFINITY)}) {
        Data data(test, 46);
        data.x.v[size_t(3 * 320 + 9 * 20 + 10)] = special; // image 0, channel 3, (9, 10)
        const Results r = compute(neural_isa_active(), test, data, GetParam());
        const Array y = to_array(r.y.get());
        for (size_t i = 0; i < y.v.size(); i++) {
            const bool near = i < 8 * 320 && i / 20 % 16 / 4 == 2 && i % 20 / 4 == 2;
            EXPECT_EQ(std::isfinite(y.v[i]), !near) << i;
        }
    }
}

// The op's way there: what the choice takes is computed so, forward and backward.
TEST_P(WinogradTest, ServesTheOp) {
    const Case test = same({2, 16, 15, 18}, 24);
    const neural_conv_geometry g = geometry_of(test), back = turned(g);
    ASSERT_TRUE(neural_winograd_wins(&g) && neural_winograd_wins(&back));
    const Data data(test, 47);
    const Results want = compute(neural_isa_active(), test, data, GetParam());
    const Tensor x = leaf(data.x, GetParam()), w = leaf(data.w, GetParam()),
                 b = leaf(data.b, GetParam()), dy = make(data.dy, GetParam());
    const int64_t before = neural_alloc_bytes();
    int64_t count = 0;
    for (int step = 0; step < 4; step++) {
        clear_grad(x);
        clear_grad(w);
        clear_grad(b);
        const Tensor y = result(neural_conv2d, x.get(), w.get(), b.get(), &test.options);
        ASSERT_EQ(neural_backward(y.get(), dy.get(), 0), NEURAL_OK) << neural_last_error();
        expect_same_bits(y.get(), want.y.get());
        expect_same_bits(neural_tensor_grad(x.get()), want.dx.get());
        expect_same_bits(neural_tensor_grad(w.get()), want.dweight.get());
        count = step == 1 ? neural_alloc_count() : count;
    }
    EXPECT_EQ(neural_alloc_count(), count) << "a steady step allocates";
    EXPECT_GT(neural_alloc_bytes(), before);
}

neural_status convolve(void *context, neural_tensor *const *in, int, neural_tensor **out) {
    return neural_conv2d(in[0], in[1], in[2], static_cast<neural_conv_options *>(context), out);
}

TEST(WinogradOpTest, GradientsMatchDifferences) {
    Case test = same({1, 8, 13, 15}, 16);
    const neural_conv_geometry g = geometry_of(test);
    ASSERT_TRUE(neural_winograd_wins(&g));
    const Data data(test, 48);
    const Tensor x = leaf(data.x, NEURAL_DTYPE_F64), w = leaf(data.w, NEURAL_DTYPE_F64),
                 b = leaf(data.b, NEURAL_DTYPE_F64);
    neural_tensor *const in[] = {x.get(), w.get(), b.get()};
    EXPECT_EQ(neural_gradcheck(convolve, &test.options, in, 3, nullptr, nullptr), NEURAL_OK)
        << neural_last_error();
}

TEST(WinogradOpTest, FailedAllocationsLeaveNothingBehind) {
    const Case test = same({1, 8, 16, 16}, 8);
    const Data data(test, 49);
    const Tensor x = make(data.x, NEURAL_DTYPE_F32), w = make(data.w, NEURAL_DTYPE_F32),
                 dw = create(test.weight(), NEURAL_DTYPE_F32), y = make(data.dy, NEURAL_DTYPE_F32);
    const neural_conv_type type = neural_conv_type_of(NEURAL_DTYPE_F32, neural_kernels());
    const neural_conv_geometry g = geometry_of(test);
    sweep_failed_allocations([&] {
        neural_conv_run run = {};
        run.g = &g;
        run.type = type;
        run.image = bytes(x);
        run.weight = bytes(w);
        run.out = writable(y);
        const neural_status status = neural_winograd_forward(&run, 0);
        return status ? status
                      : neural_winograd_grad_weight(&g, &type, bytes(x), bytes(y), writable(dw), 0);
    });
}

// Only 3x3 kernels of one group in single steps, and never lines whose transforms fill memory.
TEST(WinogradOpTest, ServesByShapeAlone) {
    const neural_conv_geometry good = geometry_of(same({2, 16, 16, 16}, 16));
    EXPECT_TRUE(neural_winograd_serves(&good) && neural_winograd_wins(&good));
    for (int64_t neural_conv_geometry::*size :
         {&neural_conv_geometry::stride_h, &neural_conv_geometry::stride_w,
          &neural_conv_geometry::dilation_h, &neural_conv_geometry::dilation_w,
          &neural_conv_geometry::groups, &neural_conv_geometry::kernel_h,
          &neural_conv_geometry::kernel_w}) {
        neural_conv_geometry g = good;
        g.*size = 2;
        EXPECT_FALSE(neural_winograd_serves(&g));
    }
    neural_conv_geometry wide = good;
    wide.out_w = int64_t(1) << 40;
    EXPECT_FALSE(neural_winograd_serves(&wide));
    neural_conv_geometry many = geometry_of(same({64, 512, 7, 7}, 512));
    EXPECT_FALSE(neural_winograd_wins(&many));
    neural_conv_geometry narrow = geometry_of(same({64, 16, 1, 1}, 16));
    EXPECT_TRUE(neural_winograd_serves(&narrow));
    EXPECT_FALSE(neural_winograd_wins(&narrow));
    const neural_conv_geometry few = geometry_of(same({32, 8, 32, 32}, 8));
    EXPECT_FALSE(neural_winograd_wins(&few));
    EXPECT_TRUE(neural_winograd_wins_weight(&few));
    const neural_conv_geometry from_few = geometry_of(same({32, 4, 32, 32}, 16)),
                               to_few = geometry_of(same({32, 16, 32, 32}, 4));
    EXPECT_FALSE(neural_winograd_wins(&from_few) || neural_winograd_wins_weight(&from_few));
    EXPECT_FALSE(neural_winograd_wins(&to_few));
    EXPECT_TRUE(neural_winograd_wins_weight(&to_few));
}

// One chain of f32 operations per element, as the other drivers compute: y, dx, dweight.
std::array<std::vector<float>, 3> chains(const Case &test, const Data &data) {
    std::array<std::vector<float>, 3> all = {std::vector<float>(size_t(len_of(test.y()))),
                                             std::vector<float>(data.x.v.size()),
                                             std::vector<float>(data.w.v.size())};
    for_each_product(test, [&](size_t out, size_t in, size_t tap) {
        const float x = float(data.x.v[in]), w = float(data.w.v[tap]), dy = float(data.dy.v[out]);
        all[0][out] = std::fma(x, w, all[0][out]);
        all[1][in] = std::fma(dy, w, all[1][in]);
        all[2][tap] = std::fma(dy, x, all[2][tap]);
    });
    return all;
}

// The errors that docs/conv2d.md states, beside those of the chains.
TEST(WinogradOpTest, ErrorIsStated) {
    for (const int64_t channels : {16, 64, 256}) {
        const Case test = same({1, channels, 14, 14}, 16);
        Data data(test, 50);
        std::fill(data.b.v.begin(), data.b.v.end(), 0);
        const Oracle want = oracle(test, data.x, data.w, data.b, data.dy);
        const auto direct = chains(test, data);
        const Results r = compute(neural_isa_active(), test, data, NEURAL_DTYPE_F32);
        const Tensor *have[] = {&r.y, &r.dx, &r.dweight};
        const Array *expected[] = {&want.y, &want.dx, &want.dweight};
        const char *names[] = {"y", "dx", "dweight"};
        for (size_t i = 0; i < 3; i++) {
            const Array chain = {expected[i]->dims, {direct[i].begin(), direct[i].end()}};
            const double here = error(to_array(have[i]->get()), *expected[i]);
            const double there = error(chain, *expected[i]);
            std::printf("%3d channels, %s: %.2g of the largest element, chains %.2g\n",
                        int(channels), names[i], here, there);
            EXPECT_LE(here, 4 * there);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Dtypes, WinogradTest, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

} // namespace

#include "core/autograd/pool_ops.h"

#include <algorithm>
#include <cmath>

#include "core/asm/kernel_table.h"
#include "tests/core/autograd/autograd_testing.h"

namespace {

using namespace autograd_testing;

struct Case {
    Dims dims; // [N, C, H, W]
    neural_pool_options options;
};

// Windows with kernels and without, stride above and below the window, 1-pixel planes, ceil.
const Case kCases[] = {
    {{2, 3, 8, 8}, {{2, 2}, {2, 2}, {0, 0}, {1, 1}, 0, 0}},
    {{2, 3, 7, 9}, {{2, 2}, {0, 0}, {0, 0}, {0, 0}, 0, 0}},
    {{2, 3, 7, 9}, {{2, 2}, {2, 2}, {0, 0}, {1, 1}, 1, 0}},
    {{2, 3, 7, 8}, {{2, 2}, {2, 2}, {1, 1}, {1, 1}, 0, 0}},
    {{1, 2, 28, 28}, {{2, 2}, {2, 2}, {0, 0}, {1, 1}, 0, 0}},
    {{3, 2, 10, 10}, {{2, 2}, {2, 2}, {0, 0}, {1, 1}, 0, 1}},
    {{2, 3, 9, 11}, {{3, 3}, {2, 2}, {1, 1}, {1, 1}, 0, 0}},
    {{2, 3, 9, 12}, {{3, 3}, {2, 2}, {1, 1}, {1, 1}, 1, 1}},
    {{2, 3, 9, 12}, {{3, 3}, {2, 2}, {0, 0}, {1, 1}, 0, 1}},
    {{2, 3, 70, 67}, {{3, 3}, {2, 2}, {1, 1}, {1, 1}, 0, 0}},
    {{2, 3, 6, 5}, {{3, 3}, {1, 1}, {1, 1}, {1, 1}, 0, 0}},
    {{1, 2, 70, 75}, {{3, 3}, {1, 1}, {1, 1}, {1, 1}, 0, 0}},
    {{2, 3, 6, 35}, {{3, 3}, {1, 1}, {0, 1}, {1, 1}, 0, 1}},
    {{2, 1, 1, 1}, {{1, 1}, {1, 1}, {0, 0}, {1, 1}, 0, 0}},
    {{2, 1, 1, 1}, {{3, 3}, {2, 2}, {1, 1}, {1, 1}, 0, 0}},
    {{1, 1, 1, 6}, {{1, 2}, {1, 3}, {0, 0}, {1, 1}, 0, 0}},
    {{2, 2, 9, 9}, {{2, 3}, {4, 5}, {1, 1}, {1, 1}, 1, 0}},
    {{2, 2, 11, 10}, {{3, 2}, {2, 1}, {1, 1}, {2, 3}, 0, 0}},
    {{2, 2, 11, 10}, {{3, 2}, {2, 1}, {1, 1}, {2, 3}, 1, 1}},
    {{1, 2, 20, 18}, {{17, 16}, {1, 2}, {8, 8}, {1, 1}, 0, 0}},
    {{0, 2, 4, 4}, {{2, 2}, {2, 2}, {0, 0}, {1, 1}, 0, 0}},
};

std::string name_of(const Case &c) {
    return text_of(c.dims) + " window " + std::to_string(c.options.window[0]) + "x" +
           std::to_string(c.options.window[1]) + " stride " + std::to_string(c.options.stride[0]) +
           " pad " + std::to_string(c.options.pad[0]) + " dilation " +
           std::to_string(c.options.dilation[0]) + " ceil " + std::to_string(c.options.ceil_mode);
}

// What a window covers along one side: PyTorch's rules, written from its documentation.
struct Side {
    int64_t in, out, window, stride, pad, dilation;

    Side(const Case &c, int side, bool dilated)
        : in(c.dims[2 + side]), window(c.options.window[side]),
          stride(c.options.stride[side] ? c.options.stride[side] : window),
          pad(c.options.pad[side]),
          dilation(dilated && c.options.dilation[side] ? c.options.dilation[side] : 1) {
        const double room = double(in + 2 * pad - dilation * (window - 1) - 1) / double(stride);
        out = int64_t(c.options.ceil_mode ? std::ceil(room) : std::floor(room)) + 1;
        out -= c.options.ceil_mode && (out - 1) * stride >= in + pad;
    }
    int64_t at(int64_t o, int64_t k) const { return o * stride - pad + k * dilation; }
    // Elements that count in the divisor.
    int64_t counted(int64_t o, bool with_pad) const {
        int64_t count = 0;
        for (int64_t k = 0; k < window; k++) {
            count += with_pad ? at(o, k) < in + pad : at(o, k) >= 0 && at(o, k) < in;
        }
        return count;
    }
};

struct Result {
    Array y, dx;
};

// Calls visit(input position) for the elements of a window that are in the input.
template <class Visit>
void each(const Side &h, const Side &w, int64_t oy, int64_t ox, Visit visit) {
    for (int64_t ky = 0; ky < h.window; ky++) {
        for (int64_t kx = 0; kx < w.window; kx++) {
            const int64_t y = h.at(oy, ky), x = w.at(ox, kx);
            if (y >= 0 && y < h.in && x >= 0 && x < w.in) {
                visit(y * w.in + x);
            }
        }
    }
}

Result oracle(const Case &c, bool is_max, const Array &x, const std::vector<double> &dy) {
    const Side h(c, 0, is_max), w(c, 1, is_max);
    Result r{{{c.dims[0], c.dims[1], h.out, w.out}, {}}, {c.dims, {}}};
    r.dx.v.resize(x.v.size());
    for (int64_t p = 0; p < c.dims[0] * c.dims[1]; p++) {
        const int64_t base = p * h.in * w.in;
        for (int64_t oy = 0; oy < h.out; oy++) {
            for (int64_t ox = 0; ox < w.out; ox++) {
                int64_t best = -1;
                double sum = 0;
                each(h, w, oy, ox, [&](int64_t at) {
                    const double v = x.v[base + at];
                    best = best < 0 || v > x.v[base + best] || std::isnan(v) ? at : best;
                    sum += v;
                });
                const double grad = dy.empty() ? 0 : dy[r.y.v.size()];
                const bool with_pad = !c.options.count_exclude_pad;
                const double count = double(h.counted(oy, with_pad) * w.counted(ox, with_pad));
                if (is_max) {
                    r.y.v.push_back(best < 0 ? -INFINITY : x.v[base + best]);
                    if (best >= 0) {
                        r.dx.v[base + best] += grad;
                    }
                } else {
                    r.y.v.push_back(sum / count);
                    each(h, w, oy, ox, [&](int64_t at) { r.dx.v[base + at] += grad / count; });
                }
            }
        }
    }
    return r;
}

// Runs `body` with the kernels of every level of this CPU.
template <class Body> void at_every_isa(Body body) {
    const neural_kernel_table *active = neural_active_kernels;
    for (int level = 0; level <= neural_isa_detected(); level++) {
        if (const neural_kernel_table *kernels =
                neural_kernels_at(static_cast<neural_isa>(level))) {
            SCOPED_TRACE(neural_isa_name(static_cast<neural_isa>(level)));
            neural_active_kernels = kernels;
            body();
        }
    }
    neural_active_kernels = active;
}

class PoolTest : public testing::TestWithParam<neural_dtype> {
  protected:
    void expect_case(const Case &c, bool is_max, Layout layout) {
        std::mt19937_64 random(7);
        const Array x = random_grid(c.dims, random); // with many ties
        const Array dy = random_grid(oracle(c, is_max, x, {}).y.dims, random);
        const Result want = oracle(c, is_max, x, dy.v);
        neural_pool_options options = c.options;
        if (!is_max) {
            options.dilation[0] = options.dilation[1] = 0;
        }
        const Tensor in = leaf(x, GetParam(), layout), grad = make(dy, GetParam());
        const Tensor y = result(is_max ? neural_max_pool2d : neural_avg_pool2d, in.get(), &options);
        expect_values(y.get(), want.y, GetParam(), is_max ? 0 : 2, is_max ? 0 : 1e-6 * eps());
        ASSERT_EQ(neural_backward(y.get(), grad.get(), 0), NEURAL_OK);
        expect_values(neural_tensor_grad(in.get()), want.dx, GetParam(), 4, is_max ? 0 : 8 * eps());
    }
    double eps() const { return GetParam() == NEURAL_DTYPE_F32 ? 0x1p-23 : 0x1p-52; }
};

TEST_P(PoolTest, EveryOptionAtEveryIsa) {
    at_every_isa([&] {
        for (const Case &c : kCases) {
            SCOPED_TRACE(name_of(c));
            expect_case(c, true, kContiguous);
            expect_case(c, false, kContiguous);
        }
    });
    for (int layout = 0; layout < kLayouts; layout++) {
        expect_case(kCases[1], true, static_cast<Layout>(layout));
        expect_case(kCases[6], false, static_cast<Layout>(layout));
    }
}

TEST_P(PoolTest, NanStaysAndMinusInfinityTakesTheFirst) {
    for (const neural_pool_options &options :
         {neural_pool_options{{3, 3}, {1, 1}, {1, 1}, {1, 1}, 0, 0},
          neural_pool_options{{3, 3}, {1, 1}, {1, 1}, {2, 2}, 0, 0}}) {
        for (double special : {double(-INFINITY), double(NAN)}) {
            const Case c{{1, 1, 6, 6}, options};
            Array x{c.dims, std::vector<double>(36, -INFINITY)};
            x.v[14] = special;
            x.v[35] = 3;
            const Array dy{oracle(c, true, x, {}).y.dims,
                           std::vector<double>(oracle(c, true, x, {}).y.v.size(), 1)};
            const Result want = oracle(c, true, x, dy.v);
            const Tensor in = leaf(x, GetParam()), grad = make(dy, GetParam());
            const Tensor y = result(neural_max_pool2d, in.get(), &c.options);
            expect_values(y.get(), want.y, GetParam());
            ASSERT_EQ(neural_backward(y.get(), grad.get(), 0), NEURAL_OK);
            expect_values(neural_tensor_grad(in.get()), want.dx, GetParam());
        }
    }
}

TEST_P(PoolTest, AdaptiveMeansOfFloorToCeil) {
    std::mt19937_64 random(8);
    at_every_isa([&] {
        for (const Dims &dims :
             {Dims{2, 3, 5, 7}, Dims{1, 2, 1, 1}, Dims{3, 9, 8}, Dims{2, 1, 33, 40}}) {
            for (const Dims &out : {Dims{1, 1}, Dims{3, 4}, Dims{7, 9}, Dims{5, 1}}) {
                SCOPED_TRACE(text_of(dims) + " to " + text_of(out));
                const Array x = random_grid(dims, random);
                const int64_t h = dims[dims.size() - 2], w = dims.back();
                Array y{dims, {}}, dx{dims, std::vector<double>(x.v.size())};
                y.dims[dims.size() - 2] = out[0];
                y.dims.back() = out[1];
                const Array dy = random_grid(y.dims, random);
                for (int64_t i = 0; i < len_of(y.dims); i++) {
                    const int64_t p = i / (out[0] * out[1]), oy = i / out[1] % out[0],
                                  ox = i % out[1];
                    const int64_t y0 = oy * h / out[0], x0 = ox * w / out[1];
                    const int64_t y1 = (oy + 1) * h / out[0] + ((oy + 1) * h % out[0] != 0);
                    const int64_t x1 = (ox + 1) * w / out[1] + ((ox + 1) * w % out[1] != 0);
                    double sum = 0;
                    const double count = double((y1 - y0) * (x1 - x0));
                    for (int64_t at = 0; at < h * w; at++) {
                        if (at / w >= y0 && at / w < y1 && at % w >= x0 && at % w < x1) {
                            sum += x.v[p * h * w + at];
                            dx.v[p * h * w + at] += dy.v[i] / count;
                        }
                    }
                    y.v.push_back(sum / count);
                }
                const Tensor in = leaf(x, GetParam()), grad = make(dy, GetParam());
                const Tensor got = result(neural_adaptive_avg_pool2d, in.get(), out[0], out[1]);
                expect_values(got.get(), y, GetParam(), 2);
                ASSERT_EQ(neural_backward(got.get(), grad.get(), 0), NEURAL_OK);
                expect_values(neural_tensor_grad(in.get()), dx, GetParam(), 4, 8 * eps());
            }
        }
    });
}

TEST_P(PoolTest, OneDimension) {
    const Tensor x = leaf(Array{{1, 2, 5}, {1, 5, 2, 4, 3, -1, -2, -3, -4, -5}}, GetParam());
    const neural_pool_options options = {{3, 0}, {2, 0}, {1, 0}, {0, 0}, 0, 1};
    const Tensor max = result(neural_max_pool1d, x.get(), &options);
    expect_values(max.get(), Array{{1, 2, 3}, {5, 5, 4, -1, -2, -4}}, GetParam());
    const Tensor avg = result(neural_avg_pool1d, x.get(), &options);
    expect_values(avg.get(), Array{{1, 2, 3}, {3, 11.0 / 3, 3.5, -1.5, -3, -4.5}}, GetParam(), 2);
    const Tensor sum = result(neural_sum, max.get(), NEURAL_ALL_AXES, 0);
    ASSERT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(grad_of(x), (std::vector<double>{0, 2, 0, 1, 0, 1, 1, 0, 1, 0}));
}

TEST_P(PoolTest, ThreadsDoNotChangeABit) {
    std::mt19937_64 random(9);
    const Array array = random_uniform({4, 16, 33, 34}, -1, 1, random);
    for (const Case &c : {kCases[0], kCases[6], kCases[10], kCases[16]}) {
        for (bool is_max : {true, false}) {
            expect_threads_keep_bits([&] {
                const Tensor x = leaf(array, GetParam());
                std::vector<Tensor> all;
                all.push_back(
                    result(is_max ? neural_max_pool2d : neural_avg_pool2d, x.get(), &c.options));
                const Tensor square = result(neural_square, all[0].get());
                const Tensor sum = result(neural_sum, square.get(), NEURAL_ALL_AXES, 0);
                EXPECT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
                all.push_back(shared_grad(x));
                return all;
            });
        }
    }
}

TEST_P(PoolTest, ASteadyStepAllocatesNothing) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    std::mt19937_64 random(10);
    const Tensor x = leaf(random_grid({2, 3, 12, 12}, random), GetParam());
    int64_t before = 0;
    for (int step = 0; step < 4; step++) {
        for (const Case &c : {kCases[0], kCases[6], kCases[16]}) {
            for (auto *op : {neural_max_pool2d, neural_avg_pool2d}) {
                const Tensor y = result(op, x.get(), &c.options);
                const Tensor sum = result(neural_sum, y.get(), NEURAL_ALL_AXES, 0);
                ASSERT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
            }
        }
        if (step == 1) {
            before = neural_alloc_count();
        }
    }
    EXPECT_EQ(neural_alloc_count(), before);
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

INSTANTIATE_TEST_SUITE_P(Dtypes, PoolTest, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST(Pool, Avx2AndAvx512HaveTheSameBits) {
    if (neural_isa_detected() < NEURAL_ISA_AVX512) {
        GTEST_SKIP() << "no avx512";
    }
    std::mt19937_64 random(11);
    const neural_kernel_table *active = neural_active_kernels;
    for (const Case &c : kCases) {
        if (c.options.dilation[0] > 1) {
            continue; // no kernel of its own
        }
        const Tensor x = make(random_uniform(c.dims, -1, 1, random), NEURAL_DTYPE_F32);
        for (auto *op : {neural_max_pool2d, neural_avg_pool2d}) {
            neural_active_kernels = neural_kernels_at(NEURAL_ISA_AVX2);
            const Tensor narrow = result(op, x.get(), &c.options);
            neural_active_kernels = neural_kernels_at(NEURAL_ISA_AVX512);
            const Tensor wide = result(op, x.get(), &c.options);
            expect_same_bits(narrow.get(), wide.get());
        }
    }
    neural_active_kernels = active;
}

TEST(Pool, RefusesWhatDoesNotFit) {
    const Tensor x = make(Array{{1, 2, 2, 9}, std::vector<double>(36)}, NEURAL_DTYPE_F32);
    const struct {
        neural_pool_options options;
        neural_status status;
        const char *text;
    } cases[] = {
        {{{3, 3}, {1, 1}, {0, 0}, {1, 1}, 0, 0},
         NEURAL_ERR_SHAPE_MISMATCH,
         "max_pool2d: x is [1, 2, 2, 9], padded by 0 the height is 2, but the window spans 3"},
        {{{2, 4}, {1, 1}, {0, 0}, {1, 3}, 0, 0},
         NEURAL_ERR_SHAPE_MISMATCH,
         "the width is 9, but the window spans 10"},
        {{{0, 2}, {1, 1}, {0, 0}, {1, 1}, 0, 0}, NEURAL_ERR_INVALID_ARGUMENT, "window is 0"},
        {{{2, 2}, {-1, 1}, {0, 0}, {1, 1}, 0, 0}, NEURAL_ERR_INVALID_ARGUMENT, "stride is -1"},
        {{{2, 2}, {1, 1}, {0, 2}, {1, 1}, 0, 0},
         NEURAL_ERR_INVALID_ARGUMENT,
         "pad is 2, want 0 to 1"},
        {{{2, 2}, {1, 1}, {0, 0}, {-3, 1}, 0, 0}, NEURAL_ERR_INVALID_ARGUMENT, "dilation is -3"},
        {{{INT64_MAX, 2}, {1, 1}, {0, 0}, {1, 1}, 0, 0},
         NEURAL_ERR_INVALID_ARGUMENT,
         "window is 9223372036854775807"},
    };
    for (const auto &c : cases) {
        EXPECT_EQ(fails(neural_max_pool2d, x.get(), &c.options), c.status);
        EXPECT_TRUE(error_has(c.text)) << neural_last_error();
    }
    const neural_pool_options *none = nullptr;
    EXPECT_EQ(fails(neural_avg_pool2d, x.get(), none), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(fails(neural_adaptive_avg_pool2d, x.get(), int64_t(0), int64_t(3)),
              NEURAL_ERR_INVALID_ARGUMENT);
    const Tensor flat = make(Array{{4, 4}, std::vector<double>(16)}, NEURAL_DTYPE_F32);
    EXPECT_EQ(fails(neural_max_pool2d, flat.get(), &kCases[0].options), NEURAL_ERR_SHAPE_MISMATCH);
    const Tensor empty = make(Array{{1, 1, 0, 4}, {}}, NEURAL_DTYPE_F32);
    EXPECT_EQ(fails(neural_max_pool2d, empty.get(), &kCases[0].options), NEURAL_ERR_SHAPE_MISMATCH);
}

TEST(Pool, FailedAllocationsAreClean) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    sweep_failed_allocations([] {
        const int64_t dims[] = {2, 3, 40, 40};
        neural_tensor *x = nullptr, *y = nullptr, *sum = nullptr;
        neural_status status = neural_tensor_ones(4, dims, NEURAL_DTYPE_F32, &x);
        status = status ? status : neural_tensor_set_requires_grad(x, 1);
        status = status ? status : neural_max_pool2d(x, &kCases[6].options, &y);
        status = status ? status : neural_sum(y, NEURAL_ALL_AXES, 0, &sum);
        status = status ? status : neural_backward(sum, nullptr, 0);
        for (neural_tensor *tensor : {sum, y, x}) {
            neural_tensor_release(tensor);
        }
        return status;
    });
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

} // namespace

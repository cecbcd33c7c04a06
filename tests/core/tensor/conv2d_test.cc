#include "tests/core/tensor/conv2d_oracle.h"

#include "core/asm/kernel_table.h"
#include "core/base/threads.h"
#include "core/tensor/conv2d.h"

namespace {

using namespace conv2d_oracle;

neural_conv_options options(int64_t stride, int64_t pad, int64_t dilation = 1, int64_t groups = 1,
                            int relu = 0) {
    return {{stride, stride}, {pad, pad, pad, pad}, {dilation, dilation}, groups, relu};
}

std::vector<Case> cases() {
    std::vector<Case> all = {
        {{2, 3, 8, 9}, 5, 3, 3, options(1, 1), true},
        {{1, 1, 1, 1}, 1, 1, 1, options(1, 0), true}, // one pixel
        {{3, 2, 1, 1}, 4, 3, 3, options(1, 1), true}, // mostly padding
        {{2, 2, 7, 5}, 3, 2, 2, options(3, 0), true}, // stride > kernel
        {{2, 2, 7, 8}, 3, 1, 1, options(3, 0), false},
        {{1, 2, 4, 4}, 3, 3, 3, options(1, 3), true}, // padding > kernel/2, > kernel - 1
        {{2, 2, 5, 4}, 3, 3, 3, options(2, 4), false},
        {{2, 2, 9, 10}, 3, 3, 3, options(1, 2, 2), true}, // dilation
        {{2, 2, 11, 13}, 3, 3, 2, options(2, 1, 3), true},
        {{2, 6, 6, 7}, 9, 3, 3, options(1, 1, 1, 3), true},    // groups
        {{2, 6, 6, 7}, 6, 3, 3, options(2, 1, 1, 6), true},    // depthwise
        {{2, 4, 6, 7}, 8, 3, 3, options(1, 1, 1, 4, 1), true}, // depthwise, two filters each
        {{2, 3, 17, 35}, 3, 3, 3, options(1, 1, 1, 3), true},  // depthwise, rows of pieces
        {{3, 3, 19, 18}, 3, 5, 5, options(1, 2, 1, 3, 1), true},
        {{2, 3, 19, 36}, 3, 5, 5, options(2, 2, 1, 3), true},
        {{2, 3, 18, 35}, 3, 3, 3, {{2, 2}, {0, 1, 1, 0}, {1, 1}, 3, 0}, true},
        {{2, 4, 9, 37}, 8, 3, 3, options(2, 1, 1, 4), true}, // two filters
        {{2, 8, 9, 37}, 4, 3, 3, options(1, 1, 1, 4), true}, // two channels
        {{2, 8, 9, 11}, 4, 3, 3, options(2, 1, 1, 4), true},
        {{2, 3, 9, 20}, 3, 1, 5, options(1, 2, 1, 3), true}, // kernel 1xN
        {{2, 3, 9, 20}, 3, 1, 5, options(2, 2, 1, 3), true},
        {{2, 3, 9, 20}, 3, 4, 1, options(2, 0, 1, 3), true},
        {{2, 3, 11, 13}, 3, 2, 2, options(3, 0, 1, 3), true}, // stride > kernel
        {{2, 3, 11, 13}, 3, 1, 2, options(2, 0, 1, 3), true},
        {{2, 3, 1, 1}, 3, 3, 3, options(2, 1, 1, 3), true}, // one pixel
        {{2, 3, 1, 1}, 3, 3, 3, options(1, 1, 1, 3), true},
        {{2, 3, 9, 11}, 3, 3, 3, options(1, 2, 2, 3), true}, // dilation
        {{2, 3, 9, 11}, 3, 3, 3, options(2, 4, 1, 3), true}, // wide padding
        {{1, 2, 9, 11}, 2, 3, 3, {{1, 2}, {1, 0, 2, 3}, {1, 1}, 2, 0}, true},
        {{1, 2, 9, 11}, 2, 3, 3, {{2, 1}, {1, 0, 2, 3}, {1, 1}, 2, 0}, true},
        {{1, 2, 150, 90}, 2, 3, 3, options(1, 1, 1, 2), true}, // several bands
        {{1, 2, 150, 90}, 2, 3, 3, options(2, 1, 1, 2), true},
        {{3, 5, 6, 6}, 7, 1, 1, options(1, 0, 1, 1, 1), true}, // in place
        {{2, 9, 5, 6}, 3, 1, 1, options(2, 0), false},
        {{2, 3, 7, 6}, 4, 3, 3, {{1, 1}, {0, 1, 2, 3}, {1, 1}, 1, 1}, true}, // uneven padding
        {{2, 3, 7, 6}, 4, 2, 4, {{2, 3}, {3, 0, 1, 2}, {2, 1}, 1, 0}, true},
        {{2, 1, 28, 28}, 6, 5, 5, options(1, 2), true}, // LeNet
        {{2, 6, 14, 14}, 16, 5, 5, options(1, 0, 1, 1, 1), true},
        {{1, 3, 33, 37}, 8, 7, 7, options(2, 3), true},
        {{1, 3, 8, 300}, 2, 3, 3, options(1, 1), true},  // rows beyond one panel
        {{2, 130, 4, 5}, 3, 3, 3, options(1, 1), true},  // depth beyond a block of k
        {{1, 2, 40, 41}, 70, 3, 3, options(1, 1), true}, // several units, many filters
        {{1, 300, 3, 3}, 2, 1, 1, options(1, 0), true},  // 1x1, too deep to read in place
        {{2, 3, 5, 5}, 4, 5, 5, options(1, 0), true},    // one output
        {{0, 3, 5, 5}, 4, 3, 3, options(1, 1), true},    // no images
        {{2, 0, 5, 5}, 4, 3, 3, options(1, 1), true},    // no channels
        {{2, 3, 5, 5}, 0, 3, 3, options(1, 1), true},    // no filters
        {{2, 2, 9, 9}, 3, 1, 1, {{4, 5}, {0, 0, 0, 0}, {1, 1}, 1, 0}, false}, // unmet columns
    };
    return all;
}

class Conv2dTest : public testing::TestWithParam<neural_dtype> {};

TEST_P(Conv2dTest, ValuesAndGradients) {
    std::mt19937_64 random(31);
    for (const Case &test : cases()) {
        const Array x = random_grid(test.x, random), w = random_grid(test.weight(), random),
                    b = random_grid({test.filters}, random), dy = random_grid(test.y(), random);
        const Oracle want = oracle(test, x, w, b, dy);
        for (int layout = 0; layout < kLayouts; layout++) {
            SCOPED_TRACE(test.text() + " layout " + std::to_string(layout));
            const Layout kind = static_cast<Layout>(layout);
            const Tensor tx = leaf(x, GetParam(), kind), tw = leaf(w, GetParam(), kind),
                         tb = leaf(b, GetParam(), kind), tdy = make(dy, GetParam());
            const Tensor y = result(neural_conv2d, tx.get(), tw.get(),
                                    test.bias ? tb.get() : nullptr, &test.options);
            ASSERT_TRUE(y);
            expect_values(y.get(), want.y, GetParam());
            ASSERT_EQ(neural_backward(y.get(), tdy.get(), 0), NEURAL_OK) << neural_last_error();
            expect_values(neural_tensor_grad(tx.get()), want.dx, GetParam());
            expect_values(neural_tensor_grad(tw.get()), want.dweight, GetParam());
            if (test.bias) {
                expect_values(neural_tensor_grad(tb.get()), want.dbias, GetParam());
            }
        }
    }
}

TEST_P(Conv2dTest, AddsToGradients) {
    std::mt19937_64 random(32);
    for (const Case &test : {Case{{2, 3, 8, 9}, 5, 3, 3, options(1, 1, 1, 1, 1), true},
                             Case{{2, 2, 9, 8}, 5, 3, 3, options(2, 1), true}}) {
        const Array x = random_grid(test.x, random), w = random_grid(test.weight(), random),
                    b = random_grid({test.filters}, random), dy = random_grid(test.y(), random);
        Oracle want = oracle(test, x, w, b, dy);
        const Tensor tx = leaf(x, GetParam()), tw = leaf(w, GetParam()), tb = leaf(b, GetParam()),
                     tdy = make(dy, GetParam());
        for (int pass = 0; pass < 2; pass++) {
            const Tensor y = result(neural_conv2d, tx.get(), tw.get(), tb.get(), &test.options);
            ASSERT_EQ(neural_backward(y.get(), tdy.get(), 0), NEURAL_OK) << neural_last_error();
        }
        for (Array *array : {&want.dx, &want.dweight, &want.dbias}) {
            for (double &value : array->v) {
                value *= 2;
            }
        }
        expect_values(neural_tensor_grad(tx.get()), want.dx, GetParam());
        expect_values(neural_tensor_grad(tw.get()), want.dweight, GetParam());
        expect_values(neural_tensor_grad(tb.get()), want.dbias, GetParam());
    }
}

TEST_P(Conv2dTest, NanReachesWhatItTouches) {
    Array x = zeros({1, 1, 5, 5}), w = zeros({1, 1, 3, 3});
    x.v[12] = NAN; // the middle
    const Tensor tx = make(x, GetParam()), tw = make(w, GetParam());
    neural_conv_options with_relu = options(1, 1, 1, 1, 1);
    const Tensor y = result(neural_conv2d, tx.get(), tw.get(),
                            static_cast<neural_tensor *>(nullptr), &with_relu);
    for (int64_t i = 0; i < 25; i++) {
        const bool near = std::abs(i / 5 - 2) <= 1 && std::abs(i % 5 - 2) <= 1;
        EXPECT_EQ(std::isnan(read(y.get(), i)), near) << i;
    }
}

// Numbers whose sums are exact, and others.
Array on_grid(const Dims &dims, std::mt19937_64 &random) {
    return random_grid(dims, random);
}
Array anywhere(const Dims &dims, std::mt19937_64 &random) {
    return random_uniform(dims, -1, 1, random);
}

// y, dx, dweight and dbias with the kernels of one level.
std::vector<Tensor> compute_at(neural_isa isa, const Case &test, neural_dtype dtype,
                               Array (*draw)(const Dims &, std::mt19937_64 &)) {
    std::mt19937_64 random(34);
    const Dims dims[] = {test.x, test.weight(), {test.filters}};
    neural_op_call call = {};
    std::vector<Tensor> in, out;
    out.push_back(create(test.y(), dtype));
    for (int i = 0; i < 3; i++) {
        in.push_back(make(draw(dims[i], random), dtype));
        out.push_back(create(dims[i], dtype));
        call.in[i] = in.back().get();
        call.grad_in[i] = out.back().get();
    }
    in.push_back(make(draw(test.y(), random), dtype));
    call.inputs = 3;
    call.out = out[0].get();
    call.grad_out = in[3].get();
    const neural_conv_options &o = test.options;
    const int64_t integers[] = {o.stride[0], o.stride[1],   o.pad[0],      o.pad[1], o.pad[2],
                                o.pad[3],    o.dilation[0], o.dilation[1], o.groups, o.relu};
    std::copy(std::begin(integers), std::end(integers), call.attrs.integer);
    const neural_kernel_table *kernels = neural_kernels_at(isa);
    EXPECT_EQ(neural_conv2d_forward_at(kernels, &call), NEURAL_OK);
    EXPECT_EQ(neural_conv2d_backward_at(kernels, &call), NEURAL_OK);
    return out;
}

TEST_P(Conv2dTest, EveryLevelComputesTheDefinition) {
    for (Case test : cases()) {
        test.bias = true;
        SCOPED_TRACE(test.text());
        std::mt19937_64 random(34);
        const Array x = random_grid(test.x, random), w = random_grid(test.weight(), random),
                    b = random_grid({test.filters}, random), dy = random_grid(test.y(), random);
        const Oracle want = oracle(test, x, w, b, dy);
        for (int isa = 0; isa <= neural_isa_detected(); isa++) {
            const std::vector<Tensor> have =
                compute_at(static_cast<neural_isa>(isa), test, GetParam(), on_grid);
            expect_values(have[0].get(), want.y, GetParam());
            expect_values(have[1].get(), want.dx, GetParam());
            expect_values(have[2].get(), want.dweight, GetParam());
            expect_values(have[3].get(), want.dbias, GetParam());
        }
    }
}

// The shapes on which threads share images, rows of one image, and slices of the weight gradient.
TEST_P(Conv2dTest, ThreadsDoNotChangeABit) {
    for (const Case &test : {Case{{5, 8, 19, 23}, 17, 3, 3, options(1, 1, 1, 1, 1), true},
                             Case{{1, 3, 61, 67}, 24, 7, 7, options(2, 3), true},
                             Case{{9, 1, 28, 28}, 6, 5, 5, options(1, 2), true},
                             Case{{12, 6, 14, 14}, 16, 5, 5, options(1, 0), true},
                             Case{{6, 24, 31, 33}, 24, 3, 3, options(1, 1, 1, 24), true},
                             Case{{6, 24, 31, 33}, 24, 3, 3, options(2, 1, 1, 24), true},
                             Case{{7, 5, 40, 41}, 5, 5, 5, options(1, 2, 1, 5), true},
                             Case{{2, 4, 200, 90}, 8, 3, 3, options(1, 1, 1, 4), true},
                             Case{{1, 48, 23, 25}, 96, 3, 3, options(1, 1), true},
                             Case{{3, 32, 17, 19}, 40, 1, 1, options(1, 0), true}}) {
        SCOPED_TRACE(test.text());
        std::mt19937_64 random(33);
        const Array x = random_uniform(test.x, -1, 1, random),
                    w = random_uniform(test.weight(), -1, 1, random),
                    b = random_uniform({test.filters}, -1, 1, random),
                    dy = random_uniform(test.y(), -1, 1, random);
        const Tensor tdy = make(dy, GetParam());
        const auto compute = [&] {
            const Tensor in[3] = {leaf(x, GetParam()), leaf(w, GetParam()), leaf(b, GetParam())};
            std::vector<Tensor> all;
            all.push_back(
                result(neural_conv2d, in[0].get(), in[1].get(), in[2].get(), &test.options));
            EXPECT_EQ(neural_backward(all[0].get(), tdy.get(), 0), NEURAL_OK);
            for (const Tensor &tensor : in) {
                all.push_back(shared_grad(tensor));
            }
            return all;
        };
        expect_threads_keep_bits(compute, 2);
        expect_threads_keep_bits(compute, 3);
    }
}

TEST_P(Conv2dTest, Avx2AndAvx512AgreeToTheBit) {
    if (neural_isa_detected() < NEURAL_ISA_AVX512) {
        GTEST_SKIP() << "no AVX-512";
    }
    for (const Case &test : cases()) {
        SCOPED_TRACE(test.text());
        const auto avx2 = compute_at(NEURAL_ISA_AVX2, test, GetParam(), anywhere),
                   avx512 = compute_at(NEURAL_ISA_AVX512, test, GetParam(), anywhere);
        for (size_t i = 0; i < avx2.size(); i++) {
            expect_same_bits(avx2[i].get(), avx512[i].get());
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Dtypes, Conv2dTest, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

} // namespace

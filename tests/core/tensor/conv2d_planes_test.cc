// Depthwise convolutions plane by plane; and what all drivers of convolutions take from the heap.
#include "core/tensor/conv2d_planes.h"

#include "core/asm/kernel_table.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/conv2d.h"
#include "tests/core/tensor/conv2d_oracle.h"

namespace {

using namespace conv2d_oracle;

neural_conv_options options(int64_t stride, int64_t pad, int64_t dilation = 1, int64_t groups = 1) {
    return {{stride, stride}, {pad, pad, pad, pad}, {dilation, dilation}, groups, 0};
}

// One call of the op by hand, with random tensors; which gradients are wanted may be changed.
struct Call {
    neural_op_call call = {};
    std::vector<Tensor> in, out;

    Call(const Case &test, neural_dtype dtype) {
        std::mt19937_64 random(41);
        const Dims dims[] = {test.x, test.weight(), {test.filters}};
        out.push_back(make(zeros(test.y()), dtype));
        for (int i = 0; i < 3; i++) {
            in.push_back(make(random_uniform(dims[i], -1, 1, random), dtype));
            out.push_back(make(random_uniform(dims[i], -1, 1, random), dtype));
            call.in[i] = in.back().get();
            call.grad_in[i] = out.back().get();
        }
        in.push_back(make(random_uniform(test.y(), -1, 1, random), dtype));
        call.inputs = 3;
        call.out = out[0].get();
        call.grad_out = in[3].get();
        const neural_conv_options &o = test.options;
        const int64_t integers[] = {o.stride[0], o.stride[1],   o.pad[0],      o.pad[1], o.pad[2],
                                    o.pad[3],    o.dilation[0], o.dilation[1], o.groups, o.relu};
        std::copy(std::begin(integers), std::end(integers), call.attrs.integer);
    }
    void forward() { ASSERT_EQ(neural_conv2d_forward(&call), NEURAL_OK) << neural_last_error(); }
    void backward() { ASSERT_EQ(neural_conv2d_backward(&call), NEURAL_OK) << neural_last_error(); }
};

class Conv2dPlanesTest : public testing::TestWithParam<neural_dtype> {};

// The forward pass, dx and dW each split, and keep their bits.
TEST_P(Conv2dPlanesTest, ThreadsShareEveryPass) {
    for (const Case &test : {Case{{6, 24, 31, 33}, 24, 3, 3, options(1, 1, 1, 24), true},
                             Case{{6, 24, 41, 43}, 24, 3, 3, options(2, 1, 1, 24), true},
                             Case{{7, 5, 40, 41}, 5, 5, 5, options(1, 2, 1, 5), true},
                             Case{{7, 5, 60, 61}, 5, 5, 5, options(2, 2, 1, 5), true},
                             Case{{2, 4, 200, 90}, 8, 3, 3, options(1, 1, 1, 4), true}}) {
        for (int pass = 0; pass < 3; pass++) { // y, dx, dW
            SCOPED_TRACE(test.text() + " pass " + std::to_string(pass));
            const auto compute = [&] {
                Call call(test, GetParam());
                call.call.grad_in[2] = nullptr;
                if (pass > 0) {
                    call.call.grad_in[2 - pass] = nullptr;
                    call.backward();
                } else {
                    call.forward();
                }
                return std::move(call.out);
            };
            expect_threads_keep_bits(compute, 2);
            expect_threads_keep_bits(compute, 3);
        }
    }
}

TEST_P(Conv2dPlanesTest, AddsToGradients) {
    for (const int64_t stride : {1, 2}) {
        for (const int64_t kernel : {3, 5}) {
            const Case test = {
                {3, 6, 19, 37}, 6, kernel, kernel, options(stride, kernel / 2, 1, 6), true};
            SCOPED_TRACE(test.text());
            Call call(test, GetParam());
            call.backward();
            std::vector<Tensor> once;
            for (int i = 0; i < 2; i++) {
                neural_tensor *copy = nullptr;
                ASSERT_EQ(neural_tensor_clone(call.call.grad_in[i], &copy), NEURAL_OK);
                once.emplace_back(copy);
                call.call.accumulate[i] = 1;
            }
            call.backward();
            for (int i = 0; i < 2; i++) {
                for (int64_t j = 0; j < once[i]->len; j++) {
                    const double want = 2 * read(once[i].get(), j);
                    ASSERT_NEAR(read(call.call.grad_in[i], j), want, 1e-4) << i << " " << j;
                }
            }
        }
    }
}

// The lanes behind the last column meet the image too, but must not count: dW of the taps that do
// not touch the NaN is finite.
TEST_P(Conv2dPlanesTest, NanReachesTheTapsThatMeetIt) {
    for (int isa = 0; isa <= neural_isa_detected(); isa++) {
        for (const int64_t kernel : {3, 5}) {
            Case test = {{1, 1, kernel, kernel + 2}, 1, kernel, kernel, options(1, 0), false};
            Call call(test, GetParam());
            Array x = zeros(test.x);
            for (int64_t r = 0; r < kernel; r++) { // the last column meets the last taps alone
                x.v[static_cast<size_t>(r * (kernel + 2) + kernel + 1)] = NAN;
            }
            const Tensor image = make(x, GetParam());
            call.call.in[0] = image.get();
            ASSERT_EQ(neural_conv2d_backward_at(neural_kernels_at(static_cast<neural_isa>(isa)),
                                                &call.call),
                      NEURAL_OK);
            for (int64_t t = 0; t < kernel * kernel; t++) {
                const bool is_last = t % kernel == kernel - 1;
                EXPECT_EQ(std::isnan(read(call.call.grad_in[1], t)), is_last) << isa << " " << t;
            }
        }
    }
}

// The first call may allocate; the next ones find everything in the pool.
TEST_P(Conv2dPlanesTest, NoDriverAllocatesInASteadyStep) {
    const Case all[] = {{{2, 8, 20, 21}, 8, 3, 3, options(1, 1, 1, 8), true},   // planes
                        {{2, 8, 20, 21}, 8, 3, 3, options(2, 1, 1, 8), true},   // planes by parts
                        {{4, 1, 28, 28}, 6, 5, 5, options(1, 2), true},         // pixels in lanes
                        {{4, 6, 14, 14}, 16, 5, 5, options(1, 0), true},        // filters in lanes
                        {{2, 12, 30, 30}, 12, 3, 3, options(1, 1, 1, 2), true}, // groups
                        {{1, 3, 33, 37}, 8, 7, 7, options(2, 3), true},         // scattered dx
                        {{2, 64, 9, 10}, 20, 3, 3, options(1, 2, 2), true},     // panels
                        {{2, 32, 12, 13}, 40, 1, 1, options(1, 0), true},       // in place
                        {{2, 32, 12, 13}, 40, 3, 3, options(1, 1), true}};      // minimal filtering
    for (const int threads : {1, 3}) {
        ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
        for (const Case &test : all) {
            SCOPED_TRACE(test.text() + " threads " + std::to_string(threads));
            Call call(test, GetParam());
            call.forward();
            call.backward();
            const int64_t before = neural_alloc_count();
            for (int step = 0; step < 3; step++) {
                call.forward();
                call.backward();
            }
            EXPECT_EQ(neural_alloc_count(), before);
        }
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

TEST(Conv2dPlanes, ServeWhatTheyAreMadeFor) {
    neural_conv_geometry g = {};
    g.batch = 2, g.groups = 4, g.channels = g.filters = 1, g.kernel_h = g.kernel_w = 3;
    g.stride_h = g.stride_w = g.dilation_h = g.dilation_w = 1;
    g.height = g.width = g.out_h = g.out_w = 9;
    const auto serves = [](neural_conv_geometry geometry, int64_t neural_conv_geometry::*field,
                           int64_t value) {
        geometry.*field = value;
        return neural_planes_serve(&geometry) != 0;
    };
    using G = neural_conv_geometry;
    EXPECT_TRUE(serves(g, &G::batch, 1));
    EXPECT_TRUE(serves(g, &G::filters, 2));
    EXPECT_TRUE(serves(g, &G::channels, 2));
    EXPECT_TRUE(serves(g, &G::kernel_h, 1));
    EXPECT_TRUE(serves(g, &G::stride_w, 2));
    EXPECT_FALSE(serves(g, &G::filters, 3));
    EXPECT_FALSE(serves(g, &G::stride_w, 3));
    EXPECT_FALSE(serves(g, &G::dilation_w, 2));
    EXPECT_FALSE(serves(g, &G::dilation_h, 2));
    EXPECT_FALSE(serves(g, &G::kernel_w, NEURAL_PLANE_MOST_TAPS + 1));
    EXPECT_FALSE(neural_planes_serve_grad_image(&g)); // a y of its own
    g.stride_h = g.stride_w = 2;
    EXPECT_TRUE(neural_planes_serve_grad_image(&g));
    g.pad_left = -1;
    EXPECT_FALSE(neural_planes_serve_grad_image(&g));
}

INSTANTIATE_TEST_SUITE_P(Dtypes, Conv2dPlanesTest,
                         testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

} // namespace

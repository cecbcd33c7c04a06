// Every op on every small shape it accepts, sizes of 0 and 8 dimensions among them, in every memory
// layout: contiguous numbers are the measure (their values are tested with each op), the layouts
// must give the same bits. Then what else a careless or hostile caller may do.
#include "tests/core/autograd/autograd_testing.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "core/autograd/op_list.h"

namespace {

using namespace autograd_testing;

const std::vector<Dims> kShapes = {{},
                                   {0},
                                   {1},
                                   {3},
                                   {0, 3},
                                   {3, 0},
                                   {1, 3},
                                   {3, 1},
                                   {3, 3},
                                   {2, 0, 3},
                                   {0, 0, 1},
                                   {2, 3, 3},
                                   {2, 1, 3},
                                   {1, 1, 3, 3},
                                   {2, 1, 2, 3},
                                   {2, 1, 1, 1, 1, 1, 1, 3},
                                   {1, 2, 1, 2, 1, 1, 3, 3},
                                   {1, 1, 0, 1, 2, 1, 3, 3}};

neural_op_attrs integers(int64_t a, int64_t b = 0, int64_t c = 0, int64_t d = 0) {
    neural_op_attrs attrs = {};
    attrs.integer[0] = a;
    attrs.integer[1] = b;
    attrs.integer[2] = c;
    attrs.integer[3] = d;
    return attrs;
}

neural_op_attrs shape_attrs(const Dims &dims) {
    neural_op_attrs attrs = {};
    attrs.shape.ndim = static_cast<int>(dims.size());
    std::copy(dims.begin(), dims.end(), attrs.shape.dim);
    return attrs;
}

// The attributes with which an op is tried; shapes that do not fit are refused by infer.
bool is_conv(const std::string &op) {
    return op == "conv2d" || op == "conv_transpose2d";
}

std::vector<neural_op_attrs> attrs_of(const std::string &op) {
    std::vector<neural_op_attrs> list;
    if (op == "sum" || op == "mean" || op == "max" || op == "min") {
        for (int64_t axis : {127, 0, 1, -1, -3}) {
            list.push_back(integers(axis, 0));
            list.push_back(integers(axis, 1));
        }
    } else if (op == "softmax" || op == "log_softmax") {
        list = {integers(-1), integers(0), integers(1)};
    } else if (op == "linear") {
        list = {integers(0), integers(1)};
    } else if (op == "fake_quant") { // axis, bits, symmetric, own range
        list = {integers(-1, 8), integers(-1, 8, 1, 1), integers(0, 8, 0, 1), integers(1, 8, 1, 1)};
        list[0].scalar[0] = 0.25;
        list[0].scalar[1] = 0.75;
    } else if (is_conv(op)) { // stride, pad, dilation, groups, relu
        for (int64_t stride : {1, 2}) {
            neural_op_attrs attrs = integers(stride, 1, 1, 1);
            std::fill(attrs.integer + 4, attrs.integer + 9, 1);
            list.push_back(attrs);
        }
    } else if (op.find("_norm") != std::string::npos) { // dimensions, groups; training, relu
        for (neural_op_attrs attrs : {integers(1), integers(2), integers(1, 1)}) {
            attrs.scalar[0] = attrs.scalar[1] = 0.25;
            list.push_back(attrs);
        }
    } else if (op == "concat") {
        list = {integers(0), integers(1), integers(-1)};
    } else if (op == "max_pool2d" || op == "avg_pool2d") { // window, stride, pad, dilation
        for (int64_t side : {1, 2}) {
            neural_op_attrs attrs = integers(side, side, side, side);
            attrs.integer[6] = attrs.integer[7] = 1;
            list.push_back(attrs);
        }
    } else if (op == "adaptive_avg_pool2d") {
        list = {integers(1, 1), integers(2, 3)};
    } else if (op == "embedding") {
        list = {integers(-1)};
    } else if (op == "slice") {
        list = {integers(0, 0, 0, 1), integers(0, 0, 2, 2), integers(1, 1, 2, 1),
                integers(0, 0, 1, INT64_MAX), integers(2, 0, 1, 7)};
    } else if (op == "reshape" || op == "expand") {
        for (const Dims &dims : kShapes) {
            list.push_back(shape_attrs(dims));
        }
        list.push_back(shape_attrs({-1}));
        list.push_back(shape_attrs({5, 1, 3, 3}));
    } else if (op == "permute") {
        list = {shape_attrs({}), shape_attrs({0}), shape_attrs({1, 0}), shape_attrs({2, 0, 1}),
                shape_attrs({7, 6, 5, 4, 3, 2, 1, 0})};
    } else {
        neural_op_attrs attrs = {};
        attrs.scalar[0] = 0.25;
        attrs.scalar[1] = 0.75;
        list = {attrs};
    }
    return list;
}

// Numbers in (0, 1), labels for cross entropy; the same for every layout.
Array numbers(const Dims &dims, int input, bool labels) {
    std::mt19937_64 random(static_cast<uint64_t>(17 + input));
    Array array = random_uniform(dims, 0.05, 0.95, random);
    for (double &x : array.v) {
        x = labels ? 0 : x;
    }
    return array;
}

// Whether input 1 holds labels or indices, which have no gradient.
bool takes_labels(const neural_op &op) {
    const std::string name = op.name;
    return name == "cross_entropy_loss" || name == "nll_loss" || name == "focal_loss" ||
           name == "embedding";
}

struct Run {
    neural_status status = NEURAL_OK;
    Tensor out;
    std::vector<Tensor> in;
};

// As many inputs as the op has; two for one that takes any number, of a normalization x alone.
int inputs_of(const neural_op &op) {
    const bool is_norm = std::string(op.name).find("_norm") != std::string::npos;
    return is_norm ? 1 : op.flags & NEURAL_OP_VARIADIC ? 2 : op.inputs;
}

// The op with its backward on inputs of the given shapes.
Run run_op(const neural_op &op, const neural_op_attrs &attrs, const std::vector<Dims> &shapes,
           neural_dtype dtype, Layout layout) {
    Run run;
    neural_tensor *in[NEURAL_OP_MAX_INPUTS] = {};
    const bool has_labels = takes_labels(op);
    for (int i = 0; i < static_cast<int>(shapes.size()); i++) {
        const bool labels = has_labels && i == 1;
        run.in.push_back(make(numbers(shapes[i], i, labels), dtype, layout));
        in[i] = run.in.back().get();
        if (!has_labels || i == 0) {
            EXPECT_EQ(neural_tensor_set_requires_grad(in[i], 1), NEURAL_OK);
        }
    }
    neural_tensor *out = nullptr;
    run.status = neural_op_apply(&op, in, &attrs, &out);
    run.out.reset(out);
    if (run.status) {
        return run;
    }
    const Dims dims(out->shape.dim, out->shape.dim + out->shape.ndim);
    const Tensor dy = make(numbers(dims, 9, false), dtype, layout);
    EXPECT_EQ(neural_backward(out, dy.get(), 0), NEURAL_OK)
        << op.name << ": " << neural_last_error();
    return run;
}

void expect_equal(const neural_tensor *have, const neural_tensor *want, const std::string &what) {
    ASSERT_EQ(have == nullptr, want == nullptr) << what;
    if (have) {
        const Array h = to_array(have), w = to_array(want);
        ASSERT_EQ(h.dims, w.dims) << what;
        ASSERT_EQ(h.v.size(), w.v.size());
        ASSERT_TRUE(h.v.empty() || !memcmp(h.v.data(), w.v.data(), 8 * h.v.size())) << what;
    }
}

// Nothing came out, so nothing flows back: all gradients are 0.
void expect_zero_grads(const Run &run, const std::string &what) {
    for (const Tensor &in : run.in) {
        for (double g : values(neural_tensor_grad(in.get()))) {
            ASSERT_EQ(g, 0) << what;
        }
    }
}

void check_shapes(const neural_op &op, const std::vector<Dims> &shapes, int *accepted) {
    for (const neural_op_attrs &attrs : attrs_of(op.name)) {
        for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
            std::string what = op.name;
            for (const Dims &dims : shapes) {
                what += " " + text_of(dims);
            }
            const Run plain = run_op(op, attrs, shapes, dtype, kContiguous);
            if (!plain.status && plain.out->len == 0) {
                expect_zero_grads(plain, what);
            }
            *accepted += !plain.status;
            for (Layout layout : {kReversed, kSliced}) {
                const Run strided = run_op(op, attrs, shapes, dtype, layout);
                ASSERT_EQ(strided.status, plain.status) << what << ": " << neural_last_error();
                if (plain.status) {
                    continue;
                }
                expect_equal(strided.out.get(), plain.out.get(), what);
                for (size_t i = 0; i < shapes.size(); i++) {
                    expect_equal(neural_tensor_grad(strided.in[i].get()),
                                 neural_tensor_grad(plain.in[i].get()), what + ", gradient");
                }
            }
        }
    }
}

TEST(Hostile, EveryOpOnEveryShapeAndLayout) {
    for (const neural_op &op : neural_op_list) {
        int accepted = 0;
        for (const Dims &first : kShapes) {
            if (inputs_of(op) == 1) {
                check_shapes(op, {first}, &accepted);
            }
            for (const Dims &second : kShapes) {
                if (inputs_of(op) == 2) {
                    check_shapes(op, {first, second}, &accepted);
                }
                for (const Dims &third : {Dims{0}, Dims{1}, Dims{3}}) {
                    if (op.inputs == 3) {
                        check_shapes(op, {first, second, third}, &accepted);
                    }
                }
            }
        }
        EXPECT_GT(accepted, 5) << op.name;
    }
    EXPECT_EQ(neural_node_count(), 0);
}

// f(x, x) is f(a, b) with a = b = x: the gradients of a and b add up.
TEST(Hostile, OneTensorAsAllInputs) {
    for (const neural_op &op : neural_op_list) {
        if (inputs_of(op) < 2 || takes_labels(op)) {
            continue;
        }
        SCOPED_TRACE(op.name);
        for (int round = 0; round < 2; round++) { // the second adds to a gradient
            const bool images = is_conv(op.name);
            const Array x = numbers(images ? Dims{1, 1, 3, 3} : Dims{3, 3}, 0, false);
            const neural_op_attrs attrs = attrs_of(op.name)[0];
            const Tensor both = leaf(x, NEURAL_DTYPE_F64), a = leaf(x, NEURAL_DTYPE_F64),
                         b = leaf(x, NEURAL_DTYPE_F64);
            neural_tensor *same[NEURAL_OP_MAX_INPUTS] = {both.get(), both.get()},
                          *apart[NEURAL_OP_MAX_INPUTS] = {a.get(), b.get()};
            for (int i = 0; i <= round; i++) {
                neural_tensor *out = nullptr, *want = nullptr;
                ASSERT_EQ(neural_op_apply(&op, same, &attrs, &out), NEURAL_OK);
                ASSERT_EQ(neural_op_apply(&op, apart, &attrs, &want), NEURAL_OK);
                const Tensor hold_out(out), hold_want(want);
                expect_equal(out, want, "result");
                const Tensor dy = make(numbers(to_array(out).dims, 5, false), NEURAL_DTYPE_F64);
                ASSERT_EQ(neural_backward(out, dy.get(), 0), NEURAL_OK);
                ASSERT_EQ(neural_backward(want, dy.get(), 0), NEURAL_OK);
            }
            for (size_t i = 0; i < 9; i++) {
                EXPECT_NEAR(grad_of(both)[i], grad_of(a)[i] + grad_of(b)[i], 1e-14);
            }
        }
    }
}

// Stride 0 as input of every op: as a copy of the stretched numbers.
TEST(Hostile, ExpandedInputs) {
    for (const neural_op &op : neural_op_list) {
        if (takes_labels(op)) {
            continue;
        }
        SCOPED_TRACE(op.name);
        const neural_op_attrs attrs = attrs_of(op.name)[0];
        const int64_t dims[] = {3, 3};
        const Tensor row = leaf(numbers({3}, 0, false), NEURAL_DTYPE_F64);
        const Tensor wide = result(neural_expand, row.get(), 2, dims);
        const Tensor dense = leaf(to_array(wide.get()), NEURAL_DTYPE_F64);
        neural_tensor *stretched[NEURAL_OP_MAX_INPUTS] = {wide.get(), wide.get()},
                      *plain[NEURAL_OP_MAX_INPUTS] = {dense.get(), dense.get()};
        neural_tensor *out = nullptr, *want = nullptr;
        const neural_status status = neural_op_apply(&op, stretched, &attrs, &out);
        ASSERT_EQ(neural_op_apply(&op, plain, &attrs, &want), status);
        const Tensor hold_out(out), hold_want(want);
        if (status) {
            continue;
        }
        expect_equal(out, want, "result");
        const Tensor dy = make(numbers(to_array(out).dims, 5, false), NEURAL_DTYPE_F64);
        ASSERT_EQ(neural_backward(out, dy.get(), 0), NEURAL_OK);
        ASSERT_EQ(neural_backward(want, dy.get(), 0), NEURAL_OK);
        for (size_t j = 0; j < 3; j++) {
            const std::vector<double> g = grad_of(dense);
            EXPECT_NEAR(grad_of(row)[j], g[j] + g[3 + j] + g[6 + j], 1e-14);
        }
    }
}

TEST(Hostile, AGraphOutlivesItsLeavesAndResults) {
    Tensor x = leaf({2}, {3, 4}), sum;
    {
        const int order[] = {1, 0};
        const int64_t dims[] = {1, 2};
        const Tensor view = result(neural_reshape, x.get(), 2, dims);
        const Tensor turned = result(neural_permute, view.get(), order);
        const Tensor y = result(neural_mul, turned.get(), turned.get());
        sum = result(neural_sum, y.get(), NEURAL_ALL_AXES, 0);
    }
    const Tensor watched(neural_tensor_retain(x.get()));
    x.reset();
    ASSERT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(grad_of(watched), (std::vector<double>{6, 8}));
    sum.reset();
    EXPECT_EQ(neural_node_count(), 0);
}

// Memory that the caller changes behind our back may cost him the result, nothing else.
TEST(Hostile, WrappedMemoryChangesBeforeBackward) {
    for (auto *extreme : {neural_max, neural_min}) {
        double memory[6] = {1, 2, 3, 4, 5, 6};
        const int64_t dims[] = {2, 3};
        neural_tensor *x = nullptr;
        ASSERT_EQ(
            neural_tensor_wrap(memory, 2, dims, nullptr, NEURAL_DTYPE_F64, nullptr, nullptr, &x),
            NEURAL_OK);
        const Tensor hold(x);
        ASSERT_EQ(neural_tensor_set_requires_grad(x, 1), NEURAL_OK);
        for (int axis : {0, 1, NEURAL_ALL_AXES}) {
            const Tensor y = result(extreme, x, axis, 0);
            for (double &m : memory) {
                m += 10;
            }
            const Tensor one = result(neural_affine, y.get(), 0.0, 1.0);
            ASSERT_EQ(neural_backward(y.get(), one.get(), 0), NEURAL_OK);
        }
    }
}

TEST(Hostile, SizesBeyondAllMemoryAreRefused) {
    const int64_t huge[] = {INT64_C(1) << 31, INT64_C(1) << 31};
    const Tensor one = leaf({1, 1}, {2});
    EXPECT_EQ(fails(neural_expand, one.get(), 2, huge), NEURAL_ERR_TENSOR_TOO_LARGE);
    float number = 1;
    const int64_t still[] = {0, 0};
    EXPECT_EQ(
        fails(neural_tensor_wrap, &number, 2, huge, still, NEURAL_DTYPE_F32, nullptr, nullptr),
        NEURAL_ERR_TENSOR_TOO_LARGE);
    const int64_t wide[] = {1, INT64_C(1) << 30}, tall[] = {INT64_C(1) << 31, 1};
    const Tensor row = result(neural_expand, one.get(), 2, wide),
                 column = result(neural_expand, one.get(), 2, tall);
    EXPECT_EQ(fails(neural_add, row.get(), column.get()), NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(fails(neural_matmul, column.get(), row.get()), NEURAL_ERR_TENSOR_TOO_LARGE);
}

// A tensor without elements can be seen in any shape without elements.
TEST(Hostile, EmptyTensorsAreContiguous) {
    const int order[] = {2, 0, 1};
    const int64_t flat[] = {0}, cube[] = {5, 0, 7};
    const Tensor x = leaf({2, 0, 3}, {});
    const Tensor turned = result(neural_permute, x.get(), order);
    EXPECT_TRUE(neural_tensor_is_contiguous(turned.get()));
    EXPECT_EQ(neural_tensor_len(result(neural_tensor_view, turned.get(), 1, flat).get()), 0);
    EXPECT_EQ(neural_tensor_len(result(neural_tensor_view, turned.get(), 3, cube).get()), 0);
}

// A small net's gradient descent on its own numbers; the sum of its last weights.
double train(uint64_t seed) {
    const int64_t x_dims[] = {64, 50}, w_dims[] = {200, 50}, v_dims[] = {3, 200};
    neural_tensor *made[4] = {};
    neural_tensor_create(2, x_dims, NEURAL_DTYPE_F32, &made[0]);
    neural_tensor_create(2, w_dims, NEURAL_DTYPE_F32, &made[1]);
    neural_tensor_create(2, v_dims, NEURAL_DTYPE_F32, &made[2]);
    neural_tensor_zeros(1, x_dims, NEURAL_DTYPE_I64, &made[3]);
    const Tensor x(made[0]), w(made[1]), v(made[2]), labels(made[3]);
    for (int i = 0; i < 3; i++) {
        neural_tensor_fill_uniform(made[i], seed + static_cast<uint64_t>(i), -1, 1);
    }
    neural_tensor_set_requires_grad(w.get(), 1);
    neural_tensor_set_requires_grad(v.get(), 1);
    for (int step = 0; step < 10; step++) {
        const Tensor h = result(neural_linear_relu, x.get(), w.get(), nullptr);
        const Tensor d = result(neural_dropout, h.get(), 0.3, seed, static_cast<uint64_t>(step));
        const Tensor logits = result(neural_linear, d.get(), v.get(), nullptr);
        const Tensor loss = result(neural_cross_entropy_loss, logits.get(), labels.get());
        EXPECT_EQ(neural_backward(loss.get(), nullptr, 0), NEURAL_OK);
        for (const Tensor *p : {&w, &v}) {
            const Tensor grad = shared_grad(*p);
            const Tensor now = result(neural_affine, grad.get(), -0.1, 0.0);
            neural_set_grad_enabled(0);
            const Tensor next = result(neural_add, p->get(), now.get());
            neural_set_grad_enabled(1);
            EXPECT_EQ(neural_tensor_copy(p->get(), next.get()), NEURAL_OK);
            clear_grad(*p);
        }
    }
    double total = 0;
    for (double value : values(w.get())) {
        total += value;
    }
    return total;
}

TEST(Hostile, ThreadsTrainTheirOwnNetsAtTheSameTime) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    const double want[] = {train(1), train(2), train(3)};
    ASSERT_EQ(neural_set_num_threads(3), NEURAL_OK);
    double got[3] = {};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; t++) {
        threads.emplace_back([&got, t] { got[t] = train(static_cast<uint64_t>(t) + 1); });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    for (int t = 0; t < 3; t++) {
        EXPECT_EQ(got[t], want[t]);
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
    EXPECT_EQ(neural_node_count(), 0);
}

// Rounding towards zero and flushed denormals in the caller's thread change nothing, and stay.
TEST(Hostile, TheCallersRoundingModeIsHisOwn) {
    const uint32_t hostile = 0xFFC0; // round to zero, FTZ, DAZ, all masked
    const int64_t dims[] = {1000};
    neural_tensor *filled[4] = {}, *tiny[2] = {};
    const Tensor small = make(Array{{2}, {1e-310, 1.1e-40}}, NEURAL_DTYPE_F64);
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            ASSERT_EQ(neural_tensor_create(1, dims, NEURAL_DTYPE_F32, &filled[2 * i + j]),
                      NEURAL_OK);
        }
        if (i) {
            __builtin_ia32_ldmxcsr(hostile);
        }
        const neural_status uniform = neural_tensor_fill_uniform(filled[2 * i], 3, -0.1, 0.1),
                            normal = neural_tensor_fill_normal(filled[2 * i + 1], 3, 0, 0.1),
                            cast = neural_tensor_cast(small.get(), NEURAL_DTYPE_F32, &tiny[i]);
        const uint32_t after = __builtin_ia32_stmxcsr();
        __builtin_ia32_ldmxcsr(NEURAL_MXCSR_DEFAULT);
        EXPECT_EQ(after & ~0x3Fu, i ? hostile : NEURAL_MXCSR_DEFAULT);
        ASSERT_TRUE(!uniform && !normal && !cast);
    }
    const Tensor hold[] = {Tensor(filled[0]), Tensor(filled[1]), Tensor(filled[2]),
                           Tensor(filled[3]), Tensor(tiny[0]),   Tensor(tiny[1])};
    expect_same_bits(filled[0], filled[2]);
    expect_same_bits(filled[1], filled[3]);
    expect_same_bits(tiny[0], tiny[1]);
}

// The sanitizers do not follow threads through fork().
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
TEST(Hostile, AChildTrainsAfterItsParentUsedThreads) {
    ASSERT_EQ(neural_set_num_threads(3), NEURAL_OK);
    const double want = train(4);
    for (int i = 0; i < 3; i++) {
        const pid_t child = fork();
        if (child == 0) {
            alarm(20);
            _exit(train(4) == want ? 0 : 1);
        }
        int status = -1;
        waitpid(child, &status, 0);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        EXPECT_EQ(train(4), want);
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}
#endif

} // namespace

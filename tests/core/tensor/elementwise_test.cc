#include "core/tensor/elementwise.h"

#include <cmath>

#include "tests/core/tensor/tensor_testing.h"

namespace {

using namespace tensor_testing;

double winner(double dy, double first, double second) {
    return first < second ? 0 : first == second ? dy / 2 : dy;
}

// value and partial derivatives times dy, in double; d_right of div goes through y as f32 does.
struct Binary {
    Op op;
    std::function<double(double, double)> value;
    std::function<double(double, double, double)> d_left, d_right;
};

const Binary kBinary[] = {
    {{"add", neural_broadcast_infer, neural_add_forward, neural_add_backward, false},
     [](double l, double r) { return l + r; },
     [](double dy, double, double) { return dy; },
     [](double dy, double, double) { return dy; }},
    {{"sub", neural_broadcast_infer, neural_sub_forward, neural_sub_backward, false},
     [](double l, double r) { return l - r; },
     [](double dy, double, double) { return dy; },
     [](double dy, double, double) { return -dy; }},
    {{"mul", neural_broadcast_infer, neural_mul_forward, neural_mul_backward, false},
     [](double l, double r) { return l * r; },
     [](double dy, double, double r) { return dy * r; },
     [](double dy, double l, double) { return dy * l; }},
    {{"div", neural_broadcast_infer, neural_div_forward, neural_div_backward, false},
     [](double l, double r) { return l / r; },
     [](double dy, double, double r) { return dy / r; },
     [](double dy, double l, double r) { return -dy * l / (r * r); }},
    {{"maximum", neural_broadcast_infer, neural_maximum_forward, neural_maximum_backward, false},
     [](double l, double r) { return l > r ? l : r; },
     [](double dy, double l, double r) { return winner(dy, l, r); },
     [](double dy, double l, double r) { return winner(dy, r, l); }},
    {{"minimum", neural_broadcast_infer, neural_minimum_forward, neural_minimum_backward, false},
     [](double l, double r) { return l < r ? l : r; },
     [](double dy, double l, double r) { return winner(dy, -l, -r); },
     [](double dy, double l, double r) { return winner(dy, -r, -l); }},
};

const Op kAffine = {"affine", neural_same_infer, neural_affine_forward, neural_affine_backward,
                    false};

Dims broadcast(const Dims &lhs, const Dims &rhs) {
    Dims out(std::max(lhs.size(), rhs.size()));
    for (size_t i = 0; i < out.size(); i++) {
        const int64_t l = i < lhs.size() ? lhs[lhs.size() - 1 - i] : 1;
        const int64_t r = i < rhs.size() ? rhs[rhs.size() - 1 - i] : 1;
        out[out.size() - 1 - i] = l == 1 ? r : l;
    }
    return out;
}

// Powers of two with a sign: quotients and sums of them are exact, ties are frequent.
Array random_powers(const Dims &dims, std::mt19937_64 &random) {
    Array array = random_grid(dims, random);
    for (double &x : array.v) {
        x = std::ldexp(random() % 2 ? 1 : -1, static_cast<int>(random() % 4) - 2);
    }
    return array;
}

struct Want {
    Array out, left, right;
};

Want oracle(const Binary &op, const Array &lhs, const Array &rhs, const Array &dy) {
    Want want = {dy,
                 {lhs.dims, std::vector<double>(lhs.v.size(), 0)},
                 {rhs.dims, std::vector<double>(rhs.v.size(), 0)}};
    for (int64_t i = 0; i < dy.len(); i++) {
        const Index index = index_of(i, dy.dims);
        const size_t at = static_cast<size_t>(i);
        const size_t l = static_cast<size_t>(broadcast_position(index, lhs.dims));
        const size_t r = static_cast<size_t>(broadcast_position(index, rhs.dims));
        want.out.v[at] = op.value(lhs.v[l], rhs.v[r]);
        want.left.v[l] += op.d_left(dy.v[at], lhs.v[l], rhs.v[r]);
        want.right.v[r] += op.d_right(dy.v[at], lhs.v[l], rhs.v[r]);
    }
    return want;
}

void check(const Binary &op, const Dims &left, const Dims &right, neural_dtype dtype, Layout l,
           Layout r, std::mt19937_64 &random) {
    const Array lhs = random_powers(left, random), rhs = random_powers(right, random);
    const Array dy = random_powers(broadcast(left, right), random);
    const Want want = oracle(op, lhs, rhs, dy);
    const Tensor a = make(lhs, dtype, l), b = make(rhs, dtype, r), d = make(dy, dtype);
    const Outcome have = run(op.op, {a.get(), b.get()}, {}, d.get());
    ASSERT_EQ(have.status, NEURAL_OK) << neural_last_error();
    SCOPED_TRACE(std::string(op.op.name) + " " + text_of(left) + " " + text_of(right));
    expect_values(have.out.get(), want.out, dtype);
    expect_values(have.grad[0].get(), want.left, dtype);
    expect_values(have.grad[1].get(), want.right, dtype);
}

TEST(Elementwise, BroadcastsInEveryForm) {
    const uint64_t seed = 41;
    std::mt19937_64 random(seed);
    const std::pair<Dims, Dims> forms[] = {{{}, {}},
                                           {{1}, {}},
                                           {{0}, {0}},
                                           {{7, 13}, {7, 13}},
                                           {{7, 13}, {}},
                                           {{7, 13}, {1}},
                                           {{7, 13}, {13}},
                                           {{7, 13}, {7, 1}},
                                           {{1, 13}, {7, 1}},
                                           {{5, 1, 9}, {4, 1}},
                                           {{600, 3}, {3}},
                                           {{3, 600}, {3, 1}},
                                           {{3, 600}, {600}},
                                           {{2, 3, 300}, {3, 1}},
                                           {{2, 1, 300}, {2, 5, 1}},
                                           {{2, 5, 1, 7}, {5, 4, 1}},
                                           {{0, 3}, {1}},
                                           {{1}, {4, 0}},
                                           {{1, 0}, {5, 1}},
                                           {{2, 2, 2, 2, 2, 2, 2, 2}, {2, 1, 2, 1, 2, 1, 2}},
                                           {{20, 1, 24}, {20, 30, 1}}};
    for (const Binary &op : kBinary) {
        for (const auto &form : forms) {
            for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
                for (int layout = 0; layout < kLayouts * kLayouts; layout++) {
                    check(op, form.first, form.second, dtype,
                          static_cast<Layout>(layout / kLayouts),
                          static_cast<Layout>(layout % kLayouts), random);
                }
                check(op, form.second, form.first, dtype, kContiguous, kContiguous, random);
            }
        }
    }
}

TEST(Elementwise, BroadcastsRandomShapes) {
    const uint64_t seed = 20240602;
    std::mt19937_64 random(seed);
    for (int trial = 0; trial < 300; trial++) {
        SCOPED_TRACE("seed " + std::to_string(seed) + ", trial " + std::to_string(trial));
        Dims full(1 + random() % 5), left, right;
        for (int64_t &size : full) {
            size = static_cast<int64_t>(random() % 6 ? 1 + random() % 5 : 0);
        }
        for (int side = 0; side < 2; side++) {
            Dims &dims = side ? right : left;
            dims =
                Dims(full.begin() + static_cast<int64_t>(random() % (full.size() + 1)), full.end());
            for (int64_t &size : dims) {
                size = random() % 3 ? size : 1;
            }
        }
        const Binary &op = kBinary[random() % 6];
        check(op, left, right, random() % 2 ? NEURAL_DTYPE_F32 : NEURAL_DTYPE_F64,
              static_cast<Layout>(random() % kLayouts), static_cast<Layout>(random() % kLayouts),
              random);
    }
}

TEST(Elementwise, DividesCorrectlyRounded) {
    std::mt19937_64 random(5);
    const Array lhs = random_uniform({999}, -4, 4, random),
                rhs = random_uniform({999}, 0.1, 9, random);
    for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        const Tensor a = make(lhs, dtype), b = make(rhs, dtype), dy = make(lhs, dtype);
        const Outcome have = run(kBinary[3].op, {a.get(), b.get()}, {}, dy.get());
        const Want want = oracle(kBinary[3], lhs, rhs, lhs);
        expect_values(have.out.get(), want.out, dtype);
        expect_values(have.grad[0].get(), want.left, dtype);
        expect_values(have.grad[1].get(), want.right, dtype, 2);
    }
}

TEST(Elementwise, NansPassThroughExtremes) {
    const double nan = std::nan("");
    const Array lhs = {{4}, {nan, 1, nan, 2}}, rhs = {{4}, {1, nan, nan, 2}},
                dy = {{4}, {1, 2, 3, 4}};
    for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        const Tensor a = make(lhs, dtype), b = make(rhs, dtype), d = make(dy, dtype);
        for (int op : {4, 5}) {
            const Outcome have = run(kBinary[op].op, {a.get(), b.get()}, {}, d.get());
            expect_values(have.out.get(), {{4}, {nan, nan, nan, 2}}, dtype);
            expect_values(have.grad[0].get(), {{4}, {1, 2, 3, 2}}, dtype);
            expect_values(have.grad[1].get(), {{4}, {1, 2, 3, 2}}, dtype);
        }
    }
}

TEST(Elementwise, InfiniteGradientsOfLosersAreZero) {
    const Tensor a = make({{1}, {1}}, NEURAL_DTYPE_F32), b = make({{1}, {2}}, NEURAL_DTYPE_F32);
    const Tensor dy = make({{1}, {INFINITY}}, NEURAL_DTYPE_F32);
    const Outcome have = run(kBinary[4].op, {a.get(), b.get()}, {}, dy.get());
    EXPECT_EQ(read(have.grad[0].get(), 0), 0);
    EXPECT_EQ(read(have.grad[1].get(), 0), INFINITY);
}

TEST(Elementwise, Affine) {
    std::mt19937_64 random(9);
    neural_op_attrs attrs = {};
    attrs.scalar[0] = -1.5;
    attrs.scalar[1] = 0.25;
    for (const Dims &dims : {Dims{}, Dims{0}, Dims{33, 70}, Dims{2, 3, 4}}) {
        const Array x = random_grid(dims, random), dy = random_grid(dims, random);
        Array want = x, want_grad = dy;
        for (size_t i = 0; i < x.v.size(); i++) {
            want.v[i] = -1.5 * x.v[i] + 0.25;
            want_grad.v[i] = -1.5 * dy.v[i];
        }
        for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
            for (int layout = 0; layout < kLayouts; layout++) {
                const Tensor a = make(x, dtype, static_cast<Layout>(layout)), d = make(dy, dtype);
                const Outcome have = run(kAffine, {a.get()}, attrs, d.get());
                expect_values(have.out.get(), want, dtype);
                expect_values(have.grad[0].get(), want_grad, dtype);
            }
        }
    }
}

TEST(Elementwise, ThreadsDoNotChangeABit) {
    const int64_t before = neural_parallel_count();
    std::mt19937_64 random(13);
    const std::pair<Dims, Dims> forms[] = {{{300, 500}, {300, 500}}, {{300, 500}, {500}},
                                           {{300, 500}, {300, 1}},   {{50000, 3}, {3}},
                                           {{150000}, {}},           {{400, 1, 100}, {3, 1}}};
    for (const auto &form : forms) {
        const Array lhs = random_uniform(form.first, -1, 1, random);
        const Array rhs = random_uniform(form.second, 0.5, 2, random);
        const Array dy = random_uniform(broadcast(form.first, form.second), -1, 1, random);
        for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
            const Tensor a = make(lhs, dtype), b = make(rhs, dtype), d = make(dy, dtype);
            ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
            const Outcome one = run(kBinary[3].op, {a.get(), b.get()}, {}, d.get());
            ASSERT_EQ(neural_set_num_threads(3), NEURAL_OK);
            const Outcome three = run(kBinary[3].op, {a.get(), b.get()}, {}, d.get());
            expect_same_bits(one.out.get(), three.out.get());
            expect_same_bits(one.grad[0].get(), three.grad[0].get());
            expect_same_bits(one.grad[1].get(), three.grad[1].get());
        }
    }
    EXPECT_GT(neural_parallel_count(), before) << "the work was never split";
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

TEST(Elementwise, Refuses) {
    const Op &add = kBinary[0].op;
    const Tensor a = create({2, 3}, NEURAL_DTYPE_F32), b = create({4}, NEURAL_DTYPE_F32);
    const Tensor c = create({3}, NEURAL_DTYPE_F64), i = create({3}, NEURAL_DTYPE_I32);
    EXPECT_EQ(run(add, {a.get(), b.get()}, {}).status, NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "add: [2, 3] and [4] do not broadcast");
    EXPECT_EQ(run(add, {a.get(), c.get()}, {}).status, NEURAL_ERR_DTYPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "add: lhs is f32, rhs is f64");
    EXPECT_EQ(run(add, {a.get(), i.get()}, {}).status, NEURAL_ERR_INVALID_DTYPE);
    EXPECT_STREQ(neural_last_error(), "add: rhs is i32, expected f32 or f64");
    EXPECT_EQ(run(add, {a.get(), nullptr}, {}).status, NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(run(kAffine, {i.get()}, {}).status, NEURAL_ERR_INVALID_DTYPE);
    EXPECT_EQ(run(kAffine, {nullptr}, {}).status, NEURAL_ERR_NULL_POINTER);
    EXPECT_STREQ(neural_last_error(), "affine: x is NULL");
}

TEST(Elementwise, GradientsNobodyWantsAreSkipped) {
    for (const Binary &op : kBinary) {
        neural_op_call call = {};
        const Tensor a = create({2}, NEURAL_DTYPE_F32), dy = create({2}, NEURAL_DTYPE_F32);
        call.in[0] = call.in[1] = call.out = a.get();
        call.grad_out = dy.get();
        EXPECT_EQ(op.op.backward(&call), NEURAL_OK);
    }
}

TEST(Elementwise, FailedAllocationsLeaveNothing) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    for (const Binary &op : kBinary) {
        sweep_failed_allocations([&] {
            neural_tensor *a = nullptr, *b = nullptr, *dy = nullptr;
            const int64_t left[] = {2, 600, 3}, right[] = {600, 1};
            neural_status status = neural_tensor_ones(3, left, NEURAL_DTYPE_F32, &a);
            status = status ? status : neural_tensor_ones(2, right, NEURAL_DTYPE_F32, &b);
            status = status ? status : neural_tensor_ones(3, left, NEURAL_DTYPE_F32, &dy);
            if (!status) {
                status = run(op.op, {a, b}, {}, dy).status;
            }
            neural_tensor_release(a);
            neural_tensor_release(b);
            neural_tensor_release(dy);
            return status;
        });
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

} // namespace

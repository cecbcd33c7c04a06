#include "core/tensor/reduce.h"

#include <cmath>

#include "tests/core/tensor/tensor_testing.h"

namespace {

using namespace tensor_testing;

#define OP(name)                                                                                   \
    { #name, neural_reduce_infer, neural_##name##_forward, neural_##name##_backward, false }
const Op kSum = OP(sum), kMean = OP(mean), kMax = OP(max), kMin = OP(min);
#undef OP

neural_op_attrs along(int64_t axis, bool keepdim) {
    neural_op_attrs attrs = {};
    attrs.integer[0] = axis;
    attrs.integer[1] = keepdim;
    return attrs;
}

struct Want {
    Array out, grad;
};

// Everything in double, one element after the other. `axis` is NEURAL_REDUCE_ALL or >= 0.
Want oracle(const std::string &op, const Array &x, int64_t axis, bool keepdim,
            std::mt19937_64 &random, Array *dy) {
    Dims kept, out_dims;
    int64_t count = 1;
    for (size_t d = 0; d < x.dims.size(); d++) {
        const bool reduced = axis == NEURAL_REDUCE_ALL || axis == static_cast<int64_t>(d);
        kept.push_back(reduced ? 1 : x.dims[d]);
        count *= reduced ? x.dims[d] : 1;
        if (!reduced || keepdim) {
            out_dims.push_back(kept.back());
        }
    }
    const double sign = op == "min" ? -1 : 1;
    Array out{out_dims, std::vector<double>(static_cast<size_t>(len_of(kept)), 0)};
    std::vector<int64_t> best(out.v.size(), -1);
    for (int64_t i = 0; i < x.len(); i++) {
        const auto at = static_cast<size_t>(broadcast_position(index_of(i, x.dims), kept));
        const double value = x.v[static_cast<size_t>(i)];
        out.v[at] += value;
        if (best[at] < 0 || sign * value > sign * x.v[static_cast<size_t>(best[at])]) {
            best[at] = i;
        }
    }
    *dy = random_grid(out_dims, random);
    Array grad{x.dims, std::vector<double>(x.v.size(), 0)};
    for (int64_t i = 0; i < x.len(); i++) {
        const auto at = static_cast<size_t>(broadcast_position(index_of(i, x.dims), kept));
        const bool extreme = op == "max" || op == "min";
        const double factor = extreme ? best[at] == i : op == "mean" ? 1.0 / double(count) : 1;
        grad.v[static_cast<size_t>(i)] = dy->v[at] * factor;
    }
    for (size_t at = 0; at < out.v.size(); at++) {
        if (op == "mean") {
            out.v[at] /= static_cast<double>(count);
        } else if (op != "sum") {
            out.v[at] = x.v[static_cast<size_t>(best[at])];
        }
    }
    return {out, grad};
}

TEST(Reduce, EveryAxisOfManyShapes) {
    const uint64_t seed = 123;
    std::mt19937_64 random(seed);
    const Dims shapes[] = {{},           {1},      {5},        {3, 4},        {1, 7},
                           {2, 3, 4, 5}, {700, 3}, {3, 700},   {2, 1500, 3},  {33000},
                           {2, 5000},    {5, 0},   {1025, 64}, {2, 2, 17000}, {20000, 2}};
    for (const Op *op : {&kSum, &kMean, &kMax, &kMin}) {
        for (const Dims &dims : shapes) {
            const Array x = random_grid(dims, random);
            std::vector<int64_t> axes = {NEURAL_REDUCE_ALL};
            for (size_t d = 0; d < dims.size(); d++) {
                axes.push_back(static_cast<int64_t>(d));
            }
            for (int64_t axis : axes) {
                const int64_t count =
                    axis == NEURAL_REDUCE_ALL ? len_of(dims) : dims[static_cast<size_t>(axis)];
                if (count == 0 && op != &kSum) {
                    continue;
                }
                for (int form = 0; form < 4; form++) {
                    SCOPED_TRACE(std::string(op->name) + text_of(dims) + " over " +
                                 std::to_string(axis) + ", seed " + std::to_string(seed));
                    const bool keepdim = form & 1;
                    const neural_dtype dtype = form & 2 ? NEURAL_DTYPE_F32 : NEURAL_DTYPE_F64;
                    Array dy;
                    const Want want = oracle(op->name, x, axis, keepdim, random, &dy);
                    const int64_t asked = axis == NEURAL_REDUCE_ALL || form % 3
                                              ? axis
                                              : axis - static_cast<int64_t>(dims.size());
                    const Tensor a = make(x, dtype, static_cast<Layout>(form % kLayouts));
                    const Tensor d = make(dy, dtype);
                    const Outcome have = run(*op, {a.get()}, along(asked, keepdim), d.get());
                    ASSERT_EQ(have.status, NEURAL_OK) << neural_last_error();
                    const double ulps = op == &kMean ? 1 : 0;
                    expect_values(have.out.get(), want.out, dtype, ulps);
                    expect_values(have.grad[0].get(), want.grad, dtype, ulps);
                }
            }
        }
    }
}

TEST(Reduce, EmptySumsMeansAndExtremes) {
    const Tensor x = create({0, 3}, NEURAL_DTYPE_F32), none = create({0}, NEURAL_DTYPE_F64);
    const Tensor dy = make({{3}, {1, 2, 3}}, NEURAL_DTYPE_F32);
    const Outcome sum = run(kSum, {x.get()}, along(0, false), dy.get());
    expect_values(sum.out.get(), {{3}, {0, 0, 0}}, NEURAL_DTYPE_F32);
    EXPECT_EQ(neural_tensor_len(sum.grad[0].get()), 0);
    const Outcome mean = run(kMean, {none.get()}, along(NEURAL_REDUCE_ALL, false));
    EXPECT_TRUE(std::isnan(read(mean.out.get(), 0)));
    EXPECT_EQ(run(kMax, {x.get()}, along(0, false)).status, NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(),
                 "max: x is [0, 3], there is nothing to choose from along the axis");
    EXPECT_EQ(run(kMin, {none.get()}, along(NEURAL_REDUCE_ALL, true)).status,
              NEURAL_ERR_INVALID_ARGUMENT);
    const Outcome rows = run(kMax, {x.get()}, along(1, false));
    EXPECT_EQ(rows.status, NEURAL_OK);
    EXPECT_EQ(neural_tensor_len(rows.out.get()), 0);
}

TEST(Reduce, Refuses) {
    const Tensor x = create({2, 3}, NEURAL_DTYPE_F32), whole = create({2}, NEURAL_DTYPE_I64);
    for (int64_t axis : {int64_t{2}, int64_t{-3}, INT64_MIN, INT64_MAX}) {
        EXPECT_EQ(run(kSum, {x.get()}, along(axis, false)).status, NEURAL_ERR_INVALID_ARGUMENT);
    }
    EXPECT_EQ(run(kSum, {x.get()}, along(2, false)).status, NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "sum: x is [2, 3], there is no axis 2");
    EXPECT_EQ(run(kSum, {whole.get()}, along(0, false)).status, NEURAL_ERR_INVALID_DTYPE);
    EXPECT_EQ(run(kSum, {nullptr}, along(0, false)).status, NEURAL_ERR_NULL_POINTER);
}

TEST(Reduce, NansAndInfinities) {
    const double nan = std::nan("");
    const Array x = {{3, 3}, {1, nan, 2, INFINITY, 1, -INFINITY, -3, -2, -1}};
    for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        const Tensor a = make(x, dtype), d = make({{3}, {4, 5, 6}}, dtype);
        const Outcome max = run(kMax, {a.get()}, along(1, false), d.get());
        expect_values(max.out.get(), {{3}, {nan, INFINITY, -1}}, dtype);
        expect_values(max.grad[0].get(), {{3, 3}, {0, 4, 0, 5, 0, 0, 0, 0, 6}}, dtype);
        const Outcome min = run(kMin, {a.get()}, along(0, false), d.get());
        expect_values(min.out.get(), {{3}, {-3, nan, -INFINITY}}, dtype);
        expect_values(min.grad[0].get(), {{3, 3}, {0, 5, 0, 0, 0, 6, 4, 0, 0}}, dtype);
    }
}

TEST(Reduce, LongSumsAreAccurate) {
    std::mt19937_64 random(17);
    for (const Dims &dims : {Dims{1000003}, Dims{500001, 2}}) {
        const Array x = random_uniform(dims, 0, 1, random);
        const int64_t cols = dims.size() == 2 ? 2 : 1;
        std::vector<double> want(static_cast<size_t>(cols), 0);
        for (int64_t i = 0; i < x.len(); i++) {
            want[static_cast<size_t>(i % cols)] += x.v[static_cast<size_t>(i)];
        }
        const Tensor a = make(x, NEURAL_DTYPE_F32);
        const Outcome have = run(kSum, {a.get()}, along(0, false));
        for (int64_t c = 0; c < cols; c++) {
            const double exact = want[static_cast<size_t>(c)];
            EXPECT_NEAR(read(have.out.get(), c), exact, 3e-6 * exact);
        }
    }
}

TEST(Reduce, ThreadsDoNotChangeABit) {
    const int64_t before = neural_parallel_count();
    std::mt19937_64 random(23);
    for (const Dims &dims : {Dims{1000003}, Dims{70001, 3}, Dims{3, 70001}, Dims{5, 700, 41},
                             Dims{2, 2, 40000}, Dims{600, 9000}}) {
        const Array x = random_uniform(dims, -1, 1, random);
        for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
            const Tensor a = make(x, dtype);
            for (int64_t axis = -1; axis < static_cast<int64_t>(dims.size()); axis++) {
                const neural_op_attrs attrs = along(axis < 0 ? NEURAL_REDUCE_ALL : axis, false);
                ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
                const Outcome one = run(kSum, {a.get()}, attrs), top = run(kMax, {a.get()}, attrs);
                ASSERT_EQ(neural_set_num_threads(3), NEURAL_OK);
                const Outcome three = run(kSum, {a.get()}, attrs);
                expect_same_bits(one.out.get(), three.out.get());
                expect_same_bits(top.out.get(), run(kMax, {a.get()}, attrs).out.get());
            }
        }
    }
    EXPECT_GT(neural_parallel_count(), before) << "the work was never split";
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

TEST(Reduce, FailedAllocationsLeaveNothing) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    for (const Op *op : {&kSum, &kMean, &kMax, &kMin}) {
        sweep_failed_allocations([&] {
            neural_tensor *x = nullptr, *view = nullptr, *dy = nullptr;
            const int64_t dims[] = {2, 20000};
            const int order[] = {1, 0};
            neural_status status = neural_tensor_ones(2, dims, NEURAL_DTYPE_F32, &x);
            status = status ? status : neural_tensor_permute(x, order, &view);
            status = status ? status : neural_tensor_ones(1, dims, NEURAL_DTYPE_F32, &dy);
            if (!status) {
                status = run(*op, {view}, along(0, false), dy).status;
            }
            for (neural_tensor *tensor : {x, view, dy}) {
                neural_tensor_release(tensor);
            }
            return status;
        });
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

} // namespace

// What conv2d and its gradients should be: the definition, element by element, in double.
#ifndef TESTS_CORE_TENSOR_CONV2D_ORACLE_H_
#define TESTS_CORE_TENSOR_CONV2D_ORACLE_H_

#include <random>
#include <string>
#include <vector>

#include "core/autograd/conv_ops.h"
#include "tests/core/autograd/autograd_testing.h"

namespace conv2d_oracle {

using namespace autograd_testing;

struct Case {
    Dims x;
    int64_t filters, kernel_h, kernel_w;
    neural_conv_options options;
    bool bias;

    Dims weight() const { return {filters, x[1] / options.groups, kernel_h, kernel_w}; }
    int64_t out_size(size_t axis) const {
        const int64_t kernel = axis == 0 ? kernel_h : kernel_w;
        const int64_t in = x[2 + axis] + options.pad[axis] + options.pad[2 + axis];
        return (in - options.dilation[axis] * (kernel - 1) - 1) / options.stride[axis] + 1;
    }
    Dims y() const { return {x[0], filters, out_size(0), out_size(1)}; }
    std::string text() const {
        std::string all = text_of(x) + " * " + text_of(weight());
        const neural_conv_options &o = options;
        for (const int64_t n : {o.stride[0], o.stride[1], o.pad[0], o.pad[1], o.pad[2], o.pad[3],
                                o.dilation[0], o.dilation[1], o.groups, int64_t(o.relu)}) {
            all += " " + std::to_string(n);
        }
        return all + (bias ? " bias" : "");
    }
};

struct Oracle {
    Array y, dx, dweight, dbias;
};

// One product of the definition: y at `out` takes x at `in` times weight at `tap`.
template <typename Body> void for_each_product(const Case &test, Body body) {
    const neural_conv_options &o = test.options;
    const Dims y = test.y(), w = test.weight(), &x = test.x;
    const int64_t group_filters = test.filters / o.groups;
    for (int64_t n = 0; n < y[0]; n++) {
        for (int64_t f = 0; f < y[1]; f++) {
            for (int64_t i = 0; i < y[2] * y[3]; i++) {
                const int64_t row = i / y[3], column = i % y[3];
                const int64_t out = (n * y[1] + f) * y[2] * y[3] + i;
                for (int64_t t = 0; t < w[1] * w[2] * w[3]; t++) {
                    const int64_t c = t / (w[2] * w[3]) + f / group_filters * w[1];
                    const int64_t p = t / w[3] % w[2], q = t % w[3];
                    const int64_t r = row * o.stride[0] + p * o.dilation[0] - o.pad[0];
                    const int64_t s = column * o.stride[1] + q * o.dilation[1] - o.pad[1];
                    if (r >= 0 && r < x[2] && s >= 0 && s < x[3]) {
                        body(static_cast<size_t>(out),
                             static_cast<size_t>(((n * x[1] + c) * x[2] + r) * x[3] + s),
                             static_cast<size_t>(f * w[1] * w[2] * w[3] + t));
                    }
                }
            }
        }
    }
}

inline Array zeros(const Dims &dims) {
    return {dims, std::vector<double>(static_cast<size_t>(len_of(dims)), 0)};
}

inline Oracle oracle(const Case &test, const Array &x, const Array &w, const Array &b,
                     const Array &dy) {
    Oracle want{zeros(test.y()), zeros(test.x), zeros(test.weight()), zeros({test.filters})};
    const auto pixels = static_cast<size_t>(want.y.dims[2] * want.y.dims[3]);
    const auto filters = static_cast<size_t>(test.filters);
    for_each_product(
        test, [&](size_t out, size_t in, size_t tap) { want.y.v[out] += x.v[in] * w.v[tap]; });
    Array dz = dy;
    for (size_t i = 0; i < want.y.v.size(); i++) {
        const size_t f = i / pixels % filters;
        want.y.v[i] += test.bias ? b.v[f] : 0;
        if (test.options.relu && want.y.v[i] <= 0) {
            want.y.v[i] = dz.v[i] = 0;
        }
        want.dbias.v[f] += dz.v[i];
    }
    for_each_product(test, [&](size_t out, size_t in, size_t tap) {
        want.dx.v[in] += dz.v[out] * w.v[tap];
        want.dweight.v[tap] += dz.v[out] * x.v[in];
    });
    return want;
}

} // namespace conv2d_oracle

#endif // TESTS_CORE_TENSOR_CONV2D_ORACLE_H_

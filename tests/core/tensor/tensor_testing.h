// What the tests of core/tensor share: tensors from plain arrays in any memory layout, and ops run
// by hand. Nothing here reads a tensor through the library.
#ifndef TESTS_CORE_TENSOR_TENSOR_TESTING_H_
#define TESTS_CORE_TENSOR_TENSOR_TESTING_H_

#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/op.h"
#include "core/tensor/storage.h"
#include "tests/core/tensor/array.h"

namespace tensor_testing {

struct Release {
    void operator()(neural_tensor *tensor) const { neural_tensor_release(tensor); }
};
using Tensor = std::unique_ptr<neural_tensor, Release>;

enum Layout { kContiguous, kReversed, kSliced, kLayouts };

inline int64_t offset_of(const neural_tensor *tensor, int64_t i) {
    const int64_t *dims = neural_tensor_dims(tensor), *strides = neural_tensor_strides(tensor);
    int64_t offset = 0;
    for (int d = neural_tensor_ndim(tensor) - 1; d >= 0; d--) {
        offset += i % dims[d] * strides[d];
        i /= dims[d];
    }
    return offset;
}

inline double read(const neural_tensor *tensor, int64_t i) {
    const int64_t at = offset_of(tensor, i);
    return neural_tensor_dtype(tensor) == NEURAL_DTYPE_F32 ? neural_tensor_f32(tensor)[at]
                                                           : neural_tensor_f64(tensor)[at];
}

inline Array to_array(const neural_tensor *tensor) {
    const int64_t *dims = neural_tensor_dims(tensor);
    Array array{Dims(dims, dims + neural_tensor_ndim(tensor)), {}};
    for (int64_t i = 0; i < len_of(array.dims); i++) {
        array.v.push_back(read(tensor, i));
    }
    return array;
}

inline void write(neural_tensor *tensor, const Array &array) {
    for (int64_t i = 0; i < array.len(); i++) {
        const int64_t at = offset_of(tensor, i);
        const double x = array.v[static_cast<size_t>(i)];
        if (neural_tensor_dtype(tensor) == NEURAL_DTYPE_F32) {
            neural_tensor_f32(tensor)[at] = static_cast<float>(x);
        } else {
            neural_tensor_f64(tensor)[at] = x;
        }
    }
}

inline Tensor create(const Dims &dims, neural_dtype dtype) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_tensor_create(static_cast<int>(dims.size()), dims.data(), dtype, &out),
              NEURAL_OK)
        << neural_last_error();
    return Tensor(out);
}

// Empty memory of the given layout.
inline Tensor create_laid_out(const Dims &dims, neural_dtype dtype, Layout layout) {
    neural_tensor *out = nullptr;
    const int ndim = static_cast<int>(dims.size());
    if (layout == kReversed) {
        const Tensor base = create(Dims(dims.rbegin(), dims.rend()), dtype);
        int order[NEURAL_MAX_DIMS];
        for (int d = 0; d < ndim; d++) {
            order[d] = ndim - 1 - d;
        }
        EXPECT_EQ(neural_tensor_permute(base.get(), order, &out), NEURAL_OK);
        return Tensor(out);
    }
    if (layout == kSliced && ndim > 0) {
        Dims wide = dims;
        wide.back() = 2 * wide.back() + 1;
        const Tensor base = create(wide, dtype);
        EXPECT_EQ(neural_tensor_slice(base.get(), ndim - 1, 1, dims.back(), 2, &out), NEURAL_OK);
        return Tensor(out);
    }
    return create(dims, dtype);
}

inline Tensor make(const Array &array, neural_dtype dtype, Layout layout = kContiguous) {
    Tensor tensor = create_laid_out(array.dims, dtype, layout);
    write(tensor.get(), array);
    return tensor;
}

// x as the dtype holds it.
inline double rounded(double x, neural_dtype dtype) {
    return dtype == NEURAL_DTYPE_F32 ? static_cast<double>(static_cast<float>(x)) : x;
}

struct Op {
    const char *name;
    neural_op_infer *infer;
    neural_op_forward *forward;
    neural_op_backward *backward;
    bool is_view;
};

struct Outcome {
    neural_status status;
    Tensor out;
    std::vector<Tensor> grad;
};

// infer and forward; with dy also backward, the gradients filled with garbage before.
inline Outcome run(const Op &op, const std::vector<neural_tensor *> &in,
                   const neural_op_attrs &attrs, neural_tensor *dy = nullptr) {
    neural_op_call call = {};
    Outcome outcome = {};
    call.name = op.name;
    call.inputs = static_cast<int>(in.size());
    call.attrs = attrs;
    for (size_t i = 0; i < in.size(); i++) {
        call.in[i] = in[i];
    }
    neural_shape shape;
    outcome.status = op.infer(&call, &shape);
    if (outcome.status) {
        return outcome;
    }
    if (!op.is_view) {
        outcome.status = neural_tensor_like_shape(&shape, in[0]->dtype, &call.out);
        if (outcome.status) {
            return outcome;
        }
        memset(call.out->data, 0xFF, static_cast<size_t>(neural_tensor_bytes(call.out)));
    }
    outcome.status = op.forward(&call);
    outcome.out.reset(call.out);
    if (outcome.status || !dy) {
        return outcome;
    }
    EXPECT_TRUE(neural_shape_equal(&shape, &call.out->shape));
    EXPECT_TRUE(neural_shape_equal(&dy->shape, &call.out->shape));
    call.grad_out = dy;
    for (size_t i = 0; i < in.size() && !outcome.status; i++) {
        neural_tensor *grad = nullptr;
        outcome.status = neural_tensor_like_shape(&in[i]->shape, in[i]->dtype, &grad);
        if (!outcome.status) {
            memset(grad->data, 0xFF, static_cast<size_t>(neural_tensor_bytes(grad)));
        }
        outcome.grad.emplace_back(grad);
        call.grad_in[i] = grad;
    }
    if (!outcome.status) {
        outcome.status = op.backward(&call);
    }
    return outcome;
}

inline void expect_same_bits(const neural_tensor *lhs, const neural_tensor *rhs) {
    ASSERT_EQ(neural_tensor_bytes(lhs), neural_tensor_bytes(rhs));
    EXPECT_EQ(memcmp(lhs->data, rhs->data, static_cast<size_t>(neural_tensor_bytes(lhs))), 0);
}

// Equal numbers (NaN equal to NaN), or within `ulps` units of the dtype.
inline void expect_values(const neural_tensor *have, const Array &want, neural_dtype dtype,
                          double ulps = 0, double absolute = 0) {
    const Array got = to_array(have);
    ASSERT_EQ(got.dims, want.dims);
    const double eps = dtype == NEURAL_DTYPE_F32 ? 0x1p-23 : 0x1p-52;
    for (size_t i = 0; i < got.v.size(); i++) {
        const double w = rounded(want.v[i], dtype), g = got.v[i];
        if (g == w || (g != g && w != w)) {
            continue;
        }
        ASSERT_LE(std::abs(g - w), ulps * eps * std::abs(w) + absolute)
            << "element " << i << " is " << g << ", expected " << w;
    }
}

// Makes every allocation of body() fail in turn: each time OUT_OF_MEMORY and nothing left behind.
inline void sweep_failed_allocations(const std::function<neural_status()> &body) {
    ASSERT_EQ(body(), NEURAL_OK) << neural_last_error();
    neural_pool_trim();
    const int64_t before = neural_alloc_bytes();
    int failures = 0;
    for (int n = 1; n < 1000; n++) {
        neural_alloc_fail_at(n);
        const neural_status status = body();
        neural_alloc_fail_at(0);
        neural_pool_trim();
        ASSERT_EQ(neural_alloc_bytes(), before) << "allocation " << n;
        if (status == NEURAL_OK) {
            break;
        }
        failures++;
        ASSERT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY) << "allocation " << n;
        ASSERT_EQ(neural_last_error_code(), NEURAL_ERR_OUT_OF_MEMORY);
    }
    EXPECT_GT(failures, 0);
}

} // namespace tensor_testing

#endif // TESTS_CORE_TENSOR_TENSOR_TESTING_H_

#include "core/tensor/parameter.h"

#include <cmath>

#include "tests/core/tensor/tensor_testing.h"

namespace {

using namespace tensor_testing;

struct Destroy {
    void operator()(neural_parameter *parameter) const { neural_parameter_destroy(parameter); }
    void operator()(neural_parameters *parameters) const { neural_parameters_destroy(parameters); }
};
using Parameter = std::unique_ptr<neural_parameter, Destroy>;
using Parameters = std::unique_ptr<neural_parameters, Destroy>;

Parameter parameter(const char *name, const Dims &dims, neural_dtype dtype = NEURAL_DTYPE_F32) {
    neural_parameter *out = nullptr;
    EXPECT_EQ(
        neural_parameter_create(name, static_cast<int>(dims.size()), dims.data(), dtype, 0, &out),
        NEURAL_OK);
    return Parameter(out);
}

Tensor bytes(const Dims &dims, const std::vector<uint8_t> &values) {
    Tensor out = create(dims, NEURAL_DTYPE_U8);
    std::copy(values.begin(), values.end(), static_cast<uint8_t *>(neural_tensor_data(out.get())));
    return out;
}

TEST(Parameter, IsZeroAndWantsAGradient) {
    neural_parameter *out = nullptr;
    const int64_t dims[] = {3, 1000};
    ASSERT_EQ(neural_parameter_create("0.weight", 2, dims, NEURAL_DTYPE_F64,
                                      NEURAL_PARAMETER_NO_DECAY, &out),
              NEURAL_OK);
    const Parameter owned(out);
    EXPECT_STREQ(out->name, "0.weight");
    EXPECT_EQ(out->flags, static_cast<uint32_t>(NEURAL_PARAMETER_NO_DECAY));
    EXPECT_TRUE(out->value->requires_grad);
    EXPECT_EQ(out->value->grad, out->grad);
    EXPECT_EQ(out->mask, nullptr);
    expect_values(out->value, {{3, 1000}, std::vector<double>(3000, 0)}, NEURAL_DTYPE_F64);
    expect_values(out->grad, {{3, 1000}, std::vector<double>(3000, 0)}, NEURAL_DTYPE_F64);
}

TEST(Parameter, Refuses) {
    neural_parameter *out = nullptr;
    const int64_t dims[] = {3}, negative[] = {-3};
    const std::string longest(NEURAL_PARAMETER_NAME_BYTES - 1, 'n'), longer = longest + "n";
    EXPECT_EQ(neural_parameter_create(nullptr, 1, dims, NEURAL_DTYPE_F32, 0, &out),
              NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_parameter_create("w", 1, dims, NEURAL_DTYPE_F32, 0, nullptr),
              NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_parameter_create("w", 1, dims, NEURAL_DTYPE_I32, 0, &out),
              NEURAL_ERR_INVALID_DTYPE);
    EXPECT_STREQ(neural_last_error(), "parameter_create: \"w\" is i32, expected f32 or f64");
    EXPECT_EQ(neural_parameter_create("w", 1, negative, NEURAL_DTYPE_F32, 0, &out),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_parameter_create(longer.c_str(), 1, dims, NEURAL_DTYPE_F32, 0, &out),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(parameter(longest.c_str(), {1})->name, longest);
    neural_parameter_destroy(nullptr);
}

TEST(Parameter, MasksPruneExactly) {
    for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        const Parameter p = parameter("w", {2, 3}, dtype);
        write(p->value, {{2, 3}, {-1, NAN, INFINITY, -0.0, 5, -6}});
        write(p->grad, {{2, 3}, {1, 2, NAN, 4, 5, -6}});
        neural_parameter_apply_mask(p.get()); // none: nothing happens
        EXPECT_EQ(read(p->value, 0), -1);
        const Tensor mask = bytes({2, 3}, {0, 0, 0, 0, 1, 1});
        ASSERT_EQ(neural_parameter_set_mask(p.get(), mask.get()), NEURAL_OK);
        const std::vector<double> kept = {0, 0, 0, 0, 5, -6};
        for (int times = 0; times < 2; times++) {
            neural_parameter_apply_mask(p.get());
            neural_parameter_mask_grad(p.get());
            for (int64_t i = 0; i < 6; i++) {
                const double value = read(p->value, i), want = kept[(size_t)i];
                EXPECT_TRUE(value == want && std::signbit(value) == (i == 5)) << i;
                EXPECT_EQ(read(p->grad, i), want) << i;
            }
        }
        ASSERT_EQ(neural_parameter_set_mask(p.get(), nullptr), NEURAL_OK);
        EXPECT_EQ(p->mask, nullptr);
    }
}

TEST(Parameter, RefusesMasksThatDoNotFit) {
    const Parameter p = parameter("w", {2, 3});
    const Tensor shape = bytes({3, 2}, {1, 1, 1, 1, 1, 1});
    const Tensor dtype = make({{2, 3}, {1, 1, 1, 1, 1, 1}}, NEURAL_DTYPE_F32);
    const Tensor two = bytes({2, 3}, {1, 1, 2, 1, 1, 1});
    EXPECT_EQ(neural_parameter_set_mask(nullptr, shape.get()), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_parameter_set_mask(p.get(), shape.get()), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(),
                 "parameter_set_mask: the mask of w is [3, 2], expected [2, 3], contiguous");
    EXPECT_EQ(neural_parameter_set_mask(p.get(), dtype.get()), NEURAL_ERR_INVALID_DTYPE);
    EXPECT_EQ(neural_parameter_set_mask(p.get(), two.get()), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(p->mask, nullptr);
}

TEST(Parameters, MoveIntoOneVectorWithTheirNumbers) {
    std::mt19937_64 random(3);
    for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        const int64_t line = 64 / neural_dtype_bytes(dtype);
        const std::vector<Dims> dims = {{3, 5}, {line}, {}, {0}, {2000, 3}, {1}};
        std::vector<Parameter> owned;
        std::vector<neural_parameter *> item;
        std::vector<Array> values, grads;
        std::vector<Tensor> old_views;
        for (const Dims &d : dims) {
            owned.push_back(parameter("p", d, dtype));
            item.push_back(owned.back().get());
            values.push_back(random_grid(d, random));
            grads.push_back(random_grid(d, random));
            write(item.back()->value, values.back());
            write(item.back()->grad, grads.back());
            neural_tensor *view = nullptr;
            ASSERT_EQ(
                neural_tensor_view(item.back()->value, static_cast<int>(d.size()), d.data(), &view),
                NEURAL_OK);
            old_views.emplace_back(view);
        }
        neural_parameters *out = nullptr;
        ASSERT_EQ(neural_parameters_create(item.data(), static_cast<int>(item.size()), &out),
                  NEURAL_OK);
        Parameters flat(out);
        int64_t len = 0;
        for (const Dims &d : dims) {
            len += (len_of(d) + line - 1) / line * line;
        }
        EXPECT_EQ(out->len, len);
        double held = 0, expected = 0;
        for (size_t i = 0; i < dims.size(); i++) {
            EXPECT_EQ(out->offset[i] % line, 0);
            EXPECT_EQ(neural_tensor_data(item[i]->value),
                      static_cast<char *>(neural_tensor_data(out->values)) +
                          out->offset[i] * neural_dtype_bytes(dtype));
            expect_values(item[i]->value, values[i], dtype);
            expect_values(item[i]->grad, grads[i], dtype);
            expect_values(old_views[i].get(), values[i], dtype);
            EXPECT_EQ(item[i]->value->grad, item[i]->grad);
            for (double x : values[i].v) {
                expected += std::abs(x);
            }
        }
        for (double x : to_array(out->values).v) {
            held += std::abs(x);
        }
        EXPECT_EQ(held, expected) << "padding is not zero";
        ASSERT_EQ(neural_parameters_zero_grad(out), NEURAL_OK);
        expect_values(item[0]->grad, {dims[0], std::vector<double>(15, 0)}, dtype);
        const uint32_t version = neural_tensor_version(item[0]->value);
        ASSERT_EQ(neural_tensor_fill(out->values, 1), NEURAL_OK);
        EXPECT_GT(neural_tensor_version(item[0]->value), version);
        flat.reset();
        expect_values(item[0]->value, {dims[0], std::vector<double>(15, 1)}, dtype);
    }
}

TEST(Parameter, ABufferHasNoGradientAndStaysAmongBuffers) {
    neural_parameter *made = nullptr;
    const int64_t len = 3;
    ASSERT_EQ(
        neural_parameter_create("mean", 1, &len, NEURAL_DTYPE_F32, NEURAL_PARAMETER_BUFFER, &made),
        NEURAL_OK);
    const Parameter buffer(made), weight = parameter("weight", {3});
    EXPECT_EQ(made->grad, nullptr);
    EXPECT_FALSE(made->value->requires_grad);
    neural_parameter *mixed[] = {weight.get(), made};
    neural_parameters *out = nullptr;
    EXPECT_EQ(neural_parameters_create(mixed, 2, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(),
                 "parameters_create: \"weight\" and \"mean\" are not both buffers");
    ASSERT_EQ(neural_parameters_create(&made, 1, &out), NEURAL_OK);
    const Parameters flat(out);
    EXPECT_EQ(out->len, 16);
    EXPECT_EQ(out->grads->len, 0);
    EXPECT_EQ(neural_parameters_zero_grad(out), NEURAL_OK);
}

TEST(Parameters, EmptyAndBadLists) {
    neural_parameters *out = nullptr;
    ASSERT_EQ(neural_parameters_create(nullptr, 0, &out), NEURAL_OK);
    EXPECT_EQ(out->len, 0);
    EXPECT_EQ(neural_parameters_zero_grad(out), NEURAL_OK);
    neural_parameters_destroy(out);
    neural_parameters_destroy(nullptr);
    out = nullptr;
    const Parameter a = parameter("a", {2}), b = parameter("b", {2}, NEURAL_DTYPE_F64);
    neural_parameter *mixed[] = {a.get(), b.get()}, *twice[] = {a.get(), a.get()},
                     *hole[] = {a.get(), nullptr};
    EXPECT_EQ(neural_parameters_create(mixed, 2, &out), NEURAL_ERR_DTYPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "parameters_create: \"a\" is f32, \"b\" is f64");
    EXPECT_EQ(neural_parameters_create(twice, 2, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_parameters_create(hole, 2, &out), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_parameters_create(nullptr, 1, &out), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_parameters_create(mixed, -1, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_parameters_zero_grad(nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(out, nullptr);
}

TEST(Parameters, GatherTensorsThatExist) {
    const Tensor a = make({{2, 3}, {1, 2, 3, 4, 5, 6}}, NEURAL_DTYPE_F64, kReversed);
    const Tensor b = make({{2}, {7, 8}}, NEURAL_DTYPE_F64, kContiguous);
    const Tensor plain = create({2}, NEURAL_DTYPE_F64), other = create({2}, NEURAL_DTYPE_F32);
    a->requires_grad = b->requires_grad = other->requires_grad = 1;
    Tensor grad = make({{2}, {9, 10}}, NEURAL_DTYPE_F64, kContiguous);
    b->grad = neural_tensor_retain(grad.get());
    neural_tensor *const tensors[] = {a.get(), b.get()};
    const char *const names[] = {"a", nullptr};
    neural_parameters *out = nullptr;
    ASSERT_EQ(neural_parameters_gather(tensors, names, 2, &out), NEURAL_OK);
    EXPECT_EQ(out->len, 16);
    EXPECT_STREQ(out->item[0]->name, "a");
    EXPECT_STREQ(out->item[1]->name, "parameter 1");
    EXPECT_EQ(read(out->values, 5), 6);
    EXPECT_EQ(read(out->values, 9), 8);
    EXPECT_EQ(read(out->grads, 9), 10);
    EXPECT_EQ(b->grad, grad.get());
    expect_values(a.get(), {{2, 3}, {1, 2, 3, 4, 5, 6}}, NEURAL_DTYPE_F64);
    expect_values(a->grad, {{2, 3}, std::vector<double>(6, 0)}, NEURAL_DTYPE_F64);
    ASSERT_EQ(neural_tensor_fill(out->values, 5), NEURAL_OK);
    neural_parameters_destroy(out);
    expect_values(b.get(), {{2}, {5, 5}}, NEURAL_DTYPE_F64);
    neural_tensor *const bad[][2] = {
        {a.get(), plain.get()}, {a.get(), other.get()}, {a.get(), a.get()}, {a.get(), nullptr}};
    const neural_status want[] = {NEURAL_ERR_INVALID_ARGUMENT, NEURAL_ERR_DTYPE_MISMATCH,
                                  NEURAL_ERR_INVALID_ARGUMENT, NEURAL_ERR_NULL_POINTER};
    for (int i = 0; i < 4; i++) {
        EXPECT_EQ(neural_parameters_gather(bad[i], nullptr, 2, &out), want[i]) << i;
    }
    sweep_failed_allocations([&tensors] {
        neural_parameters *flat = nullptr;
        const neural_status status = neural_parameters_gather(tensors, nullptr, 2, &flat);
        neural_parameters_destroy(flat);
        return status;
    });
}

TEST(Parameters, FailedAllocationsLeaveEverythingWhereItWas) {
    sweep_failed_allocations([] {
        neural_parameter *item[2] = {nullptr, nullptr};
        neural_parameters *flat = nullptr;
        const int64_t small[] = {3}, large[] = {3000};
        neural_status status =
            neural_parameter_create("s", 1, small, NEURAL_DTYPE_F32, 0, &item[0]);
        if (!status) {
            status = neural_parameter_create("l", 1, large, NEURAL_DTYPE_F32, 0, &item[1]);
        }
        if (!status) {
            EXPECT_EQ(neural_tensor_fill(item[1]->value, 4), NEURAL_OK);
            void *data = neural_tensor_data(item[1]->value);
            status = neural_parameters_create(item, 2, &flat);
            EXPECT_EQ(read(item[1]->value, 2999), 4);
            EXPECT_EQ(neural_tensor_data(item[1]->value) == data, status != NEURAL_OK);
        }
        neural_parameters_destroy(flat);
        neural_parameter_destroy(item[0]);
        neural_parameter_destroy(item[1]);
        return status;
    });
}

} // namespace

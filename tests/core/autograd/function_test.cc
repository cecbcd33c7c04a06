#include "core/autograd/function.h"

#include "tests/core/autograd/autograd_testing.h"

namespace {

using namespace autograd_testing;

/* y = 3 a b, with gradients written by the callback. */
struct Triple {
    std::vector<double> a, b;
    int released = 0, calls = 0;
    neural_status status = NEURAL_OK;
    bool wants[2] = {false, false};
};

neural_status triple_backward(void *context, neural_tensor *grad_out, neural_tensor *const *grad_in,
                              int count) {
    Triple *self = static_cast<Triple *>(context);
    EXPECT_EQ(count, 2);
    self->calls++;
    const std::vector<double> g = values(grad_out);
    for (int i = 0; i < 2; i++) {
        self->wants[i] = grad_in[i] != nullptr;
        if (grad_in[i]) {
            EXPECT_EQ(values(grad_in[i]), std::vector<double>(g.size(), 0.0));
            Array gradient = to_array(grad_in[i]);
            for (size_t k = 0; k < g.size(); k++) {
                gradient.v[k] = 3 * g[k] * (i ? self->a : self->b)[k];
            }
            write(grad_in[i], gradient);
        }
    }
    return self->status ? neural_error(self->status, "the callback says no") : NEURAL_OK;
}

void triple_release(void *context) {
    static_cast<Triple *>(context)->released++;
}

Tensor constant(const Dims &dims, const std::vector<double> &numbers) {
    return make(Array{dims, numbers}, NEURAL_DTYPE_F64, kContiguous);
}

class FunctionTest : public testing::Test {
  protected:
    void SetUp() override { nodes_ = neural_node_count(); }
    void TearDown() override { EXPECT_EQ(neural_node_count(), nodes_) << "nodes leak"; }

    neural_status record(neural_tensor *a, neural_tensor *b, Triple *triple, neural_tensor **out) {
        triple->a = values(a);
        triple->b = values(b);
        Array product = to_array(a);
        for (size_t k = 0; k < product.v.size(); k++) {
            product.v[k] *= 3 * triple->b[k];
        }
        const Tensor result = constant(product.dims, product.v);
        neural_tensor *const inputs[] = {a, b};
        return neural_function_record(triple_backward, triple_release, triple, inputs, 2,
                                      result.get(), out);
    }

  private:
    int64_t nodes_ = 0;
};

TEST_F(FunctionTest, GradientsComeFromTheCallback) {
    const Tensor a = leaf({2}, {1, 2}), b = constant({2}, {3, 4});
    Triple triple;
    neural_tensor *y = nullptr;
    ASSERT_EQ(record(a.get(), b.get(), &triple, &y), NEURAL_OK);
    EXPECT_EQ(values(y), (std::vector<double>{9, 24}));
    EXPECT_STREQ(neural_tensor_producer_name(y), "function");
    EXPECT_EQ(neural_tensor_producer_name(a.get()), nullptr);
    EXPECT_EQ(triple.released, 0);
    const Tensor seed = constant({2}, {1, 10});
    ASSERT_EQ(neural_backward(y, seed.get(), 1), NEURAL_OK);
    ASSERT_EQ(neural_backward(y, seed.get(), 0), NEURAL_OK);
    EXPECT_EQ(values(neural_tensor_grad(a.get())), (std::vector<double>{18, 240}));
    EXPECT_EQ(triple.calls, 2);
    EXPECT_TRUE(triple.wants[0] && !triple.wants[1]);
    EXPECT_EQ(triple.released, 1) << "what the node saved was given back by backward";
    neural_tensor_release(y);
    EXPECT_EQ(triple.released, 1);
}

TEST_F(FunctionTest, IsReleasedOnceWhateverHappens) {
    const Tensor a = leaf({2}, {1, 2}), b = constant({2}, {3, 4});
    neural_tensor *y = nullptr;
    Triple unused, plain, failing, refused;
    ASSERT_EQ(record(a.get(), b.get(), &unused, &y), NEURAL_OK);
    neural_tensor_release(y);
    EXPECT_EQ(unused.released, 1);

    ASSERT_EQ(record(b.get(), b.get(), &plain, &y), NEURAL_OK);
    EXPECT_EQ(plain.released, 1) << "nothing is recorded";
    neural_tensor_release(y);

    failing.status = NEURAL_ERR_INTERNAL;
    ASSERT_EQ(record(a.get(), b.get(), &failing, &y), NEURAL_OK);
    const Tensor seed = constant({2}, {1, 1});
    EXPECT_EQ(neural_backward(y, seed.get(), 0), NEURAL_ERR_INTERNAL);
    EXPECT_STREQ(neural_last_error(), "the callback says no");
    neural_tensor_release(y);
    EXPECT_EQ(failing.released, 1);

    neural_tensor *const inputs[] = {a.get(), nullptr};
    EXPECT_EQ(
        neural_function_record(triple_backward, triple_release, &refused, inputs, 2, a.get(), &y),
        NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(refused.released, 1);
    EXPECT_EQ(
        neural_function_record(triple_backward, triple_release, &refused, inputs, 9, a.get(), &y),
        NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_function_record(triple_backward, nullptr, nullptr, inputs, 0, a.get(), &y),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(refused.released, 2);
}

void count_release(void *context) {
    ++*static_cast<int *>(context);
}

neural_status look(void *, neural_tensor *) {
    return NEURAL_OK;
}

TEST_F(FunctionTest, OwnedHooksGoWithTheTensorOrWhenTheyAreRemoved) {
    int released = 0;
    int64_t first = 0, second = 0;
    Tensor x = leaf({2}, {1, 2});
    ASSERT_EQ(neural_tensor_add_hook_owned(x.get(), look, count_release, &released, &first),
              NEURAL_OK);
    ASSERT_EQ(neural_tensor_add_hook_owned(x.get(), look, count_release, &released, &second),
              NEURAL_OK);
    ASSERT_EQ(neural_tensor_remove_hook(x.get(), first), NEURAL_OK);
    EXPECT_EQ(released, 1);
    EXPECT_EQ(neural_tensor_remove_hook(x.get(), first), NEURAL_ERR_INVALID_ARGUMENT);
    x.reset();
    EXPECT_EQ(released, 2);
}

} // namespace

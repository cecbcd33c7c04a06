#include "tests/core/autograd/autograd_testing.h"

namespace {

using namespace autograd_testing;
using Values = std::vector<double>;

struct Record {
    std::vector<Values> seen;
    double factor = 1; // what the hook multiplies the gradient by
    neural_status status = NEURAL_OK;
};

neural_status record(void *context, neural_tensor *gradient) {
    Record *record = static_cast<Record *>(context);
    record->seen.push_back(values(gradient));
    Array scaled = to_array(gradient);
    for (double &x : scaled.v) {
        x *= record->factor;
    }
    write(gradient, scaled);
    return record->status ? neural_error(record->status, "the hook says no") : NEURAL_OK;
}

class HooksTest : public testing::Test {
  protected:
    void SetUp() override { nodes_ = neural_node_count(); }
    void TearDown() override { EXPECT_EQ(neural_node_count(), nodes_) << "nodes leak"; }

  private:
    int64_t nodes_ = 0;
};

TEST_F(HooksTest, SeeAndChangeAnIntermediateGradientOnce) {
    const Tensor x = leaf({2}, {1, 2});
    const Tensor y = result(neural_square, x.get());
    Record seen;
    seen.factor = 10;
    int64_t id = 0;
    ASSERT_EQ(neural_tensor_add_hook(y.get(), record, &seen, &id), NEURAL_OK);
    const Tensor z = result(neural_mul, y.get(), y.get()); // two contributions of y each
    const Tensor sum = result(neural_sum, z.get(), NEURAL_ALL_AXES, 0);
    ASSERT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(seen.seen, (std::vector<Values>{{2, 8}}));
    EXPECT_EQ(grad_of(x), (Values{40, 320}));
}

TEST_F(HooksTest, ALeafShowsTheSumOfOneBackward) {
    const Tensor x = leaf({1}, {3});
    Record seen;
    seen.factor = 2;
    int64_t id = 0;
    ASSERT_EQ(neural_tensor_add_hook(x.get(), record, &seen, &id), NEURAL_OK);
    for (int pass = 1; pass <= 2; pass++) {
        const Tensor a = result(neural_square, x.get());
        const Tensor b = result(neural_mul, a.get(), x.get()); // x^3: 3 x^2 = 27 in two parts
        ASSERT_EQ(neural_backward(b.get(), nullptr, 0), NEURAL_OK);
        EXPECT_EQ(grad_of(x), Values{pass * 54.});
    }
    EXPECT_EQ(seen.seen, (std::vector<Values>{{27}, {27}}));
}

TEST_F(HooksTest, RunInOrderUntilRemoved) {
    const Tensor x = leaf({1}, {1});
    Record first, second;
    first.factor = 2;
    int64_t id1 = 0, id2 = 0;
    ASSERT_EQ(neural_tensor_add_hook(x.get(), record, &first, &id1), NEURAL_OK);
    ASSERT_EQ(neural_tensor_add_hook(x.get(), record, &second, &id2), NEURAL_OK);
    EXPECT_NE(id1, id2);
    ASSERT_EQ(neural_backward(x.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(second.seen, (std::vector<Values>{{2}}));
    ASSERT_EQ(neural_tensor_remove_hook(x.get(), id1), NEURAL_OK);
    EXPECT_EQ(neural_tensor_remove_hook(x.get(), id1), NEURAL_ERR_INVALID_ARGUMENT);
    ASSERT_EQ(neural_backward(x.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(first.seen.size(), 1u);
    EXPECT_EQ(second.seen, (std::vector<Values>{{2}, {1}}));
    ASSERT_EQ(neural_tensor_remove_hook(x.get(), id2), NEURAL_OK);
    ASSERT_EQ(neural_backward(x.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(grad_of(x), Values{4});
}

struct SelfRemoval {
    neural_tensor *tensor;
    int64_t id;
    int calls;
};

neural_status remove_self(void *context, neural_tensor *) {
    SelfRemoval *removal = static_cast<SelfRemoval *>(context);
    removal->calls++;
    return neural_tensor_remove_hook(removal->tensor, removal->id);
}

TEST_F(HooksTest, MayRemoveThemselves) {
    const Tensor x = leaf({1}, {1});
    SelfRemoval removal = {x.get(), 0, 0};
    Record after;
    int64_t id = 0;
    ASSERT_EQ(neural_tensor_add_hook(x.get(), remove_self, &removal, &removal.id), NEURAL_OK);
    ASSERT_EQ(neural_tensor_add_hook(x.get(), record, &after, &id), NEURAL_OK);
    ASSERT_EQ(neural_backward(x.get(), nullptr, 0), NEURAL_OK);
    ASSERT_EQ(neural_backward(x.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(removal.calls, 1);
    EXPECT_EQ(after.seen.size(), 2u);
}

TEST_F(HooksTest, AFailingHookStopsBackward) {
    const Tensor x = leaf({1}, {1}), other = leaf({1}, {2});
    Record refusal;
    refusal.status = NEURAL_ERR_INTERRUPTED;
    int64_t id = 0;
    ASSERT_EQ(neural_tensor_add_hook(x.get(), record, &refusal, &id), NEURAL_OK);
    const Tensor y = result(neural_mul, x.get(), other.get());
    EXPECT_EQ(neural_backward(y.get(), nullptr, 1), NEURAL_ERR_INTERRUPTED);
    EXPECT_STREQ(neural_last_error(), "the hook says no");
    EXPECT_EQ(neural_tensor_grad(x.get()), nullptr);
    refusal.status = NEURAL_OK;
    ASSERT_EQ(neural_backward(y.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(grad_of(x), Values{2});
}

TEST_F(HooksTest, RetainGradKeepsAndAccumulates) {
    const Tensor x = leaf({2}, {1, 2});
    const Tensor y = result(neural_square, x.get());
    ASSERT_EQ(neural_tensor_retain_grad(y.get()), NEURAL_OK);
    const Tensor z = result(neural_affine, y.get(), 3.0, 0.0);
    const Tensor sum = result(neural_sum, z.get(), NEURAL_ALL_AXES, 0);
    ASSERT_EQ(neural_backward(sum.get(), nullptr, 1), NEURAL_OK);
    EXPECT_EQ(grad_of(y), (Values{3, 3}));
    ASSERT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(grad_of(y), (Values{6, 6}));
    EXPECT_EQ(grad_of(z), Values{}) << "not retained";
    EXPECT_EQ(grad_of(x), (Values{12, 24}));
}

neural_status nested(void *context, neural_tensor *) {
    return neural_backward(static_cast<neural_tensor *>(context), nullptr, 1);
}

TEST_F(HooksTest, MayRunAnotherGraphButNotTheirOwn) {
    const Tensor x = leaf({1}, {3}), w = leaf({1}, {5});
    const Tensor other = result(neural_square, w.get());
    const Tensor y = result(neural_square, x.get());
    int64_t id = 0;
    ASSERT_EQ(neural_tensor_add_hook(y.get(), nested, other.get(), &id), NEURAL_OK);
    const Tensor z = result(neural_affine, y.get(), 1.0, 0.0);
    ASSERT_EQ(neural_backward(z.get(), nullptr, 1), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(grad_of(w), Values{10});
    EXPECT_EQ(grad_of(x), Values{6});
    // A graph that waits in the outer run: a = x^2 has a gradient when the hook of the newer y
    // runs.
    const Tensor a = result(neural_square, x.get());
    const Tensor b = result(neural_square, x.get());
    ASSERT_EQ(neural_tensor_add_hook(b.get(), nested, a.get(), &id), NEURAL_OK);
    const Tensor both = result(neural_add, a.get(), b.get());
    EXPECT_EQ(neural_backward(both.get(), nullptr, 1), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_TRUE(error_has("another backward")) << neural_last_error();
}

TEST_F(HooksTest, NeedAGradient) {
    const Tensor plain = make(Array{{1}, {1}}, NEURAL_DTYPE_F32);
    int64_t id = 0;
    EXPECT_EQ(neural_tensor_add_hook(plain.get(), record, nullptr, &id),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_tensor_retain_grad(plain.get()), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_tensor_retain_grad(nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_tensor_add_hook(nullptr, record, nullptr, &id), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_tensor_remove_hook(plain.get(), 1), NEURAL_ERR_INVALID_ARGUMENT);
}

} // namespace

#include "optim/ema.h"

#include <cstring>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "tests/optim/optim_testing.h"

namespace {

using optim_testing::Fixture;

class EmaOf : public testing::TestWithParam<neural_dtype> {};
INSTANTIATE_TEST_SUITE_P(Dtypes, EmaOf, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST_P(EmaOf, FollowsTheWeightsAndIsExchangedWithThem) {
    Fixture f(GetParam());
    neural_ema *ema = nullptr;
    ASSERT_EQ(neural_ema_create(f.all(), 0.75, &ema), NEURAL_OK);
    const neural_tensor *values = f.all()->values;
    std::vector<double> average = f.value();
    for (int step = 0; step < 10; step++) {
        for (int p = 0; p < 2; p++) {
            for (int64_t i = 0; i < neural_tensor_len(f.item(p)->value); i++) {
                const double moved = f.Get(f.item(p)->value, i) + 0.125 * (i % 5) - 0.25;
                f.Set(f.item(p)->value, i, moved);
                double &mean = average[(size_t)(p ? 35 + i : i)];
                mean = 0.75 * mean + 0.25 * f.Get(f.item(p)->value, i);
            }
        }
        ASSERT_EQ(neural_ema_update(ema), NEURAL_OK);
    }
    const size_t bytes = (size_t)neural_tensor_bytes(values);
    std::vector<char> weights((const char *)neural_tensor_data(values),
                              (const char *)neural_tensor_data(values) + bytes);
    ASSERT_EQ(neural_ema_swap(ema), NEURAL_OK);
    f.value() = average;
    f.ExpectValues(GetParam() == NEURAL_DTYPE_F32 ? 1e-6 : 1e-14);
    EXPECT_EQ(memcmp(neural_tensor_data(neural_ema_average(ema)), weights.data(), bytes), 0);
    ASSERT_EQ(neural_ema_swap(ema), NEURAL_OK);
    EXPECT_EQ(memcmp(neural_tensor_data(values), weights.data(), bytes), 0);
    neural_ema_destroy(ema);
}

TEST(Ema, DoesNotDependOnThreadsAndDoesNotAllocate) {
    const int64_t len = 100003;
    std::vector<float> result[2];
    for (const int threads : {1, 3}) {
        ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
        neural_parameter *p = nullptr;
        neural_parameters *all = nullptr;
        neural_ema *ema = nullptr;
        ASSERT_EQ(neural_parameter_create("w", 1, &len, NEURAL_DTYPE_F32, 0, &p), NEURAL_OK);
        ASSERT_EQ(neural_parameters_create(&p, 1, &all), NEURAL_OK);
        ASSERT_EQ(neural_ema_create(all, 0.99, &ema), NEURAL_OK);
        ASSERT_EQ(neural_tensor_fill_normal(p->value, 2, 0, 1), NEURAL_OK);
        const int64_t allocations = neural_alloc_count();
        for (int i = 0; i < 3; i++) {
            ASSERT_EQ(neural_ema_update(ema), NEURAL_OK);
        }
        EXPECT_EQ(neural_alloc_count(), allocations);
        const float *average = (const float *)neural_tensor_data(neural_ema_average(ema));
        result[threads == 3].assign(average, average + len);
        neural_ema_destroy(ema);
        neural_parameters_destroy(all);
        neural_parameter_destroy(p);
    }
    EXPECT_EQ(memcmp(result[0].data(), result[1].data(), (size_t)len * sizeof(float)), 0);
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

TEST(Ema, RefusesWhatMakesNoSense) {
    Fixture f(NEURAL_DTYPE_F32);
    neural_ema *ema = nullptr;
    EXPECT_EQ(neural_ema_create(f.all(), 1, &ema), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_ema_create(f.all(), -0.1, &ema), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_ema_create(f.all(), NAN, &ema), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_ema_create(nullptr, 0.9, &ema), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_ema_update(nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_ema_swap(nullptr), NEURAL_ERR_NULL_POINTER);
    neural_status status = NEURAL_ERR_OUT_OF_MEMORY;
    for (int n = 1; status != NEURAL_OK; n++) {
        neural_pool_trim();
        neural_alloc_fail_at(n);
        status = neural_ema_create(f.all(), 0.9, &ema);
        neural_alloc_fail_at(0);
        ASSERT_LT(n, 100);
    }
    neural_ema_destroy(ema);
    neural_ema_destroy(nullptr);
}

} // namespace

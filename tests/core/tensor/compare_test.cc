#include "core/tensor/compare.h"

#include <cmath>
#include <functional>
#include <limits>

#include "tests/core/tensor/tensor_testing.h"

namespace {

using namespace tensor_testing;

const std::function<bool(double, double)> RELATIONS[] = {
    std::equal_to<double>(),   std::not_equal_to<double>(), std::less<double>(),
    std::less_equal<double>(), std::greater<double>(),      std::greater_equal<double>()};

neural_tensor *wrap(std::vector<double> *values, const Dims &dims) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_tensor_wrap(values->data(), static_cast<int>(dims.size()), dims.data(),
                                 nullptr, NEURAL_DTYPE_F64, nullptr, nullptr, &out),
              NEURAL_OK);
    return out;
}

TEST(Compare, EveryRelationBroadcastsInEveryDtype) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    std::vector<double> left(3 * 700), right(700);
    for (size_t i = 0; i < left.size(); i++) {
        left[i] = static_cast<double>(i % 7) - 2;
    }
    for (size_t i = 0; i < right.size(); i++) {
        right[i] = static_cast<double>(i % 5) - 1;
    }
    left[5] = right[11] = nan;
    const Tensor lhs(wrap(&left, {3, 700})), rhs(wrap(&right, {700}));
    for (const neural_dtype dtype : {NEURAL_DTYPE_F64, NEURAL_DTYPE_F32, NEURAL_DTYPE_I64}) {
        neural_tensor *a = nullptr, *b = nullptr, *out = nullptr;
        ASSERT_EQ(neural_tensor_cast(lhs.get(), dtype, &a), NEURAL_OK);
        ASSERT_EQ(neural_tensor_cast(rhs.get(), dtype, &b), NEURAL_OK);
        const Tensor keep_a(a), keep_b(b);
        for (int relation = NEURAL_EQUAL; relation <= NEURAL_GREATER_EQUAL; relation++) {
            ASSERT_EQ(neural_tensor_compare(a, b, static_cast<neural_comparison>(relation), &out),
                      NEURAL_OK);
            const Tensor keep(out);
            ASSERT_EQ(neural_tensor_dtype(out), NEURAL_DTYPE_BOOL);
            ASSERT_EQ(neural_tensor_len(out), 2100);
            const uint8_t *found = static_cast<uint8_t *>(neural_tensor_data(out));
            for (size_t i = 0; i < left.size(); i++) {
                const bool whole = dtype == NEURAL_DTYPE_I64; // where NaN became 0
                const double x = whole && std::isnan(left[i]) ? 0 : left[i];
                const double y = whole && std::isnan(right[i % 700]) ? 0 : right[i % 700];
                ASSERT_EQ(found[i], RELATIONS[relation](x, y)) << relation << " at " << i;
            }
        }
    }
}

TEST(Compare, WholeNumbersAreExact) {
    const int64_t big[] = {(1LL << 62) + 1, 1LL << 62}, dims[] = {2};
    neural_tensor *a = nullptr, *first = nullptr, *out = nullptr;
    ASSERT_EQ(neural_tensor_from_data(big, sizeof(big), 1, dims, NEURAL_DTYPE_I64, &a), NEURAL_OK);
    ASSERT_EQ(neural_tensor_slice(a, 0, 0, 1, 1, &first), NEURAL_OK);
    ASSERT_EQ(neural_tensor_compare(a, first, NEURAL_LESS, &out), NEURAL_OK);
    const Tensor keep_a(a), keep_first(first), keep(out);
    const uint8_t *found = static_cast<uint8_t *>(neural_tensor_data(out));
    EXPECT_EQ(found[0], 0);
    EXPECT_EQ(found[1], 1);
}

TEST(Compare, NothingIsCompared) {
    const Tensor a = create({0, 3}, NEURAL_DTYPE_F32), b = create({3}, NEURAL_DTYPE_F32);
    neural_tensor *out = nullptr;
    ASSERT_EQ(neural_tensor_compare(a.get(), b.get(), NEURAL_EQUAL, &out), NEURAL_OK);
    EXPECT_EQ(neural_tensor_len(out), 0);
    neural_tensor_release(out);
}

TEST(Compare, Refuses) {
    const Tensor a = create({2, 3}, NEURAL_DTYPE_F32), b = create({4}, NEURAL_DTYPE_F32);
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_tensor_compare(a.get(), b.get(), NEURAL_EQUAL, &out),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "tensor_compare: [2, 3] and [4] do not broadcast");
    EXPECT_EQ(neural_tensor_compare(nullptr, b.get(), NEURAL_EQUAL, &out), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_tensor_compare(a.get(), a.get(), static_cast<neural_comparison>(6), &out),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(out, nullptr);
}

TEST(Compare, FailedAllocationsAreStatuses) {
    const Tensor a = create({1000}, NEURAL_DTYPE_F32);
    std::memset(neural_tensor_data(a.get()), 0, 4000);
    sweep_failed_allocations([&a] {
        neural_tensor *out = nullptr;
        const neural_status status = neural_tensor_compare(a.get(), a.get(), NEURAL_LESS, &out);
        neural_tensor_release(out);
        return status;
    });
}

} // namespace

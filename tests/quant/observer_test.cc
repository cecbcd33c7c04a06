// What observers see, forget and merge.
#include "core/base/threads.h"
#include "quant/observer.h"
#include "tests/core/tensor/tensor_testing.h"
#include "tests/quant/quant_testing.h"

namespace {

using namespace quant_testing;

struct Destroy {
    void operator()(neural_observer *observer) const { neural_observer_destroy(observer); }
};
using Observer = std::unique_ptr<neural_observer, Destroy>;

constexpr neural_observer_kind kArrayKinds[] = {
    NEURAL_OBSERVER_MINMAX, NEURAL_OBSERVER_MOVING_AVERAGE, NEURAL_OBSERVER_PERCENTILE,
    NEURAL_OBSERVER_ENTROPY, NEURAL_OBSERVER_MSE};

Observer create(neural_observer_kind kind, neural_quant_scheme scheme = NEURAL_QUANT_U8_AFFINE) {
    neural_observer_options options = {};
    options.kind = kind;
    options.scheme = scheme;
    options.channels = 3;
    neural_observer *observer = nullptr;
    EXPECT_EQ(neural_observer_create(&options, &observer), NEURAL_OK) << neural_last_error();
    return Observer(observer);
}

void observe(const Observer &observer, const std::vector<double> &data) {
    ASSERT_EQ(neural_observer_observe_array(observer.get(), data.data(), NEURAL_DTYPE_F64,
                                            static_cast<int64_t>(data.size())),
              NEURAL_OK)
        << neural_last_error();
}

neural_quant_params params_of(const Observer &observer) {
    neural_quant_params grid = {};
    EXPECT_EQ(neural_observer_params(observer.get(), &grid), NEURAL_OK) << neural_last_error();
    return grid;
}

void expect_equal(const neural_quant_params &a, const neural_quant_params &b) {
    EXPECT_EQ(a.scale, b.scale);
    EXPECT_EQ(a.zero_point, b.zero_point);
    EXPECT_EQ(a.min, b.min);
    EXPECT_EQ(a.max, b.max);
    EXPECT_EQ(a.scheme, b.scheme);
}

// Normal numbers with a few far outliers.
std::vector<double> bell(uint64_t seed, int64_t len) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal(0.2, 1);
    std::vector<double> data(static_cast<size_t>(len));
    for (double &x : data) {
        x = normal(random) * (random() % 1000 == 0 ? 20 : 1);
    }
    return data;
}

TEST(Observer, MinMaxIsTheRangeOfAll) {
    const Observer observer = create(NEURAL_OBSERVER_MINMAX);
    observe(observer, {1, 2, -0.5});
    observe(observer, {});
    observe(observer, {7});
    expect_equal(params_of(observer), choose(-0.5, 7, NEURAL_QUANT_U8_AFFINE));
    EXPECT_EQ(neural_observer_count(observer.get()), 4);
    EXPECT_EQ(neural_observer_channels(observer.get()), 1);
}

TEST(Observer, MovingAverageFollowsItsFormula) {
    neural_observer_options options = {};
    options.kind = NEURAL_OBSERVER_MOVING_AVERAGE;
    options.scheme = NEURAL_QUANT_S8_AFFINE;
    options.averaging = 0.25;
    neural_observer *created = nullptr;
    ASSERT_EQ(neural_observer_create(&options, &created), NEURAL_OK);
    const Observer observer(created);
    double min = 0, max = 0;
    for (int batch = 0; batch < 30; batch++) {
        const std::vector<double> data = bell(static_cast<uint64_t>(batch), 100);
        const auto [low, high] = std::minmax_element(data.begin(), data.end());
        const double weight = batch ? 0.25 : 1;
        min += weight * (*low - min);
        max += weight * (*high - max);
        observe(observer, data);
    }
    expect_equal(params_of(observer), choose(min, max, NEURAL_QUANT_S8_AFFINE));
}

TEST(Observer, ChannelsAreMinMaxEach) {
    const Observer observer = create(NEURAL_OBSERVER_CHANNELS, NEURAL_QUANT_S8_SYMMETRIC);
    std::vector<double> largest(3, 0);
    std::mt19937_64 random(3);
    for (int batch = 0; batch < 3; batch++) {
        const tensor_testing::Tensor x = tensor_testing::create({3, 5}, NEURAL_DTYPE_F32);
        tensor_testing::Array values{{3, 5}, uniform(random, {-1.0 - batch, 2}, 15)};
        tensor_testing::write(x.get(), values);
        for (int64_t i = 0; i < 15; i++) {
            double &most = largest[static_cast<size_t>(i / 5)];
            most = std::max(most, std::fabs(tensor_testing::read(x.get(), i)));
        }
        ASSERT_EQ(neural_observer_observe(observer.get(), x.get()), NEURAL_OK);
    }
    neural_quant_params grids[3];
    ASSERT_EQ(neural_observer_params(observer.get(), grids), NEURAL_OK);
    for (int c = 0; c < 3; c++) {
        EXPECT_EQ(grids[c].scale,
                  choose(0, largest[static_cast<size_t>(c)], NEURAL_QUANT_S8_SYMMETRIC).scale);
    }
    EXPECT_EQ(neural_observer_count(observer.get()), 45);
    EXPECT_EQ(neural_observer_channels(observer.get()), 3);
    const double x = 1;
    EXPECT_EQ(neural_observer_observe_array(observer.get(), &x, NEURAL_DTYPE_F64, 1),
              NEURAL_ERR_INVALID_ARGUMENT);
    const tensor_testing::Tensor wrong = tensor_testing::create({4, 5}, NEURAL_DTYPE_F32);
    EXPECT_EQ(neural_observer_observe(observer.get(), wrong.get()), NEURAL_ERR_SHAPE_MISMATCH);
}

// The same numbers in another order, in other batches, from small to large and back: the same bits.
TEST(Observer, OrderAndBatchesDoNotMatter) {
    for (const neural_quant_scheme scheme : kSchemes) {
        for (const neural_observer_kind kind : kArrayKinds) {
            if (kind == NEURAL_OBSERVER_MOVING_AVERAGE) continue;
            std::vector<double> data = bell(99, 1500);
            const Observer once = create(kind, scheme), rising = create(kind, scheme),
                           falling = create(kind, scheme), merged = create(kind, scheme);
            observe(once, data);
            std::sort(data.begin(), data.end(),
                      [](double a, double b) { return std::fabs(a) < std::fabs(b); });
            for (size_t begin = 0; begin < data.size(); begin += 7) {
                const size_t end = std::min(begin + 7, data.size());
                const std::vector<double> part(data.begin() + static_cast<int64_t>(begin),
                                               data.begin() + static_cast<int64_t>(end));
                observe(rising, part);
                const Observer other = create(kind, scheme);
                observe(other, part);
                ASSERT_EQ(neural_observer_merge(merged.get(), other.get()), NEURAL_OK);
            }
            std::reverse(data.begin(), data.end());
            for (const double x : data) {
                observe(falling, {x});
            }
            expect_equal(params_of(rising), params_of(once));
            expect_equal(params_of(falling), params_of(once));
            expect_equal(params_of(merged), params_of(once));
            EXPECT_EQ(neural_observer_count(merged.get()), 1500);
        }
    }
}

TEST(Observer, ThreadsAndDtypesDoNotMatter) {
    for (const neural_observer_kind kind : kArrayKinds) {
        const std::vector<float> data = to_floats(bell(98, 300000));
        const std::vector<double> wide(data.begin(), data.end());
        const Observer one = create(kind), three = create(kind);
        observe(one, wide);
        neural_set_num_threads(3);
        ASSERT_EQ(neural_observer_observe_array(three.get(), data.data(), NEURAL_DTYPE_F32, 300000),
                  NEURAL_OK);
        expect_equal(params_of(three), params_of(one));
        neural_set_num_threads(1);
    }
}

TEST(Observer, ResetForgets) {
    for (const neural_observer_kind kind : kArrayKinds) {
        const Observer fresh = create(kind), used = create(kind);
        observe(used, bell(1, 1000));
        neural_observer_reset(used.get());
        neural_quant_params grid;
        EXPECT_EQ(neural_observer_params(used.get(), &grid), NEURAL_ERR_INVALID_ARGUMENT);
        observe(used, {0.25, -0.5, 0.125});
        observe(fresh, {0.25, -0.5, 0.125});
        expect_equal(params_of(used), params_of(fresh));
    }
}

// Whatever the search does, the grid stays inside what was seen and holds 0.
TEST(Observer, HostileNumbers) {
    for (const neural_quant_scheme scheme : kSchemes) {
        for (const neural_observer_kind kind : kArrayKinds) {
            for (const Range &range : ranges()) {
                std::mt19937_64 random(4);
                const std::vector<double> data = uniform(random, range, 300);
                const auto [min, max] = std::minmax_element(data.begin(), data.end());
                const Observer observer = create(kind, scheme);
                observe(observer, data);
                const neural_quant_params grid = params_of(observer);
                EXPECT_EQ(neural_quant_params_check(&grid), NEURAL_OK);
                EXPECT_GE(grid.min, std::min(*min, 0.0));
                EXPECT_LE(grid.max, std::max(*max, 0.0));
            }
            const Observer zeros = create(kind, scheme);
            observe(zeros, std::vector<double>(100, 0.0));
            EXPECT_EQ(params_of(zeros).scale, 1);
            const Observer equal = create(kind, scheme);
            observe(equal, std::vector<double>(100, -3.5));
            const neural_quant_params grid = params_of(equal);
            EXPECT_NEAR(back(nearest(-3.5, grid), grid), -3.5, grid.scale * 0.51) << kind;
        }
    }
}

TEST(Observer, RefusesNanAndInfinitiesUncounted) {
    for (const neural_observer_kind kind : kArrayKinds) {
        const Observer observer = create(kind);
        observe(observer, {1, 2});
        const neural_quant_params before = params_of(observer);
        for (const double wrong : {std::nan(""), HUGE_VAL, -HUGE_VAL, 1e200}) {
            const double data[] = {5, 6, wrong, 7};
            EXPECT_NE(neural_observer_observe_array(observer.get(), data, NEURAL_DTYPE_F64, 4),
                      NEURAL_OK);
        }
        expect_equal(params_of(observer), before);
        EXPECT_EQ(neural_observer_count(observer.get()), 2);
    }
}

TEST(Observer, RefusesWrongOptions) {
    neural_observer *observer = nullptr;
    neural_observer_options options = {};
    const auto refused = [&](neural_observer_options wrong) {
        return neural_observer_create(&wrong, &observer) == NEURAL_ERR_INVALID_ARGUMENT;
    };
    neural_observer_options wrong = options;
    wrong.kind = static_cast<neural_observer_kind>(6);
    EXPECT_TRUE(refused(wrong));
    wrong = options;
    wrong.scheme = static_cast<neural_quant_scheme>(9);
    EXPECT_TRUE(refused(wrong));
    for (const double share : {-0.5, 1.5, std::nan("")}) {
        wrong = options;
        wrong.averaging = share;
        EXPECT_TRUE(refused(wrong)) << share;
        wrong = options;
        wrong.percentile = share;
        EXPECT_TRUE(refused(wrong)) << share;
    }
    wrong = options;
    wrong.kind = NEURAL_OBSERVER_CHANNELS;
    EXPECT_TRUE(refused(wrong)); // no channels
    wrong.channels = 2;
    wrong.axis = 8;
    EXPECT_TRUE(refused(wrong));
    wrong.axis = 0;
    wrong.channels = INT64_MAX / 2;
    EXPECT_NE(neural_observer_create(&wrong, &observer), NEURAL_OK);
    EXPECT_EQ(neural_observer_create(nullptr, &observer), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(observer, nullptr);
}

TEST(Observer, MergeWantsTheSameOptions) {
    const Observer a = create(NEURAL_OBSERVER_MINMAX, NEURAL_QUANT_U8_AFFINE);
    const Observer b = create(NEURAL_OBSERVER_MINMAX, NEURAL_QUANT_S8_AFFINE);
    const Observer average = create(NEURAL_OBSERVER_MOVING_AVERAGE);
    EXPECT_EQ(neural_observer_merge(a.get(), b.get()), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_observer_merge(average.get(), average.get()), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_observer_merge(a.get(), nullptr), NEURAL_ERR_NULL_POINTER);
}

TEST(Observer, FailedAllocations) {
    for (const neural_observer_kind kind :
         {NEURAL_OBSERVER_MINMAX, NEURAL_OBSERVER_CHANNELS, NEURAL_OBSERVER_MSE}) {
        const int allocations = kind == NEURAL_OBSERVER_MINMAX ? 1 : 2;
        for (int n = 1; n <= allocations; n++) {
            neural_observer_options options = {};
            options.kind = kind;
            options.channels = 2;
            neural_observer *observer = nullptr;
            neural_alloc_fail_at(n);
            EXPECT_EQ(neural_observer_create(&options, &observer), NEURAL_ERR_OUT_OF_MEMORY);
            neural_alloc_fail_at(0);
            EXPECT_EQ(observer, nullptr);
        }
    }
    neural_observer_destroy(nullptr);
}

TEST(Observer, MemoryIsBounded) {
    for (const neural_observer_kind kind : kArrayKinds) {
        const Observer observer = create(kind);
        observe(observer, bell(1, 1000));
        const int64_t before = neural_alloc_count();
        for (uint64_t batch = 2; batch < 30; batch++) {
            observe(observer, bell(batch, 1000));
        }
        EXPECT_EQ(neural_alloc_count(), before);
    }
}

TEST(Observer, NamesAreParsed) {
    for (int i = 0; i < 6; i++) {
        const auto kind = static_cast<neural_observer_kind>(i);
        neural_observer_kind parsed = NEURAL_OBSERVER_MINMAX;
        ASSERT_EQ(neural_observer_kind_parse(neural_observer_kind_name(kind), &parsed), NEURAL_OK);
        EXPECT_EQ(parsed, kind);
    }
    neural_observer_kind parsed;
    EXPECT_EQ(neural_observer_kind_parse("entrpy", &parsed), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_NE(std::string(neural_last_error()).find("entropy"), std::string::npos);
}

} // namespace

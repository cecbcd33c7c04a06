#include "data/batches.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "core/base/memory.h"
#include "core/base/thread_count.h"
#include "tests/data/data_testing.h"

namespace {

using data_testing::Dataset;
using data_testing::values_of;

struct DestroyBatches {
    void operator()(neural_batches *batches) const { neural_batches_destroy(batches); }
};
using Batches = std::unique_ptr<neural_batches, DestroyBatches>;

// Row r is (10 r, 10 r + 1), its label r % 3.
Dataset numbered(int64_t rows) {
    const int64_t dims[2] = {rows, 2};
    std::vector<float> x;
    std::vector<int64_t> y;
    for (int64_t r = 0; r < rows; r++) {
        x.push_back(static_cast<float>(10 * r));
        x.push_back(static_cast<float>(10 * r + 1));
        y.push_back(r % 3);
    }
    neural_tensor *features = nullptr, *labels = nullptr;
    neural_dataset *dataset = nullptr;
    EXPECT_EQ(neural_tensor_from_data(x.data(), rows * 8, 2, dims, NEURAL_DTYPE_F32, &features),
              NEURAL_OK);
    EXPECT_EQ(neural_tensor_from_data(y.data(), rows * 8, 1, dims, NEURAL_DTYPE_I64, &labels),
              NEURAL_OK);
    EXPECT_EQ(neural_dataset_create(features, labels, NEURAL_TARGET_CLASS, 3, &dataset), NEURAL_OK);
    neural_tensor_release(features);
    neural_tensor_release(labels);
    return Dataset(dataset);
}

Batches walk(const Dataset &d, int64_t batch_size, int shuffle, uint64_t seed,
             const std::vector<int64_t> &rows = {}) {
    neural_batches *batches = nullptr;
    EXPECT_EQ(neural_batches_create(d.get(), rows.empty() ? nullptr : rows.data(),
                                    static_cast<int64_t>(rows.size()), batch_size, shuffle, seed,
                                    &batches),
              NEURAL_OK);
    return Batches(batches);
}

// The row numbers of the batches left in the epoch; checks that x and y belong together.
std::vector<std::vector<int64_t>> read_epoch(const Batches &batches) {
    std::vector<std::vector<int64_t>> out;
    for (;;) {
        neural_tensor *x = nullptr, *y = nullptr;
        EXPECT_EQ(neural_batches_next(batches.get(), &x, &y), NEURAL_OK);
        if (!x) {
            EXPECT_EQ(y, nullptr);
            return out;
        }
        const std::vector<double> features = values_of(x), labels = values_of(y);
        EXPECT_EQ(neural_tensor_dims(x)[0], static_cast<int64_t>(labels.size()));
        out.emplace_back();
        for (size_t i = 0; i < labels.size(); i++) {
            const int64_t row = static_cast<int64_t>(features[2 * i]) / 10;
            EXPECT_EQ(features[2 * i + 1], static_cast<double>(10 * row + 1));
            EXPECT_EQ(labels[i], static_cast<double>(row % 3));
            out.back().push_back(row);
        }
    }
}

std::vector<int64_t> flat(const std::vector<std::vector<int64_t>> &batches) {
    std::vector<int64_t> out;
    for (const auto &batch : batches) {
        out.insert(out.end(), batch.begin(), batch.end());
    }
    return out;
}

TEST(Batches, InOrderWithThePartialLastOne) {
    const Dataset d = numbered(7);
    using Want = std::vector<std::vector<int64_t>>;
    EXPECT_EQ(read_epoch(walk(d, 3, 0, 0)), (Want{{0, 1, 2}, {3, 4, 5}, {6}}));
    EXPECT_EQ(read_epoch(walk(d, 7, 0, 0)), (Want{{0, 1, 2, 3, 4, 5, 6}}));
    EXPECT_EQ(read_epoch(walk(d, 1000000000000, 0, 0)), (Want{{0, 1, 2, 3, 4, 5, 6}}));
    EXPECT_EQ(read_epoch(walk(d, 2, 0, 0, {6, 1, 1, 5})), (Want{{6, 1}, {1, 5}}));
    EXPECT_EQ(neural_batches_count(walk(d, 3, 0, 0).get()), 3);
    EXPECT_EQ(neural_batches_count(walk(d, 7, 0, 0).get()), 1);
}

TEST(Batches, EachEpochIsAnotherPermutation) {
    const Dataset d = numbered(50);
    const Batches batches = walk(d, 8, 1, 42);
    std::set<std::vector<int64_t>> seen;
    for (int64_t epoch = 0; epoch < 10; epoch++) {
        ASSERT_EQ(neural_batches_seek(batches.get(), epoch, 0), NEURAL_OK);
        std::vector<int64_t> order = flat(read_epoch(batches));
        EXPECT_TRUE(seen.insert(order).second);
        std::vector<int64_t> want(50);
        std::iota(want.begin(), want.end(), 0);
        std::sort(order.begin(), order.end());
        EXPECT_EQ(order, want);
    }
}

TEST(Batches, ResumesAnywhere) {
    const Dataset d = numbered(23);
    const Batches whole = walk(d, 4, 1, 7), other = walk(d, 4, 1, 7), seeded = walk(d, 4, 1, 8);
    ASSERT_EQ(neural_batches_seek(whole.get(), 5, 0), NEURAL_OK);
    const auto want = read_epoch(whole);
    for (int64_t batch = 0; batch <= 6; batch++) {
        ASSERT_EQ(neural_batches_seek(other.get(), batch, 0), NEURAL_OK); // another epoch first
        ASSERT_EQ(neural_batches_seek(other.get(), 5, batch), NEURAL_OK);
        const auto rest = read_epoch(other);
        EXPECT_EQ(rest, (std::vector<std::vector<int64_t>>(want.begin() + batch, want.end())));
    }
    ASSERT_EQ(neural_batches_seek(seeded.get(), 5, 0), NEURAL_OK);
    EXPECT_NE(read_epoch(seeded), want);
}

TEST(Batches, SteadyStateDoesNotAllocate) {
    const Dataset d = numbered(100);
    const Batches batches = walk(d, 8, 1, 1);
    const int64_t before = neural_alloc_count();
    for (int64_t epoch = 0; epoch < 3; epoch++) {
        ASSERT_EQ(neural_batches_seek(batches.get(), epoch, 0), NEURAL_OK);
        neural_tensor *x = nullptr, *y = nullptr;
        do {
            ASSERT_EQ(neural_batches_next(batches.get(), &x, &y), NEURAL_OK);
        } while (x);
    }
    EXPECT_EQ(neural_alloc_count(), before);
}

Batches walk_with(const Dataset &d, const neural_batches_options &options,
                  const std::vector<int64_t> &rows = {}) {
    neural_batches *out = nullptr;
    EXPECT_EQ(neural_batches_create_with(d.get(), rows.empty() ? nullptr : rows.data(),
                                         static_cast<int64_t>(rows.size()), &options, &out),
              NEURAL_OK)
        << neural_last_error();
    return Batches(out);
}

// Reading ahead changes nothing: any depth, any number of threads, seeks in the middle.
TEST(Batches, PrefetchGivesTheSameBatches) {
    const Dataset d = numbered(203);
    for (int threads : {1, 3}) {
        ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
        for (int prefetch : {0, 1, 2, 7, 64}) {
            neural_batches_options options = {};
            options.batch_size = 8;
            options.sampling = NEURAL_SAMPLING_RANDOM;
            options.seed = 5;
            const Batches plain = walk_with(d, options);
            options.prefetch = prefetch;
            const Batches ahead = walk_with(d, options);
            for (int64_t epoch = 0; epoch < 20; epoch++) {
                const int64_t first = epoch * 7 % 26;
                ASSERT_EQ(neural_batches_seek(plain.get(), epoch, first), NEURAL_OK);
                ASSERT_EQ(neural_batches_seek(ahead.get(), epoch, first), NEURAL_OK);
                neural_tensor *x = nullptr, *y = nullptr;
                for (int64_t skip = 0; skip < epoch % 3; skip++) { // leave batches under way
                    ASSERT_EQ(neural_batches_next(ahead.get(), &x, &y), NEURAL_OK);
                }
                ASSERT_EQ(neural_batches_seek(ahead.get(), epoch, first), NEURAL_OK);
                ASSERT_EQ(read_epoch(ahead), read_epoch(plain));
            }
        }
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

TEST(Batches, PrefetchDoesNotAllocateInTheSteadyState) {
    const Dataset d = numbered(100);
    ASSERT_EQ(neural_set_num_threads(2), NEURAL_OK);
    neural_batches_options options = {};
    options.batch_size = 8;
    options.prefetch = 2;
    const Batches batches = walk_with(d, options);
    int64_t before = 0;
    for (int64_t epoch = 0; epoch < 4; epoch++) {
        ASSERT_EQ(neural_batches_seek(batches.get(), epoch, 0), NEURAL_OK);
        neural_tensor *x = nullptr, *y = nullptr;
        do {
            ASSERT_EQ(neural_batches_next(batches.get(), &x, &y), NEURAL_OK);
        } while (x);
        before = epoch == 0 ? neural_alloc_count() : before;
    }
    EXPECT_EQ(neural_alloc_count(), before);
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

// Class 1 is drawn, the others are not; rows of the walk, not of the dataset, are weighted.
TEST(Batches, WeightedByClassAndBalanced) {
    const Dataset d = numbered(30);
    const double weights[] = {0, 2, 0};
    neural_batches_options options = {};
    options.batch_size = 10;
    options.sampling = NEURAL_SAMPLING_WEIGHTED;
    options.class_weights = weights;
    for (const auto &batch : read_epoch(walk_with(d, options, {1, 2, 4, 5, 9, 3, 6}))) {
        for (int64_t row : batch) {
            EXPECT_TRUE(row == 1 || row == 4);
        }
    }
    options.sampling = NEURAL_SAMPLING_BALANCED;
    std::set<int64_t> seen;
    const Batches balanced = walk_with(d, options, {0, 3, 6, 9, 12, 1}); // classes 0 and 1
    int ones = 0, all = 0;
    for (int64_t epoch = 0; epoch < 200; epoch++) {
        ASSERT_EQ(neural_batches_seek(balanced.get(), epoch, 0), NEURAL_OK);
        for (const auto &batch : read_epoch(balanced)) {
            for (int64_t row : batch) {
                ones += row == 1;
                all++;
            }
        }
    }
    EXPECT_NEAR(ones, all / 2, 120); // binomial(1200, 1/2): standard deviation 17
}

TEST(Batches, Refusals) {
    const Dataset d = numbered(5);
    const int64_t bad[] = {0, 5};
    neural_batches *out = nullptr;
    EXPECT_EQ(neural_batches_create(d.get(), bad, 2, 2, 0, 0, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "batches: row 5 is outside [0, 5)");
    EXPECT_EQ(neural_batches_create(d.get(), bad, 0, 2, 0, 0, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_batches_create(d.get(), nullptr, 0, 0, 0, 0, &out),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_batches_create(nullptr, nullptr, 0, 1, 0, 0, &out), NEURAL_ERR_NULL_POINTER);
    const Batches batches = walk(d, 2, 0, 0);
    EXPECT_EQ(neural_batches_seek(batches.get(), -1, 0), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_batches_seek(batches.get(), 0, 4), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_batches_next(batches.get(), nullptr, nullptr), NEURAL_ERR_NULL_POINTER);
}

TEST(Batches, FailedAllocation) {
    const Dataset d = numbered(5);
    int failures = 0;
    for (int n = 1; n < 20; n++) {
        neural_batches *out = nullptr;
        neural_pool_trim();
        neural_alloc_fail_at(n);
        const neural_status status = neural_batches_create(d.get(), nullptr, 0, 2, 1, 0, &out);
        neural_alloc_fail_at(0);
        EXPECT_TRUE(status == NEURAL_OK || status == NEURAL_ERR_OUT_OF_MEMORY);
        EXPECT_EQ(status == NEURAL_OK, out != nullptr);
        failures += status != NEURAL_OK;
        neural_batches_destroy(out);
    }
    EXPECT_GE(failures, 4);
}

} // namespace

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "core/base/memory.h"
#include "data/dataset.h"
#include "tests/data/data_testing.h"

namespace {

using data_testing::Dataset;

struct Split {
    std::vector<int64_t> train, validation;
    neural_status status;
};

Dataset with_labels(const std::vector<int64_t> &labels, int64_t classes = 0) {
    const int64_t rows = static_cast<int64_t>(labels.size()), dims[2] = {rows, 1};
    neural_tensor *x = nullptr, *y = nullptr;
    neural_dataset *dataset = nullptr;
    EXPECT_EQ(neural_tensor_zeros(2, dims, NEURAL_DTYPE_F32, &x), NEURAL_OK);
    EXPECT_EQ(neural_tensor_from_data(labels.data(), rows * 8, 1, &rows, NEURAL_DTYPE_I64, &y),
              NEURAL_OK);
    EXPECT_EQ(neural_dataset_create(x, y, NEURAL_TARGET_CLASS, classes, &dataset), NEURAL_OK);
    neural_tensor_release(x);
    neural_tensor_release(y);
    return Dataset(dataset);
}

Dataset without_labels(int64_t rows) {
    const int64_t dims[2] = {rows, 1};
    neural_tensor *x = nullptr;
    neural_dataset *dataset = nullptr;
    EXPECT_EQ(neural_tensor_zeros(2, dims, NEURAL_DTYPE_F32, &x), NEURAL_OK);
    EXPECT_EQ(neural_dataset_create(x, nullptr, NEURAL_TARGET_NONE, 0, &dataset), NEURAL_OK);
    neural_tensor_release(x);
    return Dataset(dataset);
}

Split split(const Dataset &dataset, double fraction, uint64_t seed) {
    int64_t *train = nullptr, *validation = nullptr, train_rows = 0, validation_rows = 0;
    const neural_status status = neural_dataset_split(dataset.get(), fraction, seed, &train,
                                                      &train_rows, &validation, &validation_rows);
    Split out = {{train, train + train_rows}, {validation, validation + validation_rows}, status};
    neural_free(train);
    neural_free(validation);
    return out;
}

// Both lists are sorted and together hold each row once.
void expect_partition(const Split &s, int64_t rows) {
    std::vector<int64_t> all = s.train, want(static_cast<size_t>(rows));
    all.insert(all.end(), s.validation.begin(), s.validation.end());
    std::sort(all.begin(), all.end());
    std::iota(want.begin(), want.end(), 0);
    EXPECT_EQ(all, want);
    EXPECT_TRUE(std::is_sorted(s.train.begin(), s.train.end()));
    EXPECT_TRUE(std::is_sorted(s.validation.begin(), s.validation.end()));
}

TEST(Split, SizesAreRoundedAndNeverEmpty) {
    for (int64_t rows : {2, 3, 7, 10, 101}) {
        for (double fraction : {1e-9, 0.1, 0.25, 0.5, 0.9, 0.999999}) {
            const Split s = split(without_labels(rows), fraction, 1);
            expect_partition(s, rows);
            const int64_t want = std::min<int64_t>(
                rows - 1, std::max<int64_t>(1, std::llround(fraction * static_cast<double>(rows))));
            EXPECT_EQ(static_cast<int64_t>(s.validation.size()), want) << rows << " " << fraction;
        }
    }
}

TEST(Split, LargestRemainders) {
    // 8 + 9 + 3 rows, 5 for validation: shares 2, 2.25, 0.75 -> 2, 2, 1
    std::vector<int64_t> labels;
    for (int64_t c : {0, 1, 2}) {
        labels.insert(labels.end(), std::vector<size_t>{8, 9, 3}[static_cast<size_t>(c)], c);
    }
    const Split s = split(with_labels(labels), 0.25, 3);
    expect_partition(s, 20);
    int64_t found[3] = {0, 0, 0};
    for (int64_t row : s.validation) {
        found[labels[static_cast<size_t>(row)]]++;
    }
    EXPECT_EQ(found[0], 2);
    EXPECT_EQ(found[1], 2);
    EXPECT_EQ(found[2], 1);
}

// Against shares and remainders in long double, on random sizes.
TEST(Split, ProportionsOfRandomClasses) {
    std::srand(5);
    for (int trial = 0; trial < 50; trial++) {
        const int64_t classes = 1 + std::rand() % 12;
        std::vector<int64_t> labels(static_cast<size_t>(20 + std::rand() % 300));
        for (int64_t &label : labels) {
            label = std::rand() % classes;
        }
        const double fraction = 0.05 + 0.9 * (std::rand() % 100) / 100.0;
        const Split s = split(with_labels(labels, classes + 1), fraction, 9);
        expect_partition(s, static_cast<int64_t>(labels.size()));
        const long double share =
            static_cast<long double>(s.validation.size()) / static_cast<long double>(labels.size());
        for (int64_t c = 0; c < classes; c++) {
            int64_t size = 0, taken = 0;
            for (int64_t label : labels) {
                size += label == c;
            }
            for (int64_t row : s.validation) {
                taken += labels[static_cast<size_t>(row)] == c;
            }
            EXPECT_LT(std::fabs(static_cast<double>(taken - share * size)), 1.0);
        }
    }
}

TEST(Split, TheSeedDecides) {
    std::vector<int64_t> labels(200);
    for (size_t i = 0; i < labels.size(); i++) {
        labels[i] = static_cast<int64_t>(i % 4);
    }
    const Dataset d = with_labels(labels);
    std::set<std::vector<int64_t>> seen;
    for (uint64_t seed = 0; seed < 20; seed++) {
        EXPECT_EQ(split(d, 0.2, seed).validation, split(d, 0.2, seed).validation);
        seen.insert(split(d, 0.2, seed).validation);
    }
    EXPECT_EQ(seen.size(), 20u);
}

TEST(Split, Refusals) {
    for (double fraction : {0.0, 1.0, -0.5, 1.5, static_cast<double>(NAN)}) {
        EXPECT_EQ(split(without_labels(10), fraction, 0).status, NEURAL_ERR_INVALID_ARGUMENT);
    }
    EXPECT_EQ(split(without_labels(1), 0.5, 0).status, NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "split: needs at least 2 rows, found 1");
}

TEST(Split, FailedAllocation) {
    const Dataset d = with_labels({0, 1, 0, 1});
    const int64_t before = neural_alloc_bytes();
    for (int n = 1; n <= 8; n++) {
        neural_alloc_fail_at(n);
        const neural_status status = split(d, 0.5, 0).status;
        neural_alloc_fail_at(0);
        EXPECT_EQ(status, n <= 7 ? NEURAL_ERR_OUT_OF_MEMORY : NEURAL_OK) << n;
    }
    EXPECT_EQ(neural_alloc_bytes(), before);
}

} // namespace

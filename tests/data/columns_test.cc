#include "data/columns.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "core/base/memory.h"
#include "tests/data/data_testing.h"

namespace {

using data_testing::Dataset;
using data_testing::load;
using data_testing::Loaded;
using data_testing::TempFile;
using data_testing::values_of;
using data_testing::without_path;
using V = std::vector<double>;

struct DestroyColumns {
    void operator()(neural_columns *columns) const { neural_columns_destroy(columns); }
};
using Columns = std::unique_ptr<neural_columns, DestroyColumns>;

const char *const table = "size,color,weight,kind\n"
                          "1,red,10,a\n"
                          "NA,blue,20,b\n"
                          "4,red,,a\n"
                          "7,green,40,b\n"
                          ",,60,a\n";

neural_data_options options_with(neural_missing missing, const char *categorical) {
    neural_data_options options = {};
    options.target = NEURAL_TARGET_CLASS;
    options.missing = missing;
    options.categorical = categorical;
    return options;
}

Columns fit(const Dataset &d, neural_missing missing, neural_encoding encoding, int ignore,
            const std::vector<int64_t> &rows = {}) {
    neural_columns *out = nullptr;
    EXPECT_EQ(neural_columns_fit(d.get(), rows.empty() ? nullptr : rows.data(),
                                 static_cast<int64_t>(rows.size()), missing, encoding, ignore,
                                 &out),
              NEURAL_OK)
        << neural_last_error();
    return Columns(out);
}

// The features after encoding, or {} and the error.
V apply(const Columns &columns, const Dataset &d, std::string *error = nullptr) {
    neural_dataset *out = nullptr;
    if (neural_columns_apply(columns.get(), d.get(), &out)) {
        if (error) *error = neural_last_error();
        return {};
    }
    const Dataset encoded(out);
    EXPECT_EQ(neural_dataset_classes(out), neural_dataset_classes(d.get()));
    return values_of(neural_dataset_x(out));
}

TEST(Columns, OneHotWithMeans) {
    const TempFile file("t.csv", table);
    const Loaded d = load(file.path(), options_with(NEURAL_MISSING_MEAN, "color"));
    ASSERT_EQ(d.status, NEURAL_OK) << d.error;
    EXPECT_EQ(neural_dataset_categories(d.dataset.get(), 1), 3);
    EXPECT_EQ(neural_dataset_categories(d.dataset.get(), 0), 0);
    EXPECT_STREQ(neural_dataset_category_name(d.dataset.get(), 1, 0), "red");
    const Columns columns = fit(d.dataset, NEURAL_MISSING_MEAN, NEURAL_ENCODING_ONEHOT, 0);
    ASSERT_EQ(neural_columns_features(columns.get()), 5);
    // size mean (1 + 4 + 7) / 3, weight mean (10 + 20 + 40 + 60) / 4; blue, green, red
    EXPECT_EQ(apply(columns, d.dataset), (V{1, 0, 0, 1, 10,    //
                                            4, 1, 0, 0, 20,    //
                                            4, 0, 0, 1, 32.5,  //
                                            7, 0, 1, 0, 40,    //
                                            4, 0, 0, 0, 60})); // missing: all zeros
    neural_dataset *encoded = nullptr;
    ASSERT_EQ(neural_columns_apply(columns.get(), d.dataset.get(), &encoded), NEURAL_OK);
    EXPECT_STREQ(neural_dataset_feature_name(encoded, 2), "color=green");
    EXPECT_STREQ(neural_dataset_feature_name(encoded, 4), "weight");
    neural_dataset_destroy(encoded);
    for (int j = 0; j < 5; j++) {
        EXPECT_EQ(neural_columns_is_scaled(columns.get(), j), j == 0 || j == 4) << j;
    }
}

TEST(Columns, OrdinalWithMediansAndZeros) {
    const TempFile file("t.csv", table);
    const Loaded d = load(file.path(), options_with(NEURAL_MISSING_MEDIAN, "auto"));
    ASSERT_EQ(d.status, NEURAL_OK) << d.error;
    const Columns median = fit(d.dataset, NEURAL_MISSING_MEDIAN, NEURAL_ENCODING_ORDINAL, 0);
    EXPECT_EQ(apply(median, d.dataset), (V{1, 2, 10, 4, 0, 20, 4, 2, 30, 7, 1, 40, 4, -1, 60}));
    const Columns zero = fit(d.dataset, NEURAL_MISSING_ZERO, NEURAL_ENCODING_ORDINAL, 0);
    EXPECT_EQ(apply(zero, d.dataset), (V{1, 2, 10, 0, 0, 20, 4, 2, 0, 7, 1, 40, 0, -1, 60}));
}

TEST(Columns, DroppedRows) {
    const TempFile file("t.csv", std::string(table) + "9,red,90,NA\n");
    const Loaded d = load(file.path(), options_with(NEURAL_MISSING_DROP, "1"));
    ASSERT_EQ(d.status, NEURAL_OK) << d.error;
    EXPECT_EQ(values_of(neural_dataset_x(d.dataset.get())), (V{1, 0, 10, 7, 1, 40}));
    EXPECT_EQ(values_of(neural_dataset_y(d.dataset.get())), (V{0, 1}));
}

TEST(Columns, LearnedOnTheTrainingRowsOnly) {
    const TempFile file("t.csv", table);
    const Loaded d = load(file.path(), options_with(NEURAL_MISSING_MEAN, "color"));
    const Columns strict =
        fit(d.dataset, NEURAL_MISSING_MEAN, NEURAL_ENCODING_ONEHOT, 0, {0, 1, 2});
    EXPECT_EQ(neural_columns_features(strict.get()), 4); // blue, red
    std::string error;
    apply(strict, d.dataset, &error);
    EXPECT_EQ(error, "row 3, column color: category \"green\" is not among those of the training "
                     "rows");
    const Columns lax = fit(d.dataset, NEURAL_MISSING_MEAN, NEURAL_ENCODING_ONEHOT, 1, {0, 1, 2});
    EXPECT_EQ(apply(lax, d.dataset), (V{1,   0, 1, 10, //
                                        2.5, 1, 0, 20, //
                                        4,   0, 1, 15, //
                                        7,   0, 0, 40, //
                                        2.5, 0, 0, 60}));
    neural_columns *out = nullptr;
    const int64_t empty[] = {4};
    EXPECT_EQ(neural_columns_fit(d.dataset.get(), empty, 1, NEURAL_MISSING_MEAN,
                                 NEURAL_ENCODING_ONEHOT, 0, &out),
              NEURAL_ERR_DATA);
    EXPECT_STREQ(neural_last_error(), "column 0 (size) has no value in the training rows");
}

// Another file, with other categories in another order, becomes what the stored text says.
TEST(Columns, WrittenAndReadBack) {
    const TempFile file("t.csv", table), other("o.csv", "size,color,weight,kind\n"
                                                        "?,\"blue\",1,a\n3,red,2,b\n");
    const Loaded d = load(file.path(), options_with(NEURAL_MISSING_MEAN, "color"));
    const Columns columns = fit(d.dataset, NEURAL_MISSING_MEAN, NEURAL_ENCODING_ONEHOT, 0);
    char *text = nullptr;
    ASSERT_EQ(neural_columns_write(columns.get(), &text), NEURAL_OK);
    EXPECT_STREQ(text, "columns 3 0 0 3\nn 4\nc 3\nblue\ngreen\nred\nn 32.5\n");
    neural_columns *again = nullptr;
    ASSERT_EQ(neural_columns_read(text, &again), NEURAL_OK) << neural_last_error();
    const Columns read(again);
    neural_data_options options = options_with(NEURAL_MISSING_MEAN, nullptr);
    options.category_columns = neural_columns_mask(again);
    const Loaded o = load(other.path(), options);
    ASSERT_EQ(o.status, NEURAL_OK) << o.error;
    EXPECT_EQ(apply(read, o.dataset), (V{4, 1, 0, 0, 1, 3, 0, 0, 1, 2}));
    const unsigned seed = 55104;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const std::string whole = text;
    neural_free(text);
    int refused = 0;
    for (int i = 0; i < 20000; i++) {
        std::string broken = whole;
        for (unsigned n = 1 + random() % 3; n > 0; n--) {
            broken[random() % broken.size()] = "0123456789nc-\\\n rebd"[random() % 20];
        }
        if (i < static_cast<int>(whole.size())) {
            broken = whole.substr(0, static_cast<size_t>(i));
        }
        neural_columns *out = nullptr;
        refused += neural_columns_read(broken.c_str(), &out) != NEURAL_OK;
        neural_columns_destroy(out);
    }
    EXPECT_GT(refused, 10000);
}

TEST(Columns, NaValuesAndPolicy) {
    const TempFile file("n.csv", "1,-999,0\n2, - ,1\n-999.0,5,0\n");
    neural_data_options options = {};
    options.target = NEURAL_TARGET_CLASS;
    EXPECT_EQ(load(file.path(), options).status, NEURAL_ERR_DATA); // "-" is no number
    options.missing = NEURAL_MISSING_ZERO;
    options.na_values = "-999, -";
    const Loaded d = load(file.path(), options);
    ASSERT_EQ(d.status, NEURAL_OK) << d.error;
    const Columns columns = fit(d.dataset, NEURAL_MISSING_ZERO, NEURAL_ENCODING_ONEHOT, 0);
    EXPECT_EQ(apply(columns, d.dataset), (V{1, 0, 2, 0, 0, 5}));
    options.na_values = "NA";
    EXPECT_EQ(load(file.path(), options).status, NEURAL_ERR_DATA);
    options.target = NEURAL_TARGET_VALUE;
    const TempFile target("v.csv", "1,2\n3,NA\n");
    EXPECT_EQ(without_path(load(target.path(), options).error, target),
              "FILE:2:3: expected a number, found \"NA\""); // a target is not made up
}

TEST(Columns, NoSuchColumn) {
    const TempFile file("t.csv", table);
    EXPECT_EQ(
        without_path(load(file.path(), options_with(NEURAL_MISSING_ERROR, "colour")).error, file),
        "FILE: categorical: no feature column \"colour\" among 4 columns");
    EXPECT_EQ(load(file.path(), options_with(NEURAL_MISSING_ERROR, "3")).status, NEURAL_ERR_DATA);
}

TEST(Columns, FailedAllocation) {
    const TempFile file("t.csv", table);
    const Loaded d = load(file.path(), options_with(NEURAL_MISSING_MEAN, "color"));
    for (int n = 1, done = 0; !done; n++) {
        neural_columns *columns = nullptr;
        neural_dataset *out = nullptr;
        char *text = nullptr;
        neural_pool_trim();
        neural_alloc_fail_at(n);
        neural_status status = neural_columns_fit(d.dataset.get(), nullptr, 0, NEURAL_MISSING_MEAN,
                                                  NEURAL_ENCODING_ONEHOT, 0, &columns);
        status = status ? status : neural_columns_apply(columns, d.dataset.get(), &out);
        status = status ? status : neural_columns_write(columns, &text);
        neural_alloc_fail_at(0);
        done = status == NEURAL_OK;
        EXPECT_TRUE(done || status == NEURAL_ERR_OUT_OF_MEMORY) << neural_last_error();
        neural_columns_destroy(columns);
        neural_dataset_destroy(out);
        neural_free(text);
    }
}

} // namespace

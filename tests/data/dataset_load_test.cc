#include "core/base/memory.h"
#include "data/dataset.h"
#include "tests/data/data_testing.h"

namespace {

using data_testing::big_endian;
using data_testing::gzip;
using data_testing::idx_file;
using data_testing::load;
using data_testing::Loaded;
using data_testing::TempFile;
using data_testing::values_of;
using data_testing::without_path;
using Values = std::vector<double>;

neural_data_options of(neural_target_kind target) {
    neural_data_options options = {};
    options.target = target;
    return options;
}

Values x_of(const Loaded &loaded) {
    return values_of(neural_dataset_x(loaded.dataset.get()));
}
Values y_of(const Loaded &loaded) {
    return values_of(neural_dataset_y(loaded.dataset.get()));
}

std::string name_of(const Loaded &loaded, int64_t c) {
    return neural_dataset_class_name(loaded.dataset.get(), c);
}

TEST(Load, WineLike) {
    const TempFile file("wine.csv", "\"fixed acidity\";\"pH\";\"quality\"\n"
                                    "7.4;3.51;5\n7.8;3.2;8\n11.2;3.16;6\n");
    const Loaded loaded = load(file.path(), of(NEURAL_TARGET_CLASS));
    ASSERT_EQ(loaded.status, NEURAL_OK) << loaded.error;
    const neural_dataset *d = loaded.dataset.get();
    EXPECT_EQ(neural_dataset_rows(d), 3);
    EXPECT_EQ(neural_dataset_features(d), 2);
    EXPECT_EQ(neural_tensor_dtype(neural_dataset_x(d)), NEURAL_DTYPE_F32);
    EXPECT_EQ(x_of(loaded), (Values{7.4f, 3.51f, 7.8f, 3.2f, 11.2f, 3.16f}));
    EXPECT_EQ(y_of(loaded), (Values{0, 2, 1}));
    EXPECT_EQ(neural_dataset_classes(d), 3);
    EXPECT_EQ(name_of(loaded, 0), "5");
    EXPECT_EQ(name_of(loaded, 2), "8");
    EXPECT_STREQ(neural_dataset_feature_name(d, 0), "fixed acidity");
    EXPECT_STREQ(neural_dataset_feature_name(d, 1), "pH");
    EXPECT_EQ(neural_dataset_feature_name(d, 2), nullptr);
}

TEST(Load, LabelColumns) {
    const TempFile file("iris.csv", "species,a,b\nx,1,2\ny,3,4\nx,5,6\n");
    neural_data_options options = of(NEURAL_TARGET_CLASS);
    for (const char *column : {"species", "0", "-3"}) {
        options.label_column = column;
        const Loaded loaded = load(file.path(), options);
        ASSERT_EQ(loaded.status, NEURAL_OK) << loaded.error;
        EXPECT_EQ(x_of(loaded), (Values{1, 2, 3, 4, 5, 6}));
        EXPECT_EQ(y_of(loaded), (Values{0, 1, 0}));
        EXPECT_EQ(name_of(loaded, 1), "y");
        EXPECT_STREQ(neural_dataset_feature_name(loaded.dataset.get(), 0), "a");
    }
    for (const char *column : {"kind", "3", "-4", "99999999999999999999"}) {
        options.label_column = column;
        const Loaded loaded = load(file.path(), options);
        EXPECT_EQ(loaded.status, NEURAL_ERR_DATA);
        EXPECT_EQ(without_path(loaded.error, file),
                  std::string("FILE: no label column \"") + column + "\" among 3 columns");
    }
}

TEST(Load, ValueTargets) {
    const TempFile file("v.csv", "1,2,3,4\n5,6,7,8\n");
    neural_data_options options = of(NEURAL_TARGET_VALUE);
    options.dtype = NEURAL_DTYPE_F64;
    Loaded loaded = load(file.path(), options);
    ASSERT_EQ(loaded.status, NEURAL_OK) << loaded.error;
    EXPECT_EQ(x_of(loaded), (Values{1, 2, 3, 5, 6, 7}));
    EXPECT_EQ(y_of(loaded), (Values{4, 8}));
    EXPECT_EQ(neural_tensor_dtype(neural_dataset_y(loaded.dataset.get())), NEURAL_DTYPE_F64);
    options.outputs = 2;
    loaded = load(file.path(), options);
    EXPECT_EQ(y_of(loaded), (Values{3, 4, 7, 8}));
    options.label_column = "1";
    loaded = load(file.path(), options);
    EXPECT_EQ(x_of(loaded), (Values{1, 4, 5, 8}));
    EXPECT_EQ(y_of(loaded), (Values{2, 3, 6, 7}));
    options.label_column = "3";
    EXPECT_EQ(load(file.path(), options).status, NEURAL_ERR_DATA);
    options.label_column = nullptr;
    options.outputs = 4;
    EXPECT_EQ(without_path(load(file.path(), options).error, file),
              "FILE: expected at least 5 columns, found 4");
}

TEST(Load, RowsToPredict) {
    const TempFile file("p.csv", "a b\n1 2\n3 4\n");
    neural_data_options options = of(NEURAL_TARGET_NONE);
    options.features = 2;
    const Loaded loaded = load(file.path(), options);
    ASSERT_EQ(loaded.status, NEURAL_OK) << loaded.error;
    EXPECT_EQ(x_of(loaded), (Values{1, 2, 3, 4}));
    EXPECT_EQ(neural_dataset_y(loaded.dataset.get()), nullptr);
    neural_dataset *defaults = nullptr;
    ASSERT_EQ(neural_dataset_load(file.path(), nullptr, &defaults), NEURAL_OK);
    EXPECT_EQ(neural_dataset_features(defaults), 2);
    neural_dataset_destroy(defaults);
    options.features = 3;
    EXPECT_EQ(without_path(load(file.path(), options).error, file),
              "FILE: expected 3 features, found 2");
}

TEST(Load, SaysThatTheLabelColumnIsMissing) {
    const TempFile file("p.csv", "a b\n1 2\n3 4\n");
    neural_data_options options = of(NEURAL_TARGET_CLASS);
    options.features = 2;
    EXPECT_EQ(without_path(load(file.path(), options).error, file),
              "FILE: expected 3 columns, 2 features and the label; found 2: the label column is "
              "missing, or a feature is");
    options = of(NEURAL_TARGET_VALUE);
    options.features = 2;
    options.outputs = 3;
    EXPECT_EQ(without_path(load(file.path(), options).error, file),
              "FILE: expected 5 columns, 2 features and the targets; found 2: the target columns "
              "are missing, or a feature is");
}

TEST(Load, TargetColumnsOfRowsToPredictAreLeftOut) {
    const TempFile file("p.csv", "a,kind,b\n1,x,2\n3,y,4\n");
    neural_data_options options = of(NEURAL_TARGET_NONE);
    options.features = 2;
    options.label_column = "kind";
    const Loaded loaded = load(file.path(), options);
    ASSERT_EQ(loaded.status, NEURAL_OK) << loaded.error;
    EXPECT_EQ(x_of(loaded), (Values{1, 2, 3, 4}));
    EXPECT_EQ(neural_dataset_y(loaded.dataset.get()), nullptr);
    options.features = 1;
    EXPECT_EQ(load(file.path(), options).status, NEURAL_ERR_DATA);
}

TEST(Load, SeparateLabelFile) {
    const TempFile x("x.csv", "1,2\n3,4\n"), y("y.csv", "1.000000\n0.000000\n");
    const TempFile more("more.csv", "1\n0\n1\n"), wide("wide.csv", "1,2\n0,1\n");
    neural_data_options options = of(NEURAL_TARGET_CLASS);
    options.label_file = y.path();
    Loaded loaded = load(x.path(), options);
    ASSERT_EQ(loaded.status, NEURAL_OK) << loaded.error;
    EXPECT_EQ(x_of(loaded), (Values{1, 2, 3, 4}));
    EXPECT_EQ(y_of(loaded), (Values{1, 0}));
    options.target = NEURAL_TARGET_VALUE;
    EXPECT_EQ(y_of(load(x.path(), options)), (Values{1, 0}));
    options.label_file = more.path();
    EXPECT_EQ(without_path(without_path(load(x.path(), options).error, x, "X"), more, "Y"),
              "Y has 3 rows, but X has 2");
    options.label_file = wide.path();
    EXPECT_EQ(without_path(load(x.path(), options).error, wide),
              "FILE: expected 1 columns, found 2");
    options.outputs = 2;
    EXPECT_EQ(y_of(load(x.path(), options)), (Values{1, 2, 0, 1}));
    options.label_file = "/no/such/file";
    EXPECT_EQ(load(x.path(), options).status, NEURAL_ERR_FILE_NOT_FOUND);
    options.label_column = "0";
    EXPECT_EQ(load(x.path(), options).status, NEURAL_ERR_INVALID_ARGUMENT);
}

TEST(Load, Headers) {
    const TempFile numeric("n.csv", "0,1,2\n1,2,0\n3,4,1\n"), text("t.csv", "a,b,c\n1,2,0\n");
    neural_data_options options = of(NEURAL_TARGET_CLASS);
    EXPECT_EQ(neural_dataset_rows(load(numeric.path(), options).dataset.get()), 3);
    options.header = 1;
    EXPECT_EQ(neural_dataset_rows(load(numeric.path(), options).dataset.get()), 2);
    options.header = -1;
    EXPECT_EQ(without_path(load(text.path(), options).error, text),
              "FILE:1:1: expected a number, found \"a\"");
    const TempFile only("o.csv", "a,b,c\n");
    options.header = 0;
    EXPECT_EQ(without_path(load(only.path(), options).error, only),
              "FILE: expected rows after the header, found none");
}

TEST(Load, NamesOfTheModel) {
    const TempFile file("m.csv", "1,cat\n2,dog\n");
    const char *const names[] = {"bird", "cat", "dog"};
    neural_data_options options = of(NEURAL_TARGET_CLASS);
    options.class_names = names;
    EXPECT_EQ(load(file.path(), options).status, NEURAL_ERR_INVALID_ARGUMENT);
    options.classes = 3;
    const Loaded loaded = load(file.path(), options);
    EXPECT_EQ(y_of(loaded), (Values{1, 2}));
    EXPECT_EQ(name_of(loaded, 0), "bird");
    options.classes = 2;
    EXPECT_EQ(without_path(load(file.path(), options).error, file),
              "FILE:2:3: label \"dog\" is none of the 2 classes");
}

TEST(Load, ClassesWithoutANameNeverTakeOneThatIsThere) {
    const TempFile file("m.csv", "1,3\n2,x\n");
    neural_data_options options = of(NEURAL_TARGET_CLASS);
    options.classes = 4;
    const Loaded loaded = load(file.path(), options);
    ASSERT_EQ(loaded.status, NEURAL_OK) << loaded.error;
    EXPECT_EQ(name_of(loaded, 0), "3");
    EXPECT_EQ(name_of(loaded, 1), "x");
    EXPECT_EQ(name_of(loaded, 2), "(2)");
    EXPECT_EQ(name_of(loaded, 3), "(3)");
}

TEST(Load, ProbabilitiesLieBetween0And1) {
    const TempFile good("p.csv", "1,2,0\n3,4,1\n5,6,0.25\n"), bad("q.csv", "1,2,0\n3,4, 2\n"),
        first("r.csv", "7,1,2\n-0.5,3,4\n"), two("s.csv", "1,0,1\n2,1,1.5\n");
    neural_data_options options = of(NEURAL_TARGET_VALUE);
    EXPECT_EQ(load(bad.path(), options).status, NEURAL_OK);
    options.probability = 1;
    EXPECT_EQ(y_of(load(good.path(), options)), (Values{0, 1, 0.25}));
    EXPECT_EQ(without_path(load(bad.path(), options).error, bad),
              "FILE:2:6: expected a target from 0 to 1, found \"2\"");
    options.label_column = "0";
    EXPECT_EQ(without_path(load(first.path(), options).error, first),
              "FILE:1:1: expected a target from 0 to 1, found \"7\"");
    options.label_column = nullptr;
    options.outputs = 2;
    EXPECT_EQ(without_path(load(two.path(), options).error, two),
              "FILE:2:5: expected a target from 0 to 1, found \"1.5\"");
    const TempFile items("i.idx", idx_file(8, {2, 1}, std::string("\x05\x06", 2))),
        labels("l.idx", idx_file(8, {2}, std::string("\x01\x02", 2)));
    options.outputs = 1;
    options.label_file = labels.path();
    EXPECT_EQ(without_path(load(items.path(), options).error, labels),
              "FILE: item 1: expected a target from 0 to 1, found 2");
}

TEST(Load, ErrorsNameThePlace) {
    const struct {
        const char *content, *error;
    } cases[] = {
        {"", "FILE: expected rows of numbers, found an empty file"},
        {"\n\n", "FILE: expected rows of numbers, found an empty file"},
        {"1,2,0\n3,4\n", "FILE:2: expected 3 fields, found 2"},
        {"1,2,0\n3,4,1,5\n", "FILE:2: expected 3 fields, found 4"},
        {"1,2,0\n\n3,x,1\n", "FILE:3:3: expected a number, found \"x\""},
        {"1,x,0\n3,4,1\n", "FILE:1:3: expected a number, found \"x\""},
        {"a,b,c\n1,nan,0\n", "FILE:2:3: expected a number, found \"nan\""},
        {"1,2,0\n3,4,6\n", "FILE:2:5: label 6 is outside [0, 3)"},
        {"1,2,0\n3,4,\n", "FILE:2:5: expected a label, found an empty field"},
        {"0\n1\n", "FILE: expected at least 2 columns, found 1"},
        {"1,2,0\n3,4,\"1", "FILE:2:5: this quote is never closed"},
    };
    for (const auto &c : cases) {
        const TempFile file("e.csv", c.content);
        neural_data_options options = of(NEURAL_TARGET_CLASS);
        options.classes = 3;
        const Loaded loaded = load(file.path(), options);
        EXPECT_EQ(loaded.status, NEURAL_ERR_DATA) << c.content;
        EXPECT_EQ(without_path(loaded.error, file), c.error);
    }
    EXPECT_EQ(load("/no/such/file.csv", of(NEURAL_TARGET_NONE)).status, NEURAL_ERR_FILE_NOT_FOUND);
    EXPECT_EQ(load("/tmp", of(NEURAL_TARGET_NONE)).status, NEURAL_ERR_FILE_READ);
}

TEST(Load, IdxImagesAndLabels) {
    const std::string pixels("\x00\xFF\x33\x66\x01\x02\x03\x04", 8);
    const std::string images = idx_file(8, {2, 2, 2}, pixels),
                      labels = idx_file(8, {2}, "\x09\x02");
    for (int packed = 0; packed < 2; packed++) {
        const TempFile x("x.idx", packed ? gzip(images) : images);
        const TempFile y("y.idx", packed ? gzip(labels) : labels);
        neural_data_options options = of(NEURAL_TARGET_CLASS);
        options.label_file = y.path();
        options.classes = 10;
        const Loaded loaded = load(x.path(), options);
        ASSERT_EQ(loaded.status, NEURAL_OK) << loaded.error;
        EXPECT_EQ(neural_dataset_features(loaded.dataset.get()), 4);
        EXPECT_EQ(x_of(loaded), (Values{0, 1, 51 / 255.0f, 102 / 255.0f, 1 / 255.0f, 2 / 255.0f,
                                        3 / 255.0f, 4 / 255.0f}));
        EXPECT_EQ(y_of(loaded), (Values{9, 2}));
        options.classes = 9;
        EXPECT_EQ(without_path(load(x.path(), options).error, y),
                  "FILE: item 0: label 9 is outside [0, 9)");
        options.label_file = nullptr;
        EXPECT_EQ(without_path(load(x.path(), options).error, x),
                  "FILE: an IDX file needs a label file");
    }
}

TEST(Load, IdxNumbers) {
    const TempFile x("x.idx", idx_file(8, {2, 2}, std::string("\x00\xFF\x33\x66", 4)));
    EXPECT_EQ(x_of(load(x.path(), of(NEURAL_TARGET_NONE))), (Values{0, 255, 51, 102}));
    x.write(idx_file(0x0E, {1, 2},
                     big_endian(0x3FF0000000000000u, 8) + big_endian(0x7FF8000000000000u, 8)));
    EXPECT_EQ(without_path(load(x.path(), of(NEURAL_TARGET_NONE)).error, x),
              "FILE: item 0, element 1: expected a number in the range of f32");
    x.write(idx_file(8, {0, 2}, ""));
    EXPECT_EQ(without_path(load(x.path(), of(NEURAL_TARGET_NONE)).error, x),
              "FILE: expected items, found none");
    // features from CSV, values from IDX
    const TempFile csv("x.csv", "1\n2\n");
    x.write(idx_file(0x0B, {2}, std::string("\x00\x05\xFF\xFF", 4)));
    neural_data_options options = of(NEURAL_TARGET_VALUE);
    options.label_file = x.path();
    EXPECT_EQ(y_of(load(csv.path(), options)), (Values{5, -1}));
}

TEST(Load, AMappedFile) {
    std::string text = "a,b,label\n";
    const int rows = 400000;
    for (int i = 0; i < rows; i++) {
        text +=
            std::to_string(i) + "," + std::to_string(i / 8.0) + "," + std::to_string(i % 3) + "\n";
    }
    const TempFile file("big.csv", text);
    const Loaded loaded = load(file.path(), of(NEURAL_TARGET_CLASS));
    ASSERT_EQ(loaded.status, NEURAL_OK) << loaded.error;
    ASSERT_EQ(neural_dataset_rows(loaded.dataset.get()), rows);
    const float *x =
        static_cast<float *>(neural_tensor_data(neural_dataset_x(loaded.dataset.get())));
    for (int i = 0; i < rows; i += 997) {
        EXPECT_EQ(x[2 * i], static_cast<float>(i));
        EXPECT_EQ(x[2 * i + 1], static_cast<float>(i / 8.0));
    }
}

TEST(Load, OptionsAreChecked) {
    const TempFile file("o.csv", "1,2\n");
    neural_data_options options = {};
    options.dtype = NEURAL_DTYPE_I64;
    EXPECT_EQ(load(file.path(), options).status, NEURAL_ERR_INVALID_DTYPE);
    options = of(static_cast<neural_target_kind>(7));
    EXPECT_EQ(load(file.path(), options).status, NEURAL_ERR_INVALID_ARGUMENT);
    options = of(NEURAL_TARGET_CLASS);
    options.classes = -1;
    EXPECT_EQ(load(file.path(), options).status, NEURAL_ERR_INVALID_ARGUMENT);
    options = of(NEURAL_TARGET_NONE);
    options.separator = 'x';
    EXPECT_EQ(load(file.path(), options).status, NEURAL_ERR_INVALID_ARGUMENT);
    neural_dataset *out = nullptr;
    EXPECT_EQ(neural_dataset_load(nullptr, nullptr, &out), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_dataset_load(file.path(), nullptr, nullptr), NEURAL_ERR_NULL_POINTER);
}

} // namespace

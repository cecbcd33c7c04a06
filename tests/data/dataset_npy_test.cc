// NPY and NPZ files as datasets.
#include <cmath>
#include <fstream>
#include <random>

#include "core/base/memory.h"
#include "tests/data/data_testing.h"
#include "tests/data/npy_testing.h"

namespace {

using data_testing::load;
using data_testing::Loaded;
using data_testing::npy_file;
using data_testing::npy_header;
using data_testing::raw;
using data_testing::TempFile;
using data_testing::values_of;
using data_testing::without_path;
using data_testing::zip_file;

std::string from_hex(const std::string &hex) {
    std::string out;
    for (size_t i = 0; i < hex.size(); i += 2) {
        out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
    return out;
}

// numpy 1.24.2: savez_compressed(x=arange(6, dtype="<f4").reshape(3, 2) / 4, y=array([2, 0, 1]))
const char *const numpy_npz =
    "504b03041400000008000000210089bf9c33560000009800000005001400782e6e707901001000980000000000"
    "000056000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f54529498"
    "179f5f94920a12774bcc294e058a17672416a402f91ac63a0a469a3a0ab50a64032e063068b00312f60c0c0e40"
    "dc00c40bec01504b0304140000000800000021008a1ace134a0000009800000005001400792e6e707901001000"
    "98000000000000004a000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9369a1aea3a09e"
    "965f54529498179f5f94920a12774bcc294e058a17672416a402f91ac63a9a3a0ab50a14002e260654c008a501"
    "504b010214031400000008000000210089bf9c3356000000980000000500000000000000000000008001000000"
    "00782e6e7079504b01021403140000000800000021008a1ace134a000000980000000500000000000000000000"
    "0080018d000000792e6e7079504b05060000000002000200660000000e0100000000";

// numpy 1.24.2: save(asfortranarray(arange(6, dtype=">f8").reshape(3, 2)))
const char *const numpy_fortran =
    "934e554d5059010076007b276465736372273a20273e6638272c2027666f727472616e5f6f72646572273a2054"
    "7275652c20277368617065273a2028332c2032292c207d20202020202020202020202020202020202020202020"
    "202020202020202020202020202020202020202020202020202020202020202020202020200a00000000000000"
    "00400000000000000040100000000000003ff000000000000040080000000000004014000000000000";

neural_data_options classes() {
    neural_data_options options = {};
    options.target = NEURAL_TARGET_CLASS;
    return options;
}

TEST(DatasetNpy, WhatNumpyWrites) {
    const TempFile npz("a.npz", from_hex(numpy_npz)), npy("a.npy", from_hex(numpy_fortran));
    const Loaded both = load(npz.path(), classes());
    ASSERT_EQ(both.status, NEURAL_OK) << both.error;
    EXPECT_EQ(values_of(neural_dataset_x(both.dataset.get())),
              (std::vector<double>{0, 0.25, 0.5, 0.75, 1, 1.25}));
    EXPECT_EQ(values_of(neural_dataset_y(both.dataset.get())), (std::vector<double>{2, 0, 1}));
    const Loaded fortran = load(npy.path(), {});
    ASSERT_EQ(fortran.status, NEURAL_OK) << fortran.error;
    EXPECT_EQ(values_of(neural_dataset_x(fortran.dataset.get())),
              (std::vector<double>{0, 1, 2, 3, 4, 5}));
}

TEST(DatasetNpy, TargetsInTheLastOrAnyColumn) {
    const TempFile file(
        "m.npy", npy_file(1, npy_header("<f8", false, "(2, 3)"), raw<double>({1, 2, 1, 3, 4, 0})));
    const Loaded last = load(file.path(), classes());
    ASSERT_EQ(last.status, NEURAL_OK) << last.error;
    EXPECT_EQ(values_of(neural_dataset_x(last.dataset.get())), (std::vector<double>{1, 2, 3, 4}));
    EXPECT_EQ(values_of(neural_dataset_y(last.dataset.get())), (std::vector<double>{1, 0}));
    neural_data_options options = {};
    options.target = NEURAL_TARGET_VALUE;
    options.label_column = "1";
    const Loaded second = load(file.path(), options);
    ASSERT_EQ(second.status, NEURAL_OK) << second.error;
    EXPECT_EQ(values_of(neural_dataset_x(second.dataset.get())), (std::vector<double>{1, 1, 3, 0}));
    EXPECT_EQ(values_of(neural_dataset_y(second.dataset.get())), (std::vector<double>{2, 4}));
    options.label_column = "price";
    EXPECT_EQ(load(file.path(), options).status, NEURAL_ERR_DATA);
}

TEST(DatasetNpy, LabelFilesImagesAndNames) {
    const std::string x =
        npy_file(1, npy_header("|u1", false, "(2, 1, 2)"), raw<uint8_t>({0, 255, 51, 0}));
    const std::string y = npy_file(1, npy_header(">i2", false, "(2,)"), std::string("\0\1\0\0", 4));
    const TempFile images("x.npy", x), labels("y.npy", y);
    neural_data_options options = classes();
    options.label_file = labels.path();
    const Loaded pair = load(images.path(), options);
    ASSERT_EQ(pair.status, NEURAL_OK) << pair.error;
    const auto values = values_of(neural_dataset_x(pair.dataset.get()));
    EXPECT_EQ(values, (std::vector<double>{0, 1, 0.2f, 0}));
    EXPECT_EQ(values_of(neural_dataset_y(pair.dataset.get())), (std::vector<double>{1, 0}));
    const TempFile named("n.npz", zip_file({{"pictures.npy", x, true}, {"kinds.npy", y, false}}));
    options = classes();
    EXPECT_EQ(without_path(load(named.path(), options).error, named),
              "FILE: expected an array x, features or arr_0");
    options.array = "pictures";
    options.label_array = "kinds";
    const Loaded by_name = load(named.path(), options);
    ASSERT_EQ(by_name.status, NEURAL_OK) << by_name.error;
    EXPECT_EQ(values_of(neural_dataset_y(by_name.dataset.get())), (std::vector<double>{1, 0}));
    options.array = "nothing";
    EXPECT_EQ(without_path(load(named.path(), options).error, named),
              "FILE: there is no array \"nothing\"");
}

TEST(DatasetNpy, NotFinite) {
    const TempFile file(
        "m.npy", npy_file(1, npy_header("<f4", false, "(2, 2)"), raw<float>({1, 2, NAN, 4})));
    EXPECT_EQ(without_path(load(file.path(), {}).error, file),
              "FILE: item 1, element 0: expected a number in the range of f32");
}

// A large f32 file stays where it is: nothing of its size is allocated. What is written into the
// features stays in this process.
TEST(DatasetNpy, PlainFilesAreMapped) {
    const std::string path = testing::TempDir() + "/mapped.npy";
    std::string header = npy_header("<f4", false, "(100000, 20)");
    header.insert(header.size() - 1, std::string(128 - 10 - header.size(), ' '));
    const std::string content = npy_file(1, header, raw(std::vector<float>(2000000, 0.5f)));
    std::ofstream(path, std::ios::binary) << content;
    const int64_t before = neural_alloc_bytes();
    Loaded loaded = load(path.c_str(), {});
    ASSERT_EQ(loaded.status, NEURAL_OK) << loaded.error;
    EXPECT_LT(neural_alloc_bytes() - before, 200000);
    float *x = static_cast<float *>(neural_tensor_data(neural_dataset_x(loaded.dataset.get())));
    EXPECT_EQ(x[1999999], 0.5f);
    x[0] = 7;
    loaded.dataset.reset();
    std::ifstream again(path, std::ios::binary);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(again), {}), content);
}

TEST(DatasetNpy, RandomMutations) {
    const unsigned seed = 55103;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const std::string x =
        npy_file(1, npy_header("<f4", false, "(3, 2)"), raw<float>({1, 2, 3, 4, 5, 6}));
    const std::string y = npy_file(1, npy_header("<i4", false, "(3,)"), raw<int32_t>({0, 1, 2}));
    const std::string npz = zip_file({{"x.npy", x, true}, {"y.npy", y, false}});
    const TempFile file("m", "");
    int accepted = 0;
    for (int i = 0; i < 6000; i++) {
        std::string text = random() % 2 ? npz : x;
        for (unsigned n = random() % 3; n > 0; n--) {
            text[random() % text.size()] = static_cast<char>(random());
        }
        file.write(text);
        neural_data_options options = classes();
        options.target = static_cast<neural_target_kind>(random() % 3);
        const Loaded loaded = load(file.path(), options);
        accepted += loaded.status == NEURAL_OK;
        if (loaded.status) {
            ASSERT_NE(loaded.error, "");
            continue;
        }
        for (double value : values_of(neural_dataset_x(loaded.dataset.get()))) {
            ASSERT_TRUE(std::isfinite(value));
        }
    }
    EXPECT_GT(accepted, 1000);
    EXPECT_LT(accepted, 5900);
}

} // namespace

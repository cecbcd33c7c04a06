// Files that mean no good: whatever is in them, a load ends with a dataset that is whole or with
// an error, in bounded memory. Run under --config=asan,ubsan too.
#include <chrono>
#include <cmath>
#include <random>

#include "core/base/memory.h"
#include "data/dataset.h"
#include "tests/data/data_testing.h"

namespace {

using data_testing::gzip;
using data_testing::idx_file;
using data_testing::load;
using data_testing::Loaded;
using data_testing::TempFile;
using data_testing::values_of;

const char *const small_csv = "\"a\",b,\"species\"\r\n1.5,-2e3,x\n\"3\",.5,\"y\"\"z\"\n\n5,6,x\n";

neural_data_options classes() {
    neural_data_options options = {};
    options.target = NEURAL_TARGET_CLASS;
    return options;
}

// What every dataset keeps, wherever it comes from.
void expect_whole(const Loaded &loaded) {
    if (loaded.status != NEURAL_OK) {
        EXPECT_NE(loaded.error, "");
        return;
    }
    const neural_dataset *d = loaded.dataset.get();
    ASSERT_GE(neural_dataset_rows(d), 1);
    ASSERT_GE(neural_dataset_features(d), 1);
    for (double x : values_of(neural_dataset_x(d))) {
        ASSERT_TRUE(std::isfinite(x));
    }
    if (neural_dataset_target_kind(d) == NEURAL_TARGET_CLASS) {
        for (double label : values_of(neural_dataset_y(d))) {
            ASSERT_TRUE(label >= 0 && label < static_cast<double>(neural_dataset_classes(d)));
        }
        ASSERT_NE(neural_dataset_class_name(d, neural_dataset_classes(d) - 1), nullptr);
    }
}

TEST(Hostile, CsvTruncatedAtEveryByte) {
    const std::string whole = small_csv;
    const TempFile file("t.csv", "");
    for (size_t length = 0; length <= whole.size(); length++) {
        file.write(whole.substr(0, length));
        expect_whole(load(file.path(), classes()));
        expect_whole(load(file.path(), {}));
    }
}

TEST(Hostile, RandomMutationsOfCsv) {
    const unsigned seed = 77001;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const std::string alphabet("0123456789.,;\t \"\r\n+-eExnaif\0\xFF", 30);
    const TempFile file("m.csv", "");
    int accepted = 0;
    for (int i = 0; i < 10000; i++) {
        std::string text = small_csv;
        for (unsigned n = 1 + random() % 4; n > 0; n--) {
            const size_t at = random() % text.size();
            const char c = alphabet[random() % alphabet.size()];
            switch (random() % 3) {
            case 0:
                text[at] = c;
                break;
            case 1:
                text.insert(at, 1 + random() % 3, c);
                break;
            default:
                text.erase(at, 1 + random() % 3);
            }
        }
        file.write(text);
        neural_data_options options = classes();
        options.target = static_cast<neural_target_kind>(random() % 3);
        options.dtype = random() % 2 ? NEURAL_DTYPE_F64 : NEURAL_DTYPE_F32;
        options.header = static_cast<int>(random() % 3) - 1;
        const Loaded loaded = load(file.path(), options);
        expect_whole(loaded);
        accepted += loaded.status == NEURAL_OK;
    }
    EXPECT_GT(accepted, 100); // the mutations are not all the same nonsense
    EXPECT_LT(accepted, 9900);
}

TEST(Hostile, RandomMutationsOfIdxPairs) {
    const unsigned seed = 77002;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const TempFile x("m.idx", ""), y("l.idx", "");
    for (int i = 0; i < 2000; i++) {
        std::string images = idx_file(8, {3, 2, 2}, "abcdefghijkl");
        std::string labels = idx_file(8, {3}, std::string("\x00\x02\x01", 3));
        std::string &victim = random() % 2 ? images : labels;
        victim[random() % victim.size()] = static_cast<char>(random());
        x.write(random() % 2 ? gzip(images) : images);
        y.write(labels);
        neural_data_options options = classes();
        options.label_file = y.path();
        expect_whole(load(x.path(), options));
    }
}

// Loads in less than `seconds` (generous: quadratic work would take minutes).
Loaded load_quickly(const char *path, const neural_data_options &options, double seconds) {
    const auto start = std::chrono::steady_clock::now();
    Loaded loaded = load(path, options);
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    EXPECT_LT(spent.count(), seconds);
    return loaded;
}

TEST(Hostile, AMillionColumns) {
    std::string line = "1";
    for (int i = 1; i < 1000000; i++) {
        line += ",1";
    }
    const TempFile file("w.csv", line + "\n" + line + "\n" + std::string(1000000, '\n'));
    const Loaded loaded = load_quickly(file.path(), {}, 20);
    ASSERT_EQ(loaded.status, NEURAL_OK) << loaded.error;
    EXPECT_EQ(neural_dataset_features(loaded.dataset.get()), 1000000);
    EXPECT_EQ(neural_dataset_rows(loaded.dataset.get()), 2);
}

TEST(Hostile, ManyQuotesAndOneNeverClosed) {
    std::string text;
    for (int i = 0; i < 300000; i++) {
        text += "\"1\",\"2\"\n";
    }
    const TempFile file("q.csv", text + "\"");
    const Loaded loaded = load_quickly(file.path(), {}, 20);
    EXPECT_EQ(loaded.status, NEURAL_ERR_DATA);
    file.write("\"" + std::string(3000000, '\n'));
    EXPECT_EQ(load_quickly(file.path(), {}, 20).status, NEURAL_ERR_DATA);
    file.write(std::string(3000000, '"'));
    EXPECT_EQ(load_quickly(file.path(), {}, 20).status, NEURAL_ERR_DATA);
}

TEST(Hostile, LongFields) {
    const TempFile file("l.csv", std::string(2000000, '7') + ",1\n");
    EXPECT_EQ(load_quickly(file.path(), {}, 20).status, NEURAL_ERR_DATA);
    file.write("0." + std::string(2000000, '7') + ",1\n");
    EXPECT_EQ(load_quickly(file.path(), {}, 20).status, NEURAL_OK);
    file.write("1," + std::string(2000000, 'x') + "\n2,y\n");
    EXPECT_EQ(load_quickly(file.path(), classes(), 20).status, NEURAL_ERR_DATA);
}

TEST(Hostile, NulBytes) {
    const TempFile file("n.csv", std::string(100, '\0'));
    EXPECT_EQ(load(file.path(), {}).status, NEURAL_ERR_DATA);
    file.write(std::string("1,2\n3,\0004\n", 9));
    EXPECT_EQ(load(file.path(), {}).status, NEURAL_ERR_DATA);
    file.write(std::string("1,a\n2,b\0c\n", 10));
    EXPECT_EQ(load(file.path(), classes()).status, NEURAL_ERR_DATA);
}

TEST(Hostile, MemoryStaysNearTheFilesSize) {
    // few wide rows, then many short lines that are ragged
    std::string text = "1";
    for (int i = 1; i < 50000; i++) {
        text += ",1";
    }
    text += "\n";
    for (int i = 0; i < 50000; i++) {
        text += "1\n";
    }
    const TempFile file("r.csv", text);
    const int64_t before = neural_alloc_count();
    EXPECT_EQ(load(file.path(), {}).status, NEURAL_ERR_DATA);
    EXPECT_LT(neural_alloc_count() - before, 40);
}

// Every allocation of a load fails once: the load fails with that status or succeeds, and nothing
// stays behind.
void sweep(const char *path, const neural_data_options &options) {
    neural_pool_trim();
    ASSERT_EQ(load(path, options).status, NEURAL_OK);
    neural_pool_trim();
    const int64_t before = neural_alloc_bytes();
    int n = 1, failures = 0;
    for (int succeeded = 0; !succeeded && n < 200; n++) {
        neural_alloc_fail_at(n);
        const Loaded loaded = load(path, options);
        neural_alloc_fail_at(0);
        succeeded = loaded.status == NEURAL_OK;
        failures += loaded.status == NEURAL_ERR_OUT_OF_MEMORY;
        EXPECT_TRUE(succeeded || loaded.status == NEURAL_ERR_OUT_OF_MEMORY)
            << n << ": " << loaded.error;
        neural_pool_trim();
    }
    neural_pool_trim();
    EXPECT_GE(failures, 5);
    EXPECT_LT(n, 200);
    EXPECT_EQ(neural_alloc_bytes(), before);
}

TEST(Hostile, FailedAllocation) {
    const TempFile csv("a.csv", small_csv),
        x("a.idx", gzip(idx_file(8, {3, 2, 2}, "abcdefghijkl")));
    const TempFile y("b.csv", "3\n5\n3\n");
    sweep(csv.path(), classes());
    neural_data_options options = classes();
    options.label_file = y.path();
    sweep(x.path(), options);
    options.target = NEURAL_TARGET_VALUE;
    sweep(x.path(), options);
}

} // namespace

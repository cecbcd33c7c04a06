// The binary cache of CSV files.
#include <fcntl.h>
#include <sys/stat.h>

#include <cmath>
#include <fstream>
#include <random>

#include "core/base/memory.h"
#include "data/batches.h"
#include "data/dataset.h"
#include "data/transform.h"
#include "tests/data/data_testing.h"

namespace {

using data_testing::load;
using data_testing::Loaded;
using data_testing::values_of;

struct Files {
    std::string csv, cache;
    explicit Files(const std::string &name)
        : csv(testing::TempDir() + "/" + name + ".csv"), cache(csv + ".neural-cache") {
        std::remove(cache.c_str());
    }
    ~Files() {
        std::remove(csv.c_str());
        std::remove(cache.c_str());
    }
    void write(const std::string &text) const { std::ofstream(csv, std::ios::binary) << text; }
    std::string read_cache() const {
        std::ifstream file(cache, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(file), {});
    }
    void write_cache(const std::string &text) const {
        std::ofstream(cache, std::ios::binary) << text;
    }
};

neural_data_options with(const Files &files, neural_target_kind target) {
    neural_data_options options = {};
    options.target = target;
    options.cache = files.cache.c_str();
    return options;
}

std::string digest(const Loaded &loaded) {
    char text[NEURAL_DIGEST_TEXT];
    neural_dataset_digest(loaded.dataset.get(), text);
    return text;
}

bool is_mapped(const Loaded &loaded) {
    return neural_dataset_is_mapped(loaded.dataset.get()) != 0;
}

std::string rows_of(int64_t rows) {
    std::string text = "a,b,kind\n";
    for (int64_t r = 0; r < rows; r++) {
        text +=
            std::to_string(r) + "," + std::to_string(r) + ".25," + (r % 3 ? "no" : "yes") + "\n";
    }
    return text;
}

TEST(Cache, SameDataAsWithoutIt) {
    const Files files("same");
    files.write(rows_of(1000));
    for (auto target : {NEURAL_TARGET_CLASS, NEURAL_TARGET_VALUE, NEURAL_TARGET_NONE}) {
        for (auto dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
            if (target != NEURAL_TARGET_CLASS) {
                files.write("1,2,3\n4,5,6\n");
            }
            neural_data_options options = with(files, target);
            options.dtype = dtype;
            const Loaded made = load(files.csv.c_str(), options);
            const Loaded again = load(files.csv.c_str(), options);
            options.cache = nullptr;
            const Loaded plain = load(files.csv.c_str(), options);
            ASSERT_EQ(made.status, NEURAL_OK) << made.error;
            ASSERT_EQ(again.status, NEURAL_OK) << again.error;
            EXPECT_TRUE(is_mapped(made) && is_mapped(again));
            EXPECT_FALSE(is_mapped(plain));
            EXPECT_EQ(digest(made), digest(plain));
            EXPECT_EQ(digest(again), digest(plain));
            if (target == NEURAL_TARGET_CLASS) {
                EXPECT_STREQ(neural_dataset_class_name(again.dataset.get(), 1), "yes");
                EXPECT_STREQ(neural_dataset_feature_name(again.dataset.get(), 1), "b");
            }
        }
    }
}

TEST(Cache, StaleOnesAreMadeAnew) {
    const Files files("stale");
    const neural_data_options options = with(files, NEURAL_TARGET_VALUE);
    files.write("1,2\n3,4\n");
    ASSERT_EQ(load(files.csv.c_str(), options).status, NEURAL_OK);
    const std::string first = files.read_cache();
    struct stat info;
    ASSERT_EQ(stat(files.csv.c_str(), &info), 0);
    files.write("1,2\n3,5\n"); // same length, same time of last change
    const timespec times[2] = {info.st_atim, info.st_mtim};
    ASSERT_EQ(utimensat(AT_FDCWD, files.csv.c_str(), times, 0), 0);
    EXPECT_EQ(values_of(neural_dataset_y(load(files.csv.c_str(), options).dataset.get())),
              (std::vector<double>{2, 5}));
    EXPECT_NE(files.read_cache(), first);
    neural_data_options other = options; // another reading of the same file
    other.dtype = NEURAL_DTYPE_F64;
    EXPECT_EQ(neural_tensor_dtype(neural_dataset_x(load(files.csv.c_str(), other).dataset.get())),
              NEURAL_DTYPE_F64);
}

TEST(Cache, BadSourceLeavesNoCache) {
    const Files files("bad");
    files.write("1,2\n3,x\n");
    EXPECT_EQ(load(files.csv.c_str(), with(files, NEURAL_TARGET_VALUE)).status, NEURAL_ERR_DATA);
    EXPECT_EQ(files.read_cache(), "");
}

TEST(Cache, UnwritableCacheCostsTheCacheOnly) {
    const Files files("nowhere");
    files.write("1,2\n3,4\n");
    neural_data_options options = with(files, NEURAL_TARGET_VALUE);
    options.cache = "/nonexistent/x.cache";
    const Loaded loaded = load(files.csv.c_str(), options);
    ASSERT_EQ(loaded.status, NEURAL_OK) << loaded.error;
    EXPECT_FALSE(is_mapped(loaded));
}

// Whatever has happened to the cache, the data are right or the values at least whole.
TEST(Cache, DamageIsSeenOrHarmless) {
    const Files files("damage");
    files.write(rows_of(20));
    const neural_data_options options = with(files, NEURAL_TARGET_CLASS);
    const Loaded good = load(files.csv.c_str(), options);
    const std::string whole = files.read_cache();
    ASSERT_GT(whole.size(), 4096u);
    const std::string want = digest(good);
    for (size_t length = 0; length < whole.size(); length += length < 4096 ? 1024 : 7) {
        files.write_cache(whole.substr(0, length));
        ASSERT_EQ(digest(load(files.csv.c_str(), options)), want) << length;
    }
    const unsigned seed = 55105;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (int i = 0; i < 200; i++) {
        std::string text = whole;
        const size_t at = 4096 + random() % (text.size() - 4096);
        text[random() % 8 ? at : random() % 64] ^= static_cast<char>(1 + random() % 255);
        files.write_cache(text);
        const Loaded loaded = load(files.csv.c_str(), options);
        ASSERT_TRUE(loaded.status == NEURAL_OK || loaded.status == NEURAL_ERR_DATA);
        if (loaded.status == NEURAL_OK) {
            ASSERT_EQ(neural_dataset_rows(loaded.dataset.get()), 20);
        }
    }
}

// A mapped dataset is scaled in each gather: the same bits as scaled at once, and nothing of its
// size is allocated.
TEST(Cache, ScaledOnTheWayIntoBatches) {
    const Files files("scaled");
    files.write(rows_of(400000));
    neural_data_options options = with(files, NEURAL_TARGET_CLASS);
    (void)load(files.csv.c_str(), options);
    const int64_t before = neural_alloc_bytes();
    const Loaded mapped = load(files.csv.c_str(), options);
    ASSERT_EQ(mapped.status, NEURAL_OK) << mapped.error;
    EXPECT_LT(neural_alloc_bytes() - before, 100000);
    options.cache = nullptr;
    const Loaded plain = load(files.csv.c_str(), options);
    neural_transform *transform = nullptr;
    ASSERT_EQ(neural_transform_fit(NEURAL_NORMALIZE_ZSCORE, neural_dataset_x(mapped.dataset.get()),
                                   nullptr, 0, &transform),
              NEURAL_OK);
    for (const Loaded *one : {&mapped, &plain}) {
        ASSERT_EQ(neural_dataset_scale(one->dataset.get(), neural_transform_offset(transform),
                                       neural_transform_scale(transform)),
                  NEURAL_OK);
    }
    neural_transform_destroy(transform);
    neural_batches *a = nullptr, *b = nullptr;
    ASSERT_EQ(neural_batches_create(mapped.dataset.get(), nullptr, 0, 9999, 1, 3, &a), NEURAL_OK);
    ASSERT_EQ(neural_batches_create(plain.dataset.get(), nullptr, 0, 9999, 1, 3, &b), NEURAL_OK);
    for (neural_tensor *x = nullptr, *y = nullptr, *x2 = nullptr, *y2 = nullptr;;) {
        ASSERT_EQ(neural_batches_next(a, &x, &y), NEURAL_OK);
        ASSERT_EQ(neural_batches_next(b, &x2, &y2), NEURAL_OK);
        if (!x) break;
        ASSERT_EQ(values_of(x), values_of(x2));
        ASSERT_EQ(values_of(y), values_of(y2));
    }
    neural_batches_destroy(a);
    neural_batches_destroy(b);
}

TEST(Cache, FailedAllocation) {
    const Files files("memory");
    files.write(rows_of(20));
    const neural_data_options options = with(files, NEURAL_TARGET_CLASS);
    for (int from_cache = 0; from_cache < 2; from_cache++) {
        for (int n = 1, done = 0; !done && n < 200; n++) {
            if (!from_cache) {
                std::remove(files.cache.c_str());
            }
            neural_pool_trim();
            neural_alloc_fail_at(n);
            const Loaded loaded = load(files.csv.c_str(), options);
            neural_alloc_fail_at(0);
            done = loaded.status == NEURAL_OK && is_mapped(loaded) && n > 30;
            EXPECT_TRUE(loaded.status == NEURAL_OK || loaded.status == NEURAL_ERR_OUT_OF_MEMORY)
                << loaded.error;
        }
    }
}

} // namespace

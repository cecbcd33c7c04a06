// Reading a CSV file in pieces: the number of threads changes neither values nor messages.
#include <algorithm>
#include <random>

#include "core/base/thread_count.h"
#include "data/dataset.h"
#include "tests/data/data_testing.h"

namespace {

using data_testing::load;
using data_testing::Loaded;
using data_testing::TempFile;
using data_testing::values_of;

// About 3 MB, some fields quoted, with line ends and separators inside the labels.
std::string large_csv(bool quotes, int64_t rows, std::vector<double> *x) {
    std::mt19937 random(3);
    std::string text = "a,b,c,kind\n";
    for (int64_t r = 0; r < rows; r++) {
        for (int c = 0; c < 3; c++) {
            const double value = static_cast<double>(random()) / 65536.0;
            char number[40];
            snprintf(number, sizeof(number), "%.17g,", value);
            text += number;
            x->push_back(value);
        }
        const bool is_quoted = quotes && random() % 50 == 0;
        text += is_quoted ? "\"k,\n1\"" : r % 3 ? "plain" : "other";
        text += r % 7 == 0 ? "\r\n" : r % 1000 == 1 ? "\n\n \n" : "\n";
    }
    return text;
}

neural_data_options classes() {
    neural_data_options options = {};
    options.dtype = NEURAL_DTYPE_F64;
    options.target = NEURAL_TARGET_CLASS;
    return options;
}

std::string digest(const Loaded &loaded) {
    char text[NEURAL_DIGEST_TEXT];
    neural_dataset_digest(loaded.dataset.get(), text);
    return text;
}

TEST(CsvRows, SameWithAnyNumberOfThreads) {
    for (bool quotes : {false, true}) {
        std::vector<double> want;
        const TempFile file("l.csv", large_csv(quotes, 60000, &want));
        std::string first;
        for (int threads : {1, 2, 3, 8}) {
            ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
            const Loaded loaded = load(file.path(), classes());
            ASSERT_EQ(loaded.status, NEURAL_OK) << loaded.error;
            EXPECT_EQ(neural_dataset_classes(loaded.dataset.get()), quotes ? 3 : 2);
            EXPECT_TRUE(values_of(neural_dataset_x(loaded.dataset.get())) == want);
            first = first.empty() ? digest(loaded) : first;
            EXPECT_EQ(digest(loaded), first);
        }
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

// The first bad line is named, wherever the pieces are cut.
TEST(CsvRows, SameMessageWithAnyNumberOfThreads) {
    for (bool quotes : {false, true}) {
        std::vector<double> unused;
        std::string text = large_csv(quotes, 60000, &unused);
        const size_t second = text.find('\n', text.size() * 9 / 10) + 1;
        text.insert(second, "bad,");
        const size_t first = text.find('\n', text.size() / 2) + 1;
        text.insert(first, "x");
        const int64_t line =
            std::count(text.begin(), text.begin() + static_cast<long>(first), '\n') + 1;
        const TempFile file("l.csv", text);
        for (int threads : {1, 3, 8}) {
            ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
            const Loaded loaded = load(file.path(), classes());
            EXPECT_EQ(loaded.status, NEURAL_ERR_DATA);
            const std::string place = std::string(file.path()) + ":" + std::to_string(line) + ":1:";
            EXPECT_EQ(loaded.error.substr(0, place.size()), place) << loaded.error;
        }
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

} // namespace

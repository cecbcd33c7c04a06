#include "data/labels.h"

#include "core/base/memory.h"
#include "tests/data/data_testing.h"

namespace {

struct Result {
    std::vector<int64_t> rows;
    int64_t classes = 0;
    std::vector<std::string> names; // empty: the numbers are the names
    std::string error;
};

bool operator==(const Result &a, const Result &b) {
    return a.rows == b.rows && a.classes == b.classes && a.names == b.names && a.error == b.error;
}

std::ostream &operator<<(std::ostream &stream, const Result &r) {
    for (int64_t row : r.rows) {
        stream << row << ' ';
    }
    stream << "of " << r.classes << ':';
    for (const std::string &name : r.names) {
        stream << ' ' << name;
    }
    return stream << " [" << r.error << ']';
}

Result fail(const std::string &error) {
    return {{}, 0, {}, error};
}

// The lines of `text` as labels.
Result number(const std::string &text, int64_t classes = 0, const char *const *names = nullptr) {
    neural_labels *labels = nullptr;
    neural_csv csv;
    EXPECT_EQ(neural_csv_open("f", text.data(), text.size(), ',', &csv), NEURAL_OK);
    const int64_t room = neural_csv_rows_bound(&csv);
    if (neural_labels_create("f", room, classes, names, &labels)) {
        return fail(neural_last_error());
    }
    neural_status status = NEURAL_OK;
    int64_t count = 0;
    for (int more = 1; !status;) {
        neural_csv_field field;
        neural_csv_begin_row(&csv, &more);
        if (!more) {
            break;
        }
        EXPECT_EQ(neural_csv_read_field(&csv, &field), NEURAL_OK);
        status = neural_labels_add_field(labels, &csv, &field);
        count++;
    }
    Result result;
    int64_t *rows = nullptr;
    neural_names *found = nullptr;
    if (!status) {
        status = neural_labels_finish(labels, &rows, &result.classes, &found);
    }
    if (status) {
        EXPECT_TRUE(status == NEURAL_ERR_DATA || status == NEURAL_ERR_OUT_OF_MEMORY);
        result = fail(neural_last_error());
    } else {
        result.rows.assign(rows, rows + count);
        for (int64_t c = 0; c < neural_names_count(found); c++) {
            result.names.push_back(neural_names_get(found, c));
        }
    }
    neural_free(rows);
    neural_names_destroy(found);
    neural_labels_destroy(labels);
    return result;
}

TEST(Labels, IntegersFromZeroKeepTheirValue) {
    EXPECT_EQ(number("0\n2\n1\n"), (Result{{0, 2, 1}, 3, {}, ""}));
    EXPECT_EQ(number("0\n2\n"), (Result{{0, 2}, 3, {}, ""}));
    EXPECT_EQ(number("3.000000\n0.0\n+1\n2e0\n"), (Result{{3, 0, 1, 2}, 4, {}, ""}));
    EXPECT_EQ(number("1\n2\n", 10), (Result{{1, 2}, 10, {}, ""}));
    EXPECT_EQ(number("3\n5\n", 6), (Result{{3, 5}, 6, {}, ""}));
}

TEST(Labels, OtherIntegersAreNumberedInOrder) {
    EXPECT_EQ(number("5\n3\n8\n3\n"), (Result{{1, 0, 2, 0}, 3, {"3", "5", "8"}, ""}));
    EXPECT_EQ(number("3\n4\n5\n6\n7\n8\n", 6),
              (Result{{0, 1, 2, 3, 4, 5}, 6, {"3", "4", "5", "6", "7", "8"}, ""}));
    EXPECT_EQ(number("-1\n1\n", 2), (Result{{0, 1}, 2, {"-1", "1"}, ""}));
    EXPECT_EQ(number("-1\n0\n1\n"), (Result{{0, 1, 2}, 3, {"-1", "0", "1"}, ""}));
    EXPECT_EQ(number("1\n2\n3\n", 3), (Result{{0, 1, 2}, 3, {"1", "2", "3"}, ""}));
}

TEST(Labels, OutsideTheClassesIsRefusedByItsPlace) {
    EXPECT_EQ(number("0\n1\n7\n9\n", 6), fail("f:3:1: label 7 is outside [0, 6)"));
    EXPECT_EQ(number("1\n2\n7\n", 6), fail("f:3:1: label 7 is outside [0, 6)"));
    EXPECT_EQ(number("3\n4\n5\n6\n7\n8\n9\n", 6), fail("f:4:1: label 6 is outside [0, 6)"));
    EXPECT_EQ(number("0\n-1\n1\n2\n", 3), fail("f:2:1: label -1 is outside [0, 3)"));
    EXPECT_EQ(number("0\n262144\n"), fail("f:2:1: label 262144 is outside [0, 262144)"));
}

TEST(Labels, TextsAreNumberedInStrcmpOrder) {
    EXPECT_EQ(number("virginica\nsetosa\nversicolor\nsetosa\n"),
              (Result{{2, 0, 1, 0}, 3, {"setosa", "versicolor", "virginica"}, ""}));
    EXPECT_EQ(number("\"b\"\"\"\na\n", 5), (Result{{1, 0}, 5, {"a", "b\""}, ""}));
    // an integer among texts is a text, also when the texts come later
    EXPECT_EQ(number("2\n2.0\nx\n1\n"), (Result{{1, 1, 2, 0}, 3, {"1", "2", "x"}, ""}));
    EXPECT_EQ(number("a\nb\nc\n", 2),
              fail("f:3:1: label \"c\" is one more than the 2 classes expected"));
}

TEST(Labels, WhatIsNoLabel) {
    EXPECT_EQ(number("0\n3.5\n"),
              fail("f:2:1: expected a label that is an integer or a name, found \"3.5\""));
    EXPECT_EQ(number("0\n1e300\n"),
              fail("f:2:1: expected a label that is an integer or a name, found \"1e300\""));
    EXPECT_EQ(number("a\n\"\"\n"), fail("f:2:1: expected a label, found an empty field"));
    EXPECT_EQ(number("a\n" + std::string(300, 'b') + "\n"),
              fail("f:2:1: a text longer than 255 bytes"));
}

TEST(Labels, NamesOfAModel) {
    const char *const names[] = {"b", "a", "c"};
    EXPECT_EQ(number("a\nc\nb\n", 3, names), (Result{{1, 2, 0}, 3, {"b", "a", "c"}, ""}));
    EXPECT_EQ(number("2\n0\n", 3, names), (Result{{2, 0}, 3, {"b", "a", "c"}, ""}));
    EXPECT_EQ(number("a\nzebra\n", 3, names),
              fail("f:2:1: label \"zebra\" is none of the 3 classes"));
    EXPECT_EQ(number("a\n3\n", 3, names), fail("f:2:1: label 3 is outside [0, 3)"));
    const char *const numbers[] = {"3", "5", "7"};
    EXPECT_EQ(number("7\n3.0\n", 3, numbers), (Result{{2, 0}, 3, {"3", "5", "7"}, ""}));
    EXPECT_EQ(number("7\n1\n", 3, numbers), fail("f:2:1: label \"1\" is none of the 3 classes"));
    const char *const twice[] = {"x", "y", "x"};
    EXPECT_EQ(number("x\n", 3, twice), fail("class_names: classes 0 and 2 are both \"x\""));
}

TEST(Labels, ManyDifferentOnes) {
    std::string integers, texts;
    for (int i = 20000; i > 0; i--) {
        integers += std::to_string(i) + "\n";
        texts += "t" + std::to_string(i) + "\n";
    }
    EXPECT_EQ(number(integers), fail("f: more than 16384 different labels"));
    EXPECT_EQ(number(texts),
              fail("f:16385:1: label \"t3616\" is one more than the 16384 classes expected"));
}

TEST(Labels, FailedAllocation) {
    const int64_t before = neural_alloc_bytes();
    for (const char *text : {"b\na\nc\n", "3\n5\n7\n", "1\nx\n2\n"}) {
        const Result want = number(text);
        int failures = 0;
        for (int n = 1; n < 40; n++) {
            neural_alloc_fail_at(n);
            const Result result = number(text);
            neural_alloc_fail_at(0);
            failures += !result.error.empty();
            EXPECT_TRUE(result == want || result.error.find("cannot allocate") == 0) << result;
        }
        EXPECT_GE(failures, 4) << text;
    }
    EXPECT_EQ(neural_alloc_bytes(), before);
}

} // namespace

#include "data/csv.h"

#include "tests/data/data_testing.h"

namespace {

using data_testing::GuardedText;
using Rows = std::vector<std::vector<std::string>>;

// All rows as texts; the error text in place of what fails.
Rows read_all(const std::string &content, char separator = 0) {
    const GuardedText text(content);
    neural_csv csv;
    if (neural_csv_open("f", text.data(), text.size(), separator, &csv)) {
        return {{neural_last_error()}};
    }
    Rows rows;
    for (int more;;) {
        EXPECT_EQ(neural_csv_begin_row(&csv, &more), NEURAL_OK);
        if (!more) {
            return rows;
        }
        rows.emplace_back();
        for (int64_t i = 0; i < csv.fields; i++) {
            neural_csv_field field;
            char value[4096];
            if (neural_csv_read_field(&csv, &field) ||
                neural_csv_unquote(&csv, &field, value, sizeof(value))) {
                rows.back().push_back(neural_last_error());
                return rows;
            }
            rows.back().push_back(value);
        }
        if (neural_csv_end_row(&csv)) {
            rows.back().push_back(neural_last_error());
            return rows;
        }
    }
}

TEST(Csv, SeparatorsAreRecognised) {
    const Rows want = {{"1", "2"}, {"3", "4"}};
    EXPECT_EQ(read_all("1,2\n3,4\n"), want);
    EXPECT_EQ(read_all("1;2\n3;4\n"), want);
    EXPECT_EQ(read_all("1\t2\n3\t4\n"), want);
    EXPECT_EQ(read_all("1 2\n3 4\n"), want);
    EXPECT_EQ(read_all("  1    2 \n 3 4   \r\n"), want);
    EXPECT_EQ(read_all("1, 2\n3 , 4\n"), want);
    EXPECT_EQ(read_all("1\n2\n"), (Rows{{"1"}, {"2"}}));
    // decimal commas do not hide the semicolon, nor do separators inside quotes
    EXPECT_EQ(read_all("1,5;2,5\n3,5;4,5\n"), (Rows{{"1,5", "2,5"}, {"3,5", "4,5"}}));
    EXPECT_EQ(read_all("\"a;b\",c\n1,2\n"), (Rows{{"a;b", "c"}, {"1", "2"}}));
    EXPECT_EQ(read_all("\"fixed acidity\";\"pH\"\n7.4;3\n"),
              (Rows{{"fixed acidity", "pH"}, {"7.4", "3"}}));
    EXPECT_EQ(read_all("a b,c d\n1,2\n", ' '),
              (Rows{{"a", "b,c", "d"}, {"1,2", "f:2: expected 3 fields, found 1"}}));
}

TEST(Csv, LineEndsAndBlankLines) {
    const Rows want = {{"1", "2"}, {"3", "4"}};
    EXPECT_EQ(read_all("1,2\r\n3,4\r\n"), want);
    EXPECT_EQ(read_all("1,2\n3,4"), want);
    EXPECT_EQ(read_all("1,2\r\n3,4\r"), want);
    EXPECT_EQ(read_all("\n\n1,2\n  \n\r\n3,4\n\n\n   "), want);
    EXPECT_EQ(read_all("\xEF\xBB\xBF"
                       "1,2\n3,4\n"),
              want);
    EXPECT_EQ(read_all("1,\n,4\n"), (Rows{{"1", ""}, {"", "4"}}));
    EXPECT_EQ(read_all("1,2\n,"), (Rows{{"1", "2"}, {"", ""}}));
    EXPECT_EQ(read_all("1\t\n\t4\n"), (Rows{{"1", ""}, {"", "4"}}));
}

TEST(Csv, Quotes) {
    EXPECT_EQ(read_all("\"a\",\"b,c\"\n\"d\"\"e\",\"f\ng\"\n"),
              (Rows{{"a", "b,c"}, {"d\"e", "f\ng"}}));
    EXPECT_EQ(read_all("\"\",\"\"\"\"\n"), (Rows{{"", "\""}}));
    EXPECT_EQ(read_all(" \"a\" , \"b\" \r\n"), (Rows{{"a", "b"}}));
    EXPECT_EQ(read_all("a\"b,c\n"), (Rows{{"a\"b", "c"}}));
    EXPECT_EQ(read_all("1,2\n3,\"4"),
              (Rows{{"1", "2"}, {"3", "f:2:3: this quote is never closed"}}));
    EXPECT_EQ(
        read_all("1,2\n\"3\"x,4\n"),
        (Rows{{"1", "2"}, {"f:2:4: expected a separator or the end of the line after the quote"}}));
    // places behind a quoted line end count it
    EXPECT_EQ(read_all("\"a\nb\",2\n3\n"),
              (Rows{{"a\nb", "2"}, {"3", "f:3: expected 2 fields, found 1"}}));
}

TEST(Csv, RaggedRows) {
    EXPECT_EQ(read_all("1,2,3\n4,5\n"),
              (Rows{{"1", "2", "3"}, {"4", "5", "f:2: expected 3 fields, found 2"}}));
    EXPECT_EQ(read_all("1,2\n\n4,5,6,7\n8,9"),
              (Rows{{"1", "2"}, {"4", "5", "f:3: expected 2 fields, found 4"}}));
}

TEST(Csv, NothingThere) {
    const Rows empty = {{"f: expected rows of numbers, found an empty file"}};
    EXPECT_EQ(read_all(""), empty);
    EXPECT_EQ(read_all("\n\r\n  \n"), empty);
    EXPECT_EQ(read_all("\xEF\xBB\xBF"), empty);
    EXPECT_EQ(read_all(std::string("\xFF\xFE"
                                   "1\0",
                                   4)),
              (Rows{{"f:1:1: expected UTF-8, found UTF-16"}}));
}

TEST(Csv, Headers) {
    const struct {
        const char *text;
        int64_t skip, skip_count;
        int want;
    } cases[] = {
        {"a,b\n1,2\n", 1, 1, 1},
        {"1,2\n3,4\n", 1, 1, 0},
        {"\"1\",2\n3,4\n", 1, 1, 0},
        {"1,x\n2,y\n", 1, 1, 0},     // text labels are no header
        {"a,x\n2,y\n", 1, 1, 1},     //
        {"a,2\n3,4\n", 0, 0, 0},     // one number in the first row: not a header but a mistake
        {"nan,inf\n3,4\n", 0, 0, 0}, //
        {"NA,?\n3,4\n", 0, 0, 0},    //
        {"a,b\nc,d\n", 0, 0, 0},     // two rows of texts: the first one is refused by its place
        {"a,b\n", 0, 0, 1},          // nothing but a header
        {",a\n0,1\n", 0, 0, 1},      // an index column without a name
        {"a b\n1 2\n", 0, 0, 1},     //
        {"setosa\nvirginica\n", 0, 0, 0},
    };
    for (const auto &c : cases) {
        neural_csv csv;
        ASSERT_EQ(neural_csv_open("f", c.text, strlen(c.text), 0, &csv), NEURAL_OK);
        EXPECT_EQ(neural_csv_has_header(&csv, c.skip, c.skip_count), c.want) << c.text;
    }
}

std::string number_error(const std::string &content, neural_dtype dtype = NEURAL_DTYPE_F32) {
    const GuardedText text(content);
    neural_csv csv;
    double row[16];
    neural_clear_error();
    if (neural_csv_open("f", text.data(), text.size(), 0, &csv)) {
        return neural_last_error();
    }
    for (int more = 1;;) {
        EXPECT_EQ(neural_csv_begin_row(&csv, &more), NEURAL_OK);
        if (!more) {
            return "";
        }
        if (neural_csv_read_numbers(&csv, csv.fields, dtype, row) || neural_csv_end_row(&csv)) {
            EXPECT_EQ(neural_last_error_code(), NEURAL_ERR_DATA);
            return neural_last_error();
        }
    }
}

TEST(Csv, NumbersAreRefusedByTheirPlace) {
    EXPECT_EQ(number_error("1,2\n3,4\n"), "");
    EXPECT_EQ(number_error("\"1\", 2 \n 3 ,\" 4\"\n"), "");
    EXPECT_EQ(number_error("1 2  \n  3  4"), "");
    EXPECT_EQ(number_error("1,2\n3,abc\n"), "f:2:3: expected a number, found \"abc\"");
    EXPECT_EQ(number_error("1,2\n3,4x\n"), "f:2:3: expected a number, found \"4x\"");
    EXPECT_EQ(number_error("1,2\n,4\n"), "f:2:1: expected a number, found an empty field");
    EXPECT_EQ(number_error("1,2\n3,\n"), "f:2:3: expected a number, found an empty field");
    EXPECT_EQ(number_error("1,2\n3,nan\n"), "f:2:3: expected a number, found \"nan\"");
    EXPECT_EQ(number_error("1,2\n-inf,4\n"), "f:2:1: expected a number, found \"-inf\"");
    EXPECT_EQ(number_error("1,2\n0x10,4\n"), "f:2:1: expected a number, found \"0x10\"");
    EXPECT_EQ(number_error("1;2\n3,5;4\n"), "f:2:1: expected a number, found \"3,5\"");
    EXPECT_EQ(number_error("1,2\n3,1e39\n"),
              "f:2:3: expected a number in the range of f32, found \"1e39\"");
    EXPECT_EQ(number_error("1,2\n1e39,4\n", NEURAL_DTYPE_F64), "");
    EXPECT_EQ(number_error("1,2\n-1e309,4\n", NEURAL_DTYPE_F64),
              "f:2:1: expected a number in the range of f64, found \"-1e309\"");
    EXPECT_EQ(number_error("1,2\n3\n"), "f:2: expected 2 fields, found 1");
    EXPECT_EQ(number_error("1,2\n3,4,5\n"), "f:2: expected 2 fields, found 3");
    EXPECT_EQ(number_error(std::string("1,2\n3,4\0\n", 9)),
              "f:2:3: expected a number, found \"4\\x00\"");
    EXPECT_EQ(number_error("1,2\n3," + std::string(100, 'z') + "\n"),
              "f:2:3: expected a number, found \"" + std::string(32, 'z') + "...\"");
}

TEST(Csv, TheBoundOfRowsHolds) {
    for (const char *text : {"1\n2\n3\n", "1\n2\n3", "1,2\n3,4", "1\n\n\n\n2", "\"a\nb\",1\n"}) {
        neural_csv csv;
        ASSERT_EQ(neural_csv_open("f", text, strlen(text), 0, &csv), NEURAL_OK);
        EXPECT_GE(neural_csv_rows_bound(&csv), static_cast<int64_t>(read_all(text).size())) << text;
        EXPECT_LE(neural_csv_rows_bound(&csv) * csv.fields, static_cast<int64_t>(strlen(text)) + 1);
    }
    // one wide row and many empty lines do not ask for their product
    const std::string wide = std::string(100000, ',') + std::string(100000, '\n');
    neural_csv csv;
    ASSERT_EQ(neural_csv_open("f", wide.data(), wide.size(), ',', &csv), NEURAL_OK);
    EXPECT_LE(neural_csv_rows_bound(&csv), 2);
}

TEST(Csv, TextsHaveToFit) {
    neural_csv csv;
    neural_csv_field field;
    char text[4];
    int more;
    ASSERT_EQ(neural_csv_open("f", "abcd,e\0f\n", 9, 0, &csv), NEURAL_OK);
    ASSERT_EQ(neural_csv_begin_row(&csv, &more), NEURAL_OK);
    ASSERT_EQ(neural_csv_read_field(&csv, &field), NEURAL_OK);
    EXPECT_EQ(neural_csv_unquote(&csv, &field, text, 4), NEURAL_ERR_DATA);
    EXPECT_STREQ(neural_last_error(), "f:1:1: a text longer than 3 bytes");
    ASSERT_EQ(neural_csv_read_field(&csv, &field), NEURAL_OK);
    EXPECT_EQ(neural_csv_unquote(&csv, &field, text, 4), NEURAL_ERR_DATA);
    EXPECT_STREQ(neural_last_error(),
                 "f:1:6: expected a text without NUL bytes, found \"e\\x00f\"");
}

TEST(Csv, UnknownSeparatorIsRefused) {
    EXPECT_EQ(read_all("1|2\n", '|'),
              (Rows{{"f: expected a separator of , ; tab space, found '|'"}}));
}

} // namespace

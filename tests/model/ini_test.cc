#include "model/ini.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/base/memory.h"
#include "tests/model/mutations.h"

namespace {

using Ini = std::unique_ptr<neural_ini, void (*)(neural_ini *)>;

Ini Parse(const std::string &text) {
    neural_ini *ini = nullptr;
    EXPECT_EQ(neural_ini_parse(text.data(), text.size(), "run.ini", &ini), NEURAL_OK)
        << neural_last_error();
    return Ini(ini, neural_ini_destroy);
}

std::string Error(const std::string &text) {
    neural_ini *ini = nullptr;
    EXPECT_EQ(neural_ini_parse(text.data(), text.size(), "run.ini", &ini), NEURAL_ERR_PARSE_ERROR);
    EXPECT_EQ(ini, nullptr);
    return neural_last_error();
}

std::string Value(const std::string &line) {
    const Ini ini = Parse("[s]\nkey = " + line);
    return ini && ini->count == 1 ? ini->entry[0].value : "?";
}

TEST(Ini, SectionsKeysAndPlaces) {
    const Ini ini = Parse("# comment\n\n[Model]\r\n  Input_Size = 784\r\n[ b ]\n;x\nc=d e  # f\n");
    ASSERT_EQ(ini->count, 2);
    EXPECT_STREQ(ini->entry[0].section, "model");
    EXPECT_STREQ(ini->entry[0].key, "input_size");
    EXPECT_STREQ(ini->entry[0].value, "784");
    EXPECT_EQ(ini->entry[0].line, 4);
    EXPECT_EQ(ini->entry[0].column, 3);
    EXPECT_EQ(ini->entry[0].value_column, 16);
    EXPECT_STREQ(ini->entry[1].section, "b");
    EXPECT_STREQ(ini->entry[1].value, "d e");
    EXPECT_EQ(ini->entry[1].line, 7);
    EXPECT_EQ(ini->entry[1].value_column, 3);
}

TEST(Ini, Values) {
    EXPECT_EQ(Value(""), "");
    EXPECT_EQ(Value("# nothing"), "");
    EXPECT_EQ(Value("a#b"), "a#b");
    EXPECT_EQ(Value("a #b"), "a");
    EXPECT_EQ(Value("a ; b"), "a ; b");
    EXPECT_EQ(Value("a = b"), "a = b");
    EXPECT_EQ(Value("\"  a # b \"  # c"), "  a # b ");
    EXPECT_EQ(Value("\"\""), "");
    EXPECT_EQ(Value("\"say \"\"hi\"\"\""), "say \"hi\"");
    EXPECT_EQ(Value("\"(\""), "(");
    EXPECT_EQ(Value(")"), ")");
    EXPECT_EQ(Value("a\tb\t"), "a\tb");
    EXPECT_EQ(Value("\xc3\xbc"), "\xc3\xbc");
}

TEST(Ini, BracketsContinueTheValue) {
    const Ini ini = Parse("[s]\nk = Sequential(  # open\n  Linear(2,8),\n; comment\n# comment\n"
                          "  ReLU())\nnext = 1\n");
    ASSERT_EQ(ini->count, 2);
    std::string value = ini->entry[0].value;
    value.erase(std::remove(value.begin(), value.end(), ' '), value.end());
    EXPECT_EQ(value, "Sequential(Linear(2,8),ReLU())");
    EXPECT_STREQ(ini->entry[1].key, "next");
    EXPECT_EQ(ini->entry[1].line, 7);
}

TEST(Ini, NoFinalNewlineByteOrderMarkAndEmpty) {
    EXPECT_EQ(Parse("\xef\xbb\xbf[s]\nk=v")->count, 1);
    EXPECT_EQ(Parse("")->count, 0);
    EXPECT_EQ(Parse("\n\n")->count, 0);
    EXPECT_EQ(Parse("[empty]")->count, 0);
    EXPECT_EQ(Parse("[s] ; c")->count, 0);
}

TEST(Ini, LongLines) {
    const std::string big(100000, 'x');
    EXPECT_EQ(Value(big), big);
}

TEST(Ini, ErrorsNameThePlace) {
    EXPECT_EQ(Error("[s]\nlearning\n"), "run.ini:2:1: expected key = value, found \"learning\"");
    EXPECT_EQ(Error("[s]\n  = 3\n"), "run.ini:2:3: expected key = value, found \"= 3\"");
    EXPECT_EQ(Error("a = 1\n"),
              "run.ini:1:1: expected a [section] before the first key, found \"a = 1\"");
    EXPECT_EQ(Error("[s\n"), "run.ini:1:1: expected ] after [, found \"[s\"");
    EXPECT_EQ(Error("[]\n"), "run.ini:1:1: expected a section name between [ and ]");
    EXPECT_EQ(Error("[s] k = v\n"),
              "run.ini:1:5: expected the end of the line after ], found \"k = v\"");
    EXPECT_EQ(Error("[s]\nk = \"abc\n"),
              "run.ini:2:5: expected a closing \" on the same line, found its end");
    EXPECT_EQ(Error("[s]\nk = \"a\" b\n"),
              "run.ini:2:9: expected the end of the value after \", found \"b\"");
    EXPECT_EQ(Error("[s]\nk = f(1,\n2\n"),
              "run.ini:2:5: a bracket is not closed before the end of the file");
    EXPECT_EQ(Error("[s]\nk = 1\n\nK = 2\n"),
              "run.ini:4:1: k is given again in [s]; it was first given in line 2, expected once");
    EXPECT_EQ(Error(std::string("[s]\nk = 1\0x\n", 11)),
              "run.ini:2:6: expected text, found the control character 0x00");
    EXPECT_EQ(Error("[s]\nk\x1b = 1\n"),
              "run.ini:2:2: expected text, found the control character 0x1b");
}

TEST(Ini, TooManyKeysIsAnErrorNotAHang) {
    std::string text = "[s]\n";
    for (int i = 0; i < 5000; i++) {
        text += "k" + std::to_string(i) + "=1\n";
    }
    EXPECT_NE(Error(text).find("more than 4096 keys"), std::string::npos);
}

TEST(Ini, Files) {
    neural_ini *ini = nullptr;
    EXPECT_EQ(neural_ini_load("/nonexistent/run.ini", &ini), NEURAL_ERR_FILE_NOT_FOUND);
    EXPECT_EQ(neural_ini_load("/", &ini), NEURAL_ERR_FILE_READ);
    EXPECT_EQ(neural_ini_load(nullptr, &ini), NEURAL_ERR_NULL_POINTER);
    neural_ini_destroy(nullptr);
}

TEST(Ini, EveryFailedAllocationIsReported) {
    const std::string text = "[s]\na = 1\nb = f(\n2)\n";
    int n = 1;
    for (;; n++) {
        neural_ini *ini = nullptr;
        neural_alloc_fail_at(n);
        const neural_status status = neural_ini_parse(text.data(), text.size(), "run.ini", &ini);
        neural_alloc_fail_at(0);
        if (status == NEURAL_OK) {
            neural_ini_destroy(ini);
            break;
        }
        ASSERT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY);
        ASSERT_EQ(ini, nullptr);
    }
    EXPECT_GT(n, 3);
}

// Whatever the bytes, the reader returns, and what it accepts is well formed.
TEST(Ini, RandomMutations) {
    const std::string base = "\xef\xbb\xbf[model]\narchitecture = Sequential(Linear(2,8),\n ReLU())"
                             " # c\n; c\n[ data ]\nfile = \"a # \"\"b\"\" \"\nlr=1e-3\n";
    const std::string alphabet = "[]=#;\"(){} \t\r\nab\xc3\x01";
    const unsigned seed = TestSeed();
    std::mt19937 random(seed);
    for (int round = 0; round < 20000; round++) {
        const std::string text = Mutated(base, alphabet, &random);
        // An exact allocation, so that a read beyond the text is seen.
        const std::vector<char> exact(text.begin(), text.end());
        neural_ini *ini = nullptr;
        const neural_status status = neural_ini_parse(exact.data(), exact.size(), "run.ini", &ini);
        ASSERT_TRUE(status == NEURAL_OK || status == NEURAL_ERR_PARSE_ERROR) << "seed " << seed;
        for (int i = 0; ini && i < ini->count; i++) {
            ASSERT_TRUE(*ini->entry[i].section) << "seed " << seed;
            ASSERT_EQ(std::string(ini->entry[i].value).find('\n'), std::string::npos)
                << "seed " << seed;
            ASSERT_GE(ini->entry[i].line, 1);
        }
        neural_ini_destroy(ini);
    }
}

} // namespace

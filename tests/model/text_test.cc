#include "model/text.h"

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "core/base/memory.h"

TEST(Text, Grows) {
    neural_text text = {};
    std::string want;
    for (int i = 0; i < 2000; i++) {
        neural_text_add(&text, "%d,", i);
        want += std::to_string(i) + ",";
    }
    char *out = nullptr;
    ASSERT_EQ(neural_text_finish(&text, &out), NEURAL_OK);
    EXPECT_EQ(want, out);
    neural_free(out);
}

TEST(Text, NothingIsAnEmptyText) {
    neural_text text = {};
    char *out = nullptr;
    ASSERT_EQ(neural_text_finish(&text, &out), NEURAL_OK);
    EXPECT_STREQ(out, "");
    neural_free(out);
}

TEST(Text, FailureSticks) {
    neural_text text = {};
    neural_alloc_fail_at(1);
    neural_text_add(&text, "a");
    neural_alloc_fail_at(0);
    neural_text_add(&text, "b");
    char *out = nullptr;
    EXPECT_EQ(neural_text_finish(&text, &out), NEURAL_ERR_OUT_OF_MEMORY);
    EXPECT_EQ(out, nullptr);
}

static std::string Number(double value) {
    char text[NEURAL_NUMBER_TEXT];
    return neural_number_text(value, text);
}

TEST(Text, NumbersAreShortAndExact) {
    EXPECT_EQ(Number(0.1), "0.1");
    EXPECT_EQ(Number(1e-8), "1e-08");
    EXPECT_EQ(Number(0), "0");
    EXPECT_EQ(Number(-2.5), "-2.5");
    EXPECT_EQ(Number(INFINITY), "inf");
    std::mt19937_64 bits(7);
    for (int i = 0; i < 20000; i++) {
        double value;
        const uint64_t word = bits();
        memcpy(&value, &word, sizeof value);
        if (std::isfinite(value)) {
            ASSERT_EQ(strtod(Number(value).c_str(), nullptr), value);
        }
    }
}

TEST(Text, NumbersUseAPointInEveryLocale) {
    for (const char *name : {"de_DE.UTF-8", "fr_FR.UTF-8", "ps_AF.UTF-8"}) {
        if (setlocale(LC_NUMERIC, name)) {
            EXPECT_EQ(Number(1234.5), "1234.5") << name;
            EXPECT_EQ(Number(-1.5e300), "-1.5e+300") << name;
        }
    }
    setlocale(LC_NUMERIC, "C");
}

TEST(Text, TrueAndFalseInAllTheirWords) {
    const struct {
        const char *text;
        int known, value;
    } cases[] = {{"true", 1, 1},  {"YES", 1, 1}, {"On", 1, 1}, {"1", 1, 1},   {"False", 1, 0},
                 {"no", 1, 0},    {"off", 1, 0}, {"0", 1, 0},  {"", 0, 7},    {"2", 0, 7},
                 {"true ", 0, 7}, {"y", 0, 7},   {"-1", 0, 7}, {"none", 0, 7}};
    for (const auto &c : cases) {
        int value = 7;
        EXPECT_EQ(neural_bool_parse(c.text, &value), c.known) << c.text;
        EXPECT_EQ(value, c.value) << c.text;
    }
}

TEST(Text, Utf8) {
    for (const char *good : {"", "abc", "gr\xc3\xbc\xc3\x9f", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                             "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
        EXPECT_EQ(neural_utf8_check(good), -1) << good;
    }
    // Latin-1, truncated, overlong, surrogate, beyond U+10FFFF, lone continuation.
    EXPECT_EQ(neural_utf8_check("ab\xfc"), 2);
    EXPECT_EQ(neural_utf8_check("a\xe2\x82"), 1);
    EXPECT_EQ(neural_utf8_check("\xc0\x80"), 0);
    EXPECT_EQ(neural_utf8_check("\xe0\x80\x80"), 0);
    EXPECT_EQ(neural_utf8_check("\xed\xa0\x80"), 0);
    EXPECT_EQ(neural_utf8_check("\xf4\x90\x80\x80"), 0);
    EXPECT_EQ(neural_utf8_check("\x80"), 0);
}

// The oracle is glibc's strtod and strtof, which are correctly rounded, in the C locale.
#include <clocale>
#include <cmath>
#include <random>

#include "data/number.h"
#include "tests/data/data_testing.h"

namespace {

using data_testing::GuardedText;

template <typename Float> uint64_t bits_of(Float value) {
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof(value));
    return bits;
}

void expect_like_strtod(const std::string &text) {
    double f64 = -1.0;
    float f32 = -1.0f;
    const char *begin = text.data(), *end = begin + text.size();
    ASSERT_EQ(neural_number_parse_f64(begin, end, &f64), end) << text;
    ASSERT_EQ(neural_number_parse_f32(begin, end, &f32), end) << text;
    ASSERT_EQ(bits_of(f64), bits_of(strtod(text.c_str(), nullptr))) << text;
    ASSERT_EQ(bits_of(f32), bits_of(strtof(text.c_str(), nullptr))) << text;
}

std::string print(const char *format, int precision, double value) {
    char text[1200];
    snprintf(text, sizeof(text), format, precision, value);
    return text;
}

double random_finite(std::mt19937_64 &random) {
    for (;;) {
        const uint64_t bits = random();
        double value;
        memcpy(&value, &bits, 8);
        if (std::isfinite(value)) {
            return value;
        }
    }
}

TEST(Number, RandomDoublesOfAllMagnitudes) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 100000; i++) {
        const double value = random_finite(random);
        expect_like_strtod(print("%.*g", 17, value));
        expect_like_strtod(print("%.*g", 1 + static_cast<int>(random() % 17), value));
    }
}

TEST(Number, NumbersAsDataFilesHaveThem) {
    std::mt19937_64 random(2);
    for (int i = 0; i < 100000; i++) {
        const double value = static_cast<double>(static_cast<int64_t>(random())) / 4e18;
        expect_like_strtod(print("%.*f", static_cast<int>(random() % 20), value));
        expect_like_strtod(print("%.*e", 18, value));
        expect_like_strtod(print("%.*g", 9, static_cast<float>(value)));
        expect_like_strtod(std::to_string(random() >> (random() % 64)) + "." +
                           std::to_string(random() >> (random() % 64)) + "E" +
                           std::to_string(static_cast<int>(random() % 61) - 30));
    }
}

// The exact middle of two neighbours, and one unit of a late digit beside it.
template <typename Float> void check_middle(Float low) {
    const Float high = std::nextafter(low, INFINITY);
    const double big = static_cast<double>(low), next = static_cast<double>(high);
    char text[1200];
    if (sizeof(Float) == 4) {
        snprintf(text, sizeof(text), "%.200g", big / 2 + next / 2);
    } else {
        const long double middle =
            static_cast<long double>(low) / 2 + static_cast<long double>(high) / 2;
        snprintf(text, sizeof(text), "%.1100Lg", middle);
    }
    expect_like_strtod(text);
    const std::string exact = text;
    const size_t e = exact.find('e');
    const std::string mantissa = exact.substr(0, e);
    const std::string power = e == std::string::npos ? "" : exact.substr(e);
    const std::string point = mantissa.find('.') == std::string::npos ? "." : "";
    expect_like_strtod(mantissa + point + "000000000001" + power);
    expect_like_strtod(mantissa + point + std::string(1500, '0') + "1" + power);
    expect_like_strtod(mantissa + point + std::string(1500, '0') + power);
}

TEST(Number, HalfwayCases) {
    std::mt19937_64 random(3);
    for (int i = 0; i < 1500; i++) {
        check_middle(std::fabs(random_finite(random)));
        check_middle(std::fabs(static_cast<double>(static_cast<int64_t>(random()))));
        const uint32_t bits = static_cast<uint32_t>(random()) & 0x7F7FFFFEu;
        float value;
        memcpy(&value, &bits, 4);
        check_middle(value);
        check_middle(static_cast<float>(static_cast<int32_t>(random()) / 1024));
    }
    expect_like_strtod("9007199254740993");
    expect_like_strtod("9007199254740992.9999999999999999");
    expect_like_strtod("16777217");
    expect_like_strtod("1.000000059604644775390625");   // 1 + 2^-24
    expect_like_strtod("1.0000000596046447753906251");  // and a little more
    expect_like_strtod("1.00000017881393432617187499"); // below 1 + 3 * 2^-24
}

TEST(Number, DenormalsAndLimits) {
    for (const char *text : {"4.9406564584124654e-324",
                             "2.4703282292062327e-324",
                             "2.4703282292062328e-324",
                             "1e-400",
                             "2.2250738585072011e-308",
                             "2.2250738585072014e-308",
                             "1.7976931348623157e308",
                             "1.7976931348623158e308",
                             "1.7976931348623159e308",
                             "1e309",
                             "-1e999999999999999999999",
                             "1e-999999999999999999999",
                             "3.4028234663852886e38",
                             "3.4028235677973366e38",
                             "340282356779733661637539395458142568447.9",
                             "340282356779733661637539395458142568448",
                             "1.401298464324817e-45",
                             "7.006492321624085e-46",
                             "7.0064923216240854e-46",
                             "1.1754943508222875e-38",
                             "1.1754942807573642e-38",
                             "0",
                             "-0",
                             "0.0e500",
                             "0e-99999",
                             "00000000000000000000000000000000000000001",
                             "0.00000000000000000000000000000000000001",
                             "18446744073709551615",
                             "18446744073709551616",
                             "9999999999999999999",
                             "99999999999999999999",
                             "12345678",
                             "1234567812345678",
                             "12345678.12345678",
                             "1e22",
                             "1e23",
                             "1e27",
                             "1e28",
                             "1e-22",
                             "1e-23",
                             "1e-27",
                             "1e-28",
                             "18446744073709551615e27",
                             "18446744073709551615e-27"}) {
        expect_like_strtod(text);
    }
    std::mt19937_64 random(4);
    for (int i = 0; i < 50000; i++) {
        uint64_t bits = random() & 0x000FFFFFFFFFFFFFu;
        double value;
        memcpy(&value, &bits, 8);
        expect_like_strtod(print("%.*g", 17, value));
        const uint32_t bits32 = static_cast<uint32_t>(random()) & 0x007FFFFFu;
        float small;
        memcpy(&small, &bits32, 4);
        expect_like_strtod(print("%.*g", 9, small));
    }
}

TEST(Number, LongTexts) {
    expect_like_strtod(std::string(100000, '0') + "1");
    expect_like_strtod("0." + std::string(100000, '0') + "1e100000");
    expect_like_strtod(std::string(100000, '9') + "e-99990");
    expect_like_strtod("1" + std::string(100000, '0') + "e-100000");
    expect_like_strtod("." + std::string(300, '3'));
}

TEST(Number, StopsBehindTheNumber) {
    const struct {
        const char *text;
        int length; // -1: no number
    } cases[] = {
        {"1", 1},         {"+1.5", 4},       {"-.5", 3},       {"5.", 2},    {"1e5", 3},
        {"1e+5x", 4},     {"1e", 1},         {"1e+", 1},       {"1e5.5", 3}, {"1.2.3", 3},
        {"0x10", 1},      {"1,5", 1},        {"", -1},         {".", -1},    {"-", -1},
        {"+.e5", -1},     {"nan", -1},       {"inf", -1},      {"-inf", -1}, {"e5", -1},
        {" 1", -1},       {"--1", -1},       {"infinity", -1}, {"1_000", 1}, {"1 000", 1},
        {"\xD9\xA1", -1}, {"123456789:", 9}, {"12345678/", 8},
    };
    for (const auto &c : cases) {
        const GuardedText text(c.text);
        double f64 = 7.0;
        float f32 = 7.0f;
        const char *want = c.length < 0 ? nullptr : text.data() + c.length;
        EXPECT_EQ(neural_number_parse_f64(text.data(), text.end(), &f64), want) << c.text;
        EXPECT_EQ(neural_number_parse_f32(text.data(), text.end(), &f32), want) << c.text;
        if (c.length < 0) {
            EXPECT_EQ(f64, 7.0) << c.text;
            EXPECT_EQ(f32, 7.0f) << c.text;
        }
    }
}

TEST(Number, NeverLooksAtTheEnd) {
    const std::string digits = "-12345678901234567890.12345678901234567890e-12";
    for (size_t length = 0; length <= digits.size(); length++) {
        const GuardedText text(digits.substr(0, length));
        double value;
        neural_number_parse_f64(text.data(), text.end(), &value);
    }
    double value = 0.0;
    const char text[] = "123456";
    EXPECT_EQ(neural_number_parse_f64(text, text + 3, &value), text + 3);
    EXPECT_EQ(value, 123.0);
}

TEST(Number, TheLocaleDoesNotMatter) {
    const char *comma = setlocale(LC_ALL, "de_DE.UTF-8");
    double short_number = 0.0, long_number = 0.0;
    const char *a = "1.5", *b = "1.50000000000000000000000000000000001";
    EXPECT_EQ(neural_number_parse_f64(a, a + strlen(a), &short_number), a + strlen(a));
    EXPECT_EQ(neural_number_parse_f64(b, b + strlen(b), &long_number), b + strlen(b));
    setlocale(LC_ALL, "C");
    EXPECT_EQ(short_number, 1.5) << (comma ? comma : "C");
    EXPECT_EQ(long_number, 1.5) << (comma ? comma : "C");
}

// Runs of short numbers: strtod's and strtof's bits, nothing beyond the end touched, and a stop in
// front of the first that is of another form.
TEST(Number, Runs) {
    std::mt19937_64 random(12);
    for (int trial = 0; trial < 20000; trial++) {
        std::vector<std::string> texts;
        std::string line;
        for (int i = 0; i < 12; i++) {
            const int whole = 1 + static_cast<int>(random() % 8);
            const int places = static_cast<int>(random() % 9);
            std::string text = random() % 2 ? "-" : "";
            for (int d = 0; d < whole + places; d++) {
                text += d == whole ? "." : "";
                text += static_cast<char>('0' + random() % 10);
            }
            texts.push_back(text);
            line += text + ",";
        }
        const GuardedText guarded(line);
        double f64[12];
        float f32[12];
        int64_t done64 = 0, done32 = 0;
        const char *after =
            neural_number_run_f64(guarded.data(), guarded.end(), ',', 12, f64, &done64);
        (void)neural_number_run_f32(guarded.data(), guarded.end(), ',', 12, f32, &done32);
        size_t used = 0;
        for (int i = 0; i < 12; i++) {
            if (i < done64) {
                ASSERT_EQ(bits_of(f64[i]), bits_of(strtod(texts[i].c_str(), nullptr))) << texts[i];
                used += texts[i].size() + 1;
            }
            if (i < done32) {
                ASSERT_EQ(bits_of(f32[i]), bits_of(strtof(texts[i].c_str(), nullptr))) << texts[i];
            }
        }
        ASSERT_EQ(after, guarded.data() + used);
        ASSERT_TRUE(done64 < 12); // the last ones lie too near the end
    }
}

TEST(Number, RunsStopAtOtherForms) {
    const std::string rest = ",1.5,2.5,3.5,4.5,5.5,6.5,7.5,8.5,9.5,";
    for (const char *text :
         {"", "x", "-", ".5", "5.", "1e5", "1.5e5", "123456789", "1.123456789", "+1", " 1", "1 ",
          "\"1\"", "1.2.3", "12345678.12345678", "nan", "--1", "0x10", "1\n2"}) {
        const std::string line = "7," + (text + rest);
        double values[16];
        int64_t done = -1;
        const char *after =
            neural_number_run_f64(line.data(), line.data() + line.size(), ',', 16, values, &done);
        EXPECT_EQ(done, 1) << text;
        EXPECT_EQ(after, line.data() + 2) << text;
    }
}

} // namespace

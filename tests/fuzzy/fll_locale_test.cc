// Numbers keep their points where the locale of the process has a comma.
#include <gtest/gtest.h>

#include <locale.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/fuzzy/fll_testing.h"

namespace neural_test {
namespace {

// A locale made here: C.utf8's numbers with a comma. The file's first offset says where it stands.
bool enter_comma_locale() {
    std::ifstream in("/usr/lib/locale/C.utf8/LC_NUMERIC", std::ios::binary);
    std::string data((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const size_t at = data.size() > 8 ? static_cast<unsigned char>(data[8]) : 0;
    if (at == 0 || at >= data.size() || data[at] != '.') {
        return false;
    }
    data[at] = ',';
    const std::string root = testing::TempDir() + "/locales";
    mkdir(root.c_str(), 0755);
    mkdir((root + "/comma").c_str(), 0755);
    std::ofstream(root + "/comma/LC_NUMERIC", std::ios::binary) << data;
    setenv("LOCPATH", root.c_str(), 1);
    return setlocale(LC_NUMERIC, "comma") != nullptr;
}

TEST(FllLocaleTest, CommaAsDecimalPoint) {
    const Norms plain = {"Maximum", "Minimum", "Maximum", "Minimum", "First 2 0.25"};
    const std::string text = every_part(plain);
    const System before = parse(text);
    ASSERT_TRUE(before) << neural_last_error();
    const std::string written = text_of(before);
    const double x[] = {0.3, -0.4};
    double want[6], found[6];
    ASSERT_EQ(neural_fuzzy_system_evaluate(before.get(), x, 1, want), NEURAL_OK);
    if (!enter_comma_locale()) {
        GTEST_SKIP() << "no locale with a comma could be made from C.utf8";
    }
    char number[16];
    snprintf(number, sizeof number, "%g", 0.5);
    ASSERT_STREQ(number, "0,5");
    ASSERT_STREQ(localeconv()->decimal_point, ",");
    const System after = parse(text);
    ASSERT_TRUE(after) << neural_last_error();
    EXPECT_EQ(text_of(after), written);
    EXPECT_EQ(text_of(parse(written)), written);
    ASSERT_EQ(neural_fuzzy_system_evaluate(after.get(), x, 1, found), NEURAL_OK);
    for (int i = 0; i < 6; i++) {
        EXPECT_EQ(found[i], want[i]) << i;
    }
    EXPECT_FALSE(parse("Engine: e\nInputVariable: a\n range: 0,5 1\n"));
    EXPECT_STREQ(neural_last_error(), "text:3:9: expected a number, found \"0,5\"");
    setlocale(LC_NUMERIC, "C");
}

} // namespace
} // namespace neural_test

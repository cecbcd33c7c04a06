#include "core/base/status.h"

#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace {

neural_status require_even(int value) {
    NEURAL_REQUIRE(value % 2 == 0, NEURAL_ERR_INVALID_ARGUMENT, "expected even, got %d", value);
    return NEURAL_OK;
}

neural_status forward(int value, int *reached) {
    NEURAL_TRY(require_even(value));
    *reached = 1;
    return NEURAL_OK;
}

TEST(Status, CodesKeepTheirValues) {
    const char *const texts[] = {"No error",
                                 "Null pointer dereference",
                                 "Out of memory",
                                 "Invalid argument",
                                 "Shape mismatch in tensor operation",
                                 "Data type mismatch",
                                 "File not found",
                                 "Error reading file",
                                 "Error writing file",
                                 "Parse error in configuration",
                                 "Invalid configuration value",
                                 "Tensor size exceeds maximum",
                                 "Invalid data type specified",
                                 "Dimension mismatch in operation",
                                 "Feature not implemented",
                                 "Internal error",
                                 "Gradient check failed",
                                 "NaN detected in computation",
                                 "Infinity detected in computation"};
    for (int code = 0; code < 19; code++) {
        EXPECT_STREQ(neural_status_message(code), texts[code]) << code;
    }
    EXPECT_EQ(NEURAL_ERR_INF_DETECTED, 18);
    EXPECT_EQ(NEURAL_ERR_INTERRUPTED, 19);
    EXPECT_EQ(NEURAL_ERR_DATA, 20);
}

TEST(Status, EveryCodeHasAMessage) {
    for (int code = 0; code <= NEURAL_ERR_DATA; code++) {
        ASSERT_NE(neural_status_message(code), nullptr) << code;
        EXPECT_GT(std::string(neural_status_message(code)).size(), 4u) << code;
    }
    for (int code : {-1, NEURAL_ERR_DATA + 1, 1 << 30, -(1 << 30)}) {
        EXPECT_STREQ(neural_status_message(code), "Internal error") << code;
    }
}

TEST(Status, ErrorIsRecordedAndReturned) {
    neural_clear_error();
    EXPECT_EQ(neural_last_error_code(), NEURAL_OK);
    EXPECT_STREQ(neural_last_error(), "");
    EXPECT_EQ(neural_error(NEURAL_ERR_SHAPE_MISMATCH, "x is [%d, %d]", 32, 10),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(neural_last_error_code(), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "x is [32, 10]");
    neural_clear_error();
    EXPECT_STREQ(neural_last_error(), "");
}

TEST(Status, PrefixKeepsTheCode) {
    neural_error(NEURAL_ERR_DATA, "expected a number");
    EXPECT_EQ(neural_error_prefix("%s:%d", "a.csv", 7), NEURAL_ERR_DATA);
    EXPECT_STREQ(neural_last_error(), "a.csv:7: expected a number");
}

TEST(Status, LastErrorMayBeAnArgument) {
    neural_error(NEURAL_ERR_DATA, "inner");
    neural_error(NEURAL_ERR_INTERNAL, "<%s|%s>", neural_last_error(), neural_last_error());
    EXPECT_STREQ(neural_last_error(), "<inner|inner>");
}

TEST(Status, LongTextIsCutAt1023Bytes) {
    const std::string text(5000, 'x');
    neural_error(NEURAL_ERR_DATA, "%s", text.c_str());
    EXPECT_EQ(neural_last_error(), text.substr(0, 1023));
    neural_error_prefix("%s", "p");
    EXPECT_EQ(neural_last_error(), "p: " + text.substr(0, 1020));
    neural_error_prefix("%s", std::string(2000, 'y').c_str());
    EXPECT_EQ(neural_last_error(), std::string(1023, 'y'));
}

TEST(Status, EachThreadHasItsOwn) {
    neural_error(NEURAL_ERR_DATA, "mine");
    std::thread other([] {
        EXPECT_EQ(neural_last_error_code(), NEURAL_OK);
        neural_error(NEURAL_ERR_INTERNAL, "yours");
    });
    other.join();
    EXPECT_EQ(neural_last_error_code(), NEURAL_ERR_DATA);
    EXPECT_STREQ(neural_last_error(), "mine");
}

TEST(Status, MacrosForwardFailures) {
    int reached = 0;
    EXPECT_EQ(forward(3, &reached), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(reached, 0);
    EXPECT_STREQ(neural_last_error(), "expected even, got 3");
    EXPECT_EQ(forward(4, &reached), NEURAL_OK);
    EXPECT_EQ(reached, 1);
    EXPECT_STREQ(neural_last_error(), "expected even, got 3") << "success must not clear";
}

} // namespace

#include "core/base/suggest.h"

#include <gtest/gtest.h>

#include <string>

namespace {

const char *const kWords[] = {"learning_rate", "epochs", "batch_size", "momentum"};

TEST(Suggest, FindsTheNearestWord) {
    EXPECT_STREQ(neural_nearest_word("learing_rate", kWords, 4), "learning_rate");
    EXPECT_STREQ(neural_nearest_word("eopchs", kWords, 4), "epochs");
    EXPECT_STREQ(neural_nearest_word("BatchSize", kWords, 4), "batch_size");
    EXPECT_STREQ(neural_nearest_word("momentum", kWords, 4), "momentum");
}

TEST(Suggest, FarWordsAreNotSuggested) {
    EXPECT_EQ(neural_nearest_word("zzzzzz", kWords, 4), nullptr);
    EXPECT_EQ(neural_nearest_word("learning_rate", kWords, 0), nullptr);
    EXPECT_EQ(neural_nearest_word(std::string(100000, 'x').c_str(), kWords, 4), nullptr);
}

TEST(Suggest, ErrorNamesTheWordOrAllKnownOnes) {
    EXPECT_EQ(neural_error_unknown_word("key", "epoch", kWords, 4), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "unknown key epoch; did you mean epochs?");
    neural_error_unknown_word("key", "zzzzzz", kWords, 4);
    EXPECT_STREQ(neural_last_error(),
                 "unknown key zzzzzz; known are learning_rate, epochs, batch_size, momentum");
}

} // namespace

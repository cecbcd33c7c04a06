// docs/config.md is the schema's reference page.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "model/config.h"

TEST(ConfigReference, DocsAreUpToDate) {
    std::ifstream file("docs/config.md");
    ASSERT_TRUE(file) << "docs/config.md is missing";
    std::stringstream text;
    text << file.rdbuf();
    char *page = nullptr;
    ASSERT_EQ(neural_config_reference(&page), NEURAL_OK);
    EXPECT_EQ(text.str(), page) << "run: bazel run //tests/model:config_reference > docs/config.md";
    neural_text_free(page);
}

TEST(ConfigReference, NamesWhatPeopleLookFor) {
    char *page = nullptr;
    ASSERT_EQ(neural_config_reference(&page), NEURAL_OK);
    for (const char *word : {"`learning_rate`", "`lr`", "`[options] early_stopping`",
                             "a whole number from 1 to 1000000000", "one of sgd, adam, adamw",
                             "linear OUT [bias=true]", "## [performance]"}) {
        EXPECT_NE(std::string(page).find(word), std::string::npos) << word;
    }
    neural_text_free(page);
}

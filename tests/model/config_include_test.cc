/* include = other.ini, and where values come from. */
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "core/base/memory.h"
#include "model/config.h"
#include "model/config_fields.h"

namespace {

using Config = std::unique_ptr<neural_config, void (*)(neural_config *)>;

const char kNet[] = "[model]\narchitecture = 4,relu,8,3\n";

std::string Write(const std::string &name, const std::string &text) {
    const std::string path = testing::TempDir() + "/" + name;
    std::ofstream(path) << text;
    return path;
}

Config Load(const std::string &path, std::vector<const char *> overrides = {}) {
    neural_config *config = nullptr;
    EXPECT_EQ(neural_config_load(path.c_str(), overrides.data(), (int)overrides.size(), &config),
              NEURAL_OK)
        << neural_last_error();
    return Config(config, neural_config_destroy);
}

std::string Error(const std::string &path, neural_status expected = NEURAL_ERR_INVALID_CONFIG) {
    neural_config *config = nullptr;
    EXPECT_EQ(neural_config_load(path.c_str(), nullptr, 0, &config), expected);
    EXPECT_EQ(config, nullptr);
    return neural_last_error();
}

bool Has(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
}

TEST(ConfigInclude, WhatIsReadLaterCounts) {
    Write("base.ini", std::string(kNet) + "[training]\nlr = 0.5\nepochs = 7\nbatch_size = 8\n");
    const Config first = Load(Write("first.ini", "include = base.ini\n[training]\n"
                                                 "learning_rate = 0.25\nepochs = 9\n"));
    EXPECT_EQ(first->learning_rate, 0.25);
    EXPECT_EQ(first->epochs, 9);
    EXPECT_EQ(first->batch_size, 8);
    const Config last =
        Load(Write("last.ini", "[training]\nlearning_rate = 0.25\nepochs = 9\n"
                               "INCLUDE = base.ini  # overrides\nmomentum = 0.5\n"));
    EXPECT_EQ(last->learning_rate, 0.5);
    EXPECT_EQ(last->epochs, 7);
    EXPECT_EQ(last->momentum, 0.5); /* the section is still [training] */
}

TEST(ConfigInclude, PathsAreRelativeToTheIncludingFile) {
    mkdir((testing::TempDir() + "/sub").c_str(), 0777);
    mkdir((testing::TempDir() + "/sub/deep").c_str(), 0777);
    Write("sub/deep/net.ini", kNet);
    Write("sub/a.ini", "include = deep/net.ini\n[training]\nepochs = 3\n");
    EXPECT_EQ(Load(Write("top.ini", "include = sub/a.ini\n"))->epochs, 3);
    const std::string absolute = testing::TempDir() + "/sub/a.ini";
    EXPECT_EQ(Load(Write("sub/abs.ini", "include = " + absolute + "\n"))->epochs, 3);
    Write("sub/deep/wrong.ini", "\n[training]\n  epochs = none\n");
    Write("sub/b.ini", "include = deep/wrong.ini\n");
    EXPECT_EQ(Error(Write("top2.ini", std::string(kNet) + "include = sub/b.ini\n"))
                  .rfind(testing::TempDir() + "/sub/deep/wrong.ini:3:12: epochs is none", 0),
              0u)
        << neural_last_error();
    Write("sub/deep/torn.ini", "[training\n");
    Write("sub/c.ini", "include = deep/torn.ini\n");
    EXPECT_EQ(Error(Write("top3.ini", "include = sub/c.ini\n"), NEURAL_ERR_PARSE_ERROR)
                  .rfind(testing::TempDir() + "/sub/deep/torn.ini:1:1: ", 0),
              0u)
        << neural_last_error();
}

TEST(ConfigInclude, TheSameFileTwiceIsNoCycle) {
    Write("shared.ini", "[training]\nepochs = 4\n");
    const Config config =
        Load(Write("twice.ini", std::string(kNet) + "include = shared.ini\n[training]\nepochs = 5\n"
                                                    "include = shared.ini\n"));
    EXPECT_EQ(config->epochs, 4);
}

TEST(ConfigInclude, CyclesAreRefused) {
    const std::string self = Write("self.ini", "# itself\n include = self.ini\n");
    EXPECT_EQ(Error(self), self + ":2:12: " + self + " includes itself");
    const std::string a = Write("a.ini", "include = b.ini\n");
    const std::string b = Write("b.ini", "[model]\ninclude = ./a.ini\n");
    EXPECT_EQ(Error(a), b + ":2:11: " + a + " includes itself");
}

TEST(ConfigInclude, DepthAndNumberAreBounded) {
    for (int i = 0; i < 18; i++) {
        Write("d" + std::to_string(i) + ".ini",
              i == 17 ? std::string(kNet) : "include = d" + std::to_string(i + 1) + ".ini\n");
    }
    EXPECT_TRUE(Load(testing::TempDir() + "/d1.ini")); /* 16 includes */
    EXPECT_EQ(Error(testing::TempDir() + "/d0.ini"),
              testing::TempDir() + "/d16.ini:1:11: include goes deeper than 16 files");
    std::string many = kNet;
    for (int i = 0; i < 300; i++) {
        many += "include = shared2.ini\n";
    }
    Write("shared2.ini", "");
    EXPECT_TRUE(
        Has(Error(Write("many.ini", many)), "many.ini:258:11: the config has more than 256"))
        << neural_last_error();
}

TEST(ConfigInclude, WhatIsNotThereIsNamedAtItsPlace) {
    const std::string path = Write("absent.ini", std::string(kNet) + "include = no/such.ini\n");
    const std::string text = Error(path);
    EXPECT_EQ(text.rfind(path + ":3:11: ", 0), 0u) << text;
    EXPECT_TRUE(Has(text, "no/such.ini"));
    EXPECT_TRUE(
        Has(Error(Write("empty.ini", "include =\n")), "empty.ini:1:10: include: expected a path"))
        << neural_last_error();
    EXPECT_TRUE(Has(Error(Write("dir.ini", "include = .\n")), "dir.ini:1:11: "));
}

/* Texts come from model files, too. */
TEST(ConfigInclude, TextsReadNoFiles) {
    Write("base2.ini", kNet);
    neural_config *config = nullptr;
    const std::string text = "include = " + testing::TempDir() + "/base2.ini\n";
    EXPECT_EQ(neural_config_parse(text.c_str(), "m.safetensors", nullptr, 0, &config),
              NEURAL_ERR_INVALID_CONFIG);
    EXPECT_STREQ(neural_last_error(), "m.safetensors:1:11: include: expected a config that is read "
                                      "from a file");
}

TEST(ConfigInclude, OriginsNameFileLineAndOverride) {
    const std::string base = Write("o_base.ini", std::string(kNet) + "[training]\nlr = 0.5\n");
    const std::string top =
        Write("o_top.ini", "include = o_base.ini\n\n[data]\n  train_file = \"a #b\"\n");
    const Config config = Load(top, {"training.epochs=12"});
    char *text = nullptr;
    ASSERT_EQ(neural_config_origins(config.get(), &text), NEURAL_OK);
    const std::string origins = text;
    EXPECT_TRUE(Has(origins, "\narchitecture = 4,relu,8,3  # " + base + ":2:16\n")) << origins;
    EXPECT_TRUE(Has(origins, "\nlearning_rate = 0.5  # " + base + ":4:6\n"));
    EXPECT_TRUE(Has(origins, "\ntrain_file = \"a #b\"  # " + top + ":4:16\n"));
    EXPECT_TRUE(Has(origins, "\nepochs = 12  # --set training.epochs=12\n"));
    EXPECT_TRUE(Has(origins, "\nbatch_size = 32  # default\n"));
    EXPECT_TRUE(Has(origins, "\n# test_file = not given  # default\n"));
    neural_config *again = nullptr;
    ASSERT_EQ(neural_config_parse(text, "again", nullptr, 0, &again), NEURAL_OK)
        << neural_last_error();
    char *one = nullptr, *two = nullptr;
    neural_config_resolved(config.get(), 0, &one);
    neural_config_resolved(again, 0, &two);
    EXPECT_STREQ(one, two);
    neural_text_free(one);
    neural_text_free(two);
    neural_text_free(text);
    neural_config_destroy(again);
}

TEST(ConfigInclude, FailedAllocations) {
    Write("m_base.ini", kNet);
    const std::string path = Write("m_top.ini", "include = m_base.ini\n[training]\nepochs = 2\n");
    for (int64_t n = 1;; n++) {
        neural_config *config = nullptr;
        neural_alloc_fail_at(n);
        const neural_status status = neural_config_load(path.c_str(), nullptr, 0, &config);
        neural_alloc_fail_at(0);
        if (status == NEURAL_OK) {
            EXPECT_GT(n, 8);
            neural_config_destroy(config);
            break;
        }
        ASSERT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY) << n << neural_last_error();
        ASSERT_LT(n, 500);
    }
}

} // namespace

// Blocks of the layers line: residual { ... } and concat { ... } { ... }.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/model/models.h"

namespace {

std::string Error(const std::string &layers) {
    return BuildError("[model]\ninput = 4\nlayers = " + layers + "\n");
}

Model Net(const std::string &layers) {
    return Build("[model]\ninput = 4\nlayers = " + layers + "\n");
}

std::vector<std::string> Names(const neural_model *model) {
    std::vector<std::string> names;
    const neural_parameters *all = neural_model_parameters(model);
    for (int i = 0; i < all->count; i++) {
        names.push_back(all->item[i]->name);
    }
    return names;
}

TEST(Blocks, NamesArePaths) {
    const Model model = Net("linear 6 bias=false | residual { linear 6 bias=false | relu | "
                            "concat{linear 2 bias=false}{ linear 4 bias=false } } | residual { "
                            "linear 3 bias=false } { linear 3 bias=false } | linear 2 bias=false");
    EXPECT_EQ(Names(model.get()), (std::vector<std::string>{
                                      "0.weight", "1.0.weight", "1.2.0.0.weight", "1.2.1.0.weight",
                                      "2.0.weight", "2.shortcut.0.weight", "3.weight"}));
    const Tensor y = Predict(model.get(), Normal({5, 4}, NEURAL_DTYPE_F32, 1).get());
    EXPECT_EQ(neural_tensor_dims(y.get())[1], 2);
}

TEST(Blocks, GoOverLinesAndStandInOuterBraces) {
    for (const char *layers :
         {"{\n  linear 4 |\n  residual {\n    linear 4 | # inside\n    relu\n  } |\n linear 2 }",
          "linear 4 | residual {\n linear 4 | relu } | linear 2",
          "{ linear 4 | residual { linear 4 | relu } | linear 2 }"}) {
        EXPECT_EQ(Names(Net(layers).get()).size(), 6u) << layers;
    }
    EXPECT_EQ(Names(Net("concat { linear 4 } { linear 2 }").get()).size(), 4u);
}

TEST(Blocks, TheFirstLayerMayBeABlockInBraces) {
    EXPECT_EQ(
        Error("{ linear 4 } | { linear 2 }"),
        "run.ini:3:10: layer 1 is a block without a word, expected a layer such as linear 10");
}

TEST(Blocks, ErrorsNameThePath) {
    EXPECT_EQ(Error("linear 4 | residual { relu | linear 0 }"),
              "run.ini:3:10: layer 2.2 (linear): out is 0, expected a whole number from 1 to "
              "1000000000");
    EXPECT_EQ(Error("residual { linear 3 } { relu | dropuot 0.1 }"),
              "run.ini:3:10: layer 1.shortcut.2: unknown layer dropuot; did you mean dropout?");
    EXPECT_EQ(Error("concat { relu } { residual { linear 4 | linear 4 bias=7 } }"),
              "run.ini:3:10: layer 1.2.1.2 (linear): bias is 7, expected true or false");
    EXPECT_EQ(Error("linear 4 | residual { linear 3 }"),
              "run.ini:3:10: layer 2 (residual): Residual: the branch gives [3], the input is [4], "
              "expected one shape; a second block can give the input the branch's shape");
}

TEST(Blocks, HostileLinesAreRefused) {
    const struct {
        const char *layers, *error;
    } cases[] = {
        {"residual { }", "layer 1.1 is empty, expected a layer such as linear 10"},
        {"residual {}", "layer 1.1 is empty"},
        {"concat { relu } { | }", "layer 1.2.1 is empty"},
        {"residual { relu | }", "layer 1.2 is empty"},
        {"residual", "layer 1 (residual): 0 blocks { ... }, expected 1 to 2"},
        {"residual { relu } { relu } { relu }", "3 blocks { ... }, expected 1 to 2"},
        {"concat", "layer 1 (concat): 0 blocks { ... }, expected 1 to 8"},
        {"concat {relu}{relu}{relu}{relu}{relu}{relu}{relu}{relu}{relu}", "more than 8 blocks"},
        {"relu { relu }", "layer 1 (relu): unexpected block { ... }"},
        {"linear 4 { relu }", "layer 1 (linear): unexpected block { ... }"},
        {"residual 4 { relu }", "layer 1 (residual): unexpected argument 4"},
        {"residual { relu } x=1", "layer 1 (residual): unexpected argument x=1, expected residual "
                                  "{ LAYERS } [{ SHORTCUT }]"},
        {"residual { relu }x", "found \"x\" behind a }, expected |, a blank or {"},
        {"residual { relu } }", "layer 1: { and } do not match"},
        {"linear 4 | relu } | linear 2", "layer 2: { and } do not match"},
        {"{ relu } { relu }", "layer 1 is a block without a word"},
        {"residual } | relu { relu }", "layer 1: { and } do not match"},
    };
    for (const auto &c : cases) {
        EXPECT_NE(Error(c.layers).find(c.error), std::string::npos)
            << c.layers << ": " << neural_last_error();
    }
}

// An override is one text: the file's reader has not looked at its braces.
TEST(Blocks, UnclosedBraces) {
    neural_config *config = nullptr;
    EXPECT_EQ(neural_config_parse("[model]\ninput = 4\nlayers = residual { relu\n", "run.ini",
                                  nullptr, 0, &config),
              NEURAL_ERR_PARSE_ERROR);
    const char *override_text = "model.layers=linear 4 | residual { relu | linear 4";
    ASSERT_EQ(neural_config_parse("[model]\ninput = 4\nlayers = relu\n", "run.ini", &override_text,
                                  1, &config),
              NEURAL_OK)
        << neural_last_error();
    const Config own(config, neural_config_destroy);
    neural_model *model = nullptr;
    EXPECT_EQ(neural_model_create(config, &model), NEURAL_ERR_INVALID_CONFIG);
    EXPECT_NE(std::string(neural_last_error()).find("layer 2: { and } do not match"),
              std::string::npos)
        << neural_last_error();
}

TEST(Blocks, DepthIsBounded) {
    const auto nested = [](int depth) {
        std::string open, close;
        for (int i = 0; i < depth; i++) {
            open += "residual { ";
            close += " }";
        }
        return open + "relu" + close;
    };
    EXPECT_EQ(neural_model_outputs(Net(nested(8)).get()), 4);
    EXPECT_NE(Error(nested(9)).find("more than 8 blocks in one another"), std::string::npos);
    EXPECT_NE(Error(nested(100000)).find("more than 8 blocks in one another"), std::string::npos);
    std::string many = "residual { relu";
    for (int i = 0; i < 10000; i++) {
        many += " | relu";
    }
    EXPECT_NE(Error(many + " }").find("more than 10000 layers"), std::string::npos);
}

TEST(Blocks, EveryDropoutDrawsItsOwnMask) {
    const Model model =
        Build("[model]\ninput = 64\nlayers = concat { dropout 0.5 } { dropout 0.5 } "
              "| dropout 0.000001\n");
    neural_layer *network = neural_model_network(model.get());
    neural_layer_set_training(network, 1);
    const std::vector<int64_t> dims = {1, 64};
    neural_tensor *x = nullptr, *y = nullptr;
    ASSERT_EQ(neural_tensor_ones(2, dims.data(), NEURAL_DTYPE_F32, &x), NEURAL_OK);
    ASSERT_EQ(neural_layer_forward(neural_layer_child(network, 0), x, &y), NEURAL_OK);
    const std::vector<double> both = Values(y);
    EXPECT_NE(std::vector<double>(both.begin(), both.begin() + 64),
              std::vector<double>(both.begin() + 64, both.end()));
    neural_tensor_release(x);
    neural_tensor_release(y);
}

TEST(Blocks, TheSummaryListsThem) {
    const Model model = Net("linear 6 | residual { linear 3 | relu } { linear 3 } | linear 2");
    char *text = nullptr;
    ASSERT_EQ(neural_model_summary(model.get(), &text), NEURAL_OK);
    const std::string table = text;
    neural_text_free(text);
    for (const char *line :
         {" 1  Residual() ", "    1.0  Linear(in_features=6, out_features=3, bias=True)  ",
          "    1.1  ReLU()", "    1.shortcut.0  Linear(in_features=6, out_features=3, bias=True)",
          " 2  Linear(in_features=3, out_features=2, bias=True)"}) {
        EXPECT_NE(table.find(line), std::string::npos) << line << "\n" << table;
    }
}

TEST(Blocks, TheConfigOfAModelBuildsItAgain) {
    const Config config = ParseConfig("[model]\ninput = 4\nlayers = {\n linear 4 |\n residual {\n"
                                      "  linear 4 | relu\n }\n}\n");
    char *text = nullptr;
    ASSERT_EQ(neural_config_resolved(config.get(), 1, &text), NEURAL_OK);
    const Model model = Build(text);
    EXPECT_EQ(Names(model.get()).size(), 4u) << text;
    neural_text_free(text);
}

/* One row is enough where an image has several values per channel. */
TEST(Blocks, NamesTheBatchNormThatWantsMoreThanOneRow) {
    const std::string input = "[model]\ninput = 2x4x4\nlayers = ";
    const Model images = Build(input + "conv2d 3 3x3 | batchnorm | flatten | linear 3\n");
    EXPECT_EQ(neural_model_check_single_row(images.get()), NEURAL_OK);
    const struct {
        const char *layers, *place;
    } cases[] = {
        {"conv2d 3 4x4 | batchnorm | flatten | linear 3", "layer 2"},
        {"conv2d 3 3x3 | flatten | residual { linear 12 | batchnorm } | linear 3", "layer 3.2"},
        {"flatten | residual { linear 3 } { linear 3 | batchnorm track=false }",
         "layer 2.shortcut.2"},
        {"flatten | concat { relu } { linear 3 | batchnorm } | linear 3", "layer 2.2.2"},
    };
    for (const auto &c : cases) {
        const Model model = Build(input + c.layers + "\n");
        EXPECT_EQ(neural_model_check_single_row(model.get()), NEURAL_ERR_INVALID_CONFIG);
        EXPECT_EQ(neural_last_error(),
                  std::string(c.place) +
                      " (batchnorm) takes statistics over the batch, expected at "
                      "least 2 values per channel");
    }
}

} // namespace

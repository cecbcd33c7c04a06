/* Every loss from the config file through training, evaluation and the model file. */
#include <cmath>

#include "tests/train/toy_run.h"

namespace {

/* A file of 90 rows: 5 features and their target columns. */
std::string ValueRows(const std::string &name, int outputs) {
    std::mt19937 random(3);
    std::normal_distribution<double> normal;
    std::string text;
    for (int i = 0; i < 90; i++) {
        double x[5], sum = 0, y[3];
        for (double &v : x) {
            v = normal(random);
            text += std::to_string(v) + ",";
        }
        for (int j = 0; j < outputs; j++) {
            y[j] = 1 / (1 + std::exp(-x[j] - x[j + 1]));
            sum += y[j];
        }
        for (int j = 0; j < outputs; j++) {
            text += std::to_string(y[j] / sum) + (j + 1 < outputs ? "," : "\n");
        }
    }
    WriteText(TestPath(name), text);
    return TestPath(name);
}

/* Another end of the network and another loss than those of ToyConfig. */
std::string With(std::string config, const std::string &end, const std::string &loss) {
    config.replace(config.find("output_activation = softmax"), 27, "output_activation = " + end);
    return config.replace(config.find("function = cross_entropy"), 24, loss);
}

neural_score Score(ToyTrainer *run, const neural_config *config, const std::string &file) {
    neural_dataset *data = nullptr;
    neural_score score = {};
    neural_model *model = neural_trainer_model(run->get());
    EXPECT_EQ(neural_model_load_data(model, config, file.c_str(), nullptr, &data), NEURAL_OK)
        << neural_last_error();
    EXPECT_EQ(neural_model_score(model, data, 1, 7, &score), NEURAL_OK) << neural_last_error();
    neural_dataset_destroy(data);
    return score;
}

TEST(LossTraining, EveryWordTrains) {
    const std::string classes = Clusters("loss_classes.csv", 90, 5, 3, 0.5);
    const std::string values = ValueRows("loss_values.csv", 3);
    const struct {
        const char *end, *loss;
        int of_classes;
    } cases[] = {
        {"softmax", "function = cross_entropy\nlabel_smoothing = 0.1", 1},
        {"softmax", "function = cross_entropy\nclass_weights = balanced", 1},
        {"softmax", "function = cross_entropy\nclass_weights = 1 2 3\nlabel_smoothing = 0.2", 1},
        {"log_softmax", "function = nll", 1},
        {"log_softmax", "function = nll\nclass_weights = 3,2,1", 1},
        {"softmax", "function = focal\nfocal_gamma = 1.5", 1},
        {"none", "function = focal\nclass_weights = balanced", 1},
        {"none", "function = mse", 0},
        {"none", "function = l1", 0},
        {"none", "function = huber\nhuber_delta = 0.1", 0},
        {"none", "function = smooth_l1\nsmooth_l1_beta = 0.1", 0},
        {"log_softmax", "function = kl_div", 0},
        {"sigmoid", "function = bce", 0},
    };
    for (const auto &c : cases) {
        for (const char *dtype : {"f32", "f64"}) {
            SCOPED_TRACE(std::string(c.loss) + " " + dtype);
            ToyTrainer run(With(ToyConfig(c.of_classes ? classes : values,
                                          std::string("epochs = 30\nbatch_size = 16\n[data]\n"
                                                      "val_split = 0.2\n[model]\ndtype = ") +
                                              dtype + "\n"),
                                c.end, c.loss));
            ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
            double first = NAN;
            const auto keep = [](void *to, const neural_epoch_report *report) {
                double *out = static_cast<double *>(to);
                *out = report->epoch == 1 && report->batch == report->batches ? report->train.loss
                                                                              : *out;
                return 0;
            };
            const neural_train_report report = run.Run(keep, &first);
            ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
            EXPECT_LT(report.train_loss, first);
            EXPECT_TRUE(std::isfinite(report.val_loss));
            if (c.of_classes) {
                EXPECT_GT(report.val_metric, 0.9);
            }
        }
    }
}

/* The weights are those of the training rows; the model file keeps them; the mean over a file does
 * not depend on the batches. */
TEST(LossTraining, BalancedWeightsComeFromTheTrainingRows) {
    std::string text;
    for (int i = 0; i < 60; i++) { // 30, 20 and 10 rows
        const int label = i % 6 < 3 ? 0 : i % 6 < 5 ? 1 : 2;
        for (int j = 0; j < 5; j++) {
            text += std::to_string(0.01 * ((i * 37 + j * 11) % 101)) + ",";
        }
        text += std::to_string(label) + "\n";
    }
    WriteText(TestPath("unbalanced.csv"), text);
    const std::string config_text =
        With(ToyConfig(TestPath("unbalanced.csv"), "epochs = 2\nbatch_size = 16\n"), "softmax",
             "function = cross_entropy\nclass_weights = balanced");
    ToyTrainer run(config_text);
    ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
    const neural_train_report report = run.Run();
    neural_model *model = neural_trainer_model(run.get());
    const neural_tensor *weights = neural_model_criterion(model)->class_weights;
    for (int64_t c = 0; c < 3; c++) {
        double weight = 0;
        ASSERT_EQ(neural_tensor_get(weights, &c, &weight), NEURAL_OK);
        EXPECT_FLOAT_EQ((float)weight, (float)(60.0 / (3 * (30 - 10 * (double)c))));
    }
    neural_config *config = nullptr;
    ASSERT_EQ(neural_config_parse(config_text.c_str(), "toy.ini", nullptr, 0, &config), NEURAL_OK);
    EXPECT_NEAR(Score(&run, config, TestPath("unbalanced.csv")).loss, report.train_loss, 1e-6);
    const std::string path = TestPath("unbalanced.model");
    ASSERT_EQ(neural_model_save(model, nullptr, path.c_str()), NEURAL_OK) << neural_last_error();
    neural_model *loaded = nullptr;
    ASSERT_EQ(neural_model_load(path.c_str(), &loaded), NEURAL_OK) << neural_last_error();
    const neural_tensor *stored = neural_model_criterion(loaded)->class_weights;
    ASSERT_NE(stored, nullptr);
    EXPECT_EQ(memcmp(neural_tensor_data(stored), neural_tensor_data(weights), 3 * sizeof(float)),
              0);
    neural_model_destroy(loaded);
    neural_config_destroy(config);
}

TEST(LossTraining, AClassWithoutRowsCannotBeBalanced) {
    ToyTrainer run(With(ToyConfig(Clusters("two_of_three.csv", 40, 5, 2), ""), "softmax",
                        "function = focal\nclass_weights = balanced"));
    EXPECT_EQ(run.status(), NEURAL_ERR_DATA);
    EXPECT_STREQ(neural_last_error(), "class_weights = balanced: no training row is of class 2");
}

TEST(LossTraining, KlDivTakesProbabilitiesOnly) {
    std::string text;
    for (int i = 0; i < 8; i++) {
        text += "1,2,3,4,5,0.5,0.5,0\n";
    }
    WriteText(TestPath("no_probability.csv"), text + "1,2,3,4,5,0.5,1.5,0\n");
    ToyTrainer run(
        With(ToyConfig(TestPath("no_probability.csv"), ""), "log_softmax", "function = kl_div"));
    EXPECT_EQ(run.status(), NEURAL_ERR_DATA);
    EXPECT_NE(std::string(neural_last_error()).find(":9:"), std::string::npos)
        << neural_last_error();
}

/* Running statistics move while training and serve validation. */
TEST(LossTraining, BatchNormFromTheConfigTrains) {
    ToyTrainer run(ToyConfig(Clusters("batch_norm.csv", 96, 5, 3),
                             "epochs = 20\nbatch_size = 16\n[data]\nval_split = 0.25\n"
                             "[regularization]\nbatch_norm = true\ndropout = 0.1\n"));
    ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(neural_layer_child_count(neural_model_network(neural_trainer_model(run.get()))), 5);
    const std::vector<char> before = run.BufferBits();
    EXPECT_GT(run.Run().val_metric, 0.9);
    EXPECT_NE(run.BufferBits(), before);
}

} // namespace

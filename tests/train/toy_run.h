/* Small runs for the tests of train: data files in the test's directory, configs as text. */
#ifndef TESTS_TRAIN_TOY_RUN_H_
#define TESTS_TRAIN_TOY_RUN_H_

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "core/tensor/parameter.h"
#include "model/config.h"
#include "model/model.h"
#include "train/trainer.h"

inline std::string TestPath(const std::string &name) {
    return testing::TempDir() + "/" + name;
}

inline void WriteText(const std::string &path, const std::string &text) {
    std::ofstream(path) << text;
}

/* A cluster per class in `features` dimensions, labels last; separable while the noise is small. */
inline std::string Clusters(const std::string &name, int rows, int features, int classes,
                            double noise = 0.3) {
    std::mt19937 random(5);
    std::normal_distribution<double> normal;
    std::string text;
    for (int i = 0; i < rows; i++) {
        const int label = i % classes;
        for (int j = 0; j < features; j++) {
            text += std::to_string(3 * std::cos(label * 2 + j) + noise * normal(random)) + ",";
        }
        text += std::to_string(label) + "\n";
    }
    WriteText(TestPath(name), text);
    return TestPath(name);
}

/* A config on generated clusters; `more` is appended (its sections may continue). */
inline std::string ToyConfig(const std::string &data, const std::string &more,
                             const std::string &optimizer = "type = adam") {
    return "[model]\narchitecture = 5,16,3\nhidden_activation = relu\n"
           "output_activation = softmax\n"
           "[loss]\nfunction = cross_entropy\n"
           "[optimizer]\n" +
           optimizer + "\n[data]\ntrain_file = " + data +
           "\n[performance]\nnum_threads = 1\n"
           "[training]\nlearning_rate = 0.01\n" +
           more;
}

/* A trainer with the config it needs. */
class ToyTrainer {
  public:
    explicit ToyTrainer(const std::string &config) {
        EXPECT_EQ(neural_config_parse(config.c_str(), "toy.ini", nullptr, 0, &config_), NEURAL_OK)
            << neural_last_error();
        status_ = neural_trainer_create(config_, nullptr, nullptr, &trainer_);
    }
    ~ToyTrainer() {
        neural_trainer_destroy(trainer_);
        neural_config_destroy(config_);
    }
    ToyTrainer(const ToyTrainer &) = delete;
    ToyTrainer &operator=(const ToyTrainer &) = delete;
    neural_trainer *get() { return trainer_; }
    neural_status status() const { return status_; }
    neural_train_report Run(neural_train_progress progress = nullptr, void *context = nullptr) {
        neural_train_report report = {};
        status_ = neural_trainer_run(trainer_, progress, context, &report);
        return report;
    }
    std::vector<char> Bits() { return BitsOf(neural_model_parameters(model())); }
    std::vector<char> BufferBits() { return BitsOf(neural_model_buffers(model())); }

  private:
    const neural_model *model() { return neural_trainer_model(trainer_); }
    static std::vector<char> BitsOf(const neural_parameters *parameters) {
        const char *data = (const char *)neural_tensor_data(parameters->values);
        return std::vector<char>(data, data + neural_tensor_bytes(parameters->values));
    }

    neural_config *config_ = nullptr;
    neural_trainer *trainer_ = nullptr;
    neural_status status_;
};

#endif /* TESTS_TRAIN_TOY_RUN_H_ */

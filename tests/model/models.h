// Owning handles for the tests of models.
#ifndef TESTS_MODEL_MODELS_H_
#define TESTS_MODEL_MODELS_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"
#include "model/config.h"
#include "model/model.h"

using Config = std::unique_ptr<neural_config, void (*)(neural_config *)>;
using Model = std::unique_ptr<neural_model, void (*)(neural_model *)>;
using Tensor = std::unique_ptr<neural_tensor, void (*)(neural_tensor *)>;

inline Config ParseConfig(const std::string &text) {
    neural_config *config = nullptr;
    EXPECT_EQ(neural_config_parse(text.c_str(), "run.ini", nullptr, 0, &config), NEURAL_OK)
        << neural_last_error();
    return Config(config, neural_config_destroy);
}

inline Model Build(const std::string &text) {
    neural_model *model = nullptr;
    const Config config = ParseConfig(text);
    EXPECT_EQ(neural_model_create(config.get(), &model), NEURAL_OK) << neural_last_error();
    return Model(model, neural_model_destroy);
}

inline std::string BuildError(const std::string &text) {
    neural_model *model = nullptr;
    const Config config = ParseConfig(text);
    EXPECT_EQ(neural_model_create(config.get(), &model), NEURAL_ERR_INVALID_CONFIG) << text;
    EXPECT_EQ(model, nullptr);
    neural_model_destroy(model);
    return neural_last_error();
}

inline std::vector<double> Values(const neural_tensor *tensor) {
    std::vector<double> out((size_t)neural_tensor_len(tensor));
    const void *data = neural_tensor_data(tensor);
    for (size_t i = 0; i < out.size(); i++) {
        out[i] = neural_tensor_dtype(tensor) == NEURAL_DTYPE_F32 ? ((const float *)data)[i]
                                                                 : ((const double *)data)[i];
    }
    return out;
}

inline Tensor Normal(std::vector<int64_t> dims, neural_dtype dtype, uint64_t seed) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_tensor_create((int)dims.size(), dims.data(), dtype, &out), NEURAL_OK);
    EXPECT_EQ(neural_tensor_fill_normal(out, seed, 0, 1), NEURAL_OK);
    return Tensor(out, neural_tensor_release);
}

inline Tensor Predict(neural_model *model, const neural_tensor *rows) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_model_predict(model, rows, &out), NEURAL_OK) << neural_last_error();
    return Tensor(out, neural_tensor_release);
}

#endif /* TESTS_MODEL_MODELS_H_ */

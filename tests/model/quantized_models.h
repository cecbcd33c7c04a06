// Models with every kind of place, and rows to quantize them by.
#ifndef TESTS_MODEL_QUANTIZED_MODELS_H_
#define TESTS_MODEL_QUANTIZED_MODELS_H_

#include <cmath>

#include "tests/model/models.h"
#include "train/quantize.h"

using Dataset = std::unique_ptr<neural_dataset, void (*)(neural_dataset *)>;

/* Rows of standard normal numbers, labels that have nothing to do with them. */
inline Dataset Rows(int64_t rows, int64_t features, int64_t classes, uint64_t seed = 5) {
    const Tensor x = Normal({rows, features}, NEURAL_DTYPE_F32, seed);
    neural_tensor *y = nullptr;
    neural_dataset *out = nullptr;
    EXPECT_EQ(neural_tensor_create(1, &rows, NEURAL_DTYPE_I64, &y), NEURAL_OK);
    for (int64_t i = 0; i < rows; i++) {
        static_cast<int64_t *>(neural_tensor_data(y))[i] = i % classes;
    }
    EXPECT_EQ(neural_dataset_create(x.get(), y, NEURAL_TARGET_CLASS, classes, &out), NEURAL_OK)
        << neural_last_error();
    neural_tensor_release(y);
    return Dataset(out, neural_dataset_destroy);
}

/* Batch norms have statistics as after some steps: batches are run in training. */
inline Model Settled(const std::string &layers, const std::string &input, int64_t features) {
    Model model = Build("[model]\ninput = " + input + "\nlayers = {" + layers +
                        "}\n[loss]\nfunction = cross_entropy\n");
    for (uint64_t step = 0; step < 5; step++) {
        neural_tensor *y = nullptr;
        EXPECT_EQ(neural_model_forward(model.get(),
                                       Normal({32, features}, NEURAL_DTYPE_F32, step).get(), &y),
                  NEURAL_OK)
            << neural_last_error();
        neural_tensor_release(y);
    }
    return model;
}

struct Quantized {
    neural_quantize_report report = {};
    Model model{nullptr, neural_model_destroy};
    neural_status status = NEURAL_OK;
    ~Quantized() { neural_quantize_report_clear(&report); }
};

/* Every layer that can be is in 8 bits, whatever it costs. */
inline neural_quantize_options AllOfIt() {
    neural_quantize_options options = neural_quantize_default();
    options.max_drop = 1;
    options.keep_slow = 1;
    options.samples = 200;
    return options;
}

inline void Quantize(const neural_model *model, const neural_dataset *rows,
                     const neural_quantize_options &options, Quantized *out) {
    neural_model *made = nullptr;
    out->status = neural_quantize_model(model, rows, rows, &options, &out->report, &made);
    out->model.reset(made);
}

/* 10 log10 of signal over noise of the predictions of both models. */
inline double Snr(neural_model *exact, neural_model *found, const neural_tensor *x) {
    const std::vector<double> want = Values(Predict(exact, x).get());
    const std::vector<double> have = Values(Predict(found, x).get());
    double signal = 0, noise = 0;
    EXPECT_EQ(want.size(), have.size());
    for (size_t i = 0; i < want.size(); i++) {
        signal += want[i] * want[i];
        noise += (want[i] - have[i]) * (want[i] - have[i]);
    }
    return 10 * std::log10(signal / noise);
}

#endif /* TESTS_MODEL_QUANTIZED_MODELS_H_ */

// Quantization of whole models: the report, the search for what stays in f32, refused options.
#include "train/quantize.h"

#include <algorithm>

#include "core/base/allocations.h"
#include "core/base/memory.h"
#include "tests/model/quantized_models.h"
#include "tests/train/toy_run.h"

namespace {

TEST(Quantize, KeepsTheAccuracyOfATrainedModel) {
    const std::string rows = Clusters("quantize.csv", 300, 5, 3, 1.5);
    const std::string text = ToyConfig(rows, "epochs = 15\n") + "[data]\nnormalize = zscore\n";
    ToyTrainer trainer(text);
    ASSERT_EQ(trainer.status(), NEURAL_OK) << neural_last_error();
    trainer.Run();
    const Config config = ParseConfig(text);
    neural_model *model = neural_trainer_model(trainer.get());
    neural_dataset *data = nullptr;
    ASSERT_EQ(neural_model_load_data(model, config.get(), rows.c_str(), nullptr, &data), NEURAL_OK)
        << neural_last_error();
    const Dataset owned(data, neural_dataset_destroy);
    for (const neural_observer_kind kind :
         {NEURAL_OBSERVER_MINMAX, NEURAL_OBSERVER_MOVING_AVERAGE, NEURAL_OBSERVER_PERCENTILE,
          NEURAL_OBSERVER_ENTROPY, NEURAL_OBSERVER_MSE}) {
        neural_quantize_options options = neural_quantize_default();
        options.keep_slow = 1;
        options.max_drop = 0.02;
        options.calibration = kind;
        Quantized q;
        Quantize(model, data, options, &q);
        ASSERT_EQ(q.status, NEURAL_OK) << neural_last_error();
        neural_score before, after;
        ASSERT_EQ(neural_model_score(model, data, 1, 64, &before), NEURAL_OK);
        ASSERT_EQ(neural_model_score(q.model.get(), data, 1, 64, &after), NEURAL_OK);
        EXPECT_EQ(q.report.before.metric, before.metric);
        EXPECT_EQ(q.report.after.metric, after.metric);
        EXPECT_GT(before.metric, 0.75);
        EXPECT_GE(after.metric, before.metric - 0.02) << neural_observer_kind_name(kind);
        EXPECT_GT(q.report.speed[1].f32_seconds, 0);
        EXPECT_GT(q.report.speed[1].int8_seconds, 0);
    }
}

/* Labels as the model itself has them: whatever changes a decision costs accuracy. */
void LabelByModel(neural_model *model, const neural_dataset *rows) {
    const Tensor y = Predict(model, neural_dataset_x(rows));
    const std::vector<double> values = Values(y.get());
    const int64_t classes = neural_model_outputs(model);
    for (int64_t i = 0; i < neural_dataset_rows(rows); i++) {
        const auto first = values.begin() + i * classes;
        static_cast<int64_t *>(neural_tensor_data(neural_dataset_y(rows)))[i] =
            std::max_element(first, first + classes) - first;
    }
}

/* One number far outside leaves the others few steps of the grid. */
TEST(Quantize, LayersThatCostAccuracyGoBackToF32) {
    const Model model = Settled("linear 16 | relu | linear 16 | relu | linear 3", "4", 4);
    const Dataset rows = Rows(120, 4, 3);
    neural_quantize_options options = AllOfIt();
    options.max_drop = 0;
    static_cast<float *>(neural_tensor_data(neural_dataset_x(rows.get())))[0] = 1e4f;
    LabelByModel(model.get(), rows.get());
    Quantized q;
    Quantize(model.get(), rows.get(), options, &q);
    ASSERT_EQ(q.status, NEURAL_OK) << neural_last_error();
    EXPECT_GE(q.report.after.metric, q.report.before.metric);
    int left = 0;
    for (int i = 0; i < q.report.count; i++) {
        const neural_quantize_layer &layer = q.report.layers[i];
        EXPECT_STREQ(layer.reason, layer.is_8bit ? "" : "accuracy");
        left += !layer.is_8bit;
        for (int j = 0; j < q.report.count && !layer.is_8bit; j++) {
            /* none that is worse stayed in 8 bits */
            EXPECT_TRUE(!q.report.layers[j].is_8bit || q.report.layers[j].snr >= layer.snr);
        }
    }
    EXPECT_GT(left, 0);
}

/* What was learned in training is taken over: the 8-bit network does what training computed with.
 */
TEST(Quantize, LayersTrainedForItKeepTheirRanges) {
    const std::string rows = Clusters("aware.csv", 300, 5, 3, 1.5);
    const std::string text =
        ToyConfig(rows, "epochs = 6\nquantize_aware = yes\n") + "[data]\nnormalize = zscore\n";
    ToyTrainer trainer(text);
    ASSERT_EQ(trainer.status(), NEURAL_OK) << neural_last_error();
    trainer.Run();
    const Config config = ParseConfig(text);
    neural_model *model = neural_trainer_model(trainer.get());
    neural_dataset *data = nullptr;
    ASSERT_EQ(neural_model_load_data(model, config.get(), rows.c_str(), nullptr, &data), NEURAL_OK);
    const Dataset owned(data, neural_dataset_destroy);
    neural_quantize_options options = AllOfIt();
    options.samples = 1; /* one row alone would give far too small ranges */
    Quantized q;
    Quantize(model, data, options, &q);
    ASSERT_EQ(q.status, NEURAL_OK) << neural_last_error();
    EXPECT_GT(Snr(model, q.model.get(), neural_dataset_x(data)), 40);
}

TEST(Quantize, RefusesWhatItCannotDo) {
    const Dataset rows = Rows(20, 4, 3);
    const Model model = Settled("linear 3", "4", 4);
    const Model exact = Build("[model]\ninput = 4\ndtype = f64\nlayers = linear 3\n"
                              "[loss]\nfunction = cross_entropy\n");
    const auto error = [&](const neural_model *of, const neural_quantize_options &options) {
        Quantized q;
        Quantize(of, rows.get(), options, &q);
        EXPECT_EQ(q.status, NEURAL_ERR_INVALID_ARGUMENT);
        EXPECT_EQ(q.model, nullptr);
        return std::string(neural_last_error());
    };
    neural_quantize_options options = AllOfIt();
    EXPECT_EQ(error(exact.get(), options), "quantize: the model is f64, expected f32");
    options.samples = 0;
    EXPECT_EQ(error(model.get(), options), "quantize: samples is 0, expected at least 1");
    options = AllOfIt();
    options.max_drop = NAN;
    EXPECT_EQ(error(model.get(), options), "quantize: max_drop is nan, expected at least 0");
    options = AllOfIt();
    options.calibration = NEURAL_OBSERVER_CHANNELS;
    EXPECT_NE(error(model.get(), options).find("by one range"), std::string::npos);
}

TEST(Quantize, NamesTheLayerWhoseResultsAreNoNumbers) {
    const Model model = Settled("linear 4 | relu | linear 3", "4", 4);
    const Dataset rows = Rows(20, 4, 3);
    neural_tensor *bias = neural_layer_weight(neural_model_network(model.get()), 1);
    static_cast<float *>(neural_tensor_data(bias))[2] = NAN;
    Quantized q;
    Quantize(model.get(), rows.get(), AllOfIt(), &q);
    EXPECT_EQ(q.status, NEURAL_ERR_NAN_DETECTED);
    EXPECT_NE(std::string(neural_last_error()).find("layer 1 (Linear)"), std::string::npos)
        << neural_last_error();
}

TEST(Quantize, EveryFailedAllocationIsReported) {
    const Model model =
        Settled("conv2d 2 3x3 | batchnorm | relu | flatten | linear 2", "1x4x4", 16);
    const Dataset rows = Rows(6, 16, 2);
    for (int64_t n = 1; n < 100000; n++) {
        Quantized q;
        neural_alloc_fail_at(n);
        Quantize(model.get(), rows.get(), AllOfIt(), &q);
        neural_alloc_fail_at(0);
        if (!q.status) {
            EXPECT_GT(n, 100);
            return;
        }
        ASSERT_EQ(q.status, NEURAL_ERR_OUT_OF_MEMORY) << n << neural_last_error();
        ASSERT_EQ(q.model, nullptr);
        ASSERT_EQ(q.report.layers, nullptr);
    }
    FAIL() << "it never succeeded";
}

} // namespace

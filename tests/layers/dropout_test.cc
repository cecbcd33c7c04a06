#include "layers/dropout.h"

#include <cmath>

#include "tests/layers/tensors.h"

namespace {

Layer Make(double p, uint64_t seed) {
    neural_layer *made = nullptr;
    EXPECT_EQ(neural_dropout_create(p, seed, &made), NEURAL_OK);
    return Own(made);
}

TEST(Dropout, KeepsAndScalesSurvivorsInTraining) {
    const Layer layer = Make(0.3, 1);
    const Tensor x = Normal({100, 200}, NEURAL_DTYPE_F64, 2);
    const std::vector<double> in = Values(x.get()), y = Values(Forward(layer.get(), x.get()).get());
    size_t dropped = 0;
    for (size_t i = 0; i < in.size(); i++) {
        if (y[i] == 0) {
            dropped++;
        } else {
            EXPECT_NEAR(y[i], in[i] / 0.7, 1e-13);
        }
    }
    EXPECT_NEAR((double)dropped / (double)in.size(), 0.3, 0.015);
}

TEST(Dropout, MaskIsAFunctionOfSeedAndStep) {
    const Layer a = Make(0.5, 1), b = Make(0.5, 1), c = Make(0.5, 2);
    const Tensor x = Normal({300}, NEURAL_DTYPE_F32, 2);
    const auto run = [&](const Layer &layer, uint64_t step) {
        neural_layer_set_step(layer.get(), step);
        return Values(Forward(layer.get(), x.get()).get());
    };
    EXPECT_EQ(run(a, 7), run(b, 7));
    EXPECT_EQ(run(a, 7), run(a, 7));
    EXPECT_NE(run(a, 7), run(a, 8));
    EXPECT_NE(run(a, 7), run(c, 7));
}

TEST(Dropout, IsTheIdentityInEvaluationAndZeroAtOne) {
    const Layer half = Make(0.5, 1), all = Make(1, 1), none = Make(0, 1);
    const Tensor x = Normal({300}, NEURAL_DTYPE_F32, 2);
    neural_layer_set_training(half.get(), 0);
    EXPECT_EQ(Values(Forward(half.get(), x.get()).get()), Values(x.get()));
    EXPECT_EQ(Values(Forward(none.get(), x.get()).get()), Values(x.get()));
    EXPECT_EQ(Values(Forward(all.get(), x.get()).get()), std::vector<double>(300));
}

TEST(Dropout, DropsWholeChannels) {
    neural_layer *made = nullptr;
    ASSERT_EQ(neural_dropout2d_create(0.5, 3, &made), NEURAL_OK);
    const Layer layer = Own(made);
    const Tensor x = Normal({20, 10, 3, 4}, NEURAL_DTYPE_F64, 2);
    const std::vector<double> in = Values(x.get()), y = Values(Forward(layer.get(), x.get()).get());
    int dropped = 0;
    for (size_t plane = 0; plane < 200; plane++) {
        const double scale = y[plane * 12] == 0 ? 0 : 2;
        dropped += scale == 0;
        for (size_t i = 0; i < 12; i++) {
            EXPECT_EQ(y[plane * 12 + i], in[plane * 12 + i] * scale);
        }
    }
    EXPECT_NEAR(dropped, 100, 40);
    neural_layer_set_training(layer.get(), 0);
    EXPECT_EQ(Values(Forward(layer.get(), x.get()).get()), in);
    char text[64];
    EXPECT_STREQ(neural_layer_describe(layer.get(), text, sizeof text), "Dropout2d(p=0.5)");
    neural_shape line = Shape({5}), out;
    EXPECT_EQ(neural_layer_output_shape(layer.get(), &line, &out), NEURAL_ERR_SHAPE_MISMATCH);
}

TEST(Dropout, RefusesWhatIsNoProbability) {
    neural_layer *made = nullptr;
    for (const double p : {-0.1, 1.1, (double)NAN}) {
        EXPECT_EQ(neural_dropout_create(p, 0, &made), NEURAL_ERR_INVALID_ARGUMENT);
    }
    EXPECT_EQ(made, nullptr);
}

} // namespace

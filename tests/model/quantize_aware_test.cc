// [training] quantize_aware: which layers it reaches, and that files keep the ranges.
#include <cmath>
#include <cstdio>
#include <string>

#include "core/tensor/parameter.h"
#include "layers/fake_quant.h"
#include "layers/layer.h"
#include "tests/model/models.h"

namespace {

const char kNet[] = "[model]\ninput = 1x8x8\nlayers = conv2d 4 3 pad=1 | batchnorm | relu | "
                    "residual { conv2d 4 3 pad=1 | relu } | maxpool2d 2 | flatten | linear 5\n"
                    "[loss]\nfunction = cross_entropy\n[options]\nseed = 3\n";

std::string Aware() {
    return std::string(kNet) + "[training]\nquantize_aware = yes\n";
}

std::vector<std::string> BufferNames(const Model &model) {
    std::vector<std::string> names;
    const neural_layer *network = neural_model_network(model.get());
    for (int i = 0; i < neural_layer_buffer_count(network); i++) {
        const std::string name = neural_layer_buffer_name(network, i);
        if (name.find("input_range") != std::string::npos) names.push_back(name);
    }
    return names;
}

Tensor Train(const Model &model, const neural_tensor *x) {
    neural_tensor *y = nullptr;
    neural_layer_set_training(neural_model_network(model.get()), 1);
    EXPECT_EQ(neural_model_forward(model.get(), const_cast<neural_tensor *>(x), &y), NEURAL_OK)
        << neural_last_error();
    return Tensor(y, neural_tensor_release);
}

TEST(QuantizeAware, ReachesEveryLinearAndConvolution) {
    EXPECT_EQ(BufferNames(Build(kNet)), std::vector<std::string>());
    EXPECT_EQ(BufferNames(Build(Aware())),
              (std::vector<std::string>{"0.input_range", "3.0.input_range", "6.input_range"}));
}

TEST(QuantizeAware, ChangesWhatIsComputedButNotTheWeights) {
    const Model plain = Build(kNet), aware = Build(Aware());
    const Tensor x = Normal({6, 64}, NEURAL_DTYPE_F32, 1);
    EXPECT_EQ(Values(neural_model_parameters(plain.get())->values),
              Values(neural_model_parameters(aware.get())->values));
    const std::vector<double> a = Values(Train(plain, x.get()).get());
    const std::vector<double> b = Values(Train(aware, x.get()).get());
    double largest = 0;
    for (size_t i = 0; i < a.size(); i++) {
        largest = std::max(largest, std::fabs(a[i] - b[i]));
    }
    EXPECT_GT(largest, 0);
    EXPECT_LT(largest, 0.1);
}

TEST(QuantizeAware, FilesKeepRangesAndTheSwitch) {
    const Model model = Build(Aware());
    const Tensor x = Normal({6, 64}, NEURAL_DTYPE_F32, 1);
    for (int i = 0; i < 3; i++) {
        Train(model, x.get());
    }
    const std::string path = testing::TempDir() + "quantize_aware.model";
    const neural_model_facts facts = {};
    ASSERT_EQ(neural_model_save(model.get(), &facts, path.c_str()), NEURAL_OK)
        << neural_last_error();
    neural_model *loaded = nullptr;
    ASSERT_EQ(neural_model_load(path.c_str(), &loaded), NEURAL_OK) << neural_last_error();
    const Model own(loaded, neural_model_destroy);
    remove(path.c_str());
    EXPECT_EQ(BufferNames(own), BufferNames(model));
    for (const int i : {0, 6}) {
        double min[2] = {1, 2}, max[2] = {1, 2};
        for (int m = 0; m < 2; m++) {
            const neural_model *of = m ? loaded : model.get();
            EXPECT_EQ(neural_layer_input_range(neural_layer_child(neural_model_network(of), i),
                                               &min[m], &max[m]),
                      1);
        }
        EXPECT_EQ(min[0], min[1]);
        EXPECT_EQ(max[0], max[1]);
    }
    EXPECT_EQ(Values(Predict(model.get(), x.get()).get()), Values(Predict(loaded, x.get()).get()));
}

TEST(QuantizeAware, FoldsAsOtherModelsDo) {
    const Model model = Build(Aware());
    const Tensor x = Normal({6, 64}, NEURAL_DTYPE_F32, 1);
    for (int i = 0; i < 3; i++) {
        Train(model, x.get());
    }
    neural_model *folded = nullptr;
    int count = 0;
    ASSERT_EQ(neural_model_fold_batch_norm(model.get(), &count, &folded), NEURAL_OK)
        << neural_last_error();
    const Model own(folded, neural_model_destroy);
    EXPECT_EQ(count, 1);
    const std::vector<double> a = Values(Predict(model.get(), x.get()).get());
    const std::vector<double> b = Values(Predict(folded, x.get()).get());
    for (size_t i = 0; i < a.size(); i++) {
        EXPECT_NEAR(a[i], b[i], 5e-3); // a rounding may tip one number to the next of its grid
    }
}

} // namespace

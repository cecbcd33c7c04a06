// The loss of a model from the keys of its config.
#include <string>
#include <vector>

#include "tests/model/models.h"

namespace {

TEST(ModelLoss, TheKeysOfALossReachIt) {
    const Model model = Build("[model]\narchitecture = 4,3\n[loss]\nfunction = cross_entropy\n"
                              "label_smoothing = 0.25\nclass_weights = 1, 2.5 0.5\n");
    const neural_criterion *criterion = neural_model_criterion(model.get());
    EXPECT_EQ(criterion->label_smoothing, 0.25);
    EXPECT_EQ(Values(criterion->class_weights), (std::vector<double>{1, 2.5, 0.5}));
    const Model huber = Build("[model]\narchitecture = 4,1\n[training]\nloss = huber\n[loss]\n"
                              "huber_delta = 0.5\n");
    EXPECT_EQ(neural_model_criterion(huber.get())->huber_delta, 0.5);
    const Model smooth = Build("[model]\narchitecture = 4,1\n[loss]\nfunction = smooth_l1\n"
                               "smooth_l1_beta = 0\n");
    EXPECT_EQ(neural_model_criterion(smooth.get())->smooth_l1_beta, 0);
    const Model focal = Build("[model]\narchitecture = 4,3\n[loss]\nfunction = focal\n"
                              "focal_gamma = 1.5\n");
    EXPECT_EQ(neural_model_criterion(focal.get())->focal_gamma, 1.5);
}

TEST(ModelLoss, RefusesLossesThatDoNotFit) {
    const struct {
        const char *config, *error;
    } cases[] = {
        {"architecture = 4,3\n[loss]\nfunction = mse\nlabel_smoothing = 0.1",
         "run.ini:5:19: label_smoothing does not go with the loss mse, expected cross_entropy"},
        {"architecture = 4,3\n[loss]\nfunction = huber\nclass_weights = balanced",
         "run.ini:5:17: class_weights does not go with the loss huber, expected cross_entropy or "
         "nll or focal"},
        {"architecture = 4,3\n[loss]\nsmooth_l1_beta = 1",
         "run.ini:4:18: smooth_l1_beta does not go with the loss cross_entropy, expected "
         "smooth_l1"},
        {"architecture = 4,3\n[loss]\nfunction = smooth_l1\nhuber_delta = 1",
         "run.ini:5:15: huber_delta does not go with the loss smooth_l1, expected huber"},
        {"architecture = 4,3\n[loss]\nfunction = ce\nfocal_gamma = 3",
         "run.ini:5:15: focal_gamma does not go with the loss cross_entropy, expected focal"},
        {"architecture = 4,3\n[loss]\nfunction = nll",
         "run.ini:4:12: nll works on log-probabilities: expected log_softmax at the end of the "
         "network, found none; cross_entropy takes softmax or nothing there"},
        {"architecture = 4,softmax,3\n[loss]\nfunction = kl_div",
         "run.ini:4:12: kl_div works on log-probabilities: expected log_softmax at the end of the "
         "network, found softmax"},
        {"architecture = 4,1\n[loss]\nfunction = focal",
         "run.ini:4:12: focal needs an output per class, at least 2, but the network has 1; bce "
         "fits one output"},
        {"architecture = 4,log_softmax,1",
         "run.ini:2:16: nll needs an output per class, at least 2, but the network has 1; bce "
         "fits one output"},
        {"architecture = 4,log_softmax,3\n[loss]\nfunction = bce",
         "run.ini:4:12: bce needs sigmoid at the end or nothing, found log_softmax"},
        {"architecture = 4,3\n[loss]\nclass_weights = 1, 2",
         "run.ini:4:17: class_weights has 2 numbers, expected one per class, 3"},
        {"architecture = 4,3\n[loss]\nclass_weights = 1, 2, 3, 4",
         "run.ini:4:17: class_weights has 4 numbers, expected one per class, 3"},
        {"architecture = 4,3\n[loss]\nclass_weights = 1, 0, 3",
         "run.ini:4:17: class_weights: weight 1 is 0, expected a number above 0"},
        {"architecture = 4,3\n[loss]\nclass_weights = 1, two, 3",
         "run.ini:4:17: class_weights: entry 2 is two, 3, expected a number above 0, or balanced "
         "alone"},
    };
    for (const auto &c : cases) {
        EXPECT_EQ(BuildError("[model]\n" + std::string(c.config) + "\n"), c.error);
    }
}

} // namespace

#include "train/lr_find.h"

#include <limits>

#include "core/base/memory.h"
#include "tests/train/toy_run.h"

namespace {

struct Curve {
    neural_lr_curve value = {};
    ~Curve() { neural_lr_curve_destroy(&value); }
    neural_lr_curve *operator->() { return &value; }
};

neural_status Find(ToyTrainer *trainer, Curve *curve,
                   neural_lr_find_options options = neural_lr_find_default()) {
    return neural_lr_find(trainer->get(), &options, &curve->value);
}

TEST(LrFind, SuggestsASensibleDecade) {
    const std::string data = Clusters("lr_find.csv", 300, 5, 3);
    for (const char *rule : {"type = adam", "type = sgd\nmomentum = 0.9"}) {
        ToyTrainer trainer(ToyConfig(data, "batch_size = 32\n", rule));
        Curve curve;
        ASSERT_EQ(Find(&trainer, &curve), NEURAL_OK) << neural_last_error();
        ASSERT_GE(curve->suggestion, 10) << rule;
        const double rate = curve->point[curve->suggestion].rate;
        EXPECT_GT(rate, 1e-3) << rule;
        EXPECT_LT(rate, 1.0) << rule;
        EXPECT_LE(curve->suggestion, curve->minimum) << rule;
    }
}

/* The average by its definition: the weighted mean of the losses so far. */
TEST(LrFind, RatesAreExponentialAndLossesSmoothed) {
    ToyTrainer trainer(ToyConfig(Clusters("smooth.csv", 97, 5, 3), "batch_size = 10\n"));
    neural_lr_find_options options = neural_lr_find_default();
    options.start = 1e-5;
    options.end = 1e-1;
    options.steps = 41;
    options.smoothing = 0.9;
    Curve curve;
    ASSERT_EQ(Find(&trainer, &curve, options), NEURAL_OK) << neural_last_error();
    ASSERT_EQ(curve->count, 41);
    EXPECT_EQ(curve->end, NEURAL_LR_FIND_DONE);
    EXPECT_EQ(curve->point[0].rate, 1e-5);
    EXPECT_EQ(curve->point[40].rate, 1e-1);
    EXPECT_NEAR(curve->point[10].rate, 1e-4, 1e-17);
    for (int i = 0; i < 41; i++) {
        long double sum = 0, weights = 0;
        for (int j = 0; j <= i; j++) {
            const long double weight = std::pow(0.9L, i - j);
            sum += weight * curve->point[j].loss;
            weights += weight;
        }
        EXPECT_NEAR(curve->point[i].smoothed, (double)(sum / weights), 1e-12) << i;
    }
}

/* Two layers on squared errors: the loss explodes at large rates. */
std::string Explosive(const std::string &data) {
    std::string config = ToyConfig(data, "batch_size = 20\n", "type = sgd");
    const size_t begin = config.find("architecture"), end = config.find("[optimizer]");
    return config.replace(begin, end - begin,
                          "input = 5\nlayers = linear 16 | linear 1\n[loss]\nfunction = mse\n");
}

TEST(LrFind, StopsWhenTheLossDiverges) {
    ToyTrainer trainer(Explosive(Clusters("diverge.csv", 200, 5, 3)));
    neural_lr_find_options options = neural_lr_find_default();
    options.smoothing = 0.5;
    Curve curve;
    ASSERT_EQ(Find(&trainer, &curve, options), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(curve->end, NEURAL_LR_FIND_DIVERGED);
    ASSERT_LT(curve->count, 100);
    double least = INFINITY;
    for (int64_t i = 0; i < curve->count; i++) {
        const double smoothed = curve->point[i].smoothed;
        least = std::fmin(least, smoothed);
        EXPECT_EQ(smoothed > 4 * least, i == curve->count - 1) << i;
    }
}

TEST(LrFind, ALossThatIsNotFiniteEndsTheSweep) {
    ToyTrainer trainer(Explosive(Clusters("nan.csv", 100, 5, 3)));
    const std::vector<char> before = trainer.Bits();
    neural_lr_find_options options = neural_lr_find_default();
    options.end = 1e30;
    options.divergence = 0;
    Curve curve;
    ASSERT_EQ(Find(&trainer, &curve, options), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(curve->end, NEURAL_LR_FIND_NOT_FINITE);
    EXPECT_LT(curve->count, 100);
    EXPECT_GE(curve->suggestion, 0);
    for (int64_t i = 0; i < curve->count; i++) {
        EXPECT_TRUE(std::isfinite(curve->point[i].smoothed));
    }
    EXPECT_EQ(trainer.Bits(), before);
}

/* Training after a sweep gives the bits of training without one. */
TEST(LrFind, LeavesNoTrace) {
    const std::string data = Clusters("trace.csv", 123, 5, 3);
    const char *rules[] = {"type = adam\namsgrad = true", "type = sgd\nmomentum = 0.9",
                           "type = rmsprop\ncentered = true\nmomentum = 0.5", "type = lion"};
    for (const char *rule : rules) {
        std::string config = ToyConfig(data,
                                       "epochs = 2\nbatch_size = 16\naccumulate = 3\n"
                                       "ema_decay = 0.9\n[data]\nval_split = 0.2\n"
                                       "[schedule]\ntype = one_cycle\n",
                                       rule);
        config.replace(config.find("architecture = 5,16,3\nhidden_activation = relu\n"
                                   "output_activation = softmax"),
                       sizeof "architecture = 5,16,3\nhidden_activation = relu\n"
                              "output_activation = softmax" -
                           1,
                       "input = 5\nlayers = linear 16 | batchnorm | relu | dropout 0.1 | linear 3");
        ToyTrainer plain(config), swept(config);
        Curve curve;
        ASSERT_EQ(Find(&swept, &curve), NEURAL_OK) << neural_last_error();
        const neural_train_report expected = plain.Run(), report = swept.Run();
        ASSERT_EQ(plain.status(), NEURAL_OK) << neural_last_error();
        EXPECT_EQ(swept.Bits(), plain.Bits()) << rule;
        EXPECT_EQ(swept.BufferBits(), plain.BufferBits()) << rule;
        EXPECT_EQ(report.val_loss, expected.val_loss) << rule;
        EXPECT_EQ(report.steps, expected.steps) << rule;
    }
}

TEST(LrFind, SuggestionIsTheSteepestDescent) {
    std::vector<neural_lr_point> points;
    for (int i = 0; i < 40; i++) {
        const double x = -6 + 0.2 * i;
        const double y = x < -1 ? 2 - std::tanh(2 * (x + 3)) : 1.01 + 3 * (x + 1);
        points.push_back({std::pow(10.0, x), y, y});
    }
    int64_t minimum = 0;
    const int64_t found = neural_lr_suggest(points.data(), (int64_t)points.size(), &minimum);
    EXPECT_NEAR(std::log10(points[found].rate), -3, 0.21);
    EXPECT_NEAR(std::log10(points[minimum].rate), -1.2, 0.01);
    EXPECT_EQ(neural_lr_suggest(points.data(), 2, nullptr), -1);
    EXPECT_EQ(neural_lr_suggest(points.data(), 0, &minimum), -1);
    EXPECT_EQ(minimum, -1);
    for (neural_lr_point &point : points) {
        point.smoothed = 1;
    }
    EXPECT_EQ(neural_lr_suggest(points.data(), 40, nullptr), 0);
}

TEST(LrFind, OptionsOutOfRangeAreRefused) {
    ToyTrainer trainer(ToyConfig(Clusters("range.csv", 60, 5, 3), ""));
    neural_lr_find_options wrong[9];
    for (neural_lr_find_options &options : wrong) {
        options = neural_lr_find_default();
    }
    wrong[0].start = 0;
    wrong[1].start = 10;
    wrong[2].end = INFINITY;
    wrong[3].steps = 1;
    wrong[4].steps = std::numeric_limits<int64_t>::max();
    wrong[5].smoothing = 1;
    wrong[6].smoothing = NAN;
    wrong[7].divergence = 1;
    wrong[8].end = NAN;
    for (const neural_lr_find_options &options : wrong) {
        Curve curve;
        EXPECT_EQ(Find(&trainer, &curve, options), NEURAL_ERR_INVALID_ARGUMENT);
        EXPECT_EQ(std::string(neural_last_error()).rfind("lr_find: ", 0), 0u);
    }
    EXPECT_EQ(neural_lr_find(nullptr, &wrong[0], nullptr), NEURAL_ERR_NULL_POINTER);
}

TEST(LrFind, FailedAllocationsLeaveTheWeights) {
    ToyTrainer trainer(ToyConfig(Clusters("memory.csv", 60, 5, 3), ""));
    const std::vector<char> before = trainer.Bits();
    int failures = 0;
    for (int64_t n = 1; n < 2000; n++) {
        Curve curve;
        neural_alloc_fail_at(n);
        const neural_status status = Find(&trainer, &curve);
        neural_alloc_fail_at(0);
        ASSERT_EQ(trainer.Bits(), before) << n;
        if (status == NEURAL_OK) {
            break;
        }
        ASSERT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY) << neural_last_error();
        failures++;
    }
    EXPECT_GE(failures, 3); /* the blocks of tensors are reused */
}

} // namespace

// The learning rate that a config gives each update, as the progress of a run tells it.
#include "tests/train/toy_run.h"

namespace {

struct Rates {
    std::vector<double> of_batch; /* as of the last update */
    std::vector<double> of_epoch;
};

int Record(void *context, const neural_epoch_report *report) {
    Rates *rates = (Rates *)context;
    rates->of_batch.push_back(report->learning_rate);
    if (report->batch == report->batches) {
        rates->of_epoch.push_back(report->learning_rate);
    }
    return 0;
}

// 5 batches in each of `epochs`; the rate starts at 0.01.
Rates RatesOf(const std::string &more, int epochs = 6) {
    const std::string data = Clusters("rates.csv", 50, 5, 3);
    ToyTrainer trainer(
        ToyConfig(data, "batch_size = 10\nepochs = " + std::to_string(epochs) + "\n" + more));
    EXPECT_EQ(trainer.status(), NEURAL_OK) << neural_last_error();
    Rates rates;
    trainer.Run(Record, &rates);
    EXPECT_EQ(trainer.status(), NEURAL_OK) << neural_last_error();
    return rates;
}

void ExpectNear(const std::vector<double> &got, const std::vector<double> &want) {
    ASSERT_EQ(got.size(), want.size());
    for (size_t i = 0; i < got.size(); i++) {
        EXPECT_NEAR(got[i], want[i], 1e-15) << i;
    }
}

TEST(Rate, IsConstantWithoutASchedule) {
    ExpectNear(RatesOf("", 3).of_epoch, {0.01, 0.01, 0.01});
}

TEST(Rate, StepsAsBothSpellingsSay) {
    const std::vector<double> want = {0.01, 0.01, 0.005, 0.005, 0.0025, 0.0025};
    ExpectNear(RatesOf("lr_step_size = 2\nlr_gamma = 0.5\n").of_epoch, want);
    ExpectNear(RatesOf("[schedule]\ntype = step\nperiod = 2\ngamma = 0.5\n").of_epoch, want);
    ExpectNear(RatesOf("[schedule]\ntype = multi_step\nmilestones = 1, 3\n", 4).of_epoch,
               {0.01, 0.001, 0.001, 0.0001});
}

TEST(Rate, CosineLastsAsLongAsTheRun) {
    std::vector<double> want;
    for (int epoch = 0; epoch < 6; epoch++) {
        want.push_back(0.001 + 0.009 * (1 + std::cos(M_PI * epoch / 6)) / 2);
    }
    ExpectNear(RatesOf("[schedule]\ntype = cosine\nmin_lr = 0.001\n").of_epoch, want);
}

TEST(Rate, WarmupInStepsComesBeforeTheSchedule) {
    const Rates rates =
        RatesOf("[schedule]\ntype = linear\nend_factor = 0\nstart_factor = 1\nunit = step\n"
                "warmup = 4\nwarmup_start = 0\n",
                2);
    std::vector<double> want;
    for (int step = 0; step < 10; step++) {
        want.push_back(step < 4 ? 0.01 * step / 4 : 0.01 * (1 - (step - 4) / 6.0));
    }
    ExpectNear(rates.of_batch, want);
}

TEST(Rate, OneCycleCountsUpdatesOfAccumulatedBatches) {
    const Rates rates = RatesOf("accumulate = 2\n[schedule]\ntype = one_cycle\n", 4);
    ASSERT_EQ(rates.of_batch.size(), 20u); /* 3 updates in each epoch: after batches 2, 4 and 5 */
    double top = 0;
    for (const double rate : rates.of_batch) {
        top = std::fmax(top, rate);
    }
    EXPECT_LE(top, 0.01);
    EXPECT_GT(top, 0.0085);
    EXPECT_NEAR(rates.of_batch.back(), 0.01 / 25 / 1e4, 1e-15);
    EXPECT_NEAR(rates.of_batch[0], 0.01 / 25, 1e-15); /* before the first update: its rate */
    EXPECT_EQ(rates.of_batch[1], rates.of_batch[2]);
    EXPECT_NE(rates.of_batch[2], rates.of_batch[3]);
    EXPECT_NE(rates.of_batch[3], rates.of_batch[4]);
}

TEST(Rate, PlateauCutsWhenTheLossNoLongerFalls) {
    const Rates rates = RatesOf("[data]\nval_split = 0.3\n[schedule]\ntype = plateau\n"
                                "plateau_patience = 0\nthreshold = 1e9\ngamma = 0.5\n",
                                4);
    ExpectNear(rates.of_epoch, {0.01, 0.01, 0.005, 0.0025});
}

TEST(Rate, RefusesWhatMakesNoSense) {
    const std::string data = Clusters("refused.csv", 30, 5, 3);
    const auto error = [&](const std::string &more) {
        ToyTrainer trainer(ToyConfig(data, more));
        EXPECT_EQ(trainer.status(), NEURAL_ERR_INVALID_CONFIG) << more;
        return std::string(neural_last_error());
    };
    EXPECT_NE(error("[schedule]\ntype = multi_step\nmilestones = 3; 4\n").find("milestones"),
              std::string::npos);
    EXPECT_NE(error("[schedule]\ntype = multi_step\nmilestones = x\n").find("\"x\""),
              std::string::npos);
}

} // namespace

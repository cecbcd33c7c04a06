// Schedules against what PyTorch computed (tools/gen_torch_schedules.py), and their edges.
#include "optim/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/allocations.h"
#include "tests/fixtures/torch_fixtures.h"

namespace {

struct Destroy {
    void operator()(neural_schedule *schedule) const { neural_schedule_destroy(schedule); }
};
using Schedule = std::unique_ptr<neural_schedule, Destroy>;
using Options = neural_schedule_options;

Schedule make(const Options &options) {
    neural_schedule *out = nullptr;
    EXPECT_EQ(neural_schedule_create(&options, &out), NEURAL_OK) << neural_last_error();
    return Schedule(out);
}

Options of(neural_schedule_kind kind, int64_t period = 0, double gamma = 0) {
    Options options = {};
    options.kind = kind;
    options.period = period;
    options.gamma = gamma;
    return options;
}

Options linear(double start, double end, int64_t period) {
    Options options = of(NEURAL_SCHEDULE_LINEAR, period);
    options.start = start;
    options.end = end;
    return options;
}

Schedule combined(std::vector<Options> options, std::vector<int64_t> starts) {
    std::vector<neural_schedule *> parts;
    for (const Options &one : options) {
        parts.push_back(make(one).release());
    }
    neural_schedule *out = nullptr;
    const int count = (int)parts.size();
    EXPECT_EQ(starts.empty() ? neural_schedule_chain(parts.data(), count, &out)
                             : neural_schedule_sequence(parts.data(), starts.data(), count, &out),
              NEURAL_OK)
        << neural_last_error();
    return Schedule(out);
}

// The schedulers of tools/gen_torch_schedules.py by name.
using Makers = std::map<std::string, std::function<Schedule()>>;

void add_closed_forms(Makers &by) {
    by["step"] = [] { return make(of(NEURAL_SCHEDULE_STEP, 7, 0.5)); };
    by["multi step"] = [] {
        const int64_t milestones[] = {3, 10, 11, 40};
        Options options = of(NEURAL_SCHEDULE_MULTI_STEP, 0, 0.3);
        options.milestones = milestones;
        options.milestone_count = 4;
        return make(options);
    };
    by["exponential"] = [] { return make(of(NEURAL_SCHEDULE_EXPONENTIAL, 0, 0.95)); };
    by["cosine"] = [] {
        Options options = of(NEURAL_SCHEDULE_COSINE, 59);
        options.low = 0.001;
        return make(options);
    };
    by["restarts"] = [] {
        Options options = of(NEURAL_SCHEDULE_COSINE_RESTARTS, 6);
        options.multiplier = 2;
        options.low = 0.01;
        return make(options);
    };
    by["equal restarts"] = [] { return make(of(NEURAL_SCHEDULE_COSINE_RESTARTS, 9)); };
    by["linear"] = [] { return make(linear(0.25, 0.75, 20)); };
    by["polynomial"] = [] {
        Options options = of(NEURAL_SCHEDULE_POLYNOMIAL, 45);
        options.power = 2;
        return make(options);
    };
}

void add_cycles_and_combinations(Makers &by) {
    by["one cycle"] = [] { return make(of(NEURAL_SCHEDULE_ONE_CYCLE, 60)); };
    by["short one cycle"] = [] {
        Options options = of(NEURAL_SCHEDULE_ONE_CYCLE, 60);
        options.warmup = 0.1;
        options.div_factor = 10;
        options.final_div_factor = 100;
        options.low_momentum = 0.8;
        options.high_momentum = 0.9;
        return make(options);
    };
    by["warm-up, then cosine"] = [] {
        return combined({linear(0.1, 1, 5), of(NEURAL_SCHEDULE_COSINE, 55)}, {5});
    };
    by["chain of linear and exponential"] = [] {
        return combined({linear(0.1, 1, 8), of(NEURAL_SCHEDULE_EXPONENTIAL, 0, 0.9)}, {});
    };
}

void add_plateaus(Makers &by) {
    by["plateau"] = [] {
        Options options = of(NEURAL_SCHEDULE_PLATEAU, 0, 0.5);
        options.patience = 2;
        options.cooldown = 1;
        options.threshold = 1e-4;
        return make(options);
    };
    by["plateau, absolute, of a maximum"] = [] {
        Options options = of(NEURAL_SCHEDULE_PLATEAU, 0, 0.2);
        options.patience = 1;
        options.threshold = 0.5;
        options.is_absolute = options.is_max = 1;
        options.low = 0.0005;
        return make(options);
    };
}

TEST(Schedule, GivesTheRatesOfPyTorch) {
    const auto cases = torch_fixtures::read("tests/fixtures/schedules.txt");
    Makers by_name;
    add_closed_forms(by_name);
    add_cycles_and_combinations(by_name);
    add_plateaus(by_name);
    ASSERT_EQ(cases.size(), by_name.size());
    for (const auto &c : cases) {
        SCOPED_TRACE(c.name);
        ASSERT_TRUE(by_name.count(c.name));
        const Schedule schedule = by_name[c.name]();
        const auto &lr = c.tensor.at("lr").values;
        for (size_t t = 0; t < lr.size(); t++) {
            ASSERT_NEAR(neural_schedule_lr(schedule.get(), 0.1, (int64_t)t), lr[t], 1e-13) << t;
            if (c.tensor.count("momentum")) {
                ASSERT_NEAR(neural_schedule_momentum(schedule.get(), 0.5, (int64_t)t),
                            c.tensor.at("momentum").values[t], 1e-12)
                    << t;
            } else {
                ASSERT_EQ(neural_schedule_momentum(schedule.get(), 0.5, (int64_t)t), 0.5);
            }
            if (c.tensor.count("metric")) {
                neural_schedule_observe(schedule.get(), c.tensor.at("metric").values[t]);
            }
        }
    }
}

TEST(Schedule, HoldsItsEndBehindThePeriod) {
    EXPECT_EQ(neural_schedule_lr(make(linear(0, 0.5, 4)).get(), 2, 1000), 1);
    EXPECT_EQ(neural_schedule_lr(make(of(NEURAL_SCHEDULE_POLYNOMIAL, 3)).get(), 2, 3), 0);
    const Schedule cycle = make(of(NEURAL_SCHEDULE_ONE_CYCLE, 10));
    EXPECT_EQ(neural_schedule_lr(cycle.get(), 1, 9), neural_schedule_lr(cycle.get(), 1, 9999));
    EXPECT_EQ(neural_schedule_lr(nullptr, 0.5, 3), 0.5);
    EXPECT_EQ(neural_schedule_lr(make(of(NEURAL_SCHEDULE_CONSTANT)).get(), 0.5, 3), 0.5);
}

TEST(Schedule, IsFiniteForEveryTimeAndTheShortestPeriod) {
    const int64_t times[] = {0, 1, 2, 3, 1000000007, INT64_MAX};
    for (int kind = NEURAL_SCHEDULE_CONSTANT; kind <= NEURAL_SCHEDULE_PLATEAU; kind++) {
        const Schedule schedule = make(of((neural_schedule_kind)kind, 1, 0.5));
        for (const int64_t t : times) {
            const double lr = neural_schedule_lr(schedule.get(), 0.1, t);
            EXPECT_TRUE(lr >= 0 && lr <= 0.1) << kind << " at " << t << ": " << lr;
        }
    }
}

TEST(Schedule, APlateauGoesOnFromItsState) {
    Options options = of(NEURAL_SCHEDULE_PLATEAU, 0, 0.5);
    options.patience = 1;
    const Schedule whole = make(options), first = make(options), second = make(options);
    const double metrics[] = {5, 4, 4, NAN, 4, 3, 3, 3, 3, 9, 9};
    for (int i = 0; i < 11; i++) {
        neural_schedule_observe(whole.get(), metrics[i]);
        neural_schedule_observe(i < 4 ? first.get() : second.get(), metrics[i]);
        if (i == 3) {
            neural_schedule_state state;
            neural_schedule_save(first.get(), &state);
            neural_schedule_restore(second.get(), &state);
        }
    }
    const double lr = neural_schedule_lr(whole.get(), 1, 0);
    EXPECT_EQ(lr, neural_schedule_lr(second.get(), 1, 0));
    EXPECT_EQ(lr, 0.125);
}

TEST(Schedule, APartOfACombinationObserves) {
    Options plateau = of(NEURAL_SCHEDULE_PLATEAU, 0, 0.5);
    const Schedule schedule = combined({linear(0.5, 1, 4), plateau}, {4});
    neural_schedule_observe(schedule.get(), 1);
    neural_schedule_observe(schedule.get(), 2);
    EXPECT_EQ(neural_schedule_lr(schedule.get(), 1, 0), 0.5);
    EXPECT_EQ(neural_schedule_lr(schedule.get(), 1, 4), 0.5);
    neural_schedule_observe(schedule.get(), 2);
    EXPECT_EQ(neural_schedule_lr(schedule.get(), 1, 4), 0.25);
}

TEST(Schedule, RefusesWhatMakesNoSenseAndNamesIt) {
    neural_schedule *out = nullptr;
    const auto refused = [&](const Options &options, const char *text) {
        EXPECT_EQ(neural_schedule_create(&options, &out), NEURAL_ERR_INVALID_ARGUMENT) << text;
        EXPECT_NE(std::string(neural_last_error()).find(text), std::string::npos)
            << neural_last_error();
    };
    refused(of(NEURAL_SCHEDULE_STEP, 0), "period is 0, expected 1");
    refused(of(NEURAL_SCHEDULE_EXPONENTIAL), "gamma is 0");
    refused(of(NEURAL_SCHEDULE_STEP, 3, -1), "gamma is -1");
    refused(of(NEURAL_SCHEDULE_STEP, 3, NAN), "gamma is nan");
    refused(of((neural_schedule_kind)10, 3), "kind is 10");
    Options cycle = of(NEURAL_SCHEDULE_ONE_CYCLE, 9);
    cycle.warmup = 1;
    refused(cycle, "warmup is 1");
    const int64_t milestones[] = {4, 4};
    Options steps = of(NEURAL_SCHEDULE_MULTI_STEP);
    steps.milestones = milestones;
    steps.milestone_count = 2;
    refused(steps, "milestone 1 is 4, expected more than 4");
    steps.milestones = nullptr;
    EXPECT_EQ(neural_schedule_create(&steps, &out), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_schedule_create(nullptr, &out), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(out, nullptr);
}

TEST(Schedule, CombinationsRefuseWhatDoesNotFitAndTakeNothing) {
    neural_schedule *out = nullptr;
    Schedule a = make(of(NEURAL_SCHEDULE_PLATEAU)), b = make(of(NEURAL_SCHEDULE_PLATEAU));
    neural_schedule *two[] = {a.get(), b.get()}, *missing[] = {a.get(), nullptr};
    const int64_t never = -1;
    EXPECT_EQ(neural_schedule_chain(two, 2, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_schedule_chain(missing, 2, &out), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_schedule_chain(two, 0, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_schedule_sequence(two, nullptr, 1, &out), NEURAL_OK);
    neural_schedule_destroy(out);
    (void)a.release(); // the sequence took it over
    const Schedule c = make(of(NEURAL_SCHEDULE_CONSTANT));
    neural_schedule *good[] = {b.get(), c.get()};
    EXPECT_EQ(neural_schedule_sequence(good, &never, 2, &out), NEURAL_ERR_INVALID_ARGUMENT);
    for (int64_t failing = 1; failing <= 3; failing++) {
        neural_alloc_fail_at(failing);
        EXPECT_EQ(neural_schedule_chain(good, 2, &out), NEURAL_ERR_OUT_OF_MEMORY);
        neural_alloc_fail_at(0);
    }
    neural_schedule_destroy(nullptr);
}

} // namespace

/* A fuzzy system that is read from FLL, learns, and is written again. */
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "fuzzy/fll.h"
#include "optim/optimizer.h"
#include "tests/fault/run.h"
#include "train/anfis.h"

namespace fault {
namespace {

struct Gone {
    void operator()(neural_anfis *p) const { neural_anfis_destroy(p); }
    void operator()(neural_fuzzy_system *p) const { neural_fuzzy_system_destroy(p); }
    void operator()(neural_optimizer *p) const { neural_optimizer_destroy(p); }
};
using Anfis = std::unique_ptr<neural_anfis, Gone>;
using System = std::unique_ptr<neural_fuzzy_system, Gone>;
using Optimizer = std::unique_ptr<neural_optimizer, Gone>;

struct Rows {
    std::vector<double> x, y;
    Rows() {
        for (int i = 0; i < 25; i++) {
            x.push_back(i % 5);
            x.push_back(i / 5 * 10);
            y.push_back(std::sin(i % 5) + 0.1 * (i / 5));
        }
    }
    neural_anfis_data data() const { return {x.data(), y.data(), 25, 2, 1}; }
};

neural_status Fit(neural_anfis *anfis, const neural_anfis_data *data) {
    const neural_adam_options adam = {0.01, 0.9, 0.999, 1e-8, 0};
    neural_anfis_fit_options options = neural_anfis_fit_default();
    neural_anfis_result result;
    neural_optimizer *optimizer = nullptr;
    options.epochs = 3;
    NEURAL_TRY(neural_adam_create(neural_anfis_parameters(anfis), &adam, &optimizer));
    const Optimizer owned(optimizer);
    return neural_anfis_fit(anfis, data, data, optimizer, &options, &result);
}

Outcome Learn(const std::string &dir) {
    const Rows rows;
    const neural_anfis_data data = rows.data();
    neural_fuzzy_system *system = nullptr;
    neural_anfis *anfis = nullptr;
    FAULT_TRY(neural_fuzzy_fll_load((dir + "/start.fll").c_str(), &system));
    const System start(system);
    FAULT_TRY(neural_anfis_from_system(start.get(), &anfis));
    const Anfis learner(anfis);
    FAULT_TRY(Fit(anfis, &data));
    system = nullptr;
    FAULT_TRY(neural_anfis_to_system(anfis, &system));
    const System end(system);
    FAULT_TRY(neural_fuzzy_fll_save(system, (dir + "/learned.fll").c_str()));
    double out[25] = {};
    FAULT_TRY(neural_anfis_predict(anfis, rows.x.data(), 25, out));
    Outcome outcome;
    outcome.answer.assign(reinterpret_cast<const char *>(out), sizeof out);
    outcome.answer += Slurp(dir + "/learned.fll");
    return outcome;
}

/* As text. */
std::string StartingSystem() {
    const Rows rows;
    const neural_anfis_data data = rows.data();
    const int64_t terms[] = {3, 2};
    neural_anfis_options options = neural_anfis_default();
    options.terms = terms;
    neural_anfis *anfis = nullptr;
    neural_fuzzy_system *system = nullptr;
    EXPECT_EQ(neural_anfis_create(&data, &options, &anfis), NEURAL_OK);
    const Anfis learner(anfis);
    EXPECT_EQ(neural_anfis_to_system(anfis, &system), NEURAL_OK) << neural_last_error();
    const System owned(system);
    std::string text((size_t)neural_fuzzy_fll_text(system, nullptr, 0), ' ');
    neural_fuzzy_fll_text(system, &text[0], (int64_t)text.size() + 1);
    return text;
}

Work Learning() {
    return {"learning a fuzzy system",
            {{"start.fll", StartingSystem()}, {"learned.fll", "Engine: old\n"}},
            Learn,
            nullptr};
}

TEST(Fuzzy, LearnsWithFailingAllocations) {
    FailAllocations(Learning());
}
TEST(Fuzzy, LearnsWithFailingFiles) {
    FailFiles(Learning());
}

} // namespace
} // namespace fault

// The Mackey-Glass series as tools/gen_mackey_glass.py writes it: two bells per input, 16 rules,
// order 1, hybrid training (Jang 1993: 500 epochs, test RMSE 0.0015).
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "fuzzy/fll.h"
#include "tests/train/anfis_testing.h"
#include "train/anfis.h"
#include <gtest/gtest.h>

namespace {

using namespace anfis_testing;

Data read(const char *part) {
    Data d = {0, 4, 1, {}, {}};
    std::ifstream file(std::string("tests/train/mackey_glass_") + part + ".csv");
    std::string line, cell;
    std::getline(file, line);
    EXPECT_EQ(line, "x_18,x_12,x_6,x_0,y");
    while (std::getline(file, line)) {
        std::stringstream cells(line);
        for (int i = 0; i < 5; i++) {
            std::getline(cells, cell, ',');
            (i < 4 ? d.x : d.y).push_back(std::stod(cell));
        }
        d.rows++;
    }
    EXPECT_EQ(d.rows, 500);
    return d;
}

TEST(anfis_mackey_glass, forecasts_within_two_thousandths) {
    const Data train = read("train"), test = read("test");
    const neural_anfis_data data = train;
    const Anfis a = grid(train, {2, 2, 2, 2}, NEURAL_FUZZY_BELL, 1);
    ASSERT_EQ(neural_anfis_rules(a.get()), 16);
    const Optimizer optimizer = adam(a, 0.005);
    neural_anfis_fit_options o = neural_anfis_fit_default();
    neural_anfis_result result = {};
    o.epochs = 200;
    ASSERT_EQ(neural_anfis_fit(a.get(), &data, nullptr, optimizer.get(), &o, &result), NEURAL_OK)
        << neural_last_error();
    std::printf("train RMSE %.6f, test RMSE %.6f, best epoch %lld\n", result.train_rmse,
                rmse(a, test), (long long)result.best_epoch);
    EXPECT_LE(result.train_rmse, 0.0018);
    EXPECT_LE(rmse(a, test), 0.002);

    neural_fuzzy_system *made = nullptr;
    ASSERT_EQ(neural_anfis_to_system(a.get(), &made), NEURAL_OK) << neural_last_error();
    const System system(made);
    const std::vector<double> want = predict(a, test);
    std::vector<double> out(500);
    ASSERT_EQ(neural_fuzzy_system_evaluate(made, test.x.data(), 500, out.data()), NEURAL_OK);
    for (size_t i = 0; i < 500; i++) {
        EXPECT_NEAR(out[i], want[i], 1e-9);
    }
}

} // namespace

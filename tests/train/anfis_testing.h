// Small neuro-fuzzy systems and data for the tests.
#ifndef TESTS_TRAIN_ANFIS_TESTING_H_
#define TESTS_TRAIN_ANFIS_TESTING_H_

#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "train/anfis.h"
#include <gtest/gtest.h>

namespace anfis_testing {

struct Destroy {
    void operator()(neural_anfis *a) const { neural_anfis_destroy(a); }
    void operator()(neural_fuzzy_system *s) const { neural_fuzzy_system_destroy(s); }
    void operator()(neural_optimizer *o) const { neural_optimizer_destroy(o); }
};
using Anfis = std::unique_ptr<neural_anfis, Destroy>;
using System = std::unique_ptr<neural_fuzzy_system, Destroy>;
using Optimizer = std::unique_ptr<neural_optimizer, Destroy>;

struct Data {
    int64_t rows, inputs, outputs;
    std::vector<double> x, y;
    operator neural_anfis_data() const { return {x.data(), y.data(), rows, inputs, outputs}; }
};

// Inputs over -2 ... 3, 100 times that for every second one; smooth outputs.
inline Data smooth(int64_t rows, int64_t inputs = 2, int64_t outputs = 1, unsigned seed = 1) {
    Data d = {rows, inputs, outputs, {}, {}};
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> uniform(-2, 3);
    for (int64_t r = 0; r < rows; r++) {
        double sum = 0;
        for (int64_t i = 0; i < inputs; i++) {
            const double u = uniform(random);
            d.x.push_back(i % 2 ? 100 * u : u);
            sum += std::sin(u) * double(i + 1);
        }
        for (int64_t k = 0; k < outputs; k++) {
            d.y.push_back(50 + 10 * sum + double(k) * sum * sum);
        }
    }
    return d;
}

inline Anfis grid(const Data &d, const std::vector<int64_t> &terms, neural_fuzzy_shape shape,
                  int order) {
    neural_anfis_options o = neural_anfis_default();
    neural_anfis *a = nullptr;
    o.shape = shape;
    o.order = order;
    o.terms = terms.data();
    const neural_anfis_data data = d;
    EXPECT_EQ(neural_anfis_create(&data, &o, &a), NEURAL_OK) << neural_last_error();
    return Anfis(a);
}

inline neural_tensor *premise(const Anfis &a) {
    return neural_anfis_parameters(a.get())->item[0]->value;
}
inline neural_tensor *consequent(const Anfis &a) {
    return neural_anfis_parameters(a.get())->item[1]->value;
}
inline double *values(neural_tensor *t) {
    return static_cast<double *>(neural_tensor_data(t));
}

inline void randomize(neural_tensor *t, double low, double high, unsigned seed) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> uniform(low, high);
    for (int64_t i = 0; i < neural_tensor_len(t); i++) {
        values(t)[i] = uniform(random);
    }
}

inline Optimizer adam(const Anfis &a, double lr) {
    const neural_adam_options o = {lr, 0.9, 0.999, 1e-8, 0, 0, 0};
    neural_optimizer *out = nullptr;
    EXPECT_EQ(neural_adam_create(neural_anfis_parameters(a.get()), &o, &out), NEURAL_OK);
    return Optimizer(out);
}

inline std::vector<double> predict(const Anfis &a, const Data &d) {
    std::vector<double> out(size_t(d.rows * d.outputs));
    EXPECT_EQ(neural_anfis_predict(a.get(), d.x.data(), d.rows, out.data()), NEURAL_OK)
        << neural_last_error();
    return out;
}

inline double rmse(const Anfis &a, const Data &d) {
    const std::vector<double> out = predict(a, d);
    double sum = 0;
    for (size_t i = 0; i < out.size(); i++) {
        sum += (out[i] - d.y[i]) * (out[i] - d.y[i]);
    }
    return std::sqrt(sum / double(out.size()));
}

} // namespace anfis_testing

#endif // TESTS_TRAIN_ANFIS_TESTING_H_

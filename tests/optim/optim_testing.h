// Parameters in flat buffers, for the tests of optim.
#ifndef TESTS_OPTIM_OPTIM_TESTING_H_
#define TESTS_OPTIM_OPTIM_TESTING_H_

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "core/tensor/parameter.h"
#include "core/tensor/tensor.h"

namespace optim_testing {

/* Two parameters of odd sizes in flat buffers, and their values and gradients in double. */
class Fixture {
  public:
    explicit Fixture(neural_dtype dtype, uint32_t first_flags = 0) : dtype_(dtype) {
        const int64_t dims[2] = {7, 5};
        const int64_t len = 13;
        EXPECT_EQ(neural_parameter_create("a", 2, dims, dtype, first_flags, &item_[0]), NEURAL_OK);
        EXPECT_EQ(neural_parameter_create("b", 1, &len, dtype, 0, &item_[1]), NEURAL_OK);
        std::normal_distribution<double> normal;
        for (neural_parameter *p : item_) {
            for (int64_t i = 0; i < neural_tensor_len(p->value); i++) {
                Set(p->value, i, normal(random_));
            }
        }
        EXPECT_EQ(neural_parameters_create(item_, 2, &all_), NEURAL_OK) << neural_last_error();
        for (neural_parameter *p : item_) {
            for (int64_t i = 0; i < neural_tensor_len(p->value); i++) {
                value_.push_back(Get(p->value, i));
            }
        }
    }
    ~Fixture() {
        neural_parameters_destroy(all_);
        neural_parameter_destroy(item_[0]);
        neural_parameter_destroy(item_[1]);
    }
    neural_parameters *all() { return all_; }
    neural_parameter *item(int i) { return item_[i]; }
    std::vector<double> &value() { return value_; }

    /* New gradients; returns them as the tensors hold them. */
    std::vector<double> Gradients() {
        std::normal_distribution<double> normal;
        std::vector<double> out;
        for (neural_parameter *p : item_) {
            for (int64_t i = 0; i < neural_tensor_len(p->grad); i++) {
                Set(p->grad, i, normal(random_));
                out.push_back(Get(p->grad, i));
            }
        }
        return out;
    }
    void ExpectValues(double tolerance) {
        size_t k = 0;
        for (neural_parameter *p : item_) {
            for (int64_t i = 0; i < neural_tensor_len(p->value); i++, k++) {
                EXPECT_NEAR(Get(p->value, i), value_[k], tolerance * (1 + std::fabs(value_[k])))
                    << p->name << " element " << i;
            }
        }
    }
    double Get(const neural_tensor *t, int64_t i) const {
        return dtype_ == NEURAL_DTYPE_F32 ? ((const float *)neural_tensor_data(t))[i]
                                          : ((const double *)neural_tensor_data(t))[i];
    }
    void Set(neural_tensor *t, int64_t i, double v) const {
        if (dtype_ == NEURAL_DTYPE_F32) {
            ((float *)neural_tensor_data(t))[i] = (float)v;
        } else {
            ((double *)neural_tensor_data(t))[i] = v;
        }
    }

  private:
    neural_dtype dtype_;
    std::mt19937 random_{11};
    neural_parameter *item_[2];
    neural_parameters *all_ = nullptr;
    std::vector<double> value_;
};

} // namespace optim_testing

#endif // TESTS_OPTIM_OPTIM_TESTING_H_

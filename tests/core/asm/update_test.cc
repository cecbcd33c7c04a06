// Optimizer updates: one step of each against the formulas in long double.
#include "tests/core/asm/update_oracle.h"

namespace neural_test {
namespace {

constexpr int kVectors = Element::kVectors;

std::vector<SgdCase> cases_of(SgdCase *) {
    std::vector<SgdCase> cases;
    for (double momentum : {0.0, 0.9}) {
        for (double weight_decay : {0.0, 0.01}) {
            for (int flags = 0; flags < 4; flags++) {
                cases.push_back(
                    {{0.1, momentum, flags & 1 ? 0.0 : 0.25, weight_decay, flags & 1, flags >> 1}});
            }
        }
    }
    return cases;
}

template <class Case> std::vector<Case> adam_cases() {
    std::vector<Case> cases;
    for (int t : {1, 1000}) {
        for (double weight_decay : {0.0, 0.01}) {
            for (int decoupled : {0, 1}) {
                Case c;
                static_cast<neural_adam_args &>(c) = {1e-3,
                                                      0.9,
                                                      0.999,
                                                      1e-8,
                                                      weight_decay,
                                                      1e-3 / (1 - std::pow(0.9, t)),
                                                      1 / std::sqrt(1 - std::pow(0.999, t)),
                                                      decoupled,
                                                      0};
                cases.push_back(c);
            }
        }
    }
    return cases;
}

std::vector<AdamCase> cases_of(AdamCase *) {
    return adam_cases<AdamCase>();
}

std::vector<AmsgradCase> cases_of(AmsgradCase *) {
    return adam_cases<AmsgradCase>();
}

std::vector<RmspropCase> cases_of(RmspropCase *) {
    std::vector<RmspropCase> cases;
    for (double weight_decay : {0.0, 0.01}) {
        for (double momentum : {0.0, 0.9}) {
            for (int centered : {0, 1}) {
                cases.push_back({{0.01, 0.99, 1e-8, weight_decay, momentum, centered, 0}});
            }
        }
    }
    return cases;
}

std::vector<AdagradCase> cases_of(AdagradCase *) {
    return {{{0.01, 1e-10, 0}}, {{0.01 / (1 + 9 * 0.1), 1e-10, 0.01}}};
}

std::vector<LionCase> cases_of(LionCase *) {
    return {{{1e-4, 0.9, 0.99, 0}}, {{0.1, 0.95, 0.98, 0.1}}};
}

std::vector<EmaCase> cases_of(EmaCase *) {
    return {{0.999}, {0}, {1}};
}

template <class T> struct Vectors {
    std::vector<T> x[kVectors];

    Vectors(std::mt19937_64 &random, int64_t len) {
        for (auto &values : x) {
            values = ordinary_values<T>(random, len);
        }
        for (int64_t i = 0; i < len; i++) {
            const T mean = x[Element::kFirst][i], v = x[Element::kSecond][i];
            x[Element::kSecond][i] = mean * mean + v * v + T(0.01);
            x[Element::kThird][i] = x[Element::kSecond][i] * (i % 2 ? T(1.25) : T(0.75));
        }
    }
    std::vector<T *> pointers() {
        std::vector<T *> all;
        for (auto &values : x) {
            all.push_back(values.data());
        }
        return all;
    }
};

class UpdateTest : public KernelTest {
  protected:
    GuardedBuffer buffers[kVectors] = {GuardedBuffer(8192), GuardedBuffer(8192),
                                       GuardedBuffer(8192), GuardedBuffer(8192),
                                       GuardedBuffer(8192)};

    template <class T, class Case> void check(const Case &args, int64_t len, int64_t shift) {
        auto random = generator(GetParam().symbol + std::to_string(len));
        const Vectors<T> before(random, len);
        T *after[kVectors];
        for (int i = 0; i < kVectors; i++) {
            after[i] =
                shift < 0 ? buffers[i].at_end<T>(len) : buffers[i].at_start<T>(len, shift + i);
            std::copy(before.x[i].begin(), before.x[i].end(), after[i]);
        }
        args.call(GetParam(), after, len);
        const long double epsilon = std::numeric_limits<T>::epsilon();
        for (int64_t i = 0; i < len; i++) {
            Element e;
            for (int k = 0; k < kVectors; k++) {
                e.x[k] = before.x[k][i];
            }
            args.step(&e);
            e.magnitude[Element::kGrad] = 0;
            for (int k = 0; k < kVectors; k++) {
                ASSERT_NEAR(after[k][i], e.x[k], 4 * epsilon * e.magnitude[k])
                    << "vector " << k << " at " << i << " of " << len;
            }
        }
        for (const GuardedBuffer &buffer : buffers) {
            EXPECT_TRUE(buffer.is_intact());
        }
    }

    template <class T, class Case> void each_case() {
        for (const Case &args : cases_of(static_cast<Case *>(nullptr))) {
            for (int64_t len : test_lengths()) {
                check<T>(args, len, len % 3 == 0 ? len % 13 : -1);
            }
        }
    }

    // A NaN reaches its own parameter and no other.
    template <class T, class Case> void nans() {
        for (const Case &args : cases_of(static_cast<Case *>(nullptr))) {
            auto random = generator(GetParam().symbol);
            for (int64_t place = 0; place < 37; place++) {
                Vectors<T> v(random, 37);
                v.x[1][place] = std::numeric_limits<T>::quiet_NaN();
                args.call(GetParam(), v.pointers().data(), 37);
                for (int64_t i = 0; i < 37; i++) {
                    EXPECT_EQ(std::isnan(v.x[0][i]), i == place);
                }
            }
        }
    }

    template <class T, class Case> void bits() {
        const Kernel *wide = kernel_at(GetParam(), NEURAL_ISA_AVX512);
        if (GetParam().isa != NEURAL_ISA_AVX2 || lacks_isa(NEURAL_ISA_AVX512)) {
            return;
        }
        const auto cases = cases_of(static_cast<Case *>(nullptr));
        auto random = generator(GetParam().symbol);
        for (int round = 0; round < 300; round++) {
            const int64_t len = std::uniform_int_distribution<int>(0, 300)(random);
            Vectors<T> a(random, len);
            Vectors<T> b = a;
            cases[round % cases.size()].call(GetParam(), a.pointers().data(), len);
            cases[round % cases.size()].call(*wide, b.pointers().data(), len);
            for (int i = 0; i < kVectors; i++) {
                EXPECT_EQ(std::memcmp(a.x[i].data(), b.x[i].data(), len * sizeof(T)), 0)
                    << "vector " << i;
            }
        }
    }

    // The velocity of before the first step may be anything, say uninitialised.
    template <class T> void first_velocity_is_not_read() {
        auto random = generator(GetParam().symbol);
        Vectors<T> v(random, 37);
        std::fill(v.x[2].begin(), v.x[2].end(), std::numeric_limits<T>::quiet_NaN());
        const std::vector<T> grad = v.x[1];
        SgdCase{{0.1, 0.9, 0.5, 0, 0, 1}}.call(GetParam(), v.pointers().data(), 37);
        EXPECT_EQ(v.x[2], grad);
    }

    // Lion: no step where momentum and gradient are zero, a full one for an infinite gradient.
    template <class T> void lion_signs() {
        const LionCase args = {{0.5, 0.9, 0.99, 0}};
        for (int place = 0; place < 3; place++) {
            std::vector<T> param(21, 1), grad(21, 0), mean(21, place == 1 ? T(-0.0) : T(0));
            grad[7] = std::numeric_limits<T>::infinity();
            grad[8] = -std::numeric_limits<T>::denorm_min() * T(100);
            T *const x[] = {param.data(), grad.data(), mean.data()};
            args.call(GetParam(), x, 21);
            for (int i = 0; i < 21; i++) {
                EXPECT_EQ(param[i], i == 7 ? T(0.5) : i == 8 ? T(1.5) : T(1)) << i;
            }
        }
    }

    // A variance that rounding makes negative counts as 0: the step is finite.
    template <class T> void variance_below_zero() {
        const RmspropCase args = {{0.01, 0.5, 1e-3, 0, 0, 1, 0}};
        std::vector<T> param(37, 1), grad(37), square(37), mean(37);
        for (int i = 0; i < 37; i++) {
            grad[i] = mean[i] = T(1) / T(3 + i);
            square[i] = mean[i] * mean[i] * (1 - 4 * std::numeric_limits<T>::epsilon());
        }
        T *const x[] = {param.data(), grad.data(), mean.data(), square.data(), nullptr};
        args.call(GetParam(), x, 37);
        for (int i = 0; i < 37; i++) {
            EXPECT_NEAR(param[i], 1 - 0.01 * grad[i] / 1e-3, 0.02 * grad[i] / 1e-3) << i;
        }
    }

    // Runs f with a null pointer to the case type of the kernel's op.
    template <class F> void with_case(F f) {
        const std::string &op = GetParam().op;
        op == "sgd"       ? f(static_cast<SgdCase *>(nullptr))
        : op == "adam"    ? f(static_cast<AdamCase *>(nullptr))
        : op == "amsgrad" ? f(static_cast<AmsgradCase *>(nullptr))
        : op == "rmsprop" ? f(static_cast<RmspropCase *>(nullptr))
        : op == "adagrad" ? f(static_cast<AdagradCase *>(nullptr))
        : op == "lion"    ? f(static_cast<LionCase *>(nullptr))
                          : f(static_cast<EmaCase *>(nullptr));
    }
};

TEST_P(UpdateTest, EachCase) {
    with_case([this](auto *type) {
        using Case = std::remove_pointer_t<decltype(type)>;
        GetParam().is_f32() ? each_case<float, Case>() : each_case<double, Case>();
    });
}

TEST_P(UpdateTest, NanStaysInPlace) {
    with_case([this](auto *type) {
        using Case = std::remove_pointer_t<decltype(type)>;
        GetParam().is_f32() ? nans<float, Case>() : nans<double, Case>();
    });
}

TEST_P(UpdateTest, SameBitsOnAvx2AndAvx512) {
    with_case([this](auto *type) {
        using Case = std::remove_pointer_t<decltype(type)>;
        GetParam().is_f32() ? bits<float, Case>() : bits<double, Case>();
    });
}

TEST_P(UpdateTest, Edges) {
    const bool is_f32 = GetParam().is_f32();
    if (GetParam().op == "sgd") {
        is_f32 ? first_velocity_is_not_read<float>() : first_velocity_is_not_read<double>();
    } else if (GetParam().op == "lion") {
        is_f32 ? lion_signs<float>() : lion_signs<double>();
    } else if (GetParam().op == "rmsprop") {
        is_f32 ? variance_below_zero<float>() : variance_below_zero<double>();
    }
}

INSTANTIATE_TEST_SUITE_P(All, UpdateTest,
                         testing::ValuesIn(kernels_of({Family::sgd, Family::adam, Family::amsgrad,
                                                       Family::rmsprop, Family::adagrad,
                                                       Family::lion, Family::ema})),
                         kernel_test_name);

} // namespace
} // namespace neural_test

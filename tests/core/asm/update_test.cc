// Optimizer updates: one sgd and one adam step against the formulas in long double.
#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

template <class T>
using Sgd = std::conditional_t<std::is_same_v<T, float>, neural_sgd_f32, neural_sgd_f64>;
template <class T>
using Adam = std::conditional_t<std::is_same_v<T, float>, neural_adam_f32, neural_adam_f64>;

// One parameter before and after a step; `magnitude` bounds the terms that its error scales with.
struct Element {
    long double param, grad, first, second, magnitude;
};

// torch.optim.SGD; `first` is the velocity.
void step(Element *e, const neural_sgd_args &a) {
    long double g = e->grad + a.weight_decay * e->param;
    e->magnitude = std::fabs(e->grad) + std::fabs(a.weight_decay * e->param);
    if (a.momentum != 0) {
        e->magnitude += std::fabs(a.momentum * e->first);
        e->first = a.first ? g : a.momentum * e->first + (1 - a.dampening) * g;
        g = a.nesterov ? g + a.momentum * e->first : e->first;
    }
    e->magnitude = std::fabs(e->param) + a.lr * 2 * e->magnitude;
    e->param -= a.lr * g;
}

// Kingma & Ba 2015, Loshchilov & Hutter 2019; `first` and `second` are the moments.
void step(Element *e, const neural_adam_args &a) {
    e->magnitude = std::fabs(e->param);
    long double g = e->grad;
    if (a.decoupled) {
        e->param *= 1 - a.lr * a.weight_decay;
    } else {
        g += a.weight_decay * e->param;
    }
    e->first = a.beta1 * e->first + (1 - a.beta1) * g;
    e->second = a.beta2 * e->second + (1 - a.beta2) * g * g;
    const long double root = std::sqrt(e->second) * a.inv_sqrt_bias2 + a.epsilon;
    e->magnitude += a.step_size * (std::fabs(e->grad) + std::fabs(e->first)) / root;
    e->param -= a.step_size * e->first / root;
}

template <class T> void call(const Kernel &k, T *const *x, int64_t len, const neural_sgd_args &a) {
    call_checked(k.as<Sgd<T>>(), x[0], x[1], a.momentum != 0 ? x[2] : nullptr, len, &a);
}

template <class T> void call(const Kernel &k, T *const *x, int64_t len, const neural_adam_args &a) {
    call_checked(k.as<Adam<T>>(), x[0], x[1], x[2], x[3], len, &a);
}

std::vector<neural_sgd_args> sgd_cases() {
    std::vector<neural_sgd_args> cases;
    for (double momentum : {0.0, 0.9}) {
        for (double weight_decay : {0.0, 0.01}) {
            for (int flags = 0; flags < 4; flags++) {
                cases.push_back(
                    {0.1, momentum, flags & 1 ? 0.0 : 0.25, weight_decay, flags & 1, flags >> 1});
            }
        }
    }
    return cases;
}

std::vector<neural_adam_args> adam_cases() {
    std::vector<neural_adam_args> cases;
    for (int t : {1, 1000}) {
        for (double weight_decay : {0.0, 0.01}) {
            for (int decoupled : {0, 1}) {
                cases.push_back({1e-3, 0.9, 0.999, 1e-8, weight_decay,
                                 1e-3 / (1 - std::pow(0.9, t)),
                                 1 / std::sqrt(1 - std::pow(0.999, t)), decoupled, 0});
            }
        }
    }
    return cases;
}

template <class T> struct Vectors {
    std::vector<T> x[4]; // param, grad, first, second

    Vectors(std::mt19937_64 &random, int64_t len) {
        for (auto &values : x) {
            values = ordinary_values<T>(random, len);
        }
        for (T &v : x[3]) {
            v = v * v + T(0.01);
        }
    }
};

class UpdateTest : public KernelTest {
  protected:
    GuardedBuffer buffers[4] = {GuardedBuffer(8192), GuardedBuffer(8192), GuardedBuffer(8192),
                                GuardedBuffer(8192)};

    template <class T, class Args> void check(const Args &args, int64_t len, int64_t shift) {
        auto random = generator(GetParam().symbol + std::to_string(len));
        const Vectors<T> before(random, len);
        T *after[4];
        for (int i = 0; i < 4; i++) {
            after[i] =
                shift < 0 ? buffers[i].at_end<T>(len) : buffers[i].at_start<T>(len, shift + i);
            std::copy(before.x[i].begin(), before.x[i].end(), after[i]);
        }
        call<T>(GetParam(), after, len, args);
        const long double epsilon = std::numeric_limits<T>::epsilon();
        for (int64_t i = 0; i < len; i++) {
            Element e = {before.x[0][i], before.x[1][i], before.x[2][i], before.x[3][i], 0};
            const long double moment = std::fabs(e.first) + std::fabs(e.grad) + std::fabs(e.param);
            step(&e, args);
            ASSERT_NEAR(after[0][i], e.param, 4 * epsilon * e.magnitude) << i << " of " << len;
            ASSERT_NEAR(after[2][i], e.first, 4 * epsilon * moment) << i << " of " << len;
            ASSERT_NEAR(after[3][i], e.second, 8 * epsilon * (e.second + moment * moment / 1000));
            ASSERT_EQ(after[1][i], before.x[1][i]);
        }
        for (const GuardedBuffer &buffer : buffers) {
            EXPECT_TRUE(buffer.is_intact());
        }
    }

    template <class T, class Args> void check_all(const std::vector<Args> &cases) {
        for (const Args &args : cases) {
            for (int64_t len : test_lengths()) {
                check<T>(args, len, len % 3 == 0 ? len % 13 : -1);
            }
        }
    }

    // A NaN reaches its own parameter and no other.
    template <class T, class Args> void nan_stays_in_place(const Args &args) {
        auto random = generator(GetParam().symbol);
        for (int64_t place = 0; place < 37; place++) {
            Vectors<T> v(random, 37);
            v.x[1][place] = std::numeric_limits<T>::quiet_NaN();
            T *const x[4] = {v.x[0].data(), v.x[1].data(), v.x[2].data(), v.x[3].data()};
            call<T>(GetParam(), x, 37, args);
            for (int64_t i = 0; i < 37; i++) {
                EXPECT_EQ(std::isnan(v.x[0][i]), i == place);
            }
        }
    }

    // The velocity of before the first step may be anything, say uninitialised.
    template <class T> void first_velocity_is_not_read() {
        auto random = generator(GetParam().symbol);
        Vectors<T> v(random, 37);
        std::fill(v.x[2].begin(), v.x[2].end(), std::numeric_limits<T>::quiet_NaN());
        const std::vector<T> grad = v.x[1];
        T *const x[4] = {v.x[0].data(), v.x[1].data(), v.x[2].data(), nullptr};
        call<T>(GetParam(), x, 37, neural_sgd_args{0.1, 0.9, 0.5, 0, 0, 1});
        EXPECT_EQ(v.x[2], grad);
    }

    template <class T, class Args> void same_bits_everywhere(const std::vector<Args> &cases) {
        const Kernel *wide = kernel_at(GetParam(), NEURAL_ISA_AVX512);
        if (GetParam().isa != NEURAL_ISA_AVX2 || lacks_isa(NEURAL_ISA_AVX512)) {
            return;
        }
        auto random = generator(GetParam().symbol);
        for (int round = 0; round < 300; round++) {
            const int64_t len = std::uniform_int_distribution<int>(0, 300)(random);
            Vectors<T> a(random, len);
            Vectors<T> b = a;
            T *const x[4] = {a.x[0].data(), a.x[1].data(), a.x[2].data(), a.x[3].data()};
            T *const y[4] = {b.x[0].data(), b.x[1].data(), b.x[2].data(), b.x[3].data()};
            call<T>(GetParam(), x, len, cases[round % cases.size()]);
            call<T>(*wide, y, len, cases[round % cases.size()]);
            for (int i = 0; i < 4; i++) {
                EXPECT_EQ(std::memcmp(x[i], y[i], len * sizeof(T)), 0) << "vector " << i;
            }
        }
    }

    template <class T> void each_case() {
        is_sgd() ? check_all<T>(sgd_cases()) : check_all<T>(adam_cases());
    }
    template <class T> void nans() {
        is_sgd() ? nan_stays_in_place<T>(sgd_cases().back())
                 : nan_stays_in_place<T>(adam_cases().back());
    }
    template <class T> void bits() {
        is_sgd() ? same_bits_everywhere<T>(sgd_cases()) : same_bits_everywhere<T>(adam_cases());
    }

    bool is_sgd() const { return GetParam().op == "sgd"; }
};

TEST_P(UpdateTest, EachCase) {
    GetParam().is_f32() ? each_case<float>() : each_case<double>();
}

TEST_P(UpdateTest, NanStaysInPlace) {
    GetParam().is_f32() ? nans<float>() : nans<double>();
}

TEST_P(UpdateTest, FirstVelocityIsNotRead) {
    if (is_sgd()) {
        GetParam().is_f32() ? first_velocity_is_not_read<float>()
                            : first_velocity_is_not_read<double>();
    }
}

TEST_P(UpdateTest, SameBitsOnAvx2AndAvx512) {
    GetParam().is_f32() ? bits<float>() : bits<double>();
}

INSTANTIATE_TEST_SUITE_P(All, UpdateTest,
                         testing::ValuesIn(kernels_of({Family::sgd, Family::adam})),
                         kernel_test_name);

} // namespace
} // namespace neural_test

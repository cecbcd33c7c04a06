// The accuracy classes of the elementwise slots that may err, over dense samples, at every level.
// Prints the largest error found. f32: every NEURAL_TEST_STRIDE-th number of all 2^32, and many in
// the ranges where functions bend (exhaustive_test takes all numbers, for five slots); f64: many
// random numbers of those kinds.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tests/core/asm/elementwise.h"

namespace neural_test {
namespace {

constexpr int64_t kChunk = 1 << 16;

// One test per slot and dtype; its C kernel stands for both.
class Accuracy : public testing::TestWithParam<Kernel> {};

std::vector<Kernel> inexact_slots() {
    std::vector<Kernel> chosen;
    for (const Kernel &kernel :
         kernels_of({Family::unary, Family::param, Family::grad, Family::param_grad})) {
        if (kernel.isa == NEURAL_ISA_C && kernel.slot().accuracy.kind != NEURAL_ACCURACY_EXACT) {
            chosen.push_back(kernel);
        }
    }
    return chosen;
}

uint64_t stride() {
    const char *text = std::getenv("NEURAL_TEST_STRIDE");
    return std::max<uint64_t>(text ? std::strtoull(text, nullptr, 0) : 32749, 1);
}

// The next numbers to try; empty when there are no more.
template <class T> class Samples {
  public:
    explicit Samples(const std::string &name) : random_(generator(name)) {}

    std::vector<T> next() {
        std::vector<T> values;
        while (values.size() < kChunk && chunk_ < kRandomChunks) {
            values.push_back(chunk_ % 2 ? T(narrow_(random_)) : T(wide_(random_)));
        }
        chunk_ += chunk_ < kRandomChunks;
        while (values.size() < kChunk && bits_ < kEnd) {
            values.push_back(pattern(bits_));
            bits_ += sizeof(T) == 4 ? stride() : kStep64;
        }
        return values;
    }

  private:
    static constexpr int kRandomChunks = 2;
    static constexpr unsigned __int128 kEnd = (unsigned __int128)1 << (8 * sizeof(T));
    static constexpr uint64_t kStep64 = 0x0001f3a1b5c7d9ebu; // 34,000 numbers

    static T pattern(unsigned __int128 bits) {
        const uint64_t low = static_cast<uint64_t>(bits);
        T value;
        std::memcpy(&value, &low, sizeof(T));
        return value;
    }

    std::mt19937_64 random_;
    std::uniform_real_distribution<double> narrow_{-6, 6}, wide_{-750, 750};
    int chunk_ = 0;
    unsigned __int128 bits_ = 0;
};

struct Worst {
    double error = 0, x = 0;
};

// Runs every level on one chunk and keeps the largest errors.
template <class T, class AnyJudge>
void check_chunk(const Kernel &slot, const AnyJudge &judge, const std::vector<T> &x,
                 const std::vector<T> &dy, Worst *worst) {
    const Family family = slot.slot().family;
    const bool is_grad = family == Family::grad || family == Family::param_grad;
    const int64_t len = int64_t(x.size());
    const T *a = is_grad ? dy.data() : x.data(), *b = is_grad ? x.data() : dy.data();
    std::vector<decltype(judge.expect(*a, *b))> expected(len);
    for (int64_t i = 0; i < len; i++) {
        expected[i] = judge.expect(a[i], b[i]);
    }
    std::vector<T> got(len);
    for (int isa = 0; isa <= neural_isa_detected(); isa++) {
        const Kernel *kernel = kernel_at(slot, (neural_isa)isa);
        ASSERT_NE(kernel, nullptr) << slot.op << " has no " << neural_isa_name((neural_isa)isa);
        run_elementwise<T>(*kernel, got.data(), a, b, len);
        for (int64_t i = 0; i < len; i++) {
            const double error = judge.error(got[i], expected[i]);
            if (!(error <= worst[isa].error)) {
                worst[isa] = {error, double(x[i])};
                ASSERT_TRUE(judge.accepts(got[i], expected[i]))
                    << kernel->symbol << "(" << x[i] << ") is " << got[i] << ", expected "
                    << expected[i].value.value << ", error " << error << ", seed " << seed();
            }
        }
    }
}

template <class T> void check_accuracy(const Kernel &slot) {
    Worst worst[NEURAL_ISA_COUNT];
    std::mt19937_64 g = generator(slot.op + " dy");
    const std::vector<T> dy = ordinary_values<T>(g, kChunk);
    with_judge<T>(slot, [&](auto judge) {
        Samples<T> samples(slot.op);
        for (std::vector<T> x = samples.next(); !x.empty(); x = samples.next()) {
            ASSERT_NO_FATAL_FAILURE(check_chunk<T>(slot, judge, x, dy, worst));
        }
    });
    std::printf("%-16s %s", slot.op.c_str(), slot.dtype.c_str());
    for (int isa = 0; isa <= neural_isa_detected(); isa++) {
        std::printf("  %s %.3f at %.9g", neural_isa_name((neural_isa)isa), worst[isa].error,
                    worst[isa].x);
    }
    std::printf("\n");
}

TEST_P(Accuracy, IsWithinItsClass) {
    if (GetParam().is_f32()) {
        check_accuracy<float>(GetParam());
    } else {
        check_accuracy<double>(GetParam());
    }
}

INSTANTIATE_TEST_SUITE_P(Slots, Accuracy, testing::ValuesIn(inexact_slots()), [](const auto &slot) {
    return "neural_" + slot.param.op + "_" + slot.param.dtype;
});

} // namespace
} // namespace neural_test

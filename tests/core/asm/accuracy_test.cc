// The accuracy classes of the elementwise slots that may err, over dense samples, at every level.
// Prints the largest error found. f32: every NEURAL_TEST_STRIDE-th number of all 2^32 (1 for the
// whole range: //tests/core/asm:exhaustive_accuracy_test), and many in the ranges where functions
// bend; f64: many random numbers of those kinds.
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
    return std::max<uint64_t>(text ? std::strtoull(text, nullptr, 0) : 16381, 1);
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
    static constexpr int kRandomChunks = 4;
    static constexpr unsigned __int128 kEnd = (unsigned __int128)1 << (8 * sizeof(T));
    static constexpr uint64_t kStep64 = 0x0000f3a1b5c7d9ebu; // 70,000 numbers

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

template <class T> void check_accuracy(const Kernel &slot) {
    const Family family = slot.slot().family;
    const bool is_grad = family == Family::grad || family == Family::param_grad;
    Worst worst[NEURAL_ISA_COUNT];
    Samples<T> samples(slot.op);
    std::mt19937_64 g = generator(slot.op + " dy");
    const std::vector<T> dy = ordinary_values<T>(g, kChunk);
    std::vector<T> got(kChunk);
    for (std::vector<T> x = samples.next(); !x.empty(); x = samples.next()) {
        const int64_t len = int64_t(x.size());
        const T *a = is_grad ? dy.data() : x.data(), *b = is_grad ? x.data() : dy.data();
        for (int isa = 0; isa <= neural_isa_detected(); isa++) {
            const Kernel *kernel = kernel_at(slot, (neural_isa)isa);
            if (!kernel) {
                continue;
            }
            run_elementwise<T>(*kernel, got.data(), a, b, len);
            with_judge<T>(slot, [&](auto judge) {
                for (int64_t i = 0; i < len; i++) {
                    const double error = judge.error(got[i], a[i], b[i]);
                    if (!(error <= worst[isa].error)) {
                        worst[isa] = {error, double(x[i])};
                        ASSERT_TRUE(judge.accepts(got[i], a[i], b[i]))
                            << kernel->symbol << "(" << x[i] << ") is " << got[i] << ", expected "
                            << judge.want(a[i], b[i]) << ", error " << error << ", seed " << seed();
                    }
                }
            });
        }
        if (testing::Test::HasFatalFailure()) {
            return;
        }
    }
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

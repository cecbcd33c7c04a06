// bf16 to and from f32.
#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

float f32_of(uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
}

uint32_t bits_of(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    return bits;
}

double value_of(uint32_t bf16) {
    return bf16 == 0x7f80 ? std::ldexp(1.0, 128) : static_cast<double>(f32_of(bf16 << 16));
}

// The bf16 number nearest to a positive x, by distances in double; of two the even one.
uint16_t nearest(double x, uint16_t below) {
    const double down = x - value_of(below), up = value_of(below + 1u) - x;
    return static_cast<uint16_t>(below + (up < down || (up == down && below % 2 == 1)));
}

uint16_t want_bf16(float x) {
    const uint32_t bits = bits_of(x);
    const uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
    if (std::isnan(x)) {
        return static_cast<uint16_t>(bits >> 16 | 0x40);
    }
    if (std::isinf(x)) {
        return sign | 0x7f80;
    }
    return sign |
           nearest(std::fabs(static_cast<double>(x)), static_cast<uint16_t>(bits >> 16 & 0x7fff));
}

class Bf16FromF32Test : public KernelTest {
  protected:
    void check(const std::vector<float> &values, int64_t shift = 0) {
        const int64_t len = static_cast<int64_t>(values.size());
        GuardedBuffer source((len + shift) * 4), target((len + shift) * 2);
        for (const bool at_end : {true, false}) {
            float *src = at_end ? source.at_end<float>(len) : source.at_start<float>(len, shift);
            uint16_t *dst =
                at_end ? target.at_end<uint16_t>(len) : target.at_start<uint16_t>(len, shift);
            std::memcpy(src, values.data(), len * 4);
            call_checked(GetParam().as<neural_narrow_bf16>(), dst, static_cast<const float *>(src),
                         len);
            for (int64_t i = 0; i < len; i++) {
                ASSERT_EQ(dst[i], want_bf16(values[i]))
                    << std::hexfloat << values[i] << " at " << i;
            }
            EXPECT_TRUE(source.is_intact() && target.is_intact());
        }
    }
};

// Every bf16 number with every kind of remainder below it: infinities, NaN, subnormals included.
TEST_P(Bf16FromF32Test, EveryUpperHalf) {
    std::vector<float> values;
    for (uint32_t upper = 0; upper < 0x10000; upper++) {
        for (uint32_t lower : {0x0000u, 0x0001u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) {
            values.push_back(f32_of(upper << 16 | lower));
        }
    }
    check(values);
}

TEST_P(Bf16FromF32Test, Lengths) {
    auto random = generator(GetParam().symbol);
    for (int64_t len : test_lengths()) {
        std::vector<float> values(len);
        for (float &value : values) {
            value = f32_of(static_cast<uint32_t>(random()));
        }
        check(values, len % 33);
    }
}

INSTANTIATE_TEST_SUITE_P(All, Bf16FromF32Test, testing::ValuesIn(kernels_of({Family::narrow_bf16})),
                         kernel_test_name);

class F32FromBf16Test : public KernelTest {
  protected:
    void check(const std::vector<uint16_t> &values, int64_t shift = 0) {
        const int64_t len = static_cast<int64_t>(values.size());
        GuardedBuffer source((len + shift) * 2), target((len + shift) * 4);
        for (const bool at_end : {true, false}) {
            uint16_t *src =
                at_end ? source.at_end<uint16_t>(len) : source.at_start<uint16_t>(len, shift);
            float *dst = at_end ? target.at_end<float>(len) : target.at_start<float>(len, shift);
            std::copy(values.begin(), values.end(), src);
            call_checked(GetParam().as<neural_widen_bf16>(), dst,
                         static_cast<const uint16_t *>(src), len);
            for (int64_t i = 0; i < len; i++) {
                uint32_t bits;
                std::memcpy(&bits, &dst[i], sizeof(bits));
                ASSERT_EQ(bits, static_cast<uint32_t>(values[i]) * 65536) << "at " << i;
            }
            EXPECT_TRUE(source.is_intact() && target.is_intact());
        }
    }
};

TEST_P(F32FromBf16Test, EveryNumberAndLength) {
    std::vector<uint16_t> all(0x10000);
    for (size_t i = 0; i < all.size(); i++) {
        all[i] = static_cast<uint16_t>(i);
    }
    check(all);
    for (int64_t len : test_lengths()) {
        check(std::vector<uint16_t>(all.begin() + 0x3f00, all.begin() + 0x3f00 + len), len % 33);
    }
}

INSTANTIATE_TEST_SUITE_P(All, F32FromBf16Test, testing::ValuesIn(kernels_of({Family::widen_bf16})),
                         kernel_test_name);

} // namespace
} // namespace neural_test

// bf16 products against double, with vdpbf16ps and with the f32 kernels of every level.
#include "core/tensor/gemm_bf16.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "core/asm/cpu.h"
#include "core/asm/kernel_table.h"
#include "core/base/memory.h"
#include "core/base/threads.h"

namespace {

float widened(uint16_t bf16) {
    const uint32_t bits = static_cast<uint32_t>(bf16) << 16;
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
}

uint16_t truncated(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    return static_cast<uint16_t>(bits >> 16);
}

// To nearest, ties to even, by the C library's rounding of the mantissa to 8 bits.
uint16_t rounded(float value) {
    if (std::isnan(value) || std::isinf(value) || value == 0) {
        return static_cast<uint16_t>(truncated(value) | (std::isnan(value) ? 0x40 : 0));
    }
    int exponent;
    std::frexp(value, &exponent);
    const int unit = std::max(exponent - 8, -133);
    return truncated(
        static_cast<float>(std::ldexp(std::nearbyint(std::ldexp(value, -unit)), unit)));
}

// A way to compute: with vdpbf16ps, or the f32 kernels of a level.
struct Path {
    neural_isa isa;
    int use_vdpbf16ps;
};

std::ostream &operator<<(std::ostream &out, const Path &path) {
    return out << neural_isa_name(path.isa) << (path.use_vdpbf16ps ? " with vdpbf16ps" : "");
}

std::vector<Path> paths() {
    std::vector<Path> all;
    for (int isa = 0; isa <= neural_isa_detected(); isa++) {
        all.push_back({static_cast<neural_isa>(isa), 0});
    }
    if (neural_quirks_detected() & NEURAL_QUIRK_BF16) {
        all.push_back({NEURAL_ISA_AVX512, 1});
    }
    return all;
}

struct Shape {
    int64_t m, n, k;
};

std::ostream &operator<<(std::ostream &out, const Shape &s) {
    return out << s.m << "x" << s.n << "x" << s.k;
}

struct Deleter {
    void operator()(neural_gemm_bf16_packed *packed) { neural_gemm_bf16_packed_destroy(packed); }
};
using Packed = std::unique_ptr<neural_gemm_bf16_packed, Deleter>;

class Product {
  public:
    Product(const Shape &shape, bool trans_b, int64_t pad, uint32_t seed)
        : shape_(shape), trans_b_(trans_b), lda_(shape.k + pad),
          ldb_((trans_b ? shape.k : shape.n) + pad), ldc_(shape.n + pad), a_(shape.m * lda_),
          b_((trans_b ? shape.n : shape.k) * ldb_) {
        std::mt19937 random(seed);
        for (std::vector<uint16_t> *values : {&a_, &b_}) {
            for (uint16_t &value : *values) { // of 2^-8 ... 2^8, both signs
                value = static_cast<uint16_t>((random() & 0x8000) | (0x3b80 + random() % 0x800));
            }
        }
    }

    neural_gemm_bf16_args Args() const {
        neural_gemm_bf16_args args = {};
        args.trans_b = trans_b_;
        args.m = shape_.m;
        args.n = shape_.n;
        args.k = shape_.k;
        args.a = a_.data();
        args.lda = lda_;
        args.b = b_.data();
        args.ldb = ldb_;
        args.ldc = ldc_;
        return args;
    }

    Packed Pack(const Path &path) const {
        neural_gemm_bf16_packed *packed = nullptr;
        const neural_gemm_bf16_args args = Args();
        EXPECT_EQ(neural_gemm_bf16_packed_create_at(neural_kernels_at(path.isa), path.use_vdpbf16ps,
                                                    &args, &packed),
                  NEURAL_OK);
        return Packed(packed);
    }

    // C, of which everything starts as NaN (bf16: 0xffff).
    template <class T> std::vector<T> Run(const Path &path, bool packs) const {
        std::vector<T> c(shape_.m * ldc_);
        std::memset(c.data(), 0xff, c.size() * sizeof(T));
        neural_gemm_bf16_args args = Args();
        const Packed packed = packs ? Pack(path) : nullptr;
        if (packs) {
            args.packed = packed.get();
            args.b = nullptr;
            args.ldb = 0;
        }
        args.has_bf16_result = sizeof(T) == 2;
        args.c = c.data();
        EXPECT_EQ(neural_gemm_bf16_at(neural_kernels_at(path.isa), path.use_vdpbf16ps, &args),
                  NEURAL_OK)
            << neural_last_error();
        return c;
    }

    // Whether every element is within (k + 1) 2^-24 of the sum of magnitudes, and the padding
    // untouched.
    void Check(const std::vector<float> &c, const Path &path) const {
        const int64_t step = shape_.m * shape_.n > 4000 ? 17 : 1;
        for (int64_t i = 0; i < shape_.m; i++) {
            for (int64_t j = shape_.n; j < ldc_; j++) {
                ASSERT_EQ(truncated(c[i * ldc_ + j]), 0xffff) << path << " wrote beyond a row";
            }
            for (int64_t j = i % step; j < shape_.n; j += step) {
                double want = 0, magnitude = 0;
                for (int64_t p = 0; p < shape_.k; p++) {
                    const double term =
                        static_cast<double>(widened(a_[i * lda_ + p])) * widened(B(p, j));
                    want += term;
                    magnitude += std::abs(term);
                }
                ASSERT_LE(std::abs(c[i * ldc_ + j] - want),
                          static_cast<double>(shape_.k + 1) * 0x1p-24 * magnitude)
                    << path << " " << shape_ << " at " << i << ", " << j;
            }
        }
    }

    // A bf16 result is the f32 one, rounded.
    void CheckRounded(const std::vector<uint16_t> &c, const std::vector<float> &f32) const {
        for (int64_t i = 0; i < shape_.m; i++) {
            for (int64_t j = 0; j < ldc_; j++) {
                ASSERT_EQ(c[i * ldc_ + j], j < shape_.n ? rounded(f32[i * ldc_ + j]) : 0xffff)
                    << shape_ << " at " << i << ", " << j;
            }
        }
    }

    std::vector<uint16_t> &a() { return a_; }
    std::vector<uint16_t> &b() { return b_; }

  private:
    uint16_t B(int64_t p, int64_t j) const {
        return trans_b_ ? b_[j * ldb_ + p] : b_[p * ldb_ + j];
    }

    Shape shape_;
    bool trans_b_;
    int64_t lda_, ldb_, ldc_;
    std::vector<uint16_t> a_, b_;
};

template <class T> bool same_bits(const std::vector<T> &x, const std::vector<T> &y) {
    return x.size() == y.size() &&
           (x.empty() || std::memcmp(x.data(), y.data(), x.size() * sizeof(T)) == 0);
}

void check_all(const Shape &shape, uint32_t seed) {
    for (const bool trans_b : {false, true}) {
        const Product product(shape, trans_b, seed % 3, seed);
        for (const Path &path : paths()) {
            const std::vector<float> c = product.Run<float>(path, false);
            product.Check(c, path);
            EXPECT_TRUE(same_bits(product.Run<float>(path, true), c)) << path << " " << shape;
            product.CheckRounded(product.Run<uint16_t>(path, false), c);
            product.CheckRounded(product.Run<uint16_t>(path, true), c);
        }
    }
}

TEST(GemmBf16, SmallShapes) {
    std::mt19937 random(1);
    for (int i = 0; i < 60; i++) {
        const Shape shape = {static_cast<int64_t>(random() % 20),
                             static_cast<int64_t>(random() % 90),
                             static_cast<int64_t>(random() % 40)};
        check_all(shape, static_cast<uint32_t>(i));
    }
}

TEST(GemmBf16, EmptyAndSingle) {
    for (const Shape &shape : {Shape{0, 5, 5}, {5, 0, 5}, {5, 5, 0}, {1, 1, 1}, {1, 64, 2}}) {
        check_all(shape, 3);
    }
}

// Several panels, several blocks of k, rows and columns, with and without remainders.
TEST(GemmBf16, LargeShapes) {
    for (const Shape &shape :
         {Shape{67, 131, 2050}, {600, 70, 33}, {3, 1100, 65}, {130, 256, 1025}}) {
        check_all(shape, static_cast<uint32_t>(shape.k));
    }
}

TEST(GemmBf16, AnyThreadCountGivesTheSameBits) {
    for (const Shape &shape : {Shape{150, 200, 100}, {20, 700, 120}, {700, 20, 1100}}) {
        for (const bool trans_b : {false, true}) {
            const Product product(shape, trans_b, 0, 5);
            for (const Path &path : paths()) {
                ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
                const std::vector<float> alone = product.Run<float>(path, false);
                const std::vector<uint16_t> narrow = product.Run<uint16_t>(path, false);
                for (const int threads : {2, 3, 5}) {
                    ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
                    EXPECT_TRUE(same_bits(product.Run<float>(path, false), alone)) << path;
                    EXPECT_TRUE(same_bits(product.Run<float>(path, true), alone)) << path;
                    EXPECT_TRUE(same_bits(product.Run<uint16_t>(path, false), narrow)) << path;
                }
            }
        }
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

// A NaN or infinity reaches its row and column alone, also beside the zero that pads an odd k.
TEST(GemmBf16, SpecialValuesStayInTheirRowAndColumn) {
    const Shape shape = {9, 21, 7};
    for (const uint16_t special : {0x7fc0, 0x7f80}) {
        for (const Path &path : paths()) {
            Product product(shape, false, 0, 6);
            product.a()[4 * 7 + 6] = special;
            product.b()[6 * 21 + 11] = special;
            const std::vector<float> c = product.Run<float>(path, false);
            for (int64_t i = 0; i < 9 * 21; i++) {
                EXPECT_EQ(!std::isfinite(c[i]), i / 21 == 4 || i % 21 == 11) << path << " at " << i;
            }
        }
    }
}

TEST(GemmBf16, RefusesWhatCannotBe) {
    const Product product({4, 5, 6}, false, 0, 7);
    std::vector<float> c(20, 1.5f);
    const auto status = [&](auto change) {
        neural_gemm_bf16_args args = product.Args();
        args.c = c.data();
        change(&args);
        return neural_gemm_bf16(&args);
    };
    using Args = neural_gemm_bf16_args;
    EXPECT_EQ(neural_gemm_bf16(nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(status([](Args *args) { args->m = -1; }), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(status([](Args *args) { args->n = -1; }), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(status([](Args *args) { args->k = -1; }), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(status([](Args *args) { args->lda = 5; }), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(status([](Args *args) { args->ldb = 4; }), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(status([](Args *args) { args->ldc = 4; }), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "gemm_bf16: lda, ldc are 6, 4, want at least 6, 5");
    const Packed packed = product.Pack({NEURAL_ISA_C, 0});
    EXPECT_EQ(status([&](Args *args) { args->packed = packed.get(), args->k = 5; }),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(c, std::vector<float>(20, 1.5f));
}

TEST(GemmBf16, PackingRefusesSizesThatOverflow) {
    neural_gemm_bf16_args args = {};
    neural_gemm_bf16_packed *packed = nullptr;
    const int64_t huge = std::numeric_limits<int64_t>::max();
    for (const Shape &shape :
         {Shape{0, huge, huge}, {0, huge, 1}, {0, 1, huge}, {0, 1 << 30, huge / 8}}) {
        args.n = args.ldb = shape.n;
        args.k = shape.k;
        EXPECT_EQ(neural_gemm_bf16_packed_create(&args, &packed), NEURAL_ERR_TENSOR_TOO_LARGE);
    }
    EXPECT_EQ(packed, nullptr);
    EXPECT_EQ(neural_gemm_bf16_packed_create(nullptr, &packed), NEURAL_ERR_NULL_POINTER);
    neural_gemm_bf16_packed_destroy(nullptr);
}

TEST(GemmBf16, SurvivesFailedAllocations) {
    const Product product({64, 128, 200}, true, 0, 8);
    std::vector<float> c(64 * 128);
    neural_gemm_bf16_args args = product.Args();
    args.c = c.data();
    neural_gemm_bf16_packed *packed = nullptr;
    for (const Path &path : paths()) {
        neural_pool_trim();
        neural_alloc_fail_at(1);
        EXPECT_EQ(neural_gemm_bf16_at(neural_kernels_at(path.isa), path.use_vdpbf16ps, &args),
                  NEURAL_ERR_OUT_OF_MEMORY);
        neural_alloc_fail_at(0);
        for (int64_t n = 1; n <= 2; n++) {
            neural_alloc_fail_at(n);
            EXPECT_EQ(neural_gemm_bf16_packed_create_at(neural_kernels_at(path.isa),
                                                        path.use_vdpbf16ps, &args, &packed),
                      NEURAL_ERR_OUT_OF_MEMORY);
            neural_alloc_fail_at(0);
            EXPECT_EQ(packed, nullptr);
        }
    }
}

} // namespace

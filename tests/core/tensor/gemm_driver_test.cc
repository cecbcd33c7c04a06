// What surrounds a product: threads, memory, arguments, block sizes.
#include <atomic>
#include <string>
#include <thread>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "tests/core/tensor/gemm_testing.h"

namespace {

using namespace neural_test;

TEST(GemmDriver, AnyThreadCountGivesTheSameBits) {
    std::mt19937 random(6);
    const Shape shapes[] = {{150, 200, 100}, {20, 700, 120}, {700, 20, 120}, {1, 3000, 300},
                            {300, 301, 90},  {10, 333, 400}, {333, 10, 400}, {7, 150, 1024}};
    for (const Shape &shape : shapes) {
        for (int form = 0; form < 4; form++) {
            Case c = RandomCase(shape, &random);
            c.trans_a = form & 1;
            c.trans_b = form & 2;
            const Product<float> product(c, 77);
            const std::vector<float> chain = product.Chain();
            for (const int threads : {1, 2, 3, 5}) {
                ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
                const std::vector<float> result = product.Run(neural_isa_detected());
                if (neural_isa_detected() >= NEURAL_ISA_AVX2) {
                    ASSERT_TRUE(SameBits(result, chain)) << c << " threads " << threads;
                } else {
                    ASSERT_LE(product.Error(result), 1.0 + static_cast<double>(shape.k));
                }
            }
        }
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

// On a busy machine a worker may come too late for one call: it has many chances here.
TEST(GemmDriver, WorkersTakePart) {
    ASSERT_EQ(neural_set_num_threads(2), NEURAL_OK);
    Case c;
    c.shape = {300, 301, 90};
    const Product<float> product(c, 78);
    const int64_t before = neural_parallel_count();
    for (int i = 0; i < 10000 && neural_parallel_count() == before; i++) {
        product.Run(neural_isa_detected());
    }
    EXPECT_GT(neural_parallel_count(), before);
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

TEST(GemmDriver, ManyCallersAtOnce) {
    ASSERT_EQ(neural_set_num_threads(3), NEURAL_OK);
    std::vector<std::thread> callers;
    std::atomic<int> wrong{0};
    for (int caller = 0; caller < 4; caller++) {
        callers.emplace_back([caller, &wrong] {
            Case c;
            c.shape = {100 + caller, 130, 90};
            c.trans_b = caller % 2;
            const Product<float> product(c, caller);
            const std::vector<float> first = product.Run(neural_isa_active());
            for (int i = 0; i < 50; i++) {
                wrong += !SameBits(product.Run(neural_isa_active()), first);
            }
        });
    }
    for (std::thread &caller : callers) {
        caller.join();
    }
    EXPECT_EQ(wrong, 0);
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

TEST(GemmDriver, SteadyStateAllocatesNothing) {
    Case c;
    c.shape = {150, 220, 300};
    c.trans_b = true;
    const Product<float> product(c, 1);
    std::vector<float> result(static_cast<size_t>(150 * 220));
    const neural_gemm_args args = product.Args(&result);
    ASSERT_EQ(neural_gemm_f32(&args), NEURAL_OK);
    const int64_t before = neural_alloc_count();
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(neural_gemm_f32(&args), NEURAL_OK);
    EXPECT_EQ(neural_alloc_count(), before);
}

TEST(GemmDriver, FailedAllocationLeavesCUntouched) {
    Case c;
    c.shape = {150, 220, 300};
    c.trans_b = true;
    c.beta = 1;
    const Product<float> product(c, 1);
    std::vector<float> result(static_cast<size_t>(150 * 220), 3.0f);
    const neural_gemm_args args = product.Args(&result);
    neural_pool_trim();
    neural_alloc_fail_at(1);
    EXPECT_EQ(neural_gemm_f32(&args), NEURAL_ERR_OUT_OF_MEMORY);
    neural_alloc_fail_at(0);
    EXPECT_EQ(std::count(result.begin(), result.end(), 3.0f), 150 * 220);
    EXPECT_EQ(neural_gemm_f32(&args), NEURAL_OK);
}

// What the turned kernel leaves over may want scratch: it is asked for before anything is written.
TEST(GemmDriver, FailedAllocationForARestLeavesCUntouched) {
    for (const bool is_wide : {false, true}) {
        Case c;
        c.shape = is_wide ? Shape{10, 31, 4000} : Shape{31, 10, 4000};
        c.trans_b = true;
        c.beta = 1;
        const Product<float> product(c, 1);
        std::vector<float> result(310, 3.0f);
        const neural_gemm_args args = product.Args(&result);
        neural_pool_trim();
        neural_alloc_fail_at(1);
        EXPECT_EQ(neural_gemm_f32(&args), NEURAL_ERR_OUT_OF_MEMORY);
        neural_alloc_fail_at(0);
        EXPECT_EQ(std::count(result.begin(), result.end(), 3.0f), 310);
        EXPECT_EQ(neural_gemm_f32(&args), NEURAL_OK);
    }
}

// Caches of all sizes, also such as no machine has, give other blocks and the same bits.
TEST(GemmDriver, CacheSizesDoNotChangeBits) {
    const neural_caches machines[] = {{0, 0, 0},
                                      {1, 1, 1},
                                      {8 << 10, 64 << 10, 96 << 10},
                                      {32 << 10, 256 << 10, 2 << 20},
                                      {48 << 10, 2 << 20, int64_t{1} << 40}};
    std::mt19937 random(11);
    for (int form = 0; form < 4; form++) {
        Case c = RandomCase({230, 333, 410}, &random);
        c.trans_a = form & 1;
        c.trans_b = form & 2;
        const Product<float> product(c, 12);
        const Product<double> in_double(c, 13);
        const std::vector<float> plain = product.Run(neural_isa_detected());
        const std::vector<double> plain_double = in_double.Run(neural_isa_detected());
        for (const neural_caches &caches : machines) {
            neural_gemm_assume_caches(&caches);
            EXPECT_TRUE(SameBits(product.Run(neural_isa_detected()), plain)) << c << caches.l3;
            EXPECT_TRUE(SameBits(in_double.Run(neural_isa_detected()), plain_double)) << c;
            neural_gemm_assume_caches(nullptr);
        }
    }
}

TEST(GemmDriver, RefusesBadArguments) {
    Case c;
    c.shape = {4, 5, 6};
    const Product<float> product(c, 1);
    std::vector<float> result(20);
    neural_gemm_args args = product.Args(&result);
    args.lda = 5;
    EXPECT_EQ(neural_gemm_f32(&args), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_NE(std::string(neural_last_error()).find("at least 6, 5, 5"), std::string::npos);
    args = product.Args(&result);
    args.m = -1;
    EXPECT_EQ(neural_gemm_f64(&args), NEURAL_ERR_INVALID_ARGUMENT);
}

} // namespace
